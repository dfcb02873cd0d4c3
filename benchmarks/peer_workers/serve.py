"""What every worker does: read its problem, answer requests line by line. Standard library and numpy only.

A worker is run by the interpreter of a tool's own environment, as ``python -m benchmarks.peer_workers.TOOL FOLDER``.
The folder holds ``problem.json`` and ``rows.npz``; a request is a line of JSON on standard input, an answer one on
standard output, final states go to ``ends.npy``. Times are processor times of this process.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def serve(version: str, make: Callable[[Path, dict[str, Any], Any], Callable[[float], Any]]) -> None:
    """Answer until the input ends.

    Parameters
    ----------
    version : str
        Of the tool.
    make : callable
        From folder, problem and rows to a callable that takes a tolerance, gets ready, and returns a callable that
        propagates all rows and returns their final states. That one may have an attribute ``idle``: the same without
        the flights, whose time is subtracted.
    """
    # Whatever a tool prints must not get among the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    folder = Path(sys.argv[1])
    problem = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
    with np.load(folder / "rows.npz") as data:
        rows = {name: data[name] for name in data.files}
    prepare = make(folder, problem, rows)
    propagate = None

    def answer(**fields: Any) -> None:
        answers.write(json.dumps(fields) + "\n")
        answers.flush()

    answer(version=version)
    for line in sys.stdin:
        request = json.loads(line)
        if "tolerance" in request:
            propagate = prepare(request["tolerance"])
            answer(ready=True)
            continue
        gc.collect()
        repeats, spent, ends = 0, 0.0, None
        while repeats == 0 or spent < request["seconds"]:
            ends, used = timed(propagate)
            spent += used - (timed(propagate.idle)[1] if hasattr(propagate, "idle") else 0.0)
            repeats += 1
        np.save(folder / "ends.npy", np.asarray(ends, dtype=np.float64))
        answer(spent_s=spent, repeats=repeats)


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """Return a call's result and the processor time it took.

    Parameters
    ----------
    call : callable
        What to do.

    Returns
    -------
    result : object
        Its result.
    spent_s : float
        Of all threads of this process.
    """
    start = time.process_time()
    result = call()
    return result, time.process_time() - start
