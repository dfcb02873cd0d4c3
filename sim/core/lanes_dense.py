"""States inside a step of the lanes, from what its stages have left behind.

The accelerations of the deviation at eleven of the stages are good enough for a polynomial through them; two more
degrees make it meet the end of the step in position and velocity. The conic itself is exact. The stages at the very end
are left out: they are less accurate.

The polynomial is written as the square of the part of the step gone times another one, in powers of the place counted
from the middle of the step: its coefficients stay below 73 times the accelerations. (In powers of the part of the step
gone they reach 7e7 times those, and rounding alone costs 0.3 mm in steps of a day.) Measured at a tolerance of 1e-12
against shorter steps from the same beginnings: 0.0002 mm at the median of arcs past the Moon, 0.006 mm at the 99th
percentile, 0.018 mm at most; against long double as good as the flight itself (``tests/unit/test_lanes_dense.py``).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev

from sim.core.compile import lean_kernel
from sim.core.lanes_choice import KEPLER_TURNS
from sim.core.lanes_rows import (
    ANOMALY,
    ARGUMENT,
    BETA,
    COMPANION,
    DURATION,
    END,
    ETA,
    GAMMA,
    MOMENTUM2,
    MU,
    NODE,
    NODE_ROWS,
    NODES,
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
"""Coefficients of the deviation over the square of the part of the step gone, in powers of twice that part less one."""


def _product(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Matrix product, summed in a fixed order."""
    total = np.zeros((a.shape[0], b.shape[1]))
    for k in range(a.shape[1]):
        total += a[:, k : k + 1] * b[k]
    return total


def _rows(place: npt.NDArray[np.float64], derivative: int) -> npt.NDArray[np.float64]:
    """Return derivatives of the Chebyshev polynomials, (places, ``TERMS``)."""
    units = np.eye(TERMS)
    series = chebyshev.chebder(units, derivative) if derivative else units
    return np.asarray(chebyshev.chebval(place, series), dtype=np.float64).T


def _dense_weights() -> npt.NDArray[np.float64]:
    """Weights (TERMS, STAGES) of the accelerations in the coefficients of that polynomial."""
    nodes = C[list(PLACES)]
    gone = nodes[:, np.newaxis]
    u = 2.0 * nodes - 1.0
    end = np.ones(1)
    # Second derivative of gone^2 q(u) at the stages; value and slope at the end.
    curve = 2.0 * _rows(u, 0) + 8.0 * gone * _rows(u, 1) + 4.0 * gone**2 * _rows(u, 2)
    conditions = np.concatenate([curve, _rows(end, 0), 2.0 * _rows(end, 0) + 2.0 * _rows(end, 1)])
    wanted = np.zeros((TERMS, STAGES))
    wanted[np.arange(nodes.size), list(PLACES)] = 1.0
    wanted[-2] = B
    wanted[-1] = BP
    series = np.linalg.solve(conditions, wanted)
    powers = np.zeros((TERMS, TERMS))
    for j in range(TERMS):
        powers[: j + 1, j] = chebyshev.cheb2poly(np.eye(TERMS)[j][: j + 1])
    return _product(powers, np.asarray(series, dtype=np.float64))


DENSE: Final = _dense_weights()
_POWER: Final = np.arange(TERMS, dtype=np.float64)
MIDDLE_VALUE: Final = 0.25 * DENSE[0]
MIDDLE_SLOPE: Final = DENSE[0] + 0.5 * DENSE[1]
END_CURVE: Final = _product((2.0 + 8.0 * _POWER + 4.0 * _POWER * (_POWER - 1.0))[np.newaxis], DENSE)[0]
"""Weights of the accelerations in the deviation and its slope in the middle, in its second derivative at the end."""
MIDDLE_STAGE: Final = 10
"""Stage in the middle of the step."""

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
    w: Array, v: Array, theta: Vector, x: Vector, y: Vector, z: Vector,
    dx: Vector, dy: Vector, dz: Vector, ex: Vector, ey: Vector, ez: Vector,
) -> None:
    """Fill the rows of a place in the step but for the companion's, from the deviation and its derivatives there."""
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


@lean_kernel
def place_companion(w: Array, v: Array, cover: float, t: Vector) -> None:
    """Fill position, velocity and acceleration of the companion."""
    x, y, z = series3(w, SERIES, COMPANION_TERMS, fma(t, 2.0 / cover, load(w, ARGUMENT)))
    store3(v, MAIN, x, y, z)
    companion_rates(w, v, cover, t)


@lean_kernel
def companion_rates(w: Array, v: Array, cover: float, t: Vector) -> None:
    """Fill velocity and acceleration of the companion."""
    pace = 2.0 / cover
    argument = fma(t, pace, load(w, ARGUMENT))
    x, y, z = series3_rate(w, SERIES, COMPANION_TERMS, argument)
    store3(v, MAIN + 3, pace * x, pace * y, pace * z)
    x, y, z = series3_curve(w, SERIES, COMPANION_TERMS, argument)
    store3(v, MAIN + 6, pace * pace * x, pace * pace * y, pace * pace * z)


