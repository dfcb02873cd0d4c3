"""Time scales UTC, TAI, TT, TDB and UT1 from 1958 to 2100, and the orientation data of the Earth.

Internal time everywhere in the simulator is ``t_tdb``, float seconds past J2000 TDB; UTC appears as text at
the two borders only. Only numpy and pyerfa are imported: nothing here loads astropy or touches its IERS
settings, and nothing reaches for the network.
"""

from __future__ import annotations

from sim.timescales.calendar_text import tai_from_utc, utc_from_tai
from sim.timescales.elementwise import FloatArray, elementwise, finite_seconds
from sim.timescales.node_table import SUPPORTED_START_TDB, SUPPORTED_STOP_TDB, NodeTable
from sim.timescales.orientation import (
    EarthOrientation,
    EarthOrientationQuality,
    earth_orientation,
    earth_orientation_quality,
    ut1_julian_date,
    ut1_minus_tai_s,
    ut1_minus_utc_s,
)
from sim.timescales.scales import (
    TT_MINUS_TAI_S,
    julian_date_pair,
    tai_from_tdb,
    tai_minus_utc_s,
    tdb_from_tai,
    tdb_from_tt,
    tdb_from_utc,
    tdb_julian_date,
    tdb_minus_tt_s,
    tt_from_tdb,
    tt_julian_date,
    utc_day_start_tdb,
    utc_from_tdb,
)

__all__ = [
    "SUPPORTED_START_TDB",
    "SUPPORTED_STOP_TDB",
    "TT_MINUS_TAI_S",
    "EarthOrientation",
    "EarthOrientationQuality",
    "FloatArray",
    "NodeTable",
    "earth_orientation",
    "earth_orientation_quality",
    "elementwise",
    "finite_seconds",
    "julian_date_pair",
    "tai_from_tdb",
    "tai_from_utc",
    "tai_minus_utc_s",
    "tdb_from_tai",
    "tdb_from_tt",
    "tdb_from_utc",
    "tdb_julian_date",
    "tdb_minus_tt_s",
    "tt_from_tdb",
    "tt_julian_date",
    "ut1_julian_date",
    "ut1_minus_tai_s",
    "ut1_minus_utc_s",
    "utc_day_start_tdb",
    "utc_from_tai",
    "utc_from_tdb",
]
