"""SPK files of a trajectory, for SPICE, astropy and everything that reads them.

Two kinds of segments (SPK Required Reading): type 13 holds the states as they are, to be interpolated by Hermite
polynomials (SPICE); type 2 holds Chebyshev polynomials of the position on equal pieces, which astropy and jplephem
read too. The file is a DAF written byte by byte (DAF Required Reading): little-endian, one segment, no comments.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError, StoreError

Floats = NDArray[np.float64]

WINDOW = 8
"""States of one Hermite polynomial (degree 15)."""
N_COEFFICIENTS = 16
"""Of a piece of type 2."""
DIRECTORY_STEP = 100
_RECORD = 1024
_FIRST_ADDRESS = 3 * 128 + 1
_J2000 = 1
_FTP = b"FTPSTR:\r:\n:\r\n:\r\x00:\x81:\x10\xce:ENDFTP"


def write_spk(
    path: Path | str,
    target_id: int,
    center_id: int,
    t_tdb: Floats,
    states: Floats,
    *,
    kind: int = 13,
    name: str = "PERILUNE",
    tolerance_km: float = 1e-7,
) -> Path:
    """Write one trajectory as an SPK file.

    Parameters
    ----------
    path : Path
        File to write.
    target_id, center_id : int
        NAIF codes: a spacecraft is negative (-999), the Earth 399, the Moon 301.
    t_tdb : ndarray, shape (T,)
        Strictly increasing epochs, seconds past J2000 TDB, T >= 8.
    states : ndarray, shape (T, 6)
        km and km/s relative to the centre, ICRF axes.
    kind : int
        13 (states) or 2 (polynomials, fitted to the Hermite interpolation of the states).
    name : str
        Name of the segment, up to 40 characters of ASCII.
    tolerance_km : float
        Largest difference of the polynomials of type 2 from that interpolation, at the states and between.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        Epochs that do not increase, numbers that are not finite, too few states, another kind, or states too far apart
        for the tolerance.
    StoreError
        The file cannot be written.
    """
    t, rows = _checked(t_tdb, states, kind)
    words = type_13_words(t, rows) if kind == 13 else type_2_words(t, rows, tolerance_km)
    data = _daf(target_id, center_id, kind, float(t[0]), float(t[-1]), words, name)
    try:
        Path(path).write_bytes(data)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; choose a folder that you may write to") from error
    return Path(path)


def _checked(t_tdb: Floats, states: Floats, kind: int) -> tuple[Floats, Floats]:
    t, rows = np.asarray(t_tdb, dtype=np.float64), np.asarray(states, dtype=np.float64)
    if kind not in (2, 13):
        raise InputError(f"SPK type {kind}; allowed: 2 and 13")
    if t.ndim != 1 or rows.shape != (t.size, 6) or t.size < WINDOW:
        raise InputError(
            f"an SPK segment needs epochs (T,) and states (T, 6) with T >= {WINDOW}; found {t.shape} and {rows.shape}"
        )
    if not (np.isfinite(t).all() and np.isfinite(rows).all()):
        raise InputError("an SPK file holds finite numbers only; found NaN or infinity in the trajectory")
    if not (np.diff(t) > 0.0).all():
        raise InputError("the epochs of an SPK segment must increase strictly; sort them and drop repeated ones")
    return t, rows


def type_13_words(t_tdb: Floats, states: Floats) -> Floats:
    """Contents of a segment of type 13.

    Parameters
    ----------
    t_tdb : ndarray, shape (T,)
        Epochs.
    states : ndarray, shape (T, 6)
        States.

    Returns
    -------
    record : ndarray
        States, epochs, every hundredth epoch, size of the window less one, number of states.
    """
    directory = t_tdb[DIRECTORY_STEP - 1 :: DIRECTORY_STEP][: (t_tdb.size - 1) // DIRECTORY_STEP]
    return np.concatenate([states.ravel(), t_tdb, directory, [WINDOW - 1.0, float(t_tdb.size)]])


def type_2_words(t_tdb: Floats, states: Floats, tolerance_km: float) -> Floats:
    """Contents of a segment of type 2: pieces, halved until the polynomials keep the tolerance.

    Parameters
    ----------
    t_tdb : ndarray, shape (T,)
        Epochs.
    states : ndarray, shape (T, 6)
        States.
    tolerance_km : float
        See :func:`write_spk`.

    Returns
    -------
    record : ndarray
        Records (middle, half length, coefficients of x, y, z), then start, length, size and number of records.

    Raises
    ------
    InputError
        The states lie too far apart, or pieces as short as their distance do not meet the tolerance.
    """
    left = left_out_km(t_tdb, states)
    if left > tolerance_km:
        raise InputError(
            f"between these states the trajectory is known to {left:.3g} km, allowed {tolerance_km:g} km; give more"
        )
    span = float(t_tdb[-1] - t_tdb[0])
    n_pieces = max(1, math.ceil((t_tdb.size - 1) / (2 * WINDOW)))
    while n_pieces <= 2 * t_tdb.size:
        pieces, error = _fit(t_tdb, states, n_pieces)
        if error <= tolerance_km:
            length = span / n_pieces
            middle = t_tdb[0] + length * (np.arange(n_pieces) + 0.5)
            head = np.stack([middle, np.full(n_pieces, 0.5 * length)], axis=1)
            records = np.concatenate([head, pieces.reshape(n_pieces, -1)], axis=1)
            return np.concatenate([records.ravel(), [t_tdb[0], length, float(records.shape[1]), float(n_pieces)]])
        n_pieces *= 2
    raise InputError(
        f"polynomials through these states miss them by {error:.3g} km, allowed {tolerance_km:g} km; give more states"
    )


def left_out_km(t_tdb: Floats, states: Floats) -> float:
    """Estimate the error of the interpolation from states left out.

    Parameters
    ----------
    t_tdb : ndarray, shape (T,)
        Epochs.
    states : ndarray, shape (T, 6)
        States.

    Returns
    -------
    float
        Largest miss of every second state by the interpolation through the others, over 2^15: what twice as many states
        gain with polynomials of degree 15. Infinite with fewer than 17 states.
    """
    if t_tdb.size < 2 * WINDOW + 1:
        return math.inf
    last = t_tdb.size - 1 - t_tdb.size % 2  # the odd states that lie between even ones
    miss = hermite(t_tdb[::2], states[::2], t_tdb[1:last:2]) - states[1:last:2, :3]
    return float(np.sqrt((miss * miss).sum(axis=1)).max()) / 2.0 ** (2 * WINDOW - 1)


def _fit(t: Floats, states: Floats, n_pieces: int) -> tuple[Floats, float]:
    """Chebyshev coefficients (n_pieces, 3, n) and their largest difference from the interpolation, km."""
    n = N_COEFFICIENTS
    angle = np.pi * (np.arange(n) + 0.5) / n
    half = 0.5 * float(t[-1] - t[0]) / n_pieces
    middle = t[0] + half * (2.0 * np.arange(n_pieces) + 1.0)
    # A rounded sum of the two would cost 0.1 microseconds: 0.1 mm at 1 km/s.
    base, offset = np.repeat(middle, n), np.tile(half * np.cos(angle), n_pieces)
    values = hermite(t, states, base, offset).reshape(n_pieces, n, 3)
    weights = np.cos(np.outer(np.arange(n), angle)) * (np.where(np.arange(n) == 0, 1.0, 2.0) / n)[:, None]
    pieces = np.stack([(values * row[:, None]).sum(axis=1) for row in weights], axis=2)
    check = np.concatenate([t, 0.5 * (t[1:] + t[:-1])])
    k = np.minimum(((check - t[0]) / (2.0 * half)).astype(np.int64), n_pieces - 1)
    x = (check - middle[k]) / half
    basis = np.cos(np.arange(n) * np.arccos(np.clip(x, -1.0, 1.0))[:, None])
    computed = (pieces[k] * basis[:, None, :]).sum(axis=2)
    wanted = np.concatenate([states[:, :3], hermite(t, states, check[t.size :])])
    return pieces, float(np.sqrt(((computed - wanted) ** 2).sum(axis=1)).max())


def hermite(t_tdb: Floats, states: Floats, at_tdb: Floats, offset_s: Floats | None = None) -> Floats:
    """Positions between states by Hermite polynomials through the nearest eight.

    Parameters
    ----------
    t_tdb : ndarray, shape (T,)
        Epochs.
    states : ndarray, shape (T, 6)
        States.
    at_tdb : ndarray, shape (N,)
        Epochs wanted.
    offset_s : ndarray, shape (N,), optional
        Seconds to add to them without rounding the sum.

    Returns
    -------
    ndarray, shape (N, 3)
        km.
    """
    offset = np.zeros_like(at_tdb) if offset_s is None else offset_s
    first = np.clip(np.searchsorted(t_tdb, at_tdb + offset) - WINDOW // 2, 0, t_tdb.size - WINDOW)
    rows = first[:, None] + np.arange(WINDOW)
    unit = (t_tdb[first + WINDOW - 1] - t_tdb[first])[:, None]
    # Each node twice; zero is where the value is wanted.
    nodes = np.repeat((t_tdb[rows] - at_tdb[:, None] - offset[:, None]) / unit, 2, axis=1)
    slopes = states[rows, 3:] * unit[:, :, None]
    table = np.repeat(states[rows, :3], 2, axis=1)
    for level in range(1, 2 * WINDOW):
        apart = (nodes[:, level:] - nodes[:, :-level])[:, :, None]
        lower, upper = nodes[:, :-level, None], nodes[:, level:, None]
        # Neville's scheme; where two nodes are the same one, the tangent there.
        same = apart == 0.0
        value = (upper * table[:, :-1] - lower * table[:, 1:]) / np.where(same, 1.0, apart)
        if level == 1:
            tangent = np.repeat(slopes, 2, axis=1)[:, :-1] * -lower + table[:, :-1]
            value = np.where(same, tangent, value)
        table = value
    return table[:, 0]


def _daf(target: int, center: int, kind: int, start: float, stop: float, words: Floats, name: str) -> bytes:
    """Whole file: file record, summary record, name record, data."""
    last = _FIRST_ADDRESS + words.size - 1
    places = struct.pack("<3i", 2, 2, last + 1)
    head = b"DAF/SPK " + struct.pack("<2i", 2, 6) + b"perilune".ljust(60) + places + b"LTL-IEEE"
    head = head.ljust(699, b"\0") + _FTP
    summary = struct.pack("<3d2d6i", 0.0, 0.0, 1.0, start, stop, target, center, _J2000, kind, _FIRST_ADDRESS, last)
    names = name.encode("ascii", "replace")[:40].ljust(40)
    body = words.astype("<f8").tobytes()
    padding = -len(body) % _RECORD
    return head.ljust(_RECORD, b"\0") + summary.ljust(_RECORD, b"\0") + names.ljust(_RECORD) + body + b"\0" * padding
