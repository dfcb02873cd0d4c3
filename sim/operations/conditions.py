"""The conditions of which links are made: who stands above whose horizon, and what stands between.

A condition is a `sim.core.access.Link`, plain tables and numbers for compiled code; :func:`sim.operations.find_open`
finds when it holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sim.bodies import EARTH, MOON
from sim.constants import SPEED_OF_LIGHT_KM_S
from sim.core.access import CLEAR, FIXED_SKY, MOVING_SKY, NEAR, Link, distance_rows
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import InputError
from sim.frames import me_from_icrf, me_from_selenographic_km
from sim.operations.masks import HorizonMask, flat_mask
from sim.operations.tracks import StationTrack, Track, enu_rows
from sim.sites import LunarSite
from sim.units import RAD_PER_DEG

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Lander:
    """A place on the Moon with its horizon.

    Parameters
    ----------
    name : str
        What results call it.
    latitude_deg, longitude_deg : float
        Selenographic, mean Earth axes.
    altitude_km : float
        Over the sphere of 1737.4 km.
    mask : HorizonMask
        Its horizon.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    altitude_km: float = 0.0
    mask: HorizonMask = field(default_factory=flat_mask)

    @property
    def position_me_km(self) -> FloatArray:
        """Moon-fixed position (3,), km."""
        return me_from_selenographic_km(self.latitude_deg, self.longitude_deg, self.altitude_km)


def lander_at(site: LunarSite, mask: HorizonMask, name: str = "") -> Lander:
    """Lander at a place of the tables, with a horizon that the caller must choose.

    Parameters
    ----------
    site : LunarSite
        The place.
    mask : HorizonMask
        Its horizon; :func:`sim.operations.flat_mask` where none is known.
    name : str
        The site's id when empty.

    Returns
    -------
    Lander
    """
    return Lander(name or site.id, site.latitude_deg, site.longitude_deg, site.altitude_km, mask)


_NO_UP = np.zeros((1, 6))
_NO_LOCAL = np.zeros((3, 3))
_NO_MASK = np.zeros(1)


def _fixed_row(lander: Lander) -> FloatArray:
    return np.concatenate([lander.position_me_km, np.zeros(3)])[None, :]


def _delay(light_time: bool) -> float:
    return 1.0 / SPEED_OF_LIGHT_KM_S if light_time else 0.0


def lander_sky(lander: Lander, target: Track | StationTrack, light_time: bool = True) -> Link:
    """Condition: a target stands above a lander's horizon.

    Parameters
    ----------
    lander : Lander
        Observer.
    target : Track or StationTrack
        Orbiter or ground station.
    light_time : bool
        For ground stations; within the neighbourhood of the Moon it is left out (0.06 s at 20,000 km).

    Returns
    -------
    Link
        For :func:`find_open`.
    """
    late = _delay(light_time) if isinstance(target, StationTrack) else 0.0
    return Link(
        kind=FIXED_SKY, a=_fixed_row(lander), a_start=0.0, a_step=1.0,
        b=target.states_me, b_start=target.start_tdb, b_step=target.step_s, up=_NO_UP,
        local=enu_rows(lander.latitude_deg, lander.longitude_deg),
        mask=np.ascontiguousarray(lander.mask.grid_deg() * RAD_PER_DEG), limit=0.0, delay=late,
    )  # fmt: skip


def station_sky(station: StationTrack, target: Track | Lander, light_time: bool = True) -> Link:
    """Condition: a target stands above a ground station's elevation mask; arguments as :func:`lander_sky`.

    Parameters
    ----------
    station : StationTrack
        Observer.
    target : Track or Lander
        Orbiter or lander.
    light_time : bool
        Whether the station is taken when the signal is there.

    Returns
    -------
    Link
        For :func:`find_open`.
    """
    b, start, step = _table(target)
    return Link(
        kind=MOVING_SKY, a=station.states_me, a_start=station.start_tdb, a_step=station.step_s,
        b=b, b_start=start, b_step=step, up=station.zenith_rows, local=_NO_LOCAL,
        mask=np.array([station.station.elevation_mask_deg * RAD_PER_DEG]), limit=0.0, delay=_delay(light_time),
    )  # fmt: skip


def free_of_moon(
    first: Track | StationTrack, second: Track, light_time: bool = True, radius_km: float = MOON.radius_km
) -> Link:
    """Condition: the Moon does not stand between two parties.

    Parameters
    ----------
    first : Track or StationTrack
        Orbiter or ground station.
    second : Track
        Orbiter.
    light_time : bool
        For ground stations.
    radius_km : float
        Radius of the sphere; larger for a margin over the terrain.

    Returns
    -------
    Link
        For :func:`find_open`.
    """
    late = _delay(light_time) if isinstance(first, StationTrack) else 0.0
    return _pair(CLEAR, first, second, radius_km, late)


