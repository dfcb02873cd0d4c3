"""Where the node of a transfer family meets a node that is wanted: approximate epochs, from the family's splines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.windows.manifold import Segment

Floats = NDArray[np.float64]

Mismatch = Callable[[Floats, Floats], Floats]
"""From arrival epochs (TDB s) and nodes (rad) to folded angles (rad) that vanish where both nodes agree."""


@dataclass(frozen=True)
class Crossings:
    """Approximate meetings; arrays have K rows.

    Attributes
    ----------
    perilune_tdb : ndarray, shape (K,)
        Arrival epochs.
    vinf_km_s : ndarray, shape (K, 3)
        Excess velocities there.
    slope_rad_s : ndarray, shape (K,)
        Change of the mismatch with arrival epoch.
    """

    perilune_tdb: Floats
    vinf_km_s: Floats
    slope_rad_s: Floats

    def select(self, rows: NDArray[np.intp]) -> Crossings:
        """Return some of the meetings.

        Parameters
        ----------
        rows : ndarray of int
            Which.

        Returns
        -------
        Crossings
            Those.
        """
        return Crossings(self.perilune_tdb[rows], self.vinf_km_s[rows], self.slope_rad_s[rows])


def find_crossings(segments: list[Segment], mismatch: Mismatch, step_s: float, seam_s: float) -> Crossings:
    """Return where the mismatch changes sign along the segments of one family.

    Parameters
    ----------
    segments : list of Segment
        Of one family.
    mismatch : callable
        What must vanish.
    step_s : float
        Spacing of the samples, far below the distance of two meetings.
    seam_s : float
        Meetings closer than this are the same one, seen from two segments.

    Returns
    -------
    Crossings
        Sorted by arrival.
    """
    parts = [_along(segment, mismatch, step_s) for segment in segments]
    if not parts:
        return Crossings(np.empty(0), np.empty((0, 3)), np.empty(0))
    columns = ("perilune_tdb", "vinf_km_s", "slope_rad_s")
    found = Crossings(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))
    found = found.select(np.argsort(found.perilune_tdb, kind="stable"))
    fresh = np.concatenate(([True], np.diff(found.perilune_tdb) >= seam_s))[: found.perilune_tdb.size]
    return found.select(np.flatnonzero(fresh))


def _along(segment: Segment, mismatch: Mismatch, step_s: float) -> Crossings:
    variable = segment.sample_values(step_s)
    epochs = segment.epochs_tdb(variable)
    values = mismatch(epochs, segment.spline(variable)[:, 0])
    change = np.diff(values)
    index = np.flatnonzero((np.sign(values[1:]) != np.sign(values[:-1])) & (np.abs(change) < np.pi))
    share = -values[index] / change[index]
    at = variable[index] + share * np.diff(variable)[index]
    return Crossings(segment.epochs_tdb(at), segment.spline(at)[:, 2:5], change[index] / np.diff(epochs)[index])
