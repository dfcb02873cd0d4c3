"""Low orbits in lockstep: independent of each other, and the same orbits as in the scalar full force model."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.core.status import Status
from sim.dynamics import FullForceModel, open_gravity_field
from sim.errors import InputError
from sim.propagation import low_orbits, propagate_full, propagate_low_orbits

ROOT = Path(__file__).parents[2]
DAY = 86400.0
N = 30
FIELDS = ("states", "t_tdb", "status", "steps", "path_states", "lowest_km", "highest_km")
STEPS = 300.0
BAD = {3: Status.NONFINITE, 7: Status.NONFINITE, 11: Status.IMPACT, 15: Status.OUT_OF_EPHEMERIS, 19: Status.DEGENERATE}


@pytest.fixture(scope="module")
def model():
    return FullForceModel(
        center="moon", point_masses=("earth", "moon", "sun", "jupiter"), moon_field=open_gravity_field("grgm1200a", 8)
    )


def orbits(seed, n, low_km, high_km, fast=1.03):
    random = np.random.default_rng(seed)
    radius = 1737.4 + random.uniform(low_km, high_km, n)
    speed = np.sqrt(4902.8 / radius) * random.uniform(0.99, fast, n)
    u = random.normal(size=(n, 3))
    u /= np.sqrt((u**2).sum(axis=1))[:, np.newaxis]
    w = np.cross(u, random.normal(size=(n, 3)))
    w /= np.sqrt((w**2).sum(axis=1))[:, np.newaxis]
    t0 = 8.83e8 + random.uniform(0.0, 27.0 * DAY, n)
    return np.concatenate([radius[:, np.newaxis] * u, speed[:, np.newaxis] * w], axis=1), t0


@pytest.fixture(scope="module")
def ensemble():
    """Forward and backward, some of them into the Moon, some of them unusable."""
    states, t0 = orbits(5, N, 5.0, 60.0)
    states[3] = np.nan
    states[7, :3] = 0.0
    states[11, :3] *= 0.9
    t0[15] = 1e12
    states[19, 3:] *= 3.0
    span = np.where(np.arange(N) % 2, DAY, -DAY)
    return states, t0, t0[:, np.newaxis] + span[:, np.newaxis] * np.array([0.0, 0.2, 0.55, 1.0])


@pytest.fixture(scope="module")
def whole(model, ensemble):
    return propagate_low_orbits(*ensemble, model, steps_per_revolution=STEPS, threads=1)


def signature(results, order=None):
    """Hash of everything, of one or several results put together, in the given order of rows."""
    digest = hashlib.sha256()
    for name in FIELDS:
        values = np.concatenate([getattr(r, name) for r in results])
        digest.update(np.ascontiguousarray(values if order is None else values[order]).tobytes())
    return digest.hexdigest()


@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("chunk", [1, 7, 256])
def test_threads_and_lane_neighbours_do_not_matter(model, ensemble, whole, threads, chunk, monkeypatch):
    monkeypatch.setattr(low_orbits, "ROWS_PER_CHUNK", chunk)
    again = propagate_low_orbits(*ensemble, model, steps_per_revolution=STEPS, threads=threads)
    assert signature([again]) == signature([whole])


@pytest.mark.parametrize("size", [1, 7])
def test_batches_do_not_matter(model, ensemble, whole, size):
    parts = [
        propagate_low_orbits(*(part[i : i + size] for part in ensemble), model, steps_per_revolution=STEPS)
        for i in range(0, N, size)
    ]
    assert signature(parts) == signature([whole])


@pytest.mark.parametrize("kind", ["reversed", "shuffled"])
def test_order_does_not_matter(model, ensemble, whole, kind):
    order = np.arange(N)[::-1] if kind == "reversed" else np.random.default_rng(1).permutation(N)
    out = propagate_low_orbits(*(part[order] for part in ensemble), model, steps_per_revolution=STEPS)
    assert signature([out], np.argsort(order)) == signature([whole])


@pytest.mark.parametrize("sense", [1.0, -1.0])
def test_output_times_do_not_matter(model, sense):
    """Dense or none, with short steps at the start (the default has them) and with a step that changes on the way."""
    states, t0 = orbits(11, 9, 80.0, 120.0, fast=1.2)
    times = t0[:, np.newaxis] + sense * 281.0 * np.arange(1, 201)
    dense = propagate_low_orbits(states, t0, times, model)
    none = propagate_low_orbits(states, t0, times[:, -1:], model)
    assert (none.status == Status.OK).all()
    for name in ("states", "t_tdb", "status", "steps"):
        np.testing.assert_array_equal(getattr(dense, name), getattr(none, name))
    np.testing.assert_array_equal(dense.path_states[:, -1], none.path_states[:, -1])
    some = propagate_low_orbits(states, t0, times[:, 6::7], model)
    np.testing.assert_array_equal(some.path_states[:, :28], dense.path_states[:, 6::7][:, :28])
    reference = propagate_full(states, t0, times[:, [99]], model, tolerance=1e-14)
    off_km = np.sqrt(((dense.path_states[:, 99, :3] - reference.path_states[:, 0, :3]) ** 2).sum(axis=1))
    assert off_km.max() < 1e-4  # measured 2e-6; 5 km and false impacts before outputs stopped moving the start's nodes


def test_bad_rows_say_so(ensemble, whole):
    for row, status in BAD.items():
        assert whole.status[row] == status, whole.explain(row)
        assert np.array_equal(whole.states[row], ensemble[0][row], equal_nan=True)
        assert np.isnan(whole.path_states[row, -1]).all()
    assert not np.isin(np.delete(whole.status, list(BAD)), [Status.NONFINITE, Status.DEGENERATE]).any()


def test_rows_agree_with_the_scalar_path(model, ensemble, whole):
    """Measured: 0.4 mm and 0.2 us of an impact's instant; all impacts found, none invented."""
    usable = np.setdiff1d(np.arange(N), list(BAD))
    states, t0, times = (part[usable] for part in ensemble)
    reference = propagate_full(states, t0, times, model, tolerance=1e-13)
    assert (reference.status == whole.status[usable]).all()
    hit = reference.status == Status.IMPACT
    assert 2 <= hit.sum() <= 15
    assert np.abs(reference.t_tdb - whole.t_tdb[usable]).max() < 1e-4
    assert np.abs(reference.states - whole.states[usable])[:, :3].max() < 5e-6
    np.testing.assert_array_equal(np.isnan(reference.path_states), np.isnan(whole.path_states[usable]))
    assert np.nanmax(np.abs(reference.path_states - whole.path_states[usable])[..., :3]) < 5e-6
    radius = np.sqrt((whole.states[usable][hit, :3] ** 2).sum(axis=1))
    np.testing.assert_allclose(radius, 1737.4, rtol=0, atol=2e-6)


