"""Events as functions of the place in a step, eight places at a time.

Every event is a zero of a smooth function g with a known rate. All quantities are relative to the body of the event;
its place comes from the same series as the forces, so that the event belongs to the same world as the trajectory.
Apparent places (light time, aberration) are left out: shadows and elevations are geometric.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.lanes_dense import MAIN, PACE, PLACE, PLACE_ROWS, WHEN
from sim.core.lanes_rows import (
    ANOMALY,
    ARGUMENT,
    COMPANION,
    ORIGIN,
    PIECE,
    SERIES,
    Array,
    Vector,
    Vectors,
    series3,
    series3_curve,
    series3_rate,
    universal,
)
from sim.core.lanes_table import COMPANION_TERMS, OTHER_TERMS
from sim.core.simd import (
    LANES,
    floor,
    fma,
    inverse_root,
    larger,
    less,
    load,
    magnitude,
    select,
    transpose,
    with_sign_of,
)

IntArray = npt.NDArray[np.int64]

RANGE: Final = 0
"""Square of the distance less the square of ``value``, km2."""
APSIS: Final = 1
"""Distance times range rate, with the sign turned in the direction of integration, km2/s."""
PLANE: Final = 2
"""Distance from a plane through the body: along ``vector``, or along the pole of ``axes``, km."""
SHADOW: Final = 3
"""Separation of the Sun's and the body's disks; ``value`` is the body's radius, ``umbra`` +1 (penumbra) or -1."""
ELEVATION: Final = 4
"""Sine of the elevation over the horizon of a site less ``value``; ``vector`` holds site and zenith, body-fixed."""

NO_AXES: Final = -1
AXES_TERMS: Final = 6
AXES_ROWS: Final = 64
"""Series of the slow part of a rotation (3 x 3, column by column, powers outside), the angle at the beginning of the
piece, the small turn from body-fixed axes to those that spin (polar motion), zeros up to a multiple of eight."""
# Rows of the second array of the lanes, after those of a place.
FRESH: Final = PLACE_ROWS
"""1 where the functions at the beginning of the step are not known yet."""
CALM: Final = FRESH + 1
"""1 where nothing can happen in the step."""
AXES: Final = CALM + 1
"""Rotations in use; then the events."""


# Columns of a Watch.
KIND: Final = 0
BODY: Final = 1
"""Index of the body as the lanes count it, or ``CENTER``."""
TURN: Final = 2
"""Which of the rotations is meant, or ``NO_AXES``."""
STATUS: Final = 3
"""Status of a row that ends at the event; 0 where it is recorded only."""
SUN: Final = 4
"""Index of the Sun as the lanes count it (``SHADOW``)."""
VALUE: Final = 0
VECTOR: Final = 1
UMBRA: Final = 7
SIGN: Final = 8
"""+1: g falls through zero in the direction of integration, -1: it rises, 0: either."""
RESOLUTION: Final = 9
"""Values of g below this are noise."""
SUN_RADIUS: Final = 10
SPIN: Final = 11
"""Rate of the body's rotation, rad/s (``ELEVATION``)."""


class Watch(NamedTuple):
    """Events to look for; E of them.

    Attributes
    ----------
    codes : numpy.ndarray (E, 5) int64
        ``KIND``, ``BODY``, ``TURN``, ``STATUS``, ``SUN``.
    numbers : numpy.ndarray (E, 12)
        ``VALUE``, ``VECTOR`` (six), ``UMBRA``, ``SIGN``, ``RESOLUTION``, ``SUN_RADIUS``, ``SPIN``.
    spheres : numpy.ndarray (2,)
        Radii about centre and companion outside of which nothing happens; infinite when that cannot be said.
    turns : numpy.ndarray (P, A, AXES_ROWS)
        Rotations of bodies, on the pieces of the lanes' table.
    """

    codes: IntArray
    numbers: Array
    spheres: Array
    turns: Array


@lean_kernel
def load_axes(w: Array, v: Array, watch: Watch, offsets: IntArray) -> None:
    """Give every lane the rotations of the piece of the table that it is in."""
    count = watch.turns.shape[1] * AXES_ROWS
    if count == 0:
        return
    for lane in range(LANES):
        offsets[lane] = int(w[ORIGIN, lane] + w[PIECE, lane]) * count
    for first in range(0, count, LANES):
        transpose(watch.turns, offsets, first, v, AXES + first)


@lean_kernel
def relative(w: Array, v: Array, body: int, cover: float, rate: int) -> Vectors:
    """Position (rate 0), velocity (1) or acceleration (2) of the place relative to a body."""
    x = load(v, PLACE + 3 * rate)
    y = load(v, PLACE + 3 * rate + 1)
    z = load(v, PLACE + 3 * rate + 2)
    m = load(w, COMPANION)
    if body == 0:
        m = m - 1.0
    x = fma(m, load(v, MAIN + 3 * rate), x)
    y = fma(m, load(v, MAIN + 3 * rate + 1), y)
    z = fma(m, load(v, MAIN + 3 * rate + 2), z)
    if body > 0:
        pace = 2.0 / cover
        argument = fma(load(v, WHEN), pace, load(w, ARGUMENT))
        first = SERIES + 3 * (COMPANION_TERMS + OTHER_TERMS * (body - 1))
        scale = 1.0
        if rate == 0:
            bx, by, bz = series3(w, first, OTHER_TERMS, argument)
        elif rate == 1:
            bx, by, bz = series3_rate(w, first, OTHER_TERMS, argument)
            scale = pace
        else:
            bx, by, bz = series3_curve(w, first, OTHER_TERMS, argument)
            scale = pace * pace
        x = fma(-scale, bx, x)
        y = fma(-scale, by, y)
        z = fma(-scale, bz, z)
    return x, y, z


