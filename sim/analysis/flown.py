"""What was computed beside what was flown, and what is particular about departures from an orbit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.parts import Floats
from sim.bodies import EARTH
from sim.cases import MissionCase
from sim.constants import SECONDS_PER_DAY
from sim.timescales import utc_from_tdb
from sim.units import RAD_PER_DEG
from sim.windows.parking import parking_rates
from sim.windows.request import DepartureOrbit
from sim.windows.table import OpportunityTable

MOON_NODE_DEG_DAY = 13.176
"""Mean motion of the Moon against the stars: by this much the plane of a transfer turns a day."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One number computed for the opportunity nearest to the flight, beside the one that was flown.

    Attributes
    ----------
    quantity : str
        What.
    computed, published, difference : str
        In words, with units; the difference is computed minus published.
    """

    quantity: str
    computed: str
    published: str
    difference: str


def injection_speed_km_s(table: OpportunityTable) -> Floats:
    """Return the inertial speed just after injection of each opportunity, km/s."""
    return np.asarray(np.linalg.norm(table.tli_state[:, 3:], axis=1))


def arrival_speed_km_s(table: OpportunityTable) -> Floats:
    """Return the speed at perilune before insertion, or at impact, of each opportunity, km/s."""
    return np.asarray(np.linalg.norm(table.perilune_state[:, 3:], axis=1))


def climb_angle_deg(table: OpportunityTable) -> Floats:
    """Return the angle of the velocity over the horizon just after injection of each opportunity, degrees."""
    r, v = table.tli_state[:, :3], table.tli_state[:, 3:]
    sine = (r * v).sum(axis=1) / (np.linalg.norm(r, axis=1) * np.linalg.norm(v, axis=1))
    return np.asarray(np.rad2deg(np.arcsin(np.clip(sine, -1.0, 1.0))))


def span_text(span_s: float) -> str:
    """Return a time difference in words, with sign."""
    size = abs(span_s)
    if size < 120.0:
        return f"{span_s:+.0f} s"
    return f"{span_s / 60.0:+.1f} min" if size < 7200.0 else f"{span_s / 3600.0:+.1f} h"


def instant_check(quantity: str, computed_tdb: float, published_tdb: float) -> CheckResult:
    """Return the check of an instant."""
    computed, published = (str(utc_from_tdb(t, 0)).replace("T", " ") for t in (computed_tdb, published_tdb))
    return CheckResult(quantity, computed, published, span_text(computed_tdb - published_tdb))


def _number_check(quantity: str, computed: float, published: float, digits: int, unit: str) -> CheckResult:
    return CheckResult(
        quantity,
        f"{computed:.{digits}f} {unit}",
        f"{published:g} {unit}",
        f"{round(computed - published, digits) + 0.0:+.{digits}f} {unit}",
    )


def flight_checks(case: MissionCase, table: OpportunityTable, row: int | None) -> tuple[CheckResult, ...]:
    """Set the opportunity nearest to the published launch beside what was flown.

    Parameters
    ----------
    case : MissionCase
        The mission, with what was flown.
    table : OpportunityTable
        Its opportunities.
    row : int or None
        The one nearest to the published launch.

    Returns
    -------
    tuple of CheckResult
        Empty without a published launch or without an opportunity near it.
    """
    if row is None or case.nominal_launch_tdb is None:
        return ()
    one, flown = table.select(np.array([row])), case.flown
    found = [instant_check("Lift-off", float(one.launch_tdb[0]), case.nominal_launch_tdb)]
    if flown.arrival_tdb is not None:
        words = "Impact" if case.window.strikes else "Arrival (perilune; flown: middle of the burn)"
        found.append(instant_check(words, float(one.perilune_tdb[0]), flown.arrival_tdb))
        flight = (float(one.perilune_tdb[0] - one.launch_tdb[0]), flown.arrival_tdb - case.nominal_launch_tdb)
        hours = (flight[0] / 3600.0, round(flight[1] / 3600.0, 2))
        found.append(_number_check("Lift-off to arrival", *hours, 2, "h"))
    numbers = (
        ("Speed after injection", injection_speed_km_s(one), flown.injection_speed_km_s, 2, "km/s"),
        ("Speed at impact", arrival_speed_km_s(one), flown.impact_speed_km_s, 2, "km/s"),
        ("First insertion", one.loi_dv_m_s, flown.insertion_dv_m_s, 0, "m/s"),
    )
    for quantity, computed, published, digits, unit in numbers:
        if published is not None:
            found.append(_number_check(quantity, float(computed[0]), published, digits, unit))
    return tuple(found)


def recurrence(case: MissionCase, table: OpportunityTable) -> str:
    """Say how the windows of a departure from an orbit recur.

    Parameters
    ----------
    case : MissionCase
        The mission.
    table : OpportunityTable
        Its opportunities.

    Returns
    -------
    str
        One or two sentences; empty for launches from a site and without two windows.
    """
    if not isinstance(case.window.site, DepartureOrbit):
        return ""
    gaps = window_gaps_day(table)
    if not len(gaps):
        return ""
    radius = EARTH.radius_equatorial_km + case.window.parking_altitude_km
    rates = parking_rates(radius, case.window.inclination_deg[0])
    node = rates.node_rad_s / RAD_PER_DEG * SECONDS_PER_DAY
    mean = 180.0 / (MOON_NODE_DEG_DAY - node)
    return (
        f"Windows recur after {gaps.min():.1f} to {gaps.max():.1f} days, {gaps.mean():.1f} days on average. The node "
        f"of the {case.window.site.name} moves by {node:+.2f} degrees a day, that of a transfer follows the Moon by "
        f"{MOON_NODE_DEG_DAY:+.1f}: two meetings every {2.0 * mean:.1f} days, one for each leg."
    )


def window_gaps_day(table: OpportunityTable) -> Floats:
    """Return the distances of consecutive windows: injections of all flight times within two days count as one."""
    if not len(table):
        return np.empty(0)
    launch = np.sort(table.launch_tdb)
    cuts = np.flatnonzero(np.diff(launch) > 2.0 * SECONDS_PER_DAY) + 1
    middles = np.array([part.mean() for part in np.split(launch, cuts)])
    return np.asarray(np.diff(middles) / SECONDS_PER_DAY)
