"""STK external ephemeris files (``.e``): a writer, and a reader for what it writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, StoreError
from sim.timescales import tdb_from_tt, tdb_from_utc, tt_from_tdb, utc_from_tdb

Floats = NDArray[np.float64]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_stk_ephemeris(
    path: Path | str, central_body: str, t_tdb: Floats, states: Floats, *, coordinate_system: str = "ICRF"
) -> Path:
    """Write one trajectory as an STK ephemeris of positions and velocities.

    Parameters
    ----------
    path : Path
        File to write.
    central_body : str
        ``Earth`` or ``Moon``.
    t_tdb : ndarray, shape (T,)
        Strictly increasing epochs, seconds past J2000 TDB.
    states : ndarray, shape (T, 6)
        km and km/s.
    coordinate_system : str
        Name of the axes in STK.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        Shapes that do not fit, epochs that do not increase, numbers that are not finite.
    StoreError
        The file cannot be written.

    Notes
    -----
    Times are SI seconds since the whole UTC second at or before the first epoch; numbers have 17 digits, so states are
    read back as they were.
    """
    t, rows = np.asarray(t_tdb, np.float64), np.asarray(states, np.float64)
    if t.ndim != 1 or t.size < 2 or rows.shape != (t.size, 6):
        raise InputError(f"an ephemeris needs epochs (T,) and states (T, 6), T >= 2; found {t.shape} and {rows.shape}")
    if not (np.isfinite(t).all() and np.isfinite(rows).all() and (np.diff(t) > 0.0).all()):
        raise InputError("an ephemeris needs finite numbers and epochs that increase strictly")
    start = str(utc_from_tdb(float(t[0]), decimals=0))
    if tdb_from_utc(start) > t[0]:
        start = str(utc_from_tdb(float(t[0]) - 0.5, decimals=0))
    elapsed = np.asarray(tt_from_tdb(t)) - float(tt_from_tdb(tdb_from_utc(start)))
    head = [
        "stk.v.11.0", "", "BEGIN Ephemeris", "", f"NumberOfEphemerisPoints {t.size}",
        f"ScenarioEpoch {_gregorian(start)}",
        "InterpolationMethod Hermite", "InterpolationSamplesM1 7", f"CentralBody {central_body}",
        f"CoordinateSystem {coordinate_system}", "DistanceUnit Kilometers", "", "EphemerisTimePosVel", "",
    ]  # fmt: skip
    lines = [" ".join(f"{value:.17e}" for value in (s, *row)) for s, row in zip(elapsed, rows, strict=True)]
    try:
        Path(path).write_text("\n".join([*head, *lines, "", "END Ephemeris"]) + "\n", encoding="ascii")
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; choose a folder that you may write to") from error
    return Path(path)


def _gregorian(utc: str) -> str:
    """Epoch as STK writes it: ``1 Jan 2026 00:00:00.000``."""
    return f"{int(utc[8:10])} {MONTHS[int(utc[5:7]) - 1]} {utc[:4]} {utc[11:19]}.000"


def read_stk_ephemeris(path: Path | str) -> tuple[Floats, Floats]:
    """Read an STK ephemeris in the form of :func:`write_stk_ephemeris`.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    t_tdb : ndarray, shape (T,)
        Seconds past J2000 TDB.
    states : ndarray, shape (T, 6)
        km and km/s.

    Raises
    ------
    InputError
        The file is missing, or no ephemeris with an epoch, kilometres and the announced number of points.
    """
    try:
        lines = [line.strip() for line in Path(path).read_text(encoding="ascii").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read STK ephemeris {path}: {error}") from error
    keys = dict(line.split(" ", 1) for line in lines if " " in line and line[:1].isalpha())
    try:
        begin, end = lines.index("EphemerisTimePosVel") + 1, lines.index("END Ephemeris")
        rows = np.array([line.split() for line in lines[begin:end] if line], dtype=np.float64).reshape(-1, 7)
        day, month, year, clock = keys["ScenarioEpoch"].split()
        start = tdb_from_utc(f"{year}-{MONTHS.index(month) + 1:02d}-{int(day):02d}T{clock}")
        counted = int(keys["NumberOfEphemerisPoints"])
    except (ValueError, KeyError) as error:
        raise InputError(f"{path} is no STK ephemeris of positions and velocities ({error})") from error
    if counted != len(rows) or keys.get("DistanceUnit", "Meters") != "Kilometers":
        raise InputError(f"{path}: {counted} points announced, {len(rows)} found; the unit must be Kilometers")
    return np.asarray(tdb_from_tt(float(tt_from_tdb(start)) + rows[:, 0])), rows[:, 1:]
