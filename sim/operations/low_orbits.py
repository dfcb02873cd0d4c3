"""How orbits about the Moon change over weeks and years: apses, eccentricity vector, plane, impact.

States are integrated under the Moon's gravity field, Earth and Sun, and reduced while they are made, so that years of
many orbits fit into memory: orbits up to 12,000 km in lockstep with fixed steps
(:func:`sim.propagation.propagate_low_orbits`), others with adaptive steps (:func:`sim.propagation.propagate_full`).

A record sums up a whole number of revolutions: the lowest and highest altitude in it, and elements averaged over
equally spaced samples. Averages over whole revolutions are free of the terms of a revolution (a kilometre or two in low
orbits), which hide the slow changes.

Angles count from the Moon's true equator of date: the pole is the z axis of the principal axes at each sample. The
node counts twice: from the ascending node of that equator on the ICRF equator, and as the selenographic longitude.

Fixed steps are at least 120 a revolution and 4.5 a degree of the field. Measured on 256 of the orbits of
``benchmarks.low_orbit_lifetimes`` (30 to 120 km, all inclinations, degree 50) against 12 steps a degree: after four
weeks they are off by 0.13 m in the median, 7.6 m in 99 of 100 and 40 m at most, all of it along the way of orbits about
to come down; over 180 days all 256 end alike, the 181 impacts move by 0.9 ms in the median and 0.1 s at most, and least
radii by 9 mm. Six steps take 1.36 times as long for 1.7 m and 4 ms at most, five 1.12 times as long for 9.5 m and
20 ms: far below what the field leaves out (hundreds of metres in three days). With 2.4 steps impacts still move by no
more than 18 s, but one orbit in 256 ends otherwise.

Approximations, named: the ground is the sphere of 1737.4 km plus a margin that the caller states, not the terrain; the
drift of the averaged elements inside one record is neglected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY, TWO_PI
from sim.core.elements import (
    ARGUMENT_OF_PERIAPSIS,
    COLUMNS,
    ECCENTRICITY,
    ENERGY,
    INCLINATION,
    NODE,
    elements_rows,
)
from sim.core.status import Status
from sim.dynamics import FullForceModel, forces_in_words, open_gravity_field
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.frames import R_me_icrf, R_pa_icrf
from sim.frames.rotations import unit
from sim.propagation import FullPropagation, propagate_full
from sim.propagation.low_orbits import LowOrbits, propagate_low_orbits
from sim.units import RAD_PER_DEG

FloatArray = npt.NDArray[np.float64]

SAMPLES_A_CALL = {"adaptive": 256, "lanes": 1024}
"""Samples between two calls of the propagator; fixed, so that a row's bits do not depend on the other rows."""
_ROWS_A_CALL = 512
_LANES_UP_TO_KM = 12000.0
_ANGLE_A_SAMPLE_RAD = 0.25
_STEPS_PER_REVOLUTION = 120.0
_STEPS_PER_DEGREE = 4.5


