"""From grid solutions to smooth segments, carried all the way to the folds where families begin and end.

A family exists while the Moon's declination allows its inclination. At either end it merges with the other Earth
branch, and node and azimuth change like the square root of the time left. The epoch of each fold is found by root
finding on the smooth existence margin of the full model, and the last half day gets nodes spaced in that root.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.ephemeris import Ephemeris
from sim.transfer import Outcome, Transfers, fold_margin_cos, solve_direct
from sim.windows.manifold import Family, Segment, family_targets, make_segment
from sim.windows.request import WindowRequest

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

FOLD_TOLERANCE_S = 0.5
NEAREST_S = 2.0
"""Segments end this short of the fold; opportunities in the last seconds belong to both branches alike."""

NODES = 9
"""Solutions spaced evenly in the square root of the time to the fold."""

MIN_RUN = 2
"""Fewest neighbouring grid solutions from which a family is carried on."""

MAX_BISECTIONS = 24


@dataclass(frozen=True)
class _End:
    """One end of a run of grid solutions: the fold lies between `inside_tdb` and `outside_tdb`."""

    family: int
    inside_tdb: float
    outside_tdb: float
    reach_tdb: float
    side: float


def build_segments(
    request: WindowRequest,
    families: list[Family],
    grid_rows: tuple[Transfers, Rows, Floats],
    ephemeris: Ephemeris,
) -> list[Segment]:
    """Return splines through all runs of solved neighbours, with the zones next to folds refined.

    Parameters
    ----------
    request : WindowRequest
        The search.
    families : list of Family
        Families.
    grid_rows : tuple
        Grid solutions, family of each row and arrival of each row, as `sim.windows.manifold.solve_grid` gives them.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    list of Segment
        Plain segments and fold segments.
    """
    transfers, family, epochs = grid_rows
    good = (transfers.status == Outcome.OK) & np.isfinite(transfers.jacobian).all(axis=(1, 2))
    fresh = np.ones(good.shape, dtype=bool)
    fresh[1:] = ~(good[1:] & good[:-1]) | (family[1:] != family[:-1])
    label = np.cumsum(fresh)
    segments: list[Segment] = []
    ends: list[_End] = []
    for number in np.unique(label[good]):
        rows = np.flatnonzero(good & (label == number))
        if rows.size < MIN_RUN:
            continue
        before = rows[0] > 0 and family[rows[0] - 1] == family[rows[0]]
        after = rows[-1] + 1 < family.size and family[rows[-1] + 1] == family[rows[-1]]
        which = int(family[rows[0]])
        if before:
            ends.append(_End(which, epochs[rows[0]], epochs[rows[0] - 1], epochs[rows[1]], 1.0))
        if after:
            ends.append(_End(which, epochs[rows[-1]], epochs[rows[-1] + 1], epochs[rows[-2]], -1.0))
        inner = rows[int(before) : rows.size - int(after)]
        if inner.size >= MIN_RUN:
            segments.append(make_segment(transfers.select(inner), which, epochs[inner]))
    return segments + _fold_segments(request, families, ends, ephemeris)


def _fold_epochs_tdb(request: WindowRequest, families: list[Family], ends: list[_End], ephemeris: Ephemeris) -> Floats:
    """Bisect the existence margin of all ends at once; NaN where the margin has no sign change."""
    which = np.array([end.family for end in ends])
    inside = np.array([end.inside_tdb for end in ends])
    outside = np.array([end.outside_tdb for end in ends])

    def margin(epochs: Floats) -> Floats:
        return fold_margin_cos(family_targets(request, families, which, epochs, ephemeris), ephemeris)

    at_inside, at_outside = margin(inside), margin(outside)
    bracketed = (at_inside > 0.0) & (at_outside < 0.0)
    for _ in range(MAX_BISECTIONS):
        if not (bracketed & (np.abs(outside - inside) > FOLD_TOLERANCE_S)).any():
            break
        # the margin is almost straight: regula falsi, kept off the ends so that both sides close in
        share = np.clip(at_inside / (at_inside - at_outside), 0.001, 0.999)
        middle = inside + share * (outside - inside)
        value = margin(middle)
        exists = value > 0.0
        # Illinois: the end that stays twice loses half its weight
        at_outside = np.where(exists, 0.5 * at_outside, value)
        at_inside = np.where(exists, value, 0.5 * at_inside)
        inside, outside = np.where(exists, middle, inside), np.where(exists, outside, middle)
    return np.where(bracketed, inside, np.nan)


def _fold_segments(
    request: WindowRequest, families: list[Family], ends: list[_End], ephemeris: Ephemeris
) -> list[Segment]:
    """Solve nodes next to each fold and join them."""
    if not ends:
        return []
    folds = _fold_epochs_tdb(request, families, ends, ephemeris)
    reach = np.sqrt(np.abs(np.array([end.reach_tdb for end in ends]) - folds))
    low = np.sqrt(NEAREST_S)
    variable = low + (reach - low)[:, None] * np.linspace(0.0, 1.0, NODES)[None, :]
    side = np.array([end.side for end in ends])
    epochs = folds[:, None] + side[:, None] * variable**2
    known = np.flatnonzero(np.isfinite(folds))
    which = np.repeat(np.array([end.family for end in ends])[known], NODES)
    found = solve_direct(
        family_targets(request, families, which, epochs[known].ravel(), ephemeris), ephemeris=ephemeris
    )
    segments = []
    for place, number in enumerate(known):
        rows = np.arange(place * NODES, (place + 1) * NODES)
        rows = rows[found.status[rows] == Outcome.OK]
        if rows.size >= MIN_RUN + 2:
            values = variable[number][rows - place * NODES]
            segments.append(
                make_segment(found.select(rows), ends[number].family, values, float(folds[number]), ends[number].side)
            )
    return segments
