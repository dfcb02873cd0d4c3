"""Passes over a place of orbits left alone in the Moon's field: what the two-body count leaves out.

The inclination of a low polar orbit moves by a degree within a month, and its plane drifts: an orbit that two bodies
keep away from a place may pass over it, and the other way round. An orbiter that is kept where it is lies in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.frames import R_me_icrf
from sim.operations.conditions import Lander
from sim.operations.low_orbits import moon_orbit_model
from sim.operations.passes import CROSS_TRACK_KM, SIDEREAL_MONTH_DAY, SWEEP_INCLINATION_DEG, find_passes
from sim.operations.tracks import LunarElements, track_from_states
from sim.propagation import propagate_low_orbits
from sim.units import DEG_PER_RAD

FloatArray = NDArray[np.float64]

_STEP_S = 60.0
_SHORTEST_DAY = 0.5


@dataclass(frozen=True, slots=True)
class FieldSweepRow:
    """Passes of one sidereal month of an orbit left alone.

    Attributes
    ----------
    inclination_deg : float
        At the begin.
    inclination_min_deg, inclination_max_deg : float
        Over the month, mean Earth equator.
    cross_track_km : tuple of float
        Limits.
    passes_count : tuple of int
        Passes nearer than each limit.
    nearest_km : float
        Nearest pass; infinite without any.
    span_day : float
        A sidereal month, or less for an orbit that comes down.
    """

    inclination_deg: float
    inclination_min_deg: float
    inclination_max_deg: float
    cross_track_km: tuple[float, ...]
    passes_count: tuple[int, ...]
    nearest_km: float
    span_day: float


def field_sweep(
    elements: LunarElements,
    lander: Lander,
    epoch_tdb: float,
    *,
    inclinations_deg: Sequence[float] = SWEEP_INCLINATION_DEG,
    cross_track_km: Sequence[float] = CROSS_TRACK_KM,
    degree: int = 50,
    ephemeris: Ephemeris | None = None,
) -> tuple[FieldSweepRow, ...]:
    """Count the passes of a sidereal month in the Moon's field, with Earth and Sun, for several inclinations.

    Parameters
    ----------
    elements : LunarElements
        The orbit; its inclination is replaced, its node kept.
    lander : Lander
        The place.
    epoch_tdb : float
        Begin of the month.
    inclinations_deg : sequence of float
        Inclinations.
    cross_track_km : sequence of float
        Limits.
    degree : int
        Of the field, 2 to 70.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    tuple of FieldSweepRow

    Raises
    ------
    InputError
        No inclination, or one outside 0 to 180 degrees.
    EphemerisRangeError
        The month is not covered.
    """
    if not len(inclinations_deg):
        raise InputError("a sweep needs one inclination or more")
    orbits = [replace(elements, inclination_deg=float(one)) for one in inclinations_deg]
    at = np.array([epoch_tdb])
    states = np.array([one.states_function(epoch_tdb, ephemeris)(at)[0] for one in orbits])
    samples = int(SIDEREAL_MONTH_DAY * SECONDS_PER_DAY / _STEP_S) + 5
    times: FloatArray = np.asarray(epoch_tdb + _STEP_S * np.arange(samples), dtype=np.float64)
    run = propagate_low_orbits(states, epoch_tdb, times, moon_orbit_model(degree, ephemeris=ephemeris))
    limits = tuple(float(one) for one in cross_track_km)
    return tuple(
        _row(orbit, lander, times, path, limits, ephemeris) for orbit, path in zip(orbits, run.path_states, strict=True)
    )


def _row(
    orbit: LunarElements,
    lander: Lander,
    times: FloatArray,
    path: FloatArray,
    limits: tuple[float, ...],
    ephemeris: Ephemeris | None,
) -> FieldSweepRow:
    there = np.isfinite(path).all(axis=1)
    start, month_s = float(times[0]), SIDEREAL_MONTH_DAY * SECONDS_PER_DAY
    stop = min(float(times[there][-1]) - 2.0 * _STEP_S, start + month_s) if there.any() else start
    if stop - start < _SHORTEST_DAY * SECONDS_PER_DAY:
        inclination = orbit.inclination_deg
        return FieldSweepRow(inclination, inclination, inclination, limits, (0,) * len(limits), float("inf"), 0.0)
    track = track_from_states("orbiter", times[there], path[there], ephemeris)
    passes = find_passes(track, lander, start, stop, ephemeris=ephemeris)
    tilt = _inclinations_deg(times[there], path[there], ephemeris)
    return FieldSweepRow(
        orbit.inclination_deg,
        float(tilt.min()),
        float(tilt.max()),
        limits,
        tuple(int(np.count_nonzero(passes.cross_track_km < limit)) for limit in limits),
        float(passes.cross_track_km.min(initial=np.inf)),
        (stop - start) / SECONDS_PER_DAY,
    )


def _inclinations_deg(times: FloatArray, states: FloatArray, ephemeris: Ephemeris | None) -> FloatArray:
    """Inclinations to the mean Earth equator once an hour."""
    some = slice(None, None, 60)
    momentum = np.cross(states[some, :3], states[some, 3:])
    pole = R_me_icrf(times[some], ephemeris)[:, 2, :]
    cosine = np.sum(momentum * pole, axis=1) / np.sqrt(np.sum(momentum * momentum, axis=1))
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)) * DEG_PER_RAD)
