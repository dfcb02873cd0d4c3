"""Inclination and launch azimuth.

Two azimuths must not be mixed: the *inertial* one is the direction of the orbital velocity, the *rotating*
one the direction flown relative to the turning Earth, in which launch corridors are given. On a sphere
cos(inclination) = cos(latitude) sin(inertial azimuth), with the *geocentric* latitude; azimuths run from
north over east. The tilt between geodetic and geocentric horizon (0.19 degrees) changes an azimuth only to
second order. Source: Vallado (2013), Fundamentals of Astrodynamics and Applications, 4th ed., chapter 6.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.bodies import EARTH
from sim.constants import EARTH_ROTATION_RATE_RAD_S
from sim.errors import InputError, UnreachableError
from sim.units import DEG_PER_RAD, RAD_PER_DEG

FloatArray = NDArray[np.float64]


def _radians(value_deg: Any, low_deg: float, high_deg: float, what: str) -> FloatArray:
    values = np.asarray(value_deg, dtype=np.float64)
    bad = ~((values >= low_deg) & (values <= high_deg))
    if bad.any():
        found = values.ravel()[np.flatnonzero(bad)[0]]
        raise InputError(f"{what} is {found} degrees; allowed: {low_deg:g} to {high_deg:g}")
    return values * RAD_PER_DEG


def _azimuth_deg(east: FloatArray, north: FloatArray) -> FloatArray:
    azimuth = np.asarray(np.arctan2(east, north) * DEG_PER_RAD)
    return np.where(azimuth < 0.0, azimuth + 360.0, azimuth)


def _eastward_speed_km_s(latitude_rad: FloatArray, radius_km: Any) -> FloatArray:
    return np.asarray(EARTH_ROTATION_RATE_RAD_S * np.asarray(radius_km, dtype=np.float64) * np.cos(latitude_rad))


def inclination_deg(azimuth_inertial_deg: Any, latitude_geocentric_deg: Any) -> FloatArray:
    """Inclination of an orbit that passes a latitude in a direction.

    Parameters
    ----------
    azimuth_inertial_deg : float or array_like
        Direction of the inertial velocity, from north over east.
    latitude_geocentric_deg : float or array_like

    Returns
    -------
    ndarray
        Degrees, 0 to 180.

    Raises
    ------
    InputError
        For values out of range.
    """
    latitude = _radians(latitude_geocentric_deg, -90.0, 90.0, "geocentric latitude")
    azimuth = _radians(azimuth_inertial_deg, -360.0, 360.0, "inertial azimuth")
    return np.asarray(np.arccos(np.clip(np.cos(latitude) * np.sin(azimuth), -1.0, 1.0)) * DEG_PER_RAD)


def azimuth_inertial_deg(inclination_deg: Any, latitude_geocentric_deg: Any, *, ascending: bool = True) -> FloatArray:
    """Direction of the inertial velocity that gives an inclination.

    Parameters
    ----------
    inclination_deg : float or array_like
        0 to 180.
    latitude_geocentric_deg : float or array_like
        Of the site or the injection point, geocentric.
    ascending : bool
        The northbound solution; otherwise the southbound one.

    Returns
    -------
    ndarray
        Degrees in [0, 360), from north over east.

    Raises
    ------
    UnreachableError
        When the inclination, or its supplement if retrograde, is below the latitude.
    InputError
        For values out of range.
    """
    inclination = _radians(inclination_deg, 0.0, 180.0, "inclination")
    latitude = _radians(latitude_geocentric_deg, -90.0, 90.0, "geocentric latitude")
    inclination, latitude = np.broadcast_arrays(inclination, latitude)
    excess = np.cos(latitude) ** 2 - np.cos(inclination) ** 2
    # An inclination equal to the latitude is due east; rounding must not make it unreachable.
    unreachable = excess < -4.0e-16
    if unreachable.any():
        row = int(np.flatnonzero(unreachable)[0])
        found, least = (float(a.ravel()[row]) * DEG_PER_RAD for a in (inclination, np.abs(latitude)))
        raise UnreachableError(
            f"inclination {found:.4f} deg cannot be reached from geocentric latitude {least:.4f} deg "
            f"without a dogleg; allowed: {least:.4f} to {180.0 - least:.4f} deg"
        )
    north = np.sqrt(np.maximum(excess, 0.0))
    return _azimuth_deg(np.cos(inclination), north if ascending else -north)


def azimuth_rotating_deg(
    inclination_deg: Any,
    latitude_geocentric_deg: Any,
    orbital_speed_km_s: Any,
    *,
    ascending: bool = True,
    radius_km: Any = EARTH.radius_equatorial_km,
) -> FloatArray:
    """Launch azimuth relative to the rotating Earth that gives an inclination.

    Parameters
    ----------
    inclination_deg, latitude_geocentric_deg : float or array_like
        See :func:`azimuth_inertial_deg`.
    orbital_speed_km_s : float or array_like
        Inertial speed of the (horizontal) orbital velocity, for example 7.8.
    ascending : bool
        The northbound solution; otherwise the southbound one.
    radius_km : float or array_like
        Radius at which the Earth's eastward speed is taken.

    Returns
    -------
    ndarray
        Degrees in [0, 360), from north over east.

    Raises
    ------
    UnreachableError, InputError
        See :func:`azimuth_inertial_deg`.
    """
    azimuth = azimuth_inertial_deg(inclination_deg, latitude_geocentric_deg, ascending=ascending) * RAD_PER_DEG
    latitude = np.asarray(latitude_geocentric_deg, dtype=np.float64) * RAD_PER_DEG
    speed = np.asarray(orbital_speed_km_s, dtype=np.float64)
    east = speed * np.sin(azimuth) - _eastward_speed_km_s(latitude, radius_km)
    return _azimuth_deg(east, speed * np.cos(azimuth))


def inclination_from_rotating_azimuth_deg(
    azimuth_rotating_deg: Any,
    latitude_geocentric_deg: Any,
    orbital_speed_km_s: Any,
    *,
    radius_km: Any = EARTH.radius_equatorial_km,
) -> FloatArray:
    """Inclination that a launch azimuth relative to the rotating Earth gives.

    Parameters
    ----------
    azimuth_rotating_deg : float or array_like
        Launch azimuth, from north over east.
    latitude_geocentric_deg : float or array_like
    orbital_speed_km_s : float or array_like
        Inertial speed of the (horizontal) orbital velocity.
    radius_km : float or array_like
        Radius at which the Earth's eastward speed is taken.

    Returns
    -------
    ndarray
        Degrees, 0 to 180.

    Raises
    ------
    InputError
        For values out of range, or a speed below the Earth's own.
    """
    latitude = _radians(latitude_geocentric_deg, -90.0, 90.0, "geocentric latitude")
    azimuth = _radians(azimuth_rotating_deg, -360.0, 360.0, "rotating azimuth")
    speed = np.asarray(orbital_speed_km_s, dtype=np.float64)
    carried = _eastward_speed_km_s(latitude, radius_km)
    if not np.all(speed > carried):
        raise InputError(f"orbital speed {orbital_speed_km_s!r:.40} km/s must exceed the Earth's eastward speed")
    # Speed relative to the Earth from |u + w east| = v.
    relative = -carried * np.sin(azimuth) + np.sqrt(speed**2 - (carried * np.cos(azimuth)) ** 2)
    inertial = _azimuth_deg(relative * np.sin(azimuth) + carried, relative * np.cos(azimuth))
    return inclination_deg(inertial, latitude_geocentric_deg)