def free_of_earth(first: Track, second: Track | Lander, ephemeris: Ephemeris | None = None) -> Link:
    """Condition: the Earth does not stand between two parties.

    Matters for relays that go far from the Moon; near the Moon it always holds, and for ground stations the horizon
    says the same. One instant, no light time; a sphere of the Earth's equatorial radius.

    Parameters
    ----------
    first : Track
        Orbiter; its rows set the times of both tables.
    second : Track or Lander
        Orbiter or lander.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Link
        For :func:`find_open`.

    Raises
    ------
    InputError
        The second track does not cover the first one.
    EphemerisRangeError
        The span is not covered.
    """
    t = np.asarray(first.start_tdb + first.step_s * np.arange(len(first.states_me)), dtype=np.float64)
    earth = me_from_icrf((ephemeris or open_ephemeris()).state("earth", "moon", t), t, ephemeris)
    far = np.broadcast_to(_fixed_row(second), earth.shape) if isinstance(second, Lander) else second.states_at(t)
    return Link(
        kind=CLEAR, a=first.states_me - earth, a_start=first.start_tdb, a_step=first.step_s,
        b=np.ascontiguousarray(far - earth), b_start=first.start_tdb, b_step=first.step_s,
        up=_NO_UP, local=_NO_LOCAL, mask=_NO_MASK, limit=EARTH.radius_equatorial_km, delay=0.0,
    )  # fmt: skip


def within_range(first: Track | StationTrack, second: Track | Lander, range_km: float) -> Link:
    """Condition: two parties are no further apart than a distance.

    Parameters
    ----------
    first : Track or StationTrack
        One party.
    second : Track or Lander
        The other one.
    range_km : float
        Largest distance.

    Returns
    -------
    Link
        For :func:`find_open`.

    Raises
    ------
    InputError
        A distance that is not above zero.
    """
    if not range_km > 0.0:
        raise InputError(f"range_km is {range_km:g}; allowed: above zero")
    return _pair(NEAR, first, second, range_km, 0.0)


def _pair(kind: int, first: Track | StationTrack, second: Track | Lander, limit: float, delay: float) -> Link:
    b, start, step = _table(second)
    return Link(
        kind=kind, a=first.states_me, a_start=first.start_tdb, a_step=first.step_s, b=b, b_start=start, b_step=step,
        up=_NO_UP, local=_NO_LOCAL, mask=_NO_MASK, limit=limit, delay=delay,
    )  # fmt: skip


def _table(party: Track | Lander) -> tuple[FloatArray, float, float]:
    if isinstance(party, Lander):
        return _fixed_row(party), 0.0, 1.0
    return party.states_me, party.start_tdb, party.step_s


def require_tables(link: Link, first_tdb: float, last_tdb: float) -> None:
    """Refuse times outside the tables of a link: compiled code would extrapolate.

    Parameters
    ----------
    link : Link
        The condition.
    first_tdb, last_tdb : float
        Times wanted.

    Raises
    ------
    InputError
        A table does not cover them.
    """
    tables = ((link.a, link.a_start, link.a_step), (link.b, link.b_start, link.b_step))
    for rows, start_tdb, step_s in tables:
        stop_tdb = start_tdb + (len(rows) - 1) * step_s
        # One microsecond: times of the last row are sums of rounded steps.
        if len(rows) > 1 and not (start_tdb - 1e-6 <= first_tdb <= last_tdb <= stop_tdb + 1e-6):
            raise InputError(
                f"a track holds {start_tdb:.0f} to {stop_tdb:.0f} s past J2000 TDB; "
                f"asked for {first_tdb:.0f} to {last_tdb:.0f}"
            )


def ranges_km(first: Track | StationTrack, second: Track | Lander, t_tdb: FloatArray) -> FloatArray:
    """Distances of two parties at one instant.

    Parameters
    ----------
    first : Track or StationTrack
        One party.
    second : Track or Lander
        The other one.
    t_tdb : ndarray (N,)
        Seconds past J2000 TDB, inside the tables.

    Returns
    -------
    ndarray (N,)
        km.

    Raises
    ------
    InputError
        Times outside the tables.
    """
    out = np.empty(t_tdb.size)
    if t_tdb.size:
        pair = _pair(NEAR, first, second, 0.0, 0.0)
        require_tables(pair, float(np.min(t_tdb)), float(np.max(t_tdb)))
        distance_rows(pair, np.ascontiguousarray(t_tdb, dtype=np.float64), out)
    return out
