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

from typing import Final

import numpy as np

from sim.core.compile import lean_kernel
from sim.core.forces import CENTER
from sim.core.lanes_columns import begin_columns, conic_columns, stage_columns
from sim.core.lanes_gradient import add_tensor, add_zonal_tensor, store_gradient, tensor
from sim.core.lanes_rows import (
    ANOMALY,
    APART,
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
    series3_pair,
    series3_rate,
    store3,
    universal,
    universal5,
)
from sim.core.lanes_sums import stage_sum
from sim.core.lanes_table import COMPANION_TERMS, FRAME_TERMS, OTHER_TERMS, POLE_TERMS, LaneTable
from sim.core.rkn1210_step import USED
from sim.core.rkn1210_tableau import BP, E_POSITION, E_VELOCITY, STAGES, A, B, C
from sim.core.simd import (
    broadcast,
    fma,
    inverse_root,
    larger,
    load,
    pull_and_slope,
    root,
    smaller,
    store,
)

LATEST: Final = np.array([A[i, i - 1] if i > 0 else 0.0 for i in range(STAGES)])
"""Weights of the stage before, whose result is still in registers."""


@lean_kernel
def conic_node(w: Array, columns: Array | None, i: int) -> Vectors:
    """Fill the rows of the conic at a node; return time past the step's beginning and the conic's own attraction."""
    anomaly = load(w, ANOMALY)
    radius = load(w, RADIUS)
    eta = load(w, ETA)
    beta = load(w, BETA)
    mu = load(w, MU)
    gamma = load(w, GAMMA)
    s = anomaly * C[i]
    u = universal5(s, beta)
    u1, u2, u3, _, _ = u
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
    attraction = mu * (y2 * y2 * y2)
    if columns is not None:
        conic_columns(w, columns, i, s, u, t, g, y2, attraction)
    return t, attraction


@lean_kernel
def frame_node(w: Array, i: int, pull: Vector, ax: Vector, ay: Vector, az: Vector) -> None:
    """Store what acts on the deviation at a node independently of it: frame's acceleration, the conic's attraction."""
    row = NODE + NODE_ROWS * i
    store(w, row + 3, fma(pull, load(w, row), ax))
    store(w, row + 4, fma(pull, load(w, row + 1), ay))
    store(w, row + 5, fma(pull, load(w, row + 2), az))


@lean_kernel
def main_node(w: Array, i: int, m: Vector, x: Vector, y: Vector, z: Vector) -> Vectors:
    """Store where the conic's centre is, and where the other main body is relative to it; return the former."""
    row = NODE + NODE_ROWS * i
    cx = m * x
    cy = m * y
    cz = m * z
    store3(w, row + 9, cx, cy, cz)
    store3(w, row + 12, fma(-2.0, cx, x), fma(-2.0, cy, y), fma(-2.0, cz, z))
    return cx, cy, cz


