"""Sample return: ascent into the orbiter's plane, phasing to docking, impulses towards the Earth.

Two-body geometry about a spherical Moon, with the orbiter's node turned by first-order J2; the returns themselves are
solved in the full model (`sim.windows.homeward`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.flown import CheckResult, instant_check
from sim.analysis.parts import Floats, Trajectory
from sim.bodies import MOON
from sim.cases import AscentCase, LandingCase, MissionCase, ReturnCase
from sim.constants import SECONDS_PER_DAY, TWO_PI
from sim.ephemeris import Ephemeris
from sim.maneuvers import apsis_change_dv_m_s, apsis_speed_km_s, plane_change_dv_m_s, speed_km_s
from sim.transfer.impact import place_icrf_km
from sim.transfer.verify import sample_trajectory
from sim.windows.homeward import LunarOrbitPlane, ReturnTable, find_returns
from sim.windows.table import OpportunityTable

STAY_LIMIT_DAY = 14.0
"""Stays up to half a month are drawn: then the Moon has turned the site through the plane again."""

STAY_STEP_DAY = 0.05


@dataclass(frozen=True)
class DockingResult:
    """From the landing site to the orbiter.

    Attributes
    ----------
    stay_day : float
        Of the case.
    plane_error_deg : float
        Elevation of the site over the orbiter's plane at lift-off.
    turn_dv_m_s : float
        Plane change by that angle in the orbiter's orbit.
    circularisation_dv_m_s : float
        From the orbit entered by the ascent into that of the orbiter.
    catch_up_deg_per_rev : float
        Gain on the orbiter in one revolution of the lower orbit.
    phasing_revs : float
        Revolutions of the lower orbit between lift-off and docking.
    catch_up_limit_deg : float
        What could be gained in that time: docking is possible for every phase when it exceeds 360.
    sweep_stay_day, sweep_plane_error_deg, sweep_turn_dv_m_s : ndarray, shape (S,)
        Plane error and its cost for other stays.
    """

    stay_day: float
    plane_error_deg: float
    turn_dv_m_s: float
    circularisation_dv_m_s: float
    catch_up_deg_per_rev: float
    phasing_revs: float
    catch_up_limit_deg: float
    sweep_stay_day: Floats
    sweep_plane_error_deg: Floats
    sweep_turn_dv_m_s: Floats


@dataclass(frozen=True)
class SampleReturnResult:
    """A sample return after the landing.

    Attributes
    ----------
    docking : DockingResult or None
        None when the mission describes no ascent.
    returns : ReturnTable or None
        None when it describes no return.
    return_dv_m_s, turn_dv_m_s : ndarray, shape (N,)
        Both impulses of each return with the plane turned between them; the turn alone.
    best : int or None
        Cheapest return.
    nominal : int or None
        Return of the published injection that lands nearest to the published landing.
    path : Trajectory or None
        Of the nominal, else the best return, from injection to entry.
    checks : tuple of CheckResult
        The nominal return beside what was flown.
    """

    docking: DockingResult | None
    returns: ReturnTable | None
    return_dv_m_s: Floats
    turn_dv_m_s: Floats
    best: int | None
    nominal: int | None
    path: Trajectory | None
    checks: tuple[CheckResult, ...]


def orbiter_plane(table: OpportunityTable, row: int, altitude_km: float) -> LunarOrbitPlane:
    """Return the plane that the orbiter entered at one opportunity.

    Parameters
    ----------
    table : OpportunityTable
        Opportunities.
    row : int
        Which.
    altitude_km : float
        Of the orbit in which it waits.

    Returns
    -------
    LunarOrbitPlane
        At perilune of arrival; insertion is taken to leave the plane as it is.
    """
    r, v = table.perilune_state[row, :3], table.perilune_state[row, 3:]
    normal = np.cross(r, v)
    return LunarOrbitPlane(normal / np.linalg.norm(normal), float(table.perilune_tdb[row]), altitude_km)


def _plane_error_deg(orbit: LunarOrbitPlane, landing: LandingCase, t_tdb: Floats, ephemeris: Ephemeris) -> Floats:
    site = place_icrf_km(landing.latitude_deg, landing.longitude_deg, t_tdb, ephemeris) / MOON.radius_km
    return np.asarray(np.rad2deg(np.arcsin(np.clip((site * orbit.normals(t_tdb, ephemeris)).sum(axis=1), -1.0, 1.0))))


def docking(
    ascent: AscentCase, landing: LandingCase, orbit: LunarOrbitPlane, landing_tdb: float, ephemeris: Ephemeris
) -> DockingResult:
    """Compute ascent and phasing.

    Parameters
    ----------
    ascent : AscentCase
        Stay and orbits.
    landing : LandingCase
        Site.
    orbit : LunarOrbitPlane
        Of the orbiter.
    landing_tdb : float
        Touchdown, seconds past J2000 TDB.
    ephemeris : Ephemeris
        Lunar orientation.

    Returns
    -------
    DockingResult
        For the stay of the case and for a sweep of stays.
    """
    stays = np.append(np.arange(0.0, STAY_LIMIT_DAY + STAY_STEP_DAY, STAY_STEP_DAY), ascent.stay_day)
    error = _plane_error_deg(orbit, landing, landing_tdb + stays * SECONDS_PER_DAY, ephemeris)
    radius = MOON.radius_km + ascent.docking_altitude_km
    circular = float(speed_km_s(radius, -MOON.gm_km3_s2 / radius, MOON.gm_km3_s2))
    turn = plane_change_dv_m_s(circular, circular, np.abs(error))
    low, high = (MOON.radius_km + height for height in (ascent.perilune_altitude_km, ascent.apolune_altitude_km))
    lower = 0.5 * (low + high)
    periods = [TWO_PI * np.sqrt(axis**3 / MOON.gm_km3_s2) for axis in (lower, radius)]
    revs = ascent.docking_day * SECONDS_PER_DAY / periods[0]
    gain = 360.0 * (1.0 - periods[0] / periods[1])
    return DockingResult(
        stay_day=ascent.stay_day,
        plane_error_deg=float(error[-1]),
        turn_dv_m_s=float(turn[-1]),
        circularisation_dv_m_s=_circularisation_m_s(low, high, radius),
        catch_up_deg_per_rev=float(gain),
        phasing_revs=float(revs),
        catch_up_limit_deg=float(gain * revs),
        sweep_stay_day=stays[:-1],
        sweep_plane_error_deg=error[:-1],
        sweep_turn_dv_m_s=turn[:-1],
    )


def _circularisation_m_s(low_km: float, high_km: float, radius_km: float) -> float:
    """Two impulses from an ellipse to a circle: apolune first moved there from perilune, then perilune from apolune."""
    mu = MOON.gm_km3_s2
    first = apsis_change_dv_m_s(low_km, high_km, radius_km, mu)
    return float(first + apsis_change_dv_m_s(radius_km, low_km, radius_km, mu))


def impulses_m_s(case: ReturnCase, altitude_km: float, returns: ReturnTable) -> tuple[Floats, Floats]:
    """Return what two impulses towards the Earth cost, with the plane turned at apolune between them.

    Parameters
    ----------
    case : ReturnCase
        Perilune of departure and apolune of the ellipse.
    altitude_km : float
        Circular orbit that is left.
    returns : ReturnTable
        Returns.

    Returns
    -------
    total_m_s, turn_m_s : ndarray, shape (N,)
        All impulses together; the turn alone.
    """
    mu, radius = MOON.gm_km3_s2, MOON.radius_km + altitude_km
    apolune = MOON.radius_km + case.ellipse_apolune_altitude_km
    perilune = MOON.radius_km + case.request.perilune_altitude_km
    first = float(apsis_change_dv_m_s(radius, radius, apolune, mu))
    # the ellipse is drawn from the circle's height to apolune; its perilune is raised to that of departure there
    raised = float(apsis_change_dv_m_s(apolune, radius, perilune, mu))
    slow = apsis_speed_km_s(apolune, perilune, mu)
    turn = plane_change_dv_m_s(slow, slow, returns.plane_turn_deg)
    second = 1e3 * (speed_km_s(perilune, returns.vinf_km_s**2, mu) - apsis_speed_km_s(perilune, apolune, mu))
    return np.asarray(first + raised + turn + second), np.asarray(turn)


def departures_tdb(case: ReturnCase, altitude_km: float) -> Floats:
    """Return the injections that are tried: one a revolution of the orbit that is left, and the published one."""
    radius = MOON.radius_km + altitude_km
    period = TWO_PI * float(np.sqrt(radius**3 / MOON.gm_km3_s2))
    grid = np.arange(case.request.start_tdb, case.request.stop_tdb, period)
    return np.sort(grid if case.injection_tdb is None else np.append(grid, case.injection_tdb))


def _nominal(case: ReturnCase, returns: ReturnTable, total: Floats) -> int | None:
    """Row of the published injection: nearest to the published landing, else the cheapest."""
    if case.injection_tdb is None:
        return None
    rows = np.flatnonzero(returns.departure_tdb == case.injection_tdb)
    if not rows.size:
        return None
    if case.landing_tdb is None:
        return int(rows[np.argmin(total[rows])])
    return int(rows[np.argmin(np.abs(returns.landing_tdb[rows] - case.landing_tdb))])


def _checks(case: ReturnCase, returns: ReturnTable, row: int | None) -> tuple[CheckResult, ...]:
    if row is None or case.injection_tdb is None or case.landing_tdb is None:
        return ()
    words = "Landing on the Earth after the injection flown"
    landing = instant_check(words, float(returns.landing_tdb[row]), case.landing_tdb)
    hours = (float(returns.flight_day[row]) * 24.0, (case.landing_tdb - case.injection_tdb) / 3600.0)
    flight = CheckResult(
        "Injection to landing", f"{hours[0]:.2f} h", f"{hours[1]:.2f} h", f"{hours[0] - hours[1]:+.2f} h"
    )
    return landing, flight


def sample_return(
    case: MissionCase, table: OpportunityTable, row: int | None, ephemeris: Ephemeris
) -> SampleReturnResult | None:
    """Evaluate what follows a landing that is not the end.

    Parameters
    ----------
    case : MissionCase
        With ascent, return, or both.
    table : OpportunityTable
        Its opportunities.
    row : int or None
        The one whose arrival plane the orbiter keeps: nearest to the published launch, else the best.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    SampleReturnResult or None
        None without ascent and return, and without an opportunity.
    """
    if row is None or (case.ascent is None and case.earth_return is None):
        return None
    altitude = case.ascent.docking_altitude_km if case.ascent else case.window.apolune_altitude_km
    orbit = orbiter_plane(table, row, altitude)
    dock = None
    if case.ascent is not None and case.landing is not None:
        touchdown = float(table.perilune_tdb[row]) + case.landing.delay_day * SECONDS_PER_DAY
        dock = docking(case.ascent, case.landing, orbit, touchdown, ephemeris)
    home = case.earth_return
    if home is None:
        return SampleReturnResult(dock, None, np.empty(0), np.empty(0), None, None, None, ())
    returns = find_returns(home.request, orbit, departures_tdb(home, altitude), ephemeris=ephemeris)
    total, turn = impulses_m_s(home, altitude, returns)
    best = int(np.argmin(total)) if len(returns) else None
    nominal = _nominal(home, returns, total)
    shown = best if nominal is None else nominal
    path = None if shown is None else _path(returns, shown, ephemeris)
    return SampleReturnResult(dock, returns, total, turn, best, nominal, path, _checks(home, returns, nominal))


def _path(returns: ReturnTable, row: int, ephemeris: Ephemeris) -> Trajectory:
    start, stop = float(returns.departure_tdb[row]), float(returns.entry_tdb[row])
    moon = ephemeris.state("moon", "earth", np.array([start]))[0]
    t_tdb, states = sample_trajectory(returns.departure_state[row] + moon, start, stop, ephemeris=ephemeris)
    return Trajectory(t_tdb, states, ephemeris.state("moon", "earth", t_tdb))
