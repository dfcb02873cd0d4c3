"""Daily windows with free azimuth: from which minute to which a launcher may lift off, and what waiting costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import BoundaryNorm
from matplotlib.dates import date2num
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.products import style
from sim.products.folder import Folder, Mission, times
from sim.products.tables import Table, read_table

_LEGS = (("ascending", style.SERIES[0], "meets the Moon on the ascending leg"),
         ("descending", style.SERIES[1], "meets the Moon on the descending leg"))  # fmt: skip
_REQUIRED = ("family", "open_utc", "best_utc", "close_utc", "duration_s", "planes_n", "best_cost_m_s")


def draw(folder: Folder, mission: Mission, path: Path) -> Path:
    """Draw the daily windows of a mission, the cheapest of each day and leg.

    Parameters
    ----------
    folder : Folder
        The run.
    mission : Mission
        With a table of daily windows.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When the table is missing or damaged.
    """
    table = read_table(folder.directory / str(mission.facts["daily"]["file"]), _REQUIRED)
    inclinations = mission.facts["inclination_deg"]
    figure = style.new_figure(8.2)
    style.heading(
        figure,
        f"{mission.name}: daily launch windows with free azimuth",
        f"From {mission.facts['site_name']}, inclinations {min(inclinations):g}° to {max(inclinations):g}°. "
        "Each bar: first to last instant of a day and leg at which a searched plane fits; tick: the cheapest.",
    )
    grid = figure.add_gridspec(
        3, 2, height_ratios=(2.2, 1.0, 1.0), width_ratios=(1.0, 0.013),
        left=0.062, right=0.93, top=0.865, bottom=0.125, hspace=0.2, wspace=0.035,
    )  # fmt: skip
    rows = _cheapest(table)
    start, stop = (times(np.array([mission.facts[key]]))[0] for key in ("launch_start_utc", "launch_stop_utc"))
    top = figure.add_subplot(grid[0, 0])
    bars = _bars(top, table, rows)
    below = [figure.add_subplot(grid[place, 0], sharex=top) for place in (1, 2)]
    _by_leg(below[0], table, rows, table["duration_s"] / 60.0, "Length (min)")
    worst = np.fmax(table["open_penalty_m_s"], table["close_penalty_m_s"])
    _by_leg(below[1], table, rows, worst, "Dearer edge (m/s)")
    handles, labels = below[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper left", bbox_to_anchor=(0.055, 0.915), ncols=2)
    for axes in (top, *below):
        style.date_limits(axes, start, stop)
        axes.grid(True)
    for axes in (top, below[0]):
        axes.tick_params(labelbottom=False)
    bar = figure.colorbar(bars, cax=figure.add_subplot(grid[0, 1]))
    bar.set_label("Best instant: injection + insertion + ascent penalty (m/s)", fontsize=8)
    bar.outline.set_visible(False)
    style.footer(
        figure,
        "Dearer edge: cost at opening or close, whichever is higher, over that of the best instant. Ascent penalty: "
        "what the launcher adds because the Earth's rotation helps less than at the lowest inclination, ascent losses "
        "taken as equal. Edges are those of the inclinations searched; a finer grid moves them where a family ends.",
    )
    return style.save(figure, path)


def _leg(table: Table) -> NDArray[np.str_]:
    return np.array([str(family).split("-")[1] for family in table["family"]], dtype=np.str_)


def _cheapest(table: Table) -> NDArray[np.intp]:
    """Of the windows of a day and leg (poles, flight times), the cheapest."""
    days = times(table["best_utc"]).astype("datetime64[D]").astype(np.int64)
    _, leg = np.unique(_leg(table), return_inverse=True)
    order = np.lexsort((table["best_cost_m_s"], leg, days))
    fresh = np.ones(order.size, dtype=bool)
    fresh[1:] = (np.diff(days[order]) != 0) | (np.diff(leg[order]) != 0)
    return np.asarray(order[fresh])


def _bars(axes: Axes, table: Table, rows: NDArray[np.intp]) -> LineCollection:
    """Bars over the hours of the day; one that runs past midnight goes on over the top of the axis."""
    best = times(table["best_utc"])[rows]
    day = best.astype("datetime64[D]")
    noon = date2num(day + np.timedelta64(12, "h"))

    def hour(name: str) -> NDArray[np.float64]:
        return np.asarray((times(table[name])[rows] - day) / np.timedelta64(1, "h"), dtype=np.float64)

    low, high, tick = hour("open_utc"), hour("close_utc"), hour("best_utc")
    cost = table["best_cost_m_s"][rows]
    finite = cost[np.isfinite(cost)]
    edges = MaxNLocator(nbins=10, steps=[1, 2, 5, 10]).tick_values(
        float(finite.min()) if finite.size else 0.0, float(finite.max()) + 1e-6 if finite.size else 1.0
    )
    segments = [((x, a), (x, max(b, a + 0.1))) for x, a, b in zip(noon, low, high, strict=True)]
    width = float(np.clip(900.0 / max(len(rows), 1), 1.6, 7.0))
    norm = BoundaryNorm(edges, style.COST_MAP.N, clip=True)
    bars = LineCollection(segments, cmap=style.COST_MAP, norm=norm, lw=width)
    bars.set_array(cost)
    axes.add_collection(bars)
    axes.plot(noon, tick, "_", color=style.INK, ms=width + 2.0, mew=0.8)
    axes.set_ylim(min(0.0, float(low.min(initial=0.0))), max(24.0, float(high.max(initial=24.0))))
    axes.set_yticks(range(0, 25, 4))
    axes.set_ylabel("Launch (UTC h)")
    return bars


def _by_leg(axes: Axes, table: Table, rows: NDArray[np.intp], values: NDArray[np.float64], label: str) -> None:
    leg, day = _leg(table), times(table["best_utc"]).astype("datetime64[D]")
    for name, colour, words in _LEGS:
        chosen = rows[(leg[rows] == name) & (table["planes_n"][rows] > 1)]
        if chosen.size:
            middle = date2num(day[chosen] + np.timedelta64(12, "h"))
            axes.plot(middle, values[chosen], "o", color=colour, ms=3.0, label=words)
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel(label)
