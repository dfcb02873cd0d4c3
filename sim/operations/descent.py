"""Coming down from a lunar orbit: de-orbit burn, powered descent, and a burn that lasts too long.

Model, stated: a spherical Moon, two bodies, motion in the plane of the orbit, thrust and mass flow constant, thrust
against the velocity. The powered descent is a gravity turn from the perilune that ends at rest at a chosen height,
followed by a vertical phase at constant weight. That is a lower bound with losses of the right size, not a guidance
law: no throttling, no redirection, no slope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.constants import STANDARD_GRAVITY_M_S2
from sim.core.descent import GROUND, SLOW, fly_rows
from sim.errors import ConvergenceError, InputError, UnreachableError
from sim.maneuvers import apsis_change_dv_m_s
from sim.spacecraft import propellant_kg
from sim.units import DEG_PER_RAD, KM_PER_M, M_PER_KM

FloatArray = NDArray[np.float64]

LUNAR_GRAVITY_M_S2: float = MOON.gm_km3_s2 / MOON.radius_km**2 * M_PER_KM
"""On the sphere of 1737.4 km."""

_STEP_S = 0.5
_END_S = 20_000.0
_SLOW_KM_S = 1e-3
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Deorbit:
    """A burn at one apsis that lowers the other one.

    Attributes
    ----------
    dv_m_s : float
        Impulse against the velocity.
    perilune_altitude_km : float
        After the burn.
    coast_s : float
        From the burn to the perilune, half a revolution.
    perilune_speed_m_s : float
        Speed there: what the powered descent must take away.
    """

    dv_m_s: float
    perilune_altitude_km: float
    coast_s: float
    perilune_speed_m_s: float


def deorbit(altitude_km: float, perilune_altitude_km: float, opposite_altitude_km: float | None = None) -> Deorbit:
    """Lower the perilune by an impulse at an apsis.

    Parameters
    ----------
    altitude_km : float
        Of the apsis where the burn takes place.
    perilune_altitude_km : float
        Wanted on the other side, for example 18 km (Luna 25) or 15 km (Chang'e).
    opposite_altitude_km : float, optional
        Altitude on the other side before; a circular orbit when omitted.

    Returns
    -------
    Deorbit

    Raises
    ------
    InputError
        Altitudes that are not in order.
    """
    before_km = altitude_km if opposite_altitude_km is None else opposite_altitude_km
    if not (-MOON.radius_km < perilune_altitude_km <= before_km < np.inf and perilune_altitude_km < altitude_km):
        raise InputError(
            f"de-orbit from {altitude_km:g} km (other side {before_km:g} km) to {perilune_altitude_km:g} km; "
            "allowed: a lower perilune than both"
        )
    here, there = MOON.radius_km + altitude_km, MOON.radius_km + perilune_altitude_km
    dv_m_s = abs(float(apsis_change_dv_m_s(here, MOON.radius_km + before_km, there, MOON.gm_km3_s2)))
    axis = 0.5 * (here + there)
    speed = np.sqrt(MOON.gm_km3_s2 * (2.0 / there - 1.0 / axis))
    coast = np.pi * np.sqrt(axis**3 / MOON.gm_km3_s2)
    return Deorbit(dv_m_s, perilune_altitude_km, float(coast), float(speed) * M_PER_KM)


@dataclass(frozen=True, slots=True)
class PoweredDescent:
    """Budget of a powered descent.

    Attributes
    ----------
    start_altitude_km, start_speed_m_s : float
        At ignition, at perilune.
    thrust_m_s2 : float
        Thrust over mass at ignition that brings the gravity turn to rest at the chosen height.
    thrust_to_weight_ratio : float
        The same over the weight on the Moon at ignition.
    braking_s : float
        Duration of the gravity turn.
    downrange_km : float
        Distance over ground from ignition to rest.
    braking_dv_m_s : float
        Velocity change of the gravity turn.
    gravity_loss_m_s : float
        What of it exceeds the kinetic and potential energy taken away, as an impulse.
    vertical_dv_m_s : float
        Velocity change of the vertical phase.
    reserve_dv_m_s : float
        Stated reserve.
    total_dv_m_s : float
        Sum.
    propellant_kg : float
        For the mass at ignition.
    """

    start_altitude_km: float
    start_speed_m_s: float
    thrust_m_s2: float
    thrust_to_weight_ratio: float
    braking_s: float
    downrange_km: float
    braking_dv_m_s: float
    gravity_loss_m_s: float
    vertical_dv_m_s: float
    reserve_dv_m_s: float
    total_dv_m_s: float
    propellant_kg: float


def powered_descent(
    start_altitude_km: float,
    start_speed_m_s: float,
    mass_kg: float,
    isp_s: float,
    *,
    rest_height_m: float = 100.0,
    vertical_s: float = 30.0,
    reserve_share: float = 0.05,
) -> PoweredDescent:
    """Budget of a powered descent from perilune to the ground.

    Parameters
    ----------
    start_altitude_km : float
        Altitude of the perilune, where it begins.
    start_speed_m_s : float
        Speed there, horizontal.
    mass_kg : float
        Mass at ignition.
    isp_s : float
        Specific impulse.
    rest_height_m : float
        Height over the ground where the gravity turn ends at rest (assumed, as the next two).
    vertical_s : float
        Seconds of the vertical phase, at constant weight.
    reserve_share : float
        Reserve as a share of all the rest.

    Returns
    -------
    PoweredDescent

    Raises
    ------
    InputError
        Numbers that are not above zero, or a beginning below the end.
    UnreachableError
        No thrust brings the gravity turn to rest at that height.
    ConvergenceError
        The gravity turn ends elsewhere than at rest.
    """
    positive = (start_altitude_km, start_speed_m_s, mass_kg, isp_s, rest_height_m)
    if min(positive) <= 0.0 or vertical_s < 0.0 or reserve_share < 0.0:
        raise InputError("altitude, speed, mass, isp_s and rest_height_m must be above zero, the rest not negative")
    rest_km = rest_height_m * KM_PER_M
    if rest_km >= start_altitude_km:
        raise InputError(f"the descent begins at {start_altitude_km:g} km and would end at {rest_km:g} km")
    exhaust_km_s = isp_s * STANDARD_GRAVITY_M_S2 * KM_PER_M
    start = np.array([MOON.radius_km + start_altitude_km, 0.0, 0.0, start_speed_m_s * KM_PER_M])
    thrust_km_s2 = _thrust_to_rest(start, exhaust_km_s, rest_km)
    reason, time_s, last = _fly(start, thrust_km_s2, exhaust_km_s, np.inf, MOON.radius_km - 1.0)
    if reason != SLOW:
        raise ConvergenceError("gravity turn", _HALVINGS, float(reason))
    braking_m_s = _burnt_dv_m_s(thrust_km_s2, exhaust_km_s, time_s)
    fall_km2_s2 = MOON.gm_km3_s2 / (MOON.radius_km + rest_km) - MOON.gm_km3_s2 / start[0]
    ideal_m_s = np.sqrt(start_speed_m_s**2 + 2.0 * fall_km2_s2 * M_PER_KM**2)
    vertical_m_s = LUNAR_GRAVITY_M_S2 * vertical_s
    subtotal_m_s = braking_m_s + vertical_m_s
    total_m_s = subtotal_m_s * (1.0 + reserve_share)
    return PoweredDescent(
        start_altitude_km=start_altitude_km,
        start_speed_m_s=start_speed_m_s,
        thrust_m_s2=thrust_km_s2 * M_PER_KM,
        thrust_to_weight_ratio=thrust_km_s2 * M_PER_KM / LUNAR_GRAVITY_M_S2,
        braking_s=time_s,
        downrange_km=float(np.arctan2(last[1], last[0])) * MOON.radius_km,
        braking_dv_m_s=braking_m_s,
        gravity_loss_m_s=braking_m_s - float(ideal_m_s),
        vertical_dv_m_s=vertical_m_s,
        reserve_dv_m_s=total_m_s - subtotal_m_s,
        total_dv_m_s=total_m_s,
        propellant_kg=float(propellant_kg(mass_kg, total_m_s, isp_s)),
    )


def _thrust_to_rest(start: FloatArray, exhaust_km_s: float, rest_km: float) -> float:
    """Acceleration at ignition with which the gravity turn comes to rest at a height, km/s2.

    More thrust comes to rest higher: less than needed meets the ground of that height with speed left.
    """
    radius_km = MOON.radius_km + rest_km
    low, high = 0.2e-3, 0.1
    if _fly(start, high, exhaust_km_s, np.inf, radius_km)[0] != SLOW:
        raise UnreachableError("no thrust brings the gravity turn to rest at that height")
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        # An engine that has burnt everything before it comes to rest is too weak as well.
        rests = _fly(start, middle, exhaust_km_s, 0.999 * exhaust_km_s / middle, radius_km)[0] == SLOW
        low, high = (low, middle) if rests else (middle, high)
    return high


def _fly(
    start: FloatArray, thrust_km_s2: float, exhaust_km_s: float, burn_s: float, ground_km: float
) -> tuple[int, float, FloatArray]:
    """One flight: reason, time, last state."""
    states = start[None, :].copy()
    # Without end of burning, the mass would reach zero.
    burn = np.array([min(burn_s, 0.999 * exhaust_km_s / thrust_km_s2)])
    out = np.empty((1, 2))
    fly_rows(
        states, MOON.gm_km3_s2, np.array([thrust_km_s2]), exhaust_km_s, burn, ground_km, _SLOW_KM_S, _END_S, _STEP_S,
        np.empty((6, 4)), out,
    )  # fmt: skip
    return int(out[0, 0]), float(out[0, 1]), states[0]


def _burnt_dv_m_s(thrust_km_s2: float, exhaust_km_s: float, burn_s: float) -> float:
    return float(-exhaust_km_s * np.log1p(-thrust_km_s2 * burn_s / exhaust_km_s)) * M_PER_KM


@dataclass(frozen=True, slots=True)
class Overburn:
    """What a de-orbit burn of the wrong length leads to.

    Attributes
    ----------
    true_anomaly_deg : float
        Where on the orbit before the burn it began.
    thrust_m_s2 : float
        Thrust over mass, from the planned burn.
    planned_dv_m_s, actual_dv_m_s : float
        Velocity changes.
    perilune_altitude_km : float
        Of the orbit after the actual burn; negative below the surface.
    impact_s : float
        From the begin of the burn to the ground; NaN when it stays in orbit.
    arc_deg : float
        Angle about the Moon's centre from the begin of the burn to the impact, against inertial axes.
    planned_perilune_arc_deg : float
        The same from the begin of the burn to the perilune that the planned burn would have given. Half a revolution
        on from the middle of the burn on a circular orbit; up to 15 degrees off that on one of 90 x 113 km, whose own
        apses count as well.
    impact_speed_m_s, impact_angle_deg : float
        Speed, and angle below the horizontal.
    """

    true_anomaly_deg: float
    thrust_m_s2: float
    planned_dv_m_s: float
    actual_dv_m_s: float
    perilune_altitude_km: float
    impact_s: float
    arc_deg: float
    planned_perilune_arc_deg: float
    impact_speed_m_s: float
    impact_angle_deg: float


def overburn(
    perilune_altitude_km: float,
    apolune_altitude_km: float,
    true_anomaly_deg: float,
    *,
    planned_s: float,
    actual_s: float,
    planned_perilune_km: float,
    ground_altitude_km: float = 0.0,
    isp_s: float = 290.0,
) -> Overburn:
    """Fly a de-orbit burn that lasts longer than planned.

    The thrust follows from the plan: `planned_s` seconds bring the perilune to `planned_perilune_km`. Then the same
    engine burns `actual_s` seconds from the same place.

    Parameters
    ----------
    perilune_altitude_km, apolune_altitude_km : float
        Orbit before the burn.
    true_anomaly_deg : float
        Where the burn begins (no matter on a circular orbit).
    planned_s, actual_s : float
        Durations.
    planned_perilune_km : float
        Perilune altitude that the planned burn gives.
    ground_altitude_km : float
        Height of the ground at the impact, over 1737.4 km.
    isp_s : float
        Only for the mass lost during the burn (1 % of the velocity change); assumed.

    Returns
    -------
    Overburn

    Raises
    ------
    InputError
        Numbers that are not in order.
    UnreachableError
        No thrust gives the planned perilune from there.
    """
    if not 0.0 < perilune_altitude_km <= apolune_altitude_km or not 0.0 < planned_s <= actual_s or isp_s <= 0.0:
        raise InputError("an overburn needs 0 < perilune <= apolune, 0 < planned_s <= actual_s and isp_s above zero")
    start = _orbit_state(perilune_altitude_km, apolune_altitude_km, true_anomaly_deg)
    exhaust_km_s = isp_s * STANDARD_GRAVITY_M_S2 * KM_PER_M
    thrust_km_s2 = _thrust_to_perilune(start, exhaust_km_s, planned_s, planned_perilune_km)
    after = _after_burn(start, thrust_km_s2, exhaust_km_s, actual_s)
    planned = _after_burn(start, thrust_km_s2, exhaust_km_s, planned_s)
    reason, time_s, last = _fly(start, thrust_km_s2, exhaust_km_s, actual_s, MOON.radius_km + ground_altitude_km)
    speed = float(np.hypot(last[2], last[3]))
    radial = float((last[0] * last[2] + last[1] * last[3]) / np.hypot(last[0], last[1]))
    swept = np.arctan2(last[1], last[0]) - np.arctan2(start[1], start[0])
    hit = reason == GROUND
    return Overburn(
        true_anomaly_deg=true_anomaly_deg,
        thrust_m_s2=thrust_km_s2 * M_PER_KM,
        planned_dv_m_s=_burnt_dv_m_s(thrust_km_s2, exhaust_km_s, planned_s),
        actual_dv_m_s=_burnt_dv_m_s(thrust_km_s2, exhaust_km_s, actual_s),
        perilune_altitude_km=_perilune_km(after),
        impact_s=time_s if hit else np.nan,
        arc_deg=float(np.mod(swept * DEG_PER_RAD, 360.0)) if hit else np.nan,
        planned_perilune_arc_deg=float(
            np.mod((_perilune_angle_rad(planned) - np.arctan2(start[1], start[0])) * DEG_PER_RAD, 360.0)
        ),
        impact_speed_m_s=speed * M_PER_KM if hit else np.nan,
        impact_angle_deg=float(np.arcsin(-radial / speed)) * DEG_PER_RAD if hit else np.nan,
    )


def _orbit_state(perilune_km: float, apolune_km: float, true_anomaly_deg: float) -> FloatArray:
    """State in the plane, x towards the perilune."""
    low, high = MOON.radius_km + perilune_km, MOON.radius_km + apolune_km
    ecc = (high - low) / (high + low)
    p = low * (1.0 + ecc)
    nu = np.radians(true_anomaly_deg)
    r, speed = p / (1.0 + ecc * np.cos(nu)), np.sqrt(MOON.gm_km3_s2 / p)
    return np.array([r * np.cos(nu), r * np.sin(nu), -speed * np.sin(nu), speed * (ecc + np.cos(nu))])


def _perilune_km(state: FloatArray) -> float:
    """Perilune altitude of a state in the plane."""
    r, square = float(np.hypot(state[0], state[1])), float(state[2] ** 2 + state[3] ** 2)
    momentum = float(state[0] * state[3] - state[1] * state[2])
    axis = 1.0 / (2.0 / r - square / MOON.gm_km3_s2)
    ecc = np.sqrt(max(0.0, 1.0 - momentum**2 / (MOON.gm_km3_s2 * axis)))
    return float(axis * (1.0 - ecc)) - MOON.radius_km


def _perilune_angle_rad(state: FloatArray) -> float:
    """Direction of the perilune of a state in the plane: that of its eccentricity vector."""
    r = float(np.hypot(state[0], state[1]))
    momentum = float(state[0] * state[3] - state[1] * state[2])
    along_x = momentum * state[3] / MOON.gm_km3_s2 - state[0] / r
    along_y = -momentum * state[2] / MOON.gm_km3_s2 - state[1] / r
    return float(np.arctan2(along_y, along_x))


def _after_burn(start: FloatArray, thrust_km_s2: float, exhaust_km_s: float, burn_s: float) -> FloatArray:
    """State at the end of a burn."""
    states, out = start[None, :].copy(), np.empty((1, 2))
    fly_rows(
        states, MOON.gm_km3_s2, np.array([thrust_km_s2]), exhaust_km_s, np.array([burn_s]), 1.0, 0.0, burn_s, _STEP_S,
        np.empty((6, 4)), out,
    )  # fmt: skip
    last: FloatArray = states[0]
    return last


def _thrust_to_perilune(start: FloatArray, exhaust_km_s: float, burn_s: float, perilune_km: float) -> float:
    """Acceleration at ignition with which a burn gives a perilune altitude, km/s2."""
    low, high = 0.0, 0.1 / burn_s
    if not _perilune_km(_after_burn(start, high, exhaust_km_s, burn_s)) < perilune_km < _perilune_km(start):
        raise UnreachableError(f"no burn of up to 100 m/s from there gives a perilune of {perilune_km:g} km")
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        deep = _perilune_km(_after_burn(start, middle, exhaust_km_s, burn_s)) < perilune_km
        low, high = (low, middle) if deep else (middle, high)
    return 0.5 * (low + high)
