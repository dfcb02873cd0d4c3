"""Columns of the trajectory tables: the best transfer in Earth-centred, Earth-Moon rotating and Moon-centred frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.results import Trajectory
from sim.ephemeris import Ephemeris
from sim.frames import emr_from_icrf
from sim.products.tables import Table
from sim.timescales import utc_from_tdb

Floats = NDArray[np.float64]

EMR_LENGTH_KM = 384_400.0
"""Length to which the pulsating Earth-Moon rotating frame is scaled: the rounded mean distance."""

COMMENTS: tuple[str, ...] = (
    "x.. vx..: spacecraft, moon_x.. moon_vx..: Moon; Earth-centred ICRF.",
    "emr_x..: Earth-Moon rotating, origin at the barycentre, "
    f"scaled so that Earth and Moon stay {EMR_LENGTH_KM:.0f} km apart.",
    "lunar_x..: spacecraft, Moon-centred ICRF.",
)

_AXES = ("x", "y", "z")


def columns(trajectory: Trajectory, ephemeris: Ephemeris) -> Table:
    """Return the columns of ``trajectory_<key>.csv``.

    Parameters
    ----------
    trajectory : Trajectory
        The transfer.
    ephemeris : Ephemeris
        For the rotating frame.

    Returns
    -------
    Table
        One row per epoch.
    """
    found: Table = {
        "t_tdb": trajectory.t_tdb,
        "utc": np.asarray(utc_from_tdb(trajectory.t_tdb), dtype=np.str_),
    }
    lunar = trajectory.state - trajectory.moon_state
    for prefix, states in (("", trajectory.state), ("moon_", trajectory.moon_state), ("lunar_", lunar)):
        found |= {f"{prefix}{axis}_km": states[:, i] for i, axis in enumerate(_AXES)}
        found |= {f"{prefix}v{axis}_km_s": states[:, 3 + i] for i, axis in enumerate(_AXES)}
    scaled = emr_from_icrf(trajectory.state, trajectory.t_tdb, ephemeris, nondimensional=True)
    rotating = scaled[:, :3] * EMR_LENGTH_KM
    return found | {f"emr_{axis}_km": rotating[:, i] for i, axis in enumerate(_AXES)}


def block(table: Table, prefix: str, velocity: bool = False) -> Floats:
    """Return three columns of a trajectory table as an array.

    Parameters
    ----------
    table : Table
        From the CSV file.
    prefix : str
        ````, ``moon_``, ``lunar_`` or ``emr_``.
    velocity : bool
        Velocities in km/s in place of positions in km.

    Returns
    -------
    ndarray, shape (T, 3)
        km or km/s.
    """
    names = [f"{prefix}v{axis}_km_s" if velocity else f"{prefix}{axis}_km" for axis in _AXES]
    return np.stack([table[name] for name in names], axis=1)
