"""One calling convention for functions of an epoch: number in, number out; array in, array out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Protocol, overload

import numpy as np
from numpy.typing import NDArray

from sim.errors import InputError

FloatArray = NDArray[np.float64]


class ElementwiseFunction(Protocol):
    """A function of seconds that accepts a number or an array of any shape."""

    @overload
    def __call__(self, t: float, /) -> float: ...

    @overload
    def __call__(self, t: FloatArray | Sequence[float], /) -> FloatArray: ...

    def __call__(self, t: Any, /) -> Any:
        """Evaluate at `t`, seconds."""
        ...


def finite_seconds(t: Any) -> FloatArray:
    """Epochs as a float64 array.

    Parameters
    ----------
    t : float or array_like
        Seconds past J2000 in any scale.

    Returns
    -------
    ndarray of float64
        Same shape as `t`.

    Raises
    ------
    InputError
        When `t` is not numeric or holds NaN or an infinity.
    """
    try:
        seconds = np.asarray(t, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"epochs must be seconds past J2000 (numbers), found {t!r:.60}") from error
    bad = ~np.isfinite(seconds)
    if bad.any():
        row = int(np.flatnonzero(bad.ravel())[0])
        raise InputError(f"epoch {row} is {seconds.ravel()[row]}; epochs must be finite seconds past J2000")
    return seconds


def elementwise(function: Callable[[FloatArray], FloatArray]) -> ElementwiseFunction:
    """Let a function of a 1-D float64 array accept numbers and arrays of any shape.

    Parameters
    ----------
    function : callable
        Takes finite seconds ``(N,)`` and returns ``(N,)``.

    Returns
    -------
    callable
        Number in, ``float`` out; array in, array of the same shape out. Raises InputError for non-finite
        epochs.
    """

    @functools.wraps(function)
    def call(t: Any, /) -> Any:
        seconds = finite_seconds(t)
        result = function(seconds.ravel())
        return float(result[0]) if seconds.ndim == 0 else result.reshape(seconds.shape)

    return call
