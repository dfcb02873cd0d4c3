"""Trans-lunar injection as a finite burn which ends on the same transfer as the impulse.

The impulsive solution gives the transfer ellipse: its plane, perigee, energy and time of perigee. A real stage burns
for minutes. Ignition time, duration, pitch and pitch rate are found so that the burn, starting on the circular parking
orbit, ends on exactly that ellipse, with the same perigee direction and the same time of perigee: lift-off, flight and
arrival stay those of the impulsive search, and only propellant is added.

Approximation, named: the burn itself is integrated in the plane under the Earth's point mass (oblateness moves a state
by some tens of metres over such a burn, far below what the first correction removes), with constant thrust.

Steering law: thrust direction turns at a constant rate in inertial space (a linear-tangent law for small angles),
Lawden, "Optimal Trajectories for Space Navigation" (1963), ch. 5. Checked in ``tests/unit/test_transfer_finite.py``
against an independent integration and the limit of short burns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import STANDARD_GRAVITY_M_S2
from sim.spacecraft import Engine
from sim.units import KM_PER_M, M_PER_KM

Floats = NDArray[np.float64]

STEPS = 400
"""Runge-Kutta steps of a burn; four times as many change the loss by less than 1e-6 m/s (tested)."""

MAX_NEWTON = 30
DIFFERENCES = np.array([1e-3, 1e-3, 1e-6, 1e-9])
TOLERANCE = 1e-10


@dataclass(frozen=True)
class FiniteInjection:
    """Burns that end on given transfers; arrays have N rows.

    Attributes
    ----------
    converged : ndarray of bool
        Whether the burn meets the transfer.
    dv_m_s : ndarray
        Ideal velocity spent (rocket equation).
    loss_m_s : ndarray
        Over the impulse.
    duration_s : ndarray
        Length of the burn.
    ignition_before_perigee_s : ndarray
        Ignition before the perigee of the transfer.
    pitch_deg : ndarray
        Thrust over the local horizontal at ignition.
    turn_rate_deg_s : ndarray
        Turning of the thrust direction in inertial space.
    burnout_mass_kg : ndarray
        After the burn.
    """

    converged: NDArray[np.bool_]
    dv_m_s: Floats
    loss_m_s: Floats
    duration_s: Floats
    ignition_before_perigee_s: Floats
    pitch_deg: Floats
    turn_rate_deg_s: Floats
    burnout_mass_kg: Floats


@dataclass(frozen=True)
class _Burn:
    """What does not change during the iterations; canonical plane with the transfer's perigee on the x axis."""

    mu: float
    radius: Floats
    energy2: Floats
    mass: float
    thrust_acceleration: float
    flow: float


def finite_injection(
    perigee_radius_km: Floats, c3_km2_s2: Floats, ignition_mass_kg: float, stage: Engine, mu_km3_s2: float
) -> FiniteInjection:
    """Find the finite burns that replace impulsive injections at perigee from circular orbits of the same radius.

    Parameters
    ----------
    perigee_radius_km : ndarray, shape (N,)
        Perigee of the transfer, radius of the parking orbit.
    c3_km2_s2 : ndarray, shape (N,)
        Twice the energy after injection.
    ignition_mass_kg : float
        Stage, propellant and payload at ignition.
    stage : Engine
        Thrust and specific impulse.
    mu_km3_s2 : float
        GM of the Earth.

    Returns
    -------
    FiniteInjection
        N rows.
    """
    radius, c3 = np.broadcast_arrays(np.asarray(perigee_radius_km, float), np.asarray(c3_km2_s2, float))
    exhaust = stage.isp_s * STANDARD_GRAVITY_M_S2 * KM_PER_M
    flow = stage.thrust_n * KM_PER_M / exhaust
    burn = _Burn(mu_km3_s2, radius, c3, ignition_mass_kg, stage.thrust_n * KM_PER_M / ignition_mass_kg, flow)
    impulse = np.sqrt(2.0 * mu_km3_s2 / radius + c3) - np.sqrt(mu_km3_s2 / radius)
    duration = ignition_mass_kg / flow * (1.0 - np.exp(-impulse / exhaust))
    rate = np.sqrt(mu_km3_s2 / radius**3)
    controls = np.stack((0.5 * duration, duration, 0.0 * duration, -rate), axis=1)
    converged = np.zeros(radius.shape, dtype=bool)
    for _ in range(MAX_NEWTON):
        residual = _miss(burn, controls)
        converged = np.abs(residual).max(axis=1) < TOLERANCE
        if converged.all():
            break
        columns = [(_miss(burn, controls + DIFFERENCES * row) - residual) / step for row, step in _axes()]
        step = np.linalg.solve(np.stack(columns, axis=2), -residual[:, :, None])[:, :, 0]
        share = np.minimum(1.0, 0.2 * controls[:, 1] / np.maximum(np.abs(step[:, :2]).max(axis=1), 1e-12))
        controls = np.where(converged[:, None], controls, controls + share[:, None] * step)
    burnout = ignition_mass_kg - flow * controls[:, 1]
    dv = exhaust * np.log(ignition_mass_kg / burnout)
    return FiniteInjection(
        converged,
        dv * M_PER_KM,
        (dv - impulse) * M_PER_KM,
        controls[:, 1],
        controls[:, 0],
        np.rad2deg(controls[:, 2]),
        np.rad2deg(controls[:, 3]),
        burnout,
    )


