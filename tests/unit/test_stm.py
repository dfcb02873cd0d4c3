"""Transition matrices and derivatives by the epochs: lanes against the scalar path, differences, symmetry, statuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.core.events import no_stops
from sim.core.lanes import propagate_lanes_matrix
from sim.core.lanes_table import lane_table
from sim.core.rkn1210 import propagate_rows_matrix
from sim.core.rkn1210_columns import time_derivatives
from sim.core.status import Status
from sim.dynamics import ForceModel
from sim.ephemeris import open_ephemeris
from sim.errors import InputError
from sim.propagation import PropagationWithStm, RadiusCrossing, propagate, propagate_with_stm

DAY = 86400.0
EPOCH = 8.83e8
ROWS = 40
SPAN = 5.0 * DAY
UNITS = np.repeat([1e4, 1.0], 3)
"""km and km/s: brings the parts of a matrix to one size."""


def departures(seed: int, n_rows: int, center: str = "earth"):
    """States after translunar injection towards where the Moon will be, with perilunes from impacts to 100,000 km."""
    random = np.random.default_rng(seed)
    ephemeris = open_ephemeris()
    t0 = EPOCH + DAY * random.uniform(0.0, 20.0, n_rows)
    moon = ephemeris.position_km("moon", "earth", t0 + 3.2 * DAY)
    mu, perigee = ephemeris.gm_km3_s2["earth"], 6578.137
    outward = moon / np.linalg.norm(moon, axis=1)[:, np.newaxis]
    normal = np.cross(outward, random.normal(size=(n_rows, 3)))
    normal /= np.linalg.norm(normal, axis=1)[:, np.newaxis]
    turn = np.radians(random.uniform(172.0, 176.0, n_rows))[:, np.newaxis]
    up = np.cos(turn) * outward - np.sin(turn) * np.cross(normal, outward)
    speed = np.sqrt(2.0 * mu / perigee - random.uniform(1.7, 1.9, n_rows))[:, np.newaxis]
    states = np.concatenate([perigee * up, speed * np.cross(normal, up)], axis=1)
    if center == "moon":
        states -= ephemeris.state("moon", "earth", t0)
    return states, t0


@pytest.fixture(scope="module")
def plain():
    states, t0 = departures(1, ROWS)
    return ForceModel(earth_zonals=0), states, t0, t0 + SPAN


def errors(found, true):
    """Largest error of a row's columns over their length, positions and velocities each for themselves."""
    parts = []
    for part in (slice(0, 3), slice(3, 6)):
        miss = np.sqrt(((found - true)[:, part] ** 2).sum(axis=1))
        parts.append(miss / np.sqrt((true[:, part] ** 2).sum(axis=1)))
    return np.concatenate(parts, axis=1).max(axis=1)


def scaled(matrices):
    """Matrices in units in which their parts are of one size."""
    return matrices / UNITS[:, np.newaxis] * UNITS


def scalar(states, t0, t1, model, tolerance):
    """The same by the scalar path, whatever the model."""
    n = len(states)
    forces = model.flat(float(min(t0.min(), t1.min())), float(max(t0.max(), t1.max()))).forces
    ends, t_end, matrices = np.empty((n, 6)), np.empty(n), np.empty((n, 6, 6))
    status, event, steps = np.empty(n, np.int8), np.empty(n, np.int8), np.empty(n, np.int32)
    propagate_rows_matrix(
        forces, no_stops(), states, t0, t1, tolerance, 100_000, 0, n, ends, t_end, status, event, steps, matrices
    )
    by_epoch, by_end = np.empty((n, 6)), np.empty((n, 6))
    time_derivatives(forces, states, t0, ends, t_end, matrices, 0, n, by_epoch, by_end)
    return PropagationWithStm(ends, t_end, status, event, steps, matrices, by_epoch, by_end, log=None)


def same_bits(a, b, rows=slice(None)) -> bool:
    names = "states t_tdb status stop steps transition_matrix states_per_t0_s states_per_t1_s"
    return all(getattr(a, n)[rows].tobytes() == getattr(b, n)[rows].tobytes() for n in names.split())


