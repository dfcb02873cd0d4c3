"""One step of RKN12(10)17M: the method, apart from step control and from forces.

The tableau's coefficients are folded into the compiled code; see :mod:`sim.core.rkn1210_tableau` for their source.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.forces import Forces, acceleration
from sim.core.nodes import NODES, fill_nodes
from sim.core.rkn1210_tableau import BP, E_POSITION, E_VELOCITY, STAGES, A, B, C

Array = npt.NDArray[np.float64]

def _sparse_rows() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Array]:
    """Return the non-zero a_ij row by row: row starts, columns, values."""
    starts, columns, values = [0], [], []
    for row in A:
        for j in np.flatnonzero(row):
            columns.append(int(j))
            values.append(float(row[j]))
        starts.append(len(columns))
    return np.array(starts), np.array(columns), np.array(values)


A_START, A_COLUMN, A_VALUE = _sparse_rows()
USED: Final = np.flatnonzero((BP != 0.0) | (E_VELOCITY != 0.0))
"""Stages that enter the results of a step."""


class Workspace(NamedTuple):
    """Scratch of one thread.

    Attributes
    ----------
    nodes : numpy.ndarray (3 B + 6, 16)
        Time-only quantities at the nodes of the step.
    x, pieces : numpy.ndarray (16,)
        Arguments and pieces of the nodes.
    k : numpy.ndarray (17, 3)
        Accelerations at the stages.
    start : numpy.ndarray (6,)
        State at the beginning of the step.
    end : numpy.ndarray (6,)
        State at its end.
    error : numpy.ndarray (6,)
        Estimated local error of position and velocity (of the embedded solution of order 10).
    """

    nodes: Array
    x: Array
    pieces: npt.NDArray[np.int64]
    k: Array
    start: Array
    end: Array
    error: Array


@kernel
def new_workspace(forces: Forces) -> Workspace:
    """Allocate the scratch arrays of one thread."""
    return Workspace(
        np.zeros((3 * forces.gm.shape[0] + 6, NODES)),
        np.zeros(NODES),
        np.zeros(NODES, dtype=np.int64),
        np.zeros((STAGES, 3)),
        np.zeros(6),
        np.zeros(6),
        np.zeros(6),
    )


@lean_kernel
def step(forces: Forces, index: int, offset: float, h: float, work: Workspace) -> None:
    """Make one step from ``work.start``.

    Parameters
    ----------
    forces : Forces
        Model.
    index, offset : int, float
        Piece and offset of the beginning of the step.
    h : float
        Length of the step, s; negative is backward.
    work : Workspace
        ``end`` and ``error`` are the results.
    """
    k = work.k
    nodes = work.nodes
    fill_nodes(forces, index, offset, h, work.x, work.pieces, nodes)
    x0 = work.start[0]
    y0 = work.start[1]
    z0 = work.start[2]
    vx = work.start[3]
    vy = work.start[4]
    vz = work.start[5]
    for i in range(STAGES):
        sx = 0.0
        sy = 0.0
        sz = 0.0
        for m in range(A_START[i], A_START[i + 1]):
            a = A_VALUE[m]
            j = A_COLUMN[m]
            sx += a * k[j, 0]
            sy += a * k[j, 1]
            sz += a * k[j, 2]
        ch = C[i] * h
        hh = h * h
        k[i, 0], k[i, 1], k[i, 2] = acceleration(
            x0 + (ch * vx + hh * sx), y0 + (ch * vy + hh * sy), z0 + (ch * vz + hh * sz),
            forces, nodes, min(i, NODES - 1),
        )
    for axis in range(3):
        position = 0.0
        velocity = 0.0
        position_error = 0.0
        velocity_error = 0.0
        for m in range(USED.shape[0]):
            i = USED[m]
            value = k[i, axis]
            position += B[i] * value
            velocity += BP[i] * value
            position_error += E_POSITION[i] * value
            velocity_error += E_VELOCITY[i] * value
        work.end[axis] = work.start[axis] + (h * work.start[3 + axis] + h * h * position)
        work.end[3 + axis] = work.start[3 + axis] + h * velocity
        work.error[axis] = h * h * position_error
        work.error[3 + axis] = h * velocity_error


@lean_kernel
def accept(work: Workspace) -> None:
    """Make the end of the step the beginning of the next one."""
    for c in range(6):
        work.start[c] = work.end[c]
