"""Who sees whom: edges of line of sight between tracks tabulated in one frame with its origin in the Moon.

A track is a table of positions and velocities at equal steps, read by cubic Hermite interpolation; a track of one row
stands still. The margin of a link is positive while it is open. It is sampled at equal steps, and where three samples
of one sign have their smallest size in the middle, the extremum between them is searched, so that contacts and gaps
shorter than a step are found as long as a step holds no more than one extremum.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel

Array = npt.NDArray[np.float64]

FIXED_SKY: Final = 0
"""Elevation of ``b`` over the horizon mask of a fixed observer ``a``; ``b`` is late by the light time."""
MOVING_SKY: Final = 1
"""Elevation of ``b`` over a constant mask of a moving observer ``a``; ``a`` is late by the light time."""
CLEAR: Final = 2
"""Line of sight between ``a`` and ``b`` past a sphere at the origin; ``a`` is late by the light time."""
NEAR: Final = 3
"""Distance between ``a`` and ``b`` at most ``limit``."""

GOLDEN: Final = 0.5 * (3.0 - math.sqrt(5.0))
ROOT_ITERATIONS: Final = 80
EXTREMUM_ITERATIONS: Final = 60
TWO_PI: Final = 2.0 * math.pi


class Link(NamedTuple):
    """One condition on two tracks.

    Attributes
    ----------
    kind : int
        ``FIXED_SKY``, ``MOVING_SKY``, ``CLEAR`` or ``NEAR``.
    a, b : numpy.ndarray (N, 6) or (1, 6)
        Tracks.
    a_start, a_step, b_start, b_step : float
        Time of the first row and distance of the rows.
    up : numpy.ndarray (N, 6) or (1, 6)
        Zenith of ``a`` and its rate, on the rows of ``a`` (``MOVING_SKY``).
    local : numpy.ndarray (3, 3)
        Rows east, north, up of ``a`` (``FIXED_SKY``).
    mask : numpy.ndarray (M,)
        Least elevation at M equally spaced azimuths from north over east; ``MOVING_SKY`` reads the first.
    limit : float
        Radius of the sphere (``CLEAR``), largest distance (``NEAR``).
    delay : float
        Seconds a kilometre by which the late party is late; 0 for geometry at one instant.
    """

    kind: int
    a: Array
    a_start: float
    a_step: float
    b: Array
    b_start: float
    b_step: float
    up: Array
    local: Array
    mask: Array
    limit: float
    delay: float


@lean_kernel
def track_at(table: Array, start: float, step: float, t: float) -> tuple[float, float, float]:
    """Vector of a table of values and rates by cubic Hermite interpolation; error h^4/384 of the fourth derivative."""
    if table.shape[0] == 1:
        return table[0, 0], table[0, 1], table[0, 2]
    place = (t - start) / step
    k = min(max(int(math.floor(place)), 0), table.shape[0] - 2)  # noqa: RUF046 (a float in compiled code)
    u = place - k
    v = 1.0 - u
    low = v * v * (1.0 + 2.0 * u)
    high = u * u * (1.0 + 2.0 * v)
    low_rate = step * u * v * v
    high_rate = -step * u * u * v
    x = low * table[k, 0] + high * table[k + 1, 0] + low_rate * table[k, 3] + high_rate * table[k + 1, 3]
    y = low * table[k, 1] + high * table[k + 1, 1] + low_rate * table[k, 4] + high_rate * table[k + 1, 4]
    z = low * table[k, 2] + high * table[k + 1, 2] + low_rate * table[k, 5] + high_rate * table[k + 1, 5]
    return x, y, z


@lean_kernel
def mask_at(mask: Array, azimuth: float) -> float:
    """Linear interpolation of a mask around the horizon."""
    n = mask.shape[0]
    if n == 1:
        return mask[0]
    place = azimuth * n / TWO_PI
    low = math.floor(place)
    share = place - low
    k = int(low) % n
    following = k + 1 if k + 1 < n else 0
    return mask[k] * (1.0 - share) + mask[following] * share


@lean_kernel
def distance(ax: float, ay: float, az: float, bx: float, by: float, bz: float) -> float:
    """Distance of two points."""
    return math.sqrt((bx - ax) * (bx - ax) + (by - ay) * (by - ay) + (bz - az) * (bz - az))


@lean_kernel
def fixed_sky(link: Link, t: float) -> float:
    """Elevation above the mask of a fixed observer, rad."""
    bx, by, bz = track_at(link.b, link.b_start, link.b_step, t)
    if link.delay > 0.0:
        late = link.delay * distance(link.a[0, 0], link.a[0, 1], link.a[0, 2], bx, by, bz)
        bx, by, bz = track_at(link.b, link.b_start, link.b_step, t + late)
    dx = bx - link.a[0, 0]
    dy = by - link.a[0, 1]
    dz = bz - link.a[0, 2]
    east = link.local[0, 0] * dx + link.local[0, 1] * dy + link.local[0, 2] * dz
    north = link.local[1, 0] * dx + link.local[1, 1] * dy + link.local[1, 2] * dz
    up = link.local[2, 0] * dx + link.local[2, 1] * dy + link.local[2, 2] * dz
    elevation = math.atan2(up, math.sqrt(east * east + north * north))
    if link.mask.shape[0] == 1:
        return elevation - link.mask[0]
    return elevation - mask_at(link.mask, math.atan2(east, north))


@lean_kernel
def late_a(link: Link, t: float, bx: float, by: float, bz: float) -> tuple[float, float, float, float]:
    """Time and position of ``a`` when what ``b`` sends at ``t`` arrives."""
    ax, ay, az = track_at(link.a, link.a_start, link.a_step, t)
    if link.delay > 0.0:
        t += link.delay * distance(ax, ay, az, bx, by, bz)
        ax, ay, az = track_at(link.a, link.a_start, link.a_step, t)
    return t, ax, ay, az


@lean_kernel
def horizon_angle(radius: float, limit: float) -> float:
    """Angle at the centre between a point and its horizon on the sphere; 0 for a point inside."""
    return math.acos(min(limit / radius, 1.0))


@lean_kernel
def margin(link: Link, t: float) -> float:
    """Margin of a link: rad, for ``NEAR`` km; positive while open."""
    if link.kind == FIXED_SKY:
        return fixed_sky(link, t)
    bx, by, bz = track_at(link.b, link.b_start, link.b_step, t)
    arrival, ax, ay, az = late_a(link, t, bx, by, bz)
    if link.kind == NEAR:
        return link.limit - distance(ax, ay, az, bx, by, bz)
    if link.kind == MOVING_SKY:
        ux, uy, uz = track_at(link.up, link.a_start, link.a_step, arrival)
        size = math.sqrt(ux * ux + uy * uy + uz * uz) * distance(ax, ay, az, bx, by, bz)
        sine = (ux * (bx - ax) + uy * (by - ay) + uz * (bz - az)) / size
        return math.asin(min(max(sine, -1.0), 1.0)) - link.mask[0]
    # Both see past the sphere while the angle between them is less than the sum of their angles to the horizon.
    cx = ay * bz - az * by
    cy = az * bx - ax * bz
    cz = ax * by - ay * bx
    between = math.atan2(math.sqrt(cx * cx + cy * cy + cz * cz), ax * bx + ay * by + az * bz)
    a_radius = math.sqrt(ax * ax + ay * ay + az * az)
    b_radius = math.sqrt(bx * bx + by * by + bz * bz)
    return horizon_angle(a_radius, link.limit) + horizon_angle(b_radius, link.limit) - between


@lean_kernel
def margins(link: Link, t: Array, out: Array) -> None:
    """Margins at N times."""
    for row in range(t.shape[0]):
        out[row] = margin(link, t[row])


@lean_kernel
def distance_rows(link: Link, t: Array, out: Array) -> None:
    """Distances of ``a`` and ``b`` at N times, both at the same instant."""
    for row in range(t.shape[0]):
        ax, ay, az = track_at(link.a, link.a_start, link.a_step, t[row])
        bx, by, bz = track_at(link.b, link.b_start, link.b_step, t[row])
        out[row] = distance(ax, ay, az, bx, by, bz)


@lean_kernel
def positions_rows(table: Array, start: float, step: float, t: Array, out: Array) -> None:
    """Vectors of a track at N times."""
    for row in range(t.shape[0]):
        out[row, 0], out[row, 1], out[row, 2] = track_at(table, start, step, t[row])


@lean_kernel
def root(link: Link, a: float, fa: float, b: float, fb: float, tolerance: float) -> float:
    """Bracketed root by Chandrupatla's method (1997, Adv. Eng. Softw. 28:145)."""
    c = b
    fc = fb
    share = 0.5
    for _ in range(ROOT_ITERATIONS):
        if abs(b - a) <= tolerance:
            break
        t = a + share * (b - a)
        ft = margin(link, t)
        if (ft >= 0.0) == (fa >= 0.0):
            c, fc = a, fa
        else:
            c, fc, b, fb = b, fb, a, fa
        a, fa = t, ft
        share = 0.5
        if fc not in (fb, fa) and fa != fb:
            xi = (a - b) / (c - b)
            phi = (fa - fb) / (fc - fb)
            if phi * phi < xi and (1.0 - phi) * (1.0 - phi) < 1.0 - xi:
                share = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        least = min(0.4 * tolerance / max(abs(b - a), 1e-300), 0.5)
        share = min(max(share, least), 1.0 - least)
    return a if fa >= 0.0 else b


