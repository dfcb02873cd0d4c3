"""The best opportunities by a user's weights, and how long it is to the next one when one is missed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.constants import SECONDS_PER_DAY
from sim.errors import InputError

Floats = NDArray[np.float64]
Columns = Mapping[str, NDArray[Any]]

DEFAULT_WEIGHTS: Mapping[str, float] = {"tli_dv_m_s": 1.0, "loi_dv_m_s": 1.0}
"""Without weights the sum of injection and insertion counts."""

ENERGY_WEIGHTS: Mapping[str, float] = {"c3_km2_s2": 1.0}
"""The same for direct ascents and impacts, which have no injection or no insertion."""

TURNAROUND_DAY = 0.9
"""A second attempt is not counted on before this time has passed: it takes launchers a day, and from one day to the
next the launch time of a family moves by up to an hour and a half."""


@dataclass(frozen=True)
class Ranking:
    """The best opportunities, best first; all arrays have shape (K,).

    Attributes
    ----------
    row : ndarray of int
        Row in the table.
    score : ndarray
        Sum of weight times column: lower is better.
    slack_day : ndarray
        Days to the next accepted launch after the turnaround; NaN when the period holds none.
    next_row : ndarray of int
        Row of the best opportunity of that next launch day; -1 without one.
    slip_score : ndarray
        What waiting for it adds to the score; NaN without one.
    """

    row: NDArray[np.intp]
    score: Floats
    slack_day: Floats
    next_row: NDArray[np.intp]
    slip_score: Floats


def scores(columns: Columns, weights: Mapping[str, float]) -> Floats:
    """Return the weighted sum of columns.

    Parameters
    ----------
    columns : mapping of str to ndarray
        Columns of shape (N,).
    weights : mapping of str to float
        Per unit of the column: with ``tli_dv_m_s = 1`` and ``tof_day = 20`` a day of flight is worth 20 m/s. Negative
        where more is better.

    Returns
    -------
    ndarray, shape (N,)
        Lower is better; NaN where a weighted column has no number.

    Raises
    ------
    InputError
        No weight, a weight that is not finite, a column that is not there, is text, or holds no number at all.
    """
    if not weights:
        raise InputError("no weights given; write for example tli_dv_m_s=1,loi_dv_m_s=1")
    parts = [_weighted(columns, name, float(weight)) for name, weight in weights.items()]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


def nearest_names(name: str, known: Sequence[str]) -> str:
    """Return the names most like one that is not known.

    Parameters
    ----------
    name : str
        As the user wrote it.
    known : sequence of str
        Names that there are.

    Returns
    -------
    str
        Up to three, joined by commas; all of them when none is alike.
    """
    near = [other for other in known if name and name in other] or difflib.get_close_matches(name, known, 3, 0.5)
    return ", ".join(near[:3] or known)


def _weighted(columns: Columns, name: str, weight: float) -> Floats:
    numbers = sorted(key for key, values in columns.items() if np.asarray(values).dtype.kind in "fiub")
    if name not in numbers:
        raise InputError(f"weight on {name!r}, which is no column of numbers; nearest: {nearest_names(name, numbers)}")
    if not np.isfinite(weight):
        raise InputError(f"weight of {name} is {weight}; allowed: a finite number")
    values = np.asarray(columns[name], dtype=np.float64)
    if values.size and not np.isfinite(values).any():
        raise InputError(f"weight on {name}, which has no value in any opportunity of this mission")
    return weight * values


def parse_weights(text: str) -> dict[str, float]:
    """Read weights as users write them.

    Parameters
    ----------
    text : str
        ``column=weight`` separated by commas, for example ``tli_dv_m_s=1,loi_dv_m_s=1,tof_day=20``.

    Returns
    -------
    dict of str to float
        In the order given.

    Raises
    ------
    InputError
        Something else, or a column named twice.
    """
    found: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = (piece.strip() for piece in part.partition("="))
        try:
            weight = float(number)
        except ValueError:
            raise InputError(f"weight {part!r} is no 'column=number', for example loi_dv_m_s=1") from None
        if name in found:
            raise InputError(f"weight on {name} given twice")
        found[name] = weight
    return found


def rank(
    launch_tdb: Floats,
    day: NDArray[np.int64],
    score: Floats,
    within: NDArray[np.bool_],
    count: int,
    *,
    turnaround_day: float = TURNAROUND_DAY,
    one_per_day: bool = True,
) -> Ranking:
    """Return the best accepted opportunities, and the slack to the next one after each.

    Parameters
    ----------
    launch_tdb : ndarray, shape (N,)
        Lift-off, ascending.
    day : ndarray of int64, shape (N,)
        UTC days of lift-off, see `sim.analysis.calendar.day_numbers`.
    score : ndarray, shape (N,)
        Lower is better; NaN rows are left out.
    within : ndarray of bool, shape (N,)
        Opportunities accepted.
    count : int
        How many are wanted, one or more.
    turnaround_day : float
        Least time between two attempts.
    one_per_day : bool
        Whether only the best of each UTC day counts.

    Returns
    -------
    Ranking
        At most `count` rows; ties go to the earlier launch.

    Raises
    ------
    InputError
        A count below one, or a negative turnaround.
    """
    if count < 1:
        raise InputError(f"the best {count} opportunities were asked for; allowed: one or more")
    if not turnaround_day >= 0.0:
        raise InputError(f"turnaround is {turnaround_day} days; allowed: zero or more")
    usable = np.flatnonzero(within & np.isfinite(score))
    order = usable[np.lexsort((launch_tdb[usable], score[usable]))]
    if one_per_day:
        _, first = np.unique(day[order], return_index=True)
        order = order[np.sort(first)]
    best = order[:count]
    following = [_next(launch_tdb, day, score, usable, row, turnaround_day) for row in best]
    next_row = np.array(following, dtype=np.intp)
    has = next_row >= 0
    # The slack ends with the first launch that is possible, the slip goes to the best launch of that day.
    slack = np.full(best.size, np.nan)
    slip = np.full(best.size, np.nan)
    first_launch = [
        _first_after(launch_tdb, usable, launch_tdb[row] + turnaround_day * SECONDS_PER_DAY) for row in best[has]
    ]
    slack[has] = (launch_tdb[np.array(first_launch, dtype=np.intp)] - launch_tdb[best[has]]) / SECONDS_PER_DAY
    slip[has] = score[next_row[has]] - score[best[has]]
    return Ranking(best, score[best], slack, next_row, slip)


def _first_after(launch_tdb: Floats, usable: NDArray[np.intp], t_tdb: float) -> int:
    """Row of the first accepted launch at or after an epoch; -1 without one."""
    place = int(np.searchsorted(launch_tdb[usable], t_tdb))
    return int(usable[place]) if place < len(usable) else -1


def _next(
    launch_tdb: Floats, day: NDArray[np.int64], score: Floats, usable: NDArray[np.intp], row: int, turnaround: float
) -> int:
    """Row of the best opportunity on the first launch day after the turnaround; -1 without one."""
    earliest = launch_tdb[row] + turnaround * SECONDS_PER_DAY
    first = _first_after(launch_tdb, usable, earliest)
    if first < 0:
        return -1
    same = usable[(day[usable] == day[first]) & (launch_tdb[usable] >= earliest)]
    return int(same[np.argmin(score[same])])
