"""Find every launch opportunity from a site over a parking orbit."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.bodies import EARTH
from sim.constants import SECONDS_PER_DAY, TWO_PI
from sim.ephemeris import Ephemeris
from sim.errors import UnreachableError
from sim.sites import azimuth_rotating_deg
from sim.transfer import Outcome
from sim.windows.closure import LegGeometry, Roots, bracket_roots, join_roots, leg_geometry, polish
from sim.windows.folds import build_segments
from sim.windows.manifold import GRID_S, Family, Segment, solve_grid
from sim.windows.parking import launch_geometry
from sim.windows.request import WindowRequest
from sim.windows.rows import tabulate
from sim.windows.table import OpportunityTable, empty_table, join_tables

Floats = NDArray[np.float64]
ProgressCallback = Callable[[str, int, int], None]
"""Called with what is being done, steps done and steps in all."""

SIGN = {"north": 1.0, "south": -1.0, "ascending": 1.0, "descending": -1.0}


def families_of(request: WindowRequest, inclination_deg: float, tof_day: float) -> list[Family]:
    """Return the families that a request asks for.

    Parameters
    ----------
    request : WindowRequest
        The search.
    inclination_deg, tof_day : float
        Common to all of them.

    Returns
    -------
    list of Family
        One per pole and branch; flights that strike the Moon pass no pole.
    """
    poles = request.poles[:1] if request.strikes else request.poles
    return [
        Family(SIGN[pole], SIGN[branch], inclination_deg, tof_day)
        for pole in poles
        for branch in request.branches
    ]


def open_legs(request: WindowRequest, inclination_deg: float) -> tuple[str, ...]:
    """Return the launch legs which the site's azimuth corridors leave open.

    Parameters
    ----------
    request : WindowRequest
        Site and wanted legs.
    inclination_deg : float
        Parking inclination.

    Returns
    -------
    tuple of str
        Part of `request.legs`; all of them where the site gives no azimuths.

    Raises
    ------
    UnreachableError
        If the inclination is below the site's latitude, or every wanted leg is shut.
    """
    corridors = request.launch_site.azimuth_corridors_deg
    speed = math.sqrt(EARTH.gm_km3_s2 / request.parking_radius_km)
    latitude = request.launch_site.latitude_geocentric_deg
    azimuths = {}
    for leg in request.legs:
        launch_geometry(request.launch_site, inclination_deg, leg)
        ascending = leg == "northeast"
        azimuths[leg] = float(azimuth_rotating_deg(inclination_deg, latitude, speed, ascending=ascending))
    if not corridors:
        return request.legs
    kept = tuple(leg for leg, azimuth in azimuths.items() if any(low <= azimuth <= high for low, high in corridors))
    if not kept:
        found = ", ".join(f"{azimuth:.1f}" for azimuth in azimuths.values())
        allowed = " or ".join(f"{low:g} to {high:g}" for low, high in corridors)
        raise UnreachableError(
            f"inclination {inclination_deg:g} deg needs launch azimuth {found} deg from {request.site.name}; "
            f"allowed: {allowed} deg; choose another inclination or leg"
        )
    return kept


def arrival_grid_tdb(request: WindowRequest, tof_day: float) -> Floats:
    """Return the arrival epochs at which families are solved, on a grid fixed since J2000.

    Parameters
    ----------
    request : WindowRequest
        The search.
    tof_day : float
        Flight time.

    Returns
    -------
    ndarray, shape (T,)
        Covers every arrival of the launch period, with two grid steps to spare.
    """
    first = request.launch_start_tdb + tof_day * SECONDS_PER_DAY
    longest = request.coast_s_max + request.lead_on_orbit_s + request.ascent_s + request.aim.delay_s
    last = request.launch_stop_tdb + tof_day * SECONDS_PER_DAY + longest
    steps = np.arange(np.floor(first / GRID_S) - 2, np.ceil(last / GRID_S) + 3)
    return np.asarray(steps * GRID_S, dtype=np.float64)


def search_site(
    request: WindowRequest, inclination_deg: float, tof_day: float, ephemeris: Ephemeris
) -> OpportunityTable:
    """Solve the families of one inclination and flight time, and close them for both legs.

    Parameters
    ----------
    request : WindowRequest
        From a launch site, over a parking orbit.
    inclination_deg, tof_day : float
        Parking inclination and flight time.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    OpportunityTable
        Sorted by launch time.
    """
    families = families_of(request, inclination_deg, tof_day)
    grid = arrival_grid_tdb(request, tof_day)
    solved = solve_grid(request, families, grid, ephemeris)
    segments = build_segments(request, families, solved, ephemeris)
    tables = [
        _close_family(request, family, leg, [s for s in segments if s.family == number], ephemeris)
        for number, family in enumerate(families)
        for leg in open_legs(request, inclination_deg)
    ]
    return join_tables([table for table in tables if len(table)] or [empty_table(request.mission_id, request.site.id)])


def _roots(geometry: LegGeometry, segments: list[Segment], request: WindowRequest) -> Roots:
    """Return approximate opportunities in the launch period, with a minute to spare at its ends."""
    found = join_roots([bracket_roots(geometry, segment, request.coast_s_max) for segment in segments])
    coast = found.coast_rad / geometry.rates.argument_of_latitude_rad_s
    launch = found.perilune_tdb - geometry.tof_s - coast - geometry.before_perigee_s
    inside = (launch >= request.launch_start_tdb - 60.0) & (launch <= request.launch_stop_tdb + 60.0)
    inside &= found.coast_rad - geometry.lead_rad < TWO_PI * (request.coast_revs_max + 1)
    return found.select(np.flatnonzero(inside))


def _close_family(
    request: WindowRequest, family: Family, leg: str, segments: list[Segment], ephemeris: Ephemeris
) -> OpportunityTable:
    """Return the opportunities of one family and leg."""
    if not segments:
        return empty_table(request.mission_id, request.site.id)
    geometry = leg_geometry(request, family, leg)
    roots = _roots(geometry, segments, request)
    if roots.perilune_tdb.size == 0:
        return empty_table(request.mission_id, request.site.id)
    closed = polish(request, family, geometry, roots, ephemeris)
    inside = (closed.launch_tdb >= request.launch_start_tdb) & (closed.launch_tdb <= request.launch_stop_tdb)
    keep = np.flatnonzero((closed.transfers.status == Outcome.OK) & inside)
    return tabulate(request, family, leg, np.rad2deg(geometry.launch.azimuth_rad), closed, keep, ephemeris)
