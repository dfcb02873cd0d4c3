"""The inverse of a burn that lasted too long: what would bring its impact to the time and place observed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris
from sim.operations import (
    FieldFlights,
    Lander,
    LunarElements,
    NeededThrust,
    Observation,
    OverburnInputs,
    OverburnStudy,
    Rate,
    Unknown,
    VolumeFit,
    arc_between_deg,
    find_plane_passages,
    fit_volume,
    fly_in_field,
    needed_thrust,
    off_plane_km,
    plane_normal_icrf,
    unknown_rates,
)
from sim.operations.request import OverburnCase, PlaceCase
from sim.windows import OpportunityTable

_NEAR_LAUNCH_S = 1_800.0
"""Opportunities this near to the published launch are taken for the flight."""
_FIELD_STEP = 3
"""Every third place of the burn is flown in the field: 45 degrees."""
_FLIGHTS = 8192


@dataclass(frozen=True, slots=True)
class PlaneRow:
    """The plane of one arrival beside the crater.

    Attributes
    ----------
    launch_tdb : float
        Of the opportunity.
    inclination_deg : float
        At arrival.
    southbound : bool
        Direction of flight over the crater.
    off_crater_km : float
        Distance of the crater from the plane when the signal was lost.
    site_tdb : float
        When the plane holds the landing site; NaN when it does not within ten days.
    """

    launch_tdb: float
    inclination_deg: float
    southbound: bool
    off_crater_km: float
    site_tdb: float


@dataclass(frozen=True, eq=False)
class DirectionFit:
    """What follows for one direction of flight over the crater.

    Attributes
    ----------
    southbound : bool
        Direction.
    inclination_deg : float
        Of the plane: of the arrivals where there are any, of the scenario otherwise.
    crater_to_site_deg : float or None
        Along the flight; negative when the site comes first.
    volume : VolumeFit
        All unknowns swept.
    needed : NeededThrust
        For every case of the study.
    field : FieldFlights
        Some cases flown in the Moon's field.
    """

    southbound: bool
    inclination_deg: float
    crater_to_site_deg: float | None
    volume: VolumeFit
    needed: NeededThrust
    field: FieldFlights


@dataclass(frozen=True, eq=False)
class OverburnInverse:
    """What would bring time and place together.

    Attributes
    ----------
    planes : tuple of PlaneRow
        Arrivals of the flown launch beside the crater; empty without any.
    rates : tuple of Rate
        Of every unknown, about the case nearest to the observed time.
    directions : tuple of DirectionFit
        The direction of the scenario first; the other one where an arrival flies it.
    descent_deg : float
        Length of the powered descent that the planned perilune may lie before the site.
    """

    planes: tuple[PlaneRow, ...]
    rates: tuple[Rate, ...]
    directions: tuple[DirectionFit, ...]
    descent_deg: float


def overburn_unknowns(case: OverburnCase) -> tuple[Unknown, ...]:
    """Return the unknowns of a burn with their plausible ranges.

    Parameters
    ----------
    case : OverburnCase
        Published numbers.

    Returns
    -------
    tuple of Unknown
    """
    mean = 0.5 * (case.perilune_altitude_km + case.apolune_altitude_km)
    half = 0.5 * (case.apolune_altitude_km - case.perilune_altitude_km)
    low, high = sorted((mean, case.circular_altitude_km))
    plan, planned, actual = case.planned_perilune_km, case.planned_s, case.actual_s
    return (
        Unknown("begin_s", "begin of the burn, s", -case.uncertainty_s, case.uncertainty_s, "published to the minute"),
        Unknown("mean_altitude_km", "mean altitude before, km", low - 1.0, high + 1.0, "plan to flown, rounded"),
        Unknown("half_difference_km", "half the difference of its apses, km", 0.0, half, "plan to flown"),
        Unknown("true_anomaly_deg", "place of the burn on it, °", 0.0, 360.0, "not published"),
        Unknown("planned_perilune_km", "planned perilune, km", plan - 0.5, plan + 0.5, "published to the km"),
        Unknown("planned_s", "planned duration, s", planned - 0.5, planned + 0.5, "published to the second"),
        Unknown("actual_s", "duration of the burn, s", actual - 0.5, actual + 0.5, "published to the second"),
        Unknown("thrust_percent", "true thrust over the plan's, %", -3.0, 3.0, "an engine's usual spread", True),
        Unknown("pitch_deg", "thrust off the velocity in the plane, °", -5.0, 5.0, "a spacecraft adrift", True),
    )


def overburn_inverse(
    case: OverburnCase,
    study: OverburnStudy,
    site: PlaceCase | None,
    descent_km: float,
    table: OpportunityTable | None = None,
    launch_tdb: float | None = None,
    ephemeris: Ephemeris | None = None,
) -> OverburnInverse:
    """Find what would bring the impact of an overlong burn to the observed time and place.

    Parameters
    ----------
    case : OverburnCase
        Published numbers.
    study : OverburnStudy
        The forward flights.
    site : PlaceCase or None
        Landing site.
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
    OverburnInverse
    """
    planes = _planes(case, site, table, launch_tdb, ephemeris)
    unknowns, descent_deg = overburn_unknowns(case), float(np.degrees(descent_km / MOON.radius_km))
    tracks = {case.southbound: case.inclination_deg}
    tracks |= {row.southbound: row.inclination_deg for row in sorted(planes, key=_farther)}
    directions = tuple(
        _direction(case, study, site, unknowns, descent_deg, south, tracks[south], ephemeris)
        for south in sorted(tracks, key=lambda one: one is not case.southbound)
    )
    observed = _observation(case, None, descent_deg)
    nearest = int(np.nanargmin(np.abs(study.late_s)))
    rates = unknown_rates(unknowns, _case_of(case, study, nearest), case.crater_altitude_km, observed)
    return OverburnInverse(planes, rates, directions, descent_deg)


def _farther(row: PlaneRow) -> float:
    """Order in which the nearest plane comes last, and stays."""
    return -abs(row.off_crater_km)


def _planes(
    case: OverburnCase,
    site: PlaceCase | None,
    table: OpportunityTable | None,
    launch_tdb: float | None,
    ephemeris: Ephemeris | None,
) -> tuple[PlaneRow, ...]:
    """Planes of the arrivals whose launch is near the published one, on the day of the loss."""
    if site is None or table is None or launch_tdb is None:
        return ()
    crater = Lander("crater", case.crater_latitude_deg, case.crater_longitude_deg)
    place, rows = site.lit(), []
    for at in np.flatnonzero(np.abs(table.launch_tdb - launch_tdb) <= _NEAR_LAUNCH_S):
        arrival, inclination = float(table.perilune_tdb[at]), float(table.lunar_inclination_deg[at])
        elements = LunarElements(
            case.circular_altitude_km, case.circular_altitude_km, inclination, float(table.node_longitude_deg[at])
        )
        normal = plane_normal_icrf(elements, arrival, ephemeris)
        over = find_plane_passages(normal, crater, arrival, arrival + 10.0 * SECONDS_PER_DAY, ephemeris=ephemeris)
        held = find_plane_passages(normal, place, arrival, arrival + 10.0 * SECONDS_PER_DAY, ephemeris=ephemeris)
        if not len(over):
            continue
        first = int(np.argmin(np.abs(over.t_tdb - case.lost_tdb)))
        off = off_plane_km(normal, crater, np.array([case.lost_tdb]), ephemeris)
        rows.append(
            PlaneRow(
                float(table.launch_tdb[at]), inclination, bool(over.southbound[first]), float(off[0]),
                float(held.t_tdb[0]) if len(held) else float("nan"),
            )
        )  # fmt: skip
    return tuple(rows)


def _observation(case: OverburnCase, crater_to_site_deg: float | None, descent_deg: float) -> Observation:
    return Observation(
        observed_s=case.lost_tdb - case.begin_tdb,
        uncertainty_s=case.uncertainty_s,
        crater_to_site_deg=crater_to_site_deg,
        descent_deg=descent_deg,
        planned_apolune_km=case.circular_altitude_km,
    )


def _direction(
    case: OverburnCase,
    study: OverburnStudy,
    site: PlaceCase | None,
    unknowns: tuple[Unknown, ...],
    descent_deg: float,
    southbound: bool,
    inclination_deg: float,
    ephemeris: Ephemeris | None,
) -> DirectionFit:
    onward = None
    if site is not None:
        onward = arc_between_deg(case.crater_latitude_deg, site.latitude_deg, inclination_deg, southbound)
    observation = _observation(case, onward, descent_deg)
    inputs = _inputs(case, study)
    field = fly_in_field(
        _rows(inputs, np.arange(0, study.impact_s.size, _FIELD_STEP)), case.begin_tdb,
        crater_latitude_deg=case.crater_latitude_deg, crater_longitude_deg=case.crater_longitude_deg,
        inclination_deg=inclination_deg, southbound=southbound, ephemeris=ephemeris,
    )  # fmt: skip
    return DirectionFit(
        southbound,
        inclination_deg,
        onward,
        fit_volume(unknowns, case.crater_altitude_km, observation, _FLIGHTS),
        needed_thrust(inputs, observation),
        field,
    )


def _inputs(case: OverburnCase, study: OverburnStudy) -> OverburnInputs:
    """All cases of a study."""
    low, high = study.apsis_altitude_km.T
    return OverburnInputs(
        low, high, study.true_anomaly_deg, np.full(low.size, case.planned_perilune_km), case.planned_s, case.actual_s,
        ground_altitude_km=case.crater_altitude_km,
    )  # fmt: skip


def _rows(inputs: OverburnInputs, rows: NDArray[np.intp]) -> OverburnInputs:
    low, high, nu, plan = (
        np.asarray(one)[rows]
        for one in (
            inputs.perilune_altitude_km, inputs.apolune_altitude_km, inputs.true_anomaly_deg, inputs.planned_perilune_km
        )
    )  # fmt: skip
    return OverburnInputs(
        low, high, nu, plan, inputs.planned_s, inputs.actual_s, ground_altitude_km=inputs.ground_altitude_km
    )


def _case_of(case: OverburnCase, study: OverburnStudy, row: int) -> dict[str, float]:
    """Values of all unknowns in one case of a study."""
    low, high = study.apsis_altitude_km[row]
    return {
        "begin_s": 0.0,
        "mean_altitude_km": float(0.5 * (low + high)),
        "half_difference_km": float(0.5 * (high - low)),
        "true_anomaly_deg": float(study.true_anomaly_deg[row]),
        "planned_perilune_km": case.planned_perilune_km,
        "planned_s": case.planned_s,
        "actual_s": case.actual_s,
        "thrust_percent": 0.0,
        "pitch_deg": 0.0,
    }
