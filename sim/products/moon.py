"""The Moon over the span of a run: where it is, how far, how high and in which phase, for strips under the figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.results import RunResults
from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris
from sim.frames import R_tod_icrf, sub_solar_point
from sim.products.tables import Table
from sim.timescales import utc_from_tdb

Floats = NDArray[np.float64]

FILE_NAME = "moon.csv"
STEP_DAY = 0.25
_MARGIN_DAY = 30.0
"""More than one turn of the Moon's orbit, so that the figure of a transfer can show all of it."""


def span_tdb(results: RunResults) -> tuple[float, float]:
    """Return start and stop of the launch periods of a run, with a month at both ends.

    Parameters
    ----------
    results : RunResults
        At least one mission.

    Returns
    -------
    tuple of float
        Seconds past J2000 TDB.
    """
    windows = [mission.case.window for mission in results.missions]
    start = min(window.launch_start_tdb for window in windows)
    stop = max(window.launch_stop_tdb for window in windows)
    return start - _MARGIN_DAY * SECONDS_PER_DAY, stop + _MARGIN_DAY * SECONDS_PER_DAY


def moon_table(ephemeris: Ephemeris, start_tdb: float, stop_tdb: float) -> Table:
    """Return the Moon's place and look every six hours.

    Parameters
    ----------
    ephemeris : Ephemeris
        Where Earth, Moon and Sun are.
    start_tdb, stop_tdb : float
        Span, seconds past J2000 TDB; cut to the coverage of the ephemeris.

    Returns
    -------
    Table
        Geometric (no light time): Earth-centred ICRF position, distance, declination to the true equator of date,
        elongation from the Sun in ecliptic-like sense (0 new, 180 full, increasing with time), illuminated share,
        selenographic latitude of the sub-solar point.
    """
    start, stop = max(start_tdb, ephemeris.start_tdb), min(stop_tdb, ephemeris.stop_tdb)
    t_tdb = np.arange(start, stop, STEP_DAY * SECONDS_PER_DAY)
    moon, sun = (ephemeris.position_km(body, "earth", t_tdb) for body in ("moon", "sun"))
    distance = np.sqrt((moon**2).sum(axis=1))
    of_date = (R_tod_icrf(t_tdb) * moon[:, None, :]).sum(axis=2)
    elongation = _elongation_rad(moon, sun)
    return {
        "utc": np.asarray(utc_from_tdb(t_tdb, decimals=0), dtype=np.str_),
        "t_tdb": t_tdb,
        "x_km": moon[:, 0],
        "y_km": moon[:, 1],
        "z_km": moon[:, 2],
        "distance_km": distance,
        "declination_deg": np.degrees(np.arcsin(of_date[:, 2] / distance)),
        "elongation_deg": np.degrees(elongation),
        "sub_solar_latitude_deg": np.asarray(sub_solar_point(t_tdb, ephemeris).latitude_deg),
        "illuminated_fraction": 0.5 * (1.0 - np.cos(elongation)),
    }


def _elongation_rad(moon: Floats, sun: Floats) -> Floats:
    """Angle from Sun to Moon about the Earth, 0 to 2 pi, positive when the Moon is east of the Sun (waxing)."""
    cross = np.cross(sun, moon)
    # The Moon's orbit and the ecliptic lie within 29 degrees of the equator: the z component gives the sense.
    sine = np.copysign(np.sqrt((cross**2).sum(axis=1)), cross[:, 2])
    return np.asarray(np.arctan2(sine, (sun * moon).sum(axis=1)) % (2.0 * np.pi))
