"""Elliptic relay orbits of the Moon: their long-term motion under Earth and Sun, and frozen ellipses.

High ellipses are shaped by the Earth. Averaged over its motion and the spacecraft's, with the Earth on a circle and a
round Moon, the argument of perilune (counted in the plane of the Earth's motion) stands still at 90 or 270 degrees if
``e^2 = 1 - (5/3) cos^2 i``, i from the same plane (Ely 2005, Journal of the Astronautical Sciences 53:301). That is a
seed: the Earth's orbit is an ellipse that turns, the Sun helps, and the Moon's figure acts near perilune.
:func:`frozen_relay_orbit` therefore corrects inclination and argument under all forces until eccentricity and argument
stray least over a stated span. (That their trends vanish would say nothing there: an ellipse beside the frozen one
swings about it in two years or so, and a line fitted over a whole swing is level however wide it is.)

Measured from 2 April 2024 (``benchmarks/results/lunar_orbits.jsonl``): the ellipse of 6541 km, e = 0.6 of Ely (2005),
corrected over 12, 24 or 60 months at four nodes, keeps 0.537 < e < 0.654 and its argument within 75 to 105 degrees
for ten years; uncorrected seeds keep 0.535 < e < 0.637 for five. The argument swings by 15 degrees in years, forced
and free together, and the correction takes out only the free part. What is forced grows with the span and bends the
sum of squares, so that Gauss-Newton, which sees slopes only, crept and passed the least (not done in 8 corrections
over 120 months); Newton's steps with measured bends take 1 to 3 there, and 2 over 60 months. Queqiao-2's ellipse
as flown, 200 x 16,000 km at 62.4 degrees, lasts three years untouched at nodes from 345 to 60 degrees and falls
within 2 to 365 days at the others; at 119.25 degrees it falls at all nodes within 155 days. Its node is not public.
Kept above 100 km by :func:`sim.operations.orbit_keeping.keep_above` it lasts at every node, for 0 to 118 m/s in the
first year and at most 7 in the second.

Elements count here from the plane of the Earth's motion about the Moon at the epoch (`earth_plane_axes`), or from the
Moon's equator of date; function and field names say which. An argument of perilune of 90 degrees puts the perilune over
the north and the apolune over the south.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY
from sim.core.elements import (
    ARGUMENT_OF_PERIAPSIS,
    COLUMNS,
    ECCENTRICITY,
    INCLINATION,
    NODE,
    elements_rows,
)
from sim.core.status import STATUS_TEXT, Status
from sim.dynamics import FullForceModel
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import InputError
from sim.frames.rotations import unit
from sim.operations.low_orbits import LowOrbitHistory, evolve_low_orbits, moon_orbit_model
from sim.units import RAD_PER_DEG

FloatArray = npt.NDArray[np.float64]

RELAY_DEGREE = 12
"""Default degree of the Moon's field: ellipses of hours and more are near it for a small part of their time."""
_RELAY_TOLERANCE = 1e-12
_DIFFERENCE_DEG = 0.5
_OFFSETS_DEG = _DIFFERENCE_DEG * np.array(
    [[0.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0], [1.0, 1.0]]
)
"""Inclination and argument of the trials around a guess; six rows share the lanes and cost as much as three."""
_FLATTEST = 0.02
_LARGEST_MOVE_DEG = 5.0
_DAYS_A_YEAR = 365.25


def earth_plane_axes(t_tdb: float, ephemeris: Ephemeris | None = None) -> FloatArray:
    """Inertial axes on the plane of the Earth's motion about the Moon: z its normal, x its node on the ICRF equator.

    Parameters
    ----------
    t_tdb : float
        Epoch at which the plane is taken, TDB s past J2000.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    ndarray (3, 3)
        Rotation from ICRF.

    Raises
    ------
    EphemerisRangeError
        The epoch is not covered.
    """
    earth = (ephemeris or open_ephemeris()).state("earth", "moon", np.array([t_tdb]))[0]
    z = unit(np.cross(earth[:3], earth[3:]))
    x = unit(np.array([-z[1], z[0], 0.0]))
    return np.stack([x, np.cross(z, x), z])


