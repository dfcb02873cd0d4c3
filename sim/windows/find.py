"""Answer the one question of this room, when a mission can leave for the Moon, by the search that fits it."""

from __future__ import annotations

from collections.abc import Callable

from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import InputError
from sim.windows.ascent import search_ascents
from sim.windows.departure import search_orbit
from sim.windows.request import DepartureOrbit, WindowRequest
from sim.windows.search import ProgressCallback, open_legs, search_site
from sim.windows.table import OpportunityTable, join_tables

Search = Callable[[WindowRequest, float, float, Ephemeris], OpportunityTable]


def find_opportunities(
    request: WindowRequest, *, ephemeris: Ephemeris | None = None, progress: ProgressCallback | None = None
) -> OpportunityTable:
    """Return all opportunities of a mission, each converged in the full ephemeris model.

    Parameters
    ----------
    request : WindowRequest
        Launch site or departure orbit, launch period, parking orbit, flight times, arrival or impact.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.
    progress : callable, optional
        Called as ``progress(label, done, total)`` after every inclination and flight time.

    Returns
    -------
    OpportunityTable
        Sorted by launch time; empty when nothing is found.

    Raises
    ------
    UnreachableError
        If an inclination cannot be reached from the site.
    EphemerisRangeError
        If the launch period leaves the ephemeris.
    InputError
        If the launch period is empty.
    """
    ephemeris = ephemeris or open_ephemeris()
    if not request.launch_stop_tdb > request.launch_start_tdb:
        raise InputError(f"{request.mission_id}: the launch period stops before it starts; give a later stop")
    search = search_of(request)
    if search is not search_orbit:
        for inclination in request.inclination_deg:
            open_legs(request, inclination)
    pairs = [(inclination, tof) for inclination in request.inclination_deg for tof in request.tof_day]
    tables = []
    for done, (inclination, tof) in enumerate(pairs):
        if progress is not None:
            progress(f"{request.mission_id}: inclination {inclination:g} deg, flight {tof:g} d", done, len(pairs))
        tables.append(search(request, inclination, tof, ephemeris))
    if progress is not None:
        progress(f"{request.mission_id}: windows", len(pairs), len(pairs))
    return join_tables(tables)


def search_of(request: WindowRequest) -> Search:
    """Return the search that answers a request: from an orbit, by direct ascent, or over a parking orbit.

    Parameters
    ----------
    request : WindowRequest
        The search.

    Returns
    -------
    callable
        Takes request, inclination (deg), flight time (d) and ephemeris.
    """
    if isinstance(request.site, DepartureOrbit):
        return search_orbit
    return search_ascents if request.direct_ascent else search_site
