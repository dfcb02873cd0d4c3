"""Finite injections: they end on the transfer asked for, cost what theory says, and agree with another integrator."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sim.bodies import EARTH
from sim.constants import STANDARD_GRAVITY_M_S2
from sim.errors import InputError
from sim.maneuvers import gravity_loss_m_s, tli_dv_m_s
from sim.transfer import finite_injection as module
from sim.transfer.finite_injection import InjectionStage, finite_injection, injection_aim, sampled_injection

MU = EARTH.gm_km3_s2
FREGAT = InjectionStage(19_610.0, 327.0, 3_250.0)
CZ5 = InjectionStage(176_700.0, 440.0, 14_000.0)
RADIUS, C3 = 6578.0, -2.0


def flown(found, stage: InjectionStage, delay_s: float = 0.0, radius: float = RADIUS) -> np.ndarray:
    """End of the first burn by scipy's DOP853; the parking orbit passes the x axis `delay_s` before the perigee."""
    rate = np.sqrt(MU / radius**3)
    start = -rate * (found.ignition_before_perigee_s[0] - delay_s)
    flow = stage.thrust_n / (stage.isp_s * STANDARD_GRAVITY_M_S2)
    pitch, turn = np.deg2rad(found.pitch_deg[0]), np.deg2rad(found.turn_rate_deg_s[0])

    def rates(t: float, s: np.ndarray) -> np.ndarray:
        r3 = np.hypot(s[0], s[1]) ** 3
        push = stage.thrust_n / (found.ignition_mass_kg[0] - flow * t) * 1e-3
        angle = start + np.pi / 2 - pitch - turn * t
        return np.array([s[2], s[3], -MU * s[0] / r3 + push * np.cos(angle), -MU * s[1] / r3 + push * np.sin(angle)])

    speed = rate * radius
    begin = [radius * np.cos(start), radius * np.sin(start), -speed * np.sin(start), speed * np.cos(start)]
    return solve_ivp(rates, (0.0, found.duration_s[0]), begin, rtol=1e-12, atol=1e-12, method="DOP853").y[:, -1]


def coasted(perigee_km: float, c3: float, since_s: float) -> np.ndarray:
    """State on the transfer some time after its perigee, by scipy."""
    vp = np.sqrt(c3 + 2.0 * MU / perigee_km)
    return solve_ivp(
        lambda t, s: np.array([s[2], s[3], *(-MU * s[:2] / np.hypot(s[0], s[1]) ** 3)]),
        (0.0, since_s), [perigee_km, 0.0, 0.0, vp], rtol=1e-12, atol=1e-12, method="DOP853",
    ).y[:, -1]  # fmt: skip


def test_burn_ends_on_the_transfer_by_another_integrator() -> None:
    found = finite_injection(RADIUS, C3, FREGAT, MU)
    assert found.converged[0]
    end = flown(found, FREGAT)
    wanted = coasted(RADIUS, C3, found.duration_s[0] - found.ignition_before_perigee_s[0])
    assert np.linalg.norm(end[:2] - wanted[:2]) * 1e3 < 1.0  # measured below 0.01 m
    assert np.linalg.norm(end[2:] - wanted[2:]) * 1e6 < 1.0


def test_burn_onto_the_perigee_aimed_at_by_another_integrator() -> None:
    aim = injection_aim(RADIUS, FREGAT, MU)
    found = finite_injection(
        aim.perigee_radius_km, -1.8, FREGAT, MU, parking_radius_km=RADIUS, delay_s=aim.delay_s
    )
    assert found.converged[0]
    end = flown(found, FREGAT, aim.delay_s)
    wanted = coasted(aim.perigee_radius_km, -1.8, found.duration_s[0] - found.ignition_before_perigee_s[0])
    assert np.linalg.norm(end[:2] - wanted[:2]) * 1e3 < 1.0
    assert np.linalg.norm(end[2:] - wanted[2:]) * 1e6 < 1.0


