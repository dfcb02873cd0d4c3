"""Frames: proper rotations, round trips, same bits in every batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.frames import (
    R_emr_icrf,
    R_enu_fixed,
    R_itrf_icrf,
    R_me_icrf,
    R_pa_icrf,
    R_rtn_icrf,
    R_tod_icrf,
    R_vnc_icrf,
    emr_from_icrf,
    geodetic_from_itrf,
    icrf_from_emr,
    icrf_from_itrf,
    icrf_from_me,
    icrf_from_pa,
    itrf_from_geodetic_km,
    itrf_from_icrf,
    me_from_icrf,
    me_from_selenographic_km,
    pa_from_icrf,
    selenographic_from_me,
)

EPOCHS = st.floats(-1.29e9, 1.6e9)
STATES = st.tuples(*[st.floats(-4e5, 4e5)] * 3, *[st.floats(-11.0, 11.0)] * 3).map(np.array)
OF_TIME = [R_tod_icrf, R_itrf_icrf, R_pa_icrf, R_me_icrf, R_emr_icrf]


def assert_proper(R):
    assert np.abs(R @ np.swapaxes(R, -1, -2) - np.eye(3)).max() < 5e-15
    assert abs(np.linalg.det(R) - 1.0) < 5e-15


@given(EPOCHS)
@settings(max_examples=40)
def test_frames_of_time_are_proper_rotations(t):
    for R in OF_TIME:
        assert_proper(R(t))


@given(STATES)
def test_frames_of_states_are_proper_rotations(state):
    r, v = state[:3], state[3:]
    assume(np.linalg.norm(r) > 1.0 and np.linalg.norm(v) > 1e-3)
    assume(np.linalg.norm(np.cross(r, v)) > 1e-3 * np.linalg.norm(r) * np.linalg.norm(v))
    assert_proper(R_rtn_icrf(state))
    assert_proper(R_vnc_icrf(state))
    assert np.allclose(R_rtn_icrf(state) @ r, [np.linalg.norm(r), 0, 0], atol=1e-8)
    assert np.allclose(R_vnc_icrf(state) @ v, [np.linalg.norm(v), 0, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (itrf_from_icrf, icrf_from_itrf),
        (pa_from_icrf, icrf_from_pa),
        (me_from_icrf, icrf_from_me),
        (emr_from_icrf, icrf_from_emr),
        (
            lambda s, t: emr_from_icrf(s, t, nondimensional=True),
            lambda s, t: icrf_from_emr(s, t, nondimensional=True),
        ),
    ],
)
@given(state=STATES, t=EPOCHS)
@settings(max_examples=25)
def test_states_return(there, back, state, t):
    difference = np.abs(back(there(state, t), t) - state)
    assert difference[:3].max() < 2e-9
    assert difference[3:].max() < 2e-13


@given(st.lists(EPOCHS, min_size=1, max_size=6))
@settings(max_examples=20)
def test_rotations_do_not_depend_on_the_batch(epochs):
    t = np.array(epochs)
    for R in OF_TIME:
        together = R(t)
        for row, one in enumerate(t):
            assert np.array_equal(together[row], R(float(one)))


@given(st.floats(-90.0, 90.0), st.floats(-179.9, 179.9), st.floats(-5.0, 2000.0))
def test_places_return(latitude, longitude, altitude):
    assert_proper(R_enu_fixed(latitude, longitude))
    for back in (
        geodetic_from_itrf(itrf_from_geodetic_km(latitude, longitude, altitude)),
        selenographic_from_me(me_from_selenographic_km(latitude, longitude, altitude)),
    ):
        assert abs(back[0] - latitude) < 1e-9
        assert abs(back[2] - altitude) < 1e-8
        if abs(latitude) < 89.9:
            assert abs(back[1] - longitude) < 1e-9
