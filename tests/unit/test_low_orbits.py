"""Histories of orbits about the Moon against Kepler's laws, and what ends a row."""

from __future__ import annotations

import numpy as np
import pytest

from sim.bodies import MOON
from sim.core.status import Status
from sim.dynamics import FullForceModel
from sim.errors import InputError
from sim.frames import R_me_icrf
from sim.operations.low_orbits import equator_axes, evolve_low_orbits, moon_orbit_model
from sim.operations.tracks import LunarElements
from sim.propagation import propagate_full
from sim.timescales import tdb_from_utc

EPOCH = tdb_from_utc("2024-05-01T00:00:00")
MOON_ALONE = FullForceModel(center="moon", point_masses=("moon",), gm_km3_s2={"moon": MOON.gm_km3_s2})


def state(low, high, inclination, node=0.0, argument=0.0, anomaly=0.0):
    elements = LunarElements(low, high, inclination, node, argument, anomaly)
    return elements.states_function(EPOCH)(np.array([EPOCH]))


@pytest.mark.parametrize(
    ("low", "high", "inclination", "tolerance_km"),
    [(100.0, 100.5, 90.0, 1e-4), (60.0, 180.0, 55.0, 1e-3), (200.0, 16000.0, 62.4, 0.1)],
)
def test_two_bodies_keep_their_elements_and_apses(low, high, inclination, tolerance_km):
    orbit = LunarElements(low, high, inclination, 40.0, 130.0)
    start = orbit.states_function(EPOCH)(np.array([EPOCH]))
    history = evolve_low_orbits(start, EPOCH, 4.2 * orbit.period_s / 86400.0, revs=1, model=MOON_ALONE)
    assert history.t_tdb.shape == (1, 5)
    assert (history.status == Status.OK).all()
    assert np.abs(history.perilune_altitude_km - low).max() < tolerance_km
    assert np.abs(history.apolune_altitude_km - high).max() < tolerance_km
    assert np.allclose(history.eccentricity, orbit.eccentricity, atol=1e-9)
    assert np.allclose(history.semi_major_axis_km, orbit.semi_major_axis_km, rtol=1e-8)
    # the orbit was given in mean Earth axes, whose pole is 79 arcsec off the principal axis
    assert np.allclose(history.argument_of_perilune_deg, 130.0, atol=0.1)
    assert np.allclose(history.inclination_deg, inclination, atol=0.03)
    assert np.ptp(history.node_deg) < 0.1  # the equator moves
    turned = (history.node_longitude_deg[0, 0] - history.node_longitude_deg[0, -1]) % 360.0
    assert turned == pytest.approx(13.18 * 4.0 * orbit.period_s / 86400.0 % 360.0, rel=0.02)


def test_elements_count_from_the_equator_of_date():
    axes = equator_axes([EPOCH])[0]
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-14)
    assert abs(axes[0, 2]) < 1e-15
    assert np.degrees(np.arccos(axes[2] @ R_me_icrf(EPOCH)[2])) < 0.03


def test_an_impact_ends_a_row_at_the_time_of_kepler_and_leaves_the_others():
    # a row that falls: perilune 100 km below the ground, started at apolune
    falls = LunarElements(10.0, 400.0, 80.0)
    radius, apolune = MOON.radius_km - 100.0, MOON.radius_km + 400.0
    a = 0.5 * (radius + apolune)
    ecc = 1.0 - radius / a
    speed = np.sqrt(MOON.gm_km3_s2 * (2.0 / apolune - 1.0 / a))
    kept = falls.perilune_state()
    start = np.array([kept, [apolune, 0.0, 0.0, 0.0, 0.0, speed]])
    both = evolve_low_orbits(start, EPOCH, 1.0, model=MOON_ALONE)
    anomaly = np.arccos((1.0 - MOON.radius_km / a) / ecc)
    seconds = np.sqrt(a**3 / MOON.gm_km3_s2) * (np.pi - (anomaly - ecc * np.sin(anomaly)))
    assert list(both.status) == [Status.OK, Status.IMPACT]
    # the propagator lands on the sphere to a millimetre or so of height; the fall is 0.3 km/s
    assert both.impact_tdb[1] - EPOCH == pytest.approx(seconds, abs=1e-2)
    assert both.lifetime_day[1] == pytest.approx(seconds / 86400.0, rel=1e-5)
    assert both.lifetime_day[0] == np.inf
    assert np.isnan(both.perilune_altitude_km[1]).all()
    assert np.isfinite(both.perilune_altitude_km[0]).all()


