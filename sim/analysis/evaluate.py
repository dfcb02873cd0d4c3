"""Evaluation of one mission and of one plan: the findings of this package put together."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.analysis.assumptions import LIFETIME_KEYS, coupling_assumed, mission_assumed
from sim.analysis.calendar import calendar, period_days
from sim.analysis.couplings import coupling_days, coupling_holds, coupling_state
from sim.analysis.joint import common_period, joint_days, joint_window, pair_mask, slip
from sim.analysis.lighting import lighting, lit
from sim.analysis.masses import masses
from sim.analysis.milestones import announced, every_day, turned_out
from sim.analysis.results import (
    ContactResult,
    CouplingResult,
    JointWindow,
    MissionResult,
    PlanResult,
    SlipResult,
    SurveyResult,
    Trajectory,
)
from sim.analysis.service import contact, relay_contact, survey
from sim.analysis.survey import CROSS_TRACK_KM
from sim.cases import Coupling, MissionCase, PlanCase
from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris
from sim.windows.table import OpportunityTable

_NEAR_S = SECONDS_PER_DAY


def best_row(case: MissionCase, table: OpportunityTable) -> int | None:
    """Return the row within limits with the highest delivered mass: the lowest insertion velocity change.

    Parameters
    ----------
    case : MissionCase
        Limits.
    table : OpportunityTable
        Opportunities.

    Returns
    -------
    int or None
        None when no row meets the limits.
    """
    rows = np.flatnonzero(lit(case.landing, table))
    return int(rows[np.argmin(table.loi_dv_m_s[rows])]) if len(rows) else None


def nearest_row(case: MissionCase, table: OpportunityTable) -> int | None:
    """Return the row launched nearest to the published instant, within a day of it; None without one."""
    if case.nominal_launch_tdb is None or not len(table):
        return None
    distance = np.abs(table.launch_tdb - case.nominal_launch_tdb)
    row = int(np.argmin(distance))
    return row if distance[row] <= _NEAR_S else None


def evaluate_mission(
    case: MissionCase,
    table: OpportunityTable,
    *,
    key: str = "",
    trajectory: Trajectory | None = None,
    ephemeris: Ephemeris | None = None,
    resumed: bool = False,
    wall_time_s: float = 0.0,
) -> MissionResult:
    """Evaluate a mission whose opportunities are known.

    Parameters
    ----------
    case : MissionCase
        What was asked.
    table : OpportunityTable
        What was found.
    key : str
        Unique within the run; the mission id when empty.
    trajectory : Trajectory or None
        Of the best row.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    resumed : bool
        Whether the table came from an earlier run.
    wall_time_s : float
        Time spent.

    Returns
    -------
    MissionResult
        Calendar, masses, light.
    """
    within, best = lit(case.landing, table), best_row(case, table)
    window = case.window
    return MissionResult(
        key=key or case.id,
        case=case,
        table=table,
        within=within,
        best=best,
        trajectory=trajectory,
        calendar=calendar(table, within, window.launch_start_tdb, window.launch_stop_tdb),
        mass=masses(case, table, within, best),
        lighting=lighting(case, table, best, ephemeris),
        nominal=nearest_row(case, table),
        resumed=resumed,
        wall_time_s=wall_time_s,
    )


def own_contacts(case: MissionCase) -> tuple[ContactResult, ...]:
    """Return the contacts of a mission's own phases in orbit with its own landing site; empty without one."""
    if case.landing is None:
        return ()
    return tuple(contact(case, phase, case.landing) for phase in case.phases)


def _contact(plan: PlanCase, coupling: Coupling) -> ContactResult | None:
    if coupling.kind != "relay":
        return None
    place = plan.mission(coupling.second).landing
    assumed = mission_assumed(plan.mission(coupling.second), ("landing",)) + coupling_assumed(plan, coupling)
    return relay_contact(plan.mission(coupling.first), place, coupling.elevation_mask_deg, assumed)


def _survey(plan: PlanCase, coupling: Coupling) -> SurveyResult | None:
    if coupling.kind != "survey_before_landing":
        return None
    place = plan.mission(coupling.second).landing
    assumed = mission_assumed(plan.mission(coupling.second), ("landing",)) + coupling_assumed(plan, coupling)
    limits = (*CROSS_TRACK_KM, coupling.cross_track_km)
    return survey(plan.mission(coupling.first), place, cross_track_km=limits, assumed=assumed)


