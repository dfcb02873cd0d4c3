"""Bad rows among good ones: each says what is wrong with it, and changes no bit of the others."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.status import STATUS_TEXT, Status
from sim.dynamics import ForceModel, FullForceModel, open_gravity_field
from sim.ephemeris import open_ephemeris
from sim.propagation import propagate, propagate_at, propagate_with_stm

DAY = 86400.0
T0 = 799862868.1046189
STATE = np.array(
    [
        *(4790.917764935133, 3991.5415525137737, 2095.985935890359),
        *(-2.533855526313446, 7.1625550382571515, -7.848403140924845),
    ]
)
N_GOOD, N_BAD = 250, 500


@pytest.fixture(scope="module")
def model():
    return ForceModel()


@pytest.fixture(scope="module")
def good():
    rng = np.random.default_rng(7)
    states = np.repeat(STATE[np.newaxis], N_GOOD, axis=0)
    states[:, 3:] += 0.01 * rng.uniform(-1, 1, (N_GOOD, 3))
    return states, T0 + rng.uniform(-0.5, 0.5, N_GOOD) * DAY


def bad_rows(model) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """States, epochs, ends and the statuses that are allowed for each, seven kinds of fault in turn."""
    rng = np.random.default_rng(8)
    states = np.repeat(STATE[np.newaxis], N_BAD, axis=0)
    t0 = np.full(N_BAD, T0)
    t1 = t0 + 3 * DAY
    expected = np.zeros(N_BAD, dtype=np.int8)
    low, high = model.coverage()
    for row in range(N_BAD):
        kind = row % 7
        column = rng.integers(0, 6)
        if kind == 0:
            states[row, column] = np.nan
            expected[row] = Status.NONFINITE
        elif kind == 1:
            states[row, column] = rng.choice([np.inf, -np.inf])
            expected[row] = Status.NONFINITE
        elif kind == 2:
            states[row, :3] = 0.0
            expected[row] = Status.NONFINITE
        elif kind == 3:
            t0[row], t1[row] = high + 10 * DAY, high + 12 * DAY
            expected[row] = Status.OUT_OF_EPHEMERIS
        elif kind == 4:
            t1[row] = rng.choice([low - DAY, high + DAY])
            expected[row] = Status.OUT_OF_EPHEMERIS
        elif kind == 5:
            (t0 if row % 2 else t1)[row] = rng.choice([np.nan, np.inf, -np.inf])
            expected[row] = Status.NONFINITE
        else:
            states[row] *= 1e200  # finite, but its square is not
            expected[row] = Status.NONFINITE
    return states, t0, t1, expected


@pytest.mark.parametrize("method", ["rkn1210", "dop853"])
@pytest.mark.filterwarnings("error")
def test_500_bad_rows_among_250_good_ones(model, good, method):
    states, t0 = good
    if method == "dop853":
        states, t0 = states[:40], t0[:40]
    t1 = t0 + 3 * DAY
    bad_states, bad_t0, bad_t1, expected = bad_rows(model)
    alone = propagate(states, t0, t1, model, method=method)
    order = np.random.default_rng(9).permutation(len(states) + N_BAD)
    mixed = propagate(
        np.concatenate((states, bad_states))[order],
        np.concatenate((t0, bad_t0))[order],
        np.concatenate((t1, bad_t1))[order],
        model,
        method=method,
    )
    back = np.argsort(order)
    ours, theirs = back[: len(states)], back[len(states) :]
    for name in ("states", "t_tdb", "status", "stop", "steps"):
        assert getattr(mixed, name)[ours].tobytes() == getattr(alone, name).tobytes(), name
    np.testing.assert_array_equal(mixed.status[theirs], expected)
    assert not mixed.ok[theirs].any()
    assert all(mixed.explain(int(row)) == STATUS_TEXT[Status(code)] for row, code in zip(theirs, expected, strict=True))
    # A row that cannot start keeps what was given.
    np.testing.assert_array_equal(mixed.states[theirs], bad_states)


def test_only_bad_rows(model):
    states, t0, t1, expected = bad_rows(model)
    run = propagate(states, t0, t1, model)
    np.testing.assert_array_equal(run.status, expected)
    path = propagate_at(states, t0, np.stack([t1, t1], axis=1), model)
    np.testing.assert_array_equal(path.status, expected)
    assert np.isnan(path.path_states).all()


def test_a_fall_into_the_centre_ends():
    """A rectilinear fall through the Earth's centre, with the ground switched off."""
    two_body = ForceModel(point_masses=("earth",), earth_zonals=0)
    run = propagate([20000.0, 0, 0, 0, 0, 0], T0, T0 + DAY, two_body, impacts=False)
    assert run.status[0] in (Status.STEP_TOO_SMALL, Status.MAX_STEPS)
    assert np.isfinite(run.states).all()
    assert T0 < run.t_tdb[0] < T0 + DAY


