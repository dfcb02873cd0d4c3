"""What holds for every orbit, site and calendar."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.analysis.calendar import day_numbers, day_text, longest_gap, month_counts, months_of, period_days
from sim.analysis.contacts import find_contacts
from sim.analysis.joint import intervals, slip
from sim.analysis.lunar_orbit import LunarOrbit, site_direction
from sim.analysis.survey import nearest_possible_km, pass_cross_track_km
from sim.cases import Coupling
from sim.timescales import utc_from_tdb

ORBITS = st.builds(
    lambda low, more, inclination, argp, node: LunarOrbit(low, low + more, inclination, node, argp),
    st.floats(30.0, 3000.0),
    st.floats(0.0, 15000.0),
    st.floats(0.0, 180.0),
    st.floats(0.0, 360.0),
    st.floats(0.0, 360.0),
)
LATITUDES = st.floats(-90.0, 90.0)
LONGITUDES = st.floats(-180.0, 180.0)


@settings(max_examples=15)
@given(ORBITS, LATITUDES, LONGITUDES, st.floats(0.0, 30.0))
def test_contacts_agree_with_plain_sampling(orbit, latitude_deg, longitude_deg, mask_deg):
    """Elevation from the law of cosines at random instants, not from the code's vectors."""
    span_day = 3.0
    found = find_contacts(orbit, latitude_deg, longitude_deg, elevation_mask_deg=mask_deg, span_day=span_day)
    t_s = np.random.default_rng(1).uniform(0.0, span_day * 86400.0, 400)
    position, up = orbit.position_km(t_s), site_direction(latitude_deg, longitude_deg, t_s)
    radius = np.linalg.norm(position, axis=1)
    central = np.arctan2(np.linalg.norm(np.cross(position, up), axis=1), np.einsum("ij,ij->i", position, up))
    elevation = np.arctan2(np.cos(central) - 1737.4 / radius, np.sin(central))
    inside = np.zeros(len(t_s), dtype=bool)
    for start, stop in zip(found.start_s, found.stop_s, strict=True):
        inside |= (t_s >= start) & (t_s <= stop)
    # a contact that only grazes the mask may fall between two samples
    doubtful = np.abs(np.degrees(elevation) - mask_deg) < 2.0
    np.testing.assert_array_equal(inside[~doubtful], (np.degrees(elevation) >= mask_deg)[~doubtful])
    assert 0.0 <= found.fraction <= 1.0
    assert np.all(found.stop_s >= found.start_s)
    assert np.all(found.start_s[1:] > found.stop_s[:-1])


@settings(max_examples=15)
@given(ORBITS, LATITUDES, LONGITUDES)
def test_a_higher_mask_never_gives_more_contact(orbit, latitude_deg, longitude_deg):
    shares = [
        find_contacts(orbit, latitude_deg, longitude_deg, elevation_mask_deg=mask, span_day=3.0).fraction
        for mask in (0.0, 5.0, 20.0)
    ]
    assert shares[0] >= shares[1] >= shares[2]


@settings(max_examples=15)
@given(ORBITS, LATITUDES, LONGITUDES)
def test_north_and_south_are_mirror_images(orbit, latitude_deg, longitude_deg):
    """Turning the orbit by half a turn in its plane and half a turn of the node mirrors it on the equator."""
    mirrored = replace(
        orbit, argument_of_perilune_deg=orbit.argument_of_perilune_deg + 180.0, node_deg=orbit.node_deg + 180.0
    )
    one = find_contacts(orbit, latitude_deg, longitude_deg, span_day=3.0)
    two = find_contacts(mirrored, -latitude_deg, longitude_deg, span_day=3.0)
    assert abs(one.fraction - two.fraction) < 1e-6


@settings(max_examples=15)
@given(
    st.floats(30.0, 500.0), st.floats(0.0, 1000.0), st.floats(20.0, 160.0), st.floats(0.0, 360.0), LATITUDES, LONGITUDES
)
def test_passes_are_nearest_and_not_nearer_than_possible(low, more, inclination, argp, latitude_deg, longitude_deg):
    orbit = LunarOrbit(low, low + more, inclination, argument_of_perilune_deg=argp)
    distance = pass_cross_track_km(orbit, latitude_deg, longitude_deg, span_day=3.0)
    assert distance.min() >= nearest_possible_km(inclination, latitude_deg) - 1e-6
    # sampled without the first and last revolution, which may have no pass of their own
    t_s = np.arange(orbit.period_s, 3.0 * 86400.0 - orbit.period_s, 10.0)
    position, up = orbit.position_km(t_s), site_direction(latitude_deg, longitude_deg, t_s)
    cosine = np.sum(position * up, axis=1) / np.linalg.norm(position, axis=1)
    sampled = 1737.4 * np.arccos(np.clip(cosine, -1.0, 1.0)).min()
    # the site turns by 0.003 of the ground speed, so that abeam and nearest differ by 5e-6 of the distance
    assert sampled >= distance.min() - 0.05


