"""Docstrings agree with signatures: names and their order, a return that is described, errors that are named.

ruff checks that public things have docstrings in numpydoc layout; this holds their words against the code, which
the usual linters do not do for `a, b : float` lines and dataclass fields. A docstring that is one paragraph long
is taken as complete, and so is one without sections in the compiled core, where loops share long signatures.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SIM = Path(__file__).parents[2] / "sim"
SECTION = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n-{3,}\n(?P<body>.*?)(?=^[A-Z][A-Za-z ]+\n-{3,}\n|\Z)", re.M | re.S)
ENTRY = re.compile(r"^(?P<names>[*\w][*\w, ]*?)(?: : .*)?$", re.M)


def sections(docstring: str) -> dict[str, str]:
    return {match["title"]: match["body"] for match in SECTION.finditer(docstring)}


def entries(body: str) -> list[str]:
    """Names documented in a section, in order; `a, b : float` are two."""
    return [name.strip().lstrip("*") for match in ENTRY.finditer(body) for name in match["names"].split(",")]


def _arguments(function: ast.FunctionDef) -> list[str]:
    spec = function.args
    names = [item.arg for item in [*spec.posonlyargs, *spec.args]]
    names += [spec.vararg.arg] if spec.vararg else []
    names += [item.arg for item in spec.kwonlyargs]
    names += [spec.kwarg.arg] if spec.kwarg else []
    return [name for name in names if name not in ("self", "cls") and not name.startswith("_")]


def _is_property(function: ast.FunctionDef) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in function.decorator_list)


def _returns_something(function: ast.FunctionDef) -> bool:
    return function.returns is not None and ast.unparse(function.returns) not in ("None", "NoReturn", "Never")


def _raised(function: ast.FunctionDef) -> set[str]:
    return {
        node.exc.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and isinstance(node.exc.func, ast.Name)
        if not node.exc.func.id.startswith("_")
    }


def function_faults(function: ast.FunctionDef, place: str) -> Iterator[str]:
    """What the docstring of a function says wrongly, or leaves out."""
    text = ast.get_docstring(function) or ""
    found = sections(text)
    if "\n\n" not in text.strip() or (not found and place.startswith("sim/core/")):
        return
    documented, wanted = entries(found.get("Parameters", "")), _arguments(function)
    if documented != wanted:
        yield f"documents the parameters {documented}, the signature has {wanted}"
    described = {"Returns", "Yields"} & set(found)
    if _returns_something(function) and not described and not _is_property(function):
        yield "does not describe what it returns"
    if described and not _returns_something(function):
        yield "describes a return, the signature has none"
    silent = {name for name in _raised(function) if name not in found.get("Raises", "") + found.get("Returns", "")}
    if silent:
        yield f"does not name the errors {sorted(silent)}"


def _fields(node: ast.ClassDef) -> list[str]:
    return [
        item.target.id
        for item in node.body
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and not item.target.id.startswith("_")
        and not ast.unparse(item.annotation).startswith(("ClassVar", "Final"))
    ]


def class_faults(node: ast.ClassDef) -> Iterator[str]:
    """Differences between the fields of a dataclass and what its docstring lists."""
    is_dataclass = any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list)
    found = sections(ast.get_docstring(node) or "")
    listed = entries(found.get("Parameters", "")) or entries(found.get("Attributes", ""))
    if is_dataclass and listed and listed != _fields(node):
        yield f"documents the fields {listed}, the class has {_fields(node)}"


def faults(source: str, place: str) -> Iterator[str]:
    """All differences between docstrings and code of the public things of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield from (f"{place}:{node.lineno}: {node.name}() {fault}" for fault in function_faults(node, place))
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (f"{place}:{node.lineno}: {node.name} {fault}" for fault in class_faults(node))


def test_docstrings_agree_with_the_code():
    found = [
        fault
        for path in sorted(SIM.rglob("*.py"))
        for fault in faults(path.read_text(encoding="utf-8"), path.relative_to(SIM.parent).as_posix())
    ]
    assert not found, "\n".join(found)


DOCUMENTED = '''
def f(a_km: float, b_km: float, *, name: str = "") -> float:
    """Do.

    Parameters
    ----------
    a_km, b_km : float
        Lengths: of two
        sides.
    name : str
        Name.

    Returns
    -------
    float
        km.

    Raises
    ------
    InputError
        Never.
    """
    raise InputError("x")
'''


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("", "", None),
        ("a_km, b_km : float", "b_km, a_km : float", "documents the parameters"),
        ("name : str", "label : str", "documents the parameters"),
        ("\n    name : str\n        Name.", "", "documents the parameters"),
        ("Returns\n    -------\n    float\n        km.\n\n    ", "", "does not describe what it returns"),
        ("-> float", "-> None", "describes a return"),
        ("    InputError\n", "    DataError\n", "does not name the errors"),
    ],
)
def test_the_lint_finds_what_is_wrong(old, new, words):
    found = list(faults(DOCUMENTED.replace(old, new), "here"))
    assert (words is None) == (not found)
    assert words is None or words in found[0]


def test_the_lint_reads_dataclass_fields():
    source = (
        '@dataclass(frozen=True)\nclass A:\n    """Do.\n\n    Attributes\n    ----------\n'
        '    a, b : int\n        X.\n    """\n\n    a: int\n'
    )
    assert list(faults(source, "here")) == ["here:2: A documents the fields ['a', 'b'], the class has ['a']"]
    assert list(faults(source + "    b: int\n", "here")) == []
