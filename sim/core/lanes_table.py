"""Ephemeris tables for lanes: overlapping pieces, so that a step never leaves the piece in which it begins.

A piece holds everything that depends on time only, as power series: positions of the bodies relative to the model's
centre, the acceleration of the frame, Earth's pole. It exists twice, for steps about the model's centre and for steps
about its companion (the Moon of an Earth-centred model, the Earth of a Moon-centred one). Pieces are resampled from the
table of the model.

Where a piece reaches across the edge of a granule of the ephemeris (DE440: every four days), no polynomial fits better
than 1e-8 to 4e-8 km, however many terms it has: the ephemeris itself has a jump in the acceleration there (measured:
the model's table, whose pieces end at such edges, holds the ephemeris to 2e-10 km). In an Earth-centred model an orbit
about the Moon is shifted by that much when the piece changes: up to 13 mm after two days at 100 km height, 0.3 mm at
the median. In a Moon-centred model nothing of it is seen (0.01 mm).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import lean_kernel
from sim.core.forces import CENTER, Forces, zonal_acceleration

Array = npt.NDArray[np.float64]

COVER: Final = 1.25 * 86400.0
"""Length of a piece, s."""
PIECES_PER_COVER: Final = 5
"""A new piece begins every COVER / PIECES_PER_COVER, s; steps are at most COVER minus that long."""
COMPANION_TERMS: Final = 10
"""Terms of the companion's position: truncated at 1e-8 km for the Moon seen from Earth."""
OTHER_TERMS: Final = 7
"""Terms of the other bodies' positions: 3e-5 km for the Sun, which moves its tide by 1e-17 km/s2."""
FRAME_TERMS: Final = 9
"""Terms of the frame's acceleration: 3e-18 km/s2."""
POLE_TERMS: Final = 7
"""Terms of Earth's pole."""
SAMPLES: Final = 14
"""Chebyshev nodes a piece is sampled at."""


class LaneTable(NamedTuple):
    """Force model as the lanes read it.

    Attributes
    ----------
    gm : numpy.ndarray (1 + B,)
        Centre, companion, other bodies; km3/s2.
    rows : numpy.ndarray (P, 2, R)
        Power series of each piece, for steps about the centre (0) and about the companion (1). R values: companion
        (10 x 3), other bodies (7 x 3 each), frame (9 x 3), pole (7 x 3), zeros up to a multiple of eight; powers
        outside, components inside.
    start, stride, cover, total : float
        Start of the table (TDB s past J2000), distance between and length of pieces, length of the table, s.
    zonal : numpy.ndarray (5,)
        GM of Earth, reference radius, J2, J3, J4.
    zonal_degree : int
        0 or highest degree.
    zonal_body : int
        Earth: ``CENTER``, 0 (companion), or later.
    """

    gm: Array
    rows: Array
    start: float
    stride: float
    cover: float
    total: float
    zonal: Array
    zonal_degree: int
    zonal_body: int


