"""Where solved transfers pass a radius about the Earth on the Moon's side of their perigee."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.ephemeris import Ephemeris
from sim.propagation import RadiusCrossing, propagate
from sim.transfer.outcome import Outcome
from sim.transfer.records import Transfers
from sim.transfer.shooting import transfer_model

Floats = NDArray[np.float64]


def pass_radius(
    found: Transfers, radius_km: float, within_s: float, ephemeris: Ephemeris | None = None
) -> tuple[Floats, Floats]:
    """Return states and epochs at which transfers leave a radius as they are followed from perigee.

    Parameters
    ----------
    found : Transfers
        Solved; N rows.
    radius_km : float
        At or above every perigee.
    within_s : float
        How long to follow them; negative backward, for returns, whose perigee lies ahead.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.

    Returns
    -------
    states : ndarray, shape (N, 6)
        Earth-centred ICRF; NaN where a row is not solved or does not pass the radius in that time.
    t_tdb : ndarray, shape (N,)
        Epochs.
    """
    states, t_tdb = np.full((len(found.status), 6), np.nan), np.full(len(found.status), np.nan)
    good = np.flatnonzero(found.status == Outcome.OK)
    if not good.size:
        return states, t_tdb
    start = found.perigee_tdb[good]
    run = propagate(
        found.perigee_state[good],
        start,
        start + within_s,
        transfer_model(ephemeris),
        stops=(RadiusCrossing("earth", radius_km, inward=False),),
        impacts=False,
    )
    there = run.stop == 0
    states[good[there]], t_tdb[good[there]] = run.states[there], run.t_tdb[there]
    return states, t_tdb
