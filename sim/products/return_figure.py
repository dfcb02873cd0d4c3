"""What follows a landing that is not the end: plane error against stay, returns by date, and the way home."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import DateFormatter, DayLocator

from sim.products import style
from sim.products.folder import Folder, Mission, times
from sim.products.tables import Table
from sim.products.trajectory import EMR_LENGTH_KM, block

_HEIGHT_IN = 8.6


def draw(folder: Folder, mission: Mission, path: Path) -> Path:
    """Draw ascent, docking and return of one mission.

    Parameters
    ----------
    folder : Folder
        The run.
    mission : Mission
        With a sample return.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    home = mission.facts["sample_return"]
    figure = style.new_figure(_HEIGHT_IN)
    site = f" to {home['site_name']}" if home["site_name"] else ""
    style.heading(
        figure,
        f"{mission.name}: ascent, docking and return{site}",
        "Star: as flown. Each dot is one return from one injection a revolution.",
    )
    grid = figure.add_gridspec(2, 2, left=0.07, right=0.985, top=0.89, bottom=0.135, hspace=0.36, wspace=0.2)
    axes = [figure.add_subplot(grid[i, j]) for i in (0, 1) for j in (0, 1)]
    _stay(axes[0], home["docking"])
    _way(axes[1], mission.way_home)
    _dots(axes[2], mission, "return_dv_m_s", "Both impulses and the turn (m/s)", "Cost of the return by injection")
    _dots(
        axes[3], mission, "flight_day", "Injection to landing (days)", "Flight time: one landing a day and inclination"
    )
    style.footer(
        figure,
        f"Returns in the full model ({folder.summary['data']['ephemeris']['name']}) to the entry interface, the flight "
        "through the air as a constant time; the orbiter's plane turned by J2; plane turned at the apolune between two "
        "impulses." + style.assumed_text(item["key"] for item in folder.summary["assumed"] if _of_return(item["key"])),
    )
    return style.save(figure, path)


def _of_return(key: str) -> bool:
    return key.startswith(("earth_return", "lunar_ascent"))


def _nothing(axes: Axes, text: str) -> None:
    axes.set_axis_off()
    axes.text(0.5, 0.5, text, ha="center", va="center", color=style.MUTED, transform=axes.transAxes)


def _stay(axes: Axes, docking: dict[str, Any] | None) -> None:
    """Draw the cost of meeting the orbiter's plane against the stay."""
    if docking is None:
        _nothing(axes, "no ascent described")
        return
    stay, cost = np.array(docking["sweep_stay_day"]), np.array(docking["sweep_turn_dv_m_s"])
    axes.plot(stay, cost, color=style.SERIES[0], lw=2.0)
    axes.plot(docking["stay_day"], docking["turn_dv_m_s"], "*", ms=15, mfc="white", mec=style.TRACK, mew=1.6, zorder=5)
    text = f"{docking['stay_day']:.1f} days: {docking['plane_error_deg']:+.2f}°, {docking['turn_dv_m_s']:.0f} m/s"
    axes.annotate(
        text,
        (docking["stay_day"], docking["turn_dv_m_s"]),
        xytext=(12, 8),
        textcoords="offset points",
        fontsize=9.5,
        color=style.TRACK,
        bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.85},
    )
    axes.set_xlim(0.0, float(stay[-1]))
    axes.set_ylim(0.0, None)
    axes.grid(True)
    axes.set_xlabel("Days on the Moon")
    axes.set_ylabel("Turn into the orbiter's plane (m/s)")
    axes.set_title("Ascent: plane of the orbiter against stay")


def _way(axes: Axes, way: Table | None) -> None:
    """Draw the way home in the rotating frame."""
    if way is None:
        _nothing(axes, "no return found")
        return
    track = block(way, "emr_") / 1e3
    axes.plot(track[:, 0], track[:, 1], color=style.TRACK, lw=1.8)
    axes.plot(0.0, 0.0, "o", ms=9, color=style.EARTH_COLOUR)
    axes.plot(0.988 * EMR_LENGTH_KM / 1e3, 0.0, "o", ms=5, color=style.MOON_COLOUR)
    axes.annotate("Earth", (0.0, 0.0), xytext=(0, -16), textcoords="offset points", ha="center", fontsize=9.5)
    axes.annotate("Moon", (380.0, 0.0), xytext=(0, -16), textcoords="offset points", ha="center", fontsize=9.5)
    axes.set_aspect("equal", adjustable="datalim")
    axes.grid(True)
    axes.set_xlabel("Earth-Moon line (1000 km)")
    axes.set_title("Way home, turning with Earth and Moon")


def _dots(axes: Axes, mission: Mission, column: str, label: str, title: str) -> None:
    table = mission.returns
    if table is None or not len(table[column]):
        _nothing(axes, "no return found")
        return
    when = times(table["departure_utc"])
    for index, inclination in enumerate(np.unique(table["inclination_deg"])):
        rows = table["inclination_deg"] == inclination
        look: dict[str, Any] = {"ms": 4.0, "color": style.colour(index), "label": f"entry at {inclination:g}°"}
        axes.plot(when[rows], table[column][rows], ".", **look)
    nominal = mission.facts["sample_return"]["nominal"]
    if nominal:
        at = times(np.array([nominal["departure_utc"]]))
        axes.plot(at, [nominal[column]], "*", ms=15, mfc="white", mec=style.TRACK, mew=1.6, zorder=5)
    axes.grid(True)
    axes.set_ylabel(label)
    axes.set_title(title)
    if column == "return_dv_m_s":
        axes.legend(loc="lower right", markerscale=2.0, frameon=True, framealpha=0.85, edgecolor="none")
    days = max(int((when.max() - when.min()) / np.timedelta64(1, "D")), 1)
    axes.xaxis.set_major_locator(DayLocator(interval=max(days // 5, 1)))
    axes.xaxis.set_major_formatter(DateFormatter("%d %b %Y" if days > 300 else "%d %b"))
    axes.set_xlabel(f"Injection, {str(when.min())[:4]} (UTC)")
