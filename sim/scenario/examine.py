"""Reading files of any kind and finding all their faults; builds nothing, so that checking stays quick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from sim.errors import ScenarioError, ScenarioProblem
from sim.scenario.document import Document, read_document, short
from sim.scenario.facts import Facts
from sim.scenario.faults import bad_paths, did_you_mean, faults_of
from sim.scenario.mission_file import MissionFile
from sim.scenario.plan_file import PlanFile, SourcesFile
from sim.scenario.plan_rules import plan_faults
from sim.scenario.provenance import Sources, provenance_faults, source_faults
from sim.scenario.rules import mission_faults
from sim.scenario.toml_lines import Path

SHARED_SOURCES = "sources.toml"
"""File beside a scenario whose sources every scenario of the folder may name."""

KINDS = ("mission", "plan", "sources")
"""Kinds of scenario files, told apart by the table that only they have."""

Model = TypeVar("Model", bound=BaseModel)


@dataclass
class Outcome:
    """What came of one file.

    Attributes
    ----------
    path, kind : str
        File and kind; the kind is empty when the file could not even be read.
    problems : list of ScenarioProblem
        Faults, those of files that it names included.
    document : Document or None
        The file as read.
    file : MissionFile, PlanFile or None
        The file as validated; None when a key is faulty, and for a sources file.
    sources : mapping
        Sources known to the file.
    members : list of Outcome
        Missions of a plan, in file order; those that could not be found are left out.
    """

    path: str
    kind: str = ""
    problems: list[ScenarioProblem] = field(default_factory=list)
    document: Document | None = None
    file: MissionFile | PlanFile | None = None
    sources: Sources = field(default_factory=dict)
    members: list[Outcome] = field(default_factory=list)


def examine(path: str, library: Library | None = None, only: str = "") -> Outcome:
    """Read a file of any kind and find all its faults, without raising.

    Parameters
    ----------
    path : str
        File.
    library : Library, optional
        Files read before in the same run, so that none is read twice.
    only : str
        Kind to look into; files of another kind are named, not examined, so that no plan holds itself.

    Returns
    -------
    Outcome
        What was found.
    """
    library = library or Library()
    try:
        document = read_document(path)
    except ScenarioError as error:
        return Outcome(path, problems=list(error.problems))
    kind = _kind_of(document.data)
    if only and kind not in {only, ""}:
        return Outcome(path, kind)
    if kind == "mission":
        return _mission(document, library)
    if kind == "plan":
        return _plan(document, library)
    if kind == "sources":
        return Outcome(path, kind, _validated(document, SourcesFile)[1])
    found = ", ".join(f"[{key}]" for key in list(document.data)[:5]) or "an empty file"
    hint = next(filter(None, (did_you_mean(key, KINDS) for key in document.data)), "see scenarios/README.md")
    return Outcome(path, problems=[document.problem((), found, "a table [mission], [plan] or [sources]", hint)])


class Library:
    """Sources files read so far."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[Sources, list[ScenarioProblem]]] = {}

    def sources_of(self, document: Document) -> tuple[Sources, list[ScenarioProblem]]:
        """Collect the sources that a file may name, and what is wrong with them.

        Parameters
        ----------
        document : Document
            Scenario file.

        Returns
        -------
        tuple (mapping, list of ScenarioProblem)
            Source id to source, and problems.
        """
        shared, problems = self._shared(str(FilePath(document.path).parent / SHARED_SOURCES))
        own = document.data.get("sources", {})
        own = own if isinstance(own, dict) else {}
        twice = [
            document.problem(("sources", name), f"source {name} again", "ids not used in sources.toml", "rename it")
            for name in own
            if name in shared
        ]
        return {**shared, **_usable(own)}, problems + twice

    def _shared(self, path: str) -> tuple[Sources, list[ScenarioProblem]]:
        if path not in self._read:
            self._read[path] = _shared_sources(path) if FilePath(path).exists() else ({}, [])
        return self._read[path]


def _shared_sources(path: str) -> tuple[Sources, list[ScenarioProblem]]:
    try:
        document = read_document(path)
    except ScenarioError as error:
        return {}, list(error.problems)
    problems = _validated(document, SourcesFile)[1]
    return _usable(document.data.get("sources", {})), problems


