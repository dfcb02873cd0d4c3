"""Interval algebra against masks on a fine grid: every operation is the same operation on booleans."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from sim.events import Intervals, at_least, everything, intersection, intervals, nothing, union

SPAN = 40
MIDDLES = np.arange(SPAN) + 0.5

raw = st.lists(st.tuples(st.integers(-5, SPAN + 5), st.integers(0, 12)), max_size=8)


def made(pairs) -> Intervals:
    start = np.array([a for a, _ in pairs], dtype=float)
    return intervals(start, start + np.array([b for _, b in pairs], dtype=float), 0.0, float(SPAN))


def brute(pairs) -> np.ndarray:
    mask = np.zeros(SPAN, dtype=bool)
    for a, length in pairs:
        mask[max(a, 0) : max(min(a + length, SPAN), 0)] = True
    return mask


def mask(one: Intervals) -> np.ndarray:
    return one.contains(MIDDLES)


def longest_run(values) -> int:
    best = run = 0
    for value in values:
        run = run + 1 if value else 0
        best = max(best, run)
    return best


@given(raw)
def test_intervals_are_the_mask(pairs):
    one, want = made(pairs), brute(pairs)
    assert (mask(one) == want).all()
    assert one.total_s == want.sum()
    assert len(one) == np.count_nonzero(np.diff(np.concatenate([[0], want.astype(int)])) == 1)
    assert one.longest_s == longest_run(want)
    assert one.longest_gap_s == longest_run(~want)


@given(raw, raw)
def test_and_or_not_minus(a, b):
    x, y, p, q = made(a), made(b), brute(a), brute(b)
    assert (mask(x & y) == (p & q)).all()
    assert (mask(x | y) == (p | q)).all()
    assert (mask(~x) == ~p).all()
    assert (mask(x - y) == (p & ~q)).all()
    assert mask(~~x).tolist() == mask(x).tolist()
    # Durations too, so that no empty or split interval hides between the samples.
    assert (x & y).total_s + (x | y).total_s == x.total_s + y.total_s
    assert len(~(~x & ~y)) == len(x | y)


@given(st.lists(raw, min_size=1, max_size=5), st.integers(1, 6))
def test_at_least_counts(lists, count):
    sets = [made(one) for one in lists]
    total = sum(brute(one).astype(int) for one in lists)
    assert (mask(at_least(count, sets)) == (total >= count)).all()
    assert (mask(union(sets)) == (total >= 1)).all()
    assert (mask(intersection(sets)) == (total == len(sets))).all()


@given(raw, st.integers(1, 9), st.integers(0, 4), st.integers(0, 4))
def test_bridging_dropping_widening(pairs, length, before, after):
    one, want = made(pairs), brute(pairs)
    assert all(d >= length for d in one.at_least_long(length).durations_s)
    assert one.at_least_long(length).total_s == sum(d for d in one.durations_s if d >= length)
    bridged = one.bridged(length)
    assert (mask(bridged) >= want).all()
    assert all(d >= length for d in bridged.gaps().durations_s)
    wide = np.zeros(SPAN, dtype=bool)
    for a, b in zip(one.start_tdb, one.stop_tdb, strict=True):
        wide[int(max(a - before, 0)) : int(min(b + after, SPAN))] = True
    assert (mask(one.widened(before, after)) == wide).all()


@given(raw, st.lists(st.integers(-3, SPAN + 3), min_size=2, max_size=6, unique=True))
def test_bins(pairs, edges):
    one, want = made(pairs), brute(pairs)
    edges = sorted(edges)
    found = one.seconds_in(edges)
    expected = [want[max(a, 0) : max(b, 0)].sum() for a, b in pairwise(edges)]
    assert np.allclose(found, expected)


@given(raw)
def test_gaps_and_pieces_fill_the_span(pairs):
    one = made(pairs)
    assert one.total_s + (~one).total_s == SPAN
    assert (one | ~one).fraction == 1.0
    assert len(one & ~one) == 0
    assert len(one.gaps()) == max(len(one) - 1, 0)


def test_days():
    one = intervals([0.0, 100_000.0], [3600.0, 200_000.0], 0.0, 300_000.0)
    assert one.minutes_of_days().tolist() == pytest.approx([60.0, (172_800 - 100_000) / 60, (200_000 - 172_800) / 60])
    assert one.minutes_per_day == pytest.approx((3600 + 100_000) / 300_000 * 1440)
    assert one.count_per_day == pytest.approx(1 / (300_000 / 86_400))
    assert one.whole.tolist() == [False, True]
    assert nothing(0.0, 1.0).minutes_of_days().size == 0
    assert everything(0.0, 9.0).fraction == 1.0


@pytest.mark.parametrize(
    ("start", "stop", "words"),
    [
        ([2.0], [1.0], "ends before it begins"),
        ([np.nan], [1.0], "not finite"),
        ([0.0, 1.0], [1.0], "one shape"),
    ],
)
def test_wrong_lists_are_refused(start, stop, words):
    with pytest.raises(InputError, match=words):
        intervals(start, stop, 0.0, 10.0)


def test_wrong_spans_are_refused():
    with pytest.raises(InputError, match="span"):
        nothing(1.0, 1.0)
    with pytest.raises(InputError, match="no time in common"):
        nothing(0.0, 1.0) & nothing(2.0, 3.0)
    with pytest.raises(InputError, match="beyond the span"):
        nothing(0.0, 1.0).clipped(0.0, 2.0)
    with pytest.raises(InputError, match="ascending and apart"):
        Intervals(np.array([0.0, 1.0]), np.array([1.0, 2.0]), 0.0, 3.0)
    with pytest.raises(InputError, match="outside"):
        Intervals(np.array([0.0]), np.array([4.0]), 0.0, 3.0)
    with pytest.raises(InputError, match="one or more"):
        at_least(1, ())
    with pytest.raises(InputError, match="zero or more"):
        nothing(0.0, 1.0).widened(-1.0, 0.0)
