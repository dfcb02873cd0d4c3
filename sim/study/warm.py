"""Compile everything once, so that the first run does not wait for it."""

from __future__ import annotations

from sim.constants import SECONDS_PER_DAY
from sim.sites import launch_site
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
    steps = ("solver and windows", "trajectories")
    if progress is not None:
        progress(f"compiling: {steps[0]}", 0, len(steps))
    table = find_opportunities(smallest_request())
    if progress is not None:
        progress(f"compiling: {steps[1]}", 1, len(steps))
    if len(table):
        sample_trajectory(table.tli_state[0], float(table.tli_tdb[0]), float(table.perilune_tdb[0]), count=8)
    if progress is not None:
        progress("compiling: done", len(steps), len(steps))
