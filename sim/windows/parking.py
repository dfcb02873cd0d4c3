"""Geometry of the parking orbit over a launch site, and its slow drift.

The parking plane is taken to contain the site (geocentric latitude, true equator of date) at lift-off; ascent is a
fixed time and arc per launcher. Both are approximations of a real ascent and are stated in every report.

Sources: spherical trigonometry (Vallado, "Fundamentals of Astrodynamics", 4th ed., sec. 6.4 for azimuth and node);
secular J2 rates (ibid., eq. 9-37 to 9-41), checked in ``tests/unit/test_windows_parking.py`` against integration.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim.bodies import EARTH
from sim.errors import UnreachableError
from sim.sites import LaunchSite


@dataclass(frozen=True, slots=True)
class LaunchGeometry:
    """Where a parking plane stands relative to the site at lift-off.

    Attributes
    ----------
    node_offset_rad : float
        Local sidereal angle of the site minus right ascension of the ascending node.
    argument_of_latitude_rad : float
        Of the site in the plane.
    azimuth_rad : float
        Inertial launch azimuth, clockwise from north.
    """

    node_offset_rad: float
    argument_of_latitude_rad: float
    azimuth_rad: float


def launch_geometry(site: LaunchSite, inclination_deg: float, leg: str) -> LaunchGeometry:
    """Return the launch geometry of a site for one inclination and leg.

    Parameters
    ----------
    site : LaunchSite
        Launch site.
    inclination_deg : float
        To the true equator of date.
    leg : str
        ``northeast`` (ascending over the site) or ``southeast`` (descending).

    Returns
    -------
    LaunchGeometry
        Offsets and azimuth.

    Raises
    ------
    UnreachableError
        If the inclination is below the geocentric latitude of the site (or above its supplement).
    """
    latitude = math.radians(site.latitude_geocentric_deg)
    inclination = math.radians(inclination_deg)
    sine = math.cos(inclination) / math.cos(latitude)
    if abs(sine) > 1.0:
        lowest = abs(site.latitude_geocentric_deg)
        raise UnreachableError(
            f"inclination {inclination_deg:g} deg cannot be reached from {site.name} (geocentric latitude "
            f"{site.latitude_geocentric_deg:.3f} deg); allowed: {lowest:.3f} to {180.0 - lowest:.3f} deg; choose an "
            "inclination inside, or add a dogleg to the ascent and give its result"
        )
    offset = math.asin(math.tan(latitude) / math.tan(inclination)) if inclination_deg != 90.0 else 0.0
    argument = math.asin(min(1.0, math.sin(latitude) / math.sin(inclination)))
    azimuth = math.asin(sine)
    if leg == "northeast":
        return LaunchGeometry(offset, argument, azimuth % (2.0 * math.pi))
    return LaunchGeometry(math.pi - offset, math.pi - argument, math.pi - azimuth)


@dataclass(frozen=True, slots=True)
class ParkingRates:
    """Secular rates of a circular parking orbit under J2.

    Attributes
    ----------
    node_rad_s : float
        Of the ascending node.
    argument_of_latitude_rad_s : float
        Of the argument of latitude (mean motion plus apsidal drift).
    """

    node_rad_s: float
    argument_of_latitude_rad_s: float


def parking_rates(radius_km: float, inclination_deg: float) -> ParkingRates:
    """Return first-order J2 rates of a circular orbit.

    Parameters
    ----------
    radius_km : float
        Orbit radius.
    inclination_deg : float
        To the equator.

    Returns
    -------
    ParkingRates
        rad/s. Short-periodic terms (up to about 1e-3 rad in argument of latitude) are left out.
    """
    mean_motion = math.sqrt(EARTH.gm_km3_s2 / radius_km**3)
    factor = 1.5 * EARTH.j2 * (EARTH.radius_equatorial_km / radius_km) ** 2
    cosine = math.cos(math.radians(inclination_deg))
    return ParkingRates(
        -factor * mean_motion * cosine,
        mean_motion * (1.0 + factor * (4.0 * cosine**2 - 1.0)),
    )
