"""The bits of a row depend on nothing but the row: not on threads, batch, order or neighbours."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.status import Status
from sim.dynamics import ForceModel
from sim.propagation import ClosestApproach, RadiusCrossing, propagate, propagate_at

DAY = 86400.0
T0 = 799862868.1046189
STATE = np.array(
    [
        *(4790.917764935133, 3991.5415525137737, 2095.985935890359),
        *(-2.533855526313446, 7.1625550382571515, -7.848403140924845),
    ]
)
N = 300


@pytest.fixture(scope="module")
def model():
    return ForceModel()


@pytest.fixture(scope="module")
def batch():
    """Departures dispersed by 10 m/s and half a day; spans of all lengths, a third of them backward."""
    rng = np.random.default_rng(20)
    states = np.repeat(STATE[np.newaxis], N, axis=0)
    states[:, 3:] += 0.01 * rng.uniform(-1, 1, (N, 3))
    t0 = T0 + rng.uniform(-0.5, 0.5, N) * DAY
    t1 = t0 + rng.uniform(-2.0, 6.0, N) * DAY
    return states, t0, t1


def fly(batch, rows, model, **options):
    states, t0, t1 = (array[rows] for array in batch)
    run = propagate(states, t0, t1, model, stops=[RadiusCrossing("moon", 2e4, inward=False)], **options)
    return run.states, run.t_tdb, run.status, run.stop, run.steps


@pytest.fixture(scope="module")
def alone(batch, model):
    return fly(batch, np.arange(N), model, threads=1)


def assert_same_bits(found, expected):
    for one, other in zip(found, expected, strict=True):
        assert one.tobytes() == other.tobytes()


def test_the_batch_is_mixed(alone):
    assert {Status.OK, Status.EVENT, Status.IMPACT} <= set(alone[2].tolist())


@pytest.mark.parametrize("threads", [1, 2, 4, None])
def test_threads(batch, model, alone, threads):
    assert_same_bits(fly(batch, np.arange(N), model, threads=threads), alone)


@pytest.mark.parametrize("size", [1, 7, 256])
def test_batch_sizes(batch, model, alone, size):
    rows = range(0, N if size > 1 else 40, size)
    for first in rows:
        part = np.arange(first, min(first + size, N))
        assert_same_bits(fly(batch, part, model), [array[part] for array in alone])


def test_order(batch, model, alone):
    order = np.random.default_rng(1).permutation(N)
    assert_same_bits(fly(batch, order, model), [array[order] for array in alone])


def test_a_new_model_and_a_longer_table(batch, model, alone):
    # Another span makes another table, with another start.
    assert_same_bits(fly(batch, np.arange(N), ForceModel()), alone)
    states, t0, t1 = batch
    far = (np.append(states, states[:1], axis=0), np.append(t0, T0 - 900 * DAY), np.append(t1, T0 - 899 * DAY))
    found = fly(far, np.arange(N + 1), model)
    assert_same_bits([array[:N] for array in found], alone)


def test_the_independent_path_too(batch, model):
    rows = np.arange(30)
    states, t0, _ = (array[rows] for array in batch)
    whole = propagate(states, t0, t0 + DAY, model, method="dop853", threads=2)
    for row in rows[::7]:
        single = propagate(states[row], t0[row], t0[row] + DAY, model, method="dop853")
        assert single.states[0].tobytes() == whole.states[row].tobytes()


def test_output_times_too(batch, model):
    states, t0, _ = batch
    times = t0[:, np.newaxis] + np.array([0.5, 1.0, 3.0]) * DAY
    whole = propagate_at(states, t0, times, model, threads=4, stops=[ClosestApproach("moon")])
    half = propagate_at(states[::2], t0[::2], times[::2], model, threads=1, stops=[ClosestApproach("moon")])
    assert whole.path_states[::2].tobytes() == half.path_states.tobytes()
