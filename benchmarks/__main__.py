"""Command line: ``python -m benchmarks run --task W1 --seed N --tools perilune,heyoka --json FILE`` and ``report``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.runner import run, write_records
from benchmarks.tasks import TASKS
from benchmarks.tools import TOOLS
from benchmarks.verdict import report


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
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    once = commands.add_parser("run", help="measure tools in turn")
    once.add_argument("--task", choices=sorted(TASKS), default="W1")
    once.add_argument("--seed", type=int, default=1)
    once.add_argument("--tools", default="perilune,heyoka", help="comma-separated: " + ", ".join(TOOLS))
    once.add_argument("--rows", type=int, default=1000)
    once.add_argument("--rounds", type=int, default=5)
    once.add_argument("--json", type=Path, help="append the records to this file, one JSON line each")
    shown = commands.add_parser("report", help="show records as a table with ratios")
    shown.add_argument("files", type=Path, nargs="*", default=[Path(__file__).parent / "results" / "speed.jsonl"])
    options = parser.parse_args(arguments)
    if options.command == "report":
        sys.stdout.write(report(options.files))
        return 0
    names = [name.strip() for name in options.tools.split(",") if name.strip()]
    unknown = sorted(set(names) - set(TOOLS))
    if unknown or options.rows < 1 or options.rounds < 1:
        sys.stderr.write(f"unknown tools {unknown}, or rows or rounds below 1; allowed tools: {', '.join(TOOLS)}\n")
        return 2
    records = run(TASKS[options.task], options.seed, names, options.rows, options.rounds)
    if options.json is not None:
        write_records(options.json, records)
    sys.stdout.write("".join(f"{record}\n" for record in map(str, records)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
