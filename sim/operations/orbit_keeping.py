"""What it costs to keep a low orbit near its altitude: pairs of burns that turn the eccentricity vector back.

Stated policy: after each interval (by default the month in which the node returns) two burns along the velocity, half a
revolution apart and opposite in sign, move the averaged eccentricity vector to where its next loop will lie around
zero. A burn of dv changes the vector by 2 dv/v towards the place where it is made, so that the pair costs v |change|/2.
What remains of a drift of the semi-major axis is taken out by making the two burns unequal. Plane and phase are free.

The next loop is taken to be a copy of the last one, which is what an operator knows; the orbit is then flown under all
forces, burns as impulses, and altitudes are those flown. Burns found in the same way keep Lunar Reconnaissance Orbiter:
Beckman and Lamb, "Stationkeeping for the Lunar Reconnaissance Orbiter", NASA NTRS 20080012683 (2007).

High ellipses need another policy (:func:`keep_above`): what threatens them is a perilune that the Earth pulls down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY, TWO_PI
from sim.core.elements import ARGUMENT_OF_PERIAPSIS, COLUMNS, TIME_SINCE_PERIAPSIS, elements_rows
from sim.core.status import Status
from sim.dynamics import FullForceModel
from sim.errors import InputError
from sim.operations.frozen_orbits import node_month_day, node_states
from sim.operations.low_orbits import LowOrbitHistory, equator_axes, evolve_low_orbits, moon_orbit_model
from sim.propagation import propagate_full, propagate_low_orbits
from sim.units import M_PER_KM, RAD_PER_DEG

FloatArray = npt.NDArray[np.float64]

DAYS_A_YEAR: float = 365.25
_CIRCLE_ROUNDS = 400
_PHASE_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class OrbitKeeping:
    """A low orbit flown with correction; K intervals, a pair of burns after each but the last.

    Attributes
    ----------
    altitude_km, inclination_deg : float
        Nominal.
    interval_day : float
        Between pairs.
    burn_tdb : ndarray (K - 1, 2)
        Epochs of the burns, TDB s past J2000.
    burn_dv_m_s : ndarray (K - 1, 2)
        Their sizes, along (positive) or against the velocity.
    change_ecc : ndarray (K - 1, 2)
        Change of the eccentricity vector that was asked for.
    largest_ecc : ndarray (K,)
        Largest averaged eccentricity in each interval: half the width of the box the orbit needs.
    lowest_altitude_km, highest_altitude_km : ndarray (K,)
        Of each interval, over the sphere of 1737.4 km.
    history : tuple of LowOrbitHistory
        Of the intervals.
    """

    altitude_km: float
    inclination_deg: float
    interval_day: float
    burn_tdb: FloatArray
    burn_dv_m_s: FloatArray
    change_ecc: FloatArray
    largest_ecc: FloatArray
    lowest_altitude_km: FloatArray
    highest_altitude_km: FloatArray
    history: tuple[LowOrbitHistory, ...]

    @property
    def pair_dv_m_s(self) -> FloatArray:
        """Cost of each pair, (K - 1,)."""
        return np.asarray(np.abs(self.burn_dv_m_s).sum(axis=1))

    @property
    def year_dv_m_s(self) -> float:
        """Mean cost of a pair, brought to a year."""
        return float(self.pair_dv_m_s.mean() * DAYS_A_YEAR / self.interval_day)

    def rows(self) -> list[tuple[float, float, float, float, float]]:
        """Table: first burn_tdb, its m/s, the second one's m/s, lowest and highest altitude since the last pair."""
        low, high = self.lowest_altitude_km[:-1], self.highest_altitude_km[:-1]
        columns = (self.burn_tdb[:, 0], self.burn_dv_m_s[:, 0], self.burn_dv_m_s[:, 1], low, high)
        return list(zip(*(column.tolist() for column in columns), strict=True))


