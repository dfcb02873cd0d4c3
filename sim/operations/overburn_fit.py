"""The inverse of an overlong burn: which unknown quantities bring the impact to the observed time and place.

Every unknown has a plausible range and the reason for it; the ranges are swept together by a low-discrepancy sequence
without random numbers, so that the share of the volume that fits is the same at every run.

Time and place are two conditions. The place of the burn over the Moon is free, hence the crater can always be met; what
it costs is where the planned perilune then lies, which a lander wants over its site or before it by the length of the
powered descent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.errors import InputError
from sim.operations.overburn_flights import OverburnFlights, OverburnInputs, fly_overburns
from sim.units import RAD_PER_DEG

FloatArray = NDArray[np.float64]

_KM_PER_DEG = MOON.radius_km * RAD_PER_DEG
_ORBIT = ("mean_altitude_km", "half_difference_km")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A quantity that nobody published exactly, with its plausible range.

    Attributes
    ----------
    key : str
        Field of `OverburnInputs`; ``mean_altitude_km`` and ``half_difference_km`` in place of its two altitudes,
        ``thrust_percent`` in place of its ratio; or ``begin_s``: later than published.
    words : str
        For tables, with its unit.
    low, high : float
        Range.
    why : str
        Where the range comes from.
    assumed : bool
        Whether nothing published stands behind it.
    """

    key: str
    words: str
    low: float
    high: float
    why: str
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What was observed, and what was planned.

    Attributes
    ----------
    observed_s : float
        From the begin of the burn to the impact.
    uncertainty_s : float
        Of each of the two times.
    crater_to_site_deg : float or None
        Along the flight from the crater on to the landing site; negative when the site comes first.
    descent_deg : float
        Length of the powered descent: the planned perilune is wanted up to this far before the site.
    planned_apolune_km, apolune_uncertainty_km : float
        Apolune of the orbit that was planned.
    """

    observed_s: float
    uncertainty_s: float
    crater_to_site_deg: float | None
    descent_deg: float
    planned_apolune_km: float
    apolune_uncertainty_km: float = 2.0


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unknown does to time and place, about one case.

    Attributes
    ----------
    unknown : Unknown
        What is changed.
    seconds_per_unit : float
        Seconds later at the impact, counted from the published begin.
    km_per_unit : float
        Kilometres farther along the track from the place of the burn.
    spread_s : float
        Latest less earliest impact over the whole range, all else as in the case; over a revolution for the place of
        the burn.
    closing_value : float
        Value with which this unknown alone brings the observed time; NaN when none in ten times the range does.
    """

    unknown: Unknown
    seconds_per_unit: float
    km_per_unit: float
    spread_s: float
    closing_value: float


@dataclass(frozen=True, eq=False)
class VolumeFit:
    """How much of the volume of all unknowns agrees with what was observed.

    Attributes
    ----------
    flights : int
        Flown.
    impact_share, time_share, plan_share, site_share : float
        Share that strikes the Moon; strikes within the uncertainty of the observed time; has the planned apolune; has
        the planned perilune over the site or before it by the powered descent.
    time_plan_share, all_share : float
        Share that agrees in time and plan; in all three.
    low, high : ndarray, shape (U,)
        5 and 95 % points of each unknown among those that agree in time and plan (in time where none do).
    beyond_site_deg : tuple of float
        The same of how far beyond the site the planned perilune lies; NaN without a site.
    actual_dv_m_s : tuple of float
        The same of the velocity change flown.
    """

    flights: int
    impact_share: float
    time_share: float
    plan_share: float
    site_share: float
    time_plan_share: float
    all_share: float
    low: FloatArray
    high: FloatArray
    beyond_site_deg: tuple[float, float]
    actual_dv_m_s: tuple[float, float]


def fit_volume(
    unknowns: Sequence[Unknown], ground_altitude_km: float, observation: Observation, flights: int = 4096
) -> VolumeFit:
    """Sweep all unknowns together and count what agrees with the observation.

    Parameters
    ----------
    unknowns : sequence of Unknown
        One for each key that `Unknown` names, the ground excepted; ``begin_s`` may be missing.
    ground_altitude_km : float
        Height of the ground at the impact.
    observation : Observation
        What must agree.
    flights : int
        How many.

    Returns
    -------
    VolumeFit

    Raises
    ------
    InputError
        Less than one flight.
    """
    if flights < 1:
        raise InputError(f"flights is {flights}; allowed: one or more")
    points = _sequence(flights, len(unknowns))
    values = {one.key: one.low + (one.high - one.low) * points[:, at] for at, one in enumerate(unknowns)}
    flown = _fly_values(values, ground_altitude_km)
    late = values.get("begin_s", np.zeros(flights)) + flown.impact_s - observation.observed_s
    in_time = np.abs(late) <= observation.uncertainty_s
    as_planned = np.abs(flown.planned_apolune_km - observation.planned_apolune_km) <= observation.apolune_uncertainty_km
    beyond = np.full(flights, np.nan)
    if observation.crater_to_site_deg is not None:
        beyond = flown.perilune_arc_deg - flown.arc_deg - observation.crater_to_site_deg
    over_site = (beyond <= 0.0) & (beyond >= -observation.descent_deg)
    both = in_time & as_planned
    chosen = both if both.any() else in_time
    bounds = partial(_middle, chosen=chosen)
    ranges = np.array([bounds(values[one.key]) for one in unknowns])
    return VolumeFit(
        flights=flights,
        impact_share=float(np.isfinite(flown.impact_s).mean()),
        time_share=float(in_time.mean()),
        plan_share=float(as_planned.mean()),
        site_share=float(over_site.mean()),
        time_plan_share=float(both.mean()),
        all_share=float((both & over_site).mean()),
        low=ranges[:, 0],
        high=ranges[:, 1],
        beyond_site_deg=bounds(beyond),
        actual_dv_m_s=bounds(flown.actual_dv_m_s),
    )


