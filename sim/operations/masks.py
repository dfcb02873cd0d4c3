"""Horizon masks: the least elevation at which a place sees the sky, over azimuth, with where it comes from.

File format: CSV with ``#`` comment lines ``# key: value`` before the columns ``azimuth_deg,elevation_deg``. Keys:
``name`` and ``source`` (required), ``status`` (required, a status word of the site tables; ``assumed`` for what nobody
measured), ``latitude_deg``, ``longitude_deg``, ``height_m`` (of the eye over the terrain) where known. Azimuths count
from north over east, ascend from 0 (included) to below 360; elevations of negative sign are allowed. One row is a level
horizon; of several, no two neighbours lie farther apart than 90 degrees. A byte order mark at the begin is passed over.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.bodies import MOON
from sim.errors import DataError, InputError
from sim.sites.tables import STATUSES
from sim.units import KM_PER_M

FloatArray = NDArray[np.float64]

GRIDS_DEG = (0.25, 0.05, 0.01)
"""Azimuth grids to which masks are brought for compiled code: the first on which nothing is lost."""
GRID_ERROR_DEG = 0.005

_COLUMNS = ["azimuth_deg", "elevation_deg"]
_ROWS_MAX = 36_000
_BYTES_MAX = 4_000_000
_GAP_DEG = 90.0
"""Widest gap between azimuths of a file: radians, or a part of a horizon, leave a wider one."""
_SHADES = 0.999
"""A mask this near to the zenith is a mistake."""


@dataclass(frozen=True, eq=False)
class HorizonMask:
    """Least visible elevation over azimuth.

    Parameters
    ----------
    name : str
        What reports call it.
    azimuth_deg : ndarray, shape (M,)
        From north over east, ascending from 0 to below 360; M of one or more.
    elevation_deg : ndarray, shape (M,)
        Between -90 and 90, linear between the azimuths, periodic.
    status : str
        ``assumed`` for flat and synthetic masks, ``derived`` for masks computed from terrain, ...
    source : str
        Where it comes from, in words.

    Raises
    ------
    InputError
        Arrays or words that do not hold what is said above.
    """

    name: str
    azimuth_deg: FloatArray
    elevation_deg: FloatArray
    status: str
    source: str

    def __post_init__(self) -> None:
        fault = _fault(self.azimuth_deg, self.elevation_deg)
        if fault:
            raise InputError(f"horizon mask {self.name!r}: {fault}")
        if self.status not in STATUSES or not self.source.strip():
            raise InputError(
                f"horizon mask {self.name!r} needs a source and one of the statuses {', '.join(sorted(STATUSES))}; "
                f"found {self.source!r:.60} and {self.status!r:.30}"
            )

    @property
    def assumed(self) -> bool:
        """Whether nobody measured it."""
        return self.status == "assumed"

    @property
    def highest_deg(self) -> float:
        """Largest elevation."""
        return float(np.max(self.elevation_deg))

    @property
    def steepest_deg_deg(self) -> float:
        """Largest change of elevation per degree of azimuth."""
        azimuth = np.append(self.azimuth_deg, self.azimuth_deg[0] + 360.0)
        rise = np.diff(np.append(self.elevation_deg, self.elevation_deg[0]))
        return float(np.max(np.abs(rise / np.diff(azimuth))))

    def at_deg(self, azimuth_deg: ArrayLike) -> FloatArray:
        """Mask elevation at azimuths.

        Parameters
        ----------
        azimuth_deg : array_like (...)
            Any real numbers.

        Returns
        -------
        ndarray (...)
            Degrees, linear between the given azimuths.
        """
        return np.asarray(
            np.interp(np.asarray(azimuth_deg, dtype=np.float64), self.azimuth_deg, self.elevation_deg, period=360.0)
        )

    def grid_deg(self) -> FloatArray:
        """Elevations at equal steps of azimuth from 0, degrees, for compiled code; a level mask is one value.

        Returns
        -------
        ndarray (K,)
            At the coarsest step that keeps every given azimuth to 0.005 degrees, from a quarter to a hundredth of a
            degree.
        """
        if float(np.ptp(self.elevation_deg)) == 0.0:
            return self.elevation_deg[:1].astype(np.float64)
        for step_deg in GRIDS_DEG:
            azimuth = np.arange(round(360.0 / step_deg)) * step_deg
            grid = self.at_deg(azimuth)
            kept = np.interp(self.azimuth_deg, azimuth, grid, period=360.0)
            if np.abs(kept - self.elevation_deg).max() <= GRID_ERROR_DEG:
                break
        return grid

    def raised(self, minimum_deg: float) -> HorizonMask:
        """Give the mask with a least elevation: of the terrain or the number, whichever is higher.

        Parameters
        ----------
        minimum_deg : float
            For example the 5 degrees below which an antenna is not used.

        Returns
        -------
        HorizonMask
            With corners of its own where the two cross.
        """
        begin, low = self.azimuth_deg, self.elevation_deg - minimum_deg
        length, rise = np.diff(np.append(begin, 360.0)), np.roll(low, -1) - low
        crosses = low * (low + rise) < 0.0
        corners = begin[crosses] - low[crosses] / rise[crosses] * length[crosses]
        azimuth = np.unique(np.concatenate([begin, corners[corners < 360.0]]))
        both = np.asarray(np.maximum(self.at_deg(azimuth), minimum_deg), dtype=np.float64)
        words = f"{self.source}; at least {minimum_deg:g} degrees"
        return HorizonMask(self.name, azimuth, both, self.status, words)


def _fault(azimuth: FloatArray, elevation: FloatArray) -> str:
    """Say what is wrong with the numbers of a mask; empty when nothing is."""
    if azimuth.ndim != 1 or azimuth.shape != elevation.shape or azimuth.size == 0:
        return f"azimuths and elevations must be two lists of one length, found {azimuth.shape} and {elevation.shape}"
    if not (np.isfinite(azimuth).all() and np.isfinite(elevation).all()):
        return "a number is not finite"
    if azimuth[0] != 0.0 or azimuth[-1] >= 360.0 or not (np.diff(azimuth) > 0.0).all():
        return "azimuths must ascend from 0 (included) to below 360"
    if np.abs(elevation).max() > 90.0 * _SHADES:
        return f"elevation {elevation[np.argmax(np.abs(elevation))]:g} is out of range; allowed: above -90 and below 90"
    return ""


def flat_mask(elevation_deg: float = 0.0, name: str = "flat horizon") -> HorizonMask:
    """Level horizon: no terrain, one elevation all around, flagged as assumed.

    Parameters
    ----------
    elevation_deg : float
        The horizontal plane by default.
    name : str
        What reports call it.

    Returns
    -------
    HorizonMask

    Raises
    ------
    InputError
        An elevation that is not between -90 and 90.
    """
    words = f"level horizon at {elevation_deg:g} degrees, no terrain"
    return HorizonMask(name, np.zeros(1), np.array([float(elevation_deg)]), "assumed", words)


def peak_mask(height_m: float, name: str = "") -> HorizonMask:
    """Horizon of an eye above a smooth sphere: it lies below the horizontal plane, by arccos(R / (R + height)).

    What a peak or rim above level surroundings can see at best; flagged as assumed.

    Parameters
    ----------
    height_m : float
        Of the eye over the surroundings.
    name : str
        What reports call it.

    Returns
    -------
    HorizonMask

    Raises
    ------
    InputError
        A negative height.
    """
    if not height_m >= 0.0:
        raise InputError(f"height_m is {height_m:g}; allowed: zero or more")
    dip_deg = float(np.degrees(np.arccos(MOON.radius_km / (MOON.radius_km + height_m * KM_PER_M))))
    words = f"smooth sphere seen from {height_m:g} m above it, no terrain"
    return HorizonMask(name or f"peak of {height_m:g} m", np.zeros(1), np.array([-dip_deg]), "assumed", words)


def synthetic_polar_mask() -> HorizonMask:
    """Invented horizon of a polar rim, for tries and tests; it stands for no real place.

    Low hills of 1.5 degrees on the average with three broad rises, between 0.2 and 4 degrees: the size of what
    published studies find around lit places near the south pole. Flagged as assumed.

    Returns
    -------
    HorizonMask
    """
    azimuth = np.arange(360.0)
    phase = np.radians(azimuth)
    elevation = 1.5 + 0.9 * np.sin(phase + 0.6) + 0.7 * np.sin(3.0 * phase + 1.9) + 0.4 * np.sin(7.0 * phase)
    words = "invented harmonics, no terrain data; stands for no real place"
    return HorizonMask("synthetic polar rim", azimuth, np.maximum(elevation, 0.2), "assumed", words)


def read_mask(path: str | Path) -> HorizonMask:
    """Read a mask file; the format is in the text of this module.

    Parameters
    ----------
    path : str or Path
        CSV file.

    Returns
    -------
    HorizonMask

    Raises
    ------
    DataError
        The file is missing, too large, no text, lacks source or status, or holds something else than numbers.
    """
    file = Path(path)
    try:
        if file.stat().st_size > _BYTES_MAX:
            raise DataError(f"{file}: larger than {_BYTES_MAX} bytes; a horizon mask is a short table")
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read as text ({error})") from error
    notes, rows = _notes_and_rows(file, lines)
    missing = [key for key in ("name", "source", "status") if not notes.get(key)]
    if missing:
        raise DataError(f"{file}: no line '# {missing[0]}: ...'; a mask without it would be of unknown origin")
    numbers = _numbers(file, rows)
    try:
        return HorizonMask(notes["name"], numbers[:, 0].copy(), numbers[:, 1].copy(), notes["status"], notes["source"])
    except InputError as error:
        raise DataError(f"{file}: {error}") from error


def _notes_and_rows(file: Path, lines: list[str]) -> tuple[dict[str, str], list[tuple[int, list[str]]]]:
    """Comment keys, and the table's rows with their line numbers."""
    notes: dict[str, str] = {}
    table: list[tuple[int, list[str]]] = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text.startswith("#"):
            key, _, value = text[1:].partition(":")
            if key.strip() in notes and value:
                raise DataError(f"{file}:{number}: found '# {key.strip()}:' a second time; keep one of them")
            notes[key.strip()] = value.strip()
        elif text:
            table.append((number, _cells(file, number, text)))
    if not table or table[0][1] != _COLUMNS:
        found = f"line {table[0][0]} has {','.join(table[0][1])!r:.60}" if table else "there is no table"
        raise DataError(f"{file}: {found}; the first line of the table must be {','.join(_COLUMNS)!r}")
    return notes, table[1:]


