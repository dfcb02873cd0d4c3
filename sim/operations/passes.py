"""Passes of an orbiter over a place: how near, in what light, and when its camera has covered a landing area.

A pass is the moment at which the orbiter stands nearest above the place; its cross-track distance is measured on the
sphere between the place and the great circle of the ground track.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY, TWO_PI
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.events import find_extrema
from sim.frames import R_me_icrf, rotate, sun_azel_moon_site
from sim.operations.conditions import Lander
from sim.operations.tracks import LunarElements, Track, enu_rows
from sim.units import DEG_PER_RAD, RAD_PER_DEG

FloatArray = NDArray[np.float64]

SIDEREAL_MONTH_DAY: float = 27.321_661
"""Allen's Astrophysical Quantities, 4th edition."""

CROSS_TRACK_KM: tuple[float, ...] = (5.0, 10.0, 25.0)
"""Limits counted unless told otherwise."""

SUN_CLASSES_DEG: tuple[float, ...] = (-90.0, 0.0, 2.0, 10.0, 30.0, 90.0)
"""Edges of the classes of Sun elevation: dark, grazing, low, good, high."""

SWEEP_INCLINATION_DEG: tuple[float, ...] = (86.0, 86.5, 87.0, 87.5, 88.0, 88.5, 88.8, 89.0, 89.5, 90.0)
"""What "polar" may mean: no number was published for Luna 26; Chang'e 1's "polar" orbit flew 87.6 to 90.0 degrees."""

_HALF_S = 5.0
_FIXED_POINT_STEPS = 6


@dataclass(frozen=True, eq=False)
class Passes:
    """Passes of one orbiter over one place. Arrays have shape (P,) or (P, 3).

    Attributes
    ----------
    t_tdb : ndarray
        Seconds past J2000 TDB.
    cross_track_km : ndarray
        Distance between the place and the ground track, on the sphere.
    altitude_km : ndarray
        Of the orbiter over the sphere.
    off_nadir_deg : ndarray
        Angle at the orbiter between straight down and the place.
    sun_elevation_deg : ndarray
        At the place, over the level plane.
    track_normal : ndarray, shape (P, 3)
        Unit normal of the great circle of the ground track, mean Earth axes.
    span_day : float
        Length of the search.
    """

    t_tdb: FloatArray
    cross_track_km: FloatArray
    altitude_km: FloatArray
    off_nadir_deg: FloatArray
    sun_elevation_deg: FloatArray
    track_normal: FloatArray
    span_day: float

    def __len__(self) -> int:
        return int(self.t_tdb.size)

    def chosen(self, rows: NDArray[np.bool_]) -> Passes:
        """Give some of the passes.

        Parameters
        ----------
        rows : ndarray of bool (P,)
            Which ones.

        Returns
        -------
        Passes
        """
        return Passes(
            self.t_tdb[rows],
            self.cross_track_km[rows],
            self.altitude_km[rows],
            self.off_nadir_deg[rows],
            self.sun_elevation_deg[rows],
            self.track_normal[rows],
            self.span_day,
        )

    def counts(
        self,
        cross_track_km: Sequence[float] = CROSS_TRACK_KM,
        sun_classes_deg: Sequence[float] = SUN_CLASSES_DEG,
    ) -> NDArray[np.int64]:
        """Count the passes below limits of distance, by class of Sun elevation.

        Parameters
        ----------
        cross_track_km : sequence of float
            D limits.
        sun_classes_deg : sequence of float
            S + 1 ascending edges.

        Returns
        -------
        ndarray of int (D, S)
            Cumulative over the limits.
        """
        edges = np.asarray(sun_classes_deg, dtype=np.float64)
        near = [self.sun_elevation_deg[self.cross_track_km < limit] for limit in cross_track_km]
        return np.array([np.histogram(one, edges)[0] for one in near], dtype=np.int64)


def find_passes(
    track: Track,
    lander: Lander,
    start_tdb: float,
    stop_tdb: float,
    *,
    step_s: float = 120.0,
    ephemeris: Ephemeris | None = None,
) -> Passes:
    """Find the passes of an orbiter over a place.

    Parameters
    ----------
    track : Track
        Path that covers the span.
    lander : Lander
        The place.
    start_tdb, stop_tdb : float
        Span, seconds past J2000 TDB.
    step_s : float
        Sampling; at most an eighth of a revolution.
    ephemeris : Ephemeris, optional
        For the Sun; the packaged DE440 when omitted.

    Returns
    -------
    Passes
        One per revolution; what lies within 5 s of the ends of the track is left out.

    Raises
    ------
    InputError
        The track does not cover the span, or the span is empty.
    EphemerisRangeError
        The span is not covered by the ephemeris.
    """
    track.require(start_tdb, stop_tdb)
    up = enu_rows(lander.latitude_deg, lander.longitude_deg)[2]

    def nearness(t: FloatArray) -> FloatArray:
        position = track.position_me_km(np.clip(t, start_tdb, stop_tdb))
        return np.asarray((position @ up) / np.sqrt(np.sum(position * position, axis=1)))

    t = find_extrema(nearness, start_tdb, stop_tdb, step_s)
    t = t[(t > start_tdb + _HALF_S) & (t < stop_tdb - _HALF_S)]
    return _passes_at(track, lander, t, up, (stop_tdb - start_tdb) / SECONDS_PER_DAY, ephemeris)


