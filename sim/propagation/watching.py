"""Events in the flat form that compiled code reads: lanes, and the full force model."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from sim.bodies import SUN
from sim.bodies import body as body_named
from sim.core.forces import CENTER
from sim.core.full_watch import FullWatch
from sim.core.lanes_events import (
    APSIS,
    AXES_ROWS,
    AXES_TERMS,
    ELEVATION,
    NO_AXES,
    PLANE,
    RANGE,
    SHADOW,
    Watch,
)
from sim.core.lanes_table import LaneTable, body_order, power_series, sample_offsets
from sim.core.status import Status
from sim.dynamics import FlatFullModel, FlatModel
from sim.dynamics.composition import NumberedBodies
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.frames import R_itrf_icrf, R_me_icrf, R_me_pa, R_tod_icrf, gast_rad
from sim.frames.rotations import compose, rotation_z, transpose
from sim.frames.surface import R_enu_fixed
from sim.propagation.stops import (
    MOST_EVENTS,
    ClosestApproach,
    ElevationCrossing,
    FarthestPoint,
    NamedSphere,
    NodeCrossing,
    RadiusCrossing,
    ShadowCrossing,
    Stop,
    status_of,
    surfaces,
)
from sim.sites import LunarSite
from sim.units import RAD_PER_ARCSEC, RAD_PER_DEG

FloatArray = npt.NDArray[np.float64]

OBLIQUITY_RAD = 84381.406 * RAD_PER_ARCSEC
"""Of the ecliptic of J2000 (IAU 2006)."""
EARTH_SPIN_RAD_S = 7.292115855e-5
MOON_SPIN_RAD_S = 2.661699538e-6
"""Mean rates; what is missing to the true rotation is in the slow part of the tables."""
POSITION_NOISE_KM = 1e-9
_KEPT: WeakKeyDictionary[FlatModel, dict[str, FloatArray]] = WeakKeyDictionary()
"""Rotations that have been tabulated, for as long as their models live."""
AXES_OF = {"earth_equator": "earth", "moon_equator": "moon"}
FULL_AXES = ("earth", "moon")
"""In the order of ``EARTH_AXES`` and ``MOON_AXES`` of :mod:`sim.core.full_watch`."""


@dataclass(frozen=True)
class _Entry:
    """One event in flat form; see :class:`sim.core.lanes_events.Watch`."""

    kind: int
    body: str
    value: float = 0.0
    vector: tuple[float, ...] = (0.0,) * 6
    axes: str = ""
    umbra: float = 0.0
    sign: float = 0.0
    resolution: float = 1e-13


def flat_watch(
    stops: Sequence[Stop], events: Sequence[Stop], impacts: bool, model: FlatModel, ephemeris: Ephemeris
) -> Watch:
    """Translate events for the lanes: those that stop, surfaces, those that are recorded.

    Parameters
    ----------
    stops, events : sequence of Stop
        Events that end rows, and that are recorded only; at most 100 each.
    impacts : bool
        Whether rows also stop at the surfaces of Earth and Moon.
    model : FlatModel
        Model whose bodies are meant.
    ephemeris : Ephemeris
        Where the Moon's rotation comes from.

    Returns
    -------
    sim.core.lanes_events.Watch

    Raises
    ------
    InputError
        A body that the model does not hold, or too many events.
    """
    entries, status = _entries(stops, events, impacts, model)
    order = body_order(model.forces)
    turned = sorted({e.axes for e in entries if e.axes})

    def index(body: str) -> int:
        return _lane_index(model, order, body)

    return Watch(
        codes=_codes(entries, status, index, turned),
        numbers=_numbers(entries),
        spheres=_spheres(entries, order, model),
        turns=_turns(turned, model, model.lanes, ephemeris),
    )


def full_watch(
    stops: Sequence[Stop], events: Sequence[Stop], impacts: bool, model: FlatFullModel
) -> FullWatch:
    """Translate events for the full force model; sites on the Earth turn with the model's own axes.

    Parameters
    ----------
    stops, events, impacts
        See :func:`flat_watch`.
    model : FlatFullModel
        Model whose bodies are meant.

    Returns
    -------
    sim.core.full_watch.FullWatch

    Raises
    ------
    InputError
        A body that the model does not hold.
    DataError
        An event that needs the Moon's axes, of which the ephemeris knows nothing.
    """
    entries, status = _entries(stops, events, impacts, model)
    # Vectors that are fixed to the Moon go from mean Earth axes into principal ones.
    turn = R_me_pa().T
    entries = [replace(e, vector=_turned(turn, e.vector)) if e.axes == "moon" else e for e in entries]
    needed = {e.axes for e in entries}
    return FullWatch(
        codes=_codes(entries, status, model.index, FULL_AXES),
        numbers=_numbers(entries),
        earth_table=model.earth_axes_rad if "earth" in needed else np.zeros((1, 5, 1)),
        moon_table=model.moon_axes_rad if "moon" in needed else np.zeros((1, 3, 1)),
    )


def _entries(
    stops: Sequence[Stop], events: Sequence[Stop], impacts: bool, model: NumberedBodies
) -> tuple[list[_Entry], list[Status]]:
    """Events that end rows, surfaces, events that are recorded, with the statuses of rows that end there."""
    ending = [*stops, *surfaces(impacts, model)]
    status = [status_of(s) for s in ending] + [Status.OK] * len(events)
    return [_entry(stop) for stop in (*ending, *events)], status


def _codes(
    entries: list[_Entry], status: list[Status], index: Callable[[str], int], turned: Sequence[str]
) -> npt.NDArray[np.int64]:
    codes = [
        (
            e.kind,
            index(e.body),
            turned.index(e.axes) if e.axes else NO_AXES,
            int(code),
            index("sun") if e.kind == SHADOW else CENTER,
        )
        for e, code in zip(entries, status, strict=True)
    ]
    return np.array(codes, dtype=np.int64).reshape(len(entries), 5)


def _numbers(entries: list[_Entry]) -> FloatArray:
    spins = {"": 0.0, "earth": EARTH_SPIN_RAD_S, "moon": MOON_SPIN_RAD_S}
    numbers = [(e.value, *e.vector, e.umbra, e.sign, e.resolution, SUN.radius_km, spins[e.axes]) for e in entries]
    return np.array(numbers, dtype=np.float64).reshape(len(entries), 12)


def _turned(R: FloatArray, vectors: tuple[float, ...]) -> tuple[float, ...]:
    """Two vectors, one after the other, turned."""
    halves = [np.array(vectors[k : k + 3]) for k in (0, 3)]
    return tuple(float((row * half).sum()) for half in halves for row in R)


def check_count(stops: Sequence[Stop], what: str) -> None:
    """Refuse more events than there may be.

    Parameters
    ----------
    stops : sequence of Stop
        Events.
    what : str
        Name of the argument.

    Raises
    ------
    InputError
        More than 100, or something else than events.
    """
    for stop in stops if isinstance(stops, Sequence) else [stops]:
        if not (isinstance(stops, Sequence) and isinstance(stop, Stop)):
            raise InputError(f"{what} holds {stop!r:.40}; allowed: a list of events, such as Impact('moon')")
    if len(stops) > MOST_EVENTS:
        raise InputError(f"{len(stops)} {what} were given; allowed: at most {MOST_EVENTS}")


def _lane_index(model: FlatModel, order: list[int], body: str) -> int:
    index = model.index(body)
    return CENTER if index == CENTER else order.index(index)


def _direction(falling: bool | None) -> float:
    return 0.0 if falling is None else (1.0 if falling else -1.0)


def _entry(stop: Stop) -> _Entry:
    """Translate one event."""
    if isinstance(stop, NamedSphere):
        return _entry(stop.sphere)
    if isinstance(stop, RadiusCrossing):
        noise = 2.0 * stop.radius_km * POSITION_NOISE_KM
        return _Entry(RANGE, stop.body, stop.radius_km, sign=_direction(stop.inward), resolution=noise)
    if isinstance(stop, ClosestApproach | FarthestPoint):
        nearest = isinstance(stop, ClosestApproach)
        return _Entry(APSIS, stop.body, sign=_direction(nearest), resolution=POSITION_NOISE_KM)
    if isinstance(stop, NodeCrossing):
        sign = -_direction(stop.ascending)
        return _Entry(
            PLANE, stop.body, vector=_normal(stop), axes=_axes(stop), sign=sign, resolution=POSITION_NOISE_KM
        )
    if isinstance(stop, ShadowCrossing):
        outer = 1.0 if stop.shadow == "penumbra" else -1.0
        radius = body_named(stop.body).radius_km
        return _Entry(SHADOW, stop.body, radius, umbra=outer, sign=_direction(stop.entry))
    return _Entry(
        ELEVATION,
        stop.body,
        math.sin(stop.elevation_deg * RAD_PER_DEG),
        _site(stop),
        axes=stop.body,
        sign=-_direction(stop.rising),
    )


def _axes(stop: NodeCrossing) -> str:
    return AXES_OF.get(stop.plane, "") if isinstance(stop.plane, str) else ""


def _normal(stop: NodeCrossing) -> tuple[float, ...]:
    """Return the normal of a plane; that of a body's equator in its own axes."""
    if stop.plane in AXES_OF:
        return (0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
    if isinstance(stop.plane, str):
        return (0.0, -math.sin(OBLIQUITY_RAD), math.cos(OBLIQUITY_RAD), 0.0, 0.0, 0.0)
    length = math.hypot(*stop.plane)
    return (*(component / length for component in stop.plane), 0.0, 0.0, 0.0)


def _site(stop: ElevationCrossing) -> tuple[float, ...]:
    """Place and zenith, body-fixed."""
    site = stop.site
    if isinstance(site, LunarSite):
        place, zenith = site.position_me_km, R_enu_fixed(site.latitude_deg, site.longitude_deg)[2]
    else:
        place, zenith = site.position_itrf_km, R_enu_fixed(site.latitude_geodetic_deg, site.longitude_deg)[2]
    return (*(float(x) for x in place), *(float(x) for x in zenith))


def _spheres(entries: list[_Entry], order: list[int], model: FlatModel) -> FloatArray:
    """Radii about centre and companion outside of which nothing happens."""
    radii = np.zeros(2)
    for entry in entries:
        index = _lane_index(model, order, entry.body)
        if entry.kind != RANGE or index > 0:
            return np.full(2, np.inf)
        place = 0 if index == CENTER else 1
        radii[place] = max(radii[place], entry.value)
    return radii


def _turns(names: list[str], model: FlatModel, table: LaneTable, ephemeris: Ephemeris) -> FloatArray:
    """Rotations of bodies on the pieces of the lanes' table; kept with the model."""
    turns = np.zeros((table.rows.shape[0], len(names), AXES_ROWS))
    for place, name in enumerate(names):
        kept = _KEPT.setdefault(model, {})
        if name not in kept:
            kept[name] = _turn(name, table, ephemeris)
        turns[:, place] = kept[name]
    return turns


def _turn(name: str, table: LaneTable, ephemeris: Ephemeris) -> FloatArray:
    """Rotation of a body as a slow one after a uniform spin, (P, AXES_ROWS)."""
    n_pieces = table.rows.shape[0]
    begin = table.start + table.stride * np.arange(n_pieces, dtype=np.float64)
    offsets = sample_offsets(table)
    times = (begin[:, np.newaxis] + offsets).ravel()
    result = np.zeros((n_pieces, AXES_ROWS))
    spin = EARTH_SPIN_RAD_S if name == "earth" else MOON_SPIN_RAD_S
    if name == "earth":
        phase = np.asarray(gast_rad(begin))
        middle: FloatArray = begin + 0.5 * table.cover
        wobble = compose(R_itrf_icrf(middle), transpose(compose(rotation_z(gast_rad(middle)), R_tod_icrf(middle))))
        # Body-fixed to spinning axes is the inverse of polar motion: a small turn.
        result[:, 9 * AXES_TERMS + 1] = wobble[:, 1, 2]
        result[:, 9 * AXES_TERMS + 2] = wobble[:, 2, 0]
        result[:, 9 * AXES_TERMS + 3] = wobble[:, 0, 1]
        fixed = compose(transpose(np.repeat(wobble, offsets.size, axis=0)), R_itrf_icrf(times))
    else:
        phase = np.mod(spin * begin, 2.0 * math.pi)
        fixed = np.asarray(R_me_icrf(times, ephemeris))
    angle = (phase[:, np.newaxis] + spin * offsets).ravel()
    # Columns: slow axes in the ICRF. R_icrf_fixed = slow after the active turn by the angle.
    slow = compose(transpose(fixed), rotation_z(angle)).reshape(n_pieces, offsets.size, 3, 3)
    powers = np.zeros((n_pieces, AXES_TERMS, 9))
    for column in range(3):
        series = power_series(np.ascontiguousarray(slow[..., column]), AXES_TERMS)
        powers[:, :, 3 * column : 3 * column + 3] = series
    result[:, : 9 * AXES_TERMS] = powers.reshape(n_pieces, -1)
    result[:, 9 * AXES_TERMS] = phase
    return result
