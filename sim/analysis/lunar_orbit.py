"""Simple geometry of an orbit about the Moon: two bodies, a spherical Moon that turns uniformly.

No perturbations (J2-free: the node stands still against the stars), no libration, no terrain. That serves for
averages over a sidereal month of a maintained orbit, and says nothing about single passes on single dates.

Axes: Moon-centred, z along the spin axis, x in the lunar equator, not rotating. The prime meridian lies on x
at time zero and turns eastwards once a sidereal month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY, TWO_PI
from sim.errors import InputError
from sim.units import RAD_PER_DEG

Floats = NDArray[np.float64]

_ROTATION_DEG_DAY = 13.176_358_15
SIDEREAL_MONTH_DAY: float = 360.0 / _ROTATION_DEG_DAY
"""Turn of the Moon against the stars: secular rate of W of Archinal et al. 2018 (IAU report), table 3."""

_ROTATION_RAD_S = TWO_PI / (SIDEREAL_MONTH_DAY * SECONDS_PER_DAY)
_KEPLER_STEPS = 12
_KEPLER_RESIDUAL_RAD = 1e-12


@dataclass(frozen=True, slots=True)
class LunarOrbit:
    """A two-body orbit about the Moon.

    Parameters
    ----------
    perilune_altitude_km, apolune_altitude_km : float
        Over the mean radius of 1737.4 km.
    inclination_deg : float
        To the lunar equator.
    argument_of_perilune_deg : float
        From the ascending node; no effect on circular orbits other than the starting point.
    node_deg : float
        Ascending node, from the prime meridian at time zero.
    mean_anomaly_deg : float
        At time zero.

    Raises
    ------
    InputError
        An apolune below the perilune, a perilune at or below the surface, or a number that is not finite.
    """

    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_deg: float
    argument_of_perilune_deg: float = 0.0
    node_deg: float = 0.0
    mean_anomaly_deg: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 < self.perilune_altitude_km <= self.apolune_altitude_km < np.inf:
            raise InputError(
                f"lunar orbit of {self.perilune_altitude_km:g} x {self.apolune_altitude_km:g} km altitude; "
                "allowed: perilune above 0 km and apolune not below it"
            )
        if not 0.0 <= self.inclination_deg <= 180.0:
            raise InputError(f"inclination_deg is {self.inclination_deg:g}; allowed: 0 to 180")

    @property
    def semi_major_axis_km(self) -> float:
        """Half the sum of the apsides' radii."""
        return MOON.radius_km + 0.5 * (self.perilune_altitude_km + self.apolune_altitude_km)

    @property
    def eccentricity(self) -> float:
        """From the apsides."""
        return 0.5 * (self.apolune_altitude_km - self.perilune_altitude_km) / self.semi_major_axis_km

    @property
    def mean_motion_rad_s(self) -> float:
        """Kepler's third law with the Moon's GM."""
        return float(np.sqrt(MOON.gm_km3_s2 / self.semi_major_axis_km**3))

    @property
    def period_min(self) -> float:
        """Minutes a revolution."""
        return TWO_PI / self.mean_motion_rad_s / 60.0

    def plane(self) -> tuple[Floats, Floats, Floats]:
        """Return the unit vectors to the node, a quarter turn ahead of it in the plane, and of the normal."""
        inc, node = self.inclination_deg * RAD_PER_DEG, self.node_deg * RAD_PER_DEG
        ci, si, cn, sn = np.cos(inc), np.sin(inc), np.cos(node), np.sin(node)
        return (
            np.array([cn, sn, 0.0]),
            np.array([-ci * sn, ci * cn, si]),
            np.array([si * sn, -si * cn, ci]),
        )

    def position_km(self, t_s: Floats) -> Floats:
        """Position at times.

        Parameters
        ----------
        t_s : ndarray, shape (N,)
            Seconds.

        Returns
        -------
        ndarray, shape (N, 3)
            km, in the axes of the module.
        """
        ecc, axis = self.eccentricity, self.semi_major_axis_km
        anomaly = eccentric_anomaly_rad(self.mean_anomaly_deg * RAD_PER_DEG + self.mean_motion_rad_s * t_s, ecc)
        along, across = axis * (np.cos(anomaly) - ecc), axis * np.sqrt(1.0 - ecc * ecc) * np.sin(anomaly)
        argp = self.argument_of_perilune_deg * RAD_PER_DEG
        node, ahead, _ = self.plane()
        to_perilune = np.cos(argp) * node + np.sin(argp) * ahead
        quarter = np.cos(argp) * ahead - np.sin(argp) * node
        return np.asarray(along[:, None] * to_perilune + across[:, None] * quarter)

    def mean_anomaly_at_rad(self, argument_of_latitude_rad: Floats) -> Floats:
        """Mean anomaly at which the orbiter has an argument of latitude.

        Parameters
        ----------
        argument_of_latitude_rad : ndarray
            From the ascending node, rad.

        Returns
        -------
        ndarray
            Mean anomaly in (-pi, pi], rad, same shape.
        """
        nu = argument_of_latitude_rad - self.argument_of_perilune_deg * RAD_PER_DEG
        ecc = self.eccentricity
        anomaly = 2.0 * np.arctan2(np.sqrt(1.0 - ecc) * np.sin(0.5 * nu), np.sqrt(1.0 + ecc) * np.cos(0.5 * nu))
        wrapped = np.arctan2(np.sin(anomaly), np.cos(anomaly))
        return np.asarray(wrapped - ecc * np.sin(wrapped))


def eccentric_anomaly_rad(mean_anomaly_rad: ArrayLike, ecc: float) -> Floats:
    """Solve Kepler's equation for elliptic orbits by Newton's method.

    Parameters
    ----------
    mean_anomaly_rad : array_like
        Any range, rad.
    ecc : float
        Eccentricity, 0 to below 1.

    Returns
    -------
    ndarray
        Eccentric anomaly, rad, in the same turn as the mean anomaly; the equation is met to 1e-12 rad.
    """
    mean = np.asarray(mean_anomaly_rad, dtype=np.float64)
    turns = TWO_PI * np.round(mean / TWO_PI)
    mean = mean - turns
    # Danby's start E = M + 0.85 e sign(sin M) converges for every ellipse (Danby 1988, eq. 6.6.14).
    anomaly = mean + 0.85 * ecc * np.sign(np.sin(mean))
    for _ in range(_KEPLER_STEPS):
        residual = anomaly - ecc * np.sin(anomaly) - mean
        if np.all(np.abs(residual) < _KEPLER_RESIDUAL_RAD):
            break
        anomaly = anomaly - residual / (1.0 - ecc * np.cos(anomaly))
    return np.asarray(anomaly + turns)


def site_direction(latitude_deg: float, longitude_deg: float, t_s: Floats) -> Floats:
    """Return the unit vector to a place on the turning Moon.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        Selenographic.
    t_s : ndarray, shape (...)
        Seconds.

    Returns
    -------
    ndarray, shape (..., 3)
        In the axes of the module.
    """
    lat = latitude_deg * RAD_PER_DEG
    lon = longitude_deg * RAD_PER_DEG + _ROTATION_RAD_S * t_s
    height = np.full_like(lon, np.sin(lat))
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), height], axis=-1)
