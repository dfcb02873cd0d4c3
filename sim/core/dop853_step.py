"""What both drivers of DOP853 share: sums over the stages, error norm, choice of the step.

Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, section II.10. Sums run in a fixed order.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.dop853_tableau import ERROR_3, ERROR_5, STAGES, A, B

Array = npt.NDArray[np.float64]

SAFETY: Final = 0.9
SHRINK: Final = 0.333
GROW: Final = 6.0
SMALLEST_STEP: Final = 1e-6
"""s."""


@lean_kernel
def stage_state(y: Array, h: float, i: int, k: Array, trial: Array) -> None:
    """Put the state at which stage ``i`` is evaluated into ``trial``."""
    for c in range(y.shape[0]):
        total = 0.0
        for j in range(i):
            total += A[i, j] * k[j, c]
        trial[c] = y[c] + h * total


@lean_kernel
def solution(y: Array, h: float, k: Array, trial: Array) -> None:
    """Put the solution of order 8 into ``trial``."""
    for c in range(y.shape[0]):
        total = 0.0
        for j in range(STAGES):
            total += B[j] * k[j, c]
        trial[c] = y[c] + h * total


@lean_kernel
def norm3(values: Array) -> float:
    """Euclidean norm of three numbers."""
    return math.sqrt(values[0] * values[0] + values[1] * values[1] + values[2] * values[2])


@lean_kernel
def error_norm(k: Array, h: float, position: float, velocity: float) -> float:
    """Error of a step over the errors allowed of position and velocity (eq. II.10.17 with dop853's estimators)."""
    sum_5 = 0.0
    sum_3 = 0.0
    for part in range(2):
        scale = position if part == 0 else velocity
        for c in range(3 * part, 3 * part + 3):
            error_5 = 0.0
            error_3 = 0.0
            for j in range(STAGES):
                error_5 += ERROR_5[j] * k[j, c]
                error_3 += ERROR_3[j] * k[j, c]
            sum_5 += (error_5 / scale) * (error_5 / scale)
            sum_3 += (error_3 / scale) * (error_3 / scale)
    if sum_5 == 0.0 and sum_3 == 0.0:
        return 0.0
    ratio = abs(h) * sum_5 / math.sqrt(6.0 * (sum_5 + 0.01 * sum_3))
    return ratio if math.isfinite(ratio) else math.inf


@lean_kernel
def step_factor(ratio: float) -> float:
    """Factor of the next step after an error ``ratio`` times the allowed one."""
    return min(GROW, max(SHRINK, SAFETY * max(ratio, 1e-30) ** -0.125))


@lean_kernel
def first_step(y: Array, tolerance: float, k: Array) -> float:
    """Length of the first step from the local rates of change (positive)."""
    time_scale = min(norm3(y) / max(norm3(y[3:6]), 1e-12), norm3(y[3:6]) / max(norm3(k[0, 3:6]), 1e-12))
    return max(time_scale * tolerance**0.125, 1e-3)
