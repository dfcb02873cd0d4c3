"""Physical and astronomical constants that belong to no single body.

Each constant names its source; values of bodies live in :mod:`sim.bodies`.
"""

from __future__ import annotations

import math

SPEED_OF_LIGHT_KM_S: float = 299_792.458
"""Exact, SI definition of the metre."""

ASTRONOMICAL_UNIT_KM: float = 149_597_870.7
"""Exact, IAU 2012 Resolution B2."""

STANDARD_GRAVITY_M_S2: float = 9.80665
"""Exact, CGPM 1901; converts specific impulse in seconds to exhaust velocity."""

SECONDS_PER_DAY: float = 86_400.0

J2000_JD: float = 2_451_545.0
"""Julian date of the origin of ``t_tdb`` (2000-01-01T12:00:00 TDB)."""

EARTH_ROTATION_RATE_RAD_S: float = 7.292115146706979e-5
"""Rate of the Earth rotation angle, IAU 2000: 2 pi 1.00273781191135448 / 86400 s (IERS Conventions 2010 eq. 5.15)."""

TWO_PI: float = 2.0 * math.pi