def _fly_values(values: dict[str, FloatArray], ground_altitude_km: float) -> OverburnFlights:
    """Fly values of the unknowns; a negative difference of the apses is the same orbit with its perilune opposite."""
    known = {key: value for key, value in values.items() if key not in ("begin_s", "thrust_percent", *_ORBIT)}
    mean, half = (values[key] for key in _ORBIT)
    known["perilune_altitude_km"], known["apolune_altitude_km"] = mean - np.abs(half), mean + np.abs(half)
    known["thrust_ratio"] = 1.0 + 0.01 * values["thrust_percent"]
    known["true_anomaly_deg"] = known["true_anomaly_deg"] + np.where(half < 0.0, 180.0, 0.0)
    return fly_overburns(OverburnInputs(**known, ground_altitude_km=ground_altitude_km))


def _middle(values: FloatArray, chosen: NDArray[np.bool_]) -> tuple[float, float]:
    """5 and 95 % points of the chosen values."""
    some = values[chosen & np.isfinite(values)]
    if not some.size:
        return float("nan"), float("nan")
    low, high = np.quantile(some, (0.05, 0.95))
    return float(low), float(high)


def _sequence(count: int, columns: int) -> FloatArray:
    """Points (count, columns) that fill the unit cube evenly.

    Additive recurrence on the powers of the root of x^(d+1) = x + 1 (Roberts 2018, extremelearning.com.au
    "The Unreasonable Effectiveness of Quasirandom Sequences").
    """
    root = 1.5
    for _ in range(60):
        root = (1.0 + root) ** (1.0 / (columns + 1.0))
    steps = root ** -np.arange(1.0, columns + 1.0)
    return np.asarray(np.mod(0.5 + np.arange(1.0, count + 1.0)[:, None] * steps, 1.0))


def unknown_rates(
    unknowns: Sequence[Unknown], case_values: dict[str, float], ground_altitude_km: float, observation: Observation
) -> tuple[Rate, ...]:
    """Differentiate time and place of the impact about one case, and close the gap in time by each unknown alone.

    Parameters
    ----------
    unknowns : sequence of Unknown
        What is changed.
    case_values : dict of str to float
        Value of every unknown.
    ground_altitude_km : float
        Height of the ground at the impact.
    observation : Observation
        The observed time.

    Returns
    -------
    tuple of Rate
    """
    return tuple(_rate(one, case_values, ground_altitude_km, observation.observed_s) for one in unknowns)


def _rate(unknown: Unknown, case: dict[str, float], ground_km: float, observed_s: float) -> Rate:
    half, here = 0.5 * (unknown.high - unknown.low), case[unknown.key]
    if unknown.key == "begin_s":
        at = flown_s(case, ground_km)[0]
        return Rate(unknown, 1.0, 0.0, 2.0 * half, observed_s - at)
    step = min(0.02 * half, 1.0)
    near_s, near_arc = _along(unknown.key, here + np.array([-step, step]), case, ground_km)
    sweep = np.linspace(unknown.low, unknown.high, 73)
    wide_s, _ = _along(unknown.key, _allowed(unknown.key, sweep), case, ground_km)
    far = _allowed(unknown.key, here + half * np.linspace(-10.0, 10.0, 401))
    far_s, _ = _along(unknown.key, far, case, ground_km)
    return Rate(
        unknown,
        float(np.diff(near_s)[0] / (2.0 * step)),
        float(np.diff(near_arc)[0] / (2.0 * step)) * _KM_PER_DEG,
        float(np.nanmax(wide_s) - np.nanmin(wide_s)) if np.isfinite(wide_s).any() else float("nan"),
        _crossing(far, far_s - observed_s, here),
    )


def _allowed(key: str, values: FloatArray) -> FloatArray:
    """Keep the values that make sense: angles of thrust below 45 degrees, altitudes and durations above zero."""
    if key == "pitch_deg":
        return values[np.abs(values) < 45.0]
    signed = ("true_anomaly_deg", "half_difference_km", "thrust_percent")
    return values[values > -60.0] if key in signed else values[values > 0.0]


