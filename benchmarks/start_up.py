"""How long the program takes to start: fresh processes with an empty cache of kernels (cold) and a full one (warm).

``python -m benchmarks.start_up --rounds 5 --json FILE [--what default,run,compare]``. ``default`` imports the package
and propagates nine rows over five days; ``run`` and ``compare`` are the commands on the shortest scenario and the two
plans of the README, results and figures included. A cold round has a cache folder of its own and is followed by a warm
one in it. Wall clock and processor time of the whole process: on a busy machine only the second means something.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

import sim
from benchmarks.records import load, stamp, write_records

ROOT: Final = Path(__file__).parents[1]
DEFAULT: Final = """
import sim
from sim.dynamics import ForceModel
state = [4790.917764935133, 3991.541552513774, 2095.985935890359, -2.533855526313446, 7.162555038, -7.848403141]
run = sim.propagate([state] * 9, 799862868.0, 799862868.0 + 432000.0, ForceModel())
assert run.ok.all()
"""
CLI: Final = ("-m", "sim.cli")
WHAT: Final[dict[str, tuple[str, ...]]] = {
    "default": ("-c", DEFAULT),
    "run": (*CLI, "run", "scenarios/luna_26_plan2021.toml", "--out", "{out}"),
    "compare": (*CLI, "compare", "scenarios/plan_2024.toml", "scenarios/plan_2026.toml", "--out", "{out}"),
}
GOALS_S: Final = {"default": (20.0, 2.0)}
"""Of issue 3: cold and warm."""


def timed_process(arguments: Sequence[str], cache: Path) -> tuple[float, float]:
    """Run a fresh process of this interpreter.

    Parameters
    ----------
    arguments : sequence of str
        Of the interpreter.
    cache : Path
        Folder for kernels.

    Returns
    -------
    wall_s, cpu_s : float
        Of the process and its children.
    """
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    environment = {**os.environ, "PERILUNE_CACHE_DIR": str(cache), "MPLBACKEND": "Agg"}
    subprocess.run([sys.executable, *arguments], check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(what: str, rounds: int) -> dict[str, Any]:
    """Time starts.

    Parameters
    ----------
    what : str
        One of :data:`WHAT`.
    rounds : int
        Pairs of a cold and a warm start.

    Returns
    -------
    dict
        Record.
    """
    times: dict[str, list[tuple[float, float]]] = {"cold": [], "warm": []}
    before = load()
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="start-up-") as name:
            for state, found in times.items():
                out = Path(name) / f"out_{state}"
                arguments = [part.replace("{out}", str(out)) for part in WHAT[what]]
                found.append(timed_process(arguments, Path(name) / "cache"))
    record: dict[str, Any] = {"task": f"start-up-{what}", "tool": "perilune", "version": sim.__version__}
    for state, found in times.items():
        walls, cpus = (np.array(column) for column in zip(*found, strict=True))
        record |= {f"{state}_wall_s": float(np.median(walls)), f"{state}_cpu_s": float(np.median(cpus))}
        record[f"{state}_walls_s"] = [round(float(wall), 3) for wall in walls]
    if what in GOALS_S:
        record["goals_wall_s"] = list(GOALS_S[what])
    return {**record, "rounds": rounds, "load": [before, load()], **stamp()}


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
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start_up", description=__doc__)
    parser.add_argument("--what", default="default", help=f"comma-separated, of {', '.join(WHAT)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path, help="append the records to this file")
    options = parser.parse_args(arguments)
    names = options.what.split(",")
    if not set(names) <= set(WHAT) or options.rounds < 1:
        parser.error(f"--what: allowed are {', '.join(WHAT)}; --rounds: 1 or more")
    for name in names:
        record = measure(name, options.rounds)
        if options.json is not None:
            write_records(options.json, [record])
        sys.stdout.write(f"{record}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
