"""Insertions at the Moon as flown, from the launch instant to the end of the burns, against what was published of them.

Arrivals are the project's own transfers of the scenarios' launches, with the perilune said below; nothing of the burns
is fitted except what each test names.

Chang'e 5 (8,200 kg, 3,000 N): first burn 2020-11-28 12:58 UTC "about 400 kilometers" up, "about 17 minutes", second one
29 November 12:23 UTC into about 200 km (China News Service,
https://www.tellerreport.com/news/2020-11-29-chang-e-5-once-again-%22brakes%22-into-a-nearly-circular-orbit-around-the-moon.H1zkOAm-sw.html);
before it flew, its designer Meng Zhanfeng gave an ellipse of about eight hours, three revolutions, then 200 km round
(CGTN/Reuters, https://599046384.r.worldcdn.net/Detail/2020/11/25/639361/China-Probe-Orbital-Correction). Not published:
specific impulse (310 s here; 305 to 320 move the burn by 3 s), mass on arrival, perilune. With the perilune at 200 km,
where both burns belong, the burn begins at 394 km: the published 400 km are the height at ignition. The apolune is the
one at which the second burn begins 1,405 minutes after the first: 5,550 km, 7.8 hours.

Left unexplained: the first burn lasts 979 s here and 17 minutes there, 4 %, half of it rounding; the rest would be 2 %
of thrust or 0.02 km/s of arrival speed.

Queqiao-2 (1,200 kg): 2024-03-24 16:46 UTC, about 440 km up, 19 minutes (CNSA,
https://en.gmw.cn/2024-03/26/content_37227858.htm). Neither engine nor first orbit are public; height at ignition
hardly depends on them: with the perilune at 200 km a burn of 19 minutes begins at 465 km into an ellipse of 16,000 km
and at 479 km into one of 3,500 km, 25 to 39 km too high; a perilune at 172 or 153 km would bring it down to 440.

Luna 25 (1,750 kg): 2023-08-16 08:57 UTC, 243 s with the main engine and 76 s with those for landing, in orbit at 09:03
(TASS, https://tass.ru/kosmos/18522529/amp); orbit planned at 100 km, flown 90 x 113. Its thrusts are not public: the
two burns in one, 319 s, take 3.87 kN at 310 s (with 4.8 kN for the main engine 0.9 kN are left for the others).

Of Luna 26 neither engine nor burns are public: nothing to compare with.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.bodies import MOON
from sim.operations.insertion import ApsisStep, fly_insertion
from sim.operations.insertion_burns import coast
from sim.operations.low_orbits import moon_orbit_model
from sim.scenario import load_mission
from sim.spacecraft import Engine
from sim.timescales import tdb_from_utc
from sim.windows import find_opportunities

SCENARIOS = Path(__file__).parents[2] / "scenarios"
ISP_S = 310.0


def arrival(name: str, perilune_km: float, hours: float):
    """State and epoch at perilune of the transfer whose launch is nearest to the flown one."""
    case = load_mission(SCENARIOS / f"{name}.toml")
    launch = case.nominal_launch_tdb
    window = replace(
        case.window, launch_start_tdb=launch - 3600.0 * hours, launch_stop_tdb=launch + 3600.0 * hours,
        perilune_altitude_km=perilune_km,
    )  # fmt: skip
    table = find_opportunities(window)
    off = np.where(np.isfinite(table.perilune_tdb), np.abs(table.launch_tdb - launch), np.inf)
    row = int(np.argmin(off))
    assert off[row] < 3600.0
    return table.perilune_state[row], float(table.perilune_tdb[row])


def ignition_altitude_km(flown) -> float:
    place = coast(flown.start_state, flown.start_tdb, flown.burns[0].ignition_tdb, moon_orbit_model(20))[:3]
    return float(np.sqrt(place @ place)) - MOON.radius_km


def test_change_5_brakes_as_published(record_accuracy):
    state, t = arrival("change_5_flight2020", 200.0, 0.5)

    def fly(apolune_km):
        steps = (
            ApsisStep("first", other_altitude_km=apolune_km),
            ApsisStep("second", passage=3, other_altitude_km=200.0),
        )
        return fly_insertion(state, t, 8190.0, Engine(3000.0, ISP_S), steps)

    def gap_s(flown):
        return flown.burns[1].ignition_tdb - flown.burns[0].ignition_tdb

    published_s = 1405.0 * 60.0
    low, high = (gap_s(fly(apolune)) for apolune in (5400.0, 5700.0))
    flown = fly(5400.0 + 300.0 * (published_s - low) / (high - low))
    first, second = flown.burns
    assert abs(gap_s(flown) - published_s) < 60.0
    case = "Chang'e 5 insertion, second burn three revolutions after the first, perilune 200 km"
    press = "China News Service 2020"
    # 979 s; see above
    record_accuracy(case, f"{press}, about 17 min", "length of the first burn", first.duration_s - 1020.0, "s", 90.0)
    height = ignition_altitude_km(flown)
    record_accuracy(case, f"{press}, about 400 km", "altitude at ignition", height - 400.0, "km", 50.0)
    record_accuracy(case, "its designer, about 8 h", "period of the ellipse", first.period_h - 8.0, "h", 0.5)
    middle = 0.5 * (second.perilune_altitude_km + second.apolune_altitude_km)
    # 151 x 222 km: the Earth lowered the perilune from 182 km on the ellipse
    record_accuracy(case, f"{press}, about 200 km", "mean altitude in the end", middle - 200.0, "km", 40.0)
    # a first burn of this length loses, one on the ellipse with its perilune low hardly
    assert 2.0 < first.loss_m_s < 6.0
    assert 0.0 < second.loss_m_s < 1.0


@pytest.mark.parametrize(("apolune", "thrust_n"), [(16000.0, 279.0), (3500.0, 475.0)])
def test_queqiao_2_ignites_where_published_whatever_its_engine(apolune, thrust_n, record_accuracy):
    state, t = arrival("queqiao_2_flight2024", 200.0, 3.0)
    flown = fly_insertion(
        state, t, 1195.0, Engine(thrust_n, ISP_S), (ApsisStep("brake", other_altitude_km=apolune),)
    )
    assert abs(flown.burns[0].duration_s - 1140.0) < 20.0  # the thrust is chosen for that
    record_accuracy(
        f"Queqiao-2 insertion of 19 min, perilune 200 km, apolune {apolune:g} km", "CNSA 2024, about 440 km",
        "altitude at ignition", ignition_altitude_km(flown) - 440.0, "km", 80.0,
    )  # fmt: skip


def test_luna_25_brakes_at_the_published_time(record_accuracy):
    state, t = arrival("luna_25_flight2023", 100.0, 3.0)
    flown = fly_insertion(state, t, 1740.0, Engine(3870.0, ISP_S), (ApsisStep("brake", other_altitude_km=100.0),))
    burn = flown.burns[0]
    assert abs(burn.duration_s - 319.0) < 3.0  # the thrust is chosen for that
    late = burn.ignition_tdb - float(tdb_from_utc("2023-08-16T08:57:00"))
    # 89 s early: the launch is 3 minutes off, the flight time is rounded to 0.01 d, 14 minutes
    record_accuracy("Luna 25 insertion", "TASS 2023, 08:57 UTC", "ignition", late, "s", 600.0)
    # 95 x 105 km at cut-off: both apses float in a burn of 5 minutes
    assert 90.0 < burn.perilune_altitude_km < burn.apolune_altitude_km < 113.0
    assert 800.0 < burn.impulse_dv_m_s < 864.0
    assert 0.0 < burn.loss_m_s < 0.5
