"""The table of keys in ``scenarios/README.md``, written from the models so that it cannot go stale.

``python -m sim.scenario.key_table scenarios/README.md`` rewrites the part between the two markers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sim.scenario.schema import schema

BEGIN = "<!-- keys: written by python -m sim.scenario.key_table scenarios/README.md -->"
END = "<!-- end of keys -->"

KINDS = {"mission": "Mission file", "plan": "Plan file", "sources": "Sources file"}


def key_table() -> str:
    """Write one Markdown table per kind of file.

    Returns
    -------
    str
        Markdown, ending with a line end.
    """
    parts = []
    for kind, words in KINDS.items():
        found = schema(kind)
        head = f"### {words}\n\n| Key | Value | Unit | Range | Must | Meaning |\n|---|---|---|---|---|---|\n"
        parts.append(head + "".join(f"| {' | '.join(row)} |\n" for row in _rows(found, found, "")))
    return "\n".join(parts)


def with_table(text: str) -> str:
    """Put the table between the markers of a text.

    Parameters
    ----------
    text : str
        Markdown with both markers.

    Returns
    -------
    str
        The same text with the table of today.
    """
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{key_table()}\n{END}{after}"


def _rows(root: dict[str, Any], table: dict[str, Any], prefix: str) -> Iterator[tuple[str, ...]]:
    """Rows of a table of the schema and of the tables below it."""
    required = set(table.get("required", ()))
    for key, node in table["properties"].items():
        target, kind = _target(root, node)
        must = "yes" if key in required else "no"
        name = f"{prefix}{key}" if kind != "list" else f"{prefix}{key}[]"
        if target is None or _is_sourced(target):
            value = _sourced_kind(target) if target else _plain_kind(node)
            yield _row(f"{name}.*" if kind == "free" else name, value, node, must)
        elif kind == "free":
            yield from _rows(root, target, f"{prefix}{key}.*.")
        else:
            yield from _rows(root, target, f"{name}.")


def _row(name: str, value: str, node: dict[str, Any], must: str) -> tuple[str, ...]:
    described = _first(node, "description")
    bounds = (_first(node, "properties") or {}).get("value")
    span = f"{bounds['minimum']:.10g} to {bounds['maximum']:.10g}" if bounds else ""
    return f"`{name}`", value, _first(node, "x-unit") or "", span, must, str(described or "").replace("|", "/")


def _first(node: dict[str, Any], name: str) -> Any:
    """Value of `name` in a node or in the choices below it."""
    if name in node:
        return node[name]
    inner = [*node.get("anyOf", ()), *node.get("allOf", ())]
    inner += node.get("patternProperties", {}).values()
    return next((found for choice in inner if (found := _first(choice, name)) is not None), None)


def _target(root: dict[str, Any], node: dict[str, Any]) -> tuple[dict[str, Any] | None, str]:
    """Table that a node refers to, and whether it is one table, a list of tables or tables under free keys."""
    if "$ref" in node:
        return root["$defs"][node["$ref"].rsplit("/", 1)[1]], "one"
    if isinstance(node.get("items"), dict) and "$ref" in node["items"]:
        return _target(root, node["items"])[0], "list"
    for holder in ("patternProperties", "additionalProperties"):
        inner = node.get(holder)
        inner = next(iter(inner.values()), None) if holder == "patternProperties" and inner else inner
        if isinstance(inner, dict):
            return _target(root, inner)[0], "free"
    for choice in (*node.get("anyOf", ()), *node.get("allOf", ())):
        found = _target(root, choice)
        if found[0] is not None:
            return found
    return None, "one"


def _is_sourced(table: dict[str, Any]) -> bool:
    return {"value", "status"} <= set(table.get("properties", ()))


def _sourced_kind(table: dict[str, Any]) -> str:
    """Kind of value that a table with a source holds."""
    value = table["properties"]["value"]
    if "anyOf" in value:
        return "number or list, sourced"
    return {"number": "number", "integer": "whole number", "string": "text"}[value["type"]] + ", sourced"


def _plain_kind(node: dict[str, Any]) -> str:
    """Kind of value that stands by itself."""
    for choice in (node, *node.get("anyOf", ())):
        if "enum" in choice or "const" in choice:
            return " / ".join(f"`{name}`" for name in choice.get("enum", [choice.get("const")]))
        if choice.get("type") == "array":
            return "list of " + _plain_kind(choice["items"])
        if choice.get("type") == "string":
            return "text"
    return str(node.get("type", ""))


def main(arguments: list[str]) -> None:
    """Rewrite the table in the files given, or print it.

    Parameters
    ----------
    arguments : list of str
        Markdown files; none to print.
    """
    if not arguments:
        print(key_table())
    for name in arguments:
        path = Path(name)
        path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
