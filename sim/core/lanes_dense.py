"""States inside a step of the lanes, from what its stages have left behind.

The accelerations of the deviation at eleven of the stages are good enough for a polynomial through them; two more
degrees make it meet the end of the step in position and velocity. The conic itself is exact. Measured at a tolerance of
1e-12 (``tests/unit/test_lanes_dense.py``): 0.01 mm at the median of arcs past the Moon, 0.6 mm at most, in steps of a
day at 600,000 km; less than 0.01 mm in orbits. The stages at the very end are left out: they are less accurate.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.polynomial import polynomial

from sim.core.compile import lean_kernel
from sim.core.lanes_choice import KEPLER_TURNS
from sim.core.lanes_rows import (
    ANOMALY,
    ARGUMENT,
    BETA,
    COMPANION,
    ETA,
    GAMMA,
    MOMENTUM2,
    MU,
    R0,
    RADIUS,
    SERIES,
    SLOPE,
    V0,
    Array,
    K,
    Vector,
    Vectors,
    series3,
    series3_curve,
    series3_rate,
    store3,
    universal,
)
from sim.core.lanes_table import COMPANION_TERMS
from sim.core.rkn1210_tableau import BP, STAGES, B, C
from sim.core.simd import bits, fma, inverse_root, less, load, magnitude, select, store

PLACES: Final = (0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)
"""Stages whose positions are good to fifth order or better."""
TERMS: Final = len(PLACES) + 2
"""Coefficients of the second derivative of the deviation, as a polynomial in the part of the step gone."""


def _product(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Matrix product, summed in a fixed order."""
    total = np.zeros((a.shape[0], b.shape[1]))
    for k in range(a.shape[1]):
        total += a[:, k : k + 1] * b[k]
    return total


def _dense_weights() -> npt.NDArray[np.float64]:
    """Weights (TERMS, STAGES) of the accelerations in the coefficients of that polynomial."""
    nodes = C[list(PLACES)]
    through = np.zeros((TERMS, STAGES))
    through[: nodes.size, list(PLACES)] = np.linalg.inv(np.vander(nodes, increasing=True))
    product = polynomial.polyfromroots(nodes)
    more = np.zeros((TERMS, 2))
    more[:-1, 0] = product
    more[1:, 1] = product
    power = np.arange(TERMS, dtype=np.float64)
    ends = np.stack([1.0 / ((power + 1) * (power + 2)), 1.0 / (power + 1)])
    missing = np.stack([B, BP]) - _product(ends, through)
    share = np.asarray(np.linalg.solve(_product(ends, more), missing), dtype=np.float64)
    return through + _product(more, share)


DENSE: Final = _dense_weights()
_POWER: Final = np.arange(TERMS, dtype=np.float64)
KNOWN: Final = np.zeros((3, 3, STAGES))
"""Weights of the accelerations in the deviation, its first and its second derivative, at the beginning, in the middle
and at the end of a step."""
KNOWN[0, 2] = DENSE[0]
KNOWN[1, 0] = _product(0.5 ** (_POWER[np.newaxis] + 2) / ((_POWER + 1) * (_POWER + 2)), DENSE)[0]
KNOWN[1, 1] = _product(0.5 ** (_POWER[np.newaxis] + 1) / (_POWER + 1), DENSE)[0]
KNOWN[1, 2] = _product(0.5 ** _POWER[np.newaxis], DENSE)[0]
KNOWN[2, 0] = B
KNOWN[2, 1] = BP
KNOWN[2, 2] = _product(np.ones((1, TERMS)), DENSE)[0]

# Rows of a second array of eight columns.
COEFFICIENTS: Final = 0
PLACE: Final = 3 * TERMS
"""Position, velocity and acceleration relative to the conic's centre."""
MAIN: Final = PLACE + 9
"""The same of the companion relative to the model's centre."""
WHEN: Final = MAIN + 9
"""Seconds past the beginning of the step."""
PACE: Final = WHEN + 1
"""Derivative of the time by the part of the step gone, s."""
PLACE_ROWS: Final = PACE + 1


