"""Tables of what things cost beside speed: instructions, starts, lifetimes of low orbits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from benchmarks import verdict
from benchmarks.accuracy_tables import RESULTS, markdown, number
from benchmarks.instruction_profile import COMPILED
from benchmarks.low_orbit_lifetimes import ALL_ROWS
from benchmarks.machine_code import KINDS

INSTRUCTIONS: Final = RESULTS / "instructions.jsonl"
START_UP: Final = RESULTS / "start_up.jsonl"
THREADS: Final = RESULTS / "threads.jsonl"
LOW_ORBITS: Final = RESULTS / "low_orbits.jsonl"
FUNCTIONS_SHOWN: Final = 3
STARTS: Final = {
    "start-up-default": "import, nine rows propagated five days",
    "start-up-run": "`perilune run` of Luna 26",
    "start-up-compare": "`perilune compare` of both plans",
}
LIFETIMES: Final = "lifetimes"
"""How the tasks of lifetimes begin."""


def instruction_table() -> str:
    """Return the newest count of every task, tool and span.

    Returns
    -------
    str
        Markdown.
    """
    rows = []
    for record in newest(verdict.read([INSTRUCTIONS]), ("task", "tool", "span_day")):
        kernel = record["kernel_per_row"]
        wide = sum(record["by_kind"].get(kind, 0.0) for kind in KINDS[:4])
        named = [(name, times) for name, times in record["by_function"].items() if name != "other"]
        top = "; ".join(f"{name} {times / kernel:.0%}" for name, times in named[:FUNCTIONS_SHOWN])
        other = sum(times for place, times in record["by_place"].items() if place != COMPILED)
        rows.append(
            [
                f"{record['task']}, {record['span_day']:.3g} d, {record['rows']} rows",
                f"{record['tool']} {record['version']}",
                number(kernel),
                number(other),
                f"{wide / kernel:.0%} ({record['by_kind'].get(KINDS[0], 0.0) / kernel:.0%})",
                top,
            ]
        )
    header = [
        "task", "tool", "instructions a row in compiled code", "around it",
        "512-bit vectors (fused multiply-adds)", "largest functions",
    ]  # fmt: skip
    return markdown(header, rows)


def start_table() -> str:
    """Return how long the program takes to start.

    Returns
    -------
    str
        Markdown.
    """
    rows = []
    for record in newest(verdict.read([START_UP]), ("task",)):
        goals = record.get("goals_wall_s")
        cells = [
            f"{number(record[f'{state}_wall_s'])} s ({number(record[f'{state}_cpu_s'])} s)"
            for state in ("cold", "warm")
        ]
        goal = "" if goals is None else f"{goals[0]:.0f} s / {goals[1]:.0f} s"
        rows.append([STARTS[record["task"]], *cells, goal, f"{record['rounds']}, load {record['load'][0]:.1f}"])
    header = ["what", "cache empty: wall (processor)", "cache full: wall (processor)", "goals", "rounds"]
    return markdown(header, rows)


def lifetime_table() -> str:
    """Return what the lifetimes of 10,000 low orbits cost, ours as flown, those of peers scaled.

    Returns
    -------
    str
        Markdown.
    """
    rows = []
    records = [r for r in verdict.read([LOW_ORBITS]) if r["task"].startswith(LIFETIMES)]
    for record in newest(records, ("task", "tool")):
        whole = "flown_day" in record
        cost = record["cpu_s_of_10000" if whole else "cpu_s_of_10000_scaled"]
        flown = f"{record['rows']} orbits, 180 d or until impact" if whole else f"{record['rows']} orbits, a week"
        error = "-" if whole else f"{number(record.get('scaled_at_m', record['error_p99_m']))} m"
        all_flown = whole and record["rows"] == ALL_ROWS
        kind = "measured" if all_flown else "scaled by the rows" if whole else "scaled by the days flown"
        rows.append([f"{record['tool']} {record['version']}", flown, error, f"{number(cost)} s ({kind})"])
    return markdown(["tool", "flown", "error after a week (99th percentile)", "processor time of all 10,000"], rows)


def thread_table() -> str:
    """Return how much quicker two threads are than one, by the clock on the wall.

    Returns
    -------
    str
        Markdown.
    """
    rows = [
        [
            f"{record['task']}, {record['rows']} rows",
            str(record["threads"]),
            f"{record['speedup']:.2f}",
            f"{record['cpu_ratio']:.2f}",
            "same bits" if record["same_bits"] else "DIFFERENT BITS",
            f"{record['rounds']}, load {record['load'][0]:.1f}",
        ]
        for record in newest(verdict.read([THREADS]), ("task", "threads"))
    ]
    header = ["task", "threads", "times one thread (wall)", "processor time, times one thread's", "results", "rounds"]
    return markdown(header, rows)


def newest(records: Sequence[dict[str, Any]], keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """Keep the last record of each combination of some keys.

    Parameters
    ----------
    records : sequence of dict
        In the order in which they were taken.
    keys : tuple of str
        What tells records apart.

    Returns
    -------
    list of dict
        In the order in which the combinations first occur.
    """
    return list({tuple(record[key] for key in keys): record for record in records}.values())


COST_TABLES: Final[dict[str, Callable[[], str]]] = {
    "instructions": instruction_table,
    "start-up": start_table,
    "lifetimes": lifetime_table,
    "threads": thread_table,
}
