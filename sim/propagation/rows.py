"""Batches of rows: checks of what the propagation calls are given, and the pool of threads that works on them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from sim.dynamics import ForceModel, FullForceModel
from sim.errors import InputError

FloatArray = npt.NDArray[np.float64]
AnyModel = ForceModel | FullForceModel

TOLERANCES = (1e-16, 1e-3)
ROWS_PER_CHUNK = 64
"""Rows that a thread takes at a time."""


def state_rows(states: npt.ArrayLike) -> FloatArray:
    """Batch of states as a new C-contiguous array.

    Parameters
    ----------
    states : array_like (N, 6) or (6,)
        States.

    Returns
    -------
    numpy.ndarray (N, 6)

    Raises
    ------
    InputError
        Another shape.
    """
    rows = np.array(states, dtype=np.float64, order="C", ndmin=2)
    if rows.ndim != 2 or rows.shape[1] != 6:
        raise InputError(f"states has the shape {np.shape(states)}; allowed: (N, 6) or (6,)")
    return rows


def per_row(values: npt.ArrayLike, n_rows: int, name: str) -> FloatArray:
    """One number a row.

    Parameters
    ----------
    values : array_like (N,) or ()
        Numbers, or one for all.
    n_rows : int
        N.
    name : str
        What errors call them.

    Returns
    -------
    numpy.ndarray (N,)

    Raises
    ------
    InputError
        Another shape.
    """
    array = np.array(values, dtype=np.float64)
    if array.ndim > 1 or (array.ndim == 1 and array.size != n_rows):
        raise InputError(f"{name} has the shape {array.shape}; allowed: () or ({n_rows},)")
    return np.ascontiguousarray(np.broadcast_to(array, (n_rows,)).copy())


def output_times(times_tdb: npt.ArrayLike, t0_tdb: FloatArray) -> FloatArray:
    """Epochs wanted, row by row.

    Parameters
    ----------
    times_tdb : array_like (N, T), (T,) or ()
        Epochs, TDB s past J2000, T >= 1.
    t0_tdb : numpy.ndarray (N,)
        Epochs of the states.

    Returns
    -------
    numpy.ndarray (N, T)

    Raises
    ------
    InputError
        Another shape, or a row whose epochs do not go one way from its first.
    """
    times = np.array(times_tdb, dtype=np.float64, ndmin=2)
    if times.ndim != 2 or times.shape[1] < 1 or times.shape[0] not in (1, t0_tdb.size):
        raise InputError(f"times_tdb has the shape {np.shape(times_tdb)}; allowed: ({t0_tdb.size}, T) or (T,), T >= 1")
    times = np.broadcast_to(times, (t0_tdb.size, times.shape[1])).copy()
    with np.errstate(invalid="ignore"):  # inf - inf: such rows get their status from the core
        steps = np.diff(times, axis=1, prepend=t0_tdb[:, np.newaxis])
    mixed = (steps > 0.0).any(axis=1) & (steps < 0.0).any(axis=1)
    if mixed.any():
        raise InputError(f"times_tdb must go one way from t0_tdb; row {int(np.flatnonzero(mixed)[0])} turns back")
    return times


def check_numbers(tolerance: float, max_steps: int, threads: int | None) -> None:
    """Refuse options outside of their ranges.

    Parameters
    ----------
    tolerance, max_steps, threads : float, int, int or None
        See :func:`sim.propagation.propagate`.

    Raises
    ------
    InputError
        What was found and what is allowed.
    """
    if not TOLERANCES[0] <= tolerance <= TOLERANCES[1]:
        raise InputError(f"tolerance is {tolerance!r}; allowed: {TOLERANCES[0]} to {TOLERANCES[1]}")
    if not 1 <= max_steps < 2**31:
        raise InputError(f"max_steps is {max_steps!r}; allowed: 1 to {2**31 - 1}")
    if threads is not None and threads < 1:
        raise InputError(f"threads is {threads!r}; allowed: 1 and more, or None")


def usable_rows(model: AnyModel, t0_tdb: FloatArray, t1_tdb: FloatArray) -> npt.NDArray[np.bool_]:
    """Tell which rows have spans inside the ephemeris; the others get their status from the core.

    Parameters
    ----------
    model : ForceModel or FullForceModel
        With its ephemeris.
    t0_tdb, t1_tdb : numpy.ndarray (N,)
        Spans.

    Returns
    -------
    numpy.ndarray of bool (N,)
    """
    low, high = model.coverage()
    finite = np.isfinite(t0_tdb) & np.isfinite(t1_tdb)
    inside: npt.NDArray[np.bool_] = (
        finite & (np.minimum(t0_tdb, t1_tdb) >= low) & (np.maximum(t0_tdb, t1_tdb) <= high)
    )
    return inside


def span_of(model: AnyModel, t0_tdb: FloatArray, t1_tdb: FloatArray) -> tuple[float, float]:
    """Span that the usable rows need, cut to the ephemeris.

    Parameters
    ----------
    model : ForceModel or FullForceModel
        With its ephemeris.
    t0_tdb, t1_tdb : numpy.ndarray (N,)
        Spans.

    Returns
    -------
    start_tdb, stop_tdb : float
        TDB s past J2000.
    """
    usable = usable_rows(model, t0_tdb, t1_tdb)
    if not usable.any():
        low = model.coverage()[0]
        return low, low
    epochs = np.concatenate((t0_tdb[usable], t1_tdb[usable]))
    return float(np.min(epochs)), float(np.max(epochs))


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
