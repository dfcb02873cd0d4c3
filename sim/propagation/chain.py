"""Derivatives of flights with impulses: those of the legs one after the other, and of the impulses between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sim.frames import R_rtn_icrf, R_vnc_icrf
from sim.frames.rotations import cross
from sim.propagation.results import PropagationWithStm

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]


class Chain:
    """Derivatives of N rows over the legs flown so far.

    Parameters
    ----------
    n_rows : int
        N.

    Attributes
    ----------
    matrix, by_epoch, by_end : numpy.ndarray (N, 6, 6), (N, 6), (N, 6)
        See :class:`sim.propagation.results.PropagationWithStm`.
    """

    def __init__(self, n_rows: int) -> None:
        self.matrix = np.tile(np.eye(6), (n_rows, 1, 1))
        self.by_epoch = np.zeros((n_rows, 6))
        self.by_end = np.full((n_rows, 6), np.nan)
        self._begun = np.zeros(n_rows, np.bool_)

    def add(self, rows: Rows, leg: PropagationWithStm) -> None:
        """Add a leg.

        Parameters
        ----------
        rows : numpy.ndarray of int (M,)
            Rows that fly it.
        leg : PropagationWithStm
            Their M results.
        """
        self._multiply(rows, leg.transition_matrix)
        # The epoch of the start moves the first leg only; the others begin where they begin.
        first = ~self._begun[rows]
        self.by_epoch[rows[first]] = leg.states_per_t0_s[first]
        self._begun[rows] = True
        self.by_end[rows] = leg.states_per_t1_s

    def turn(self, rows: Rows, change_per_state: FloatArray, back: npt.NDArray[np.bool_]) -> None:
        """Add an impulse whose change of velocity depends on the state.

        Parameters
        ----------
        rows : numpy.ndarray of int (M,)
            Rows that meet it.
        change_per_state : numpy.ndarray (M, 3, 6)
            Derivative of the change by the state before the impulse.
        back : numpy.ndarray of bool (M,)
            Rows that are flown backward, from the state after it to that before it.
        """
        jump = np.tile(np.eye(6), (rows.size, 1, 1))
        jump[:, 3:] += change_per_state
        lower = _inverse(jump[back, 3:, 3:])
        jump[back, 3:, :3] = -_product(lower, jump[back, 3:, :3])
        jump[back, 3:, 3:] = lower
        self._multiply(rows, jump)

    def _multiply(self, rows: Rows, factor: FloatArray) -> None:
        self.matrix[rows] = _product(factor, self.matrix[rows])
        self.by_epoch[rows] = _product(factor, self.by_epoch[rows][:, :, np.newaxis])[:, :, 0]


def change_per_state(axes: str, states: FloatArray, change_km_s: FloatArray) -> FloatArray:
    """Differentiate a change of velocity along moving axes by the state that spans them.

    Parameters
    ----------
    axes : str
        ``vnc`` or ``rtn``.
    states : numpy.ndarray (N, 6)
        States relative to the body, before the impulse.
    change_km_s : numpy.ndarray (N, 3)
        Along the axes.

    Returns
    -------
    numpy.ndarray (N, 3, 6)
        NaN where a state has no orbit plane.
    """
    r, v = states[:, :3], states[:, 3:]
    momentum = cross(r, v)
    size = np.sqrt((momentum * momentum).sum(axis=1))
    planar = size * size > 1e-27 * (r * r).sum(axis=1) * (v * v).sum(axis=1)
    out = np.full((len(states), 3, 6), np.nan)
    r, v, size, own = r[planar], v[planar], size[planar, np.newaxis], change_km_s[planar]
    R = (R_vnc_icrf if axes == "vnc" else R_rtn_icrf)(states[planar])
    spans = v if axes == "vnc" else r
    length = np.sqrt((spans * spans).sum(axis=1))[:, np.newaxis]
    first, normal = R[:, 0], R[:, 1 if axes == "vnc" else 2]
    slopes = np.empty((len(own), 3, 6))
    for j in range(6):
        unit = np.zeros((len(own), 3))
        unit[:, j % 3] = 1.0
        moves = (j < 3) != (axes == "vnc")  # the vector along which the first axis lies
        first_rate = _across(first, unit) / length if moves else np.zeros_like(unit)
        normal_rate = _across(normal, cross(unit, v) if j < 3 else cross(r, unit)) / size
        third_rate = cross(normal_rate, first) + cross(normal, first_rate)
        if axes == "vnc":
            slopes[:, :, j] = own[:, :1] * first_rate + own[:, 1:2] * normal_rate - own[:, 2:] * third_rate
        else:
            slopes[:, :, j] = own[:, :1] * first_rate + own[:, 1:2] * third_rate + own[:, 2:] * normal_rate
    out[planar] = slopes
    return out


def _across(axis: FloatArray, vectors: FloatArray) -> FloatArray:
    """Parts of N vectors square to N axes of length one."""
    across: FloatArray = vectors - axis * (axis * vectors).sum(axis=1)[:, np.newaxis]
    return across


def _product(a: FloatArray, b: FloatArray) -> FloatArray:
    """Products of N matrices, each sum in a fixed order whatever N is."""
    total = np.zeros((a.shape[0], a.shape[1], b.shape[2]))
    for k in range(a.shape[2]):
        total += a[:, :, k : k + 1] * b[:, k : k + 1]
    return total


def _inverse(a: FloatArray) -> FloatArray:
    """Inverses of N matrices of three rows."""
    columns = [cross(a[:, (i + 1) % 3], a[:, (i + 2) % 3]) for i in range(3)]
    determinant = (a[:, 0] * columns[0]).sum(axis=1)
    inverse: FloatArray = np.stack(columns, axis=2) / determinant[:, np.newaxis, np.newaxis]
    return inverse
