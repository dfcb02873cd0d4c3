"""DOP853 for rows of states under the full force model, whose forces may depend on velocity, mass and switched engines.

Steps end exactly where an engine is switched, at every output time, at the surface of a body, at events that end a row
(:mod:`sim.core.full_events`; those that are recorded change no step), and within a tenth of a millisecond after the
edges of umbra and penumbra, where the light has a kink that no error estimate is safe against (unless a shadow begins
and ends within one step, a grazing one). The error norm is Hairer's (the same as in :mod:`sim.core.dop853`): position
errors against ``tolerance`` times the distance to the nearest of Earth, Moon and centre, velocity errors against
``tolerance`` times the speed. Mass (linear in time) and partial derivatives follow the steps of the state, so that a
trajectory has the same bits with and without them.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.dop853_step import SMALLEST_STEP, error_norm, first_step, norm3, step_factor
from sim.core.full_edges import LANDING, copy, cut_at_edge, land, nearest, surface_below
from sim.core.full_events import (
    BEFORE,
    END,
    NO_EVENT,
    STAGE_ROWS,
    accept_watch,
    begin_watch,
    fill_powers,
    find_events,
    put_place,
    screen,
    stages,
)
from sim.core.full_forces import (
    CENTER,
    MASS,
    FullForces,
    Work,
    needs_rates,
    place_bodies,
    rates,
    shadow_edges,
)
from sim.core.full_terms import FLOW, START, STOP, THRUST
from sim.core.full_watch import FullWatch, Look, new_look
from sim.core.lanes_events import STATUS
from sim.core.lanes_log import Log
from sim.core.nodes import locate
from sim.core.status import IMPACT, MAX_STEPS, NO_SOLUTION, NONFINITE, OK, OUT_OF_EPHEMERIS, STEP_TOO_SMALL

Array = npt.NDArray[np.float64]


@lean_kernel
def all_finite(values: Array) -> bool:
    """Whether no number is NaN or infinite."""
    finite = True
    for i in range(values.shape[0]):
        finite = finite and math.isfinite(values[i])
    return finite


@lean_kernel
def search_step(
    y: Array, trial: Array, s: float, h: float, body: int, areas: Array, burn: Array, forces: FullForces,
    surfaces: Array, watch: FullWatch, work: Work, k: Array, look: Look, row: int, log: Log,
) -> tuple[int, float, bool]:
    """Find the event in a step that ends its row, if one does; where something may happen, fill the polynomial.

    Parameters
    ----------
    y, trial, s, h : numpy.ndarray, numpy.ndarray, float, float
        Both ends of the step, its beginning and length; rates at the end are in ``k[END]``.
    body : int
        Surface below which the step ends, or -1.
    areas, burn, forces, surfaces, watch, work, k, look, row, log
        See :func:`advance`. ``look.met`` receives the state at the event.

    Returns
    -------
    tuple of int, float, bool
        Event or ``NO_EVENT``, its time into the step, whether some event may happen in it.
    """
    number = int(work.number[0])
    if not screen(y, trial, s, h, watch, forces, number, k, look):
        return NO_EVENT, h, False
    met = look.met
    which = NO_EVENT
    cut = 0.5 * h
    for turn in range(2):
        # First to the middle, then to the event: each place where steps are made is compiled again in every caller.
        stages(y, s, cut, areas, burn, forces, work, k, met)
        if turn == 1:
            break
        rates(met, s + cut, areas, burn, forces, work, k[1])
        put_place(met, k[1], look.place)
        fill_powers(y, trial, look.place, h, k, look.powers)
        which, cut = find_events(s, h, True, math.inf, 0.0, 0.0, watch, forces, number, row, look, log)
        if which == NO_EVENT or (body >= 0 and watch.codes[which, STATUS] == IMPACT):
            break
    if which != NO_EVENT and watch.codes[which, STATUS] != IMPACT:
        # What happens below ground does not count: the row has ended there, or began there.
        place_bodies(forces, s + cut, False, work)
        if surface_below(met, surfaces, work) >= 0:
            which = NO_EVENT
    place_bodies(forces, s + h, needs_rates(forces, burn), work)
    return which, cut, True


@lean_kernel
def advance(
    y: Array, s0: float, tau: float, target: float, h: float, tolerance: float, steps_left: int, areas: Array,
    burn: Array, forces: FullForces, surfaces: Array, watch: FullWatch, work: Work, k: Array, trial: Array,
    look: Look, row: int, t0: float, log: Log,
) -> tuple[int, int, float, float]:
    """Integrate ``y`` in place from ``s0 + tau`` to ``s0 + target``, with the same engine all the time.

    Parameters
    ----------
    y : numpy.ndarray (size,)
        State.
    s0, tau, target : float
        Origin of the row, time past it, time to go to.
    h : float
        First step.
    tolerance, steps_left : float, int
        See the module; steps still allowed.
    areas, burn, forces : numpy.ndarray (2,), numpy.ndarray (BURN_SIZE,), FullForces
        What acts.
    surfaces : numpy.ndarray (B + 1,)
        Radii at which the row ends.
    watch : FullWatch
        Events; which one ended the row is left in ``work.number[1]``.
    work, k, trial, look : Work, numpy.ndarray (STAGE_ROWS, size), numpy.ndarray (size,), Look
        Scratch.
    row, t0, log : int, float, Log
        Row of the batch, its epoch, and where recorded events go.

    Returns
    -------
    tuple of int, int, float, float
        Status, steps made, seconds past ``s0`` reached, proposal for the next step.
    """
    rates(y, s0 + tau, areas, burn, forces, work, k[0])
    near = nearest(y, forces, work)
    watching = watch.codes.shape[0] > 0
    if watching:
        begin_watch(y, s0 + tau, h, tau == 0.0, watch, forces, int(work.number[0]), k, look)
    lit = forces.pressure != 0.0 and areas[0] != 0.0
    if lit:
        shadow_edges(y, forces, work, work.edges[0])
    for made in range(1, steps_left + 1):
        last = abs(h) >= abs(target - tau)
        use = target - tau if last else h
        stages(y, s0 + tau, use, areas, burn, forces, work, k, trial)
        position = tolerance * min(near, nearest(trial, forces, work))
        ratio = error_norm(k, use, position, tolerance * max(norm3(y[3:6]), norm3(trial[3:6])))
        factor = step_factor(ratio)
        if ratio > 1.0:
            h = use * min(factor, 1.0)
            if abs(h) < SMALLEST_STEP:
                return STEP_TOO_SMALL, made, tau, h
            continue
        proposed = use * factor
        if lit:
            cut = cut_at_edge(y, s0 + tau, use, areas, burn, forces, work, k, trial)
            if cut != use:
                use = cut
                last = False
                proposed = h
        body = surface_below(trial, surfaces, work)
        which = NO_EVENT
        some = False
        cut = use
        code = OK
        if watching:
            rates(trial, s0 + (tau + use), areas, burn, forces, work, k[END])
            which, cut, some = search_step(
                y, trial, s0 + tau, use, body, areas, burn, forces, surfaces, watch, work, k, look, row, log
            )
            if which != NO_EVENT:
                code = int(watch.codes[which, STATUS])
                work.number[1] = which
        if body >= 0 and code in (OK, IMPACT):
            # Below ground at the end: the surface is met more exactly than as an event.
            index = CENTER if body == surfaces.shape[0] - 1 else body
            copy(y, k[BEFORE])
            copy(trial, y)
            cut = land(k[BEFORE], s0 + tau, use, index, surfaces[body], areas, burn, forces, work, k, y)
            code = IMPACT
        elif code != OK:
            copy(look.met, y)
        if some:
            until = math.inf if code == OK else cut
            find_events(
                s0 + tau, use, False, until, t0, tau, watch, forces, int(work.number[0]), row, look, log
            )  # fmt: skip
        if code != OK:
            return code, made, tau + cut, h
        copy(trial, y)
        if watching:
            accept_watch(look)
        if last:
            # A step that was cut to reach its target says nothing against the longer one.
            return OK, made, target, h if abs(use) < 0.5 * abs(h) else proposed
        tau += use
        h = proposed
        if watching:
            copy(k[END], k[0])
        else:
            rates(y, s0 + tau, areas, burn, forces, work, k[0])
        near = nearest(y, forces, work)
        if lit:
            shadow_edges(y, forces, work, work.edges[0])
    return MAX_STEPS, steps_left, tau, h


@lean_kernel
def engine_at(burns: Array, s0: float, tau: float, target: float, burn: Array) -> float:
    """Put the burn that is on after ``tau`` in the direction of ``target`` into ``burn``; return where that changes.

    Parameters
    ----------
    burns : numpy.ndarray (K, BURN_SIZE)
        Burns of one row that do not overlap, with times on the scale of ``s0``.
    s0, tau, target : float
        Origin, time past it, time to go to.
    burn : numpy.ndarray (BURN_SIZE,)
        Result; thrust 0 when the engine is off.

    Returns
    -------
    float
        Seconds past ``s0``: the next switch on the way, or ``target``.
    """
    burn[:] = 0.0
    forward = target >= tau
    until = target
    for j in range(burns.shape[0]):
        if burns[j, THRUST] == 0.0:
            continue
        start = burns[j, START] - s0
        stop = burns[j, STOP] - s0
        if (start <= tau < stop) if forward else (start < tau <= stop):
            copy(burns[j], burn)
        for edge in (start, stop):
            if (tau < edge < until) if forward else (until < edge < tau):
                until = edge
    return until


@lean_kernel
def run_row(
    y: Array, s0: float, targets: Array, tolerance: float, max_steps: int, areas: Array, burns: Array,
    forces: FullForces, surfaces: Array, watch: FullWatch, work: Work, k: Array, trial: Array, burn: Array, path: Array,
    look: Look, row: int, t0: float, log: Log,
) -> tuple[int, int, float]:
    """Propagate one row through its output times; return status, steps, seconds past ``s0``."""
    tau = 0.0
    steps = 0
    engine_at(burns, s0, 0.0, targets[targets.shape[0] - 1], burn)
    rates(y, s0, areas, burn, forces, work, k[0])
    # Beyond 1e154 km or km/s squares are infinite, and gravity would silently vanish.
    if not (all_finite(k[0]) and math.isfinite(norm3(y)) and math.isfinite(norm3(y[3:6]))):
        return NONFINITE, 0, 0.0
    below = surface_below(y, surfaces, work, LANDING) >= 0
    h = math.copysign(first_step(y, tolerance, k), targets[targets.shape[0] - 1])
    for j in range(targets.shape[0]):
        while tau != targets[j]:
            if below:
                return IMPACT, 0, 0.0
            until = engine_at(burns, s0, tau, targets[j], burn)
            if not y[MASS] - burn[FLOW] * (until - tau) > 0.0:
                return NO_SOLUTION, steps, tau
            code, made, tau, h = advance(
                y, s0, tau, until, h, tolerance, max_steps - steps, areas, burn, forces, surfaces, watch, work, k,
                trial, look, row, t0, log,
            )  # fmt: skip
            steps += made
            if code != OK:
                return code, steps, tau
        copy(y, path[j])
    return OK, steps, tau


@kernel
def full_rows(
    forces: FullForces, start: float, stop: float, states: Array, t0: Array, times: Array, areas: Array, burns: Array,
    surfaces: Array, watch: FullWatch, tolerance: float, max_steps: int, first: int, last: int, work: Work, ends: Array,
    path: Array, t_end: Array, status: npt.NDArray[np.int8], stop_met: npt.NDArray[np.int8],
    steps: npt.NDArray[np.int32], log: Log,
) -> None:
    """Propagate rows ``first`` to ``last - 1``, landing exactly on every time asked for.

    Parameters
    ----------
    forces : FullForces
        Model.
    start, stop : float
        Span of its tables, TDB s past J2000.
    states : numpy.ndarray (N, 7 or 49)
        See :mod:`sim.core.full_forces`.
    t0 : numpy.ndarray (N,)
        Epochs of the states, TDB s past J2000.
    times : numpy.ndarray (N, T)
        Epochs asked for, each row going away from its ``t0``.
    areas : numpy.ndarray (N, 2)
        C_R A and C_D A, m2.
    burns : numpy.ndarray (N, K, BURN_SIZE)
        Burns with times in TDB s past J2000; unused places have no thrust.
    surfaces : numpy.ndarray (B + 1,)
        Radii at which rows end; 0: none. The last is the centre's. Looked at where steps end.
    watch : FullWatch
        Events, found inside steps; surfaces among them, for passes below ground inside a step.
    tolerance, max_steps : float, int
        See the module's docstring.
    first, last : int
        Rows to do.
    work : Work
        Scratch of this thread.
    ends, path, t_end, status, stop_met, steps : numpy.ndarray (N, size), (N, T, size), (N,), (N,), (N,), (N,)
        Results; ``stop_met`` is the number of the event that ended a row, else -1; of ``path``, states that were not
        reached stay as they are.
    log : Log
        Receives the events that are recorded.
    """
    k = np.zeros((STAGE_ROWS, states.shape[1]))
    look = new_look(watch.codes.shape[0], states.shape[1])
    trial = np.zeros(states.shape[1])
    burn = np.zeros(burns.shape[2])
    for row in range(first, last):
        ends[row] = states[row]
        t_end[row] = t0[row]
        steps[row] = 0
        stop_met[row] = NO_EVENT
        final = times[row, times.shape[1] - 1]
        finite = all_finite(states[row]) and math.isfinite(t0[row]) and math.isfinite(final)
        if not (finite and states[row, MASS] > 0.0 and all_finite(areas[row])):
            status[row] = NONFINITE
            continue
        if min(t0[row], final) < start or max(t0[row], final) > stop:
            status[row] = OUT_OF_EPHEMERIS
            continue
        number, s0 = locate(t0[row], start, forces.piece)
        work.number[0] = number
        own = burns[row].copy()
        own[:, START] -= start + number * forces.piece
        own[:, STOP] -= start + number * forces.piece
        work.number[1] = NO_EVENT
        code, made, tau = run_row(
            ends[row], s0, times[row] - t0[row], tolerance, max_steps, areas[row], own, forces, surfaces, watch, work,
            k, trial, burn, path[row], look, row, t0[row], log,
        )  # fmt: skip
        stop_met[row] = work.number[1]
        status[row] = code
        steps[row] = made
        t_end[row] = final if code == OK else t0[row] + tau


@kernel
def rate_rows(
    forces: FullForces, start: float, stop: float, states: Array, t: Array, areas: Array, burns: Array, ahead: Array,
    first: int, last: int, work: Work, out: Array,
) -> None:
    """Rates of change of position, velocity and mass of the rows ``first`` to ``last - 1``; NaN outside the tables.

    Parameters
    ----------
    forces, start, stop : FullForces, float, float
        Model and span of its tables, TDB s past J2000.
    states : numpy.ndarray (N, 7)
        See :mod:`sim.core.full_forces`.
    t : numpy.ndarray (N,)
        Epochs, TDB s past J2000.
    areas, burns : numpy.ndarray (N, 2), (N, K, BURN_SIZE)
        As of :func:`full_rows`.
    ahead : numpy.ndarray (N,)
        An epoch on the side of which the engine counts where it is switched at ``t``.
    first, last : int
        Rows to do.
    work : Work
        Scratch of this thread.
    out : numpy.ndarray (N, 7)
        Results.
    """
    burn = np.zeros(burns.shape[2])
    for row in range(first, last):
        out[row] = math.nan
        if not (all_finite(states[row]) and start <= t[row] <= stop and math.isfinite(ahead[row])):
            continue
        number, s0 = locate(t[row], start, forces.piece)
        work.number[0] = number
        own = burns[row].copy()
        own[:, START] -= start + number * forces.piece
        own[:, STOP] -= start + number * forces.piece
        engine_at(own, s0, 0.0, ahead[row] - t[row], burn)
        rates(states[row], s0, areas[row], burn, forces, work, out[row])