def _cells(file: Path, number: int, text: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([text], strict=True))]
    except csv.Error as error:
        raise DataError(f"{file}:{number}: found {text!r:.60}; allowed: two numbers ({error})") from error


def _numbers(file: Path, rows: list[tuple[int, list[str]]]) -> FloatArray:
    if not 1 <= len(rows) <= _ROWS_MAX:
        raise DataError(f"{file}: {len(rows)} rows; allowed: 1 to {_ROWS_MAX}")
    numbers = np.empty((len(rows), 2))
    for index, (line, cells) in enumerate(rows):
        try:
            azimuth, elevation = (float(cell) for cell in cells)
        except ValueError as error:
            raise DataError(f"{file}:{line}: found {','.join(cells)!r:.60}; allowed: two numbers") from error
        if any("_" in cell for cell in cells):
            raise DataError(f"{file}:{line}: found {','.join(cells)!r:.60}; allowed: two numbers")
        numbers[index] = azimuth, elevation
        fault = _row_fault(numbers[: index + 1])
        if fault:
            raise DataError(f"{file}:{line}: {fault}")
    _check_gaps(file, numbers[:, 0])
    return numbers


def _row_fault(numbers: FloatArray) -> str:
    """Say what is wrong with the last of some rows of azimuth and elevation, degrees; empty when nothing is."""
    azimuth, elevation = numbers[-1]
    if not (np.isfinite(azimuth) and np.isfinite(elevation)):
        return f"found {azimuth:g},{elevation:g}: a number is not finite; allowed: two numbers in degrees"
    if len(numbers) == 1 and azimuth != 0.0:
        return f"the first azimuth is {azimuth:g}; azimuths must ascend from 0 (included) to below 360"
    if azimuth >= 360.0 or (len(numbers) > 1 and azimuth <= numbers[-2, 0]):
        return f"azimuth {azimuth:g} after {numbers[max(len(numbers) - 2, 0), 0]:g}; azimuths must ascend to below 360"
    if abs(elevation) > 90.0 * _SHADES:
        return f"elevation {elevation:g} is out of range; allowed: above -90 and below 90 degrees"
    return ""


