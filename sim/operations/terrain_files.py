"""Reading digital elevation models of the lunar poles: GeoTIFF, ``.npy``, ESRI ASCII grid.

Heights become metres over the sphere of 1737.4 km. Nothing about a file is guessed: what it does not say itself, the
caller must say.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.errors import DataError, InputError
from sim.operations.terrain import ElevationGrid, checked, grid_from_heights
from sim.units import M_PER_KM

_ASCII_KEYS = ("ncols", "nrows", "cellsize")
_PIXELS_MAX = 1_500_000_000

# GeoTIFF keys (OGC 19-008r4): raster type, kind of projection, latitude and longitude of origin, radius.
_RASTER_TYPE, _PROJECTION, _ORIGIN_LATITUDE, _POLE_LONGITUDE, _SEMI_MAJOR = 1025, 3075, 3081, 3095, 2057
_POLAR_STEREOGRAPHIC, _PIXEL_IS_POINT = 15, 2


def read_npy_terrain(
    path: str | Path,
    *,
    x_first_m: float,
    y_first_m: float,
    x_step_m: float,
    y_step_m: float,
    pole: str,
    source: str,
    height_scale: float = 1.0,
) -> ElevationGrid:
    """Read heights from a NumPy file.

    Parameters
    ----------
    path : str or Path
        ``.npy`` file of one array (rows, columns).
    x_first_m, y_first_m : float
        Projected coordinates of the middle of pixel [0, 0].
    x_step_m, y_step_m : float
        Spacing.
    pole : str
        ``south`` or ``north``.
    source : str
        What the data are.
    height_scale : float
        Metres per unit of the file, for example 0.5 or 1000.

    Returns
    -------
    ElevationGrid

    Raises
    ------
    DataError
        The file is missing, is no plain array, or makes no terrain.
    """
    file = Path(path)
    try:
        heights = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{file}: cannot be read as a NumPy array ({error})") from error
    if not isinstance(heights, np.ndarray) or heights.dtype.kind not in "fiu":
        raise DataError(f"{file}: holds no array of numbers")
    geometry = (x_first_m, y_first_m, x_step_m, y_step_m)
    return checked(file, lambda: grid_from_heights(heights * np.float32(height_scale), *geometry, pole, source))


def read_ascii_terrain(path: str | Path, *, pole: str, source: str, height_scale: float = 1.0) -> ElevationGrid:
    """Read heights from an ESRI ASCII grid in polar stereographic metres.

    Parameters
    ----------
    path : str or Path
        Text file: keys ``ncols, nrows, xllcorner or xllcenter, yllcorner or yllcenter, cellsize`` and optionally
        ``nodata_value``, then rows from the top.
    pole : str
        ``south`` or ``north``.
    source : str
        What the data are.
    height_scale : float
        Metres per unit of the file.

    Returns
    -------
    ElevationGrid

    Raises
    ------
    DataError
        The file is missing or is not what is said above.
    """
    file = Path(path)
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{file}: cannot be read as text ({error})") from error
    head, body = _ascii_head(file, lines)
    rows, columns = int(head["nrows"]), int(head["ncols"])
    try:
        heights = np.array([line.split() for line in lines[body:] if line.strip()], dtype=np.float32)
    except ValueError as error:
        raise DataError(f"{file}: rows are not all numbers of one count ({error})") from error
    if heights.shape != (rows, columns):
        raise DataError(f"{file}: the head says {rows} rows of {columns}, found {heights.shape}")
    if "nodata_value" in head:
        heights = np.where(heights == np.float32(head["nodata_value"]), np.float32(np.nan), heights)
    cell = head["cellsize"]
    left = head["xllcenter"] if "xllcenter" in head else head["xllcorner"] + 0.5 * cell
    bottom = head["yllcenter"] if "yllcenter" in head else head["yllcorner"] + 0.5 * cell
    geometry = (left, bottom + (rows - 1) * cell, cell, -cell)
    return checked(file, lambda: grid_from_heights(heights * np.float32(height_scale), *geometry, pole, source))


def _ascii_head(file: Path, lines: list[str]) -> tuple[dict[str, float], int]:
    """Keys of the head, and the line where the rows begin."""
    head: dict[str, float] = {}
    number = 0
    for number, line in enumerate(lines):
        words = line.split()
        if len(words) != 2 or not words[0][0].isalpha():
            break
        if words[0].lower() in head:
            raise DataError(f"{file}:{number + 1}: found {words[0].lower()} a second time; keep one of them")
        try:
            head[words[0].lower()] = float(words[1])
        except ValueError as error:
            raise DataError(f"{file}:{number + 1}: {line.strip()!r:.60} is no number") from error
    corner = all(f"{axis}llcorner" in head or f"{axis}llcenter" in head for axis in "xy")
    missing = [key for key in _ASCII_KEYS if key not in head]
    if missing or not corner:
        absent = ", ".join(missing) or "xllcorner and yllcorner"
        raise DataError(f"{file}: no {absent} in the head of an ESRI ASCII grid")
    if not (head["ncols"].is_integer() and head["nrows"].is_integer()):
        raise DataError(f"{file}: ncols {head['ncols']:g} and nrows {head['nrows']:g}; allowed: whole numbers")
    if not 4 <= head["ncols"] * head["nrows"] <= _PIXELS_MAX or head["cellsize"] <= 0.0:
        raise DataError(f"{file}: {head['nrows']:g} rows of {head['ncols']:g} at {head['cellsize']:g}; no usable grid")
    return head, number


def read_geotiff_terrain(
    path: str | Path, *, source: str, pole: str | None = None, height_scale: float = 1.0, nodata: float | None = None
) -> ElevationGrid:
    """Read heights from a GeoTIFF in polar stereographic projection.

    Parameters
    ----------
    path : str or Path
        The file; position, spacing and, where it has them, projection, radius and no-data value are its own.
    source : str
        What the data are.
    pole : str, optional
        Needed where the file does not name its projection.
    height_scale : float
        Metres per unit of the file.
    nodata : float, optional
        A value that means "none", in the unit of the file, beside the one named in the file.

    Returns
    -------
    ElevationGrid

    Raises
    ------
    DataError
        The file is missing or damaged, has no position, another projection or another radius.
    InputError
        The package tifffile is missing.
    """
    try:
        # Optional extra `terrain`: loaded when a GeoTIFF is read.
        tifffile: Any = importlib.import_module("tifffile")
    except ImportError as error:
        raise InputError("GeoTIFF needs the package tifffile: pip install perilune[terrain]") from error
    file = Path(path)
    try:
        with tifffile.TiffFile(file) as tiff:
            page: Any = tiff.pages[0]
            if int(page.imagewidth) * int(page.imagelength) > _PIXELS_MAX:
                raise DataError(f"{file}: more than {_PIXELS_MAX} pixels")
            tags = {int(tag.code): tag.value for tag in page.tags}
            values = np.asarray(page.asarray())
    except DataError:
        raise
    except Exception as error:  # tifffile raises errors of many kinds on damaged files
        raise DataError(f"{file}: cannot be read as GeoTIFF ({type(error).__name__}: {error})") from error
    if values.ndim != 2 or values.dtype.kind not in "fiu":
        raise DataError(f"{file}: holds no single band of numbers, found {values.shape} of {values.dtype}")
    keys = _geo_keys(tags)
    heights = _with_gaps(values, [_number(tags.get(42113)), nodata]) * np.float32(height_scale)
    geometry = _position(file, tags, keys)
    return checked(file, lambda: grid_from_heights(heights, *geometry, _pole(file, keys, pole), source))


def _number(value: Any) -> float | None:
    """Value of a text tag, None when it is missing or no number."""
    try:
        return float(str(value).strip().rstrip("\0"))
    except ValueError:
        return None


def _with_gaps(values: NDArray[Any], missing: list[float | None]) -> NDArray[np.float32]:
    heights = values.astype(np.float32)
    for value in missing:
        if value is not None:
            heights[values == value] = np.nan
    return heights


def _geo_keys(tags: dict[int, Any]) -> dict[int, float]:
    """Numeric GeoKeys of a file."""
    directory = np.asarray(tags.get(34735, ()), dtype=np.int64).reshape(-1)
    doubles = np.atleast_1d(np.asarray(tags.get(34736, ()), dtype=np.float64))
    keys: dict[int, float] = {}
    for key, location, count, value in directory[4 : 4 + 4 * ((directory.size - 4) // 4)].reshape(-1, 4):
        if location == 0:
            keys[int(key)] = float(value)
        elif location == 34736 and count >= 1 and value < doubles.size:
            keys[int(key)] = float(doubles[value])
    return keys


def _position(file: Path, tags: dict[int, Any], keys: dict[int, float]) -> tuple[float, float, float, float]:
    """Middle of the first pixel and the spacing."""
    scale, tie = np.atleast_1d(tags.get(33550, ())), np.atleast_1d(tags.get(33922, ()))
    if scale.size < 2 or tie.size < 6:
        raise DataError(f"{file}: has no position (tags ModelPixelScale and ModelTiepoint); is it a GeoTIFF?")
    half = 0.0 if keys.get(_RASTER_TYPE) == _PIXEL_IS_POINT else 0.5
    x_step, y_step = float(scale[0]), -float(scale[1])
    column, row, x, y = float(tie[0]), float(tie[1]), float(tie[3]), float(tie[4])
    return x + (half - column) * x_step, y + (half - row) * y_step, x_step, y_step


def _pole(file: Path, keys: dict[int, float], given: str | None) -> str:
    """Pole of the projection; refuses everything that is not LOLA's polar stereographic one."""
    kind = keys.get(_PROJECTION)
    if kind is None:
        if given is None:
            raise DataError(f"{file}: does not name its projection; say which pole with pole='south' or 'north'")
        return given
    latitude, longitude = keys.get(_ORIGIN_LATITUDE, 0.0), keys.get(_POLE_LONGITUDE, 0.0)
    radius = keys.get(_SEMI_MAJOR, MOON.radius_km * M_PER_KM)
    if kind != _POLAR_STEREOGRAPHIC or abs(latitude) != 90.0 or longitude != 0.0:
        raise DataError(
            f"{file}: projection {kind:g} with origin {latitude:g}, {longitude:g} degrees; "
            "allowed: polar stereographic (15) about a pole with the prime meridian up or down"
        )
    if abs(radius - MOON.radius_km * M_PER_KM) > 1.0:
        raise DataError(f"{file}: radius {radius:g} m; allowed: 1737400 m, the radius of LOLA's lunar grids")
    pole = "south" if latitude < 0.0 else "north"
    if given not in (None, pole):
        raise DataError(f"{file}: is a grid of the {pole} pole, asked for {given!r}")
    return pole
