"""Bad rows among good ones: each says what is wrong with it, and changes no bit of the others."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.status import STATUS_TEXT, Status
from sim.dynamics import ForceModel
from sim.propagation import propagate, propagate_at

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
