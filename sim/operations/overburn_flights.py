"""Many overlong burns at once: the flight of `sim.operations.descent.overburn` with more that may be unknown.

Planar, two bodies, constant thrust. Beside orbit, place, plan and durations, the true thrust and its direction may
differ from the plan's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.constants import STANDARD_GRAVITY_M_S2
from sim.core.descent import GROUND, fly_rows
from sim.errors import InputError
from sim.units import DEG_PER_RAD, KM_PER_M, M_PER_KM, RAD_PER_DEG

FloatArray = NDArray[np.float64]

ISP_S: float = 290.0
"""Only for the mass lost during the burn, 1 % of the velocity change; assumed."""

_STEP_S = 2.0
_COAST_STEP_S = 4.0
_END_S = 10_000.0
_SECANT_STEPS = 7
_FLAT_KM = 1e-12
_SOLVED_KM = 1e-6
_LOWEST_KM_S, _HIGHEST_KM_S = 1e-5, 0.1
"""Velocity changes between which the plan is looked for: 1 cm/s to 100 m/s."""


@dataclass(frozen=True, slots=True)
class OverburnInputs:
    """What an overlong burn depends on; numbers, or arrays (N,) for N flights.

    Attributes
    ----------
    perilune_altitude_km, apolune_altitude_km : float or ndarray
        Orbit before.
    true_anomaly_deg : float or ndarray
        Where on it the burn begins.
    planned_perilune_km : float or ndarray
        What the planned burn was to give.
    planned_s, actual_s : float or ndarray
        Durations.
    thrust_ratio : float or ndarray
        True thrust over the one of the plan.
    pitch_deg : float or ndarray
        Thrust off the backward direction in the plane, positive upwards.
    ground_altitude_km : float or ndarray
        Height of the ground at the impact.
    """

    perilune_altitude_km: float | FloatArray
    apolune_altitude_km: float | FloatArray
    true_anomaly_deg: float | FloatArray
    planned_perilune_km: float | FloatArray
    planned_s: float | FloatArray
    actual_s: float | FloatArray
    thrust_ratio: float | FloatArray = 1.0
    pitch_deg: float | FloatArray = 0.0
    ground_altitude_km: float = 0.0


@dataclass(frozen=True, eq=False)
class OverburnFlights:
    """Ends of overlong burns. Arrays have shape (N,).

    Attributes
    ----------
    planned_dv_m_s, actual_dv_m_s : ndarray
        Velocity changes.
    impact_s : ndarray
        From the begin of the burn to the ground; NaN where there is no impact or no thrust gives the plan.
    arc_deg : ndarray
        Angle flown until then, inertial.
    perilune_arc_deg : ndarray
        From the begin of the burn to the perilune that the planned burn would have given.
    planned_apolune_km : ndarray
        Apolune altitude that the planned burn would have given.
    """

    planned_dv_m_s: FloatArray
    actual_dv_m_s: FloatArray
    impact_s: FloatArray
    arc_deg: FloatArray
    perilune_arc_deg: FloatArray
    planned_apolune_km: FloatArray


def fly_overburns(inputs: OverburnInputs) -> OverburnFlights:
    """Fly overlong burns, many at once.

    Parameters
    ----------
    inputs : OverburnInputs
        Numbers and arrays (N,).

    Returns
    -------
    OverburnFlights

    Raises
    ------
    InputError
        Altitudes, durations or a thrust ratio out of order.
    """
    columns = (
        inputs.perilune_altitude_km, inputs.apolune_altitude_km, inputs.true_anomaly_deg, inputs.planned_perilune_km,
        inputs.planned_s, inputs.actual_s, inputs.thrust_ratio, inputs.pitch_deg,
    )  # fmt: skip
    low, high, nu, planned_km, planned_s, actual_s, ratio, pitch = (
        np.array(column, dtype=np.float64) for column in np.broadcast_arrays(*(np.atleast_1d(one) for one in columns))
    )
    if not ((low > 0.0).all() and (low <= high).all() and (planned_s > 0.0).all() and (actual_s > 0.0).all()):
        raise InputError("overburns need 0 < perilune <= apolune and durations above zero")
    if not all(np.isfinite(one).all() for one in (nu, planned_km)):
        raise InputError("overburns need finite anomalies and planned perilunes")
    if not ((ratio > 0.0).all() and (np.abs(pitch) < 45.0).all()):
        raise InputError("overburns need a thrust ratio above zero and a pitch below 45 degrees")
    start = _orbit_states(low, high, nu)
    exhaust = ISP_S * STANDARD_GRAVITY_M_S2 * KM_PER_M
    thrust, found = _thrust_of_plan(start, exhaust, planned_s, planned_km)
    planned = _fly(start, thrust, exhaust, planned_s, planned_s)[1]
    swept = _angle(planned) - _angle(start)
    to_perilune = np.mod((swept + _perilune_angle(planned) - _angle(planned)) * DEG_PER_RAD, 360.0)
    true_thrust = thrust * ratio
    half = 0.5 * actual_s
    middle = _fly(start, true_thrust, exhaust, half, half)[1]
    gain = -exhaust * np.log1p(-true_thrust * actual_s / exhaust)
    # A thrust off the velocity by a few degrees: its radial part as one impulse in the middle of the burn.
    middle[:, 2:] += (gain * np.tan(pitch * RAD_PER_DEG) / _size(middle[:, :2]))[:, None] * middle[:, :2]
    rest = true_thrust / (1.0 - true_thrust * half / exhaust)
    ends, last = _fly(
        middle, rest, exhaust, half, np.full_like(half, _END_S), MOON.radius_km + inputs.ground_altitude_km
    )
    hit = found & (ends[:, 0] == GROUND)
    arc = np.mod((_angle(last) - _angle(start)) * DEG_PER_RAD, 360.0)
    return OverburnFlights(
        planned_dv_m_s=np.where(found, -exhaust * np.log1p(-thrust * planned_s / exhaust) * M_PER_KM, np.nan),
        actual_dv_m_s=np.where(found, gain * M_PER_KM, np.nan),
        impact_s=np.where(hit, half + ends[:, 1], np.nan),
        arc_deg=np.where(hit, arc, np.nan),
        perilune_arc_deg=np.where(found, to_perilune, np.nan),
        planned_apolune_km=np.where(found, _apolune_km(planned), np.nan),
    )


def _orbit_states(low_km: FloatArray, high_km: FloatArray, true_anomaly_deg: FloatArray) -> FloatArray:
    """States (N, 4) in the plane, x towards the perilune."""
    low, high, nu = MOON.radius_km + low_km, MOON.radius_km + high_km, true_anomaly_deg * RAD_PER_DEG
    ecc = (high - low) / (high + low)
    p = low * (1.0 + ecc)
    r, speed = p / (1.0 + ecc * np.cos(nu)), np.sqrt(MOON.gm_km3_s2 / p)
    return np.stack([r * np.cos(nu), r * np.sin(nu), -speed * np.sin(nu), speed * (ecc + np.cos(nu))], axis=1)


def _size(vectors: FloatArray) -> FloatArray:
    return np.asarray(np.hypot(vectors[:, 0], vectors[:, 1]))


def _angle(states: FloatArray) -> FloatArray:
    return np.asarray(np.arctan2(states[:, 1], states[:, 0]))


def _apses(states: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Eccentricity vector (N, 2), and perilune radius."""
    momentum = states[:, 0] * states[:, 3] - states[:, 1] * states[:, 2]
    turned = np.stack([states[:, 3], -states[:, 2]], axis=1)
    vector = momentum[:, None] * turned / MOON.gm_km3_s2 - states[:, :2] / _size(states[:, :2])[:, None]
    return vector, momentum**2 / MOON.gm_km3_s2 / (1.0 + _size(vector))


