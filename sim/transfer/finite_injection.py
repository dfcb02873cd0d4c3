"""Trans-lunar injection as a finite burn: where it leads best, and the burn that ends exactly on a given transfer.

An impulse turns a circular parking orbit into a transfer that has its perigee there. A real stage burns for minutes
and climbs meanwhile, so that the cheapest burn ends on an ellipse whose perigee lies some tens of kilometres higher
and is passed some seconds later. `injection_aim` finds that burn once for a stage; windows are then searched for
transfers through the higher perigee, and `finite_injection` gives for each of them the burn that ends on it: ignition
time, duration, pitch and pitch rate, such that energy, perigee radius, direction and time of the perigee are met.

Approximation, named: the burn is integrated in the plane under the Earth's point mass, with constant thrust. Under all
forces such a burn misses its transfer by 2 to 5 km, and the one that meets it costs up to 4 m/s more or less (measured
for a quarter of an hour of burn): `sim.transfer.injection_flight` finds that one for single opportunities.

Steering law: thrust direction turns at a constant rate in inertial space (a linear-tangent law for small angles),
Lawden, "Optimal Trajectories for Space Navigation" (1963), ch. 5. Checked in ``tests/unit/test_transfer_finite.py``
against an independent integration, other steering and the limit of short burns.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import TWO_PI
from sim.core.dop853_tableau import A, B, C
from sim.errors import InputError
from sim.spacecraft import Engine
from sim.transfer.interpolation import lagrange_weights
from sim.units import KM_PER_M, M_PER_KM

Floats = NDArray[np.float64]

STEPS = 12
"""Steps of order 8 in a burn; three times as many change the loss by less than 1e-6 m/s (tested)."""

MAX_NEWTON = 30
DIFFERENCES = np.array([1e-3, 1e-3, 1e-6, 1e-9])
TOLERANCE = 1e-10

AIM_C3_KM2_S2 = -2.0
"""Energy for which the aim is found. Over -2.3 to -1.2 km2/s2, that of flights of 3 to 6.5 days, the burn onto the
perigee aimed at costs less than 0.2 m/s more than the best one for that energy (tested)."""

SAMPLE_C3_KM2_S2 = 0.125
"""Spacing of the energies at which burns are solved when many are asked for; between them they are interpolated."""

NODES = 8
"""Samples through which each interpolation goes: energies met within 1e-6 m/s of the burn solved there (tested)."""


@dataclass(frozen=True, slots=True)
class InjectionStage:
    """The stage that burns trans-lunar injection, with what it carries.

    Attributes
    ----------
    thrust_n, isp_s : float
        Thrust and specific impulse.
    burnout_mass_kg : float
        Stage and payload when the burn ends.
    """

    thrust_n: float
    isp_s: float
    burnout_mass_kg: float

    @property
    def exhaust_km_s(self) -> float:
        """Effective exhaust velocity."""
        return self.engine.exhaust_velocity_m_s * KM_PER_M

    @property
    def flow_kg_s(self) -> float:
        """Mass flow."""
        return self.engine.mass_flow_kg_s

    @property
    def engine(self) -> Engine:
        """Thrust and specific impulse alone."""
        return Engine(self.thrust_n, self.isp_s, "injection stage")


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
        Over the impulse that reaches the same energy from the parking orbit.
    duration_s : ndarray
        Length of the burn.
    ignition_before_perigee_s : ndarray
        Ignition before the perigee of the transfer.
    pitch_deg : ndarray
        Thrust over the local horizontal at ignition.
    turn_rate_deg_s : ndarray
        Turning of the thrust direction in inertial space.
    ignition_mass_kg : ndarray
        Stage, propellant and payload at ignition.
    """

    converged: NDArray[np.bool_]
    dv_m_s: Floats
    loss_m_s: Floats
    duration_s: Floats
    ignition_before_perigee_s: Floats
    pitch_deg: Floats
    turn_rate_deg_s: Floats
    ignition_mass_kg: Floats


@dataclass(frozen=True, slots=True)
class InjectionAim:
    """Where the cheapest burn of a stage leads.

    Attributes
    ----------
    perigee_radius_km : float
        Perigee of the transfer after it.
    delay_s : float
        How much later the spacecraft passes the perigee than it would have passed that direction on the parking orbit.
    lead_s : float
        Ignition before that passage.
    loss_m_s : float
        Over the impulse.
    duration_s : float
        Length of the burn.
    """

    perigee_radius_km: float
    delay_s: float
    lead_s: float
    loss_m_s: float
    duration_s: float


