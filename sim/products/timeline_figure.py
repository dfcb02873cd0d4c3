"""Timeline of plans: every mission as announced and as it turned out, and what became of the couplings."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from sim.products import style
from sim.products.folder import Folder, Times, short, times

COUPLING_WORDS: dict[str, str] = {
    "survey_before_landing": "survey before landing",
    "relay": "radio relay",
    "overlapping_lifetimes": "both alive together",
    "joint_window": "joint launch window",
}

_LANE_IN, _COUPLING_IN, _HEAD_IN, _GAP_IN, _FOOT_IN = 0.38, 0.40, 1.05, 0.72, 0.85
_LEFT, _WIDTH = 0.205, 0.785
_SIDE = -0.246
_HOLDS = {True: ("✓", "#00734f"), False: ("✗", "#b3261e"), None: ("◐", "#8a5a00")}
_SHORT_SHARE = 0.006
_NARROW = ("launch period", "turned out, launch period", "announced date", "turned out, date")


@dataclass(frozen=True)
class Lane:
    """One line of bars.

    Attributes
    ----------
    label : str
        ``announced`` or ``turned out``.
    entries : tuple of dict
        Timeline entries of the summary.
    remark : str
        Sentence written after the bars.
    """

    label: str
    entries: tuple[dict[str, Any], ...]
    remark: str = ""


@dataclass(frozen=True)
class Group:
    """One mission in one plan."""

    name: str
    mission_id: str
    lanes: tuple[Lane, ...]


def groups(folder: Folder, plan_id: str) -> list[Group]:
    """Return the missions of a plan with their lanes.

    Parameters
    ----------
    folder : Folder
        The run.
    plan_id : str
        Plan; empty for a run of single missions.

    Returns
    -------
    list of Group
        In the order of the timeline.
    """
    entries = [entry for entry in folder.summary["timeline"] if entry["plan_id"] == plan_id]
    remarks = {
        mission["mission_id"]: mission["turned_out"]
        for plan in folder.summary["plans"]
        if plan["id"] == plan_id
        for mission in plan["missions"]
    }
    remarks |= {
        event["id"]: event["turned_out"]
        for plan in folder.summary["plans"]
        if plan["id"] == plan_id
        for event in plan.get("events", ())
    }
    found = []
    for mission_id in dict.fromkeys(entry["mission_id"] for entry in entries):
        own = [entry for entry in entries if entry["mission_id"] == mission_id]
        later = tuple(entry for entry in own if entry["label"].startswith("turned out"))
        first = tuple(entry for entry in own if entry not in later)
        lanes = [Lane("announced", first)] if first else []
        if later or remarks.get(mission_id):
            lanes.append(Lane("turned out", later, remarks.get(mission_id, "")))
        found.append(Group(str(own[0]["name"]), mission_id, tuple(lanes)))
    return found


def draw(folder: Folder, path: Path) -> Path:
    """Draw the timeline of all plans of a run, one above the other over a common time axis.

    Parameters
    ----------
    folder : Folder
        With at least one timeline entry.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    plans = [(plan["id"], plan["name"]) for plan in folder.summary["plans"]] or [("", "")]
    found = [(plan_id, name, groups(folder, plan_id)) for plan_id, name in plans]
    couplings = {plan_id: _couplings(folder, plan_id) for plan_id, _ in plans}
    heights = [_height_in(members, couplings[plan_id]) for plan_id, _, members in found]
    total = _HEAD_IN + sum(heights) + _GAP_IN * (len(heights) - 1) + _FOOT_IN
    figure = style.new_figure(total)
    judged = "   ✓ holds   ✗ does not hold   ◐ depends on the days chosen" if folder.summary["couplings"] else ""
    turned = ": as announced, and as it turned out" if folder.summary["plans"] else ""
    style.heading(
        figure,
        f"Timeline{turned}",
        f"Narrow bar: launch period. Wide bar: operations and working life. Diamond: transfer.{judged}",
    )
    span = _span(folder)
    top = total - _HEAD_IN
    for (_, name, members), height, (plan_id, _) in zip(found, heights, plans, strict=True):
        axes = figure.add_axes((_LEFT, (top - height) / total, _WIDTH, height / total))
        _plan(axes, name, members, couplings[plan_id], span)
        top -= height + _GAP_IN
    _legend(figure, folder)
    style.footer(
        figure,
        "Dates and sources: table in the report. Lifetimes run from arrival; couplings are judged on these dates.",
    )
    return style.save(figure, path)


