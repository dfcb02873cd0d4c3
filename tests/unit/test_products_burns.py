"""Burns, limits and daily windows as tables, in the summary and in the report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.analysis.evaluate import evaluate_mission
from sim.analysis.results import RunResults
from sim.products import plot_directory, write_results
from sim.products.atlas import plot_windows
from sim.products.daily import columns, has_daily
from sim.products.tables import read_table
from sim.scenario import load_mission
from sim.windows import find_opportunities

SCENARIOS = Path(__file__).parents[2] / "scenarios"
DAY = 86_400.0


def evaluated(name: str, first_day: float, days: float):
    case = load_mission(SCENARIOS / f"{name}.toml")
    start = case.window.launch_start_tdb + first_day * DAY
    window = replace(case.window, launch_start_tdb=start, launch_stop_tdb=start + days * DAY)
    case = replace(case, window=window)
    return evaluate_mission(case, find_opportunities(window))


@pytest.fixture(scope="module")
def missions():
    return evaluated("change_7_plan2021", 322.0, 4.0), evaluated("luna_26_flight_rules", 22.0, 4.0)


@pytest.fixture(scope="module")
def folder(missions, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("burns")
    results = RunResults(
        kind="mission", scenario=("a.toml",), created_utc="2026-01-01T00:00:00", missions=missions, plans=(),
        comparison=None, contacts=(), timeline=(), assumed=(), sources={}, versions={"perilune": "0"}, data={},
        wall_times_s={}, failures=(),
    )  # fmt: skip
    write_results(results, out)
    return out


def test_insertion_in_three_burns_is_told_burn_by_burn(missions, folder: Path) -> None:
    mission = missions[0]
    burns = mission.mass.insertion
    assert len(burns) == 3
    assert [round(burn.apolune_altitude_km) for burn in burns] == [8600, 1700, 200]
    assert sum(burn.dv_m_s for burn in burns) == pytest.approx(mission.mass.loi_dv_m_s, rel=1e-12)
    assert sum(burn.loss_m_s for burn in burns) == pytest.approx(mission.mass.loi_loss_m_s, rel=1e-12)
    craft = mission.case.spacecraft
    spent = mission.mass.loi_dv_m_s + mission.mass.loi_loss_m_s + mission.case.trim_dv_m_s
    after_trims = craft.delivered_mass_kg(spent)
    assert mission.mass.delivered_mass_kg == pytest.approx(float(after_trims), rel=1e-12)
    told = json.loads((folder / "summary.json").read_text())["missions"][0]["mass"]["insertion"]
    assert [round(burn["apolune_altitude_km"]) for burn in told] == [8600, 1700, 200]
    # In one burn the half hour at 3 kN would lose ten times as much.
    single = replace(mission.case, insertion=replace(mission.case.insertion, burns_n=1, apolune_altitude_km=()))
    lost = evaluate_mission(single, mission.table).mass.loi_loss_m_s
    assert 8.0 < lost / mission.mass.loi_loss_m_s < 14.0


def test_injection_losses_stand_in_table_and_summary(missions, folder: Path) -> None:
    table = read_table(folder / "opportunities_luna_26_flight_rules.csv", ("tli_loss_m_s", "tli_ignition_utc"))
    assert (np.abs(table["tli_loss_m_s"] - 69.0) < 2.0).all()  # as in test_transfer_finite.py
    assert (table["tli_burn_s"] > 600.0).all()
    assert missions[1].mass.tli_loss_m_s == pytest.approx(table["tli_loss_m_s"][missions[1].best], abs=1e-3)


def test_equal_burns_that_leave_the_craft_uncaptured_are_no_plan(missions) -> None:
    from sim.analysis.masses import delivered_mass_kg

    case = missions[0].case
    slow = replace(case, insertion=replace(case.insertion, burns_n=5, apolune_altitude_km=()))
    mass = delivered_mass_kg(slow, np.array([780.0, 1200.0]))
    assert np.isnan(mass[1]) and np.isfinite(mass[0])


def test_limits_are_counted_in_summary_and_report(missions, folder: Path) -> None:
    told = {item["name"]: item for item in json.loads((folder / "summary.json").read_text())["missions"][1]["limits"]}
    refused = missions[1].acceptance.check.refused
    names = missions[1].acceptance.check.names
    assert set(told) == set(names)
    for column, name in enumerate(names):
        assert told[name]["refused_n"] == refused[:, column].sum()
    assert told["loi_stations"]["limit"] == "bear_lakes or ussuriysk or yevpatoria"
    assert sum(item["refused_n"] for item in told.values()) > 0
    plot_directory(folder)
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert "loi stations" in report and "lunar orbit insertion 3 of 3" in report


def test_daily_windows_open_are_cheapest_and_close(missions, folder: Path) -> None:
    assert has_daily(missions[0]) and not has_daily(missions[1])
    table = columns(missions[0])
    written = read_table(folder / "daily_change_7_plan2021.csv", ("open_utc", "close_utc"))
    assert written["open_utc"].tolist() == table["open_utc"].tolist()
    assert len(table["open_utc"]) >= 4
    assert (table["open_utc"] <= table["best_utc"]).all() and (table["best_utc"] <= table["close_utc"]).all()
    assert (table["open_penalty_m_s"] >= 0.0).all() and (table["close_penalty_m_s"] >= 0.0).all()
    assert table["planes_n"].sum() == missions[0].within.sum()
    wide = table["open_inclination_deg"] != table["close_inclination_deg"]
    assert wide.any()
    payload = np.fmax(table["open_payload_penalty_kg"], table["close_payload_penalty_kg"])[wide]
    assert (payload > 50.0).all()  # 28.8 against 21.3 degrees cost 76 kg of 8,200


def test_daily_windows_are_drawn(folder: Path) -> None:
    assert any(path.name == "daily_change_7_plan2021.png" for path in plot_windows(folder))
