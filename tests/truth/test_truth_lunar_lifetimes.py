"""Lifetime of a 125 km polar orbit against the publication that gives one: which frame, field and degree make it.

Gupta and Sharma (2011, International Journal of Astronomy and Astrophysics 1:155, doi 10.4236/ijaa.2011.13020) give 411
days with LP150Q, LP165P and LP100J and 384 with LP75G and LP100K, each to 50 x 50, from 2010-01-01 TDB, with the Earth
and the Sun, the Moon's GM 4902.800076 km3/s2 and a sphere of 1738 km, on which the osculating circular orbit ends. They
state neither node nor frame (in what could be read of the text).

With node 0 and 90 degrees of inclination to the Moon's equator *of J2000*, from its node on the Earth's, as inertial
Moon frames are commonly defined, LP165P gives 410.8 days here. That equator was 3.0 degrees off the true one of 2010,
in which the orbit is not polar. Measured with node 0 in other frames: true equator of date 302, from the prime meridian
of date 296, ecliptic or mean pole 328, Earth's equator 321 days.

Lifetimes go in steps of about one loop of the eccentricity vector, 27.3 days, and grow without limit at a transition
altitude: 129 to 130 km here, 145 or so without Earth and Sun (published: "higher without"). The two published values
are one loop apart, and these move the 410.8 days as much: node +2 deg 384.1, -4 deg 438.0; ground +1 km 384.2;
altitude -1 km 383.8, +2 km 438.5; inclination +0.2 deg 465.9. GRGM1200A instead of LP165P, 50 x 50: 404.8; 30 x 30
355.9, 40 x 40 438.2, 60 x 60 438.8, 70 x 70 more than 1200 days. Start elsewhere on the circle: 404.8 to 411.2. Without
the Sun: no change; without Sun and Earth: 302.0. GM of DE440: no change.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.dynamics import FullForceModel, GravityField, load_gravity_field, open_gravity_field
from sim.operations.low_orbits import equator_axes
from sim.operations.relay_orbits import relay_state
from sim.propagation.low_orbits import propagate_low_orbits

START_TDB = (2455197.5 - 2451545.0) * 86400.0
GROUND_KM = 1738.0
GM = {"moon": 4902.800076, "earth": 398600.436233, "sun": 132712440040.944}
LOOP_DAY = 27.32
STEPS = 120.0
"""A revolution: 120, 200 and 375 give the same lifetimes to 0.01 days."""


def lp165p():
    return load_gravity_field(Path(__file__).parent / "data" / "lp165p_50_gmat.cof", "moon")


def start(altitude_km, node_deg, axes_tdb):
    return relay_state(GROUND_KM + altitude_km, 0.0, 90.0, node_deg, 0.0, equator_axes([axes_tdb])[0])


def lifetimes_day(rows, field: GravityField, bodies=("moon", "earth", "sun"), span_day=450.0):
    gm = {body: GM[body] for body in bodies}
    model = FullForceModel(center="moon", point_masses=bodies, moon_field=field, gm_km3_s2=gm)
    run = propagate_low_orbits(
        np.array(rows), START_TDB, START_TDB + 86400.0 * span_day, model, impact_radius_km=GROUND_KM,
        steps_per_revolution=STEPS,
    )  # fmt: skip
    return np.where(run.impact, (run.t_tdb - START_TDB) / 86400.0, np.inf)


def test_the_published_lifetime_is_that_of_the_equator_of_j2000(record_accuracy):
    cases = [(125.0, 0.0, 0.0), (125.0, 2.0, 0.0), (127.0, 0.0, 0.0), (119.0, 0.0, 0.0), (125.0, 0.0, START_TDB)]
    lived = lifetimes_day([start(*case) for case in cases], lp165p())
    record_accuracy(
        "lifetime of a 125 km orbit, polar to the equator of J2000, node 0, LP165P 50x50",
        "Gupta and Sharma 2011, 411 d (LP150Q, LP165P, LP100J)", "lifetime", lived[0] - 411.0, "d", 1.0,
    )  # fmt: skip
    # the other published value is one loop of the eccentricity vector shorter
    record_accuracy(
        "the same orbit, node +2 deg", "Gupta and Sharma 2011, 384 d (LP75G, LP100K)", "lifetime", lived[1] - 384.0,
        "d", 1.0,
    )  # fmt: skip
    assert abs(lived[2] - lived[0] - LOOP_DAY) < 1.0
    assert abs(lived[0] - lived[3] - 3.0 * LOOP_DAY) < 1.0
    # polar to the true equator: four loops shorter, 301.6
    assert abs(lived[0] - lived[4] - 4.0 * LOOP_DAY) < 1.0


@pytest.mark.slow
def test_the_transition_altitude_is_higher_without_earth_and_sun():
    above = [start(130.0, 0.0, 0.0)]
    assert np.isinf(lifetimes_day(above, lp165p(), span_day=600.0)).all()
    alone = lifetimes_day([start(h, 0.0, 0.0) for h in (130.0, 140.0)], lp165p(), ("moon",), span_day=600.0)
    # 329.5 and 411.6 measured
    assert (alone < 500.0).all()


@pytest.mark.slow
@pytest.mark.parametrize(("degree", "loops"), [(30, -2), (40, 1), (50, 0), (60, 1)])
def test_field_and_degree_move_the_lifetime_by_loops(degree, loops, record_accuracy):
    lived = lifetimes_day([start(125.0, 0.0, 0.0)], open_gravity_field("grgm1200a", degree))[0]
    # measured from the published value: -55.2, 27.2, -6.2, 27.8 d; at 70 x 70 it outlives 1200 days
    record_accuracy(
        f"lifetime of a 125 km orbit, polar to the equator of J2000, GRGM1200A {degree}x{degree}",
        f"Gupta and Sharma 2011, 411 d (LP165P 50x50) and {loops} loops of 27.3 d", "lifetime",
        lived - 411.0 - loops * LOOP_DAY, "d", 8.0,
    )  # fmt: skip
