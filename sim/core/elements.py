"""Osculating elements of states, for ellipse and hyperbola.

Angles count in axes that the caller names by a rotation: rows of ``axes`` are the x, y and z axis (z is the pole from
which inclination counts) in the axes of the state.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.status import DEGENERATE, NONFINITE, OK

Array = npt.NDArray[np.float64]

PERIAPSIS_RADIUS: Final = 0
ECCENTRICITY: Final = 1
INCLINATION: Final = 2
NODE: Final = 3
ARGUMENT_OF_PERIAPSIS: Final = 4
TRUE_ANOMALY: Final = 5
TIME_SINCE_PERIAPSIS: Final = 6
ENERGY: Final = 7
COLUMNS: Final = 8
"""Columns of the result: km, -, rad, rad, rad, rad, s, km2/s2 (C3 is twice the energy)."""

TWO_PI: Final = 2.0 * math.pi


@lean_kernel
def wrapped(angle: float) -> float:
    """Bring an angle into [0, 2 pi)."""
    angle %= TWO_PI
    return angle if angle < TWO_PI else 0.0


@lean_kernel
def time_since_periapsis(nu: float, ecc: float, periapsis: float, r_dot_v: float, mu: float) -> float:
    """Time since periapsis passage, negative before it.

    Kepler's equation in w = tan(E/2): E - ecc sin E = (1 - ecc) sin E + (E - sin E), with sin E = 2 w/(1 + w^2) and
    E - sin E = w^3 sum_(k>=1) (-1)^(k+1) 4 k/(2 k + 1) w^(2k-2). All powers of 1 - ecc cancel against those of the
    semi-major axis, so that for small w^2 (hyperbola: w^2 < 0) the series holds through the parabola.

    Parameters
    ----------
    nu : float
        True anomaly in (-pi, pi].
    ecc : float
        Eccentricity.
    periapsis : float
        Periapsis radius.
    r_dot_v : float
        Scalar product of position and velocity.
    mu : float
        Gravitational parameter.

    Returns
    -------
    float
        s.
    """
    tangent = math.tan(0.5 * nu)
    ratio = (1.0 - ecc) / (1.0 + ecc)
    w2 = ratio * tangent * tangent
    if abs(w2) < 0.1:
        excess = 0.0
        for k in range(18, 0, -1):
            excess = 4.0 * k / (2.0 * k + 1.0) - w2 * excess
        factor = tangent / math.sqrt(1.0 + ecc)
        time = factor * (2.0 / (1.0 + w2) + excess * tangent * tangent / (1.0 + ecc))
        return math.sqrt(periapsis * periapsis * periapsis / mu) * time
    a = periapsis / (1.0 - ecc)
    if ecc < 1.0:
        anomaly = 2.0 * math.atan(math.sqrt(ratio) * tangent)
        return math.sqrt(a * a * a / mu) * (anomaly - ecc * math.sin(anomaly))
    # Near the asymptote the anomaly follows from r . v, not from nu, which hardly moves there.
    e_sinh = r_dot_v / math.sqrt(-mu * a)
    return math.sqrt(-a * a * a / mu) * (e_sinh - math.asinh(e_sinh / ecc))


@lean_kernel
def elements(state: Array, mu: float, axes: Array, out: Array) -> int:
    """Osculating elements of one state.

    Parameters
    ----------
    state : numpy.ndarray (6,)
        State relative to the attracting centre.
    mu : float
        Gravitational parameter.
    axes : numpy.ndarray (3, 3)
        Rows: x, y, z axis of the elements in the axes of the state.
    out : numpy.ndarray (8,)
        Result, see ``COLUMNS``.

    Returns
    -------
    int
        OK; NONFINITE; DEGENERATE for rectilinear motion (result NaN). For an orbit in the reference plane the node is
        taken at the x axis, for a circle the periapsis at the node.
    """
    for c in range(COLUMNS):
        out[c] = math.nan
    x = axes[0, 0] * state[0] + axes[0, 1] * state[1] + axes[0, 2] * state[2]
    y = axes[1, 0] * state[0] + axes[1, 1] * state[1] + axes[1, 2] * state[2]
    z = axes[2, 0] * state[0] + axes[2, 1] * state[1] + axes[2, 2] * state[2]
    vx = axes[0, 0] * state[3] + axes[0, 1] * state[4] + axes[0, 2] * state[5]
    vy = axes[1, 0] * state[3] + axes[1, 1] * state[4] + axes[1, 2] * state[5]
    vz = axes[2, 0] * state[3] + axes[2, 1] * state[4] + axes[2, 2] * state[5]
    r = math.sqrt(x * x + y * y + z * z)
    v2 = vx * vx + vy * vy + vz * vz
    if not (math.isfinite(r) and math.isfinite(v2)):
        return NONFINITE
    hx = y * vz - z * vy
    hy = z * vx - x * vz
    hz = x * vy - y * vx
    node2 = hx * hx + hy * hy
    h2 = node2 + hz * hz
    if r == 0.0 or h2 <= 1e-28 * r * r * v2:
        return DEGENERATE
    h = math.sqrt(h2)
    node = math.sqrt(node2)
    # Unit vector to the ascending node, and the one a quarter ahead in the orbit.
    nx = -hy / node if node > 0.0 else 1.0
    ny = hx / node if node > 0.0 else 0.0
    mx = -hz * ny / h
    my = hz * nx / h
    mz = node / h
    radial = (x * vx + y * vy + z * vz) / r
    p = h2 / mu
    e_cos = p / r - 1.0
    e_sin = radial * h / mu
    ecc = math.sqrt(e_cos * e_cos + e_sin * e_sin)
    nu = math.atan2(e_sin, e_cos)
    latitude = math.atan2(x * mx + y * my + z * mz, x * nx + y * ny)
    if ecc < 1e-14:
        nu = latitude
    out[PERIAPSIS_RADIUS] = p / (1.0 + ecc)
    out[ECCENTRICITY] = ecc
    out[INCLINATION] = math.atan2(node, hz)
    out[NODE] = wrapped(math.atan2(ny, nx))
    out[ARGUMENT_OF_PERIAPSIS] = wrapped(latitude - nu)
    out[TRUE_ANOMALY] = nu
    out[TIME_SINCE_PERIAPSIS] = time_since_periapsis(
        nu, ecc, out[PERIAPSIS_RADIUS], radial * r, mu
    )
    out[ENERGY] = 0.5 * v2 - mu / r
    return OK


@lean_kernel
def elements_rows(states: Array, mu: float, axes: Array, out: Array, status: npt.NDArray[np.int8]) -> None:
    """Osculating elements of N states.

    Parameters
    ----------
    states : numpy.ndarray (N, 6)
        States relative to the attracting centre.
    mu : float
        Gravitational parameter.
    axes : numpy.ndarray (1 or N, 3, 3)
        Axes of the elements, for all rows or row by row (for example ``R_tod_icrf``).
    out, status : numpy.ndarray (N, 8), (N,)
        Results; NaN where the status is not OK.
    """
    shared = axes.shape[0] == 1
    for row in range(states.shape[0]):
        status[row] = elements(states[row], mu, axes[0 if shared else row], out[row])
