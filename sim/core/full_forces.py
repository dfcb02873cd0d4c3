"""The full force model as compiled code reads it, and the rate of change of a state with mass and partial derivatives.

Layout of a state: position (3), velocity (3), mass; with partial derivatives also the transition matrix (6 x 6, row by
row) and the derivative of the state by the light-pressure area (6). Times are seconds past the start of one piece of
the model's tables, the one in which a row begins (:func:`sim.core.body_axes.locate`).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.body_axes import add_tensor_back, add_turned_back, earth_axes, locate, moon_axes
from sim.core.chebyshev import clenshaw, clenshaw_derivative
from sim.core.compile import lean_kernel
from sim.core.full_terms import (
    BODY,
    BURN_SIZE,
    FLOW,
    START,
    THRUST,
    add_drag,
    add_point,
    add_pressure,
    add_schwarzschild,
    add_thrust,
    add_tide,
    sunlight,
)
from sim.core.harmonics import Harmonics, attraction, gradient
from sim.core.shadow import contacts

Array = npt.NDArray[np.float64]

CENTER: Final = -1
ABSENT: Final = -2
MASS: Final = 6
MATRIX: Final = 7
AREA: Final = 43
PLAIN_SIZE: Final = 7
FULL_SIZE: Final = 49
"""Numbers in a state without and with partial derivatives."""


class FullForces(NamedTuple):
    """What acts, and where the bodies are.

    Attributes
    ----------
    table : numpy.ndarray (P, B, 3, n)
        Chebyshev table of the bodies relative to the centre.
    piece : float
        Length of a piece of all tables.
    gm_center : float
        Of the centre.
    gm : numpy.ndarray (B,)
        Of the other bodies.
    earth, moon, sun : int
        Rows of the table; ``CENTER`` or ``ABSENT``.
    earth_field, moon_field : Harmonics
        Degree 0 where a body is a point mass.
    earth_table : numpy.ndarray (P, 5, n), moon_table : numpy.ndarray (P, 3, n)
        Orientation (:mod:`sim.core.body_axes`).
    reaction : float
        GM of the other of Earth and Moon over that of the centre, for the pull of their figures on the centre; 0: off.
    relativity : numpy.ndarray (B + 1,)
        1 where a body's Schwarzschild term counts; the last place is the centre's.
    pressure : float
        Light pressure times distance squared, N/m2 km2 1e-3; 0: off.
    sun_radius : float
        For the shadow.
    shadow_bodies, shadow_radii : numpy.ndarray (2,)
        Earth and Moon; radius 0: casts no shadow.
    atmosphere : numpy.ndarray (L, 3)
        See :func:`sim.core.full_terms.density`; no rows: no drag.
    ellipsoid : numpy.ndarray (3,)
        Earth's equatorial radius, flattening, rate of rotation.
    tide : numpy.ndarray (2,)
        Moon's k2 and reference radius; k2 = 0: off.
    """

    table: Array
    piece: float
    gm_center: float
    gm: Array
    earth: int
    moon: int
    sun: int
    earth_field: Harmonics
    moon_field: Harmonics
    earth_table: Array
    moon_table: Array
    reaction: float
    relativity: Array
    pressure: float
    sun_radius: float
    shadow_bodies: Array
    shadow_radii: Array
    atmosphere: Array
    ellipsoid: Array
    tide: Array


class Work(NamedTuple):
    """Scratch of one thread.

    Attributes
    ----------
    places, speeds : numpy.ndarray (B, 3)
        Bodies at the time of the last evaluation.
    axes : numpy.ndarray (2, 3, 3)
        Axes of Earth and Moon at that time.
    basis : numpy.ndarray (3, 2, L)
        For harmonics.
    vectors : numpy.ndarray (8, 6)
        Small ones.
    edges : numpy.ndarray (3, 4)
        Distances from the edges of shadows at the beginning, at the end and inside of a step.
    slopes : numpy.ndarray (3, 7)
        Derivatives of the acceleration by position, velocity and light-pressure area.
    number : numpy.ndarray (2,)
        Piece of the tables from whose start times are counted; the event that ended the row.
    """

    places: Array
    speeds: Array
    axes: Array
    basis: Array
    vectors: Array
    edges: Array
    slopes: Array
    number: npt.NDArray[np.int64]


@lean_kernel
def place_bodies(forces: FullForces, s: float, rates: bool, work: Work) -> None:
    """Positions, and velocities where relativity needs them, of all bodies; axes of Earth and Moon."""
    k, since = locate(s, forces.piece, work.number[0], forces.table.shape[0])
    x = 2.0 * since / forces.piece - 1.0
    for b in range(forces.gm.shape[0]):
        for i in range(3):
            series = forces.table[k, b, i]
            work.places[b, i] = clenshaw(series, x)
            if rates:
                work.speeds[b, i] = clenshaw_derivative(series, x) * (2.0 / forces.piece)
    if forces.earth_field.degree > 0 or forces.atmosphere.shape[0] > 0:
        earth_axes(forces.earth_table, forces.piece, k, since, work.axes[0])
    if forces.moon_field.degree > 0:
        moon_axes(forces.moon_table, forces.piece, k, since, work.axes[1])


@lean_kernel
def relative(state: Array, body: int, work: Work, rates: bool, r: Array, v: Array) -> None:
    """Position and velocity of the spacecraft relative to a body of the model."""
    for i in range(3):
        r[i] = state[i]
        v[i] = state[3 + i]
        if body >= 0:
            r[i] -= work.places[body, i]
            if rates:
                v[i] -= work.speeds[body, i]


@lean_kernel
def field_pull(field: Harmonics, R: Array, x: float, y: float, z: float, sign: float, work: Work, out: Array) -> None:
    """Add ``sign`` times the attraction by the figure of a body; (x, y, z) from the body, ICRF axes."""
    v = work.vectors[6]
    attraction(
        R[0, 0] * x + R[0, 1] * y + R[0, 2] * z, R[1, 0] * x + R[1, 1] * y + R[1, 2] * z,
        R[2, 0] * x + R[2, 1] * y + R[2, 2] * z, field, work.basis, v[0:3],
    )  # fmt: skip
    add_turned_back(R, v, sign, out)


@lean_kernel
def add_field(field: Harmonics, R: Array, r: Array, partials: bool, work: Work, out: Array) -> None:
    """Attraction by the figure of a body on the spacecraft at ``r``, with its derivatives."""
    field_pull(field, R, r[0], r[1], r[2], 1.0, work, out)
    if partials:
        t = work.vectors[7]
        gradient(
            R[0, 0] * r[0] + R[0, 1] * r[1] + R[0, 2] * r[2], R[1, 0] * r[0] + R[1, 1] * r[1] + R[1, 2] * r[2],
            R[2, 0] * r[0] + R[2, 1] * r[1] + R[2, 2] * r[2], field, work.basis, t,
        )  # fmt: skip
        add_tensor_back(R, t, work.slopes)


@lean_kernel
def add_figures(state: Array, forces: FullForces, partials: bool, work: Work, out: Array) -> None:
    """Figures of Earth and Moon: on the spacecraft, and on the centre of the frame.

    The frame falls with its centre. The other body's figure pulls the centre; the centre's own figure pulls the other
    body, which pulls back (Newton's third law).
    """
    r = work.vectors[0]
    v = work.vectors[1]
    fields = (forces.earth_field, forces.moon_field)
    for k in range(2):
        field = fields[k]
        if field.degree == 0:
            continue
        body = forces.earth if k == 0 else forces.moon
        axes = work.axes[k]
        relative(state, body, work, False, r, v)
        add_field(field, axes, r, partials, work, out)
        if forces.reaction != 0.0:
            other = work.places[forces.moon if forces.earth == CENTER else forces.earth]
            # From this body to the other of the two, along ``side``.
            side = 1.0 if body == CENTER else -1.0
            factor = forces.reaction if body == CENTER else -1.0
            field_pull(field, axes, side * other[0], side * other[1], side * other[2], factor, work, out)


@lean_kernel
def add_masses(state: Array, forces: FullForces, partials: bool, work: Work, out: Array) -> None:
    """Point masses: the centre, the others on the spacecraft, the others on the centre."""
    add_point(forces.gm_center, state[0], state[1], state[2], partials, out, work.slopes)
    for b in range(forces.gm.shape[0]):
        p = work.places[b]
        add_point(forces.gm[b], state[0] - p[0], state[1] - p[1], state[2] - p[2], partials, out, work.slopes)
        d2 = p[0] * p[0] + p[1] * p[1] + p[2] * p[2]
        k = forces.gm[b] / (d2 * math.sqrt(d2))
        for i in range(3):
            out[i] -= k * p[i]


@lean_kernel
def add_relativity(state: Array, forces: FullForces, partials: bool, work: Work, out: Array) -> None:
    """Schwarzschild terms: on the spacecraft, less those on the centre (whose own term is none)."""
    n = forces.gm.shape[0]
    r = work.vectors[0]
    v = work.vectors[1]
    if forces.relativity[n] != 0.0:
        relative(state, CENTER, work, True, r, v)
        add_schwarzschild(forces.gm_center, r, v, 1.0, partials, out, work.slopes)
    for b in range(n):
        if forces.relativity[b] != 0.0:
            relative(state, b, work, True, r, v)
            add_schwarzschild(forces.gm[b], r, v, 1.0, partials, out, work.slopes)
            for i in range(3):
                r[i] = -work.places[b, i]
                v[i] = -work.speeds[b, i]
            add_schwarzschild(forces.gm[b], r, v, -1.0, False, out, work.slopes)


@lean_kernel
def add_light(state: Array, area: float, forces: FullForces, partials: bool, work: Work, out: Array) -> None:
    """Light pressure on a sphere, with its derivative by the area."""
    sun = work.places[forces.sun]
    slope = work.vectors[2]
    free = sunlight(
        state[0], state[1], state[2], work.places, forces.sun, forces.shadow_bodies, forces.shadow_radii,
        forces.sun_radius, slope, work.vectors[3],
    )  # fmt: skip
    x = state[0] - sun[0]
    y = state[1] - sun[1]
    z = state[2] - sun[2]
    per_area = forces.pressure / state[MASS]
    add_pressure(per_area * area, x, y, z, free, slope, partials, out, work.slopes)
    d2 = x * x + y * y + z * z
    k = free * per_area / (d2 * math.sqrt(d2))
    work.slopes[0, 6] = k * x
    work.slopes[1, 6] = k * y
    work.slopes[2, 6] = k * z


@lean_kernel
def shadow_edges(state: Array, forces: FullForces, work: Work, out: Array) -> None:
    """Distances from the edges of the shadows of Earth and Moon: four angles, positive outside."""
    for k in range(2):
        out[2 * k] = 1.0
        out[2 * k + 1] = 1.0
        if forces.pressure == 0.0 or forces.shadow_radii[k] == 0.0:
            continue
        sun = work.places[forces.sun]
        b = int(forces.shadow_bodies[k])
        out[2 * k], out[2 * k + 1] = contacts(
            sun[0] - state[0], sun[1] - state[1], sun[2] - state[2],
            (work.places[b, 0] if b >= 0 else 0.0) - state[0], (work.places[b, 1] if b >= 0 else 0.0) - state[1],
            (work.places[b, 2] if b >= 0 else 0.0) - state[2], forces.sun_radius, forces.shadow_radii[k],
        )  # fmt: skip


@lean_kernel
def add_surface_forces(state: Array, areas: Array, forces: FullForces, partials: bool, work: Work, out: Array) -> None:
    """Light pressure, drag and the Moon's tide."""
    r = work.vectors[0]
    v = work.vectors[1]
    if forces.pressure != 0.0:
        add_light(state, areas[0], forces, partials, work, out)
    if forces.atmosphere.shape[0] > 0 and areas[1] != 0.0:
        relative(state, forces.earth, work, True, r, v)
        add_drag(
            areas[1] / state[MASS], forces.atmosphere, forces.ellipsoid[0], forces.ellipsoid[1], forces.ellipsoid[2],
            work.axes[0, 2], r, v, partials, out, work.slopes,
        )  # fmt: skip
    if forces.tide[0] != 0.0:
        relative(state, forces.moon, work, False, r, v)
        for b in (forces.earth, forces.sun):
            x = 0.0 if b == CENTER else work.places[b, 0]
            y = 0.0 if b == CENTER else work.places[b, 1]
            z = 0.0 if b == CENTER else work.places[b, 2]
            if forces.moon >= 0:
                x -= work.places[forces.moon, 0]
                y -= work.places[forces.moon, 1]
                z -= work.places[forces.moon, 2]
            gm = forces.gm_center if b == CENTER else forces.gm[b]
            add_tide(forces.tide[0], forces.tide[1], gm, r, x, y, z, partials, out, work.slopes)


@lean_kernel
def needs_rates(forces: FullForces, burn: Array) -> bool:
    """Whether velocities of the bodies matter."""
    moving_axes = burn[THRUST] != 0.0 and burn[BODY] >= 0.0
    relativistic = False
    for b in range(forces.relativity.shape[0]):
        relativistic = relativistic or forces.relativity[b] != 0.0
    return relativistic or moving_axes or (forces.atmosphere.shape[0] > 0 and forces.earth >= 0)


@lean_kernel
def acceleration(
    state: Array, s: float, areas: Array, burn: Array, forces: FullForces, partials: bool, work: Work, out: Array
) -> None:
    """Acceleration of the spacecraft relative to the centre; with ``partials`` also ``work.slopes``.

    Parameters
    ----------
    state : numpy.ndarray (>= 7,)
        Position, velocity, mass.
    s : float
        Seconds past the start of piece ``work.number[0]``.
    areas : numpy.ndarray (2,)
        Light-pressure area C_R A and drag area C_D A, m2.
    burn : numpy.ndarray (BURN_SIZE,)
        The burn that is on; thrust 0 when none is. Its start is on the scale of ``s``.
    forces : FullForces
        Model.
    partials : bool
        Whether derivatives are wanted.
    work : Work
        Scratch.
    out : numpy.ndarray (3,)
        Result.
    """
    place_bodies(forces, s, needs_rates(forces, burn), work)
    out[0] = 0.0
    out[1] = 0.0
    out[2] = 0.0
    if partials:
        work.slopes[:, :] = 0.0
    add_masses(state, forces, partials, work, out)
    add_figures(state, forces, partials, work, out)
    add_surface_forces(state, areas, forces, partials, work, out)
    add_relativity(state, forces, partials, work, out)
    if burn[THRUST] != 0.0:
        r = work.vectors[0]
        v = work.vectors[1]
        relative(state, int(burn[BODY]), work, True, r, v)
        add_thrust(burn, s - burn[START], state[MASS], r, v, partials, out, work.slopes, work.vectors[2:4])


@lean_kernel
def rates(y: Array, s: float, areas: Array, burn: Array, forces: FullForces, work: Work, out: Array) -> None:
    """Rate of change of a whole state; 49 numbers mean with partial derivatives."""
    partials = y.shape[0] == FULL_SIZE
    acceleration(y, s, areas, burn, forces, partials, work, out[3:6])
    out[0] = y[3]
    out[1] = y[4]
    out[2] = y[5]
    out[MASS] = -burn[FLOW]
    if not partials:
        return
    slopes = work.slopes
    for j in range(6):
        for i in range(3):
            out[MATRIX + 6 * i + j] = y[MATRIX + 6 * (3 + i) + j]
            total = 0.0
            for k in range(6):
                total += slopes[i, k] * y[MATRIX + 6 * k + j]
            out[MATRIX + 6 * (3 + i) + j] = total
    for i in range(3):
        out[AREA + i] = y[AREA + 3 + i]
        total = slopes[i, 6]
        for k in range(6):
            total += slopes[i, k] * y[AREA + k]
        out[AREA + 3 + i] = total


def new_work(forces: FullForces) -> Work:
    """Scratch for one call of a driver.

    Parameters
    ----------
    forces : FullForces
        Model, for its sizes.

    Returns
    -------
    Work
    """
    n = forces.gm.shape[0]
    length = max(forces.earth_field.degree, forces.moon_field.degree) + 5
    return Work(
        np.zeros((n, 3)), np.zeros((n, 3)), np.zeros((2, 3, 3)), np.zeros((3, 2, length)),
        np.zeros((8, 6)), np.zeros((3, 4)), np.zeros((3, 7)), np.zeros(2, dtype=np.int64),
    )  # fmt: skip


def no_burn() -> Array:
    """Describe an engine that is off."""
    return np.zeros(BURN_SIZE)
