"""What a mission does at the Moon, for ``summary.json``: numbers for figures, and tables as the report shows them."""

from __future__ import annotations

from typing import Any

import numpy as np

from sim.analysis.at_moon_results import (
    AtMoonResult,
    LightResult,
    LinkResult,
    OverburnResult,
    PhaseAtMoon,
    PhasingResult,
    SurveyPassesResult,
)
from sim.analysis.results import MissionResult
from sim.constants import SECONDS_PER_DAY
from sim.operations.link_budget import LinkBudget
from sim.operations.request import AtMoonCase, PlaceCase
from sim.products.at_moon_tables import pass_file, path_words, utc
from sim.products.schema import Json
from sim.units import DEG_PER_RAD

Cell = str | float | None


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
        "radios": [_radio(one) for one in (request.radios.proximity, request.radios.relay, request.radios.downlink)],
        "tables": [table for table in _tables(found, names) if table["rows"]],
        "assumed": list(found.assumed),
    }


def _utc(t_tdb: float) -> str:
    return str(utc(np.array([t_tdb]))[0])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _names(mission: MissionResult, request: AtMoonCase) -> dict[str, str]:
    """Identifier to words, for parties of links."""
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
        "crater_latitude_deg": case.crater_latitude_deg,
        "crater_longitude_deg": case.crater_longitude_deg,
        "southbound": case.southbound,
        "table": f"overburn_{key}.csv",
    }


def _radio(radio: LinkBudget) -> Json:
    return {"name": radio.name, "status": radio.status, "source": radio.source}


def _tables(found: AtMoonResult, names: dict[str, str]) -> list[Json]:
    tables = [_orbit_table(found)]
    for link in found.links:
        tables += [_contact_table(link, names), _way_table(link, names), _return_table(link, names), _hidden(link, names)]
    tables += [_survey_table(found), _sweep_table(found), _light_table(found), _phasing_table(found)]
    tables += [_overlap_table(found), _overburn_table(found), _unknown_table(found), _descent_table(found)]
    return tables


def _table(title: str, columns: list[tuple[str, int]], rows: list[list[Cell]], note: str = "") -> Json:
    """Return a table for the report: each column with its heading and the digits of its numbers."""
    return {
        "title": title,
        "columns": [{"name": name, "digits": digits} for name, digits in columns],
        "rows": rows,
        "note": note,
    }


def _orbit_table(found: AtMoonResult) -> Json:
    rows: list[list[Cell]] = []
    for one in found.phases:
        history = one.evolution
        fall = None if history.impact_tdb is None else (history.impact_tdb - one.start_tdb) / SECONDS_PER_DAY
        span = (history.t_tdb[-1] - one.start_tdb) / SECONDS_PER_DAY if history.t_tdb.size else 0.0
        rows.append(
            [
                one.phase.name.replace("_", " "),
                f"{one.phase.perilune_altitude_km:g} x {one.phase.apolune_altitude_km:g}",
                one.phase.inclination_deg,
                one.node_deg,
                _utc(one.start_tdb)[:10],
                one.period_s / 60.0,
                float(span),
                float(history.perilune_altitude_km.min()) if history.t_tdb.size else None,
                float(history.apolune_altitude_km.max()) if history.t_tdb.size else None,
                float(history.eccentricity.max()) if history.t_tdb.size else None,
                "–" if fall is None else f"comes down after {fall:.1f} d",
            ]
        )
    columns = [
        ("Phase", 0), ("Apses, km", 0), ("Inclination, °", 1), ("Node, °", 1), ("From", 0), ("Period, min", 1),
        ("Left alone for, d", 0), ("Lowest, km", 1), ("Highest, km", 1), ("Largest e", 4), ("Impact", 0),
    ]  # fmt: skip
    note = (
        f"Counted from {found.arrival_basis}, {_utc(found.arrival_tdb)[:16].replace('T', ' ')} UTC. Left alone: what the "
        "Moon's field (GRGM1200A), Earth and Sun make of the orbit without corrections; altitudes over the sphere of "
        "1737.4 km, terrain rises up to 10.8 km above it."
    )
    return _table("Orbits", columns, rows, note)


