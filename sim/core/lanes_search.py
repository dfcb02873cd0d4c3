"""All zeros of an event function inside one step of one lane.

The function is known with its slope at eight places at a time. Between two of them it is taken as a cubic, whose error
is estimated from how well the cubic over twice the distance meets the place in the middle: sixteen times the error, of
which half counts. A part of the step is left out when the cubic, with that error, cannot be zero there (its Bernstein
coefficients have one sign); it holds one zero when the cubic runs one way through zero; otherwise it is divided into
seven. The zeros are then closed in by the same cubics.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.lanes_dense import COEFFICIENTS, PACE, TERMS, place_at
from sim.core.lanes_events import AXES, AXES_ROWS, RESOLUTION, SIGN, event_value
from sim.core.lanes_rows import ANOMALY, APART, COMPANION, SERIES, SLOPE, Array
from sim.core.simd import LANES, broadcast, load, store

IntArray = npt.NDArray[np.int64]

# Rows of the small array.
VALUE: Final = 0
RATE: Final = 1
THETA: Final = 2
"""Eight places."""
STACK: Final = 3
DEPTH: Final = 128
"""Parts of the step that are still to be looked at."""
PLACES_SEEN: Final = STACK + DEPTH
THETAS: Final = PLACES_SEEN + STACK
"""Where the events found in one step lie, eight a row."""
FOUND: Final = 64
"""Events kept from one step."""
UNTIL: Final = THETAS + FOUND // LANES
"""Length of the step up to its end or to the event that ends the row, s."""
SMALL_ROWS: Final = UNTIL + 1
# Rows of the small array of integers, eight columns.
EVENTS: Final = 0
"""Which events were found."""
COUNT: Final = EVENTS + FOUND // LANES
"""How many (in the first column)."""
ROW_OF: Final = COUNT + 1
"""Rows of the batch that are in the lanes."""
NEXT: Final = ROW_OF + 1
"""Next output of these rows."""
STOP: Final = NEXT + 1
"""Event at which a lane stops."""
OFFSETS: Final = STOP + 1
FLAGS: Final = OFFSETS + 1
"""For each event bits of the lanes in which it may have happened, eight events a row."""
PARTS: Final = LANES - 1
MARGIN: Final = 0.5
"""Part of the misfit of the wide cubic that counts as the error of the narrow one."""
FINEST: Final = 2e-5
"""s; shorter excursions through zero are not looked for."""
CLOSE: Final = 2e-8
"""s; half of the bracket to which zeros are closed in."""
MOST_LOOKS: Final = 400
"""Evaluations spent on one function in one step; what is open then counts by the signs of its ends."""


@lean_kernel
def copy_lane(w: Array, v: Array, u: Array, uv: Array, lane: int, n_series: int, n_turns: int) -> None:
    """Give all columns of another pair of arrays the step of one lane."""
    for row in range(ANOMALY, max(APART, SLOPE) + 1):
        spread(w, u, row, lane)
    spread(w, u, COMPANION, lane)
    for row in range(SERIES, SERIES + n_series):
        spread(w, u, row, lane)
    for row in range(COEFFICIENTS, COEFFICIENTS + 3 * TERMS):
        spread(v, uv, row, lane)
    for row in range(AXES, AXES + n_turns * AXES_ROWS):
        spread(v, uv, row, lane)


@lean_kernel
def spread(source: Array, target: Array, row: int, lane: int) -> None:
    """Copy one number into all columns of a row."""
    store(target, row, broadcast(source[row, lane]))


@lean_kernel
def look(
    u: Array, uv: Array, cover: float, codes: IntArray, numbers: Array, which: int, a: float, b: float, g0: float,
    g1: float, eight: Array,
) -> None:
    """Evaluate the function at eight places from a to b; at the ends of the step it has the values given."""
    for i in range(LANES):
        eight[THETA, i] = a + (b - a) * (i / PARTS)
    eight[THETA, PARTS] = b
    place_at(u, uv, cover, load(eight, THETA))
    value, rate = event_value(u, uv, cover, codes, numbers, which)
    store(eight, VALUE, value)
    store(eight, RATE, rate)
    if a == 0.0:
        eight[VALUE, 0] = g0
    if b == 1.0:
        eight[VALUE, PARTS] = g1


@lean_kernel
def misfit(eight: Array, i: int, h: float) -> float:
    """Error of the cubic between the neighbours of place ``i``, which are ``2 h`` apart."""
    value = 0.5 * (eight[VALUE, i - 1] + eight[VALUE, i + 1]) + 0.25 * h * (eight[RATE, i - 1] - eight[RATE, i + 1])
    rate = 0.75 * (eight[VALUE, i + 1] - eight[VALUE, i - 1]) / h - 0.25 * (eight[RATE, i - 1] + eight[RATE, i + 1])
    return max(abs(eight[VALUE, i] - value), 0.5 * h * abs(eight[RATE, i] - rate))


@lean_kernel
def error_between(eight: Array, i: int, h: float) -> float:
    """Bound of the error of the cubic between places ``i`` and ``i + 1``."""
    first = misfit(eight, max(i, 1), h)
    return MARGIN * max(first, misfit(eight, min(i + 1, PARTS - 1), h))


@lean_kernel
def judge(ga: float, gb: float, da: float, db: float, h: float, error: float, resolution: float) -> int:
    """Tell whether a part holds no zero (0), one zero (1), or cannot be judged (2)."""
    p = ga + h * da / 3.0
    q = gb - h * db / 3.0
    low = min(min(ga, gb), min(p, q))
    high = max(max(ga, gb), max(p, q))
    if low > error or high < -error:
        return 0
    changes = (ga > 0.0) != (gb > 0.0)
    one_way = (p >= ga and q >= p and gb >= q) or (p <= ga and q <= p and gb <= q)
    if changes and one_way:
        return 1
    if low >= -resolution and high <= resolution:
        return 0
    return 2


@lean_kernel
def cubic_root(ga: float, gb: float, da: float, db: float, h: float) -> float:
    """Zero of the Hermite cubic on [0, h] whose ends have opposite signs."""
    low = 0.0
    high = h
    x = h * ga / (ga - gb)
    c2 = (3.0 * (gb - ga) / h - 2.0 * da - db) / h
    c3 = (2.0 * (ga - gb) / h + da + db) / (h * h)
    for _ in range(60):
        value = ((c3 * x + c2) * x + da) * x + ga
        if (value > 0.0) == (ga > 0.0):
            low = x
        else:
            high = x
        slope = (3.0 * c3 * x + 2.0 * c2) * x + da
        following = x - value / slope if slope != 0.0 else low
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - x) <= 1e-15 * h:
            break
        x = following
    return x


@lean_kernel
def close_in(
    u: Array, uv: Array, cover: float, codes: IntArray, numbers: Array, which: int,
    a: float, b: float, ga: float, gb: float, da: float, db: float, error: float, g0: float, g1: float, eight: Array,
) -> float:
    """Zero of the function between two places that hold one; a hair behind it, so that it lies in the past."""
    before = ga > 0.0
    tiny = CLOSE / abs(uv[PACE, 0])
    for _ in range(60):
        if b - a <= tiny:
            break
        x = a + cubic_root(ga, gb, da, db, b - a)
        slope = max(abs(gb - ga) / (b - a), 1e-300)
        margin = max(4.0 * error / slope, tiny)
        low = max(a, x - margin)
        high = min(b, x + margin)
        look(u, uv, cover, codes, numbers, which, low, high, g0, g1, eight)
        tiny = CLOSE / abs(uv[PACE, 0])
        if (eight[VALUE, 0] > 0.0) != before and low > a:
            b = low
            gb = eight[VALUE, 0]
            db = eight[RATE, 0]
            error *= 10.0
            continue
        if (eight[VALUE, PARTS] > 0.0) == before and high < b:
            a = high
            ga = eight[VALUE, PARTS]
            da = eight[RATE, PARTS]
            error *= 10.0
            continue
        i = 0
        while i < PARTS - 1 and (eight[VALUE, i + 1] > 0.0) == before:
            i += 1
        error = error_between(eight, i, (high - low) / PARTS)
        a = eight[THETA, i]
        ga = eight[VALUE, i]
        da = eight[RATE, i]
        b = eight[THETA, i + 1]
        gb = eight[VALUE, i + 1]
        db = eight[RATE, i + 1]
    return min(b + tiny, 1.0)


@lean_kernel
def search(
    u: Array, uv: Array, cover: float, codes: IntArray, numbers: Array, which: int, g0: float, g1: float,
    small: Array, marks: IntArray,
) -> None:
    """Add the zeros of one function in the step to the list of those found."""
    eight = small[:STACK]
    stack = small[STACK : STACK + DEPTH]
    stack[0, 0] = 0.0
    stack[0, 1] = 1.0
    depth = 1
    looks = 0
    places = small[PLACES_SEEN : PLACES_SEEN + STACK]
    count = marks[COUNT, 0]
    while depth > 0:
        depth -= 1
        a = stack[depth, 0]
        b = stack[depth, 1]
        look(u, uv, cover, codes, numbers, which, a, b, g0, g1, eight)
        looks += 1
        h = (b - a) / PARTS
        for i in range(LANES):
            for k in range(3):
                places[k, i] = eight[k, i]
        for i in range(PARTS):
            ga = places[VALUE, i]
            gb = places[VALUE, i + 1]
            error = error_between(places, i, h)
            code = judge(ga, gb, places[RATE, i], places[RATE, i + 1], h, error, numbers[which, RESOLUTION])
            if code == 2:
                fine = h * abs(uv[PACE, 0]) < FINEST or looks >= MOST_LOOKS or depth >= DEPTH
                if fine and (ga > 0.0) != (gb > 0.0):
                    code = 1
                elif not fine:
                    stack[depth, 0] = places[THETA, i]
                    stack[depth, 1] = places[THETA, i + 1]
                    depth += 1
            rises = gb > 0.0
            if code == 1 and numbers[which, SIGN] * (1.0 if rises else -1.0) <= 0.0 and count < FOUND:
                found = close_in(
                    u, uv, cover, codes, numbers, which, places[THETA, i], places[THETA, i + 1], ga, gb,
                    places[RATE, i], places[RATE, i + 1], error, g0, g1, eight,
                )
                small[THETAS + count // LANES, count % LANES] = found
                marks[EVENTS + count // LANES, count % LANES] = which
                count += 1
    marks[COUNT, 0] = count


@lean_kernel
def sort_found(small: Array, marks: IntArray) -> None:
    """Put events in the order in which they happen; those of one instant in the order of their declaration."""
    theta = small[THETAS : THETAS + FOUND // LANES]
    event = marks[EVENTS : EVENTS + FOUND // LANES]
    for i in range(1, marks[COUNT, 0]):
        t = theta[i // LANES, i % LANES]
        e = event[i // LANES, i % LANES]
        j = i - 1
        while j >= 0:
            before = theta[j // LANES, j % LANES]
            if before < t or (before == t and event[j // LANES, j % LANES] <= e):
                break
            theta[(j + 1) // LANES, (j + 1) % LANES] = before
            event[(j + 1) // LANES, (j + 1) % LANES] = event[j // LANES, j % LANES]
            j -= 1
        theta[(j + 1) // LANES, (j + 1) % LANES] = t
        event[(j + 1) // LANES, (j + 1) % LANES] = e
