"""What is found at the Moon is kept part by part: a run that is stopped, damaged or asked otherwise stays right."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.analysis.at_moon_results import PhaseAtMoon
from sim.ephemeris import open_ephemeris
from sim.errors import StoreError
from sim.events import Intervals
from sim.products import write_results
from sim.store import Ledger
from sim.study import kept, run_scenario
from sim.study.chunks import LEDGER_NAME
from sim.study.kept import LedgerKeeper
from sim.study.records import decode, digest, encode

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHORTER = {
    "period_stop_utc": '"2028-01-02T00:00:00"',
    "flight_time_day": "[4.5]",
    "contact_day": "1.0",
    "evolution_day": "1.0",
    "span_day": "30.0",
    "nodes": "1",
    "keeping_months": "1",
}

ORBITS, LIVES = "at the Moon: orbits", "at the Moon: life and keeping of the orbits"

KILLED = """
import os, signal, sys
from sim.study import run_scenario

signal.signal(signal.SIGINT, signal.default_int_handler)  # tests run in a shell's background inherit none

def kill(label, done, total):
    if (label, done) == (sys.argv[3], int(sys.argv[4])):
        os.kill(os.getpid(), getattr(signal, sys.argv[5]))

run_scenario(sys.argv[1], sys.argv[2], progress=kill)
"""


@pytest.fixture(scope="module")
def scenario(tmp_path_factory) -> Path:
    """A month of Luna 26, with everything that a test can wait for."""
    folder = tmp_path_factory.mktemp("scenario")
    shutil.copy(SCENARIOS / "sources.toml", folder)
    text = (SCENARIOS / "luna_26_replan2028.toml").read_text()
    for key, value in SHORTER.items():
        words = f"{key} = {{ value = {value}, status"
        text, count = re.subn(rf"^{key} = {{ value = .*?, status", words, text, flags=re.M)
        assert count >= 1, key
    parts = text.partition('[[operations]]\nname = "extended"')[0], *re.split(r"^(?=\[)", text, flags=re.M)
    wanted = "[at_moon]", "[[station_groups]]", "[[insertion]]", "[orbit_life]"
    path = folder / "short.toml"
    path.write_text(parts[0] + "".join(part for part in parts[1:] if part.startswith(wanted)))
    return path


@pytest.fixture(scope="module")
def whole(scenario, tmp_path_factory) -> Path:
    """The files of a run that nothing interrupted."""
    out = tmp_path_factory.mktemp("whole")
    write_results(run_scenario(scenario, out), out)
    return out


def contents(out: Path) -> dict[str, bytes]:
    """Files of a run, but for what says when and how fast it went."""
    found = {path.name: path.read_bytes() for path in sorted(out.glob("*.csv"))}
    for path in sorted(out.glob("*.oem")):
        found[path.name] = re.sub(rb"CREATION_DATE = .*", b"", path.read_bytes())
    assert len(found) > 10
    summary = json.loads((out / "summary.json").read_text())
    del summary["created_utc"], summary["wall_times_s"]
    for mission in summary["missions"]:
        del mission["resumed"], mission["wall_time_s"]
    found["summary.json"] = json.dumps(summary).encode()
    return found


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this platform")
@pytest.mark.parametrize(
    ("label", "done", "sign", "parts_n"),
    [
        (ORBITS, 1, "SIGINT", 1),
        ("at the Moon: links, light, passes", 1, "SIGKILL", 5),
        (LIVES, 2, "SIGKILL", 8),
    ],
)
def test_a_run_killed_at_the_moon_goes_on_and_ends_alike(scenario, whole, tmp_path, label, done, sign, parts_n):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    stopped = subprocess.run(
        [sys.executable, "-c", KILLED, str(scenario), str(tmp_path), label, str(done), sign],
        cwd=tmp_path, env=environment, check=False, capture_output=True,
    )  # fmt: skip
    assert stopped.returncode == -getattr(signal, sign), stopped.stderr.decode()
    assert parts(tmp_path) == parts_n
    told = []
    write_results(run_scenario(scenario, tmp_path, progress=lambda *now: told.append(now)), tmp_path)
    assert (f"at the Moon: {parts_n} finished parts were kept", 1, 1) in told
    assert contents(tmp_path) == contents(whole)


def test_an_interrupted_look_goes_on_and_ends_alike(scenario, whole, tmp_path):
    shutil.copy(whole / LEDGER_NAME, tmp_path)
    forget(tmp_path, "keeping", "frozen orbit", "insertion")

    def stop(label, done, total):
        if (label, done) == (LIVES, 2):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_scenario(scenario, tmp_path, progress=stop)
    assert parts(tmp_path) == parts(whole) - 1
    write_results(run_scenario(scenario, tmp_path), tmp_path)
    assert contents(tmp_path) == contents(whole)


def forget(out: Path, *names: str) -> None:
    """Take finished parts out of a ledger."""
    connection = sqlite3.connect(out / LEDGER_NAME)
    rows = connection.execute("SELECT case_id, meta FROM chunk WHERE name='part'").fetchall()
    gone = [(case,) for case, meta in rows if json.loads(meta)["part"] in names]
    assert len(gone) == len(names)
    connection.executemany("DELETE FROM chunk WHERE case_id=?", gone)
    connection.executemany("DELETE FROM finished WHERE case_id=?", gone)
    connection.commit()
    connection.close()


def parts(out: Path) -> int:
    """Number of finished parts in a run's ledger."""
    with Ledger(out / LEDGER_NAME) as ledger:
        return sum("part" in ledger.names(case) and ledger.done(case) for case in ledger.cases())