@lean_kernel
def place_at(w: Array, v: Array, cover: float, theta: Vector) -> None:
    """Fill the rows of a place in the step, from the coefficients of the deviation."""
    row = COEFFICIENTS + 3 * (TERMS - 1)
    zero = 0.0 * theta
    u = fma(2.0, theta, -1.0)
    qx, qy, qz = load(v, row), load(v, row + 1), load(v, row + 2)
    rx, ry, rz = zero, zero, zero
    sx, sy, sz = zero, zero, zero
    for j in range(TERMS - 2, -1, -1):
        row = COEFFICIENTS + 3 * j
        sx = fma(sx, u, rx)
        sy = fma(sy, u, ry)
        sz = fma(sz, u, rz)
        rx = fma(rx, u, qx)
        ry = fma(ry, u, qy)
        rz = fma(rz, u, qz)
        qx = fma(qx, u, load(v, row))
        qy = fma(qy, u, load(v, row + 1))
        qz = fma(qz, u, load(v, row + 2))
    # q, its derivative by u, half of its second one.
    square = theta * theta
    twice = 2.0 * theta
    slope = 8.0 * theta
    curve = 8.0 * square
    dx, dy, dz = twice * fma(theta, rx, qx), twice * fma(theta, ry, qy), twice * fma(theta, rz, qz)
    ex = fma(curve, sx, fma(slope, rx, 2.0 * qx))
    ey = fma(curve, sy, fma(slope, ry, 2.0 * qy))
    ez = fma(curve, sz, fma(slope, rz, 2.0 * qz))
    place(w, v, theta, square * qx, square * qy, square * qz, dx, dy, dz, ex, ey, ez)
    place_companion(w, v, cover, load(v, WHEN))


@lean_kernel
def place_begin(w: Array, v: Array, cover: float) -> None:
    """Fill the rows of the beginning of the step, where there is no deviation."""
    radius = load(w, RADIUS)
    inverse = 1.0 / radius
    lift = inverse * inverse_root(radius)
    own = -load(w, MU) * inverse * inverse * inverse
    for c in range(3):
        r = load(w, R0 + c)
        store(v, PLACE + c, r)
        store(v, PLACE + 3 + c, load(w, V0 + c))
        store(v, PLACE + 6 + c, fma(own, r, lift * load(w, K + c)))
    zero = 0.0 * radius
    store(v, WHEN, zero)
    store(v, PACE, radius * load(w, ANOMALY))
    place_companion(w, v, cover, zero)


@lean_kernel
def place_middle(w: Array, v: Array, cover: float) -> None:
    """Fill the rows of the middle of the step."""
    x, y, z = stage_mean(w, MIDDLE_VALUE)
    dx, dy, dz = stage_mean(w, MIDDLE_SLOPE)
    k = K + 3 * MIDDLE_STAGE
    place(w, v, 0.5 + 0.0 * x, x, y, z, dx, dy, dz, load(w, k), load(w, k + 1), load(w, k + 2))
    companion_at_node(w, v, MIDDLE_STAGE)
    companion_rates(w, v, cover, load(v, WHEN))


@lean_kernel
def companion_at_node(w: Array, v: Array, node: int) -> None:
    """Fill the position of the companion, which a node of the step knows as conic's centre and other main body."""
    row = NODE + NODE_ROWS * node + 9
    for c in range(3):
        store(v, MAIN + c, fma(2.0, load(w, row + c), load(w, row + 3 + c)))


@lean_kernel
def place_end(w: Array, v: Array, cover: float) -> None:
    """Fill the rows of the end of the step, from what is known of it already."""
    m = load(w, COMPANION)
    duration = load(w, DURATION)
    companion_at_node(w, v, NODES - 1)
    companion_rates(w, v, cover, duration)
    ex, ey, ez = stage_mean(w, END_CURVE)
    last = NODE + NODE_ROWS * (NODES - 1)
    anomaly = load(w, ANOMALY)
    inverse = 1.0 / load(w, last + 6)
    spring = load(w, last + 8) * inverse
    lift = 1.0 / load(w, last + 7)
    own = -load(w, MU) * lift * lift
    for c in range(3):
        position = fma(-m, load(v, MAIN + c), load(w, END + c))
        conic = load(w, last + c)
        store(v, PLACE + c, position)
        store(v, PLACE + 3 + c, fma(-m, load(v, MAIN + 3 + c), load(w, END + 3 + c)))
        e = ex if c == 0 else (ey if c == 1 else ez)
        store(v, PLACE + 6 + c, fma(own, conic, lift * fma(-spring, position - conic, e)))
    store(v, WHEN, duration)
    store(v, PACE, load(w, last + 7) * inverse * (anomaly * anomaly * anomaly))


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
