"""DE440 for other tools: power series of the bodies' positions over a row's own span.

All series are sampled from one table, the one that perilune reads, at offsets that are exact in floating point: what
is compared are integrators, not roundings of epochs (1e-7 s, in which the Moon moves 0.1 mm).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numpy.polynomial import chebyshev

from sim.core.forces import Forces

FloatArray = npt.NDArray[np.float64]


def positions_km(forces: Forces, t0_tdb: FloatArray, offsets_s: FloatArray) -> FloatArray:
    """Positions of the bodies of a model relative to its centre.

    Parameters
    ----------
    forces : Forces
        Flat model.
    t0_tdb : numpy.ndarray (N,)
        Epochs, TDB s past J2000.
    offsets_s : numpy.ndarray (S,)
        Seconds past each epoch.

    Returns
    -------
    numpy.ndarray (N, S, B, 3)
        km.
    """
    elapsed = t0_tdb - forces.start
    whole = np.floor(elapsed / forces.piece)
    offsets = (elapsed - whole * forces.piece)[:, np.newaxis] + offsets_s
    jump = np.floor(offsets / forces.piece)
    x = (2.0 * ((offsets - jump * forces.piece) / forces.piece) - 1.0)[..., np.newaxis]
    series = forces.table[(whole[:, np.newaxis] + jump).astype(np.int64)]
    value = np.zeros(series.shape[:-1])
    for power in range(series.shape[-1] - 1, -1, -1):
        value = value * x + series[..., power]
    return value.reshape(*offsets.shape, -1, 3)


def power_series(samples: FloatArray, terms: int) -> FloatArray:
    """Power series on [-1, 1] through samples at Chebyshev nodes, cut to ``terms``.

    Parameters
    ----------
    samples : numpy.ndarray (N, S, 3)
        Values at :func:`nodes` of S.
    terms : int
        Coefficients kept.

    Returns
    -------
    numpy.ndarray (N, terms, 3)
    """
    count = samples.shape[1]
    angles = np.arccos(nodes(count))
    transform = np.cos(np.outer(np.arange(terms), angles)) * (2.0 / count)
    transform[0] /= 2.0
    coefficients = np.tensordot(samples, transform, axes=(1, 1))
    powers = np.zeros((samples.shape[0], terms, 3))
    for degree in range(terms):
        basis = chebyshev.cheb2poly([0.0] * degree + [1.0])
        powers[:, : degree + 1] += basis[:, np.newaxis] * coefficients[:, np.newaxis, :, degree]
    return powers


def nodes(count: int) -> FloatArray:
    """Chebyshev nodes on [-1, 1].

    Parameters
    ----------
    count : int
        How many.

    Returns
    -------
    numpy.ndarray (count,)
    """
    return np.cos((np.arange(count) + 0.5) * np.pi / count)


def row_series(
    forces: Forces, t0_tdb: FloatArray, span_s: float, pieces: int, terms: tuple[int, int, int]
) -> list[FloatArray]:
    """Series of Moon, Sun and the frame's acceleration (minus their attraction on Earth), per piece of a row's span.

    Parameters
    ----------
    forces : Forces
        Earth-centred model of Earth, Moon and Sun.
    t0_tdb : numpy.ndarray (N,)
        Epochs.
    span_s : float
        Length of the arcs.
    pieces : int
        Equal pieces of it.
    terms : tuple of int
        Coefficients of Moon, Sun and frame.

    Returns
    -------
    list of numpy.ndarray (N, 3 * sum(terms))
        One array a piece; powers outside, components inside; the argument runs from -1 to 1 over the piece.
    """
    length = span_s / pieces
    result = []
    for piece in range(pieces):
        offsets = length * (piece + 0.5 * (nodes(32) + 1.0))
        bodies = positions_km(forces, t0_tdb, offsets)
        distance = np.sqrt((bodies**2).sum(axis=-1, keepdims=True))
        frame = -(forces.gm[:, np.newaxis] * bodies / distance**3).sum(axis=2)
        parts = zip((bodies[:, :, 0], bodies[:, :, 1], frame), terms, strict=True)
        result.append(np.concatenate([power_series(s, n).reshape(t0_tdb.size, -1) for s, n in parts], axis=1))
    return result
