"""Damaged Earth orientation data is refused; rebuilding it is deterministic."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from sim.errors import DataError
from sim.timescales.orientation import DATA_DIRECTORY, DESCRIPTION_NAME, TABLE_NAME, read_table
from sim.timescales.provenance import build, main
from sim.timescales.utc_days import utc_days

MJD_0 = 60_000


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy of the packaged data that a test may damage."""
    return Path(shutil.copytree(DATA_DIRECTORY, tmp_path / "data"))


def test_the_packaged_series_is_whole():
    description, rows = read_table(DATA_DIRECTORY)
    assert rows.shape == (description["last_mjd"] - description["first_mjd"] + 1, 3)
    assert np.abs(np.diff(rows[:, 0] * 1e-7)).max() < 5e-3  # UT1-TAI has no steps


@pytest.mark.parametrize("name", [TABLE_NAME, DESCRIPTION_NAME])
def test_every_flipped_bit_is_noticed(copy, name):
    path = copy / name
    whole = path.read_bytes()
    rng = np.random.default_rng(1)
    for position in rng.integers(0, len(whole), 60):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << int(rng.integers(0, 8))
        path.write_bytes(bytes(damaged))
        if name == DESCRIPTION_NAME and _same_meaning(whole, bytes(damaged)):
            continue
        with pytest.raises(DataError):
            read_table(copy)


def _same_meaning(whole: bytes, damaged: bytes) -> bool:
    """Whether a flipped bit left the JSON's content as it was (white space for white space)."""
    try:
        return bool(json.loads(whole) == json.loads(damaged))
    except ValueError:
        return False


@pytest.mark.parametrize("name", [TABLE_NAME, DESCRIPTION_NAME])
def test_missing_and_cut_files_are_refused(copy, name):
    path = copy / name
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"", b"[1, 2]"):
        path.write_bytes(content)
        with pytest.raises(DataError):
            read_table(copy)
    path.unlink()
    with pytest.raises(DataError, match="reinstall"):
        read_table(copy)


def write_celestrak(path: Path, days: range, observed: int) -> None:
    """Small file in the format of EOP-All.csv; the days after `observed` are predictions."""
    lines = ["DATE,MJD,X,Y,UT1-UTC,LOD,DPSI,DEPS,DX,DY,DAT,DATA_TYPE"]
    for day in days:
        kind = "O" if day <= observed else "P"
        lines.append(f"d,{day},0.1,0.3,{-0.01 - 1e-3 * (day - MJD_0):.7f},0,0,0,0,0,37,{kind}")
    path.write_text("\n".join(lines) + "\n")


def write_finals(path: Path, days: range, measured: int) -> None:
    """Small file in the columns of finals2000A."""
    lines = []
    for day in days:
        flag = "I" if day <= measured else "P"
        x, y, ut1 = 0.2, 0.4, 0.5
        lines.append(
            f"{'':7}{day:8.2f} {flag}{x:10.6f}{0:9.6f} {y:9.6f}{0:9.6f}  {flag}{ut1:10.7f}".ljust(100)
        )
    path.write_text("\n".join(lines) + "\n")


def test_rebuilding_gives_the_same_bytes_and_prefers_bulletin_a(tmp_path):
    eop, finals = tmp_path / "EOP-All.csv", tmp_path / "finals2000A.all"
    write_celestrak(eop, range(MJD_0, MJD_0 + 20), MJD_0 + 9)
    write_finals(finals, range(MJD_0 + 5, MJD_0 + 30), MJD_0 + 14)
    description = build(eop, finals, tmp_path / "one")
    build(eop, finals, tmp_path / "two")
    for name in (TABLE_NAME, DESCRIPTION_NAME):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert (description["first_mjd"], description["last_measured_mjd"], description["last_mjd"]) == (
        MJD_0,
        MJD_0 + 14,
        MJD_0 + 29,
    )
    _, rows = read_table(tmp_path / "one")
    offset = utc_days().offset_s[MJD_0 - 36204]
    assert rows[0].tolist() == [round((-0.01 - offset) * 1e7), 100_000, 300_000]
    assert rows[10].tolist() == [round((0.5 - offset) * 1e7), 200_000, 400_000]


def test_a_gap_in_the_series_is_refused(tmp_path):
    eop, finals = tmp_path / "EOP-All.csv", tmp_path / "finals2000A.all"
    write_celestrak(eop, range(MJD_0, MJD_0 + 10), MJD_0 + 9)
    write_finals(finals, range(MJD_0 + 12, MJD_0 + 20), MJD_0 + 14)
    with pytest.raises(DataError, match="gaps"):
        build(eop, finals, tmp_path / "out")


def test_command_line_describes_the_packaged_series(capsys):
    assert main([]) == 0
    assert json.loads(capsys.readouterr().out)["first_mjd"] == 37_665
