"""Records of what a mission does at the Moon: orbits over time, links, light, passes, descents.

Arrays are for tables and figures; the other fields are what reports say. ``assumed`` as in `sim.analysis.results`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.analysis.at_moon_descent_results import DescentResult
from sim.analysis.at_moon_orbit_results import InsertionResult, Omission, OrbitLifeResult, RelayDesignResult
from sim.analysis.at_moon_overburn import OverburnInverse
from sim.analysis.parts import Floats
from sim.cases import OrbitPhase
from sim.events import Intervals
from sim.operations import (
    Coverage,
    FieldSweepRow,
    JointView,
    LightSummary,
    OverburnStudy,
    Passes,
    PlanePassages,
    RelayContacts,
    RelayService,
    ReturnRow,
    ServiceRow,
    SkySeries,
    SweepRow,
    Track,
)
from sim.operations.request import OverburnCase, PlaceCase


@dataclass(frozen=True, eq=False)
class GroundTrack:
    """Where an orbiter flies over the ground. Arrays have shape (N,).

    Attributes
    ----------
    t_tdb : ndarray
        Seconds past J2000 TDB.
    latitude_deg, longitude_deg : ndarray
        Selenographic; longitude from -180 to 180.
    altitude_km : ndarray
        Over the sphere of 1737.4 km.
    """

    t_tdb: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    altitude_km: Floats


@dataclass(frozen=True, eq=False)
class Evolution:
    """An orbit left to itself in the Moon's gravity field, with Earth and Sun. Arrays have shape (N,).

    Attributes
    ----------
    t_tdb : ndarray
        Middle of each record.
    perilune_altitude_km, apolune_altitude_km : ndarray
        Lowest and highest altitude in each record.
    eccentricity, argument_of_perilune_deg, inclination_deg, node_longitude_deg : ndarray
        Averaged elements.
    impact_tdb : float or None
        When it comes down to the sphere; None when it does not.
    degree : int
        Of the gravity field.
    revs : int
        Revolutions in a record.
    fault : str
        Why the propagation ended early when it was not by an impact; empty when all is well.
    """

    t_tdb: Floats
    perilune_altitude_km: Floats
    apolune_altitude_km: Floats
    eccentricity: Floats
    argument_of_perilune_deg: Floats
    inclination_deg: Floats
    node_longitude_deg: Floats
    impact_tdb: float | None
    degree: int
    revs: int
    fault: str = ""


@dataclass(frozen=True, eq=False)
class PhaseAtMoon:
    """A phase in lunar orbit, placed in time and space.

    Attributes
    ----------
    phase : OrbitPhase
        Of the case.
    index : int
        Its position there.
    start_tdb : float
        Begin.
    node_deg : float
        Selenographic longitude of the ascending node then.
    node_basis : str
        Where the node comes from, in words.
    kept : bool
        Whether corrections hold shape and plane.
    period_s : float
        Time of a revolution.
    track : Track
        The path that links and passes are found on.
    ground : GroundTrack
        The first revolutions over the ground.
    evolution : Evolution
        What becomes of the orbit without corrections.
    """

    phase: OrbitPhase
    index: int
    start_tdb: float
    node_deg: float
    node_basis: str
    kept: bool
    period_s: float
    track: Track
    ground: GroundTrack
    evolution: Evolution


@dataclass(frozen=True, eq=False)
class LinkTimes:
    """When one link is open.

    Attributes
    ----------
    kind : str
        ``relay``, ``downlink``, ``direct``, ``crosslink``, or ``together``: two orbiters (``first``, joined by ``&``)
        see a place at the same moment.
    first, second : str
        The two parties.
    open_ : Intervals
        When.
    """

    kind: str
    first: str
    second: str
    open_: Intervals


@dataclass(frozen=True, eq=False)
class ContactRow:
    """Contacts of one orbiter with one place.

    Attributes
    ----------
    orbiter, place : str
        Names.
    model : str
        The path they rest on, in words.
    service : ServiceRow
        How often, how long.
    contacts : RelayContacts
        Distances and data volumes.
    """

    orbiter: str
    place: str
    model: str
    service: ServiceRow
    contacts: RelayContacts


@dataclass(frozen=True, eq=False)
class DailyReturn:
    """What a group of stations sees of an orbiter, day by day.

    Attributes
    ----------
    orbiter : str
        Name.
    row : ReturnRow
        Summary.
    hour : ndarray, shape (D,)
        Hours of each day with a station of the group in view.
    gigabyte_per_day : ndarray, shape (D,)
        Volume of each day.
    """

    orbiter: str
    row: ReturnRow
    hour: Floats
    gigabyte_per_day: Floats


@dataclass(frozen=True, slots=True)
class HiddenRow:
    """How often the Moon hides an orbiter from the Earth.

    Attributes
    ----------
    orbiter : str
        Name.
    share : float
        Share of the time hidden.
    count_per_day : float
        Occultations a day.
    longest_min : float
        Longest of them.
    """

    orbiter: str
    share: float
    count_per_day: float
    longest_min: float


@dataclass(frozen=True, slots=True)
class TogetherRow:
    """How often two orbiters see one place nearly at the same time.

    Attributes
    ----------
    first, second : str
        Orbiters.
    place : str
        Identifier of the place.
    view : JointView
        Minutes and occasions.
    """

    first: str
    second: str
    place: str
    view: JointView


@dataclass(frozen=True, eq=False)
class LinkResult:
    """All links over a span.

    Attributes
    ----------
    label : str
        From when: the phase, or ``after landing``.
    start_tdb, stop_tdb : float
        Span.
    links : tuple of LinkTimes
        Every link between the parties.
    contacts : tuple of ContactRow
        Orbiters over places.
    services : tuple of RelayService
        Ways of talking to each place, each relay also out.
    direct : tuple of ServiceRow
        Each place straight to the stations, for spans without orbiters as well.
    daily_min : dict of str to ndarray (D,)
        Minutes a day of each way, for the timeline.
    returns : tuple of DailyReturn
        Data that stations bring home from the mission's own orbiter.
    hidden : tuple of HiddenRow
        Occultations.
    together : tuple of TogetherRow
        Every pair of orbiters over every place.
    produced_gigabyte_per_day : float or None
        What the instruments deliver.
    """

    label: str
    start_tdb: float
    stop_tdb: float
    links: tuple[LinkTimes, ...]
    contacts: tuple[ContactRow, ...]
    services: tuple[RelayService, ...]
    direct: tuple[ServiceRow, ...]
    daily_min: dict[str, Floats]
    returns: tuple[DailyReturn, ...]
    hidden: tuple[HiddenRow, ...]
    together: tuple[TogetherRow, ...] = ()
    produced_gigabyte_per_day: float | None = None


@dataclass(frozen=True, eq=False)
class LightResult:
    """Light and Earth at the landing site.

    Attributes
    ----------
    place : PlaceCase
        The site.
    start_tdb : float
        Landing, begin of the calendar.
    light_hour, earth_hour : ndarray, shape (D,)
        Hours of each day with the Sun's centre, the Earth's centre, above the horizon.
    sky : SkySeries
        Both at the middle of each day, and every three hours in between.
    summary : LightSummary
        Over the span.
    """

    place: PlaceCase
    start_tdb: float
    light_hour: Floats
    earth_hour: Floats
    sky: SkySeries
    summary: LightSummary


@dataclass(frozen=True, eq=False)
class PhasingResult:
    """When the plane of the orbit holds the landing site.

    Attributes
    ----------
    plane : str
        Whose plane, in words.
    passages : PlanePassages
        Moments.
    windows : Intervals
        When Sun and Earth stand as wanted for a landing.
    near : Intervals
        When the site lies within `cross_track_km` of the ground track.
    cross_track_km : float
        What that means.
    both_day : float
        Days with both.
    """

    plane: str
    passages: PlanePassages
    windows: Intervals
    near: Intervals
    cross_track_km: float
    both_day: float


@dataclass(frozen=True, eq=False)
class SurveyPassesResult:
    """Passes of one phase over one place.

    Attributes
    ----------
    phase_name : str
        The phase.
    place : PlaceCase
        The place.
    passes : Passes
        One a revolution.
    counts : ndarray of int (D, S)
        Passes nearer than each limit, by class of Sun elevation.
    cross_track_km, sun_classes_deg : tuple of float
        Limits and classes.
    coverage : Coverage or None
        Of the landing ellipse by the camera, when both are given.
    sweep : tuple of SweepRow
        A month at other inclinations, two bodies.
    field_sweep : tuple of FieldSweepRow
        The same for orbits left alone in the Moon's field, from the node of the phase.
    """

    phase_name: str
    place: PlaceCase
    passes: Passes
    counts: NDArray[np.int64]
    cross_track_km: tuple[float, ...]
    sun_classes_deg: tuple[float, ...]
    coverage: Coverage | None
    sweep: tuple[SweepRow, ...]
    field_sweep: tuple[FieldSweepRow, ...] = ()


@dataclass(frozen=True, slots=True)
class OverlapRow:
    """Working lives of this mission and a partner.

    Attributes
    ----------
    partner : str
        Name.
    start_tdb, stop_tdb : float or None
        When both work; None without overlap or without published dates.
    overlap_day : float or None
        Length, negative for a gap between them; None without published dates.
    """

    partner: str
    start_tdb: float | None
    stop_tdb: float | None
    overlap_day: float | None


@dataclass(frozen=True, eq=False)
class OverburnResult:
    """A burn that lasted too long, beside the crater found.

    Attributes
    ----------
    case : OverburnCase
        Published numbers.
    study : OverburnStudy
        The burn flown for both orbits and all places on them.
    impact_latitude_deg, impact_longitude_deg : ndarray, shape (R,)
        Where each case comes down when the planned perilune was over the landing site; empty without a site.
    miss_km : ndarray, shape (R,)
        Distance of these from the crater.
    explained_s : float
        Spread of the impact time over the unknown place of the burn.
    inverse : OverburnInverse
        What would bring time and place together.
    """

    case: OverburnCase
    study: OverburnStudy
    impact_latitude_deg: Floats
    impact_longitude_deg: Floats
    miss_km: Floats
    explained_s: float
    inverse: OverburnInverse


@dataclass(frozen=True, eq=False)
class AtMoonResult:
    """Everything that a mission does at the Moon.

    Attributes
    ----------
    arrival_tdb : float
        First perilune that everything counts from.
    arrival_basis : str
        Which opportunity that is, in words.
    phases : tuple of PhaseAtMoon
        In file order.
    links : tuple of LinkResult
        One for each phase of an orbiter, one after the landing of a lander.
    surveys : tuple of SurveyPassesResult
        Phases over places.
    light : LightResult or None
        At the landing site.
    phasing : PhasingResult or None
        Plane over the landing site.
    overlaps : tuple of OverlapRow
        Partners.
    overburn : OverburnResult or None
        Burn that went wrong.
    descent : DescentResult or None
        Way down.
    assumed : tuple of str
        Inputs that nobody published.
    insertion : InsertionResult or None
        Burns from the arrival to the working orbit.
    lives : tuple of OrbitLifeResult
        Phases in low orbits left alone, and kept.
    relays : tuple of RelayDesignResult
        Elliptic phases over years.
    omitted : tuple of Omission
        What was not computed for which orbit, and why.
    """

    arrival_tdb: float
    arrival_basis: str
    phases: tuple[PhaseAtMoon, ...]
    links: tuple[LinkResult, ...]
    surveys: tuple[SurveyPassesResult, ...]
    light: LightResult | None
    phasing: PhasingResult | None
    overlaps: tuple[OverlapRow, ...]
    overburn: OverburnResult | None
    descent: DescentResult | None
    assumed: tuple[str, ...] = field(default=())
    insertion: InsertionResult | None = None
    lives: tuple[OrbitLifeResult, ...] = ()
    relays: tuple[RelayDesignResult, ...] = ()
    omitted: tuple[Omission, ...] = ()
