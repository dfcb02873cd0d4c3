"""The vectorised propagation calls.

Rows are independent: the bits of a row's result do not depend on the other rows, on their order or number, or on the
number of threads. A row that cannot be propagated says so in its status.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from sim.core.dop853 import verify_rows
from sim.core.lanes import UNFINISHED, propagate_outside
from sim.core.lanes_events import STATUS, Watch
from sim.core.lanes_watch import Log, propagate_watched
from sim.core.rkn1210 import propagate_rows, propagate_rows_at
from sim.dynamics import FlatModel, ForceModel
from sim.errors import InputError
from sim.propagation.results import EventLog, Propagation, Trajectories
from sim.propagation.stops import Stop, flat_stops
from sim.propagation.watching import check_count, flat_watch

FloatArray = npt.NDArray[np.float64]

METHODS = ("rkn1210", "dop853")
TOLERANCES = (1e-16, 1e-3)
ROWS_PER_CHUNK = 64
"""Rows that a thread takes at a time."""

ROWS_PER_LANE_CHUNK = 512
"""The same for eight rows in lockstep: many, so that lanes seldom run empty at the end."""


def propagate(
    states: npt.ArrayLike,
    t0_tdb: npt.ArrayLike,
    t1_tdb: npt.ArrayLike,
    model: ForceModel,
    *,
    method: str = "rkn1210",
    tolerance: float = 1e-12,
    stops: Sequence[Stop] = (),
    events: Sequence[Stop] = (),
    max_events: int = 16,
    impacts: bool = True,
    threads: int | None = None,
    max_steps: int = 100_000,
) -> Propagation:
    """Propagate N states, each over its own span, forward or backward.

    Parameters
    ----------
    states : array_like (N, 6) or (6,)
        km and km/s, ICRF axes relative to ``model.center``.
    t0_tdb, t1_tdb : array_like (N,) or ()
        Epochs of the states and epochs wanted, TDB s past J2000.
    model : ForceModel
        Forces.
    method : str
        ``rkn1210``, or ``dop853``: an independently written integrator, force evaluation and table, for verification
        (slow, and without events).
    tolerance : float
        Largest estimated error of one step over the distance to the nearest attracting body, 1e-16 to 1e-3
        (``dop853``: Hairer's norm, relative).
    stops : sequence of Stop
        Events that end a row (see :mod:`sim.propagation.stops`); the earliest one counts. Located to 1e-7 s.
    events : sequence of Stop
        Events that are recorded on the way; models with both Earth and Moon only.
    max_events : int
        Events kept of each row.
    impacts : bool
        Whether rows end when they enter the Earth or the Moon (``rkn1210`` only).
    threads : int, optional
        By default as many as there are processors.
    max_steps : int
        Steps allowed per row, rejected ones included.

    Returns
    -------
    Propagation

    Raises
    ------
    InputError
        Arrays whose shapes do not fit, unknown method, tolerance out of range, unknown body in ``stops``.

    Notes
    -----
    Dormand, El-Mikkawy and Prince (1987), RKN12(10)17M. Measured against tolerance 1e-16 over five-day translunar
    arcs with a lunar flyby: see ``tests/truth`` and the README's accuracy table.
    """
    start, t0 = _rows(states, t0_tdb)
    t1 = _per_row(t1_tdb, len(start), "t1_tdb")
    _check_options(method, tolerance, max_steps, threads)
    _check_events(stops, events, max_events)
    if method == "dop853":
        return _verify(start, t0, t1[:, np.newaxis], model, tolerance, (*stops, *events), threads, max_steps)
    flat = model.flat(*_span(model, t0, t1))
    result = _empty(start, t0, len(events) and max_events)
    # The choice must not depend on the rows, or their bits would depend on their neighbours.
    if not runs_in_lanes(model):
        _run_scalar(flat, start, t0, t1[:, np.newaxis], tolerance, max_steps, threads, stops, events, impacts, result)
    elif stops or events:
        no_times = np.zeros((len(start), 0))
        watch = flat_watch(stops, events, impacts, flat, model.source())
        _run_watched(flat, watch, start, t0, t1, no_times, tolerance, max_steps, threads, result)
    else:
        watch = flat_watch((), (), impacts, flat, model.source())
        _run_lanes(flat, watch.spheres, start, t0, t1, tolerance, max_steps, threads, result)
        _redo_unfinished(flat, watch, start, t0, t1, tolerance, max_steps, threads, result)
    return result


def propagate_at(
    states: npt.ArrayLike,
    t0_tdb: npt.ArrayLike,
    times_tdb: npt.ArrayLike,
    model: ForceModel,
    *,
    method: str = "rkn1210",
    tolerance: float = 1e-12,
    stops: Sequence[Stop] = (),
    events: Sequence[Stop] = (),
    max_events: int = 16,
    impacts: bool = True,
    threads: int | None = None,
    max_steps: int = 100_000,
) -> Trajectories:
    """Propagate N states and return them at T times each.

    Steps do not depend on the output times: a state inside a step comes from a shorter step of the same method from
    the same beginning, as accurate as the trajectory itself.

    Parameters
    ----------
    states, t0_tdb : array_like
        See :func:`propagate`.
    times_tdb : array_like (N, T) or (T,)
        Epochs wanted, TDB s past J2000, T >= 1; in each row they go away from ``t0_tdb``, forward or backward. ``(T,)``
        is used for every row.
    model, method, tolerance, stops, events, max_events, impacts, threads, max_steps
        See :func:`propagate`.

    Returns
    -------
    Trajectories

    Raises
    ------
    InputError
        As :func:`propagate`; times that do not go away from ``t0_tdb``.
    """
    start, t0 = _rows(states, t0_tdb)
    times = _output_times(times_tdb, t0)
    _check_options(method, tolerance, max_steps, threads)
    _check_events(stops, events, max_events)
    if method == "dop853":
        return _verify(start, t0, times, model, tolerance, (*stops, *events), threads, max_steps)
    flat = model.flat(*_span(model, t0, times[:, -1]))
    ends = _empty(start, t0, len(events) and max_events)
    path = np.full((*times.shape, 6), np.nan)
    if runs_in_lanes(model):
        watch = flat_watch(stops, events, impacts, flat, model.source())
        t1 = np.ascontiguousarray(times[:, -1])
        _run_watched(flat, watch, start, t0, t1, times, tolerance, max_steps, threads, ends, path)
    else:
        _run_scalar(flat, start, t0, times, tolerance, max_steps, threads, stops, events, impacts, ends, path)
    return Trajectories(
        ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps, path_states=path, path_t_tdb=times, log=ends.log
    )


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
    flat: FlatModel, spheres: FloatArray, start: FloatArray, t0: FloatArray, t1: FloatArray, tolerance: float,
    max_steps: int, threads: int | None, result: Propagation,
) -> None:  # fmt: skip
    table = flat.lanes  # made before the threads start

    def run(first: int, last: int) -> None:
        propagate_outside(
            table, spheres, start, t0, t1, tolerance, max_steps, first, last,
            result.states, result.t_tdb, result.status, result.stop, result.steps,
        )  # fmt: skip

    run_chunks(run, len(start), threads, ROWS_PER_LANE_CHUNK)


def _redo_unfinished(
    flat: FlatModel, watch: Watch, start: FloatArray, t0: FloatArray, t1: FloatArray, tolerance: float,
    max_steps: int, threads: int | None, result: Propagation,
) -> None:  # fmt: skip
    """Propagate rows again that may have met a surface, now with a look at where they meet it."""
    rows = np.flatnonzero(result.status == UNFINISHED)
    if not rows.size:
        return
    again = _empty(start[rows], t0[rows])
    no_times = np.zeros((rows.size, 0))
    _run_watched(flat, watch, start[rows], t0[rows], t1[rows], no_times, tolerance, max_steps, threads, again)
    for name in ("states", "t_tdb", "status", "stop", "steps"):
        getattr(result, name)[rows] = getattr(again, name)


def _run_watched(
    flat: FlatModel, watch: Watch, start: FloatArray, t0: FloatArray, t1: FloatArray, times: FloatArray,
    tolerance: float, max_steps: int, threads: int | None, result: Propagation, path: FloatArray | None = None,
) -> None:  # fmt: skip
    table = flat.lanes
    found = result.log
    states = np.zeros((len(start), 0, 6)) if path is None else path
    log = Log(times, states, found.count, found.event, found.t_tdb, found.states)

    def run(first: int, last: int) -> None:
        propagate_watched(
            table, watch, start, t0, t1, tolerance, max_steps, first, last,
            result.states, result.t_tdb, result.status, result.stop, result.steps, log,
        )  # fmt: skip

    run_chunks(run, len(start), threads, ROWS_PER_LANE_CHUNK)
    n_ending = int(np.count_nonzero(watch.codes[:, STATUS]))
    found.event[found.event >= 0] -= n_ending


def _run_scalar(
    flat: FlatModel, start: FloatArray, t0: FloatArray, times: FloatArray, tolerance: float, max_steps: int,
    threads: int | None, stops: Sequence[Stop], events: Sequence[Stop], impacts: bool, result: Propagation,
    path: FloatArray | None = None,
) -> None:  # fmt: skip
    if events:
        raise InputError("events are recorded only with both Earth and Moon among the point_masses of the model")
    ending = flat_stops(stops, impacts, flat)

    def run(first: int, last: int) -> None:
        if path is None:
            propagate_rows(
                flat.forces, ending, start, t0, times[:, 0], tolerance, max_steps, first, last,
                result.states, result.t_tdb, result.status, result.stop, result.steps,
            )  # fmt: skip
        else:
            propagate_rows_at(
                flat.forces, ending, start, t0, times, tolerance, max_steps, first, last,
                result.states, path, result.t_tdb, result.status, result.stop, result.steps,
            )  # fmt: skip

    run_chunks(run, len(start), threads)


def _verify(
    start: FloatArray,
    t0: FloatArray,
    times: FloatArray,
    model: ForceModel,
    tolerance: float,
    stops: Sequence[Stop],
    threads: int | None,
    max_steps: int,
) -> Trajectories:
    """Propagate with the independent integrator and its own form of the model."""
    if stops:
        raise InputError("method 'dop853' takes no stops and no events; allowed: method 'rkn1210', or none of them")
    reference = model.reference(*_span(model, t0, times[:, -1]))
    ends = _empty(start, t0)
    path = np.full((*times.shape, 6), np.nan)

    def run(first: int, last: int) -> None:
        verify_rows(
            reference, start, t0, times, tolerance, max_steps, first, last,
            ends.states, path, ends.t_tdb, ends.status, ends.steps,
        )  # fmt: skip

    run_chunks(run, len(start), threads)
    return Trajectories(
        ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps, path_states=path, path_t_tdb=times, log=ends.log
    )


def run_chunks(
    run: Callable[[int, int], None], n_rows: int, threads: int | None, chunk_rows: int = ROWS_PER_CHUNK
) -> None:
    """Call ``run(first, last)`` over all rows, on a plain pool of threads (kernels release the GIL).

    Parameters
    ----------
    run : callable
        Works on the rows ``first`` to ``last - 1`` and on no others.
    n_rows : int
        Rows in the batch.
    threads : int, optional
        By default as many as there are processors.
    chunk_rows : int
        Rows that a thread takes at a time.
    """
    workers = processors() if threads is None else threads
    chunks = [(first, min(first + chunk_rows, n_rows)) for first in range(0, n_rows, chunk_rows)]
    if workers == 1 or len(chunks) <= 1:
        run(0, n_rows)
        return
    with ThreadPoolExecutor(min(workers, len(chunks))) as pool:
        for done in [pool.submit(run, first, last) for first, last in chunks]:
            done.result()


def processors() -> int:
    """Processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def _rows(states: npt.ArrayLike, t0_tdb: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Batch of states (N, 6) and epochs (N,) as new C-contiguous arrays."""
    rows = np.array(states, dtype=np.float64, order="C", ndmin=2)
    if rows.ndim != 2 or rows.shape[1] != 6:
        raise InputError(f"states has the shape {np.shape(states)}; allowed: (N, 6) or (6,)")
    return rows, _per_row(t0_tdb, len(rows), "t0_tdb")


def _per_row(values: npt.ArrayLike, n_rows: int, name: str) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    if array.ndim > 1 or (array.ndim == 1 and array.size != n_rows):
        raise InputError(f"{name} has the shape {array.shape}; allowed: () or ({n_rows},)")
    return np.ascontiguousarray(np.broadcast_to(array, (n_rows,)).copy())


def _output_times(times_tdb: npt.ArrayLike, t0: FloatArray) -> FloatArray:
    """Return times (N, T), each row going away from its epoch."""
    times = np.array(times_tdb, dtype=np.float64, ndmin=2)
    if times.ndim != 2 or times.shape[1] < 1 or times.shape[0] not in (1, t0.size):
        raise InputError(f"times_tdb has the shape {np.shape(times_tdb)}; allowed: ({t0.size}, T) or (T,), T >= 1")
    times = np.broadcast_to(times, (t0.size, times.shape[1])).copy()
    with np.errstate(invalid="ignore"):  # inf - inf: such rows get their status from the core
        steps = np.diff(times, axis=1, prepend=t0[:, np.newaxis])
    mixed = (steps > 0.0).any(axis=1) & (steps < 0.0).any(axis=1)
    if mixed.any():
        raise InputError(f"times_tdb must go one way from t0_tdb; row {int(np.flatnonzero(mixed)[0])} turns back")
    return times


def _check_options(method: str, tolerance: float, max_steps: int, threads: int | None) -> None:
    if method not in METHODS:
        raise InputError(f"method is {method!r}; allowed: {', '.join(METHODS)}")
    if not TOLERANCES[0] <= tolerance <= TOLERANCES[1]:
        raise InputError(f"tolerance is {tolerance!r}; allowed: {TOLERANCES[0]} to {TOLERANCES[1]}")
    if not 1 <= max_steps < 2**31:
        raise InputError(f"max_steps is {max_steps!r}; allowed: 1 to {2**31 - 1}")
    if threads is not None and threads < 1:
        raise InputError(f"threads is {threads!r}; allowed: 1 and more, or None")


def _check_events(stops: Sequence[Stop], events: Sequence[Stop], max_events: int) -> None:
    check_count(stops, "stops")
    check_count(events, "events")
    if not 1 <= max_events <= 30_000:
        raise InputError(f"max_events is {max_events!r}; allowed: 1 to 30000")


def _span(model: ForceModel, t0: FloatArray, t1: FloatArray) -> tuple[float, float]:
    """Span that the usable rows need, cut to the ephemeris: rows outside get their status from the core."""
    low, high = model.coverage()
    usable = np.isfinite(t0) & np.isfinite(t1) & (np.minimum(t0, t1) >= low) & (np.maximum(t0, t1) <= high)
    if not usable.any():
        return low, low
    epochs = np.concatenate((t0[usable], t1[usable]))
    return float(np.min(epochs)), float(np.max(epochs))


def _empty(states: FloatArray, t0: FloatArray, room: int = 0) -> Propagation:
    """Results to be filled, with room for so many events a row."""
    n = len(states)
    log = EventLog(
        np.zeros(n, np.int32),
        np.full((n, room), -1, np.int16),
        np.full((n, room), np.nan),
        np.full((n, room, 6), np.nan),
    )
    return Propagation(
        states.copy(), t0.copy(), np.zeros(n, np.int8), np.full(n, -1, np.int8), np.zeros(n, np.int32), log=log
    )
