"""One step of eight or sixteen (``WIDE``) low orbits in lockstep: forces, and Gauss-Jackson's corrector and predictor.

A step evaluates the whole force once, where the predictor leads. What the corrector then moves the position by changes
the attraction of the centre's point mass only (its gradient is kept, that of everything else is a thousand times
smaller); this gives the stability of two evaluations for the price of one.

Every quantity is a row of as many numbers in one array ``w``; column ``lane`` never enters another column.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.gauss_jackson import GaussJackson
from sim.core.lanes_harmonics import lane_attraction
from sim.core.lanes_rows import Vector, Vectors, store3
from sim.core.low_table import (
    AXES,
    AXES_TERMS,
    BODIES,
    BODY_TERMS,
    DIRECT,
    FRAME,
    FRAME_TERMS,
    TIDE,
    TIDE_TERMS,
    VALUES,
    LowTable,
)
from sim.core.simd import (
    at_most,
    bits,
    either,
    floor,
    fma,
    inverse_root,
    larger,
    less,
    magnitude,
    pull,
    smaller,
    store,
)
from sim.core.simd import broadcast_wide as broadcast
from sim.core.simd import load_wide as load
from sim.core.simd import splat_wide as splat
from sim.core.simd import transpose_wide as transpose
from sim.core.simd_types import BLOCK, WIDE

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

EVAL: Final = 0
"""Position at which the forces are wanted, and the time of it, s since the row's beginning."""
EVAL_TAU: Final = 3
POSITION: Final = 4
VELOCITY: Final = 7
TAU: Final = 10
"""The state after the latest step."""
SUM1: Final = 11
SUM2: Final = 14
"""First and second sums of the accelerations."""
PART: Final = 17
SPEED_PART: Final = 20
"""What past accelerations give to the corrected position and velocity of the coming step."""
STEP: Final = 23
STEP2: Final = 24
"""Length of a step (negative: backward) and its square."""
BASE: Final = 25
"""Offset of the row's beginning in the piece of the table in which it lies."""
PIECE: Final = 26
LOWEST: Final = 27
HIGHEST: Final = 28
"""Piece in use, and pieces that exist, counted from the one in which the row begins."""
ORIGIN: Final = 29
"""Piece in which the row begins."""
CLIMB: Final = 30
SQUARE: Final = 31
"""r . v and r^2 after the latest step."""
OLD_CLIMB: Final = 32
OLD_SQUARE: Final = 33
ALERT: Final = 34
"""Time at which the lane wants attention."""
GUARD: Final = 35
"""r^2 below which it does."""
STEPS: Final = 36
MISS: Final = 37
"""Largest squared distance between predicted and corrected position since the latest attention."""
COUNT: Final = 38
BEGIN: Final = 39
"""Steps since the latest start of the method, and the time of that start: times are their product, not a sum."""
COARSE: Final = 40
"""Step that the lane is to take once its start is done."""
BEND: Final = 41
OLD_BEND: Final = 42
"""v^2 + r . a after the latest step, and the one before: the derivative of r . v."""
FORCE: Final = 43
RAW: Final = 46
"""The acceleration where it was asked for; ``FORCE`` is moved to the corrected position."""
SERIES: Final = 49
HISTORY: Final = SERIES + VALUES
"""Accelerations, latest first, from a row that moves downwards."""
DEPTH: Final = 48
"""Accelerations that have room."""
EVERY: Final = (1 << WIDE) - 1
"""Bits of all lanes."""
ROWS: Final = HISTORY + 3 * DEPTH


@lean_kernel
def wanted_pieces(w: Array, table: LowTable) -> int:
    """Choose the piece of the table for every lane; return bits of the lanes where it is another one than before."""
    piece = load(w, PIECE)
    wanted = floor((load(w, BASE) + load(w, EVAL_TAU)) / table.stride)
    wanted = smaller(larger(wanted, load(w, LOWEST)), load(w, HIGHEST))
    store(w, PIECE, wanted)
    return int(bits(less(0.0, magnitude(wanted - piece))))


@lean_kernel
def load_pieces(w: Array, table: LowTable, offsets: IntArray) -> None:
    """Give every lane the piece of the table that it asks for."""
    for lane in range(WIDE):
        offsets[lane] = int(w[ORIGIN, lane] + w[PIECE, lane]) * VALUES
    for first in range(0, VALUES, BLOCK):
        transpose(table.rows, offsets, first, w, SERIES + first)


@lean_kernel
def series1(w: Array, first: int, stride: int, terms: int, x: Vector) -> Vector:
    """Sum a power series whose coefficients are ``stride`` rows apart."""
    value = load(w, first + stride * (terms - 1))
    for j in range(terms - 2, -1, -1):
        value = fma(value, x, load(w, first + stride * j))
    return value


