"""Border to boinor, and boinor's two-body elements as an independent check of ours."""

from __future__ import annotations

import numpy as np
import pytest

from sim.bodies import EARTH, MOON
from sim.errors import InputError
from sim.products.orbits import from_ephem, from_orbit, to_ephem, to_orbit

# A trans-lunar injection state and a lunar perilune, ICRF (km, km/s).
T_TDB = 785_400_000.25
TLI = np.array([6589.735867778826, 267.5932001475612, -244.6107026813943, -0.56117, 10.104918312, -4.063414590])
PERILUNE = np.array([0.0, 1_100.0, -1_446.8, -2.46, 0.0, 0.0])


@pytest.mark.parametrize(("state", "center"), [(TLI, "earth"), (PERILUNE, "moon")])
def test_state_survives_the_way_there_and_back(state: np.ndarray, center: str) -> None:
    back = from_orbit(to_orbit(T_TDB, state, center))
    assert back.center == center
    assert np.array_equal(back.state, state)
    assert abs(back.t_tdb - T_TDB) < 2e-7  # one bit of a double in seconds


def test_boinor_agrees_on_energy_and_perigee() -> None:
    orbit = to_orbit(T_TDB, TLI)
    r, v = TLI[:3], TLI[3:]
    radius, speed = np.linalg.norm(r), np.linalg.norm(v)
    energy = speed**2 / 2 - EARTH.gm_km3_s2 / radius
    h = np.cross(r, v)
    ecc = np.cross(v, h) / EARTH.gm_km3_s2 - r / radius
    assert orbit.energy.to_value("km2/s2") == pytest.approx(energy, rel=1e-14)
    # boinor computes elements in compiled code of its own; differences seen are 1e-15.
    assert orbit.ecc.to_value() == pytest.approx(np.linalg.norm(ecc), rel=1e-13)
    assert orbit.inc.to_value("rad") == pytest.approx(np.arccos(h[2] / np.linalg.norm(h)), rel=1e-13)
    perigee = np.dot(h, h) / EARTH.gm_km3_s2 / (1 + np.linalg.norm(ecc))
    assert orbit.r_p.to_value("km") == pytest.approx(perigee, rel=1e-11)


def test_gravity_is_ours() -> None:
    assert to_orbit(T_TDB, PERILUNE, "moon").attractor.k.to_value("km3/s2") == pytest.approx(MOON.gm_km3_s2, rel=1e-15)


def test_ephem_holds_the_trajectory() -> None:
    t = T_TDB + np.array([0.0, 60.0, 120.0])
    states = np.stack([TLI, TLI + 1.0, TLI + 2.0])
    ephem = to_ephem(t, states)
    r, v = ephem.rv()
    assert np.allclose(r.to_value("km"), states[:, :3], rtol=0, atol=1e-9)
    assert np.allclose(v.to_value("km/s"), states[:, 3:], rtol=0, atol=1e-12)
    known, back = from_ephem(ephem)
    assert np.allclose(known, t, rtol=0, atol=2e-7)
    assert np.allclose(back, states, rtol=0, atol=1e-9)


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(InputError, match="six finite numbers"):
        to_orbit(T_TDB, np.zeros(5))
    with pytest.raises(InputError, match="unknown centre 'mars'"):
        to_orbit(T_TDB, TLI, "mars")
    with pytest.raises(InputError, match="a trajectory is epochs"):
        to_ephem(np.zeros(3), np.zeros((2, 6)))


def test_other_attractors_are_refused() -> None:
    from astropy import units
    from boinor.bodies import Mars
    from boinor.twobody import Orbit

    orbit = Orbit.from_vectors(Mars, [4000.0, 0.0, 0.0] * units.km, [0.0, 3.3, 0.0] * units.km / units.s)
    with pytest.raises(InputError, match="allowed: Earth or Moon"):
        from_orbit(orbit)
