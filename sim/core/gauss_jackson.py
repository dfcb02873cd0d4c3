"""Coefficients of Gauss-Jackson's method: second sums of the accelerations on a uniform grid (Jackson 1924).

With the backward difference operator, h D = -log(1 - nabla), a double integral of the acceleration f is::

    x_n = h^2 (nabla^-2 - nabla^-1 + 1/12 + ...) f_n        v_n = h (nabla^-1 - 1/2 - nabla/12 - ...) f_n

and the same times (1 - nabla)^-1 one step ahead (Berry and Healy 2004, Journal of the Astronautical Sciences 52:331).
The sums nabla^-1 f = F1 and nabla^-2 f = F2 carry the past; everything else is weights on the latest accelerations,
here as exact rational numbers rounded once. Order N uses N + 1 accelerations, differences up to nabla^N.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import comb
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Polynomial = list[Fraction]


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
