"""Earth frames: true equator and equinox of date (TOD) and the terrestrial frame (ITRF).

IAU 2006 precession and IAU 2000A nutation adjusted to it (ERFA ``nut06a``, ``pfw06``, ``s06``), celestial to
terrestrial by the CIO method with UT1 and polar motion of :mod:`sim.timescales`. The four Fukushima-Williams
angles and the CIO locator are taken on one-day nodes and interpolated with eight points; against ERFA at the
epochs themselves the axes then differ by at most 0.012 mas, 0.4 mm on the ground
(``tests/truth/test_frames_erfa.py``). Left out: celestial pole offsets dX, dY (below 0.0006 arcsec, 0.02 m on
the ground) and daily tides in UT1 and pole.

ICRF here means the GCRS axes: they are the same axes; the origin is whatever the vectors say.
"""

from __future__ import annotations

import functools
from typing import Any

import erfa
import numpy as np

from sim.constants import EARTH_ROTATION_RATE_RAD_S, J2000_JD, SECONDS_PER_DAY
from sim.frames.rotations import (
    FloatArray,
    cross,
    rotate,
    state_into_rotating,
    state_out_of_rotating,
    states_array,
)
from sim.timescales import (
    NodeTable,
    earth_orientation,
    elementwise,
    finite_seconds,
    tt_julian_date,
    ut1_julian_date,
    ut1_minus_tai_s,
)

_RATE_HALF_STEP_S = 1800.0


def _precession_nutation_series(t_tdb: FloatArray) -> FloatArray:
    # TDB in place of TT: 1.7 ms move the pole by 1e-9 arcsec.
    jd1, jd2 = np.full_like(t_tdb, J2000_JD), t_tdb / SECONDS_PER_DAY
    gamma, phi, psi, epsilon = erfa.pfw06(jd1, jd2)
    dpsi, depsilon = erfa.nut06a(jd1, jd2)
    psi, epsilon = psi + dpsi, epsilon + depsilon
    x, y = erfa.fw2xy(gamma, phi, psi, epsilon)
    return np.stack([gamma, phi, psi, epsilon, erfa.s06(jd1, jd2, x, y)], axis=1)


@functools.cache
def _precession_nutation_table() -> NodeTable:
    return NodeTable(_precession_nutation_series, columns=5, step_s=SECONDS_PER_DAY)


