"""Events inside a step under the full force model: spheres about bodies, and least and greatest distances.

As in :mod:`sim.core.events`, points inside a step come from a shorter step of the same method from the same beginning.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sim.core.body_axes import locate
from sim.core.chebyshev import clenshaw, clenshaw_derivative
from sim.core.compile import lean_kernel
from sim.core.dop853_step import norm3, solution, stage_state
from sim.core.dop853_tableau import STAGES, C
from sim.core.events import NO_EVENT, RADIUS, TIME_RESOLUTION, Stops
from sim.core.full_forces import CENTER, FullForces, Work, rates

Array = npt.NDArray[np.float64]


@lean_kernel
def stages(
    y: Array, s: float, h: float, areas: Array, burn: Array, forces: FullForces, work: Work, k: Array, trial: Array
) -> None:
    """Evaluate the stages 1 to 11 and put the solution of order 8 into ``trial``; ``k[0]`` must be there."""
    for i in range(1, STAGES):
        stage_state(y, h, i, k, trial)
        rates(trial, s + C[i] * h, areas, burn, forces, work, k[i])
    solution(y, h, k, trial)


@lean_kernel
def seen_from(y: Array, s: float, body: int, forces: FullForces, work: Work, out: Array) -> None:
    """Position and velocity relative to a body at a time."""
    for i in range(6):
        out[i] = y[i]
    if body == CENTER:
        return
    number, since = locate(s, forces.piece, work.number[0], forces.table.shape[0])
    x = 2.0 * since / forces.piece - 1.0
    for i in range(3):
        series = forces.table[number, body, i]
        out[i] -= clenshaw(series, x)
        out[3 + i] -= clenshaw_derivative(series, x) * (2.0 / forces.piece)


@lean_kernel
def value_at(
    y: Array, s: float, h: float, which: int, rate: bool, stops: Stops, forces: FullForces, work: Work
) -> float:
    """Value of an event function at a state: distance still to go, or its rate in the direction of integration."""
    r = work.vectors[4]
    seen_from(y, s, stops.body[which], forces, work, r)
    if not rate:
        return stops.sign[which] * (norm3(r[0:3]) - stops.radius[which])
    along = r[0] * r[3] + r[1] * r[4] + r[2] * r[5]
    return math.copysign(stops.sign[which], stops.sign[which] * h) * along


@lean_kernel
def find_root(
    y: Array, s: float, h: float, which: int, rate: bool, left: float, f_left: float, right: float, f_right: float,
    areas: Array, burn: Array, stops: Stops, forces: FullForces, work: Work, k: Array, probe: Array,
) -> float:
    """Bracketed root of an event function, Illinois rule with bisection as a guard; the end at or past the event.

    ``probe`` holds the state there.
    """
    side = 0
    for iteration in range(200):
        last = abs(right - left) <= TIME_RESOLUTION or iteration == 199
        use = (left * f_right - right * f_left) / (f_right - f_left)
        if iteration % 8 == 7 or not (min(left, right) < use < max(left, right)):
            use = 0.5 * (left + right)
        if last:
            use = right
        # The one place at which steps are made here: each more would cost a second of compilation.
        stages(y, s, use, areas, burn, forces, work, k, probe)
        if last:
            break
        value = value_at(probe, s + use, h, which, rate, stops, forces, work)
        if (value > 0.0) == (f_left > 0.0):
            left = use
            f_left = value
            if side == 1:
                f_right *= 0.5
            side = 1
        else:
            right = use
            f_right = value
            if side == -1:
                f_left *= 0.5
            side = -1
    return right


@lean_kernel
def out_of_reach(y: Array, trial: Array, s: float, h: float, which: int, gaps: float, stops: Stops,
                 forces: FullForces, work: Work) -> bool:  # fmt: skip
    """Tell whether a sphere cannot be reached in a step; see :func:`sim.core.events.out_of_reach`."""
    r = work.vectors[4]
    seen_from(y, s, stops.body[which], forces, work, r)
    speed = norm3(r[3:6])
    seen_from(trial, s + h, stops.body[which], forces, work, r)
    return gaps > 1.5 * max(speed, norm3(r[3:6])) * abs(h)


@lean_kernel
def event_in_step(
    y: Array, trial: Array, s: float, h: float, which: int, areas: Array, burn: Array, stops: Stops,
    forces: FullForces, work: Work, k: Array, probe: Array,
) -> float:
    """Time into the step at which an event happens, ``probe`` the state there; NaN when it does not.

    A sphere that both ends of the step leave on the same side may be passed twice between them: then the extreme of the
    distance is found first, and the sphere before it.
    """
    rate = stops.kind[which] != RADIUS
    graze = False
    end = h
    after = value_at(trial, s + h, h, which, rate, stops, forces, work)
    for _ in range(3):
        before = value_at(y, s, h, which, rate, stops, forces, work)
        if rate and not (before < 0.0 and after >= 0.0):
            return math.nan
        if not rate and not before > 0.0:
            return math.nan
        if not rate and after > 0.0:
            if graze or out_of_reach(y, trial, s, h, which, before + after, stops, forces, work):
                return math.nan
            graze = True
            rate = True
            after = value_at(trial, s + h, h, which, True, stops, forces, work)
            continue
        end = find_root(y, s, h, which, rate, 0.0, before, end, after, areas, burn, stops, forces, work, k, probe)
        if not (graze and rate):
            return end
        rate = False
        after = value_at(probe, s + end, h, which, False, stops, forces, work)
    return math.nan


@lean_kernel
def first_event(
    y: Array, trial: Array, s: float, h: float, areas: Array, burn: Array, stops: Stops, forces: FullForces,
    work: Work, k: Array, probe: Array, met: Array,
) -> tuple[int, float]:
    """Find the earliest event inside a step.

    Parameters
    ----------
    y, trial : numpy.ndarray (size,)
        States at both ends of the step, which is not yet accepted.
    s, h : float
        Its beginning and length.
    areas, burn : numpy.ndarray (2,), numpy.ndarray (BURN_SIZE,)
        What acts.
    stops : Stops
        Events.
    forces : FullForces
        Model.
    work, k, probe : Work, numpy.ndarray (STAGES + 3, size), numpy.ndarray (size,)
        Scratch; ``k[0]`` holds the rates at the beginning.
    met : numpy.ndarray (size,)
        Receives the state at the event.

    Returns
    -------
    tuple of int, float
        Index of the event or ``NO_EVENT``, and its time into the step.
    """
    found = NO_EVENT
    earliest = h
    for which in range(stops.kind.shape[0]):
        t = event_in_step(y, trial, s, h, which, areas, burn, stops, forces, work, k, probe)
        if not math.isnan(t) and abs(t) <= abs(earliest):
            found = which
            earliest = t
            for c in range(probe.shape[0]):
                met[c] = probe[c]
    return found, earliest
