"""Frames carried along an orbit: radial-transverse-normal (RTN) and velocity-normal-conormal (VNC)."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.errors import InputError
from sim.frames.rotations import FloatArray, cross, norm, states_array


def _unit_angular_momentum(states: FloatArray) -> FloatArray:
    r, v = states[..., :3], states[..., 3:]
    h = cross(r, v)
    # Relative to |r||v|, the sine of the angle between them: below 1e-14 the plane is rounding.
    bad = np.atleast_1d(~(norm(h) > 1e-14 * norm(r) * norm(v)))
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(f"state {row} has no orbit plane (position and velocity parallel, zero or not finite)")
    return np.asarray(h / norm(h)[..., None])


def R_rtn_icrf(states: Any) -> FloatArray:
    """Rotation from the axes of the states (ICRF) to radial, transverse, normal.

    Parameters
    ----------
    states : array_like (N, 6) or (6,)
        Relative to the central body, km and km/s.

    Returns
    -------
    ndarray (N, 3, 3) or (3, 3)
        Rows: r/|r|; n x r/|r|; n = r x v / |r x v|.

    Raises
    ------
    InputError
        When a state has no orbit plane, or for another shape.
    """
    array = states_array(states)
    normal = _unit_angular_momentum(array)
    radial = array[..., :3] / norm(array[..., :3])[..., None]
    return np.stack([radial, cross(normal, radial), normal], axis=-2)


def R_vnc_icrf(states: Any) -> FloatArray:
    """Rotation from the axes of the states (ICRF) to velocity, normal, conormal.

    Parameters
    ----------
    states : array_like (N, 6) or (6,)
        Relative to the central body, km and km/s.

    Returns
    -------
    ndarray (N, 3, 3) or (3, 3)
        Rows: v/|v|; n = r x v / |r x v|; v/|v| x n.

    Raises
    ------
    InputError
        When a state has no orbit plane, or for another shape.
    """
    array = states_array(states)
    normal = _unit_angular_momentum(array)
    along = array[..., 3:] / norm(array[..., 3:])[..., None]
    return np.stack([along, normal, cross(along, normal)], axis=-2)
