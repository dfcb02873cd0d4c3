"""Circumstances of opportunities against astropy, and eclipses against looking every second."""

from __future__ import annotations

import dataclasses
import warnings

import erfa
import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import GCRS, ITRS, CartesianRepresentation, EarthLocation, get_body_barycentric
from astropy.time import Time
from astropy.utils import iers

from sim.bodies import EARTH, MOON, SUN
from sim.ephemeris import open_ephemeris
from sim.propagation import propagate_at
from sim.sites import ground_station
from sim.study.warm import smallest_request
from sim.timescales import tdb_from_utc
from sim.transfer.shooting import transfer_model
from sim.windows import find_opportunities
from sim.windows.circumstances import find_circumstances

STATIONS = ("bear_lakes", "goldstone")


@pytest.fixture(scope="module")
def request_of_ten_days():
    """Around the new Moon of 3 October 2024: transfers pass both shadows."""
    start, stop = (float(tdb_from_utc(f"2024-{day}T00:00:00")) for day in ("09-25", "10-03"))
    place = {"landing_latitude_deg": -69.545, "landing_longitude_deg": 43.544, "landing_delay_day": 5.0}
    return dataclasses.replace(
        smallest_request(),
        launch_start_tdb=start,
        launch_stop_tdb=stop,
        tof_day=(4.5,),
        poles=("north", "south"),
        branches=("ascending", "descending"),
        **place,
    )


@pytest.fixture(scope="module")
def found(request_of_ten_days):
    table = find_opportunities(request_of_ten_days)
    assert len(table) >= 40
    return table, find_circumstances(request_of_ten_days, table, stations=STATIONS)


def astropy_elevation_deg(location, positions_km, t_tdb):
    """Elevation of geocentric places over the ellipsoid's horizon, by astropy's rotations alone."""
    with warnings.catch_warnings(), iers.earth_orientation_table.set(iers.IERS_B.open()):
        warnings.simplefilter("ignore", erfa.ErfaWarning)
        time = Time(2451545.0, t_tdb / 86400.0, format="jd", scale="tdb").utc
        gcrs = GCRS(CartesianRepresentation(positions_km.T * u.km), obstime=time)
        fixed = gcrs.transform_to(ITRS(obstime=time)).cartesian.xyz.to_value(u.km).T
    seat = np.array([axis.to_value(u.km) for axis in location.geocentric])
    latitude, longitude = location.lat.rad, location.lon.rad
    up = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    seen = fixed - seat
    return np.rad2deg(np.arcsin(seen @ up / np.linalg.norm(seen, axis=1)))


def location_of(site):
    return EarthLocation.from_geodetic(
        site.longitude_deg * u.deg, site.latitude_geodetic_deg * u.deg, site.altitude_m * u.m
    )


def test_val_sun_at_the_launch_site_against_astropy(found, request_of_ten_days, record_accuracy):
    table, circumstances = found
    time = Time(2451545.0, table.launch_tdb / 86400.0, format="jd", scale="tdb")
    sun = get_body_barycentric("sun", time, ephemeris="builtin") - get_body_barycentric(
        "earth", time, ephemeris="builtin"
    )
    reference = astropy_elevation_deg(
        location_of(request_of_ten_days.site), sun.xyz.to_value(u.km).T, table.launch_tdb
    )
    worst = np.abs(circumstances.launch_sun_elevation_deg - reference).max()
    # Astropy's built-in Sun is good to thousandths of a second of arc here; measured 9e-7 degrees.
    record_accuracy("Sun at the launch site", "astropy, built-in ephemeris", "elevation, max", worst, "deg", 1e-5)


def test_val_stations_at_injection_and_arrival_against_astropy(found, record_accuracy):
    table, circumstances = found
    moon = open_ephemeris().position_km("moon", "earth", table.perilune_tdb)
    worst = 0.0
    for views in circumstances.stations:
        location = location_of(ground_station(views.station_id))
        for places, t_tdb, ours in (
            (table.tli_state[:, :3], table.tli_tdb, views.tli_elevation_deg),
            (table.perilune_state[:, :3] + moon, table.perilune_tdb, views.loi_elevation_deg),
        ):
            worst = max(worst, np.abs(astropy_elevation_deg(location, places, t_tdb) - ours).max())
    # Polar motion and UT1 of the same series: measured 5e-10 degrees.
    record_accuracy("stations at injection and arrival", "astropy ITRS", "elevation, max", worst, "deg", 5e-9)


def margins(craft, moon, sun):
    """Angles to the edge of penumbra and umbra, written anew: arccos of unit vectors, asin of radii."""

    def length(vector):
        return np.linalg.norm(vector, axis=1)

    to_sun = sun - craft
    a = np.arcsin(SUN.radius_km / length(to_sun))
    penumbra, umbra = [], []
    for to_body, radius in ((-craft, EARTH.radius_equatorial_km), (moon - craft, MOON.radius_km)):
        b = np.arcsin(np.minimum(radius / length(to_body), 1.0))
        c = np.arccos(np.clip((to_sun * to_body).sum(axis=1) / length(to_sun) / length(to_body), -1.0, 1.0))
        penumbra.append(c - a - b)
        umbra.append(c - b + a)
    return np.minimum(*penumbra), np.minimum(*umbra)


def longest_run(inside):
    edges = np.flatnonzero(np.diff(np.concatenate(([0], inside.astype(np.int8), [0]))))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


def test_val_eclipses_against_every_second(found, record_accuracy):
    table, circumstances = found
    ephemeris = open_ephemeris()
    order = np.argsort(circumstances.eclipse_s)
    chosen = (order[:2], order[[len(order) // 2]], order[-3:], np.argsort(circumstances.umbra_s)[-1:])
    rows = np.unique(np.concatenate(chosen))
    worst = 0.0
    for row in rows:
        t = np.arange(table.tli_tdb[row], table.perilune_tdb[row], 1.0)
        path = propagate_at(
            table.tli_state[[row]], table.tli_tdb[[row]], t[None], transfer_model(ephemeris), impacts=False
        )
        bodies = [ephemeris.position_km(body, "earth", t) for body in ("moon", "sun")]
        penumbra, umbra = margins(path.path_states[0, :, :3], *bodies)
        for ours, counted in (
            (circumstances.eclipse_s[row], np.count_nonzero(penumbra < 0.0)),
            (circumstances.umbra_s[row], np.count_nonzero(umbra < 0.0)),
            (circumstances.eclipse_longest_s[row], longest_run(penumbra < 0.0)),
        ):
            worst = max(worst, abs(ours - counted))
    assert circumstances.eclipse_s.max() > 600.0 and circumstances.umbra_s.max() > 300.0
    # Counting whole seconds is itself good to a second for each of up to two eclipses; measured 0.8 s.
    record_accuracy("eclipses on the way", "full model every second", "duration, max", worst, "s", 2.0)


def test_val_light_at_injection_is_that_of_the_eclipse(found):
    table, circumstances = found
    ephemeris = open_ephemeris()
    bodies = [ephemeris.position_km(body, "earth", table.tli_tdb) for body in ("moon", "sun")]
    penumbra, umbra = margins(table.tli_state[:, :3], *bodies)
    assert np.array_equal(circumstances.tli_sun_fraction < 1.0, penumbra < 0.0)
    assert np.array_equal(circumstances.tli_sun_fraction == 0.0, umbra < 0.0)
