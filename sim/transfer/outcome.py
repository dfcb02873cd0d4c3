"""How a transfer search ended, one code a row, each with a sentence."""

from __future__ import annotations

from enum import IntEnum


class Outcome(IntEnum):
    """Result of one targeting problem."""

    OK = 0
    DECLINATION = 1
    LUNAR_INCLINATION = 2
    FOLD = 3
    NO_CONVERGENCE = 5
    PROPAGATION = 6
    CLOSURE = 8
    BEHIND_LIMB = 9


OUTCOME_TEXT: dict[Outcome, str] = {
    Outcome.OK: "converged at true perigee in the full model",
    Outcome.DECLINATION: "the Moon's declination at arrival exceeds the parking inclination: no such plane exists",
    Outcome.LUNAR_INCLINATION: "the asked lunar inclination is below the latitude of the arrival asymptote",
    Outcome.FOLD: "declination and inclination are within a fraction of a degree: both branches merge and the "
    "Jacobian is singular",
    Outcome.NO_CONVERGENCE: "the Newton iteration did not meet its tolerance",
    Outcome.PROPAGATION: "a trajectory of the iteration could not be propagated",
    Outcome.CLOSURE: "the launch site and the transfer plane could not be brought together within the tolerance",
    Outcome.BEHIND_LIMB: "the place of impact lies behind the limb of the Moon as seen along the approach",
}
