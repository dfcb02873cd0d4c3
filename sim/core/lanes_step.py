"""One step of eight trajectories in lockstep: RKN12(10)17M on the deviation from a conic.

Formulation
-----------
At its beginning each step lays a conic through the state, about the model's centre or about its companion (Moon or
Earth), and integrates only what the conic leaves out (Encke 1857; rectified at every step). The independent variable is
the universal anomaly s of the conic, dt = rho ds (Sundman 1912), so that position and time on the conic are elementary
functions of s, without Kepler's equation, and a perilune takes as few steps as a cruise. With the deviation written as
delta = sqrt(rho) w the equation has no first derivative, and a Runge-Kutta-Nystrom method applies::

    w'' = rho^(3/2) F + (mu / rho + alpha / 4 - 3 h^2 / (4 rho^2)) w

where F is the acceleration beyond that of the conic, alpha = v^2 - 2 mu / r and h is the angular momentum of the conic.
(Substitute delta' = rho d(delta)/dt and rho'^2 = 2 mu rho + alpha rho^2 - h^2, rho'' = mu + alpha rho.)

A step of this kind needs three to four times fewer evaluations of the forces than one on the plain coordinates.

Every quantity is a row of eight numbers in one array ``w``; column ``lane`` never enters another column.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev

from sim.core.compile import lean_kernel
from sim.core.forces import CENTER
from sim.core.lanes_table import COMPANION_TERMS, FRAME_TERMS, OTHER_TERMS, POLE_TERMS, LaneTable
from sim.core.lanes_sums import stage_sum
from sim.core.rkn1210_step import USED
from sim.core.rkn1210_tableau import BP, E_POSITION, E_VELOCITY, STAGES, A, B, C
from sim.core.simd import (
    at_most,
    bits,
    both,
    broadcast,
    either,
    floor,
    fma,
    inverse_root,
    larger,
    less,
    load,
    magnitude,
    pull,
    rough_power,
    root,
    select,
    smaller,
    store,
    with_sign_of,
)

Array = npt.NDArray[np.float64]

# Rows of the lanes' state: position and velocity relative to the model's centre, then the bookkeeping.
POSITION: Final = 0
VELOCITY: Final = 3
TAU: Final = 6
"""Seconds since the row's beginning."""
BASE: Final = 7
"""Offset of the row's beginning in the stride of the table in which it lies."""
SPAN: Final = 8
CONTROL: Final = 9
"""Factor that steers the step lengths."""
COMPANION: Final = 10
"""1 where the conic is about the companion, 0 where it is about the centre."""
PIECE: Final = 11
"""Piece of the table in use, counted from the one in which the row begins."""
LOWEST: Final = 12
HIGHEST: Final = 13
"""Pieces that exist, counted likewise."""
STEPS: Final = 14
ORIGIN: Final = 15
"""Piece in which the row begins."""
# Rows of a step.
ANOMALY: Final = 16
"""Length of the step in s."""
DURATION: Final = 17
"""Length of the step in seconds."""
CLOSED: Final = 18
"""1 where the step ends at the end of the span."""
R0: Final = 19
V0: Final = 22
RADIUS: Final = 25
ETA: Final = 26
BETA: Final = 27
MU: Final = 28
GAMMA: Final = 29
MOMENTUM2: Final = 30
ARGUMENT: Final = 31
SLOPE: Final = 33
APART: Final = 32
"""Least distance to centre and companion at the beginning."""
END: Final = 34
"""Position and velocity at the end of the step."""
K: Final = 40
"""Accelerations of the deviation at the stages."""
NODE: Final = K + 3 * STAGES
NODES: Final = STAGES - 1
"""Distinct times of a step: the last two stages share theirs."""
NODE_ROWS: Final = 15
"""Conic position 3, frame's acceleration with the conic's attraction 3, three factors, conic's centre 3, other main body
relative to it 3."""
LATEST: Final = np.array([A[i, i - 1] if i > 0 else 0.0 for i in range(STAGES)])
"""Weights of the stage before."""
SERIES: Final = NODE + NODES * NODE_ROWS
"""Power series of the piece in use; after it, the positions of the other bodies and of the pole at the nodes."""

