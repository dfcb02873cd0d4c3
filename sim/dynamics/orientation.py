"""Tables of the Earth's orientation for the compiled core, on the grid of the ephemeris tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.core.body_axes import EARTH_SPIN
from sim.ephemeris import ChebyshevTable
from sim.frames import R_itrf_icrf, tod_pole_icrf
from sim.timescales import earth_orientation

FloatArray = np.ndarray[Any, np.dtype[np.float64]]

COEFFICIENTS = 8
"""On one-day pieces these leave 2e-12 rad (0.02 mm on the ground, ``tests/unit/test_full_model.py``)."""


def earth_table(grid: ChebyshevTable) -> FloatArray:
    """Fit the Earth's orientation on the pieces of another table.

    Parameters
    ----------
    grid : ChebyshevTable
        Whose pieces to use.

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
    values = _functions((starts[:, np.newaxis] + since).ravel()).reshape(grid.n_pieces, COEFFICIENTS, 5)
    # Only the rest of theta beyond the uniform rotation is slow; its first node fixes the number of turns.
    rest = values[:, :, 2] - EARTH_SPIN * since
    values[:, :, 2] = rest[:, :1] + np.remainder(rest - rest[:, :1] + np.pi, 2.0 * np.pi) - np.pi
    out = np.zeros((grid.n_pieces, 5, COEFFICIENTS))
    for j in range(COEFFICIENTS):
        weights = np.cos(j * angle) * ((1.0 if j == 0 else 2.0) / COEFFICIENTS)
        for k in range(COEFFICIENTS):
            out[:, :, j] += weights[k] * values[:, k]
    return out


def _functions(t_tdb: FloatArray) -> FloatArray:
    """X, Y, theta, x_p, y_p (N, 5): the inverse of :func:`sim.core.body_axes.earth_axes`."""
    pole = tod_pole_icrf(t_tdb)
    x, y, z = pole[:, 0], pole[:, 1], pole[:, 2]
    places = earth_orientation(t_tdb)
    R = R_itrf_icrf(t_tdb)
    # Row 0 of R_y(xp) R_x(yp) R, which is R_z(theta) Q.
    xp, yp = places.pole_x_rad, places.pole_y_rad
    third = -np.sin(yp)[:, np.newaxis] * R[:, 1] + np.cos(yp)[:, np.newaxis] * R[:, 2]
    first = np.cos(xp)[:, np.newaxis] * R[:, 0] - np.sin(xp)[:, np.newaxis] * third
    a = 1.0 / (1.0 + z)
    cosine = first[:, 0] * (1.0 - a * x * x) - first[:, 1] * a * x * y - first[:, 2] * x
    sine = -first[:, 0] * a * x * y + first[:, 1] * (1.0 - a * y * y) - first[:, 2] * y
    return np.stack([x, y, np.arctan2(sine, cosine), xp, yp], axis=1)
