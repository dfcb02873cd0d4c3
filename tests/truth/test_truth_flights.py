"""Flights of other kinds against what was flown: Luna 2, the return of Chang'e 5; station windows against geometry."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.analysis.evaluate import evaluate_mission
from sim.analysis.flown import injection_speed_km_s, window_gaps_day
from sim.bodies import EARTH, MOON
from sim.ephemeris import open_ephemeris
from sim.propagation import propagate
from sim.scenario import load_mission
from sim.transfer.shooting import transfer_model
from sim.windows import find_opportunities
from sim.windows.homeward import LunarOrbitPlane, find_returns

SCENARIOS = Path(__file__).parents[2] / "scenarios"
DAY_S = 86_400.0


def around_launch(name: str, days: float = 1.0):
    """Mission with its launch period cut to the days around the flight, and its opportunities."""
    case = load_mission(SCENARIOS / f"{name}.toml")
    launch = case.nominal_launch_tdb
    window = replace(case.window, launch_start_tdb=launch - days * DAY_S, launch_stop_tdb=launch + days * DAY_S)
    return replace(case, window=window), find_opportunities(window)


@pytest.fixture(scope="module")
def luna_2():
    case, table = around_launch("luna_2_flight1959")
    return case, table.select(np.array([np.argmin(np.abs(table.launch_tdb - case.nominal_launch_tdb))]))


def test_luna_2_launch_and_impact(luna_2, record_accuracy) -> None:
    case, table = luna_2
    late = float(table.launch_tdb[0] - case.nominal_launch_tdb) / 60.0
    # measured 6.2 min at the assumed 65 deg of inclination (4.7 min a degree, zero at 66.3 deg); the pad used is
    # 31/6, a minute of Earth rotation from the one flown
    record_accuracy("Luna 2 lift-off, 65 deg assumed", "NASA, 1959-09-12 06:39:42", "time", abs(late), "min", 15.0)
    assert abs(late) < 15.0
    impact = float(table.perilune_tdb[0] - case.flown.arrival_tdb) / 60.0
    record_accuracy("Luna 2 impact, 65 deg assumed", "NASA, 1959-09-13 21:02:24", "time", abs(impact), "min", 15.0)
    assert abs(impact - late) < 0.2
    speed = float(np.linalg.norm(table.perilune_state[0, 3:]))
    # 3.29 km/s computed; published to a tenth
    record_accuracy("Luna 2 impact", "press, 3.3 km/s", "speed", abs(speed - 3.3), "km/s", 0.05)
    assert abs(speed - 3.3) < 0.05
    # 11.11 km/s computed at burn-out; published 11.2 "to the Moon", escape speed is 11.01 at this height
    assert abs(float(injection_speed_km_s(table)[0]) - 11.2) < 0.1


def test_luna_2_inclination_follows_from_its_launch_instant(luna_2) -> None:
    case, _ = luna_2
    late = []
    for inclination in (65.0, 67.0):
        launch = find_opportunities(replace(case.window, inclination_deg=(inclination,))).launch_tdb
        late.append(float((launch - case.nominal_launch_tdb)[np.argmin(np.abs(launch - case.nominal_launch_tdb))]))
    fitted = 65.0 + 2.0 * late[0] / (late[0] - late[1])
    # 66.3 deg: launches of those years from Baikonur are quoted at 65 deg, a minute of lift-off is 0.2 deg
    assert late[0] > 0.0 > late[1]
    assert 64.5 < fitted < 67.5


def test_luna_2_flown_forward_strikes_its_place(luna_2, record_accuracy) -> None:
    _, table = luna_2
    ephemeris = open_ephemeris()
    run = propagate(table.tli_state, table.tli_tdb, table.perilune_tdb, transfer_model(ephemeris), method="dop853")
    place = run.states - ephemeris.state("moon", "earth", table.perilune_tdb)
    miss = float(np.linalg.norm(place[0, :3] - table.perilune_state[0, :3])) * 1e3
    record_accuracy("direct ascent flown forward to impact", "independent DOP853", "position", miss, "m", 10.0)
    assert miss < 10.0  # the bound of all transfers; measured some centimetres


@pytest.fixture(scope="module")
def change_5():
    case, table = around_launch("change_5_flight2020", 0.5)
    home = case.earth_return
    # a few injections around the flown one are enough here
    request = replace(home.request, start_tdb=home.injection_tdb - DAY_S, stop_tdb=home.injection_tdb + DAY_S)
    case = replace(case, earth_return=replace(home, request=request))
    return case, evaluate_mission(case, table)


def test_change_5_lands_when_it_landed(change_5, record_accuracy) -> None:
    case, result = change_5
    found, row = result.sample_return.returns, result.sample_return.nominal
    late = float(found.landing_tdb[row] - case.earth_return.landing_tdb) / 60.0
    # measured -8 min at 44 deg of inclination, -24 and +14 min at 45 and 43: inclination and the 26 min from entry to
    # landing are assumed; the day and the hour are not
    record_accuracy(
        "Chang'e 5 landing after its flown injection", "CNSA, 2020-12-16 17:59", "time", abs(late), "min", 30.0
    )
    assert abs(late) < 30.0
    assert abs(found.entry_angle_deg[row] + 5.8) < 0.05
    assert 10.9 < found.entry_speed_km_s[row] < 11.1
    assert 5000.0 < found.range_km[row] < 8000.0


def test_change_5_left_when_its_orbit_pointed_home(change_5) -> None:
    _, result = change_5
    home = result.sample_return
    # the flown injection costs within 2 % of the cheapest of two days: 876 against 874 m/s
    assert home.return_dv_m_s[home.nominal] < 1.02 * home.return_dv_m_s[home.best]
    assert home.returns.plane_turn_deg[home.nominal] < 6.0


def test_change_5_stayed_until_its_site_lay_under_the_orbiter(change_5, record_accuracy) -> None:
    _, result = change_5
    dock = result.sample_return.docking
    # 0.53 deg and 15 m/s after the two days flown; 0.7 deg inside and 8 deg after four days
    record_accuracy(
        "Chang'e 5 ascent",
        "flown stay of 2.00 d",
        "site off the orbiter's plane",
        abs(dock.plane_error_deg),
        "deg",
        1.5,
    )
    assert abs(dock.plane_error_deg) < 1.5
    four = np.argmin(np.abs(dock.sweep_stay_day - 4.0))
    assert abs(dock.sweep_plane_error_deg[four]) > 4.0
    assert dock.catch_up_limit_deg > 360.0  # 54.5 h meet every phase


@pytest.fixture(scope="module")
def change_6():
    case, table = around_launch("change_6_flight2024", 0.5)
    home = case.earth_return
    request = replace(
        home.request, start_tdb=home.injection_tdb - 2.0 * DAY_S, stop_tdb=home.injection_tdb + 2.0 * DAY_S
    )
    case = replace(case, earth_return=replace(home, request=request))
    return case, evaluate_mission(case, table)


def test_change_6_landed_when_its_orbit_lay_over_the_site(change_6, record_accuracy) -> None:
    _, result = change_6
    dock = result.sample_return.docking
    # The strongest check of the whole chain: transfer, arrival plane of 137 deg as published, 25 days of J2, and the
    # flown instant of the landing. Measured 0.17 deg; 1.34 deg without precession, 82 deg with the other node.
    off = abs(float(dock.sweep_plane_error_deg[0]))
    record_accuracy(
        "Chang'e 6 landing", "landing flown 25 d after arrival", "site off the orbiter's plane", off, "deg", 1.0
    )
    assert off < 1.0
    # and 1.12 deg at the lift-off flown
    assert abs(dock.plane_error_deg) < 2.5


def test_change_6_left_when_its_orbit_pointed_home(change_6, record_accuracy) -> None:
    case, result = change_6
    home = result.sample_return
    turn = float(home.returns.plane_turn_deg[home.nominal])
    # measured 0.47 deg: the injection flown on 20 June needs no turn; 815 m/s against 813 at best in twelve days
    record_accuracy("Chang'e 6 injection home", "injection flown, 43 d after arrival", "plane turn", turn, "deg", 3.0)
    assert turn < 3.0
    assert home.return_dv_m_s[home.nominal] < 1.01 * home.return_dv_m_s[home.best]
    late = float(home.returns.landing_tdb[home.nominal] - case.earth_return.landing_tdb) / 60.0
    # measured -20 min at 43 deg; inclination and time from entry to landing are assumed
    record_accuracy("Chang'e 6 landing on the Earth", "CNSA, 2024-06-25 06:07", "time", abs(late), "min", 45.0)
    assert abs(late) < 45.0


def test_returns_flown_forward_meet_the_landing_place(change_5) -> None:
    _, result = change_5
    found, row = result.sample_return.returns, result.sample_return.nominal
    ephemeris = open_ephemeris()
    one = np.array([row])
    moon = ephemeris.state("moon", "earth", found.departure_tdb[one])
    run = propagate(
        found.departure_state[one] + moon,
        found.departure_tdb[one],
        found.entry_tdb[one],
        transfer_model(ephemeris),
        method="dop853",
    )
    assert float(np.linalg.norm(run.states[0, :3] - found.entry_state[row, :3])) < 0.01  # 10 m; measured below 1 m
    assert abs(np.linalg.norm(found.entry_state[row, :3]) - EARTH.radius_equatorial_km - 120.0) < 1e-5
    assert abs(np.linalg.norm(found.departure_state[row, :3]) - MOON.radius_km - 230.0) < 1e-6


def test_plane_of_the_orbiter_precesses_by_the_textbook_rate() -> None:
    ephemeris = open_ephemeris()
    orbit = LunarOrbitPlane(np.array([0.3, -0.2, math.sqrt(1.0 - 0.13)]), 6.6e8, 200.0)
    later = orbit.normals(np.array([6.6e8, 6.6e8 + 10.0 * DAY_S]), ephemeris)
    np.testing.assert_allclose(np.linalg.norm(later, axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(later[0], orbit.normal, atol=1e-15)
    turned = math.degrees(math.acos(float((later[0] * later[1]).sum())))
    # 0.97 deg a day at the equator of the Moon: 3/2 J2 n (R/a)^2, times cos i, seen from the pole times sin i
    assert 1.0 < turned < 9.0


def test_returns_to_nowhere_are_empty(change_5) -> None:
    case, _ = change_5
    impossible = replace(case.earth_return.request, range_min_km=14_000.0, range_max_km=14_100.0)
    orbit = LunarOrbitPlane(np.array([0.0, 0.0, 1.0]), case.earth_return.injection_tdb, 200.0)
    none = find_returns(impossible, orbit, np.array([case.earth_return.injection_tdb]))
    assert len(none) == 0
    assert none.departure_state.shape == (0, 6)


@pytest.mark.parametrize(("name", "mean_day"), [("departure_iss", 9.9), ("departure_css", 9.3)])
def test_station_windows_recur(name: str, mean_day: float, record_accuracy) -> None:
    case = load_mission(SCENARIOS / f"{name}.toml")
    table = find_opportunities(replace(case.window, tof_day=(5.0,)))
    gaps = window_gaps_day(table)
    # half the time in which the Moon (13.18 deg a day) meets the node (-4.99 and -6.1): 9.9 and 9.3 days; the mean
    # over half a year is off by the ends of the span
    record_accuracy(
        f"windows from {name[-3:]}", "J2 and the Moon's mean motion", "mean gap", gaps.mean() - mean_day, "d", 0.6
    )
    assert abs(gaps.mean() - mean_day) < 0.6
    assert gaps.min() > 6.0 and gaps.max() < 12.5
