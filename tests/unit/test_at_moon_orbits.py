"""Insertion, life and keeping of orbits, relay ellipses: from scenario files to tables, figures, report, schema."""

from __future__ import annotations

import copy
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sim
from sim.analysis import at_moon_life, at_moon_relay
from sim.analysis.at_moon import arrival_of, at_moon
from sim.analysis.at_moon_life import orbit_lives
from sim.analysis.at_moon_omitted import INSERTION, LIFE, LINKS, RELAY, SURVEY, omissions
from sim.analysis.at_moon_orbits import phases_at_moon
from sim.analysis.at_moon_relay import _two_body_km
from sim.analysis.evaluate import evaluate_mission
from sim.analysis.results import MissionResult, RunResults
from sim.cases import OrbitPhase
from sim.operations import LunarElements
from sim.operations.descent import LUNAR_GRAVITY_M_S2
from sim.products import insertion_figure, orbit_life_figure, relay_figure, style, write_results
from sim.products.at_moon_folder import read_at_moon
from sim.products.at_moon_orbit_report import orbit_lines
from sim.products.folder import read_folder
from sim.products.report import render
from sim.products.schema import faults, summary_schema
from sim.products.tables import read_table
from sim.scenario import at_moon_rules, load_mission
from sim.windows import find_opportunities

SCENARIOS = Path(sim.__file__).parents[1] / "scenarios"
INVALID = Path(__file__).parents[1] / "invalid"
DAY = 86_400.0


def flown(name: str, launch_day: float = 3.0) -> MissionResult:
    """A shipped mission with a short launch period; its look at orbits is cut to what a test can wait for."""
    case = load_mission(SCENARIOS / f"{name}.toml")
    asked = case.at_moon
    assert asked is not None
    window = dataclasses.replace(
        case.window,
        launch_stop_tdb=case.window.launch_start_tdb + launch_day * DAY,
        inclination_deg=case.window.inclination_deg[-1:],
        tof_day=case.window.tof_day[:1],
    )
    life, relay = asked.orbit_life, asked.relay_design
    if life is not None:
        life = dataclasses.replace(life, span_day=60.0, nodes_n=2, inclination_deg=(86.0,), keeping_months_n=1)
    if relay is not None:
        relay = dataclasses.replace(relay, span_day=85.0, months_n=3, nodes_n=4, node_span_day=20.0)
    asked = dataclasses.replace(
        asked, contact_day=1.0, evolution_day=0.5, light_day=5.0, orbit_life=life, relay_design=relay
    )
    case = dataclasses.replace(case, window=window, at_moon=asked, phases=case.phases[:1])
    told: list[tuple[str, int, int]] = []
    result = evaluate_mission(case, find_opportunities(window))
    result = dataclasses.replace(result, at_moon=at_moon(result, tell=lambda *now: told.append(now)))
    for label in {label for label, _, _ in told}:
        done = [pair[1:] for pair in told if pair[0] == label]
        assert done[0][0] == 0 and done[-1][0] == done[-1][1], f"{label} begins and ends"
    return result


@pytest.fixture(scope="module")
def luna_26() -> MissionResult:
    return flown("luna_26_replan2028")


@pytest.fixture(scope="module")
def relay() -> MissionResult:
    return flown("queqiao_2_flight2024")


def test_scenarios_ask_for_it():
    for name in ("luna_26_plan2021", "luna_26_replan2028", "change_7_plan2021", "change_7_replan2026"):
        asked = load_mission(SCENARIOS / f"{name}.toml").at_moon
        assert asked is not None and asked.insertion and asked.orbit_life is not None
    for name in ("queqiao_2_plan2021", "queqiao_2_flight2024"):
        asked = load_mission(SCENARIOS / f"{name}.toml").at_moon
        assert asked is not None and asked.insertion and asked.relay_design is not None


def test_keys_become_numbers(monkeypatch):
    monkeypatch.chdir(INVALID)
    asked = load_mission("good_at_moon.toml").at_moon
    assert asked is not None
    capture, plane = asked.insertion
    assert (capture.at, capture.other_altitude_km, capture.steering) == ("perilune", 6000.0, "along_velocity")
    assert (plane.at, plane.passage, plane.inclination_deg) == ("apolune", 2, 90.0)
    assert asked.orbit_life is not None and asked.orbit_life.inclination_deg == (86.0, 88.0)
    assert asked.relay_design is None


