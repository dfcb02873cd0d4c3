"""From the arrival to the working orbit: the burns of a scenario flown under all forces, as long as they take."""

from __future__ import annotations

import numpy as np

from sim.analysis.at_moon_orbit_results import InsertionResult, OrbitShape
from sim.analysis.masses import insertion_loss_m_s
from sim.analysis.parts import Floats
from sim.bodies import MOON
from sim.cases import MissionCase, OrbitPhase
from sim.core.elements import (
    ARGUMENT_OF_PERIAPSIS,
    COLUMNS,
    ECCENTRICITY,
    ENERGY,
    INCLINATION,
    PERIAPSIS_RADIUS,
    elements_rows,
)
from sim.dynamics import FullForceModel
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.frames import R_me_icrf, rotate
from sim.operations import InsertionSequence, equator_axes, fly_insertion, moon_orbit_model, verify_insertion
from sim.operations.request import AtMoonCase
from sim.propagation import propagate_full
from sim.units import DEG_PER_RAD, M_PER_KM

DEGREE: int = 30
"""Of the Moon's field: what lies beyond moves a low orbit by metres in the hours that insertion takes."""

_LAST_REVS = 1.05
_COAST_STEP_S = 60.0
_BURN_POINTS_N = 40


def fly_to_working_orbit(
    case: MissionCase,
    request: AtMoonCase,
    arrival_tdb: float,
    state: Floats | None,
    loi_dv_m_s: float,
    *,
    ephemeris: Ephemeris | None = None,
) -> InsertionResult | None:
    """Fly the burns of a scenario from an arrival.

    Parameters
    ----------
    case : MissionCase
        Masses, engine, phases.
    request : AtMoonCase
        The burns.
    arrival_tdb : float
        First perilune.
    state : ndarray (6,) or None
        There, relative to the Moon, ICRF axes, km and km/s, without any burn; None without an arrival.
    loi_dv_m_s : float
        What the launch windows count for the insertion of this arrival, impulsive.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    InsertionResult or None
        None when the scenario asks for none; with a fault in words when the burns cannot be flown.
    """
    if not request.insertion:
        return None
    if state is None:
        return _unflown(case, "there is no arrival to begin with")
    forces = moon_orbit_model(DEGREE, ephemeris=ephemeris)
    craft = case.spacecraft
    try:
        sequence = fly_insertion(
            state, arrival_tdb, craft.launch_mass_kg, craft.main_engine, request.insertion, model=forces
        )
        miss_km, _ = verify_insertion(sequence, model=forces)
    except InputError as error:
        return _unflown(case, str(error))
    phase = case.phases[0] if case.phases else None
    after = shape_of(sequence.end_state, sequence.end_tdb, forces, ephemeris)
    t, position, altitude, burning = _path(sequence, forces)
    return InsertionResult(
        sequence=sequence,
        steering=tuple("fixed" if s.inclination_deg is not None else s.steering for s in request.insertion),
        before=shape_of(np.asarray(state), arrival_tdb, forces, ephemeris),
        after=after,
        wanted_name="" if phase is None else phase.name,
        wanted=None if phase is None else _wanted(phase, after.node_deg),
        planned_dv_m_s=loi_dv_m_s,
        planned_loss_m_s=float(insertion_loss_m_s(case, np.array([loi_dv_m_s]))[0]),
        delivered_kg=sequence.end_mass_kg,
        dry_kg=craft.dry_mass_kg,
        closure_m=miss_km * M_PER_KM,
        degree=DEGREE,
        t_tdb=t,
        position_km=position,
        altitude_km=altitude,
        burning=burning,
    )


def _unflown(case: MissionCase, fault: str) -> InsertionResult:
    none = np.zeros(0)
    return InsertionResult(
        None, (), None, None, "", None, float("nan"), float("nan"), float("nan"), case.spacecraft.dry_mass_kg,
        float("nan"), DEGREE, none, np.zeros((0, 3)), none, np.zeros(0, dtype=np.bool_), fault,
    )  # fmt: skip


def _wanted(phase: OrbitPhase, node_deg: float) -> OrbitShape:
    argument = float("nan") if phase.argument_of_perilune_deg is None else phase.argument_of_perilune_deg
    node = node_deg if phase.node_deg is None else phase.node_deg
    return OrbitShape(phase.perilune_altitude_km, phase.apolune_altitude_km, phase.inclination_deg, argument, node)


def shape_of(state: Floats, t_tdb: float, forces: FullForceModel, ephemeris: Ephemeris | None = None) -> OrbitShape:
    """Return the osculating orbit of a state.

    Parameters
    ----------
    state : ndarray (6,)
        Relative to the Moon, ICRF axes, km and km/s.
    t_tdb : float
        When.
    forces : FullForceModel
        For the GM.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    OrbitShape
    """
    mu = forces.body_gm_km3_s2("moon")
    out, status = np.empty((1, COLUMNS)), np.empty(1, np.int8)
    elements_rows(np.ascontiguousarray(state[None]), mu, equator_axes([t_tdb], ephemeris), out, status)
    perilune, ecc, energy = (float(out[0, column]) for column in (PERIAPSIS_RADIUS, ECCENTRICITY, ENERGY))
    apolune = perilune * (1.0 + ecc) / (1.0 - ecc) if energy < 0.0 else float("inf")
    h = rotate(R_me_icrf(t_tdb, ephemeris), np.cross(state[:3], state[3:]))
    return OrbitShape(
        perilune - MOON.radius_km,
        apolune - MOON.radius_km,
        float(out[0, INCLINATION]) * DEG_PER_RAD,
        float(out[0, ARGUMENT_OF_PERIAPSIS]) * DEG_PER_RAD,
        float(np.arctan2(h[0], -h[1])) * DEG_PER_RAD % 360.0,
    )


def _path(sequence: InsertionSequence, forces: FullForceModel) -> tuple[Floats, Floats, Floats, np.ndarray]:
    """Sample the whole way, denser in burns, and a revolution of the last orbit."""
    last = sequence.burns[-1].period_h
    stop = sequence.end_tdb + (_LAST_REVS * last * 3600.0 if np.isfinite(last) else 7200.0)
    steps = [np.arange(sequence.start_tdb + _COAST_STEP_S, stop, _COAST_STEP_S)]
    steps += [one.ignition_tdb + np.linspace(0.0, one.duration_s, _BURN_POINTS_N) for one in sequence.burns]
    t = np.unique(np.concatenate(steps))
    run = propagate_full(
        sequence.start_state, sequence.start_tdb, t, forces, mass_kg=sequence.start_mass_kg, burns=sequence.commands
    )
    place = run.path_states[0][:, :3]
    there = np.isfinite(place).all(axis=1)
    t, place = t[there], place[there]
    burning = np.zeros(t.size, dtype=np.bool_)
    for one in sequence.burns:
        burning |= (t >= one.ignition_tdb) & (t <= one.ignition_tdb + one.duration_s)
    plane = _plane_axes(sequence.end_state, sequence.end_tdb)
    radius = np.sqrt(np.sum(place * place, axis=1))
    return t, np.stack([np.sum(place * axis, axis=1) for axis in plane], axis=1), radius - MOON.radius_km, burning


def _plane_axes(state: Floats, t_tdb: float) -> Floats:
    """Inertial axes of an orbit: x to its ascending node on the Moon's equator, z along the momentum."""
    normal = np.cross(state[:3], state[3:])
    normal = normal / np.sqrt(normal @ normal)
    node = np.cross(equator_axes([t_tdb])[0, 2], normal)
    node = node / np.sqrt(node @ node)
    return np.stack([node, np.cross(normal, node), normal])
