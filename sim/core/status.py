"""One status per row: the only way in which compiled code reports trouble."""

from __future__ import annotations

from enum import IntEnum
from types import MappingProxyType
from typing import Final


class Status(IntEnum):
    """Outcome of one row of a batch; fits int8."""

    OK = 0
    EVENT = 1
    IMPACT = 2
    MAX_STEPS = 3
    STEP_TOO_SMALL = 4
    NONFINITE = 5
    OUT_OF_EPHEMERIS = 6
    NO_SOLUTION = 7
    DEGENERATE = 8
    MAX_ITERATIONS = 9


STATUS_TEXT: Final = MappingProxyType(
    {
        Status.OK: "reached the requested time",
        Status.EVENT: "stopped at a requested event before the requested time",
        Status.IMPACT: "entered a body and stopped at its surface, or begins inside it",
        Status.MAX_STEPS: "used up the allowed number of steps; raise max_steps or shorten the span",
        Status.STEP_TOO_SMALL: "the step fell below the resolution of time (passage through a body's centre?)",
        Status.NONFINITE: "the input or the state is not finite, or the start lies in a body's centre",
        Status.OUT_OF_EPHEMERIS: "the span leaves the ephemeris table",
        Status.NO_SOLUTION: "the equations have no solution for this input",
        Status.DEGENERATE: "the geometry is degenerate: the result is not defined",
        Status.MAX_ITERATIONS: "the iteration did not converge in the allowed number of iterations",
    }
)
"""One sentence per status, for messages and tables."""

# Plain ints: compiled code folds them as constants.
OK: Final = int(Status.OK)
EVENT: Final = int(Status.EVENT)
IMPACT: Final = int(Status.IMPACT)
MAX_STEPS: Final = int(Status.MAX_STEPS)
STEP_TOO_SMALL: Final = int(Status.STEP_TOO_SMALL)
NONFINITE: Final = int(Status.NONFINITE)
OUT_OF_EPHEMERIS: Final = int(Status.OUT_OF_EPHEMERIS)
NO_SOLUTION: Final = int(Status.NO_SOLUTION)
DEGENERATE: Final = int(Status.DEGENERATE)
MAX_ITERATIONS: Final = int(Status.MAX_ITERATIONS)
