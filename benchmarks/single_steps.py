"""Instructions of another process, counted one by one: ``ptrace`` in single steps between two stops of that process.

Works where hardware counters are refused and needs no special right, on Linux on x86-64; some tens of thousands of
instructions a second. The process that is counted calls :func:`be_traced` once and :func:`stop` before and after what
counts. Only its thread that calls them is followed.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final

TRACE_ME, PEEK_TEXT, PEEK_USER, CONTINUE, STEP = 0, 1, 3, 7, 9
INSTRUCTION_POINTER: Final = 128
"""Where it is in the area that PEEK_USER reads."""
REFUSED: Final = "this system does not let a process be traced (ptrace): no instruction counts by single steps"
ABSENT: Final = "instruction counts by single steps need Linux on x86-64"


class StepError(RuntimeError):
    """Single steps are not to be had here, or the process that was followed ended before its time."""


def _ptrace() -> Any:
    if not (sys.platform.startswith("linux") and platform.machine() == "x86_64"):
        raise StepError(ABSENT)
    call = ctypes.CDLL(None, use_errno=True).ptrace
    call.restype = ctypes.c_long
    call.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    return call


def be_traced() -> None:
    """Let the parent follow this process.

    Raises
    ------
    StepError
        Refused.
    """
    if _ptrace()(TRACE_ME, 0, None, None):
        raise StepError(REFUSED)


def stop() -> None:
    """Wait for the parent."""
    os.kill(os.getpid(), signal.SIGSTOP)


class Followed:
    """A process that is followed.

    Parameters
    ----------
    command : sequence of str
        What to run.
    **options
        Of :class:`subprocess.Popen`.

    Raises
    ------
    StepError
        Not on this system.
    """

    def __init__(self, command: Sequence[str], **options: Any) -> None:
        self.ptrace = _ptrace()
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, **options)
        self.pid = self.process.pid

    def __enter__(self) -> Followed:
        """Return the same."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        if self.process.stderr is not None:
            self.process.stderr.close()

    def _wait(self) -> int:
        """Wait until it stands; return the signal it stands at."""
        status = os.waitpid(self.pid, 0)[1]
        if not os.WIFSTOPPED(status):
            self.process.returncode = os.waitstatus_to_exitcode(status)
            said = b"" if self.process.stderr is None else self.process.stderr.read()
            text = said.decode(errors="replace")[-2000:]
            raise StepError(f"the process that was to be counted ended ({self.process.returncode}): {text}")
        return os.WSTOPSIG(status)

    def _resume(self, how: int, number: int) -> None:
        if self.ptrace(how, self.pid, None, number or None):
            raise StepError(f"{REFUSED} ({os.strerror(ctypes.get_errno())})")

    def run_to_stop(self, first: bool = False) -> None:
        """Let it run to its next stop.

        Parameters
        ----------
        first : bool
            It has not stood before.
        """
        number = 0
        if not first:
            self._resume(CONTINUE, 0)
        while (number := self._wait()) != signal.SIGSTOP:
            self._resume(CONTINUE, number)

    def step_to_stop(self) -> Counter[int]:
        """Go to its next stop in single steps.

        Returns
        -------
        Counter
            How often the instruction at each address was carried out; turns of a repeated one count once.
        """
        seen: Counter[int] = Counter()
        ptrace, pid, last = self.ptrace, self.pid, 0
        number = 0
        while True:
            place = ptrace(PEEK_USER, pid, INSTRUCTION_POINTER, None)
            if place != last:
                seen[place] += 1
            last = place
            self._resume(STEP, number)
            number = self._wait()
            if number == signal.SIGSTOP:
                return seen
            number = 0 if number == signal.SIGTRAP else number

    def code_at(self, address: int, size: int = 16) -> bytes:
        """Read memory of the process while it stands.

        Parameters
        ----------
        address : int
            Where.
        size : int
            Bytes, a multiple of 8; words that cannot be read are all ones.

        Returns
        -------
        bytes
        """
        words = (self.ptrace(PEEK_TEXT, self.pid, address + k, None) for k in range(0, size, 8))
        return b"".join(int(word).to_bytes(8, "little", signed=True) for word in words)

    def places(self) -> list[tuple[int, int, str]]:
        """Return what its executable memory is mapped from.

        Returns
        -------
        list of tuple
            First address, one past the last, name of the file; empty for memory of no file.
        """
        found = []
        for line in Path(f"/proc/{self.pid}/maps").read_text(encoding="utf-8").splitlines():
            span, rights, _, _, _, *name = line.split(maxsplit=5)
            if "x" in rights:
                first, last = (int(part, 16) for part in span.split("-"))
                found.append((first, last, Path(name[0]).name if name and name[0].startswith("/") else ""))
        return found
