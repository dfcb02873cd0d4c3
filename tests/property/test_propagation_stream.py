"""Streams: the same bits in whatever chunks, order, on whatever threads, interrupted or not; memory that stays flat."""

from __future__ import annotations

import hashlib
import tracemalloc

import numpy as np
import pytest

from sim.core.status import Status
from sim.dynamics import ForceModel
from sim.errors import InputError
from sim.propagation import ClosestApproach, NodeCrossing, RadiusCrossing, propagate_stream

DAY = 86400.0
T0 = 799862868.1046189
STATE = np.array(
    [
        *(4790.917764935133, 3991.5415525137737, 2095.985935890359),
        *(-2.533855526313446, 7.1625550382571515, -7.848403140924845),
    ]
)
N = 300
EVENTS = [ClosestApproach("moon"), NodeCrossing("moon", "ecliptic"), RadiusCrossing("earth", 2e5, None)]
STOPS = [RadiusCrossing("moon", 2e4, inward=False)]


@pytest.fixture(scope="module")
def model():
    return ForceModel()


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(44)
    states = np.repeat(STATE[np.newaxis], N, axis=0)
    states[:, 3:] += 0.01 * rng.uniform(-1.0, 1.0, (N, 3))
    t0 = T0 + rng.uniform(-0.5, 0.5, N) * DAY
    return states, t0, t0 + rng.uniform(-2.0, 6.0, N) * DAY


def digest(parts, order=None):
    """One hash of all results, in the order of the rows."""
    hasher = hashlib.sha256()
    for name in ("states", "t_tdb", "status", "stop", "steps"):
        add(hasher, [getattr(part, name) for part in parts], order)
    for name in ("count", "event", "t_tdb", "states"):
        add(hasher, [getattr(part.log, name) for part in parts], order)
    return hasher.hexdigest()


def add(hasher, arrays, order):
    whole = np.concatenate(arrays)
    if order is not None:
        back = np.empty_like(whole)
        back[order] = whole
        whole = back
    hasher.update(whole.tobytes())


def fly(rows, model, order=None, **options):
    order = np.arange(N) if order is None else order
    states, t0, t1 = (array[order] for array in rows)
    stream = propagate_stream(
        lambda a, b: (states[a:b], t0[a:b], t1[a:b]), N, model, stops=STOPS, events=EVENTS, max_events=5, **options
    )
    return [chunk.result for chunk in stream]


@pytest.fixture(scope="module")
def expected(rows, model):
    return digest(fly(rows, model, chunk_rows=N, threads=1))


def test_the_ensemble_is_mixed(rows, model):
    whole = fly(rows, model, chunk_rows=N)[0]
    assert {Status.OK, Status.EVENT, Status.IMPACT} <= set(whole.status.tolist())
    assert set(whole.log.event.ravel().tolist()) == {-1, 0, 1, 2}


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("chunk", [7, 256, N])
def test_threads_and_chunks(rows, model, expected, threads, chunk):
    assert digest(fly(rows, model, threads=threads, chunk_rows=chunk)) == expected


def test_one_row_at_a_time(rows, model, expected):
    assert digest(fly(rows, model, chunk_rows=1)) == expected


@pytest.mark.parametrize("order", [np.arange(N)[::-1], np.random.default_rng(9).permutation(N)])
def test_order(rows, model, expected, order):
    assert digest(fly(rows, model, order, chunk_rows=64), order) == expected


def test_interrupted_and_taken_up_again(rows, model, expected):
    states, t0, t1 = rows
    kept, calls, resume = [], [], 0
    while resume < N:
        stream = propagate_stream(
            lambda a, b: (states[a:b], t0[a:b], t1[a:b]), N, ForceModel(), resume_row=resume, chunk_rows=33,
            stops=STOPS, events=EVENTS, max_events=5, progress=lambda done, total: calls.append((done, total)),
        )  # fmt: skip
        for chunk, _ in zip(stream, range(2), strict=False):
            assert chunk.first == resume
            kept.append(chunk.result)
            resume = chunk.last
    assert digest(kept) == expected
    assert calls[0] == (33, N)


def test_memory_stays_flat(model):
    """Eight times the rows in the same memory."""
    peaks = []
    for n in (4_096, 32_768):
        tracemalloc.start()
        impacts = 0
        for chunk in propagate_stream(made, n, model, chunk_rows=1024, tolerance=1e-9):
            impacts += int((chunk.result.status == Status.IMPACT).sum())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0] + 1e5


def made(first, last):
    """Rows made when asked for: half a day after departure."""
    k = np.arange(first, last)
    states = np.repeat(STATE[np.newaxis], k.size, axis=0)
    states[:, 3:] += 1e-3 * np.sin(np.stack([1.1 * k, 1.7 * k, 2.3 * k], axis=1))
    return states, T0, T0 + 0.5 * DAY


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_rows": -1}, "resume_row"),
        ({"resume_row": 11}, "allowed: 0 to n_rows"),
        ({"chunk_rows": 0}, "chunk_rows is"),
        ({"rows": lambda a, b: (np.zeros((b - a + 1, 6)), T0, T0)}, "one row each"),
        ({"max_events": 0}, "max_events is"),
    ],
)
def test_bad_streams(model, change, words):
    call = {"rows": made, "n_rows": 10, "model": model} | change
    with pytest.raises(InputError, match=words):
        list(propagate_stream(**call))
