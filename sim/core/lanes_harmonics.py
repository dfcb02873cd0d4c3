"""Spherical harmonics of eight or sixteen positions at once (``WIDE``), order by order.

The basis is that of :mod:`sim.core.harmonics`, V_nm + i W_nm = A_nm (z, r) (x + i y)^m, and an acceleration is a sum of
harmonics one degree higher, whose coefficients are made once. Taken column by column (fixed order m), the power of
x + i y comes out of the sum, and a column needs one recurrence instead of two::

    a = sum over m of Re (x + i y)^m (sum over n of C_nm A_nm) + Im (x + i y)^m (sum over n of S_nm A_nm)

The A_nm are scaled so that the factor of z in their recurrence is one: A_nm = z A_(n-1)m - c_nm A_(n-2)m begins with 1,
and the scale goes into the coefficients. A term of the field then costs nine multiplications or additions, six of them
for the three components of the acceleration. The scale grows like 2^n: degrees up to ``HIGHEST_DEGREE`` fit.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.harmonics import Harmonics
from sim.core.lanes_rows import Vector, Vectors
from sim.core.simd import broadcast_wide as broadcast
from sim.core.simd import fma, inverse_root
from sim.core.simd import splat_wide as splat

Array = npt.NDArray[np.float64]

TERM: Final = 7
"""Numbers of one term: factor of the recurrence, then cosine and sine coefficient of each component."""
HIGHEST_DEGREE: Final = 400


class LaneField(NamedTuple):
    """Gravity field of a body, without its point mass.

    Attributes
    ----------
    degree : int
        Highest degree of the field; 0 for none.
    radius : float
        Of the coefficients.
    sectoral : numpy.ndarray (degree + 2,)
        Factors of the recurrence along n = m.
    terms : numpy.ndarray (T, 7)
        Orders 0 to degree + 1, in each the degrees up to degree + 1; flat.
    """

    degree: int
    radius: float
    sectoral: Array
    terms: Array


def lane_field(field: Harmonics) -> LaneField:
    """Order a field by columns.

    Parameters
    ----------
    field : Harmonics
        Field (:func:`sim.core.harmonics.harmonics`); degree 0 for none.

    Returns
    -------
    LaneField

    Raises
    ------
    ValueError
        Degree past ``HIGHEST_DEGREE``.
    """
    if field.degree > HIGHEST_DEGREE:
        raise ValueError(f"degree {field.degree} does not fit the scale of the lanes; at most {HIGHEST_DEGREE}")
    if field.degree == 0:
        return LaneField(0, 1.0, np.ones(1), np.zeros(TERM))
    top = field.degree + 1
    unit = field.gm / (field.radius * field.radius)
    terms = []
    for m in range(top + 1):
        scale = before = 1.0
        for n in range(m, top + 1):
            k = n * (n + 1) // 2 + m
            factor = 0.0
            if n > m:
                vertical = float(field.vertical[k])
                factor = float(field.older[k]) / (vertical * before)
                scale *= vertical
                before = vertical
            terms.append([factor, *(unit * scale * field.first[:, :, k]).ravel()])
    return LaneField(field.degree, field.radius, field.sectoral[: top + 1].copy(), np.array(terms).ravel())


@lean_kernel
def lane_attraction(field: LaneField, x: Vector, y: Vector, z: Vector) -> Vectors:
    """Acceleration by a field without its point mass, in body-fixed axes.

    Parameters
    ----------
    field : LaneField
        Field of degree 2 or more.
    x, y, z : vector
        Body-fixed positions.

    Returns
    -------
    tuple of vector
        Components.
    """
    inverse = inverse_root(fma(x, x, fma(y, y, z * z)))
    scale = field.radius * inverse * inverse
    xs = x * scale
    ys = y * scale
    zs = z * scale
    rs = field.radius * scale
    re = field.radius * inverse
    im = broadcast(0.0)
    ax = broadcast(0.0)
    ay = broadcast(0.0)
    az = broadcast(0.0)
    k = 0
    top = field.degree + 1
    for m in range(top + 1):
        if m > 0:
            sectoral = splat(field.sectoral, m)
            turned = sectoral * fma(xs, re, -ys * im)
            im = sectoral * fma(xs, im, ys * re)
            re = turned
        cx = splat(field.terms, k + 1)
        sx = splat(field.terms, k + 2)
        cy = splat(field.terms, k + 3)
        sy = splat(field.terms, k + 4)
        cz = splat(field.terms, k + 5)
        sz = splat(field.terms, k + 6)
        k += TERM
        before = broadcast(0.0)
        now = broadcast(1.0)
        for _ in range(top - m):
            following = fma(zs, now, -(splat(field.terms, k) * rs) * before)
            before = now
            now = following
            cx = fma(splat(field.terms, k + 1), now, cx)
            sx = fma(splat(field.terms, k + 2), now, sx)
            cy = fma(splat(field.terms, k + 3), now, cy)
            sy = fma(splat(field.terms, k + 4), now, sy)
            cz = fma(splat(field.terms, k + 5), now, cz)
            sz = fma(splat(field.terms, k + 6), now, sz)
            k += TERM
        ax = fma(re, cx, fma(im, sx, ax))
        ay = fma(re, cy, fma(im, sy, ay))
        az = fma(re, cz, fma(im, sz, az))
    return ax, ay, az
