"""Heyoka (optional extra ``bench``): Taylor integration, eight trajectories a batch, fed with DE440.

Heyoka has no DE440 of its own. Its equations get the positions of Moon and Sun, and the frame's acceleration, as power
series in time whose coefficients are runtime parameters of each batch. Of the forms that were tried (Horner, shared
powers; one, two and five pieces a span; indirect terms from positions or as a series) this one is the fastest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.series import row_series
from sim.core.forces import Forces

FloatArray = npt.NDArray[np.float64]

BATCH: Final = 8
PIECES: Final = 2
TERMS: Final = (13, 8, 11)
REFERENCE_TERMS: Final = (20, 11, 17)


def equations(
    heyoka: Any,
    forces: Forces,
    terms: tuple[int, int, int],
    length_s: float,
    watch: Callable[[float, list[Any]], None] | None = None,
) -> list[Any]:
    """Equations of motion about Earth with Moon and Sun.

    Parameters
    ----------
    heyoka : module
        The library.
    forces : Forces
        Source of the gravitational parameters.
    terms : tuple of int
        Coefficients of Moon, Sun and frame.
    length_s : float
        Length of the piece in which time runs from 0.
    watch : callable, optional
        Gets the gravitational parameter and the way to each attracting body.

    Returns
    -------
    list of tuple
        Variables with their derivatives.
    """
    position = heyoka.make_vars("x", "y", "z")
    velocity = heyoka.make_vars("vx", "vy", "vz")
    argument = heyoka.time * (2.0 / length_s) - 1.0
    powers = [None, argument]
    for n in range(2, max(terms)):
        powers.append(powers[n // 2] * powers[n - n // 2])

    def series(first: int, count: int) -> list[Any]:
        return [
            heyoka.sum([heyoka.par[first + c], *(heyoka.par[first + 3 * n + c] * powers[n] for n in range(1, count))])
            for c in range(3)
        ]

    moon = series(0, terms[0])
    sun = series(3 * terms[0], terms[1])
    frame = series(3 * (terms[0] + terms[1]), terms[2])

    def pull(gm: float, vector: list[Any]) -> list[Any]:
        if watch is not None:
            watch(abs(gm), vector)
        factor = gm * heyoka.sum([c**2 for c in vector]) ** -1.5
        return [factor * c for c in vector]

    direct = [pull(-forces.gm_center, list(position))]
    for gm, body in zip(forces.gm, (moon, sun), strict=True):
        direct.append(pull(float(gm), [b - p for b, p in zip(body, position, strict=True)]))
    acceleration = [heyoka.sum([*(d[c] for d in direct), frame[c]]) for c in range(3)]
    return [*zip(position, velocity, strict=True), *zip(velocity, acceleration, strict=True)]


class HeyokaBatch:
    """Heyoka's batch integrator on a task's rows."""

    def __init__(self, forces: Forces, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> None:
        missing = -len(states) % BATCH
        self.count = len(states)
        # The last batch is filled up with copies; its time counts.
        self.states = np.concatenate([states, np.repeat(states[-1:], missing, axis=0)])
        epochs = np.concatenate([t0_tdb, np.repeat(t0_tdb[-1:], missing)])
        self.series = row_series(forces, epochs, span_s, PIECES, TERMS)
        self.length = span_s / PIECES
        self.forces = forces
        self.integrator: Any = None

    def prepare(self, tolerance: float) -> None:
        """Compile for a tolerance.

        Parameters
        ----------
        tolerance : float
            Of heyoka.
        """
        import heyoka  # optional extra

        system = equations(heyoka, self.forces, TERMS, self.length)
        parameters = np.zeros((3 * sum(TERMS), BATCH))
        self.integrator = heyoka.taylor_adaptive_batch(
            system, state=np.zeros((6, BATCH)), pars=parameters, time=np.zeros(BATCH), tol=tolerance
        )

    def run(self) -> FloatArray:
        """Propagate all rows.

        Returns
        -------
        numpy.ndarray (N, 6)
            Final states, km and km/s.
        """
        result = np.empty_like(self.states)
        start, stop = np.zeros(BATCH), np.full(BATCH, self.length)
        for first in range(0, len(self.states), BATCH):
            rows = slice(first, first + BATCH)
            self.integrator.state[:] = self.states[rows].T
            for series in self.series:
                self.integrator.pars[:] = series[rows].T
                self.integrator.set_time(start)
                self.integrator.propagate_until(stop)
            result[rows] = self.integrator.state.T
        return result[: self.count]


def long_double_ends(forces: Forces, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> FloatArray:
    """Propagate by heyoka in long double (64-bit mantissa) at a tolerance of 1e-18.

    Parameters
    ----------
    forces : Forces
        Model.
    states : numpy.ndarray (N, 6)
        km, km/s.
    t0_tdb : numpy.ndarray (N,)
        Epochs.
    span_s : float
        Length.

    Returns
    -------
    numpy.ndarray (N, 6)
        km, km/s.
    """
    import heyoka  # optional extra

    kind = np.longdouble
    series = row_series(forces, t0_tdb, span_s, 1, REFERENCE_TERMS)[0]
    integrator = heyoka.taylor_adaptive(
        equations(heyoka, forces, REFERENCE_TERMS, span_s),
        state=np.zeros(6, dtype=kind), pars=np.zeros(series.shape[1], dtype=kind), time=kind(0.0), tol=kind(1e-18),
        fp_type=kind,
    )  # fmt: skip
    result = np.empty_like(states)
    for row in range(len(states)):
        integrator.state[:] = states[row]
        integrator.pars[:] = series[row]
        integrator.time = kind(0.0)
        integrator.propagate_until(kind(span_s))
        result[row] = integrator.state
    return result
