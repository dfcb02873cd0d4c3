"""What waits at arrival, by launch date: sunlight at the landing site or on the orbit, and mass in lunar orbit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from sim.products import style
from sim.products.folder import Folder, Mission, short

_ROW_IN = 2.1


def draw(folder: Folder, missions: Sequence[Mission], path: Path) -> Path:
    """Draw arrival light and delivered mass against launch date.

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
        2,
        _ROW_IN,
        "At the Moon: sunlight and delivered mass by launch date",
        "Each dot is one opportunity; grey: outside the limits. Left: sunlight at landing, or on the orbit. "
        "Right: mass after insertion.",
    )
    for index, mission in enumerate(missions):
        colour = style.colour(index)
        _light(figure.add_subplot(grid[index, 0]), mission, colour)
        _mass(figure.add_subplot(grid[index, 1]), mission, colour)
    style.footer(figure, _foot(missions))
    return style.save(figure, path)


def _dots(axes: Axes, mission: Mission, column: str, colour: str) -> None:
    values = mission.table[column]
    axes.plot(mission.launch[~mission.within], values[~mission.within], ".", ms=2.4, color="#d4dae0", rasterized=True)
    axes.plot(mission.launch[mission.within], values[mission.within], ".", ms=2.8, color=colour, rasterized=True)
    axes.grid(True)
    start, stop = mission.facts["launch_start_utc"], mission.facts["launch_stop_utc"]
    style.date_limits(axes, np.datetime64(start), np.datetime64(stop))


def _light(axes: Axes, mission: Mission, colour: str) -> None:
    lighting = mission.facts["lighting"]
    if mission.facts["end"] == "impact":
        _climb(axes, mission, colour)
        return
    if lighting is None:
        _dots(axes, mission, "beta_sun_deg", colour)
        axes.set_ylim(-90, 90)
        axes.set_yticks((-90, -45, 0, 45, 90))
        axes.set_ylabel("Sun over orbit plane (°)")
        axes.set_title(f"{mission.name}: Sun over the plane of the lunar orbit at arrival")
        return
    low, high = lighting["sun_elevation_min_deg"], lighting["sun_elevation_max_deg"]
    axes.axhspan(low, high, color=style.SHADE, lw=0, zorder=0)
    axes.axhline(0.0, color=style.MUTED, lw=0.9)
    _dots(axes, mission, "sun_elevation_deg", colour)
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.85}
    axes.text(
        0.99,
        0.05,
        f"wanted (green): {low:g} to {high:g}°",
        transform=axes.transAxes,
        ha="right",
        fontsize=9,
        color="#2b6a45",
        bbox=box,
    )
    axes.set_ylabel("Sun elevation (°)")
    axes.set_title(f"{mission.name}: Sun at {short(lighting['site_name']).split(',')[0]} at landing")


def _climb(axes: Axes, mission: Mission, colour: str) -> None:
    """Draw the climb angle at burn-out, which ends the launch days of a direct ascent."""
    _dots(axes, mission, "climb_angle_deg", colour)
    limit = mission.facts["climb_angle_max_deg"]
    if limit is not None:
        axes.axhline(limit, color=style.INK, lw=1.0, ls=(0, (5, 3)))
        axes.set_ylim(0.0, 1.15 * limit)
    axes.set_ylabel("Climb angle (°)")
    axes.set_title(f"{mission.name}: climb angle at burn-out, and the steepest allowed")


def _impact(axes: Axes, mission: Mission, colour: str) -> None:
    _dots(axes, mission, "arrival_speed_km_s", colour)
    axes.set_ylabel("Speed (km/s)")
    axes.set_title(f"{mission.name}: speed at impact")


def _mass(axes: Axes, mission: Mission, colour: str) -> None:
    if mission.facts["end"] == "impact":
        _impact(axes, mission, colour)
        return
    _dots(axes, mission, "delivered_mass_kg", colour)
    dry_kg = mission.facts["mass"]["dry_mass_kg"]
    values = mission.table["delivered_mass_kg"]
    low, high = (float(np.nanmin(values)), float(np.nanmax(values))) if len(values) else (dry_kg, dry_kg + 1.0)
    margin = mission.facts["mass"]["margin_kg"]
    note = f"dry mass {dry_kg:,.0f} kg".replace(",", " ")
    if low - dry_kg < 2.0 * (high - low):
        low = min(low, dry_kg)
        axes.axhline(dry_kg, color=style.INK, lw=1.0, ls=(0, (5, 3)))
    if margin is not None:
        note += f"; best margin {margin:+,.0f} kg".replace(",", " ")
    pad = max(0.12 * (high - low), 1.0)
    axes.set_ylim(low - pad, high + pad)
    axes.set_ylabel("Mass (kg)")
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.85}
    axes.text(0.99, 0.05, note, transform=axes.transAxes, ha="right", fontsize=9, bbox=box)


def _foot(missions: Sequence[Mission]) -> str:
    text = (
        "Sun: centre of the disc over the horizon of a sphere, no terrain. Mass: rocket equation with insertion, "
        "finite-burn loss and trim reserve."
    )
    return text + style.assumed_text(key for mission in missions for key in mission.facts["mass"]["assumed"])
