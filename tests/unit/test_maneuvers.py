"""Impulses at an apsis."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.maneuvers import (
    apolune_after_km,
    apsis_change_dv_m_s,
    apsis_speed_km_s,
    gravity_loss_m_s,
    insertion_dv_m_s,
    insertion_impulses_m_s,
    loi_dv_m_s,
    plan_burns,
    plan_impulses,
    plane_change_dv_m_s,
    speed_km_s,
    tli_dv_m_s,
)
from sim.spacecraft import Engine

MU_EARTH, MU_MOON = 398600.4418, 4902.8001
MOON_RADIUS = 1737.4


def test_escape_from_a_circular_orbit_takes_root_two_less_one():
    circular = math.sqrt(MU_EARTH / 6578.137)
    dv = float(tli_dv_m_s(6578.137, 0.0, MU_EARTH))
    assert dv == pytest.approx(1e3 * (math.sqrt(2.0) - 1.0) * circular, rel=1e-13)


def test_injection_and_insertion_are_in_the_known_range():
    # Daily windows of 2024 and 2026 from 200 km: 3124 to 3141 m/s; insertion at 100 km: 797 to 918 m/s.
    assert 3124.0 < float(tli_dv_m_s(6578.137, -1.9, MU_EARTH)) < 3146.0
    assert 797.0 < float(loi_dv_m_s(0.85, MOON_RADIUS + 100.0, MOON_RADIUS + 100.0, MU_MOON)) < 918.0


def test_descent_orbit_planned_for_luna_25():
    # 100 km circular lowered to 18 km, worked out apart from this code: 18.75 m/s.
    low, high = MOON_RADIUS + 18.0, MOON_RADIUS + 100.0
    assert float(apsis_change_dv_m_s(high, high, low, MU_MOON)) == pytest.approx(18.75, abs=0.05)


@given(
    perilune=st.floats(1750.0, 3000.0),
    factor=st.floats(1.0, 20.0),
    vinf=st.floats(0.0, 2.0),
)
def test_insertion_in_two_steps_equals_one(perilune, factor, vinf):
    apolune = perilune * factor
    direct = loi_dv_m_s(vinf, perilune, perilune, MU_MOON)
    to_ellipse = loi_dv_m_s(vinf, perilune, apolune, MU_MOON)
    to_circle = apsis_change_dv_m_s(perilune, apolune, perilune, MU_MOON)
    np.testing.assert_allclose(to_ellipse + to_circle, direct, rtol=1e-10, atol=1e-8)


@given(inner=st.floats(1750.0, 10_000.0), factor=st.floats(1.0, 50.0))
def test_apsis_speeds_keep_angular_momentum_and_energy(inner, factor):
    outer = inner * factor
    fast, slow = apsis_speed_km_s(inner, outer, MU_MOON), apsis_speed_km_s(outer, inner, MU_MOON)
    np.testing.assert_allclose(fast * inner, slow * outer, rtol=1e-13)
    c3 = fast**2 - 2.0 * MU_MOON / inner
    np.testing.assert_allclose(c3, -2.0 * MU_MOON / (inner + outer), rtol=1e-10)
    np.testing.assert_allclose(speed_km_s(inner, c3, MU_MOON), fast, rtol=1e-13)


def test_plane_change_at_100_km_is_28_m_s_per_degree():
    v = float(apsis_speed_km_s(1837.4, 1837.4, MU_MOON))
    assert float(plane_change_dv_m_s(v, v, 1.0)) == pytest.approx(28.5, abs=0.05)
    assert float(plane_change_dv_m_s(v, v, 1e-9)) == pytest.approx(v * 1e3 * math.radians(1e-9), rel=1e-9)
    assert float(plane_change_dv_m_s(1.0, 1.5, 0.0)) == pytest.approx(500.0)
    assert float(plane_change_dv_m_s(1.0, 1.5, 180.0)) == pytest.approx(2500.0)


def test_an_energy_that_the_orbit_cannot_have_is_nan_in_its_row_only():
    dv = tli_dv_m_s(6578.137, np.array([-1.8, -200.0, -1.8]), MU_EARTH)
    assert np.isnan(dv).tolist() == [False, True, False]
    assert dv[0] == dv[2] == tli_dv_m_s(6578.137, -1.8, MU_EARTH)


def test_an_arrival_slower_than_the_orbit_is_negative():
    assert float(insertion_dv_m_s(1.5, 1837.4, 1837.4, MU_MOON)) < 0.0


def test_splitting_keeps_the_impulse_and_cuts_the_loss():
    engine = Engine(thrust_n=3000.0, isp_s=310.0)
    dv = np.array([800.0, 850.0, 900.0])
    plans = [plan_burns(dv, n, 8200.0, engine, 1937.4, MU_MOON) for n in (1, 2, 3)]
    for n, plan in enumerate(plans, start=1):
        assert plan.dv_m_s.shape == plan.duration_s.shape == plan.loss_m_s.shape == (3, n)
        np.testing.assert_allclose(plan.dv_m_s.sum(axis=1), dv, rtol=1e-14)
        flow = engine.mass_flow_kg_s
        burnt = 8200.0 * -np.expm1(-plan.total_dv_m_s / engine.exhaust_velocity_m_s)
        np.testing.assert_allclose(8200.0 - plan.mass_kg, burnt, rtol=1e-12)
        assert (plan.duration_s.sum(axis=1) * flow <= burnt).all()
    losses = np.array([plan.loss_m_s.sum(axis=1) for plan in plans])
    assert (losses[1] < 0.3 * losses[0]).all()
    assert (losses[2] < 0.14 * losses[0]).all()
    # One burn: the formula by hand.
    turned = math.sqrt(MU_MOON / 1937.4**3) * plans[0].duration_s[:, 0]
    np.testing.assert_allclose(plans[0].loss_m_s[:, 0], turned**2 * dv / 24.0, rtol=1e-13)
    assert float(gravity_loss_m_s(0.0, 100.0, 1837.4, MU_MOON)) == 0.0


def test_no_burns_is_refused():
    with pytest.raises(InputError, match="n_burns is 0; allowed"):
        plan_burns(100.0, 0, 1000.0, Engine(400.0, 310.0), 1837.4, MU_MOON)


def test_insertion_through_given_orbits_adds_up_and_ends_in_each_of_them():
    perilune, apolunes = 1937.4, np.array([10337.4, 3437.4, 1937.4])
    total = np.array([780.0, 830.0])
    shares = insertion_impulses_m_s(total, perilune, apolunes, MU_MOON)
    np.testing.assert_allclose(shares.sum(axis=1), total, rtol=1e-13)
    # The orbits between cost the same whatever the arrival: only the first burn takes up its speed.
    np.testing.assert_allclose(shares[0, 1:], shares[1, 1:], rtol=1e-13)
    assert shares[1, 0] - shares[0, 0] == pytest.approx(50.0, abs=1e-9)
    for row in range(2):
        after = apolune_after_km(total[row], np.cumsum(shares[row]), perilune, 1937.4, MU_MOON)
        np.testing.assert_allclose(after, apolunes, rtol=1e-9)
    # By vis-viva, from the orbit of 12 hours to that of 3.5 hours.
    speed = [math.sqrt(MU_MOON * (2.0 / perilune - 2.0 / (perilune + apo))) * 1e3 for apo in apolunes]
    assert shares[0, 1] == pytest.approx(speed[0] - speed[1], rel=1e-12)


def test_before_capture_the_apolune_is_infinite():
    assert apolune_after_km(900.0, 10.0, 1837.4, 1837.4, MU_MOON) == np.inf
    assert apolune_after_km(900.0, 900.0, 1837.4, 1837.4, MU_MOON) == pytest.approx(1837.4)


def test_given_impulses_are_flown_in_turn():
    engine = Engine(thrust_n=3000.0, isp_s=310.0)
    equal = plan_burns(np.array([840.0]), 3, 8200.0, engine, 1937.4, MU_MOON)
    given = plan_impulses(np.full((1, 3), 280.0), 8200.0, engine, 1937.4, MU_MOON)
    np.testing.assert_array_equal(equal.loss_m_s, given.loss_m_s)
    np.testing.assert_array_equal(equal.mass_kg, given.mass_kg)
