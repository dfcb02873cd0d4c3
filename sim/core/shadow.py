"""Part of the Sun's disk that a body leaves free: conical umbra and penumbra.

The apparent disks are taken as circles in a plane (Montenbruck and Gill, Satellite Orbits, section 3.4.2), exact to
second order of their radii: the Sun's is 0.27 degrees. No limb darkening, no atmosphere. What two bodies cover at once
(the Moon's limb before the eclipsing Earth, seen from a lunar orbit) is found from the arcs that bound it.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel

Array = npt.NDArray[np.float64]


@lean_kernel
def overlap(a: float, b: float, c: float) -> tuple[float, float, float, float]:
    """Area common to two circles of radii ``a`` and ``b`` whose centres lie ``c`` apart, and its slopes by a, b, c.

    Parameters
    ----------
    a, b, c : float
        With abs(a - b) < c < a + b.

    Returns
    -------
    tuple of float
        Area, its derivatives by a, b, c.
    """
    x = (c * c + a * a - b * b) / (2.0 * c)
    half_chord = math.sqrt(max(a * a - x * x, 0.0))
    angle_a = math.acos(max(-1.0, min(1.0, x / a)))
    angle_b = math.acos(max(-1.0, min(1.0, (c - x) / b)))
    area = a * a * angle_a + b * b * angle_b - c * half_chord
    return area, 2.0 * a * angle_a, 2.0 * b * angle_b, -2.0 * half_chord


@lean_kernel
def free_part(
    sx: float, sy: float, sz: float, qx: float, qy: float, qz: float, sun_radius: float, radius: float, slope: Array
) -> float:
    """Part of the Sun's disk that one body leaves free, and its gradient.

    Parameters
    ----------
    sx, sy, sz : float
        From the spacecraft to the Sun.
    qx, qy, qz : float
        From the spacecraft to the body.
    sun_radius, radius : float
        Of the Sun and the body.
    slope : numpy.ndarray (3,)
        Receives the derivative by the spacecraft's position.

    Returns
    -------
    float
        0 (umbra) to 1 (full light); 0 inside the body.
    """
    slope[0] = 0.0
    slope[1] = 0.0
    slope[2] = 0.0
    ds = math.sqrt(sx * sx + sy * sy + sz * sz)
    dq = math.sqrt(qx * qx + qy * qy + qz * qz)
    if dq <= radius:
        return 0.0
    dot = (sx * qx + sy * qy + sz * qz) / (ds * dq)
    if dot <= 0.0:
        return 1.0
    cx = sy * qz - sz * qy
    cy = sz * qx - sx * qz
    cz = sx * qy - sy * qx
    sine = math.sqrt(cx * cx + cy * cy + cz * cz) / (ds * dq)
    c = math.atan2(sine, dot)
    a = math.asin(sun_radius / ds)
    b = math.asin(radius / dq)
    if c >= a + b:
        return 1.0
    if c <= b - a:
        return 0.0
    disk = math.pi * a * a
    a_slope = sun_radius / (ds * ds * math.cos(a))
    b_slope = radius / (dq * dq * math.cos(b))
    if c <= a - b:
        along_a = 2.0 * b * b / (a * a * a) * a_slope
        along_b = -2.0 * b / (a * a) * b_slope
        across = 0.0
        free = 1.0 - b * b / (a * a)
    else:
        area, by_a, by_b, by_c = overlap(a, b, c)
        free = 1.0 - area / disk
        along_a = (2.0 * area / a - by_a) / disk * a_slope
        along_b = -by_b / disk * b_slope
        across = -by_c / disk / sine
    for i in range(3):
        s = (sx, sy, sz)[i] / ds
        q = (qx, qy, qz)[i] / dq
        slope[i] = along_a * s + along_b * q + across * ((q - dot * s) / ds + (s - dot * q) / dq)
    return free


@lean_kernel
def contacts(
    sx: float, sy: float, sz: float, qx: float, qy: float, qz: float, sun_radius: float, radius: float
) -> tuple[float, float]:
    """Tell how far the disks of the Sun and a body are from their outer and inner contact, rad.

    Parameters
    ----------
    sx, sy, sz, qx, qy, qz, sun_radius, radius
        See :func:`free_part`.

    Returns
    -------
    tuple of float
        Separation of the centres less the sum, and less the difference, of the radii: the light has a kink where
        one of them changes its sign.
    """
    ds = math.sqrt(sx * sx + sy * sy + sz * sz)
    dq = math.sqrt(qx * qx + qy * qy + qz * qz)
    cx = sy * qz - sz * qy
    cy = sz * qx - sx * qz
    cz = sx * qy - sy * qx
    c = math.atan2(math.sqrt(cx * cx + cy * cy + cz * cz), sx * qx + sy * qy + sz * qz)
    a = math.asin(min(sun_radius / ds, 1.0))
    b = math.asin(min(radius / dq, 1.0))
    return c - a - b, c - abs(b - a)


@lean_kernel
def inside(dx: float, dy: float, own: float, other: float) -> tuple[float, float]:
    """Where one circle lies inside another one.

    Parameters
    ----------
    dx, dy : float
        From its centre to that of the other.
    own, other : float
        Radii.

    Returns
    -------
    tuple of float
        Direction of the middle of the arc and half its width: 0 nowhere, pi everywhere.
    """
    d = math.sqrt(dx * dx + dy * dy)
    if d + own <= other:
        return 0.0, math.pi
    if d >= own + other or d + other <= own:
        return 0.0, 0.0
    cosine = (d * d + own * own - other * other) / (2.0 * d * own)
    return math.atan2(dy, dx), math.acos(max(-1.0, min(1.0, cosine)))


@lean_kernel
def under_arcs(x: float, y: float, radius: float, first: tuple[float, float], second: tuple[float, float]) -> float:
    """Twice Green's integral over the part of a circle about (x, y) that lies in two arcs (middle, half width)."""
    if first[1] <= 0.0 or second[1] <= 0.0:
        return 0.0
    total = 0.0
    turn = second[0] - first[0]
    turn -= 2.0 * math.pi * math.floor(turn / (2.0 * math.pi) + 0.5)
    for k in range(-1, 2):
        low = max(-first[1], turn + 2.0 * math.pi * k - second[1]) + first[0]
        high = min(first[1], turn + 2.0 * math.pi * k + second[1]) + first[0]
        if high > low:
            total += radius * radius * (high - low)
            total += radius * (x * (math.sin(high) - math.sin(low)) - y * (math.cos(high) - math.cos(low)))
    return total