@dataclass(frozen=True, eq=False)
class LowOrbitHistory:
    """N orbits about the Moon over time, T records each; NaN after a row's end.

    Attributes
    ----------
    t_tdb : ndarray (N, T)
        Middle of the records, TDB s past J2000.
    end_tdb : ndarray (N, T)
        End of the records.
    states : ndarray (N, T, 6)
        There: km and km/s, relative to the Moon, ICRF axes.
    perilune_altitude_km, apolune_altitude_km : ndarray (N, T)
        Lowest and highest altitude of the record over the sphere of 1737.4 km.
    semi_major_axis_km : ndarray (N, T)
        Average of the osculating one.
    ecc_cos, ecc_sin : ndarray (N, T)
        Average of the eccentricity vector: towards the ascending node, and a quarter turn ahead of it in the orbit.
    inclination_deg : ndarray (N, T)
        Average, to the equator of date.
    node_deg : ndarray (N, T)
        Average inertial node, in [0, 360).
    node_longitude_deg : ndarray (N, T)
        Selenographic longitude of the ascending node at `end_tdb`, in [0, 360).
    status : ndarray (N,) int8
        ``OK``, or ``IMPACT`` for rows that came to the sphere plus margin, or another one of the propagator.
    impact_tdb : ndarray (N,)
        When; NaN for rows that did not.
    start_tdb : ndarray (N,)
        Epoch of the first state.
    degree : int
        Of the gravity field.
    margin_km : float
        Height above the sphere that counts as ground.
    forces : str
        Under which they flew, for captions.
    """

    t_tdb: FloatArray
    end_tdb: FloatArray
    states: FloatArray
    perilune_altitude_km: FloatArray
    apolune_altitude_km: FloatArray
    semi_major_axis_km: FloatArray
    ecc_cos: FloatArray
    ecc_sin: FloatArray
    inclination_deg: FloatArray
    node_deg: FloatArray
    node_longitude_deg: FloatArray
    status: npt.NDArray[np.int8]
    impact_tdb: FloatArray
    start_tdb: FloatArray
    degree: int
    margin_km: float
    forces: str

    @property
    def eccentricity(self) -> FloatArray:
        """Length of the averaged eccentricity vector, (N, T)."""
        return np.hypot(self.ecc_cos, self.ecc_sin)

    @property
    def argument_of_perilune_deg(self) -> FloatArray:
        """Direction of the averaged eccentricity vector from the ascending node, in [0, 360), (N, T)."""
        return np.asarray(np.arctan2(self.ecc_sin, self.ecc_cos) / RAD_PER_DEG % 360.0)

    @property
    def lifetime_day(self) -> FloatArray:
        """Days from the start to the impact; infinite for rows that had none in the span, (N,)."""
        lived = (self.impact_tdb - self.start_tdb) / SECONDS_PER_DAY
        return np.where(np.isnan(self.impact_tdb), np.inf, lived)


@dataclass(frozen=True)
class _Grid:
    """How time is divided: samples a record, records, seconds a sample, ground."""

    samples: int
    records: int
    step_s: float
    ground_km: float
    mu: float
    ephemeris: Ephemeris | None
    method: str


def moon_orbit_model(degree: int = 50, *, ephemeris: Ephemeris | None = None, tide: bool = False) -> FullForceModel:
    """Compose the forces for orbits about the Moon: its field, Earth and Sun.

    Parameters
    ----------
    degree : int
        Degree and order of GRGM1200A, 2 to 70.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    tide : bool
        Whether the Moon's solid tide of degree 2 acts, with k2 = 0.02405.

    Returns
    -------
    FullForceModel

    Raises
    ------
    InputError
        A degree that the packaged field does not hold.
    """
    return FullForceModel(
        center="moon",
        point_masses=("moon", "earth", "sun"),
        moon_field=open_gravity_field("grgm1200a", degree),
        moon_k2_factor=0.02405 if tide else 0.0,
        ephemeris=ephemeris,
    )


def evolve_low_orbits(
    states_icrf: npt.ArrayLike,
    t0_tdb: npt.ArrayLike,
    duration_day: float,
    *,
    degree: int = 50,
    revs: int = 3,
    margin_km: float = 0.0,
    model: FullForceModel | None = None,
    method: str | None = None,
    tolerance: float = 1e-10,
    threads: int | None = None,
) -> LowOrbitHistory:
    """Propagate orbits about the Moon and sum up what becomes of them.

    Parameters
    ----------
    states_icrf : array_like (N, 6) or (6,)
        Relative to the Moon, ICRF axes, km and km/s; elliptic orbits.
    t0_tdb : array_like (N,) or ()
        Their epochs, TDB s past J2000.
    duration_day : float
        At least this long: up to a whole number of records.
    degree : int
        Of the gravity field, where no `model` is given.
    revs : int
        Revolutions a record, of the median two-body period of the rows: rows of much different size do not fit in one
        call.
    margin_km : float
        Height above the sphere of 1737.4 km at which a row ends: highest terrain under the orbit, or a safety margin.
    model : FullForceModel, optional
        Forces, Moon-centred; by default :func:`moon_orbit_model`.
    method : str, optional
        ``lanes`` or ``adaptive``; by default lanes where the model has only point masses and figures and all
        semi-major axes are below 12,000 km.
    tolerance : float
        Of the adaptive method.
    threads : int, optional
        By default as many as there are processors.

    Returns
    -------
    LowOrbitHistory

    Raises
    ------
    InputError
        Shapes that do not fit, orbits that are not ellipses, no duration, another centre than the Moon, a method that
        does not know the model's forces.
    EphemerisRangeError
        The span is not covered.
    """
    start = np.array(states_icrf, dtype=np.float64, ndmin=2)
    if start.ndim != 2 or start.shape[1] != 6 or len(start) == 0:
        raise InputError(f"states_icrf has the shape {np.shape(states_icrf)}; allowed: (N, 6) or (6,)")
    t0 = np.broadcast_to(np.asarray(t0_tdb, dtype=np.float64), (len(start),)).copy()
    if not (duration_day > 0.0 and revs >= 1 and margin_km >= 0.0):
        raise InputError(
            f"duration_day is {duration_day:g}, revs {revs}, margin_km {margin_km:g}; allowed: above 0, from 1, from 0"
        )
    forces = moon_orbit_model(degree) if model is None else model
    if forces.center != "moon":
        raise InputError(f"the model is centred on {forces.center!r}; allowed: moon")
    field_degree = 0 if forces.moon_field is None else forces.moon_field.degree
    if method not in (None, *SAMPLES_A_CALL):
        raise InputError(f"method is {method!r}; allowed: {', '.join(SAMPLES_A_CALL)}")
    grid = _grid(start, forces, duration_day, revs, margin_km, method)
    history = _empty(t0, grid, field_degree, margin_km, forces_in_words(forces))
    for first in range(0, len(start), _ROWS_A_CALL):
        rows = np.arange(first, min(first + _ROWS_A_CALL, len(start)))
        _evolve_rows(history, rows, start[rows], grid, forces, tolerance, threads)
    return history


