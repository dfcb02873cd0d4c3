"""The shape of the tree: rooms, sizes, what may be imported where, and what must not appear at all.

The order of the layers itself is an import-linter contract in pyproject.toml, run by `.ci/run`.
"""

from __future__ import annotations

import ast
import re
import resource
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SIM = ROOT / "sim"


@dataclass(frozen=True)
class Module:
    """One source file of the package."""

    name: str
    place: str
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return ".".join(self.name.split(".")[:2])


@cache
def modules() -> tuple[Module, ...]:
    found = []
    for path in sorted(SIM.rglob("*.py")):
        place = path.relative_to(ROOT)
        text = path.read_text(encoding="utf-8")
        name = ".".join(place.with_suffix("").parts).removesuffix(".__init__")
        found.append(Module(name, place.as_posix(), text, ast.parse(text)))
    return tuple(found)


def nodes(*kinds: type[ast.AST]) -> Iterator[tuple[Module, ast.AST]]:
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, kinds):
                yield module, node


def at(module: Module, node: ast.AST) -> str:
    return f"{module.place}:{getattr(node, 'lineno', 0)}"


def imported(node: ast.AST) -> Iterator[str]:
    """Dotted names that an import statement binds or loads."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        yield node.module
        yield from (f"{node.module}.{alias.name}" for alias in node.names)


# --- sizes ----------------------------------------------------------------------------------------------------


def test_no_module_is_past_500_lines():
    long = {module.place: module.text.count("\n") for module in modules() if module.text.count("\n") > 500}
    assert not long


def _code_lines(module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the signature to the end, without docstring, blank lines and comments."""
    lines = dict(enumerate(module.text.splitlines(), start=1))
    documented = ast.get_docstring(function, clean=False) is not None
    skipped = range(function.body[0].lineno, (function.body[0].end_lineno or 0) + 1) if documented else range(0)
    own = (lines[i].strip() for i in range(function.lineno, (function.end_lineno or 0) + 1) if i not in skipped)
    return sum(1 for line in own if line and not line.startswith("#"))


