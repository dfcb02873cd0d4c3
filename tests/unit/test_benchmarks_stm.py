"""Task W3 on a few rows: its tools, its reference and its errors. No speed is asserted here."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not part of the installed package")

from benchmarks.registry import TASKS
from benchmarks.runner import run
from benchmarks.stm_task import W3_TOOLS, errors_m, matrix_ends, matrix_errors
from benchmarks.tasks import departures, model

SPAN = 5.0 * 86400.0


@pytest.fixture(scope="module")
def world():
    states, t0 = departures(5, 9)
    forces = model().flat(float(t0.min()), float(t0.max()) + SPAN).forces
    name, true = matrix_ends(TASKS["W3"], forces, states, t0)
    assert name.startswith("heyoka" if find_spec("heyoka") else "perilune")
    return forces, states, t0, true


@pytest.mark.bench
@pytest.mark.parametrize("name", ["perilune", "heyoka", "heyoka-hand"])
def test_tools_agree_with_the_reference(world, name):
    if name != "perilune" and find_spec("heyoka") is None:
        pytest.skip("heyoka is an optional extra")
    forces, states, t0, true = world
    runner = W3_TOOLS[name].make(forces, states, t0, SPAN)
    runner.prepare(1e-11)
    ends = runner.run()
    assert ends.shape == (9, 42)
    # Measured: 2e-8 at most; 0.02 m and 0.3 m.
    assert matrix_errors(ends, true).max() < 1e-6
    assert errors_m(ends, true).max() < 1.0


def test_errors_count_position_and_matrix_alike(world):
    true = world[3]
    moved, turned, lost = true.copy(), true.copy(), true.copy()
    moved[:, 0] += 0.002
    turned[:, 6:] *= 1.0 + 3e-6
    lost[4, 20] = np.nan
    np.testing.assert_allclose(errors_m(moved, true), 2.0, rtol=1e-5)
    np.testing.assert_allclose(errors_m(turned, true), 3.0, rtol=1e-5)
    assert np.isinf(errors_m(lost, true)[4])
    assert errors_m(lost, true)[3] == 0.0


@pytest.mark.bench
def test_a_run_gives_a_record():
    record = run(TASKS["W3"], 5, ["perilune"], 16, 1)[0]
    assert record["error_p99_m"] <= 1.0
    assert record["position_error_p99_m"] <= 1.0
    assert record["matrix_error_p99"] <= 1e-6
    assert record["rate_per_s_core"] > 100.0
