"""Unit conversions used at the two borders: scenario in, products out."""

from __future__ import annotations

import math

from sim.constants import SECONDS_PER_DAY

DEG_PER_RAD: float = 180.0 / math.pi
RAD_PER_DEG: float = math.pi / 180.0
ARCSEC_PER_RAD: float = 3600.0 * DEG_PER_RAD
RAD_PER_ARCSEC: float = 1.0 / ARCSEC_PER_RAD
M_PER_KM: float = 1000.0
KM_PER_M: float = 1e-3
S_PER_DAY: float = SECONDS_PER_DAY
S_PER_HOUR: float = 3600.0
S_PER_MINUTE: float = 60.0
