"""Burns as data: impulses, and finite burns with their flat form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.constants import STANDARD_GRAVITY_M_S2
from sim.core.full_forces import CENTER
from sim.core.full_terms import (
    AXES,
    AXES_ICRF,
    AXES_RTN,
    AXES_VNC,
    BODY,
    BURN_SIZE,
    DIRECTION,
    FLOW,
    START,
    STOP,
    THRUST,
    TURN_AXIS,
    TURN_RATE,
)
from sim.errors import InputError
from sim.spacecraft import Engine
from sim.units import M_PER_KM, RAD_PER_DEG

FloatArray = npt.NDArray[np.float64]

AXES_NAMES = {"icrf": AXES_ICRF, "vnc": AXES_VNC, "rtn": AXES_RTN}
_NORMAL = {"icrf": (0.0, 0.0, 1.0), "vnc": (0.0, 1.0, 0.0), "rtn": (0.0, 0.0, 1.0)}


@dataclass(frozen=True)
class FiniteBurn:
    """A burn at constant thrust and mass flow, along a direction in chosen axes, which may turn at a constant rate.

    Numbers may be one for all rows of a batch or arrays (N,).

    Attributes
    ----------
    start_tdb, stop_tdb : float or array_like (N,)
        Ignition and cut-off, TDB s past J2000.
    engine : Engine
        Thrust and specific impulse.
    axes : str
        ``icrf``; ``vnc`` (velocity, normal, conormal) or ``rtn`` (radial, transverse, normal) about ``body``.
    direction : tuple of float
        In these axes, at ignition; need not have length one.
    body : str
        ``earth`` or ``moon``: whose relative motion spans the axes.
    throttle_fraction : float or array_like (N,)
        Part of the thrust, 0 to 1; the specific impulse stays.
    pitch_rate_deg_s : float or array_like (N,)
        Rate at which the direction turns about ``pitch_axis``.
    pitch_axis : tuple of float, optional
        In the same axes; by default the orbit normal (``vnc``, ``rtn``) or z (``icrf``).

    Raises
    ------
    InputError
        Unknown axes, no direction, cut-off before ignition, throttle outside 0 to 1.
    """

    start_tdb: npt.ArrayLike
    stop_tdb: npt.ArrayLike
    engine: Engine
    axes: str = "vnc"
    direction: tuple[float, float, float] = (1.0, 0.0, 0.0)
    body: str = "earth"
    throttle_fraction: npt.ArrayLike = 1.0
    pitch_rate_deg_s: npt.ArrayLike = 0.0
    pitch_axis: tuple[float, float, float] | None = None

    def __post_init__(self) -> None:
        if self.axes not in AXES_NAMES:
            raise InputError(f"axes of a burn are {self.axes!r}; allowed: {', '.join(AXES_NAMES)}")
        for name, vector in (("direction", self.direction), ("pitch_axis", self.pitch_axis or _NORMAL[self.axes])):
            length = math.hypot(*vector)
            if not (math.isfinite(length) and length > 0.0):
                raise InputError(f"{name} of a burn is {vector!r}; allowed: a vector of length above 0")
        if not np.all(np.asarray(self.stop_tdb, np.float64) >= np.asarray(self.start_tdb, np.float64)):
            raise InputError("a burn stops before it starts, or a time is NaN; allowed: stop_tdb from start_tdb on")
        throttle = np.asarray(self.throttle_fraction, np.float64)
        if not np.all((throttle >= 0.0) & (throttle <= 1.0)):
            raise InputError(f"throttle of a burn is {self.throttle_fraction!r:.60}; allowed: 0 to 1")

    def flat(self, n_rows: int, body_index: int, origin_tdb: float) -> FloatArray:
        """Describe the burn for the compiled core.

        Parameters
        ----------
        n_rows : int
            Rows of the batch.
        body_index : int
            Of ``body`` in the flat model.
        origin_tdb : float
            From where times are counted, TDB s past J2000.

        Returns
        -------
        ndarray (n_rows, BURN_SIZE)

        Raises
        ------
        InputError
            An array has another length than the batch.
        """
        out = np.zeros((n_rows, BURN_SIZE))
        pitch_axis = np.array(self.pitch_axis or _NORMAL[self.axes], dtype=np.float64)
        direction = np.array(self.direction, dtype=np.float64)
        try:
            out[:, THRUST] = self.engine.thrust_n * np.asarray(self.throttle_fraction, np.float64)
            out[:, START] = np.asarray(self.start_tdb, np.float64) - origin_tdb
            out[:, STOP] = np.asarray(self.stop_tdb, np.float64) - origin_tdb
            out[:, TURN_RATE] = np.asarray(self.pitch_rate_deg_s, np.float64) * RAD_PER_DEG
        except ValueError as error:
            raise InputError(f"arrays of a burn must have one value or {n_rows}, one per row ({error})") from error
        out[:, FLOW] = out[:, THRUST] / (self.engine.isp_s * STANDARD_GRAVITY_M_S2)
        out[:, AXES] = AXES_NAMES[self.axes]
        out[:, BODY] = body_index
        out[:, DIRECTION : DIRECTION + 3] = direction / math.hypot(*direction)
        out[:, TURN_AXIS : TURN_AXIS + 3] = pitch_axis / math.hypot(*pitch_axis)
        return out


@dataclass(frozen=True)
class Impulse:
    """A sudden change of velocity, along chosen axes.

    A state at the epoch of an impulse is the one before it, whichever way a row is integrated: an impulse acts on
    rows whose span holds its epoch, the earlier end included, the later one not. Flown backward it is taken back.

    Attributes
    ----------
    epoch_tdb : float or array_like (N,)
        TDB s past J2000; NaN in rows without it.
    dv_m_s : array_like (3,) or (N, 3)
        Along the axes, m/s.
    axes : str
        ``icrf``; ``vnc`` (velocity, normal, conormal) or ``rtn`` (radial, transverse, normal) about ``body``, of the
        state before the impulse.
    body : str
        A body of the model: whose relative motion spans the axes.
    engine : Engine, optional
        For the mass that it takes; without one the mass stays.

    Raises
    ------
    InputError
        Unknown axes, a velocity change of another shape or not finite.
    """

    epoch_tdb: npt.ArrayLike
    dv_m_s: npt.ArrayLike
    axes: str = "icrf"
    body: str = "earth"
    engine: Engine | None = None

    def __post_init__(self) -> None:
        if self.axes not in AXES_NAMES:
            raise InputError(f"axes of an impulse are {self.axes!r}; allowed: {', '.join(AXES_NAMES)}")
        change = np.asarray(self.dv_m_s, np.float64)
        if change.ndim not in (1, 2) or change.shape[-1] != 3 or not np.isfinite(change).all():
            raise InputError(f"dv_m_s of an impulse has the shape {change.shape}; allowed: finite, (3,) or (N, 3)")

    def rows(self, n_rows: int) -> tuple[FloatArray, FloatArray]:
        """Epoch and velocity change of each row.

        Parameters
        ----------
        n_rows : int
            Rows of the batch.

        Returns
        -------
        epoch_tdb : ndarray (n_rows,)
            TDB s past J2000.
        dv_km_s : ndarray (n_rows, 3)
            km/s along the axes.

        Raises
        ------
        InputError
            An array has another length than the batch.
        """
        try:
            epochs = np.broadcast_to(np.asarray(self.epoch_tdb, np.float64), (n_rows,)).copy()
            change = np.broadcast_to(np.asarray(self.dv_m_s, np.float64), (n_rows, 3)) / M_PER_KM
        except ValueError as error:
            raise InputError(f"arrays of an impulse must have one row or {n_rows}, one per row ({error})") from error
        return epochs, change


def flat_burns(burns: Sequence[FiniteBurn], bodies: Sequence[int], n_rows: int) -> FloatArray:
    """Describe the burns of a batch.

    Parameters
    ----------
    burns : sequence of FiniteBurn
        In any order; burns of one row must not overlap.
    bodies : sequence of int
        Index of each burn's body in the flat model.
    n_rows : int
        Rows.

    Returns
    -------
    ndarray (n_rows, K, BURN_SIZE)
        With times in TDB s past J2000.

    Raises
    ------
    InputError
        Overlapping burns.
    """
    if not burns:
        return np.zeros((n_rows, 0, BURN_SIZE))
    flat = [burn.flat(n_rows, body, 0.0) for burn, body in zip(burns, bodies, strict=True)]
    out = np.ascontiguousarray(np.stack(flat, axis=1))
    order = np.argsort(out[:, :, START], axis=1, kind="stable")
    starts = np.take_along_axis(out[:, :, START], order, axis=1)
    stops = np.take_along_axis(out[:, :, STOP], order, axis=1)
    if (starts[:, 1:] < stops[:, :-1]).any():
        row = int(np.flatnonzero((starts[:, 1:] < stops[:, :-1]).any(axis=1))[0])
        raise InputError(f"burns of row {row} overlap; one engine description acts at a time")
    return out


__all__ = ["CENTER", "FiniteBurn", "Impulse", "flat_burns"]
