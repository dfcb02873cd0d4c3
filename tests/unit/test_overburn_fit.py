"""The inverse of an overlong burn: batch flights, unknowns, volume, field."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.at_moon_overburn import overburn_unknowns
from sim.bodies import MOON
from sim.errors import InputError
from sim.operations import (
    Observation,
    OverburnInputs,
    arc_between_deg,
    fit_volume,
    fly_in_field,
    fly_overburns,
    needed_thrust,
    overburn,
    places_before,
    unknown_rates,
)
from sim.operations.request import OverburnCase
from sim.timescales import tdb_from_utc

BEGIN = tdb_from_utc("2023-08-19T11:10:00")
CASE = OverburnCase(
    BEGIN, BEGIN + 2820.0, 84.0, 127.0, 90.0, 113.0, 100.0, 18.0, 83.2, True, -57.865, 61.36, -0.36, 30.0
)
UNKNOWNS = overburn_unknowns(CASE)
NEAREST = {
    "begin_s": 0.0, "mean_altitude_km": 101.5, "half_difference_km": 11.5, "true_anomaly_deg": 120.0,
    "planned_perilune_km": 18.0, "planned_s": 84.0, "actual_s": 127.0, "thrust_percent": 0.0, "pitch_deg": 0.0,
}  # fmt: skip
SEEN = Observation(2820.0, 30.0, 12.15, 9.3, 100.0)
ANOMALIES = np.arange(0.0, 360.0, 40.0)


def flights(**changed):
    known = {
        "perilune_altitude_km": 90.0, "apolune_altitude_km": 113.0, "true_anomaly_deg": ANOMALIES,
        "planned_perilune_km": 18.0, "planned_s": 84.0, "actual_s": 127.0, "ground_altitude_km": -0.36,
    }  # fmt: skip
    return OverburnInputs(**(known | changed))


def test_batch_flights_are_those_of_single_burns():
    flown = fly_overburns(flights())
    for at, anomaly in enumerate(ANOMALIES):
        one = overburn(
            90.0, 113.0, float(anomaly), planned_s=84.0, actual_s=127.0, planned_perilune_km=18.0,
            ground_altitude_km=-0.36,
        )  # fmt: skip
        # Steps of 2 and 4 s in place of 0.5 s: 3e-7 s in time.
        assert flown.impact_s[at] == pytest.approx(one.impact_s, abs=1e-5)
        assert flown.arc_deg[at] == pytest.approx(one.arc_deg, abs=1e-6)
        assert flown.perilune_arc_deg[at] == pytest.approx(one.planned_perilune_arc_deg, abs=1e-6)
        assert flown.actual_dv_m_s[at] == pytest.approx(one.actual_dv_m_s, rel=1e-8)


def test_the_planned_perilune_is_where_the_planned_orbit_has_it():
    # Impulses by hand: the eccentricity vectors of the orbit before and of the burn add.
    mean = MOON.radius_km + 101.5
    flown = fly_overburns(flights(planned_s=12.0, actual_s=18.0))
    ecc = 11.5 / mean
    change = 2.0 * flown.planned_dv_m_s * 1e-3 / np.sqrt(MOON.gm_km3_s2 / mean)
    nu = np.radians(ANOMALIES)
    x, y = ecc - change * np.cos(nu), -change * np.sin(nu)
    arc = np.mod(np.degrees(np.arctan2(y, x) - nu), 360.0)
    assert flown.perilune_arc_deg == pytest.approx(arc, abs=0.6)
    assert np.ptp(flown.perilune_arc_deg) > 20.0
    # On a circular orbit it is half a revolution.
    circular = fly_overburns(flights(perilune_altitude_km=100.0, apolune_altitude_km=100.0, planned_s=12.0))
    assert circular.perilune_arc_deg == pytest.approx(180.3, abs=0.05)
    assert circular.planned_apolune_km == pytest.approx(100.0, abs=0.01)


def test_burns_that_cannot_be():
    with pytest.raises(InputError, match="perilune <= apolune"):
        fly_overburns(flights(perilune_altitude_km=120.0))
    with pytest.raises(InputError, match="thrust ratio"):
        fly_overburns(flights(thrust_ratio=0.0))
    # A plan above the orbit has no thrust; a weak burn does not come down: neither is invented.
    assert np.isnan(fly_overburns(flights(planned_perilune_km=95.0)).impact_s).all()
    weak = fly_overburns(flights(thrust_ratio=0.5))
    assert np.isnan(weak.impact_s).all() and np.isfinite(weak.planned_dv_m_s).all()


def test_rates_are_what_flights_show():
    rates = {one.unknown.key: one for one in unknown_rates(UNKNOWNS, NEAREST, -0.36, SEEN)}
    assert set(rates) == set(NEAREST)
    here = fly_overburns(flights(true_anomaly_deg=np.array([120.0])))
    less = fly_overburns(flights(true_anomaly_deg=np.array([120.0]), thrust_ratio=0.99))
    # Half a second of curvature over one per cent.
    late = float((less.impact_s - here.impact_s)[0])
    assert rates["thrust_percent"].seconds_per_unit == pytest.approx(-late, rel=0.03)
    along = float((less.arc_deg - here.arc_deg)[0]) * MOON.radius_km * np.pi / 180.0
    assert rates["thrust_percent"].km_per_unit == pytest.approx(-along, rel=0.03)
    # The value that closes the time does close it.
    closing = 1.0 + 0.01 * rates["thrust_percent"].closing_value
    closed = fly_overburns(flights(true_anomaly_deg=np.array([120.0]), thrust_ratio=closing))
    assert float(closed.impact_s[0]) == pytest.approx(2820.0, abs=0.5)
    assert rates["begin_s"].closing_value == pytest.approx(46.1, abs=0.5)
    # The place of the burn cannot close it: it is at its best there.
    assert np.isnan(rates["true_anomaly_deg"].closing_value)
    assert rates["true_anomaly_deg"].spread_s == pytest.approx(503.0, abs=5.0)


def test_the_volume_is_counted_and_the_same_every_time():
    one = fit_volume(UNKNOWNS, -0.36, SEEN, 1024)
    again = fit_volume(UNKNOWNS, -0.36, SEEN, 1024)
    assert one.time_share == again.time_share and np.array_equal(one.low, again.low)
    assert one.impact_share == 1.0
    # Less than two per cent of the volume is on time; none of it has its perilune near the site as well.
    assert 0.0 < one.time_share < 0.03 and 0.25 < one.plan_share < 0.45
    assert one.time_plan_share <= min(one.time_share, one.plan_share)
    assert one.all_share == 0.0
    # Without the place as a demand, the burn of those on time is weaker than 127/84 of the plan.
    assert one.actual_dv_m_s[1] < 28.4
    with pytest.raises(InputError, match="flights"):
        fit_volume(UNKNOWNS, -0.36, SEEN, 0)


def test_the_thrust_that_is_needed_does_it():
    inputs = flights()
    needed = needed_thrust(inputs, SEEN)
    on_time = fly_overburns(flights(thrust_ratio=needed.time_thrust_ratio))
    assert on_time.impact_s == pytest.approx(2820.0, abs=0.06)
    at_site = fly_overburns(flights(thrust_ratio=needed.site_thrust_ratio))
    assert at_site.perilune_arc_deg - at_site.arc_deg == pytest.approx(12.15, abs=0.06)
    assert at_site.impact_s == pytest.approx(needed.impact_for_site_s)
    # Both ask for less than the plan's thrust; the perilune over the site for a later impact than was observed.
    assert (needed.time_thrust_ratio < 1.0).all() and (needed.site_thrust_ratio < needed.time_thrust_ratio).all()
    assert (needed.impact_for_site_s > 2820.0).all()


def test_without_mass_concentrations_the_field_leaves_what_its_figure_does():
    inputs = flights(true_anomaly_deg=np.array([0.0, 120.0]), planned_perilune_km=np.full(2, 18.0))
    track = {"crater_latitude_deg": -57.865, "crater_longitude_deg": 61.36, "inclination_deg": 83.2, "southbound": True}
    figure = fly_in_field(inputs, BEGIN, degree=2, **track)
    whole = fly_in_field(inputs, BEGIN, degree=30, **track)
    # The plan in the field aims a kilometre lower; what is left is seconds.
    assert ((figure.plan_change_km > 0.5) & (figure.plan_change_km < 1.6)).all()
    assert (np.abs(figure.later_s) < 20.0).all() and (np.abs(whole.later_s - figure.later_s) < 10.0).all()
    assert whole.burn_seen.all()
    planar = fly_overburns(inputs)
    lat, lon = places_before(-57.865, 61.36, 83.2, True, planar.arc_deg, planar.impact_s)
    assert whole.burn_latitude_deg == pytest.approx(lat, abs=4.0)
    assert np.abs(np.mod(whole.burn_longitude_deg - lon + 180.0, 360.0) - 180.0).max() < 15.0
    with pytest.raises(InputError, match="pitch"):
        fly_in_field(flights(pitch_deg=1.0), BEGIN, **track)


def test_arcs_along_tracks():
    assert arc_between_deg(-57.865, -69.545, 90.0, True) == pytest.approx(11.68)
    assert arc_between_deg(-57.865, -69.545, 90.0, False) == pytest.approx(-11.68)
    assert arc_between_deg(0.0, 45.0, 90.0, False) == pytest.approx(45.0)
