"""Where the lanes write what happens on the way: events, and states at output times."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.lanes_choice import TIME_RESOLUTION
from sim.core.lanes_dense import PLACE, centre_state, part_at, place_at
from sim.core.lanes_rows import DURATION, END, SPAN, TAU, Array
from sim.core.lanes_search import NEXT, RESULT, ROW_OF, THETA
from sim.core.simd import LANES, load, store

IntArray = npt.NDArray[np.int64]


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
    unresolved : numpy.ndarray (N,) int32
        Parts of steps that were given up, in which events may have been missed.
    """

    times: Array
    path: Array
    met: npt.NDArray[np.int32]
    event: npt.NDArray[np.int16]
    t: Array
    states: Array
    unresolved: npt.NDArray[np.int32]


@lean_kernel
def record(row: int, event: int, t: float, backward: bool, small: Array, column: int, log: Log) -> None:
    """Write an event down in its place among those of the row, as long as there is room; the last ones give way."""
    place = min(log.met[row], log.event.shape[1])
    log.met[row] += 1
    while place > 0:
        before = log.t[row, place - 1]
        if before == t:
            if log.event[row, place - 1] <= event:
                break
        elif (before < t) != backward:
            break
        place -= 1
        if place + 1 < log.event.shape[1]:
            log.event[row, place + 1] = log.event[row, place]
            log.t[row, place + 1] = log.t[row, place]
            for c in range(6):
                log.states[row, place + 1, c] = log.states[row, place, c]
    if place >= log.event.shape[1]:
        return
    log.event[row, place] = event
    log.t[row, place] = t
    for c in range(6):
        log.states[row, place, c] = small[RESULT + 1 + c, column]


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
