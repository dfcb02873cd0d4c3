"""Evaluation of a plan: its couplings as announced and as they turned out, its joint windows, what a slip costs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.analysis.assumptions import LIFETIME_KEYS, PLACE_KEYS, coupling_assumed, mission_assumed
from sim.analysis.calendar import period_days
from sim.analysis.couplings import coupling_days, coupling_holds, coupling_state
from sim.analysis.joint import common_period, joint_days, joint_window, pair_mask, slip
from sim.analysis.milestones import MissionDates, mission_dates, survey_phase
from sim.analysis.results import (
    ContactResult,
    CouplingResult,
    JointWindow,
    MissionResult,
    PlanResult,
    SlipResult,
    SurveyResult,
)
from sim.analysis.service import relay_contact, survey
from sim.analysis.survey import CROSS_TRACK_KM
from sim.cases import Coupling, MissionCase, PlanCase


def _contact(plan: PlanCase, coupling: Coupling) -> ContactResult | None:
    if coupling.kind != "relay":
        return None
    place = plan.mission(coupling.second).landing
    assumed = mission_assumed(plan.mission(coupling.second), PLACE_KEYS) + coupling_assumed(plan, coupling)
    return relay_contact(plan.mission(coupling.first), place, coupling.elevation_mask_deg, assumed)


def _survey(plan: PlanCase, coupling: Coupling) -> SurveyResult | None:
    if coupling.kind != "survey_before_landing":
        return None
    place = plan.mission(coupling.second).landing
    assumed = mission_assumed(plan.mission(coupling.second), PLACE_KEYS) + coupling_assumed(plan, coupling)
    limits = (*CROSS_TRACK_KM, coupling.cross_track_km)
    return survey(plan.mission(coupling.first), place, cross_track_km=limits, assumed=assumed)


_SERVED_KEYS: dict[str, tuple[str, ...]] = {
    "survey_before_landing": ("launch", "landing"),
    "relay": ("launch", "landing", *LIFETIME_KEYS),
    "overlapping_lifetimes": ("launch", *LIFETIME_KEYS),
    "joint_window": ("launch", "landing"),
}


def _serving_keys(case: MissionCase, kind: str) -> tuple[str, ...]:
    """Return the keys of the serving mission that decide a coupling's days."""
    phase = survey_phase(case)
    if kind == "survey_before_landing" and phase is not None:
        return ("launch", f"operations[{case.phases.index(phase) + 1}].start_day")
    return ("launch", *LIFETIME_KEYS) if kind in {"relay", "overlapping_lifetimes"} else ("launch", "landing")


def _all_assumed(plan: PlanCase, coupling: Coupling) -> tuple[str, ...]:
    """Return the assumed inputs of the days that decide a coupling; contact and survey carry their own."""
    first, second = plan.mission(coupling.first), plan.mission(coupling.second)
    keys = coupling_assumed(plan, coupling) + mission_assumed(first, _serving_keys(first, coupling.kind))
    return tuple(dict.fromkeys(keys + mission_assumed(second, _SERVED_KEYS[coupling.kind])))


def evaluate_coupling(plan: PlanCase, coupling: Coupling, dates: Mapping[str, MissionDates]) -> CouplingResult:
    """Evaluate one coupling as announced, as it turned out, and over all pairs of launch days.

    Parameters
    ----------
    plan : PlanCase
        The plan.
    coupling : Coupling
        One of its couplings.
    dates : mapping of str to MissionDates
        Mission id to dates; missions without result are missing.

    Returns
    -------
    CouplingResult
        States, contacts or passes, and the share of pairs.
    """
    contact_found, survey_found = _contact(plan, coupling), _survey(plan, coupling)
    first, second = dates.get(coupling.first), dates.get(coupling.second)
    said = (first.announced if first else None, second.announced if second else None)
    was = (first.turned_out if first else None, second.turned_out if second else None)
    holds = np.zeros((0, 0), dtype=np.bool_)
    if first and second:
        days = coupling_days(coupling, first.every_day, second.every_day)
        holds = coupling_holds(coupling, days, contact_found)
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
        assumed=_all_assumed(plan, coupling),
    )


def _between(plan: PlanCase, coupling: Coupling) -> list[Coupling]:
    """Return all couplings of the plan between the same two missions, in either direction."""
    pair = {coupling.first, coupling.second}
    return [each for each in plan.couplings if {each.first, each.second} == pair]


def _joint(
    plan: PlanCase,
    coupling: Coupling,
    dates: Mapping[str, MissionDates],
    contacts: Mapping[int, ContactResult | None],
) -> tuple[JointWindow, SlipResult]:
    first, second = dates[coupling.first].every_day, dates[coupling.second].every_day
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
    entries = {entry.announced.id: entry for entry in plan.missions}
    dates = {name: mission_dates(result, entries[name]) for name, result in missions.items()}
    results = tuple(evaluate_coupling(plan, coupling, dates) for coupling in plan.couplings)
    contacts = {id(coupling): result.contact for coupling, result in zip(plan.couplings, results, strict=True)}
    joint = [
        _joint(plan, coupling, dates, contacts)
        for coupling in plan.couplings
        if coupling.kind == "joint_window" and {coupling.first, coupling.second} <= dates.keys()
    ]
    return PlanResult(
        case=plan,
        mission_keys={name: result.key for name, result in missions.items()},
        couplings=results,
        joint_windows=tuple(window for window, _ in joint),
        slips=tuple(each for _, each in joint),
    )
