"""Conversions between UTC, TAI, TT and TDB.

The internal time of the simulator is ``t_tdb``: float seconds past 2000-01-01T12:00:00 TDB. In double
precision it resolves 1.2e-7 s in the 2020s and 2.4e-7 s after 2034; in that time a spacecraft at 11 km/s
moves 1.3 mm.

TDB-TT is the Fairhead and Bretagnon (1990) series ``iauDtdb`` at the geocentre (accuracy 3 ns against its own
authors' theory), taken on one-day nodes and interpolated (measured in
``tests/truth/test_timescales_erfa.py``).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Any, overload

import erfa
import numpy as np
from numpy.typing import NDArray

from sim.constants import J2000_JD, SECONDS_PER_DAY
from sim.timescales.calendar_text import (
    day_seconds_from_tai,
    read_utc_day,
    tai_from_utc,
    utc_from_tai,
)
from sim.timescales.elementwise import FloatArray, elementwise, finite_seconds
from sim.timescales.node_table import NodeTable
from sim.timescales.utc_days import utc_days

TT_MINUS_TAI_S = 32.184
"""Exact, IAU 1991 Resolution A4."""


def _geocentric_tdb_minus_tt(t_tdb: FloatArray) -> FloatArray:
    # Site terms vanish at the geocentre, so UT and longitude are irrelevant and given as zero.
    return np.asarray(erfa.dtdb(J2000_JD, t_tdb / SECONDS_PER_DAY, 0.0, 0.0, 0.0, 0.0))[:, None]


@functools.cache
def _tdb_minus_tt_table() -> NodeTable:
    return NodeTable(_geocentric_tdb_minus_tt, columns=1, step_s=SECONDS_PER_DAY)


@elementwise
def tdb_minus_tt_s(t_tdb: FloatArray) -> FloatArray:
    """TDB-TT at the geocentre in seconds (at most 1.7 ms).

    Parameters
    ----------
    t_tdb : float or ndarray
        Seconds past J2000 TDB (TT may be given: the change is below 1e-12 s).

    Returns
    -------
    float or ndarray

    Raises
    ------
    InputError
        For epochs that are not finite or outside 1958-01-01 to 2101-01-01.
    """
    return _tdb_minus_tt_table()(t_tdb)[:, 0]


@elementwise
def tt_from_tdb(t_tdb: FloatArray) -> FloatArray:
    """TT seconds past J2000 TT of TDB seconds past J2000 TDB; raises as :func:`tdb_minus_tt_s`."""
    return t_tdb - tdb_minus_tt_s(t_tdb)


@elementwise
def tdb_from_tt(t_tt: FloatArray) -> FloatArray:
    """TDB seconds past J2000 TDB of TT seconds past J2000 TT; raises as :func:`tdb_minus_tt_s`."""
    return t_tt + tdb_minus_tt_s(t_tt)


@elementwise
def tai_from_tdb(t_tdb: FloatArray) -> FloatArray:
    """TAI seconds past J2000 TAI of TDB seconds past J2000 TDB; raises as :func:`tdb_minus_tt_s`."""
    return tt_from_tdb(t_tdb) - TT_MINUS_TAI_S


@elementwise
def tdb_from_tai(t_tai: FloatArray) -> FloatArray:
    """TDB seconds past J2000 TDB of TAI seconds past J2000 TAI; raises as :func:`tdb_minus_tt_s`."""
    return tdb_from_tt(t_tai + TT_MINUS_TAI_S)


@overload
def tdb_from_utc(utc: str | datetime) -> float: ...  # type: ignore[overload-overlap]  # str is a sequence


@overload
def tdb_from_utc(utc: Sequence[str] | Sequence[datetime] | NDArray[np.str_]) -> FloatArray: ...


def tdb_from_utc(utc: Any) -> Any:
    """TDB of UTC texts.

    Parameters
    ----------
    utc : str or sequence of str
        ``YYYY-MM-DDTHH:MM:SS[.fff]``, optionally followed by ``Z`` or ``" UTC"``; 1958 to 2100. Before 1960
        the text is broadcast UT, see :mod:`sim.timescales.utc_days`. Aware datetimes are accepted too.

    Returns
    -------
    float or ndarray (N,)
        Seconds past J2000 TDB.

    Raises
    ------
    InputError
        When a text has another form, does not exist or is outside the span.
    DataError
        For a naive datetime.
    """
    return tdb_from_tai(tai_from_utc(utc))


@overload
def utc_from_tdb(t_tdb: float, decimals: int = 3) -> str: ...


@overload
def utc_from_tdb(t_tdb: FloatArray | Sequence[float], decimals: int = 3) -> NDArray[np.str_]: ...


def utc_from_tdb(t_tdb: Any, decimals: int = 3) -> Any:
    """UTC texts of TDB, rounded to the nearest unit of the last decimal.

    Parameters
    ----------
    t_tdb : float or array_like
        Seconds past J2000 TDB.
    decimals : int
        Decimals of the second, 0 to 9; the time itself resolves 1.2e-7 s.

    Returns
    -------
    str or ndarray of str
        ``YYYY-MM-DDTHH:MM:SS[.fff]`` without suffix; second 60 only inside a leap second.

    Raises
    ------
    InputError
        For epochs that are not finite or outside the span, or `decimals` out of range.
    """
    return utc_from_tai(tai_from_tdb(t_tdb), decimals)


def utc_day_start_tdb(date: str) -> float:
    """TDB at 0h UTC of a calendar day.

    Parameters
    ----------
    date : str
        ``YYYY-MM-DD``.

    Returns
    -------
    float
        Seconds past J2000 TDB.

    Raises
    ------
    InputError
        When the day has another form, does not exist or is outside the span.
    """
    return tdb_from_tai(float(utc_days().start_tai_s[read_utc_day(date)]))


@elementwise
def tai_minus_utc_s(t_tdb: FloatArray) -> FloatArray:
    """TAI-UTC in seconds (37 since 2017); inside a leap second the value before the step.

    Parameters
    ----------
    t_tdb : float or array_like
        Seconds past J2000 TDB.

    Returns
    -------
    float or ndarray
        Seconds.

    Raises
    ------
    InputError
        For epochs that are not finite or outside the span.
    """
    rows, seconds = day_seconds_from_tai(tai_from_tdb(t_tdb))
    days = utc_days()
    return days.offset_s[rows] + days.drift_s_day[rows] * (seconds / SECONDS_PER_DAY)


def julian_date_pair(seconds: Any) -> tuple[FloatArray, FloatArray]:
    """Two-part Julian date of seconds past J2000 in any scale.

    Parameters
    ----------
    seconds : float or array_like
        Seconds past J2000.

    Returns
    -------
    tuple of ndarray
        A half-integral Julian date (a midnight) and the fraction of the day in [0, 1); their sum is the
        Julian date and the split keeps the full resolution of the input.
    """
    since_noon = finite_seconds(seconds)
    days = np.floor(since_noon / SECONDS_PER_DAY + 0.5)
    fraction = (since_noon - (days - 0.5) * SECONDS_PER_DAY) / SECONDS_PER_DAY
    return J2000_JD - 0.5 + days, fraction


def tt_julian_date(t_tdb: Any) -> tuple[FloatArray, FloatArray]:
    """Two-part TT Julian date, as ERFA wants it, of TDB seconds past J2000."""
    return julian_date_pair(tt_from_tdb(t_tdb))


def tdb_julian_date(t_tdb: Any) -> tuple[FloatArray, FloatArray]:
    """Two-part TDB Julian date of TDB seconds past J2000."""
    return julian_date_pair(t_tdb)
