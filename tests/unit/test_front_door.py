"""One call for every model: full forces, burns, barycentres, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.core.status import Status
from sim.dynamics import FiniteBurn, ForceModel, FullForceModel, Impulse
from sim.errors import InputError
from sim.frames import R_rtn_icrf, R_vnc_icrf
from sim.propagation import (
    AltitudeCrossing,
    ClosestApproach,
    FarthestPoint,
    NodeCrossing,
    RadiusCrossing,
    SphereOfInfluence,
    propagate,
    propagate_at,
    propagate_full,
    propagate_low_orbits,
    propagate_stream,
    propagate_with_stm,
)
from sim.spacecraft import Engine

DAY = 86400.0
T0 = 799862868.1046189
# Perigee of a transfer that passes the Moon 100 km above ground after 4.59 days (found backward with this package).
STATE = np.array(
    [
        *(4790.917764935133, 3991.5415525137737, 2095.985935890359),
        *(-2.533855526313446, 7.1625550382571515, -7.848403140924845),
    ]
)
ENGINE = Engine(thrust_n=400.0, isp_s=310.0)
FAST = ForceModel()
FULL = FullForceModel(point_masses=("earth", "moon", "sun"), light_pressure=True)
THREE = FullForceModel(point_masses=("earth", "moon", "sun"))
LOW_MOON = np.array([1838.0, 0.0, 0.0, 0.0, 0.2, 1.62])
MOON = FullForceModel(center="moon", point_masses=("earth", "moon", "sun"))


def spread(n, size=1e-5):
    return STATE * (1.0 + size * np.random.default_rng(7).standard_normal((n, 6)))


def test_a_full_model_gives_what_the_detailed_call_gives():
    times = T0 + np.array([0.5, 2.0, 3.0]) * DAY
    burn = FiniteBurn(T0 + 0.6 * DAY, T0 + 0.6 * DAY + 300.0, ENGINE)
    call = {"mass_kg": [900.0, 1100.0], "srp_area_m2": 12.0, "burns": [burn]}
    own = propagate_full(spread(2), T0, times, FULL, **call)
    run = propagate_at(spread(2), T0, times, FULL, **call)
    np.testing.assert_array_equal(run.path_states, own.path_states)
    np.testing.assert_array_equal(run.path_mass_kg, own.path_mass_kg)
    np.testing.assert_array_equal(run.mass_kg, own.mass_kg)
    assert run.ok.all() and run.stop.tolist() == [-1, -1]
    ends = propagate(spread(2), T0, times[-1], FULL, **call)
    assert np.linalg.norm(ends.states - run.states) < 1e-5  # steps end at output times: 1e-7 km


def test_low_orbits_by_the_same_call():
    times = T0 + np.array([3600.0, 7200.0])
    own = propagate_low_orbits(LOW_MOON, T0, times, MOON)
    run = propagate_at(LOW_MOON, T0, times, MOON, method="gauss_jackson")
    np.testing.assert_array_equal(run.path_states, own.path_states)
    assert run.mass_kg.tolist() == [1000.0]
    falling = [1800.0, 0.0, 0.0, -0.5, 0.0, 1.5]
    for method in ("dop853", "gauss_jackson"):
        fallen = propagate(falling, T0, T0 + DAY, MOON, method=method)
        # The Earth's surface is number 0, the Moon's number 1.
        assert (fallen.status[0], fallen.stop[0]) == (Status.IMPACT, 1)
    assert propagate(falling, T0, T0 + 100.0, MOON, method="gauss_jackson", impacts=False).status[0] == Status.OK


def axes_of(name, state):
    return {"icrf": lambda _: np.eye(3), "vnc": R_vnc_icrf, "rtn": R_rtn_icrf}[name](state)


@pytest.mark.parametrize("axes", ["icrf", "vnc", "rtn"])
@pytest.mark.parametrize("model", [FAST, THREE])
def test_an_impulse_by_hand_and_back(axes, model):
    middle, end = T0 + 1.3 * DAY, T0 + 2.0 * DAY
    impulse = Impulse(middle, (30.0, -20.0, 10.0), axes, engine=ENGINE)
    run = propagate_at(STATE, T0, [middle, end], model, burns=[impulse], mass_kg=1000.0)
    first = propagate(STATE, T0, middle, model)
    np.testing.assert_array_equal(run.path_states[0, 0], first.states[0])  # the state before
    after = first.states[0].copy()
    after[3:] += axes_of(axes, first.states[0]).T @ np.array([0.03, -0.02, 0.01])
    second = propagate(after, middle, end, model)
    assert np.linalg.norm(run.states[0, :3] - second.states[0, :3]) < 1e-8
    mass = 1000.0 * math.exp(-math.sqrt(1400.0) / ENGINE.exhaust_velocity_m_s)
    assert run.mass_kg[0] == pytest.approx(mass, rel=1e-14)
    np.testing.assert_allclose(run.path_mass_kg[0], [1000.0, mass], rtol=1e-14)
    back = propagate_at(run.states, end, [middle, T0], model, burns=[impulse], mass_kg=run.mass_kg)
    assert np.linalg.norm(back.states[0, :3] - STATE[:3]) < 2e-4  # perigee is two days away
    assert np.linalg.norm(back.path_states[0, 0] - first.states[0]) < 1e-7
    assert back.mass_kg[0] == pytest.approx(1000.0, rel=1e-14)


def test_impulses_row_by_row_do_not_touch_other_rows():
    states = spread(5)
    none = propagate(states, T0, T0 + 3 * DAY, FAST)
    epochs = np.array([np.nan, T0 + DAY, T0 + 5 * DAY, T0, T0 + 3 * DAY])
    change = np.outer(np.arange(5.0), [1.0, 2.0, 3.0])
    first = Impulse(epochs, change, "rtn")
    second = Impulse(T0 + 2.0 * DAY, (0.0, 0.0, 0.0))
    run = propagate(states, T0, T0 + 3 * DAY, FAST, burns=[second, first])
    # Without an impulse in its span (the third's is later, the last one's just at the end) a row is only flown in legs.
    assert (np.linalg.norm(run.states[[0, 2, 4]] - none.states[[0, 2, 4]], axis=1) < 1e-6).all()
    assert (np.linalg.norm(run.states[[1, 3]] - none.states[[1, 3]], axis=1) > 1.0).all()
    for row in range(5):
        own = Impulse(epochs[row], change[row], "rtn")
        alone = propagate(states[row], T0, T0 + 3 * DAY, FAST, burns=[second, own], threads=1)
        np.testing.assert_array_equal(run.states[row], alone.states[0])


def test_events_and_stops_on_several_legs():
    impulses = [Impulse(T0 + 1.0 * DAY, (0.0, 0.0, 0.1)), Impulse(T0 + 2.0 * DAY, (0.0, 0.0, -0.1))]
    spheres = [RadiusCrossing("earth", r, inward=False) for r in (1e5, 2e5, 3e5)]
    run = propagate(STATE, T0, T0 + 6 * DAY, FAST, burns=impulses, events=spheres, stops=[ClosestApproach("moon")])
    assert run.status[0] == Status.EVENT
    assert run.log.count[0] == 3
    assert run.log.event[0, :3].tolist() == [0, 1, 2]
    assert (np.diff(run.log.t_tdb[0, :3]) > 0.0).all()
    little = propagate(STATE, T0, T0 + 6 * DAY, FAST, burns=impulses, events=spheres, max_events=2)
    assert little.log.count[0] == 3 and little.log.overflow[0]
    np.testing.assert_array_equal(little.log.t_tdb[0], run.log.t_tdb[0, :2])


LOOK = (
    ClosestApproach("moon"), RadiusCrossing("moon", 20e3, inward=False), RadiusCrossing("earth", 2e5, inward=None),
    SphereOfInfluence("moon"), AltitudeCrossing("moon", 150.0), FarthestPoint("moon"),
)  # fmt: skip


@pytest.mark.parametrize("stop", LOOK)
@pytest.mark.parametrize("back", [False, True])
def test_stops_under_full_forces_are_those_of_the_fast_path(stop, back):
    """The same point masses fly in both; events are found by different codes."""
    states, fast = spread(4, 3e-6), ForceModel(earth_zonals=0)
    begin = propagate(states, T0, T0 + (6.0 if back else 0.5) * DAY, fast, tolerance=1e-13, impacts=False)
    goal = T0 + (0.5 if back else 8.0) * DAY
    call = {"tolerance": 1e-13, "impacts": False, "stops": [RadiusCrossing("earth", 9e5, inward=False), stop]}
    mine = propagate(begin.states, begin.t_tdb, goal, THREE, **call)
    theirs = propagate(begin.states, begin.t_tdb, goal, fast, **call)
    np.testing.assert_array_equal(mine.status, theirs.status)
    np.testing.assert_array_equal(mine.stop, theirs.stop)
    assert np.abs(mine.t_tdb - theirs.t_tdb).max() < 1e-3
    assert np.abs(mine.states - theirs.states)[:, :3].max() < 1e-3


def test_full_stops_meet_their_conditions_and_cost_no_bit():
    stops = [RadiusCrossing("moon", 10.0), FarthestPoint("moon")]
    moon = propagate(LOW_MOON, T0, T0 + DAY, MOON, stops=stops)
    r, v = moon.states[0, :3], moon.states[0, 3:]
    assert (moon.status[0], moon.stop[0]) == (Status.EVENT, 1)
    assert abs(r @ v) / np.linalg.norm(r) < 1e-9
    free = propagate(LOW_MOON, T0, moon.t_tdb, MOON)
    assert np.linalg.norm(free.states[0, :3] - r) < 3e-7  # an epoch is rounded to 1e-7 s
    never = propagate(LOW_MOON, T0, T0 + DAY, MOON, stops=stops[:1])
    np.testing.assert_array_equal(never.states, propagate(LOW_MOON, T0, T0 + DAY, MOON).states)
    # A sphere that is only grazed inside a step is met, and the ground counts where it comes first.
    low = np.linalg.norm(propagate(LOW_MOON, T0, T0 + DAY, MOON, stops=[ClosestApproach("moon")]).states[0, :3])
    for depth, status in ((-1e-3, Status.OK), (1e-3, Status.EVENT)):
        grazed = propagate(LOW_MOON, T0, T0 + 7000.0, MOON, stops=[RadiusCrossing("moon", low + depth)])
        assert grazed.status[0] == status
    for height, status in ((1e-3, Status.OK), (-1e-3, Status.IMPACT)):
        # Past the ground at 4 km/s: a second and a half below it, in a step of minutes.
        r = 1737.4 + height
        fast = propagate([r, 0.0, 0.0, 0.0, 4.0, 0.0], T0, T0 - 3000.0, MOON, impacts=False)
        passed = propagate(fast.states, fast.t_tdb, T0 + 3000.0, MOON)
        assert (passed.status[0], passed.stop[0]) == (status, 1 if status == Status.IMPACT else -1)
    assert np.linalg.norm(passed.states[0, :3]) == pytest.approx(1737.4, abs=1e-5)
    falling = [1800.0, 0.0, 0.0, -0.5, 0.0, 1.5]
    fallen = propagate(falling, T0, T0 + DAY, MOON, stops=[RadiusCrossing("moon", 1700.0), FarthestPoint("earth")])
    assert (fallen.status[0], fallen.stop[0]) == (Status.IMPACT, 3)
    met = propagate_with_stm(LOW_MOON, T0, T0 + DAY, MOON, stops=stops)
    fixed = propagate_with_stm(LOW_MOON, T0, met.t_tdb, MOON)
    assert met.status[0] == Status.EVENT
    assert np.abs(met.transition_matrix - fixed.transition_matrix).max() < 1e-6 * np.abs(fixed.transition_matrix).max()


def test_an_impulse_at_perilune_by_two_calls_and_by_one():
    there = propagate(STATE, T0, T0 + 6 * DAY, THREE, stops=[ClosestApproach("moon")], tolerance=1e-13)
    assert there.status[0] == Status.EVENT
    brake = Impulse(there.t_tdb, (-800.0, 0.0, 0.0), "vnc", "moon", ENGINE)
    run = propagate(STATE, T0, there.t_tdb + 3600.0, THREE, burns=[brake], mass_kg=1500.0, tolerance=1e-13)
    moon = THREE.source().state("moon", "earth", run.t_tdb)
    r, v = (run.states - moon)[0, :3], (run.states - moon)[0, 3:]
    assert 0.5 * v @ v - 4902.8 / np.linalg.norm(r) < 0.0  # captured
    assert run.mass_kg[0] == pytest.approx(1500.0 * math.exp(-800.0 / ENGINE.exhaust_velocity_m_s))


def test_an_impulse_that_cannot_be_taken_back_says_so():
    impulse = Impulse(T0 + 100.0, (-3000.0, 0.0, 0.0), "vnc")  # turns the velocity round and more, seen from behind
    slow = np.array([2e5, 0.0, 0.0, 0.0, 0.5, 0.1])
    back = propagate(slow, T0 + 200.0, T0, FAST, burns=[impulse])
    assert back.status[0] in (Status.OK, Status.NO_SOLUTION)
    flat = Impulse(T0, (1.0, 0.0, 0.0), "rtn")
    radial = propagate([2e5, 0.0, 0.0, 1.0, 0.0, 0.0], T0, T0 + 10.0, FAST, burns=[flat])
    assert radial.status[0] == Status.NO_SOLUTION  # no orbit plane: no axes


def test_unusable_rows_hold_their_input_and_change_nothing():
    states = np.stack([STATE, STATE, STATE])
    states[1, 2] = np.nan
    t1 = np.array([T0 + DAY, T0 + DAY, 1e12])
    for model in (ForceModel(center="ssb"), FullForceModel(center="emb", point_masses=("earth", "moon", "sun"))):
        about = states + np.pad(model.source().state("earth", model.center, T0), ((0, 2), (0, 0)), mode="edge")
        run = propagate(about, T0, t1, model, burns=[Impulse(T0 + 100.0, (1.0, 0.0, 0.0))])
        assert run.status.tolist() == [Status.OK, Status.NONFINITE, Status.OUT_OF_EPHEMERIS]
        np.testing.assert_array_equal(run.states[1:], about[1:])
        alone = propagate(about[0], T0, t1[0], model, burns=[Impulse(T0 + 100.0, (1.0, 0.0, 0.0))])
        np.testing.assert_array_equal(run.states[0], alone.states[0])


@pytest.mark.parametrize("center", ["emb", "ssb"])
def test_every_option_works_about_a_barycentre(center):
    model = ForceModel(center=center)
    source = model.source()

    def shift(t):
        return source.state("earth", center, t)

    start = spread(3) + shift(T0)
    times = T0 + np.array([1.0, 3.0, 4.0]) * DAY
    node = [NodeCrossing("earth", (0.0, 0.0, 1.0))]
    here = propagate_at(spread(3), T0, times, FAST, events=node, stops=[RadiusCrossing("moon", 66e3)])
    there = propagate_at(start, T0, times, model, events=node, stops=[RadiusCrossing("moon", 66e3)])
    np.testing.assert_array_equal(here.status, there.status)
    assert np.abs(here.t_tdb - there.t_tdb).max() < 1e-4
    # A rounding of the start in barycentric coordinates, 0.03 mm at most, grows from perigee on.
    assert np.nanmax(np.abs(there.path_states[:, 0, :3] - shift(times[0])[:, :3] - here.path_states[:, 0, :3])) < 2e-5
    assert np.abs(there.states - shift(there.t_tdb) - here.states)[:, :3].max() < 1e-4
    assert (there.log.count == here.log.count).all() and here.log.count.sum() > 0
    first = there.log.t_tdb[:, 0]
    assert np.abs(there.log.states[:, 0, 2] - shift(first)[:, 2]).max() < 1e-2  # in the plane
    chunk = next(propagate_stream(lambda a, b: (start[a:b], T0, T0 + DAY), 3, model))
    np.testing.assert_array_equal(chunk.result.states, propagate(start, T0, T0 + DAY, model).states)
    check = propagate(start, T0, T0 + DAY, model, method="dop853", tolerance=1e-13)
    assert np.abs(check.states - chunk.result.states)[:, :3].max() < 1e-5
    same = propagate(start, T0, T0, model)
    np.testing.assert_array_equal(same.states, start)


@pytest.mark.parametrize("kind", [ForceModel, FullForceModel])
@pytest.mark.parametrize("center", ["earth", "emb", "ssb"])
def test_derivatives_by_differences(kind, center):
    """The matrix and both derivatives by epochs, also where the frame moves."""
    model = kind(center=center, point_masses=("earth", "moon", "sun"))
    t0, t1 = T0 + 0.5 * DAY, T0 + 2.5 * DAY
    state = propagate(STATE + model.source().state("earth", center, T0)[0], T0, t0, model).states[0]
    run = propagate_with_stm(state, t0, t1, model, tolerance=1e-14)
    step = np.array([1.0, 1.0, 1.0, 1e-5, 1e-5, 1e-5])
    rows = np.concatenate((state + np.diag(step), state - np.diag(step)))
    ends = propagate(rows, t0, t1, model, tolerance=1e-14).states
    matrix = ((ends[:6] - ends[6:]) / (2.0 * step[:, np.newaxis])).T
    assert np.abs(run.transition_matrix[0] - matrix).max() < 3e-5 * np.abs(matrix).max()
    for name, at in (("states_per_t0_s", 0), ("states_per_t1_s", 1)):
        h = 2.0
        late = propagate(state, t0 + h * (at == 0), t1 + h * (at == 1), model, tolerance=1e-14).states[0]
        soon = propagate(state, t0 - h * (at == 0), t1 - h * (at == 1), model, tolerance=1e-14).states[0]
        slope = (late - soon) / (2.0 * h)
        found = getattr(run, name)[0]
        assert np.linalg.norm(found[:3] - slope[:3]) < 2e-6 * np.linalg.norm(slope[:3])
        assert np.linalg.norm(found[3:] - slope[3:]) < 2e-5 * np.linalg.norm(slope[3:])


def test_a_burning_engine_leaves_the_derivative_by_the_epoch_open():
    burn = FiniteBurn(T0 - 10.0, T0 + 100.0, ENGINE)
    run = propagate_with_stm(STATE, T0, T0 + 1000.0, THREE, burns=[burn], mass_kg=500.0)
    assert np.isnan(run.states_per_t0_s).all()
    assert np.isfinite(run.transition_matrix).all()
    assert run.mass_kg[0] == pytest.approx(500.0 - 100.0 * ENGINE.mass_flow_kg_s)


@pytest.mark.parametrize(
    ("model", "change", "words"),
    [
        (FAST, {"burns": [FiniteBurn(T0, T0 + 1.0, ENGINE)]}, "ForceModel takes no finite burns"),
        (FAST, {"srp_area_m2": 3.0, "drag_area_m2": 1.0}, "no srp_area_m2 and no drag_area_m2"),
        (FULL, {"stops": [ClosestApproach("pluto")]}, "no part of the force model"),
        (MOON, {"stops": [ClosestApproach("moon")], "method": "gauss_jackson"}, "takes no stops"),
        (MOON, {"events": [ClosestApproach("moon")], "method": "gauss_jackson"}, "takes no events"),
        (FULL, {"method": "rkn1210"}, "auto, dop853, gauss_jackson"),
        (FAST, {"method": "gauss_jackson"}, "auto, rkn1210, dop853"),
        (MOON, {"method": "gauss_jackson", "tolerance": 1e-9}, "no a tolerance"),
        (FAST, {"burns": [Impulse(T0, (1.0, 0.0, 0.0), body="mars")]}, "no part of the force model"),
        (FAST, {"burns": ["dv"]}, "burns holds a str"),
        (FAST, {"burns": [Impulse(T0, np.ones((2, 3)))]}, "one row or 1"),
        (FULL, {"mass_kg": [1.0, 2.0]}, "mass_kg has the shape"),
        (FULL, {"srp_area_m2": -2.0}, "srp_area_m2 of row 0 is -2; allowed: numbers from 0"),
        ("earth", {}, "model is a str"),
        (FullForceModel(center="emb"), {"method": "gauss_jackson"}, "the body that they go about"),
    ],
)
def test_what_a_path_cannot_take_is_refused(model, change, words):
    with pytest.raises(InputError, match=words):
        propagate(STATE, T0, T0 + 100.0, model, **change)


def test_faulty_impulses():
    for wrong, words in (
        ({"axes": "lvlh"}, "axes"), ({"dv_m_s": (1.0, 2.0)}, "shape"), ({"dv_m_s": (math.nan, 0.0, 0.0)}, "finite"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            Impulse(**{"epoch_tdb": T0, "dv_m_s": (1.0, 0.0, 0.0), **wrong})
