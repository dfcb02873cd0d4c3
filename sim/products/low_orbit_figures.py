"""Figures of orbits about the Moon: eccentricity vectors, lifetimes, frozen families, altitude bands, keeping costs.

Each takes records of :mod:`sim.operations` and writes one PNG; nothing is computed here that the records do not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from sim.constants import SECONDS_PER_DAY
from sim.errors import InputError
from sim.operations.frozen_orbits import EccentricityMap
from sim.operations.low_orbits import LowOrbitHistory
from sim.operations.orbit_keeping import OrbitKeeping
from sim.operations.orbit_lifetimes import LifetimeGrid
from sim.operations.relay_orbits import RelayEvolution
from sim.products import style
from sim.timescales import utc_from_tdb

Floats = NDArray[np.float64]

FAMILIES_DEG = (27.0, 50.0, 76.0, 86.0)
"""Published inclinations of quasi-circular frozen orbits (NASA, "Bizarre Lunar Orbits", 2006)."""


def _forces(history: LowOrbitHistory) -> str:
    start = utc_from_tdb(float(history.start_tdb[0]), decimals=0)
    return f"{history.forces}. Start {start} UTC."


def _common(forces: Iterable[str]) -> str:
    """Say under which forces the orbits of a figure flew; of more than two kinds only how many."""
    kinds = tuple(dict.fromkeys(forces))
    return " / ".join(kinds) if len(kinds) < 3 else f"Flown under {len(kinds)} different sets of forces"


def _check(labels: Sequence[str], count: int) -> None:
    if len(labels) != count:
        raise InputError(f"{len(labels)} labels for {count} orbits; allowed: one each")


def draw_eccentricity_vectors(
    history: LowOrbitHistory, labels: Sequence[str], path: Path, *, title: str = "Eccentricity vector"
) -> Path:
    """Draw the paths of the averaged eccentricity vectors.

    Parameters
    ----------
    history : LowOrbitHistory
        N orbits of about the same size.
    labels : sequence of str
        One an orbit.
    path : Path
        File to write.
    title : str
        Heading.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        Labels that do not fit.
    StoreError
        The file cannot be written.
    """
    _check(labels, len(history.t_tdb))
    with style.styled():
        figure = style.new_figure(7.4)
        words = (
            "Averaged over whole revolutions; ring: start, square: end or impact. Circles: perilune altitude lost, km."
        )
        style.heading(figure, title, words)
        axes = figure.add_axes((0.1, 0.13, 0.62, 0.74))
        for index, label in enumerate(labels):
            vector_path(axes, history.ecc_cos[index], history.ecc_sin[index], style.colour(index), label)
        vector_axes(axes, float(np.nanmedian(history.semi_major_axis_km)))
        axes.legend(loc="upper left", bbox_to_anchor=(1.03, 1.0))
        style.footer(figure, _forces(history))
        return style.save(figure, path)


def vector_path(axes: Axes, ecc_cos: Floats, ecc_sin: Floats, colour: str, label: str) -> None:
    """Draw the path of one eccentricity vector: a ring where it starts, a square where it ends.

    Parameters
    ----------
    axes : Axes
        Where.
    ecc_cos, ecc_sin : ndarray (T,)
        Components towards the ascending node and a quarter turn ahead; NaN after the end.
    colour, label : str
        Of the line.
    """
    axes.plot(ecc_cos, ecc_sin, lw=0.9, color=colour, label=label)
    last = int(np.flatnonzero(np.isfinite(ecc_cos))[-1])
    axes.plot(ecc_cos[0], ecc_sin[0], "o", ms=6, mfc="none", color=colour)
    axes.plot(ecc_cos[last], ecc_sin[last], "s", ms=5, color=colour)


def vector_axes(axes: Axes, size_km: float) -> None:
    """Finish axes of eccentricity vectors: equal scales, circles of perilune altitude lost, labels.

    Parameters
    ----------
    axes : Axes
        With the paths drawn.
    size_km : float
        Semi-major axis.
    """
    axes.set_aspect("equal", adjustable="datalim")
    _rings(axes, size_km)
    axes.axhline(0.0, color=style.FAINT, lw=0.8, zorder=0)
    axes.axvline(0.0, color=style.FAINT, lw=0.8, zorder=0)
    axes.set_xlabel("e cos ω: perilune towards the ascending node")
    axes.set_ylabel("e sin ω: perilune towards the north")


def _rings(axes: Axes, size_km: float) -> None:
    """Circles of equal eccentricity with what they take off the perilune."""
    reach = max(abs(value) for value in (*axes.get_xlim(), *axes.get_ylim()))
    step = next(s for s in (5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 1000.0) if 4.0 * s > reach * size_km or s == 1000.0)
    angle = np.linspace(0.0, 2.0 * np.pi, 181)
    for number in range(1, 6):
        ecc = number * step / size_km
        if ecc > 1.1 * reach:
            break
        axes.plot(ecc * np.cos(angle), ecc * np.sin(angle), color=style.FAINT, lw=0.8, zorder=0)
        axes.annotate(
            f"{number * step:g} km", (0.707 * ecc, -0.707 * ecc), fontsize=8, color=style.MUTED, ha="center",
            va="center", zorder=9, bbox={"boxstyle": "round,pad=0.15", "fc": style.PAPER, "ec": "none", "alpha": 0.8},
        )  # fmt: skip


def draw_altitude_bands(
    history: LowOrbitHistory, labels: Sequence[str], path: Path, *, title: str = "Altitude over time"
) -> Path:
    """Draw lowest and highest altitude over time, one panel an orbit.

    Parameters
    ----------
    history : LowOrbitHistory
        N orbits.
    labels : sequence of str
        One an orbit.
    path : Path
        File to write.
    title : str
        Heading.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        Labels that do not fit.
    StoreError
        The file cannot be written.
    """
    _check(labels, len(history.t_tdb))
    count = len(labels)
    height = 1.7 + 1.75 * count
    with style.styled():
        figure = style.new_figure(height)
        style.heading(figure, title, "Shaded: lowest to highest altitude of each few revolutions; no correction.")
        days = (history.t_tdb - history.start_tdb[:, None]) / SECONDS_PER_DAY
        for index, label in enumerate(labels):
            bottom = (0.75 + 1.75 * (count - 1 - index)) / height
            axes = figure.add_axes((0.075, bottom, 0.9, 1.35 / height))
            low, high = history.perilune_altitude_km[index], history.apolune_altitude_km[index]
            axes.fill_between(days[index], low, high, color=style.colour(index), alpha=0.25, lw=0)
            axes.plot(days[index], low, lw=0.9, color=style.colour(index))
            axes.plot(days[index], high, lw=0.9, color=style.colour(index))
            lived = float(history.lifetime_day[index])
            if np.isfinite(lived):
                axes.axvline(lived, color=style.TRACK, lw=1.0)
                axes.annotate(
                    f"impact after {lived:.0f} d", (lived, 0.9), xycoords=("data", "axes fraction"), ha="right",
                    xytext=(-5, 0), textcoords="offset points", color=style.TRACK, fontsize=9, va="center",
                )  # fmt: skip
            axes.set_xlim(0.0, float(np.nanmax(days)))
            axes.set_ylim(bottom=0.0)
            axes.set_title(label, fontsize=9.5, pad=3)
            axes.set_ylabel("km")
            if index + 1 < count:
                axes.tick_params(labelbottom=False)
            else:
                axes.set_xlabel("days since the start")
        ground = f" Ground: the sphere of 1737.4 km plus {history.margin_km:g} km."
        style.footer(figure, _forces(history) + ground)
        return style.save(figure, path)


def draw_lifetimes(grid: LifetimeGrid, path: Path, *, title: str = "Lifetime without correction") -> Path:
    """Draw days to impact over inclination and node, one panel an epoch.

    Parameters
    ----------
    grid : LifetimeGrid
        Result.
    path : Path
        File to write.
    title : str
        Heading.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    count = len(grid.epoch_tdb)
    height = 1.9 + 2.3 * count
    with style.styled():
        figure = style.new_figure(height)
        words = f"Circular orbits of {grid.altitude_km:g} km; white cells outlive {grid.span_day:g} days."
        style.heading(figure, title, words)
        for index in range(count):
            bottom = (1.05 + 2.3 * (count - 1 - index)) / height
            axes = figure.add_axes((0.075, bottom, 0.8, 1.75 / height))
            lived = np.ma.masked_invalid(grid.lifetime_day[:, :, index].T)
            picture = axes.pcolormesh(
                cell_edges_deg(grid.inclination_deg), cell_edges_deg(grid.node_longitude_deg), lived,
                cmap=style.COST_MAP, vmin=0.0, vmax=grid.span_day, shading="flat",
            )  # fmt: skip
            axes.set_title(f"start {utc_from_tdb(float(grid.epoch_tdb[index]), decimals=0)[:10]}", fontsize=9.5, pad=3)
            axes.set_ylabel("node, deg E")
            axes.set_yticks(grid.node_longitude_deg[:: max(1, len(grid.node_longitude_deg) // 6)])
            for family in FAMILIES_DEG:
                axes.axvline(family, color=style.TRACK, lw=0.9, ls=(0, (4, 3)))
            if index + 1 == count:
                axes.set_xlabel("inclination, deg")
                side = figure.add_axes((0.9, 1.05 / height, 0.018, (height - 2.1) / height))
                figure.colorbar(picture, cax=side, label="days to impact")
            else:
                axes.tick_params(labelbottom=False)
        style.footer(
            figure,
            f"{grid.forces}. Ground: the sphere of 1737.4 km plus "
            f"{grid.margin_km:g} km. Node: selenographic longitude at the start. Dashed: published frozen ones.",
        )
        return style.save(figure, path)


def cell_edges_deg(values_deg: Floats) -> Floats:
    """Return the borders of cells around values; a degree wide around a single one.

    Parameters
    ----------
    values_deg : ndarray (N,)
        Ascending.

    Returns
    -------
    ndarray (N + 1,)
        Borders.
    """
    if len(values_deg) < 2:
        return np.array([values_deg[0] - 0.5, values_deg[0] + 0.5])
    middles = 0.5 * (values_deg[1:] + values_deg[:-1])
    first, last = 2.0 * values_deg[0] - middles[0], 2.0 * values_deg[-1] - middles[-1]
    return np.concatenate([[first], middles, [last]])


def draw_frozen_families(
    scans: Mapping[str, EccentricityMap], path: Path, *, title: str = "Where circular low orbits are frozen"
) -> Path:
    """Draw the monthly displacement of the eccentricity vector of circular orbits over inclination.

    Parameters
    ----------
    scans : mapping of str to EccentricityMap
        By label: altitude, degree.
    path : Path
        File to write.
    title : str
        Heading.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    with style.styled():
        figure = style.new_figure(6.6)
        words = "Change of the eccentricity vector of a circular orbit in the month in which its node returns."
        style.heading(figure, title, words)
        upper, lower = figure.add_axes((0.085, 0.54, 0.89, 0.3)), figure.add_axes((0.085, 0.155, 0.89, 0.3))
        for index, (label, scan) in enumerate(scans.items()):
            upper.plot(scan.inclination_deg, scan.shift_ecc[:, 0], color=style.colour(index), lw=1.3, label=label)
            lower.semilogy(scan.inclination_deg, scan.drift_ecc, color=style.colour(index), lw=1.3)
        for axes in (upper, lower):
            for family in FAMILIES_DEG:
                axes.axvline(family, color=style.TRACK, lw=0.9, ls=(0, (4, 3)), zorder=0)
        upper.axhline(0.0, color=style.MUTED, lw=0.7)
        for family in FAMILIES_DEG:
            upper.annotate(
                f"{family:g} deg", (family, 1.0), xycoords=("data", "axes fraction"), fontsize=8.5, color=style.TRACK,
                va="top", xytext=(3, 0), textcoords="offset points",
            )  # fmt: skip
        upper.set_ylabel("change of e cos w")
        upper.tick_params(labelbottom=False)
        upper.legend(loc="lower right", bbox_to_anchor=(1.0, 1.02), ncols=3)
        lower.set_ylabel("length of the change")
        lower.set_xlabel("inclination, deg")
        style.footer(
            figure,
            f"{_common(scan.forces for scan in scans.values())}. Dashed: published for long-lived low orbits. Where "
            "the change of e cos w crosses zero, the frozen orbit is nearly circular; e sin w keeps a small offset.",
        )
        return style.save(figure, path)


def draw_keeping_costs(kept: Sequence[OrbitKeeping], path: Path, *, title: str = "What it costs to stay low") -> Path:
    """Draw metres per second a year and the altitudes flown.

    Parameters
    ----------
    kept : sequence of OrbitKeeping
        One an altitude.
    path : Path
        File to write.
    title : str
        Heading.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    with style.styled():
        figure = style.new_figure(5.6)
        first = kept[0]
        words = (
            f"Pairs of burns every {first.interval_day:.1f} days (the month of the node); inclination "
            f"{first.inclination_deg:g} deg, degree {first.history[0].degree}."
        )
        style.heading(figure, title, words)
        left, right = figure.add_axes((0.075, 0.17, 0.4, 0.62)), figure.add_axes((0.575, 0.17, 0.4, 0.62))
        places = np.arange(len(kept))
        costs = [one.year_dv_m_s for one in kept]
        left.bar(places, costs, color=style.colour(0), width=0.65)
        for place, cost in zip(places, costs, strict=True):
            left.annotate(f"{cost:.0f}", (place, cost), ha="center", va="bottom", fontsize=9)
        left.set_ylabel("m/s a year")
        for place, one in zip(places, kept, strict=True):
            low, high = one.lowest_altitude_km.min(), one.highest_altitude_km.max()
            right.bar(place, high - low, bottom=low, color=style.colour(2), width=0.65, alpha=0.7)
            right.plot([place - 0.33, place + 0.33], [one.altitude_km] * 2, color=style.INK, lw=1.2)
            right.annotate(f"{low:.0f} to {high:.0f}", (place, high), ha="center", va="bottom", fontsize=8.5)
        right.set_ylabel("altitude flown, km")
        right.set_ylim(bottom=0.0)
        left.set_title("Cost")
        right.set_title("Altitude band (line: nominal)")
        for axes in (left, right):
            axes.set_xticks(places, [f"{one.altitude_km:g}" for one in kept])
            axes.set_xlabel("nominal altitude, km")
        style.footer(
            figure,
            f"{_common(one.history[0].forces for one in kept)}. Burns as impulses, each pair moves the eccentricity "
            "vector to where its next loop lies around zero. Plane and phase are free; no navigation errors, no "
            "attitude losses.",
        )
        return style.save(figure, path)


def draw_relay_orbits(
    flown: RelayEvolution, labels: Sequence[str], path: Path, *, title: str = "Elliptic relay orbits over time"
) -> Path:
    """Draw how ellipses change: eccentricity and argument of perilune in the Earth's plane, and the perilune altitude.

    Parameters
    ----------
    flown : RelayEvolution
        N orbits.
    labels : sequence of str
        One an orbit.
    path : Path
        File to write.
    title : str
        Heading.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        Labels that do not fit.
    StoreError
        The file cannot be written.
    """
    _check(labels, len(flown.ecc))
    with style.styled():
        figure = style.new_figure(6.2)
        words = "Argument of perilune in the plane of the Earth's motion; 90 deg: apolune over the south. Square: end."
        style.heading(figure, title, words)
        left, right = figure.add_axes((0.075, 0.15, 0.36, 0.6)), figure.add_axes((0.525, 0.15, 0.45, 0.6))
        for index, label in enumerate(labels):
            argument, ecc, colour = flown.argument_deg[index], flown.ecc[index], style.colour(index)
            left.plot(argument, ecc, lw=0.8, color=colour, label=label)
            last = int(np.flatnonzero(np.isfinite(ecc))[-1])
            left.plot(argument[0], ecc[0], "o", ms=6, mfc="none", color=colour)
            left.plot(argument[last], ecc[last], "s", ms=5, color=colour)
            right.plot(flown.elapsed_day, flown.history.perilune_altitude_km[index], lw=0.8, color=colour)
            lived = float(flown.history.lifetime_day[index])
            if np.isfinite(lived):
                right.plot(lived, 0.0, "s", ms=6, color=colour, clip_on=False, zorder=9)
        left.set_xlabel("argument of perilune, deg")
        left.set_ylabel("eccentricity")
        right.set_xlabel("days since the start; square on the axis: impact")
        right.set_ylabel("lowest altitude of a revolution, km")
        right.set_ylim(bottom=0.0)
        right.set_xlim(left=0.0)
        figure.legend(loc="upper left", bbox_to_anchor=(0.068, 0.845), ncols=4)
        style.footer(figure, _forces(flown.history))
        return style.save(figure, path)
