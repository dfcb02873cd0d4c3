"""Horizon of a place on a sphere with terrain: rays along great circles over a polar stereographic height grid."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel

Array = npt.NDArray[np.float64]
Heights = npt.NDArray[np.float32]


@lean_kernel
def height_at(heights: Heights, x_first: float, y_first: float, dx: float, dy: float, x: float, y: float) -> float:
    """Bilinear height of a grid at projected coordinates, all in the grid's units; NaN outside or beside a gap."""
    column = (x - x_first) / dx
    row = (y - y_first) / dy
    rows, columns = heights.shape
    if not (0.0 <= column <= columns - 1.0 and 0.0 <= row <= rows - 1.0):
        return math.nan
    i = min(int(row), rows - 2)
    j = min(int(column), columns - 2)
    u = row - i
    v = column - j
    low = heights[i, j] * (1.0 - v) + heights[i, j + 1] * v
    high = heights[i + 1, j] * (1.0 - v) + heights[i + 1, j + 1] * v
    return low * (1.0 - u) + high * u


@lean_kernel
def project(x: float, y: float, z: float, radius: float, pole: float) -> tuple[float, float]:
    """Polar stereographic coordinates of a unit vector.

    rho = 2 R tan(pi/4 - |latitude|/2); x = rho sin(longitude), y = -pole rho cos(longitude): the y axis points along
    the prime meridian in the south (``pole`` -1) and against it in the north (+1).
    """
    scale = 2.0 * radius / (1.0 + pole * z)
    return scale * y, -pole * scale * x


@lean_kernel
def ray(
    heights: Heights, grid: Array, site: Array, direction: Array, eye: float, step: float, reach: float, top: float
) -> tuple[float, float, float]:
    """Highest terrain along one great circle.

    Parameters
    ----------
    heights : numpy.ndarray (rows, columns)
        Heights over the sphere, NaN for gaps.
    grid : numpy.ndarray (6,)
        x and y of the first sample, spacing in x and y, radius of the sphere, pole (-1 south, +1 north).
    site, direction : numpy.ndarray (3,)
        Unit vectors: the place, and the horizontal direction of the ray.
    eye : float
        Distance of the eye from the centre.
    step, reach : float
        Distance of samples along the surface, and where the ray ends.
    top : float
        Largest height of the grid: the ray ends early when nothing so high could still rise above the horizon.

    Returns
    -------
    tuple of float
        Tangent of the elevation (-inf without terrain), distance of the horizon, distance to which the ray saw terrain
        or could prove that none matters.
    """
    radius = grid[4]
    best = -math.inf
    where = 0.0
    s = step
    while s <= reach:
        angle = s / radius
        cosine = math.cos(angle)
        sine = math.sin(angle)
        highest = radius + top
        if (highest * cosine - eye) < best * highest * sine:
            return best, where, reach
        px, py = project(
            cosine * site[0] + sine * direction[0],
            cosine * site[1] + sine * direction[1],
            cosine * site[2] + sine * direction[2],
            radius, grid[5],
        )
        height = height_at(heights, grid[0], grid[1], grid[2], grid[3], px, py)
        if math.isnan(height):
            return best, where, s - step
        far = radius + height
        tangent = (far * cosine - eye) / (far * sine)
        if tangent > best:
            best = tangent
            where = s
        s += step
    return best, where, reach


@lean_kernel
def horizon_rows(
    heights: Heights, grid: Array, frame: Array, eye: float, azimuths: Array, step: float, reach: float, top: float,
    first: int, last: int, out: Array,
) -> None:
    """Horizon at azimuths ``first`` to ``last``.

    Parameters
    ----------
    heights, grid
        See :func:`ray`.
    frame : numpy.ndarray (4, 3)
        Unit vectors east, north, up of the place, and room for the direction of the ray (one per caller).
    eye : float
        See :func:`ray`.
    azimuths : numpy.ndarray (A,)
        rad, from north over east.
    step, reach, top : float
        See :func:`ray`.
    first, last : int
        Rows to do.
    out : numpy.ndarray (A, 3)
        Elevation (rad), distance of the horizon, distance seen.
    """
    for k in range(first, last):
        east = math.sin(azimuths[k])
        north = math.cos(azimuths[k])
        for c in range(3):
            frame[3, c] = east * frame[0, c] + north * frame[1, c]
        tangent, where, seen = ray(heights, grid, frame[2], frame[3], eye, step, reach, top)
        out[k, 0] = math.atan(tangent)
        out[k, 1] = where
        out[k, 2] = seen
