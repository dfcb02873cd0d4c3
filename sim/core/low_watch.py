"""What is read off a step of a low orbit: output states, extremes of the radius, and the instant of an impact.

States come from a polynomial in time whose second derivative is made of the latest accelerations, by the weights of the
method (:attr:`sim.core.gauss_jackson.GaussJackson.between`). Those of outputs are written anew half a history later,
with accelerations on both sides of them (:func:`write_better`), unless the lane has started anew or ended before that.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.gauss_jackson import GaussJackson
from sim.core.low_step import (
    BEND,
    CLIMB,
    OLD_BEND,
    OLD_CLIMB,
    OLD_SQUARE,
    POSITION,
    SQUARE,
    STEP,
    SUM1,
    SUM2,
    TAU,
    VELOCITY,
)

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

NEAR: Final = 0.5
"""km above the surface below which a step is searched more finely."""
FINE: Final = 8
"""Parts of such a step."""
NEWTON: Final = 3
"""Corrections of a turning point whose radius is wrong by the square of what is left."""
LEAST: Final = 0
MOST: Final = 1
TRACKED: Final = 2
"""Extremes of the radius since the last output."""


class Batch(NamedTuple):
    """Rows to propagate and where their results go; see :func:`sim.core.low_lanes.propagate_low`."""

    states: Array
    t0: Array
    times: Array
    surface: Array
    last: int
    ends: Array
    path: Array
    lowest: Array
    highest: Array
    t_end: Array
    status: npt.NDArray[np.int8]
    steps: npt.NDArray[np.int32]


@lean_kernel
def lay_polynomial(w: Array, lane: int, base: int, weights: Array, curve: Array) -> None:
    """Polynomial (3, K + 2) of the position in s = steps past ``TAU``, from the history of a lane."""
    count, powers = weights.shape
    h = w[STEP, lane]
    for c in range(3):
        curve[c, 0] = w[POSITION + c, lane]
        curve[c, 1] = h * w[VELOCITY + c, lane]
        for p in range(2, curve.shape[1]):
            curve[c, p] = 0.0
        for j in range(count):
            f = w[base + 3 * j + c, lane]
            for p in range(powers):
                curve[c, p + 2] += weights[j, p] * f
        for p in range(powers):
            curve[c, p + 2] *= h * h / ((p + 1) * (p + 2))


@lean_kernel
def lay_middle(w: Array, lane: int, base: int, method: GaussJackson, curve: Array) -> None:
    """Polynomial of the position in s = steps past the node K // 2 steps ago, for the step that ends there."""
    count, powers = method.middle_between.shape
    h = w[STEP, lane]
    for c in range(3):
        sum1 = w[SUM1 + c, lane]
        sum2 = w[SUM2 + c, lane]
        for j in range(count // 2):
            sum2 -= sum1
            sum1 -= w[base + 3 * j + c, lane]
        place = sum2 - sum1
        speed = sum1
        for p in range(2, curve.shape[1]):
            curve[c, p] = 0.0
        for j in range(count):
            f = w[base + 3 * j + c, lane]
            place += method.middle_position[j] * f
            speed += method.middle_velocity[j] * f
            for p in range(powers):
                curve[c, p + 2] += method.middle_between[j, p] * f
        curve[c, 0] = h * h * place
        curve[c, 1] = h * h * speed
        for p in range(powers):
            curve[c, p + 2] *= h * h / ((p + 1) * (p + 2))


@lean_kernel
def write_better(
    w: Array, lane: int, row: int, batch: Batch, method: GaussJackson, base: int, curve: Array, following: IntArray,
    better: IntArray, scratch: Array,
) -> None:
    """Write anew the outputs that by now have accelerations on both sides."""
    h = w[STEP, lane]
    tau = w[TAU, lane] - (method.predictor.shape[0] // 2) * h
    if (tau - (batch.times[row, better[lane]] - batch.t0[row])) * h < 0.0:
        return
    lay_middle(w, lane, base, method, curve)
    while better[lane] < following[lane]:
        s = (batch.times[row, better[lane]] - batch.t0[row] - tau) / h
        if s > 0.0:
            break
        state_at(curve, s, h, scratch[0])
        for c in range(6):
            batch.path[row, better[lane], c] = scratch[0, c]
        better[lane] += 1


@lean_kernel
def state_at(curve: Array, s: float, h: float, out: Array) -> float:
    """Put the state at ``s`` into ``out``; return r . v."""
    last = curve.shape[1] - 1
    x = curve[0, last]
    y = curve[1, last]
    z = curve[2, last]
    vx = last * x
    vy = last * y
    vz = last * z
    for p in range(last - 1, 0, -1):
        x = x * s + curve[0, p]
        y = y * s + curve[1, p]
        z = z * s + curve[2, p]
        vx = vx * s + p * curve[0, p]
        vy = vy * s + p * curve[1, p]
        vz = vz * s + p * curve[2, p]
    out[0] = x * s + curve[0, 0]
    out[1] = y * s + curve[1, 0]
    out[2] = z * s + curve[2, 0]
    out[3] = vx / h
    out[4] = vy / h
    out[5] = vz / h
    return out[0] * out[3] + out[1] * out[4] + out[2] * out[5]


@lean_kernel
def radius_of(state: Array) -> float:
    """Distance from the centre."""
    return math.sqrt(state[0] * state[0] + state[1] * state[1] + state[2] * state[2])


@lean_kernel
def height_or_climb(curve: Array, s: float, h: float, surface: float, out: Array) -> float:
    """Radius above a surface, or r . v where the surface is 0."""
    climb = state_at(curve, s, h, out)
    return radius_of(out) - surface if surface > 0.0 else climb


@lean_kernel
def solve(curve: Array, low: float, high: float, h: float, surface: float, out: Array) -> float:
    """Where a change of sign lies: regula falsi with a bisection at every third turn.

    Until a turn moves it by less than 1e-8 s for a surface, 1e-5 s for a turning point of the radius (which is wrong by
    the square of that).
    """
    value_low = height_or_climb(curve, low, h, surface, out)
    value_high = height_or_climb(curve, high, h, surface, out)
    enough = (1e-8 if surface > 0.0 else 1e-5) / abs(h)
    s = high
    for turn in range(100):
        before = s
        s = 0.5 * (low + high)
        if turn % 3 != 2 and value_low != value_high:
            s = low + (high - low) * value_low / (value_low - value_high)
        value = height_or_climb(curve, s, h, surface, out)
        if value == 0.0 or abs(s - before) < enough or high - low < enough:
            break
        if (value > 0.0) == (value_low > 0.0):
            low = s
            value_low = value
        else:
            high = s
            value_high = value
    return s


@lean_kernel
def note(track: Array, radius: float) -> None:
    """Let a radius count."""
    track[LEAST] = min(track[LEAST], radius)
    track[MOST] = max(track[MOST], radius)


@lean_kernel
def note_turn(w: Array, lane: int, track: Array) -> None:
    """Let the turning point inside the latest step count.

    Half the squared radius is taken as the quintic with the values, first and second derivatives at both ends of the
    step: at 75 steps a revolution that is good to micrometres of radius (the sixth derivative of the harmonics to
    degree 20 says so), and 1e-5 of a low orbit's eccentricity in km.
    """
    h = w[STEP, lane]
    rise = 0.5 * (w[SQUARE, lane] - w[OLD_SQUARE, lane])
    d0 = h * w[OLD_CLIMB, lane]
    d1 = h * w[CLIMB, lane]
    b0 = h * h * w[OLD_BEND, lane]
    b1 = h * h * w[BEND, lane]
    # g(s) = g0 + d0 s + b0 s^2 / 2 + c3 s^3 + c4 s^4 + c5 s^5
    e0 = rise - d0 - 0.5 * b0
    e1 = d1 - d0 - b0
    e2 = b1 - b0
    c3 = 10.0 * e0 - 4.0 * e1 + 0.5 * e2
    c4 = -15.0 * e0 + 7.0 * e1 - e2
    c5 = 6.0 * e0 - 3.0 * e1 + 0.5 * e2
    s = d0 / (d0 - d1)
    for _ in range(NEWTON):
        slope = (((5.0 * c5 * s + 4.0 * c4) * s + 3.0 * c3) * s + b0) * s + d0
        bend = ((20.0 * c5 * s + 12.0 * c4) * s + 6.0 * c3) * s + b0
        s = min(1.0, max(0.0, s - slope / bend)) if bend != 0.0 else s
    g = ((((c5 * s + c4) * s + c3) * s + 0.5 * b0) * s + d0) * s
    note(track, math.sqrt(w[OLD_SQUARE, lane] + 2.0 * g))


@lean_kernel
def watch_part(
    w: Array, lane: int, row: int, batch: Batch, curve: Array, a: float, b: float, following: IntArray, track: Array,
    scratch: Array,
) -> float:
    """Go through a part of a step, s from ``a`` to ``b``; return where it hits the surface, or infinity."""
    h = w[STEP, lane]
    surface = batch.surface[row]
    here = scratch[0]
    climb_a = state_at(curve, a, h, here)
    radius_a = radius_of(here)
    climb_b = state_at(curve, b, h, here)
    radius_b = radius_of(here)
    turn = math.inf
    radius_turn = radius_a
    if climb_a * climb_b < 0.0:
        turn = solve(curve, a, b, h, 0.0, here)
        radius_turn = radius_of(here)
    hit = math.inf
    if surface > 0.0 and radius_a > surface:
        if radius_turn < surface:
            hit = solve(curve, a, turn, h, surface, here)
        elif radius_b < surface:
            hit = solve(curve, turn if turn < b else a, b, h, surface, here)
    until = min(b, hit)
    k = following[lane]
    while k < batch.times.shape[1]:
        s = (batch.times[row, k] - batch.t0[row] - w[TAU, lane]) / h
        if s > until:
            break
        state_at(curve, s, h, here)
        if turn <= s:
            note(track, radius_turn)
            turn = math.inf
        radius = radius_of(here)
        write_output(batch, row, k, here, radius, track)
        k += 1
    following[lane] = k
    if turn < until:
        note(track, radius_turn)
    return hit


@lean_kernel
def write_output(batch: Batch, row: int, k: int, state: Array, radius: float, track: Array) -> None:
    """Write an output state with the extremes since the one before; begin the next interval."""
    note(track, radius)
    for c in range(6):
        batch.path[row, k, c] = state[c]
    batch.lowest[row, k] = track[LEAST]
    batch.highest[row, k] = track[MOST]
    track[LEAST] = radius
    track[MOST] = radius


@lean_kernel
def watch(
    w: Array, lane: int, row: int, batch: Batch, method: GaussJackson, base: int, back: int, curve: Array,
    following: IntArray, track: Array, scratch: Array,
) -> float:
    """Go through the latest ``back`` steps of a lane; return s of an impact (in steps past ``TAU``), or infinity."""
    lay_polynomial(w, lane, base, method.between if back == 1 else method.basis, curve)
    h = w[STEP, lane]
    for i in range(back, 0, -1):
        parts = 1
        for end in range(2):
            state_at(curve, end - i, h, scratch[0])
            if batch.surface[row] > 0.0 and radius_of(scratch[0]) < batch.surface[row] + NEAR:
                parts = FINE
        for j in range(parts):
            a = j / parts - i
            b = (j + 1) / parts - i
            hit = watch_part(w, lane, row, batch, curve, a, b, following, track, scratch)
            if hit < math.inf:
                return hit
    return math.inf
