"""Scenario files: TOML in, plain numbers out, and every fault at once with file, line, key and what to do.

A *mission* file describes one mission, a *plan* file several missions and their couplings, a *sources* file where
numbers were read. ``scenarios/README.md`` explains every key.
"""

from __future__ import annotations

from sim.scenario.checking import CheckReport, FileCheck, check_files
from sim.scenario.dates import EPHEMERIS_START_UTC, EPHEMERIS_STOP_UTC, moment_interval_utc
from sim.scenario.loading import load, load_mission, load_plan
from sim.scenario.schema import schema_json

__all__ = [
    "EPHEMERIS_START_UTC",
    "EPHEMERIS_STOP_UTC",
    "CheckReport",
    "FileCheck",
    "check_files",
    "load",
    "load_mission",
    "load_plan",
    "moment_interval_utc",
    "schema_json",
]
