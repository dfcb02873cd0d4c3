"""Access timelines: when which link is open, minutes a day, and data brought home."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DateFormatter, HourLocator, date2num

from sim.products import style
from sim.products.at_moon_folder import AtMoon
from sim.products.folder import Times, times
from sim.products.moon_map import HALO
from sim.products.tables import Table

_BAR_IN, _HEAD_IN, _FOOT_IN, _DAYS_IN = 0.235, 0.95, 0.55, 2.5
_SHOWN_MOST = 60
"""Contacts of the busiest link shown in the timeline: about five days of a low orbit."""

_NARROWEST = 0.0015
"""Narrowest bar of the timeline as a part of its width: one and a half pixels."""

_DASHES: tuple[Any, ...] = ("-", (0, (4, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
"""Lines of the places, in order; the colour is that of the way."""

Row = tuple[str, str, np.ndarray]
"""Label, colour, and indices into the table of contacts."""


def draw(found: AtMoon, link: dict[str, Any], path: Path) -> Path:
    """Draw the links of one span.

    Parameters
    ----------
    found : AtMoon
        The mission.
    link : dict
        One of its entries ``links``.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    contacts, days = found.tables[link["contacts"]], found.tables[link["days"]]
    rows = _rows(found, contacts)
    lower = [days] if days["utc"].size else []
    height = _HEAD_IN + 0.75 + _BAR_IN * len(rows) + (_DAYS_IN + 0.35 if lower else 0.0) + _FOOT_IN
    figure = style.new_figure(height)
    style.heading(
        figure,
        f"{found.name}: links {link['label']}",
        "Above: each bar one contact. Below: hours of each day, over the whole span.",
    )
    top = (_BAR_IN * len(rows)) / height
    axes = figure.add_axes((0.235, 1.0 - (_HEAD_IN + 0.05) / height - top, 0.725, top))
    _timeline(axes, contacts, rows, link)
    if lower:
        bottom, size = (_FOOT_IN + 0.45) / height, (_DAYS_IN - 0.75) / height
        table = found.tables[link["data_return"]] if link["data_return"] else None
        _days(figure.add_axes((0.06, bottom, 0.41, size)), found, days)
        if table is not None and table["utc"].size:
            _home(figure.add_axes((0.57, bottom, 0.41, size)), table, link["produced_gigabyte_per_day"])
        else:
            _shares(figure.add_axes((0.66, bottom, 0.32, size)), found, contacts, link)
    text = "Edges to 0.01 s of the paths named in the tables; stations with their elevation masks, past the Moon."
    style.footer(figure, text + style.assumed_text(key for key in found.facts["assumed"] if _counts(key)))
    return style.save(figure, path)


def _counts(key: str) -> bool:
    """Whether links or what they carry rest on an assumed input: orbits, radios, horizons."""
    name = key.split(":", 1)[-1]
    return name.startswith(("operations", "partners", "radios")) or "mask" in name or name.endswith(".horizon")


def _rows(found: AtMoon, contacts: Table) -> list[Row]:
    """One row a link, in order of kinds; stations of an orbiter follow it."""
    colours = {
        "relay": style.SERIES[0],
        "direct": style.SERIES[2],
        "downlink": style.SERIES[4],
        "crosslink": style.SERIES[3],
        "together": style.SERIES[1],
    }
    made: list[Row] = []
    for kind, colour in colours.items():
        chosen = contacts["kind"] == kind
        if kind == "direct":
            for place in dict.fromkeys(contacts["first"][chosen]):
                index = np.flatnonzero(chosen & (contacts["first"] == place))
                made.append((f"{_brief(found, place)} \u2192 any station", colour, index))
            continue
        pairs = dict.fromkeys(zip(contacts["first"][chosen], contacts["second"][chosen], strict=True))
        for first, second in sorted(pairs):
            index = np.flatnonzero(chosen & (contacts["first"] == first) & (contacts["second"] == second))
            arrow = "\u2194" if kind == "crosslink" else "\u2192"
            if kind == "together":
                words = " & ".join(_brief(found, one, 12) for one in str(first).split("&"))
                made.append((f"{words} over {_brief(found, second, 12)}", colour, index))
                continue
            a, b = (second, first) if kind == "relay" else (first, second)
            made.append((f"{_brief(found, a)} {arrow} {_brief(found, b)}", colour, index))
    return made


def _brief(found: AtMoon, party: str, most: int = 22) -> str:
    """Name a party in a few letters: a station by its id, an orbiter without its phase, a place without its site."""
    party = str(party)
    if party in {place["id"] for place in found.facts["places"] if place["own"]}:
        return "Landing site"
    ours = {place["id"] for place in found.facts["places"]}
    if party in found.facts["stations"]:
        return party.replace("_", " ").title()
    name = found.words(party).split(",")[0]
    name = name.split(" at ")[0] if party in ours else name
    return shortened(name, most)


def shortened(name: str, most: int) -> str:
    """Shorten a name to what a label has room for: without what it is of, then cut.

    Parameters
    ----------
    name : str
        Name.
    most : int
        Characters.

    Returns
    -------
    str
    """
    short = name if len(name) <= most else name.split(" of ")[0]
    return short if len(short) <= most else f"{short[: most - 1].rstrip()}…"


def _shown_until(contacts: Table, rows: Sequence[Row], link: dict[str, Any]) -> tuple[np.datetime64, np.datetime64]:
    first, last = (np.datetime64(link[name]) for name in ("start_utc", "stop_utc"))
    busiest = max((row[2] for row in rows), key=len, default=np.zeros(0, dtype=int))
    if len(busiest) > _SHOWN_MOST:
        last = min(last, times(contacts["stop_utc"])[busiest[_SHOWN_MOST - 1]])
    return first, last