def _angles(t_tdb: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Fukushima-Williams angles gamma, phi, psi, epsilon with nutation, and the CIO locator s; rad, (N,)."""
    table = _precession_nutation_table()(t_tdb.ravel())
    gamma, phi, psi, epsilon, locator = (table[:, k].reshape(t_tdb.shape) for k in range(5))
    return gamma, phi, psi, epsilon, locator


def R_tod_icrf(t_tdb: Any) -> FloatArray:
    """Rotation from ICRF to the true equator and equinox of date.

    Parameters
    ----------
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.

    Returns
    -------
    ndarray (3, 3) or (N, 3, 3)
        Bias, precession and nutation; row 2 is the celestial pole of date, row 0 the true equinox.

    Raises
    ------
    InputError
        For epochs that are not finite or outside 1958-2100.
    """
    gamma, phi, psi, epsilon, _ = _angles(finite_seconds(t_tdb))
    return np.asarray(erfa.fw2m(gamma, phi, psi, epsilon))


def tod_pole_icrf(t_tdb: Any) -> FloatArray:
    """Celestial pole of date (axis of the Earth's rotation).

    Parameters
    ----------
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.

    Returns
    -------
    ndarray (3,) or (N, 3)
        Unit vectors, ICRF.

    Raises
    ------
    InputError
        As :func:`R_tod_icrf`.
    """
    return R_tod_icrf(t_tdb)[..., 2, :].copy()


@elementwise
def earth_rotation_angle_rad(t_tdb: FloatArray) -> FloatArray:
    """Earth rotation angle in [0, 2 pi), rad (IERS Conventions 2010 eq. 5.15 on UT1 of the package)."""
    return np.asarray(erfa.era00(*ut1_julian_date(t_tdb)))


@elementwise
def gast_rad(t_tdb: FloatArray) -> FloatArray:
    """Greenwich apparent sidereal time in [0, 2 pi), rad.

    R_itrf_icrf is polar motion times R_z(GAST) times R_tod_icrf.

    Parameters
    ----------
    t_tdb : float or array_like
        Seconds past J2000 TDB.

    Returns
    -------
    float or ndarray
        rad.

    Raises
    ------
    InputError
        For epochs that are not finite or outside 1958-2100.
    """
    gamma, phi, psi, epsilon, locator = _angles(t_tdb)
    equation_of_origins = erfa.eors(erfa.fw2m(gamma, phi, psi, epsilon), locator)
    return np.asarray(erfa.anp(earth_rotation_angle_rad(t_tdb) - equation_of_origins))


def R_itrf_icrf(t_tdb: Any) -> FloatArray:
    """Rotation from ICRF to the International Terrestrial Reference Frame.

    Parameters
    ----------
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.

    Returns
    -------
    ndarray (3, 3) or (N, 3, 3)
        See :func:`sim.timescales.earth_orientation_quality` for what UT1 and pole are worth at the epoch.

    Raises
    ------
    InputError
        For epochs that are not finite or outside 1958-2100.
    DataError
        When the packaged Earth orientation is missing or corrupt.
    """
    t = finite_seconds(t_tdb)
    gamma, phi, psi, epsilon, locator = _angles(t)
    x, y = erfa.fw2xy(gamma, phi, psi, epsilon)
    orientation = earth_orientation(t)
    polar_motion = erfa.pom00(orientation.pole_x_rad, orientation.pole_y_rad, erfa.sp00(*tt_julian_date(t)))
    rotation_angle = np.asarray(earth_rotation_angle_rad(t))
    return np.asarray(erfa.c2tcio(erfa.c2ixys(x, y, locator), rotation_angle, polar_motion))


def earth_rate_icrf_rad_s(t_tdb: Any) -> FloatArray:
    """Angular velocity of the ITRF relative to the ICRF.

    The spin about the pole of date, with the length of day, and the motion of that pole (precession and
    nutation); left out: polar motion (below 5e-14 rad/s, 1e-9 of the spin).

    Parameters
    ----------
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.

    Returns
    -------
    ndarray (3,) or (N, 3)
        rad/s per TDB second, ICRF components.

    Raises
    ------
    InputError, DataError
        As :func:`R_itrf_icrf`.
    """
    t = finite_seconds(t_tdb)
    before, after = t - _RATE_HALF_STEP_S, t + _RATE_HALF_STEP_S
    pole = tod_pole_icrf(t)
    pole_rate = (tod_pole_icrf(after) - tod_pole_icrf(before)) / (2.0 * _RATE_HALF_STEP_S)
    ut1_gain = np.asarray(ut1_minus_tai_s(after)) - np.asarray(ut1_minus_tai_s(before))
    spin = EARTH_ROTATION_RATE_RAD_S * (1.0 + ut1_gain / (2.0 * _RATE_HALF_STEP_S))
    # The CIO does not rotate about the pole, so the pole's own motion adds exactly p x dp/dt.
    return spin[..., None] * pole + cross(pole, pole_rate)


def itrf_from_icrf(states_icrf: Any, t_tdb: Any) -> FloatArray:
    """Earth-fixed states from inertial ones, both relative to the Earth's centre.

    Parameters
    ----------
    states_icrf : array_like (N, 6) or (6,)
        km and km/s, ICRF axes.
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.

    Returns
    -------
    ndarray (N, 6) or (6,)
        km and km/s as seen from the rotating Earth.

    Raises
    ------
    InputError, DataError
        As :func:`R_itrf_icrf`; InputError also for another shape of the states.
    """
    R = R_itrf_icrf(t_tdb)
    return state_into_rotating(R, rotate(R, earth_rate_icrf_rad_s(t_tdb)), states_array(states_icrf))


def icrf_from_itrf(states_itrf: Any, t_tdb: Any) -> FloatArray:
    """Inverse of :func:`itrf_from_icrf`: inertial states from Earth-fixed ones, km and km/s, geocentric."""
    R = R_itrf_icrf(t_tdb)
    return state_out_of_rotating(R, rotate(R, earth_rate_icrf_rad_s(t_tdb)), states_array(states_itrf))


def earth_site_state_icrf(position_itrf_km: Any, t_tdb: Any) -> FloatArray:
    """Inertial state of a point fixed to the Earth.

    Parameters
    ----------
    position_itrf_km : array_like (3,) or (N, 3)
    t_tdb : float or array_like (N,)
        Seconds past J2000 TDB.

    Returns
    -------
    ndarray (6,) or (N, 6)
        Geocentric, ICRF axes, km and km/s.

    Raises
    ------
    InputError, DataError
        As :func:`R_itrf_icrf`.
    """
    R = R_itrf_icrf(t_tdb)
    r = np.broadcast_to(np.asarray(position_itrf_km, dtype=np.float64), R.shape[:-1])
    at_rest = np.concatenate([r, np.zeros_like(r)], axis=-1)
    return state_out_of_rotating(R, rotate(R, earth_rate_icrf_rad_s(t_tdb)), at_rest)
