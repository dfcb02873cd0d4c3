"""Records as a table, with the ratio of perilune to each tool measured in the same run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np


def ratio(perilune: dict[str, Any], other: dict[str, Any]) -> float:
    """Median over the rounds of the ratio of rates, which were taken in turn.

    Parameters
    ----------
    perilune, other : dict
        Records of one run.

    Returns
    -------
    float
    """
    rounds = min(len(perilune["rates"]), len(other["rates"]))
    return float(np.median(np.array(perilune["rates"][:rounds]) / np.array(other["rates"][:rounds])))


def report(files: list[Path]) -> str:
    """Text table of records.

    Parameters
    ----------
    files : list of Path
        JSON lines.

    Returns
    -------
    str
        One line a record.
    """
    records = [json.loads(line) for path in files if path.is_file() for line in path.read_text().splitlines() if line]
    own = {(r["task"], r["seed"], r["utc"]): r for r in records if r["tool"] == "perilune"}
    lines = [
        f"{'task':8} {'tool':10} {'version':9} {'seed':>5} {'rows':>6} {'per s core':>12} {'p99 error m':>12}  ratio"
    ]
    for record in records:
        base = own.get((record["task"], record["seed"], record["utc"]))
        times = "" if base is None or base is record else f"{ratio(base, record):.1f} x"
        lines.append(
            f"{record['task']:8} {record['tool']:10} {record['version']:9} {record['seed']:5} {record['rows']:6} "
            f"{record['rate_per_s_core']:12.1f} {record['error_p99_m']:12.3g}  {times}"
        )
    return "\n".join(lines) + "\n"
