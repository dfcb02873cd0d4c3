"""Where compiled kernels are kept, and the paths without a cache and without a compiler."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.core import compile as core_compile
from sim.core.status import STATUS_TEXT, Status
from sim.dynamics import ForceModel
from sim.propagation import propagate

ROOT = Path(__file__).parents[2]
KERNEL = """
import sim.core.compile as c
from sim.core.kepler import stumpff
import json
value = stumpff(0.25)
signatures = getattr(stumpff, "stats", None)
print(json.dumps({"folder": str(c.CACHE_FOLDER), "jit": not c.JIT_DISABLED, "value": value[1],
                  "hits": sum(signatures.cache_hits.values()) if signatures else None}))
"""


def run(code: str, **environment: str) -> dict:
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        timeout=300,
    )
    return json.loads(result.stdout)


def test_kernels_are_kept_in_the_named_folder(tmp_path):
    cold = run(KERNEL, PERILUNE_CACHE_DIR=str(tmp_path))
    assert Path(cold["folder"]).is_relative_to(tmp_path)
    assert list(Path(cold["folder"]).rglob("*.nbi"))
    assert cold["hits"] == 0
    warm = run(KERNEL, PERILUNE_CACHE_DIR=str(tmp_path))
    assert warm["hits"] == 1
    assert warm["value"] == cold["value"]


def test_a_folder_that_cannot_be_written_costs_only_the_cache(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("a file stands where the folder should be")
    found = run(KERNEL, PERILUNE_CACHE_DIR=str(blocker / "cache"))
    assert found == {"folder": "None", "jit": True, "value": pytest.approx(0.9588510772084060, rel=1e-15), "hits": 0}


def test_the_hash_names_the_sources_of_the_core(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text("x = 1\n")
    monkeypatch.setattr(core_compile, "__file__", str(tmp_path / "compile.py"))
    first = core_compile.source_hash()
    assert core_compile.source_hash() == first
    (tmp_path / "a.py").write_text("x = 2\n")
    assert core_compile.source_hash() != first


def test_the_setting_of_other_users_of_numba_stays(monkeypatch):
    monkeypatch.setattr(core_compile.config, "CACHE_DIR", "somewhere else")
    core_compile.kernel(lambda x: x)
    assert core_compile.config.CACHE_DIR == "somewhere else"


STATE = [
    *(4790.917764935133, 3991.5415525137737, 2095.985935890359),
    *(-2.533855526313446, 7.1625550382571515, -7.848403140924845),
]
EPOCH = 799862868.1046189
PLAIN = f"""
import json
from sim.core.compile import JIT_DISABLED
from sim.dynamics import ForceModel
from sim.propagation import propagate
run = propagate({STATE}, {EPOCH}, {EPOCH} + 600.0, ForceModel(), tolerance=1e-8)
slow = propagate({STATE}, {EPOCH}, {EPOCH} + 60.0, ForceModel(), tolerance=1e-8, method="dop853")
print(json.dumps([JIT_DISABLED, run.states[0].tolist(), int(run.steps[0]), slow.states[0].tolist()]))
"""


@pytest.mark.parametrize("variable", ["PERILUNE_DISABLE_JIT", "NUMBA_DISABLE_JIT"])
def test_without_a_compiler_the_same_trajectory_comes_out(variable):
    disabled, state, steps, verified = run(PLAIN, **{variable: "1"})
    assert disabled
    compiled = propagate(STATE, EPOCH, EPOCH + 600.0, ForceModel(), tolerance=1e-8)
    assert steps == compiled.steps[0]
    # Equal to the last bit on x86; other processors may contract or round pow() otherwise.
    np.testing.assert_allclose(state, compiled.states[0], rtol=1e-13)
    by_dop853 = propagate(STATE, EPOCH, EPOCH + 60.0, ForceModel(), tolerance=1e-8, method="dop853")
    np.testing.assert_allclose(verified, by_dop853.states[0], rtol=1e-13)


def test_every_status_has_a_sentence_and_fits_a_byte():
    assert set(STATUS_TEXT) == set(Status)
    assert all(0 <= code < 128 for code in Status)


START = f"""
import json, resource
from numba.core import event
with event.install_recorder("numba:compile") as compiled:
    import sim
    from sim.core.compile import CACHE_FOLDER
    from sim.dynamics import ForceModel
    run = sim.propagate([{STATE}] * 9, {EPOCH}, {EPOCH} + 432000.0, ForceModel())
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({{"cpu_s": used.ru_utime + used.ru_stime, "state": run.states[0].tolist(),
                   "compiled": len(compiled.buffer), "cached": CACHE_FOLDER is not None}}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_a_warm_start_compiles_nothing():
    """How long it takes is for ``python -m benchmarks.start_up``, on a machine that does nothing else."""
    # Processes beside this one may write to the same cache, and one of them then compiles once more.
    starts = [run(START)]
    while starts[-1]["compiled"] and starts[-1]["cached"] and len(starts) < 4:
        starts.append(run(START))
    assert starts[-1]["compiled"] == 0 or not starts[-1]["cached"]
    assert starts[-1]["state"] == starts[0]["state"]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no resource module")
def test_a_cold_start_and_one_without_a_cache(tmp_path, record_accuracy):
    blocker = tmp_path / "file"
    blocker.write_text("a file stands where the folder should be")
    cold = run(START, PERILUNE_CACHE_DIR=str(tmp_path / "cache"))
    assert cold["compiled"] > 0
    without = run(START, PERILUNE_CACHE_DIR=str(blocker / "cache"))
    warm = run(START, PERILUNE_CACHE_DIR=str(tmp_path / "cache"))
    assert cold["state"] == without["state"] == warm["state"]
    record_accuracy("start with an empty cache", "goal 20 s", "processor time", cold["cpu_s"], "s", 40.0)
    record_accuracy("start without a cache", "goal 20 s", "processor time", without["cpu_s"], "s", 40.0)
    assert warm["cpu_s"] < 0.5 * cold["cpu_s"]
