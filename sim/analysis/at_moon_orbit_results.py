"""Records of how a mission gets into its orbit about the Moon, how long orbits last, and what keeping them costs.

Parts of `sim.analysis.at_moon_results.AtMoonResult`. A ``fault`` says in words why something could not be found; it is
empty when all is well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.analysis.parts import Floats
from sim.operations import (
    EccentricityMap,
    FloorKeeping,
    FrozenOrbit,
    FrozenRelay,
    InsertionSequence,
    LifetimeGrid,
    LowOrbitHistory,
    OrbitKeeping,
    RelayEvolution,
)


@dataclass(frozen=True, slots=True)
class OrbitShape:
    """An osculating orbit about the Moon.

    Attributes
    ----------
    perilune_altitude_km, apolune_altitude_km : float
        Over the sphere of 1737.4 km; the apolune of an escaping orbit is infinite.
    inclination_deg : float
        To the equator of date.
    argument_of_perilune_deg : float
        From the ascending node on it, 0 to 360.
    node_deg : float
        Selenographic longitude of that node.
    """

    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_deg: float
    argument_of_perilune_deg: float
    node_deg: float


@dataclass(frozen=True, eq=False)
class InsertionResult:
    """From the arrival to the working orbit, every burn flown as long as it takes.

    Attributes
    ----------
    sequence : InsertionSequence or None
        Burns; None when they could not be flown.
    steering : tuple of str
        Of each burn.
    before, after : OrbitShape or None
        Orbit of the arrival without any burn, and the one at the last cut-off.
    wanted_name : str
        Phase that follows; empty without phases.
    wanted : OrbitShape or None
        Its orbit as the file has it (node: where the plane of arrival is then).
    planned_dv_m_s, planned_loss_m_s : float
        Impulse and estimated loss that the launch windows count with, for the same arrival.
    delivered_kg, dry_kg : float
        Mass at the last cut-off, trims not taken off, and the mass with empty tanks.
    closure_m : float
        How far the whole sequence, flown once more from its start as commanded, ends from where it was solved.
    degree : int
        Of the gravity field.
    t_tdb, position_km, altitude_km, burning : ndarray (T,), (T, 3), (T,), (T,)
        Path: epochs; place relative to the Moon in the plane of the last orbit (x towards its ascending node, z along
        its momentum); altitude; whether the engine burns.
    fault : str
        Why it could not be flown.
    """

    sequence: InsertionSequence | None
    steering: tuple[str, ...]
    before: OrbitShape | None
    after: OrbitShape | None
    wanted_name: str
    wanted: OrbitShape | None
    planned_dv_m_s: float
    planned_loss_m_s: float
    delivered_kg: float
    dry_kg: float
    closure_m: float
    degree: int
    t_tdb: Floats
    position_km: Floats
    altitude_km: Floats
    burning: NDArray[np.bool_]
    fault: str = ""


@dataclass(frozen=True, eq=False)
class OrbitLifeResult:
    """One phase in a low orbit left alone, its frozen neighbour, and what keeping it costs.

    Attributes
    ----------
    phase_name : str
        The phase.
    start_tdb : float
        Its begin.
    duration_day : float
        How long it lasts.
    altitude_km, inclination_deg : float
        Mean of its apsides, and its inclination.
    perilune_altitude_km, apolune_altitude_km : float
        Its apsides.
    near_circular : bool
        Whether circles stand for it in the grid and the map, and it is kept near its mean altitude; else ellipses of
        its own shape do, and it is held above the limit.
    limit_altitude_km, span_day : float
        When an orbit counts as lost, and how long it is followed.
    history : LowOrbitHistory
        The phase's own orbit without corrections.
    lost_day : float
        When it falls under the limit; infinite when it does not within the span.
    grid : LifetimeGrid
        Such orbits over inclinations, nodes and epochs.
    monthly : EccentricityMap
        What a month does to their eccentricity vectors at the inclinations of the grid.
    kept : OrbitKeeping or None
        The near-circular orbit flown with a pair of burns every month.
    floor : FloorKeeping or None
        The ellipse flown with a burn at apolune in the months that need one.
    keep_fault : str
        Why that could not be flown.
    keep_year_dv_m_s, keep_phase_dv_m_s : float
        What it costs a year, and over the phase with the first burn of an ellipse; NaN when not flown.
    keep_phase_kg, propellant_share : float
        Propellant over the phase, and its share of what is left after insertion and trims; NaN when not known.
    frozen : FrozenOrbit or None
        Frozen orbit of the same size and inclination.
    frozen_fault : str
        Why there is none.
    frozen_history : LowOrbitHistory or None
        The frozen orbit over the span, without corrections.
    frozen_lowest_km, frozen_highest_km : float
        Altitudes of the frozen orbit over the span, without corrections; NaN without one.
    frozen_year_dv_m_s : float
        What bringing its eccentricity vector back once after the span would cost, by the year.
    """

    phase_name: str
    start_tdb: float
    duration_day: float
    altitude_km: float
    inclination_deg: float
    perilune_altitude_km: float
    apolune_altitude_km: float
    near_circular: bool
    limit_altitude_km: float
    span_day: float
    history: LowOrbitHistory
    lost_day: float
    grid: LifetimeGrid
    monthly: EccentricityMap
    kept: OrbitKeeping | None
    floor: FloorKeeping | None
    keep_fault: str
    keep_year_dv_m_s: float
    keep_phase_dv_m_s: float
    keep_phase_kg: float
    propellant_share: float
    frozen: FrozenOrbit | None
    frozen_fault: str
    frozen_history: LowOrbitHistory | None
    frozen_lowest_km: float
    frozen_highest_km: float
    frozen_year_dv_m_s: float


@dataclass(frozen=True, slots=True)
class Omission:
    """Something that is not computed for an orbit.

    Attributes
    ----------
    phase_name : str
        The phase; ``arrival`` for what comes before the first.
    what, why : str
        In words.
    """

    phase_name: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class RelayNodeRow:
    """The phase's ellipse from one node, without corrections.

    Attributes
    ----------
    node_deg : float
        Selenographic longitude of the ascending node at the start.
    lost_day : float
        When it comes down to the sphere; infinite when it does not.
    lowest_km : float
        Lowest osculating perilune altitude; 0 when it comes down.
    """

    node_deg: float
    lost_day: float
    lowest_km: float


@dataclass(frozen=True, eq=False)
class FrozenTry:
    """A search for a frozen ellipse of the phase's period.

    Attributes
    ----------
    perilune_altitude_km, ecc : float
        Asked for.
    frozen : FrozenRelay or None
        Found.
    fault : str
        Why none was found.
    """

    perilune_altitude_km: float
    ecc: float
    frozen: FrozenRelay | None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class RelayOrbitRow:
    """One ellipse over the span, without corrections.

    Attributes
    ----------
    label : str
        Which.
    semi_major_axis_km, ecc : float
        At the start.
    inclination_deg, argument_of_perilune_deg, node_deg : float
        To the Moon's equator of date, at the start; the node's selenographic longitude.
    inclination_earth_deg : float
        To the plane of the Earth's motion, at the start.
    trend_argument_deg_year, trend_ecc_per_year : float
        Over the months of the design, in the plane of the Earth's motion; NaN when it does not last them.
    lowest_km, highest_km : float
        Altitudes over the span.
    lost_day : float
        When it comes down to the sphere; infinite when it does not.
    """

    label: str
    semi_major_axis_km: float
    ecc: float
    inclination_deg: float
    argument_of_perilune_deg: float
    node_deg: float
    inclination_earth_deg: float
    trend_argument_deg_year: float
    trend_ecc_per_year: float
    lowest_km: float
    highest_km: float
    lost_day: float


@dataclass(frozen=True, slots=True)
class RelayCoverageRow:
    """How much of the time an ellipse stands over a place, counted at samples.

    Attributes
    ----------
    label, place : str
        Which orbit, which place.
    share, first_share, worst_share : float
        Over the span, in the first month and in the worst month; NaN where it does not last so long.
    longest_gap_hour : float
        Longest time below the mask.
    """

    label: str
    place: str
    share: float
    first_share: float
    worst_share: float
    longest_gap_hour: float


@dataclass(frozen=True, eq=False)
class RelayDesignResult:
    """An elliptic phase over years from many nodes, and frozen ellipses of the same period.

    Attributes
    ----------
    phase_name : str
        The phase.
    start_tdb, span_day : float
        Begin, and how long the ellipses are followed.
    months_n : int
        Sidereal months over which trends are measured.
    nodes : tuple of RelayNodeRow
        The phase from nodes all around the Moon.
    tries : tuple of FrozenTry
        Searches for frozen ellipses, at the node from which the phase lasts longest.
    labels : tuple of str
        Of the N ellipses followed: the phase, the phase from the best node, the frozen ones found.
    flown : RelayEvolution
        All of them.
    orbits : tuple of RelayOrbitRow
        One an ellipse.
    coverage : tuple of RelayCoverageRow
        One an ellipse and place.
    month_tdb : ndarray (M,)
        Middle of each month.
    month_share : ndarray (N, P, M)
        Share of each month in which an ellipse stands over a place; NaN after an impact.
    places : tuple of str
        Identifiers of the P places.
    step_s : float
        Distance of the samples.
    degree : int
        Of the gravity field.
    """

    phase_name: str
    start_tdb: float
    span_day: float
    months_n: int
    nodes: tuple[RelayNodeRow, ...]
    tries: tuple[FrozenTry, ...]
    labels: tuple[str, ...]
    flown: RelayEvolution
    orbits: tuple[RelayOrbitRow, ...]
    coverage: tuple[RelayCoverageRow, ...]
    month_tdb: Floats
    month_share: Floats
    places: tuple[str, ...]
    step_s: float
    degree: int
