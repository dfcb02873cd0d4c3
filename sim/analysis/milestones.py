"""When a mission arrives, surveys, lands and ends, for one launch or for every launch day at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.analysis.calendar import Days, day_numbers, launch_days
from sim.analysis.parts import Floats
from sim.analysis.results import MissionResult
from sim.cases import MissionCase, OrbitPhase, PlanMission
from sim.constants import SECONDS_PER_DAY

SURVEY = "survey"

SPAN_LAUNCHES = 25
"""Launches that stand for a published date as wide as a day, a month or a year."""


@dataclass(frozen=True)
class Milestones:
    """Dates of a mission for D candidate launches; arrays of shape (D,), seconds past J2000 TDB.

    Attributes
    ----------
    day : ndarray of int64
        Launch days since 1970-01-01, UTC calendar.
    launch_tdb, arrival_tdb : ndarray
        Lift-off and first perilune.
    survey_tdb : ndarray
        Begin of the survey phase; of the first phase where none is called survey; arrival without phases.
    landing_tdb : ndarray
        Touchdown; arrival where the mission does not land.
    end_tdb : ndarray
        End of working life.
    """

    day: Days
    launch_tdb: Floats
    arrival_tdb: Floats
    survey_tdb: Floats
    landing_tdb: Floats
    end_tdb: Floats

    def __len__(self) -> int:
        """Return the number of candidate launches."""
        return len(self.day)


def survey_phase(case: MissionCase) -> OrbitPhase | None:
    """Return the phase called survey, else the first phase, else None."""
    named = [phase for phase in case.phases if SURVEY in phase.name]
    return next(iter(named or case.phases), None)


def milestones_at(case: MissionCase, launch_tdb: Floats, arrival_tdb: Floats) -> Milestones:
    """Return the dates that follow from launches and arrivals.

    Parameters
    ----------
    case : MissionCase
        Phases, landing, lifetime.
    launch_tdb, arrival_tdb : ndarray, shape (D,)
        Seconds past J2000 TDB.

    Returns
    -------
    Milestones
        One entry per launch.
    """
    phase = survey_phase(case)
    landing_day = case.landing.delay_day if case.landing else 0.0
    return Milestones(
        day=day_numbers(launch_tdb),
        launch_tdb=launch_tdb,
        arrival_tdb=arrival_tdb,
        survey_tdb=arrival_tdb + (phase.start_day if phase else 0.0) * SECONDS_PER_DAY,
        landing_tdb=arrival_tdb + landing_day * SECONDS_PER_DAY,
        end_tdb=arrival_tdb + case.lifetime_day * SECONDS_PER_DAY,
    )


def flight_s(result: MissionResult) -> float:
    """Return the median time from lift-off to perilune; of the flight times asked for when there is none."""
    if len(result.table):
        return float(np.median(result.table.perilune_tdb - result.table.launch_tdb))
    return float(np.mean(result.case.window.tof_day)) * SECONDS_PER_DAY


def every_day(result: MissionResult) -> Milestones:
    """Return the dates for the best opportunity of every launch day."""
    days = launch_days(result.table, result.within)
    return milestones_at(result.case, days.launch_tdb, days.arrival_tdb)


def at_launch(result: MissionResult, first_tdb: float, last_tdb: float | None = None) -> Milestones:
    """Return the dates for a launch that is known to an instant or to a span, arriving after the median flight time.

    Parameters
    ----------
    result : MissionResult
        The mission.
    first_tdb : float
        Launch, or the first that a published date allows.
    last_tdb : float, optional
        The last that it allows.

    Returns
    -------
    Milestones
        One entry for an instant, else `SPAN_LAUNCHES` of them evenly over the span, both ends included.
    """
    known = last_tdb is None or last_tdb <= first_tdb
    launch = np.array([first_tdb]) if known else np.linspace(first_tdb, last_tdb or first_tdb, SPAN_LAUNCHES)
    return milestones_at(result.case, launch, launch + flight_s(result))


@dataclass(frozen=True)
class MissionDates:
    """The dates of a mission in a plan, from three points of view.

    Attributes
    ----------
    every_day : Milestones
        For the best opportunity of every launch day.
    announced : Milestones
        Of the published launch, else the same as `every_day`.
    turned_out : Milestones or None
        Of the launch flown or re-planned, all that the published date allows; as announced without any news; None when
        news give no launch date.
    """

    every_day: Milestones
    announced: Milestones
    turned_out: Milestones | None


def mission_dates(result: MissionResult, entry: PlanMission) -> MissionDates:
    """Return the dates of a mission of a plan.

    Parameters
    ----------
    result : MissionResult
        The mission as computed.
    entry : PlanMission
        The same mission in the plan, with what became of it.

    Returns
    -------
    MissionDates
        As possible, as announced, as it turned out.
    """
    days, nominal = every_day(result), result.case.nominal_launch_tdb
    said = days if nominal is None else at_launch(result, nominal)
    span = entry.launch_span_tdb
    if span is not None:
        return MissionDates(days, said, at_launch(result, *span))
    return MissionDates(days, said, None if entry.turned_out else said)
