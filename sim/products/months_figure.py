"""Launch days of every month and what injection and insertion cost in it, one row a mission."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.products import style
from sim.products.folder import Folder, Mission

_ROW_IN = 1.75


def draw(folder: Folder, missions: Sequence[Mission], path: Path) -> Path:
    """Draw launch days, insertion and injection by month.

    Parameters
    ----------
    folder : Folder
        The run.
    missions : sequence of Mission
        Rows of the figure, at least one.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    figure, grid = style.mission_rows(
        len(missions),
        3,
        _ROW_IN,
        "Launch days and velocity changes by month of launch",
        "Left: days with an opportunity (outline: days in the launch period). "
        "Middle, right: insertion and injection (impacts: speeds), lowest to highest, dot: median.",
    )
    limits = {
        name: _limits([mission for mission in missions if name in dict(_columns(mission))], name)
        for mission in missions
        for name, _ in _columns(mission)
    }
    for index, mission in enumerate(missions):
        colour = style.colour(index)
        _days(figure.add_subplot(grid[index, 0]), mission, colour)
        for place, (name, label) in enumerate(_columns(mission), start=1):
            _costs(figure.add_subplot(grid[index, place]), mission, name, label, colour, limits[name])
    style.footer(
        figure,
        "A launch day is a UTC day with at least one opportunity within the mission's limits. Impulsive, "
        "from a circular parking orbit and into the "
        "orbit of the scenario; weather, range and readiness are not in it.",
    )
    return style.save(figure, path)


def _columns(mission: Mission) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the two columns that are drawn, with their labels."""
    if mission.facts["end"] == "impact":
        return ("injection_speed_km_s", "Burn-out (km/s)"), ("arrival_speed_km_s", "Impact (km/s)")
    return ("loi_dv_m_s", "LOI (m/s)"), ("tli_dv_m_s", "TLI (m/s)")


def _limits(missions: Sequence[Mission], name: str) -> tuple[float, float]:
    found = np.concatenate([mission.table[name][mission.within] for mission in missions])
    if not len(found):
        return 0.0, 1.0
    low, high = float(np.nanmin(found)), float(np.nanmax(found))
    pad = max(0.06 * (high - low), 0.002 if name.endswith("_km_s") else 1.0)
    return low - pad, high + pad


def _month_axis(axes: Axes, months: Sequence[str]) -> None:
    step = max(1, int(np.ceil(len(months) / 12)))
    ticks = range(0, len(months), step)
    labels = []
    for tick in ticks:
        year, month = months[tick].split("-")
        name = "JFMAMJJASOND"[int(month) - 1] if len(months) > 6 else calendar.month_abbr[int(month)]
        labels.append(f"{name}\n{year}" if tick == 0 or month == "01" or (step > 1 and int(month) <= step) else name)
    axes.set_xticks(list(ticks), labels)
    axes.set_xlim(-0.6, max(len(months), 6) - 0.4)
    axes.tick_params(axis="x", length=0)


def _days(axes: Axes, mission: Mission, colour: str) -> None:
    calendar = mission.facts["calendar"]
    months, place = calendar["months"], np.arange(len(calendar["months"]))
    axes.bar(place, calendar["days_in_month"], width=0.8, fc="none", ec=style.MUTED, lw=0.8)
    axes.bar(place, calendar["launch_days"], width=0.8, color=colour)
    if len(months) <= 16:
        for at, count in zip(place, calendar["launch_days"], strict=True):
            axes.text(float(at), count + 0.7, str(count), ha="center", va="bottom", fontsize=8.5)
    axes.set_ylim(0, 36)
    axes.set_yticks((0, 10, 20, 30))
    axes.set_ylabel("Launch days")
    axes.grid(True, axis="y")
    axes.set_title(f"{mission.name}, {mission.facts['site_name']}")
    _month_axis(axes, months)


def month_index(mission: Mission) -> NDArray[np.int64]:
    """Return for each opportunity the index of its month in the mission's calendar."""
    months = mission.launch.astype("datetime64[M]")
    first = np.datetime64(mission.facts["calendar"]["months"][0], "M")
    return np.asarray((months - first).astype(np.int64))


def _costs(axes: Axes, mission: Mission, name: str, label: str, colour: str, limits: tuple[float, float]) -> None:
    months = mission.facts["calendar"]["months"]
    index = month_index(mission) if len(mission.launch) else np.zeros(0, dtype=np.int64)
    for at in range(len(months)):
        values = mission.table[name][mission.within & (index == at)]
        values = values[np.isfinite(values)]
        if len(values):
            axes.plot([at, at], [values.min(), values.max()], color=colour, lw=3.0, solid_capstyle="butt", alpha=0.45)
            axes.plot(at, np.median(values), "o", color=colour, ms=5)
    axes.set_ylim(*limits)
    axes.grid(True, axis="y")
    axes.set_ylabel(label)
    _month_axis(axes, months)
