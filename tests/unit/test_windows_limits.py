"""Limits, ranking, calendars and grids, on tables whose answers are known; then all of it on a real search."""

from __future__ import annotations

import csv
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import sim.cli
from sim.analysis.acceptance import accept, limits_of
from sim.analysis.evaluate import evaluate_mission
from sim.analysis.payload import payload_penalty_kg
from sim.analysis.ranking import parse_weights, rank, scores
from sim.ephemeris import open_ephemeris
from sim.errors import InputError
from sim.products.best import best_lines, best_opportunities, refusal_line
from sim.products.calendar_tables import day_table, limit_table, period_table
from sim.scenario import load_mission
from sim.study import Grid, list_windows, parse_grid
from sim.windows import find_opportunities
from sim.windows.circumstances import Circumstances, StationViews, find_circumstances
from sim.windows.limits import LimitCheck, Limits, check_limits

ROOT = Path(__file__).parents[2]
FLIGHT = ROOT / "scenarios" / "luna_25_flight2023.toml"
DAY_S = 86_400.0


def circumstances_of(**given: object) -> Circumstances:
    """Three rows; what no test reads stays zero."""
    zero = {one.name: np.zeros(3) for one in fields(Circumstances) if one.name != "stations"}
    zero["loi_behind_moon"] = np.zeros(3, dtype=bool)
    return Circumstances(**{**zero, **given})


def test_each_limit_refuses_its_own_rows_and_nan_is_refused():
    columns = {
        "c3_km2_s2": np.array([-2.1, -1.9, -1.8]),
        "loi_dv_m_s": np.array([800.0, np.nan, 900.0]),
        "beta_sun_deg": np.array([-80.0, 10.0, 45.0]),
    }
    limits = Limits(c3_max_km2_s2=-1.9, loi_dv_max_m_s=850.0, beta_sun_min_deg=30.0)
    check = check_limits(limits, columns, circumstances_of())
    assert check.names == ("c3_max_km2_s2", "loi_dv_max_m_s", "beta_sun_min_deg")
    assert check.within.tolist() == [True, False, False]
    assert check.reasons().tolist() == ["none", "loi_dv_max_m_s+beta_sun_min_deg", "c3_max_km2_s2+loi_dv_max_m_s"]
    assert check.counts() == {"c3_max_km2_s2": (1, 0), "loi_dv_max_m_s": (2, 0), "beta_sun_min_deg": (1, 0)}


def test_every_limit_is_on_something_and_refuses_when_it_must():
    """A limit without a rule, or one that never refuses, would be a silent pass."""
    views = StationViews("a", np.zeros(3), np.zeros(3), np.zeros(3, dtype=bool), np.zeros(3, dtype=bool))
    columns = dict.fromkeys(("c3_km2_s2", "tli_dv_m_s", "loi_dv_m_s", "total_dv_m_s", "coast_s"), np.zeros(3))
    columns |= dict.fromkeys(("beta_sun_deg", "beta_earth_deg", "sun_elevation_deg", "delivered_mass_kg"), np.zeros(3))
    for one in fields(Limits):
        wanted = ("a",) if one.name.endswith("stations") else (1.0 if "_min" in one.name else -1.0)
        check = check_limits(Limits(**{one.name: wanted}), columns, circumstances_of(stations=(views,)))
        assert not check.within.any(), one.name


def test_one_station_of_several_suffices():
    sees = np.array([True, False, False])
    other = np.array([False, True, False])
    pairs = (("a", sees), ("b", other))
    stations = tuple(StationViews(name, np.zeros(3), np.zeros(3), flag, ~flag) for name, flag in pairs)
    check = check_limits(Limits(tli_stations=("a", "b")), {}, circumstances_of(stations=stations))
    assert check.within.tolist() == [True, True, False]
    check = check_limits(Limits(loi_stations=("b",)), {}, circumstances_of(stations=stations))
    assert check.within.tolist() == [True, False, True]


def test_no_limits_refuse_nothing():
    check = check_limits(Limits(), {}, circumstances_of())
    assert check.within.all() and check.counts() == {} and check.reasons().tolist() == ["none"] * 3


def test_limits_on_what_was_not_computed_are_refused():
    with pytest.raises(InputError, match="needs the column c3_km2_s2"):
        check_limits(Limits(c3_max_km2_s2=0.0), {}, circumstances_of())
    with pytest.raises(InputError, match="station 'x'"):
        check_limits(Limits(tli_stations=("x",)), {}, circumstances_of())


