"""Variational equations in lanes: the transition matrix of each step, and of the row from its beginning on.

At fixed time a column y of the matrix obeys y'' = G y, with the gradient G of the acceleration along the trajectory. As
the state does, it follows the conic of the step as far as that goes: the transition matrix of a conic is an elementary
function of the anomaly s (Goodyear 1965; Battin 1999, sec. 9.7), and only the deviation is integrated, by the same
stages. With y = y_conic + sqrt(rho) u and dt = rho ds, where rho is that of the step's own conic and does not vary with
the initial state::

    u'' = rho^2 G u + (mu / rho + alpha / 4 - 3 h^2 / (4 rho^2)) u + rho^(3/2) (G - G_conic) y_conic

Columns are therefore derivatives at fixed time throughout, although s steps the integration. G is symmetric, does not
depend on the column, and is left by the stages of the state.
"""

from __future__ import annotations

from sim.core.compile import lean_kernel
from sim.core.lanes_gradient import (
    COLUMN_K,
    CONIC,
    CONIC_ROWS,
    CURVATURE,
    GRADIENT,
    GRADIENT_ROWS,
    MATRIX,
    STEP_MATRIX,
    store_conic_gradient,
    tensor,
)
from sim.core.lanes_rows import (
    ANOMALY,
    BETA,
    DURATION,
    ETA,
    GAMMA,
    MU,
    NODE,
    NODE_ROWS,
    NODES,
    R0,
    RADIUS,
    SLOPE,
    V0,
    Array,
    Mask,
    Vector,
    Vectors,
    universal,
    universal5,
)
from sim.core.lanes_sums import stage_sum9
from sim.core.rkn1210_step import USED
from sim.core.rkn1210_tableau import BP, STAGES, B
from sim.core.simd import broadcast, fma, inverse_root, load, select, store


@lean_kernel
def conic_columns(
    w: Array, columns: Array, i: int, s: Vector, u: Vectors, t: Vector, g: Vector, inverse: Vector, pull: Vector
) -> None:
    """Fill the rows of the conic's transition matrix and gradient at a node.

    Battin's equations 9.84 and 9.85, with all vectors written in terms of r0 and v0. ``u``: U1 to U5 at ``s``; ``t``:
    time past the step's beginning; ``g``: Lagrange's; ``inverse``: of the distance; ``pull``: mu times its cube.
    """
    u1, u2, _, u4, u5 = u
    radius = load(w, RADIUS)
    mu = load(w, MU)
    slope = load(w, SLOPE)
    lost = slope * u2
    f_rate = -slope * inverse * u1
    delay = fma(mu, fma(3.0, u5, -(s * u4)), -(t * u2))
    shared = -f_rate * u2
    square = mu * inverse * u2 * u2
    early = fma(delay, f_rate, -(u2 * lost))
    late = fma(delay, fma(-mu * inverse, u2, 1.0), u2 * g)
    curvature = load(columns, CURVATURE)
    row = CONIC + CONIC_ROWS * i
    store(columns, row, 1.0 - lost)
    store(columns, row + 1, curvature * (fma(radius * inverse * u1, u1, u2) + early))
    store(columns, row + 2, shared)
    store(columns, row + 3, fma(curvature, late, shared))
    store(columns, row + 4, square)
    store(columns, row + 5, g)
    store(columns, row + 6, shared)
    store(columns, row + 7, early)
    store(columns, row + 8, square)
    store(columns, row + 9, late)
    place = NODE + NODE_ROWS * i
    own = tensor(3.0 * pull * (inverse * inverse), pull, load(w, place), load(w, place + 1), load(w, place + 2))
    store_conic_gradient(columns, i, own)
    if i == NODES - 1:
        store_conic_gradient(columns, i + 1, own)


@lean_kernel
def begin_columns(w: Array, columns: Array) -> None:
    """Fill what all nodes of a step share."""
    inverse = 1.0 / load(w, RADIUS)
    store(columns, CURVATURE, load(w, SLOPE) * (inverse * inverse))


@lean_kernel
def stage_columns(w: Array, columns: Array, i: int, kind: int) -> None:
    """Evaluate a stage of three columns (by initial position: 0, by initial velocity: 1)."""
    s = stage_sum9(columns, COLUMN_K, i)
    row = CONIC + CONIC_ROWS * min(i, NODES - 1) + 5 * kind
    f = load(columns, row)
    f00 = load(columns, row + 1)
    f01 = load(columns, row + 2)
    f10 = load(columns, row + 3)
    f11 = load(columns, row + 4)
    rx = load(w, R0)
    ry = load(w, R0 + 1)
    rz = load(w, R0 + 2)
    vx = load(w, V0)
    vy = load(w, V0 + 1)
    vz = load(w, V0 + 2)
    p = fma(f00, rx, f01 * vx)
    q = fma(f10, rx, f11 * vx)
    x = fma(rx, p, fma(vx, q, f))
    column(columns, i, 0, s[0], s[1], s[2], x, fma(ry, p, vy * q), fma(rz, p, vz * q))
    p = fma(f00, ry, f01 * vy)
    q = fma(f10, ry, f11 * vy)
    y = fma(ry, p, fma(vy, q, f))
    column(columns, i, 3, s[3], s[4], s[5], fma(rx, p, vx * q), y, fma(rz, p, vz * q))
    p = fma(f00, rz, f01 * vz)
    q = fma(f10, rz, f11 * vz)
    z = fma(rz, p, fma(vz, q, f))
    column(columns, i, 6, s[6], s[7], s[8], fma(rx, p, vx * q), fma(ry, p, vy * q), z)


