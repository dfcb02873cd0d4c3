"""Elliptic relay orbits over years: perilune and shape without corrections, which plane lasts, whom they see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from sim.products import style
from sim.products.at_moon_folder import AtMoon, forces_and_start
from sim.products.folder import times
from sim.products.schema import Json
from sim.products.tables import Table

_HEIGHT_IN = 8.2


def draw(found: AtMoon, relay: Json, path: Path) -> Path:
    """Draw an elliptic phase without corrections beside frozen ellipses of its period.

    Parameters
    ----------
    found : AtMoon
        The mission.
    relay : dict
        The phase's entry in the facts.
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
        found.heading_of(relay, f"ellipses over {relay['span_day']:g} days without corrections"),
        "The phase as the file has it and from the node that lasts longest, beside frozen ellipses of the same period.",
    )
    evolution = found.tables[str(relay["evolution"])]
    upper, lower, height = 0.565, 0.15, 0.25
    perilune = figure.add_axes((0.07, upper, 0.41, height))
    _perilune(perilune, evolution, relay)
    _shape(figure.add_axes((0.565, upper, 0.42, height)), evolution, relay)
    _nodes(figure.add_axes((0.07, lower, 0.41, height)), found.tables[str(relay["nodes"])])
    _coverage(figure.add_axes((0.565, lower, 0.42, height)), found, found.tables[str(relay["months"])], relay)
    figure.legend(*perilune.get_legend_handles_labels(), loc="upper left", bbox_to_anchor=(0.06, 0.905), ncols=4)
    style.footer(
        figure,
        f"{forces_and_start(relay)}. Argument of perilune in the plane of the Earth's motion about the Moon at the "
        "start; 90°: apolune over the south. "
        "Altitudes over the sphere of 1737.4 km."
        + style.assumed_text(found.assumed_of(":relay_design", ":operations")),
    )
    return style.save(figure, path)


def _perilune(axes: Axes, table: Table, relay: Json) -> None:
    for index, label in enumerate(relay["labels"]):
        own = table["orbit"] == label
        t, low = times(table["utc"][own]), table["perilune_altitude_km"][own]
        axes.plot(t, low, color=style.colour(index), lw=1.0, label=label)
        if t.size:
            axes.plot(t[-1:], low[-1:], "s", ms=4.5, color=style.colour(index))
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("Lowest altitude (km)")
    axes.grid(True)
    style.date_axis(axes)
    axes.set_title("Perilune, by revolution (square: end)")


def _shape(axes: Axes, table: Table, relay: Json) -> None:
    for index, label in enumerate(relay["labels"]):
        own = table["orbit"] == label
        argument, ecc = table["argument_earth_deg"][own], table["ecc"][own]
        axes.plot(argument, ecc, color=style.colour(index), lw=0.8)
        if ecc.size:
            axes.plot(argument[:1], ecc[:1], "o", ms=6, mfc="none", color=style.colour(index))
            axes.plot(argument[-1:], ecc[-1:], "s", ms=4.5, color=style.colour(index))
    axes.set_xlabel("Argument of perilune (°)")
    axes.set_ylabel("Eccentricity")
    axes.grid(True)
    axes.set_title("Shape and apse line (ring: start, square: end)")


def _nodes(axes: Axes, table: Table) -> None:
    nodes, lived, low = (table[name] for name in ("node_longitude_deg", "lifetime_day", "lowest_altitude_km"))
    step = 360.0 / max(1, nodes.size)
    ends = np.isfinite(lived)
    longest = float(lived[ends].max()) if ends.any() else 1.0
    axes.bar(nodes[ends], lived[ends], width=0.7 * step, color=style.colour(1))
    axes.bar(nodes[~ends], np.full(int((~ends).sum()), 1.12 * longest), width=0.7 * step, color=style.colour(2))
    for node, day, km in zip(nodes, lived, low, strict=True):
        words = f"{day:.0f}" if np.isfinite(day) else f"{km:.0f}"
        axes.annotate(words, (node, day if np.isfinite(day) else 1.12 * longest), ha="center", va="bottom", fontsize=8)
    axes.set_xlim(-0.6 * step, 360.0 - 0.4 * step)
    axes.set_xticks(nodes[:: max(1, nodes.size // 12)])
    axes.set_ylim(0.0, 1.3 * longest)
    axes.set_xlabel("Node at the start (° E)")
    axes.set_ylabel("Days to impact")
    axes.set_title("Which plane lasts above the sphere (green: whole span; lowest, km)")


def _coverage(axes: Axes, found: AtMoon, table: Table, relay: Json) -> None:
    marks = ("-", (0, (4, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))
    for number, place in enumerate(dict.fromkeys(table["place"])):
        for index, label in enumerate(relay["labels"]):
            own = (table["orbit"] == label) & (table["place"] == place)
            words = found.words(str(place)) if index == 0 else "_"
            axes.plot(
                times(table["utc"][own]), 100.0 * table["open_share"][own], color=style.colour(index), lw=1.4,
                ls=marks[number % len(marks)], label=words,
            )  # fmt: skip
    axes.set_ylabel("In view (% of a month)")
    axes.grid(True)
    axes.set_ylim(0.0, 100.0)
    style.date_axis(axes)
    legend = axes.legend(loc="lower left", fontsize=8.5, ncols=2)
    for line in legend.get_lines():
        line.set_color(style.INK)
    axes.set_title("Time above the mask of the places")
