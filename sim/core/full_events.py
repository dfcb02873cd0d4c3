"""Events inside a step under the full force model: those that end a row, and those that are recorded.

Each event function is known, with its rate, at both ends of a step and in its middle; the state there comes from the
polynomial of degree 5 through both ends, whose error is bounded by what it differs from that of degree 3. Only where a
function may be zero the middle is flown to, by a shorter step of the same method from the same beginning. The
polynomial of degree 8 through position, velocity and acceleration at the three places then stands for the step: it
misses a circular orbit of which the step is the part x / (2 pi) by 3e-10 x^9 of its radius, less than the step itself
does. On it the zeros are searched as in lanes (:mod:`sim.core.lanes_search`): none is missed between places.

A row that ends at an event ends with the state of a step that long; recorded states are read off the polynomial.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.dop853_step import solution, stage_state
from sim.core.dop853_tableau import STAGES, C
from sim.core.full_forces import FullForces, Work, rates
from sim.core.full_watch import TERMS, FullWatch, Look, dot, event_value, sensitivity
from sim.core.lanes_events import KIND, RANGE, RESOLUTION, SIGN, STATUS, VALUE
from sim.core.lanes_log import Log, record
from sim.core.lanes_search import (
    CLOSE,
    COUNT,
    DEPTH,
    HAIR,
    MARGIN,
    MOST_TURNS,
    PAIRS,
    PARTS,
    RESULT,
    STACK,
    THETA,
    judge,
    misfit,
    sift,
)
from sim.core.lanes_search import RATE as RATES
from sim.core.lanes_search import VALUE as VALUES
from sim.core.simd_types import LANES

Array = npt.NDArray[np.float64]

NO_EVENT: Final = -1
END: Final = STAGES
"""Row of the stages that keeps the rates at the end of a step."""
BEFORE: Final = STAGES + 1
"""Row for the state before a step."""
STAGE_ROWS: Final = STAGES + 2
BEGIN_OF: Final = 0
MIDDLE_OF: Final = 2
END_OF: Final = 4
SPEED: Final = 6
"""Columns of ``Look.values``: value and rate at three places, speed relative to the body at the beginning."""
DOUBT: Final = 0.05
"""Part of the difference between the polynomials of degree 5 and 3 that counts as the error of the former: a hundred
times more than in any step short enough for its error estimate."""
REACH: Final = 1.5
"""Times the faster end's speed: how fast a body may be approached in a step (error control keeps steps short against
the time in which the speed changes by that much)."""


@lean_kernel
def stages(
    y: Array, s: float, h: float, areas: Array, burn: Array, forces: FullForces, work: Work, k: Array, trial: Array
) -> None:
    """Evaluate the stages 1 to 11 and put the solution of order 8 into ``trial``; ``k[0]`` must be there."""
    for i in range(1, STAGES):
        stage_state(y, h, i, k, trial)
        rates(trial, s + C[i] * h, areas, burn, forces, work, k[i])
    solution(y, h, k, trial)


@lean_kernel
def begin_watch(
    y: Array, s: float, h: float, first: bool, watch: FullWatch, forces: FullForces, number: int, k: Array, look: Look
) -> None:
    """Event functions where a row or a new leg of it begins, ``k[0]`` the rates there.

    Parameters
    ----------
    y, s, h : numpy.ndarray, float, float
        State, time, a step.
    first : bool
        Whether the row begins here: an event that it begins on lies behind it. Values are known otherwise.
    watch, forces, number, k, look
        See :func:`screen`.
    """
    put_place(y, k[0], look.place)
    for e in range(watch.codes.shape[0]):
        own = look.values[e]
        g, rate = event_value(s, h, e, watch, forces, number, look)
        own[SPEED] = math.sqrt(dot(look.seen[3:6], look.seen[3:6]))
        own[BEGIN_OF + 1] = rate
        if first:
            on = abs(g) <= watch.numbers[e, RESOLUTION]
            own[BEGIN_OF] = math.copysign(watch.numbers[e, RESOLUTION], rate * h) if on else g


@lean_kernel
def put_place(y: Array, rate: Array, place: Array) -> None:
    """Position, velocity and acceleration of a state and its rates."""
    for i in range(6):
        place[i] = y[i]
    for i in range(3):
        place[6 + i] = rate[3 + i]


@lean_kernel
def put_middle(y: Array, trial: Array, h: float, k: Array, place: Array) -> tuple[float, float]:
    """Middle of a step by the polynomial of degree 5 through its ends; bounds of its error in position and velocity."""
    position = 0.0
    velocity = 0.0
    for i in range(3):
        rise = trial[i] - y[i]
        fall = y[3 + i] - trial[3 + i]
        bend = h * (k[0, 3 + i] + k[END, 3 + i])
        more = h * (k[END, 3 + i] - k[0, 3 + i])
        mean = 0.5 * (y[3 + i] + trial[3 + i])
        place[i] = y[i] + 0.5 * rise + h * (0.15625 * fall + 0.015625 * bend)
        place[3 + i] = 1.875 * rise / h - 0.875 * mean + 0.03125 * more
        place[6 + i] = -(1.5 * fall + 0.25 * bend) / h
        off = h * (0.03125 * fall + 0.015625 * bend)
        position += off * off
        off = 0.375 * (rise / h - mean) + 0.03125 * more
        velocity += off * off
    return DOUBT * math.sqrt(position), DOUBT * math.sqrt(velocity)


@lean_kernel
def out_of_reach(own: Array, h: float, speed: float, radius: float) -> bool:
    """Tell whether a sphere, on one side of which both ends of a step lie, cannot be reached between them."""
    if (own[BEGIN_OF] > 0.0) != (own[END_OF] > 0.0):
        return False
    square = radius * radius
    gaps = abs(math.sqrt(own[BEGIN_OF] + square) - radius) + abs(math.sqrt(own[END_OF] + square) - radius)
    return gaps > REACH * max(speed, own[SPEED]) * abs(h)


@lean_kernel
def screen(
    y: Array, trial: Array, s: float, h: float, watch: FullWatch, forces: FullForces, number: int, k: Array, look: Look
) -> bool:
    """Tell whether some event may happen in a step; events that may not are marked by a NaN as their middle.

    Parameters
    ----------
    y, trial : numpy.ndarray (size,)
        States at both ends of the step.
    s, h : float
        Its beginning and length.
    watch, forces : FullWatch, FullForces
        Events and model.
    number : int
        Piece of the tables from whose start times are counted.
    k : numpy.ndarray (STAGE_ROWS, size)
        Rates at the beginning (row 0) and at the end (row ``END``).
    look : Look
        With the functions at the beginning; those at the end are filled in.

    Returns
    -------
    bool
    """
    some = False
    eight = look.small[:STACK]
    for e in range(watch.codes.shape[0]):
        own = look.values[e]
        put_place(trial, k[END], look.place)
        own[END_OF], own[END_OF + 1] = event_value(s + h, h, e, watch, forces, number, look)
        speed = math.sqrt(dot(look.seen[3:6], look.seen[3:6]))
        away = watch.codes[e, KIND] == RANGE and out_of_reach(own, h, speed, watch.numbers[e, VALUE])
        own[SPEED] = speed
        own[MIDDLE_OF] = math.nan
        if away:
            continue
        position, velocity = put_middle(y, trial, h, k, look.place)
        g, rate = event_value(s + 0.5 * h, h, e, watch, forces, number, look)
        for place in range(3):
            eight[VALUES, place] = g if place == 1 else own[2 * place]
            eight[RATES, place] = h * (rate if place == 1 else own[2 * place + 1])
        error = MARGIN * misfit(eight, 1, 0.5) + sensitivity(e, position, velocity, watch, look)
        for i in range(2):
            code = judge(
                eight[VALUES, i], eight[VALUES, i + 1], eight[RATES, i], eight[RATES, i + 1], 0.5, error, 0.0
            )
            if code != 0:
                own[MIDDLE_OF] = 0.0
                some = True
    return some


@lean_kernel
def accept_watch(look: Look) -> None:
    """Make the end of a step the beginning of the next one."""
    for e in range(look.values.shape[0]):
        look.values[e, BEGIN_OF] = look.values[e, END_OF]
        look.values[e, BEGIN_OF + 1] = look.values[e, END_OF + 1]


@lean_kernel
def fill_powers(y: Array, trial: Array, middle: Array, h: float, k: Array, powers: Array) -> None:
    """Polynomial through both ends of a step and its middle (a place), in powers of the part gone, from -1 to 1."""
    half = 0.5 * h
    for i in range(3):
        c0 = middle[i]
        c1 = half * middle[3 + i]
        c2 = 0.5 * half * half * middle[6 + i]
        # Even powers: value, slope and curvature at 1 beyond those of the first three; then the odd ones.
        a = (0.5 * (trial[i] - c0) + 0.5 * (y[i] - c0)) - c2
        b = 0.5 * half * (trial[3 + i] - y[3 + i]) - 2.0 * c2
        c = 0.5 * half * half * (k[END, 3 + i] + k[0, 3 + i]) - 2.0 * c2
        c8 = 0.125 * (c - 9.0 * b + 24.0 * a)
        c6 = 0.5 * (b - 4.0 * a) - 2.0 * c8
        powers[8, i] = c8
        powers[6, i] = c6
        powers[4, i] = a - c6 - c8
        a = 0.5 * (trial[i] - y[i]) - c1
        b = 0.5 * half * (trial[3 + i] + y[3 + i]) - c1
        c = 0.5 * half * half * (k[END, 3 + i] - k[0, 3 + i])
        c7 = 0.125 * (c - 7.0 * b + 15.0 * a)
        c5 = 0.5 * (b - 3.0 * a) - 2.0 * c7
        powers[7, i] = c7
        powers[5, i] = c5
        powers[3, i] = a - c5 - c7
        powers[2, i] = c2
        powers[1, i] = c1
        powers[0, i] = c0


@lean_kernel
def place_at(theta: float, h: float, powers: Array, place: Array) -> None:
    """Position, velocity and acceleration where a part of the step is gone."""
    u = 2.0 * theta - 1.0
    pace = 2.0 / h
    for i in range(3):
        value = 0.0
        slope = 0.0
        curve = 0.0
        for j in range(TERMS - 1, -1, -1):
            curve = curve * u + 2.0 * slope
            slope = slope * u + value
            value = value * u + powers[j, i]
        place[i] = value
        place[3 + i] = slope * pace
        place[6 + i] = curve * pace * pace


@lean_kernel
def find_zeros(
    s: float, h: float, which: int, watch: FullWatch, forces: FullForces, number: int, look: Look
) -> int:
    """Note all zeros of one function in a step; return how many parts of it were given up."""
    eight = look.small[:STACK]
    stack = look.small[STACK : STACK + DEPTH]
    own = look.values[which]
    look.marks[COUNT, 0] = 0
    stack[0, 0] = 0.0
    stack[0, 1] = 1.0
    depth = 1
    looks = 0
    unresolved = 0
    while depth > 0:
        depth -= 1
        a = stack[depth, 0]
        b = stack[depth, 1]
        for i in range(LANES):
            theta = b if i == PARTS else a + (b - a) * (i / PARTS)
            place_at(theta, h, look.powers, look.place)
            g, rate = event_value(s + theta * h, h, which, watch, forces, number, look)
            eight[THETA, i] = theta
            eight[VALUES, i] = own[BEGIN_OF] if theta == 0.0 else (own[END_OF] if theta == 1.0 else g)
            eight[RATES, i] = rate * h
        looks += 1
        depth, given_up = sift(
            a, b, looks, depth, abs(h), watch.numbers[which, SIGN], watch.numbers[which, RESOLUTION], 0, look.small,
            look.marks,
        )  # fmt: skip
        unresolved += given_up
    return unresolved


@lean_kernel
def close_in(
    s: float, h: float, which: int, pair: int, watch: FullWatch, forces: FullForces, number: int, look: Look
) -> float:
    """Time into the step of the zero between two places, a hair later; ``look.place`` holds the place there.

    Newton's method inside a bracket, with a bisection at each fourth turn.
    """
    row = PAIRS + 6 * pair
    small = look.small
    a = small[row, 0]
    b = small[row + 1, 0]
    ga = small[row + 2, 0]
    gb = small[row + 3, 0]
    x = a + (b - a) * ga / (ga - gb)
    for turn in range(MOST_TURNS):
        if not a <= x <= b:
            x = 0.5 * (a + b)
        place_at(x, h, look.powers, look.place)
        g, rate = event_value(s + x * h, h, which, watch, forces, number, look)
        move = g / (rate * h)
        if abs(move * h) <= CLOSE:
            x -= move
            break
        if (g > 0.0) == (ga > 0.0):
            a = x
        else:
            b = x
        if (b - a) * abs(h) <= 2.0 * CLOSE:
            break
        x = 0.5 * (a + b) if turn % 4 == 3 else x - move
    t = x * h + math.copysign(HAIR, h)
    t = h if abs(t) > abs(h) else t
    place_at(t / h, h, look.powers, look.place)
    return t


@lean_kernel
def find_events(
    s: float, h: float, ending: bool, until: float, t0: float, tau: float, watch: FullWatch, forces: FullForces,
    number: int, row: int, look: Look, log: Log,
) -> tuple[int, float]:
    """Find the earliest event in a step that ends its row, or write down those that do not.

    Parameters
    ----------
    s, h : float
        Beginning and length of the step.
    ending : bool
        Which of both.
    until : float
        Where the row ends in the step, or infinite.
    t0, tau : float
        Epoch of the row, TDB s past J2000, and the beginning of the step past it.
    watch, forces : FullWatch, FullForces
        Events and model.
    number, row : int
        Piece of the tables from whose start times are counted; row of the batch.
    look : Look
        With the functions at the ends (:func:`screen`) and the polynomial (:func:`fill_powers`).
    log : Log
        Receives events that are recorded, and the number of parts of the step that were given up.

    Returns
    -------
    tuple of int, float
        Event that ends the row or ``NO_EVENT``, and its time into the step.
    """
    found = NO_EVENT
    for e in range(watch.codes.shape[0]):
        if (watch.codes[e, STATUS] != 0) != ending or math.isnan(look.values[e, MIDDLE_OF]):
            continue
        log.unresolved[row] += find_zeros(s, h, e, watch, forces, number, look)
        for pair in range(look.marks[COUNT, 0]):
            gone = close_in(s, h, e, pair, watch, forces, number, look)
            if abs(gone) >= abs(until):
                continue
            if ending:
                found = e
                until = gone
                continue
            for c in range(6):
                look.small[RESULT + 1 + c, 0] = look.place[c]
            record(row, e, t0 + (tau + gone), h < 0.0, look.small, 0, log)
    return found, until
