"""Instructions per trajectory, which no busy machine disturbs: ``perf stat`` or ``valgrind --tool=callgrind``.

The count of a process that propagates a task's rows once is taken from that of one which does so several times more;
what both do besides (imports, tables) drops out. Valgrind knows no AVX-512: under it kernels are compiled for AVX2, in
a cache of their own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.tasks import Task

ROOT = Path(__file__).parents[1]

ABSENT = "neither perf nor valgrind is on this machine's PATH: no instruction counts; install one of them"
MORE = 100
"""How many more times the longer process propagates."""

CODE = """
import sys
import numpy as np
from benchmarks.registry import TASKS
task, seed, rows, times = TASKS[sys.argv[1]], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
states, t0 = task.inputs(seed, rows)
ends = t0 + task.span_s
world = task.world(float(np.minimum(t0, ends).min()), float(np.maximum(t0, ends).max()))
tool = task.tools["perilune"]
runner = tool.make(world, states, t0, task.span_s)
runner.prepare(tool.tolerances[len(tool.tolerances) // 3])
for _ in range(times):
    runner.run()
"""


def environment_of(counter: str, folder: Path) -> dict[str, str]:
    """Environment of the processes that are counted.

    Parameters
    ----------
    counter : str
        ``perf`` or ``valgrind``.
    folder : Path
        For a cache of kernels.

    Returns
    -------
    dict of str to str
    """
    own = {**os.environ, "PYTHONHASHSEED": "0"}
    if counter == "perf":
        return own
    return {**own, "NUMBA_CPU_NAME": "haswell", "PERILUNE_CACHE_DIR": str(folder / "cache")}


def counted(command: list[str], counter: str, folder: Path) -> int:
    """Count the instructions of a process.

    Parameters
    ----------
    command : list of str
        What to run.
    counter : str
        ``perf`` or ``valgrind``.
    folder : Path
        For what they write.

    Returns
    -------
    int
        Instructions in user mode.

    Raises
    ------
    RuntimeError
        The counter gave no number: perf needs the right to read hardware counters.
    """
    out = folder / "count.txt"
    if counter == "perf":
        command = ["perf", "stat", "-x", ",", "-e", "instructions:u", "-o", str(out), *command]
    else:
        options = ["--tool=callgrind", f"--log-file={out}", "--callgrind-out-file=/dev/null"]
        command = ["valgrind", *options, *command]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment_of(counter, folder))
    text = out.read_text(encoding="utf-8") if out.is_file() else ""
    found = re.search(r"^(\d+),", text, re.M) if counter == "perf" else re.search(r"Collected : (\d+)", text)
    if done.returncode or found is None:
        raise RuntimeError(f"{counter} gave no count: {(text + done.stderr)[-500:]}")
    return int(found[1])


def count_instructions(task: Task, seed: int, rows: int) -> str:
    """Instructions that perilune takes for one trajectory of a task.

    Parameters
    ----------
    task : Task
        Task.
    seed, rows : int
        Of its inputs.

    Returns
    -------
    str
        A sentence: the count, or why there is none.
    """
    counters = [name for name in ("perf", "valgrind") if shutil.which(name)]
    with tempfile.TemporaryDirectory() as name:
        for counter in counters:
            command = [sys.executable, "-c", CODE, task.name, str(seed), str(rows)]
            try:
                # Fills the cache of kernels, uncounted.
                subprocess.run([*command, "1"], check=True, cwd=ROOT, env=environment_of(counter, Path(name)))
                # Twice: what the rest of a process varies by.
                few, again = (counted([*command, "1"], counter, Path(name)) for _ in range(2))
                many = counted([*command, str(1 + MORE)], counter, Path(name))
            except RuntimeError as error:
                reason = str(error)
                continue
            each, noise = (many - few) / (MORE * rows), abs(again - few) / (MORE * rows)
            return f"{task.name}: {each:.0f} +- {noise:.0f} instructions a trajectory ({counter}, {rows} rows)"
    return reason if counters else ABSENT
