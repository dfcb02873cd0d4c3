"""Smoke runs of the window benchmarks: records have the keys of the others, a run goes on from its ledger."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import atlas, whole_tasks, window_tasks
from benchmarks.__main__ import main
from benchmarks.gmat_targeting import HEAD, TARGET, draw_targets, first_guesses
from benchmarks.records import write_records
from sim.ephemeris import open_ephemeris
from sim.timescales import tdb_from_utc
from sim.transfer import Outcome, solve_direct

KEYS = {"task", "tool", "version", "seed", "rows", "rate_per_s_core", "rates", "error_p99_m"}
KEYS |= {"rounds", "utc", "machine"}


def small_t2(path: Path, fraction: float, lines: list[str]) -> dict:
    return atlas.run_t2(fraction, seed=3, workers=1, ledger_path=path, count=60, say=lines.append)


def test_t1_in_a_process_of_its_own(tmp_path) -> None:
    record = window_tasks.run_t1(1, "2024-03-01T00:00:00", "2024-03-03T00:00:00", fill=0)
    assert set(record) >= KEYS
    assert record["rows"] > 30 and record["error_p99_m"] < 10.0
    write_records(tmp_path / "speed.jsonl", [record])
    assert json.loads((tmp_path / "speed.jsonl").read_text()) == record


def test_t2_goes_on_where_it_stopped(tmp_path) -> None:
    path, lines = tmp_path / "t2.sqlite", []
    first = small_t2(path, 0.015, lines)
    assert set(first) >= KEYS and first["asked"] == 2 * 240 and first["error_p99_m"] < 10.0
    more = small_t2(path, 0.03, lines)
    assert more["asked"] == 4 * 240 and "2 in the ledger" in lines[-3]
    assert "wall_s" not in more, "a continued run has no wall clock of its own"
    again = small_t2(path, 0.03, lines)
    assert again["rows"] == more["rows"] and "4 in the ledger" in lines[-1]


def test_t2_has_as_many_transfers_as_it_says() -> None:
    chunks = atlas.t2_chunks(1, 1.0)
    assert sum(chunk.rows for chunk in chunks) == 4_743_360
    assert len({chunk.name for chunk in chunks}) == len(chunks)


def test_warm_starts_change_nothing_but_the_time() -> None:
    chunk = atlas.Chunk("vostochny", 51.8, 4.5, float(tdb_from_utc("2024-05-01T00:00:00")), 3600.0, 50)
    warm, epochs = atlas.solve_chunk(chunk)
    cold = solve_direct(chunk.targets(epochs[: chunk.count]))
    assert (warm.status == Outcome.OK).all() and (cold.status == Outcome.OK).all()
    assert warm.iterations.mean() < 0.7 * cold.iterations.mean()
    # both stop at 0.02 m of perigee radius and 1e-9 rad of inclination; the node may move by more: measured 0.6 m
    assert 1e3 * np.abs(warm.perigee_state - cold.perigee_state)[:, :3].max() < 5.0


def test_chunks_come_back_once_each_from_workers(monkeypatch) -> None:
    class Inline:
        def __init__(self, workers, mp_context=None):
            self.done = []

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def submit(self, call, *arguments):
            future = atlas.Future()
            future.set_result(call(*arguments))
            return future

    monkeypatch.setattr(atlas, "ProcessPoolExecutor", Inline)
    monkeypatch.setattr(atlas, "do_chunk", lambda chunk: (chunk, {}, {}))
    chunks = atlas.t2_chunks(1, 0.2, count=60)
    found = [chunk.name for chunk, _, _ in atlas.solved_in_turn(chunks, 2, lambda: None)]
    assert sorted(found) == sorted(chunk.name for chunk in chunks)


def test_fractions_outside_are_refused(capsys) -> None:
    with pytest.raises(SystemExit):
        window_tasks.main(["--task", "T2", "--fraction", "0"])
    assert "allowed" in capsys.readouterr().err


def test_gmat_gets_our_first_guess() -> None:
    """The first guess stands at perilune of the wanted radius; the script names no file of this machine."""
    targets = draw_targets(6, seed=5)
    guess = first_guesses(targets)
    assert np.linalg.norm(guess[:, :3], axis=1) == pytest.approx(targets.perilune_radius_km, rel=1e-12)
    assert np.abs((guess[:, :3] * guess[:, 3:]).sum(axis=1)).max() < 1e-6
    moon = open_ephemeris().gm_km3_s2["moon"]
    assert ((guess[:, 3:] ** 2).sum(axis=1) > 2.0 * moon / targets.perilune_radius_km).all(), "hyperbolic"
    assert "/" not in HEAD and "/" not in TARGET


def test_a_seed_stands_for_a_year():
    assert whole_tasks.t1_year(0) == ("2024-01-01T00:00:00", "2025-01-01T00:00:00")
    assert whole_tasks.t1_year(5) == whole_tasks.t1_year(5)
    assert len({whole_tasks.t1_year(seed) for seed in range(9)}) == 9


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--task", "T1", "--rows", "5"], "brings its own rows"),
        (["--task", "T1", "--tools", "heyoka"], "allowed tools of T1: perilune"),
        (["--task", "W1", "--tools", "nobody"], "allowed tools of W1"),
    ],
)
def test_what_run_refuses(options, says, capsys):
    assert main(["run", *options]) == 2
    assert says in capsys.readouterr().err


def test_run_does_t1(monkeypatch, tmp_path):
    monkeypatch.setattr(whole_tasks, "t1_year", lambda seed: ("2024-03-01T00:00:00", "2024-03-03T00:00:00"))
    assert main(["run", "--task", "T1", "--seed", "7", "--rounds", "1", "--json", str(tmp_path / "t1.jsonl")]) == 0
    record = json.loads((tmp_path / "t1.jsonl").read_text())
    assert (record["task"], record["seed"], record["rounds"]) == ("T1", 7, 1)
    assert record["rows"] > 10
    assert record["error_p99_m"] < 1.0
