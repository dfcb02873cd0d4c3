"""Check of JSON documents against the part of JSON Schema (draft 2020-12) that `summary.schema.json` uses.

Known words: ``type``, ``required``, ``properties``, ``additionalProperties`` (a schema), ``items``, ``enum``, ``const``
and ``$ref`` into ``$defs``. A schema with any other constraining word is refused, so that nothing passes unchecked.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from sim.errors import InputError

Json = dict[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
_NOTES = frozenset({"$schema", "$id", "$defs", "title", "description"})
_CHECKS = frozenset({"type", "required", "properties", "additionalProperties", "items", "enum", "const", "$ref"})


def summary_schema() -> Json:
    """Return the JSON Schema of ``summary.json``."""
    text = files("sim.products").joinpath("summary.schema.json").read_text(encoding="utf-8")
    schema: Json = json.loads(text)
    return schema


def faults(document: Any, schema: Json, root: Json | None = None, place: str = "$") -> list[str]:
    """List where `document` departs from `schema`.

    Parameters
    ----------
    document : object
        Parsed JSON.
    schema : dict
        The schema, or a part of it.
    root : dict, optional
        The whole schema, for ``$ref``.
    place : str
        Path of `document` in the whole.

    Returns
    -------
    list of str
        One sentence each, empty when all is well.

    Raises
    ------
    InputError
        When the schema uses a word that is not known here.
    """
    root = schema if root is None else root
    unknown = set(schema) - _NOTES - _CHECKS
    if unknown:
        raise InputError(f"schema word(s) {', '.join(sorted(unknown))} at {place} are not supported")
    if "$ref" in schema:
        return faults(document, root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root, place)
    found = _value_faults(document, schema, place)
    if found:
        return found
    if isinstance(document, dict):
        return _object_faults(document, schema, root, place)
    if isinstance(document, list) and "items" in schema:
        return [f for i, item in enumerate(document) for f in faults(item, schema["items"], root, f"{place}[{i}]")]
    return []


def _is(document: Any, name: str) -> bool:
    if isinstance(document, bool):
        return name == "boolean"
    return isinstance(document, _TYPES[name])


def _value_faults(document: Any, schema: Json, place: str) -> list[str]:
    wanted = schema.get("type", list(_TYPES))
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    if not any(_is(document, name) for name in names):
        return [f"{place}: found {type(document).__name__}, allowed: {' or '.join(names)}"]
    if "enum" in schema and document not in schema["enum"]:
        return [f"{place}: found {document!r}, allowed: {', '.join(map(repr, schema['enum']))}"]
    if "const" in schema and document != schema["const"]:
        return [f"{place}: found {document!r}, allowed: {schema['const']!r}"]
    return []


def _object_faults(document: Json, schema: Json, root: Json, place: str) -> list[str]:
    found = [f"{place}.{key}: missing" for key in schema.get("required", ()) if key not in document]
    properties = schema.get("properties", {})
    other = schema.get("additionalProperties")
    for key, value in document.items():
        part = properties.get(key, other)
        if isinstance(part, dict):
            found += faults(value, part, root, f"{place}.{key}")
    return found
