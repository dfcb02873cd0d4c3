"""Places on the Earth and the Moon: latitudes, longitudes, local horizons.

Earth: WGS 84 ellipsoid; *geodetic* latitude (of maps and GPS, normal to the ellipsoid) and *geocentric*
latitude (direction from the centre) differ by up to 0.19 degrees, and every name says which one it means.
Moon: a sphere of 1737.4 km in mean Earth axes, planetocentric latitude. Longitudes are positive east.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import erfa
import numpy as np

from sim.bodies import MOON
from sim.errors import InputError
from sim.frames.rotations import FloatArray, norm, rotate
from sim.units import DEG_PER_RAD, KM_PER_M, M_PER_KM, RAD_PER_DEG

_WGS84 = 1
"""ERFA's number of the ellipsoid (a = 6378137 m, 1/f = 298.257223563)."""


class GeodeticPlace(NamedTuple):
    """Geodetic latitude, east longitude in (-180, 180] and height above WGS 84."""

    latitude_geodetic_deg: FloatArray
    longitude_deg: FloatArray
    altitude_km: FloatArray


class SelenographicPlace(NamedTuple):
    """Planetocentric latitude, east longitude in (-180, 180] (mean Earth axes), height above 1737.4 km."""

    latitude_deg: FloatArray
    longitude_deg: FloatArray
    altitude_km: FloatArray


class Horizontal(NamedTuple):
    """Azimuth from north over east in [0, 360), geometric elevation, distance."""

    azimuth_deg: FloatArray
    elevation_deg: FloatArray
    range_km: FloatArray


def _checked_latitude_rad(latitude_deg: Any) -> FloatArray:
    latitude = np.asarray(latitude_deg, dtype=np.float64)
    if not np.all(np.abs(latitude) <= 90.0):
        raise InputError(f"latitude must be finite and from -90 to 90 degrees, found {latitude_deg!r:.60}")
    return latitude * RAD_PER_DEG


def itrf_from_geodetic_km(latitude_geodetic_deg: Any, longitude_deg: Any, altitude_km: Any = 0.0) -> FloatArray:
    """Earth-fixed position of a geodetic place.

    Parameters
    ----------
    latitude_geodetic_deg, longitude_deg, altitude_km : float or array_like
        On WGS 84; broadcast to (...).

    Returns
    -------
    ndarray (..., 3)
        km, ITRF.

    Raises
    ------
    InputError
        For a latitude beyond 90 degrees or a value that is not finite.
    """
    latitude = _checked_latitude_rad(latitude_geodetic_deg)
    longitude = np.asarray(longitude_deg, dtype=np.float64) * RAD_PER_DEG
    height_m = np.asarray(altitude_km, dtype=np.float64) * M_PER_KM
    if not (np.isfinite(longitude).all() and np.isfinite(height_m).all()):
        raise InputError("longitude and altitude must be finite")
    return np.asarray(erfa.gd2gc(_WGS84, longitude, latitude, height_m)) * KM_PER_M


def geodetic_from_itrf(position_itrf_km: Any) -> GeodeticPlace:
    """Geodetic place of an Earth-fixed position (..., 3) in km."""
    position_m = np.asarray(position_itrf_km, dtype=np.float64) * M_PER_KM
    longitude, latitude, height_m = erfa.gc2gd(_WGS84, position_m)
    return GeodeticPlace(
        np.asarray(latitude * DEG_PER_RAD),
        np.asarray(longitude * DEG_PER_RAD),
        np.asarray(height_m * KM_PER_M),
    )


def geocentric_latitude_deg(latitude_geodetic_deg: Any, altitude_km: Any = 0.0) -> FloatArray:
    """Geocentric latitude of a place given by its geodetic latitude and height on WGS 84.

    Parameters
    ----------
    latitude_geodetic_deg, altitude_km : float or array_like

    Returns
    -------
    ndarray
        Degrees; up to 0.192 below the geodetic value in size.

    Raises
    ------
    InputError
        As :func:`itrf_from_geodetic_km`.
    """
    position = itrf_from_geodetic_km(latitude_geodetic_deg, 0.0, altitude_km)
    return np.asarray(np.arctan2(position[..., 2], np.hypot(position[..., 0], position[..., 1])) * DEG_PER_RAD)


