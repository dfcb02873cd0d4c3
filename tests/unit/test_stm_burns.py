"""Transition matrices of flights with impulses and finite burns, against central differences of the same flights."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.status import Status
from sim.dynamics import FiniteBurn, ForceModel, FullForceModel, Impulse, open_gravity_field
from sim.errors import InputError
from sim.propagation import ClosestApproach, NodeCrossing, RadiusCrossing, propagate, propagate_with_stm
from sim.propagation.chain import change_per_state
from sim.propagation.legs import _change
from sim.spacecraft import Engine

DAY = 86400.0
T0 = 799906068.1046189
# Half a day after the perigee of a transfer that passes the Moon at 100 km after 4.59 days.
STATE = np.array([-100876.120913, -43148.488521, -73756.65289, -1.520667, -1.090768, -0.791185])
LOW_MOON = np.array([1838.0, 21.0, -34.0, 0.02, 0.4, 1.59])
ENGINE = Engine(thrust_n=400.0, isp_s=310.0)
FAST = ForceModel()
BODIES = ("earth", "moon", "sun")
# Without shadows: through a penumbra, over which the light falls within minutes, matrices are good to 1e-6 only.
FULL = FullForceModel(
    point_masses=BODIES, earth_field=open_gravity_field("jgm3", 4), light_pressure=True, shadows=()
)
MOON = FullForceModel(center="moon", point_masses=BODIES, moon_field=open_gravity_field("grgm1200a", 8))
STEPS = np.array([1.0, 1.0, 1.0, 1e-5, 1e-5, 1e-5])


def differences(fly, state, size):
    """Central differences of the ends, of fourth order, (6, 6)."""
    out = np.zeros((6, 6))
    for scale, weight in ((size, 4.0 / 3.0), (2.0 * size, -1.0 / 3.0)):
        rows = np.concatenate((state + scale * np.diag(STEPS), state - scale * np.diag(STEPS)))
        ends = fly(rows)
        out += weight * ((ends[:6] - ends[6:]) / (2.0 * scale * STEPS[:, np.newaxis])).T
    return out


def error_by(found, fly, h):
    """Relative error of a derivative by an epoch, against central differences of fourth order."""
    slope = sum(w * (fly(s * h) - fly(-s * h)) / (2.0 * s * h) for s, w in ((1.0, 4.0 / 3.0), (2.0, -1.0 / 3.0)))
    parts = [np.linalg.norm((found - slope)[part]) / np.linalg.norm(slope[part]) for part in (slice(0, 3), slice(3, 6))]
    return float(max(parts))


def impulses(axes, body):
    return [
        Impulse(T0 + 0.3 * DAY, (40.0, -25.0, 10.0), axes, body, ENGINE),
        Impulse(T0 + 0.7 * DAY, (-10.0, 30.0, 20.0), axes, body, ENGINE),
    ]


CASES = {
    "point masses": (FAST, STATE, "moon", 1.0),
    "figure, light and a finite burn": (FULL, STATE, "earth", 1.0),
    "low lunar orbit": (MOON, LOW_MOON, "moon", 0.2),
}


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("axes", ["icrf", "vnc", "rtn"])
@pytest.mark.parametrize("name", CASES)
def test_impulses_against_differences(name, axes, back, record_accuracy):
    model, state, body, size = CASES[name]
    t0, t1 = (T0 + DAY, T0) if back else (T0, T0 + DAY)
    call = {"burns": impulses(axes, body), "mass_kg": 800.0, "tolerance": 1e-14, "impacts": False}
    if model is FULL:
        call["burns"].append(FiniteBurn(T0 + 0.4 * DAY, T0 + 0.41 * DAY, ENGINE, "vnc", (0.3, 0.1, 1.0), "moon"))
        call["srp_area_m2"] = 20.0

    def fly(rows, begin=0.0, end=0.0):
        return propagate(rows, t0 + begin, t1 + end, model, **call).states

    run = propagate_with_stm(state, t0, t1, model, **call)
    plain = propagate(state, t0, t1, model, **call)
    for one in ("states", "steps", "mass_kg", "status"):
        np.testing.assert_array_equal(getattr(run, one), getattr(plain, one))
    found = run.transition_matrix[0]
    numeric = differences(fly, state, size)
    error = float((np.abs(found - numeric) / np.abs(numeric).max(axis=0)).max())
    case = f"matrix of a day with two impulses, {axes}, {'backward' if back else 'forward'}, {name}"
    # Measured: 3e-11 to 9e-10; over twelve low orbits 3e-8 to 7e-7, which is what differences are worth there.
    record_accuracy(case, "central differences", "relative", error, "", 5e-6 if model is MOON else 5e-9)
    h = 1.0 if model is MOON else 2.0
    by_start = error_by(run.states_per_t0_s[0], lambda s: fly(state, begin=s)[0], h)
    by_end = error_by(run.states_per_t1_s[0], lambda s: fly(state, end=s)[0], h)
    # Measured: 9e-10 and 2e-11.
    assert by_start < 1e-8 and by_end < 1e-9


@pytest.mark.parametrize("axes", ["vnc", "rtn"])
def test_what_an_impulse_adds_to_the_matrix(axes):
    random = np.random.default_rng(4)
    states, change = random.normal(size=(20, 6)), 0.1 * random.normal(size=(20, 3))
    found = change_per_state(axes, states, change)
    none = np.zeros(20, np.bool_)
    for j in range(6):
        move = np.zeros(6)
        move[j] = 1e-5
        after, before = (_change(axes, states + s * move, change, none)[0] for s in (1.0, -1.0))
        # Measured: 2e-9 where r and v are nearly parallel.
        assert np.abs((after - before) / 2e-5 - found[:, :, j]).max() < 1e-7 * np.abs(found).max()
    flat = np.array([[1.0, 0.0, 0.0, 2.0, 0.0, 0.0]])
    assert np.isnan(change_per_state(axes, flat, change[:1])).all()


def test_rows_meet_impulses_and_events_of_their_own():
    n = 9
    states = STATE * (1.0 + 1e-5 * np.random.default_rng(1).standard_normal((n, 6)))
    epochs = np.where(np.arange(n) % 3 == 0, np.nan, T0 + np.arange(n) * 0.5 * DAY)
    look = [RadiusCrossing("earth", 3e5, None), NodeCrossing("earth", "ecliptic"), ClosestApproach("moon")]

    def fly(rows, model, threads=None):
        burn = Impulse(epochs[rows], (3.0, 1.0, -2.0), "rtn", "moon")
        return propagate_with_stm(
            states[rows], T0, T0 + 5.0 * DAY, model, burns=[burn], events=look, stops=[ClosestApproach("moon")],
            threads=threads,
        )  # fmt: skip

    for model in (FAST, FULL):
        every = np.arange(n)
        whole = fly(every, model)
        assert Status.EVENT in whole.status
        assert (whole.log.count > 0).all()
        burn = Impulse(epochs, (3.0, 1.0, -2.0), "rtn", "moon")
        plain = propagate(
            states, T0, T0 + 5.0 * DAY, model, burns=[burn], events=look, stops=[ClosestApproach("moon")]
        )
        np.testing.assert_array_equal(whole.states, plain.states)
        np.testing.assert_array_equal(whole.log.t_tdb, plain.log.t_tdb)
        for rows, threads in ((every[::-1], 1), (every[4:5], 1), (every[:7], 4)):
            part = fly(rows, model, threads)
            for one in ("transition_matrix", "states_per_t0_s", "states_per_t1_s", "states"):
                assert getattr(part, one).tobytes() == getattr(whole, one)[rows].tobytes(), one


@pytest.mark.parametrize("center", ["emb", "ssb"])
def test_impulses_about_a_barycentre(center):
    model = ForceModel(center=center)
    shift = model.source().state("earth", center, [T0, T0 + DAY])
    burns = impulses("vnc", "earth")
    call = {"burns": burns, "tolerance": 1e-14}
    here = propagate_with_stm(STATE, T0, T0 + DAY, FAST, **call)
    there = propagate_with_stm(STATE + shift[0], T0, T0 + DAY, model, **call)
    assert np.abs(there.states - shift[1] - here.states)[:, :3].max() < 1e-6
    assert np.abs(there.transition_matrix - here.transition_matrix).max() < 1e-6
    error = error_by(
        there.states_per_t0_s[0],
        lambda s: propagate(STATE + shift[0], T0 + s, T0 + DAY, model, **call).states[0], 20.0,
    )  # fmt: skip
    assert error < 1e-6


def test_an_impulse_at_either_end_and_what_is_refused():
    run = propagate_with_stm(STATE, T0, T0 + DAY, FAST, burns=[Impulse(T0, (50.0, 0.0, 0.0), "vnc")])
    numeric = differences(
        lambda rows: propagate(rows, T0, T0 + DAY, FAST, burns=[Impulse(T0, (50.0, 0.0, 0.0), "vnc")], tolerance=1e-14)
        .states, STATE, 1.0,
    )  # fmt: skip
    assert (np.abs(run.transition_matrix[0] - numeric) / np.abs(numeric).max(axis=0)).max() < 1e-7
    late = propagate_with_stm(STATE, T0, T0 + DAY, FAST, burns=[Impulse(T0 + DAY, (50.0, 0.0, 0.0), "vnc")])
    none = propagate_with_stm(STATE, T0, T0 + DAY, FAST)
    np.testing.assert_array_equal(late.transition_matrix, none.transition_matrix)
    for wrong, words in (
        ({"burns": [FiniteBurn(T0, T0 + 1.0, ENGINE)]}, "no finite burns"), ({"srp_area_m2": 1.0}, "no srp_area_m2"),
        ({"burns": [Impulse(T0, (1.0, 0.0, 0.0), body="mars")]}, "no part of the force model"),
        ({"max_events": 0}, "max_events"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            propagate_with_stm(STATE, T0, T0 + 1.0, FAST, **wrong)