@lean_kernel
def column(
    columns: Array, i: int, first: int, sx: Vector, sy: Vector, sz: Vector, x: Vector, y: Vector, z: Vector
) -> None:
    """Store the acceleration of a column at a stage, from the sum of its deviation and from the conic's column."""
    row = GRADIENT + GRADIENT_ROWS * i
    xx = load(columns, row)
    xy = load(columns, row + 1)
    xz = load(columns, row + 2)
    yy = load(columns, row + 3)
    yz = load(columns, row + 4)
    zz = load(columns, row + 5)
    kx = fma(xx, sx, fma(xy, sy, xz * sz))
    ky = fma(xy, sx, fma(yy, sy, yz * sz))
    kz = fma(xz, sx, fma(yz, sy, zz * sz))
    xx = load(columns, row + 6)
    xy = load(columns, row + 7)
    xz = load(columns, row + 8)
    yy = load(columns, row + 9)
    yz = load(columns, row + 10)
    zz = load(columns, row + 11)
    kx = kx + fma(xx, x, fma(xy, y, xz * z))
    ky = ky + fma(xy, x, fma(yy, y, yz * z))
    kz = kz + fma(xz, x, fma(yz, y, zz * z))
    place = COLUMN_K + 9 * i + first
    store(columns, place, kx)
    store(columns, place + 1, ky)
    store(columns, place + 2, kz)


@lean_kernel
def summed(columns: Array, first: int) -> Vectors:
    """Sum a column over the stages, for position and for velocity."""
    px = broadcast(0.0)
    py = broadcast(0.0)
    pz = broadcast(0.0)
    vx = broadcast(0.0)
    vy = broadcast(0.0)
    vz = broadcast(0.0)
    for n in range(USED.shape[0]):
        i = USED[n]
        x = load(columns, COLUMN_K + 9 * i + first)
        y = load(columns, COLUMN_K + 9 * i + first + 1)
        z = load(columns, COLUMN_K + 9 * i + first + 2)
        weight = broadcast(B[i])
        px = fma(weight, x, px)
        py = fma(weight, y, py)
        pz = fma(weight, z, pz)
        weight = broadcast(BP[i])
        vx = fma(weight, x, vx)
        vy = fma(weight, y, vy)
        vz = fma(weight, z, vz)
    return px, py, pz, vx, vy, vz


@lean_kernel
def conic_end(w: Array, columns: Array) -> None:
    """Fill the rows of the conic's transition matrix for the velocity at the step's end.

    Battin's equations 9.86 and 9.87, with all vectors written in terms of r0 and v0.
    """
    s = load(w, ANOMALY)
    radius = load(w, RADIUS)
    eta = load(w, ETA)
    beta = load(w, BETA)
    mu = load(w, MU)
    gamma = load(w, GAMMA)
    slope = load(w, SLOPE)
    t = load(w, DURATION)
    u1, u2, u3, u4, u5 = universal5(s, beta)
    rho = fma(eta, u1, fma(gamma, u2, radius))
    rate = fma(eta, fma(-beta, u2, 1.0), gamma * u1)
    inverse = 1.0 / rho
    inverse2 = inverse * inverse
    f = fma(-slope, u2, 1.0)
    g = fma(-mu, u3, t)
    # v = a r0 + (1 + b) v0, r = f r0 + g v0
    a = -slope * inverse * u1
    b = -mu * inverse * u2
    g_rate = 1.0 + b
    delay = mu * fma(mu, fma(3.0, u5, -(s * u4)), -(t * u2))
    third = mu * inverse2 * inverse
    k = a * inverse / mu
    left = fma(k, fma(rate, f, -(rho * rho * a)), -(inverse2 * f))
    right = fma(k, fma(rate, g, -(rho * rho * g_rate)), -(inverse2 * g))
    turn = a * inverse2
    inverse0 = 1.0 / radius
    square0 = inverse0 * inverse0
    lag = fma(turn, f, third * delay * (square0 * inverse0))
    late = delay * (inverse2 * inverse)
    scale = radius / mu
    row = CONIC + CONIC_ROWS * NODES
    store(columns, row, a)
    store(columns, row + 1, fma(left, a, -(a * square0)) - f * lag)
    store(columns, row + 2, fma(left, b, -(turn * f * g)))
    store(columns, row + 3, fma(right, a, -(b * square0)) - g * lag)
    store(columns, row + 4, fma(right, b, -(turn * g * g)))
    store(columns, row + 5, g_rate)
    store(columns, row + 6, fma(scale * a, a, third * u2 * f))
    store(columns, row + 7, fma(scale * a, b, -(late * f)))
    store(columns, row + 8, fma(scale * a, b, third * u2 * g))
    store(columns, row + 9, fma(scale * b, b, -(late * g)))


