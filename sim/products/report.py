"""Self-contained HTML report: words first, then pictures, tables, assumptions and sources."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from sim.errors import StoreError
from sim.products import style
from sim.products.folder import Folder, short
from sim.products.timeline_figure import COUPLING_WORDS

FILE_NAME = "report.html"
TEMPLATE = "report.html.j2"


@dataclass(frozen=True)
class Picture:
    """One figure of the report.

    Attributes
    ----------
    path : Path
        PNG file.
    section : str
        Where the report shows it: ``plans``, ``windows``, ``transfers``, ``returns`` or ``at_moon``.
    caption : str
        What is seen.
    """

    path: Path
    section: str
    caption: str


def write_report(folder: Folder, pictures: Sequence[Picture], *, interactive: bool = False) -> Path:
    """Write the report of a run.

    Parameters
    ----------
    folder : Folder
        The run.
    pictures : sequence of Picture
        Figures to embed.
    interactive : bool
        Add a turnable 3-D view of each transfer.

    Returns
    -------
    Path
        ``report.html`` in the run's folder.

    Raises
    ------
    StoreError
        When the file cannot be written.
    """
    turnable = _views(folder) if interactive else []
    text = render(folder, pictures, turnable)
    path = folder.directory / FILE_NAME
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; choose a folder that you may write to") from error
    return path


def _views(folder: Folder) -> list[str]:
    # plotly takes a second to load and most reports do without it.
    from sim.products.view3d import views

    return views(folder)


def render(folder: Folder, pictures: Sequence[Picture], turnable: Sequence[str] = ()) -> str:
    """Return the report as HTML text.

    Parameters
    ----------
    folder : Folder
        The run.
    pictures : sequence of Picture
        Figures to embed.
    turnable : sequence of str
        HTML fragments of 3-D views.

    Returns
    -------
    str
        A page that needs no other file.
    """
    environment = Environment(
        loader=PackageLoader("sim.products", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "pieces": pieces,
        "short": short,
        "span": span,
        "number": number,
        "moment": moment,
        "spaced": spaced,
    }
    summary = folder.summary
    return environment.get_template(TEMPLATE).render(
        summary=summary,
        title=summary["scenario"]["name"] or "Run",
        pictures=[_embedded(picture) for picture in pictures],
        turnable=list(turnable),
        coupling_words=COUPLING_WORDS,
        status_words=style.STATUS_WORDS,
        status_colours=style.STATUS_COLOURS,
        mission_names=_names(summary),
        command=_command(summary),
        assumed=_merged(summary["assumed"]),
    )


def _names(summary: dict[str, Any]) -> dict[str, str]:
    names = {mission["id"]: mission["name"] for mission in summary["missions"]}
    for plan in summary["plans"]:
        names |= {mission["mission_id"]: mission["name"] for mission in plan["missions"]}
        names[plan["id"]] = plan["name"]
    return names


def _merged(assumed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name a number once that several missions assume for the same reason."""
    found: dict[tuple[str, str, str], dict[str, Any]] = {}
    for item in assumed:
        entry = found.setdefault((item["key"], item["value"], item["note"]), {**item, "owners": [], "sources": []})
        entry["owners"].append(item["mission_id"])
        entry["sources"] += [source for source in item["sources"] if source not in entry["sources"]]
    return list(found.values())


def _embedded(picture: Picture) -> dict[str, Any]:
    content = picture.path.read_bytes()
    # Width and height of the PNG (its first chunk): with them the page does not jump while pictures come. Decoding
    # them asynchronously would leave them out of prints and screenshots.
    width, height = struct.unpack(">II", content[16:24])
    uri = f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"
    return {"section": picture.section, "caption": picture.caption, "uri": uri, "width": width, "height": height}


def _command(summary: dict[str, Any]) -> str:
    verb = "compare" if summary["kind"] == "comparison" else "run"
    return f"perilune {verb} {' '.join(summary['scenario']['paths'])} --out OUT"


def number(value: float | None, digits: int = 0) -> str:
    """Write a number with thin spaces between thousands; a dash when there is none."""
    if value is None:
        return "–"
    # No minus before a zero.
    return f"{round(value, digits) + 0.0:,.{digits}f}".replace(",", "\u202f").replace("-", "\u2212")


def span(values: dict[str, float] | None, digits: int = 0) -> str:
    """Write lowest to highest of a range; a dash when there is none."""
    if values is None:
        return "–"
    low, high = number(values["low"], digits), number(values["high"], digits)
    return low if low == high else f"{low} – {high}"


def moment(text: str | None) -> str:
    """Write an ISO epoch to the minute; a dash when there is none."""
    return text[:16].replace("T", " ") if text else "–"


def pieces(text: str, names: dict[str, str]) -> list[str]:
    """Split an answer where it turns to the next mission, with the missions called by their short names.

    Parameters
    ----------
    text : str
        Parts joined by ``; ``.
    names : dict of str to str
        Mission id to name.

    Returns
    -------
    list of str
        The parts.
    """
    for name in names.values():
        text = text.replace(name, short(name))
    starts = "|".join(re.escape(short(name)) for name in names.values())
    return re.split(f"; (?={starts})", text) if starts else [text]


def spaced(text: str) -> str:
    """Write an identifier as words."""
    return text.replace("_", " ")