def _passes_at(
    track: Track, lander: Lander, t: FloatArray, up: FloatArray, span_day: float, ephemeris: Ephemeris | None
) -> Passes:
    if t.size == 0:
        empty = np.zeros(0)
        return Passes(empty, empty, empty, empty, empty, np.zeros((0, 3)), span_day)
    normal = np.cross(track.position_me_km(t - _HALF_S), track.position_me_km(t + _HALF_S))
    normal /= np.sqrt(np.sum(normal * normal, axis=1))[:, None]
    position = track.position_me_km(t)
    radius_km = np.sqrt(np.sum(position * position, axis=1))
    line = lander.position_me_km - position
    down = -np.sum(line * position, axis=1) / radius_km / np.sqrt(np.sum(line * line, axis=1))
    sun = sun_azel_moon_site(lander.latitude_deg, lander.longitude_deg, t, ephemeris=ephemeris)
    return Passes(
        t,
        MOON.radius_km * np.arcsin(np.minimum(np.abs(normal @ up), 1.0)),
        radius_km - MOON.radius_km,
        np.arccos(np.clip(down, -1.0, 1.0)) * DEG_PER_RAD,
        sun.elevation_deg,
        normal,
        span_day,
    )


@dataclass(frozen=True, eq=False)
class Coverage:
    """How a camera covers a landing ellipse.

    Attributes
    ----------
    t_tdb : ndarray, shape (P,)
        Useful passes in time order, seconds past J2000 TDB.
    covered_fraction : ndarray, shape (P,)
        Share of the ellipse seen once or more after each.
    repeats : ndarray, shape (G,)
        How often each point of the ellipse was seen in all.
    start_tdb : float
        From when days count.
    """

    t_tdb: FloatArray
    covered_fraction: FloatArray
    repeats: NDArray[np.int64]
    start_tdb: float

    def days_to_cover(self, covered_fraction: float = 1.0) -> float:
        """Time until a share of the ellipse is covered.

        Parameters
        ----------
        covered_fraction : float
            Share, up to 1.

        Returns
        -------
        float
            Days; infinite when it is not reached.
        """
        reached = np.flatnonzero(self.covered_fraction >= covered_fraction - 1e-12)
        return float((self.t_tdb[reached[0]] - self.start_tdb) / SECONDS_PER_DAY) if reached.size else float("inf")


def cover_ellipse(
    passes: Passes,
    lander: Lander,
    start_tdb: float,
    *,
    ellipse_km: tuple[float, float],
    ellipse_azimuth_deg: float,
    swath_km: float,
    sun_min_deg: float = 2.0,
    sun_max_deg: float = 90.0,
    spacing_km: float = 0.5,
) -> Coverage:
    """Cover a landing ellipse with the swath of a camera that looks straight down.

    Parameters
    ----------
    passes : Passes
        Passes over the middle of the ellipse.
    lander : Lander
        The middle.
    start_tdb : float
        From when days count.
    ellipse_km : tuple of float
        Long and short axis (whole axes, as 30 x 15 km).
    ellipse_azimuth_deg : float
        Direction of the long axis from north over east.
    swath_km : float
        Width of the strip on the ground; none is published for Luna 26, so say what you assume.
    sun_min_deg, sun_max_deg : float
        Sun elevation at which pictures count.
    spacing_km : float
        Of the points by which the ellipse is counted.

    Returns
    -------
    Coverage

    Raises
    ------
    InputError
        Axes, swath or spacing that are not above zero.
    """
    if min(*ellipse_km, swath_km, spacing_km) <= 0.0:
        raise InputError("axes of the ellipse, swath_km and spacing_km must be above zero")
    points = _ellipse_points(lander, ellipse_km, ellipse_azimuth_deg, spacing_km)
    lit = (passes.sun_elevation_deg >= sun_min_deg) & (passes.sun_elevation_deg <= sun_max_deg)
    near = lit & (passes.cross_track_km <= 0.5 * (max(ellipse_km) + swath_km) + 1.0)
    useful = passes.chosen(near)
    seen = np.abs(useful.track_normal @ points.T) <= np.sin(0.5 * swath_km / MOON.radius_km)
    rows = seen.any(axis=1)
    ever = np.logical_or.accumulate(seen[rows], axis=0)
    return Coverage(useful.t_tdb[rows], ever.mean(axis=1), seen.sum(axis=0).astype(np.int64), start_tdb)


def _ellipse_points(
    lander: Lander, ellipse_km: tuple[float, float], azimuth_deg: float, spacing_km: float
) -> FloatArray:
    """Make unit vectors (G, 3) to points in an ellipse about a place."""
    half = [0.5 * one for one in ellipse_km]
    along, across = np.meshgrid(*(np.arange(-one, one + 0.5 * spacing_km, spacing_km) for one in half), indexing="ij")
    inside = (along / half[0]) ** 2 + (across / half[1]) ** 2 <= 1.0
    a, c, azimuth = along[inside], across[inside], azimuth_deg * RAD_PER_DEG
    east = a * np.sin(azimuth) + c * np.cos(azimuth)
    north = a * np.cos(azimuth) - c * np.sin(azimuth)
    local = enu_rows(lander.latitude_deg, lander.longitude_deg)
    points = MOON.radius_km * local[2] + east[:, None] * local[0] + north[:, None] * local[1]
    return np.asarray(points / np.sqrt(np.sum(points * points, axis=1))[:, None])


