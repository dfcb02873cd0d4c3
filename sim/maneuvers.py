"""Impulsive burns at an apsis, and what they cost when the engine needs time.

All functions broadcast over arrays; a row without a solution (an energy that the orbit cannot have) is NaN
and changes no other row. Radii are from the centre of the body whose `mu_km3_s2` is given. The name ``mu``
is the gravitational parameter GM, nothing else.

Sources: the vis-viva equation for every impulse; the loss of a burn of finite length after Robbins, "An
analytical study of the impulsive approximation", AIAA Journal 4 (1966) 1417-1423.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.errors import InputError
from sim.spacecraft import Engine, burn_time_s, delivered_mass_kg
from sim.units import M_PER_KM, RAD_PER_DEG

FloatArray = NDArray[np.float64]


def _root(square: FloatArray) -> FloatArray:
    """Square root; NaN, without a warning, where there is none."""
    return np.sqrt(np.where(square >= 0.0, square, np.nan))


def speed_km_s(radius_km: ArrayLike, c3_km2_s2: ArrayLike, mu_km3_s2: float) -> FloatArray:
    """Speed at a radius on an orbit of given energy: ``sqrt(2 mu/r + C3)``.

    Parameters
    ----------
    radius_km : array_like
        Distance from the centre, km.
    c3_km2_s2 : array_like
        Twice the orbital energy, km2/s2; negative for an ellipse.
    mu_km3_s2 : float
        GM of the body, km3/s2.

    Returns
    -------
    ndarray
        km/s, broadcast shape; NaN where the orbit never reaches the radius.
    """
    return _root(2.0 * mu_km3_s2 / np.asarray(radius_km, dtype=np.float64) + np.asarray(c3_km2_s2))


def apsis_speed_km_s(radius_km: ArrayLike, other_apsis_km: ArrayLike, mu_km3_s2: float) -> FloatArray:
    """Speed at one apsis of an ellipse whose other apsis is given; the circular speed where both are equal.

    Parameters
    ----------
    radius_km : array_like
        Radius of the apsis asked for, km.
    other_apsis_km : array_like
        Radius of the other apsis, km.
    mu_km3_s2 : float
        GM of the body, km3/s2.

    Returns
    -------
    ndarray
        km/s, broadcast shape.
    """
    radius = np.asarray(radius_km, dtype=np.float64)
    other = np.asarray(other_apsis_km, dtype=np.float64)
    return _root(2.0 * mu_km3_s2 * other / (radius * (radius + other)))


def tli_dv_m_s(parking_radius_km: ArrayLike, c3_km2_s2: ArrayLike, mu_km3_s2: float) -> FloatArray:
    """Impulse of trans-lunar injection, along the velocity, from a circular parking orbit.

    Parameters
    ----------
    parking_radius_km : array_like
        Radius of the parking orbit, km.
    c3_km2_s2 : array_like
        Twice the geocentric energy after the burn, km2/s2; about -2 for the Moon.
    mu_km3_s2 : float
        GM of the Earth, km3/s2.

    Returns
    -------
    ndarray
        m/s, broadcast shape.
    """
    after = speed_km_s(parking_radius_km, c3_km2_s2, mu_km3_s2)
    return (after - apsis_speed_km_s(parking_radius_km, parking_radius_km, mu_km3_s2)) * M_PER_KM


def insertion_dv_m_s(
    arrival_km_s: ArrayLike, perilune_radius_km: ArrayLike, apolune_radius_km: ArrayLike, mu_km3_s2: float
) -> FloatArray:
    """Braking impulse at perilune, against the velocity, into an orbit with the same perilune.

    Parameters
    ----------
    arrival_km_s : array_like
        Speed at perilune before the burn, relative to the Moon, km/s.
    perilune_radius_km, apolune_radius_km : array_like
        Apses of the orbit after the burn, km; equal for a circular orbit.
    mu_km3_s2 : float
        GM of the Moon, km3/s2.

    Returns
    -------
    ndarray
        m/s, broadcast shape; negative where the arrival is slower than the orbit asked for.
    """
    after = apsis_speed_km_s(perilune_radius_km, apolune_radius_km, mu_km3_s2)
    return (np.asarray(arrival_km_s, dtype=np.float64) - after) * M_PER_KM


def loi_dv_m_s(
    vinf_km_s: ArrayLike, perilune_radius_km: ArrayLike, apolune_radius_km: ArrayLike, mu_km3_s2: float
) -> FloatArray:
    """Impulse of lunar orbit insertion from a hyperbola about the Moon alone.

    Where the speed at perilune is known from the full model, `insertion_dv_m_s` is the truer one: the Earth's
    pull inside the sphere of influence changes the energy on the way in.

    Parameters
    ----------
    vinf_km_s : array_like
        Hyperbolic excess speed relative to the Moon, km/s.
    perilune_radius_km, apolune_radius_km : array_like
        Apses of the orbit after the burn, km; equal for a circular orbit.
    mu_km3_s2 : float
        GM of the Moon, km3/s2.

    Returns
    -------
    ndarray
        m/s, broadcast shape.
    """
    arrival = speed_km_s(perilune_radius_km, np.square(np.asarray(vinf_km_s, dtype=np.float64)), mu_km3_s2)
    return insertion_dv_m_s(arrival, perilune_radius_km, apolune_radius_km, mu_km3_s2)


def apsis_change_dv_m_s(
    radius_km: ArrayLike, old_apsis_km: ArrayLike, new_apsis_km: ArrayLike, mu_km3_s2: float
) -> FloatArray:
    """Impulse at one apsis that moves the other one, for example the descent from 100 km to 100 x 15 km.

    Parameters
    ----------
    radius_km : array_like
        Radius of the apsis at which the burn takes place, km.
    old_apsis_km, new_apsis_km : array_like
        Radius of the opposite apsis before and after, km.
    mu_km3_s2 : float
        GM of the body, km3/s2.

    Returns
    -------
    ndarray
        m/s, zero or more, broadcast shape.
    """
    before = apsis_speed_km_s(radius_km, old_apsis_km, mu_km3_s2)
    return np.abs(apsis_speed_km_s(radius_km, new_apsis_km, mu_km3_s2) - before) * M_PER_KM


def plane_change_dv_m_s(
    speed_before_km_s: ArrayLike, speed_after_km_s: ArrayLike, angle_deg: ArrayLike
) -> FloatArray:
    """Impulse that turns the velocity by an angle and may change its size: the law of cosines.

    Parameters
    ----------
    speed_before_km_s, speed_after_km_s : array_like
        Speeds, km/s; equal for a pure plane change.
    angle_deg : array_like
        Angle between the velocities, degrees.

    Returns
    -------
    ndarray
        m/s, broadcast shape.
    """
    before = np.asarray(speed_before_km_s, dtype=np.float64)
    after = np.asarray(speed_after_km_s, dtype=np.float64)
    # Half-angle form: no cancellation where the angle is small.
    half_sine = np.sin(0.5 * RAD_PER_DEG * np.asarray(angle_deg, dtype=np.float64))
    return _root((after - before) ** 2 + 4.0 * before * after * half_sine**2) * M_PER_KM


def gravity_loss_m_s(
    dv_m_s: ArrayLike, duration_s: ArrayLike, radius_km: ArrayLike, mu_km3_s2: float
) -> FloatArray:
    """Extra velocity change of a burn of finite length: ``(omega_s t_b)^2 dv / 24``, omega_s^2 = mu/r^3.

    Measured against integrated burns at constant thrust (tests/truth/test_finite_burns.py): it is the loss of
    a burn whose attitude is fixed in space, at its best direction and ignition time, within 1.6 % for
    trans-lunar injection from 200 km up to omega_s t_b = 1, and within 5.2 % for lunar orbit insertion up to
    omega_s t_b = 1.33. A burn steered along the velocity loses less: about half of it at injection, 0.05 to
    0.45 of it at insertion. The value is therefore an upper bound for a steered burn.

    Parameters
    ----------
    dv_m_s : array_like
        The impulse that the burn replaces, m/s.
    duration_s : array_like
        Length of the burn computed from that impulse (without the loss), s.
    radius_km : array_like
        Radius of the apsis at which it is centred, km.
    mu_km3_s2 : float
        GM of the body, km3/s2.

    Returns
    -------
    ndarray
        m/s, broadcast shape.
    """
    radius = np.asarray(radius_km, dtype=np.float64)
    angle_squared = mu_km3_s2 / radius**3 * np.square(np.asarray(duration_s, dtype=np.float64))
    return np.asarray(angle_squared * np.asarray(dv_m_s, dtype=np.float64) / 24.0)


@dataclass(frozen=True, slots=True)
class BurnPlan:
    """An impulse flown as one or more burns at successive passages of the same apsis.

    Attributes
    ----------
    dv_m_s : ndarray
        Impulse of each burn, m/s, (N, n_burns).
    duration_s : ndarray
        Length of each burn, s, (N, n_burns).
    loss_m_s : ndarray
        Gravity loss of each burn, m/s, (N, n_burns).
    mass_kg : ndarray
        Mass after the last burn, losses included, kg, (N,).
    """

    dv_m_s: FloatArray
    duration_s: FloatArray
    loss_m_s: FloatArray
    mass_kg: FloatArray

    @property
    def total_dv_m_s(self) -> FloatArray:
        """Impulses and losses together, m/s, (N,)."""
        return np.asarray((self.dv_m_s + self.loss_m_s).sum(axis=-1))


def plan_burns(
    dv_m_s: ArrayLike,
    n_burns: int,
    initial_mass_kg: float,
    engine: Engine,
    radius_km: ArrayLike,
    mu_km3_s2: float,
) -> BurnPlan:
    """Split an impulse at an apsis into equal impulses there and count the gravity loss of each.

    The impulses of a split add up to the single one; only the losses fall, about with the square of the
    number of burns. The mass falls from burn to burn, so that later burns are shorter.

    Parameters
    ----------
    dv_m_s : array_like
        Total impulse, m/s, (N,) or a number.
    n_burns : int
        Number of burns, one or more.
    initial_mass_kg : float
        Mass at the first ignition, kg.
    engine : Engine
        The engine that burns.
    radius_km : array_like
        Radius of the apsis, km, (N,) or a number.
    mu_km3_s2 : float
        GM of the body, km3/s2.

    Returns
    -------
    BurnPlan
        Each burn and the mass left.

    Raises
    ------
    InputError
        `n_burns` is below one, or a mass or impulse is negative.
    """
    if n_burns < 1:
        raise InputError(f"n_burns is {n_burns}; allowed: one or more")
    total = np.atleast_1d(np.asarray(dv_m_s, dtype=np.float64))
    impulses = np.repeat((total / n_burns)[:, None], n_burns, axis=1)
    return plan_impulses(impulses, initial_mass_kg, engine, radius_km, mu_km3_s2)


def plan_impulses(
    dv_m_s: ArrayLike, initial_mass_kg: float, engine: Engine, radius_km: ArrayLike, mu_km3_s2: float
) -> BurnPlan:
    """Count duration, gravity loss and mass of given impulses at successive passages of an apsis.

    Parameters
    ----------
    dv_m_s : array_like
        Impulses in the order flown, m/s, (N, n_burns).
    initial_mass_kg : float
        Mass at the first ignition, kg.
    engine : Engine
        The engine that burns.
    radius_km : array_like
        Radius of the apsis, km, (N,) or a number.
    mu_km3_s2 : float
        GM of the body, km3/s2.

    Returns
    -------
    BurnPlan
        Each burn and the mass left.

    Raises
    ------
    InputError
        A mass or impulse is negative.
    """
    impulses = np.asarray(dv_m_s, dtype=np.float64)
    radius = np.broadcast_to(np.asarray(radius_km, dtype=np.float64), impulses.shape[:1])
    mass = np.full(impulses.shape[:1], initial_mass_kg)
    durations, losses = [], []
    for number in range(impulses.shape[1]):
        share = impulses[:, number]
        durations.append(burn_time_s(mass, share, engine))
        losses.append(gravity_loss_m_s(share, durations[-1], radius, mu_km3_s2))
        mass = delivered_mass_kg(mass, share + losses[-1], engine.isp_s)
    return BurnPlan(
        dv_m_s=impulses,
        duration_s=np.stack(durations, axis=1),
        loss_m_s=np.stack(losses, axis=1),
        mass_kg=mass,
    )


def insertion_impulses_m_s(
    loi_dv_m_s: ArrayLike,
    perilune_radius_km: float,
    apolune_radius_km: ArrayLike,
    mu_km3_s2: float,
) -> FloatArray:
    """Share a lunar orbit insertion among burns at successive perilunes, each leading to a given apolune.

    Parameters
    ----------
    loi_dv_m_s : array_like
        The whole insertion, into the orbit with the last apolune, m/s, (N,).
    perilune_radius_km : float
        Radius of all perilunes, km.
    apolune_radius_km : array_like
        Apolune after each burn, km, (n_burns,).
    mu_km3_s2 : float
        GM of the Moon, km3/s2.

    Returns
    -------
    ndarray
        m/s, (N, n_burns); they add up to the whole. Negative where the arrival is slower than the first orbit.
    """
    total = np.atleast_1d(np.asarray(loi_dv_m_s, dtype=np.float64))
    after = apsis_speed_km_s(perilune_radius_km, apolune_radius_km, mu_km3_s2) * M_PER_KM
    later = np.broadcast_to(after[:-1] - after[1:], (total.size, after.size - 1))
    return np.concatenate(((total - (after[0] - after[-1]))[:, None], later), axis=1)


def apolune_after_km(
    loi_dv_m_s: ArrayLike, done_m_s: ArrayLike, perilune_radius_km: float, apolune_radius_km: float, mu_km3_s2: float
) -> FloatArray:
    """Apolune of the orbit when a part of an insertion is done.

    Parameters
    ----------
    loi_dv_m_s : array_like
        The whole insertion, m/s.
    done_m_s : array_like
        What is done of it, m/s.
    perilune_radius_km, apolune_radius_km : float
        Apses of the last orbit, km.
    mu_km3_s2 : float
        GM of the Moon, km3/s2.

    Returns
    -------
    ndarray
        Radius, km, broadcast shape; infinite where the Moon has not captured the craft yet.
    """
    left = np.asarray(loi_dv_m_s, dtype=np.float64) - np.asarray(done_m_s, dtype=np.float64)
    speed = apsis_speed_km_s(perilune_radius_km, apolune_radius_km, mu_km3_s2) + left / M_PER_KM
    energy = 0.5 * speed**2 - mu_km3_s2 / perilune_radius_km
    with np.errstate(divide="ignore"):
        apolune = -mu_km3_s2 / energy - perilune_radius_km
    return np.where(energy < 0.0, apolune, np.inf)
