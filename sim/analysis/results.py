"""Records that analysis hands upwards: one mission, one plan, a comparison, a whole run.

Everything is frozen and plain (numbers, strings, tuples, numpy arrays), so that it can be written to files
without knowing how it was computed. Every number that rests on something nobody published carries the keys
of those inputs in a field called ``assumed``, written ``<mission id>:<key of the scenario file>``; an empty
tuple means that all inputs were published or derived from published ones.

A number that cannot be computed (no opportunity, no landing, no published date) is None, never a stand-in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.analysis.accepted import Acceptance
from sim.analysis.at_moon_results import AtMoonResult
from sim.analysis.at_moon_together import CoordinationResult
from sim.analysis.flown import CheckResult
from sim.analysis.parts import (
    CalendarResult,
    ContactResult,
    InjectionResult,
    LightingResult,
    MassResult,
    SurveyResult,
    Trajectory,
)
from sim.analysis.sample_return import SampleReturnResult
from sim.cases import MissionCase, PlanCase
from sim.windows.table import OpportunityTable

__all__ = [
    "AssumedNumber",
    "CalendarResult",
    "CheckResult",
    "ComparisonResult",
    "ContactResult",
    "CouplingResult",
    "CouplingState",
    "InjectionResult",
    "JointWindow",
    "LightingResult",
    "MassResult",
    "MissionResult",
    "PlanResult",
    "RunResults",
    "SlipResult",
    "SurveyResult",
    "TimelineEntry",
    "Trajectory",
    "VerdictRow",
]


@dataclass(frozen=True)
class MissionResult:
    """One mission, computed.

    Attributes
    ----------
    key : str
        Unique within a run and safe in file names: the mission id, with the plan id before it when two plans
        hold different missions of the same id.
    case : MissionCase
        What was asked.
    table : OpportunityTable
        All opportunities found, sorted by launch.
    within : ndarray of bool, shape (N,)
        Rows that meet the mission's limits, the light at its landing included.
    best : int or None
        Row with the highest delivered mass among those within limits; None without any.
    trajectory : Trajectory or None
        Of the best row.
    calendar : CalendarResult
        Launch days.
    mass : MassResult
        Masses.
    lighting : LightingResult or None
        None without landing.
    nominal : int or None
        Row launched nearest to the published launch instant, within a day of it.
    checks : tuple of CheckResult
        That row beside what was flown.
    injection : InjectionResult or None
        The best opportunity's injection as a burn under all forces; None for an impulse.
    sample_return : SampleReturnResult or None
        What follows a landing that is not the end.
    remark : str
        What is particular about the windows, in words; empty when nothing is.
    acceptance : Acceptance or None
        Circumstances of every row and which limit refuses it.
    resumed : bool
        Whether the windows came from an earlier run's ledger.
    wall_time_s : float
        Time spent on this mission in this run.
    at_moon : AtMoonResult or None
        What it does there, when its file asks for it and the run is about this mission alone.
    """

    key: str
    case: MissionCase
    table: OpportunityTable
    within: NDArray[np.bool_]
    best: int | None
    trajectory: Trajectory | None
    calendar: CalendarResult
    mass: MassResult
    lighting: LightingResult | None
    nominal: int | None = None
    checks: tuple[CheckResult, ...] = ()
    injection: InjectionResult | None = None
    sample_return: SampleReturnResult | None = None
    remark: str = ""
    acceptance: Acceptance | None = None
    resumed: bool = False
    wall_time_s: float = 0.0
    at_moon: AtMoonResult | None = None


@dataclass(frozen=True, slots=True)
class JointWindow:
    """Days on which two partners can both launch within a span of each other.

    Attributes
    ----------
    plan_id, first, second : str
        Plan and mission ids.
    within_day : float
        Largest distance between the two launch days.
    couplings : tuple of str
        Kinds of the other couplings between the two that were demanded as well.
    first_days, second_days : tuple of str
        ``YYYY-MM-DD``: launch days of each that have at least one matching day of the other.
    pair_count : int
        Matching pairs of days.
    pair_fraction : float
        Pairs that match over all pairs of launch days of the two.
    intervals_utc : tuple of (str, str)
        Runs of consecutive `first_days`, first and last day.
    months : tuple of str
        ``YYYY-MM`` over the span of the plan.
    days_per_month : tuple of int
        Joint days of the first partner in each month.
    fraction : float
        Share of the days common to both launch periods that are joint days (0 when the periods do not overlap
        even with `within_day` allowed for).
    longest_gap_day : int
        Longest run of days without a joint day within the common period.
    common_start_utc, common_stop_utc : str
        The period in which a joint launch is thinkable at all; both empty when there is none.
    """

    plan_id: str
    first: str
    second: str
    within_day: float
    couplings: tuple[str, ...]
    first_days: tuple[str, ...]
    second_days: tuple[str, ...]
    pair_count: int
    pair_fraction: float
    intervals_utc: tuple[tuple[str, str], ...]
    months: tuple[str, ...]
    days_per_month: tuple[int, ...]
    fraction: float
    longest_gap_day: int
    common_start_utc: str
    common_stop_utc: str


@dataclass(frozen=True, slots=True)
class CouplingState:
    """Whether a coupling holds for one pair of dates.

    Attributes
    ----------
    holds : bool or None
        None when a date it needs is unknown.
    value_day : float or None
        The days that decide it: lead before landing, overlap of lifetimes, or distance of the launches.
    text : str
        One sentence.
    """

    holds: bool | None
    value_day: float | None
    text: str


@dataclass(frozen=True, slots=True)
class CouplingResult:
    """One coupling of a plan, as announced and as it turned out.

    Attributes
    ----------
    plan_id, kind, first, second, basis : str
        Which coupling, and on what it rests.
    announced, turned_out : CouplingState
        With the announced launch dates, and with those flown or re-planned.
    contact : ContactResult or None
        For relays.
    survey : SurveyResult or None
        For surveys.
    possible_pairs : int
        Pairs of launch days within both announced periods for which the coupling holds.
    possible_fraction : float
        The same over all pairs of launch days.
    assumed : tuple of str
        Inputs that nobody published.
    """

    plan_id: str
    kind: str
    first: str
    second: str
    basis: str
    announced: CouplingState
    turned_out: CouplingState
    contact: ContactResult | None
    survey: SurveyResult | None
    possible_pairs: int
    possible_fraction: float
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SlipResult:
    """What a late readiness costs: chance of a joint window soon after a random day.

    Attributes
    ----------
    plan_id, first, second : str
        Which pair.
    wait_day : tuple of int
        Waiting times asked for.
    probability : tuple of float
        Chance that a readiness day, uniform over the common launch period, has a joint window within each.
    mean_wait_day : float or None
        Mean wait over the days that have a later joint window in the period; None when no day has one.
    """

    plan_id: str
    first: str
    second: str
    wait_day: tuple[int, ...]
    probability: tuple[float, ...]
    mean_wait_day: float | None


@dataclass(frozen=True)
class PlanResult:
    """One plan, evaluated.

    Attributes
    ----------
    case : PlanCase
        What was asked.
    mission_keys : mapping of str to str
        Mission id in the plan to `MissionResult.key`.
    couplings : tuple of CouplingResult
        In file order.
    joint_windows : tuple of JointWindow
        One for each ``joint_window`` coupling.
    slips : tuple of SlipResult
        One for each joint window.
    coordination : tuple of CoordinationResult
        One for each pair of which one serves the other at the Moon.
    """

    case: PlanCase
    mission_keys: Mapping[str, str]
    couplings: tuple[CouplingResult, ...]
    joint_windows: tuple[JointWindow, ...]
    slips: tuple[SlipResult, ...]
    coordination: tuple[CoordinationResult, ...] = ()


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One question answered for both plans in plain words.

    Attributes
    ----------
    question : str
        The question.
    plan_a, plan_b : str
        What each plan offers.
    driver : str
        The assumption or fact on which the answer turns.
    assumed : tuple of str
        Inputs that nobody published.
    """

    question: str
    plan_a: str
    plan_b: str
    driver: str
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One bar of the timeline.

    Attributes
    ----------
    plan_id, mission_id, name : str
        Plan (empty in a single-mission run), mission id and name.
    label : str
        ``launch period``, ``transfer``, ``operations``, ``turned out``, or the name of a phase.
    start_utc, stop_utc : str
        ISO, no suffix.
    status : str
        One of `sim.cases.STATUSES`.
    sources : tuple of str
        Source ids.
    """

    plan_id: str
    mission_id: str
    name: str
    label: str
    start_utc: str
    stop_utc: str
    status: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AssumedNumber:
    """An input that nobody published.

    Attributes
    ----------
    mission_id : str
        Mission, or plan id for a number of a coupling.
    key, value, note : str
        Key and value in the file, and why this value.
    """

    mission_id: str
    key: str
    value: str
    note: str


@dataclass(frozen=True)
class ComparisonResult:
    """Two plans side by side.

    Attributes
    ----------
    plan_a, plan_b : str
        Plan ids.
    verdict : tuple of VerdictRow
        Most important question first.
    """

    plan_a: str
    plan_b: str
    verdict: tuple[VerdictRow, ...]


@dataclass(frozen=True)
class RunResults:
    """All results of one command.

    Attributes
    ----------
    kind : str
        ``mission`` (one scenario, mission or plan) or ``comparison`` (two plans).
    scenario : tuple of str
        Paths of the scenario files as given.
    created_utc : str
        When the run ended.
    missions : tuple of MissionResult
        Each distinct mission once.
    plans : tuple of PlanResult
        None, one or two.
    comparison : ComparisonResult or None
        For two plans.
    contacts : tuple of ContactResult
        Between a single mission's own orbits and its own landing site; those of a plan are in its couplings.
    timeline : tuple of TimelineEntry
        Bars of all plans and missions.
    assumed : tuple of AssumedNumber
        Everything that nobody published, once each.
    sources : dict of str to str
        Source id to citation, for the ids used.
    versions : dict of str to str
        Of this package, Python and the libraries that decide numbers.
    data : dict of str to str
        Data file name to SHA-256.
    wall_times_s : dict of str to float
        Step to seconds.
    failures : tuple of str
        Missions without result, one sentence each; empty when all is well.
    """

    kind: str
    scenario: tuple[str, ...]
    created_utc: str
    missions: tuple[MissionResult, ...]
    plans: tuple[PlanResult, ...] = ()
    comparison: ComparisonResult | None = None
    contacts: tuple[ContactResult, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    assumed: tuple[AssumedNumber, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    wall_times_s: dict[str, float] = field(default_factory=dict)
    failures: tuple[str, ...] = ()

    def mission(self, key: str) -> MissionResult:
        """Return the mission with `key`.

        Parameters
        ----------
        key : str
            `MissionResult.key`.

        Returns
        -------
        MissionResult
            The mission; KeyError when there is none.
        """
        for mission in self.missions:
            if mission.key == key:
                return mission
        raise KeyError(key)
