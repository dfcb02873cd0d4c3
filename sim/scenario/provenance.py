"""Where the numbers of a file come from: every one needs a status, and sources that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    yield from _chosen(data)
    for table, look_up, keys in (
        ("launch", launch_site, ("latitude_geodetic_deg", "longitude_deg")),
        ("landing", lunar_site, ("latitude_deg", "longitude_deg")),
        ("impact", lunar_site, ("latitude_deg", "longitude_deg")),
    ):
        section = data.get(table) if isinstance(data, dict) else None
        name = section.get("site") if isinstance(section, dict) else None
        if not isinstance(name, str):
            continue
        yield from _coordinates((table,), look_up, name, keys)


_HORIZON_NOTES = {
    "flat": "No terrain: a level horizon; that of a smooth sphere where an eye height is given.",
    "synthetic_polar_rim": "Invented hills of 0.2 to 4 deg; no terrain data, it stands for no real place.",
}
RADIO_NOTES = {
    "proximity": "No radio is given: 8 W at 435 MHz, nearly isotropic antennas, 2 Mbit/s at most.",
    "relay": "No radio is given: 20 W in X band into 22 dBi, a dish of 4.2 m on the relay.",
    "downlink": "No radio is given: 20 W in X band into a 0.9 m dish, a station of the 35 m class.",
}


def _chosen(data: Any) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Horizons and radios that stand for what nobody published, and the coordinates of places in the tables."""
    if not isinstance(data, dict) or "at_moon" not in data:
        return
    places = data.get("places", [])
    tables: list[tuple[Path, Any]] = [(("landing",), data.get("landing"))]
    tables += [(("places", index), place) for index, place in enumerate(places)]
    for path, table in tables:
        if not isinstance(table, dict):
            continue
        if not ("horizon_file" in table or "terrain_file" in table):
            name = table.get("horizon", "flat")
            yield (*path, "horizon"), _assumed(str(name), _HORIZON_NOTES.get(str(name), ""))
        if path[0] == "places" and isinstance(table.get("site"), str):
            yield from _coordinates(path, lunar_site, table["site"], ("latitude_deg", "longitude_deg"))
    given = [radio.get("link") for radio in data.get("radios", []) if isinstance(radio, dict)]
    for link, note in RADIO_NOTES.items():
        if link not in given:
            yield ("radios", link), _assumed("preset of the simulator", note)


def _assumed(value: str, note: str) -> dict[str, Any]:
    return {"value": value, "status": "assumed", "source": [], "note": note}


def _coordinates(
    path: Path, look_up: Callable[[str], Any], name: str, keys: tuple[str, ...]
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Coordinates of a site of the tables; nothing for a name that nobody knows, which has been reported."""
    try:
        site = look_up(name)
    except InputError:
        return
    for key in keys:
        entry = {"value": getattr(site, key), "status": site.status, "source": list(site.sources), "note": site.note}
        yield (*path, "site", key), entry


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
