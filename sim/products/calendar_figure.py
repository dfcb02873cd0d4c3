"""Launch calendar: one square a day, one row a month, one block a year, coloured by the day's best opportunity."""

from __future__ import annotations

import calendar
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm
from matplotlib.patches import Patch
from numpy.typing import NDArray

from sim.products import atlas_parts, style
from sim.products.folder import Folder, Mission, times

_MONTH_IN, _HEAD_IN, _FOOT_IN, _GAP_IN = 0.27, 1.0, 0.45, 0.62


def draw(folder: Folder, mission: Mission, path: Path, column: str = "") -> Path:
    """Draw the calendar of a mission.

    Parameters
    ----------
    folder : Folder
        The run, for the phases of the Moon.
    mission : Mission
        With at least one opportunity.
    path : Path
        File to write.
    column : str
        Column whose lowest value of the day gives the colour; the velocity changes by default.

    Returns
    -------
    Path
        The file.
    """
    column = column or atlas_parts.cost_column(mission)
    period = atlas_parts.period(mission)
    index = (atlas_parts.days(mission) - period[0]).astype(np.int64)
    inside = np.flatnonzero((index >= 0) & (index < len(period)))
    cost = atlas_parts.column_values(mission, column)
    within = inside[mission.within[inside]]
    best = atlas_parts.lowest_values(index, cost, within, len(period))
    opportunities = np.bincount(index[inside], minlength=len(period))
    good = np.bincount(index[within], minlength=len(period))
    norm = atlas_parts.steps(best)
    blocks = _blocks(period)
    height = _HEAD_IN + _FOOT_IN + sum(len(months) * _MONTH_IN + _GAP_IN for _, months in blocks)
    figure = style.new_figure(height)
    style.heading(
        figure,
        f"{mission.name}: launch calendar",
        f"Colour: lowest {atlas_parts.label(column)} of the day within limits. Number: launches within limits. "
        "Days are UTC.",
    )
    top = 1.0 - (_HEAD_IN + 0.1) / height
    for year, months in blocks:
        size = len(months) * _MONTH_IN / height
        axes = figure.add_axes((0.055, top - size, 0.81, size))
        _block(axes, year, months, period, best, opportunities, good, norm)
        _phases(axes, folder, year, months)
        top -= size + _GAP_IN / height
    size = min(2.8, height - _HEAD_IN - _FOOT_IN)
    bar = figure.add_axes((0.942, 1.0 - (_HEAD_IN + 0.1 + size) / height, 0.012, size / height))
    mapped: Any = figure.colorbar(_mappable(norm), cax=bar)
    mapped.outline.set_visible(False)
    bar.set_title(atlas_parts.label(column).rpartition("(")[2].rstrip(")"), fontsize=9, fontweight="normal", loc="left")
    handles = [
        Patch(fc=atlas_parts.OUTSIDE, ec=style.MUTED, lw=0.5, label="opportunities, none within limits"),
        Patch(fc=atlas_parts.NOTHING, ec=style.MUTED, lw=0.5, label="no opportunity"),
    ]
    figure.legend(
        handles=handles, loc="upper right", bbox_to_anchor=(0.99, 1.0 - 0.12 / height), ncols=2, handlelength=1.0
    )
    style.footer(
        figure,
        f"{int((good > 0).sum())} launch days of {len(period)} in the period, {int(good.sum())} opportunities within "
        "limits. Filled and open dots: new and full Moon. Right: launch days of the month, of the days searched.",
    )
    return style.save(figure, path)


def _mappable(norm: BoundaryNorm) -> Any:
    from matplotlib.cm import ScalarMappable  # with the figure that needs it

    return ScalarMappable(norm=norm, cmap=style.COST_MAP)


def _blocks(period: NDArray[np.datetime64]) -> list[tuple[int, list[np.datetime64]]]:
    """Years of a period with their months that it touches."""
    months = np.unique(period.astype("datetime64[M]"))
    years = np.unique(months.astype("datetime64[Y]"))
    return [(int(str(year)), [month for month in months if month.astype("datetime64[Y]") == year]) for year in years]


def _block(
    axes: Axes,
    year: int,
    months: list[np.datetime64],
    period: NDArray[np.datetime64],
    best: NDArray[np.float64],
    opportunities: NDArray[np.int64],
    good: NDArray[np.int64],
    norm: BoundaryNorm,
) -> None:
    picture = np.ones((len(months), 31, 4))
    for row, month in enumerate(months):
        at = np.flatnonzero(period.astype("datetime64[M]") == month)
        column = (period[at] - month.astype("datetime64[D]")).astype(np.int64)
        colours = style.COST_MAP(norm(np.nan_to_num(best[at])))
        colours[opportunities[at] == 0] = _rgba(atlas_parts.NOTHING)
        colours[(opportunities[at] > 0) & (good[at] == 0)] = _rgba(atlas_parts.OUTSIDE)
        picture[row, column] = colours
        for place, count, colour in zip(column, good[at], colours, strict=True):
            if count:
                dark = float(colour[:3] @ (0.299, 0.587, 0.114)) < 0.55
                look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 7.5}
                axes.text(float(place), row, str(count), color="white" if dark else style.INK, **look)
        axes.text(31.0, row, f"{int((good[at] > 0).sum())} of {len(at)}", va="center", fontsize=8.5)
    axes.imshow(picture, aspect="auto", interpolation="nearest")
    axes.set_xticks(np.arange(-0.5, 31.0), minor=True)
    axes.set_yticks(np.arange(-0.5, len(months)), minor=True)
    axes.grid(True, which="minor", color="white", lw=1.6)
    axes.set_xticks([0, 4, 9, 14, 19, 24, 29], ["1", "5", "10", "15", "20", "25", "30"])
    axes.set_yticks(range(len(months)), [calendar.month_abbr[int(str(month)[5:7])] for month in months])
    axes.tick_params(which="both", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_title(str(year))


def _rgba(colour: str) -> tuple[float, float, float, float]:
    red, green, blue = (int(colour[at : at + 2], 16) / 255.0 for at in (1, 3, 5))
    return red, green, blue, 1.0


def _phases(axes: Axes, folder: Folder, year: int, months: list[np.datetime64]) -> None:
    """Mark the days of new and full Moon in the corner of their squares."""
    when = times(folder.moon["utc"])
    for angle, face in ((0.0, style.INK), (180.0, "white")):
        turned = (folder.moon["elongation_deg"] - angle + 180.0) % 360.0 - 180.0
        at = np.flatnonzero((turned[:-1] < 0.0) & (turned[1:] >= 0.0) & (np.diff(turned) < 90.0))
        for instant in when[at]:
            month = instant.astype("datetime64[M]")
            if month in months:
                day = int((instant.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64))
                axes.plot(day + 0.32, months.index(month) - 0.26, "o", ms=4.2, mfc=face, mec=style.INK, mew=0.7)
