"""How one body moves about another: segments of Chebyshev series, in order of priority."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.ephemeris.series import ChebyshevSeries, FloatArray


@dataclass(frozen=True, eq=False)
class Segment:
    """One series of a body about another, with its coverage and a constant factor.

    Parameters
    ----------
    series : ChebyshevSeries
    start_tdb, stop_tdb : float
        Coverage, seconds past J2000 TDB.
    factor : float
        Multiplies the series: the Earth about the Earth-Moon barycentre is minus the Moon's divided by the
        mass ratio.
    """

    series: ChebyshevSeries
    start_tdb: float
    stop_tdb: float
    factor: float = 1.0

    def covers(self, t_tdb: FloatArray) -> npt.NDArray[np.bool_]:
        """Rows inside the coverage; NaN is outside."""
        return (t_tdb >= self.start_tdb) & (t_tdb <= self.stop_tdb)

    def value(self, t_tdb: FloatArray, offset_s: FloatArray | None = None) -> FloatArray:
        """Value (N, 3); ``offset_s`` is added to the epochs without rounding the sum."""
        return self.factor * self.series.value(t_tdb, offset_s)

    def state(self, t_tdb: FloatArray) -> FloatArray:
        """Position and rate (N, 6)."""
        return self.factor * np.concatenate(self.series.value_and_rate(t_tdb), axis=1)


@dataclass(frozen=True, eq=False)
class Link:
    """A body's motion about its centre.

    Parameters
    ----------
    center_id : int
        NAIF code of the centre.
    segments : tuple of Segment
        In order of priority, the last first, as in SPK files.
    """

    center_id: int
    segments: tuple[Segment, ...]

    def covers(self, t_tdb: FloatArray) -> npt.NDArray[np.bool_]:
        """Rows that at least one segment covers."""
        inside = np.zeros(t_tdb.shape, dtype=np.bool_)
        for segment in self.segments:
            inside |= segment.covers(t_tdb)
        return inside

    def value(self, t_tdb: FloatArray, offset_s: FloatArray | None = None) -> FloatArray:
        """Position (N, 3); rows must be covered; ``offset_s`` is added to the epochs unrounded."""
        if len(self.segments) == 1:
            return self.segments[0].value(t_tdb, offset_s)
        out = np.full((t_tdb.size, 3), np.nan)
        for segment, rows in self._shares(t_tdb):
            out[rows] = segment.value(t_tdb[rows], None if offset_s is None else offset_s[rows])
        return out

    def state(self, t_tdb: FloatArray) -> FloatArray:
        """Position and velocity (N, 6); rows must be covered."""
        if len(self.segments) == 1:
            return self.segments[0].state(t_tdb)
        out = np.full((t_tdb.size, 6), np.nan)
        for segment, rows in self._shares(t_tdb):
            out[rows] = segment.state(t_tdb[rows])
        return out

    def _shares(self, t_tdb: FloatArray) -> list[tuple[Segment, npt.NDArray[np.bool_]]]:
        """Which segment answers for which rows."""
        shares = []
        todo = np.ones(t_tdb.shape, dtype=np.bool_)
        for segment in self.segments:
            rows = todo & segment.covers(t_tdb)
            todo &= ~rows
            shares.append((segment, rows))
        return shares
