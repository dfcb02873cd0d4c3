"""Simple geometry of an orbit about the Moon: two bodies, a spherical Moon that turns uniformly.

No perturbations (J2-free: the node stands still against the stars), no libration, no terrain. That serves for
averages over a sidereal month of a maintained orbit, and says nothing about single passes on single dates.

Axes: Moon-centred, z along the spin axis, x in the lunar equator, not rotating. The prime meridian lies on x
at time zero and turns eastwards once a sidereal month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.constants import SECONDS_PER_DAY, TWO_PI
from sim.operations.tracks import LunarElements
from sim.units import RAD_PER_DEG

Floats = NDArray[np.float64]

_ROTATION_DEG_DAY = 13.176_358_15
SIDEREAL_MONTH_DAY: float = 360.0 / _ROTATION_DEG_DAY
"""Turn of the Moon against the stars: secular rate of W of Archinal et al. 2018 (IAU report), table 3."""

_ROTATION_RAD_S = TWO_PI / (SIDEREAL_MONTH_DAY * SECONDS_PER_DAY)


@dataclass(frozen=True)
class LunarOrbit(LunarElements):
    """A two-body orbit about the Moon in the axes of the module; the node counts from the prime meridian at time zero.

    Otherwise as :class:`sim.operations.tracks.LunarElements`, whose epoch is time zero.
    """

    @property
    def mean_motion_rad_s(self) -> float:
        """Kepler's third law with the Moon's GM."""
        return TWO_PI / self.period_s

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
        return self.states(t_s)[:, :3]

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
