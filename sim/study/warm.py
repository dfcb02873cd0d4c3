"""Compile everything once, so that the first run does not wait for it."""

from __future__ import annotations

import numpy as np

from sim.analysis.at_moon_orbits import evolution, free_track
from sim.constants import SECONDS_PER_DAY
from sim.dynamics import ForceModel, FullForceModel, open_gravity_field
from sim.operations import (
    Lander,
    LunarElements,
    access_network,
    find_passes,
    grid_from_heights,
    horizon_from_terrain,
    overburn,
    powered_descent,
    sun_times,
    track_from_elements,
)
from sim.propagation import (
    FarthestPoint,
    RadiusCrossing,
    propagate,
    propagate_at,
    propagate_with_stm,
)
from sim.sites import ground_station, launch_site
from sim.study.chunks import ProgressCallback
from sim.timescales import utc_day_start_tdb
from sim.transfer.verify import sample_trajectory
from sim.windows import WindowRequest, find_opportunities

_DAY = "2026-01-10"


def smallest_request() -> WindowRequest:
    """Return a real search of two days that goes through every compiled kernel."""
    start = utc_day_start_tdb(_DAY)
    return WindowRequest(
        mission_id="warmup",
        site=launch_site("vostochny"),
        launch_start_tdb=start,
        launch_stop_tdb=start + 2.0 * SECONDS_PER_DAY,
        inclination_deg=(51.8,),
        parking_altitude_km=200.0,
        tof_day=(5.0,),
        perilune_altitude_km=100.0,
        apolune_altitude_km=100.0,
        poles=("north",),
        branches=("ascending",),
    )


def warmup(*, progress: ProgressCallback | None = None) -> None:
    """Compile the kernels, or load them from the cache, by flying one small search.

    Parameters
    ----------
    progress : callable, optional
        Called as ``progress(label, done, total)``.
    """
    steps = (
        "solver and windows", "trajectories", "events, matrices and every force", "orbits and links at the Moon",
        "descents and horizons",
    )  # fmt: skip
    if progress is not None:
        progress(f"compiling: {steps[0]}", 0, len(steps))
    table = find_opportunities(smallest_request())
    if progress is not None:
        progress(f"compiling: {steps[1]}", 1, len(steps))
    if len(table):
        sample_trajectory(table.tli_state[0], float(table.tli_tdb[0]), float(table.perilune_tdb[0]), count=8)
    others = (_flights, _at_the_moon, _descents)
    for done, (step, compiled) in enumerate(zip(steps[2:], others, strict=True), start=2):
        if progress is not None:
            progress(f"compiling: {step}", done, len(steps))
        compiled()
    if progress is not None:
        progress("compiling: done", len(steps), len(steps))


def _flights() -> None:
    """Call what the package offers beside windows: events, dense output, matrices, every method and force."""
    start = utc_day_start_tdb(_DAY)
    state = np.array([6578.137, 0.0, 0.0, 0.0, 10.9, 0.0])
    plain, full = ForceModel(), FullForceModel(moon_field=open_gravity_field("grgm1200a", 8))
    times = start + np.array([600.0, 1800.0])
    crossings = (RadiusCrossing("earth", 8000.0, inward=False), FarthestPoint("earth"))
    propagate(state, start, times[1], plain, events=crossings)
    propagate(state, start, times[1], plain, stops=crossings)
    propagate_at(state, start, times, plain)
    for stops in ((), crossings):
        propagate_with_stm(state, start, times[1], plain, stops=stops)
    propagate(state, start, times[0], plain, method="dop853")
    propagate_with_stm(state, start, times[0], full)


def _at_the_moon() -> None:
    """Fly a few hours of a low orbit and find its links: every kernel of orbits and access."""
    start = utc_day_start_tdb(_DAY)
    stop = start + 0.3 * SECONDS_PER_DAY
    orbit = LunarElements(100.0, 100.0, 90.0)
    evolution(orbit, start, 0.3)
    tracks = [free_track("one", orbit, start, 0.3), track_from_elements("two", orbit, start, start, stop)]
    lander = Lander("site", -89.0, 0.0)
    access_network(tracks, [lander], [ground_station("kashgar")], start, stop)
    find_passes(tracks[1], lander, start, stop)
    sun_times(lander, start, stop)


def _descents() -> None:
    """Descend, burn too long and look at a horizon."""
    powered_descent(15.0, 1690.0, 1000.0, 310.0)
    overburn(90.0, 110.0, 0.0, planned_s=84.0, actual_s=127.0, planned_perilune_km=18.0)
    hills = np.zeros((64, 64), dtype=np.float32)
    grid = grid_from_heights(hills, -15_750.0, -15_750.0, 500.0, 500.0, "south", "level ground")
    horizon_from_terrain(grid, -90.0, 0.0, eye_height_m=2.0, reach_km=10.0)