def _check_gaps(file: Path, azimuth_deg: FloatArray) -> None:
    """Refuse a file that leaves a wide part of the horizon to interpolation."""
    if azimuth_deg.size == 1:
        return
    gaps = np.diff(np.append(azimuth_deg, 360.0))
    widest = int(np.argmax(gaps))
    if gaps[widest] > _GAP_DEG:
        raise DataError(
            f"{file}: no row between azimuths {azimuth_deg[widest]:g} and {azimuth_deg[widest] + gaps[widest]:g}; "
            f"allowed: gaps up to {_GAP_DEG:g} degrees (are these radians?); give the whole horizon"
        )


def write_mask(mask: HorizonMask, path: str | Path, **notes: float) -> None:
    """Write a mask file that :func:`read_mask` reads back.

    Parameters
    ----------
    mask : HorizonMask
        The mask.
    path : str or Path
        File to write.
    **notes : float
        Further comment lines, for example ``latitude_deg``.
    """
    head = [f"# name: {mask.name}", f"# source: {mask.source}", f"# status: {mask.status}"]
    head += [f"# {key}: {value:.10g}" for key, value in notes.items()]
    body = [f"{a:.10g},{e:.10g}" for a, e in zip(mask.azimuth_deg, mask.elevation_deg, strict=True)]
    Path(path).write_text("\n".join([*head, ",".join(_COLUMNS), *body]) + "\n", encoding="utf-8")
