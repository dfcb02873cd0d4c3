"""A low orbit left alone and kept: eccentricity vector, lifetimes over inclination and node, corrections."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.products import style
from sim.products.at_moon_folder import AtMoon, forces_and_start
from sim.products.folder import Times, times
from sim.products.low_orbit_figures import cell_edges_deg, vector_axes, vector_path
from sim.products.schema import Json
from sim.products.tables import Table

_HEIGHT_IN = 8.0

_RESTS_ON = (":orbit_life", ":operations", ":spacecraft.launch_mass", ":spacecraft.dry_mass", ":spacecraft.engine_isp")
"""Inputs on which life and keeping rest, by the begins of their keys: masses for the share of the propellant."""


def draw(found: AtMoon, life: Json, path: Path) -> Path:
    """Draw what becomes of one phase's orbit, and what keeping it costs.

    Parameters
    ----------
    found : AtMoon
        The mission.
    life : dict
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
        found.heading_of(life, f"life and keeping at {life['shape']}, {life['inclination_deg']:g}°"),
        "Left: averaged eccentricity vector, ring start, square end; circles: what it takes off the perilune.",
    )
    _vectors(figure.add_axes((0.075, 0.15, 0.4, 0.71)), found, life)
    _lifetimes(figure, found.tables[str(life["lifetimes"])], life)
    _keeping(figure.add_axes((0.565, 0.15, 0.415, 0.27)), found, life)
    style.footer(
        figure,
        f"{forces_and_start(life)}. Lost: under {life['limit_altitude_km']:g} km over 1737.4 km. Node: "
        "selenographic longitude at the start."
        + style.assumed_text(found.assumed_of(*_RESTS_ON)),
    )
    return style.save(figure, path)


def _vectors(axes: Axes, found: AtMoon, life: Json) -> None:
    own = found.tables[str(life["life"])]
    size_km = float(np.median(own["semi_major_axis_km"]))
    vector_path(axes, own["ecc_cos"], own["ecc_sin"], style.colour(0), "left alone")
    if life["frozen"]:
        still = found.tables[str(life["frozen"])]
        vector_path(axes, still["ecc_cos"], still["ecc_sin"], style.colour(2), "frozen, left alone")
    lost = 1.0 - (1737.4 + life["limit_altitude_km"]) / size_km
    angle = np.linspace(0.0, 2.0 * np.pi, 181)
    tables = [own] + ([found.tables[str(life["frozen"])]] if life["frozen"] else [])
    reach = 1.2 * max(float(np.hypot(one["ecc_cos"], one["ecc_sin"]).max()) for one in tables)
    words = "lost outside" if lost < 1.4 * reach else f"lost outside e = {lost:.3f}, out of view"
    axes.plot(lost * np.cos(angle), lost * np.sin(angle), color="#b3261e", lw=1.0, ls=(0, (5, 3)), label=words)
    axes.set_xlim(-reach, reach)
    axes.set_ylim(-reach, reach)
    vector_axes(axes, size_km)
    axes.set_aspect("equal", adjustable="box")
    axes.legend(loc="upper left", fontsize=8.5, frameon=True, framealpha=0.9, edgecolor="none")


