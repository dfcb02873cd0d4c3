"""Columns of the opportunity tables: what `OpportunityTable` holds, in UTC and degrees, with masses."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.analysis.flown import arrival_speed_km_s, climb_angle_deg, injection_speed_km_s
from sim.analysis.masses import delivered_mass_kg, insertion_loss_m_s
from sim.analysis.payload import payload_penalty_kg
from sim.analysis.results import MissionResult
from sim.products.tables import Table
from sim.timescales import utc_from_tdb
from sim.transfer import Outcome
from sim.windows.request import BRANCHES, LEGS, POLES, DepartureOrbit

Floats = NDArray[np.float64]

REQUIRED: tuple[str, ...] = (
    "mission_id",
    "site",
    "family",
    "launch_utc",
    "inclination_deg",
    "coast_s",
    "tof_day",
    "perilune_utc",
    "tli_dv_m_s",
    "loi_dv_m_s",
    "sun_elevation_deg",
    "delivered_mass_kg",
    "mass_margin_kg",
    "within_limits_n",
)
"""Columns that the figures read."""

_AS_FOUND: tuple[str, ...] = (
    "c3_km2_s2",
    "tli_dv_m_s",
    "tli_loss_m_s",
    "tli_burn_s",
    "loi_dv_m_s",
    "vinf_km_s",
    "lunar_inclination_deg",
    "node_longitude_deg",
    "beta_sun_deg",
    "beta_earth_deg",
    "sun_elevation_deg",
)


def _words(names: tuple[str, ...], index: NDArray[np.int8]) -> NDArray[np.str_]:
    return np.array(names, dtype=np.str_)[index.astype(np.intp)]


def _utc(t_tdb: Floats) -> NDArray[np.str_]:
    if not len(t_tdb):
        return np.array([], dtype=np.str_)
    return np.asarray(utc_from_tdb(t_tdb), dtype=np.str_)


def families(mission: MissionResult) -> NDArray[np.str_]:
    """Return the family of each opportunity, for example ``north-ascending-northeast``.

    Parameters
    ----------
    mission : MissionResult
        The mission.

    Returns
    -------
    ndarray of str, shape (N,)
        Lunar pole of the approach (or ``impact``), leg of the parking plane at the Moon, launch azimuth north or south
        of east (or ``orbit`` for departures from one).
    """
    table = mission.table
    window = mission.case.window
    poles, legs = _words(POLES, table.pole), _words(LEGS, table.leg)
    if window.strikes:
        poles = np.full(len(table), "impact")
    if isinstance(window.site, DepartureOrbit):
        legs = np.full(len(table), "orbit")
    parts = (poles, _words(BRANCHES, table.branch), legs)
    return np.char.add(np.char.add(np.char.add(np.char.add(parts[0], "-"), parts[1]), "-"), parts[2])


def columns(mission: MissionResult) -> Table:
    """Return the columns of ``opportunities_<key>.csv``.

    Parameters
    ----------
    mission : MissionResult
        The mission.

    Returns
    -------
    Table
        One row per opportunity, sorted by launch.
    """
    table, count = mission.table, len(mission.table)
    mass_kg = delivered_mass_kg(mission.case, table.loi_dv_m_s)
    found: dict[str, NDArray[Any]] = {
        "mission_id": np.full(count, table.mission_id),
        "site": np.full(count, table.site_id),
        "family": families(mission),
        "launch_utc": _utc(table.launch_tdb),
        "azimuth_deg": table.azimuth_deg,
        "inclination_deg": table.inclination_deg,
        "raan_deg": table.raan_deg,
        "coast_s": table.coast_s,
        "revs": table.revs,
        "tli_ignition_utc": _utc(table.tli_ignition_tdb),
        "tli_utc": _utc(table.tli_tdb),
        "tof_day": table.tof_day,
        "perilune_utc": _utc(table.perilune_tdb),
    }
    found |= {name: getattr(table, name) for name in _AS_FOUND}
    found["injection_speed_km_s"] = injection_speed_km_s(table)
    found["climb_angle_deg"] = climb_angle_deg(table)
    found["arrival_speed_km_s"] = arrival_speed_km_s(table)
    found["loi_loss_m_s"] = insertion_loss_m_s(mission.case, table.loi_dv_m_s)
    found["delivered_mass_kg"] = mass_kg
    found["mass_margin_kg"] = mass_kg - mission.case.spacecraft.dry_mass_kg
    found["total_dv_m_s"] = table.tli_dv_m_s + table.loi_dv_m_s
    if mission.acceptance is not None:
        found |= mission.acceptance.circumstances.columns()
        found["payload_penalty_kg"] = payload_penalty_kg(mission.case, found["launch_penalty_m_s"])
        found["refused_by"] = mission.acceptance.check.reasons()
    found["within_limits_n"] = mission.within
    found["status"] = np.array([Outcome(int(code)).name.lower() for code in table.status], dtype=np.str_)
    return found