@dataclass(frozen=True)
class _Task:
    """What does not change during the iterations; N rows, plane of the transfer with its perigee on the x axis."""

    mu: float
    stage: InjectionStage
    parking_radius: Floats
    perigee_radius: Floats
    energy2: Floats
    delay_s: float

    @property
    def rate(self) -> Floats:
        return np.sqrt(self.mu / self.parking_radius**3)

    @property
    def impulse(self) -> Floats:
        circular2 = self.mu / self.parking_radius
        return np.asarray(np.sqrt(2.0 * circular2 + self.energy2) - np.sqrt(circular2))


def finite_injection(
    perigee_radius_km: ArrayLike,
    c3_km2_s2: ArrayLike,
    stage: InjectionStage,
    mu_km3_s2: float,
    *,
    parking_radius_km: ArrayLike | None = None,
    delay_s: float = 0.0,
) -> FiniteInjection:
    """Find the finite burns that lead from circular parking orbits onto given transfers.

    Parameters
    ----------
    perigee_radius_km : array_like, shape (N,)
        Perigee of the transfer.
    c3_km2_s2 : array_like, shape (N,)
        Twice the energy after injection.
    stage : InjectionStage
        The stage.
    mu_km3_s2 : float
        GM of the Earth.
    parking_radius_km : array_like, shape (N,), optional
        Radius of the parking orbit; that of the perigee when omitted, as after an impulse.
    delay_s : float
        How much later than on the parking orbit the perigee's direction is passed; 0 as after an impulse.

    Returns
    -------
    FiniteInjection
        N rows; a row that does not converge says so and holds its last iterate.
    """
    perigee, c3 = np.broadcast_arrays(np.atleast_1d(np.asarray(perigee_radius_km, float)), c3_km2_s2)
    parking = perigee if parking_radius_km is None else np.broadcast_to(parking_radius_km, perigee.shape)
    task = _Task(mu_km3_s2, stage, np.asarray(parking, float), perigee, np.asarray(c3, float), delay_s)
    duration = _first_duration(task)
    controls = np.stack((0.5 * duration - delay_s, duration, 0.0 * duration, -task.rate), axis=1)
    converged = np.zeros(perigee.shape, dtype=bool)
    for _ in range(MAX_NEWTON):
        residual = _miss(task, controls)
        converged = np.abs(residual).max(axis=1) < TOLERANCE
        if converged.all():
            break
        columns = [(_miss(task, controls + DIFFERENCES * row) - residual) / step for row, step in _axes()]
        step = np.linalg.solve(np.stack(columns, axis=2), -residual[:, :, None])[:, :, 0]
        share = np.minimum(1.0, 0.2 * controls[:, 1] / np.maximum(np.abs(step[:, :2]).max(axis=1), 1e-12))
        controls = np.where(converged[:, None], controls, controls + share[:, None] * step)
    ignition = stage.burnout_mass_kg + stage.flow_kg_s * controls[:, 1]
    dv = stage.exhaust_km_s * np.log(ignition / stage.burnout_mass_kg)
    return FiniteInjection(
        converged,
        dv * M_PER_KM,
        (dv - task.impulse) * M_PER_KM,
        controls[:, 1],
        controls[:, 0] + delay_s,
        np.rad2deg(controls[:, 2]),
        np.rad2deg(controls[:, 3]),
        ignition,
    )


