"""Lunar mission planning: launch windows, transfers and coordinated plans in the full ephemeris model.

The names below are the public interface for scripts; everything is imported on first use, so that ``import sim``
itself costs nothing. Each room has its own docstring: start with :mod:`sim.windows` for launch windows,
:mod:`sim.propagation` for trajectories, :mod:`sim.scenario` for files and :mod:`sim.analysis` for plans.

>>> import sim
>>> mission = sim.load_mission("scenarios/luna_25_flight2023.toml")      # doctest: +SKIP
>>> windows = sim.find_opportunities(mission.window)                     # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sim.dynamics import FiniteBurn as FiniteBurn
    from sim.dynamics import ForceModel as ForceModel
    from sim.dynamics import FullForceModel as FullForceModel
    from sim.dynamics import Impulse as Impulse
    from sim.ephemeris import open_ephemeris as open_ephemeris
    from sim.ephemeris import open_spk as open_spk
    from sim.products import plot_directory as plot_directory
    from sim.products import write_results as write_results
    from sim.products.atlas import plot_windows as plot_windows
    from sim.products.best import best_opportunities as best_opportunities
    from sim.propagation import propagate as propagate
    from sim.propagation import propagate_at as propagate_at
    from sim.propagation import propagate_with_stm as propagate_with_stm
    from sim.scenario import load_mission as load_mission
    from sim.scenario import load_plan as load_plan
    from sim.sites import ground_station as ground_station
    from sim.sites import launch_site as launch_site
    from sim.sites import lunar_site as lunar_site
    from sim.study import compare_plans as compare_plans
    from sim.study import list_windows as list_windows
    from sim.study import run_scenario as run_scenario
    from sim.timescales import tdb_from_utc as tdb_from_utc
    from sim.timescales import utc_from_tdb as utc_from_tdb
    from sim.transfer import solve_direct as solve_direct
    from sim.windows import ArrivalPlane as ArrivalPlane
    from sim.windows import WindowRequest as WindowRequest
    from sim.windows import find_opportunities as find_opportunities
    from sim.windows.circumstances import find_circumstances as find_circumstances
    from sim.windows.limits import Limits as Limits

_HOME = {
    "FiniteBurn": "sim.dynamics",
    "ForceModel": "sim.dynamics",
    "FullForceModel": "sim.dynamics",
    "Impulse": "sim.dynamics",
    "open_ephemeris": "sim.ephemeris",
    "open_spk": "sim.ephemeris",
    "plot_directory": "sim.products",
    "write_results": "sim.products",
    "propagate": "sim.propagation",
    "propagate_at": "sim.propagation",
    "propagate_with_stm": "sim.propagation",
    "load_mission": "sim.scenario",
    "load_plan": "sim.scenario",
    "ground_station": "sim.sites",
    "launch_site": "sim.sites",
    "lunar_site": "sim.sites",
    "compare_plans": "sim.study",
    "run_scenario": "sim.study",
    "tdb_from_utc": "sim.timescales",
    "utc_from_tdb": "sim.timescales",
    "solve_direct": "sim.transfer",
    "ArrivalPlane": "sim.windows",
    "Limits": "sim.windows.limits",
    "best_opportunities": "sim.products.best",
    "find_circumstances": "sim.windows.circumstances",
    "list_windows": "sim.study",
    "plot_windows": "sim.products.atlas",
    "WindowRequest": "sim.windows",
    "find_opportunities": "sim.windows",
}
"""Public name to the room it lives in."""

__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> object:
    """Import a public name on first use."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module 'sim' has no attribute {name!r}")
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