def enclosing_centre(vectors: FloatArray) -> FloatArray:
    """Find the centre of the smallest circle around points in the plane.

    Parameters
    ----------
    vectors : ndarray (N, 2)
        Points, of any unit.

    Returns
    -------
    ndarray (2,)
        Its centre, in the unit of the vectors, good to about 1/400 of the radius: Badoiu and Clarkson (2003), steps of
        1/(k + 1) towards the farthest point.
    """
    centre = np.asarray(vectors.mean(axis=0))
    for k in range(1, _CIRCLE_ROUNDS):
        far = vectors[np.argmax(np.sum((vectors - centre) ** 2, axis=1))]
        centre = centre + (far - centre) / (k + 1.0)
    return centre


def keep_orbit(
    altitude_km: float,
    inclination_deg: float,
    t0_tdb: float,
    n_intervals: int,
    *,
    interval_day: float | None = None,
    node_longitude_deg: float = 0.0,
    degree: int = 50,
    margin_km: float = 0.0,
    model: FullForceModel | None = None,
) -> OrbitKeeping:
    """Fly a low orbit with a pair of burns after each interval.

    Parameters
    ----------
    altitude_km, inclination_deg : float
        Nominal: osculating at the start.
    t0_tdb : float
        Start, TDB s past J2000.
    n_intervals : int
        Two or more: after each but the last comes a pair of burns.
    interval_day : float, optional
        By default the month in which the node returns, when the loop of the eccentricity vector is complete.
    node_longitude_deg : float
        Selenographic longitude of the ascending node at the start.
    degree : int
        Of the gravity field, where no `model` is given.
    margin_km : float
        Height over the sphere of 1737.4 km that counts as ground.
    model : FullForceModel, optional
        Forces.

    Returns
    -------
    OrbitKeeping

    Raises
    ------
    InputError
        Fewer than two intervals; an orbit that comes to the ground before its burns: shorten the interval.
    EphemerisRangeError
        The span is not covered.
    """
    a = MOON.radius_km + altitude_km
    interval = float(node_month_day(a, inclination_deg)) if interval_day is None else interval_day
    if n_intervals < 2 or not interval > 0.0:
        raise InputError(f"n_intervals is {n_intervals} and interval_day {interval:g}; allowed: from 2, above 0")
    forces = moon_orbit_model(degree) if model is None else model
    start = node_states(a, 0.0, 0.0, inclination_deg, node_longitude_deg, t0_tdb)
    first = _interval(start, t0_tdb, interval, margin_km, forces)
    centre = enclosing_centre(_loop(first))
    offset = -centre - _mean_ecc(first, 0)  # osculating elements are not averages: the first record tells by how much
    state = node_states(a, offset[0], offset[1], inclination_deg, node_longitude_deg, t0_tdb)
    t = t0_tdb
    size = float(first.semi_major_axis_km[0, 0])
    histories, epochs, burns, changes = [], [], [], []
    for number in range(n_intervals):
        history = _interval(state, t, interval, margin_km, forces)
        histories.append(history)
        if number + 1 == n_intervals:
            break
        change = -enclosing_centre(_loop(history)) - _mean_ecc(history, -1)
        drift = float(history.semi_major_axis_km[0, -1]) - size
        state, t, made = _pair(history.states[0, -1], float(history.end_tdb[0, -1]), change, drift, forces)
        epochs.append([when for when, _ in made])
        burns.append([dv for _, dv in made])
        changes.append(change)
    return OrbitKeeping(
        altitude_km, inclination_deg, interval, np.array(epochs), np.array(burns), np.array(changes),
        np.array([float(h.eccentricity.max()) for h in histories]),
        np.array([float(h.perilune_altitude_km.min()) for h in histories]),
        np.array([float(h.apolune_altitude_km.max()) for h in histories]), tuple(histories),
    )  # fmt: skip


def _interval(state: FloatArray, t: float, days: float, margin_km: float, forces: FullForceModel) -> LowOrbitHistory:
    history = evolve_low_orbits(state, t, days, margin_km=margin_km, model=forces)
    if history.status[0] == Status.OK:
        return history
    lived = float(history.lifetime_day[0])
    raise InputError(
        f"the orbit comes to the ground after {lived:.1f} days, before its next burns; shorten interval_day"
    )


