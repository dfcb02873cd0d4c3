"""What the lifetimes of 10,000 low orbits would cost the peers: a week of a few of them, at the error we make then.

``python -m benchmarks.lifetime_peers --tools heyoka,gmat,nyx,orekit --json FILE``. Half a year of 10,000 orbits takes
a peer days: it flies a week of the first orbits that last so long, tuned to the very error that perilune makes in that
week with the steps of :mod:`benchmarks.low_orbit_lifetimes` (:func:`own_error_m`; 87 m in 99 of 100 for 64 orbits of
seed 1, 94 m for seed 2). Its time for all is its rate at that error, interpolated where its own errors come in steps,
scaled by the days that perilune has flown until impact or the end. Epochs are moved to quarter days for heyoka's sake.
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
from benchmarks.low_orbit_task import PIECE_S, HeyokaBatch, Perilune, model, reference_ends, world
from benchmarks.peers import PeerError, name_interpreter
from benchmarks.records import write_records
from benchmarks.runner import errors_m, run
from benchmarks.tasks import Task
from benchmarks.tools import Tool, ladder
from sim.constants import SECONDS_PER_DAY

FloatArray = npt.NDArray[np.float64]

RECORDS: Final = Path(__file__).parent / "results" / "low_orbits.jsonl"
WEEK_DAY: Final = 7.0
LEVEL_M: Final = 88.0
"""Error asked for where none was measured: what perilune's 120 steps per revolution make after a week."""
LOOSER_STEPS: Final = 115.0
"""Steps per revolution that do not meet it (320 m), so that perilune's own rate is interpolated like the others'."""
SURE_STEPS: Final = 900.0
"""Steps per revolution whose errors are below a millimetre."""
ROOM: Final = 1.01


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


def own_error_m(seed: int, n_rows: int) -> float:
    """Measure the error that perilune makes in the week.

    Parameters
    ----------
    seed, n_rows : int
        Seed and rows.

    Returns
    -------
    float
        99th percentile, m, against steps so short that nothing of them is seen.
    """
    states, t0 = lasting_orbits(seed, n_rows)
    ends = t0[:, np.newaxis] + WEEK_DAY * SECONDS_PER_DAY
    few, many = (
        lifetimes.propagate_low_orbits(
            states, t0, ends, model(lifetimes.DEGREE), impact_radius_km=0.0, threads=1, steps_per_revolution=steps
        ).states
        for steps in (lifetimes.STEPS_PER_REVOLUTION, SURE_STEPS)
    )
    return float(np.percentile(errors_m(few, many), 99.0))


def task(level_m: float = LEVEL_M) -> Task:
    """Give the week as a task.

    Parameters
    ----------
    level_m : float
        Error to which all are tuned, m.

    Returns
    -------
    Task
        With heyoka, GMAT, nyx and Orekit.
    """
    name = f"lifetimes-week-{lifetimes.DEGREE}"
    tools = {
        "perilune": Tool("perilune", Perilune, (LOOSER_STEPS, lifetimes.STEPS_PER_REVOLUTION)),
        "heyoka": Tool("heyoka", HeyokaBatch, ladder(7, 11)[::2], most_rows=8),
    }
    what = f"a week of the low orbits of the lifetimes, degree {lifetimes.DEGREE}, {level_m:.0f} m"
    plain = Task(
        name, what, level_m, WEEK_DAY * SECONDS_PER_DAY, lasting_orbits, world(lifetimes.DEGREE), reference_ends, tools
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
        The cost at just the error asked for where the rate there is known, else at that of the record;
        ``scaled_at_m`` says which, m.
    """
    equal = record.get("level_rates")
    rate_day = (float(np.median(equal)) if equal else record["rate_per_s_core"]) * WEEK_DAY
    scaled_at_m = record["level_m"] if equal else record["error_p99_m"]
    return {
        **record,
        "orbit_days_per_s_core": rate_day,
        "cpu_s_of_10000_scaled": all_day / rate_day,
        "scaled_at_m": scaled_at_m,
    }


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
        week = task(ROOM * own_error_m(options.seed, options.rows))
        records = [scaled(r, all_day) for r in run(week, options.seed, names, options.rows, options.rounds)]
    except PeerError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if options.json is not None:
        write_records(options.json, records)
    sys.stdout.write("".join(f"{record}\n" for record in records))
    return 0


if __name__ == "__main__":
    sys.exit(main())