def _usable(sources: object) -> Sources:
    """Keep the sources whose fields are text; anything else has been reported by the model."""
    if not isinstance(sources, dict):
        return {}
    keys = ("title", "url", "date", "quality")
    return {
        name: entry
        for name, entry in sources.items()
        if isinstance(entry, dict) and all(isinstance(entry.get(key), str) for key in keys)
    }


def _kind_of(data: Mapping[str, Any]) -> str:
    """Kind of a file by the table that only this kind has."""
    for kind in ("plan", "mission", "sources"):
        if kind in data:
            return kind
    return ""


def _validated(document: Document, model: type[Model]) -> tuple[Model | None, list[ScenarioProblem], frozenset[Path]]:
    """Validate a file; returns the model, the problems and the faulty paths."""
    try:
        return model.model_validate(document.data), [], frozenset()
    except ValidationError as error:
        return None, faults_of(document, model, error), bad_paths(error)


def _mission(document: Document, library: Library) -> Outcome:
    file, problems, bad = _validated(document, MissionFile)
    sources, source_problems = library.sources_of(document)
    problems += mission_faults(Facts(document, bad))
    problems += provenance_faults(document, sources)
    found = _in_order(problems, document.path) + source_problems
    return Outcome(document.path, "mission", found, document, file, sources)


def _plan(document: Document, library: Library) -> Outcome:
    file, problems, bad = _validated(document, PlanFile)
    sources, source_problems = library.sources_of(document)
    facts = Facts(document, bad)
    members, member_problems = _members_of(facts, library)
    missions = {index: member.file for index, member in members.items() if isinstance(member.file, MissionFile)}
    problems += plan_faults(facts, missions)
    problems += provenance_faults(document, sources)
    for index in facts.tables("couplings"):
        path = ("couplings", index)
        problems += source_faults(document, path, facts.get(*path, "source"), sources, str(facts.get(*path, "basis")))
    found = _once(_in_order(problems, document.path) + source_problems + member_problems)
    return Outcome(document.path, "plan", found, document, file, sources, list(members.values()))


def _members_of(facts: Facts, library: Library) -> tuple[dict[int, Outcome], list[ScenarioProblem]]:
    """Examine the missions that a plan names; returns those that are missions, by position, and all problems."""
    members: dict[int, Outcome] = {}
    problems: list[ScenarioProblem] = []
    for index in facts.tables("missions"):
        key = ("missions", index, "file")
        name = facts.get(*key)
        if not isinstance(name, str):
            continue
        path = str(FilePath(facts.document.path).parent / name)
        if not _is_file(path):
            problems.append(facts.problem(key, short(name), "a mission file", _similar_file(path)))
            continue
        outcome = examine(path, library, only="mission")
        problems += outcome.problems
        if outcome.kind == "mission":
            members[index] = outcome
        elif not outcome.problems:
            found = f"{name}, a {outcome.kind} file"
            problems.append(facts.problem(key, found, "a mission file", "a plan holds missions only"))
    return members, problems


def _is_file(path: str) -> bool:
    try:
        return FilePath(path).is_file()
    except (OSError, ValueError):
        return False


def _similar_file(path: str) -> str:
    """Hint naming the file of the same folder whose name is nearest."""
    try:
        folder = FilePath(path).parent
        names = sorted(entry.name for entry in folder.iterdir() if entry.suffix == ".toml") if folder.is_dir() else []
    except (OSError, ValueError):
        names = []
    return did_you_mean(FilePath(path).name, names) or "the path is relative to the plan file"


def _in_order(problems: list[ScenarioProblem], path: str) -> list[ScenarioProblem]:
    """Problems of one file by line; those that name another file go last."""
    return sorted(problems, key=lambda problem: (problem.file != path, problem.line))


def _once(problems: list[ScenarioProblem]) -> list[ScenarioProblem]:
    """Drop repeated problems, which arise when several missions share a faulty sources file."""
    return list({str(problem): problem for problem in problems}.values())
