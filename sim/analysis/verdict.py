"""Plain words first: the questions a plan is asked, what two plans answer, and what drives the answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from sim.analysis.assumptions import mission_assumed
from sim.analysis.results import (
    ComparisonResult,
    CouplingResult,
    JointWindow,
    MissionResult,
    PlanResult,
    SlipResult,
    VerdictRow,
)
from sim.cases import PlanEvent

NONE = "nothing planned"


@dataclass(frozen=True)
class EvaluatedPlan:
    """A plan with the missions that it holds.

    Attributes
    ----------
    plan : PlanResult
        The plan.
    missions : mapping of str to MissionResult
        Mission id to result, in the plan's order; missions without result are missing.
    """

    plan: PlanResult
    missions: Mapping[str, MissionResult]

    def name(self, mission_id: str) -> str:
        """Return the name of a mission of the plan."""
        return self.plan.case.mission(mission_id).name

    def of_kind(self, kind: str) -> tuple[CouplingResult, ...]:
        """Return the couplings of a kind."""
        return tuple(each for each in self.plan.couplings if each.kind == kind)


def _join(parts: Iterable[str]) -> str:
    return "; ".join(parts) or NONE


def _span(low: float, high: float, digits: int = 0) -> str:
    one, two = f"{low:.{digits}f}", f"{high:.{digits}f}"
    return one if one == two else f"{one} to {two}"


def _calendar(side: EvaluatedPlan) -> str:
    parts = []
    for result in side.missions.values():
        days = result.calendar
        whole = [n for n, size in zip(days.launch_days, days.days_in_month, strict=True) if size >= 28]
        month = f", {_span(min(whole), max(whole))} a month" if whole else ""
        site = result.case.window.site.name
        parts.append(f"{result.case.name} from {site}: {len(days.days)} of {days.day_count} days{month}")
    return _join(parts)


def _joint_text(side: EvaluatedPlan, window: JointWindow) -> str:
    pair = f"{side.name(window.first)} and {side.name(window.second)} within {window.within_day:g} days"
    if not window.common_start_utc:
        return f"{pair}: never, the launch periods lie too far apart"
    extra = " with the other couplings kept" if window.couplings else ""
    days = len(window.first_days)
    gap = f", longest gap {window.longest_gap_day} days" if days and window.longest_gap_day else ""
    return f"{pair}{extra}: {days} days, {100.0 * window.fraction:.0f} % of those that both periods allow{gap}"


def _joint(side: EvaluatedPlan) -> str:
    return _join(_joint_text(side, window) for window in side.plan.joint_windows)


def _slip_text(side: EvaluatedPlan, each: SlipResult) -> str:
    if each.mean_wait_day is None:
        return f"{side.name(each.first)} and {side.name(each.second)}: there is no joint window"
    chances = ", ".join(
        f"{100.0 * chance:.0f} % within {wait} d" for wait, chance in zip(each.wait_day, each.probability, strict=True)
    )
    return f"{side.name(each.first)} and {side.name(each.second)}: {chances}"


def _slip(side: EvaluatedPlan) -> str:
    return _join(_slip_text(side, each) for each in side.plan.slips)


def _state_text(side: EvaluatedPlan, each: CouplingResult) -> str:
    pair = f"{side.name(each.first)} and {side.name(each.second)}: as announced, {each.announced.text}"
    news = {entry.announced.id for entry in side.plan.case.missions if entry.turned_out}
    return f"{pair}. As it turned out, {each.turned_out.text}" if news & {each.first, each.second} else pair


def _states(kind: str) -> Callable[[EvaluatedPlan], str]:
    def text(side: EvaluatedPlan) -> str:
        return _join(_state_text(side, each) for each in side.of_kind(kind))

    return text


def _survey_passes(side: EvaluatedPlan) -> str:
    parts = []
    for each in side.of_kind("survey_before_landing"):
        found = each.survey
        if found is None:
            parts.append(f"{side.name(each.first)}: no orbit or no site described")
            continue
        counts = ", ".join(
            f"{count:.0f} within {limit:g} km"
            for limit, count in zip(found.cross_track_km, found.passes_per_month, strict=True)
        )
        parts.append(
            f"{side.name(each.first)} at {found.altitude_km:.0f} km and {found.inclination_deg:g} deg "
            f"over the site of {side.name(each.second)}: {counts} a month"
        )
    return _join(parts)


def _relay_contact(side: EvaluatedPlan) -> str:
    parts = []
    for each in side.of_kind("relay"):
        found = each.contact
        if found is None:
            parts.append(f"{side.name(each.first)}: no orbit or no site described")
            continue
        parts.append(
            f"{side.name(each.first)} for {side.name(each.second)}: {found.contacts_per_day:.1f} contacts "
            f"a day of {found.mean_contact_min:.0f} min each, {100.0 * found.fraction:.0f} % of the time, "
            f"longest gap {found.longest_gap_hour:.1f} h"
        )
    return _join(parts)


def _masses(side: EvaluatedPlan) -> str:
    parts = []
    for result in side.missions.values():
        mass = result.mass
        if mass.delivered_mass_kg is None or mass.delivered_mass_low_kg is None or mass.margin_kg is None:
            parts.append(f"{result.case.name}: no opportunity within limits")
            continue
        launcher = mass.launcher_margin_kg
        parts.append(
            f"{result.case.name}: {_span(mass.delivered_mass_low_kg, mass.delivered_mass_kg)} kg "
            f"in lunar orbit, {mass.margin_kg:.0f} kg above dry mass"
            + ("" if launcher is None else f", launcher margin {launcher:.0f} kg")
        )
    return _join(parts)


def _light(side: EvaluatedPlan) -> str:
    parts = []
    for result in side.missions.values():
        light = result.lighting
        if light is None:
            continue
        text = f"{100.0 * light.fraction_within:.0f} % of the opportunities land in wanted light"
        if light.sun_elevation_best_deg is not None:
            text += f", best with the Sun at {light.sun_elevation_best_deg:.1f} deg, {light.season}"
        parts.append(f"{result.case.name} at {light.site_name}: {text}")
    return _join(parts)


def _turned_out(side: EvaluatedPlan) -> str:
    missions = [
        f"{entry.announced.name}: {entry.turned_out.rstrip('.')}"
        for entry in side.plan.case.missions
        if entry.turned_out
    ]
    return _join(missions + [_event(event) for event in side.plan.case.events if event.turned_out])


def _event(event: PlanEvent) -> str:
    said = f"announced for {event.announced_text}; " if event.announced_text else ""
    return f"{event.name}: {said}{event.turned_out.rstrip('.')}"


def _mission_keys(*prefixes: str) -> Callable[[EvaluatedPlan], tuple[str, ...]]:
    def keys(side: EvaluatedPlan) -> tuple[str, ...]:
        found = (mission_assumed(result.case, prefixes) for result in side.missions.values())
        return tuple(key for each in found for key in each)

    return keys


def _coupling_keys(*kinds: str) -> Callable[[EvaluatedPlan], tuple[str, ...]]:
    def keys(side: EvaluatedPlan) -> tuple[str, ...]:
        return tuple(key for kind in kinds for each in side.of_kind(kind) for key in each.assumed)

    return keys


def _joint_keys(side: EvaluatedPlan) -> tuple[str, ...]:
    """Return the assumed inputs of joint windows: of every coupling that they demand."""
    pairs = [{window.first, window.second} for window in side.plan.joint_windows]
    found = (each.assumed for each in side.plan.couplings if {each.first, each.second} in pairs)
    return tuple(key for keys in found for key in keys)


def _survey_keys(side: EvaluatedPlan) -> tuple[str, ...]:
    return tuple(key for each in side.plan.couplings if each.survey for key in each.survey.assumed)


def _contact_keys(side: EvaluatedPlan) -> tuple[str, ...]:
    return tuple(key for each in side.plan.couplings if each.contact for key in each.contact.assumed)


def _mass_keys(side: EvaluatedPlan) -> tuple[str, ...]:
    return tuple(key for result in side.missions.values() for key in result.mass.assumed)


def _no_keys(side: EvaluatedPlan) -> tuple[str, ...]:
    return ()


def _survey_driver(sides: tuple[EvaluatedPlan, EvaluatedPlan]) -> str:
    """Say how the passes fall with the inclination: the number that nobody published."""
    found = next((c.survey for side in sides for c in side.of_kind("survey_before_landing") if c.survey), None)
    if found is None:
        return "no survey is planned"
    nearest = int(np.argmin(np.abs(np.array(found.cross_track_km) - 10.0)))
    limit = found.cross_track_km[nearest]
    steps = [
        f"{inclination:g} deg {passes[nearest]:.0f}"
        for inclination, passes in zip(found.sweep_inclination_deg, found.sweep_passes, strict=True)
        if inclination in (86.0, 88.0, 89.0, 90.0)
    ]
    return f"the inclination: passes within {limit:g} km a month at {', '.join(steps)}"


def _mass_driver(sides: tuple[EvaluatedPlan, EvaluatedPlan]) -> str:
    loss = [result.mass.loi_dv_m_s for side in sides for result in side.missions.values()]
    known = [value for value in loss if value is not None]
    if not known:
        return "no opportunity within limits"
    return f"dry mass and engine; insertion takes {_span(min(known), max(known))} m/s at best"


def _fixed(text: str) -> Callable[[tuple[EvaluatedPlan, EvaluatedPlan]], str]:
    return lambda sides: text


@dataclass(frozen=True)
class _Question:
    text: str
    answer: Callable[[EvaluatedPlan], str]
    driver: Callable[[tuple[EvaluatedPlan, EvaluatedPlan]], str]
    assumed: Callable[[EvaluatedPlan], tuple[str, ...]]


_QUESTIONS: tuple[_Question, ...] = (
    _Question(
        "Can the partners launch close together?",
        _joint,
        _fixed("the launch periods announced, the survey lead wanted and the landing light"),
        _joint_keys,
    ),
    _Question(
        "Is the landing site surveyed before the landing?",
        _states("survey_before_landing"),
        _fixed("the order of the two launches and the months between arrival and landing"),
        _coupling_keys("survey_before_landing"),
    ),
    _Question(
        "How often does the surveyor pass over the landing site?",
        _survey_passes,
        _survey_driver,
        _survey_keys,
    ),
    _Question(
        "Is a relay in orbit while the lander works?",
        _states("relay"),
        _fixed("launch dates and working lives"),
        _coupling_keys("relay"),
    ),
    _Question(
        "How much contact does the relay give?",
        _relay_contact,
        _fixed("altitude, shape and inclination of the relay's orbit; simple geometry without terrain"),
        _contact_keys,
    ),
    _Question(
        "How long do the partners work at the same time?",
        _states("overlapping_lifetimes"),
        _fixed("launch dates and working lives"),
        _coupling_keys("overlapping_lifetimes"),
    ),
    _Question(
        "On how many days can each mission launch?",
        _calendar,
        _fixed("parking-orbit inclination against the Moon's declination; landers: the wanted light"),
        _mission_keys("parking_orbit", "transfer", "landing", "launch"),
    ),
    _Question("What mass reaches lunar orbit?", _masses, _mass_driver, _mass_keys),
    _Question(
        "Does the landing find light?",
        _light,
        _fixed("days from arrival to landing, and the season at the site"),
        _mission_keys("landing"),
    ),
    _Question(
        "Ready on a random day: how soon is a joint window?",
        _slip,
        _fixed("how dense the joint days lie; readiness equally likely on every day"),
        _joint_keys,
    ),
    _Question("What became of it?", _turned_out, _fixed("published news, see sources"), _no_keys),
)


def _rows(sides: tuple[EvaluatedPlan, EvaluatedPlan]) -> Iterator[VerdictRow]:
    for question in _QUESTIONS:
        answers = tuple(question.answer(side) for side in sides)
        if answers == (NONE, NONE):
            continue
        keys = dict.fromkeys(question.assumed(sides[0]) + question.assumed(sides[1]))
        yield VerdictRow(question.text, answers[0], answers[1], question.driver(sides), tuple(keys))


def compare(plan_a: EvaluatedPlan, plan_b: EvaluatedPlan) -> ComparisonResult:
    """Answer the questions for two plans in plain words.

    Parameters
    ----------
    plan_a, plan_b : EvaluatedPlan
        The plans.

    Returns
    -------
    ComparisonResult
        One row a question; questions about which neither plan says anything are left out.
    """
    return ComparisonResult(plan_a.plan.case.id, plan_b.plan.case.id, tuple(_rows((plan_a, plan_b))))
