"""The shooting problem of a direct transfer: from excess velocity at the Moon back to the Earth, and what is missed.

A row is propagated backward from its perilune, which meets radius and arrival plane exactly whatever the excess
velocity (:mod:`sim.transfer.seed`), and its osculating perigee is compared with the targets. Three residuals: perigee
radius, plane, time of flight. The plane is measured either by its inclination, or by the azimuth at which it passes
the Moon's direction; the second stays regular where ascending and descending planes merge (:mod:`sim.transfer.fold`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.dynamics import ForceModel
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.frames import R_me_icrf, tod_pole_icrf
from sim.frames.rotations import cross, dot, unit
from sim.propagation import propagate
from sim.transfer.perigee import osculating_perigee
from sim.transfer.records import TransferTargets
from sim.transfer.seed import arrival_normal_by_inclination, arrival_normal_over_site, perilune_state
from sim.units import S_PER_HOUR

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Statuses = NDArray[np.int8]

READ_BEFORE_PERIGEE_S = 2.5 * S_PER_HOUR
"""The first stage reads the osculating perigee this long before the wanted perigee (about 35 000-40 000 km out)."""

STEP_KM_S = 1e-6
"""Forward-difference step in excess velocity: moves perigee by tens of metres, far above rounding."""

SCALES = np.array([1e-3, 20.0, 1.0 / 3600.0])
"""Residual weights: 1/(1000 km), 20/rad and 1/h bring the Jacobian's condition number near 2 (measured)."""

COARSE_PROPAGATION, FINE_PROPAGATION = 1e-9, 1e-11
"""Integration tolerances of the two stages: 2 mm and 0.2 mm at the Earth (99th percentile of 5 856 backward arcs
against 1e-15), the first 4e-5 of what a difference step moves."""


@dataclass(frozen=True)
class Problem:
    """Targets with everything that does not change between iterations; arrays have N rows.

    Attributes
    ----------
    targets : TransferTargets
        What to meet.
    model : ForceModel
        Forces.
    moon_states : ndarray, shape (N, 6)
        Moon at arrival, Earth-centred ICRF.
    moon_pole, earth_pole : ndarray, shape (N, 3)
        Lunar pole (MOON_ME) at arrival; true pole of date of the Earth at perigee; ICRF.
    mu_earth_km3_s2, mu_moon_km3_s2 : float
        GM, km3/s2.
    plane_azimuth_rad : ndarray, shape (N,), or None
        When given, replaces the inclination as the target for the plane.
    """

    targets: TransferTargets
    model: ForceModel
    moon_states: Floats
    moon_pole: Floats
    earth_pole: Floats
    mu_earth_km3_s2: float
    mu_moon_km3_s2: float
    plane_azimuth_rad: Floats | None = None

    def select(self, rows: NDArray[np.intp] | Bools) -> Problem:
        """Return the problem of `rows`."""
        return Problem(
            self.targets.select(rows),
            self.model,
            self.moon_states[rows],
            self.moon_pole[rows],
            self.earth_pole[rows],
            self.mu_earth_km3_s2,
            self.mu_moon_km3_s2,
            None if self.plane_azimuth_rad is None else self.plane_azimuth_rad[rows],
        )

    def by_azimuth(self, plane_azimuth_rad: Floats) -> Problem:
        """Return the problem with the plane fixed by its azimuth at the Moon's direction instead of inclination."""
        return replace(self, plane_azimuth_rad=plane_azimuth_rad)


def perilune_states(problem: Problem, vinf_km_s: Floats) -> tuple[Floats, Bools]:
    """Return perilune states for excess velocities.

    Parameters
    ----------
    problem : Problem
        N rows.
    vinf_km_s : ndarray, shape (N, 3)
        ICRF.

    Returns
    -------
    states : ndarray, shape (N, 6)
        Moon-centred ICRF.
    reachable : ndarray of bool, shape (N,)
        False where the lunar inclination had to be replaced by the nearest possible one.
    """
    targets = problem.targets
    if targets.lunar_end is not None:
        return targets.lunar_end.states(vinf_km_s, problem.mu_moon_km3_s2)
    if targets.site_direction is None:
        normal, reachable = arrival_normal_by_inclination(
            vinf_km_s, problem.moon_pole, targets.lunar_inclination_rad, targets.pole_sign
        )
    else:
        normal = arrival_normal_over_site(vinf_km_s, targets.site_direction, targets.pole_sign)
        reachable = np.ones(len(targets), dtype=bool)
    return perilune_state(vinf_km_s, normal, targets.perilune_radius_km, problem.mu_moon_km3_s2), reachable


