"""Variational equations beside the scalar path: the transition matrix, on the very steps of the state.

The columns y of the matrix obey y'' = G y with the gradient G of the acceleration, which depends neither on velocity
nor on the column, so that the method of the state serves them too. The gradient is taken where the stages of the state
were. Simple to read; :mod:`sim.core.lanes_columns` is the fast way to the same numbers.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.compile import kernel, lean_kernel
from sim.core.forces import CENTER, Forces, acceleration, zonal_acceleration
from sim.core.nodes import NODES, locate, piece_argument
from sim.core.rkn1210_step import A_COLUMN, A_START, A_VALUE, Workspace
from sim.core.rkn1210_tableau import BP, STAGES, B, C

Array = npt.NDArray[np.float64]


class Columns(NamedTuple):
    """Transition matrix of a row, with scratch.

    Attributes
    ----------
    matrix : numpy.ndarray (6, 6)
        Derivative of the state by the first one.
    k : numpy.ndarray (17, 3, 6)
        Accelerations of the columns at the stages.
    gradient : numpy.ndarray (3, 3)
        Of the acceleration at a stage.
    shift : numpy.ndarray (3, 6)
        Positions of the columns at a stage.
    """

    matrix: Array
    k: Array
    gradient: Array
    shift: Array


@kernel
def new_columns() -> Columns:
    """Allocate the arrays of one thread."""
    return Columns(np.zeros((6, 6)), np.zeros((STAGES, 3, 6)), np.zeros((3, 3)), np.zeros((3, 6)))


@lean_kernel
def begin_columns(columns: Columns) -> None:
    """Set the unit matrix."""
    for i in range(6):
        for j in range(6):
            columns.matrix[i, j] = 1.0 if i == j else 0.0


@lean_kernel
def add_point_gradient(gm: float, x: float, y: float, z: float, out: Array) -> None:
    """Add the gradient of the attraction of a point mass (x, y, z) away: gm (3 d d^T / d^5 - I / d^3)."""
    d2 = x * x + y * y + z * z
    pull = gm / (d2 * math.sqrt(d2))
    slope = 3.0 * pull / d2
    place = (x, y, z)
    for i in range(3):
        for j in range(3):
            out[i, j] += slope * place[i] * place[j]
        out[i, i] -= pull


@lean_kernel
def add_zonal_gradient(
    x: float, y: float, z: float, px: float, py: float, pz: float, zonal: Array, out: Array
) -> None:
    """Add the gradient of the acceleration by the zonal harmonics of a body at the origin.

    With u the sine of the latitude, e = r / |r| and q = mu J_n R^n / r^(n+3), degree n adds q times
    P'_(n+1) I - ((n + 3) P'_(n+1) + u P''_(n+1)) e e^T + P''_(n+1) (e p^T + p e^T) - P''_n p p^T, the derivative of
    what :func:`sim.core.forces.zonal_factors` states. Legendre's functions come from their recurrences; unused degrees
    have J_n = 0.
    """
    r = math.sqrt(x * x + y * y + z * z)
    e = (x / r, y / r, z / r)
    p = (px, py, pz)
    u = e[0] * px + e[1] * py + e[2] * pz
    value_old = 1.0
    value = u
    first_old = 0.0
    first = 1.0
    second = 0.0
    second_old = 0.0
    q = zonal[0] * zonal[1] / (r * r * r * r)
    for n in range(1, 5):
        # P'_(n+1) = P'_(n-1) + (2 n + 1) P_n, and the same once more differentiated.
        following = first_old + (2 * n + 1) * value
        bend = second_old + (2 * n + 1) * first
        if n >= 2:
            q *= zonal[1] / r
            weight = q * zonal[n]
            radial = -(n + 3) * following - u * bend
            for i in range(3):
                for j in range(3):
                    mixed = e[i] * p[j] + p[i] * e[j]
                    out[i, j] += weight * (radial * e[i] * e[j] + bend * mixed - second * p[i] * p[j])
                out[i, i] += weight * following
        value, value_old = ((2 * n + 1) * u * value - n * value_old) / (n + 1), value
        first_old = first
        first = following
        second_old = second
        second = bend


@lean_kernel
def gradient(x: float, y: float, z: float, forces: Forces, nodes: Array, i: int, out: Array) -> None:
    """Gradient of :func:`sim.core.forces.acceleration` by position, into ``out`` (3, 3).

    Parameters
    ----------
    x, y, z : float
        Position relative to the centre.
    forces : Forces
        Model.
    nodes : numpy.ndarray (3 B + 6, 16)
        From :func:`sim.core.nodes.fill_nodes`.
    i : int
        Node at whose time the gradient is wanted.
    out : numpy.ndarray (3, 3)
        Result.
    """
    for a in range(3):
        for b in range(3):
            out[a, b] = 0.0
    n_bodies = forces.gm.shape[0]
    add_point_gradient(forces.gm_center, x, y, z, out)
    for k in range(n_bodies):
        add_point_gradient(forces.gm[k], nodes[3 * k, i] - x, nodes[3 * k + 1, i] - y, nodes[3 * k + 2, i] - z, out)
    if forces.zonal_degree == 0:
        return
    if forces.zonal_body != CENTER:
        x -= nodes[3 * forces.zonal_body, i]
        y -= nodes[3 * forces.zonal_body + 1, i]
        z -= nodes[3 * forces.zonal_body + 2, i]
    last = 3 * n_bodies
    add_zonal_gradient(x, y, z, nodes[last + 3, i], nodes[last + 4, i], nodes[last + 5, i], forces.zonal, out)


@lean_kernel
def step_columns(forces: Forces, h: float, work: Workspace, columns: Columns) -> None:
    """Take the matrix over the step of length ``h`` that the state in ``work`` has made, before it is accepted."""
    hh = h * h
    for i in range(STAGES):
        x = work.start[0] + C[i] * h * work.start[3]
        y = work.start[1] + C[i] * h * work.start[4]
        z = work.start[2] + C[i] * h * work.start[5]
        for axis in range(3):
            for c in range(6):
                columns.shift[axis, c] = columns.matrix[axis, c] + C[i] * h * columns.matrix[3 + axis, c]
        for m in range(A_START[i], A_START[i + 1]):
            a = hh * A_VALUE[m]
            j = A_COLUMN[m]
            x += a * work.k[j, 0]
            y += a * work.k[j, 1]
            z += a * work.k[j, 2]
            for axis in range(3):
                for c in range(6):
                    columns.shift[axis, c] += a * columns.k[j, axis, c]
        gradient(x, y, z, forces, work.nodes, min(i, NODES - 1), columns.gradient)
        for axis in range(3):
            for c in range(6):
                total = 0.0
                for b in range(3):
                    total += columns.gradient[axis, b] * columns.shift[b, c]
                columns.k[i, axis, c] = total
    for axis in range(3):
        for c in range(6):
            position = 0.0
            velocity = 0.0
            for i in range(STAGES):
                position += B[i] * columns.k[i, axis, c]
                velocity += BP[i] * columns.k[i, axis, c]
            columns.matrix[axis, c] += h * columns.matrix[3 + axis, c] + hh * position
            columns.matrix[3 + axis, c] += h * velocity


@lean_kernel
def fill_node(forces: Forces, index: int, offset: float, nodes: Array) -> None:
    """Evaluate at one time, into the first node, what :func:`sim.core.nodes.fill_nodes` does at all nodes of a step."""
    k, x = piece_argument(index, offset, forces.piece, forces.table.shape[0])
    last = 3 * forces.gm.shape[0]
    for row in range(last):
        value = 0.0
        for power in range(forces.table.shape[2] - 1, -1, -1):
            value = value * x + forces.table[k, row, power]
        nodes[row, 0] = value
    for c in range(3):
        nodes[last + c, 0] = 0.0
        value = 0.0
        for power in range(forces.pole.shape[2] - 1, -1, -1):
            value = value * x + forces.pole[k, c, power]
        nodes[last + 3 + c, 0] = value
    for b in range(forces.gm.shape[0]):
        place = nodes[3 * b : 3 * b + 3]
        d2 = place[0, 0] * place[0, 0] + place[1, 0] * place[1, 0] + place[2, 0] * place[2, 0]
        factor = forces.gm[b] / (d2 * math.sqrt(d2))
        for c in range(3):
            nodes[last + c, 0] -= factor * place[c, 0]
    if forces.zonal_degree > 0 and forces.zonal_body != CENTER:
        earth = 3 * forces.zonal_body
        zx, zy, zz = zonal_acceleration(
            -nodes[earth, 0], -nodes[earth + 1, 0], -nodes[earth + 2, 0],
            nodes[last + 3, 0], nodes[last + 4, 0], nodes[last + 5, 0], forces.zonal, forces.zonal_degree,
        )  # fmt: skip
        nodes[last, 0] -= zx
        nodes[last + 1, 0] -= zy
        nodes[last + 2, 0] -= zz


@lean_kernel
def rate_of(state: Array, t: float, forces: Forces, nodes: Array, rate: Array) -> None:
    """Time derivative (6,) of a state; NaN outside the table."""
    for c in range(6):
        rate[c] = math.nan
    if not math.isfinite(t):
        return
    index, offset = locate(t, forces.start, forces.piece)
    n_pieces = forces.table.shape[0]
    if index < 0 or index > n_pieces or (index == n_pieces and offset > 0.0):
        return
    fill_node(forces, index, offset, nodes)
    rate[3], rate[4], rate[5] = acceleration(state[0], state[1], state[2], forces, nodes, 0)
    for c in range(3):
        rate[c] = state[3 + c]


@kernel
def time_derivatives(
    forces: Forces, states: Array, t0: Array, ends: Array, t_end: Array, matrices: Array,
    first: int, last: int, by_epoch: Array, by_end: Array,
) -> None:
    """Differentiate the last states of rows ``first`` to ``last - 1`` by the epochs of the first and of the last state.

    A later start from the same state is, to first order, a start at the old time from a state that lies one derivative
    back: the derivative by the start's epoch is minus the matrix times the rate of the first state.

    Parameters
    ----------
    forces : Forces
        Model.
    states, t0 : numpy.ndarray (N, 6), (N,)
        First states and their epochs.
    ends, t_end : numpy.ndarray (N, 6), (N,)
        Last states and their epochs.
    matrices : numpy.ndarray (N, 6, 6)
        Transition matrices; NaN in unusable rows, as the results then.
    first, last : int
        Rows to do.
    by_epoch, by_end : numpy.ndarray (N, 6)
        Results.
    """
    nodes = np.zeros((3 * forces.gm.shape[0] + 6, 1))
    rate = np.zeros(6)
    for row in range(first, last):
        rate_of(states[row], t0[row], forces, nodes, rate)
        rate_of(ends[row], t_end[row], forces, nodes, by_end[row])
        for i in range(6):
            total = 0.0
            for j in range(6):
                total -= matrices[row, i, j] * rate[j]
            by_epoch[row, i] = total
            if math.isnan(matrices[row, 0, 0]):
                by_end[row, i] = math.nan
