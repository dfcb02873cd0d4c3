"""What a mission does at the Moon, for ``summary.json``: numbers for figures, and tables as the report shows them."""

from __future__ import annotations

import numpy as np

from sim.analysis.at_moon_results import (
    LightResult,
    LinkResult,
    OverburnResult,
    PhaseAtMoon,
    PhasingResult,
    SurveyPassesResult,
)
from sim.analysis.results import MissionResult, PlanResult, RunResults
from sim.operations.link_budget import LinkBudget
from sim.operations.request import AtMoonCase, PlaceCase
from sim.products.at_moon_orbit_facts import orbit_facts
from sim.products.at_moon_report import coordination_facts, report_tables
from sim.products.at_moon_tables import pass_file, path_words, utc
from sim.products.overburn_report import verdict
from sim.products.schema import Json


def facts(mission: MissionResult) -> Json | None:
    """Return the findings of a mission at the Moon for the summary.

    Parameters
    ----------
    mission : MissionResult
        The mission.

    Returns
    -------
    dict or None
        None when the mission does not ask for it.
    """
    found, request = mission.at_moon, mission.case.at_moon
    if found is None or request is None:
        return None
    names, starts = _names(mission, request), {phase.phase.name: phase.start_tdb for phase in found.phases}
    return {
        "arrival_utc": _utc(found.arrival_tdb),
        "arrival_basis": found.arrival_basis,
        "names": names,
        "stations": [station.id for station in request.stations],
        "phases": [_phase(mission.key, phase) for phase in found.phases],
        "places": [_place(place, at == 0 and request.lands) for at, place in enumerate(request.places)],
        "links": [_link(f"{mission.key}_{number}", one) for number, one in enumerate(found.links, start=1)],
        "surveys": [_survey(mission.key, survey, starts[survey.phase_name]) for survey in found.surveys],
        "light": None if found.light is None else _light(mission.key, found.light),
        "phasing": None if found.phasing is None else _phasing(mission.key, found.phasing),
        "overburn": None if found.overburn is None else _overburn(mission.key, found.overburn),
        **orbit_facts(mission.key, found),
        "radios": [_radio(one) for one in (request.radios.proximity, request.radios.relay, request.radios.downlink)],
        "tables": report_tables(found, names),
        "assumed": list(found.assumed),
    }


def together(results: RunResults, plan: PlanResult) -> list[Json]:
    """Return what the missions of a plan do for each other at the Moon.

    Parameters
    ----------
    results : RunResults
        The run, for names.
    plan : PlanResult
        The plan.

    Returns
    -------
    list of dict
        One for each pair; see `sim.products.at_moon_report.coordination_facts`.
    """
    names: dict[str, str] = {}
    for mission in results.missions:
        if mission.case.at_moon is not None:
            names |= _names(mission, mission.case.at_moon)
    names |= {mission.case.id: mission.case.name.split(" (")[0] for mission in results.missions}
    return [coordination_facts(found, names) for found in plan.coordination]


def _utc(t_tdb: float) -> str:
    return str(utc(np.array([t_tdb]))[0])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _names(mission: MissionResult, request: AtMoonCase) -> dict[str, str]:
    """Name the parties of links: identifier to words."""
    found = {place.id: place.name for place in request.places}
    found |= {partner.id: partner.name for partner in request.partners}
    found |= {station.id: station.name.split(" (")[0] for station in request.stations}
    own = mission.case.name.split(" (")[0]
    return found | {phase.name: f"{own}, {phase.name.replace('_', ' ')}" for phase in mission.case.phases}


def _phase(key: str, found: PhaseAtMoon) -> Json:
    history = found.evolution
    return {
        "name": found.phase.name,
        "perilune_altitude_km": found.phase.perilune_altitude_km,
        "apolune_altitude_km": found.phase.apolune_altitude_km,
        "inclination_deg": found.phase.inclination_deg,
        "start_utc": _utc(found.start_tdb),
        "node_deg": found.node_deg,
        "node_basis": found.node_basis,
        "path": path_words(found),
        "period_min": found.period_s / 60.0,
        "degree": history.degree,
        "impact_utc": None if history.impact_tdb is None else _utc(history.impact_tdb),
        "ground_track": f"ground_track_{key}_{found.phase.name}.csv",
        "history": f"orbit_history_{key}_{found.phase.name}.csv",
    }


