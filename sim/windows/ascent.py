"""Direct ascents: the launcher burns through from the site to the transfer, with no orbit and no coast between.

Launch azimuth, burn-out altitude and the time and arc of the ascent are fixed; the climb angle at burn-out takes the
place of the coast. For a given flight time the plane of the ascent contains the Moon's place once or twice a day, and
at each of these instants one climb angle leads there. It is possible where the angle lies between level flight and the
steepest that the launcher can do: some days each month, when the Moon stands low enough for the ascent to bend down to
it.

The orbit of a steep burn-out has its perigee inside the Earth, where nothing ever flies: it only labels the orbit, and
the solver (:mod:`sim.transfer.direct`) does not mind. The flight begins at burn-out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sim.bodies import EARTH
from sim.constants import EARTH_ROTATION_RATE_RAD_S
from sim.ephemeris import Ephemeris
from sim.frames import R_tod_icrf, rotate
from sim.frames.rotations import dot, norm
from sim.transfer import Outcome, Transfers, TransferTargets, join_transfers, solve_direct
from sim.transfer.impact import climb_to
from sim.windows.closure import Closed, LegGeometry, leg_geometry, node_mismatch_rad, wrap_rad
from sim.windows.crossing import Crossings, find_crossings
from sim.windows.folds import build_segments
from sim.windows.manifold import Family, Segment, family_targets, injection_plane, sidereal_angle_rad, solve_grid
from sim.windows.request import WindowRequest
from sim.windows.rows import tabulate
from sim.windows.search import arrival_grid_tdb, families_of, open_legs
from sim.windows.table import OpportunityTable, empty_table, join_tables

Floats = NDArray[np.float64]

SAMPLE_S = 600.0
"""Spacing at which the closure equation is sampled (its roots are about a day apart)."""

SEAM_S = 20.0

TOLERANCE_S = 0.01
"""Largest mismatch of the lift-off instant left after polishing."""

TOLERANCE_KM = 1e-3
"""Largest change of the perigee radius by a last correction: 0.1 m along the arc of ascent."""

REFERENCE_DEPTH_KM = 300.0
"""The first solutions take the perigee this far below burn-out (a climb angle near 13 degrees)."""

REFERENCE_CLIMB_S = 300.0
"""And burn-out this long after it; only the number of corrections depends on both."""

SPARE_DEG = 5.0
"""Ascents that miss the limits of the climb angle by more in the first solution are not polished."""

MAX_POLISH = 20


def perigee_of_burnout_km(anomaly_rad: Floats, c3_km2_s2: Floats, radius_km: float, mu_km3_s2: float) -> Floats:
    """Return the perigee radius of the conic that passes a radius at a given true anomaly.

    Parameters
    ----------
    anomaly_rad : ndarray, shape (N,)
        True anomaly at burn-out, 0 to pi.
    c3_km2_s2 : ndarray, shape (N,)
        Twice the energy.
    radius_km : float
        Burn-out radius.
    mu_km3_s2 : float
        GM of the Earth.

    Returns
    -------
    ndarray, shape (N,)
        km; from ``r (1 + e cos nu) = rp (1 + e)`` with ``e = 1 + rp C3 / mu``, in the form that holds for C3 = 0.
    """
    share = c3_km2_s2 / mu_km3_s2
    cosine = np.cos(anomaly_rad)
    linear = 2.0 - radius_km * share * cosine
    constant = radius_km * (1.0 + cosine)
    return np.asarray(2.0 * constant / (linear + np.sqrt(linear**2 + 4.0 * share * constant)))


def climb_angle_rad(states: Floats) -> Floats:
    """Return the angle of velocities over the local horizon.

    Parameters
    ----------
    states : ndarray, shape (N, 6)
        Earth-centred.

    Returns
    -------
    ndarray, shape (N,)
        rad.
    """
    r, v = states[:, :3], states[:, 3:]
    return np.asarray(np.arcsin(np.clip(dot(r, v) / (norm(r) * norm(v)), -1.0, 1.0)))


def search_ascents(
    request: WindowRequest, inclination_deg: float, tof_day: float, ephemeris: Ephemeris
) -> OpportunityTable:
    """Return the direct ascents for one inclination and flight time.

    Parameters
    ----------
    request : WindowRequest
        With `direct_ascent`; `parking_altitude_km` is that of burn-out.
    inclination_deg, tof_day : float
        Of the ascent plane; burn-out to arrival.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    OpportunityTable
        The injection is the burn-out; its velocity change from an orbit does not exist and is NaN.
    """
    families = families_of(request, inclination_deg, tof_day)
    flat = replace(request, parking_altitude_km=request.parking_altitude_km - REFERENCE_DEPTH_KM)
    grid = arrival_grid_tdb(request, tof_day)
    segments = build_segments(flat, families, solve_grid(flat, families, grid, ephemeris), ephemeris)
    tables = [empty_table(request.mission_id, request.site.id)]
    for number, family in enumerate(families):
        own = [segment for segment in segments if segment.family == number]
        for leg in open_legs(request, inclination_deg):
            tables.append(_leg(request, family, leg, own, ephemeris))  # noqa: PERF401
    return join_tables(tables)


def _leg(
    request: WindowRequest,
    family: Family,
    leg: str,
    segments: list[Segment],
    ephemeris: Ephemeris,
) -> OpportunityTable:
    """Return the ascents of one family and leg."""
    geometry = leg_geometry(request, family, leg)

    def mismatch(epochs: Floats, node: Floats) -> Floats:
        launch = epochs - geometry.tof_s - geometry.ascent_s
        sidereal = sidereal_angle_rad(launch, geometry.longitude_deg)
        return node_mismatch_rad(geometry, node, np.zeros_like(epochs), sidereal)

    closed, burnout = _polish(
        request, family, geometry, find_crossings(segments, mismatch, SAMPLE_S, SEAM_S), ephemeris
    )
    launch, climb = closed.launch_tdb, np.rad2deg(climb_angle_rad(burnout))
    inside = (launch >= request.launch_start_tdb) & (launch <= request.launch_stop_tdb)
    inside &= (climb >= 0.0) & (climb <= request.climb_angle_max_deg)
    keep = np.flatnonzero((closed.transfers.status == Outcome.OK) & inside)
    table = tabulate(request, family, leg, float(np.rad2deg(geometry.launch.azimuth_rad)), closed, keep, ephemeris)
    state = burnout[keep]
    c3 = dot(state[:, 3:], state[:, 3:]) - 2.0 * ephemeris.gm_km3_s2["earth"] / norm(state[:, :3])
    return replace(
        table,
        tli_state=state,
        tli_tdb=launch[keep] + geometry.ascent_s,
        tli_ignition_tdb=launch[keep] + geometry.ascent_s,
        c3_km2_s2=c3,
        tli_dv_m_s=np.full(keep.size, np.nan),
    )


def _argument_of_latitude_rad(states: Floats, t_tdb: Floats, raan_rad: Floats) -> Floats:
    """Argument of latitude of positions in a plane of known node, true equator of date."""
    r = rotate(R_tod_icrf(t_tdb), states[:, :3])
    along = r[:, 0] * np.cos(raan_rad) + r[:, 1] * np.sin(raan_rad)
    return np.asarray(np.arctan2(np.sign(r[:, 2]) * np.sqrt(np.maximum(dot(r, r) - along**2, 0.0)), along))


def _solve(targets: TransferTargets, found: Transfers | None, ephemeris: Ephemeris, guess: Floats) -> Transfers:
    jacobian = None if found is None else found.jacobian
    return solve_direct(targets, ephemeris=ephemeris, guess_vinf_km_s=guess, guess_jacobian=jacobian)


def _polish(
    request: WindowRequest, family: Family, geometry: LegGeometry, start: Crossings, ephemeris: Ephemeris
) -> tuple[Closed, Floats]:
    """Close each ascent with full-model solutions; return them and the states at burn-out."""
    count = start.perilune_tdb.size
    radius = request.parking_radius_km
    epochs, guess = start.perilune_tdb.copy(), start.vinf_km_s.copy()
    perigee, tof = np.full(count, radius - REFERENCE_DEPTH_KM), np.full(count, geometry.tof_s + REFERENCE_CLIMB_S)
    launch, raan, slip = (np.full(count, np.nan) for _ in range(3))
    states = np.full((count, 6), np.nan)
    wanted = geometry.launch.argument_of_latitude_rad + geometry.ascent_arc_rad
    parts: list[tuple[NDArray[np.intp], Transfers]] = []
    active, found = np.arange(count), None
    limits = np.deg2rad([-2.0 * SPARE_DEG, 2.0 * (request.climb_angle_max_deg + SPARE_DEG)])
    for turn in range(MAX_POLISH):
        if not active.size:
            break
        which = np.zeros(active.size, dtype=np.intp)
        targets = replace(
            family_targets(request, [family], which, epochs[active], ephemeris),
            tof_s=tof[active],
            perigee_radius_km=perigee[active],
        )
        found = _solve(targets, found, ephemeris, guess[active])
        raan[active], argument = injection_plane(found)
        states[active], burnout = climb_to(found, radius, ephemeris)
        good = np.isfinite(burnout)
        launch[active] = burnout - geometry.ascent_s
        slip[active] = np.nan
        there = active[good]
        sidereal = sidereal_angle_rad(launch[there], geometry.longitude_deg)
        slip[there] = node_mismatch_rad(geometry, raan[there], np.zeros(there.size), sidereal)
        slip[there] /= EARTH_ROTATION_RATE_RAD_S
        flown = np.full(active.size, np.nan)
        flown[good] = wrap_rad(_argument_of_latitude_rad(states[there], burnout[good], raan[there]) - argument[good])
        target = wrap_rad(wanted - argument)
        deeper = _deeper_km(found, flown, target, perigee[active], radius)
        late = (epochs[active] - burnout) - geometry.tof_s
        settled = (np.abs(slip[active]) < TOLERANCE_S) & (np.abs(deeper) < TOLERANCE_KM) & (np.abs(late) < TOLERANCE_S)
        moving = good & ~settled & (target > limits[0]) & (target < limits[1]) & np.isfinite(deeper)
        if turn == MAX_POLISH - 1:
            moving[:] = False
        found.status[~settled & ~moving & (found.status == Outcome.OK)] = Outcome.CLOSURE
        parts.append((active[~moving], found.select(~moving)))
        step = slip[active] * EARTH_ROTATION_RATE_RAD_S / start.slope_rad_s[active]
        active = active[moving]
        epochs[active] -= step[moving]
        perigee[active] += deeper[moving]
        tof[active] -= late[moving]
        guess[active] = found.vinf_km_s[moving]
        found = found.select(moving)
    nothing = np.zeros(count)
    closed = Closed(join_transfers(parts, count), epochs, launch, nothing, raan, nothing.astype(np.int8), slip)
    return closed, states


def _deeper_km(found: Transfers, flown_rad: Floats, wanted_rad: Floats, perigee_km: Floats, radius_km: float) -> Floats:
    """Return the change of perigee that moves burn-out from one true anomaly to another; NaN where there is none."""
    r, v = found.perigee_state[:, :3], found.perigee_state[:, 3:]
    mu = EARTH.gm_km3_s2
    c3 = dot(v, v) - 2.0 * mu / norm(r)
    with np.errstate(invalid="ignore"):
        now = perigee_of_burnout_km(np.abs(flown_rad), c3, radius_km, mu)
        then = perigee_of_burnout_km(np.maximum(wanted_rad, 0.01), c3, radius_km, mu)
    return np.asarray(perigee_km * (then / now - 1.0))
