"""Survey passes of an orbiter over places on the Moon: how near, in what light, how soon all is covered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num

from sim.products import style
from sim.products.at_moon_folder import AtMoon
from sim.products.folder import times
from sim.products.moon_map import HALO
from sim.products.tables import Table

_ROW_IN, _HEAD_IN, _FOOT_IN = 2.85, 0.85, 0.5
_CLASSES = ("#232a36", "#7a5c9e", "#0072b2", "#e69f00", "#f0c419")
_FAR_KM, _NEAR_KM = 200.0, 0.1


def draw(found: AtMoon, path: Path) -> Path:
    """Draw the passes of every phase over every place.

    Parameters
    ----------
    found : AtMoon
        A mission with a survey.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    surveys = found.facts["surveys"]
    height = _HEAD_IN + _FOOT_IN + _ROW_IN * len(surveys)
    figure = style.new_figure(height)
    style.heading(
        figure,
        f"{found.name}: survey passes",
        "Left: distance of the ground track at each pass, by Sun elevation. Right: coverage, and other inclinations.",
    )
    for index, survey in enumerate(surveys):
        bottom = (height - _HEAD_IN - (index + 1) * _ROW_IN + 0.68) / height
        size = (_ROW_IN - 1.12) / height
        axes = figure.add_axes((0.065, bottom, 0.385, size))
        _passes(axes, survey, found.tables[survey["passes"]])
        if survey["coverage"]:
            _coverage(figure.add_axes((0.53, bottom, 0.19, size)), survey, found.tables[survey["coverage"]])
        if survey["sweep"]:
            _sweep(figure.add_axes((0.79, bottom, 0.195, size)), survey, found.tables[survey["sweep"]])
    text = (
        "Kept orbits, two bodies, plane still; sphere without terrain. Sweep: one sidereal month, mean over 24 nodes; "
        "crosses: left alone in the Moon's field, one node."
    )
    keys = [key for key in found.facts["assumed"] if any(word in key for word in ("camera", "ellipse", "inclination"))]
    style.footer(figure, text + style.assumed_text(keys))
    return style.save(figure, path)


def _passes(axes: Axes, survey: dict[str, Any], passes: Table) -> None:
    t, distance = times(passes["utc"]), np.clip(passes["cross_track_km"], _NEAR_KM, None)
    edges = survey["sun_classes_deg"]
    for at, colour in enumerate(_CLASSES[: len(edges) - 1]):
        sun = passes["sun_elevation_deg"]
        chosen = (sun >= edges[at]) & (sun < edges[at + 1])
        if chosen.any():
            words = f"below {edges[1]:g}°" if at == 0 else f"{edges[at]:g}–{edges[at + 1]:g}°"
            axes.plot(t[chosen], distance[chosen], "o", ms=2.6, color=colour, mew=0, label=words)
    for limit in survey["cross_track_km"]:
        axes.axhline(limit, color=style.TRACK, lw=0.8, ls=(0, (4, 3)))
        axes.annotate(
            f"{limit:g} km", (1.0, limit), xycoords=("axes fraction", "data"), xytext=(-2, 0), va="center", ha="right",
            textcoords="offset points", fontsize=7.6, color=style.TRACK, path_effects=[HALO],
        )  # fmt: skip
    axes.set_yscale("log")
    axes.set_ylim(_NEAR_KM, max(_FAR_KM, 1.3 * float(distance.max(initial=_FAR_KM))))
    axes.set_ylabel("Cross-track (km)")
    axes.grid(True)
    if t.size:
        axes.set_xlim(float(date2num(t[0])), float(date2num(t[-1])))
        style.date_axis(axes)
    axes.set_title(f"{survey['phase'].replace('_', ' ')} over {survey['place_name']}", pad=19)
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.01, 0.99), ncols=5, fontsize=8, markerscale=2.2, handletextpad=0.2,
        columnspacing=1.0, borderaxespad=0.2,
    )  # fmt: skip


def _coverage(axes: Axes, survey: dict[str, Any], coverage: Table) -> None:
    t = (times(coverage["utc"]) - np.datetime64(survey["start_utc"])) / np.timedelta64(1, "D")
    seen = 100.0 * coverage["covered_fraction"]
    end = survey["span_day"]
    axes.step([0.0, *t, end], [0.0, *seen, seen[-1] if seen.size else 0.0], where="post", color=style.SERIES[2], lw=1.6)
    axes.set_ylim(0.0, 105.0)
    axes.set_xlim(0.0, end)
    axes.set_ylabel("Ellipse seen (%)")
    axes.set_xlabel("Days from the begin of the phase")
    axes.grid(True)
    days = survey["days_to_cover"]
    words = "not covered in the span" if days is None else f"all after {days:.1f} d"
    axes.annotate(words, (0.97, 0.08), xycoords="axes fraction", ha="right", fontsize=9, path_effects=[HALO])
    axes.set_title("Coverage by the camera", fontsize=9.5)


def _sweep(axes: Axes, survey: dict[str, Any], sweep: Table) -> None:
    for at, limit in enumerate(survey["cross_track_km"]):
        axes.plot(
            sweep["inclination_deg"], sweep[f"passes_within_{limit:g}_km_count"], "-o", ms=3, lw=1.4,
            color=style.SERIES[(0, 2, 4)[at % 3]], label=f"< {limit:g} km",
        )  # fmt: skip
        if f"field_within_{limit:g}_km_count" in sweep:
            axes.plot(
                sweep["inclination_deg"], sweep[f"field_within_{limit:g}_km_count"], "x", ms=4.5, mew=1.2,
                color=style.SERIES[(0, 2, 4)[at % 3]],
            )  # fmt: skip
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("Passes a month")
    axes.set_xlabel("Inclination (°)")
    axes.grid(True)
    axes.legend(loc="best", fontsize=7.8, handlelength=1.2)
    axes.set_title("What the inclination decides", fontsize=9.5)