LARGEST_Z: Final = 1.0
"""Bound of |beta s^2| in a step: the series of the universal functions are cut accordingly."""


def economized(first: int, terms: int) -> Array:
    """Coefficients of the series of sum (-z)^k / (2 k + first)!, shortened on |z| <= 1 by Chebyshev's way."""
    series = [(-1.0) ** k / math.factorial(2 * k + first) for k in range(terms + 6)]
    return chebyshev.cheb2poly(chebyshev.poly2cheb(series)[:terms])


C2: Final = economized(2, 8)
C3: Final = economized(3, 7)
"""Good to 1e-18 and 5e-17."""

LOOK_AHEAD: Final = 2
"""Trial conics on which the length of a step is chosen."""
KEPLER_TURNS: Final = 12
TIME_RESOLUTION: Final = 1e-10
"""s; the end of a span is met to this."""


@lean_kernel
def series3(w, first, terms, x):
    """Sum a power series of vectors at ``x``."""
    row = first + 3 * (terms - 1)
    a = load(w, row)
    b = load(w, row + 1)
    c = load(w, row + 2)
    for j in range(terms - 2, -1, -1):
        row = first + 3 * j
        a = fma(a, x, load(w, row))
        b = fma(b, x, load(w, row + 1))
        c = fma(c, x, load(w, row + 2))
    return a, b, c


@lean_kernel
def series3_rate(w, first, terms, x):
    """Sum the derivative of a power series of vectors at ``x``."""
    row = first + 3 * (terms - 1)
    a = load(w, row) * (terms - 1.0)
    b = load(w, row + 1) * (terms - 1.0)
    c = load(w, row + 2) * (terms - 1.0)
    for j in range(terms - 2, 0, -1):
        row = first + 3 * j
        a = fma(a, x, load(w, row) * float(j))
        b = fma(b, x, load(w, row + 1) * float(j))
        c = fma(c, x, load(w, row + 2) * float(j))
    return a, b, c


@lean_kernel
def universal(s, beta):
    """Universal functions U1, U2, U3 of the conic with ``beta = 2 mu / r - v^2`` at the anomaly ``s``."""
    s2 = s * s
    z = beta * s2
    c2 = fma(z, C2[7], C2[6])
    for k in range(5, -1, -1):
        c2 = fma(z, c2, C2[k])
    c3 = fma(z, C3[6], C3[5])
    for k in range(4, -1, -1):
        c3 = fma(z, c3, C3[k])
    u2 = s2 * c2
    u3 = s2 * s * c3
    return fma(-beta, u3, s), u2, u3


@lean_kernel
def begin_step(w, table):
    """Fill the rows of the conic; return position and velocity of the other main body relative to the conic's centre."""
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
    radius = root(r2)
    beta = 2.0 * mu / radius - v2
    store(w, RADIUS, radius)
    store(w, ETA, eta)
    store(w, MU, mu)
    store(w, BETA, beta)
    store(w, GAMMA, mu - beta * radius)
    store(w, MOMENTUM2, r2 * v2 - eta * eta)
    sign = 1.0 - 2.0 * m
    return sign * cx, sign * cy, sign * cz, sign * ux, sign * uy, sign * uz


@lean_kernel
def squared_scale(w, radius):
    """Square of the anomaly in which the conic changes its shape at a distance."""
    return 2.0 * radius / fma(larger(-load(w, BETA), 0.0), radius, load(w, MU))


