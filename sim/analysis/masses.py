"""Mass in lunar orbit: the rocket equation with finite-burn loss and trims, and the margins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.assumptions import MASS_KEYS, mission_assumed
from sim.analysis.parts import Floats, InsertionBurn, MassResult
from sim.bodies import MOON
from sim.cases import MissionCase
from sim.maneuvers import BurnPlan, apolune_after_km, insertion_impulses_m_s, plan_impulses
from sim.windows.table import OpportunityTable


def insertion_burns(case: MissionCase, loi_dv_m_s: Floats) -> BurnPlan:
    """Plan the burns of lunar orbit insertion, all at perilune.

    Losses are upper bounds for burns steered along the velocity, see `sim.maneuvers.gravity_loss_m_s`.

    Parameters
    ----------
    case : MissionCase
        Launch mass, engine, perilune, and into how many burns with which apolunes the insertion is split.
    loi_dv_m_s : ndarray, shape (N,)
        Impulsive insertion, all burns together.

    Returns
    -------
    BurnPlan
        N rows. Where equal burns would leave the craft uncaptured after the first one, everything is NaN.
    """
    craft, window, plan = case.spacecraft, case.window, case.insertion
    perilune = MOON.radius_km + window.perilune_altitude_km
    apolune = MOON.radius_km + window.apolune_altitude_km
    if plan.apolune_altitude_km:
        radii = MOON.radius_km + np.array([*plan.apolune_altitude_km, window.apolune_altitude_km])
        impulses = insertion_impulses_m_s(loi_dv_m_s, perilune, radii, MOON.gm_km3_s2)
    else:
        impulses = np.repeat(loi_dv_m_s[:, None] / plan.burns_n, plan.burns_n, axis=1)
    first = apolune_after_km(loi_dv_m_s, impulses[:, 0], perilune, apolune, MOON.gm_km3_s2)
    flown = np.isfinite(first) & (impulses[:, 0] >= 0.0)
    impulses = np.where(flown[:, None], impulses, np.nan)
    return plan_impulses(impulses, craft.launch_mass_kg, craft.main_engine, perilune, MOON.gm_km3_s2)


def insertion_loss_m_s(case: MissionCase, loi_dv_m_s: Floats) -> Floats:
    """Estimate what lunar orbit insertion costs beyond its impulses, all burns together.

    Craft without an engine insert nothing and lose nothing.

    Parameters
    ----------
    case : MissionCase
        See `insertion_burns`.
    loi_dv_m_s : ndarray, shape (N,)
        Impulsive insertion.

    Returns
    -------
    ndarray, shape (N,)
        m/s.
    """
    if not case.spacecraft.engines:
        return np.zeros_like(loi_dv_m_s)
    burns = insertion_burns(case, loi_dv_m_s).loss_m_s
    total = burns[:, 0]
    for column in range(1, burns.shape[1]):
        total = total + burns[:, column]
    return np.asarray(total)


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


def insertion_table(case: MissionCase, loi_dv_m_s: float) -> tuple[InsertionBurn, ...]:
    """List the burns of one insertion.

    Parameters
    ----------
    case : MissionCase
        See `insertion_burns`.
    loi_dv_m_s : float
        Impulsive insertion.

    Returns
    -------
    tuple of InsertionBurn
        In the order flown; empty for craft without an engine.
    """
    if not case.spacecraft.engines or case.window.strikes:
        return ()
    plan = insertion_burns(case, np.array([loi_dv_m_s]))
    perilune = MOON.radius_km + case.window.perilune_altitude_km
    apolune = MOON.radius_km + case.window.apolune_altitude_km
    done = np.cumsum(plan.dv_m_s[0])
    after = apolune_after_km(loi_dv_m_s, done, perilune, apolune, MOON.gm_km3_s2) - MOON.radius_km
    mass = case.spacecraft.delivered_mass_kg(np.cumsum(plan.dv_m_s[0] + plan.loss_m_s[0]))
    rows = zip(plan.dv_m_s[0], plan.loss_m_s[0], plan.duration_s[0], after, mass, strict=True)
    return tuple(InsertionBurn(*(float(value) for value in row)) for row in rows)


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
        insertion=() if loi is None else insertion_table(case, loi),
        tli_loss_m_s=_of_burn(table.tli_loss_m_s, best),
        tli_burn_s=_of_burn(table.tli_burn_s, best),
        assumed=mission_assumed(case, MASS_KEYS),
    )


def _of_burn(column: Floats, best: int | None) -> float | None:
    """Return the value of a finite injection; None for an impulse."""
    return None if best is None or np.isnan(column[best]) else float(column[best])
