"""Rotation matrices, and how a state goes through a rotating frame.

``R_<to>_<from>`` maps components: v_to = R_to_from v_from. Elementary rotations turn the axes, not the vector
(R_z(a) takes the x axis towards y), as in the IERS Conventions. Products are written out term by term: BLAS
would give other last bits for other batch sizes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.errors import InputError

FloatArray = NDArray[np.float64]


def _axis_rotation(angle_rad: ArrayLike, axis: int) -> FloatArray:
    angle = np.asarray(angle_rad, dtype=np.float64)
    cosine, sine = np.cos(angle), np.sin(angle)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    R = np.zeros((*angle.shape, 3, 3))
    R[..., axis, axis] = 1.0
    R[..., first, first] = cosine
    R[..., second, second] = cosine
    R[..., first, second] = sine
    R[..., second, first] = -sine
    return R


def rotation_x(angle_rad: ArrayLike) -> FloatArray:
    """Rotation of the axes about x: ``(..., 3, 3)`` for angles ``(...)`` in rad."""
    return _axis_rotation(angle_rad, 0)


def rotation_y(angle_rad: ArrayLike) -> FloatArray:
    """Rotation of the axes about y: ``(..., 3, 3)`` for angles ``(...)`` in rad."""
    return _axis_rotation(angle_rad, 1)


def rotation_z(angle_rad: ArrayLike) -> FloatArray:
    """Rotation of the axes about z: ``(..., 3, 3)`` for angles ``(...)`` in rad."""
    return _axis_rotation(angle_rad, 2)


def transpose(R: FloatArray) -> FloatArray:
    """Inverse rotation: R_b_a of R_a_b, shape ``(..., 3, 3)``."""
    return np.swapaxes(R, -1, -2)


def compose(R_c_b: FloatArray, R_b_a: FloatArray) -> FloatArray:
    """R_c_a of R_c_b and R_b_a, shapes ``(..., 3, 3)``, broadcast."""
    terms = [R_c_b[..., :, k, None] * R_b_a[..., None, k, :] for k in range(3)]
    return terms[0] + terms[1] + terms[2]


def rotate(R_b_a: FloatArray, vectors: ArrayLike) -> FloatArray:
    """Components in b of vectors in a.

    Parameters
    ----------
    R_b_a : ndarray (..., 3, 3)
    vectors : array_like (..., 3)
        Broadcast against the rotations.

    Returns
    -------
    ndarray (..., 3)
    """
    v = np.asarray(vectors, dtype=np.float64)
    terms = [R_b_a[..., :, k] * v[..., None, k] for k in range(3)]
    return terms[0] + terms[1] + terms[2]


def cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Cross product of vectors ``(..., 3)``."""
    return np.stack(
        [
            a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1],
            a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2],
            a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0],
        ],
        axis=-1,
    )


def dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Scalar product of vectors ``(..., 3)``."""
    return np.asarray(a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2])


def norm(a: FloatArray) -> FloatArray:
    """Length of vectors ``(..., 3)``."""
    return np.sqrt(dot(a, a))


def unit(a: FloatArray) -> FloatArray:
    """Vectors ``(..., 3)`` divided by their length."""
    return np.asarray(a / norm(a)[..., None])


def states_array(states: Any, what: str = "states") -> FloatArray:
    """Check and return states as float64 ``(N, 6)`` or ``(6,)``.

    Parameters
    ----------
    states : array_like
        km and km/s.
    what : str
        Name for messages.

    Returns
    -------
    ndarray
        The checked states.

    Raises
    ------
    InputError
        When the last axis is not 6 or there are more than two axes.
    """
    array = np.asarray(states, dtype=np.float64)
    if array.ndim not in (1, 2) or array.shape[-1] != 6:
        raise InputError(f"{what} must have shape (N, 6) or (6,) in km and km/s, found {array.shape}")
    return array


def state_into_rotating(R_b_a: FloatArray, rate_b: FloatArray, states_a: FloatArray) -> FloatArray:
    """States in a rotating frame b from states in frame a with the same origin.

    Parameters
    ----------
    R_b_a : ndarray (..., 3, 3)
    rate_b : ndarray (..., 3)
        Angular velocity of b relative to a, components in b, rad/s.
    states_a : ndarray (..., 6)
        km and km/s.

    Returns
    -------
    ndarray (..., 6)
        Position and velocity as seen in b: v_b = R v_a - w x r_b.
    """
    r = rotate(R_b_a, states_a[..., :3])
    v = rotate(R_b_a, states_a[..., 3:]) - cross(np.broadcast_to(rate_b, r.shape), r)
    return np.concatenate([r, v], axis=-1)


def state_out_of_rotating(R_b_a: FloatArray, rate_b: FloatArray, states_b: FloatArray) -> FloatArray:
    """Inverse of :func:`state_into_rotating`: states in a from states seen in the rotating frame b."""
    R_a_b = transpose(R_b_a)
    r, v = states_b[..., :3], states_b[..., 3:]
    v_fixed = v + cross(np.broadcast_to(rate_b, r.shape), r)
    return np.concatenate([rotate(R_a_b, r), rotate(R_a_b, v_fixed)], axis=-1)
