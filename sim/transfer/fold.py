"""Transfers near the fold, where the Moon's declination meets the inclination and both Earth branches merge.

There the inclination has a minimum along the family of planes, its derivative vanishes, and Newton's method on the
inclination fails or wanders to the other branch. The azimuth at which the plane passes the Moon's direction stays a
regular coordinate: rows are solved for prescribed azimuths, and the inclination follows as
``cos(inc) = C cos(azimuth - azimuth0)``, exactly so for conics and nearly so in the full model, where C and azimuth0
are fitted to two solutions. The fit decides whether the asked inclination exists at all; if it does, azimuths are
corrected until it is met.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.ephemeris import Ephemeris
from sim.frames.rotations import dot, unit
from sim.transfer.newton import attempt
from sim.transfer.outcome import Outcome
from sim.transfer.perigee import osculating_perigee
from sim.transfer.records import Transfers, TransferTargets
from sim.transfer.seed import conic_vinf
from sim.transfer.shooting import Problem, build_problem, plane_azimuth_rad

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SPREAD_RAD = 0.06
"""Azimuths either side of the fold at which the minimum of the inclination is measured."""

NEAR_RAD = 0.05
"""Solutions whose azimuth lies less than this on their own side of the fold may belong to the other branch."""

MET_RAD = 2e-9
"""Inclination residual at which a row is done (1.1e-7 deg)."""

TANGENT_RAD = 2e-4
"""Azimuths nearer than this to the minimum count as tangent: both branches are one solution to all purposes."""

MAX_CORRECTIONS = 10


def needs_fold(problem: Problem, found: Transfers) -> Bools:
    """Return the rows which the plain solver may have missed or put on the wrong branch because of the fold.

    Parameters
    ----------
    problem : Problem
        N rows.
    found : Transfers
        What the plain solver gave.

    Returns
    -------
    ndarray of bool, shape (N,)
        True where `solve_near_fold` should look again.
    """
    with np.errstate(invalid="ignore"):
        azimuth = plane_azimuth_rad(problem, found.perigee_state)
        own_side = problem.targets.branch_sign * np.sin(azimuth)
        doubtful = (found.status == Outcome.OK) & ~(own_side > NEAR_RAD)
    return np.asarray(doubtful | np.isin(found.status, (Outcome.NO_CONVERGENCE, Outcome.FOLD, Outcome.PROPAGATION)))


def _guess(problem: Problem, azimuth_rad: Floats) -> Floats:
    """Conic guess for planes of given azimuth at the Moon."""
    targets = problem.targets
    sin_declination = dot(unit(problem.moon_states[:, :3]), problem.earth_pole)
    inclination = np.arccos(np.sqrt(1.0 - sin_declination**2) * np.cos(azimuth_rad))
    return conic_vinf(
        problem.moon_states,
        problem.earth_pole,
        inclination,
        np.where(np.sin(azimuth_rad) >= 0.0, 1.0, -1.0),
        targets.perigee_radius_km,
        targets.tof_s,
        problem.mu_earth_km3_s2,
    )[0]


def _inclination_rad(problem: Problem, found: Transfers) -> Floats:
    return osculating_perigee(found.perigee_state, problem.earth_pole, problem.mu_earth_km3_s2).inclination_rad


@dataclass(frozen=True)
class _Ridge:
    """The inclination's minimum along the azimuths: ``sense cos(inc) = height cos(azimuth - base - middle)``."""

    base: Floats
    sense: Floats
    middle: Floats
    height: Floats
    wanted: Floats
    solved: Bools
    start: Transfers


def _ridge(problem: Problem) -> _Ridge:
    """Measure the minimum of the inclination from two solutions either side of it."""
    inclination = problem.targets.inclination_rad
    base = np.where(inclination > np.pi / 2, np.pi, 0.0)
    sense = np.cos(base)
    sides = [_at(problem, base + side * SPREAD_RAD, None) for side in (1.0, -1.0)]
    with np.errstate(invalid="ignore", divide="ignore"):
        plus, minus = (sense * np.cos(_inclination_rad(problem, side)) for side in sides)
        middle = np.arctan((plus - minus) / ((plus + minus) * np.tan(SPREAD_RAD)))
        height = (plus + minus) / (2.0 * np.cos(SPREAD_RAD) * np.cos(middle))
    solved = (sides[0].status == Outcome.OK) & (sides[1].status == Outcome.OK)
    return _Ridge(base, sense, middle, height, sense * np.cos(inclination), solved, sides[0])