LAUNCH = DAY_S * np.array([0.1, 0.6, 1.2, 5.0, 5.1])
DAYS = np.array([0, 0, 1, 5, 5])
SCORE = np.array([10.0, 9.0, 20.0, 12.0, 5.0])


def test_ranking_takes_the_best_of_each_day_and_knows_the_wait():
    found = rank(LAUNCH, DAYS, SCORE, np.ones(5, dtype=bool), 3, turnaround_day=0.5)
    assert found.row.tolist() == [4, 1, 2]
    # After row 1 (day 0.6) the next launch 0.5 d later is row 2; after it the best of day 5, not the first.
    assert found.slack_day[1:] == pytest.approx([0.6, 3.8])
    assert found.next_row.tolist() == [-1, 2, 4]
    assert np.isnan(found.slack_day[0]) and np.isnan(found.slip_score[0])
    assert found.slip_score[1:].tolist() == [11.0, -15.0]


def test_ranking_leaves_out_what_limits_refuse_and_what_has_no_score():
    score = SCORE.copy()
    score[4] = np.nan
    within = np.array([True, False, True, True, True])
    found = rank(LAUNCH, DAYS, score, within, 9, turnaround_day=0.5, one_per_day=False)
    assert found.row.tolist() == [0, 3, 2]
    assert len(rank(LAUNCH, DAYS, SCORE, np.zeros(5, dtype=bool), 3).row) == 0


def test_ties_go_to_the_earlier_launch():
    assert rank(LAUNCH, DAYS, np.ones(5), np.ones(5, dtype=bool), 2).row.tolist() == [0, 2]


@pytest.mark.parametrize("count, turnaround", [(0, 0.5), (-1, 0.5), (1, -0.1), (1, np.nan)])
def test_ranking_refuses_senseless_wishes(count, turnaround):
    with pytest.raises(InputError):
        rank(LAUNCH, DAYS, SCORE, np.ones(5, dtype=bool), count, turnaround_day=turnaround)


def test_scores_are_weighted_sums():
    columns = {"loi_dv_m_s": np.array([800.0, 900.0]), "tof_day": np.array([5.0, 4.0]), "site": np.array(["a", "b"])}
    assert scores(columns, {"loi_dv_m_s": 1.0, "tof_day": 20.0}).tolist() == [900.0, 980.0]
    assert scores(columns, {"tof_day": -1.0}).tolist() == [-5.0, -4.0]


@pytest.mark.parametrize(
    "weights, said",
    [
        ({"loi_dv": 1.0}, "nearest: loi_dv_m_s"),
        ({"site": 1.0}, "no column of numbers"),
        ({"loi_dv_m_s": np.inf}, "finite"),
        ({"eclipse_s": 1.0}, "no value in any"),
        ({}, "no weights"),
    ],
)
def test_wrong_weights_are_named(weights, said):
    columns = {"loi_dv_m_s": np.array([800.0]), "eclipse_s": np.array([np.nan]), "site": np.array(["a"])}
    with pytest.raises(InputError, match=said):
        scores(columns, weights)


def test_weights_as_users_write_them():
    assert parse_weights("loi_dv_m_s=1, tof_day = -2.5,") == {"loi_dv_m_s": 1.0, "tof_day": -2.5}
    for text in ("loi_dv_m_s", "a=b", "a=1,a=2", "=1=2"):
        with pytest.raises(InputError):
            parse_weights(text)


def test_grids_as_users_write_them():
    assert parse_grid("3:4:0.25") == (3.0, 3.25, 3.5, 3.75, 4.0)
    assert parse_grid("0.1:0.3:0.1") == (0.1, 0.2, 0.3)
    assert parse_grid("5,4,5") == (4.0, 5.0)
    assert parse_grid(" ") == ()
    for text in ("3:4", "4:3:1", "3:4:0", "3:4:1e-9", "a,b", "nan", "1:inf:1", "3:4:-1"):
        with pytest.raises(InputError):
            parse_grid(text)
    with pytest.raises(InputError, match="2 to 8"):
        Grid(tof_day=(50.0,))


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """The flight of 2023 with limits, as a file."""
    folder = tmp_path_factory.mktemp("limits")
    (folder / "sources.toml").write_bytes((ROOT / "scenarios" / "sources.toml").read_bytes())
    text = FLIGHT.read_text(encoding="utf-8") + (
        '\n[limits]\nloi_stations = ["bear_lakes", "goldstone"]\n'
        'loi_dv_max_m_s = { value = 850.0, status = "assumed", note = "Chosen for this test alone." }\n'
    )
    path = folder / "limited.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def result(limited):
    return list_windows(limited, grid=Grid(tof_day=(4.5, 5.0, 5.36))).missions[0]


