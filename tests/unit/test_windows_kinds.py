"""Direct ascents, impacts over a parking orbit, departures from orbits: what each opportunity must satisfy."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.bodies import EARTH, MOON
from sim.constants import TWO_PI
from sim.ephemeris import open_ephemeris
from sim.errors import InputError, UnreachableError
from sim.frames import R_itrf_icrf, R_me_icrf, R_tod_icrf, rotate
from sim.sites import launch_site
from sim.timescales import tdb_from_utc
from sim.transfer import Outcome
from sim.transfer.impact import impact_targets, place_icrf_km, solve_impact
from sim.windows import ArrivalPlane, DepartureOrbit, WindowRequest, find_opportunities
from sim.windows.ascent import perigee_of_burnout_km
from sim.windows.departure import station_node_rad


def tdb(text: str) -> float:
    return float(tdb_from_utc(text))


ASCENT = WindowRequest(
    "luna_2",
    launch_site("baikonur"),
    tdb("1959-09-11T00:00:00"),
    tdb("1959-09-14T00:00:00"),
    (65.0,),
    200.0,
    (1.5907,),
    0.0,
    0.0,
    ascent_s=725.0,
    ascent_arc_deg=17.0,
    legs=("northeast",),
    struck_latitude_deg=30.0,
    struck_longitude_deg=0.0,
    direct_ascent=True,
    climb_angle_max_deg=20.0,
)

STATION = WindowRequest(
    "station",
    DepartureOrbit("iss", "Station", 40.0, tdb("2024-01-01T00:00:00")),
    tdb("2024-01-01T00:00:00"),
    tdb("2024-03-01T00:00:00"),
    (51.6,),
    417.0,
    (5.0,),
    100.0,
    100.0,
    ArrivalPlane(90.0),
    poles=("south",),
    ascent_s=0.0,
    coast_s_max=0.0,
)


@pytest.fixture(scope="module")
def ascents():
    return find_opportunities(ASCENT)


def test_ascent_leaves_its_site_along_its_arc(ascents) -> None:
    assert len(ascents) == 3
    np.testing.assert_allclose(ascents.tli_tdb - ascents.launch_tdb, 725.0, atol=1e-6)
    r, v = ascents.tli_state[:, :3], ascents.tli_state[:, 3:]
    np.testing.assert_allclose(np.linalg.norm(r, axis=1), EARTH.radius_equatorial_km + 200.0, atol=1e-6)
    # independent of the closure: turn the pad with the Earth to lift-off and look at the plane of the burn-out state
    pad = _pad(ascents.launch_tdb)
    normal = np.cross(r, v)
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    # the plane of ascent is that of the true equator; the pad lies in it but for J2 (none: no coast)
    assert np.abs(np.arcsin((pad * normal).sum(axis=1))).max() < 2e-5
    arc = np.degrees(np.arccos((pad * r).sum(axis=1) / np.linalg.norm(r, axis=1)))
    np.testing.assert_allclose(arc, 17.0, atol=2e-3)
    inclination = np.degrees(np.arccos(rotate(R_tod_icrf(ascents.tli_tdb), normal)[:, 2]))
    # fixed at the perigee that labels the orbit; oblateness turns the plane by 0.012 deg between there and burn-out
    np.testing.assert_allclose(inclination, 65.0, atol=0.02)


def _pad(t_tdb: np.ndarray) -> np.ndarray:
    """Unit vectors (ICRF) from the Earth's centre to Baikonur, on a sphere of its geocentric latitude."""
    site = launch_site("baikonur")
    latitude, longitude = math.radians(site.latitude_geocentric_deg), math.radians(site.longitude_deg)
    fixed = np.array(
        [math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)]
    )
    return np.einsum("nji,j->ni", R_itrf_icrf(t_tdb), fixed)


def test_ascent_strikes_its_place_and_has_no_other_burns(ascents) -> None:
    fixed = rotate(R_me_icrf(ascents.perilune_tdb), ascents.perilune_state[:, :3])
    np.testing.assert_allclose(np.linalg.norm(fixed, axis=1), MOON.radius_km, atol=1e-8)
    np.testing.assert_allclose(np.degrees(np.arcsin(fixed[:, 2] / MOON.radius_km)), 30.0, atol=1e-9)
    np.testing.assert_allclose(np.degrees(np.arctan2(fixed[:, 1], fixed[:, 0])), 0.0, atol=1e-9)
    assert np.isnan(ascents.tli_dv_m_s).all()
    assert (ascents.loi_dv_m_s == 0.0).all()
    assert (ascents.coast_s == 0.0).all()
    np.testing.assert_allclose((ascents.perilune_tdb - ascents.tli_tdb) / 86_400.0, 1.5907, atol=1e-6)