@dataclass(frozen=True, slots=True)
class SweepRow:
    """Passes of one sidereal month at one inclination, averaged over the node.

    Attributes
    ----------
    inclination_deg : float
        Inclination.
    cross_track_km : tuple of float
        Limits.
    passes_per_month : tuple of float
        Passes nearer than each limit, mean over the nodes.
    passes_per_month_min, passes_per_month_max : tuple of float
        Least and most over the nodes.
    nearest_km : float
        Nearest pass at any node.
    """

    inclination_deg: float
    cross_track_km: tuple[float, ...]
    passes_per_month: tuple[float, ...]
    passes_per_month_min: tuple[float, ...]
    passes_per_month_max: tuple[float, ...]
    nearest_km: float


def inclination_sweep(
    elements: LunarElements,
    lander: Lander,
    epoch_tdb: float,
    *,
    inclinations_deg: Sequence[float] = SWEEP_INCLINATION_DEG,
    cross_track_km: Sequence[float] = CROSS_TRACK_KM,
    nodes: int = 24,
    ephemeris: Ephemeris | None = None,
) -> tuple[SweepRow, ...]:
    """Count the passes of a sidereal month for several inclinations: what an unpublished "polar" decides.

    Two bodies with the true rotation of the Moon; the plane keeps still.

    Parameters
    ----------
    elements : LunarElements
        The orbit; inclination and node are replaced.
    lander : Lander
        The place.
    epoch_tdb : float
        Begin of the month.
    inclinations_deg : sequence of float
        Inclinations.
    cross_track_km : sequence of float
        Limits.
    nodes : int
        Equally spaced nodes to average over.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    tuple of SweepRow

    Raises
    ------
    InputError
        Less than one node, or an inclination outside 0 to 180 degrees.
    EphemerisRangeError
        The month is not covered.
    """
    if nodes < 1:
        raise InputError(f"nodes is {nodes}; allowed: one or more")
    rows = []
    for inclination in inclinations_deg:
        turned = [
            replace(elements, inclination_deg=float(inclination), node_deg=elements.node_deg + 360.0 * k / nodes)
            for k in range(nodes)
        ]
        distances = [_month_cross_track_km(one, lander, epoch_tdb, ephemeris) for one in turned]
        counts = np.array([[np.count_nonzero(d < limit) for limit in cross_track_km] for d in distances])
        rows.append(
            SweepRow(
                float(inclination),
                tuple(cross_track_km),
                tuple(counts.mean(axis=0).tolist()),
                tuple(counts.min(axis=0).astype(float).tolist()),
                tuple(counts.max(axis=0).astype(float).tolist()),
                min(float(d.min()) for d in distances),
            )
        )
    return tuple(rows)


def _month_cross_track_km(
    elements: LunarElements, lander: Lander, epoch_tdb: float, ephemeris: Ephemeris | None
) -> FloatArray:
    """Distance of the place from the orbit's plane when the orbiter is abeam of it, once per revolution of a month."""
    perilune = elements.perilune_state()
    to_perilune = perilune[:3] / np.sqrt(np.sum(perilune[:3] ** 2))
    ahead = perilune[3:] / np.sqrt(np.sum(perilune[3:] ** 2))
    normal = np.cross(to_perilune, ahead)
    up = enu_rows(lander.latitude_deg, lander.longitude_deg)[2]
    R_fixed = R_me_icrf(epoch_tdb, ephemeris)
    ecc, period_s, span_s = elements.eccentricity, elements.period_s, SIDEREAL_MONTH_DAY * SECONDS_PER_DAY
    revolution = np.arange(-1.0, np.ceil(span_s / period_s) + 1.0)
    t_s = np.clip(revolution * period_s, 0.0, span_s)
    for step in range(_FIXED_POINT_STEPS):
        inertial = rotate(np.swapaxes(R_me_icrf(epoch_tdb + t_s, ephemeris), -1, -2), up)
        site = rotate(R_fixed, inertial)
        if step == _FIXED_POINT_STEPS - 1:
            break
        true_anomaly = np.arctan2(site @ ahead, site @ to_perilune)
        half = np.sqrt((1.0 - ecc) / (1.0 + ecc)) * np.tan(0.5 * true_anomaly)
        eccentric = 2.0 * np.arctan(half)
        mean = (eccentric - ecc * np.sin(eccentric)) / TWO_PI
        t_s = (revolution + mean - elements.mean_anomaly_deg / 360.0) * period_s
    inside = (t_s >= 0.0) & (t_s < span_s)
    return np.asarray(MOON.radius_km * np.arcsin(np.minimum(np.abs(site @ normal), 1.0)))[inside]
