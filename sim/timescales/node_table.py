"""Interpolation on a fixed absolute grid of nodes that fills itself where it is asked.

Long trigonometric series (TDB-TT: 787 terms, nutation: 1365 terms) are too slow for 1e5 epochs. They are
evaluated on nodes at whole multiples of a step past J2000 and interpolated with an 8-point Lagrange
polynomial. The nodes do not depend on the epochs asked, so the value at an epoch is the same bit for bit in
every batch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sim.constants import SECONDS_PER_DAY
from sim.errors import InputError

FloatArray = NDArray[np.float64]

POINTS = 8
"""Nodes of one interpolation polynomial."""

BLOCK_NODES = 32
"""Nodes evaluated together; a single cold epoch costs one or two blocks."""

SUPPORTED_START_MJD = 36204
SUPPORTED_STOP_MJD = 88434
"""Days covered by every time scale and Earth frame: 1958-01-01 to 2101-01-01 (modified Julian dates)."""

_J2000_MJD = 51544.5
SUPPORTED_START_TDB = (SUPPORTED_START_MJD - _J2000_MJD) * SECONDS_PER_DAY
SUPPORTED_STOP_TDB = (SUPPORTED_STOP_MJD - _J2000_MJD) * SECONDS_PER_DAY


def _lagrange_weights(position: FloatArray) -> list[FloatArray]:
    """Weights (POINTS times (N,)) of nodes 0..POINTS-1 at `position` (N,) in units of the step."""
    distances = [position - node for node in range(POINTS)]
    weights = []
    for node in range(POINTS):
        weight = np.ones_like(position)
        for other in range(POINTS):
            if other != node:
                weight = weight * distances[other] / (node - other)
        weights.append(weight)
    return weights


class NodeTable:
    """Smooth functions of time, tabulated on demand.

    Parameters
    ----------
    series : callable
        Takes seconds past J2000 TDB ``(n,)`` and returns ``(n, columns)``.
    columns : int
        Number of functions.
    step_s : float
        Distance of the nodes in seconds.
    """

    def __init__(self, series: Callable[[FloatArray], FloatArray], columns: int, step_s: float) -> None:
        self._series = series
        self._step_s = step_s
        self._first = int(np.floor(SUPPORTED_START_TDB / step_s)) - POINTS
        nodes = int(np.ceil(SUPPORTED_STOP_TDB / step_s)) + POINTS - self._first
        self._blocks = -(-nodes // BLOCK_NODES)
        self._values = np.full((self._blocks * BLOCK_NODES, columns), np.nan)
        self._filled = np.zeros(self._blocks, dtype=bool)

    def __call__(self, t_tdb: FloatArray) -> FloatArray:
        """Interpolate.

        Parameters
        ----------
        t_tdb : ndarray (N,)
            Seconds past J2000 TDB inside the supported span.

        Returns
        -------
        ndarray (N, columns)

        Raises
        ------
        InputError
            When an epoch lies outside 1958-01-01 to 2101-01-01.
        """
        self._require_inside(t_tdb)
        position = t_tdb / self._step_s
        left = np.floor(position)
        first = left.astype(np.int64) - (POINTS // 2 - 1) - self._first
        self._fill(first)
        weights = _lagrange_weights(position - left + (POINTS // 2 - 1))
        total: FloatArray = weights[0][:, None] * self._values[first]
        for node in range(1, POINTS):
            total += weights[node][:, None] * self._values[first + node]
        return total

    @staticmethod
    def _require_inside(t_tdb: FloatArray) -> None:
        # One day of slack: TDB differs from UTC by up to 69 s and the limits are UTC days.
        early, late = SUPPORTED_START_TDB - SECONDS_PER_DAY, SUPPORTED_STOP_TDB + SECONDS_PER_DAY
        outside = (t_tdb < early) | (t_tdb > late)
        if outside.any():
            row = int(np.flatnonzero(outside)[0])
            raise InputError(
                f"epoch {row} ({t_tdb[row]:.17g} s past J2000) lies outside the supported span 1958-01-01 to "
                "2101-01-01; check that it is in seconds (not days) past J2000"
            )

    def _fill(self, first: NDArray[np.int64]) -> None:
        wanted = np.zeros(self._blocks, dtype=bool)
        wanted[first // BLOCK_NODES] = True
        wanted[(first + POINTS - 1) // BLOCK_NODES] = True
        missing = np.flatnonzero(wanted & ~self._filled)
        if missing.size == 0:
            return
        rows = (missing[:, None] * BLOCK_NODES + np.arange(BLOCK_NODES)).ravel()
        self._values[rows] = self._series((rows + self._first).astype(np.float64) * self._step_s)
        self._filled[missing] = True
