"""Accelerations on the trajectory path, from flat parameters.

The frame moves with a centre body and does not rotate. The acceleration is the centre's attraction, plus for every
other body the direct attraction minus the one on the centre, plus Earth's zonal harmonics about its pole.

Direct and indirect terms are plainly subtracted. The rounding error of that difference is 1e-16 of one term, at most
1e-21 km/s2 (Sun and Moon seen from Earth, Earth seen from the Moon), which moves a spacecraft by less than 1e-10 km
in five days: Battin's f(q) form would gain nothing on such arcs. All indirect terms depend on time only; they are
summed once per time node of a step (:mod:`sim.core.nodes`).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel

Array = npt.NDArray[np.float64]

CENTER: Final = -1
"""Index that means the centre body where a body index is asked for."""
MIN_BODIES: Final = 2
"""Least number of bodies besides the centre; :func:`padded_bodies` adds massless ones."""
FAR_AWAY: Final = 1e12
"""Place of the massless bodies, km."""


class Forces(NamedTuple):
    """Flat force model: what compiled code knows about the world.

    Attributes
    ----------
    gm_center : float
        km3/s2.
    gm : numpy.ndarray (B,)
        Of the other bodies, in the order of the table; B >= ``MIN_BODIES``.
    table : numpy.ndarray (P, 3 * B, 9)
        Power series of the positions relative to the centre, km (:func:`sim.core.nodes.power_table`).
    start, piece : float
        Start of the table (TDB s past J2000) and length of a piece (s).
    zonal : numpy.ndarray (5,)
        GM of Earth, reference radius, J2, J3, J4 (unused degrees are zero).
    zonal_degree : int
        0 (no zonals), 2, 3 or 4.
    zonal_body : int
        Index of Earth in the table, or ``CENTER``.
    pole : numpy.ndarray (P, 3, 4)
        Cubics of Earth's pole (:func:`sim.core.nodes.pole_table`).
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


def padded_bodies(gm: Array, table: Array) -> tuple[Array, Array]:
    """Add massless bodies up to ``MIN_BODIES``, so that kernels may unroll that many.

    Parameters
    ----------
    gm : numpy.ndarray (B,)
        Gravitational parameters.
    table : numpy.ndarray (P, 3 * B, 9)
        Power series.

    Returns
    -------
    tuple of numpy.ndarray
        The same with at least ``MIN_BODIES`` bodies.
    """
    missing = max(MIN_BODIES - gm.size, 0)
    far = np.zeros((table.shape[0], 3 * missing, table.shape[2]))
    far[:, :, 0] = FAR_AWAY
    return np.concatenate((gm, np.zeros(missing))), np.ascontiguousarray(np.concatenate((table, far), axis=1))


@lean_kernel
def zonal_factors(
    inverse2: float, inverse: float, u: float, zonal: Array, degree: int
) -> tuple[float, float]:
    """Factors of position and pole in the acceleration by zonal harmonics.

    For each degree n: mu J_n R^n / r^(n+2) (P'_(n+1)(u) r_hat - P'_n(u) p_hat) with u = r_hat . p_hat: the gradient
    of -mu J_n R^n P_n(u) / r^(n+1) (Vallado, Fundamentals of Astrodynamics, 4th ed., eq. 8-19 for m = 0), with
    (n + 1) P_n + u P'_n = P'_(n+1).

    Parameters
    ----------
    inverse2, inverse : float
        1/r^2 and 1/r.
    u : float
        Sine of the latitude.
    zonal : numpy.ndarray (5,)
        GM, R, J2, J3, J4.
    degree : int
        2, 3 or 4.

    Returns
    -------
    tuple of float
        f, g in a = f r_vector - g p_hat.
    """
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
    return radial * factor * inverse, polar * factor


@lean_kernel
def acceleration(x: float, y: float, z: float, forces: Forces, nodes: Array, i: int) -> tuple[float, float, float]:
    """Acceleration relative to the centre.

    Parameters
    ----------
    x, y, z : float
        Position relative to the centre.
    forces : Forces
        Model.
    nodes : numpy.ndarray (3 B + 6, 16)
        From :func:`sim.core.nodes.fill_nodes`.
    i : int
        Node at whose time the acceleration is wanted.

    Returns
    -------
    tuple of float
        Acceleration.
    """
    n_bodies = forces.gm.shape[0]
    last = 3 * n_bodies
    inverse2 = 1.0 / (x * x + y * y + z * z)
    inverse = math.sqrt(inverse2)
    factor = -forces.gm_center * inverse2 * inverse
    px = 0.0
    py = 0.0
    pz = 0.0
    polar = 0.0
    if forces.zonal_degree > 0 and forces.zonal_body == CENTER:
        px = nodes[last + 3, i]
        py = nodes[last + 4, i]
        pz = nodes[last + 5, i]
        u = (x * px + y * py + z * pz) * inverse
        radial, polar = zonal_factors(inverse2, inverse, u, forces.zonal, forces.zonal_degree)
        factor += radial
    dx = nodes[0, i] - x
    dy = nodes[1, i] - y
    dz = nodes[2, i] - z
    ex = nodes[3, i] - x
    ey = nodes[4, i] - y
    ez = nodes[5, i] - z
    d2 = dx * dx + dy * dy + dz * dz
    e2 = ex * ex + ey * ey + ez * ez
    d = forces.gm[0] / (d2 * math.sqrt(d2))
    e = forces.gm[1] / (e2 * math.sqrt(e2))
    ax = factor * x - polar * px + (d * dx + (e * ex + nodes[last, i]))
    ay = factor * y - polar * py + (d * dy + (e * ey + nodes[last + 1, i]))
    az = factor * z - polar * pz + (d * dz + (e * ez + nodes[last + 2, i]))
    for b in range(2, n_bodies):
        dx = nodes[3 * b, i] - x
        dy = nodes[3 * b + 1, i] - y
        dz = nodes[3 * b + 2, i] - z
        d2 = dx * dx + dy * dy + dz * dz
        d = forces.gm[b] / (d2 * math.sqrt(d2))
        ax += d * dx
        ay += d * dy
        az += d * dz
    if forces.zonal_degree > 0 and forces.zonal_body >= 0:
        b = forces.zonal_body
        zx, zy, zz = zonal_acceleration(
            x - nodes[3 * b, i], y - nodes[3 * b + 1, i], z - nodes[3 * b + 2, i],
            nodes[last + 3, i], nodes[last + 4, i], nodes[last + 5, i], forces.zonal, forces.zonal_degree,
        )  # fmt: skip
        ax += zx
        ay += zy
        az += zz
    return ax, ay, az


@lean_kernel
def zonal_acceleration(
    x: float, y: float, z: float, px: float, py: float, pz: float, zonal: Array, degree: int
) -> tuple[float, float, float]:
    """Acceleration by the zonal harmonics of a body at the origin.

    Parameters
    ----------
    x, y, z : float
        Position relative to the body.
    px, py, pz : float
        Unit vector of its pole.
    zonal, degree
        See :func:`zonal_factors`.

    Returns
    -------
    tuple of float
        Acceleration.
    """
    inverse2 = 1.0 / (x * x + y * y + z * z)
    inverse = math.sqrt(inverse2)
    radial, polar = zonal_factors(inverse2, inverse, (x * px + y * py + z * pz) * inverse, zonal, degree)
    return radial * x - polar * px, radial * y - polar * py, radial * z - polar * pz
