"""From what pydantic found wrong to sentences with file, line, key, what was found, what is allowed and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from sim.errors import ScenarioProblem
from sim.scenario.document import Document, short
from sim.scenario.quantities import OUTSIDE, PATTERN_WORDS, Sourced
from sim.scenario.toml_lines import Path

_EXAMPLE = '{ value = 1.0, status = "assumed", note = "why this value" }'
_ALLOWED = {
    "float_type": ("a number", "write it without quotes, with '.' for decimals"),
    "int_type": ("a whole number", "write it without quotes and decimals"),
    "string_type": ("text", "put it in double quotes"),
    "finite_number": ("a finite number", "nan and inf are no values of a mission"),
    "tuple_type": ("a list", "write [ ... ]"),
    "model_type": ("a table", ""),
    "dict_type": ("a table", ""),
}


def nearest(name: str, known: Iterable[str]) -> str:
    """Find the known name that a mistyped one most resembles.

    Parameters
    ----------
    name : str
        What was written.
    known : iterable of str
        Names that exist.

    Returns
    -------
    str
        The nearest name; empty when none is near.
    """
    names = list(known)
    lowered = {candidate.lower(): candidate for candidate in names}
    # A key written without its unit is nearer to that key than any spelling distance says.
    for candidate in names:
        if len(name) > 2 and candidate.lower().startswith(f"{name.lower()}_"):
            return candidate
    near = difflib.get_close_matches(name.lower(), list(lowered), n=1, cutoff=0.6)
    return lowered[near[0]] if near else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint naming the nearest known name.

    Parameters
    ----------
    name : str
        What was written.
    known : iterable of str
        Names that exist.

    Returns
    -------
    str
        Question, or empty.
    """
    near = nearest(name, known)
    return f"did you mean {near}?" if near else ""


def faults_of(document: Document, model: type[BaseModel], error: ValidationError) -> list[ScenarioProblem]:
    """Turn a pydantic error into problems, in the order of the file.

    Parameters
    ----------
    document : Document
        File that was validated.
    model : type of pydantic.BaseModel
        Model of the whole file.
    error : pydantic.ValidationError
        What it found.

    Returns
    -------
    list of ScenarioProblem
        One per fault.
    """
    listed = error.errors(include_url=False)
    meant = {_meant_by(model, details["loc"]) for details in listed if details["type"] == "extra_forbidden"}
    # A mistyped key is one fault, not an unknown key and a missing one.
    told = [details for details in listed if details["type"] != "missing" or details["loc"] not in meant]
    return sorted((_fault(document, model, details) for details in told), key=lambda problem: problem.line)


def _meant_by(model: type[BaseModel], path: Path) -> Path:
    """Path of the known key that an unknown one was probably meant to be."""
    return (*path[:-1], nearest(str(path[-1]), known_keys(model, path[:-1])))


def bad_paths(error: ValidationError) -> frozenset[Path]:
    """Return the key paths at which a pydantic error found faults.

    Parameters
    ----------
    error : pydantic.ValidationError
        What pydantic found.

    Returns
    -------
    frozenset of tuple
        Paths, as in the file.
    """
    return frozenset(tuple(details["loc"]) for details in error.errors(include_url=False, include_input=False))


def _fault(document: Document, model: type[BaseModel], details: Any) -> ScenarioProblem:
    path: Path = tuple(part for part in details["loc"] if part != "[key]")
    kind, context = details["type"], details.get("ctx", {})
    if kind == OUTSIDE:
        place = (*path, *context["at"])
        return document.problem(place, context["found"], context["allowed"], context["hint"])
    path = _without_phantom_index(document.data, path)
    if kind == "missing":
        return _missing(document, model, path)
    if kind == "extra_forbidden":
        return _unknown(document, model, path)
    found = short(_raw(document.data, path))
    if details["loc"][-1:] == ("[key]",):
        return document.problem(path, short(path[-1]), *_allowed_key(path))
    if kind == "literal_error":
        names = str(context["expected"])
        known = [name.strip("'") for name in names.replace(" or ", ", ").split(", ")]
        return document.problem(path, found, names.replace("'", ""), did_you_mean(str(details["input"]), known))
    return document.problem(path, found, *_allowed(model, path, kind, context, details["msg"]))


