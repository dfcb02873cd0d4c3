"""Write the measured tables of README.md and ``results/README.md`` from committed records: no figure there is typed.

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
from statistics import median

from benchmarks import registry, verdict
from benchmarks.accuracy_tables import ACCURACY, RESULTS, group_table, headline_table, markdown, number, whole_table
from benchmarks.cost_tables import COST_TABLES
from benchmarks.orbit_tables import ORBIT_TABLES

ROOT = Path(__file__).parents[1]
SPEED = RESULTS / "speed.jsonl"
WINDOWS = RESULTS / "windows.jsonl"
BAD_INPUT = RESULTS / "bad_input.jsonl"
PAGES = (ROOT / "README.md", RESULTS / "README.md")
"""Pages with tables."""


OTHER_TASKS = {
    "GMAT": "one transfer targeted, both from the same conic guess",
    "GMAT-near": "one transfer targeted, both from solved neighbours",
    "T1": "every window of a site-year, 3 flight times",
    "T2": "two sites, hourly arrivals, 15 flight times",
    "A1": "a year of links: 2 orbiters, 3 landers, 12 stations",
}
"""What the tasks of the other commands are, in a few words."""


SPREAD_TOOLS = ("heyoka", "heyoka-hand")
FEWEST_SEEDS = 3


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
        times, equal = (verdict.ratio_in_run(record, records, key) for key in ("rates", "level_rates"))
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
                "" if equal is None else number(equal),
                run,
            ]
        )
    header = ["task", "tool", "per second and core", "error (99th percentile)", "times slower than perilune"]
    header += ["at equal error", "run"]
    return markdown(header, rows)


def spread_table() -> str:
    """Return how speeds at equal error differ from seed to seed, for tasks and tools with several such records.

    Returns
    -------
    str
        Markdown.
    """
    records = verdict.read([SPEED])
    found: dict[tuple[str, str], list[float]] = {}
    for record in records:
        equal = verdict.ratio_in_run(record, records, "level_rates")
        if equal is not None and record["tool"] in SPREAD_TOOLS:
            found.setdefault((record["task"], record["tool"]), []).append(equal)
    rows = [
        [registry.TASKS[task].what, tool, str(len(ratios)), *(number(kind(ratios)) for kind in (min, median, max))]
        for (task, tool), ratios in found.items()
        if len(ratios) >= FEWEST_SEEDS
    ]
    return markdown(["task", "tool", "seeds", "least", "median", "most times slower, at equal error"], rows)


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
    "headlines": headline_table,
    "groups": group_table,
    "accuracy": whole_table,
    "speed": speed_table,
    "spread": spread_table,
    "bad-input": bad_input_table,
    **COST_TABLES,
    **ORBIT_TABLES,
}


def fill(text: str) -> str:
    """Return a page with all its tables written anew.

    Parameters
    ----------
    text : str
        Page.

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
        0, or 1 when ``--check`` finds a page stale.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.readme", description=__doc__)
    parser.add_argument("--collect", type=Path, metavar="DIR", help="records of a test run")
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args(arguments)
    if options.collect is not None:
        collect(options.collect / ACCURACY.name, ACCURACY, ("suite", "case", "reference", "quantity"))
        collect(options.collect / BAD_INPUT.name, BAD_INPUT, ("fault",))
    pages = {page: page.read_text(encoding="utf-8") for page in PAGES}
    filled = {page: fill(text) for page, text in pages.items()}
    if options.check:
        return int(pages != filled)
    for page, text in filled.items():
        page.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {page}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
