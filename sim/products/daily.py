"""Daily windows with free azimuth as a table: one row for each passage of the site through the allowed planes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.payload import payload_penalty_kg
from sim.analysis.results import MissionResult
from sim.products.opportunities import families
from sim.products.tables import Table
from sim.timescales import utc_from_tdb
from sim.windows.daily import DailyWindows, ascent_penalty_m_s, daily_windows
from sim.windows.request import DepartureOrbit

LEAST_INCLINATIONS = 2
"""At one inclination a window is an instant, and the table would repeat that of opportunities."""


def has_daily(mission: MissionResult) -> bool:
    """Whether a mission is launched from a site over a parking orbit, at several inclinations."""
    window = mission.case.window
    launched = not (isinstance(window.site, DepartureOrbit) or window.direct_ascent)
    return launched and len(window.inclination_deg) >= LEAST_INCLINATIONS


def file_name(mission: MissionResult) -> str:
    """Name of the table of a mission."""
    return f"daily_{mission.key}.csv"


def columns(mission: MissionResult) -> Table:
    """Return the daily windows of the opportunities within limits.

    Parameters
    ----------
    mission : MissionResult
        With `has_daily`.

    Returns
    -------
    Table
        One row per window, sorted by opening. Edges are those of the inclinations searched: a finer grid moves them
        only where a family ends between two of them. Costs are injection, insertion, and what the launcher adds because
        the Earth's rotation helps less than at the lowest inclination.
    """
    window = mission.case.window
    table = mission.table.select(mission.within)
    found = daily_windows(table, window.launch_site, window.parking_altitude_km)
    names = families(mission)[mission.within]
    result: dict[str, NDArray[Any]] = {
        "mission_id": np.full(len(found), table.mission_id),
        "site": np.full(len(found), table.site_id),
        "family": names[found.best_row] if len(found) else np.empty(0, dtype="U1"),
        "tof_day": table.tof_day[found.best_row],
        "duration_s": found.duration_s,
        "planes_n": found.planes_count,
    }
    edges = (("open", found.open_row, found.open_tdb), ("best", found.best_row, found.best_tdb))
    for edge, (name, rows, instant) in enumerate((*edges, ("close", found.close_row, found.close_tdb))):
        ascent = ascent_penalty_m_s(window.launch_site, table.inclination_deg[rows], window.parking_radius_km)
        result |= {
            f"{name}_utc": _utc(instant),
            f"{name}_inclination_deg": table.inclination_deg[rows],
            f"{name}_azimuth_deg": table.azimuth_deg[rows],
            f"{name}_cost_m_s": found.cost_m_s[:, edge],
            f"{name}_penalty_m_s": found.cost_m_s[:, edge] - found.cost_m_s[:, 1],
            f"{name}_payload_penalty_kg": payload_penalty_kg(mission.case, ascent),
        }
    return result


def facts(mission: MissionResult) -> dict[str, Any] | None:
    """Return what the summary says of daily windows; None without them."""
    if not has_daily(mission):
        return None
    window = mission.case.window
    table = mission.table.select(mission.within)
    found: DailyWindows = daily_windows(table, window.launch_site, window.parking_altitude_km)
    length = found.duration_s[found.planes_count > 1]
    return {
        "windows_n": len(found),
        "duration_median_s": float(np.median(length)) if length.size else None,
        "duration_max_s": float(length.max()) if length.size else None,
        "file": file_name(mission),
    }


def _utc(t_tdb: NDArray[np.float64]) -> NDArray[np.str_]:
    return np.asarray(utc_from_tdb(t_tdb) if t_tdb.size else [], dtype=np.str_)
