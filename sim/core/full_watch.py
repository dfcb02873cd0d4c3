"""Events as functions of time and state, one state at a time: what flights under the full force model look for.

The functions are those of :mod:`sim.core.lanes_events`, with the same signs and thresholds; bodies come from the
model's own Chebyshev tables, the axes of Earth and Moon from tables of the same pieces.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.body_axes import EARTH_SPIN, earth_axes, locate, moon_axes
from sim.core.chebyshev import clenshaw, clenshaw_curve, clenshaw_derivative
from sim.core.compile import kernel, lean_kernel
from sim.core.full_forces import CENTER, FullForces
from sim.core.lanes_events import (
    APSIS,
    BODY,
    KIND,
    NO_AXES,
    PLANE,
    RANGE,
    SHADOW,
    SUN,
    SUN_RADIUS,
    TURN,
    UMBRA,
    VALUE,
    VECTOR,
)
from sim.core.lanes_search import FLAGS, SMALL_ROWS
from sim.core.simd_types import LANES

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

EARTH_AXES: Final = 0
MOON_AXES: Final = 1
"""Rotations, in the column ``TURN`` of the codes."""
PER_EVENT: Final = 7
"""Value and rate (by the second) at the beginning, in the middle and at the end of a step; speed at its beginning."""
TERMS: Final = 9
"""Coefficients of the polynomial that stands for a step."""


class FullWatch(NamedTuple):
    """Events to look for; E of them.

    Attributes
    ----------
    codes, numbers : numpy.ndarray (E, 5) int64, numpy.ndarray (E, 12)
        As of :class:`sim.core.lanes_events.Watch`, with bodies as the full model counts them, ``TURN`` one of
        ``EARTH_AXES``, ``MOON_AXES``, ``NO_AXES``, and body-fixed vectors of the Moon in its principal axes.
    earth_table, moon_table : numpy.ndarray (P, 5, n), numpy.ndarray (P, 3, n)
        Orientation (:mod:`sim.core.body_axes`) on the pieces of the model's tables; of one piece where no event needs
        it.
    """

    codes: IntArray
    numbers: Array
    earth_table: Array
    moon_table: Array


class Look(NamedTuple):
    """Scratch of one thread.

    Attributes
    ----------
    values : numpy.ndarray (E, PER_EVENT)
        Event functions at three places of the step.
    place : numpy.ndarray (9,)
        Position, velocity and acceleration about the centre.
    seen, sun : numpy.ndarray (9,)
        The same relative to the body of an event and to the Sun.
    axes : numpy.ndarray (4, 3, 3)
        Axes of a body; its rate of rotation, site and zenith; their rates.
    powers : numpy.ndarray (TERMS, 3)
        Polynomial that stands for a step, in powers of the place counted from its middle.
    met : numpy.ndarray (size,)
        State at an event.
    small, marks : numpy.ndarray
        As of :mod:`sim.core.lanes_search`.
    """

    values: Array
    place: Array
    seen: Array
    sun: Array
    axes: Array
    powers: Array
    met: Array
    small: Array
    marks: IntArray


@kernel
def new_look(n_events: int, size: int) -> Look:
    """Scratch for one call of a driver.

    Parameters
    ----------
    n_events : int
        E.
    size : int
        Numbers in a state.

    Returns
    -------
    Look
    """
    return Look(
        np.zeros((n_events, PER_EVENT)), np.zeros(9), np.zeros(9), np.zeros(9), np.zeros((4, 3, 3)),
        np.zeros((TERMS, 3)), np.zeros(size), np.zeros((SMALL_ROWS, LANES)), np.zeros((FLAGS, LANES), np.int64),
    )  # fmt: skip


@lean_kernel
def dot(a: Array, b: Array) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@lean_kernel
def put_cross(a: Array, b: Array, out: Array) -> None:
    """Vector product."""
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


@lean_kernel
def seen_from(place: Array, s: float, body: int, forces: FullForces, number: int, out: Array) -> None:
    """Position, velocity and acceleration relative to a body at a time."""
    for i in range(9):
        out[i] = place[i]
    if body == CENTER:
        return
    k, since = locate(s, forces.piece, number, forces.table.shape[0])
    pace = 2.0 / forces.piece
    x = since * pace - 1.0
    for i in range(3):
        value, slope, curve = clenshaw_curve(forces.table[k, body, i], x)
        out[i] -= value
        out[3 + i] -= slope * pace
        out[6 + i] -= curve * pace * pace


@lean_kernel
def turn_axes(axes: int, s: float, watch: FullWatch, forces: FullForces, number: int, look: Look) -> None:
    """Axes of Earth or Moon at a time into ``look.axes[0]``, their rate of rotation (ICRF) into ``look.axes[1, 0]``."""
    pace = 2.0 / forces.piece
    turned = look.axes[0]
    rate = look.axes[1, 0]
    if axes == EARTH_AXES:
        k, since = locate(s, forces.piece, number, watch.earth_table.shape[0])
        x = since * pace - 1.0
        earth_axes(watch.earth_table, forces.piece, k, since, turned)
        # About the pole of date; precession, nutation and polar motion are 1e-7 of it.
        spin = EARTH_SPIN + clenshaw_derivative(watch.earth_table[k, 2], x) * pace
        px = clenshaw(watch.earth_table[k, 0], x)
        py = clenshaw(watch.earth_table[k, 1], x)
        rate[0] = spin * px
        rate[1] = spin * py
        rate[2] = spin * math.sqrt(1.0 - px * px - py * py)
    else:
        k, since = locate(s, forces.piece, number, watch.moon_table.shape[0])
        x = since * pace - 1.0
        moon_axes(watch.moon_table, forces.piece, k, since, turned)
        node = clenshaw(watch.moon_table[k, 0], x)
        tilt = clenshaw_derivative(watch.moon_table[k, 1], x) * pace
        spin = clenshaw_derivative(watch.moon_table[k, 2], x) * pace
        rate[0] = tilt * math.cos(node) + spin * turned[2, 0]
        rate[1] = tilt * math.sin(node) + spin * turned[2, 1]
        rate[2] = clenshaw_derivative(watch.moon_table[k, 0], x) * pace + spin * turned[2, 2]


@lean_kernel
def turned_back(fixed: Array, axes: Array, out: Array) -> None:
    """Turn a body-fixed vector into the ICRF."""
    for i in range(3):
        out[i] = axes[0, i] * fixed[0] + axes[1, i] * fixed[1] + axes[2, i] * fixed[2]


@lean_kernel
def plane(
    r: Array, s: float, which: int, watch: FullWatch, forces: FullForces, number: int, look: Look
) -> tuple[float, float]:
    """Distance from a plane through the body, and its rate."""
    normal = look.axes[1, 1]
    turning = look.axes[2, 1]
    axes = watch.codes[which, TURN]
    for i in range(3):
        normal[i] = watch.numbers[which, VECTOR + i]
        turning[i] = 0.0
    if axes == MOON_AXES:
        turn_axes(axes, s, watch, forces, number, look)
        turned_back(watch.numbers[which, VECTOR : VECTOR + 3], look.axes[0], normal)
        put_cross(look.axes[1, 0], normal, turning)
    elif axes == EARTH_AXES:
        k, since = locate(s, forces.piece, number, watch.earth_table.shape[0])
        x = since * (2.0 / forces.piece) - 1.0
        normal[0] = clenshaw(watch.earth_table[k, 0], x)
        normal[1] = clenshaw(watch.earth_table[k, 1], x)
        normal[2] = math.sqrt(1.0 - normal[0] * normal[0] - normal[1] * normal[1])
    return dot(normal, r[0:3]), dot(normal, r[3:6]) + dot(turning, r[0:3])


@lean_kernel
def shadow(r: Array, sun: Array, ground: float, sun_radius: float, kind: float) -> tuple[float, float]:
    """Contact of the Sun's disk with that of a body, as :func:`sim.core.lanes_events.shadow`, and its rate."""
    sun_square = dot(sun[0:3], sun[0:3])
    square = dot(r[0:3], r[0:3])
    # Below the ground the disk fills half of the sky, however far down.
    inverse_q = 1.0 / math.sqrt(max(square, ground * ground))
    inverse_s = 1.0 / math.sqrt(sun_square)
    pull_s = dot(sun[0:3], sun[3:6]) / sun_square
    pull_q = dot(r[0:3], r[3:6]) / square if square > ground * ground else 0.0
    product = inverse_s * inverse_q
    cosine = dot(sun[0:3], r[0:3]) * product
    turning = (dot(sun[3:6], r[0:3]) + dot(sun[0:3], r[3:6])) * product - cosine * (pull_s + pull_q)
    sine_a = sun_radius * inverse_s
    sine_b = ground * inverse_q
    cosine_a = math.sqrt(1.0 - sine_a * sine_a)
    cosine_b = math.sqrt(max(1.0 - sine_b * sine_b, 1e-12))
    cosine_p = cosine_a * cosine_b - kind * sine_a * sine_b
    sine_p = sine_b * cosine_a + kind * sine_a * cosine_b
    rate_p = -(sine_b / cosine_b) * pull_q - kind * (sine_a / cosine_a) * pull_s
    # 1 - cos p without cancellation
    whole = sine_p * sine_p / (1.0 + cosine_p) if cosine_p > 0.0 else 1.0 - cosine_p
    return (1.0 - cosine) - math.copysign(1.0, sine_p) * whole, -turning - abs(sine_p) * rate_p


