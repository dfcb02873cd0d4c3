"""What one mission does for the other: survey passes over a landing site, radio contact with a lander."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from sim.products import style
from sim.products.folder import Folder, short

_ROW_IN, _HEAD_IN, _FOOT_IN = 3.3, 0.95, 0.7


def surveys(folder: Folder) -> list[dict[str, Any]]:
    """Return the survey findings of all couplings, the same finding once."""
    return _unique(folder, "survey")


def contacts(folder: Folder) -> list[dict[str, Any]]:
    """Return the radio contact findings of all couplings and of single missions, the same finding once."""
    names = _names(folder)
    own = [
        {**each, "orbiter": short(names.get(each["orbiter_id"], each["orbiter_id"]))}
        for each in folder.summary["contacts"]
    ]
    return [*_unique(folder, "contact"), *own]


def _unique(folder: Folder, kind: str) -> list[dict[str, Any]]:
    names = _names(folder)
    found: list[dict[str, Any]] = []
    for coupling in folder.summary["couplings"]:
        if coupling[kind] is None:
            continue
        orbiter = short(names.get(coupling[kind]["orbiter_id"], coupling[kind]["orbiter_id"]))
        finding = {**coupling[kind], "orbiter": orbiter}
        same = [other for other in found if _same(other, finding)]
        if same:
            same[0]["assumed"] = [*same[0]["assumed"], *finding["assumed"]]
        else:
            found.append(finding)
    return found


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    ignored = ("orbiter_id", "assumed")
    return all(one[key] == other[key] for key in one if key not in ignored)


def _names(folder: Folder) -> dict[str, str]:
    return {mission.facts["id"]: mission.name for mission in folder.missions}


def draw(folder: Folder, path: Path) -> Path:
    """Draw survey passes against inclination, and contact minutes.

    Parameters
    ----------
    folder : Folder
        With at least one survey or contact.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.
    """
    places = _places(folder)
    seen, heard = surveys(folder), contacts(folder)
    rows = (len(seen) + 1) // 2
    contact_in = (0.95 + 0.62 * len(heard)) if heard else 0.0
    height = _HEAD_IN + _FOOT_IN + rows * _ROW_IN + contact_in
    figure = style.new_figure(height)
    style.heading(
        figure,
        _title(folder, bool(seen)),
        "Simple geometry: circular or two-body orbits about a sphere that turns uniformly, no terrain.",
    )
    for index, survey in enumerate(seen):
        bottom = height - _HEAD_IN - (index // 2 + 1) * _ROW_IN + 0.65
        axes = figure.add_axes((0.055 + 0.5 * (index % 2), bottom / height, 0.43, (_ROW_IN - 0.95) / height))
        _survey(axes, survey, places)
    if heard:
        axes = figure.add_axes((0.24, (_FOOT_IN + 0.35) / height, 0.74, (contact_in - 0.75) / height))
        _contacts(axes, heard, places)
    text = "One sidereal month of passes; contacts count when the orbiter stands above the elevation mask."
    style.footer(figure, text + style.assumed_text(key for finding in seen + heard for key in finding["assumed"]))
    return style.save(figure, path)


def _places(folder: Folder) -> dict[str, str]:
    """Site id, or id of the mission that stands there, to words."""
    found = {mission.facts["id"]: short(mission.name) for mission in folder.missions}
    lights = [mission.facts["lighting"] for mission in folder.missions if mission.facts["lighting"]]
    return found | {light["site_id"]: short(light["site_name"]).split(",")[0] for light in lights}


def _title(folder: Folder, surveyed: bool) -> str:
    if not folder.summary["couplings"]:
        return "Radio contact between the orbit and the landing site"
    found = "survey passes and radio contact" if surveyed else "radio contact"
    return f"What the missions do for each other: {found}"


def _place(site_id: str, places: dict[str, str]) -> str:
    return places.get(site_id, site_id.replace("_", " "))


def _survey(axes: Axes, survey: dict[str, Any], places: dict[str, str]) -> None:
    passes = np.array(survey["sweep_passes"], dtype=np.float64).reshape(len(survey["sweep_inclination_deg"]), -1)
    tilt = np.array(survey["sweep_inclination_deg"])
    for index, limit in enumerate(survey["cross_track_km"]):
        colour = style.SERIES[(0, 2, 4)[index % 3]]
        axes.plot(
            tilt, passes[:, index], "-o", ms=4.5, lw=1.8, color=colour, label=f"within {limit:g} km", clip_on=False
        )
    if survey["inclination_deg"] >= tilt.min():
        axes.axvline(survey["inclination_deg"], color=style.TRACK, lw=1.2, ls=(0, (4, 3)), zorder=1)
        near = survey["inclination_deg"] > tilt.mean()
        axes.annotate(
            f"scenario: {survey['inclination_deg']:g}°",
            (survey["inclination_deg"], 0.99),
            xycoords=("data", "axes fraction"),
            xytext=(-5 if near else 5, 0),
            textcoords="offset points",
            ha="right" if near else "left",
            va="top",
            fontsize=9.5,
            color=style.TRACK,
        )
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("Inclination of the lunar orbit (°)")
    axes.set_ylabel("Passes a month")
    axes.grid(True)
    axes.legend(loc="best")
    axes.set_title(f"{survey['orbiter']} over {_place(survey['site_id'], places)}, {survey['altitude_km']:g} km")


def _contacts(axes: Axes, heard: list[dict[str, Any]], places: dict[str, str]) -> None:
    minutes = [contact["minutes_per_day"] for contact in heard]
    place = np.arange(len(heard))
    axes.barh(place + 0.12, minutes, height=0.42, color=style.SERIES[0])
    labels = []
    for at, contact in zip(place, heard, strict=True):
        altitudes = f"{contact['perilune_altitude_km']:g} x {contact['apolune_altitude_km']:g} km"
        orbit = f"{altitudes}, {contact['inclination_deg']:g}°"
        labels.append(
            f"{contact['orbiter']}, {contact['phase_name'].replace('_', ' ')}: {orbit}\n"
            f"→ {_place(contact['site_id'], places)}"
        )
        gap = (
            "no contact" if contact["longest_gap_hour"] is None else f"longest gap {contact['longest_gap_hour']:.1f} h"
        )
        text = (
            f"{contact['minutes_per_day']:.0f} min a day: {contact['contacts_per_day']:.1f} contacts "
            f"of {contact['mean_contact_min']:.1f} min, "
            f"{gap}, above {contact['elevation_mask_deg']:g}°"
        )
        axes.text(0.003, at - 0.20, text, transform=axes.get_yaxis_transform(), va="bottom", fontsize=9)
    axes.set_yticks(place + 0.05, labels, fontsize=8.5)
    axes.set_ylim(len(heard) - 0.55, -0.62)
    axes.set_xlim(0.0, max([*minutes, 1.0]) * 1.04)
    axes.set_xlabel("Contact (minutes a day)")
    axes.grid(True, axis="x")
    axes.tick_params(axis="y", length=0)
    axes.set_title("Radio contact")
