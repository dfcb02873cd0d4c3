"""Propagation with derivatives: the transition matrix of every row, and derivatives by the epochs of its ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from sim.core.events import no_stops
from sim.core.full_forces import AREA, MASS, MATRIX
from sim.core.lanes import propagate_lanes_matrix
from sim.core.rkn1210 import propagate_rows_matrix
from sim.core.rkn1210_columns import time_derivatives
from sim.core.status import Status
from sim.dynamics import FiniteBurn, ForceModel, FullForceModel, Impulse
from sim.propagation.barycenters import anchor_rates
from sim.propagation.batch import (
    NOWHERE,
    ROWS_PER_LANE_CHUNK,
    Options,
    empty_results,
    fly,
    ground,
    runs_in_lanes,
    surface_above,
)
from sim.propagation.calls import TOLERANCE, Call, full_flight, options_of
from sim.propagation.full import FullFlight
from sim.propagation.legs import Flight, Rows
from sim.propagation.results import PropagationWithStm
from sim.propagation.rows import ROWS_PER_CHUNK, per_row, run_chunks, span_of, state_rows
from sim.propagation.stops import Stop, flat_stops

FloatArray = npt.NDArray[np.float64]


def propagate_with_stm(
    states: npt.ArrayLike,
    t0_tdb: npt.ArrayLike,
    t1_tdb: npt.ArrayLike,
    model: ForceModel | FullForceModel,
    *,
    tolerance: float = TOLERANCE,
    burns: Sequence[Impulse | FiniteBurn] = (),
    mass_kg: npt.ArrayLike | None = None,
    srp_area_m2: npt.ArrayLike = 0.0,
    drag_area_m2: npt.ArrayLike = 0.0,
    stops: Sequence[Stop] = (),
    events: Sequence[Stop] = (),
    max_events: int = 16,
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
    burns : sequence of Impulse and FiniteBurn
        As of :func:`sim.propagation.propagate`. Their times are held; directions along moving axes, and what an impulse
        along them is worth, are in the derivatives. The derivative by the first epoch is NaN in rows whose engine burns
        there: it would need that by the mass.
    mass_kg, srp_area_m2, drag_area_m2 : array_like (N,) or (), optional
        Masses at ``t0_tdb``, and areas with their coefficients, as of :func:`sim.propagation.propagate`.
    stops, events, max_events, impacts
        See :func:`sim.propagation.propagate`.
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

    Notes
    -----
    With impulses the matrix is the product of those of the legs and of the impulses, and the derivative by the first
    epoch goes through them. Against central differences, relative to the largest entry of a column, a day with two
    impulses and a finite burn 1e5 km from the Earth is good to 9e-10 at a tolerance of 1e-14, in whichever axes and
    direction, and twelve low lunar orbits to 7e-7 (``tests/unit/test_stm_burns.py``); both to what the differences are
    worth. Through a penumbra, within which the light falls in minutes, one such day was off by 1.4e-6.
    """
    given = state_rows(states)
    n = len(given)
    t0, t1 = per_row(t0_tdb, n, "t0_tdb"), per_row(t1_tdb, n, "t1_tdb")
    options = options_of(model, "auto", tolerance, stops, events, max_events, impacts, threads, max_steps)
    call = Call(model, "auto", options, burns, mass_kg, srp_area_m2, drag_area_m2)
    call.check()
    if isinstance(model, FullForceModel):
        flight: Flight = partial(_full_matrices, full_flight(call, model, n, t0, t1), options)
    else:
        flight = partial(_fast_matrices, model, options)
    result = call.fly(flight, given, t0, t1[:, np.newaxis], path=False)
    assert isinstance(result, PropagationWithStm)
    if model.center == model.anchor:
        return result
    # A later start from the same state about the barycentre is one from another state about the anchor.
    rates = anchor_rates(model, t0)
    by_epoch = result.states_per_t0_s - (result.transition_matrix * rates[:, np.newaxis]).sum(axis=2)
    by_end = result.states_per_t1_s + anchor_rates(model, result.t_tdb)
    return replace(result, states_per_t0_s=by_epoch, states_per_t1_s=by_end)


def _full_matrices(
    flight: FullFlight, o: Options, rows: Rows, start: FloatArray, t0: FloatArray, times: FloatArray,
    mass: FloatArray | None,
) -> PropagationWithStm:  # fmt: skip
    assert mass is not None
    found = flight.fly(rows, start, t0, times, mass, True, o.tolerance, o.threads, o.max_steps, o.room)
    usable = ~np.isin(found.status, (Status.NONFINITE, Status.OUT_OF_EPHEMERIS))
    matrices = np.where(usable[:, np.newaxis, np.newaxis], found.end_rows[:, MATRIX:AREA].reshape(-1, 6, 6), np.nan)
    first = flight.rates(rows, np.concatenate((start, mass[:, np.newaxis]), axis=1), t0, times[:, -1])
    last = flight.rates(rows, found.end_rows[:, : MASS + 1].copy(), found.t_tdb, t0)
    by_epoch = -(matrices * first[:, np.newaxis, :6]).sum(axis=2)
    by_epoch[first[:, MASS] != 0.0] = np.nan
    by_end = np.where(usable[:, np.newaxis], last[:, :6], np.nan)
    return PropagationWithStm(
        found.end_rows[:, :6].copy(), found.t_tdb, found.status, found.stop, found.steps, matrices, by_epoch, by_end,
        log=found.log, mass_kg=found.end_rows[:, MASS].copy(),
    )  # fmt: skip


def _fast_matrices(
    model: ForceModel, o: Options, rows: Rows, start: FloatArray, t0: FloatArray, times: FloatArray,
    mass: FloatArray | None,
) -> PropagationWithStm:  # fmt: skip
    n, t1 = len(start), np.ascontiguousarray(times[:, -1])
    flat = model.flat(*span_of(model, t0, t1))
    # The choice must not depend on the rows, or their bits would depend on their neighbours.
    lanes = flat.lanes if runs_in_lanes(model) else None  # made before the threads start
    below = surface_above(start, t0, t1, model) if lanes is None and o.impacts else NOWHERE
    t1 = np.where(below >= 0, t0, t1) if below.size else t1
    ends, stop = empty_results(start, t0), t1
    if lanes is not None and (o.stops or o.events or o.impacts):
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
    ground(ends, below, o)
    return PropagationWithStm(
        ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps, matrices, by_epoch, by_end, log=ends.log,
        mass_kg=mass,
    )  # fmt: skip
