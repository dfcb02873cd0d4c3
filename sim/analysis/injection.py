"""The injection of one opportunity flown as a finite burn under all forces."""

from __future__ import annotations

import math

from sim.analysis.assumptions import mission_assumed
from sim.analysis.parts import InjectionResult
from sim.bodies import EARTH
from sim.cases import MissionCase
from sim.ephemeris import Ephemeris
from sim.timescales import utc_from_tdb
from sim.transfer.finite_injection import sampled_injection
from sim.transfer.injection_flight import InjectionFlight, fly_injection
from sim.windows.parking import parking_rates
from sim.windows.table import OpportunityTable

_KEYS = (
    "launcher.upper_stage_thrust_n",
    "launcher.upper_stage_isp_s",
    "launcher.upper_stage_burnout_kg",
    "spacecraft.launch_mass_kg",
    "parking_orbit",
)


def injection_flight(case: MissionCase, table: OpportunityTable, row: int, ephemeris: Ephemeris) -> InjectionFlight:
    """Fly the injection of an opportunity that was searched with the mission's upper stage.

    Parameters
    ----------
    case : MissionCase
        With a stage in its window request.
    table : OpportunityTable
        Opportunities.
    row : int
        Which.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    InjectionFlight
        The burn.

    Raises
    ------
    ConvergenceError
        No burn meets the transfer.
    """
    window = case.window
    assert window.stage is not None  # asked for only with one
    aim, radius = window.aim, window.parking_radius_km
    mu = ephemeris.gm_km3_s2["earth"]
    planar = sampled_injection(aim, table.c3_km2_s2[[row]], window.stage, radius, mu)
    return fly_injection(
        table.tli_state[row],
        float(table.tli_tdb[row]),
        planar,
        window.stage,
        parking_radius_km=radius,
        rate_rad_s=parking_rates(radius, float(table.inclination_deg[row])).argument_of_latitude_rad_s,
        delay_s=aim.delay_s,
        ephemeris=ephemeris,
    )


def injection(
    case: MissionCase, table: OpportunityTable, best: int | None, ephemeris: Ephemeris
) -> InjectionResult | None:
    """Describe the injection of the best opportunity.

    Parameters
    ----------
    case : MissionCase
        The mission.
    table : OpportunityTable
        Opportunities.
    best : int or None
        Row of the best one.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    InjectionResult or None
        None without an opportunity, or when the injection is an impulse.
    """
    if best is None or case.window.stage is None or math.isnan(table.tli_burn_s[best]):
        return None
    flown = injection_flight(case, table, best, ephemeris)
    return InjectionResult(
        ignition_utc=str(utc_from_tdb(flown.ignition_tdb)),
        cutoff_utc=str(utc_from_tdb(flown.cutoff_tdb)),
        duration_s=flown.cutoff_tdb - flown.ignition_tdb,
        dv_m_s=flown.dv_m_s,
        loss_m_s=flown.loss_m_s,
        ignition_mass_kg=flown.ignition_mass_kg,
        burnout_mass_kg=case.window.stage.burnout_mass_kg,
        pitch_deg=flown.pitch_deg,
        yaw_deg=flown.yaw_deg,
        turn_rate_deg_s=flown.turn_rate_deg_s,
        perigee_altitude_km=case.window.aim.perigee_radius_km - EARTH.radius_equatorial_km,
        miss_m=flown.miss_m,
        planar_miss_m=flown.planar_miss_m,
        assumed=mission_assumed(case, _KEYS),
    )
