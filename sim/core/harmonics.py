"""Spherical harmonics of any degree, with first and second derivatives, without singularity at the poles.

Basis: fully normalised Cunningham functions V_nm + i W_nm (Cunningham 1970, Celestial Mechanics 2:207; recurrences as
in Montenbruck and Gill, Satellite Orbits, eqs. 3.29-3.31, here normalised), so that the potential of a body of unit
GM and radius is ``sum C_nm V_nm + S_nm W_nm``. A derivative of that sum is again such a sum, one degree higher: the
coefficients of the derivatives are made once (:func:`differentiated`), and one pass over the basis gives all of them.

All factors are square roots of quotients of small integers. No factorial, no power of a cosine and no associated
Legendre function appears, so that nothing underflows before degree 1,400 (``tests/unit/test_core_harmonics.py`` holds
the factors against exact arithmetic to degree 1,200, and the basis against multiple precision).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel

Array = npt.NDArray[np.float64]

NEGLIGIBLE: Final = 1e-19
"""Terms below this part of the point mass's attraction are left out: a thousandth of the last bit of the sum."""
LARGEST_COEFFICIENT: Final = 1e-3
"""Bound of the normalised coefficients from degree 2 on, for the choice of the degree that still matters."""


class Harmonics(NamedTuple):
    """Gravity field of one body, without its point mass, ready for evaluation in its body-fixed axes.

    Attributes
    ----------
    gm, radius : float
        Scale of the coefficients.
    degree : int
        Highest degree; 0 for no field at all.
    first : numpy.ndarray (3, 2, T)
        Coefficients of the derivatives by x, y, z (times the radius), to degree + 1, row by row: index
        n (n + 1) / 2 + m.
    second : numpy.ndarray (6, 2, T2)
        The same of the second derivatives xx, xy, xz, yy, yz, zz, to degree + 2.
    vertical, older : numpy.ndarray (T2,)
        Factors of the recurrence in n.
    sectoral : numpy.ndarray (degree + 3,)
        Factors of the recurrence along n = m.
    """

    gm: float
    radius: float
    degree: int
    first: Array
    second: Array
    vertical: Array
    older: Array
    sectoral: Array


def packed_size(degree: int) -> int:
    """Count the pairs (n, m) up to a degree."""
    return (degree + 1) * (degree + 2) // 2


def orders_and_degrees(degree: int) -> tuple[Array, Array]:
    """Degree n and order m of every packed index, as floats."""
    n = np.repeat(np.arange(degree + 1), np.arange(1, degree + 2))
    m = np.arange(n.size) - n * (n + 1) // 2
    return n.astype(np.float64), m.astype(np.float64)


def recurrence_factors(degree: int) -> tuple[Array, Array, Array]:
    """Return the factors of the normalised recurrences.

    V_nm = vertical z R / r^2 V_(n-1)m - older R^2 / r^2 V_(n-2)m for n > m, and
    V_mm + i W_mm = sectoral_m (x + i y) R / r^2 (V + i W)_(m-1)(m-1).

    Parameters
    ----------
    degree : int
        Highest degree of the basis.

    Returns
    -------
    vertical, older : numpy.ndarray (T,)
        Packed; zero where the recurrence does not apply.
    sectoral : numpy.ndarray (degree + 1,)
    """
    n, m = orders_and_degrees(degree)
    inner = n > m
    down = np.where(inner, (n - m) * (n + m), 1.0)
    vertical = np.sqrt(np.where(inner, (2.0 * n + 1.0) * (2.0 * n - 1.0), 0.0) / down)
    far = n > m + 1.0
    lower = np.where(far, (2.0 * n - 3.0) * down, 1.0)
    older = np.sqrt(np.where(far, (2.0 * n + 1.0) * (n + m - 1.0) * (n - m - 1.0), 0.0) / lower)
    k = np.arange(degree + 1, dtype=np.float64)
    sectoral = np.sqrt((2.0 * k + 1.0) / np.maximum(2.0 * k, 1.0))
    if degree >= 1:
        sectoral[1] = math.sqrt(3.0)
    return vertical, older, sectoral