def frozen_inclination_deg(ecc: npt.ArrayLike) -> FloatArray:
    """Inclination to the Earth's plane at which an ellipse is frozen in the averaged problem, degrees.

    Parameters
    ----------
    ecc : array_like
        Eccentricity, 0 to below 1.

    Returns
    -------
    ndarray
        ``acos sqrt(3/5 (1 - e^2))``, degrees: 39.2 for circles, 90 for e = 1.
    """
    e = np.asarray(ecc, dtype=np.float64)
    return np.asarray(np.arccos(np.sqrt(0.6 * (1.0 - e**2))) / RAD_PER_DEG)


def relay_state(
    semi_major_axis_km: float,
    ecc: float,
    inclination_deg: float,
    node_deg: float,
    argument_of_perilune_deg: float,
    R_axes_icrf: FloatArray,
) -> FloatArray:
    """State at perilune from elements in given inertial axes.

    Parameters
    ----------
    semi_major_axis_km : float
        Size.
    ecc : float
        Eccentricity below 1.
    inclination_deg, node_deg, argument_of_perilune_deg : float
        In the axes.
    R_axes_icrf : ndarray (3, 3)
        Rotation from ICRF: `earth_plane_axes`, or a row of :func:`sim.operations.low_orbits.equator_axes`.

    Returns
    -------
    ndarray (6,)
        Relative to the Moon, ICRF axes, km and km/s.

    Raises
    ------
    InputError
        No ellipse, or a perilune below the ground.
    """
    perilune = semi_major_axis_km * (1.0 - ecc)
    if not (0.0 <= ecc < 1.0 and perilune > MOON.radius_km):
        raise InputError(
            f"a = {semi_major_axis_km:g} km and ecc = {ecc:g}: perilune at {perilune:g} km; allowed: above ground"
        )
    inc, node, arg = (angle * RAD_PER_DEG for angle in (inclination_deg, node_deg, argument_of_perilune_deg))
    to_node = np.array([np.cos(node), np.sin(node), 0.0])
    ahead = np.array([-np.cos(inc) * np.sin(node), np.cos(inc) * np.cos(node), np.sin(inc)])
    place = np.cos(arg) * to_node + np.sin(arg) * ahead
    speed = np.sqrt(MOON.gm_km3_s2 * (1.0 + ecc) / perilune)
    velocity = speed * (np.cos(arg) * ahead - np.sin(arg) * to_node)
    return np.concatenate([R_axes_icrf.T @ (perilune * place), R_axes_icrf.T @ velocity])


@dataclass(frozen=True, eq=False)
class RelayEvolution:
    """N elliptic orbits over years; records of about a revolution.

    Attributes
    ----------
    history : LowOrbitHistory
        Altitudes, and averaged elements to the Moon's equator of date.
    elapsed_day : ndarray (T,)
        Middle of the records.
    ecc : ndarray (N, T)
        At the end of each record, osculating.
    inclination_deg, node_deg, argument_deg : ndarray (N, T)
        Osculating there, in the Earth's plane at the start; node and argument unwrapped.
    """

    history: LowOrbitHistory
    elapsed_day: FloatArray
    ecc: FloatArray
    inclination_deg: FloatArray
    node_deg: FloatArray
    argument_deg: FloatArray

    def trends(self, span_day: float) -> FloatArray:
        """Fit straight lines over the first `span_day`.

        Parameters
        ----------
        span_day : float
            Length; whole months keep the monthly swing out.

        Returns
        -------
        ndarray (N, 2)
            Rates of the argument of perilune in degrees a year, and of the eccentricity a year.
        """
        used = self.elapsed_day <= span_day
        t = self.elapsed_day[used] / _DAYS_A_YEAR
        t = t - t.mean()
        rates = [(values[:, used] * t).sum(axis=1) / (t * t).sum() for values in (self.argument_deg, self.ecc)]
        return np.stack(rates, axis=1)