def test_extremes_of_the_radius_are_those_of_a_dense_path(model, ensemble, whole):
    """A grid of 9 s misses an extreme by up to 0.5 m; the extremes found lie at the grid's or beyond, never short."""
    rows = np.flatnonzero(whole.ok)[:6]
    states, t0, times = (part[rows] for part in ensemble)
    fine = times[:, :1] + (times[:, -1:] - times[:, :1]) * np.linspace(0.0, 1.0, 10001)
    dense = propagate_low_orbits(states, t0, fine, model, steps_per_revolution=STEPS)
    np.testing.assert_array_equal(dense.path_states[:, -1], whole.path_states[rows, -1])
    radius = np.sqrt((dense.path_states[..., :3] ** 2).sum(axis=2))
    for k, (first, last) in enumerate([(0, 2000), (2000, 5500), (5500, 10000)]):
        low = radius[:, first : last + 1].min(axis=1) - whole.lowest_km[rows, k + 1]
        high = whole.highest_km[rows, k + 1] - radius[:, first : last + 1].max(axis=1)
        assert (low > -1e-9).all() and (low < 1e-3).all()
        assert (high > -1e-9).all() and (high < 1e-3).all()


@pytest.mark.parametrize(("order", "steps"), [(6, (90.0, 180.0)), (8, (40.0, 55.0)), (10, (40.0, 55.0))])
def test_kepler_order(order, steps):
    """Two bodies only: the error falls with the order's power of the step or faster (symmetric: one or two more)."""
    alone = FullForceModel(center="moon", point_masses=("moon",))
    radius, mu = 2000.0, alone.body_gm_km3_s2("moon")
    speed = np.sqrt(mu / radius * 1.2)
    period = 2.0 * np.pi * np.sqrt((radius / 0.8) ** 3 / mu)
    state = np.array([[radius, 0.0, 0.0, 0.0, speed, 0.0]])

    def miss(count):
        out = propagate_low_orbits(
            state, 0.0, 10.0 * period, alone, steps_per_revolution=count, order=order, impact_radius_km=0.0
        )
        return np.sqrt(((out.states - state)[0, :3] ** 2).sum())

    coarse, fine = miss(steps[0]), miss(steps[1])
    assert np.log(coarse / fine) / np.log(steps[1] / steps[0]) > order - 0.5
    # 0.005 mm after ten revolutions: what rounding leaves.
    assert miss(400.0) < 1e-8 or order == 6


def test_there_and_back(model):
    """Measured: 0.02 mm after three days forward and back."""
    states, t0 = orbits(8, 16, 80.0, 120.0, fast=1.01)
    out = propagate_low_orbits(states, t0, t0[:, np.newaxis] + 3.0 * DAY, model, steps_per_revolution=STEPS)
    back = propagate_low_orbits(out.states, t0 + 3.0 * DAY, t0[:, np.newaxis], model, steps_per_revolution=STEPS)
    assert out.ok.all() and back.ok.all()
    assert np.sqrt(((back.states - states)[:, :3] ** 2).sum(axis=1)).max() < 1e-6