@pytest.mark.parametrize(("center", "zonals"), [("earth", 0), ("earth", 2), ("earth", 4), ("moon", 0), ("moon", 2)])
def test_lanes_agree_with_the_scalar_path(center, zonals, record_accuracy):
    states, t0 = departures(5, ROWS, center)
    model = ForceModel(center=center, earth_zonals=zonals)
    fast = propagate_with_stm(states, t0, t0 + SPAN, model, impacts=False, tolerance=1e-13)
    slow = scalar(states, t0, t0 + SPAN, model, tolerance=1e-15)
    assert fast.ok.all()
    assert slow.ok.all()
    worst = errors(fast.transition_matrix, slow.transition_matrix)
    # Measured: median 3e-12 at most.
    assert np.median(worst) < 5e-11
    record_accuracy(
        f"transition matrix in lanes, 5 d, centre {center}, zonals {zonals}", "scalar path at 1e-15",
        "of the length of a column", float(worst.max()), "", 2e-8,
    )  # fmt: skip
    miss = np.abs(fast.states_per_t0_s - slow.states_per_t0_s).max(axis=1)
    assert (miss < 2e-8 * np.abs(slow.states_per_t0_s).max(axis=1)).all()
    assert np.abs(fast.states_per_t1_s - slow.states_per_t1_s).max() < 1e-5


def test_states_are_those_of_propagate(plain):
    model, states, t0, t1 = plain
    for options in ({"impacts": False}, {"impacts": True}):
        bare = propagate(states, t0, t1, model, tolerance=1e-10, **options)
        run = propagate_with_stm(states, t0, t1, model, tolerance=1e-10, **options)
        for name in ("states", "t_tdb", "status", "stop", "steps"):
            assert getattr(bare, name).tobytes() == getattr(run, name).tobytes(), (name, options)


def test_matrix_against_differences(plain):
    model, states, t0, t1 = plain
    run = propagate_with_stm(states[:8], t0[:8], t1[:8], model, impacts=False, tolerance=1e-13)
    steps = np.repeat([1e-2, 1e-5], 3)
    found = np.empty((8, 6, 6))
    for column, step in enumerate(steps):
        ends = []
        for factor in (-2.0, -1.0, 1.0, 2.0):
            moved = states[:8].copy()
            moved[:, column] += factor * step
            ends.append(propagate(moved, t0[:8], t1[:8], model, impacts=False, tolerance=1e-14).states)
        found[:, :, column] = (8.0 * (ends[2] - ends[1]) - (ends[3] - ends[0])) / (12.0 * step)
    # Measured: 1e-8, the rounding of the differences.
    assert errors(run.transition_matrix, found).max() < 1e-7


@pytest.mark.parametrize(("center", "step_s"), [("earth", 5.0), ("moon", 0.01)])
def test_epochs_against_differences(center, step_s):
    states, t0 = departures(2, 12, center)
    model, t1 = ForceModel(center=center), t0 + SPAN
    run = propagate_with_stm(states, t0, t1, model, impacts=False, tolerance=1e-13)

    def difference(by_start: bool):
        ends = []
        for factor in (-2.0, -1.0, 1.0, 2.0):
            shift = factor * step_s
            begin, end = (t0 + shift, t1) if by_start else (t0, t1 + shift)
            ends.append(propagate(states, begin, end, model, impacts=False, tolerance=1e-14).states)
        return (8.0 * (ends[2] - ends[1]) - (ends[3] - ends[0])) / (12.0 * step_s)

    true = difference(by_start=True)
    miss = np.abs(run.states_per_t0_s - true)[:, :3].max(axis=1) / np.abs(true[:, :3]).max(axis=1)
    # Measured: 4e-9 about the Earth; 1e-6 about the Moon, where steps must be short and are rounded.
    assert miss.max() < (5e-8 if center == "earth" else 1e-5)
    rate = difference(by_start=False)
    assert np.abs(run.states_per_t1_s - rate).max() < (1e-9 if center == "earth" else 2e-5)


