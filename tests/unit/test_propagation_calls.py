"""The propagation calls: shapes, events, output times, errors."""

from __future__ import annotations

import numpy as np
import pytest

from sim.bodies import EARTH, MOON
from sim.core.kepler import kepler_step
from sim.core.status import Status
from sim.dynamics import ForceModel
from sim.errors import InputError
from sim.propagation import ClosestApproach, Impact, RadiusCrossing, propagate, propagate_at

DAY = 86400.0
T0 = 799862868.1046189
# Perigee of a transfer that passes the Moon 100 km above ground after 4.59 days (found backward with this package).
STATE = np.array(
    [
        *(4790.917764935133, 3991.5415525137737, 2095.985935890359),
        *(-2.533855526313446, 7.1625550382571515, -7.848403140924845),
    ]
)
PERILUNE_DAY = 4.58717472


@pytest.fixture(scope="module")
def model():
    return ForceModel()


@pytest.fixture(scope="module")
def two_body():
    return ForceModel(point_masses=("earth",), earth_zonals=0)


def moon_distance(model, states, t):
    return np.linalg.norm(states[:, :3] - model.source().position_km("moon", "earth", t), axis=1)


def test_a_single_state_is_a_batch_of_one(model):
    run = propagate(STATE, T0, T0 + DAY, model)
    assert run.states.shape == (1, 6)
    assert run.t_tdb.tolist() == [T0 + DAY]
    assert run.status.dtype == np.int8
    assert run.steps[0] > 5
    assert run.ok.all()
    assert run.explain(0) == "reached the requested time"


def test_an_empty_batch(model):
    run = propagate(np.zeros((0, 6)), T0, T0 + DAY, model)
    assert run.states.shape == (0, 6)
    assert propagate_at(np.zeros((0, 6)), np.zeros(0), [T0, T0 + DAY], model).path_states.shape == (0, 2, 6)


def test_no_span_returns_the_state(model):
    run = propagate(STATE, T0, T0, model)
    np.testing.assert_array_equal(run.states[0], STATE)
    assert (run.status[0], run.steps[0]) == (Status.OK, 0)


def test_the_input_is_not_touched(model):
    states = STATE[np.newaxis].copy()
    propagate(states, T0, T0 + DAY, model)
    np.testing.assert_array_equal(states[0], STATE)


def test_two_body_against_kepler(two_body):
    exact = np.zeros(6)
    for span in (-3.0 * DAY, 0.1 * DAY, 4.0 * DAY):
        run = propagate(STATE, T0, T0 + span, two_body, tolerance=1e-14, impacts=False)
        kepler_step(STATE, span, two_body.body_gm_km3_s2("earth"), exact)
        assert np.linalg.norm(run.states[0, :3] - exact[:3]) < 2e-8  # measured up to 1.3e-9 km


def test_closest_approach_forward_and_backward(model):
    there = propagate(STATE, T0, T0 + 8 * DAY, model, stops=[ClosestApproach("moon")], tolerance=1e-13)
    assert (there.status[0], there.stop[0]) == (Status.EVENT, 0)
    assert there.t_tdb[0] - T0 == pytest.approx(PERILUNE_DAY * DAY, abs=0.1)
    assert moon_distance(model, there.states, there.t_tdb)[0] == pytest.approx(1837.4, abs=0.01)
    back = propagate(there.states, there.t_tdb, T0 - DAY, model, stops=[ClosestApproach("earth")], tolerance=1e-13)
    assert back.status[0] == Status.EVENT
    assert back.t_tdb[0] == pytest.approx(T0, abs=1e-3)
    assert np.linalg.norm(back.states[0, :3] - STATE[:3]) < 1e-2


def test_radius_crossings_in_both_directions(model):
    for inward, radius in ((False, 4e4), (False, 3e5)):
        out = propagate(STATE, T0, T0 + 4 * DAY, model, stops=[RadiusCrossing("earth", radius, inward=inward)])
        assert out.status[0] == Status.EVENT
        assert np.linalg.norm(out.states[0, :3]) == pytest.approx(radius, abs=1e-5)
        # Backward in time the same crossing leads inward.
        beyond = propagate(out.states, out.t_tdb, out.t_tdb + 600.0, model)
        back = propagate(beyond.states, beyond.t_tdb, T0, model, stops=[RadiusCrossing("earth", radius)])
        assert back.status[0] == Status.EVENT
        assert back.t_tdb[0] == pytest.approx(out.t_tdb[0], abs=1e-3)
    entered = propagate(STATE, T0, T0 + 6 * DAY, model, stops=[RadiusCrossing("moon", 66e3)])
    assert moon_distance(model, entered.states, entered.t_tdb)[0] == pytest.approx(66e3, abs=1e-5)
    outward = RadiusCrossing("moon", 66e3, inward=False)
    left = propagate(entered.states, entered.t_tdb, T0 + 7 * DAY, model, stops=[outward])
    assert left.status[0] == Status.EVENT
    assert left.t_tdb[0] > entered.t_tdb[0] + 0.5 * DAY


