"""Two-body motion: Kepler's equation in universal variables, for ellipse, parabola and hyperbola alike.

Formulation: universal functions U0..U3 of the universal anomaly s with ds = dt/r (Battin, An Introduction to the
Mathematics and Methods of Astrodynamics, 1999, sec. 4.5), solved by Laguerre's method of degree 5 (Conway 1986, Celest.
Mech. 39:199), which converges from any start on this function; bisection guards it.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.status import DEGENERATE, MAX_ITERATIONS, NONFINITE, OK

Array = npt.NDArray[np.float64]

ITERATIONS: Final = 60
TWO_PI: Final = 2.0 * math.pi


@lean_kernel
def stumpff(z: float) -> tuple[float, float, float, float]:
    """Stumpff functions c0..c3 at ``z``.

    Parameters
    ----------
    z : float
        alpha s^2; positive for ellipses.

    Returns
    -------
    tuple of float
        c0 = cos sqrt(z), c1 = sin sqrt(z)/sqrt(z), c2 = (1 - c0)/z, c3 = (1 - c1)/z, continued to z <= 0.
    """
    if abs(z) < 0.5:
        # Series to the last bit; the closed forms cancel here.
        c3 = 0.0
        c2 = 0.0
        for k in range(9, 0, -1):
            c3 = (1.0 - z * c3) / ((2 * k + 1) * (2 * k))
            c2 = (1.0 - z * c2) / ((2 * k) * (2 * k - 1))
        return 1.0 - z * c2, 1.0 - z * c3, c2, c3
    if z > 0.0:
        root = math.sqrt(z)
        c0 = math.cos(root)
        c1 = math.sin(root) / root
        half = math.sin(0.5 * root)
        return c0, c1, 2.0 * half * half / z, (1.0 - c1) / z
    root = math.sqrt(-z)
    c0 = math.cosh(root)
    c1 = math.sinh(root) / root
    half = math.sinh(0.5 * root)
    return c0, c1, -2.0 * half * half / z, (1.0 - c1) / z


@lean_kernel
def kepler_time(s: float, r0: float, sigma0: float, alpha: float) -> tuple[float, float, float]:
    """Time as a function of the universal anomaly, with its first two derivatives (mu = 1).

    Parameters
    ----------
    s : float
        Universal anomaly.
    r0, sigma0 : float
        Distance and r . v at the start.
    alpha : float
        Reciprocal semi-major axis, 2/r - v^2.

    Returns
    -------
    tuple of float
        t, dt/ds = r, d2t/ds2 = sigma.
    """
    c0, c1, c2, c3 = stumpff(alpha * s * s)
    u1 = s * c1
    u2 = s * s * c2
    u3 = s * s * s * c3
    time = r0 * u1 + sigma0 * u2 + u3
    radius = r0 * c0 + sigma0 * u1 + u2
    sigma = sigma0 * c0 + (1.0 - alpha * r0) * u1
    return time, radius, sigma


@lean_kernel
def universal_anomaly(dt: float, r0: float, sigma0: float, alpha: float) -> tuple[float, bool]:
    """Solve Kepler's equation.

    Parameters
    ----------
    dt : float
        Time of flight (mu = 1), for an ellipse best within half a period.
    r0, sigma0, alpha : float
        See :func:`kepler_time`.

    Returns
    -------
    tuple of float, bool
        Universal anomaly, and whether the iteration converged.
    """
    if dt == 0.0:
        return 0.0, True
    # Bracket: t grows with s without bound, as r > 0.
    step = math.copysign(min(abs(dt) / r0, math.sqrt(r0)), dt)
    near = 0.0
    far = step
    for _ in range(200):
        time, radius, sigma = kepler_time(far, r0, sigma0, alpha)
        if not math.isfinite(time) or (time - dt) * dt >= 0.0:
            break
        near = far
        far *= 2.0
    s = 0.5 * (near + far)
    for _ in range(ITERATIONS):
        time, radius, sigma = kepler_time(s, r0, sigma0, alpha)
        miss = time - dt
        if not math.isfinite(time) or miss * dt >= 0.0:
            far = s
        else:
            near = s
        root = math.sqrt(abs(16.0 * radius * radius - 20.0 * miss * sigma))
        change = -5.0 * miss / (radius + math.copysign(root, radius))
        following = s + change
        if not (min(near, far) <= following <= max(near, far)):
            following = 0.5 * (near + far)
        if abs(following - s) <= 4e-16 * abs(s) or following in (near, far):
            return following, True
        s = following
    return s, abs(miss) <= 1e-12 * abs(dt)


@lean_kernel
def kepler_step(state: Array, dt: float, mu: float, out: Array) -> int:
    """Move one state along its conic.

    Parameters
    ----------
    state : numpy.ndarray (6,)
        Position and velocity relative to the attracting centre.
    dt : float
        Time of flight; may be negative.
    mu : float
        Gravitational parameter.
    out : numpy.ndarray (6,)
        Result; must not be ``state``.

    Returns
    -------
    int
        OK, NONFINITE, DEGENERATE (zero radius) or MAX_ITERATIONS.
    """
    for c in range(6):
        out[c] = math.nan
    # Units in which mu = 1 and the distance is 1.
    r0 = math.sqrt(state[0] * state[0] + state[1] * state[1] + state[2] * state[2])
    if not (math.isfinite(r0) and math.isfinite(dt)):
        return NONFINITE
    if r0 == 0.0:
        return DEGENERATE
    speed_unit = math.sqrt(mu / r0)
    time_unit = r0 / speed_unit
    sigma0 = (state[0] * state[3] + state[1] * state[4] + state[2] * state[5]) / (r0 * speed_unit)
    speed2 = (state[3] * state[3] + state[4] * state[4] + state[5] * state[5]) / (speed_unit * speed_unit)
    if not math.isfinite(speed2):
        return NONFINITE
    alpha = 2.0 - speed2
    time = dt / time_unit
    if alpha > 0.0:
        period = TWO_PI / (alpha * math.sqrt(alpha))
        time -= period * math.floor(time / period + 0.5)
    s, converged = universal_anomaly(time, 1.0, sigma0, alpha)
    if not converged:
        return MAX_ITERATIONS
    c0, c1, c2, _ = stumpff(alpha * s * s)
    u1 = s * c1
    u2 = s * s * c2
    radius = c0 + sigma0 * u1 + u2
    f = 1.0 - u2
    g = (u1 + sigma0 * u2) * time_unit
    f_rate = -u1 / radius / time_unit
    g_rate = 1.0 - u2 / radius
    for c in range(3):
        out[c] = f * state[c] + g * state[3 + c]
        out[3 + c] = f_rate * state[c] + g_rate * state[3 + c]
    return OK


@lean_kernel
def kepler_rows(states: Array, dt: Array, mu: float, out: Array, status: npt.NDArray[np.int8]) -> None:
    """Move N states along their conics.

    Parameters
    ----------
    states : numpy.ndarray (N, 6)
        States relative to the attracting centre.
    dt : numpy.ndarray (N,)
        Times of flight.
    mu : float
        Gravitational parameter.
    out, status : numpy.ndarray (N, 6), (N,)
        Results; NaN where the status is not OK.
    """
    for row in range(states.shape[0]):
        status[row] = kepler_step(states[row], dt[row], mu, out[row])