def _contact_table(found: LinkResult, names: dict[str, str]) -> Json:
    rows: list[list[Cell]] = [
        [
            names.get(row.orbiter, row.orbiter),
            names.get(row.place, row.place),
            row.model,
            row.service.contacts_per_day,
            row.service.mean_contact_min,
            row.service.minutes_per_day,
            row.service.longest_gap_hour,
            float(row.contacts.range_max_km.max()) if len(row.contacts.open_) else None,
            row.contacts.gigabyte_per_day,
            row.contacts.budget.name + (" (assumed)" if row.contacts.budget.status == "assumed" else ""),
        ]
        for row in found.contacts
    ]
    columns = [
        ("Orbiter", 0), ("Over", 0), ("Path", 0), ("Contacts a day", 1), ("Mean, min", 1), ("Minutes a day", 0),
        ("Longest gap, h", 1), ("Farthest, km", 0), ("GB a day", 2), ("Radio", 0),
    ]  # fmt: skip
    span = f"{(found.stop_tdb - found.start_tdb) / SECONDS_PER_DAY:.1f} d from {_utc(found.start_tdb)[:10]}"
    return _table(f"Contacts with places on the Moon, {found.label}", columns, rows, f"Over {span}; edges to 0.01 s.")


def _way_table(found: LinkResult, names: dict[str, str]) -> Json:
    rows: list[list[Cell]] = []
    for service in found.services:
        place = names.get(service.lander, service.lander)
        ways = [("straight to the stations", service.direct, None)]
        ways += [(f"through {names.get(row.way, row.way)}", row, None) for row in service.bent_pipe]
        ways.append(("any of these", service.all_ways, None))
        ways += [
            (f"with {names.get(pipe.way, pipe.way)} out", row, share)
            for pipe, row, share in zip(service.bent_pipe, service.without, service.backup_share, strict=True)
        ]
        rows += [
            [place, words, 100.0 * row.share, row.minutes_per_day / 60.0, row.longest_gap_hour]
            + [None if share is None else 100.0 * share]
            for words, row, share in ways
        ]
    if not found.services:
        rows = [
            [names.get(row.way, row.way), "straight to the stations", 100.0 * row.share, row.minutes_per_day / 60.0]
            + [row.longest_gap_hour, None]
            for row in found.direct
        ]
    columns = [
        ("Place", 0), ("Way to the Earth", 0), ("Open, %", 1), ("Hours a day", 1), ("Longest gap, h", 1),
        ("Time of the one out that others cover, %", 0),
    ]  # fmt: skip
    note = (
        "Through an orbiter: place and a ground station in view at the same time. Stations with their elevation masks, "
        "behind the Moon counted out."
    )
    return _table(f"Ways to the Earth, {found.label}", columns, rows, note)


def _return_table(found: LinkResult, names: dict[str, str]) -> Json:
    rows: list[list[Cell]] = [
        [
            names.get(one.orbiter, one.orbiter),
            one.row.group,
            100.0 * one.row.share,
            one.row.hours_per_day_mean,
            one.row.hours_per_day_min,
            one.row.gigabyte_per_day_mean,
            one.row.gigabyte_per_day_min,
            one.row.longest_gap_hour,
            None if found.produced_gigabyte_per_day is None else 100.0 * one.row.days_short_share,
        ]
        for one in found.returns
    ]
    columns = [
        ("Orbiter", 0), ("Stations", 0), ("In view, %", 1), ("Hours a day", 1), ("Least", 1), ("GB a day", 0),
        ("Least", 0), ("Longest gap, h", 1), ("Days short of what is produced, %", 0),
    ]  # fmt: skip
    made = found.produced_gigabyte_per_day
    note = "One station at a time. " + ("" if made is None else f"Produced: {made:g} GB a day.")
    return _table(f"Data brought home, {found.label}", columns, rows, note)


def _hidden(found: LinkResult, names: dict[str, str]) -> Json:
    rows: list[list[Cell]] = [
        [names.get(row.orbiter, row.orbiter), row.count_per_day, row.longest_min, 100.0 * row.share]
        for row in found.hidden
    ]
    columns = [("Orbiter", 0), ("Occultations a day", 2), ("Longest, min", 1), ("Share of the time, %", 1)]
    return _table(f"Behind the Moon as seen from the Earth, {found.label}", columns, rows)


def _survey_table(found: AtMoonResult) -> Json:
    rows: list[list[Cell]] = []
    for one in found.surveys:
        for at, limit in enumerate(one.cross_track_km):
            cover = one.coverage if at == 0 else None
            dark, grazing, low, good, high = (int(count) for count in one.counts[at])
            rows.append(
                [one.phase_name.replace("_", " "), one.place.name, f"< {limit:g} km", dark + grazing + low + good + high]
                + [dark, grazing, low, good + high]
                + ([None, None] if cover is None else [_finite(cover.days_to_cover(0.9)), _finite(cover.days_to_cover())])
            )
    columns = [
        ("Phase", 0), ("Over", 0), ("Nearer than", 0), ("Passes", 0), ("Sun below 0°", 0), ("0–2°", 0), ("2–10°", 0),
        ("above 10°", 0), ("Days to cover 90 %", 1), ("Days to cover all", 1),
    ]  # fmt: skip
    span = found.surveys[0].passes.span_day if found.surveys else 0.0
    note = f"Over {span:.1f} d from the begin of each phase; distance of the ground track; cover: landing ellipse, lit."
    return _table("Survey passes", columns, rows, note)


