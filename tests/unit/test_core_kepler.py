"""Two-body kernels: Kepler's equation and osculating elements."""

from __future__ import annotations

from decimal import Decimal, getcontext
from math import factorial

import numpy as np
import pytest

from sim.core import elements as el
from sim.core.kepler import kepler_rows, stumpff
from sim.core.status import Status

MU = 398600.4355
IDENTITY = np.eye(3)[np.newaxis].copy()


def random_states(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """States on ellipses, hyperbolas and orbits within 1e-9 of the parabola, with times of flight."""
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=(n, 3))
    r = rng.uniform(6500.0, 4e5, n)
    states = np.zeros((n, 6))
    states[:, :3] = direction * (r / np.linalg.norm(direction, axis=1))[:, None]
    v = rng.normal(size=(n, 3))
    kind = rng.integers(0, 3, n)
    factor = np.select([kind == 0, kind == 1], [rng.uniform(0.3, 1.5, n), 1.0 + 1e-9 * rng.normal(size=n)])
    factor = np.where(kind == 2, 1.0 + 1e-3 * rng.normal(size=n), factor)
    states[:, 3:] = v * (factor * np.sqrt(2.0 * MU / r) / np.linalg.norm(v, axis=1))[:, None]
    return states, rng.choice([-1.0, 1.0], n) * 10.0 ** rng.uniform(1, 6, n)


def move(states, dt, mu=MU):
    out = np.zeros_like(states)
    status = np.zeros(len(states), np.int8)
    kepler_rows(states, np.asarray(dt, dtype=float), mu, out, status)
    return out, status


def osculating(states, mu=MU, axes=IDENTITY):
    out = np.zeros((len(states), el.COLUMNS))
    status = np.zeros(len(states), np.int8)
    el.elements_rows(states, mu, axes, out, status)
    return out, status


@pytest.mark.parametrize("z", [-30.0, -0.5001, -0.4999, -1e-9, 0.0, 1e-9, 0.4999, 0.5001, 30.0])
def test_stumpff_functions(z):
    getcontext().prec = 50
    for k, found in enumerate(stumpff(z)):
        term = total = Decimal(1) / factorial(k)
        for m in range(1, 60):
            term = -term * Decimal(z) / ((k + 2 * m - 1) * (k + 2 * m))
            total += term
        assert found == pytest.approx(float(total), rel=1e-15)


def test_there_and_back():
    states, dt = random_states(3000, 1)
    there, status = move(states, dt)
    back, status_back = move(there, -dt)
    assert not status.any()
    assert not status_back.any()
    off = np.linalg.norm(back[:, :3] - states[:, :3], axis=1) / np.linalg.norm(states[:, :3], axis=1)
    assert np.quantile(off, 0.99) < 2e-13  # measured 1.5e-14
    assert off.max() < 1e-9  # measured 1e-10: low periapsis, many revolutions


def test_time_of_flight_of_the_elements():
    states, dt = random_states(3000, 2)
    there, _ = move(states, dt)
    before, status = osculating(states)
    after, _ = osculating(there)
    assert not status.any()
    assert np.isfinite(before).all()
    a = -MU / (2.0 * before[:, el.ENERGY])
    period = np.where(a > 0, 2.0 * np.pi * np.sqrt(np.abs(a) ** 3 / MU), 1e300)
    off = after[:, el.TIME_SINCE_PERIAPSIS] - before[:, el.TIME_SINCE_PERIAPSIS] - dt
    off -= period * np.round(off / period)
    assert np.abs(off).max() < 1e-5  # measured 8e-7 s, where the orbit is nearly parabolic and rectilinear
    assert np.quantile(np.abs(off), 0.99) < 5e-9  # measured 4e-10 s


def test_elements_are_constants_of_the_motion():
    states, dt = random_states(3000, 3)
    before, _ = osculating(states)
    after, _ = osculating(move(states, dt)[0])
    for column in (el.ECCENTRICITY, el.INCLINATION, el.NODE, el.ARGUMENT_OF_PERIAPSIS):
        off = np.abs(after[:, column] - before[:, column])
        assert np.quantile(np.minimum(off, 2.0 * np.pi - off), 0.99) < 1e-12