@lean_kernel
def end_columns(w: Array, columns: Array, kind: int) -> None:
    """Write three columns of the step's matrix."""
    s = load(w, ANOMALY)
    u1, u2, _ = universal(s, load(w, BETA))
    rho = fma(load(w, ETA), u1, fma(load(w, GAMMA), u2, load(w, RADIUS)))
    rate = fma(load(w, ETA), fma(-load(w, BETA), u2, 1.0), load(w, GAMMA) * u1)
    y = inverse_root(rho)
    hh = s * s
    scale = rho * y * hh
    fast = y * s
    slow = 0.5 * rate * hh * (y * y * y)
    node = CONIC + CONIC_ROWS * (NODES - 1) + 5 * kind
    end = CONIC + CONIC_ROWS * NODES + 5 * kind
    for j in range(3):
        px, py, pz, vx, vy, vz = summed(columns, 3 * j)
        r = load(w, R0 + j)
        v = load(w, V0 + j)
        p = fma(load(columns, node + 1), r, load(columns, node + 2) * v)
        q = fma(load(columns, node + 3), r, load(columns, node + 4) * v)
        place = STEP_MATRIX + 3 * kind + j
        store(columns, place, combined(w, 0, p, q, scale * px))
        store(columns, place + 6, combined(w, 1, p, q, scale * py))
        store(columns, place + 12, combined(w, 2, p, q, scale * pz))
        p = fma(load(columns, end + 1), r, load(columns, end + 2) * v)
        q = fma(load(columns, end + 3), r, load(columns, end + 4) * v)
        store(columns, place + 18, combined(w, 0, p, q, fma(fast, vx, slow * px)))
        store(columns, place + 24, combined(w, 1, p, q, fma(fast, vy, slow * py)))
        store(columns, place + 30, combined(w, 2, p, q, fma(fast, vz, slow * pz)))
        store(columns, place + 6 * j, load(columns, place + 6 * j) + load(columns, node))
        place = place + 18 + 6 * j
        store(columns, place, load(columns, place) + load(columns, end))


@lean_kernel
def combined(w: Array, axis: int, p: Vector, q: Vector, rest: Vector) -> Vector:
    """Component of p r0 + q v0 + rest."""
    return fma(load(w, R0 + axis), p, fma(load(w, V0 + axis), q, rest))


@lean_kernel
def step_columns(w: Array, columns: Array) -> None:
    """Write the step's matrix, after the stages of the state, which did the first three columns."""
    conic_end(w, columns)
    end_columns(w, columns, 0)
    for i in range(STAGES):
        stage_columns(w, columns, i, 1)
    end_columns(w, columns, 1)


@lean_kernel
def chain(columns: Array, good: Mask) -> None:
    """Multiply the row's matrix by the step's, where the step is good."""
    for j in range(6):
        a = load(columns, MATRIX + j)
        b = load(columns, MATRIX + 6 + j)
        c = load(columns, MATRIX + 12 + j)
        d = load(columns, MATRIX + 18 + j)
        e = load(columns, MATRIX + 24 + j)
        f = load(columns, MATRIX + 30 + j)
        for i in range(6):
            row = STEP_MATRIX + 6 * i
            total = fma(load(columns, row), a, load(columns, row + 1) * b)
            total = fma(load(columns, row + 2), c, fma(load(columns, row + 3), d, total))
            total = fma(load(columns, row + 4), e, fma(load(columns, row + 5), f, total))
            place = MATRIX + 6 * i + j
            store(columns, place, select(good, total, load(columns, place)))


@lean_kernel
def begin_matrix(columns: Array, lane: int) -> None:
    """Give a lane the unit matrix."""
    for i in range(36):
        columns[MATRIX + i, lane] = 0.0
    for i in range(6):
        columns[MATRIX + 7 * i, lane] = 1.0


@lean_kernel
def get_matrix(columns: Array, lane: int, matrix: Array) -> None:
    """Read the matrix (6, 6) of a lane."""
    for i in range(6):
        for j in range(6):
            matrix[i, j] = columns[MATRIX + 6 * i + j, lane]
