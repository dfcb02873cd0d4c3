"""What two missions of a plan do for each other at the Moon: survey, relay, data return, with and without the partner.

Geometry of both at work: whether their dates allow it is what the couplings of the plan answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from sim.analysis.assumptions import mission_assumed
from sim.analysis.at_moon import TABLES, arrival_of
from sim.analysis.at_moon_links import KEPT, Party, links, own_party_at, partner_party
from sim.analysis.at_moon_orbits import elements_of, node_of_normal_deg, phase_at
from sim.analysis.at_moon_results import LinkResult, SurveyPassesResult
from sim.analysis.at_moon_sites import survey_of
from sim.analysis.at_moon_together import CoordinationResult, CoordinationRow
from sim.analysis.kept import Keeper, part_of
from sim.analysis.milestones import survey_phase
from sim.analysis.results import MissionResult
from sim.analysis.service import relay_phase
from sim.cases import OrbitPhase, PlanCase
from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris
from sim.events import Intervals, nothing, union
from sim.operations import JointView, ReturnRow, track_from_elements
from sim.operations.request import PartnerCase, PlaceCase

SERVICES = ("survey_before_landing", "relay")


def coordination(
    plan: PlanCase,
    missions: Mapping[str, MissionResult],
    *,
    ephemeris: Ephemeris | None = None,
    keeper: Keeper | None = None,
) -> tuple[CoordinationResult, ...]:
    """Compute what the missions of a plan do for each other at the Moon.

    Parameters
    ----------
    plan : PlanCase
        The plan.
    missions : mapping of str to MissionResult
        Mission id to result; missions without result may be missing.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    keeper : Keeper, optional
        Where finished pairs are kept.

    Returns
    -------
    tuple of CoordinationResult
        One for each pair with a survey or relay coupling whose files hold a table ``[at_moon]``.
    """
    pairs = dict.fromkeys((each.first, each.second) for each in plan.couplings if each.kind in SERVICES)
    found = []
    for first, second in pairs:
        if first in missions and second in missions:
            both = missions[first], missions[second]
            inputs = [(replace(one.case, path=""), one.table, one.nominal, one.best) for one in both]
            made = part_of(keeper, "pair", (plan.id, *inputs), partial(_pair, plan, *both, ephemeris))
            found += [] if made is None else [made]
    return tuple(found)


def _pair(
    plan: PlanCase, first: MissionResult, second: MissionResult, ephemeris: Ephemeris | None
) -> CoordinationResult | None:
    request, phase = second.case.at_moon, relay_phase(first.case)
    if request is None or request.site is None or second.case.landing is None or phase is None:
        return None
    arrival, normal, _ = arrival_of(second, ephemeris)
    start = arrival + second.case.landing.delay_day * SECONDS_PER_DAY
    span = start, request.contact_day
    partner = _orbiter(first, phase, *span, ephemeris)
    others = [one for one in request.partners if not _same(one, first)]
    parties = [partner_party(one, *span, ephemeris) for one in others]
    for index, own in enumerate(second.case.phases):
        lasts = own.start_day <= second.case.landing.delay_day and own.start_day + own.duration_day > (
            second.case.landing.delay_day + request.contact_day
        )
        if lasts and normal is not None:
            parties.append(own_party_at(phase_at(own, index, arrival, normal, ephemeris), *span, ephemeris))
    asked = replace(request, places=(request.site,), partners=())
    if first.case.at_moon is not None:
        served = first.case.at_moon
        asked = replace(
            asked, groups=served.groups, stations=tuple(dict.fromkeys((*asked.stations, *served.stations))),
            produced_gigabyte_per_day=served.produced_gigabyte_per_day, radios=served.radios,
        )  # fmt: skip
    parties = [replace(one, own=False) for one in parties] + [partner]
    found = links("with both at work", asked, parties, *span, ephemeris=ephemeris)
    survey = _survey(first, request.site, start, ephemeris)
    return CoordinationResult(
        plan_id=plan.id,
        first=first.case.id,
        second=second.case.id,
        phase_name=phase.name,
        start_tdb=start,
        links=found,
        returns=found.returns,
        survey=survey,
        rows=_rows(found, first.case.id, request.site.id, survey),
        assumed=mission_assumed(first.case, TABLES) + mission_assumed(second.case, TABLES),
    )


def _same(partner: PartnerCase, first: MissionResult) -> bool:
    """Whether a partner named in a file stands for the other mission of the pair: ``luna_26`` for any of its plans."""
    return first.case.id == partner.id or first.case.id.startswith(f"{partner.id}_")


def _orbiter(
    first: MissionResult, phase: OrbitPhase, start_tdb: float, span_day: float, ephemeris: Ephemeris | None
) -> Party:
    """Return the serving mission on the orbit of a phase, in the plane of its arrival."""
    _, normal, _ = arrival_of(first, ephemeris)
    node = phase.node_deg or 0.0
    if phase.node_deg is None and normal is not None:
        node = node_of_normal_deg(normal, start_tdb, ephemeris)
    elements, stop = elements_of(phase, node), start_tdb + span_day * SECONDS_PER_DAY
    track = track_from_elements(first.case.id, elements, start_tdb, start_tdb, stop, ephemeris=ephemeris)
    return Party(track, phase.apolune_altitude_km, KEPT, own=True)


def _survey(
    first: MissionResult, place: PlaceCase, start_tdb: float, ephemeris: Ephemeris | None
) -> SurveyPassesResult | None:
    """Count passes in the month before the landing, in which pictures could still serve the choice of the site."""
    phase, request = survey_phase(first.case), first.case.at_moon
    if phase is None or request is None:
        return None
    wanted = [one for one in request.places if abs(one.latitude_deg - place.latitude_deg) < 0.05]
    place = wanted[0] if wanted else place
    _, normal, _ = arrival_of(first, ephemeris)
    begin = start_tdb - request.contact_day * SECONDS_PER_DAY
    if normal is None:
        return None
    moved = phase_at(
        replace(phase, start_day=0.0), first.case.phases.index(phase), begin, normal, ephemeris, request.contact_day
    )
    elements = elements_of(phase, moved.node_deg)
    return survey_of(moved, elements, place, request.camera, with_sweep=False, ephemeris=ephemeris)


def open_ways(found: LinkResult, place_id: str, out: frozenset[str] = frozenset()) -> Intervals:
    """Find when a place reaches the Earth: straight, or through an orbiter that sees it and a station.

    Parameters
    ----------
    found : LinkResult
        Links.
    place_id : str
        The place.
    out : frozenset of str
        Orbiters out of service.

    Returns
    -------
    Intervals
    """
    span = found.links[0].open_
    ways = [nothing(span.span_start_tdb, span.span_stop_tdb)]
    ways += [link.open_ for link in found.links if link.kind == "direct" and link.first == place_id]
    for link in found.links:
        if link.kind == "relay" and link.second == place_id and link.first not in out:
            down = [each.open_ for each in found.links if each.kind == "downlink" and each.first == link.first]
            ways += [link.open_ & union(down)] if down else []
    return union(ways)


def _rows(
    found: LinkResult, first: str, place_id: str, survey: SurveyPassesResult | None
) -> tuple[CoordinationRow, ...]:
    rows = [
        CoordinationRow(
            "talk to the lander", _way(open_ways(found, place_id, frozenset({first}))), _way(open_ways(found, place_id))
        )
    ]
    relays = [link.first for link in found.links if link.kind == "relay" and link.first != first]
    rows += [
        CoordinationRow(
            f"the same with {relay} out",
            _way(open_ways(found, place_id, frozenset({first, relay}))),
            _way(open_ways(found, place_id, frozenset({relay}))),
        )
        for relay in relays
    ]
    if survey is not None:
        dark, *lit = survey.counts[0].tolist()
        near = f"{sum(lit)} lit passes nearer than {survey.cross_track_km[0]:g} km ({dark} in the dark)"
        whole = "" if survey.coverage is None else _cover(survey.coverage.days_to_cover())
        rows.append(CoordinationRow("see the landing area before landing", "none by the partner", near + whole))
    joint = [one for one in found.together if first in (one.first, one.second)]
    rows += [
        CoordinationRow(
            f"see the landing site at once, with {one.second if one.first == first else one.first}",
            "one orbiter alone", _at_once(one.view),
        )
        for one in joint
    ]  # fmt: skip
    if found.returns:
        own, every = found.returns[0].row, found.returns[-1].row
        rows.append(CoordinationRow("bring the partner's data home", _home(own), _home(every)))
    return tuple(rows)


def _home(row: ReturnRow) -> str:
    return f"{row.group}: {row.gigabyte_per_day_mean:.0f} GB a day, least {row.gigabyte_per_day_min:.0f}"


def _way(open_: Intervals) -> str:
    return (
        f"{100.0 * open_.fraction:.1f} % of the time, {24.0 * open_.fraction:.1f} h a day, longest gap "
        f"{open_.longest_gap_s / 3600.0:.1f} h"
    )


def _at_once(view: JointView) -> str:
    return (
        f"{view.together_minutes_per_day:.1f} min a day, {view.minutes_per_day:.1f} within ten minutes of each other, "
        f"{view.encounters_per_day:.1f} occasions a day"
    )


def _cover(days: float) -> str:
    return f", all covered in {days:.1f} d" if days < float("inf") else ", not all covered"
