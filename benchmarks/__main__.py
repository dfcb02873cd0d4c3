"""Command line: ``python -m benchmarks run --task W1 --seed N --tools perilune,heyoka --json FILE``, and ``report``.

Tasks of trajectories (W1, W2, W3) and whole ones (T1, T2, GMAT). Keys of the records: ``python -m benchmarks keys``.
Instruction counts: ``python -m benchmarks instructions``.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.instruction_profile import profile, sentence
from benchmarks.instructions import count_instructions
from benchmarks.peers import KINDS, PeerError, name_interpreter
from benchmarks.records import write_records
from benchmarks.registry import TASKS
from benchmarks.runner import run
from benchmarks.single_steps import StepError
from benchmarks.verdict import KEYS, report
from benchmarks.whole_tasks import WHOLE, NotPossibleError, run_whole
from sim.constants import SECONDS_PER_DAY

RESULTS = Path(__file__).parent / "results"
ROWS = 1000


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
    every = {**TASKS, **WHOLE}
    lists = "\n".join(f"  {name}: {task.what}; tools {', '.join(task.tools)}" for name, task in every.items())
    once = commands.add_parser(
        "run", help="measure tools in turn", epilog=f"tasks:\n{lists}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    once.add_argument("--task", choices=sorted(every), default="W1")
    seeds = once.add_mutually_exclusive_group()
    seeds.add_argument("--seed", type=whole_from(0), default=1, help="of the inputs (default 1), 0 and more")
    seeds.add_argument("--unseen", action="store_true", help="a seed drawn now, which nobody has tuned anything to")
    once.add_argument("--tools", help="comma-separated (default perilune,heyoka; T1, T2: perilune; W1-events: all)")
    once.add_argument("--rows", type=int, help=f"default {ROWS}; T1, T2 and GMAT bring their own")
    once.add_argument("--rounds", type=whole_from(1), default=5)
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
    counted = commands.add_parser("instructions", help="instructions per trajectory, where, and of what kind")
    counted.add_argument("--task", choices=sorted(TASKS), default="W1")
    counted.add_argument("--rows", type=whole_from(1), default=64)
    counted.add_argument("--seed", type=whole_from(0), default=1)
    counted.add_argument(
        "--counter", choices=("steps", "process"), default="steps",
        help="steps: one by one through the kernels (default); process: of whole processes, by perf or valgrind",
    )  # fmt: skip
    counted.add_argument("--tools", default="perilune", help="comma-separated, those of this interpreter (steps)")
    counted.add_argument("--span-day", type=float, help="length of the trajectories (steps), by default the task's")
    counted.add_argument("--rounds", type=whole_from(1), default=2, help="counts, each in a process of its own (steps)")
    counted.add_argument("--json", type=Path, help="append the records to this file (steps)")
    return parser.parse_args(arguments)


def whole_from(least: int) -> Callable[[str], int]:
    """Return a reader of whole numbers for options.

    Parameters
    ----------
    least : int
        Smallest one allowed.

    Returns
    -------
    callable
        Text to number; the parser of the command line says what is wrong.
    """

    def read(text: str) -> int:
        number = int(text) if text.strip().removeprefix("-").isdecimal() else least - 1
        if number < least:
            raise argparse.ArgumentTypeError(f"found {text!r}; allowed: whole numbers from {least}")
        return number

    return read


def usual_tools(task: str) -> str:
    """Return the tools of a task where none are named.

    Parameters
    ----------
    task : str
        Task.

    Returns
    -------
    str
        Comma-separated.
    """
    if task in WHOLE:
        return ",".join(WHOLE[task].tools)
    known = TASKS[task].tools
    return "perilune,heyoka" if "heyoka" in known else ",".join(known)


def measure_rows(options: argparse.Namespace, seed: int, names: list[str]) -> list[dict[str, Any]]:
    """Measure tools on a task of trajectories.

    Parameters
    ----------
    options : Namespace
        Options.
    seed : int
        Of the inputs.
    names : list of str
        Tools.

    Returns
    -------
    list of dict
        One record a tool.

    Raises
    ------
    NotPossibleError
        A tool is unknown, or there are no rows.
    """
    task = TASKS[options.task]
    rows = ROWS if options.rows is None else options.rows
    unknown = sorted(set(names) - set(task.tools))
    if unknown or not names or rows < 1:
        allowed = f"allowed tools of {task.name}: {', '.join(task.tools)}"
        raise NotPossibleError(f"unknown tools {unknown}, or rows below 1; {allowed}")
    return run(task, seed, names, rows, options.rounds)


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
    names = [name.strip() for name in (options.tools or usual_tools(options.task)).split(",") if name.strip()]
    seed = secrets.randbelow(2**31) if options.unseen else options.seed
    try:
        for text in options.interpreter:
            name_interpreter(text)
        if options.rounds < 1:
            raise NotPossibleError("--rounds is below 1; allowed: 1 or more")
        if options.task in WHOLE:
            records = run_whole(WHOLE[options.task], seed, names, options.rows, options.rounds)
        else:
            records = measure_rows(options, seed, names)
    except (PeerError, NotPossibleError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json is not None:
        write_records(options.json, records)
    sys.stdout.write("".join(f"{record}\n" for record in map(str, records)))
    return 0


def count(options: argparse.Namespace) -> int:
    """Do the command ``instructions``.

    Parameters
    ----------
    options : Namespace
        Options.

    Returns
    -------
    int
        Exit code.
    """
    if options.counter == "process":
        sys.stdout.write(count_instructions(TASKS[options.task], options.seed, options.rows) + "\n")
        return 0
    task, names = TASKS[options.task], options.tools.split(",")
    allowed = [name for name in task.tools if name not in KINDS]
    if not set(names) <= set(allowed) or options.rows < 1 or options.rounds < 1:
        sys.stderr.write(f"tools {names}, {options.rows} rows: allowed are {', '.join(allowed)}, and 1 row or more\n")
        return 2
    span_day = options.span_day or task.span_s / SECONDS_PER_DAY
    for tool in names:
        try:
            record = profile(options.task, tool, options.seed, options.rows, span_day, options.rounds)
        except StepError as error:
            sys.stderr.write(f"{error}\n")
            return 2
        sys.stdout.write(sentence(record))
        if options.json is not None:
            write_records(options.json, [record])
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
        return count(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
