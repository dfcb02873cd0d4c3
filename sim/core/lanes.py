"""Propagation of batches of rows, eight in lockstep, refilled from a queue.

For rows that end at their requested time only; a row that may come near a surface is left unfinished for
:mod:`sim.core.lanes_watch`, which knows events. The tolerance has the meaning it has in :mod:`sim.core.rkn1210`: the
estimated error of a step over the distance to the nearest of centre and companion.

Step lengths come from where a trial conic leads (:func:`sim.core.lanes_choice.choose_step`) times a factor that follows
the estimated errors of the row; every step is checked by that estimate and repeated when it fails.

A row's bits depend on nothing but the row itself, the model and the tolerance.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.lanes_choice import TIME_RESOLUTION, choose_step
from sim.core.lanes_columns import begin_matrix, chain, get_matrix, step_columns
from sim.core.lanes_gradient import COLUMN_ROWS
from sim.core.lanes_rows import (
    ANOMALY,
    APART,
    BASE,
    BETA,
    COMPANION,
    CONTROL,
    DURATION,
    END,
    ETA,
    GAMMA,
    HIGHEST,
    LOWEST,
    MOMENTUM2,
    MU,
    NODES,
    ORIGIN,
    PIECE,
    POSITION,
    RADIUS,
    SERIES,
    SPAN,
    STEPS,
    TAU,
    Array,
    K,
    Mask,
    Vector,
    universal,
)
from sim.core.lanes_step import end_step, fill_nodes, run_stages
from sim.core.lanes_table import COMPANION_TERMS, LaneTable
from sim.core.nodes import locate
from sim.core.rkn1210 import all_finite
from sim.core.simd import (
    LANES,
    at_most,
    bits,
    both,
    either,
    floor,
    fma,
    larger,
    less,
    load,
    magnitude,
    root,
    rough_power,
    select,
    smaller,
    store,
    transpose,
    with_sign_of,
)
from sim.core.status import MAX_STEPS, NONFINITE, OK, OUT_OF_EPHEMERIS, STEP_TOO_SMALL

IntArray = npt.NDArray[np.int64]

NO_EVENT: Final = -1
IDLE: Final = -1
GAIN: Final = -0.8 / 12.0
"""Exponent with which the step lengths follow the error."""
REACH_CENTER: Final = 2.7
REACH_COMPANION: Final = 24.0
"""Step lengths over the scales of centre and companion, at tolerance 1; fitted to 29,000 steps."""
TARGET: Final = 0.1
"""Aim for this ratio of error over tolerance."""
SMALLEST_CONTROL: Final = 1e-9
FAST: Final = 1.2
"""km/s; Earth and Moon never move faster past each other."""


@kernel
def new_rows(count: int) -> Array:
    """Allocate rows of eight numbers, each on a cache line of its own: rows on two lines each cost a fifth more."""
    raw = np.zeros((count + 1) * LANES)
    skip = (-(raw.ctypes.data // 8)) % LANES
    return raw[skip : skip + count * LANES].reshape(count, LANES)


@lean_kernel
def set_state(w: Array, lane: int, values: Array) -> None:
    """Give a lane position and velocity."""
    for c in range(6):
        w[POSITION + c, lane] = values[c]


@lean_kernel
def get_state(w: Array, lane: int, values: Array) -> None:
    """Read position and velocity of a lane."""
    for c in range(6):
        values[c] = w[POSITION + c, lane]


@lean_kernel
def load_series(w: Array, table: LaneTable, offsets: IntArray) -> None:
    """Give every lane the piece of the table that it asks for."""
    count = table.rows.shape[2]
    for lane in range(LANES):
        piece = w[ORIGIN, lane] + w[PIECE, lane]
        offsets[lane] = int(2.0 * piece + w[COMPANION, lane]) * count
    for first in range(0, count, LANES):
        transpose(table.rows, offsets, first, w, SERIES + first)


@lean_kernel
def piece_for(offset: float, backward: bool, lowest: float, highest: float, table: LaneTable) -> float:
    """Piece in which a step of any length has room, relative to the one of the row's beginning."""
    room = table.cover - table.stride if backward else 0.0
    return min(max(math.floor((offset - room) / table.stride), lowest), highest)


@lean_kernel
def other_distance2(w: Array, lane: int, table: LaneTable) -> float:
    """Squared distance between a lane's state and the companion."""
    x = (w[BASE, lane] - w[PIECE, lane] * table.stride) * (2.0 / table.cover) - 1.0
    series = table.rows[int(w[ORIGIN, lane] + w[PIECE, lane]), 0]
    total = 0.0
    for c in range(3):
        value = 0.0
        for j in range(COMPANION_TERMS - 1, -1, -1):
            value = value * x + series[3 * j + c]
        total += (value - w[POSITION + c, lane]) ** 2
    return total


