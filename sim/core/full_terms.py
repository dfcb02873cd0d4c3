"""Single terms of the full force model: relativity, light pressure, drag, the Moon's tide, thrust.

Each function adds its acceleration to ``out[0:3]``; with ``partials`` true also its derivatives by position and
velocity to ``slopes`` (3, 6). All vectors are relative to the body that causes the term, in ICRF axes.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.shadow import common_part, free_part

Array = npt.NDArray[np.float64]

LIGHT: Final = 299_792.458
"""km/s."""
AXES_ICRF: Final = 0
AXES_VNC: Final = 1
AXES_RTN: Final = 2
THRUST, FLOW, AXES, BODY, DIRECTION, TURN_AXIS, TURN_RATE, START, STOP, BURN_SIZE = 0, 1, 2, 3, 4, 7, 10, 11, 12, 13
"""Places in the row of a burn: N, kg/s, axes, body index, direction (3), axis of turning (3), rad/s, two times."""


@lean_kernel
def add_point(gm: float, x: float, y: float, z: float, partials: bool, out: Array, slopes: Array) -> None:
    """Attraction of a point mass; (x, y, z) points from it to the spacecraft."""
    d2 = x * x + y * y + z * z
    k = gm / (d2 * math.sqrt(d2))
    out[0] -= k * x
    out[1] -= k * y
    out[2] -= k * z
    if partials:
        d = (x, y, z)
        for i in range(3):
            slopes[i, i] -= k
            for j in range(3):
                slopes[i, j] += 3.0 * k / d2 * d[i] * d[j]


@lean_kernel
def add_schwarzschild(gm: float, r: Array, v: Array, sign: float, partials: bool, out: Array, slopes: Array) -> None:
    """First post-Newtonian term of a spherical body (IERS Conventions 2010, eq. 10.12, first line), times ``sign``."""
    r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2]
    v2 = v[0] * v[0] + v[1] * v[1] + v[2] * v[2]
    rv = r[0] * v[0] + r[1] * v[1] + r[2] * v[2]
    distance = math.sqrt(r2)
    k = sign * gm / (LIGHT * LIGHT * r2 * distance)
    inner = 4.0 * gm / distance - v2
    for i in range(3):
        out[i] += k * (inner * r[i] + 4.0 * rv * v[i])
    if partials:
        steep = -4.0 * gm / (r2 * distance)
        for i in range(3):
            f = k * (inner * r[i] + 4.0 * rv * v[i])
            slopes[i, i] += k * inner
            slopes[i, 3 + i] += k * 4.0 * rv
            for j in range(3):
                slopes[i, j] += k * (steep * r[i] * r[j] + 4.0 * v[i] * v[j]) - 3.0 * f * r[j] / r2
                slopes[i, 3 + j] += k * (4.0 * v[i] * r[j] - 2.0 * r[i] * v[j])


@lean_kernel
def add_tide(
    k2: float, radius: float, gm: float, r: Array, px: float, py: float, pz: float, partials: bool, out: Array,
    slopes: Array,
) -> None:
    """Degree-2 tide raised on a body by a point mass at (px, py, pz), both relative to that body; elastic, without lag.

    a = k2 GM R^5 / (2 d^3 r^4) ((3 - 15 c^2) r_hat + 6 c d_hat), c = r_hat . d_hat (Montenbruck and Gill, eq. 3.148).
    """
    d = math.sqrt(px * px + py * py + pz * pz)
    u = (px / d, py / d, pz / d)
    r2 = r[0] * r[0] + r[1] * r[1] + r[2] * r[2]
    q = r[0] * u[0] + r[1] * u[1] + r[2] * u[2]
    # With q = r . d_hat the sum is a polynomial in r and q over powers of r^2.
    scale = 0.5 * k2 * gm * radius**5 / (d * d * d)
    r5 = r2 * r2 * math.sqrt(r2)
    radial = 3.0 / r5 - 15.0 * q * q / (r5 * r2)
    along = 6.0 * q / r5
    for i in range(3):
        out[i] += scale * (radial * r[i] + along * u[i])
    if partials:
        by_q = -30.0 * q / (r5 * r2)
        by_r = -15.0 / (r5 * r2) + 105.0 * q * q / (r5 * r2 * r2)
        for i in range(3):
            slopes[i, i] += scale * radial
            for j in range(3):
                slopes[i, j] += scale * (
                    r[i] * (by_r * r[j] + by_q * u[j]) + u[i] * (6.0 * u[j] / r5 - 30.0 * q * r[j] / (r5 * r2))
                )


@lean_kernel
def add_pressure(
    strength: float, x: float, y: float, z: float, free: float, slope: Array, partials: bool, out: Array, slopes: Array
) -> None:
    """Light pressure ``strength`` / d^2 away from the Sun; (x, y, z) from the Sun, ``slope`` that of the free part."""
    d2 = x * x + y * y + z * z
    k = strength / (d2 * math.sqrt(d2))
    d = (x, y, z)
    for i in range(3):
        out[i] += free * k * d[i]
    if partials:
        for i in range(3):
            slopes[i, i] += free * k
            for j in range(3):
                slopes[i, j] += k * d[i] * (slope[j] - 3.0 * free * d[j] / d2)


@lean_kernel
def sunlight(
    x: float, y: float, z: float, places: Array, sun: int, bodies: Array, radii: Array, sun_radius: float, slope: Array,
    other: Array,
) -> float:
    """Free part of the Sun's disk behind several bodies: what each covers, less what the first two cover in common.

    Parameters
    ----------
    x, y, z : float
        Spacecraft.
    places : numpy.ndarray (B, 3)
        Bodies in the same frame.
    sun : int
        Row of the Sun.
    bodies : numpy.ndarray (2,)
        Rows of the bodies, as floats; -1: the origin.
    radii : numpy.ndarray (2,)
        Of the bodies; 0 leaves a body out.
    sun_radius : float
        Of the Sun.
    slope : numpy.ndarray (3,)
        Receives the gradient.
    other : numpy.ndarray (3,)
        Scratch.

    Returns
    -------
    float
        0 to 1.
    """
    total = 1.0
    covering = 0
    slope[0] = 0.0
    slope[1] = 0.0
    slope[2] = 0.0
    for k in range(2):
        if radii[k] == 0.0:
            continue
        b = int(bodies[k])
        qx = places[b, 0] - x if b >= 0 else -x
        qy = places[b, 1] - y if b >= 0 else -y
        qz = places[b, 2] - z if b >= 0 else -z
        part = free_part(
            places[sun, 0] - x, places[sun, 1] - y, places[sun, 2] - z, qx, qy, qz, sun_radius, radii[k], other
        )
        if part == 0.0:
            slope[0] = 0.0
            slope[1] = 0.0
            slope[2] = 0.0
            return 0.0
        if part < 1.0:
            covering += 1
        for i in range(3):
            slope[i] += other[i]
        total -= 1.0 - part
    if covering < 2:
        return total
    for i in range(3):
        # A common part is rare and small: its slope by differences over 20 m, of a penumbra of some kilometres.
        up = covered_twice(
            x + (0.01 if i == 0 else 0.0), y + (0.01 if i == 1 else 0.0), z + (0.01 if i == 2 else 0.0),
            places, sun, bodies, radii, sun_radius,
        )  # fmt: skip
        down = covered_twice(
            x - (0.01 if i == 0 else 0.0), y - (0.01 if i == 1 else 0.0), z - (0.01 if i == 2 else 0.0),
            places, sun, bodies, radii, sun_radius,
        )  # fmt: skip
        slope[i] += (up - down) / 0.02
    return total + covered_twice(x, y, z, places, sun, bodies, radii, sun_radius)


@lean_kernel
def covered_twice(
    x: float, y: float, z: float, places: Array, sun: int, bodies: Array, radii: Array, sun_radius: float
) -> float:
    """Part of the Sun's disk that both bodies cover; arguments as of :func:`sunlight`."""
    a = int(bodies[0])
    b = int(bodies[1])
    return common_part(
        (places[sun, 0] - x, places[sun, 1] - y, places[sun, 2] - z),
        ((places[a, 0] if a >= 0 else 0.0) - x, (places[a, 1] if a >= 0 else 0.0) - y,
         (places[a, 2] if a >= 0 else 0.0) - z),
        ((places[b, 0] if b >= 0 else 0.0) - x, (places[b, 1] if b >= 0 else 0.0) - y,
         (places[b, 2] if b >= 0 else 0.0) - z),
        sun_radius, radii[0], radii[1],
    )  # fmt: skip


