"""UT1 and polar motion from the package's own cut of the IERS series, and what they are worth at an epoch.

Between two days the values are interpolated linearly in UT1-TAI, which has no leap seconds (left out: the
curvature between days, 0.02 m; the daily and half-daily ocean tides, 0.03 m; the celestial pole offsets, 0.02
m).

Two named approximations outside the series:

* 1958-1961 "almanac UT1": UT1-TAI = 32.184 s - Delta T with Delta T at the start of each year from the
  Astronomical Almanac (page K9; 1958 32.18, 1959 32.68, 1960 33.15, 1961 33.59 s), joined linearly to the
  first day of the series. Seasonal terms of 0.03 s and the rounding stay below 0.1 s, that is 46 m at the
  equator.
* After the last prediction "last value held": UT1-TAI and the pole stay where they are; the error grows with
  the excess length of day, at most 2.5 ms a day over any span from 1 day to 10 years since 1999 (the yearly
  mean is at most 1.5 ms).
"""

from __future__ import annotations

import functools
import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.constants import SECONDS_PER_DAY
from sim.errors import DataError
from sim.timescales.elementwise import FloatArray, elementwise, finite_seconds
from sim.timescales.node_table import SUPPORTED_START_MJD
from sim.timescales.scales import (
    TT_MINUS_TAI_S,
    julian_date_pair,
    tai_from_tdb,
    tai_minus_utc_s,
)
from sim.timescales.utc_days import utc_days
from sim.units import RAD_PER_ARCSEC

DATA_DIRECTORY = Path(__file__).parent / "data"
TABLE_NAME = "earth_orientation.npy"
DESCRIPTION_NAME = "earth_orientation.json"
UT1_UNIT_S = 1e-7
POLE_UNIT_ARCSEC = 1e-6

_ALMANAC_DELTA_T_S = {36204: 32.18, 36569: 32.68, 36934: 33.15, 37300: 33.59}
"""TT-UT1 at 1958-01-01, 1959-01-01, 1960-01-01 and 1961-01-01 (modified Julian dates)."""

EQUATOR_M_PER_S = 465.1
"""Speed of the equator: metres of site position per second of UT1."""
POLE_M_PER_ARCSEC = 30.9
ALMANAC_BOUND_M = 62.0
"""0.1 s of UT1 and 0.5 arcsec of pole."""
HELD_LENGTH_OF_DAY_BOUND_S = 2.5e-3
PREDICTION_SIGMAS = 3.0


class EarthOrientation(NamedTuple):
    """Orientation values at epochs; every field has the shape of the epochs."""

    ut1_minus_tai_s: FloatArray
    pole_x_rad: FloatArray
    pole_y_rad: FloatArray


class EarthOrientationQuality(NamedTuple):
    """What the orientation is worth: ``measured``, ``predicted`` or ``extrapolated``, and an error bound."""

    kind: NDArray[np.str_]
    error_bound_m: FloatArray


@dataclass(frozen=True)
class OrientationTable:
    """The series, with the almanac years in front.

    Attributes
    ----------
    t_tai : ndarray (D,)
        TAI seconds past J2000 at 0h UTC.
    ut1_minus_tai_s, pole_x_rad, pole_y_rad : ndarray (D,)
    first_measured_tai, last_measured_tai, last_predicted_tai : float
        Limits of the parts of the series.
    """

    t_tai: FloatArray
    ut1_minus_tai_s: FloatArray
    pole_x_rad: FloatArray
    pole_y_rad: FloatArray
    first_measured_tai: float
    last_measured_tai: float
    last_predicted_tai: float


def payload_sha256(table: bytes, description: dict[str, Any]) -> str:
    """SHA-256 over the table's bytes and the description without its own hash."""
    rest = {key: value for key, value in description.items() if key != "sha256"}
    return hashlib.sha256(table + json.dumps(rest, sort_keys=True).encode()).hexdigest()


def read_table(directory: Path) -> tuple[dict[str, Any], NDArray[np.int32]]:
    """Read and verify the packaged series.

    Parameters
    ----------
    directory : Path
        Folder with the table and its description.

    Returns
    -------
    tuple
        Description and integers ``(days, 3)``: UT1-TAI in 0.1 microseconds, pole x and y in microarcseconds.

    Raises
    ------
    DataError
        When a file is missing or does not match its SHA-256.
    """
    try:
        raw = (directory / TABLE_NAME).read_bytes()
        description = json.loads((directory / DESCRIPTION_NAME).read_text(encoding="utf-8"))
        if not isinstance(description, dict) or description.get("sha256") != payload_sha256(raw, description):
            raise DataError(f"Earth orientation data {TABLE_NAME} fails its SHA-256; reinstall the package")
        return description, np.load(io.BytesIO(raw), allow_pickle=False)
    except (OSError, ValueError) as error:
        text = f"cannot read the Earth orientation data {TABLE_NAME} ({error}); reinstall the package"
        raise DataError(text) from error


def _tai_at_day(mjd: NDArray[np.int64] | int) -> Any:
    return utc_days().start_tai_s[np.asarray(mjd) - SUPPORTED_START_MJD]


