"""Eccentricity maps and frozen orbits: geometry of the states, the algebra of the map, closure of the correction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.bodies import MOON
from sim.core.elements import COLUMNS, elements_rows
from sim.dynamics import FullForceModel
from sim.errors import InputError
from sim.frames import R_me_icrf
from sim.operations.frozen_orbits import (
    EccentricityMap,
    displacement,
    eccentricity_maps,
    frozen_orbit,
    node_month_day,
    node_states,
)
from sim.operations.low_orbits import equator_axes, evolve_low_orbits
from sim.timescales import tdb_from_utc

EPOCH = tdb_from_utc("2024-05-01T00:00:00")
MOON_ALONE = FullForceModel(center="moon", point_masses=("moon",), gm_km3_s2={"moon": MOON.gm_km3_s2})


@settings(max_examples=40)
@given(
    st.floats(1750.0, 12000.0), st.floats(0.0, 0.9), st.floats(0.0, 359.0), st.floats(1.0, 179.0), st.floats(0.0, 359.0)
)
def test_states_have_the_elements_asked_for(a, ecc, argument, inclination, longitude):
    omega = np.radians(argument)
    state = node_states(a, ecc * np.cos(omega), ecc * np.sin(omega), inclination, longitude, EPOCH)
    out, status = np.empty((1, COLUMNS)), np.empty(1, np.int8)
    elements_rows(state, MOON.gm_km3_s2, equator_axes([EPOCH]), out, status)
    assert status[0] == 0
    assert out[0, 0] / (1.0 - out[0, 1]) == pytest.approx(a, rel=1e-9)
    assert out[0, 1] * np.exp(1j * out[0, 4]) == pytest.approx(ecc * np.exp(1j * omega), abs=1e-9)
    assert np.degrees(out[0, 2]) == pytest.approx(inclination, abs=1e-9)
    place = R_me_icrf(EPOCH) @ state[0, :3]
    # the equator of mean Earth axes and that of the principal axes are 79 arcsec apart
    assert abs(np.degrees(np.arcsin(place[2] / np.linalg.norm(place)))) < 0.03
    apart = np.degrees(np.arctan2(place[1], place[0])) - longitude
    assert abs((apart + 180.0) % 360.0 - 180.0) < 1e-3


def test_the_month_is_sidereal_for_polar_orbits_and_shorter_for_direct_ones():
    assert node_month_day(1837.4, 90.0) == pytest.approx(27.3217, abs=1e-3)
    months = node_month_day(1837.4, [20.0, 60.0, 120.0])
    assert months[0] < months[1] < 27.3 < months[2]


def test_the_fixed_point_of_a_known_map():
    turn = np.radians(20.0)
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    wanted = np.array([0.01, -0.02])
    shift = (np.eye(2) - matrix) @ wanted
    made = EccentricityMap(*(np.ones(1) for _ in range(3)), np.zeros((1, 2)), shift[None], matrix[None], "")
    assert np.allclose(made.frozen_ecc[0], wanted, atol=1e-15)
    assert made.drift_ecc[0] == pytest.approx(2.0 * np.sin(0.5 * turn) * np.hypot(*wanted))


def test_without_perturbations_the_map_does_nothing():
    made = eccentricity_maps(1837.4, [40.0, 90.0], EPOCH, model=MOON_ALONE)
    # the equator of date, from which the vector counts, moves by hundredths of a degree a month
    assert np.abs(made.shift_ecc).max() < 1e-8
    assert np.abs(made.matrix - np.eye(2)).max() < 5e-3


def test_displacement_ends_with_the_history():
    start = node_states(1837.4, 0.001, 0.0, 90.0, 0.0, EPOCH)
    history = evolve_low_orbits(start, EPOCH, 1.0, model=MOON_ALONE)
    assert np.isfinite(displacement(history, 0.7)).all()
    assert np.isnan(displacement(history, 1.5)).all()


def test_a_frozen_orbit_comes_back_after_its_month():
    found = frozen_orbit(1837.4, 86.0, EPOCH, degree=8, tolerance_ecc=2e-6)
    again = evolve_low_orbits(found.state_icrf, EPOCH, found.month_day + 0.5, degree=8)
    assert np.hypot(*displacement(again, found.month_day)[0]) < 2e-6
    assert found.residual_ecc < 2e-6
    assert found.iterations >= 1
    assert found.perilune_altitude_km == np.nanmin(again.perilune_altitude_km)
    assert found.eccentricity == pytest.approx(np.hypot(again.ecc_cos[0, 0], again.ecc_sin[0, 0]), abs=1e-12)


def test_states_of_hyperbolas_and_hopeless_orbits_are_refused():
    with pytest.raises(InputError, match="eccentricity of one"):
        node_states(1837.4, 0.8, 0.7, 90.0, 0.0, EPOCH)
    with pytest.raises(InputError, match="no frozen orbit"):
        # 7 km high and near the equator, it does not last the month
        frozen_orbit(1745.0, 8.0, EPOCH, degree=12)
