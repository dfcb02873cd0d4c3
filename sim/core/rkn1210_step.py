"""One step of RKN12(10)17M: the method, apart from step control and from forces.

The tableau's coefficients are folded into the compiled code; see :mod:`sim.core.rkn1210_tableau` for their source.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel
from sim.core.forces import Forces, acceleration, fill_node
from sim.core.rkn1210_tableau import A, B, BP, E_POSITION, E_VELOCITY, STAGES, C

Array = npt.NDArray[np.float64]

NODES: Final = STAGES - 1
"""Distinct times of a step: the last two stages share theirs."""


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
    nodes : numpy.ndarray (16, 3 B + 6)
        Time-only quantities at the nodes of the step.
    k : numpy.ndarray (17, 3)
        Accelerations at the stages.
    basis : numpy.ndarray (C,)
        Chebyshev polynomials.
    start : numpy.ndarray (6,)
        State at the beginning of the step.
    end : numpy.ndarray (6,)
        State at its end.
    error : numpy.ndarray (6,)
        Estimated local error of position and velocity (of the embedded solution of order 10).
    """

    nodes: Array
    k: Array
    basis: Array
    start: Array
    end: Array
    error: Array


@kernel
def new_workspace(forces: Forces) -> Workspace:
    """Allocate the scratch arrays of one thread."""
    return Workspace(
        np.zeros((NODES, 3 * forces.gm.shape[0] + 6)),
        np.zeros((STAGES, 3)),
        np.zeros(forces.table.shape[1]),
        np.zeros(6),
        np.zeros(6),
        np.zeros(6),
    )


@kernel
def first_stage(forces: Forces, index: int, offset: float, work: Workspace) -> None:
    """Prepare node 0 and stage 0 for a step that begins at ``work.start``."""
    fill_node(forces, index, offset, work.basis, work.nodes[0])
    work.k[0, 0], work.k[0, 1], work.k[0, 2] = acceleration(
        work.start[0], work.start[1], work.start[2], forces, work.nodes[0]
    )


@kernel
def step(forces: Forces, index: int, offset: float, h: float, work: Workspace) -> None:
    """Make one step from ``work.start``; needs :func:`first_stage` before.

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
    for n in range(1, NODES):
        fill_node(forces, index, offset + C[n] * h, work.basis, nodes[n])
    x0 = work.start[0]
    y0 = work.start[1]
    z0 = work.start[2]
    vx = work.start[3]
    vy = work.start[4]
    vz = work.start[5]
    for i in range(1, STAGES):
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
        node = nodes[min(i, NODES - 1)]
        k[i, 0], k[i, 1], k[i, 2] = acceleration(
            x0 + (ch * vx + hh * sx), y0 + (ch * vy + hh * sy), z0 + (ch * vz + hh * sz), forces, node
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


@kernel
def accept(work: Workspace, forces: Forces) -> None:
    """Make the end of the step the beginning of the next one."""
    for c in range(6):
        work.start[c] = work.end[c]
    for c in range(work.nodes.shape[1]):
        work.nodes[0, c] = work.nodes[NODES - 1, c]
    work.k[0, 0], work.k[0, 1], work.k[0, 2] = acceleration(
        work.start[0], work.start[1], work.start[2], forces, work.nodes[0]
    )
