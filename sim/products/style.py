"""How every figure looks: sizes, colours, type, footers. The only module that sets matplotlib options."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, DateFormatter, DayLocator, date2num
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from PIL import Image

from sim.errors import StoreError

WIDTH_PX = 1600
DPI = 150
WIDTH_IN = WIDTH_PX / DPI

INK = "#1b2430"
MUTED = "#5d6875"
FAINT = "#d5dbe1"
PAPER = "#ffffff"
EARTH_COLOUR = "#7fb2d6"
MOON_COLOUR = "#8d949c"
TRACK = "#c2410c"
SHADE = "#e8f1ea"

SERIES: tuple[str, ...] = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5d6875")
"""Okabe and Ito (2008), readable with every common colour blindness; one colour a mission, in order."""

STATUS_COLOURS: dict[str, str] = {
    "planned_2021": "#0072b2",
    "planned_pre2021": "#56b4e9",
    "replanned": "#e69f00",
    "flown": "#009e73",
    "geometry": "#5d6875",
    "derived": "#cc79a7",
    "assumed": "#c9ced4",
}

STATUS_WORDS: dict[str, str] = {
    "planned_2021": "planned in 2021",
    "planned_pre2021": "planned before 2021",
    "replanned": "re-planned later",
    "flown": "flown",
    "geometry": "fixed geometry",
    "derived": "derived here",
    "assumed": "assumed: not published",
}

COST_MAP = LinearSegmentedColormap.from_list(
    "cost", [mpl.colormaps["viridis"](0.92 * i / 255) for i in range(256)], N=256
)
"""Viridis without its palest end: cheap is dark blue, dear is green-yellow, and both show on white."""

_SHORT_SPAN_DAY = 20.0
_HEAD_IN = 0.95
"""Room for the title of `mission_rows`."""

_OPTIONS: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 6,
    "axes.labelsize": 9.5,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.fontsize": 9,
    "legend.frameon": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "hatch.linewidth": 0.6,
}


@contextmanager
def styled() -> Iterator[None]:
    """Apply the options of this module inside the block only."""
    with mpl.rc_context(_OPTIONS):
        yield


def new_figure(height_inch: float) -> Figure:
    """Return an empty figure, `WIDTH_PX` wide, that belongs to no window system and no global state.

    Parameters
    ----------
    height_inch : float
        Height, inches at `DPI`.

    Returns
    -------
    Figure
        With an Agg canvas.
    """
    figure = Figure(figsize=(WIDTH_IN, height_inch), dpi=DPI)
    FigureCanvasAgg(figure)
    return figure


def heading(figure: Figure, title: str, subtitle: str = "") -> None:
    """Write the title of a figure, and under it one line that says how to read it.

    Parameters
    ----------
    figure : Figure
        The figure.
    title, subtitle : str
        What is seen; how it is drawn.
    """
    height = figure.get_figheight()
    figure.text(0.012, 1.0 - 0.30 / height, title, fontsize=14, fontweight="bold", va="center")
    if subtitle:
        figure.text(0.012, 1.0 - 0.58 / height, subtitle, fontsize=9.5, color=MUTED, va="center")


def mission_rows(
    rows: int,
    columns: int,
    row_inch: float,
    title: str,
    subtitle: str,
    *,
    foot_inch: float = 0.7,
) -> tuple[Figure, GridSpec]:
    """Begin a figure of equal rows, one a mission, under a title.

    Parameters
    ----------
    rows, columns : int
        Panels.
    row_inch : float
        Height of a row.
    title, subtitle : str
        As those of `heading`.
    foot_inch : float
        Room for the footer.

    Returns
    -------
    figure : Figure
        With its title.
    grid : GridSpec
        Of the panels.
    """
    height = _HEAD_IN + foot_inch + row_inch * rows + 0.25
    figure = new_figure(height)
    heading(figure, title, subtitle)
    grid = figure.add_gridspec(
        rows,
        columns,
        left=0.06,
        right=0.985,
        top=1.0 - (_HEAD_IN + 0.18) / height,
        bottom=(foot_inch + 0.18) / height,
        hspace=0.58,
        wspace=0.18,
    )
    return figure, grid


def footer(figure: Figure, text: str) -> None:
    """Write sources and assumptions at the foot of a figure.

    Parameters
    ----------
    figure : Figure
        The figure.
    text : str
        Wrapped to the width of the figure, at most three lines.
    """
    lines = textwrap.wrap(text, 158)
    if len(lines) > 3:
        lines = [*lines[:2], textwrap.shorten(" ".join(lines[2:]), 158, placeholder=" …")]
    figure.text(0.012, 0.12 / figure.get_figheight(), "\n".join(lines), fontsize=8.3, color=MUTED, va="bottom")


def date_limits(axes: Axes, start: np.datetime64, stop: np.datetime64) -> None:
    """Set the limits of the x axis of `axes` to two instants, and label it with dates."""
    axes.set_xlim(float(date2num(start)), float(date2num(stop)))
    date_axis(axes)


def date_axis(axes: Axes) -> None:
    """Label the x axis of `axes` with months and days, the year once."""
    low, high = axes.get_xlim()
    if high - low <= _SHORT_SPAN_DAY:
        axes.xaxis.set_major_locator(DayLocator(interval=max(1, round((high - low) / 6))))
        axes.xaxis.set_major_formatter(DateFormatter("%d %b %Y"))
        return
    locator = AutoDateLocator(minticks=5, maxticks=14)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def save(figure: Figure, path: Path) -> Path:
    """Write a figure as PNG.

    Parameters
    ----------
    figure : Figure
        The figure.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        When the file cannot be written.
    """
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    picture = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba(), "raw", "RGBA", 0, 1)
    # 256 colours, each within 8 of 255 of the true one, suffice for flat figures and make reports three times smaller.
    flat = picture.convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    try:
        flat.save(path, format="PNG", optimize=True, dpi=(DPI, DPI))
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; choose a folder that you may write to") from error
    return path


def assumed_text(keys: Iterable[str]) -> str:
    """Write which inputs are assumed, for a footer; empty when there is none.

    Parameters
    ----------
    keys : iterable of str
        ``<mission id>:<key>``; the same key of several missions is named once.

    Returns
    -------
    str
        A sentence with a leading space.
    """
    names = sorted({re.sub(r"\[\d+\]", "", key.split(":", 1)[-1]) for key in keys})
    return f" Assumed, not published: {', '.join(names)}." if names else ""


def colour(index: int) -> str:
    """Return the colour of the series with `index`; colours repeat after seven."""
    return SERIES[index % len(SERIES)]
