"""Low orbits in bulk: Gauss-Jackson in eight or sixteen lanes, refilled from a queue.

Fixed steps, a fixed number in the time that one revolution would take at the angular rate of the periapsis; where the
orbit has changed so much that another length would be due, the lane starts anew from where it is. A lane that starts
evaluates the nodes of its grid one after the other while the others step.

A row's bits depend on nothing but the row itself, the model, the order, the steps per revolution, and its surface.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.gauss_jackson import GaussJackson
from sim.core.low_start import (
    BLOCKS,
    NODE,
    WINDOW,
    begin_start,
    change_step,
    finish_start,
    go_on,
    keep_node,
    park,
)
from sim.core.low_step import (
    ALERT,
    BASE,
    CLIMB,
    COARSE,
    COUNT,
    DEPTH,
    GUARD,
    HIGHEST,
    HISTORY,
    LOWEST,
    MISS,
    OLD_CLIMB,
    ORIGIN,
    PIECE,
    POSITION,
    ROWS,
    SQUARE,
    STEP,
    STEPS,
    TAU,
    advance,
    evaluate,
    load_pieces,
    wanted_pieces,
)
from sim.core.low_table import LowTable
from sim.core.low_watch import (
    LEAST,
    MOST,
    NEAR,
    TRACKED,
    Batch,
    note,
    note_turn,
    radius_of,
    state_at,
    watch,
    write_better,
    write_output,
)
from sim.core.nodes import locate
from sim.core.rkn1210 import all_finite
from sim.core.simd_types import WIDE
from sim.core.status import DEGENERATE, IMPACT, MAX_STEPS, NONFINITE, OK, OUT_OF_EPHEMERIS

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

IDLE: Final = -1
NO_PIECE: Final = 1e9
"""Not a piece: the first one is loaded because it differs."""
CHECK: Final = 64
"""Steps between two looks at the orbit."""
SHORTER: Final = 0.85
LONGER: Final = 1.3
"""The method starts anew when the step due is outside these times the one in use."""
LARGEST_ECCENTRICITY: Final = 0.95
TOO_FAR: Final = 1e-5
"""Predicted and corrected position may differ by this times the distance; more means that the step is far too long."""

SKIN: Final = 1e-9
"""km: rows that begin this near to the surface are on it, where the direction decides."""


@lean_kernel
def step_due(w: Array, lane: int, mu: float, per_revolution: float) -> float:
    """Length of the steps for the osculating orbit of a lane, s; 0 where it is none that the method is for."""
    x = w[POSITION, lane]
    y = w[POSITION + 1, lane]
    z = w[POSITION + 2, lane]
    vx = w[POSITION + 3, lane]
    vy = w[POSITION + 4, lane]
    vz = w[POSITION + 5, lane]
    r = math.sqrt(x * x + y * y + z * z)
    v2 = vx * vx + vy * vy + vz * vz
    alpha = 2.0 / r - v2 / mu
    hx = y * vz - z * vy
    hy = z * vx - x * vz
    hz = x * vy - y * vx
    p = (hx * hx + hy * hy + hz * hz) / mu
    if not (alpha > 0.0 and p > 0.0):
        return 0.0
    e = math.sqrt(max(0.0, 1.0 - p * alpha))
    if not e <= LARGEST_ECCENTRICITY:
        return 0.0
    low = p / (1.0 + e)
    return 2.0 * math.pi / per_revolution * low * math.sqrt(low / (mu * (1.0 + e)))


@lean_kernel
def begin_row(w: Array, table: LowTable, lane: int, row: int, batch: Batch, track: Array) -> int:
    """Put a row into a lane, without starting it; return a status, OK when it has to be propagated."""
    state = batch.states[row]
    t0 = batch.t0[row]
    final = batch.times[row, batch.times.shape[1] - 1]
    if not (all_finite(state) and math.isfinite(t0) and math.isfinite(final)):
        return NONFINITE
    radius = radius_of(state)
    if not (radius > 0.0 and math.isfinite(radius * radius)):
        return NONFINITE
    begin = t0 - table.start
    if begin < 0.0 or begin > table.total or final < table.start or final > table.start + table.total:
        return OUT_OF_EPHEMERIS
    down = (state[0] * state[3] + state[1] * state[4] + state[2] * state[5]) * (final - t0) < 0.0
    if radius < batch.surface[row] + (SKIN if down else -SKIN):
        return IMPACT
    park(w, lane, radius)
    index, base = locate(t0, table.start, table.stride)
    w[ORIGIN, lane] = index
    w[BASE, lane] = base
    w[LOWEST, lane] = -index
    w[HIGHEST, lane] = table.rows.shape[0] - 1 - index
    w[PIECE, lane] = NO_PIECE
    w[GUARD, lane] = (batch.surface[row] + NEAR) ** 2 if batch.surface[row] > 0.0 else 0.0
    for c in range(6):
        w[POSITION + c, lane] = state[c]
    track[LEAST] = radius
    track[MOST] = radius
    return OK


@lean_kernel
def outputs_at_start(batch: Batch, row: int, track: Array) -> int:
    """Write the outputs at the epoch itself; return how many there are."""
    k = 0
    while k < batch.times.shape[1] and batch.times[row, k] == batch.t0[row]:
        write_output(batch, row, k, batch.states[row], radius_of(batch.states[row]), track)
        k += 1
    return k


@lean_kernel
def steps_to_go(w: Array, lane: int, count: int, fine: int, kept: int) -> int:
    """Count the steps up to the next look at the orbit or, in a start, the next node to keep.

    Both lie at fixed steps: where outputs are wanted must not decide what a lane does.
    """
    done = int(w[COUNT, lane])
    if kept == WINDOW:
        return CHECK - done % CHECK
    return fine - (done - count // 2) % fine


@lean_kernel
def set_alert(
    w: Array, lane: int, row: int, following: int, better: int, batch: Batch, to_go: int, half: int
) -> None:
    """Wake a lane for its next output, for one to write anew, and after the steps that it has to go."""
    h = w[STEP, lane]
    alert = w[TAU, lane] + (to_go - 0.5) * h
    if following < batch.times.shape[1]:
        wanted = batch.times[row, following] - batch.t0[row]
        alert = min(alert, wanted) if h > 0.0 else max(alert, wanted)
    if better < following:
        wanted = batch.times[row, better] - batch.t0[row] + half * h
        alert = min(alert, wanted) if h > 0.0 else max(alert, wanted)
    w[ALERT, lane] = alert


@lean_kernel
def finish_row(w: Array, lane: int, row: int, code: int, tau: float, state: Array, batch: Batch) -> None:
    """Write how a row ended."""
    for c in range(6):
        batch.ends[row, c] = state[c]
    batch.status[row] = code
    batch.steps[row] = int(w[STEPS, lane])
    batch.t_end[row] = batch.times[row, batch.times.shape[1] - 1] if code == OK else batch.t0[row] + tau


@lean_kernel
def reach_last(w: Array, lane: int, row: int, batch: Batch, state: Array) -> int:
    """Write the end of a row that has its last output."""
    for c in range(6):
        state[c] = batch.path[row, batch.times.shape[1] - 1, c]
    finish_row(w, lane, row, OK, 0.0, state, batch)
    return OK


@lean_kernel
def start_lane(
    w: Array, table: LowTable, lane: int, row: int, per_revolution: float, fine: int, batch: Batch, grid: Array,
    scratch: Array, turn: IntArray,
) -> bool:
    """Begin the start of the method at the state of a lane; False where the orbit is not for it."""
    h = step_due(w, lane, table.gm, per_revolution)
    if not h > 0.0:
        return False
    if batch.times[row, batch.times.shape[1] - 1] < batch.t0[row]:
        h = -h
    w[COARSE, lane] = h
    turn[2] = 0 if fine > 1 else WINDOW
    return bool(begin_start(w, lane, h / fine, table.gm, grid, scratch, turn))


@lean_kernel
def refill(
    w: Array, table: LowTable, lane: int, following_row: int, per_revolution: float, fine: int, batch: Batch,
    row_of: IntArray, following: IntArray, better: IntArray, track: Array, grid: Array, scratch: Array, turn: IntArray,
) -> int:
    """Put the next usable row into a lane and write the results of unusable ones; return the row after it."""
    row_of[lane] = IDLE
    while following_row < batch.last:
        row = following_row
        following_row += 1
        code = begin_row(w, table, lane, row, batch, track)
        w[STEPS, lane] = 0.0
        if code == OK:
            k = outputs_at_start(batch, row, track)
            following[lane] = k
            better[lane] = k
            if k < batch.times.shape[1]:
                if start_lane(w, table, lane, row, per_revolution, fine, batch, grid, scratch, turn):
                    row_of[lane] = row
                    return following_row
                code = DEGENERATE
        finish_row(w, lane, row, code, 0.0, batch.states[row], batch)
    park(w, lane, 1.0)
    return following_row


@lean_kernel
def end_of(
    w: Array, lane: int, row: int, hit: float, following: int, better: int, max_steps: int, batch: Batch, curve: Array,
    scratch: Array, track: Array,
) -> int:
    """Tell how a row stands after its latest steps; write its end unless it goes on (then -1)."""
    h = w[STEP, lane]
    last = batch.times.shape[1]
    state = scratch[0]
    if following == last and (better == last or hit < math.inf):
        return reach_last(w, lane, row, batch, state)
    if hit < math.inf:
        state_at(curve, hit, h, state)
        note(track, radius_of(state))
        if following < last:
            batch.lowest[row, following] = track[LEAST]
            batch.highest[row, following] = track[MOST]
        finish_row(w, lane, row, IMPACT, w[TAU, lane] + hit * h, state, batch)
        return IMPACT
    for c in range(6):
        state[c] = w[POSITION + c, lane]
    code = -1
    if not math.isfinite(w[SQUARE, lane]):
        code = NONFINITE
    elif w[STEPS, lane] >= max_steps:
        code = MAX_STEPS
    elif not w[MISS, lane] < (TOO_FAR * TOO_FAR) * w[SQUARE, lane]:
        code = DEGENERATE
    if code >= 0 and following == last:
        return reach_last(w, lane, row, batch, state)
    if code >= 0:
        finish_row(w, lane, row, code, w[TAU, lane], state, batch)
    return code


@lean_kernel
def look(
    w: Array, table: LowTable, lane: int, row: int, per_revolution: float, fine: int, batch: Batch, grid: Array,
    scratch: Array, turn: IntArray,
) -> int:
    """Compare the step in use with the one due: 0 go on, 1 started anew, 2 the orbit is no longer for the method."""
    due = step_due(w, lane, table.gm, per_revolution)
    h = abs(w[STEP, lane])
    if SHORTER * h <= due <= LONGER * h:
        return 0
    return 1 if start_lane(w, table, lane, row, per_revolution, fine, batch, grid, scratch, turn) else 2


@kernel
def propagate_low(
    table: LowTable, method: GaussJackson, per_revolution: float, fine: int, states: Array, t0: Array, times: Array,
    surface: Array, max_steps: int, first: int, last: int, ends: Array, path: Array, lowest: Array, highest: Array,
    t_end: Array, status: npt.NDArray[np.int8], steps: npt.NDArray[np.int32],
) -> None:
    """Propagate rows ``first`` to ``last - 1`` of a batch of N.

    Parameters
    ----------
    table : LowTable
        Model.
    method : GaussJackson
        Weights.
    per_revolution : float
        Steps per revolution at the angular rate of the periapsis.
    fine : int
        Short steps of a start in a step; 1: no second part of the start.
    states : numpy.ndarray (N, 6)
        km, km/s relative to the centre.
    t0 : numpy.ndarray (N,)
        Epochs, TDB s past J2000.
    times : numpy.ndarray (N, T)
        Epochs wanted, each row going away from its ``t0``.
    surface : numpy.ndarray (N,)
        Radius at which a row ends, km; 0: none.
    max_steps : int
        Evaluations of the forces allowed per row.
    first, last : int
        Rows to do.
    ends, path, lowest, highest, t_end, status, steps
        Results: (N, 6), (N, T, 6), (N, T), (N, T), (N,), (N,), (N,). Outputs that were not reached stay as they are.
    """
    batch = Batch(states, t0, times, surface, last, ends, path, lowest, highest, t_end, status, steps)
    count = method.predictor.shape[0]
    w = np.zeros((ROWS, WIDE))
    grids = np.zeros((WIDE, BLOCKS, count, 3))
    run_lanes(
        w, table, method, per_revolution, fine, max_steps, first, batch, np.full(WIDE, IDLE),
        np.zeros(WIDE, np.int64), np.zeros((WIDE, 3), np.int64), np.zeros(WIDE, np.int64), np.zeros(WIDE, np.int64),
        np.zeros((WIDE, TRACKED)), grids, np.zeros((WIDE, WINDOW, NODE)), np.zeros((2, 6)), np.zeros((3, count + 2)),
    )  # fmt: skip


@lean_kernel
def keep_on_starting(
    w: Array, lane: int, method: GaussJackson, fine: int, nodes: Array, turn: IntArray, base: int
) -> None:
    """In the second part of a start: keep a node when it is due, change to long steps after the last one."""
    count = method.predictor.shape[0]
    if turn[2] < WINDOW and (int(w[COUNT, lane]) - count // 2) % fine == 0:
        keep_node(w, lane, base, nodes[turn[2]])
        turn[2] += 1
        if turn[2] == WINDOW:
            change_step(w, lane, method, nodes, base)


@lean_kernel
def move_history(w: Array, base: int, count: int) -> int:
    """Make room for further accelerations below the latest one; return its new row."""
    if base > HISTORY:
        return base
    to = HISTORY + 3 * (DEPTH - count)
    for i in range(3 * count):
        for lane in range(WIDE):
            w[to + i, lane] = w[base + i, lane]
    return to


@lean_kernel
def attend(
    w: Array, table: LowTable, method: GaussJackson, per_revolution: float, fine: int, max_steps: int, lane: int,
    row: int, back: int, base: int, batch: Batch, following: IntArray, better: IntArray, turn: IntArray, track: Array,
    grid: Array, nodes: Array, scratch: Array, curve: Array,
) -> int:
    """Look after a lane that stepped; return 0 to go on, 1 when it has begun a new start, 2 when its row has ended."""
    h = w[STEP, lane]
    awake = back > 1 or (w[TAU, lane] - w[ALERT, lane]) * h >= 0.0
    last = batch.times.shape[1]
    output = following[lane] < last and (w[TAU, lane] - (batch.times[row, following[lane]] - batch.t0[row])) * h >= 0.0
    low = not w[SQUARE, lane] > w[GUARD, lane]
    hit = math.inf
    if back > 1 or output or low:
        hit = watch(w, lane, row, batch, method, base, back, curve, following, track, scratch)
    elif w[OLD_CLIMB, lane] * w[CLIMB, lane] < 0.0:
        note_turn(w, lane, track)
    starting = turn[2] < WINDOW
    if starting or back > 1:
        better[lane] = following[lane]  # short steps have no need of it
    elif better[lane] < following[lane] and not hit < math.inf:
        write_better(w, lane, row, batch, method, base, curve, following, better, scratch)
    if end_of(w, lane, row, hit, following[lane], better[lane], max_steps, batch, curve, scratch, track) >= 0:
        return 2
    if not awake:
        return 0
    w[MISS, lane] = 0.0
    if starting:
        keep_on_starting(w, lane, method, fine, nodes, turn, base)
    to_go = steps_to_go(w, lane, method.predictor.shape[0], fine, turn[2])
    count = method.predictor.shape[0]
    set_alert(w, lane, row, following[lane], better[lane], batch, to_go, count // 2)
    if starting or to_go < CHECK:
        return 0
    change = look(w, table, lane, row, per_revolution, fine, batch, grid, scratch, turn)
    if change == 0:
        return 0
    better[lane] = following[lane]
    if following[lane] == last:
        reach_last(w, lane, row, batch, scratch[0])
        return 2
    if change == 1:
        return 1
    for c in range(6):
        scratch[0, c] = w[POSITION + c, lane]
    finish_row(w, lane, row, DEGENERATE, w[TAU, lane], scratch[0], batch)
    return 2


@lean_kernel
def run_lanes(
    w: Array, table: LowTable, method: GaussJackson, per_revolution: float, fine: int, max_steps: int, first: int,
    batch: Batch, row_of: IntArray, offsets: IntArray, turns: IntArray, following: IntArray, better: IntArray,
    tracks: Array, grids: Array, nodes: Array, scratch: Array, curve: Array,
) -> None:
    """Step all lanes until the queue is empty."""
    count = method.predictor.shape[0]
    queue = first
    starting = 0
    running = 0
    for lane in range(WIDE):
        queue = refill(
            w, table, lane, queue, per_revolution, fine, batch, row_of, following, better, tracks[lane], grids[lane],
            scratch, turns[lane],
        )  # fmt: skip
        if row_of[lane] != IDLE:
            starting |= 1 << lane
    base = HISTORY + 3 * (DEPTH - count)
    while starting | running:
        if wanted_pieces(w, table) & (starting | running):
            load_pieces(w, table, offsets)
        evaluate(w, table)
        base = move_history(w, base, count) - 3
        attention = advance(w, table, method, base) & running
        attention |= starting
        if attention == 0:
            continue
        for lane in range(WIDE):
            bit = 1 << lane
            if attention & bit == 0:
                continue
            back = 1
            if starting & bit:
                if not go_on(w, lane, table.gm, method, grids[lane], turns[lane]):
                    continue
                finish_start(w, lane, method, grids[lane], base)
                starting &= ~bit
                running |= bit
                back = count // 2
            outcome = attend(
                w, table, method, per_revolution, fine, max_steps, lane, row_of[lane], back, base, batch, following,
                better, turns[lane], tracks[lane], grids[lane], nodes[lane], scratch, curve,
            )  # fmt: skip
            if outcome == 2:
                queue = refill(
                    w, table, lane, queue, per_revolution, fine, batch, row_of, following, better, tracks[lane],
                    grids[lane], scratch, turns[lane],
                )  # fmt: skip
            if outcome > 0:
                running &= ~bit
                if row_of[lane] != IDLE:
                    starting |= bit
