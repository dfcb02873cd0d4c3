"""What must hold between the missions and couplings of a plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.errors import ScenarioProblem
from sim.scenario.dates import interval_day
from sim.scenario.document import short
from sim.scenario.facts import Facts, order_fault
from sim.scenario.faults import did_you_mean
from sim.scenario.mission_file import MissionFile

NUMBERS_OF_KIND: dict[str, tuple[str, ...]] = {
    "survey_before_landing": ("lead_day", "cross_track_km"),
    "relay": ("elevation_mask_deg",),
    "overlapping_lifetimes": ("overlap_day",),
    "joint_window": ("within_day",),
}
"""Per kind of coupling, the numbers it needs; it may have no others."""

NUMBER_KEYS = ("lead_day", "cross_track_km", "elevation_mask_deg", "overlap_day", "within_day")


def plan_faults(facts: Facts, missions: Mapping[int, MissionFile]) -> list[ScenarioProblem]:
    """Apply every rule of a plan file.

    Parameters
    ----------
    facts : Facts
        Plan file.
    missions : mapping of int to MissionFile
        Position in the plan to mission file, for those without faults.

    Returns
    -------
    list of ScenarioProblem
        One per broken rule.
    """
    fault = order_fault(facts, ("span", "start_utc"), ("span", "stop_utc"))
    problems = [fault] if fault else [*_periods(facts, missions)]
    problems += _duplicates(facts, missions)
    problems += _turned_out(facts)
    problems += _events(facts, missions)
    for index in facts.tables("couplings"):
        problems += _coupling_ends(facts, index, missions)
        problems += _coupling_numbers(facts, index)
    return problems


def _periods(facts: Facts, missions: Mapping[int, MissionFile]) -> Iterator[ScenarioProblem]:
    start, stop = facts.get("span", "start_utc"), facts.get("span", "stop_utc")
    if start is None or stop is None:
        return
    for index, file in missions.items():
        first, last = file.launch.period_start_utc.value, file.launch.period_stop_utc.value
        if interval_day(start, first) < 0.0 or interval_day(last, stop) < 0.0:
            found, allowed = f"{file.mission.id}, launch period {first} to {last}", f"inside the span {start} to {stop}"
            yield facts.problem(("missions", index, "file"), found, allowed, "widen [span]")


def _duplicates(facts: Facts, missions: Mapping[int, MissionFile]) -> Iterator[ScenarioProblem]:
    seen: dict[str, int] = {}
    for index, file in missions.items():
        first = seen.setdefault(file.mission.id, index)
        if first != index:
            found = f"mission id {file.mission.id} a second time"
            hint = f"it is already missions[{first + 1}]; remove one or change its id"
            yield facts.problem(("missions", index, "file"), found, "each mission once", hint)


def _turned_out(facts: Facts) -> Iterator[ScenarioProblem]:
    for index in facts.tables("missions"):
        table = ("missions", index)
        if facts.has(*table, "turned_out_launch_utc") and not facts.has(*table, "turned_out"):
            hint = "say in one sentence what became of the mission"
            yield facts.problem((*table, "turned_out"), "nothing", "text beside turned_out_launch_utc", hint)


def _events(facts: Facts, missions: Mapping[int, MissionFile]) -> Iterator[ScenarioProblem]:
    seen = {file.mission.id: f"missions[{index + 1}]" for index, file in missions.items()}
    for index in facts.tables("events"):
        table = ("events", index)
        name = facts.get(*table, "id")
        if isinstance(name, str):
            first = seen.setdefault(name, f"events[{index + 1}]")
            if first != f"events[{index + 1}]":
                yield facts.problem((*table, "id"), short(name), "an id used once", f"it is already that of {first}")
        if not facts.has(*table, "announced_utc") and not facts.has(*table, "turned_out_utc"):
            hint = "add the date that was published"
            yield facts.problem(table, "no date", "announced_utc, turned_out_utc, or both", hint)
        if facts.has(*table, "turned_out_utc") and not facts.has(*table, "turned_out"):
            hint = "say in one sentence what became of it"
            yield facts.problem((*table, "turned_out"), "nothing", "text beside turned_out_utc", hint)


def _coupling_ends(facts: Facts, index: int, missions: Mapping[int, MissionFile]) -> Iterator[ScenarioProblem]:
    table = ("couplings", index)
    known = {file.mission.id: file for file in missions.values()}
    complete = 0 < len(missions) == len(facts.tables("missions"))
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
    if first and not first.operations:
        hint = "add [[operations]] to its file"
        yield facts.problem((*table, "first"), f"{ends['first']}, without operations", "a mission in lunar orbit", hint)
    if second and second.landing is None:
        hint = "add [landing] to its file, or swap first and second"
        yield facts.problem((*table, "second"), f"{ends['second']}, which does not land", "a mission that lands", hint)


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
