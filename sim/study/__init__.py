"""Runs of scenario files: chunks, resume, and the results that products write and draw."""

from __future__ import annotations

from sim.study.runs import compare_plans, list_windows, missions_by_id, run_scenario
from sim.study.warm import warmup

__all__ = ["compare_plans", "list_windows", "missions_by_id", "run_scenario", "warmup"]
