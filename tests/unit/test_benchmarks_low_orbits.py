"""Task W2 on a few rows for one day: its tools agree with its reference. No speed is asserted here."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not part of the installed package")

from benchmarks import low_orbit_lifetimes as lifetimes
from benchmarks import threads
from benchmarks.low_orbit_task import TASKS, orbits
from benchmarks.registry import TASKS as ALL

SPAN = 86400.0


@pytest.mark.bench
@pytest.mark.parametrize(("name", "rung"), [("perilune", 150.0), ("heyoka", 1e-11)])
def test_tools_agree_with_the_reference(name, rung):
    if name == "heyoka" and find_spec("heyoka") is None:
        pytest.skip("heyoka is an optional extra")
    task = replace(TASKS["W2-20"], span_s=SPAN)
    states, t0 = task.inputs(3, 5)
    world = task.world(float(t0.min()), float(t0.max()) + SPAN)
    _, true = task.reference(task, world, states, t0)
    runner = task.tools[name].make(world, states, t0, SPAN)
    runner.prepare(rung)
    # Measured: 1 mm and 3 mm.
    assert np.sqrt(((runner.run() - true)[:, :3] ** 2).sum(axis=1)).max() < 2e-5


def test_orbits_are_low_polar_and_seeded():
    states, t0 = orbits(1, 200)
    again = orbits(1, 200)
    assert states.tobytes() == again[0].tobytes() and t0.tobytes() == again[1].tobytes()
    radius = np.sqrt((states[:, :3] ** 2).sum(axis=1))
    assert (np.abs(radius - 1837.4) < 6.0).all()
    normal = np.cross(states[:, :3], states[:, 3:])
    assert (np.abs(normal[:, 2]) < 0.04 * np.sqrt((normal**2).sum(axis=1))).all()
    assert (t0 % 21600.0 == 0.0).all()


def test_both_degrees_are_tasks():
    assert {"W2-20", "W2-70"} <= set(ALL)


def test_lifetimes_draw_the_same_first_orbits():
    few, many = lifetimes.orbits(5, 3), lifetimes.orbits(5, 9)
    assert few[0].tobytes() == many[0][:3].tobytes() and few[1].tobytes() == many[1][:3].tobytes()
    radius = np.sqrt((many[0][:, :3] ** 2).sum(axis=1))
    assert ((radius > 1767.0) & (radius < 1858.0)).all()


def test_lifetimes_go_on_from_a_ledger(tmp_path, monkeypatch):
    monkeypatch.setattr(lifetimes, "PIECE_ROWS", 2)
    states, t0 = lifetimes.orbits(5, 3)
    monkeypatch.setattr(lifetimes, "fly", lambda states, t0, *_: propagated(states, t0))
    whole = lifetimes.fly_all(states, t0, None)
    kept = lifetimes.fly_all(states, t0, tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    monkeypatch.setattr(lifetimes, "fly", None)
    again = lifetimes.fly_all(states, t0, tmp_path)
    for name in ("status", "t_tdb", "lowest_km", "evaluations"):
        assert getattr(whole, name).tobytes() == getattr(kept, name).tobytes() == getattr(again, name).tobytes()


def propagated(states, t0):
    """A few hours instead of half a year."""
    return lifetimes.propagate_low_orbits(states, t0, t0[:, np.newaxis] + 7200.0, lifetimes.model(), threads=1)


@pytest.mark.bench
@pytest.mark.parametrize("name", ["W2-20", "W3"])
def test_threads_are_measured_and_change_no_bit(name, tmp_path):
    """More rows than a thread takes at a time would do in low orbits; no speed is asserted."""
    file = tmp_path / "threads.jsonl"
    code = threads.main(["--task", name, "--rows", "70", "--rounds", "1", "--threads", "2", "--json", str(file)])
    record = json.loads(file.read_text(encoding="utf-8"))
    assert code == 0 and record["same_bits"]
    assert record["speedup"] > 0.0 and record["cpu_ratio"] > 0.0 and record["threads"] == 2
