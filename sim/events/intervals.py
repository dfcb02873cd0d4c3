"""Sets of times as sorted, disjoint, half-open intervals inside a span, and their algebra on arrays.

A set knows the span in which it was looked for: only then have "not", "gap" and "share of the time" a meaning.
Touching intervals are one interval; an interval without length does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import SECONDS_PER_DAY
from sim.errors import InputError
from sim.units import S_PER_MINUTE

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Intervals:
    """A set of times.

    Parameters
    ----------
    start_tdb, stop_tdb : ndarray, shape (N,)
        Begin (included) and end (excluded) of each interval, seconds past J2000 TDB; ascending and disjoint,
        with time between an end and the next begin. :func:`intervals` makes this of any list.
    span_start_tdb, span_stop_tdb : float
        Where the set is known; all intervals lie inside.

    Raises
    ------
    InputError
        The arrays do not hold what is said above.
    """

    start_tdb: FloatArray
    stop_tdb: FloatArray
    span_start_tdb: float
    span_stop_tdb: float

    def __post_init__(self) -> None:
        _check_span(self.span_start_tdb, self.span_stop_tdb)
        if self.start_tdb.shape != self.stop_tdb.shape or self.start_tdb.ndim != 1:
            shapes = f"{self.start_tdb.shape} and {self.stop_tdb.shape}"
            raise InputError(f"intervals need begins and ends of one shape (N,), found {shapes}")
        edges = np.stack([self.start_tdb, self.stop_tdb], axis=1).ravel()
        if not (np.isfinite(edges).all() and (np.diff(edges) > 0.0).all()):
            raise InputError("intervals must be finite, ascending and apart; make them with sim.events.intervals()")
        if edges.size and not (self.span_start_tdb <= edges[0] and edges[-1] <= self.span_stop_tdb):
            raise InputError(f"intervals reach outside their span of {self.span_s:g} s")

    def __len__(self) -> int:
        return int(self.start_tdb.size)

    @property
    def span_s(self) -> float:
        """Length of the span."""
        return self.span_stop_tdb - self.span_start_tdb

    @property
    def durations_s(self) -> FloatArray:
        """Length of each interval, (N,)."""
        return self.stop_tdb - self.start_tdb

    @property
    def total_s(self) -> float:
        """Sum of the lengths."""
        return float(np.sum(self.durations_s))

    @property
    def fraction(self) -> float:
        """Share of the span."""
        return self.total_s / self.span_s

    @property
    def longest_s(self) -> float:
        """Length of the longest interval; 0 without any."""
        return float(np.max(self.durations_s, initial=0.0))

    @property
    def longest_gap_s(self) -> float:
        """Longest time without, the ends of the span included; the whole span without any interval."""
        return (~self).longest_s

    @property
    def longest_gap_tdb(self) -> tuple[float, float]:
        """Begin and end of that gap, seconds past J2000 TDB, the first of several; NaN when there is none."""
        gaps = ~self
        if not len(gaps):
            return float("nan"), float("nan")
        at = int(np.argmax(gaps.durations_s))
        return float(gaps.start_tdb[at]), float(gaps.stop_tdb[at])

    @property
    def minutes_per_day(self) -> float:
        """Mean minutes a day over the span."""
        return self.fraction * SECONDS_PER_DAY / S_PER_MINUTE

    @property
    def count_per_day(self) -> float:
        """Intervals that begin inside the span, per day."""
        return float(np.count_nonzero(self.start_tdb > self.span_start_tdb)) / (self.span_s / SECONDS_PER_DAY)

    @property
    def whole(self) -> NDArray[np.bool_]:
        """Intervals that the ends of the span do not cut, (N,)."""
        return (self.start_tdb > self.span_start_tdb) & (self.stop_tdb < self.span_stop_tdb)

    def __invert__(self) -> Intervals:
        """Give the rest of the span."""
        start = np.concatenate([[self.span_start_tdb], self.stop_tdb])
        stop = np.concatenate([self.start_tdb, [self.span_stop_tdb]])
        return self._of(start[stop > start], stop[stop > start])

    def __and__(self, other: Intervals) -> Intervals:
        """Give the times in both."""
        return at_least(2, (self, other))

    def __or__(self, other: Intervals) -> Intervals:
        """Give the times in one or both, inside the common span."""
        return at_least(1, (self, other))

    def __sub__(self, other: Intervals) -> Intervals:
        """Give the times in this one and not in the other."""
        return self & ~other

    def gaps(self) -> Intervals:
        """Give the times between the intervals: ``~`` without what lies before the first and after the last."""
        return self._of(self.stop_tdb[:-1].copy(), self.start_tdb[1:].copy())

    def contains(self, t_tdb: ArrayLike) -> NDArray[np.bool_]:
        """Tell which epochs are in the set.

        Parameters
        ----------
        t_tdb : array_like (...)
            Seconds past J2000 TDB.

        Returns
        -------
        ndarray of bool (...)
        """
        t = np.asarray(t_tdb, dtype=np.float64)
        index = np.searchsorted(self.start_tdb, t, side="right") - 1
        ends = np.append(self.stop_tdb, -np.inf)
        return np.asarray((index >= 0) & (t < ends[index]))

    def at_least_long(self, duration_s: float) -> Intervals:
        """Only the intervals of a duration or more."""
        keep = self.durations_s >= duration_s
        return self._of(self.start_tdb[keep], self.stop_tdb[keep])

    def bridged(self, gap_s: float) -> Intervals:
        """Give the set with gaps shorter than `gap_s` filled; not those before the first and after the last."""
        return at_least(1, (self, self.gaps() - self.gaps().at_least_long(gap_s)))

    def widened(self, before_s: float, after_s: float) -> Intervals:
        """Every interval longer by `before_s` at its begin and `after_s` at its end, cut at the span.

        Parameters
        ----------
        before_s, after_s : float
            Zero or more.

        Returns
        -------
        Intervals

        Raises
        ------
        InputError
            A negative number.
        """
        if not (before_s >= 0.0 and after_s >= 0.0):
            raise InputError(f"intervals cannot be widened by {before_s:g} and {after_s:g} s; allowed: zero or more")
        return intervals(
            self.start_tdb - before_s, self.stop_tdb + after_s, self.span_start_tdb, self.span_stop_tdb
        )

    def clipped(self, span_start_tdb: float, span_stop_tdb: float) -> Intervals:
        """Give the same set known on a shorter span.

        Parameters
        ----------
        span_start_tdb, span_stop_tdb : float
            Inside the present span.

        Returns
        -------
        Intervals

        Raises
        ------
        InputError
            The new span reaches outside the present one.
        """
        if span_start_tdb < self.span_start_tdb or span_stop_tdb > self.span_stop_tdb:
            raise InputError("a set of times cannot be extended beyond the span in which it was looked for")
        return intervals(self.start_tdb, self.stop_tdb, span_start_tdb, span_stop_tdb)

    def seconds_in(self, edges_tdb: ArrayLike) -> FloatArray:
        """Time inside the set in consecutive bins.

        Parameters
        ----------
        edges_tdb : array_like (B + 1,)
            Ascending edges of the bins, seconds past J2000 TDB.

        Returns
        -------
        ndarray (B,)
            s; the part of a bin outside the span counts as not in the set.

        Raises
        ------
        InputError
            The edges do not ascend.
        """
        edges = np.asarray(edges_tdb, dtype=np.float64)
        if edges.ndim != 1 or edges.size < 2 or not (np.diff(edges) > 0.0).all():
            raise InputError("bins need two or more ascending edges")
        return np.diff(self._elapsed_s(edges))

    def minutes_of_days(self, day_start_tdb: float | None = None) -> FloatArray:
        """Minutes in the set in each whole day of 86,400 s.

        Parameters
        ----------
        day_start_tdb : float, optional
            Begin of the first day, for example ``utc_day_start_tdb("2027-01-01")``; the begin of the span when omitted.

        Returns
        -------
        ndarray (D,)
            Minutes, for the whole days up to the end of the span; empty when there is none.
        """
        first = self.span_start_tdb if day_start_tdb is None else day_start_tdb
        days = int(np.floor((self.span_stop_tdb - first) / SECONDS_PER_DAY))
        if days < 1:
            return np.zeros(0)
        return self.seconds_in(first + SECONDS_PER_DAY * np.arange(days + 1)) / S_PER_MINUTE

    def _elapsed_s(self, t: FloatArray) -> FloatArray:
        """Time in the set before each epoch."""
        before = np.concatenate([[0.0], np.cumsum(self.durations_s)])
        index = np.searchsorted(self.start_tdb, t, side="right")
        ends = np.concatenate([[-np.inf], self.stop_tdb])
        return np.asarray(before[index] - np.maximum(ends[index] - t, 0.0))

    def _of(self, start: FloatArray, stop: FloatArray) -> Intervals:
        return Intervals(start, stop, self.span_start_tdb, self.span_stop_tdb)


def _check_span(start: float, stop: float) -> None:
    if not (np.isfinite(start) and np.isfinite(stop) and start < stop):
        raise InputError(f"span from {start:.17g} to {stop:.17g} s; allowed: finite, the end after the begin")


def intervals(
    start_tdb: ArrayLike, stop_tdb: ArrayLike, span_start_tdb: float, span_stop_tdb: float
) -> Intervals:
    """Set of times from any list of intervals: in any order, overlapping, reaching outside the span.

    Parameters
    ----------
    start_tdb, stop_tdb : array_like (N,)
        Begins and ends, seconds past J2000 TDB.
    span_start_tdb, span_stop_tdb : float
        Where the set is known; what lies outside is cut off.

    Returns
    -------
    Intervals

    Raises
    ------
    InputError
        Arrays that do not fit, an end before its begin, numbers that are not finite, an empty span.
    """
    _check_span(span_start_tdb, span_stop_tdb)
    start = np.asarray(start_tdb, dtype=np.float64)
    stop = np.asarray(stop_tdb, dtype=np.float64)
    if start.shape != stop.shape or start.ndim != 1:
        raise InputError(f"intervals need begins and ends of one shape (N,), found {start.shape} and {stop.shape}")
    if not (np.isfinite(start).all() and np.isfinite(stop).all() and (start <= stop).all()):
        raise InputError("an interval is not finite or ends before it begins")
    cut = np.clip(start, span_start_tdb, span_stop_tdb), np.clip(stop, span_start_tdb, span_stop_tdb)
    return Intervals(*_runs(*cut, 1), span_start_tdb, span_stop_tdb)


def everything(span_start_tdb: float, span_stop_tdb: float) -> Intervals:
    """Give the whole span; raises InputError for an empty one."""
    return intervals([span_start_tdb], [span_stop_tdb], span_start_tdb, span_stop_tdb)


def nothing(span_start_tdb: float, span_stop_tdb: float) -> Intervals:
    """No time of the span; raises InputError for an empty one."""
    return Intervals(np.zeros(0), np.zeros(0), span_start_tdb, span_stop_tdb)


def at_least(count: int, sets: Sequence[Intervals]) -> Intervals:
    """Find the times that are in `count` or more of the sets: 1 is "or", all of them is "and".

    Parameters
    ----------
    count : int
        One or more.
    sets : sequence of Intervals
        One or more; the result is known where all of them are.

    Returns
    -------
    Intervals

    Raises
    ------
    InputError
        No set, a count below one, or spans without common time.
    """
    if not sets or count < 1:
        raise InputError(f"{count} of {len(sets)} sets of times; allowed: one or more of one or more")
    start = max(one.span_start_tdb for one in sets)
    stop = min(one.span_stop_tdb for one in sets)
    if not start < stop:
        raise InputError("the sets of times are known on spans that have no time in common")
    begins = np.clip(np.concatenate([one.start_tdb for one in sets]), start, stop)
    ends = np.clip(np.concatenate([one.stop_tdb for one in sets]), start, stop)
    return Intervals(*_runs(begins, ends, count), start, stop)


def union(sets: Iterable[Intervals]) -> Intervals:
    """Find the times in any of the sets; raises as :func:`at_least`."""
    return at_least(1, tuple(sets))


def intersection(sets: Iterable[Intervals]) -> Intervals:
    """Find the times in all of the sets; raises as :func:`at_least`."""
    every = tuple(sets)
    return at_least(max(len(every), 1), every)


def _runs(begins: FloatArray, ends: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """Begins and ends of the times at which `count` or more of the given intervals run (sweep over sorted edges)."""
    edges, place = np.unique(np.concatenate([begins, ends]), return_inverse=True)
    change = np.zeros(edges.size, dtype=np.int64)
    np.add.at(change, place, np.repeat([1, -1], [begins.size, ends.size]))
    inside = np.concatenate([[False], np.cumsum(change) >= count, [False]])
    rise = np.flatnonzero(inside[1:-1] & ~inside[:-2])
    fall = np.flatnonzero(inside[:-2] & ~inside[1:-1])
    return edges[rise], edges[fall]
