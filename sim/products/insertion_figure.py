"""From the arrival to the working orbit: the path in its plane, altitude over time, and what each burn costs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from sim.bodies import MOON
from sim.products import style
from sim.products.at_moon_folder import AtMoon
from sim.products.folder import times
from sim.products.moon_map import HALO
from sim.products.tables import Table

_HEIGHT_IN = 6.4
_FAR_KM = 1.25
"""The picture of the path reaches so much farther than the farthest closed orbit."""

_RESTS_ON = (":insertion", *(f":spacecraft.{name}" for name in ("launch_mass", "engine", "trim")))
"""Inputs on which the burns rest, by the begins of their keys."""


def draw(found: AtMoon, path: Path) -> Path:
    """Draw the burns from the arrival to the working orbit.

    Parameters
    ----------
    found : AtMoon
        A mission whose burns were flown.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    facts = found.facts["insertion"]
    burns, way = found.tables[str(facts["burns"])], found.tables[str(facts["path"])]
    figure = style.new_figure(_HEIGHT_IN)
    style.heading(
        figure,
        f"{found.name}: from the arrival to the working orbit",
        "Left: path in the plane of the last orbit, coasts thin, burns thick. Right: altitude, and velocity spent.",
    )
    _plane(figure.add_axes((0.078, 0.15, 0.4, 0.7)), burns, way)
    _altitude(figure.add_axes((0.565, 0.57, 0.42, 0.27)), burns, way)
    _costs(figure.add_axes((0.565, 0.17, 0.42, 0.22)), burns)
    style.footer(
        figure,
        "Inertial axes: x to the ascending node of the last orbit on the Moon's equator. Moon's field GRGM1200A to "
        f"degree {facts['degree']}, Earth and Sun; main engine at constant thrust. Altitudes over 1737.4 km."
        + style.assumed_text(found.assumed_of(*_RESTS_ON)),
    )
    return style.save(figure, path)


def _spans(burns: Table) -> list[tuple[np.datetime64, np.datetime64]]:
    start = times(burns["ignition_utc"])
    length = (burns["duration_s"] * 1000.0).astype("timedelta64[ms]")
    return list(zip(start, start + length, strict=True))


def _plane(axes: Axes, burns: Table, way: Table) -> None:
    x, y, t = way["x_km"], way["y_km"], times(way["utc"])
    axes.add_patch(Circle((0.0, 0.0), MOON.radius_km, fc="#dfe3e8", ec=style.MOON_COLOUR, lw=0.8))
    axes.plot(x, y, color=style.MUTED, lw=0.8)
    for index, (start, stop) in enumerate(_spans(burns)):
        on = (t >= start) & (t <= stop)
        axes.plot(x[on], y[on], color=style.colour(index), lw=4.0, solid_capstyle="butt", label=burns["kind"][index])
    closed = burns["apolune_altitude_km"][np.isfinite(burns["apolune_altitude_km"])]
    far = MOON.radius_km + (float(closed.max()) if closed.size else 2_000.0)
    reach = max(_FAR_KM * far, 2.1 * MOON.radius_km)
    inside = (np.abs(x) < reach) & (np.abs(y) < reach)
    before = t <= _spans(burns)[0][0]
    if (inside & before).any():
        at = int(np.flatnonzero(inside & before)[0])
        axes.annotate(
            "arrival",
            (x[at], y[at]),
            fontsize=9,
            color=style.MUTED,
            xytext=(0, 7),
            textcoords="offset points",
            ha="right" if x[at] > 0.0 else "left",
            path_effects=[HALO],
        )
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    axes.set_aspect("equal", adjustable="box")
    axes.set_xlabel("x, to the ascending node (km)")
    axes.set_ylabel("y, in the plane (km)")
    axes.grid(True)


def _altitude(axes: Axes, burns: Table, way: Table) -> None:
    t = times(way["utc"])
    hours = (t - t[0]) / np.timedelta64(1, "h")
    axes.semilogy(hours, way["altitude_km"], color=style.MUTED, lw=1.0)
    for index, (start, stop) in enumerate(_spans(burns)):
        middle = float((start + (stop - start) / 2 - t[0]) / np.timedelta64(1, "h"))
        axes.axvline(middle, color=style.colour(index), lw=1.4)
    axes.set_xlim(0.0, float(hours[-1]))
    axes.set_ylabel("Altitude (km)")
    axes.set_xlabel(f"Hours from {str(t[0])[:16].replace('T', ' ')} UTC, two before the arrival's perilune")
    axes.grid(True, which="major")
    axes.set_title("Altitude over time (bars: burns)")


def _costs(axes: Axes, burns: Table) -> None:
    places = np.arange(burns["kind"].size)[::-1]
    impulse, loss = burns["impulse_dv_m_s"], burns["loss_m_s"]
    most = float(np.max(impulse + loss))
    for index, place in enumerate(places):
        axes.barh(place, impulse[index], color=style.colour(index), height=0.6)
        lost = round(float(loss[index]), 2) + 0.0  # no minus before a zero
        axes.annotate(
            f"{impulse[index]:.1f} m/s, loss {lost:.2f} m/s, {burns['duration_s'][index]:.1f} s",
            (impulse[index], place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=9,
        )  # fmt: skip
    axes.set_yticks(places, [str(name) for name in burns["kind"]])
    axes.set_ylim(-0.6, len(places) - 0.4)
    axes.set_xlim(0.0, 2.1 * most)
    axes.set_xlabel("Impulse (m/s)")
    axes.set_title("Burns: impulse, finite-burn loss, length")
