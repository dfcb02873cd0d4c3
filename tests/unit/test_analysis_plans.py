"""Calendars, masses, light, couplings, joint windows and verdicts, on small tables whose answers are known."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from sim.analysis.assumptions import all_assumed, assumed_keys
from sim.analysis.calendar import calendar, launch_days, next_opportunity
from sim.analysis.couplings import coupling_days, coupling_holds, coupling_state
from sim.analysis.evaluate import best_row, evaluate_mission, nearest_row, own_contacts
from sim.analysis.lighting import lit, season_text
from sim.analysis.milestones import every_day, milestones_at, survey_phase
from sim.analysis.plans import evaluate_plan
from sim.analysis.service import relay_phase
from sim.analysis.timeline import mission_timeline, turned_out_timeline
from sim.analysis.verdict import EvaluatedPlan, compare
from sim.cases import Coupling, LandingCase, MissionCase, OrbitPhase, PlanCase, PlanMission, SourcedNumber
from sim.sites import launch_site
from sim.spacecraft import Engine, Spacecraft
from sim.timescales import tdb_from_utc, utc_from_tdb
from sim.windows import WindowRequest, empty_table
from sim.windows.table import OpportunityTable

DAY = 86400.0
SURVEY = OrbitPhase("survey", 60.0, 80.0, 90.0, None, 10.0, 355.0)
RELAY = OrbitPhase("relay", 300.0, 8600.0, 54.8, 90.0, 365.0, 100.0)
POLE = LandingCase("shackleton", "Shackleton rim", -88.8, 123.4, 60.0, 0.3, 3.0)
LANDER_PHASE = OrbitPhase("orbiter", 200.0, 200.0, 90.0, None, 0.0, 60.0)


def utc(text: str) -> float:
    return float(tdb_from_utc(text))


def table_of(launches: list[str], loi: list[float], *, sun: list[float] | None = None) -> OpportunityTable:
    """Build a table of five-day transfers; what no test reads stays zero."""
    count = len(launches)
    empty = empty_table("m", "vostochny")
    values = {}
    for field in fields(empty):
        old = getattr(empty, field.name)
        values[field.name] = np.zeros((count, *old.shape[1:]), old.dtype) if isinstance(old, np.ndarray) else old
    values["launch_tdb"] = np.array([utc(text) for text in launches])
    values["tli_tdb"] = values["launch_tdb"] + 1800.0
    values["tof_day"] = np.full(count, 5.0)
    values["perilune_tdb"] = values["tli_tdb"] + 5.0 * DAY
    values["loi_dv_m_s"] = np.array(loi)
    values["sun_elevation_deg"] = np.full(count, np.nan) if sun is None else np.array(sun)
    return OpportunityTable(**values)


def case_of(
    name: str, start: str, stop: str, *, phases=(SURVEY,), landing=None, nominal=None, lifetime_day=700.0
) -> MissionCase:
    request = WindowRequest(
        mission_id=name,
        site=launch_site("vostochny"),
        launch_start_tdb=utc(start),
        launch_stop_tdb=utc(stop),
        inclination_deg=(51.8,),
        parking_altitude_km=200.0,
        tof_day=(5.0,),
        perilune_altitude_km=100.0,
        apolune_altitude_km=100.0,
    )
    return MissionCase(
        id=name,
        name=name.title(),
        agency="",
        kind="orbiter",
        description="",
        window=request,
        spacecraft=Spacecraft(2000.0, 1200.0, (Engine(5000.0, 310.0),)),
        launcher_name="",
        upper_stage=None,
        upper_stage_burnout_kg=None,
        tli_capability_kg=2100.0,
        trim_dv_m_s=60.0,
        phases=phases,
        landing=landing,
        lifetime_day=lifetime_day,
        nominal_launch_tdb=None if nominal is None else utc(nominal),
        numbers=(
            SourcedNumber("spacecraft.dry_mass_kg", "1200", "assumed", (), "nobody says"),
            SourcedNumber("spacecraft.launch_mass_kg", "2000", "planned_2021", ("S1",)),
            SourcedNumber("operations[1].inclination_deg", "90", "assumed", (), "polar"),
            SourcedNumber("operations[11].inclination_deg", "90", "assumed", (), "another phase"),
        ),
        sources={"S1": "a source"},
    )


LAUNCHES = ["2024-11-03T23:59:59.5", "2024-11-04T00:00:00.5", "2024-11-04T20:00:00", "2024-11-20T12:00:00"]


def test_calendar_counts_utc_days():
    table = table_of(LAUNCHES, [900.0, 850.0, 820.0, 830.0])
    found = calendar(table, np.array([True, True, True, True]), utc("2024-10-31T12:00:00"), utc("2024-12-01T00:00:00"))
    assert found.days == ("2024-11-03", "2024-11-04", "2024-11-20")
    assert found.months == ("2024-10", "2024-11")
    assert found.days_in_month == (1, 30)
    assert found.launch_days == (0, 3)
    assert found.day_count == 31
    assert found.opportunity_count == 4
    assert (found.longest_gap_day, found.longest_gap_start_utc) == (15, "2024-11-05")
    assert found.fraction == pytest.approx(3 / 31)


def test_calendar_without_opportunity_is_one_gap():
    found = calendar(table_of([], []), np.zeros(0, bool), utc("2024-11-01T00:00:00"), utc("2024-12-01T00:00:00"))
    assert found.days == ()
    assert found.longest_gap_day == 30
    assert found.fraction == 0.0


def test_best_of_a_day_and_next_after_a_date():
    table = table_of(LAUNCHES, [900.0, 850.0, 820.0, 830.0])
    within = np.array([True, True, True, False])
    days = launch_days(table, within)
    assert days.row.tolist() == [0, 2]
    assert next_opportunity(table, within, utc("2024-11-04T00:00:01")) == 2
    assert next_opportunity(table, within, utc("2024-11-05T00:00:00")) is None


def test_light_limits_best_row_and_season():
    table = table_of(LAUNCHES, [900.0, 850.0, 820.0, 830.0], sun=[1.0, 0.3, 5.0, math.nan])
    case = case_of("lander", "2024-11-01T00:00:00", "2024-12-01T00:00:00", landing=POLE)
    assert lit(POLE, table).tolist() == [True, True, False, False]
    assert best_row(case, table) == 1
    result = evaluate_mission(case, table)
    assert result.within.tolist() == [True, True, False, False]
    assert result.lighting.fraction_within == 0.5
    assert (result.lighting.sun_elevation_low_deg, result.lighting.sun_elevation_high_deg) == (0.3, 5.0)
    # early January 2025: southern summer on the Moon, 2024-09-28 to 2025-03-17
    assert result.lighting.season == "summer in the south"
    assert -1.6 < result.lighting.sub_solar_latitude_deg < -0.5
    assert season_text(69.0, -1.0) == "winter in the north"
    assert season_text(-69.0, 0.05) == "equinox in the south"


def test_masses_follow_the_rocket_equation_and_name_what_is_assumed():
    table = table_of(LAUNCHES, [900.0, 850.0, 820.0, 830.0])
    case = case_of("orbiter", "2024-11-01T00:00:00", "2024-12-01T00:00:00")
    mass = evaluate_mission(case, table).mass
    speed = 310.0 * 9.80665
    burn_s = 2000.0 * (1.0 - math.exp(-820.0 / speed)) / (5000.0 / speed)
    loss = 4902.80011845755 / 1837.4**3 * burn_s**2 * 820.0 / 24.0
    assert mass.loi_loss_m_s == pytest.approx(loss, rel=1e-12)
    delivered = 2000.0 * math.exp(-(820.0 + loss + 60.0) / speed)
    assert mass.delivered_mass_kg == pytest.approx(delivered, rel=1e-12)
    assert mass.margin_kg == pytest.approx(delivered - 1200.0, rel=1e-12)
    assert mass.propellant_kg == pytest.approx(2000.0 - delivered, rel=1e-12)
    assert mass.delivered_mass_low_kg < mass.delivered_mass_kg
    assert mass.launcher_margin_kg == 100.0
    assert mass.assumed == ("orbiter:spacecraft.dry_mass_kg",)


def test_a_mission_without_opportunity_has_no_numbers():
    result = evaluate_mission(
        case_of("lander", "2024-11-01T00:00:00", "2024-12-01T00:00:00", landing=POLE), table_of([], [])
    )
    assert result.best is None
    assert result.nominal is None
    assert result.mass.delivered_mass_kg is None
    assert result.mass.margin_kg is None
    assert result.lighting.sun_elevation_best_deg is None
    assert result.lighting.fraction_within == 0.0


def test_nearest_row_to_a_published_launch():
    case = case_of("m", "2024-11-01T00:00:00", "2024-12-01T00:00:00", nominal="2024-11-04T19:00:00")
    table = table_of(LAUNCHES, [1.0, 1.0, 1.0, 1.0])
    assert nearest_row(case, table) == 2
    assert nearest_row(replace(case, nominal_launch_tdb=utc("2024-11-10T00:00:00")), table) is None
    assert nearest_row(replace(case, nominal_launch_tdb=None), table) is None


def test_assumed_keys_match_whole_keys_only():
    numbers = case_of("m", "2024-11-01T00:00:00", "2024-12-01T00:00:00").numbers
    assert assumed_keys("m", numbers, ("operations[1]",)) == ("m:operations[1].inclination_deg",)
    assert assumed_keys("m", numbers, ("spacecraft.dry",)) == ()
    assert assumed_keys("m", numbers, ("spacecraft",)) == ("m:spacecraft.dry_mass_kg",)


def test_phases_are_chosen_by_name_then_by_length():
    case = case_of("m", "2024-11-01T00:00:00", "2024-12-01T00:00:00", phases=(LANDER_PHASE, SURVEY, RELAY))
    assert survey_phase(case) is SURVEY
    assert relay_phase(case) is RELAY
    assert relay_phase(replace(case, phases=(LANDER_PHASE, SURVEY))) is SURVEY
    assert relay_phase(replace(case, phases=())) is None
    assert survey_phase(replace(case, phases=(LANDER_PHASE,))) is LANDER_PHASE


ORBITER = case_of("orbiter", "2024-11-01T00:00:00", "2024-12-01T00:00:00")
LANDER = case_of("lander", "2024-11-10T00:00:00", "2025-02-01T00:00:00", phases=(LANDER_PHASE,), landing=POLE)
LANDER_LAUNCHES = ["2024-11-12T06:00:00", "2024-11-25T06:00:00", "2025-01-10T06:00:00"]


def milestones(case, launches):
    launch = np.array([utc(text) for text in launches])
    return milestones_at(case, launch, launch + 5.0 * DAY)


@pytest.mark.parametrize(
    ("coupling", "days", "holds"),
    [
        # one day later, landing 60 d after arrival, survey 10 d after arrival
        (Coupling("survey_before_landing", "orbiter", "lander", lead_day=52.0), [[51.0, 64.0, 110.0]], [0, 1, 1]),
        (Coupling("joint_window", "orbiter", "lander", within_day=12.0), [[1.0, 14.0, 60.0]], [1, 0, 0]),
        # both live 700 d after arrival
        (Coupling("overlapping_lifetimes", "orbiter", "lander", overlap_day=690.0), [[699.0, 686.0, 640.0]], [1, 0, 0]),
        # orbiter's life ends 700 d after its arrival, lander begins 60 d after its own
        (Coupling("relay", "orbiter", "lander"), [[639.0, 626.0, 580.0]], [1, 1, 1]),
    ],
)
def test_couplings_of_three_pairs(coupling, days, holds):
    first = milestones(ORBITER, ["2024-11-11T06:00:00"])
    found = coupling_days(coupling, first, milestones(LANDER, LANDER_LAUNCHES))
    np.testing.assert_allclose(found, days, atol=1e-6)
    assert coupling_holds(coupling, found, None).tolist() == [[bool(value) for value in holds]]


def test_coupling_state_in_words():
    coupling = Coupling("survey_before_landing", "orbiter", "lander", lead_day=52.0)
    first, second = milestones(ORBITER, ["2024-11-11T06:00:00"]), milestones(LANDER, LANDER_LAUNCHES)
    mixed = coupling_state(coupling, first, second, None)
    assert mixed.holds is None
    assert "51 to 110 days before the landing" in mixed.text
    assert "67 %" in mixed.text
    late = milestones(ORBITER, ["2026-01-01T00:00:00"])
    never = coupling_state(coupling, late, second, None)
    assert never.holds is False
    assert "after the landing" in never.text
    assert never.text.endswith("does not hold")
    assert coupling_state(coupling, None, second, None).text == "no launch date of orbiter is known"
    nothing = milestones(LANDER, [])
    assert coupling_state(coupling, first, nothing, None).text == "no launch opportunity of lander was found"


def plan_of(couplings, *, turned_out="", launch=None) -> tuple[PlanCase, dict]:
    missions = {
        "orbiter": evaluate_mission(
            ORBITER,
            table_of(["2024-11-11T06:00:00", "2024-11-12T06:00:00", "2024-11-29T06:00:00"], [850.0, 840.0, 830.0]),
        ),
        "lander": evaluate_mission(LANDER, table_of(LANDER_LAUNCHES, [800.0, 810.0, 820.0], sun=[1.0, 1.0, 1.0])),
    }
    plan = PlanCase(
        id="plan",
        name="Plan",
        description="",
        missions=(
            PlanMission(ORBITER, turned_out, None if launch is None else utc(launch), "replanned", ("S1",)),
            PlanMission(LANDER, "", None, "", ()),
        ),
        couplings=couplings,
        span_start_tdb=utc("2024-11-01T00:00:00"),
        span_stop_tdb=utc("2025-02-01T00:00:00"),
        sources={"S1": "a source"},
    )
    return plan, missions


COUPLINGS = (
    Coupling("joint_window", "orbiter", "lander", within_day=12.0),
    Coupling("survey_before_landing", "orbiter", "lander", lead_day=52.0),
    Coupling("relay", "orbiter", "lander", elevation_mask_deg=5.0),
)


def test_joint_window_demands_all_couplings_of_the_pair():
    plan, missions = plan_of(COUPLINGS)
    (window,) = evaluate_plan(plan, missions).joint_windows
    # 11 and 12 Nov lie within 12 d of 12 Nov but give 51 and 50 d of survey; 29 Nov lies within 12 d of 25 Nov
    # and gives 46 d: nothing is left
    assert window.first_days == ()
    assert window.pair_count == 0
    (alone,) = evaluate_plan(*plan_of(COUPLINGS[:1])).joint_windows
    assert alone.first_days == ("2024-11-11", "2024-11-12", "2024-11-29")
    # 12 Nov to 25 Nov is 13 d, 29 Nov to 25 Nov 4 d
    assert alone.pair_count == 3
    assert alone.second_days == ("2024-11-12", "2024-11-25")
    assert alone.intervals_utc == (("2024-11-11", "2024-11-12"), ("2024-11-29", "2024-11-29"))
    assert (alone.common_start_utc, alone.common_stop_utc) == ("2024-11-01", "2024-11-30")
    assert alone.fraction == pytest.approx(3 / 30)
    assert alone.longest_gap_day == 16
    assert alone.months == ("2024-11", "2024-12", "2025-01")
    assert alone.days_per_month == (3, 0, 0)


def test_periods_too_far_apart_have_no_common_period():
    plan, missions = plan_of(COUPLINGS[:1])
    far = replace(LANDER, window=replace(LANDER.window, launch_start_tdb=utc("2025-01-01T00:00:00")))
    missions["lander"] = evaluate_mission(far, table_of(LANDER_LAUNCHES[2:], [800.0], sun=[1.0]))
    plan = replace(plan, missions=(plan.missions[0], replace(plan.missions[1], announced=far)))
    result = evaluate_plan(plan, missions)
    assert result.joint_windows[0].common_start_utc == ""
    assert result.joint_windows[0].fraction == 0.0
    assert result.slips[0].mean_wait_day is None


def test_coupling_as_it_turned_out_uses_the_new_launch():
    plan, missions = plan_of(COUPLINGS, turned_out="Slipped.", launch="2025-06-01T00:00:00")
    survey = evaluate_plan(plan, missions).couplings[1]
    assert survey.announced.holds is None
    assert survey.turned_out.holds is False
    # lander landing by 2025-03-16 at the latest, survey from 2025-06-16
    assert survey.turned_out.value_day < -90.0
    assert survey.survey.passes_per_month[0] == pytest.approx(30.0, abs=1.0)
    relay = evaluate_plan(plan, missions).couplings[2]
    assert relay.contact.phase_name == "survey"
    assert relay.contact.contacts_per_day == pytest.approx(12.5, abs=0.2)


def test_news_without_a_date_leave_it_open_and_no_news_leave_it_as_announced():
    gone = evaluate_plan(*plan_of(COUPLINGS, turned_out="Cancelled.")).couplings[1]
    assert gone.turned_out.holds is None
    assert "no launch date of orbiter" in gone.turned_out.text
    quiet = evaluate_plan(*plan_of(COUPLINGS)).couplings[1]
    assert quiet.turned_out == quiet.announced


def test_a_missing_mission_leaves_its_couplings_open():
    plan, missions = plan_of(COUPLINGS)
    del missions["lander"]
    result = evaluate_plan(plan, missions)
    assert result.joint_windows == ()
    assert all(each.announced.holds is None for each in result.couplings)


def test_verdict_answers_every_question_for_both_plans():
    plan, missions = plan_of(COUPLINGS, turned_out="Slipped.", launch="2025-06-01T00:00:00")
    side = EvaluatedPlan(evaluate_plan(plan, missions), missions)
    bare_plan, _ = plan_of(())
    bare = EvaluatedPlan(evaluate_plan(bare_plan, missions), missions)
    found = compare(side, bare)
    rows = {row.question: row for row in found.verdict}
    assert rows["Is the landing site surveyed before the landing?"].plan_b == "nothing planned"
    assert "does not hold" in rows["Is the landing site surveyed before the landing?"].plan_a
    assert "Slipped" in rows["What became of it?"].plan_a
    passes = rows["How often does the surveyor pass over the landing site?"]
    assert "90 deg 61" in passes.driver
    assert "orbiter:operations[1].inclination_deg" in passes.assumed
    assert "3 of 30 days" in rows["On how many days can each mission launch?"].plan_a
    assert "How long do the partners work at the same time?" not in rows
    assert all(row.plan_a and row.plan_b and row.driver for row in found.verdict)


def test_timeline_hangs_on_the_published_launch():
    case = replace(LANDER, nominal_launch_tdb=utc("2024-11-25T06:00:00"))
    result = evaluate_mission(case, table_of(LANDER_LAUNCHES, [800.0, 810.0, 820.0], sun=[1.0, 1.0, 1.0]))
    bars = {bar.label: bar for bar in mission_timeline(result, "plan")}
    assert bars["launch period"].start_utc == "2024-11-10T00:00:00"
    assert bars["transfer"].start_utc == "2024-11-25T06:00:00"
    assert bars["transfer"].stop_utc == "2024-11-30T06:30:00"
    assert bars["on the surface"].start_utc == "2025-01-29T06:30:00"
    assert bars["orbiter"].status == "assumed"
    entry = PlanMission(case, "Slipped.", utc("2027-01-01T00:00:00"), "replanned", ("S1",))
    (late,) = turned_out_timeline(result, entry, "plan")
    assert (late.start_utc, late.status, late.sources) == ("2027-01-01T00:00:00", "replanned", ("S1",))


def test_timeline_without_opportunity_is_the_launch_period_alone():
    result = evaluate_mission(LANDER, table_of([], []))
    assert [bar.label for bar in mission_timeline(result)] == ["launch period"]


def test_own_contacts_need_a_landing():
    assert own_contacts(ORBITER) == ()
    assert own_contacts(LANDER) == (), "the phase ends with the landing: what orbits is what lands"
    longer = replace(LANDER, phases=(replace(LANDER_PHASE, duration_day=61.0),))
    (found,) = own_contacts(longer)
    assert found.minutes_per_day == pytest.approx(173.0, abs=1.0)


def test_all_assumed_lists_each_number_once():
    listed = all_assumed((ORBITER, ORBITER), ())
    assert len(listed) == 3
    assert {(number.mission_id, number.key) for number in listed} == {
        ("orbiter", "spacecraft.dry_mass_kg"),
        ("orbiter", "operations[1].inclination_deg"),
        ("orbiter", "operations[11].inclination_deg"),
    }


def test_every_day_dates_are_those_of_the_best_row():
    table = table_of(LAUNCHES, [900.0, 850.0, 820.0, 830.0])
    dates = every_day(evaluate_mission(ORBITER, table))
    assert [str(utc_from_tdb(t, 0)) for t in dates.launch_tdb] == [
        "2024-11-04T00:00:00",  # 23:59:59.5 of the third, written to the second
        "2024-11-04T20:00:00",
        "2024-11-20T12:00:00",
    ]
    assert np.all(dates.survey_tdb - dates.arrival_tdb == 10.0 * DAY)