def _sweep_table(found: AtMoonResult) -> Json:
    rows: list[list[Cell]] = [
        [one.place.name, row.inclination_deg, *row.passes_per_month, row.nearest_km]
        for one in found.surveys
        for row in one.sweep
    ]
    columns = [("Over", 0), ("Inclination, °", 1), ("< 5 km", 1), ("< 10 km", 1), ("< 25 km", 1), ("Nearest, km", 1)]
    note = 'Passes of a sidereal month, two bodies, mean over 24 nodes. "Polar" was never published as a number.'
    return _table("What the inclination decides", columns, rows, note)


def _light_table(found: AtMoonResult) -> Json:
    if found.light is None:
        return _table("Light", [], [])
    some, place = found.light.summary, found.light.place
    rows: list[list[Cell]] = [
        [
            place.name,
            f"{some.mask_name}{' (assumed)' if some.assumed else ''}",
            100.0 * some.sun_fraction,
            some.longest_light_day,
            some.longest_dark_day,
            100.0 * some.earth_share,
            some.longest_without_earth_day,
            100.0 * some.light_and_earth_share,
        ]
    ]
    columns = [
        ("Site", 0), ("Horizon", 0), ("Sun's disc seen, mean %", 1), ("Longest light, d", 1), ("Longest dark, d", 1),
        ("Earth in view, %", 1), ("Longest without Earth, d", 1), ("Sun and Earth, %", 1),
    ]  # fmt: skip
    note = f"{found.light.light_hour.size} days from {_utc(found.light.start_tdb)[:10]}. Horizon: {some.mask_source}."
    if some.assumed:
        note += " No terrain stands behind it: unverified, real rims and hills differ much."
    return _table("Light and Earth at the landing site", columns, rows, note)


def _phasing_table(found: AtMoonResult) -> Json:
    if found.phasing is None:
        return _table("Landing phasing", [], [])
    rows: list[list[Cell]] = []
    passages = found.phasing.passages
    for at in range(len(passages)):
        t = float(passages.t_tdb[at])
        suits = bool(found.phasing.windows.contains(np.array([t]))[0])
        rows.append(
            [
                _utc(t)[:16].replace("T", " "),
                "southbound" if passages.southbound[at] else "northbound",
                float(passages.approach_azimuth_deg[at]),
                float(passages.sun_elevation_deg[at]),
                float(passages.sun_behind_deg[at]),
                float(passages.earth_elevation_deg[at]),
                "yes" if suits else "no",
            ]
        )
    columns = [
        ("Site in the plane, UTC", 0), ("Flight", 0), ("Azimuth, °", 1), ("Sun, °", 1), ("Sun off the tail, °", 0),
        ("Earth, °", 1), ("Light and Earth as wanted", 0),
    ]  # fmt: skip
    note = (
        f"When {found.phasing.plane} holds the site; the plane stands still, the Moon turns. Days with the ground track "
        f"within {found.phasing.cross_track_km:g} km (assumed) and light and Earth as wanted: {found.phasing.both_day:.1f}."
    )
    return _table("Landing phasing", columns, rows, note)


def _overlap_table(found: AtMoonResult) -> Json:
    rows: list[list[Cell]] = []
    for row in found.overlaps:
        span = "–"
        if row.start_tdb is not None and row.stop_tdb is not None:
            span = f"{_utc(row.start_tdb)[:10]} to {_utc(row.stop_tdb)[:10]}"
        rows.append([row.partner, span, row.overlap_day])
    return _table(
        "Working at the same time",
        [("Partner", 0), ("Both work", 0), ("Days", 0)],
        rows,
        "From this mission's landing (or arrival) to the end of its life; a negative number is the gap between them.",
    )


