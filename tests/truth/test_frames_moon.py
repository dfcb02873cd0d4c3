"""Lunar frames against SPICE with the orientation files of lunarsky, and the Sun over a lunar site."""

from __future__ import annotations

from pathlib import Path

import erfa
import lunarsky
import numpy as np
import pytest
import spiceypy

from sim.frames import (
    R_me_icrf,
    R_me_pa,
    R_pa_icrf,
    earth_azel_moon_site,
    me_from_icrf,
    sub_earth_point,
    sub_solar_point,
    sun_azel_moon_site,
)
from sim.sites import lunar_site
from sim.timescales import tdb_from_utc, tt_julian_date

N = 10_000
ARCSEC = 180.0 * 3600.0 / np.pi
DATA = Path(lunarsky.__file__).parent / "data"
FILES = [
    DATA / "pck" / "moon_pa_de421_1900-2050.bpc",
    DATA / "fk" / "satellites" / "moon_080317.tf",
    DATA / "fk" / "satellites" / "moon_assoc_me.tf",
]


@pytest.fixture(scope="module")
def spice():
    """SPICE with the DE421 orientation of the Moon."""
    for file in FILES:
        spiceypy.furnsh(str(file))
    yield spiceypy
    for file in FILES:
        spiceypy.unload(str(file))


@pytest.fixture(scope="module")
def epochs():
    start, stop = tdb_from_utc(["1959-01-02T00:00:00", "2050-12-30T00:00:00"])
    return np.random.default_rng(20).uniform(start, stop, N)


def angle_arcsec(A, B):
    D = np.einsum("nij,nkj->nik", A, B)
    w = np.stack([D[:, 1, 2] - D[:, 2, 1], D[:, 2, 0] - D[:, 0, 2], D[:, 0, 1] - D[:, 1, 0]], axis=-1) / 2.0
    return np.linalg.norm(w, axis=1) * ARCSEC


def spice_rotations(spice, frame, epochs):
    return np.array([spice.pxform("J2000", frame, float(t)) for t in epochs])


def test_val_mean_earth_axes_against_spice(spice, epochs, record_accuracy):
    difference = angle_arcsec(R_me_icrf(epochs), spice_rotations(spice, "MOON_ME", epochs))
    # DE440 against DE421; 0.063 arcsec are 0.53 m on the surface. PA in place of ME would be 104 arcsec.
    record_accuracy(
        "Moon ME axes, 1959-2050", "SPICE MOON_ME (DE421)", "median", np.median(difference), "arcsec", 0.08
    )
    record_accuracy(
        "Moon ME axes, 1959-2050",
        "SPICE MOON_ME (DE421)",
        "99 %",
        np.quantile(difference, 0.99),
        "arcsec",
        0.12,
    )
    record_accuracy(
        "Moon ME axes, 1959-2050", "SPICE MOON_ME (DE421)", "max", difference.max(), "arcsec", 0.13
    )


def test_val_principal_axes_against_spice(spice, epochs, record_accuracy):
    few = epochs[:2000]
    difference = angle_arcsec(R_pa_icrf(few), spice_rotations(spice, "MOON_PA", few))
    # The two integrations define their principal axes 0.2 arcsec apart: expected, and why sites are given in
    # ME.
    record_accuracy("Moon PA axes", "SPICE MOON_PA (DE421)", "max", difference.max(), "arcsec", 0.42)
    assert np.quantile(difference, 0.01) > 0.05


def test_val_constant_rotation_has_the_structure_of_spice(spice):
    # ME from PA of DE421 in the SPICE file is R1(-0.30") R2(-78.56") R3(-67.92"); ours differs by 0.15
    # arcsec.
    reference = spice.pxform("MOON_PA", "MOON_ME", 0.0)
    assert angle_arcsec(R_me_pa()[None], reference[None])[0] < 0.2


