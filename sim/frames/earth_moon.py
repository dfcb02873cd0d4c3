"""Earth-Moon rotating frame (EMR) of the true, pulsating Moon.

Axes at each instant: x from Earth to Moon, z along the Moon's orbital angular momentum about the Earth, y
completes; origin: the Earth-Moon barycentre of the ephemeris. In non-dimensional form lengths are divided by
the distance of the instant and the unit of time is the inverse of the instant's orbital rate h / d^2;
velocities are then derivatives of the non-dimensional position, so rotation and pulsation are both in them
and the Moon stands still at 1 - mass ratio.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from sim.ephemeris import Ephemeris, open_ephemeris
from sim.frames.rotations import (
    FloatArray,
    cross,
    dot,
    norm,
    state_into_rotating,
    state_out_of_rotating,
    states_array,
)
from sim.timescales import finite_seconds

_ACCELERATION_HALF_STEP_S = 60.0


class EarthMoonRotation(NamedTuple):
    """The rotating frame at epochs.

    ``R_emr_icrf`` (..., 3, 3); ``rate_rad_s`` (..., 3), components in the rotating axes; ``distance_km``
    (...) and ``distance_rate_km_s`` (...); ``barycentre_state`` (..., 6), its state relative to the Earth in ICRF
    axes.
    """

    R_emr_icrf: FloatArray
    rate_rad_s: FloatArray
    distance_km: FloatArray
    distance_rate_km_s: FloatArray
    barycentre_state: FloatArray


def _moon_acceleration(ephemeris: Ephemeris, t: FloatArray) -> FloatArray:
    """Acceleration of the Moon relative to the Earth by central difference (one-sided at the ends), km/s2."""
    start_tdb, stop_tdb = ephemeris.coverage("moon", "earth")
    before = np.maximum(t - _ACCELERATION_HALF_STEP_S, start_tdb)
    after = np.minimum(t + _ACCELERATION_HALF_STEP_S, stop_tdb)
    change = ephemeris.state("moon", "earth", after) - ephemeris.state("moon", "earth", before)
    return np.asarray(change[:, 3:] / (after - before)[:, None])


def earth_moon_rotation(t_tdb: Any, ephemeris: Ephemeris | None = None) -> EarthMoonRotation:
    """Axes, rates and origin of the Earth-Moon rotating frame.

    Parameters
    ----------
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    EarthMoonRotation

    Raises
    ------
    EphemerisRangeError
        For epochs outside the ephemeris.
    InputError
        For epochs that are not finite.
    """
    source = ephemeris or open_ephemeris()
    shape = finite_seconds(t_tdb).shape
    t = finite_seconds(t_tdb).reshape(-1)
    moon = source.state("moon", "earth", t)
    r, v = moon[:, :3], moon[:, 3:]
    distance, h = norm(r), cross(r, v)
    x, z = r / distance[:, None], h / norm(h)[:, None]
    R = np.stack([x, cross(z, x), z], axis=-2)
    # The orbit plane turns about x at a rate set by the acceleration across it.
    tilt = distance * dot(_moon_acceleration(source, t), z) / norm(h)
    rate = np.stack([tilt, np.zeros_like(tilt), norm(h) / distance**2], axis=-1)
    return EarthMoonRotation(
        R.reshape(*shape, 3, 3),
        rate.reshape(*shape, 3),
        distance.reshape(shape),
        dot(x, v).reshape(shape),
        source.state("emb", "earth", t).reshape(*shape, 6),
    )


def R_emr_icrf(t_tdb: Any, ephemeris: Ephemeris | None = None) -> FloatArray:
    """Rotation from ICRF to the Earth-Moon rotating axes; see :func:`earth_moon_rotation`."""
    return earth_moon_rotation(t_tdb, ephemeris).R_emr_icrf


def emr_from_icrf(
    states_earth_icrf: Any, t_tdb: Any, ephemeris: Ephemeris | None = None, *, nondimensional: bool = False
) -> FloatArray:
    """States in the Earth-Moon rotating frame.

    Parameters
    ----------
    states_earth_icrf : array_like (N, 6) or (6,)
        Relative to the Earth's centre, ICRF axes, km and km/s.
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    nondimensional : bool
        Divide by the instant's distance and orbital rate; velocities then contain the pulsation.

    Returns
    -------
    ndarray (N, 6) or (6,)
        Relative to the Earth-Moon barycentre; km and km/s, or non-dimensional.

    Raises
    ------
    EphemerisRangeError, InputError
        As :func:`earth_moon_rotation`; InputError also for another shape of the states.
    """
    frame = earth_moon_rotation(t_tdb, ephemeris)
    relative = states_array(states_earth_icrf) - frame.barycentre_state
    states = state_into_rotating(frame.R_emr_icrf, frame.rate_rad_s, relative)
    if not nondimensional:
        return states
    length, rate = frame.distance_km[..., None], frame.rate_rad_s[..., 2:]
    r = states[..., :3] / length
    v = (states[..., 3:] / length - r * (frame.distance_rate_km_s[..., None] / length)) / rate
    return np.concatenate([r, v], axis=-1)


def icrf_from_emr(
    states_emr: Any, t_tdb: Any, ephemeris: Ephemeris | None = None, *, nondimensional: bool = False
) -> FloatArray:
    """Inverse of :func:`emr_from_icrf`: states relative to the Earth's centre, ICRF axes, km and km/s."""
    frame = earth_moon_rotation(t_tdb, ephemeris)
    states = states_array(states_emr)
    if nondimensional:
        length, rate = frame.distance_km[..., None], frame.rate_rad_s[..., 2:]
        r, v = states[..., :3], states[..., 3:]
        states = np.concatenate([r * length, v * length * rate + r * frame.distance_rate_km_s[..., None]], axis=-1)
    return state_out_of_rotating(frame.R_emr_icrf, frame.rate_rad_s, states) + frame.barycentre_state
