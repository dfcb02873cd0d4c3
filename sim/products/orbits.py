"""Border to boinor: rows, trajectories and states of this package as `Orbit` and `Ephem` objects, and back.

boinor carries poliastro on. It measures time as astropy `Time` and lengths as astropy quantities: this module is the
only place where those meet plain numbers. Frames: ICRF axes about the Earth or the Moon, which boinor calls the
equator plane of J2000 (GCRS); the frame bias between the two, 23 mas, is not in boinor's model and not applied here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.bodies import EARTH, MOON
from sim.constants import J2000_JD, SECONDS_PER_DAY
from sim.errors import InputError

if TYPE_CHECKING:
    from boinor.ephem import Ephem
    from boinor.twobody import Orbit

Floats = NDArray[np.float64]

CENTERS: tuple[str, ...] = ("earth", "moon")


class CentredState(NamedTuple):
    """A state with its epoch and centre.

    Attributes
    ----------
    t_tdb : float
        Seconds past J2000 TDB.
    state : ndarray, shape (6,)
        ICRF, km and km/s.
    center : str
        One of `CENTERS`.
    """

    t_tdb: float
    state: Floats
    center: str


def _attractor(center: str) -> Any:
    # boinor loads astropy, scipy and numba: seconds, for those who ask for it only.
    from astropy import units
    from boinor.bodies import Earth, Moon

    if center not in CENTERS:
        raise InputError(f"unknown centre {center!r}; allowed: {', '.join(CENTERS)}")
    body, constants = (Earth, EARTH) if center == "earth" else (Moon, MOON)
    # Same gravity as the rest of this package (DE440): boinor's own Moon differs by 2e-8.
    return body._replace(k=constants.gm_km3_s2 * units.km**3 / units.s**2)


def _time(t_tdb: float | Floats) -> Any:
    from astropy.time import Time  # with boinor, see above

    # Two parts keep a double's resolution of 0.1 microseconds.
    return Time(J2000_JD, np.asarray(t_tdb) / SECONDS_PER_DAY, format="jd", scale="tdb")


def to_orbit(t_tdb: float, state: Floats, center: str = "earth") -> Orbit:
    """Return a state as boinor's osculating two-body `Orbit`.

    Parameters
    ----------
    t_tdb : float
        Seconds past J2000 TDB.
    state : ndarray, shape (6,)
        ICRF about `center`, km and km/s; for example a row of ``OpportunityTable.tli_state`` (Earth) or
        ``perilune_state`` (Moon).
    center : str
        One of `CENTERS`.

    Returns
    -------
    boinor.twobody.Orbit
        With this package's gravitational parameter of the centre.

    Raises
    ------
    InputError
        When the centre is unknown or the state is not six finite numbers.
    """
    from astropy import units  # with boinor, see above
    from boinor.twobody import Orbit

    values = np.asarray(state, dtype=np.float64)
    if values.shape != (6,) or not np.isfinite(values).all() or not np.isfinite(t_tdb):
        raise InputError(f"a state is six finite numbers at a finite epoch; found shape {values.shape}")
    r, v = values[:3] * units.km, values[3:] * units.km / units.s
    return Orbit.from_vectors(_attractor(center), r, v, epoch=_time(t_tdb))


def from_orbit(orbit: Orbit) -> CentredState:
    """Return a boinor `Orbit` about the Earth or the Moon as plain numbers.

    Parameters
    ----------
    orbit : boinor.twobody.Orbit
        In the equator plane of J2000.

    Returns
    -------
    CentredState
        Epoch, state and centre.

    Raises
    ------
    InputError
        When the attractor is another body or the plane is not the equator.
    """
    from astropy import units  # with boinor, see above
    from boinor.frames import Planes

    center = orbit.attractor.name.lower()
    if center not in CENTERS:
        raise InputError(f"the orbit is about {orbit.attractor.name}; allowed: Earth or Moon")
    if orbit.plane is not Planes.EARTH_EQUATOR:
        raise InputError(f"the orbit lies in the plane {orbit.plane.value!r}; change it to the Earth equator first")
    r, v = orbit.r.to_value(units.km), orbit.v.to_value(units.km / units.s)
    return CentredState(_seconds(orbit.epoch), np.concatenate([r, v]).astype(np.float64), center)


def _seconds(epoch: Any) -> float:
    tdb = epoch.tdb
    return float(((tdb.jd1 - J2000_JD) + tdb.jd2) * SECONDS_PER_DAY)


def to_ephem(t_tdb: Floats, states: Floats) -> Ephem:
    """Return a trajectory as boinor's `Ephem`, which interpolates and plots.

    Parameters
    ----------
    t_tdb : ndarray, shape (T,)
        Seconds past J2000 TDB, increasing.
    states : ndarray, shape (T, 6)
        ICRF, km and km/s; for example ``Trajectory.state``.

    Returns
    -------
    boinor.ephem.Ephem
        In the equator plane of J2000.

    Raises
    ------
    InputError
        When the shapes do not fit.
    """
    from astropy import units  # with boinor, see above
    from astropy.coordinates import CartesianDifferential, CartesianRepresentation
    from boinor.ephem import Ephem
    from boinor.frames import Planes

    if states.ndim != 2 or states.shape != (len(t_tdb), 6):
        raise InputError(f"a trajectory is epochs (T,) and states (T, 6); found {t_tdb.shape} and {states.shape}")
    velocity = CartesianDifferential(states[:, 3:].T * units.km / units.s)
    places = CartesianRepresentation(states[:, :3].T * units.km, differentials=velocity)
    return Ephem(places, _time(t_tdb), Planes.EARTH_EQUATOR)


def from_ephem(ephem: Ephem) -> tuple[Floats, Floats]:
    """Return the epochs and states that a boinor `Ephem` holds.

    Parameters
    ----------
    ephem : boinor.ephem.Ephem
        In the equator plane of J2000.

    Returns
    -------
    t_tdb : ndarray, shape (T,)
        Seconds past J2000 TDB.
    states : ndarray, shape (T, 6)
        km and km/s.

    Raises
    ------
    InputError
        When the plane is not the equator.
    """
    from astropy import units  # with boinor, see above
    from boinor.frames import Planes

    if ephem.plane is not Planes.EARTH_EQUATOR:
        raise InputError(f"the ephemeris lies in the plane {ephem.plane.value!r}; change it to the Earth equator first")
    r, v = ephem.rv()
    states = np.concatenate([r.to_value(units.km), v.to_value(units.km / units.s)], axis=1)
    return np.array([_seconds(epoch) for epoch in ephem.epochs]), np.asarray(states, dtype=np.float64)
