"""Body-fixed axes of Earth and Moon from Chebyshev tables, and how vectors go in and out of them.

Earth: R_itrf_icrf = W R_z(theta) Q, where Q follows from the celestial pole X, Y (IERS Conventions 2010, eq. 5.10
without the locator s), W = R_x(-y_p) R_y(-x_p) from the pole coordinates, and theta is the Earth rotation angle less
s plus s'. The table holds X, Y, x_p, y_p and what theta has beyond a uniform rotation since the start of the piece:
slow functions. Moon: R_pa_icrf = R_z(psi) R_x(angle) R_z(phi) from the libration angles.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.chebyshev import clenshaw
from sim.core.compile import lean_kernel

Array = npt.NDArray[np.float64]

EARTH_SPIN: Final = 7.292115146706979e-5
"""Uniform part of theta, rad/s; any value near the truth serves, as the table holds the rest."""


@lean_kernel
def pole_matrix(x: float, y: float, theta: float, out: Array) -> None:
    """R_z(theta) Q of a celestial pole (X, Y)."""
    z = math.sqrt(1.0 - x * x - y * y)
    a = 1.0 / (1.0 + z)
    c = math.cos(theta)
    s = math.sin(theta)
    out[0, 0] = c * (1.0 - a * x * x) - s * a * x * y
    out[0, 1] = -c * a * x * y + s * (1.0 - a * y * y)
    out[0, 2] = -c * x - s * y
    out[1, 0] = -s * (1.0 - a * x * x) - c * a * x * y
    out[1, 1] = s * a * x * y + c * (1.0 - a * y * y)
    out[1, 2] = s * x - c * y
    out[2, 0] = x
    out[2, 1] = y
    out[2, 2] = z


@lean_kernel
def wobble(xp: float, yp: float, out: Array) -> None:
    """Multiply a matrix by W = R_x(-yp) R_y(-xp) from the left, in place."""
    cx = math.cos(xp)
    sx = math.sin(xp)
    cy = math.cos(yp)
    sy = math.sin(yp)
    for j in range(3):
        a = cx * out[0, j] + sx * out[2, j]
        b = out[1, j]
        c = cx * out[2, j] - sx * out[0, j]
        out[0, j] = a
        out[1, j] = cy * b - sy * c
        out[2, j] = sy * b + cy * c


@lean_kernel
def locate(s: float, piece: float, number: int, n_pieces: int) -> tuple[int, float]:
    """Piece of a table and seconds since the start of that piece.

    Parameters
    ----------
    s : float
        Seconds past the start of piece ``number``, negative before it. An origin near the time keeps its resolution,
        and makes the bits of a trajectory independent of where the table starts.
    piece : float
        Length of a piece.
    number : int
        See ``s``.
    n_pieces : int
        Pieces in the table; times outside use the first or last one.

    Returns
    -------
    tuple of int, float
        Index and seconds.
    """
    k = int(math.floor(s / piece))  # noqa: RUF046 (a float in compiled code)
    if s - k * piece < 0.0:
        k -= 1
    k = min(max(k, -number), n_pieces - 1 - number)
    return k + number, s - k * piece


@lean_kernel
def earth_axes(table: Array, piece: float, index: int, since: float, out: Array) -> None:
    """R_itrf_icrf.

    Parameters
    ----------
    table : numpy.ndarray (P, 5, n)
        X, Y, theta - ``EARTH_SPIN`` times the seconds since the start of the piece, x_p, y_p.
    piece, index, since : float, int, float
        Length of a piece, and the place in it from :func:`locate`.
    out : numpy.ndarray (3, 3)
        Result.
    """
    x = 2.0 * since / piece - 1.0
    theta = clenshaw(table[index, 2], x) + EARTH_SPIN * since
    pole_matrix(clenshaw(table[index, 0], x), clenshaw(table[index, 1], x), theta, out)
    wobble(clenshaw(table[index, 3], x), clenshaw(table[index, 4], x), out)


@lean_kernel
def moon_axes(table: Array, piece: float, index: int, since: float, out: Array) -> None:
    """R_pa_icrf.

    Parameters
    ----------
    table : numpy.ndarray (P, 3, n)
        phi, angle, psi.
    piece, index, since, out
        See :func:`earth_axes`.
    """
    x = 2.0 * since / piece - 1.0
    phi = clenshaw(table[index, 0], x)
    tilt = clenshaw(table[index, 1], x)
    psi = clenshaw(table[index, 2], x)
    a = math.cos(phi)
    b = math.sin(phi)
    c = math.cos(tilt)
    d = math.sin(tilt)
    e = math.cos(psi)
    f = math.sin(psi)
    out[0, 0] = e * a - f * c * b
    out[0, 1] = e * b + f * c * a
    out[0, 2] = f * d
    out[1, 0] = -f * a - e * c * b
    out[1, 1] = -f * b + e * c * a
    out[1, 2] = e * d
    out[2, 0] = d * b
    out[2, 1] = -d * a
    out[2, 2] = c


@lean_kernel
def add_turned_back(R: Array, v: Array, factor: float, out: Array) -> None:
    """Add ``factor`` R^T v to a vector."""
    for i in range(3):
        out[i] += factor * (R[0, i] * v[0] + R[1, i] * v[1] + R[2, i] * v[2])


@lean_kernel
def add_tensor_back(R: Array, t: Array, out: Array) -> None:
    """Add R^T T R to the first three columns of a matrix, for a symmetric T given as xx, xy, xz, yy, yz, zz."""
    for i in range(3):
        a = R[0, i] * t[0] + R[1, i] * t[1] + R[2, i] * t[2]
        b = R[0, i] * t[1] + R[1, i] * t[3] + R[2, i] * t[4]
        c = R[0, i] * t[2] + R[1, i] * t[4] + R[2, i] * t[5]
        for j in range(3):
            out[i, j] += a * R[0, j] + b * R[1, j] + c * R[2, j]
