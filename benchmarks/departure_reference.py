"""Final states of the departures of W1 by an integrator that is not the one measured."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from benchmarks.extended_precision import extended_ends
from benchmarks.heyoka_tools import long_double_ends
from benchmarks.tasks import Task, model
from sim.core.forces import Forces
from sim.propagation import propagate

FloatArray = npt.NDArray[np.float64]


def departure_ends(task: Task, world: Forces, states: FloatArray, t0_tdb: FloatArray) -> tuple[str, FloatArray]:
    """Return final states by an independent integrator, and its name.

    Parameters
    ----------
    task : Task
        Task.
    world : Forces
        Model.
    states : numpy.ndarray (N, 6)
        km, km/s.
    t0_tdb : numpy.ndarray (N,)
        Epochs.

    Returns
    -------
    name : str
        Which reference.
    ends : numpy.ndarray (N, 6)
        heyoka in long double where it is installed, else extrapolation in long double, where the processor has it, else
        perilune's independent DOP853 at 1e-15.
    """
    if np.finfo(np.longdouble).nmant >= 63:
        if find_spec("heyoka") is not None:
            return "heyoka long double 1e-18", long_double_ends(world, states, t0_tdb, task.span_s)
        spans = np.full(len(states), task.span_s)
        return "extrapolation of order 20, long double", extended_ends(world, states, t0_tdb, spans)
    stop = t0_tdb + task.span_s
    ends = propagate(states, t0_tdb, stop, model(), method="dop853", tolerance=1e-15, impacts=False, threads=1)
    return "perilune dop853 1e-15", ends.states
