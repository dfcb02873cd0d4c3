"""Descents, Luna 25's loss and passes: closed forms, published numbers, brute force."""

from __future__ import annotations

import numpy as np
import pytest

from sim.bodies import MOON
from sim.core.descent import GROUND, TIME, fly_rows
from sim.errors import InputError, UnreachableError
from sim.operations import (
    Lander,
    LunarElements,
    OrbitBefore,
    cover_ellipse,
    deorbit,
    find_passes,
    flat_mask,
    impacts_for_perilune,
    inclination_sweep,
    lander_at,
    overburn,
    places_before,
    powered_descent,
    study_overburn,
    track_from_elements,
)
from sim.operations.descent import LUNAR_GRAVITY_M_S2
from sim.sites import lunar_site
from sim.timescales import tdb_from_utc

DAY = 86_400.0
START = tdb_from_utc("2027-03-01T00:00:00")
MONTH = 27.321661 * DAY
SITE = lander_at(lunar_site("shackleton_rim_ce7"), flat_mask())
LUNA25 = {"planned_s": 84.0, "actual_s": 127.0, "ground_altitude_km": -0.36}


def fly(state, thrust, burn, ground, end):
    states, out = np.array([state]), np.empty((1, 2))
    work = np.empty((6, 4))
    fly_rows(states, MOON.gm_km3_s2, np.array([thrust]), 3.0, np.array([burn]), ground, 0.0, end, 0.5, work, out)
    return int(out[0, 0]), out[0, 1], states[0]


def test_coasting_is_kepler():
    r, mu = MOON.radius_km + 100.0, MOON.gm_km3_s2
    speed = np.sqrt(mu / r)
    period = 2 * np.pi * r / speed
    reason, t, last = fly([r, 0.0, 0.0, speed], 1e-9, 0.0, 1.0, period)
    assert (reason, t) == (TIME, pytest.approx(period))
    assert last == pytest.approx([r, 0.0, 0.0, speed], abs=1e-6)


def test_a_braking_thrust_takes_its_delta_v_away():
    # Far from the Moon gravity hardly pulls: the speed falls by c ln(m0/m1).
    reason, _, last = fly([1e7, 0.0, 0.0, 2.0], 1e-3, 400.0, 1.0, 400.0)
    assert reason == TIME
    assert 2.0 - np.hypot(last[2], last[3]) == pytest.approx(-3.0 * np.log(1 - 1e-3 * 400 / 3.0), abs=2e-6)


def test_deorbit_as_published():
    # 100 km circular to 18 km: 18.75 m/s.
    burn = deorbit(100.0, 18.0)
    assert burn.dv_m_s == pytest.approx(18.75, abs=0.005)
    assert burn.coast_s / 60.0 == pytest.approx(56.9, abs=0.1)
    low, high = MOON.radius_km + 18.0, MOON.radius_km + 100.0
    assert burn.perilune_speed_m_s == pytest.approx(1e3 * np.sqrt(2 * MOON.gm_km3_s2 * high / low / (low + high)))
    assert deorbit(100.0, 15.0).dv_m_s > burn.dv_m_s
    with pytest.raises(InputError, match="lower perilune"):
        deorbit(15.0, 100.0)


@pytest.mark.parametrize("altitude_km", [15.0, 18.0])
def test_powered_descent_is_between_its_bounds(altitude_km):
    speed = deorbit(100.0, altitude_km).perilune_speed_m_s
    found = powered_descent(altitude_km, speed, 1750.0, 310.0)
    ideal = np.sqrt(speed**2 + 2.0 * LUNAR_GRAVITY_M_S2 * (altitude_km * 1e3 - 100.0))
    # No descent beats the impulse at the ground; the losses of a gravity turn from perilune are a few per cent.
    assert ideal < found.braking_dv_m_s < 1.06 * ideal
    assert found.gravity_loss_m_s == pytest.approx(found.braking_dv_m_s - ideal, abs=1.0)
    assert 1.8 < found.thrust_to_weight_ratio < 3.5
    assert found.vertical_dv_m_s == pytest.approx(30.0 * LUNAR_GRAVITY_M_S2)
    subtotal = found.braking_dv_m_s + found.vertical_dv_m_s
    assert found.total_dv_m_s == pytest.approx(subtotal * 1.05)
    assert found.propellant_kg == pytest.approx(1750.0 * (1 - np.exp(-found.total_dv_m_s / (310.0 * 9.80665))))
    # Mean deceleration over the mean distance.
    assert found.downrange_km == pytest.approx(0.5 * speed * found.braking_s * 1e-3, rel=0.1)


