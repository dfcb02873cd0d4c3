"""What a search for launch opportunities is asked: one frozen record of plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

from sim.sites import LaunchSite

POLES: tuple[str, ...] = ("north", "south")
"""Approach over the lunar north or south pole: the sign of the plane's turn about the incoming asymptote."""

BRANCHES: tuple[str, ...] = ("ascending", "descending")
"""Leg of the Earth parking plane on which the spacecraft meets the Moon's declination."""

LEGS: tuple[str, ...] = ("northeast", "southeast")
"""Launch azimuth north or south of due east: the two times a day at which a plane contains the site."""


@dataclass(frozen=True, slots=True)
class ArrivalPlane:
    """How the plane of the arrival hyperbola is fixed.

    Attributes
    ----------
    lunar_inclination_deg : float
        Inclination to the lunar equator (mean-Earth frame pole at arrival), used when no site is given.
    site_latitude_deg, site_longitude_deg : float or None
        Selenographic site (MOON_ME) which the plane must contain at `site_delay_day` after perilune.
    site_delay_day : float
        Days from perilune to the passage over the site.
    """

    lunar_inclination_deg: float = 90.0
    site_latitude_deg: float | None = None
    site_longitude_deg: float | None = None
    site_delay_day: float = 0.0


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """One mission's question "when can we launch?".

    Attributes
    ----------
    mission_id : str
        Identifier written into every result.
    site : LaunchSite
        Launch site.
    launch_start_tdb, launch_stop_tdb : float
        Launch period, seconds past J2000 TDB.
    inclination_deg : tuple of float
        Parking-orbit inclinations (to the true equator of date) to try.
    parking_altitude_km : float
        Altitude of the circular parking orbit over the equatorial radius; also the altitude of the burn.
    tof_day : tuple of float
        Flight times from trans-lunar injection to perilune, days.
    perilune_altitude_km : float
        Altitude of the first perilune over the 1737.4 km sphere.
    apolune_altitude_km : float
        Apolune altitude of the orbit that lunar orbit insertion enters.
    plane : ArrivalPlane
        How the arrival plane is fixed.
    ascent_s, ascent_arc_deg : float
        Time and geocentric arc from lift-off to insertion into the parking orbit (constants per launcher).
    coast_revs_max : int
        Whole parking revolutions allowed before injection (0 means the first pass).
    coast_s_max : float
        Longest coast from insertion to injection, seconds.
    poles, branches, legs : tuple of str
        Families to search; see `POLES`, `BRANCHES`, `LEGS`.
    landing_latitude_deg, landing_longitude_deg : float or None
        Landing site (MOON_ME) at which the Sun's elevation is reported.
    landing_delay_day : float
        Days from perilune to landing.
    """

    mission_id: str
    site: LaunchSite
    launch_start_tdb: float
    launch_stop_tdb: float
    inclination_deg: tuple[float, ...]
    parking_altitude_km: float
    tof_day: tuple[float, ...]
    perilune_altitude_km: float
    apolune_altitude_km: float
    plane: ArrivalPlane = ArrivalPlane()
    ascent_s: float = 560.0
    ascent_arc_deg: float = 20.0
    coast_revs_max: int = 0
    coast_s_max: float = 6000.0
    poles: tuple[str, ...] = POLES
    branches: tuple[str, ...] = BRANCHES
    legs: tuple[str, ...] = LEGS
    landing_latitude_deg: float | None = None
    landing_longitude_deg: float | None = None
    landing_delay_day: float = 0.0
