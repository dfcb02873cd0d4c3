"""CCSDS OEM writer and reader: number format, calendar, round trip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.products import read_oem, write_oem
from sim.products.oem import tdb_calendar, tdb_seconds
from sim.timescales import utc_from_tdb


def circular(count: int = 60, radius_km: float = 384_400.0) -> tuple[np.ndarray, np.ndarray]:
    """A circular two-body orbit of the Moon's size, epochs with awkward fractions."""
    t = 784_000_000.123456 + np.linspace(0.0, 432_000.0, count)
    rate = np.sqrt(398_600.4355 / radius_km**3)
    angle = rate * (t - t[0])
    r = radius_km * np.stack([np.cos(angle), 0.9 * np.sin(angle), np.sqrt(1 - 0.81) * np.sin(angle)], axis=1)
    v = radius_km * rate * np.stack([-np.sin(angle), 0.9 * np.cos(angle), np.sqrt(1 - 0.81) * np.cos(angle)], axis=1)
    return t, np.concatenate([r, v], axis=1)


def test_round_trip_keeps_epochs_and_states(tmp_path: Path) -> None:
    t, states = circular()
    path = write_oem(tmp_path / "a.oem", "PROBE", "PROBE-1", "EARTH", t, states, comments=("hello",))
    (segment,) = read_oem(path).segments
    assert np.array_equal(segment.t_tdb, t)  # nine decimals resolve a double at this distance from J2000
    assert np.abs(segment.states - states).max() < 1e-10
    assert segment.comments == ("hello",)
    assert segment.metadata["CENTER_NAME"] == "EARTH" and segment.metadata["REF_FRAME"] == "ICRF"


@pytest.mark.parametrize("system", ["TDB", "UTC"])
def test_what_was_read_is_written_again_to_the_last_character(tmp_path: Path, system: str) -> None:
    t, states = circular()
    names = ("PROBE", "PROBE-1", "EARTH")
    first = write_oem(tmp_path / "a.oem", *names, t, states, time_system=system)
    (segment,) = read_oem(first).segments
    again = write_oem(tmp_path / "b.oem", *names, segment.t_tdb, segment.states, time_system=system)
    same = [
        [line for line in path.read_text().splitlines() if not line.startswith("CREATION_DATE")]
        for path in (first, again)
    ]
    assert same[0] == same[1]


def test_utc_file_is_read_back_to_the_microsecond(tmp_path: Path) -> None:
    t, states = circular()
    path = write_oem(tmp_path / "a.oem", "PROBE", "PROBE-1", "EARTH", t, states, time_system="UTC")
    (segment,) = read_oem(path).segments
    assert np.abs(segment.t_tdb - t).max() < 1.2e-6  # half a written digit and rounding of the double
    assert f"START_TIME = {utc_from_tdb(float(t[0]), decimals=6)}" in path.read_text()


def test_every_number_has_at_most_sixteen_digits_and_lines_stay_short(tmp_path: Path) -> None:
    t, states = circular()
    states[3] = [1e-9, -1234567.123456789, 0.0, -1e-12, 11.2, 5.0]
    path = write_oem(tmp_path / "a.oem", "PROBE", "PROBE-1", "EARTH", t, states)
    rows = [line.split() for line in path.read_text().splitlines() if line[:2] == "20"]
    assert len(rows) == len(t)
    digits = [sum(c.isdigit() for c in cell) for row in rows for cell in row[1:]]
    assert max(digits) <= 16 and all("e" not in cell for row in rows for cell in row[1:])
    assert max(len(line) for line in path.read_text().splitlines()) <= 254


@pytest.mark.parametrize("t", [0.0, -0.25, 784_000_000.1234567, -1_293_000_000.5, 86_399.999_999_999_9])
def test_tdb_calendar_round_trip(t: float) -> None:
    assert tdb_seconds(tdb_calendar(t)) == pytest.approx(t, abs=2e-9)


def test_tdb_calendar_knows_j2000_and_carries_rounding() -> None:
    assert tdb_calendar(0.0, 3) == "2000-01-01T12:00:00.000"
    assert tdb_calendar(59.9996, 3) == "2000-01-01T12:01:00.000"


def test_names_are_reduced_to_ascii_on_one_line(tmp_path: Path) -> None:
    t, states = circular(3)
    path = write_oem(tmp_path / "a.oem", "CHANG’E\n7", "X", "EARTH", t, states)
    assert read_oem(path).segments[0].metadata["OBJECT_NAME"] == "CHANG?E 7"


def test_covariance_and_second_segment_are_understood(tmp_path: Path) -> None:
    t, states = circular(3)
    one = write_oem(tmp_path / "a.oem", "A", "A", "EARTH", t, states).read_text()
    head, body = one.split("META_START", 1)
    covariance = "COVARIANCE_START\nEPOCH = 2024-01-01T00:00:00\n1.0\nCOVARIANCE_STOP\n"
    path = tmp_path / "b.oem"
    path.write_text(head + "META_START" + body + covariance + "META_START" + body)
    message = read_oem(path)
    assert [len(segment.t_tdb) for segment in message.segments] == [3, 3]