@lean_kernel
def choose_step(w, table, reach_center, reach_companion):
    """Choose the step: its length in s and in seconds, from where a trial conic would lead."""
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
    dx = ox - rx
    dy = oy - ry
    dz = oz - rz
    d2 = dx * dx + dy * dy + dz * dz
    inverse = inverse_root(d2)
    d0 = d2 * inverse
    ex = px - vx
    ey = py - vy
    ez = pz - vz
    speed = root(ex * ex + ey * ey + ez * ez)
    store(w, APART, smaller(radius, d0))
    ratio = radius * inverse
    strength = ratio * ratio * ratio * (((table.gm[0] + table.gm[1]) - mu) / mu) + 1e-14
    if table.zonal_degree > 0:
        # Only near Earth; about the Moon this asks for steps that are shorter than needed.
        flat = table.zonal[1] / radius
        strength = strength + 3.0 * table.zonal[2] * (flat * flat)
    momentum2 = load(w, MOMENTUM2)
    nearest = momentum2 / (mu + root(larger(fma(mu, mu, -beta * momentum2), 0.0)))
    weak = 1.0 / (control * reach_center * rough_power(strength, -0.0428))
    separation = inverse_root(ox * ox + oy * oy + oz * oz)
    fast = speed / (control * reach_companion)
    largest = root(LARGEST_Z / larger(magnitude(beta), 1e-12))
    ways = with_sign_of(1.0, span)
    s = 0.6 / (weak * inverse_root(squared_scale(w, radius)) + fast * radius * inverse * rough_power(d0 * separation, -0.623))
    s = smaller(s, largest)
    for _ in range(LOOK_AHEAD):
        signed = with_sign_of(s, span)
        u1, u2, u3 = universal(signed, beta)
        t = fma(radius, signed, fma(eta, u2, gamma * u3))
        rho = fma(eta, u1, fma(gamma, u2, radius))
        rate = fma(eta, fma(-beta, u2, 1.0), gamma * u1)
        f = 1.0 - mu / radius * u2
        g = t - mu * u3
        dx = fma(px, t, ox) - fma(f, rx, g * vx)
        dy = fma(py, t, oy) - fma(f, ry, g * vy)
        dz = fma(pz, t, oz) - fma(f, rz, g * vz)
        inverse = 1.0 / smaller(d0, root(dx * dx + dy * dy + dz * dz))
        turns = both(less(eta * ways, 0.0), less(0.0, rate * ways))
        low = select(turns, nearest, smaller(radius, rho))
        scale = rough_power(squared_scale(w, low), -0.187) * rough_power(squared_scale(w, rho), -0.313)
        use = s * weak * scale + magnitude(t) * fast * inverse * rough_power(inverse / separation, 0.623)
        s = s * larger(smaller(rough_power(use, -0.8), 4.0), 0.2)
        s = smaller(s, largest)
    store(w, ANOMALY, with_sign_of(s, span))
    close_step(w, table)


@lean_kernel
def close_step(w, table):
    """Cut steps that would pass the end of the span or the piece of the table, by Newton's method on Kepler's equation."""
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
    # The first guess lies between the beginning and the length chosen.
    s = select(over, s * (target / larger(t, 1e-300)), s)
    if bits(over) != 0:
        for _ in range(KEPLER_TURNS):
            u1, u2, u3 = universal(s, beta)
            t = magnitude(fma(radius, s, fma(eta, u2, gamma * u3)))
            rho = fma(eta, u1, fma(gamma, u2, radius))
            miss = t - target
            far = both(over, less(3e-16 * target + 1e-13, magnitude(miss)))
            if bits(far) == 0:
                break
            s = select(far, s - with_sign_of(1.0, left) * (miss / rho), s)
    store(w, ANOMALY, s)


@lean_kernel
def series3_pair(w, first, terms, x, y):
    """Sum a power series of vectors at two places, for one reading of the coefficients."""
    row = first + 3 * (terms - 1)
    a = load(w, row)
    b = load(w, row + 1)
    c = load(w, row + 2)
    d = a
    e = b
    f = c
    for j in range(terms - 2, -1, -1):
        row = first + 3 * j
        term = load(w, row)
        a = fma(a, x, term)
        d = fma(d, y, term)
        term = load(w, row + 1)
        b = fma(b, x, term)
        e = fma(e, y, term)
        term = load(w, row + 2)
        c = fma(c, x, term)
        f = fma(f, y, term)
    return a, b, c, d, e, f


@lean_kernel
def store3(w, row, x, y, z):
    """Store a vector of three rows."""
    store(w, row, x)
    store(w, row + 1, y)
    store(w, row + 2, z)