def _couplings(folder: Folder, plan_id: str) -> list[dict[str, Any]]:
    return [coupling for coupling in folder.summary["couplings"] if coupling["plan_id"] == plan_id]


def _height_in(members: list[Group], couplings: list[dict[str, Any]]) -> float:
    lanes = sum(len(group.lanes) for group in members)
    return _LANE_IN * lanes + 0.16 * len(members) + _COUPLING_IN * len(couplings) + (0.12 if couplings else 0.0)


def _stop(entry: dict[str, Any]) -> str:
    return str(entry["stop_utc"] or entry["start_utc"])


def _span(folder: Folder) -> tuple[np.datetime64, np.datetime64]:
    entries = folder.summary["timeline"]
    starts = times(np.array([entry["start_utc"] for entry in entries]))
    stops = times(np.array([_stop(entry) for entry in entries]))
    pad = max((stops.max() - starts.min()) * 0.02, np.timedelta64(1, "D"))
    return starts.min() - pad, stops.max() + pad


def _plan(axes: Axes, name: str, members: list[Group], couplings: list[dict[str, Any]], span: tuple[Any, Any]) -> None:
    axes.set_ylim(_height_in(members, couplings), 0.0)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(True, axis="x")
    if name:
        axes.set_title(name, x=_SIDE, fontsize=11)
    y = 0.0
    for group in members:
        height = _LANE_IN * len(group.lanes)
        _side(axes, short(group.name), y + height / 2)
        for lane in group.lanes:
            _lane(axes, lane, y + _LANE_IN / 2, span)
            y += _LANE_IN
        y += 0.16
        axes.axhline(y - 0.08, color=style.FAINT, lw=0.6)
    names = {group.mission_id: short(group.name) for group in members}
    for coupling in couplings:
        y += _COUPLING_IN
        _coupling(axes, coupling, names, y - _COUPLING_IN / 2 + 0.06)
    style.date_limits(axes, *span)


def _side(axes: Axes, text: str, y: float) -> None:
    wrapped = "\n".join(textwrap.wrap(text, 20)[:2])
    axes.text(_SIDE, y, wrapped, transform=axes.get_yaxis_transform(), va="center", fontsize=10, weight="bold")


def _lane(axes: Axes, lane: Lane, y: float, span: tuple[Any, Any]) -> None:
    axes.text(
        -0.006,
        y,
        lane.label,
        transform=axes.get_yaxis_transform(),
        ha="right",
        va="center",
        fontsize=8.5,
        color=style.MUTED,
    )
    for entry in sorted(lane.entries, key=lambda entry: entry["start_utc"]):
        _bar(axes, entry, y, span)
    if lane.remark:
        _remark(axes, lane, y, span)