@pytest.mark.parametrize("method", ["lanes", "adaptive"])
def test_a_margin_ends_a_row_where_it_comes_down_to_it(method):
    orbit = LunarElements(30.0, 300.0, 90.0, mean_anomaly_deg=90.0)
    start = orbit.states(np.zeros(1))
    above = evolve_low_orbits(start, EPOCH, 0.5, model=MOON_ALONE, margin_km=29.9, method=method)
    below = evolve_low_orbits(start, EPOCH, 0.5, model=MOON_ALONE, margin_km=31.0, method=method)
    assert above.status[0] == Status.OK
    assert below.status[0] == Status.IMPACT
    anomaly = np.arccos((1.0 - (MOON.radius_km + 31.0) / orbit.semi_major_axis_km) / orbit.eccentricity)
    before_perilune = (anomaly - orbit.eccentricity * np.sin(anomaly)) / (2.0 * np.pi) * orbit.period_s
    assert below.impact_tdb[0] - EPOCH == pytest.approx(0.75 * orbit.period_s - before_perilune, abs=0.2)


def test_both_methods_give_the_same_history():
    start = np.concatenate([state(100.0, 100.1, inclination) for inclination in (30.0, 90.0)])
    lanes, adaptive = (evolve_low_orbits(start, EPOCH, 3.0, degree=20, method=m) for m in ("lanes", "adaptive"))
    assert np.abs(lanes.states - adaptive.states)[:, :, :3].max() < 0.02  # adaptive at 1e-10; lanes are nearer to 1e-14
    assert np.abs(lanes.ecc_cos - adaptive.ecc_cos).max() < 1e-7
    assert np.abs(lanes.perilune_altitude_km - adaptive.perilune_altitude_km).max() < 2e-3


def test_states_are_those_of_the_propagator_and_rows_do_not_depend_on_each_other():
    start = np.concatenate([state(100.0, 100.1, inclination) for inclination in (30.0, 90.0)])
    forces = moon_orbit_model(8)
    both = evolve_low_orbits(start, EPOCH, 2.0, model=forces)
    direct = propagate_full(start, EPOCH, both.end_tdb[:, -1:], forces, tolerance=1e-12)
    assert np.abs(both.states[:, -1, :3] - direct.states[:, :3]).max() < 0.01
    turned = evolve_low_orbits(start[::-1], EPOCH, 2.0, model=forces)
    assert np.array_equal(turned.states[::-1], both.states)
    assert both.degree == 8


def test_the_moons_field_lowers_the_perilune_of_a_polar_orbit():
    history = evolve_low_orbits(state(100.0, 100.1, 90.0), EPOCH, 10.0, degree=20)
    assert history.perilune_altitude_km[0, -1] < 97.0
    # its energy stays: the apses move apart symmetrically
    middle = 0.5 * (history.perilune_altitude_km[0] + history.apolune_altitude_km[0])
    assert np.abs(middle - 100.0).max() < 2.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"states_icrf": np.zeros(5)}, "shape"),
        ({"states_icrf": np.array([1838.0, 0.0, 0.0, 0.0, 3.0, 0.0])}, "no ellipse"),
        ({"duration_day": 0.0}, "duration_day"),
        ({"margin_km": -1.0}, "margin_km"),
        ({"model": FullForceModel()}, "centred"),
        ({"degree": 71}, "71"),
        ({"method": "kepler"}, "method"),
    ],
)
def test_unusable_input_is_refused(change, words):
    arguments = {"states_icrf": state(100.0, 101.0, 90.0), "t0_tdb": EPOCH, "duration_day": 1.0, **change}
    with pytest.raises(InputError, match=words):
        evolve_low_orbits(**arguments)
