"""Circumstances of opportunities: light, view of stations, eclipses, and how the landing site is met.

Nothing here decides what is found; `sim.windows.limits` decides which opportunities a mission accepts. All directions
are geometric (no light time, no refraction, no terrain).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.bodies import EARTH, MOON
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.frames import (
    R_itrf_icrf,
    R_me_icrf,
    azel_earth_site,
    earth_azel_moon_site,
    earth_site_state_icrf,
    geodetic_from_itrf,
    me_from_selenographic_km,
    rotate,
    sub_solar_point,
    transpose,
)
from sim.frames.rotations import cross, dot, norm, unit
from sim.sites import GroundStation, LaunchSite, azimuth_rotating_deg, ground_station
from sim.units import S_PER_DAY
from sim.windows.daily import ascent_penalty_m_s
from sim.windows.eclipse import eclipses, sun_fraction
from sim.windows.request import LEGS, WindowRequest
from sim.windows.table import OpportunityTable

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class StationViews:
    """What one ground station sees; all arrays have shape (N,).

    Attributes
    ----------
    station_id : str
        Which station.
    tli_elevation_deg, loi_elevation_deg : ndarray
        Elevation of the spacecraft at injection and at perilune.
    tli_in_view, loi_in_view : ndarray of bool
        Whether that is above the station's mask; at perilune also whether the Moon leaves the line of sight free.
    """

    station_id: str
    tli_elevation_deg: Floats
    loi_elevation_deg: Floats
    tli_in_view: Flags
    loi_in_view: Flags


@dataclass(frozen=True)
class Circumstances:
    """Circumstances of N opportunities; all arrays have shape (N,); NaN where a row has no such thing.

    Attributes
    ----------
    launch_sun_elevation_deg : ndarray
        Sun's centre over the launch site's horizon (WGS 84) at lift-off; NaN for departures from an orbit.
    azimuth_rotating_deg : ndarray
        Launch azimuth relative to the rotating Earth, which range safety means; NaN for departures from an orbit.
    launch_penalty_m_s : ndarray
        What the launcher must add because less of the Earth's rotation helps than at the site's lowest inclination,
        see `sim.windows.daily.ascent_penalty_m_s`; NaN for departures from an orbit.
    tli_latitude_deg, tli_longitude_deg : ndarray
        Geodetic place under the injection point.
    tli_sun_fraction, loi_sun_fraction : ndarray
        Part of the Sun's disc seen from the spacecraft at injection and at perilune.
    loi_behind_moon : ndarray of bool
        Whether the Moon hides the perilune from the Earth's centre.
    sub_solar_latitude_deg : ndarray
        Selenographic, at landing, else at perilune: the season.
    earth_elevation_deg : ndarray
        Earth's centre over the landing site's horizon (sphere) at landing; NaN without a landing.
    landing_cross_track_km : ndarray
        Distance over the sphere from the arrival plane, kept in inertial space, to the landing site at landing;
        positive towards the plane's normal. NaN without a landing.
    eclipse_s, eclipse_longest_s, umbra_s : ndarray
        See `sim.windows.eclipse.Eclipses`; NaN when not asked for.
    stations : tuple of StationViews
        In the order asked.
    """

    launch_sun_elevation_deg: Floats
    azimuth_rotating_deg: Floats
    launch_penalty_m_s: Floats
    tli_latitude_deg: Floats
    tli_longitude_deg: Floats
    tli_sun_fraction: Floats
    loi_sun_fraction: Floats
    loi_behind_moon: Flags
    sub_solar_latitude_deg: Floats
    earth_elevation_deg: Floats
    landing_cross_track_km: Floats
    eclipse_s: Floats
    eclipse_longest_s: Floats
    umbra_s: Floats
    stations: tuple[StationViews, ...] = field(default=())

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Circumstances:
        """Return the circumstances of some rows.

        Parameters
        ----------
        rows : ndarray
            Boolean mask of shape (N,) or indices.

        Returns
        -------
        Circumstances
            In the order of `rows`.
        """
        stations = tuple(_selected(station, rows) for station in self.stations)
        return replace(_selected(self, rows), stations=stations)

    def columns(self) -> dict[str, NDArray[Any]]:
        """Return the columns of tables: numbers under names with their unit, yes and no as 1 and 0.

        Returns
        -------
        dict of str to ndarray
            Two columns more for each station, for example ``tli_elevation_bear_lakes_deg``.
        """
        found: dict[str, NDArray[Any]] = {
            one.name: getattr(self, one.name) for one in fields(self) if one.name not in {"stations", "loi_behind_moon"}
        }
        found["loi_behind_moon_n"] = self.loi_behind_moon
        for station in self.stations:
            found[f"tli_elevation_{station.station_id}_deg"] = station.tli_elevation_deg
            found[f"loi_elevation_{station.station_id}_deg"] = station.loi_elevation_deg
        return found


Record = TypeVar("Record", StationViews, Circumstances)


def _selected(record: Record, rows: Any) -> Record:
    """Return a record with its arrays restricted to some rows."""
    values = {one.name: getattr(record, one.name) for one in fields(record)}
    chosen = {name: value[rows] for name, value in values.items() if isinstance(value, np.ndarray)}
    return replace(record, **chosen)


def find_circumstances(
    request: WindowRequest,
    table: OpportunityTable,
    *,
    stations: Sequence[str] = (),
    with_eclipses: bool = True,
    ephemeris: Ephemeris | None = None,
) -> Circumstances:
    """Return the circumstances of opportunities.

    Parameters
    ----------
    request : WindowRequest
        The search that gave them.
    table : OpportunityTable
        N opportunities.
    stations : sequence of str
        Ids of ground stations.
    with_eclipses : bool
        Whether to fly every transfer for its eclipses, by far the longest part of the work.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Circumstances
        N rows.

    Raises
    ------
    InputError
        An unknown station.
    EphemerisRangeError
        Epochs outside the ephemeris.
    """
    ephemeris = ephemeris or open_ephemeris()
    known = tuple(ground_station(name) for name in stations)
    # A row without a state has no circumstances (NaN) and must not disturb the others.
    with np.errstate(divide="ignore", invalid="ignore"):
        return _found(request, table, known, with_eclipses, ephemeris)


def _found(
    request: WindowRequest,
    table: OpportunityTable,
    known: tuple[GroundStation, ...],
    with_eclipses: bool,
    ephemeris: Ephemeris,
) -> Circumstances:
    count = len(table)
    absent = np.full(count, np.nan)
    perilune = table.perilune_state[:, :3] + ephemeris.position_km("moon", "earth", table.perilune_tdb)
    landing_tdb = table.perilune_tdb + request.landing_delay_day * S_PER_DAY
    earth_up, cross_track = _landing(request, table, landing_tdb, ephemeris)
    launch_sun, azimuth, penalty = _launch(request, table, ephemeris)
    under = geodetic_from_itrf(rotate(R_itrf_icrf(table.tli_tdb), table.tli_state[:, :3]))
    shade = eclipses(table.tli_state, table.tli_tdb, table.perilune_tdb, ephemeris) if with_eclipses else None
    return Circumstances(
        launch_sun_elevation_deg=launch_sun,
        azimuth_rotating_deg=azimuth,
        launch_penalty_m_s=penalty,
        tli_latitude_deg=np.asarray(under.latitude_geodetic_deg),
        tli_longitude_deg=np.asarray(under.longitude_deg),
        tli_sun_fraction=sun_fraction(table.tli_state[:, :3], table.tli_tdb, ephemeris),
        loi_sun_fraction=sun_fraction(perilune, table.perilune_tdb, ephemeris),
        loi_behind_moon=_hidden_by_moon(table.perilune_state[:, :3], table.perilune_state[:, :3] - perilune),
        sub_solar_latitude_deg=np.asarray(sub_solar_point(landing_tdb, ephemeris).latitude_deg),
        earth_elevation_deg=earth_up,
        landing_cross_track_km=cross_track,
        eclipse_s=shade.total_s if shade else absent,
        eclipse_longest_s=shade.longest_s if shade else absent,
        umbra_s=shade.umbra_s if shade else absent,
        stations=tuple(_views(station, table, perilune) for station in known),
    )


def _launch(request: WindowRequest, table: OpportunityTable, ephemeris: Ephemeris) -> tuple[Floats, Floats, Floats]:
    """Sun at the launch site, azimuth over the rotating Earth and its price; NaN for departures from an orbit."""
    site = request.site
    if not isinstance(site, LaunchSite):
        absent = np.full(len(table), np.nan)
        return absent, absent, absent
    sun = ephemeris.position_km("sun", "earth", table.launch_tdb)
    seen = azel_earth_site(
        site.latitude_geodetic_deg, site.longitude_deg, sun, table.launch_tdb, altitude_km=site.altitude_km
    )
    radius = request.parking_radius_km
    speed = np.sqrt(EARTH.gm_km3_s2 / radius)
    latitude = site.latitude_geocentric_deg
    # The rows' inclination may lie a rounding error below the site's latitude where a plane just touches it.
    inclination = np.clip(table.inclination_deg, abs(latitude), 180.0 - abs(latitude))
    north, south = (
        azimuth_rotating_deg(inclination, latitude, speed, ascending=ascending) for ascending in (True, False)
    )
    azimuth = np.where(table.leg == LEGS.index("northeast"), north, south)
    penalty = ascent_penalty_m_s(site, inclination, radius)
    return np.asarray(seen.elevation_deg), np.asarray(azimuth), penalty


def _landing(
    request: WindowRequest, table: OpportunityTable, landing_tdb: Floats, ephemeris: Ephemeris
) -> tuple[Floats, Floats]:
    """Earth over the landing site and the site's distance from the arrival plane; NaN without a landing."""
    latitude, longitude = request.landing_latitude_deg, request.landing_longitude_deg
    if latitude is None or longitude is None:
        return np.full(len(table), np.nan), np.full(len(table), np.nan)
    earth = earth_azel_moon_site(latitude, longitude, landing_tdb, ephemeris=ephemeris)
    normal = unit(cross(table.perilune_state[:, :3], table.perilune_state[:, 3:]))
    up = np.tile(me_from_selenographic_km(latitude, longitude, 0.0) / MOON.radius_km, (len(table), 1))
    site = rotate(transpose(R_me_icrf(landing_tdb, ephemeris)), up)
    distance = MOON.radius_km * np.arcsin(np.clip(dot(normal, site), -1.0, 1.0))
    return np.asarray(earth.elevation_deg), np.asarray(distance)


