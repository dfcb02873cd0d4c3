"""Where the numbers of a file come from: every one needs a status, and sources that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.errors import InputError, ScenarioProblem
from sim.scenario.document import Document, short
from sim.scenario.faults import did_you_mean
from sim.scenario.quantities import STATUSES
from sim.scenario.toml_lines import Path
from sim.sites import launch_site, lunar_site

UNCONFIRMED = "unconfirmed"
"""Quality of a source that nobody could confirm: it may stand beside assumed numbers only."""

MIN_NOTE = 8
"""Shortest note, characters, that can explain anything."""

Sources = Mapping[str, Mapping[str, Any]]
"""Source id to title, url, date and quality."""


def sourced_entries(data: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Find every table that holds a value with its source, in file order.

    Parameters
    ----------
    data : object
        What `tomllib` read, or a part of it.
    path : tuple
        Where that part stands.

    Yields
    ------
    tuple (tuple, dict)
        Key path and table.
    """
    if isinstance(data, dict):
        if "value" in data and "status" in data:
            yield path, data
            return
        for key, inner in data.items():
            if path or key != "sources":
                yield from sourced_entries(inner, (*path, key))
    elif isinstance(data, list):
        for index, inner in enumerate(data):
            yield from sourced_entries(inner, (*path, index))


def all_entries(data: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Find every value with its source, those of the sites that the file names included.

    Parameters
    ----------
    data : object
        What `tomllib` read of a mission or plan file.

    Yields
    ------
    tuple (tuple, dict)
        Key path and table with value, status, source and note.
    """
    yield from sourced_entries(data)
    for table, look_up, keys in (
        ("launch", launch_site, ("latitude_geodetic_deg", "longitude_deg")),
        ("landing", lunar_site, ("latitude_deg", "longitude_deg")),
        ("impact", lunar_site, ("latitude_deg", "longitude_deg")),
    ):
        section = data.get(table) if isinstance(data, dict) else None
        name = section.get("site") if isinstance(section, dict) else None
        if not isinstance(name, str):
            continue
        try:
            site = look_up(name)
        except InputError:
            continue
        for key in keys:
            yield (
                (table, "site", key),
                {
                    "value": getattr(site, key),
                    "status": site.status,
                    "source": list(site.sources),
                    "note": site.note,
                },
            )


def provenance_faults(document: Document, sources: Sources) -> list[ScenarioProblem]:
    """Check status, sources and note of every number of a file.

    Parameters
    ----------
    document : Document
        File.
    sources : mapping
        Sources known to it.

    Returns
    -------
    list of ScenarioProblem
        One per fault.
    """
    problems: list[ScenarioProblem] = []
    for path, entry in sourced_entries(document.data):
        if entry["status"] in STATUSES:
            problems += _note_faults(document, path, entry)
            problems += source_faults(document, path, entry.get("source", []), sources, str(entry["status"]))
    return problems


def source_faults(document: Document, path: Path, ids: object, sources: Sources, status: str) -> list[ScenarioProblem]:
    """Check that source ids exist and may back a status.

    Parameters
    ----------
    document : Document
        File.
    path : tuple
        Table that names them.
    ids : object
        What stands under ``source``.
    sources : mapping
        Sources known.
    status : str
        Status of the value.

    Returns
    -------
    list of ScenarioProblem
        One per fault.
    """
    if not isinstance(ids, list):
        return []
    problems = []
    for index, name in enumerate(ids):
        place = (*path, "source", index)
        if not isinstance(name, str):
            continue
        if name not in sources:
            hint = did_you_mean(name, sources) or "add it to sources.toml or to [sources] of this file"
            problems.append(document.problem(place, short(name), "the id of a known source", hint))
        elif sources[name].get("quality") == UNCONFIRMED and status != "assumed":
            hint = "name a source, or mark the value assumed"
            problems.append(document.problem(place, f"{name}, an unconfirmed source", "a confirmed source", hint))
    return problems


def _note_faults(document: Document, path: Path, entry: dict[str, Any]) -> list[ScenarioProblem]:
    """Assumed and derived values need a reason, all others a source."""
    status, note = entry["status"], entry.get("note", "")
    if status in {"assumed", "derived"}:
        if not isinstance(note, str) or len(note.strip()) >= MIN_NOTE:
            return []
        words = "why this value was assumed" if status == "assumed" else "how the value was derived"
        return [document.problem((*path, "note"), "no note", f"a note saying {words}", f'status is "{status}"')]
    if entry.get("source"):
        return []
    hint = 'name a source, or set status = "assumed" with a note'
    return [document.problem((*path, "source"), "no source", f'one source or more for status "{status}"', hint)]


def value_text(value: object) -> str:
    """Write the value of a number for people.

    Parameters
    ----------
    value : object
        Number, text, or list of numbers.

    Returns
    -------
    str
        Text; items of a list separated by commas.
    """
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
