"""Every kind of bad scenario file: what is said about it stands at the end of the file itself, after ``# expect:``."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.errors import EXIT_BAD_INPUT, ScenarioError
from sim.scenario import check_files, load

FOLDER = Path(__file__).parent
MARK = "# expect: "
ALL = sorted(FOLDER.glob("*.toml"))
BROKEN = [path for path in ALL if MARK in path.read_text(encoding="utf-8")]
SOUND = [path for path in ALL if path not in BROKEN]


def expected(path: Path) -> list[str]:
    """Lines that the checker must print."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.removeprefix(MARK) for line in lines if line.startswith(MARK)]


def comparable(text: str) -> str:
    """Cut the words of the TOML reader, which differ between Python versions."""
    head, mark, _ = text.partition("bad TOML: ")
    return head + mark


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)


def test_all_files_are_used() -> None:
    assert len(BROKEN) >= 70
    assert {path.stem for path in SOUND} == {
        "good_at_moon",
        "good_departure",
        "good_impactor",
        "good_lander",
        "good_orbiter",
        "good_orbiter_without_operations",
        "good_plan",
        "good_sample_return",
        "sources",
    }


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_broken_file_is_described(path: Path) -> None:
    report = check_files([path.name])
    found = [str(problem) for problem in report.problems]
    assert [comparable(line) for line in found] == [comparable(line) for line in expected(path)]
    assert not report.ok
    with pytest.raises(ScenarioError) as caught:
        load(path.name)
    assert str(caught.value).splitlines() == found
    assert caught.value.exit_code == EXIT_BAD_INPUT
    assert all(problem.line > 0 for problem in report.problems if problem.key != "file")


@pytest.mark.parametrize("path", SOUND, ids=lambda path: path.stem)
def test_sound_file_is_accepted(path: Path) -> None:
    report = check_files([path.name])
    assert report.ok, report.text()
    if path.stem != "sources":
        assert load(path.name).path == path.name


def only_problem(path: str | Path) -> str:
    """The one thing said about a file; nothing else may be raised."""
    (problem,) = check_files([path]).problems
    with pytest.raises(ScenarioError):
        load(path)
    return str(problem)


def test_missing_file() -> None:
    assert only_problem("nowhere.toml") == (
        "nowhere.toml: file: found no such file or directory; allowed: a readable TOML file; check the path"
    )


def test_folder_and_device(tmp_path: Path) -> None:
    assert "found a folder or device" in only_problem(tmp_path)
    assert "found a folder or device" in only_problem("/dev/zero")


def test_path_that_no_system_accepts() -> None:
    assert "embedded null" in only_problem("a\0b.toml")
    assert "name too long" in only_problem("a" * 5000 + ".toml")


def test_large_file(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    path.write_text("# " + "x" * 300_000, encoding="utf-8")
    assert "found more than 262144 bytes" in only_problem(path)


def test_file_that_is_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin.toml"
    path.write_bytes(b"[mission]\nname = 'Lun\xe9'\n")
    assert f"{path}:2: file: found byte 0xe9, which is not UTF-8" in only_problem(path)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.toml"
    path.write_text("", encoding="utf-8")
    assert "found an empty file; allowed: a table [mission], [plan] or [sources]" in only_problem(path)


def test_carriage_returns_do_not_shift_lines(tmp_path: Path) -> None:
    text = (FOLDER / "unit_slip_altitude.toml").read_text(encoding="utf-8")
    path = tmp_path / "dos.toml"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    (tmp_path / "sources.toml").write_bytes((FOLDER / "sources.toml").read_bytes())
    assert f"{path}:34: parking_orbit.altitude_km: found 185000" in only_problem(path)


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    text = (FOLDER / "unit_slip_altitude.toml").read_text(encoding="utf-8")
    path = tmp_path / "marked.toml"
    path.write_text(text, encoding="utf-8-sig")
    (tmp_path / "sources.toml").write_bytes((FOLDER / "sources.toml").read_bytes())
    assert f"{path}:34: parking_orbit.altitude_km: found 185000" in only_problem(path)


def test_faulty_shared_sources_are_named_once(tmp_path: Path) -> None:
    for name in ("good_plan", "good_lander", "good_orbiter"):
        (tmp_path / f"{name}.toml").write_bytes((FOLDER / f"{name}.toml").read_bytes())
    text = (FOLDER / "sources.toml").read_text(encoding="utf-8")
    (tmp_path / "sources.toml").write_text(text + 'colour = "red"\n', encoding="utf-8")
    assert f"{tmp_path / 'sources.toml'}:14: sources.GK.colour: found an unknown key" in only_problem(
        tmp_path / "good_plan.toml"
    )


def test_shared_sources_missing(tmp_path: Path) -> None:
    path = tmp_path / "good_lander.toml"
    path.write_bytes((FOLDER / "good_lander.toml").read_bytes())
    problems = check_files([path]).problems
    assert len(problems) > 20
    assert all("the id of a known source" in str(problem) for problem in problems)
