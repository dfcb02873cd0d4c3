"""Newton and Broyden iterations on the shooting problem, many rows at once, each row on its own.

The first stage reads the perigee hours before it is reached, where it exists even for iterates that would pass through
the Earth, and takes Jacobians by forward differences (four trajectories an iteration). The second stage reads the true
perigee, where oblateness is fully felt, and only updates the Jacobian at hand (one trajectory an iteration).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.frames.rotations import dot
from sim.transfer.outcome import Outcome
from sim.transfer.records import Transfers
from sim.transfer.shooting import SCALES, Problem, perilune_states, shoot, shoot_with_jacobian, solve_3x3

Floats = NDArray[np.float64]

STEP_CAP_KM_S = 0.08
"""Trust region of one Newton step."""

MAX_ITERATIONS = 25

HANDOVER = 1.0
"""Scaled residual (1000 km, 3 deg, 1 h) from which the last Jacobian carries the second stage to the end: a tenth of it
costs 10 % more trajectories, three times as much loses as many again."""

FINE_TOLERANCE = 2e-8
"""Scaled residual at true perigee: 0.02 m in radius, 1e-9 rad in inclination, 0.07 ms in time."""

SINGULAR = 1e-6
"""Jacobians whose determinant is below this share of the product of their column lengths count as singular."""


@dataclass
class _Iterate:
    """Best iterate of every row; mutated by the two stages."""

    vinf: Floats
    residual: Floats
    jacobian: Floats
    status: NDArray[np.int8]
    iterations: NDArray[np.int16]


def _start(guess: Floats, jacobian: Floats | None) -> _Iterate:
    """Return the iterate before the first propagation; rows with a Jacobian are ready for the second stage."""
    count = guess.shape[0]
    known = np.full((count, 3, 3), np.nan) if jacobian is None else jacobian.copy()
    ready = np.isfinite(known).all(axis=(1, 2))
    return _Iterate(
        guess.copy(),
        np.full((count, 3), np.inf),
        known,
        np.where(ready, Outcome.OK, Outcome.NO_CONVERGENCE).astype(np.int8),
        np.zeros(count, dtype=np.int16),
    )


def _worst(residual: Floats) -> Floats:
    """Return the largest scaled residual of each row; infinite where it is not a number."""
    worst = np.abs(residual).max(axis=1)
    return np.where(np.isfinite(worst), worst, np.inf)


def _capped(step: Floats) -> Floats:
    """Return steps shortened to the trust region."""
    length = np.sqrt(dot(step, step))
    return step * np.minimum(1.0, STEP_CAP_KM_S / np.maximum(length, 1e-300))[:, None]


def _coarse_stage(problem: Problem, state: _Iterate) -> None:
    """Newton iterations on the perigee read far out, with halving of steps that make things worse."""
    active = np.flatnonzero(state.status != Outcome.OK)
    trial = state.vinf.copy()
    for _ in range(MAX_ITERATIONS):
        if active.size == 0:
            break
        residual, jacobian, failed = shoot_with_jacobian(problem.select(active), trial[active])
        state.iterations[active] += 1
        worst = _worst(residual)
        better = (worst < 2.0 * _worst(state.residual[active])) & (failed == 0)
        taken = active[better]
        state.vinf[taken], state.residual[taken] = trial[taken], residual[better]
        state.jacobian[taken] = jacobian[better]
        step, conditioning = solve_3x3(state.jacobian[active], -state.residual[active])
        near = better & (worst < HANDOVER)
        singular = ~near & ~(conditioning > SINGULAR)
        state.status[active[near]] = Outcome.OK
        state.status[active[singular]] = Outcome.FOLD
        moved = np.where(better[:, None], _capped(step), 0.5 * (trial[active] - state.vinf[active]))
        trial[active] = state.vinf[active] + moved
        state.vinf[active[near]] = trial[active[near]]
        active = active[~near & ~singular & np.isfinite(moved).all(axis=1)]


def _fine_stage(problem: Problem, state: _Iterate) -> Floats:
    """Broyden iterations at true perigee from the last Jacobian; return perigee states (N, 6)."""
    perigee_states = np.full((state.vinf.shape[0], 6), np.nan)
    active = np.flatnonzero(state.status == Outcome.OK)
    state.status[active] = Outcome.NO_CONVERGENCE
    step = np.zeros((active.size, 3))
    for turn in range(MAX_ITERATIONS):
        if active.size == 0:
            break
        residual, perigee_states[active], failed = shoot(problem.select(active), state.vinf[active], 0.0)
        if turn > 0:
            # Broyden (1965): with J dx = -f before, the secant condition adds f dx^T / (dx . dx)
            share = step / dot(step, step)[:, None]
            state.jacobian[active] += residual[:, :, None] * share[:, None, :]
        state.residual[active] = residual
        state.iterations[active] += 1
        done = (_worst(residual) < FINE_TOLERANCE) & (failed == 0)
        state.status[active[done]] = Outcome.OK
        state.status[active[failed != 0]] = Outcome.PROPAGATION
        step = _capped(solve_3x3(state.jacobian[active], -residual)[0])
        going = ~done & (failed == 0) & np.isfinite(step).all(axis=1)
        active, step = active[going], step[going]
        state.vinf[active] += step
    return perigee_states


def attempt(problem: Problem, guess_vinf_km_s: Floats, jacobian: Floats | None) -> Transfers:
    """Run both stages from a guess for all rows.

    Parameters
    ----------
    problem : Problem
        N rows.
    guess_vinf_km_s : ndarray, shape (N, 3)
        Excess velocities to start from.
    jacobian : ndarray, shape (N, 3, 3), or None
        Known Jacobians; rows that have one go straight to the second stage.

    Returns
    -------
    Transfers
        N rows.
    """
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        state = _start(guess_vinf_km_s, jacobian)
        _coarse_stage(problem, state)
        perigee_states = _fine_stage(problem, state)
        relative, reachable = perilune_states(problem, state.vinf)
        # an unreachable plane was replaced by the nearest one on the way: such rows answer another question
        state.status[~reachable & (state.status != Outcome.FOLD)] = Outcome.LUNAR_INCLINATION
    targets = problem.targets
    return Transfers(
        state.status,
        state.vinf,
        relative,
        perigee_states,
        targets.perilune_tdb - targets.tof_s,
        state.residual[:, 0] / SCALES[0],
        state.residual[:, 1] / SCALES[1],
        state.residual[:, 2] / SCALES[2],
        state.iterations,
        state.jacobian,
    )
