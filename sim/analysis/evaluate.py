"""Evaluation of one mission whose opportunities are known: the findings of this package put together."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.acceptance import accept
from sim.analysis.accepted import Acceptance
from sim.analysis.calendar import calendar
from sim.analysis.flown import flight_checks, recurrence
from sim.analysis.injection import injection
from sim.analysis.lighting import lighting
from sim.analysis.masses import masses
from sim.analysis.results import (
    ContactResult,
    InjectionResult,
    MissionResult,
    Trajectory,
)
from sim.analysis.sample_return import sample_return
from sim.analysis.service import contact
from sim.cases import MissionCase
from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import ConvergenceError
from sim.windows.table import OpportunityTable

_NEAR_S = SECONDS_PER_DAY


def best_row(case: MissionCase, table: OpportunityTable, within: NDArray[np.bool_] | None = None) -> int | None:
    """Return the row within limits with the highest delivered mass: the lowest insertion velocity change.

    A flight that strikes the Moon has no insertion: then it is the one nearest to the published launch, else the one
    of least energy.

    Parameters
    ----------
    case : MissionCase
        Limits.
    table : OpportunityTable
        Opportunities.
    within : ndarray of bool, optional
        Opportunities within limits when they are known already, shape (N,).

    Returns
    -------
    int or None
        None when no row meets the limits.
    """
    rows = np.flatnonzero(accept(case, table).within if within is None else within)
    if case.window.strikes and len(rows):
        nearest = nearest_row(case, table)
        return int(rows[np.argmin(table.c3_km2_s2[rows])]) if nearest is None else nearest
    return int(rows[np.argmin(table.loi_dv_m_s[rows])]) if len(rows) else None


def nearest_row(case: MissionCase, table: OpportunityTable) -> int | None:
    """Return the row launched nearest to the published instant, within a day of it; None without one."""
    if case.nominal_launch_tdb is None or not len(table):
        return None
    distance = np.abs(table.launch_tdb - case.nominal_launch_tdb)
    row = int(np.argmin(distance))
    return row if distance[row] <= _NEAR_S else None


def evaluate_mission(
    case: MissionCase,
    table: OpportunityTable,
    *,
    key: str = "",
    trajectory: Trajectory | None = None,
    acceptance: Acceptance | None = None,
    ephemeris: Ephemeris | None = None,
    resumed: bool = False,
    wall_time_s: float = 0.0,
) -> MissionResult:
    """Evaluate a mission whose opportunities are known.

    Parameters
    ----------
    case : MissionCase
        What was asked.
    table : OpportunityTable
        What was found.
    key : str
        Unique within the run; the mission id when empty.
    trajectory : Trajectory or None
        Of the best row.
    acceptance : Acceptance or None
        The table held against the limits; done here when omitted.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    resumed : bool
        Whether the table came from an earlier run.
    wall_time_s : float
        Time spent.

    Returns
    -------
    MissionResult
        Calendar, masses, light.
    """
    acceptance = acceptance or accept(case, table, ephemeris=ephemeris)
    within = acceptance.within
    best = best_row(case, table, within)
    window, nominal = case.window, nearest_row(case, table)
    arrived = best if nominal is None else nominal
    burn, trouble = _injection(case, table, best, ephemeris or open_ephemeris())
    home = sample_return(case, table, arrived, ephemeris or open_ephemeris())
    return MissionResult(
        key=key or case.id,
        case=case,
        table=table,
        within=within,
        acceptance=acceptance,
        best=best,
        trajectory=trajectory,
        calendar=calendar(table, within, window.launch_start_tdb, window.launch_stop_tdb),
        mass=masses(case, table, within, best),
        injection=burn,
        lighting=lighting(case, table, best, ephemeris),
        nominal=nominal,
        checks=flight_checks(case, table, nominal) + (home.checks if home else ()),
        sample_return=home,
        remark=" ".join(text for text in (recurrence(case, table), trouble) if text),
        resumed=resumed,
        wall_time_s=wall_time_s,
    )


def _injection(
    case: MissionCase, table: OpportunityTable, best: int | None, ephemeris: Ephemeris
) -> tuple[InjectionResult | None, str]:
    """Fly the best injection; when that fails, say so: the windows stand without it."""
    try:
        return injection(case, table, best, ephemeris), ""
    except ConvergenceError as fault:
        return None, f"No finite burn under all forces was found for the best injection: {fault}."


def own_contacts(case: MissionCase) -> tuple[ContactResult, ...]:
    """Return the contacts of a mission's own phases in orbit with its own landing site; empty without one.

    Only of phases that go on after the landing: before, what orbits is what lands.

    Parameters
    ----------
    case : MissionCase
        Mission.

    Returns
    -------
    tuple of ContactResult
        One a phase.
    """
    place = case.landing
    if place is None:
        return ()
    after = [phase for phase in case.phases if phase.start_day + phase.duration_day > place.delay_day]
    return tuple(contact(case, phase, place) for phase in after)
