"""Events found on functions: against dense sampling, on near-tangents, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import ConvergenceError, InputError
from sim.events import find_by_chebyshev, find_by_rate, find_extrema, refine_extrema, refine_roots

START, STOP = 7.0e8, 7.0e8 + 3.0e5


def waves(seed):
    """A sum of waves and a bound on its rate; the level makes short events frequent."""
    rng = np.random.default_rng(seed)
    period, size, phase = rng.uniform(400.0, 9000.0, 4), rng.uniform(0.2, 1.0, 4), rng.uniform(0.0, 7.0, 4)
    level = size.sum() * rng.choice([-0.55, 0.45, 0.6])

    def function(t):
        waves_of = zip(size, period, phase, strict=True)
        return sum(s * np.sin(2 * np.pi * (t - START) / p + f) for s, p, f in waves_of) - level

    return function, float((2 * np.pi * size / period).sum())


@pytest.mark.parametrize("seed", range(6))
def test_both_finders_agree_with_dense_sampling(seed):
    function, rate = waves(seed)
    by_rate = find_by_rate(function, START, STOP, rate, step_s=3000.0)
    by_proxy = find_by_chebyshev(function, START, STOP, piece_s=5000.0, proxy_tolerance=1e-9)
    t = np.arange(START, STOP, 0.5)
    dense = function(t) >= 0.0
    assert len(by_rate) > 3
    assert len(by_rate) == len(by_proxy)
    assert np.abs(by_rate.start_tdb - by_proxy.start_tdb).max() <= 1e-3
    assert np.abs(by_rate.stop_tdb - by_proxy.stop_tdb).max() <= 1e-3
    near_edges = np.abs(function(t)) < rate * 1e-3
    assert ((by_rate.contains(t) == dense) | near_edges).all()


@pytest.mark.parametrize("length_s", [5.0, 30.0, 400.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_event_far_shorter_than_the_sampling_is_found(length_s, sign):
    # One parabola touches zero for length_s inside 3e5 s that are sampled every 20,000 s.
    middle, curvature = START + 123_456.7, 1e-6

    def function(t):
        return sign * curvature * ((0.5 * length_s) ** 2 - np.minimum((t - middle) ** 2, 1e9))

    found = find_by_rate(function, START, STOP, curvature * 2.0 * 1e5, step_s=20_000.0)
    event = found if sign > 0 else ~found
    assert len(event) == 1
    assert event.start_tdb[0] == pytest.approx(middle - 0.5 * length_s, abs=2e-3)
    assert event.durations_s[0] == pytest.approx(length_s, abs=4e-3)
    smooth = find_by_chebyshev(
        lambda t: sign * curvature * ((0.5 * length_s) ** 2 - (t - middle) ** 2),
        START, STOP, piece_s=1e5, proxy_tolerance=1e-9,
    )  # fmt: skip
    event = smooth if sign > 0 else ~smooth
    assert event.durations_s.tolist() == pytest.approx([length_s], abs=4e-3)


def test_kinks_do_no_harm():
    found = find_by_rate(lambda t: 50.0 - np.abs(np.mod(t, 1000.0) - 500.0), 0.0, 1e4, 1.0, step_s=700.0)
    assert len(found) == 10
    assert found.durations_s == pytest.approx(100.0, abs=2e-3)


def test_edges_have_the_right_sign():
    # The edge returned lies on the side of the end: a contact never begins before the margin is positive.
    t = refine_roots(np.sin, np.array([3.0]), np.array([3.5]), 1e-6)
    assert np.sin(t[0]) < 0.0
    assert t[0] == pytest.approx(np.pi, abs=1e-6)


def test_roots_need_few_calls():
    calls = []

    def function(t):
        calls.append(t.size)
        return np.expm1(3e-4 * (t - 1234.5))

    low = np.linspace(-2000.0, 1000.0, 500)
    roots = refine_roots(function, low, low + 4000.0, 1e-3)
    assert np.abs(roots - 1234.5).max() < 1e-3
    # Bisection would take 22 calls.
    assert len(calls) <= 14


def test_extrema():
    t = find_extrema(np.sin, 0.0, 20.0, 0.5, tolerance_s=1e-5)
    assert t / np.pi == pytest.approx([0.5, 2.5, 4.5], abs=1e-5)
    low = find_extrema(np.sin, 0.0, 20.0, 0.5, sign=-1.0, tolerance_s=1e-5)
    assert low / np.pi == pytest.approx([1.5, 3.5, 5.5], abs=1e-5)
    assert refine_extrema(np.sin, np.zeros(0), np.zeros(0)).size == 0


def test_a_hopeless_bound_is_refused(monkeypatch):
    monkeypatch.setattr("sim.events.finding._SAMPLES_MAX", 100_000)
    with pytest.raises(InputError, match="samples"):
        find_by_rate(lambda t: 0.0 * t + 1e-12, 0.0, 1e6, 1.0, step_s=100.0, shortest_s=1.0)


def test_what_is_refused():
    with pytest.raises(InputError, match="rate_bound_per_s"):
        find_by_rate(np.sin, 0.0, 1.0, 0.0)
    with pytest.raises(InputError, match="end after the begin"):
        find_by_rate(np.sin, 1.0, 0.0, 1.0)
    with pytest.raises(InputError, match="change of sign"):
        refine_roots(np.cos, np.array([0.0]), np.array([0.1]))
    with pytest.raises(InputError, match="above zero"):
        find_by_chebyshev(np.sin, 0.0, 1.0, piece_s=0.0, proxy_tolerance=1e-9)
    with pytest.raises(InputError, match="above zero"):
        find_extrema(np.sin, 0.0, 1.0, 0.0)


def test_a_function_that_is_not_smooth_has_no_proxy():
    with pytest.raises(ConvergenceError):
        find_by_chebyshev(lambda t: np.abs(t - 0.3), 0.0, 1.0, piece_s=1.0, proxy_tolerance=1e-12)
    with pytest.raises(ConvergenceError):
        find_by_chebyshev(lambda t: t * np.nan, 0.0, 1.0, piece_s=1.0, proxy_tolerance=1e-12)
