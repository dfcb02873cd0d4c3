"""Why the windows are where they are: the Moon under the launch windows, and what each limit refuses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from numpy.typing import NDArray

from sim.products import atlas_parts, style
from sim.products.folder import Folder, Mission, times

Floats = NDArray[np.float64]

_WINDOW_IN, _STRIP_IN, _HEAD_IN, _FOOT_IN, _LIMIT_IN = 2.4, 0.95, 1.0, 0.95, 0.24
_GAP_IN = 0.34
_NOT_REFUSED = "none"


def draw(folder: Folder, mission: Mission, path: Path, column: str = "") -> Path:
    """Draw windows of a mission with the Moon's declination, phase, season and distance below them.

    Parameters
    ----------
    folder : Folder
        The run, for the Moon.
    mission : Mission
        With at least one opportunity.
    path : Path
        File to write.
    column : str
        Column that colours the windows; the velocity changes by default.

    Returns
    -------
    Path
        The file.
    """
    column = column or atlas_parts.cost_column(mission)
    names = _limit_names(mission)
    ratios = [_WINDOW_IN, *([_LIMIT_IN * (len(names) + 0.6)] if names else []), *[_STRIP_IN] * 4]
    height = _HEAD_IN + _FOOT_IN + sum(ratios) + _GAP_IN * len(ratios)
    figure = style.new_figure(height)
    style.heading(
        figure,
        f"{mission.name}: why the windows are where they are",
        "The Moon at arrival, drawn at the date of launch (median time from launch to arrival: "
        f"{_flight_day(mission):.2f} days). Pale bands: days without a launch within limits.",
    )
    grid = figure.add_gridspec(
        len(ratios),
        2,
        height_ratios=ratios,
        width_ratios=[1.0, 0.013],
        left=0.115,
        right=0.93,
        top=1.0 - (_HEAD_IN + 0.1) / height,
        bottom=(_FOOT_IN + 0.1) / height,
        hspace=_GAP_IN * len(ratios) / sum(ratios),
        wspace=0.035,
    )
    rows = [figure.add_subplot(grid[place, 0]) for place in range(len(ratios))]
    _windows(figure, rows[0], figure.add_subplot(grid[0, 1]), mission, column)
    if names:
        _limits(rows[1], mission, names)
    _moon(rows[-4:], folder, mission)
    period = atlas_parts.period(mission)
    for axes in rows:
        _bands(axes, mission)
        style.date_limits(axes, period[0], period[-1] + np.timedelta64(1, "D"))
    for axes in rows[:-1]:
        axes.tick_params(axis="x", labelbottom=False)
        axes.xaxis.get_offset_text().set_visible(False)
    style.footer(
        figure,
        "A plane through site and Moon needs an inclination of at least the Moon's declination (dashed: lowest and "
        "highest searched, where below 33 degrees). The phase sets the light on arrival plane and landing site, the "
        "sub-solar latitude the season at the poles, the distance the speed of arrival and so the insertion.",
    )
    return style.save(figure, path)


def _flight_day(mission: Mission) -> float:
    """Median days from launch to arrival."""
    arrival = times(mission.table["perilune_utc"])
    return float(np.median((arrival - mission.launch) / np.timedelta64(1, "D")))


def _windows(figure: Figure, axes: Axes, bar: Axes, mission: Mission, column: str) -> None:
    cost = atlas_parts.column_values(mission, column)
    clock = (mission.launch - mission.launch.astype("datetime64[D]")) / np.timedelta64(1, "h")
    outside = ~mission.within
    size = float(np.clip(8_000.0 / max(len(mission.launch), 1), 5.0, 24.0))
    axes.scatter(mission.launch[outside], clock[outside], s=size, color=atlas_parts.OUTSIDE, lw=0)
    inside = np.flatnonzero(mission.within)
    inside = inside[np.argsort(-cost[inside], kind="stable")]
    norm = atlas_parts.steps(cost[inside])
    drawn = axes.scatter(
        mission.launch[inside], clock[inside], s=size, c=cost[inside], cmap=style.COST_MAP, norm=norm, lw=0
    )
    if inside.size:
        colours = figure.colorbar(drawn, cax=bar)
        colours.outline.set_visible(False)
    else:
        bar.set_axis_off()
    axes.set_ylim(-0.5, 24.5)
    axes.set_yticks(range(0, 25, 6))
    axes.set_ylabel("Launch (UTC h)")
    axes.set_title(f"Launch windows, colour: {atlas_parts.label(column)}; grey: outside the limits")
    axes.grid(True)


def _limit_names(mission: Mission) -> list[str]:
    """Names of the limits that refuse something, those that refuse most first."""
    found: dict[str, int] = {}
    for words in mission.table.get("refused_by", np.empty(0, dtype=np.str_)):
        for name in str(words).split("+"):
            if name != _NOT_REFUSED:
                found[name] = found.get(name, 0) + 1
    return sorted(found, key=lambda name: -found[name])[:12]


def _limits(axes: Axes, mission: Mission, names: Sequence[str]) -> None:
    """One row a limit: the share of the day's opportunities that it refuses."""
    period = atlas_parts.period(mission)
    day = (atlas_parts.days(mission) - period[0]).astype(np.int64)
    inside = (day >= 0) & (day < len(period))
    reasons = [set(str(words).split("+")) for words in mission.table["refused_by"]]
    every = np.bincount(day[inside], minlength=len(period))
    share = np.full((len(names), len(period)), np.nan)
    for row, name in enumerate(names):
        hit = np.array([name in words for words in reasons]) & inside
        count = np.bincount(day[hit], minlength=len(period))
        share[row] = np.where(every > 0, count / np.maximum(every, 1), np.nan)
    edges = date2num(np.append(period, period[-1] + np.timedelta64(1, "D")))
    axes.pcolormesh(edges, np.arange(len(names) + 1) - 0.5, share, cmap="Oranges", vmin=0.0, vmax=1.25)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), [_limit_words(name) for name in names], fontsize=7.5)
    axes.tick_params(axis="y", length=0)
    axes.set_title("What each limit refuses: the darker, the more of the day's opportunities", fontsize=9.5)