def _grid(
    start: FloatArray, forces: FullForceModel, duration_day: float, revs: int, margin_km: float, method: str | None
) -> _Grid:
    """Divide time so that a sample turns at most 0.25 rad at perilune and records hold whole revolutions."""
    mu = forces.body_gm_km3_s2("moon")
    radius = np.sqrt(np.sum(start[:, :3] ** 2, axis=1))
    inverse = 2.0 / radius - np.sum(start[:, 3:] ** 2, axis=1) / mu
    if not (inverse > 0.0).all():
        row = int(np.flatnonzero(~(inverse > 0.0))[0])
        raise InputError(f"row {row} of states_icrf is no ellipse about the Moon; allowed: bound orbits")
    period = TWO_PI * float(np.median(np.sqrt(1.0 / (inverse**3 * mu))))
    momentum = np.cross(start[:, :3], start[:, 3:])
    parameter = np.sum(momentum**2, axis=1) / mu
    ecc = np.sqrt(np.maximum(1.0 - parameter * inverse, 0.0))
    # angular rate at perilune: momentum over perilune radius squared
    fastest = float(np.max(np.sqrt(mu * parameter) * ((1.0 + ecc) / parameter) ** 2))
    samples = int(np.ceil(revs * period * fastest / _ANGLE_A_SAMPLE_RAD))
    records = int(np.ceil(duration_day * SECONDS_PER_DAY / (revs * period) - 1e-9))
    if method is None:
        plain = not (forces.light_pressure or forces.relativity or forces.moon_k2_factor)
        # Fixed steps serve eccentricities to 0.86, which orbits of this size cannot pass above ground: 200 x 16,000 km
        # comes out within a metre of the adaptive steps after four months, in a tenth of the time.
        method = "lanes" if plain and float(np.max(1.0 / inverse)) <= _LANES_UP_TO_KM else "adaptive"
    ground = MOON.radius_km + margin_km
    return _Grid(samples, records, revs * period / samples, ground, mu, forces.ephemeris, method)


def _empty(t0: FloatArray, grid: _Grid, degree: int, margin_km: float, forces: str) -> LowOrbitHistory:
    end = t0[:, None] + grid.step_s * grid.samples * np.arange(1.0, grid.records + 1.0)
    low, high, size, cosine, sine, inclination, node, longitude = (np.full(end.shape, np.nan) for _ in range(8))
    return LowOrbitHistory(
        end - 0.5 * grid.step_s * grid.samples, end, np.full((*end.shape, 6), np.nan), low, high, size, cosine, sine,
        inclination, node, longitude, np.zeros(len(t0), np.int8), np.full(len(t0), np.nan), t0, degree, margin_km,
        forces,
    )  # fmt: skip


