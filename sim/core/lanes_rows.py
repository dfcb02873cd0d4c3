"""Rows of the lanes' work array, and the sums and series that several parts of a step share.

Every quantity is a row of eight numbers in one array ``w``; column ``lane`` never enters another column.
"""

from __future__ import annotations

import math
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev

from sim.core.compile import lean_kernel
from sim.core.rkn1210_tableau import STAGES
from sim.core.simd import fma, load, store

Array = npt.NDArray[np.float64]
Vector: TypeAlias = Any
"""Eight doubles: a type of compiled code (:mod:`sim.core.simd`), an array of eight without compilation."""
Vectors: TypeAlias = Any
"""Tuple of vectors."""
Mask: TypeAlias = Any
"""Eight truth values."""

# Rows of the lanes' state: position and velocity relative to the model's centre, then the bookkeeping.
POSITION: Final = 0
VELOCITY: Final = 3
TAU: Final = 6
"""Seconds since the row's beginning."""
BASE: Final = 7
"""Offset of the row's beginning in the stride of the table in which it lies."""
SPAN: Final = 8
CONTROL: Final = 9
"""Factor that steers the step lengths."""
COMPANION: Final = 10
"""1 where the conic is about the companion, 0 where it is about the centre."""
PIECE: Final = 11
"""Piece of the table in use, counted from the one in which the row begins."""
LOWEST: Final = 12
HIGHEST: Final = 13
"""Pieces that exist, counted likewise."""
STEPS: Final = 14
ORIGIN: Final = 15
"""Piece in which the row begins."""
# Rows of a step.
ANOMALY: Final = 16
"""Length of the step in s."""
DURATION: Final = 17
"""Length of the step in seconds."""
R0: Final = 19
V0: Final = 22
RADIUS: Final = 25
ETA: Final = 26
BETA: Final = 27
MU: Final = 28
GAMMA: Final = 29
MOMENTUM2: Final = 30
ARGUMENT: Final = 31
SLOPE: Final = 33
APART: Final = 32
"""Least distance to centre and companion at the beginning."""
END: Final = 34
"""Position and velocity at the end of the step."""
K: Final = 40
"""Accelerations of the deviation at the stages."""
NODE: Final = K + 3 * STAGES
NODES: Final = STAGES - 1
"""Distinct times of a step: the last two stages share theirs."""
NODE_ROWS: Final = 15
"""Conic position 3, frame's acceleration with the conic's attraction 3, three factors, conic's centre 3, other main
body relative to it 3."""
SERIES: Final = NODE + NODES * NODE_ROWS
"""Power series of the piece in use; after it, the positions of the other bodies and of the pole at the nodes."""

LARGEST_Z: Final = 1.0
"""Bound of |beta s^2| in a step: the series of the universal functions are cut accordingly."""


def economized(first: int, terms: int) -> Array:
    """Coefficients of the series of sum (-z)^k / (2 k + first)!, shortened on |z| <= 1 by Chebyshev's way."""
    series = [(-1.0) ** k / math.factorial(2 * k + first) for k in range(terms + 6)]
    return np.asarray(chebyshev.cheb2poly(chebyshev.poly2cheb(series)[:terms]), dtype=np.float64)


C2: Final = economized(2, 8)
C3: Final = economized(3, 7)
"""Good to 1e-18 and 5e-17."""


@lean_kernel
def series3(w: Array, first: int, terms: int, x: Vector) -> Vectors:
    """Sum a power series of vectors at ``x``."""
    row = first + 3 * (terms - 1)
    a = load(w, row)
    b = load(w, row + 1)
    c = load(w, row + 2)
    for j in range(terms - 2, -1, -1):
        row = first + 3 * j
        a = fma(a, x, load(w, row))
        b = fma(b, x, load(w, row + 1))
        c = fma(c, x, load(w, row + 2))
    return a, b, c


@lean_kernel
def series3_rate(w: Array, first: int, terms: int, x: Vector) -> Vectors:
    """Sum the derivative of a power series of vectors at ``x``."""
    row = first + 3 * (terms - 1)
    a = load(w, row) * (terms - 1.0)
    b = load(w, row + 1) * (terms - 1.0)
    c = load(w, row + 2) * (terms - 1.0)
    for j in range(terms - 2, 0, -1):
        row = first + 3 * j
        a = fma(a, x, load(w, row) * float(j))
        b = fma(b, x, load(w, row + 1) * float(j))
        c = fma(c, x, load(w, row + 2) * float(j))
    return a, b, c


@lean_kernel
def series3_curve(w: Array, first: int, terms: int, x: Vector) -> Vectors:
    """Sum the second derivative of a power series of vectors at ``x``."""
    row = first + 3 * (terms - 1)
    factor = (terms - 1.0) * (terms - 2.0)
    a = load(w, row) * factor
    b = load(w, row + 1) * factor
    c = load(w, row + 2) * factor
    for j in range(terms - 2, 1, -1):
        row = first + 3 * j
        factor = j * (j - 1.0)
        a = fma(a, x, load(w, row) * factor)
        b = fma(b, x, load(w, row + 1) * factor)
        c = fma(c, x, load(w, row + 2) * factor)
    return a, b, c


@lean_kernel
def series3_pair(w: Array, first: int, terms: int, x: Vector, y: Vector) -> Vectors:
    """Sum a power series of vectors at two places, for one reading of the coefficients."""
    row = first + 3 * (terms - 1)
    a = load(w, row)
    b = load(w, row + 1)
    c = load(w, row + 2)
    d = a
    e = b
    f = c
    for j in range(terms - 2, -1, -1):
        row = first + 3 * j
        term = load(w, row)
        a = fma(a, x, term)
        d = fma(d, y, term)
        term = load(w, row + 1)
        b = fma(b, x, term)
        e = fma(e, y, term)
        term = load(w, row + 2)
        c = fma(c, x, term)
        f = fma(f, y, term)
    return a, b, c, d, e, f


@lean_kernel
def universal(s: Vector, beta: Vector) -> Vectors:
    """Universal functions U1, U2, U3 of the conic with ``beta = 2 mu / r - v^2`` at the anomaly ``s``."""
    u1, u2, u3, _, _ = universal5(s, beta)
    return u1, u2, u3


@lean_kernel
def universal5(s: Vector, beta: Vector) -> Vectors:
    """Universal functions U1 to U5; the last two come with the series of U2 and U3, good to 1e-15 and 1e-14."""
    s2 = s * s
    z = beta * s2
    c4 = fma(z, C2[7], C2[6])
    for k in range(5, 0, -1):
        c4 = fma(z, c4, C2[k])
    c5 = fma(z, C3[6], C3[5])
    for k in range(4, 0, -1):
        c5 = fma(z, c5, C3[k])
    s3 = s2 * s
    u2 = s2 * fma(z, c4, C2[0])
    u3 = s3 * fma(z, c5, C3[0])
    return fma(-beta, u3, s), u2, u3, -(s2 * s2 * c4), -(s2 * s3 * c5)


@lean_kernel
def store3(w: Array, row: int, x: Vector, y: Vector, z: Vector) -> None:
    """Store a vector of three rows."""
    store(w, row, x)
    store(w, row + 1, y)
    store(w, row + 2, z)
