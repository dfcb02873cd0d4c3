"""CCSDS Orbit Ephemeris Message 2.0 in keyword-value notation: a writer and a reader.

Follows CCSDS 502.0-B-2 (Orbit Data Messages, Blue Book, 2009): section 5 for the message, 7.5 for the number
format (fixed point, at most 16 digits) and 7.3 for the line length (254 characters).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, StoreError
from sim.timescales import tdb_from_utc, utc_from_tdb

Floats = NDArray[np.float64]

TIME_SYSTEMS: tuple[str, ...] = ("TDB", "UTC")
"""Time systems that the writer and the reader know."""

_J2000 = np.datetime64("2000-01-01T12:00:00", "s")
_DIGITS = 16
_REQUIRED = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME")


@dataclass(frozen=True)
class OemSegment:
    """One block of ephemeris data with its metadata.

    Attributes
    ----------
    metadata : dict of str to str
        Keywords between META_START and META_STOP.
    t_tdb : ndarray, shape (T,)
        Epochs, seconds past J2000 TDB, whatever the time system of the file.
    states : ndarray, shape (T, 6)
        km and km/s in the frame and about the centre that the metadata name.
    comments : tuple of str
        Comments of the metadata and data blocks.
    """

    metadata: dict[str, str]
    t_tdb: Floats
    states: Floats
    comments: tuple[str, ...] = ()


@dataclass(frozen=True)
class OemMessage:
    """A whole message.

    Attributes
    ----------
    header : dict of str to str
        Keywords before the first segment.
    segments : tuple of OemSegment
        In file order.
    """

    header: dict[str, str]
    segments: tuple[OemSegment, ...]


@dataclass
class _Open:
    """A segment while it is read."""

    metadata: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    epochs: list[str] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)


def tdb_calendar(t_tdb: float, decimals: int = 9) -> str:
    """Write seconds past J2000 TDB as a TDB calendar epoch.

    Parameters
    ----------
    t_tdb : float
        Seconds past J2000 TDB.
    decimals : int
        Decimals of the second; 9 keep every bit of a double more than 97 days from J2000.

    Returns
    -------
    str
        ``YYYY-MM-DDTHH:MM:SS.fff``, TDB.
    """
    whole = int(np.floor(t_tdb))
    fraction = f"{t_tdb - whole:.{decimals}f}"
    if fraction.startswith("1"):
        whole, fraction = whole + 1, f"{0.0:.{decimals}f}"
    return str(_J2000 + np.timedelta64(whole, "s")) + fraction[1:]


def tdb_seconds(epoch: str) -> float:
    """Read a TDB calendar epoch.

    Parameters
    ----------
    epoch : str
        ``YYYY-MM-DDTHH:MM:SS[.fff]``, TDB; a trailing ``Z`` is allowed by the standard and ignored.

    Returns
    -------
    float
        Seconds past J2000 TDB.
    """
    whole, _, fraction = epoch.rstrip("Z").partition(".")
    seconds = int((np.datetime64(whole, "s") - _J2000).astype(np.int64))
    return seconds + (float("0." + fraction) if fraction else 0.0)


def write_oem(
    path: Path | str,
    object_name: str,
    object_id: str,
    center_name: str,
    t_tdb: Floats,
    states: Floats,
    *,
    ref_frame: str = "ICRF",
    time_system: str = "TDB",
    originator: str = "PERILUNE",
    interpolation: tuple[str, int] = ("HERMITE", 7),
    comments: Sequence[str] = (),
) -> Path:
    """Write one trajectory as a CCSDS OEM 2.0 file.

    Parameters
    ----------
    path : Path
        File to write.
    object_name, object_id, center_name : str
        Metadata keywords; upper case by convention.
    t_tdb : ndarray, shape (T,)
        Strictly increasing epochs, seconds past J2000 TDB.
    states : ndarray, shape (T, 6)
        km and km/s.
    ref_frame : str
        Axes of the states.
    time_system : str
        One of `TIME_SYSTEMS`: how the epochs are written. UTC is written to the microsecond.
    originator : str
        Header keyword.
    interpolation : (str, int)
        Recommended interpolation and its degree.
    comments : sequence of str
        Written at the head of the data block.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        When the epochs do not increase, a number is not finite, or the time system is unknown.
    StoreError
        When the file cannot be written.

    Notes
    -----
    Positions are written with 16 digits, so a state within a million kilometres of its centre is read back to
    1e-10 km (``tests/truth/test_truth_oem_readers.py``).
    """
    path = Path(path)
    _check_arrays(t_tdb, states)
    epochs = _epochs(t_tdb, time_system)
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    lines = ["CCSDS_OEM_VERS = 2.0", f"CREATION_DATE = {created}", f"ORIGINATOR = {_ascii(originator)}", ""]
    values = (object_name, object_id, center_name, ref_frame, time_system, epochs[0], epochs[-1])
    lines.append("META_START")
    lines += [f"{key} = {_ascii(value)}" for key, value in zip(_REQUIRED, values, strict=True)]
    lines += [f"INTERPOLATION = {interpolation[0]}", f"INTERPOLATION_DEGREE = {interpolation[1]}", "META_STOP", ""]
    lines += [f"COMMENT {_ascii(comment)[:240]}" for comment in comments]
    lines += [f"{epoch} {_state(row)}" for epoch, row in zip(epochs, states, strict=True)]
    try:
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; choose a folder that you may write to") from error
    return path


def _check_arrays(t_tdb: Floats, states: Floats) -> None:
    if states.ndim != 2 or states.shape[1] != 6 or t_tdb.shape != states.shape[:1] or len(t_tdb) < 2:
        raise InputError(
            f"an OEM needs epochs of shape (T,) and states of shape (T, 6) with T >= 2; found {t_tdb.shape} and "
            f"{states.shape}"
        )
    if not (np.isfinite(t_tdb).all() and np.isfinite(states).all()):
        raise InputError("an OEM holds finite numbers only; found NaN or infinity in the trajectory")
    if not (np.diff(t_tdb) > 0.0).all():
        raise InputError("the epochs of an OEM segment must increase strictly; sort them and drop repeated ones")


def _epochs(t_tdb: Floats, time_system: str) -> list[str]:
    if time_system == "TDB":
        return [tdb_calendar(float(t)) for t in t_tdb]
    if time_system == "UTC":
        return [str(epoch) for epoch in np.atleast_1d(utc_from_tdb(t_tdb, decimals=6))]
    raise InputError(f"unknown time system {time_system!r}; allowed: {', '.join(TIME_SYSTEMS)}")


def _ascii(text: str) -> str:
    """Return `text` in printable ASCII on one line, as the standard asks."""
    return " ".join(text.encode("ascii", "replace").decode("ascii").split())


def _state(row: Floats) -> str:
    return " ".join(_fixed(float(value)) for value in row)


def _fixed(value: float) -> str:
    """Write `value` in fixed point with 16 digits, the most that CCSDS 502.0-B-2 section 7.5 allows."""
    integer_digits = len(str(int(abs(value))))
    return f"{value:.{max(1, _DIGITS - integer_digits)}f}"


def read_oem(path: Path | str) -> OemMessage:
    """Read a CCSDS OEM 1.0 or 2.0 file in keyword-value notation.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    OemMessage
        Header and segments; covariance blocks and accelerations are skipped.

    Raises
    ------
    InputError
        When the file is missing or is no OEM, with the line at fault.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read OEM file {path}: {error}") from error
    header: dict[str, str] = {}
    segments: list[_Open] = []
    block = "header"
    for number, line in _lines(text):
        if line in ("META_START", "COVARIANCE_START"):
            block = line.split("_")[0].lower()
            if block == "meta":
                segments.append(_Open())
        elif line in ("META_STOP", "COVARIANCE_STOP"):
            block = "data"
        elif block != "covariance":
            _take(path, number, line, block, header, segments)
    if not header.get("CCSDS_OEM_VERS") or not segments:
        raise InputError(f"{path} is no CCSDS OEM in keyword-value notation: no CCSDS_OEM_VERS or no META_START")
    return OemMessage(header, tuple(_close(path, segment) for segment in segments))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield number, line.strip()