def fold_margin_cos(targets: TransferTargets, ephemeris: Ephemeris) -> Floats:
    """Return by how much the asked inclination lies above the least one, in cosines.

    Parameters
    ----------
    targets : TransferTargets
        N rows; the branch does not matter.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    ndarray, shape (N,)
        Cosine of the least inclination less cosine of the asked one: positive where transfers exist, zero at the
        fold, smooth in the arrival epoch; NaN where nothing could be propagated.
    """
    ridge = _ridge(build_problem(targets, ephemeris))
    return np.where(ridge.solved, ridge.height - ridge.wanted, np.nan)


def solve_near_fold(problem: Problem) -> Transfers:
    """Solve rows near the fold by way of azimuths.

    Parameters
    ----------
    problem : Problem
        N rows.

    Returns
    -------
    Transfers
        N rows: OK; DECLINATION where no plane of the asked inclination exists in the full model; FOLD where it exists
        but is tangent and could not be met; else as the plain solver.
    """
    ridge = _ridge(problem)
    with np.errstate(invalid="ignore", divide="ignore"):
        exists = ridge.wanted <= ridge.height
        size = np.arccos(np.clip(ridge.wanted / ridge.height, -1.0, 1.0))
    offset = problem.targets.branch_sign * ridge.sense * size
    out = _correct(problem, ridge.base + ridge.middle, offset, ridge.start, ridge.solved & exists)
    out.status[ridge.solved & ~exists] = Outcome.DECLINATION
    return out


def _at(problem: Problem, azimuth_rad: Floats, start: Transfers | None) -> Transfers:
    """Solve at prescribed azimuths, from a conic or from solutions at other azimuths."""
    fixed = problem.by_azimuth(azimuth_rad)
    if start is None:
        return attempt(fixed, _guess(problem, azimuth_rad), None)
    return attempt(fixed, start.vinf_km_s, start.jacobian)


def _correct(problem: Problem, middle: Floats, offset: Floats, start: Transfers, active_rows: Bools) -> Transfers:
    """Move the azimuth until the inclination is met; hand the result to the plain solver where it is regular."""
    targets = problem.targets
    out = start
    out.status[~active_rows & (out.status == Outcome.OK)] = Outcome.NO_CONVERGENCE
    active = np.flatnonzero(active_rows)
    for _ in range(MAX_CORRECTIONS):
        if active.size == 0:
            break
        part = problem.select(active)
        found = _at(part, middle[active] + offset[active], out.select(active))
        _put(out, active, found)
        inclination = _inclination_rad(part, found)
        off = inclination - targets.inclination_rad[active]
        out.residual_inclination_rad[active] = off
        with np.errstate(invalid="ignore", divide="ignore"):
            # cos(inc) = C cos(offset): one solution gives C anew, and C gives the next offset
            height = np.cos(inclination) / np.cos(offset[active])
            size = np.arccos(np.clip(np.cos(targets.inclination_rad[active]) / height, -1.0, 1.0))
        going = (found.status == Outcome.OK) & ~(np.abs(off) < MET_RAD)
        stuck = going & (np.abs(size - np.abs(offset[active])) < 1e-12)
        out.status[active[stuck]] = Outcome.FOLD
        going &= ~stuck
        offset[active] = np.sign(offset[active]) * size
        active = active[going]
    out.status[active] = Outcome.FOLD
    return _regular(problem, out, np.abs(offset))


def _regular(problem: Problem, out: Transfers, offset: Floats) -> Transfers:
    """Solve met rows once more for their inclination, which gives them a Jacobian that neighbours can use."""
    out.jacobian[:] = np.nan
    rows = np.flatnonzero((out.status == Outcome.OK) & (offset > TANGENT_RAD))
    if rows.size:
        part = problem.select(rows)
        again = attempt(part, out.vinf_km_s[rows], None)
        near = (again.status == Outcome.OK) & (
            np.abs(plane_azimuth_rad(part, again.perigee_state) - plane_azimuth_rad(part, out.perigee_state[rows]))
            < 1e-4
        )
        _put(out, rows[near], again.select(near))
    return out


def _put(out: Transfers, rows: NDArray[np.intp], part: Transfers) -> None:
    for name in Transfers.__dataclass_fields__:
        getattr(out, name)[rows] = getattr(part, name)