def test_a_path_can_be_taken_up_again():
    """In degree 20 with 80 steps a revolution: two days at once, and again from every half day.

    Measured 0.05 and 0.16 m.
    """
    forces = FullForceModel(
        center="moon", point_masses=("earth", "moon", "sun"), moon_field=open_gravity_field("grgm1200a", 20)
    )
    states, t0 = orbits(21, 16, 80.0, 120.0, fast=1.01)
    times = t0[:, np.newaxis] + DAY * np.array([0.5, 1.0, 1.5, 2.0])
    fine = propagate_low_orbits(states, t0, times, forces, steps_per_revolution=STEPS)
    once = propagate_low_orbits(states, t0, times, forces, steps_per_revolution=80.0)
    state, now = states, t0
    for k in range(4):
        state = propagate_low_orbits(state, now, times[:, [k]], forces, steps_per_revolution=80.0).states
        now = times[:, k]
    for ends, tolerance_km in ((once.states, 2e-4), (state, 5e-4)):
        assert np.sqrt(((ends - fine.states)[:, :3] ** 2).sum(axis=1)).max() < tolerance_km


def test_low_orbits_about_the_earth():
    """Both figures, both tides: what acts is the full model. Measured: 0.4 mm after half a day."""
    model = FullForceModel(
        earth_field=open_gravity_field("jgm3", 12), moon_field=open_gravity_field("grgm1200a", 4), center="earth"
    )
    states = np.array([[6878.0, 0.0, 0.0, 0.0, 4.7, 6.0], [0.0, 7500.0, 300.0, -5.0, 0.4, 5.5]])
    t0 = 7.57e8
    out = propagate_low_orbits(states, t0, t0 + 0.5 * DAY, model, steps_per_revolution=STEPS)
    full = propagate_full(states, t0, t0 + 0.5 * DAY, model, tolerance=1e-13)
    assert np.abs(out.states - full.states)[:, :3].max() < 5e-6


@pytest.mark.parametrize("eccentricity", [0.3, 0.7, 0.9])
def test_eccentric_orbits(model, eccentricity):
    """Steps follow the periapsis. Measured: 5 mm at most after three days."""
    radius = 1900.0
    speed = np.sqrt(4902.8 / radius * (1.0 + eccentricity))
    states = np.array([[radius, 0.0, 0.0, 0.0, 0.6 * speed, 0.8 * speed]])
    out = propagate_low_orbits(states, 8.83e8, 8.83e8 + 3.0 * DAY, model, steps_per_revolution=150.0)
    full = propagate_full(states, 8.83e8, 8.83e8 + 3.0 * DAY, model, tolerance=1e-13)
    assert out.ok.all()
    assert np.abs(out.states - full.states)[:, :3].max() < 5e-5


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps_per_revolution": 10.0}, "steps_per_revolution is"),
        ({"order": 9}, "order is 9"),
        ({"threads": 0}, "threads 0"),
        ({"impact_radius_km": -1.0}, "impact_radius_km must"),
        ({"impact_radius_km": [1.0, 2.0]}, "impact_radius_km has the shape"),
    ],
)
def test_wrong_options_are_refused(model, change, words):
    states, t0 = orbits(1, 3, 80.0, 100.0)
    with pytest.raises(InputError, match=words):
        propagate_low_orbits(states, t0, t0[:, np.newaxis] + 10.0, model, **change)


def test_other_forces_are_refused(model):
    states, t0 = orbits(1, 1, 80.0, 100.0)
    sunny = FullForceModel(center="moon", light_pressure=True, relativity=("moon",))
    with pytest.raises(InputError, match="light_pressure, relativity"):
        propagate_low_orbits(states, t0, t0 + 10.0, sunny)


PLAIN = """
import numpy as np
from sim.core.compile import JIT_DISABLED
from sim.dynamics import FullForceModel, open_gravity_field
from sim.propagation import propagate_low_orbits
model = FullForceModel(
    center="moon", point_masses=("earth", "moon", "sun"), moon_field=open_gravity_field("grgm1200a", 3), piece_day=1.0
)
states = [[1800.0, 10.0, 5.0, 0.01, 1.2, 1.1], [0.0, 1750.0, 0.0, -0.2, 0.0, 1.65]]
out = propagate_low_orbits(states, 8.83e8, 8.83e8 + np.array([500.0, 4000.0]), model, steps_per_revolution=60.0)
print(JIT_DISABLED, *out.status, *out.t_tdb, *out.states.ravel())
"""


def test_the_uncompiled_path_does_the_same():
    """numpy does not fuse multiplications and additions: rounding differs, nothing else."""
    values = {}
    for off in ("0", "1"):
        environment = {**os.environ, "PERILUNE_DISABLE_JIT": off, "PYTHONPATH": str(ROOT)}
        run = subprocess.run(
            [sys.executable, "-c", PLAIN], env=environment, capture_output=True, text=True, check=True, timeout=300
        )
        words = run.stdout.split()
        assert words[0] == str(off == "1")
        values[off] = np.array([float(word) for word in words[1:]])
    assert values["0"][1] == Status.IMPACT
    np.testing.assert_allclose(values["0"], values["1"], rtol=1e-11, atol=1e-9)
