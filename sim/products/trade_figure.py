"""Inclination traded against launch time, azimuth and payload."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from sim.products import atlas_parts, style
from sim.products.folder import Folder, Mission

LEAST_INCLINATIONS = 3
"""With fewer inclinations there is nothing to trade."""

_LOOKS = {
    "ascending-northeast": (style.SERIES[0], "^"),
    "descending-northeast": (style.SERIES[1], "v"),
    "ascending-southeast": (style.SERIES[2], "o"),
    "descending-southeast": (style.SERIES[3], "s"),
}
_SAMPLE_DAYS = 3


def has_trade(mission: Mission) -> bool:
    """Whether a mission is launched from a site at enough inclinations for the figure."""
    azimuth = mission.table.get("azimuth_rotating_deg")
    several = len(mission.facts["inclination_deg"]) >= LEAST_INCLINATIONS
    return several and azimuth is not None and bool(np.isfinite(azimuth).any())


def draw(folder: Folder, mission: Mission, path: Path) -> Path:
    """Draw what an inclination costs and when it lets a mission launch.

    Parameters
    ----------
    folder : Folder
        The run.
    mission : Mission
        From a launch site, searched at `LEAST_INCLINATIONS` inclinations or more.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    figure = style.new_figure(8.4)
    style.heading(
        figure,
        f"{mission.name}: what the inclination of the parking orbit buys and costs",
        f"From {mission.facts['site_name']}. Top: launch instants of three days, one mark for each lunar pole.",
    )
    grid = figure.add_gridspec(2, 3, left=0.062, right=0.945, top=0.83, bottom=0.145, hspace=0.42, wspace=0.24)
    days = _sample_days(mission)
    top = [figure.add_subplot(grid[0, place]) for place in range(_SAMPLE_DAYS)]
    for axes, day in zip(top, days, strict=False):
        _instants(axes, mission, day)
    for axes in top[len(days) :]:
        axes.set_visible(False)
    top[0].set_ylabel("Launch (UTC h)")
    _launch_days(figure.add_subplot(grid[1, 0]), mission)
    _azimuths(figure.add_subplot(grid[1, 1]), mission)
    _penalty(figure.add_subplot(grid[1, 2]), mission)
    handles = [
        Line2D([], [], ls="", color=colour, marker=marker, ms=5, label=_words(name))
        for name, (colour, marker) in _LOOKS.items()
        if any(_kind(family) == name for family in np.unique(mission.table["family"]))
    ]
    tight = {"columnspacing": 1.3, "handletextpad": 0.3}
    figure.legend(handles=handles, loc="upper right", bbox_to_anchor=(0.95, 0.915), ncols=4, **tight)
    style.footer(
        figure,
        "Penalty: what the launcher must add as less of the Earth's rotation helps than at the lowest inclination; "
        "payload: what that costs when the upper stage makes up for it (an estimate without losses of the ascent). "
        "Azimuths are those over the turning Earth.",
    )
    return style.save(figure, path)


def _kind(family: str) -> str:
    """Leg at the Moon and launch direction of a family; the lunar pole hardly moves the launch."""
    return family.split("-", 1)[1]


def _words(kind: str) -> str:
    branch, _, leg = kind.partition("-")
    return f"{branch} leg, {leg.replace('north', 'north-').replace('south', 'south-')}"


def _sample_days(mission: Mission) -> list[np.datetime64]:
    """First, middle and last of the days with opportunities."""
    found = np.unique(atlas_parts.days(mission))
    places = np.unique(np.linspace(0, len(found) - 1, _SAMPLE_DAYS + 2).astype(int)[1:-1])
    return [found[place] for place in places]


def _instants(axes: Axes, mission: Mission, day: np.datetime64) -> None:
    on = atlas_parts.days(mission) == day
    clock = (mission.launch - day) / np.timedelta64(1, "h")
    for kind, (colour, marker) in _LOOKS.items():
        for pole in ("north", "south"):
            rows = np.flatnonzero(on & (mission.table["family"] == f"{pole}-{kind}"))
            rows = rows[np.argsort(mission.table["inclination_deg"][rows], kind="stable")]
            if rows.size:
                axes.plot(mission.table["inclination_deg"][rows], clock[rows], marker, color=colour, ms=3.5, lw=0)
    axes.set_ylim(-0.5, 24.5)
    axes.set_yticks(range(0, 25, 6))
    low, high = min(mission.facts["inclination_deg"]), max(mission.facts["inclination_deg"])
    axes.set_xlim(low - 0.04 * (high - low), high + 0.04 * (high - low))
    axes.set_xlabel("Inclination (°)")
    axes.set_title(f"Launch instants on {day}")
    axes.grid(True)


def _launch_days(axes: Axes, mission: Mission) -> None:
    inclinations = np.array(sorted(mission.facts["inclination_deg"]))
    days = atlas_parts.days(mission)
    every = [len(np.unique(days[_at(mission, value)])) for value in inclinations]
    good = [len(np.unique(days[_at(mission, value) & mission.within])) for value in inclinations]
    axes.plot(inclinations, every, "o-", color=style.MOON_COLOUR, ms=4, label="any opportunity")
    axes.plot(inclinations, good, "o-", color=style.SERIES[0], ms=4, label="within limits")
    axes.set_ylim(0, 1.08 * int(mission.facts["calendar"]["day_count"]))
    axes.set_xlabel("Inclination (°)")
    axes.set_title(f"Launch days of {mission.facts['calendar']['day_count']}")
    axes.legend(loc="lower right")
    axes.grid(True)


def _at(mission: Mission, inclination_deg: float) -> NDArray[np.bool_]:
    return np.asarray(np.abs(mission.table["inclination_deg"] - inclination_deg) < 1e-6)


def _azimuths(axes: Axes, mission: Mission) -> None:
    inclination, azimuth = mission.table["inclination_deg"], atlas_parts.column_values(mission, "azimuth_rotating_deg")
    north = azimuth <= 90.0
    for rows, colour, words in ((north, style.SERIES[0], "north-east"), (~north, style.SERIES[2], "south-east")):
        if not rows.any():
            continue
        _, first = np.unique(inclination[rows], return_index=True)
        axes.plot(inclination[rows][first], azimuth[rows][first], "o-", color=colour, ms=4, label=words)
    axes.set_xlabel("Inclination (°)")
    axes.set_title("Launch azimuth (°)")
    axes.legend(loc="center right")
    axes.grid(True)


def _penalty(axes: Axes, mission: Mission) -> None:
    inclination = mission.table["inclination_deg"]
    _, first = np.unique(inclination, return_index=True)
    speed = atlas_parts.column_values(mission, "launch_penalty_m_s")[first]
    axes.plot(inclination[first], speed, "o-", color=style.SERIES[1], ms=4)
    axes.set_ylim(0.0, max(1.0, 1.1 * float(np.nanmax(speed))))
    axes.set_xlabel("Inclination (°)")
    axes.set_title("Penalty (m/s)")
    axes.grid(True)
    payload = mission.table.get("payload_penalty_kg")
    if payload is None or not np.isfinite(payload).any():
        return
    other = axes.twinx()
    other.plot(inclination[first], payload[first], lw=0)
    scale = float(np.nanmax(payload[first])) / max(float(np.nanmax(speed)), 1e-9)
    other.set_ylim(0.0, axes.get_ylim()[1] * scale)
    other.spines["right"].set_visible(True)
    other.set_title("right: payload (kg)", fontsize=9, loc="right", fontweight="normal")
