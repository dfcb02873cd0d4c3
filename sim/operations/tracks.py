"""Where orbiters, landers and ground stations are, tabulated in one frame: mean Earth axes of the Moon.

In these axes a lander stands still, and line of sight, elevation and occultation are plain geometry. Tables have equal
steps and are read by cubic Hermite interpolation (`sim.core.access`); with steps of 60 s a low lunar orbit is read to
5 cm, with 600 s a ground station to 10 cm (measured in the tests).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.bodies import MOON
from sim.constants import TWO_PI
from sim.core.access import positions_rows
from sim.core.kepler import kepler_rows
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import InputError
from sim.frames import R_enu_fixed, R_me_icrf, earth_site_state_icrf, itrf_from_geodetic_km, me_from_icrf, rotate
from sim.sites import GroundStation
from sim.units import RAD_PER_DEG

FloatArray = NDArray[np.float64]
StatesFunction = Callable[[FloatArray], FloatArray]
"""Times (N,) in seconds past J2000 TDB to states (N, 6), relative to the Moon, ICRF axes, km and km/s."""

STATION_STEP_S: float = 600.0
_CHUNK = 65_536


@dataclass(frozen=True, eq=False)
class Track:
    """Path of one orbiter.

    Parameters
    ----------
    name : str
        What results call it.
    start_tdb : float
        Time of the first row, seconds past J2000 TDB.
    step_s : float
        Distance of the rows.
    states_me : ndarray, shape (N, 6)
        Positions and velocities in the rotating mean Earth axes, km and km/s; N of two or more.

    Raises
    ------
    InputError
        Another shape, numbers that are not finite, a position inside the Moon, or a step that is not above zero.
    """

    name: str
    start_tdb: float
    step_s: float
    states_me: FloatArray

    def __post_init__(self) -> None:
        states = self.states_me
        if states.ndim != 2 or states.shape[1] != 6 or len(states) < 2 or not states.flags.c_contiguous:
            raise InputError(f"track {self.name!r} needs states (N, 6), N of two or more; found {states.shape}")
        if not (np.isfinite(states).all() and np.isfinite(self.start_tdb)):
            raise InputError(f"track {self.name!r} holds numbers that are not finite")
        if not (np.isfinite(self.step_s) and self.step_s > 0.0):
            raise InputError(f"track {self.name!r} has steps of {self.step_s:g} s; allowed: above zero")
        radius_km = float(np.sqrt(np.min(np.sum(states[:, :3] ** 2, axis=1))))
        if radius_km < 0.5 * MOON.radius_km:
            raise InputError(f"track {self.name!r} passes {radius_km:g} km from the Moon's centre; is it in km?")

    @property
    def stop_tdb(self) -> float:
        """Time of the last row."""
        return self.start_tdb + (len(self.states_me) - 1) * self.step_s

    def position_me_km(self, t_tdb: ArrayLike) -> FloatArray:
        """Positions inside the table.

        Parameters
        ----------
        t_tdb : array_like (N,)
            Seconds past J2000 TDB.

        Returns
        -------
        ndarray (N, 3)
            km, mean Earth axes.

        Raises
        ------
        InputError
            Times outside the table.
        """
        t = np.atleast_1d(np.asarray(t_tdb, dtype=np.float64))
        self.require(float(np.min(t)), float(np.max(t)))
        out = np.empty((t.size, 3))
        positions_rows(self.states_me, self.start_tdb, self.step_s, t, out)
        return out

    def states_at(self, t_tdb: FloatArray) -> FloatArray:
        """Positions and velocities inside the table.

        Parameters
        ----------
        t_tdb : ndarray (N,)
            Seconds past J2000 TDB.

        Returns
        -------
        ndarray (N, 6)
            km and km/s, rotating mean Earth axes; velocities are differences over a tenth of a second.

        Raises
        ------
        InputError
            Times outside the table.
        """
        here = self.position_me_km(t_tdb)
        half_s = 0.05
        low, high = np.clip(t_tdb - half_s, self.start_tdb, None), np.clip(t_tdb + half_s, None, self.stop_tdb)
        velocity = (self.position_me_km(high) - self.position_me_km(low)) / (high - low)[:, None]
        return np.concatenate([here, velocity], axis=1)

    def require(self, start_tdb: float, stop_tdb: float) -> None:
        """Refuse a span that the table does not hold.

        Parameters
        ----------
        start_tdb, stop_tdb : float
            Seconds past J2000 TDB.

        Raises
        ------
        InputError
            The span reaches outside the table, or is not finite.
        """
        # One microsecond: times of the last row are sums of rounded steps.
        if not (self.start_tdb - 1e-6 <= start_tdb <= stop_tdb <= self.stop_tdb + 1e-6):
            raise InputError(
                f"track {self.name!r} holds {self.start_tdb:.0f} to {self.stop_tdb:.0f} s past J2000 TDB; "
                f"asked for {start_tdb:.0f} to {stop_tdb:.0f}"
            )


@dataclass(frozen=True, slots=True)
class LunarElements:
    """Two-body orbit about the Moon, angles in mean Earth axes as they stand at the epoch.

    Parameters
    ----------
    perilune_altitude_km, apolune_altitude_km : float
        Over the sphere of 1737.4 km.
    inclination_deg : float
        To the lunar equator.
    node_deg : float
        Selenographic longitude of the ascending node at the epoch.
    argument_of_perilune_deg : float
        From the node; 90 puts the perilune over the north and the apolune over the south.
    mean_anomaly_deg : float
        At the epoch.

    Raises
    ------
    InputError
        Apses in the wrong order or at the surface, an inclination beyond 180 degrees, numbers that are not finite.
    """

    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_deg: float
    node_deg: float = 0.0
    argument_of_perilune_deg: float = 0.0
    mean_anomaly_deg: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.perilune_altitude_km <= self.apolune_altitude_km < np.inf:
            raise InputError(
                f"lunar orbit of {self.perilune_altitude_km:g} x {self.apolune_altitude_km:g} km altitude; "
                "allowed: perilune above 0 km and apolune not below it"
            )
        angles = (self.node_deg, self.argument_of_perilune_deg, self.mean_anomaly_deg)
        if not (0.0 <= self.inclination_deg <= 180.0 and np.isfinite(angles).all()):
            raise InputError(f"inclination_deg is {self.inclination_deg:g}; allowed: 0 to 180, and finite angles")

    @property
    def semi_major_axis_km(self) -> float:
        """Half the sum of the radii of the apses."""
        return MOON.radius_km + 0.5 * (self.perilune_altitude_km + self.apolune_altitude_km)

    @property
    def eccentricity(self) -> float:
        """From the apses."""
        return 0.5 * (self.apolune_altitude_km - self.perilune_altitude_km) / self.semi_major_axis_km

    @property
    def period_s(self) -> float:
        """Time of a revolution."""
        return TWO_PI * float(np.sqrt(self.semi_major_axis_km**3 / MOON.gm_km3_s2))

    def perilune_state(self) -> FloatArray:
        """State at the perilune in the axes of the elements, (6,), km and km/s."""
        inc, node = self.inclination_deg * RAD_PER_DEG, self.node_deg * RAD_PER_DEG
        arg = self.argument_of_perilune_deg * RAD_PER_DEG
        to_node = np.array([np.cos(node), np.sin(node), 0.0])
        ahead = np.array([-np.cos(inc) * np.sin(node), np.cos(inc) * np.cos(node), np.sin(inc)])
        radius_km = MOON.radius_km + self.perilune_altitude_km
        speed_km_s = np.sqrt(MOON.gm_km3_s2 * (1.0 + self.eccentricity) / radius_km)
        r = radius_km * (np.cos(arg) * to_node + np.sin(arg) * ahead)
        v = speed_km_s * (np.cos(arg) * ahead - np.sin(arg) * to_node)
        return np.concatenate([r, v])

    def states(self, seconds_since_epoch: FloatArray) -> FloatArray:
        """States (N, 6) in the (inertial) axes of the elements, km and km/s, at times (N,) from the epoch in s."""
        start = np.broadcast_to(self.perilune_state(), (len(seconds_since_epoch), 6)).copy()
        since_perilune = np.asarray(seconds_since_epoch + self.mean_anomaly_deg / 360.0 * self.period_s)
        out, status = np.empty_like(start), np.zeros(len(start), dtype=np.int8)
        kepler_rows(start, since_perilune, MOON.gm_km3_s2, out, status)
        return out

    def states_function(self, epoch_tdb: float, ephemeris: Ephemeris | None = None) -> StatesFunction:
        """Give the orbit as a function of time, in ICRF axes.

        Parameters
        ----------
        epoch_tdb : float
            Epoch of the elements, seconds past J2000 TDB.
        ephemeris : Ephemeris, optional
            The packaged DE440 when omitted.

        Returns
        -------
        callable
            Times (N,) to states (N, 6) relative to the Moon.
        """
        R_icrf_me = R_me_icrf(epoch_tdb, ephemeris).T

        def states(t_tdb: FloatArray) -> FloatArray:
            inertial = self.states(t_tdb - epoch_tdb)
            return np.concatenate([rotate(R_icrf_me, inertial[:, :3]), rotate(R_icrf_me, inertial[:, 3:])], axis=1)

        return states


def track_from_function(
    name: str,
    states: StatesFunction,
    start_tdb: float,
    stop_tdb: float,
    *,
    step_s: float = 60.0,
    ephemeris: Ephemeris | None = None,
) -> Track:
    """Tabulate a path given as a function of time.

    Parameters
    ----------
    name : str
        Name of the orbiter.
    states : callable
        Times (N,) to states (N, 6), relative to the Moon, ICRF axes.
    start_tdb, stop_tdb : float
        Span wanted; the table reaches one step further.
    step_s : float
        60 s serve a low orbit to 5 cm; the error grows with the fourth power.
    ephemeris : Ephemeris, optional
        For the orientation of the Moon; the packaged DE440 when omitted.

    Returns
    -------
    Track

    Raises
    ------
    InputError
        An empty span, a step that is not above zero, or states that a track cannot hold.
    EphemerisRangeError
        The span is not covered.
    """
    if not (step_s > 0.0 and start_tdb < stop_tdb):
        raise InputError(f"track of {stop_tdb - start_tdb:g} s in steps of {step_s:g} s; allowed: both above zero")
    t = np.asarray(start_tdb + step_s * np.arange(np.ceil((stop_tdb - start_tdb) / step_s) + 2.0))
    parts = [t[k : k + _CHUNK] for k in range(0, t.size, _CHUNK)]
    table = np.concatenate([me_from_icrf(states(part), part, ephemeris) for part in parts])
    return Track(name, start_tdb, step_s, np.ascontiguousarray(table))


def track_from_elements(
    name: str,
    elements: LunarElements,
    epoch_tdb: float,
    start_tdb: float,
    stop_tdb: float,
    *,
    step_s: float = 60.0,
    ephemeris: Ephemeris | None = None,
) -> Track:
    """Tabulate a two-body orbit that keeps its plane in inertial space (a maintained orbit, without perturbations).

    Parameters
    ----------
    name : str
        Name of the orbiter.
    elements : LunarElements
        The orbit.
    epoch_tdb : float
        Epoch of the elements.
    start_tdb, stop_tdb : float
        Span wanted.
    step_s : float
        Distance of the rows.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Track

    Raises
    ------
    InputError, EphemerisRangeError
        As :func:`track_from_function`.
    """
    function = elements.states_function(epoch_tdb, ephemeris)
    return track_from_function(name, function, start_tdb, stop_tdb, step_s=step_s, ephemeris=ephemeris)


def track_from_states(
    name: str, t_tdb: ArrayLike, states_moon_icrf: ArrayLike, ephemeris: Ephemeris | None = None
) -> Track:
    """Track of a propagated table with equal steps, for example rows of `sim.propagation.propagate_at`.

    Parameters
    ----------
    name : str
        Name of the orbiter.
    t_tdb : array_like (N,)
        Seconds past J2000 TDB, in equal steps.
    states_moon_icrf : array_like (N, 6)
        Relative to the Moon, ICRF axes, km and km/s.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Track

    Raises
    ------
    InputError
        Steps that are not equal, shapes that do not fit, or states that a track cannot hold.
    EphemerisRangeError
        The span is not covered.
    """
    t = np.asarray(t_tdb, dtype=np.float64)
    states = np.asarray(states_moon_icrf, dtype=np.float64)
    if t.ndim != 1 or t.size < 2 or states.shape != (t.size, 6):
        raise InputError(f"track {name!r} needs times (N,) and states (N, 6), found {t.shape} and {states.shape}")
    step_s = float(t[-1] - t[0]) / (t.size - 1)
    if not (step_s > 0.0 and np.abs(np.diff(t) - step_s).max() < 1e-5):
        raise InputError(f"track {name!r} needs times in equal steps, forward")
    return Track(name, float(t[0]), step_s, np.ascontiguousarray(me_from_icrf(states, t, ephemeris)))


@dataclass(frozen=True, eq=False)
class StationTrack:
    """Path of a ground station about the Moon, with its zenith.

    Parameters
    ----------
    station : GroundStation
        The station, with its elevation mask.
    start_tdb : float
        Time of the first row, seconds past J2000 TDB.
    step_s : float
        Distance of the rows.
    states_me : ndarray, shape (N, 6)
        Position and velocity in the rotating mean Earth axes of the Moon, km and km/s.
    zenith_rows : ndarray, shape (N, 6)
        Unit normal of the ellipsoid in the same axes, and its rate (1/s).
    """

    station: GroundStation
    start_tdb: float
    step_s: float
    states_me: FloatArray
    zenith_rows: FloatArray


def station_tracks(
    stations: tuple[GroundStation, ...],
    start_tdb: float,
    stop_tdb: float,
    *,
    step_s: float = STATION_STEP_S,
    ephemeris: Ephemeris | None = None,
) -> tuple[StationTrack, ...]:
    """Tabulate ground stations relative to the Moon.

    Parameters
    ----------
    stations : tuple of GroundStation
        Stations.
    start_tdb, stop_tdb : float
        Span wanted; tables reach two steps further, for light time and the search at the ends.
    step_s : float
        Distance of the rows.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    tuple of StationTrack
        In the order of `stations`.

    Raises
    ------
    InputError, DataError, EphemerisRangeError
        As :func:`sim.frames.R_itrf_icrf` and :func:`sim.frames.R_me_icrf`.
    """
    first_tdb = start_tdb - 2.0 * step_s
    t = first_tdb + step_s * np.arange(int(np.ceil((stop_tdb - start_tdb) / step_s)) + 5)
    earth = (ephemeris or open_ephemeris()).state("earth", "moon", t)
    centre = me_from_icrf(earth, t, ephemeris)
    # Positions and rates of the Earth-fixed unit vectors in lunar axes; every station is a sum of these three.
    axes = [me_from_icrf(earth_site_state_icrf(axis, t), t, ephemeris) for axis in np.eye(3)]

    def turned(vector_itrf: FloatArray) -> FloatArray:
        return np.asarray(vector_itrf[0] * axes[0] + vector_itrf[1] * axes[1] + vector_itrf[2] * axes[2])

    made = []
    for station in stations:
        place = station.latitude_geodetic_deg, station.longitude_deg
        zenith_itrf = R_enu_fixed(*place)[2]
        rows = centre + turned(itrf_from_geodetic_km(*place, station.altitude_km))
        made.append(StationTrack(station, first_tdb, step_s, rows, turned(zenith_itrf)))
    return tuple(made)


def enu_rows(latitude_deg: float, longitude_deg: float) -> FloatArray:
    """Give the unit vectors to the east, north and zenith of a place on the Moon as rows of a (3, 3) array."""
    return np.ascontiguousarray(R_enu_fixed(latitude_deg, longitude_deg))
