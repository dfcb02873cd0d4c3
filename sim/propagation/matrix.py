"""Propagation with derivatives: the transition matrix of every row, and derivatives by the epochs of its ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.core.events import no_stops
from sim.core.lanes import propagate_lanes_matrix
from sim.core.rkn1210 import propagate_rows_matrix
from sim.core.rkn1210_columns import time_derivatives
from sim.core.status import Status
from sim.dynamics import ForceModel
from sim.propagation.batch import (
    ROWS_PER_CHUNK,
    ROWS_PER_LANE_CHUNK,
    _check_options,
    _empty,
    _per_row,
    _rows,
    _span,
    propagate,
    run_chunks,
    runs_in_lanes,
)
from sim.propagation.results import Propagation
from sim.propagation.stops import Stop, flat_stops

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PropagationWithStm(Propagation):
    """Ends of N propagated rows with their derivatives, all by km, km/s and s; NaN for rows with unusable input.

    Where an event ended a row, its time counts as fixed; rows that failed hold the derivatives of the last state
    reached.

    Attributes
    ----------
    transition_matrix : numpy.ndarray (N, 6, 6)
        Derivative of the last state by the first one, both epochs held.
    states_per_t0_s : numpy.ndarray (N, 6)
        Derivative of the last state by the epoch of the first one, with that state and the last epoch held, per s.
    states_per_t1_s : numpy.ndarray (N, 6)
        Derivative of the last state by its epoch: velocity and acceleration, per s.
    """

    transition_matrix: FloatArray
    states_per_t0_s: FloatArray
    states_per_t1_s: FloatArray


def propagate_with_stm(
    states: npt.ArrayLike,
    t0_tdb: npt.ArrayLike,
    t1_tdb: npt.ArrayLike,
    model: ForceModel,
    *,
    tolerance: float = 1e-12,
    stops: Sequence[Stop] = (),
    impacts: bool = True,
    threads: int | None = None,
    max_steps: int = 100_000,
) -> PropagationWithStm:
    """Propagate N states with their 6 x 6 transition matrices, each over its own span, forward or backward.

    States, epochs, statuses and steps are those of :func:`sim.propagation.propagate`, bit for bit: the variational
    equations ride on its steps. Models of Earth and Moon with any other bodies go eight rows in lockstep, at about half
    the speed of :func:`propagate`; where events may end rows, :func:`propagate` finds those first, and the matrices end
    at their times. Other models go the scalar path, which gives the same derivatives 20 times slower.

    Parameters
    ----------
    states : array_like (N, 6) or (6,)
        km and km/s, ICRF axes relative to ``model.center``.
    t0_tdb, t1_tdb : array_like (N,) or ()
        Epochs of the states and epochs wanted, TDB s past J2000.
    model : ForceModel
        Forces. For those of :class:`sim.dynamics.FullForceModel` see ``partials`` of
        :func:`sim.propagation.propagate_full`.
    tolerance : float
        Largest estimated error of one step of the state over the distance to the nearest attracting body, 1e-16 to
        1e-3. The matrix has no control of its own: over five-day translunar arcs its error, relative to the length
        of a column, is at the median about that of the state over the distance to the Earth, and up to a thousand
        times more on arcs that pass within 500 km of the Moon's centre.
    stops : sequence of RadiusCrossing or ClosestApproach
        Events that end a row; the earliest one counts.
    impacts : bool
        Whether rows end when they enter the Earth or the Moon.
    threads : int, optional
        By default as many as there are processors.
    max_steps : int
        Steps allowed per row, rejected ones included.

    Returns
    -------
    PropagationWithStm

    Raises
    ------
    InputError
        As :func:`sim.propagation.propagate`.
    """
    start, t0 = _rows(states, t0_tdb)
    n = len(start)
    t1 = _per_row(t1_tdb, n, "t1_tdb")
    _check_options("rkn1210", tolerance, max_steps, threads)
    flat = model.flat(*_span(model, t0, t1))
    # The choice must not depend on the rows, or their bits would depend on their neighbours.
    lanes = flat.lanes if runs_in_lanes(model) else None  # made before the threads start
    ends, stop = _empty(start, t0), t1
    if lanes is not None and (stops or impacts):
        ends = propagate(
            start, t0, t1, model,
            tolerance=tolerance, stops=stops, impacts=impacts, threads=threads, max_steps=max_steps,
        )  # fmt: skip
        stop = np.where(np.isin(ends.status, (Status.EVENT, Status.IMPACT)), ends.t_tdb, t1)
    # In lanes events are found first; the matrices then end at their times.
    work = _empty(start, t0) if stop is not t1 else ends
    events = no_stops() if lanes is not None else flat_stops(stops, impacts, flat)
    matrices, by_epoch, by_end = np.empty((n, 6, 6)), np.empty((n, 6)), np.empty((n, 6))
    results = (work.states, work.t_tdb, work.status, work.stop, work.steps, matrices)

    def run(first: int, last: int) -> None:
        if lanes is not None:
            propagate_lanes_matrix(lanes, start, t0, stop, tolerance, max_steps, first, last, *results)
        else:
            propagate_rows_matrix(flat.forces, events, start, t0, t1, tolerance, max_steps, first, last, *results)
        time_derivatives(flat.forces, start, t0, ends.states, ends.t_tdb, matrices, first, last, by_epoch, by_end)

    run_chunks(run, n, threads, ROWS_PER_LANE_CHUNK if lanes is not None else ROWS_PER_CHUNK)
    return PropagationWithStm(
        ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps, matrices, by_epoch, by_end, log=ends.log
    )
