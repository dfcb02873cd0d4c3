"""How long the next step of each lane is.

The embedded estimate of the error steers a factor; the step's shape is chosen before it is made, from where a conic
would lead, so that few steps fail.
"""

from __future__ import annotations

from typing import Final

from sim.core.compile import lean_kernel
from sim.core.lanes_rows import (
    ANOMALY,
    APART,
    ARGUMENT,
    BASE,
    BETA,
    COMPANION,
    CONTROL,
    ETA,
    GAMMA,
    LARGEST_Z,
    MOMENTUM2,
    MU,
    PIECE,
    POSITION,
    R0,
    RADIUS,
    SERIES,
    SLOPE,
    SPAN,
    TAU,
    V0,
    VELOCITY,
    Array,
    Vector,
    Vectors,
    series3,
    series3_rate,
    universal,
)
from sim.core.lanes_table import COMPANION_TERMS, LaneTable
from sim.core.simd import (
    bits,
    both,
    fma,
    inverse_root,
    larger,
    less,
    load,
    magnitude,
    rough_inverse_root,
    rough_power,
    select,
    smaller,
    store,
    with_sign_of,
)

WEAKNESS: Final = 0.0428
NEARNESS: Final = 0.623
LEAST: Final = 0.187
"""Exponents of the step lengths, fitted to 29,000 steps of known error (see :func:`choose_step`)."""
LOOK_AHEAD: Final = 2
"""Trial conics on which the length of a step is chosen."""
KEPLER_TURNS: Final = 12
TIME_RESOLUTION: Final = 1e-10
"""s; the end of a span is met to this."""


@lean_kernel
def rough_inverse(x: Vector) -> Vector:
    """Return 1/x of a positive number, to 13 bits."""
    seed = rough_inverse_root(x)
    return seed * seed


@lean_kernel
def rough_root(x: Vector) -> Vector:
    """Return the square root of a positive number, to 14 bits."""
    return x * rough_inverse_root(x)


@lean_kernel
def rough_universal(s: Vector, beta: Vector) -> Vectors:
    """Universal functions to about 1e-6, as :func:`universal`."""
    s2 = s * s
    z = beta * s2
    c2 = fma(z, fma(z, fma(z, -1.0 / 40320.0, 1.0 / 720.0), -1.0 / 24.0), 0.5)
    c3 = fma(z, fma(z, fma(z, -1.0 / 362880.0, 1.0 / 5040.0), -1.0 / 120.0), 1.0 / 6.0)
    u3 = s2 * s * c3
    return fma(-beta, u3, s), s2 * c2, u3


@lean_kernel
def squared_rate(radius: Vector, mu: Vector, excess: Vector) -> Vector:
    """Half of the square of the inverse anomaly in which the conic changes its shape at a distance."""
    return fma(mu, rough_inverse(radius), excess)


@lean_kernel
def begin_step(w: Array, table: LaneTable) -> Vectors:
    """Fill the rows of the conic; return place and velocity of the other main body relative to the conic's centre."""
    pace = 2.0 / table.cover
    offset = load(w, BASE) + load(w, TAU) - load(w, PIECE) * table.stride
    x = offset * pace - 1.0
    store(w, ARGUMENT, x)
    cx, cy, cz = series3(w, SERIES, COMPANION_TERMS, x)
    ux, uy, uz = series3_rate(w, SERIES, COMPANION_TERMS, x)
    ux = ux * pace
    uy = uy * pace
    uz = uz * pace
    m = load(w, COMPANION)
    rx = fma(-m, cx, load(w, POSITION))
    ry = fma(-m, cy, load(w, POSITION + 1))
    rz = fma(-m, cz, load(w, POSITION + 2))
    vx = fma(-m, ux, load(w, VELOCITY))
    vy = fma(-m, uy, load(w, VELOCITY + 1))
    vz = fma(-m, uz, load(w, VELOCITY + 2))
    store(w, R0, rx)
    store(w, R0 + 1, ry)
    store(w, R0 + 2, rz)
    store(w, V0, vx)
    store(w, V0 + 1, vy)
    store(w, V0 + 2, vz)
    mu = fma(m, table.gm[1] - table.gm[0], table.gm[0])
    r2 = rx * rx + ry * ry + rz * rz
    v2 = vx * vx + vy * vy + vz * vz
    eta = rx * vx + ry * vy + rz * vz
    inverse = inverse_root(r2)
    radius = r2 * inverse
    beta = 2.0 * mu * inverse - v2
    store(w, SLOPE, mu * inverse)
    store(w, RADIUS, radius)
    store(w, ETA, eta)
    store(w, MU, mu)
    store(w, BETA, beta)
    store(w, GAMMA, mu - beta * radius)
    store(w, MOMENTUM2, r2 * v2 - eta * eta)
    sign = 1.0 - 2.0 * m
    return sign * cx, sign * cy, sign * cz, sign * ux, sign * uy, sign * uz


