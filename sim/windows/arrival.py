"""Geometry of arrival at the Moon: plane in the Moon-fixed frame, Sun and Earth over it, light at the landing site."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.ephemeris import Ephemeris
from sim.frames import R_me_icrf, rotate
from sim.frames.rotations import cross, dot, unit
from sim.units import RAD_PER_DEG, S_PER_DAY
from sim.windows.request import WindowRequest

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ArrivalGeometry:
    """Arrival geometry of K opportunities; all arrays shape (K,), degrees.

    Attributes
    ----------
    inclination_deg : ndarray
        Of the arrival plane to the lunar equator (MOON_ME).
    node_longitude_deg : ndarray
        Selenographic longitude of its ascending node, in [-180, 180).
    beta_sun_deg, beta_earth_deg : ndarray
        Elevation of Sun and Earth (centre to centre) over the plane.
    sun_elevation_deg : ndarray
        At the landing site and time; NaN without a site.
    """

    inclination_deg: Floats
    node_longitude_deg: Floats
    beta_sun_deg: Floats
    beta_earth_deg: Floats
    sun_elevation_deg: Floats


def arrival_geometry(
    request: WindowRequest, perilune_tdb: Floats, perilune_state: Floats, ephemeris: Ephemeris
) -> ArrivalGeometry:
    """Return plane angles and lighting of arrivals.

    Parameters
    ----------
    request : WindowRequest
        Gives landing site and delay.
    perilune_tdb : ndarray, shape (K,)
        Arrival epochs.
    perilune_state : ndarray, shape (K, 6)
        Moon-centred ICRF.
    ephemeris : Ephemeris
        Bodies and lunar orientation.

    Returns
    -------
    ArrivalGeometry
        K rows. Directions are geometric (no light time, which moves the Sun by 0.006 deg at most).
    """
    normal = unit(cross(perilune_state[:, :3], perilune_state[:, 3:]))
    fixed = rotate(R_me_icrf(perilune_tdb, ephemeris), normal)
    sun = unit(ephemeris.position_km("sun", "moon", perilune_tdb))
    earth = unit(ephemeris.position_km("earth", "moon", perilune_tdb))
    return ArrivalGeometry(
        np.rad2deg(np.arccos(np.clip(fixed[:, 2], -1.0, 1.0))),
        np.rad2deg(np.arctan2(fixed[:, 0], -fixed[:, 1])),
        np.rad2deg(np.arcsin(np.clip(dot(normal, sun), -1.0, 1.0))),
        np.rad2deg(np.arcsin(np.clip(dot(normal, earth), -1.0, 1.0))),
        _landing_sun_elevation_deg(request, perilune_tdb, ephemeris),
    )


def _landing_sun_elevation_deg(request: WindowRequest, perilune_tdb: Floats, ephemeris: Ephemeris) -> Floats:
    """Return the Sun's elevation at the landing site when the spacecraft lands; NaN rows without a site."""
    if request.landing_latitude_deg is None or request.landing_longitude_deg is None:
        return np.full(perilune_tdb.shape, np.nan)
    landing = perilune_tdb + request.landing_delay_day * S_PER_DAY
    return sun_elevation_deg(request.landing_latitude_deg, request.landing_longitude_deg, landing, ephemeris)


def sun_elevation_deg(latitude_deg: float, longitude_deg: float, t_tdb: Floats, ephemeris: Ephemeris) -> Floats:
    """Return the elevation of the Sun's centre over a spherical Moon's horizon.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        Selenographic, MOON_ME.
    t_tdb : ndarray, shape (N,)
        Epochs.
    ephemeris : Ephemeris
        Bodies and lunar orientation.

    Returns
    -------
    ndarray, shape (N,)
        Degrees; geometric, from the Moon's centre (parallax 0.0007 deg).
    """
    latitude, longitude = latitude_deg * RAD_PER_DEG, longitude_deg * RAD_PER_DEG
    up = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    sun = unit(ephemeris.position_km("sun", "moon", t_tdb))
    fixed = rotate(R_me_icrf(t_tdb, ephemeris), sun)
    return np.asarray(np.rad2deg(np.arcsin(np.clip(dot(fixed, up), -1.0, 1.0))))
