"""What a run depends on beside its scenario: versions of code and libraries, hashes of data."""

from __future__ import annotations

import functools
import hashlib
import platform
from importlib import metadata
from pathlib import Path

import sim
from sim.ephemeris import Ephemeris

DECIDING_LIBRARIES: tuple[str, ...] = ("numpy", "scipy", "numba", "pyerfa", "jplephem")
"""Libraries that can change the last bits of a result."""

_NOT_DECIDING = frozenset({"analysis", "cases.py", "cli.py", "operations", "products", "scenario", "study"})
_NOT_DECIDING_PARTS = frozenset({"cli.py", "products", "scenario", "study"})
_PACKAGE = Path(sim.__file__).parent


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def versions() -> dict[str, str]:
    """Return the versions of this package, Python and the libraries that decide numbers."""
    found = {"perilune": sim.__version__, "python": platform.python_version()}
    return found | {name: _version(name) for name in (*DECIDING_LIBRARIES, "astropy", "boinor")}


@functools.cache
def code_sha256() -> str:
    """Hash the sources and data of this package that decide launch windows, and the versions of the libraries.

    Results kept by an earlier run count as current only when this hash is the same: an edited source file makes
    them stale without anybody having to think of a version number.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return _code_without(_NOT_DECIDING)


@functools.cache
def part_code_sha256() -> str:
    """Hash the sources and data of this package that decide what a mission does at the Moon.

    Returns
    -------
    str
        64 hexadecimal digits; as `code_sha256`, with operations and analysis.
    """
    return _code_without(_NOT_DECIDING_PARTS)


def _code_without(left_out: frozenset[str]) -> str:
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        place = path.relative_to(_PACKAGE)
        if place.parts[0] in left_out or path.suffix not in {".py", ".toml", ".json"}:
            continue
        digest.update(place.as_posix().encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    for name in DECIDING_LIBRARIES:
        digest.update(f"{name}={_version(name)}\0".encode())
    return digest.hexdigest()


def data_hashes(ephemeris: Ephemeris) -> dict[str, str]:
    """Return data file name to SHA-256.

    Parameters
    ----------
    ephemeris : Ephemeris
        The one used.

    Returns
    -------
    dict of str to str
        The ephemeris, and every data file of this package by its path.
    """
    found = {ephemeris.name: ephemeris.sha256}
    for path in sorted(_PACKAGE.glob("*/data/*")):
        # The ephemeris cut is verified and named above; hashing it again would cost a run a second.
        if path.is_file() and path.parent.parent.name != "ephemeris":
            name = path.relative_to(_PACKAGE).as_posix()
            found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found
