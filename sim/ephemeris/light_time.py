"""Positions as they are seen: where a body was when the light left it. Only on request; all else here is geometric.

No force, event or angle of the package takes light time: accelerations at 1e-12 km/s2 know none at this order, and the
Sun seen from the Moon moves by 0.01 arcseconds. A user who compares with observed places asks for it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.constants import SPEED_OF_LIGHT_KM_S
from sim.ephemeris.states import Ephemeris, as_epochs

FloatArray = npt.NDArray[np.float64]

_ITERATIONS = 4
"""Each one gains a factor of speed over that of light, 1e-4: the fourth changes nothing in the solar system."""


def position_with_light_time_km(
    target: str, observer: str, t_tdb: npt.ArrayLike, ephemeris: Ephemeris
) -> tuple[FloatArray, FloatArray]:
    """Place of a body as light shows it at the centre of another body, without aberration.

    Parameters
    ----------
    target, observer : str
        Names of bodies, see :data:`sim.ephemeris.NAIF_ID`.
    t_tdb : array_like, shape (N,) or ()
        When the light arrives, seconds past J2000 TDB.
    ephemeris : Ephemeris
        Holds both bodies relative to the barycentre of the solar system.

    Returns
    -------
    positions_km : numpy.ndarray (N, 3)
        The target when the light left it, less the observer when it arrives; ICRF axes.
    light_time_s : numpy.ndarray (N,)
        On the way.

    Raises
    ------
    EphemerisRangeError
        Epochs outside the coverage, at either end of the way.
    DataError
        The ephemeris does not hold a body.
    InputError
        Unknown name, or epochs of more than one dimension.
    """
    t = as_epochs(t_tdb)
    here = ephemeris.position_km(observer, "ssb", t)
    seen = ephemeris.position_km(target, "ssb", t) - here
    delay = np.sqrt((seen**2).sum(axis=1)) / SPEED_OF_LIGHT_KM_S
    ephemeris.position_km(target, "ssb", t - delay)  # says which rows the ephemeris does not reach back to
    for _ in range(_ITERATIONS):
        seen = ephemeris.position_split_km(target, "ssb", t, -delay) - here
        delay = np.sqrt((seen**2).sum(axis=1)) / SPEED_OF_LIGHT_KM_S
    return seen, delay
