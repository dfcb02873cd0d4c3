"""Returns from lunar orbit to an entry into the Earth's atmosphere, solved forward in the full ephemeris model.

The twin of :mod:`sim.transfer.direct`, flown in the other direction of time: the unknown is the outgoing excess
velocity, perilune radius and the plane of departure (the one turned least from the orbit that is left) are met exactly
by construction (:func:`sim.transfer.lunar_state.departure_state`), and the trajectory runs forward to the Earth, where
vacuum perigee, inclination and time of flight are compared with what is wanted. Forward from perilune is the benign
direction for a return, as backward is for the way out: errors shrink towards the Earth.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.ephemeris import Ephemeris, open_ephemeris
from sim.transfer.lunar_state import Departure
from sim.transfer.newton import attempt
from sim.transfer.radius_passage import pass_radius
from sim.transfer.records import Transfers, TransferTargets
from sim.transfer.seed import conic_vinf
from sim.transfer.shooting import build_problem
from sim.units import S_PER_HOUR

Floats = NDArray[np.float64]


def vacuum_perigee_km(entry_radius_km: float, entry_angle_rad: float, c3_km2_s2: float, mu_km3_s2: float) -> float:
    """Return the perigee radius of the orbit that enters at a given angle.

    Parameters
    ----------
    entry_radius_km : float
        Radius of the entry interface.
    entry_angle_rad : float
        Flight path there, over the horizon.
    c3_km2_s2 : float
        Twice the energy; its effect is small, -2 stands for every return from the Moon.
    mu_km3_s2 : float
        GM of the Earth.

    Returns
    -------
    float
        km.
    """
    momentum2 = entry_radius_km**2 * (c3_km2_s2 + 2.0 * mu_km3_s2 / entry_radius_km) * np.cos(entry_angle_rad) ** 2
    ecc = np.sqrt(1.0 + c3_km2_s2 * momentum2 / mu_km3_s2**2)
    return float(momentum2 / mu_km3_s2 / (1.0 + ecc))


def return_targets(
    departure_tdb: Floats,
    flight_s: Floats,
    perigee_radius_km: Floats,
    inclination_rad: Floats,
    branch_sign: Floats,
    departure: Departure,
) -> TransferTargets:
    """Return the targets of returns.

    Parameters
    ----------
    departure_tdb : ndarray, shape (N,)
        Perilune of departure, seconds past J2000 TDB.
    flight_s : ndarray, shape (N,)
        From there to vacuum perigee.
    perigee_radius_km, inclination_rad : ndarray, shape (N,)
        Vacuum perigee, and inclination there to the true equator of date.
    branch_sign : ndarray, shape (N,)
        +1 moves north at the Moon (as seen from the Earth), -1 south.
    departure : Departure
        Perilune radius and orbit that is left; N rows.

    Returns
    -------
    TransferTargets
        N rows, with negative `tof_s`.
    """
    unused = np.zeros_like(departure_tdb)
    return TransferTargets(
        departure_tdb,
        -flight_s,
        perigee_radius_km,
        inclination_rad,
        branch_sign,
        departure.perilune_radius_km,
        unused + 1.0,
        unused,
        lunar_end=departure,
    )


def solve_return(
    targets: TransferTargets,
    *,
    ephemeris: Ephemeris | None = None,
    guess_vinf_km_s: Floats | None = None,
    guess_jacobian: Floats | None = None,
) -> Transfers:
    """Solve returns for all rows.

    Parameters
    ----------
    targets : TransferTargets
        From :func:`return_targets`; N rows.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.
    guess_vinf_km_s : ndarray, shape (N, 3), optional
        Outgoing excess velocities to start from (NaN rows fall back to the conic guess).
    guess_jacobian : ndarray, shape (N, 3, 3), optional
        `Transfers.jacobian` of near neighbours whose `vinf_km_s` are the guesses.

    Returns
    -------
    Transfers
        N rows; `perilune_state` is that of departure, `perigee_state` that at vacuum perigee, where no air was met.

    Raises
    ------
    EphemerisRangeError
        If a departure or entry lies outside the ephemeris.
    """
    problem = build_problem(targets, ephemeris or open_ephemeris())
    # seen backward in time the Moon moves the other way and the Earth's pole points down
    mirrored, _ = conic_vinf(
        problem.moon_states * np.array([1.0, 1.0, 1.0, -1.0, -1.0, -1.0]),
        -problem.earth_pole,
        targets.inclination_rad,
        targets.branch_sign,
        targets.perigee_radius_km,
        -targets.tof_s,
        problem.mu_earth_km3_s2,
    )
    guess = -mirrored
    if guess_vinf_km_s is not None:
        given = np.asarray(np.isfinite(guess_vinf_km_s).all(axis=1))
        guess = np.where(given[:, None], guess_vinf_km_s, guess)
    return attempt(problem, guess, guess_jacobian)


def entry_states(found: Transfers, entry_radius_km: float, ephemeris: Ephemeris | None = None) -> tuple[Floats, Floats]:
    """Return where returns pass the entry interface on their way down.

    Parameters
    ----------
    found : Transfers
        Solved; N rows.
    entry_radius_km : float
        Radius of the interface.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.

    Returns
    -------
    states : ndarray, shape (N, 6)
        Earth-centred ICRF; NaN where a row is not solved or its perigee lies above the interface.
    t_tdb : ndarray, shape (N,)
        Epochs.
    """
    return pass_radius(found, entry_radius_km, -S_PER_HOUR, ephemeris)
