"""What a run left in its folder, read back for figures and report."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError
from sim.products import moon, opportunities, summary
from sim.products.returns import REQUIRED as RETURN_COLUMNS
from sim.products.schema import Json
from sim.products.tables import Table, read_table

Times = NDArray[np.datetime64]

_TRAJECTORY = ("t_tdb", "utc", "x_km", "vx_km_s", "moon_x_km", "moon_vx_km_s", "lunar_x_km", "emr_x_km", "emr_y_km")
_MOON = ("utc", "x_km", "y_km", "z_km", "distance_km", "declination_deg", "elongation_deg")


@dataclass(frozen=True, eq=False)
class Mission:
    """One mission of a folder.

    Attributes
    ----------
    facts : dict
        Its entry in the summary.
    table : Table
        Its opportunities.
    launch : ndarray of datetime64, shape (N,)
        Launch instants, UTC.
    within : ndarray of bool, shape (N,)
        Rows within limits.
    path : Table or None
        The trajectory of the best opportunity.
    returns, way_home : Table or None
        Returns to the Earth, and the trajectory of one of them.
    """

    facts: Json
    table: Table
    launch: Times
    within: NDArray[np.bool_]
    path: Table | None
    returns: Table | None = None
    way_home: Table | None = None

    @property
    def key(self) -> str:
        """Unique in the folder."""
        return str(self.facts["key"])

    @property
    def name(self) -> str:
        """What reports call it."""
        return str(self.facts["name"])


@dataclass(frozen=True, eq=False)
class Folder:
    """All that a run left.

    Attributes
    ----------
    directory : Path
        Where.
    summary : dict
        Checked against the schema.
    missions : tuple of Mission
        In the order of the summary.
    moon : Table
        The Moon every six hours; empty without missions.
    """

    directory: Path
    summary: Json
    missions: tuple[Mission, ...]
    moon: Table

    def of_plan(self, plan_id: str) -> tuple[Mission, ...]:
        """Return the missions of a plan in the plan's order."""
        plan = next(plan for plan in self.summary["plans"] if plan["id"] == plan_id)
        keys = [entry["key"] for entry in plan["missions"]]
        return tuple(mission for key in keys for mission in self.missions if mission.key == key)


def short(name: str) -> str:
    """Return a name without what stands in brackets after it: ``Luna 26 (plan of 2021)`` gives ``Luna 26``."""
    return name.split(" (", 1)[0]


def times(cells: NDArray[Any]) -> Times:
    """Return ISO text as datetime64, milliseconds.

    Parameters
    ----------
    cells : ndarray of str
        ISO epochs without suffix.

    Returns
    -------
    ndarray of datetime64
        The same epochs. A leap second (``:60``) becomes the next second.
    """
    leap = np.char.find(cells, ":60") >= 16 if len(cells) else np.zeros(0, dtype=bool)
    if leap.any():
        plain = np.array([cell[:17] + "59" + cell[19:] for cell in cells[leap]])
        cells = cells.copy()
        cells[leap] = plain
    found = cells.astype("datetime64[ms]")
    found[leap] += np.timedelta64(1, "s")
    return np.asarray(found)


def read_folder(directory: Path | str) -> Folder:
    """Read a run's folder.

    Parameters
    ----------
    directory : Path
        Written by `sim.products.write_results`.

    Returns
    -------
    Folder
        Everything that figures and report need.

    Raises
    ------
    InputError
        When a file is missing or does not hold what it should, naming the file.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise InputError(f"{directory} is no folder; give the folder that a run wrote with --out")
    document = summary.read(directory)
    missions = tuple(_mission(directory, facts) for facts in document["missions"])
    strip = read_table(directory / moon.FILE_NAME, _MOON) if missions else {}
    return Folder(directory, document, missions, strip)


def _mission(directory: Path, facts: Json) -> Mission:
    names = facts["files"]
    path = directory / names["opportunities"]
    table = read_table(path, opportunities.REQUIRED)
    try:
        launch = times(table["launch_utc"])
    except ValueError as error:
        raise InputError(f"{path}: column launch_utc holds something that is no epoch: {error}") from error
    flown = read_table(directory / names["trajectory"], _TRAJECTORY) if names["trajectory"] else None
    home = read_table(directory / names["returns"], RETURN_COLUMNS) if names.get("returns") else None
    way = read_table(directory / names["return_trajectory"], _TRAJECTORY) if names.get("return_trajectory") else None
    return Mission(facts, table, launch, table["within_limits_n"] > 0.5, flown, home, way)
