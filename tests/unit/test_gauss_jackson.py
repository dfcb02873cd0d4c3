"""Gauss-Jackson's weights against published ones and exact polynomials, harmonics in lanes against the scalar path."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from sim.core.compile import kernel
from sim.core.gauss_jackson import FITTED_DEGREES, fitted, gauss_jackson
from sim.core.harmonics import attraction, no_harmonics
from sim.core.lanes_harmonics import lane_attraction, lane_field
from sim.core.simd import load_wide as load
from sim.core.simd import store
from sim.core.simd_types import WIDE
from sim.dynamics.gravity_field import open_gravity_field


def test_weights_are_the_published_ones():
    """Berry and Healy 2004, table of the eighth-order summed coefficients' generating numbers, from order 2 by hand."""
    method = gauss_jackson(2)
    # Corrector 1/12 - nabla^2/240, velocity -1/2 - nabla/12 - nabla^2/24, predictor 1/12 + nabla/12 + 19 nabla^2/240.
    twelfth, quarter = Fraction(1, 12), Fraction(1, 240)
    np.testing.assert_allclose(
        method.corrector, [float(twelfth - quarter), float(2 * quarter), float(-quarter)], rtol=0, atol=1e-16
    )
    np.testing.assert_allclose(method.velocity, [-0.625, 1 / 6, -1 / 24], rtol=0, atol=1e-16)
    np.testing.assert_allclose(method.predictor, [59 / 240, -58 / 240, 19 / 240], rtol=0, atol=1e-16)


@pytest.mark.parametrize("order", [6, 8, 10, 12, 14])
def test_polynomials_up_to_the_order_are_integrated_exactly(order):
    """f = t^p on the nodes; sums started exactly must reproduce t^(p+2) / ((p+1)(p+2)) and t^(p+1) / (p+1)."""
    method = gauss_jackson(order)
    n = np.arange(-order, 2, dtype=np.float64)  # the last one is a step ahead
    x = (n / order)[:-1]
    h = 1.0 / order
    for p in range(order + 1):
        f, place, speed = x**p, x ** (p + 2) / ((p + 1) * (p + 2)), x ** (p + 1) / (p + 1)
        late = f[::-1]
        sum1 = speed[-1] / h - method.velocity @ late
        sum2 = place[-1] / h**2 - method.corrector @ late + sum1
        ahead = h**2 * (sum2 + method.predictor @ late)
        assert ahead == pytest.approx((n[-1] * h) ** (p + 2) / ((p + 1) * (p + 2)), abs=1e-13)
        following = (n[-1] * h) ** p
        again = h**2 * (sum2 + method.corrector[0] * following + method.corrector[1:] @ late[:-1])
        assert again == pytest.approx(ahead, abs=1e-13)
        rate = h * (sum1 + following + method.velocity[0] * following + method.velocity[1:] @ late[:-1])
        assert rate == pytest.approx((n[-1] * h) ** (p + 1) / (p + 1), abs=1e-13)


POWER = (0.0, 0.0, *(1.0 / k for k in range(2, 22)))


def reads(method, kind, theta):
    """Relative error with which weights integrate exp(i theta n), of the second or first integral."""
    points, half = len(method.corrector), len(method.corrector) // 2
    sum1 = 1.0 / (1.0 - np.exp(-1j * theta))
    weights, first, sums, exact = {
        "predictor": (method.predictor, 1, sum1**2 * np.exp(-1j * theta), -1.0 / theta**2),
        "corrector": (method.corrector, 0, sum1**2 * np.exp(-1j * theta), -1.0 / theta**2),
        "velocity": (method.velocity, 0, sum1, 1.0 / (1j * theta)),
        "middle_position": (method.middle_position, -half, sum1**2 * np.exp(-1j * theta), -1.0 / theta**2),
        "middle_velocity": (method.middle_velocity, -half, sum1, 1.0 / (1j * theta)),
    }[kind]
    found = sums + (weights * np.exp(-1j * theta * (first + np.arange(points)))).sum()
    return abs(found / exact - 1.0)


