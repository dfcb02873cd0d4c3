"""Checking scenario files without computing anything: what is wrong, and what rests on assumptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from sim.cases import STATUSES, MissionCase, PlanCase, SourcedNumber
from sim.errors import ScenarioProblem
from sim.scenario.loading import Library, examine


@dataclass(frozen=True)
class FileCheck:
    """What was found in one file.

    Attributes
    ----------
    path : str
        File as given.
    kind : str
        ``mission``, ``plan`` or ``sources``; empty when unreadable.
    problems : tuple of ScenarioProblem
        Faults of the file and of files that it names; empty when all is well.
    assumed : tuple of (str, SourcedNumber)
        Mission id (plan id for a number of a coupling) and number, for each number that nobody published.
    counts : dict of str to int
        Numbers by status, in the order of `sim.cases.STATUSES`; those of a plan's missions included.
    """

    path: str
    kind: str
    problems: tuple[ScenarioProblem, ...]
    assumed: tuple[tuple[str, SourcedNumber], ...] = ()
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the file has no fault."""
        return not self.problems


@dataclass(frozen=True)
class CheckReport:
    """What was found in several files.

    Attributes
    ----------
    files : tuple of FileCheck
        In the order given.
    """

    files: tuple[FileCheck, ...]

    @property
    def ok(self) -> bool:
        """Whether no file has a fault."""
        return all(check.ok for check in self.files)

    @property
    def problems(self) -> tuple[ScenarioProblem, ...]:
        """All faults, each once."""
        return tuple({str(problem): problem for check in self.files for problem in check.problems}.values())

    def text(self) -> str:
        """Write the report for a terminal.

        Returns
        -------
        str
            Per file one line with ``OK`` and the count of numbers by status, then one line per assumed number; or one
            line per fault.
        """
        return "\n".join(line for check in self.files for line in _lines(check))


def check_files(paths: Iterable[str | FilePath]) -> CheckReport:
    """Check scenario files.

    Parameters
    ----------
    paths : iterable of str or pathlib.Path
        Mission, plan and sources files.

    Returns
    -------
    CheckReport
        Problems and assumed numbers; nothing is raised for faulty files.
    """
    library = Library()
    return CheckReport(tuple(_check(str(path), library) for path in paths))


def _check(path: str, library: Library) -> FileCheck:
    outcome = examine(path, library)
    numbers = _numbers(outcome.case)
    tally = Counter(number.status for _, number in numbers)
    return FileCheck(
        path=path,
        kind=outcome.kind,
        problems=tuple(outcome.problems),
        assumed=tuple((owner, number) for owner, number in numbers if number.status == "assumed"),
        counts={status: tally[status] for status in STATUSES if tally[status]},
    )


def _numbers(case: MissionCase | PlanCase | None) -> list[tuple[str, SourcedNumber]]:
    """Every number of a case with the id of the mission or plan to which it belongs."""
    if isinstance(case, MissionCase):
        return [(case.id, number) for number in case.numbers]
    if isinstance(case, PlanCase):
        missions = [pair for entry in case.missions for pair in _numbers(entry.announced)]
        return missions + [(case.id, number) for coupling in case.couplings for number in coupling.numbers]
    return []


def _lines(check: FileCheck) -> list[str]:
    if check.problems:
        return [str(problem) for problem in check.problems]
    counts = ", ".join(f"{count} {status}" for status, count in check.counts.items())
    head = f"{check.path}: OK, {check.kind}" + (f"; numbers: {counts}" if counts else "")
    return [head, *(f"  assumed: {owner}: {number.key} = {number.value}: {number.note}" for owner, number in check.assumed)]
