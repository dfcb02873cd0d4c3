"""Flights with impulses: legs from one impulse to the next, each row over its own.

A row's legs depend on nothing but the row, so that its bits do not depend on the other rows either.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from sim.core.status import Status
from sim.dynamics import Impulse
from sim.frames import R_rtn_icrf, R_vnc_icrf
from sim.frames.rotations import cross
from sim.propagation.batch import empty_results
from sim.propagation.chain import Chain, change_per_state
from sim.propagation.results import Propagation, PropagationWithStm, Trajectories
from sim.propagation.rows import AnyModel, usable_rows

FloatArray = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

Flight = Callable[[Rows, FloatArray, FloatArray, FloatArray, FloatArray | None], Propagation]
"""Rows of the batch, their states (M, 6), epochs (M,), epochs wanted (M, T) and masses (M,) to their results."""

UNDO_TURNS = 200
UNDONE_SHARE = 1e-14
"""Of the velocity, by which it still changes when an impulse counts as taken back."""


class _Plan:
    """Impulses of every row in the order in which it meets them."""

    def __init__(
        self, impulses: Sequence[Impulse], model: AnyModel, t0: FloatArray, t1: FloatArray, n_rows: int
    ) -> None:
        rows = [impulse.rows(n_rows) for impulse in impulses]
        epochs = np.stack([one[0] for one in rows], axis=1)
        self.impulses = impulses
        self.changes = np.stack([one[1] for one in rows], axis=1)
        self.back = t1 < t0
        low, high = np.minimum(t0, t1)[:, np.newaxis], np.maximum(t0, t1)[:, np.newaxis]
        acts = (epochs >= low) & (epochs < high) & usable_rows(model, t0, t1)[:, np.newaxis]
        # Backward the last of several at one epoch comes first.
        forward = np.arange(len(impulses), dtype=np.float64)
        along = np.where(self.back[:, np.newaxis], -epochs, epochs)
        rank = np.where(self.back[:, np.newaxis], -forward, forward)
        self.order = np.lexsort((rank, np.where(acts, along, np.inf)), axis=1)
        self.epochs = np.take_along_axis(epochs, self.order, axis=1)
        self.count = acts.sum(axis=1)


def fly_legs(
    fly: Flight, impulses: Sequence[Impulse], model: AnyModel, states: FloatArray, t0_tdb: FloatArray,
    times_tdb: FloatArray, mass_kg: FloatArray | None, path: bool, room: int,
) -> Propagation:  # fmt: skip
    """Fly rows from impulse to impulse.

    Parameters
    ----------
    fly : callable
        Flies rows without impulses.
    impulses : sequence of Impulse
        At least one, in any order.
    model : ForceModel or FullForceModel
        Whose bodies and ephemeris.
    states, t0_tdb : numpy.ndarray (N, 6), (N,)
        States about the model's anchor, and their epochs.
    times_tdb : numpy.ndarray (N, T)
        Epochs wanted.
    mass_kg : numpy.ndarray (N,) or None
        Masses, kg.
    path : bool
        Whether the states at all epochs are wanted; otherwise those at the last.
    room : int
        Events kept of each row.

    Returns
    -------
    Propagation, Trajectories or PropagationWithStm
        The last where `fly` returns such, with the derivatives of the whole flight.
    """
    final = times_tdb[:, -1]
    plan = _Plan(impulses, model, t0_tdb, final, len(states))
    ends = empty_results(states, t0_tdb, room)
    seen = np.full((*times_tdb.shape, 6), np.nan)
    masses = None if mass_kg is None else np.full(times_tdb.shape, np.nan)
    kg = None if mass_kg is None else mass_kg.copy()
    chain: Chain | None = None
    for leg in range(len(impulses) + 1):
        rows = np.flatnonzero((plan.count >= leg) & (ends.status == Status.OK))
        if not rows.size:
            break
        begin = ends.t_tdb[rows]
        ending = plan.count[rows] == leg
        goal = final[rows] if leg == len(impulses) else np.where(ending, final[rows], plan.epochs[rows, leg])
        wanted = _between(times_tdb[rows], begin, goal) if path else goal[:, np.newaxis]
        found = fly(rows, ends.states[rows], begin, wanted, None if kg is None else kg[rows])
        if isinstance(found, Trajectories) and path:
            # The state at an impulse is the one before it: backward that of the next leg.
            skip = np.where(plan.back[rows], np.where(ending, np.nan, goal), begin if leg else np.nan)
            _keep_path(found, rows, times_tdb, skip, seen, masses)
        _keep_ends(found, rows, ends, kg)
        if isinstance(found, PropagationWithStm):
            chain = Chain(len(states)) if chain is None else chain
            chain.add(rows, found)
        turn = rows[~ending & (found.status == Status.OK)]
        if turn.size:
            ends.status[turn] = _impulses(plan, turn, leg, model, ends.states, ends.t_tdb, kg, chain)
    result = (ends.states, ends.t_tdb, ends.status, ends.stop, ends.steps)
    if chain is not None:
        return PropagationWithStm(*result, chain.matrix, chain.by_epoch, chain.by_end, log=ends.log, mass_kg=kg)
    if path:
        return Trajectories(*result, seen, times_tdb, log=ends.log, mass_kg=kg, path_mass_kg=masses)
    return Propagation(*result, log=ends.log, mass_kg=kg)


def _between(times: FloatArray, begin: FloatArray, goal: FloatArray) -> FloatArray:
    """Epochs cut to a leg, its end last."""
    low, high = np.minimum(begin, goal)[:, np.newaxis], np.maximum(begin, goal)[:, np.newaxis]
    return np.ascontiguousarray(np.concatenate((np.clip(times, low, high), goal[:, np.newaxis]), axis=1))


def _keep_path(
    found: Trajectories, rows: Rows, times: FloatArray, skip: FloatArray, states: FloatArray, masses: FloatArray | None
) -> None:
    """Take over the states at the epochs inside the leg, but for one epoch of each row."""
    inside = (found.path_t_tdb[:, :-1] == times[rows]) & (times[rows] != skip[:, np.newaxis])
    row, place = np.nonzero(inside)
    states[rows[row], place] = found.path_states[row, place]
    if masses is not None and found.path_mass_kg is not None:
        masses[rows[row], place] = found.path_mass_kg[row, place]


def _keep_ends(found: Propagation, rows: Rows, ends: Propagation, kg: FloatArray | None) -> None:
    for name in ("states", "t_tdb", "status", "stop"):
        getattr(ends, name)[rows] = getattr(found, name)
    ends.steps[rows] += found.steps
    if kg is not None and found.mass_kg is not None:
        kg[rows] = found.mass_kg
    ends.log.take_over(rows, found.log)


def _impulses(
    plan: _Plan, rows: Rows, leg: int, model: AnyModel, states: FloatArray, t: FloatArray,
    kg: FloatArray | None, chain: Chain | None,
) -> npt.NDArray[np.int8]:  # fmt: skip
    """Change the velocities (masses, derivatives) of rows at the end of a leg, in place; return their statuses."""
    status = np.zeros(rows.size, np.int8)
    for k, impulse in enumerate(plan.impulses):
        here = plan.order[rows, leg] == k
        if not here.any():
            continue
        own = rows[here]
        change = plan.changes[own, k]
        body = states[own] - model.source().state(impulse.body, model.anchor, t[own])
        back = plan.back[own]
        total, solved = _change(impulse.axes, body, change, back)
        signed = np.where(back[:, np.newaxis], -total, total)
        states[own, 3:] += signed
        if chain is not None and impulse.axes != "icrf":
            # The axes are those before the impulse.
            body[:, 3:] += np.where(back[:, np.newaxis], signed, 0.0)
            chain.turn(own, change_per_state(impulse.axes, body, change), back)
        status[here] = np.where(solved, Status.OK, Status.NO_SOLUTION)
        if kg is not None and impulse.engine is not None:
            spent = 1e3 * np.sqrt((change * change).sum(axis=1)) / impulse.engine.exhaust_velocity_m_s
            kg[own] *= np.exp(np.where(back, spent, -spent))
    return status


def _change(
    axes: str, states: FloatArray, change: FloatArray, back: npt.NDArray[np.bool_]
) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Velocity change in the ICRF, and whether it was found.

    The axes are those of the state before the impulse, which backward is not known yet: there they are found by
    iteration, which converges where the change is smaller than the velocity.
    """
    solved = np.ones(len(states), np.bool_)
    if axes == "icrf":
        return change, solved
    turned = _turned(axes, states, change)
    if not back.any():
        return turned, np.asarray(np.isfinite(turned).all(axis=1))
    speed = np.sqrt((states[:, 3:] * states[:, 3:]).sum(axis=1))
    total = turned.copy()
    open_rows = back & np.isfinite(turned).all(axis=1)
    for _ in range(UNDO_TURNS):
        if not open_rows.any():
            break
        earlier = states[open_rows].copy()
        earlier[:, 3:] -= total[open_rows]
        better = _turned(axes, earlier, change[open_rows])
        moved = better - total[open_rows]
        total[open_rows] = better
        still = np.sqrt((moved * moved).sum(axis=1)) > UNDONE_SHARE * speed[open_rows]  # not so for NaN
        open_rows[np.flatnonzero(open_rows)[~still]] = False
    return total, np.asarray(np.isfinite(total).all(axis=1) & ~open_rows)


def _turned(axes: str, states: FloatArray, change: FloatArray) -> FloatArray:
    """Change along the axes of N states, in the ICRF; NaN where a state has no orbit plane."""
    r, v = states[:, :3], states[:, 3:]
    h = cross(r, v)
    size = (r * r).sum(axis=1) * (v * v).sum(axis=1)
    planar = (h * h).sum(axis=1) > 1e-27 * size
    out = np.full(change.shape, np.nan)
    if planar.any():
        R = (R_vnc_icrf if axes == "vnc" else R_rtn_icrf)(states[planar])
        own = change[planar]
        # v_icrf = R^T v_axes, summed in a fixed order.
        out[planar] = R[:, 0] * own[:, :1] + R[:, 1] * own[:, 1:2] + R[:, 2] * own[:, 2:]
    return out
