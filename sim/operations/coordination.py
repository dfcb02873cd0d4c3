"""What two missions at the Moon can do for each other, as pure functions with tables for results.

Basis: the agreement of September 2019 names the exploration of landing areas by Luna 26 and data transmission tests
between Luna 26 and Chang'e 7; a relay in reserve was discussed only. No passes, bits or dates are in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.events import Intervals, nothing, union
from sim.operations.access import AccessNetwork
from sim.operations.conditions import Lander, ranges_km
from sim.operations.link_budget import BITS_PER_GIGABYTE, LinkBudget, gigabyte_per_day, volume_bit_count
from sim.operations.tracks import StationTrack, Track
from sim.units import S_PER_HOUR, S_PER_MINUTE

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """How well a lander is served by a way of talking to it.

    Attributes
    ----------
    way : str
        ``direct``, the name of a relay, or a sum of several.
    share : float
        Share of the time.
    contacts_per_day : float
        Contacts that begin per day.
    mean_contact_min : float
        Mean length.
    minutes_per_day : float
        Minutes a day.
    longest_gap_hour : float
        Longest time without.
    gap_start_tdb, gap_stop_tdb : float
        From when to when; NaN without a gap.
    """

    way: str
    share: float
    contacts_per_day: float
    mean_contact_min: float
    minutes_per_day: float
    longest_gap_hour: float
    gap_start_tdb: float
    gap_stop_tdb: float


def service_row(way: str, open_: Intervals) -> ServiceRow:
    """Summarise one way of talking to a lander.

    Parameters
    ----------
    way : str
        Its name.
    open_ : Intervals
        When it is open.

    Returns
    -------
    ServiceRow
    """
    whole = open_.durations_s[open_.whole]
    lengths = whole if whole.size else open_.durations_s
    return ServiceRow(
        way,
        open_.fraction,
        open_.count_per_day,
        float(lengths.mean()) / S_PER_MINUTE if lengths.size else 0.0,
        open_.minutes_per_day,
        open_.longest_gap_s / S_PER_HOUR,
        *open_.longest_gap_tdb,
    )


@dataclass(frozen=True, slots=True)
class RelayService:
    """Service of one lander, with and without each relay.

    Attributes
    ----------
    lander : str
        Name.
    direct : ServiceRow
        Straight to ground stations.
    contact : tuple of ServiceRow
        Each relay above the lander's horizon: enough to store and forward.
    bent_pipe : tuple of ServiceRow
        Each relay with lander and a ground station in view at the same time.
    all_ways : ServiceRow
        Direct or any bent pipe.
    without : tuple of ServiceRow
        The same with one relay out.
    backup_share : tuple of float
        For each relay out: share of the time it would have served in which another way is open.
    """

    lander: str
    direct: ServiceRow
    contact: tuple[ServiceRow, ...]
    bent_pipe: tuple[ServiceRow, ...]
    all_ways: ServiceRow
    without: tuple[ServiceRow, ...]
    backup_share: tuple[float, ...]


def relay_service(
    network: AccessNetwork,
    lander: str,
    relays: Sequence[str],
    stations: Mapping[str, Sequence[str]] | None = None,
) -> RelayService:
    """Compare the ways of talking to a lander, each relay also out of service.

    Parameters
    ----------
    network : AccessNetwork
        Its links.
    lander : str
        Name of the lander.
    relays : sequence of str
        Names of orbiters that relay for it.
    stations : mapping of str to sequence of str, optional
        Stations that serve a relay, or the lander itself; all stations where none are named.

    Returns
    -------
    RelayService

    Raises
    ------
    InputError
        A name that the network does not hold, or no relay.
    """
    if not relays:
        raise InputError("a relay service needs one relay or more")
    of = stations or {}
    direct = network.stations_see(lander, of.get(lander))
    pipes = {name: network.bent_pipe(lander, name, of.get(name)) for name in relays}
    none = nothing(network.span.span_start_tdb, network.span.span_stop_tdb)
    others = {name: union([direct, none, *(pipes[one] for one in relays if one != name)]) for name in relays}
    return RelayService(
        lander=lander,
        direct=service_row("direct", direct),
        contact=tuple(service_row(name, network.relay[name, lander]) for name in relays),
        bent_pipe=tuple(service_row(name, pipes[name]) for name in relays),
        all_ways=service_row("all", union([direct, *pipes.values()])),
        without=tuple(service_row(f"without {name}", others[name]) for name in relays),
        backup_share=tuple(_share_of(others[name], pipes[name]) for name in relays),
    )


def _share_of(part: Intervals, whole: Intervals) -> float:
    return (part & whole).total_s / whole.total_s if whole.total_s > 0.0 else 0.0


@dataclass(frozen=True, eq=False)
class RelayContacts:
    """Contacts of one orbiter with one lander. Arrays have shape (N,).

    Attributes
    ----------
    open_ : Intervals
        The contacts.
    range_min_km, range_max_km : ndarray
        Least and largest distance in each.
    volume_bit_count : ndarray
        Data volume of each with the given radio.
    gigabyte_per_day : float
        Mean over the span.
    budget : LinkBudget
        The radio that this rests on.
    """

    open_: Intervals
    range_min_km: FloatArray
    range_max_km: FloatArray
    volume_bit_count: FloatArray
    gigabyte_per_day: float
    budget: LinkBudget


def relay_contacts(orbiter: Track, lander: Lander, open_: Intervals, budget: LinkBudget) -> RelayContacts:
    """Ranges and data volumes of the contacts between an orbiter and a lander.

    Parameters
    ----------
    orbiter : Track
        The orbiter.
    lander : Lander
        The lander.
    open_ : Intervals
        Their contacts, of the network.
    budget : LinkBudget
        The radio.

    Returns
    -------
    RelayContacts
    """
    samples = 65
    share = np.linspace(0.0, 1.0, samples)
    t = (open_.start_tdb[:, None] + share * open_.durations_s[:, None]).ravel()
    distance = ranges_km(orbiter, lander, t).reshape(-1, samples) if t.size else np.zeros((0, samples))
    volume = volume_bit_count(budget, orbiter, lander, open_)
    return RelayContacts(
        open_,
        distance.min(axis=1, initial=np.inf),
        distance.max(axis=1, initial=0.0),
        volume,
        gigabyte_per_day(volume, open_),
        budget,
    )


@dataclass(frozen=True, slots=True)
class JointView:
    """Observation of one place by two orbiters.

    Attributes
    ----------
    within_s : float
        Both see the place within this time of each other.
    minutes_per_day : float
        Minutes a day at which one sees it and the other one does, did or will within that time.
    together_minutes_per_day : float
        Minutes a day at which both see it at the same moment.
    encounters_per_day : float
        Separate occasions a day.
    longest_gap_hour : float
        Longest time between two occasions.
    """

    within_s: float
    minutes_per_day: float
    together_minutes_per_day: float
    encounters_per_day: float
    longest_gap_hour: float


def joint_view(first: Intervals, second: Intervals, within_s: float) -> JointView:
    """Measure how often two orbiters see one place nearly at the same time.

    Parameters
    ----------
    first, second : Intervals
        When each sees the place.
    within_s : float
        What "nearly" means.

    Returns
    -------
    JointView

    Raises
    ------
    InputError
        A negative time, or sets without common span.
    """
    near = (first & second.widened(within_s, within_s)) | (second & first.widened(within_s, within_s))
    occasions = near.bridged(2.0 * within_s) if within_s > 0.0 else near
    return JointView(
        within_s,
        near.minutes_per_day,
        (first & second).minutes_per_day,
        occasions.count_per_day,
        occasions.longest_gap_s / S_PER_HOUR,
    )


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """Data that one group of stations can bring home from an orbiter.

    Attributes
    ----------
    group : str
        Name of the group.
    share : float
        Share of the time with a station in view.
    hours_per_day_mean, hours_per_day_min : float
        Over whole days.
    gigabyte_per_day_mean, gigabyte_per_day_min : float
        Over whole days, one station at a time.
    longest_gap_hour : float
        Longest time without.
    days_short_share : float
        Share of the days whose volume stays below what is produced.
    """

    group: str
    share: float
    hours_per_day_mean: float
    hours_per_day_min: float
    gigabyte_per_day_mean: float
    gigabyte_per_day_min: float
    longest_gap_hour: float
    days_short_share: float


def data_return(
    network: AccessNetwork,
    orbiter: Track,
    stations: Mapping[str, StationTrack],
    groups: Mapping[str, Sequence[str]],
    budget: LinkBudget,
    produced_gigabyte_per_day: float,
) -> tuple[ReturnRow, ...]:
    """Compare groups of ground stations (one country, the other, both) for the data of an orbiter.

    Parameters
    ----------
    network : AccessNetwork
        With the orbiter's downlinks.
    orbiter : Track
        The orbiter.
    stations : mapping of str to StationTrack
        Tracks of the stations by id, for distances.
    groups : mapping of str to sequence of str
        Name of a group to station ids.
    budget : LinkBudget
        The downlink; the same for all stations.
    produced_gigabyte_per_day : float
        What the instruments deliver.

    Returns
    -------
    tuple of ReturnRow
        One per group; rates at the distance of the group's first station (1 % between stations).

    Raises
    ------
    InputError
        A group without stations, or unknown names.
    """
    rows = []
    for group, ids in groups.items():
        unknown = [one for one in ids if one not in stations]
        if unknown or not ids:
            raise InputError(f"group {group!r} names no known stations: {unknown or 'none at all'}")
        seen = network.stations_see(orbiter.name, ids)
        volume = volume_bit_count(budget, stations[ids[0]], orbiter, seen, step_s=600.0)
        hours = seen.minutes_of_days() * S_PER_MINUTE / S_PER_HOUR
        mean_bit_per_s = float(np.sum(volume)) / seen.total_s if len(seen) else 0.0
        daily = hours * S_PER_HOUR * mean_bit_per_s / BITS_PER_GIGABYTE
        rows.append(_return_row(group, seen, hours, daily, produced_gigabyte_per_day))
    return tuple(rows)


def _return_row(
    group: str, seen: Intervals, hours: FloatArray, gigabytes: FloatArray, produced_gigabyte_per_day: float
) -> ReturnRow:
    if hours.size == 0:
        raise InputError("a daily data return needs a span of one day or more")
    return ReturnRow(
        group,
        seen.fraction,
        float(hours.mean()),
        float(hours.min()),
        float(gigabytes.mean()),
        float(gigabytes.min()),
        seen.longest_gap_s / S_PER_HOUR,
        float(np.mean(gigabytes < produced_gigabyte_per_day)),
    )
