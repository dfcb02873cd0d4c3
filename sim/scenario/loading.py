"""Scenario files to cases: all faults of all files at once, or plain numbers."""

from __future__ import annotations

from pathlib import Path as FilePath

from sim.cases import MissionCase, PlanCase
from sim.errors import InputError, ScenarioError, ScenarioProblem
from sim.scenario.build import mission_case, plan_case
from sim.scenario.document import short
from sim.scenario.examine import Outcome, examine
from sim.scenario.mission_file import MissionFile
from sim.scenario.plan_file import PlanFile


def load(path: str | FilePath) -> MissionCase | PlanCase:
    """Load a mission or plan file.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML file.

    Returns
    -------
    MissionCase or PlanCase
        Plain numbers, ready to be computed.

    Raises
    ------
    ScenarioError
        With every fault of the file and of the files that it names.
    """
    return _case(_faultless(path, ("mission", "plan")))


def load_mission(path: str | FilePath) -> MissionCase:
    """Load a mission file.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML file.

    Returns
    -------
    MissionCase
        Plain numbers.

    Raises
    ------
    ScenarioError
        With every fault; also when the file is a plan.
    """
    case = _case(_faultless(path, ("mission",)))
    assert isinstance(case, MissionCase)
    return case


def load_plan(path: str | FilePath) -> PlanCase:
    """Load a plan file and the missions that it names.

    Parameters
    ----------
    path : str or pathlib.Path
        TOML file.

    Returns
    -------
    PlanCase
        Plain numbers.

    Raises
    ------
    ScenarioError
        With every fault of the plan and of its missions; also when the file is no plan.
    """
    case = _case(_faultless(path, ("plan",)))
    assert isinstance(case, PlanCase)
    return case


def _faultless(path: str | FilePath, kinds: tuple[str, ...]) -> Outcome:
    """Examine a file and raise what is wrong with it."""
    outcome = examine(str(path))
    if not outcome.problems and outcome.kind not in kinds:
        wanted = " or ".join(f"[{kind}]" for kind in kinds)
        raise ScenarioError([ScenarioProblem(outcome.path, 0, "file", f"a [{outcome.kind}] file", f"a {wanted} file")])
    if outcome.problems:
        raise ScenarioError(outcome.problems)
    return outcome


def _case(outcome: Outcome) -> MissionCase | PlanCase:
    """Build the case of a file without faults."""
    assert outcome.document is not None and outcome.file is not None
    try:
        if isinstance(outcome.file, MissionFile):
            return mission_case(outcome.file, outcome.document, outcome.sources)
        return _plan(outcome, outcome.file)
    except InputError as error:
        # The rules should have caught it; a refusal of the rooms below still names the file.
        problem = outcome.document.problem((), short(str(error), 200), "values that the simulator accepts")
        raise ScenarioError([problem]) from error


def _plan(outcome: Outcome, file: PlanFile) -> PlanCase:
    assert outcome.document is not None
    cases = (_case(member) for member in outcome.members)
    missions = tuple(case for case in cases if isinstance(case, MissionCase))
    return plan_case(file, outcome.document, missions, outcome.sources)
