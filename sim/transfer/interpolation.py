"""Polynomial interpolation at equally spaced nodes, row by row: no row depends on the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def lagrange_weights(offset_n: Floats, points: int) -> Floats:
    """Return the weights of the values at nodes 0, 1, 2, ... in the interpolating polynomial.

    Parameters
    ----------
    offset_n : ndarray, shape (N,)
        Place of each row among the nodes, best near their middle.
    points : int
        Nodes.

    Returns
    -------
    ndarray, shape (N, points)
        Weights, which add up to one.
    """
    columns = []
    for k in range(points):
        weight = np.ones_like(offset_n)
        for j in range(points):
            if j != k:
                weight = weight * ((offset_n - j) / (k - j))
        columns.append(weight)
    return np.stack(columns, axis=1)
