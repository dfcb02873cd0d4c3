"""Part of the Sun's disk that a body leaves free: conical umbra and penumbra.

The apparent disks are taken as circles in a plane (Montenbruck and Gill, Satellite Orbits, section 3.4.2), exact to
second order of their radii: the Sun's is 0.27 degrees. No limb darkening, no atmosphere.
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
