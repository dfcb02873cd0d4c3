"""Rules that hold for every test: no network, no window system, reproducible random data, recorded accuracy.

Measured accuracies go to ``tests/.results/accuracy.jsonl`` (another place: the environment variable
``PERILUNE_ACCURACY_FILE``), one JSON object a line, started anew by each run. The README's table is made
from it.

The cache of compiled code (``PERILUNE_CACHE_DIR``) is left at the user's default on purpose: what an earlier
run compiled stays warm.
"""

from __future__ import annotations

import ipaddress
import json
import math
import os
import platform
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from sim.ephemeris import open_ephemeris

os.environ["MPLBACKEND"] = "Agg"

# Same examples on every machine and in every run; wall-clock deadlines fail on busy machines without a fault.
settings.register_profile("perilune", derandomize=True, deadline=None, database=None)
settings.load_profile("perilune")

ACCURACY_FILE = Path(
    os.environ.get("PERILUNE_ACCURACY_FILE") or Path(__file__).parent / ".results" / "accuracy.jsonl"
)

RecordAccuracy = Callable[[str, str, str, float, str, float], None]


class NetworkBlockedError(RuntimeError):
    """A test tried to reach another machine; no OSError, so that no library takes it for a bad connection."""


def _is_local(host: object) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _guard(name: str, address_index: int) -> Callable[..., Any]:
    original = getattr(socket.socket, name)

    def guarded(self: socket.socket, *args: Any) -> Any:
        address = args[address_index]
        local_family = self.family == getattr(socket, "AF_UNIX", None)
        if not local_family and not (isinstance(address, tuple) and _is_local(address[0])):
            raise NetworkBlockedError(f"socket.{name}({address!r}): tests run without network")
        return original(self, *args)

    return guarded


def _guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    if not _is_local(host):
        raise NetworkBlockedError(f"look-up of host {host!r}: tests run without network")
    return _GETADDRINFO(host, *args, **kwargs)


# Set when this file is read, so that the collection of tests (imports) is covered too.
_GETADDRINFO = socket.getaddrinfo
socket.getaddrinfo = _guarded_getaddrinfo
for _name, _index in (("connect", 0), ("connect_ex", 0), ("sendto", -1)):
    setattr(socket.socket, _name, _guard(_name, _index))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start the accuracy file anew: once a run, not once a worker."""
    if not hasattr(session.config, "workerinput"):
        ACCURACY_FILE.parent.mkdir(parents=True, exist_ok=True)
        ACCURACY_FILE.write_text("", encoding="utf-8")


def _append_line(path: Path, line: str) -> None:
    """Append in one system call, so that lines of parallel workers do not mix."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


@pytest.fixture
def record_accuracy(request: pytest.FixtureRequest) -> RecordAccuracy:
    """Write one measured accuracy into the results file and hold it against its tolerance.

    Call it as ``record_accuracy(case, reference, quantity, measured, unit, tolerance)``. It fails unless
    ``measured`` is finite and ``abs(measured) <= tolerance``: what is recorded is also tested, and a NaN
    never passes. For a quantity that should be large (a share of converged cases), record what is missing.
    """

    def record(
        case: str, reference: str, quantity: str, measured: float, unit: str, tolerance: float
    ) -> None:
        measured, tolerance = float(measured), float(tolerance)
        finite = math.isfinite(measured)
        row = {
            "case": case,
            "reference": reference,
            "quantity": quantity,
            "measured": measured if finite else repr(measured),
            "unit": unit,
            "tolerance": tolerance,
            "passed": finite and abs(measured) <= tolerance,
            "test": request.node.nodeid,
            "python": platform.python_version(),
        }
        _append_line(ACCURACY_FILE, json.dumps(row, allow_nan=False) + "\n")
        if not row["passed"]:
            pytest.fail(f"{case}, {quantity} against {reference}: {measured:.6g} > {tolerance:.6g} {unit}")

    return record


@pytest.fixture
def accuracy_file() -> Path:
    """Path of the results file of this run."""
    return ACCURACY_FILE


def _records() -> Iterator[dict[str, Any]]:
    if ACCURACY_FILE.is_file():
        for line in ACCURACY_FILE.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many accuracies were measured, and which one is nearest to its tolerance."""
    rows = [row for row in _records() if row["passed"] and row["tolerance"] > 0.0]
    if not rows:
        return
    worst = max(rows, key=lambda row: abs(row["measured"]) / row["tolerance"])
    share = abs(worst["measured"]) / worst["tolerance"]
    terminalreporter.write_line(
        f"{len(rows)} accuracies within tolerance, recorded in {ACCURACY_FILE}; "
        f"nearest to its limit ({share:.0%}): {worst['case']}, {worst['quantity']}"
    )


def _spoil(states: Any, t0: Any, t1: Any, row: int, kind: int, random: Any) -> None:
    if kind == 0:
        states[row, random.integers(6)] = math.nan
    elif kind == 1:
        states[row, random.integers(6)] = math.inf
    elif kind == 2:
        states[row, :3] = 0.0
    elif kind == 3:
        t0[row] = math.nan
    elif kind == 4:
        t1[row] = 1e12
    elif kind == 5:
        states[row, :3] *= 1e-4
    elif kind == 6:
        states[row] = 0.0
    elif kind == 7:
        states[row] *= 1e200
    else:
        states[row, :3] = open_ephemeris().position_km("moon", "earth", t0[row : row + 1])[0]


@pytest.fixture(scope="session")
def spoil() -> Callable[..., None]:
    """``spoil(states, t0, t1, row, kind, random)`` makes a row unusable, or at least strange; kinds 0 to 8."""
    return _spoil


@pytest.fixture(scope="session")
def uncompiled() -> Callable[[str, Path], Any]:
    """``uncompiled(code, folder)`` runs code beside a folder's modules without the compiler; returns its JSON."""

    def run(code: str, folder: Path) -> Any:
        path = os.pathsep.join([str(folder), str(Path(__file__).parents[1])])
        environment = {**os.environ, "PERILUNE_DISABLE_JIT": "1", "PYTHONPATH": path}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    return run
