"""The best opportunities of a mission by a user's weights, as a table and as lines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.analysis.calendar import day_numbers
from sim.analysis.ranking import DEFAULT_WEIGHTS, ENERGY_WEIGHTS, TURNAROUND_DAY, rank, scores
from sim.analysis.results import MissionResult
from sim.products.calendar_tables import has_total
from sim.products.opportunities import columns
from sim.products.tables import Table


def best_opportunities(
    mission: MissionResult,
    count: int,
    weights: Mapping[str, float] | None = None,
    *,
    turnaround_day: float = TURNAROUND_DAY,
) -> Table:
    """Return the best opportunities within limits, one a UTC day, and the slack to the next one after each.

    Parameters
    ----------
    mission : MissionResult
        Computed.
    count : int
        How many, one or more.
    weights : mapping of str to float, optional
        Column of the opportunity table to weight per unit, see `sim.analysis.ranking.scores`; when omitted the sum of
        injection and insertion, or the launch energy of flights that lack one of the two.
    turnaround_day : float
        Least time between two attempts.

    Returns
    -------
    Table
        Best first: the columns of the opportunity table with ``rank_n``, ``score``, ``slack_day`` (to the next launch
        within limits; empty when the period holds none), ``next_launch_utc`` (the best of that day) and ``slip_score``
        (what waiting for it adds).

    Raises
    ------
    InputError
        A weight on a column that does not exist or has no numbers, a count below one.
    """
    table = columns(mission)
    usual = DEFAULT_WEIGHTS if has_total(mission) else ENERGY_WEIGHTS
    score = scores(table, weights or usual)
    launch = mission.table.launch_tdb
    found = rank(launch, day_numbers(launch), score, mission.within, count, turnaround_day=turnaround_day)
    following = np.array([str(table["launch_utc"][row]) if row >= 0 else "" for row in found.next_row], dtype=np.str_)
    return {
        "rank_n": np.arange(1, len(found.row) + 1),
        "score": found.score,
        "slack_day": found.slack_day,
        "next_launch_utc": following,
        "slip_score": found.slip_score,
        **{name: values[found.row] for name, values in table.items()},
    }


def best_lines(table: Table) -> list[str]:
    """Write a table of best opportunities for the terminal.

    Parameters
    ----------
    table : Table
        See `best_opportunities`.

    Returns
    -------
    list of str
        One line each.
    """
    return [_line(table, row) for row in range(len(table["rank_n"]))] or ["no opportunity within limits"]


def _line(table: Table, row: int) -> str:
    slack = float(table["slack_day"][row])
    waits = f"next after {slack:.2f} d (score {table['slip_score'][row]:+.1f})"
    if slack != slack:
        waits = "last of the period"
    return (
        f"{table['rank_n'][row]:3d}. {str(table['launch_utc'][row])[:19]} UTC  score {table['score'][row]:.1f}  "
        f"flight {table['tof_day'][row]:.2f} d  inclination {table['inclination_deg'][row]:.2f} deg  "
        f"TLI {table['tli_dv_m_s'][row]:.1f} m/s  LOI {table['loi_dv_m_s'][row]:.1f} m/s  "
        f"{table['family'][row]}  {waits}"
    )


def refusal_line(mission: MissionResult) -> str:
    """Say how many opportunities each limit refuses; empty without limits or refusals.

    Parameters
    ----------
    mission : MissionResult
        Computed.

    Returns
    -------
    str
        One line.
    """
    counts = {} if mission.acceptance is None else mission.acceptance.check.counts()
    words = [f"{name} {every} ({alone} it alone)" for name, (every, alone) in counts.items() if every]
    return f"refused by limits: {', '.join(words)}" if words else ""
