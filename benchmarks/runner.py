"""Measure tools in turn: each at the loosest tolerance that meets the task's error, in rounds within one process.

Errors of some tools come in steps (heyoka's tolerance chooses the order of its series, six times the error apart), so
that one that meets the task's error may stand far below it. The next looser rung of the ladder is timed as well: rates
at the very error asked for are interpolated between the two, logarithm against logarithm.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.peers import Peer, PeerError
from benchmarks.records import load, stamp
from benchmarks.tasks import Task
from benchmarks.tools import Runner, Tool

FloatArray = npt.NDArray[np.float64]

SHORTEST_S = 0.02
"""Process time that a measurement takes at least."""


def errors_m(ends: FloatArray, reference: FloatArray) -> FloatArray:
    """Error of the final position; infinite for rows that failed.

    Parameters
    ----------
    ends, reference : numpy.ndarray (N, 6)
        km, km/s.

    Returns
    -------
    numpy.ndarray (N,)
        m.
    """
    difference = ends[:, :3] - reference[:, :3]
    error = 1e3 * np.sqrt((difference**2).sum(axis=1))
    return np.where(np.isfinite(error), error, np.inf)


@dataclass(frozen=True)
class Tuned:
    """Where a tool meets a task's error.

    Attributes
    ----------
    tolerance : float
        Loosest rung of its ladder whose 99th percentile does, or the best one.
    errors_m : numpy.ndarray (N,)
        Errors there, m.
    looser : tuple of float and float, optional
        The rung before and its 99th percentile, m; None where the first rung does, or no rung.
    """

    tolerance: float
    errors_m: FloatArray
    looser: tuple[float, float] | None

    @property
    def p99_m(self) -> float:
        """99th percentile of the errors, m."""
        return float(np.percentile(self.errors_m, 99.0))


def tune(tool: Tool, runner: Runner, task: Task, reference: FloatArray) -> Tuned:
    """Find the loosest tolerance whose 99th percentile meets the task, else the best.

    Parameters
    ----------
    tool : Tool
        Tool.
    runner : Runner
        Its inputs.
    task : Task
        Task.
    reference : numpy.ndarray (N, 6)
        True final states.

    Returns
    -------
    Tuned
    """
    best: Tuned | None = None
    looser: tuple[float, float] | None = None
    for tolerance in tool.tolerances:
        try:
            runner.prepare(tolerance)
            errors = (task.errors_m or errors_m)(runner.run(), reference)
        except PeerError:
            if best is None:
                raise
            break  # too tight for it
        found = Tuned(tolerance, errors, None)
        if found.p99_m <= task.level_m:
            return Tuned(tolerance, errors, looser)
        if best is None or found.p99_m < best.p99_m:
            best = found
        looser = (tolerance, found.p99_m)
    assert best is not None
    return best


def rate_at_level(level_m: float, tight: tuple[float, float], looser: tuple[float, float]) -> float:
    """Interpolate a rate at an error, logarithm against logarithm.

    Parameters
    ----------
    level_m : float
        Error at which it is wanted, m.
    tight, looser : tuple of float and float
        Error, m, and rate on either side of it.

    Returns
    -------
    float
        Rate.
    """
    (error_m, rate), (looser_m, looser_rate) = tight, looser
    part = math.log(level_m / error_m) / math.log(looser_m / error_m)
    return rate * (looser_rate / rate) ** part


def run(task: Task, seed: int, names: list[str], n_rows: int, rounds: int) -> list[dict[str, Any]]:
    """Measure tools on a task.

    Parameters
    ----------
    task : Task
        Task.
    seed : int
        Seed of the inputs.
    names : list of str
        Tools.
    n_rows, rounds : int
        Rows of the task; how often each tool is timed, in turn with the others.

    Returns
    -------
    list of dict
        One record a tool, see :data:`benchmarks.verdict.KEYS`; rates are per second of process time on one core.
    """
    states, t0 = task.inputs(seed, n_rows)
    ends = t0 + task.span_s
    world = task.world(float(np.minimum(t0, ends).min()), float(np.maximum(t0, ends).max()))
    reference_name, reference = task.reference(task, world, states, t0)
    runners: dict[str, Runner] = {}
    looser: dict[str, Runner] = {}
    chosen: dict[str, Tuned] = {}
    details: dict[str, dict[str, float]] = {}
    try:
        for name in names:
            tool = task.tools[name]
            count = min(n_rows, tool.most_rows)
            runners[name] = tool.make(world, states[:count], t0[:count], task.span_s)
            chosen[name] = tune(tool, runners[name], task, reference[:count])
            runners[name].prepare(chosen[name].tolerance)
            found = runners[name].run()
            details[name] = {} if task.details is None else task.details(found, reference[:count])
            rung = chosen[name].looser
            if rung is not None and math.isfinite(rung[1]):
                looser[name] = tool.make(world, states[:count], t0[:count], task.span_s)
                looser[name].prepare(rung[0])
        counts = {name: chosen[name].errors_m.size for name in names}
        before = load()
        rates, looser_rates = timed((runners, looser), counts, rounds)
        loads = [before, load()]
    finally:
        for runner in (*runners.values(), *looser.values()):
            if isinstance(runner, Peer):
                runner.close()
    for name in looser:
        details[name] |= _at_level(task.level_m, chosen[name], rates[name], looser_rates[name])
    taken = stamp()
    return [
        {
            "task": task.name,
            "tool": name,
            "version": getattr(runners[name], "version", task.tools[name].version),
            "seed": seed,
            "rows": counts[name],
            "rate_per_s_core": float(np.median(rates[name])),
            "rate_best_per_s_core": float(np.max(rates[name])),
            "error_p99_m": chosen[name].p99_m,
            "error_p50_m": float(np.percentile(chosen[name].errors_m, 50.0)),
            **details[name],
            "rounds": rounds,
            "rates": [round(rate, 3) for rate in rates[name]],
            "level_m": task.level_m,
            "tolerance": chosen[name].tolerance,
            "reference": reference_name,
            "load": loads,
            **taken,
        }
        for name in names
    ]


def _at_level(level_m: float, found: Tuned, rates: list[float], looser_rates: list[float]) -> dict[str, Any]:
    """Keys of the looser rung, and rates interpolated at the level, round by round."""
    assert found.looser is not None
    tolerance, error_m = found.looser
    pairs = zip(rates, looser_rates, strict=True)
    between = [rate_at_level(level_m, (found.p99_m, rate), (error_m, other)) for rate, other in pairs]
    return {
        "looser_tolerance": tolerance,
        "looser_error_p99_m": error_m,
        "looser_rates": [round(rate, 3) for rate in looser_rates],
        "level_rates": [round(rate, 3) for rate in between],
    }


def timed(
    groups: Sequence[dict[str, Runner]], counts: dict[str, int], rounds: int
) -> list[dict[str, list[float]]]:
    """Rows per second of process time, tools in turn.

    Parameters
    ----------
    groups : sequence of dict
        Tools, ready; a tool may be in several groups.
    counts : dict
        Their rows.
    rounds : int
        Rounds.

    Returns
    -------
    list of dict of list of float
        Rates of the rounds, a dict a group.
    """
    rates: list[dict[str, list[float]]] = [{name: [] for name in runners} for runners in groups]
    for _ in range(rounds):
        for runners, found in zip(groups, rates, strict=True):
            for name, runner in runners.items():
                gc.collect()
                one = runner.measure(SHORTEST_S) if isinstance(runner, Peer) else measured(runner, SHORTEST_S)
                found[name].append(counts[name] * one[1] / one[0])
    return rates


def measured(runner: Runner, seconds: float) -> tuple[float, int]:
    """Process time of a tool in this process; short runs are repeated until the clock resolves them.

    Parameters
    ----------
    runner : Runner
        Ready.
    seconds : float
        At least so long.

    Returns
    -------
    spent_s : float
        Process time.
    repeats : int
        How often all rows were done.
    """
    repeats, spent = 0, 0.0
    while spent < seconds:
        start = time.process_time()
        runner.run()
        spent += time.process_time() - start
        repeats += 1
    return spent, repeats
