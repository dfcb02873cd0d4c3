"""Links of a mission at the Moon: contacts, relays with each one out, data brought home, occultations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from sim.analysis.at_moon_orbits import elements_of, free_track
from sim.analysis.at_moon_results import (
    ContactRow,
    DailyReturn,
    HiddenRow,
    LinkResult,
    LinkTimes,
    PhaseAtMoon,
    TogetherRow,
)
from sim.analysis.parts import Floats
from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris
from sim.events import Intervals, everything, union
from sim.operations import (
    AccessNetwork,
    LunarElements,
    StationTrack,
    Track,
    access_network,
    data_return,
    find_open,
    free_of_moon,
    joint_view,
    lander_sky,
    relay_contacts,
    relay_service,
    service_row,
    station_tracks,
    track_from_elements,
    track_from_function,
    volume_bit_count,
)
from sim.operations.link_budget import BITS_PER_GIGABYTE, LinkBudget
from sim.operations.request import AtMoonCase, PartnerCase, PlaceCase

KEPT = "kept, two bodies"
FREE = "left alone, full field"
NEARLY_S = 600.0
"""Two orbiters that see a place within this time of each other see it under nearly the same Sun."""
_HIDDEN_SAMPLE_S = 60.0


@dataclass(frozen=True, eq=False)
class Party:
    """An orbiter of a network.

    Attributes
    ----------
    track : Track
        Its path, whose name is that of the party.
    apolune_altitude_km : float
        Decides which radio it uses with landers.
    model : str
        What the path rests on.
    own : bool
        Whether it belongs to the mission itself.
    """

    track: Track
    apolune_altitude_km: float
    model: str
    own: bool


def own_party(phase: PhaseAtMoon) -> Party:
    """Return the mission's own orbiter in a phase."""
    return Party(phase.track, phase.phase.apolune_altitude_km, KEPT if phase.kept else FREE, own=True)


def own_party_at(phase: PhaseAtMoon, start_tdb: float, span_day: float, ephemeris: Ephemeris | None = None) -> Party:
    """Return the mission's own orbiter from a later moment of a phase on, in the same plane.

    Parameters
    ----------
    phase : PhaseAtMoon
        The phase.
    start_tdb : float
        Begin, seconds past J2000 TDB.
    span_day : float
        How long.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Party
        On the orbit of the phase as it was at its begin: corrections are taken to hold it.
    """
    elements = elements_of(phase.phase, phase.node_deg)
    stop = start_tdb + span_day * SECONDS_PER_DAY
    states = elements.states_function(phase.start_tdb, ephemeris)
    track = track_from_function(phase.phase.name, states, start_tdb, stop, ephemeris=ephemeris)
    return Party(track, elements.apolune_altitude_km, KEPT, own=True)


def partner_party(partner: PartnerCase, start_tdb: float, span_day: float, ephemeris: Ephemeris | None = None) -> Party:
    """Return a partner from a begin on.

    Parameters
    ----------
    partner : PartnerCase
        The partner; its node is that at the begin.
    start_tdb : float
        Begin, seconds past J2000 TDB.
    span_day : float
        How long.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Party
        On the orbit as published: corrections are taken to hold it.
    """
    elements, stop = partner.elements(), start_tdb + span_day * SECONDS_PER_DAY
    track = track_from_elements(partner.id, elements, start_tdb, start_tdb, stop, ephemeris=ephemeris)
    return Party(track, elements.apolune_altitude_km, KEPT, own=False)


def links(
    label: str,
    request: AtMoonCase,
    parties: Sequence[Party],
    start_tdb: float,
    span_day: float,
    *,
    ephemeris: Ephemeris | None = None,
) -> LinkResult:
    """Find all links between orbiters, places and ground stations, and what they are worth.

    Parameters
    ----------
    label : str
        What the span is.
    request : AtMoonCase
        Places, stations, radios.
    parties : sequence of Party
        Orbiters; a path that ends earlier cuts the span.
    start_tdb : float
        Begin, seconds past J2000 TDB.
    span_day : float
        How long.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    LinkResult
    """
    stop = min([start_tdb + span_day * SECONDS_PER_DAY, *(party.track.stop_tdb for party in parties)])
    tracks, places = [party.track for party in parties], [place.heard() for place in request.places]
    network = access_network(tracks, places, request.stations, start_tdb, stop, ephemeris=ephemeris)
    earth = {one.station.id: one for one in station_tracks(request.stations, start_tdb, stop, ephemeris=ephemeris)}
    pairs = list(_pairs(network, tracks, request.places))
    return LinkResult(
        label=label,
        start_tdb=start_tdb,
        stop_tdb=stop,
        links=(*_times(network), *(LinkTimes("together", f"{a}&{b}", place, u & v) for a, b, place, u, v in pairs)),
        contacts=tuple(_contact(request, network, party, place) for party in parties for place in request.places),
        services=tuple(relay_service(network, place.id, [t.name for t in tracks]) for place in request.places)
        if tracks
        else (),
        direct=tuple(service_row(place.id, network.stations_see(place.id)) for place in request.places),
        daily_min=_daily(network, request.places, tracks),
        returns=tuple(one for party in parties if party.own for one in _returns(request, network, party.track, earth)),
        hidden=tuple(_hidden(network, party.track, earth) for party in parties),
        together=tuple(TogetherRow(a, b, place, joint_view(u, v, NEARLY_S)) for a, b, place, u, v in pairs),
        produced_gigabyte_per_day=request.produced_gigabyte_per_day,
    )