def _mean_ecc(history: LowOrbitHistory, record: int) -> FloatArray:
    return np.array([history.ecc_cos[0, record], history.ecc_sin[0, record]])


def _loop(history: LowOrbitHistory) -> FloatArray:
    """Path of the averaged eccentricity vector from its first record, (T, 2)."""
    return np.stack([history.ecc_cos[0], history.ecc_sin[0]], axis=1) - _mean_ecc(history, 0)


def _pair(
    state: FloatArray, t: float, change: FloatArray, drift_km: float, forces: FullForceModel
) -> tuple[FloatArray, float, list[tuple[float, float]]]:
    """Fly the two burns; return state and epoch after the second, and (epoch, m/s) of each."""
    a = _size_km(state)
    speed = float(np.sqrt(MOON.gm_km3_s2 / a))
    share = 0.25 * speed * float(np.hypot(*change))
    both = -0.25 * speed * drift_km / a  # 2 a dv/v each
    place = float(np.arctan2(change[1], change[0]))
    first = place if _ahead(state, t, place) <= np.pi else place + np.pi
    made = []
    for angle in (first, first + np.pi):
        state, t = _fly_to(state, t, angle, forces)
        dv = both + share * (1.0 if np.cos(angle - place) > 0.0 else -1.0)
        velocity = state[3:]
        state = np.concatenate([state[:3], velocity * (1.0 + dv / float(np.sqrt(velocity @ velocity)))])
        made.append((t, dv * M_PER_KM))
    return state, t, made


def _size_km(state: FloatArray) -> float:
    return float(1.0 / (2.0 / np.sqrt(np.sum(state[:3] ** 2)) - np.sum(state[3:] ** 2) / MOON.gm_km3_s2))


def _ahead(state: FloatArray, t: float, angle_rad: float) -> float:
    """Angle to go to an argument of latitude, [0, 2 pi)."""
    pole = equator_axes([t])[0, 2]
    normal = np.cross(state[:3], state[3:])
    node = np.cross(pole, normal)
    quarter = np.cross(normal, node) / np.sqrt(np.sum(normal**2))
    now = np.arctan2(np.sum(state[:3] * quarter), np.sum(state[:3] * node))
    return float((angle_rad - now) % TWO_PI)


def _fly_to(state: FloatArray, t: float, angle_rad: float, forces: FullForceModel) -> tuple[FloatArray, float]:
    """Propagate to the next passage of an argument of latitude, to a microradian or so."""
    rate = float(np.sqrt(MOON.gm_km3_s2 / _size_km(state) ** 3))
    to_go = _ahead(state, t, angle_rad)
    for _ in range(_PHASE_ROUNDS):
        later = t + to_go / rate
        state = propagate_full(state, t, later, forces).states[0]
        t = later
        to_go = (_ahead(state, t, angle_rad) + np.pi) % TWO_PI - np.pi
    return state, t


def keeping_cost_m_s(semi_major_axis_km: npt.ArrayLike, change_ecc: npt.ArrayLike) -> FloatArray:
    """Cost of a pair of burns that changes the eccentricity vector of a near-circular orbit: v |change|/2.

    Parameters
    ----------
    semi_major_axis_km : array_like
        Size of the orbit.
    change_ecc : array_like
        Length of the change.

    Returns
    -------
    ndarray
        m/s, both burns together.
    """
    speed = np.sqrt(MOON.gm_km3_s2 / np.asarray(semi_major_axis_km, dtype=np.float64))
    return np.asarray(0.5 * speed * np.abs(np.asarray(change_ecc, dtype=np.float64)) * M_PER_KM)


