"""Start of Gauss-Jackson's method in one lane, while the others go on: iteration over all accelerations of its grid.

First part, a grid of short steps. It has the epoch in its middle. Positions on it come from the conic at first; each
pass evaluates the forces at all of them, one evaluation per turn of the lanes, and integrates the polynomial through
the accelerations twice. Inside of a pass the attraction of the centre's point mass follows the moving positions, so
that the passes only have to settle the figure and the far bodies: three of them reach rounding error.

Second part, a change to the long steps that the lane is to take. Long steps sample the highest harmonics of the figure
less than once in a period. That does no harm to the sums, in which such terms cancel from step to step, but it does to
a start: whatever a single node says about the sums is wrong by what these terms give in one step, and a velocity wrong
by 0.1 mm/s moves an orbit by 200 m in a week. So the lane takes ``WINDOW`` long steps' worth of short ones, which see
everything, and the sums of the long steps become the mean of what all nodes of that window say, weighted by a smooth
bell (Hann's), under which the terms cancel here too.
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
    BEND,
    CLIMB,
    COARSE,
    COUNT,
    EVAL,
    EVAL_TAU,
    FORCE,
    GUARD,
    MISS,
    OLD_BEND,
    OLD_CLIMB,
    OLD_SQUARE,
    PART,
    POSITION,
    RAW,
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
WINDOW: Final = 48
"""Nodes of the second part."""
NODE: Final = 9
"""Numbers kept of a node: position, velocity, acceleration."""
SETTLED: Final = 3e-8
"""The passes end when positions move less, times the distance: the next pass would move them 1e-13."""
MOST_PASSES: Final = 8
INNER: Final = 40


@lean_kernel
def begin_start(w: Array, lane: int, h: float, mu: float, grid: Array, scratch: Array, turn: IntArray) -> bool:
    """Lay the grid about the state in ``POSITION``, ``VELOCITY``, ``TAU``; tell whether the conic exists.

    Parameters
    ----------
    w : numpy.ndarray (ROWS, WIDE)
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
        grid[FORCES, node, c] = w[RAW + c, lane]
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
    before2 = place[0] * place[0] + place[1] * place[1] + place[2] * place[2]
    after2 = to[0] * to[0] + to[1] * to[1] + to[2] * to[2]
    before = mu / (before2 * math.sqrt(before2))
    after = mu / (after2 * math.sqrt(after2))
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
    w[OLD_BEND, lane] = 0.0
    w[BEND, lane] = 0.0
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
        for j in range(count):
            f = w[base + 3 * j + c, lane]
            sum1 -= method.velocity[j] * f
            sum2 -= method.corrector[j] * f
        w[SUM1 + c, lane] = sum1
        w[SUM2 + c, lane] = sum2 + sum1
        w[POSITION + c, lane] = x
        w[VELOCITY + c, lane] = v
        w[CLIMB, lane] += x * v
        w[BEND, lane] += v * v + x * grid[FORCES, count - 1, c]
        w[SQUARE, lane] += x * x
    look_ahead(w, lane, method, h, base)
    w[EVAL_TAU, lane] = w[BEGIN, lane] + (count // 2 + 1) * h


@lean_kernel
def keep_node(w: Array, lane: int, base: int, node: Array) -> None:
    """Keep the state and the acceleration after the latest step."""
    for c in range(3):
        node[c] = w[POSITION + c, lane]
        node[3 + c] = w[VELOCITY + c, lane]
        node[6 + c] = w[base + c, lane]


@lean_kernel
def bell(i: int, count: int) -> float:
    """Hann's weights of ``count`` nodes; their sum is (count + 1) / 2."""
    return 0.5 - 0.5 * math.cos(2.0 * math.pi * (i + 1.0) / (count + 1.0))


@lean_kernel
def change_step(w: Array, lane: int, method: GaussJackson, nodes: Array, base: int) -> None:
    """Turn a window of nodes one long step apart into sums and a history of long steps.

    With C1 and C2 the sums of the accelerations from the window's first node on, F1 = C1 + a and F2 = C2 + n a + b at
    its n-th node; every node says something about a and b. ``base`` is the row of the latest accelerations.
    """
    count = method.predictor.shape[0]
    window = nodes.shape[0]
    h = w[COARSE, lane]
    total = 0.5 * (window - count + 2.0)
    for c in range(3):
        # First the mean of a alone, then that of b with it.
        a = 0.0
        b = 0.0
        for part in range(2):
            c1 = 0.0
            c2 = 0.0
            mean = 0.0
            for n in range(window):
                f = nodes[n, 6 + c]
                c1 += f
                c2 += c1
                if n < count - 1:
                    continue
                weight = bell(n - count + 1, window - count + 1) / total
                said = nodes[n, 3 + c] / h - c1 if part == 0 else nodes[n, c] / (h * h) - (c2 - c1) - n * a
                for j in range(count):
                    said -= (method.velocity[j] if part == 0 else method.corrector[j]) * nodes[n - j, 6 + c]
                mean += weight * said
            if part == 0:
                a = mean
            else:
                b = mean
        w[SUM1 + c, lane] = c1 + a
        w[SUM2 + c, lane] = c2 + window * a + b
        for j in range(count):
            w[base + 3 * j + c, lane] = nodes[window - 1 - j, 6 + c]
    look_ahead(w, lane, method, h, base)
    w[STEP, lane] = h
    w[STEP2, lane] = h * h
    w[BEGIN, lane] = w[TAU, lane]
    w[COUNT, lane] = 0.0
    w[EVAL_TAU, lane] = w[TAU, lane] + h


@lean_kernel
def look_ahead(w: Array, lane: int, method: GaussJackson, h: float, base: int) -> None:
    """Predict the next position of one lane, and what its corrector takes from the past."""
    count = method.predictor.shape[0]
    for c in range(3):
        ahead = 0.0
        part = 0.0
        speed = 0.0
        for j in range(count):
            f = w[base + 3 * j + c, lane]
            ahead += method.predictor[j] * f
            if j < count - 1:
                part += method.corrector[j + 1] * f
                speed += method.velocity[j + 1] * f
        w[PART + c, lane] = part
        w[SPEED_PART + c, lane] = speed
        w[EVAL + c, lane] = h * h * (w[SUM2 + c, lane] + ahead)


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