def test_a_row_at_the_last_epoch_of_the_ephemeris(model):
    low, high = model.coverage()
    run = propagate(np.stack([STATE, STATE]), [high - DAY, low + DAY], [high, low], model, impacts=False)
    assert run.ok.all()
    assert run.t_tdb.tolist() == [high, low]
    beyond = propagate(np.stack([STATE, STATE]), [high - DAY, low + DAY], [high + 1.0, low - 1.0], model)
    assert (beyond.status == Status.OUT_OF_EPHEMERIS).all()


def test_an_error_in_a_thread_reaches_the_caller(model, monkeypatch):
    from sim.propagation import batch  # the module whose kernel is replaced

    def broken(*_):
        raise RuntimeError("broken kernel")

    monkeypatch.setattr(batch, "propagate_outside", broken)
    with pytest.raises(RuntimeError, match="broken kernel"):
        propagate(np.repeat(STATE[np.newaxis], 200, axis=0), T0, T0 + DAY, model, threads=2)


R_MOON_KM = 1737.4
LUNAR_FIELD = open_gravity_field("grgm1200a", 4)
MODELS = {
    "lanes": (ForceModel(center="moon"), {}),
    "scalar path": (ForceModel(center="moon", point_masses=("moon", "sun"), earth_zonals=0), {}),
    "all forces": (FullForceModel(center="moon"), {}),
    "low orbits": (FullForceModel(center="moon", moon_field=LUNAR_FIELD), {"method": "gauss_jackson"}),
}


@pytest.mark.parametrize("name", list(MODELS))
def test_rows_that_begin_inside_a_body_are_impacts_and_change_no_bit_of_the_others(name):
    model, options = MODELS[name]
    above = np.array([[2000.0 + 10.0 * k, 0.0, 0.0, 0.0, 1.1, 1.1] for k in range(8)])
    inside = above * [[0.5 + 0.01 * k] for k in range(8)]
    both = np.concatenate([above, inside])[np.arange(16).reshape(2, 8).T.ravel()]
    for span in (0.1 * DAY, -0.1 * DAY):
        alone = propagate(above, T0, T0 + span, model, **options)
        mixed = propagate(both, T0, T0 + span, model, **options)
        assert alone.ok.all()
        assert mixed.states[::2].tobytes() == alone.states.tobytes()
        assert (mixed.status[1::2] == Status.IMPACT).all()
        assert (mixed.t_tdb[1::2] == T0).all()
        assert (mixed.steps[1::2] == 0).all()
        np.testing.assert_array_equal(mixed.states[1::2], inside)
        surface = 1 if "earth" in model.point_masses else 0
        assert (mixed.stop[1::2] == surface).all()
        path = propagate_at(both, T0, [T0, T0 + span], model, **options)
        np.testing.assert_array_equal(path.status, mixed.status)
        assert np.isnan(path.path_states[1::2, 1]).all()
        free = propagate(inside[-1], T0, T0 + 10.0, model, impacts=False, **options)
        assert free.ok.all()


@pytest.mark.parametrize("name", list(MODELS))
def test_on_the_surface_the_direction_decides(name):
    model, options = MODELS[name]
    turn = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
    for rate, span, status in ((0.1, 60.0, 0), (-0.1, 60.0, 2), (0.1, -60.0, 2), (-0.1, -60.0, 0)):
        state = np.concatenate([turn.T @ [R_MOON_KM, 0.0, 0.0], turn.T @ [rate, 1.7, 0.0]])
        run = propagate(state, T0, T0 + span, model, **options)
        assert run.status[0] == status
        assert run.t_tdb[0] == T0 + (span if status == 0 else 0.0)


def test_a_row_of_an_earth_centred_model_that_begins_inside_the_moon(model):
    moon = open_ephemeris().state("moon", "earth", np.array([T0]))[0]
    inside, above = (moon + np.array([height, 0.0, 0.0, 0.0, 1.6, 0.0]) for height in (1000.0, 2000.0))
    run = propagate(np.stack([inside, above, inside]), T0, [T0 + DAY, T0 + 600.0, T0 - DAY], model)
    assert run.status.tolist() == [Status.IMPACT, Status.OK, Status.IMPACT]
    assert run.stop.tolist() == [1, -1, 1]
    barycentric = ForceModel(center="emb")
    shift = open_ephemeris().state("earth", "emb", np.array([T0]))[0]
    assert propagate(inside + shift, T0, T0 + DAY, barycentric).status[0] == Status.IMPACT


def test_transition_matrices_of_rows_that_begin_inside_a_body():
    for name in ("lanes", "scalar path"):
        run = propagate_with_stm([1000.0, 0.0, 0.0, 0.0, 1.1, 1.1], T0, T0 + DAY, MODELS[name][0])
        assert run.status[0] == Status.IMPACT
        assert run.t_tdb[0] == T0
        np.testing.assert_array_equal(run.transition_matrix[0], np.eye(6))