def _overburn_table(found: AtMoonResult) -> Json:
    if found.overburn is None:
        return _table("The burn that lasted too long", [], [])
    case, study = found.overburn.case, found.overburn.study
    rows: list[list[Cell]] = []
    for name in dict.fromkeys(study.orbit):
        chosen = np.array([one == name for one in study.orbit])
        hits = chosen & np.isfinite(study.impact_s)
        miss = found.overburn.miss_km[hits] if found.overburn.miss_km.size else np.full(1, np.nan)
        rows.append(
            [
                name,
                _span(study.planned_dv_m_s[chosen], 1),
                _span(study.actual_dv_m_s[chosen], 1),
                _span(study.perilune_altitude_km[chosen], 1),
                _clock(case.begin_tdb, study.impact_s[hits]),
                _span(study.late_s[hits], 0),
                _span(study.perilune_latitude_deg[hits], 1),
                _span(study.perilune_longitude_deg[hits], 1),
                _span(miss, 0),
            ]
        )
    columns = [
        ("Orbit before", 0), ("Planned, m/s", 0), ("Flown, m/s", 0), ("Perilune after, km", 0), ("Impact, UTC", 0),
        ("Later than the loss, s", 0), ("Planned perilune, lat °", 0), ("lon °", 0), ("Off the crater, km", 0),
    ]  # fmt: skip
    note = (
        f"Burn of {case.actual_s:g} s in place of {case.planned_s:g} s from {_utc(case.begin_tdb)[11:16]} UTC; signal lost "
        f"at {_utc(case.lost_tdb)[11:16]}. Ranges: over all places of the burn on the orbit, which were not published. "
        "Planned perilune: where it must have been for an impact in the crater. Off the crater: if it had been over the "
        "landing site instead. Nothing is fitted."
    )
    return _table("The burn that lasted too long", columns, rows, note)


def _span(values: Any, digits: int) -> str:
    finite = np.asarray(values)[np.isfinite(values)]
    if not finite.size:
        return "–"
    low, high = f"{finite.min():.{digits}f}", f"{finite.max():.{digits}f}"
    return (low if low == high else f"{low} to {high}").replace("-", "\u2212")


def _clock(begin_tdb: float, after_s: Any) -> str:
    if not len(after_s):
        return "none"
    return f"{_utc(begin_tdb + float(np.min(after_s)))[11:19]} to {_utc(begin_tdb + float(np.max(after_s)))[11:19]}"


def _unknown_table(found: AtMoonResult) -> Json:
    if found.overburn is None:
        return _table("What the unknowns explain", [], [])
    miss = found.overburn.study.least_miss_s
    rows: list[list[Cell]] = [
        ["place of the burn on the orbit, anywhere", None, found.overburn.explained_s, None],
        ["published times, to the minute", None, 2.0 * np.sqrt(2.0) * found.overburn.case.uncertainty_s, None],
    ]
    rows += [
        [one.unknown, one.impact_s_per_unit, None, -miss / one.impact_s_per_unit if one.impact_s_per_unit else None]
        for one in found.overburn.sensitivities
    ]
    columns = [("Unknown", 0), ("Seconds later per unit", 1), ("Whole spread, s", 0), ("Closes the rest alone with", 1)]
    note = f"The nearest case strikes {abs(miss):.0f} s {'before' if miss < 0.0 else 'after'} the loss of signal."
    return _table("What the unknowns explain", columns, rows, note)


def _descent_table(found: AtMoonResult) -> Json:
    if found.descent is None:
        return _table("Powered descent", [], [])
    down, powered = found.descent.deorbit, found.descent.powered
    arc = powered.downrange_km / 1737.4 * DEG_PER_RAD
    rows: list[list[Cell]] = [
        [f"de-orbit from {found.descent.orbit_altitude_km:g} km to {down.perilune_altitude_km:g} km", down.dv_m_s]
        + [down.coast_s, "half a revolution of coast"],
        ["braking, gravity turn to rest", powered.braking_dv_m_s, powered.braking_s]
        + [f"{powered.downrange_km:.0f} km downrange ({arc:.1f}°), loss {powered.gravity_loss_m_s:.0f} m/s"],
        ["vertical phase", powered.vertical_dv_m_s, None, "at constant weight"],
        ["reserve", powered.reserve_dv_m_s, None, ""],
        ["powered descent in all", powered.total_dv_m_s, None, f"{powered.propellant_kg:.0f} kg of propellant"],
    ]
    columns = [("Part", 0), ("Velocity change, m/s", 1), ("Duration, s", 0), ("Remark", 0)]
    note = (
        f"Thrust at ignition {powered.thrust_m_s2:.2f} m/s², {powered.thrust_to_weight_ratio:.2f} times the weight: what "
        "the gravity turn needs to come to rest. A lower bound with losses of the right size, not a guidance law."
    )
    return _table("Powered descent", columns, rows, note)
