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

import numpy as np
from numpy.typing import NDArray

from sim.ephemeris import Ephemeris, open_ephemeris
from sim.frames.rotations import dot, unit
from sim.transfer.fold import needs_fold, solve_near_fold
from sim.transfer.newton import attempt
from sim.transfer.outcome import Outcome
from sim.transfer.records import Transfers, TransferTargets, join_transfers
from sim.transfer.seed import conic_vinf
from sim.transfer.shooting import Problem, build_problem

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DECLINATION_MARGIN_RAD = np.deg2rad(2.5)
"""Rows whose Moon is this much beyond the inclination at arrival are not tried: the Moon's pull shifts the limit by up
to 1.8 degrees either way (measured over 2021-2030)."""


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
    problem = build_problem(targets, ephemeris or open_ephemeris())
    guess = _guesses(problem, guess_vinf_km_s)
    hopeless = beyond_reach(problem)
    tried = np.flatnonzero(~hopeless)
    jacobian = None if guess_jacobian is None else guess_jacobian[tried]
    part = problem.select(tried)
    found = attempt(part, guess[tried], jacobian)
    again = np.flatnonzero(needs_fold(part, found))
    parts = [(tried, found)]
    if again.size:
        parts.append((tried[again], solve_near_fold(part.select(again))))
    out = join_transfers(parts, len(targets))
    out.status[hopeless] = Outcome.DECLINATION
    return out


def _guesses(problem: Problem, given_km_s: Floats | None) -> Floats:
    """Return the excess velocities to start from: those given, and the conic guess where there is none."""
    targets = problem.targets
    guess = np.full((len(targets), 3), np.nan) if given_km_s is None else given_km_s.copy()
    rows = np.flatnonzero(~np.isfinite(guess).all(axis=1))
    guess[rows], _ = conic_vinf(
        problem.moon_states[rows],
        problem.earth_pole[rows],
        targets.inclination_rad[rows],
        targets.branch_sign[rows],
        targets.perigee_radius_km[rows],
        targets.tof_s[rows],
        problem.mu_earth_km3_s2,
    )
    return guess


def beyond_reach(problem: Problem) -> Bools:
    """Return rows whose Moon is so far beyond the inclination that no perturbed plane can reach it."""
    moon = unit(problem.moon_states[:, :3])
    declination = np.abs(np.arcsin(np.clip(dot(moon, problem.earth_pole), -1.0, 1.0)))
    inclination = problem.targets.inclination_rad
    return np.asarray(declination > np.minimum(inclination, np.pi - inclination) + DECLINATION_MARGIN_RAD)