def test_known_elements():
    """A state built from its elements (Vallado, Fundamentals of Astrodynamics, example 2-5)."""
    state = np.array([[6524.834, 6862.875, 6448.296, 4.901327, 5.533756, -1.976341]])
    found, _ = osculating(state, mu=398600.4418)
    degrees = np.rad2deg(found[0])
    assert found[0, el.ECCENTRICITY] == pytest.approx(0.832853, abs=2e-6)
    assert degrees[el.INCLINATION] == pytest.approx(87.870, abs=1e-3)
    assert degrees[el.NODE] == pytest.approx(227.89, abs=1e-2)
    assert degrees[el.ARGUMENT_OF_PERIAPSIS] == pytest.approx(53.38, abs=1e-2)
    assert degrees[el.TRUE_ANOMALY] == pytest.approx(92.335, abs=1e-3)
    assert -398600.4418 / (2 * found[0, el.ENERGY]) == pytest.approx(36127.343, abs=0.1)


def test_angles_follow_the_axes():
    states, _ = random_states(50, 4)
    turn = 0.3
    axes = np.array([[[np.cos(turn), np.sin(turn), 0.0], [-np.sin(turn), np.cos(turn), 0.0], [0.0, 0.0, 1.0]]])
    plain, _ = osculating(states)
    turned, _ = osculating(states, axes=axes)
    row_by_row, _ = osculating(states, axes=np.repeat(axes, 50, axis=0))
    np.testing.assert_array_equal(turned, row_by_row)
    shift = (plain[:, el.NODE] - turned[:, el.NODE]) % (2.0 * np.pi)
    np.testing.assert_allclose(shift, turn, atol=1e-12)
    np.testing.assert_allclose(turned[:, el.INCLINATION], plain[:, el.INCLINATION], atol=1e-14)


def test_special_orbits():
    speed = np.sqrt(MU / 7000.0)
    states = np.array(
        [
            [7000.0, 0, 0, 0, speed, 0],  # circular and equatorial
            [0, 7000.0, 0, 0, 0, speed],  # circular and polar
            [7000.0, 0, 0, 3.0, 0, 0],  # rectilinear
            [0, 0, 0, 1.0, 0, 0],
            [np.nan, 0, 0, 1.0, 0, 0],
        ]
    )
    found, status = osculating(states)
    assert status.tolist() == [Status.OK, Status.OK, Status.DEGENERATE, Status.DEGENERATE, Status.NONFINITE]
    np.testing.assert_allclose(found[:2, el.PERIAPSIS_RADIUS], 7000.0)
    np.testing.assert_allclose(found[:2, el.INCLINATION], [0.0, np.pi / 2])
    assert np.isnan(found[2:]).all()


def test_unusable_rows_of_kepler():
    states = np.array([[7000.0, 0, 0, 0, 7.5, 0], [0, 0, 0, 1, 0, 0], [np.inf, 0, 0, 0, 1, 0]])
    out, status = move(states, [100.0, 100.0, 100.0])
    assert status.tolist() == [Status.OK, Status.DEGENERATE, Status.NONFINITE]
    assert np.isfinite(out[0]).all()
    assert np.isnan(out[1:]).all()
    assert move(states[:1], [np.nan])[1][0] == Status.NONFINITE


def test_many_revolutions_are_folded():
    state = np.array([[7000.0, 0, 0, 0, 7.6, 1.0]])
    a = 1.0 / (2.0 / 7000.0 - (7.6**2 + 1.0) / MU)
    period = 2.0 * np.pi * np.sqrt(a**3 / MU)
    out, _ = move(state, [1000.0 * period])
    assert np.linalg.norm(out[0, :3] - state[0, :3]) < 1e-5  # the product has lost four digits