def _timeline(axes: Axes, contacts: Table, rows: Sequence[Row], link: dict[str, Any]) -> None:
    first, last = _shown_until(contacts, rows, link)
    begin, end = date2num(times(contacts["start_utc"])), date2num(times(contacts["stop_utc"]))
    least = _NARROWEST * float(date2num(last) - date2num(first))
    for at, (_, colour, index) in enumerate(rows):
        bars = [_bar(begin[i], end[i], least) for i in index]
        axes.broken_barh(bars, (at - 0.36, 0.72), facecolors=colour, lw=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [row[0] for row in rows], fontsize=8.2)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(float(date2num(first)), float(date2num(last)))
    if date2num(last) - date2num(first) <= 3.0:
        axes.xaxis.set_major_locator(HourLocator(interval=6))
        axes.xaxis.set_major_formatter(DateFormatter("%d %b\n%H:%M"))
    else:
        style.date_axis(axes)
    axes.grid(True, axis="x")
    axes.set_xlabel("UTC")


def _bar(begin: float, end: float, least: float) -> tuple[float, float]:
    """Begin and width of a bar; a short contact is widened about its middle, as it would vanish between pixels."""
    width = max(end - begin, least)
    return 0.5 * (begin + end - width), width


def _days(axes: Axes, found: AtMoon, days: Table) -> None:
    """Hours of each day for every way of talking to the places."""
    ways = dict.fromkeys(zip(days["place"], days["way"], strict=True))
    shown = [pair for pair in ways if pair[0] != "Earth"] or list(ways)
    places, kinds = (list(dict.fromkeys(pair[part] for pair in shown)) for part in (0, 1))
    for place, way in shown:
        chosen = (days["place"] == place) & (days["way"] == way)
        t = times(days["utc"][chosen])
        words = "direct" if way == "direct" else _brief(found, way)
        label = f"{words}: {_brief(found, place)}" if len(places) > 1 else words
        dash = _DASHES[places.index(place) % len(_DASHES)]
        _steps(axes, t, days["contact_min"][chosen] / 60.0, style.colour(kinds.index(way)), label, dash)
    axes.set_ylim(0.0, 25.0)
    axes.set_yticks(range(0, 25, 6))
    axes.set_ylabel("Hours a day")
    axes.set_title("Contact with places on the Moon", pad=6 + 12 * ((len(shown) + 1) // 2))
    axes.grid(True)
    _few_dates(axes, times(days["utc"]))
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 0.985), ncols=2, fontsize=7.8, handlelength=1.2, columnspacing=1.0,
        borderaxespad=0.0, labelspacing=0.2,
    )  # fmt: skip


def _steps(axes: Axes, t: Times, values: Any, colour: str, label: str, dash: Any = "-") -> None:
    """Draw one value a day as a step that lasts the day."""
    if t.size:
        ends = np.append(t, t[-1] + np.timedelta64(1, "D"))
        axes.step(ends, np.append(values, values[-1]), where="post", lw=1.3, color=colour, label=label, ls=dash)


def _few_dates(axes: Axes, t: Times) -> None:
    """Label the days of a narrow panel."""
    axes.set_xlim(float(date2num(t.min())), float(date2num(t.max() + np.timedelta64(1, "D"))))
    locator = AutoDateLocator(minticks=3, maxticks=8)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _home(axes: Axes, table: Table, produced: float | None) -> None:
    groups = list(dict.fromkeys(table["group"]))
    for at, group in enumerate(groups):
        chosen = table["group"] == group
        _steps(axes, times(table["utc"][chosen]), table["volume_gigabyte"][chosen], style.colour(at), str(group))
    if produced is not None:
        axes.axhline(produced, color=style.TRACK, lw=1.2, ls=(0, (4, 3)))
        axes.annotate(
            f"produced: {produced:g} GB a day", (0.99, produced), xycoords=("axes fraction", "data"), xytext=(0, 4),
            textcoords="offset points", ha="right", fontsize=8.5, color=style.TRACK, path_effects=[HALO],
        )  # fmt: skip
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("GB a day")
    axes.set_title("Data that stations can bring home", pad=18)
    axes.grid(True)
    _few_dates(axes, times(table["utc"]))
    axes.legend(
        loc="lower left", bbox_to_anchor=(-0.02, 0.985), ncols=4, fontsize=8, handlelength=1.2, columnspacing=1.0,
        borderaxespad=0.0,
    )  # fmt: skip


def _shares(axes: Axes, found: AtMoon, contacts: Table, link: dict[str, Any]) -> None:
    """Share of the span in which each party on the Moon is heard by orbiters and stations."""
    span_s = (np.datetime64(link["stop_utc"]) - np.datetime64(link["start_utc"])) / np.timedelta64(1, "s")
    chosen = np.isin(contacts["kind"], ("relay", "direct"))
    pairs = list(dict.fromkeys(zip(contacts["first"][chosen], contacts["second"][chosen], strict=True)))
    share = [
        100.0 * float(np.sum(contacts["duration_s"][(contacts["first"] == a) & (contacts["second"] == b)])) / span_s
        for a, b in pairs
    ]
    place = np.arange(len(pairs))
    axes.barh(place, share, height=0.6, color=style.SERIES[0])
    for at, value in enumerate(share):
        axes.text(value + 1.0, at, f"{value:.1f} %", va="center", fontsize=8.5)
    axes.set_yticks(place, [f"{_brief(found, a)} – {_brief(found, b)}" for a, b in pairs], fontsize=7.8)
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.set_xlim(0.0, 112.0)
    axes.set_xlabel("Open (% of the span)")
    axes.tick_params(axis="y", length=0)
    axes.grid(True, axis="x")
