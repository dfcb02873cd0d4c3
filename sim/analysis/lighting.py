"""Sunlight at a landing, from the Sun elevations of the opportunity table, and the lunar season."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.assumptions import mission_assumed
from sim.analysis.parts import LightingResult
from sim.cases import LandingCase, MissionCase
from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris
from sim.frames import sub_solar_point
from sim.windows.table import OpportunityTable

EQUINOX_DEG = 0.1
"""Nearer to the equator the season is called equinox: the sub-solar latitude reaches 1.6 degrees."""


def lit(landing: LandingCase | None, table: OpportunityTable) -> NDArray[np.bool_]:
    """Return which opportunities land in wanted light; all of them when the mission does not land.

    Parameters
    ----------
    landing : LandingCase or None
        Limits of the Sun's elevation.
    table : OpportunityTable
        Opportunities.

    Returns
    -------
    ndarray of bool, shape (N,)
        NaN elevations (no landing site in the request) count as not lit.
    """
    if landing is None:
        return np.ones(len(table), dtype=np.bool_)
    elevation = table.sun_elevation_deg
    return np.asarray((elevation >= landing.sun_elevation_min_deg) & (elevation <= landing.sun_elevation_max_deg))


def season_text(latitude_deg: float, sub_solar_latitude_deg: float) -> str:
    """Return the season at a place in words.

    Parameters
    ----------
    latitude_deg : float
        Of the place.
    sub_solar_latitude_deg : float
        Selenographic.

    Returns
    -------
    str
        ``summer``, ``winter`` or ``equinox`` with the hemisphere.
    """
    hemisphere = "north" if latitude_deg >= 0.0 else "south"
    if abs(sub_solar_latitude_deg) < EQUINOX_DEG:
        return f"equinox in the {hemisphere}"
    warm = (latitude_deg >= 0.0) == (sub_solar_latitude_deg >= 0.0)
    return f"{'summer' if warm else 'winter'} in the {hemisphere}"


def lighting(
    case: MissionCase, table: OpportunityTable, best: int | None, ephemeris: Ephemeris | None = None
) -> LightingResult | None:
    """Describe the light at landing.

    Parameters
    ----------
    case : MissionCase
        With or without landing.
    table : OpportunityTable
        Opportunities.
    best : int or None
        Row of the best one.
    ephemeris : Ephemeris, optional
        For the sub-solar latitude; the packaged DE440 when omitted.

    Returns
    -------
    LightingResult or None
        None when the mission does not land.
    """
    landing = case.landing
    if landing is None:
        return None
    elevation = table.sun_elevation_deg[np.isfinite(table.sun_elevation_deg)]
    latitude = None
    if best is not None:
        touchdown = float(table.perilune_tdb[best]) + landing.delay_day * SECONDS_PER_DAY
        latitude = float(sub_solar_point(touchdown, ephemeris).latitude_deg)
    return LightingResult(
        site_id=landing.site_id,
        site_name=landing.name,
        sun_elevation_min_deg=landing.sun_elevation_min_deg,
        sun_elevation_max_deg=landing.sun_elevation_max_deg,
        sun_elevation_low_deg=float(np.min(elevation)) if elevation.size else None,
        sun_elevation_high_deg=float(np.max(elevation)) if elevation.size else None,
        sun_elevation_best_deg=None if best is None else float(table.sun_elevation_deg[best]),
        fraction_within=float(np.mean(lit(landing, table))) if len(table) else 0.0,
        sub_solar_latitude_deg=latitude,
        season="" if latitude is None else season_text(landing.latitude_deg, latitude),
        assumed=mission_assumed(case, ("landing",)),
    )
