"""Records as a table, with the ratio of perilune to each tool measured in the same run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import numpy as np

KEYS: Final = {
    "task": "name of the task, see `python -m benchmarks run --help`",
    "tool": "name of the tool",
    "version": "its version",
    "seed": "of the task's inputs",
    "rows": "trajectories that it did",
    "rate_per_s_core": "trajectories per second of process time on one core, median of the rounds",
    "rate_best_per_s_core": "the same in its best round",
    "error_p99_m": "99th percentile of the error of the final position against the reference, m",
    "error_p50_m": "median of the same",
    "position_error_p99_m": "W3, where `error_p99_m` is the larger of this and of 1,000 km mapped by the matrix, m",
    "matrix_error_p99": "W3: 99th percentile of the largest error of a matrix's columns over their length",
    "events_per_row": "W1-events: events recorded of each trajectory",
    "event_error_p99_ms": "W1-events: 99th percentile of the error of their times, ms",
    "rows_with_other_events": "W1-events: trajectories with other events than those of the reference",
    "rounds": "how often it was timed, in turn with the other tools of the run",
    "rates": "rate of each round",
    "level_m": "error that it was tuned to",
    "tolerance": "its own tolerance that met this, or its best",
    "looser_tolerance": "the next looser one that was tried, which does not meet it",
    "looser_error_p99_m": "its error, m",
    "looser_rates": "rate of each round with it",
    "level_rates": "rates at the very error asked for, interpolated between the two, logarithm against logarithm",
    "reference": "what the errors are measured against",
    "load": "load average of the machine before and after",
    "utc": "when; tools of one run share it",
    "machine": "processor, cores, system, versions of Python, numpy and numba",
}
"""Keys of a record of ``python -m benchmarks run``; the first eight and ``machine`` are in every record."""

HEADER: Final = (
    "task", "tool", "version", "rows", "seed", "rate/s/core", "p99 error m", "perilune is", "at equal error", "machine",
    "date",
)  # fmt: skip


def read(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Read records.

    Parameters
    ----------
    files : iterable of Path
        JSON lines; files that do not exist hold none.

    Returns
    -------
    list of dict
        In order.
    """
    texts = [path.read_text(encoding="utf-8") for path in files if path.is_file()]
    return [json.loads(line) for text in texts for line in text.splitlines() if line.strip()]


def newest(records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the last record of each task and tool.

    Parameters
    ----------
    records : iterable of dict
        In the order in which they were taken.

    Returns
    -------
    list of dict
        Task by task, both in the order in which they first occur.
    """
    kept: dict[str, dict[str, dict[str, Any]]] = {}
    for record in records:
        kept.setdefault(record["task"], {})[record["tool"]] = record
    return [record for tools in kept.values() for record in tools.values()]


def ratio(perilune: dict[str, Any], other: dict[str, Any], key: str = "rates") -> float | None:
    """Median over the rounds of the ratio of rates, which were taken in turn.

    Parameters
    ----------
    perilune, other : dict
        Records of one run.
    key : str
        ``rates`` where each meets the error asked for, ``level_rates`` at just that error.

    Returns
    -------
    float or None
        None where one of them has no such rates.
    """
    if key not in perilune or key not in other:
        return None
    rounds = min(len(perilune[key]), len(other[key]))
    return float(np.median(np.array(perilune[key][:rounds]) / np.array(other[key][:rounds])))


def ratio_in_run(record: dict[str, Any], records: Iterable[dict[str, Any]], key: str = "rates") -> float | None:
    """How many times perilune's rate is that of a record, both of one run.

    Parameters
    ----------
    record : dict
        Of any tool.
    records : iterable of dict
        Among them perilune's of the same run.
    key : str
        As for :func:`ratio`.

    Returns
    -------
    float or None
        None for perilune itself, and where that run had no perilune or no such rates.
    """
    run = tuple(record[key] for key in ("task", "seed", "utc"))
    own = [r for r in records if r["tool"] == "perilune" and tuple(r[key] for key in ("task", "seed", "utc")) == run]
    return None if not own or record["tool"] == "perilune" else ratio(own[-1], record, key)


def cells(record: dict[str, Any], records: list[dict[str, Any]]) -> list[str]:
    """Cells of a record's line.

    Parameters
    ----------
    record : dict
        Record.
    records : list of dict
        All of them.

    Returns
    -------
    list of str
        One a column of :data:`HEADER`.
    """
    times, equal = (ratio_in_run(record, records, key) for key in ("rates", "level_rates"))
    machine = record["machine"]
    error = record.get("error_p99_m")
    rate = record["rate_per_s_core"]
    return [
        record["task"],
        record["tool"],
        record["version"],
        str(record["rows"]),
        str(record["seed"]),
        f"{rate:.0f}" if rate >= 100.0 else f"{rate:.3g}",
        "-" if error is None else f"{error:.3g}",
        "" if times is None else f"{times:.3g} x",
        "" if equal is None else f"{equal:.3g} x",
        f"{machine['cpu']} ({machine['isa']}), {machine['cores']} cores, {machine['system']}",
        record["utc"][:10],
    ]


def report(files: list[Path], *, markdown: bool = False, all_runs: bool = False) -> str:
    """Table of records.

    Parameters
    ----------
    files : list of Path
        JSON lines.
    markdown : bool
        Markdown, by default aligned text.
    all_runs : bool
        Every record, by default the newest of each task and tool.

    Returns
    -------
    str
        One line a record.
    """
    records = read(files)
    rows = [list(HEADER), *(cells(record, records) for record in (records if all_runs else newest(records)))]
    if markdown:
        rows.insert(1, ["---"] * len(HEADER))
        return "".join(f"| {' | '.join(row)} |\n" for row in rows)
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )
