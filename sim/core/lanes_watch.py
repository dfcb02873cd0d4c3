"""Propagation in lanes with events and output times; the steps are those of :mod:`sim.core.lanes`.

Nothing here changes a step: events and outputs are read off the finished one. In every step each event function is
known at the beginning, in the middle and at the end, in all lanes at once; only lanes in which one of them may be zero
are looked at more closely: at once where an event ends the row, else when eight steps wait for the same event
(:mod:`sim.core.lanes_queue`, :mod:`sim.core.lanes_search`). Where a lane is far from all spheres of interest even that
is left out.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.lanes import (
    IDLE,
    NO_EVENT,
    REACH_CENTER,
    REACH_COMPANION,
    Batch,
    calm,
    conclude,
    finish_row,
    load_series,
    new_rows,
    refill,
)
from sim.core.lanes_choice import choose_step
from sim.core.lanes_dense import (
    PACE,
    fill_dense,
    place_begin,
    place_end,
    place_middle,
)
from sim.core.lanes_events import (
    AXES,
    AXES_ROWS,
    CALM,
    FRESH,
    RESOLUTION,
    STATUS,
    Watch,
    event_value,
    load_axes,
)
from sim.core.lanes_log import Log, outputs_wait, record, write_outputs
from sim.core.lanes_queue import GROUPS, Queue, fetch, put, spread, turn_lanes
from sim.core.lanes_rows import (
    ANOMALY,
    DURATION,
    END,
    NODES,
    RADIUS,
    SERIES,
    STEPS,
    TAU,
    Array,
    Mask,
)
from sim.core.lanes_search import (
    BEGIN_OF,
    COUNT,
    END_OF,
    FLAGS,
    KNOWN,
    LIMIT,
    MIDDLE,
    MOST_PAIRS,
    NEXT,
    OFFSETS,
    RESULT,
    ROW_OF,
    SMALL_ROWS,
    STOP,
    UNTIL,
    clear,
    close_in,
    judge_halves,
    judge_quarters,
    search,
)
from sim.core.lanes_step import end_step, fill_nodes, run_stages
from sim.core.lanes_table import LaneTable
from sim.core.simd import (
    LANES,
    at_most,
    bits,
    both,
    less,
    load,
    magnitude,
    select,
    store,
    with_sign_of,
)
from sim.core.status import MAX_STEPS, OK, STEP_TOO_SMALL

IntArray = npt.NDArray[np.int64]

PER_EVENT: Final = 8
"""Value and rate (by the second) where the next step begins; value and slope (by the part of the step) in the middle,
at the end and at the beginning of this one."""
IN_STEP: Final = 2
"""First of the latter six."""


class Scratch(NamedTuple):
    """Arrays of one thread.

    The lanes and their places, the same for eight steps that waited and for one step in all columns; small ones
    (:mod:`sim.core.lanes_search`); what waits.
    """

    w: Array
    v: Array
    u: Array
    uv: Array
    z: Array
    zv: Array
    small: Array
    marks: IntArray
    queue: Queue


@kernel
def propagate_watched(
    table: LaneTable, watch: Watch, states: Array, t0: Array, t1: Array, tolerance: float, max_steps: int,
    first: int, last: int, ends: Array, t_end: Array, status: npt.NDArray[np.int8],
    event: npt.NDArray[np.int8], steps: npt.NDArray[np.int32], log: Log,
) -> None:
    """Propagate rows as :func:`sim.core.lanes.propagate_lanes` does, with events and output times.

    Parameters
    ----------
    table, watch : LaneTable, Watch
        Model and events.
    states, t0, t1, tolerance, max_steps, first, last
        See :func:`sim.core.lanes.propagate_lanes`.
    ends, t_end, status, event, steps : numpy.ndarray
        Results; ``event`` is the event that ended the row, or ``NO_EVENT``.
    log : Log
        Output times and further results.
    """
    n_others = table.gm.shape[0] - 2
    n_events = watch.codes.shape[0]
    size = SERIES + table.rows.shape[2] + 3 * (n_others + 1) * NODES
    more = AXES + watch.turns.shape[1] * AXES_ROWS + PER_EVENT * n_events
    queue = Queue(
        new_rows((n_events + 1) * LANES * GROUPS),
        np.zeros((n_events + 1, LANES), dtype=np.int64),
        np.zeros((n_events + 1, LANES), dtype=np.int64),
        np.zeros(n_events + 1, dtype=np.int64),
        new_rows(LANES * GROUPS),
    )
    scratch = Scratch(
        new_rows(size), new_rows(more), new_rows(size), new_rows(more), new_rows(size), new_rows(more),
        new_rows(SMALL_ROWS), np.zeros((FLAGS + n_events // LANES + 1, LANES), dtype=np.int64), queue,
    )
    batch = Batch(states, t0, t1, last, ends, t_end, status, event, steps, None)
    run_watched(table, watch, n_others, tolerance, max_steps, first, scratch, batch, log)


@lean_kernel
def run_watched(
    table: LaneTable, watch: Watch, n_others: int, tolerance: float, max_steps: int, first: int,
    scratch: Scratch, batch: Batch, log: Log,
) -> None:
    """Step all lanes until the queue is empty."""
    w = scratch.w
    v = scratch.v
    row_of = scratch.marks[ROW_OF]
    reach_center = REACH_CENTER * tolerance ** (1.0 / 12.0)
    reach_companion = REACH_COMPANION * tolerance**0.1266
    dense = log.times.shape[1] > 0
    somewhere = watch.spheres[0] < math.inf
    first_row = AXES + watch.turns.shape[1] * AXES_ROWS
    following = first
    busy = 0
    for lane in range(LANES):
        following = renew(table, lane, following, scratch, batch, log)
        if row_of[lane] != IDLE:
            busy |= 1 << lane
    stale = True
    while busy != 0:
        if stale:
            load_series(w, table, scratch.marks[OFFSETS])
            load_axes(w, v, watch, scratch.marks[OFFSETS])
        choose_step(w, table, reach_center, reach_companion)
        fill_nodes(w, None, table, n_others)
        run_stages(w, table, n_others, None)
        ratio, r2, d2 = end_step(w, table, tolerance)
        good = at_most(ratio, 1.0)
        taken = busy & bits(good)
        quiet = calm(w, watch.spheres, r2, d2) if somewhere else less(ratio, ratio)
        store(v, CALM, select(quiet, 1.0, 0.0 * load(w, RADIUS)))
        awake = taken & ~bits(quiet)
        flagged = awake
        if awake != 0:
            flagged = screen(table.cover, watch.codes, watch.numbers, first_row, good, awake, w, v, scratch.marks)
        stopped = awake & 0
        if flagged != 0 or (dense and outputs_wait(taken, w, w[DURATION], scratch.marks, batch.t0, log.times) != 0):
            stopped = attend(table, watch, taken, flagged, first_row, scratch, batch, log)
        # Lanes that sleep through a step do not know their functions at its end.
        store(v, FRESH, select(good, load(v, CALM), load(v, FRESH)))
        ended, failed, changed = conclude(w, table, good, ratio, r2, d2, max_steps)
        stale = changed != 0
        attention = busy & (ended | failed | stopped)
        for lane in range(LANES):
            if (attention >> lane) & 1:
                if (stopped >> lane) & 1:
                    which = scratch.marks[STOP, lane]
                    finish_row(w, None, lane, row_of[lane], watch.codes[which, STATUS], batch)
                    batch.event[row_of[lane]] = which
                else:
                    code = OK
                    if (ended >> lane) & 1 == 0:
                        code = MAX_STEPS if w[STEPS, lane] >= max_steps else STEP_TOO_SMALL
                    finish_row(w, None, lane, row_of[lane], code, batch)
                following = renew(table, lane, following, scratch, batch, log)
                stale = True
                if row_of[lane] == IDLE:
                    busy &= ~(1 << lane)
    for e in range(watch.codes.shape[0]):
        settle(table, watch, e, e, scratch, batch, log)


@lean_kernel
def renew(table: LaneTable, lane: int, following: int, scratch: Scratch, batch: Batch, log: Log) -> int:
    """Put the next usable row into a lane; write what rows have to say before their first step."""
    row = following
    following = refill(scratch.w, None, table, lane, scratch.marks[ROW_OF], following, batch)
    while row < following:
        log.met[row] = 0
        log.unresolved[row] = 0
        done = 0
        usable = row == scratch.marks[ROW_OF, lane] or batch.status[row] == OK
        while usable and done < log.times.shape[1] and log.times[row, done] == batch.t0[row]:
            for c in range(6):
                log.path[row, done, c] = batch.states[row, c]
            done += 1
        if row == scratch.marks[ROW_OF, lane]:
            scratch.marks[NEXT, lane] = done
        row += 1
    scratch.v[FRESH, lane] = 1.0
    return following


@lean_kernel
def attend(
    table: LaneTable, watch: Watch, taken: int, flagged: int, first: int, scratch: Scratch, batch: Batch, log: Log
) -> int:
    """Look for events and write outputs in the steps that were accepted; return bits of the lanes that stop."""
    w = scratch.w
    v = scratch.v
    marks = scratch.marks
    until = scratch.small[UNTIL]
    store(scratch.small, UNTIL, load(w, DURATION))
    for lane in range(LANES):
        marks[STOP, lane] = NO_EVENT
    if flagged != 0:
        turn_lanes(w, marks[OFFSETS], scratch.queue)
        for e in range(watch.codes.shape[0]):
            flags = marks[FLAGS + e // LANES, e % LANES]
            if flags != 0:
                await_event(table, watch, e, flags, first + PER_EVENT * e + IN_STEP, scratch, batch, log)
    if log.times.shape[1] > 0 and outputs_wait(taken, w, until, marks, batch.t0, log.times) != 0:
        fill_dense(w, v)
        while True:
            waiting = outputs_wait(taken, w, until, marks, batch.t0, log.times)
            if waiting == 0:
                break
            write_outputs(table.cover, waiting, w, v, scratch.small, marks, batch.t0, log.times, log.path)
    stopped = taken & 0
    store(w, DURATION, load(scratch.small, UNTIL))
    for lane in range(LANES):
        if marks[STOP, lane] != NO_EVENT:
            stopped |= 1 << lane
    return stopped


@lean_kernel
def await_event(
    table: LaneTable, watch: Watch, which: int, flags: int, values: int, scratch: Scratch, batch: Batch, log: Log
) -> None:
    """Put the flagged lanes' steps into the queue of an event; look at them when eight wait, or when it ends rows.

    Events that end rows come before those that are recorded: the latter know how far their steps count.
    """
    queue = scratch.queue
    marks = scratch.marks
    ends = watch.codes[which, STATUS] != OK
    place = watch.codes.shape[0] if ends else which
    for lane in range(LANES):
        if (flags >> lane) & 1:
            until = math.inf if marks[STOP, lane] == NO_EVENT else abs(scratch.small[UNTIL, lane])
            owner = lane if ends else marks[ROW_OF, lane]
            put(scratch.w, scratch.v, lane, values, until, owner, place, queue)
            if queue.waiting[place] == LANES:
                settle(table, watch, which, place, scratch, batch, log)
    if ends:
        settle(table, watch, which, place, scratch, batch, log)


@lean_kernel
def settle(table: LaneTable, watch: Watch, which: int, place: int, scratch: Scratch, batch: Batch, log: Log) -> None:
    """Find the zeros of one function in the steps that wait for it, and empty the queue."""
    queue = scratch.queue
    count = queue.waiting[place]
    queue.waiting[place] = 0
    if count == 0:
        return
    small = scratch.small
    marks = scratch.marks
    known = small[KNOWN : KNOWN + LANES]
    used = (1 << count) - 1
    fetch(table, watch, which, queue, place, count, scratch.u, scratch.uv, known, marks[OFFSETS])
    for column in range(LANES):
        marks[COUNT, column] = 0
    doubts = judge_halves(watch.numbers, which, BEGIN_OF, MIDDLE, END_OF, 0.0, 1.0, used, small, marks)
    if doubts != 0:
        doubts = judge_quarters(
            scratch.u, scratch.uv, table.cover, watch.codes, watch.numbers, which, doubts, small, marks
        )
    for column in range(LANES):
        if (doubts >> column) & 1:
            examine(table, watch, which, place, column, scratch, log)
    for pair in range(MOST_PAIRS):
        wanted = 0
        for column in range(count):
            if marks[COUNT, column] > pair:
                wanted |= 1 << column
        if wanted == 0:
            break
        close_in(scratch.u, scratch.uv, table.cover, watch.codes, watch.numbers, which, pair, wanted, small)
        for column in range(count):
            if (wanted >> column) & 1:
                deliver(watch, which, queue.owners[place, column], column, scratch, batch, log)


@lean_kernel
def examine(
    table: LaneTable, watch: Watch, which: int, place: int, column: int, scratch: Scratch, log: Log
) -> None:
    """Look closely at one of the steps that wait."""
    scratch.marks[COUNT, column] = 0
    spread(table, watch, which, column, scratch.u, scratch.uv, scratch.z, scratch.zv)
    unresolved = search(
        scratch.z, scratch.zv, table.cover, watch.codes, watch.numbers, which, column, scratch.small, scratch.marks
    )
    if unresolved > 0:
        owner = scratch.queue.owners[place, column]
        row = owner if watch.codes[which, STATUS] == OK else scratch.marks[ROW_OF, owner]
        log.unresolved[row] += unresolved


@lean_kernel
def deliver(watch: Watch, which: int, owner: int, column: int, scratch: Scratch, batch: Batch, log: Log) -> None:
    """Write an event down, or let it end the row of a lane if none does so earlier."""
    small = scratch.small
    marks = scratch.marks
    t = small[RESULT, column]
    if watch.codes[which, STATUS] == OK:
        if abs(t) < small[LIMIT, column]:
            record(owner, which, batch.t0[owner] + (scratch.u[TAU, column] + t), t < 0.0, small, column, log)
    elif marks[STOP, owner] == NO_EVENT or abs(t) < abs(small[UNTIL, owner]):
        marks[STOP, owner] = which
        small[UNTIL, owner] = t
        for c in range(6):
            scratch.w[END + c, owner] = small[RESULT + 1 + c, column]


@lean_kernel
def screen(
    cover: float, codes: IntArray, numbers: Array, first: int, good: Mask, awake: int, w: Array, v: Array,
    marks: IntArray,
) -> int:
    """Evaluate the functions at three places; note which may be zero in which lanes and return bits of those lanes."""
    n_events = codes.shape[0]
    fresh = less(0.5, load(v, FRESH))
    begin = 1 if awake & bits(fresh) == 0 else 0
    for place in range(begin, 3):
        if place == 0:
            place_begin(w, v, cover)
        elif place == 1:
            place_middle(w, v, cover)
        else:
            place_end(w, v, cover)
        pace = load(v, PACE)
        for e in range(n_events):
            g, slope = event_value(w, v, cover, codes, numbers, e)
            at = first + PER_EVENT * e
            if place == 0:
                # A row that begins on an event has it behind itself.
                on = both(at_most(magnitude(load(w, TAU)), 0.0), at_most(magnitude(g), numbers[e, RESOLUTION]))
                g = select(on, with_sign_of(numbers[e, RESOLUTION], slope), g)
                store(v, at, select(fresh, g, load(v, at)))
                store(v, at + 1, select(fresh, slope / pace, load(v, at + 1)))
            else:
                store(v, at + 2 * place, g)
                store(v, at + 2 * place + 1, slope)
    begun = load(w, RADIUS) * load(w, ANOMALY)
    some = awake & 0
    pace = load(v, PACE)
    for e in range(n_events):
        at = first + PER_EVENT * e
        rate = begun * load(v, at + 1)
        none = clear(load(v, at), rate, load(v, at + 2), load(v, at + 3), load(v, at + 4), load(v, at + 5))
        flags = awake & ~bits(none)
        marks[FLAGS + e // LANES, e % LANES] = flags
        some |= flags
    for e in range(n_events):
        # The end of accepted steps is the beginning of the next; the search still needs this one's.
        at = first + PER_EVENT * e
        before = load(v, at)
        rate = load(v, at + 1)
        store(v, at + 6, before)
        store(v, at + 7, begun * rate)
        store(v, at, select(good, load(v, at + 4), before))
        store(v, at + 1, select(good, load(v, at + 5) / pace, rate))
    return some