def test_burns_lead_from_the_arrival_to_the_working_orbit(luna_26):
    found = luna_26.at_moon.insertion
    capture, lowering = found.sequence.burns
    # The first impulse is the one that the launch windows count with: same arrival, same perilune, same ellipse.
    assert capture.impulse_dv_m_s == pytest.approx(found.planned_dv_m_s, abs=0.1)
    assert 0.0 < capture.loss_m_s < capture.formula_loss_m_s == pytest.approx(found.planned_loss_m_s, rel=1e-3)
    assert found.before.perilune_altitude_km == pytest.approx(80.0, abs=0.01)
    assert np.isinf(found.before.apolune_altitude_km)
    assert found.after.perilune_altitude_km == pytest.approx(60.0, abs=0.01)
    assert found.after.inclination_deg == pytest.approx(90.0, abs=0.1)
    assert found.closure_m < 0.01
    spent = luna_26.case.spacecraft.main_engine.exhaust_velocity_m_s * np.log(2100.0 / found.delivered_kg)
    assert spent == pytest.approx(found.sequence.spent_dv_m_s, abs=1e-6)
    assert found.burning.sum() > 60 and found.altitude_km.min() > 50.0
    assert lowering.ignition_tdb - capture.ignition_tdb == pytest.approx(3600.0, rel=0.1), "half a revolution"
    assert np.abs(found.position_km[found.t_tdb > capture.ignition_tdb, 2]).max() < 20.0, "in the plane of the orbit"


def test_a_low_polar_orbit_is_lost_and_kept_at_a_price(luna_26):
    (life,) = luna_26.at_moon.lives
    # A polar orbit of 60 x 80 km comes under 15 km in two months; LRO at 50 km took some 150 m/s a year.
    assert 40.0 < life.lost_day < 60.0 and life.kept is not None
    assert 80.0 < life.keep_year_dv_m_s < 170.0
    assert life.frozen is None and "no frozen orbit" in life.frozen_fault
    assert 0.1 < life.propellant_share < 0.3
    assert life.grid.inclination_deg.tolist() == [86.0, 90.0]
    polar, family = life.monthly.drift_ecc[1], life.monthly.drift_ecc[0]
    assert family < 0.6 * polar, "86 degrees is a frozen family"


def test_the_plane_decides_whether_a_relay_lasts(relay):
    (design,) = relay.at_moon.relays
    assert {np.isinf(row.lost_day) for row in design.nodes} == {True, False}
    rows = {row.label: row for row in design.orbits}
    own, frozen = rows["as the file has it"], rows["frozen, 500 km"]
    assert own.lost_day < 10.0, "200 x 16,000 km from this node comes down in days"
    assert own.inclination_deg == pytest.approx(62.4, abs=0.1)
    assert np.isinf(frozen.lost_day) and frozen.lowest_km > 300.0
    (tried,) = design.tries
    assert tried.frozen.spread_ecc < tried.frozen.seed_spread_ecc, "its eccentricity vector strays less"
    lasting = next(row for row in design.orbits if row.label.startswith("from node"))
    assert abs(frozen.trend_argument_deg_year) < 0.2 * abs(lasting.trend_argument_deg_year)
    assert frozen.semi_major_axis_km == pytest.approx(own.semi_major_axis_km, abs=0.01)
    seen = {(row.label, row.place): row.share for row in design.coverage}
    assert 0.8 < seen["frozen, 500 km", "change_7"] < 0.95
    assert design.month_share.shape[2] == 3 and np.isnan(design.month_share[0]).all()


def of_shape(mission: MissionResult, name: str, perilune_km: float, apolune_km: float) -> OrbitPhase:
    """The first phase with other apses, the perilune over the south."""
    return dataclasses.replace(
        mission.case.phases[0], name=name, perilune_altitude_km=perilune_km, apolune_altitude_km=apolune_km,
        argument_of_perilune_deg=270.0,
    )  # fmt: skip


