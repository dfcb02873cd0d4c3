"""Events of functions whose rate of change is bounded: nothing longer than a stated duration can be missed.

Between two samples of the same sign a function can only change sign if it is able to come down to zero and back in
the time between them. Where the bound on its rate allows that, the time is halved, until it is shorter than the
shortest event of interest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.events.intervals import Intervals
from sim.events.roots import FloatArray, TimeFunction, refine_extrema, refine_roots

TIME_TOLERANCE_S: float = 1e-3
"""Bracket to which edges are refined unless told otherwise."""

_SAMPLES_MAX = 20_000_000


def find_by_rate(
    function: TimeFunction,
    span_start_tdb: float,
    span_stop_tdb: float,
    rate_bound_per_s: float,
    *,
    step_s: float = 3600.0,
    shortest_s: float = 1.0,
    tolerance_s: float = TIME_TOLERANCE_S,
) -> Intervals:
    """Find the times at which a function is zero or positive.

    Parameters
    ----------
    function : callable
        Vectorised function of time, continuous; kinks are allowed.
    span_start_tdb, span_stop_tdb : float
        Span to search, seconds past J2000 TDB.
    rate_bound_per_s : float
        The function never changes faster than this, in its unit per second. Too large only costs time; too small
        loses the guarantee.
    step_s : float
        First sampling.
    shortest_s : float
        No interval and no gap of this length or longer is missed; shorter ones may be.
    tolerance_s : float
        Accuracy of the edges.

    Returns
    -------
    Intervals

    Raises
    ------
    InputError
        A bound, step or tolerance that is not above zero, an empty span, or a search of more than 2e7 samples.
    ConvergenceError
        The function is not finite near an edge.
    """
    for number, what in ((rate_bound_per_s, "rate_bound_per_s"), (step_s, "step_s"), (shortest_s, "shortest_s")):
        if not (np.isfinite(number) and number > 0.0):
            raise InputError(f"{what} is {number:g}; allowed: a finite number above zero")
    t, f = _adaptive_samples(function, span_start_tdb, span_stop_tdb, rate_bound_per_s, step_s, shortest_s)
    return intervals_from_samples(function, t, f, tolerance_s)


def _adaptive_samples(
    function: TimeFunction, start: float, stop: float, rate: float, step_s: float, shortest_s: float
) -> tuple[FloatArray, FloatArray]:
    """Sample so densely that between neighbours of the same sign nothing as long as `shortest_s` can hide."""
    if not start < stop:
        raise InputError(f"span from {start:.17g} to {stop:.17g} s; allowed: the end after the begin")
    t = np.linspace(start, stop, max(2, int(np.ceil((stop - start) / step_s)) + 1))
    f = function(t)
    left, right, f_left, f_right = t[:-1], t[1:], f[:-1], f[1:]
    all_t, all_f, count = [t], [f], t.size
    while left.size:
        # A change of sign may hide two more: it is narrowed as well.
        reach = rate * (right - left)
        open_ = (np.abs(f_left) + np.abs(f_right) <= reach) | ((f_left >= 0.0) != (f_right >= 0.0))
        open_ &= right - left > shortest_s
        left, right, f_left, f_right = left[open_], right[open_], f_left[open_], f_right[open_]
        middle = 0.5 * (left + right)
        f_middle = function(middle) if middle.size else middle
        count += middle.size
        if count > _SAMPLES_MAX:
            raise InputError(f"more than {_SAMPLES_MAX} samples; give a tighter rate bound or a longer shortest_s")
        all_t.append(middle)
        all_f.append(f_middle)
        left, right = np.concatenate([left, middle]), np.concatenate([middle, right])
        f_left, f_right = np.concatenate([f_left, f_middle]), np.concatenate([f_middle, f_right])
    t, f = np.concatenate(all_t), np.concatenate(all_f)
    order = np.argsort(t, kind="stable")
    return t[order], f[order]


def intervals_from_samples(
    function: TimeFunction, t_tdb: FloatArray, values: FloatArray, tolerance_s: float = TIME_TOLERANCE_S
) -> Intervals:
    """Find the times at which a function is zero or positive, given samples that separate its changes of sign.

    Parameters
    ----------
    function : callable
        Vectorised function of time.
    t_tdb : ndarray (N,)
        Ascending; first and last are the span.
    values : ndarray (N,)
        The function there.
    tolerance_s : float
        Accuracy of the edges.

    Returns
    -------
    Intervals

    Raises
    ------
    InputError
        A tolerance that is not above zero.
    ConvergenceError
        The function is not finite near an edge.
    """
    if not tolerance_s > 0.0:
        raise InputError(f"tolerance_s is {tolerance_s:g}; allowed: above zero")
    inside = values >= 0.0
    change = np.flatnonzero(inside[1:] != inside[:-1])
    edges = refine_roots(function, t_tdb[change], t_tdb[change + 1], tolerance_s)
    start, stop = edges[~inside[change]], edges[inside[change]]
    if inside[0]:
        start = np.concatenate([t_tdb[:1], start])
    if inside[-1]:
        stop = np.concatenate([stop, t_tdb[-1:]])
    keep = stop > start
    return Intervals(start[keep], stop[keep], float(t_tdb[0]), float(t_tdb[-1]))


def find_extrema(
    function: TimeFunction,
    span_start_tdb: float,
    span_stop_tdb: float,
    step_s: float,
    *,
    sign: float = 1.0,
    tolerance_s: float = 0.1,
) -> FloatArray:
    """Find the times of the local maxima (or minima) inside a span.

    Parameters
    ----------
    function : callable
        Vectorised function of time, smooth.
    span_start_tdb, span_stop_tdb : float
        Span to search, seconds past J2000 TDB; extrema at its very ends do not count.
    step_s : float
        Sampling: at most a quarter of the shortest time between a maximum and the next minimum.
    sign : float
        +1 for maxima, -1 for minima.
    tolerance_s : float
        Accuracy of the times.

    Returns
    -------
    ndarray (E,)
        Ascending, seconds past J2000 TDB.

    Raises
    ------
    InputError
        A step that is not above zero, or an empty span.
    """
    if not (step_s > 0.0 and span_start_tdb < span_stop_tdb):
        length = span_stop_tdb - span_start_tdb
        raise InputError(f"span of {length:g} s with steps of {step_s:g} s; allowed: both above zero")
    t = np.linspace(span_start_tdb, span_stop_tdb, max(3, int(np.ceil((span_stop_tdb - span_start_tdb) / step_s)) + 1))
    f = sign * function(t)
    peak = _peaks(f)
    return refine_extrema(function, t[peak - 1], t[peak + 1], sign, tolerance_s)


def _peaks(f: FloatArray) -> NDArray[np.intp]:
    """Find the samples above the one before and not below the one after."""
    return np.flatnonzero((f[1:-1] > f[:-2]) & (f[1:-1] >= f[2:])) + 1
