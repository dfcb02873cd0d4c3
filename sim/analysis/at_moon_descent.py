"""Ways down: the budget of a descent, and a burn that lasted too long beside the crater found."""

from __future__ import annotations

import numpy as np

from sim.analysis.at_moon_descent_results import DescentResult
from sim.analysis.at_moon_overburn import overburn_inverse
from sim.analysis.at_moon_results import OverburnResult
from sim.analysis.parts import Floats
from sim.bodies import MOON
from sim.ephemeris import Ephemeris
from sim.errors import ConvergenceError, UnreachableError
from sim.operations import (
    EngineDescent,
    OrbitBefore,
    deorbit,
    engine_descent,
    impacts_for_perilune,
    powered_descent,
    study_overburn,
)
from sim.operations.request import DescentCase, OverburnCase, PlaceCase
from sim.spacecraft import propellant_kg
from sim.units import RAD_PER_DEG
from sim.windows import OpportunityTable


def descent(case: DescentCase) -> DescentResult:
    """Compute the budget of a descent.

    Parameters
    ----------
    case : DescentCase
        Numbers.

    Returns
    -------
    DescentResult
    """
    down = deorbit(case.orbit_altitude_km, case.perilune_altitude_km)
    budget = powered_descent(
        case.perilune_altitude_km,
        down.perilune_speed_m_s,
        case.mass_kg,
        case.isp_s,
        rest_height_m=case.rest_height_m,
        vertical_s=case.vertical_s,
        reserve_share=case.reserve_share,
    )
    engine, fault = _on_engine(case, down.perilune_speed_m_s)
    total = budget.total_dv_m_s
    if engine is not None:
        total = (engine.braking_dv_m_s + budget.vertical_dv_m_s) * (1.0 + case.reserve_share)
    burnt = float(propellant_kg(case.mass_kg, total, case.isp_s))
    return DescentResult(case.orbit_altitude_km, down, budget, case.thrust_n, engine, fault, total, burnt)


def _on_engine(case: DescentCase, speed_m_s: float) -> tuple[EngineDescent | None, str]:
    if case.thrust_n is None:
        return None, ""
    try:
        return engine_descent(
            case.perilune_altitude_km, speed_m_s, case.mass_kg, case.thrust_n, case.isp_s,
            rest_height_m=case.rest_height_m, vertical_s=case.vertical_s,
        ), ""  # fmt: skip
    except (UnreachableError, ConvergenceError) as error:
        return None, str(error)


def overburn_beside_crater(
    case: OverburnCase,
    site: PlaceCase | None,
    *,
    descent_km: float = 0.0,
    table: OpportunityTable | None = None,
    launch_tdb: float | None = None,
    ephemeris: Ephemeris | None = None,
) -> OverburnResult:
    """Fly an overlong burn from every place of both orbits, and compare with the crater.

    Parameters
    ----------
    case : OverburnCase
        Published numbers.
    site : PlaceCase or None
        Landing site, over which the planned perilune is taken to be.
    descent_km : float
        Length of the powered descent over ground.
    table : OpportunityTable, optional
        Opportunities of the mission, for the plane of arrival.
    launch_tdb : float, optional
        The published launch.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    OverburnResult
    """
    orbits = (
        OrbitBefore(
            f"{case.perilune_altitude_km:g} x {case.apolune_altitude_km:g} km",
            case.perilune_altitude_km,
            case.apolune_altitude_km,
            case.planned_perilune_km,
        ),
        OrbitBefore(
            f"{case.circular_altitude_km:g} km circular",
            case.circular_altitude_km,
            case.circular_altitude_km,
            case.planned_perilune_km,
        ),
    )
    study = study_overburn(
        orbits,
        planned_s=case.planned_s,
        actual_s=case.actual_s,
        observed_s=case.lost_tdb - case.begin_tdb,
        crater_latitude_deg=case.crater_latitude_deg,
        crater_longitude_deg=case.crater_longitude_deg,
        crater_altitude_km=case.crater_altitude_km,
        inclination_deg=case.inclination_deg,
        southbound=case.southbound,
    )
    latitude, longitude = np.zeros(0), np.zeros(0)
    if site is not None:
        latitude, longitude = impacts_for_perilune(
            study,
            site.latitude_deg,
            site.longitude_deg,
            inclination_deg=case.inclination_deg,
            southbound=case.southbound,
        )
    early, late = study.impact_range_s
    return OverburnResult(
        case=case,
        study=study,
        impact_latitude_deg=latitude,
        impact_longitude_deg=longitude,
        miss_km=_distance_km(latitude, longitude, case.crater_latitude_deg, case.crater_longitude_deg),
        explained_s=late - early,
        inverse=overburn_inverse(case, study, site, descent_km, table, launch_tdb, ephemeris),
    )


def _distance_km(
    latitude_deg: Floats, longitude_deg: Floats, to_latitude_deg: float, to_longitude_deg: float
) -> Floats:
    """Distance on the sphere (haversine)."""
    a, b = latitude_deg * RAD_PER_DEG, to_latitude_deg * RAD_PER_DEG
    half = 0.5 * (longitude_deg - to_longitude_deg) * RAD_PER_DEG
    square = np.sin(0.5 * (a - b)) ** 2 + np.cos(a) * np.cos(b) * np.sin(half) ** 2
    return np.asarray(2.0 * MOON.radius_km * np.arcsin(np.minimum(np.sqrt(square), 1.0)))
