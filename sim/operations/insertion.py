"""From arrival at the Moon to a working orbit: burns at apses, each flown as a burn of finite length.

A sequence is a list of steps: at the n-th perilune or apolune change the altitude of the opposite apsis, or the
inclination, or both. Each step is solved first as an impulse on the orbit really flown up to there, then as a burn at
constant thrust and mass flow under all forces.

In the plane, ignition time and pitch are those at which a burn changes the energy most, and its length is that at which
the orbit has the energy of the impulse: the burn of least propellant under its steering law. What it spends more than
the impulse is the finite-burn loss. Both apses and the apse line then float a little, in opposite directions and by
kilometres for long burns; the table says where they end, and a later step may trim them. A plane change ends with the
apses, the apse line and the inclination of the impulse.

Steering, stated: ``turning`` turns the thrust at a constant rate in inertial space, that of the velocity at the apsis
(a linear-tangent law for small angles); ``fixed`` keeps it fixed in inertial space; ``along_velocity`` keeps it on the
(Moon-relative) velocity. Plane changes are always fixed. No throttling, no settling, no ramp.

Orbits after burns are osculating at cut-off; low orbits then breathe by a kilometre or two within each revolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.bodies import MOON
from sim.constants import TWO_PI
from sim.core.elements import COLUMNS, ENERGY, TIME_SINCE_PERIAPSIS, elements_rows
from sim.dynamics import FiniteBurn, FullForceModel
from sim.errors import InputError
from sim.maneuvers import gravity_loss_m_s
from sim.operations.insertion_burns import (
    BURN_TOLERANCE,
    STEERINGS,
    Apsis,
    ApsisStep,
    coast,
    impulse_at,
    solve_burn,
)
from sim.operations.low_orbits import equator_axes, moon_orbit_model
from sim.propagation import propagate_full
from sim.spacecraft import Engine, burn_time_s
from sim.units import RAD_PER_DEG

FloatArray = npt.NDArray[np.float64]

_APSIS_ROUNDS = 12
_APPROACH_S = 7200.0


@dataclass(frozen=True, slots=True)
class InsertionBurn:
    """One row of the table of a sequence.

    Attributes
    ----------
    name : str
        Of the step.
    apsis_tdb : float
        When the impulse would come, TDB s past J2000.
    apsis_altitude_km : float
        Where.
    ignition_tdb, duration_s : float
        Of the burn.
    impulse_dv_m_s : float
        The impulse.
    spent_dv_m_s : float
        Of the burn, by the rocket equation.
    formula_loss_m_s : float
        (omega t)^2 dv/24 for comparison: :func:`sim.maneuvers.gravity_loss_m_s`.
    pitch_deg : float
        Of the thrust at the apsis, from the direction of the impulse towards the outside of the orbit.
    mass_kg : float
        After the burn.
    perilune_altitude_km, apolune_altitude_km : float
        Osculating at cut-off; the apolune of an escaping orbit is infinite.
    inclination_deg : float
        There, to the equator of date.
    period_h : float
        There.
    """

    name: str
    apsis_tdb: float
    apsis_altitude_km: float
    ignition_tdb: float
    duration_s: float
    impulse_dv_m_s: float
    spent_dv_m_s: float
    formula_loss_m_s: float
    pitch_deg: float
    mass_kg: float
    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_deg: float
    period_h: float

    @property
    def loss_m_s(self) -> float:
        """Finite-burn loss."""
        return self.spent_dv_m_s - self.impulse_dv_m_s


@dataclass(frozen=True, eq=False)
class InsertionSequence:
    """A sequence as flown.

    Attributes
    ----------
    burns : tuple of InsertionBurn
        The table.
    commands : tuple of FiniteBurn
        The burns as the propagator takes them.
    start_state, end_state : ndarray (6,)
        Two hours before the arrival's perilune, and at the last cut-off; relative to the Moon, ICRF axes.
    start_tdb, end_tdb : float
        Their epochs.
    start_mass_kg, end_mass_kg : float
        Masses there.
    """

    burns: tuple[InsertionBurn, ...]
    commands: tuple[FiniteBurn, ...]
    start_state: FloatArray
    end_state: FloatArray
    start_tdb: float
    end_tdb: float
    start_mass_kg: float
    end_mass_kg: float

    @property
    def impulse_dv_m_s(self) -> float:
        """Sum of the impulses."""
        return sum(burn.impulse_dv_m_s for burn in self.burns)

    @property
    def spent_dv_m_s(self) -> float:
        """Sum of what was spent."""
        return sum(burn.spent_dv_m_s for burn in self.burns)


def fly_insertion(
    arrival_state: npt.ArrayLike,
    arrival_tdb: float,
    mass_kg: float,
    engine: Engine,
    steps: tuple[ApsisStep, ...],
    *,
    degree: int = 20,
    model: FullForceModel | None = None,
) -> InsertionSequence:
    """Fly a sequence of burns at apses from an arrival.

    Parameters
    ----------
    arrival_state : array_like (6,)
        At or near the arrival's perilune, relative to the Moon, ICRF axes, km and km/s, without any burn.
    arrival_tdb : float
        Its epoch, TDB s past J2000.
    mass_kg : float
        On arrival.
    engine : Engine
        Constant thrust and specific impulse.
    steps : tuple of ApsisStep
        In order.
    degree : int
        Of the Moon's field, where no `model` is given.
    model : FullForceModel, optional
        Forces, Moon-centred.

    Returns
    -------
    InsertionSequence

    Raises
    ------
    InputError
        No steps; an inclination that cannot be reached at the apsis; a burn that the engine cannot do.
    EphemerisRangeError
        The span is not covered.
    """
    if not steps:
        raise InputError("steps is empty; allowed: one step or more")
    forces = moon_orbit_model(degree) if model is None else model
    state, t = _to_apsis(np.asarray(arrival_state, dtype=np.float64), float(arrival_tdb), forces)
    mass = float(mass_kg)
    first = coast(state, t, t - _APPROACH_S, forces)
    start_tdb = t - _APPROACH_S
    rows, commands = [], []
    for number, step in enumerate(steps):
        ahead = step.passage - (1 if number == 0 and step.at == "perilune" else 0)
        for _ in range(ahead):
            state, t = _next_apsis(state, t, step.at, forces)
        apsis = impulse_at(state, t, mass, step, forces)
        command, state, t, mass, pitch = solve_burn(apsis, step, engine, forces)
        rows.append(_row(step, apsis, command, pitch, engine, state, t, mass))
        commands.append(command)
    return InsertionSequence(tuple(rows), tuple(commands), first, state, start_tdb, t, float(mass_kg), mass)


def verify_insertion(
    sequence: InsertionSequence, *, degree: int = 20, model: FullForceModel | None = None
) -> tuple[float, float]:
    """Fly the whole sequence in one forward propagation from its start, burns as commanded.

    Parameters
    ----------
    sequence : InsertionSequence
        As solved.
    degree : int
        Of the Moon's field, where no `model` is given; another one than in the solution shows what it matters.
    model : FullForceModel, optional
        Forces.

    Returns
    -------
    position_km, velocity_km_s : float
        Distance from the sequence's own end.

    Raises
    ------
    InputError
        The row does not get to the end.
    """
    forces = moon_orbit_model(degree) if model is None else model
    run = propagate_full(
        sequence.start_state, sequence.start_tdb, sequence.end_tdb, forces, mass_kg=sequence.start_mass_kg,
        burns=sequence.commands, tolerance=BURN_TOLERANCE,
    )  # fmt: skip
    if not run.ok[0]:
        raise InputError(f"the sequence {run.explain(0)}")
    apart = run.states[0] - sequence.end_state
    return float(np.sqrt(np.sum(apart[:3] ** 2))), float(np.sqrt(np.sum(apart[3:] ** 2)))


def _elements(state: FloatArray, t: float, mu: float) -> FloatArray:
    out, status = np.empty((1, COLUMNS)), np.empty(1, np.int8)
    elements_rows(np.ascontiguousarray(state[None]), mu, equator_axes([t]), out, status)
    return np.asarray(out[0])


def _to_apsis(state: FloatArray, t: float, forces: FullForceModel) -> tuple[FloatArray, float]:
    """Go to the nearest time at which the radial velocity is zero."""
    mu = forces.body_gm_km3_s2("moon")
    for _ in range(_APSIS_ROUNDS):
        r, v = state[:3], state[3:]
        step = -float(r @ v) / float(v @ v - mu / np.sqrt(r @ r))
        if abs(step) < 1e-6:
            break
        # near the other apsis of a long ellipse the linear step overshoots
        step = float(np.clip(step, -3600.0, 3600.0))
        state, t = coast(state, t, t + step, forces), t + step
    return state, t


def _next_apsis(state: FloatArray, t: float, kind: str, forces: FullForceModel) -> tuple[FloatArray, float]:
    """Go to the next perilune or apolune that is at least an eighth of a revolution away."""
    mu = forces.body_gm_km3_s2("moon")
    elements = _elements(state, t, mu)
    if not elements[ENERGY] < 0.0:
        raise InputError("a step follows although the orbit before it is not closed; brake more in the first burn")
    period = TWO_PI * mu / (-2.0 * elements[ENERGY]) ** 1.5
    target = 0.0 if kind == "perilune" else 0.5 * period
    wait = float((target - elements[TIME_SINCE_PERIAPSIS]) % period)
    wait += period if wait < 0.125 * period else 0.0
    return _to_apsis(coast(state, t, t + wait, forces), t + wait, forces)


def _row(
    step: ApsisStep,
    apsis: Apsis,
    command: FiniteBurn,
    pitch_deg: float,
    engine: Engine,
    state: FloatArray,
    t: float,
    mass: float,
) -> InsertionBurn:
    impulse = apsis.impulse_m_s
    radius = float(np.sqrt(apsis.state[:3] @ apsis.state[:3]))
    elements = _elements(state, t, apsis.mu_km3_s2)
    closed = elements[ENERGY] < 0.0
    size = -0.5 * apsis.mu_km3_s2 / elements[ENERGY]
    short = float(burn_time_s(apsis.mass_kg, impulse, engine))
    return InsertionBurn(
        name=step.name,
        apsis_tdb=apsis.t_tdb,
        apsis_altitude_km=radius - MOON.radius_km,
        ignition_tdb=float(np.asarray(command.start_tdb)),
        duration_s=float(np.asarray(command.stop_tdb) - np.asarray(command.start_tdb)),
        impulse_dv_m_s=impulse,
        spent_dv_m_s=engine.exhaust_velocity_m_s * float(np.log(apsis.mass_kg / mass)),
        formula_loss_m_s=float(gravity_loss_m_s(impulse, short, radius, apsis.mu_km3_s2)),
        pitch_deg=pitch_deg,
        mass_kg=mass,
        perilune_altitude_km=float(elements[0]) - MOON.radius_km,
        apolune_altitude_km=2.0 * size - float(elements[0]) - MOON.radius_km if closed else float("inf"),
        inclination_deg=float(elements[2]) / RAD_PER_DEG,
        period_h=TWO_PI * float(np.sqrt(size**3 / apsis.mu_km3_s2)) / 3600.0 if closed else float("inf"),
    )


__all__ = ["STEERINGS", "ApsisStep", "InsertionBurn", "InsertionSequence", "fly_insertion", "verify_insertion"]
