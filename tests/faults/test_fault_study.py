"""Runs that are stopped, killed, refused or damaged: what was finished stays, nothing wrong is taken for right."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.ephemeris import open_ephemeris
from sim.errors import ConvergenceError, DataError, ScenarioError, StoreError, UnreachableError
from sim.store import Ledger
from sim.study import chunks, compare_plans, run_scenario, runs
from sim.study.warm import smallest_request

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"

KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from sim.ephemeris import open_ephemeris
from sim.study import chunks
from sim.study.warm import smallest_request

def kill_at_the_second(label, done, total):
    if done == 1:
        os.kill(os.getpid(), signal.SIGKILL)

with chunks.open_ledger(Path(sys.argv[1])) as ledger:
    search = chunks.WindowSearch(open_ephemeris(), ledger, kill_at_the_second)
    search.find(replace(smallest_request(), tof_day=(4.5, 5.0)))
"""


def two_chunks():
    return replace(smallest_request(), tof_day=(4.5, 5.0))


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this platform")
def test_a_killed_run_goes_on_where_it_stood(tmp_path):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], cwd=tmp_path, env=environment, check=False, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    with chunks.open_ledger(tmp_path) as ledger:
        search = chunks.WindowSearch(open_ephemeris(), ledger)
        resumed = search.find(two_chunks())
        assert (search.resumed_n, search.computed_n) == (1, 1)
    fresh = chunks.WindowSearch(open_ephemeris()).find(two_chunks())
    np.testing.assert_array_equal(resumed.launch_tdb, fresh.launch_tdb)
    np.testing.assert_array_equal(resumed.tli_state, fresh.tli_state)


def test_an_interrupted_run_keeps_what_is_done(tmp_path):
    def stop_at_the_second(label, done, total):
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), chunks.open_ledger(tmp_path) as ledger:
        chunks.WindowSearch(open_ephemeris(), ledger, stop_at_the_second).find(two_chunks())
    with Ledger(tmp_path / chunks.LEDGER_NAME) as ledger:
        first, second = (chunks.chunk_id(each, open_ephemeris()) for each in chunks.chunk_requests(two_chunks()))
        assert ledger.done(first)
        assert not ledger.done(second)


def test_edited_code_makes_kept_chunks_stale(tmp_path, monkeypatch):
    with chunks.open_ledger(tmp_path) as ledger:
        chunks.WindowSearch(open_ephemeris(), ledger).find(smallest_request())
    monkeypatch.setattr(chunks, "code_sha256", lambda: "another version")
    with chunks.open_ledger(tmp_path) as ledger:
        search = chunks.WindowSearch(open_ephemeris(), ledger)
        search.find(smallest_request())
        assert (search.resumed_n, search.computed_n) == (0, 1)


def test_a_damaged_chunk_is_refused(tmp_path):
    with chunks.open_ledger(tmp_path) as ledger:
        chunks.WindowSearch(open_ephemeris(), ledger).find(smallest_request())
    connection = sqlite3.connect(tmp_path / chunks.LEDGER_NAME)
    (payload,) = connection.execute("SELECT payload FROM chunk").fetchone()
    flipped = bytearray(payload)
    flipped[len(flipped) // 2] ^= 1
    connection.execute("UPDATE chunk SET payload=?", (bytes(flipped),))
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="damaged"), chunks.open_ledger(tmp_path) as ledger:
        chunks.WindowSearch(open_ephemeris(), ledger).find(smallest_request())


def test_a_chunk_that_never_finished_is_computed(tmp_path):
    name = chunks.chunk_id(smallest_request(), open_ephemeris())
    with chunks.open_ledger(tmp_path) as ledger:
        ledger.put(name, "opportunities", {"launch_tdb": np.zeros(3)})
        search = chunks.WindowSearch(open_ephemeris(), ledger)
        assert len(search.find(smallest_request())) > 0
        assert search.computed_n == 1


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot make the folder"):
        run_scenario(SCENARIOS / "luna_25_flight2023.toml", tmp_path / "file" / "out")


def test_a_foreign_ledger_is_refused(tmp_path):
    (tmp_path / chunks.LEDGER_NAME).write_text("this is no database, and long enough to be looked at" * 20)
    with pytest.raises(StoreError, match="no ledger"):
        run_scenario(SCENARIOS / "luna_25_flight2023.toml", tmp_path)


def test_a_missing_scenario_is_refused_before_anything_is_made(tmp_path):
    with pytest.raises(ScenarioError, match="nowhere"):
        run_scenario(tmp_path / "nowhere.toml", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_mission_file_is_no_plan(tmp_path):
    mission = SCENARIOS / "luna_25_flight2023.toml"
    with pytest.raises(ScenarioError):
        compare_plans(mission, mission, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unreachable_inclination_stops_the_run():
    with pytest.raises(UnreachableError):
        chunks.WindowSearch(open_ephemeris()).find(replace(smallest_request(), inclination_deg=(51.6,)))


@pytest.fixture
def plan(tmp_path):
    for name in ("luna_25_flight2023.toml", "sources.toml"):
        shutil.copy(SCENARIOS / name, tmp_path / name)
    text = (tmp_path / "luna_25_flight2023.toml").read_text()
    (tmp_path / "second.toml").write_text(text.replace('id = "luna_25_flight2023"', 'id = "second"'))
    path = tmp_path / "plan.toml"
    path.write_text(
        '[plan]\nid = "p"\nname = "p"\ndescription = "Two missions of one flight."\n'
        '[span]\nstart_utc = "2023-08-01T00:00:00"\nstop_utc = "2023-09-01T00:00:00"\n'
        '[[missions]]\nfile = "luna_25_flight2023.toml"\n[[missions]]\nfile = "second.toml"\n'
    )
    return path


def test_a_search_that_does_not_converge_costs_its_mission_only(plan, monkeypatch):
    original = runs.WindowSearch.find

    def failing(self, request):
        if request.mission_id == "second":
            raise ConvergenceError("closure", 20, 1.5)
        return original(self, request)

    monkeypatch.setattr(runs.WindowSearch, "find", failing)
    results = run_scenario(plan)
    assert [mission.case.id for mission in results.missions] == ["luna_25_flight2023"]
    assert len(results.failures) == 1
    assert results.failures[0].startswith("second: closure did not converge")


def test_wrong_data_stop_the_run(plan, monkeypatch):
    def broken(self, request):
        raise DataError("the ephemeris is corrupt")

    monkeypatch.setattr(runs.WindowSearch, "find", broken)
    with pytest.raises(DataError):
        run_scenario(plan)
