"""Direct transfers (about 3 to 6.5 days) solved backward from perilune in the full ephemeris model.

The unknown is the incoming excess velocity at the Moon (three numbers). Perilune radius and arrival plane are met
exactly by construction (:func:`sim.transfer.seed.perilune_state`); propagation runs backward to the Earth, where
perigee radius, inclination to the true equator and time of flight are compared with what is wanted. Backward, the
problem is almost linear: errors shrink towards the Earth, no iterate can hit or miss the Moon, and the natural
scale of every unknown is 1 km/s.

Each Newton iteration costs four trajectories (forward differences). The osculating perigee is read first some
hours before perigee, where it exists even for iterates that would pass through the Earth; a last stage continues to
the true perigee, where oblateness is fully felt, with the Jacobian at hand (chord iterations).

Model: Earth point mass and J2 about the true pole of date, Moon and Sun as point masses (DE440).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.dynamics import ForceModel
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.frames import R_me_icrf, tod_pole_icrf
from sim.frames.rotations import cross, dot, unit
from sim.propagation import propagate
from sim.transfer.outcome import Outcome
from sim.transfer.perigee import osculating_perigee
from sim.transfer.records import Transfers, TransferTargets, join_transfers
from sim.transfer.seed import (
    arrival_normal_by_inclination,
    arrival_normal_over_site,
    conic_vinf,
    perilune_state,
)
from sim.units import S_PER_HOUR

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

READ_BEFORE_PERIGEE_S = 2.5 * S_PER_HOUR
"""The first stage reads the osculating perigee this long before the wanted perigee (about 35 000-40 000 km out)."""

STEP_KM_S = 1e-6
"""Forward-difference step in excess velocity: moves perigee by tens of metres, far above rounding."""

STEP_CAP_KM_S = 0.08
"""Trust region of one Newton step."""

SCALES = np.array([1e-3, 20.0, 1.0 / 3600.0])
"""Residual weights: 1/(1000 km), 20/rad and 1/h bring the Jacobian's condition number near 2 (measured)."""

MAX_ITERATIONS = 25

HANDOVER = 0.1
"""Scaled residual (100 km, 0.3 deg, 6 min) from which the last Jacobian carries the second stage to the end."""

FINE_TOLERANCE = 2e-8
"""Scaled residual at true perigee: 0.02 m in radius, 1e-9 rad in inclination, 0.07 ms in time."""

COARSE_PROPAGATION, FINE_PROPAGATION = 1e-9, 1e-11
"""Integration tolerances of the two stages: 2 mm and 0.2 mm at the Earth (99th percentile of 5 856 backward arcs
against 1e-15), the first 4e-5 of what a difference step moves."""

SINGULAR = 1e-6
"""Jacobians whose determinant is below this share of the product of their column lengths count as singular."""

DECLINATION_MARGIN_RAD = np.deg2rad(0.35)
"""Rows whose Moon is this much beyond the inclination at arrival are not tried: the two branches have merged."""


@dataclass(frozen=True)
class _Problem:
    """Targets with everything that does not change between iterations."""

    targets: TransferTargets
    model: ForceModel
    moon_states: Floats
    moon_pole: Floats
    earth_pole: Floats
    mu_earth: float
    mu_moon: float

    def select(self, rows: NDArray[np.intp] | Bools) -> _Problem:
        return _Problem(
            self.targets.select(rows),
            self.model,
            self.moon_states[rows],
            self.moon_pole[rows],
            self.earth_pole[rows],
            self.mu_earth,
            self.mu_moon,
        )


def _perilune(problem: _Problem, vinf: Floats) -> tuple[Floats, Bools]:
    """Return Moon-centred perilune states for excess velocities, and which planes were reachable."""
    targets = problem.targets
    if targets.site_direction is None:
        normal, reachable = arrival_normal_by_inclination(
            vinf, problem.moon_pole, targets.lunar_inclination_rad, targets.pole_sign
        )
    else:
        normal = arrival_normal_over_site(vinf, targets.site_direction, targets.pole_sign)
        reachable = np.ones(len(targets), dtype=bool)
    return perilune_state(vinf, normal, targets.perilune_radius_km, problem.mu_moon), reachable


