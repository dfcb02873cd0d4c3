"""Any TOML: every key is found on its line, and nothing but a scenario error ever comes out."""

from __future__ import annotations

import string
import tomllib
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.scenario import check_files, load
from sim.scenario.document import MAX_BYTES, read_document
from sim.scenario.toml_lines import MAX_DEPTH, key_lines, line_of, nesting_fault

SHIPPED = Path(__file__).parents[2] / "scenarios"

SCALARS = [
    "1",
    "-0.5e3",
    "true",
    "inf",
    "1979-05-27T07:32:00Z",
    "1979-05-27 07:32:00",
    "07:32:00",
    '""',
    '"a # b, [c] {d} = \\" \\\\"',
    "'C:\\path # \"x\" ['",
    '"""one "" two ""\\""""',
    '"""\n# no comment\n[no.table]\nkey = 1\n"""',
    '"""ends with two quotes"""""',
    "''''quoted' \"\"\" and\n[[no]] ''''",
    "'''ends'''''",
]
GAPS = ["", " ", "\t"]
BREAKS = ["", " ", "\n", "  # comment ] } , ' \"\n", "\n\n  "]


class Writer:
    """Writes TOML in many styles and remembers on which line each leaf stands."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.text = ""
        self.leaves: dict[tuple[str | int, ...], int] = {}
        self.count = 0

    def add(self, text: str) -> None:
        self.text += text

    def pick(self, choices: list[str]) -> str:
        return str(self.draw(st.sampled_from(choices)))

    @property
    def line(self) -> int:
        return self.text.count("\n") + 1

    def key_part(self) -> tuple[str, str]:
        """A new key part: how it is written, and its name."""
        self.count += 1
        name = f"k{self.count}"
        style = self.draw(st.integers(0, 5))
        if style == 0:
            return f'"{name}.a [b] # = \\""', f'{name}.a [b] # = "'
        if style == 1:
            return f"'{name} \"c\" ]'", f'{name} "c" ]'
        if style == 2:
            return f'"{name}\\u00e9\\t"', f"{name}é\t"
        return (f"{self.count}", f"{self.count}") if style == 3 else (name, name)

    def key(self, longest: int = 3) -> tuple[str, tuple[str, ...]]:
        parts = [self.key_part() for _ in range(self.draw(st.integers(1, longest)))]
        dot = self.pick([".", " . ", ". "])
        return dot.join(part[0] for part in parts), tuple(part[1] for part in parts)

    def pair(self, prefix: tuple[str | int, ...], depth: int) -> None:
        written, parts = self.key()
        line = self.line
        self.add(f"{written}{self.pick(GAPS)}={self.pick(GAPS)}")
        self.value((*prefix, *parts), line, depth)

    def value(self, path: tuple[str | int, ...], line: int, depth: int) -> None:
        kind = self.draw(st.integers(0, 3 if depth else 1))
        if kind < 2:
            self.leaves[path] = line
            self.add(self.pick(SCALARS))
        elif kind == 2:
            self.array(path, line, depth - 1)
        else:
            self.inline_table(path, line, depth - 1)

    def array(self, path: tuple[str | int, ...], line: int, depth: int) -> None:
        count = self.draw(st.integers(0, 3))
        if not count:
            self.leaves[path] = line
        self.add("[" + self.pick(BREAKS))
        for index in range(count):
            self.value((*path, index), self.line, depth)
            last = index == count - 1
            self.add(self.pick(BREAKS) + ("" if last and self.draw(st.booleans()) else ",") + self.pick(BREAKS))
        self.add("]")

    def inline_table(self, path: tuple[str | int, ...], line: int, depth: int) -> None:
        count = self.draw(st.integers(0, 3))
        if not count:
            self.leaves[path] = line
        self.add("{" + self.pick(GAPS))
        for index in range(count):
            self.pair(path, depth)
            self.add(self.pick(GAPS) + ("," if index < count - 1 else "") + self.pick(GAPS))
        self.add("}")

    def end_line(self) -> None:
        self.add(self.pick(["", "  # comment [a] = \"'"]) + "\n" + self.pick(["", "\n", "# [[x]]\n"]))

    def pairs(self, prefix: tuple[str | int, ...], least: int) -> None:
        for _ in range(self.draw(st.integers(least, 3))):
            self.add(self.pick(["", "  "]))
            self.pair(prefix, 2)
            self.end_line()

    def table(self, outer_written: str, outer: tuple[str | int, ...], many: bool) -> None:
        """A table or an array of tables, possibly with tables inside."""
        written, parts = self.key(2)
        written = f"{outer_written}.{written}" if outer_written else written
        path = (*outer, *parts)
        for index in range(self.draw(st.integers(1, 3)) if many else 1):
            here = (*path, index) if many else path
            gap = self.pick(GAPS)
            self.add(f"[[{gap}{written}{gap}]]" if many else f"[{gap}{written}{gap}]")
            self.end_line()
            self.pairs(here, 1)
            if self.draw(st.booleans()) and len(outer) < 4:
                self.table(written, here, self.draw(st.booleans()))


@st.composite
def documents(draw: Any) -> tuple[str, dict[tuple[str | int, ...], int]]:
    """TOML text and the line of each of its leaves."""
    writer = Writer(draw)
    writer.pairs((), 0)
    for _ in range(draw(st.integers(0, 3))):
        writer.table("", (), draw(st.booleans()))
    text = writer.text.replace("\n", "\r\n") if draw(st.booleans()) else writer.text
    return text, writer.leaves


def leaves(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of everything that holds nothing else."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    inner = list(items)
    if not inner and path:
        yield path
    for key, value in inner:
        yield from leaves(value, (*path, key))


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_every_leaf_is_found_on_its_line(document: tuple[str, dict[tuple[str | int, ...], int]]) -> None:
    text, expected = document
    assert set(leaves(tomllib.loads(text))) == set(expected)  # the test's own idea of TOML is right
    found = key_lines(text)
    assert {path: found.get(path) for path in expected} == expected


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_every_key_of_the_shipped_files_is_on_its_line(path: Path) -> None:
    document = read_document(str(path))
    lines = path.read_text(encoding="utf-8").splitlines()
    for leaf in leaves(document.data):
        name = next(part for part in reversed(leaf) if isinstance(part, str))
        line = lines[document.lines[leaf] - 1]
        member = isinstance(leaf[-1], int) and f'"{reduce(getitem, leaf, document.data)}"' in line
        assert name in line or member, "the key, or the member of a list that goes over several lines"


def test_a_missing_key_stands_where_its_table_stands() -> None:
    lines = key_lines("a = 1\n[b]\nc = 2\n[[d]]\n[[d]]\ne = 3\n")
    assert line_of(lines, ("b", "x", "y")) == 2
    assert line_of(lines, ("d", 1, "x")) == 5
    assert line_of(lines, ("x",)) == 0


SNIPPETS = ["[", "]", "{", "}", "[[a]]\n", "a = ", "= ", ".", ",", '"', '"""', "'", "'''", "#", "\n", "\r", "1", "nan"]
SNIPPETS += [
    "inf",
    "0x" + "f" * 400,
    "9" * 5000,
    "mission",
    "[mission]\n",
    "[plan]\n",
    "missions",
    "\\u12",
    "é",
    "\0",
    "\\",
]
noise = st.lists(st.one_of(st.sampled_from(SNIPPETS), st.text(string.printable, max_size=5)), max_size=60).map("".join)


@settings(max_examples=300)
@given(noise)
@example("a = [" * 3000)
@example("a.b." * 3000 + "c = 1")
@example("[" * MAX_DEPTH + "]" * MAX_DEPTH)
@example('"\\')
def test_the_scanner_survives_anything(text: str) -> None:
    nesting_fault(text)
    assert all(1 <= line <= text.count("\n") + 1 for line in key_lines(text).values())


@st.composite
def legal_values(draw: Any) -> str:
    """Any TOML value, as text."""
    writer = Writer(draw)
    writer.value((), 1, 3)
    return writer.text


MISSION = (SHIPPED / "luna_25_plan2021.toml").read_text(encoding="utf-8").splitlines(keepends=True)
PLAN = (SHIPPED / "plan_2024.toml").read_text(encoding="utf-8").splitlines(keepends=True)
HUGE = ["0x" + "f" * 400, "9" * 400, "-1e308", "1e-320", "nan", "{ value = 1e999, status = 'flown', source = ['S1'] }"]


@st.composite
def damaged_scenarios(draw: Any) -> str:
    """A shipped file with lines dropped, doubled, swapped, or given another value."""
    lines = list(draw(st.sampled_from([MISSION, PLAN])))
    for _ in range(draw(st.integers(1, 4))):
        index = draw(st.integers(0, len(lines) - 1))
        action = draw(st.integers(0, 5))
        if action == 0:
            lines[index] = ""
        elif action == 1:
            lines[index] *= 2
        elif action == 2:
            other = draw(st.integers(0, len(lines) - 1))
            lines[index], lines[other] = lines[other], lines[index]
        elif action == 3:
            cut = draw(st.integers(0, len(lines[index])))
            lines[index] = lines[index][:cut] + draw(st.text(max_size=3)) + lines[index][cut + 1 :]
        else:
            key = lines[index].partition("=")[0]
            value = draw(st.one_of(legal_values(), st.sampled_from(HUGE)))
            inner = f'{{ value = {value}, status = "flown", source = ["S20"] }}' if action == 4 else value
            lines[index] = f"{key}= {inner}\n" if key.strip() and "[" not in key else lines[index]
    return "".join(lines)


def examine_text(folder: Path, text: str) -> None:
    """Check and load a file: both agree, and only scenario errors come out."""
    path = folder / "fuzz.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass")[: MAX_BYTES + 5])
    report = check_files([path])
    assert "\n" not in "".join(str(problem) for problem in report.problems)
    assert all(len(str(problem)) < 1500 for problem in report.problems)
    try:
        load(path)
    except ScenarioError as error:
        if report.ok:
            assert report.files[0].kind == "sources"
        else:
            assert error.problems
    else:
        assert report.ok


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the shipped files beside the fuzzed one."""
    found = tmp_path_factory.mktemp("fuzz")
    for path in SHIPPED.glob("*.toml"):
        (found / path.name).write_bytes(path.read_bytes())
    return found


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(damaged_scenarios())
def test_damaged_scenarios_raise_scenario_errors_only(folder: Path, text: str) -> None:
    examine_text(folder, text)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(documents().map(lambda document: document[0]), noise))
@example("[mission]\n[plan]\n[sources]\n")
@example("mission = 1\nplan = [[]]\n")
@example("plan = 1")
@example("sources = 1")
@example('[plan]\n[[missions]]\nfile = "fuzz.toml"\n')
@example('[plan]\n[[missions]]\nfile = "/dev/zero"\n')
@example("[mission]\n[[operations]]\n[operations.x]\n")
@example("operations = 5\n[mission]\n[landing]\nsite = 5\n")
@example("couplings = [5]\nmissions = [5]\n[plan]\n")
def test_random_toml_raises_scenario_errors_only(folder: Path, text: str) -> None:
    examine_text(folder, text)
