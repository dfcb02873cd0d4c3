"""Masses, engines and the rocket equation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.spacecraft import (
    Engine,
    Spacecraft,
    available_dv_m_s,
    burn_time_s,
    delivered_mass_kg,
    propellant_kg,
)

MAIN = Engine(thrust_n=3000.0, isp_s=310.0)
CRAFT = Spacecraft(launch_mass_kg=8200.0, dry_mass_kg=3000.0, engines=(MAIN,))


def test_chang_e_5_insertion_burn():
    # 3000 N for 17 minutes from 8.2 t (published): 1006.6 kg and about 400 m/s at 310 s.
    seconds = 17.0 * 60.0
    used = MAIN.mass_flow_kg_s * seconds
    dv = float(available_dv_m_s(8200.0, 8200.0 - used, MAIN.isp_s))
    assert used == pytest.approx(3000.0 * seconds / (310.0 * 9.80665), rel=1e-15)
    assert dv == pytest.approx(399.0, abs=1.0)
    assert float(burn_time_s(8200.0, dv, MAIN)) == pytest.approx(seconds, rel=1e-13)


@given(
    mass=st.floats(1.0, 1e6),
    first=st.floats(0.0, 5e3),
    second=st.floats(0.0, 5e3),
    isp=st.floats(50.0, 5000.0),
)
def test_two_burns_in_turn_are_one_burn(mass, first, second, isp):
    in_turn = delivered_mass_kg(delivered_mass_kg(mass, first, isp), second, isp)
    at_once = delivered_mass_kg(mass, first + second, isp)
    np.testing.assert_allclose(in_turn, at_once, rtol=1e-13)
    used = propellant_kg(mass, first + second, isp)
    np.testing.assert_allclose(at_once + used, mass, rtol=1e-13)


def test_small_burns_keep_their_digits():
    # 1 um/s from 1 t: m dv/c, where 1 - exp(-dv/c) computed directly keeps six digits only.
    c = 310.0 * 9.80665
    assert float(propellant_kg(1000.0, 1e-6, 310.0)) == pytest.approx(1000.0 * 1e-6 / c, rel=1e-9)


def test_margin_turns_negative_at_the_capability():
    capability = CRAFT.dv_capability_m_s
    assert capability == pytest.approx(310.0 * 9.80665 * math.log(8200.0 / 3000.0))
    margin = CRAFT.propellant_margin_kg([0.0, capability, capability + 1.0])
    assert margin[0] == CRAFT.propellant_mass_kg == 5200.0
    assert abs(margin[1]) < 1e-9
    assert margin[2] < 0.0


def test_a_nan_row_changes_no_other_row():
    clean = CRAFT.delivered_mass_kg([100.0, 200.0, 300.0])
    holed = CRAFT.delivered_mass_kg([100.0, math.nan, 300.0])
    assert np.isnan(holed[1])
    assert holed[[0, 2]].tobytes() == clean[[0, 2]].tobytes()
    undefined = available_dv_m_s([2.0, 2.0, math.nan, 2.0], [1.0, 3.0, 1.0, 0.0], 300.0)
    assert np.isnan(undefined).tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    ("build", "name"),
    [
        (lambda: Engine(thrust_n=0.0, isp_s=310.0), "thrust_n"),
        (lambda: Engine(thrust_n=1.0, isp_s=math.nan), "isp_s"),
        (lambda: Engine(thrust_n=math.inf, isp_s=300.0), "thrust_n"),
        (lambda: Spacecraft(100.0, 101.0, (MAIN,)), "dry_mass_kg"),
        (lambda: Spacecraft(-1.0, 101.0, (MAIN,)), "launch_mass_kg"),
        (lambda: Spacecraft(100.0, 50.0, ()).main_engine, "no engine"),
        (lambda: propellant_kg(100.0, [1.0, -1.0], 300.0), "dv_m_s"),
        (lambda: delivered_mass_kg(-5.0, 1.0, 300.0), "initial_mass_kg"),
        (lambda: available_dv_m_s(5.0, 1.0, 0.0), "isp_s"),
    ],
)
def test_impossible_numbers_are_named(build, name):
    with pytest.raises(InputError, match=name) as caught:
        build()
    assert "allowed" in str(caught.value)
    assert "\n" not in str(caught.value)