@lean_kernel
def series3(w: Array, first: int, terms: int, x: Vector) -> Vectors:
    """Sum a power series of vectors."""
    return series1(w, first, 3, terms, x), series1(w, first + 1, 3, terms, x), series1(w, first + 2, 3, terms, x)


@lean_kernel
def figure(w: Array, table: LowTable, s: Vector, x: Vector, y: Vector, z: Vector) -> Vectors:
    """Attraction by the figure of the centre, in inertial axes."""
    a = series1(w, SERIES + AXES, 4, AXES_TERMS, s)
    b = series1(w, SERIES + AXES + 1, 4, AXES_TERMS, s)
    c = series1(w, SERIES + AXES + 2, 4, AXES_TERMS, s)
    d = series1(w, SERIES + AXES + 3, 4, AXES_TERMS, s)
    # R = I - 2 a [q] + 2 [q] [q] with the cross product [q] of q = (b, c, d), applied as cross products.
    ux = 2.0 * fma(c, z, -d * y)
    uy = 2.0 * fma(d, x, -b * z)
    uz = 2.0 * fma(b, y, -c * x)
    px, py, pz = lane_attraction(
        table.field,
        fma(-a, ux, x) + fma(c, uz, -d * uy),
        fma(-a, uy, y) + fma(d, ux, -b * uz),
        fma(-a, uz, z) + fma(b, uy, -c * ux),
    )
    ux = 2.0 * fma(c, pz, -d * py)
    uy = 2.0 * fma(d, px, -b * pz)
    uz = 2.0 * fma(b, py, -c * px)
    return (
        fma(a, ux, px) + fma(c, uz, -d * uy),
        fma(a, uy, py) + fma(d, ux, -b * uz),
        fma(a, uz, pz) + fma(b, uy, -c * ux),
    )


@lean_kernel
def far_bodies(w: Array, table: LowTable, s: Vector, x: Vector, y: Vector, z: Vector) -> Vectors:
    """Point masses, fall of the frame, and tides of the others."""
    ax, ay, az = series3(w, SERIES + FRAME, FRAME_TERMS, s)
    for b in range(DIRECT):
        if table.gm_direct[b] > 0.0:
            dx, dy, dz = series3(w, SERIES + BODIES + 3 * BODY_TERMS * b, BODY_TERMS, s)
            dx = dx - x
            dy = dy - y
            dz = dz - z
            factor = pull(table.gm_direct[b], fma(dx, dx, fma(dy, dy, dz * dz)))
            ax = fma(factor, dx, ax)
            ay = fma(factor, dy, ay)
            az = fma(factor, dz, az)
    xx = series1(w, SERIES + TIDE, 5, TIDE_TERMS, s)
    xy = series1(w, SERIES + TIDE + 1, 5, TIDE_TERMS, s)
    xz = series1(w, SERIES + TIDE + 2, 5, TIDE_TERMS, s)
    yy = series1(w, SERIES + TIDE + 3, 5, TIDE_TERMS, s)
    yz = series1(w, SERIES + TIDE + 4, 5, TIDE_TERMS, s)
    ax = fma(xx, x, fma(xy, y, fma(xz, z, ax)))
    ay = fma(xy, x, fma(yy, y, fma(yz, z, ay)))
    az = fma(xz, x, fma(yz, y, fma(-xx - yy, z, az)))
    return ax, ay, az


@lean_kernel
def evaluate(w: Array, table: LowTable) -> None:
    """Evaluate the forces where every lane wants them."""
    x = load(w, EVAL)
    y = load(w, EVAL + 1)
    z = load(w, EVAL + 2)
    offset = fma(-load(w, PIECE), table.stride, load(w, BASE) + load(w, EVAL_TAU))
    s = fma(offset, 2.0 / table.stride, -1.0)
    ax, ay, az = far_bodies(w, table, s, x, y, z)
    if table.field.degree > 0:
        fx, fy, fz = figure(w, table, s, x, y, z)
        ax = ax + fx
        ay = ay + fy
        az = az + fz
    factor = pull(table.gm, fma(x, x, fma(y, y, z * z)))
    ax = fma(-factor, x, ax)
    ay = fma(-factor, y, ay)
    az = fma(-factor, z, az)
    store3(w, FORCE, ax, ay, az)
    store3(w, RAW, ax, ay, az)


