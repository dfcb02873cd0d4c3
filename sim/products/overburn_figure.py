"""A burn that lasted too long: when each case strikes, and where, beside the crater found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.products import moon_map, style
from sim.products.at_moon_folder import AtMoon
from sim.products.moon_map import Cap, Mark
from sim.products.tables import Table

_HEIGHT_IN = 6.6


def draw(found: AtMoon, path: Path) -> Path:
    """Draw times and places of impact.

    Parameters
    ----------
    found : AtMoon
        A mission with such a burn.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    loss = found.facts["overburn"]
    table = found.tables[loss["table"]]
    figure = style.new_figure(_HEIGHT_IN)
    style.heading(
        figure,
        f"{found.name}: a burn of {loss['actual_s']:g} s in place of {loss['planned_s']:g} s",
        "Left: time of impact by the place of the burn on the orbit. Right: where the planned perilune would lie.",
    )
    _times(figure.add_axes((0.075, 0.16, 0.41, 0.65)), loss, table)
    _places(figure.add_axes((0.53, 0.09, 0.46, 0.76)), found, loss, table)
    text = (
        "Planar two-body flight, constant thrust that gives the planned perilune in the planned time; ground at the "
        "height of the crater. Nothing is fitted."
    )
    style.footer(figure, text + style.assumed_text(found.assumed_of(":overburn")))
    return style.save(figure, path)


def _times(axes: Axes, loss: dict[str, Any], table: Table) -> None:
    observed = loss["observed_s"] / 60.0
    width = np.sqrt(2.0) * loss["uncertainty_s"] / 60.0
    axes.axhspan(observed - width, observed + width, color="#f6d9d6", lw=0)
    axes.axhline(observed, color="#b3261e", lw=1.2)
    axes.annotate(
        f"signal lost {loss['lost_utc'][11:16]} UTC", (4.0, observed + width), xytext=(0, 4),
        textcoords="offset points", color="#b3261e", fontsize=9,
    )  # fmt: skip
    for at, orbit in enumerate(dict.fromkeys(table["orbit"])):
        chosen = table["orbit"] == orbit
        axes.plot(
            table["true_anomaly_deg"][chosen], table["impact_s"][chosen] / 60.0, "-o", ms=4, lw=1.5,
            color=style.SERIES[(0, 4)[at % 2]], label=f"{orbit} before",
        )  # fmt: skip
    axes.set_xlim(0.0, 360.0)
    axes.set_xticks(range(0, 361, 60))
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.12 * (high - low))
    axes.set_xlabel("Place of the burn: true anomaly on the orbit before (°)")
    axes.set_ylabel(f"Minutes after the begin of the burn, {loss['begin_utc'][11:16]} UTC")
    axes.grid(True)
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 0.04))
    axes.set_title("Time of impact")


def _places(axes: Axes, found: AtMoon, loss: dict[str, Any], table: Table) -> None:
    cap = Cap(loss["crater_latitude_deg"] < 0.0, _edge_deg(loss, table))
    moon_map.polar(axes, cap, "Places")
    marks = [
        Mark("crater found", loss["crater_latitude_deg"], loss["crater_longitude_deg"], "X", "#b3261e"),
        *(
            Mark("landing site", place["latitude_deg"], place["longitude_deg"], "*", style.INK)
            for place in found.facts["places"]
            if place["own"]
        ),
    ]
    for name, colour, words in (
        ("planned_perilune", style.SERIES[2], "planned perilune, if this crater"),
        ("impact", style.SERIES[4], "impact, if perilune over the site"),
    ):
        if f"{name}_latitude_deg" not in table:
            continue
        x, y = cap.project(table[f"{name}_latitude_deg"], table[f"{name}_longitude_deg"])
        axes.plot(x, y, "o", ms=3.6, color=colour, mew=0, label=words, zorder=5, clip_on=True)
    points = []
    for mark in marks:
        u, v = cap.project(np.array([mark.latitude_deg]), np.array([mark.longitude_deg]))
        points.append((float(u[0]), float(v[0])))
    moon_map.label_marks(axes, marks, points, (0.6, 3.5)[: len(marks)], outwards=True)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, -0.06), ncols=2, fontsize=8.5, handletextpad=0.2)


def _edge_deg(loss: dict[str, Any], table: Table) -> float:
    """Rim that holds every place of the hemisphere of the crater."""
    sign = -1.0 if loss["crater_latitude_deg"] < 0.0 else 1.0
    names = [name for name in ("planned_perilune_latitude_deg", "impact_latitude_deg") if name in table]
    lowest = min([50.0, *(float(np.nanmin(sign * table[name])) for name in names)])
    return max(0.0, 10.0 * float(np.floor((lowest - 1.0) / 10.0)))
