"""Reader of JPL's binary DE files (``linux_p1550p2650.440`` and relatives): header constants and granules.

The layout follows the headers of JPL's ``testeph`` program: record 1 holds titles, names of constants, span
and the pointer table (first word, coefficients, granules per record of each item); record 2 the constants;
then one record per 32 days.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.constants import J2000_JD, SECONDS_PER_DAY
from sim.ephemeris.series import ChebyshevSeries
from sim.errors import DataError

MERCURY, VENUS, EMB, MARS, JUPITER, SATURN, URANUS, NEPTUNE, PLUTO, MOON, SUN, NUTATIONS, LIBRATIONS = range(13)
"""Items of the pointer table, in the order of the file. The Moon is geocentric, all others barycentric."""

_TITLES_BYTES = 252
_NAME_BYTES = 6
_FIRST_NAMES = 400
# span and record length, n constants, AU, EMRAT, table, DE number, librations
_FIXED = struct.Struct("<3d i 2d 36i i 3i")


@dataclass(frozen=True, eq=False)
class JplBinary:
    """An open DE file.

    Parameters
    ----------
    number : int
        DE number.
    start_jd, stop_jd, record_day : float
        Span, Julian dates TDB, and length of a record.
    constants : dict of str to float
        Header constants by name, with AU and EMRAT.
    pointers : ndarray of int, shape (13, 3)
        First word (counted from 1), coefficients, granules per record.
    records : ndarray, shape (n_records, n_words)
        All data records, mapped from the file.
    """

    number: int
    start_jd: float
    stop_jd: float
    record_day: float
    constants: dict[str, float]
    pointers: npt.NDArray[np.int64]
    records: npt.NDArray[np.float64]

    def series(self, item: int, start_tdb: float, stop_tdb: float) -> ChebyshevSeries:
        """Native granules of one three-component item.

        Parameters
        ----------
        item : int
            For example :data:`LIBRATIONS`.
        start_tdb, stop_tdb : float
            Span in seconds past J2000 TDB; must fall on records.

        Returns
        -------
        ChebyshevSeries

        Raises
        ------
        DataError
            The span is not covered or not aligned to records.
        """
        origin_tdb = (self.start_jd - J2000_JD) * SECONDS_PER_DAY
        record_s = self.record_day * SECONDS_PER_DAY
        first, offset = divmod(start_tdb - origin_tdb, record_s)
        last, offset_stop = divmod(stop_tdb - origin_tdb, record_s)
        if offset or offset_stop or not 0 <= first < last <= len(self.records):
            raise DataError(f"DE{self.number}: no records for {start_tdb} to {stop_tdb} s past J2000")
        word, n_coefficients, n_granules = (int(value) for value in self.pointers[item])
        block = self.records[int(first) : int(last), word - 1 : word - 1 + 3 * n_coefficients * n_granules]
        coefficients = np.array(block).reshape(-1, 3, n_coefficients)
        return ChebyshevSeries(start_tdb, record_s / n_granules, coefficients)


def open_jpl_binary(path: Path) -> JplBinary:
    """Open a little-endian binary DE file.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    JplBinary

    Raises
    ------
    DataError
        Missing file, or not a DE file of the known layout.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_TITLES_BYTES + _NAME_BYTES * 4000)
    except OSError as error:
        raise DataError(f"{path}: cannot read the JPL binary ephemeris: {error}") from error
    try:
        return _parse(path, head)
    except (struct.error, ValueError, UnicodeDecodeError, IndexError) as error:
        raise DataError(f"{path}: not a little-endian JPL binary ephemeris: {error}") from error


def _parse(path: Path, head: bytes) -> JplBinary:
    fixed_at = _TITLES_BYTES + _NAME_BYTES * _FIRST_NAMES
    fields = _FIXED.unpack_from(head, fixed_at)
    start_jd, stop_jd, record_day, n_constants, au_km, emrat = fields[:6]
    number = fields[42]
    pointers = np.array([*fields[6:42], *fields[43:46]], dtype=np.int64).reshape(13, 3)
    names_at = fixed_at + _FIXED.size
    extra = max(n_constants - _FIRST_NAMES, 0)
    raw = head[_TITLES_BYTES:fixed_at] + head[names_at : names_at + _NAME_BYTES * extra]
    names = [raw[_NAME_BYTES * i : _NAME_BYTES * (i + 1)].decode("ascii").strip() for i in range(n_constants)]
    # lunar core rates, TT-TDB: 3 and 1 components
    later = struct.unpack_from("<6i", head, names_at + _NAME_BYTES * extra)
    n_words = _record_words(pointers, later)
    words = np.memmap(path, dtype="<f8", mode="r")
    constants = dict(zip(names, words[n_words : n_words + n_constants].tolist(), strict=True))
    constants |= {"AU": au_km, "EMRAT": emrat}
    n_records = round((stop_jd - start_jd) / record_day)
    records = words[2 * n_words : (2 + n_records) * n_words].reshape(n_records, n_words)
    if not 0 < record_day <= 64 or records[0, 0] != start_jd or records[-1, 1] != stop_jd:
        raise ValueError(f"dates of the data records do not meet the header's {start_jd} to {stop_jd}")
    return JplBinary(number, start_jd, stop_jd, record_day, constants, pointers, records)


def _record_words(pointers: npt.NDArray[np.int64], later: tuple[int, ...]) -> int:
    """Length of a record: the end of the item that lies last."""
    components = np.full(13, 3)
    components[NUTATIONS] = 2
    ends = pointers[:, 0] - 1 + components * pointers[:, 1] * pointers[:, 2]
    core, tt = later[:3], later[3:]
    return max(int(ends.max()), core[0] - 1 + 3 * core[1] * core[2], tt[0] - 1 + tt[1] * tt[2])
