"""Launch days: UTC days with at least one opportunity, their months, gaps and the next one after a date."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.analysis.parts import CalendarResult, Floats
from sim.timescales import tdb_from_utc, utc_from_tdb
from sim.windows.table import OpportunityTable

Days = NDArray[np.int64]
"""Days since 1970-01-01, UTC calendar."""

_INSTANT_S = 1e-6


@dataclass(frozen=True)
class LaunchDays:
    """The best opportunity (lowest insertion velocity change) of every launch day, in order of time.

    Attributes
    ----------
    day : ndarray of int64, shape (D,)
        Days since 1970-01-01, UTC calendar.
    row : ndarray of int, shape (D,)
        Row of the opportunity in its table.
    launch_tdb, arrival_tdb : ndarray, shape (D,)
        Lift-off and perilune of that opportunity.
    """

    day: Days
    row: NDArray[np.intp]
    launch_tdb: Floats
    arrival_tdb: Floats


def day_text(day: int) -> str:
    """Return ``YYYY-MM-DD`` of a day number."""
    return str(np.datetime64(int(day), "D"))


def _day_of(t_tdb: float) -> int:
    return int(np.datetime64(str(utc_from_tdb(t_tdb, 9))[:10], "D").astype(np.int64))


def day_numbers(t_tdb: Floats) -> Days:
    """Return the UTC days of epochs.

    Parameters
    ----------
    t_tdb : ndarray, shape (N,)
        Seconds past J2000 TDB.

    Returns
    -------
    ndarray of int64, shape (N,)
        Days since 1970-01-01; a leap second belongs to the day that it ends.
    """
    if not len(t_tdb):
        return np.empty(0, dtype=np.int64)
    first, last = _day_of(float(np.min(t_tdb))), _day_of(float(np.max(t_tdb)))
    starts = tdb_from_utc([f"{day_text(day)}T00:00:00" for day in range(first, last + 2)])
    return np.asarray(first - 1 + np.searchsorted(starts, t_tdb, side="right"), dtype=np.int64)


def period_days(start_tdb: float, stop_tdb: float) -> Days:
    """Return all UTC days that a period touches; one that stops at 0h does not touch the day that begins.

    Parameters
    ----------
    start_tdb, stop_tdb : float
        Seconds past J2000 TDB.

    Returns
    -------
    ndarray of int64
        Consecutive days since 1970-01-01.
    """
    last = max(start_tdb, stop_tdb - _INSTANT_S)
    return np.arange(_day_of(start_tdb), _day_of(last) + 1, dtype=np.int64)


def longest_gap(days: Days, period: Days) -> tuple[int, int]:
    """Return the longest run of days of a period that are not among `days`.

    Parameters
    ----------
    days : ndarray of int64
        Sorted, unique, within the period.
    period : ndarray of int64
        Consecutive days.

    Returns
    -------
    tuple of int
        Length in days (0 when there is none) and first day of the first such run.
    """
    if not len(period):
        return 0, 0
    edges = np.concatenate([[period[0] - 1], days, [period[-1] + 1]])
    gaps = np.diff(edges) - 1
    longest = int(np.argmax(gaps))
    return int(gaps[longest]), int(edges[longest] + 1)


def month_counts(days: Days, months: NDArray[np.datetime64]) -> tuple[int, ...]:
    """Return how many of the days lie in each of consecutive months.

    Parameters
    ----------
    days : ndarray of int64
        Days since 1970-01-01.
    months : ndarray of datetime64[M]
        Consecutive months.

    Returns
    -------
    tuple of int
        One count a month.
    """
    index = (days.astype("datetime64[D]").astype("datetime64[M]") - months[0]).astype(np.int64)
    inside = index[(index >= 0) & (index < len(months))]
    return tuple(int(count) for count in np.bincount(inside, minlength=len(months)))


def months_of(period: Days) -> NDArray[np.datetime64]:
    """Return the consecutive months that a period of days touches, as datetime64[M]."""
    month = period.astype("datetime64[D]").astype("datetime64[M]")
    return np.arange(month[0], month[-1] + np.timedelta64(1, "M"))


def launch_days(table: OpportunityTable, within: NDArray[np.bool_]) -> LaunchDays:
    """Return the best opportunity of every launch day.

    Parameters
    ----------
    table : OpportunityTable
        Opportunities.
    within : ndarray of bool, shape (N,)
        Those that meet the mission's limits.

    Returns
    -------
    LaunchDays
        In order of time.
    """
    rows = np.flatnonzero(within)
    day = day_numbers(table.launch_tdb[rows])
    order = np.lexsort((table.loi_dv_m_s[rows], day))
    unique, first = np.unique(day[order], return_index=True)
    best = rows[order[first]]
    return LaunchDays(unique, best, table.launch_tdb[best], table.perilune_tdb[best])


def next_opportunity(table: OpportunityTable, within: NDArray[np.bool_], t_tdb: float) -> int | None:
    """Return the row of the first opportunity within limits at or after an epoch; None when there is none.

    Parameters
    ----------
    table : OpportunityTable
        Opportunities, sorted by launch.
    within : ndarray of bool, shape (N,)
        Those that meet the mission's limits.
    t_tdb : float
        Seconds past J2000 TDB.

    Returns
    -------
    int or None
        Row.
    """
    rows = np.flatnonzero(within)
    place = int(np.searchsorted(table.launch_tdb[rows], t_tdb, side="left"))
    return int(rows[place]) if place < len(rows) else None


def calendar(table: OpportunityTable, within: NDArray[np.bool_], start_tdb: float, stop_tdb: float) -> CalendarResult:
    """Count the launch days of a launch period.

    Parameters
    ----------
    table : OpportunityTable
        Opportunities.
    within : ndarray of bool, shape (N,)
        Those that meet the mission's limits.
    start_tdb, stop_tdb : float
        Launch period, seconds past J2000 TDB.

    Returns
    -------
    CalendarResult
        Launch days by month, and the longest gap.
    """
    period = period_days(start_tdb, stop_tdb)
    days = launch_days(table, within).day
    months = months_of(period)
    gap, gap_start = longest_gap(days, period)
    return CalendarResult(
        months=tuple(str(month) for month in months),
        days_in_month=month_counts(period, months),
        launch_days=month_counts(days, months),
        days=tuple(day_text(day) for day in days),
        day_count=len(period),
        opportunity_count=int(np.count_nonzero(within)),
        longest_gap_day=gap,
        longest_gap_start_utc=day_text(gap_start) if gap else "",
    )
