"""Names carry their units: public parameters, returns, fields and constants that hold floating-point numbers.

The compiled core is exempt: its package docstring fixes km, s, rad, kg and TDB for all of it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SIM = Path(__file__).parents[2] / "sim"

UNITS = {
    *(
        "km",
        "m",
        "cm",
        "mm",
        "um",
        "km2",
        "m2",
        "rad",
        "deg",
        "arcsec",
        "mas",
        "kg",
        "n",
        "w",
        "hz",
        "px",
        "inch",
    ),
    *("s", "h", "hour", "min", "day", "year", "utc", "tdb", "tt", "tai", "ut1", "jd", "jd1", "jd2", "date"),
    *("km_s", "m_s", "mm_s", "deg_s", "rad_s", "deg_day", "rad_day", "km_s2", "m_s2", "mm_s2", "kg_s"),
    *("km3_s2", "m3_s2", "km2_s2", "fraction", "share", "ratio", "percent", "count", "index", "revs"),
    *("seconds", "hours", "days", "db", "dbi", "dbw", "dbm", "bit", "byte", "k"),
}
"""What a name may end with; a shorter unit at the end (``_s`` in ``_km_s``) matches as well."""

DIMENSIONLESS = {
    # orbit geometry and gravity
    "ecc", "eccentricity", "inc", "mass_ratio", "flattening", "j2", "j3", "j4", "c20", "zonals", "cosine", "sine",
    # unit vectors, rotation matrices, derivatives and polynomial coefficients
    "axis", "normal", "direction", "pole", "plane", "right", "up", "jacobian", "coefficients",
    # plain mathematics
    "cos", "sin", "sign", "factor", "scale", "weight", "x", "tolerance", "rtol", "pi", "sigmas", "passes",
    "probability",
}  # fmt: skip
"""Words that may end a name: what they name has no unit, or the docstring of its array gives one a column."""

MIXED = {
    *("state", "states", "row", "rows", "value", "values", "array", "arrays", "table"),
    *("record", "records", "constants", "vector", "vectors", "unit", "matrix", "nodata"),
    *("score", "scores", "weights"),
}
"""Words for arrays whose columns differ in unit, (N, 6) km and km/s above all, or that take any unit."""

BARE = {
    *("HANDOVER", "SINGULAR"),  # scaled residuals and shares
    *("SLIPS", "low", "high"),  # bounds of whatever unit the key of a scenario names
}
"""Numbers without a unit whose names do not say so."""

GENERIC_MODULES = {"sim/frames/rotations.py"}
"""Linear algebra on vectors of any unit."""

ANYWHERE = {"fraction", "share", "seconds", "hours", "days", "state", "states"}
"""Words that say enough wherever they stand: `states_moon_icrf`, `seconds_since_epoch`."""

QUALIFIER = re.compile(r"_(?:max|min|mean|first|last|start|stop|icrf|itrf|tod|pa|me|emr|rtn|vnc)$")
"""May follow the unit: a bound, or the axes of a vector."""

PER = re.compile(r"_PER_|_per_")

FLOAT = re.compile(r"\bfloat(?:64|32)?\b|\bFloat(?:s|Array|Like)?\b|\bArrayLike\b|\bVectors?\b|\bMatrices\b")


@dataclass(frozen=True)
class Name:
    """A public name that holds a float."""

    place: str
    owner: str
    name: str

    def __str__(self) -> str:
        return f"{self.place}: {self.owner}: {self.name}"


def _is_float(annotation: ast.expr | None) -> bool:
    """Whether an annotation holds floats; functions that take floats do not."""
    text = "" if annotation is None else ast.unparse(annotation)
    return "Callable" not in text and FLOAT.search(text) is not None


def _carries_unit(name: str) -> bool:
    if name.startswith(("R_", "n_")) or PER.search(name):
        return True
    endings = set()
    for text in (name.lower(), QUALIFIER.sub("", name.lower())):
        words = text.split("_")
        endings |= {"_".join(words[i:]) for i in range(len(words))}
    return bool(endings & (UNITS | DIMENSIONLESS | MIXED)) or bool(ANYWHERE & set(words))


def _public(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if not getattr(node, "name", "x").startswith("_"):
            yield node


def _parameters(function: ast.FunctionDef, place: str, owner: str) -> Iterator[Name]:
    arguments = function.args
    for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
        if _is_float(argument.annotation):
            yield Name(f"{place}:{argument.lineno}", owner, argument.arg)


RETURN_NAME = re.compile(r"^Returns\n-+\n(?P<name>\w+) : ", re.MULTILINE)
UNIT_WORD = re.compile(
    r"\b(km|km/s|m|m/s|rad|deg|radians|degrees|days?|hours|s|seconds|kg|TDB|TAI|TT|UT1|unit|units)\b"
)


def _return(function: ast.FunctionDef, place: str, owner: str) -> Iterator[Name]:
    """What a function returns: named in its docstring, else the function's own name.

    The unit of an array may stand in the docstring's words, because verbs make arrays too (`rotate`, `fit`); that
    of a number stands in the name.
    """
    kind = ast.unparse(function.returns) if function.returns else ""
    if not _is_float(function.returns) or re.match(r"(tuple|dict|list|Mapping)\[", kind):
        return  # several values: each has its own name in the docstring
    text = ast.get_docstring(function) or ""
    if (named := RETURN_NAME.search(text)) is not None:
        yield Name(f"{place}:{function.lineno}", owner, named["name"])
    elif not re.match(r"\w+_from_\w+$", function.name) and ("float" in kind or not UNIT_WORD.search(text)):
        yield Name(f"{place}:{function.lineno}", owner, function.name)


def _in_function(function: ast.FunctionDef, place: str, owner: str) -> Iterator[Name]:
    yield from _parameters(function, place, f"{owner}{function.name}()")
    yield from _return(function, place, f"{owner}{function.name}()")


def _in_class(node: ast.ClassDef, place: str) -> Iterator[Name]:
    for member in _public(node.body):
        if isinstance(member, ast.FunctionDef):
            yield from _in_function(member, place, f"{node.name}.")
        elif isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
            name = member.target.id
            if not name.startswith("_") and _is_float(member.annotation):
                yield Name(f"{place}:{member.lineno}", node.name, name)


def _constants(node: ast.stmt, place: str) -> Iterator[Name]:
    """Module constants: annotated as float, or assigned a literal float."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        literal = isinstance(node.value, ast.Constant) and isinstance(node.value.value, float)
        if (_is_float(node.annotation) or literal) and not node.target.id.startswith("_"):
            yield Name(f"{place}:{node.lineno}", "module", node.target.id)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
        for target in node.targets:
            if isinstance(target, ast.Name) and isinstance(node.value.value, float) and target.id[0] != "_":
                yield Name(f"{place}:{node.lineno}", "module", target.id)


