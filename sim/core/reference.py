"""A second, independently written force evaluation, for the verification of trajectories.

It shares neither formulas in code nor tables with the fast path (:mod:`sim.core.forces`, :mod:`sim.core.nodes`): plain
loops, Clenshaw's recurrence on a table of its own, zonal harmonics from Legendre's recurrence. Speed is no aim here.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.chebyshev import argument, position
from sim.core.compile import lean_kernel

Array = npt.NDArray[np.float64]


class ReferenceForces(NamedTuple):
    """World of the verification path.

    Attributes
    ----------
    table : numpy.ndarray (P, B, 3, n)
        Chebyshev table of the bodies relative to the centre, km.
    start, piece : float
        Start (TDB s past J2000) and length of a piece (s).
    gm : numpy.ndarray (1 + B,)
        Centre first, then the bodies of the table; km3/s2.
    zonals : numpy.ndarray (5,)
        GM of Earth, reference radius, J2, J3, J4; GM = 0 without zonals.
    earth : int
        Index of Earth in the table; -1 when it is the centre.
    pole : numpy.ndarray (Q, 3)
        Earth's pole at Q equidistant times from the table's start on, ``pole_step`` apart; linear in between.
    pole_step : float
        s.
    """

    table: Array
    start: float
    piece: float
    gm: Array
    zonals: Array
    earth: int
    pole: Array
    pole_step: float


@lean_kernel
def add_attraction(gm: float, dx: float, dy: float, dz: float, out: Array) -> None:
    """Add the attraction of a point mass that lies (dx, dy, dz) away."""
    distance = math.sqrt(dx * dx + dy * dy + dz * dz)
    strength = gm / distance / distance
    out[0] += strength * (dx / distance)
    out[1] += strength * (dy / distance)
    out[2] += strength * (dz / distance)


@lean_kernel
def add_zonals(
    x: float, y: float, z: float, px: float, py: float, pz: float, zonals: Array, factor: float, out: Array
) -> None:
    """Add ``factor`` times the attraction by zonal harmonics at (x, y, z) from the body's centre.

    The potential is -mu/r sum J_n (R/r)^n P_n(s) with s the sine of the latitude. Its gradient is taken in r and s:
    a_r = mu/r^2 sum (n + 1) J_n (R/r)^n P_n(s), a_s = -mu/r^2 sum J_n (R/r)^n P'_n(s) along (p - s r_hat).
    """
    r = math.sqrt(x * x + y * y + z * z)
    ux = x / r
    uy = y / r
    uz = z / r
    s = ux * px + uy * py + uz * pz
    p_old = 1.0
    p_now = s
    slope_old = 0.0
    slope_now = 1.0
    radial = 0.0
    meridional = 0.0
    power = zonals[1] / r
    for n in range(2, 5):
        p_old, p_now = p_now, ((2 * n - 1) * s * p_now - (n - 1) * p_old) / n
        # P'_n = P'_(n-2) + (2 n - 1) P_(n-1); p_old holds P_(n-1) by now.
        slope_old, slope_now = slope_now, slope_old + (2 * n - 1) * p_old
        power *= zonals[1] / r
        radial += (n + 1) * zonals[n] * power * p_now
        meridional -= zonals[n] * power * slope_now
    strength = factor * zonals[0] / (r * r)
    out[0] += strength * (radial * ux + meridional * (px - s * ux))
    out[1] += strength * (radial * uy + meridional * (py - s * uy))
    out[2] += strength * (radial * uz + meridional * (pz - s * uz))


@lean_kernel
def acceleration(state: Array, t: float, forces: ReferenceForces, out: Array) -> None:
    """Acceleration of a spacecraft relative to the centre.

    Parameters
    ----------
    state : numpy.ndarray (6,)
        Position and velocity relative to the centre.
    t : float
        TDB s past J2000.
    forces : ReferenceForces
        World.
    out : numpy.ndarray (3,)
        Result.
    """
    out[0] = 0.0
    out[1] = 0.0
    out[2] = 0.0
    add_attraction(forces.gm[0], -state[0], -state[1], -state[2], out)
    for b in range(forces.table.shape[1]):
        bx, by, bz = position(forces.table, forces.start, forces.piece, b, t)
        add_attraction(forces.gm[1 + b], bx - state[0], by - state[1], bz - state[2], out)
        add_attraction(-forces.gm[1 + b], bx, by, bz, out)
    if forces.zonals[0] == 0.0:
        return
    k, x = argument(t, forces.start, forces.pole_step, forces.pole.shape[0] - 1)
    after = 0.5 * (1.0 + x)
    px = forces.pole[k, 0] * (1.0 - after) + forces.pole[k + 1, 0] * after
    py = forces.pole[k, 1] * (1.0 - after) + forces.pole[k + 1, 1] * after
    pz = forces.pole[k, 2] * (1.0 - after) + forces.pole[k + 1, 2] * after
    if forces.earth < 0:
        add_zonals(state[0], state[1], state[2], px, py, pz, forces.zonals, 1.0, out)
        return
    ex, ey, ez = position(forces.table, forces.start, forces.piece, forces.earth, t)
    add_zonals(state[0] - ex, state[1] - ey, state[2] - ez, px, py, pz, forces.zonals, 1.0, out)
    add_zonals(-ex, -ey, -ez, px, py, pz, forces.zonals, -1.0, out)