def me_from_selenographic_km(latitude_deg: Any, longitude_deg: Any, altitude_km: Any = 0.0) -> FloatArray:
    """Moon-fixed position of a selenographic place.

    Parameters
    ----------
    latitude_deg, longitude_deg, altitude_km : float or array_like
        Planetocentric in mean Earth axes, height above the sphere of 1737.4 km; broadcast to (...).

    Returns
    -------
    ndarray (..., 3)
        km, mean Earth axes.

    Raises
    ------
    InputError
        For a latitude beyond 90 degrees.
    """
    latitude = _checked_latitude_rad(latitude_deg)
    longitude = np.asarray(longitude_deg, dtype=np.float64) * RAD_PER_DEG
    radius = MOON.radius_km + np.asarray(altitude_km, dtype=np.float64)
    ring = radius * np.cos(latitude)
    return np.stack(
        np.broadcast_arrays(ring * np.cos(longitude), ring * np.sin(longitude), radius * np.sin(latitude)),
        axis=-1,
    )


def selenographic_from_me(position_me_km: Any) -> SelenographicPlace:
    """Selenographic place of a Moon-fixed position (..., 3) in km, mean Earth axes."""
    p = np.asarray(position_me_km, dtype=np.float64)
    return SelenographicPlace(
        np.asarray(np.arctan2(p[..., 2], np.hypot(p[..., 0], p[..., 1])) * DEG_PER_RAD),
        np.asarray(np.arctan2(p[..., 1], p[..., 0]) * DEG_PER_RAD),
        norm(p) - MOON.radius_km,
    )


def R_enu_fixed(latitude_deg: Any, longitude_deg: Any) -> FloatArray:
    """Rotation from body-fixed axes to east, north, up.

    Parameters
    ----------
    latitude_deg : float or array_like
        Geodetic on the Earth (up is the normal of the ellipsoid), planetocentric on the Moon.
    longitude_deg : float or array_like

    Returns
    -------
    ndarray (..., 3, 3)

    Raises
    ------
    InputError
        For a latitude beyond 90 degrees.
    """
    latitude = _checked_latitude_rad(latitude_deg)
    longitude = np.asarray(longitude_deg, dtype=np.float64) * RAD_PER_DEG
    latitude, longitude = np.broadcast_arrays(latitude, longitude)
    sin_lat, cos_lat, sin_lon, cos_lon = (
        np.sin(latitude),
        np.cos(latitude),
        np.sin(longitude),
        np.cos(longitude),
    )
    zero = np.zeros_like(sin_lat)
    rows = [
        [-sin_lon, cos_lon, zero],
        [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
        [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def azel(site_fixed_km: Any, R_enu: FloatArray, target_fixed_km: Any) -> Horizontal:
    """Direction of targets from a site, all in one body-fixed frame.

    Parameters
    ----------
    site_fixed_km : array_like (3,) or (..., 3)
    R_enu : ndarray (3, 3) or (..., 3, 3)
        See :func:`R_enu_fixed`.
    target_fixed_km : array_like (..., 3)

    Returns
    -------
    Horizontal
        Geometric: no light time, aberration or refraction.
    """
    line = np.asarray(target_fixed_km, dtype=np.float64) - np.asarray(site_fixed_km, dtype=np.float64)
    local = rotate(R_enu, line)
    east, north, up = local[..., 0], local[..., 1], local[..., 2]
    azimuth = np.asarray(np.arctan2(east, north) * DEG_PER_RAD)
    return Horizontal(
        np.where(azimuth < 0.0, azimuth + 360.0, azimuth),
        np.asarray(np.arctan2(up, np.hypot(east, north)) * DEG_PER_RAD),
        norm(line),
    )
