"""A powered descent on a published engine against what Chang'e 5 needed.

Published: powered descent from 15 km and 1.7 km/s at 22:57 on 1 December 2020, touchdown 23:11 (Beijing), engine of
7,500 N, hover at 100 m (CNSA; http://parabolicarc.com/2020/12/01/change-5-to-collect-lunar-samples-over-next-2-days/);
1,898 kg of propellant during the descent (Guidance Navigation and Control for Chang'E-5 Powered Descent, Space: Science
& Technology 2021, 9823609, table 2). Assumed: 3,800 kg at ignition, 310 s, 100 s of vertical phase and hover.
"""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import InputError, UnreachableError
from sim.operations import deorbit, engine_descent, powered_descent

CASE, REFERENCE = "Chang'e 5, powered descent (mass, isp and hover assumed)", "CNSA; Space: Sci. Technol. 2021"


def test_chang_e_5_powered_descent(record_accuracy):
    down = deorbit(200.0, 15.0)
    assert down.perilune_speed_m_s == pytest.approx(1700.0, abs=50.0)
    found = engine_descent(15.0, down.perilune_speed_m_s, 3800.0, 7500.0, 310.0, vertical_s=100.0)
    # 815 s against 14 min to the minute, 1,869 kg against 1,898 kg.
    record_accuracy(CASE, REFERENCE, "duration", abs(found.total_s - 840.0), "s", 90.0)
    record_accuracy(CASE, REFERENCE, "propellant", abs(found.propellant_kg - 1898.0), "kg", 120.0)


def test_a_strong_engine_comes_near_the_gravity_turn():
    down = deorbit(100.0, 18.0)
    turn = powered_descent(18.0, down.perilune_speed_m_s, 1300.0, 310.0)
    found = engine_descent(18.0, down.perilune_speed_m_s, 1300.0, turn.thrust_m_s2 * 1300.0, 310.0)
    # The same thrust: the gravity turn is the cheaper path of the two, by little.
    assert found.braking_dv_m_s == pytest.approx(turn.braking_dv_m_s, rel=0.02)
    assert found.braking_s == pytest.approx(turn.braking_s, rel=0.03)


def test_the_mass_flown_is_the_mass_burnt():
    found = engine_descent(15.0, 1690.0, 2900.0, 7500.0, 310.0, vertical_s=0.0)
    assert found.propellant_kg == pytest.approx(7500.0 / (310.0 * 9.80665) * found.braking_s, rel=1e-9)
    # Cost falls with thrust, never below the speed itself.
    strong = engine_descent(15.0, 1690.0, 2900.0, 15_000.0, 310.0, vertical_s=0.0)
    assert 1690.0 < strong.braking_dv_m_s < found.braking_dv_m_s
    assert 0.0 < strong.pitch_max_deg < 60.0 and strong.downrange_km < found.downrange_km


def test_descents_that_no_engine_flies():
    with pytest.raises(UnreachableError, match=r"cannot carry|burns everything"):
        engine_descent(15.0, 1690.0, 3800.0, 500.0, 310.0)
    with pytest.raises(InputError, match="above zero"):
        engine_descent(15.0, 1690.0, np.nan, 7500.0, 310.0)
    with pytest.raises(InputError, match="would end"):
        engine_descent(0.05, 1690.0, 3800.0, 7500.0, 310.0)