def test_short_burns_approach_the_impulse() -> None:
    found = finite_injection(RADIUS, C3, InjectionStage(1e7, 327.0, 3_250.0), MU)
    assert found.dv_m_s[0] == pytest.approx(float(tli_dv_m_s(RADIUS, C3, MU)), abs=0.01)
    aim = injection_aim(RADIUS, InjectionStage(1e7, 327.0, 3_250.0), MU)
    assert aim.perigee_radius_km == pytest.approx(RADIUS, abs=0.1)
    assert aim.delay_s == pytest.approx(0.0, abs=0.01)


def test_loss_follows_theory_for_fixed_attitude() -> None:
    # holding the perigee of the impulse needs an almost fixed attitude, whose loss is (omega t)^2 dv / 24
    stage = InjectionStage(60_000.0, 327.0, 3_250.0)
    found = finite_injection(RADIUS, C3, stage, MU)
    theory = float(gravity_loss_m_s(float(tli_dv_m_s(RADIUS, C3, MU)), found.duration_s[0], RADIUS, MU))
    assert found.loss_m_s[0] == pytest.approx(theory, rel=0.1)


@pytest.mark.parametrize("stage", [FREGAT, CZ5], ids=["fregat", "cz5"])
def test_freeing_the_perigee_halves_the_loss(stage: InjectionStage) -> None:
    held = finite_injection(RADIUS, C3, stage, MU).loss_m_s[0]
    aim = injection_aim(RADIUS, stage, MU)
    assert 0.44 < aim.loss_m_s / held < 0.52  # measured 0.470 and 0.488
    onto = finite_injection(aim.perigee_radius_km, C3, stage, MU, parking_radius_km=RADIUS, delay_s=aim.delay_s)
    assert onto.loss_m_s[0] == pytest.approx(aim.loss_m_s, abs=1e-6)


def test_no_other_perigee_or_delay_is_cheaper() -> None:
    aim = injection_aim(RADIUS, FREGAT, MU)
    for higher, later in ((30.0, 0.0), (-30.0, 0.0), (0.0, 2.0), (0.0, -2.0)):
        found = finite_injection(
            aim.perigee_radius_km + higher, C3, FREGAT, MU, parking_radius_km=RADIUS, delay_s=aim.delay_s + later
        )
        assert found.converged[0]
        assert found.loss_m_s[0] > aim.loss_m_s + 0.01


@pytest.mark.parametrize("c3", [-2.3, -1.6, -1.2])
def test_one_aim_serves_all_energies(c3: float) -> None:
    aim, own = injection_aim(RADIUS, FREGAT, MU), injection_aim(RADIUS, FREGAT, MU, c3_km2_s2=c3)
    found = finite_injection(aim.perigee_radius_km, c3, FREGAT, MU, parking_radius_km=RADIUS, delay_s=aim.delay_s)
    assert 0.0 <= found.loss_m_s[0] - own.loss_m_s < 0.2  # measured 0.17 m/s at -1.2


def test_interpolated_burns_are_those_solved_for_and_know_no_neighbours() -> None:
    aim = injection_aim(RADIUS, FREGAT, MU)
    c3 = np.random.default_rng(3).uniform(-2.3, 0.9, 40)
    many = sampled_injection(aim, c3, FREGAT, RADIUS, MU)
    each = finite_injection(aim.perigee_radius_km, c3, FREGAT, MU, parking_radius_km=RADIUS, delay_s=aim.delay_s)
    assert many.converged.all() and each.converged.all()
    np.testing.assert_allclose(many.loss_m_s, each.loss_m_s, atol=1e-6)
    np.testing.assert_allclose(many.ignition_before_perigee_s, each.ignition_before_perigee_s, atol=1e-6)
    alone = sampled_injection(aim, c3[7:8], FREGAT, RADIUS, MU)
    assert alone.loss_m_s[0] == many.loss_m_s[7]


def test_a_stage_too_weak_for_one_burn_is_refused() -> None:
    with pytest.raises(InputError, match="no single burn of 200 N"):
        injection_aim(RADIUS, InjectionStage(200.0, 327.0, 3_250.0), MU)


def test_finer_steps_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    coarse = finite_injection(RADIUS, C3, FREGAT, MU).loss_m_s[0]
    monkeypatch.setattr(module, "STEPS", 3 * module.STEPS)
    fine = finite_injection(RADIUS, C3, FREGAT, MU).loss_m_s[0]
    assert fine == pytest.approx(coarse, abs=1e-6)
