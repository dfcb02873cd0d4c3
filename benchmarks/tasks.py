"""Work lists: seeded inputs, the model they are propagated in, and the error that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sim.constants import SECONDS_PER_DAY
from sim.dynamics import ForceModel
from sim.ephemeris import open_ephemeris

FloatArray = npt.NDArray[np.float64]

FIRST_TDB: Final = 365.25 * 28.0 * SECONDS_PER_DAY
"""Arrivals lie in the month after this epoch (2028)."""
MONTH_DAY: Final = 27.3
PERIGEE_KM: Final = 6578.137
C3_KM2_S2: Final = -1.8
DISPERSION_KM_S: Final = 0.010
DISPERSION_DAY: Final = 0.5


@dataclass(frozen=True)
class Task:
    """A work list.

    Attributes
    ----------
    name : str
        Name on the command line.
    level_m : float
        Error of the final position, 99th percentile, that every tool is tuned to.
    span_s : float
        Length of each trajectory.
    """

    name: str
    level_m: float
    span_s: float


TASKS: Final = {
    "W1": Task("W1", 1.0, 5.0 * SECONDS_PER_DAY),
    "W1-1mm": Task("W1-1mm", 1e-3, 5.0 * SECONDS_PER_DAY),
}


def model() -> ForceModel:
    """Point masses of Earth, Moon and Sun; pieces of half a day keep the table to 1e-9 km.

    Returns
    -------
    ForceModel
    """
    return ForceModel(earth_zonals=0, piece_day=0.5)


def departures(seed: int, n_rows: int) -> tuple[FloatArray, FloatArray]:
    """States just after translunar injection, dispersed about one that is aimed at the Moon.

    The aim is a two-body ellipse from a perigee of 200 km with C3 = -1.8 km2/s2 whose radius meets the Moon; its plane
    and the month's phase come from the seed. Velocities are dispersed by +-10 m/s a component, epochs by +-0.5 day, so
    that passages of the Moon range from impacts to beyond 100,000 km.

    Parameters
    ----------
    seed : int
        Seed.
    n_rows : int
        Rows.

    Returns
    -------
    states_km_km_s : numpy.ndarray (N, 6)
        Earth-centred ICRF.
    t0_tdb : numpy.ndarray (N,)
        TDB s past J2000.
    """
    random = np.random.default_rng(seed)
    ephemeris = open_ephemeris()
    mu = ephemeris.gm_km3_s2["earth"]
    arrival = FIRST_TDB + SECONDS_PER_DAY * random.uniform(0.0, MONTH_DAY)
    moon = ephemeris.position_km("moon", "earth", np.array([arrival]))[0]
    sma = -mu / C3_KM2_S2
    ecc = 1.0 - PERIGEE_KM / sma
    radius = min(float(np.sqrt((moon**2).sum())), 0.995 * sma * (1.0 + ecc))
    nu = float(np.arccos((sma * (1.0 - ecc**2) / radius - 1.0) / ecc))
    anomaly = 2.0 * np.arctan(np.sqrt((1.0 - ecc) / (1.0 + ecc)) * np.tan(0.5 * nu))
    flight = float(np.sqrt(sma**3 / mu) * (anomaly - ecc * np.sin(anomaly)))
    outward = moon / np.sqrt((moon**2).sum())
    normal = np.cross(outward, random.normal(size=3))
    normal /= np.sqrt((normal**2).sum())
    periapsis = np.cos(nu) * outward - np.sin(nu) * np.cross(normal, outward)
    speed = np.sqrt(mu * (1.0 + ecc) / PERIGEE_KM)
    aimed = np.concatenate([PERIGEE_KM * periapsis, speed * np.cross(normal, periapsis)])
    states = np.tile(aimed, (n_rows, 1))
    states[:, 3:] += random.uniform(-DISPERSION_KM_S, DISPERSION_KM_S, (n_rows, 3))
    epochs = arrival - flight + SECONDS_PER_DAY * random.uniform(-DISPERSION_DAY, DISPERSION_DAY, n_rows)
    return states, epochs
