"""DOP853 for rows of states, independent of the fast path: its own method, step control and forces.

Error norm: Hairer's combination of the estimates of orders 5 and 3, where position errors are measured against
``tolerance * |r|`` and velocity errors against ``tolerance * |v|`` (r, v relative to the centre).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.dop853_tableau import ERROR_3, ERROR_5, STAGES, A, B, C
from sim.core.reference import ReferenceForces, acceleration
from sim.core.status import MAX_STEPS, NONFINITE, OK, OUT_OF_EPHEMERIS, STEP_TOO_SMALL

Array = npt.NDArray[np.float64]

SAFETY: Final = 0.9
SHRINK: Final = 0.333
GROW: Final = 6.0
SMALLEST_STEP: Final = 1e-6
"""s."""


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
        for c in range(6):
            total = 0.0
            for j in range(i):
                total += A[i, j] * k[j, c]
            trial[c] = y[c] + h * total
        derivative(trial, t + C[i] * h, forces, k[i])
    for c in range(6):
        total = 0.0
        for j in range(STAGES):
            total += B[j] * k[j, c]
        trial[c] = y[c] + h * total


@lean_kernel
def norm3(values: Array) -> float:
    """Euclidean norm of three numbers."""
    return math.sqrt(values[0] * values[0] + values[1] * values[1] + values[2] * values[2])


@lean_kernel
def error_norm(y: Array, trial: Array, k: Array, h: float, tolerance: float) -> float:
    """Error of a step over the tolerance (Hairer, Norsett, Wanner I, eq. II.10.17 with dop853's estimators)."""
    sum_5 = 0.0
    sum_3 = 0.0
    for part in range(2):
        scale = tolerance * max(norm3(y[3 * part :]), norm3(trial[3 * part :]))
        for c in range(3 * part, 3 * part + 3):
            error_5 = 0.0
            error_3 = 0.0
            for j in range(STAGES):
                error_5 += ERROR_5[j] * k[j, c]
                error_3 += ERROR_3[j] * k[j, c]
            sum_5 += (error_5 / scale) * (error_5 / scale)
            sum_3 += (error_3 / scale) * (error_3 / scale)
    if sum_5 == 0.0 and sum_3 == 0.0:
        return 0.0
    return abs(h) * sum_5 / math.sqrt(6.0 * (sum_5 + 0.01 * sum_3))


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
        ratio = error_norm(y, trial, k, use, tolerance)
        if not math.isfinite(ratio):
            ratio = math.inf
        factor = min(GROW, max(SHRINK, SAFETY * max(ratio, 1e-30) ** -0.125))
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


@lean_kernel
def first_step(y: Array, tolerance: float, k: Array) -> float:
    """Length of the first step from the local rates of change (positive)."""
    time_scale = min(norm3(y) / max(norm3(y[3:]), 1e-12), norm3(y[3:]) / max(norm3(k[0, 3:]), 1e-12))
    return max(time_scale * tolerance**0.125, 1e-3)


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
