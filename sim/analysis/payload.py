"""What a launch azimuth costs in payload."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.cases import MissionCase

Floats = NDArray[np.float64]


def payload_penalty_kg(case: MissionCase, penalty_m_s: Floats) -> Floats:
    """Estimate the payload that a launcher loses when its upper stage makes up for a shortfall of speed.

    The stage ends its burn with less in place of slower: everything at burn-out, stage and payload, shrinks by the
    rocket equation, and the payload alone pays for it. The lower stages are taken to do the same work.

    Parameters
    ----------
    case : MissionCase
        Capability, upper stage and its mass at burn-out.
    penalty_m_s : ndarray, shape (N,)
        Shortfall.

    Returns
    -------
    ndarray, shape (N,)
        kg; NaN when capability or upper stage are not published.
    """
    capability, stage, burnout = case.tli_capability_kg, case.upper_stage, case.upper_stage_burnout_kg
    if capability is None or stage is None or burnout is None:
        return np.full(np.shape(penalty_m_s), np.nan)
    return np.asarray(-(capability + burnout) * np.expm1(-penalty_m_s / stage.exhaust_velocity_m_s))
