"""UTC as text: strict reading and faithful writing of ISO 8601 date-times, leap seconds included."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from sim.constants import SECONDS_PER_DAY
from sim.errors import DataError, InputError
from sim.timescales.elementwise import FloatArray, finite_seconds
from sim.timescales.node_table import SUPPORTED_START_MJD, SUPPORTED_STOP_MJD
from sim.timescales.utc_days import UNIX_EPOCH_MJD, civil_date, utc_days

_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DATE_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]{1,12})?(?:Z| UTC)?")
MAX_DECIMALS = 9


def _day_row(date: str, whole: str) -> int:
    """Row of `date` in the table of UTC days; `whole` is the text to show in an error."""
    try:
        mjd = int(np.datetime64(date, "D").astype(np.int64)) + UNIX_EPOCH_MJD
    except ValueError as error:
        raise InputError(f"UTC date {whole!r} does not exist in the calendar; give a real day") from error
    if not SUPPORTED_START_MJD <= mjd < SUPPORTED_STOP_MJD:
        raise InputError(f"UTC date {whole!r} is outside the supported span 1958-01-01 to 2100-12-31")
    return mjd - SUPPORTED_START_MJD


def _text_of(utc: Any) -> str:
    if isinstance(utc, str):
        return utc
    if isinstance(utc, datetime) and utc.tzinfo is not None:
        return utc.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    if isinstance(utc, (datetime, np.datetime64)):
        raise DataError(
            f"a naive datetime ({utc}) has no time scale; give UTC text like '2026-08-24T02:00:00' or an aware datetime"
        )
    raise InputError(f"UTC must be text like '2026-08-24T02:00:00', found {type(utc).__name__} {utc!r:.60}")


def read_utc(utc: Any) -> tuple[int, float]:
    """Read one UTC date-time.

    Parameters
    ----------
    utc : str or aware datetime
        ``YYYY-MM-DDTHH:MM:SS[.fff]``, up to 12 decimals, optionally followed by ``Z`` or ``" UTC"``. Second
        60 is allowed exactly where UTC had one.

    Returns
    -------
    tuple (int, float)
        Row in the table of UTC days and UTC seconds since 0h.

    Raises
    ------
    InputError
        When the text has another form, or the instant does not exist or is not supported.
    DataError
        For a naive datetime.
    """
    text = _text_of(utc)
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        raise InputError(f"cannot read UTC {text[:60]!r}; the form is YYYY-MM-DDTHH:MM:SS[.fff] with an optional Z")
    date, hour, minute, second, fraction = match.groups()
    row = _day_row(date, text)
    seconds = 3600 * int(hour) + 60 * int(minute) + int(second) + float(fraction or 0.0)
    if int(hour) > 23 or int(minute) > 59 or (int(second) > 59 and hour + minute != "2359"):
        raise InputError(f"UTC {text!r} has an hour, minute or second out of range (00-23, 00-59, 00-59)")
    length = float(utc_days().length_s[row])
    if seconds >= length:
        raise InputError(f"UTC {text!r} does not exist: {date} had {length:.10g} s of UTC")
    return row, seconds


def read_utc_day(date: str) -> int:
    """Row of a calendar day ``YYYY-MM-DD`` in the table of UTC days.

    Parameters
    ----------
    date : str
        Calendar day.

    Returns
    -------
    int
        Row.

    Raises
    ------
    InputError
        When `date` has another form, does not exist or is not supported.
    """
    if not isinstance(date, str) or _DATE.fullmatch(date) is None:
        raise InputError(f"cannot read the UTC day {date!r:.60}; the form is YYYY-MM-DD")
    return _day_row(date, date)


def tai_from_day_seconds(rows: NDArray[np.int64], seconds: FloatArray) -> FloatArray:
    """TAI seconds past J2000 of UTC seconds since 0h of the given days."""
    days = utc_days()
    return days.start_tai_s[rows] + seconds * (1.0 + days.drift_s_day[rows] / SECONDS_PER_DAY)


@overload
def tai_from_utc(utc: str | datetime) -> float: ...  # type: ignore[overload-overlap]  # str is a sequence


@overload
def tai_from_utc(utc: Sequence[str] | Sequence[datetime] | NDArray[np.str_]) -> FloatArray: ...


def tai_from_utc(utc: Any) -> Any:
    """TAI of UTC texts.

    Parameters
    ----------
    utc : str or sequence of str
        See :func:`read_utc`.

    Returns
    -------
    float or ndarray (N,)
        TAI seconds past 2000-01-01T12:00:00 TAI.

    Raises
    ------
    InputError, DataError
        See :func:`read_utc`.
    """
    scalar = isinstance(utc, (str, datetime, np.datetime64)) or np.ndim(utc) == 0
    read = [read_utc(one) for one in ([utc] if scalar else utc)]
    rows = np.array([row for row, _ in read], dtype=np.int64)
    tai = tai_from_day_seconds(rows, np.array([seconds for _, seconds in read], dtype=np.float64))
    return float(tai[0]) if scalar else tai


def day_seconds_from_tai(t_tai: FloatArray) -> tuple[NDArray[np.int64], FloatArray]:
    """UTC day rows and UTC seconds since 0h of TAI seconds past J2000 ``(N,)``."""
    days = utc_days()
    rows = np.searchsorted(days.start_tai_s, t_tai, side="right") - 1
    if np.any((rows < 0) | (rows >= SUPPORTED_STOP_MJD - SUPPORTED_START_MJD)):
        raise InputError("an epoch lies outside the UTC days supported, 1958-01-01 to 2100-12-31")
    seconds = (t_tai - days.start_tai_s[rows]) / (1.0 + days.drift_s_day[rows] / SECONDS_PER_DAY)
    return rows, seconds


@overload
def utc_from_tai(t_tai: float, decimals: int = 3) -> str: ...


@overload
def utc_from_tai(t_tai: FloatArray | Sequence[float], decimals: int = 3) -> NDArray[np.str_]: ...


def utc_from_tai(t_tai: Any, decimals: int = 3) -> Any:
    """UTC texts of TAI, rounded to the nearest unit of the last decimal.

    Parameters
    ----------
    t_tai : float or array_like
        TAI seconds past J2000.
    decimals : int
        Decimals of the second, 0 to 9. Floating seconds resolve about 1.2e-7 s in the 2020s.

    Returns
    -------
    str or ndarray of str
        ``YYYY-MM-DDTHH:MM:SS[.fff]``, without suffix. Second 60 appears only inside a leap second; rounding
        carries into the next minute, day and year.

    Raises
    ------
    InputError
        When `decimals` or an epoch is out of range.
    """
    whole = isinstance(decimals, (int, np.integer)) and not isinstance(decimals, bool)
    if not whole or not 0 <= decimals <= MAX_DECIMALS:
        raise InputError(f"decimals must be a whole number from 0 to {MAX_DECIMALS}, found {decimals!r}")
    seconds_tai = finite_seconds(t_tai)
    rows, seconds = day_seconds_from_tai(seconds_tai.ravel())
    ticks_per_second = 10**decimals
    ticks = np.rint(seconds * ticks_per_second).astype(np.int64)
    # Ticks are whole; the hundredth of a tick absorbs the rounding of a length like 86399.95 s.
    over = ticks >= utc_days().length_s[rows] * ticks_per_second - 0.01
    rows, ticks = np.where(over, rows + 1, rows), np.where(over, 0, ticks)
    texts = _write(rows, ticks, int(decimals))
    return texts[0] if seconds_tai.ndim == 0 else np.array(texts, dtype=np.str_).reshape(seconds_tai.shape)


def _write(rows: NDArray[np.int64], ticks: NDArray[np.int64], decimals: int) -> list[str]:
    dates = np.datetime_as_string(civil_date(rows + SUPPORTED_START_MJD), unit="D")
    whole, part = np.divmod(ticks, 10**decimals)
    # A leap second belongs to minute 23:59, so the minute of the day stops at 1439.
    minute = np.minimum(whole // 60, 1439)
    columns = zip(dates, minute // 60, minute % 60, whole - 60 * minute, part, strict=True)
    texts = [f"{d}T{h:02d}:{m:02d}:{s:02d}.{p:0{max(decimals, 1)}d}" for d, h, m, s, p in columns]
    return texts if decimals else [text[:-2] for text in texts]