@lean_kernel
def crossing_between(link: Link, low: float, high: float, sign: float, tolerance: float) -> tuple[bool, float, float]:
    """Search between two times for a margin of the opposite sign, by golden section towards zero.

    Returns whether there is one, its time and its margin.
    """
    left = low + GOLDEN * (high - low)
    right = high - GOLDEN * (high - low)
    f_left = sign * margin(link, left)
    f_right = sign * margin(link, right)
    for _ in range(EXTREMUM_ITERATIONS):
        if f_left < 0.0:
            return True, left, sign * f_left
        if f_right < 0.0:
            return True, right, sign * f_right
        if high - low <= tolerance:
            break
        if f_right < f_left:
            low = left
            left = right
            f_left = f_right
            right = high - GOLDEN * (high - low)
            f_right = sign * margin(link, right)
        else:
            high = right
            right = left
            f_right = f_left
            left = low + GOLDEN * (high - low)
            f_left = sign * margin(link, left)
    return False, 0.0, 0.0


@lean_kernel
def may_touch(first: float, middle: float, last: float) -> bool:
    """Tell whether three samples of one sign leave room for zero between them.

    The vertex of a parabola through them lies at most an eighth of the second difference beyond the middle one; eight
    times as much is allowed for, because elevations peak more sharply than parabolas.
    """
    inside = middle >= 0.0
    if (first >= 0.0) != inside or (last >= 0.0) != inside:
        return False
    size = abs(middle)
    if size >= abs(first) or size > abs(last):  # of two equal ones only the first: no touch is found twice
        return False
    return size <= abs(first) + abs(last) - 2.0 * size


