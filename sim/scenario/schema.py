"""JSON Schema of scenario files, for editors and for people."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel

from sim.errors import InputError
from sim.scenario.mission_file import MissionFile
from sim.scenario.plan_file import PlanFile, SourcesFile

_MODELS: dict[str, type[BaseModel]] = {"mission": MissionFile, "plan": PlanFile, "sources": SourcesFile}


def schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema of one kind of file.

    Parameters
    ----------
    kind : str
        ``mission``, ``plan`` or ``sources``.

    Returns
    -------
    dict
        JSON Schema 2020-12; units stand under ``x-unit``.

    Raises
    ------
    InputError
        Another kind.
    """
    if kind not in _MODELS:
        raise InputError(f"no schema for {kind!r}; allowed: {', '.join(_MODELS)}")
    found = _MODELS[kind].model_json_schema(by_alias=True)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"perilune {kind} file"}
    return {**head, **_untitled(found)}


def schema_json(kind: str) -> str:
    """Return the JSON Schema of one kind of file as text.

    Parameters
    ----------
    kind : str
        ``mission``, ``plan`` or ``sources``.

    Returns
    -------
    str
        JSON, indented by two.

    Raises
    ------
    InputError
        Another kind.
    """
    return json.dumps(schema(kind), indent=2, ensure_ascii=False)


def _untitled(node: Any) -> Any:
    """Drop the titles that pydantic makes up from key names; they say nothing."""
    if isinstance(node, dict):
        return {key: _untitled(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    return [_untitled(item) for item in node] if isinstance(node, list) else node
