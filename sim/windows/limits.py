"""Limits of a mission as data: which opportunities it accepts, and which limit refuses each of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.windows.circumstances import Circumstances

Flags = NDArray[np.bool_]
Columns = Mapping[str, NDArray[Any]]

NOT_REFUSED = "none"
"""What tables say of an opportunity that no limit refuses."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a mission accepts; None, an empty tuple and False set no limit.

    Attributes
    ----------
    c3_max_km2_s2 : float or None
        Highest launch energy.
    tli_dv_max_m_s, loi_dv_max_m_s, total_dv_max_m_s : float or None
        Highest injection, insertion, and sum of the two, impulsive.
    azimuth_min_deg, azimuth_max_deg : float or None
        Launch azimuth relative to the rotating Earth.
    coast_min_s, coast_max_s : float or None
        Coast in the parking orbit.
    launch_sun_elevation_min_deg : float or None
        Lowest Sun at the launch site at lift-off; 0 asks for daylight.
    tli_sun_fraction_min, loi_sun_fraction_min : float or None
        Least part of the Sun's disc seen at injection and at perilune; 1 asks for full sunlight.
    tli_stations, loi_stations : tuple of str
        Ground stations of which one at least must see the injection, the insertion.
    eclipse_max_s : float or None
        Longest eclipse on the way.
    beta_sun_min_deg, beta_sun_max_deg, beta_earth_min_deg, beta_earth_max_deg : float or None
        Size of the angle of Sun and Earth over the arrival plane, 0 to 90.
    sun_elevation_landing_min_deg, sun_elevation_landing_max_deg : float or None
        Sun at the landing site at landing.
    earth_elevation_landing_min_deg : float or None
        Earth at the landing site at landing.
    cross_track_landing_max_km : float or None
        Distance from the arrival plane to the landing site at landing.
    delivered_mass_min_kg : float or None
        Mass in lunar orbit.
    """

    c3_max_km2_s2: float | None = None
    tli_dv_max_m_s: float | None = None
    loi_dv_max_m_s: float | None = None
    total_dv_max_m_s: float | None = None
    azimuth_min_deg: float | None = None
    azimuth_max_deg: float | None = None
    coast_min_s: float | None = None
    coast_max_s: float | None = None
    launch_sun_elevation_min_deg: float | None = None
    tli_sun_fraction_min: float | None = None
    loi_sun_fraction_min: float | None = None
    tli_stations: tuple[str, ...] = ()
    loi_stations: tuple[str, ...] = ()
    eclipse_max_s: float | None = None
    beta_sun_min_deg: float | None = None
    beta_sun_max_deg: float | None = None
    beta_earth_min_deg: float | None = None
    beta_earth_max_deg: float | None = None
    sun_elevation_landing_min_deg: float | None = None
    sun_elevation_landing_max_deg: float | None = None
    earth_elevation_landing_min_deg: float | None = None
    cross_track_landing_max_km: float | None = None
    delivered_mass_min_kg: float | None = None

    @property
    def stations(self) -> tuple[str, ...]:
        """All ground stations named, each once."""
        return tuple(dict.fromkeys(self.tli_stations + self.loi_stations))

    @property
    def given(self) -> tuple[str, ...]:
        """Names of the limits that are set."""
        return tuple(one.name for one in fields(self) if getattr(self, one.name) not in (None, ()))


@dataclass(frozen=True, slots=True)
class _Rule:
    """What a limit is held against: a column, whether its size counts, and the direction."""

    column: str
    highest: bool
    size: bool = False


_RULES: dict[str, _Rule] = {
    "c3_max_km2_s2": _Rule("c3_km2_s2", True),
    "tli_dv_max_m_s": _Rule("tli_dv_m_s", True),
    "loi_dv_max_m_s": _Rule("loi_dv_m_s", True),
    "total_dv_max_m_s": _Rule("total_dv_m_s", True),
    "azimuth_min_deg": _Rule("azimuth_rotating_deg", False),
    "azimuth_max_deg": _Rule("azimuth_rotating_deg", True),
    "coast_min_s": _Rule("coast_s", False),
    "coast_max_s": _Rule("coast_s", True),
    "launch_sun_elevation_min_deg": _Rule("launch_sun_elevation_deg", False),
    "tli_sun_fraction_min": _Rule("tli_sun_fraction", False),
    "loi_sun_fraction_min": _Rule("loi_sun_fraction", False),
    "eclipse_max_s": _Rule("eclipse_longest_s", True),
    "beta_sun_min_deg": _Rule("beta_sun_deg", False, size=True),
    "beta_sun_max_deg": _Rule("beta_sun_deg", True, size=True),
    "beta_earth_min_deg": _Rule("beta_earth_deg", False, size=True),
    "beta_earth_max_deg": _Rule("beta_earth_deg", True, size=True),
    "sun_elevation_landing_min_deg": _Rule("sun_elevation_deg", False),
    "sun_elevation_landing_max_deg": _Rule("sun_elevation_deg", True),
    "earth_elevation_landing_min_deg": _Rule("earth_elevation_deg", False),
    "cross_track_landing_max_km": _Rule("landing_cross_track_km", True, size=True),
    "delivered_mass_min_kg": _Rule("delivered_mass_kg", False),
}

_STATION_FLAGS = {"tli_stations": "tli_in_view", "loi_stations": "loi_in_view"}


@dataclass(frozen=True)
class LimitCheck:
    """Which limits refuse which opportunities.

    Attributes
    ----------
    names : tuple of str
        The L limits that are set.
    refused : ndarray of bool, shape (N, L)
        Whether each refuses each opportunity.
    """

    names: tuple[str, ...]
    refused: Flags

    @property
    def within(self) -> Flags:
        """Opportunities that no limit refuses, shape (N,)."""
        return np.asarray(~self.refused.any(axis=1))

    def counts(self) -> dict[str, tuple[int, int]]:
        """Count what each limit refuses.

        Returns
        -------
        dict of str to tuple of int
            Opportunities refused, and those refused by this limit alone: what dropping it would give back.
        """
        alone = self.refused.sum(axis=1) == 1
        return {
            name: (int(self.refused[:, column].sum()), int((self.refused[:, column] & alone).sum()))
            for column, name in enumerate(self.names)
        }

    def reasons(self) -> NDArray[np.str_]:
        """Name the limits that refuse each opportunity.

        Returns
        -------
        ndarray of str, shape (N,)
            Names joined by ``+``; ``none`` for accepted ones.
        """
        words = ["+".join(name for name, no in zip(self.names, row, strict=True) if no) for row in self.refused]
        return np.array([text or NOT_REFUSED for text in words], dtype=np.str_)


def check_limits(limits: Limits, columns: Columns, circumstances: Circumstances) -> LimitCheck:
    """Hold opportunities against limits.

    Parameters
    ----------
    limits : Limits
        What is accepted.
    columns : mapping of str to ndarray
        Columns of shape (N,) that the limits speak of, under the names that tables give them.
    circumstances : Circumstances
        Of the same opportunities: its columns and the views of stations.

    Returns
    -------
    LimitCheck
        A number that does not exist (NaN) is refused by every limit on it.

    Raises
    ------
    InputError
        A limit on a column or a station that is not given.
    """
    known = {**circumstances.columns(), **columns}
    rows = len(circumstances.tli_sun_fraction)
    refused = [_refused(limits, name, known, circumstances) for name in limits.given]
    return LimitCheck(limits.given, np.stack(refused, axis=1) if refused else np.zeros((rows, 0), dtype=np.bool_))


def _refused(limits: Limits, name: str, columns: Columns, circumstances: Circumstances) -> Flags:
    value = getattr(limits, name)
    if name in _STATION_FLAGS:
        seen = [_view(circumstances, station, _STATION_FLAGS[name]) for station in value]
        return np.asarray(~np.any(seen, axis=0))
    rule = _RULES[name]
    if rule.column not in columns:
        raise InputError(f"the limit {name} needs the column {rule.column}, which was not computed")
    found = np.abs(columns[rule.column]) if rule.size else columns[rule.column]
    return np.asarray(~(found <= value) if rule.highest else ~(found >= value))


def _view(circumstances: Circumstances, station: str, flag: str) -> Flags:
    for views in circumstances.stations:
        if views.station_id == station:
            return np.asarray(getattr(views, flag))
    raise InputError(f"the station {station!r} of a limit is not among those computed; pass it to find_circumstances")