@pytest.fixture(scope="module")
def ellipses(luna_26) -> MissionResult:
    """A low ellipse, one that begins below the limit, and a relay ellipse that no table looks at."""
    phases = (
        of_shape(luna_26, "ellipse", 25.0, 300.0),
        of_shape(luna_26, "too_low", 12.0, 300.0),
        of_shape(luna_26, "far", 200.0, 5_000.0),
    )
    case = dataclasses.replace(luna_26.case, phases=phases)
    arrival, normal, _ = arrival_of(luna_26)
    placed = phases_at_moon(case, arrival, normal, 0.2, 0.2)
    life = dataclasses.replace(case.at_moon.orbit_life, inclination_deg=(90.0,), span_day=40.0)
    found = dataclasses.replace(
        luna_26.at_moon,
        phases=placed,
        lives=orbit_lives(case, life, placed, 1_500.0),
        omitted=omissions(case, case.at_moon, placed, arrival),
        links=(),
        surveys=(),
    )
    return dataclasses.replace(luna_26, case=case, at_moon=found)


def test_a_low_ellipse_is_compared_with_its_own_shape_and_held_above_the_limit(ellipses):
    (life,) = ellipses.at_moon.lives
    size, ecc = 1737.4 + 162.5, 137.5 / (1737.4 + 162.5)
    assert not life.near_circular and life.kept is None and life.floor is not None
    assert life.grid.ecc == pytest.approx((0.0, -ecc), abs=1e-15)
    assert life.history.semi_major_axis_km[0, 0] == pytest.approx(size, abs=1.0)
    # Its own orbit is one of the grid's, but for the node: some live shorter, some longer.
    assert 5.0 < life.lost_day < 40.0 and life.grid.lifetime_day.shape == (1, 2, 1)
    assert life.floor.lowest_altitude_km.min() > 14.9, "the limit is 15 km"
    assert (life.floor.burn_dv_m_s >= 0.0).all() and life.floor.burn_dv_m_s.max() > 0.5
    first, later = life.floor.burn_dv_m_s[0, 0], life.floor.year_dv_m_s[0] * life.duration_day / 365.25
    assert life.keep_phase_dv_m_s == pytest.approx(first + later)


def test_the_rules_of_files_know_the_same_limits():
    assert at_moon_rules.NEAR_CIRCULAR_KM == at_moon_life.NEAR_CIRCULAR_KM
    assert at_moon_rules.RELAY_APSIDES_KM == at_moon_relay.ELLIPSE_KM
    assert pytest.approx(LUNAR_GRAVITY_M_S2, abs=5e-4) == at_moon_rules.LUNAR_GRAVITY_M_S2


def test_what_is_not_computed_is_said(ellipses, luna_26, relay):
    found = {(one.phase_name, one.what): one.why for one in ellipses.at_moon.omitted}
    assert set(found) == {("too_low", LIFE), ("far", LIFE), ("far", RELAY)}
    assert "lost at once" in found["too_low", LIFE]
    assert "[relay_design]" in found["far", LIFE] and "[relay_design]" in found["far", RELAY]
    lines = orbit_lines(ellipses.at_moon)
    assert sum("not computed" in line for line in lines) == 3
    assert luna_26.at_moon.omitted == () and [one.what for one in relay.at_moon.omitted] == [SURVEY]
    nothing = dataclasses.replace(luna_26.case.at_moon, orbit_life=None, insertion=(), places=(), lands=True)
    lander = dataclasses.replace(luna_26.case, kind="lander")
    words = [one.what for one in omissions(lander, nothing, luna_26.at_moon.phases, -1e9)]
    assert words == [INSERTION, LIFE, LINKS, SURVEY]


def test_an_ellipse_is_drawn_and_told(ellipses, tmp_path):
    write_results(
        RunResults("mission", ("x.toml",), "2026-01-01T00:00:00", (ellipses,), versions={"perilune": "t"}), tmp_path
    )
    (tmp_path / "figures").mkdir()
    assert any("orbit_life" in path.name for path in draw_orbits(tmp_path))
    document = json.loads((tmp_path / "summary.json").read_text())
    assert not faults(document, summary_schema())
    facts = document["missions"][0]["at_moon"]
    assert [one["phase"] for one in facts["omitted"]] == ["too_low", "far", "far"]
    assert facts["lives"][0]["shape"] == "25 x 300 km" and facts["lives"][0]["keeping"] is None
    titles = [table["title"] for table in facts["tables"]]
    assert "Not computed for these orbits" in titles and "Ellipses held above the limit" in titles
    burns = read_table(tmp_path / facts["lives"][0]["floor"], ("dv_m_s", "lowest_altitude_km"))
    assert burns["lowest_altitude_km"].min() > 14.9


