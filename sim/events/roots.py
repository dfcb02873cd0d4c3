"""Bracketed refinement of many roots and extrema at once, with one call of the function per iteration."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.errors import ConvergenceError, InputError

FloatArray = NDArray[np.float64]
TimeFunction = Callable[[FloatArray], FloatArray]
"""Vectorised function of time: (N,) seconds past J2000 TDB to (N,) values of any unit."""

_ITERATIONS = 120
_GOLDEN = 0.5 * (3.0 - 5.0**0.5)


def refine_roots(
    function: TimeFunction, low_tdb: FloatArray, high_tdb: FloatArray, tolerance_s: float = 1e-3
) -> FloatArray:
    """Roots inside brackets, by Chandrupatla's method on all brackets at once.

    Parameters
    ----------
    function : callable
        Vectorised function of time.
    low_tdb, high_tdb : ndarray (N,)
        Brackets: the values at the two ends have different signs (zero counts as positive).
    tolerance_s : float
        Largest length of the final brackets.

    Returns
    -------
    ndarray (N,)
        Seconds past J2000 TDB: of the final bracket the end at which the function has the sign of ``high_tdb``.

    Raises
    ------
    InputError
        A pair of ends that brackets no root.
    ConvergenceError
        The function is not finite somewhere in a bracket.

    Notes
    -----
    Chandrupatla (1997), Advances in Engineering Software 28:145: inverse quadratic interpolation where the three
    latest points allow it, else bisection. The state of each bracket is (a, b, c) with b opposite to a.
    """
    a, b = np.array(high_tdb, dtype=np.float64), np.array(low_tdb, dtype=np.float64)
    if a.size == 0:
        return a
    fa, fb = function(a), function(b)
    if not ((fa >= 0.0) != (fb >= 0.0)).all():
        raise InputError("a bracket without change of sign holds no root that can be refined")
    after = fa >= 0.0
    c, fc = b.copy(), fb.copy()
    share = np.full(a.size, 0.5)
    for _ in range(_ITERATIONS):
        live = np.flatnonzero(np.abs(b - a) > tolerance_s)
        if live.size == 0:
            return np.where((fa >= 0.0) == after, a, b)
        t = a[live] + share[live] * (b[live] - a[live])
        ft = function(t)
        same = (ft >= 0.0) == (fa[live] >= 0.0)
        c[live], fc[live] = np.where(same, a[live], b[live]), np.where(same, fa[live], fb[live])
        b[live], fb[live] = np.where(same, b[live], a[live]), np.where(same, fb[live], fa[live])
        a[live], fa[live] = t, ft
        share[live] = _next_share(a[live], b[live], c[live], fa[live], fb[live], fc[live], tolerance_s)
    raise ConvergenceError("root refinement", _ITERATIONS, float(np.nanmax(np.abs(b - a))))


def _next_share(
    a: FloatArray, b: FloatArray, c: FloatArray, fa: FloatArray, fb: FloatArray, fc: FloatArray, tolerance_s: float
) -> FloatArray:
    """Share of the way from a to b of the next point."""
    with np.errstate(divide="ignore", invalid="ignore"):
        xi = (a - b) / (c - b)
        phi = (fa - fb) / (fc - fb)
        quadratic = (phi * phi < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
        alpha = (c - a) / (b - a)
        share = fa / (fb - fa) * fc / (fb - fc) + alpha * fa / (fc - fa) * fb / (fc - fb)
    share = np.where(quadratic & np.isfinite(share), share, 0.5)
    # A step of half the tolerance at least: otherwise one end creeps to the root and the bracket stays long.
    least = np.minimum(0.4 * tolerance_s / np.abs(b - a), 0.5)
    return np.clip(share, least, 1.0 - least)


def refine_extrema(
    function: TimeFunction, low_tdb: FloatArray, high_tdb: FloatArray, sign: float = 1.0, tolerance_s: float = 1e-1
) -> FloatArray:
    """Largest values inside brackets in which the function has one maximum, by golden section.

    Parameters
    ----------
    function : callable
        Vectorised function of time.
    low_tdb, high_tdb : ndarray (N,)
        Brackets.
    sign : float
        +1 for maxima, -1 for minima.
    tolerance_s : float
        Length of the final brackets. Near an extremum the value hardly changes, and below some 1e-8 of the bracket
        rounding decides.

    Returns
    -------
    ndarray (N,)
        Seconds past J2000 TDB.
    """
    low, high = np.array(low_tdb, dtype=np.float64), np.array(high_tdb, dtype=np.float64)
    if low.size == 0:
        return low
    left, right = low + _GOLDEN * (high - low), high - _GOLDEN * (high - low)
    f_left, f_right = sign * function(left), sign * function(right)
    for _ in range(_golden_steps(float(np.max(high - low)), tolerance_s)):
        up = f_right > f_left
        low, high = np.where(up, left, low), np.where(up, high, right)
        probe = np.where(up, high - _GOLDEN * (high - low), low + _GOLDEN * (high - low))
        f_probe = sign * function(probe)
        left, right = np.where(up, right, probe), np.where(up, probe, left)
        f_left, f_right = np.where(up, f_right, f_probe), np.where(up, f_probe, f_left)
    return 0.5 * (low + high)


def _golden_steps(length_s: float, tolerance_s: float) -> int:
    """Count the steps that shorten a bracket to the tolerance."""
    return max(0, int(np.ceil(np.log(tolerance_s / length_s) / np.log(1.0 - _GOLDEN)))) if length_s > 0.0 else 0
