"""Every opportunity of a mission, date across and hour up, coloured by any column of its table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.dates import date2num

from sim.products import atlas_parts, style
from sim.products.folder import Folder, Mission

_HEIGHT_IN = 5.6
_MOST_DAYS = 60.0


def draw(folder: Folder, mission: Mission, path: Path, column: str = "") -> Path:
    """Draw the opportunities of a mission.

    Parameters
    ----------
    folder : Folder
        The run.
    mission : Mission
        With at least one opportunity.
    path : Path
        File to write.
    column : str
        Column of numbers that gives the colour; the velocity changes by default.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        A column that the table does not have.
    """
    column = column or atlas_parts.cost_column(mission)
    values = atlas_parts.column_values(mission, column)
    figure = style.new_figure(_HEIGHT_IN)
    words = atlas_parts.label(column)
    style.heading(
        figure,
        f"{mission.name}: opportunities by date and hour",
        f"Colour: {words}. Grey: outside the mission's limits or without such a number.",
    )
    axes = figure.add_axes((0.055, 0.15, 0.855, 0.66))
    bar = figure.add_axes((0.925, 0.15, 0.012, 0.66))
    period = atlas_parts.period(mission)
    clock = (mission.launch - mission.launch.astype("datetime64[D]")) / np.timedelta64(1, "h")
    coloured = mission.within & np.isfinite(values)
    size = float(np.clip(900.0 / max(len(period), 1), 3.0, 40.0))
    axes.scatter(mission.launch[~coloured], clock[~coloured], s=size, color=atlas_parts.OUTSIDE, lw=0)
    rows = np.flatnonzero(coloured)
    # The lowest on top, whichever family it belongs to.
    rows = rows[np.argsort(-values[rows], kind="stable")]
    norm = atlas_parts.steps(values[rows], 12)
    drawn = axes.scatter(
        mission.launch[rows], clock[rows], s=size, c=values[rows], cmap=style.COST_MAP, norm=norm, lw=0
    )
    if rows.size:
        colours = figure.colorbar(drawn, cax=bar)
        colours.outline.set_visible(False)
        colours.set_label(words)
    else:
        bar.set_axis_off()
    axes.set_ylim(-0.5, 24.5)
    axes.set_yticks(range(0, 25, 3))
    axes.set_ylabel("Launch hour (UTC)")
    axes.set_xlim(float(date2num(period[0])), float(date2num(period[-1] + np.timedelta64(1, "D"))))
    style.date_axis(axes)
    axes.grid(True)
    style.footer(
        figure,
        f"{len(rows)} opportunities within limits of {len(values)} found; all families, flight times and inclinations "
        "searched, the lowest value drawn last. Full model; burns priced as impulses.",
    )
    return style.save(figure, path)
