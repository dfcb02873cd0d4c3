"""Starts, lifetimes scaled for peers, and the tables of what things cost."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not part of the installed package")

from benchmarks import cost_tables, lifetime_peers, start_up
from benchmarks.low_orbit_lifetimes import DEGREE
from benchmarks.low_orbit_task import PIECE_S
from benchmarks.peers import PeerError
from benchmarks.records import write_records


def test_starts_are_timed_in_fresh_processes(tmp_path, monkeypatch, capsys):
    code = "import os, pathlib; p = pathlib.Path(os.environ['PERILUNE_CACHE_DIR']); p.mkdir(exist_ok=True)"
    monkeypatch.setitem(start_up.WHAT, "default", ("-c", code))
    path = tmp_path / "start_up.jsonl"
    assert start_up.main(["--rounds", "2", "--json", str(path)]) == 0
    record = json.loads(path.read_text())
    assert len(record["cold_walls_s"]) == len(record["warm_walls_s"]) == 2
    assert 0.0 < record["warm_cpu_s"] < 10.0 and record["goals_wall_s"] == [20.0, 2.0]
    monkeypatch.setattr(cost_tables, "START_UP", path)
    assert "| import, nine rows propagated five days |" in cost_tables.start_table()
    with pytest.raises(SystemExit):
        start_up.main(["--what", "nothing"])
    assert "allowed are default, run, compare" in capsys.readouterr().err


def test_lifetimes_of_peers_are_scaled_by_the_days_flown(tmp_path, monkeypatch):
    path = tmp_path / "low_orbits.jsonl"
    monkeypatch.setattr(lifetime_peers, "RECORDS", path)
    with pytest.raises(PeerError, match="low_orbit_lifetimes first"):
        lifetime_peers.flown_day()
    ours = {"task": "lifetimes-180d-50x50", "tool": "perilune", "version": "1", "rows": 10_000, "flown_day": 700_000.0}
    path.write_text(json.dumps({**ours, "cpu_s_of_10000": 400.0}) + "\n")
    week = {"task": "lifetimes-week-50", "tool": "other", "version": "2", "rows": 4, "error_p99_m": 9.0}
    found = lifetime_peers.scaled({**week, "rate_per_s_core": 2.0}, lifetime_peers.flown_day())
    assert found["orbit_days_per_s_core"] == 14.0 and found["cpu_s_of_10000_scaled"] == 50_000.0
    assert found["scaled_at_m"] == 9.0
    equal = lifetime_peers.scaled(
        {**week, "rate_per_s_core": 2.0, "level_m": 12.0, "level_rates": [2.0, 4.0, 8.0]}, lifetime_peers.flown_day()
    )
    assert equal["orbit_days_per_s_core"] == 28.0 and equal["scaled_at_m"] == 12.0, "at just the error asked for"
    path.write_text(path.read_text() + json.dumps(found) + "\n")
    monkeypatch.setattr(cost_tables, "LOW_ORBITS", path)
    text = cost_tables.lifetime_table()
    assert "| 400 s (measured) |" in text and "| 50 000 s (scaled by the days flown) |" in text


def test_the_week_is_that_of_orbits_that_last():
    states, t0 = lifetime_peers.lasting_orbits(1, 3)
    again = lifetime_peers.lasting_orbits(1, 5)
    assert states.shape == (3, 6) and again[0][:3].tobytes() == states.tobytes()
    assert (t0 % PIECE_S == 0.0).all() and (np.sqrt((states[:, :3] ** 2).sum(axis=1)) > 1767.0).all()
    task = lifetime_peers.task()
    assert lifetime_peers.task(7.0).level_m == 7.0 and 20.0 < lifetime_peers.own_error_m(1, 3) < 150.0
    assert task.name.endswith(str(DEGREE)) and {"heyoka", "gmat", "nyx", "orekit"} < set(task.tools)


def test_counts_become_a_table():
    text = cost_tables.instruction_table()
    assert "W1, 5 d" in text and "perilune" in text and "lanes_step" in text


def test_records_are_plain_json_whatever_a_tool_gave(tmp_path):
    path = tmp_path / "deep" / "speed.jsonl"
    write_records(path, [{"task": "W1", "error_p99_m": float("inf")}, {"task": "W2", "error_p99_m": 0.5}])
    first, second = (json.loads(line) for line in path.read_text().splitlines())
    assert first["error_p99_m"] is None and second["error_p99_m"] == 0.5