def _shoot(problem: _Problem, vinf: Floats, stop_before_perigee_s: float) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """Propagate backward and return (scaled residuals (N, 3), states (N, 6), propagation status (N,))."""
    targets = problem.targets
    relative, _ = _perilune(problem, vinf)
    stop = targets.perilune_tdb - targets.tof_s + stop_before_perigee_s
    tolerance = COARSE_PROPAGATION if stop_before_perigee_s > 0.0 else FINE_PROPAGATION
    run = propagate(
        problem.moon_states + relative, targets.perilune_tdb, stop, problem.model, tolerance=tolerance, impacts=False
    )
    perigee = osculating_perigee(run.states, problem.earth_pole, problem.mu_earth)
    residual = np.stack(
        (
            perigee.radius_km - targets.perigee_radius_km,
            perigee.inclination_rad - targets.inclination_rad,
            perigee.since_s - stop_before_perigee_s,
        ),
        axis=1,
    )
    return residual * SCALES, run.states, run.status


def _solve_3x3(matrix: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Solve row-wise 3x3 systems by Cramer's rule; return (solutions, determinants over the product of norms)."""
    a, b, c = matrix[:, :, 0], matrix[:, :, 1], matrix[:, :, 2]
    bc = cross(b, c)
    determinant = dot(a, bc)
    size = np.sqrt(dot(a, a) * dot(b, b) * dot(c, c))
    safe = np.where(determinant == 0.0, np.inf, determinant)
    solution = np.stack((dot(right, bc), dot(a, cross(right, c)), dot(a, cross(b, right))), axis=1) / safe[:, None]
    return solution, np.abs(determinant) / size


def _tile(problem: _Problem, copies: int) -> _Problem:
    """Return the problem with all rows repeated `copies` times, block after block."""
    return problem.select(np.tile(np.arange(len(problem.targets)), copies))


def _shoot_with_jacobian(problem: _Problem, vinf: Floats) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """Return residuals (N, 3), Jacobians (N, 3, 3) with columns by unknown, and propagation status (N,)."""
    count = vinf.shape[0]
    trial = np.tile(vinf, (4, 1))
    for axis in range(3):
        trial[(axis + 1) * count : (axis + 2) * count, axis] += STEP_KM_S
    residual, _, status = _shoot(_tile(problem, 4), trial, READ_BEFORE_PERIGEE_S)
    blocks = residual.reshape(4, count, 3)
    jacobian = np.stack([(blocks[k] - blocks[0]) / STEP_KM_S for k in (1, 2, 3)], axis=2)
    worst = np.asarray(status.reshape(4, count).max(axis=0), dtype=np.int8)
    return blocks[0], jacobian, worst


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


def _coarse_stage(problem: _Problem, state: _Iterate) -> None:
    """Newton iterations on the perigee read far out, with halving of steps that make things worse."""
    active = np.flatnonzero(state.status != Outcome.OK)
    trial = state.vinf.copy()
    for _ in range(MAX_ITERATIONS):
        if active.size == 0:
            break
        residual, jacobian, failed = _shoot_with_jacobian(problem.select(active), trial[active])
        state.iterations[active] += 1
        worst = _worst(residual)
        better = (worst < 2.0 * _worst(state.residual[active])) & (failed == 0)
        taken = active[better]
        state.vinf[taken], state.residual[taken] = trial[taken], residual[better]
        state.jacobian[taken] = jacobian[better]
        step, conditioning = _solve_3x3(state.jacobian[active], -state.residual[active])
        near = better & (worst < HANDOVER)
        singular = ~near & ~(conditioning > SINGULAR)
        state.status[active[near]] = Outcome.OK
        state.status[active[singular]] = Outcome.FOLD
        moved = np.where(better[:, None], _capped(step), 0.5 * (trial[active] - state.vinf[active]))
        trial[active] = state.vinf[active] + moved
        state.vinf[active[near]] = trial[active[near]]
        active = active[~near & ~singular & np.isfinite(moved).all(axis=1)]


def _fine_stage(problem: _Problem, state: _Iterate) -> Floats:
    """Broyden iterations at true perigee from the last Jacobian; return perigee states (N, 6)."""
    perigee_states = np.full((state.vinf.shape[0], 6), np.nan)
    active = np.flatnonzero(state.status == Outcome.OK)
    state.status[active] = Outcome.NO_CONVERGENCE
    step = np.zeros((active.size, 3))
    for turn in range(MAX_ITERATIONS):
        if active.size == 0:
            break
        residual, perigee_states[active], failed = _shoot(problem.select(active), state.vinf[active], 0.0)
        if turn > 0:
            # Broyden (1965): with J dx = -f before, the secant condition adds f dx^T / (dx . dx)
            share = step / dot(step, step)[:, None]
            state.jacobian[active] += residual[:, :, None] * share[:, None, :]
        state.residual[active] = residual
        state.iterations[active] += 1
        done = (_worst(residual) < FINE_TOLERANCE) & (failed == 0)
        state.status[active[done]] = Outcome.OK
        state.status[active[failed != 0]] = Outcome.PROPAGATION
        step = _capped(_solve_3x3(state.jacobian[active], -residual)[0])
        going = ~done & (failed == 0) & np.isfinite(step).all(axis=1)
        active, step = active[going], step[going]
        state.vinf[active] += step
    return perigee_states


def _attempt(problem: _Problem, guess: Floats, jacobian: Floats | None) -> Transfers:
    """Run both stages from a guess for all rows."""
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        state = _start(guess, jacobian)
        _coarse_stage(problem, state)
        perigee_states = _fine_stage(problem, state)
        relative, reachable = _perilune(problem, state.vinf)
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


def _problem(targets: TransferTargets, ephemeris: Ephemeris) -> _Problem:
    model = transfer_model(ephemeris)
    return _Problem(
        targets,
        model,
        ephemeris.state("moon", "earth", targets.perilune_tdb),
        R_me_icrf(targets.perilune_tdb, ephemeris)[:, 2, :],
        tod_pole_icrf(targets.perilune_tdb - targets.tof_s),
        model.gm("earth"),
        model.gm("moon"),
    )


@lru_cache(maxsize=8)
def transfer_model(ephemeris: Ephemeris | None = None) -> ForceModel:
    """Return the force model of direct transfers: Earth with J2, Moon, Sun.

    Parameters
    ----------
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.

    Returns
    -------
    ForceModel
        Earth-centred, oblateness about the true pole of date; kept, so that its ephemeris tables are shared.
    """
    return ForceModel(
        center="earth",
        point_masses=("earth", "moon", "sun"),
        earth_zonals=2,
        ephemeris=ephemeris or open_ephemeris(),
    )


def solve_direct(
    targets: TransferTargets,
    *,
    ephemeris: Ephemeris | None = None,
    guess_vinf_km_s: Floats | None = None,
    guess_jacobian: Floats | None = None,
) -> Transfers:
    """Solve direct transfers for all rows.

    Parameters
    ----------
    targets : TransferTargets
        What to meet; N rows.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.
    guess_vinf_km_s : ndarray, shape (N, 3), optional
        Excess velocities to start from (NaN rows fall back to the conic guess).
    guess_jacobian : ndarray, shape (N, 3, 3), optional
        `Transfers.jacobian` of near neighbours whose `vinf_km_s` are the guesses: saves the first stage.

    Returns
    -------
    Transfers
        N rows; `status` tells which are solved and why the others are not. No row depends on any other.

    Raises
    ------
    EphemerisRangeError
        If an arrival or departure lies outside the ephemeris.

    Notes
    -----
    Measured in ``tests/truth/test_truth_transfers.py``: closure of an independent forward integration at perilune.
    """
    problem = _problem(targets, ephemeris or open_ephemeris())
    guess, declination_ok = conic_vinf(
        problem.moon_states,
        problem.earth_pole,
        targets.inclination_rad,
        targets.branch_sign,
        targets.perigee_radius_km,
        targets.tof_s,
        problem.mu_earth,
    )
    if guess_vinf_km_s is not None:
        given = np.isfinite(guess_vinf_km_s).all(axis=1)
        guess = np.where(given[:, None], guess_vinf_km_s, guess)
    hopeless = _beyond_reach(problem)
    tried = np.flatnonzero(~hopeless)
    jacobian = None if guess_jacobian is None else guess_jacobian[tried]
    out = join_transfers([(tried, _attempt(problem.select(tried), guess[tried], jacobian))], len(targets))
    out.status[hopeless] = Outcome.DECLINATION
    out.status[(out.status == Outcome.FOLD) & ~declination_ok] = Outcome.DECLINATION
    return out


def _beyond_reach(problem: _Problem) -> Bools:
    """Return rows whose Moon is so far beyond the inclination that no perturbed plane can reach it."""
    moon = unit(problem.moon_states[:, :3])
    declination = np.abs(np.arcsin(np.clip(dot(moon, problem.earth_pole), -1.0, 1.0)))
    inclination = problem.targets.inclination_rad
    return np.asarray(declination > np.minimum(inclination, np.pi - inclination) + DECLINATION_MARGIN_RAD)
