"""Steps that are looked at more closely, kept aside until there are eight of them for one event.

Few steps hold an event, and seldom two of the same kind at once: in the lanes themselves seven of eight columns would
work for nothing. What a step is made of is copied into a record (its conic and the accelerations of its stages; the
bodies are in the table); eight records make the columns of another work array, with the same rows as that of the lanes.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.lanes_dense import COEFFICIENTS, TERMS, fill_dense
from sim.core.lanes_events import AXES, AXES_ROWS, BODY, KIND, SHADOW, TURN, Watch
from sim.core.lanes_rows import ANOMALY, COMPANION, ORIGIN, PIECE, SERIES, SLOPE, TAU, Array, K
from sim.core.lanes_table import COMPANION_TERMS, OTHER_TERMS, LaneTable
from sim.core.simd import LANES, broadcast, load, store, transpose

IntArray = npt.NDArray[np.int64]

FIRST_USED: Final = 5
"""Between the first stage and this one there are none that count at the end or inside of a step."""
# Numbers of a record, in groups of eight rows of the lanes.
CONIC: Final = 0
"""From ``ANOMALY``."""
BEGIN: Final = 24
"""From the first stage's acceleration."""
LATER: Final = 32
"""From the ``FIRST_USED`` stage's."""
CLOCK: Final = 72
"""From ``TAU``."""
VALUES: Final = 80
"""Value and slope of the function in the middle, at the end and at the beginning; length of the step in which events
count, s; a spare one."""
RECORD: Final = 88
GROUPS: Final = RECORD // LANES


class Queue(NamedTuple):
    """Records that wait, up to eight for each of E events; one place more for a step that cannot wait.

    Attributes
    ----------
    records : numpy.ndarray ((E + 1) * 8 * GROUPS, 8)
        Steps, place by place and column by column.
    owners : numpy.ndarray (E + 1, 8) int64
        Rows of the batch; the lane for a step that cannot wait.
    pieces : numpy.ndarray (E + 1, 8) int64
        Pieces of the table.
    waiting : numpy.ndarray (E + 1,) int64
        How many wait.
    turned : numpy.ndarray (8 * GROUPS, 8)
        Steps of the lanes, one group of their records after the other.
    """

    records: Array
    owners: IntArray
    pieces: IntArray
    waiting: IntArray
    turned: Array


@lean_kernel
def turn_lanes(w: Array, offsets: IntArray, queue: Queue) -> None:
    """Make records of the steps of all lanes, but for the values of a function."""
    for group in range(VALUES // LANES):
        first = ANOMALY + LANES * group
        if LANES * group == CLOCK:
            first = TAU
        elif LANES * group >= LATER:
            first = K + 3 * FIRST_USED + LANES * group - LATER
        elif LANES * group == BEGIN:
            first = K
        for i in range(LANES):
            offsets[i] = LANES * (first + i)
        transpose(w, offsets, 0, queue.turned, LANES * group)


@lean_kernel
def put(w: Array, v: Array, lane: int, values: int, until: float, owner: int, place: int, queue: Queue) -> None:
    """Add the step of one lane to those that wait; ``values`` is the first row of the function's values in ``v``."""
    column = queue.waiting[place]
    queue.waiting[place] = column + 1
    row = (place * LANES + column) * GROUPS
    for group in range(VALUES // LANES):
        store(queue.records, row + group, load(queue.turned, LANES * group + lane))
    row += VALUES // LANES
    for i in range(6):
        queue.records[row, i] = v[values + i, lane]
    queue.records[row, 6] = until
    queue.owners[place, column] = owner
    queue.pieces[place, column] = int(w[ORIGIN, lane] + w[PIECE, lane])


@lean_kernel
def fetch(
    table: LaneTable, watch: Watch, which: int, queue: Queue, place: int, count: int,
    u: Array, uv: Array, known: Array, offsets: IntArray,
) -> None:
    """Make columns of the first ``count`` records; the last one fills those that are left."""
    for lane in range(LANES):
        offsets[lane] = (place * LANES + min(lane, count - 1)) * RECORD
    for block in range(CONIC, BEGIN, LANES):
        transpose(queue.records, offsets, block, u, ANOMALY + block)
    transpose(queue.records, offsets, BEGIN, u, K)
    for block in range(LATER, CLOCK, LANES):
        transpose(queue.records, offsets, block, u, K + 3 * FIRST_USED + block - LATER)
    transpose(queue.records, offsets, CLOCK, u, TAU)
    transpose(queue.records, offsets, VALUES, known, 0)
    # Positions of the bodies are the same about the centre and about the companion.
    for lane in range(LANES):
        offsets[lane] = queue.pieces[place, min(lane, count - 1)] * 2 * table.rows.shape[2]
    for block in range(0, series_used(table, watch, which), LANES):
        transpose(table.rows, offsets, block, u, SERIES + block)
    turn = watch.codes[which, TURN]
    if turn >= 0:
        for lane in range(LANES):
            offsets[lane] = queue.pieces[place, min(lane, count - 1)] * watch.turns.shape[1] * AXES_ROWS
        for block in range(AXES_ROWS * turn, AXES_ROWS * (turn + 1), LANES):
            transpose(watch.turns, offsets, block, uv, AXES + block)
    fill_dense(u, uv)


@lean_kernel
def series_used(table: LaneTable, watch: Watch, which: int) -> int:
    """Rows of the series of bodies that an event needs."""
    others = watch.codes[which, BODY] > 0 or watch.codes[which, KIND] == SHADOW
    return 3 * (COMPANION_TERMS + (OTHER_TERMS * (table.gm.shape[0] - 2) if others else 0))


@lean_kernel
def spread(
    table: LaneTable, watch: Watch, which: int, column: int, u: Array, uv: Array, z: Array, zv: Array
) -> None:
    """Give all columns of another pair of arrays the step in one column."""
    for row in range(ANOMALY, SLOPE + 1):
        store(z, row, broadcast(u[row, column]))
    store(z, COMPANION, broadcast(u[COMPANION, column]))
    for row in range(SERIES, SERIES + series_used(table, watch, which)):
        store(z, row, broadcast(u[row, column]))
    for row in range(COEFFICIENTS, COEFFICIENTS + 3 * TERMS):
        store(zv, row, broadcast(uv[row, column]))
    turn = watch.codes[which, TURN]
    if turn >= 0:
        for row in range(AXES + AXES_ROWS * turn, AXES + AXES_ROWS * (turn + 1)):
            store(zv, row, broadcast(uv[row, column]))
