"""Masses and engines, and the rocket equation that ties them to a velocity change.

Functions take and return arrays that broadcast (a plain number gives a 0-d array). A row that is NaN stays
NaN and changes no other row; a negative mass or velocity change is an error.

Sources: the rocket equation (Tsiolkovsky 1903) for constant exhaust velocity, which is the specific impulse
times standard gravity (CGPM 1901); at constant thrust the mass falls linearly, so that the burn time is
propellant over mass flow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import STANDARD_GRAVITY_M_S2
from sim.errors import InputError

FloatArray = NDArray[np.float64]


def _positive(value: float, what: str) -> None:
    """Refuse a number that is not finite and above zero."""
    if not (math.isfinite(value) and value > 0.0):
        raise InputError(f"{what} is {value:g}; allowed: a finite number above zero")


def _not_negative(values: ArrayLike, what: str) -> FloatArray:
    """Array of the values; NaN rows pass, a negative one is an error."""
    array = np.asarray(values, dtype=np.float64)
    if bool(np.any(array < 0.0)):
        raise InputError(f"{what} is {float(np.nanmin(array)):g}; allowed: zero or more")
    return array


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine, or a cluster that burns as one, at constant thrust.

    Parameters
    ----------
    thrust_n : float
        Vacuum thrust, N.
    isp_s : float
        Vacuum specific impulse, s.
    name : str
        What reports call it.

    Raises
    ------
    InputError
        A number is not finite or not above zero.
    """

    thrust_n: float
    isp_s: float
    name: str = ""

    def __post_init__(self) -> None:
        _positive(self.thrust_n, "thrust_n")
        _positive(self.isp_s, "isp_s")

    @property
    def exhaust_velocity_m_s(self) -> float:
        """Effective exhaust velocity, m/s."""
        return self.isp_s * STANDARD_GRAVITY_M_S2

    @property
    def mass_flow_kg_s(self) -> float:
        """Propellant burnt per second, kg/s."""
        return self.thrust_n / self.exhaust_velocity_m_s


@dataclass(frozen=True, slots=True)
class Spacecraft:
    """A spacecraft as the launcher leaves it on the way to the Moon.

    Parameters
    ----------
    launch_mass_kg : float
        Mass at separation from the launcher, propellant included, kg.
    dry_mass_kg : float
        Mass without usable propellant, kg.
    engines : tuple of Engine
        The first one does the large burns; empty for craft that only fly where they are thrown.

    Raises
    ------
    InputError
        A mass is not finite or not above zero, or the dry mass exceeds the launch mass.
    """

    launch_mass_kg: float
    dry_mass_kg: float
    engines: tuple[Engine, ...]

    def __post_init__(self) -> None:
        _positive(self.launch_mass_kg, "launch_mass_kg")
        _positive(self.dry_mass_kg, "dry_mass_kg")
        if self.dry_mass_kg > self.launch_mass_kg:
            raise InputError(
                f"dry_mass_kg is {self.dry_mass_kg:g}; "
                f"allowed: at most launch_mass_kg = {self.launch_mass_kg:g}"
            )

    @property
    def main_engine(self) -> Engine:
        """The engine of the large burns; InputError when there is none."""
        if not self.engines:
            raise InputError("the spacecraft has no engine; allowed: one engine or more for any velocity change")
        return self.engines[0]

    @property
    def propellant_mass_kg(self) -> float:
        """Usable propellant at separation, kg."""
        return self.launch_mass_kg - self.dry_mass_kg

    @property
    def dv_capability_m_s(self) -> float:
        """Velocity change that the whole propellant gives with the main engine, m/s."""
        return float(available_dv_m_s(self.launch_mass_kg, self.dry_mass_kg, self.main_engine.isp_s))

    def delivered_mass_kg(self, dv_m_s: ArrayLike) -> FloatArray:
        """Mass left after a velocity change by the main engine.

        Parameters
        ----------
        dv_m_s : array_like
            Velocity changes, m/s, any shape.

        Returns
        -------
        ndarray
            Mass, kg, same shape; below `dry_mass_kg` where the propellant does not suffice.
        """
        return delivered_mass_kg(self.launch_mass_kg, dv_m_s, self.main_engine.isp_s)

    def propellant_margin_kg(self, dv_m_s: ArrayLike) -> FloatArray:
        """Propellant left after a velocity change by the main engine.

        Parameters
        ----------
        dv_m_s : array_like
            Velocity changes, m/s, any shape.

        Returns
        -------
        ndarray
            Propellant, kg, same shape; negative where it does not suffice.
        """
        return self.delivered_mass_kg(dv_m_s) - self.dry_mass_kg


