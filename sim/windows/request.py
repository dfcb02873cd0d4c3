"""What a search for launch opportunities is asked: one frozen record of plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

from sim.bodies import EARTH
from sim.errors import InputError
from sim.sites import LaunchSite
from sim.transfer.finite_injection import InjectionAim, InjectionStage, injection_aim

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
class DepartureOrbit:
    """An orbit about the Earth from which a mission departs, in place of a launch site.

    Inclination and altitude are those of the request's parking orbit; the node moves by first-order J2 precession.

    Attributes
    ----------
    id, name : str
        Identifier and words.
    raan_deg : float
        Right ascension of the ascending node at `epoch_tdb`, to the true equator and equinox of date.
    epoch_tdb : float
        Seconds past J2000 TDB.
    """

    id: str
    name: str
    raan_deg: float
    epoch_tdb: float


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """One mission's question "when can we launch?".

    Attributes
    ----------
    mission_id : str
        Identifier written into every result.
    site : LaunchSite or DepartureOrbit
        Launch site, or the orbit from which the mission departs.
    launch_start_tdb, launch_stop_tdb : float
        Launch period, seconds past J2000 TDB.
    inclination_deg : tuple of float
        Parking-orbit inclinations (to the true equator of date) to try.
    parking_altitude_km : float
        Altitude of the circular parking orbit over the equatorial radius; also the altitude of the burn, and that of
        burn-out for direct ascents.
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
        Longest coast from insertion to injection (ignition, when it is not an impulse), seconds.
    poles, branches, legs : tuple of str
        Families to search; see `POLES`, `BRANCHES`, `LEGS`.
    landing_latitude_deg, landing_longitude_deg : float or None
        Landing site (MOON_ME) at which the Sun's elevation is reported.
    landing_delay_day : float
        Days from perilune to landing.
    struck_latitude_deg, struck_longitude_deg : float or None
        Place (MOON_ME) that is struck; then there is no perilune, and its epoch is that of the impact.
    direct_ascent : bool
        Whether the launcher burns through to the transfer: no parking orbit, no coast.
    climb_angle_max_deg : float
        Steepest flight path at burn-out of a direct ascent.
    stage : InjectionStage or None
        Stage that burns trans-lunar injection from the parking orbit; the injection is an impulse without it.
    """

    mission_id: str
    site: LaunchSite | DepartureOrbit
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
    struck_latitude_deg: float | None = None
    struck_longitude_deg: float | None = None
    direct_ascent: bool = False
    climb_angle_max_deg: float = 90.0
    stage: InjectionStage | None = None

    @property
    def parking_radius_km(self) -> float:
        """Radius of the parking orbit."""
        return EARTH.radius_equatorial_km + self.parking_altitude_km

    @property
    def aim(self) -> InjectionAim:
        """Where the injection leads: for an impulse the perigee lies on the parking orbit."""
        if self.stage is None:
            return InjectionAim(self.parking_radius_km, 0.0, 0.0, 0.0, 0.0)
        return injection_aim(self.parking_radius_km, self.stage, EARTH.gm_km3_s2)

    @property
    def lead_on_orbit_s(self) -> float:
        """Time on the parking orbit from ignition to the direction of the transfer's perigee."""
        return self.aim.lead_s - self.aim.delay_s

    @property
    def launch_site(self) -> LaunchSite:
        """The launch site; InputError for missions that depart from an orbit."""
        if isinstance(self.site, LaunchSite):
            return self.site
        raise InputError(f"{self.mission_id} departs from the orbit of {self.site.name}; give a launch site instead")

    @property
    def strikes(self) -> bool:
        """Whether the flight ends by striking the Moon."""
        return self.struck_latitude_deg is not None and self.struck_longitude_deg is not None
