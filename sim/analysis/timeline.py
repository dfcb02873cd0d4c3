"""Bars of the timeline: launch periods, transfers, phases, landings and what became of them."""

from __future__ import annotations

from collections.abc import Iterator

from sim.analysis.milestones import flight_s
from sim.analysis.results import MissionResult, TimelineEntry
from sim.cases import MissionCase, OrbitPhase, PlanEvent, PlanMission, SourcedNumber
from sim.constants import SECONDS_PER_DAY
from sim.timescales import SUPPORTED_STOP_TDB, utc_from_tdb

_WEAKEST_LAST: tuple[str, ...] = (
    "geometry",
    "flown",
    "planned_2021",
    "planned_pre2021",
    "replanned",
    "derived",
    "assumed",
)


WIDE_S = 3.0 * SECONDS_PER_DAY
"""Published dates no wider than this are drawn as instants."""


def event_timeline(event: PlanEvent, plan_id: str) -> Iterator[TimelineEntry]:
    """Yield the bars of an entry that is not computed: the date announced, and the one that came.

    Parameters
    ----------
    event : PlanEvent
        The entry.
    plan_id : str
        The plan.

    Yields
    ------
    TimelineEntry
        Up to two.
    """
    for label, span, status, sources in (
        ("announced date", event.announced_span_tdb, event.announced_status, event.announced_sources),
        ("turned out, date", event.turned_out_span_tdb, event.turned_out_status, event.turned_out_sources),
    ):
        if span is not None:
            yield TimelineEntry(plan_id, event.id, event.name, label, _utc(span[0]), _utc(span[1]), status, sources)


def _utc(t_tdb: float) -> str:
    return str(utc_from_tdb(min(t_tdb, SUPPORTED_STOP_TDB - SECONDS_PER_DAY), 0))


def _origin(numbers: list[SourcedNumber]) -> tuple[str, tuple[str, ...]]:
    """Return the weakest status among numbers, and all their sources."""
    known = [number.status for number in numbers if number.status in _WEAKEST_LAST]
    status = max(known, key=_WEAKEST_LAST.index, default="derived")
    return status, tuple(dict.fromkeys(source for number in numbers for source in number.sources))


def _numbers(case: MissionCase, *prefixes: str) -> list[SourcedNumber]:
    return [number for number in case.numbers if number.key.startswith(prefixes)]


def _entry(
    case: MissionCase, plan_id: str, label: str, start_tdb: float, stop_tdb: float, *prefixes: str
) -> TimelineEntry:
    status, sources = _origin(_numbers(case, *prefixes))
    return TimelineEntry(plan_id, case.id, case.name, label, _utc(start_tdb), _utc(stop_tdb), status, sources)


def reference_launch_tdb(result: MissionResult) -> float | None:
    """Return the launch on which a timeline hangs: the published one, else the best one, else None."""
    if result.case.nominal_launch_tdb is not None:
        return result.case.nominal_launch_tdb
    return None if result.best is None else float(result.table.launch_tdb[result.best])


def _phase(case: MissionCase, plan_id: str, phase: OrbitPhase, arrival_tdb: float) -> TimelineEntry:
    start = arrival_tdb + phase.start_day * SECONDS_PER_DAY
    prefix = f"operations[{case.phases.index(phase) + 1}]"
    return _entry(case, plan_id, phase.name, start, start + phase.duration_day * SECONDS_PER_DAY, prefix)


def mission_timeline(result: MissionResult, plan_id: str = "") -> Iterator[TimelineEntry]:
    """Yield the bars of a mission as announced.

    Parameters
    ----------
    result : MissionResult
        The mission.
    plan_id : str
        Plan it belongs to, if any.

    Yields
    ------
    TimelineEntry
        Launch period; then from the published launch (else the best opportunity) transfer, phases and working
        life. Nothing follows the launch period when no launch is known or found.
    """
    case = result.case
    window = case.window
    yield _entry(case, plan_id, "launch period", window.launch_start_tdb, window.launch_stop_tdb, "launch.period")
    launch = reference_launch_tdb(result)
    if launch is None:
        return
    arrival = launch + flight_s(result)
    yield _entry(case, plan_id, "transfer", launch, arrival, "launch.nominal", "transfer")
    for phase in case.phases:
        yield _phase(case, plan_id, phase, arrival)
    start, stop = arrival, arrival + case.lifetime_day * SECONDS_PER_DAY
    if case.landing is not None:
        start += case.landing.delay_day * SECONDS_PER_DAY
        yield _entry(case, plan_id, "on the surface", start, max(start, stop), "landing", "spacecraft.lifetime")
    elif not case.phases:
        yield _entry(case, plan_id, "operations", start, stop, "spacecraft.lifetime")


def turned_out_timeline(result: MissionResult, entry: PlanMission, plan_id: str) -> Iterator[TimelineEntry]:
    """Yield a bar for what became of a mission, from its launch to the end of its working life.

    Where a year or a month is all that was published, a bar for that span comes first and the life begins in its
    middle.

    Parameters
    ----------
    result : MissionResult
        The mission as announced.
    entry : PlanMission
        What became of it.
    plan_id : str
        The plan.

    Yields
    ------
    TimelineEntry
        None when no launch is known.
    """
    span = entry.launch_span_tdb
    if span is None:
        return
    if span[1] - span[0] > WIDE_S:
        yield TimelineEntry(
            plan_id,
            entry.announced.id,
            entry.announced.name,
            "turned out, launch period",
            _utc(span[0]),
            _utc(span[1]),
            entry.turned_out_status,
            entry.turned_out_sources,
        )
    launch = 0.5 * (span[0] + span[1])
    stop = launch + flight_s(result) + result.case.lifetime_day * SECONDS_PER_DAY
    yield TimelineEntry(
        plan_id,
        entry.announced.id,
        entry.announced.name,
        "turned out",
        _utc(launch),
        _utc(stop),
        entry.turned_out_status,
        entry.turned_out_sources,
    )
