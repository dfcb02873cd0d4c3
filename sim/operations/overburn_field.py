"""An overlong burn flown in the Moon's field: what the planar two-body flight leaves out.

The case is placed so that the planar flight ends in the crater. The plan is made anew in the field: the thrust is the
one with which the planned burn reaches the planned perilune there. Then the actual burn is flown with GRGM1200A, Earth
and Sun. The difference in time and place is what the figure and the mass concentrations of the Moon do in an hour.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.constants import STANDARD_GRAVITY_M_S2
from sim.dynamics import FiniteBurn, FullForceModel
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import InputError
from sim.frames import R_me_icrf, rotate
from sim.operations.low_orbits import moon_orbit_model
from sim.operations.overburn_flights import ISP_S, OverburnFlights, OverburnInputs, fly_overburns
from sim.operations.overburn_study import places_before
from sim.operations.tracks import LunarElements
from sim.propagation import propagate_full
from sim.spacecraft import Engine
from sim.units import DEG_PER_RAD, RAD_PER_DEG

FloatArray = NDArray[np.float64]

_MASS_KG = 1000.0
_BEFORE_S, _AFTER_S, _STEP_S = 240.0, 420.0, 2.0
_PERILUNE_SPAN_S = np.arange(2400.0, 4800.0, 20.0)
_PLAN_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class FieldFlights:
    """Overlong burns in the Moon's field. Arrays have shape (N,).

    Attributes
    ----------
    impact_s : ndarray
        From the begin of the burn to the impact in the field.
    later_s : ndarray
        The same less the planar one; NaN where it does not come down within minutes of that.
    farther_km : ndarray
        The same along the track.
    plan_change_km : ndarray
        How much lower the planar plan must aim for the planned perilune in the field.
    beyond_crater_deg : ndarray
        From the crater on to where the planned perilune would have been.
    latitude_deg, longitude_deg : ndarray
        Place of the impact in the field.
    burn_latitude_deg, burn_longitude_deg : ndarray
        Place over which the burn begins.
    burn_seen : ndarray of bool
        Whether the Earth's centre is in view when the burn begins.
    degree : int
        Of the field.
    """

    impact_s: FloatArray
    later_s: FloatArray
    farther_km: FloatArray
    plan_change_km: FloatArray
    beyond_crater_deg: FloatArray
    latitude_deg: FloatArray
    longitude_deg: FloatArray
    burn_latitude_deg: FloatArray
    burn_longitude_deg: FloatArray
    burn_seen: NDArray[np.bool_]
    degree: int


@dataclass(frozen=True, slots=True)
class _Course:
    """Where and when a burn is flown."""

    begin_tdb: float
    crater_latitude_deg: float
    crater_longitude_deg: float
    inclination_deg: float
    southbound: bool
    model: FullForceModel
    ephemeris: Ephemeris | None


def fly_in_field(
    inputs: OverburnInputs,
    begin_tdb: float,
    *,
    crater_latitude_deg: float,
    crater_longitude_deg: float,
    inclination_deg: float,
    southbound: bool,
    degree: int = 50,
    ephemeris: Ephemeris | None = None,
) -> FieldFlights:
    """Fly overlong burns in the Moon's field from where the planar ones begin.

    Parameters
    ----------
    inputs : OverburnInputs
        Cases (N,); thrust against the velocity only (no pitch).
    begin_tdb : float
        Begin of the burn.
    crater_latitude_deg, crater_longitude_deg : float
        Where the planar flights end.
    inclination_deg : float
        Of the orbit.
    southbound : bool
        Direction of flight at the crater.
    degree : int
        Of the field, 2 to 70.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    FieldFlights

    Raises
    ------
    InputError
        A pitch, or a case whose planar flight does not come down.
    UnreachableError
        The orbit does not reach the latitude of the crater.
    """
    as_planned = fly_overburns(inputs)
    if np.any(np.asarray(inputs.pitch_deg) != 0.0) or not np.isfinite(as_planned.impact_s).all():
        raise InputError("flights in the field need planar ones that come down, without a pitch")
    crater = crater_latitude_deg, crater_longitude_deg, inclination_deg, southbound
    course = _Course(begin_tdb, *crater, moon_orbit_model(degree, ephemeris=ephemeris), ephemeris)
    change = np.zeros(as_planned.impact_s.shape)
    for _ in range(_PLAN_ROUNDS):
        change += inputs.planned_perilune_km - _field_perilune_km(_aimed(inputs, change), course)
    aimed = _aimed(inputs, change)
    planar = fly_overburns(aimed)
    if not np.isfinite(planar.impact_s).all():
        raise InputError("a plan made in the field does not come down in the planar flight")
    latitude, longitude = places_before(*crater, planar.arc_deg, planar.impact_s)
    starts = _starts(aimed, planar, course)
    times = begin_tdb + planar.impact_s[:, None] + np.arange(-_BEFORE_S, _AFTER_S, _STEP_S)
    paths = _paths(aimed, planar, starts, times, course, planned=False)
    t, place = _impacts(times, paths, MOON.radius_km + inputs.ground_altitude_km, ephemeris)
    lat = np.arcsin(place[:, 2]) * DEG_PER_RAD
    lon = np.arctan2(place[:, 1], place[:, 0]) * DEG_PER_RAD
    return FieldFlights(
        impact_s=t - begin_tdb,
        later_s=t - begin_tdb - as_planned.impact_s,
        farther_km=_along_km(lat, crater_latitude_deg, inclination_deg, southbound),
        plan_change_km=-change,
        beyond_crater_deg=planar.perilune_arc_deg - planar.arc_deg,
        latitude_deg=lat,
        longitude_deg=lon,
        burn_latitude_deg=latitude,
        burn_longitude_deg=longitude,
        burn_seen=_earth_seen(starts, begin_tdb, ephemeris),
        degree=degree,
    )


def _aimed(inputs: OverburnInputs, change_km: FloatArray) -> OverburnInputs:
    return replace(inputs, planned_perilune_km=inputs.planned_perilune_km + change_km)


def _field_perilune_km(inputs: OverburnInputs, course: _Course) -> FloatArray:
    """Perilune altitudes (N,) that the planned burn of these inputs gives in the field."""
    planar = fly_overburns(inputs)
    times = course.begin_tdb + np.broadcast_to(_PERILUNE_SPAN_S, (planar.impact_s.size, _PERILUNE_SPAN_S.size))
    paths = _paths(inputs, planar, _starts(inputs, planar, course), times, course, planned=True)
    altitude = np.sqrt(np.sum(paths * paths, axis=2)) - MOON.radius_km
    at = np.clip(np.argmin(altitude, axis=1), 1, altitude.shape[1] - 2)[:, None] + np.array([-1, 0, 1])
    before, here, after = np.take_along_axis(altitude, at, axis=1).T
    return np.asarray(here - (after - before) ** 2 / (8.0 * (before - 2.0 * here + after)))


def _paths(
    inputs: OverburnInputs,
    planar: OverburnFlights,
    starts: FloatArray,
    times: FloatArray,
    course: _Course,
    planned: bool,
) -> FloatArray:
    """Positions (N, T, 3) of the flight after the planned or the actual burn, ICRF."""
    flown = propagate_full(
        starts, course.begin_tdb, times, course.model, mass_kg=_MASS_KG,
        burns=_burns(inputs, planar, course.begin_tdb, planned), tolerance=1e-11, impacts=False,
    )  # fmt: skip
    return flown.path_states[:, :, :3]


def _starts(inputs: OverburnInputs, planar: OverburnFlights, course: _Course) -> FloatArray:
    """States (N, 6), km and km/s, ICRF, at the begin of burns whose planar flights end in the crater."""
    track = course.inclination_deg, course.southbound
    crater = course.crater_latitude_deg, course.crater_longitude_deg, *track
    longitude_deg = places_before(*crater, planar.arc_deg, planar.impact_s)[1]
    argument = _argument_deg(course.crater_latitude_deg, *track) - planar.arc_deg
    inc = course.inclination_deg * RAD_PER_DEG
    from_node = np.arctan2(np.cos(inc) * np.sin(argument * RAD_PER_DEG), np.cos(argument * RAD_PER_DEG)) * DEG_PER_RAD
    columns = np.broadcast_arrays(
        inputs.perilune_altitude_km, inputs.apolune_altitude_km, inputs.true_anomaly_deg, argument,
        longitude_deg - from_node,
    )  # fmt: skip
    rows = []
    for low, high, nu, at, node in zip(*columns, strict=True):
        ecc = (high - low) / (high + low + 2.0 * MOON.radius_km)
        half = np.arctan(np.sqrt((1.0 - ecc) / (1.0 + ecc)) * np.tan(0.5 * nu * RAD_PER_DEG))
        mean_deg = (2.0 * half - ecc * np.sin(2.0 * half)) * DEG_PER_RAD
        elements = LunarElements(
            float(low), float(high), course.inclination_deg, float(np.mod(node, 360.0)), float(np.mod(at - nu, 360.0)),
            float(np.mod(mean_deg, 360.0)),
        )  # fmt: skip
        rows.append(elements.states_function(course.begin_tdb, course.ephemeris)(np.array([course.begin_tdb]))[0])
    return np.array(rows)


def _argument_deg(latitude_deg: float, inclination_deg: float, southbound: bool) -> float:
    """Argument of latitude of a place on a track."""
    here = float(np.arcsin(np.sin(latitude_deg * RAD_PER_DEG) / np.sin(inclination_deg * RAD_PER_DEG))) * DEG_PER_RAD
    return 180.0 - here if southbound else here


def arc_between_deg(
    from_latitude_deg: float, to_latitude_deg: float, inclination_deg: float, southbound: bool
) -> float:
    """Angle along a track from one latitude to another, both passed in the same direction.

    Parameters
    ----------
    from_latitude_deg, to_latitude_deg : float
        Latitudes.
    inclination_deg : float
        Of the orbit, which must reach both.
    southbound : bool
        Direction of flight.

    Returns
    -------
    float
        Degrees; negative when the second place is passed first.
    """
    first = _argument_deg(from_latitude_deg, inclination_deg, southbound)
    return _argument_deg(to_latitude_deg, inclination_deg, southbound) - first


def _burns(inputs: OverburnInputs, planar: OverburnFlights, begin_tdb: float, planned: bool) -> list[FiniteBurn]:
    """One burn for all rows, throttled to the thrust of each."""
    exhaust_m_s = ISP_S * STANDARD_GRAVITY_M_S2
    seconds, dv_m_s = (inputs.planned_s, planar.planned_dv_m_s) if planned else (inputs.actual_s, planar.actual_dv_m_s)
    length_s = np.broadcast_to(np.asarray(seconds, dtype=np.float64), planar.impact_s.shape)
    thrust_n = -np.expm1(-dv_m_s / exhaust_m_s) * exhaust_m_s / length_s * _MASS_KG
    engine = Engine(float(thrust_n.max()), ISP_S)
    return [
        FiniteBurn(
            np.full(length_s.shape, begin_tdb), begin_tdb + length_s, engine, "vnc", (-1.0, 0.0, 0.0), "moon",
            throttle_fraction=np.minimum(thrust_n / engine.thrust_n, 1.0),
        )
    ]  # fmt: skip


def _impacts(
    times: FloatArray, paths: FloatArray, ground_km: float, ephemeris: Ephemeris | None
) -> tuple[FloatArray, FloatArray]:
    """Find the times (N,) at which paths (N, T, 3) meet the ground, and directions (N, 3) to there, mean Earth axes."""
    t, place = np.full(len(paths), np.nan), np.full((len(paths), 3), np.nan)
    for row, path in enumerate(paths):
        height = np.sqrt(np.sum(path * path, axis=1)) - ground_km
        below = np.flatnonzero(height < 0.0)
        if not below.size or below[0] == 0:
            continue
        at = int(below[0])
        share = height[at - 1] / (height[at - 1] - height[at])
        t[row] = times[row, at - 1] + share * (times[row, at] - times[row, at - 1])
        fixed = rotate(R_me_icrf(t[row], ephemeris), path[at - 1] + share * (path[at] - path[at - 1]))
        place[row] = fixed / np.sqrt(np.sum(fixed * fixed))
    return t, place


def _along_km(
    latitude_deg: FloatArray, crater_latitude_deg: float, inclination_deg: float, southbound: bool
) -> FloatArray:
    """Distance along the track from the crater, by latitude."""
    arcs = [arc_between_deg(crater_latitude_deg, float(one), inclination_deg, southbound) for one in latitude_deg]
    return np.array(arcs) * RAD_PER_DEG * MOON.radius_km


def _earth_seen(states: FloatArray, t_tdb: float, ephemeris: Ephemeris | None) -> NDArray[np.bool_]:
    """Whether the Moon leaves the line to the Earth's centre free."""
    earth = (ephemeris or open_ephemeris()).state("earth", "moon", np.array([t_tdb]))[0, :3]
    towards = earth / np.sqrt(np.sum(earth * earth))
    ahead = states[:, :3] @ towards
    aside = np.sqrt(np.maximum(np.sum(states[:, :3] ** 2, axis=1) - ahead**2, 0.0))
    return np.asarray((ahead > 0.0) | (aside > MOON.radius_km))