@lean_kernel
def stage_mean(w: Array, weights: Array) -> Vectors:
    """Weighted sum over the stages."""
    sx = weights[0] * load(w, K)
    sy = weights[0] * load(w, K + 1)
    sz = weights[0] * load(w, K + 2)
    for i in range(5, STAGES):
        a = weights[i]
        sx = fma(a, load(w, K + 3 * i), sx)
        sy = fma(a, load(w, K + 3 * i + 1), sy)
        sz = fma(a, load(w, K + 3 * i + 2), sz)
    return sx, sy, sz


@lean_kernel
def fill_dense(w: Array, v: Array) -> None:
    """Fill the coefficients of the deviation, of all lanes."""
    for j in range(TERMS):
        x, y, z = stage_mean(w, DENSE[j])
        store3(v, COEFFICIENTS + 3 * j, x, y, z)


@lean_kernel
def place(
    w: Array, v: Array, cover: float, theta: Vector, x: Vector, y: Vector, z: Vector,
    dx: Vector, dy: Vector, dz: Vector, ex: Vector, ey: Vector, ez: Vector,
) -> None:
    """Fill the rows of a place in the step, from the deviation there and its derivatives by ``theta``."""
    anomaly = load(w, ANOMALY)
    radius = load(w, RADIUS)
    eta = load(w, ETA)
    beta = load(w, BETA)
    mu = load(w, MU)
    gamma = load(w, GAMMA)
    s = anomaly * theta
    hh = anomaly * anomaly
    u1, u2, u3 = universal(s, beta)
    t = fma(radius, s, fma(eta, u2, gamma * u3))
    rho = fma(eta, u1, fma(gamma, u2, radius))
    rate = fma(eta, fma(-beta, u2, 1.0), gamma * u1)
    f = fma(-load(w, SLOPE), u2, 1.0)
    g = fma(-mu, u3, t)
    y1 = inverse_root(rho)
    inverse = y1 * y1
    rooted = rho * y1
    turn = -mu * u1 * inverse / radius
    stay = fma(-mu * inverse, u2, 1.0)
    # d(delta)/dt = (sqrt(rho) w' + rho' w / (2 sqrt(rho))) / rho; the acceleration follows from w''.
    scale = rooted * hh
    fast = rooted * anomaly * inverse
    slow = 0.5 * rate * hh * inverse * y1
    spring = hh * fma(fma(-0.75 * load(w, MOMENTUM2), inverse, mu), inverse, -0.25 * beta)
    own = -mu * inverse * inverse * inverse
    lift = inverse * y1
    px = fma(f, load(w, R0), g * load(w, V0))
    py = fma(f, load(w, R0 + 1), g * load(w, V0 + 1))
    pz = fma(f, load(w, R0 + 2), g * load(w, V0 + 2))
    store3(v, PLACE, fma(scale, x, px), fma(scale, y, py), fma(scale, z, pz))
    vx = fma(turn, load(w, R0), stay * load(w, V0))
    vy = fma(turn, load(w, R0 + 1), stay * load(w, V0 + 1))
    vz = fma(turn, load(w, R0 + 2), stay * load(w, V0 + 2))
    store3(
        v, PLACE + 3, vx + fma(fast, dx, slow * x), vy + fma(fast, dy, slow * y), vz + fma(fast, dz, slow * z)
    )
    ax = fma(own, px, lift * fma(-spring, x, ex))
    ay = fma(own, py, lift * fma(-spring, y, ey))
    az = fma(own, pz, lift * fma(-spring, z, ez))
    store3(v, PLACE + 6, ax, ay, az)
    store(v, WHEN, t)
    store(v, PACE, rho * anomaly)
    place_companion(w, v, cover, t)