@lean_kernel
def density(table: Array, altitude: float) -> tuple[float, float]:
    """Density (kg/m3) of an exponential atmosphere in layers, and its slope per km.

    Parameters
    ----------
    table : numpy.ndarray (L, 3)
        Base altitude (km, increasing), density there, scale height (km). Below the first base the first layer
        continues, above the last base the last one.
    altitude : float
        km.

    Returns
    -------
    tuple of float
        Density and its derivative.
    """
    layer = 0
    while layer + 1 < table.shape[0] and altitude >= table[layer + 1, 0]:
        layer += 1
    value = table[layer, 1] * math.exp(-(altitude - table[layer, 0]) / table[layer, 2])
    return value, -value / table[layer, 2]


@lean_kernel
def height(distance: float, u: float, radius: float, flattening: float) -> tuple[float, float, float]:
    """Geodetic height over an ellipsoid, within 2 cm below 1,000 km, and its slopes.

    The height along the radius, times the cosine of the angle between radius and normal to second order.

    Parameters
    ----------
    distance : float
        From the centre.
    u : float
        Sine of the geocentric latitude.
    radius, flattening : float
        Equatorial radius and flattening.

    Returns
    -------
    tuple of float
        Height, its derivatives by ``distance`` and by ``u``.
    """
    bulge = 1.0 / ((1.0 - flattening) * (1.0 - flattening)) - 1.0
    q = 1.0 + bulge * u * u
    ground = radius / math.sqrt(q)
    tilt = 2.0 * flattening * flattening * radius / distance
    shape = u * u * (1.0 - u * u)
    above = distance - ground
    cosine = 1.0 - tilt * shape
    by_distance = cosine + above * tilt * shape / distance
    by_u = cosine * ground * bulge * u / q - above * tilt * (2.0 * u - 4.0 * u * u * u)
    return above * cosine, by_distance, by_u


