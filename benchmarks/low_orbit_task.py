"""Task W2: low lunar orbits for a week under the figure of the Moon, to degree 20 and to degree 70.

The orbits are polar, 100 km high and nearly circular. What acts: GRGM1200A in the principal axes of DE440, Earth and
Sun as points. All tools take the axes and the positions from the same power series, on pieces of a quarter of a day;
the rows begin where a piece begins, so that heyoka need not look for it.

perilune's ladder are steps per revolution, heyoka's are tolerances. heyoka has spherical harmonics of its own
(``model.sh_gravity_acc``); eight orbits share a batch, and the equations are compiled in its compact mode, the only one
that gets to these degrees. The reference is perilune's scalar path, an adaptive integrator of another kind with another
form of the harmonics and the full tables; :func:`second_reference_m` compares it with heyoka at its tightest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.tasks import FIRST_TDB, MONTH_DAY, Task
from benchmarks.tools import Tool
from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY
from sim.core.low_table import AXES, AXES_TERMS, BODIES, BODY_TERMS, DIRECT, FRAME, FRAME_TERMS, LowTable
from sim.dynamics import FullForceModel, open_gravity_field
from sim.propagation import propagate_full, propagate_low_orbits

FloatArray = npt.NDArray[np.float64]

SPAN_S: Final = 7.0 * SECONDS_PER_DAY
PIECE_S: Final = 0.25 * SECONDS_PER_DAY
HEIGHT_KM: Final = 100.0
BATCH: Final = 8
SUN_TERMS: Final = 4
"""Of the Sun's position in heyoka's equations: 10 m over a piece."""
PARAMETERS: Final = FRAME + 3 * FRAME_TERMS


@cache
def model(degree: int) -> FullForceModel:
    """Give the forces of the task.

    Parameters
    ----------
    degree : int
        Of the figure.

    Returns
    -------
    FullForceModel
    """
    return FullForceModel(
        center="moon",
        point_masses=("earth", "moon", "sun"),
        moon_field=open_gravity_field("grgm1200a", degree),
        figures_move_center=False,
    )


@dataclass(frozen=True)
class World:
    """The model as the tools take it.

    Attributes
    ----------
    degree : int
        Of the figure.
    table : LowTable
        Power series.
    """

    degree: int
    table: LowTable


def world(degree: int) -> Callable[[float, float], World]:
    """Make the world of a degree.

    Parameters
    ----------
    degree : int
        Of the figure.

    Returns
    -------
    callable
        From first and last epoch.
    """
    return lambda start, stop: World(degree, model(degree).flat(start, stop).low_orbits)


def orbits(seed: int, n_rows: int) -> tuple[FloatArray, FloatArray]:
    """Polar orbits, 95 to 105 km high at a point that is the lowest or nearly so, at quarter days of a month.

    Parameters
    ----------
    seed : int
        Seed.
    n_rows : int
        Rows.

    Returns
    -------
    states_km_km_s : numpy.ndarray (N, 6)
        Moon-centred ICRF.
    t0_tdb : numpy.ndarray (N,)
        TDB s past J2000.
    """
    random = np.random.default_rng(seed)
    field = model(20).moon_field
    assert field is not None
    day = np.floor(FIRST_TDB / SECONDS_PER_DAY) + 0.5
    t0 = SECONDS_PER_DAY * (day + 0.25 * random.integers(0, int(4 * MONTH_DAY), n_rows))
    inclination = np.deg2rad(random.uniform(88.0, 92.0, n_rows))
    node, argument = random.uniform(0.0, 2.0 * np.pi, (2, n_rows))
    radius = MOON.radius_km + HEIGHT_KM + random.uniform(-5.0, 5.0, n_rows)
    speed = np.sqrt(field.gm_km3_s2 * (1.0 + random.uniform(0.0, 0.004, n_rows)) / radius)
    along = np.stack([np.cos(node), np.sin(node), np.zeros(n_rows)], axis=1)
    across = np.stack(
        [-np.sin(node) * np.cos(inclination), np.cos(node) * np.cos(inclination), np.sin(inclination)], axis=1
    )
    c, s = np.cos(argument)[:, np.newaxis], np.sin(argument)[:, np.newaxis]
    place = radius[:, np.newaxis] * (c * along + s * across)
    return np.concatenate([place, speed[:, np.newaxis] * (c * across - s * along)], axis=1), t0


def reference_ends(task: Task, known: World, states: FloatArray, t0_tdb: FloatArray) -> tuple[str, FloatArray]:
    """Propagate by the scalar path.

    Parameters
    ----------
    task : Task
        Task.
    known : World
        Model.
    states : numpy.ndarray (N, 6)
        km, km/s.
    t0_tdb : numpy.ndarray (N,)
        Epochs.

    Returns
    -------
    name : str
        Which reference.
    ends : numpy.ndarray (N, 6)
        km, km/s.
    """
    times = t0_tdb[:, np.newaxis] + task.span_s
    ends = propagate_full(states, t0_tdb, times, model(known.degree), tolerance=1e-14, impacts=False, threads=None)
    return "perilune scalar dop853 1e-14", ends.states


class Perilune:
    """Gauss-Jackson in lanes; the ladder are steps per revolution."""

    def __init__(self, known: World, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> None:
        self.model, self.states, self.t0 = model(known.degree), states, t0_tdb
        self.times = t0_tdb[:, np.newaxis] + span_s
        self.steps = 100.0

    def prepare(self, tolerance: float) -> None:
        """Set the steps per revolution."""
        self.steps = tolerance

    def run(self) -> FloatArray:
        """Propagate all rows; NaN for rows that failed."""
        done = propagate_low_orbits(
            self.states, self.t0, self.times, self.model, impact_radius_km=0.0, threads=1,
            steps_per_revolution=self.steps,
        )  # fmt: skip
        return np.where(done.ok[:, np.newaxis], done.states, np.nan)


def equations(heyoka: Any, known: World) -> list[Any]:
    """Equations of motion about the Moon, in the time of a piece.

    Parameters
    ----------
    heyoka : module
        The library.
    known : World
        Model.

    Returns
    -------
    list of tuple
        Variables with their derivatives.
    """
    place = list(heyoka.make_vars("x", "y", "z"))
    speed = list(heyoka.make_vars("vx", "vy", "vz"))
    argument = heyoka.time * (2.0 / known.table.stride) - 1.0

    def series(first: int, stride: int, terms: int) -> Any:
        value = heyoka.par[first + stride * (terms - 1)]
        for j in range(terms - 2, -1, -1):
            value = value * argument + heyoka.par[first + stride * j]
        return value

    scalar, *axis = (series(AXES + k, 4, AXES_TERMS) for k in range(4))

    def cross(u: list[Any], v: list[Any]) -> list[Any]:
        return [u[(k + 1) % 3] * v[(k + 2) % 3] - u[(k + 2) % 3] * v[(k + 1) % 3] for k in range(3)]

    def turned(v: list[Any], sense: float) -> list[Any]:
        once = [2.0 * c for c in cross(axis, v)]
        twice = cross(axis, once)
        return [v[k] - sense * scalar * once[k] + twice[k] for k in range(3)]

    field = model(known.degree).moon_field
    assert field is not None
    rows, columns = np.tril_indices(known.degree + 1)
    pairs = np.stack([field.cosine[rows, columns], field.sine[rows, columns]], axis=1)
    pairs[0, 0] = 1.0
    own = heyoka.model.sh_gravity_acc(
        turned(place, 1.0), pairs.tolist(), heyoka.expression(known.table.gm), heyoka.expression(field.radius_km)
    )
    parts = [turned(own, -1.0), [series(FRAME + k, 3, FRAME_TERMS) for k in range(3)]]
    for b, terms in zip(range(DIRECT), (BODY_TERMS, SUN_TERMS), strict=True):
        away = [series(BODIES + 3 * BODY_TERMS * b + k, 3, terms) - place[k] for k in range(3)]
        factor = float(known.table.gm_direct[b]) * heyoka.sum([c**2 for c in away]) ** -1.5
        parts.append([factor * c for c in away])
    total = [heyoka.sum([part[k] for part in parts]) for k in range(3)]
    return [*zip(place, speed, strict=True), *zip(speed, total, strict=True)]


class HeyokaBatch:
    """Heyoka's batch integrator."""

    def __init__(self, known: World, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> None:
        missing = -len(states) % BATCH
        self.count = len(states)
        # The last batch is filled up with copies; its time counts.
        self.states = np.concatenate([states, np.repeat(states[-1:], missing, axis=0)])
        epochs = np.concatenate([t0_tdb, np.repeat(t0_tdb[-1:], missing)])
        self.first = np.rint((epochs - known.table.start) / known.table.stride).astype(np.int64)
        self.pieces = round(span_s / known.table.stride)
        self.known = known
        self.integrator: Any = None

    def prepare(self, tolerance: float) -> None:
        """Compile for a tolerance.

        Parameters
        ----------
        tolerance : float
            Of heyoka.
        """
        import heyoka  # optional extra

        self.integrator = heyoka.taylor_adaptive_batch(
            equations(heyoka, self.known), state=np.zeros((6, BATCH)), pars=np.zeros((PARAMETERS, BATCH)),
            time=np.zeros(BATCH), tol=tolerance, compact_mode=True,
        )  # fmt: skip

    def run(self) -> FloatArray:
        """Propagate all rows.

        Returns
        -------
        numpy.ndarray (N, 6)
            Final states, km and km/s.
        """
        result = np.empty_like(self.states)
        start, stop = np.zeros(BATCH), np.full(BATCH, self.known.table.stride)
        for first in range(0, len(self.states), BATCH):
            rows = slice(first, first + BATCH)
            self.integrator.state[:] = self.states[rows].T
            for piece in range(self.pieces):
                self.integrator.pars[:] = self.known.table.rows[self.first[rows] + piece, :PARAMETERS].T
                self.integrator.set_time(start)
                self.integrator.propagate_until(stop)
            result[rows] = self.integrator.state.T
        return result[: self.count]


def second_reference_m(degree: int, seed: int = 1, n_rows: int = BATCH) -> FloatArray:
    """Difference of the reference to heyoka at a tolerance of 1e-15.

    Parameters
    ----------
    degree : int
        Of the figure.
    seed, n_rows : int
        Rows.

    Returns
    -------
    numpy.ndarray (N,)
        m, after the task's span.
    """
    task = TASKS[f"W2-{degree}"]
    states, t0 = orbits(seed, n_rows)
    known = world(degree)(float(t0.min()), float(t0.max()) + task.span_s)
    heyoka = HeyokaBatch(known, states, t0, task.span_s)
    heyoka.prepare(1e-15)
    difference = heyoka.run() - reference_ends(task, known, states, t0)[1]
    return np.asarray(1e3 * np.sqrt((difference[:, :3] ** 2).sum(axis=1)))


def tools(first_steps: int, heyoka_tolerances: tuple[float, ...], heyoka_rows: int) -> dict[str, Tool]:
    """Tools of one degree.

    Parameters
    ----------
    first_steps : int
        Least steps per revolution that are tried.
    heyoka_tolerances : tuple of float
        Its ladder.
    heyoka_rows : int
        Rows that it does.

    Returns
    -------
    dict of str to Tool
    """
    steps = tuple(float(n) for n in range(first_steps, 401, 5))
    return {
        "perilune": Tool("perilune", Perilune, steps),
        "heyoka": Tool("heyoka", HeyokaBatch, heyoka_tolerances, most_rows=heyoka_rows),
    }


TASKS: Final = {
    f"W2-{degree}": Task(
        f"W2-{degree}", f"7 days 100 km above the Moon, degree {degree}, 1 m", 1.0, SPAN_S, orbits, world(degree),
        reference_ends, tools(*choice),
    )
    for degree, choice in (
        (20, (65, (1e-9, 5.6e-10, 3.2e-10, 1.8e-10, 1e-10, 5.6e-11), 64)),
        (70, (140, (3.2e-10, 1e-10, 3.2e-11, 1e-11), 8)),
    )
}  # fmt: skip