@lean_kernel
def choose_step(w: Array, table: LaneTable, reach_center: float, reach_companion: float) -> None:
    """Choose the length of the step in s, from where a trial conic would lead.

    Two limits are added up: the scale of the conic (at the step's least distance and at its end), longer the weaker the
    other body is; and the time in which the distance to the other body changes. Both were fitted to steps of known
    error. Here 13 bits are enough.
    """
    ox, oy, oz, px, py, pz = begin_step(w, table)
    rx = load(w, R0)
    ry = load(w, R0 + 1)
    rz = load(w, R0 + 2)
    vx = load(w, V0)
    vy = load(w, V0 + 1)
    vz = load(w, V0 + 2)
    radius = load(w, RADIUS)
    eta = load(w, ETA)
    beta = load(w, BETA)
    mu = load(w, MU)
    gamma = load(w, GAMMA)
    span = load(w, SPAN)
    control = load(w, CONTROL)
    momentum2 = load(w, MOMENTUM2)
    slope = load(w, SLOPE)
    dx = ox - rx
    dy = oy - ry
    dz = oz - rz
    d2 = dx * dx + dy * dy + dz * dz
    inverse0 = inverse_root(d2)
    ex = px - vx
    ey = py - vy
    ez = pz - vz
    speed = rough_root(ex * ex + ey * ey + ez * ez)
    store(w, APART, smaller(radius, d2 * inverse0))
    ratio = radius * inverse0
    strength = ratio * ratio * ratio * (((table.gm[0] + table.gm[1]) - mu) * rough_inverse(mu)) + 1e-14
    if table.zonal_degree > 0:
        # Only near Earth; about the Moon this asks for steps that are shorter than needed.
        flat = table.zonal[1] * rough_inverse(radius)
        strength = strength + 3.0 * table.zonal[2] * (flat * flat)
    nearest = momentum2 * rough_inverse(mu + rough_root(larger(fma(mu, mu, -beta * momentum2), 1e-30)))
    share = rough_inverse(control)
    weak = share * rough_power(strength, WEAKNESS) * (1.0 / reach_center)
    separation2 = rough_inverse(ox * ox + oy * oy + oz * oz)
    # d^(1 + NEARNESS) / separation^NEARNESS, as powers of squares
    fast = speed * share * rough_power(separation2, -0.5 * NEARNESS) * (1.0 / reach_companion)
    excess = larger(-0.5 * beta, 0.0)
    mu_half = 0.5 * mu
    largest = rough_root(LARGEST_Z * 0.999 * rough_inverse(larger(magnitude(beta), 1e-12)))
    ways = with_sign_of(1.0, span)
    own = squared_rate(radius, mu_half, excess)
    near = rough_power(inverse0, 1.0 + NEARNESS)
    s = 0.6 * rough_inverse(fma(weak, rough_root(own), fast * radius * near))
    s = smaller(s, largest)
    for _ in range(LOOK_AHEAD):
        signed = with_sign_of(s, span)
        u1, u2, u3 = rough_universal(signed, beta)
        t = fma(radius, signed, fma(eta, u2, gamma * u3))
        rho = fma(eta, u1, fma(gamma, u2, radius))
        rate = fma(eta, fma(-beta, u2, 1.0), gamma * u1)
        f = fma(-slope, u2, 1.0)
        g = fma(-mu, u3, t)
        dx = fma(px, t, ox) - fma(f, rx, g * vx)
        dy = fma(py, t, oy) - fma(f, ry, g * vy)
        dz = fma(pz, t, oz) - fma(f, rz, g * vz)
        near = larger(inverse0, rough_inverse_root(fma(dx, dx, fma(dy, dy, dz * dz))))
        turns = both(less(eta * ways, 0.0), less(0.0, rate * ways))
        low = select(turns, nearest, smaller(radius, rho))
        scale = rough_power(squared_rate(low, mu_half, excess), LEAST)
        scale = scale * rough_power(squared_rate(rho, mu_half, excess), 0.5 - LEAST)
        use = fma(s * weak, scale, magnitude(t) * fast * rough_power(near, 1.0 + NEARNESS))
        s = s * larger(smaller(rough_power(use, -0.8), 4.0), 0.2)
        s = smaller(s, largest)
    store(w, ANOMALY, with_sign_of(s, span))
    close_step(w, table)


@lean_kernel
def close_step(w: Array, table: LaneTable) -> None:
    """Cut steps that would pass the end of the span or of the piece, by Halley's method on Kepler's equation."""
    radius = load(w, RADIUS)
    eta = load(w, ETA)
    beta = load(w, BETA)
    gamma = load(w, GAMMA)
    s = load(w, ANOMALY)
    left = load(w, SPAN) - load(w, TAU)
    target = smaller(magnitude(left), table.cover - table.stride)
    u1, u2, u3 = universal(s, beta)
    t = magnitude(fma(radius, s, fma(eta, u2, gamma * u3)))
    over = less(target, t)
    if bits(over) != 0:
        ways = with_sign_of(1.0, left)
        wanted = ways * target
        s = select(over, s * (target / larger(t, 1e-300)), s)
        for _ in range(KEPLER_TURNS):
            u1, u2, u3 = universal(s, beta)
            t = fma(radius, s, fma(eta, u2, gamma * u3))
            rho = fma(eta, u1, fma(gamma, u2, radius))
            rate = fma(eta, fma(-beta, u2, 1.0), gamma * u1)
            miss = t - wanted
            far = both(over, less(3e-16 * target + 1e-13, magnitude(miss)))
            if bits(far) == 0:
                break
            newton = miss / rho
            s = select(far, s - newton * fma(0.5 * newton, rate / rho, 1.0), s)
    store(w, ANOMALY, s)
