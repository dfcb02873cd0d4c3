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

from sim.bodies import MOON
from sim.ephemeris import Ephemeris
from sim.frames import R_me_icrf, R_tod_icrf, gast_rad, rotate, transpose
from sim.frames.rotations import cross, unit
from sim.transfer import Outcome, Transfers, TransferTargets, solve_direct
from sim.transfer.impact import place_icrf_km
from sim.transfer.lunar_state import Impact
from sim.units import RAD_PER_DEG, S_PER_DAY, S_PER_HOUR
from sim.windows.request import WindowRequest

Floats = NDArray[np.float64]

GRID_S = 12.0 * S_PER_HOUR
"""Spacing of the arrival grid; the node of the transfer plane moves by 6.6 degrees meanwhile."""


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
    struck = None
    if request.struck_latitude_deg is not None and request.struck_longitude_deg is not None:
        place = (request.struck_latitude_deg, request.struck_longitude_deg)
        struck = Impact(place_icrf_km(*place, perilune_tdb, ephemeris))
    return TransferTargets(
        perilune_tdb=perilune_tdb,
        tof_s=column("tof_day") * S_PER_DAY,
        perigee_radius_km=np.full(count, request.aim.perigee_radius_km),
        inclination_rad=column("inclination_deg") * RAD_PER_DEG,
        branch_sign=column("branch_sign"),
        perilune_radius_km=np.full(count, MOON.radius_km + request.perilune_altitude_km),
        pole_sign=column("pole_sign"),
        lunar_inclination_rad=np.full(count, plane.lunar_inclination_deg * RAD_PER_DEG),
        site_direction=site,
        lunar_end=struck,
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
    """A run of neighbouring solutions of one family, as splines.

    The independent variable is the arrival epoch; next to a fold, where the solution moves like a square root of the
    time to the fold, it is that square root, in which everything is smooth.

    Attributes
    ----------
    family : int
        Number of the family.
    low, high : float
        Range of the independent variable: TDB seconds, or square root of seconds.
    spline : CubicSpline
        Columns: unwrapped node (rad), unwrapped argument of latitude (rad), excess velocity (3, km/s), and away from
        folds the solver's Jacobian (9).
    fold_tdb : float or None
        Epoch of the fold for square-root segments.
    side_sign : float
        +1: the segment lies after its fold, -1: before.
    """

    family: int
    low: float
    high: float
    spline: CubicSpline
    fold_tdb: float | None = None
    side_sign: float = 1.0

    def epochs_tdb(self, variable_values: Floats) -> Floats:
        """Arrival epochs of values of the independent variable.

        Parameters
        ----------
        variable_values : ndarray, shape (K,)
            Between `low` and `high`.

        Returns
        -------
        ndarray, shape (K,)
            TDB seconds.
        """
        if self.fold_tdb is None:
            return variable_values
        return self.fold_tdb + self.side_sign * variable_values * variable_values

    def sample_values(self, step_s: float) -> Floats:
        """Values of the independent variable, no further apart than `step_s` of arrival.

        Parameters
        ----------
        step_s : float
            Largest step in arrival epoch.

        Returns
        -------
        ndarray, shape (K,)
            Ascending from `low` to `high`.
        """
        if self.fold_tdb is None:
            count = int((self.high - self.low) / step_s) + 2
        else:
            count = int(2.0 * self.high * (self.high - self.low) / step_s) + 2
        return np.linspace(self.low, self.high, count + 1)

    def jacobian(self, values: Floats) -> Floats:
        """Jacobians among spline values; NaN next to folds, where the solver finds its own.

        Parameters
        ----------
        values : ndarray, shape (K, C)
            Spline values.

        Returns
        -------
        ndarray, shape (K, 3, 3)
            Jacobians.
        """
        if self.fold_tdb is None:
            return values[:, 5:].reshape(-1, 3, 3)
        return np.full((values.shape[0], 3, 3), np.nan)


def make_segment(
    transfers: Transfers, family: int, variable_values: Floats, fold_tdb: float | None = None, side_sign: float = 1.0
) -> Segment:
    """Return the splines through solved rows.

    Parameters
    ----------
    transfers : Transfers
        Solved rows, in the order of `variable_values`.
    family : int
        Number of the family.
    variable_values : ndarray, shape (K,)
        Ascending values of the independent variable.
    fold_tdb, side_sign : float
        See `Segment`.

    Returns
    -------
    Segment
        Splines.
    """
    raan, argument = injection_plane(transfers)
    columns = [np.unwrap(raan), np.unwrap(argument), transfers.vinf_km_s]
    if fold_tdb is None:
        columns.append(transfers.jacobian.reshape(variable_values.size, 9))
    spline = CubicSpline(variable_values, np.column_stack(columns))
    return Segment(family, float(variable_values[0]), float(variable_values[-1]), spline, fold_tdb, side_sign)


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