def _hidden_by_moon(craft_moon_km: Floats, observer_moon_km: Floats) -> Flags:
    """Whether the sphere of the Moon stands between two places, both relative to its centre, (N, 3)."""
    towards = unit(observer_moon_km - craft_moon_km)
    ahead = -dot(craft_moon_km, towards)
    nearest = norm(craft_moon_km + ahead[:, None] * towards)
    return np.asarray((ahead > 0.0) & (nearest < MOON.radius_km))


def _views(station: GroundStation, table: OpportunityTable, perilune_earth_km: Floats) -> StationViews:
    place = station.latitude_geodetic_deg, station.longitude_deg
    altitude = station.altitude_km
    at_tli = azel_earth_site(*place, table.tli_state[:, :3], table.tli_tdb, altitude_km=altitude)
    at_loi = azel_earth_site(*place, perilune_earth_km, table.perilune_tdb, altitude_km=altitude)
    seat = earth_site_state_icrf(station.position_itrf_km, table.perilune_tdb)[:, :3]
    craft = table.perilune_state[:, :3]
    hidden = _hidden_by_moon(craft, seat - perilune_earth_km + craft)
    mask = station.elevation_mask_deg
    return StationViews(
        station.id,
        np.asarray(at_tli.elevation_deg),
        np.asarray(at_loi.elevation_deg),
        np.asarray(at_tli.elevation_deg >= mask),
        np.asarray((at_loi.elevation_deg >= mask) & ~hidden),
    )
