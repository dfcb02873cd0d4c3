"""Launch-window map: date across, hour of the day up, colour for what the Moon orbit insertion costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import BoundaryNorm
from matplotlib.dates import date2num
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.products import style
from sim.products.folder import Folder, Mission, Times, short, times

MARKERS: dict[tuple[str, str], str] = {
    ("ascending", "northeast"): "^",
    ("descending", "northeast"): "v",
    ("ascending", "southeast"): "o",
    ("descending", "southeast"): "s",
    ("ascending", "orbit"): "^",
    ("descending", "orbit"): "v",
}
"""One marker for each pair of leg at the Moon and launch azimuth; the lunar pole hardly moves the launch time."""

_COST_WORDS = {
    "loi_dv_m_s": "Lunar orbit insertion, impulsive (m/s)",
    "injection_speed_km_s": "Speed at burn-out (km/s)",
}
_LEAST_SPAN = {"loi_dv_m_s": 1.0, "injection_speed_km_s": 0.01}
_START_WORDS = {"parking_orbit": "parking orbit", "direct_ascent": "direct ascent", "orbit": "orbit"}
_LEG_WORDS = {"northeast": "north-east", "southeast": "south-east", "orbit": "from orbit"}
_ROW_IN, _STRIP_IN, _HEAD_IN, _FOOT_IN = 2.75, 1.25, 1.1, 1.15
_DAY = np.timedelta64(1, "D")


def hours(launch: Times) -> NDArray[np.float64]:
    """Return the hour of the UTC day of each instant."""
    return np.asarray((launch - launch.astype("datetime64[D]")) / np.timedelta64(1, "h"), dtype=np.float64)


def noon(launch: Times) -> Times:
    """Return the middle of the UTC day of each instant: where the map draws the day."""
    return np.asarray(launch.astype("datetime64[D]").astype("datetime64[ms]") + np.timedelta64(12, "h"))


def cost_column(mission: Mission) -> str:
    """Return what the colours tell: insertion, or the speed that the launcher gives a flight without one."""
    return "injection_speed_km_s" if mission.facts["end"] == "impact" else "loi_dv_m_s"


def cheapest(mission: Mission) -> NDArray[np.intp]:
    """Return one row for each day and marker: the cheapest insertion among poles and flight times.

    Parameters
    ----------
    mission : Mission
        With at least its opportunities.

    Returns
    -------
    ndarray of int
        Rows of the table, dearest first, so that cheap ones are drawn on top.
    """
    cost = mission.table[cost_column(mission)]
    days = mission.launch.astype("datetime64[D]").astype(np.int64)
    kinds = np.array([family.split("-", 1)[1] for family in mission.table["family"]], dtype=np.str_)
    _, kind = np.unique(kinds, return_inverse=True) if len(kinds) else (kinds, np.zeros(0, dtype=np.int64))
    # Rows within limits come before rows outside, whatever these cost.
    order = np.lexsort((cost, ~mission.within, kind, days))
    first = np.ones(len(order), dtype=bool)
    if len(order) > 1:
        first[1:] = (np.diff(days[order]) != 0) | (np.diff(kind[order]) != 0)
    chosen = order[first]
    return np.asarray(chosen[np.argsort(-cost[chosen], kind="stable")])


def overlapping(missions: Sequence[Mission]) -> list[list[Mission]]:
    """Group missions whose launch periods overlap and whose colours mean the same, so that no map is mostly empty.

    Parameters
    ----------
    missions : sequence of Mission
        In the order of the plan.

    Returns
    -------
    list of list of Mission
        Groups by first launch, missions in the given order inside.
    """
    groups: list[list[Mission]] = []
    for mission in sorted(missions, key=lambda each: (cost_column(each), str(each.facts["launch_start_utc"]))):
        last = max((str(each.facts["launch_stop_utc"]) for each in groups[-1]), default="") if groups else ""
        alike = bool(groups) and cost_column(groups[-1][-1]) == cost_column(mission)
        if alike and str(mission.facts["launch_start_utc"]) < last:
            groups[-1].append(mission)
        else:
            groups.append([mission])
    return [[mission for mission in missions if mission in group] for group in groups]


def draw(folder: Folder, missions: Sequence[Mission], title: str, plan_id: str, path: Path) -> Path:
    """Draw the map of some missions, one above the other over a common time axis.

    Parameters
    ----------
    folder : Folder
        The run.
    missions : sequence of Mission
        At least one; rows of the figure.
    title : str
        Heading.
    plan_id : str
        Plan whose joint days are shaded; empty for none.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    height = _HEAD_IN + _FOOT_IN + _STRIP_IN + _ROW_IN * len(missions)
    figure = style.new_figure(height)
    subtitle = (
        "Each mark: the cheapest opportunity of a day and family; dark is cheap, pale grey misses the mission's limits."
    )
    style.heading(figure, title, subtitle)
    grid = figure.add_gridspec(
        len(missions) + 1,
        2,
        height_ratios=[_ROW_IN] * len(missions) + [_STRIP_IN],
        width_ratios=[1.0, 0.013],
        left=0.062,
        right=0.93,
        top=1.0 - _HEAD_IN / height,
        bottom=_FOOT_IN / height,
        hspace=0.34,
        wspace=0.035,
    )
    span = _span(missions)
    norm = _norm(missions)
    rows = [figure.add_subplot(grid[i, 0]) for i in range(len(missions))]
    points = [_row(axes, mission, norm, span) for axes, mission in zip(rows, missions, strict=True)]
    for axes, mission in zip(rows, missions, strict=True):
        _shade(axes, folder, plan_id, str(mission.facts["id"]))
    strip = figure.add_subplot(grid[-1, 0], sharex=rows[0])
    _strip(strip, folder, span)
    bar = figure.colorbar(points[0], cax=figure.add_subplot(grid[: len(missions), 1]))
    bar.set_label(_COST_WORDS[cost_column(missions[0])])
    bar.outline.set_visible(False)
    _legend(figure, missions, any(window["first_days"] for window in _joint(folder, plan_id)))
    style.footer(figure, _foot(folder, missions))
    return style.save(figure, path)


