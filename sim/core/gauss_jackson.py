"""Coefficients of Gauss-Jackson's method: second sums of the accelerations on a uniform grid (Jackson 1924).

With the backward difference operator, h D = -log(1 - nabla), a double integral of the acceleration f is::

    x_n = h^2 (nabla^-2 - nabla^-1 + 1/12 + ...) f_n        v_n = h (nabla^-1 - 1/2 - nabla/12 - ...) f_n

and the same times (1 - nabla)^-1 one step ahead (Berry and Healy 2004, Journal of the Astronautical Sciences 52:331).
The sums nabla^-1 f = F1 and nabla^-2 f = F2 carry the past; everything else is weights on the latest accelerations,
here as exact rational numbers rounded once. Order N uses N + 1 accelerations, differences up to nabla^N.

Weights by Taylor's series are best for forces that are smooth on the scale of the steps. The figure of the Moon is not:
its harmonics of order m act m times a revolution, and at 75 steps a revolution order 20 turns by 1.7 rad from step to
step, where the terms of the series no longer fall. But the spectrum of those forces is known beforehand. So
:func:`fitted` asks for less exactness at frequency zero, and spends the other weights on the least squared error over
that spectrum. Two errors add up from revolution to revolution, and get more: the corrector's at one cycle a revolution,
where its part out of phase would feed or drain the orbit (one more degree of polynomials), and the predictor's out of
phase with the force: the force of a harmonic at a place that lags behind does work (``LAG``). The accelerations between
two steps are read off by weights that are fitted to the same spectrum.
"""

from __future__ import annotations

import cmath
from fractions import Fraction
from functools import lru_cache
from math import comb, cos, pi, sin
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Polynomial = list[Fraction]

FITTED_POINTS = 17
FITTED_DEGREES = (5, 7, 6)
"""Weights of the fitted method, and degrees up to which predictor, corrector and velocity are exact for polynomials."""
MOMENTS_ORDER = 8
"""Plain method that tells what exactness is."""
BETWEEN_DEGREE = 6
BETWEEN_POWERS = 10
"""The same for accelerations between two steps, and powers of the time in their weights."""
LAG = 20.0
"""Weight of the predictor's error out of phase with the force, against that in phase."""
REGULARISATION = 1e-12
"""Weight of the squared size of the weights against the squared error."""
PRECISION = 512
HIGHEST_PHASE = 5.2
"""rad a step; near a full turn sampled terms look constant, and no weights can tell them apart."""


class GaussJackson(NamedTuple):
    """Weights of one order; weight j belongs to the acceleration j steps ago.

    Attributes
    ----------
    predictor : numpy.ndarray (K,)
        x_(n+1) / h^2 = F2_n + sum of weights times f_(n-j).
    corrector : numpy.ndarray (K,)
        x_n / h^2 = F2_(n-1) + sum.
    velocity : numpy.ndarray (K,)
        v_n / h = F1_n + sum.
    basis : numpy.ndarray (K, K)
        Powers of s in the polynomial through the accelerations at s = 0, -1, ..: row j is that of f_(n-j).
    between : numpy.ndarray (K, P)
        The same for the latest step only, s from -1 to 0; of a fitted method, fitted.
    middle_position, middle_velocity : numpy.ndarray (K,)
        Corrector and velocity of the node K // 2 steps ago: with accelerations on both sides of it, far more accurate.
    middle_between : numpy.ndarray (K, P)
        Powers of s for the step that ends there.
    start_position, start_velocity : numpy.ndarray (K, K)
        Double and single integrals from 0 to node i of the polynomial that is 1 at node k, for the nodes -K/2 to K/2.
    """

    predictor: Array
    corrector: Array
    velocity: Array
    basis: Array
    between: Array
    middle_position: Array
    middle_velocity: Array
    middle_between: Array
    start_position: Array
    start_velocity: Array


def _product(a: Polynomial, b: Polynomial, terms: int) -> Polynomial:
    return [sum((a[i] * b[k - i] for i in range(k + 1)), Fraction(0)) for k in range(terms)]


def _reciprocal(a: Polynomial, terms: int) -> Polynomial:
    result = [1 / a[0]]
    for k in range(1, terms):
        result.append(-sum((a[i] * result[k - i] for i in range(1, k + 1)), Fraction(0)) / a[0])
    return result


def _on_ordinates(differences: Polynomial) -> Polynomial:
    """Weights of f_(n-j) from those of nabla^k f_n."""
    count = len(differences)
    return [(-1) ** j * sum(comb(k, j) * differences[k] for k in range(j, count)) for j in range(count)]


def _floats(values: Polynomial) -> Array:
    return np.array([float(value) for value in values])


def _moved(weights: Polynomial, nodes: list[int]) -> Array:
    """Weights on the nodes that do to polynomials what the given ones do on the nodes 0, -1, .."""
    return np.array(
        [
            float(sum((a * _value(_lagrange(nodes, j), -i) for i, a in enumerate(weights)), Fraction(0)))
            for j in range(len(nodes))
        ]
    )


