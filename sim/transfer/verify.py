"""Fly solved transfers forward with code of its own, and sample them for plots and ephemeris files.

The check shares neither stepper nor force routine nor ephemeris table with the solver: an eighth-order
Dormand-Prince integrator of the first-order equations, plain-loop forces, and Chebyshev tables at the native
resolution of the ephemeris file.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.ephemeris import Ephemeris, open_ephemeris
from sim.frames.rotations import dot, norm
from sim.propagation import propagate, propagate_at
from sim.transfer.shooting import transfer_model

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Closure:
    """How far forward flights miss the solved perilune. All arrays have shape (N,).

    Attributes
    ----------
    miss_km : ndarray
        Distance between forward flight and solved state at the solved perilune epoch.
    miss_km_s : ndarray
        The same in velocity.
    perilune_time_s : ndarray
        Epoch of the forward flight's perilune minus the solved one (two-body rate of change, first order).
    """

    miss_km: Floats
    miss_km_s: Floats
    perilune_time_s: Floats


def fly_forward(
    tli_state: Floats,
    tli_tdb: Floats,
    perilune_state: Floats,
    perilune_tdb: Floats,
    *,
    ephemeris: Ephemeris | None = None,
) -> Closure:
    """Integrate transfers forward, independently of the solver, and compare at perilune.

    Parameters
    ----------
    tli_state : ndarray, shape (N, 6)
        Just after injection, Earth-centred ICRF, km and km/s.
    tli_tdb : ndarray, shape (N,)
        Injection, seconds past J2000 TDB.
    perilune_state : ndarray, shape (N, 6)
        Solved state, Moon-centred ICRF.
    perilune_tdb : ndarray, shape (N,)
        Perilune.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.

    Returns
    -------
    Closure
        N rows; NaN where the flight could not be propagated.
    """
    ephemeris = ephemeris or open_ephemeris()
    run = propagate(tli_state, tli_tdb, perilune_tdb, transfer_model(ephemeris), method="dop853")
    moon = ephemeris.state("moon", "earth", perilune_tdb)
    miss = np.where(run.ok[:, None], run.states - moon - perilune_state, np.nan)
    r, v = perilune_state[:, :3], perilune_state[:, 3:]
    pull = ephemeris.gm_km3_s2["moon"] / norm(r)
    # at perilune r.v = 0 and d(r.v)/dt = v^2 - mu/r: first-order shift of its root
    shift = -(dot(miss[:, :3], v) + dot(r, miss[:, 3:])) / (dot(v, v) - pull)
    return Closure(norm(miss[:, :3]), norm(miss[:, 3:]), shift)


def sample_trajectory(
    tli_state: Floats,
    tli_tdb: float,
    perilune_tdb: float,
    *,
    count: int = 600,
    after_s: float = 0.0,
    ephemeris: Ephemeris | None = None,
) -> tuple[Floats, Floats]:
    """Return a transfer at epochs that crowd towards both ends, where it turns fastest.

    Parameters
    ----------
    tli_state : ndarray, shape (6,)
        Just after injection, Earth-centred ICRF, km and km/s.
    tli_tdb, perilune_tdb : float
        Injection and perilune, seconds past J2000 TDB.
    count : int
        Samples.
    after_s : float
        Seconds to follow the unbraked hyperbola past perilune.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.

    Returns
    -------
    t_tdb : ndarray, shape (T,)
        Epochs, ascending.
    states : ndarray, shape (T, 6)
        Earth-centred ICRF, km and km/s.
    """
    duration = perilune_tdb - tli_tdb
    share = np.linspace(0.0, 1.0, count)
    # 3 s^2 - 2 s^3 squared at the ends: spacing near perigee of some tens of seconds for a five-day flight
    smooth = share**2 * (3.0 - 2.0 * share)
    epochs = tli_tdb + duration * smooth
    if after_s > 0.0:
        epochs = np.concatenate((epochs, perilune_tdb + np.linspace(0.0, after_s, count // 10 + 2)[1:]))
    run = propagate_at(tli_state, tli_tdb, epochs, transfer_model(ephemeris), impacts=False)
    return epochs, run.path_states[0]