@lean_kernel
def is_companion(r2: float, d2: float, table: LaneTable) -> bool:
    """Tell whether a conic about the companion serves better: mu / d^4 decides."""
    return d2 * d2 * table.gm[0] < r2 * r2 * table.gm[1]


@lean_kernel
def begin_row(w: Array, table: LaneTable, lane: int, state: Array, t0: float, span: float) -> int:
    """Put a row into a lane; return a status, OK when it has to be propagated."""
    if not (all_finite(state) and math.isfinite(t0) and math.isfinite(span)):
        return NONFINITE
    index, base = locate(t0, table.start, table.stride)
    begin = t0 - table.start
    if begin < 0.0 or begin > table.total or begin + span < 0.0 or begin + span > table.total:
        return OUT_OF_EPHEMERIS
    w[ORIGIN, lane] = index
    set_state(w, lane, state)
    w[TAU, lane] = 0.0
    w[BASE, lane] = base
    w[SPAN, lane] = span
    w[CONTROL, lane] = 1.0
    w[STEPS, lane] = 0.0
    w[LOWEST, lane] = -index
    w[HIGHEST, lane] = table.rows.shape[0] - 1 - index
    w[PIECE, lane] = piece_for(base, span < 0.0, w[LOWEST, lane], w[HIGHEST, lane], table)
    w[COMPANION, lane] = 0.0
    r2 = state[0] * state[0] + state[1] * state[1] + state[2] * state[2]
    d2 = other_distance2(w, lane, table)
    if not (r2 > 0.0 and d2 > 0.0 and math.isfinite(r2 * r2)):
        return NONFINITE
    if is_companion(r2, d2, table):
        w[COMPANION, lane] = 1.0
    return OK


@lean_kernel
def calm(w: Array, spheres: Array, r2: Vector, d2: Vector) -> Mask:
    """Tell which lanes stay outside of the spheres of both main bodies, whatever happens in the step.

    About the conic's centre: the least distance of the conic, less a bound of the deviation from it. About the other
    main body: the distances at the ends, less what can be flown in between.
    """
    anomaly = load(w, ANOMALY)
    radius = load(w, RADIUS)
    eta = load(w, ETA)
    beta = load(w, BETA)
    mu = load(w, MU)
    gamma = load(w, GAMMA)
    momentum2 = load(w, MOMENTUM2)
    m = load(w, COMPANION)
    u1, u2, _ = universal(anomaly, beta)
    rho = fma(eta, u1, fma(gamma, u2, radius))
    rate = fma(eta, fma(-beta, u2, 1.0), gamma * u1)
    nearest = momentum2 / (mu + root(larger(fma(mu, mu, -beta * momentum2), 0.0)))
    ways = with_sign_of(1.0, anomaly)
    turns = both(less(eta * ways, 0.0), less(0.0, rate * ways))
    low = select(turns, nearest, smaller(radius, rho))
    pull = 0.0 * rho
    for i in range(0, NODES, 4):
        for c in range(3):
            k = load(w, K + 3 * i + c)
            pull = fma(k, k, pull)
    low = low - root(larger(radius, rho) * pull) * (anomaly * anomaly)
    fastest = root(larger(2.0 * mu / low - beta, 0.0)) + FAST
    gap = 0.5 * (load(w, APART) + root(d2) - fastest * magnitude(load(w, DURATION)))
    own = fma(m, spheres[1] - spheres[0], spheres[0])
    other = (spheres[0] + spheres[1]) - own
    return both(both(less(own, low), less(0.0, low)), less(other, gap))


@lean_kernel
def advance(
    w: Array, columns: Array | None, table: LaneTable, n_others: int, tolerance: float, reach_center: float,
    reach_companion: float, max_steps: int, spheres: Array,
) -> tuple[int, int, int, int]:
    """Make one step in all lanes.

    Returns bits of the lanes that ended, failed, need another piece of the table, and may have entered a sphere.
    """
    choose_step(w, table, reach_center, reach_companion)
    fill_nodes(w, columns, table, n_others)
    run_stages(w, table, n_others, columns)
    ratio, r2, d2 = end_step(w, table, tolerance)
    good = at_most(ratio, 1.0)
    if columns is not None:
        step_columns(w, columns)
        chain(columns, good)
    near = 0
    if spheres[0] + spheres[1] > 0.0:
        near = bits(good) & ~bits(calm(w, spheres, r2, d2))
    ended, failed, changed = conclude(w, table, good, ratio, r2, d2, max_steps)
    return ended, failed, changed, near


