"""UTC text of scenario files: full instants, and dates no more exact than they were published."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from sim.errors import InputError

EPHEMERIS_START_UTC = "1959-01-01"
EPHEMERIS_STOP_UTC = "2051-01-01"
"""Days between which the shipped ephemeris covers every instant; a test compares them with the file."""

_FORM = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})(?:T(?P<time>\d{2}:\d{2})(?P<second>:\d{2}(?:\.\d{1,9})?)?Z?)?)?)?",
    re.ASCII,
)
_INSTANT = "UTC text YYYY-MM-DDTHH:MM:SS"
_MOMENT = "UTC text YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDTHH:MM[:SS]"
_COVERED = f"{EPHEMERIS_START_UTC} to {EPHEMERIS_STOP_UTC}, which the ephemeris covers"

Fault = tuple[str, str]
"""What is allowed, and a hint."""


def check_instant(text: str) -> Fault | None:
    """Find out what is wrong with the text of a UTC instant.

    Parameters
    ----------
    text : str
        Should be ``YYYY-MM-DDTHH:MM:SS[.fff]``, optionally with ``Z``.

    Returns
    -------
    tuple (str, str) or None
        What is allowed and a hint; None when nothing is wrong.
    """
    match = _FORM.fullmatch(text)
    if match is None or not match["second"]:
        day_only = match is not None and match["day"] and not match["time"]
        return _INSTANT, f'did you mean "{text}T00:00:00"?' if day_only else 'for example "2024-11-01T00:00:00"'
    return _fault_in_time(text)


def check_moment(text: str) -> Fault | None:
    """Find out what is wrong with the text of a UTC date that may stop at the year, month or day.

    Parameters
    ----------
    text : str
        See `Moment`.

    Returns
    -------
    tuple (str, str) or None
        What is allowed and a hint; None when nothing is wrong.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return _MOMENT, 'for example "2024-11" when only the month was published'
    return _fault_in_time(text)


def moment_interval_utc(text: str) -> tuple[str, str]:
    """Return the interval in which a published date lies.

    Parameters
    ----------
    text : str
        ``2028`` is the whole year, ``2024-11`` the month, ``2026-08-24`` the day; an instant is itself.

    Returns
    -------
    tuple (str, str)
        Start and stop, ``YYYY-MM-DDTHH:MM:SS``; equal for an instant.

    Raises
    ------
    InputError
        The text has another form or the date does not exist.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise InputError(f"cannot read the date {text[:40]!r}; allowed: {_MOMENT}")
    try:
        start = date(int(match["year"]), int(match["month"] or 1), int(match["day"] or 1))
        if match["time"]:
            instant = f"{start.isoformat()}T{match['time']}{match['second'] or ':00'}"
            return instant, instant
        stop = _next(start, "day" if match["day"] else "month" if match["month"] else "year")
    except (ValueError, OverflowError) as error:
        raise InputError(f"the date {text!r} does not exist in the calendar") from error
    return f"{start.isoformat()}T00:00:00", f"{stop.isoformat()}T00:00:00"


def interval_day(start: str, stop: str) -> float:
    """Return the calendar days from one UTC text to another, leap seconds left out.

    Parameters
    ----------
    start, stop : str
        Texts in which :func:`check_instant` finds no fault.

    Returns
    -------
    float
        Days; negative when `stop` comes first.
    """
    return (_calendar(stop) - _calendar(start)) / timedelta(days=1)


def _calendar(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))


def _next(day: date, unit: str) -> date:
    """First day after the day, month or year that begins on `day`."""
    if unit == "day":
        return day + timedelta(days=1)
    if unit == "year":
        return day.replace(year=day.year + 1)
    return (day + timedelta(days=31)).replace(day=1)


def _fault_in_time(text: str) -> Fault | None:
    """Fault in a text of the right form: no such day, no such second, or outside the ephemeris."""
    try:
        start, _ = moment_interval_utc(text)
    except InputError:
        return "a date that exists in the calendar", "check day and month"
    if not EPHEMERIS_START_UTC <= start[:10] < EPHEMERIS_STOP_UTC:
        return _COVERED, "choose a date inside"
    try:
        _calendar(start)
    except ValueError:
        return "a time of day", "hours 00-23, minutes and seconds 00-59"
    return None
