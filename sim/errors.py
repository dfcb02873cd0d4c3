"""Typed errors raised at the borders of the simulator, with their exit codes.

The compiled core never raises: it returns one status per row. Everything that faces a user (files, scenario
keys, requested dates) raises exactly one of these, in one sentence: what was asked, what was found, what is
allowed, what to do.
"""

from __future__ import annotations

EXIT_OK = 0
EXIT_BAD_INPUT = 2
EXIT_DATA = 3
EXIT_PARTIAL = 4
EXIT_INTERRUPTED = 130
EXIT_INTERNAL = 70


class PeriluneError(Exception):
    """Base of all errors that the command line turns into one line and an exit code."""

    exit_code: int = EXIT_INTERNAL


class InputError(PeriluneError):
    """A value given by the user (call or command line) is outside what is allowed."""

    exit_code = EXIT_BAD_INPUT


class ScenarioProblem:
    """One fault in a scenario file.

    Parameters
    ----------
    file : str
        Path as the user gave it.
    line : int
        1-based line; 0 when the whole file is meant.
    key : str
        Dotted key, for example ``parking_orbit.altitude_km``.
    found : str
        What stands there.
    allowed : str
        What may stand there.
    hint : str
        What to do.
    """

    __slots__ = ("allowed", "file", "found", "hint", "key", "line")

    def __init__(self, file: str, line: int, key: str, found: str, allowed: str, hint: str = "") -> None:
        self.file = file
        self.line = line
        self.key = key
        self.found = found
        self.allowed = allowed
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        text = f"{place}: {self.key}: found {self.found}; allowed: {self.allowed}"
        return f"{text}; {self.hint}" if self.hint else text


class ScenarioError(PeriluneError):
    """One or more faults in scenario files, all of them at once.

    Parameters
    ----------
    problems : sequence of ScenarioProblem
        At least one.
    """

    exit_code = EXIT_BAD_INPUT

    def __init__(self, problems: list[ScenarioProblem] | tuple[ScenarioProblem, ...]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class DataError(PeriluneError):
    """A data file (ephemeris, Earth orientation, tables) is missing, corrupt or of an unknown kind."""

    exit_code = EXIT_DATA


class EphemerisRangeError(PeriluneError):
    """Epochs outside the coverage of the ephemeris.

    Parameters
    ----------
    start_utc, stop_utc : str
        Coverage, ISO dates.
    rows : tuple of int
        Indices of the offending rows.
    found_utc : str
        The first offending epoch, as text.
    """

    exit_code = EXIT_BAD_INPUT

    def __init__(self, start_utc: str, stop_utc: str, rows: tuple[int, ...], found_utc: str) -> None:
        self.start_utc = start_utc
        self.stop_utc = stop_utc
        self.rows = rows
        self.found_utc = found_utc
        super().__init__(
            f"epoch {found_utc} ({len(rows)} row(s), first row {rows[0] if rows else 0}) lies outside the ephemeris, "
            f"which covers {start_utc} to {stop_utc}; choose dates inside or give another SPK file"
        )


class UnreachableError(InputError):
    """A geometric demand that no trajectory can meet (for example an inclination below the site's latitude)."""


class ConvergenceError(PeriluneError):
    """An iteration ended without meeting its tolerance.

    Parameters
    ----------
    method : str
        Name of the method.
    iterations : int
        Iterations done.
    residual : float
        Residual of the best iterate.
    """

    exit_code = EXIT_PARTIAL

    def __init__(self, method: str, iterations: int, residual: float) -> None:
        self.method = method
        self.iterations = iterations
        self.residual = residual
        super().__init__(f"{method} did not converge: residual {residual:.3g} after {iterations} iterations")


class StoreError(PeriluneError):
    """Results cannot be written or read back."""

    exit_code = EXIT_BAD_INPUT
