"""Fit of Chebyshev polynomials on a grid of equal pieces of time.

The grid is fixed in time: multiples of the piece length from a fixed midnight. So a piece gets the same bits
whatever span is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.constants import SECONDS_PER_DAY
from sim.ephemeris.series import ChebyshevSeries, FloatArray
from sim.errors import DataError, InputError

GRID_ORIGIN_TDB = -0.5 * SECONDS_PER_DAY
"""2000-01-01T00:00 TDB. Granules of the JPL ephemerides start at midnight, so that one-day pieces never
straddle two of them; across a granule boundary the position has a tiny step that no polynomial follows."""

MIN_COEFFICIENTS = 4
MAX_COEFFICIENTS = 24
_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)  # no fit is better than the rounding of its samples
_N_PROBES = 128
_N_CHECKS = 7
_SHORTEST_PIECE_S = 60.0
_LONGEST_PIECE_S = 32.0 * SECONDS_PER_DAY

Sampler = Callable[[FloatArray, FloatArray], FloatArray]
"""Epochs (N,) as middle of the piece and offset (their rounded sum would cost 0.1 mm) -> (n_bodies, N, 3)."""


@dataclass(frozen=True)
class PieceGrid:
    """Consecutive pieces of the fixed grid.

    Parameters
    ----------
    piece_s : float
        Length of a piece in whole seconds.
    first, last : int
        Number of the first piece and one past the last, counted from :data:`GRID_ORIGIN_TDB`.
    """

    piece_s: float
    first: int
    last: int

    @property
    def start_tdb(self) -> float:
        """Start of the first piece, seconds past J2000 TDB."""
        return GRID_ORIGIN_TDB + self.first * self.piece_s

    @property
    def stop_tdb(self) -> float:
        """End of the last piece, seconds past J2000 TDB."""
        return GRID_ORIGIN_TDB + self.last * self.piece_s

    @property
    def pieces(self) -> npt.NDArray[np.int64]:
        """Numbers of all pieces."""
        return np.arange(self.first, self.last, dtype=np.int64)


def piece_grid(
    start_tdb: float, stop_tdb: float, piece_day: float, margin_day: float, coverage_tdb: tuple[float, float]
) -> PieceGrid:
    """Pieces that cover a span with a margin, as far as the ephemeris reaches.

    Parameters
    ----------
    start_tdb, stop_tdb : float
        Span, seconds past J2000 TDB.
    piece_day : float
        Length of a piece in days; must be a whole number of seconds.
    margin_day : float
        Added at both ends where the coverage allows it.
    coverage_tdb : tuple of float
        What the ephemeris covers.

    Returns
    -------
    PieceGrid

    Raises
    ------
    InputError
        Unusable lengths, or whole pieces do not fit between the span and the end of the coverage.
    """
    piece_s = piece_day * SECONDS_PER_DAY
    if not _SHORTEST_PIECE_S <= piece_s <= _LONGEST_PIECE_S:
        raise InputError(f"piece_day must lie between one minute and 32 days; found {piece_day}")
    if piece_s != round(piece_s):
        raise InputError(f"piece_day must be a whole number of seconds, for an exact grid; found {piece_day}")
    if not (math.isfinite(margin_day) and margin_day >= 0.0):
        raise InputError(f"margin_day must be zero or more; found {margin_day}")
    whole = _whole_pieces(coverage_tdb, piece_s)
    margin_s = margin_day * SECONDS_PER_DAY
    first = max(math.floor((start_tdb - margin_s - GRID_ORIGIN_TDB) / piece_s), whole.first)
    last = min(math.ceil((stop_tdb + margin_s - GRID_ORIGIN_TDB) / piece_s), whole.last)
    grid = PieceGrid(piece_s, first, max(last, min(first + 1, whole.last)))
    if grid.last <= first or grid.start_tdb > start_tdb or grid.stop_tdb < stop_tdb:
        raise InputError(
            f"no whole pieces of {piece_day} day cover the span so near to the end of the ephemeris; "
            "choose a shorter piece or dates inside"
        )
    return grid


def coefficients_needed(sample: Sampler, coverage_tdb: tuple[float, float], piece_s: float, tolerance: float) -> int:
    """Fewest coefficients that keep a tolerance, or the rounding of the largest value where that is more.

    Parameters
    ----------
    sample : callable
        The function to fit.
    coverage_tdb : tuple of float
        Span over which probes are spread: all of the ephemeris, so that no request changes the answer.
    piece_s : float
        Length of a piece in seconds.
    tolerance : float
        Unit of the samples.

    Returns
    -------
    int
        At most :data:`MAX_COEFFICIENTS`, even where these do not suffice.
    """
    whole = _whole_pieces(coverage_tdb, piece_s)
    probes = np.unique(np.linspace(whole.first, whole.last - 1, _N_PROBES).astype(np.int64))
    coefficients = np.abs(fit(sample, probes, piece_s, MAX_COEFFICIENTS))
    largest = coefficients[..., :2].sum(axis=-1).max(axis=(0, 2))  # (n_bodies,)
    allowed = np.maximum(tolerance, _ROUNDING * largest)
    # What is below the rounding of the samples is noise, which more coefficients would only follow.
    noise = 0.5 * _ROUNDING * largest
    coefficients = np.where(coefficients > noise[:, np.newaxis, np.newaxis], coefficients, 0.0)
    # The degrees left out add up to the error at worst.
    tail = np.cumsum(coefficients[..., ::-1], axis=-1)[..., ::-1].max(axis=(0, 2))  # (n_bodies, n)
    enough = (tail <= allowed[:, np.newaxis]).all(axis=0)
    return next((n for n in range(MIN_COEFFICIENTS, MAX_COEFFICIENTS) if enough[n]), MAX_COEFFICIENTS)


def fit_and_check(sample: Sampler, grid: PieceGrid, n_coefficients: int) -> tuple[FloatArray, FloatArray]:
    """Fit all pieces and measure the fit at epochs that it did not use, the ends of the pieces among them.

    Parameters
    ----------
    sample : callable
        The function to fit.
    grid : PieceGrid
    n_coefficients : int

    Returns
    -------
    coefficients : ndarray, shape (n_pieces, n_bodies, 3, n_coefficients)
    difference : ndarray, shape (n_bodies, n_checks, 3)
        Fit minus function.

    Raises
    ------
    InputError
        ``n_coefficients`` out of range.
    DataError
        The function is not finite.
    """
    if not 2 <= n_coefficients <= MAX_COEFFICIENTS:
        raise InputError(f"n_coefficients must lie between 2 and {MAX_COEFFICIENTS}; found {n_coefficients}")
    coefficients = fit(sample, grid.pieces, grid.piece_s, n_coefficients)
    if not np.isfinite(coefficients).all():
        raise DataError("the ephemeris gives values that are not finite; the file is damaged, fetch it again")
    x = np.concatenate(([-1.0], np.cos(np.pi * (np.arange(_N_CHECKS) + 0.77) / _N_CHECKS), [1.0]))
    epochs = _epochs(grid.pieces, x, grid.piece_s)
    bodies = range(coefficients.shape[1])
    series = [ChebyshevSeries(grid.start_tdb, grid.piece_s, coefficients[:, body]) for body in bodies]
    return coefficients, np.stack([one.value(*epochs) for one in series]) - sample(*epochs)


def fit(sample: Sampler, pieces: npt.NDArray[np.int64], piece_s: float, n: int) -> FloatArray:
    """Interpolate at the Chebyshev nodes; result (n_pieces, n_bodies, 3, n).

    Discrete orthogonality of the Chebyshev polynomials (Press et al., Numerical Recipes, eq. 5.8.7). Sums run
    in a fixed order, without BLAS, so that a piece gets the same bits in every table.

    Parameters
    ----------
    sample : callable
        The function to fit.
    pieces : ndarray of int, shape (n_pieces,)
        Numbers of the pieces.
    piece_s : float
        Length of a piece in seconds.
    n : int
        Coefficients.

    Returns
    -------
    ndarray, shape (n_pieces, n_bodies, 3, n)
    """
    angle = np.pi * (np.arange(n) + 0.5) / n
    nodes = np.cos(angle)
    values = sample(*_epochs(pieces, nodes, piece_s))  # (n_bodies, n_pieces * n, 3)
    values = values.reshape(values.shape[0], pieces.size, n, 3)
    first = values[:, :, 0].copy()
    values = values - first[:, :, np.newaxis]  # sums of the small rest round less than sums of distances
    out = np.zeros((pieces.size, values.shape[0], 3, n))
    for j in range(n):
        weights = np.cos(j * angle) * ((1.0 if j == 0 else 2.0) / n)
        for k in range(n):
            out[..., j] += weights[k] * values[:, :, k].swapaxes(0, 1)
    out[..., 0] += first.swapaxes(0, 1)
    return out


def _whole_pieces(coverage_tdb: tuple[float, float], piece_s: float) -> PieceGrid:
    first = math.ceil((coverage_tdb[0] - GRID_ORIGIN_TDB) / piece_s)
    last = math.floor((coverage_tdb[1] - GRID_ORIGIN_TDB) / piece_s)
    if last <= first:
        raise InputError(f"no whole piece of {piece_s:g} s fits into the ephemeris; choose a shorter one")
    return PieceGrid(piece_s, first, last)


def _epochs(pieces: npt.NDArray[np.int64], x: FloatArray, piece_s: float) -> tuple[FloatArray, FloatArray]:
    """Middle of the piece and offset for the arguments ``x`` in every piece, flattened piece by piece."""
    middle = GRID_ORIGIN_TDB + (pieces * piece_s + 0.5 * piece_s)
    return np.repeat(middle, x.size), np.tile(0.5 * piece_s * x, pieces.size)
