"""Evaluation of uniform Chebyshev tables, kernel side.

A packed table has the shape (pieces, coefficients, 3 * bodies): piece ``k`` covers ``[k, k + 1] * piece`` seconds past
the table's start; column ``3 b + i`` is component ``i`` of body ``b``.

A row of a batch keeps its own origin: the piece in which it starts, and its offset inside that piece. Both are exact
in floating point, so that the bits of a result do not depend on where the table starts.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel


@kernel
def locate(time: float, start: float, piece: float) -> tuple[int, float]:
    """Return the piece in which a time lies and the offset from its beginning.

    Parameters
    ----------
    time, start, piece : float
        Time, start of the table, length of a piece.

    Returns
    -------
    tuple of int, float
        Piece (may lie outside the table) and offset in [0, piece).
    """
    elapsed = time - start
    index = math.floor(elapsed / piece)
    return int(index), elapsed - index * piece


@kernel
def piece_argument(index: int, offset: float, piece: float, n_pieces: int) -> tuple[int, float]:
    """Return the piece and the Chebyshev argument for an offset from the beginning of another piece.

    Parameters
    ----------
    index : int
        The piece from which ``offset`` counts.
    offset : float
        May be negative or longer than a piece.
    piece : float
        Length of a piece.
    n_pieces : int
        Pieces in the table; the result is clamped to it.

    Returns
    -------
    tuple of int, float
        Piece in the table, argument in [-1, 1] (outside only beyond the ends of the table).
    """
    jump = int(math.floor(offset / piece))
    jump = min(max(jump, -index), n_pieces - 1 - index)
    return index + jump, 2.0 * ((offset - jump * piece) / piece) - 1.0


@kernel
def polynomials(x: float, out: npt.NDArray[np.float64]) -> None:
    """Fill ``out`` with the Chebyshev polynomials T_0..T_(n-1) at ``x``.

    Parameters
    ----------
    x : float
        Argument.
    out : numpy.ndarray (n,)
        Result, n >= 2.
    """
    out[0] = 1.0
    out[1] = x
    twice = 2.0 * x
    for j in range(2, out.shape[0]):
        out[j] = twice * out[j - 1] - out[j - 2]


@kernel
def body_position(
    coefficients: npt.NDArray[np.float64], body: int, basis: npt.NDArray[np.float64]
) -> tuple[float, float, float]:
    """Sum one body's series.

    Parameters
    ----------
    coefficients : numpy.ndarray (coefficients, 3 * bodies)
        One piece of a packed table.
    body : int
        Column group.
    basis : numpy.ndarray (coefficients,)
        Polynomials at the argument.

    Returns
    -------
    tuple of float
        x, y, z.
    """
    x = 0.0
    y = 0.0
    z = 0.0
    # Small terms first.
    for j in range(coefficients.shape[0] - 1, -1, -1):
        value = basis[j]
        x += value * coefficients[j, 3 * body]
        y += value * coefficients[j, 3 * body + 1]
        z += value * coefficients[j, 3 * body + 2]
    return x, y, z
