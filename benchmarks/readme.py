"""Write the measured tables of README.md from committed records, so that no figure there is typed.

``python -m benchmarks.readme`` rewrites the text between ``<!-- table: NAME -->`` and ``<!-- end -->``;
``--collect DIR`` first copies the records of a test run (``tests/.results``) into ``benchmarks/results``;
``--check`` writes nothing and fails when the README is not what the records give.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import registry, verdict

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
ACCURACY = RESULTS / "accuracy.jsonl"
SPEED = RESULTS / "speed.jsonl"
WINDOWS = RESULTS / "windows.jsonl"
BAD_INPUT = RESULTS / "bad_input.jsonl"


def number(value: float) -> str:
    """Return a measured number with three digits, in plain notation where that reads well.

    Parameters
    ----------
    value : float
        Number.

    Returns
    -------
    str
        Text.
    """
    if value == 0.0:
        return "0"
    if 1e3 <= abs(value) < 1e9:
        return f"{float(f'{value:.3g}'):,.0f}".replace(",", " ")
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e3 else f"{value:.1e}"


def with_unit(value: float, unit: str) -> str:
    """Return a number with its unit; counts and ratios have none.

    Parameters
    ----------
    value : float
        Number.
    unit : str
        Unit, ``1`` or empty for none.

    Returns
    -------
    str
        Text.
    """
    return number(value) if unit in ("", "1") else f"{number(value)} {unit}"


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table.

    Parameters
    ----------
    header : list of str
        Column titles.
    rows : list of list of str
        Cells.

    Returns
    -------
    str
        Lines joined.
    """
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


SUITES = (
    "test_truth_launch_hindcast",
    "test_truth_transfers",
    "test_truth_window_completeness",
    "test_truth_gmat_transfers",
    "test_truth_flights",
    "test_truth_gmat",
    "test_truth_gmat_engine",
    "test_truth_gmat_forces",
    "test_truth_orekit_forces",
    "test_truth_gravity_axes",
    "test_truth_flown_and_published",
    "test_truth_extended_precision",
    "test_truth_estimation",
    "test_frames_erfa",
    "test_frames_moon",
    "test_timescales_erfa",
    "test_operations_spice",
    "test_truth_circumstances",
    "test_truth_light_time",
    "test_truth_spk_stk",
)
"""Truth tests shown in the README, in this order; the file of records holds all of them."""

LEFT_OUT = ("restricted three-body problem, thesis", "spk type 13", "quick lane")
"""Beginnings of cases that are many and alike."""


QUANTILE = re.compile(r"(?P<what>.*), (?P<share>50% quantile|90% quantile|largest) of (?P<n>\d+)")
BETWEEN = "the references from each other"
"""How quantities begin that tell how far two references are apart."""


def accuracy_table() -> str:
    """Return what the truth tests measured: case, reference, our differences, those between references, limits.

    Returns
    -------
    str
        Markdown.
    """
    cases: dict[tuple[int, str, str], list[dict[str, Any]]] = {}
    between: dict[str, list[str]] = {}
    for record in verdict.read([ACCURACY]):
        if record["suite"] not in SUITES or record["case"].lower().startswith(LEFT_OUT):
            continue
        if record["quantity"].startswith(BETWEEN):
            apart = f"{record['reference']}: {with_unit(record['measured'], record['unit'])}"
            between.setdefault(record["case"], []).append(apart)
        else:
            key = (SUITES.index(record["suite"]), record["case"], record["reference"])
            cases.setdefault(key, []).append(record)
    rows = []
    for (_, case, reference), records in sorted(cases.items(), key=lambda item: item[0][0]):
        cells = [*quantile_cells(records), *worst_cells(records)]
        found, limits = ("; ".join(part) for part in zip(*cells, strict=True))
        rows.append([case, reference, found, "; ".join(between.get(case, [])), limits])
    return markdown(["case", "reference", "our difference", "references from each other", "test fails above"], rows)


