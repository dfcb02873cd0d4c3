"""Damaged or missing result files, folders that cannot be written, wrong OEM files: one typed sentence each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sim.errors import InputError, StoreError
from sim.products import plot_directory, read_oem, write_oem
from sim.products.schema import faults, summary_schema
from sim.products.summary import write as write_summary
from sim.products.tables import read_table, write_table
from sim.products.write import prepare


def smallest(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    """The smallest document that meets a schema: a layout fixture, not a result."""
    root = root or schema
    if "$ref" in schema:
        return smallest(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "null" in kinds:
        return None
    if kinds[0] == "object":
        return {key: smallest(schema["properties"].get(key, {"type": "string"}), root) for key in schema["required"]}
    return {"string": "", "number": 0.0, "integer": 0, "boolean": False, "array": []}[kinds[0]]


@pytest.fixture
def empty_run(tmp_path: Path) -> Path:
    document = smallest(summary_schema())
    document["created_utc"] = "2026-01-01T00:00:00"
    write_summary(document, tmp_path)
    return tmp_path


def damage(directory: Path, **changes: Any) -> None:
    path = directory / "summary.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def mission(key: str = "m") -> dict[str, Any]:
    facts = smallest(summary_schema()["$defs"]["mission"], summary_schema())
    files = {"opportunities": f"opportunities_{key}.csv", "trajectory": None, "oem": None}
    return facts | {"key": key, "files": files}


def test_run_without_missions_still_has_a_report(empty_run: Path) -> None:
    (page,) = plot_directory(empty_run)
    assert page.name == "report.html" and "Sources" in page.read_text(encoding="utf-8")


def test_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing-here is no folder; give the folder that a run wrote"):
        plot_directory(tmp_path / "nothing-here")


def test_missing_summary_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*summary\.json: No such file"):
        plot_directory(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[" * 200_000, "\x00\x01", '{"schema_version": "1.0"}', "[]", "null"])
def test_damaged_summary_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "summary.json").write_text(text)
    with pytest.raises(InputError, match=r"summary\.json is no"):
        plot_directory(tmp_path)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"schema_version": "9.0"}, r"\$\.schema_version: found '9.0', allowed: '1.0'"),
        ({"kind": "sweep"}, r"\$\.kind: found 'sweep'"),
        ({"missions": [{}]}, r"\$\.missions\[0\]\.\w+: missing"),
        ({"sources": {"S1": 5}}, r"\$\.sources\.S1: found int, allowed: string"),
        ({"wall_times_s": {"total": True}}, r"found bool, allowed: number"),
    ],
)
def test_summary_that_departs_from_the_schema(empty_run: Path, changes: dict[str, Any], place: str) -> None:
    damage(empty_run, **changes)
    with pytest.raises(InputError, match=place):
        plot_directory(empty_run)


def test_missing_table_is_named(empty_run: Path) -> None:
    damage(empty_run, missions=[mission()])
    with pytest.raises(InputError, match=r"cannot read .*opportunities_m\.csv: No such file.*run the scenario again"):
        plot_directory(empty_run)


def test_missing_column_is_named(empty_run: Path) -> None:
    damage(empty_run, missions=[mission()])
    write_table(empty_run / "opportunities_m.csv", {"mission_id": ["m"], "loi_dv_m_s": [1.0]})
    with pytest.raises(InputError, match=r"opportunities_m\.csv: column\(s\) site, family, launch_utc"):
        plot_directory(empty_run)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a_km,b_km\n1.0\n", r"row 2 has 1 cells, the header has 2"),
        ("a_km,b_km\n1.0,x\n", r"column b_km holds something that is no number"),
        ("", r"column\(s\) a_km missing; found nothing"),
    ],
)
def test_damaged_table(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(InputError, match=fault):
        read_table(path, ("a_km",))


def test_table_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00a")
    with pytest.raises(InputError, match=r"t\.csv: it is no text file"):
        read_table(tmp_path / "t.csv")


def test_table_round_trip_keeps_gaps_commas_and_signs(tmp_path: Path) -> None:
    columns = {"site": ['a, "b"', "c"], "x_km": [np.nan, -1.25], "n_n": [True, False]}
    path = write_table(tmp_path / "t.csv", columns, ("note",))
    assert path.read_text().splitlines()[2] == '"a, ""b""",,1'
    table = read_table(path)
    assert list(table["site"]) == columns["site"] and np.isnan(table["x_km"][0]) and table["x_km"][1] == -1.25


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """A place below a plain file: no user, not even root, can make a folder there."""
    (tmp_path / "file").write_text("")
    return tmp_path / "file" / "out"


