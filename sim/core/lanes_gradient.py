"""Gradients of the acceleration in lanes: symmetric tensors as tuples xx, xy, xz, yy, yz, zz of vectors.

They feed the variational equations (:mod:`sim.core.lanes_columns`), whose rows of work are laid out here.
"""

from __future__ import annotations

from typing import Final

from sim.core.compile import lean_kernel
from sim.core.lanes_rows import NODES, Array, Vector, Vectors
from sim.core.lanes_table import LaneTable
from sim.core.rkn1210_tableau import STAGES
from sim.core.simd import fma, inverse_root, load, store

# Rows of the array of the columns; like the other work array, no lane enters another.
MATRIX: Final = 0
"""Transition matrix from the row's beginning on: 36 rows, rows outside, columns inside."""
STEP_MATRIX: Final = 36
"""The same over the step."""
CURVATURE: Final = 72
"""mu / r0^3."""
CONIC: Final = 73
"""At each node: factors of the conic's own columns, for those of the initial position and of the velocity; after them
the factors for the velocity at the end."""
CONIC_ROWS: Final = 10
GRADIENT: Final = CONIC + CONIC_ROWS * (NODES + 1)
"""At each stage: what multiplies a deviation of a column (6), and a column of the conic (6)."""
GRADIENT_ROWS: Final = 12
COLUMN_K: Final = GRADIENT + GRADIENT_ROWS * STAGES
"""Accelerations of three columns at the stages."""
COLUMN_ROWS: Final = COLUMN_K + 9 * STAGES
"""Rows in all."""


@lean_kernel
def tensor(slope: Vector, pull: Vector, x: Vector, y: Vector, z: Vector) -> Vectors:
    """Gradient of the attraction of one point mass: ``slope`` d d^T - ``pull`` I, d the way to it."""
    a = slope * x
    b = slope * y
    c = slope * z
    return fma(a, x, -pull), a * y, a * z, fma(b, y, -pull), b * z, fma(c, z, -pull)


@lean_kernel
def add_tensor(g: Vectors, slope: Vector, pull: Vector, x: Vector, y: Vector, z: Vector) -> Vectors:
    """Add the gradient of the attraction of one more point mass."""
    a = slope * x
    b = slope * y
    c = slope * z
    return (
        fma(a, x, g[0] - pull), fma(a, y, g[1]), fma(a, z, g[2]),
        fma(b, y, g[3] - pull), fma(b, z, g[4]), fma(c, z, g[5] - pull),
    )  # fmt: skip


@lean_kernel
def add_zonal_tensor(
    g: Vectors, x: Vector, y: Vector, z: Vector, px: Vector, py: Vector, pz: Vector, table: LaneTable
) -> Vectors:
    """Add the gradient of the acceleration by Earth's zonal harmonics at a position relative to Earth.

    For each degree n, with q = mu J_n R^n / r^(n+3), u the sine of the latitude and e the unit vector of the position:
    q (P'_(n+1) I - ((n + 3) P'_(n+1) + u P''_(n+1)) e e^T + P''_(n+1) (e p^T + p e^T) - P''_n p p^T), the derivative of
    :func:`sim.core.forces.zonal_factors`.
    """
    inverse = inverse_root(x * x + y * y + z * z)
    ex = x * inverse
    ey = y * inverse
    ez = z * inverse
    u = ex * px + ey * py + ez * pz
    u2 = u * u
    ratio = table.zonal[1] * inverse
    scale = table.zonal[0] * inverse * inverse * inverse
    q = scale * table.zonal[2] * ratio * ratio
    first = 7.5 * u2 - 1.5
    second = 15.0 * u
    even = q * first
    mixed = q * second
    radial = q * (-5.0 * first - u * second)
    polar = -3.0 * q
    if table.zonal_degree > 2:
        q = scale * table.zonal[3] * ratio * ratio * ratio
        first = (17.5 * u2 - 7.5) * u
        second = 52.5 * u2 - 7.5
        even = even + q * first
        mixed = mixed + q * second
        radial = radial - q * (6.0 * first + u * second)
        polar = polar - q * 15.0 * u
        q = scale * table.zonal[4] * ratio * ratio * ratio * ratio
        first = (39.375 * u2 - 26.25) * u2 + 1.875
        second = (157.5 * u2 - 52.5) * u
        even = even + q * first
        mixed = mixed + q * second
        radial = radial - q * (7.0 * first + u * second)
        polar = polar - q * (52.5 * u2 - 7.5)
    ax = radial * ex + mixed * px
    ay = radial * ey + mixed * py
    az = radial * ez + mixed * pz
    bx = mixed * ex + polar * px
    by = mixed * ey + polar * py
    bz = mixed * ez + polar * pz
    return (
        g[0] + (even + (ax * ex + bx * px)), g[1] + (ax * ey + bx * py), g[2] + (ax * ez + bx * pz),
        g[3] + (even + (ay * ey + by * py)), g[4] + (ay * ez + by * pz), g[5] + (even + (az * ez + bz * pz)),
    )  # fmt: skip


@lean_kernel
def store_gradient(columns: Array, i: int, g: Vectors, weight: Vector, deviation: Vector, spring: Vector) -> None:
    """Store what acts on the columns at a stage; ``columns`` holds the conic's own gradient at its node."""
    row = GRADIENT + GRADIENT_ROWS * i
    store(columns, row, fma(deviation, g[0], spring))
    store(columns, row + 1, deviation * g[1])
    store(columns, row + 2, deviation * g[2])
    store(columns, row + 3, fma(deviation, g[3], spring))
    store(columns, row + 4, deviation * g[4])
    store(columns, row + 5, fma(deviation, g[5], spring))
    store(columns, row + 6, weight * (g[0] - load(columns, row + 6)))
    store(columns, row + 7, weight * (g[1] - load(columns, row + 7)))
    store(columns, row + 8, weight * (g[2] - load(columns, row + 8)))
    store(columns, row + 9, weight * (g[3] - load(columns, row + 9)))
    store(columns, row + 10, weight * (g[4] - load(columns, row + 10)))
    store(columns, row + 11, weight * (g[5] - load(columns, row + 11)))


@lean_kernel
def store_conic_gradient(columns: Array, i: int, g: Vectors) -> None:
    """Store the conic's own gradient at a node where :func:`store_gradient` looks for it."""
    row = GRADIENT + GRADIENT_ROWS * i + 6
    store(columns, row, g[0])
    store(columns, row + 1, g[1])
    store(columns, row + 2, g[2])
    store(columns, row + 3, g[3])
    store(columns, row + 4, g[4])
    store(columns, row + 5, g[5])