def test_functions_are_small():
    sizes = {
        f"{at(module, node)} {node.name}": _code_lines(module, node)
        for module, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(sizes) > 50
    ordered = sorted(sizes.values())
    assert statistics.median(ordered) <= 10
    assert ordered[int(0.9 * len(ordered))] < 30
    assert not {name: size for name, size in sizes.items() if size > 80}


def test_rooms_are_one_level_deep_and_named_for_their_job():
    vague = re.compile(r"^(utils?|misc|helpers?|common|tools?|.*lib)$")
    deep = [module.place for module in modules() if len(Path(module.place).parts) > 3]
    empty = [module.place for module in modules() if any(vague.match(part) for part in module.name.split("."))]
    assert not deep
    assert not empty


# --- imports ---------------------------------------------------------------------------------------------------

ONLY_IN = {
    "matplotlib": {"sim.products"},
    "plotly": {"sim.products"},
    "jinja2": {"sim.products"},
    "pydantic": {"sim.scenario"},
    "pydantic_core": {"sim.scenario"},
    "tomllib": {"sim.scenario", "sim.sites"},
    "typer": {"sim.cli"},
    "rich": {"sim.cli"},
    "numba": {"sim.core"},
    "sqlite3": {"sim.store"},
    "multiprocessing": {"sim.study"},
    "signal": {"sim.study"},
    "subprocess": {"sim.study"},
    "astropy.units": {"sim.scenario", "sim.analysis", "sim.products", "sim.study", "sim.cli"},
}
"""Package to the rooms that may import it."""

NEVER = {
    *("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml", "pyarrow"),
    *("socket", "http", "urllib", "requests", "httpx", "urllib3", "ftplib", "smtplib", "xmlrpc"),
}
"""Not in the package: pickles run code when read; the simulator never uses a network."""


def test_packages_are_imported_in_their_room_only():
    wrong = []
    for module, node in nodes(ast.Import, ast.ImportFrom):
        for name in imported(node):
            for package, rooms in ONLY_IN.items():
                if (name == package or name.startswith(package + ".")) and module.room not in rooms:
                    wrong.append(f"{at(module, node)} imports {name}; allowed in {sorted(rooms)}")
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_what_must_never_be_imported_is_not():
    wrong = [
        f"{at(module, node)} imports {name}"
        for module, node in nodes(ast.Import, ast.ImportFrom)
        for name in imported(node)
        if name.split(".")[0] in NEVER
    ]
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_the_core_imports_numpy_numba_and_the_standard_library_only():
    allowed = {"numpy", "numba", "llvmlite", "sim", *sys.stdlib_module_names}
    wrong = [
        f"{at(module, node)} imports {name}"
        for module, node in nodes(ast.Import, ast.ImportFrom)
        if module.room == "sim.core"
        for name in imported(node)
        if name.split(".")[0] not in allowed
    ]
    assert not wrong


def test_an_import_inside_a_function_says_why():
    """Such an import hides a dependency; a comment beside it, or on the line above, gives the reason."""
    silent = []
    for module, function in nodes(ast.FunctionDef, ast.AsyncFunctionDef):
        lines = module.text.splitlines()
        last_explained = -2
        for node in ast.walk(function):
            if not isinstance(node, ast.Import | ast.ImportFrom):
                continue
            around = lines[node.lineno - 2 : node.end_lineno]
            if any("#" in line for line in around) or node.lineno == last_explained + 1:
                last_explained = node.end_lineno or node.lineno
            else:
                silent.append(at(module, node))
    assert not silent, "\n".join(sorted(set(silent)))


def _loaded_by(statement: str) -> list[str]:
    heavy = ("numpy", "numba", "scipy", "astropy", "erfa", "matplotlib", "plotly", "pandas", "boinor", "xarray")
    code = f"import sys; {statement}; print(*[name for name in {heavy!r} if name in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return result.stdout.split()


def test_importing_sim_loads_nothing():
    assert _loaded_by("import sim") == []


@pytest.mark.parametrize("room", ["sim.cli", "sim.scenario", "sim.errors", "sim.store", "sim.spacecraft"])
def test_what_check_needs_is_light(room):
    """`perilune check` answers in half a second: no compiler, no plotting, no large astronomy package."""
    assert set(_loaded_by(f"import {room}")) <= {"numpy", "erfa"}


def _cpu_seconds(code: str, enough_s: float = 0.0) -> float:
    """Processor time, best of ten or the first that is good enough: a busy machine makes some of them slow."""
    best = float("inf")
    for _ in range(10):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        best = min(best, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
        if best < enough_s:
            break
    return best


def test_importing_sim_takes_no_time():
    # Measured 1 ms over the bare interpreter.
    limit_s = _cpu_seconds("pass") + 0.3
    assert _cpu_seconds("import sim", limit_s) < limit_s


# --- what must not appear ----------------------------------------------------------------------------------------


def test_no_source_lets_the_compiler_reorder_or_drop_nan():
    wrong = [at(module, node) for module, node in nodes(ast.keyword) if getattr(node, "arg", None) == "fastmath"]
    assert not wrong


def test_no_source_runs_text_as_code():
    wrong = [
        f"{at(module, node)} {node.func.id}"
        for module, node in nodes(ast.Call)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("eval", "exec", "compile")
    ]
    wrong += [
        f"{at(module, node)} allow_pickle"
        for module, node in nodes(ast.keyword)
        if isinstance(node, ast.keyword)
        and node.arg == "allow_pickle"
        and not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]
    assert not wrong


BLAS = {"dot", "matmul", "vdot", "inner", "tensordot"}
TRAJECTORY_ROOMS = {"sim.core", "sim.dynamics", "sim.propagation", "sim.ephemeris", "sim.frames", "sim.transfer"}


def test_no_blas_on_the_way_of_a_trajectory():
    """BLAS gives other last bits for other batch sizes; so does einsum with optimize."""
    wrong = []
    for module, node in nodes(ast.BinOp, ast.Call, ast.keyword):
        if module.room not in TRAJECTORY_ROOMS:
            continue
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            wrong.append(f"{at(module, node)} @")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            base = node.func.value
            if isinstance(base, ast.Name) and base.id in ("np", "numpy") and node.func.attr in BLAS:
                wrong.append(f"{at(module, node)} np.{node.func.attr}")
        elif isinstance(node, ast.keyword) and node.arg == "optimize":
            wrong.append(f"{at(module, node.value)} optimize=")
    assert not wrong, "\n".join(wrong)


# --- the repository ------------------------------------------------------------------------------------------------

MACHINE = re.compile(
    "|".join(
        (
            r"/(?:root|opt|work|mnt|srv)/\w",  # folders of one machine
            r"/home/(?!user\b)\w",
            r"file:/{2,3}\w",
            r"\b(?:pypi|test\.pypi)\.org/simple",
            r"pythonhosted",
            r"\b(?:artifactory|nexus|devpi)\b",
            r"(?:extra-)?index-" + "url",
            r"--(?:find-links|trusted-host)",
        )
    ),
    re.IGNORECASE,
)


@cache
def tracked_files() -> tuple[Path, ...]:
    """What git tracks; in an unpacked source archive, every file."""
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, cwd=ROOT, check=False)
    if listed.returncode == 0:
        return tuple(ROOT / name for name in listed.stdout.decode().split("\0") if name)
    return tuple(path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts)


def _texts() -> Iterator[tuple[str, str]]:
    for path in tracked_files():
        # The patterns themselves stand in this file.
        if path == Path(__file__) or not path.is_file():
            continue
        try:
            yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # binary data


def test_no_tracked_file_names_one_machine_or_a_package_index():
    wrong = [
        f"{place}:{number}: {line.strip()[:100]}"
        for place, text in _texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE.search(line)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_top_of_the_tree_holds_what_the_readme_says():
    allowed = {"sim", "scenarios", "benchmarks", "tests", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"}
    top = {path.relative_to(ROOT).parts[0] for path in tracked_files()}
    assert {name for name in top if not name.startswith(".")} <= allowed


# --- packaging -----------------------------------------------------------------------------------------------------


@cache
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _pins() -> dict[str, list[str]]:
    pins: dict[str, list[str]] = {}
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(r'([A-Za-z0-9_.-]+)==([\w.+!]+)( ; python_version (?:<|>=|==) "3\.\d+")?', line)
        assert match, f"constraints.txt: {line!r} is no `name==version` with an optional Python marker"
        pins.setdefault(_normal(match[1]), []).append(match[3] or "")
    return pins


def test_constraints_pin_every_direct_dependency_once_a_python():
    pins = _pins()
    extras = project()["project"]["optional-dependencies"]
    # Peers live in environments of their own, never beside the project; each record says which version it measured.
    beside = [items for name, items in extras.items() if not name.startswith("peer-")]
    wanted = [*project()["project"]["dependencies"], *(item for items in beside for item in items)]
    names = {_normal(re.split(r"[\s<>=!~;\[]", item)[0]) for item in wanted}
    assert names <= set(pins), f"not pinned: {sorted(names - set(pins))}; run .ci/freeze"
    for name, markers in pins.items():
        assert len(markers) == len(set(markers)), f"{name} is pinned twice"
        assert len(markers) == 1 or "" not in markers, f"{name} is pinned with and without a marker"


def test_every_room_stands_in_the_layers():
    (layers,) = (item for item in project()["tool"]["importlinter"]["contracts"] if item["type"] == "layers")
    named = {name.strip(" ()") for layer in layers["layers"] for name in layer.split("|")}
    rooms = {module.room.removeprefix("sim.") for module in modules()} - {"sim"}
    assert rooms <= named
    assert layers["exhaustive"] is True
