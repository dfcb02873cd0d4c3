"""Flight in a plane about the Moon with thrust against the velocity: de-orbit burns, gravity turns, impacts.

Classical fourth-order Runge-Kutta with equal steps; the step in which the flight ends is halved until its end is known
to a microsecond. Thrust and mass flow are constant, so that the acceleration grows as 1/(1 - a t/c).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel

Array = npt.NDArray[np.float64]

RUNNING: Final = 0
GROUND: Final = 1
"""The distance to the centre fell to ``ground``."""
SLOW: Final = 2
"""The speed fell to ``slow``."""
TIME: Final = 3
"""Neither happened before ``end``."""

HALVINGS: Final = 30


@lean_kernel
def rates(state: Array, t: float, mu: float, thrust: float, exhaust: float, burn: float, out: Array) -> None:
    """Rates of x, y, vx, vy; ``thrust`` is the acceleration at the start of a burn of ``burn`` seconds."""
    x = state[0]
    y = state[1]
    vx = state[2]
    vy = state[3]
    square = x * x + y * y
    pull = -mu / (square * math.sqrt(square))
    brake = 0.0
    if t < burn:
        brake = thrust / (1.0 - thrust * t / exhaust) / math.sqrt(vx * vx + vy * vy)
    out[0] = vx
    out[1] = vy
    out[2] = pull * x - brake * vx
    out[3] = pull * y - brake * vy


@lean_kernel
def advance(
    state: Array, t: float, h: float, mu: float, thrust: float, exhaust: float, burn: float, work: Array, out: Array
) -> None:
    """One step; ``work`` is room of shape (5, 4). During a step the engine is on or off throughout."""
    cut = t + h if t < burn else t
    for stage in range(4):
        share = 0.0 if stage == 0 else (1.0 if stage == 3 else 0.5)
        for c in range(4):
            work[4, c] = state[c] + (share * h * work[stage - 1, c] if stage > 0 else 0.0)
        rates(work[4], t + share * h, mu, thrust, exhaust, cut + 1.0 if t < burn else 0.0, work[stage])
    for c in range(4):
        out[c] = state[c] + h / 6.0 * (work[0, c] + 2.0 * work[1, c] + 2.0 * work[2, c] + work[3, c])


@lean_kernel
def ended(state: Array, ground: float, slow: float) -> int:
    """Why a flight ends here, or RUNNING."""
    if state[0] * state[0] + state[1] * state[1] <= ground * ground:
        return GROUND
    if state[2] * state[2] + state[3] * state[3] <= slow * slow:
        return SLOW
    return RUNNING


@lean_kernel
def fly(
    state: Array, mu: float, thrust: float, exhaust: float, burn: float, ground: float, slow: float, end: float,
    step: float, work: Array,
) -> tuple[int, float]:
    """Fly until ground, slow or end; the state is replaced by the last one.

    Parameters
    ----------
    state : numpy.ndarray (4,)
        x, y, vx, vy; replaced.
    mu, thrust, exhaust, burn
        Gravitational parameter, acceleration at the start, effective exhaust velocity, seconds of burning.
    ground, slow, end : float
        Radius, speed and time at which the flight ends.
    step : float
        Length of the steps.
    work : numpy.ndarray (6, 4)
        Room.

    Returns
    -------
    tuple of int, float
        Reason and time.
    """
    t = 0.0
    while t < end:
        h = min(step, end - t)
        if t < burn:
            # Near rest the direction of thrust turns fast: no step takes away more than a fifth of the speed.
            brake = thrust / (1.0 - thrust * t / exhaust)
            h = min(h, 0.2 * math.sqrt(state[2] * state[2] + state[3] * state[3]) / brake, burn - t)
        advance(state, t, h, mu, thrust, exhaust, burn, work[:5], work[5])
        reason = ended(work[5], ground, slow)
        if reason != RUNNING:
            low = 0.0
            for _ in range(HALVINGS):
                middle = 0.5 * (low + h)
                advance(state, t, middle, mu, thrust, exhaust, burn, work[:5], work[5])
                now = ended(work[5], ground, slow)
                if now == RUNNING:
                    low = middle
                else:
                    h = middle
                    reason = now
            advance(state, t, h, mu, thrust, exhaust, burn, work[:5], work[5])
            for c in range(4):
                state[c] = work[5, c]
            return reason, t + h
        for c in range(4):
            state[c] = work[5, c]
        t += h
    return TIME, t


@lean_kernel
def fly_rows(
    states: Array, mu: float, thrust: Array, exhaust: float, burn: Array, ground: float, slow: float, end: float,
    step: float, work: Array, out: Array,
) -> None:
    """Fly N rows; see :func:`fly`. ``out`` (N, 2) takes reason and time, ``states`` (N, 4) the last states."""
    for row in range(states.shape[0]):
        reason, t = fly(states[row], mu, thrust[row], exhaust, burn[row], ground, slow, end, step, work)
        out[row, 0] = reason
        out[row, 1] = t
