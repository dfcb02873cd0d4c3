"""Columns of the table of returns, and what the summary says about ascent, docking and return."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.analysis.results import MissionResult
from sim.products.schema import Json
from sim.products.tables import Table
from sim.timescales import utc_from_tdb
from sim.windows.homeward import PASSES
from sim.windows.request import BRANCHES

REQUIRED: tuple[str, ...] = (
    "departure_utc",
    "landing_utc",
    "flight_day",
    "inclination_deg",
    "plane_turn_deg",
    "range_km",
    "return_dv_m_s",
    "turn_dv_m_s",
)
"""Columns that the figure reads."""

_AS_FOUND: tuple[str, ...] = (
    "flight_day",
    "inclination_deg",
    "vinf_km_s",
    "plane_turn_deg",
    "entry_speed_km_s",
    "entry_angle_deg",
    "range_km",
)


def file_names(mission: MissionResult) -> dict[str, str | None]:
    """Return the names of the files of a return; None for those that a mission does not have.

    Parameters
    ----------
    mission : MissionResult
        The mission.

    Returns
    -------
    dict
        ``returns`` and ``return_trajectory``.
    """
    home = mission.sample_return
    listed = home is not None and home.returns is not None
    flown = home is not None and home.path is not None
    return {
        "returns": f"returns_{mission.key}.csv" if listed else None,
        "return_trajectory": f"return_trajectory_{mission.key}.csv" if flown else None,
    }


def columns(mission: MissionResult) -> Table:
    """Return the columns of ``returns_<key>.csv``.

    Parameters
    ----------
    mission : MissionResult
        A mission with returns.

    Returns
    -------
    Table
        One row per return, sorted by departure; no column without returns.
    """
    home = mission.sample_return
    if home is None or home.returns is None:
        return {}
    table = home.returns
    leg = np.char.add(np.array(BRANCHES)[table.branch.astype(int)], "-")
    found: dict[str, Any] = {
        "mission_id": np.full(len(table), mission.case.id),
        "family": np.char.add(leg, np.array(PASSES)[table.leg.astype(int)]),
    }
    for name in ("departure", "entry", "landing"):
        epochs = getattr(table, f"{name}_tdb")
        found[f"{name}_utc"] = np.asarray(utc_from_tdb(epochs), dtype=np.str_) if len(epochs) else np.array([], np.str_)
    found |= {name: getattr(table, name) for name in _AS_FOUND}
    return found | {"return_dv_m_s": home.return_dv_m_s, "turn_dv_m_s": home.turn_dv_m_s}


def facts(mission: MissionResult) -> Json | None:
    """Return what the summary says; None for missions that do not come back.

    Parameters
    ----------
    mission : MissionResult
        The mission.

    Returns
    -------
    dict or None
        Docking, range of costs, cheapest return and that of the injection flown.
    """
    home = mission.sample_return
    if home is None:
        return None
    case = mission.case.earth_return
    total = home.return_dv_m_s
    span = None
    if len(total):
        span = {"low": float(total.min()), "median": float(np.median(total)), "high": float(total.max())}
    return {
        "docking": None if home.docking is None else _docking(home.docking),
        "site_name": case.request.site_name if case else "",
        "range_min_km": case.request.range_min_km if case else None,
        "range_max_km": case.request.range_max_km if case else None,
        "returns_n": len(total),
        "return_dv_m_s": span,
        "best": _row(mission, home.best),
        "nominal": _row(mission, home.nominal),
    }


def _docking(found: Any) -> Json:
    values = {name: getattr(found, name) for name in found.__dataclass_fields__}
    return {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in values.items()}


def _row(mission: MissionResult, row: int | None) -> Json | None:
    if row is None:
        return None
    return {name: np.asarray(values)[row].item() for name, values in columns(mission).items()}
