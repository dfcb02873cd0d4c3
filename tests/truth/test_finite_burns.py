"""The formula for the gravity loss against burns integrated at constant thrust with falling mass.

Reference: two-body motion plus thrust, scipy's DOP853 at 1e-10, from the conic before the burn until the
energy of the conic after it is reached; attitude fixed in space, its direction and the ignition time chosen
for the least propellant. The loss is the integrated thrust acceleration less the impulse at the apsis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import minimize

from sim.constants import STANDARD_GRAVITY_M_S2
from sim.maneuvers import gravity_loss_m_s, plan_burns
from sim.spacecraft import Engine

MU_EARTH, MU_MOON = 398600.4418, 4902.8001
PARKING, PERILUNE = 6578.137, 1837.4
V_INF = 0.85
E_ARRIVAL = 1.0 + PERILUNE * V_INF**2 / MU_MOON


@dataclass(frozen=True)
class Burn:
    """An impulse at an apsis, to be flown with a given burn length."""

    mu: float
    apsis: float
    ecc_before: float
    energy_after: float
    isp: float
    seconds: float

    @property
    def speeds(self) -> tuple[float, float]:
        before = math.sqrt(self.mu * (1.0 + self.ecc_before) / self.apsis)
        return before, math.sqrt(2.0 * (self.energy_after + self.mu / self.apsis))

    @property
    def impulse(self) -> float:
        return abs(self.speeds[1] - self.speeds[0])

    @property
    def exhaust(self) -> float:
        return self.isp * STANDARD_GRAVITY_M_S2 * 1e-3

    @property
    def first_acceleration(self) -> float:
        return self.exhaust / self.seconds * -math.expm1(-self.impulse / self.exhaust)

    def formula_m_s(self) -> float:
        return float(gravity_loss_m_s(self.impulse * 1e3, self.seconds, self.apsis, self.mu))


def _coast(burn: Burn, seconds: float) -> np.ndarray:
    """State `seconds` after the passage of the apsis, before the burn changes the orbit."""
    start = np.array([burn.apsis, 0.0, 0.0, burn.speeds[0]])
    if seconds == 0.0:
        return start

    def rates(_t: float, y: np.ndarray) -> list[float]:
        pull = burn.mu / math.hypot(y[0], y[1]) ** 3
        return [y[2], y[3], -pull * y[0], -pull * y[1]]

    return solve_ivp(rates, (0.0, seconds), start, method="DOP853", rtol=1e-10, atol=1e-11).y[:, -1]


def _characteristic_km_s(burn: Burn, ignition_s: float, attitude_rad: float | None) -> float:
    """Integrated thrust acceleration until the energy is reached; attitude None: along the velocity."""
    sign = math.copysign(1.0, burn.speeds[1] - burn.speeds[0])
    acceleration, exhaust, mu = burn.first_acceleration, burn.exhaust, burn.mu

    def rates(t: float, y: np.ndarray) -> list[float]:
        push = sign * acceleration / (1.0 - acceleration * t / exhaust)
        speed = math.hypot(y[2], y[3])
        along = (y[2] / speed, y[3] / speed)
        if attitude_rad is not None:
            along = (-math.sin(attitude_rad), math.cos(attitude_rad))
        pull = mu / math.hypot(y[0], y[1]) ** 3
        return [y[2], y[3], -pull * y[0] + push * along[0], -pull * y[1] + push * along[1]]

    def reached(_t: float, y: np.ndarray) -> float:
        return 0.5 * (y[2] ** 2 + y[3] ** 2) - mu / math.hypot(y[0], y[1]) - burn.energy_after

    reached.terminal = True  # type: ignore[attr-defined]
    longest = 0.97 * exhaust / acceleration
    start = _coast(burn, ignition_s)
    run = solve_ivp(rates, (0.0, longest), start, method="DOP853", rtol=1e-10, atol=1e-11, events=reached)
    assert run.status == 1
    return -exhaust * math.log1p(-acceleration * run.t[-1] / exhaust)


def _fixed_attitude_loss_m_s(burn: Burn) -> float:
    def cost(q: np.ndarray) -> float:
        return _characteristic_km_s(burn, q[0] * burn.seconds if burn.ecc_before else 0.0, q[1])

    rate = math.sqrt(burn.mu / burn.apsis**3)
    # On a circular orbit the ignition time is free: the attitude then follows the middle of the burn.
    start = [-0.5, 0.0] if burn.ecc_before else [0.0, 0.35 * rate * burn.seconds]
    best = minimize(cost, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-9})
    assert best.success
    return (best.fun - burn.impulse) * 1e3


def _ellipse_energy(mu: float, apsis: float, other: float) -> float:
    return -mu / (apsis + other)


TLI = [Burn(MU_EARTH, PARKING, 0.0, -0.9, 333.0, seconds) for seconds in (100.0, 400.0, 850.0)]
RAISED = [Burn(MU_EARTH, PARKING, 0.35, -0.9, 333.0, 400.0)]
CIRCULAR = -0.5 * MU_MOON / PERILUNE
LOI = [Burn(MU_MOON, PERILUNE, E_ARRIVAL, CIRCULAR, 310.0, seconds) for seconds in (400.0, 1000.0, 1500.0)]
CAPTURE = [Burn(MU_MOON, PERILUNE, E_ARRIVAL, _ellipse_energy(MU_MOON, PERILUNE, 10337.4), 310.0, 1000.0)]


@pytest.mark.parametrize(
    ("name", "burns", "tolerance"),
    [
        # Measured: 1.53 % at 100 s, falling through 1.0 % at 400 s to -1.0 % at 850 s (second-order terms in
        # the mass flow); the tolerance is twice the largest.
        ("injection from a 200 km circular orbit", TLI, 3.0),
        # Measured: 0.2 %.
        ("injection from a raised ellipse", RAISED, 1.0),
        # Measured: 0.3 % at 400 s, 2.5 % at 1000 s, 5.2 % at 1500 s: fourth order in the turned angle.
        ("insertion into a 100 km circular orbit", LOI, 10.0),
        # Measured: 0.02 %.
        ("capture into a 100 x 8600 km orbit", CAPTURE, 0.2),
    ],
)
def test_gravity_loss_is_that_of_a_fixed_attitude(name, burns, tolerance, record_accuracy):
    worst = 0.0
    for burn in burns:
        integrated = _fixed_attitude_loss_m_s(burn)
        difference = 100.0 * (burn.formula_m_s() / integrated - 1.0)
        worst = max(worst, difference, key=abs)
    record_accuracy(f"gravity loss, {name}", "integrated burn", "loss", worst, "%", tolerance)


@pytest.mark.parametrize("burn", [*TLI, *LOI, *CAPTURE])
def test_gravity_loss_bounds_a_burn_along_the_velocity(burn):
    # On the circular orbit every ignition is the same; otherwise the burn is centred on the apsis.
    ignition = 0.0 if burn.ecc_before == 0.0 else -0.5 * burn.seconds
    steered = (_characteristic_km_s(burn, ignition, None) - burn.impulse) * 1e3
    assert 0.0 < steered < burn.formula_m_s()


def test_two_burns_lose_what_two_integrated_burns_lose(record_accuracy):
    # 6.4 t on 20 kN: one burn of 845 s loses 130 m/s. Split, each half is integrated on its own orbit.
    engine, mass = Engine(thrust_n=20_000.0, isp_s=333.0), 8_000.0
    speed = math.sqrt(MU_EARTH / PARKING)
    impulse = math.sqrt(2.0 * MU_EARTH / PARKING - 1.8) - speed
    plan = plan_burns(impulse * 1e3, 2, mass, engine, PARKING, MU_EARTH)
    integrated = 0.0
    for i in range(2):
        before = speed + i * impulse / 2.0
        after = before + impulse / 2.0
        ecc = before**2 * PARKING / MU_EARTH - 1.0
        energy = 0.5 * after**2 - MU_EARTH / PARKING
        burn = Burn(MU_EARTH, PARKING, max(ecc, 0.0) if i else 0.0, energy, 333.0, plan.duration_s[0, i])
        integrated += _fixed_attitude_loss_m_s(burn)
    difference = 100.0 * (float(plan.loss_m_s.sum()) / integrated - 1.0)
    # Measured: -1.3 %; the sign differs from the single burn's because each half turns through less.
    record_accuracy("gravity loss, injection in two burns", "integrated burns", "loss", difference, "%", 3.0)
    single = plan_burns(impulse * 1e3, 1, mass, engine, PARKING, MU_EARTH)
    assert float(plan.loss_m_s.sum()) < 0.3 * float(single.loss_m_s.sum())