@settings(max_examples=10)
@given(st.floats(50.0, 200.0), st.floats(80.0, 90.0))
def test_counted_passes_are_the_minima_of_the_sampled_distance(altitude, inclination):
    """Local minima of a dense sampling (3 s: 5 km along the track) near a polar site."""
    orbit, site = LunarOrbit(altitude, altitude, inclination, mean_anomaly_deg=90.0), (-86.0, 50.0)
    t_s = np.arange(0.0, 1.0 * 86400.0, 3.0)
    position, up = orbit.position_km(t_s), site_direction(*site, t_s)
    cosine = np.sum(position * up, axis=1) / np.linalg.norm(position, axis=1)
    peak = (cosine[1:-1] > cosine[:-2]) & (cosine[1:-1] >= cosine[2:])
    sampled = 1737.4 * np.arccos(cosine[1:-1][peak])
    counted = pass_cross_track_km(orbit, *site, span_day=1.0)
    # a minimum at the very ends of the span has no sample beside it
    assert abs(len(sampled) - len(counted)) <= 1
    if len(sampled) == len(counted):
        assert np.all(sampled >= counted - 0.05)
        assert np.all(sampled <= np.hypot(counted, 2.6) + 0.05)


@settings(max_examples=60)
@given(st.lists(st.floats(7.3e8, 7.7e8), min_size=1, max_size=30))
def test_day_numbers_are_the_calendar_days_of_the_text(epochs):
    t_tdb = np.array(epochs)
    written = [str(text)[:10] for text in np.atleast_1d(utc_from_tdb(t_tdb, 9))]
    assert [day_text(day) for day in day_numbers(t_tdb)] == written


@settings(max_examples=60)
@given(st.sets(st.integers(0, 120)), st.integers(1, 121))
def test_gaps_by_walking_through_the_days(chosen, length):
    period = np.arange(19000, 19000 + length)
    days = np.array(sorted(19000 + day for day in chosen if day < length), dtype=np.int64)
    longest = run = 0
    for day in period:
        run = 0 if day in days else run + 1
        longest = max(longest, run)
    gap, start = longest_gap(days, period)
    assert gap == longest
    if gap:
        assert not set(range(start, start + gap)) & set(days.tolist())


@settings(max_examples=60)
@given(st.sets(st.integers(0, 400), max_size=60))
def test_months_count_every_day_once(chosen):
    period = np.arange(19700, 20101)
    days = np.array(sorted(19700 + day for day in chosen), dtype=np.int64)
    months = months_of(period)
    assert sum(month_counts(days, months)) == len(days)
    assert sum(month_counts(period, months)) == len(period)
    runs = intervals(days)
    covered = sum(int((np.datetime64(stop) - np.datetime64(start)).astype(int)) + 1 for start, stop in runs)
    assert covered == len(days)


@settings(max_examples=60)
@given(st.sets(st.integers(0, 200), max_size=40), st.integers(1, 201))
def test_slip_by_walking_through_the_days(chosen, length):
    common = np.arange(19000, 19000 + length)
    days = np.array(sorted(19000 + day for day in chosen if day < length), dtype=np.int64)
    waits = [next((later - day for later in days if later >= day), None) for day in common]
    found = slip("plan", Coupling("joint_window", "a", "b", within_day=10.0), days, common)
    for limit, chance in zip(found.wait_day, found.probability, strict=True):
        assert chance == sum(wait is not None and wait <= limit for wait in waits) / length
    known = [wait for wait in waits if wait is not None]
    assert (found.mean_wait_day is None) == (not known)


@settings(max_examples=30)
@given(st.floats(7.0e8, 8.0e8), st.floats(1.0, 4.0e7))
def test_period_days_are_consecutive_and_touch_both_ends(start_tdb, length_s):
    days = period_days(start_tdb, start_tdb + length_s)
    assert np.all(np.diff(days) == 1)
    assert day_text(days[0]) == str(utc_from_tdb(start_tdb, 9))[:10]
    assert 0.0 < len(days) - length_s / 86400.0 + 1e-3 < 2.0
