"""Runs of scenarios: chunks that add up to the whole, keys that follow the inputs, resume, missions shared by plans."""

from __future__ import annotations

import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from sim.analysis.results import RunResults
from sim.ephemeris import open_ephemeris
from sim.study import chunks, compare_plans, list_windows, missions_by_id, run_scenario, warmup
from sim.study.provenance import code_sha256, data_hashes, versions
from sim.study.warm import smallest_request
from sim.timescales import tdb_from_utc
from sim.windows import OpportunityTable, find_opportunities

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FLIGHT = SCENARIOS / "luna_25_flight2023.toml"


def same(one: OpportunityTable, other: OpportunityTable) -> bool:
    """Say whether two tables agree bit for bit."""
    return all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name), equal_nan=True)
        if isinstance(getattr(one, field.name), np.ndarray) and getattr(one, field.name).dtype.kind == "f"
        else np.array_equal(getattr(one, field.name), getattr(other, field.name))
        for field in fields(OpportunityTable)
    )


@pytest.fixture(scope="module")
def request_of_two():
    return replace(smallest_request(), tof_day=(4.5, 5.0))


@pytest.fixture(scope="module")
def whole(request_of_two):
    table = find_opportunities(request_of_two)
    assert len(table) > 0
    return table


def test_chunks_add_up_to_the_whole_bit_for_bit(request_of_two, whole):
    search = chunks.WindowSearch(open_ephemeris())
    assert len(chunks.chunk_requests(request_of_two)) == 2
    assert same(search.find(request_of_two), whole)
    assert (search.computed_n, search.resumed_n) == (2, 0)


def test_what_was_computed_is_not_computed_again(request_of_two, whole, tmp_path, monkeypatch):
    with chunks.open_ledger(tmp_path / "run") as ledger:
        chunks.WindowSearch(open_ephemeris(), ledger).find(request_of_two)
    monkeypatch.setattr(chunks, "find_opportunities", lambda *_, **__: pytest.fail("computed again"))
    with chunks.open_ledger(tmp_path / "run") as ledger:
        search = chunks.WindowSearch(open_ephemeris(), ledger)
        found = search.find(replace(request_of_two, mission_id="another"))
        assert (search.computed_n, search.resumed_n) == (0, 2)
    assert found.mission_id == "another"
    assert same(replace(found, mission_id=whole.mission_id), whole)


def test_an_empty_result_is_remembered_too(tmp_path):
    # 10 minutes hold no launch instant of this family
    start = smallest_request().launch_start_tdb
    nothing = replace(smallest_request(), launch_start_tdb=start, launch_stop_tdb=start + 600.0)
    with chunks.open_ledger(tmp_path) as ledger:
        search = chunks.WindowSearch(open_ephemeris(), ledger)
        assert len(search.find(nothing)) == 0
        search.find(nothing)
        assert (search.computed_n, search.resumed_n) == (1, 0)
        again = chunks.WindowSearch(open_ephemeris(), ledger)
        assert len(again.find(nothing)) == 0
        assert (again.computed_n, again.resumed_n) == (0, 1)


def test_one_more_flight_time_costs_one_more_chunk(request_of_two, tmp_path):
    with chunks.open_ledger(tmp_path) as ledger:
        chunks.WindowSearch(open_ephemeris(), ledger).find(replace(request_of_two, tof_day=(5.0,)))
        search = chunks.WindowSearch(open_ephemeris(), ledger)
        search.find(request_of_two)
        assert (search.computed_n, search.resumed_n) == (1, 1)


def test_progress_counts_the_chunks(request_of_two):
    told = []
    search = chunks.WindowSearch(open_ephemeris(), progress=lambda *call: told.append(call))
    search.find(request_of_two)
    assert [(done, total) for _, done, total in told] == [(0, 2), (1, 2), (2, 2)]
    assert all(label.startswith("warmup: ") for label, _, _ in told)


@pytest.mark.parametrize(
    "change",
    [
        {"parking_altitude_km": 200.0000001},
        {"launch_stop_tdb": tdb_from_utc("2026-01-12T00:00:01")},
        {"perilune_altitude_km": 90.0},
        {"apolune_altitude_km": 101.0},
        {"tof_day": (5.000001,)},
        {"inclination_deg": (51.9,)},
        {"ascent_s": 561.0},
        {"coast_revs_max": 1},
        {"poles": ("south",)},
        {"landing_latitude_deg": -88.8},
    ],
)
def test_the_id_of_a_chunk_follows_every_input(change):
    request, ephemeris = smallest_request(), open_ephemeris()
    assert chunks.chunk_id(replace(request, **change), ephemeris) != chunks.chunk_id(request, ephemeris)


