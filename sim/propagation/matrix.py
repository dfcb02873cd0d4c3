"""Propagation with derivatives: the transition matrix of every row, and derivatives by the epochs of its ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim.core.events import no_stops
from sim.core.full_forces import AREA, MASS, MATRIX
from sim.core.lanes import propagate_lanes_matrix
from sim.core.rkn1210 import propagate_rows_matrix
from sim.core.rkn1210_columns import time_derivatives
from sim.core.status import Status
from sim.dynamics import FiniteBurn, ForceModel, FullForceModel
from sim.errors import InputError
from sim.propagation import full
from sim.propagation.barycenters import about_anchor, about_center, anchor_rates
from sim.propagation.batch import MAX_STEPS, ROWS_PER_LANE_CHUNK, Options, empty_results, fly, runs_in_lanes
from sim.propagation.calls import TOLERANCE
from sim.propagation.full import FullFlight
from sim.propagation.results import Propagation
from sim.propagation.rows import ROWS_PER_CHUNK, per_row, run_chunks, span_of, state_rows
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
    model: ForceModel | FullForceModel,
    *,
    tolerance: float = TOLERANCE,
    burns: Sequence[FiniteBurn] = (),
    mass_kg: npt.ArrayLike = 1000.0,
    srp_area_m2: npt.ArrayLike = 0.0,
    drag_area_m2: npt.ArrayLike = 0.0,
    stops: Sequence[Stop] = (),
    impacts: bool = True,
    threads: int | None = None,
    max_steps: int | None = None,
) -> PropagationWithStm:
    """Propagate N states with their 6 x 6 transition matrices, each over its own span, forward or backward.

    States, epochs, statuses and steps are those of :func:`sim.propagation.propagate`, bit for bit: the variational
    equations ride on its steps. Models of Earth and Moon with any other bodies go eight rows in lockstep, at about half
    the speed of :func:`propagate`; where events may end rows, :func:`propagate` finds those first, and the matrices end
    at their times. Other models go the scalar path, which gives the same derivatives 20 times slower, and those of
    :class:`sim.dynamics.FullForceModel` that of :func:`sim.propagation.propagate_full`.

    Parameters
    ----------
    states : array_like (N, 6) or (6,)
        km and km/s, ICRF axes relative to ``model.center``, which may be a barycentre.
    t0_tdb, t1_tdb : array_like (N,) or ()
        Epochs of the states and epochs wanted, TDB s past J2000.
    model : ForceModel or FullForceModel
        Forces.
    tolerance : float
        Largest estimated error of one step of the state over the distance to the nearest attracting body, 1e-16 to
        1e-3. The matrix has no control of its own: over five-day translunar arcs its error, relative to the length
        of a column, is at the median about that of the state over the distance to the Earth, and up to a thousand
        times more on arcs that pass within 500 km of the Moon's centre.
    burns : sequence of FiniteBurn
        `FullForceModel` only, as masses and areas: see :func:`sim.propagation.propagate_full`. Times of ignition are
        held. The derivative by the first epoch is NaN in rows whose engine burns there: it would need that by the mass.
    mass_kg, srp_area_m2, drag_area_m2 : array_like (N,) or ()
        Masses at ``t0_tdb``, and areas with their coefficients.
    stops : sequence of Stop
        Events that end a row, those that :func:`sim.propagation.propagate` takes with the model; the earliest counts.
    impacts : bool
        Whether rows end when they enter the Earth or the Moon.
    threads : int, optional
        By default as many as there are processors.
    max_steps : int, optional
        Steps allowed per row, rejected ones included; by default as of :func:`sim.propagation.propagate`.

    Returns
    -------
    PropagationWithStm

    Raises
    ------
    InputError
        As :func:`sim.propagation.propagate`.
    """
    given = state_rows(states)
    n = len(given)
    t0, t1 = per_row(t0_tdb, n, "t0_tdb"), per_row(t1_tdb, n, "t1_tdb")
    if max_steps is None:
        max_steps = MAX_STEPS if isinstance(model, ForceModel) else full.MAX_STEPS
    options = Options(tolerance, stops, impacts=impacts, threads=threads, max_steps=max_steps)
    options.check()
    start = about_anchor(model, given, t0)
    if isinstance(model, FullForceModel):
        flight = FullFlight.of(model, n, t0, t1, srp_area_m2, drag_area_m2, burns, impacts, stops)
        result = _full_matrices(flight, start, t0, t1, per_row(mass_kg, n, "mass_kg"), options)
    else:
        if burns or np.any(np.asarray(srp_area_m2)) or np.any(np.asarray(drag_area_m2)):
            raise InputError("a ForceModel takes no burns and no areas here; a FullForceModel does")
        result = _fast_matrices(model, start, t0, t1, options)
    if model.center != model.anchor:
        # A later start from the same state about the barycentre is one from another state about the anchor.
        rates = anchor_rates(model, t0)
        by_epoch = result.states_per_t0_s - (result.transition_matrix * rates[:, np.newaxis]).sum(axis=2)
        by_end = result.states_per_t1_s + anchor_rates(model, result.t_tdb)
        result = replace(result, states_per_t0_s=by_epoch, states_per_t1_s=by_end)
    return about_center(model, result, start, given)


def _full_matrices(
    flight: FullFlight, start: FloatArray, t0: FloatArray, t1: FloatArray, mass: FloatArray, o: Options
) -> PropagationWithStm:
    rows = np.arange(len(start))
    found = flight.fly(rows, start, t0, t1[:, np.newaxis], mass, True, o.tolerance, o.threads, o.max_steps)
    usable = ~np.isin(found.status, (Status.NONFINITE, Status.OUT_OF_EPHEMERIS))
    matrices = np.where(usable[:, np.newaxis, np.newaxis], found.end_rows[:, MATRIX:AREA].reshape(-1, 6, 6), np.nan)
    first = flight.rates(np.concatenate((start, mass[:, np.newaxis]), axis=1), t0, t1)
    last = flight.rates(found.end_rows[:, : MASS + 1].copy(), found.t_tdb, t0)
    by_epoch = -(matrices * first[:, np.newaxis, :6]).sum(axis=2)
    by_epoch[first[:, MASS] != 0.0] = np.nan
    by_end = np.where(usable[:, np.newaxis], last[:, :6], np.nan)
    nothing = empty_results(start, t0)
    return PropagationWithStm(
        found.end_rows[:, :6].copy(), found.t_tdb, found.status, found.stop, found.steps, matrices, by_epoch, by_end,
        log=nothing.log, mass_kg=found.end_rows[:, MASS].copy(),
    )  # fmt: skip


def _fast_matrices(
    model: ForceModel, start: FloatArray, t0: FloatArray, t1: FloatArray, o: Options
) -> PropagationWithStm:
    n = len(start)
    flat = model.flat(*span_of(model, t0, t1))
    # The choice must not depend on the rows, or their bits would depend on their neighbours.
    lanes = flat.lanes if runs_in_lanes(model) else None  # made before the threads start
    ends, stop = empty_results(start, t0), t1
    if lanes is not None and (o.stops or o.impacts):
        ends = fly(start, t0, t1, model, "rkn1210", o)
        stop = np.where(np.isin(ends.status, (Status.EVENT, Status.IMPACT)), ends.t_tdb, t1)
    # In lanes events are found first; the matrices then end at their times.
    work = empty_results(start, t0) if stop is not t1 else ends
    events = no_stops() if lanes is not None else flat_stops(o.stops, o.impacts, flat)
    matrices, by_epoch, by_end = np.empty((n, 6, 6)), np.empty((n, 6)), np.empty((n, 6))
    results = (work.states, work.t_tdb, work.status, work.stop, work.steps, matrices)

    def run(first: int, last: int) -> None:
        if lanes is not None:
            propagate_lanes_matrix(lanes, start, t0, stop, o.tolerance, o.max_steps, first, last, *results)
        else:
            propagate_rows_matrix(flat.forces, events, start, t0, t1, o.tolerance, o.max_steps, first, last, *results)
        time_derivatives(flat.forces, start, t0, ends.states, ends.t_tdb, matrices, first, last, by_epoch, by_end)

    run_chunks(run, n, o.threads, ROWS_PER_LANE_CHUNK if lanes is not None else ROWS_PER_CHUNK)
    return PropagationWithStm(
        ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps, matrices, by_epoch, by_end, log=ends.log
    )
