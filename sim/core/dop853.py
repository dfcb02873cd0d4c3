"""DOP853 for rows of states, independent of the fast path: its own method, step control and forces.

Error norm: Hairer's combination of the estimates of orders 5 and 3, where position errors are measured against
``tolerance * |r|`` and velocity errors against ``tolerance * |v|`` (r, v relative to the centre).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.dop853_step import SMALLEST_STEP, error_norm, first_step, norm3, solution, stage_state, step_factor
from sim.core.dop853_tableau import STAGES, C
from sim.core.reference import ReferenceForces, acceleration
from sim.core.status import MAX_STEPS, NONFINITE, OK, OUT_OF_EPHEMERIS, STEP_TOO_SMALL

Array = npt.NDArray[np.float64]

@lean_kernel
def derivative(state: Array, t: float, forces: ReferenceForces, out: Array) -> None:
    """Rate of change of position and velocity."""
    acceleration(state, t, forces, out[3:])
    out[0] = state[3]
    out[1] = state[4]
    out[2] = state[5]


@lean_kernel
def stages(y: Array, t: float, h: float, forces: ReferenceForces, k: Array, trial: Array) -> None:
    """Evaluate the stages 1 to 11 and put the solution of order 8 into ``trial``; ``k[0]`` must be there."""
    for i in range(1, STAGES):
        stage_state(y, h, i, k, trial)
        derivative(trial, t + C[i] * h, forces, k[i])
    solution(y, h, k, trial)


@lean_kernel
def advance(
    y: Array, t0: float, tau: float, target: float, h: float, tolerance: float, steps_left: int,
    forces: ReferenceForces, k: Array, trial: Array,
) -> tuple[int, int, float, float]:
    """Integrate ``y`` in place from ``t0 + tau`` to ``t0 + target``.

    Parameters
    ----------
    y : numpy.ndarray (6,)
        State, changed in place.
    t0, tau, target : float
        Epoch of the row, seconds past it now and at the end.
    h, tolerance, steps_left : float, float, int
        First step, tolerance of Hairer's norm, steps allowed.
    forces : ReferenceForces
        Model.
    k, trial : numpy.ndarray (12, 6), (6,)
        Work space.

    Returns
    -------
    tuple of int, int, float, float
        Status, steps made, seconds past ``t0`` reached, proposal for the next step.
    """
    derivative(y, t0 + tau, forces, k[0])
    for made in range(1, steps_left + 1):
        last = abs(h) >= abs(target - tau)
        use = target - tau if last else h
        stages(y, t0 + tau, use, forces, k, trial)
        position = tolerance * max(norm3(y[0:3]), norm3(trial[0:3]))
        ratio = error_norm(k, use, position, tolerance * max(norm3(y[3:6]), norm3(trial[3:6])))
        factor = step_factor(ratio)
        if ratio > 1.0:
            h = use * min(factor, 1.0)
            if abs(h) < SMALLEST_STEP:
                return STEP_TOO_SMALL, made, tau, h
            continue
        for c in range(6):
            y[c] = trial[c]
        if last:
            # A step that was cut to reach its target says nothing against the longer one.
            return OK, made, target, h if abs(use) < 0.5 * abs(h) else use * factor
        tau += use
        h = use * factor
        derivative(y, t0 + tau, forces, k[0])
    return MAX_STEPS, steps_left, tau, h


@kernel
def verify_rows(
    forces: ReferenceForces, states: Array, t0: Array, times: Array, tolerance: float, max_steps: int,
    first: int, last: int, ends: Array, results: Array, t_end: Array, status: npt.NDArray[np.int8],
    steps: npt.NDArray[np.int32],
) -> None:
    """Propagate rows ``first`` to ``last - 1``, landing exactly on every time asked for.

    Parameters
    ----------
    forces : ReferenceForces
        World.
    states : numpy.ndarray (N, 6)
        km, km/s relative to the centre.
    t0 : numpy.ndarray (N,)
        Epochs of the states, TDB s past J2000.
    times : numpy.ndarray (N, T)
        Epochs asked for, each row going away from its ``t0``.
    tolerance, max_steps : float, int
        See the module's docstring.
    first, last : int
        Rows to do.
    ends, results, t_end, status, steps : numpy.ndarray (N, 6), (N, T, 6), (N,), (N,), (N,)
        Results; of ``results``, states that were not reached stay as they are.
    """
    k = np.zeros((STAGES, 6))
    trial = np.zeros(6)
    stop = forces.start + forces.table.shape[0] * forces.piece
    for row in range(first, last):
        y = ends[row]
        y[:] = states[row]
        t_end[row] = t0[row]
        steps[row] = 0
        final = times[row, times.shape[1] - 1]
        if not (np.all(np.isfinite(y)) and math.isfinite(t0[row]) and math.isfinite(final)):
            status[row] = NONFINITE
            continue
        if min(t0[row], final) < forces.start or max(t0[row], final) > stop:
            status[row] = OUT_OF_EPHEMERIS
            continue
        derivative(y, t0[row], forces, k[0])
        # Beyond 1e154 km or km/s squares are infinite, and gravity would silently vanish.
        if not (np.all(np.isfinite(k[0])) and math.isfinite(norm3(y)) and math.isfinite(norm3(y[3:]))):
            status[row] = NONFINITE
            continue
        code = OK
        tau = 0.0
        h = math.copysign(first_step(y, tolerance, k), final - t0[row])
        for j in range(times.shape[1]):
            target = times[row, j] - t0[row]
            if target != tau:
                code, made, tau, h = advance(
                    y, t0[row], tau, target, h, tolerance, max_steps - steps[row], forces, k, trial
                )
                steps[row] += made
            if code != OK:
                break
            results[row, j] = y
        status[row] = code
        t_end[row] = final if code == OK else t0[row] + tau
