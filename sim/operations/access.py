"""Links between landers, orbiters and ground stations: when each is open, by terrain, horizon and occultation.

Three conditions make up every link: elevation over the mask of a place on the Moon, elevation over the mask of a
ground station, and a free line of sight past the Moon. (The Earth hides nothing from a station that stands above its
horizon there; for relays far from the Moon there is `free_of_earth`.) Each is found by itself on smooth margins and
then joined by interval algebra. Bodies are spheres; no refraction. With light time, epochs are those at the Moon, and
the station is taken where it is when the signal arrives there or left, 1.3 s away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from sim.core.access import Link, scan
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.events import Intervals, intervals, union
from sim.operations.conditions import Lander, free_of_moon, lander_sky, require_tables, station_sky
from sim.operations.tracks import StationTrack, Track, station_tracks
from sim.sites import GroundStation

SAMPLE_S: float = 20.0
"""Sampling of elevations of orbiters: half the time in which one at 60 km flies as far as it is high."""
HIDDEN_SAMPLE_S: float = 60.0
"""Sampling of occultations: 1/120 of a low orbit."""
SLOW_SAMPLE_S: float = 300.0
"""Sampling of elevations over ground stations and of the Earth over landers, which follow the Earth's rotation."""
EDGE_TOLERANCE_S: float = 0.01

_FIRST_ROOM = 1024


def find_open(
    link: Link, span: Intervals, *, sample_s: float = SAMPLE_S, tolerance_s: float = EDGE_TOLERANCE_S
) -> Intervals:
    """Find when a condition holds.

    Parameters
    ----------
    link : Link
        The condition, whose tracks cover the span.
    span : Intervals
        Where to look; the result is known on the same span and empty outside these intervals.
    sample_s : float
        Longest distance of samples: contacts and gaps shorter than this are found as long as no more than one
        extremum of the margin falls between two samples.
    tolerance_s : float
        Accuracy of the edges.

    Returns
    -------
    Intervals

    Raises
    ------
    InputError
        A sampling or tolerance that is not above zero, or a table that does not cover the span.
    """
    if not (sample_s > 0.0 and tolerance_s > 0.0):
        raise InputError(f"sample_s {sample_s:g} and tolerance_s {tolerance_s:g} must be above zero")
    if len(span):
        require_tables(link, float(span.start_tdb[0]), float(span.stop_tdb[-1]))
    windows = np.ascontiguousarray(np.stack([span.start_tdb, span.stop_tdb], axis=1))
    out = np.empty((_FIRST_ROOM, 2))
    while (found := scan(link, windows, sample_s, tolerance_s, out)) > len(out):
        out = np.empty((found, 2))
    return intervals(out[:found, 0], out[:found, 1], span.span_start_tdb, span.span_stop_tdb)


Job = Callable[[], Intervals]


def find_all(jobs: Sequence[Job], threads: int | None = None) -> list[Intervals]:
    """Run searches side by side; results do not depend on the number of threads.

    Parameters
    ----------
    jobs : sequence of callable
        Searches; compiled code runs without the interpreter's lock.
    threads : int, optional
        By default as many as there are processors.

    Returns
    -------
    list of Intervals
        In the order of the jobs.

    Raises
    ------
    InputError
        Less than one thread.
    """
    count = threads if threads is not None else os.cpu_count() or 1
    if count < 1:
        raise InputError(f"threads is {count}; allowed: one or more")
    if count == 1:
        return [job() for job in jobs]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda job: job(), jobs))


@dataclass(frozen=True, eq=False)
class AccessNetwork:
    """All links of a set of orbiters, landers and ground stations over a span.

    Attributes
    ----------
    span : Intervals
        The span as one interval.
    relay : dict of (orbiter, lander) to Intervals
        Orbiter above the lander's horizon.
    downlink : dict of (orbiter, station) to Intervals
        Orbiter above the station's mask and not behind the Moon.
    direct : dict of (lander, station) to Intervals
        Each above the other's horizon.
    crosslink : dict of (orbiter, orbiter) to Intervals
        Not behind the Moon from each other.
    """

    span: Intervals
    relay: Mapping[tuple[str, str], Intervals]
    downlink: Mapping[tuple[str, str], Intervals]
    direct: Mapping[tuple[str, str], Intervals]
    crosslink: Mapping[tuple[str, str], Intervals]

    def stations_see(self, party: str, stations: Sequence[str] | None = None) -> Intervals:
        """Find when at least one ground station sees an orbiter or lander.

        Parameters
        ----------
        party : str
            Name of the orbiter or lander.
        stations : sequence of str, optional
            Station ids; all of them when omitted.

        Returns
        -------
        Intervals

        Raises
        ------
        InputError
            No link of that name.
        """
        links = {**self.downlink, **self.direct}
        chosen = [
            open_ for (name, station), open_ in links.items() if name == party and (not stations or station in stations)
        ]
        if not chosen:
            known = sorted({name for name, _ in links})
            raise InputError(f"no link of {party!r} with these stations; known: {', '.join(known)}")
        return union(chosen)

    def bent_pipe(self, lander: str, orbiter: str, stations: Sequence[str] | None = None) -> Intervals:
        """Find when an orbiter sees a lander and a ground station at the same time; raises as `stations_see`."""
        if (orbiter, lander) not in self.relay:
            raise InputError(f"no link between {orbiter!r} and {lander!r}")
        return self.relay[orbiter, lander] & self.stations_see(orbiter, stations)