def public_numbers(source: str, place: str) -> Iterator[Name]:
    """All public names of a module that hold floating-point numbers."""
    for node in _public(ast.parse(source).body):
        if isinstance(node, ast.FunctionDef):
            yield from _in_function(node, place, "")
        elif isinstance(node, ast.ClassDef):
            yield from _in_class(node, place)
        else:
            yield from _constants(node, place)


def _is_bound(path: Path) -> bool:
    place = path.relative_to(SIM.parent)
    return place.parts[1] != "core" and place.as_posix() not in GENERIC_MODULES


def _modules() -> list[Path]:
    return sorted(path for path in SIM.rglob("*.py") if _is_bound(path))


def test_every_public_number_carries_its_unit():
    names = [
        name
        for path in _modules()
        for name in public_numbers(path.read_text(encoding="utf-8"), path.relative_to(SIM.parent).as_posix())
        if name.name not in BARE
    ]
    assert len(names) > 100
    bare = [str(name) for name in names if not _carries_unit(name.name)]
    assert not bare, "without a unit suffix:\n" + "\n".join(bare)


@pytest.mark.parametrize(
    ("source", "bare"),
    [
        ("def f(altitude: float) -> None: ...", ["altitude"]),
        ("def f(altitude_km: float, ecc: float) -> None: ...", []),
        ("def f(t: NDArray[np.float64], *, speed: float | None = None) -> None: ...", ["t", "speed"]),
        ("def altitude(x: int) -> float: ...", ["altitude"]),
        ("def altitude_km(x: int) -> float: ...", []),
        ("def tdb_from_utc(x: str) -> float: ...", []),
        ("class A:\n    mass: float\n    thrust_n: float\n    _own: float", ["mass"]),
        ("class A:\n    def f(self, dv: ArrayLike) -> int: ...", ["dv"]),
        ("class _Own:\n    mass: float", []),
        ("RADIUS = 1737.4\nRADIUS_KM = 1737.4\n_RADIUS = 1.0\nCOUNT = 3", ["RADIUS"]),
        ('def f() -> float:\n    """Do.\n\n    Returns\n    -------\n    mass : float\n    """', ["mass"]),
        ('def fit() -> Floats:\n    """Fit."""', ["fit"]),
        ('def fit() -> Floats:\n    """Fit, in km."""', []),
    ],
)
def test_the_search_finds_bare_numbers(source, bare):
    found = [name.name for name in public_numbers(source, "here") if not _carries_unit(name.name)]
    assert found == bare