def test_a_finished_run_computes_no_part_again(scenario, whole, tmp_path, monkeypatch):
    shutil.copy(whole / LEDGER_NAME, tmp_path)
    monkeypatch.setattr(LedgerKeeper, "keep", lambda *_: pytest.fail("computed again"))
    write_results(run_scenario(scenario, tmp_path), tmp_path)
    assert contents(tmp_path) == contents(whole)


def test_a_changed_scenario_computes_what_it_changed(scenario, whole, tmp_path):
    shutil.copy(whole / LEDGER_NAME, tmp_path)
    shutil.copy(SCENARIOS / "sources.toml", tmp_path)
    before, text = parts(tmp_path), scenario.read_text()
    changed = re.sub(r"keeping_months = { value = 1", "keeping_months = { value = 2", text)
    (tmp_path / "changed.toml").write_text(changed)
    result = run_scenario(tmp_path / "changed.toml", tmp_path)
    (life,) = result.missions[0].at_moon.lives
    assert len(life.kept.burn_tdb) == 2
    assert parts(tmp_path) == before + 1, "nothing but the keeping"


def test_a_damaged_part_is_refused(scenario, whole, tmp_path):
    shutil.copy(whole / LEDGER_NAME, tmp_path)
    connection = sqlite3.connect(tmp_path / LEDGER_NAME)
    rows = connection.execute("SELECT case_id, payload FROM chunk WHERE name='part'").fetchall()
    name, payload = max(rows, key=lambda row: len(row[1]))
    flipped = bytearray(payload)
    flipped[len(flipped) // 2] ^= 1
    connection.execute("UPDATE chunk SET payload=? WHERE case_id=?", (bytes(flipped), name))
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="damaged"):
        run_scenario(scenario, tmp_path)


def test_records_come_back_bit_for_bit(tmp_path):
    value = (
        {"a": -0.0, "b": float("inf"), ("c", 1): None},
        [True, 3, "x", np.float64(0.1), np.int8(-4)],
        Intervals(np.array([1.0, 3.0]), np.array([2.0, 4.0]), 0.0, 5.0),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array(["a", "bc"]),
        frozenset({"p", "q"}),
    )
    tree, arrays = encode(value)
    again = decode(json.loads(json.dumps(tree)), arrays)
    assert digest(again) == digest(value)
    assert again[0] == value[0] and isinstance(again[1][3], np.float64) and isinstance(again[2], Intervals)
    assert digest(float("nan")) == digest(float("nan")) != digest(np.float64("nan"))
    assert digest(0.0) != digest(-0.0) and digest((1,)) != digest([1]) and digest("1") != digest(1)
    with Ledger(tmp_path / "x.sqlite") as ledger:
        keeper = LedgerKeeper(ledger, open_ephemeris())
        assert keeper.find("x", (value,)) is None
        assert digest(keeper.keep("x", (value,), value)) == digest(value)
        assert digest(keeper.find("x", (value,))) == digest((value,))
        assert keeper.find("y", (value,)) is None and (keeper.computed_n, keeper.resumed_n) == (1, 1)


def test_nothing_but_plain_records_is_written_or_made():
    with pytest.raises(StoreError, match="cannot be kept"):
        encode((1, open))
    with pytest.raises(StoreError, match="cannot be kept"):
        encode(open_ephemeris())
    for name in ("os:system", "sim.store:Ledger", "sim.study.records:encode", "sim.events:nothing_such"):
        with pytest.raises(StoreError, match="no record of this package"):
            decode({"record": name, "fields": {}}, {})
    with pytest.raises(StoreError, match="does not know"):
        decode({"pickle": "x"}, {})


def test_the_id_of_a_part_follows_inputs_ephemeris_and_code(tmp_path, monkeypatch):
    assert {field.name for field in dataclasses.fields(PhaseAtMoon)} >= {"track", "evolution"}
    with Ledger(tmp_path / "x.sqlite") as ledger:
        keeper = LedgerKeeper(ledger, open_ephemeris())
        name = keeper.part_id("x", (1.0, np.arange(3.0)))
        assert name == keeper.part_id("x", (1.0, np.arange(3.0)))
        assert name != keeper.part_id("y", (1.0, np.arange(3.0)))
        assert name != keeper.part_id("x", (np.nextafter(1.0, 2.0), np.arange(3.0)))
        assert name != keeper.part_id("x", (1.0, np.arange(3.0).reshape(3, 1)))

        class Other:
            sha256 = "0" * 64

        assert LedgerKeeper(ledger, Other()).part_id("x", (1.0, np.arange(3.0))) != name
        monkeypatch.setattr(kept, "part_code_sha256", lambda: "edited")
        assert keeper.part_id("x", (1.0, np.arange(3.0))) != name
