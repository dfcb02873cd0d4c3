"""Tables of the Earth's orientation for the compiled core, on the grid of the ephemeris tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sim.core.body_axes import EARTH_SPIN
from sim.ephemeris import ChebyshevTable
from sim.frames import R_itrf_icrf
from sim.timescales import earth_orientation

FloatArray = np.ndarray[Any, np.dtype[np.float64]]

Axes = Callable[[FloatArray], FloatArray]

COEFFICIENTS = 8
"""On one-day pieces these leave 2e-11 rad (0.1 mm on the ground, ``tests/unit/test_full_forces.py``)."""


def earth_table(grid: ChebyshevTable, axes: Axes = R_itrf_icrf) -> FloatArray:
    """Fit the Earth's orientation on the pieces of another table.

    Parameters
    ----------
    grid : ChebyshevTable
        Whose pieces to use.
    axes : callable
        Epochs (N,) to R_itrf_icrf (N, 3, 3).

    Returns
    -------
    ndarray (P, 5, COEFFICIENTS)
        See :func:`sim.core.body_axes.earth_axes`. A piece has the same bits whatever the span of the grid.

    Raises
    ------
    InputError, DataError
        As :func:`sim.frames.R_itrf_icrf`.
    """
    angle = np.pi * (np.arange(COEFFICIENTS) + 0.5) / COEFFICIENTS
    since = 0.5 * grid.piece_s * (1.0 + np.cos(angle))
    starts = grid.start_tdb + grid.piece_s * np.arange(grid.n_pieces)
    values = _functions((starts[:, np.newaxis] + since).ravel(), axes).reshape(grid.n_pieces, COEFFICIENTS, 5)
    # Only the rest of theta beyond the uniform rotation is slow; its first node fixes the number of turns.
    rest = values[:, :, 2] - EARTH_SPIN * since
    values[:, :, 2] = rest[:, :1] + np.remainder(rest - rest[:, :1] + np.pi, 2.0 * np.pi) - np.pi
    out = np.zeros((grid.n_pieces, 5, COEFFICIENTS))
    for j in range(COEFFICIENTS):
        weights = np.cos(j * angle) * ((1.0 if j == 0 else 2.0) / COEFFICIENTS)
        for k in range(COEFFICIENTS):
            out[:, :, j] += weights[k] * values[:, k]
    return out


def _functions(t_tdb: FloatArray, axes: Axes) -> FloatArray:
    """X, Y, theta, x_p, y_p (N, 5): the inverse of :func:`sim.core.body_axes.earth_axes`."""
    places = earth_orientation(t_tdb)
    R = axes(t_tdb)
    xp, yp = places.pole_x_rad, places.pole_y_rad
    # R_y(xp) R_x(yp) R is R_z(theta) Q; its last row is the pole, its first one holds theta.
    third = -np.sin(yp)[:, np.newaxis] * R[:, 1] + np.cos(yp)[:, np.newaxis] * R[:, 2]
    first = np.cos(xp)[:, np.newaxis] * R[:, 0] - np.sin(xp)[:, np.newaxis] * third
    x, y, z = (np.sin(xp)[:, np.newaxis] * R[:, 0] + np.cos(xp)[:, np.newaxis] * third).T
    a = 1.0 / (1.0 + z)
    cosine = first[:, 0] * (1.0 - a * x * x) - first[:, 1] * a * x * y - first[:, 2] * x
    sine = -first[:, 0] * a * x * y + first[:, 1] * (1.0 - a * y * y) - first[:, 2] * y
    return np.stack([x, y, np.arctan2(sine, cosine), xp, yp], axis=1)