_DATE_KEYS: dict[str, tuple[str, ...]] = {
    "survey_before_landing": ("launch", "operations", "landing"),
    "relay": ("launch", "landing", *LIFETIME_KEYS),
    "overlapping_lifetimes": ("launch", *LIFETIME_KEYS),
    "joint_window": ("launch",),
}


def _all_assumed(plan: PlanCase, coupling: Coupling, found: ContactResult | SurveyResult | None) -> tuple[str, ...]:
    keys = coupling_assumed(plan, coupling)
    for mission_id in (coupling.first, coupling.second):
        keys += mission_assumed(plan.mission(mission_id), _DATE_KEYS[coupling.kind])
    return tuple(dict.fromkeys(keys + (found.assumed if found else ())))


def evaluate_coupling(plan: PlanCase, coupling: Coupling, missions: Mapping[str, MissionResult]) -> CouplingResult:
    """Evaluate one coupling as announced, as it turned out, and over all pairs of launch days.

    Parameters
    ----------
    plan : PlanCase
        The plan.
    coupling : Coupling
        One of its couplings.
    missions : mapping of str to MissionResult
        Mission id to result; missions without result are missing.

    Returns
    -------
    CouplingResult
        States, contacts or passes, and the share of pairs.
    """
    contact_found, survey_found = _contact(plan, coupling), _survey(plan, coupling)
    ids = (coupling.first, coupling.second)
    entries = {entry.announced.id: entry for entry in plan.missions}
    known = [missions.get(name) for name in ids]
    said = [None if result is None else announced(result) for result in known]
    was = [
        None if result is None else turned_out(result, entries[name]) for name, result in zip(ids, known, strict=True)
    ]
    days = [None if result is None else every_day(result) for result in known]
    holds = np.zeros((0, 0), dtype=np.bool_)
    if days[0] is not None and days[1] is not None:
        holds = coupling_holds(coupling, coupling_days(coupling, days[0], days[1]), contact_found)
    return CouplingResult(
        plan_id=plan.id,
        kind=coupling.kind,
        first=coupling.first,
        second=coupling.second,
        basis=coupling.basis,
        announced=coupling_state(coupling, said[0], said[1], contact_found),
        turned_out=coupling_state(coupling, was[0], was[1], contact_found),
        contact=contact_found,
        survey=survey_found,
        possible_pairs=int(np.count_nonzero(holds)),
        possible_fraction=float(np.mean(holds)) if holds.size else 0.0,
        assumed=_all_assumed(plan, coupling, contact_found or survey_found),
    )


def _between(plan: PlanCase, coupling: Coupling) -> list[Coupling]:
    """Return all couplings of the plan between the same two missions, in either direction."""
    pair = {coupling.first, coupling.second}
    return [each for each in plan.couplings if {each.first, each.second} == pair]


def _joint(
    plan: PlanCase,
    coupling: Coupling,
    missions: Mapping[str, MissionResult],
    contacts: Mapping[int, ContactResult | None],
) -> tuple[JointWindow, SlipResult]:
    first, second = every_day(missions[coupling.first]), every_day(missions[coupling.second])
    demanded = _between(plan, coupling)
    mask = pair_mask([(each, contacts[id(each)]) for each in demanded], coupling.first, first, second)
    common = common_period(plan.mission(coupling.first), plan.mission(coupling.second), coupling.within_day)
    others = tuple(dict.fromkeys(each.kind for each in demanded if each is not coupling))
    span = period_days(plan.span_start_tdb, plan.span_stop_tdb)
    window = joint_window(plan.id, coupling, others, mask, (first, second), common, span)
    return window, slip(plan.id, coupling, joint_days(mask, first), common)


def evaluate_plan(plan: PlanCase, missions: Mapping[str, MissionResult]) -> PlanResult:
    """Evaluate a plan whose missions are evaluated.

    Parameters
    ----------
    plan : PlanCase
        The plan.
    missions : mapping of str to MissionResult
        Mission id to result; missions without result may be missing.

    Returns
    -------
    PlanResult
        Couplings, joint windows and slips.
    """
    results = tuple(evaluate_coupling(plan, coupling, missions) for coupling in plan.couplings)
    contacts = {id(coupling): result.contact for coupling, result in zip(plan.couplings, results, strict=True)}
    joint = [
        _joint(plan, coupling, missions, contacts)
        for coupling in plan.couplings
        if coupling.kind == "joint_window" and {coupling.first, coupling.second} <= missions.keys()
    ]
    return PlanResult(
        case=plan,
        mission_keys={name: result.key for name, result in missions.items()},
        couplings=results,
        joint_windows=tuple(window for window, _ in joint),
        slips=tuple(each for _, each in joint),
    )