def test_limits_of_a_file_decide_what_is_within(limited, result):
    case = load_mission(limited)
    assert case.limits == Limits(loi_dv_max_m_s=850.0, loi_stations=("bear_lakes", "goldstone"))
    assert limits_of(case).sun_elevation_landing_min_deg == case.landing.sun_elevation_min_deg
    table, check = result.table, result.acceptance.check
    assert result.within.tolist() == check.within.tolist()
    views = result.acceptance.circumstances.stations
    seen = views[0].loi_in_view | views[1].loi_in_view
    light = (table.sun_elevation_deg >= 2.0) & (table.sun_elevation_deg <= 20.0)
    assert np.array_equal(result.within, (table.loi_dv_m_s <= 850.0) & seen & light)
    assert 0 < check.counts()["loi_dv_max_m_s"][0] < len(table)
    assert result.best is None or result.within[result.best]
    assert "loi_dv_max_m_s" in refusal_line(result)


def test_dropping_a_limit_gives_back_what_it_alone_refused(result):
    without = replace(result.case, limits=Limits(loi_stations=result.case.limits.loi_stations))
    gained = accept(without, result.table).within.sum() - result.within.sum()
    assert gained == result.acceptance.check.counts()["loi_dv_max_m_s"][1]


def test_arrival_plane_contains_the_site_at_landing(result):
    """The search aims at it; a plane that is kept in inertial space misses a site that the Moon carries along."""
    assert np.abs(result.acceptance.circumstances.landing_cross_track_km).max() < 1e-6
    later = replace(result.case.window, landing_delay_day=result.case.window.landing_delay_day + 1.0)
    moved = find_circumstances(later, result.table, with_eclipses=False)
    assert np.abs(moved.landing_cross_track_km).min() > 10.0


def test_circumstances_without_eclipses_say_nothing_of_them(result):
    found = result.acceptance.circumstances
    assert np.isnan(found.eclipse_s).all() and np.isfinite(found.launch_sun_elevation_deg).all()
    chosen = found.select(np.array([2, 0]))
    assert chosen.stations[0].tli_elevation_deg.tolist() == found.stations[0].tli_elevation_deg[[2, 0]].tolist()


def test_best_opportunities_follow_the_weights(result):
    cheap = best_opportunities(result, 3, {"loi_dv_m_s": 1.0})
    fast = best_opportunities(result, 3, {"tof_day": 1.0})
    assert cheap["loi_dv_m_s"][0] == result.table.loi_dv_m_s[result.within].min()
    assert fast["tof_day"][0] == result.table.tof_day[result.within].min()
    assert len(best_lines(cheap)) == len(cheap["rank_n"])
    nothing = replace(result, within=np.zeros(len(result.table), dtype=bool))
    assert best_lines(best_opportunities(nothing, 3)) == ["no opportunity within limits"]


def test_calendars_add_up(result):
    days = day_table(result)
    assert days["day_utc"].tolist() == ["2023-08-10", "2023-08-11", "2023-08-12"]
    assert days["opportunities_n"].sum() == len(result.table)
    assert days["within_limits_n"].sum() == result.within.sum()
    assert (days["within_limits_n"] > 0).sum() == len(result.calendar.days)
    total = result.table.tli_dv_m_s + result.table.loi_dv_m_s
    year = period_table(days, 4)
    assert year["year_utc"].tolist() == ["2023"] and year["days_n"].tolist() == [3]
    assert year["total_dv_lowest_m_s"][0] == pytest.approx(total[result.within].min(), abs=1e-9)
    assert limit_table(result)["limit"].tolist()[:1] == [result.acceptance.check.names[0]]


def test_payload_penalty_is_that_of_the_upper_stage(result):
    penalty = payload_penalty_kg(result.case, np.array([0.0, 10.0]))
    assert penalty[0] == 0.0
    assert penalty[1] == pytest.approx((2200.0 + 1150.0) * 10.0 / (327.0 * 9.80665), rel=2e-3)
    assert np.isnan(payload_penalty_kg(replace(result.case, upper_stage=None), np.array([1.0]))).all()


def test_evaluation_without_acceptance_makes_its_own(result):
    again = evaluate_mission(result.case, result.table)
    assert np.array_equal(again.within, result.within)
    assert isinstance(again.acceptance.check, LimitCheck)


