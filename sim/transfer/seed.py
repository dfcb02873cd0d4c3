"""First guesses for direct lunar transfers: one Earth conic to the Moon, and the closed-form perilune state.

Two pieces, both vectorised over rows and free of iteration in the ephemeris:

* `conic_vinf` aims a single geocentric conic at the Moon's place at arrival and subtracts the Moon's velocity.
  The Moon's pull is ignored but for a stretch of the flight time, so the result is some tens of m/s off.
* `perilune_state` turns an incoming excess velocity into the osculating perilune state that meets a prescribed
  perilune radius and arrival plane *exactly*. The solver calls it at every iteration, so that perilune radius and
  lunar inclination cannot be violated.

Sources: conic relations, Battin, "An Introduction to the Mathematics and Methods of Astrodynamics" (1999), sec. 3.3
and 4.2; hyperbola about its incoming asymptote, Kizner, "A method of describing miss distances" (1961). Both are
checked numerically in ``tests/unit/test_transfer_seed.py`` (asymptote, radius, inclination, time of flight).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.frames.rotations import cross, dot, unit

Floats = NDArray[np.float64]

MOON_PULL_TIME_FACTOR = 1.02
"""The unperturbed conic is given this multiple of the flight time: the Moon's pull shortens the last half day. Over
2024 the guess is then 28 to 39 m/s off in the median for flights of 2.5 to 7 days; only the number of iterations
depends on it."""

_BISECTIONS = 60


def _outbound_time_s(x: Floats, r: Floats, rp: Floats, mu: float) -> Floats:
    """Time from perigee `rp` to radius `r` on the conic with reciprocal semi-major axis `x` (Kepler's equation)."""
    ecc = 1.0 - rp * x
    size = np.abs(x)
    cosine = (1.0 - r * x) / ecc
    elliptic = x > 0.0
    anomaly = np.where(
        elliptic, np.arccos(np.clip(cosine, -1.0, 1.0)), np.arccosh(np.maximum(np.where(elliptic, 1.0, cosine), 1.0))
    )
    mean = np.where(
        elliptic, anomaly - ecc * np.sin(anomaly), ecc * np.sinh(np.where(elliptic, 0.0, anomaly)) - anomaly
    )
    return mean / np.sqrt(mu * size**3)


def conic_reciprocal_axis_per_km(
    r_km: Floats, perigee_radius_km: Floats, tof_s: Floats, mu_km3_s2: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return 1/a of the conic which is at radius `r_km` `tof_s` after perigee.

    Parameters
    ----------
    r_km, perigee_radius_km, tof_s : ndarray, shape (N,)
        Radius to reach, perigee radius, time between them.
    mu_km3_s2 : float
        GM of the Earth.

    Returns
    -------
    reciprocal_axis_per_km : ndarray, shape (N,)
        1/a in 1/km, positive for ellipses.
    outbound : ndarray of bool, shape (N,)
        False where the time is so long that the radius is met on the way back from apogee.
    """
    slowest = 2.0 / (r_km + perigee_radius_km)
    outbound = _outbound_time_s(slowest, r_km, perigee_radius_km, mu_km3_s2) > tof_s
    # outbound: from a hyperbola faster than any flight time above about a day to the slowest ellipse; inbound: from
    # that ellipse to one with its apogee at about twice the distance, where a flight takes more than two weeks
    quick = np.where(outbound, -5e-5, slowest)
    long = np.where(outbound, slowest, 0.5 * slowest)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (quick + long)
        # 1/a = 0 exactly is the parabola: nudge off the singular value
        middle = np.where(np.abs(middle) < 1e-14, 1e-14, middle)
        time = _outbound_time_s(middle, r_km, perigee_radius_km, mu_km3_s2)
        period = 2.0 * np.pi / np.sqrt(mu_km3_s2 * np.abs(middle) ** 3)
        slow = np.where(outbound, time, period - time) > tof_s
        long = np.where(slow, middle, long)
        quick = np.where(slow, quick, middle)
    return 0.5 * (quick + long), outbound


def conic_vinf(
    moon_states: Floats,
    earth_pole: Floats,
    inclination_rad: Floats,
    branch_sign: Floats,
    perigee_radius_km: Floats,
    tof_s: Floats,
    mu_km3_s2: float,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the excess velocity at the Moon of a single geocentric conic (approximate: the Moon's pull is ignored).

    Parameters
    ----------
    moon_states : ndarray, shape (N, 6)
        Moon at arrival, Earth-centred ICRF, km and km/s.
    earth_pole : ndarray, shape (N, 3)
        Unit pole of the equator to which inclinations are counted.
    inclination_rad : ndarray, shape (N,)
        Inclination of the transfer plane.
    branch_sign : ndarray, shape (N,)
        +1 moves north at the Moon (ascending), -1 south.
    perigee_radius_km, tof_s : ndarray, shape (N,)
        Perigee radius and flight time.
    mu_km3_s2 : float
        GM of the Earth.

    Returns
    -------
    vinf_km_s : ndarray, shape (N, 3)
        ICRF.
    reachable : ndarray of bool, shape (N,)
        False where the Moon's declination exceeds the inclination; the direction is then the nearest possible one.
    """
    r_moon, v_moon = moon_states[:, :3], moon_states[:, 3:]
    radius = np.sqrt(dot(r_moon, r_moon))
    up = r_moon / radius[:, None]
    x, outbound = conic_reciprocal_axis_per_km(radius, perigee_radius_km, MOON_PULL_TIME_FACTOR * tof_s, mu_km3_s2)
    ecc = 1.0 - perigee_radius_km * x
    momentum = np.sqrt(mu_km3_s2 * perigee_radius_km * (1.0 + ecc))
    v_across = momentum / radius
    v_radial = np.where(outbound, 1.0, -1.0) * np.sqrt(np.maximum(mu_km3_s2 * (2.0 / radius - x) - v_across**2, 0.0))
    east = unit(cross(earth_pole, up))
    north = cross(up, east)
    sin_declination = dot(up, earth_pole)
    cos_azimuth = np.cos(inclination_rad) / np.sqrt(np.maximum(1.0 - sin_declination**2, 1e-30))
    reachable = np.abs(cos_azimuth) <= 1.0
    cos_azimuth = np.clip(cos_azimuth, -1.0, 1.0)
    sin_azimuth = branch_sign * np.sqrt(1.0 - cos_azimuth**2)
    v_craft = (
        v_radial[:, None] * up + (v_across * cos_azimuth)[:, None] * east + (v_across * sin_azimuth)[:, None] * north
    )
    return v_craft - v_moon, reachable


def arrival_normal_by_inclination(
    vinf_km_s: Floats, lunar_pole: Floats, lunar_inclination_rad: Floats, pole_sign: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the unit normal of the arrival plane with a prescribed inclination to the lunar equator.

    Parameters
    ----------
    vinf_km_s : ndarray, shape (N, 3)
        Incoming excess velocity, km/s, ICRF.
    lunar_pole : ndarray, shape (N, 3)
        Unit pole of the Moon, ICRF.
    lunar_inclination_rad : ndarray, shape (N,)
        Wanted inclination.
    pole_sign : ndarray, shape (N,)
        +1 or -1: which of the two planes through the asymptote.

    Returns
    -------
    normal : ndarray, shape (N, 3)
        Unit orbit normals, ICRF.
    reachable : ndarray of bool, shape (N,)
        False where no plane through the asymptote has the inclination (it is below the asymptote's latitude);
        the nearest inclination is used there.
    """
    s_hat = unit(vinf_km_s)
    along = dot(lunar_pole, s_hat)
    across = lunar_pole - along[:, None] * s_hat
    size = np.sqrt(dot(across, across))
    u_hat = across / size[:, None]
    w_hat = cross(s_hat, u_hat)
    cosine = np.cos(lunar_inclination_rad) / size
    reachable = np.abs(cosine) <= 1.0
    cosine = np.clip(cosine, -1.0, 1.0)
    sine = pole_sign * np.sqrt(1.0 - cosine**2)
    return cosine[:, None] * u_hat + sine[:, None] * w_hat, reachable


def arrival_normal_over_site(vinf_km_s: Floats, site_direction: Floats, pole_sign: Floats) -> Floats:
    """Return the unit normal of the arrival plane which contains a fixed direction (a landing site at its epoch).

    Parameters
    ----------
    vinf_km_s : ndarray, shape (N, 3)
        Incoming excess velocity, km/s, ICRF.
    site_direction : ndarray, shape (N, 3)
        Unit vectors from the Moon's centre, ICRF.
    pole_sign : ndarray, shape (N,)
        +1 or -1: sense of motion in the plane.

    Returns
    -------
    ndarray, shape (N, 3)
        Unit orbit normals, ICRF.
    """
    return pole_sign[:, None] * unit(cross(unit(vinf_km_s), site_direction))


def perilune_state(vinf_km_s: Floats, normal: Floats, perilune_radius_km: Floats, mu_km3_s2: float) -> Floats:
    """Return the perilune state of the hyperbola with incoming excess velocity `vinf_km_s` in the plane of `normal`.

    With S the unit asymptote, h the normal and B = S x h, perilune lies along S/e + sqrt(1 - 1/e^2) B and moves
    along sqrt(1 - 1/e^2) S - B/e.

    Parameters
    ----------
    vinf_km_s : ndarray, shape (N, 3)
        Incoming excess velocity, km/s.
    normal : ndarray, shape (N, 3)
        Unit normal, perpendicular to `vinf_km_s`.
    perilune_radius_km : ndarray, shape (N,)
        Perilune radius.
    mu_km3_s2 : float
        GM of the Moon.

    Returns
    -------
    ndarray, shape (N, 6)
        Moon-centred state in the frame of `vinf_km_s`, km and km/s.
    """
    speed2 = dot(vinf_km_s, vinf_km_s)
    s_hat = vinf_km_s / np.sqrt(speed2)[:, None]
    inverse_ecc = 1.0 / (1.0 + perilune_radius_km * speed2 / mu_km3_s2)
    root = np.sqrt(1.0 - inverse_ecc**2)
    b_hat = cross(s_hat, normal)
    p_hat = inverse_ecc[:, None] * s_hat + root[:, None] * b_hat
    q_hat = root[:, None] * s_hat - inverse_ecc[:, None] * b_hat
    v_perilune = np.sqrt(speed2 + 2.0 * mu_km3_s2 / perilune_radius_km)
    return np.concatenate((perilune_radius_km[:, None] * p_hat, v_perilune[:, None] * q_hat), axis=1)
