"""When something is so: sets of times with their algebra, and their edges found on smooth functions of time."""

from __future__ import annotations

from sim.events.chebyshev import find_by_chebyshev
from sim.events.finding import TIME_TOLERANCE_S, find_by_rate, find_extrema
from sim.events.intervals import Intervals, at_least, everything, intersection, intervals, nothing, union
from sim.events.roots import refine_extrema, refine_roots

__all__ = [
    "TIME_TOLERANCE_S",
    "Intervals",
    "at_least",
    "everything",
    "find_by_chebyshev",
    "find_by_rate",
    "find_extrema",
    "intersection",
    "intervals",
    "nothing",
    "refine_extrema",
    "refine_roots",
    "union",
]
