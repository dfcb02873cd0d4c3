"""The days of UTC: how long each was and how far TAI stood from it at its start.

Source of TAI-UTC: the table of the IAU SOFA routine ``iauDat`` through pyerfa, which starts with the rubber
seconds of 1960 (frequency offsets and steps of 0.05 or 0.1 s until 1972) and continues with leap seconds. Two
deliberate choices go beyond it, both without touching ERFA's "dubious year" warning, because ERFA is never
asked there:

* After the last entry of the table (2017-01-01) the last value, 37 s, is kept: no later leap second is
  announced.
* Before 1960 UTC did not exist. Events of 1958-1959 are quoted in UT (GMT) as broadcast. The named
  approximation "1960 line extended": TAI-UTC = 1.417818 s + (MJD - 37300) 0.001296 s, the 1960 entry of the
  same table, carried backwards. It is continuous at 1960-01-01, gives -0.003 s at 1958-01-01, where TAI was
  set equal to UT2 by definition, and stays within 0.03 s of TAI-UT1 from the Astronomical Almanac. With the
  broadcast steps of up to 0.05 s and UT2-UT1 of 0.03 s its error against what a clock showed is below 0.1 s.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import erfa
import numpy as np
from numpy.typing import NDArray

from sim.constants import SECONDS_PER_DAY
from sim.timescales.node_table import SUPPORTED_START_MJD, SUPPORTED_STOP_MJD

FloatArray = NDArray[np.float64]

UNIX_EPOCH_MJD = 40587
_J2000_MJD = 51544.5
_UTC_BEGIN_MJD = 36934  # 1960-01-01
_LEAP_SECONDS_BEGIN_MJD = 41317  # 1972-01-01
_EXTENDED_OFFSET_S = 1.417818
_EXTENDED_RATE_S_DAY = 0.001296
_EXTENDED_REFERENCE_MJD = 37300


@dataclass(frozen=True)
class UtcDays:
    """All UTC days of the supported span; row k is modified Julian date ``SUPPORTED_START_MJD + k``.

    Attributes
    ----------
    offset_s : ndarray (D,)
        TAI-UTC at 0h.
    drift_s_day : ndarray (D,)
        Change of TAI-UTC in the day apart from a step at its end; 0 since 1972.
    length_s : ndarray (D,)
        UTC seconds in the day: 86400, 86401 with a leap second, 86399.95 to 86400.1 before 1972.
    start_tai_s : ndarray (D,)
        TAI seconds past J2000 at 0h.
    """

    offset_s: FloatArray
    drift_s_day: FloatArray
    length_s: FloatArray
    start_tai_s: FloatArray


def civil_date(mjd: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """Calendar date of a modified Julian date, as ``datetime64[D]``."""
    return (mjd - UNIX_EPOCH_MJD).astype("datetime64[D]")


def _erfa_tai_minus_utc_s(mjd: NDArray[np.int64], fraction: float) -> FloatArray:
    dates = civil_date(mjd)
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970
    month = dates.astype("datetime64[M]").astype(np.int64) % 12 + 1
    day = (dates - dates.astype("datetime64[M]")).astype(np.int64) + 1
    return np.asarray(erfa.dat(year, month, day, fraction), dtype=np.float64)


def _last_leap_second_mjd() -> int:
    last = erfa.leap_seconds.get()[-1]
    date = np.datetime64(f"{int(last['year']):04d}-{int(last['month']):02d}-01", "D")
    return int(date.astype(np.int64)) + UNIX_EPOCH_MJD


def _offsets_s(mjd: NDArray[np.int64], fraction: float) -> FloatArray:
    """TAI-UTC at a fraction of the day, with the two extensions named in the module docstring."""
    known = _erfa_tai_minus_utc_s(np.clip(mjd, _UTC_BEGIN_MJD, _last_leap_second_mjd()), fraction)
    extended = _EXTENDED_OFFSET_S + (mjd + fraction - _EXTENDED_REFERENCE_MJD) * _EXTENDED_RATE_S_DAY
    return np.where(mjd < _UTC_BEGIN_MJD, extended, known)


@functools.cache
def utc_days() -> UtcDays:
    """Build the table once per process.

    Returns
    -------
    UtcDays
    """
    mjd = np.arange(SUPPORTED_START_MJD, SUPPORTED_STOP_MJD + 1, dtype=np.int64)
    offset = _offsets_s(mjd, 0.0)
    drift = np.where(mjd < _LEAP_SECONDS_BEGIN_MJD, 2.0 * (_offsets_s(mjd, 0.5) - offset), 0.0)
    # Rounded to a microsecond: the steps are multiples of 0.01 s and the subtraction leaves dust.
    step = np.round(np.append(np.diff(offset), 0.0) - drift, 6)
    step[-1] = 0.0
    start = (mjd - _J2000_MJD) * SECONDS_PER_DAY + offset
    return UtcDays(offset_s=offset, drift_s_day=drift, length_s=SECONDS_PER_DAY + step, start_tai_s=start)
