"""What a mission does at the Moon, as plain numbers: places, partners, camera, stations, radios, burns that went wrong.

`sim.scenario` builds these records from files, `sim.analysis` works on them. They hold tuples, not arrays, so that two
cases read from one file compare equal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.operations.conditions import Lander
from sim.operations.insertion_burns import ApsisStep
from sim.operations.link_budget import LinkBudget, assumed_downlink, assumed_proximity_link, assumed_relay_link
from sim.operations.masks import HorizonMask
from sim.operations.tracks import LunarElements
from sim.sites import GroundStation

NEAR_KM: float = 1_000.0
"""Relays with a higher apolune are taken for distant ones, with a dish instead of nearly isotropic antennas."""


@dataclass(frozen=True, slots=True)
class HorizonCase:
    """A horizon mask with where it comes from.

    Attributes
    ----------
    name : str
        What reports call it.
    azimuth_deg, elevation_deg : tuple of float
        As those of `HorizonMask`.
    status, source : str
        One of the status words, and where it comes from.
    """

    name: str
    azimuth_deg: tuple[float, ...]
    elevation_deg: tuple[float, ...]
    status: str
    source: str

    def mask(self) -> HorizonMask:
        """Return the mask that the geometry works with."""
        return HorizonMask(
            self.name, np.array(self.azimuth_deg), np.array(self.elevation_deg), self.status, self.source
        )


def horizon_case(mask: HorizonMask) -> HorizonCase:
    """Keep a mask as plain numbers.

    Parameters
    ----------
    mask : HorizonMask
        Mask.

    Returns
    -------
    HorizonCase
        The same.
    """
    azimuth, elevation = tuple(mask.azimuth_deg.tolist()), tuple(mask.elevation_deg.tolist())
    return HorizonCase(mask.name, azimuth, elevation, mask.status, mask.source)


@dataclass(frozen=True, slots=True)
class PlaceCase:
    """A place on the Moon that is lit, surveyed or talked to.

    Attributes
    ----------
    id, name : str
        Identifier, and what reports call it.
    latitude_deg, longitude_deg : float
        Selenographic, MOON_ME.
    altitude_km : float
        Of the eye (panel, antenna) over the sphere of 1737.4 km.
    horizon : HorizonCase
        Its horizon.
    elevation_mask_deg : float
        Least elevation of a link over the level plane.
    ellipse_long_km, ellipse_short_km : float or None
        Axes of the landing ellipse.
    ellipse_azimuth_deg : float
        Direction of its long axis.
    """

    id: str
    name: str
    latitude_deg: float
    longitude_deg: float
    altitude_km: float
    horizon: HorizonCase
    elevation_mask_deg: float = 0.0
    ellipse_long_km: float | None = None
    ellipse_short_km: float | None = None
    ellipse_azimuth_deg: float = 0.0

    def lit(self) -> Lander:
        """Return the place with its horizon, for Sun and Earth."""
        return Lander(self.id, self.latitude_deg, self.longitude_deg, self.altitude_km, self.horizon.mask())

    def heard(self) -> Lander:
        """Return the place with its horizon or the least elevation of a link, whichever is higher."""
        mask = self.horizon.mask().raised(self.elevation_mask_deg)
        return Lander(self.id, self.latitude_deg, self.longitude_deg, self.altitude_km, mask)


@dataclass(frozen=True, slots=True)
class PartnerCase:
    """An orbiter of another mission that works with this one.

    Attributes
    ----------
    id, name : str
        Identifier, and what reports call it.
    perilune_altitude_km, apolune_altitude_km, inclination_deg : float
        Its orbit.
    argument_of_perilune_deg : float
        From the ascending node.
    node_deg : float
        Selenographic longitude of the ascending node when the look at it begins.
    work_start_tdb, work_stop_tdb : float or None
        Its working life; None where nobody published it.
    """

    id: str
    name: str
    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_deg: float
    argument_of_perilune_deg: float
    node_deg: float
    work_start_tdb: float | None = None
    work_stop_tdb: float | None = None

    def elements(self) -> LunarElements:
        """Return the orbit; it begins at its apolune."""
        return LunarElements(
            self.perilune_altitude_km,
            self.apolune_altitude_km,
            self.inclination_deg,
            self.node_deg,
            self.argument_of_perilune_deg,
            180.0,
        )


@dataclass(frozen=True, slots=True)
class CameraCase:
    """A camera that looks straight down.

    Attributes
    ----------
    swath_km : float
        Width of the strip on the ground.
    sun_elevation_min_deg, sun_elevation_max_deg : float
        Sun at which pictures count.
    """

    swath_km: float
    sun_elevation_min_deg: float
    sun_elevation_max_deg: float


@dataclass(frozen=True, slots=True)
class DescentCase:
    """De-orbit and powered descent of a lander.

    Attributes
    ----------
    orbit_altitude_km : float
        Circular orbit before.
    perilune_altitude_km : float
        Where the powered descent begins.
    mass_kg, isp_s : float
        At that moment.
    rest_height_m, vertical_s, reserve_share : float
        See `sim.operations.powered_descent`.
    thrust_n : float or None
        Thrust held while braking (`sim.operations.engine_descent`); None for what a gravity turn needs.
    """

    orbit_altitude_km: float
    perilune_altitude_km: float
    mass_kg: float
    isp_s: float
    rest_height_m: float
    vertical_s: float
    reserve_share: float
    thrust_n: float | None = None


@dataclass(frozen=True, slots=True)
class OverburnCase:
    """A de-orbit burn that lasted too long.

    Attributes
    ----------
    begin_tdb, lost_tdb : float
        Begin of the burn, and loss of signal or impact.
    planned_s, actual_s : float
        Durations of the burn.
    perilune_altitude_km, apolune_altitude_km : float
        Orbit before, as published.
    circular_altitude_km : float
        Circular orbit of the plan, the other candidate.
    planned_perilune_km : float
        What the burn was to reach.
    inclination_deg : float
        Of the orbit.
    southbound : bool
        Direction of flight at the crater.
    crater_latitude_deg, crater_longitude_deg, crater_altitude_km : float
        Crater found.
    uncertainty_s : float
        Of the published times.
    """

    begin_tdb: float
    lost_tdb: float
    planned_s: float
    actual_s: float
    perilune_altitude_km: float
    apolune_altitude_km: float
    circular_altitude_km: float
    planned_perilune_km: float
    inclination_deg: float
    southbound: bool
    crater_latitude_deg: float
    crater_longitude_deg: float
    crater_altitude_km: float
    uncertainty_s: float


@dataclass(frozen=True, slots=True)
class OrbitLifeCase:
    """What is asked about low orbits that are left alone, and about keeping them.

    Attributes
    ----------
    span_day : float
        How long orbits are followed without corrections.
    limit_altitude_km : float
        Height over the sphere of 1737.4 km at which an orbit counts as lost.
    inclination_deg : tuple of float
        Inclinations compared, ascending.
    nodes_n, epochs_n : int
        Nodes around the equator, and starts over a year, at which each inclination is flown.
    keeping_months_n : int
        Pairs of correction burns that are flown, one a month.
    """

    span_day: float
    limit_altitude_km: float
    inclination_deg: tuple[float, ...]
    nodes_n: int
    epochs_n: int
    keeping_months_n: int


@dataclass(frozen=True, slots=True)
class RelayDesignCase:
    """What is asked about elliptic relay orbits.

    Attributes
    ----------
    span_day : float
        How long they are followed without corrections.
    months_n : int
        Sidereal months over which a frozen ellipse strays least.
    nodes_n : int
        Nodes around the equator from which the phase is flown.
    node_span_day : float
        How long it is flown from each.
    perilune_altitude_km : tuple of float
        Of the frozen ellipses of the same period that are searched, ascending.
    """

    span_day: float
    months_n: int
    nodes_n: int
    node_span_day: float
    perilune_altitude_km: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Radios:
    """The radios of the links; those that a file does not give are assumed, and say so.

    Attributes
    ----------
    proximity, relay, downlink : LinkBudget
        Lander to a near orbiter, lander to a distant relay, orbiter to the ground.
    """

    proximity: LinkBudget
    relay: LinkBudget
    downlink: LinkBudget

    def for_apolune(self, apolune_altitude_km: float) -> LinkBudget:
        """Return the radio between a lander and an orbiter with this apolune altitude."""
        return self.proximity if apolune_altitude_km <= NEAR_KM else self.relay


def assumed_radios() -> Radios:
    """Return the three presets, all of them assumed."""
    return Radios(assumed_proximity_link(), assumed_relay_link(), assumed_downlink())


@dataclass(frozen=True, slots=True)
class AtMoonCase:
    """What is looked at once a mission is at the Moon.

    Attributes
    ----------
    contact_day : float
        Length of the look at links, passes and ground tracks, from the begin of each phase or from landing.
    evolution_day : float
        Length of free flight for altitude and eccentricity.
    light_day : float
        Length of the illumination calendar, from landing.
    places : tuple of PlaceCase
        The landing site first, when the mission lands.
    lands : bool
        Whether the first place is the mission's own.
    partners : tuple of PartnerCase
        Orbiters of others.
    stations : tuple of GroundStation
        Ground stations that serve it.
    groups : tuple of (str, tuple of str)
        Groups of stations compared for the data return, by name.
    radios : Radios
        Link budgets.
    produced_gigabyte_per_day : float or None
        What the instruments of an orbiter deliver.
    camera : CameraCase or None
        For survey passes.
    descent : DescentCase or None
        Way down.
    overburn : OverburnCase or None
        Burn that went wrong.
    insertion : tuple of ApsisStep
        Burns from the arrival to the working orbit; empty when they are not flown.
    orbit_life : OrbitLifeCase or None
        Low orbits left alone, and what keeping them costs.
    relay_design : RelayDesignCase or None
        Elliptic relay orbits over years, and their frozen neighbours.
    """

    contact_day: float
    evolution_day: float
    light_day: float
    places: tuple[PlaceCase, ...]
    lands: bool
    partners: tuple[PartnerCase, ...]
    stations: tuple[GroundStation, ...]
    groups: tuple[tuple[str, tuple[str, ...]], ...]
    radios: Radios
    produced_gigabyte_per_day: float | None = None
    camera: CameraCase | None = None
    descent: DescentCase | None = None
    overburn: OverburnCase | None = None
    insertion: tuple[ApsisStep, ...] = ()
    orbit_life: OrbitLifeCase | None = None
    relay_design: RelayDesignCase | None = None

    @property
    def site(self) -> PlaceCase | None:
        """The mission's own landing site."""
        return self.places[0] if self.lands else None