def _span(missions: Sequence[Mission]) -> tuple[np.datetime64, np.datetime64]:
    ends = [times(np.array([m.facts["launch_start_utc"], m.facts["launch_stop_utc"]])) for m in missions]
    return min(end[0] for end in ends), max(end[1] for end in ends)


def _norm(missions: Sequence[Mission]) -> BoundaryNorm:
    """Return steps of a round number of m/s: a stepped scale is read off more surely than a smooth one."""
    costs = np.concatenate([m.table[cost_column(m)][cheapest(m)] for m in missions])
    if not len(costs):
        return BoundaryNorm([0.0, 1.0], style.COST_MAP.N)
    low, high = np.percentile(costs, (0.5, 99.5))
    high = max(high, low + _LEAST_SPAN[cost_column(missions[0])])
    steps = MaxNLocator(nbins=12, steps=[1, 2, 5, 10]).tick_values(float(low), float(high))
    return BoundaryNorm(steps, style.COST_MAP.N, clip=True)


def _row(axes: Axes, mission: Mission, norm: BoundaryNorm, span: tuple[np.datetime64, np.datetime64]) -> PathCollection:
    chosen = cheapest(mission)
    kinds = [tuple(family.split("-")[1:3]) for family in mission.table["family"][chosen]]
    size = float(np.clip(9000.0 / max((span[1] - span[0]) / _DAY, 1.0), 9.0, 60.0))
    last = axes.scatter([], [], c=[], cmap=style.COST_MAP, norm=norm)
    for kind, marker in MARKERS.items():
        rows = chosen[[found == kind for found in kinds]] if kinds else chosen
        inside = mission.within[rows]
        _marks(axes, mission, rows[~inside], marker, size, color="#dde2e7")
        cost = mission.table[cost_column(mission)][rows[inside]]
        look: dict[str, Any] = {"c": cost, "cmap": style.COST_MAP, "norm": norm}
        last = _marks(axes, mission, rows[inside], marker, size, **look)
    _announced(axes, mission, span)
    axes.set_ylim(-0.5, 24.5)
    axes.set_yticks(range(0, 25, 6))
    axes.set_ylabel("Launch hour (UTC)")
    axes.grid(True)
    axes.set_title(_row_title(mission))
    style.date_limits(axes, *span)
    return last


def _marks(
    axes: Axes, mission: Mission, rows: NDArray[np.intp], marker: str, size: float, **look: Any
) -> PathCollection:
    launch = mission.launch[rows]
    return axes.scatter(noon(launch), hours(launch), s=size, marker=marker, lw=0, **look)


def _row_title(mission: Mission) -> str:
    facts = mission.facts
    days, period = len(facts["calendar"]["days"]), facts["calendar"]["day_count"]
    inclinations = " / ".join(f"{value:g}" for value in facts["inclination_deg"])
    orbit = f"{_START_WORDS[facts['start']]} {inclinations}°, {facts['parking_altitude_km']:g} km"
    place = "" if facts["start"] == "orbit" else f"{facts['site_name']}, "
    return f"{short(mission.name)}, {place}{orbit}: launch possible on {days} of {period} days"


def _announced(axes: Axes, mission: Mission, span: tuple[np.datetime64, np.datetime64]) -> None:
    nominal = mission.facts["nominal_launch_utc"]
    if nominal is None:
        return
    when = times(np.array([nominal]))
    if not span[0] <= when[0] <= span[1]:
        return
    axes.plot(noon(when), hours(when), marker="*", ms=15, mfc="white", mec=style.TRACK, mew=1.6, zorder=6)
    late = (when[0] - span[0]) > 0.8 * (span[1] - span[0])
    axes.annotate(
        f"published: {nominal[:16].replace('T', ' ')}",
        (float(date2num(noon(when)[0])), float(hours(when)[0])),
        xytext=(-12 if late else 12, 0),
        textcoords="offset points",
        ha="right" if late else "left",
        va="center",
        fontsize=9.5,
        color=style.TRACK,
        zorder=7,
        bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.85},
    )


