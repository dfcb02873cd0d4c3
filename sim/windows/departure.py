"""Departures from an orbit about the Earth, when the plane of a space station leads to the Moon.

The plane of the station turns by J2 precession (about -5 degrees a day), that of a transfer follows the Moon (+13
degrees a day). Both agree twice in about 20 days, once for each branch, so that windows recur about every ten days.
Each is solved in the full model: the plane of the transfer at injection is the plane of the station then.

The place of the station in its orbit is free: it passes the point of injection once a revolution, and waiting for it
(46 minutes at most either way) turns the planes apart by 0.6 degrees at most, which the flight time takes up.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.transfer import Outcome, Transfers, join_transfers, solve_direct
from sim.units import RAD_PER_DEG, S_PER_DAY, S_PER_HOUR
from sim.windows.closure import Closed, wrap_rad
from sim.windows.crossing import Crossings, find_crossings
from sim.windows.folds import build_segments
from sim.windows.manifold import Family, family_targets, injection_plane, solve_grid
from sim.windows.parking import parking_rates
from sim.windows.request import DepartureOrbit, WindowRequest
from sim.windows.rows import tabulate
from sim.windows.search import arrival_grid_tdb, families_of
from sim.windows.table import OpportunityTable, empty_table, join_tables

Floats = NDArray[np.float64]

SAMPLE_S = 1.0 * S_PER_HOUR
"""Spacing at which the planes are compared; they meet about every ten days."""

TOLERANCE_S = 0.05
"""Largest mismatch of the planes left after polishing, as time of their meeting (4e-8 rad)."""

MAX_POLISH = 8


def station_node_rad(request: WindowRequest, inclination_deg: float, t_tdb: Floats) -> Floats:
    """Return the node of the departure orbit.

    Parameters
    ----------
    request : WindowRequest
        With a departure orbit.
    inclination_deg : float
        Of the orbit.
    t_tdb : ndarray, shape (N,)
        Epochs.

    Returns
    -------
    ndarray, shape (N,)
        rad, to the true equator and equinox of date; not folded.

    Raises
    ------
    InputError
        If the request starts from a launch site.
    """
    orbit = request.site
    if not isinstance(orbit, DepartureOrbit):
        raise InputError(f"{request.mission_id} starts from {orbit.name}; give a departure orbit")
    rates = parking_rates(request.parking_radius_km, inclination_deg)
    return np.asarray(orbit.raan_deg * RAD_PER_DEG + rates.node_rad_s * (t_tdb - orbit.epoch_tdb))


def search_orbit(
    request: WindowRequest, inclination_deg: float, tof_day: float, ephemeris: Ephemeris
) -> OpportunityTable:
    """Return the departures from an orbit for one flight time.

    Parameters
    ----------
    request : WindowRequest
        With a departure orbit; its launch period holds the injection.
    inclination_deg, tof_day : float
        Orbit inclination and flight time.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    OpportunityTable
        `launch_tdb` is the injection; there is no azimuth, coast or leg.
    """
    families = families_of(request, inclination_deg, tof_day)
    grid = arrival_grid_tdb(request, tof_day)
    segments = build_segments(request, families, solve_grid(request, families, grid, ephemeris), ephemeris)
    tables = [empty_table(request.mission_id, request.site.id)]
    for number, family in enumerate(families):
        tof_s = family.tof_day * S_PER_DAY

        def mismatch(epochs: Floats, node: Floats, tof_s: float = tof_s) -> Floats:
            return wrap_rad(node - station_node_rad(request, inclination_deg, epochs - tof_s))

        own = [segment for segment in segments if segment.family == number]
        closed = _polish(request, family, find_crossings(own, mismatch, SAMPLE_S, S_PER_HOUR), ephemeris)
        launch = closed.launch_tdb
        inside = (launch >= request.launch_start_tdb) & (launch <= request.launch_stop_tdb)
        keep = np.flatnonzero((closed.transfers.status == Outcome.OK) & inside)
        tables.append(tabulate(request, family, "northeast", np.nan, closed, keep, ephemeris))
    return join_tables(tables)


def _polish(request: WindowRequest, family: Family, start: Crossings, ephemeris: Ephemeris) -> Closed:
    """Close each meeting of the planes with full-model solutions."""
    epochs, guess = start.perilune_tdb.copy(), start.vinf_km_s.copy()
    count = epochs.size
    tof_s = family.tof_day * S_PER_DAY
    jacobian = np.full((count, 3, 3), np.nan)
    raan, slip = np.full(count, np.nan), np.full(count, np.nan)
    parts: list[tuple[NDArray[np.intp], Transfers]] = []
    active = np.arange(count)
    for turn in range(MAX_POLISH):
        if not active.size:
            break
        which = np.zeros(active.size, dtype=np.intp)
        found = solve_direct(
            family_targets(request, [family], which, epochs[active], ephemeris),
            ephemeris=ephemeris,
            guess_vinf_km_s=guess[active],
            guess_jacobian=jacobian[active],
        )
        raan[active], _ = injection_plane(found)
        wanted = station_node_rad(request, family.inclination_deg, epochs[active] - tof_s)
        slip[active] = wrap_rad(raan[active] - wanted) / start.slope_rad_s[active]
        moving = (found.status == Outcome.OK) & (np.abs(slip[active]) > TOLERANCE_S)
        if turn == MAX_POLISH - 1:
            found.status[moving] = Outcome.CLOSURE
            moving[:] = False
        parts.append((active[~moving], found.select(~moving)))
        active = active[moving]
        epochs[active] -= slip[active]
        guess[active], jacobian[active] = found.vinf_km_s[moving], found.jacobian[moving]
    nothing = np.zeros(count)
    return Closed(join_transfers(parts, count), epochs, epochs - tof_s, nothing, raan, nothing.astype(np.int8), slip)