@lean_kernel
def elevation(
    r: Array, s: float, which: int, watch: FullWatch, forces: FullForces, number: int, look: Look
) -> tuple[float, float]:
    """Sine of the elevation seen from a site less the wanted one, and its rate; ``r`` becomes relative to the site."""
    turn_axes(watch.codes[which, TURN], s, watch, forces, number, look)
    site = look.axes[1, 1]
    zenith = look.axes[1, 2]
    moving = look.axes[2, 1]
    turning = look.axes[2, 2]
    turned_back(watch.numbers[which, VECTOR : VECTOR + 3], look.axes[0], site)
    turned_back(watch.numbers[which, VECTOR + 3 : VECTOR + 6], look.axes[0], zenith)
    put_cross(look.axes[1, 0], site, moving)
    put_cross(look.axes[1, 0], zenith, turning)
    for i in range(3):
        r[i] -= site[i]
        r[3 + i] -= moving[i]
    inverse = 1.0 / math.sqrt(dot(r[0:3], r[0:3]))
    sine = dot(r[0:3], zenith) * inverse
    rate = (dot(r[3:6], zenith) + dot(r[0:3], turning)) * inverse
    return sine - watch.numbers[which, VALUE], rate - sine * dot(r[0:3], r[3:6]) * inverse * inverse