@dataclass(frozen=True, eq=False)
class FloorKeeping:
    """N ellipses kept above a floor by one burn at apolune an interval, K intervals.

    Attributes
    ----------
    burn_tdb : ndarray (N, K)
        Epochs of the burns, TDB s past J2000: at the beginning of each interval.
    burn_dv_m_s : ndarray (N, K)
        Their sizes, along the velocity; zero where none was due. The first also takes the orbit from where it starts.
    lowest_altitude_km, apolune_altitude_km : ndarray (N, K)
        Lowest and highest altitude in each interval, over the sphere of 1737.4 km.
    argument_of_perilune_deg : ndarray (N, K)
        Osculating, to the equator of date, at the end of each interval.
    interval_day : float
        Between burns, about: whole revolutions.
    held : ndarray (N,) bool
        Whether the floor was held to :data:`FLOOR_MARGIN_KM` in every interval; the others need burns more often.
    """

    burn_tdb: FloatArray
    burn_dv_m_s: FloatArray
    lowest_altitude_km: FloatArray
    apolune_altitude_km: FloatArray
    argument_of_perilune_deg: FloatArray
    interval_day: float
    held: npt.NDArray[np.bool_]

    @property
    def year_dv_m_s(self) -> FloatArray:
        """Sizes of the burns after the first, brought to a year, (N,)."""
        sizes = np.abs(self.burn_dv_m_s[:, 1:])
        return np.asarray(sizes.sum(axis=1) * DAYS_A_YEAR / (self.interval_day * sizes.shape[1]))


FLOOR_MARGIN_KM = 10.0
_FLOOR_ROUNDS = 5
_LARGEST_RAISE_KM = 300.0


def keep_above(
    states_icrf: npt.ArrayLike,
    t0_tdb: float,
    n_intervals: int,
    floor_km: float,
    *,
    interval_day: float = 27.321662,
    degree: int = 12,
    model: FullForceModel | None = None,
    threads: int | None = None,
) -> FloorKeeping:
    """Fly ellipses with at most one burn at apolune an interval, such that they stay above a floor until the next.

    The Earth swings the perilune of a high ellipse by hundreds of kilometres in weeks and by a thousand in a year. Only
    where it would fall below the floor before the next burn is it raised, and just enough; it is never lowered.
    Apolune, plane and argument of perilune are left free.

    Parameters
    ----------
    states_icrf : array_like (N, 6) or (6,)
        Relative to the Moon, ICRF axes, km and km/s; the first burn comes at the next apolune.
    t0_tdb : float
        Their epoch, TDB s past J2000.
    n_intervals : int
        Two or more.
    floor_km : float
        Lowest altitude wanted.
    interval_day : float
        Between burns; by default the sidereal month.
    degree : int
        Of the gravity field, where no `model` is given.
    model : FullForceModel, optional
        Point masses and figures.
    threads : int, optional
        By default as many as there are processors.

    Returns
    -------
    FloorKeeping

    Raises
    ------
    InputError
        Fewer than two intervals, no interval, or forces that orbits in lockstep do not know.
    EphemerisRangeError
        The span is not covered.
    """
    if n_intervals < 2 or not interval_day > 0.0:
        raise InputError(f"n_intervals is {n_intervals} and interval_day {interval_day:g}; allowed: from 2, above 0")
    forces = moon_orbit_model(degree) if model is None else model
    state = np.array(states_icrf, dtype=np.float64, ndmin=2)
    t = np.full(len(state), float(t0_tdb))
    state, t, _ = _fly_floor(state, t, _to_apolune_s(state), forces, threads)
    parts: list[tuple[FloatArray, ...]] = []
    for _ in range(n_intervals):
        begun, speed = t, _speed(state)
        burnt, wait = _burn_to_floor(state, t, floor_km, interval_day, forces, threads)
        state, t, apses = _fly_floor(burnt, t, wait, forces, threads)
        late = _to_apolune_s(state)  # the swings of the month moved the apolune
        late = np.where(late > 0.5 * _period_s(state), late - _period_s(state), late)
        argument = _argument_deg(state, t)
        state, t, _ = _fly_floor(state, t, late, forces, threads)
        parts.append((begun, (_speed(burnt) - speed) * M_PER_KM, apses[0], apses[1], argument))
    begins, sizes, lowest, highest, arguments = (np.stack(column, axis=1) for column in zip(*parts, strict=True))
    held = np.asarray(lowest.min(axis=1) > floor_km - FLOOR_MARGIN_KM)
    return FloorKeeping(begins, sizes, lowest, highest, arguments, interval_day, held)


