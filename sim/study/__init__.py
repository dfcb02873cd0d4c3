"""Runs of scenario files: chunks, resume, and the results that products write and draw."""

from __future__ import annotations

from sim.study.grids import Grid, parse_grid
from sim.study.runs import compare_plans, list_windows, missions_by_id, run_scenario
from sim.study.warm import warmup

__all__ = ["Grid", "compare_plans", "list_windows", "missions_by_id", "parse_grid", "run_scenario", "warmup"]
