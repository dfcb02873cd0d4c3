"""Which opportunities a mission accepts: its limits and the light at its landing, held against what was found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from sim.analysis.accepted import Acceptance
from sim.analysis.masses import delivered_mass_kg
from sim.cases import MissionCase
from sim.ephemeris import Ephemeris
from sim.windows.circumstances import find_circumstances
from sim.windows.limits import Limits, check_limits
from sim.windows.table import OpportunityTable

_FROM_TABLE = (
    "c3_km2_s2",
    "tli_dv_m_s",
    "loi_dv_m_s",
    "coast_s",
    "beta_sun_deg",
    "beta_earth_deg",
    "sun_elevation_deg",
)


def limits_of(case: MissionCase) -> Limits:
    """Return all limits of a mission: those of its own and the Sun that its landing asks for.

    Parameters
    ----------
    case : MissionCase
        The mission.

    Returns
    -------
    Limits
        With the elevations of the Sun of ``case.landing``.
    """
    if case.landing is None:
        return case.limits
    return replace(
        case.limits,
        sun_elevation_landing_min_deg=case.landing.sun_elevation_min_deg,
        sun_elevation_landing_max_deg=case.landing.sun_elevation_max_deg,
    )


def accept(
    case: MissionCase, table: OpportunityTable, *, with_eclipses: bool = False, ephemeris: Ephemeris | None = None
) -> Acceptance:
    """Hold the opportunities of a mission against its limits.

    Parameters
    ----------
    case : MissionCase
        Limits, landing, masses.
    table : OpportunityTable
        N opportunities.
    with_eclipses : bool
        Whether to find eclipses even when no limit speaks of them: about a millisecond an opportunity.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Acceptance
        N rows.

    Raises
    ------
    InputError
        An unknown ground station.
    """
    limits = limits_of(case)
    circumstances = find_circumstances(
        case.window,
        table,
        stations=limits.stations,
        with_eclipses=with_eclipses or limits.eclipse_max_s is not None,
        ephemeris=ephemeris,
    )
    columns: dict[str, NDArray[Any]] = {name: getattr(table, name) for name in _FROM_TABLE}
    columns["total_dv_m_s"] = table.tli_dv_m_s + table.loi_dv_m_s
    if limits.delivered_mass_min_kg is not None:
        columns["delivered_mass_kg"] = delivered_mass_kg(case, table.loi_dv_m_s)
    return Acceptance(circumstances, check_limits(limits, columns, circumstances))
