"""Coefficients of Gauss-Jackson's method: second sums of the accelerations on a uniform grid (Jackson 1924).

With the backward difference operator, h D = -log(1 - nabla), a double integral of the acceleration f is::

    x_n = h^2 (nabla^-2 - nabla^-1 + 1/12 + ...) f_n        v_n = h (nabla^-1 - 1/2 - nabla/12 - ...) f_n

and the same times (1 - nabla)^-1 one step ahead (Berry and Healy 2004, Journal of the Astronautical Sciences 52:331).
The sums nabla^-1 f = F1 and nabla^-2 f = F2 carry the past; everything else is weights on the latest accelerations,
here as exact rational numbers rounded once. Order N uses N + 1 accelerations, differences up to nabla^N.

Weights by Taylor's series are best for forces that are smooth on the scale of the steps. The figure of the Moon is not:
its harmonics of order m act m times a revolution, and at 100 steps a revolution order 20 turns by 1.3 rad from step to
step, where the terms of the series no longer fall. But the spectrum of those forces is known beforehand. So
:func:`fitted` asks for less exactness at frequency zero, and spends the other weights on the least squared error over
that spectrum. With 13 weights, six degrees of polynomials, and harmonics to degree 20 at 90 steps a revolution the
error after a week is a fiftieth of that of order 10.
"""

from __future__ import annotations

import cmath
from fractions import Fraction
from functools import lru_cache
from math import comb, cos, pi
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Polynomial = list[Fraction]

FITTED_POINTS = 13
FITTED_DEGREE = 6
"""Weights of the fitted method, and degree up to which it integrates polynomials exactly."""
REGULARISATION = 1e-12
"""Weight of the squared size of the weights against the squared error."""
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
    start_position, start_velocity : numpy.ndarray (K, K)
        Double and single integrals from 0 to node i of the polynomial that is 1 at node k, for the nodes -K/2 to K/2.
    """

    predictor: Array
    corrector: Array
    velocity: Array
    basis: Array
    start_position: Array
    start_velocity: Array


def _product(a: Polynomial, b: Polynomial, terms: int) -> Polynomial:
    return [sum((a[i] * b[k - i] for i in range(k + 1)), Fraction(0)) for k in range(terms)]


def _reciprocal(a: Polynomial, terms: int) -> Polynomial:
    result = [1 / a[0]]
    for k in range(1, terms):
        result.append(-sum((a[i] * result[k - i] for i in range(1, k + 1)), Fraction(0)) / a[0])
    return result


def _on_ordinates(differences: Polynomial) -> list[float]:
    """Weights of f_(n-j) from those of nabla^k f_n."""
    count = len(differences)
    return [float((-1) ** j * sum(comb(k, j) * differences[k] for k in range(j, count))) for j in range(count)]


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


def _value(powers: Polynomial, x: int) -> float:
    return float(sum((c * x**p for p, c in enumerate(powers)), Fraction(0)))


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
    return GaussJackson(
        predictor=np.array(_on_ordinates(ahead[2:])),
        corrector=np.array(_on_ordinates(twice[2:])),
        velocity=np.array(_on_ordinates(once[1:-1])),
        basis=np.array([[float(c) for c in _lagrange(past, j)] for j in range(count)]),
        start_position=np.array([[_value(p, i) for p in places] for i in around]),
        start_velocity=np.array([[_value(s, i) for s in speeds] for i in around]),
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
    smooth = gauss_jackson(FITTED_DEGREE)
    phases = [(2.0 * pi * k / per_revolution, w) for k, w in enumerate(power) if k >= 2 and w > 0.0]
    phases = [(theta, w) for theta, w in phases if theta < HIGHEST_PHASE]
    total = sum(w for _, w in phases)
    if not total > 0.0:
        return plain
    phases = [(theta, w / total) for theta, w in phases]
    exact = (smooth.predictor, smooth.corrector, smooth.velocity)
    columns = [_right_side(phases, _response(phases, kind), exact[kind]) for kind in range(3)]
    solved = _solve(_normal_equations(phases), columns)
    weights = [np.array([float(row[kind]) for row in solved[:FITTED_POINTS]]) for kind in range(3)]
    return plain._replace(predictor=weights[0], corrector=weights[1], velocity=weights[2])


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


def _normal_equations(phases: list[tuple[float, float]]) -> list[Polynomial]:
    """Least squares over the spectrum with Lagrange multipliers for the exactness on polynomials."""
    overlap = [sum(w * cos(theta * k) for theta, w in phases) for k in range(FITTED_POINTS)]
    rows = []
    for i in range(FITTED_POINTS):
        row = [Fraction(overlap[abs(i - j)]) for j in range(FITTED_POINTS)]
        row[i] += Fraction(REGULARISATION)
        rows.append(row + [Fraction(i) ** d for d in range(FITTED_DEGREE + 1)])
    nothing = [Fraction(0)] * (FITTED_DEGREE + 1)
    rows.extend([Fraction(j) ** d for j in range(FITTED_POINTS)] + nothing for d in range(FITTED_DEGREE + 1))
    return rows


def _right_side(phases: list[tuple[float, float]], response: list[complex], exact: Array) -> Polynomial:
    """Right-hand side of :func:`_normal_equations`; ``exact`` are weights that are exact for the polynomials."""
    column = []
    for j in range(FITTED_POINTS):
        terms = (w * (r * cmath.exp(1j * theta * j)).real for (theta, w), r in zip(phases, response, strict=True))
        column.append(Fraction(sum(terms)))
    column.extend(
        sum((Fraction(float(a)) * Fraction(j) ** d for j, a in enumerate(exact)), Fraction(0))
        for d in range(FITTED_DEGREE + 1)
    )
    return column


def _solve(matrix: list[Polynomial], columns: list[Polynomial]) -> list[Polynomial]:
    """Solve linear equations exactly (they are badly conditioned), and alike on every machine."""
    rows = [[*row, *(column[i] for column in columns)] for i, row in enumerate(matrix)]
    size = len(rows)
    for k in range(size):
        best = max(range(k, size), key=lambda i: abs(rows[i][k]))
        rows[k], rows[best] = rows[best], rows[k]
        pivot = 1 / rows[k][k]
        rows[k] = [value * pivot for value in rows[k]]
        for i in range(size):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [value - factor * own for value, own in zip(rows[i], rows[k], strict=True)]
    return [row[size:] for row in rows]
