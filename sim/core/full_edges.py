"""Where steps under the full force model are cut: at the surface of a body, and at the edges of shadows."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.dop853_step import norm3
from sim.core.full_events import stages
from sim.core.full_forces import CENTER, FullForces, Work, place_bodies, shadow_edges

Array = npt.NDArray[np.float64]

LANDING: Final = 1e-9
"""km above or below the surface at which a row that hits it ends."""
EDGE: Final = 1e-4
"""s after the edge of a shadow at which a step ends."""


@lean_kernel
def copy(source: Array, target: Array) -> None:
    """Copy numbers (an assignment of arrays would allocate)."""
    for i in range(source.shape[0]):
        target[i] = source[i]


@lean_kernel
def distance_to(y: Array, body: int, work: Work) -> float:
    """Distance to a body of the model at the time of the last evaluation."""
    if body == CENTER:
        return norm3(y)
    x = y[0] - work.places[body, 0]
    v = y[1] - work.places[body, 1]
    z = y[2] - work.places[body, 2]
    return math.sqrt(x * x + v * v + z * z)


@lean_kernel
def nearest(y: Array, forces: FullForces, work: Work) -> float:
    """Distance to the nearest of centre, Earth and Moon."""
    found = norm3(y)
    if forces.earth >= 0:
        found = min(found, distance_to(y, forces.earth, work))
    if forces.moon >= 0:
        found = min(found, distance_to(y, forces.moon, work))
    return found


@lean_kernel
def surface_below(y: Array, surfaces: Array, work: Work, depth: float = 0.0) -> int:
    """Row of the body inside whose surface the state lies, by more than ``depth``; B for the centre, -1 for none."""
    last = surfaces.shape[0] - 1
    for b in range(last + 1):
        if surfaces[b] > 0.0 and distance_to(y, CENTER if b == last else b, work) < surfaces[b] - depth:
            return b
    return -1


@lean_kernel
def land(
    before: Array, s: float, h: float, body: int, radius: float, areas: Array, burn: Array, forces: FullForces,
    work: Work, k: Array, y: Array,
) -> float:
    """Cut a step that ended inside a body at its surface, into ``y``; return the length of the cut step.

    ``k[0]`` holds the rates at its beginning.
    """
    place_bodies(forces, s, False, work)
    low = 0.0
    high = h
    height_low = distance_to(before, body, work) - radius
    if height_low <= 0.0:
        copy(before, y)
        return 0.0
    height_high = distance_to(y, body, work) - radius
    step = h
    for trial in range(100):
        # Regula falsi, every third time a bisection, until the height is zero.
        step = 0.5 * (low + high)
        if trial % 3 != 2 and height_low != height_high:
            step = low + (high - low) * height_low / (height_low - height_high)
        stages(before, s, step, areas, burn, forces, work, k, y)
        height = distance_to(y, body, work) - radius
        if abs(height) < LANDING or abs(high - low) < 1e-9:
            break
        if height > 0.0:
            low = step
            height_low = height
        else:
            high = step
            height_high = height
    return step


@lean_kernel
def cut_at_edge(
    y: Array, s: float, h: float, areas: Array, burn: Array, forces: FullForces, work: Work, k: Array, trial: Array
) -> float:
    """Shorten a step so that it ends just after the first edge of a shadow in it; return its length.

    ``work.edges[0]`` holds the distances from the edges at its beginning, ``k[0]`` the rates there.
    """
    shadow_edges(trial, forces, work, work.edges[1])
    use = h
    for j in range(4):
        if (work.edges[0, j] > 0.0) == (work.edges[1, j] > 0.0):
            continue
        low = 0.0
        high = use
        value_low = work.edges[0, j]
        value_high = work.edges[1, j]
        for turn in range(60):
            step = 0.5 * (low + high)
            if turn % 3 != 2:
                # Regula falsi, a little beyond the root, so that the far end closes in too.
                step = low + (high - low) * value_low / (value_low - value_high)
                step += math.copysign(0.5 * EDGE, h)
                if abs(step) > abs(high):
                    step = 0.5 * (low + high)
            stages(y, s, step, areas, burn, forces, work, k, trial)
            shadow_edges(trial, forces, work, work.edges[2])
            if (work.edges[2, j] > 0.0) == (work.edges[0, j] > 0.0):
                low = step
                value_low = work.edges[2, j]
            else:
                high = step
                value_high = work.edges[2, j]
            if abs(high - low) < EDGE:
                break
        use = high
        stages(y, s, use, areas, burn, forces, work, k, trial)
        shadow_edges(trial, forces, work, work.edges[1])
    return use
