"""Frames: shapes, signs, angular velocities by numerical differentiation, typed errors."""

from __future__ import annotations

import numpy as np
import pytest

from sim.ephemeris import open_ephemeris
from sim.errors import EphemerisRangeError, InputError
from sim.frames import (
    R_emr_icrf,
    R_enu_fixed,
    R_itrf_icrf,
    R_me_icrf,
    R_me_pa,
    R_pa_icrf,
    R_rtn_icrf,
    R_tod_icrf,
    R_vnc_icrf,
    azel,
    azel_earth_site,
    azel_moon_site,
    earth_azel_moon_site,
    earth_moon_rotation,
    earth_site_state_icrf,
    emr_from_icrf,
    gast_rad,
    geocentric_latitude_deg,
    icrf_from_me,
    itrf_from_geodetic_km,
    itrf_from_icrf,
    me_from_icrf,
    me_from_selenographic_km,
    moon_site_state_icrf,
    pa_from_icrf,
    rotate,
    rotation_z,
    selenographic_from_me,
    sun_azel_moon_site,
    transpose,
)
from sim.timescales import tdb_from_utc

EPOCHS = np.random.default_rng(5).uniform(-1.28e9, 1.6e9, 200)


def slope(function, t, h):
    """Derivative by a five-point central difference."""
    return (8.0 * (function(t + h) - function(t - h)) - (function(t + 2 * h) - function(t - 2 * h))) / (
        12.0 * h
    )


@pytest.mark.parametrize("R", [R_tod_icrf, R_itrf_icrf, R_pa_icrf, R_me_icrf, R_emr_icrf])
def test_scalar_array_and_empty_epochs(R):
    assert R(1.0e8).shape == (3, 3)
    assert R(np.array([1.0e8, 2.0e8])).shape == (2, 3, 3)
    assert R(np.array([])).shape == (0, 3, 3)
    assert np.array_equal(R(np.array([1.0e8, 2.0e8]))[1], R(2.0e8))


@pytest.mark.parametrize("R", [R_tod_icrf, R_itrf_icrf, R_pa_icrf, R_me_icrf, R_emr_icrf])
@pytest.mark.parametrize("bad", [np.nan, np.inf, "2024-01-01T00:00:00"])
def test_bad_epochs_raise_a_typed_error(R, bad):
    with pytest.raises(InputError):
        R(bad)


def test_lunar_frames_end_with_the_ephemeris():
    with pytest.raises(EphemerisRangeError):
        R_me_icrf(tdb_from_utc("2060-01-01T00:00:00"))


def test_fixed_points_move_with_the_rotation_of_their_frame():
    # Velocity in the rotating frame is the derivative of the rotated position of a point at rest in the ICRF.
    rest = np.random.default_rng(6).normal(size=(200, 3)) * 1e4
    still = np.concatenate([rest, np.zeros_like(rest)], axis=1)
    cases = [
        (itrf_from_icrf, R_itrf_icrf, 20.0, 7.29e-5, 5e-8),
        (me_from_icrf, R_me_icrf, 200.0, 2.66e-6, 5e-9),
        (pa_from_icrf, R_pa_icrf, 200.0, 2.66e-6, 5e-9),
    ]
    for transform, R, h, rate, relative in cases:
        numerical = slope(lambda t, R=R: rotate(R(t), rest), EPOCHS, h)
        error = np.linalg.norm(transform(still, EPOCHS)[:, 3:] - numerical, axis=1)
        assert (error / (rate * np.linalg.norm(rest, axis=1))).max() < relative


@pytest.mark.parametrize("nondimensional", [False, True])
def test_earth_moon_velocities_are_derivatives_with_pulsation(nondimensional):
    rest = np.random.default_rng(7).normal(size=(200, 3)) * 3e5
    still = np.concatenate([rest, np.zeros_like(rest)], axis=1)

    def state(t):
        return emr_from_icrf(still, t, nondimensional=nondimensional)

    numerical = slope(state, EPOCHS, 300.0)[:, :3]
    if nondimensional:
        numerical = numerical / earth_moon_rotation(EPOCHS).rate_rad_s[:, 2:]
    velocity = state(EPOCHS)[:, 3:]
    assert (np.linalg.norm(velocity - numerical, axis=1) / np.linalg.norm(velocity, axis=1)).max() < 1e-8


def test_earth_and_moon_stand_still_in_the_nondimensional_frame():
    ephemeris = open_ephemeris()
    gm = ephemeris.gm_km3_s2
    mass_ratio = gm["moon"] / (gm["earth"] + gm["moon"])
    moon = emr_from_icrf(ephemeris.state("moon", "earth", EPOCHS), EPOCHS, nondimensional=True)
    earth = emr_from_icrf(np.zeros((200, 6)), EPOCHS, nondimensional=True)
    assert np.abs(moon - [1.0 - mass_ratio, 0, 0, 0, 0, 0]).max() < 1e-11
    assert np.abs(earth - [-mass_ratio, 0, 0, 0, 0, 0]).max() < 1e-11


