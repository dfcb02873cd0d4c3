"""Passes of an orbiter over a place on the Moon, by simple geometry (see `sim.analysis.lunar_orbit`)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.analysis.lunar_orbit import SIDEREAL_MONTH_DAY, Floats, LunarOrbit, site_direction
from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY, TWO_PI
from sim.units import DEG_PER_RAD, RAD_PER_DEG

CROSS_TRACK_KM: tuple[float, ...] = (5.0, 10.0, 25.0)
"""Limits reported unless told otherwise."""

SWEEP_INCLINATION_DEG: tuple[float, ...] = (86.0, 86.5, 87.0, 87.5, 88.0, 88.5, 88.8, 89.0, 89.5, 90.0)
"""What "polar" may mean: Chang'e 1's "polar" orbit flew 87.6 to 90.0 degrees."""

_NODES = 24
_FIXED_POINT_STEPS = 8


@dataclass(frozen=True, slots=True)
class PassStatistics:
    """Passes in one sidereal month, averaged over the node's starting longitude.

    Attributes
    ----------
    cross_track_km : tuple of float
        Limits.
    passes_per_month : tuple of float
        Passes nearer than each limit.
    nearest_km : float
        Nearest pass of all starting longitudes.
    """

    cross_track_km: tuple[float, ...]
    passes_per_month: tuple[float, ...]
    nearest_km: float


def pass_cross_track_km(
    orbit: LunarOrbit, latitude_deg: float, longitude_deg: float, *, span_day: float = SIDEREAL_MONTH_DAY
) -> Floats:
    """Find the distance between a site and the ground track at every pass.

    A pass is the moment of each revolution at which the orbiter is abeam of the site (same argument of
    latitude as the site's projection on the orbit plane), found by fixed-point steps on Kepler's equation;
    the site hardly turns in a revolution. Its distance is the angle between site and plane on the sphere.

    Parameters
    ----------
    orbit : LunarOrbit
        The orbit.
    latitude_deg, longitude_deg : float
        Selenographic.
    span_day : float
        From time zero.

    Returns
    -------
    ndarray, shape (P,)
        km on the surface, one per revolution of the span.
    """
    span_s = span_day * SECONDS_PER_DAY
    node, ahead, normal = orbit.plane()
    revolution = TWO_PI * np.arange(-1.0, np.ceil(span_s * orbit.mean_motion_rad_s / TWO_PI) + 1.0)
    start = orbit.mean_anomaly_deg * RAD_PER_DEG
    t_s = (revolution - start) / orbit.mean_motion_rad_s
    for _ in range(_FIXED_POINT_STEPS):
        up = site_direction(latitude_deg, longitude_deg, t_s)
        latitude_argument = np.arctan2(np.sum(up * ahead, axis=1), np.sum(up * node, axis=1))
        mean = orbit.mean_anomaly_at_rad(latitude_argument)
        t_s = (mean + revolution - start) / orbit.mean_motion_rad_s
    up = site_direction(latitude_deg, longitude_deg, t_s)
    distance_km = MOON.radius_km * np.arcsin(np.minimum(np.abs(np.sum(up * normal, axis=1)), 1.0))
    return np.asarray(distance_km[(t_s >= 0.0) & (t_s < span_s)])


def pass_statistics(
    orbit: LunarOrbit,
    latitude_deg: float,
    longitude_deg: float,
    *,
    cross_track_km: tuple[float, ...] = CROSS_TRACK_KM,
) -> PassStatistics:
    """Count the passes of one sidereal month, averaged over 24 starting longitudes of the node.

    Parameters
    ----------
    orbit : LunarOrbit
        The orbit; its node is varied.
    latitude_deg, longitude_deg : float
        Selenographic.
    cross_track_km : tuple of float
        Limits of the distance between site and ground track.

    Returns
    -------
    PassStatistics
        Averages (hence not whole numbers).
    """
    nodes = orbit.node_deg + np.arange(_NODES) * (360.0 / _NODES)
    orbits = [replace(orbit, node_deg=float(node)) for node in nodes]
    distances = [pass_cross_track_km(each, latitude_deg, longitude_deg) for each in orbits]
    counts = tuple(float(np.mean([np.count_nonzero(each < limit) for each in distances])) for limit in cross_track_km)
    return PassStatistics(cross_track_km, counts, float(min(np.min(each) for each in distances)))


def nearest_possible_km(inclination_deg: float, latitude_deg: float) -> float:
    """Return the least distance between a site and any ground track of an inclination: zero within its reach.

    Parameters
    ----------
    inclination_deg, latitude_deg : float
        Of the orbit to the lunar equator, and of the site.

    Returns
    -------
    float
        km on the surface.
    """
    reach_deg = min(inclination_deg, 180.0 - inclination_deg)
    return max(0.0, abs(latitude_deg) - reach_deg) / DEG_PER_RAD * MOON.radius_km


def inclination_sweep(
    orbit: LunarOrbit,
    latitude_deg: float,
    longitude_deg: float,
    *,
    inclination_deg: tuple[float, ...] = SWEEP_INCLINATION_DEG,
    cross_track_km: tuple[float, ...] = CROSS_TRACK_KM,
) -> tuple[PassStatistics, ...]:
    """Count the passes for several inclinations: what an unpublished "polar" decides.

    Parameters
    ----------
    orbit : LunarOrbit
        The orbit; its inclination is replaced.
    latitude_deg, longitude_deg : float
        Selenographic.
    inclination_deg : tuple of float
        Inclinations to the lunar equator.
    cross_track_km : tuple of float
        Limits of the distance between site and ground track.

    Returns
    -------
    tuple of PassStatistics
        One per inclination.
    """
    return tuple(
        pass_statistics(
            replace(orbit, inclination_deg=inclination),
            latitude_deg,
            longitude_deg,
            cross_track_km=cross_track_km,
        )
        for inclination in inclination_deg
    )