def shoot(problem: Problem, vinf_km_s: Floats, stop_before_perigee_s: float) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """Propagate towards perigee (backward; forward for returns) and compare with the targets.

    Parameters
    ----------
    problem : Problem
        N rows.
    vinf_km_s : ndarray, shape (N, 3)
        Excess velocities, km/s.
    stop_before_perigee_s : float
        Where to read the osculating perigee: this long before the wanted one, 0 at the true perigee.

    Returns
    -------
    residuals : ndarray, shape (N, 3)
        Perigee radius, plane, time of flight, times `SCALES`.
    states : ndarray, shape (N, 6)
        Earth-centred ICRF where the perigee was read.
    status : ndarray of int8, shape (N,)
        Of the propagation.
    """
    targets = problem.targets
    relative, _ = perilune_states(problem, vinf_km_s)
    # on the Moon's side of perigee: after it outbound, before it on a return
    read_s = np.sign(targets.tof_s) * stop_before_perigee_s
    stop = targets.perilune_tdb - targets.tof_s + read_s
    tolerance = COARSE_PROPAGATION if stop_before_perigee_s > 0.0 else FINE_PROPAGATION
    run = propagate(
        problem.moon_states + relative, targets.perilune_tdb, stop, problem.model, tolerance=tolerance, impacts=False
    )
    perigee = osculating_perigee(run.states, problem.earth_pole, problem.mu_earth_km3_s2)
    residual = np.stack(
        (
            perigee.radius_km - targets.perigee_radius_km,
            _plane_residual_rad(problem, run.states, perigee.inclination_rad),
            perigee.since_s - read_s,
        ),
        axis=1,
    )
    return residual * SCALES, run.states, run.status


def plane_azimuth_rad(problem: Problem, states: Floats) -> Floats:
    """Angle from east to north at which planes of geocentric states pass the Moon's direction at arrival.

    Parameters
    ----------
    problem : Problem
        Gives the Moon's direction and the Earth's pole.
    states : ndarray, shape (N, 6)
        Earth-centred ICRF.

    Returns
    -------
    ndarray, shape (N,)
        rad; positive on the ascending leg.
    """
    normal = unit(cross(states[:, :3], states[:, 3:]))
    up = unit(problem.moon_states[:, :3])
    east = unit(cross(problem.earth_pole, up))
    return np.arctan2(-dot(normal, east), dot(normal, cross(up, east)))


def _plane_residual_rad(problem: Problem, states: Floats, inclination_rad: Floats) -> Floats:
    if problem.plane_azimuth_rad is None:
        return inclination_rad - problem.targets.inclination_rad
    off = plane_azimuth_rad(problem, states) - problem.plane_azimuth_rad
    return np.mod(off + np.pi, 2.0 * np.pi) - np.pi


def solve_3x3(matrix: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Solve row-wise 3x3 systems by Cramer's rule.

    Parameters
    ----------
    matrix : ndarray, shape (N, 3, 3)
        Matrices.
    right : ndarray, shape (N, 3)
        Right sides.

    Returns
    -------
    solutions : ndarray, shape (N, 3)
        NaN or zero where singular.
    conditioning : ndarray, shape (N,)
        Determinants over the product of the column lengths.
    """
    a, b, c = matrix[:, :, 0], matrix[:, :, 1], matrix[:, :, 2]
    bc = cross(b, c)
    determinant = dot(a, bc)
    size = np.sqrt(dot(a, a) * dot(b, b) * dot(c, c))
    safe = np.where(determinant == 0.0, np.inf, determinant)
    solution = np.stack((dot(right, bc), dot(a, cross(right, c)), dot(a, cross(b, right))), axis=1) / safe[:, None]
    return solution, np.abs(determinant) / size


def _tile(problem: Problem, copies: int) -> Problem:
    """Return the problem with all rows repeated `copies` times, block after block."""
    return problem.select(np.tile(np.arange(len(problem.targets)), copies))


def shoot_with_jacobian(problem: Problem, vinf_km_s: Floats) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """Compare with the targets far out, and by forward differences.

    Parameters
    ----------
    problem : Problem
        N rows.
    vinf_km_s : ndarray, shape (N, 3)
        Excess velocities, km/s.

    Returns
    -------
    residuals : ndarray, shape (N, 3)
        Scaled.
    jacobians : ndarray, shape (N, 3, 3)
        By row: residual by unknown.
    status : ndarray of int8, shape (N,)
        Worst of the four propagations.
    """
    count = vinf_km_s.shape[0]
    trial = np.tile(vinf_km_s, (4, 1))
    for axis in range(3):
        trial[(axis + 1) * count : (axis + 2) * count, axis] += STEP_KM_S
    residual, _, status = shoot(_tile(problem, 4), trial, READ_BEFORE_PERIGEE_S)
    blocks = residual.reshape(4, count, 3)
    jacobian = np.stack([(blocks[k] - blocks[0]) / STEP_KM_S for k in (1, 2, 3)], axis=2)
    worst = np.asarray(status.reshape(4, count).max(axis=0), dtype=np.int8)
    return blocks[0], jacobian, worst


def build_problem(targets: TransferTargets, ephemeris: Ephemeris) -> Problem:
    """Return the shooting problem of targets.

    Parameters
    ----------
    targets : TransferTargets
        N rows.
    ephemeris : Ephemeris
        Bodies and lunar orientation.

    Returns
    -------
    Problem
        N rows; EphemerisRangeError when an arrival lies outside.
    """
    model = transfer_model(ephemeris)
    return Problem(
        targets,
        model,
        ephemeris.state("moon", "earth", targets.perilune_tdb),
        R_me_icrf(targets.perilune_tdb, ephemeris)[:, 2, :],
        tod_pole_icrf(targets.perilune_tdb - targets.tof_s),
        model.body_gm_km3_s2("earth"),
        model.body_gm_km3_s2("moon"),
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
