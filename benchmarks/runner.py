"""Measure tools in turn: each at the loosest tolerance that meets the task's error, in rounds within one process."""

from __future__ import annotations

import gc
import json
import os
import platform
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from benchmarks.heyoka_tools import long_double_ends
from benchmarks.tasks import Task, departures, model
from benchmarks.tools import TOOLS, Runner, Tool
from sim.propagation import propagate

FloatArray = npt.NDArray[np.float64]


def machine() -> dict[str, Any]:
    """Fingerprint of the machine.

    Returns
    -------
    dict
        Processor, cores, system, versions of Python, numpy and numba.
    """
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if "model name" in line]
        cpu = names[0] if names else cpu
    return {
        "cpu": cpu,
        "isa": numba.core.config.CPU_NAME or numba.core.codegen.ll.get_host_cpu_name(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "numba": numba.__version__,
    }


def reference_ends(task: Task, states: FloatArray, t0_tdb: FloatArray) -> tuple[str, FloatArray]:
    """Return final states by an independent integrator, and its name.

    Parameters
    ----------
    task : Task
        Task.
    states : numpy.ndarray (N, 6)
        km, km/s.
    t0_tdb : numpy.ndarray (N,)
        Epochs.

    Returns
    -------
    name : str
        Which reference.
    ends : numpy.ndarray (N, 6)
        heyoka in long double where it is installed, else perilune's independent DOP853 at 1e-16.
    """
    stop = t0_tdb + task.span_s
    if find_spec("heyoka") is not None and np.finfo(np.longdouble).nmant >= 63:
        forces = model().flat(float(t0_tdb.min()), float(stop.max())).forces
        return "heyoka long double 1e-18", long_double_ends(forces, states, t0_tdb, task.span_s)
    ends = propagate(states, t0_tdb, stop, model(), method="dop853", tolerance=1e-15, impacts=False, threads=1)
    return "perilune dop853 1e-15", ends.states


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
        runner.prepare(tolerance)
        errors = errors_m(runner.run(), reference)
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
        One record a tool; rates are per second of process time on one core, the median of the rounds.
    """
    states, t0 = departures(seed, n_rows)
    reference_name, reference = reference_ends(task, states, t0)
    forces = model().flat(float(t0.min()), float(t0.max()) + task.span_s).forces
    runners, chosen = {}, {}
    for name in names:
        tool = TOOLS[name]
        count = min(n_rows, tool.most_rows)
        runners[name] = tool.make(forces, states[:count], t0[:count], task.span_s)
        chosen[name] = tune(tool, runners[name], task, reference[:count])
        runners[name].prepare(chosen[name][0])
        runners[name].run()
    rates = timed(runners, {name: chosen[name][1].size for name in names}, rounds)
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    return [
        {
            "task": task.name,
            "tool": name,
            "version": TOOLS[name].version,
            "seed": seed,
            "rows": chosen[name][1].size,
            "rate_per_s_core": float(np.median(rates[name])),
            "error_p99_m": float(np.percentile(chosen[name][1], 99.0)),
            "error_p50_m": float(np.percentile(chosen[name][1], 50.0)),
            "rounds": rounds,
            "rates": [round(rate, 3) for rate in rates[name]],
            "level_m": task.level_m,
            "tolerance": chosen[name][0],
            "reference": reference_name,
            "utc": stamp,
            "machine": machine(),
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
            repeats, spent = 0, 0.0
            # Short runs are repeated until the clock resolves them.
            while spent < 0.02:
                start = time.process_time()
                runner.run()
                spent += time.process_time() - start
                repeats += 1
            rates[name].append(counts[name] * repeats / spent)
    return rates


def write_records(path: Path, records: list[dict[str, Any]]) -> None:
    """Append records as JSON lines.

    Parameters
    ----------
    path : Path
        File.
    records : list of dict
        Records.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.writelines(json.dumps(record) + "\n" for record in records)
