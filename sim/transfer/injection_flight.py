"""A trans-lunar injection flown under all forces: from the parking orbit by a finite burn exactly onto a transfer.

`sim.transfer.finite_injection` finds burns in the plane under the Earth's point mass, for every row of a search. Over a
burn of a quarter of an hour the Earth's oblateness moves the craft by some kilometres; here six numbers (ignition,
length, pitch, turning rate, and the same two across the plane) are corrected until burn-out lies on the transfer, with
the Earth's oblateness, Moon and Sun acting on burning craft and transfer alike.

The parking orbit stays an idealisation: at ignition the craft is taken on a circle of the parking radius, in the
transfer's plane, at the place where it was to be by the mean rate of its argument of latitude.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.bodies import EARTH
from sim.dynamics import FiniteBurn, FullForceModel, open_gravity_field
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import ConvergenceError
from sim.frames.rotations import cross, unit
from sim.propagation import propagate_full
from sim.transfer.finite_injection import FiniteInjection, InjectionStage
from sim.units import M_PER_KM

Floats = NDArray[np.float64]

MAX_NEWTON = 12
TOLERANCE_KM = 1e-6
"""Largest distance at burn-out from the transfer that counts as met; speeds are held to a thousandth of it."""

_STEPS = np.array([1e-2, 1e-2, 1e-5, 1e-8, 1e-5, 1e-5])
"""Differences of the six controls: s, s, rad, rad/s, rad, and tilt of the turning axis (rad)."""


@dataclass(frozen=True)
class InjectionFlight:
    """A burn that starts on the parking orbit and ends on a transfer.

    Attributes
    ----------
    ignition_tdb, cutoff_tdb : float
        TDB s past J2000.
    start_state : ndarray, shape (6,)
        At ignition, Earth-centred ICRF, km and km/s.
    end_state : ndarray, shape (6,)
        At cut-off.
    ignition_mass_kg : float
        Stage, propellant and payload at ignition.
    burn : FiniteBurn
        As propagated; can be flown again by `sim.propagation.propagate_full`.
    dv_m_s, loss_m_s : float
        Ideal velocity spent; over the impulse that reaches the same energy from the parking orbit.
    pitch_deg, yaw_deg : float
        Thrust at ignition over the local horizontal, and out of the plane of the transfer, towards its normal.
    turn_rate_deg_s : float
        Turning of the thrust direction in inertial space.
    miss_m, miss_m_s : float
        What is left at cut-off between craft and transfer.
    planar_miss_m : float
        The same before the correction: what the planar burn under the Earth's point mass misses.
    """

    ignition_tdb: float
    cutoff_tdb: float
    start_state: Floats
    end_state: Floats
    ignition_mass_kg: float
    burn: FiniteBurn
    dv_m_s: float
    loss_m_s: float
    pitch_deg: float
    yaw_deg: float
    turn_rate_deg_s: float
    miss_m: float
    miss_m_s: float
    planar_miss_m: float


@dataclass(frozen=True)
class _Setting:
    """What stays fixed: transfer, plane (perigee direction, motion there, normal), parking orbit, stage, forces."""

    transfer_state: Floats
    perigee_tdb: float
    axes: Floats
    parking_radius_km: float
    rate_rad_s: float
    delay_s: float
    stage: InjectionStage
    model: FullForceModel


def injection_flight_model(ephemeris: Ephemeris | None = None) -> FullForceModel:
    """Return the forces of the flight: those of `sim.transfer.shooting.transfer_model`, for the propagator with burns.

    Parameters
    ----------
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.

    Returns
    -------
    FullForceModel
        Earth with J2 of the transfer search, Moon, Sun.
    """
    ephemeris = ephemeris or open_ephemeris()
    oblate = open_gravity_field("jgm3", 2, 0).with_c20(-EARTH.j2 / np.sqrt(5.0))
    return FullForceModel(
        point_masses=("earth", "moon", "sun"),
        earth_field=oblate,
        figures_move_center=False,
        gm_km3_s2={"earth": ephemeris.gm_km3_s2["earth"]},
        ephemeris=ephemeris,
    )


def fly_injection(
    transfer_state: Floats,
    perigee_tdb: float,
    planar: FiniteInjection,
    stage: InjectionStage,
    *,
    parking_radius_km: float,
    rate_rad_s: float,
    delay_s: float,
    ephemeris: Ephemeris | None = None,
) -> InjectionFlight:
    """Correct a planar burn until it ends on its transfer under all forces.

    Parameters
    ----------
    transfer_state : ndarray, shape (6,)
        Transfer at its perigee, Earth-centred ICRF, km and km/s.
    perigee_tdb : float
        Epoch of that state, TDB s past J2000.
    planar : FiniteInjection
        One row: the burn found in the plane.
    stage : InjectionStage
        The stage.
    parking_radius_km : float
        Radius of the parking orbit.
    rate_rad_s : float
        Mean rate of the argument of latitude on it.
    delay_s : float
        How much later than on the parking orbit the perigee's direction is passed.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.

    Returns
    -------
    InjectionFlight
        The burn.

    Raises
    ------
    ConvergenceError
        No burn near the planar one meets the transfer.
    """
    setting = _setting(
        transfer_state, perigee_tdb, stage, parking_radius_km, rate_rad_s, delay_s, injection_flight_model(ephemeris)
    )
    controls = np.array(
        [
            planar.ignition_before_perigee_s[0],
            planar.duration_s[0],
            np.deg2rad(planar.pitch_deg[0]),
            np.deg2rad(planar.turn_rate_deg_s[0]),
            0.0,
            0.0,
        ]
    )
    first = miss = _miss(setting, controls)
    for _ in range(MAX_NEWTON):
        if _met(miss):
            return _flight(setting, controls, miss, first)
        columns = []
        for k, step in enumerate(_STEPS):
            moved = controls.copy()
            moved[k] += step
            columns.append((_miss(setting, moved) - miss) / step)
        controls = controls + np.linalg.solve(np.stack(columns, axis=1), -miss)
        miss = _miss(setting, controls)
    raise ConvergenceError("the finite injection does not meet its transfer", MAX_NEWTON, float(np.abs(miss).max()))


def _setting(
    state: Floats,
    perigee_tdb: float,
    stage: InjectionStage,
    radius_km: float,
    rate_rad_s: float,
    delay_s: float,
    model: FullForceModel,
) -> _Setting:
    outward = unit(state[None, :3])
    normal = unit(cross(state[None, :3], state[None, 3:]))
    axes = np.concatenate((outward, cross(normal, outward), normal))
    return _Setting(state, perigee_tdb, axes, radius_km, rate_rad_s, delay_s, stage, model)


def _met(miss: Floats) -> bool:
    return bool(np.abs(miss[:3]).max() < TOLERANCE_KM and np.abs(miss[3:]).max() < TOLERANCE_KM * 1e-3)


def _burn(setting: _Setting, controls: Floats) -> tuple[FiniteBurn, Floats, float]:
    """Return burn, state and mass at ignition of given controls."""
    lead, duration, pitch, rate, yaw, tilt = controls
    outward, along, normal = setting.axes
    stage = setting.stage
    angle = -setting.rate_rad_s * (lead - setting.delay_s)
    radius = setting.parking_radius_km
    speed = np.sqrt(setting.model.body_gm_km3_s2("earth") / radius)
    up = np.cos(angle) * outward + np.sin(angle) * along
    forward = -np.sin(angle) * outward + np.cos(angle) * along
    # Planar burns turn from the local horizontal at ignition towards the Earth when the rate is negative.
    planar = np.cos(pitch) * forward + np.sin(pitch) * up
    across = np.cos(pitch) * up - np.sin(pitch) * forward
    direction = np.cos(yaw) * planar + np.sin(yaw) * normal
    ignition = setting.perigee_tdb - lead
    burn = FiniteBurn(
        ignition,
        ignition + duration,
        stage.engine,
        axes="icrf",
        direction=(float(direction[0]), float(direction[1]), float(direction[2])),
        pitch_rate_deg_s=-float(np.rad2deg(rate)),
        pitch_axis=tuple((normal + tilt * across).tolist()),
    )
    mass = stage.burnout_mass_kg + stage.flow_kg_s * duration
    return burn, np.concatenate((radius * up, speed * forward)), float(mass)


def _ends(setting: _Setting, controls: Floats) -> tuple[Floats, Floats]:
    """Return the burning craft and the transfer at cut-off."""
    burn, state, mass = _burn(setting, controls)
    stop = float(np.asarray(burn.stop_tdb))
    craft = propagate_full(
        state, float(np.asarray(burn.start_tdb)), [stop], setting.model, mass_kg=mass, burns=(burn,), impacts=False
    )
    transfer = propagate_full(setting.transfer_state, setting.perigee_tdb, [stop], setting.model, impacts=False)
    return craft.states[0], transfer.states[0]


def _miss(setting: _Setting, controls: Floats) -> Floats:
    craft, transfer = _ends(setting, controls)
    return craft - transfer


def _flight(setting: _Setting, controls: Floats, miss: Floats, first: Floats) -> InjectionFlight:
    burn, state, mass = _burn(setting, controls)
    stage, mu = setting.stage, setting.model.body_gm_km3_s2("earth")
    craft, _ = _ends(setting, controls)
    perigee, speed = setting.transfer_state[:3], setting.transfer_state[3:]
    c3 = float((speed**2).sum() - 2.0 * mu / np.sqrt((perigee**2).sum()))
    circular2 = mu / setting.parking_radius_km
    dv = stage.exhaust_km_s * np.log(mass / stage.burnout_mass_kg)
    impulse = np.sqrt(2.0 * circular2 + c3) - np.sqrt(circular2)
    return InjectionFlight(
        ignition_tdb=float(np.asarray(burn.start_tdb)),
        cutoff_tdb=float(np.asarray(burn.stop_tdb)),
        start_state=state,
        end_state=craft,
        ignition_mass_kg=mass,
        burn=burn,
        dv_m_s=float(dv * M_PER_KM),
        loss_m_s=float((dv - impulse) * M_PER_KM),
        pitch_deg=float(np.rad2deg(controls[2])),
        yaw_deg=float(np.rad2deg(controls[4])),
        turn_rate_deg_s=float(np.rad2deg(controls[3])),
        miss_m=float(np.sqrt((miss[:3] ** 2).sum()) * M_PER_KM),
        miss_m_s=float(np.sqrt((miss[3:] ** 2).sum()) * M_PER_KM),
        planar_miss_m=float(np.sqrt((first[:3] ** 2).sum()) * M_PER_KM),
    )
