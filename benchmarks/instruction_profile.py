"""Instructions per trajectory in single steps, with what they do and where: no busy machine disturbs such a count.

``python -m benchmarks instructions --counter steps --task W1 --tools perilune,heyoka --rows 32``. A process of its own
loads its kernels and tables, propagates once, and then propagates once more while :mod:`benchmarks.single_steps` goes
through it. What Python does around the kernels is told apart by the file its code is mapped from.

Some tens of thousands of instructions a second: a few rows of the tasks of ``run``. The solver of T1 is out of reach:
four transfers take 5 ms, tens of millions of instructions, most of them in numpy around the kernel of W3.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks import verdict
from benchmarks.machine_code import Function, Listener, kind_of
from benchmarks.records import stamp
from benchmarks.registry import TASKS
from benchmarks.single_steps import Followed, be_traced, stop
from sim.constants import SECONDS_PER_DAY

ROOT: Final = Path(__file__).parents[1]
SPEED: Final = Path(__file__).parent / "results" / "speed.jsonl"
COMPILED: Final = "compiled kernels"
FUNCTIONS_SHOWN: Final = 12
KEYS: Final = {
    "task": "name of the task",
    "tool": "name of the tool",
    "rows": "trajectories",
    "span_day": "how long they are",
    "tolerance": "the tool's own, that of its newest record of the task",
    "instructions_per_row": "of the whole call, less those of an empty one",
    "kernel_per_row": "of these in code that was compiled at run time",
    "rounds": "counts of the whole call, each in a process of its own",
    "kernel_rounds": "the same of compiled code",
    "empty": "instructions of an empty call",
    "by_place": "instructions per row by the file that the code is from",
    "by_function": "those of compiled code by function, the largest ones; what the compiler inlined counts where it is",
    "by_kind": "those of compiled code by kind",
    "counter": "how they were counted",
}
"""Keys of the records, beside those of :data:`benchmarks.verdict.KEYS`."""


def tolerance_of(task: str, tool: str) -> float:
    """Give the tolerance at which a tool was measured on a task.

    Parameters
    ----------
    task, tool : str
        Names.

    Returns
    -------
    float
        That of the newest record; from the middle of the ladder where there is none.
    """
    known = [r for r in verdict.read([SPEED]) if r["task"] == task and r["tool"] == tool]
    ladder = TASKS[task].tools[tool].tolerances
    return float(known[-1]["tolerance"]) if known else float(ladder[len(ladder) // 3])


def call_of(task: str, tool: str, seed: int, rows: int, span_day: float) -> Callable[[], Any]:
    """Make what is counted.

    Parameters
    ----------
    task, tool : str
        Names.
    seed, rows : int
        Of the inputs.
    span_day : float
        Length of the trajectories.

    Returns
    -------
    callable
        Propagates all rows on one thread.
    """
    states, t0 = TASKS[task].inputs(seed, rows)
    span_s = span_day * SECONDS_PER_DAY
    ends = t0 + span_s
    world = TASKS[task].world(float(np.minimum(t0, ends).min()), float(np.maximum(t0, ends).max()))
    runner = TASKS[task].tools[tool].make(world, states, t0, span_s)
    runner.prepare(tolerance_of(task, tool))
    return runner.run


def counted_process(arguments: Sequence[str]) -> None:
    """Do what the process that is counted does: prepare, stop, nothing, stop, propagate, stop.

    Parameters
    ----------
    arguments : sequence of str
        Task, tool, seed, rows, days, and the file for the places of the functions; without it fill the cache only.
    """
    listener = Listener()
    task, tool, seed, rows, days, *out = arguments
    call = call_of(task, tool, int(seed), int(rows), float(days))
    call()
    if not out:
        return
    Path(out[0]).write_text(json.dumps(listener.functions("sim.core")), encoding="utf-8")
    be_traced()
    stop()
    (lambda: None)()
    stop()
    call()
    stop()


def _count(command: list[str], out: Path) -> tuple[int, Counter[str], Counter[str], Counter[str]]:
    """Count once; return the instructions of an empty call and those of the call by place, function and kind."""
    with Followed(command, cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "0"}) as process:
        process.run_to_stop(first=True)
        empty = sum(process.step_to_stop().values())
        seen = process.step_to_stop()
        maps = process.places()
        functions = [Function(*row) for row in json.loads(out.read_text(encoding="utf-8"))]
        places, names, kinds = Counter[str](), Counter[str](), Counter[str]()
        for address, times in seen.items():
            file = next((name for first, last, name in maps if first <= address < last), "")
            places[file or COMPILED] += times
            if not file:
                names[_function_at(address, functions)] += times
                kinds[kind_of(process.code_at(address))] += times
    return empty, places, names, kinds


def _function_at(address: int, functions: list[Function]) -> str:
    place = bisect_right(functions, address, key=lambda function: function.address) - 1
    if place >= 0 and address < functions[place].address + functions[place].size:
        return functions[place].name
    return "other"


def profile(task: str, tool: str, seed: int, rows: int, span_day: float, rounds: int = 1) -> dict[str, Any]:
    """Count the instructions of a tool on a task.

    Parameters
    ----------
    task, tool : str
        Names.
    seed, rows : int
        Of the inputs.
    span_day : float
        Length of the trajectories.
    rounds : int
        How often, each time in a process of its own.

    Returns
    -------
    dict
        Record, see :data:`KEYS`.

    Raises
    ------
    StepError
        Single steps are not to be had here.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "functions.json"
        command = [sys.executable, "-m", "benchmarks.instruction_profile", task, tool, str(seed), str(rows)]
        command.append(repr(span_day))
        subprocess.run(command, check=True, cwd=ROOT)  # kernels must come from the cache, see Listener
        found = [_count([*command, str(out)], out) for _ in range(rounds)]
    totals = [sum(places.values()) - empty for empty, places, _, _ in found]
    empty, places, names, kinds = found[0]

    def per_row(counts: Counter[str], most: int | None = None) -> dict[str, float]:
        return {name: round(times / rows, 1) for name, times in counts.most_common(most)}

    return {
        "task": task,
        "tool": tool,
        "version": TASKS[task].tools[tool].version,
        "seed": seed,
        "rows": rows,
        "span_day": span_day,
        "tolerance": tolerance_of(task, tool),
        "instructions_per_row": round(float(np.median(totals)) / rows, 1),
        "kernel_per_row": round(places[COMPILED] / rows, 1),
        "rounds": totals,
        "kernel_rounds": [found_places[COMPILED] for _, found_places, _, _ in found],
        "empty": empty,
        "by_place": per_row(places, FUNCTIONS_SHOWN),
        "by_function": per_row(names, FUNCTIONS_SHOWN),
        "by_kind": per_row(kinds),
        "counter": "single steps (ptrace)",
        **stamp(),
    }


def sentence(record: dict[str, Any]) -> str:
    """Say what a record holds.

    Parameters
    ----------
    record : dict
        Record.

    Returns
    -------
    str
        A few lines.
    """
    head = f"{record['task']}, {record['tool']}: {record['instructions_per_row']:.0f} instructions a row"
    head += f" ({record['counter']}, {record['rows']} rows of {record['span_day']:g} d)"
    lines = [head, f"  {record['kernel_per_row']:.0f} of them in compiled kernels; counts {record['rounds']}"]
    for title in ("by_place", "by_function", "by_kind"):
        whole = record["instructions_per_row"] if title == "by_place" else record["kernel_per_row"]
        lines += [f"  {title.replace('_', ' ')}:"]
        lines += [f"    {name:40} {times:12.1f} {times / whole:7.1%}" for name, times in record[title].items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="the process that is counted; not for use by hand")
    parser.add_argument("arguments", nargs="+")
    counted_process(parser.parse_args().arguments)
