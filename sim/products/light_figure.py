"""Light at a landing site: hours of Sun and Earth by the day, both in the sky, and when the plane is over the site."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from sim.products import style
from sim.products.at_moon_folder import AtMoon
from sim.products.folder import times
from sim.products.tables import Table

_ROW_IN, _HEAD_IN, _FOOT_IN, _SKY_IN, _PHASING_IN = 0.29, 0.95, 0.55, 2.5, 2.35
_LIGHT = LinearSegmentedColormap.from_list("light", ["#232a36", "#8d7a4f", "#f7cf4d"], N=49)
_EARTH = LinearSegmentedColormap.from_list("earth", ["#e9edf1", "#2f7fb8"], N=49)
SOUTHBOUND, NORTHBOUND = "v", "^"


def draw(found: AtMoon, path: Path) -> Path:
    """Draw the illumination calendar of the landing site.

    Parameters
    ----------
    found : AtMoon
        A mission that lands.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    light = found.facts["light"]
    calendar = found.tables[light["calendar"]]
    days = times(calendar["utc"]).astype("datetime64[D]")
    months = np.unique(days.astype("datetime64[M]"))
    phasing = found.facts["phasing"]
    below = _SKY_IN + (_PHASING_IN if phasing else 0.0)
    height = _HEAD_IN + 0.25 + _ROW_IN * len(months) + 0.35 + below + _FOOT_IN
    figure = style.new_figure(height)
    style.heading(
        figure,
        f"{found.name}: light and Earth at {light['place'].split(',')[0]}",
        "Calendar: upper part of a field, hours of Sun that day; lower part, hours of the Earth above the horizon.",
    )
    top = 1.0 - (_HEAD_IN + 0.22) / height
    size = _ROW_IN * len(months) / height
    _calendar(figure, figure.add_axes((0.085, top - size, 0.80, size)), calendar, days, months)
    bottom = (_FOOT_IN + (_PHASING_IN if phasing else 0.0) + 0.45) / height
    _sky(figure.add_axes((0.06, bottom, 0.925, (_SKY_IN - 0.95) / height)), found.tables[light["sky"]])
    if phasing:
        axes = figure.add_axes((0.06, (_FOOT_IN + 0.45) / height, 0.925, (_PHASING_IN - 0.95) / height))
        _phasing(axes, phasing, found.tables[phasing["passages"]], found.tables[phasing["windows"]])
    style.footer(figure, _words(light) + style.assumed_text(_keys(found)))
    return style.save(figure, path)


def _words(light: dict[str, Any]) -> str:
    text = f"Horizon: {light['horizon']} ({light['horizon_source']})"
    text += ", assumed and unverified." if light["assumed"] else "."
    return (
        f"{text} Mean share of the Sun's disc {100.0 * light['sun_fraction']:.1f} %, longest dark "
        f"{light['longest_dark_day']:.1f} d; Earth in view {100.0 * light['earth_share']:.1f} %."
    )


def _keys(found: AtMoon) -> list[str]:
    return [key for key in found.facts["assumed"] if ":landing" in key]


def _calendar(figure: Figure, axes: Axes, calendar: Table, days: np.ndarray, months: np.ndarray) -> None:
    row = (days.astype("datetime64[M]") - months[0]).astype(int)
    column = (days - days.astype("datetime64[M]").astype("datetime64[D]")).astype(int)
    grid = np.full((2, len(months), 31), np.nan)
    grid[0, row, column], grid[1, row, column] = calendar["light_hour"], calendar["earth_hour"]
    across = np.arange(32) + 0.5
    for index in range(len(months)):
        for part, colours, (low, high) in ((0, _LIGHT, (0.04, 0.62)), (1, _EARTH, (0.66, 0.90))):
            axes.pcolormesh(
                across, [index + low, index + high], grid[part, index : index + 1], cmap=colours, vmin=0.0, vmax=24.0,
                edgecolors="white", linewidth=0.5,
            )  # fmt: skip
    axes.set_ylim(len(months), 0.0)
    axes.set_xlim(0.5, 31.5)
    axes.set_xticks(range(1, 32, 2))
    axes.xaxis.tick_top()
    axes.set_yticks(np.arange(len(months)) + 0.47, [_month(one) for one in months], fontsize=8.5)
    axes.tick_params(length=0, pad=2)
    for spine in axes.spines.values():
        spine.set_visible(False)
    _scale(figure, axes)