@lean_kernel
def add_drag(
    area_over_mass: float, table: Array, radius: float, flattening: float, spin: float, pole: Array, r: Array, v: Array,
    partials: bool, out: Array, slopes: Array,
) -> None:
    """Drag -1/2 rho C_D A/m |w| w in an atmosphere that turns with the Earth.

    Parameters
    ----------
    area_over_mass : float
        C_D A / m, m2/kg.
    table : numpy.ndarray (L, 3)
        See :func:`density`.
    radius, flattening, spin : float
        Equatorial radius (km), flattening, rotation rate (rad/s).
    pole : numpy.ndarray (3,)
        Unit vector of the rotation.
    r, v : numpy.ndarray (3,)
        Relative to the Earth.
    partials, out, slopes
        See the module.
    """
    distance = math.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    u = (r[0] * pole[0] + r[1] * pole[1] + r[2] * pole[2]) / distance
    altitude, by_distance, by_sine = height(distance, u, radius, flattening)
    rho, rho_slope = density(table, altitude)
    w = (
        v[0] - spin * (pole[1] * r[2] - pole[2] * r[1]),
        v[1] - spin * (pole[2] * r[0] - pole[0] * r[2]),
        v[2] - spin * (pole[0] * r[1] - pole[1] * r[0]),
    )
    speed = math.sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2])
    k = -500.0 * area_over_mass  # 1/2, and km/s squared in m/s2 is 1e6, back to km/s2 1e-3
    for i in range(3):
        out[i] += k * rho * speed * w[i]
    if partials:
        for i in range(3):
            climb = by_distance * r[i] / distance + by_sine * (pole[i] - u * r[i] / distance) / distance
            for j in range(3):
                slopes[j, i] += k * rho_slope * climb * speed * w[j]
        for i in range(3):
            for j in range(3):
                drag = k * rho * (w[i] * w[j] / speed + (speed if i == j else 0.0))
                slopes[i, 3 + j] += drag
                # dw/dr = -spin [pole x]
                first = (j + 1) % 3
                second = (j + 2) % 3
                slopes[i, first] += spin * drag * pole[second]
                slopes[i, second] -= spin * drag * pole[first]


