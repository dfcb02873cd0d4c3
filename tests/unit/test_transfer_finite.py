"""Finite injections: they end on the impulse's transfer, cost what theory says, and agree with another integrator."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sim.bodies import EARTH
from sim.constants import STANDARD_GRAVITY_M_S2
from sim.maneuvers import gravity_loss_m_s, tli_dv_m_s
from sim.spacecraft import Engine
from sim.transfer import finite_injection as module
from sim.transfer.finite_injection import finite_injection

MU = EARTH.gm_km3_s2
FREGAT = Engine(19_610.0, 327.0)
RADIUS, C3, MASS = 6578.0, -2.0, 8500.0


def test_burn_ends_on_the_transfer_by_another_integrator() -> None:
    found = finite_injection(np.array([RADIUS]), np.array([C3]), MASS, FREGAT, MU)
    assert found.converged[0]
    rate = np.sqrt(MU / RADIUS**3)
    start = -rate * found.ignition_before_perigee_s[0]
    flow = FREGAT.thrust_n / (FREGAT.isp_s * STANDARD_GRAVITY_M_S2)
    pitch, turn = np.deg2rad(found.pitch_deg[0]), np.deg2rad(found.turn_rate_deg_s[0])

    def rates(t: float, s: np.ndarray) -> np.ndarray:
        r3 = np.hypot(s[0], s[1]) ** 3
        push = FREGAT.thrust_n / (MASS - flow * t) * 1e-3
        angle = start + np.pi / 2 - pitch - turn * t
        return np.array([s[2], s[3], -MU * s[0] / r3 + push * np.cos(angle), -MU * s[1] / r3 + push * np.sin(angle)])

    speed = rate * RADIUS
    begin = [RADIUS * np.cos(start), RADIUS * np.sin(start), -speed * np.sin(start), speed * np.cos(start)]
    end = solve_ivp(rates, (0.0, found.duration_s[0]), begin, rtol=1e-12, atol=1e-12, method="DOP853").y[:, -1]
    # follow the transfer ellipse from its perigee to the same instant, again numerically
    after = found.duration_s[0] - found.ignition_before_perigee_s[0]
    vp = np.sqrt(C3 + 2.0 * MU / RADIUS)
    coast = solve_ivp(
        lambda t, s: np.array([s[2], s[3], *(-MU * s[:2] / np.hypot(s[0], s[1]) ** 3)]),
        (0.0, after), [RADIUS, 0.0, 0.0, vp], rtol=1e-12, atol=1e-12, method="DOP853",
    )  # fmt: skip
    assert np.linalg.norm(end[:2] - coast.y[:2, -1]) * 1e3 < 1.0  # measured below 0.01 m
    assert np.linalg.norm(end[2:] - coast.y[2:, -1]) * 1e6 < 1.0


def test_short_burns_approach_the_impulse() -> None:
    found = finite_injection(np.array([RADIUS]), np.array([C3]), MASS, Engine(1e7, 327.0), MU)
    assert found.dv_m_s[0] == pytest.approx(float(tli_dv_m_s(RADIUS, C3, MU)), abs=0.01)


def test_loss_follows_theory_for_fixed_attitude() -> None:
    # holding the same transfer needs an almost fixed attitude, whose loss is (omega t)^2 dv / 24 for moderate burns
    stage = Engine(60_000.0, 327.0)
    found = finite_injection(np.array([RADIUS]), np.array([C3]), MASS, stage, MU)
    theory = float(gravity_loss_m_s(float(tli_dv_m_s(RADIUS, C3, MU)), found.duration_s[0], RADIUS, MU))
    assert found.loss_m_s[0] == pytest.approx(theory, rel=0.1)


def test_finer_steps_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    coarse = finite_injection(np.array([RADIUS]), np.array([C3]), MASS, FREGAT, MU).loss_m_s[0]
    monkeypatch.setattr(module, "STEPS", 4 * module.STEPS)
    fine = finite_injection(np.array([RADIUS]), np.array([C3]), MASS, FREGAT, MU).loss_m_s[0]
    assert fine == pytest.approx(coarse, abs=1e-5)
