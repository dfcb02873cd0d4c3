"""What more threads bring: rates of W1, W2 and W3 with one thread and with several, in turn, by wall clock.

``python -m benchmarks.threads --task W2-20 --threads 2 --rows 512 --rounds 7 --json FILE``. Through the public calls,
at tolerances that the tasks' errors want; the results of both are compared bit by bit. ``cpu_ratio`` is what the
threads cost in processor time against one: 1 where none is lost, also on a machine that has other work; the ratio by
wall clock (``speedup``) says something only on a quiet one.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import sim
from benchmarks import low_orbit_task
from benchmarks.records import load, stamp, write_records
from benchmarks.registry import TASKS
from benchmarks.tasks import model
from sim.propagation import propagate, propagate_low_orbits, propagate_with_stm

FloatArray = npt.NDArray[np.float64]
Fly = Callable[[FloatArray, FloatArray, FloatArray, int], FloatArray]


def low(degree: int, steps_per_revolution: float) -> Fly:
    """Make the call of W2.

    Parameters
    ----------
    degree : int
        Of the figure.
    steps_per_revolution : float
        Steps.

    Returns
    -------
    callable
        From states, epochs, ends and threads to final states.
    """
    forces = low_orbit_task.model(degree)

    def fly(states: FloatArray, t0_tdb: FloatArray, t1_tdb: FloatArray, threads: int) -> FloatArray:
        return propagate_low_orbits(
            states, t0_tdb, t1_tdb[:, np.newaxis], forces, impact_radius_km=0.0,
            steps_per_revolution=steps_per_revolution, threads=threads,
        ).states  # fmt: skip

    return fly


def plain(states: FloatArray, t0_tdb: FloatArray, t1_tdb: FloatArray, threads: int) -> FloatArray:
    """Call of W1."""
    return propagate(states, t0_tdb, t1_tdb, model(), tolerance=1e-10, threads=threads).states


def matrices(states: FloatArray, t0_tdb: FloatArray, t1_tdb: FloatArray, threads: int) -> FloatArray:
    """Call of W3."""
    done = propagate_with_stm(states, t0_tdb, t1_tdb, model(), tolerance=1e-10, threads=threads)
    return np.concatenate([done.states, done.transition_matrix.reshape(len(states), -1)], axis=1)


CALLS: Final[dict[str, Callable[[], Fly]]] = {
    "W1": lambda: plain,
    "W2-20": lambda: low(20, 75.0),
    "W2-70": lambda: low(70, 200.0),
    "W3": lambda: matrices,
}


def measure(name: str, seed: int, n_rows: int, threads: int, rounds: int) -> dict[str, Any]:
    """Measure a task with one thread and with several.

    Parameters
    ----------
    name : str
        Task, a key of ``CALLS``.
    seed, n_rows : int
        Inputs.
    threads, rounds : int
        Threads of the second call; how often both are timed.

    Returns
    -------
    dict
        Record.
    """
    task, fly = TASKS[name], CALLS[name]()
    states, t0 = task.inputs(seed, n_rows)
    t1 = t0 + task.span_s
    first = {count: fly(states, t0, t1, count).tobytes() for count in (1, threads)}
    wall: dict[int, list[float]] = {1: [], threads: []}
    spent: dict[int, list[float]] = {1: [], threads: []}
    before = load()
    for _ in range(rounds):
        for count in (1, threads):
            clock, start = time.process_time(), time.perf_counter()
            fly(states, t0, t1, count)
            wall[count].append(time.perf_counter() - start)
            spent[count].append(time.process_time() - clock)
    return {
        "task": name,
        "tool": "perilune",
        "version": sim.__version__,
        "seed": seed,
        "rows": n_rows,
        "threads": threads,
        "speedup": float(np.median(wall[1]) / np.median(wall[threads])),
        "speedup_best": float(np.min(wall[1]) / np.min(wall[threads])),
        "cpu_ratio": float(np.median(spent[threads]) / np.median(spent[1])),
        "same_bits": first[1] == first[threads],
        "wall_s": [float(np.median(wall[1])), float(np.median(wall[threads]))],
        "rounds": rounds,
        "load": [before, load()],
        **stamp(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.threads", description=__doc__)
    parser.add_argument("--task", choices=sorted(CALLS), default="W2-20")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 2))
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    if min(options.threads, options.rows, options.rounds) < 1:
        parser.error("--threads, --rows and --rounds: allowed are 1 and more")
    record = measure(options.task, options.seed, options.rows, options.threads, options.rounds)
    if options.json is not None:
        write_records(options.json, [record])
    sys.stdout.write(f"{record}\n")
    return 0 if record["same_bits"] else 1


if __name__ == "__main__":
    sys.exit(main())
