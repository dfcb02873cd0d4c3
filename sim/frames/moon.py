"""Lunar frames: principal axes (PA) of the DE440 integration and mean Earth / mean rotation axes (ME).

PA follows from the libration angles of the ephemeris, R_pa_icrf = R_z(psi) R_x(theta) R_z(phi). Maps, landing
sites and selenographic coordinates are given in ME, which differs from PA by a constant rotation (up to 0.9
km on the surface). The angles belong to one ephemeris: for DE440 Park, Folkner, Williams and Boggs (2021),
The JPL Planetary and Lunar Ephemerides DE440 and DE441, Astronomical Journal 161:105. The ME frame of DE421
that SPICE and lunarsky provide agrees with this one within 0.07 arcsec (0.6 m on the surface), measured in
``tests/truth/test_frames_moon.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.ephemeris import Ephemeris, open_ephemeris
from sim.frames.rotations import (
    FloatArray,
    compose,
    rotate,
    rotation_x,
    rotation_y,
    rotation_z,
    state_into_rotating,
    state_out_of_rotating,
    states_array,
)
from sim.timescales import finite_seconds
from sim.units import RAD_PER_ARCSEC

_ME_FROM_PA_ARCSEC = (-0.2785, -78.6944, -67.8526)
"""Angles of R_x, R_y, R_z (DE440)."""


def R_me_pa() -> FloatArray:
    """Constant rotation from the DE440 principal axes to the mean Earth / mean rotation axes, (3, 3)."""
    x, y, z = (angle * RAD_PER_ARCSEC for angle in _ME_FROM_PA_ARCSEC)
    return compose(rotation_x(x), compose(rotation_y(y), rotation_z(z)))


def _pa_orientation(t_tdb: Any, ephemeris: Ephemeris | None) -> tuple[FloatArray, FloatArray]:
    """R_pa_icrf and the angular velocity of PA, components in PA (rad/s), of the shape of the epochs."""
    t = finite_seconds(t_tdb)
    angles, rates = (ephemeris or open_ephemeris()).moon_librations(t.reshape(-1))
    phi, theta, psi = (angles[:, k].reshape(t.shape) for k in range(3))
    dphi, dtheta, dpsi = (rates[:, k].reshape(t.shape) for k in range(3))
    R = compose(rotation_z(psi), compose(rotation_x(theta), rotation_z(phi)))
    sin_theta, cos_theta, sin_psi, cos_psi = np.sin(theta), np.cos(theta), np.sin(psi), np.cos(psi)
    rate = [
        dphi * sin_theta * sin_psi + dtheta * cos_psi,
        dphi * sin_theta * cos_psi - dtheta * sin_psi,
        dpsi + dphi * cos_theta,
    ]
    return R, np.stack(rate, axis=-1)


def R_pa_icrf(t_tdb: Any, ephemeris: Ephemeris | None = None) -> FloatArray:
    """Rotation from ICRF to the Moon's principal axes.

    Parameters
    ----------
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    ndarray (3, 3) or (N, 3, 3)

    Raises
    ------
    EphemerisRangeError
        For epochs outside the ephemeris.
    InputError
        For epochs that are not finite.
    """
    return _pa_orientation(t_tdb, ephemeris)[0]


def R_me_icrf(t_tdb: Any, ephemeris: Ephemeris | None = None) -> FloatArray:
    """Rotation from ICRF to the Moon's mean Earth / mean rotation axes; arguments as :func:`R_pa_icrf`."""
    return compose(R_me_pa(), R_pa_icrf(t_tdb, ephemeris))


def _me_orientation(t_tdb: Any, ephemeris: Ephemeris | None) -> tuple[FloatArray, FloatArray]:
    R, rate = _pa_orientation(t_tdb, ephemeris)
    return compose(R_me_pa(), R), rotate(R_me_pa(), rate)


def pa_from_icrf(states_icrf: Any, t_tdb: Any, ephemeris: Ephemeris | None = None) -> FloatArray:
    """States in the rotating principal axes.

    Parameters
    ----------
    states_icrf : array_like (N, 6) or (6,)
        Relative to the Moon's centre, ICRF axes, km and km/s.
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    ndarray (N, 6) or (6,)

    Raises
    ------
    EphemerisRangeError, InputError
        As :func:`R_pa_icrf`; InputError also for another shape of the states.
    """
    return state_into_rotating(*_pa_orientation(t_tdb, ephemeris), states_array(states_icrf))


def icrf_from_pa(states_pa: Any, t_tdb: Any, ephemeris: Ephemeris | None = None) -> FloatArray:
    """Inverse of :func:`pa_from_icrf`."""
    return state_out_of_rotating(*_pa_orientation(t_tdb, ephemeris), states_array(states_pa))


def me_from_icrf(states_icrf: Any, t_tdb: Any, ephemeris: Ephemeris | None = None) -> FloatArray:
    """States in the rotating mean Earth axes; arguments as :func:`pa_from_icrf`."""
    return state_into_rotating(*_me_orientation(t_tdb, ephemeris), states_array(states_icrf))


def icrf_from_me(states_me: Any, t_tdb: Any, ephemeris: Ephemeris | None = None) -> FloatArray:
    """Inverse of :func:`me_from_icrf`."""
    return state_out_of_rotating(*_me_orientation(t_tdb, ephemeris), states_array(states_me))


def moon_site_state_icrf(position_me_km: Any, t_tdb: Any, ephemeris: Ephemeris | None = None) -> FloatArray:
    """Inertial state of a point fixed to the Moon.

    Parameters
    ----------
    position_me_km : array_like (3,) or (N, 3)
        Mean Earth axes.
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    ndarray (6,) or (N, 6)
        Relative to the Moon's centre, ICRF axes, km and km/s.

    Raises
    ------
    EphemerisRangeError, InputError
        As :func:`R_pa_icrf`.
    """
    R, rate = _me_orientation(t_tdb, ephemeris)
    r = np.broadcast_to(np.asarray(position_me_km, dtype=np.float64), R.shape[:-1])
    return state_out_of_rotating(R, rate, np.concatenate([r, np.zeros_like(r)], axis=-1))
