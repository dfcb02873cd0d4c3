"""Command line: ``python -m benchmarks run --task W1 --seed N --tools perilune,heyoka --json FILE``, and ``report``.

Keys of the records: ``python -m benchmarks keys``. Instruction counts: ``python -m benchmarks instructions``.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path

from benchmarks.instructions import count_instructions
from benchmarks.peers import KINDS, PeerError, name_interpreter
from benchmarks.registry import TASKS
from benchmarks.runner import run, write_records
from benchmarks.verdict import KEYS, report

RESULTS = Path(__file__).parent / "results"


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
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    lists = "\n".join(f"  {name}: {task.what}; tools {', '.join(task.tools)}" for name, task in TASKS.items())
    once = commands.add_parser(
        "run", help="measure tools in turn", epilog=f"tasks:\n{lists}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    once.add_argument("--task", choices=sorted(TASKS), default="W1")
    seeds = once.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=int, default=1, help="of the inputs (default 1)")
    seeds.add_argument("--unseen", action="store_true", help="a seed drawn now, which nobody has tuned anything to")
    once.add_argument("--tools", default="perilune,heyoka", help="comma-separated")
    once.add_argument("--rows", type=int, default=1000)
    once.add_argument("--rounds", type=int, default=5)
    once.add_argument("--json", type=Path, help="append the records to this file, one JSON line each")
    once.add_argument(
        "--interpreter", action="append", default=[], metavar="TOOL=PATH",
        help=f"Python of a tool's own environment, for {', '.join(KINDS)}; or PERILUNE_PEER_<TOOL>",
    )  # fmt: skip
    shown = commands.add_parser("report", help="show records as a table with ratios")
    shown.add_argument("files", type=Path, nargs="*", default=[RESULTS / "speed.jsonl", RESULTS / "windows.jsonl"])
    shown.add_argument("--markdown", action="store_true")
    shown.add_argument("--all", action="store_true", help="every record, not only the newest of each task and tool")
    commands.add_parser("keys", help="what the keys of a record mean")
    counted = commands.add_parser("instructions", help="instructions per trajectory, by perf or valgrind")
    counted.add_argument("--task", choices=sorted(TASKS), default="W1")
    counted.add_argument("--rows", type=int, default=200)
    counted.add_argument("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace) -> int:
    """Do the command ``run``.

    Parameters
    ----------
    options : Namespace
        Options.

    Returns
    -------
    int
        Exit code.
    """
    task = TASKS[options.task]
    names = [name.strip() for name in options.tools.split(",") if name.strip()]
    unknown = sorted(set(names) - set(task.tools))
    if unknown or not names or options.rows < 1 or options.rounds < 1:
        allowed = f"allowed tools of {task.name}: {', '.join(task.tools)}"
        sys.stderr.write(f"unknown tools {unknown}, or rows or rounds below 1; {allowed}\n")
        return 2
    seed = secrets.randbelow(2**31) if options.unseen else options.seed
    try:
        for text in options.interpreter:
            name_interpreter(text)
        records = run(task, seed, names, options.rows, options.rounds)
    except PeerError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json is not None:
        write_records(options.json, records)
    sys.stdout.write("".join(f"{record}\n" for record in map(str, records)))
    return 0


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
    options = parse(arguments)
    if options.command == "run":
        return measure(options)
    if options.command == "report":
        sys.stdout.write(report(options.files, markdown=options.markdown, all_runs=options.all))
    elif options.command == "keys":
        sys.stdout.write("".join(f"{key:22} {what}\n" for key, what in KEYS.items()))
    else:
        sys.stdout.write(count_instructions(TASKS[options.task], options.seed, options.rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