@pytest.mark.parametrize(
    ("kind", "tolerance"),
    # measured over 2 to 21 cycles a revolution: 0.08, 1.5e-3, 1.4e-3, 8e-8, 4e-6
    [
        ("predictor", 0.3),
        ("corrector", 5e-3),
        ("velocity", 5e-3),
        ("middle_position", 3e-7),
        ("middle_velocity", 1.5e-5),
    ],
)
def test_fitted_weights_integrate_the_spectrum(kind, tolerance):
    """At 75 steps a revolution the highest harmonic turns by 1.76 rad a step; plain weights are useless there."""
    thetas = 2.0 * np.pi * np.arange(2, 22) / 75.0
    assert max(reads(fitted(POWER, 75.0), kind, theta) for theta in thetas) < tolerance
    assert max(reads(gauss_jackson(16), kind, theta) for theta in thetas) > 3.0 * tolerance


@pytest.mark.parametrize("kind", range(3))
def test_fitted_weights_are_exact_for_low_degrees(kind):
    name, first = (("predictor", 1), ("corrector", 0), ("velocity", 0))[kind]
    steps = first + np.arange(17.0)
    plain = gauss_jackson(10)
    for degree in range(FITTED_DEGREES[kind] + 1):
        wanted = (getattr(plain, name) * (first + np.arange(11.0)) ** degree).sum()
        size = (np.abs(getattr(fitted(POWER, 75.0), name)) * steps**degree).sum()
        assert (getattr(fitted(POWER, 75.0), name) * steps**degree).sum() == pytest.approx(wanted, abs=1e-13 * size)


@pytest.mark.parametrize("method", [gauss_jackson(10), fitted(POWER, 75.0)], ids=["plain", "fitted"])
def test_accelerations_between_steps(method):
    """They follow a harmonic of 8 cycles a revolution; measured 6e-4 at the latest step, 1e-6 in the middle."""
    theta = 2.0 * np.pi * 8.0 / 75.0
    half = len(method.between) // 2
    for table, first, tolerance in ((method.between, 0, 5e-3), (method.middle_between, -half, 1e-5)):
        past = np.exp(-1j * theta * (first + np.arange(len(table))))
        for s in (-0.9, -0.5, -0.1):
            found = (past[:, np.newaxis] * table * s ** np.arange(table.shape[1])).sum()
            assert abs(found - np.exp(1j * theta * s)) < tolerance


@pytest.mark.parametrize("order", [0, 3, -2])
def test_other_orders_are_refused(order):
    with pytest.raises(ValueError, match="order of Gauss-Jackson"):
        gauss_jackson(order)


@kernel
def in_lanes(field, w):
    a, b, c = lane_attraction(field, load(w, 0), load(w, 1), load(w, 2))
    store(w, 3, a)
    store(w, 4, b)
    store(w, 5, c)


@pytest.mark.parametrize("degree", [2, 3, 20, 70])
def test_harmonics_in_lanes_agree_with_the_scalar_path(degree):
    """Also over the poles, where x + i y vanishes, on the axes and far out; measured 2e-15 of the attraction."""
    harmonics = open_gravity_field("grgm1200a", degree).flat()
    random = np.random.default_rng(degree)
    places = random.normal(size=(WIDE, 3))
    places *= (random.uniform(1740.0, 2500.0, WIDE) / np.sqrt((places**2).sum(axis=1)))[:, np.newaxis]
    places[0] = [0.0, 0.0, 1800.0]
    places[1] = [1e-9, 0.0, -1800.0]
    places[2] = [1800.0, 0.0, 0.0]
    places[3] *= 30.0
    w = np.zeros((6, WIDE))
    w[:3] = places.T
    in_lanes(lane_field(harmonics), w)
    work, out = np.zeros((3, 2, degree + 5)), np.zeros(3)
    for lane in range(WIDE):
        attraction(*places[lane], harmonics, work, out)
        size = harmonics.gm / (places[lane] ** 2).sum() * 1e-3
        np.testing.assert_allclose(w[3:, lane], out, rtol=0, atol=1e-14 * size)


def test_no_field_and_too_high_a_degree():
    assert lane_field(no_harmonics()).degree == 0
    with pytest.raises(ValueError, match="degree 401"):
        lane_field(no_harmonics()._replace(degree=401))
