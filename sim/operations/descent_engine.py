"""A powered descent on a given engine: full thrust, pitched so that the height follows a smooth law.

Model, stated: spherical Moon, motion in the plane of the orbit, constant thrust and mass flow. The vertical part of the
thrust carries what of the weight the speed does not and steers the height along a cubic in time from the perilune to
the height of rest, with no vertical speed at either end; the rest of the thrust brakes. Then a vertical phase at
constant weight. No throttling before that, no redirection, no slope.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.bodies import MOON
from sim.constants import STANDARD_GRAVITY_M_S2
from sim.errors import ConvergenceError, InputError, UnreachableError
from sim.operations.descent import LUNAR_GRAVITY_M_S2
from sim.units import KM_PER_M, M_PER_KM

_STEP_S = 0.5
_ROUNDS = 60
_CLOSE_S = 0.05
_MU_M3_S2 = MOON.gm_km3_s2 * 1e9
_RADIUS_M = MOON.radius_km * M_PER_KM


@dataclass(frozen=True, slots=True)
class EngineDescent:
    """Budget of a powered descent on a given engine.

    Attributes
    ----------
    braking_s : float
        Duration of the braking at full thrust.
    downrange_km : float
        Over ground until rest.
    braking_dv_m_s : float
        Velocity change of the braking.
    vertical_s : float
        Duration of the vertical phase.
    total_s : float
        Of both.
    propellant_kg : float
        Of both.
    pitch_max_deg : float
        Steepest thrust over the local level while braking.
    """

    braking_s: float
    downrange_km: float
    braking_dv_m_s: float
    vertical_s: float
    total_s: float
    propellant_kg: float
    pitch_max_deg: float


def engine_descent(
    start_altitude_km: float,
    start_speed_m_s: float,
    mass_kg: float,
    thrust_n: float,
    isp_s: float,
    *,
    rest_height_m: float = 100.0,
    vertical_s: float = 30.0,
) -> EngineDescent:
    """Fly a powered descent on a given engine from perilune to the ground.

    Parameters
    ----------
    start_altitude_km, start_speed_m_s : float
        At the perilune, speed level.
    mass_kg : float
        At ignition.
    thrust_n, isp_s : float
        Of the engine.
    rest_height_m : float
        Height at which the braking ends at rest.
    vertical_s : float
        Seconds of the vertical phase, at constant weight.

    Returns
    -------
    EngineDescent

    Raises
    ------
    InputError
        Numbers that are not above zero, or a beginning below the end.
    UnreachableError
        An engine too weak to carry the weight, or one that burns everything first.
    ConvergenceError
        No duration agrees with the law of the height.
    """
    numbers = (start_altitude_km, start_speed_m_s, mass_kg, thrust_n, isp_s, rest_height_m)
    if not (np.isfinite(numbers).all() and min(numbers) > 0.0 and vertical_s >= 0.0):
        raise InputError("altitude, speed, mass, thrust, isp_s and rest_height_m must be above zero")
    if rest_height_m >= start_altitude_km * M_PER_KM:
        raise InputError(f"the descent begins at {start_altitude_km:g} km and would end at {rest_height_m:g} m")
    exhaust_m_s = isp_s * STANDARD_GRAVITY_M_S2
    law_s = start_speed_m_s / (thrust_n / mass_kg)
    for _ in range(_ROUNDS):
        braking_s, arc_rad, pitch_deg = _brake(
            start_altitude_km * M_PER_KM, rest_height_m, start_speed_m_s, mass_kg, thrust_n, exhaust_m_s, law_s
        )
        if abs(braking_s - law_s) < _CLOSE_S:
            break
        law_s = 0.5 * (law_s + braking_s)
    else:
        raise ConvergenceError("duration of the braking", _ROUNDS, abs(braking_s - law_s))
    left_kg = mass_kg - thrust_n / exhaust_m_s * braking_s
    landed_kg = left_kg * float(np.exp(-LUNAR_GRAVITY_M_S2 * vertical_s / exhaust_m_s))
    return EngineDescent(
        braking_s=braking_s,
        downrange_km=arc_rad * MOON.radius_km,
        braking_dv_m_s=exhaust_m_s * float(np.log(mass_kg / left_kg)),
        vertical_s=vertical_s,
        total_s=braking_s + vertical_s,
        propellant_kg=mass_kg - landed_kg,
        pitch_max_deg=pitch_deg,
    )


def _brake(
    start_m: float, rest_m: float, speed_m_s: float, mass_kg: float, thrust_n: float, exhaust_m_s: float, law_s: float
) -> tuple[float, float, float]:
    """Find time to rest, arc flown and steepest pitch for one duration of the height's law; midpoint steps."""
    t, arc, steepest = 0.0, 0.0, 0.0
    while speed_m_s > 0.0:
        first, _, _ = _rate(t, speed_m_s, start_m, rest_m, mass_kg, thrust_n, exhaust_m_s, law_s)
        half = speed_m_s + 0.5 * _STEP_S * first
        rate, turn, pitch = _rate(t + 0.5 * _STEP_S, half, start_m, rest_m, mass_kg, thrust_n, exhaust_m_s, law_s)
        step = min(_STEP_S, speed_m_s / -rate)
        speed_m_s += rate * step
        t, arc, steepest = t + step, arc + turn * step, max(steepest, pitch)
        if step < _STEP_S:
            break
    return t, arc, float(np.degrees(steepest))


def _rate(
    t: float,
    speed_m_s: float,
    start_m: float,
    rest_m: float,
    mass_kg: float,
    thrust_n: float,
    exhaust_m_s: float,
    law_s: float,
) -> tuple[float, float, float]:
    """Rate of the level speed, angular rate, and pitch of the thrust."""
    share, drop = min(t / law_s, 1.0), start_m - rest_m
    height = rest_m + drop * (1.0 - 3.0 * share**2 + 2.0 * share**3)
    sinking = -drop * 6.0 * share * (1.0 - share) / law_s
    wanted = drop * (12.0 * share - 6.0) / law_s**2
    left_kg = mass_kg - thrust_n / exhaust_m_s * t
    if left_kg <= 0.05 * mass_kg:
        raise UnreachableError("the engine burns everything before the descent comes to rest")
    radius, push = _RADIUS_M + height, thrust_n / left_kg
    upward = _MU_M3_S2 / radius**2 - speed_m_s**2 / radius + wanted
    if abs(upward) >= 0.999 * push:
        raise UnreachableError(f"a thrust of {thrust_n * KM_PER_M:.3g} kN cannot carry {left_kg:.0f} kg and brake")
    level = float(np.sqrt(push**2 - upward**2))
    return -level - sinking * speed_m_s / radius, speed_m_s / radius, float(np.arcsin(upward / push))