@lean_kernel
def correct(w: Array, table: LowTable, method: GaussJackson) -> None:
    """Correct the predicted position; add the acceleration there to the sums; put it into ``FORCE``."""
    fx = load(w, FORCE)
    fy = load(w, FORCE + 1)
    fz = load(w, FORCE + 2)
    h2 = load(w, STEP2)
    weight = splat(method.corrector, 0)
    x = h2 * (load(w, SUM2) + fma(weight, fx, load(w, PART)))
    y = h2 * (load(w, SUM2 + 1) + fma(weight, fy, load(w, PART + 1)))
    z = h2 * (load(w, SUM2 + 2) + fma(weight, fz, load(w, PART + 2)))
    dx = x - load(w, EVAL)
    dy = y - load(w, EVAL + 1)
    dz = z - load(w, EVAL + 2)
    store(w, MISS, larger(load(w, MISS), fma(dx, dx, fma(dy, dy, dz * dz))))
    inverse = inverse_root(fma(x, x, fma(y, y, z * z)))
    inverse2 = inverse * inverse
    factor = table.gm * inverse2 * inverse
    along = 3.0 * inverse2 * fma(x, dx, fma(y, dy, z * dz))
    dx = factor * fma(along, x, -dx)
    dy = factor * fma(along, y, -dy)
    dz = factor * fma(along, z, -dz)
    store3(w, FORCE, fx + dx, fy + dy, fz + dz)
    weight = weight * h2
    store3(w, POSITION, fma(weight, dx, x), fma(weight, dy, y), fma(weight, dz, z))
    for c in range(3):
        total = load(w, SUM1 + c) + load(w, FORCE + c)
        store(w, SUM1 + c, total)
        store(w, SUM2 + c, load(w, SUM2 + c) + total)


@lean_kernel
def predict(w: Array, method: GaussJackson, base: int) -> None:
    """Predict the position after the next step, and prepare what its corrector takes from the past."""
    count = method.predictor.shape[0]
    weight = splat(method.predictor, count - 1)
    row = base + 3 * (count - 1)
    ax = weight * load(w, row)
    ay = weight * load(w, row + 1)
    az = weight * load(w, row + 2)
    px = broadcast(0.0)
    py = broadcast(0.0)
    pz = broadcast(0.0)
    sx = broadcast(0.0)
    sy = broadcast(0.0)
    sz = broadcast(0.0)
    for j in range(count - 1):
        fx = load(w, base + 3 * j)
        fy = load(w, base + 3 * j + 1)
        fz = load(w, base + 3 * j + 2)
        weight = splat(method.predictor, j)
        ax = fma(weight, fx, ax)
        ay = fma(weight, fy, ay)
        az = fma(weight, fz, az)
        weight = splat(method.corrector, j + 1)
        px = fma(weight, fx, px)
        py = fma(weight, fy, py)
        pz = fma(weight, fz, pz)
        weight = splat(method.velocity, j + 1)
        sx = fma(weight, fx, sx)
        sy = fma(weight, fy, sy)
        sz = fma(weight, fz, sz)
    h2 = load(w, STEP2)
    store3(w, PART, px, py, pz)
    store3(w, SPEED_PART, sx, sy, sz)
    store3(
        w, EVAL, h2 * (load(w, SUM2) + ax), h2 * (load(w, SUM2 + 1) + ay), h2 * (load(w, SUM2 + 2) + az)
    )


@lean_kernel
def advance(w: Array, table: LowTable, method: GaussJackson, base: int) -> int:
    """Make a step in all lanes; return bits of those that want attention. ``base``: row for the new acceleration."""
    correct(w, table, method)
    h = load(w, STEP)
    weight = splat(method.velocity, 0)
    climb = broadcast(0.0)
    square = broadcast(0.0)
    bend = broadcast(0.0)
    for c in range(3):
        f = load(w, FORCE + c)
        store(w, base + c, f)
        v = h * (load(w, SUM1 + c) + fma(weight, f, load(w, SPEED_PART + c)))
        store(w, VELOCITY + c, v)
        x = load(w, POSITION + c)
        climb = fma(x, v, climb)
        square = fma(x, x, square)
        bend = fma(v, v, fma(x, f, bend))
    old = load(w, CLIMB)
    store(w, OLD_CLIMB, old)
    store(w, OLD_SQUARE, load(w, SQUARE))
    store(w, OLD_BEND, load(w, BEND))
    store(w, BEND, bend)
    store(w, CLIMB, climb)
    store(w, SQUARE, square)
    tau = load(w, EVAL_TAU)
    store(w, TAU, tau)
    store(w, STEPS, load(w, STEPS) + 1.0)
    count = load(w, COUNT) + 1.0
    store(w, COUNT, count)
    predict(w, method, base)
    store(w, EVAL_TAU, fma(count + 1.0, h, load(w, BEGIN)))
    late = at_most(0.0, (tau - load(w, ALERT)) * h)
    turned = less(old * climb, 0.0)
    # A state that is not finite is not above the guard either.
    low = less(load(w, GUARD), square)
    return int(bits(either(late, turned)) | (bits(low) ^ EVERY))