@lean_kernel
def fill_nodes(w: Array, columns: Array | None, table: LaneTable, n_others: int) -> None:
    """Fill the rows that depend on the conic and on time only, at all nodes of the step."""
    if columns is not None:
        begin_columns(w, columns)
    pace = 2.0 / table.cover
    x0 = load(w, ARGUMENT)
    m = load(w, COMPANION)
    frame = SERIES + 3 * (COMPANION_TERMS + OTHER_TERMS * n_others)
    extra = frame + 3 * (FRAME_TERMS + POLE_TERMS)
    stride = 3 * (n_others + 1)
    for i in range(0, NODES, 2):
        t, attraction = conic_node(w, columns, i)
        t2, attraction2 = conic_node(w, columns, i + 1)
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
def zonals(x: Vector, y: Vector, z: Vector, px: Vector, py: Vector, pz: Vector, table: LaneTable) -> Vectors:
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
def run_stages(w: Array, table: LaneTable, n_others: int, columns: Array | None) -> None:
    """Evaluate the accelerations of the deviation at all stages, and with ``columns`` the gradients there."""
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
        factor, slope = pull_and_slope(own, fma(x, x, fma(y, y, z * z)))
        ax = fma(-factor, x, load(w, row + 3))
        ay = fma(-factor, y, load(w, row + 4))
        az = fma(-factor, z, load(w, row + 5))
        if columns is not None:
            gradient = tensor(slope, factor, x, y, z)
        dx = load(w, row + 12) - x
        dy = load(w, row + 13) - y
        dz = load(w, row + 14) - z
        factor, slope = pull_and_slope(other, fma(dx, dx, fma(dy, dy, dz * dz)))
        ax = fma(factor, dx, ax)
        ay = fma(factor, dy, ay)
        az = fma(factor, dz, az)
        if columns is not None:
            gradient = add_tensor(gradient, slope, factor, dx, dy, dz)
        place = extra + 3 * (n_others + 1) * node
        for b in range(n_others):
            dx = load(w, place + 3 * b) - x
            dy = load(w, place + 3 * b + 1) - y
            dz = load(w, place + 3 * b + 2) - z
            factor, slope = pull_and_slope(table.gm[2 + b], fma(dx, dx, fma(dy, dy, dz * dz)))
            ax = fma(factor, dx, ax)
            ay = fma(factor, dy, ay)
            az = fma(factor, dz, az)
            if columns is not None:
                gradient = add_tensor(gradient, slope, factor, dx, dy, dz)
        if table.zonal_degree > 0:
            ex, ey, ez, px, py, pz = zonal_place(w, table, x, y, z, row, place, n_others)
            dx, dy, dz = zonals(ex, ey, ez, px, py, pz, table)
            ax = ax + dx
            ay = ay + dy
            az = az + dz
            if columns is not None:
                gradient = add_zonal_tensor(gradient, ex, ey, ez, px, py, pz, table)
        weight = load(w, row + 7)
        spring = load(w, row + 8)
        kx = fma(weight, ax, spring * sx)
        ky = fma(weight, ay, spring * sy)
        kz = fma(weight, az, spring * sz)
        store(w, K + 3 * i, kx)
        store(w, K + 3 * i + 1, ky)
        store(w, K + 3 * i + 2, kz)
        if columns is not None:
            store_gradient(columns, i, gradient, weight, weight * rooted, spring)
            # Here, where the state leaves the processor waiting for its results.
            stage_columns(w, columns, i, 0)


@lean_kernel
def zonal_place(
    w: Array, table: LaneTable, x: Vector, y: Vector, z: Vector, row: int, place: int, n_others: int
) -> Vectors:
    """Position relative to Earth, from one relative to the conic's centre, and Earth's pole."""
    px = load(w, place + 3 * n_others)
    py = load(w, place + 3 * n_others + 1)
    pz = load(w, place + 3 * n_others + 2)
    body = table.zonal_body
    if body > 0:
        ex = x - load(w, place + 3 * (body - 1))
        ey = y - load(w, place + 3 * (body - 1) + 1)
        ez = z - load(w, place + 3 * (body - 1) + 2)
        return ex, ey, ez, px, py, pz
    # Earth is the centre (CENTER) or the companion (0).
    m = load(w, COMPANION)
    away = m if body == CENTER else 1.0 - m
    ex = fma(-away, load(w, row + 12), x)
    ey = fma(-away, load(w, row + 13), y)
    ez = fma(-away, load(w, row + 14), z)
    return ex, ey, ez, px, py, pz


@lean_kernel
def weighted(w: Array, weights: Array) -> Vectors:
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
def end_step(w: Array, table: LaneTable, tolerance: float) -> Vectors:
    """Fill the rows of the step's end.

    Returns the estimated error over the tolerance, and there the squared distances to the conic's centre and to the
    other main body.
    """
    anomaly = load(w, ANOMALY)
    hh = anomaly * anomaly
    mu = load(w, MU)
    radius = load(w, RADIUS)
    beta = load(w, BETA)
    u1, u2, _ = universal(anomaly, beta)
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
