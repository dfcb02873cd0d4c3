"""Adaptive propagation of a batch of rows with RKN12(10)17M.

Step control
------------
The error of a step is ``max(|e_r|, |h| |e_v|) / L`` where ``e_r, e_v`` are the differences between the solutions of
order 12 and 10, and ``L`` is the distance to the nearest attracting body (the smaller of the step's two ends). A step
is accepted when this is below the tolerance, and the solution of order 12 goes on (local extrapolation). Measuring
against the nearest body makes the result independent of which body is the centre.

Time runs from zero inside a row, so that the resolution of an epoch (1e-7 s past J2000) does not enter the state.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.events import NO_EVENT, Stops, begin_probe, distance_from, first_event
from sim.core.forces import CENTER, Forces
from sim.core.nodes import NODES, fill_nodes, locate
from sim.core.rkn1210_columns import Columns, begin_columns, new_columns, step_columns
from sim.core.rkn1210_step import Workspace, accept, new_workspace, step
from sim.core.status import MAX_STEPS, NONFINITE, OK, OUT_OF_EPHEMERIS, STEP_TOO_SMALL

Array = npt.NDArray[np.float64]

SAFETY: Final = 0.9
SHRINK: Final = 0.2
GROW: Final = 4.0
EXPONENT: Final = -1.0 / 11.0
"""The error estimate is of order 11 in h."""
FIRST_STEP: Final = 8.0
"""The first step is ``FIRST_STEP * tolerance^(1/11)`` of the local dynamical time; measured, see the tests."""
SMALLEST_STEP: Final = 1e-6
"""s."""


@lean_kernel
def all_finite(values: Array) -> bool:
    """Tell whether no element is NaN or infinite."""
    for value in values:  # noqa: SIM110 (all() of a generator does not compile)
        if not math.isfinite(value):
            return False
    return True


@lean_kernel
def squares(values: Array) -> float:
    """Sum of the squares of all elements."""
    total = 0.0
    for value in values:
        total += value * value
    return total


@lean_kernel
def nearest_distance(forces: Forces, nodes: Array, i: int, state: Array) -> float:
    """Distance to the nearest attracting body."""
    nearest = distance_from(nodes, i, state, CENTER)
    for b in range(forces.gm.shape[0]):
        nearest = min(nearest, distance_from(nodes, i, state, b))
    return nearest


@lean_kernel
def dynamical_rate(forces: Forces, nodes: Array, i: int, state: Array) -> float:
    """Square root of the sum of mu/d^3 over all bodies, 1/s."""
    distance = distance_from(nodes, i, state, CENTER)
    total = forces.gm_center / (distance * distance * distance)
    for b in range(forces.gm.shape[0]):
        distance = distance_from(nodes, i, state, b)
        total += forces.gm[b] / (distance * distance * distance)
    return math.sqrt(total)


@lean_kernel
def error_ratio(forces: Forces, h: float, tolerance: float, nearest: float, work: Workspace) -> float:
    """Return the estimated error of a step over the tolerance; infinite when the step is not finite."""
    position2 = 0.0
    velocity2 = 0.0
    for c in range(3):
        position2 += work.error[c] * work.error[c]
        velocity2 += work.error[3 + c] * work.error[3 + c]
    nearest = min(nearest, nearest_distance(forces, work.nodes, NODES - 1, work.end))
    error = math.sqrt(max(position2, h * h * velocity2))
    if not math.isfinite(error) or not all_finite(work.end):
        return math.inf
    return error / (tolerance * nearest)


@lean_kernel
def write_outputs(
    forces: Forces, index: int, offset: float, tau: float, h: float, outputs: Array, done: int,
    work: Workspace, probe: Workspace, result: Array,
) -> int:
    """Write the states at all output times inside a step; return how many outputs are done."""
    while done < outputs.shape[0] and abs(outputs[done]) <= abs(tau + h):
        begin_probe(work, probe)
        step(forces, index, offset, outputs[done] - tau, probe)
        for c in range(6):
            result[done, c] = probe.end[c]
        done += 1
    return done


@lean_kernel
def propagate_row(
    forces: Forces, stops: Stops, state: Array, t0: float, span: float, tolerance: float, max_steps: int,
    outputs: Array, work: Workspace, probe: Workspace, end: Array, result: Array, columns: Columns | None,
) -> tuple[int, int, int, float]:
    """Propagate one row.

    Parameters
    ----------
    forces, stops : Forces, Stops
        Model and events.
    state : numpy.ndarray (6,)
        Position and velocity relative to the centre.
    t0, span : float
        Epoch of ``state``; seconds to go, negative is backward.
    tolerance : float
        See the module's docstring.
    max_steps : int
        Accepted and rejected steps together.
    outputs : numpy.ndarray (T,)
        Seconds past ``t0`` at which states are wanted, in the direction of integration.
    work, probe : Workspace
        Scratch.
    end : numpy.ndarray (6,)
        Result: the last state.
    result : numpy.ndarray (T, 6)
        Result: states at the outputs; rows that were not reached stay as they are.
    columns : Columns or None
        Result, where wanted: the transition matrix from ``state`` to ``end``.

    Returns
    -------
    tuple of int, int, int, float
        Status, event that stopped the row or ``NO_EVENT``, steps (accepted and rejected), seconds from ``t0`` to the
        last state.
    """
    for c in range(6):
        end[c] = state[c]
    if not (all_finite(state) and math.isfinite(t0) and math.isfinite(span)):
        return NONFINITE, NO_EVENT, 0, 0.0
    index, base = locate(t0, forces.start, forces.piece)
    length = (forces.table.shape[0] - index) * forces.piece
    if index < 0 or base > length or base + span > length or base + span < -index * forces.piece:
        return OUT_OF_EPHEMERIS, NO_EVENT, 0, 0.0
    if columns is not None:
        begin_columns(columns)
    for c in range(6):
        work.start[c] = state[c]
    fill_nodes(forces, index, base, 0.0, work.x, work.pieces, work.nodes)
    rate = dynamical_rate(forces, work.nodes, 0, work.start)
    # Beyond 1e154 km or km/s squares are infinite, and gravity would silently vanish.
    if not (math.isfinite(rate) and math.isfinite(squares(state))):
        return NONFINITE, NO_EVENT, 0, 0.0
    done = 0
    while done < outputs.shape[0] and outputs[done] == 0.0:
        for c in range(6):
            result[done, c] = state[c]
        done += 1
    if span == 0.0:
        return OK, NO_EVENT, 0, 0.0
    tau = 0.0
    h = math.copysign(FIRST_STEP * tolerance ** (-EXPONENT) / rate, span)
    grow = GROW
    for steps in range(1, max_steps + 1):
        last = abs(h) >= abs(span - tau)
        if last:
            h = span - tau
        offset = base + tau
        nearest = nearest_distance(forces, work.nodes, 0, work.start)
        step(forces, index, offset, h, work)
        ratio = error_ratio(forces, h, tolerance, nearest, work)
        factor = SAFETY * max(ratio, 1e-30) ** EXPONENT
        if ratio > 1.0:
            h *= max(factor, SHRINK)
            grow = 1.0
            if abs(h) < SMALLEST_STEP:
                return STEP_TOO_SMALL, NO_EVENT, steps, tau
            continue
        which, s = first_event(forces, stops, index, offset, h, work, probe)
        reached = h if which == NO_EVENT else s
        done = write_outputs(forces, index, offset, tau, reached, outputs, done, work, probe, result)
        if which != NO_EVENT:
            begin_probe(work, probe)
            step(forces, index, offset, s, probe)
            if columns is not None:
                step_columns(forces, s, probe, columns)
            for c in range(6):
                end[c] = probe.end[c]
            return stops.status[which], which, steps, tau + s
        if columns is not None:
            step_columns(forces, h, work, columns)
        accept(work)
        for c in range(6):
            end[c] = work.start[c]
        if last:
            return OK, NO_EVENT, steps, span
        tau += h
        h *= min(factor, grow)
        grow = GROW
    return MAX_STEPS, NO_EVENT, max_steps, tau


@kernel
def propagate_rows(
    forces: Forces, stops: Stops, states: Array, t0: Array, t1: Array, tolerance: float, max_steps: int,
    first: int, last: int, ends: Array, t_end: Array, status: npt.NDArray[np.int8],
    event: npt.NDArray[np.int8], steps: npt.NDArray[np.int32],
) -> None:
    """Propagate rows ``first`` to ``last - 1`` of a batch of N, each over its own span.

    Parameters
    ----------
    forces, stops : Forces, Stops
        Model and events.
    states : numpy.ndarray (N, 6)
        km, km/s relative to the centre.
    t0, t1 : numpy.ndarray (N,)
        Epochs, TDB s past J2000.
    tolerance, max_steps : float, int
        See :func:`propagate_row`.
    first, last : int
        Rows to do.
    ends, t_end, status, event, steps : numpy.ndarray (N, 6), (N,), (N,), (N,), (N,)
        Results.
    """
    work = new_workspace(forces)
    probe = new_workspace(forces)
    no_times = np.zeros(0)
    no_result = np.zeros((0, 6))
    for row in range(first, last):
        code, which, count, elapsed = propagate_row(
            forces, stops, states[row], t0[row], t1[row] - t0[row], tolerance, max_steps,
            no_times, work, probe, ends[row], no_result, None,
        )
        status[row] = code
        event[row] = which
        steps[row] = count
        t_end[row] = t1[row] if code == OK else t0[row] + elapsed


@kernel
def propagate_rows_matrix(
    forces: Forces, stops: Stops, states: Array, t0: Array, t1: Array, tolerance: float, max_steps: int,
    first: int, last: int, ends: Array, t_end: Array, status: npt.NDArray[np.int8],
    event: npt.NDArray[np.int8], steps: npt.NDArray[np.int32], matrices: Array,
) -> None:
    """Do what :func:`propagate_rows` does, bit for bit, and integrate the variational equations.

    Parameters
    ----------
    forces, stops, states, t0, t1, tolerance, max_steps, first, last, ends, t_end, status, event, steps
        See :func:`propagate_rows`.
    matrices : numpy.ndarray (N, 6, 6)
        Result: derivatives of the last states by the first ones at fixed times; NaN for unusable rows.
    """
    work = new_workspace(forces)
    probe = new_workspace(forces)
    columns = new_columns()
    no_times = np.zeros(0)
    no_result = np.zeros((0, 6))
    for row in range(first, last):
        code, which, count, elapsed = propagate_row(
            forces, stops, states[row], t0[row], t1[row] - t0[row], tolerance, max_steps,
            no_times, work, probe, ends[row], no_result, columns,
        )
        status[row] = code
        event[row] = which
        steps[row] = count
        t_end[row] = t1[row] if code == OK else t0[row] + elapsed
        unusable = code in (NONFINITE, OUT_OF_EPHEMERIS)
        for i in range(6):
            for j in range(6):
                matrices[row, i, j] = math.nan if unusable else columns.matrix[i, j]


@kernel
def propagate_rows_at(
    forces: Forces, stops: Stops, states: Array, t0: Array, times: Array, tolerance: float, max_steps: int,
    first: int, last: int, ends: Array, results: Array, t_end: Array, status: npt.NDArray[np.int8],
    event: npt.NDArray[np.int8], steps: npt.NDArray[np.int32],
) -> None:
    """Propagate rows ``first`` to ``last - 1`` through the times asked for.

    Parameters
    ----------
    forces, stops : Forces, Stops
        Model and events.
    states : numpy.ndarray (N, 6)
        km, km/s relative to the centre.
    t0 : numpy.ndarray (N,)
        Epochs of the states.
    times : numpy.ndarray (N, T)
        Epochs asked for, each row going away from its ``t0``.
    tolerance, max_steps : float, int
        See :func:`propagate_row`.
    first, last : int
        Rows to do.
    ends : numpy.ndarray (N, 6)
        Result: last states reached.
    results : numpy.ndarray (N, T, 6)
        Result; states that were not reached stay as they are.
    t_end, status, event, steps : numpy.ndarray (N,)
        Results.
    """
    work = new_workspace(forces)
    probe = new_workspace(forces)
    outputs = np.zeros(times.shape[1])
    for row in range(first, last):
        for j in range(outputs.shape[0]):
            outputs[j] = times[row, j] - t0[row]
        span = outputs[outputs.shape[0] - 1]
        code, which, count, elapsed = propagate_row(
            forces, stops, states[row], t0[row], span, tolerance, max_steps,
            outputs, work, probe, ends[row], results[row], None,
        )
        status[row] = code
        event[row] = which
        steps[row] = count
        t_end[row] = times[row, -1] if code == OK else t0[row] + elapsed