def _limit_words(name: str) -> str:
    """Write a limit's name so that it fits beside its row."""
    for suffix in ("_km2_s2", "_m_s", "_deg", "_km", "_kg", "_s"):
        if name.endswith(suffix):
            name = name[: -len(suffix)]
            break
    return name.replace("sun_elevation_landing", "landing Sun").replace("_", " ")


def _moon(rows: Sequence[Axes], folder: Folder, mission: Mission) -> None:
    delay = np.timedelta64(round(_flight_day(mission) * 86_400_000), "ms")
    when, moon = times(folder.moon["utc"]) - delay, folder.moon
    inclinations = mission.facts["inclination_deg"]
    _strip(rows[0], when, moon["declination_deg"], "Dec. (°)", "Moon's declination")
    rows[0].set_ylim(-34.0, 34.0)
    rows[0].set_yticks((-28, 0, 28))
    for value in {min(inclinations), max(inclinations)}:
        if value < 33.0:
            for sign in (1.0, -1.0):
                rows[0].axhline(sign * value, color=style.TRACK, lw=0.9, ls="--")
    _strip(rows[1], when, 100.0 * moon["illuminated_fraction"], "Lit (%)", "Phase: lit part, 0 new, 100 full")
    if "sub_solar_latitude_deg" in moon:
        _strip(rows[2], when, moon["sub_solar_latitude_deg"], "Latitude (°)", "Season: sub-solar latitude on the Moon")
        rows[2].axhline(0.0, color=style.MUTED, lw=0.8)
    _strip(rows[3], when, 1e-3 * moon["distance_km"], "1000 km", "Distance of the Moon")


def _strip(axes: Axes, when: NDArray[np.datetime64], values: Floats, words: str, title: str) -> None:
    axes.plot(when, values, color=style.SERIES[0], lw=1.2)
    axes.set_ylabel(words)
    axes.set_title(title, fontsize=9.5)
    axes.grid(True, axis="y")


def _bands(axes: Axes, mission: Mission) -> None:
    """Shade the days of the period without a launch within limits."""
    period = atlas_parts.period(mission)
    good = np.isin(period, atlas_parts.days(mission)[mission.within])
    edges = np.flatnonzero(np.diff(np.concatenate(([True], good, [True])).astype(np.int8)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        start, stop = date2num([period[0] + first, period[0] + last])
        axes.axvspan(start, stop, color="#f6ece4", lw=0, zorder=-2)
