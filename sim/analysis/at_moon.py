"""What a mission does at the Moon, put together: from its arrival to orbits, links, light, passes and descents."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim.analysis.assumptions import mission_assumed
from sim.analysis.at_moon_descent import descent, overburn_beside_crater
from sim.analysis.at_moon_descent_results import DescentResult
from sim.analysis.at_moon_insertion import fly_to_working_orbit
from sim.analysis.at_moon_life import orbit_lives
from sim.analysis.at_moon_links import free_contacts, links, own_party, own_party_at, partner_party
from sim.analysis.at_moon_omitted import covers, omissions
from sim.analysis.at_moon_orbit_results import InsertionResult
from sim.analysis.at_moon_orbits import Teller, elements_of, phases_at_moon
from sim.analysis.at_moon_relay import relay_designs
from sim.analysis.at_moon_results import (
    AtMoonResult,
    LinkResult,
    OverburnResult,
    OverlapRow,
    PhaseAtMoon,
    PhasingResult,
    SurveyPassesResult,
)
from sim.analysis.at_moon_sites import light_at, phasing_at, survey_of
from sim.analysis.kept import Keeper, part_of
from sim.analysis.masses import delivered_mass_kg, insertion_loss_m_s
from sim.analysis.milestones import flight_s
from sim.analysis.parts import Floats
from sim.analysis.results import MissionResult
from sim.cases import MissionCase
from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.operations import normal_of_state, plane_normal_icrf
from sim.operations.request import AtMoonCase
from sim.timescales import utc_day_start_tdb, utc_from_tdb
from sim.transfer.verify import sample_trajectory

TABLES = (
    *("spacecraft", "at_moon", "landing", "places", "partners", "radios", "operations", "descent", "overburn"),
    *("insertion", "orbit_life", "relay_design"),
)
"""Tables of a mission file on which this rests, beside those of the launch."""


def at_moon(
    result: MissionResult,
    *,
    ephemeris: Ephemeris | None = None,
    tell: Teller | None = None,
    keeper: Keeper | None = None,
) -> AtMoonResult | None:
    """Compute what a mission does at the Moon.

    Parameters
    ----------
    result : MissionResult
        The mission with its opportunities.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    tell : callable, optional
        Progress, called with words, pieces done and pieces in all.
    keeper : Keeper, optional
        Where finished parts are kept, from which an interrupted look goes on.

    Returns
    -------
    AtMoonResult or None
        None when the file has no table ``[at_moon]``.
    """
    case, request = result.case, result.case.at_moon
    if request is None:
        return None
    arrival, state, basis = arrival_state_of(result, ephemeris)
    normal = None if state is None else normal_of_state(state)
    days = request.contact_day, request.evolution_day
    phases = phases_at_moon(case, arrival, normal, *days, ephemeris=ephemeris, tell=tell, keeper=keeper)
    landing = arrival + (case.landing.delay_day if case.landing else 0.0) * SECONDS_PER_DAY
    if tell is not None:
        tell("at the Moon: links, light, passes", 0, 1)
    site, way_down = request.site, descent(request.descent) if request.descent else None
    found = AtMoonResult(
        arrival_tdb=arrival,
        arrival_basis=basis,
        phases=phases,
        links=part_of(
            keeper,
            "links",
            (_without_looks(request), phases, landing),
            lambda: _links(request, phases, landing, ephemeris),
        ),
        surveys=part_of(
            keeper,
            "survey passes",
            (case.kind, request.places, request.camera, phases),
            lambda: _surveys(case, request, phases, ephemeris),
        ),
        light=None
        if site is None
        else part_of(
            keeper,
            "light",
            (site, _day_start(landing), request.light_day),
            lambda: light_at(site, _day_start(landing), request.light_day, ephemeris=ephemeris),
        ),
        phasing=part_of(
            keeper,
            "phasing",
            (request.site, case.landing, phases, normal, arrival),
            lambda: _phasing(case, request, phases, normal, arrival, ephemeris),
        ),
        overlaps=_overlaps(case, request, arrival, landing),
        overburn=part_of(
            keeper,
            "overburn",
            (request.overburn, request.site, way_down, result.table, case.nominal_launch_tdb),
            lambda: _overburn(result, request, way_down, ephemeris),
        ),
        descent=way_down,
        assumed=mission_assumed(case, TABLES),
        omitted=omissions(case, request, phases, landing),
    )
    if tell is not None:
        tell("at the Moon: links, light, passes", 1, 1)
    return _with_orbits(found, result, state, ephemeris, tell, keeper)


def _with_orbits(
    found: AtMoonResult,
    result: MissionResult,
    state: Floats | None,
    ephemeris: Ephemeris | None,
    tell: Teller | None,
    keeper: Keeper | None,
) -> AtMoonResult:
    """Add how it gets into its orbits and what becomes of them."""
    case, request, arrival, phases = result.case, result.case.at_moon, found.arrival_tdb, found.phases
    assert request is not None
    loi = float("nan") if state is None else float(result.table.loi_dv_m_s[arrival_row(result)[0]])
    spent = np.array([loi])
    # The loss that the windows count rests on more of the case than the burns do.
    decided = case.spacecraft, case.phases[:1], request.insertion, insertion_loss_m_s(case, spent)
    return replace(
        found,
        insertion=part_of(
            keeper,
            "insertion",
            (*decided, arrival, state, loi),
            lambda: _insertion(case, request, arrival, state, loi, ephemeris, tell),
        ),
        lives=orbit_lives(
            case,
            request.orbit_life,
            phases,
            float(delivered_mass_kg(case, spent)[0]),
            ephemeris=ephemeris,
            tell=tell,
            keeper=keeper,
        ),
        relays=relay_designs(
            request.relay_design, phases, request.places, ephemeris=ephemeris, tell=tell, keeper=keeper
        ),
    )


def _without_looks(request: AtMoonCase) -> AtMoonCase:
    """Take off what links do not depend on."""
    return replace(request, descent=None, overburn=None, insertion=(), orbit_life=None, relay_design=None)


def _insertion(
    case: MissionCase,
    request: AtMoonCase,
    arrival_tdb: float,
    state: Floats | None,
    loi_dv_m_s: float,
    ephemeris: Ephemeris | None,
    tell: Teller | None,
) -> InsertionResult | None:
    if tell is not None and request.insertion:
        tell("at the Moon: insertion burns", 0, 1)
    found = fly_to_working_orbit(case, request, arrival_tdb, state, loi_dv_m_s, ephemeris=ephemeris)
    if tell is not None and request.insertion:
        tell("at the Moon: insertion burns", 1, 1)
    return found


def _overburn(
    result: MissionResult, request: AtMoonCase, way_down: DescentResult | None, ephemeris: Ephemeris | None
) -> OverburnResult | None:
    if request.overburn is None:
        return None
    return overburn_beside_crater(
        request.overburn,
        request.site,
        descent_km=way_down.downrange_km if way_down else 0.0,
        table=result.table,
        launch_tdb=result.case.nominal_launch_tdb,
        ephemeris=ephemeris,
    )


def _day_start(t_tdb: float) -> float:
    """Begin of the UTC day, where calendars begin."""
    return float(utc_day_start_tdb(str(utc_from_tdb(t_tdb))[:10]))


def arrival_row(result: MissionResult) -> tuple[int | None, str]:
    """Return which opportunity a mission is taken to arrive with: flown or announced, else best, else cheapest.

    Parameters
    ----------
    result : MissionResult
        The mission with its opportunities.

    Returns
    -------
    tuple (int or None, str)
        Row of its table, None without opportunity; words.
    """
    if result.nominal is not None:
        return result.nominal, "the opportunity nearest to the published launch"
    if result.best is not None:
        return result.best, "the opportunity that delivers the most"
    if len(result.table):
        return int(np.argmin(result.table.loi_dv_m_s)), "the cheapest insertion, none being within limits"
    return None, "the middle of the launch period, without an opportunity"


def arrival_of(result: MissionResult, ephemeris: Ephemeris | None = None) -> tuple[float, Floats | None, str]:
    """Return when a mission arrives, the normal of its plane then, and which opportunity that is.

    Parameters
    ----------
    result : MissionResult
        The mission with its opportunities.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    tuple (float, ndarray (3,) or None, str)
        Seconds past J2000 TDB; unit vector in ICRF axes, None without opportunity; words.
    """
    t_tdb, state, words = arrival_state_of(result, ephemeris)
    return t_tdb, None if state is None else normal_of_state(state), words


def arrival_state_of(result: MissionResult, ephemeris: Ephemeris | None = None) -> tuple[float, Floats | None, str]:
    """Return when a mission arrives, its state at that perilune, and which opportunity that is.

    Parameters
    ----------
    result : MissionResult
        The mission with its opportunities.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    tuple (float, ndarray (6,) or None, str)
        Seconds past J2000 TDB; relative to the Moon in ICRF axes, km and km/s, without any burn, None without
        opportunity; words.
    """
    row, words = arrival_row(result)
    if row is None:
        middle = 0.5 * (result.case.window.launch_start_tdb + result.case.window.launch_stop_tdb)
        return middle + flight_s(result), None, words
    table, ephemeris = result.table, ephemeris or open_ephemeris()
    tli, perilune = float(table.tli_tdb[row]), float(table.perilune_tdb[row])
    _, states = sample_trajectory(table.tli_state[row], tli, perilune, count=3, ephemeris=ephemeris)
    return perilune, states[-1] - ephemeris.state("moon", "earth", np.array([perilune]))[0], words


def _links(
    request: AtMoonCase,
    phases: tuple[PhaseAtMoon, ...],
    landing_tdb: float,
    ephemeris: Ephemeris | None,
) -> tuple[LinkResult, ...]:
    """One look for each phase of an orbiter; one after landing for a lander, with whatever of it still orbits."""
    if request.lands:
        span = landing_tdb, request.contact_day
        parties = [own_party_at(phase, *span, ephemeris) for phase in phases if covers(phase, *span)]
        parties += [partner_party(one, *span, ephemeris) for one in request.partners]
        return (links("after landing", request, parties, *span, ephemeris=ephemeris),)
    found = []
    for phase in phases:
        span_day = min(request.contact_day, phase.phase.duration_day)
        partners = [partner_party(one, phase.start_tdb, span_day, ephemeris) for one in request.partners]
        parties = [own_party(phase), *partners]
        label = f"from the begin of {phase.phase.name.replace('_', ' ')}"
        result = links(label, request, parties, phase.start_tdb, span_day, ephemeris=ephemeris)
        if phase.kept and phase is phases[0]:
            free = free_contacts(request, phase, elements_of(phase.phase, phase.node_deg), ephemeris=ephemeris)
            result = replace(result, contacts=result.contacts + free)
        found.append(result)
    return tuple(found)


def _surveys(
    case: MissionCase, request: AtMoonCase, phases: tuple[PhaseAtMoon, ...], ephemeris: Ephemeris | None
) -> tuple[SurveyPassesResult, ...]:
    if case.kind != "orbiter":
        return ()
    found = []
    for phase in phases:
        elements = elements_of(phase.phase, phase.node_deg)
        found += [
            survey_of(phase, elements, place, request.camera, with_sweep=phase is phases[0], ephemeris=ephemeris)
            for place in request.places
        ]
    return tuple(found)


def _phasing(
    case: MissionCase,
    request: AtMoonCase,
    phases: tuple[PhaseAtMoon, ...],
    normal_icrf: Floats | None,
    arrival_tdb: float,
    ephemeris: Ephemeris | None,
) -> PhasingResult | None:
    if request.site is None or case.landing is None:
        return None
    normal, plane = normal_icrf, "the plane of arrival"
    if phases and phases[0].phase.node_deg is not None:
        first = phases[0]
        normal = plane_normal_icrf(elements_of(first.phase, first.node_deg), first.start_tdb, ephemeris)
        plane = f"the plane of {first.phase.name.replace('_', ' ')}"
    if normal is None:
        return None
    span_day = max(60.0, case.landing.delay_day + 30.0)
    return phasing_at(request.site, case.landing, plane, normal, arrival_tdb, span_day, ephemeris=ephemeris)


def _overlaps(case: MissionCase, request: AtMoonCase, arrival_tdb: float, landing_tdb: float) -> tuple[OverlapRow, ...]:
    """Working lives: from landing, or from arrival without one."""
    start, stop = landing_tdb if request.lands else arrival_tdb, arrival_tdb + case.lifetime_day * SECONDS_PER_DAY
    found = []
    for partner in request.partners:
        if partner.work_start_tdb is None or partner.work_stop_tdb is None:
            found.append(OverlapRow(partner.name, None, None, None))
            continue
        first, last = max(start, partner.work_start_tdb), min(stop, partner.work_stop_tdb)
        days = (last - first) / SECONDS_PER_DAY
        found.append(OverlapRow(partner.name, first if days > 0 else None, last if days > 0 else None, days))
    return tuple(found)
