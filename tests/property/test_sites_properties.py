"""Launch azimuths: both ways round, both solutions, limits."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from sim.sites import (
    azimuth_inertial_deg,
    azimuth_rotating_deg,
    inclination_deg,
    inclination_from_rotating_azimuth_deg,
)


@given(st.floats(-70.0, 70.0), st.floats(0.0, 180.0), st.booleans())
def test_inclination_returns_from_both_azimuths(latitude, inclination, ascending):
    assume(abs(latitude) + 0.01 < inclination < 179.99 - abs(latitude))
    inertial = azimuth_inertial_deg(inclination, latitude, ascending=ascending)
    rotating = azimuth_rotating_deg(inclination, latitude, 7.8, ascending=ascending)
    assert abs(inclination_deg(inertial, latitude) - inclination) < 1e-9
    assert abs(inclination_from_rotating_azimuth_deg(rotating, latitude, 7.8) - inclination) < 1e-7
    northward = float(np.cos(np.radians(inertial)))
    assert northward > 0.0 if ascending else northward < 0.0


@given(st.floats(-80.0, 80.0), st.floats(0.0, 359.0))
def test_no_azimuth_gives_less_than_the_latitude(latitude, azimuth):
    found = inclination_deg(azimuth, latitude)
    assert abs(latitude) - 1e-9 <= found <= 180.0 - abs(latitude) + 1e-9
