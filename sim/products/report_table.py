"""The form in which tables go into the report and its summary."""

from __future__ import annotations

from sim.products.schema import Json

Row = list[str | float | None]
"""Cells of one row."""


def report_table(title: str, columns: list[tuple[str, int]], rows: list[Row], note: str = "") -> Json:
    """Return a table for the report.

    Parameters
    ----------
    title : str
        Heading.
    columns : list of (str, int)
        Heading of each column and digits of its numbers.
    rows : list of list
        Text, numbers or None.
    note : str
        Below the table.

    Returns
    -------
    dict
        ``title``, ``columns`` (``name`` and ``digits``), ``rows`` and ``note``.
    """
    return {
        "title": title,
        "columns": [{"name": name, "digits": digits} for name, digits in columns],
        "rows": rows,
        "note": note,
    }
