"""Force model of low orbits as the lanes read it: the figure of the centre, and short power series for all the rest.

Everything that depends on time only is resampled from the tables of the full force model: the body-fixed axes as a
quaternion, the positions of the two bodies with the strongest tides, the acceleration of the frame (with the pull of
the figures between Earth and Moon), and one tensor for the tides of all other bodies and of the other body's figure,
which act on a low orbit as linear functions of position (measured: 3e-19 km/s2 at the Moon).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.body_axes import add_tensor_back
from sim.core.compile import lean_kernel
from sim.core.full_forces import CENTER, FullForces, Work, field_pull, new_work, place_bodies
from sim.core.harmonics import Harmonics, gradient
from sim.core.lanes_harmonics import LaneField, lane_field
from sim.core.lanes_table import SAMPLES, power_series
from sim.core.simd_types import BLOCK

Array = npt.NDArray[np.float64]

AXES_TERMS: Final = 6
"""Terms of the quaternion: 4e-16 for the Moon, 5e-14 for the Earth."""
BODY_TERMS: Final = 6
"""Terms of a body's position: 1e-8 km for the Earth seen from the Moon."""
FRAME_TERMS: Final = 6
TIDE_TERMS: Final = 3
DIRECT: Final = 2
"""Bodies that act as point masses; the others by their tides."""
MOON_PIECE: Final = 21600.0
EARTH_PIECE: Final = 1800.0
"""Longest pieces, s: a body must not turn far in one."""
AXES: Final = 0
BODIES: Final = 4 * AXES_TERMS
FRAME: Final = BODIES + 3 * DIRECT * BODY_TERMS
TIDE: Final = FRAME + 3 * FRAME_TERMS
VALUES: Final = -(-(TIDE + 5 * TIDE_TERMS) // BLOCK) * BLOCK
"""Places in the series of a piece, and their number."""


class LowTable(NamedTuple):
    """Force model of low orbits.

    Attributes
    ----------
    gm : float
        Of the centre.
    gm_direct : numpy.ndarray (2,)
        Of the bodies that act as point masses; 0 where there is none.
    field : LaneField
        Figure of the centre.
    rows : numpy.ndarray (P, VALUES)
        Power series of each piece, on [-1, 1].
    start, stride, total : float
        Start of the table (TDB s past J2000), length of a piece and of the table, s.
    """

    gm: float
    gm_direct: Array
    field: LaneField
    rows: Array
    start: float
    stride: float
    total: float


def low_table(forces: FullForces, start: float) -> LowTable:
    """Resample a full force model.

    Parameters
    ----------
    forces : FullForces
        Model without light pressure, drag, relativity and solid tide.
    start : float
        Start of its tables, TDB s past J2000.

    Returns
    -------
    LowTable

    Raises
    ------
    ValueError
        A figure of too high a degree.
    """
    longest = MOON_PIECE if forces.moon == CENTER else EARTH_PIECE
    per_piece = int(np.ceil(forces.piece / longest))
    stride = forces.piece / per_piece
    n_pieces = forces.table.shape[0] * per_piece
    number = np.repeat(np.arange(n_pieces) // per_piece, SAMPLES)
    x = np.cos((np.arange(SAMPLES) + 0.5) * np.pi / SAMPLES)
    since = ((np.arange(n_pieces) % per_piece)[:, np.newaxis] + 0.5 * (x + 1.0)).ravel() * stride
    direct = _strongest(forces)
    axes, places = np.zeros((number.size, 3, 3)), np.zeros((number.size, DIRECT, 3))
    frame, tide = np.zeros((number.size, 3)), np.zeros((number.size, 3, 3))
    _sample(forces, new_work(forces), number, since, direct, axes, places, frame, tide)
    tensor = np.stack([tide[:, 0, 0], tide[:, 0, 1], tide[:, 0, 2], tide[:, 1, 1], tide[:, 1, 2]], axis=1)
    series = [
        _series(_quaternions(axes, n_pieces), AXES_TERMS),
        *(_series(places[:, b].reshape(n_pieces, SAMPLES, 3), BODY_TERMS) for b in range(DIRECT)),
        _series(frame.reshape(n_pieces, SAMPLES, 3), FRAME_TERMS),
        _series(tensor.reshape(n_pieces, SAMPLES, 5), TIDE_TERMS),
    ]
    values = np.concatenate(series, axis=1)
    rows = np.zeros((n_pieces, VALUES))
    rows[:, : values.shape[1]] = values
    field = forces.earth_field if forces.earth == CENTER else forces.moon_field
    gm = np.array([forces.gm[b] if b >= 0 else 0.0 for b in direct])
    return LowTable(forces.gm_center, gm, lane_field(field), rows, start, stride, n_pieces * stride)


def _strongest(forces: FullForces) -> npt.NDArray[np.int64]:
    """Bodies with the strongest tides; -1 where there are none."""
    middle = forces.table[forces.table.shape[0] // 2, :, :, 0]
    tide = forces.gm / np.maximum((middle**2).sum(axis=1), 1.0) ** 1.5
    order = np.argsort(-tide, kind="stable")[:DIRECT]
    return np.concatenate([order, np.full(DIRECT - order.size, -1)]).astype(np.int64)


@lean_kernel
def _sample(
    forces: FullForces, work: Work, number: npt.NDArray[np.int64], since: Array, direct: npt.NDArray[np.int64],
    axes: Array, places: Array, frame: Array, tide: Array,
) -> None:
    """Evaluate what depends on time only, ``since`` seconds past the start of pieces of the full model's tables."""
    for i in range(number.shape[0]):
        work.number[0] = number[i]
        place_bodies(forces, since[i], False, work)
        own = 0 if forces.earth == CENTER else 1
        for a in range(3):
            for b in range(3):
                axes[i, a, b] = work.axes[own, a, b]
        for k in range(direct.shape[0]):
            if direct[k] >= 0:
                for a in range(3):
                    places[i, k, a] = work.places[direct[k], a]
        for b in range(forces.gm.shape[0]):
            add_far_body(forces.gm[b], work.places[b], b != direct[0] and b != direct[1], frame[i], tide[i])
        add_far_figures(forces, work, frame[i], tide[i])


@lean_kernel
def add_far_body(gm: float, place: Array, by_tide: bool, frame: Array, tide: Array) -> None:
    """Fall of the frame towards a body, or the body's tide."""
    inverse2 = 1.0 / (place[0] * place[0] + place[1] * place[1] + place[2] * place[2])
    factor = gm * inverse2 * np.sqrt(inverse2)
    for a in range(3):
        if by_tide:
            tide[a, a] -= factor
            for b in range(3):
                tide[a, b] += 3.0 * factor * inverse2 * place[a] * place[b]
        else:
            frame[a] -= factor * place[a]


@lean_kernel
def add_figure_of_other(
    field: Harmonics, axes: Array, place: Array, work: Work, frame: Array, tide: Array
) -> None:
    """Pull of the other body's figure at the centre, and its derivative."""
    x = -place[0]
    y = -place[1]
    z = -place[2]
    field_pull(field, axes, x, y, z, 1.0, work, frame)
    t = work.vectors[7]
    gradient(
        axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z, axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z,
        axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z, field, work.basis, t,
    )  # fmt: skip
    add_tensor_back(axes, t, tide)


@lean_kernel
def add_far_figures(forces: FullForces, work: Work, frame: Array, tide: Array) -> None:
    """Figures of Earth and Moon between these two, and of the other one on the orbit."""
    fields = (forces.earth_field, forces.moon_field)
    for k in range(2):
        field = fields[k]
        if field.degree == 0:
            continue
        body = forces.earth if k == 0 else forces.moon
        if body >= 0:
            add_figure_of_other(field, work.axes[k], work.places[body], work, frame, tide)
        if forces.reaction != 0.0:
            other = work.places[forces.moon if forces.earth == CENTER else forces.earth]
            side = 1.0 if body == CENTER else -1.0
            factor = forces.reaction if body == CENTER else -1.0
            field_pull(
                field, work.axes[k], side * other[0], side * other[1], side * other[2], factor, work, frame
            )


def _quaternions(axes: Array, n_pieces: int) -> Array:
    """Quaternions (P, S, 4) of rotations; in each piece of one sign, so that they are smooth. No axes: the identity."""
    if not axes.any():
        axes = np.broadcast_to(np.eye(3), axes.shape)
    R = axes.reshape(n_pieces, SAMPLES, 3, 3)
    trace = R[..., 0, 0] + R[..., 1, 1] + R[..., 2, 2]
    # Four times the products q_i q_j; the row with the largest diagonal is the most accurate one.
    products = np.empty((n_pieces, SAMPLES, 4, 4))
    products[..., 0, 0] = 1.0 + trace
    for i in range(3):
        j, k = (i + 1) % 3, (i + 2) % 3
        products[..., i + 1, i + 1] = 1.0 - trace + 2.0 * R[..., i, i]
        products[..., 0, i + 1] = products[..., i + 1, 0] = R[..., j, k] - R[..., k, j]
        products[..., j + 1, k + 1] = products[..., k + 1, j + 1] = R[..., j, k] + R[..., k, j]
    best = np.argmax(np.diagonal(products[:, 0], axis1=1, axis2=2), axis=1)
    pieces = np.arange(n_pieces)
    row = products[pieces, :, best]
    norm = np.sqrt(np.take_along_axis(row, best[:, np.newaxis, np.newaxis], axis=2))
    return np.asarray(0.5 * row / norm)


def _series(samples: Array, terms: int) -> Array:
    """Power series (P, terms * components), powers outside."""
    return np.asarray(power_series(samples, terms).reshape(len(samples), -1))