def _place(place: PlaceCase, own: bool) -> Json:
    return {
        "id": place.id,
        "name": place.name,
        "own": own,
        "latitude_deg": place.latitude_deg,
        "longitude_deg": place.longitude_deg,
        "horizon": place.horizon.name,
        "horizon_source": place.horizon.source,
        "horizon_assumed": place.horizon.status == "assumed",
        "elevation_mask_deg": place.elevation_mask_deg,
    }


def _link(stem: str, found: LinkResult) -> Json:
    return {
        "label": found.label,
        "start_utc": _utc(found.start_tdb),
        "stop_utc": _utc(found.stop_tdb),
        "contacts": f"contacts_{stem}.csv",
        "days": f"contact_days_{stem}.csv",
        "data_return": f"data_return_{stem}.csv" if found.returns else None,
        "produced_gigabyte_per_day": found.produced_gigabyte_per_day,
    }


def _survey(key: str, found: SurveyPassesResult, start_tdb: float) -> Json:
    cover = found.coverage
    return {
        "phase": found.phase_name,
        "place": found.place.id,
        "place_name": found.place.name,
        "start_utc": _utc(start_tdb),
        "span_day": found.passes.span_day,
        "cross_track_km": list(found.cross_track_km),
        "sun_classes_deg": list(found.sun_classes_deg),
        "counts": found.counts.tolist(),
        "days_to_cover_90": None if cover is None else _finite(cover.days_to_cover(0.9)),
        "days_to_cover": None if cover is None else _finite(cover.days_to_cover()),
        "covered_fraction": None
        if cover is None
        else float(cover.covered_fraction[-1])
        if cover.covered_fraction.size
        else 0.0,
        "passes": pass_file(key, "passes", found),
        "coverage": None if cover is None else pass_file(key, "coverage", found),
        "sweep": pass_file(key, "sweep", found) if found.sweep else None,
    }


def _light(key: str, found: LightResult) -> Json:
    some = found.summary
    return {
        "place": found.place.name,
        "start_utc": _utc(found.start_tdb),
        "days": int(found.light_hour.size),
        "sun_fraction": some.sun_fraction,
        "any_sun_share": some.any_sun_share,
        "longest_dark_day": some.longest_dark_day,
        "longest_light_day": some.longest_light_day,
        "earth_share": some.earth_share,
        "longest_without_earth_day": some.longest_without_earth_day,
        "light_and_earth_share": some.light_and_earth_share,
        "horizon": some.mask_name,
        "horizon_source": some.mask_source,
        "assumed": some.assumed,
        "mask_azimuth_deg": list(found.place.horizon.azimuth_deg),
        "mask_elevation_deg": list(found.place.horizon.elevation_deg),
        "calendar": f"light_{key}.csv",
        "sky": f"sky_{key}.csv",
    }


def _phasing(key: str, found: PhasingResult) -> Json:
    return {
        "plane": found.plane,
        "cross_track_km": found.cross_track_km,
        "both_day": found.both_day,
        "passages": f"plane_passages_{key}.csv",
        "windows": f"landing_windows_{key}.csv",
    }


def _overburn(key: str, found: OverburnResult) -> Json:
    case, study = found.case, found.study
    early, late = study.impact_range_s
    return {
        "begin_utc": _utc(case.begin_tdb),
        "lost_utc": _utc(case.lost_tdb),
        "planned_s": case.planned_s,
        "actual_s": case.actual_s,
        "observed_s": case.lost_tdb - case.begin_tdb,
        "uncertainty_s": case.uncertainty_s,
        "earliest_utc": _utc(case.begin_tdb + early),
        "latest_utc": _utc(case.begin_tdb + late),
        "least_miss_s": study.least_miss_s,
        "explained_s": found.explained_s,
        "verdict": verdict(found),
        "crater_latitude_deg": case.crater_latitude_deg,
        "crater_longitude_deg": case.crater_longitude_deg,
        "southbound": case.southbound,
        "table": f"overburn_{key}.csv",
    }


def _radio(radio: LinkBudget) -> Json:
    return {"name": radio.name, "status": radio.status, "source": radio.source}