def evolve_relay_orbits(
    states_icrf: npt.ArrayLike,
    t0_tdb: float,
    duration_day: float,
    *,
    degree: int = RELAY_DEGREE,
    model: FullForceModel | None = None,
) -> RelayEvolution:
    """Propagate elliptic orbits for months or years.

    Parameters
    ----------
    states_icrf : array_like (N, 6) or (6,)
        Relative to the Moon, ICRF axes; orbits of about the same size.
    t0_tdb : float
        Their epoch, TDB s past J2000.
    duration_day : float
        How long.
    degree : int
        Of the Moon's field, where no `model` is given.
    model : FullForceModel, optional
        Forces.

    Returns
    -------
    RelayEvolution

    Raises
    ------
    InputError, EphemerisRangeError
        As :func:`sim.operations.low_orbits.evolve_low_orbits`.
    """
    forces = moon_orbit_model(degree) if model is None else model
    history = evolve_low_orbits(states_icrf, t0_tdb, duration_day, revs=1, model=forces, tolerance=_RELAY_TOLERANCE)
    n, records = history.t_tdb.shape
    out, status = np.empty((n * records, COLUMNS)), np.empty(n * records, np.int8)
    axes = earth_plane_axes(t0_tdb, forces.ephemeris)
    states = np.ascontiguousarray(history.states.reshape(-1, 6))
    elements_rows(states, forces.body_gm_km3_s2("moon"), np.ascontiguousarray(axes[None]), out, status)
    table = out.reshape(n, records, COLUMNS)
    node, argument = (_unwrapped(table[:, :, column]) for column in (NODE, ARGUMENT_OF_PERIAPSIS))
    elapsed = (history.t_tdb[0] - t0_tdb) / SECONDS_PER_DAY
    inclination = table[:, :, INCLINATION] / RAD_PER_DEG
    return RelayEvolution(history, elapsed, table[:, :, ECCENTRICITY], inclination, node, argument)


def _unwrapped(angles: FloatArray) -> FloatArray:
    """Degrees without jumps; rows that ended stay NaN."""
    return np.asarray(np.unwrap(angles, axis=1) / RAD_PER_DEG)


@dataclass(frozen=True, eq=False)
class FrozenRelay:
    """An ellipse whose eccentricity and argument of perilune stray least over a span.

    Attributes
    ----------
    state_icrf : ndarray (6,)
        At perilune, relative to the Moon, km and km/s.
    t0_tdb : float
        Its epoch.
    semi_major_axis_km, ecc : float
        As asked for.
    seed_inclination_deg : float
        By the averaged formula, to the Earth's plane.
    inclination_deg, argument_deg : float
        Corrected, to the Earth's plane.
    span_day : float
        Over which it is corrected.
    seed_spread_ecc, spread_ecc : float
        How far the eccentricity vector strays from its mean (root mean square), before and after; what is left is
        forced by the Earth's months and the year.
    seed_trend_deg_year, trend_deg_year : float
        Slope of a line through the argument, before and after.
    seed_trend_ecc_per_year, trend_ecc_per_year : float
        Of the eccentricity, before and after.
    lowest_ecc, highest_ecc : float
        In the span.
    iterations : int
        Corrections made.
    """

    state_icrf: FloatArray
    t0_tdb: float
    semi_major_axis_km: float
    ecc: float
    seed_inclination_deg: float
    inclination_deg: float
    argument_deg: float
    span_day: float
    seed_spread_ecc: float
    spread_ecc: float
    seed_trend_deg_year: float
    trend_deg_year: float
    seed_trend_ecc_per_year: float
    trend_ecc_per_year: float
    lowest_ecc: float
    highest_ecc: float
    iterations: int


