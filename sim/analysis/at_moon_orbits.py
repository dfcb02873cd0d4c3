"""Phases in lunar orbit: where the plane lies, the ground track, and what becomes of the orbit without corrections."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sim.analysis.at_moon_results import Evolution, GroundTrack, PhaseAtMoon
from sim.analysis.kept import Keeper
from sim.analysis.parts import Floats
from sim.bodies import MOON
from sim.cases import MissionCase, OrbitPhase
from sim.constants import SECONDS_PER_DAY
from sim.core.status import STATUS_TEXT, Status
from sim.ephemeris import Ephemeris
from sim.frames import R_me_icrf, rotate
from sim.operations import LunarElements, Track, track_from_elements, track_from_states
from sim.operations.low_orbits import evolve_low_orbits, moon_orbit_model
from sim.propagation import propagate_full
from sim.units import DEG_PER_RAD

TRACK_REVS: float = 12.0
"""Revolutions of a ground track: a day of a low orbit, twelve days of a relay."""

_STEP_S = 60.0
_TOLERANCE = 1e-10
Teller = Callable[[str, int, int], None]


def degree_for(perilune_altitude_km: float) -> int:
    """Return the degree of the Moon's field that an altitude needs.

    Parameters
    ----------
    perilune_altitude_km : float
        Lowest altitude.

    Returns
    -------
    int
        Terms beyond fall off as (R/r)^n: below 2 % of their size on the ground.
    """
    return 50 if perilune_altitude_km < 120.0 else 30 if perilune_altitude_km < 400.0 else 20


def node_of_normal_deg(normal_icrf: Floats, t_tdb: float, ephemeris: Ephemeris | None = None) -> float:
    """Return the selenographic longitude of the ascending node of a plane that stands still.

    Parameters
    ----------
    normal_icrf : ndarray (3,)
        Normal of the plane along the orbital momentum.
    t_tdb : float
        When.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    float
        Degrees, 0 to 360; along the x axis for an orbit over the equator.
    """
    h = rotate(R_me_icrf(t_tdb, ephemeris), normal_icrf)
    return float(np.arctan2(h[0], -h[1]) * DEG_PER_RAD % 360.0)


def elements_of(phase: OrbitPhase, node_deg: float) -> LunarElements:
    """Return the orbit of a phase, which begins at its perilune.

    Parameters
    ----------
    phase : OrbitPhase
        The phase.
    node_deg : float
        Selenographic longitude of the ascending node at its begin.

    Returns
    -------
    LunarElements
        A near-circular phase without argument of perilune has its perilune at the node.
    """
    return LunarElements(
        phase.perilune_altitude_km,
        phase.apolune_altitude_km,
        phase.inclination_deg,
        node_deg,
        phase.argument_of_perilune_deg or 0.0,
    )


def is_kept(phase: OrbitPhase) -> bool:
    """Return whether corrections are taken to hold the orbit of a phase: unless the file says that it drifts."""
    return phase.keeping != "free"


def free_track(
    name: str, elements: LunarElements, start_tdb: float, span_day: float, ephemeris: Ephemeris | None = None
) -> Track:
    """Fly an orbit in the Moon's gravity field with Earth and Sun, without corrections.

    Parameters
    ----------
    name : str
        Name of the orbiter.
    elements : LunarElements
        The orbit at the begin.
    start_tdb : float
        Begin, seconds past J2000 TDB.
    span_day : float
        How long; one that comes down earlier ends there.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Track
        Every minute.
    """
    times = start_tdb + _STEP_S * np.arange(int(np.ceil(span_day * SECONDS_PER_DAY / _STEP_S)) + 2)
    state = elements.states_function(start_tdb, ephemeris)(np.array([start_tdb]))
    model = moon_orbit_model(degree_for(elements.perilune_altitude_km), ephemeris=ephemeris)
    run = propagate_full(state, start_tdb, times, model, tolerance=_TOLERANCE, max_steps=2_000_000)
    there = np.isfinite(run.path_states[0]).all(axis=1)
    return track_from_states(name, times[there], run.path_states[0][there], ephemeris)


def evolution(
    elements: LunarElements, start_tdb: float, span_day: float, ephemeris: Ephemeris | None = None
) -> Evolution:
    """Follow altitude and eccentricity of an orbit without corrections.

    Parameters
    ----------
    elements : LunarElements
        The orbit at the begin.
    start_tdb : float
        Begin, seconds past J2000 TDB.
    span_day : float
        How long.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Evolution
        Up to the impact, if there is one.
    """
    revs = 1 if elements.period_s > 0.2 * SECONDS_PER_DAY else 3
    degree = degree_for(elements.perilune_altitude_km)
    state = elements.states_function(start_tdb, ephemeris)(np.array([start_tdb]))
    model = moon_orbit_model(degree, ephemeris=ephemeris)
    found = evolve_low_orbits(state, start_tdb, span_day, model=model, revs=revs)
    there = np.isfinite(found.eccentricity[0])
    return Evolution(
        found.t_tdb[0][there],
        found.perilune_altitude_km[0][there],
        found.apolune_altitude_km[0][there],
        found.eccentricity[0][there],
        found.argument_of_perilune_deg[0][there],
        found.inclination_deg[0][there],
        found.node_longitude_deg[0][there],
        float(found.impact_tdb[0]) if found.status[0] == Status.IMPACT else None,
        degree,
        revs,
        "" if found.status[0] in (Status.OK, Status.IMPACT) else STATUS_TEXT[Status(int(found.status[0]))],
    )


_NONE = np.zeros(0)
_NOT_FOLLOWED = Evolution(_NONE, _NONE, _NONE, _NONE, _NONE, _NONE, _NONE, None, 0, 0)


def ground_track(track: Track, start_tdb: float, stop_tdb: float, step_s: float) -> GroundTrack:
    """Return where an orbiter flies over the ground.

    Parameters
    ----------
    track : Track
        Its path.
    start_tdb, stop_tdb : float
        Span, cut to that of the path.
    step_s : float
        Distance of the points.

    Returns
    -------
    GroundTrack
        Points at equal steps.
    """
    t = np.arange(start_tdb, min(stop_tdb, track.stop_tdb), step_s)
    x = track.position_me_km(t)
    radius_km = np.sqrt(np.sum(x * x, axis=1))
    return GroundTrack(
        t,
        np.arcsin(x[:, 2] / radius_km) * DEG_PER_RAD,
        np.arctan2(x[:, 1], x[:, 0]) * DEG_PER_RAD,
        radius_km - MOON.radius_km,
    )


def _ground_step_s(elements: LunarElements) -> float:
    """Choose steps of at most three degrees along the orbit, at its perilune too, but not below a minute."""
    ecc = elements.eccentricity
    fastest_deg_s = 360.0 / elements.period_s * np.sqrt(1.0 + ecc) / (1.0 - ecc) ** 1.5
    return float(max(_STEP_S, 3.0 / fastest_deg_s))


def phases_at_moon(
    case: MissionCase,
    arrival_tdb: float,
    normal_icrf: Floats | None,
    contact_day: float,
    evolution_day: float,
    *,
    ephemeris: Ephemeris | None = None,
    tell: Teller | None = None,
    keeper: Keeper | None = None,
) -> tuple[PhaseAtMoon, ...]:
    """Place the phases of a mission in time and space, and follow each.

    Parameters
    ----------
    case : MissionCase
        The mission.
    arrival_tdb : float
        First perilune.
    normal_icrf : ndarray (3,) or None
        Normal of the plane of arrival; None when no opportunity is known.
    contact_day, evolution_day : float
        Length of the paths for links, and of free flight.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    tell : callable, optional
        Progress, called with words, pieces done and pieces in all.
    keeper : Keeper, optional
        Where finished phases are kept.

    Returns
    -------
    tuple of PhaseAtMoon
        In file order.
    """
    count = len(case.phases)

    def told(done: int) -> None:
        if tell is not None:
            tell("at the Moon: orbits", done, max(count, 1))

    def inputs(index: int) -> tuple[object, ...]:
        return case.phases[index], index, arrival_tdb, normal_icrf, contact_day, evolution_day

    def made(index: int) -> PhaseAtMoon:
        phase = case.phases[index]
        start = arrival_tdb + phase.start_day * SECONDS_PER_DAY
        node, basis = _node(phase, normal_icrf, start, ephemeris)
        return _phase(phase, index, start, node, basis, (contact_day, evolution_day), ephemeris)

    told(0)
    before = [None if keeper is None else keeper.find("orbit", inputs(index)) for index in range(count)]
    found: list[PhaseAtMoon] = []
    # Compiled propagation runs without the interpreter's lock: phases side by side.
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        coming = [None if known else pool.submit(made, index) for index, known in enumerate(before)]
        try:
            for index, (known, future) in enumerate(zip(before, coming, strict=True)):
                if future is None:
                    assert known is not None
                    found.append(known[0])
                else:
                    value = future.result()
                    found.append(value if keeper is None else keeper.keep("orbit", inputs(index), value))
                told(index + 1)
        except BaseException:
            # What has not begun shall not hold up an interruption.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    if not count:
        told(1)
    return tuple(found)


def _node(
    phase: OrbitPhase, normal_icrf: Floats | None, start_tdb: float, ephemeris: Ephemeris | None
) -> tuple[float, str]:
    if phase.node_deg is not None:
        return phase.node_deg, "as given"
    if normal_icrf is None:
        return 0.0, "assumed 0: no arrival to take it from"
    pole = rotate(R_me_icrf(start_tdb, ephemeris), normal_icrf)[2]
    tilt = float(np.arccos(np.clip(pole, -1.0, 1.0)) * DEG_PER_RAD)
    words = "that of the arrival, held still since"
    if abs(tilt - phase.inclination_deg) > 1.0:
        words += f" (arrival at {tilt:.1f} deg of inclination)"
    return node_of_normal_deg(normal_icrf, start_tdb, ephemeris), words


def phase_at(
    phase: OrbitPhase,
    index: int,
    arrival_tdb: float,
    normal_icrf: Floats,
    ephemeris: Ephemeris | None = None,
    contact_day: float = 1.0,
) -> PhaseAtMoon:
    """Place one phase in time and space, with its path but without following it in free flight.

    Parameters
    ----------
    phase : OrbitPhase
        The phase.
    index : int
        Its position in the file.
    arrival_tdb : float
        First perilune.
    normal_icrf : ndarray (3,)
        Normal of the plane of arrival.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    contact_day : float
        Length of the path.

    Returns
    -------
    PhaseAtMoon
    """
    start = arrival_tdb + phase.start_day * SECONDS_PER_DAY
    node, basis = _node(phase, normal_icrf, start, ephemeris)
    return _phase(phase, index, start, node, basis, (contact_day, 0.0), ephemeris)


def _phase(
    phase: OrbitPhase,
    index: int,
    start_tdb: float,
    node_deg: float,
    basis: str,
    days: tuple[float, float],
    ephemeris: Ephemeris | None,
) -> PhaseAtMoon:
    elements, kept = elements_of(phase, node_deg), is_kept(phase)
    contact_day = min(days[0], phase.duration_day)
    stop = start_tdb + contact_day * SECONDS_PER_DAY
    track = (
        track_from_elements(phase.name, elements, start_tdb, start_tdb, stop, ephemeris=ephemeris)
        if kept
        else free_track(phase.name, elements, start_tdb, contact_day, ephemeris)
    )
    period_s = elements.period_s
    shown = min(stop, start_tdb + TRACK_REVS * period_s)
    return PhaseAtMoon(
        phase=phase,
        index=index,
        start_tdb=start_tdb,
        node_deg=node_deg,
        node_basis=basis,
        kept=kept,
        period_s=period_s,
        track=track,
        ground=ground_track(track, start_tdb, shown, _ground_step_s(elements)),
        evolution=evolution(elements, start_tdb, min(days[1], phase.duration_day), ephemeris)
        if days[1] > 0.0
        else _NOT_FOLLOWED,
    )