def _axes() -> list[tuple[Floats, float]]:
    return [(np.eye(4)[k], float(DIFFERENCES[k])) for k in range(4)]


def _rates(burn: _Burn, state: Floats, time: Floats, controls: Floats, start_angle: Floats) -> Floats:
    """Planar equations of motion with thrust."""
    x, y = state[:, 0], state[:, 1]
    pull = -burn.mu / (x * x + y * y) ** 1.5
    push = burn.thrust_acceleration / (1.0 - burn.flow / burn.mass * time)
    # inertial angle of the thrust: local horizontal at ignition, plus pitch (outward), turning at a constant rate
    angle = start_angle + np.pi / 2 - controls[:, 2] - controls[:, 3] * time
    return np.stack(
        (state[:, 2], state[:, 3], pull * x + push * np.cos(angle), pull * y + push * np.sin(angle)), axis=1
    )


def _miss(burn: _Burn, controls: Floats) -> Floats:
    """Return how the orbit after the burn differs from the transfer: energy, perigee radius, direction, time."""
    rate = np.sqrt(burn.mu / burn.radius**3)
    # on the parking orbit the impulse would come at angle zero and time zero: the burn starts before both
    start = -rate * controls[:, 0]
    speed = rate * burn.radius
    state = np.stack(
        (burn.radius * np.cos(start), burn.radius * np.sin(start), -speed * np.sin(start), speed * np.cos(start)),
        axis=1,
    )
    step = controls[:, 1] / STEPS
    h = step[:, None]
    for number in range(STEPS):
        time = number * step
        k1 = _rates(burn, state, time, controls, start)
        k2 = _rates(burn, state + 0.5 * h * k1, time + 0.5 * step, controls, start)
        k3 = _rates(burn, state + 0.5 * h * k2, time + 0.5 * step, controls, start)
        k4 = _rates(burn, state + h * k3, time + step, controls, start)
        state = state + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return _orbit_difference(burn, state, controls[:, 1] - controls[:, 0])


def _orbit_difference(burn: _Burn, state: Floats, time: Floats) -> Floats:
    """Compare osculating energy, perigee radius, perigee direction and time of perigee with the transfer's."""
    x, y, u, v = state.T
    radius = np.hypot(x, y)
    energy2 = u * u + v * v - 2.0 * burn.mu / radius
    momentum = x * v - y * u
    ex, ey = v * momentum / burn.mu - x / radius, -u * momentum / burn.mu - y / radius
    ecc = np.hypot(ex, ey)
    perigee = momentum**2 / burn.mu / (1.0 + ecc)
    size = burn.mu / np.abs(energy2)
    scaled = (x * u + y * v) / np.sqrt(burn.mu * size)
    elliptic = energy2 < 0.0
    anomaly = np.where(elliptic, np.arctan2(scaled, 1.0 - radius / size), np.arcsinh(scaled / ecc))
    since = np.where(elliptic, anomaly - scaled, scaled - anomaly) * np.sqrt(size**3 / burn.mu)
    rate = np.sqrt(burn.mu / burn.radius**3)
    return np.stack(
        (
            (energy2 - burn.energy2) * burn.radius / burn.mu,
            perigee / burn.radius - 1.0,
            np.arctan2(ey, ex),
            (time - since) * rate,
        ),
        axis=1,
    )