@lean_kernel
def conic_node(w, i):
    """Fill the rows of the conic at a node; return time past the step's beginning and the conic's own attraction."""
    anomaly = load(w, ANOMALY)
    radius = load(w, RADIUS)
    eta = load(w, ETA)
    beta = load(w, BETA)
    mu = load(w, MU)
    gamma = load(w, GAMMA)
    s = anomaly * C[i]
    u1, u2, u3 = universal(s, beta)
    t = fma(radius, s, fma(eta, u2, gamma * u3))
    rho = fma(eta, u1, fma(gamma, u2, radius))
    f = fma(-load(w, SLOPE), u2, 1.0)
    g = fma(-mu, u3, t)
    y = inverse_root(rho)
    y2 = y * y
    rooted = rho * y
    hh = anomaly * anomaly
    row = NODE + NODE_ROWS * i
    store(w, row, fma(f, load(w, R0), g * load(w, V0)))
    store(w, row + 1, fma(f, load(w, R0 + 1), g * load(w, V0 + 1)))
    store(w, row + 2, fma(f, load(w, R0 + 2), g * load(w, V0 + 2)))
    store(w, row + 6, rooted * hh)
    store(w, row + 7, rho * rooted)
    store(w, row + 8, hh * fma(fma(-0.75 * load(w, MOMENTUM2), y2, mu), y2, -0.25 * beta))
    return t, mu * (y2 * y2 * y2)


@lean_kernel
def frame_node(w, i, pull, ax, ay, az):
    """Store what acts on the deviation at a node independently of it: frame's acceleration, the conic's attraction."""
    row = NODE + NODE_ROWS * i
    store(w, row + 3, fma(pull, load(w, row), ax))
    store(w, row + 4, fma(pull, load(w, row + 1), ay))
    store(w, row + 5, fma(pull, load(w, row + 2), az))


@lean_kernel
def main_node(w, i, m, x, y, z):
    """Store where the conic's centre is, and where the other main body is relative to it; return the former."""
    row = NODE + NODE_ROWS * i
    cx = m * x
    cy = m * y
    cz = m * z
    store3(w, row + 9, cx, cy, cz)
    store3(w, row + 12, fma(-2.0, cx, x), fma(-2.0, cy, y), fma(-2.0, cz, z))
    return cx, cy, cz


@lean_kernel
def fill_nodes(w, table, n_others):
    """Fill the rows that depend on the conic and on time only, at all nodes of the step."""
    store(w, SLOPE, load(w, MU) / load(w, RADIUS))
    pace = 2.0 / table.cover
    x0 = load(w, ARGUMENT)
    m = load(w, COMPANION)
    frame = SERIES + 3 * (COMPANION_TERMS + OTHER_TERMS * n_others)
    extra = frame + 3 * (FRAME_TERMS + POLE_TERMS)
    stride = 3 * (n_others + 1)
    for i in range(0, NODES, 2):
        t, attraction = conic_node(w, i)
        t2, attraction2 = conic_node(w, i + 1)
        x = fma(t, pace, x0)
        x2 = fma(t2, pace, x0)
        a, b, c, d, e, f = series3_pair(w, frame, FRAME_TERMS, x, x2)
        frame_node(w, i, attraction, a, b, c)
        frame_node(w, i + 1, attraction2, d, e, f)
        a, b, c, d, e, f = series3_pair(w, SERIES, COMPANION_TERMS, x, x2)
        cx, cy, cz = main_node(w, i, m, a, b, c)
        dx, dy, dz = main_node(w, i + 1, m, d, e, f)
        place = extra + stride * i
        for k in range(n_others):
            first = SERIES + 3 * (COMPANION_TERMS + OTHER_TERMS * k)
            a, b, c, d, e, f = series3_pair(w, first, OTHER_TERMS, x, x2)
            store3(w, place + 3 * k, a - cx, b - cy, c - cz)
            store3(w, place + stride + 3 * k, d - dx, e - dy, f - dz)
        if table.zonal_degree > 0:
            a, b, c, d, e, f = series3_pair(w, frame + 3 * FRAME_TERMS, POLE_TERMS, x, x2)
            store3(w, place + 3 * n_others, a, b, c)
            store3(w, place + stride + 3 * n_others, d, e, f)
    store(w, DURATION, t2)


