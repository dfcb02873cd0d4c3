"""Evaluation of uniform Chebyshev tables by Clenshaw's recurrence.

A table has coefficients of the shape (pieces, bodies, 3, n): piece ``k`` covers ``[k, k + 1] * piece`` seconds past
the table's start, and inside it the argument runs from -1 to 1. The fast trajectory path reads power series instead
(:mod:`sim.core.nodes`); the verification path reads these.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel

Array = npt.NDArray[np.float64]


@lean_kernel
def argument(t: float, start: float, piece: float, n_pieces: int) -> tuple[int, float]:
    """Piece and argument of a time; times outside use the first or last piece.

    Counted from the beginning of the piece, so that the bits of the argument do not depend on where the table starts.

    Parameters
    ----------
    t, start, piece : float
        Time, start of the table, length of a piece.
    n_pieces : int
        Pieces in the table.

    Returns
    -------
    tuple of int, float
        Piece and argument.
    """
    k = int(math.floor((t - start) / piece))  # noqa: RUF046 (a float in compiled code)
    if t < start + k * piece:  # the difference was rounded up to an edge
        k -= 1
    k = min(max(k, 0), n_pieces - 1)
    return k, 2.0 * (t - (start + k * piece)) / piece - 1.0


@lean_kernel
def clenshaw(coefficients: Array, x: float) -> float:
    """Sum c_j T_j(x) (Clenshaw 1955; Press et al., Numerical Recipes, eq. 5.8.11).

    Parameters
    ----------
    coefficients : numpy.ndarray (n,)
        Coefficients, n >= 1.
    x : float
        Argument.

    Returns
    -------
    float
        Value of the series.
    """
    later = 0.0
    latest = 0.0
    for j in range(coefficients.shape[0] - 1, 0, -1):
        latest, later = 2.0 * x * latest - later + coefficients[j], latest
    return x * latest - later + coefficients[0]


@lean_kernel
def clenshaw_derivative(coefficients: Array, x: float) -> float:
    """Differentiate the series with respect to its argument.

    Parameters
    ----------
    coefficients : numpy.ndarray (n,)
        Coefficients, n >= 1.
    x : float
        Argument.

    Returns
    -------
    float
        Sum of c_j T'_j(x).
    """
    later = 0.0
    latest = 0.0
    later_slope = 0.0
    latest_slope = 0.0
    for j in range(coefficients.shape[0] - 1, 0, -1):
        latest_slope, later_slope = 2.0 * (latest + x * latest_slope) - later_slope, latest_slope
        latest, later = 2.0 * x * latest - later + coefficients[j], latest
    return latest + x * latest_slope - later_slope


@lean_kernel
def clenshaw_curve(coefficients: Array, x: float) -> tuple[float, float, float]:
    """Value of a series and its first two derivatives with respect to its argument.

    Parameters
    ----------
    coefficients : numpy.ndarray (n,)
        Coefficients, n >= 1.
    x : float
        Argument.

    Returns
    -------
    tuple of float
        Sums of c_j T_j(x), c_j T'_j(x) and c_j T''_j(x).
    """
    later = 0.0
    latest = 0.0
    later_slope = 0.0
    latest_slope = 0.0
    later_curve = 0.0
    latest_curve = 0.0
    for j in range(coefficients.shape[0] - 1, 0, -1):
        latest_curve, later_curve = 2.0 * (2.0 * latest_slope + x * latest_curve) - later_curve, latest_curve
        latest_slope, later_slope = 2.0 * (latest + x * latest_slope) - later_slope, latest_slope
        latest, later = 2.0 * x * latest - later + coefficients[j], latest
    value = x * latest - later + coefficients[0]
    return value, latest + x * latest_slope - later_slope, 2.0 * latest_slope + x * latest_curve - later_curve


@lean_kernel
def position(coefficients: Array, start: float, piece: float, body: int, t: float) -> tuple[float, float, float]:
    """Position of one body at one time.

    Parameters
    ----------
    coefficients : numpy.ndarray (P, B, 3, n)
        Table.
    start, piece : float
        Start of the table, length of a piece.
    body : int
        Index in the table.
    t : float
        Time on the same scale as ``start``.

    Returns
    -------
    tuple of float
        x, y, z.
    """
    k, x = argument(t, start, piece, coefficients.shape[0])
    series = coefficients[k, body]
    return clenshaw(series[0], x), clenshaw(series[1], x), clenshaw(series[2], x)


@lean_kernel
def states(coefficients: Array, start: float, piece: float, body: int, t: Array, out: Array) -> None:
    """Positions and velocities of one body at N times.

    Parameters
    ----------
    coefficients, start, piece, body
        See :func:`position`.
    t : numpy.ndarray (N,)
        Times.
    out : numpy.ndarray (N, 6)
        Result.
    """
    rate = 2.0 / piece
    for row in range(t.shape[0]):
        k, x = argument(t[row], start, piece, coefficients.shape[0])
        for axis in range(3):
            series = coefficients[k, body, axis]
            out[row, axis] = clenshaw(series, x)
            out[row, 3 + axis] = clenshaw_derivative(series, x) * rate
