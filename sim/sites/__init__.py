"""Launch sites, ground stations and places on the Moon, each value with its status and source.

The tables are TOML files in ``data/``; names that are unknown raise an error with the nearest ones. Inertial
states come from :func:`sim.frames.earth_site_state_icrf` and :func:`sim.frames.moon_site_state_icrf`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.sites.records import Corridor, EarthSite, GroundStation, LaunchSite, LunarSite, Source
from sim.sites.tables import (
    ground_station,
    ground_stations,
    launch_site,
    launch_sites,
    lunar_site,
    lunar_sites,
    sources,
    with_elevation_mask,
)

if TYPE_CHECKING:
    from sim.sites.azimuth import (
        azimuth_inertial_deg,
        azimuth_rotating_deg,
        inclination_deg,
        inclination_from_rotating_azimuth_deg,
    )

__all__ = [
    "Corridor",
    "EarthSite",
    "GroundStation",
    "LaunchSite",
    "LunarSite",
    "Source",
    "azimuth_inertial_deg",
    "azimuth_rotating_deg",
    "ground_station",
    "ground_stations",
    "inclination_deg",
    "inclination_from_rotating_azimuth_deg",
    "launch_site",
    "launch_sites",
    "lunar_site",
    "lunar_sites",
    "sources",
    "with_elevation_mask",
]


def __getattr__(name: str) -> object:
    """Import the azimuth functions on first use: they load numpy, which `perilune check` has no time for."""
    if name in __all__:
        # numpy takes longer to load than `perilune check` may run
        from sim.sites import azimuth

        return getattr(azimuth, name)
    raise AttributeError(f"module 'sim.sites' has no attribute {name!r}")