def test_two_body_places_are_those_of_the_elements():
    orbit = LunarElements(200.0, 16_000.0, 62.4, 30.0, 90.0)
    seconds = np.linspace(0.0, orbit.period_s, 50)
    states = orbit.states(seconds)
    later = orbit.states(seconds + 20_000.0)
    assert np.abs(_two_body_km(states, np.full(50, 20_000.0)) - later[:, :3]).max() < 1e-6


def test_an_insertion_that_cannot_be_flown_says_why(luna_26):
    asked = luna_26.case.at_moon
    weak = dataclasses.replace(
        luna_26.case,
        spacecraft=dataclasses.replace(
            luna_26.case.spacecraft,
            engines=(dataclasses.replace(luna_26.case.spacecraft.main_engine, thrust_n=30.0),),
        ),
        at_moon=dataclasses.replace(asked, orbit_life=None),
        phases=(),
    )
    found = at_moon(dataclasses.replace(luna_26, case=weak, at_moon=None))
    assert found.insertion.sequence is None and found.insertion.fault
    assert orbit_lines(found)[0].startswith("insertion: not flown")


def draw_orbits(out: Path) -> list[Path]:
    """Draw from the files of a run what this module is about, alone."""
    found = read_at_moon(out, json.loads((out / "summary.json").read_text())["missions"][0])
    assert found is not None
    key, target = found.key, out / "figures"
    with style.styled():
        return [
            insertion_figure.draw(found, target / f"insertion_{key}.png"),
            *(
                orbit_life_figure.draw(found, life, target / f"orbit_life_{key}_{life['phase']}.png")
                for life in found.facts["lives"]
            ),
            *(
                relay_figure.draw(found, one, target / f"relay_{key}_{one['phase']}.png")
                for one in found.facts["relays"]
            ),
        ]


def test_files_figures_report_and_schema(luna_26, relay, tmp_path):
    for mission, stems in (
        (luna_26, ("insertion_{}", "orbit_life_{}_mapping")),
        (relay, ("insertion_{}", "relay_{}_relay")),
    ):
        out = tmp_path / mission.key
        write_results(
            RunResults("mission", ("x.toml",), "2026-01-01T00:00:00", (mission,), versions={"perilune": "t"}), out
        )
        (out / "figures").mkdir()
        for path in draw_orbits(out):
            with Image.open(path) as picture:
                assert picture.width == 1600 and np.unique(np.asarray(picture.convert("L"))).size > 20
            stems = tuple(stem for stem in stems if f"{stem.format(mission.key)}.png" != path.name)
        assert not stems
        document = json.loads((out / "summary.json").read_text())
        assert not faults(document, summary_schema())
        broken = copy.deepcopy(document)
        del broken["missions"][0]["at_moon"]["phases"]
        broken["missions"][0]["at_moon"]["lives"] = "none"
        found = faults(broken, summary_schema())
        assert found == [
            "$.missions[0].at_moon.phases: missing",
            "$.missions[0].at_moon.lives: found str, allowed: array",
        ]
        page = render(read_folder(out), [])
        for table in document["missions"][0]["at_moon"]["tables"]:
            assert table["title"].replace("'", "&#39;") in page
        assert len(orbit_lines(mission.at_moon)) >= 2
    burns = read_table(tmp_path / luna_26.key / f"insertion_{luna_26.key}.csv", ("kind", "loss_m_s"))
    assert burns["kind"].tolist() == ["capture", "lowering"]
    months = read_table(tmp_path / relay.key / f"relay_coverage_{relay.key}_relay.csv", ("open_share",))
    shares = months["open_share"][np.isfinite(months["open_share"])]
    assert ((shares >= 0.0) & (shares <= 1.0)).all()