def test_command_writes_calendars_figures_and_the_best(limited, tmp_path):
    out = tmp_path / "out"
    arguments = ["windows", str(limited), "--out", str(out), "--best", "2", "--tof-day", "4.5,5,5.36"]
    done = CliRunner().invoke(sim.cli.app, [*arguments, "--weights", "loi_dv_m_s=1", "--colour", "sun_elevation_deg"])
    assert done.exit_code == 0, done.output
    assert "refused by limits: " in done.output and "  1. 2023-08-1" in done.output
    names = {path.name for path in (out / "figures").iterdir()}
    kinds = ("calendar", "map", "reasons", "flight_times")
    assert names == {f"{kind}_luna_25_flight2023.png" for kind in kinds}
    with (out / "best_luna_25_flight2023.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert rows[0]["rank_n"] == "1" and rows[0]["refused_by"] == "none" and rows[0]["status"] == "ok"
    assert {"days", "months", "years", "limits"} <= {path.name.split("_")[0] for path in out.glob("*.csv")}


def test_flights_without_insertion_are_ranked_by_energy():
    impact = list_windows(ROOT / "scenarios" / "luna_2_flight1959.toml").missions[0]
    best = best_opportunities(impact, 2)
    assert np.isnan(impact.table.tli_dv_m_s).all()
    assert best["score"][0] == impact.table.c3_km2_s2[impact.within].min()
    assert np.isfinite(day_table(impact)["c3_km2_s2"]).sum() == len(impact.calendar.days)
    assert np.isnan(impact.acceptance.circumstances.landing_cross_track_km).all()


def test_the_moon_hides_what_stands_behind_it(result):
    """Three places 100 km up on the line to the Earth and across it, and one that grazes the limb."""
    ephemeris = open_ephemeris()
    rows = np.zeros(4, dtype=np.intp)
    table = result.table.select(rows)
    earth = ephemeris.position_km("earth", "moon", table.perilune_tdb[:1])[0]
    towards = earth / np.linalg.norm(earth)
    across = np.cross(towards, [0.0, 0.0, 1.0])
    across /= np.linalg.norm(across)
    # Behind the limb a line to the Earth's centre passes a point 1837.4 sin(angle) from the Moon's centre, nearly.
    limb = np.arcsin(1737.4 / 1837.4)
    angles = [0.0, np.pi, np.pi - limb + 0.01, np.pi - limb - 0.01]
    places = np.array([1837.4 * (np.cos(angle) * towards + np.sin(angle) * across) for angle in angles])
    moved = replace(table, perilune_state=np.concatenate((places, table.perilune_state[:, 3:]), axis=1))
    found = find_circumstances(result.case.window, moved, stations=("bear_lakes",), with_eclipses=False)
    assert found.loi_behind_moon.tolist() == [False, True, True, False]
    up = found.stations[0].loi_elevation_deg >= 10.0
    assert found.stations[0].loi_in_view[:2].tolist() == [bool(up[0]), False]


def test_departures_from_an_orbit_have_no_launch_site():
    case = load_mission(ROOT / "scenarios" / "departure_iss.toml")
    window = replace(case.window, launch_stop_tdb=case.window.launch_start_tdb + 12.0 * DAY_S, tof_day=(5.0,))
    found = find_circumstances(window, find_opportunities(window), with_eclipses=False)
    assert len(found.tli_sun_fraction) > 0 and np.isfinite(found.tli_latitude_deg).all()
    for name in ("launch_sun_elevation_deg", "azimuth_rotating_deg", "launch_penalty_m_s"):
        assert np.isnan(getattr(found, name)).all()


def test_unknown_colours_are_named(tmp_path):
    arguments = ["windows", str(FLIGHT), "--out", str(tmp_path / "out"), "--colour", "sun"]
    done = CliRunner().invoke(sim.cli.app, arguments)
    assert done.exit_code == 2
    assert "'sun' is no column of numbers" in done.stderr and "sun_elevation_deg" in done.stderr


@pytest.mark.parametrize(
    "options, said",
    [
        (("--weights", "loi_dv=1"), "nearest: loi_dv_m_s"),
        (("--weights", "loi_dv_m_s"), "no 'column=number'"),
        (("--best", "0"), "one or more"),
        (("--tof-day", "3:6"), "start:stop:step"),
        (("--inclination-deg", "20"), "cannot be reached"),
    ],
)
def test_wrong_wishes_are_one_line_and_exit_code_2(options, said):
    done = CliRunner().invoke(sim.cli.app, ["windows", str(FLIGHT), *options])
    assert done.exit_code == 2
    assert said in done.stderr and done.stderr.count("\n") == 1
