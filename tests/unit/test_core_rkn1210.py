"""The tableau of RKN12(10)17M against the order conditions, in exact arithmetic, and the order seen in practice."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np
import pytest

from sim.core.forces import CENTER, Forces, padded_bodies
from sim.core.rkn1210_step import accept, new_workspace, step
from sim.core.rkn1210_tableau import (
    B_TEXT,
    BP_TEXT,
    C_TEXT,
    E_POSITION_TEXT,
    E_VELOCITY_TEXT,
    STAGES,
    A,
    C,
    a_fractions,
    fractions,
)

MATRIX = a_fractions()
TIMES = fractions(C_TEXT)


@cache
def trees(degree: int) -> tuple[tuple[int, tuple], ...]:
    """All products c^m (A t1)(A t2)...: (m, children) of that degree in h; each (A t) counts two more than t.

    They are the special Nystrom trees (Hairer, Norsett, Wanner I, sec. II.14): for an exact method of y'' = f(t, y)
    every one of them gives one condition per weight vector.
    """
    found = []
    for m in range(degree + 1):
        found.extend((m, children) for children in forests(degree - m, degree - m))
    return tuple(found)


@cache
def forests(degree: int, largest: int) -> tuple[tuple, ...]:
    """Unordered collections of children whose degrees (each two more than its tree's) sum to ``degree``."""
    if degree == 0:
        return ((),)
    found = []
    for first in range(min(largest, degree), 1, -1):
        for tree in trees(first - 2):
            # The same collection in another order gives the same condition.
            found.extend(
                (tree, *rest)
                for rest in forests(degree - first, first)
                if not rest or first > degree_of(rest[0]) + 2 or tree >= rest[0]
            )
    return tuple(found)


def degree_of(tree) -> int:
    m, children = tree
    return m + sum(degree_of(child) + 2 for child in children)


@cache
def stage_values(tree) -> tuple[tuple[Fraction, ...], Fraction]:
    """Value at every stage, and the coefficient of the exact value ``coefficient * c^degree``."""
    m, children = tree
    values = [c**m for c in TIMES]
    coefficient = Fraction(1)
    for child in children:
        inner, inner_coefficient = stage_values(child)
        for i in range(STAGES):
            values[i] *= sum((a * v for a, v in zip(MATRIX[i], inner, strict=True) if a), Fraction(0))
        degree = degree_of(child)
        coefficient *= inner_coefficient / ((degree + 1) * (degree + 2))
    return tuple(values), coefficient


def weighted(weights, tree) -> Fraction:
    return sum((w * v for w, v in zip(weights, stage_values(tree)[0], strict=True) if w), Fraction(0))


ROUNDING = Fraction(1, 10**45)
"""The published fractions of the last four rows are themselves rounded: they leave residuals of 1e-53."""


def test_row_sums():
    assert all(abs(sum(row) - c * c / 2) < ROUNDING for row, c in zip(MATRIX, TIMES, strict=True))


def test_stages_use_earlier_stages_only():
    assert all(not a for i, row in enumerate(MATRIX) for a in row[i:])


@pytest.mark.parametrize("degree", range(12))
def test_velocity_weights_have_order_12(degree):
    weights = fractions(BP_TEXT)
    for tree in trees(degree):
        assert abs(weighted(weights, tree) - stage_values(tree)[1] / (degree + 1)) < ROUNDING, tree


@pytest.mark.parametrize("degree", range(11))
def test_position_weights_have_order_12(degree):
    weights = fractions(B_TEXT)
    for tree in trees(degree):
        exact = stage_values(tree)[1] / ((degree + 1) * (degree + 2))
        assert abs(weighted(weights, tree) - exact) < ROUNDING, tree


def test_the_order_is_not_higher():
    assert any(abs(weighted(fractions(BP_TEXT), t) - stage_values(t)[1] / 13) > 1e-12 for t in trees(12))


@pytest.mark.parametrize(("text", "highest"), [(E_POSITION_TEXT, 8), (E_VELOCITY_TEXT, 9)])
def test_error_weights_vanish_up_to_order_10_and_not_beyond(text, highest):
    weights = fractions(text)
    for degree in range(highest + 1):
        assert all(abs(weighted(weights, tree)) < ROUNDING for tree in trees(degree))
    assert any(abs(weighted(weights, tree)) > 1e-12 for tree in trees(highest + 1))


def test_doubles_are_the_rounded_fractions():
    assert [float(c) for c in TIMES] == C.tolist()
    assert [[float(a) for a in row] for row in MATRIX] == A.tolist()


def flat_forces(gm_center: float, gm: list[float], positions: list[list[float]]) -> Forces:
    """A world whose bodies stand still."""
    table = np.zeros((1, 3 * len(gm), 9))
    table[0, :, 0] = np.array(positions).reshape(-1)
    masses, table = padded_bodies(np.array(gm), table)
    pole = np.zeros((1, 3, 4))
    pole[0, 2, 0] = 1.0
    return Forces(gm_center, masses, table, 0.0, 1e9, np.zeros(5), 0, CENTER, pole)


def fly(forces: Forces, state: np.ndarray, span: float, n_steps: int) -> np.ndarray:
    work = new_workspace(forces)
    work.start[:] = state
    for i in range(n_steps):
        step(forces, 0, span * i / n_steps, span / n_steps, work)
        accept(work)
    return work.start.copy()


def measured_order(forces, state, span, n_few, n_many, exact) -> float:
    few = np.linalg.norm(fly(forces, state, span, n_few)[:3] - exact[:3])
    many = np.linalg.norm(fly(forces, state, span, n_many)[:3] - exact[:3])
    assert many > 1e-13  # still above rounding, 1e-15
    return float(np.log(few / many) / np.log(n_many / n_few))


def test_order_on_an_ellipse():
    # Units with mu = 1 in km and s; one revolution brings the state back.
    forces = flat_forces(1.0, [], [])
    ecc = 0.1
    state = np.array([1.0 - ecc, 0.0, 0.0, 0.0, np.sqrt((1 + ecc) / (1 - ecc)), 0.0])
    order = measured_order(forces, state, 2.0 * np.pi, 6, 12, state)
    assert 11.0 < order < 13.0  # measured 11.8


def test_order_in_a_field_of_three_bodies():
    # As in Arenstorf's problem the orbit bends around unequal masses; they stand still, so that no table error enters.
    forces = flat_forces(1.0, [0.0123, 0.4], [[1.0, 0.1, 0.0], [-0.7, 0.9, 0.3]])
    state = np.array([0.4, 0.0, 0.1, 0.1, 1.3, 0.2])
    exact = fly(forces, state, 1.5, 512)
    assert 10.5 < measured_order(forces, state, 1.5, 8, 32, exact) < 13.0  # measured 11.1


def test_error_estimate_falls_with_the_eleventh_power():
    forces = flat_forces(1.0, [0.0123, 0.4], [[1.0, 0.1, 0.0], [-0.7, 0.9, 0.3]])
    work = new_workspace(forces)
    sizes = []
    for h in (0.2, 0.1):
        work.start[:] = [0.4, 0.0, 0.1, 0.1, 1.3, 0.2]
        step(forces, 0, 0.0, h, work)
        sizes.append(max(np.linalg.norm(work.error[:3]), h * np.linalg.norm(work.error[3:])))
    assert 10.0 < np.log2(sizes[0] / sizes[1]) < 13.0  # measured 11.7