def _take(path: Path, number: int, line: str, block: str, header: dict[str, str], segments: list[_Open]) -> None:
    """Put one line where it belongs."""
    if line.startswith("COMMENT"):
        if segments:
            segments[-1].comments.append(line[7:].strip())
        return
    if block == "data":
        _take_state(path, number, line, segments[-1])
        return
    key, found, value = line.partition("=")
    if not found:
        raise InputError(f"{path}:{number}: expected KEYWORD = value, found {line[:60]!r}")
    target = header if block == "header" else segments[-1].metadata
    target[key.strip()] = value.strip()


def _take_state(path: Path, number: int, line: str, segment: _Open) -> None:
    parts = line.split()
    try:
        row = [float(part) for part in parts[1:7]]
    except ValueError as error:
        raise InputError(f"{path}:{number}: expected an epoch and six numbers, found {line[:60]!r}") from error
    if len(row) != 6 or not np.isfinite(row).all():
        raise InputError(f"{path}:{number}: expected an epoch and six finite numbers, found {line[:60]!r}")
    segment.epochs.append(parts[0])
    segment.rows.append(row)


def _close(path: Path, segment: _Open) -> OemSegment:
    missing = [key for key in _REQUIRED if key not in segment.metadata]
    if missing:
        raise InputError(f"{path}: OEM metadata lack {', '.join(missing)}")
    system = segment.metadata["TIME_SYSTEM"]
    if system not in TIME_SYSTEMS:
        raise InputError(f"{path}: time system {system!r} is not read; allowed: {', '.join(TIME_SYSTEMS)}")
    try:
        if system == "TDB":
            t_tdb = np.array([tdb_seconds(epoch) for epoch in segment.epochs], dtype=np.float64)
        else:
            t_tdb = np.atleast_1d(np.asarray(tdb_from_utc(segment.epochs), dtype=np.float64))
    except ValueError as error:
        raise InputError(f"{path}: an epoch is not readable: {error}") from error
    states = np.array(segment.rows, dtype=np.float64).reshape(-1, 6)
    return OemSegment(segment.metadata, t_tdb, states, tuple(segment.comments))
