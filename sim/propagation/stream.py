"""Ensembles of any size in memory that does not grow with them: propagated chunk by chunk.

A row's bits depend on nothing but the row and the model; so the chunks of an interrupted run, taken up again where it
was left, together hold the same bits as one call for all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.dynamics import ForceModel
from sim.errors import InputError
from sim.propagation.calls import propagate
from sim.propagation.results import Propagation
from sim.propagation.stops import Stop

FloatArray = npt.NDArray[np.float64]
Rows = tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]
"""States (M, 6), their epochs and epochs wanted, (M,) or (), as :func:`sim.propagation.propagate` takes them."""

ROWS_PER_STREAM_CHUNK = 16_384


@dataclass(frozen=True, eq=False)
class StreamChunk:
    """Results of the rows ``first`` to ``last - 1``.

    Attributes
    ----------
    first, last : int
        Rows of the ensemble; ``last`` is where a later call takes up (``resume_row``).
    result : Propagation
        What :func:`sim.propagation.propagate` returns for them.
    """

    first: int
    last: int
    result: Propagation


def propagate_stream(
    rows: Callable[[int, int], Rows],
    n_rows: int,
    model: ForceModel,
    *,
    resume_row: int = 0,
    chunk_rows: int = ROWS_PER_STREAM_CHUNK,
    progress: Callable[[int, int], None] | None = None,
    tolerance: float = 1e-12,
    stops: Sequence[Stop] = (),
    events: Sequence[Stop] = (),
    max_events: int = 16,
    impacts: bool = True,
    threads: int | None = None,
    max_steps: int | None = None,
) -> Iterator[StreamChunk]:
    """Propagate an ensemble chunk by chunk.

    Parameters
    ----------
    rows : callable
        ``rows(first, last)`` returns states, epochs and epochs wanted of the rows ``first`` to ``last - 1``; slices of
        arrays, or made when asked for.
    n_rows : int
        Rows in all.
    model : ForceModel
        Forces.
    resume_row : int
        Row to begin with: ``last`` of the last chunk that an interrupted run has kept.
    chunk_rows : int
        Rows at a time: what is in memory. It changes no bit.
    progress : callable, optional
        Called with rows done and rows in all, after each chunk.
    tolerance, stops, events, max_events, impacts, threads, max_steps
        See :func:`sim.propagation.propagate`.

    Yields
    ------
    StreamChunk
        In the order of the rows; the next one is propagated when it is asked for.

    Raises
    ------
    InputError
        A number of rows below 0, a beginning outside of them, chunks of no rows, or rows whose number is not the one
        asked for; as :func:`sim.propagation.propagate`.
    """
    if n_rows < 0 or not 0 <= resume_row <= n_rows:
        raise InputError(f"resume_row is {resume_row!r}; allowed: 0 to n_rows, which is {n_rows!r}")
    if chunk_rows < 1:
        raise InputError(f"chunk_rows is {chunk_rows!r}; allowed: 1 and more")
    for first in range(resume_row, n_rows, chunk_rows):
        last = min(first + chunk_rows, n_rows)
        states, t0_tdb, t1_tdb = rows(first, last)
        if np.shape(states) != (last - first, 6):
            raise InputError(f"rows({first}, {last}) gave states of shape {np.shape(states)}; allowed: one row each")
        result = propagate(
            states, t0_tdb, t1_tdb, model,
            tolerance=tolerance, stops=stops, events=events, max_events=max_events, impacts=impacts,
            threads=threads, max_steps=max_steps,
        )  # fmt: skip
        yield StreamChunk(first, last, result)
        del result  # before the next chunk, so that the caller decides how many there are
        if progress is not None:
            progress(last, n_rows)
