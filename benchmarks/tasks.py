"""Work lists: seeded inputs, the model they are propagated in, and the error that is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sim.constants import SECONDS_PER_DAY
from sim.core.forces import Forces
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


Inputs = Callable[[int, int], tuple[FloatArray, FloatArray]]
Reference = Callable[["Task", Any, FloatArray, FloatArray], tuple[str, FloatArray]]
Errors = Callable[[FloatArray, FloatArray], FloatArray]
Details = Callable[[FloatArray, FloatArray], dict[str, float]]


@dataclass(frozen=True)
class Task:
    """A work list with everything that a measurement of it needs.

    Attributes
    ----------
    name : str
        Name on the command line.
    what : str
        What it is, in a few words.
    level_m : float
        Error of the final position, 99th percentile, that every tool is tuned to.
    span_s : float
        Length of each trajectory.
    inputs : callable
        From seed and number of rows to states (N, 6) and epochs (N,).
    world : callable
        From the first and the last epoch to what the tools and the reference take for the model.
    reference : callable
        From task, world, states and epochs to the reference's name and its final states; columns after the sixth are
        the tools' own affair.
    tools : mapping of str to object
        :class:`benchmarks.tools.Tool` by name.
    errors_m : callable, optional
        From a tool's and the reference's final states to the errors that count; by default those of the position.
    details : callable, optional
        From the same to further keys of the record.
    """

    name: str
    what: str
    level_m: float
    span_s: float
    inputs: Inputs
    world: Callable[[float, float], Any]
    reference: Reference
    tools: Mapping[str, Any] = field(default_factory=dict)
    errors_m: Errors | None = None
    details: Details | None = None


def model() -> ForceModel:
    """Point masses of Earth, Moon and Sun; pieces of half a day keep the table to 1e-9 km.

    Returns
    -------
    ForceModel
    """
    return ForceModel(earth_zonals=0, piece_day=0.5)


def forces(start_tdb: float, stop_tdb: float) -> Forces:
    """Flat form of :func:`model`.

    Parameters
    ----------
    start_tdb, stop_tdb : float
        Span, TDB s past J2000.

    Returns
    -------
    Forces
    """
    return model().flat(start_tdb, stop_tdb).forces


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
