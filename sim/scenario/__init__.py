"""Scenario files: TOML in, plain numbers out, and every fault at once with file, line, key and what to do.

A *mission* file describes one mission, a *plan* file several missions and their couplings, a *sources* file where
numbers were read. ``scenarios/README.md`` explains every key.

Names are imported when first used: checking a file must not wait for the rooms that compute.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.scenario.checking import AssumedValue, CheckReport, FileCheck, check_files
    from sim.scenario.dates import EPHEMERIS_START_UTC, EPHEMERIS_STOP_UTC, moment_interval_utc
    from sim.scenario.loading import load, load_mission, load_plan
    from sim.scenario.schema import schema_json

_HOMES = {
    "AssumedValue": "checking",
    "CheckReport": "checking",
    "FileCheck": "checking",
    "check_files": "checking",
    "EPHEMERIS_START_UTC": "dates",
    "EPHEMERIS_STOP_UTC": "dates",
    "moment_interval_utc": "dates",
    "load": "loading",
    "load_mission": "loading",
    "load_plan": "loading",
    "schema_json": "schema",
}

__all__ = [
    "EPHEMERIS_START_UTC",
    "EPHEMERIS_STOP_UTC",
    "AssumedValue",
    "CheckReport",
    "FileCheck",
    "check_files",
    "load",
    "load_mission",
    "load_plan",
    "moment_interval_utc",
    "schema_json",
]


def __getattr__(name: str) -> Any:
    """Import the module that holds `name`."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