@lean_kernel
def zonals(x, y, z, px, py, pz, table):
    """Acceleration by Earth's zonal harmonics at a position relative to Earth (see sim.core.forces.zonal_factors)."""
    inverse = inverse_root(x * x + y * y + z * z)
    inverse2 = inverse * inverse
    u = (x * px + y * py + z * pz) * inverse
    u2 = u * u
    ratio = table.zonal[1] * inverse
    scale = table.zonal[2] * ratio * ratio
    radial = scale * (7.5 * u2 - 1.5)
    polar = scale * 3.0 * u
    if table.zonal_degree > 2:
        ratio3 = ratio * ratio * ratio
        scale = table.zonal[3] * ratio3
        radial = radial + scale * (17.5 * u2 - 7.5) * u
        polar = polar + scale * (7.5 * u2 - 1.5)
        scale = table.zonal[4] * ratio3 * ratio
        radial = radial + scale * ((39.375 * u2 - 26.25) * u2 + 1.875)
        polar = polar + scale * (17.5 * u2 - 7.5) * u
    factor = table.zonal[0] * inverse2
    radial = radial * factor * inverse
    polar = polar * factor
    return radial * x - polar * px, radial * y - polar * py, radial * z - polar * pz


@lean_kernel
def run_stages(w, table, n_others):
    """Evaluate the accelerations of the deviation at all stages."""
    m = load(w, COMPANION)
    own = fma(m, table.gm[1] - table.gm[0], table.gm[0])
    other = fma(m, table.gm[0] - table.gm[1], table.gm[1])
    extra = SERIES + 3 * (COMPANION_TERMS + OTHER_TERMS * n_others + FRAME_TERMS + POLE_TERMS)
    kx = broadcast(0.0)
    ky = broadcast(0.0)
    kz = broadcast(0.0)
    for i in range(STAGES):
        sx, sy, sz = stage_sum(w, K, i)
        latest = broadcast(LATEST[i])
        sx = fma(latest, kx, sx)
        sy = fma(latest, ky, sy)
        sz = fma(latest, kz, sz)
        node = min(i, NODES - 1)
        row = NODE + NODE_ROWS * node
        rooted = load(w, row + 6)
        # All relative to the conic's centre: near the companion nothing is lost to cancellation.
        x = fma(rooted, sx, load(w, row))
        y = fma(rooted, sy, load(w, row + 1))
        z = fma(rooted, sz, load(w, row + 2))
        factor = pull(own, fma(x, x, fma(y, y, z * z)))
        ax = fma(-factor, x, load(w, row + 3))
        ay = fma(-factor, y, load(w, row + 4))
        az = fma(-factor, z, load(w, row + 5))
        dx = load(w, row + 12) - x
        dy = load(w, row + 13) - y
        dz = load(w, row + 14) - z
        factor = pull(other, fma(dx, dx, fma(dy, dy, dz * dz)))
        ax = fma(factor, dx, ax)
        ay = fma(factor, dy, ay)
        az = fma(factor, dz, az)
        place = extra + 3 * (n_others + 1) * node
        for b in range(n_others):
            dx = load(w, place + 3 * b) - x
            dy = load(w, place + 3 * b + 1) - y
            dz = load(w, place + 3 * b + 2) - z
            factor = pull(table.gm[2 + b], fma(dx, dx, fma(dy, dy, dz * dz)))
            ax = fma(factor, dx, ax)
            ay = fma(factor, dy, ay)
            az = fma(factor, dz, az)
        if table.zonal_degree > 0:
            dx, dy, dz = zonal_term(w, table, x, y, z, row, place, n_others)
            ax = ax + dx
            ay = ay + dy
            az = az + dz
        weight = load(w, row + 7)
        spring = load(w, row + 8)
        kx = fma(weight, ax, spring * sx)
        ky = fma(weight, ay, spring * sy)
        kz = fma(weight, az, spring * sz)
        store(w, K + 3 * i, kx)
        store(w, K + 3 * i + 1, ky)
        store(w, K + 3 * i + 2, kz)


