"""Where each key of a TOML text stands: `tomllib` keeps no line numbers, and an error without one is half an error.

The scanner reads text that `tomllib` has accepted; on anything it does not understand it stops and keeps what it has,
so that a wrong guess can never hide a real fault. :func:`nesting_fault` runs before `tomllib` and bounds how deep a
text may nest, because five thousand brackets are legal TOML and break a recursive reader.
"""

from __future__ import annotations

import bisect
import contextlib
import itertools
import re
import tomllib
from collections.abc import Iterator

Path = tuple[str | int, ...]
"""Keys and list positions from the root of a file, for example ``("missions", 1, "file")``."""

MAX_DEPTH = 12
"""Brackets inside brackets; the deepest legal scenario value needs two."""

MAX_DOTS = 12
"""Dots in one key or table header."""

_STRING = (
    r'"""(?:\\[\s\S]|"{1,2}(?!")|[^"\\])*"""(?:"{0,2})'
    r"|'''(?:'{1,2}(?!')|[^'])*'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'"
)
_TOKEN = re.compile(rf"(?P<skip>{_STRING}|#[^\n]*)|(?P<mark>[\[\]{{}}=,\n.])")
_TEXT = re.compile(_STRING)
_TRIVIA = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_SCALAR = re.compile(r"[^,\[\]{}#\n\r]+")


class _Lost(Exception):
    """The scanner met something that is not TOML as it knows it."""


def nesting_fault(text: str) -> tuple[int, str] | None:
    """Find the first place where a TOML text nests deeper than any scenario may.

    Parameters
    ----------
    text : str
        TOML, valid or not.

    Returns
    -------
    tuple (int, str) or None
        1-based line and what stands there; None when the nesting is harmless.
    """
    depth = dots = 0
    line, counted = 1, 0
    for match in _TOKEN.finditer(text):
        mark = match["mark"]
        if mark is None:
            continue
        if mark == ".":
            dots += 1
        else:
            dots = 0
            depth = max(depth + (mark in "[{") - (mark in "]}"), 0)
        if depth > MAX_DEPTH or dots > MAX_DOTS:
            line += text.count("\n", counted, match.start())
            return line, f"{depth} nested brackets" if depth > MAX_DEPTH else f"a key with more than {MAX_DOTS} dots"
    return None


def key_lines(text: str) -> dict[Path, int]:
    """Map every key path of a TOML text to the line on which it stands.

    Parameters
    ----------
    text : str
        Text that `tomllib.loads` accepts.

    Returns
    -------
    dict
        Path to 1-based line, tables, list items and leaves included. A table's line is that of the header, inline
        table or dotted key that first names it; an item of a list has the line on which it begins.
    """
    scanner = _Scanner(text)
    # Where the scanner is lost, what it found so far still serves: a missing path falls back to its parent's line.
    with contextlib.suppress(_Lost):
        scanner.document()
    return scanner.lines


def line_of(lines: dict[Path, int], path: Path) -> int:
    """Line of `path`, or of the nearest parent that is known.

    Parameters
    ----------
    lines : dict
        From :func:`key_lines`.
    path : tuple
        Key path, possibly of a key that is missing.

    Returns
    -------
    int
        1-based line; 0 when nothing above is known either.
    """
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0


class _Scanner:
    """One pass over a text; `at` is the offset of the next character."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.lines: dict[Path, int] = {}
        self.table_counts: dict[Path, int] = {}
        self.line_starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def document(self) -> None:
        """Read headers and pairs to the end of the text."""
        prefix: Path = ()
        self.skip(_TRIVIA)
        while self.at < len(self.text):
            if self.text.startswith("[[", self.at):
                prefix = self.header("[[", "]]")
            elif self.text[self.at] == "[":
                prefix = self.header("[", "]")
            else:
                self.pair(prefix)
            self.skip(_TRIVIA)

    def header(self, opening: str, closing: str) -> Path:
        """Read a table header and return the path that its pairs hang under."""
        line = self.line()
        self.at += len(opening)
        parts = self.key()
        self.expect(closing)
        path: Path = ()
        for part in parts[:-1]:
            path = self.enter((*path, part), line)
        path = (*path, parts[-1])
        if opening == "[[":
            self.table_counts[path] = self.table_counts.get(path, 0) + 1
        return self.enter(path, line)

    def enter(self, path: Path, line: int) -> Path:
        """Note a table; step into the latest item when `path` is an array of tables."""
        self.lines.setdefault(path, line)
        if path in self.table_counts:
            path = (*path, self.table_counts[path] - 1)
            self.lines.setdefault(path, line)
        return path

    def pair(self, prefix: Path) -> None:
        """Read ``key = value``."""
        line = self.line()
        parts = self.key()
        self.expect("=")
        self.skip(_BLANK)
        for length in range(1, len(parts) + 1):
            self.lines.setdefault((*prefix, *parts[:length]), line)
        self.value((*prefix, *parts))

    def key(self) -> tuple[str, ...]:
        """Read a bare, quoted or dotted key."""
        parts: list[str] = []
        while True:
            self.skip(_BLANK)
            parts.append(self.key_part())
            self.skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def key_part(self) -> str:
        """Read one part of a key."""
        bare = _BARE_KEY.match(self.text, self.at)
        if bare:
            self.at = bare.end()
            return bare[0]
        # A quoted key obeys the rules of a string value, so the reader of values can decode it.
        try:
            return str(tomllib.loads(f"key = {self.string()}")["key"])
        except ValueError as error:
            raise _Lost from error

    def string(self) -> str:
        """Read a string of any of the four kinds, quotes included."""
        match = _TEXT.match(self.text, self.at)
        if not match:
            raise _Lost
        self.at = match.end()
        return match[0]

    def value(self, path: Path) -> None:
        """Read a value; note what it contains under `path`."""
        opening = self.text[self.at : self.at + 1]
        if opening == "[":
            self.array(path)
        elif opening == "{":
            self.inline_table(path)
        elif opening in {'"', "'"}:
            self.string()
        else:
            match = _SCALAR.match(self.text, self.at)
            if not match:
                raise _Lost
            self.at = match.end()

    def array(self, path: Path) -> None:
        """Read ``[ value, ... ]``, over several lines if need be."""
        for index in self.items("]"):
            self.lines[(*path, index)] = self.line()
            self.value((*path, index))

    def inline_table(self, path: Path) -> None:
        """Read ``{ key = value, ... }``."""
        for _ in self.items("}"):
            self.pair(path)

    def items(self, closing: str) -> Iterator[int]:
        """Stand before each item of a list in turn, until `closing`."""
        self.at += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _Lost
        for index in itertools.count():
            self.skip(_TRIVIA)
            if self.text.startswith(closing, self.at):
                self.at += 1
                self.depth -= 1
                return
            if self.at >= len(self.text):
                raise _Lost
            yield index
            self.skip(_TRIVIA)
            if self.text.startswith(",", self.at):
                self.at += 1

    def skip(self, pattern: re.Pattern[str]) -> None:
        """Step over blanks, and for `_TRIVIA` over line ends and comments."""
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()

    def expect(self, text: str) -> None:
        """Step over `text`."""
        if not self.text.startswith(text, self.at):
            raise _Lost
        self.at += len(text)

    def line(self) -> int:
        """1-based line of the next character."""
        return bisect.bisect_right(self.line_starts, self.at)
