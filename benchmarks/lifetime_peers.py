"""What the lifetimes of 10,000 low orbits would cost the peers: a week of a few of them, at the error we make then.

``python -m benchmarks.lifetime_peers --tools heyoka,gmat,nyx,orekit --json FILE``. Half a year of 10,000 orbits takes
a peer days: it flies a week of the first orbits that last so long, tuned to the error that perilune makes in that week
with the steps of :mod:`benchmarks.low_orbit_lifetimes`. Its time for all is scaled by the days that perilune has flown
until impact or the end. Epochs are moved to quarter days for heyoka's sake.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks import low_orbit_lifetimes as lifetimes
from benchmarks import verdict
from benchmarks.low_orbit_peers import with_peers
from benchmarks.low_orbit_task import PIECE_S, HeyokaBatch, Perilune, reference_ends, world
from benchmarks.peers import PeerError, name_interpreter
from benchmarks.records import write_records
from benchmarks.runner import run
from benchmarks.tasks import Task
from benchmarks.tools import Tool, ladder
from sim.constants import SECONDS_PER_DAY

FloatArray = npt.NDArray[np.float64]

RECORDS: Final = Path(__file__).parent / "results" / "low_orbits.jsonl"
WEEK_DAY: Final = 7.0
LEVEL_M: Final = 200.0
"""99th percentile of the error of perilune's 120 steps per revolution after a week (median 65 m)."""


def lasting_orbits(seed: int, n_rows: int) -> tuple[FloatArray, FloatArray]:
    """First orbits of the 10,000 that do not fall within the week.

    Parameters
    ----------
    seed, n_rows : int
        Seed and rows.

    Returns
    -------
    states_km_km_s : numpy.ndarray (N, 6)
        Moon-centred ICRF.
    t0_tdb : numpy.ndarray (N,)
        TDB s past J2000, quarter days.
    """
    states, t0 = lifetimes.orbits(seed, 2 * n_rows + 8)
    t0 = PIECE_S * np.floor(t0 / PIECE_S)
    ends = t0[:, np.newaxis] + WEEK_DAY * SECONDS_PER_DAY
    flown = lifetimes.propagate_low_orbits(states, t0, ends, lifetimes.model(), threads=1)
    lasting = np.flatnonzero(flown.ok)[:n_rows]
    return states[lasting], t0[lasting]


def task() -> Task:
    """Give the week as a task.

    Returns
    -------
    Task
        With heyoka, GMAT, nyx and Orekit.
    """
    name = f"lifetimes-week-{lifetimes.DEGREE}"
    tools = {
        "perilune": Tool("perilune", Perilune, (lifetimes.STEPS_PER_REVOLUTION,)),
        "heyoka": Tool("heyoka", HeyokaBatch, ladder(8, 11)[::2], most_rows=8),
    }
    what = f"a week of the low orbits of the lifetimes, degree {lifetimes.DEGREE}, {LEVEL_M:.0f} m"
    plain = Task(
        name, what, LEVEL_M, WEEK_DAY * SECONDS_PER_DAY, lasting_orbits, world(lifetimes.DEGREE), reference_ends, tools
    )  # fmt: skip
    return with_peers({name: plain}, loosest=7)[name]


def flown_day() -> float:
    """Days that all 10,000 orbits last together, by the newest record of all of them.

    Returns
    -------
    float
        day

    Raises
    ------
    PeerError
        No such record.
    """
    whole = [r for r in verdict.read([RECORDS]) if r["rows"] == lifetimes.ALL_ROWS and "flown_day" in r]
    if not whole:
        raise PeerError(f"no record of {lifetimes.ALL_ROWS} orbits: run python -m benchmarks.low_orbit_lifetimes first")
    return float(whole[-1]["flown_day"])


def scaled(record: dict[str, Any], all_day: float) -> dict[str, Any]:
    """Add to a record of the week what all lifetimes would cost.

    Parameters
    ----------
    record : dict
        Of the week.
    all_day : float
        Days of all orbits together.

    Returns
    -------
    dict
    """
    rate_day = record["rate_per_s_core"] * WEEK_DAY
    return {**record, "orbit_days_per_s_core": rate_day, "cpu_s_of_10000_scaled": all_day / rate_day}


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
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lifetime_peers", description=__doc__)
    parser.add_argument("--tools", default="heyoka,gmat,nyx,orekit", help="comma-separated")
    parser.add_argument("--rows", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--interpreter", action="append", default=[], metavar="TOOL=PATH")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    names = ["perilune", *(name for name in options.tools.split(",") if name)]
    try:
        for text in options.interpreter:
            name_interpreter(text)
        if not set(names) <= set(task().tools):
            raise PeerError(f"tools {names}: allowed are {', '.join(task().tools)}")
        all_day = flown_day()
        records = [scaled(r, all_day) for r in run(task(), options.seed, names, options.rows, options.rounds)]
    except PeerError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json is not None:
        write_records(options.json, records)
    sys.stdout.write("".join(f"{record}\n" for record in records))
    return 0


if __name__ == "__main__":
    sys.exit(main())
