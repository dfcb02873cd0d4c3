"""All figures and the report of a run, rebuilt from the files in its folder alone."""

from __future__ import annotations

from pathlib import Path

from sim.errors import StoreError
from sim.products import (
    access_figure,
    arrival_figure,
    atlas,
    contact_figure,
    ground_track_figure,
    insertion_figure,
    light_figure,
    months_figure,
    orbit_history_figure,
    orbit_life_figure,
    overburn_figure,
    relay_figure,
    report,
    return_figure,
    style,
    survey_figure,
    timeline_figure,
    transfer_figure,
    windows_figure,
)
from sim.products.at_moon_folder import read_at_moon
from sim.products.folder import Folder, Mission, read_folder, short
from sim.products.report import Picture

FIGURES = "figures"


def plot_directory(directory: Path, *, interactive: bool = False) -> list[Path]:
    """Draw all figures and write the report of a run.

    Parameters
    ----------
    directory : Path
        Written by `sim.products.write_results`.
    interactive : bool
        Add a turnable 3-D view of each transfer to the report (5 MB of embedded JavaScript; works offline).

    Returns
    -------
    list of Path
        Figures, then ``report.html``.

    Raises
    ------
    InputError
        When a file of the run is missing or damaged, naming it.
    StoreError
        When figures or report cannot be written.
    """
    folder = read_folder(directory)
    target = folder.directory / FIGURES
    try:
        target.mkdir(exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {target}: {error.strerror}; choose a folder that you may write to"
        ) from error
    with style.styled():
        pictures = [*_plans(folder, target), *_windows(folder, target), *_transfers(folder, target)]
        for mission in folder.missions:
            pictures += _at_moon(folder, mission, target)
    page = report.write_report(folder, pictures, interactive=interactive)
    return [*(picture.path for picture in pictures), page]


def _plans(folder: Folder, target: Path) -> list[Picture]:
    pictures = []
    if folder.summary["timeline"]:
        path = timeline_figure.draw(folder, target / "timeline.png")
        pictures.append(
            Picture(
                path,
                "plans",
                "Launch periods, transfers and working lives; in plans also what turned out and the couplings.",
            )
        )
    if contact_figure.surveys(folder) or contact_figure.contacts(folder):
        path = contact_figure.draw(folder, target / "contacts.png")
        pictures.append(Picture(path, "plans", "Survey passes and radio contact by simple geometry."))
    return pictures


def _windows(folder: Folder, target: Path) -> list[Picture]:
    found = [mission for mission in folder.missions if len(mission.launch)]
    if not found:
        return []
    pictures = []
    for plan_id, name, members in _by_plan(folder, found):
        for group in windows_figure.overlapping(members):
            path = target / f"windows_{'_'.join([plan_id] * bool(plan_id) + [group[0].key])}.png"
            windows_figure.draw(folder, group, f"{name}: launch windows", plan_id, path)
            who = " and ".join(short(mission.name) for mission in group)
            pictures.append(Picture(path, "windows", f"{name}: launch windows of {who} by date and hour of the day."))
    if len(folder.missions) == 1:
        # One mission has its whole atlas in the report; a plan of many would drown in it.
        pictures += atlas.pictures(folder, target)
    path = months_figure.draw(folder, found, target / "months.png")
    pictures.append(Picture(path, "windows", "Launch days and velocity changes by month."))
    path = arrival_figure.draw(folder, found, target / "arrival.png")
    pictures.append(Picture(path, "windows", "Sunlight and delivered mass by launch date."))
    return pictures


def _by_plan(folder: Folder, found: list[Mission]) -> list[tuple[str, str, list[Mission]]]:
    plans = []
    for plan in folder.summary["plans"]:
        members = [mission for mission in folder.of_plan(plan["id"]) if mission in found]
        if members:
            plans.append((str(plan["id"]), str(plan["name"]), members))
    return plans or [("", found[0].name if len(found) == 1 else "All missions", found)]


def _transfers(folder: Folder, target: Path) -> list[Picture]:
    pictures = []
    for mission in folder.missions:
        if mission.path is not None:
            path = transfer_figure.draw(folder, mission, target / f"transfer_{mission.key}.png")
            pictures.append(Picture(path, "transfers", f"{mission.name}: the best transfer, to scale."))
        if mission.facts.get("sample_return"):
            path = return_figure.draw(folder, mission, target / f"return_{mission.key}.png")
            pictures.append(Picture(path, "returns", f"{mission.name}: ascent, docking and the way home."))
    return pictures


def _at_moon(folder: Folder, mission: Mission, target: Path) -> list[Picture]:
    """Draw what a mission does at the Moon, in the order in which the report tells it."""
    found = read_at_moon(folder.directory, mission.facts)
    if found is None:
        return []
    facts, key = found.facts, mission.key
    made: list[tuple[Path, str]] = []
    if facts["insertion"] and facts["insertion"]["path"]:
        made.append((insertion_figure.draw(found, target / f"insertion_{key}.png"), "burns to the working orbit"))
    if facts["phases"]:
        made.append((ground_track_figure.draw(found, target / f"ground_track_{key}.png"), "ground tracks"))
        path = orbit_history_figure.draw(found, target / f"orbit_history_{key}.png")
        made.append((path, "altitude and eccentricity without corrections"))
    for life in facts["lives"]:
        path = orbit_life_figure.draw(found, life, target / f"orbit_life_{key}_{life['phase']}.png")
        made.append((path, f"life and keeping of the orbit of {life['phase'].replace('_', ' ')}"))
    for relay in facts["relays"]:
        path = relay_figure.draw(found, relay, target / f"relay_{key}_{relay['phase']}.png")
        made.append((path, f"ellipses of {relay['phase'].replace('_', ' ')} over years"))
    for number, link in enumerate(facts["links"], start=1):
        path = access_figure.draw(found, link, target / f"access_{key}_{number}.png")
        made.append((path, f"links {link['label']}"))
    if facts["surveys"]:
        made.append((survey_figure.draw(found, target / f"survey_{key}.png"), "survey passes"))
    if facts["light"]:
        made.append((light_figure.draw(found, target / f"light_{key}.png"), "light and Earth at the landing site"))
    if facts["overburn"]:
        made.append((overburn_figure.draw(found, target / f"overburn_{key}.png"), "the burn that lasted too long"))
    return [Picture(path, "at_moon", f"{mission.name}: {words}.") for path, words in made]