@functools.cache
def orientation_table() -> OrientationTable:
    """Open the packaged series once per process.

    Returns
    -------
    OrientationTable
        The series.

    Raises
    ------
    DataError
        When it is missing or corrupt.
    """
    description, values = read_table(DATA_DIRECTORY)
    first, measured = int(description["first_mjd"]), int(description["last_measured_mjd"])
    early = np.array(list(_ALMANAC_DELTA_T_S), dtype=np.int64)
    mjd = np.concatenate([early, first + np.arange(len(values))])
    almanac = TT_MINUS_TAI_S - np.array(list(_ALMANAC_DELTA_T_S.values()))
    pole = values[:, 1:] * (POLE_UNIT_ARCSEC * RAD_PER_ARCSEC)
    pole = np.concatenate([np.repeat(pole[:1], len(early), axis=0), pole])
    return OrientationTable(
        t_tai=_tai_at_day(mjd),
        ut1_minus_tai_s=np.concatenate([almanac, values[:, 0] * UT1_UNIT_S]),
        pole_x_rad=np.ascontiguousarray(pole[:, 0]),
        pole_y_rad=np.ascontiguousarray(pole[:, 1]),
        first_measured_tai=float(_tai_at_day(first)),
        last_measured_tai=float(_tai_at_day(measured)),
        last_predicted_tai=float(_tai_at_day(int(mjd[-1]))),
    )


def earth_orientation(t_tdb: Any) -> EarthOrientation:
    """UT1 and polar motion.

    Parameters
    ----------
    t_tdb : float or array_like
        Seconds past J2000 TDB.

    Returns
    -------
    EarthOrientation
        Arrays of the shape of `t_tdb`.

    Raises
    ------
    InputError
        For epochs that are not finite or outside 1958-2100.
    DataError
        When the packaged series is missing or corrupt.
    """
    t_tai = np.asarray(tai_from_tdb(finite_seconds(t_tdb)))
    table = orientation_table()
    return EarthOrientation(
        np.interp(t_tai, table.t_tai, table.ut1_minus_tai_s),
        np.interp(t_tai, table.t_tai, table.pole_x_rad),
        np.interp(t_tai, table.t_tai, table.pole_y_rad),
    )


@elementwise
def ut1_minus_tai_s(t_tdb: FloatArray) -> FloatArray:
    """UT1-TAI in seconds; raises as :func:`earth_orientation`."""
    return earth_orientation(t_tdb).ut1_minus_tai_s


@elementwise
def ut1_minus_utc_s(t_tdb: FloatArray) -> FloatArray:
    """UT1-UTC in seconds; raises as :func:`earth_orientation`. Before 1960 UTC is broadcast UT (`utc_days`)."""
    return ut1_minus_tai_s(t_tdb) + tai_minus_utc_s(t_tdb)


def ut1_julian_date(t_tdb: Any) -> tuple[FloatArray, FloatArray]:
    """Two-part UT1 Julian date, as ERFA wants it, of TDB seconds past J2000."""
    t_tai = np.asarray(tai_from_tdb(finite_seconds(t_tdb)))
    return julian_date_pair(t_tai + earth_orientation(t_tdb).ut1_minus_tai_s)


def _measured_bound_m(t_tai: FloatArray) -> FloatArray:
    """Three formal errors of IERS C04 by era (2 ms, 0.03 arcsec in 1962), plus what is left out."""
    eras_mjd, bounds_m = np.array([41317, 44239, 45700, 47892]), np.array([7.0, 2.5, 1.0, 0.4, 0.15])
    return bounds_m[np.searchsorted(_tai_at_day(eras_mjd), t_tai, side="right")]


def _predicted_bound_m(days: FloatArray) -> FloatArray:
    """Three times the standard errors printed in IERS Bulletin A: 0.00025 d^0.75 s, 0.00068 d^0.80 arcsec."""
    ut1_m = EQUATOR_M_PER_S * 0.00025 * days**0.75
    return 0.15 + PREDICTION_SIGMAS * (ut1_m + POLE_M_PER_ARCSEC * 0.00068 * days**0.80)


def earth_orientation_quality(t_tdb: Any) -> EarthOrientationQuality:
    """Say what the Earth orientation at an epoch rests on.

    Parameters
    ----------
    t_tdb : float or array_like
        Seconds past J2000 TDB.

    Returns
    -------
    EarthOrientationQuality
        ``kind`` and ``error_bound_m``, the bound on the position of a site at the equator, of the shape of
        `t_tdb`. Epochs before 1962 are ``extrapolated`` (almanac Delta T) with a bound of 62 m.

    Raises
    ------
    InputError, DataError
        As :func:`earth_orientation`.
    """
    t_tai = np.asarray(tai_from_tdb(finite_seconds(t_tdb)))
    table = orientation_table()
    predicted_s = np.clip(t_tai, table.last_measured_tai, table.last_predicted_tai) - table.last_measured_tai
    held_days = np.maximum(t_tai - table.last_predicted_tai, 0.0) / SECONDS_PER_DAY
    drift_m = held_days * HELD_LENGTH_OF_DAY_BOUND_S * EQUATOR_M_PER_S
    later = _predicted_bound_m(predicted_s / SECONDS_PER_DAY) + drift_m
    before, measured = t_tai < table.first_measured_tai, t_tai <= table.last_measured_tai
    inside = np.where(measured, "measured", "predicted")
    kind = np.where(before | (held_days > 0.0), "extrapolated", inside)
    bound = np.where(before, ALMANAC_BOUND_M, np.where(measured, _measured_bound_m(t_tai), later))
    return EarthOrientationQuality(kind, bound)
