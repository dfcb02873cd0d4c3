"""Mass in lunar orbit: the rocket equation with finite-burn loss and trims, and the margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.assumptions import MASS_KEYS, mission_assumed
from sim.analysis.parts import Floats, MassResult
from sim.bodies import MOON
from sim.cases import MissionCase
from sim.maneuvers import plan_burns
from sim.windows.table import OpportunityTable


def insertion_loss_m_s(case: MissionCase, loi_dv_m_s: Floats) -> Floats:
    """Estimate what lunar orbit insertion costs beyond its impulse when flown as one burn.

    Upper bound for a burn steered along the velocity, see `sim.maneuvers.gravity_loss_m_s`. Craft without an engine
    insert nothing and lose nothing.

    Parameters
    ----------
    case : MissionCase
        Launch mass, engine and perilune.
    loi_dv_m_s : ndarray, shape (N,)
        Impulsive insertion.

    Returns
    -------
    ndarray, shape (N,)
        m/s.
    """
    craft = case.spacecraft
    if not craft.engines:
        return np.zeros_like(loi_dv_m_s)
    radius_km = MOON.radius_km + case.window.perilune_altitude_km
    burns = plan_burns(loi_dv_m_s, 1, craft.launch_mass_kg, craft.main_engine, radius_km, MOON.gm_km3_s2)
    return np.asarray(burns.loss_m_s[:, 0])


def delivered_mass_kg(case: MissionCase, loi_dv_m_s: Floats) -> Floats:
    """Return the mass in lunar orbit after insertion, its loss and the trims.

    Parameters
    ----------
    case : MissionCase
        Masses, engine and trim reserve.
    loi_dv_m_s : ndarray, shape (N,)
        Impulsive insertion.

    Returns
    -------
    ndarray, shape (N,)
        kg; below the dry mass where the propellant does not suffice.
    """
    if not case.spacecraft.engines:
        return np.full_like(loi_dv_m_s, case.spacecraft.launch_mass_kg)
    total = loi_dv_m_s + insertion_loss_m_s(case, loi_dv_m_s) + case.trim_dv_m_s
    return case.spacecraft.delivered_mass_kg(total)


def masses(case: MissionCase, table: OpportunityTable, within: NDArray[np.bool_], best: int | None) -> MassResult:
    """Compute masses and margins of a mission.

    Parameters
    ----------
    case : MissionCase
        Masses, engine, launcher.
    table : OpportunityTable
        Opportunities.
    within : ndarray of bool, shape (N,)
        Those that meet the mission's limits.
    best : int or None
        Row of the best one; None leaves all that depends on it None.

    Returns
    -------
    MassResult
        Masses, each margin, and which inputs are assumed.
    """
    craft, capability = case.spacecraft, case.tli_capability_kg
    loi = loss = delivered = low = None
    if best is not None:
        loi = float(table.loi_dv_m_s[best])
        loss = float(insertion_loss_m_s(case, table.loi_dv_m_s[[best]])[0])
        delivered = float(delivered_mass_kg(case, table.loi_dv_m_s[[best]])[0])
        low = float(np.min(delivered_mass_kg(case, table.loi_dv_m_s[within])))
    return MassResult(
        launch_mass_kg=craft.launch_mass_kg,
        dry_mass_kg=craft.dry_mass_kg,
        loi_dv_m_s=loi,
        loi_loss_m_s=loss,
        trim_dv_m_s=case.trim_dv_m_s,
        delivered_mass_kg=delivered,
        delivered_mass_low_kg=low,
        propellant_kg=None if delivered is None else craft.launch_mass_kg - delivered,
        margin_kg=None if delivered is None else delivered - craft.dry_mass_kg,
        launcher_capability_kg=capability,
        launcher_margin_kg=None if capability is None else capability - craft.launch_mass_kg,
        assumed=mission_assumed(case, MASS_KEYS),
    )
