"""One burn at an apsis: the impulse, and the burn of finite length that replaces it.

The solver of :mod:`sim.operations.insertion`, whose docstring says what is solved for, and under which steering laws.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.bodies import MOON
from sim.constants import TWO_PI
from sim.core.status import Status
from sim.dynamics import FiniteBurn, FullForceModel
from sim.errors import InputError
from sim.operations.low_orbits import equator_axes
from sim.propagation import propagate_full
from sim.spacecraft import Engine, burn_time_s
from sim.units import M_PER_KM, RAD_PER_DEG

FloatArray = npt.NDArray[np.float64]

STEERINGS = ("turning", "fixed", "along_velocity")
BURN_TOLERANCE = 1e-12
_NEWTON_ROUNDS = 25
_STEPS = np.array([1e-2, 1e-2, 1e-5, 1e-5])
_CLOSED = 1e-9
_CENTRING = 1e-7


@dataclass(frozen=True, slots=True)
class ApsisStep:
    """One step of a sequence.

    Parameters
    ----------
    name : str
        For the table.
    at : str
        ``perilune`` or ``apolune``: where the burn is centred.
    passage : int
        Which one after the last burn; the arrival's own perilune is the first.
    other_altitude_km : float, optional
        Altitude of the opposite apsis after the burn, over the sphere of 1737.4 km; unchanged where omitted.
    inclination_deg : float, optional
        To the equator of date after the burn; unchanged where omitted.
    steering : str
        ``turning``, ``fixed`` or ``along_velocity``.

    Raises
    ------
    InputError
        Unknown apsis or steering, no passage, nothing to change.
    """

    name: str
    at: str = "perilune"
    passage: int = 1
    other_altitude_km: float | None = None
    inclination_deg: float | None = None
    steering: str = "turning"

    def __post_init__(self) -> None:
        if self.at not in ("perilune", "apolune") or self.steering not in STEERINGS or self.passage < 1:
            raise InputError(
                f"step {self.name!r} at {self.at!r}, passage {self.passage}, steering {self.steering!r}; allowed: "
                f"perilune or apolune, from 1, {' or '.join(STEERINGS)}"
            )
        if self.other_altitude_km is None and self.inclination_deg is None:
            raise InputError(f"step {self.name!r} changes nothing; give other_altitude_km or inclination_deg")


@dataclass(frozen=True)
class Apsis:
    """The orbit at an apsis, and what the burn there shall make of it; vectors in ICRF axes.

    Attributes
    ----------
    state : ndarray (6,)
        Relative to the Moon, km and km/s.
    t_tdb, mass_kg : float
        Epoch and mass there.
    mu_km3_s2 : float
        GM of the Moon in the model.
    along_direction, out_direction, normal : ndarray (3,)
        Unit vectors of velocity, position and orbit normal.
    size_km : float
        Semi-major axis after the burn.
    ecc : float
        Eccentricity after it times the cosine of the true anomaly, negative where the place is the perilune.
    inclination_rad : float or None
        After it, where the plane shall change.
    impulse_km_s : ndarray (3,)
        The impulse.
    """

    state: FloatArray
    t_tdb: float
    mass_kg: float
    mu_km3_s2: float
    along_direction: FloatArray
    out_direction: FloatArray
    normal: FloatArray
    size_km: float
    ecc: float
    inclination_rad: float | None
    impulse_km_s: FloatArray

    @property
    def impulse_m_s(self) -> float:
        """Size of the impulse."""
        return float(np.sqrt(self.impulse_km_s @ self.impulse_km_s)) * M_PER_KM


def coast(state: FloatArray, t_tdb: float, later_tdb: float, forces: FullForceModel) -> FloatArray:
    """Propagate one state without thrust, forward or backward.

    Parameters
    ----------
    state : ndarray (6,)
        Relative to the Moon, ICRF axes, km and km/s.
    t_tdb, later_tdb : float
        Its epoch, and the one wanted, TDB s past J2000.
    forces : FullForceModel
        Forces.

    Returns
    -------
    ndarray (6,)
        State at `later_tdb`, km and km/s.

    Raises
    ------
    InputError
        The row does not get there.
    """
    run = propagate_full(state, t_tdb, later_tdb, forces, tolerance=BURN_TOLERANCE)
    if run.status[0] != Status.OK:
        raise InputError(f"the coast to the next burn {run.explain(0)}")
    return np.asarray(run.states[0])


def impulse_at(state: FloatArray, t_tdb: float, mass_kg: float, step: ApsisStep, forces: FullForceModel) -> Apsis:
    """Describe the impulse of a step.

    Parameters
    ----------
    state : ndarray (6,)
        At an apsis: relative to the Moon, ICRF axes, km and km/s.
    t_tdb, mass_kg : float
        Epoch and mass there.
    step : ApsisStep
        What the burn shall do.
    forces : FullForceModel
        For the GM.

    Returns
    -------
    Apsis

    Raises
    ------
    InputError
        An inclination that no turn of the velocity reaches there.
    """
    mu = forces.body_gm_km3_s2("moon")
    r, v = state[:3], state[3:]
    radius, speed = float(np.sqrt(r @ r)), float(np.sqrt(v @ v))
    out, along = r / radius, v / speed
    normal = np.cross(out, along)
    size = 1.0 / (2.0 / radius - speed**2 / mu)
    if step.other_altitude_km is not None:
        size = 0.5 * (radius + MOON.radius_km + step.other_altitude_km)
    after = float(np.sqrt(mu * (2.0 / radius - 1.0 / size)))
    inclination = None if step.inclination_deg is None else step.inclination_deg * RAD_PER_DEG
    turn = 0.0 if inclination is None else _turn(out, normal, inclination, t_tdb, step)
    wanted = after * (np.cos(turn) * along + np.sin(turn) * normal)
    return Apsis(state, t_tdb, mass_kg, mu, along, out, normal, size, radius / size - 1.0, inclination, wanted - v)


def _turn(out: FloatArray, normal: FloatArray, inclination: float, t: float, step: ApsisStep) -> float:
    """Smallest turn of the velocity about the radius, towards the normal, that gives the inclination."""
    pole = equator_axes([t])[0, 2]
    # turning by a: normal -> normal cos a - along sin a, along = normal x out
    a, b = float(pole @ normal), -float(pole @ np.cross(normal, out))
    reach = float(np.hypot(a, b))
    if not abs(np.cos(inclination)) <= reach:
        nearest = float(np.arccos(reach)) / RAD_PER_DEG
        raise InputError(
            f"step {step.name!r}: an inclination of {step.inclination_deg:g} degrees cannot be reached there; "
            f"allowed: {nearest:.3f} to {180.0 - nearest:.3f}"
        )
    centre, half = float(np.arctan2(b, a)), float(np.arccos(np.cos(inclination) / reach))
    turns = [(centre + sign * half + np.pi) % TWO_PI - np.pi for sign in (1.0, -1.0)]
    return float(min(turns, key=abs))


def _command(apsis: Apsis, step: ApsisStep, controls: FloatArray, engine: Engine) -> FiniteBurn:
    """Describe the burn of some controls."""
    lead, length, pitch, yaw = (float(value) for value in controls)
    start = apsis.t_tdb - lead
    sign = 1.0 if float(apsis.impulse_km_s @ apsis.along_direction) > 0.0 else -1.0
    if step.steering == "along_velocity" and apsis.inclination_rad is None:
        return FiniteBurn(start, start + length, engine, "vnc", (sign, 0.0, 0.0), "moon")
    main = apsis.impulse_km_s / np.sqrt(apsis.impulse_km_s @ apsis.impulse_km_s)
    side = np.cross(apsis.out_direction, main)
    vector = np.cos(pitch) * (np.cos(yaw) * main + np.sin(yaw) * side) + np.sin(pitch) * apsis.out_direction
    rate = 0.0
    if step.steering == "turning" and apsis.inclination_rad is None:
        radius, speed = (
            float(np.sqrt(part @ part)) for part in (apsis.state[:3], apsis.state[3:] + apsis.impulse_km_s / 2)
        )
        rate = apsis.mu_km3_s2 / radius**2 / speed
        back = -rate * lead
        vector = np.cos(back) * vector + np.sin(back) * np.cross(apsis.normal, vector)
    axis = tuple(float(value) for value in apsis.normal)
    return FiniteBurn(
        start, start + length, engine, "icrf", (float(vector[0]), float(vector[1]), float(vector[2])), "moon",
        pitch_rate_deg_s=rate / RAD_PER_DEG, pitch_axis=(axis[0], axis[1], axis[2]),
    )  # fmt: skip


def _burn(
    apsis: Apsis, step: ApsisStep, controls: FloatArray, engine: Engine, forces: FullForceModel, *, trial: bool
) -> tuple[FloatArray, float]:
    """State and mass at cut-off; a trial may pass below the ground."""
    command = _command(apsis, step, controls, engine)
    ignition, cutoff = apsis.t_tdb - float(controls[0]), apsis.t_tdb - float(controls[0]) + float(controls[1])
    before = coast(apsis.state, apsis.t_tdb, ignition, forces)
    run = propagate_full(
        before,
        ignition,
        cutoff,
        forces,
        mass_kg=apsis.mass_kg,
        burns=(command,),
        tolerance=BURN_TOLERANCE,
        impacts=not trial,
    )
    if run.status[0] != Status.OK:
        raise InputError(f"step {step.name!r}: the burn {run.explain(0)}")
    return run.states[0], float(run.mass_kg[0])


def solve_burn(
    apsis: Apsis, step: ApsisStep, engine: Engine, forces: FullForceModel
) -> tuple[FiniteBurn, FloatArray, float, float, float]:
    """Find the burn of finite length that replaces an impulse.

    Parameters
    ----------
    apsis : Apsis
        The impulse.
    step : ApsisStep
        Steering.
    engine : Engine
        Constant thrust and specific impulse.
    forces : FullForceModel
        Forces.

    Returns
    -------
    burn : FiniteBurn
        As the propagator takes it.
    state : ndarray (6,)
        At cut-off, km and km/s.
    cutoff_tdb, mass_kg, pitch_deg : float
        Epoch and mass there, and the pitch at the apsis.

    Raises
    ------
    InputError
        None is found.
    """
    impulse = apsis.impulse_m_s
    duration = float(burn_time_s(apsis.mass_kg, impulse, engine))
    begin = np.array([0.5 * duration, duration, 0.0, 0.0])

    def fly(trial: FloatArray) -> FloatArray:
        return _burn(apsis, step, trial, engine, forces, trial=True)[0]

    if apsis.inclination_rad is None:
        pitched = step.steering != "along_velocity"
        controls = _least_burn(apsis, begin, [0, 2] if pitched else [0], fly)
    else:
        controls = _same_orbit(apsis, begin, fly)
    if controls is None:
        raise InputError(
            f"step {step.name!r}: found no burn of {engine.thrust_n:g} N on {apsis.mass_kg:g} kg that replaces the "
            f"impulse of {impulse:.1f} m/s; split it into more steps"
        )
    state, mass = _burn(apsis, step, controls, engine, forces, trial=False)
    cutoff = apsis.t_tdb - float(controls[0]) + float(controls[1])
    return _command(apsis, step, controls, engine), state, cutoff, mass, float(controls[2]) / RAD_PER_DEG


def _reciprocal_size(state: FloatArray, mu: float) -> float:
    return float(2.0 / np.sqrt(state[:3] @ state[:3]) - state[3:] @ state[3:] / mu)


def _least_burn(
    apsis: Apsis, controls: FloatArray, free: list[int], fly: Callable[[FloatArray], FloatArray]
) -> FloatArray | None:
    """Find the shortest burn to the energy: stationary in lead and pitch, length by the energy; None if not found."""
    wanted = 1.0 / apsis.size_km
    gain = float(np.sign(wanted - _reciprocal_size(apsis.state, apsis.mu_km3_s2)))
    for _ in range(_NEWTON_ROUNDS):
        steps = np.array([0.1 * controls[1], 1e-3 * controls[1], 0.05, 0.0])

        def energy(change: FloatArray, here: FloatArray = controls) -> float:
            return _reciprocal_size(fly(here + change), apsis.mu_km3_s2) / wanted - 1.0

        middle = energy(np.zeros(4))
        units = [steps[k] * np.eye(4)[k] for k in free]
        ups, downs = [energy(unit) for unit in units], [energy(-unit) for unit in units]
        slope = np.array([0.5 * (up - down) for up, down in zip(ups, downs, strict=True)])
        bend = np.diag([up - 2.0 * middle + down for up, down in zip(ups, downs, strict=True)])
        if len(free) == 2:
            both = energy(units[0] + units[1])
            bend[0, 1] = bend[1, 0] = both - ups[0] - ups[1] + middle
        # On a nearly circular orbit it hardly matters where the burn lies: then its middle stays at the apsis.
        centred = np.array([0.5 * controls[1], 0.0, 0.0, 0.0])
        slope -= gain * _CENTRING * np.array([(controls[k] - centred[k]) / steps[k] for k in free])
        move = np.linalg.solve(bend - gain * _CENTRING * np.eye(len(free)), -slope)  # in steps
        longer = -middle / ((energy(np.array([0.0, steps[1], 0.0, 0.0])) - middle) / steps[1])
        # an epoch of today resolves a tenth of a microsecond
        closed = max(_CLOSED, 4.0 * float(np.spacing(apsis.t_tdb)) / float(controls[1]))
        if abs(middle) < closed and float(np.abs(move).max()) < 0.05:
            return controls
        move *= min(1.0, 8.0 / max(float(np.abs(move).max()), 1e-12))
        controls = controls.copy()
        for k, count in zip(free, move, strict=True):
            controls[k] += count * steps[k]
        controls[1] += float(np.clip(longer, -0.3 * controls[1], 0.3 * controls[1]))
    return None


def _miss(apsis: Apsis, state: FloatArray, cutoff: float) -> FloatArray:
    """How the orbit differs from that of the impulse: size, apse line, eccentricity, inclination."""
    r, v = state[:3], state[3:]
    momentum = np.cross(r, v)
    ecc = np.cross(v, momentum) / apsis.mu_km3_s2 - r / np.sqrt(r @ r)
    normal = momentum / np.sqrt(momentum @ momentum)
    pole = equator_axes([cutoff])[0, 2]
    inclination = float(np.arccos(np.clip(pole @ normal, -1.0, 1.0)))
    size = _reciprocal_size(state, apsis.mu_km3_s2) * apsis.size_km - 1.0
    # the eccentricity vector points along `out` where the burn is done at perilune
    across, along = float(ecc @ np.cross(normal, apsis.out_direction)), float(ecc @ apsis.out_direction)
    return np.array([size, across, along + apsis.ecc, inclination - float(apsis.inclination_rad or 0.0)])


def _same_orbit(apsis: Apsis, controls: FloatArray, fly: Callable[[FloatArray], FloatArray]) -> FloatArray | None:
    """Correct lead, length, pitch and yaw until the orbit is that of the impulse; None where that fails."""

    def miss_of(trial: FloatArray) -> FloatArray:
        return _miss(apsis, fly(trial), apsis.t_tdb - float(trial[0]) + float(trial[1]))

    for _ in range(_NEWTON_ROUNDS):
        miss = miss_of(controls)
        if float(np.abs(miss).max()) < _CLOSED:
            return controls
        columns = [(miss_of(controls + _STEPS[k] * np.eye(4)[k]) - miss) / _STEPS[k] for k in range(4)]
        change = np.linalg.solve(np.stack(columns, axis=1), -miss)
        bounds = np.array([0.33 * controls[1], 0.33 * controls[1], 0.33, 0.33])
        controls = controls + change * min(1.0, float(np.min(bounds / np.maximum(np.abs(change), 1e-15))))
    return None
