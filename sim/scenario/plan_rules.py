"""What must hold between the missions and couplings of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.cases import MissionCase
from sim.errors import ScenarioProblem
from sim.scenario.dates import instant_tdb
from sim.scenario.document import short
from sim.scenario.faults import did_you_mean
from sim.scenario.rules import Facts, order_fault
from sim.timescales import utc_from_tdb

NUMBERS_OF_KIND: dict[str, tuple[str, ...]] = {
    "survey_before_landing": ("lead_day", "cross_track_km"),
    "relay": ("elevation_mask_deg",),
    "overlapping_lifetimes": ("overlap_day",),
    "joint_window": ("within_day",),
}
"""Per kind of coupling, the numbers it needs; it may have no others."""

NUMBER_KEYS = ("lead_day", "cross_track_km", "elevation_mask_deg", "overlap_day", "within_day")


def plan_faults(facts: Facts, missions: Mapping[int, MissionCase]) -> list[ScenarioProblem]:
    """Apply every rule of a plan file.

    Parameters
    ----------
    facts : Facts
        Plan file.
    missions : mapping of int to MissionCase
        Position in the plan to mission, for those that could be loaded.

    Returns
    -------
    list of ScenarioProblem
        One per broken rule.
    """
    fault = order_fault(facts, ("span", "start_utc"), ("span", "stop_utc"))
    problems = [fault] if fault else [*_periods(facts, missions)]
    problems += _duplicates(facts, missions)
    problems += _turned_out(facts)
    for index in facts.tables("couplings"):
        problems += _coupling_ends(facts, index, missions)
        problems += _coupling_numbers(facts, index)
    return problems


def _periods(facts: Facts, missions: Mapping[int, MissionCase]) -> Iterator[ScenarioProblem]:
    start, stop = facts.get("span", "start_utc"), facts.get("span", "stop_utc")
    if start is None or stop is None:
        return
    first, last = instant_tdb(start), instant_tdb(stop)
    for index, mission in missions.items():
        window = mission.window
        if window.launch_start_tdb < first or window.launch_stop_tdb > last:
            period = f"{utc_from_tdb(window.launch_start_tdb, 0)} to {utc_from_tdb(window.launch_stop_tdb, 0)}"
            found = f"{mission.id}, launch period {period}"
            yield facts.problem(("missions", index, "file"), found, f"inside the span {start} to {stop}", "widen [span]")


def _duplicates(facts: Facts, missions: Mapping[int, MissionCase]) -> Iterator[ScenarioProblem]:
    seen: dict[str, int] = {}
    for index, mission in missions.items():
        first = seen.setdefault(mission.id, index)
        if first != index:
            found = f"mission id {mission.id} a second time"
            hint = f"it is already missions[{first + 1}]; remove one or change its id"
            yield facts.problem(("missions", index, "file"), found, "each mission once", hint)


def _turned_out(facts: Facts) -> Iterator[ScenarioProblem]:
    for index in facts.tables("missions"):
        table = ("missions", index)
        if facts.has(*table, "turned_out_launch_utc") and not facts.has(*table, "turned_out"):
            hint = "say in one sentence what became of the mission"
            yield facts.problem((*table, "turned_out"), "nothing", "text beside turned_out_launch_utc", hint)


def _coupling_ends(facts: Facts, index: int, missions: Mapping[int, MissionCase]) -> Iterator[ScenarioProblem]:
    table = ("couplings", index)
    known = {mission.id: mission for mission in missions.values()}
    complete = len(missions) == len(facts.tables("missions"))
    ends = {end: facts.get(*table, end) for end in ("first", "second")}
    for end, name in ends.items():
        if isinstance(name, str) and name not in known and complete:
            hint = did_you_mean(name, known)
            yield facts.problem((*table, end), short(name), f"a mission of the plan: {', '.join(known)}", hint)
    if ends["first"] is not None and ends["first"] == ends["second"]:
        yield facts.problem((*table, "second"), short(ends["second"]), "another mission than first", "")
    kind, first, second = facts.get(*table, "kind"), known.get(ends["first"] or ""), known.get(ends["second"] or "")
    if kind not in {"survey_before_landing", "relay"}:
        return
    if first and not first.phases:
        hint = f"add [[operations]] to {first.path}"
        yield facts.problem((*table, "first"), f"{first.id}, which has no operations", "a mission in lunar orbit", hint)
    if second and second.landing is None:
        hint = f"add [landing] to {second.path}, or swap first and second"
        yield facts.problem((*table, "second"), f"{second.id}, which does not land", "a mission that lands", hint)


def _coupling_numbers(facts: Facts, index: int) -> Iterator[ScenarioProblem]:
    table = ("couplings", index)
    kind = facts.get(*table, "kind")
    if kind not in NUMBERS_OF_KIND:
        return
    needed = NUMBERS_OF_KIND[kind]
    for key in needed:
        if not facts.has(*table, key):
            yield facts.problem((*table, key), "nothing", f"{key} for kind {kind}", "add it with status and note")
    for key in NUMBER_KEYS:
        if facts.has(*table, key) and key not in needed:
            yield facts.problem((*table, key), key, f"only {', '.join(needed)} for kind {kind}", "remove it")