@lean_kernel
def event_value(
    s: float, h: float, which: int, watch: FullWatch, forces: FullForces, number: int, look: Look
) -> tuple[float, float]:
    """Value of an event function at ``look.place`` and its rate by the second.

    Parameters
    ----------
    s, h : float
        Time, and the length of the step, for its sign.
    which : int
        Event.
    watch, forces : FullWatch, FullForces
        Events and model.
    number : int
        Piece of the tables from whose start times are counted.
    look : Look
        Scratch; ``look.seen`` receives the state relative to the body (the site of an elevation).

    Returns
    -------
    tuple of float
        Value and rate.
    """
    r = look.seen
    seen_from(look.place, s, watch.codes[which, BODY], forces, number, r)
    kind = watch.codes[which, KIND]
    if kind == RANGE:
        radius = watch.numbers[which, VALUE]
        g = dot(r[0:3], r[0:3]) - radius * radius
        rate = 2.0 * dot(r[0:3], r[3:6])
    elif kind == APSIS:
        ways = -math.copysign(1.0, h)
        g = ways * dot(r[0:3], r[3:6])
        rate = ways * (dot(r[3:6], r[3:6]) + dot(r[0:3], r[6:9]))
    elif kind == PLANE:
        g, rate = plane(r, s, which, watch, forces, number, look)
    elif kind == SHADOW:
        seen_from(look.place, s, watch.codes[which, SUN], forces, number, look.sun)
        ground = watch.numbers[which, VALUE]
        g, rate = shadow(r, look.sun, ground, watch.numbers[which, SUN_RADIUS], watch.numbers[which, UMBRA])
    else:
        g, rate = elevation(r, s, which, watch, forces, number, look)
    return g, rate


@lean_kernel
def sensitivity(which: int, off: float, off_rate: float, watch: FullWatch, look: Look) -> float:
    """Change of an event function at most when position and velocity at ``look.seen`` change by so much."""
    r = look.seen
    kind = watch.codes[which, KIND]
    distance = math.sqrt(dot(r[0:3], r[0:3]))
    if kind == RANGE:
        return (2.0 * distance + off) * off
    if kind == APSIS:
        return math.sqrt(dot(r[3:6], r[3:6])) * off + (distance + off) * off_rate
    if kind == PLANE:
        return off
    if kind == SHADOW:
        distance = max(distance, watch.numbers[which, VALUE])
    return 2.0 * off / distance


__all__ = [
    "EARTH_AXES",
    "FullWatch",
    "Look",
    "MOON_AXES",
    "NO_AXES",
    "PER_EVENT",
    "TERMS",
    "dot",
    "event_value",
    "new_look",
    "sensitivity",
]
