"""Missions and plans as plain numbers: what scenario files become and what analysis works on.

`sim.scenario` builds these records (the only place where units, UTC and names become numbers); `sim.windows`,
`sim.analysis`, `sim.study` and `sim.products` read them. Nothing here validates or computes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.operations.request import AtMoonCase
from sim.spacecraft import Engine, Spacecraft
from sim.windows.homeward import ReturnRequest
from sim.windows.limits import Limits
from sim.windows.request import WindowRequest

STATUSES: tuple[str, ...] = (
    "planned_2021",
    "planned_pre2021",
    "replanned",
    "flown",
    "geometry",
    "derived",
    "assumed",
)
"""Where a number comes from, in the words used by every scenario file and report."""

COUPLING_KINDS: tuple[str, ...] = ("survey_before_landing", "relay", "overlapping_lifetimes", "joint_window")


@dataclass(frozen=True, slots=True)
class SourcedNumber:
    """One value of a scenario file with where it comes from.

    Attributes
    ----------
    key : str
        Dotted key in the file.
    value : str
        The value as text, with its unit in the key's suffix.
    status : str
        One of `STATUSES`.
    sources : tuple of str
        Source ids, resolved in `MissionCase.sources`.
    note : str
        Why this value, when it is not evident.
    """

    key: str
    value: str
    status: str
    sources: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class OrbitPhase:
    """A phase of operations in lunar orbit.

    Attributes
    ----------
    name : str
        What the phase is for, for example ``survey``.
    perilune_altitude_km, apolune_altitude_km : float
        Over the 1737.4 km sphere.
    inclination_deg : float
        To the lunar equator.
    argument_of_perilune_deg : float or None
        None for near-circular phases.
    start_day, duration_day : float
        From perilune arrival.
    node_deg : float or None
        Selenographic longitude of the ascending node at the begin; None for that of the arrival.
    keeping : str
        ``free`` when the orbit drifts; ``kept``, or empty, when corrections hold shape and plane.
    """

    name: str
    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_deg: float
    argument_of_perilune_deg: float | None
    start_day: float
    duration_day: float
    node_deg: float | None = None
    keeping: str = ""


@dataclass(frozen=True, slots=True)
class InsertionCase:
    """How lunar orbit insertion is split into burns, all at perilune.

    Attributes
    ----------
    burns_n : int
        Number of burns.
    apolune_altitude_km : tuple of float
        Apolunes after each burn but the last, over the 1737.4 km sphere; empty for equal impulses.
    """

    burns_n: int = 1
    apolune_altitude_km: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class LandingCase:
    """A landing.

    Attributes
    ----------
    site_id, name : str
        Identifier and words.
    latitude_deg, longitude_deg : float
        Selenographic, MOON_ME.
    delay_day : float
        From perilune arrival to touchdown.
    sun_elevation_min_deg, sun_elevation_max_deg : float
        Wanted Sun elevation at touchdown.
    """

    site_id: str
    name: str
    latitude_deg: float
    longitude_deg: float
    delay_day: float
    sun_elevation_min_deg: float
    sun_elevation_max_deg: float


@dataclass(frozen=True, slots=True)
class ImpactCase:
    """A place on the Moon that is struck.

    Attributes
    ----------
    site_id, name : str
        Identifier and words.
    latitude_deg, longitude_deg : float
        Selenographic, MOON_ME.
    """

    site_id: str
    name: str
    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, slots=True)
class FlownCase:
    """What was measured in flight; None where nothing was published.

    Attributes
    ----------
    arrival_tdb : float or None
        Middle of the insertion burn, or impact.
    injection_speed_km_s, impact_speed_km_s : float or None
        Inertial speed just after injection; speed at impact.
    insertion_dv_m_s : float or None
        First insertion burn.
    """

    arrival_tdb: float | None = None
    injection_speed_km_s: float | None = None
    impact_speed_km_s: float | None = None
    insertion_dv_m_s: float | None = None


@dataclass(frozen=True, slots=True)
class AscentCase:
    """From the landing site back to the orbiter.

    Attributes
    ----------
    stay_day : float
        Touchdown to lift-off.
    perilune_altitude_km, apolune_altitude_km : float
        Orbit entered by the ascent, over the 1737.4 km sphere.
    docking_altitude_km : float
        Circular orbit of the orbiter.
    docking_day : float
        Lift-off to docking.
    """

    stay_day: float
    perilune_altitude_km: float
    apolune_altitude_km: float
    docking_altitude_km: float
    docking_day: float


@dataclass(frozen=True, slots=True)
class ReturnCase:
    """Return to the Earth.

    Attributes
    ----------
    request : ReturnRequest
        The search.
    ellipse_apolune_altitude_km : float
        Apolune of the ellipse between the two impulses, where the plane is turned.
    injection_tdb, landing_tdb : float or None
        Flown or announced.
    """

    request: ReturnRequest
    ellipse_apolune_altitude_km: float
    injection_tdb: float | None
    landing_tdb: float | None


@dataclass(frozen=True, slots=True)
class MissionCase:
    """One mission, ready to be computed.

    Attributes
    ----------
    id, name, agency : str
        Identifier, words, who flies it.
    kind : str
        ``orbiter``, ``lander``, ``relay``, ``sample_return`` or ``impactor``.
    description : str
        One paragraph for reports.
    window : WindowRequest
        The launch question.
    spacecraft : Spacecraft
        Masses and the engine that inserts into lunar orbit.
    launcher_name : str
        Launch vehicle.
    upper_stage : Engine or None
        The stage that burns trans-lunar injection.
    upper_stage_burnout_kg : float or None
        Its dry mass at burn-out without payload (for the thrust-to-mass of the burn).
    tli_capability_kg : float or None
        Mass the launcher sends to the Moon.
    trim_dv_m_s : float
        Mid-course corrections and trims reserved.
    phases : tuple of OrbitPhase
        Operations in lunar orbit.
    landing : LandingCase or None
        Landing, if any.
    lifetime_day : float
        Working life after arrival.
    nominal_launch_tdb : float or None
        Announced or flown launch instant when one is published.
    limits : Limits
        Which opportunities it accepts, apart from the light at landing.
    numbers : tuple of SourcedNumber
        Every real-world number of the file.
    sources : dict of str to str
        Source id to citation, for the ids used.
    path : str
        File it was read from.
    impact : ImpactCase or None
        Place that is struck, if any.
    ascent : AscentCase or None
        Ascent from the Moon, if any.
    earth_return : ReturnCase or None
        Return to the Earth, if any.
    flown : FlownCase
        What was measured in flight.
    insertion : InsertionCase
        Burns of lunar orbit insertion.
    at_moon : AtMoonCase or None
        What is looked at once it is at the Moon; None when the look ends at arrival.
    """

    id: str
    name: str
    agency: str
    kind: str
    description: str
    window: WindowRequest
    spacecraft: Spacecraft
    launcher_name: str
    upper_stage: Engine | None
    upper_stage_burnout_kg: float | None
    tli_capability_kg: float | None
    trim_dv_m_s: float
    phases: tuple[OrbitPhase, ...]
    landing: LandingCase | None
    lifetime_day: float
    nominal_launch_tdb: float | None
    limits: Limits = field(default_factory=Limits)
    numbers: tuple[SourcedNumber, ...] = ()
    sources: dict[str, str] = field(default_factory=dict)
    path: str = ""
    impact: ImpactCase | None = None
    ascent: AscentCase | None = None
    earth_return: ReturnCase | None = None
    flown: FlownCase = FlownCase()
    insertion: InsertionCase = InsertionCase()
    at_moon: AtMoonCase | None = None

    @property
    def assumed(self) -> tuple[SourcedNumber, ...]:
        """The numbers that nobody published."""
        return tuple(number for number in self.numbers if number.status == "assumed")


@dataclass(frozen=True, slots=True)
class Coupling:
    """One way in which two missions of a plan depend on or help each other.

    Attributes
    ----------
    kind : str
        One of `COUPLING_KINDS`.
    first, second : str
        Mission ids; `first` serves `second` (surveys its site, relays for it).
    lead_day : float
        ``survey_before_landing``: wanted days of survey before the landing.
    overlap_day : float
        ``overlapping_lifetimes``: wanted days with both alive.
    within_day : float
        ``joint_window``: both must be able to launch within this many days of each other.
    elevation_mask_deg : float
        ``relay``: lowest elevation of the relay over the lander's horizon.
    cross_track_km : float
        ``survey_before_landing``: a pass counts when the ground track comes this near.
    basis : str
        Words and status: explicit in an agreement, discussed, or derived.
    numbers : tuple of SourcedNumber
        The coupling's own numbers.
    """

    kind: str
    first: str
    second: str
    lead_day: float = 0.0
    overlap_day: float = 0.0
    within_day: float = 0.0
    elevation_mask_deg: float = 5.0
    cross_track_km: float = 10.0
    basis: str = ""
    numbers: tuple[SourcedNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanMission:
    """A mission in a plan as announced, and as it turned out.

    Attributes
    ----------
    announced : MissionCase
        The mission that the plan computes.
    turned_out : str
        What became of it, one sentence with sources; empty when nothing is known yet.
    turned_out_launch_tdb : float or None
        The launch flown or re-planned, seconds past J2000 TDB.
    turned_out_status : str
        One of `STATUSES`.
    turned_out_sources : tuple of str
        Source ids.
    turned_out_span_tdb : tuple of float or None
        First and last instant that the published date allows: a year, a month, a day; equal for an instant.
    turned_out_text : str
        The date as it was published, for example ``2028``.
    """

    announced: MissionCase
    turned_out: str
    turned_out_launch_tdb: float | None
    turned_out_status: str
    turned_out_sources: tuple[str, ...]
    turned_out_span_tdb: tuple[float, float] | None = None
    turned_out_text: str = ""

    @property
    def launch_span_tdb(self) -> tuple[float, float] | None:
        """First and last launch that the news allow; None when they give none."""
        if self.turned_out_span_tdb is not None or self.turned_out_launch_tdb is None:
            return self.turned_out_span_tdb
        return self.turned_out_launch_tdb, self.turned_out_launch_tdb


@dataclass(frozen=True, slots=True)
class PlanEvent:
    """Something on the timeline of a plan that is not computed: announced for a date, and what became of it.

    Attributes
    ----------
    id, name : str
        Identifier and words.
    announced_span_tdb : tuple of float or None
        First and last instant that the published date allows; None where none was published.
    announced_text, announced_status : str
        The date as published, and one of `STATUSES`; empty without a date.
    announced_sources : tuple of str
        Source ids.
    turned_out : str
        What became of it.
    turned_out_span_tdb : tuple of float or None
        As `announced_span_tdb`.
    turned_out_text, turned_out_status : str
        As for the announcement.
    turned_out_sources : tuple of str
        Source ids.
    numbers : tuple of SourcedNumber
        The entry's own dates and words.
    """

    id: str
    name: str
    announced_span_tdb: tuple[float, float] | None
    announced_text: str
    announced_status: str
    announced_sources: tuple[str, ...]
    turned_out: str
    turned_out_span_tdb: tuple[float, float] | None
    turned_out_text: str
    turned_out_status: str
    turned_out_sources: tuple[str, ...]
    numbers: tuple[SourcedNumber, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanCase:
    """Several missions and their couplings over a span.

    Attributes
    ----------
    id, name, description : str
        Identifier, words.
    missions : tuple of PlanMission
        In file order.
    couplings : tuple of Coupling
        In file order.
    span_start_tdb, span_stop_tdb : float
        Search span; every mission's launch period lies in it.
    sources : dict of str to str
        Source id to citation.
    path : str
        File it was read from.
    events : tuple of PlanEvent
        Entries of the timeline that are not computed, in file order.
    """

    id: str
    name: str
    description: str
    missions: tuple[PlanMission, ...]
    couplings: tuple[Coupling, ...]
    span_start_tdb: float
    span_stop_tdb: float
    sources: dict[str, str] = field(default_factory=dict)
    path: str = ""
    events: tuple[PlanEvent, ...] = ()

    def mission(self, mission_id: str) -> MissionCase:
        """Return the announced mission called `mission_id`.

        Parameters
        ----------
        mission_id : str
            Identifier.

        Returns
        -------
        MissionCase
            The mission; KeyError when there is none.
        """
        for entry in self.missions:
            if entry.announced.id == mission_id:
                return entry.announced
        raise KeyError(mission_id)