def quantile_cells(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return text and limits of quantities that come as median, 90 % and largest of many.

    Parameters
    ----------
    records : list of dict
        Of one case and reference.

    Returns
    -------
    list of tuple of str
    """
    families: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for record in records:
        match = QUANTILE.fullmatch(record["quantity"])
        if match:
            families.setdefault((match["what"], match["n"], record["unit"]), {})[match["share"]] = record
    cells = []
    for (what, n, unit), family in families.items():
        chosen = [family[share] for share in ("50% quantile", "90% quantile", "largest") if share in family]
        values = " / ".join(number(record["measured"]) for record in chosen)
        limits = " / ".join(number(record["tolerance"]) for record in chosen)
        title = "median / 90 % / largest" if len(chosen) == 3 else "largest"
        cells.append((f"{what}, {title} of {n}: {values} {unit}", f"{limits} {unit}"))
    return cells


def worst_cells(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return text and limit of the largest single quantity of each unit.

    Parameters
    ----------
    records : list of dict
        Of one case and reference.

    Returns
    -------
    list of tuple of str
    """
    worst: dict[str, dict[str, Any]] = {}
    for record in records:
        known = worst.get(record["unit"])
        if QUANTILE.fullmatch(record["quantity"]):
            continue
        if known is None or abs(record["measured"]) > abs(known["measured"]):
            worst[record["unit"]] = record
    return [
        (f"{r['quantity']}: {with_unit(r['measured'], r['unit'])}", with_unit(r["tolerance"], r["unit"]))
        for r in worst.values()
    ]


OTHER_TASKS = {
    "GMAT": "one transfer targeted, both from the same conic guess",
    "GMAT-near": "one transfer targeted, both from solved neighbours",
    "T1": "every window of a site-year, 3 flight times",
    "T2": "two sites, hourly arrivals, 15 flight times",
    "A1": "a year of links: 2 orbiters, 3 landers, 12 stations",
}
"""What the tasks of the other commands are, in a few words."""


def speed_table() -> str:
    """Return the newest speed record of every task and tool.

    Returns
    -------
    str
        Markdown.
    """
    records = verdict.read([SPEED, WINDOWS])
    rows = []
    for record in verdict.newest(records):
        task = record["task"]
        times = verdict.ratio_in_run(record, records)
        error = "-" if record.get("error_p99_m") is None else f"{number(record['error_p99_m'])} m"
        run = f"{record['rows']} rows, seed {record['seed']}, {record['rounds']} rounds"
        if "wall_s" in record:
            run += f", {number(record['wall_s'])} s wall in all"
        rows.append(
            [
                registry.TASKS[task].what if task in registry.TASKS else OTHER_TASKS.get(task, task),
                f"{record['tool']} {record['version']}",
                number(record["rate_per_s_core"]),
                error,
                "" if times is None else number(times),
                run,
            ]
        )
    header = ["task", "tool", "per second and core", "error (99th percentile)", "times slower than perilune", "run"]
    return markdown(header, rows)


def bad_input_table() -> str:
    """Return what the command answers to faulty input, one real run a line.

    Returns
    -------
    str
        Markdown.
    """
    rows = [[r["fault"], f"`{r['answer']}`", str(r["exit_code"])] for r in verdict.read([BAD_INPUT])]
    return markdown(["fault", "answer", "exit code"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "accuracy": accuracy_table,
    "speed": speed_table,
    "bad-input": bad_input_table,
}


def fill(text: str) -> str:
    """Return the README's text with all tables written anew.

    Parameters
    ----------
    text : str
        README.

    Returns
    -------
    str
        The same with fresh tables.
    """

    def table(match: re.Match[str]) -> str:
        return f"<!-- table: {match[1]} -->\n{TABLES[match[1]]()}\n<!-- end -->"

    return re.sub(r"<!-- table: ([a-z-]+) -->\n.*?<!-- end -->", table, text, flags=re.DOTALL)


def collect(source: Path, target: Path, key: tuple[str, ...]) -> None:
    """Merge the records of a run into the committed ones; a newer record of the same case replaces the older.

    Parameters
    ----------
    source, target : Path
        JSON lines.
    key : tuple of str
        Fields that name a case.
    """
    merged = {tuple(str(r[k]) for k in key): r for r in verdict.read([target])}
    for record in verdict.read([source]):
        test = record.pop("test", None)
        if test is not None:
            record["suite"] = Path(test.partition("::")[0]).stem
        merged[tuple(str(record[k]) for k in key)] = record
    target.parent.mkdir(exist_ok=True)
    target.write_text("".join(json.dumps(merged[k]) + "\n" for k in sorted(merged)), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        Command line without the program.

    Returns
    -------
    int
        0, or 1 when ``--check`` finds the README stale.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme", description=__doc__)
    parser.add_argument("--collect", type=Path, metavar="DIR", help="records of a test run")
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args(arguments)
    if options.collect is not None:
        collect(options.collect / ACCURACY.name, ACCURACY, ("suite", "case", "reference", "quantity"))
        collect(options.collect / BAD_INPUT.name, BAD_INPUT, ("fault",))
    readme = ROOT / "README.md"
    before = readme.read_text(encoding="utf-8")
    after = fill(before)
    if options.check:
        return int(before != after)
    readme.write_text(after, encoding="utf-8")
    sys.stdout.write(f"wrote {readme}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
