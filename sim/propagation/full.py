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
from sim.core.full_dop853 import full_rows
from sim.core.full_forces import AREA, FULL_SIZE, MASS, MATRIX, PLAIN_SIZE, new_work
from sim.core.status import STATUS_TEXT, Status
from sim.dynamics.burns import FiniteBurn, flat_burns
from sim.dynamics.full_model import FlatFullModel, FullForceModel
from sim.errors import InputError
from sim.propagation.batch import run_chunks

FloatArray = npt.NDArray[np.float64]

TOLERANCES = (1e-16, 1e-3)


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
    max_steps: int = 200_000,
) -> FullPropagation:
    """Propagate N states under the full force model, forward or backward.

    Parameters
    ----------
    states : array_like (N, 6) or (6,)
        km and km/s, ICRF axes relative to ``model.center``.
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
    start = _rows(states)
    n = len(start)
    t0 = _per_row(t0_tdb, n, "t0_tdb")
    times = _times(times_tdb, t0)
    if not TOLERANCES[0] <= tolerance <= TOLERANCES[1]:
        raise InputError(f"tolerance is {tolerance!r}; allowed: {TOLERANCES[0]} to {TOLERANCES[1]}")
    if not 1 <= max_steps < 2**31 or (threads is not None and threads < 1):
        raise InputError(f"max_steps is {max_steps!r} and threads {threads!r}; allowed: 1 and more")
    flat = model.flat(*_span(model, t0, times[:, -1]))
    areas = np.stack([_per_row(srp_area_m2, n, "srp_area_m2"), _per_row(drag_area_m2, n, "drag_area_m2")], axis=1)
    engines = flat_burns(burns, [flat.index(burn.body) for burn in burns], n, flat.start_tdb)
    begin = _with_mass(start, _per_row(mass_kg, n, "mass_kg"), partials)
    ends, path = begin.copy(), np.full((*times.shape, begin.shape[1]), np.nan)
    t_end, status, steps = t0.copy(), np.zeros(n, np.int8), np.zeros(n, np.int32)
    surfaces = _surfaces(flat, impacts)

    def run(first: int, last: int) -> None:
        full_rows(
            flat.forces, flat.start_tdb, flat.stop_tdb, begin, t0, times, areas, engines, surfaces, tolerance,
            max_steps, first, last, new_work(flat.forces), ends, path, t_end, status, steps,
        )  # fmt: skip

    run_chunks(run, n, threads)
    return _result(ends, path, times, t_end, status, steps)


def _result(
    ends: FloatArray,
    path: FloatArray,
    times: FloatArray,
    t_end: FloatArray,
    status: npt.NDArray[np.int8],
    steps: npt.NDArray[np.int32],
) -> FullPropagation:
    matrix = area = None
    if path.shape[2] == FULL_SIZE:
        matrix = path[:, :, MATRIX:AREA].reshape(*times.shape, 6, 6).copy()
        area = path[:, :, AREA:].copy()
    return FullPropagation(
        ends[:, :6].copy(), ends[:, MASS].copy(), t_end, status, steps, path[:, :, :6].copy(), path[:, :, MASS].copy(),
        times, matrix, area,
    )  # fmt: skip


def _rows(states: npt.ArrayLike) -> FloatArray:
    rows = np.array(states, dtype=np.float64, order="C", ndmin=2)
    if rows.ndim != 2 or rows.shape[1] != 6:
        raise InputError(f"states has the shape {np.shape(states)}; allowed: (N, 6) or (6,)")
    return rows


def _per_row(values: npt.ArrayLike, n_rows: int, name: str) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    if array.ndim > 1 or (array.ndim == 1 and array.size != n_rows):
        raise InputError(f"{name} has the shape {array.shape}; allowed: () or ({n_rows},)")
    return np.ascontiguousarray(np.broadcast_to(array, (n_rows,)).copy())


def _times(times_tdb: npt.ArrayLike, t0: FloatArray) -> FloatArray:
    """Return times (N, T), each row going away from its epoch."""
    times = np.array(times_tdb, dtype=np.float64, ndmin=2)
    if times.ndim != 2 or times.shape[1] < 1 or times.shape[0] not in (1, t0.size):
        raise InputError(f"times_tdb has the shape {np.shape(times_tdb)}; allowed: ({t0.size}, T) or (T,), T >= 1")
    times = np.ascontiguousarray(np.broadcast_to(times, (t0.size, times.shape[1])).copy())
    with np.errstate(invalid="ignore"):  # inf - inf: such rows get their status from the core
        steps = np.diff(times, axis=1, prepend=t0[:, np.newaxis])
    mixed = (steps > 0.0).any(axis=1) & (steps < 0.0).any(axis=1)
    if mixed.any():
        raise InputError(f"times_tdb must go one way from t0_tdb; row {int(np.flatnonzero(mixed)[0])} turns back")
    return times


def _span(model: FullForceModel, t0: FloatArray, t1: FloatArray) -> tuple[float, float]:
    """Span that the usable rows need, cut to the ephemeris: rows outside get their status from the core."""
    low, high = model.coverage()
    usable = np.isfinite(t0) & np.isfinite(t1) & (np.minimum(t0, t1) >= low) & (np.maximum(t0, t1) <= high)
    if not usable.any():
        return low, low
    epochs = np.concatenate((t0[usable], t1[usable]))
    return float(np.min(epochs)), float(np.max(epochs))


def _with_mass(start: FloatArray, mass: FloatArray, partials: bool) -> FloatArray:
    out = np.zeros((len(start), FULL_SIZE if partials else PLAIN_SIZE))
    out[:, :6] = start
    out[:, MASS] = mass
    if partials:
        out[:, MATRIX:AREA] = np.eye(6).ravel()
    return out


def _surfaces(flat: FlatFullModel, impacts: bool) -> FloatArray:
    """Radii at which rows end, by body of the table, the centre last."""
    radii = {EARTH.name: EARTH.radius_km, MOON.name: MOON.radius_km} if impacts else {}
    return np.array([radii.get(body, 0.0) for body in (*flat.bodies, flat.center)])
