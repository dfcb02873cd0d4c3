"""Files, figures and report of a small real run: two missions of the 2024 plan over four days of November."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sim
from sim.analysis.assumptions import all_assumed
from sim.analysis.evaluate import best_row, evaluate_mission
from sim.analysis.plans import evaluate_plan
from sim.analysis.results import RunResults, Trajectory
from sim.analysis.timeline import mission_timeline, turned_out_timeline
from sim.analysis.verdict import EvaluatedPlan, compare
from sim.bodies import MOON
from sim.cases import MissionCase, PlanCase
from sim.ephemeris import open_ephemeris
from sim.products import plot_directory, read_oem, write_results
from sim.products.folder import read_folder, times
from sim.products.report import render
from sim.products.schema import faults, summary_schema
from sim.products.tables import read_table
from sim.products.view3d import views
from sim.products.windows_figure import cheapest, overlapping, runs
from sim.scenario import load_plan
from sim.timescales import tdb_from_utc
from sim.transfer.verify import sample_trajectory
from sim.windows import find_opportunities

SCENARIOS = Path(sim.__file__).parents[1] / "scenarios"


def narrowed(case: MissionCase) -> MissionCase:
    """The same mission with one inclination, one flight time and four days."""
    start, stop = (float(tdb_from_utc(f"2024-11-{day:02d}T00:00:00")) for day in (20, 24))
    window = dataclasses.replace(
        case.window,
        launch_start_tdb=start,
        launch_stop_tdb=stop,
        inclination_deg=case.window.inclination_deg[-1:],
        tof_day=(5.0,),
        poles=("north",),
    )
    return dataclasses.replace(case, window=window)


def narrow_plan(plan_id: str) -> PlanCase:
    plan = load_plan(SCENARIOS / "plan_2024.toml")
    entries = tuple(dataclasses.replace(entry, announced=narrowed(entry.announced)) for entry in plan.missions)
    return dataclasses.replace(plan, id=plan_id, missions=entries)


@pytest.fixture(scope="module")
def results() -> RunResults:
    ephemeris = open_ephemeris()
    plans = (narrow_plan("plan_a"), narrow_plan("plan_b"))
    missions = {}
    for entry in plans[0].missions:
        case = entry.announced
        table = find_opportunities(case.window)
        row = best_row(case, table)
        assert row is not None
        t, state = sample_trajectory(table.tli_state[row], table.tli_tdb[row], table.perilune_tdb[row], count=200)
        path = Trajectory(t, state, ephemeris.state("moon", "earth", t))
        missions[case.id] = evaluate_mission(case, table, trajectory=path, ephemeris=ephemeris)
    sides = [EvaluatedPlan(evaluate_plan(plan, missions), missions) for plan in plans]
    timeline = []
    for plan in plans:
        for entry in plan.missions:
            timeline += list(mission_timeline(missions[entry.announced.id], plan.id))
            timeline += list(turned_out_timeline(missions[entry.announced.id], entry, plan.id))
    cases = [mission.case for mission in missions.values()]
    sources = {key: text for owner in (*cases, *plans) for key, text in owner.sources.items()}
    return RunResults(
        kind="comparison",
        scenario=(str(SCENARIOS / "plan_2024.toml"), "gone.toml"),
        created_utc="2026-11-22T12:00:00",
        missions=tuple(missions.values()),
        plans=tuple(side.plan for side in sides),
        comparison=compare(*sides),
        timeline=tuple(timeline),
        assumed=all_assumed(cases, plans),
        sources=sources,
        versions={"perilune": "0.0.0"},
        data={"de440": ephemeris.sha256},
        wall_times_s={"total": 1.5},
    )


@pytest.fixture(scope="module")
def folder(results: RunResults, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("run") / "deep" / "er"
    write_results(results, directory)
    return directory


@pytest.fixture(scope="module")
def drawn(folder: Path) -> list[Path]:
    return plot_directory(folder)


def test_summary_meets_its_schema_and_names_every_file(folder: Path, results: RunResults) -> None:
    document = json.loads((folder / "summary.json").read_text())
    assert faults(document, summary_schema()) == []
    assert {path.name for path in folder.iterdir() if path.is_file()} >= {*document["files"], "summary.json"}
    assert {m["key"] for m in document["missions"]} == {m.key for m in results.missions}
    assert document["data"]["ephemeris"]["sha256"] == open_ephemeris().sha256
    assert len(document["scenario"]["sha256"][0]) == 64 and document["scenario"]["sha256"][1] == ""


def test_summary_carries_verdict_and_assumptions(folder: Path, results: RunResults) -> None:
    document = json.loads((folder / "summary.json").read_text())
    assert [row["question"] for row in document["verdict"]] == [row.question for row in results.comparison.verdict]
    assert all(row["assumed"] is bool(row["assumed_keys"]) for row in document["verdict"])
    assert len(document["assumed"]) == len(results.assumed) > 0
    assert document["sources"]


def test_opportunity_table_holds_the_numbers(folder: Path, results: RunResults) -> None:
    for mission in results.missions:
        table = read_table(folder / f"opportunities_{mission.key}.csv")
        assert len(table["launch_utc"]) == len(mission.table) > 0
        launch = np.asarray(tdb_from_utc(list(table["launch_utc"])))
        assert np.abs(launch - mission.table.launch_tdb).max() < 6e-4  # written to the millisecond
        assert np.abs(table["loi_dv_m_s"] - mission.table.loi_dv_m_s).max() <= 5.1e-4
        assert np.array_equal(table["within_limits_n"] > 0, mission.within)
        best = table["delivered_mass_kg"][mission.best]
        assert best == pytest.approx(mission.mass.delivered_mass_kg, abs=6e-3)
        # the best row is the heaviest within limits
        assert best == table["delivered_mass_kg"][mission.within].max()
        assert set(table["status"]) == {"ok"}
        assert all(re.fullmatch(r"(north|south)-(a|de)scending-(north|south)east", f) for f in table["family"])


def test_trajectory_table_ends_at_perilune_in_every_frame(folder: Path, results: RunResults) -> None:
    for mission in results.missions:
        table = read_table(folder / f"trajectory_{mission.key}.csv")
        wanted = MOON.radius_km + mission.case.window.perilune_altitude_km
        lunar = np.array([table[f"lunar_{axis}_km"][-1] for axis in "xyz"])
        assert np.linalg.norm(lunar) == pytest.approx(wanted, abs=0.05)
        # In the rotating frame the Moon stands at (1 - mass ratio) of the scaled distance.
        moon_x = 384_400.0 * (1 - 0.012150585)
        emr = np.array([table[f"emr_{axis}_km"][-1] for axis in "xyz"])
        distance = np.linalg.norm([table[f"moon_{axis}_km"][-1] for axis in "xyz"])
        offset = np.linalg.norm(emr - [moon_x, 0.0, 0.0])
        assert offset == pytest.approx(wanted * 384_400.0 / distance, abs=0.5)


def test_oem_is_the_trajectory(folder: Path, results: RunResults) -> None:
    for mission in results.missions:
        (segment,) = read_oem(folder / f"transfer_{mission.key}.oem").segments
        assert np.array_equal(segment.t_tdb, mission.trajectory.t_tdb)
        assert np.abs(segment.states - mission.trajectory.state).max() < 1e-9


def test_moon_table_knows_the_phases_of_november_2024(folder: Path) -> None:
    table = read_table(folder / "moon.csv")
    when = times(table["utc"])
    # Phases of the Astronomical Almanac: new 1 Nov 12:47, first quarter 9 Nov 05:55, full 15 Nov 21:28 (UTC).
    for instant, angle in (("2024-11-01T12:47", 0.0), ("2024-11-09T05:55", 90.0), ("2024-11-15T21:28", 180.0)):
        row = int(np.argmin(np.abs(when - np.datetime64(instant))))
        apart = (table["elongation_deg"][row] - angle + 180.0) % 360.0 - 180.0
        assert abs(apart) < 7.0  # six-hour rows (0.13 deg/h x 3 h) and 5.1 deg of lunar latitude
    # Major standstill: declination of date reached 28.7 deg in 2024.
    assert 28.0 < table["declination_deg"].max() < 28.8
    assert 356_000 < table["distance_km"].min() < table["distance_km"].max() < 407_000


def test_netcdf_holds_the_tables(folder: Path, results: RunResults) -> None:
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    mission = results.missions[0]
    with xarray.open_dataset(folder / "opportunities.nc", group=mission.key, engine="h5netcdf") as data:
        assert np.abs(data["tli_dv_m_s"].values - mission.table.tli_dv_m_s).max() == 0.0
        assert data["loi_dv_m_s"].attrs["units"] == "m s-1"
        text = read_table(folder / f"opportunities_{mission.key}.csv")
        assert np.array_equal(data["launch_utc"].values.astype("datetime64[ms]"), times(text["launch_utc"]))
        words = data["family"].attrs["flag_meanings"].split()
        assert [words[index] for index in data["family"].values] == list(text["family"])


def test_every_figure_is_drawn_and_wide_enough(drawn: list[Path]) -> None:
    names = {path.name for path in drawn}
    assert {"timeline.png", "contacts.png", "months.png", "arrival.png", "report.html"} <= names
    assert sum(name.startswith("windows_") for name in names) == 2
    assert sum(name.startswith("transfer_") for name in names) == 2
    for path in drawn:
        if path.suffix == ".png":
            with Image.open(path) as picture:
                assert picture.width == 1600 and picture.height > 500
                ink = np.asarray(picture.convert("L"))
            assert 0.005 < float((ink < 200).mean()) < 0.6, path.name  # neither empty nor black


def test_report_needs_nothing_else(drawn: list[Path], results: RunResults) -> None:
    page = drawn[-1].read_text(encoding="utf-8")
    assert len(page) < 5_000_000
    assert not re.search(r"""(src|href)=["'](?!#|data:|https?://[^"']*["'] rel)""", page)
    assert "<script" not in page and "<link" not in page and "@import" not in page
    assert page.count("data:image/png;base64,") == len(drawn) - 1
    assert page.index("Verdict</h2>") < page.index("data:image/png")
    for row in results.comparison.verdict:
        assert row.question in page.replace("&#39;", "'")
    for item in results.assumed:
        assert item.key in page
    # Every source that is cited is listed.
    cited = set(re.findall(r'href="#source-([^"]+)"', page))
    assert cited <= set(re.findall(r'id="source-([^"]+)"', page))


def test_pictures_are_rebuilt_from_the_files_alone(folder: Path, drawn: list[Path]) -> None:
    before = {path: path.read_bytes() for path in drawn}
    for path in drawn:
        path.unlink()
    assert plot_directory(folder) == drawn
    assert {path: path.read_bytes() for path in drawn} == before


def test_interactive_report_embeds_its_script_once(folder: Path) -> None:
    page = render(read_folder(folder), [], views(read_folder(folder)))
    assert page.count("Plotly.newPlot(") >= 2
    assert not re.search(r"<script[^>]*\ssrc=", page)
    assert 4_000_000 < len(page) < 9_000_000


def test_cheapest_is_one_row_a_day_and_marker(folder: Path, drawn: list[Path]) -> None:
    mission = read_folder(folder).missions[0]
    chosen = cheapest(mission)
    days = mission.launch.astype("datetime64[D]")
    kinds = np.array([family.split("-", 1)[1] for family in mission.table["family"]])
    pairs = {(days[row], kinds[row]) for row in chosen}
    assert len(pairs) == len(chosen) == len(set(zip(days, kinds, strict=True)))
    cost = mission.table["loi_dv_m_s"]
    for row in chosen:
        same = (days == days[row]) & (kinds == kinds[row]) & (mission.within == mission.within[row])
        assert cost[row] == cost[same].min()


def test_missions_whose_periods_overlap_share_a_map(folder: Path, drawn: list[Path]) -> None:
    first, second = read_folder(folder).missions
    assert overlapping([first, second]) == [[first, second]]
    later = dataclasses.replace(second, facts={**second.facts, "launch_start_utc": "2025-01-01T00:00:00"})
    assert overlapping([first, later]) == [[first], [later]]


def test_runs_joins_consecutive_days() -> None:
    found = runs(["2024-02-28", "2024-02-29", "2024-03-01", "2024-03-04"])
    assert [(str(a)[:10], str(b)[:10]) for a, b in found] == [
        ("2024-02-28", "2024-03-01"),
        ("2024-03-04", "2024-03-04"),
    ]
    assert runs([]) == []


def test_leap_second_is_read() -> None:
    found = times(np.array(["2016-12-31T23:59:59.500", "2016-12-31T23:59:60.250"]))
    assert list(found.astype(str)) == ["2016-12-31T23:59:59.500", "2017-01-01T00:00:00.250"]
