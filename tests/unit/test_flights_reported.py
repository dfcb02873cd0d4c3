"""Flights of other kinds from the scenario file to the report, and dates known only to a year."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from sim.analysis.flown import span_text
from sim.analysis.milestones import SPAN_LAUNCHES, mission_dates
from sim.analysis.timeline import event_timeline, turned_out_timeline
from sim.products import plot_directory, write_results
from sim.scenario import load_plan
from sim.study import run_scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def short_copy(name: str, folder: Path, **periods: tuple[str, str]) -> Path:
    """Copy of a scenario with other periods, beside a copy of the sources."""
    text = (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8")
    for old, new in periods.values():
        assert old in text
        text = text.replace(old, new)
    (folder / "sources.toml").write_text((SCENARIOS / "sources.toml").read_text(encoding="utf-8"), encoding="utf-8")
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def report_of(path: Path, out: Path) -> tuple[dict, str, list[Path]]:
    write_results(run_scenario(path, out), out)
    pictures = plot_directory(out)
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    return summary, (out / "report.html").read_text(encoding="utf-8"), pictures


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as stream:
        return list(csv.DictReader(line for line in stream if not line.startswith("#")))


def test_luna_2_is_reported_beside_its_flight(tmp_path: Path) -> None:
    path = short_copy(
        "luna_2_flight1959",
        tmp_path,
        start=("1959-09-01T00:00:00", "1959-09-11T00:00:00"),
        stop=("1959-10-01T00:00:00", "1959-09-14T00:00:00"),
    )
    summary, page, pictures = report_of(path, tmp_path / "out")
    (mission,) = summary["missions"]
    assert (mission["start"], mission["end"]) == ("direct_ascent", "impact")
    assert mission["loi_dv_m_s"] is None and mission["tli_dv_m_s"] is None
    assert mission["delivered_mass_kg"]["low"] == mission["delivered_mass_kg"]["high"] == 390.2
    quantities = [check["quantity"] for check in mission["checks"]]
    assert quantities == ["Lift-off", "Impact", "Lift-off to arrival", "Speed after injection", "Speed at impact"]
    assert "Beside the flight" in page and "+6.2 min" in page
    # the flight itself is drawn, not the day of least energy
    assert mission["best"]["launch_utc"].startswith("1959-09-12T06:4")
    table = rows(tmp_path / "out" / "opportunities_luna_2_flight1959.csv")
    assert {row["family"] for row in table} == {"impact-descending-northeast"}
    assert all(3.2 < float(row["arrival_speed_km_s"]) < 3.4 for row in table)
    assert all(0.0 < float(row["climb_angle_deg"]) <= 20.0 for row in table)
    assert {picture.stem for picture in pictures} >= {"transfer_luna_2_flight1959", "windows_luna_2_flight1959"}


def test_change_5_comes_home_in_its_report(tmp_path: Path) -> None:
    path = short_copy(
        "change_5_flight2020",
        tmp_path,
        start=("2020-11-20T00:00:00", "2020-11-23T00:00:00"),
        stop=("2020-11-30T00:00:00", "2020-11-25T00:00:00"),
        leave=("2020-12-06T00:00:00", "2020-12-12T20:00:00"),
        latest=("2020-12-18T00:00:00", "2020-12-13T06:00:00"),
    )
    summary, page, pictures = report_of(path, tmp_path / "out")
    (mission,) = summary["missions"]
    home = mission["sample_return"]
    table = rows(tmp_path / "out" / "returns_change_5_flight2020.csv")
    assert len(table) == home["returns_n"] > 10
    assert home["nominal"]["landing_utc"].startswith("2020-12-16T1")
    costs = [float(row["return_dv_m_s"]) for row in table]
    assert home["return_dv_m_s"]["low"] == pytest.approx(min(costs), abs=1e-3)
    assert home["best"]["return_dv_m_s"] == pytest.approx(min(costs), abs=1e-3)
    way = rows(tmp_path / "out" / "return_trajectory_change_5_flight2020.csv")
    assert float(np.hypot(float(way[-1]["x_km"]), float(way[-1]["y_km"]))) < 6500.0
    assert mission["checks"][-1]["quantity"] == "Injection to landing"
    assert "Ascent, docking, return" in page and "Siziwang Banner" in page
    assert "return_change_5_flight2020" in {picture.stem for picture in pictures}


def test_station_says_how_its_windows_recur(tmp_path: Path) -> None:
    path = short_copy("departure_iss", tmp_path, stop=("2024-07-01T00:00:00", "2024-03-01T00:00:00"))
    summary, page, _ = report_of(path, tmp_path / "out")
    (mission,) = summary["missions"]
    assert mission["start"] == "orbit" and mission["site_name"] == "International Space Station"
    assert mission["remark"].startswith("Windows recur after") and mission["remark"] in page
    assert mission["checks"] == []
    table = rows(tmp_path / "out" / "opportunities_departure_iss.csv")
    assert {row["family"].split("-")[2] for row in table} == {"orbit"}
    assert {row["azimuth_deg"] for row in table} == {""}


def test_a_year_stays_a_year() -> None:
    plan = load_plan(SCENARIOS / "plan_2024.toml")
    entry = plan.missions[0]
    first, last = entry.launch_span_tdb
    assert entry.turned_out_text == "2028"
    assert last - first == pytest.approx(366 * 86_400.0 - 1.0)
    assert entry.turned_out_launch_tdb == pytest.approx(0.5 * (first + last), abs=1.0)
    result = type("Result", (), {})()
    result.case, result.table = entry.announced, ()
    result.within = np.zeros(0, dtype=bool)
    bars = list(turned_out_timeline(result, entry, plan.id))
    assert [bar.label for bar in bars] == ["turned out, launch period", "turned out"]
    assert bars[0].start_utc[:10] == "2028-01-01" and bars[0].stop_utc[:10] == "2028-12-31"


def test_what_follows_from_a_year_is_a_range(tmp_path: Path) -> None:
    from sim.analysis.evaluate import evaluate_mission
    from sim.windows import empty_table

    entry = load_plan(SCENARIOS / "plan_2024.toml").missions[0]
    case = entry.announced
    result = evaluate_mission(case, empty_table(case.id, "vostochny"))
    dates = mission_dates(result, entry).turned_out
    assert dates is not None and len(dates) == SPAN_LAUNCHES
    assert float(np.ptp(dates.launch_tdb)) == pytest.approx(366 * 86_400.0 - 1.0)


def test_events_have_two_dates() -> None:
    plan = load_plan(SCENARIOS / "plan_artemis.toml")
    event = next(each for each in plan.events if each.id == "artemis_3")
    bars = list(event_timeline(event, plan.id))
    assert [(bar.label, bar.start_utc[:4], bar.status) for bar in bars] == [
        ("announced date", "2024", "assumed"),
        ("turned out, date", "2027", "replanned"),
    ]
    undated = next(each for each in plan.events if each.id == "artemis_4")
    assert [bar.label for bar in event_timeline(undated, plan.id)] == ["turned out, date"]


@pytest.mark.parametrize(
    ("span_s", "words"), [(12.4, "+12 s"), (-372.0, "-6.2 min"), (86_400.0, "+24.0 h"), (0.0, "+0 s")]
)
def test_differences_in_words(span_s: float, words: str) -> None:
    assert span_text(span_s) == words