@pytest.mark.parametrize("tolerance", [1e-8, 1e-12])
def test_matrices_are_symplectic(plain, tolerance):
    model, states, t0, t1 = plain
    run = propagate_with_stm(states, t0, t1, model, impacts=False, tolerance=tolerance)
    form = np.block([[np.zeros((3, 3)), np.eye(3)], [-np.eye(3), np.zeros((3, 3))]])
    matrices = scaled(run.transition_matrix)
    largest = np.abs(matrices).max(axis=(1, 2))
    defect = np.abs(np.swapaxes(matrices, 1, 2) @ form @ matrices - form).max(axis=(1, 2))
    # Measured: 7e-12 and 8e-17 of the largest product that cancels there; entries reach 2e5.
    assert (defect < (1e-10 if tolerance > 1e-10 else 2e-15) * largest**2).all()
    # Measured: 1e-8, what rounding leaves.
    assert np.abs(np.linalg.det(matrices) - 1.0).max() < 1e-6


def test_there_and_back_is_the_unit_matrix(plain):
    model, states, t0, t1 = plain
    there = propagate_with_stm(states, t0, t1, model, impacts=False, tolerance=1e-13)
    back = propagate_with_stm(there.states, t1, t0, model, impacts=False, tolerance=1e-13)
    first, second = scaled(there.transition_matrix), scaled(back.transition_matrix)
    defect = np.abs(second @ first - np.eye(6)).max(axis=(1, 2))
    # Measured: median 3e-8; 2e-12 of the largest product that cancels there.
    assert np.median(defect) < 1e-6
    assert (defect < 1e-10 * np.abs(first).max(axis=(1, 2)) * np.abs(second).max(axis=(1, 2))).all()


def test_legs_multiply(plain):
    model, states, t0, t1 = plain
    middle = t0 + np.linspace(0.1, 0.9, ROWS) * SPAN
    whole = propagate_with_stm(states, t0, t1, model, impacts=False, tolerance=1e-13)
    first = propagate_with_stm(states, t0, middle, model, impacts=False, tolerance=1e-13)
    second = propagate_with_stm(first.states, middle, t1, model, impacts=False, tolerance=1e-13)
    product = second.transition_matrix @ first.transition_matrix
    # Measured: 1e-11 at most.
    assert errors(product, whole.transition_matrix).max() < 5e-10


def test_bits_do_not_depend_on_batch_order_or_threads(plain):
    model, states, t0, t1 = plain
    many = np.tile(np.arange(ROWS), 14)
    options = {"impacts": False, "tolerance": 1e-10}
    whole = propagate_with_stm(states[many], t0[many], t1[many], model, threads=1, **options)
    for threads in (2, 4):
        run = propagate_with_stm(states[many], t0[many], t1[many], model, threads=threads, **options)
        assert same_bits(whole, run), threads
    for count in (1, 7, 256):
        run = propagate_with_stm(states[many[:count]], t0[many[:count]], t1[many[:count]], model, **options)
        assert same_bits(run, whole, slice(0, count)), count
    for order in (np.arange(ROWS)[::-1], np.random.default_rng(3).permutation(ROWS)):
        mixed = propagate_with_stm(states[order], t0[order], t1[order], model, **options)
        assert mixed.transition_matrix.tobytes() == whole.transition_matrix[order].tobytes()
        assert mixed.states_per_t0_s.tobytes() == whole.states_per_t0_s[order].tobytes()


def test_bad_rows_change_no_bit_of_others(plain, spoil):
    model, states, t0, t1 = plain
    options = {"impacts": False, "tolerance": 1e-10, "max_steps": 500}
    good = propagate_with_stm(states, t0, t1, model, **options)
    random = np.random.default_rng(11)
    tried = 0
    while tried < 500:
        bad_states, bad_t0, bad_t1 = states.copy(), t0.copy(), t1.copy()
        rows = random.choice(ROWS, 16, replace=False)
        for row in rows:
            spoil(bad_states, bad_t0, bad_t1, row, int(random.integers(9)), random)
        tried += rows.size
        run = propagate_with_stm(bad_states, bad_t0, bad_t1, model, **options)
        assert same_bits(good, run, np.setdiff1d(np.arange(ROWS), rows))
        unusable = np.isin(run.status, (Status.NONFINITE, Status.OUT_OF_EPHEMERIS))
        assert np.isnan(run.transition_matrix[unusable]).all()
        assert np.isnan(run.states_per_t0_s[unusable]).all()
        assert np.isfinite(run.transition_matrix[run.status == Status.OK]).all()