def _lifetimes(figure: Figure, table: Table, life: Json) -> None:
    """Shortest life over the starts, by inclination and node."""
    axes = figure.add_axes((0.565, 0.56, 0.345, 0.28))
    inclinations, nodes = np.unique(table["inclination_deg"]), np.unique(table["node_longitude_deg"])
    lived = np.where(np.isfinite(table["lifetime_day"]), table["lifetime_day"], np.inf)
    shortest = np.full((nodes.size, inclinations.size), np.inf)
    where = np.searchsorted(nodes, table["node_longitude_deg"]), np.searchsorted(inclinations, table["inclination_deg"])
    np.minimum.at(shortest, where, lived)
    columns = np.arange(inclinations.size, dtype=np.float64)
    picture = axes.pcolormesh(
        np.arange(columns.size + 1) - 0.5, cell_edges_deg(nodes),
        np.ma.masked_invalid(shortest), cmap=style.COST_MAP, vmin=0.0, vmax=life["span_day"], shading="flat",
    )  # fmt: skip
    for row, column in np.argwhere(np.ones_like(shortest, dtype=bool)) if shortest.size <= 80 else ():
        if np.isinf(shortest[row, column]):
            axes.text(column, nodes[row], "lasts", ha="center", va="center", fontsize=8, color=style.MUTED)
            continue
        bright = shortest[row, column] > 0.6 * life["span_day"]
        axes.text(
            column, nodes[row], f"{shortest[row, column]:.0f}", ha="center", va="center", fontsize=8,
            color=style.INK if bright else "white",
        )  # fmt: skip
    axes.set_xticks(columns, [f"{value:g}" for value in inclinations])
    axes.set_yticks(nodes[:: max(1, nodes.size // 6)])
    axes.set_xlabel("Inclination (°)")
    axes.set_ylabel("Node (° E)")
    shape = "circular orbits" if life["near_circular"] else "ellipses of this shape"
    axes.set_title(f"Days until lost, {shape} (in {life['span_day']:g})")
    figure.colorbar(picture, cax=figure.add_axes((0.925, 0.56, 0.013, 0.28)), label="days")


def _flown(found: AtMoon, life: Json) -> tuple[Table, Times] | None:
    """Epochs, sizes in m/s, lowest and highest altitude of the burns, and the edges of the spans they stand for."""
    start = np.datetime64(str(life["start_utc"])).astype("datetime64[ms]")
    if life["keeping"]:
        table = found.tables[str(life["keeping"])]
        t = times(table["first_utc"])
        cost = np.abs(table["first_dv_m_s"]) + np.abs(table["second_dv_m_s"])
        edges = np.concatenate([[start], t]).astype("datetime64[ms]")
    elif life["floor"]:
        table = found.tables[str(life["floor"])]
        t, cost = times(table["utc"]), np.abs(table["dv_m_s"])
        edges = np.concatenate([t, t[-1:] + np.diff(t[-2:])]).astype("datetime64[ms]")
    else:
        return None
    return {"t": t, "cost": cost, "low": table["lowest_altitude_km"], "high": table["highest_altitude_km"]}, edges


def _keeping(axes: Axes, found: AtMoon, life: Json) -> None:
    flown = _flown(found, life)
    if flown is None:
        axes.set_axis_off()
        axes.set_title("Keeping")
        axes.text(0.0, 0.7, f"Not flown: {life['keep_fault']}", wrap=True, transform=axes.transAxes, fontsize=9)
        return
    table, edges = flown
    low, high = table["low"], table["high"]
    for first, last, bottom, top in zip(edges[:-1], edges[1:], low, high, strict=True):
        axes.fill_between([first, last], [bottom] * 2, [top] * 2, color=style.colour(0), alpha=0.22, lw=0)
    side, shift = ("right", -2) if life["near_circular"] else ("left", 2)
    for when, cost, top in zip(table["t"], table["cost"], high, strict=True):
        axes.axvline(when, color=style.TRACK, lw=1.0 if cost else 0.0)
        axes.annotate(
            f"{cost:.1f}", (when, top), ha=side, va="bottom", fontsize=8.5, color=style.TRACK, xytext=(shift, 1),
            textcoords="offset points",
        )  # fmt: skip
    axes.axhline(life["altitude_km" if life["near_circular"] else "limit_altitude_km"], color=style.INK, lw=0.8)
    room = float(high.max() - low.min())
    axes.set_ylim(max(0.0, float(low.min()) - 0.15 * room), float(high.max()) + 0.3 * room)
    style.date_limits(axes, edges[0], edges[-1] + np.timedelta64(2, "D"))
    axes.set_ylabel("Altitude flown (km)")
    share = life["propellant_share"]
    tail = "" if share is None else f", {100.0 * share:.0f} % of propellant"
    how = "Kept" if life["near_circular"] else "Held up"
    axes.set_title(f"{how} (m/s): {life['keep_year_dv_m_s']:.0f} a year{tail}")
