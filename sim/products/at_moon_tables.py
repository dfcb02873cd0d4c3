"""Tables of what a mission does at the Moon: one CSV for each kind of finding, named after mission and phase."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
from sim.products.at_moon_orbit_tables import Named, orbit_tables
from sim.products.tables import Table, write_table
from sim.timescales import utc_from_tdb


def write_tables(mission: MissionResult, directory: Path) -> list[Path]:
    """Write the tables of a mission's time at the Moon.

    Parameters
    ----------
    mission : MissionResult
        The mission.
    directory : Path
        The run's folder.

    Returns
    -------
    list of Path
        Files written; none when the mission does not ask for it.

    Raises
    ------
    StoreError
        When a file cannot be written.
    """
    if mission.at_moon is None:
        return []
    return [write_table(directory / name, table, notes) for name, table, notes in _all(mission.key, mission.at_moon)]


def utc(t_tdb: NDArray[Any], decimals: int = 0) -> NDArray[np.str_]:
    """Return epochs (seconds past J2000 TDB) as text, UTC."""
    return np.atleast_1d(np.asarray(utc_from_tdb(t_tdb, decimals=decimals), dtype=np.str_))


def _all(key: str, found: AtMoonResult) -> Iterator[Named]:
    for phase in found.phases:
        yield _ground(key, phase)
        yield _history(key, phase)
    for number, link in enumerate(found.links, start=1):
        yield _contacts(f"{key}_{number}", link)
        yield _contact_days(f"{key}_{number}", link)
        if link.returns:
            yield _data_return(f"{key}_{number}", link)
    for survey in found.surveys:
        yield _passes(key, survey)
        if survey.coverage is not None:
            yield _coverage(key, survey)
        if survey.sweep:
            yield _sweep(key, survey)
    if found.light is not None:
        yield _light(key, found.light)
        yield _sky(key, found.light)
    if found.phasing is not None:
        yield _phasing(key, found.phasing)
        yield _landing_windows(key, found.phasing)
    if found.overburn is not None:
        yield _overburn(key, found.overburn)
    yield from orbit_tables(key, found)


def _ground(key: str, phase: PhaseAtMoon) -> Named:
    ground = phase.ground
    table: Table = {
        "utc": utc(ground.t_tdb),
        "latitude_deg": ground.latitude_deg,
        "longitude_deg": ground.longitude_deg,
        "altitude_km": ground.altitude_km,
    }
    return f"ground_track_{key}_{phase.phase.name}.csv", table, (f"Mean Earth axes; {path_words(phase)}",)


def path_words(phase: PhaseAtMoon) -> str:
    """Say what the path of a phase rests on.

    Parameters
    ----------
    phase : PhaseAtMoon
        The phase.

    Returns
    -------
    str
        Words.
    """
    kind = "kept orbit, two bodies, plane still" if phase.kept else "free flight in the Moon's field, Earth and Sun"
    return f"{kind}; node {phase.node_deg:.1f} deg, {phase.node_basis}"


def _history(key: str, phase: PhaseAtMoon) -> Named:
    found = phase.evolution
    table: Table = {
        "utc": utc(found.t_tdb),
        "perilune_altitude_km": found.perilune_altitude_km,
        "apolune_altitude_km": found.apolune_altitude_km,
        "eccentricity": found.eccentricity,
        "argument_of_perilune_deg": found.argument_of_perilune_deg,
        "inclination_deg": found.inclination_deg,
        "node_longitude_deg": found.node_longitude_deg,
    }
    words = f"Without corrections: GRGM1200A to degree {found.degree}, Earth and Sun; {found.revs} revolution(s) a row"
    return f"orbit_history_{key}_{phase.phase.name}.csv", table, (words, "Altitudes over the 1737.4 km sphere")


def _contacts(stem: str, result: LinkResult) -> Named:
    parts: list[list[np.ndarray]] = []
    ranges = {(row.orbiter, row.place): row.contacts for row in reversed(result.contacts)}
    for link in result.links:
        count = len(link.open_)
        known = ranges.get((link.first, link.second)) if link.kind == "relay" else None
        empty = np.full(count, np.nan)
        parts.append(
            [
                np.full(count, link.kind),
                np.full(count, link.first),
                np.full(count, link.second),
                link.open_.start_tdb,
                link.open_.stop_tdb,
                empty if known is None else known.range_min_km,
                empty if known is None else known.range_max_km,
                empty if known is None else known.volume_bit_count / 1e6,
            ]
        )
    kind, first, second, start, stop, near, far, volume = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    order = np.argsort(start, kind="stable")
    table: Table = {
        "kind": kind[order].astype(np.str_),
        "first": first[order].astype(np.str_),
        "second": second[order].astype(np.str_),
        "start_utc": utc(start[order], 3) if start.size else np.zeros(0, dtype=np.str_),
        "stop_utc": utc(stop[order], 3) if start.size else np.zeros(0, dtype=np.str_),
        "duration_s": (stop - start)[order],
        "range_min_km": near[order],
        "range_max_km": far[order],
        "volume_mbit": volume[order],
    }
    words = f"Links {result.label}: relay = orbiter over a place, downlink = orbiter to a station, direct = place to it"
    return f"contacts_{stem}.csv", table, (words,)


def _contact_days(stem: str, result: LinkResult) -> Named:
    table: dict[str, list[np.ndarray]] = {"utc": [], "place": [], "way": [], "contact_min": []}
    for name, minutes in result.daily_min.items():
        place, _, way = name.partition(": ")
        days = result.start_tdb + SECONDS_PER_DAY * np.arange(minutes.size)
        table["utc"].append(utc(days) if minutes.size else np.zeros(0, dtype=np.str_))
        table["place"].append(np.full(minutes.size, place))
        table["way"].append(np.full(minutes.size, way))
        table["contact_min"].append(minutes)
    columns: Table = {name: np.concatenate(parts) for name, parts in table.items()}
    return f"contact_days_{stem}.csv", columns, (f"Minutes in days of 86,400 s {result.label}",)


def _data_return(stem: str, result: LinkResult) -> Named:
    table: dict[str, list[np.ndarray]] = {"utc": [], "orbiter": [], "group": [], "view_hour": [], "volume_gigabyte": []}
    for one in result.returns:
        days = result.start_tdb + SECONDS_PER_DAY * np.arange(one.hour.size)
        table["utc"].append(utc(days))
        table["orbiter"].append(np.full(one.hour.size, one.orbiter))
        table["group"].append(np.full(one.hour.size, one.row.group))
        table["view_hour"].append(one.hour)
        table["volume_gigabyte"].append(one.gigabyte_per_day)
    columns: Table = {name: np.concatenate(parts) for name, parts in table.items()}
    return f"data_return_{stem}.csv", columns, ("One station at a time; the downlink of the scenario or its preset",)


def pass_file(key: str, kind: str, survey: SurveyPassesResult) -> str:
    """Return the name of a table of a survey.

    Parameters
    ----------
    key : str
        Of the mission.
    kind : str
        ``passes``, ``coverage`` or ``sweep``.
    survey : SurveyPassesResult
        The survey.

    Returns
    -------
    str
        File name.
    """
    return f"{kind}_{key}_{survey.phase_name}_{survey.place.id}.csv"


def _passes(key: str, survey: SurveyPassesResult) -> Named:
    found = survey.passes
    table: Table = {
        "utc": utc(found.t_tdb) if len(found) else np.zeros(0, dtype=np.str_),
        "cross_track_km": found.cross_track_km,
        "altitude_km": found.altitude_km,
        "off_nadir_deg": found.off_nadir_deg,
        "sun_elevation_deg": found.sun_elevation_deg,
    }
    return pass_file(key, "passes", survey), table, (f"Passes over {survey.place.name}, one a revolution",)


def _coverage(key: str, survey: SurveyPassesResult) -> Named:
    assert survey.coverage is not None
    t = survey.coverage.t_tdb
    table: Table = {
        "utc": utc(t) if t.size else np.zeros(0, dtype=np.str_),
        "covered_fraction": survey.coverage.covered_fraction,
    }
    return pass_file(key, "coverage", survey), table, ("Share of the landing ellipse seen by the camera so far",)


def _sweep(key: str, survey: SurveyPassesResult) -> Named:
    rows = survey.sweep
    table: Table = {"inclination_deg": np.array([row.inclination_deg for row in rows])}
    for at, limit in enumerate(survey.cross_track_km):
        table[f"passes_within_{limit:g}_km_count"] = np.array([row.passes_per_month[at] for row in rows])
    table["nearest_km"] = np.array([row.nearest_km for row in rows])
    words = ["One sidereal month, two bodies, mean over 24 nodes"]
    if len(survey.field_sweep) == len(rows):
        field = survey.field_sweep
        for at, limit in enumerate(survey.cross_track_km):
            table[f"field_within_{limit:g}_km_count"] = np.array([float(row.passes_count[at]) for row in field])
        table["field_nearest_km"] = np.array([row.nearest_km for row in field])
        table["field_span_day"] = np.array([row.span_day for row in field])
        words.append("field_*: left alone in GRGM1200A with Earth and Sun, from the node of the phase")
    return pass_file(key, "sweep", survey), table, tuple(words)


def _light(key: str, light: LightResult) -> Named:
    days = light.start_tdb + SECONDS_PER_DAY * np.arange(light.light_hour.size)
    noon = slice(4, None, 8)  # the sky has eight rows a day
    sky = light.sky
    count = min(light.light_hour.size, sky.t_tdb[noon].size)
    table: Table = {
        "utc": utc(days)[:count],
        "light_hour": light.light_hour[:count],
        "earth_hour": light.earth_hour[:count],
        "sun_azimuth_deg": sky.sun_azimuth_deg[noon][:count],
        "sun_elevation_deg": sky.sun_elevation_deg[noon][:count],
        "earth_azimuth_deg": sky.earth_azimuth_deg[noon][:count],
        "earth_elevation_deg": sky.earth_elevation_deg[noon][:count],
    }
    words = f"{light.place.name}; horizon: {light.place.horizon.name} ({light.place.horizon.source})"
    return f"light_{key}.csv", table, (words, "Hours with the centre of the disc above the horizon; angles at 12 h")


def _sky(key: str, light: LightResult) -> Named:
    sky = light.sky
    table: Table = {
        "utc": utc(sky.t_tdb),
        "sun_azimuth_deg": sky.sun_azimuth_deg,
        "sun_elevation_deg": sky.sun_elevation_deg,
        "sun_fraction": sky.sun_fraction,
        "earth_azimuth_deg": sky.earth_azimuth_deg,
        "earth_elevation_deg": sky.earth_elevation_deg,
        "earth_up_fraction": sky.earth_up.astype(np.float64),
        "horizon_under_sun_deg": light.place.horizon.mask().at_deg(sky.sun_azimuth_deg),
    }
    return f"sky_{key}.csv", table, (f"Every three hours over {light.place.name}, topocentric",)


def _phasing(key: str, phasing: PhasingResult) -> Named:
    found = phasing.passages
    table: Table = {
        "utc": utc(found.t_tdb) if len(found) else np.zeros(0, dtype=np.str_),
        "approach_azimuth_deg": found.approach_azimuth_deg,
        "sun_azimuth_deg": found.sun_azimuth_deg,
        "sun_elevation_deg": found.sun_elevation_deg,
        "sun_behind_deg": found.sun_behind_deg,
        "earth_elevation_deg": found.earth_elevation_deg,
    }
    return f"plane_passages_{key}.csv", table, (f"When {phasing.plane} holds the landing site; the plane stands still",)


def _landing_windows(key: str, phasing: PhasingResult) -> Named:
    sets = (("light and Earth", phasing.windows), ("plane near", phasing.near))
    table: Table = {
        "kind": np.concatenate([np.full(len(each), name) for name, each in sets]).astype(np.str_),
        "start_utc": np.concatenate([utc(each.start_tdb) for _, each in sets if len(each)] or [np.zeros(0, np.str_)]),
        "stop_utc": np.concatenate([utc(each.stop_tdb) for _, each in sets if len(each)] or [np.zeros(0, np.str_)]),
    }
    words = f"Plane near: ground track within {phasing.cross_track_km:g} km of the site"
    return f"landing_windows_{key}.csv", table, (words,)


def _overburn(key: str, found: OverburnResult) -> Named:
    study = found.study
    table: Table = {
        "orbit": np.array(study.orbit, dtype=np.str_),
        "true_anomaly_deg": study.true_anomaly_deg,
        "planned_dv_m_s": study.planned_dv_m_s,
        "actual_dv_m_s": study.actual_dv_m_s,
        "perilune_altitude_km": study.perilune_altitude_km,
        "impact_s": study.impact_s,
        "late_s": study.late_s,
        "burn_latitude_deg": study.burn_latitude_deg,
        "burn_longitude_deg": study.burn_longitude_deg,
        "planned_perilune_latitude_deg": study.perilune_latitude_deg,
        "planned_perilune_longitude_deg": study.perilune_longitude_deg,
    }
    if found.miss_km.size:
        table |= {
            "impact_latitude_deg": found.impact_latitude_deg,
            "impact_longitude_deg": found.impact_longitude_deg,
            "impact_miss_km": found.miss_km,
        }
    words = "Burn of the published length, from every place of both orbits; places for an impact in the crater found"
    return f"overburn_{key}.csv", table, (words, "impact_*: if the planned perilune had been over the landing site")