def test_unwritable_folder(blocked: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot make the output folder .*choose a folder that you may write to"):
        prepare(blocked)
    with pytest.raises(StoreError, match=r"cannot make the output folder"):
        prepare(blocked.parent)


def test_files_that_cannot_be_written(blocked: Path) -> None:
    t, states = np.array([0.0, 1.0]), np.ones((2, 6))
    with pytest.raises(StoreError, match=r"cannot write .*a\.oem"):
        write_oem(blocked / "a.oem", "A", "A", "EARTH", t, states)
    with pytest.raises(StoreError, match=r"cannot write .*t\.csv"):
        write_table(blocked / "t.csv", {"x_km": [1.0]})
    with pytest.raises(StoreError, match=r"cannot write .*summary\.json"):
        write_summary(smallest(summary_schema()), blocked)


def test_report_that_cannot_be_written(empty_run: Path) -> None:
    (empty_run / "report.html").mkdir()
    with pytest.raises(StoreError, match=r"cannot write .*report\.html"):
        plot_directory(empty_run)


def test_figures_folder_that_cannot_be_made(empty_run: Path) -> None:
    (empty_run / "figures").write_text("")
    with pytest.raises(StoreError, match=r"cannot make the folder .*figures"):
        plot_directory(empty_run)


def test_summary_that_departs_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"departs from its schema in \d+ place"):
        write_summary({"schema_version": "1.0"}, tmp_path)
    assert not (tmp_path / "summary.json").exists()


def test_schema_word_that_is_not_checked_is_refused() -> None:
    with pytest.raises(InputError, match="pattern"):
        faults("x", {"type": "string", "pattern": "y"})


@pytest.mark.parametrize(
    ("t", "states", "fault"),
    [
        ([0.0], np.ones((1, 6)), "T >= 2"),
        ([0.0, 1.0], np.ones((2, 3)), r"\(T, 6\)"),
        ([0.0, 1.0], np.full((2, 6), np.nan), "NaN or infinity"),
        ([0.0, np.inf], np.ones((2, 6)), "NaN or infinity"),
        ([0.0, 0.0], np.ones((2, 6)), "increase strictly"),
        ([1.0, 0.0], np.ones((2, 6)), "increase strictly"),
    ],
)
def test_trajectory_that_is_no_ephemeris(tmp_path: Path, t: list[float], states: np.ndarray, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        write_oem(tmp_path / "a.oem", "A", "A", "EARTH", np.array(t), states)
    assert not (tmp_path / "a.oem").exists()


def test_unknown_time_system(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown time system 'GPS'; allowed: TDB, UTC"):
        write_oem(tmp_path / "a.oem", "A", "A", "EARTH", np.arange(2.0), np.ones((2, 6)), time_system="GPS")


@pytest.fixture
def good_oem(tmp_path: Path) -> Path:
    return write_oem(tmp_path / "a.oem", "A", "A", "EARTH", np.arange(3.0) * 60.0, np.ones((3, 6)))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("CCSDS_OEM_VERS = 2.0", "", "no CCSDS OEM"),
        ("META_STOP", "META_STOPPED", r"a\.oem:\d+: expected KEYWORD = value"),
        ("REF_FRAME = ICRF\n", "", "metadata lack REF_FRAME"),
        ("TIME_SYSTEM = TDB", "TIME_SYSTEM = GPS", "time system 'GPS' is not read"),
        (
            "2000-01-01T12:01:00.000000000 1.0",
            "2000-01-01T12:01:00.000000000 one",
            r"a\.oem:\d+: expected an epoch and six",
        ),
        ("T12:01:00.000000000 1.000000000000000", "T12:01:00.000000000 nan", "six finite numbers"),
        ("2000-01-01T12:01:00.000000000 1.0", "2000-13-01T12:01:00.000000000 1.0", "an epoch is not readable"),
    ],
)
def test_damaged_oem(good_oem: Path, old: str, new: str, fault: str) -> None:
    text = good_oem.read_text()
    assert old in text
    good_oem.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=fault):
        read_oem(good_oem)


def test_missing_oem(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read OEM file .*none\.oem"):
        read_oem(tmp_path / "none.oem")