@lean_kernel
def conclude(
    w: Array, table: LaneTable, good: Mask, ratio: Vector, r2: Vector, d2: Vector, max_steps: int
) -> tuple[int, int, int]:
    """Take or refuse the step that was made, in all lanes; return the first three of :func:`advance`."""
    before = load(w, TAU)
    duration = load(w, DURATION)
    tau = before + duration
    span = load(w, SPAN)
    steps = load(w, STEPS) + 1.0
    store(w, STEPS, steps)
    ended = both(good, at_most(magnitude(span - tau), TIME_RESOLUTION))
    steer(w, ratio, good)
    tau = select(good, tau, before)
    store(w, TAU, tau)
    for c in range(6):
        store(w, POSITION + c, select(good, load(w, END + c), load(w, POSITION + c)))
    failed = either(at_most(float(max_steps), steps), less(load(w, CONTROL), SMALLEST_CONTROL))
    piece = load(w, PIECE)
    room = select(less(span, 0.0), table.cover - table.stride, 0.0)
    wanted = floor((load(w, BASE) + tau - room) / table.stride)
    wanted = smaller(larger(wanted, load(w, LOWEST)), load(w, HIGHEST))
    m = load(w, COMPANION)
    own = fma(m, table.gm[1] - table.gm[0], table.gm[0])
    other = (table.gm[0] + table.gm[1]) - own
    leave = both(good, less(d2 * d2 * own, r2 * r2 * other))
    near = select(leave, 1.0 - m, m)
    store(w, PIECE, wanted)
    store(w, COMPANION, near)
    changed = either(less(0.0, magnitude(wanted - piece)), less(0.0, magnitude(near - m)))
    return bits(ended), bits(failed), bits(changed)


@lean_kernel
def steer(w: Array, ratio: Vector, good: Vector) -> None:
    """Adapt the factor of the step lengths to the estimated error."""
    control = load(w, CONTROL)
    factor = rough_power(larger(ratio, 1e-30) * (1.0 / TARGET), GAIN)
    # A step cut by the end of the span or of a piece says nothing about longer ones: growth is bounded.
    up = control * larger(smaller(factor, 1.15), 0.75)
    down = control * larger(smaller(factor, 0.9), 0.3)
    finite = less(ratio, 1e300)
    down = select(finite, down, 0.3 * control)
    store(w, CONTROL, select(good, smaller(larger(up, 0.3), 2.0), down))


class Batch(NamedTuple):
    """Rows to propagate and where their results go; see :func:`propagate_lanes`.

    ``matrices`` is None where no transition matrices are wanted.
    """

    states: Array
    t0: Array
    t1: Array
    last: int
    ends: Array
    t_end: Array
    status: npt.NDArray[np.int8]
    event: npt.NDArray[np.int8]
    steps: npt.NDArray[np.int32]
    matrices: Any


UNFINISHED: Final = -1
"""Status of a row that may have met a sphere: to be done again with events."""


@kernel
def propagate_lanes(
    table: LaneTable, states: Array, t0: Array, t1: Array, tolerance: float, max_steps: int,
    first: int, last: int, ends: Array, t_end: Array, status: npt.NDArray[np.int8],
    event: npt.NDArray[np.int8], steps: npt.NDArray[np.int32],
) -> None:
    """Propagate rows ``first`` to ``last - 1`` of a batch of N, each over its own span.

    Parameters
    ----------
    table : LaneTable
        Model (:func:`sim.core.lanes_table.lane_table`).
    states : numpy.ndarray (N, 6)
        km, km/s relative to the centre.
    t0, t1 : numpy.ndarray (N,)
        Epochs, TDB s past J2000.
    tolerance, max_steps : float, int
        See the module's docstring; accepted and rejected steps together.
    first, last : int
        Rows to do.
    ends, t_end, status, event, steps : numpy.ndarray (N, 6), (N,), (N,), (N,), (N,)
        Results; ``event`` is always ``NO_EVENT``.
    """
    propagate_outside(
        table, np.zeros(2), states, t0, t1, tolerance, max_steps, first, last, ends, t_end, status, event, steps
    )


@kernel
def propagate_outside(
    table: LaneTable, spheres: Array, states: Array, t0: Array, t1: Array, tolerance: float, max_steps: int,
    first: int, last: int, ends: Array, t_end: Array, status: npt.NDArray[np.int8],
    event: npt.NDArray[np.int8], steps: npt.NDArray[np.int32],
) -> None:
    """Propagate rows as :func:`propagate_lanes` does, as long as they surely stay outside of two spheres.

    Parameters
    ----------
    table : LaneTable
        Model.
    spheres : numpy.ndarray (2,)
        Radii about centre and companion, km; both 0: no matter.
    states, t0, t1, tolerance, max_steps, first, last, ends, t_end, status, event, steps
        See :func:`propagate_lanes`; a row that may have entered a sphere ends with the status ``UNFINISHED``.
    """
    n_others = table.gm.shape[0] - 2
    w = new_rows(SERIES + table.rows.shape[2] + 3 * (n_others + 1) * NODES)
    row_of = np.full(LANES, IDLE)
    offsets = np.zeros(LANES, dtype=np.int64)
    batch = Batch(states, t0, t1, last, ends, t_end, status, event, steps, None)
    run_lanes(w, None, table, n_others, tolerance, max_steps, first, row_of, offsets, batch, spheres)


