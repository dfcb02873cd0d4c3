"""Peers that live in environments of their own: a process each, fed by files, timed inside, asked in turn.

The interpreter of a tool's environment is given as ``--interpreter TOOL=PATH`` or in the environment variable
``PERILUNE_PEER_<TOOL>``; where neither is there and this interpreter has the tool's package, this one is used. The
extras ``peer-orekit``, ``peer-nyx``, ``peer-kiam`` and ``peer-gmat`` hold what to install there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.peer_files import (
    Offset,
    World,
    no_offset,
    tdb_minus_tt_s,
    write_axes,
    write_gm_kernel,
    write_jpl_binary,
    write_spk,
)
from sim.ephemeris import open_ephemeris

FloatArray = npt.NDArray[np.float64]
ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True)
class Kind:
    """A peer.

    Attributes
    ----------
    module : str
        What its environment must have.
    warm_s : float
        Seconds of work before anything is timed: just-in-time compilers go on for a while.
    offset : callable
        Time that it asks its ephemeris for, less the time that it integrates in.
    since_j2000 : bool
        It asks its ephemeris for that epoch as well.
    """

    module: str
    warm_s: float = 0.5
    offset: Offset = no_offset
    since_j2000: bool = False


KINDS: Final = {
    "orekit": Kind("orekit_jpype", 8.0, tdb_minus_tt_s),
    "nyx": Kind("nyx_space"),
    "kiam": Kind("kiam_astro"),
    "gmat": Kind("gmatpy", 0.5, tdb_minus_tt_s, True),
}
"""By the name of the tool and of its module in :mod:`benchmarks.peer_workers`."""

PATIENCE_S: Final = 180.0
"""Wall clock that a peer has for one answer."""

INTERPRETERS: dict[str, str] = {}
"""What ``--interpreter`` named."""


class PeerError(RuntimeError):
    """A peer cannot be started or gave up."""


def name_interpreter(text: str) -> None:
    """Remember an interpreter.

    Parameters
    ----------
    text : str
        ``TOOL=PATH``.

    Raises
    ------
    PeerError
        Unknown tool, or no such file.
    """
    tool, _, path = text.partition("=")
    if tool not in KINDS or not Path(path).is_file():
        raise PeerError(f"--interpreter {text}: allowed are TOOL=PATH, a tool of {', '.join(KINDS)} and a file")
    INTERPRETERS[tool] = path


def interpreter(tool: str) -> str | None:
    """Interpreter of a tool's environment.

    Parameters
    ----------
    tool : str
        Name.

    Returns
    -------
    str or None
        None when nothing names one and this one has not the package.
    """
    named = INTERPRETERS.get(tool) or os.environ.get(f"PERILUNE_PEER_{tool.upper()}")
    return named or (sys.executable if find_spec(KINDS[tool].module) else None)


def worker_arguments(tool: str) -> list[str]:
    """Arguments with which a tool's interpreter runs its worker.

    Parameters
    ----------
    tool : str
        Name.

    Returns
    -------
    list of str
    """
    return ["-m", f"benchmarks.peer_workers.{tool}"]


class Peer:
    """A peer with its inputs; its processor time is what its own process measures.

    Parameters
    ----------
    tool : str
        One of :data:`KINDS`.
    states, t0_tdb : numpy.ndarray (N, 6), (N,)
        Starts, km and km/s relative to the centre.
    span_s : float
        Length of the arcs.
    problem : mapping
        What else the worker has to know; see its module.
    files : mapping of str to bytes
        Further files by name.

    Raises
    ------
    PeerError
        No interpreter, or the process ended.
    """

    def __init__(
        self,
        tool: str,
        states: FloatArray,
        t0_tdb: FloatArray,
        span_s: float,
        problem: Mapping[str, Any] | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> None:
        path = interpreter(tool)
        if path is None:
            raise PeerError(
                f"{tool}: no interpreter with {KINDS[tool].module}; make an environment with the extra peer-{tool} and "
                f"name its interpreter: --interpreter {tool}=PATH or PERILUNE_PEER_{tool.upper()}"
            )
        self.tool, self.count = tool, len(states)
        self.folder = tempfile.TemporaryDirectory(prefix=f"peer-{tool}-")
        folder = Path(self.folder.name)
        ends = t0_tdb + span_s
        kind = KINDS[tool]
        world = World(min(t0_tdb.min(), ends.min()), max(t0_tdb.max(), ends.max()), kind.offset)
        write_spk(world, folder / "world.bsp")
        write_jpl_binary(replace(world, start_tdb=0.0) if kind.since_j2000 else world, folder / "world.440")
        write_gm_kernel(folder / "gm.tpc")
        write_axes(world, folder / "axes.bpc")
        for name, data in (files or {}).items():
            (folder / name).write_bytes(data)
        np.savez(folder / "rows.npz", states=states, t0_tdb=t0_tdb)
        gm = open_ephemeris().gm_km3_s2
        known: dict[str, Any] = {"span_s": span_s, "gm_kernel": "gm.tpc"}
        known |= {"spk": "world.bsp", "jpl_binary": "world.440", "axes_pck": "axes.bpc", "center": "earth"}
        known["gm_km3_s2"] = {body: gm[body] for body in ("earth", "moon", "sun")}
        (folder / "problem.json").write_text(json.dumps({**known, **(problem or {})}), encoding="utf-8")
        self.log = (folder / "log.txt").open("w+")
        self.command = [path, *worker_arguments(tool), str(folder)]
        self.start()

    def start(self) -> None:
        """Start the process."""
        self.process = subprocess.Popen(
            self.command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log
        )
        self.warm = False
        self.version = str(self.answer()["version"])

    def answer(self) -> dict[str, Any]:
        """Next answer of the process.

        Returns
        -------
        dict

        Raises
        ------
        PeerError
            It has ended.
        """
        assert self.process.stdout is not None
        # Some never return from tolerances below what doubles can give.
        watch = threading.Timer(PATIENCE_S, self.process.kill)
        watch.start()
        line = self.process.stdout.readline()
        watch.cancel()
        if not line:
            self.process.wait()
            self.log.seek(0)
            said = self.log.read()[-2000:]
            raise PeerError(f"{self.tool}: its process ended, or gave no answer for {PATIENCE_S:.0f} s:\n{said}")
        return dict(json.loads(line))

    def ask(self, **request: Any) -> dict[str, Any]:
        """Ask and wait.

        Parameters
        ----------
        **request
            Fields of the request.

        Returns
        -------
        dict
            Answer.
        """
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def prepare(self, tolerance: float) -> None:
        """Get ready for a tolerance; not timed. A process that gave up is started anew."""
        if self.process.poll() is not None:
            self.start()
        self.ask(tolerance=tolerance)
        if not self.warm:
            self.ask(seconds=KINDS[self.tool].warm_s)
            self.warm = True

    def measure(self, seconds: float) -> tuple[float, int]:
        """Propagate all rows for at least so long.

        Parameters
        ----------
        seconds : float
            Of its processor time.

        Returns
        -------
        spent_s : float
            Processor time.
        repeats : int
            How often all rows were done.
        """
        answer = self.ask(seconds=seconds)
        return float(answer["spent_s"]), int(answer["repeats"])

    def run(self) -> FloatArray:
        """Propagate all rows once and return their final states."""
        self.measure(0.0)
        ends: FloatArray = np.load(Path(self.folder.name) / "ends.npy", allow_pickle=False)
        return ends

    def close(self) -> None:
        """End the process and remove its files."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(timeout=60)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.log.close()
        self.folder.cleanup()
