"""Accelerations on the trajectory path, from flat parameters.

The frame moves with a centre body and does not rotate. The acceleration is the centre's attraction, plus for every
other body the direct attraction minus the one on the centre, plus Earth's zonal harmonics about its pole.

Direct and indirect terms are plainly subtracted. The rounding error of that difference is 1e-16 of one term, at most
1e-21 km/s2 (Sun and Moon seen from Earth, Earth seen from the Moon), which moves a spacecraft by less than 1e-10 km in
five days: Battin's f(q) form would gain nothing on such arcs. All indirect terms depend on time only, and are summed
once per time node of a step.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.chebyshev import body_position, piece_argument, polynomials
from sim.core.compile import kernel

Array = npt.NDArray[np.float64]

CENTER: Final = -1
"""Index that means the centre body where a body index is asked for."""


class Forces(NamedTuple):
    """Flat force model: what compiled code knows about the world.

    Attributes
    ----------
    gm_center : float
        km3/s2.
    gm : numpy.ndarray (B,)
        Of the other bodies, in the order of the table.
    table : numpy.ndarray (P, C, 3 * B)
        Packed Chebyshev positions relative to the centre, km.
    start, piece : float
        Start of the table (TDB s past J2000) and length of a piece (s).
    zonal : numpy.ndarray (5,)
        GM of Earth, reference radius, J2, J3, J4 (unused degrees are zero).
    zonal_degree : int
        0 (no zonals), 2, 3 or 4.
    zonal_body : int
        Index of Earth in the table, or ``CENTER``.
    pole : numpy.ndarray (P + 1, 3)
        Earth's pole at the piece boundaries; linear in between.
    """

    gm_center: float
    gm: Array
    table: Array
    start: float
    piece: float
    zonal: Array
    zonal_degree: int
    zonal_body: int
    pole: Array


@kernel
def zonal_acceleration(
    x: float, y: float, z: float, px: float, py: float, pz: float, zonal: Array, degree: int
) -> tuple[float, float, float]:
    """Zonal harmonics 2..degree of a body at the origin.

    For each degree n: mu J_n R^n / r^(n+2) (P'_(n+1)(u) r_hat - P'_n(u) p_hat) with u = r_hat . p_hat (gradient of
    Vallado, Fundamentals of Astrodynamics, 4th ed., eq. 8-19 for m = 0, with the Legendre recurrences applied).

    Parameters
    ----------
    x, y, z : float
        Position relative to the body.
    px, py, pz : float
        Unit vector of its pole.
    zonal : numpy.ndarray (5,)
        GM, R, J2, J3, J4.
    degree : int
        2, 3 or 4.

    Returns
    -------
    tuple of float
        Acceleration.
    """
    inverse2 = 1.0 / (x * x + y * y + z * z)
    inverse = math.sqrt(inverse2)
    u = (x * px + y * py + z * pz) * inverse
    u2 = u * u
    ratio = zonal[1] * inverse
    scale = zonal[2] * ratio * ratio
    radial = scale * (7.5 * u2 - 1.5)
    polar = scale * 3.0 * u
    if degree > 2:
        ratio3 = ratio * ratio * ratio
        scale = zonal[3] * ratio3
        radial += scale * (17.5 * u2 - 7.5) * u
        polar += scale * (7.5 * u2 - 1.5)
        scale = zonal[4] * ratio3 * ratio
        radial += scale * ((39.375 * u2 - 26.25) * u2 + 1.875)
        polar += scale * (17.5 * u2 - 7.5) * u
    factor = zonal[0] * inverse2
    radial *= factor * inverse
    polar *= factor
    return radial * x - polar * px, radial * y - polar * py, radial * z - polar * pz


@kernel
def node_width(forces: Forces) -> int:
    """Length of one time node's record: body positions, indirect acceleration, pole."""
    return 3 * forces.gm.shape[0] + 6


@kernel
def fill_node(forces: Forces, index: int, offset: float, basis: Array, node: Array) -> None:
    """Evaluate all that depends on time only.

    Parameters
    ----------
    forces : Forces
        Model.
    index, offset : int, float
        Piece and offset from its beginning (see :mod:`sim.core.chebyshev`).
    basis : numpy.ndarray (C,)
        Scratch.
    node : numpy.ndarray (3 B + 6,)
        Result: positions of the bodies, sum of the indirect accelerations, pole.
    """
    k, x = piece_argument(index, offset, forces.piece, forces.table.shape[0])
    polynomials(x, basis)
    coefficients = forces.table[k]
    n_bodies = forces.gm.shape[0]
    ix = 0.0
    iy = 0.0
    iz = 0.0
    for b in range(n_bodies):
        bx, by, bz = body_position(coefficients, b, basis)
        distance2 = bx * bx + by * by + bz * bz
        factor = forces.gm[b] / (distance2 * math.sqrt(distance2))
        ix -= factor * bx
        iy -= factor * by
        iz -= factor * bz
        node[3 * b] = bx
        node[3 * b + 1] = by
        node[3 * b + 2] = bz
    last = 3 * n_bodies
    if forces.zonal_degree > 0:
        upper = 0.5 * (1.0 + x)
        lower = 1.0 - upper
        px = lower * forces.pole[k, 0] + upper * forces.pole[k + 1, 0]
        py = lower * forces.pole[k, 1] + upper * forces.pole[k + 1, 1]
        pz = lower * forces.pole[k, 2] + upper * forces.pole[k + 1, 2]
        node[last + 3] = px
        node[last + 4] = py
        node[last + 5] = pz
        if forces.zonal_body >= 0:
            e = 3 * forces.zonal_body
            zx, zy, zz = zonal_acceleration(
                -node[e], -node[e + 1], -node[e + 2], px, py, pz, forces.zonal, forces.zonal_degree
            )
            ix -= zx
            iy -= zy
            iz -= zz
    node[last] = ix
    node[last + 1] = iy
    node[last + 2] = iz


@kernel
def acceleration(x: float, y: float, z: float, forces: Forces, node: Array) -> tuple[float, float, float]:
    """Acceleration relative to the centre.

    Parameters
    ----------
    x, y, z : float
        Position relative to the centre.
    forces : Forces
        Model.
    node : numpy.ndarray (3 B + 6,)
        From :func:`fill_node` at the same time.

    Returns
    -------
    tuple of float
        Acceleration.
    """
    distance2 = x * x + y * y + z * z
    factor = -forces.gm_center / (distance2 * math.sqrt(distance2))
    n_bodies = forces.gm.shape[0]
    last = 3 * n_bodies
    ax = factor * x + node[last]
    ay = factor * y + node[last + 1]
    az = factor * z + node[last + 2]
    for b in range(n_bodies):
        dx = node[3 * b] - x
        dy = node[3 * b + 1] - y
        dz = node[3 * b + 2] - z
        distance2 = dx * dx + dy * dy + dz * dz
        factor = forces.gm[b] / (distance2 * math.sqrt(distance2))
        ax += factor * dx
        ay += factor * dy
        az += factor * dz
    if forces.zonal_degree > 0:
        if forces.zonal_body >= 0:
            e = 3 * forces.zonal_body
            x -= node[e]
            y -= node[e + 1]
            z -= node[e + 2]
        zx, zy, zz = zonal_acceleration(
            x, y, z, node[last + 3], node[last + 4], node[last + 5], forces.zonal, forces.zonal_degree
        )
        ax += zx
        ay += zy
        az += zz
    return ax, ay, az
