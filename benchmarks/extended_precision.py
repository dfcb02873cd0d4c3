"""An extended-precision reference: Stoermer's rule extrapolated to order 20, in numpy's long double.

It shares the table of the bodies and the gravitational parameters with what it checks, and nothing else: another
method, another control of steps, another arithmetic (64 bits of mantissa on x86). Point masses only. Rows run side by
side, each with its own steps. Hairer, Norsett, Wanner I, section II.14, "Extrapolation methods for second-order
equations"; Stoermer's rule in its summed form, which keeps rounding small.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.forces import Forces

FloatArray = npt.NDArray[np.float64]
LongArray = npt.NDArray[np.longdouble]
Rows = npt.NDArray[np.int64]
REAL: Final = np.longdouble

COLUMNS: Final = 10
"""Substeps 1 to 10: errors of order 20 from 55 evaluations."""
TOLERANCE: Final = 1e-17 if np.finfo(REAL).nmant >= 63 else 1e-15
"""Estimated error of a step over the distance to the nearest body, of the order below; what is kept is better."""
MOST_STEPS: Final = 20_000


class Bodies:
    """Bodies of a flat model around rows of epochs.

    Parameters
    ----------
    forces : Forces
        Model without zonal harmonics.
    t0_tdb : numpy.ndarray (N,)
        Epochs of the rows, TDB s past J2000.
    """

    def __init__(self, forces: Forces, t0_tdb: FloatArray) -> None:
        if np.any(forces.zonal[2:]):
            raise ValueError("the extended-precision reference has point masses only; found zonal harmonics")
        self.piece = REAL(forces.piece)
        self.elapsed = t0_tdb.astype(REAL) - REAL(forces.start)
        self.table = forces.table
        self.gm_center = REAL(forces.gm_center)
        self.gm = forces.gm.astype(REAL)

    def positions(self, rows: Rows, tau: LongArray) -> LongArray:
        """Positions of the bodies relative to the centre.

        Parameters
        ----------
        rows : numpy.ndarray (M,)
            Which rows.
        tau : numpy.ndarray (M,)
            Seconds past their epochs.

        Returns
        -------
        numpy.ndarray (M, B, 3)
            km.
        """
        t = self.elapsed[rows] + tau
        index = np.clip(np.floor(t / self.piece), 0, len(self.table) - 1).astype(np.int64)
        x = (2 * (t - index * self.piece) / self.piece - 1)[:, np.newaxis]
        series = self.table[index]
        value = np.zeros(series.shape[:-1], dtype=REAL)
        for power in range(series.shape[-1] - 1, -1, -1):
            value = value * x + series[..., power]
        return value.reshape(len(rows), -1, 3)[:, : len(self.gm)]

    def acceleration(self, rows: Rows, tau: LongArray, place: LongArray) -> LongArray:
        """Acceleration relative to the centre.

        Parameters
        ----------
        rows, tau
            See :meth:`positions`.
        place : numpy.ndarray (M, 3)
            km.

        Returns
        -------
        numpy.ndarray (M, 3)
            km/s2.
        """
        total = -self.gm_center * per_cube(place)
        bodies = self.positions(rows, tau)
        for b, gm in enumerate(self.gm):
            if gm != 0:  # tables are padded
                total += gm * (per_cube(bodies[:, b] - place) - per_cube(bodies[:, b]))
        return total

    def nearest(self, rows: Rows, tau: LongArray, place: LongArray) -> LongArray:
        """Distance to the nearest attracting body.

        Parameters
        ----------
        rows, tau, place
            See :meth:`acceleration`.

        Returns
        -------
        numpy.ndarray (M,)
            km.
        """
        bodies = self.positions(rows, tau)[:, self.gm != 0]
        others = np.sqrt(((bodies - place[:, np.newaxis]) ** 2).sum(axis=2)).min(axis=1)
        return np.minimum(np.sqrt((place**2).sum(axis=1)), others)


def per_cube(d: LongArray) -> LongArray:
    """Vectors over the cubes of their lengths.

    Parameters
    ----------
    d : numpy.ndarray (M, 3)
        Vectors.

    Returns
    -------
    numpy.ndarray (M, 3)
    """
    square = (d * d).sum(axis=1)
    return d / (square * np.sqrt(square))[:, np.newaxis]


def stoermer(
    bodies: Bodies, rows: Rows, tau: LongArray, state: LongArray, first: LongArray, h: LongArray, n: int
) -> LongArray:
    """One step of n substeps; its error has even powers of h / n only.

    Parameters
    ----------
    bodies : Bodies
        Model.
    rows, tau : numpy.ndarray (M,)
        Rows and seconds past their epochs.
    state : numpy.ndarray (M, 6)
        Start of the step.
    first : numpy.ndarray (M, 3)
        Acceleration there.
    h : numpy.ndarray (M,)
        Lengths of the step.
    n : int
        Substeps.

    Returns
    -------
    numpy.ndarray (M, 6)
        Increments of position and velocity.
    """
    part = (h / n)[:, np.newaxis]
    moved = part * (state[:, 3:] + 0.5 * part * first)
    total = moved.copy()
    for i in range(1, n):
        force = bodies.acceleration(rows, tau + i * part[:, 0], state[:, :3] + total)
        moved = moved + part * part * force
        total = total + moved
    last = bodies.acceleration(rows, tau + h, state[:, :3] + total)
    return np.concatenate([total, moved / part + 0.5 * part * last - state[:, 3:]], axis=1)


def extended_ends(forces: Forces, states: FloatArray, t0_tdb: FloatArray, spans_s: FloatArray) -> FloatArray:
    """Propagate rows, each over its own span.

    Parameters
    ----------
    forces : Forces
        Model without zonal harmonics.
    states : numpy.ndarray (N, 6)
        km, km/s.
    t0_tdb, spans_s : numpy.ndarray (N,)
        Epochs, TDB s past J2000; seconds to go, forward or backward.

    Returns
    -------
    numpy.ndarray (N, 6)
        Final states, rounded to double.

    Raises
    ------
    ValueError
        Zonal harmonics, or rows that need more than :data:`MOST_STEPS` steps.
    """
    bodies = Bodies(forces, t0_tdb)
    y = states.astype(REAL)
    tau, span = np.zeros(len(y), dtype=REAL), spans_s.astype(REAL)
    everything = np.arange(len(y))
    h = np.minimum(np.abs(span), 0.3 * pace(bodies, everything, tau, y[:, :3]))
    rows = everything[span != 0]
    for _ in range(MOST_STEPS):
        if not rows.size:
            return y.astype(np.float64)
        left = span[rows] - tau[rows]
        last = np.abs(left) <= h[rows]
        use = np.where(last, left, np.copysign(h[rows], left))
        increment, ratio = extrapolated(bodies, rows, tau[rows], y[rows], use)
        good = ratio <= 1
        done = rows[good]
        y[done] += increment[good]
        tau[done] = np.where(last, span[rows], tau[rows] + use)[good]
        factor = np.clip(0.8 * np.maximum(ratio, 1e-30) ** (-1.0 / (2 * COLUMNS - 1)), 0.2, 2.0)
        # A step cut by the end of the span says nothing against longer ones, but none follows it.
        h[rows] = np.abs(use) * factor
        rows = rows[~(good & last)]
    raise ValueError(f"{rows.size} rows are not done after {MOST_STEPS} steps")


def pace(bodies: Bodies, rows: Rows, tau: LongArray, place: LongArray) -> LongArray:
    """Local time scale: square root of distance over acceleration.

    Parameters
    ----------
    bodies, rows, tau, place
        See :meth:`Bodies.acceleration`.

    Returns
    -------
    numpy.ndarray (M,)
        s.
    """
    force = bodies.acceleration(rows, tau, place)
    return np.sqrt(bodies.nearest(rows, tau, place) / np.sqrt((force**2).sum(axis=1)))


def extrapolated(
    bodies: Bodies, rows: Rows, tau: LongArray, state: LongArray, h: LongArray
) -> tuple[LongArray, LongArray]:
    """One step, extrapolated from 1 to :data:`COLUMNS` substeps (Aitken and Neville's scheme).

    Parameters
    ----------
    bodies, rows, tau, state, h
        See :func:`stoermer`.

    Returns
    -------
    increment : numpy.ndarray (M, 6)
        Of position and velocity.
    ratio : numpy.ndarray (M,)
        Estimated error over the tolerance.
    """
    first = bodies.acceleration(rows, tau, state[:, :3])
    line: list[LongArray] = []
    for j in range(1, COLUMNS + 1):
        new = [stoermer(bodies, rows, tau, state, first, h, j)]
        for k in range(1, j):
            new.append(new[-1] + (new[-1] - line[k - 1]) / ((REAL(j) / (j - k)) ** 2 - 1))
        line = new
    error = line[-1] - line[-2]
    size = np.maximum(
        np.sqrt((error[:, :3] ** 2).sum(axis=1)), np.abs(h) * np.sqrt((error[:, 3:] ** 2).sum(axis=1))
    )
    return line[-1], size / (TOLERANCE * bodies.nearest(rows, tau, state[:, :3]))