def _allowed(model: type[BaseModel], path: Path, kind: str, context: Any, message: str) -> tuple[str, str]:
    """Say what is allowed, and a hint, for a value of the wrong type or form."""
    field = field_at(model, path)
    if kind in {"model_type", "dict_type"} and field is not None and _is_sourced(field):
        return "a value with its source", f"write {path[-1]} = {_EXAMPLE}"
    if kind in {"too_short", "string_too_short"}:
        return f"at least {context.get('min_length', 1)} of them", field.description or "" if field else ""
    if kind in {"too_long", "string_too_long"}:
        return f"at most {context.get('max_length')} items or characters", ""
    if kind == "string_pattern_mismatch":
        return PATTERN_WORDS.get(context["pattern"], f"text like {context['pattern']}"), ""
    return _ALLOWED.get(kind, (message, ""))


def _allowed_key(path: Path) -> tuple[str, str]:
    """Say what a free key may look like."""
    if path[0] == "dates":
        return "a key in lower case that ends in _utc", "for example launch_announced_utc"
    return "a source id of letters, digits, '_', '.', '-'", ""


def _missing(document: Document, model: type[BaseModel], path: Path) -> ScenarioProblem:
    field = field_at(model, path)
    words = field.description if field is not None else ""
    key = path[-1]
    if field is None or not words:
        return document.problem(path, "nothing", f"a table [{key}]", "add it; see scenarios/README.md")
    value = _EXAMPLE if _is_sourced(field) else "..."
    return document.problem(path, "nothing", f"a required key: {words[0].lower()}{words[1:]}", f"add {key} = {value}")


def _unknown(document: Document, model: type[BaseModel], path: Path) -> ScenarioProblem:
    known = known_keys(model, path[:-1])
    near = did_you_mean(str(path[-1]), known)
    return document.problem(path, "an unknown key", _some(known), near or "remove it, or see scenarios/README.md")


def _some(known: list[str]) -> str:
    """List of names, cut when long."""
    return ", ".join(known) if len(known) <= 10 else ", ".join(known[:9]) + ", ..."


def known_keys(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that may stand in the table at `path`.

    Parameters
    ----------
    model : type of pydantic.BaseModel
        Model of the whole file.
    path : tuple
        Key path of a table.

    Returns
    -------
    list of str
        Keys, in the order of the model; empty when the path leads to no table.
    """
    table = _model_at(model, path)
    return [field.alias or name for name, field in table.model_fields.items()] if table else []


def field_at(model: type[BaseModel], path: Path) -> FieldInfo | None:
    """Return the field of the models that a key path names.

    Parameters
    ----------
    model : type of pydantic.BaseModel
        Model of the whole file.
    path : tuple
        Key path.

    Returns
    -------
    pydantic.fields.FieldInfo or None
        Its description and type; None when the path names no field.
    """
    names = [index for index, part in enumerate(path) if isinstance(part, str)]
    if not names:
        return None
    table = _model_at(model, path[: names[-1]])
    return _field(table, str(path[names[-1]])) if table else None


def _field(table: type[BaseModel], key: str) -> FieldInfo | None:
    return next((field for name, field in table.model_fields.items() if (field.alias or name) == key), None)


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """Model of the table at `path`; list positions and free keys of dictionaries are stepped over."""
    free_key = False
    table: type[BaseModel] | None = model
    for part in path:
        if isinstance(part, int):
            continue
        if free_key:
            free_key = False
            continue
        field = _field(table, part) if table else None
        if field is None:
            return None
        table = _model_in(field.annotation)
        free_key = get_origin(field.annotation) is dict
    return table


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """First model inside an annotation such as ``Annotated[tuple[Model, ...], ...] | None``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found:
            return found
    return None


def _is_sourced(field: FieldInfo) -> bool:
    table = _model_in(field.annotation)
    return table is not None and issubclass(table, Sourced) and get_origin(field.annotation) is not dict


def _without_phantom_index(data: Any, path: Path) -> Path:
    """Drop the list position that pydantic gives to a lone number, which stands in no list."""
    if len(path) > 1 and isinstance(path[-1], int) and not isinstance(_raw(data, path[:-1]), list):
        return path[:-1]
    return path


def _raw(data: Any, path: Path) -> Any:
    """Value at `path` in what `tomllib` read; None where there is none."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data