def frozen_relay_orbit(
    semi_major_axis_km: float,
    ecc: float,
    t0_tdb: float,
    *,
    node_deg: float = 0.0,
    argument_deg: float = 90.0,
    n_months: int = 12,
    degree: int = RELAY_DEGREE,
    model: FullForceModel | None = None,
    tolerance_deg: float = 0.05,
    max_iterations: int = 8,
) -> FrozenRelay:
    """Correct inclination and argument of an ellipse until its eccentricity vector strays least.

    Parameters
    ----------
    semi_major_axis_km, ecc : float
        Size and shape, kept.
    t0_tdb : float
        Start, TDB s past J2000.
    node_deg : float
        In the Earth's plane; the averaged problem does not depend on it, the full one does.
    argument_deg : float
        First guess: 90 (apolune over the south) or 270.
    n_months : int
        Sidereal months of the span.
    degree : int
        Of the Moon's field, where no `model` is given.
    model : FullForceModel, optional
        Forces.
    tolerance_deg : float
        Correction that counts as none.
    max_iterations : int
        Corrections before it gives up.

    Returns
    -------
    FrozenRelay

    Raises
    ------
    InputError
        No convergence, or an orbit that does not last the span: the message says how long it lasts.
    EphemerisRangeError
        The span is not covered.
    """
    span = n_months * 27.321662
    axes = earth_plane_axes(t0_tdb, None if model is None else model.ephemeris)
    seed = float(frozen_inclination_deg(ecc))
    guess = np.array([seed, argument_deg])
    first: tuple[float, FloatArray] | None = None
    best: tuple[float, FloatArray] | None = None
    for iteration in range(max_iterations + 1):
        rows = np.stack([relay_state(semi_major_axis_km, ecc, i, node_deg, w, axes) for i, w in guess + _OFFSETS_DEG])
        flown = evolve_relay_orbits(rows, t0_tdb, span, degree=degree, model=model)
        _check_lasts(flown, guess, span)
        strayed = _strayed(flown, ecc, span)
        spread, trend = float(np.sqrt(strayed[0] @ strayed[0])), flown.trends(span)[0]
        first = first or (spread, trend)
        if best is not None and spread > best[0]:
            guess = 0.5 * (guess + best[1])  # too far: half the way back
            continue
        best = spread, guess
        move = _newton_move_deg(strayed)
        if float(np.abs(move).max()) < tolerance_deg:
            used = flown.ecc[0, flown.elapsed_day <= span]
            return FrozenRelay(
                rows[0], t0_tdb, semi_major_axis_km, ecc, seed, float(guess[0]), float(guess[1]), span,
                first[0], spread, float(first[1][0]), float(trend[0]), float(first[1][1]), float(trend[1]),
                float(used.min()), float(used.max()), iteration,
            )  # fmt: skip
        guess = guess + move * min(1.0, _LARGEST_MOVE_DEG / float(np.abs(move).max()))
    raise InputError(
        f"no frozen ellipse of {semi_major_axis_km:g} km and eccentricity {ecc:g} found near {seed:.1f} degrees in "
        f"{max_iterations} corrections; try another node, fewer months or another size"
    )


def _newton_move_deg(strayed: FloatArray) -> FloatArray:
    """Step to the least mean square, (2,), from rows at `_OFFSETS_DEG`: Newton's, where the square is a bowl."""
    square = np.sum(strayed * strayed, axis=1)
    slope = np.array([square[1] - square[2], square[3] - square[4]]) / (2.0 * _DIFFERENCE_DEG)
    mixed = square[5] - square[1] - square[3] + square[0]
    bend = np.array(
        [[square[1] - 2.0 * square[0] + square[2], mixed], [mixed, square[3] - 2.0 * square[0] + square[4]]]
    ) / (_DIFFERENCE_DEG * _DIFFERENCE_DEG)
    low, high = np.linalg.eigvalsh(bend)
    if low < _FLATTEST * high:
        jacobian = np.stack([strayed[1] - strayed[2], strayed[3] - strayed[4]]) / (2.0 * _DIFFERENCE_DEG)
        bend = 2.0 * np.sum(jacobian[:, None] * jacobian[None, :], axis=2)  # Gauss and Newton's: always a bowl
    return np.asarray(-np.linalg.solve(bend, slope))


def _check_lasts(flown: RelayEvolution, guess: FloatArray, span_day: float) -> None:
    """Refuse trials that end within the span."""
    ended = np.flatnonzero(flown.history.status != Status.OK)
    if ended.size == 0:
        return
    row = int(ended[0])
    status = Status(int(flown.history.status[row]))
    lived = float(flown.history.lifetime_day[row])
    when = f"comes to the ground after {lived:.0f}" if status == Status.IMPACT else f"{STATUS_TEXT[status]}, asked for"
    raise InputError(
        f"no frozen ellipse found: a trial at {guess[0]:.1f} degrees with its perilune at {guess[1]:.1f} {when} of "
        f"{span_day:.0f} days; try another node, fewer months or another size"
    )


def _strayed(flown: RelayEvolution, ecc: float, span_day: float) -> FloatArray:
    """Eccentricity vector less its mean, along and across, (N, 2 T); the length of a row is a root mean square."""
    used = flown.elapsed_day <= span_day
    along, across = flown.ecc[:, used], ecc * flown.argument_deg[:, used] * RAD_PER_DEG
    both = [part - part.mean(axis=1)[:, None] for part in (along, across)]
    return np.asarray(np.concatenate(both, axis=1) / np.sqrt(float(used.sum())))
