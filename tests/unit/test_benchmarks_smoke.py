"""The benchmark's machinery on a few rows: no speed is asserted here."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("benchmarks", reason="the benchmarks are not part of the installed package")

from benchmarks.__main__ import parse
from benchmarks.records import write_records
from benchmarks.registry import TASKS
from benchmarks.runner import Tuned, rate_at_level, run, tune
from benchmarks.series import nodes, power_series, row_series
from benchmarks.tasks import departures, model
from benchmarks.tools import Tool
from benchmarks.verdict import report

KEYS = {"task", "tool", "version", "seed", "rows", "rate_per_s_core", "error_p99_m", "rounds", "machine"}


@pytest.mark.bench
def test_a_run_gives_records_with_speed_and_error(tmp_path: Path):
    tools = ["perilune", "heyoka"] if find_spec("heyoka") else ["perilune"]
    records = run(TASKS["W1"], 5, tools, 16, 2)
    assert [r["tool"] for r in records] == tools
    for record in records:
        assert set(record) >= KEYS
        assert record["error_p99_m"] <= TASKS["W1"].level_m
        assert record["rate_per_s_core"] > 100.0
    path = tmp_path / "speed.jsonl"
    write_records(path, records)
    assert [json.loads(line)["tool"] for line in path.read_text().splitlines()] == tools
    assert "perilune" in report([path])


class Steps:
    """A tool whose error is a hundred times its tolerance and which falls in steps of ten."""

    def prepare(self, tolerance: float) -> None:
        self.error_km = 10.0 ** np.floor(np.log10(tolerance) - 1.0)

    def run(self):
        return np.full((4, 6), self.error_km)


@pytest.mark.parametrize(
    ("ladder", "chosen", "looser"),
    [((0.1, 0.03, 0.01, 1e-3, 1e-4), 1e-3, 0.01), ((1e-4, 1e-5), 1e-4, None), ((0.1, 0.03), 0.03, None)],
)
def test_tuning_finds_the_rungs_on_both_sides_of_the_error(ladder, chosen, looser):
    tool = Tool("numpy", lambda *_: Steps(), ladder)
    found = tune(tool, Steps(), replace(TASKS["W1"], level_m=0.5), np.zeros((4, 6)))
    assert isinstance(found, Tuned) and found.tolerance == chosen
    assert (found.looser and found.looser[0]) == looser


def test_rates_are_interpolated_in_logarithms():
    assert rate_at_level(1.0, (0.1, 100.0), (10.0, 400.0)) == pytest.approx(200.0)
    assert rate_at_level(0.1, (0.1, 100.0), (10.0, 400.0)) == 100.0


def test_inputs_depend_on_the_seed_alone():
    first, again, other = departures(3, 20), departures(3, 20), departures(4, 20)
    assert first[0].tobytes() == again[0].tobytes()
    assert first[1].tobytes() == again[1].tobytes()
    assert not np.array_equal(first[0], other[0])


def test_series_of_the_other_tools_follow_the_table():
    states, t0 = departures(3, 4)
    span = TASKS["W1"].span_s
    forces = model().flat(float(t0.min()), float(t0.max()) + span).forces
    series = row_series(forces, t0, span, 1, (20, 11, 17))[0][:, :60].reshape(4, 20, 3)
    moon = model().source().position_km("moon", "earth", t0 + 0.25 * span)
    powers = (-0.5) ** np.arange(20)
    # Measured: 1e-7 km, the rounding of the epochs.
    assert np.abs((powers[:, np.newaxis] * series).sum(axis=1) - moon).max() < 1e-6
    assert len(states) == 4


def test_power_series_reproduces_a_polynomial():
    x = nodes(12)
    samples = np.stack([1.0 + x**3, x**7 - x, 0.0 * x], axis=1)[np.newaxis]
    found = power_series(samples, 8)[0]
    expected = np.zeros((8, 3))
    expected[0, 0] = expected[3, 0] = expected[7, 1] = 1.0
    expected[1, 1] = -1.0
    assert np.abs(found - expected).max() < 1e-13


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--seed", "-5"], "--seed: found '-5'; allowed: whole numbers from 0"),
        (["run", "--seed", "x"], "--seed: found 'x'; allowed: whole numbers from 0"),
        (["run", "--rounds", "0"], "--rounds: found '0'; allowed: whole numbers from 1"),
        (["instructions", "--rows", "0"], "--rows: found '0'; allowed: whole numbers from 1"),
    ],
)
def test_numbers_that_measure_nothing_are_refused(arguments, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(arguments)
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err
