"""Every shipped scenario file and script runs, and the main job gives what the README promises."""

from __future__ import annotations

import csv
import json
import math
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.analysis.evaluate import evaluate_mission
from sim.cases import MissionCase, PlanCase
from sim.ephemeris import open_ephemeris
from sim.scenario import load
from sim.timescales import tdb_from_utc
from sim.windows import find_opportunities

ROOT = Path(__file__).parents[2]
SCENARIOS = sorted(path for path in (ROOT / "scenarios").glob("*.toml") if path.name != "sources.toml")
SCRIPTS = sorted((ROOT / "scenarios" / "scripts").glob("*.py"))
SHORT_DAY = 12.0


def perilune(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sim.cli", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) >= 10 and len(SCRIPTS) >= 3


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario_finds_windows_in_its_first_days(path: Path) -> None:
    """The launch period is cut to its first 12 days to keep this lane short; the slow lane runs whole files."""
    case = load(path)
    missions = [entry.announced for entry in case.missions] if isinstance(case, PlanCase) else [case]
    for mission in missions:
        assert isinstance(mission, MissionCase)
        stop = min(mission.window.launch_stop_tdb, mission.window.launch_start_tdb + SHORT_DAY * 86_400.0)
        short = replace(mission.window, launch_stop_tdb=stop, tof_day=mission.window.tof_day[:1])
        table = find_opportunities(short)
        assert len(table) > 0
        assert np.all(table.status == 0)
        assert np.all((table.launch_tdb >= short.launch_start_tdb) & (table.launch_tdb <= stop))
        result = evaluate_mission(replace(mission, window=short), table, ephemeris=open_ephemeris())
        assert result.case.id == mission.id


@pytest.mark.slow
@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_whole_scenario_runs(path: Path, tmp_path: Path) -> None:
    done = perilune("run", str(path), "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").is_file()


@pytest.fixture(scope="session")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compare")
    done = perilune("compare", "scenarios/plan_2024.toml", "scenarios/plan_2026.toml", "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return out


def test_main_job_writes_what_it_says(comparison: Path) -> None:
    summary = json.loads((comparison / "summary.json").read_text())
    assert len(summary["verdict"]) >= 5
    assert any(row["assumed"] for row in summary["verdict"])
    assert {plan["id"] for plan in summary["plans"]} == {"plan_2024", "plan_2026"}
    assert summary["data"]["ephemeris"]["sha256"] == open_ephemeris().sha256
    for mission in summary["missions"]:
        rows = list(csv.DictReader((comparison / f"opportunities_{mission['id']}.csv").open()))
        assert rows
        assert math.isfinite(float(rows[0]["tli_dv_m_s"]))
    assert len(list((comparison / "figures").glob("*.png"))) >= 6
    assert (comparison / "report.html").read_text(encoding="utf-8").count("data:image/png;base64,") >= 6


def test_main_job_numbers_lie_in_published_ranges(comparison: Path) -> None:
    """Impulsive injection 3.12-3.15 km/s from 200 km, insertion 0.78-0.95 km/s into low orbit (published studies)."""
    for path in comparison.glob("opportunities_*.csv"):
        rows = list(csv.DictReader(path.open()))
        tli = np.array([float(row["tli_dv_m_s"]) for row in rows])
        loi = np.array([float(row["loi_dv_m_s"]) for row in rows])
        assert tli.min() > 3110.0 and tli.max() < 3170.0
        assert loi.min() > 760.0 and loi.max() < 960.0


def test_transfer_is_written_as_oem_that_others_read(comparison: Path) -> None:
    from oem import OrbitEphemerisMessage

    for path in comparison.glob("transfer_*.oem"):
        message = OrbitEphemerisMessage.open(path)
        segment = next(iter(message))
        assert len(list(segment.states)) > 100


def test_plot_redraws_from_the_folder_alone(comparison: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in comparison.iterdir():
        if path.is_file() and path.name not in {"report.html", "ledger.sqlite"}:
            shutil.copy(path, copy / path.name)
    done = perilune("plot", str(copy))
    assert done.returncode == 0, done.stderr
    assert (copy / "report.html").is_file()


def test_second_run_resumes_from_the_ledger(comparison: Path) -> None:
    before = (comparison / "opportunities_luna_26_plan2021.csv").read_bytes()
    done = perilune("compare", "scenarios/plan_2024.toml", "scenarios/plan_2026.toml", "--out", str(comparison))
    assert done.returncode == 0, done.stderr
    assert (comparison / "opportunities_luna_26_plan2021.csv").read_bytes() == before
    missions = json.loads((comparison / "summary.json").read_text())["missions"]
    assert missions and all(mission["resumed"] for mission in missions)


def test_luna_25_flight_finds_the_flown_evening() -> None:
    mission = load(ROOT / "scenarios" / "luna_25_flight2023.toml")
    assert isinstance(mission, MissionCase)
    table = find_opportunities(mission.window)
    flown = tdb_from_utc("2023-08-10T23:10:57")
    assert np.abs(table.launch_tdb - flown).min() < 900.0


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
@pytest.mark.slow
def test_script_runs(path: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(path), "--out", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("*.png"))
