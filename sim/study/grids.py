"""Grids of flight times and inclinations that a user asks for in place of those of a scenario file."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sim.cases import MissionCase, PlanCase
from sim.errors import InputError

LONGEST_GRID = 200
"""More values than this are taken for a slip of the step."""

_TOF_DAY = (2.0, 8.0)
_INCLINATION_DEG = (0.0, 180.0)


@dataclass(frozen=True, slots=True)
class Grid:
    """What to search in place of the values of a file; empty keeps those of the file.

    Attributes
    ----------
    tof_day : tuple of float
        Flight times, 2 to 8 days.
    inclination_deg : tuple of float
        Inclinations of the parking orbit.
    """

    tof_day: tuple[float, ...] = ()
    inclination_deg: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values out of range, as scenario files do."""
        for what, values, (low, high) in (
            ("flight time", self.tof_day, _TOF_DAY),
            ("inclination", self.inclination_deg, _INCLINATION_DEG),
        ):
            bad = [value for value in values if not low <= value <= high]
            if bad:
                raise InputError(f"{what} {bad[0]:g}; allowed: {low:g} to {high:g}")


def parse_grid(text: str) -> tuple[float, ...]:
    """Read a list or a range of numbers as users write it.

    Parameters
    ----------
    text : str
        ``4,4.5,5`` or ``start:stop:step``, both ends included, for example ``3:6:0.25``; empty for none.

    Returns
    -------
    tuple of float
        Ascending, each value once.

    Raises
    ------
    InputError
        Something else, or more than `LONGEST_GRID` values.
    """
    if not text.strip():
        return ()
    try:
        values = _range(text) if ":" in text else [float(part) for part in text.split(",")]
    except ValueError:
        hint = "write 4,4.5,5 or start:stop:step, for example 3:6:0.25"
        raise InputError(f"{text!r} is no list of numbers; {hint}") from None
    if not np.isfinite(values).all() or len(values) > LONGEST_GRID:
        raise InputError(f"{text!r} gives {len(values)} values; allowed: up to {LONGEST_GRID} finite numbers")
    return tuple(sorted({round(float(value), 9) for value in values}))


def _range(text: str) -> list[float]:
    start, stop, step = (float(part) for part in text.split(":"))
    if not (np.isfinite([start, stop, step]).all() and step > 0.0 and stop >= start):
        raise ValueError(text)
    count = (stop - start) / step
    if count > LONGEST_GRID:
        raise InputError(f"{text!r} gives {count:.0f} values; allowed: up to {LONGEST_GRID}")
    return [start + step * index for index in range(int(count + 1e-9) + 1)]


def on_grid(case: MissionCase | PlanCase, grid: Grid) -> MissionCase | PlanCase:
    """Return a mission, or a plan with all its missions, searched over a grid.

    Parameters
    ----------
    case : MissionCase or PlanCase
        As read from its file.
    grid : Grid
        Values to search.

    Returns
    -------
    MissionCase or PlanCase
        The same with other flight times and inclinations.
    """
    if isinstance(case, PlanCase):
        entries = tuple(replace(entry, announced=_mission(entry.announced, grid)) for entry in case.missions)
        return replace(case, missions=entries)
    return _mission(case, grid)


def _mission(case: MissionCase, grid: Grid) -> MissionCase:
    window = replace(
        case.window,
        tof_day=grid.tof_day or case.window.tof_day,
        inclination_deg=grid.inclination_deg or case.window.inclination_deg,
    )
    return replace(case, window=window)
