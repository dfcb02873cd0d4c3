"""Altitude and eccentricity over time of orbits that nobody corrects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from sim.products import style
from sim.products.at_moon_folder import AtMoon
from sim.products.folder import Times, times
from sim.products.moon_map import HALO

_LONG = 8.0
"""Ellipses whose apolune exceeds the perilune altitude so many times show the perilune alone."""
_ROW_IN, _HEAD_IN, _FOOT_IN = 2.75, 0.85, 0.45


def draw(found: AtMoon, path: Path) -> Path:
    """Draw lowest and highest altitude, eccentricity and its direction over time, one row a phase.

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
    phases = found.facts["phases"]
    height = _HEAD_IN + _FOOT_IN + _ROW_IN * len(phases)
    figure = style.new_figure(height)
    style.heading(
        figure,
        f"{found.name}: what becomes of the orbits without corrections",
        "Band: lowest to highest altitude (long ellipses: the lowest). Right: averaged eccentricity and its direction.",
    )
    for index, phase in enumerate(phases):
        bottom = (height - _HEAD_IN - (index + 1) * _ROW_IN + 0.66) / height
        size = (_ROW_IN - 0.98) / height
        _altitude(figure.add_axes((0.075, bottom, 0.385, size)), found, phase, index)
        _shape(figure.add_axes((0.54, bottom, 0.385, size)), found, phase, index)
    degrees = ", ".join(str(one) for one in dict.fromkeys(phase["degree"] for phase in phases))
    text = (
        f"Moon's gravity field GRGM1200A to degree {degrees}, Earth and Sun; no light pressure. Altitudes over the "
        "sphere of 1737.4 km; terrain rises up to 10.8 km above it."
    )
    style.footer(figure, text + style.assumed_text(found.assumed_of(":operations")))
    return style.save(figure, path)


def _altitude(axes: Axes, found: AtMoon, phase: dict[str, object], index: int) -> None:
    table = found.tables[str(phase["history"])]
    t = times(table["utc"])
    colour = style.colour(index)
    axes.plot(t, table["perilune_altitude_km"], color=colour, lw=1.6)
    long = t.size > 0 and np.min(table["apolune_altitude_km"]) > _LONG * np.max(table["perilune_altitude_km"])
    if not long:
        far = table["apolune_altitude_km"]
        axes.fill_between(t, table["perilune_altitude_km"], far, color=colour, alpha=0.22, lw=0)
        axes.plot(t, far, color=colour, lw=1.0)
    if t.size and np.min(table["perilune_altitude_km"]) < 0.5 * np.max(table["apolune_altitude_km"]):
        axes.axhline(0.0, color=style.INK, lw=0.9)
    low = float(np.min(table["perilune_altitude_km"])) if t.size else 0.0
    high = float(np.max(table["perilune_altitude_km" if long else "apolune_altitude_km"])) if t.size else 1.0
    room = max(high - low, 0.02 * high)
    axes.set_ylim((low - 0.45 * room) if low > 0.5 * high else min(0.0, low) - 0.02 * high, high + 0.12 * room)
    if t.size:
        at = int(np.argmin(table["perilune_altitude_km"]))
        axes.plot(t[at : at + 1], [low], "v", ms=6, color=colour)
        early = at < 0.55 * t.size
        axes.annotate(
            f"lowest {max(low, 0.0):.0f} km", (t[at], low), xytext=(9 if early else -9, 5 if long else -4), fontsize=9,
            textcoords="offset points", ha="left" if early else "right", color=style.INK, path_effects=[HALO],
            va="top" if low > 0.5 * high else "center",
        )  # fmt: skip
        if phase["impact_utc"]:
            words = f"comes down {str(phase['impact_utc'])[:10]}"
            axes.text(0.02, 0.96, words, transform=axes.transAxes, va="top", color="#b3261e", path_effects=[HALO])
        _span(axes, t)
    axes.set_ylabel("Lowest altitude (km)" if long else "Altitude (km)")
    axes.grid(True)
    style.date_axis(axes)
    apses = f"{phase['perilune_altitude_km']:g} x {phase['apolune_altitude_km']:g} km, {phase['inclination_deg']:g}°"
    title = f"{str(phase['name']).replace('_', ' ')}: {apses}"
    axes.set_title(title)


def _span(axes: Axes, t: Times) -> None:
    """Limit an axis to the records; a single one has no span."""
    if t.size > 1:
        axes.set_xlim(t[0], t[-1])


def _shape(axes: Axes, found: AtMoon, phase: dict[str, object], index: int) -> None:
    table = found.tables[str(phase["history"])]
    t = times(table["utc"])
    axes.plot(t, table["eccentricity"], color=style.colour(index), lw=1.6)
    axes.set_ylabel("Eccentricity")
    top = float(np.max(table["eccentricity"])) if t.size else 1.0
    bottom = float(np.min(table["eccentricity"])) if t.size else 0.0
    room = max(top - bottom, 0.02 * top)
    axes.set_ylim(0.0 if bottom < 0.5 * top else bottom - 0.3 * room, top + 0.1 * room)
    axes.grid(True)
    other = axes.twinx()
    other.plot(t, table["argument_of_perilune_deg"], ".", ms=2.2, color=style.MUTED)
    other.set_ylim(0.0, 360.0)
    other.set_yticks(range(0, 361, 90))
    other.set_ylabel("Argument of perilune (°)", color=style.MUTED)
    other.spines["right"].set_visible(True)
    _span(axes, t)
    style.date_axis(axes)
    axes.set_title("Eccentricity (line) and argument of perilune (dots)")