def test_descents_that_cannot_be():
    with pytest.raises(InputError, match="above zero"):
        powered_descent(15.0, 1690.0, 0.0, 310.0)
    with pytest.raises(InputError, match="would end"):
        powered_descent(0.05, 1690.0, 1000.0, 310.0)
    with pytest.raises(InputError, match="overburn needs"):
        overburn(100.0, 90.0, 0.0, planned_s=84.0, actual_s=127.0, planned_perilune_km=18.0)
    with pytest.raises(UnreachableError, match="no burn"):
        overburn(90.0, 113.0, 0.0, planned_s=84.0, actual_s=127.0, planned_perilune_km=95.0)


def test_luna_25_from_its_published_seconds():
    # 18.75 m/s x 127/84 = 28.35 m/s, perilune -22 km (impulsive): the finite burn gives the same to 0.2 %.
    circular = overburn(100.0, 100.0, 0.0, planned_perilune_km=18.0, **LUNA25)
    assert circular.planned_dv_m_s == pytest.approx(18.75, abs=0.02)
    assert circular.actual_dv_m_s == pytest.approx(28.4, abs=0.1)
    assert circular.perilune_altitude_km == pytest.approx(-22.4, abs=0.5)
    # Two bodies by hand: from the apolune at 100 km to radius R - 0.36 km on an orbit with that perilune.
    high, low = MOON.radius_km + 100.0, MOON.radius_km + circular.perilune_altitude_km
    a, e = 0.5 * (high + low), (high - low) / (high + low)
    anomaly = np.arccos((1.0 - (MOON.radius_km - 0.36) / a) / e)
    coast = np.sqrt(a**3 / MOON.gm_km3_s2) * (np.pi - (anomaly - e * np.sin(anomaly)))
    assert circular.impact_s == pytest.approx(coast + 63.5, abs=25.0)
    # As planned it stays in orbit.
    planned = overburn(
        100.0, 100.0, 0.0, planned_s=84.0, actual_s=84.0, planned_perilune_km=18.0, ground_altitude_km=-0.36
    )
    assert np.isnan(planned.impact_s)
    assert planned.perilune_altitude_km == pytest.approx(18.0, abs=1e-3)


def test_luna_25_against_what_was_observed():
    study = study_overburn(
        [OrbitBefore("90 x 113 km", 90.0, 113.0), OrbitBefore("100 km", 100.0, 100.0)],
        planned_s=84.0, actual_s=127.0, observed_s=47.0 * 60.0,
        crater_latitude_deg=-57.865, crater_longitude_deg=61.36, crater_altitude_km=-0.36,
        anomalies_deg=tuple(range(0, 360, 20)),
    )  # fmt: skip
    # Every case hits the Moon. Impact 37.8 to 46.2 min after 11:10; the signal was lost at 11:57.
    assert np.isfinite(study.impact_s).all()
    early, late = study.impact_range_s
    assert early / 60.0 == pytest.approx(37.8, abs=0.3)
    assert late / 60.0 == pytest.approx(46.2, abs=0.2)
    assert (study.late_s < 0.0).all()
    # The nearest case is less than the minute to which the times are published.
    assert -60.0 < study.least_miss_s < -30.0
    perilune = study.perilune_altitude_km[: 18]
    assert perilune.min() == pytest.approx(-28.5, abs=0.3)
    assert perilune.max() == pytest.approx(-17.6, abs=0.3)
    assert np.ptp(study.impact_s[18:]) < 1e-3
    # The burn then lay over the north of the near side, on the meridian of the crater.
    assert ((study.burn_latitude_deg > 55.0) & (study.burn_latitude_deg < 90.0)).all()
    assert (np.abs(study.burn_longitude_deg - 61.36) < 1.0).all()