@lean_kernel
def zonal_term(w, table, x, y, z, row, place, n_others):
    """Zonal acceleration at a position relative to the conic's centre."""
    px = load(w, place + 3 * n_others)
    py = load(w, place + 3 * n_others + 1)
    pz = load(w, place + 3 * n_others + 2)
    body = table.zonal_body
    if body > 0:
        ex = x - load(w, place + 3 * (body - 1))
        ey = y - load(w, place + 3 * (body - 1) + 1)
        ez = z - load(w, place + 3 * (body - 1) + 2)
        return zonals(ex, ey, ez, px, py, pz, table)
    # Earth is the centre (CENTER) or the companion (0).
    m = load(w, COMPANION)
    away = m if body == CENTER else 1.0 - m
    ex = fma(-away, load(w, row + 12), x)
    ey = fma(-away, load(w, row + 13), y)
    ez = fma(-away, load(w, row + 14), z)
    return zonals(ex, ey, ez, px, py, pz, table)


@lean_kernel
def weighted(w, weights):
    """Sum over the stages."""
    sx = broadcast(0.0)
    sy = broadcast(0.0)
    sz = broadcast(0.0)
    for n in range(USED.shape[0]):
        i = USED[n]
        a = broadcast(weights[i])
        sx = fma(a, load(w, K + 3 * i), sx)
        sy = fma(a, load(w, K + 3 * i + 1), sy)
        sz = fma(a, load(w, K + 3 * i + 2), sz)
    return sx, sy, sz


@lean_kernel
def end_step(w, table, tolerance):
    """Fill the rows of the step's end; return the estimated error over the tolerance, and there the squared
    distances to the conic's centre and to the other main body."""
    anomaly = load(w, ANOMALY)
    hh = anomaly * anomaly
    mu = load(w, MU)
    radius = load(w, RADIUS)
    beta = load(w, BETA)
    u1, u2, u3 = universal(anomaly, beta)
    rho = fma(load(w, ETA), u1, fma(load(w, GAMMA), u2, radius))
    inverse = 1.0 / rho
    rate = fma(load(w, ETA), fma(-beta, u2, 1.0), load(w, GAMMA) * u1)
    rooted = root(rho)
    px, py, pz = weighted(w, B)
    vx, vy, vz = weighted(w, BP)
    scale = rooted * hh
    last = NODE + NODE_ROWS * (NODES - 1)
    x = fma(scale, px, load(w, last))
    y = fma(scale, py, load(w, last + 1))
    z = fma(scale, pz, load(w, last + 2))
    # d(delta)/dt = (sqrt(rho) w' + rho' w / (2 sqrt(rho))) / rho
    fast = rooted * anomaly * inverse
    slow = 0.5 * rate * hh * inverse / rooted
    turn = -mu * u1 * inverse / radius
    stay = fma(-mu * inverse, u2, 1.0)
    vx = fma(turn, load(w, R0), stay * load(w, V0)) + fma(fast, vx, slow * px)
    vy = fma(turn, load(w, R0 + 1), stay * load(w, V0 + 1)) + fma(fast, vy, slow * py)
    vz = fma(turn, load(w, R0 + 2), stay * load(w, V0 + 2)) + fma(fast, vz, slow * pz)
    m = load(w, COMPANION)
    dx = load(w, last + 12) - x
    dy = load(w, last + 13) - y
    dz = load(w, last + 14) - z
    d2 = dx * dx + dy * dy + dz * dz
    r2 = x * x + y * y + z * z
    x = x + load(w, last + 9)
    y = y + load(w, last + 10)
    z = z + load(w, last + 11)
    store(w, END, x)
    store(w, END + 1, y)
    store(w, END + 2, z)
    pace = 2.0 / table.cover
    ux, uy, uz = series3_rate(w, SERIES, COMPANION_TERMS, fma(load(w, DURATION), pace, load(w, ARGUMENT)))
    m = m * pace
    store(w, END + 3, fma(m, ux, vx))
    store(w, END + 4, fma(m, uy, vy))
    store(w, END + 5, fma(m, uz, vz))
    px, py, pz = weighted(w, E_POSITION)
    vx, vy, vz = weighted(w, E_VELOCITY)
    position2 = px * px + py * py + pz * pz
    velocity2 = vx * vx + vy * vy + vz * vz
    nearest = smaller(load(w, APART), root(smaller(r2, d2)))
    # The sum is NaN when anything is: maximum alone would hide it.
    error = scale * root(larger(position2, velocity2)) + 0.0 * (position2 + velocity2 + vx + r2)
    return error / (tolerance * nearest), r2, d2
