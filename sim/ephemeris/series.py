"""Piecewise Chebyshev series of three components: the form in which JPL publishes its ephemerides.

Evaluated with Clenshaw's recurrence, vectorised over epochs. Every operation is elementwise, so that a row's
result does not depend, to the last bit, on which other epochs are asked for in the same call.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_CHUNK_ROWS = 4096  # gathered coefficients of one chunk (about 1 MB) stay in the second-level cache


@dataclass(frozen=True, eq=False)
class ChebyshevSeries:
    """Contiguous granules of equal length.

    Parameters
    ----------
    start_tdb : float
        Start of the first granule, seconds past J2000 TDB.
    granule_s : float
        Length of a granule in seconds.
    coefficients : ndarray, shape (n_granules, 3, n_coefficients)
        Chebyshev coefficients, lowest degree first; km for positions, rad for angles.
    rate_coefficients : ndarray, shape (n_granules, 3, n_rate_coefficients), optional
        Separate series of the rates per second (SPK type 3). Without it rates are the derivative of the first
        series.
    """

    start_tdb: float
    granule_s: float
    coefficients: FloatArray
    rate_coefficients: FloatArray | None = None

    @property
    def n_granules(self) -> int:
        """Number of granules."""
        return int(self.coefficients.shape[0])

    @property
    def stop_tdb(self) -> float:
        """End of the last granule, seconds past J2000 TDB."""
        return self.start_tdb + self.n_granules * self.granule_s

    def locate(self, t_tdb: FloatArray, offset_s: FloatArray | None = None) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Granule index and position inside it.

        Parameters
        ----------
        t_tdb : ndarray, shape (N,)
            Seconds past J2000 TDB, inside the coverage.
        offset_s : ndarray, shape (N,), optional
            Added to the epochs without rounding the sum: a float of 8e8 s resolves only 0.12 microseconds.

        Returns
        -------
        index : ndarray of int, shape (N,)
        x : ndarray, shape (N,)
            Argument of the polynomials, -1 to 1.

        Notes
        -----
        The epoch is subtracted from the middle of its own granule, a whole number of seconds in JPL's files,
        which is exact. ``t - start_tdb`` loses up to 0.24 microseconds (7 mm of the Earth's path) and serves
        only for the index.
        """
        since_start_s = t_tdb - self.start_tdb if offset_s is None else t_tdb - self.start_tdb + offset_s
        index = np.floor(since_start_s / self.granule_s).astype(np.intp)
        np.clip(index, 0, self.n_granules - 1, out=index)
        half_s = 0.5 * self.granule_s
        middle_tdb = self.start_tdb + (index * self.granule_s + half_s)
        since_middle_s = t_tdb - middle_tdb if offset_s is None else t_tdb - middle_tdb + offset_s
        return index, since_middle_s / half_s

    def value(self, t_tdb: FloatArray, offset_s: FloatArray | None = None) -> FloatArray:
        """Value of the series.

        Parameters
        ----------
        t_tdb : ndarray, shape (N,)
            Seconds past J2000 TDB, inside the coverage (not checked here).
        offset_s : ndarray, shape (N,), optional
            Added to the epochs without rounding the sum.

        Returns
        -------
        ndarray, shape (N, 3)
        """
        out = np.empty((t_tdb.size, 3))
        for rows in _chunks(t_tdb.size):
            index, x = self.locate(t_tdb[rows], None if offset_s is None else offset_s[rows])
            out[rows] = _clenshaw(self.coefficients[index], x)
        return out

    def value_and_rate(self, t_tdb: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Value and rate per second of the series.

        Parameters
        ----------
        t_tdb : ndarray, shape (N,)
            Seconds past J2000 TDB, inside the coverage (not checked here).

        Returns
        -------
        value, rate : ndarray, shape (N, 3)
        """
        value = np.empty((t_tdb.size, 3))
        rate = np.empty((t_tdb.size, 3))
        for rows in _chunks(t_tdb.size):
            index, x = self.locate(t_tdb[rows])
            if self.rate_coefficients is None:
                value[rows], slope = _clenshaw_with_slope(self.coefficients[index], x)
                rate[rows] = slope / (0.5 * self.granule_s)
            else:
                value[rows] = _clenshaw(self.coefficients[index], x)
                rate[rows] = _clenshaw(self.rate_coefficients[index], x)
        return value, rate


def _chunks(n_rows: int) -> list[slice]:
    return [slice(first, first + _CHUNK_ROWS) for first in range(0, n_rows, _CHUNK_ROWS)]


def _clenshaw(coefficients: FloatArray, x: FloatArray) -> FloatArray:
    """Sum of c_j T_j(x) over the last axis; coefficients (N, 3, n), x (N,), result (N, 3)."""
    x = x[:, np.newaxis]
    x2 = 2.0 * x
    older = np.zeros(coefficients.shape[:2])
    newer = np.zeros(coefficients.shape[:2])
    for j in range(coefficients.shape[2] - 1, 0, -1):
        older, newer = newer, coefficients[:, :, j] + (x2 * newer - older)
    return coefficients[:, :, 0] + (x * newer - older)


def _clenshaw_with_slope(coefficients: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum of c_j T_j(x) and its derivative with respect to x, both (N, 3)."""
    x = x[:, np.newaxis]
    x2 = 2.0 * x
    zeros = np.zeros(coefficients.shape[:2])
    older, newer, slope_older, slope_newer = zeros, zeros, zeros, zeros
    for j in range(coefficients.shape[2] - 1, 0, -1):
        slope_older, slope_newer = slope_newer, 2.0 * newer + (x2 * slope_newer - slope_older)
        older, newer = newer, coefficients[:, :, j] + (x2 * newer - older)
    value = coefficients[:, :, 0] + (x * newer - older)
    return value, newer + (x * slope_newer - slope_older)
