"""What a launch site, a ground station and a place on the Moon are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sim.bodies import EARTH, MOON
from sim.units import DEG_PER_RAD, KM_PER_M, RAD_PER_DEG

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


def _itrf_km(latitude_geodetic_deg: float, longitude_deg: float, altitude_km: float) -> tuple[float, float, float]:
    """Earth-fixed position on WGS 84: closed form (Vallado, 4th ed., eq. 3-7), in plain floats.

    Scenario files are checked through this module in a fraction of a second, so it does without numpy and ERFA,
    against which ``tests/unit/test_sites_tables.py`` holds it.
    """
    latitude, longitude = latitude_geodetic_deg * RAD_PER_DEG, longitude_deg * RAD_PER_DEG
    squared_eccentricity = EARTH.flattening * (2.0 - EARTH.flattening)
    normal = EARTH.radius_equatorial_km / math.sqrt(1.0 - squared_eccentricity * math.sin(latitude) ** 2)
    across = (normal + altitude_km) * math.cos(latitude)
    up = (normal * (1.0 - squared_eccentricity) + altitude_km) * math.sin(latitude)
    return across * math.cos(longitude), across * math.sin(longitude), up


@dataclass(frozen=True)
class Source:
    """Where a value was read.

    Parameters
    ----------
    id : str
        As the tables name it.
    title, url, date, quality : str
        ``quality`` says what kind of text it is (agency, journal, press, encyclopaedia, unconfirmed).
    """

    id: str
    title: str
    url: str
    date: str
    quality: str


@dataclass(frozen=True)
class Corridor:
    """Directions into which a site may launch: one inclination or a range of azimuths.

    Parameters
    ----------
    status : str
        ``flown``, ``geometry``, ``assumed``, ...
    sources : tuple of str
        Source ids.
    inclination_deg : float, optional
        Inclination of the parking orbit.
    azimuth_min_deg, azimuth_max_deg : float, optional
        Launch azimuths, from north over east, relative to the rotating Earth.
    note : str
        What the reader must know.
    """

    status: str
    sources: tuple[str, ...]
    inclination_deg: float | None = None
    azimuth_min_deg: float | None = None
    azimuth_max_deg: float | None = None
    note: str = ""


@dataclass(frozen=True)
class EarthSite:
    """A place fixed to the Earth.

    Parameters
    ----------
    id, name : str
        Key of the table and name for people.
    latitude_geodetic_deg, longitude_deg : float
        WGS 84, east positive.
    altitude_m : float
        Height; 0 with ``altitude_status`` assumed where no source gives it.
    altitude_status, status : str
        Where height and coordinates come from: ``geometry``, ``assumed``, ...
    sources : tuple of str
        Source ids, see :func:`sim.sites.sources`.
    aliases : tuple of str
        Other ids under which the site is found.
    note : str
        What the reader must know.
    """

    id: str
    name: str
    latitude_geodetic_deg: float
    longitude_deg: float
    altitude_m: float
    altitude_status: str
    status: str
    sources: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    note: str = ""

    @property
    def altitude_km(self) -> float:
        """Height above the ellipsoid."""
        return self.altitude_m * KM_PER_M

    @property
    def position_itrf_km(self) -> FloatArray:
        """Earth-fixed position (3,); see :func:`sim.frames.earth_site_state_icrf`."""
        # numpy takes longer to load than `perilune check` may run
        import numpy as np

        return np.array(_itrf_km(self.latitude_geodetic_deg, self.longitude_deg, self.altitude_km))

    @property
    def latitude_geocentric_deg(self) -> float:
        """Latitude of the direction from the Earth's centre, up to 0.19 degrees from the geodetic one."""
        x, y, z = _itrf_km(self.latitude_geodetic_deg, self.longitude_deg, self.altitude_km)
        return math.atan2(z, math.hypot(x, y)) * DEG_PER_RAD


@dataclass(frozen=True)
class LaunchSite(EarthSite):
    """A launch pad with the directions open to it.

    Parameters
    ----------
    corridors : tuple of Corridor
        Empty where no source gives any.
    """

    corridors: tuple[Corridor, ...] = ()

    @property
    def min_inclination_deg(self) -> float:
        """Least inclination without a dogleg: the geocentric latitude (not the geodetic one)."""
        return abs(self.latitude_geocentric_deg)

    @property
    def azimuth_corridors_deg(self) -> tuple[tuple[float, float], ...]:
        """Ranges of launch azimuth, relative to the rotating Earth."""
        pairs = ((one.azimuth_min_deg, one.azimuth_max_deg) for one in self.corridors)
        return tuple((low, high) for low, high in pairs if low is not None and high is not None)

    @property
    def inclination_corridors_deg(self) -> tuple[float, ...]:
        """Inclinations of the corridors given as such."""
        return tuple(one.inclination_deg for one in self.corridors if one.inclination_deg is not None)


@dataclass(frozen=True)
class GroundStation(EarthSite):
    """A tracking station.

    Parameters
    ----------
    country : str
        Country code.
    dish_m : float
        Diameter of the largest antenna.
    elevation_mask_deg : float
        Least usable elevation; 10 degrees, assumed, unless the table says otherwise.
    elevation_mask_status : str
        Where the mask comes from.
    """

    country: str = ""
    dish_m: float = 0.0
    elevation_mask_deg: float = 10.0
    elevation_mask_status: str = "assumed"


@dataclass(frozen=True)
class LunarSite:
    """A place on the Moon.

    Parameters
    ----------
    id, name : str
        Key of the table and name for people.
    latitude_deg, longitude_deg : float
        Planetocentric in mean Earth axes, east positive.
    altitude_m : float
        Height above the sphere of 1737.4 km; 0 with ``altitude_status`` assumed where no source gives it.
    altitude_status, status : str
        Where height and coordinates come from.
    sources : tuple of str
        Source ids.
    aliases : tuple of str
        Other ids under which the site is found.
    note : str
        What the reader must know.
    ellipse_km : tuple of float, optional
        Axes of the landing ellipse.
    sector_deg : tuple of float, optional
        Latitude minimum and maximum, longitude minimum and maximum, when the site is a sector.
    """

    id: str
    name: str
    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    altitude_status: str
    status: str
    sources: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    note: str = ""
    ellipse_km: tuple[float, ...] | None = None
    sector_deg: tuple[float, ...] | None = None

    @property
    def altitude_km(self) -> float:
        """Height above 1737.4 km."""
        return self.altitude_m * KM_PER_M

    @property
    def position_me_km(self) -> FloatArray:
        """Moon-fixed position (3,), mean Earth axes; see :func:`sim.frames.moon_site_state_icrf`."""
        latitude, longitude = self.latitude_deg * RAD_PER_DEG, self.longitude_deg * RAD_PER_DEG
        # numpy takes longer to load than `perilune check` may run
        import numpy as np

        radius = MOON.radius_km + self.altitude_km
        ring = radius * math.cos(latitude)
        return np.array([ring * math.cos(longitude), ring * math.sin(longitude), radius * math.sin(latitude)])


Fields = dict[str, Any]
"""One entry of a table as read."""
