"""Propagation in lanes with events and output times; the steps are those of :mod:`sim.core.lanes`.

Nothing here changes a step: events and outputs are read off the finished one. In every step each event function is
known at the beginning, in the middle and at the end, in all lanes at once; only lanes in which one of them may be zero
are searched (:mod:`sim.core.lanes_search`). Where a lane is far from all spheres of interest even that is left out.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.lanes import (
    IDLE,
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
from sim.core.lanes_choice import TIME_RESOLUTION, choose_step
from sim.core.lanes_dense import (
    PACE,
    PLACE,
    WHEN,
    centre_state,
    fill_dense,
    part_at,
    place_at,
    place_known,
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
from sim.core.lanes_rows import (
    ANOMALY,
    DURATION,
    END,
    NODES,
    RADIUS,
    SERIES,
    SPAN,
    STEPS,
    TAU,
    Array,
    Mask,
    Vector,
)
from sim.core.lanes_search import (
    COUNT,
    EVENTS,
    FLAGS,
    MARGIN,
    NEXT,
    OFFSETS,
    ROW_OF,
    SMALL_ROWS,
    STOP,
    THETA,
    THETAS,
    UNTIL,
    copy_lane,
    search,
    sort_found,
)
from sim.core.lanes_step import end_step, fill_nodes, run_stages
from sim.core.lanes_table import LaneTable
from sim.core.simd import (
    LANES,
    at_most,
    bits,
    both,
    either,
    fma,
    larger,
    less,
    load,
    magnitude,
    select,
    smaller,
    store,
    with_sign_of,
)
from sim.core.status import MAX_STEPS, OK, STEP_TOO_SMALL

IntArray = npt.NDArray[np.int64]

PER_EVENT: Final = 6
"""Value and rate (by the second) at the beginning, value and slope (by the part of the step) in the middle and at the
end."""


class Log(NamedTuple):
    """Where output times come from and what happens on the way goes.

    Attributes
    ----------
    times : numpy.ndarray (N, T)
        Epochs asked for, each row going away from its ``t0``; T may be 0.
    path : numpy.ndarray (N, T, 6)
        States there; those that are not reached stay as they are.
    met : numpy.ndarray (N,) int32
        Events of each row that were recorded or would have been, had there been room.
    event : numpy.ndarray (N, M) int16
        Which ones, in the order in which they happen.
    t : numpy.ndarray (N, M)
        Epochs.
    states : numpy.ndarray (N, M, 6)
        States.
    """

    times: Array
    path: Array
    met: npt.NDArray[np.int32]
    event: npt.NDArray[np.int16]
    t: Array
    states: Array


class Scratch(NamedTuple):
    """Arrays of one thread: the lanes and their places, the same for one lane; small ones (sim.core.lanes_search)."""

    w: Array
    v: Array
    u: Array
    uv: Array
    small: Array
    marks: IntArray


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
    scratch = Scratch(
        new_rows(size), new_rows(more), new_rows(size), new_rows(more), new_rows(SMALL_ROWS),
        np.zeros((FLAGS + n_events // LANES + 1, LANES), dtype=np.int64),
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
        quiet = calm(w, watch.spheres, r2, d2)
        store(v, CALM, select(quiet, 1.0, 0.0 * load(w, RADIUS)))
        awake = taken & ~bits(quiet)
        flagged = awake
        if awake != 0:
            flagged = screen(table.cover, watch.codes, watch.numbers, first_row, good, awake, w, v, scratch.marks)
        stopped = awake & 0
        if flagged != 0 or (dense and outputs_wait(taken, w, w[DURATION], scratch.marks, batch.t0, log.times) != 0):
            stopped = attend(table, watch, taken, flagged, scratch, batch, log)
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


@lean_kernel
def renew(table: LaneTable, lane: int, following: int, scratch: Scratch, batch: Batch, log: Log) -> int:
    """Put the next usable row into a lane; write what rows have to say before their first step."""
    row = following
    following = refill(scratch.w, None, table, lane, scratch.marks[ROW_OF], following, batch)
    while row < following:
        log.met[row] = 0
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
    table: LaneTable, watch: Watch, taken: int, flagged: int, scratch: Scratch, batch: Batch, log: Log
) -> int:
    """Look for events and write outputs in the steps that were accepted; return bits of the lanes that stop."""
    w = scratch.w
    v = scratch.v
    until = scratch.small[UNTIL]
    for lane in range(LANES):
        until[lane] = w[DURATION, lane]
    fill_dense(w, v)
    stopped = taken & 0
    for lane in range(LANES):
        if (flagged >> lane) & 1 and search_lane(table, watch, lane, scratch, batch, log):
            stopped |= 1 << lane
    while log.times.shape[1] > 0:
        waiting = outputs_wait(taken, w, until, scratch.marks, batch.t0, log.times)
        if waiting == 0:
            break
        write_outputs(table.cover, waiting, w, v, scratch.small, scratch.marks, batch.t0, log.times, log.path)
    for lane in range(LANES):
        w[DURATION, lane] = until[lane]
    return stopped


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
        place_known(w, v, cover, place)
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
        store(v, at, select(good, load(v, at + 4), before))
        store(v, at + 1, select(good, load(v, at + 5) / pace, load(v, at + 1)))
        store(v, at + 2, before)
    return some


@lean_kernel
def clear(g0: Vector, d0: Vector, gm: Vector, dm: Vector, g1: Vector, d1: Vector) -> Mask:
    """Tell where a function cannot be zero, from value and slope at 0, 1/2 and 1; see :mod:`sim.core.lanes_search`."""
    value = magnitude(gm - fma(0.125, d0 - d1, 0.5 * (g0 + g1)))
    rate = magnitude(dm - fma(1.5, g1 - g0, -0.25 * (d0 + d1)))
    error = MARGIN * larger(value, 0.25 * rate)
    p0 = fma(d0, 1.0 / 6.0, g0)
    p1 = fma(dm, -1.0 / 6.0, gm)
    p2 = fma(dm, 1.0 / 6.0, gm)
    p3 = fma(d1, -1.0 / 6.0, g1)
    low = smaller(smaller(smaller(g0, p0), smaller(p1, gm)), smaller(smaller(p2, p3), g1))
    high = larger(larger(larger(g0, p0), larger(p1, gm)), larger(larger(p2, p3), g1))
    return either(less(error, low), less(high, -error))


@lean_kernel
def search_lane(table: LaneTable, watch: Watch, lane: int, scratch: Scratch, batch: Batch, log: Log) -> bool:
    """Find the events in the step of one lane, write those to be recorded; tell whether one of them ends the row."""
    u = scratch.u
    uv = scratch.uv
    v = scratch.v
    small = scratch.small
    marks = scratch.marks
    codes = watch.codes
    copy_lane(scratch.w, v, u, uv, lane, table.rows.shape[2], watch.turns.shape[1])
    marks[COUNT, 0] = 0
    for e in range(watch.codes.shape[0]):
        if (marks[FLAGS + e // LANES, e % LANES] >> lane) & 1:
            at = AXES + watch.turns.shape[1] * AXES_ROWS + PER_EVENT * e
            search(u, uv, table.cover, codes, watch.numbers, e, v[at + 2, lane], v[at + 4, lane], small, marks)
    sort_found(small, marks)
    count = marks[COUNT, 0]
    row = marks[ROW_OF, lane]
    for i in range(count):
        if i % LANES == 0:
            place_at(u, uv, table.cover, load(small, THETAS + i // LANES))
            for c in range(6):
                store(uv, PLACE + c, centre_state(u, uv, c))
        e = marks[EVENTS + i // LANES, i % LANES]
        if watch.codes[e, STATUS] != OK:
            marks[STOP, lane] = e
            small[UNTIL, lane] = uv[WHEN, i % LANES]
            for c in range(6):
                scratch.w[END + c, lane] = uv[PLACE + c, i % LANES]
            return True
        record(row, e, batch.t0[row] + (scratch.w[TAU, lane] + uv[WHEN, i % LANES]), uv, i % LANES, log)
    return False


@lean_kernel
def record(row: int, event: int, t: float, uv: Array, column: int, log: Log) -> None:
    """Write an event down, as long as there is room."""
    place = log.met[row]
    log.met[row] = place + 1
    if place >= log.event.shape[1]:
        return
    log.event[row, place] = event
    log.t[row, place] = t
    for c in range(6):
        log.states[row, place, c] = uv[PLACE + c, column]


@lean_kernel
def outputs_wait(taken: int, w: Array, until: Array, marks: IntArray, t0: Array, times: Array) -> int:
    """Bits of the lanes whose next output time lies in the step, before its end or the event that stops the row."""
    waiting = taken & 0
    for lane in range(LANES):
        if (taken >> lane) & 1:
            j = marks[NEXT, lane]
            if j < times.shape[1]:
                row = marks[ROW_OF, lane]
                offset = times[row, j] - t0[row]
                if abs(offset) <= abs(w[TAU, lane] + until[lane]) + TIME_RESOLUTION:
                    waiting |= 1 << lane
    return waiting


@lean_kernel
def write_outputs(
    cover: float, waiting: int, w: Array, v: Array, small: Array, marks: IntArray, t0: Array, times: Array, path: Array
) -> None:
    """Write the next output of each waiting lane."""
    for lane in range(LANES):
        wanted = 0.0
        if (waiting >> lane) & 1:
            row = marks[ROW_OF, lane]
            wanted = times[row, marks[NEXT, lane]] - t0[row] - w[TAU, lane]
        small[THETA, lane] = wanted
    place_at(w, v, cover, part_at(w, load(small, THETA), load(w, DURATION)))
    for c in range(6):
        store(v, PLACE + c, centre_state(w, v, c))
    for lane in range(LANES):
        if (waiting >> lane) & 1:
            row = marks[ROW_OF, lane]
            j = marks[NEXT, lane]
            marks[NEXT, lane] = j + 1
            # The last one is the end of the row itself.
            end = small[THETA, lane] == w[SPAN, lane] - w[TAU, lane]
            for c in range(6):
                path[row, j, c] = w[END + c, lane] if end else v[PLACE + c, lane]
