"""Launch date against flight time, coloured by cost: when flying faster or slower helps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.dates import date2num
from numpy.typing import NDArray

from sim.products import atlas_parts, style
from sim.products.folder import Folder, Mission

LEAST_TIMES = 3
"""With fewer flight times there is nothing to see."""

_PANEL_IN, _HEAD_IN, _FOOT_IN = 2.7, 1.0, 0.8


def flight_time_day(mission: Mission) -> NDArray[np.float64]:
    """Return the flight times that a mission searched, ascending."""
    return np.asarray(sorted(mission.facts["tof_day"]), dtype=np.float64)


def draw(folder: Folder, mission: Mission, path: Path, column: str = "") -> Path:
    """Draw the map of a mission with several flight times.

    Parameters
    ----------
    folder : Folder
        The run.
    mission : Mission
        With opportunities at `LEAST_TIMES` flight times or more.
    path : Path
        File to write.
    column : str
        Column of the upper map; the velocity changes by default.

    Returns
    -------
    Path
        The file.
    """
    column = column or atlas_parts.cost_column(mission)
    columns = (column, "c3_km2_s2" if column != "c3_km2_s2" else "tli_dv_m_s")
    height = _HEAD_IN + _FOOT_IN + (_PANEL_IN + 0.35) * len(columns)
    figure = style.new_figure(height)
    style.heading(
        figure,
        f"{mission.name}: launch date and flight time",
        "Each cell: the lowest value of a UTC day and flight time among all families within limits. "
        "Grey: none within limits; white: no opportunity.",
    )
    grid = figure.add_gridspec(
        len(columns),
        2,
        width_ratios=[1.0, 0.013],
        left=0.058,
        right=0.925,
        top=1.0 - (_HEAD_IN + 0.15) / height,
        bottom=(_FOOT_IN + 0.1) / height,
        hspace=0.32,
        wspace=0.035,
    )
    for place, name in enumerate(columns):
        axes, bar = figure.add_subplot(grid[place, 0]), figure.add_subplot(grid[place, 1])
        period, tof = atlas_parts.period(mission), flight_time_day(mission)
        cells, any_row = _cells(mission, name, period, tof)
        edges = date2num(np.append(period, period[-1] + np.timedelta64(1, "D")))
        grey = np.where(np.isnan(cells) & any_row, 1.0, np.nan)
        axes.pcolormesh(edges, _edges(tof), grey, cmap=ListedColormap([atlas_parts.OUTSIDE]))
        norm = atlas_parts.steps(cells.ravel(), 12)
        drawn = axes.pcolormesh(edges, _edges(tof), cells, cmap=style.COST_MAP, norm=norm)
        colours = figure.colorbar(drawn, cax=bar)
        colours.outline.set_visible(False)
        axes.set_title(atlas_parts.label(name))
        axes.set_ylabel("Flight time (days)")
        axes.set_xlim(float(edges[0]), float(edges[-1]))
        style.date_axis(axes)
        _mark_best(axes, mission, name)
    style.footer(
        figure,
        f"Flight times searched: {', '.join(f'{value:g}' for value in flight_time_day(mission))} days from injection "
        "to perilune; every cell is a trajectory converged in the full model, nothing is interpolated. Star: lowest.",
    )
    return style.save(figure, path)


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    middle = 0.5 * (values[1:] + values[:-1])
    return np.concatenate(([1.5 * values[0] - 0.5 * values[1]], middle, [1.5 * values[-1] - 0.5 * values[-2]]))


def _cells(
    mission: Mission, column: str, period: NDArray[np.datetime64], tof: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the lowest value of each cell, (flight times, days), and whether the cell has any opportunity."""
    day = (atlas_parts.days(mission) - period[0]).astype(np.int64)
    which = np.argmin(np.abs(mission.table["tof_day"][:, None] - tof), axis=1)
    inside = (day >= 0) & (day < len(period))
    key = np.where(inside, which * len(period) + day, 0)
    shape, count = (len(tof), len(period)), len(tof) * len(period)
    cost = atlas_parts.column_values(mission, column)
    found = atlas_parts.lowest_values(key, cost, np.flatnonzero(inside & mission.within), count)
    any_row = np.bincount(key[inside], minlength=count) > 0
    return found.reshape(shape), any_row.reshape(shape)


def _mark_best(axes: object, mission: Mission, column: str) -> None:
    rows = np.flatnonzero(mission.within & np.isfinite(atlas_parts.column_values(mission, column)))
    if not rows.size:
        return
    best = rows[np.argmin(atlas_parts.column_values(mission, column)[rows])]
    day = atlas_parts.days(mission)[best].astype("datetime64[h]") + np.timedelta64(12, "h")
    look = {"ms": 13, "mfc": "white", "mec": style.TRACK, "mew": 1.4}
    axes.plot(date2num(day), mission.table["tof_day"][best], "*", clip_on=False, zorder=5, **look)  # type: ignore[attr-defined]