@lean_kernel
def place_companion(w: Array, v: Array, cover: float, t: Vector) -> None:
    """Fill position, velocity and acceleration of the companion."""
    pace = 2.0 / cover
    argument = fma(t, pace, load(w, ARGUMENT))
    x, y, z = series3(w, SERIES, COMPANION_TERMS, argument)
    store3(v, MAIN, x, y, z)
    x, y, z = series3_rate(w, SERIES, COMPANION_TERMS, argument)
    store3(v, MAIN + 3, pace * x, pace * y, pace * z)
    x, y, z = series3_curve(w, SERIES, COMPANION_TERMS, argument)
    store3(v, MAIN + 6, pace * pace * x, pace * pace * y, pace * pace * z)


@lean_kernel
def place_at(w: Array, v: Array, cover: float, theta: Vector) -> None:
    """Fill the rows of a place in the step, from the coefficients of the deviation."""
    row = COEFFICIENTS + 3 * (TERMS - 1)
    ex = load(v, row)
    ey = load(v, row + 1)
    ez = load(v, row + 2)
    last = 1.0 / ((TERMS + 1.0) * TERMS)
    first = 1.0 / TERMS
    x = ex * last
    y = ey * last
    z = ez * last
    dx = ex * first
    dy = ey * first
    dz = ez * first
    for j in range(TERMS - 2, -1, -1):
        row = COEFFICIENTS + 3 * j
        ax = load(v, row)
        ay = load(v, row + 1)
        az = load(v, row + 2)
        first = 1.0 / (j + 1.0)
        last = first / (j + 2.0)
        ex = fma(ex, theta, ax)
        ey = fma(ey, theta, ay)
        ez = fma(ez, theta, az)
        dx = fma(dx, theta, first * ax)
        dy = fma(dy, theta, first * ay)
        dz = fma(dz, theta, first * az)
        x = fma(x, theta, last * ax)
        y = fma(y, theta, last * ay)
        z = fma(z, theta, last * az)
    square = theta * theta
    place(
        w, v, cover, theta, square * x, square * y, square * z, theta * dx, theta * dy, theta * dz, ex, ey, ez
    )


@lean_kernel
def place_known(w: Array, v: Array, cover: float, which: int) -> None:
    """Fill the rows of the beginning (0), the middle (1) or the end (2) of the step."""
    x, y, z = stage_mean(w, KNOWN[which, 0])
    dx, dy, dz = stage_mean(w, KNOWN[which, 1])
    ex, ey, ez = stage_mean(w, KNOWN[which, 2])
    place(w, v, cover, 0.5 * which + 0.0 * x, x, y, z, dx, dy, dz, ex, ey, ez)


@lean_kernel
def part_at(w: Array, wanted: Vector, duration: Vector) -> Vector:
    """Part of the step that is gone after ``wanted`` seconds, by Halley's method on Kepler's equation."""
    radius = load(w, RADIUS)
    eta = load(w, ETA)
    beta = load(w, BETA)
    gamma = load(w, GAMMA)
    anomaly = load(w, ANOMALY)
    s = anomaly * (wanted / duration)
    for _ in range(KEPLER_TURNS):
        u1, u2, u3 = universal(s, beta)
        t = fma(radius, s, fma(eta, u2, gamma * u3))
        rho = fma(eta, u1, fma(gamma, u2, radius))
        rate = fma(eta, fma(-beta, u2, 1.0), gamma * u1)
        miss = t - wanted
        far = less(3e-16 * magnitude(duration) + 1e-12, magnitude(miss))
        if bits(far) == 0:
            break
        newton = miss / rho
        s = select(far, s - newton * fma(0.5 * newton, rate / rho, 1.0), s)
    return s / anomaly


@lean_kernel
def centre_state(w: Array, v: Array, c: int) -> Vector:
    """Component ``c`` of position and velocity relative to the model's centre."""
    return fma(load(w, COMPANION), load(v, MAIN + c), load(v, PLACE + c))