def _bar(axes: Axes, entry: dict[str, Any], y: float, span: tuple[Any, Any]) -> None:
    start, stop = times(np.array([entry["start_utc"], _stop(entry)]))
    look: dict[str, Any] = {"fc": style.STATUS_COLOURS[entry["status"]], "ec": "white", "lw": 0.6}
    if entry["status"] == "assumed":
        look |= {"hatch": "////", "ec": style.MUTED}
    if entry["label"] in _NARROW:
        # A period of a few weeks stays visible on an axis of many years.
        stop = max(stop, start + (span[1] - span[0]) * 2.0 * _SHORT_SHARE)
    if stop - start < (span[1] - span[0]) * _SHORT_SHARE:
        look.pop("hatch", None)
        axes.scatter([start], [y], marker="D", s=26, zorder=5, fc=look["fc"], ec=style.INK, lw=0.8)
        return
    height = 0.24 if entry["label"] not in (*_NARROW, "transfer") else 0.12
    axes.barh(y, stop - start, left=start, height=height, zorder=3 if height > 0.2 else 4, **look)
    room = int((stop - start) / (span[1] - span[0]) * 150) - 6
    if height > 0.2 and len(entry["label"]) < room and entry["label"] != "turned out":
        box = {"boxstyle": "square,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.8}
        middle = start + (stop - start) / 2
        axes.text(middle, y, entry["label"].replace("_", " "), ha="center", va="center", fontsize=8, zorder=4, bbox=box)


def _remark(axes: Axes, lane: Lane, y: float, span: tuple[Any, Any]) -> None:
    """Write what became of a mission on the freer side of its bars."""
    ends: Times = times(
        np.array([stamp for e in lane.entries for stamp in (e["start_utc"], _stop(e))] or ["1959-01-01"])
    )
    left = float((ends.min() - span[0]) / (span[1] - span[0])) if lane.entries else 0.0
    right = float((span[1] - ends.max()) / (span[1] - span[0])) if lane.entries else 1.0
    before = left > right
    room = max(int(max(left, right) * 138) - 2, 20)
    lines = textwrap.wrap(lane.remark, room)
    if len(lines) > 3:
        lines = [*lines[:2], textwrap.shorten(" ".join(lines[2:]), room, placeholder=" …")]
    text = "\n".join(lines)
    place = left - 0.008 if before else 1.0 - right + 0.008
    side = "right" if before else "left"
    axes.text(
        place,
        y,
        text,
        transform=axes.get_yaxis_transform(),
        ha=side,
        va="center",
        fontsize=7.8,
        color=style.MUTED,
        linespacing=1.0,
    )


def _coupling(axes: Axes, coupling: dict[str, Any], names: dict[str, str], y: float) -> None:
    words = COUPLING_WORDS[coupling["kind"]]
    pair = f"{names.get(coupling['first'], coupling['first'])} → {names.get(coupling['second'], coupling['second'])}"
    transform = axes.get_yaxis_transform()
    axes.text(_SIDE, y - 0.085, words, transform=transform, va="center", fontsize=9, fontweight="bold")
    axes.text(
        _SIDE,
        y + 0.085,
        textwrap.shorten(pair, 32, placeholder="…"),
        transform=transform,
        va="center",
        fontsize=8.2,
        color=style.MUTED,
    )
    for offset, key, label in ((-0.085, "announced", "announced"), (0.085, "turned_out", "turned out")):
        mark, colour = _HOLDS[coupling[key]["holds"]]
        text = textwrap.shorten(f"{label}: {_plain(coupling[key]['text'])}", 140, placeholder=" …")
        axes.text(
            0.004,
            y + offset,
            mark,
            transform=transform,
            va="center",
            fontsize=9.5,
            color=colour,
            fontweight="bold",
            zorder=6,
        )
        box = {"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.9}
        axes.text(0.018, y + offset, text, transform=transform, va="center", fontsize=8.4, zorder=6, bbox=box)


def _plain(text: str) -> str:
    """Drop the verdict at the end of a sentence when the mark before it says it; else put it first."""
    finding, _, verdict = text.rpartition(": ")
    if verdict in ("holds", "does not hold"):
        return finding
    return f"{verdict}; {finding}" if verdict.startswith("holds for") else text


def _legend(figure: Figure, folder: Folder) -> None:
    used = {entry["status"] for entry in folder.summary["timeline"]}
    handles = [
        Patch(
            fc=colour,
            ec=style.MUTED if status == "assumed" else "none",
            hatch="////" if status == "assumed" else None,
            label=style.STATUS_WORDS[status],
        )
        for status, colour in style.STATUS_COLOURS.items()
        if status in used
    ]
    figure.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0.008, 0.3 / figure.get_figheight()),
        ncols=len(handles),
        columnspacing=1.5,
    )
