"""Luna 25's loss from published numbers: when and where a burn of 127 s in place of 84 s ends, and what is unknown.

Published: de-orbit burn at 11:10 UTC on 19 August 2023, 127 s instead of 84 s; orbit of 90 x 113 km before (100 km in
the plan), 18 km wanted; loss of signal at 11:57; crater at 57.865 S 61.360 E, 360 m below the sphere. Not published:
where on the orbit the burn took place (argument of perilune), the plane, and seconds of the times. The study flies the
burn for all of them and reports the spread; it fits nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, UnreachableError
from sim.operations.descent import Overburn, overburn
from sim.units import DEG_PER_RAD, RAD_PER_DEG

FloatArray = NDArray[np.float64]

_MOON_DEG_S = 360.0 / (27.321_661 * 86_400.0)
"""Sidereal rotation of the Moon (Allen's Astrophysical Quantities, 27.321 661 days)."""


@dataclass(frozen=True, slots=True)
class OrbitBefore:
    """An orbit before the burn.

    Attributes
    ----------
    name : str
        For tables.
    perilune_altitude_km, apolune_altitude_km : float
        Altitudes.
    planned_perilune_km : float
        What the planned burn was to reach.
    """

    name: str
    perilune_altitude_km: float
    apolune_altitude_km: float
    planned_perilune_km: float = 18.0


@dataclass(frozen=True, eq=False)
class OverburnStudy:
    """Outcomes over orbits and places of the burn. Arrays have shape (R,), one row per case.

    Attributes
    ----------
    orbit : tuple of str
        Names of the orbits.
    apsis_altitude_km : ndarray, shape (R, 2)
        Perilune and apolune altitude of the orbit before.
    true_anomaly_deg : ndarray
        Where the burn began.
    planned_dv_m_s, actual_dv_m_s : ndarray
        Velocity changes.
    perilune_altitude_km : ndarray
        After the actual burn.
    impact_s : ndarray
        From the begin of the burn to the ground; NaN where there is no impact.
    late_s : ndarray
        The same less the observed time: negative is earlier than observed.
    arc_deg : ndarray
        From the begin of the burn to the impact.
    burn_latitude_deg, burn_longitude_deg : ndarray
        Where the burn must have begun for the impact to be in the observed crater.
    perilune_arc_deg : ndarray
        From the begin of the burn to the perilune that the planned burn would have given.
    perilune_latitude_deg, perilune_longitude_deg : ndarray
        Where that would then have been.
    """

    orbit: tuple[str, ...]
    apsis_altitude_km: FloatArray
    true_anomaly_deg: FloatArray
    planned_dv_m_s: FloatArray
    actual_dv_m_s: FloatArray
    perilune_altitude_km: FloatArray
    impact_s: FloatArray
    late_s: FloatArray
    arc_deg: FloatArray
    burn_latitude_deg: FloatArray
    burn_longitude_deg: FloatArray
    perilune_arc_deg: FloatArray
    perilune_latitude_deg: FloatArray
    perilune_longitude_deg: FloatArray

    @property
    def impact_range_s(self) -> tuple[float, float]:
        """Earliest and latest impact after the begin of the burn."""
        return float(np.nanmin(self.impact_s)), float(np.nanmax(self.impact_s))

    @property
    def least_miss_s(self) -> float:
        """How far the nearest case is from the observed time, with its sign."""
        return float(self.late_s[np.nanargmin(np.abs(self.late_s))])


def study_overburn(
    orbits: Sequence[OrbitBefore],
    *,
    planned_s: float,
    actual_s: float,
    observed_s: float,
    crater_latitude_deg: float,
    crater_longitude_deg: float,
    crater_altitude_km: float,
    inclination_deg: float = 90.0,
    southbound: bool = True,
    anomalies_deg: Sequence[float] = tuple(range(0, 360, 15)),
) -> OverburnStudy:
    """Fly an overlong de-orbit burn for several orbits and all places of the burn.

    Parameters
    ----------
    orbits : sequence of OrbitBefore
        Orbits before the burn.
    planned_s, actual_s : float
        Durations of the burn.
    observed_s : float
        From the begin of the burn to the loss of signal.
    crater_latitude_deg, crater_longitude_deg, crater_altitude_km : float
        Observed impact.
    inclination_deg : float
        Of the orbit (not published; "near-polar").
    southbound : bool
        Direction of flight at the crater.
    anomalies_deg : sequence of float
        True anomalies at which the burn may have begun.

    Returns
    -------
    OverburnStudy

    Raises
    ------
    InputError
        No case, or an inclination that does not reach the crater.
    UnreachableError
        The planned burn is impossible on one of the orbits.
    """
    cases = [(orbit, nu) for orbit in orbits for nu in anomalies_deg]
    if not cases:
        raise InputError("a study needs one orbit and one anomaly or more")
    flown: list[Overburn] = [
        overburn(
            orbit.perilune_altitude_km, orbit.apolune_altitude_km, nu, planned_s=planned_s, actual_s=actual_s,
            planned_perilune_km=orbit.planned_perilune_km, ground_altitude_km=crater_altitude_km,
        )
        for orbit, nu in cases
    ]  # fmt: skip
    impact = np.array([one.impact_s for one in flown])
    arc = np.array([one.arc_deg for one in flown])
    crater = crater_latitude_deg, crater_longitude_deg
    burn = places_before(*crater, inclination_deg, southbound, arc, impact)
    to_perilune = np.array([one.planned_perilune_arc_deg for one in flown])
    back = arc - to_perilune
    perilune = places_before(*crater, inclination_deg, southbound, back, back * impact / arc)
    return OverburnStudy(
        tuple(orbit.name for orbit, _ in cases),
        np.array([(orbit.perilune_altitude_km, orbit.apolune_altitude_km) for orbit, _ in cases]),
        np.array([nu for _, nu in cases], dtype=np.float64),
        np.array([one.planned_dv_m_s for one in flown]),
        np.array([one.actual_dv_m_s for one in flown]),
        np.array([one.perilune_altitude_km for one in flown]),
        impact,
        impact - observed_s,
        arc,
        *burn,
        to_perilune,
        *perilune,
    )


def impacts_for_perilune(
    study: OverburnStudy,
    latitude_deg: float,
    longitude_deg: float,
    *,
    inclination_deg: float = 90.0,
    southbound: bool = True,
) -> tuple[FloatArray, FloatArray]:
    """Find where the impacts would have been, had the planned perilune been over a chosen place.

    Where the perilune was to be was not published; over the landing site, or before it by the length of the powered
    descent, are the natural guesses.

    Parameters
    ----------
    study : OverburnStudy
        Burns flown.
    latitude_deg, longitude_deg : float
        Place of the planned perilune at the time it would have been passed.
    inclination_deg : float
        Of the orbit.
    southbound : bool
        Direction of flight there.

    Returns
    -------
    latitude_deg, longitude_deg : ndarray (R,)
        Of the impacts; NaN where there is none.

    Raises
    ------
    UnreachableError
        The orbit does not reach the latitude.
    """
    back = study.perilune_arc_deg - study.arc_deg
    return places_before(
        latitude_deg, longitude_deg, inclination_deg, southbound, back, back * study.impact_s / study.arc_deg
    )


def places_before(
    latitude_deg: float,
    longitude_deg: float,
    inclination_deg: float,
    southbound: bool,
    arc_deg: FloatArray,
    elapsed_s: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Find where on the Moon an orbiter was over an arc before it passed a place.

    Parameters
    ----------
    latitude_deg, longitude_deg : float
        The place, selenographic.
    inclination_deg : float
        Of the orbit.
    southbound : bool
        Direction of flight at the place.
    arc_deg : ndarray (N,)
        Angle flown since, against inertial axes; negative for places after.
    elapsed_s : ndarray (N,)
        Time since, during which the Moon has turned.

    Returns
    -------
    latitude_deg, longitude_deg : ndarray (N,)
        Selenographic at the time.

    Raises
    ------
    UnreachableError
        The orbit does not reach the latitude of the place.
    """
    sine = np.sin(latitude_deg * RAD_PER_DEG) / np.sin(inclination_deg * RAD_PER_DEG)
    if not abs(sine) <= 1.0:
        raise UnreachableError(f"an orbit of {inclination_deg:g} degrees does not reach latitude {latitude_deg:g}")
    here = np.arcsin(sine)
    if southbound:
        here = np.pi - here
    there = here - arc_deg * RAD_PER_DEG
    inc = inclination_deg * RAD_PER_DEG
    latitude = np.arcsin(np.clip(np.sin(inc) * np.sin(there), -1.0, 1.0)) * DEG_PER_RAD
    turned = _from_node_deg(there, inc) - _from_node_deg(here, inc) + _MOON_DEG_S * elapsed_s
    return latitude, np.asarray(np.mod(longitude_deg + turned + 180.0, 360.0) - 180.0)


def _from_node_deg(argument_rad: FloatArray | float, inclination_rad: float) -> FloatArray:
    """Right ascension from the node of an argument of latitude, degrees."""
    return np.asarray(np.arctan2(np.cos(inclination_rad) * np.sin(argument_rad), np.cos(argument_rad)) * DEG_PER_RAD)
