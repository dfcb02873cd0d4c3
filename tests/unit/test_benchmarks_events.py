"""Task W1-events on a few rows: the same flights with and without events. No speed is asserted here."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not part of the installed package")

from benchmarks.__main__ import usual_tools
from benchmarks.events_task import EVENTS, TOOLS, event_details
from benchmarks.registry import TASKS
from benchmarks.runner import run
from benchmarks.verdict import KEYS


@pytest.mark.bench
def test_both_tools_fly_alike_and_events_are_counted():
    task = TASKS["W1-events"]
    names = usual_tools("W1-events").split(",")
    assert names == list(TOOLS)
    watched, plain = run(task, 5, names, 24, 1)
    assert watched["tolerance"] == plain["tolerance"]
    assert watched["error_p99_m"] == plain["error_p99_m"] <= task.level_m
    assert watched["events_per_row"] > 4.0
    # Measured: 0.016 ms over 1,000 flights at this level.
    assert 0.0 < watched["event_error_p99_ms"] < 1.0
    assert watched["rows_with_other_events"] <= 1.0
    assert set(watched) <= set(KEYS)
    assert "events_per_row" not in plain


def test_other_events_are_told():
    reference = np.zeros((2, 6 + 32))
    reference[:, 6:22] = -1.0
    reference[:, 22:] = np.nan
    reference[:, 6], reference[:, 22] = len(EVENTS) - 1, 100.0
    found = reference.copy()
    found[0, 22] += 2e-3
    found[1, 6] = 0.0
    details = event_details(found, reference)
    assert details["rows_with_other_events"] == 1.0
    assert details["event_error_p99_ms"] == pytest.approx(2.0)
    assert details["events_per_row"] == 1.0
