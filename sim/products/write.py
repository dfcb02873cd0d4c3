"""Files of a run: tables, summary, ephemeris messages. Everything that `sim.products.plot` reads is written here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from sim.analysis.results import MissionResult, RunResults
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import StoreError
from sim.products import (
    at_moon_tables,
    calendar_tables,
    daily,
    moon,
    netcdf,
    opportunities,
    returns,
    summary,
    trajectory,
)
from sim.products.oem import write_oem
from sim.products.tables import Table, write_table


def write_results(results: RunResults, directory: Path, *, ephemeris: Ephemeris | None = None) -> list[Path]:
    """Write all tables, ``summary.json``, ephemeris messages and, when its libraries are there, netCDF.

    Parameters
    ----------
    results : RunResults
        The run.
    directory : Path
        Created when it does not exist.
    ephemeris : Ephemeris, optional
        The one that the run used; the shipped one by default.

    Returns
    -------
    list of Path
        Files written, the summary last: a folder with a summary is complete.

    Raises
    ------
    StoreError
        When the folder cannot be made or written to.
    """
    directory = Path(directory)
    ephemeris = open_ephemeris() if ephemeris is None else ephemeris
    prepare(directory)
    # A summary of an earlier run would describe files that are about to change.
    _remove(directory / summary.FILE_NAME)
    tables = {mission.key: opportunities.columns(mission) for mission in results.missions}
    paths: list[Path] = []
    for mission in results.missions:
        paths += _write_mission(results, mission, tables[mission.key], directory, ephemeris)
        paths += calendar_tables.write_calendars(mission, directory)
        if daily.has_daily(mission):
            paths.append(write_table(directory / daily.file_name(mission), daily.columns(mission)))
        paths += at_moon_tables.write_tables(mission, directory)
    if results.missions:
        span = moon.span_tdb(results)
        paths.append(write_table(directory / moon.FILE_NAME, moon.moon_table(ephemeris, *span)))
    notes: list[str] = []
    paths += _write_netcdf(tables, directory, notes)
    document = summary.build(results, ephemeris, [path.name for path in paths], notes)
    paths.append(summary.write(document, directory))
    return paths


def prepare(directory: Path) -> None:
    """Make `directory` and see that files can be written in it.

    Parameters
    ----------
    directory : Path
        Folder for results.

    Raises
    ------
    StoreError
        When it cannot be made, is a file, or may not be written to.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the output folder {directory}: {error.strerror}; choose a folder that you may write to"
        ) from error
    probe = directory / f".writable-{os.getpid()}"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"cannot write into {directory}: {error.strerror}; choose a folder that you may write to"
        ) from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot replace {path}: {error.strerror}; choose an empty output folder") from error


def _write_mission(
    results: RunResults, mission: MissionResult, table: Table, directory: Path, ephemeris: Ephemeris
) -> list[Path]:
    names = summary.mission_files(mission)
    paths = [write_table(directory / str(names["opportunities"]), table)]
    if mission.sample_return is not None and mission.sample_return.returns is not None:
        paths.append(write_table(directory / str(names["returns"]), returns.columns(mission)))
    if mission.sample_return is not None and mission.sample_return.path is not None:
        flown_home = trajectory.columns(mission.sample_return.path, ephemeris)
        paths.append(write_table(directory / str(names["return_trajectory"]), flown_home, trajectory.COMMENTS))
    if mission.trajectory is None:
        return paths
    flown = trajectory.columns(mission.trajectory, ephemeris)
    paths.append(write_table(directory / str(names["trajectory"]), flown, trajectory.COMMENTS))
    comments = (
        f"{mission.case.name}: transfer of the best opportunity, from just after injection to perilune",
        f"perilune {results.versions.get('perilune', '')}; perigee to perilune, no burns, full model, not operational",
    )
    message = write_oem(
        directory / str(names["oem"]),
        mission.case.name.upper(),
        mission.case.id.upper(),
        "EARTH",
        mission.trajectory.t_tdb,
        mission.trajectory.state,
        comments=comments,
    )
    return [*paths, message]


def _write_netcdf(tables: Mapping[str, Table], directory: Path, notes: list[str]) -> list[Path]:
    absent = netcdf.missing()
    if absent:
        notes.append(f"No netCDF file: {', '.join(absent)} not installed (pip install 'perilune[io]').")
        return []
    return [netcdf.write_netcdf(directory / netcdf.FILE_NAME, tables, "perilune launch opportunities")]
