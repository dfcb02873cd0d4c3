"""Checking scenario files without computing anything: what is wrong, and what rests on assumptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from sim.errors import ScenarioProblem
from sim.scenario.document import dotted
from sim.scenario.examine import Library, Outcome, examine
from sim.scenario.plan_file import PlanFile
from sim.scenario.provenance import all_entries, value_text
from sim.scenario.quantities import STATUSES


@dataclass(frozen=True, slots=True)
class AssumedValue:
    """A number that nobody published.

    Attributes
    ----------
    owner : str
        Id of the mission, or of the plan for a number of a coupling.
    key, value, note : str
        Key and value in the file, and why this value.
    """

    owner: str
    key: str
    value: str
    note: str


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
    assumed : tuple of AssumedValue
        Numbers that nobody published; those of a plan's missions first.
    counts : dict of str to int
        Numbers by status, in the order of `sim.cases.STATUSES`; those of a plan's missions included.
    """

    path: str
    kind: str
    problems: tuple[ScenarioProblem, ...]
    assumed: tuple[AssumedValue, ...] = ()
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
    if outcome.problems:
        return FileCheck(path, outcome.kind, tuple(outcome.problems))
    numbers = _numbers(outcome)
    tally = Counter(status for status, _ in numbers)
    return FileCheck(
        path=path,
        kind=outcome.kind,
        problems=(),
        assumed=tuple(number for status, number in numbers if status == "assumed"),
        counts={status: tally[status] for status in STATUSES if tally[status]},
    )


def _numbers(outcome: Outcome) -> list[tuple[str, AssumedValue]]:
    """Status and text of every number of a file without faults; members of a plan first."""
    if outcome.document is None or outcome.file is None:
        return []
    owner = outcome.file.plan.id if isinstance(outcome.file, PlanFile) else outcome.file.mission.id
    own = [
        (entry["status"], AssumedValue(owner, dotted(path), value_text(entry["value"]), entry.get("note", "")))
        for path, entry in all_entries(outcome.document.data)
    ]
    return [pair for member in outcome.members for pair in _numbers(member)] + own


def _lines(check: FileCheck) -> list[str]:
    if check.problems:
        return [str(problem) for problem in check.problems]
    counts = ", ".join(f"{count} {status}" for status, count in check.counts.items())
    head = f"{check.path}: OK, {check.kind}" + (f"; numbers: {counts}" if counts else "")
    return [head, *(f"  assumed: {one.owner}: {one.key} = {one.value}: {one.note}" for one in check.assumed)]