def test_sites_turn_eastward():
    t = tdb_from_utc("2026-08-24T00:00:00")
    equator = earth_site_state_icrf(itrf_from_geodetic_km(0.0, 30.0), t)
    assert abs(np.linalg.norm(equator[3:]) - 0.4651) < 1e-4
    local = rotate(R_enu_fixed(0.0, 30.0), rotate(R_itrf_icrf(t), equator[3:]))
    assert local[0] > 0.465
    moon = moon_site_state_icrf(me_from_selenographic_km(0.0, 0.0), t)
    assert 4.4e-3 < np.linalg.norm(moon[3:]) < 4.8e-3
    back = me_from_icrf(icrf_from_me(np.array([1737.4, 0, 0, 0, 0, 0]), t), t)
    assert np.abs(back - [1737.4, 0, 0, 0, 0, 0]).max() < 1e-9


def test_sidereal_time_turns_true_of_date_into_itrf_apart_from_the_pole():
    turned = rotation_z(gast_rad(EPOCHS)) @ R_tod_icrf(EPOCHS)
    # What is left is polar motion, below an arcsecond.
    assert np.abs(turned - R_itrf_icrf(EPOCHS)).max() < 5e-6
    assert np.abs(turned - R_itrf_icrf(EPOCHS)).max() > 1e-8


def test_orbital_frames_on_a_known_state():
    state = np.array([7000.0, 0.0, 0.0, 0.0, 7.5, 0.0])
    assert np.allclose(R_rtn_icrf(state), np.eye(3), atol=1e-15)
    assert np.allclose(R_vnc_icrf(state), [[0, 1, 0], [0, 0, 1], [1, 0, 0]], atol=1e-15)
    with pytest.raises(InputError, match="orbit plane"):
        R_rtn_icrf(np.array([7000.0, 0.0, 0.0, 7.5, 0.0, 0.0]))
    with pytest.raises(InputError, match="orbit plane"):
        R_vnc_icrf(np.full((2, 6), np.nan))
    with pytest.raises(InputError, match="shape"):
        R_rtn_icrf(np.zeros(3))


def test_me_axes_carry_the_published_pole_and_prime_meridian_offset():
    # x axis of ME in PA: 67.85" west about z and 78.69" about y (Park et al. 2021), about 0.9 km on the
    # surface.
    x_axis = transpose(R_me_pa())[:, 0]
    arcsec = np.pi / 180.0 / 3600.0
    assert np.abs(x_axis - [1.0, -67.8526 * arcsec, 78.6944 * arcsec]).max() < 1e-6


def test_geodetic_and_geocentric_latitude_differ_where_they_should():
    # Vostochny: 51.8842 geodetic is 51.697 geocentric; an inclination of 51.6 lies below both only in
    # geocentric.
    assert abs(geocentric_latitude_deg(51.8842, 0.278) - 51.6972) < 1e-4
    assert abs(45.0 - geocentric_latitude_deg(45.0) - 0.19242) < 1e-4
    assert abs(geocentric_latitude_deg(0.0)) < 1e-12
    assert abs(geocentric_latitude_deg(-90.0) + 90.0) < 1e-9


@pytest.mark.parametrize("latitude", [90.1, -91.0, np.nan])
def test_impossible_latitudes_are_refused(latitude):
    with pytest.raises(InputError, match="latitude"):
        itrf_from_geodetic_km(latitude, 0.0)
    with pytest.raises(InputError, match="latitude"):
        me_from_selenographic_km(latitude, 0.0)


def test_azimuth_and_elevation_of_known_directions():
    site = itrf_from_geodetic_km(0.0, 0.0)
    R = R_enu_fixed(0.0, 0.0)
    up, east, north = np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), np.array([0, 0, 1.0])
    sky = azel(site, R, site + 100.0 * np.stack([up, east, north, -east, north + up]))
    assert np.allclose(sky.elevation_deg, [90.0, 0.0, 0.0, 0.0, 45.0], atol=1e-9)
    assert np.allclose(sky.azimuth_deg[1:], [90.0, 0.0, 270.0, 0.0], atol=1e-9)
    assert np.allclose(sky.range_km, [100.0, 100.0, 100.0, 100.0, 141.4213562], atol=1e-6)


def test_targets_over_a_site_stand_in_the_zenith():
    t = tdb_from_utc(["2026-08-24T00:00:00", "2027-01-01T12:00:00"])
    overhead = earth_site_state_icrf(itrf_from_geodetic_km(46.4939, 130.7706, 400.0), t)[:, :3]
    assert np.all(azel_earth_site(46.4939, 130.7706, overhead, t).elevation_deg > 89.9999)
    above = moon_site_state_icrf(me_from_selenographic_km(-88.8, 123.4, 100.0), t)[:, :3]
    assert np.all(azel_moon_site(-88.8, 123.4, above, t).elevation_deg > 89.9999)


def test_sun_and_earth_over_the_pole_and_the_near_side():
    year = tdb_from_utc("2026-01-01T00:00:00") + np.arange(0.0, 366.0, 0.5) * 86400.0
    polar = sun_azel_moon_site(-90.0, 0.0, year).elevation_deg
    assert 1.5 < polar.max() < 1.62
    assert -1.62 < polar.min() < -1.5
    assert earth_azel_moon_site(0.0, 0.0, year).elevation_deg.min() > 80.0
    assert earth_azel_moon_site(0.0, 180.0, year).elevation_deg.max() < -80.0


def test_selenographic_place_round_trip():
    place = selenographic_from_me(me_from_selenographic_km(-88.8, 123.4, 1.2))
    assert np.allclose([place.latitude_deg, place.longitude_deg, place.altitude_km], [-88.8, 123.4, 1.2])
