"""The burns of trans-lunar injection that belong to the transfers of a search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.transfer.finite_injection import sampled_injection
from sim.windows.request import WindowRequest

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class InjectionBurns:
    """Burns of K transfers; arrays of shape (K,).

    Attributes
    ----------
    ignition_tdb : ndarray
        Start of the burn; the perigee for an impulse.
    duration_s, loss_m_s : ndarray
        Length and cost over the impulse; NaN for an impulse.
    """

    ignition_tdb: Floats
    duration_s: Floats
    loss_m_s: Floats


def injection_burns(
    request: WindowRequest, perigee_tdb: Floats, c3_km2_s2: Floats, mu_km3_s2: float
) -> InjectionBurns:
    """Find the burns onto transfers that were searched with the request's stage.

    Parameters
    ----------
    request : WindowRequest
        Parking orbit and stage.
    perigee_tdb, c3_km2_s2 : ndarray, shape (K,)
        Passage of the perigee, twice the energy.
    mu_km3_s2 : float
        GM of the Earth.

    Returns
    -------
    InjectionBurns
        K rows.

    Raises
    ------
    InputError
        The stage cannot reach some energy in one burn.
    """
    if request.stage is None or not perigee_tdb.size:
        nothing = np.full(perigee_tdb.shape, np.nan)
        return InjectionBurns(perigee_tdb, nothing, nothing)
    found = sampled_injection(request.aim, c3_km2_s2, request.stage, request.parking_radius_km, mu_km3_s2)
    if not found.converged.all():
        worst = float(c3_km2_s2[~found.converged].max())
        raise InputError(
            f"{request.mission_id}: no single burn of {request.stage.thrust_n:g} N onto C3 = {worst:.2f} km2/s2; "
            "check thrust and mass of the upper stage, or use impulsive injection"
        )
    return InjectionBurns(perigee_tdb - found.ignition_before_perigee_s, found.duration_s, found.loss_m_s)
