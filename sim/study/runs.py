"""Runs: scenario files in, results out; nothing finished is computed twice."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from sim.analysis.acceptance import accept
from sim.analysis.assumptions import all_assumed
from sim.analysis.at_moon import at_moon
from sim.analysis.at_moon_plan import coordination
from sim.analysis.evaluate import best_row, evaluate_mission, own_contacts
from sim.analysis.plans import evaluate_plan
from sim.analysis.results import (
    ComparisonResult,
    MissionResult,
    PlanResult,
    RunResults,
    TimelineEntry,
    Trajectory,
)
from sim.analysis.timeline import event_timeline, mission_timeline, turned_out_timeline
from sim.analysis.verdict import EvaluatedPlan, compare
from sim.cases import MissionCase, PlanCase
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import ConvergenceError
from sim.scenario import load, load_plan
from sim.store import Ledger
from sim.study.chunks import ProgressCallback, WindowSearch, open_ledger
from sim.study.grids import Grid, on_grid
from sim.study.kept import LedgerKeeper
from sim.study.provenance import data_hashes, versions
from sim.transfer.verify import sample_trajectory
from sim.windows import OpportunityTable

PathLike = str | Path


@dataclass
class _Run:
    """A run under way: what it uses, what it has found so far, and how long each step took."""

    search: WindowSearch
    trajectories: bool
    eclipses: bool = False
    missions: list[MissionResult] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    wall_times_s: dict[str, float] = field(default_factory=dict)
    keeper: LedgerKeeper | None = None

    def clock(self, step: str, since: float) -> None:
        self.wall_times_s[step] = self.wall_times_s.get(step, 0.0) + time.perf_counter() - since


def _keeper(ledger: Ledger | None, ephemeris: Ephemeris) -> LedgerKeeper | None:
    return None if ledger is None else LedgerKeeper(ledger, ephemeris)


def _same(one: MissionCase, other: MissionCase) -> bool:
    """Two files may describe the same mission; where it was read from does not matter."""
    return replace(one, path="") == replace(other, path="")


def _trajectory(table: OpportunityTable, row: int | None, ephemeris: Ephemeris) -> Trajectory | None:
    if row is None:
        return None
    t_tdb, state = sample_trajectory(
        table.tli_state[row], float(table.tli_tdb[row]), float(table.perilune_tdb[row]), ephemeris=ephemeris
    )
    return Trajectory(t_tdb, state, ephemeris.state("moon", "earth", t_tdb))


def _evaluate(run: _Run, case: MissionCase, key: str) -> MissionResult:
    """Search, sample and evaluate one mission."""
    start, computed = time.perf_counter(), run.search.computed_n
    table = run.search.find(case.window)
    run.clock("windows", start)
    began = time.perf_counter()
    label = f"circumstances of {case.id}: {len(table)} opportunities"
    run.search.tell(label, 0, 1)
    acceptance = accept(case, table, with_eclipses=run.eclipses, ephemeris=run.search.ephemeris)
    run.search.tell(label, 1, 1)
    run.clock("circumstances", began)
    began = time.perf_counter()
    row = best_row(case, table, acceptance.within) if run.trajectories else None
    trajectory = _trajectory(table, row, run.search.ephemeris)
    run.clock("trajectories", began)
    began = time.perf_counter()
    result = evaluate_mission(
        case,
        table,
        key=key,
        trajectory=trajectory,
        acceptance=acceptance,
        ephemeris=run.search.ephemeris,
        resumed=run.search.computed_n == computed,
        wall_time_s=time.perf_counter() - start,
    )
    run.clock("analysis", began)
    return result


def _mission(run: _Run, case: MissionCase, plan_id: str) -> MissionResult | None:
    """Return the result of a mission: that of an equal one when there is one, None when it failed."""
    for known in run.missions:
        if _same(known.case, case):
            return known
    taken = {known.key for known in run.missions}
    key = f"{plan_id}_{case.id}" if case.id in taken else case.id
    try:
        result = _evaluate(run, case, key)
    except ConvergenceError as fault:
        # Wrong input stops the run at once; a search that does not converge costs its mission only.
        run.failures.append(f"{case.id}: {fault}")
        return None
    run.missions.append(result)
    return result


def _at_moon(run: _Run) -> None:
    """Follow the only mission of a run to what it does at the Moon."""
    began = time.perf_counter()
    (result,) = run.missions
    found = at_moon(result, ephemeris=run.search.ephemeris, tell=run.search.tell, keeper=run.keeper)
    run.missions[0] = replace(result, at_moon=found)
    if run.keeper is not None and run.keeper.resumed_n:
        run.search.tell(f"at the Moon: {run.keeper.resumed_n} finished parts were kept", 1, 1)
    run.clock("at_the_moon", began)


def _plan(run: _Run, plan: PlanCase) -> EvaluatedPlan:
    found = {entry.announced.id: _mission(run, entry.announced, plan.id) for entry in plan.missions}
    missions = {name: result for name, result in found.items() if result is not None}
    start = time.perf_counter()
    result = evaluate_plan(plan, missions)
    run.clock("analysis", start)
    if not run.trajectories:
        return EvaluatedPlan(result, missions)
    start = time.perf_counter()
    run.search.tell(f"{plan.id}: what the missions do for each other", 0, 1)
    together = coordination(plan, missions, ephemeris=run.search.ephemeris, keeper=run.keeper)
    run.search.tell(f"{plan.id}: what the missions do for each other", 1, 1)
    run.clock("at_the_moon", start)
    return EvaluatedPlan(replace(result, coordination=together), missions)


def _timeline(plans: Iterable[EvaluatedPlan], missions: Iterable[MissionResult]) -> tuple[TimelineEntry, ...]:
    bars: list[TimelineEntry] = []
    for side in plans:
        for entry in side.plan.case.missions:
            result = side.missions.get(entry.announced.id)
            if result is not None:
                bars += mission_timeline(result, side.plan.case.id)
                bars += turned_out_timeline(result, entry, side.plan.case.id)
        for event in side.plan.case.events:
            bars += event_timeline(event, side.plan.case.id)
    for result in () if bars else missions:
        bars += mission_timeline(result)
    return tuple(bars)


def _sources(missions: Iterable[MissionResult], plans: Iterable[PlanResult]) -> dict[str, str]:
    found: dict[str, str] = {}
    for mission in missions:
        found |= mission.case.sources
    for plan in plans:
        found |= plan.case.sources
    return found


def _finish(
    run: _Run,
    paths: tuple[PathLike, ...],
    start: float,
    sides: tuple[EvaluatedPlan, ...] = (),
    comparison: ComparisonResult | None = None,
) -> RunResults:
    missions, plans = tuple(run.missions), tuple(side.plan for side in sides)
    alone = missions[0].case if missions and not plans else None
    run.clock("total", start)
    return RunResults(
        kind="mission" if comparison is None else "comparison",
        scenario=tuple(str(path) for path in paths),
        created_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        missions=missions,
        plans=plans,
        comparison=comparison,
        contacts=own_contacts(alone) if alone else (),
        timeline=_timeline(sides, missions),
        assumed=all_assumed((mission.case for mission in missions), (plan.case for plan in plans)),
        sources=_sources(missions, plans),
        versions=versions(),
        data=data_hashes(run.search.ephemeris),
        wall_times_s=dict(run.wall_times_s),
        failures=tuple(run.failures),
    )


def _run_one(
    path: PathLike,
    out: PathLike | None,
    progress: ProgressCallback | None,
    ephemeris: Ephemeris | None,
    *,
    trajectories: bool,
    eclipses: bool = False,
    grid: Grid | None = None,
) -> RunResults:
    start = time.perf_counter()
    case = load(path)
    if grid is not None:
        case = on_grid(case, grid)
    ephemeris = ephemeris or open_ephemeris()
    loaded = time.perf_counter() - start
    with open_ledger(None if out is None else Path(out)) as ledger:
        search = WindowSearch(ephemeris, ledger, progress)
        run = _Run(search, trajectories, eclipses, wall_times_s={"load": loaded}, keeper=_keeper(ledger, ephemeris))
        if isinstance(case, PlanCase):
            return _finish(run, (path,), start, (_plan(run, case),))
        if _mission(run, case, "") is not None and trajectories:
            _at_moon(run)
        return _finish(run, (path,), start)


def run_scenario(
    path: PathLike,
    out: PathLike | None = None,
    *,
    progress: ProgressCallback | None = None,
    ephemeris: Ephemeris | None = None,
) -> RunResults:
    """Compute one scenario file, a mission or a plan.

    Parameters
    ----------
    path : str or Path
        Scenario file.
    out : str or Path, optional
        Folder for the ledger, in which finished chunks are kept: the same call goes on where an interrupted one
        stopped. Without it everything is computed anew. Tables and figures are written by `sim.products`.
    progress : callable, optional
        Called as ``progress(label, done, total)``.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    RunResults
        Of kind ``mission``; with a plan's result when the file is a plan.

    Raises
    ------
    ScenarioError
        The file has faults.
    PeriluneError
        Dates outside the ephemeris, an unreachable inclination, a folder that cannot be written.
    """
    return _run_one(path, out, progress, ephemeris, trajectories=True)


def list_windows(
    path: PathLike,
    out: PathLike | None = None,
    *,
    progress: ProgressCallback | None = None,
    ephemeris: Ephemeris | None = None,
    eclipses: bool = False,
    grid: Grid | None = None,
) -> RunResults:
    """Compute the launch windows of one scenario file, without trajectories.

    Parameters
    ----------
    path : str or Path
        Scenario file.
    out : str or Path, optional
        Folder for the ledger, see `run_scenario`.
    progress : callable, optional
        Called as ``progress(label, done, total)``.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    eclipses : bool
        Whether to find eclipses on the way even when no limit speaks of them: a millisecond an opportunity.
    grid : Grid, optional
        Flight times and inclinations to search in place of those of the file.

    Returns
    -------
    RunResults
        As `run_scenario`, with no trajectory in any mission.

    Raises
    ------
    PeriluneError
        As `run_scenario`.
    """
    return _run_one(path, out, progress, ephemeris, trajectories=False, eclipses=eclipses, grid=grid)


def compare_plans(
    path_a: PathLike,
    path_b: PathLike,
    out: PathLike | None = None,
    *,
    progress: ProgressCallback | None = None,
    ephemeris: Ephemeris | None = None,
) -> RunResults:
    """Compare two plans; a mission that both hold is computed once.

    Parameters
    ----------
    path_a, path_b : str or Path
        Plan files.
    out : str or Path, optional
        Folder for the ledger, see `run_scenario`.
    progress : callable, optional
        Called as ``progress(label, done, total)``.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    RunResults
        Of kind ``comparison``.

    Raises
    ------
    PeriluneError
        As `run_scenario`.
    """
    start = time.perf_counter()
    plans = (load_plan(path_a), load_plan(path_b))
    ephemeris = ephemeris or open_ephemeris()
    loaded = time.perf_counter() - start
    with open_ledger(None if out is None else Path(out)) as ledger:
        search, keeper = WindowSearch(ephemeris, ledger, progress), _keeper(ledger, ephemeris)
        run = _Run(search, True, wall_times_s={"load": loaded}, keeper=keeper)
        sides = (_plan(run, plans[0]), _plan(run, plans[1]))
        return _finish(run, (path_a, path_b), start, sides, compare(*sides))


def missions_by_id(results: RunResults, plan_id: str) -> Mapping[str, MissionResult]:
    """Return the missions of a plan of a run by their id in the plan.

    Parameters
    ----------
    results : RunResults
        The run.
    plan_id : str
        One of its plans.

    Returns
    -------
    mapping of str to MissionResult
        In the plan's order; KeyError for a plan that the run does not hold.
    """
    for plan in results.plans:
        if plan.case.id == plan_id:
            return {name: results.mission(key) for name, key in plan.mission_keys.items()}
    raise KeyError(plan_id)