def delivered_mass_kg(initial_mass_kg: ArrayLike, dv_m_s: ArrayLike, isp_s: float) -> FloatArray:
    """Mass after a velocity change: ``m0 exp(-dv/c)``.

    Parameters
    ----------
    initial_mass_kg : array_like
        Mass before, kg.
    dv_m_s : array_like
        Velocity change, m/s, losses included.
    isp_s : float
        Specific impulse, s.

    Returns
    -------
    ndarray
        Mass after, kg, broadcast shape.

    Raises
    ------
    InputError
        A mass or velocity change is negative, or `isp_s` is not above zero.
    """
    _positive(isp_s, "isp_s")
    mass = _not_negative(initial_mass_kg, "initial_mass_kg")
    dv = _not_negative(dv_m_s, "dv_m_s")
    return np.asarray(mass * np.exp(-dv / (isp_s * STANDARD_GRAVITY_M_S2)))


def propellant_kg(initial_mass_kg: ArrayLike, dv_m_s: ArrayLike, isp_s: float) -> FloatArray:
    """Propellant of a velocity change: ``m0 (1 - exp(-dv/c))``, exact for small burns too.

    Parameters
    ----------
    initial_mass_kg : array_like
        Mass before, kg.
    dv_m_s : array_like
        Velocity change, m/s, losses included.
    isp_s : float
        Specific impulse, s.

    Returns
    -------
    ndarray
        Propellant, kg, broadcast shape.

    Raises
    ------
    InputError
        A mass or velocity change is negative, or `isp_s` is not above zero.
    """
    _positive(isp_s, "isp_s")
    mass = _not_negative(initial_mass_kg, "initial_mass_kg")
    dv = _not_negative(dv_m_s, "dv_m_s")
    return np.asarray(-mass * np.expm1(-dv / (isp_s * STANDARD_GRAVITY_M_S2)))


def available_dv_m_s(initial_mass_kg: ArrayLike, final_mass_kg: ArrayLike, isp_s: float) -> FloatArray:
    """Velocity change between two masses: ``c ln(m0/m1)``.

    Parameters
    ----------
    initial_mass_kg, final_mass_kg : array_like
        Mass before and after, kg.
    isp_s : float
        Specific impulse, s.

    Returns
    -------
    ndarray
        Velocity change, m/s, broadcast shape; NaN where the mass after is zero or exceeds the mass before.

    Raises
    ------
    InputError
        A mass is negative, or `isp_s` is not above zero.
    """
    _positive(isp_s, "isp_s")
    before = _not_negative(initial_mass_kg, "initial_mass_kg")
    after = _not_negative(final_mass_kg, "final_mass_kg")
    undefined = np.full(np.broadcast(before, after).shape, np.nan)
    ratio = np.divide(before, after, out=undefined, where=after > 0.0)
    return np.asarray(isp_s * STANDARD_GRAVITY_M_S2 * np.log(np.where(ratio >= 1.0, ratio, np.nan)))


def burn_time_s(initial_mass_kg: ArrayLike, dv_m_s: ArrayLike, engine: Engine) -> FloatArray:
    """Duration of a burn at constant thrust: propellant over mass flow.

    Parameters
    ----------
    initial_mass_kg : array_like
        Mass at ignition, kg.
    dv_m_s : array_like
        Velocity change, m/s, losses included.
    engine : Engine
        The engine that burns.

    Returns
    -------
    ndarray
        Seconds, broadcast shape.

    Raises
    ------
    InputError
        A mass or velocity change is negative.
    """
    return propellant_kg(initial_mass_kg, dv_m_s, engine.isp_s) / engine.mass_flow_kg_s
