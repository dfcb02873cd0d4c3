"""Flights that strike the Moon at a given place, solved backward from there in the full ephemeris model.

The unknown is the incoming excess velocity, as for direct transfers; the place is met exactly by construction
(:func:`sim.transfer.lunar_state.impact_state`). Flights of one and a half days leave the Earth at or above escape
speed; nothing in the solver depends on the sign of the energy.

The targets at the Earth are those of :mod:`sim.transfer.direct`. A direct ascent burns out on the way up, and the
perigee of its orbit may lie inside the Earth: then it is a mere label of the orbit, and the flight begins where it
leaves the burn-out radius (:func:`climb_to`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.ephemeris import Ephemeris
from sim.frames import R_me_icrf, rotate, transpose
from sim.transfer.direct import solve_direct
from sim.transfer.lunar_state import Impact
from sim.transfer.outcome import Outcome
from sim.transfer.radius_passage import pass_radius
from sim.transfer.records import Transfers, TransferTargets
from sim.units import RAD_PER_DEG, S_PER_HOUR

Floats = NDArray[np.float64]

LONGEST_CLIMB_S = 1.0 * S_PER_HOUR
"""From perigee to burn-out of a direct ascent; minutes in practice."""


def place_icrf_km(latitude_deg: float, longitude_deg: float, t_tdb: Floats, ephemeris: Ephemeris) -> Floats:
    """Return a place on the lunar sphere in ICRF axes.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        Selenographic (MOON_ME).
    t_tdb : ndarray, shape (N,)
        Epochs.
    ephemeris : Ephemeris
        Lunar orientation.

    Returns
    -------
    ndarray, shape (N, 3)
        Moon-centred, km, at 1737.4 km.
    """
    latitude, longitude = latitude_deg * RAD_PER_DEG, longitude_deg * RAD_PER_DEG
    up = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    return np.ascontiguousarray(rotate(transpose(R_me_icrf(t_tdb, ephemeris)), MOON.radius_km * up))


def impact_targets(
    impact_tdb: Floats,
    tof_s: Floats,
    perigee_radius_km: Floats,
    inclination_rad: Floats,
    branch_sign: Floats,
    position_km: Floats,
) -> TransferTargets:
    """Return the targets of flights that strike given places.

    Parameters
    ----------
    impact_tdb, tof_s : ndarray, shape (N,)
        Epoch of impact; time from perigee.
    perigee_radius_km, inclination_rad : ndarray, shape (N,)
        Of the orbit at perigee, inclination to the true equator of date.
    branch_sign : ndarray, shape (N,)
        +1 moves north at the Moon, -1 south.
    position_km : ndarray, shape (N, 3)
        Places, Moon-centred ICRF at impact.

    Returns
    -------
    TransferTargets
        N rows.
    """
    unused = np.zeros_like(impact_tdb)
    return TransferTargets(
        impact_tdb,
        tof_s,
        perigee_radius_km,
        inclination_rad,
        branch_sign,
        unused + MOON.radius_km,
        unused + 1.0,
        unused,
        lunar_end=Impact(position_km),
    )


def solve_impact(
    targets: TransferTargets,
    *,
    ephemeris: Ephemeris | None = None,
    guess_vinf_km_s: Floats | None = None,
    guess_jacobian: Floats | None = None,
) -> Transfers:
    """Solve flights that strike the Moon at given places.

    Parameters
    ----------
    targets : TransferTargets
        From :func:`impact_targets`; N rows.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.
    guess_vinf_km_s : ndarray, shape (N, 3), optional
        Excess velocities to start from (NaN rows fall back to the conic guess).
    guess_jacobian : ndarray, shape (N, 3, 3), optional
        `Transfers.jacobian` of near neighbours whose `vinf_km_s` are the guesses.

    Returns
    -------
    Transfers
        N rows; `perilune_state` is the state at impact. `Outcome.BEHIND_LIMB` where the place cannot be struck.

    Raises
    ------
    EphemerisRangeError
        If an impact or departure lies outside the ephemeris.
    """
    out = solve_direct(targets, ephemeris=ephemeris, guess_vinf_km_s=guess_vinf_km_s, guess_jacobian=guess_jacobian)
    out.status[out.status == Outcome.LUNAR_INCLINATION] = Outcome.BEHIND_LIMB
    return out


def climb_to(found: Transfers, radius_km: float, ephemeris: Ephemeris | None = None) -> tuple[Floats, Floats]:
    """Return where transfers leave a radius on their way up from perigee.

    Parameters
    ----------
    found : Transfers
        Solved; N rows.
    radius_km : float
        At or above every perigee.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.

    Returns
    -------
    states : ndarray, shape (N, 6)
        Earth-centred ICRF; NaN where a row is not solved or never climbs there within an hour.
    t_tdb : ndarray, shape (N,)
        Epochs.
    """
    return pass_radius(found, radius_km, LONGEST_CLIMB_S, ephemeris)
