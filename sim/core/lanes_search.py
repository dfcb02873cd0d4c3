"""All zeros of an event function inside steps that may hold some.

The function is known with its slope at some places. Between two of them it is taken as a cubic, whose error is
estimated from how well the cubic over twice the distance meets the place in the middle: sixteen times the error, of
which half counts. A part of the step is left out when the cubic, with that error, cannot be zero there (its Bernstein
coefficients have one sign); it holds one zero when the cubic runs one way through zero.

Eight steps are judged together first, by their halves, those in doubt by their quarters. A step that still leaves a
doubt is divided into seven, looked at in eight places at once, and those parts likewise. All zeros are then closed in
together, each between its two places.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.lanes_dense import PACE, WHEN, centre_state, place_at
from sim.core.lanes_events import RESOLUTION, SIGN, event_value
from sim.core.lanes_rows import DURATION, Array, Mask, Vector
from sim.core.simd import (
    LANES,
    at_most,
    bits,
    both,
    broadcast,
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

IntArray = npt.NDArray[np.int64]

# Rows of the small array.
VALUE: Final = 0
RATE: Final = 1
THETA: Final = 2
"""Eight places."""
STACK: Final = 3
DEPTH: Final = 128
"""Parts of the step that are still to be looked at."""
KNOWN: Final = STACK + DEPTH
"""Value and slope of the function in the middle, at the end and at the beginning of eight steps; length in which events
count, s; a spare row."""
MIDDLE: Final = KNOWN
END_OF: Final = KNOWN + 2
BEGIN_OF: Final = KNOWN + 4
LIMIT: Final = KNOWN + 6
QUARTERS: Final = KNOWN + 8
"""Value and slope at a quarter and at three quarters of the steps."""
RESULT: Final = QUARTERS + 4
"""Time past the beginning of the step, position and velocity of eight zeros."""
PAIRS: Final = RESULT + 7
"""Pairs of places that hold one zero each: places, values, slopes."""
MOST_PAIRS: Final = 64
"""Zeros of one function in one step that are closed in; what is beyond is counted as unresolved."""
UNTIL: Final = PAIRS + 6 * MOST_PAIRS
"""Length of the step up to its end or to the event that ends the row, s."""
SMALL_ROWS: Final = UNTIL + 1
# Rows of the small array of integers, eight columns.
COUNT: Final = 0
"""Pairs of each of eight steps."""
ROW_OF: Final = 1
"""Rows of the batch that are in the lanes."""
NEXT: Final = 2
"""Next output of these rows."""
STOP: Final = 3
"""Event at which a lane stops."""
OFFSETS: Final = 4
FLAGS: Final = 5
"""For each event bits of the lanes in which it may have happened, eight events a row."""
PARTS: Final = LANES - 1
MARGIN: Final = 0.5
"""Part of the misfit of the wide cubic that counts as the error of the narrow one."""
STEADY: Final = 2.0
"""A cubic of that error runs one way when its Bernstein coefficients grow by more than this times the error."""
FINEST: Final = 2e-5
"""s; shorter excursions through zero are not looked for."""
CLOSE: Final = 1e-8
"""s; error to which zeros are closed in."""
NEAR: Final = 3e-3
"""s; from so far the last correction needs no further look: the state follows from its derivatives (in a low orbit to
1e-12 km and 1e-10 km/s)."""
HAIR: Final = 3e-8
"""s; by so much later an event is said to be, so that it lies in the past of the state that is returned."""
MOST_LOOKS: Final = 400
"""Evaluations spent on one function in one step; what is open then counts by the signs of its ends."""
MOST_TURNS: Final = 80
"""Evaluations spent on closing in: the bracket of a step of days shrinks to nanoseconds by halves in fewer."""
GUESS_TURNS: Final = 3


@lean_kernel
def add_pair(small: Array, marks: IntArray, column: int, first: int, second: int, a: float, b: float) -> None:
    """Note that one zero lies between two places, whose values and slopes stand in rows of the small array."""
    row = PAIRS + 6 * marks[COUNT, column]
    marks[COUNT, column] += 1
    small[row, column] = a
    small[row + 1, column] = b
    small[row + 2, column] = small[first, column]
    small[row + 3, column] = small[second, column]
    small[row + 4, column] = small[first + 1, column]
    small[row + 5, column] = small[second + 1, column]


@lean_kernel
def add_part(small: Array, marks: IntArray, column: int, i: int) -> int:
    """Do the same for the places ``i`` and ``i + 1`` of eight; return how many found no room (0 or 1)."""
    if marks[COUNT, column] >= MOST_PAIRS:
        return 1
    row = PAIRS + 6 * marks[COUNT, column]
    marks[COUNT, column] += 1
    for k in range(2):
        small[row + k, column] = small[THETA, i + k]
        small[row + 2 + k, column] = small[VALUE, i + k]
        small[row + 4 + k, column] = small[RATE, i + k]
    return 0


@lean_kernel
def rises(ga: Vector, gb: Vector) -> Vector:
    """Tell which way a function passes zero: 1 upward, -1 downward, 0 where its ends lie on one side."""
    after = side(gb)
    return select(less(0.0, ga), smaller(after, 0.0), larger(after, 0.0))


@lean_kernel
def side(g: Vector) -> Vector:
    """1 where a value lies above zero, else -1, also where it is no number."""
    return select(less(0.0, g), broadcast(1.0), broadcast(-1.0))


@lean_kernel
def judge_half(
    ga: Vector, gb: Vector, da: Vector, db: Vector, error: Vector, sign: float, resolution: float
) -> tuple[Mask, Mask]:
    """Tell which halves hold one zero that counts, and which leave a doubt; slopes are by both halves together.

    A cubic misses a function by ``error`` at most, its derivative by 3.1 times that: where the differences of its
    coefficients, a third of derivatives, exceed the error the function runs one way as well.
    """
    p = fma(da, 1.0 / 6.0, ga)
    q = fma(db, -1.0 / 6.0, gb)
    low = smaller(smaller(ga, p), smaller(q, gb))
    high = larger(larger(ga, p), larger(q, gb))
    way = rises(ga, gb)
    steady = less(STEADY * error, smaller(smaller(way * (p - ga), way * (q - p)), way * (gb - q)))
    one = both(less(0.5, magnitude(way)), steady)
    nothing = either(either(less(error, low), less(high, -error)), either(one, at_most(larger(-low, high), resolution)))
    counts = both(one, at_most(sign * way, 0.0))
    return counts, less(select(nothing, broadcast(1.0), broadcast(0.0)), 0.5)


@lean_kernel
def judge_halves(
    numbers: Array, which: int, begin: int, middle: int, end: int, a: float, width: float, columns: int,
    small: Array, marks: IntArray,
) -> int:
    """Note the zeros of eight steps in the halves of a part that begins at ``a``; return bits of those in doubt.

    ``begin``, ``middle`` and ``end`` are the rows of the values there, each followed by that of the slopes.
    """
    g0 = load(small, begin)
    d0 = width * load(small, begin + 1)
    gm = load(small, middle)
    dm = width * load(small, middle + 1)
    g1 = load(small, end)
    d1 = width * load(small, end + 1)
    error = halves_error(g0, d0, gm, dm, g1, d1)
    first, doubt = judge_half(g0, gm, d0, dm, error, numbers[which, SIGN], numbers[which, RESOLUTION])
    second, more_doubt = judge_half(gm, g1, dm, d1, error, numbers[which, SIGN], numbers[which, RESOLUTION])
    doubts = bits(either(doubt, more_doubt)) & columns
    in_first = bits(first) & columns & ~doubts
    in_second = bits(second) & columns & ~doubts
    for column in range(LANES):
        if (in_first >> column) & 1:
            add_pair(small, marks, column, begin, middle, a, a + 0.5 * width)
        if (in_second >> column) & 1:
            add_pair(small, marks, column, middle, end, a + 0.5 * width, a + width)
    return doubts


@lean_kernel
def halves_error(g0: Vector, d0: Vector, gm: Vector, dm: Vector, g1: Vector, d1: Vector) -> Vector:
    """Estimate the error of the cubics over the halves of a part; slopes are by the whole part."""
    value = magnitude(gm - fma(0.125, d0 - d1, 0.5 * (g0 + g1)))
    rate = magnitude(dm - fma(1.5, g1 - g0, -0.25 * (d0 + d1)))
    return MARGIN * larger(value, 0.25 * rate)


@lean_kernel
def judge_quarters(
    u: Array, uv: Array, cover: float, codes: IntArray, numbers: Array, which: int, columns: int, small: Array,
    marks: IntArray,
) -> int:
    """Do what :func:`judge_halves` does for the halves of the halves, at two places more."""
    for half in range(2):
        place_at(u, uv, cover, broadcast(0.25 + 0.5 * half))
        g, slope = event_value(u, uv, cover, codes, numbers, which)
        store(small, QUARTERS + 2 * half, g)
        store(small, QUARTERS + 2 * half + 1, slope)
    doubts = judge_halves(numbers, which, BEGIN_OF, QUARTERS, MIDDLE, 0.0, 0.5, columns, small, marks)
    return doubts | judge_halves(numbers, which, MIDDLE, QUARTERS + 2, END_OF, 0.5, 0.5, columns, small, marks)


@lean_kernel
def clear(g0: Vector, d0: Vector, gm: Vector, dm: Vector, g1: Vector, d1: Vector) -> Mask:
    """Tell where a function cannot be zero, from value and slope at 0, 1/2 and 1."""
    error = halves_error(g0, d0, gm, dm, g1, d1)
    p0 = fma(d0, 1.0 / 6.0, g0)
    p1 = fma(dm, -1.0 / 6.0, gm)
    p2 = fma(dm, 1.0 / 6.0, gm)
    p3 = fma(d1, -1.0 / 6.0, g1)
    low = smaller(smaller(smaller(g0, p0), smaller(p1, gm)), smaller(smaller(p2, p3), g1))
    high = larger(larger(larger(g0, p0), larger(p1, gm)), larger(larger(p2, p3), g1))
    return either(less(error, low), less(high, -error))


@lean_kernel
def look(
    z: Array, zv: Array, cover: float, codes: IntArray, numbers: Array, which: int, a: float, b: float, g0: float,
    g1: float, eight: Array,
) -> None:
    """Evaluate the function at eight places from a to b; at the ends of the step it has the values given."""
    for i in range(LANES):
        eight[THETA, i] = a + (b - a) * (i / PARTS)
    eight[THETA, PARTS] = b
    place_at(z, zv, cover, load(eight, THETA))
    value, rate = event_value(z, zv, cover, codes, numbers, which)
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
def sift(
    a: float, b: float, looks: int, depth: int, pace: float, sign: float, resolution: float, column: int,
    small: Array, marks: IntArray,
) -> tuple[int, int]:
    """Judge the seven parts between the eight places that were looked at from ``a`` to ``b``.

    Those with one zero that counts are noted, those in doubt put on the stack.

    Parameters
    ----------
    a, b : float
        Parts of the step gone.
    looks, depth : int
        How often the step was looked at; parts on the stack.
    pace : float
        Seconds per part of the step gone.
    sign, resolution : float
        See :mod:`sim.core.lanes_events`.
    column : int
        Where pairs are noted.
    small, marks : numpy.ndarray
        With the eight places in the first rows.

    Returns
    -------
    tuple of int
        Parts on the stack, and parts that were given up.
    """
    eight = small[:STACK]
    stack = small[STACK : STACK + DEPTH]
    unresolved = 0
    h = (b - a) / PARTS
    for i in range(PARTS):
        ga = eight[VALUE, i]
        gb = eight[VALUE, i + 1]
        error = error_between(eight, i, h)
        code = judge(ga, gb, eight[RATE, i], eight[RATE, i + 1], h, error, resolution)
        if code == 2:
            fine = h * pace < FINEST
            cut = not fine and (looks >= MOST_LOOKS or depth >= DEPTH)
            if cut:
                unresolved += 1
            if fine or cut:
                code = 1 if (ga > 0.0) != (gb > 0.0) else 0
            else:
                stack[depth, 0] = eight[THETA, i]
                stack[depth, 1] = eight[THETA, i + 1]
                depth += 1
        if code == 1 and sign * (1.0 if gb > 0.0 else -1.0) <= 0.0:
            unresolved += add_part(small, marks, column, i)
    return depth, unresolved


@lean_kernel
def search(
    z: Array, zv: Array, cover: float, codes: IntArray, numbers: Array, which: int, column: int,
    small: Array, marks: IntArray,
) -> int:
    """Note the zeros of one function in the step that all columns of ``z`` hold; return how many parts stay unresolved.

    Unresolved is what :data:`MOST_LOOKS`, :data:`DEPTH` or :data:`MOST_PAIRS` cut off.
    """
    eight = small[:STACK]
    stack = small[STACK : STACK + DEPTH]
    stack[0, 0] = 0.0
    stack[0, 1] = 1.0
    depth = 1
    looks = 0
    unresolved = 0
    while depth > 0:
        depth -= 1
        a = stack[depth, 0]
        b = stack[depth, 1]
        look(z, zv, cover, codes, numbers, which, a, b, small[BEGIN_OF, column], small[END_OF, column], eight)
        looks += 1
        depth, given_up = sift(
            a, b, looks, depth, abs(zv[PACE, 0]), numbers[which, SIGN], numbers[which, RESOLUTION], column, small, marks
        )
        unresolved += given_up
    return unresolved


@lean_kernel
def cubic_guess(a: Vector, b: Vector, ga: Vector, gb: Vector, da: Vector, db: Vector) -> Vector:
    """Zero of the Hermite cubic between two places whose values have opposite signs, roughly."""
    h = b - a
    da = h * da
    db = h * db
    rise = gb - ga
    c2 = 3.0 * rise - 2.0 * da - db
    c3 = da + db - 2.0 * rise
    x = -ga / rise
    for _ in range(GUESS_TURNS):
        value = fma(fma(fma(c3, x, c2), x, da), x, ga)
        slope = fma(fma(3.0 * c3, x, 2.0 * c2), x, da)
        # A move that leads nowhere (slope 0) becomes one to an end.
        x = smaller(larger(x - value / slope, 0.0), 1.0)
    return fma(h, x, a)


@lean_kernel
def curvature(x: Vector, a: Vector, b: Vector, ga: Vector, gb: Vector, da: Vector, db: Vector) -> Vector:
    """Second derivative of the Hermite cubic between two places."""
    inverse = 1.0 / (b - a)
    t = (x - a) * inverse
    bend = fma(6.0, t, -3.0) * (ga - gb) * inverse
    return 2.0 * inverse * (bend + fma(3.0, t, -2.0) * da + fma(3.0, t, -1.0) * db)


@lean_kernel
def close_in(
    u: Array, uv: Array, cover: float, codes: IntArray, numbers: Array, which: int, pair: int, wanted: int, small: Array
) -> None:
    """Fill time and state of the zeros in one pair of places of each wanted column."""
    row = PAIRS + 6 * pair
    a = load(small, row)
    b = load(small, row + 1)
    ga = load(small, row + 2)
    gb = load(small, row + 3)
    da = load(small, row + 4)
    db = load(small, row + 5)
    ways = with_sign_of(broadcast(1.0), load(u, DURATION))
    x = cubic_guess(a, b, ga, gb, da, db)
    x = select(both(at_most(a, x), at_most(x, b)), x, 0.5 * (a + b))
    for turn in range(MOST_TURNS):
        place_at(u, uv, cover, x)
        g, slope = event_value(u, uv, cover, codes, numbers, which)
        pace = magnitude(load(uv, PACE))
        newton = g / slope
        bend = 0.5 * newton * curvature(x, a, b, ga, gb, da, db) / slope
        move = newton / (1.0 - bend)
        seconds = magnitude(move) * pace
        near = both(at_most(seconds, NEAR), at_most(seconds * magnitude(bend), CLOSE))
        done = either(near, at_most((b - a) * pace, 2.0 * CLOSE))
        now = wanted & bits(done)
        if turn == MOST_TURNS - 1:
            now = wanted
        if now != 0:
            shift = select(near, -move, broadcast(0.0)) * load(uv, PACE) + HAIR * ways
            write_zero(u, uv, now, ways * smaller(ways * shift, ways * (load(u, DURATION) - load(uv, WHEN))), small)
            wanted &= ~now
            if wanted == 0:
                break
        same = less(0.0, side(g) * side(ga))
        a = select(same, x, a)
        ga = select(same, g, ga)
        da = select(same, slope, da)
        b = select(same, b, x)
        gb = select(same, gb, g)
        db = select(same, db, slope)
        following = x - move
        inside = both(less(a, following), less(following, b))
        if turn % 4 == 3:
            following = 0.5 * (a + b)
        x = select(inside, following, 0.5 * (a + b))


@lean_kernel
def write_zero(u: Array, uv: Array, columns: int, shift: Vector, small: Array) -> None:
    """Write the time of some columns' places and the states there, ``shift`` seconds later."""
    t = load(uv, WHEN) + shift
    for column in range(LANES):
        small[THETA, column] = 1.0 if (columns >> column) & 1 else 0.0
    taken = less(0.5, load(small, THETA))
    store(small, RESULT, select(taken, t, load(small, RESULT)))
    for c in range(6):
        rate = centre_state(u, uv, c + 3)
        if c < 3:
            rate = fma(0.5 * shift, centre_state(u, uv, c + 6), rate)
        moved = fma(shift, rate, centre_state(u, uv, c))
        store(small, RESULT + 1 + c, select(taken, moved, load(small, RESULT + 1 + c)))
