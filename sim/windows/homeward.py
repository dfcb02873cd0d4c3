"""Returns to the Earth: from an orbit about the Moon to a landing place, by skip entry.

For a departure at a given instant the flight time is free within limits. The landing place passes through the plane of
entry twice a day, moving with the Earth; each passage fixes one flight time. The way over the ground from entry to
landing then follows, and counts as possible where the vehicle can fly it. The plane of departure is the one turned
least from the orbit that is left; the angle between both is what a second impulse must turn.

The flight through the air is not integrated: a constant time from entry to landing, in the plane of entry.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from sim.bodies import EARTH, MOON
from sim.constants import EARTH_ROTATION_RATE_RAD_S, SECONDS_PER_DAY, TWO_PI
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import InputError
from sim.frames import R_me_icrf, R_tod_icrf, rotate
from sim.frames.rotations import cross, dot, norm, unit
from sim.transfer import Outcome, Transfers
from sim.transfer.earth_return import entry_states, return_targets, solve_return, vacuum_perigee_km
from sim.transfer.lunar_state import Departure
from sim.units import RAD_PER_DEG
from sim.windows.closure import wrap_rad
from sim.windows.manifold import injection_plane, sidereal_angle_rad

Floats = NDArray[np.float64]
Ints = NDArray[np.int8]

PASSES: tuple[str, ...] = ("ascending", "descending")
"""Leg of the entry plane over the landing place."""

RETURN_C3_KM2_S2 = -2.0
"""Energy that stands for every return when the vacuum perigee is computed: 1 km2/s2 moves it by 0.1 km."""

GRID_DAY = 0.25
"""Spacing of the flight times at which families are solved."""

SAMPLE_S = 600.0

TOLERANCE_S = 0.01
"""Largest mismatch of the landing instant left after polishing."""

MAX_POLISH = 12


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """One mission's question "when can we leave lunar orbit and land there?".

    Attributes
    ----------
    mission_id : str
        Identifier written into every result.
    start_tdb, stop_tdb : float
        Injections towards the Earth searched, seconds past J2000 TDB.
    perilune_altitude_km : float
        Altitude of the injection over the 1737.4 km sphere.
    inclination_deg : tuple of float
        Inclinations of the orbit at entry (to the true equator of date) to try.
    flight_min_day, flight_max_day : float
        Injection to landing.
    site_name : str
        Landing place in words.
    latitude_deg, longitude_deg : float
        Geodetic.
    entry_altitude_km, entry_angle_deg : float
        Entry interface over the equatorial radius; flight path there, below the horizon negative.
    entry_to_landing_s : float
        Entry to landing, skip included: a constant of the vehicle.
    range_min_km, range_max_km : float
        Way over the ground from entry to landing that the vehicle can fly.
    """

    mission_id: str
    start_tdb: float
    stop_tdb: float
    perilune_altitude_km: float
    inclination_deg: tuple[float, ...]
    flight_min_day: float
    flight_max_day: float
    site_name: str
    latitude_deg: float
    longitude_deg: float
    entry_altitude_km: float
    entry_angle_deg: float
    entry_to_landing_s: float
    range_min_km: float
    range_max_km: float


@dataclass(frozen=True)
class LunarOrbitPlane:
    """Plane of a circular orbit about the Moon that turns by first-order J2 precession.

    Attributes
    ----------
    normal : ndarray, shape (3,)
        Unit normal at `epoch_tdb`, ICRF.
    epoch_tdb : float
        Seconds past J2000 TDB.
    altitude_km : float
        Over the 1737.4 km sphere.
    """

    normal: Floats
    epoch_tdb: float
    altitude_km: float

    def node_rate_rad_s(self, pole: Floats) -> float:
        """Return the rate of the node along the lunar equator.

        Parameters
        ----------
        pole : ndarray, shape (3,)
            Lunar pole.

        Returns
        -------
        float
            rad/s; the pull of the Earth is left out (a fortieth of it at 200 km).
        """
        radius = MOON.radius_km + self.altitude_km
        motion = math.sqrt(MOON.gm_km3_s2 / radius**3)
        cosine = float((self.normal * pole).sum())
        return -1.5 * MOON.j2 * (MOON.radius_km / radius) ** 2 * motion * cosine

    def normals(self, t_tdb: Floats, ephemeris: Ephemeris) -> Floats:
        """Return unit normals at epochs.

        Parameters
        ----------
        t_tdb : ndarray, shape (N,)
            Epochs.
        ephemeris : Ephemeris
            Lunar orientation.

        Returns
        -------
        ndarray, shape (N, 3)
            ICRF, turned about the lunar pole of `epoch_tdb` (Rodrigues).
        """
        pole = R_me_icrf(np.array([self.epoch_tdb]), ephemeris)[0, 2, :]
        angle = self.node_rate_rad_s(pole) * (t_tdb - self.epoch_tdb)
        along = (self.normal * pole).sum() * pole
        across = self.normal - along
        quarter = np.cross(pole, across)
        return np.asarray(along + np.cos(angle)[:, None] * across + np.sin(angle)[:, None] * quarter)


@dataclass(frozen=True)
class ReturnTable:
    """Returns found, sorted by departure; all arrays have N rows.

    Attributes
    ----------
    departure_tdb, entry_tdb, landing_tdb : ndarray
        Injection at perilune, entry interface, landing.
    flight_day : ndarray
        Injection to landing.
    branch, leg : ndarray of int8
        Indices into `sim.windows.request.BRANCHES` (motion at the Moon) and `PASSES`.
    inclination_deg : ndarray
        At entry, true equator of date.
    vinf_km_s : ndarray
        Outgoing excess speed.
    plane_turn_deg : ndarray
        Between the orbit that is left and the plane of departure.
    entry_speed_km_s, entry_angle_deg : ndarray
        Inertial.
    range_km : ndarray
        Way over the ground from entry to landing.
    departure_state, entry_state : ndarray, shape (N, 6)
        Moon-centred just after injection, Earth-centred at entry; ICRF.
    """

    departure_tdb: Floats
    entry_tdb: Floats
    landing_tdb: Floats
    flight_day: Floats
    branch: Ints
    leg: Ints
    inclination_deg: Floats
    vinf_km_s: Floats
    plane_turn_deg: Floats
    entry_speed_km_s: Floats
    entry_angle_deg: Floats
    range_km: Floats
    departure_state: Floats
    entry_state: Floats

    def __len__(self) -> int:
        """Return the number of returns."""
        return int(self.departure_tdb.shape[0])

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> ReturnTable:
        """Return the table restricted to `rows`."""
        return ReturnTable(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


@dataclass(frozen=True)
class _Rows:
    """What the solver is asked, row by row."""

    departure_tdb: Floats
    branch_sign: Floats
    inclination_deg: Floats

    def select(self, rows: NDArray[np.intp]) -> _Rows:
        return _Rows(self.departure_tdb[rows], self.branch_sign[rows], self.inclination_deg[rows])


@dataclass(frozen=True)
class _Flown:
    """Solved returns as the closure sees them."""

    transfers: Transfers
    node_rad: Floats
    entry_latitude_rad: Floats
    entry_state: Floats
    entry_tdb: Floats


class _Search:
    """One search: what does not change from row to row."""

    def __init__(self, request: ReturnRequest, orbit: LunarOrbitPlane, ephemeris: Ephemeris) -> None:
        self.request, self.orbit, self.ephemeris = request, orbit, ephemeris
        self.entry_radius_km = EARTH.radius_equatorial_km + request.entry_altitude_km
        angle = request.entry_angle_deg * RAD_PER_DEG
        self.perigee_km = vacuum_perigee_km(self.entry_radius_km, angle, RETURN_C3_KM2_S2, EARTH.gm_km3_s2)
        geodetic = request.latitude_deg * RAD_PER_DEG
        self.latitude_rad = math.atan((1.0 - EARTH.flattening) ** 2 * math.tan(geodetic))

    def fly(self, rows: _Rows, flight_s: Floats, guess: Floats | None, jacobian: Floats | None) -> _Flown:
        """Solve returns for flight times to vacuum perigee."""
        count = rows.departure_tdb.size
        normal = self.orbit.normals(rows.departure_tdb, self.ephemeris)
        targets = return_targets(
            rows.departure_tdb,
            flight_s,
            np.full(count, self.perigee_km),
            rows.inclination_deg * RAD_PER_DEG,
            rows.branch_sign,
            Departure(np.full(count, MOON.radius_km + self.request.perilune_altitude_km), normal),
        )
        found = solve_return(targets, ephemeris=self.ephemeris, guess_vinf_km_s=guess, guess_jacobian=jacobian)
        states, entry = entry_states(found, self.entry_radius_km, self.ephemeris)
        node, _ = injection_plane(found)
        latitude = np.full(count, np.nan)
        good = np.isfinite(entry)
        r = rotate(R_tod_icrf(entry[good]), states[good, :3])
        n = unit(cross(r, rotate(R_tod_icrf(entry[good]), states[good, 3:])))
        ahead = np.stack(
            (-n[:, 2] * np.sin(node[good]), n[:, 2] * np.cos(node[good]), np.hypot(n[:, 0], n[:, 1])), axis=1
        )
        latitude[good] = np.arctan2(dot(r, ahead), r[:, 0] * np.cos(node[good]) + r[:, 1] * np.sin(node[good]))
        return _Flown(found, node, latitude, states, entry)

    def site_in_plane(self, inclination_deg: Floats, descending: Ints) -> tuple[Floats, Floats]:
        """Local sidereal angle of the landing place from the node, and its argument of latitude, rad."""
        inclination = inclination_deg * RAD_PER_DEG
        offset = np.arcsin(np.clip(math.tan(self.latitude_rad) / np.tan(inclination), -1.0, 1.0))
        argument = np.arcsin(np.clip(math.sin(self.latitude_rad) / np.sin(inclination), -1.0, 1.0))
        down = descending == 1
        return np.where(down, np.pi - offset, offset), np.where(down, np.pi - argument, argument)

    def mismatch_rad(self, node: Floats, entry_tdb: Floats, inclination_deg: Floats, descending: Ints) -> Floats:
        """Angle by which the landing place is out of the plane of entry at landing, along the equator; folded."""
        offset, _ = self.site_in_plane(inclination_deg, descending)
        landing = entry_tdb + self.request.entry_to_landing_s
        return wrap_rad(node + offset - sidereal_angle_rad(landing, self.request.longitude_deg))


def find_returns(
    request: ReturnRequest,
    orbit: LunarOrbitPlane,
    departure_tdb: Floats,
    *,
    ephemeris: Ephemeris | None = None,
) -> ReturnTable:
    """Return all returns for departures at given instants, each converged in the full model.

    Parameters
    ----------
    request : ReturnRequest
        Flight times, landing place, entry.
    orbit : LunarOrbitPlane
        Orbit that is left.
    departure_tdb : ndarray, shape (D,)
        Injections.
    ephemeris : Ephemeris, optional
        The shipped DE440 cut by default.

    Returns
    -------
    ReturnTable
        Sorted by departure and landing; only those whose way over the ground the vehicle can fly.

    Raises
    ------
    InputError
        If an inclination does not reach the latitude of the landing place.
    EphemerisRangeError
        If a flight leaves the ephemeris.
    """
    ephemeris = ephemeris or open_ephemeris()
    search = _Search(request, orbit, ephemeris)
    for inclination in request.inclination_deg:
        if not abs(search.latitude_rad) <= min(inclination, 180.0 - inclination) * RAD_PER_DEG:
            lowest = abs(search.latitude_rad) / RAD_PER_DEG
            raise InputError(
                f"inclination {inclination:g} deg of the entry does not reach {request.site_name} at geocentric "
                f"latitude {lowest:.2f} deg; allowed: {lowest:.2f} to {180.0 - lowest:.2f} deg"
            )
    columns = np.meshgrid(departure_tdb, [1.0, -1.0], request.inclination_deg, indexing="ij")
    lanes = _Rows(*(np.ascontiguousarray(column.ravel()) for column in columns))
    rows, flight, descending = _brackets(search, lanes)
    return _polish(search, lanes.select(rows), flight, descending)


def _brackets(search: _Search, lanes: _Rows) -> tuple[NDArray[np.intp], Floats, Ints]:
    """Lane, flight time to perigee and leg of every approximate return, from splines over flight time."""
    request = search.request
    spare = request.entry_to_landing_s / SECONDS_PER_DAY
    low, high = request.flight_min_day - spare - 0.1, request.flight_max_day - spare + 0.1
    days = np.linspace(low, high, max(int((high - low) / GRID_DAY) + 2, 4))
    count, size = lanes.departure_tdb.size, days.size
    repeated = lanes.select(np.repeat(np.arange(count), size))
    flown = search.fly(repeated, np.tile(days, count) * SECONDS_PER_DAY, None, None)
    node, early = (values.reshape(count, size) for values in (flown.node_rad, flown.entry_tdb - repeated.departure_tdb))
    fine = np.arange(low, high, SAMPLE_S / SECONDS_PER_DAY)
    rows, times, legs = [], [], []
    for lane in np.flatnonzero(np.isfinite(early).all(axis=1)):
        spline = CubicSpline(days, np.column_stack((np.unwrap(node[lane]), early[lane] - days * SECONDS_PER_DAY)))(fine)
        entry = lanes.departure_tdb[lane] + fine * SECONDS_PER_DAY + spline[:, 1]
        for leg in (0, 1):
            inclination = np.full(fine.size, lanes.inclination_deg[lane])
            off = search.mismatch_rad(spline[:, 0], entry, inclination, np.full(fine.size, leg, dtype=np.int8))
            index = np.flatnonzero((np.sign(off[1:]) != np.sign(off[:-1])) & (np.abs(np.diff(off)) < np.pi))
            share = off[index] / (off[index] - off[index + 1])
            rows.append(np.full(index.size, lane))
            times.append((fine[index] + share * (fine[index + 1] - fine[index])) * SECONDS_PER_DAY)
            legs.append(np.full(index.size, leg, dtype=np.int8))
    if not rows:
        return np.empty(0, dtype=np.intp), np.empty(0), np.empty(0, dtype=np.int8)
    return np.concatenate(rows), np.concatenate(times), np.concatenate(legs)


def _polish(search: _Search, rows: _Rows, flight: Floats, descending: Ints) -> ReturnTable:
    """Close every return with full-model solutions: the Earth turns 360 times faster than the plane of entry."""
    flight = flight.copy()
    guess, jacobian = None, None
    for _ in range(MAX_POLISH):
        flown = search.fly(rows, flight, guess, jacobian)
        off = search.mismatch_rad(flown.node_rad, flown.entry_tdb, rows.inclination_deg, descending)
        step = off / EARTH_ROTATION_RATE_RAD_S
        moving = np.isfinite(step) & (np.abs(step) > TOLERANCE_S)
        if not moving.any():
            break
        flight[moving] += step[moving]
        guess, jacobian = flown.transfers.vinf_km_s, flown.transfers.jacobian
    table = _tabulate(search, rows, flown, descending)
    request = search.request
    with np.errstate(invalid="ignore"):
        keep = (np.abs(step) <= TOLERANCE_S) & (flown.transfers.status == Outcome.OK)
        keep &= (table.flight_day >= request.flight_min_day) & (table.flight_day <= request.flight_max_day)
        keep &= (table.range_km >= request.range_min_km) & (table.range_km <= request.range_max_km)
    kept = table.select(np.flatnonzero(keep))
    return kept.select(np.lexsort((kept.landing_tdb, kept.departure_tdb)))


def _tabulate(search: _Search, rows: _Rows, flown: _Flown, descending: Ints) -> ReturnTable:
    """Turn solutions into table columns."""
    _, argument = search.site_in_plane(rows.inclination_deg, descending)
    r, v = flown.entry_state[:, :3], flown.entry_state[:, 3:]
    vinf = flown.transfers.vinf_km_s
    normal = search.orbit.normals(rows.departure_tdb, search.ephemeris)
    landing = flown.entry_tdb + search.request.entry_to_landing_s
    with np.errstate(invalid="ignore"):
        climb = np.arcsin(np.clip(dot(r, v) / (norm(r) * norm(v)), -1.0, 1.0))
        turn = np.abs(np.arcsin(np.clip(dot(unit(vinf), normal), -1.0, 1.0)))
    return ReturnTable(
        departure_tdb=rows.departure_tdb,
        entry_tdb=flown.entry_tdb,
        landing_tdb=landing,
        flight_day=(landing - rows.departure_tdb) / SECONDS_PER_DAY,
        branch=(rows.branch_sign < 0.0).astype(np.int8),
        leg=descending,
        inclination_deg=rows.inclination_deg,
        vinf_km_s=norm(vinf),
        plane_turn_deg=np.rad2deg(turn),
        entry_speed_km_s=norm(v),
        entry_angle_deg=np.rad2deg(climb),
        range_km=np.mod(argument - flown.entry_latitude_rad, TWO_PI) * EARTH.radius_km,
        departure_state=flown.transfers.perilune_state,
        entry_state=flown.entry_state,
    )