def _evolve_rows(
    history: LowOrbitHistory,
    rows: npt.NDArray[np.intp],
    start: FloatArray,
    grid: _Grid,
    forces: FullForceModel,
    tolerance: float,
    threads: int | None,
) -> None:
    """Fill the rows of a history, some records at a time, dropping rows that ended."""
    now, state = history.start_tdb[rows].copy(), start
    records = max(1, SAMPLES_A_CALL[grid.method] // grid.samples)
    for first in range(0, grid.records, records):
        span = slice(first, min(first + records, grid.records))
        count = (span.stop - first) * grid.samples
        times = history.start_tdb[rows][:, None] + grid.step_s * (first * grid.samples + np.arange(1.0, count + 1.0))
        run: FullPropagation | LowOrbits
        if grid.method == "lanes":
            steps = max(_STEPS_PER_REVOLUTION, _STEPS_PER_DEGREE * history.degree)
            run = propagate_low_orbits(
                state, now, times, forces, impact_radius_km=grid.ground_km, steps_per_revolution=steps, threads=threads
            )
        else:
            run = propagate_full(state, now, times, forces, tolerance=tolerance, threads=threads)
        path = np.concatenate([state[:, None], run.path_states], axis=1)
        path_times = np.concatenate([now[:, None], times], axis=1)
        hit_tdb = _reduce(history, rows, span, path, path_times, grid)
        hit_tdb = np.fmin(hit_tdb, np.where(run.status == Status.IMPACT, run.t_tdb, np.nan))
        history.status[rows] = np.where(np.isnan(hit_tdb), run.status, Status.IMPACT)
        history.impact_tdb[rows] = hit_tdb
        go_on = np.asarray(history.status[rows] == Status.OK)
        rows, state, now = rows[go_on], run.states[go_on], times[go_on, -1]
        if rows.size == 0:
            return


def _reduce(
    history: LowOrbitHistory,
    rows: npt.NDArray[np.intp],
    span: slice,
    path: FloatArray,
    times: FloatArray,
    grid: _Grid,
) -> FloatArray:
    """Write the records of `span` from samples (n, S + 1, 6); return when each row came to the ground, else NaN."""
    n, records = len(rows), span.stop - span.start
    low, high, low_share = _extremes(path, grid.step_s)
    under = low < grid.ground_km
    hit_tdb = np.full(n, np.nan)
    for row in np.flatnonzero(under.any(axis=1)):
        first = int(np.argmax(under[row]))
        hit_tdb[row] = times[row, first] + grid.step_s * _crossing(
            path[row, first : first + 2], low_share[row, first], grid
        )
    gone = times[:, 1:] > np.where(np.isnan(hit_tdb), np.inf, hit_tdb)[:, None]
    samples = np.where(gone[:, :, None], np.nan, path[:, 1:])
    columns = _elements(samples, times[:, 1:], grid).reshape(n, records, grid.samples, COLUMNS)
    mean = columns.mean(axis=2)  # whole revolutions, equal steps
    place = (rows[:, None], np.arange(span.start, span.stop)[None, :])
    whole = np.isfinite(mean[:, :, ECCENTRICITY])
    history.perilune_altitude_km[place] = np.where(whole, _by_record(low, records).min(axis=2) - MOON.radius_km, np.nan)
    history.apolune_altitude_km[place] = np.where(whole, _by_record(high, records).max(axis=2) - MOON.radius_km, np.nan)
    history.semi_major_axis_km[place] = (-0.5 * grid.mu / columns[:, :, :, ENERGY]).mean(axis=2)
    argument = columns[:, :, :, ARGUMENT_OF_PERIAPSIS]
    history.ecc_cos[place] = (columns[:, :, :, ECCENTRICITY] * np.cos(argument)).mean(axis=2)
    history.ecc_sin[place] = (columns[:, :, :, ECCENTRICITY] * np.sin(argument)).mean(axis=2)
    history.inclination_deg[place] = mean[:, :, INCLINATION] / RAD_PER_DEG
    node = columns[:, :, :, NODE]
    history.node_deg[place] = np.arctan2(np.sin(node).mean(axis=2), np.cos(node).mean(axis=2)) / RAD_PER_DEG % 360.0
    ends = samples[:, grid.samples - 1 :: grid.samples]
    history.states[place] = ends
    history.node_longitude_deg[place] = _node_longitude_deg(ends, times[:, grid.samples :: grid.samples], grid)
    return hit_tdb


def _by_record(values: FloatArray, records: int) -> FloatArray:
    return values.reshape(len(values), records, -1)


def _cubic(path: FloatArray, step_s: float) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Coefficients of the cubic in the share of an interval that is the squared radius between samples."""
    square = np.sum(path[..., :3] ** 2, axis=-1)
    slope = 2.0 * np.sum(path[..., :3] * path[..., 3:], axis=-1) * step_s
    a, b, da, db = square[..., :-1], square[..., 1:], slope[..., :-1], slope[..., 1:]
    return a, da, 3.0 * (b - a) - 2.0 * da - db, 2.0 * (a - b) + da + db


def _extremes(path: FloatArray, step_s: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Least and largest radius in each interval between samples, and at which share of it the least lies."""
    c0, c1, c2, c3 = _cubic(path, step_s)
    # roots of c1 + 2 c2 x + 3 c3 x^2 in the form that survives c3 = 0
    root = np.sqrt(np.maximum(c2**2 - 3.0 * c3 * c1, 0.0))
    turn = -(c2 + np.copysign(root, c2))
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.stack([turn / (3.0 * c3), c1 / turn, np.zeros_like(c0), np.ones_like(c0)])
    places = np.clip(np.where(np.isfinite(places), places, 0.0), 0.0, 1.0)
    radii = np.sqrt(c0 + places * (c1 + places * (c2 + places * c3)))
    least = np.argmin(np.where(np.isnan(radii), np.inf, radii), axis=0)[None]
    # the interval in which a row ended has no end: NaN, which compares as above the ground
    return np.take_along_axis(radii, least, axis=0)[0], radii.max(axis=0), np.take_along_axis(places, least, axis=0)[0]


def _crossing(pair: FloatArray, share: float, grid: _Grid) -> float:
    """Share of an interval at which the radius falls below the ground, on the way to its least value at `share`."""
    c0, c1, c2, c3 = (float(c[0]) for c in _cubic(pair, grid.step_s))
    above, below = 0.0, float(share)
    for _ in range(40):
        middle = 0.5 * (above + below)
        if c0 + middle * (c1 + middle * (c2 + middle * c3)) > grid.ground_km**2:
            above = middle
        else:
            below = middle
    return below


def equator_axes(t_tdb: npt.ArrayLike, ephemeris: Ephemeris | None = None) -> FloatArray:
    """Inertial axes on the Moon's equator of date: x to its ascending node on the ICRF equator, z to the pole.

    Parameters
    ----------
    t_tdb : array_like (N,)
        TDB s past J2000.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    ndarray (N, 3, 3)
        Rotation from ICRF; the pole is the z axis of the principal axes.

    Raises
    ------
    EphemerisRangeError, InputError
        As :func:`sim.frames.R_pa_icrf`.
    """
    pole = R_pa_icrf(np.atleast_1d(np.asarray(t_tdb, dtype=np.float64)), ephemeris)[:, 2]
    x = unit(np.stack([-pole[:, 1], pole[:, 0], np.zeros(len(pole))], axis=1))
    return np.stack([x, np.cross(pole, x), pole], axis=1)


def _elements(samples: FloatArray, times: FloatArray, grid: _Grid) -> FloatArray:
    """Osculating elements (n S, COLUMNS) of samples (n, S, 6)."""
    states = np.ascontiguousarray(samples.reshape(-1, 6))
    out, status = np.empty((len(states), COLUMNS)), np.empty(len(states), np.int8)
    # rows of one epoch share their axes
    same = bool((times == times[:1]).all())
    axes = equator_axes((times[:1] if same else times).reshape(-1), grid.ephemeris)
    if same:
        axes = np.tile(axes, (len(times), 1, 1))
    elements_rows(states, grid.mu, np.ascontiguousarray(axes), out, status)
    return out


def _node_longitude_deg(ends: FloatArray, times: FloatArray, grid: _Grid) -> FloatArray:
    normal = np.cross(ends[:, :, :3], ends[:, :, 3:]).reshape(-1, 3)
    axes = R_me_icrf(times.reshape(-1), grid.ephemeris)
    h = np.sum(axes * normal[:, None, :], axis=2)
    return np.asarray((np.arctan2(h[:, 0], -h[:, 1]) / RAD_PER_DEG % 360.0).reshape(times.shape))
