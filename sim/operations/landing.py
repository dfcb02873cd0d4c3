"""When to land: the orbit's plane over the site, the direction of approach, Sun and Earth in the sky.

The plane stands still against the stars (a polar orbit's node hardly moves) while the Moon turns under it: a site comes
into the plane twice a month, once on the northbound and once on the southbound half of the orbit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.events import Intervals, find_by_rate
from sim.frames import R_me_icrf, earth_azel_moon_site, rotate, sun_azel_moon_site
from sim.operations.conditions import Lander
from sim.operations.light import earth_times, sun_times
from sim.operations.tracks import LunarElements, enu_rows
from sim.units import DEG_PER_RAD, RAD_PER_DEG

FloatArray = NDArray[np.float64]

_TURN_RAD_S = 1.1 * 2.0 * np.pi / (27.321_661 * 86_400.0)
"""The Moon turns slower than this."""
_STEP_S = 3600.0
_SHORTEST_S = 60.0


@dataclass(frozen=True, eq=False)
class PlanePassages:
    """Moments at which an orbit's plane holds a site. Arrays have shape (K,).

    Attributes
    ----------
    t_tdb : ndarray
        Seconds past J2000 TDB.
    approach_azimuth_deg : ndarray
        Direction of flight over the site, from north over east.
    southbound : ndarray of bool
        Whether that is southwards.
    sun_azimuth_deg, sun_elevation_deg : ndarray
        The Sun at the site.
    sun_behind_deg : ndarray
        Angle between the direction of flight and the shadows: 0 with the Sun exactly behind, 180 with it ahead.
    earth_elevation_deg : ndarray
        The Earth at the site.
    """

    t_tdb: FloatArray
    approach_azimuth_deg: FloatArray
    southbound: NDArray[np.bool_]
    sun_azimuth_deg: FloatArray
    sun_elevation_deg: FloatArray
    sun_behind_deg: FloatArray
    earth_elevation_deg: FloatArray

    def __len__(self) -> int:
        return int(self.t_tdb.size)


def plane_normal_icrf(elements: LunarElements, epoch_tdb: float, ephemeris: Ephemeris | None = None) -> FloatArray:
    """Find the normal of an orbit's plane.

    Parameters
    ----------
    elements : LunarElements
        The orbit.
    epoch_tdb : float
        Epoch of the elements.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    ndarray (3,)
        Unit vector, ICRF axes.
    """
    return normal_of_state(elements.states_function(epoch_tdb, ephemeris)(np.array([epoch_tdb]))[0])


def normal_of_state(state_moon_icrf: FloatArray) -> FloatArray:
    """Find the unit normal of the plane of a state in km and km/s, in the state's axes.

    Parameters
    ----------
    state_moon_icrf : ndarray (6,)
        Relative to the Moon.

    Returns
    -------
    ndarray (3,)
        Unit vector.

    Raises
    ------
    InputError
        A state without a plane.
    """
    momentum = np.cross(state_moon_icrf[:3], state_moon_icrf[3:])
    size = float(np.sqrt(np.sum(momentum**2)))
    if not size > 0.0:
        raise InputError("a state that moves along its radius has no plane")
    return np.asarray(momentum / size)


def plane_windows(
    normal_icrf: FloatArray,
    lander: Lander,
    start_tdb: float,
    stop_tdb: float,
    cross_track_km: float,
    *,
    ephemeris: Ephemeris | None = None,
) -> Intervals:
    """Find when a site lies within a distance of an orbit's ground track.

    Parameters
    ----------
    normal_icrf : ndarray (3,)
        Normal of the plane.
    lander : Lander
        The site.
    start_tdb, stop_tdb : float
        Span, seconds past J2000 TDB.
    cross_track_km : float
        Largest distance on the sphere: what a descent can steer out.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Intervals
        No interval longer than a minute is missed.

    Raises
    ------
    InputError
        A distance that is not above zero, or an empty span.
    EphemerisRangeError
        The span is not covered.
    """
    if not cross_track_km > 0.0:
        raise InputError(f"cross_track_km is {cross_track_km:g}; allowed: above zero")
    limit = np.sin(cross_track_km / MOON.radius_km)

    def margin(t: FloatArray) -> FloatArray:
        return np.asarray(limit - np.abs(_out_of_plane(normal_icrf, lander, t, ephemeris)))

    return find_by_rate(margin, start_tdb, stop_tdb, _TURN_RAD_S, step_s=_STEP_S, shortest_s=_SHORTEST_S)


def find_plane_passages(
    normal_icrf: FloatArray,
    lander: Lander,
    start_tdb: float,
    stop_tdb: float,
    *,
    ephemeris: Ephemeris | None = None,
) -> PlanePassages:
    """Find when the Moon's rotation carries a site through an orbit's plane, and in what light.

    Parameters
    ----------
    normal_icrf : ndarray (3,)
        Normal of the plane, along the orbital momentum.
    lander : Lander
        The site.
    start_tdb, stop_tdb : float
        Span, seconds past J2000 TDB.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    PlanePassages
        Empty when the inclination does not reach the site.

    Raises
    ------
    InputError
        An empty span.
    EphemerisRangeError
        The span is not covered.
    """

    def offset(t: FloatArray) -> FloatArray:
        return _out_of_plane(normal_icrf, lander, t, ephemeris)

    above = find_by_rate(offset, start_tdb, stop_tdb, _TURN_RAD_S, step_s=_STEP_S, shortest_s=_SHORTEST_S)
    edges = np.concatenate([above.start_tdb, above.stop_tdb])
    t = np.sort(edges[(edges > start_tdb) & (edges < stop_tdb)])
    local = enu_rows(lander.latitude_deg, lander.longitude_deg)
    normal_me = rotate(R_me_icrf(t, ephemeris), normal_icrf)
    flight = np.cross(normal_me, local[2])
    azimuth = np.mod(np.arctan2(flight @ local[0], flight @ local[1]) * DEG_PER_RAD, 360.0)
    place = lander.latitude_deg, lander.longitude_deg, t
    sun = sun_azel_moon_site(*place, altitude_km=lander.altitude_km, ephemeris=ephemeris)
    earth = earth_azel_moon_site(*place, altitude_km=lander.altitude_km, ephemeris=ephemeris)
    ahead = np.abs(np.mod(sun.azimuth_deg - azimuth + 180.0, 360.0) - 180.0)
    return PlanePassages(
        t,
        azimuth,
        np.asarray(np.cos(azimuth * RAD_PER_DEG) < 0.0),
        sun.azimuth_deg,
        sun.elevation_deg,
        180.0 - ahead,
        earth.elevation_deg,
    )


def off_plane_km(
    normal_icrf: FloatArray, lander: Lander, t_tdb: FloatArray, ephemeris: Ephemeris | None = None
) -> FloatArray:
    """Distance of a place from an orbit's plane, on the sphere.

    Parameters
    ----------
    normal_icrf : ndarray (3,)
        Normal of the plane.
    lander : Lander
        The place.
    t_tdb : ndarray (N,)
        Seconds past J2000 TDB.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    ndarray (N,)
        km, positive on the side of the normal.

    Raises
    ------
    EphemerisRangeError
        A time is not covered.
    """
    return np.asarray(MOON.radius_km * np.arcsin(_out_of_plane(normal_icrf, lander, t_tdb, ephemeris)))


def _out_of_plane(normal_icrf: FloatArray, lander: Lander, t: FloatArray, ephemeris: Ephemeris | None) -> FloatArray:
    """Sine of the angle between a site and a plane, positive on the side of the normal."""
    up = enu_rows(lander.latitude_deg, lander.longitude_deg)[2]
    normal_me = rotate(R_me_icrf(t, ephemeris), normal_icrf)
    return np.asarray(normal_me[:, 0] * up[0] + normal_me[:, 1] * up[1] + normal_me[:, 2] * up[2])


def landing_windows(
    lander: Lander,
    start_tdb: float,
    stop_tdb: float,
    *,
    sun_min_deg: float,
    sun_max_deg: float = 90.0,
    earth_min_deg: float | None = None,
    above_mask: bool = True,
    ephemeris: Ephemeris | None = None,
) -> Intervals:
    """Find when Sun and Earth stand well for a landing.

    Parameters
    ----------
    lander : Lander
        The site with its horizon.
    start_tdb, stop_tdb : float
        Span, seconds past J2000 TDB.
    sun_min_deg, sun_max_deg : float
        Elevation of the Sun's centre over the level plane.
    earth_min_deg : float, optional
        Least height of the Earth over the horizon mask; no demand when omitted.
    above_mask : bool
        Whether the Sun's centre must stand above the horizon mask as well.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Intervals

    Raises
    ------
    InputError
        Limits in the wrong order, a mask above 70 degrees, or an empty span.
    EphemerisRangeError
        The span is not covered.
    """
    if not sun_min_deg < sun_max_deg:
        raise InputError(f"Sun elevation from {sun_min_deg:g} to {sun_max_deg:g}; allowed: the lower limit first")

    def margin(t: FloatArray) -> FloatArray:
        elevation = sun_azel_moon_site(
            lander.latitude_deg, lander.longitude_deg, t, altitude_km=lander.altitude_km, ephemeris=ephemeris
        ).elevation_deg
        return np.asarray(np.minimum(elevation - sun_min_deg, sun_max_deg - elevation) * RAD_PER_DEG)

    good = find_by_rate(margin, start_tdb, stop_tdb, _TURN_RAD_S, step_s=_STEP_S, shortest_s=_SHORTEST_S)
    if above_mask:
        good = good & sun_times(lander, start_tdb, stop_tdb, ephemeris=ephemeris)
    if earth_min_deg is not None:
        good = good & earth_times(lander, start_tdb, stop_tdb, above_deg=earth_min_deg, ephemeris=ephemeris)
    return good
