"""All tasks of ``python -m benchmarks``: each module of tasks adds its own here."""

from __future__ import annotations

from typing import Final

from benchmarks.departure_reference import departure_ends
from benchmarks.events_task import EVENT_TASKS
from benchmarks.low_orbit_peers import with_peers
from benchmarks.low_orbit_task import TASKS as LOW_ORBITS
from benchmarks.stm_task import W3_TASKS
from benchmarks.tasks import Task, departures, forces
from benchmarks.tools import W1_TOOLS
from sim.constants import SECONDS_PER_DAY


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
