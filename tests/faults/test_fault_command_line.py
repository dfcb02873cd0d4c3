"""What a user gets for faulty input: one clear line a fault, the right exit code, no traceback, nothing lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOOD = ROOT / "scenarios" / "luna_25_flight2023.toml"
ANSWERS = ROOT / "tests" / ".results" / "bad_input.jsonl"


def edited(tmp_path: Path, old: str, new: str) -> Path:
    text = GOOD.read_text(encoding="utf-8")
    assert old in text, f"the example no longer holds {old!r}"
    path = tmp_path / "mission.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    (tmp_path / "sources.toml").write_bytes((ROOT / "scenarios" / "sources.toml").read_bytes())
    return path


def line_with(start: str) -> str:
    return next(line for line in GOOD.read_text(encoding="utf-8").splitlines() if line.startswith(start))


def value_set(key: str, value: str) -> Callable[[Path], list[str]]:
    def make(tmp_path: Path) -> list[str]:
        line = line_with(f"{key} = ")
        head, rest = line.split("value = ", 1)
        tail = rest[rest.index(", status") :]
        return ["check", str(edited(tmp_path, line, f"{head}value = {value}{tail}"))]

    return make


def replaced(old: str, new: str) -> Callable[[Path], list[str]]:
    return lambda tmp_path: ["check", str(edited(tmp_path, old, new))]


def missing_file(tmp_path: Path) -> list[str]:
    return ["run", str(tmp_path / "nothing.toml"), "--out", str(tmp_path / "out")]


def unwritable_output(tmp_path: Path) -> list[str]:
    (tmp_path / "file").write_text("in the way")
    return ["run", str(GOOD), "--out", str(tmp_path / "file")]


FAULTS: dict[str, tuple[Callable[[Path], list[str]], int, str]] = {
    "missing file": (missing_file, 2, "nothing.toml"),
    "bad TOML": (replaced("[spacecraft]", "[spacecraft"), 2, "mission.toml"),
    "wrong type": (value_set("launch_mass_kg", '"heavy"'), 2, "launch_mass_kg"),
    "unknown key": (replaced("launch_mass_kg", "lunch_mass_kg"), 2, "did you mean launch_mass_kg"),
    "unit slip": (value_set("altitude_km", "185000"), 2, "185 km"),
    "stop before start": (value_set("period_stop_utc", '"2023-01-01T00:00:00"'), 2, "period_stop_utc"),
    "date outside the ephemeris": (value_set("period_start_utc", '"1901-01-01T00:00:00"'), 2, "1959"),
    "unreachable inclination": (value_set("inclination_deg", "51.6"), 2, "51.70"),
    "unwritable output": (unwritable_output, 2, "file"),
}


def run(arguments: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sim.cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "400", **environment},
    )


def note(fault: str, answer: str, exit_code: int, tmp_path: Path) -> None:
    ANSWERS.parent.mkdir(exist_ok=True)
    known = {}
    if ANSWERS.is_file():
        known = {row["fault"]: row for row in map(json.loads, ANSWERS.read_text().splitlines())}
    plain = answer.replace(str(tmp_path) + "/", "").replace(str(ROOT) + "/", "")
    known[fault] = {"fault": fault, "answer": plain, "exit_code": exit_code}
    ANSWERS.write_text("".join(json.dumps(row) + "\n" for row in known.values()))


@pytest.mark.parametrize("fault", FAULTS)
def test_one_line_and_exit_code(fault: str, tmp_path: Path) -> None:
    make, code, expected = FAULTS[fault]
    done = run(make(tmp_path))
    lines = [line for line in (done.stderr + done.stdout).splitlines() if expected in line]
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert lines, done.stderr + done.stdout
    note(fault, lines[0].strip(), done.returncode, tmp_path)


def test_corrupt_ephemeris_is_named(tmp_path: Path) -> None:
    """A copy of the package with one flipped byte in its ephemeris must refuse to compute."""
    import shutil

    copy = tmp_path / "sim"
    shutil.copytree(ROOT / "sim", copy, ignore=shutil.ignore_patterns("__pycache__"))
    data = next((copy / "ephemeris" / "data").glob("*.npz"))
    content = bytearray(data.read_bytes())
    content[len(content) // 2] ^= 1
    data.write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-m", "sim.cli", "run", str(GOOD), "--out", str(tmp_path / "out")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(tmp_path), "COLUMNS": "400"},
    )
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    line = next(line for line in done.stderr.splitlines() if "SHA-256" in line)
    note("corrupted ephemeris file", line, done.returncode, tmp_path)


def test_all_faults_of_a_file_come_at_once(tmp_path: Path) -> None:
    path = edited(tmp_path, "launch_mass_kg", "lunch_mass_kg")
    text = path.read_text().replace("[parking_orbit]", "[parking_orbit]\nextra_km = 3.0", 1)
    path.write_text(text)
    done = run(["check", str(path)])
    both = done.stderr + done.stdout
    assert done.returncode == 2
    assert "lunch_mass_kg" in both and "extra_km" in both


@pytest.mark.parametrize("arguments", [["--help"], ["check", str(GOOD)], ["check", "\u043d\u0435\u0442.toml"]])
def test_a_narrow_terminal_that_knows_no_foreign_signs(arguments: list[str]) -> None:
    done = run(arguments, PYTHONIOENCODING="ascii", COLUMNS="20")
    assert done.returncode == (2 if arguments[-1].startswith("\u043d") else 0), done.stderr
    assert "Traceback" not in done.stderr