def test_the_id_of_a_chunk_follows_site_ephemeris_and_code_but_not_the_name(monkeypatch):
    request, ephemeris = smallest_request(), open_ephemeris()
    name = chunks.chunk_id(request, ephemeris)
    assert chunks.chunk_id(replace(request, mission_id="x"), ephemeris) == name
    moved = replace(request, site=replace(request.site, longitude_deg=request.site.longitude_deg + 1e-9))
    assert chunks.chunk_id(moved, ephemeris) != name

    class Other:
        sha256 = "0" * 64

    assert chunks.chunk_id(request, Other()) != name
    monkeypatch.setattr(chunks, "code_sha256", lambda: "edited")
    assert chunks.chunk_id(request, ephemeris) != name


def test_provenance_names_versions_and_data():
    ephemeris = open_ephemeris()
    assert len(code_sha256()) == 64
    assert versions()["numpy"] == np.__version__
    hashes = data_hashes(ephemeris)
    assert hashes[ephemeris.name] == ephemeris.sha256
    assert all(len(value) == 64 for value in hashes.values())


@pytest.fixture(scope="module")
def flight(tmp_path_factory) -> RunResults:
    return run_scenario(FLIGHT, tmp_path_factory.mktemp("flight"))


def test_a_mission_run_is_complete(flight):
    (mission,) = flight.missions
    assert flight.kind == "mission"
    assert flight.failures == ()
    assert mission.key == "luna_25_flight2023"
    assert len(mission.table) > 0
    assert mission.nominal is not None
    assert not mission.resumed
    assert mission.trajectory.t_tdb[0] == mission.table.tli_tdb[mission.best]
    assert mission.trajectory.t_tdb[-1] == pytest.approx(mission.table.perilune_tdb[mission.best], abs=1e-3)
    # the last sample of the spacecraft lies at the perilune radius from the Moon
    gap = mission.trajectory.state[-1, :3] - mission.trajectory.moon_state[-1, :3]
    wanted = 1737.4 + mission.case.window.perilune_altitude_km
    assert np.linalg.norm(gap) == pytest.approx(wanted, abs=0.05)
    assert {"load", "windows", "trajectories", "analysis", "total"} <= set(flight.wall_times_s)
    assert flight.assumed
    assert flight.sources
    assert {bar.label for bar in flight.timeline} >= {"launch period", "transfer"}
    assert flight.contacts == (), "nothing of Luna 25 stays in orbit after the landing"


def test_windows_only_have_no_trajectory(flight):
    (mission,) = list_windows(FLIGHT).missions
    assert mission.trajectory is None
    assert same(mission.table, flight.missions[0].table)


def plan_text(plan_id: str, mission_file: str) -> str:
    return (
        f'[plan]\nid = "{plan_id}"\nname = "{plan_id}"\ndescription = "One flown mission, nothing else."\n'
        '[span]\nstart_utc = "2023-08-01T00:00:00"\nstop_utc = "2023-09-01T00:00:00"\n'
        f'[[missions]]\nfile = "{mission_file}"\n'
    )


@pytest.fixture
def folder(tmp_path):
    for name in ("luna_25_flight2023.toml", "sources.toml"):
        shutil.copy(SCENARIOS / name, tmp_path / name)
    (tmp_path / "a.toml").write_text(plan_text("a", "luna_25_flight2023.toml"))
    (tmp_path / "b.toml").write_text(plan_text("b", "luna_25_flight2023.toml"))
    return tmp_path


def test_a_mission_of_both_plans_is_computed_once(folder, monkeypatch):
    calls = []

    def counted(request, **options):
        calls.append(request)
        return find_opportunities(request, **options)

    monkeypatch.setattr(chunks, "find_opportunities", counted)
    results = compare_plans(folder / "a.toml", folder / "b.toml")
    assert len(calls) == 1
    assert results.kind == "comparison"
    assert [mission.key for mission in results.missions] == ["luna_25_flight2023"]
    assert missions_by_id(results, "a")["luna_25_flight2023"] is missions_by_id(results, "b")["luna_25_flight2023"]
    assert {bar.plan_id for bar in results.timeline} == {"a", "b"}
    assert results.comparison.verdict
    with pytest.raises(KeyError):
        missions_by_id(results, "c")


def test_different_missions_of_one_id_have_different_keys(folder):
    text = (folder / "luna_25_flight2023.toml").read_text()
    assert "value = 267.0" in text or "altitude_km" in text
    changed = text.replace('name = "', 'name = "Another ', 1)
    (folder / "other.toml").write_text(changed)
    (folder / "b.toml").write_text(plan_text("b", "other.toml"))
    results = compare_plans(folder / "a.toml", folder / "b.toml")
    assert [mission.key for mission in results.missions] == ["luna_25_flight2023", "b_luna_25_flight2023"]
    assert results.plans[1].mission_keys == {"luna_25_flight2023": "b_luna_25_flight2023"}
    # the same launch question in other words: the second comes from memory
    assert results.missions[1].resumed


def test_a_plan_runs_alone(folder):
    results = run_scenario(folder / "a.toml")
    assert results.kind == "mission"
    assert len(results.plans) == 1
    assert results.comparison is None


def test_warmup_goes_through():
    told = []
    warmup(progress=lambda *call: told.append(call))
    assert told[-1][1:] == (5, 5)
