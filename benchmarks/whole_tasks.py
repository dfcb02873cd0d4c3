"""Tasks that are timed as a whole, not row by row: T1, T2, and our transfers against GMAT's corrector."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.atlas import run_t2
from benchmarks.gmat_targeting import compare
from benchmarks.window_tasks import run_t1
from sim.constants import SECONDS_PER_DAY
from sim.timescales import tdb_from_utc, utc_from_tdb

YEAR_DAY: Final = 366
FIRST_START_UTC: Final = "2021-01-01T00:00:00"
STARTS_DAY: Final = 20 * 365
"""Years of T1 begin on a day of the twenty years after the first start."""

GMAT_TRANSFERS: Final = 10
GMAT_COPIES: Final = 1000

Records = list[dict[str, Any]]


@dataclass(frozen=True)
class WholeTask:
    """A command or a comparison that brings its own rows.

    Attributes
    ----------
    name, what : str
        Name on the command line, and what it is.
    tools : tuple of str
        Who can do it.
    run : callable
        From seed and rounds to records.
    """

    name: str
    what: str
    tools: tuple[str, ...]
    run: Callable[[int, int], Records]


def t1_year(seed: int) -> tuple[str, str]:
    """Return the year of launches that a seed stands for.

    Parameters
    ----------
    seed : int
        0 is the calendar year 2024; others draw a first day in 2021-2040.

    Returns
    -------
    start, stop : str
        UTC, 366 days apart.
    """
    first = float(tdb_from_utc(FIRST_START_UTC))
    day = 1095 if seed == 0 else int(np.random.default_rng(seed).integers(STARTS_DAY))
    start = first + day * SECONDS_PER_DAY
    ends = (start, start + YEAR_DAY * SECONDS_PER_DAY)
    return tuple(str(utc_from_tdb(end, decimals=0))[:10] + "T00:00:00" for end in ends)  # type: ignore[return-value]


def site_year(seed: int, rounds: int) -> Records:
    """Time T1.

    Parameters
    ----------
    seed, rounds : int
        Which year, how often.

    Returns
    -------
    list of dict
        One record.
    """
    start, stop = t1_year(seed)
    return [{**run_t1(rounds, start, stop), "seed": seed, "period_utc": [start, stop]}]


def two_sites(seed: int, rounds: int) -> Records:
    """Time T2, all of it, once a round; the record is that of the quickest round.

    Parameters
    ----------
    seed, rounds : int
        Order of the chunks, how often.

    Returns
    -------
    list of dict
        One record.
    """
    found = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            found.append(run_t2(1.0, seed, os.cpu_count() or 1, Path(folder) / "t2.sqlite"))
    return [{**max(found, key=lambda record: float(record["rate_per_s_core"])), "rounds": rounds}]


def against_gmat(seed: int, rounds: int) -> Records:
    """Time GMAT's differential corrector and our solver in turn.

    Parameters
    ----------
    seed, rounds : int
        Of the draw, turns.

    Returns
    -------
    list of dict
        Records of both, from two kinds of first guess.
    """
    return compare(GMAT_TRANSFERS, rounds, seed, GMAT_COPIES)


WHOLE: Final = {
    task.name: task
    for task in (
        WholeTask("T1", "every window of a site-year, 3 flight times", ("perilune",), site_year),
        WholeTask("T2", "two sites, hourly arrivals, 15 flight times", ("perilune",), two_sites),
        WholeTask("GMAT", "one transfer targeted, ours and GMAT's corrector", ("perilune", "gmat"), against_gmat),
    )
}


class NotPossibleError(ValueError):
    """What was asked of a whole task that it cannot do."""


def run_whole(task: WholeTask, seed: int, names: list[str], n_rows: int | None, rounds: int) -> Records:
    """Measure a whole task.

    Parameters
    ----------
    task : WholeTask
        Task.
    seed : int
        Of its inputs.
    names : list of str
        Tools.
    n_rows : int or None
        Must be None: the task brings its own.
    rounds : int
        How often.

    Returns
    -------
    list of dict
        Records of the tools named.

    Raises
    ------
    NotPossibleError
        Rows were given, a tool is unknown, or GMAT is not installed here.
    """
    if n_rows is not None:
        raise NotPossibleError(f"{task.name} brings its own rows; leave out --rows")
    unknown = sorted(set(names) - set(task.tools))
    if unknown or not names:
        raise NotPossibleError(f"unknown tools {unknown}; allowed tools of {task.name}: {', '.join(task.tools)}")
    if task.run is against_gmat and find_spec("gmatpy") is None:
        raise NotPossibleError("GMAT needs the package gmatpy in this interpreter: pip install gmatpy")
    return [record for record in task.run(seed, rounds) if record["tool"] in names]