def _times(network: AccessNetwork) -> tuple[LinkTimes, ...]:
    kinds = {
        "relay": network.relay,
        "downlink": network.downlink,
        "direct": network.direct,
        "crosslink": network.crosslink,
    }
    return tuple(LinkTimes(kind, a, b, found) for kind, table in kinds.items() for (a, b), found in table.items())


def _contact(request: AtMoonCase, network: AccessNetwork, party: Party, place: PlaceCase) -> ContactRow:
    radio = request.radios.for_apolune(party.apolune_altitude_km)
    return contact_row(party, place, network.relay[party.track.name, place.id], radio)


def contact_row(party: Party, place: PlaceCase, open_: Intervals, radio: LinkBudget) -> ContactRow:
    """Summarise the contacts of an orbiter with a place.

    Parameters
    ----------
    party : Party
        The orbiter.
    place : PlaceCase
        The place.
    open_ : Intervals
        Their contacts.
    radio : LinkBudget
        Their radio.

    Returns
    -------
    ContactRow
    """
    name = party.track.name
    found = relay_contacts(party.track, place.heard(), open_, radio)
    return ContactRow(name, place.id, party.model, service_row(name, open_), found)


def free_contacts(
    request: AtMoonCase, phase: PhaseAtMoon, elements: LunarElements, *, ephemeris: Ephemeris | None = None
) -> tuple[ContactRow, ...]:
    """Repeat the contacts of a kept phase on an orbit that nobody corrects, to see what the two bodies leave out.

    Parameters
    ----------
    request : AtMoonCase
        Places and radios.
    phase : PhaseAtMoon
        A kept phase.
    elements : LunarElements
        Its orbit at the begin.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    tuple of ContactRow
        One per place; shorter when the orbit comes down.
    """
    span_day = (phase.track.stop_tdb - phase.start_tdb) / SECONDS_PER_DAY - 0.01
    track = free_track(phase.phase.name, elements, phase.start_tdb, span_day, ephemeris)
    party = Party(track, elements.apolune_altitude_km, FREE, own=True)
    span = everything(phase.start_tdb, min(track.stop_tdb, phase.start_tdb + span_day * SECONDS_PER_DAY))
    radio = request.radios.for_apolune(elements.apolune_altitude_km)
    return tuple(
        contact_row(party, place, find_open(lander_sky(place.heard(), track), span), radio) for place in request.places
    )


def _daily(network: AccessNetwork, places: Sequence[PlaceCase], tracks: Sequence[Track]) -> dict[str, Floats]:
    """Minutes of each day of every way of talking to each place."""
    found: dict[str, Floats] = {}
    for place in places:
        found[f"{place.id}: direct"] = network.stations_see(place.id).minutes_of_days()
        for track in tracks:
            found[f"{place.id}: {track.name}"] = network.relay[track.name, place.id].minutes_of_days()
    for track in tracks:
        found[f"Earth: {track.name}"] = network.stations_see(track.name).minutes_of_days()
    return found


def _returns(
    request: AtMoonCase, network: AccessNetwork, orbiter: Track, earth: Mapping[str, StationTrack]
) -> list[DailyReturn]:
    produced, radio = request.produced_gigabyte_per_day, request.radios.downlink
    if network.span.span_s < SECONDS_PER_DAY:
        return []
    rows = data_return(network, orbiter, earth, dict(request.groups), radio, produced or 0.0)
    made = []
    for row, (_, ids) in zip(rows, request.groups, strict=True):
        seen = network.stations_see(orbiter.name, ids)
        volume = float(np.sum(volume_bit_count(radio, earth[ids[0]], orbiter, seen, step_s=600.0)))
        hours = seen.minutes_of_days() / 60.0
        rate = volume / seen.total_s if len(seen) else 0.0
        made.append(DailyReturn(orbiter.name, row, hours, hours * 3600.0 * rate / BITS_PER_GIGABYTE))
    return made


def _hidden(network: AccessNetwork, orbiter: Track, earth: Mapping[str, StationTrack]) -> HiddenRow:
    """Behind the Moon from the first station, above its horizon or not: stations differ by seconds."""
    first = next(iter(earth.values()))
    clear = find_open(free_of_moon(first, orbiter), network.span, sample_s=_HIDDEN_SAMPLE_S)
    return HiddenRow(orbiter.name, 1.0 - clear.fraction, clear.gaps().count_per_day, clear.longest_gap_s / 60.0)


def _pairs(
    network: AccessNetwork, tracks: Sequence[Track], places: Sequence[PlaceCase]
) -> Iterator[tuple[str, str, str, Intervals, Intervals]]:
    """Yield every two orbiters over every place, with the times at which each sees it."""
    for one, other in combinations(tracks, 2):
        for place in places:
            first, second = (network.relay[orbiter.name, place.id] for orbiter in (one, other))
            yield one.name, other.name, place.id, first, second


def any_way(result: LinkResult, place_id: str, without: str = "") -> Intervals | None:
    """Find when a place is heard directly or by an orbiter above its horizon.

    Parameters
    ----------
    result : LinkResult
        Links.
    place_id : str
        The place.
    without : str
        An orbiter that is out of service.

    Returns
    -------
    Intervals or None
        None when there is no link of that place.
    """
    chosen = [
        link.open_
        for link in result.links
        if (link.kind == "direct" and link.first == place_id)
        or (link.kind == "relay" and link.second == place_id and link.first != without)
    ]
    return union(chosen) if chosen else None
