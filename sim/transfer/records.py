"""What a transfer must meet, and what was found: structures of arrays, one row a transfer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.transfer.lunar_state import LunarEnd
from sim.transfer.outcome import Outcome

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class TransferTargets:
    """What each transfer must meet. All arrays have N rows.

    Attributes
    ----------
    perilune_tdb : ndarray, shape (N,)
        Epoch of perilune, seconds past J2000 TDB.
    tof_s : ndarray, shape (N,)
        Perigee to perilune; negative for returns, whose perigee comes after perilune.
    perigee_radius_km : ndarray, shape (N,)
        Radius of the true perigee.
    inclination_rad : ndarray, shape (N,)
        Of the osculating orbit at perigee to the true equator of date.
    branch_sign : ndarray, shape (N,)
        +1: ascending leg at the Moon, -1: descending.
    perilune_radius_km : ndarray, shape (N,)
        Radius of perilune.
    pole_sign : ndarray, shape (N,)
        +1: approach over the lunar north pole, -1: south (sense of motion for planes over a site).
    lunar_inclination_rad : ndarray, shape (N,)
        To the lunar equator (MOON_ME); ignored where `site_direction` is given.
    site_direction : ndarray, shape (N, 3), or None
        Unit vectors (ICRF, Moon-centred) which the arrival plane must contain.
    lunar_end : LunarEnd or None
        Another end at the Moon than an arrival at perilune; then perilune radius, pole, lunar inclination and site
        are ignored, and "perilune" is the epoch of that end.
    """

    perilune_tdb: Floats
    tof_s: Floats
    perigee_radius_km: Floats
    inclination_rad: Floats
    branch_sign: Floats
    perilune_radius_km: Floats
    pole_sign: Floats
    lunar_inclination_rad: Floats
    site_direction: Floats | None = None
    lunar_end: LunarEnd | None = None

    def __len__(self) -> int:
        """Return the number of rows."""
        return int(self.perilune_tdb.shape[0])

    def select(self, rows: NDArray[np.intp] | Bools) -> TransferTargets:
        """Return the targets of `rows`.

        Parameters
        ----------
        rows : ndarray
            Mask or indices.

        Returns
        -------
        TransferTargets
            Restricted copy.
        """
        site = None if self.site_direction is None else self.site_direction[rows]
        return TransferTargets(
            self.perilune_tdb[rows],
            self.tof_s[rows],
            self.perigee_radius_km[rows],
            self.inclination_rad[rows],
            self.branch_sign[rows],
            self.perilune_radius_km[rows],
            self.pole_sign[rows],
            self.lunar_inclination_rad[rows],
            site,
            None if self.lunar_end is None else self.lunar_end.select(rows),
        )


@dataclass(frozen=True)
class Transfers:
    """Solved transfers. All arrays have N rows, in the order of the targets.

    Attributes
    ----------
    status : ndarray of int8, shape (N,)
        `sim.transfer.outcome.Outcome`: OK, or why there is no solution.
    vinf_km_s : ndarray, shape (N, 3)
        Incoming excess velocity (osculating at perilune), ICRF.
    perilune_state : ndarray, shape (N, 6)
        Moon-centred ICRF, km and km/s.
    perigee_state : ndarray, shape (N, 6)
        Earth-centred ICRF at perigee, just after injection.
    perigee_tdb : ndarray, shape (N,)
        Epoch of `perigee_state`.
    residual_perigee_km, residual_inclination_rad, residual_time_s : ndarray, shape (N,)
        What is left of the targets at true perigee.
    iterations : ndarray of int16, shape (N,)
        Iterations of both stages.
    jacobian : ndarray, shape (N, 3, 3)
        Scaled residuals by excess velocity, as last known to the solver; a warm start for neighbours.
    """

    status: NDArray[np.int8]
    vinf_km_s: Floats
    perilune_state: Floats
    perigee_state: Floats
    perigee_tdb: Floats
    residual_perigee_km: Floats
    residual_inclination_rad: Floats
    residual_time_s: Floats
    iterations: NDArray[np.int16]
    jacobian: Floats

    def select(self, rows: NDArray[np.intp] | Bools) -> Transfers:
        """Return the transfers of `rows`.

        Parameters
        ----------
        rows : ndarray
            Mask or indices.

        Returns
        -------
        Transfers
            Restricted copy.
        """
        return Transfers(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


def join_transfers(parts: list[tuple[NDArray[np.intp], Transfers]], count: int) -> Transfers:
    """Put the rows of several solutions in their places; rows of none stay not-converged.

    Parameters
    ----------
    parts : list of (ndarray of int, Transfers)
        Row numbers and the transfers that belong there.
    count : int
        Rows of the result.

    Returns
    -------
    Transfers
        `count` rows.
    """
    out = Transfers(
        np.full(count, Outcome.NO_CONVERGENCE, dtype=np.int8),
        np.full((count, 3), np.nan),
        np.full((count, 6), np.nan),
        np.full((count, 6), np.nan),
        np.full(count, np.nan),
        np.full(count, np.nan),
        np.full(count, np.nan),
        np.full(count, np.nan),
        np.zeros(count, dtype=np.int16),
        np.full((count, 3, 3), np.nan),
    )
    for rows, part in parts:
        for name in Transfers.__dataclass_fields__:
            getattr(out, name)[rows] = getattr(part, name)
    return out
