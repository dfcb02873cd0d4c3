"""The eight-double value type, operation by operation."""

from __future__ import annotations

import numpy as np
import pytest

from sim.core.compile import lean_kernel
from sim.core.simd import (
    LANES,
    at_most,
    bits,
    both,
    broadcast,
    either,
    floor,
    fma,
    inverse_root,
    larger,
    less,
    load,
    magnitude,
    pull,
    root,
    rough_inverse_root,
    rough_power,
    select,
    smaller,
    store,
    transpose,
    with_sign_of,
)

A = np.array([1.0, -2.5, 3.0, 0.1, 7.0, -0.0, 1e10, 4.0])
B = np.array([2.0, 1.5, -3.0, 0.1, 0.7, 5.0, 1e-10, np.nan])


@lean_kernel
def everything(w):
    a = load(w, 0)
    b = load(w, 1)
    store(w, 2, a + b)
    store(w, 3, 2.0 - a)
    store(w, 4, a * b)
    store(w, 5, a / b)
    store(w, 6, -a)
    store(w, 7, fma(a, b, 1.0))
    store(w, 8, smaller(a, b))
    store(w, 9, larger(a, b))
    store(w, 10, select(less(a, b), a, b))
    store(w, 11, floor(a))
    store(w, 12, with_sign_of(a, b))
    store(w, 13, root(magnitude(a)))
    store(w, 14, broadcast(3.25))
    narrow = both(less(a, b), less(b, 2.5))
    return bits(less(a, b)), bits(at_most(a, b)), bits(narrow), bits(either(less(a, b), less(b, a)))


def packed(flags) -> int:
    return int(sum(1 << i for i, flag in enumerate(flags) if flag))


def test_operations():
    w = np.zeros((15, LANES))
    w[0], w[1] = A, B
    found = everything(w)
    with np.errstate(all="ignore"):
        expected = [
            A + B, 2.0 - A, A * B, A / B, -A, None, np.fmin(A, B), np.fmax(A, B), np.where(A < B, A, B), np.floor(A),
            np.copysign(A, B), np.sqrt(np.abs(A)), np.full(8, 3.25),
        ]  # fmt: skip
        masks = [A < B, A <= B, (A < B) & (B < 2.5), (A < B) | (B < A)]
    for row, value in enumerate(expected, 2):
        if value is not None:
            assert np.array_equal(w[row], value, equal_nan=True), row
    assert np.allclose(w[7], A * B + 1.0, rtol=1e-15, equal_nan=True)
    assert found == tuple(packed(m) for m in masks)
    assert np.signbit(w[6][5]) != np.signbit(A[5])


@lean_kernel
def fused(w):
    a = load(w, 0)
    store(w, 1, fma(a, a, -1.0))


def test_fma_rounds_once():
    w = np.zeros((2, LANES))
    w[0] = 1.0 + 2.0**-30
    fused(w)
    assert w[1, 0] == 2.0**-29 + 2.0**-60


@lean_kernel
def roots(w):
    a = load(w, 0)
    store(w, 1, inverse_root(a))
    store(w, 2, pull(3.0, a))
    store(w, 3, rough_inverse_root(a))
    store(w, 4, rough_power(a, -0.25))


def test_roots_over_the_range_of_squared_distances():
    random = np.random.default_rng(5)
    w = np.zeros((5, LANES))
    for _ in range(200):
        w[0] = 10.0 ** random.uniform(-6, 25, LANES)
        roots(w)
        exact = w[0].astype(np.longdouble)
        # Measured: 2.2e-16 and 6e-16.
        assert np.abs(w[1] * np.sqrt(exact) - 1.0).max() < 5e-16
        assert np.abs(w[2] * (exact * np.sqrt(exact)) / 3.0 - 1.0).max() < 1.5e-15
        assert np.abs(w[3] * np.sqrt(exact) - 1.0).max() < 1e-4
        assert np.abs(w[4] * exact**0.25 - 1.0).max() < 0.09


@lean_kernel
def moved(source, offsets, w):
    transpose(source, offsets, 8, w, 1)


def test_transpose():
    source = np.arange(400.0)
    offsets = np.array([0, 40, 16, 320, 8, 8, 104, 200])
    w = np.zeros((10, LANES))
    moved(source, offsets, w)
    for lane in range(LANES):
        assert (w[1:9, lane] == source[offsets[lane] + 8 : offsets[lane] + 16]).all()
    assert (w[0] == 0.0).all()
    assert (w[9] == 0.0).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_no_value_crosses_lanes(value):
    w = np.zeros((5, LANES))
    w[0] = np.arange(1.0, 9.0)
    roots(w)
    clean = w.copy()
    w[0, 3] = value
    roots(w)
    others = np.arange(LANES) != 3
    assert w[1:, others].tobytes() == clean[1:, others].tobytes()
