"""Calendars as tables: one row a day, a month or a year, and what each limit refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.calendar import day_numbers, day_text, period_days
from sim.analysis.results import MissionResult
from sim.products.tables import Table, write_table
from sim.timescales import utc_from_tdb

Days = NDArray[np.int64]


def has_total(mission: MissionResult) -> bool:
    """Whether a mission has both an injection and an insertion to add up.

    Parameters
    ----------
    mission : MissionResult
        The mission.

    Returns
    -------
    bool
        False for direct ascents and for flights that strike the Moon.
    """
    return not (mission.case.window.strikes or mission.case.window.direct_ascent)


def day_table(mission: MissionResult) -> Table:
    """Return one row for each UTC day of the launch period.

    Parameters
    ----------
    mission : MissionResult
        The mission.

    Returns
    -------
    Table
        Opportunities, those within limits, and launch instant, velocity changes, energy and flight time of the cheapest
        within limits (injection plus insertion; energy for flights that lack one of them); empty without one.
    """
    table, window = mission.table, mission.case.window
    period = period_days(window.launch_start_tdb, window.launch_stop_tdb)
    index = day_numbers(table.launch_tdb) - period[0]
    cost = table.tli_dv_m_s + table.loi_dv_m_s if has_total(mission) else table.c3_km2_s2
    order = np.lexsort((cost, index))
    order = order[mission.within[order]]
    found, first = np.unique(index[order], return_index=True)
    best = order[first]
    launch = np.full(len(period), "", dtype="U23")
    if len(best):
        launch[found] = utc_from_tdb(table.launch_tdb[best])
    result: dict[str, NDArray[Any]] = {
        "day_utc": np.array([day_text(day) for day in period]),
        "opportunities_n": np.bincount(index, minlength=len(period)),
        "within_limits_n": np.bincount(index[mission.within], minlength=len(period)),
        "best_launch_utc": launch,
    }
    for name in ("tli_dv_m_s", "loi_dv_m_s", "c3_km2_s2", "tof_day", "inclination_deg"):
        values = np.full(len(period), np.nan)
        values[found] = getattr(table, name)[best]
        result[name] = values
    return result


def period_table(days: Table, digits: int) -> Table:
    """Add up a table of days by month or year.

    Parameters
    ----------
    days : Table
        See `day_table`.
    digits : int
        Of the date that stay: 7 for months, 4 for years.

    Returns
    -------
    Table
        Days searched, launch days, opportunities within limits, cheapest and dearest best day.
    """
    names, which = np.unique([str(day)[:digits] for day in days["day_utc"]], return_inverse=True)
    good = days["within_limits_n"] > 0
    total = days["tli_dv_m_s"] + days["loi_dv_m_s"]
    low, high = np.full(len(names), np.inf), np.full(len(names), -np.inf)
    np.fmin.at(low, which[good], total[good])
    np.fmax.at(high, which[good], total[good])
    return {
        "month_utc" if digits > 4 else "year_utc": np.asarray(names),
        "days_n": np.bincount(which),
        "launch_days_n": np.bincount(which, weights=good).astype(np.int64),
        "opportunities_n": np.bincount(which, weights=days["within_limits_n"]).astype(np.int64),
        "total_dv_lowest_m_s": np.where(np.isfinite(low), low, np.nan),
        "total_dv_highest_m_s": np.where(np.isfinite(high), high, np.nan),
    }


def limit_table(mission: MissionResult) -> Table:
    """Return how many opportunities each limit refuses.

    Parameters
    ----------
    mission : MissionResult
        The mission.

    Returns
    -------
    Table
        Limit, opportunities refused, and those refused by it alone; no row without limits.
    """
    counts = {} if mission.acceptance is None else mission.acceptance.check.counts()
    return {
        "limit": np.array(list(counts), dtype=np.str_),
        "refused_n": np.array([every for every, _ in counts.values()], dtype=np.int64),
        "refused_alone_n": np.array([alone for _, alone in counts.values()], dtype=np.int64),
    }


def write_calendars(mission: MissionResult, directory: Path) -> list[Path]:
    """Write the calendars of a mission.

    Parameters
    ----------
    mission : MissionResult
        The mission.
    directory : Path
        Where.

    Returns
    -------
    list of Path
        Days, months, years, and limits when there are any.

    Raises
    ------
    StoreError
        When a file cannot be written.
    """
    days = day_table(mission)
    tables = {"days": days, "months": period_table(days, 7), "years": period_table(days, 4)}
    if len((limits := limit_table(mission))["limit"]):
        tables["limits"] = limits
    return [write_table(directory / f"{name}_{mission.key}.csv", table) for name, table in tables.items()]
