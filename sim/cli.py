"""The command `perilune`: arguments in, exit codes out, nothing else.

Exit codes: 0 done, 2 bad input, 3 data missing or corrupt, 4 some cases failed (they are listed), 70 a fault
of the program (its traceback goes to a file), 130 interrupted. One fault is one line on the error stream.

Heavy packages (numba, astropy, matplotlib) are imported inside the commands that need them, so that `--help`,
`check` and a mistyped option answer at once.
"""

from __future__ import annotations

import functools
import os
import platform
import shutil
import sys
import tempfile
import textwrap
import time
import traceback
from collections.abc import Callable
from importlib import metadata
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim import __version__
from sim.errors import EXIT_INTERNAL, EXIT_INTERRUPTED, EXIT_OK, EXIT_PARTIAL, PeriluneError, ScenarioError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from sim.analysis.results import MissionResult, RunResults

app = typer.Typer(
    name="perilune",
    help="Lunar mission planning: launch windows, transfers and coordinated plans from real ephemerides.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Scenario = Annotated[Path, typer.Argument(metavar="SCENARIO", help="Scenario file (TOML).", show_default=False)]
OutFolder = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")]


class TerminalProgress:
    """Progress on the error stream: bars with rate and remaining time, or nothing when it is no terminal.

    Call it as ``progress(label, done, total)`` as often as convenient; use it as a context manager. Labels
    that agree up to their first colon share one bar, for example ``luna26: inclination 51.7 deg``.
    """

    def __init__(self) -> None:
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> TerminalProgress:
        if sys.stderr.isatty():
            self._bars = _rich_progress()
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def __call__(self, label: str, done: int, total: int) -> None:
        """Show that `done` of `total` pieces of the work called `label` are finished.

        Parameters
        ----------
        label : str
            What is being done, after the name of the bar and a colon.
        done, total : int
            Finished pieces, all pieces.
        """
        if self._bars is None:
            return
        name = label.partition(":")[0]
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(label, total=total)
        self._bars.update(self._tasks[name], description=label, completed=done, total=total)


def _rich_progress() -> Progress:
    # Optional work, wanted on terminals only: rich takes longer to import than `check` may take.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Rate(ProgressColumn):
        """Pieces a second and the time that remains."""

        def render(self, task: Any) -> Text:
            speed = task.finished_speed or task.speed
            if not speed:
                return Text("")
            left = "" if task.time_remaining is None else f", {task.time_remaining:.0f} s left"
            return Text(f"{speed:.3g}/s{left}", style="cyan")

    return Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def _one_line(text: object) -> str:
    return " ".join(str(text).split())


def _say(line: str) -> None:
    print(line, file=sys.stderr)


def _report(fault: PeriluneError) -> int:
    """One line a fault; scenario faults start with file and line, so that editors can jump there."""
    if isinstance(fault, ScenarioError):
        for problem in fault.problems:
            _say(_one_line(problem))
    else:
        _say(f"perilune: {_one_line(fault)}")
    return fault.exit_code


def _keep_traceback(out: Path | None) -> str:
    """Write the traceback of the current exception where the user will find it."""
    name = f"perilune-fault-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
    for folder in (out, Path(tempfile.gettempdir())):
        if folder is None or not folder.is_dir():
            continue
        try:
            (folder / name).write_text(traceback.format_exc(), encoding="utf-8")
        except OSError:
            continue
        return f"traceback in {folder / name}"
    return "its traceback could not be written anywhere"


def _interrupted(out: Path | None) -> int:
    kept = "nothing was written" if out is None else f"what was finished is kept in {out}; the same command goes on"
    _say(f"perilune: interrupted; {kept}")
    return EXIT_INTERRUPTED


def _guarded(command: Callable[..., None]) -> Callable[..., None]:
    """Turn every exception of a command into one line and an exit code: the only handler of the program."""

    @functools.wraps(command)
    def guarded(**arguments: Any) -> None:
        out = arguments.get("out")
        try:
            command(**arguments)
            sys.stdout.flush()
        except PeriluneError as fault:
            raise typer.Exit(_report(fault)) from None
        except KeyboardInterrupt:
            raise typer.Exit(_interrupted(out)) from None
        except BrokenPipeError:
            # The reader (`| head`) went away: not a fault. The stream must not be flushed again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(EXIT_OK) from None
        except typer.Exit:
            raise
        except Exception as fault:
            kind, place = type(fault).__name__, _keep_traceback(out)
            _say(f"perilune: fault of the program, {kind}: {_one_line(fault)}; {place}")
            raise typer.Exit(EXIT_INTERNAL) from None

    return guarded


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"perilune {__version__}")
        raise typer.Exit(EXIT_OK)


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Lunar mission planning: launch windows, transfers and coordinated plans from real ephemerides."""


def _launches(mission: MissionResult) -> list[str]:
    """One line a launch day: of the opportunities within limits, else of all, the one that delivers the most."""
    from sim.products.opportunities import columns  # numpy and the analysis: for these commands only

    table = columns(mission)
    worth = [*zip(table["within_limits_n"].tolist(), table["delivered_mass_kg"].tolist(), strict=True)]
    best: dict[str, int] = {}
    for row, instant in enumerate(table["launch_utc"].tolist()):
        day = instant[:10]
        if day not in best or worth[row] > worth[best[day]]:
            best[day] = row
    return [
        f"{str(table['launch_utc'][row])[:19]} UTC  flight {table['tof_day'][row]:.2f} d  {_burns(table, row)}"
        + ("" if table["within_limits_n"][row] else "  outside the limits")
        for row in best.values()
    ]


def _burns(table: dict[str, Any], row: int) -> str:
    """Say what a launch costs; a direct ascent has no injection burn, an impact no insertion."""
    tli, loi = table["tli_dv_m_s"][row], table["loi_dv_m_s"][row]
    injected, inserted = tli == tli, loi > 0.0
    parts = [f"coast {table['coast_s'][row]:.0f} s  TLI {tli:.1f} m/s"] if injected else ["direct ascent"]
    parts += [f"C3 {table['c3_km2_s2'][row]:.2f} km2/s2"] if not injected else []
    parts += (
        [f"LOI {loi:.1f} m/s  in orbit {table['delivered_mass_kg'][row]:.0f} kg"]
        if inserted
        else [f"no insertion, v-infinity {table['vinf_km_s'][row]:.2f} km/s"]
    )
    return "  ".join(parts)


def _print_missions(results: RunResults, every_day: bool) -> None:
    from sim.products.at_moon_orbit_report import orbit_lines  # numpy and the analysis: for these commands only
    from sim.products.best import refusal_line

    for mission in results.missions:
        lines = _launches(mission)
        print(f"{mission.case.name}: {len(mission.table)} opportunities on {len(lines)} launch days")
        if refused := refusal_line(mission):
            print(f"  {refused}")
        if every_day:
            print(*(f"  {line}" for line in lines), sep="\n")
        for line in () if mission.at_moon is None else orbit_lines(mission.at_moon):
            print(_wrapped(line, "  "))


def _wrapped(text: str, indent: str = "") -> str:
    width = min(shutil.get_terminal_size().columns, 110)
    return textwrap.fill(text, width, initial_indent=indent, subsequent_indent=indent + "  ")


def _print_verdict(results: RunResults) -> None:
    if (comparison := results.comparison) is None:
        return
    for row in comparison.verdict:
        print(f"\n{_wrapped(row.question)}")
        for label, words in (
            (comparison.plan_a, row.plan_a),
            (comparison.plan_b, row.plan_b),
            ("turns on", row.driver),
        ):
            print(_wrapped(f"{label}: {words}", "  "))


def _deliver(results: RunResults, out: Path, progress: TerminalProgress) -> None:
    """Write tables, figures and report, and say where."""
    from sim.products import plot_directory, write_results  # matplotlib: two seconds, after the work

    progress("results: tables", 0, 2)
    write_results(results, out)
    progress("results: figures and report", 1, 2)
    plot_directory(out)
    progress("results: written", 2, 2)


def _deliver_windows(results: RunResults, out: Path, colour: str, progress: TerminalProgress) -> None:
    """Write tables, calendars and window figures."""
    from sim.products import write_results  # only when asked for
    from sim.products.atlas import plot_windows  # matplotlib: two seconds, after the work

    progress("results: tables", 0, 2)
    write_results(results, out)
    progress("results: figures", 1, 2)
    plot_windows(out, column=colour)
    progress("results: written", 2, 2)


def _print_best(
    results: RunResults, out: Path | None, count: int, weights: dict[str, float], turnaround_day: float
) -> None:
    from sim.products.best import best_lines, best_opportunities  # numpy and the analysis: for this command only
    from sim.products.tables import write_table

    for mission in results.missions:
        table = best_opportunities(mission, count, weights, turnaround_day=turnaround_day)
        print(*(f"  {line}" for line in best_lines(table)), sep="\n")
        if out is not None:
            write_table(out / f"best_{mission.key}.csv", table)


def _end(results: RunResults) -> None:
    """List the missions without a result, and say so in the exit code."""
    for failure in results.failures:
        _say(f"perilune: {_one_line(failure)}")
    if results.failures:
        raise typer.Exit(EXIT_PARTIAL)


@app.command()
@_guarded
def run(scenario: Scenario, out: OutFolder = Path("out/run")) -> None:
    """Compute one mission or plan: launch windows, transfers, orbit and landing."""
    from sim.study import run_scenario  # numba and astropy: seconds, for this command only

    with TerminalProgress() as progress:
        results = run_scenario(scenario, out, progress=progress)
        _deliver(results, out, progress)
    _print_missions(results, every_day=False)
    print(f"\nresults in {out}, to begin with {out / 'report.html'}")
    _end(results)


@app.command()
@_guarded
def compare(
    first: Annotated[Path, typer.Argument(metavar="PLAN_A", help="Plan file (TOML).", show_default=False)],
    second: Annotated[Path, typer.Argument(metavar="PLAN_B", help="Plan file (TOML).", show_default=False)],
    out: OutFolder = Path("out/compare"),
) -> None:
    """Compare two plans: windows, joint windows, delta-v, mass, lighting, relay and survey contacts."""
    from sim.study import compare_plans  # numba and astropy: seconds, for this command only

    with TerminalProgress() as progress:
        results = compare_plans(first, second, out, progress=progress)
        _deliver(results, out, progress)
    _print_missions(results, every_day=False)
    _print_verdict(results)
    print(f"\nresults in {out}, to begin with {out / 'report.html'}")
    _end(results)


@app.command()
@_guarded
def windows(
    scenario: Scenario,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Also write tables, calendars and figures there.")
    ] = None,
    best: Annotated[int | None, typer.Option("--best", metavar="N", help="List the N best opportunities.")] = None,
    weights: Annotated[
        str, typer.Option("--weights", metavar="COLUMN=NUMBER,...", help="What best means, per unit of each column.")
    ] = "",
    turnaround_day: Annotated[
        float, typer.Option("--turnaround-day", metavar="DAYS", help="Least time between two attempts.")
    ] = 0.9,
    tof_day: Annotated[
        str, typer.Option("--tof-day", metavar="A:B:STEP", help="Flight times to search instead of the file's.")
    ] = "",
    inclination_deg: Annotated[
        str, typer.Option("--inclination-deg", metavar="A:B:STEP", help="Inclinations instead of the file's.")
    ] = "",
    colour: Annotated[str, typer.Option("--colour", metavar="COLUMN", help="Column that colours the figures.")] = "",
    eclipses: Annotated[bool, typer.Option("--eclipses", help="Find eclipses on the way of every transfer.")] = False,
) -> None:
    """List the launch days of one mission or plan, each with its best opportunity, in UTC."""
    from sim.analysis.ranking import parse_weights  # numpy: for this command only
    from sim.study import Grid, list_windows, parse_grid  # numba and astropy: seconds, for this command only

    wanted = parse_weights(weights)
    eclipses = eclipses or any(name.startswith(("eclipse", "umbra")) for name in (*wanted, colour))
    grid = Grid(parse_grid(tof_day), parse_grid(inclination_deg))
    with TerminalProgress() as progress:
        results = list_windows(scenario, out, progress=progress, eclipses=eclipses, grid=grid)
        if out is not None:
            _deliver_windows(results, out, colour, progress)
    _print_missions(results, every_day=best is None and not wanted)
    if best is not None or wanted:
        _print_best(results, out, 10 if best is None else best, wanted, turnaround_day)
    _end(results)


@app.command()
@_guarded
def plot(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of results.", show_default=False)],
) -> None:
    """Draw figures and report again from the results in a folder, without computing anything."""
    from sim.products import plot_directory  # matplotlib: two seconds, for this command only

    for path in plot_directory(directory):
        print(path)


@app.command()
@_guarded
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Scenario files.", show_default=False)],
) -> None:
    """Validate scenario files, all faults at once, and list what is assumed."""
    from sim.scenario import CheckReport, check_files  # pydantic: not needed for --help and wrong options

    report = check_files(files)
    good = CheckReport(tuple(file for file in report.files if file.ok))
    if good.files:
        print(good.text())
    if not report.ok:
        raise ScenarioError(report.problems)


@app.command()
@_guarded
def schema(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="mission, plan or sources.")] = "mission",
) -> None:
    """Print the JSON Schema of a kind of scenario file."""
    from sim.scenario import schema_json  # pydantic: not needed for --help and wrong options

    print(schema_json(kind))


@app.command()
@_guarded
def warmup() -> None:
    """Compile everything once, so that the first run does not wait for it."""
    from sim.study import warmup as compile_all  # numba: that is the purpose

    with TerminalProgress() as progress:
        compile_all(progress=progress)


@app.command()
@_guarded
def info() -> None:
    """Print versions of the program and of what its numbers depend on."""
    print(f"perilune {__version__}")
    print(f"python {platform.python_version()}")
    for name in ("numpy", "scipy", "numba", "astropy", "pyerfa", "astropy-iers-data", "jplephem", "boinor"):
        print(f"{name} {metadata.version(name)}")
    print(f"processors {os.cpu_count()}, {platform.machine()}")


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal or pipe without some sign (a degree, an ellipsis) gets a question mark in its place.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        app()
    except KeyboardInterrupt:  # pressed while Python was still importing or leaving
        sys.exit(_interrupted(None))


if __name__ == "__main__":
    main()
