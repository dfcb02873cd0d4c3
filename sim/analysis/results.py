"""Records that analysis hands upwards: one mission, one plan, a comparison, a whole run.

Everything is frozen and plain (numbers, strings, tuples, numpy arrays), so that it can be written to files
without knowing how it was computed. Every number that rests on something nobody published carries the keys of
those inputs in a field called ``assumed``, written ``<mission id>:<key of the scenario file>``; an empty tuple
means that all inputs were published or derived from published ones.

A number that cannot be computed (no opportunity, no landing, no published date) is None, never a stand-in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.cases import MissionCase, PlanCase
from sim.windows.table import OpportunityTable

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalendarResult:
    """Launch days of one mission over its launch period.

    A launch day is a UTC day with at least one opportunity within the mission's limits.

    Attributes
    ----------
    months : tuple of str
        ``YYYY-MM``, every month touched by the launch period.
    days_in_month : tuple of int
        Days of the month that lie in the launch period.
    launch_days : tuple of int
        Launch days in the month.
    days : tuple of str
        ``YYYY-MM-DD`` of every launch day.
    day_count : int
        Days in the launch period.
    opportunity_count : int
        Opportunities within limits.
    longest_gap_day : int
        Longest run of days without an opportunity, the ends of the period included.
    longest_gap_start_utc : str
        First day of that run; empty when there is none.
    """

    months: tuple[str, ...]
    days_in_month: tuple[int, ...]
    launch_days: tuple[int, ...]
    days: tuple[str, ...]
    day_count: int
    opportunity_count: int
    longest_gap_day: int
    longest_gap_start_utc: str

    @property
    def fraction(self) -> float:
        """Share of the days of the period that are launch days."""
        return len(self.days) / self.day_count if self.day_count else 0.0


@dataclass(frozen=True, slots=True)
class MassResult:
    """Masses after lunar orbit insertion, from the rocket equation.

    Attributes
    ----------
    launch_mass_kg, dry_mass_kg : float
        Of the case.
    loi_dv_m_s : float or None
        Impulsive insertion of the best opportunity.
    loi_loss_m_s : float or None
        Estimated finite-burn loss of that insertion.
    trim_dv_m_s : float
        Reserve for mid-course corrections and trims.
    delivered_mass_kg : float or None
        In lunar orbit, best opportunity.
    delivered_mass_low_kg : float or None
        The lowest over all opportunities within limits.
    propellant_kg : float or None
        Used up to then, best opportunity.
    margin_kg : float or None
        Delivered minus dry mass.
    launcher_capability_kg, launcher_margin_kg : float or None
        What the launcher sends to the Moon, and that minus the launch mass; None when not published.
    assumed : tuple of str
        Inputs that nobody published.
    """

    launch_mass_kg: float
    dry_mass_kg: float
    loi_dv_m_s: float | None
    loi_loss_m_s: float | None
    trim_dv_m_s: float
    delivered_mass_kg: float | None
    delivered_mass_low_kg: float | None
    propellant_kg: float | None
    margin_kg: float | None
    launcher_capability_kg: float | None
    launcher_margin_kg: float | None
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LightingResult:
    """Sunlight at a landing.

    Attributes
    ----------
    site_id, site_name : str
        Landing site.
    sun_elevation_min_deg, sun_elevation_max_deg : float
        Wanted at touchdown (centre of the disc over the horizon of a sphere).
    sun_elevation_low_deg, sun_elevation_high_deg : float or None
        Lowest and highest over the opportunities.
    sun_elevation_best_deg : float or None
        At the best opportunity.
    fraction_within : float
        Share of all opportunities whose landing meets the limits.
    sub_solar_latitude_deg : float or None
        Selenographic latitude of the sub-solar point at the landing of the best opportunity.
    season : str
        Words: summer or winter at the site.
    assumed : tuple of str
        Inputs that nobody published.
    """

    site_id: str
    site_name: str
    sun_elevation_min_deg: float
    sun_elevation_max_deg: float
    sun_elevation_low_deg: float | None
    sun_elevation_high_deg: float | None
    sun_elevation_best_deg: float | None
    fraction_within: float
    sub_solar_latitude_deg: float | None
    season: str
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactResult:
    """Radio contact between an orbiter and a place on the Moon, by simple geometry.

    Two-body orbit about a spherical Moon that turns uniformly; no perturbations, no terrain, no occultation
    other than the elevation mask.

    Attributes
    ----------
    orbiter_id, phase_name : str
        Mission and phase of operations.
    site_id : str
        Place on the Moon (or the id of the mission that stands there).
    perilune_altitude_km, apolune_altitude_km, inclination_deg : float
        The orbit.
    elevation_mask_deg : float
        Lowest elevation that counts.
    contacts_per_day, mean_contact_min, minutes_per_day : float
        Averages over the sampled span.
    longest_gap_hour : float
        Longest time without contact.
    range_max_km : float
        Longest distance during contact; 0 without contact.
    fraction : float
        Share of time in contact.
    assumed : tuple of str
        Inputs that nobody published.
    """

    orbiter_id: str
    phase_name: str
    site_id: str
    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_deg: float
    elevation_mask_deg: float
    contacts_per_day: float
    mean_contact_min: float
    minutes_per_day: float
    longest_gap_hour: float
    range_max_km: float
    fraction: float
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SurveyResult:
    """Passes of an orbiter over a place on the Moon in one sidereal month, by simple geometry.

    Attributes
    ----------
    orbiter_id, phase_name, site_id : str
        Who passes over what.
    altitude_km : float
        Mean altitude used (circular orbit).
    inclination_deg : float
        Of the case.
    cross_track_km : tuple of float
        Limits of the distance between site and ground track.
    passes_per_month : tuple of float
        Passes nearer than each limit.
    nearest_km : float
        Nearest pass.
    sweep_inclination_deg : tuple of float
        Inclinations of the sensitivity table.
    sweep_passes : tuple of tuple of float
        For each of them the passes nearer than each limit.
    sweep_nearest_km : tuple of float
        For each of them the nearest pass.
    assumed : tuple of str
        Inputs that nobody published.
    """

    orbiter_id: str
    phase_name: str
    site_id: str
    altitude_km: float
    inclination_deg: float
    cross_track_km: tuple[float, ...]
    passes_per_month: tuple[float, ...]
    nearest_km: float
    sweep_inclination_deg: tuple[float, ...]
    sweep_passes: tuple[tuple[float, ...], ...]
    sweep_nearest_km: tuple[float, ...]
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trajectory:
    """Dense transfer of the best opportunity, from injection to perilune.

    Attributes
    ----------
    t_tdb : ndarray, shape (T,)
        Seconds past J2000 TDB.
    state : ndarray, shape (T, 6)
        Spacecraft, Earth-centred ICRF, km and km/s.
    moon_state : ndarray, shape (T, 6)
        Moon, Earth-centred ICRF, km and km/s.
    """

    t_tdb: Floats
    state: Floats
    moon_state: Floats


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
        Rows that meet the mission's limits (landing light, when there is a landing).
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
    resumed : bool
        Whether the windows came from an earlier run's ledger.
    wall_time_s : float
        Time spent on this mission in this run.
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
    resumed: bool = False
    wall_time_s: float = 0.0


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
    """

    case: PlanCase
    mission_keys: Mapping[str, str]
    couplings: tuple[CouplingResult, ...]
    joint_windows: tuple[JointWindow, ...]
    slips: tuple[SlipResult, ...]


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
