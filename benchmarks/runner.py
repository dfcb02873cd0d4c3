"""Measure tools in turn: each at the loosest tolerance that meets the task's error, in rounds within one process."""

from __future__ import annotations

import gc
import time
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


def tune(tool: Tool, runner: Runner, task: Task, reference: FloatArray) -> tuple[float, FloatArray]:
    """Loosest tolerance whose 99th percentile meets the task, else the best; and the errors there.

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
    tolerance : float
        Rung of the ladder.
    errors_m : numpy.ndarray (N,)
        m.
    """
    best: tuple[float, float, FloatArray] | None = None
    for tolerance in tool.tolerances:
        try:
            runner.prepare(tolerance)
            errors = (task.errors_m or errors_m)(runner.run(), reference)
        except PeerError:
            if best is None:
                raise
            break  # too tight for it
        high = float(np.percentile(errors, 99.0))
        if best is None or high < best[0]:
            best = (high, tolerance, errors)
        if high <= task.level_m:
            break
    assert best is not None
    return best[1], best[2]


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
    chosen: dict[str, tuple[float, FloatArray]] = {}
    details: dict[str, dict[str, float]] = {}
    try:
        for name in names:
            tool = task.tools[name]
            count = min(n_rows, tool.most_rows)
            runners[name] = tool.make(world, states[:count], t0[:count], task.span_s)
            chosen[name] = tune(tool, runners[name], task, reference[:count])
            runners[name].prepare(chosen[name][0])
            found = runners[name].run()
            details[name] = {} if task.details is None else task.details(found, reference[:count])
        before = load()
        rates = timed(runners, {name: chosen[name][1].size for name in names}, rounds)
        loads = [before, load()]
    finally:
        for runner in runners.values():
            if isinstance(runner, Peer):
                runner.close()
    taken = stamp()
    return [
        {
            "task": task.name,
            "tool": name,
            "version": getattr(runners[name], "version", task.tools[name].version),
            "seed": seed,
            "rows": chosen[name][1].size,
            "rate_per_s_core": float(np.median(rates[name])),
            "rate_best_per_s_core": float(np.max(rates[name])),
            "error_p99_m": float(np.percentile(chosen[name][1], 99.0)),
            "error_p50_m": float(np.percentile(chosen[name][1], 50.0)),
            **details[name],
            "rounds": rounds,
            "rates": [round(rate, 3) for rate in rates[name]],
            "level_m": task.level_m,
            "tolerance": chosen[name][0],
            "reference": reference_name,
            "load": loads,
            **taken,
        }
        for name in names
    ]


def timed(runners: dict[str, Runner], counts: dict[str, int], rounds: int) -> dict[str, list[float]]:
    """Rows per second of process time, tools in turn.

    Parameters
    ----------
    runners : dict
        Tools, ready.
    counts : dict
        Their rows.
    rounds : int
        Rounds.

    Returns
    -------
    dict of list of float
        Rates of the rounds.
    """
    rates: dict[str, list[float]] = {name: [] for name in runners}
    for _ in range(rounds):
        for name, runner in runners.items():
            gc.collect()
            spent, repeats = runner.measure(SHORTEST_S) if isinstance(runner, Peer) else measured(runner, SHORTEST_S)
            rates[name].append(counts[name] * repeats / spent)
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