def test_the_state_at_an_event_lies_on_the_trajectory(model):
    stop = propagate(STATE, T0, T0 + 6 * DAY, model, stops=[RadiusCrossing("moon", 20e3)], tolerance=1e-13)
    plain = propagate(STATE, T0, stop.t_tdb, model, tolerance=1e-13)
    assert np.linalg.norm(stop.states[0, :3] - plain.states[0, :3]) < 1e-7  # measured 5e-9 km


def test_the_earliest_event_counts_and_is_named(model):
    stops = [ClosestApproach("moon"), RadiusCrossing("moon", 5e4), RadiusCrossing("earth", 1e5, inward=False)]
    run = propagate(STATE, T0, T0 + 6 * DAY, model, stops=stops)
    assert run.stop[0] == 2
    run = propagate(run.states, run.t_tdb, T0 + 6 * DAY, model, stops=stops)
    assert run.stop[0] == 1
    run = propagate(run.states, run.t_tdb, T0 + 6 * DAY, model, stops=stops)
    assert run.stop[0] == 0


def aimed_at_the_ground(model):
    """The same transfer with a hair less speed: it meets the Moon's surface."""
    states = np.repeat(STATE[np.newaxis], 41, axis=0)
    states[:, 3:] *= 1.0 + np.linspace(-2e-4, 2e-4, 41)[:, None]
    free = propagate(states, T0, T0 + 6 * DAY, model, stops=[ClosestApproach("moon")], impacts=False)
    return states, moon_distance(model, free.states, free.t_tdb), free


def test_impacts_on_the_moon(model):
    states, least, free = aimed_at_the_ground(model)
    hits = least < MOON.radius_km
    assert 2 < hits.sum() < 39
    run = propagate(states, T0, T0 + 6 * DAY, model)
    np.testing.assert_array_equal(run.status == Status.IMPACT, hits)
    ground = moon_distance(model, run.states[hits], run.t_tdb[hits])
    np.testing.assert_allclose(ground, MOON.radius_km, atol=1e-5)
    assert (run.t_tdb[hits] < free.t_tdb[hits]).all()
    speed = np.linalg.norm(run.states[hits, 3:] - model.source().state("moon", "earth", run.t_tdb[hits])[:, 3:], axis=1)
    assert ((speed > 2.3) & (speed < 2.8)).all()


def test_grazing_passes_between_steps_are_seen(two_body):
    """Perigees a metre above and below ground, with steps far longer than the time below it."""
    radius = EARTH.radius_km
    apogee = 4e5
    gm = two_body.body_gm_km3_s2("earth")
    for height_km, expected in ((1e-3, Status.OK), (-1e-3, Status.IMPACT)):
        perigee = radius + height_km
        speed = np.sqrt(2.0 * gm * perigee / (apogee * (apogee + perigee)))
        half = np.pi * np.sqrt((0.5 * (apogee + perigee)) ** 3 / gm)
        run = propagate([apogee, 0, 0, 0, speed, 0], 0.0, 1.5 * half, two_body)
        assert run.status[0] == expected
    np.testing.assert_allclose(np.linalg.norm(run.states[0, :3]), radius, atol=1e-5)


def test_a_start_below_ground_is_no_impact(model):
    # A landing site three kilometres below the mean sphere must be able to start.
    moon_model = ForceModel(center="moon")
    run = propagate([MOON.radius_km - 3.0, 0, 0, 2.0, 1.0, 0], T0, T0 + 300.0, moon_model)
    assert run.status[0] == Status.OK
    # Not downward, and not from where no ground is.
    for depth_km, rate_km_s in ((3.0, -2.0), (16.0, 2.0)):
        run = propagate([MOON.radius_km - depth_km, 0, 0, rate_km_s, 1.0, 0], T0, T0 + 300.0, moon_model)
        assert run.status[0] == Status.IMPACT
        assert run.t_tdb[0] == T0


def test_output_times(model):
    times = T0 + np.array([0.0, 0.3, 0.3, 1.0, 4.0, 5.0]) * DAY
    run = propagate_at(np.stack([STATE, STATE]), T0, times, model, tolerance=1e-13)
    np.testing.assert_array_equal(run.path_states[0], run.path_states[1])
    np.testing.assert_array_equal(run.path_states[0, 0], STATE)
    np.testing.assert_array_equal(run.path_states[0, 1], run.path_states[0, 2])
    for j in (1, 3, 4, 5):
        # Read off a longer step: measured up to 0.016 mm from the flight that ends there.
        direct = propagate(STATE, T0, times[j], model, tolerance=1e-13)
        assert np.linalg.norm(run.path_states[0, j, :3] - direct.states[0, :3]) < 1e-7
    np.testing.assert_array_equal(run.path_states[:, -1], run.states)


def test_output_times_backward_and_row_by_row(model):
    times = np.array([[T0 - 0.5 * DAY, T0 - DAY], [T0 + 0.5 * DAY, T0 + DAY]])
    run = propagate_at(np.stack([STATE, STATE]), [T0, T0], times, model, impacts=False)
    assert run.ok.all()
    for row in range(2):
        direct = propagate(STATE, T0, times[row, 0], model, impacts=False)
        assert np.linalg.norm(run.path_states[row, 0, :3] - direct.states[0, :3]) < 1e-7