def test_val_rotating_states_against_spice(spice, epochs, record_accuracy):
    few = epochs[:1000]
    states = np.random.default_rng(21).normal(size=(1000, 6)) * [2e3, 2e3, 2e3, 1.0, 1.0, 1.0]
    reference = np.array(
        [spice.sxform("J2000", "MOON_ME", float(t)) @ s for t, s in zip(few, states, strict=True)]
    )
    difference = np.abs(me_from_icrf(states, few) - reference)
    record_accuracy(
        "Moon-fixed position at 2000 km",
        "SPICE sxform (DE421)",
        "max",
        difference[:, :3].max() * 1e3,
        "m",
        5.0,
    )
    # 1.6 mm/s at 2000 km and 1 km/s follow from the 0.06 arcsec; a lost w x r would be 5 m/s.
    record_accuracy(
        "Moon-fixed velocity at 2000 km",
        "SPICE sxform (DE421)",
        "max",
        difference[:, 3:].max() * 1e6,
        "mm/s",
        3.0,
    )


def analytic_sun_and_earth_from_moon(t):
    """Sun and Earth relative to the Moon (km) from ERFA's analytical theories, no JPL ephemeris involved."""
    jd1, jd2 = tt_julian_date(t)
    earth = erfa.epv00(jd1, jd2)[0]["p"] * 149597870.7
    moon = erfa.moon98(jd1, jd2)["p"] * 149597870.7
    return -earth - moon, -moon


def spice_elevations(spice, site, targets, epochs):
    up = np.array(site.position_me_km)
    R = spice_rotations(spice, "MOON_ME", epochs)
    line = np.einsum("nij,nj->ni", R, targets) - up
    zenith = up / np.linalg.norm(up)
    return np.degrees(np.arcsin(line @ zenith / np.linalg.norm(line, axis=1)))


def test_val_sun_and_earth_over_lunar_sites(spice, epochs, record_accuracy):
    few = epochs[:2000]
    sun, earth = analytic_sun_and_earth_from_moon(few)
    for name in ("shackleton_rim_ce7", "ce5_landing"):
        site = lunar_site(name)
        place = site.latitude_deg, site.longitude_deg, few
        mine = sun_azel_moon_site(*place, altitude_km=site.altitude_km).elevation_deg
        error = np.abs(mine - spice_elevations(spice, site, sun, few)).max()
        # 10 km of Sun and 15 km of Moon in the analytical theories, 0.06 arcsec of axes.
        record_accuracy(
            f"Sun elevation, {name}", "SPICE MOON_ME + ERFA epv00, moon98", "max", error, "deg", 1e-4
        )
        mine = earth_azel_moon_site(*place, altitude_km=site.altitude_km).elevation_deg
        error = np.abs(mine - spice_elevations(spice, site, earth, few)).max()
        # 15 km across 384,000 km are 0.0022 degrees.
        record_accuracy(f"Earth elevation, {name}", "SPICE MOON_ME + ERFA moon98", "max", error, "deg", 0.006)


def test_val_sub_points_stay_in_their_known_belts(epochs):
    sun, earth = sub_solar_point(epochs), sub_earth_point(epochs)
    # Cassini state: the Sun stays within 1.6 degrees of the equator; optical librations reach 8.2 and 6.9
    # degrees.
    assert 1.5 < np.abs(sun.latitude_deg).max() < 1.62
    assert 7.5 < np.abs(earth.longitude_deg).max() < 8.3
    assert 6.5 < np.abs(earth.latitude_deg).max() < 6.95


def test_val_new_moon_lights_the_far_side():
    # Total solar eclipse of 2024-04-08 18:17 UTC: the Sun stands over the middle of the far side, the Earth
    # over the near.
    t = tdb_from_utc("2024-04-08T18:17:00")
    assert abs(abs(float(sub_solar_point(t).longitude_deg)) - 180.0) < 5.0
    assert abs(float(sub_earth_point(t).longitude_deg)) < 5.0
