"""One TOML file, read and bounded before anything looks inside."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path as FilePath
from typing import Any

from sim.errors import ScenarioError, ScenarioProblem
from sim.scenario.toml_lines import Path, key_lines, line_of, nesting_fault

MAX_BYTES = 262_144
"""Largest scenario file read; the longest one shipped has a twentieth of it."""

_AT_LINE = re.compile(r"\s*\(at line (\d+), column (\d+)\)$")

_SYNTAX_HINTS = (
    ("\\n", "close the text with a quote on the same line"),
    ("overwrite", "the key stands twice; remove one"),
    ("twice", "the table stands twice; remove one"),
    ("Expected '='", "use '.' for decimals and quotes around text"),
)
"""Part of tomllib's message, and what to do."""


@dataclass(frozen=True)
class Document:
    """A TOML file and where its keys stand.

    Attributes
    ----------
    path : str
        As the user gave it.
    data : dict
        What `tomllib` read.
    lines : dict
        Key path to line.
    """

    path: str
    data: dict[str, Any]
    lines: dict[Path, int] = field(default_factory=dict)

    def problem(self, key: Path, found: str, allowed: str, hint: str = "") -> ScenarioProblem:
        """Describe a fault at `key`.

        Parameters
        ----------
        key : tuple
            Key path; its line, or that of the nearest parent, is looked up.
        found, allowed, hint : str
            See `sim.errors.ScenarioProblem`.

        Returns
        -------
        ScenarioProblem
            With file and line.
        """
        # What is missing at the top of a file stands nowhere; the first line is where a reader looks.
        line = line_of(self.lines, key) or (1 if key else 0)
        return ScenarioProblem(self.path, line, dotted(key), found, allowed, hint)


def dotted(key: Path) -> str:
    """Write a key path as text, ``operations[1].duration_day``.

    List positions count from 1, and the ``value`` inside the table of a number goes unsaid.

    Parameters
    ----------
    key : tuple
        Key path.

    Returns
    -------
    str
        Dotted key; ``file`` for the empty path.
    """
    text = ""
    for part in key:
        if part == "value" and text:
            continue
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "file"


def short(value: object, width: int = 60) -> str:
    """Write a found value in one short line.

    Parameters
    ----------
    value : object
        What stood in the file.
    width : int
        Longest text.

    Returns
    -------
    str
        Its text, cut in the middle when too long.
    """
    if isinstance(value, dict):
        text = "a table with " + (", ".join(str(key) for key in list(value)[:6]) or "nothing in it")
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        text = f"a list of {len(value)} items"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int) and value.bit_length() > 200:
        text = f"a whole number of {value.bit_length()} bits"
    elif isinstance(value, (date, time)):
        text = value.isoformat()
    else:
        text = repr(value)
    text = text.replace("\n", " ")
    return text if len(text) <= width else f"{text[: width - 12]} ... {text[-7:]}"


def read_document(path: str) -> Document:
    """Read one TOML file.

    Parameters
    ----------
    path : str
        File to read.

    Returns
    -------
    Document
        Its content and lines.

    Raises
    ------
    ScenarioError
        The file is missing, not a plain file, too large, not UTF-8, too deeply nested or not TOML.
    """
    text = _text(path)
    deep = nesting_fault(text)
    if deep:
        raise _error(path, deep[0], deep[1], "at most 12 levels", "write flat tables; see scenarios/README.md")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise _syntax_error(path, str(error), text) from error
    return Document(path, data, key_lines(text))


def _text(path: str) -> str:
    """Content of a file as text, bounded."""
    try:
        file = FilePath(path)
        # Devices and pipes may never end; only plain files are scenarios.
        if file.exists() and not file.is_file():
            raise _error(path, 0, "a folder or device", "a TOML file", "give the path of a .toml file")
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _error(path, 0, reason.lower(), "a readable TOML file", "check the path") from error
    if len(raw) > MAX_BYTES:
        raise _error(path, 0, f"more than {MAX_BYTES} bytes", f"at most {MAX_BYTES} bytes", "is this a scenario?")
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")  # a byte order mark, as some editors write
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{raw[error.start]:02x}, which is not UTF-8"
        raise _error(path, line, found, "UTF-8 text", "save the file as UTF-8") from error


def _syntax_error(path: str, message: str, text: str) -> ScenarioError:
    """Error for a text that `tomllib` refuses, with the line it names."""
    match = _AT_LINE.search(message)
    line = int(match[1]) if match else text.count("\n") + 1 if "end of document" in message else 0
    found = _AT_LINE.sub("", message).replace(" (at end of document)", " at the end of the file")
    hint = next((words for sign, words in _SYNTAX_HINTS if sign in found), "put text and dates in quotes")
    return _error(path, line, f"bad TOML: {short_text(found)}", "TOML 1.0", hint)


def short_text(text: str, width: int = 90) -> str:
    """Cut a message to `width` characters on one line.

    Parameters
    ----------
    text : str
        Message.
    width : int
        Longest text.

    Returns
    -------
    str
        Message on one line.
    """
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 4] + " ..."


def _error(path: str, line: int, found: str, allowed: str, hint: str) -> ScenarioError:
    return ScenarioError([ScenarioProblem(path, line, "file", found, allowed, hint)])