@lean_kernel
def dot3(ax: Vector, ay: Vector, az: Vector, bx: Vector, by: Vector, bz: Vector) -> Vector:
    """Scalar product."""
    return fma(ax, bx, fma(ay, by, az * bz))


@lean_kernel
def event_value(w: Array, v: Array, cover: float, codes: IntArray, numbers: Array, which: int) -> tuple[Vector, Vector]:
    """Value of an event function and its derivative by the part of the step gone."""
    body = codes[which, BODY]
    kind = codes[which, KIND]
    x, y, z = relative(w, v, body, cover, 0)
    vx, vy, vz = relative(w, v, body, cover, 1)
    if kind == RANGE:
        g = dot3(x, y, z, x, y, z) - numbers[which, VALUE] * numbers[which, VALUE]
        rate = 2.0 * dot3(x, y, z, vx, vy, vz)
    elif kind == APSIS:
        ax, ay, az = relative(w, v, body, cover, 2)
        ways = -with_sign_of(1.0, load(w, ANOMALY))
        g = ways * dot3(x, y, z, vx, vy, vz)
        rate = ways * (dot3(vx, vy, vz, vx, vy, vz) + dot3(x, y, z, ax, ay, az))
    elif kind == PLANE:
        nx, ny, nz = normal(w, v, cover, codes, numbers, which)
        g = dot3(nx, ny, nz, x, y, z)
        rate = dot3(nx, ny, nz, vx, vy, vz)
    elif kind == SHADOW:
        g, rate = shadow(w, v, cover, codes, numbers, which, x, y, z, vx, vy, vz)
    else:
        g, rate = elevation(w, v, cover, codes, numbers, which, x, y, z, vx, vy, vz)
    return g, rate * load(v, PACE)


@lean_kernel
def normal(w: Array, v: Array, cover: float, codes: IntArray, numbers: Array, which: int) -> Vectors:
    """Return the normal of a plane: constant, or the pole of a rotation."""
    zero = 0.0 * load(v, WHEN)
    if codes[which, TURN] == NO_AXES:
        return numbers[which, VECTOR] + zero, numbers[which, VECTOR + 1] + zero, numbers[which, VECTOR + 2] + zero
    return slow_column(w, v, cover, codes[which, TURN], 2)


@lean_kernel
def slow_column(w: Array, v: Array, cover: float, axes: int, column: int) -> Vectors:
    """Column of the slow part of a rotation."""
    x = fma(load(v, WHEN), 2.0 / cover, load(w, ARGUMENT))
    first = AXES + AXES_ROWS * axes + 3 * column
    row = first + 9 * (AXES_TERMS - 1)
    a = load(v, row)
    b = load(v, row + 1)
    c = load(v, row + 2)
    for j in range(AXES_TERMS - 2, -1, -1):
        row = first + 9 * j
        a = fma(a, x, load(v, row))
        b = fma(b, x, load(v, row + 1))
        c = fma(c, x, load(v, row + 2))
    return a, b, c


@lean_kernel
def shadow(
    w: Array, v: Array, cover: float, codes: IntArray, numbers: Array, which: int,
    x: Vector, y: Vector, z: Vector, vx: Vector, vy: Vector, vz: Vector,
) -> tuple[Vector, Vector]:
    """Contact of the Sun's disk with that of a body, positive in more light.

    With the separation c of the centres and p = b + a (outer contact, penumbra) or b - a (inner contact, umbra) of the
    radii b of the body and a of the Sun: (1 - cos c) - sign(p) (1 - cos p). It has no kink on the axis of the shadow.
    """
    sx, sy, sz = relative(w, v, codes[which, SUN], cover, 0)
    ux, uy, uz = relative(w, v, codes[which, SUN], cover, 1)
    # Directions to Sun and body are the negatives of both; the product is the same.
    ys = inverse_root(dot3(sx, sy, sz, sx, sy, sz))
    ground = numbers[which, VALUE] * numbers[which, VALUE]
    square = dot3(x, y, z, x, y, z)
    yq = inverse_root(larger(square, ground))
    pull_s = dot3(sx, sy, sz, ux, uy, uz) * ys * ys
    # Below the ground the disk fills half of the sky, however far down.
    pull_q = select(less(ground, square), dot3(x, y, z, vx, vy, vz) * yq * yq, 0.0)
    product = ys * yq
    cosine = dot3(sx, sy, sz, x, y, z) * product
    turning = (dot3(ux, uy, uz, x, y, z) + dot3(sx, sy, sz, vx, vy, vz)) * product - cosine * (pull_s + pull_q)
    sine_a = numbers[which, SUN_RADIUS] * ys
    sine_b = numbers[which, VALUE] * yq
    square_a = fma(-sine_a, sine_a, 1.0)
    square_b = larger(fma(-sine_b, sine_b, 1.0), 1e-12)
    secant_a = inverse_root(square_a)
    secant_b = inverse_root(square_b)
    cosine_a = square_a * secant_a
    cosine_b = square_b * secant_b
    kind = numbers[which, UMBRA]
    cosine_p = fma(cosine_a, cosine_b, -kind * sine_a * sine_b)
    sine_p = fma(sine_b, cosine_a, kind * sine_a * cosine_b)
    rate_p = -(sine_b * secant_b) * pull_q - kind * (sine_a * secant_a) * pull_s
    # 1 - cos p without cancellation
    whole = select(less(0.0, cosine_p), sine_p * sine_p / (1.0 + magnitude(cosine_p)), 1.0 - cosine_p)
    sign = with_sign_of(1.0 + 0.0 * sine_p, sine_p)
    return (1.0 - cosine) - sign * whole, -turning - magnitude(sine_p) * rate_p


