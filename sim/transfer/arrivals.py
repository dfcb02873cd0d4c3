"""Transfers on dense grids of arrivals: a coarse grid is solved from scratch, all others start from it.

Along arrival time the excess velocity and the solver's Jacobian of one family are smooth. Interpolated between arrivals
half a day apart they start the solver so near that one or two trajectories finish, where a start from scratch needs
about fourteen. Every transfer is still converged to the solver's tolerance at true perigee.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.ephemeris import Ephemeris, open_ephemeris
from sim.transfer.direct import solve_direct
from sim.transfer.interpolation import lagrange_weights
from sim.transfer.outcome import Outcome
from sim.transfer.records import Transfers, TransferTargets
from sim.units import S_PER_DAY, S_PER_HOUR

Floats = NDArray[np.float64]

COARSE_S = 12.0 * S_PER_HOUR
"""Spacing of the arrivals solved from scratch, multiples of it since J2000."""

POINTS = 10
"""Coarse arrivals through which each guess is interpolated."""

_MARGIN_S = 2.0 * S_PER_DAY
"""Coarse arrivals keep this distance from the ends of the ephemeris, beyond the flight time."""


def solve_arrivals(
    targets_at: Callable[[Floats], TransferTargets], perilune_tdb: Floats, *, ephemeris: Ephemeris | None = None
) -> Transfers:
    """Solve families of transfers on a dense grid of arrivals.

    Parameters
    ----------
    targets_at : callable
        Takes arrivals of shape (T,), TDB seconds past J2000, and returns targets of F families, family after family:
        row ``f T + t`` is family f at arrival t.
    perilune_tdb : ndarray, shape (T,)
        Arrivals, in any order.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.

    Returns
    -------
    Transfers
        ``F T`` rows. Each depends on its targets and on those of its family at coarse arrivals within two and a half
        days, on nothing else: any part of a grid gives the same bits as the whole.

    Raises
    ------
    EphemerisRangeError
        If an arrival or departure lies outside the ephemeris.
    """
    ephemeris = ephemeris or open_ephemeris()
    targets = targets_at(perilune_tdb)
    if not len(targets):
        return solve_direct(targets, ephemeris=ephemeris)
    vinf, jacobian = arrival_guesses(targets_at, perilune_tdb, ephemeris)
    return solve_direct(targets, ephemeris=ephemeris, guess_vinf_km_s=vinf, guess_jacobian=jacobian)


def arrival_guesses(
    targets_at: Callable[[Floats], TransferTargets], perilune_tdb: Floats, ephemeris: Ephemeris
) -> tuple[Floats, Floats]:
    """Solve the coarse arrivals and interpolate between them.

    Parameters
    ----------
    targets_at : callable
        See `solve_arrivals`.
    perilune_tdb : ndarray, shape (T,)
        Arrivals; at least one.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    vinf_km_s : ndarray, shape (F T, 3)
        Excess velocities; NaN where not all coarse neighbours have a solution: there the solver makes its own guess.
    jacobian : ndarray, shape (F T, 3, 3)
        Likewise.
    """
    place = perilune_tdb / COARSE_S
    first = np.floor(place).astype(np.int64) - (POINTS // 2 - 1)
    wanted = np.unique(first[:, None] + np.arange(POINTS))
    longest = float(np.abs(targets_at(perilune_tdb[:1]).tof_s).max()) + _MARGIN_S
    epochs = wanted * COARSE_S
    wanted = wanted[(epochs - longest > ephemeris.start_tdb) & (epochs + longest < ephemeris.stop_tdb)]
    solved = solve_direct(targets_at(wanted * COARSE_S), ephemeris=ephemeris)
    families = len(solved.status) // max(wanted.size, 1)
    good = (solved.status == Outcome.OK) & np.isfinite(solved.jacobian).all(axis=(1, 2))
    columns = np.column_stack((solved.vinf_km_s, solved.jacobian.reshape(-1, 9)))
    columns[~good] = np.nan
    weights = lagrange_weights(place - first, POINTS)
    vinf, jacobian = [], []
    for family in range(families):
        values = columns[family * wanted.size : (family + 1) * wanted.size]
        found = np.zeros((perilune_tdb.size, 12))
        for point in range(POINTS):
            at = np.searchsorted(wanted, first + point)
            there = wanted[np.minimum(at, wanted.size - 1)] == first + point
            row = np.where(there[:, None], values[np.minimum(at, wanted.size - 1)], np.nan)
            found += weights[:, point, None] * row
        vinf.append(found[:, :3])
        jacobian.append(found[:, 3:].reshape(-1, 3, 3))
    if not families:
        count = len(targets_at(perilune_tdb))
        return np.full((count, 3), np.nan), np.full((count, 3, 3), np.nan)
    return np.concatenate(vinf), np.concatenate(jacobian)