def normalisation_factor(n: int, m: int) -> tuple[float, int]:
    """Factor N of C_nm(unnormalised) = N C_nm(normalised), as a mantissa and a power of two.

    N^2 = (2 - delta_0m) (2 n + 1) (n - m)! / (n + m)!. It falls below the smallest double at degree 151, its square
    already at 86; kept in two parts it serves at every degree.

    Parameters
    ----------
    n, m : int
        Degree and order.

    Returns
    -------
    mantissa : float
        In [0.5, 1).
    exponent : int
        N = mantissa 2^exponent.
    """
    mantissa, exponent = math.frexp(math.sqrt((1.0 if m == 0 else 2.0) * (2.0 * n + 1.0)))
    for k in range(n - m + 1, n + m + 1):
        mantissa, more = math.frexp(mantissa / math.sqrt(k))
        exponent += more
    return mantissa, exponent


def differentiated(cosine: Array, sine: Array, axis: int) -> tuple[Array, Array]:
    """Coefficients of the derivative of a field along one axis, times the reference radius.

    Parameters
    ----------
    cosine, sine : numpy.ndarray (T,)
        Packed normalised coefficients to some degree.
    axis : int
        0, 1, 2 for x, y, z.

    Returns
    -------
    tuple of numpy.ndarray
        Packed coefficients one degree higher.

    Notes
    -----
    Montenbruck and Gill, eq. 3.33, with the quotients of the normalisation factors of neighbouring terms.
    """
    degree = (math.isqrt(8 * cosine.size + 1) - 3) // 2
    n, m = orders_and_degrees(degree)
    above = ((n + 1.0) * (n + 2.0) / 2.0 + m).astype(np.int64)  # (n + 1, m)
    shrink = (2.0 * n + 1.0) / (2.0 * n + 3.0)
    out_c, out_s = np.zeros(packed_size(degree + 1)), np.zeros(packed_size(degree + 1))
    if axis == 2:
        factor = -np.sqrt(shrink * (n + m + 1.0) * (n - m + 1.0))
        out_c[above] = factor * cosine
        out_s[above] = factor * sine
        return out_c, out_s
    zonal = m == 0.0
    up = 0.5 * np.sqrt(np.where(zonal, 2.0, 1.0) * shrink * (n + m + 1.0) * (n + m + 2.0))
    down = np.where(zonal, 0.0, 0.5 * np.sqrt(np.where(m == 1.0, 2.0, 1.0) * shrink * (n - m + 1.0) * (n - m + 2.0)))
    left = np.where(zonal, above, above - 1)  # zonal terms have no (n + 1, -1); their factor is zero
    c, s = cosine, np.where(zonal, 0.0, sine)
    if axis == 0:
        np.add.at(out_c, above + 1, -up * c)
        np.add.at(out_s, above + 1, -up * s)
        np.add.at(out_c, left, down * c)
        np.add.at(out_s, left, down * s)
    else:
        np.add.at(out_s, above + 1, -up * c)
        np.add.at(out_c, above + 1, up * s)
        np.add.at(out_s, left, -down * c)
        np.add.at(out_c, left, down * s)
    out_s[(np.arange(degree + 2) * (np.arange(degree + 2) + 1)) // 2] = 0.0
    return out_c, out_s


def harmonics(gm: float, radius: float, cosine: Array, sine: Array) -> Harmonics:
    """Prepare a gravity field for evaluation.

    Parameters
    ----------
    gm, radius : float
        Scale of the coefficients.
    cosine, sine : numpy.ndarray (N + 1, N + 1)
        Normalised coefficients [n, m]; the term (0, 0) is left out, as the point mass is added elsewhere.

    Returns
    -------
    Harmonics
    """
    degree = len(cosine) - 1
    rows, columns = np.tril_indices(degree + 1)
    c, s = cosine[rows, columns].copy(), sine[rows, columns].copy()
    c[0] = 0.0
    slopes = [differentiated(c, s, axis) for axis in range(3)]
    curvatures = [differentiated(*slopes[i], j) for i in range(3) for j in range(i, 3)]
    vertical, older, sectoral = recurrence_factors(degree + 2)
    return Harmonics(gm, radius, degree, np.array(slopes), np.array(curvatures), vertical, older, sectoral)


def no_harmonics() -> Harmonics:
    """Field of a point mass."""
    return harmonics(0.0, 1.0, np.zeros((1, 1)), np.zeros((1, 1)))._replace(degree=0)


@lean_kernel
def degree_that_matters(radius: float, r: float, degree: int) -> int:
    """Highest degree whose terms still change the sum at a distance; all of them near the reference sphere."""
    ratio = radius / r
    if ratio > 0.97:
        return degree
    n = 2
    bound = LARGEST_COEFFICIENT * ratio * ratio
    while n < degree and (n + 1.0) * math.sqrt(2.0 * n + 1.0) * bound > NEGLIGIBLE:
        n += 1
        bound *= ratio
    return n


@lean_kernel
def add_up(
    x: float, y: float, z: float, field: Harmonics, series: Array, top: int, work: Array, sums: Array
) -> None:
    """Evaluate several sets of coefficients at one place.

    Parameters
    ----------
    x, y, z : float
        Body-fixed position, anywhere outside the centre.
    field : Harmonics
        For its radius and recurrence factors.
    series : numpy.ndarray (F, 2, T)
        Sets of coefficients; F is a multiple of 3.
    top : int
        Highest degree of the sets to use.
    work : numpy.ndarray (3, 2, >= top + 2)
        Scratch.
    sums : numpy.ndarray (F,)
        Result.
    """
    scale = field.radius / (x * x + y * y + z * z)
    xs = x * scale
    ys = y * scale
    zs = z * scale
    rs = field.radius * scale
    for f in range(sums.shape[0]):
        sums[f] = 0.0
    # Beside the diagonal of a row the recurrence reads one place too far, times zero: that place must be finite.
    work[:, :, 0 : top + 2] = 0.0
    work[0, 0, 0] = math.sqrt(rs)
    k = 1
    for n in range(1, top + 1):
        now = n % 3
        last = (n + 2) % 3
        oldest = (n + 1) % 3
        for m in range(n):
            vertical = field.vertical[k + m] * zs
            older = field.older[k + m] * rs
            work[now, 0, m] = vertical * work[last, 0, m] - older * work[oldest, 0, m]
            work[now, 1, m] = vertical * work[last, 1, m] - older * work[oldest, 1, m]
        factor = field.sectoral[n]
        v = work[last, 0, n - 1]
        w = work[last, 1, n - 1]
        work[now, 0, n] = factor * (xs * v - ys * w)
        work[now, 1, n] = factor * (xs * w + ys * v)
        for f in range(0, sums.shape[0], 3):
            add_row(series[f : f + 3], work[now], k, n, sums[f : f + 3])
        k += n + 1


@lean_kernel
def add_row(series: Array, row: Array, k: int, n: int, sums: Array) -> None:
    """Add the terms of one degree to three sums; even and odd parts apart, for shorter chains of additions."""
    a = 0.0
    b = 0.0
    c = 0.0
    d = 0.0
    e = 0.0
    f = 0.0
    for m in range(n + 1):
        v = row[0, m]
        w = row[1, m]
        a += series[0, 0, k + m] * v
        b += series[1, 0, k + m] * v
        c += series[2, 0, k + m] * v
        d += series[0, 1, k + m] * w
        e += series[1, 1, k + m] * w
        f += series[2, 1, k + m] * w
    sums[0] += a + d
    sums[1] += b + e
    sums[2] += c + f


@lean_kernel
def attraction(x: float, y: float, z: float, field: Harmonics, work: Array, out: Array) -> None:
    """Acceleration by a field without its point mass, in body-fixed axes.

    Parameters
    ----------
    x, y, z : float
        Body-fixed position.
    field : Harmonics
        Field of degree 2 or more.
    work : numpy.ndarray (3, 2, >= degree + 4)
        Scratch.
    out : numpy.ndarray (3,)
        Result.
    """
    used = degree_that_matters(field.radius, math.sqrt(x * x + y * y + z * z), field.degree)
    add_up(x, y, z, field, field.first, used + 1, work, out)
    scale = field.gm / (field.radius * field.radius)
    for i in range(3):
        out[i] *= scale


@lean_kernel
def gradient(x: float, y: float, z: float, field: Harmonics, work: Array, out: Array) -> None:
    """Partial derivatives of :func:`attraction` by position.

    Parameters
    ----------
    x, y, z, field, work
        See :func:`attraction`.
    out : numpy.ndarray (6,)
        xx, xy, xz, yy, yz, zz.
    """
    used = degree_that_matters(field.radius, math.sqrt(x * x + y * y + z * z), field.degree)
    add_up(x, y, z, field, field.second, used + 2, work, out)
    scale = field.gm / (field.radius * field.radius * field.radius)
    for i in range(6):
        out[i] *= scale