def test_statuses(plain):
    model, states, t0, t1 = plain
    states, t0, t1 = states[:5].copy(), t0[:5].copy(), t1[:5].copy()
    states[0, 0], states[1, :3], t1[2], t1[3] = np.nan, 0.0, 1e12, t0[3]
    for impacts in (False, True):
        run = propagate_with_stm(states, t0, t1, model, tolerance=1e-10, impacts=impacts)
        assert run.status.tolist()[:4] == [Status.NONFINITE, Status.NONFINITE, Status.OUT_OF_EPHEMERIS, Status.OK]
        assert np.isnan(run.transition_matrix[:3]).all()
        assert np.isnan(run.states_per_t1_s[:3]).all()
        assert (run.transition_matrix[3] == np.eye(6)).all()
        assert (run.states_per_t0_s[3] == -run.states_per_t1_s[3]).all()
    few = propagate_with_stm(states[4:], t0[4:], t1[4:], model, tolerance=1e-10, impacts=False, max_steps=3)
    reached = propagate_with_stm(states[4:], t0[4:], few.t_tdb, model, tolerance=1e-10, impacts=False)
    assert few.status.tolist() == [Status.MAX_STEPS]
    assert errors(few.transition_matrix, reached.transition_matrix).max() < 1e-6
    assert propagate_with_stm(states[:0], t0[:0], t1[:0], model, impacts=False).transition_matrix.shape == (0, 6, 6)
    with pytest.raises(InputError, match="tolerance"):
        propagate_with_stm(states, t0, t1, model, tolerance=1.0)


def test_rows_that_end_at_an_event(plain):
    model, states, t0, t1 = plain
    run = propagate_with_stm(states, t0, t1, model, stops=[RadiusCrossing("earth", 2e5, inward=False)], tolerance=1e-13)
    assert (run.status == Status.EVENT).all()
    fixed = propagate_with_stm(states, t0, run.t_tdb, model, impacts=False, tolerance=1e-13)
    # Measured: 1e-12.
    assert errors(run.transition_matrix, fixed.transition_matrix).max() < 1e-10


@pytest.mark.parametrize("masses", [("earth",), ("earth", "sun"), ("earth", "moon", "sun", "jupiter", "venus")])
def test_other_models(plain, masses):
    _, states, t0, _ = plain
    model = ForceModel(point_masses=masses)
    run = propagate_with_stm(states[:6], t0[:6], t0[:6] + DAY, model, impacts=False, tolerance=1e-13)
    slow = scalar(states[:6], t0[:6], t0[:6] + DAY, model, tolerance=1e-15)
    assert run.ok.all()
    assert errors(run.transition_matrix, slow.transition_matrix).max() < 5e-13


def test_uncompiled_path_agrees(plain, uncompiled):
    model, states, t0, _ = plain
    run = propagate_with_stm(states[:2], t0[:2], t0[:2] + 2.0 * DAY, model, impacts=False, tolerance=1e-9)
    code = (
        "import json\n"
        "from test_stm import *\n"
        "states, t0 = departures(1, ROWS)\n"
        "model, t1 = ForceModel(earth_zonals=0), t0 + 2.0 * DAY\n"
        "found = [propagate_with_stm(states[:2], t0[:2], t1[:2], model, impacts=False, tolerance=1e-9)]\n"
        "found.append(scalar(states[:2], t0[:2], t1[:2], model, tolerance=1e-9))\n"
        "print(json.dumps([f.transition_matrix.tolist() for f in found]))\n"
    )
    for plainly in np.array(uncompiled(code, Path(__file__).parent)):
        # Measured: 3e-14, and 9e-11 for the scalar path: the error at this tolerance.
        assert errors(plainly, run.transition_matrix).max() < 1e-9


def test_wide_tables_change_no_bit(plain):
    model, states, t0, t1 = plain
    found = []
    for margin in (0.0, 40.0 * DAY):
        table = lane_table(model.flat(float(t0.min()) - margin, float(t1.max()) + margin).forces)
        out = np.empty((ROWS, 6)), np.empty(ROWS), np.empty(ROWS, np.int8), np.empty(ROWS, np.int8)
        matrices, steps = np.empty((ROWS, 6, 6)), np.empty(ROWS, np.int32)
        propagate_lanes_matrix(table, states, t0, t1, 1e-10, 500, 0, ROWS, *out, steps, matrices)
        found.append(matrices.tobytes())
    assert found[0] == found[1]
