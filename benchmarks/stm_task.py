"""Task W3: the departures of W1 with their 6 x 6 transition matrices.

A tool's result is a row of 42 numbers: final state, then the matrix row by row. Its error is the larger of the error of
the final position and of what the matrix makes of a deviation of 1,000 km there: 1 m on the one and 1e-6 of a column's
length on the other count alike.

Two forms of heyoka take part: ``heyoka``, whose variational equations it derives itself (``var_ode_sys``), and
``heyoka-hand`` with equations written by hand, in which all columns share the gradient: nearly twice as fast, but
nothing that a user of the library gets. KIAM's toolbox, GMAT and Orekit have matrices of their own; none of the last
two lets them take part in the choice of the step. The matrices of nyx serve its filters and come with no propagation.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.heyoka_tools import BATCH, REFERENCE_TERMS, TERMS, HeyokaBatch, equations
from benchmarks.peers import Peer
from benchmarks.series import row_series
from benchmarks.tasks import Task, departures, forces
from benchmarks.tools import Factory, Tool, ladder
from sim.constants import SECONDS_PER_DAY
from sim.core.events import no_stops
from sim.core.forces import Forces
from sim.core.lanes import propagate_lanes_matrix
from sim.core.lanes_table import lane_table
from sim.core.rkn1210 import propagate_rows_matrix
from sim.core.rkn1210_columns import time_derivatives

FloatArray = npt.NDArray[np.float64]

SIZE: Final = 42
DEVIATION_KM: Final = 1000.0
"""Deviation at the end whose mapping by the matrix counts like an error of the position."""


class PeriluneMatrix:
    """Lanes of perilune's core with matrices, and the derivatives by the epochs, which nobody else is asked for."""

    def __init__(self, forces: Forces, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> None:
        n = len(states)
        self.forces, self.table = forces, lane_table(forces)
        self.states, self.t0, self.t1 = states, t0_tdb, t0_tdb + span_s
        self.matrices, self.by_epochs = np.empty((n, 6, 6)), (np.empty((n, 6)), np.empty((n, 6)))
        self.tolerance = 1e-9

    def prepare(self, tolerance: float) -> None:
        """Set the tolerance."""
        self.tolerance = tolerance

    def run(self) -> FloatArray:
        """Propagate all rows; NaN for rows that failed."""
        n = len(self.states)
        ends, t_end = np.empty((n, 6)), np.empty(n)
        status, event, steps = np.empty(n, np.int8), np.empty(n, np.int8), np.empty(n, np.int32)
        propagate_lanes_matrix(
            self.table, self.states, self.t0, self.t1, self.tolerance, 100_000, 0, n,
            ends, t_end, status, event, steps, self.matrices,
        )  # fmt: skip
        time_derivatives(self.forces, self.states, self.t0, ends, t_end, self.matrices, 0, n, *self.by_epochs)
        ends[status != 0] = np.nan
        return np.concatenate([ends, self.matrices.reshape(n, 36)], axis=1)


def written_by_hand(heyoka: Any, forces: Forces, terms: tuple[int, int, int], length_s: float) -> list[Any]:
    """Equations of motion with those of six columns, which share the gradient of the acceleration.

    Parameters
    ----------
    heyoka : module
        The library.
    forces, terms, length_s
        See :func:`benchmarks.heyoka_tools.equations`.

    Returns
    -------
    list of tuple
        Variables with their derivatives; of a column first the position, then the velocity.
    """
    gradient: list[list[Any]] = [[[] for _ in range(3)] for _ in range(3)]

    def watch(gm: float, vector: list[Any]) -> None:
        square = heyoka.sum([c**2 for c in vector])
        pull = gm * square**-1.5
        slope = [3.0 * pull / square * c for c in vector]
        for i in range(3):
            for j in range(i, 3):
                gradient[i][j].append(slope[i] * vector[j] - (pull if i == j else 0.0))

    system = equations(heyoka, forces, terms, length_s, watch)
    total = [[heyoka.sum(gradient[min(i, j)][max(i, j)]) for j in range(3)] for i in range(3)]
    for column in range(6):
        place = heyoka.make_vars(*[f"{axis}{column}" for axis in "abc"])
        speed = heyoka.make_vars(*[f"v{axis}{column}" for axis in "abc"])
        bend = [heyoka.sum([total[i][j] * place[j] for j in range(3)]) for i in range(3)]
        system += [*zip(place, speed, strict=True), *zip(speed, bend, strict=True)]
    return system


class HeyokaMatrix(HeyokaBatch):
    """Heyoka's batch integrator on the variational equations that heyoka derives."""

    by_columns = False

    def system(self, heyoka: Any) -> Any:
        """Equations to integrate."""
        plain = equations(heyoka, self.forces, TERMS, self.length)
        return heyoka.var_ode_sys(plain, heyoka.var_args.vars, order=1)

    def prepare(self, tolerance: float) -> None:
        """Compile for a tolerance."""
        import heyoka  # optional extra

        self.integrator = heyoka.taylor_adaptive_batch(
            self.system(heyoka), state=np.zeros((SIZE if self.by_columns else 6, BATCH)),
            pars=np.zeros((3 * sum(TERMS), BATCH)), time=np.zeros(BATCH), tol=tolerance,
        )  # fmt: skip

    def run(self) -> FloatArray:
        """Propagate all rows."""
        result = np.empty((len(self.states), SIZE))
        start, stop = np.zeros(BATCH), np.full(BATCH, self.length)
        unit = np.repeat(np.eye(6).reshape(36, 1), BATCH, axis=1)
        for first in range(0, len(self.states), BATCH):
            rows = slice(first, first + BATCH)
            self.integrator.state[:6] = self.states[rows].T
            self.integrator.state[6:] = unit
            for series in self.series:
                self.integrator.pars[:] = series[rows].T
                self.integrator.set_time(start)
                self.integrator.propagate_until(stop)
            result[rows] = self.integrator.state.T
        if self.by_columns:
            result[:, 6:] = result[:, 6:].reshape(-1, 6, 6).swapaxes(1, 2).reshape(-1, 36)
        return result[: self.count]


class HeyokaByHand(HeyokaMatrix):
    """The same on equations written by hand."""

    by_columns = True

    def system(self, heyoka: Any) -> Any:
        """Equations to integrate."""
        return written_by_hand(heyoka, self.forces, TERMS, self.length)


def long_double_matrices(forces: Forces, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> FloatArray:
    """Integrate final states and matrices by heyoka in long double at a tolerance of 1e-18.

    Parameters
    ----------
    forces : Forces
        Model.
    states, t0_tdb : numpy.ndarray (N, 6), (N,)
        km, km/s; epochs.
    span_s : float
        Length.

    Returns
    -------
    numpy.ndarray (N, 42)
    """
    import heyoka  # optional extra

    kind = np.longdouble
    series = row_series(forces, t0_tdb, span_s, 1, REFERENCE_TERMS)[0]
    system = heyoka.var_ode_sys(equations(heyoka, forces, REFERENCE_TERMS, span_s), heyoka.var_args.vars, order=1)
    integrator = heyoka.taylor_adaptive(
        system, state=np.zeros(6, dtype=kind), pars=np.zeros(series.shape[1], dtype=kind), time=kind(0.0),
        tol=kind(1e-18), fp_type=kind, compact_mode=True,
    )  # fmt: skip
    result = np.empty((len(states), SIZE))
    for row in range(len(states)):
        integrator.state[:6] = states[row]
        integrator.state[6:] = np.eye(6).ravel()
        integrator.pars[:] = series[row]
        integrator.time = kind(0.0)
        integrator.propagate_until(kind(span_s))
        result[row] = integrator.state
    return result


def matrix_ends(task: Task, world: Forces, states: FloatArray, t0_tdb: FloatArray) -> tuple[str, FloatArray]:
    """Return true final states and matrices, and whose they are.

    Parameters
    ----------
    task : Task
        Gives the span.
    world : Forces
        Model.
    states, t0_tdb : numpy.ndarray (N, 6), (N,)
        km, km/s; epochs.

    Returns
    -------
    name : str
        Which reference.
    ends : numpy.ndarray (N, 42)
        heyoka in long double where it is installed, else perilune's scalar path at 1e-15.
    """
    if find_spec("heyoka") is not None and np.finfo(np.longdouble).nmant >= 63:
        return "heyoka variational, long double 1e-18", long_double_matrices(world, states, t0_tdb, task.span_s)
    n = len(states)
    ends, matrices, t_end = np.empty((n, 6)), np.empty((n, 6, 6)), np.empty(n)
    status, event, steps = np.empty(n, np.int8), np.empty(n, np.int8), np.empty(n, np.int32)
    propagate_rows_matrix(
        world, no_stops(), states, t0_tdb, t0_tdb + task.span_s, 1e-15, 100_000, 0, n,
        ends, t_end, status, event, steps, matrices,
    )  # fmt: skip
    return "perilune scalar 1e-15", np.concatenate([ends, matrices.reshape(n, 36)], axis=1)


def matrix_errors(ends: FloatArray, reference: FloatArray) -> FloatArray:
    """Largest error of a matrix's columns over their length, positions and velocities each for themselves.

    Parameters
    ----------
    ends, reference : numpy.ndarray (N, 42)
        Results of a tool, true ones.

    Returns
    -------
    numpy.ndarray (N,)
        Infinite for rows that failed.
    """
    found, true = ends[:, 6:].reshape(-1, 6, 6), reference[:, 6:].reshape(-1, 6, 6)
    parts = []
    for part in (slice(0, 3), slice(3, 6)):
        miss = np.sqrt(((found - true)[:, part] ** 2).sum(axis=1))
        parts.append(miss / np.sqrt((true[:, part] ** 2).sum(axis=1)))
    worst = np.concatenate(parts, axis=1).max(axis=1)
    return np.where(np.isfinite(worst), worst, np.inf)


def errors_m(ends: FloatArray, reference: FloatArray) -> FloatArray:
    """Error of the final position or of the mapping of ``DEVIATION_KM``, whichever is larger.

    Parameters
    ----------
    ends, reference : numpy.ndarray (N, 42)
        Results of a tool, true ones.

    Returns
    -------
    numpy.ndarray (N,)
        m; infinite for rows that failed.
    """
    position = 1e3 * np.sqrt(((ends - reference)[:, :3] ** 2).sum(axis=1))
    mapped = 1e3 * DEVIATION_KM * matrix_errors(ends, reference)
    worst = np.maximum(position, mapped)
    return np.where(np.isfinite(worst), worst, np.inf)


def both_errors(ends: FloatArray, reference: FloatArray) -> dict[str, float]:
    """Errors of positions and of matrices each for themselves.

    Parameters
    ----------
    ends, reference : numpy.ndarray (N, 42)
        Results of a tool, true ones.

    Returns
    -------
    dict
        99th percentiles, as they go into the record.
    """
    position = 1e3 * np.sqrt(((ends - reference)[:, :3] ** 2).sum(axis=1))
    return {
        "position_error_p99_m": float(np.percentile(position, 99.0)),
        "matrix_error_p99": float(np.percentile(matrix_errors(ends, reference), 99.0)),
    }


def matrix_peer(name: str) -> Factory:
    """Make the factory of a peer in an environment of its own that gives matrices.

    Parameters
    ----------
    name : str
        One of :data:`benchmarks.peers.KINDS`.

    Returns
    -------
    callable
    """
    return lambda forces, states, t0_tdb, span_s: Peer(name, states, t0_tdb, span_s, {"matrices": True})


W3_TOOLS: Final = {
    "perilune": Tool("perilune", PeriluneMatrix, ladder(7, 14)),
    "heyoka": Tool("heyoka", HeyokaMatrix, ladder(9, 16)),
    "heyoka-hand": Tool("heyoka", HeyokaByHand, ladder(9, 16)),
    "kiam": Tool("kiam-astro", matrix_peer("kiam"), ladder(9, 12)[::2], most_rows=100),
    "gmat": Tool("gmatpy", matrix_peer("gmat"), ladder(8, 13)[::2], most_rows=50),
    "orekit": Tool("orekit-jpype", matrix_peer("orekit"), ladder(9, 14)[::2], most_rows=50),
}


def matrix_task(name: str, what: str, level_m: float) -> Task:
    """Make the task of five days past the Moon with matrices.

    Parameters
    ----------
    name, what : str
        Name, and what it is.
    level_m : float
        Error asked for.

    Returns
    -------
    Task
    """
    return Task(
        name, what, level_m, 5.0 * SECONDS_PER_DAY, departures, forces, matrix_ends, W3_TOOLS, errors_m, both_errors
    )


# 1 mm is what rounding leaves of passages near the Moon: tools would be compared by their luck there.
W3_TASKS: Final = {
    "W3": matrix_task("W3", "W1 with 6 x 6 matrices, 1 m", 1.0),
    "W3-1cm": matrix_task("W3-1cm", "W1 with 6 x 6 matrices, 1 cm", 1e-2),
}