@kernel
def propagate_lanes_matrix(
    table: LaneTable, states: Array, t0: Array, t1: Array, tolerance: float, max_steps: int,
    first: int, last: int, ends: Array, t_end: Array, status: npt.NDArray[np.int8],
    event: npt.NDArray[np.int8], steps: npt.NDArray[np.int32], matrices: Array,
) -> None:
    """Do what :func:`propagate_lanes` does, bit for bit, and integrate the variational equations.

    Parameters
    ----------
    table, states, t0, t1, tolerance, max_steps, first, last, ends, t_end, status, event, steps
        See :func:`propagate_lanes`.
    matrices : numpy.ndarray (N, 6, 6)
        Result: derivatives of the last states by the first ones at fixed times; NaN for unusable rows.
    """
    n_others = table.gm.shape[0] - 2
    w = new_rows(SERIES + table.rows.shape[2] + 3 * (n_others + 1) * NODES)
    columns = new_rows(COLUMN_ROWS)
    row_of = np.full(LANES, IDLE)
    offsets = np.zeros(LANES, dtype=np.int64)
    batch = Batch(states, t0, t1, last, ends, t_end, status, event, steps, matrices)
    run_lanes(w, columns, table, n_others, tolerance, max_steps, first, row_of, offsets, batch, np.zeros(2))


@lean_kernel
def run_lanes(
    w: Array, columns: Array | None, table: LaneTable, n_others: int, tolerance: float, max_steps: int,
    first: int, row_of: IntArray, offsets: IntArray, batch: Batch, spheres: Array,
) -> None:
    """Step all lanes until the queue is empty."""
    reach_center = REACH_CENTER * tolerance ** (1.0 / 12.0)
    reach_companion = REACH_COMPANION * tolerance**0.1266
    following = first
    busy = 0
    for lane in range(LANES):
        following = refill(w, columns, table, lane, row_of, following, batch)
        if row_of[lane] != IDLE:
            busy |= 1 << lane
    stale = True
    while busy != 0:
        if stale:
            load_series(w, table, offsets)
        ended, failed, changed, near = advance(
            w, columns, table, n_others, tolerance, reach_center, reach_companion, max_steps, spheres
        )
        stale = changed != 0
        attention = busy & (ended | failed | near)
        for lane in range(LANES):
            if (attention >> lane) & 1:
                code = OK
                if (near >> lane) & 1:
                    code = UNFINISHED
                elif (ended >> lane) & 1 == 0:
                    code = MAX_STEPS if w[STEPS, lane] >= max_steps else STEP_TOO_SMALL
                finish_row(w, columns, lane, row_of[lane], code, batch)
                following = refill(w, columns, table, lane, row_of, following, batch)
                stale = True
                if row_of[lane] == IDLE:
                    busy &= ~(1 << lane)


@lean_kernel
def finish_row(w: Array, columns: Array | None, lane: int, row: int, code: int, batch: Batch) -> None:
    """Write the results of a row."""
    get_state(w, lane, batch.ends[row])
    batch.status[row] = code
    batch.event[row] = NO_EVENT
    batch.steps[row] = int(w[STEPS, lane])
    batch.t_end[row] = batch.t1[row] if code == OK else batch.t0[row] + w[TAU, lane]
    if columns is not None:
        get_matrix(columns, lane, batch.matrices[row])


@lean_kernel
def refill(
    w: Array, columns: Array | None, table: LaneTable, lane: int, row_of: IntArray, following: int, batch: Batch
) -> int:
    """Put the next usable row into a lane and write the results of unusable ones; return the row after it."""
    row_of[lane] = IDLE
    if columns is not None:
        begin_matrix(columns, lane)
    while following < batch.last:
        row = following
        following += 1
        span = batch.t1[row] - batch.t0[row]
        code = begin_row(w, table, lane, batch.states[row], batch.t0[row], span)
        if code == OK and span != 0.0:
            row_of[lane] = row
            break
        for c in range(6):
            batch.ends[row, c] = batch.states[row, c]
        batch.status[row] = code
        batch.event[row] = NO_EVENT
        batch.steps[row] = 0
        batch.t_end[row] = batch.t1[row] if code == OK else batch.t0[row]
        if columns is not None:
            unmoved(batch.matrices[row], code)
    return following


@lean_kernel
def unmoved(matrix: Array, code: int) -> None:
    """Write the matrix of a row that stays where it is: the unit matrix, NaN when the row is unusable."""
    for i in range(6):
        for j in range(6):
            matrix[i, j] = 0.0 if code == OK else math.nan
        matrix[i, i] += 1.0