def access_network(
    orbiters: Sequence[Track],
    landers: Sequence[Lander],
    stations: Sequence[GroundStation],
    start_tdb: float,
    stop_tdb: float,
    *,
    sample_s: float = SAMPLE_S,
    light_time: bool = True,
    threads: int | None = None,
    ephemeris: Ephemeris | None = None,
) -> AccessNetwork:
    """Find all links of a network over months or years.

    Parameters
    ----------
    orbiters : sequence of Track
        Tables that cover the span.
    landers : sequence of Lander
        Places on the Moon.
    stations : sequence of GroundStation
        With their elevation masks.
    start_tdb, stop_tdb : float
        Span, seconds past J2000 TDB.
    sample_s : float
        Sampling of orbiters over landers, see :func:`find_open`.
    light_time : bool
        Whether stations are taken when the signal is there.
    threads : int, optional
        By default as many as there are processors.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    AccessNetwork
        Edges to 0.01 s of the given tracks.

    Raises
    ------
    InputError
        Names that occur twice, a track that does not cover the span, an empty span.
    EphemerisRangeError
        The span is not covered.
    """
    span = _span(orbiters, landers, stations, start_tdb, stop_tdb)
    earth = station_tracks(tuple(stations), start_tdb, stop_tdb, ephemeris=ephemeris)

    def relay(orbiter: Track, lander: Lander) -> Intervals:
        return find_open(lander_sky(lander, orbiter), span, sample_s=sample_s)

    def downlink(orbiter: Track, station: StationTrack) -> Intervals:
        up = find_open(station_sky(station, orbiter, light_time), span, sample_s=SLOW_SAMPLE_S)
        return find_open(free_of_moon(station, orbiter, light_time), up, sample_s=HIDDEN_SAMPLE_S)

    def direct(lander: Lander, station: StationTrack) -> Intervals:
        up = find_open(station_sky(station, lander, light_time), span, sample_s=SLOW_SAMPLE_S)
        return find_open(lander_sky(lander, station, light_time), up, sample_s=SLOW_SAMPLE_S)

    def crosslink(first: Track, second: Track) -> Intervals:
        return find_open(free_of_moon(first, second), span, sample_s=HIDDEN_SAMPLE_S)

    jobs: dict[tuple[str, str, str], Job] = {}
    for one in orbiters:
        jobs |= {("relay", one.name, to.name): partial(relay, one, to) for to in landers}
        jobs |= {("downlink", one.name, far.station.id): partial(downlink, one, far) for far in earth}
    for at in landers:
        jobs |= {("direct", at.name, far.station.id): partial(direct, at, far) for far in earth}
    for a, b in combinations(orbiters, 2):
        jobs["crosslink", a.name, b.name] = partial(crosslink, a, b)
    found = dict(zip(jobs, find_all(list(jobs.values()), threads), strict=True))

    def of(kind: str) -> dict[tuple[str, str], Intervals]:
        return {key[1:]: value for key, value in found.items() if key[0] == kind}

    return AccessNetwork(span, of("relay"), of("downlink"), of("direct"), of("crosslink"))


def _span(
    orbiters: Sequence[Track], landers: Sequence[Lander], stations: Sequence[GroundStation], start: float, stop: float
) -> Intervals:
    names = [one.name for one in orbiters] + [one.name for one in landers] + [one.id for one in stations]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"the network names {twice[0]!r} twice")
    span = intervals([start], [stop], start, stop)
    for orbiter in orbiters:
        orbiter.require(start, stop)
    return span
