"""Figures of launch windows: calendar, map, flight times, inclinations, and why the windows are where they are."""

from __future__ import annotations

from pathlib import Path

from sim.errors import StoreError
from sim.products import (
    atlas_parts,
    calendar_figure,
    daily_figure,
    map_figure,
    porkchop_figure,
    reasons_figure,
    style,
    trade_figure,
)
from sim.products.folder import Folder, Mission, read_folder
from sim.products.report import Picture

FIGURES = "figures"


def plot_windows(directory: Path, *, column: str = "") -> list[Path]:
    """Draw the window figures of a run from the files in its folder.

    Parameters
    ----------
    directory : Path
        Written by `sim.products.write_results`.
    column : str
        Column of the opportunity tables that gives the colours; the sum of injection and insertion by default.

    Returns
    -------
    list of Path
        The figures.

    Raises
    ------
    InputError
        A file that is missing or damaged, a column that no table has.
    StoreError
        When figures cannot be written.
    """
    folder = read_folder(directory)
    target = folder.directory / FIGURES
    try:
        target.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {target}: {error.strerror}; choose a folder that you may write to"
        ) from error
    with style.styled():
        return [picture.path for picture in pictures(folder, target, column)]


def pictures(folder: Folder, target: Path, column: str = "") -> list[Picture]:
    """Draw the window figures of every mission of a folder that has opportunities.

    Parameters
    ----------
    folder : Folder
        The run.
    target : Path
        Existing folder for the figures.
    column : str
        See `plot_windows`.

    Returns
    -------
    list of Picture
        With captions for the report.
    """
    found: list[Picture] = []
    for mission in folder.missions:
        if len(mission.launch):
            found += _mission(folder, mission, target, column)
    return found


def _mission(folder: Folder, mission: Mission, target: Path, column: str) -> list[Picture]:
    def picture(kind: str, caption: str) -> Picture:
        return Picture(target / f"{kind}_{mission.key}.png", "windows", f"{mission.name}: {caption}")

    if column:
        atlas_parts.column_values(mission, column)  # an unknown column costs no half-drawn set of figures
    found = [
        picture("calendar", "launch calendar."),
        picture("map", "all opportunities by date and hour."),
        picture("reasons", "the Moon under the windows, and what the limits refuse."),
    ]
    calendar_figure.draw(folder, mission, found[0].path, column)
    map_figure.draw(folder, mission, found[1].path, column)
    reasons_figure.draw(folder, mission, found[2].path, column)
    if len(porkchop_figure.flight_time_day(mission)) >= porkchop_figure.LEAST_TIMES:
        found.append(picture("flight_times", "launch date and flight time."))
        porkchop_figure.draw(folder, mission, found[-1].path, column)
    if mission.facts["daily"] and mission.facts["daily"]["windows_n"]:
        found.append(picture("daily", "daily windows with free azimuth."))
        daily_figure.draw(folder, mission, found[-1].path)
    if trade_figure.has_trade(mission):
        found.append(picture("inclinations", "what the inclination buys and costs."))
        trade_figure.draw(folder, mission, found[-1].path)
    return found
