"""Tables as CSV: one header line, unit-suffixed column names, empty cells for numbers that do not exist.

Lines that start with ``#`` are comments. A column ending in ``_utc`` or named in `TEXT_COLUMNS` is text; all other
columns are numbers.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, StoreError

Table = dict[str, NDArray[Any]]
"""Column name to array of shape (N,): float64, or str for text."""

TEXT_COLUMNS = frozenset(
    {
        *("mission_id", "site", "family", "status", "plan_id", "kind", "first", "second", "utc", "refused_by", "limit"),
        *("place", "way", "orbiter", "group", "orbit"),
    }
)

_DECIMALS: tuple[tuple[str, int], ...] = (
    ("_km2_s2", 6),
    ("_km_s", 9),
    ("_km", 6),
    ("_m_s", 3),
    ("_deg", 6),
    ("_day", 6),
    ("_s", 3),
    ("_kg", 2),
    ("_tdb", 6),
    ("_n", 0),
)
"""Decimals by unit suffix: a millimetre, a micrometre a second, 4 milliarcseconds, a tenth of a second."""


def decimals(column: str) -> int:
    """Return the decimals with which `column` is written, from the unit in its name."""
    return next((digits for suffix, digits in _DECIMALS if column.endswith(suffix)), 6)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text


def _column(name: str, values: Sequence[Any] | NDArray[Any]) -> tuple[str, list[Any]]:
    """Return a %-format and the cells of a column: one formatting call a row is four times as fast as one a cell."""
    array = np.asarray(values)
    if array.dtype.kind in "US":
        return "%s", [_quoted(str(value)) for value in array]
    if array.dtype.kind in "biu":
        return "%d", array.tolist()
    style = f"%.{decimals(name)}f"
    cells = array.astype(np.float64).tolist()
    if np.isnan(array).any():
        return "%s", ["" if value != value else style % value for value in cells]
    return style, cells


def write_table(path: Path, columns: Mapping[str, Sequence[Any] | NDArray[Any]], comments: Sequence[str] = ()) -> Path:
    """Write `columns` to a CSV file.

    Parameters
    ----------
    path : Path
        File to write.
    columns : mapping of str to sequence
        Columns of equal length, in order.
    comments : sequence of str
        Written before the header, each after ``# ``.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    StoreError
        When the file cannot be written.
    """
    parts = [_column(name, values) for name, values in columns.items()]
    row_format = ",".join(style for style, _ in parts) + "\n"
    rows = zip(*(cells for _, cells in parts), strict=True)
    try:
        with path.open("w", encoding="utf-8", newline="") as stream:
            stream.writelines(f"# {comment}\n" for comment in comments)
            stream.write(",".join(columns) + "\n")
            stream.writelines(row_format % row for row in rows)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; choose a folder that you may write to") from error
    return path


def read_table(path: Path, required: Sequence[str] = ()) -> Table:
    """Read a CSV file written by `write_table`.

    Parameters
    ----------
    path : Path
        The file.
    required : sequence of str
        Columns that must be there.

    Returns
    -------
    Table
        Column name to array; an empty number cell is NaN.

    Raises
    ------
    InputError
        When the file is missing, lacks a column, or holds something else than a number where one belongs.
    """
    try:
        lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {_reason(error)}; run the scenario again to write it") from error
    rows = list(csv.reader(lines))
    header = rows[0] if rows else []
    missing = [name for name in required if name not in header]
    if missing:
        raise InputError(f"{path}: column(s) {', '.join(missing)} missing; found {', '.join(header) or 'nothing'}")
    ragged = next((number for number, row in enumerate(rows, start=1) if len(row) != len(header)), 0)
    if ragged:
        raise InputError(f"{path}: row {ragged} has {len(rows[ragged - 1])} cells, the header has {len(header)}")
    columns = list(zip(*rows[1:], strict=True)) or [()] * len(header)
    return {name: _array(path, name, cells) for name, cells in zip(header, columns, strict=True)}


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "it is no text file"


def is_text(column: str) -> bool:
    """Return whether `column` holds text."""
    return column in TEXT_COLUMNS or column.endswith("_utc")


def _array(path: Path, name: str, cells: Sequence[str]) -> NDArray[Any]:
    if is_text(name):
        return np.array(cells, dtype=np.str_)
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells], dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{path}: column {name} holds something that is no number: {error}") from error
