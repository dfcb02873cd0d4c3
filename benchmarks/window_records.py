"""What the window benchmarks measure beside time: errors by independent forward flights, memory."""

from __future__ import annotations

import resource
import sys

import numpy as np
from numpy.typing import NDArray

from sim.transfer.verify import fly_forward

Floats = NDArray[np.float64]

CHECKED = 200
"""Rows flown forward with independent code for the error of a record."""


def forward_error_m(tli_state: Floats, tli_tdb: Floats, perilune_state: Floats, perilune_tdb: Floats) -> float:
    """Return the 99th percentile of how far independent forward flights miss the solved perilune.

    Parameters
    ----------
    tli_state, perilune_state : ndarray, shape (N, 6)
        Solved ends.
    tli_tdb, perilune_tdb : ndarray, shape (N,)
        Their epochs.

    Returns
    -------
    float
        m, over at most `CHECKED` rows evenly taken.
    """
    rows = np.linspace(0, tli_tdb.size - 1, min(CHECKED, tli_tdb.size)).astype(int)
    closure = fly_forward(tli_state[rows], tli_tdb[rows], perilune_state[rows], perilune_tdb[rows])
    return float(np.percentile(closure.miss_km, 99) * 1e3)


def peak_memory_mib() -> float:
    """Return the largest memory of this process or of one of its ended children.

    Returns
    -------
    float
        MiB.
    """
    unit = 1024.0**2 if sys.platform == "darwin" else 1024.0  # bytes there, KiB elsewhere
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) / unit
