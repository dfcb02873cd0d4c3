"""All tasks of ``python -m benchmarks``: each module of tasks adds its own here."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.events_task import EVENT_TASKS
from benchmarks.extended_precision import extended_ends
from benchmarks.heyoka_tools import long_double_ends
from benchmarks.low_orbit_peers import with_peers
from benchmarks.low_orbit_task import TASKS as LOW_ORBITS
from benchmarks.stm_task import W3_TASKS
from benchmarks.tasks import Task, departures, forces, model
from benchmarks.tools import W1_TOOLS
from sim.constants import SECONDS_PER_DAY
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


def departure_task(name: str, what: str, level_m: float) -> Task:
    """Make the task of five days past the Moon.

    Parameters
    ----------
    name, what : str
        Name, and what it is.
    level_m : float
        Error asked for.

    Returns
    -------
    Task
    """
    return Task(name, what, level_m, 5.0 * SECONDS_PER_DAY, departures, forces, departure_ends, W1_TOOLS)


TASKS: Final = {
    "W1": departure_task("W1", "5 days past the Moon, 1 m", 1.0),
    "W1-1mm": departure_task("W1-1mm", "5 days past the Moon, 1 mm", 1e-3),
    **with_peers(LOW_ORBITS),
    **W3_TASKS,
    **EVENT_TASKS,
}