def test_a_lower_limit_of_the_climb_angle_ends_the_days(ascents) -> None:
    lower = find_opportunities(replace(ASCENT, climb_angle_max_deg=17.0))
    assert 0 < len(lower) < len(ascents)


def test_ascent_below_the_latitude_is_refused() -> None:
    with pytest.raises(UnreachableError, match="geocentric latitude"):
        find_opportunities(replace(ASCENT, inclination_deg=(30.0,)))


@pytest.mark.parametrize("c3", [-2.0, 0.0, 2.3])
def test_perigee_of_a_burnout_solves_the_conic(c3: float) -> None:
    anomaly = np.radians([5.0, 35.0, 60.0])
    perigee = perigee_of_burnout_km(anomaly, np.full(3, c3), 6578.0, EARTH.gm_km3_s2)
    ecc = 1.0 + perigee * c3 / EARTH.gm_km3_s2
    np.testing.assert_allclose(perigee * (1.0 + ecc) / (1.0 + ecc * np.cos(anomaly)), 6578.0, rtol=1e-12)


def test_impact_over_a_parking_orbit() -> None:
    request = replace(
        STATION,
        site=launch_site("wenchang"),
        inclination_deg=(28.5,),
        parking_altitude_km=200.0,
        launch_stop_tdb=STATION.launch_start_tdb + 3.0 * 86_400.0,
        coast_s_max=5400.0,
        ascent_s=560.0,
        legs=("southeast",),
        struck_latitude_deg=-60.0,
        struck_longitude_deg=-30.0,
    )
    table = find_opportunities(request)
    assert len(table) >= 3
    fixed = rotate(R_me_icrf(table.perilune_tdb), table.perilune_state[:, :3])
    np.testing.assert_allclose(np.degrees(np.arcsin(fixed[:, 2] / MOON.radius_km)), -60.0, atol=1e-9)
    assert ((table.perilune_state[:, :3] * table.perilune_state[:, 3:]).sum(axis=1) < 0.0).all()
    assert np.isfinite(table.tli_dv_m_s).all()


def test_the_far_side_cannot_be_struck_head_on() -> None:
    impact = np.array([tdb("2024-01-10T00:00:00")])
    # arrivals come from the side that leads the Moon on its way (90 W): they cannot strike the trailing side
    place = place_icrf_km(0.0, 90.0, impact, open_ephemeris())
    one = np.ones(1)
    targets = impact_targets(impact, 4.0 * 86_400.0 * one, 6578.0 * one, math.radians(51.6) * one, one, place)
    found = solve_impact(targets)
    assert found.status[0] == Outcome.BEHIND_LIMB


def test_departures_lie_in_the_plane_of_the_station() -> None:
    table = find_opportunities(STATION)
    assert len(table) >= 5
    r, v = table.tli_state[:, :3], table.tli_state[:, 3:]
    normal = rotate(R_tod_icrf(table.tli_tdb), np.cross(r, v))
    node = np.arctan2(normal[:, 0], -normal[:, 1])
    # the station's node by the textbook rate, 3/2 J2 (R/a)^2 n cos i
    radius = EARTH.radius_equatorial_km + 417.0
    rate = -1.5 * EARTH.j2 * (EARTH.radius_equatorial_km / radius) ** 2 * math.sqrt(EARTH.gm_km3_s2 / radius**3)
    wanted = math.radians(40.0) + rate * math.cos(math.radians(51.6)) * (table.tli_tdb - STATION.site.epoch_tdb)
    off = np.mod(node - wanted + math.pi, TWO_PI) - math.pi
    assert np.abs(np.degrees(off)).max() < 1e-4
    assert np.isnan(table.azimuth_deg).all()
    np.testing.assert_array_equal(table.launch_tdb, table.tli_tdb)


def test_a_turned_station_shifts_its_windows() -> None:
    here = find_opportunities(STATION).launch_tdb
    turned = replace(STATION, site=replace(STATION.site, raan_deg=58.0))
    later = find_opportunities(turned).launch_tdb
    # 18 degrees of node are about one day, up to the swing of the Moon's right ascension
    shift = np.array([(later - t)[np.argmin(np.abs(later - t - 86_400.0))] for t in here[:-1]]) / 86_400.0
    assert shift.min() > 0.6 and shift.max() < 1.5


def test_only_orbits_have_a_node_and_only_sites_a_pad() -> None:
    with pytest.raises(InputError, match="departure orbit"):
        station_node_rad(ASCENT, 65.0, np.zeros(1))
    with pytest.raises(InputError, match="launch site"):
        _ = STATION.launch_site
