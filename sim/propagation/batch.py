"""The vectorised propagation calls.

Rows are independent: the bits of a row's result do not depend on the other rows, on their order or number, or on the
number of threads. A row that cannot be propagated says so in its status.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.core.dop853 import verify_rows
from sim.core.lanes import propagate_lanes
from sim.core.rkn1210 import propagate_rows, propagate_rows_at
from sim.core.status import STATUS_TEXT, Status
from sim.dynamics import ForceModel
from sim.errors import InputError
from sim.propagation.stops import Stop, flat_stops

FloatArray = npt.NDArray[np.float64]

METHODS = ("rkn1210", "dop853")
TOLERANCES = (1e-16, 1e-3)
ROWS_PER_CHUNK = 64
"""Rows that a thread takes at a time."""

ROWS_PER_LANE_CHUNK = 512
"""The same for eight rows in lockstep: many, so that lanes seldom run empty at the end."""


@dataclass(frozen=True, eq=False)
class Propagation:
    """Ends of N propagated rows.

    Attributes
    ----------
    states : numpy.ndarray (N, 6)
        Last state, km and km/s, ICRF axes relative to the model's centre. Rows that failed hold the last state that
        was reached, rows with unusable input hold that input.
    t_tdb : numpy.ndarray (N,)
        Epoch of the last state, TDB s past J2000.
    status : numpy.ndarray (N,) int8
        :class:`sim.core.status.Status`.
    stop : numpy.ndarray (N,) int8
        Index of the event in ``stops`` that ended the row; -1 without event. Surfaces of bodies come after ``stops``.
    steps : numpy.ndarray (N,) int32
        Steps made, rejected ones included.
    """

    states: FloatArray
    t_tdb: FloatArray
    status: npt.NDArray[np.int8]
    stop: npt.NDArray[np.int8]
    steps: npt.NDArray[np.int32]

    @property
    def ok(self) -> npt.NDArray[np.bool_]:
        """Rows that reached their requested time or one of the requested events."""
        return np.isin(self.status, (Status.OK, Status.EVENT))

    def explain(self, row: int) -> str:
        """Outcome of one row as a sentence.

        Parameters
        ----------
        row : int
            Row.

        Returns
        -------
        str
        """
        return STATUS_TEXT[Status(int(self.status[row]))]


@dataclass(frozen=True, eq=False)
class Trajectories(Propagation):
    """N rows with states at T times each; the inherited ``states`` are those at the last time reached.

    Attributes
    ----------
    path_states : numpy.ndarray (N, T, 6)
        km and km/s; NaN where a row did not get to.
    path_t_tdb : numpy.ndarray (N, T)
        Times asked for.
    """

    path_states: FloatArray
    path_t_tdb: FloatArray


def propagate(
    states: npt.ArrayLike,
    t0_tdb: npt.ArrayLike,
    t1_tdb: npt.ArrayLike,
    model: ForceModel,
    *,
    method: str = "rkn1210",
    tolerance: float = 1e-12,
    stops: Sequence[Stop] = (),
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
    stops : sequence of RadiusCrossing or ClosestApproach
        Events that end a row; the earliest one counts. Located to 1e-7 s.
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
    if method == "dop853":
        return _verify(start, t0, t1[:, np.newaxis], model, tolerance, stops, threads, max_steps)
    flat = model.flat(*_span(model, t0, t1))
    events = flat_stops(stops, impacts, flat)
    result = _empty(start, t0)

    def run(first: int, last: int) -> None:
        propagate_rows(
            flat.forces, events, start, t0, t1, tolerance, max_steps, first, last,
            result.states, result.t_tdb, result.status, result.stop, result.steps,
        )  # fmt: skip

    def run_lanes(first: int, last: int) -> None:
        propagate_lanes(
            flat.lanes, start, t0, t1, tolerance, max_steps, first, last,
            result.states, result.t_tdb, result.status, result.stop, result.steps,
        )  # fmt: skip

    # The choice must not depend on the rows, or their bits would depend on their neighbours.
    if not stops and not impacts and {"earth", "moon"} <= set(model.point_masses):
        table = flat.lanes  # made before the threads start
        assert table is not None
        run_chunks(run_lanes, len(start), threads, ROWS_PER_LANE_CHUNK)
    else:
        run_chunks(run, len(start), threads)
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
    model, method, tolerance, stops, impacts, threads, max_steps
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
    if method == "dop853":
        return _verify(start, t0, times, model, tolerance, stops, threads, max_steps)
    flat = model.flat(*_span(model, t0, times[:, -1]))
    events = flat_stops(stops, impacts, flat)
    ends = _empty(start, t0)
    path = np.full((*times.shape, 6), np.nan)

    def run(first: int, last: int) -> None:
        propagate_rows_at(
            flat.forces, events, start, t0, times, tolerance, max_steps, first, last,
            ends.states, path, ends.t_tdb, ends.status, ends.stop, ends.steps,
        )  # fmt: skip

    run_chunks(run, len(start), threads)
    return Trajectories(ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps, path, times)


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
        raise InputError("method 'dop853' takes no stops; allowed: method 'rkn1210', or stops=()")
    reference = model.reference(*_span(model, t0, times[:, -1]))
    ends = _empty(start, t0)
    path = np.full((*times.shape, 6), np.nan)

    def run(first: int, last: int) -> None:
        verify_rows(
            reference, start, t0, times, tolerance, max_steps, first, last,
            ends.states, path, ends.t_tdb, ends.status, ends.steps,
        )  # fmt: skip

    run_chunks(run, len(start), threads)
    return Trajectories(ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps, path, times)


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


def _span(model: ForceModel, t0: FloatArray, t1: FloatArray) -> tuple[float, float]:
    """Span that the usable rows need, cut to the ephemeris: rows outside get their status from the core."""
    low, high = model.coverage()
    usable = np.isfinite(t0) & np.isfinite(t1) & (np.minimum(t0, t1) >= low) & (np.maximum(t0, t1) <= high)
    if not usable.any():
        return low, low
    epochs = np.concatenate((t0[usable], t1[usable]))
    return float(np.min(epochs)), float(np.max(epochs))


def _empty(states: FloatArray, t0: FloatArray) -> Propagation:
    n = len(states)
    return Propagation(
        states.copy(), t0.copy(), np.zeros(n, np.int8), np.full(n, -1, np.int8), np.zeros(n, np.int32)
    )