def _along(key: str, values: FloatArray, case: dict[str, float], ground_km: float) -> tuple[FloatArray, FloatArray]:
    """Time and arc of the impact over values of one unknown."""
    table = {name: np.full(values.size, value) for name, value in case.items()} | {key: values}
    flown = _fly_values(table, ground_km)
    return flown.impact_s + table.get("begin_s", np.zeros(values.size)), flown.arc_deg


def flown_s(case_values: dict[str, float], ground_altitude_km: float) -> tuple[float, float, float]:
    """Fly one case.

    Parameters
    ----------
    case_values : dict of str to float
        Value of every unknown.
    ground_altitude_km : float
        Height of the ground at the impact.

    Returns
    -------
    tuple of float
        Seconds from the published begin of the burn to the impact; arcs in degrees to the impact and to the planned
        perilune.
    """
    flown = _fly_values({name: np.array([value]) for name, value in case_values.items()}, ground_altitude_km)
    late = case_values.get("begin_s", 0.0)
    return float(flown.impact_s[0]) + late, float(flown.arc_deg[0]), float(flown.perilune_arc_deg[0])


def _crossing(values: FloatArray, late: FloatArray, here: float) -> float:
    """Value nearest to the case at which a sampled difference passes through zero, by straight lines."""
    sign = late[:-1] * late[1:] <= 0.0
    if not sign.any():
        return float("nan")
    at = np.flatnonzero(sign)
    step = late[at + 1] - late[at]
    share = np.where(step != 0.0, -late[at] / np.where(step != 0.0, step, 1.0), 0.0)
    zeros = values[at] + share * (values[at + 1] - values[at])
    return float(zeros[np.argmin(np.abs(zeros - here))])


@dataclass(frozen=True, eq=False)
class NeededThrust:
    """Thrust with which each case meets one of the two conditions. Arrays have shape (N,); NaN where none does.

    Attributes
    ----------
    time_thrust_ratio, dv_for_time_m_s, beyond_for_time_deg : ndarray
        True thrust over that of the plan with which the impact is at the observed time, the velocity change, and how
        far beyond the site the planned perilune then lies.
    site_thrust_ratio, dv_for_site_m_s, impact_for_site_s : ndarray
        The same with which the planned perilune lies over the site and the impact in the crater, and when that is.
    """

    time_thrust_ratio: FloatArray
    dv_for_time_m_s: FloatArray
    beyond_for_time_deg: FloatArray
    site_thrust_ratio: FloatArray
    dv_for_site_m_s: FloatArray
    impact_for_site_s: FloatArray


def needed_thrust(inputs: OverburnInputs, observation: Observation) -> NeededThrust:
    """Find the thrust that brings each case to the observed time, or its planned perilune over the site.

    Parameters
    ----------
    inputs : OverburnInputs
        Cases (N,); their thrust ratio is replaced.
    observation : Observation
        Time, and the arc from crater to site.

    Returns
    -------
    NeededThrust
    """
    site = np.nan if observation.crater_to_site_deg is None else observation.crater_to_site_deg

    def late(flown: OverburnFlights) -> FloatArray:
        return flown.impact_s - observation.observed_s

    def beyond(flown: OverburnFlights) -> FloatArray:
        return flown.arc_deg + site - flown.perilune_arc_deg

    time_ratio, time = _solve_ratio(inputs, late)
    site_ratio, there = _solve_ratio(inputs, beyond)
    return NeededThrust(
        time_ratio,
        np.where(np.isfinite(time_ratio), time.actual_dv_m_s, np.nan),
        np.where(np.isfinite(time_ratio), time.perilune_arc_deg - time.arc_deg - site, np.nan),
        site_ratio,
        np.where(np.isfinite(site_ratio), there.actual_dv_m_s, np.nan),
        np.where(np.isfinite(site_ratio), there.impact_s, np.nan),
    )


_RATIOS = (0.4, 2.0)
_RATIO_HALVINGS = 30
_EXCESS = 0.05
"""Seconds or degrees: a solution this near is one; an excess that jumps over zero is none."""


def _solve_ratio(
    inputs: OverburnInputs, excess: Callable[[OverburnFlights], FloatArray]
) -> tuple[FloatArray, OverburnFlights]:
    """Thrust ratio at which an excess that falls with the thrust is zero; no impact counts as too little thrust."""
    size = np.broadcast(*(np.atleast_1d(getattr(inputs, one.name)) for one in fields(inputs))).size
    low, high = np.full(size, _RATIOS[0]), np.full(size, _RATIOS[1])
    for _ in range(_RATIO_HALVINGS):
        middle = 0.5 * (low + high)
        over = excess(fly_overburns(replace(inputs, thrust_ratio=middle)))
        weak = ~(over <= 0.0)
        low, high = np.where(weak, middle, low), np.where(weak, high, middle)
    found = fly_overburns(replace(inputs, thrust_ratio=high))
    over = excess(found)
    return np.where(np.abs(over) < _EXCESS, high, np.nan), found