def row_count(n_others: int) -> int:
    """Values of one piece.

    Parameters
    ----------
    n_others : int
        Bodies besides centre and companion.

    Returns
    -------
    int
    """
    values = 3 * (COMPANION_TERMS + OTHER_TERMS * n_others + FRAME_TERMS + POLE_TERMS)
    return -(-values // 8) * 8


def lane_table(forces: Forces) -> LaneTable:
    """Resample a force model.

    Parameters
    ----------
    forces : Forces
        Flat model; its bodies include at least two (:func:`sim.core.forces.padded_bodies`).

    Returns
    -------
    LaneTable
    """
    order = body_order(forces)
    total = forces.table.shape[0] * forces.piece
    cover = min(COVER, total)
    stride = cover / PIECES_PER_COVER
    n_pieces = int(np.floor((total - cover) / stride + 1e-9)) + 1
    begin = stride * np.arange(n_pieces)
    x = np.cos((np.arange(SAMPLES) + 0.5) * np.pi / SAMPLES)
    positions, pole = _sample(forces, begin, 0.5 * cover * (x + 1.0), order)
    gm = forces.gm[order]
    frame = _indirect(positions, gm)
    zonal_body = CENTER if forces.zonal_body == CENTER else order.index(forces.zonal_body)
    if forces.zonal_degree > 0 and zonal_body != CENTER:
        frame -= _zonals_on_center(positions[:, :, zonal_body], pole, forces)
    companion = power_series(positions[:, :, 0], COMPANION_TERMS)
    others = [power_series(positions[:, :, b], OTHER_TERMS) for b in range(1, len(order))]
    about_center = power_series(frame, FRAME_TERMS)
    about_companion = about_center - _second_derivative(companion, cover)
    tail = power_series(pole, POLE_TERMS)
    rows = np.zeros((n_pieces, 2, row_count(len(others))))
    for kind, frame_series in enumerate((about_center, about_companion)):
        values = np.concatenate([companion, *others, frame_series, tail], axis=1).reshape(n_pieces, -1)
        rows[:, kind, : values.shape[1]] = values
    return LaneTable(
        gm=np.concatenate(([forces.gm_center], gm)),
        rows=rows,
        start=forces.start,
        stride=stride,
        cover=cover,
        total=total,
        zonal=forces.zonal,
        zonal_degree=forces.zonal_degree,
        zonal_body=zonal_body,
    )


def body_order(forces: Forces) -> list[int]:
    """Order in which the lanes hold the bodies: the nearest to the centre, relative to its mass, comes first.

    Parameters
    ----------
    forces : Forces
        Flat model.

    Returns
    -------
    list of int
        Indices in the flat model: companion, others.
    """
    middle = forces.table[forces.table.shape[0] // 2, :, 0].reshape(-1, 3)
    distance = np.sqrt(middle[:, 0] ** 2 + middle[:, 1] ** 2 + middle[:, 2] ** 2)
    tide = forces.gm / distance**3
    first = int(np.argmax(tide))
    return [first, *(b for b in range(forces.gm.size) if b != first)]


def _sample(forces: Forces, begin: Array, local: Array, order: list[int]) -> tuple[Array, Array]:
    """Positions (P, S, B, 3) and poles (P, S, 3) at times past the beginnings of pieces.

    Whole pieces of the model's table are taken off the beginnings first, which is exact: the bits of a sample then do
    not depend on where the table starts.
    """
    whole = np.floor(begin / forces.piece)
    times = (begin - whole * forces.piece)[:, np.newaxis] + local
    more = np.floor(times / forces.piece)
    last = forces.table.shape[0] - 1
    pieces = np.minimum((whole[:, np.newaxis] + more).astype(np.int64), last)
    more = np.minimum(more, last - whole[:, np.newaxis])
    x = (2.0 * ((times - more * forces.piece) / forces.piece) - 1.0)[..., np.newaxis]
    series = forces.table[pieces]
    value = np.zeros(series.shape[:-1])
    for power in range(series.shape[-1] - 1, -1, -1):
        value = value * x + series[..., power]
    cubic = forces.pole[pieces]
    pole = ((cubic[..., 3] * x + cubic[..., 2]) * x + cubic[..., 1]) * x + cubic[..., 0]
    return value.reshape(*times.shape, -1, 3)[:, :, order], pole


def _indirect(positions: Array, gm: Array) -> Array:
    """Minus the attraction of all bodies on the centre, (P, S, 3)."""
    distance2 = positions[..., 0] ** 2 + positions[..., 1] ** 2 + positions[..., 2] ** 2
    factor = gm / (distance2 * np.sqrt(distance2))
    total = np.zeros((*positions.shape[:2], 3))
    for b in range(gm.size):
        total -= factor[:, :, b, np.newaxis] * positions[:, :, b]
    return total


def _zonals_on_center(earth: Array, pole: Array, forces: Forces) -> Array:
    """Evaluate what Earth's zonal harmonics do to the centre, (P, S, 3)."""
    result = np.empty((earth.shape[0] * earth.shape[1], 3))
    points, axes = np.ascontiguousarray(earth.reshape(-1, 3)), np.ascontiguousarray(pole.reshape(-1, 3))
    _zonals_at_center(points, axes, forces.zonal, forces.zonal_degree, result)
    return result.reshape(earth.shape)


@lean_kernel
def _zonals_at_center(earth: Array, pole: Array, zonal: Array, degree: int, result: Array) -> None:
    for i in range(earth.shape[0]):
        ax, ay, az = zonal_acceleration(
            -earth[i, 0], -earth[i, 1], -earth[i, 2], pole[i, 0], pole[i, 1], pole[i, 2], zonal, degree
        )
        result[i, 0] = ax
        result[i, 1] = ay
        result[i, 2] = az


def sample_offsets(table: LaneTable) -> Array:
    """Seconds past the beginning of a piece at which :func:`power_series` wants its samples, (``SAMPLES``,).

    Parameters
    ----------
    table : LaneTable
        Model.

    Returns
    -------
    numpy.ndarray
    """
    return 0.5 * table.cover * (np.cos((np.arange(SAMPLES) + 0.5) * np.pi / SAMPLES) + 1.0)


def power_series(samples: Array, terms: int) -> Array:
    """Power series on [-1, 1] through samples at Chebyshev nodes, truncated.

    Fixed order of summation, no BLAS: the bits of a piece do not depend on the other pieces.

    Parameters
    ----------
    samples : numpy.ndarray (P, SAMPLES, C)
        Vectors at the nodes of P pieces.
    terms : int
        Powers to keep.

    Returns
    -------
    numpy.ndarray (P, terms, C)
    """
    angles = (np.arange(SAMPLES) + 0.5) * np.pi / SAMPLES
    chebyshev = np.zeros((terms, *samples[:, 0].shape))
    for j in range(terms):
        for s in range(SAMPLES - 1, -1, -1):
            chebyshev[j] += np.cos(j * angles[s]) * samples[:, s]
        chebyshev[j] *= (1.0 if j == 0 else 2.0) / SAMPLES
    powers = np.zeros((samples.shape[0], terms, samples.shape[2]))
    for j in range(terms - 1, -1, -1):
        for power, factor in enumerate(_chebyshev_powers(j)):
            powers[:, power] += factor * chebyshev[j]
    return powers


def _chebyshev_powers(degree: int) -> list[float]:
    """Coefficients of T_degree in powers of its argument."""
    before, now = [1.0], [0.0, 1.0]
    if degree == 0:
        return before
    for _ in range(degree - 1):
        doubled = [0.0, *(2.0 * c for c in now)]
        before, now = now, [d - (before[i] if i < len(before) else 0.0) for i, d in enumerate(doubled)]
    return now


def _second_derivative(series: Array, cover: float) -> Array:
    """Second time derivative of a power series, on the terms of the frame's series."""
    result = np.zeros((series.shape[0], FRAME_TERMS, 3))
    scale = (2.0 / cover) ** 2
    for power in range(2, series.shape[1]):
        result[:, power - 2] = power * (power - 1) * scale * series[:, power]
    return result
