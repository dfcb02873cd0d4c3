"""The family of transfers as a smooth curve over arrival time: solved on a grid, interpolated in between.

For one flight time, inclination, approach pole and Earth branch, everything that launch closure needs (node and
argument of latitude of the transfer plane at injection, excess velocity) is a smooth function of arrival epoch. It
is solved in the full model every few hours and joined by cubic splines; the splines only give first guesses, for
every opportunity is solved again in the full model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from sim.bodies import EARTH, MOON
from sim.ephemeris import Ephemeris
from sim.frames import R_me_icrf, R_tod_icrf, gast_rad, rotate, transpose
from sim.frames.rotations import cross, unit
from sim.transfer import Outcome, Transfers, TransferTargets, solve_direct
from sim.units import RAD_PER_DEG, S_PER_DAY, S_PER_HOUR
from sim.windows.request import WindowRequest

Floats = NDArray[np.float64]

GRID_S = 12.0 * S_PER_HOUR
"""Spacing of the arrival grid; the node of the transfer plane moves by 6.6 degrees meanwhile."""

MIN_SEGMENT = 4
"""Fewest neighbouring solutions that a spline is drawn through."""


@dataclass(frozen=True)
class Family:
    """One continuous family of transfers.

    Attributes
    ----------
    pole_sign, branch_sign : float
        Approach pole and Earth branch, +1 or -1.
    inclination_deg : float
        Parking inclination to the true equator of date.
    tof_day : float
        Flight time.
    """

    pole_sign: float
    branch_sign: float
    inclination_deg: float
    tof_day: float


def family_targets(
    request: WindowRequest, families: list[Family], which: NDArray[np.intp], perilune_tdb: Floats, ephemeris: Ephemeris
) -> TransferTargets:
    """Return transfer targets for arrivals of the given families.

    Parameters
    ----------
    request : WindowRequest
        The search.
    families : list of Family
        Families.
    which : ndarray of int, shape (N,)
        Family of each row.
    perilune_tdb : ndarray, shape (N,)
        Arrival epochs.
    ephemeris : Ephemeris
        For the Moon's orientation.

    Returns
    -------
    TransferTargets
        N rows.
    """
    count = perilune_tdb.shape[0]

    def column(name: str) -> Floats:
        return np.array([getattr(family, name) for family in families], dtype=float)[which]

    plane = request.plane
    site = None
    if plane.site_latitude_deg is not None and plane.site_longitude_deg is not None:
        latitude, longitude = plane.site_latitude_deg * RAD_PER_DEG, plane.site_longitude_deg * RAD_PER_DEG
        fixed = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
        R_icrf_me = transpose(R_me_icrf(perilune_tdb + plane.site_delay_day * S_PER_DAY, ephemeris))
        site = np.ascontiguousarray(rotate(R_icrf_me, fixed))
    return TransferTargets(
        perilune_tdb=perilune_tdb,
        tof_s=column("tof_day") * S_PER_DAY,
        perigee_radius_km=np.full(count, EARTH.radius_equatorial_km + request.parking_altitude_km),
        inclination_rad=column("inclination_deg") * RAD_PER_DEG,
        branch_sign=column("branch_sign"),
        perilune_radius_km=np.full(count, MOON.radius_km + request.perilune_altitude_km),
        pole_sign=column("pole_sign"),
        lunar_inclination_rad=np.full(count, plane.lunar_inclination_deg * RAD_PER_DEG),
        site_direction=site,
    )


def injection_plane(transfers: Transfers) -> tuple[Floats, Floats]:
    """Return node and argument of latitude at injection.

    Parameters
    ----------
    transfers : Transfers
        Solved rows (NaN rows stay NaN).

    Returns
    -------
    raan_rad, argument_of_latitude_rad : ndarray, shape (N,)
        To the true equator and equinox of date, in (-pi, pi].
    """
    good = transfers.status == Outcome.OK
    raan = np.full(good.shape, np.nan)
    argument = np.full(good.shape, np.nan)
    if not good.any():
        return raan, argument
    rotation = R_tod_icrf(transfers.perigee_tdb[good])
    r = rotate(rotation, transfers.perigee_state[good, :3])
    normal = unit(cross(r, rotate(rotation, transfers.perigee_state[good, 3:])))
    node = np.arctan2(normal[:, 0], -normal[:, 1])
    along = r[:, 0] * np.cos(node) + r[:, 1] * np.sin(node)
    across = r[:, 2] / np.hypot(normal[:, 0], normal[:, 1])
    raan[good] = node
    argument[good] = np.arctan2(across, along)
    return raan, argument


@dataclass(frozen=True)
class Segment:
    """A run of neighbouring solutions of one family, as splines over arrival epoch.

    Attributes
    ----------
    family : int
        Number of the family.
    start_tdb, stop_tdb : float
        First and last arrival solved.
    spline : CubicSpline
        Columns: unwrapped node (rad), unwrapped argument of latitude (rad), excess velocity (3, km/s), Jacobian of
        the solver (9).
    """

    family: int
    start_tdb: float
    stop_tdb: float
    spline: CubicSpline


def build_segments(transfers: Transfers, family: NDArray[np.intp], perilune_tdb: Floats) -> list[Segment]:
    """Return splines through all runs of solved neighbours.

    Parameters
    ----------
    transfers : Transfers
        Grid solutions, N rows, grouped by family and ascending in epoch within each.
    family : ndarray of int, shape (N,)
        Family of each row.
    perilune_tdb : ndarray, shape (N,)
        Arrival epochs.

    Returns
    -------
    list of Segment
        One per run of at least `MIN_SEGMENT` solutions.
    """
    raan, argument = injection_plane(transfers)
    good = transfers.status == Outcome.OK
    fresh = np.ones(good.shape, dtype=bool)
    fresh[1:] = ~(good[1:] & good[:-1]) | (family[1:] != family[:-1]) | (np.diff(perilune_tdb) > 1.5 * GRID_S)
    label = np.cumsum(fresh)
    segments = []
    for number in np.unique(label[good]):
        rows = np.flatnonzero(good & (label == number))
        if rows.size < MIN_SEGMENT:
            continue
        columns = np.column_stack(
            (
                np.unwrap(raan[rows]),
                np.unwrap(argument[rows]),
                transfers.vinf_km_s[rows],
                transfers.jacobian[rows].reshape(rows.size, 9),
            )
        )
        segments.append(
            Segment(
                int(family[rows[0]]),
                float(perilune_tdb[rows[0]]),
                float(perilune_tdb[rows[-1]]),
                CubicSpline(perilune_tdb[rows], columns),
            )
        )
    return segments


def solve_grid(
    request: WindowRequest, families: list[Family], perilune_tdb: Floats, ephemeris: Ephemeris
) -> tuple[Transfers, NDArray[np.intp], Floats]:
    """Solve every family at every arrival epoch.

    Parameters
    ----------
    request : WindowRequest
        The search.
    families : list of Family
        Families.
    perilune_tdb : ndarray, shape (T,)
        Arrival epochs, ascending.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    transfers : Transfers
        ``len(families) * T`` rows.
    which : ndarray of int
        Family of each row.
    epochs : ndarray
        Arrival of each row.
    """
    which = np.repeat(np.arange(len(families)), perilune_tdb.size)
    epochs = np.tile(perilune_tdb, len(families))
    targets = family_targets(request, families, which, epochs, ephemeris)
    return solve_direct(targets, ephemeris=ephemeris), which, epochs


def sidereal_angle_rad(t_tdb: Floats, longitude_deg: float) -> Floats:
    """Return the local apparent sidereal angle of a meridian.

    Parameters
    ----------
    t_tdb : ndarray, shape (N,)
        Epochs.
    longitude_deg : float
        East longitude.

    Returns
    -------
    ndarray, shape (N,)
        rad, in [0, 2 pi).
    """
    return np.mod(gast_rad(t_tdb) + longitude_deg * RAD_PER_DEG, 2.0 * np.pi)