@lean_kernel
def common_area(a: float, b: float, c: float, bx: float, by: float, cx: float, cy: float) -> float:
    """Area common to three circles: radius ``a`` about the origin, ``b`` about (bx, by), ``c`` about (cx, cy)."""
    first = under_arcs(0.0, 0.0, a, inside(bx, by, a, b), inside(cx, cy, a, c))
    second = under_arcs(bx, by, b, inside(-bx, -by, b, a), inside(cx - bx, cy - by, b, c))
    third = under_arcs(cx, cy, c, inside(-cx, -cy, c, a), inside(bx - cx, by - cy, c, b))
    return 0.5 * (first + second + third)


@lean_kernel
def common_part(
    sun: tuple[float, float, float], one: tuple[float, float, float], two: tuple[float, float, float],
    sun_radius: float, one_radius: float, two_radius: float,
) -> float:
    """Part of the Sun's disk that two bodies cover at once.

    Parameters
    ----------
    sun, one, two : tuple of float
        From the spacecraft to the Sun and the bodies, from outside all three.
    sun_radius, one_radius, two_radius : float
        Their radii.

    Returns
    -------
    float
        0 to 1.
    """
    ds = math.sqrt(sun[0] * sun[0] + sun[1] * sun[1] + sun[2] * sun[2])
    d1 = math.sqrt(one[0] * one[0] + one[1] * one[1] + one[2] * one[2])
    d2 = math.sqrt(two[0] * two[0] + two[1] * two[1] + two[2] * two[2])
    s = (sun[0] / ds, sun[1] / ds, sun[2] / ds)
    # Axes in the sky about the Sun: x towards the first body.
    along = (one[0] * s[0] + one[1] * s[1] + one[2] * s[2]) / d1
    ex = (one[0] / d1 - along * s[0], one[1] / d1 - along * s[1], one[2] / d1 - along * s[2])
    sine = math.sqrt(ex[0] * ex[0] + ex[1] * ex[1] + ex[2] * ex[2])
    far = (two[0] * s[0] + two[1] * s[1] + two[2] * s[2]) / d2
    flat = (two[0] / d2 - far * s[0], two[1] / d2 - far * s[1], two[2] / d2 - far * s[2])
    height = math.sqrt(flat[0] * flat[0] + flat[1] * flat[1] + flat[2] * flat[2])
    if sine == 0.0 or height == 0.0:
        px, py = 1.0, 0.0  # one of them stands right before the Sun: the direction of the other does not matter
    else:
        px = (ex[0] * flat[0] + ex[1] * flat[1] + ex[2] * flat[2]) / (sine * height)
        # Both vectors are square to the Sun's direction: their cross product lies along it.
        py = (
            s[0] * (ex[1] * flat[2] - ex[2] * flat[1]) + s[1] * (ex[2] * flat[0] - ex[0] * flat[2])
            + s[2] * (ex[0] * flat[1] - ex[1] * flat[0])
        ) / (sine * height)  # fmt: skip
    a = math.asin(sun_radius / ds)
    b = math.asin(min(one_radius / d1, 1.0))
    c = math.asin(min(two_radius / d2, 1.0))
    near, other = math.atan2(sine, along), math.atan2(height, far)
    return common_area(a, b, c, near, 0.0, other * px, other * py) / (math.pi * a * a)
