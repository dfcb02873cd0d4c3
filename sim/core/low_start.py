"""Start of Gauss-Jackson's method in one lane, while the others go on: iteration over all accelerations of its grid.

The grid has the epoch in its middle. Positions on it come from the conic at first; each pass evaluates the forces at
all of them, one evaluation per turn of the lanes, and integrates the polynomial through the accelerations twice. Inside
of a pass the attraction of the centre's point mass follows the moving positions by its gradient, so that the passes
only have to settle the figure and the far bodies: three of them reach rounding error. The start is as accurate as every
later step, because it integrates the same polynomial.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.gauss_jackson import GaussJackson
from sim.core.kepler import kepler_step
from sim.core.low_step import (
    ALERT,
    BEGIN,
    CLIMB,
    COUNT,
    EVAL,
    EVAL_TAU,
    FORCE,
    GUARD,
    MISS,
    OLD_CLIMB,
    OLD_SQUARE,
    PART,
    POSITION,
    SPEED_PART,
    SQUARE,
    STEP,
    STEP2,
    SUM1,
    SUM2,
    TAU,
    VELOCITY,
)
from sim.core.status import OK

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

PLACES: Final = 0
FORCES: Final = 1
TRIAL: Final = 2
MOVED: Final = 3
EPOCH: Final = 4
BLOCKS: Final = 5
"""Blocks of the scratch of a start: positions where the forces are evaluated, the forces, positions from them, forces
that follow these, and the state at the epoch (the lane's own rows are overwritten by the steps of the others)."""
SETTLED: Final = 3e-8
"""The passes end when positions move less, times the distance: the next pass would move them 1e-13."""
MOST_PASSES: Final = 8
INNER: Final = 40


@lean_kernel
def begin_start(w: Array, lane: int, h: float, mu: float, grid: Array, scratch: Array, turn: IntArray) -> bool:
    """Lay the grid about the state in ``POSITION``, ``VELOCITY``, ``TAU``; tell whether the conic exists.

    Parameters
    ----------
    w : numpy.ndarray (ROWS, 8)
        Lanes.
    lane : int
        Which one.
    h : float
        Step.
    mu : float
        Of the centre.
    grid : numpy.ndarray (BLOCKS, K, 3)
        Scratch of this lane until the start is done.
    scratch : numpy.ndarray (2, 6)
        For a state.
    turn : numpy.ndarray (2,)
        Node to evaluate, and passes made.

    Returns
    -------
    bool
    """
    count = grid.shape[1]
    middle = count // 2
    w[STEP, lane] = h
    w[STEP2, lane] = h * h
    w[BEGIN, lane] = w[TAU, lane]
    for c in range(3):
        scratch[0, c] = w[POSITION + c, lane]
        scratch[0, 3 + c] = w[VELOCITY + c, lane]
        grid[EPOCH, 0, c] = scratch[0, c]
        grid[EPOCH, 1, c] = scratch[0, 3 + c]
    for i in range(count):
        if kepler_step(scratch[0], (i - middle) * h, mu, scratch[1]) != OK:
            return False
        for c in range(3):
            grid[PLACES, i, c] = scratch[1, c]
    turn[0] = 0
    turn[1] = 0
    ask(w, lane, grid, 0)
    return True


@lean_kernel
def ask(w: Array, lane: int, grid: Array, node: int) -> None:
    """Ask for the forces at a node of the grid."""
    w[EVAL_TAU, lane] = w[BEGIN, lane] + (node - grid.shape[1] // 2) * w[STEP, lane]
    for c in range(3):
        w[EVAL + c, lane] = grid[PLACES, node, c]


@lean_kernel
def go_on(w: Array, lane: int, mu: float, method: GaussJackson, grid: Array, turn: IntArray) -> bool:
    """Take the forces of one node; return True when the start is done."""
    node = turn[0]
    for c in range(3):
        grid[FORCES, node, c] = w[FORCE + c, lane]
    turn[0] = node + 1
    if node + 1 == grid.shape[1]:
        turn[0] = 0
        turn[1] += 1
        moved = settle(w[STEP, lane], mu, method, grid)
        epoch = grid[EPOCH, 0]
        radius = math.sqrt(epoch[0] ** 2 + epoch[1] ** 2 + epoch[2] ** 2)
        # Positions that are not finite end the passes too.
        if not (moved > SETTLED * radius) or turn[1] == MOST_PASSES:
            return True
    ask(w, lane, grid, turn[0])
    return False


@lean_kernel
def settle(h: float, mu: float, method: GaussJackson, grid: Array) -> float:
    """Positions that agree with the forces of a pass, put into ``PLACES``; return by how much they moved, km."""
    count = grid.shape[1]
    middle = count // 2
    for i in range(count):
        for c in range(3):
            grid[MOVED, i, c] = grid[FORCES, i, c]
    for _ in range(INNER):
        change = 0.0
        size = 0.0
        for i in range(count):
            for c in range(3):
                total = 0.0
                for k in range(count):
                    total += method.start_position[i, k] * grid[MOVED, k, c]
                value = grid[EPOCH, 0, c] + h * ((i - middle) * grid[EPOCH, 1, c] + h * total)
                change = max(change, abs(value - grid[TRIAL, i, c]))
                size = max(size, abs(value))
                grid[TRIAL, i, c] = value
        for i in range(count):
            follow(grid[PLACES, i], grid[FORCES, i], grid[TRIAL, i], mu, grid[MOVED, i])
        if not (change > 1e-15 * size):
            break
    moved = 0.0
    for i in range(count):
        for c in range(3):
            moved = max(moved, abs(grid[TRIAL, i, c] - grid[PLACES, i, c]))
            grid[PLACES, i, c] = grid[TRIAL, i, c]
            grid[FORCES, i, c] = grid[MOVED, i, c]
    return moved


@lean_kernel
def follow(place: Array, force: Array, to: Array, mu: float, out: Array) -> None:
    """Force at ``to`` from that at ``place``: the point mass by its exact difference, the rest unchanged."""
    before = mu / (place[0] ** 2 + place[1] ** 2 + place[2] ** 2) ** 1.5
    after = mu / (to[0] ** 2 + to[1] ** 2 + to[2] ** 2) ** 1.5
    for c in range(3):
        out[c] = force[c] + (before * place[c] - after * to[c])


@lean_kernel
def finish_start(w: Array, lane: int, method: GaussJackson, grid: Array, base: int) -> None:
    """Turn a settled grid into sums and a history, so that the lane steps with the others.

    ``base`` is the row of the latest accelerations.
    """
    count = grid.shape[1]
    h = w[STEP, lane]
    w[OLD_CLIMB, lane] = 0.0
    w[OLD_SQUARE, lane] = 0.0
    w[CLIMB, lane] = 0.0
    w[SQUARE, lane] = 0.0
    w[MISS, lane] = 0.0
    w[COUNT, lane] = count // 2
    w[TAU, lane] = w[BEGIN, lane] + (count // 2) * h
    for c in range(3):
        rise = 0.0
        for k in range(count):
            rise += method.start_velocity[count - 1, k] * grid[FORCES, k, c]
        v = grid[EPOCH, 1, c] + h * rise
        x = grid[PLACES, count - 1, c]
        for j in range(count):
            w[base + 3 * j + c, lane] = grid[FORCES, count - 1 - j, c]
        sum1 = v / h
        sum2 = x / (h * h)
        ahead = 0.0
        part = 0.0
        speed = 0.0
        for j in range(count):
            f = w[base + 3 * j + c, lane]
            sum1 -= method.velocity[j] * f
            sum2 -= method.corrector[j] * f
            ahead += method.predictor[j] * f
            if j < count - 1:
                part += method.corrector[j + 1] * f
                speed += method.velocity[j + 1] * f
        sum2 += sum1
        w[SUM1 + c, lane] = sum1
        w[SUM2 + c, lane] = sum2
        w[PART + c, lane] = part
        w[SPEED_PART + c, lane] = speed
        w[EVAL + c, lane] = h * h * (sum2 + ahead)
        w[POSITION + c, lane] = x
        w[VELOCITY + c, lane] = v
        w[CLIMB, lane] += x * v
        w[SQUARE, lane] += x * x
    w[EVAL_TAU, lane] = w[BEGIN, lane] + (count // 2 + 1) * h


@lean_kernel
def park(w: Array, lane: int, distance: float) -> None:
    """Let an empty lane evaluate something harmless, without ever asking for attention."""
    for row in range(FORCE):
        w[row, lane] = 0.0
    w[EVAL, lane] = distance
    w[STEP, lane] = 1.0
    w[STEP2, lane] = 1.0
    w[ALERT, lane] = math.inf
    w[GUARD, lane] = -1.0