def test_where_luna_25_would_have_hit_for_a_perilune_over_its_site():
    case = {"planned_s": 84.0, "actual_s": 127.0, "observed_s": 2820.0, "crater_altitude_km": -0.36}
    study = study_overburn(
        [OrbitBefore("90 x 113 km", 90.0, 113.0)],
        crater_latitude_deg=-57.865, crater_longitude_deg=61.36, anomalies_deg=(0, 90, 180, 270), **case,
    )  # fmt: skip
    latitude, longitude = impacts_for_perilune(study, -69.545, 43.544)
    # 44-64 degrees before the perilune: north of the crater by more than any unknown of this model.
    assert ((latitude > -35.0) & (latitude < -5.0)).all()
    assert (np.abs(longitude - 43.544) < 0.5).all()
    # There and back: the perilune that the crater asks for leads to the crater.
    for row in range(4):
        place = study.perilune_latitude_deg[row], study.perilune_longitude_deg[row]
        back = impacts_for_perilune(study, *map(float, place), southbound=False)
        assert float(back[0][row]) == pytest.approx(-57.865, abs=1e-6)
        assert float(back[1][row]) == pytest.approx(61.36, abs=1e-6)


def test_places_before_follow_a_track():
    track = track_from_elements("x", LunarElements(100.0, 100.0, 86.0, 33.0), START, START, START + 9000.0)
    period = LunarElements(100.0, 100.0, 86.0).period_s
    at, before = START + 8000.0, 2500.0
    here, there = track.position_me_km([at, at - before])
    lat, lon = (np.degrees(np.arcsin(v[2] / np.linalg.norm(v))) for v in (here, there)), None
    lat = list(lat)
    lon = [np.degrees(np.arctan2(v[1], v[0])) for v in (here, there)]
    later = track.position_me_km([at + 1.0])[0]
    south = later[2] < here[2]
    found = places_before(
        lat[0], lon[0], 86.0, bool(south), np.array([360.0 * before / period]), np.array([before])
    )
    assert float(found[0][0]) == pytest.approx(lat[1], abs=0.05)
    assert float(found[1][0]) == pytest.approx(lon[1], abs=0.3)
    with pytest.raises(UnreachableError, match="does not reach"):
        places_before(-80.0, 0.0, 60.0, True, np.zeros(1), np.zeros(1))


def test_passes_per_month_near_the_two_body_figures():
    # Two-body, uniform rotation: 31/61/167 passes below 5/10/25 km at 90 degrees, 0/0/22 at 88, none at 86 (85 km). The
    # true Moon librates: its pole of figure circles 0.02-0.04 degrees about where it was, 0.6-1.2 km.
    rows = {row.inclination_deg: row for row in inclination_sweep(LunarElements(60.0, 60.0, 90.0), SITE, START)}
    assert rows[90.0].passes_per_month == pytest.approx((31.0, 61.0, 167.0), rel=0.06)
    assert rows[88.0].passes_per_month[:2] == (0.0, 0.0)
    assert 15.0 < rows[88.0].passes_per_month[2] < 40.0
    assert rows[86.0].passes_per_month == (0.0, 0.0, 0.0)
    assert rows[86.0].nearest_km == pytest.approx(85.0, abs=2.5)
    assert rows[88.8].passes_per_month[0] > rows[90.0].passes_per_month[0]
    with pytest.raises(InputError, match="nodes"):
        inclination_sweep(LunarElements(60.0, 60.0, 90.0), SITE, START, nodes=0)


