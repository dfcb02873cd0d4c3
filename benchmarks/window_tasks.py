"""Command line of the window benchmarks: T1, a site-year of windows as one command, and T2 (`benchmarks.atlas`).

T1: Vostochny, the whole of 2024, every daily window over both poles, branches and legs, three flight times, every
trajectory converged in the full model. The wall clock of the whole command counts, in a fresh process with compiled
kernels in the cache.

``python -m benchmarks.window_tasks --task T1`` or ``--task T2 [--fraction 0.1] [--ledger FILE]``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import sim
from benchmarks.records import stamp, write_records
from benchmarks.window_records import forward_error_m
from sim.sites import launch_site
from sim.timescales import tdb_from_utc
from sim.windows import OpportunityTable, WindowRequest, find_opportunities

T1_TOF_DAY = (4.0, 4.5, 5.0)
T1_INCLINATION_DEG = 51.8
T1_GOAL_S = 5.0


def t1_request(start: str, stop: str) -> WindowRequest:
    """Return the search of T1.

    Parameters
    ----------
    start, stop : str
        Launch period, UTC.

    Returns
    -------
    WindowRequest
        All poles, branches and legs from Vostochny.
    """
    return WindowRequest(
        "t1",
        launch_site("vostochny"),
        float(tdb_from_utc(start)),
        float(tdb_from_utc(stop)),
        (T1_INCLINATION_DEG,),
        200.0,
        T1_TOF_DAY,
        100.0,
        100.0,
    )


def t1_command(start: str, stop: str, out: Path) -> OpportunityTable:
    """Do what T1 times: search, and keep the trajectories.

    Parameters
    ----------
    start, stop : str
        Launch period, UTC.
    out : Path
        Where to write them (.npz).

    Returns
    -------
    OpportunityTable
        The windows.
    """
    table = find_opportunities(t1_request(start, stop))
    names = ("launch_tdb", "tli_tdb", "tli_state", "perilune_tdb", "perilune_state", "c3_km2_s2", "loi_dv_m_s")
    np.savez(out, **{name: getattr(table, name) for name in names})
    return table


def run_t1(
    rounds: int, start: str = "2024-01-01T00:00:00", stop: str = "2025-01-01T00:00:00", fill: int = 1
) -> dict[str, Any]:
    """Time the command of T1 in fresh processes.

    Parameters
    ----------
    rounds : int
        How often.
    start, stop : str
        Launch period, UTC.
    fill : int
        Runs before that, not counted, that fill the cache.

    Returns
    -------
    dict
        Speed record.
    """
    walls, cpus = [], []
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "t1.npz"
        command = [sys.executable, "-m", "benchmarks.window_tasks", "--task", "T1-command", "--span", start, stop]
        for turn in range(fill + rounds):
            before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
            subprocess.run([*command, "--out", str(out)], check=True, cwd=Path(__file__).parents[1])
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if turn >= fill:
                walls.append(time.perf_counter() - wall)
                cpus.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        with np.load(out) as data:
            found = {key: data[key] for key in data.files}
    rows = int(found["launch_tdb"].size)
    ends = [found[key] for key in ("tli_state", "tli_tdb", "perilune_state", "perilune_tdb")]
    return {
        "task": "T1",
        "tool": "perilune",
        "version": sim.__version__,
        "seed": 0,
        "rows": rows,
        "rate_per_s_core": rows / float(np.median(cpus)),
        "error_p99_m": forward_error_m(*ends),
        "rounds": rounds,
        "rates": [round(rows / cpu, 3) for cpu in cpus],
        **stamp(),
        "wall_s": float(np.median(walls)),
        "walls_s": [round(wall, 3) for wall in walls],
        "cpu_s": float(np.median(cpus)),
        "goal_wall_s": T1_GOAL_S,
    }


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Read the command line.

    Parameters
    ----------
    arguments : list of str or None
        Without the program.

    Returns
    -------
    Namespace
        Options.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.window_tasks", description=__doc__)
    parser.add_argument("--task", choices=("T1", "T2", "T1-command"), required=True)
    parser.add_argument("--json", type=Path, metavar="FILE", help="append the record here")
    parser.add_argument("--fraction", type=float, default=0.1, help="part of T2 (default 0.1; 1 is all of it)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3, help="of T1")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes of T2")
    parser.add_argument("--ledger", type=Path, help="of T2, to go on later; a temporary one by default")
    parser.add_argument("--span", nargs=2, default=("2024-01-01T00:00:00", "2025-01-01T00:00:00"), help="of T1, UTC")
    parser.add_argument("--out", type=Path, help="of T1-command, the command that T1 times")
    options = parser.parse_args(arguments)
    if not 0.0 < options.fraction <= 1.0:
        parser.error("--fraction: allowed are numbers above 0, up to 1")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        Command line without the program.

    Returns
    -------
    int
        0.
    """
    options = parse(arguments)
    if options.task == "T1-command":
        t1_command(options.span[0], options.span[1], options.out)
        return 0
    if options.task == "T1":
        record = run_t1(options.rounds, options.span[0], options.span[1])
    else:
        from benchmarks.atlas import run_t2  # late: the command that T1 times does without

        with tempfile.TemporaryDirectory() as name:
            ledger = options.ledger or Path(name) / "t2.sqlite"
            record = run_t2(options.fraction, options.seed, options.workers, ledger)
    if options.json is not None:
        write_records(options.json, [record])
    sys.stdout.write(json.dumps(record) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
