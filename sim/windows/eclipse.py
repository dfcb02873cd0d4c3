"""Light on the way: which part of the Sun's disc a spacecraft sees, and how long Earth and Moon hide it.

Shadows are cones of spherical bodies (Montenbruck and Gill, Satellite Orbits, section 3.4.2): the Earth with its
equatorial radius (its flattening moves an edge of its shadow in a low orbit by three seconds at most), no atmosphere,
no limb darkening; the Sun where it stands, without light time and aberration (20 seconds of arc).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.bodies import EARTH, MOON, SUN
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.events import refine_extrema
from sim.frames.rotations import dot, norm
from sim.propagation import propagate_at
from sim.transfer.shooting import transfer_model

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

SAMPLES = 120
"""States along each transfer; they crowd at both ends, with 92 seconds between the first two of a five-day flight."""

PARTS = 6
"""Shadow is looked for at this many places between two states, and where it nearly touches in between."""

EDGE_S = 1e-3
"""Brackets of shadow edges are halved below this length."""

_EVEN = np.linspace(0.0, 1.0, SAMPLES)
_SHARES = _EVEN**2 * (3.0 - 2.0 * _EVEN)
_ROWS = 256
_BISECTIONS = 60


@dataclass(frozen=True)
class Eclipses:
    """Eclipses between injection and perilune; all arrays have shape (N,), seconds.

    Attributes
    ----------
    total_s : ndarray
        With any part of the Sun's disc hidden.
    longest_s : ndarray
        The longest of them without a break.
    umbra_s : ndarray
        With the whole disc hidden.
    """

    total_s: Floats
    longest_s: Floats
    umbra_s: Floats


@dataclass(frozen=True)
class _Arcs:
    """Cubic pieces between sampled states: spacecraft and bodies, Earth-centred, shape (N, T, 6)."""

    t_tdb: Floats
    craft: Floats
    moon: Floats
    sun: Floats

    def margin_rad(self, row: Indices, t_tdb: Floats, umbra: bool) -> Floats:
        """Angle by which Sun and nearest body are apart from eclipse at epochs of given rows; negative inside."""
        start, stop = self.t_tdb[row, 0], self.t_tdb[row, -1]
        piece = np.searchsorted(_SHARES, (t_tdb - start) / (stop - start)) - 1
        piece = np.clip(piece, 0, SAMPLES - 2)
        first, last = self.t_tdb[row, piece], self.t_tdb[row, piece + 1]
        share = (t_tdb - first) / (last - first)
        places = [
            _cubic(states[row, piece], states[row, piece + 1], share, last - first)
            for states in (self.craft, self.moon, self.sun)
        ]
        return _margin_rad(*places, umbra=umbra)

    def grid(self) -> tuple[Floats, Floats, Floats]:
        """Return epochs (N, G) and the two margins (N, G): of any eclipse and of the umbra."""
        step = np.diff(self.t_tdb, axis=1)
        epochs, any_part, umbra = [], [], []
        for part in range(PARTS):
            share = np.full(step.shape, part / PARTS)
            epochs.append(self.t_tdb[:, :-1] + share * step)
            places = [
                _cubic(states[:, :-1], states[:, 1:], share, step) for states in (self.craft, self.moon, self.sun)
            ]
            any_part.append(_margin_rad(*places, umbra=False))
            umbra.append(_margin_rad(*places, umbra=True))
        ends = [states[:, -1:, :3] for states in (self.craft, self.moon, self.sun)]

        def woven(parts: list[Floats], last: Floats) -> Floats:
            return np.concatenate((np.stack(parts, axis=2).reshape(len(last), -1), last), axis=1)

        return (
            woven(epochs, self.t_tdb[:, -1:]),
            woven(any_part, _margin_rad(*ends, umbra=False)),
            woven(umbra, _margin_rad(*ends, umbra=True)),
        )


def _cubic(first: Floats, last: Floats, share: Floats, step_s: Floats) -> Floats:
    """Position between two states by the cubic through positions and velocities."""
    s, h = share[..., None], step_s[..., None]
    back = 1.0 - s
    return np.asarray(
        back * back * ((1.0 + 2.0 * s) * first[..., :3] + s * h * first[..., 3:])
        + s * s * ((1.0 + 2.0 * back) * last[..., :3] - back * h * last[..., 3:])
    )


def _angle_rad(one: Floats, other: Floats) -> Floats:
    """Angle between vectors, exact near 0."""
    across = np.cross(one, other)
    return np.asarray(np.arctan2(norm(across), dot(one, other)))


def _disc_rad(radius_km: float, distance_km: Floats) -> Floats:
    """Apparent radius of a sphere; a quarter turn at and below its surface."""
    return np.asarray(np.arcsin(np.minimum(radius_km / distance_km, 1.0)))


def _margin_rad(craft_km: Floats, moon_km: Floats, sun_km: Floats, *, umbra: bool) -> Floats:
    """Return the smaller of the margins of both bodies."""
    to_sun = sun_km - craft_km
    sun_disc = _disc_rad(SUN.radius_km, norm(to_sun))
    sign = -1.0 if umbra else 1.0
    margins = []
    for place_km, radius_km in ((np.zeros_like(moon_km), EARTH.radius_equatorial_km), (moon_km, MOON.radius_km)):
        to_body = place_km - craft_km
        margins.append(_angle_rad(to_sun, to_body) - _disc_rad(radius_km, norm(to_body)) - sign * sun_disc)
    return np.minimum(margins[0], margins[1])


def sun_fraction(craft_earth_km: Floats, t_tdb: Floats, ephemeris: Ephemeris) -> Floats:
    """Return the part of the Sun's disc that Earth and Moon leave free.

    Parameters
    ----------
    craft_earth_km : ndarray, shape (N, 3)
        Spacecraft, Earth-centred ICRF.
    t_tdb : ndarray, shape (N,)
        Epochs.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    ndarray, shape (N,)
        0 in an umbra, 1 in full light; the area common to two circles.
    """
    to_sun = ephemeris.position_km("sun", "earth", t_tdb) - craft_earth_km
    to_moon = ephemeris.position_km("moon", "earth", t_tdb) - craft_earth_km
    hidden = _hidden_fraction(to_sun, -craft_earth_km, EARTH.radius_equatorial_km)
    hidden = hidden + _hidden_fraction(to_sun, to_moon, MOON.radius_km)
    return np.maximum(0.0, 1.0 - hidden)


def _hidden_fraction(to_sun: Floats, to_body: Floats, radius_km: float) -> Floats:
    a = _disc_rad(SUN.radius_km, norm(to_sun))
    b = _disc_rad(radius_km, norm(to_body))
    c = _angle_rad(to_sun, to_body)
    # Clipped so that rows without partial overlap give a number, which the choices below replace.
    near = np.clip(c, np.abs(a - b), a + b)
    x = np.clip((near**2 + a**2 - b**2) / (2.0 * near), -a, a)
    y = np.clip(near - x, -b, b)
    chord = np.sqrt(np.maximum(a**2 - x**2, 0.0))
    area = a**2 * np.arccos(x / a) + b**2 * np.arccos(y / b) - near * chord
    partly = area / (np.pi * a**2)
    whole = np.minimum((b / a) ** 2, 1.0)
    return np.where(c >= a + b, 0.0, np.where(c <= np.abs(a - b), whole, partly))


def eclipses(tli_state: Floats, tli_tdb: Floats, perilune_tdb: Floats, ephemeris: Ephemeris) -> Eclipses:
    """Return how long transfers fly in the shadow of Earth and Moon.

    Parameters
    ----------
    tli_state : ndarray, shape (N, 6)
        Just after injection, Earth-centred ICRF, km and km/s.
    tli_tdb, perilune_tdb : ndarray, shape (N,)
        Injection and perilune.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    Eclipses
        N rows, in full-model trajectories; NaN where one cannot be propagated. Shadows that touch a trajectory for
        less than a second may be missed. Held against sampling every second in
        ``tests/truth/test_truth_circumstances.py``.
    """
    chunks = [slice(first, first + _ROWS) for first in range(0, len(tli_tdb), _ROWS)]
    parts = [_chunk(tli_state[rows], tli_tdb[rows], perilune_tdb[rows], ephemeris) for rows in chunks]
    if not parts:
        return Eclipses(np.empty(0), np.empty(0), np.empty(0))
    total, longest, umbra = (np.concatenate([part[index] for part in parts]) for index in range(3))
    return Eclipses(total, longest, umbra)


def _sample(tli_state: Floats, tli_tdb: Floats, perilune_tdb: Floats, ephemeris: Ephemeris) -> _Arcs:
    epochs = tli_tdb[:, None] + (perilune_tdb - tli_tdb)[:, None] * _SHARES
    run = propagate_at(tli_state, tli_tdb, epochs, transfer_model(ephemeris), impacts=False)
    bodies = [
        ephemeris.state(body, "earth", epochs.reshape(-1)).reshape(*epochs.shape, 6) for body in ("moon", "sun")
    ]
    return _Arcs(epochs, run.path_states, *bodies)


def _chunk(
    tli_state: Floats, tli_tdb: Floats, perilune_tdb: Floats, ephemeris: Ephemeris
) -> tuple[Floats, Floats, Floats]:
    if not (perilune_tdb > tli_tdb).all():
        raise InputError("a transfer whose perilune does not come after its injection has no way to look at")
    arcs = _sample(tli_state, tli_tdb, perilune_tdb, ephemeris)
    epochs, any_part, umbra = arcs.grid()
    total, longest = _durations(arcs, epochs, any_part, False)
    whole, _ = _durations(arcs, epochs, umbra, True)
    broken = ~np.isfinite(any_part).all(axis=1)
    total[broken] = longest[broken] = whole[broken] = np.nan
    return total, longest, whole


def _durations(arcs: _Arcs, epochs: Floats, margin: Floats, umbra: bool) -> tuple[Floats, Floats]:
    """Return total and longest time with a negative margin."""
    rows = len(epochs)
    entry_row, entry, exit_ = _passages(arcs, epochs, margin, umbra)
    length = exit_ - entry
    longest = np.zeros(rows)
    np.maximum.at(longest, entry_row, length)
    # Without passages numpy counts in integers.
    return np.bincount(entry_row, weights=length, minlength=rows).astype(np.float64), longest


def _passages(arcs: _Arcs, epochs: Floats, margin: Floats, umbra: bool) -> tuple[Indices, Floats, Floats]:
    """Row, begin and end of every passage through shadow."""
    inside = margin < 0.0
    row, place = np.nonzero(inside[:, 1:] != inside[:, :-1])
    edge = _edges(arcs, row, epochs[row, place], epochs[row, place + 1], inside[row, place + 1], umbra)
    goes_in = inside[row, place + 1]
    graze_row, graze_in, graze_out = _grazes(arcs, epochs, margin, umbra)
    starts, ends = np.flatnonzero(inside[:, 0]), np.flatnonzero(inside[:, -1])
    in_row = np.concatenate((starts, row[goes_in], graze_row))
    in_time = np.concatenate((epochs[starts, 0], edge[goes_in], graze_in))
    out_row = np.concatenate((ends, row[~goes_in], graze_row))
    out_time = np.concatenate((epochs[ends, -1], edge[~goes_in], graze_out))
    # In each row begins and ends alternate, so that the k-th begin belongs to the k-th end.
    first, last = np.lexsort((in_time, in_row)), np.lexsort((out_time, out_row))
    return in_row[first], in_time[first], out_time[last]


def _grazes(arcs: _Arcs, epochs: Floats, margin: Floats, umbra: bool) -> tuple[Indices, Floats, Floats]:
    """Passages between two places of the grid that both lie in the light."""
    before, here, after = margin[:, :-2], margin[:, 1:-1], margin[:, 2:]
    low = (here <= before) & (here < after) & (here >= 0.0)
    # A parabola through the three goes below its middle by less than an eighth of the larger rise.
    row, place = np.nonzero(low & (here < 0.5 * np.maximum(before - here, after - here)))
    start, stop = epochs[row, place], epochs[row, place + 2]
    deepest = refine_extrema(lambda t: arcs.margin_rad(row, t, umbra), start, stop, sign=-1.0, tolerance_s=0.1)
    keep = arcs.margin_rad(row, deepest, umbra) < 0.0 if row.size else np.zeros(0, dtype=np.bool_)
    row, start, stop, deepest = row[keep], start[keep], stop[keep], deepest[keep]
    goes_in = np.ones(row.size, dtype=np.bool_)
    return row, _edges(arcs, row, start, deepest, goes_in, umbra), _edges(arcs, row, deepest, stop, ~goes_in, umbra)


def _edges(
    arcs: _Arcs, row: Indices, low_tdb: Floats, high_tdb: Floats, goes_in: NDArray[np.bool_], umbra: bool
) -> Floats:
    """Halve brackets of shadow edges until they are short."""
    low, high = low_tdb.copy(), high_tdb.copy()
    for _ in range(_BISECTIONS):
        if low.size == 0 or float(np.max(high - low)) <= EDGE_S:
            break
        middle = 0.5 * (low + high)
        beyond = (arcs.margin_rad(row, middle, umbra) < 0.0) == goes_in
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return np.asarray(0.5 * (low + high))