@lean_kernel
def scan(link: Link, windows: Array, step: float, tolerance: float, out: Array) -> int:
    """Intervals inside windows during which a link is open.

    Parameters
    ----------
    link : Link
        Condition.
    windows : numpy.ndarray (W, 2)
        Begins and ends, ascending.
    step : float
        Longest distance of samples.
    tolerance : float
        Accuracy of the edges.
    out : numpy.ndarray (capacity, 2)
        Intervals found, as many as fit.

    Returns
    -------
    int
        Intervals found; when more than fit, call again with more room.
    """
    found = 0
    for w in range(windows.shape[0]):
        begin = windows[w, 0]
        end = windows[w, 1]
        n = max(1, int(math.ceil((end - begin) / step)))  # noqa: RUF046 (a float in compiled code)
        h = (end - begin) / n
        previous = margin(link, begin - h)
        f = margin(link, begin)
        inside = f >= 0.0
        opened = begin
        for i in range(n + 1):
            t = begin + i * h
            following = margin(link, t + h)
            if may_touch(previous, f, following):
                # A touch near the ends of a window counts only inside it.
                low = max(t - h, begin)
                high = min(t + h, end)
                sign = 1.0 if inside else -1.0
                hit, at, value = crossing_between(link, low, high, sign, tolerance)
                if hit:
                    f_low = margin(link, low)
                    f_high = margin(link, high)
                    if (f_low >= 0.0) == inside and (f_high >= 0.0) == inside:
                        first = root(link, low, f_low, at, value, tolerance)
                        last = root(link, at, value, high, f_high, tolerance)
                        if found < out.shape[0]:
                            out[found, 0] = opened if inside else first
                            out[found, 1] = first if inside else last
                        found += 1
                        if inside:
                            opened = last
            if i < n and (following >= 0.0) != inside:
                edge = root(link, t, f, t + h, following, tolerance)
                if inside:
                    if found < out.shape[0]:
                        out[found, 0] = opened
                        out[found, 1] = edge
                    found += 1
                opened = edge
                inside = not inside
            previous = f
            f = following
        if inside:
            if found < out.shape[0]:
                out[found, 0] = opened
                out[found, 1] = end
            found += 1
    return found