def sampled_injection(
    aim: InjectionAim, c3_km2_s2: Floats, stage: InjectionStage, parking_radius_km: float, mu_km3_s2: float
) -> FiniteInjection:
    """Return the burns onto many transfers through one perigee, interpolated between energies solved for.

    Parameters
    ----------
    aim : InjectionAim
        Perigee and delay of all transfers.
    c3_km2_s2 : ndarray, shape (N,)
        Twice the energy of each.
    stage : InjectionStage
        The stage.
    parking_radius_km : float
        Radius of the parking orbit.
    mu_km3_s2 : float
        GM of the Earth.

    Returns
    -------
    FiniteInjection
        N rows. The samples lie at fixed energies, so that no row depends on its neighbours.
    """
    # Samples half a step off zero: the parabola, where the formulas of ellipse and hyperbola part, is never one.
    place = np.asarray(c3_km2_s2, float) / SAMPLE_C3_KM2_S2 - 0.5
    first = np.floor(place).astype(np.intp) - (NODES // 2 - 1)
    needed = np.unique(first[:, None] + np.arange(NODES))
    solved = finite_injection(
        aim.perigee_radius_km,
        (needed + 0.5) * SAMPLE_C3_KM2_S2,
        stage,
        mu_km3_s2,
        parking_radius_km=parking_radius_km,
        delay_s=aim.delay_s,
    )
    index = np.searchsorted(needed, first[:, None] + np.arange(NODES))
    weights = lagrange_weights(place - first, NODES)
    found = {
        field.name: _weighted(weights, np.asarray(getattr(solved, field.name), float)[index])
        for field in fields(FiniteInjection)
        if field.name != "converged"
    }
    return FiniteInjection(converged=np.asarray(solved.converged[index].all(axis=1)), **found)


def _weighted(weights: Floats, values: Floats) -> Floats:
    total = weights[:, 0] * values[:, 0]
    for k in range(1, NODES):
        total = total + weights[:, k] * values[:, k]
    return np.asarray(total)


@functools.lru_cache(maxsize=64)
def injection_aim(
    parking_radius_km: float, stage: InjectionStage, mu_km3_s2: float, *, c3_km2_s2: float = AIM_C3_KM2_S2
) -> InjectionAim:
    """Find the burn of least propellant from a circular orbit to an energy, and the perigee to which it leads.

    Parameters
    ----------
    parking_radius_km : float
        Radius of the parking orbit.
    stage : InjectionStage
        The stage.
    mu_km3_s2 : float
        GM of the Earth.
    c3_km2_s2 : float
        Twice the energy after the burn.

    Returns
    -------
    InjectionAim
        Best among steerings with a constant turning rate.

    Raises
    ------
    InputError
        The thrust is too low for a single burn.
    """
    rows = 6
    task = _Task(mu_km3_s2, stage, np.full(rows, parking_radius_km), np.full(rows, 1.0), np.full(rows, c3_km2_s2), 0.0)
    rate, first = float(task.rate[0]), float(_first_duration(task)[0])
    # In units in which both steering controls matter alike: pitch at ignition, and pitch gained over the burn.
    scale = np.array([1.0, 1.0 / first])
    star = 0.02 * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1], [1, 1]], dtype=float)
    centre = np.array([0.0, -rate * first])
    for _ in range(MAX_NEWTON):
        controls = (centre + star) * scale
        duration = _duration_to_energy(task, controls)
        slope = (duration[[1, 3]] - duration[[2, 4]]) / (2.0 * 0.02)
        bend = (duration[[1, 3]] + duration[[2, 4]] - 2.0 * duration[0]) / 0.02**2
        cross = (duration[5] - duration[1] - duration[3] + duration[0]) / 0.02**2
        hessian = np.array([[bend[0], cross], [cross, bend[1]]])
        if not (np.isfinite(hessian).all() and np.linalg.eigvalsh(hessian).min() > 0.0):
            break
        step = -np.linalg.solve(hessian, slope)
        step *= min(1.0, 0.3 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-7:
            return _aim_of(task, controls, duration)
        centre = centre + step
    raise InputError(
        f"no single burn of {stage.thrust_n:g} N on {stage.burnout_mass_kg:g} kg at burn-out reaches the Moon from a "
        f"radius of {parking_radius_km:g} km; check thrust and masses of the upper stage, or use impulsive injection"
    )


def _aim_of(task: _Task, steering: Floats, duration: Floats) -> InjectionAim:
    """Read perigee, delay and loss off the burn in the first row."""
    controls = np.column_stack((np.zeros_like(duration), duration, steering))
    state = _burn(task, controls)
    _, perigee, direction, since = _perigee(task.mu, state)
    stage, passage = task.stage, duration[0] - since[0]
    dv = stage.exhaust_km_s * np.log1p(stage.flow_kg_s * duration[0] / stage.burnout_mass_kg)
    return InjectionAim(
        float(perigee[0]),
        float(passage - np.mod(direction[0], TWO_PI) / task.rate[0]),
        float(passage),
        float((dv - task.impulse[0]) * M_PER_KM),
        float(duration[0]),
    )


def _first_duration(task: _Task) -> Floats:
    """Return the length of a burn without losses."""
    stage = task.stage
    return np.asarray(stage.burnout_mass_kg / stage.flow_kg_s * np.expm1(task.impulse / stage.exhaust_km_s))


def _duration_to_energy(task: _Task, steering: Floats) -> Floats:
    """Return durations after which burns with given steering have the energy asked for; NaN without one."""
    duration = _first_duration(task)
    for _ in range(MAX_NEWTON):
        lead = np.zeros_like(duration)

        def energy2(length: Floats, lead: Floats = lead) -> Floats:
            state = _burn(task, np.column_stack((lead, length, steering)))
            return _perigee(task.mu, state)[0]

        now = energy2(duration)
        # By differences: a longer burn starts heavier, since the mass at burn-out is what is given.
        slope = (energy2(duration + 1e-3) - now) / 1e-3
        step = (task.energy2 - now) / slope
        duration = duration + np.clip(step, -0.2 * duration, 0.2 * duration)
        if np.abs(step).max() < 1e-9 * np.abs(duration).max():
            return duration
    return np.full_like(duration, np.nan)


def _axes() -> list[tuple[Floats, float]]:
    return [(np.eye(4)[k], float(DIFFERENCES[k])) for k in range(4)]


def _rates(task: _Task, state: Floats, time: Floats, controls: Floats) -> Floats:
    """Planar equations of motion with thrust."""
    x, y = state[:, 0], state[:, 1]
    pull = -task.mu / (x * x + y * y) ** 1.5
    stage = task.stage
    mass = stage.burnout_mass_kg + stage.flow_kg_s * (controls[:, 1] - time)
    push = stage.thrust_n * KM_PER_M / mass
    # Inertial angle of the thrust: local horizontal at ignition, plus pitch (outward), turning at a constant rate.
    start = -task.rate * controls[:, 0]
    angle = start + np.pi / 2 - controls[:, 2] - controls[:, 3] * time
    return np.stack(
        (state[:, 2], state[:, 3], pull * x + push * np.cos(angle), pull * y + push * np.sin(angle)), axis=1
    )


def _burn(task: _Task, controls: Floats) -> Floats:
    """Integrate burns that start on the parking orbit, `controls[:, 0]` seconds before its passage of the x axis."""
    start = -task.rate * controls[:, 0]
    radius, speed = task.parking_radius, task.rate * task.parking_radius
    state = np.stack(
        (radius * np.cos(start), radius * np.sin(start), -speed * np.sin(start), speed * np.cos(start)), axis=1
    )
    step = controls[:, 1] / STEPS
    for number in range(STEPS):
        stages: list[Floats] = []
        for row in range(len(C)):
            moved = state
            for column in range(row):
                if A[row, column] != 0.0:
                    moved = moved + (step * A[row, column])[:, None] * stages[column]
            stages.append(_rates(task, moved, (number + C[row]) * step, controls))
        for row in range(len(C)):
            if B[row] != 0.0:
                state = state + (step * B[row])[:, None] * stages[row]
    return state


def _perigee(mu: float, state: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return twice the energy, perigee radius, direction of the perigee (rad), and time since it."""
    x, y, u, v = state.T
    radius = np.hypot(x, y)
    energy2 = u * u + v * v - 2.0 * mu / radius
    momentum = x * v - y * u
    ex, ey = v * momentum / mu - x / radius, -u * momentum / mu - y / radius
    ecc = np.hypot(ex, ey)
    size = mu / np.abs(energy2)
    scaled = (x * u + y * v) / np.sqrt(mu * size)
    elliptic = energy2 < 0.0
    anomaly = np.where(elliptic, np.arctan2(scaled, 1.0 - radius / size), np.arcsinh(scaled / ecc))
    since = np.where(elliptic, anomaly - scaled, scaled - anomaly) * np.sqrt(size**3 / mu)
    return energy2, momentum**2 / mu / (1.0 + ecc), np.arctan2(ey, ex), since


def _miss(task: _Task, controls: Floats) -> Floats:
    """Return how the orbit after the burn differs from the transfer: energy, perigee radius, direction, time."""
    energy2, perigee, direction, since = _perigee(task.mu, _burn(task, controls))
    # The parking orbit would pass the perigee's direction at time zero; the transfer passes it `delay_s` later.
    passage = controls[:, 1] - controls[:, 0] - since
    return np.stack(
        (
            (energy2 - task.energy2) * task.parking_radius / task.mu,
            perigee / task.perigee_radius - 1.0,
            direction,
            (passage - task.delay_s) * task.rate,
        ),
        axis=1,
    )
