"""The fast path: batches of rows under a :class:`sim.dynamics.ForceModel`.

Rows are independent: the bits of a row's result do not depend on the other rows, on their order or number, or on the
number of threads. A row that cannot be propagated says so in its status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.core.dop853 import verify_rows
from sim.core.lanes import UNFINISHED, propagate_outside
from sim.core.lanes_events import STATUS, Watch
from sim.core.lanes_log import Log
from sim.core.lanes_watch import propagate_watched
from sim.core.rkn1210 import propagate_rows, propagate_rows_at
from sim.dynamics import FlatModel, ForceModel
from sim.errors import InputError
from sim.propagation.results import EventLog, Propagation, Trajectories
from sim.propagation.rows import check_numbers, run_chunks, span_of
from sim.propagation.stops import Stop, flat_stops
from sim.propagation.watching import check_count, flat_watch

FloatArray = npt.NDArray[np.float64]

METHODS = ("rkn1210", "dop853")
MAX_STEPS = 100_000
"""Steps that a row may take by default."""
ROWS_PER_LANE_CHUNK = 512
"""Rows in lockstep that a thread takes at a time: many, so that lanes seldom run empty at the end."""


@dataclass(frozen=True)
class Options:
    """What :func:`sim.propagation.propagate` is asked for besides the flight itself; see there."""

    tolerance: float
    stops: Sequence[Stop] = ()
    events: Sequence[Stop] = ()
    max_events: int = 16
    impacts: bool = True
    threads: int | None = None
    max_steps: int = MAX_STEPS

    def check(self) -> None:
        """Refuse numbers out of range.

        Raises
        ------
        InputError
            What was found and what is allowed.
        """
        check_numbers(self.tolerance, self.max_steps, self.threads)
        check_count(self.stops, "stops")
        check_count(self.events, "events")
        if not 1 <= self.max_events <= 30_000:
            raise InputError(f"max_events is {self.max_events!r}; allowed: 1 to 30000")

    @property
    def room(self) -> int:
        """Events kept of each row."""
        return self.max_events if self.events else 0


def fly(
    states: FloatArray, t0_tdb: FloatArray, t1_tdb: FloatArray, model: ForceModel, method: str, o: Options
) -> Propagation:
    """Propagate checked rows to their ends.

    Parameters
    ----------
    states, t0_tdb, t1_tdb : numpy.ndarray (N, 6), (N,), (N,)
        States about the model's anchor, epochs, epochs wanted.
    model : ForceModel
        Forces.
    method : str
        One of ``METHODS``.
    o : Options
        The rest.

    Returns
    -------
    Propagation
    """
    if method == "dop853":
        return _verify(states, t0_tdb, t1_tdb[:, np.newaxis], model, o)
    flat = model.flat(*span_of(model, t0_tdb, t1_tdb))
    result = empty_results(states, t0_tdb, o.room)
    # The choice must not depend on the rows, or their bits would depend on their neighbours.
    if not runs_in_lanes(model):
        _run_scalar(flat, states, t0_tdb, t1_tdb[:, np.newaxis], o, result)
    elif o.stops or o.events:
        no_times = np.zeros((len(states), 0))
        watch = flat_watch(o.stops, o.events, o.impacts, flat, model.source())
        _run_watched(flat, watch, states, t0_tdb, t1_tdb, no_times, o, result)
    else:
        watch = flat_watch((), (), o.impacts, flat, model.source())
        _run_lanes(flat, watch.spheres, states, t0_tdb, t1_tdb, o, result)
        _redo_unfinished(flat, watch, states, t0_tdb, t1_tdb, o, result)
    return result


def fly_at(
    states: FloatArray, t0_tdb: FloatArray, times_tdb: FloatArray, model: ForceModel, method: str, o: Options
) -> Trajectories:
    """Propagate checked rows through output times; as :func:`fly`, with times (N, T).

    Parameters
    ----------
    states, t0_tdb, times_tdb : numpy.ndarray (N, 6), (N,), (N, T)
        States about the model's anchor, epochs, epochs wanted.
    model : ForceModel
        Forces.
    method : str
        One of ``METHODS``.
    o : Options
        The rest.

    Returns
    -------
    Trajectories
    """
    if method == "dop853":
        return _verify(states, t0_tdb, times_tdb, model, o)
    flat = model.flat(*span_of(model, t0_tdb, times_tdb[:, -1]))
    ends = empty_results(states, t0_tdb, o.room)
    path = np.full((*times_tdb.shape, 6), np.nan)
    if runs_in_lanes(model):
        watch = flat_watch(o.stops, o.events, o.impacts, flat, model.source())
        t1 = np.ascontiguousarray(times_tdb[:, -1])
        _run_watched(flat, watch, states, t0_tdb, t1, times_tdb, o, ends, path)
    else:
        _run_scalar(flat, states, t0_tdb, times_tdb, o, ends, path)
    return Trajectories(ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps, path, times_tdb, log=ends.log)


def runs_in_lanes(model: ForceModel) -> bool:
    """Tell whether rows are propagated eight at a time: with both Earth and Moon among the point masses.

    Parameters
    ----------
    model : ForceModel
        Forces.

    Returns
    -------
    bool
    """
    return {"earth", "moon"} <= set(model.point_masses)


def _run_lanes(
    flat: FlatModel, spheres: FloatArray, start: FloatArray, t0: FloatArray, t1: FloatArray, o: Options,
    result: Propagation,
) -> None:  # fmt: skip
    table = flat.lanes  # made before the threads start

    def run(first: int, last: int) -> None:
        propagate_outside(
            table, spheres, start, t0, t1, o.tolerance, o.max_steps, first, last,
            result.states, result.t_tdb, result.status, result.stop, result.steps,
        )  # fmt: skip

    run_chunks(run, len(start), o.threads, ROWS_PER_LANE_CHUNK)


def _redo_unfinished(
    flat: FlatModel, watch: Watch, start: FloatArray, t0: FloatArray, t1: FloatArray, o: Options, result: Propagation
) -> None:
    """Propagate rows again that may have met a surface, now with a look at where they meet it."""
    rows = np.flatnonzero(result.status == UNFINISHED)
    if not rows.size:
        return
    again = empty_results(start[rows], t0[rows])
    no_times = np.zeros((rows.size, 0))
    _run_watched(flat, watch, start[rows], t0[rows], t1[rows], no_times, o, again)
    for name in ("states", "t_tdb", "status", "stop", "steps"):
        getattr(result, name)[rows] = getattr(again, name)


def _run_watched(
    flat: FlatModel, watch: Watch, start: FloatArray, t0: FloatArray, t1: FloatArray, times: FloatArray, o: Options,
    result: Propagation, path: FloatArray | None = None,
) -> None:  # fmt: skip
    table = flat.lanes
    found = result.log
    states = np.zeros((len(start), 0, 6)) if path is None else path
    log = Log(times, states, found.count, found.event, found.t_tdb, found.states, found.unresolved)

    def run(first: int, last: int) -> None:
        propagate_watched(
            table, watch, start, t0, t1, o.tolerance, o.max_steps, first, last,
            result.states, result.t_tdb, result.status, result.stop, result.steps, log,
        )  # fmt: skip

    run_chunks(run, len(start), o.threads, ROWS_PER_LANE_CHUNK)
    n_ending = int(np.count_nonzero(watch.codes[:, STATUS]))
    found.event[found.event >= 0] -= n_ending


def _run_scalar(
    flat: FlatModel, start: FloatArray, t0: FloatArray, times: FloatArray, o: Options, result: Propagation,
    path: FloatArray | None = None,
) -> None:  # fmt: skip
    if o.events:
        raise InputError("events are recorded only with both Earth and Moon among the point_masses of the model")
    ending = flat_stops(o.stops, o.impacts, flat)

    def run(first: int, last: int) -> None:
        if path is None:
            propagate_rows(
                flat.forces, ending, start, t0, times[:, 0], o.tolerance, o.max_steps, first, last,
                result.states, result.t_tdb, result.status, result.stop, result.steps,
            )  # fmt: skip
        else:
            propagate_rows_at(
                flat.forces, ending, start, t0, times, o.tolerance, o.max_steps, first, last,
                result.states, path, result.t_tdb, result.status, result.stop, result.steps,
            )  # fmt: skip

    run_chunks(run, len(start), o.threads)


def _verify(start: FloatArray, t0: FloatArray, times: FloatArray, model: ForceModel, o: Options) -> Trajectories:
    """Propagate with the independent integrator and its own form of the model."""
    if o.stops or o.events:
        raise InputError("method 'dop853' takes no stops and no events; allowed: method 'rkn1210', or none of them")
    reference = model.reference(*span_of(model, t0, times[:, -1]))
    ends = empty_results(start, t0)
    path = np.full((*times.shape, 6), np.nan)

    def run(first: int, last: int) -> None:
        verify_rows(
            reference, start, t0, times, o.tolerance, o.max_steps, first, last,
            ends.states, path, ends.t_tdb, ends.status, ends.steps,
        )  # fmt: skip

    run_chunks(run, len(start), o.threads)
    return Trajectories(
        ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps, path_states=path, path_t_tdb=times, log=ends.log
    )


def empty_results(states: FloatArray, t0_tdb: FloatArray, room: int = 0) -> Propagation:
    """Results to be filled.

    Parameters
    ----------
    states, t0_tdb : numpy.ndarray (N, 6), (N,)
        Where the rows begin.
    room : int
        Events kept of each row.

    Returns
    -------
    Propagation
    """
    n = len(states)
    nothing = np.zeros(n, np.int8), np.full(n, -1, np.int8), np.zeros(n, np.int32)
    return Propagation(states.copy(), t0_tdb.copy(), *nothing, log=empty_log(n, room))


def empty_log(n_rows: int, room: int) -> EventLog:
    """Log to be filled.

    Parameters
    ----------
    n_rows, room : int
        Rows, and events kept of each.

    Returns
    -------
    EventLog
    """
    return EventLog(
        np.zeros(n_rows, np.int32),
        np.full((n_rows, room), -1, np.int16),
        np.full((n_rows, room), np.nan),
        np.full((n_rows, room, 6), np.nan),
        np.zeros(n_rows, np.int32),
    )
