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
from sim.core.status import Status
from sim.dynamics import FlatModel, ForceModel
from sim.errors import InputError
from sim.propagation.results import EventLog, Propagation, Trajectories
from sim.propagation.rows import check_numbers, run_chunks, span_of, usable_rows
from sim.propagation.stops import SURFACES, Stop, flat_stops
from sim.propagation.watching import check_count, flat_watch

FloatArray = npt.NDArray[np.float64]

METHODS = ("rkn1210", "dop853")
MAX_STEPS = 100_000
"""Steps that a row may take by default."""
ROWS_PER_LANE_CHUNK = 512
"""Rows in lockstep that a thread takes at a time: many, so that lanes seldom run empty at the end."""
NEAREST_KM, FARTHEST_KM = 3.0e5, 4.6e5
"""Between them, from the centre of either, Earth and Moon always are: only rows there can begin inside the other."""
SKIN_KM = 1e-9
"""Rows that begin this near to a surface are on it."""
LOWEST_GROUND_KM = 15.0
"""Depth of the lowest ground below mean spheres (Earth's poles 14.3 km, the Moon 9.1 km): a row may rise from it."""
NOWHERE: npt.NDArray[np.int8] = np.zeros(0, np.int8)


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
    below = surface_above(states, t0_tdb, t1_tdb, model) if o.impacts else NOWHERE
    t1_tdb = np.where(below >= 0, t0_tdb, t1_tdb) if below.size else t1_tdb
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
    ground(result, below, o)
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
    below = surface_above(states, t0_tdb, times_tdb[:, -1], model) if o.impacts else NOWHERE
    wanted = times_tdb
    if below.size:
        times_tdb = np.where((below >= 0)[:, np.newaxis], t0_tdb[:, np.newaxis], times_tdb)
    flat = model.flat(*span_of(model, t0_tdb, times_tdb[:, -1]))
    ends = empty_results(states, t0_tdb, o.room)
    path = np.full((*times_tdb.shape, 6), np.nan)
    if runs_in_lanes(model):
        watch = flat_watch(o.stops, o.events, o.impacts, flat, model.source())
        t1 = np.ascontiguousarray(times_tdb[:, -1])
        _run_watched(flat, watch, states, t0_tdb, t1, times_tdb, o, ends, path)
    else:
        _run_scalar(flat, states, t0_tdb, times_tdb, o, ends, path)
    ground(ends, below, o)
    if below.size:
        path[times_tdb != wanted] = np.nan
    return Trajectories(ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps, path, wanted, log=ends.log)


def surface_above(
    states: FloatArray, t0_tdb: FloatArray, t1_tdb: FloatArray, model: ForceModel
) -> npt.NDArray[np.int8]:
    """Tell which rows begin inside Earth or Moon: below the surface, unless they rise from ground that may lie there.

    Parameters
    ----------
    states, t0_tdb, t1_tdb : numpy.ndarray (N, 6), (N,), (N,)
        States about the model's anchor, epochs, epochs wanted.
    model : ForceModel
        Forces.

    Returns
    -------
    numpy.ndarray (N,) of int8
        Number of the surface among those of the model's bodies, else -1; empty where that is so for all rows.
    """
    if not len(states):
        return NOWHERE
    x, y, z = states[:, 0], states[:, 1], states[:, 2]
    with np.errstate(invalid="ignore", over="ignore"):  # such rows get their status from the core
        radius2 = x * x + y * y + z * z
    found = np.full(len(states), -1, np.int8)
    held = [surface for surface in SURFACES if surface.body in model.point_masses]
    for index, surface in enumerate(held):
        radius = surface.sphere.radius_km
        if surface.body == model.anchor:
            near = np.flatnonzero(radius2 < (radius + SKIN_KM) ** 2)
        else:
            near = np.flatnonzero((radius2 > NEAREST_KM**2) & (radius2 < FARTHEST_KM**2))
        near = near[usable_rows(model, t0_tdb[near], t1_tdb[near]) & (t0_tdb[near] != t1_tdb[near])]
        if near.size:
            off = states[near] - model.source().state(surface.body, model.anchor, t0_tdb[near])
            apart = np.sqrt((off[:, :3] * off[:, :3]).sum(axis=1))
            down = (off[:, :3] * off[:, 3:]).sum(axis=1) * (t1_tdb[near] - t0_tdb[near]) < 0.0
            found[near[apart < radius + np.where(down, SKIN_KM, -LOWEST_GROUND_KM)]] = index
    return found if (found >= 0).any() else NOWHERE


def ground(ends: Propagation, below: npt.NDArray[np.int8], o: Options) -> None:
    """Write down which rows began below a surface, unless the core has something else to say about them.

    Parameters
    ----------
    ends : Propagation
        Results of all rows, in which those below a surface were sent nowhere.
    below : numpy.ndarray (N,) of int8
        From :func:`surface_above`.
    o : Options
        Of the call.
    """
    if below.size:
        rows = np.flatnonzero((below >= 0) & (ends.status == Status.OK))
        ends.status[rows] = Status.IMPACT
        ends.stop[rows] = len(o.stops) + below[rows]


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