def _lagrange(nodes: list[int], k: int) -> Polynomial:
    """Powers of the polynomial that is 1 at one node and 0 at the others."""
    result = [Fraction(1)]
    for i, node in enumerate(nodes):
        if i != k:
            scale = Fraction(1, nodes[k] - node)
            shifted = [Fraction(0), *result]
            result = [scale * (s - node * (result[p] if p < len(result) else 0)) for p, s in enumerate(shifted)]
    return result


def _integral(powers: Polynomial) -> Polynomial:
    return [Fraction(0), *(c / (p + 1) for p, c in enumerate(powers))]


def _value(powers: Polynomial, x: int) -> Fraction:
    return sum((c * x**p for p, c in enumerate(powers)), Fraction(0))


@lru_cache(maxsize=8)
def gauss_jackson(order: int) -> GaussJackson:
    """Make the coefficients of an order.

    Parameters
    ----------
    order : int
        Even, 2 or more.

    Returns
    -------
    GaussJackson

    Raises
    ------
    ValueError
        Odd or too small order.
    """
    if order < 2 or order % 2:
        raise ValueError(f"order of Gauss-Jackson is {order}; allowed: 2, 4, 6, ...")
    count = order + 1
    logarithm = [Fraction(1, k + 1) for k in range(count + 2)]
    once = _reciprocal(logarithm, count + 2)
    twice = _product(once, once, count + 2)
    ahead = _product(twice, [Fraction(1)] * (count + 2), count + 2)
    past = list(range(0, -count, -1))
    around = list(range(-(order // 2), order // 2 + 1))
    speeds = [_integral(_lagrange(around, k)) for k in range(count)]
    places = [_integral(s) for s in speeds]
    corrector, velocity = _on_ordinates(twice[2:]), _on_ordinates(once[1:-1])
    basis = np.array([_floats(_lagrange(past, j)) for j in range(count)])
    return GaussJackson(
        predictor=_floats(_on_ordinates(ahead[2:])),
        corrector=_floats(corrector),
        velocity=_floats(velocity),
        basis=basis,
        between=basis,
        middle_position=_moved(corrector, around[::-1]),
        middle_velocity=_moved(velocity, around[::-1]),
        middle_between=np.array([_floats(_lagrange(around[::-1], j)) for j in range(count)]),
        start_position=np.array([_floats([_value(p, i) for p in places]) for i in around]),
        start_velocity=np.array([_floats([_value(s, i) for s in speeds]) for i in around]),
    )


@lru_cache(maxsize=32)
def fitted(power: tuple[float, ...], per_revolution: float) -> GaussJackson:
    """Make weights for a force whose spectrum is known.

    Parameters
    ----------
    power : tuple of float
        Mean squared acceleration, in any unit, at 0, 1, 2 ... cycles a revolution; the first two do not count.
    per_revolution : float
        Steps a revolution.

    Returns
    -------
    GaussJackson
        Of ``FITTED_POINTS`` accelerations.
    """
    plain = gauss_jackson(FITTED_POINTS - 1)
    smooth = gauss_jackson(MOMENTS_ORDER)
    phases = [(2.0 * pi * k / per_revolution, w) for k, w in enumerate(power) if k >= 2 and w > 0.0]
    phases = [(theta, w) for theta, w in phases if theta < HIGHEST_PHASE]
    total = sum(w for _, w in phases)
    if not total > 0.0:
        return plain
    phases = [(theta, w / total) for theta, w in phases]
    predictor, corrector, velocity = (_fit(phases, smooth, kind, FITTED_DEGREES[kind], kind == 0) for kind in range(3))
    half = FITTED_POINTS // 2
    return plain._replace(
        predictor=predictor,
        corrector=corrector,
        velocity=velocity,
        between=_fit_between(phases, BETWEEN_DEGREE, 0),
        middle_position=_fit(phases, smooth, 1, MOMENTS_ORDER, -half),
        middle_velocity=_fit(phases, smooth, 2, MOMENTS_ORDER, -half),
        middle_between=_fit_between(phases, MOMENTS_ORDER, -half),
    )


def _fit(phases: list[tuple[float, float]], smooth: GaussJackson, kind: int, degree: int, first: int) -> Array:
    """Weights of the predictor (0), corrector (1) or velocity (2) on accelerations from ``first`` steps ago on."""
    ahead = 1 if kind == 0 else 0
    lag = LAG if kind == 0 else 1.0
    turns = (cmath.exp(-1j * theta * ahead) for theta, _ in phases)
    response = [r * turn for r, turn in zip(_response(phases, kind), turns, strict=True)]
    exact = (smooth.predictor, smooth.corrector, smooth.velocity)[kind]
    # What exact weights make of the polynomials; those of the order in use are large, and rounded accordingly.
    moments = [
        sum((Fraction(float(a)) * Fraction(j + ahead) ** d for j, a in enumerate(exact)), Fraction(0))
        for d in range(degree + 1)
    ]
    right = [*_right_side(phases, response, first, lag), *moments]
    return _solve(_normal_equations(phases, degree, first, lag), [right])[:FITTED_POINTS, 0]


def _fit_between(phases: list[tuple[float, float]], degree: int, first: int) -> Array:
    """Powers (K, P) of s in the weights of the accelerations, by their values at Chebyshev's nodes in [-1, 0]."""
    nodes = [-0.5 + 0.5 * cos(pi * (i + 0.5) / BETWEEN_POWERS) for i in range(BETWEEN_POWERS)]
    columns = []
    for s in nodes:
        response = [cmath.exp(1j * theta * s) for theta, _ in phases]
        moments = [Fraction(-s) ** d for d in range(degree + 1)]
        columns.append([*_right_side(phases, response, first, 1.0), *moments])
    values = _solve(_normal_equations(phases, degree, first, 1.0), columns)[:FITTED_POINTS]
    powers = _lagrange_through(nodes)
    # Sums in a fixed order, no BLAS.
    every = range(len(nodes))
    return np.array([[sum(row[i] * powers[i, p] for i in every) for p in every] for row in values])


def _lagrange_through(nodes: list[float]) -> Array:
    """Powers of the polynomials that are 1 at one node and 0 at the others, one a row."""
    rows = []
    for i, node in enumerate(nodes):
        powers = [Fraction(1)]
        for k, other in enumerate(nodes):
            if k != i:
                scale = 1 / (Fraction(node) - Fraction(other))
                shifted = [Fraction(0), *powers]
                powers = [
                    scale * (s - Fraction(other) * (powers[p] if p < len(powers) else 0)) for p, s in enumerate(shifted)
                ]
        rows.append([float(c) for c in powers])
    return np.array(rows)


def _response(phases: list[tuple[float, float]], kind: int) -> list[complex]:
    """Return what the weights ought to give for f_n = exp(i n theta): predictor (0), corrector (1) or velocity (2).

    The exact integrals -f / theta^2 and f / (i theta), one step ahead for the predictor, less the sums.
    """
    values = []
    for theta, _ in phases:
        ahead = cmath.exp(1j * theta)
        sum1 = 1.0 / (1.0 - 1.0 / ahead)
        exact = (-ahead / theta**2 - sum1**2, -1.0 / theta**2 - sum1**2 / ahead, 1.0 / (1j * theta) - sum1)
        values.append(exact[kind])
    return values


def _normal_equations(phases: list[tuple[float, float]], degree: int, first: int, lag: float) -> list[Polynomial]:
    """Least squares over the spectrum with Lagrange multipliers for the exactness on polynomials.

    Weight j acts on the force ``first + j`` steps before the place; errors out of phase with the force there count
    ``lag`` times.
    """
    rows = []
    for i in range(FITTED_POINTS):
        row = []
        for j in range(FITTED_POINTS):
            turns = ((theta * (first + i), theta * (first + j), w) for theta, w in phases)
            row.append(Fraction(sum(w * (cos(a) * cos(b) + lag**2 * sin(a) * sin(b)) for a, b, w in turns)))
        row[i] += Fraction(REGULARISATION)
        rows.append(row + [Fraction(first + i) ** d for d in range(degree + 1)])
    nothing = [Fraction(0)] * (degree + 1)
    rows.extend([Fraction(first + j) ** d for j in range(FITTED_POINTS)] + nothing for d in range(degree + 1))
    return rows


def _right_side(phases: list[tuple[float, float]], response: list[complex], first: int, lag: float) -> Polynomial:
    """Right-hand side of the least squares of :func:`_normal_equations`."""
    column = []
    for j in range(FITTED_POINTS):
        terms = (
            w * (r.real * cos(theta * (first + j)) - lag**2 * r.imag * sin(theta * (first + j)))
            for (theta, w), r in zip(phases, response, strict=True)
        )
        column.append(Fraction(sum(terms)))
    return column


def _solve(matrix: list[Polynomial], columns: list[Polynomial]) -> Array:
    """Solve badly conditioned linear equations in integers of ``PRECISION`` binary places, alike on every machine."""
    one = 1 << PRECISION
    wide = [[*row, *(column[i] for column in columns)] for i, row in enumerate(matrix)]
    rows = [[value.numerator * one // value.denominator for value in row] for row in wide]
    size = len(rows)
    for k in range(size):
        best = max(range(k, size), key=lambda i: abs(rows[i][k]))
        rows[k], rows[best] = rows[best], rows[k]
        pivot = rows[k][k]
        rows[k] = [value * one // pivot for value in rows[k]]
        for i in range(size):
            factor = rows[i][k]
            if i != k and factor:
                rows[i] = [value - (factor * own >> PRECISION) for value, own in zip(rows[i], rows[k], strict=True)]
    return np.array([[float(Fraction(value, one)) for value in row[size:]] for row in rows])
