"""What stands where in the sky of a site: Sun and Earth seen from the Moon, spacecraft seen from stations.

All directions are geometric. Seen from the Moon this leaves out the annual aberration of the Sun (20.5 arcsec
or 0.0057 degrees) and the light time, which moves the Sun by less than 0.01 arcsec and the Earth by 0.7
arcsec.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.ephemeris import Ephemeris, open_ephemeris
from sim.frames.earth import R_itrf_icrf
from sim.frames.moon import R_me_icrf
from sim.frames.rotations import FloatArray, rotate
from sim.frames.surface import (
    Horizontal,
    R_enu_fixed,
    SelenographicPlace,
    azel,
    itrf_from_geodetic_km,
    me_from_selenographic_km,
    selenographic_from_me,
)
from sim.timescales import finite_seconds


def _from_moon_icrf_km(body: str, t_tdb: Any, ephemeris: Ephemeris | None) -> FloatArray:
    """Position of a body relative to the Moon's centre in ICRF axes, (..., 3)."""
    t = finite_seconds(t_tdb)
    position = (ephemeris or open_ephemeris()).position_km(body, "moon", t.reshape(-1))
    return position.reshape(*t.shape, 3)


def sub_body_point_moon(body: str, t_tdb: Any, ephemeris: Ephemeris | None = None) -> SelenographicPlace:
    """Place on the Moon from which a body stands in the zenith.

    Parameters
    ----------
    body : str
        ``"sun"``, ``"earth"`` or any other body of the ephemeris.
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    SelenographicPlace
        Latitude and longitude in mean Earth axes; the altitude is the body's own.

    Raises
    ------
    EphemerisRangeError, InputError
        As :func:`sim.frames.R_me_icrf`.
    """
    positions = _from_moon_icrf_km(body, t_tdb, ephemeris)
    return selenographic_from_me(rotate(R_me_icrf(finite_seconds(t_tdb), ephemeris), positions))


def sub_solar_point(t_tdb: Any, ephemeris: Ephemeris | None = None) -> SelenographicPlace:
    """Sub-solar point on the Moon; see :func:`sub_body_point_moon`."""
    return sub_body_point_moon("sun", t_tdb, ephemeris)


def sub_earth_point(t_tdb: Any, ephemeris: Ephemeris | None = None) -> SelenographicPlace:
    """Sub-Earth point on the Moon (its librations); see :func:`sub_body_point_moon`."""
    return sub_body_point_moon("earth", t_tdb, ephemeris)


def body_azel_moon_site(
    body: str,
    latitude_deg: float,
    longitude_deg: float,
    t_tdb: Any,
    *,
    altitude_km: float = 0.0,
    ephemeris: Ephemeris | None = None,
) -> Horizontal:
    """Azimuth and elevation of a body's centre at a lunar site.

    Parameters
    ----------
    body : str
        ``"sun"``, ``"earth"`` or any other body of the ephemeris.
    latitude_deg, longitude_deg : float
        Selenographic (mean Earth axes), east positive.
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.
    altitude_km : float
        Height above 1737.4 km.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Horizontal
        Of the shape of `t_tdb`; geometric, above the horizontal plane (no terrain).

    Raises
    ------
    EphemerisRangeError, InputError
        As :func:`sim.frames.R_me_icrf`.
    """
    positions = _from_moon_icrf_km(body, t_tdb, ephemeris)
    return azel_moon_site(
        latitude_deg, longitude_deg, positions, finite_seconds(t_tdb), altitude_km=altitude_km, ephemeris=ephemeris
    )


def sun_azel_moon_site(
    latitude_deg: float,
    longitude_deg: float,
    t_tdb: Any,
    *,
    altitude_km: float = 0.0,
    ephemeris: Ephemeris | None = None,
) -> Horizontal:
    """Azimuth and elevation of the Sun's centre at a lunar site; see :func:`body_azel_moon_site`."""
    return body_azel_moon_site("sun", latitude_deg, longitude_deg, t_tdb, altitude_km=altitude_km, ephemeris=ephemeris)


def earth_azel_moon_site(
    latitude_deg: float,
    longitude_deg: float,
    t_tdb: Any,
    *,
    altitude_km: float = 0.0,
    ephemeris: Ephemeris | None = None,
) -> Horizontal:
    """Azimuth and elevation of the Earth's centre at a lunar site; see :func:`body_azel_moon_site`."""
    return body_azel_moon_site(
        "earth", latitude_deg, longitude_deg, t_tdb, altitude_km=altitude_km, ephemeris=ephemeris
    )


def azel_moon_site(
    latitude_deg: float,
    longitude_deg: float,
    positions_moon_icrf_km: Any,
    t_tdb: Any,
    *,
    altitude_km: float = 0.0,
    ephemeris: Ephemeris | None = None,
) -> Horizontal:
    """Azimuth, elevation and range of positions seen from a lunar site.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        Selenographic (mean Earth axes), east positive.
    positions_moon_icrf_km : array_like (N, 3) or (3,)
        Relative to the Moon's centre, ICRF axes.
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.
    altitude_km : float
        Height above 1737.4 km.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Horizontal

    Raises
    ------
    EphemerisRangeError, InputError
        As :func:`sim.frames.R_me_icrf`.
    """
    site = me_from_selenographic_km(latitude_deg, longitude_deg, altitude_km)
    targets = rotate(R_me_icrf(t_tdb, ephemeris), positions_moon_icrf_km)
    return azel(site, R_enu_fixed(latitude_deg, longitude_deg), targets)


def azel_earth_site(
    latitude_geodetic_deg: float,
    longitude_deg: float,
    positions_earth_icrf_km: Any,
    t_tdb: Any,
    *,
    altitude_km: float = 0.0,
) -> Horizontal:
    """Azimuth, elevation and range of positions seen from a site on the Earth.

    Parameters
    ----------
    latitude_geodetic_deg, longitude_deg : float
        On WGS 84, east positive.
    positions_earth_icrf_km : array_like (N, 3) or (3,)
        Relative to the Earth's centre, ICRF axes.
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.
    altitude_km : float
        Height above WGS 84.

    Returns
    -------
    Horizontal
        Geometric: no refraction (0.5 degrees at the horizon), no light time.

    Raises
    ------
    InputError, DataError
        As :func:`sim.frames.R_itrf_icrf`.
    """
    site = itrf_from_geodetic_km(latitude_geodetic_deg, longitude_deg, altitude_km)
    targets = rotate(R_itrf_icrf(t_tdb), np.asarray(positions_earth_icrf_km, dtype=np.float64))
    return azel(site, R_enu_fixed(latitude_geodetic_deg, longitude_deg), targets)
