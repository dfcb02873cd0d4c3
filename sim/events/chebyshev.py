"""Events of smooth functions by Chebyshev proxies: all roots of a polynomial that equals the function.

The span is cut until the function is a polynomial to a stated tolerance on each piece; the roots of that polynomial
are the eigenvalues of its colleague matrix (Good 1961; Boyd, Solving Transcendental Equations, SIAM 2014, ch. 2),
so that two edges close together are found as safely as two far apart. The edges are then refined on the function
itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.errors import ConvergenceError, InputError
from sim.events.finding import TIME_TOLERANCE_S, intervals_from_samples
from sim.events.intervals import Intervals
from sim.events.roots import FloatArray, TimeFunction

_HALVINGS = 24
_NEARLY_REAL = 1e-3
"""Roots this near to the real axis count as places where the sign may change; one too many does no harm."""


def find_by_chebyshev(
    function: TimeFunction,
    span_start_tdb: float,
    span_stop_tdb: float,
    *,
    piece_s: float,
    proxy_tolerance: float,
    degree: int = 16,
    tolerance_s: float = TIME_TOLERANCE_S,
) -> Intervals:
    """Find the times at which a smooth function is zero or positive.

    Parameters
    ----------
    function : callable
        Vectorised function of time, smooth (no kinks: for those see :func:`sim.events.find_by_rate`).
    span_start_tdb, span_stop_tdb : float
        Span to search, seconds past J2000 TDB.
    piece_s : float
        First length of the pieces; halved where the polynomial is not good enough.
    proxy_tolerance : float
        How far polynomial and function may differ, in the unit of the function: an interval in which the function
        stays below this may be missed.
    degree : int
        Of the polynomials.
    tolerance_s : float
        Accuracy of the edges.

    Returns
    -------
    Intervals

    Raises
    ------
    InputError
        Arguments that are not above zero, or an empty span.
    ConvergenceError
        The function is not smooth or not finite: the pieces became too short.
    """
    if not (piece_s > 0.0 and proxy_tolerance > 0.0 and degree >= 4 and span_start_tdb < span_stop_tdb):
        raise InputError("piece_s and proxy_tolerance must be above zero, degree 4 or more, the span not empty")
    low, high, coefficients = _pieces(function, span_start_tdb, span_stop_tdb, piece_s, proxy_tolerance, degree)
    marks = np.sort(np.concatenate([low, high[-1:], _roots(low, high, coefficients)]))
    middles = 0.5 * (marks[1:] + marks[:-1])
    # Signs are taken between the marks, never on them: there the function is nearly zero.
    t = np.unique(np.concatenate([[span_start_tdb], middles, [span_stop_tdb]]))
    return intervals_from_samples(function, t, function(t), tolerance_s)


def _pieces(
    function: TimeFunction, start: float, stop: float, piece_s: float, tolerance: float, degree: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Find ends (P,) and coefficients (P, degree + 1) of pieces on which the function is a polynomial, ascending."""
    edges = np.linspace(start, stop, max(1, int(np.ceil((stop - start) / piece_s))) + 1)
    low, high = edges[:-1], edges[1:]
    angles = np.pi * (np.arange(degree + 1) + 0.5) / (degree + 1)
    transform = np.cos(np.arange(degree + 1)[:, None] * angles) * (2.0 / (degree + 1))
    transform[0] *= 0.5
    kept: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    for _ in range(_HALVINGS):
        t = 0.5 * (low + high)[:, None] + 0.5 * (high - low)[:, None] * np.cos(angles)
        values = function(t.ravel()).reshape(t.shape)
        if not np.isfinite(values).all():
            raise ConvergenceError("Chebyshev proxy of an event function that is not finite", 0, float("nan"))
        coefficients = values @ transform.T
        good = np.abs(coefficients[:, -3:]).sum(axis=1) <= tolerance
        kept.append((low[good], high[good], coefficients[good]))
        low, high = low[~good], high[~good]
        if low.size == 0:
            order = np.argsort(np.concatenate([one[0] for one in kept]))
            joined = [np.concatenate([one[k] for one in kept])[order] for k in range(3)]
            return joined[0], joined[1], joined[2]
        middle = 0.5 * (low + high)
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    raise ConvergenceError("Chebyshev proxy of an event function", _HALVINGS, float(low.size))


def _roots(low: FloatArray, high: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Real roots of all pieces, as times."""
    size = np.abs(coefficients)
    # A polynomial whose constant term outweighs all others has no root.
    near = np.flatnonzero(size[:, 0] <= size[:, 1:].sum(axis=1) * (1.0 + 1e-9))
    if near.size == 0:
        return np.zeros(0)
    values = np.linalg.eigvals(_colleague(coefficients[near]))
    real = (np.abs(values.imag) < _NEARLY_REAL) & (np.abs(values.real) < 1.0)
    piece = near[np.nonzero(real)[0]]
    return np.asarray(0.5 * (low + high)[piece] + 0.5 * (high - low)[piece] * values.real[real])


def _colleague(coefficients: FloatArray) -> NDArray[np.float64]:
    """Symmetrised colleague matrices (P, n, n) of Chebyshev series (P, n + 1)."""
    n = coefficients.shape[1] - 1
    matrix = np.zeros((len(coefficients), n, n))
    beside = np.full(n - 1, 0.5)
    beside[0] = np.sqrt(0.5)
    index = np.arange(n - 1)
    matrix[:, index, index + 1] = beside
    matrix[:, index + 1, index] = beside
    scale = np.ones(n)
    scale[1:] = np.sqrt(0.5)
    largest = np.abs(coefficients).max(axis=1)
    # A leading coefficient of zero would put a root at infinity; a tiny one puts it far away.
    leading = np.where(np.abs(coefficients[:, -1]) > 1e-16 * largest, coefficients[:, -1], 1e-16 * largest + 1e-300)
    matrix[:, :, -1] -= coefficients[:, :-1] / leading[:, None] * (scale / scale[-1]) * 0.5
    return matrix