def test_output_times_do_not_change_the_trajectory(model):
    few = propagate_at(STATE, T0, [T0 + 5 * DAY], model)
    many = propagate_at(STATE, T0, T0 + np.linspace(0.01, 5.0, 777) * DAY, model)
    np.testing.assert_array_equal(few.states, many.states)


def test_output_after_an_event_is_nan(model):
    run = propagate_at(
        STATE, T0, T0 + np.array([1.0, 4.0, 5.0]) * DAY, model, stops=[RadiusCrossing("earth", 3.5e5, inward=False)]
    )
    reached = np.isfinite(run.path_states[0]).all(axis=1)
    assert run.status[0] == Status.EVENT
    np.testing.assert_array_equal(reached, run.path_t_tdb[0] <= run.t_tdb[0])
    assert reached.any()
    assert not reached.all()


@pytest.mark.parametrize("method", ["rkn1210", "dop853"])
def test_step_limit(model, method):
    run = propagate(STATE, T0, T0 + 5 * DAY, model, method=method, max_steps=7)
    assert (run.status[0], run.steps[0]) == (Status.MAX_STEPS, 7)
    assert T0 < run.t_tdb[0] < T0 + 5 * DAY
    check = propagate(STATE, T0, run.t_tdb, model, method=method)
    assert np.linalg.norm(check.states[0, :3] - run.states[0, :3]) < 1e-5


def test_methods_agree(model, record_accuracy):
    fast = propagate(STATE, T0, T0 + 4.2 * DAY, model, tolerance=1e-13)
    slow = propagate(STATE, T0, T0 + 4.2 * DAY, model, method="dop853", tolerance=1e-14)
    off_mm = 1e6 * np.linalg.norm(fast.states[0, :3] - slow.states[0, :3])
    # Measured 0.09 mm, of which DOP853's own error is most.
    record_accuracy("translunar coast of 4.2 d", "independent DOP853 path", "position", off_mm, "mm", 1.0)


def test_centers_agree_when_planets_act(record_accuracy):
    bodies = ("earth", "moon", "sun", "venus", "jupiter", "mars", "saturn", "mercury")
    from_earth = ForceModel(point_masses=bodies)
    from_moon = ForceModel(center="moon", point_masses=bodies)
    source = from_earth.source()
    end = T0 + 4.2 * DAY
    one = propagate(STATE, T0, end, from_earth, tolerance=1e-13).states[0]
    start = STATE - source.state("moon", "earth", T0)[0]
    other = propagate(start, T0, end, from_moon, tolerance=1e-13).states[0] + source.state("moon", "earth", end)[0]
    # The two centres fall freely by point masses only; DE440's Moon also feels relativity, tides and its own figure.
    # Measured 10 m.
    off_m = 1e3 * np.linalg.norm(one[:3] - other[:3])
    record_accuracy("translunar coast of 4.2 d", "the same with the Moon as centre", "position", off_m, "m", 40.0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"states": np.zeros((2, 5))}, "allowed: \\(N, 6\\)"),
        ({"t0_tdb": [T0, T0]}, "t0_tdb has the shape"),
        ({"t1_tdb": np.zeros((1, 1))}, "t1_tdb has the shape"),
        ({"method": "euler"}, "auto, rkn1210, dop853"),
        ({"tolerance": 1e-2}, "tolerance is"),
        ({"tolerance": float("nan")}, "tolerance is"),
        ({"max_steps": 0}, "max_steps is"),
        ({"threads": 0}, "threads is"),
        ({"stops": [ClosestApproach("mars")]}, "no part of the force model"),
        ({"stops": [ClosestApproach("moon")] * 101}, "at most 100"),
        ({"stops": [ClosestApproach("moon")], "method": "dop853"}, "takes no stops"),
    ],
)
def test_bad_calls(model, change, words):
    call = {"states": STATE, "t0_tdb": T0, "t1_tdb": T0 + DAY, "model": model} | change
    with pytest.raises(InputError, match=words):
        propagate(**call)


def test_bad_output_times(model):
    with pytest.raises(InputError, match="turns back"):
        propagate_at(STATE, T0, [T0 - 10.0, T0 + 10.0], model)
    with pytest.raises(InputError, match="times_tdb has the shape"):
        propagate_at(STATE, T0, np.zeros((1, 0)), model)
    with pytest.raises(InputError, match="radius_km"):
        RadiusCrossing("moon", float("nan"))


@pytest.mark.parametrize("what", ["stops", "events"])
@pytest.mark.parametrize("wrong", ["impact", [3], [Impact], Impact("moon")])
def test_things_that_are_no_events_are_refused(model, what, wrong):
    with pytest.raises(InputError, match=f"{what} holds .*; allowed: a list of events"):
        propagate(STATE, T0, T0 + DAY, model, **{what: wrong})
