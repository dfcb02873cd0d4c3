"""Ground tracks of a mission's phases on maps of the Moon: the whole Moon and both poles."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.products import moon_map, style
from sim.products.at_moon_folder import AtMoon
from sim.products.moon_map import Cap, Mark
from sim.products.tables import Table

_HEIGHT_IN = 9.9
_COLOURS = (0, 1, 2)


def draw(found: AtMoon, path: Path) -> Path:
    """Draw ground tracks.

    Parameters
    ----------
    found : AtMoon
        A mission with one phase or more.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    figure = style.new_figure(_HEIGHT_IN)
    style.heading(
        figure,
        f"{found.name}: ground tracks",
        "Above: plate carrée, near side in the middle. Below: polar stereographic, seen from over the pole.",
    )
    marks = place_marks(found)
    whole = figure.add_axes((0.06, 0.5, 0.915, 0.41))
    moon_map.equirectangular(whole)
    for index, phase in enumerate(found.facts["phases"]):
        _line(whole, found.tables[phase["ground_track"]], index)
    moon_map.label_marks(whole, marks, [(mark.longitude_deg, mark.latitude_deg) for mark in marks])
    edge = _edge_deg(found)
    for at, south in enumerate((True, False)):
        axes = figure.add_axes((0.02 + 0.355 * at, 0.06, 0.345, 0.385))
        cap = Cap(south, edge)
        moon_map.polar(axes, cap, "South pole" if south else "North pole")
        for index, phase in enumerate(found.facts["phases"]):
            _cap_line(axes, cap, found.tables[phase["ground_track"]], index)
        _cap_marks(axes, cap, marks)
    _legend(figure.add_axes((0.735, 0.06, 0.255, 0.385)), found)
    text = (
        "Mean Earth axes. Behind: free-air gravity anomalies, GRGM1200A degrees 3 to 45, blue-grey to sand from "
        "\u2212300 to 300 mGal."
    )
    style.footer(figure, text + style.assumed_text(_orbit_keys(found)))
    return style.save(figure, path)


def place_marks(found: AtMoon) -> list[Mark]:
    """Return the places of a mission as marks, the crater of a loss included.

    Parameters
    ----------
    found : AtMoon
        The mission.

    Returns
    -------
    list of Mark
        Own site first.
    """
    marks = [
        Mark(
            place["name"].split(" (")[0],
            float(place["latitude_deg"]),
            float((place["longitude_deg"] + 180.0) % 360.0 - 180.0),
            "*" if place["own"] else "D",
            style.TRACK if place["own"] else style.INK,
        )
        for place in found.facts["places"]
    ]
    loss = found.facts["overburn"]
    if loss:
        marks.append(Mark("crater found", loss["crater_latitude_deg"], loss["crater_longitude_deg"], "X", "#b3261e"))
    return marks


def _edge_deg(found: AtMoon) -> float:
    latitudes = [abs(mark.latitude_deg) for mark in place_marks(found)]
    return 50.0 if any(45.0 < one < 65.0 for one in latitudes) else 60.0


def _orbit_keys(found: AtMoon) -> list[str]:
    return [key for key in found.facts["assumed"] if ":operations" in key]


def _colour(index: int) -> str:
    return style.SERIES[_COLOURS[index % len(_COLOURS)]]


def _style(index: int) -> dict[str, Any]:
    return {"color": _colour(index), "lw": (1.1, 0.9, 0.9)[index % 3], "alpha": 0.9, "zorder": 4 - index % 3}


def _line(axes: Axes, track: Table, index: int) -> None:
    x, y = moon_map.broken(track["longitude_deg"], track["latitude_deg"], 60.0)
    axes.plot(x, y, **_style(index))
    axes.plot(
        track["longitude_deg"][:1], track["latitude_deg"][:1], "o", ms=5, color=_colour(index), mec="white", zorder=5
    )


def _cap_line(axes: Axes, cap: Cap, track: Table, index: int) -> None:
    x, y = cap.project(track["latitude_deg"], track["longitude_deg"])
    outside = np.hypot(x, y) > 1.5
    (line,) = axes.plot(np.where(outside, np.nan, x), np.where(outside, np.nan, y), **_style(index))
    edge = moon_map.rim(transform=axes.transData)
    line.set_clip_path(edge)


def _cap_marks(axes: Axes, cap: Cap, marks: list[Mark]) -> None:
    points, lifts = [], []
    for mark in marks:
        x, y = cap.project(np.array([mark.latitude_deg]), np.array([mark.longitude_deg]))
        inside = float(np.hypot(x[0], y[0])) <= 1.0
        points.append((float(x[0]), float(y[0])) if inside else (9.0, 9.0))
        # Tracks crowd at the pole: a label there stands below them.
        lifts.append(-2.6 if float(np.hypot(x[0], y[0])) < 0.12 else 1.2)
    moon_map.label_marks(axes, marks, points, lifts)


def _legend(axes: Axes, found: AtMoon) -> None:
    axes.set_axis_off()
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(0.0, 1.0)
    top = 0.97
    for index, phase in enumerate(found.facts["phases"]):
        track = found.tables[phase["ground_track"]]
        axes.plot([0.0, 0.10], [top, top], color=_colour(index), lw=2.4)
        span = (np.datetime64(track["utc"][-1]) - np.datetime64(track["utc"][0])) / np.timedelta64(1, "h")
        revs = span * 60.0 / phase["period_min"]
        apses = f"{phase['perilune_altitude_km']:g} x {phase['apolune_altitude_km']:g} km"
        lines = [
            f"{apses}, {phase['inclination_deg']:g}°",
            f"{revs:.1f} revolutions of {_duration(phase['period_min'])}",
            f"from {phase['start_utc'][:16].replace('T', ' ')} UTC",
            f"ascending node {phase['node_deg']:.1f}° E",
            *textwrap.wrap(phase["node_basis"], 34),
        ]
        axes.text(0.14, top, phase["name"].replace("_", " "), fontweight="bold", va="center", fontsize=9.5)
        for row, words in enumerate(lines, start=1):
            axes.text(0.14, top - 0.052 * row, words, va="center", fontsize=8.5, color=style.MUTED, wrap=False)
        top -= 0.052 * (len(lines) + 1) + 0.035
    axes.text(0.0, max(top, 0.02), "A dot marks the begin of each track.", fontsize=8.5, color=style.MUTED, va="center")


def _duration(minutes: float) -> str:
    return f"{minutes:.1f} min" if minutes < 300.0 else f"{minutes / 60.0:.2f} h"
