"""The ledger under kills, damage, foreign files, locks and full disks."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.errors import StoreError
from sim.store import Ledger

ROOT = Path(__file__).parents[2]

WRITER = """
import sys
import numpy as np
from sim.store import Ledger
ledger = Ledger(sys.argv[1])
for number in range(10_000):
    ledger.put("case", f"{number:05d}", {"x": np.full(20_000, float(number))}, {"number": number})
    print(number, flush=True)
"""


def _written(path: Path, count: int) -> None:
    with Ledger(path) as ledger:
        for number in range(count):
            ledger.put("case", f"{number:05d}", {"x": np.full(300, float(number))}, {"number": number})


def _check(path: Path, expected: int) -> int:
    """Read all chunks; each must be whole, and the first `expected` must be there."""
    with Ledger(path) as ledger:
        assert ledger.verify() == ()
        names = ledger.names("case")
        assert len(names) >= expected
        for number, name in enumerate(names):
            chunk = ledger.get("case", name)
            assert chunk is not None
            assert chunk["meta"] == {"number": number}
            assert (chunk["arrays"]["x"] == float(number)).all()
        assert not ledger.done("case")
    return len(names)


@pytest.mark.parametrize("chunks", [0, 1, 7, 40])
def test_a_killed_writer_loses_nothing_it_had_reported(tmp_path, chunks):
    path = tmp_path / "run.sqlite"
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as writer:
        assert writer.stdout is not None
        reported = 0
        while reported < chunks:
            reported = int(writer.stdout.readline()) + 1
        writer.kill()
        for line in writer.stdout:
            reported = int(line) + 1
    assert writer.returncode == -signal.SIGKILL
    survived = _check(path, reported)
    assert survived <= reported + 1
    # The next run goes on where the killed one stopped.
    with Ledger(path) as ledger:
        ledger.put("case", f"{survived:05d}", {"x": np.full(3, float(survived))}, {"number": survived})
    assert _check(path, survived + 1) == survived + 1


def test_a_log_cut_anywhere_leaves_whole_chunks_only(tmp_path):
    """What a machine that lost power may leave: the log up to some byte."""
    source = tmp_path / "source.sqlite"
    ledger = Ledger(source)
    for number in range(12):
        ledger.put("case", f"{number:05d}", {"x": np.full(300, float(number))}, {"number": number})
    main, log = source.read_bytes(), Path(f"{source}-wal").read_bytes()
    ledger.close()
    assert len(log) > 10_000
    counts = []
    for i, cut in enumerate(np.linspace(0, len(log), 40).astype(int)):
        path = tmp_path / f"cut{i}.sqlite"
        path.write_bytes(main)
        Path(f"{path}-wal").write_bytes(log[:cut])
        counts.append(_check(path, 0))
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] == 12


def test_a_damaged_payload_is_named(tmp_path):
    path = tmp_path / "run.sqlite"
    _written(path, 3)
    raw = sqlite3.connect(path)
    (payload,) = raw.execute("SELECT payload FROM chunk WHERE name='00001'").fetchone()
    flipped = bytearray(payload)
    flipped[len(flipped) // 2] ^= 1
    raw.execute("UPDATE chunk SET payload=? WHERE name='00001'", (bytes(flipped),))
    raw.commit()
    raw.close()
    with Ledger(path) as ledger:
        assert ledger.verify() == (("case", "00001"),)
        with pytest.raises(StoreError, match=r"chunk '00001' of case case is damaged"):
            ledger.get("case", "00001")
        chunk = ledger.get("case", "00002")
        assert chunk is not None
        assert chunk["meta"] == {"number": 2}


def test_no_flipped_bit_ever_gives_wrong_numbers(tmp_path):
    path = tmp_path / "run.sqlite"
    _written(path, 6)
    clean = path.read_bytes()
    dice = random.Random(1959)
    outcomes = {"same": 0, "missing": 0, "refused": 0}
    for _ in range(150):
        damaged = bytearray(clean)
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
        path.write_bytes(damaged)
        for number in range(6):
            try:
                with Ledger(path) as ledger:
                    chunk = ledger.get("case", f"{number:05d}")
            except StoreError as fault:
                assert "\n" not in str(fault)
                outcomes["refused"] += 1
                continue
            if chunk is None:
                outcomes["missing"] += 1
                continue
            assert chunk["meta"] == {"number": number}
            assert (chunk["arrays"]["x"] == float(number)).all()
            assert chunk["arrays"]["x"].shape == (300,)
            outcomes["same"] += 1
    assert outcomes["refused"] > 50
    assert outcomes["same"] > 500


def test_a_full_disk_is_said_and_keeps_what_was_there(tmp_path):
    path = tmp_path / "run.sqlite"
    ledger = Ledger(path)
    ledger.put("case", "00000", {"x": np.zeros(300)}, {"number": 0})
    # SQLite's own page limit gives the same fault as a full disk.
    pages = ledger._connection.execute("PRAGMA page_count").fetchone()[0]
    ledger._connection.execute(f"PRAGMA max_page_count={pages + 2}")
    with pytest.raises(StoreError, match="full: free space and run again, finished chunks are kept"):
        ledger.put("case", "00001", {"x": np.zeros(300_000)}, {"number": 1})
    ledger.close()
    assert _check(path, 1) == 1


def test_a_file_of_something_else_is_refused_and_left_as_it_was(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("not a ledger, but long enough to be read as a header of a database file\n" * 40)
    other = tmp_path / "other.sqlite"
    foreign = sqlite3.connect(other)
    foreign.execute("CREATE TABLE chunk (a)")
    foreign.commit()
    foreign.close()
    for path, words in ((text, "no ledger: choose another file"), (other, "of another program")):
        before = path.read_bytes()
        with pytest.raises(StoreError, match=words):
            Ledger(path)
        assert path.read_bytes() == before


def test_a_newer_format_is_refused(tmp_path):
    path = tmp_path / "run.sqlite"
    _written(path, 1)
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA user_version=99")
    raw.close()
    with pytest.raises(StoreError, match="found ledger format 99, this version reads 1"):
        Ledger(path)


def test_a_held_file_is_said(tmp_path):
    path = tmp_path / "run.sqlite"
    _written(path, 1)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode=WAL")
    with Ledger(path, wait_s=0.05) as ledger:
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process holds it"):
            ledger.put("case", "00001", {"x": np.zeros(3)})
        holder.execute("COMMIT")
        ledger.put("case", "00001", {"x": np.full(3, 1.0)}, {"number": 1})
    holder.close()
    assert _check(path, 2) == 2


def test_places_that_cannot_hold_a_file_are_said(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    for path in (tmp_path / "missing" / "run.sqlite", file / "run.sqlite", tmp_path):
        with pytest.raises(StoreError, match="check that the folder exists and may be written") as caught:
            Ledger(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_reading_makes_no_file(tmp_path):
    with pytest.raises(StoreError, match="found no file"):
        Ledger(tmp_path / "run.sqlite", read_only=True)
    empty = tmp_path / "empty.sqlite"
    empty.touch()
    with pytest.raises(StoreError, match="another program"):
        Ledger(empty, read_only=True)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.sqlite"]