def test_passes_on_a_track_equal_the_sweep():
    elements = LunarElements(60.0, 90.0, 89.0, 30.0, 50.0)
    track = track_from_elements("x", elements, START, START, START + MONTH)
    passes = find_passes(track, SITE, START, START + MONTH)
    (row,) = inclination_sweep(elements, SITE, START, inclinations_deg=(89.0,), nodes=1)
    counts = passes.counts().sum(axis=1)
    assert counts == pytest.approx(np.array(row.passes_per_month), abs=1.0)
    assert passes.cross_track_km.min() == pytest.approx(row.nearest_km, abs=0.15)
    assert len(passes) == pytest.approx(MONTH / elements.period_s, abs=1.5)
    # The camera looks sideways by about atan(cross-track / altitude).
    near = passes.cross_track_km < 30.0
    angle = np.degrees(np.arctan2(passes.cross_track_km, passes.altitude_km))
    assert passes.off_nadir_deg[near] == pytest.approx(angle[near], abs=0.5)
    assert ((passes.altitude_km > 59.9) & (passes.altitude_km < 90.1)).all()


def test_cross_track_against_brute_force():
    track = track_from_elements("x", LunarElements(60.0, 60.0, 88.5, 10.0), START, START, START + DAY)
    place = Lander("place", -60.0, 20.0)
    passes = find_passes(track, place, START, START + DAY)
    up = place.position_me_km / np.linalg.norm(place.position_me_km)
    t = np.arange(START, START + DAY, 0.5)
    position = track.position_me_km(t)
    distance = MOON.radius_km * np.arccos(position @ up / np.linalg.norm(position, axis=1))
    for at, cross in zip(passes.t_tdb, passes.cross_track_km, strict=True):
        window = np.abs(t - at) < 1000.0
        assert distance[window].min() == pytest.approx(cross, rel=2e-3, abs=0.5)


def test_coverage_of_an_ellipse():
    track = track_from_elements("x", LunarElements(60.0, 60.0, 90.0), START, START, START + MONTH)
    passes = find_passes(track, SITE, START, START + MONTH)
    area = {"ellipse_km": (30.0, 15.0), "ellipse_azimuth_deg": 40.0, "sun_min_deg": -90.0}
    wide = cover_ellipse(passes, SITE, START, swath_km=20.0, **area)
    narrow = cover_ellipse(passes, SITE, START, swath_km=4.0, **area)
    assert (np.diff(wide.covered_fraction) >= 0.0).all()
    assert wide.days_to_cover(0.5) <= narrow.days_to_cover(0.5)
    assert wide.days_to_cover(0.95) <= wide.days_to_cover(1.0) < np.inf
    assert wide.repeats.min() >= 1
    dark = cover_ellipse(
        passes, SITE, START, swath_km=4.0, ellipse_km=(30.0, 15.0), ellipse_azimuth_deg=0.0, sun_min_deg=89.0
    )
    assert dark.t_tdb.size == 0
    assert dark.days_to_cover(0.1) == np.inf
    # A strip as wide as the ellipse is long covers it in the first pass over its middle.
    through = passes.chosen(passes.cross_track_km < 1.0)
    assert cover_ellipse(through, SITE, START, swath_km=34.0, **area).covered_fraction[0] == 1.0
    with pytest.raises(InputError, match="above zero"):
        cover_ellipse(passes, SITE, START, swath_km=0.0, ellipse_km=(1.0, 1.0), ellipse_azimuth_deg=0.0)


def test_core_ground_is_found_exactly():
    reason, t, last = fly([MOON.radius_km + 10.0, 0.0, 0.0, 0.5], 1e-9, 0.0, MOON.radius_km, 1e4)
    assert reason == GROUND
    assert np.hypot(last[0], last[1]) == pytest.approx(MOON.radius_km, abs=1e-6)
    assert t > 0.0
