"""Propagation under the full force model: the vectorised call, with masses, areas, burns and partial derivatives.

Rows are independent, as in :mod:`sim.propagation.batch`: the bits of a row's result do not depend on the other rows, on
their order or number, or on the number of threads. They do depend on the output times, where steps end exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.bodies import EARTH, MOON
from sim.core.full_dop853 import full_rows, rate_rows
from sim.core.full_forces import AREA, FULL_SIZE, MASS, MATRIX, PLAIN_SIZE, new_work
from sim.core.full_watch import FullWatch
from sim.core.lanes_events import STATUS
from sim.core.lanes_log import Log
from sim.core.status import STATUS_TEXT, Status
from sim.dynamics.burns import FiniteBurn, flat_burns
from sim.dynamics.full_model import FlatFullModel, FullForceModel
from sim.errors import InputError
from sim.propagation.barycenters import about_anchor, about_center
from sim.propagation.batch import empty_log, empty_results
from sim.propagation.results import EventLog, Trajectories
from sim.propagation.rows import check_numbers, output_times, per_row, run_chunks, span_of, state_rows
from sim.propagation.stops import Stop
from sim.propagation.watching import full_watch

FloatArray = npt.NDArray[np.float64]

MAX_STEPS = 200_000
"""Steps that a row may take by default."""


@dataclass(frozen=True, eq=False)
class FullPropagation:
    """Ends and paths of N propagated rows.

    Attributes
    ----------
    states : numpy.ndarray (N, 6)
        Last state reached, km and km/s, ICRF axes relative to the model's centre.
    mass_kg : numpy.ndarray (N,)
        Mass there.
    t_tdb : numpy.ndarray (N,)
        Epoch of the last state, TDB s past J2000.
    status : numpy.ndarray (N,) int8
        :class:`sim.core.status.Status`.
    steps : numpy.ndarray (N,) int32
        Steps made, rejected ones included.
    path_states : numpy.ndarray (N, T, 6)
        States at the output times; NaN where a row did not get to.
    path_mass_kg : numpy.ndarray (N, T)
        Masses there.
    path_t_tdb : numpy.ndarray (N, T)
        Output times.
    path_transition_matrix : numpy.ndarray (N, T, 6, 6) or None
        Derivative of the state by the initial state, where asked for.
    path_states_per_m2 : numpy.ndarray (N, T, 6) or None
        Derivative of the state by the light-pressure area C_R A, per m2.
    """

    states: FloatArray
    mass_kg: FloatArray
    t_tdb: FloatArray
    status: npt.NDArray[np.int8]
    steps: npt.NDArray[np.int32]
    path_states: FloatArray
    path_mass_kg: FloatArray
    path_t_tdb: FloatArray
    path_transition_matrix: FloatArray | None = None
    path_states_per_m2: FloatArray | None = None

    @property
    def ok(self) -> npt.NDArray[np.bool_]:
        """Rows that reached their last output time."""
        return np.asarray(self.status == Status.OK)

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


def propagate_full(
    states: npt.ArrayLike,
    t0_tdb: npt.ArrayLike,
    times_tdb: npt.ArrayLike,
    model: FullForceModel,
    *,
    mass_kg: npt.ArrayLike = 1000.0,
    srp_area_m2: npt.ArrayLike = 0.0,
    drag_area_m2: npt.ArrayLike = 0.0,
    burns: Sequence[FiniteBurn] = (),
    partials: bool = False,
    tolerance: float = 1e-12,
    impacts: bool = True,
    threads: int | None = None,
    max_steps: int = MAX_STEPS,
) -> FullPropagation:
    """Propagate N states under the full force model, forward or backward.

    Parameters
    ----------
    states : array_like (N, 6) or (6,)
        km and km/s, ICRF axes relative to ``model.center``, which may be a barycentre.
    t0_tdb : array_like (N,) or ()
        Epochs of the states, TDB s past J2000.
    times_tdb : array_like (N, T), (T,) or ()
        Epochs wanted; in each row they go one way from ``t0_tdb``. ``(T,)`` is used for every row.
    model : FullForceModel
        Forces.
    mass_kg : array_like (N,) or ()
        Masses at ``t0_tdb``.
    srp_area_m2, drag_area_m2 : array_like (N,) or ()
        Areas with their coefficients: C_R A and C_D A.
    burns : sequence of FiniteBurn
        Burns that do not overlap. A row whose mass would be used up ends with ``NO_SOLUTION``.
    partials : bool
        Whether to integrate the variational equations too. Burns along moving axes are in them, ignition times not.
    tolerance : float
        Largest estimated error of one step over the distance to the nearest of Earth, Moon and centre, and over the
        speed; 1e-16 to 1e-3.
    impacts : bool
        Whether rows end at the mean spheres of Earth and Moon.
    threads : int, optional
        By default as many as there are processors.
    max_steps : int
        Steps allowed per row.

    Returns
    -------
    FullPropagation

    Raises
    ------
    InputError
        Arrays whose shapes do not fit, times that turn back, tolerance out of range, unusable burns.
    """
    given = state_rows(states)
    n = len(given)
    t0 = per_row(t0_tdb, n, "t0_tdb")
    times = output_times(times_tdb, t0)
    check_numbers(tolerance, max_steps, threads)
    flight = FullFlight.of(model, n, t0, times[:, -1], srp_area_m2, drag_area_m2, burns, impacts)
    start = about_anchor(model, given, t0)
    mass = per_row(mass_kg, n, "mass_kg")
    found = flight.fly(np.arange(n), start, t0, times, mass, partials, tolerance, threads, max_steps)
    matrices, per_m2 = (found.path_matrix, found.per_m2) if partials else (None, None)
    ends = Trajectories(
        found.end_rows[:, :6].copy(), found.t_tdb, found.status, np.full(n, -1, np.int8), found.steps,
        found.path_rows[:, :, :6].copy(), times, log=empty_results(start, t0).log,
    )  # fmt: skip
    ends = about_center(model, ends, start, given)
    return FullPropagation(
        ends.states, found.end_rows[:, MASS].copy(), found.t_tdb, found.status, found.steps, ends.path_states,
        found.path_rows[:, :, MASS].copy(), times, matrices, per_m2,
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class FullRows:
    """What the core hands back.

    Attributes
    ----------
    end_rows, path_rows : numpy.ndarray (N, size), (N, T, size)
        See :mod:`sim.core.full_forces`.
    t_tdb : numpy.ndarray (N,)
        Where they ended, TDB s past J2000.
    status, stop, steps : numpy.ndarray (N,)
        Outcome, and the number of the event that ended a row, else -1.
    log : EventLog
        Events recorded on the way.
    """

    end_rows: FloatArray
    path_rows: FloatArray
    t_tdb: FloatArray
    status: npt.NDArray[np.int8]
    stop: npt.NDArray[np.int8]
    steps: npt.NDArray[np.int32]
    log: EventLog

    @property
    def path_matrix(self) -> FloatArray:
        """Transition matrices at the output times, (N, T, 6, 6)."""
        return self.path_rows[:, :, MATRIX:AREA].reshape(*self.path_rows.shape[:2], 6, 6).copy()

    @property
    def per_m2(self) -> FloatArray:
        """Derivatives by the light-pressure area at the output times, (N, T, 6)."""
        return self.path_rows[:, :, AREA:].copy()


@dataclass(frozen=True, eq=False)
class FullFlight:
    """A batch made ready for the core, to be flown as a whole or row by row.

    Attributes
    ----------
    flat : FlatFullModel
        Model over the span of all rows.
    areas_m2 : numpy.ndarray (N, 2)
        C_R A and C_D A.
    burn_rows : numpy.ndarray (N, K, BURN_SIZE)
        Finite burns.
    surfaces_km : numpy.ndarray (B + 1,)
        Radii at which rows end.
    watch : sim.core.full_watch.FullWatch
        Events that end rows, surfaces among them, and events that are recorded.
    """

    flat: FlatFullModel
    areas_m2: FloatArray
    burn_rows: FloatArray
    surfaces_km: FloatArray
    watch: FullWatch

    @classmethod
    def of(
        cls, model: FullForceModel, n_rows: int, t0_tdb: FloatArray, t1_tdb: FloatArray, srp_area_m2: npt.ArrayLike,
        drag_area_m2: npt.ArrayLike, burns: Sequence[FiniteBurn], impacts: bool, stops: Sequence[Stop] = (),
        events: Sequence[Stop] = (),
    ) -> FullFlight:  # fmt: skip
        """Make a batch ready.

        Parameters
        ----------
        model : FullForceModel
            Forces.
        n_rows : int
            N.
        t0_tdb, t1_tdb : numpy.ndarray (N,)
            Spans.
        srp_area_m2, drag_area_m2, burns, impacts
            See :func:`propagate_full`.
        stops, events : sequence of Stop
            Events that end rows, and that are recorded.

        Returns
        -------
        FullFlight

        Raises
        ------
        InputError
            An event of a body that the model does not hold, an area below 0.
        """
        flat = model.flat(*span_of(model, t0_tdb, t1_tdb))
        areas = [_areas(srp_area_m2, n_rows, "srp_area_m2"), _areas(drag_area_m2, n_rows, "drag_area_m2")]
        engines = flat_burns(burns, [flat.index(burn.body) for burn in burns], n_rows)
        watch = full_watch(stops, events, impacts, flat)
        return cls(flat, np.stack(areas, axis=1), engines, _surfaces(flat, impacts), watch)

    def fly(
        self, rows: npt.NDArray[np.intp], states: FloatArray, t0_tdb: FloatArray, times_tdb: FloatArray,
        mass_kg: FloatArray, partials: bool, tolerance: float, threads: int | None, max_steps: int, room: int = 0,
    ) -> FullRows:  # fmt: skip
        """Fly some rows of the batch.

        Parameters
        ----------
        rows : numpy.ndarray of int (M,)
            Which.
        states, t0_tdb, times_tdb, mass_kg : numpy.ndarray (M, 6), (M,), (M, T), (M,)
            States about the anchor, epochs, epochs wanted, masses.
        partials, tolerance, threads, max_steps
            See :func:`propagate_full`.
        room : int
            Events kept of each row.

        Returns
        -------
        FullRows
        """
        n = rows.size
        begin = _with_mass(states, mass_kg, partials)
        ends, path = begin.copy(), np.full((*times_tdb.shape, begin.shape[1]), np.nan)
        t_end, status, steps = t0_tdb.copy(), np.zeros(n, np.int8), np.zeros(n, np.int32)
        met = np.full(n, -1, np.int8)
        areas, engines, flat = self.areas_m2[rows], self.burn_rows[rows], self.flat
        kept = empty_log(n, room)
        log = Log(
            np.zeros((n, 0)), np.zeros((n, 0, 6)), kept.count, kept.event, kept.t_tdb, kept.states, kept.unresolved
        )

        def run(first: int, last: int) -> None:
            full_rows(
                flat.forces, flat.start_tdb, flat.stop_tdb, begin, t0_tdb, times_tdb, areas, engines, self.surfaces_km,
                self.watch, tolerance, max_steps, first, last, new_work(flat.forces), ends, path, t_end, status, met,
                steps, log,
            )  # fmt: skip

        run_chunks(run, n, threads)
        kept.event[kept.event >= 0] -= int(np.count_nonzero(self.watch.codes[:, STATUS]))
        return FullRows(ends, path, t_end, status, met, steps, kept)

    def rates(
        self, rows: npt.NDArray[np.intp], states: FloatArray, t_tdb: FloatArray, ahead_tdb: FloatArray
    ) -> FloatArray:
        """Rates of change of some rows of the batch.

        Parameters
        ----------
        rows : numpy.ndarray of int (M,)
            Which.
        states : numpy.ndarray (M, 7)
            About the anchor, with masses.
        t_tdb, ahead_tdb : numpy.ndarray (M,)
            Epochs, and epochs on the side of which an engine counts that is switched there.

        Returns
        -------
        numpy.ndarray (M, 7)
            Per s; NaN where the tables do not reach.
        """
        out, flat = np.empty((len(states), PLAIN_SIZE)), self.flat

        rate_rows(
            flat.forces, flat.start_tdb, flat.stop_tdb, states, t_tdb, self.areas_m2[rows], self.burn_rows[rows],
            ahead_tdb, 0,
            len(states), new_work(flat.forces), out,
        )  # fmt: skip
        return out


def _with_mass(start: FloatArray, mass: FloatArray, partials: bool) -> FloatArray:
    out = np.zeros((len(start), FULL_SIZE if partials else PLAIN_SIZE))
    out[:, :6] = start
    out[:, MASS] = mass
    if partials:
        out[:, MATRIX:AREA] = np.eye(6).ravel()
    return out


def _areas(values: npt.ArrayLike, n_rows: int, name: str) -> FloatArray:
    """Areas of the rows; NaN is left to the row's status."""
    areas = per_row(values, n_rows, name)
    if (areas < 0.0).any():
        row = int(np.flatnonzero(areas < 0.0)[0])
        raise InputError(f"{name} of row {row} is {areas[row]:g}; allowed: numbers from 0")
    return areas


def _surfaces(flat: FlatFullModel, impacts: bool) -> FloatArray:
    """Radii at which rows end, by body of the table, the centre last."""
    radii = {EARTH.name: EARTH.radius_km, MOON.name: MOON.radius_km} if impacts else {}
    return np.array([radii.get(body, 0.0) for body in (*flat.bodies, flat.center)])
