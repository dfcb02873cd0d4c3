"""What the vectorised propagation calls return."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sim.core.status import STATUS_TEXT, Status

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EventLog:
    """Events recorded on the way of N rows, up to M each.

    Attributes
    ----------
    count : numpy.ndarray (N,) int32
        Events that happened; of more than M the first M were kept.
    event : numpy.ndarray (N, M) int16
        Index in ``events``, in the order in which they happened; -1 where there was none.
    t_tdb : numpy.ndarray (N, M)
        Epochs, TDB s past J2000; NaN where there was none.
    states : numpy.ndarray (N, M, 6)
        km and km/s relative to the model's centre; NaN where there was none.
    unresolved : numpy.ndarray (N,) int32
        Parts of steps in which the search was given up, with all that it costs: there pairs of events may have been
        missed. 0 in all flights seen so far; there is no other limit to the events of a step.
    """

    count: npt.NDArray[np.int32]
    event: npt.NDArray[np.int16]
    t_tdb: FloatArray
    states: FloatArray
    unresolved: npt.NDArray[np.int32]

    @property
    def dropped(self) -> npt.NDArray[np.int32]:
        """Events that happened and were not kept, (N,)."""
        more: npt.NDArray[np.int32] = np.maximum(self.count - np.int32(self.event.shape[1]), np.int32(0))
        return more

    @property
    def overflow(self) -> npt.NDArray[np.bool_]:
        """Rows in which more events happened than were kept, (N,)."""
        more: npt.NDArray[np.bool_] = self.count > self.event.shape[1]
        return more

    def of(self, row: int, event: int) -> FloatArray:
        """Epochs of one event in one row.

        Parameters
        ----------
        row, event : int
            Row, and index in ``events``.

        Returns
        -------
        numpy.ndarray (K,)
            TDB s past J2000.
        """
        epochs: FloatArray = self.t_tdb[row, self.event[row] == event]
        return epochs

    def take_over(self, rows: npt.NDArray[np.intp], later: EventLog) -> None:
        """Add what happened later to some rows, as far as there is room.

        Parameters
        ----------
        rows : numpy.ndarray of int (M,)
            Which.
        later : EventLog
            Of M rows, with as much room.
        """
        room = self.event.shape[1]
        for place in range(room):
            target = self.count[rows] + place
            have = (later.count > place) & (target < room)
            for name in ("event", "t_tdb", "states"):
                getattr(self, name)[rows[have], target[have]] = getattr(later, name)[have, place]
        self.count[rows] += later.count
        self.unresolved[rows] += later.unresolved


@dataclass(frozen=True, eq=False)
class Propagation:
    """Ends of N propagated rows.

    Attributes
    ----------
    states : numpy.ndarray (N, 6)
        Last state, km and km/s, ICRF axes relative to the model's centre. Rows that failed hold the last state that
        was reached, rows with unusable input hold that input.
    t_tdb : numpy.ndarray (N,)
        Epoch of the last state, TDB s past J2000.
    status : numpy.ndarray (N,) int8
        :class:`sim.core.status.Status`.
    stop : numpy.ndarray (N,) int8
        Index of the event in ``stops`` that ended the row; -1 without event. Surfaces of bodies come after ``stops``.
    steps : numpy.ndarray (N,) int32
        Steps made, rejected ones included.
    log : EventLog
        Events recorded on the way.
    mass_kg : numpy.ndarray (N,) or None
        Mass at the last state, where the call knows of masses.
    """

    states: FloatArray
    t_tdb: FloatArray
    status: npt.NDArray[np.int8]
    stop: npt.NDArray[np.int8]
    steps: npt.NDArray[np.int32]
    log: EventLog = field(kw_only=True)
    mass_kg: FloatArray | None = field(default=None, kw_only=True)

    @property
    def ok(self) -> npt.NDArray[np.bool_]:
        """Rows that reached their requested time or one of the requested events."""
        return np.isin(self.status, (Status.OK, Status.EVENT))

    def explain(self, row: int) -> str:
        """Outcome of one row as a sentence.

        Parameters
        ----------
        row : int
            Row.

        Returns
        -------
        str
        """
        return STATUS_TEXT[Status(int(self.status[row]))]


@dataclass(frozen=True, eq=False)
class Trajectories(Propagation):
    """N rows with states at T times each; the inherited ``states`` are those at the last time reached.

    Attributes
    ----------
    path_states : numpy.ndarray (N, T, 6)
        km and km/s; NaN where a row did not get to.
    path_t_tdb : numpy.ndarray (N, T)
        Times asked for.
    path_mass_kg : numpy.ndarray (N, T) or None
        Masses there, where the call knows of masses.
    """

    path_states: FloatArray
    path_t_tdb: FloatArray
    path_mass_kg: FloatArray | None = field(default=None, kw_only=True)


@dataclass(frozen=True, eq=False)
class PropagationWithStm(Propagation):
    """Ends of N propagated rows with their derivatives, all by km, km/s and s; NaN for rows with unusable input.

    Where an event ended a row, its time counts as fixed; rows that failed hold the derivatives of the last state
    reached.

    Attributes
    ----------
    transition_matrix : numpy.ndarray (N, 6, 6)
        Derivative of the last state by the first one, both epochs held.
    states_per_t0_s : numpy.ndarray (N, 6)
        Derivative of the last state by the epoch of the first one, with that state and the last epoch held, per s.
    states_per_t1_s : numpy.ndarray (N, 6)
        Derivative of the last state by its epoch: velocity and acceleration, per s.
    """

    transition_matrix: FloatArray
    states_per_t0_s: FloatArray
    states_per_t1_s: FloatArray