@lean_kernel
def elevation(
    w: Array, v: Array, cover: float, codes: IntArray, numbers: Array, which: int,
    x: Vector, y: Vector, z: Vector, vx: Vector, vy: Vector, vz: Vector,
) -> tuple[Vector, Vector]:
    """Sine of the elevation seen from a site, less the wanted one."""
    axes = codes[which, TURN]
    angle = spin_angle(w, v, cover, numbers, which, axes)
    quarter = (angle - 6.283185307179586 * floor(fma(angle, 0.15915494309189535, 0.5))) * 0.25
    sine, versine, _ = universal(quarter, 1.0 + 0.0 * quarter)
    cosine = 1.0 - versine
    for _ in range(2):
        double = 2.0 * sine * cosine
        cosine = fma(-2.0 * sine, sine, 1.0)
        sine = double
    ax, ay, az = slow_column(w, v, cover, axes, 0)
    bx, by, bz = slow_column(w, v, cover, axes, 1)
    # First and second axis of the body, turned.
    ex = fma(cosine, ax, sine * bx)
    ey = fma(cosine, ay, sine * by)
    ez = fma(cosine, az, sine * bz)
    fx = fma(cosine, bx, -sine * ax)
    fy = fma(cosine, by, -sine * ay)
    fz = fma(cosine, bz, -sine * az)
    nx, ny, nz = slow_column(w, v, cover, axes, 2)
    spin = numbers[which, SPIN]
    a, b, c = turned(v, codes, numbers, which, 0)
    x = x - fma(a, ex, fma(b, fx, c * nx))
    y = y - fma(a, ey, fma(b, fy, c * ny))
    z = z - fma(a, ez, fma(b, fz, c * nz))
    vx = vx - spin * (a * fx - b * ex)
    vy = vy - spin * (a * fy - b * ey)
    vz = vz - spin * (a * fz - b * ez)
    a, b, c = turned(v, codes, numbers, which, 3)
    zx = fma(a, ex, fma(b, fx, c * nx))
    zy = fma(a, ey, fma(b, fy, c * ny))
    zz = fma(a, ez, fma(b, fz, c * nz))
    tx = spin * (a * fx - b * ex)
    ty = spin * (a * fy - b * ey)
    tz = spin * (a * fz - b * ez)
    inverse = inverse_root(dot3(x, y, z, x, y, z))
    sine = dot3(x, y, z, zx, zy, zz) * inverse
    rate = dot3(vx, vy, vz, zx, zy, zz) + dot3(x, y, z, tx, ty, tz)
    rate = rate * inverse - sine * dot3(x, y, z, vx, vy, vz) * inverse * inverse
    return sine - numbers[which, VALUE], rate


@lean_kernel
def turned(v: Array, codes: IntArray, numbers: Array, which: int, first: int) -> Vectors:
    """Site or zenith in the axes that spin."""
    row = AXES + AXES_ROWS * codes[which, TURN] + 9 * AXES_TERMS + 1
    tx = load(v, row)
    ty = load(v, row + 1)
    tz = load(v, row + 2)
    a = numbers[which, VECTOR + first]
    b = numbers[which, VECTOR + first + 1]
    c = numbers[which, VECTOR + first + 2]
    return a + (ty * c - tz * b), b + (tz * a - tx * c), c + (tx * b - ty * a)


@lean_kernel
def spin_angle(w: Array, v: Array, cover: float, numbers: Array, which: int, axes: int) -> Vector:
    """Angle of a rotation, rad."""
    x = fma(load(v, WHEN), 2.0 / cover, load(w, ARGUMENT))
    past = (x + 1.0) * (0.5 * cover)
    return fma(past, numbers[which, SPIN], load(v, AXES + AXES_ROWS * axes + 9 * AXES_TERMS))
