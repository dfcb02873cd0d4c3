"""Events inside one step: where a sphere about a body is crossed, where a body is passed at least distance.

Points inside a step come from a shorter step of the same method from the same beginning, so that an event is as
accurate as the trajectory itself and needs no interpolant.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.forces import CENTER, Forces
from sim.core.nodes import COEFFICIENTS, NODES, piece_argument
from sim.core.rkn1210_step import Workspace, step

Array = npt.NDArray[np.float64]

RADIUS: Final = 0
"""Kind: the distance to a body passes ``radius``."""
CLOSEST: Final = 1
"""Kind: the distance to a body is least (in either direction of integration)."""

TIME_RESOLUTION: Final = 1e-7
"""Bracket (s) to which events are located."""
NO_EVENT: Final = -1


class Stops(NamedTuple):
    """Events at which a row stops; S of them.

    Attributes
    ----------
    kind : numpy.ndarray (S,) int64
        ``RADIUS`` or ``CLOSEST``.
    body : numpy.ndarray (S,) int64
        Index in the table, or ``CENTER``.
    radius : numpy.ndarray (S,)
        km; unused for ``CLOSEST``.
    sign : numpy.ndarray (S,)
        +1: crossing inward in the direction of integration, -1: outward; +1 for ``CLOSEST``.
    status : numpy.ndarray (S,) int64
        Status of a row that stops here.
    """

    kind: npt.NDArray[np.int64]
    body: npt.NDArray[np.int64]
    radius: Array
    sign: Array
    status: npt.NDArray[np.int64]


@kernel
def no_stops() -> Stops:
    """Return an empty list of events."""
    empty = np.zeros(0, dtype=np.int64)
    return Stops(empty, empty, np.zeros(0), np.zeros(0), empty)


@lean_kernel
def distance_from(nodes: Array, i: int, state: Array, body: int) -> float:
    """Distance between a state and a body at node ``i``."""
    x = state[0]
    y = state[1]
    z = state[2]
    if body != CENTER:
        x -= nodes[3 * body, i]
        y -= nodes[3 * body + 1, i]
        z -= nodes[3 * body + 2, i]
    return math.sqrt(x * x + y * y + z * z)


@lean_kernel
def body_velocity(forces: Forces, body: int, index: int, offset: float) -> tuple[float, float, float]:
    """Velocity of a body relative to the centre, from the derivative of its series."""
    if body == CENTER:
        return 0.0, 0.0, 0.0
    k, x = piece_argument(index, offset, forces.piece, forces.table.shape[0])
    vx = 0.0
    vy = 0.0
    vz = 0.0
    for power in range(COEFFICIENTS - 1, 0, -1):
        vx = vx * x + power * forces.table[k, 3 * body, power]
        vy = vy * x + power * forces.table[k, 3 * body + 1, power]
        vz = vz * x + power * forces.table[k, 3 * body + 2, power]
    rate = 2.0 / forces.piece
    return vx * rate, vy * rate, vz * rate


@lean_kernel
def range_rate_sign(
    forces: Forces, nodes: Array, i: int, state: Array, body: int, index: int, offset: float
) -> float:
    """Distance times range rate to a body: its sign is the sign of the range rate, in forward time."""
    bx, by, bz = body_velocity(forces, body, index, offset)
    x = state[0]
    y = state[1]
    z = state[2]
    if body != CENTER:
        x -= nodes[3 * body, i]
        y -= nodes[3 * body + 1, i]
        z -= nodes[3 * body + 2, i]
    return x * (state[3] - bx) + y * (state[4] - by) + z * (state[5] - bz)


@lean_kernel
def begin_probe(work: Workspace, probe: Workspace) -> None:
    """Give a second workspace the beginning of the step."""
    for c in range(6):
        probe.start[c] = work.start[c]


@lean_kernel
def event_value(
    forces: Forces, stops: Stops, which: int, rate: bool, index: int, offset: float, s: float, probe: Workspace
) -> float:
    """Value of an event function ``s`` seconds into the step (``rate``: of its derivative instead).

    Positive before the event for ``RADIUS`` (distance to go, km); for ``rate`` the signed range rate, in the direction
    of integration: negative while the distance to go shrinks.
    """
    step(forces, index, offset, s, probe)
    body = stops.body[which]
    if not rate:
        return stops.sign[which] * (distance_from(probe.nodes, NODES - 1, probe.end, body) - stops.radius[which])
    sign = stops.sign[which] if s >= 0.0 else -stops.sign[which]
    return sign * range_rate_sign(forces, probe.nodes, NODES - 1, probe.end, body, index, offset + s)


@lean_kernel
def find_root(
    forces: Forces, stops: Stops, which: int, rate: bool, index: int, offset: float,
    left: float, f_left: float, right: float, f_right: float, probe: Workspace,
) -> float:
    """Bracketed root of an event function by the Illinois variant of the secant rule, with bisection as a guard.

    Returns the end of the last bracket that lies at or past the event; ``probe.end`` holds the state there.
    """
    side = 0
    for iteration in range(200):
        if abs(right - left) <= TIME_RESOLUTION:
            break
        s = (left * f_right - right * f_left) / (f_right - f_left)
        if iteration % 8 == 7 or not (min(left, right) < s < max(left, right)):
            s = 0.5 * (left + right)
        value = event_value(forces, stops, which, rate, index, offset, s, probe)
        if (value > 0.0) == (f_left > 0.0):
            left = s
            f_left = value
            if side == 1:
                f_right *= 0.5
            side = 1
        else:
            right = s
            f_right = value
            if side == -1:
                f_left *= 0.5
            side = -1
    event_value(forces, stops, which, rate, index, offset, right, probe)
    return right


@lean_kernel
def out_of_reach(work: Workspace, h: float, body: int, sum_of_gaps: float) -> bool:
    """Tell whether a sphere cannot be reached inside a step whose two ends lie ``sum_of_gaps`` away from it.

    The path is taken as at most 1.5 times as long as the faster end would cover; error control keeps steps short
    against the time in which the speed changes by that much.
    """
    speed = 0.0
    for end in range(2):
        square = 0.0
        for c in range(3):
            v = work.end[3 + c] if end == 1 else work.start[3 + c]
            if body != CENTER:
                v -= (work.nodes[3 * body + c, NODES - 1] - work.nodes[3 * body + c, 0]) / h
            square += v * v
        speed = max(speed, square)
    return sum_of_gaps > 1.5 * math.sqrt(speed) * abs(h)


@lean_kernel
def radius_event(
    forces: Forces, stops: Stops, which: int, index: int, offset: float, h: float, work: Workspace, probe: Workspace
) -> float:
    """Time into the step at which a sphere is crossed; NaN when it is not."""
    body = stops.body[which]
    sign = stops.sign[which]
    before = sign * (distance_from(work.nodes, 0, work.start, body) - stops.radius[which])
    after = sign * (distance_from(work.nodes, NODES - 1, work.end, body) - stops.radius[which])
    if not before > 0.0:
        return math.nan
    if after <= 0.0:
        begin_probe(work, probe)
        return find_root(forces, stops, which, False, index, offset, 0.0, before, h, after, probe)
    if out_of_reach(work, h, body, before + after):
        return math.nan
    extreme = extreme_event(forces, stops, which, index, offset, h, work, probe)
    if math.isnan(extreme):
        return math.nan
    after = event_value(forces, stops, which, False, index, offset, extreme, probe)
    if after > 0.0:
        return math.nan
    return find_root(forces, stops, which, False, index, offset, 0.0, before, extreme, after, probe)


@lean_kernel
def extreme_event(
    forces: Forces, stops: Stops, which: int, index: int, offset: float, h: float, work: Workspace, probe: Workspace
) -> float:
    """Time into the step at which the distance is extreme (least for sign +1); NaN when it is not."""
    body = stops.body[which]
    sign = stops.sign[which] if h >= 0.0 else -stops.sign[which]
    before = sign * range_rate_sign(forces, work.nodes, 0, work.start, body, index, offset)
    after = sign * range_rate_sign(forces, work.nodes, NODES - 1, work.end, body, index, offset + h)
    if not (before < 0.0 and after >= 0.0):
        return math.nan
    begin_probe(work, probe)
    return find_root(forces, stops, which, True, index, offset, 0.0, before, h, after, probe)


@lean_kernel
def first_event(
    forces: Forces, stops: Stops, index: int, offset: float, h: float, work: Workspace, probe: Workspace
) -> tuple[int, float]:
    """Find the earliest event inside a step.

    Parameters
    ----------
    forces, stops : Forces, Stops
        Model and events.
    index, offset : int, float
        Piece and offset of the beginning of the step.
    h : float
        Length of the step.
    work : Workspace
        The step that was just made, not yet accepted.
    probe : Workspace
        Scratch.

    Returns
    -------
    tuple of int, float
        Index of the event or ``NO_EVENT``, and its time into the step.
    """
    found = NO_EVENT
    earliest = h
    for which in range(stops.kind.shape[0]):
        if stops.kind[which] == RADIUS:
            s = radius_event(forces, stops, which, index, offset, h, work, probe)
        else:
            s = extreme_event(forces, stops, which, index, offset, h, work, probe)
        if not math.isnan(s) and abs(s) <= abs(earliest):
            found = which
            earliest = s
    return found, earliest
