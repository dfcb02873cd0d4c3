"""W1 with five recorded events: what it costs to look for them, beside the same flights without."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.departure_reference import departure_ends
from benchmarks.tasks import Task, departures, forces, model
from benchmarks.tools import Perilune, Tool, ladder
from sim.constants import SECONDS_PER_DAY
from sim.core.forces import Forces
from sim.core.lanes_log import Log
from sim.core.lanes_watch import propagate_watched
from sim.propagation import (
    ClosestApproach,
    NodeCrossing,
    RadiusCrossing,
    ShadowCrossing,
    SphereOfInfluence,
    propagate,
)
from sim.propagation.watching import flat_watch

FloatArray = npt.NDArray[np.float64]

EVENTS: Final = (
    RadiusCrossing("moon", 10_000.0, None),
    SphereOfInfluence("moon", None),
    ClosestApproach("moon"),
    NodeCrossing("earth", "earth_equator", None),
    ShadowCrossing("moon", "umbra", None),
)
"""About six of them happen to each flight."""
ROOM: Final = 16
"""Events kept of a flight."""
REFERENCE_TOLERANCE: Final = 1e-14
EVENT_COLUMNS: Final = slice(6, 6 + ROOM)
TIME_COLUMNS: Final = slice(6 + ROOM, 6 + 2 * ROOM)


class PeriluneEvents(Perilune):
    """Lanes that record the events; columns after the state: which ones, and seconds after the start."""

    def __init__(self, world: Forces, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> None:
        super().__init__(world, states, t0_tdb, span_s)
        flat = model().flat(float(t0_tdb.min()), float(t0_tdb.max()) + span_s)
        self.table = flat.lanes
        self.watch = flat_watch((), EVENTS, False, flat, model().source())

    def run(self) -> FloatArray:
        """Propagate all rows; NaN for rows that failed."""
        n = len(self.states)
        ends, t_end = np.empty((n, 6)), np.empty(n)
        status, stop, steps = np.empty(n, np.int8), np.empty(n, np.int8), np.empty(n, np.int32)
        event, t, at = np.full((n, ROOM), -1, np.int16), np.full((n, ROOM), np.nan), np.full((n, ROOM, 6), np.nan)
        log = Log(
            np.zeros((n, 0)), np.zeros((n, 0, 6)), np.zeros(n, np.int32), event, t, at, np.zeros(n, np.int32)
        )
        propagate_watched(
            self.table, self.watch, self.states, self.t0, self.t1, self.tolerance, 100_000, 0, n,
            ends, t_end, status, stop, steps, log,
        )  # fmt: skip
        ends[status != 0] = np.nan
        return np.concatenate([ends, event, t - self.t0[:, np.newaxis]], axis=1)


def event_ends(task: Task, world: Forces, states: FloatArray, t0_tdb: FloatArray) -> tuple[str, FloatArray]:
    """Return final states of W1's own reference with events at a tight tolerance, and what they are.

    That none of the events is missed or invented a scalar search on another path confirms
    (``tests/property/test_lanes_events.py``).

    Parameters
    ----------
    task : Task
        Gives the span.
    world : Forces
        Model.
    states, t0_tdb : numpy.ndarray (N, 6), (N,)
        km, km/s; epochs.

    Returns
    -------
    name : str
        Which reference.
    ends : numpy.ndarray (N, 6 + 2 ROOM)
        As of :class:`PeriluneEvents`.
    """
    run = propagate(
        states, t0_tdb, t0_tdb + task.span_s, model(), tolerance=REFERENCE_TOLERANCE, events=EVENTS, max_events=ROOM,
        impacts=False,
    )  # fmt: skip
    name, ends = departure_ends(task, world, states, t0_tdb)
    name += f"; events: perilune at {REFERENCE_TOLERANCE:.0e}"
    return name, np.concatenate([ends, run.log.event, run.log.t_tdb - t0_tdb[:, np.newaxis]], axis=1)


def event_details(found: FloatArray, reference: FloatArray) -> dict[str, float]:
    """Compare events with those of the reference.

    Parameters
    ----------
    found, reference : numpy.ndarray (N, 6 or more)
        Results of a tool, true ones.

    Returns
    -------
    dict
        Nothing for a tool that knows no events.
    """
    if found.shape[1] == 6:
        return {}
    same = (found[:, EVENT_COLUMNS] == reference[:, EVENT_COLUMNS]).all(axis=1)
    off = np.abs(found[same, TIME_COLUMNS] - reference[same, TIME_COLUMNS])
    return {
        "events_per_row": float((found[:, EVENT_COLUMNS] >= 0).sum() / len(found)),
        "event_error_p99_ms": float(1e3 * np.nanpercentile(off, 99.0)) if np.isfinite(off).any() else 0.0,
        "rows_with_other_events": float(np.count_nonzero(~same)),
    }


TOOLS: Final = {
    "perilune": Tool("perilune", PeriluneEvents, ladder(7, 14)),
    "perilune-plain": Tool("perilune", Perilune, ladder(7, 14)),
}


def event_task(name: str, what: str, level_m: float) -> Task:
    """Make the task of five days past the Moon with events.

    Parameters
    ----------
    name, what : str
        Name, and what it is.
    level_m : float
        Error asked for.

    Returns
    -------
    Task
    """
    span_s = 5.0 * SECONDS_PER_DAY
    return Task(name, what, level_m, span_s, departures, forces, event_ends, TOOLS, details=event_details)


EVENT_TASKS: Final = {
    "W1-events": event_task("W1-events", "W1 with five recorded events, 1 m", 1.0),
    "W1-events-1mm": event_task("W1-events-1mm", "W1 with five recorded events, 1 mm", 1e-3),
}