def _burn_to_floor(
    state: FloatArray, t: FloatArray, floor_km: float, days: float, forces: FullForceModel, threads: int | None
) -> tuple[FloatArray, FloatArray]:
    """Find the burns after which orbits keep to the floor until the next ones; states after them, seconds to those."""
    radius = np.sqrt(np.sum(state[:, :3] ** 2, axis=1))
    perilune = 2.0 * _sizes_km(state) - radius
    enough = np.zeros(len(state), dtype=np.bool_)
    before: tuple[FloatArray, FloatArray] | None = None
    for last in (*([False] * _FLOOR_ROUNDS), True):
        wanted = np.sqrt(2.0 * MOON.gm_km3_s2 * perilune / (radius * (radius + perilune)))
        gain = np.where(enough, 1.0, wanted / _speed(state))
        burnt = np.concatenate([state[:, :3], state[:, 3:] * gain[:, None]], axis=1)
        period = _period_s(burnt)
        wait = period * np.maximum(1.0, np.round(days * SECONDS_PER_DAY / period))
        if last:
            break
        low = _fly_floor(burnt, t, wait, forces, threads)[2][0]
        slope = np.ones(len(low))
        if before is None:
            enough = low >= floor_km
        else:
            with np.errstate(divide="ignore", invalid="ignore"):
                measured = (low - before[1]) / (perilune - before[0])
            slope = np.where(np.isfinite(measured), np.clip(measured, 0.3, 3.0), 1.0)
        before = perilune, low
        perilune = perilune + np.clip((floor_km - low) / slope, -_LARGEST_RAISE_KM, _LARGEST_RAISE_KM)
    return burnt, wait


def _fly_floor(
    state: FloatArray, t: FloatArray, seconds: FloatArray, forces: FullForceModel, threads: int | None
) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray]]:
    """Propagate each row by its own time, through the ground if need be; states, epochs, (lowest, highest) altitude."""
    later = t + seconds
    run = propagate_low_orbits(state, t, later[:, None], forces, impact_radius_km=0.0, threads=threads)
    low, high = run.lowest_km[:, 0] - MOON.radius_km, run.highest_km[:, 0] - MOON.radius_km
    return run.states, later, (low, high)


def _speed(state: FloatArray) -> FloatArray:
    return np.asarray(np.sqrt(np.sum(state[:, 3:] ** 2, axis=1)))


def _sizes_km(state: FloatArray) -> FloatArray:
    radius = np.sqrt(np.sum(state[:, :3] ** 2, axis=1))
    return np.asarray(1.0 / (2.0 / radius - _speed(state) ** 2 / MOON.gm_km3_s2))


def _period_s(state: FloatArray) -> FloatArray:
    return np.asarray(TWO_PI * np.sqrt(_sizes_km(state) ** 3 / MOON.gm_km3_s2))


def _columns(state: FloatArray, axes: FloatArray) -> FloatArray:
    out, status = np.empty((len(state), COLUMNS)), np.empty(len(state), np.int8)
    elements_rows(np.ascontiguousarray(state), MOON.gm_km3_s2, np.ascontiguousarray(axes), out, status)
    return out


def _to_apolune_s(state: FloatArray) -> FloatArray:
    """Seconds to the next osculating apolune."""
    period = _period_s(state)
    since = _columns(state, np.tile(np.eye(3), (len(state), 1, 1)))[:, TIME_SINCE_PERIAPSIS]
    return np.asarray((0.5 * period - since) % period)


def _argument_deg(state: FloatArray, t: FloatArray) -> FloatArray:
    return np.asarray(_columns(state, equator_axes(t))[:, ARGUMENT_OF_PERIAPSIS] / RAD_PER_DEG % 360.0)
