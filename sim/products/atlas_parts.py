"""What the figures of launch windows share: words for columns, stepped colours, the best opportunity of a day."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import BoundaryNorm
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from sim.analysis.ranking import nearest_names
from sim.errors import InputError
from sim.products import style
from sim.products.folder import Mission

Floats = NDArray[np.float64]

NOTHING = "#f1f3f5"
OUTSIDE = "#cfd5db"
"""Colours of a day without opportunity, and of one whose opportunities all miss the limits."""

_WORDS: dict[str, str] = {
    "total_dv_m_s": "Injection + insertion (m/s)",
    "tli_dv_m_s": "Trans-lunar injection (m/s)",
    "loi_dv_m_s": "Lunar orbit insertion (m/s)",
    "c3_km2_s2": "Launch energy C3 (km²/s²)",
    "injection_speed_km_s": "Speed at burn-out (km/s)",
    "delivered_mass_kg": "Mass in lunar orbit (kg)",
    "sun_elevation_deg": "Sun at landing (°)",
    "launch_sun_elevation_deg": "Sun at launch (°)",
    "azimuth_rotating_deg": "Launch azimuth over the turning Earth (°)",
    "eclipse_longest_s": "Longest eclipse on the way (s)",
    "tof_day": "Flight time (days)",
}
_UNITS = (
    ("_km2_s2", "km²/s²"),
    ("_km_s", "km/s"),
    ("_m_s", "m/s"),
    ("_km", "km"),
    ("_deg", "°"),
    ("_day", "days"),
    ("_kg", "kg"),
    ("_s", "s"),
    ("_n", ""),
)


def label(column: str) -> str:
    """Return the words of a column with its unit.

    Parameters
    ----------
    column : str
        Name with a unit suffix.

    Returns
    -------
    str
        For axes and colour bars.
    """
    if column in _WORDS:
        return _WORDS[column]
    for suffix, unit in _UNITS:
        if column.endswith(suffix):
            words = column[: -len(suffix)].replace("_", " ")
            return f"{words} ({unit})" if unit else words
    return column.replace("_", " ")


def column_values(mission: Mission, column: str) -> Floats:
    """Return a column of numbers.

    Parameters
    ----------
    mission : Mission
        Whose table.
    column : str
        Name.

    Returns
    -------
    ndarray, shape (N,)
        The column.

    Raises
    ------
    InputError
        A column that is not there or is text, with the nearest names.
    """
    found = mission.table.get(column)
    if found is None or found.dtype.kind not in "fiub":
        names = [name for name, values in mission.table.items() if values.dtype.kind in "fiub"]
        near = nearest_names(column, names)
        raise InputError(f"{column!r} is no column of numbers of {mission.name}; nearest: {near}")
    return np.asarray(found, dtype=np.float64)


def cost_column(mission: Mission) -> str:
    """Return the column that windows are judged by when the user names none."""
    both = mission.facts["end"] != "impact" and mission.facts["start"] != "direct_ascent"
    return "total_dv_m_s" if both else "c3_km2_s2"


def steps(values: Floats, count: int = 10) -> BoundaryNorm:
    """Return colour steps of round numbers over what values span.

    Parameters
    ----------
    values : ndarray
        NaN is left out.
    count : int
        Steps, about.

    Returns
    -------
    BoundaryNorm
        For `style.COST_MAP`; dear outliers beyond the 99th percentile take the last colour.
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return BoundaryNorm([0.0, 1.0], style.COST_MAP.N)
    low, high = (float(edge) for edge in np.percentile(finite, (0.0, 99.0)))
    high = max(high, low + 1e-6 * max(1.0, abs(low)))
    edges = MaxNLocator(nbins=count, steps=[1, 2, 5, 10]).tick_values(low, high)
    return BoundaryNorm(edges, style.COST_MAP.N, clip=True)


def days(mission: Mission) -> NDArray[np.datetime64]:
    """Return the UTC day of each launch."""
    return np.asarray(mission.launch.astype("datetime64[D]"))


def period(mission: Mission) -> NDArray[np.datetime64]:
    """Return all UTC days of the launch period."""
    start = np.datetime64(str(mission.facts["launch_start_utc"])[:10], "D")
    return start + np.arange(int(mission.facts["calendar"]["day_count"]))


def lowest_values(keys: NDArray[np.int64], values: Floats, rows: NDArray[np.intp], count: int) -> Floats:
    """Return the lowest value of the rows of each key.

    Parameters
    ----------
    keys : ndarray of int, shape (N,)
        Cell of each row, 0 to `count` - 1.
    values : ndarray, shape (N,)
        NaN is left out.
    rows : ndarray of int
        Rows that count.
    count : int
        Cells.

    Returns
    -------
    ndarray, shape (count,)
        NaN for cells without a row.
    """
    found = np.full(count, np.inf)
    np.fmin.at(found, keys[rows], values[rows])
    return np.where(np.isfinite(found), found, np.nan)