def _joint(folder: Folder, plan_id: str) -> list[dict[str, Any]]:
    return [window for window in folder.summary["joint_windows"] if window["plan_id"] == plan_id]


def _shade(axes: Axes, folder: Folder, plan_id: str, mission_id: str) -> None:
    """Shade the days of this mission that have a partner's day near enough."""
    for window in _joint(folder, plan_id):
        for side in ("first", "second"):
            if window[side] == mission_id:
                for start, stop in runs(window[f"{side}_days"]):
                    first, last = date2num([start, stop + _DAY])
                    axes.axvspan(first, last, color=style.SHADE, lw=0, zorder=0)


def runs(days: Sequence[str]) -> list[tuple[np.datetime64, np.datetime64]]:
    """Return runs of consecutive days as first and last day.

    Parameters
    ----------
    days : sequence of str
        ``YYYY-MM-DD``, increasing.

    Returns
    -------
    list of (datetime64, datetime64)
        Milliseconds.
    """
    if not days:
        return []
    found = np.array(days, dtype="datetime64[D]")
    cuts = np.flatnonzero(np.diff(found) > _DAY) + 1
    return [(part[0].astype("datetime64[ms]"), part[-1].astype("datetime64[ms]")) for part in np.split(found, cuts)]


def _strip(axes: Axes, folder: Folder, span: tuple[np.datetime64, np.datetime64]) -> None:
    """Draw the Moon's declination with new and full Moons on it."""
    when = times(folder.moon["utc"])
    inside = (when >= span[0]) & (when <= span[1])
    when, declination = when[inside], folder.moon["declination_deg"][inside]
    elongation = folder.moon["elongation_deg"][inside]
    axes.axhline(0.0, color=style.FAINT, lw=0.8)
    axes.plot(when, declination, color=style.MUTED, lw=1.2)
    for angle, face, label in ((0.0, style.INK, "new Moon"), (180.0, "white", "full Moon")):
        turned = (elongation - angle + 180.0) % 360.0 - 180.0
        at = np.flatnonzero((turned[:-1] < 0.0) & (turned[1:] >= 0.0) & (np.diff(turned) < 90.0))
        look: dict[str, Any] = {"mfc": face, "mec": style.INK, "ms": 6, "mew": 1.0}
        axes.plot(when[at], declination[at], "o", label=label, clip_on=False, zorder=3, **look)
    axes.set_ylim(-32, 32)
    axes.set_yticks((-28, 0, 28))
    axes.set_ylabel("Moon dec. (°)")
    axes.set_title("Moon: declination and phase", fontsize=9.5)
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=2, borderpad=0.0, handletextpad=0.3)
    style.date_limits(axes, *span)


def _legend(figure: Figure, missions: Sequence[Mission], shaded: bool) -> None:
    present = {tuple(family.split("-")[1:3]) for mission in missions for family in np.unique(mission.table["family"])}
    handles: list[Any] = [
        Line2D([], [], ls="", marker=marker, color=style.INK, ms=5.5, label=f"{branch}, {_LEG_WORDS[leg]}")
        for (branch, leg), marker in MARKERS.items()
        if (branch, leg) in present
    ]
    if shaded:
        handles.append(Line2D([], [], ls="", marker="s", color="#b9d8c2", ms=10, label="joint day"))
    y = 0.68 / figure.get_figheight()
    figure.text(0.012, y, "Leg at the Moon, launch azimuth:", fontsize=9, va="center", color=style.MUTED)
    look: dict[str, Any] = {"columnspacing": 1.3, "handletextpad": 0.2, "borderaxespad": 0.0}
    figure.legend(handles=handles, loc="center left", bbox_to_anchor=(0.205, y), ncols=5, **look)


def _foot(folder: Folder, missions: Sequence[Mission]) -> str:
    flight = sorted({value for mission in missions for value in mission.facts["tof_day"]})
    ends = " / ".join(f"{value:g}" for value in flight) + " days" if flight else "none"
    orbits = "; ".join(
        f"{short(m.name)} onto {m.facts['target_name']}"
        if m.facts["end"] == "impact"
        else f"{short(m.name)} into {m.facts['perilune_altitude_km']:g} x {m.facts['apolune_altitude_km']:g} km"
        for m in missions
    )
    return (
        f"Full model (Earth with J2, Moon, Sun; {folder.summary['data']['ephemeris']['name']}), flight times "
        f"searched {ends}; {orbits}. "
        "Impulsive burns; launcher ascent as constant time and arc."
    )