def _apolune_km(states: FloatArray) -> FloatArray:
    vector, radius = _apses(states)
    ecc = _size(vector)
    return np.asarray(radius * (1.0 + ecc) / (1.0 - ecc) - MOON.radius_km)


def _perilune_angle(states: FloatArray) -> FloatArray:
    return _angle(_apses(states)[0])


def _fly(
    start: FloatArray,
    thrust_km_s2: FloatArray,
    exhaust_km_s: float,
    burn_s: FloatArray,
    end_s: FloatArray,
    ground_km: float = 1.0,
) -> tuple[FloatArray, FloatArray]:
    """Reason and time (N, 2) and last states (N, 4); rows of one length of flight are flown together."""
    states, out = start.copy(), np.empty((len(start), 2))
    step_s = _STEP_S if ground_km == 1.0 else _COAST_STEP_S
    for end in np.unique(end_s):
        rows = np.flatnonzero(end_s == end)
        some, ends = states[rows], np.empty((rows.size, 2))
        fly_rows(
            some, MOON.gm_km3_s2, thrust_km_s2[rows], exhaust_km_s, burn_s[rows], ground_km, 0.0, float(end), step_s,
            np.empty((6, 4)), ends,
        )  # fmt: skip
        states[rows], out[rows] = some, ends
    return out, states


def _thrust_of_plan(
    start: FloatArray, exhaust_km_s: float, burn_s: FloatArray, perilune_km: FloatArray
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Accelerations at ignition with which the planned burn gives the planned perilune, and where there is one."""
    goal = MOON.radius_km + perilune_km
    radius, speed = _size(start[:, :2]), _size(start[:, 2:])
    impulse = speed - np.sqrt(2.0 * MOON.gm_km3_s2 * goal / (radius * (radius + goal)))
    lowest = _LOWEST_KM_S / burn_s
    new = np.clip(np.nan_to_num(impulse) / burn_s, lowest, _HIGHEST_KM_S / burn_s)
    old = 0.9 * new
    old_excess = _apses(_fly(start, old, exhaust_km_s, burn_s, burn_s)[1])[1] - goal
    new_excess = old_excess
    for _ in range(_SECANT_STEPS):
        new_excess = _apses(_fly(start, new, exhaust_km_s, burn_s, burn_s)[1])[1] - goal
        change = new_excess - old_excess
        step = np.where(np.abs(change) > _FLAT_KM, (new - old) * new_excess / np.where(change == 0.0, 1.0, change), 0.0)
        old, old_excess = new, new_excess
        new = np.clip(np.nan_to_num(new - step), lowest, _HIGHEST_KM_S / burn_s)
    return new, (np.abs(new_excess) < _SOLVED_KM) & (new > lowest) & (_apses(start)[1] > goal)