@lean_kernel
def thrust_direction(burn: Array, since: float, r: Array, v: Array, out: Array) -> None:
    """Direction of a burn in ICRF axes.

    Parameters
    ----------
    burn : numpy.ndarray (BURN_SIZE,)
        See ``THRUST`` and the names beside it.
    since : float
        Seconds since ignition.
    r, v : numpy.ndarray (3,)
        Relative to the body of the axes.
    out : numpy.ndarray (3,)
        Unit vector.
    """
    angle = burn[TURN_RATE] * since
    c = math.cos(angle)
    s = math.sin(angle)
    d = (burn[DIRECTION], burn[DIRECTION + 1], burn[DIRECTION + 2])
    k = (burn[TURN_AXIS], burn[TURN_AXIS + 1], burn[TURN_AXIS + 2])
    along = (k[0] * d[0] + k[1] * d[1] + k[2] * d[2]) * (1.0 - c)
    # Rodrigues' rotation of the direction about the axis.
    e0 = d[0] * c + (k[1] * d[2] - k[2] * d[1]) * s + k[0] * along
    e1 = d[1] * c + (k[2] * d[0] - k[0] * d[2]) * s + k[1] * along
    e2 = d[2] * c + (k[0] * d[1] - k[1] * d[0]) * s + k[2] * along
    if burn[AXES] == AXES_ICRF:
        out[0] = e0
        out[1] = e1
        out[2] = e2
        return
    h = (r[1] * v[2] - r[2] * v[1], r[2] * v[0] - r[0] * v[2], r[0] * v[1] - r[1] * v[0])
    hn = math.sqrt(h[0] * h[0] + h[1] * h[1] + h[2] * h[2])
    if burn[AXES] == AXES_VNC:
        f = math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
        a = (v[0] / f, v[1] / f, v[2] / f)
        b = (h[0] / hn, h[1] / hn, h[2] / hn)
        third = (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])
        for i in range(3):
            out[i] = e0 * a[i] + e1 * b[i] + e2 * third[i]
        return
    f = math.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    a = (r[0] / f, r[1] / f, r[2] / f)
    b = (h[0] / hn, h[1] / hn, h[2] / hn)
    across = (b[1] * a[2] - b[2] * a[1], b[2] * a[0] - b[0] * a[2], b[0] * a[1] - b[1] * a[0])
    for i in range(3):
        out[i] = e0 * a[i] + e1 * across[i] + e2 * b[i]


@lean_kernel
def add_thrust(
    burn: Array, since: float, mass: float, r: Array, v: Array, partials: bool, out: Array, slopes: Array, work: Array
) -> None:
    """Thrust acceleration; its partial derivatives by central differences of the direction.

    Parameters
    ----------
    burn, since : numpy.ndarray (BURN_SIZE,), float
        See :func:`thrust_direction`.
    mass : float
        kg.
    r, v : numpy.ndarray (3,)
        See :func:`thrust_direction`.
    partials, out, slopes
        See the module.
    work : numpy.ndarray (2, 3)
        Scratch.
    """
    strength = 1e-3 * burn[THRUST] / mass
    thrust_direction(burn, since, r, v, work[0])
    for i in range(3):
        out[i] += strength * work[0, i]
    if not partials or burn[AXES] == AXES_ICRF:
        return
    r_step = 1e-5 * math.sqrt(r[0] * r[0] + r[1] * r[1] + r[2] * r[2])
    v_step = 1e-5 * math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
    for j in range(6):
        array = r if j < 3 else v
        step = r_step if j < 3 else v_step
        kept = array[j % 3]
        array[j % 3] = kept + step
        thrust_direction(burn, since, r, v, work[0])
        array[j % 3] = kept - step
        thrust_direction(burn, since, r, v, work[1])
        array[j % 3] = kept
        for i in range(3):
            slopes[i, j] += strength * (work[0, i] - work[1, i]) / (2.0 * step)
