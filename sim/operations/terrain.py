"""Horizon masks from a user's digital elevation model of a lunar pole.

Models: GeoTIFF (optional package tifffile), ``.npy`` and ESRI ASCII grids, in polar stereographic projection of the
sphere of 1737.4 km as NASA's LOLA products have it. Rays run along great circles, and the elevation of a sample is
exact geometry on the sphere, tan e = ((R + h2) cos g - r1) / ((R + h2) sin g) with g = d/R; for short distances that is
the usual (h2 - h1 - d^2/2R)/d. No file of this kind comes with the simulator.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.core.horizon import height_at, horizon_rows, project
from sim.errors import DataError, InputError
from sim.frames import R_enu_fixed, me_from_selenographic_km
from sim.operations.masks import HorizonMask
from sim.units import DEG_PER_RAD, KM_PER_M, M_PER_KM, RAD_PER_DEG

FloatArray = NDArray[np.float64]

STEP_SHARE: float = 0.7
"""Samples along a ray, in pixels."""

_POLES = {"south": -1.0, "north": 1.0}
_HEIGHT_LIMIT_M = 20_000.0
"""Lunar terrain lies within -9.2 and +10.8 km; beyond this limit the unit is wrong."""
_STEP_MIN_M = 0.05
"""Finer than any map of the Moon: such a spacing is in another unit."""
_SAMPLES_MAX = 1_000_000_000


@dataclass(frozen=True, eq=False)
class ElevationGrid:
    """Heights on a polar stereographic grid.

    Parameters
    ----------
    heights_m : ndarray of float32, shape (rows, columns)
        Over the sphere of 1737.4 km; NaN where there is no value.
    x_first_m, y_first_m : float
        Projected coordinates of the middle of pixel [0, 0].
    x_step_m, y_step_m : float
        Spacing; y usually negative (north-up images begin at the top).
    pole : str
        ``south`` or ``north``.
    source : str
        What the data are, in words.

    Raises
    ------
    InputError
        A grid that is too small, has no spacing, no heights, or heights no Moon has (a wrong unit).
    """

    heights_m: NDArray[np.float32]
    x_first_m: float
    y_first_m: float
    x_step_m: float
    y_step_m: float
    pole: str
    source: str

    def __post_init__(self) -> None:
        if self.heights_m.ndim != 2 or min(self.heights_m.shape) < 2 or self.heights_m.dtype != np.float32:
            found = f"{self.heights_m.shape} of {self.heights_m.dtype}"
            raise InputError(f"terrain needs heights (rows, columns), float32, two each or more; found {found}")
        numbers = (self.x_first_m, self.y_first_m, self.x_step_m, self.y_step_m)
        if not np.isfinite(numbers).all() or self.x_step_m == 0.0 or self.y_step_m == 0.0:
            raise InputError(f"terrain has no usable position and spacing: {numbers}")
        if min(abs(self.x_step_m), abs(self.y_step_m)) < _STEP_MIN_M:
            raise InputError(
                f"terrain has pixels of {self.x_step_m:g} x {self.y_step_m:g} m; allowed: {_STEP_MIN_M:g} m or more; "
                "is the spacing in degrees or kilometres?"
            )
        if self.pole not in _POLES or not self.source.strip():
            found = f"{self.pole!r:.40} and {self.source!r:.40}"
            raise InputError(f"terrain needs a pole (south or north) and a source; found {found}")
        if not np.isfinite(self.heights_m).any():
            raise InputError("terrain holds no heights at all")
        if max(abs(self.lowest_m), abs(self.highest_m)) > _HEIGHT_LIMIT_M:
            raise InputError(
                f"terrain heights from {self.lowest_m:g} to {self.highest_m:g} m over 1737.4 km; allowed: within "
                f"{_HEIGHT_LIMIT_M:g} m; is the unit wrong, the radius not subtracted, or a no-data value left?"
            )

    @property
    def lowest_m(self) -> float:
        """Least height."""
        return float(np.nanmin(self.heights_m))

    @property
    def highest_m(self) -> float:
        """Largest height."""
        return float(np.nanmax(self.heights_m))

    @property
    def pixel_km(self) -> float:
        """Finer spacing of the two."""
        return min(abs(self.x_step_m), abs(self.y_step_m)) * KM_PER_M

    def grid_rows(self) -> FloatArray:
        """Position, spacing, radius and pole as the compiled code wants them, m."""
        geometry = (self.x_first_m, self.y_first_m, self.x_step_m, self.y_step_m)
        return np.array([*geometry, MOON.radius_km * M_PER_KM, _POLES[self.pole]])

    def height_m(self, latitude_deg: float, longitude_deg: float) -> float:
        """Height of the terrain at a place.

        Parameters
        ----------
        latitude_deg, longitude_deg : float
            Selenographic, mean Earth axes.

        Returns
        -------
        float
            m over 1737.4 km, bilinear.

        Raises
        ------
        DataError
            The place lies outside the grid or beside a gap in it.
        """
        x, y, z = (float(one) for one in me_from_selenographic_km(latitude_deg, longitude_deg) / MOON.radius_km)
        grid = self.grid_rows()
        px, py = project(x, y, z, grid[4], grid[5])
        height = float(height_at(self.heights_m, grid[0], grid[1], grid[2], grid[3], px, py))
        if math.isnan(height):
            raise DataError(
                f"terrain {self.source!r:.60} has no height at {latitude_deg:g}, {longitude_deg:g} degrees "
                f"(x {px / M_PER_KM:.3f} km, y {py / M_PER_KM:.3f} km); choose a place inside the grid or another file"
            )
        return height


@dataclass(frozen=True, eq=False)
class TerrainHorizon:
    """A horizon mask from terrain, with what it rests on.

    Attributes
    ----------
    mask : HorizonMask
        Status ``derived``.
    distance_km : ndarray, shape (M,)
        Distance of the horizon at each azimuth of the mask.
    seen_km : ndarray, shape (M,)
        Distance to which terrain was known, the least of the azimuth's rays.
    ground_m : float
        Height of the ground at the place, over 1737.4 km.
    """

    mask: HorizonMask
    distance_km: FloatArray
    seen_km: FloatArray
    ground_m: float


def horizon_from_terrain(
    grid: ElevationGrid,
    latitude_deg: float,
    longitude_deg: float,
    *,
    eye_height_m: float,
    reach_km: float = 150.0,
    required_km: float | None = None,
    azimuth_step_deg: float = 0.5,
    rays: int = 4,
    name: str = "",
    threads: int | None = None,
) -> TerrainHorizon:
    """Compute the horizon mask of a place.

    Parameters
    ----------
    grid : ElevationGrid
        Terrain.
    latitude_deg, longitude_deg : float
        The place, selenographic.
    eye_height_m : float
        Height of the panel, camera or antenna over the ground: it decides much (a study finds 92.3 % light at 2 m and
        95.7 % at 10 m at one place).
    reach_km : float
        How far terrain is looked at; 5 km high mountains rise over a level horizon from 130 km.
    required_km : float, optional
        How far terrain must be known in every direction; `reach_km` when omitted.
    azimuth_step_deg : float
        Spacing of the mask; a whole number of steps must fill the circle.
    rays : int
        Rays in each step of azimuth; the highest counts, so that a peak between two azimuths is not lost.
    name : str
        Name of the mask.
    threads : int, optional
        By default as many as there are processors.

    Returns
    -------
    TerrainHorizon

    Raises
    ------
    DataError
        The place lies outside the grid, or terrain is not known as far as required.
    InputError
        Numbers outside what is said above.
    """
    steps = round(360.0 / azimuth_step_deg) if azimuth_step_deg > 0.0 else 0
    if steps < 4 or abs(steps * azimuth_step_deg - 360.0) > 1e-9 or rays < 1:
        raise InputError(f"azimuth_step_deg {azimuth_step_deg:g} must divide 360, and rays {rays} be one or more")
    if not (eye_height_m >= 0.0 and reach_km > grid.pixel_km):
        raise InputError(f"eye_height_m {eye_height_m:g} must not be negative, reach_km {reach_km:g} exceed a pixel")
    if steps * rays * reach_km / grid.pixel_km > _SAMPLES_MAX:
        raise InputError("more than 1e9 samples; take a coarser grid, fewer rays or a shorter reach")
    ground_m = grid.height_m(latitude_deg, longitude_deg)
    offset = (np.arange(rays) + 0.5) / rays - 0.5
    azimuth_rad = ((np.arange(steps)[:, None] + offset).ravel()) * azimuth_step_deg * RAD_PER_DEG
    found = _cast(grid, latitude_deg, longitude_deg, ground_m + eye_height_m, azimuth_rad, reach_km, threads)
    found = found.reshape(steps, rays, 3)
    seen_km = found[:, :, 2].min(axis=1) * KM_PER_M
    _require_seen(grid, seen_km, reach_km if required_km is None else required_km)
    best = found[:, :, 0].argmax(axis=1)
    rows = np.arange(steps)
    words = f"{grid.source}; eye {eye_height_m:g} m over ground, terrain to {float(seen_km.min()):.1f} km"
    mask = HorizonMask(
        name or f"terrain at {latitude_deg:g}, {longitude_deg:g}",
        np.asarray(rows * azimuth_step_deg, dtype=np.float64),
        found[rows, best, 0] * DEG_PER_RAD,
        "derived",
        words,
    )
    return TerrainHorizon(mask, found[rows, best, 1] * KM_PER_M, seen_km, ground_m)


def _cast(
    grid: ElevationGrid,
    latitude_deg: float,
    longitude_deg: float,
    eye_m: float,
    azimuth_rad: FloatArray,
    reach_km: float,
    threads: int | None,
) -> FloatArray:
    """Rays at all azimuths: elevation (rad), distances of the horizon and seen (m), (A, 3)."""
    out = np.empty((azimuth_rad.size, 3))
    local = R_enu_fixed(latitude_deg, longitude_deg)
    geometry, top_m = grid.grid_rows(), grid.highest_m
    eye, step, reach = geometry[4] + eye_m, STEP_SHARE * grid.pixel_km * M_PER_KM, reach_km * M_PER_KM

    def run(first: int, last: int) -> None:
        frame = np.ascontiguousarray(np.concatenate([local, np.zeros((1, 3))]))
        horizon_rows(grid.heights_m, geometry, frame, eye, azimuth_rad, step, reach, top_m, first, last, out)

    count = threads or os.cpu_count() or 1
    edges = np.linspace(0, azimuth_rad.size, 4 * count + 1).astype(int)
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, edges[:-1].tolist(), edges[1:].tolist()))
    return out


def _require_seen(grid: ElevationGrid, seen_km: FloatArray, required_km: float) -> None:
    short = int(np.argmin(seen_km))
    # A ray ends on the last sample before its reach.
    if seen_km[short] < required_km - grid.pixel_km:
        raise DataError(
            f"terrain {grid.source!r:.60} ends {seen_km[short]:.1f} km from the place in one direction, "
            f"{required_km:g} km are required; take a larger grid, or accept less with required_km"
        )


def grid_from_heights(
    heights_m: NDArray[np.floating],
    x_first_m: float,
    y_first_m: float,
    x_step_m: float,
    y_step_m: float,
    pole: str,
    source: str,
) -> ElevationGrid:
    """Terrain from an array of any floating type.

    Parameters
    ----------
    heights_m : ndarray (rows, columns)
        Over 1737.4 km, NaN where there is no value.
    x_first_m, y_first_m, x_step_m, y_step_m : float
        As in `ElevationGrid`.
    pole, source : str
        As in `ElevationGrid`.

    Returns
    -------
    ElevationGrid

    Raises
    ------
    InputError
        As `ElevationGrid`.
    """
    heights = np.ascontiguousarray(heights_m, dtype=np.float32)
    return ElevationGrid(heights, x_first_m, y_first_m, x_step_m, y_step_m, pole, source)


def checked(file: Path, make: Callable[[], ElevationGrid]) -> ElevationGrid:
    """Build a grid and name the file in what goes wrong.

    Parameters
    ----------
    file : Path
        Where the numbers come from.
    make : callable
        Builds the grid.

    Returns
    -------
    ElevationGrid

    Raises
    ------
    DataError
        The numbers make no terrain.
    """
    try:
        return make()
    except InputError as error:
        raise DataError(f"{file}: {error}") from error