def _month(month: np.datetime64) -> str:
    names = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    year, number = str(month).split("-")
    return f"{names[int(number) - 1]} {year}"


def _scale(figure: Figure, axes: Axes) -> None:
    box = axes.get_position()
    for at, (words, colours) in enumerate((("Sun", _LIGHT), ("Earth", _EARTH))):
        bar = figure.add_axes((0.905 + 0.045 * at, box.y0 + 0.1 * box.height, 0.012, 0.72 * box.height))
        bar.imshow(np.linspace(24.0, 0.0, 49)[:, None], cmap=colours, aspect="auto", extent=(0.0, 1.0, 0.0, 24.0))
        bar.set_xticks([])
        bar.yaxis.tick_right()
        bar.set_yticks([0, 12, 24], ["0 h", "12", "24"], fontsize=7.5)
        bar.tick_params(length=0, pad=1)
        bar.set_title(words, fontsize=8.5, loc="center", pad=3)


def _sky(axes: Axes, sky: Table) -> None:
    t = times(sky["utc"])
    axes.fill_between(t, sky["horizon_under_sun_deg"], np.full(t.shape, -90.0), color="#eceef0", lw=0, zorder=0)
    axes.plot(t, sky["earth_elevation_deg"], color=style.EARTH_COLOUR, lw=1.3, label="Earth")
    axes.plot(t, sky["sun_elevation_deg"], color="#c98a00", lw=1.3, label="Sun")
    axes.plot(t, sky["horizon_under_sun_deg"], color=style.MUTED, lw=0.8, label="horizon under the Sun")
    both = np.concatenate([sky["earth_elevation_deg"], sky["sun_elevation_deg"]])
    room = 0.06 * (both.max() - both.min())
    axes.set_ylim(both.min() - room, both.max() + room)
    axes.set_ylabel("Elevation (°)")
    axes.grid(True)
    style.date_limits(axes, t[0], t[-1])
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, borderaxespad=0.1)
    axes.set_title("Sun and Earth in the sky")


def _phasing(axes: Axes, phasing: dict[str, Any], passages: Table, windows: Table) -> None:
    top = 1.0
    begin, end = date2num(times(windows["start_utc"])), date2num(times(windows["stop_utc"]))
    for kind, colour, (low, high), label in (
        ("light and Earth", style.SHADE, (0.0, 1.0), "light and Earth as wanted"),
        ("plane near", "#f2c9a8", (0.0, 0.08), f"track within {phasing['cross_track_km']:g} km"),
    ):
        chosen = np.flatnonzero(windows["kind"] == kind)
        for number, i in enumerate(chosen):
            axes.axvspan(begin[i], end[i], low, high, color=colour, lw=0, label=label if number == 0 else None)
    if passages["utc"].size:
        t, sun = date2num(times(passages["utc"])), passages["sun_elevation_deg"]
        south = np.cos(np.radians(passages["approach_azimuth_deg"])) < 0.0
        for half, symbol, words in ((south, SOUTHBOUND, "southbound"), (~south, NORTHBOUND, "northbound")):
            axes.plot(t[half], sun[half], symbol, ms=7, color=style.INK, mec="white", ls="none", label=words)
        room = max(0.25 * float(np.ptp(sun)), 0.3)
        axes.set_ylim(float(sun.min()) - room, float(sun.max()) + room * top)
    edges = np.concatenate([begin, end, date2num(times(passages["utc"]))]) if passages["utc"].size else begin
    if edges.size:
        axes.set_xlim(float(edges.min()) - 1.0, float(edges.max()) + 1.0)
        style.date_axis(axes)
    axes.set_ylabel("Sun (°)")
    axes.grid(True)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, borderaxespad=0.1, fontsize=8.5)
    axes.set_title("Landing phasing: the site in the plane")
