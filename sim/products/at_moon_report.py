"""Tables about a mission's time at the Moon as the report shows them: headings, numbers with digits, remarks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from sim.analysis.at_moon_descent_results import DescentResult
from sim.analysis.at_moon_results import AtMoonResult, LinkResult, SurveyPassesResult
from sim.analysis.at_moon_together import CoordinationResult
from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY
from sim.operations import FieldSweepRow, ServiceRow
from sim.products.at_moon_orbit_report import orbit_tables
from sim.products.at_moon_tables import utc
from sim.products.overburn_report import overburn_tables
from sim.products.report_table import Row
from sim.products.report_table import report_table as _table
from sim.products.schema import Json
from sim.units import DEG_PER_RAD

PATHS = (
    "Kept: corrections hold shape and plane, two bodies. Left alone: the Moon's field (GRGM1200A), Earth and Sun, no "
    "corrections."
)


def _utc(t_tdb: float) -> str:
    return str(utc(np.array([t_tdb]))[0])


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def report_tables(found: AtMoonResult, names: dict[str, str]) -> list[Json]:
    """Return the tables of a mission's time at the Moon.

    Parameters
    ----------
    found : AtMoonResult
        What was found.
    names : dict of str to str
        Identifier of a party to words.

    Returns
    -------
    list of dict
        ``title``, ``columns`` (``name`` and ``digits``), ``rows`` and ``note``; those without rows left out.
    """
    tables = [*orbit_tables(found, names), _orbit_table(found)]
    for link in found.links:
        tables += [
            _contact_table(link, names),
            _way_table(link, names),
            _return_table(link, names),
            _hidden(link, names),
            _together(link, names),
        ]
    tables += [_passes_table(found.surveys), _sweep_table(found), _light_table(found), _phasing_table(found)]
    tables += [_overlap_table(found), *overburn_tables(found.overburn), _descent_table(found)]
    return [table for table in tables if table["rows"]]


def coordination_facts(found: CoordinationResult, names: dict[str, str]) -> Json:
    """Return what two missions of a plan do for each other, for summary and report.

    Parameters
    ----------
    found : CoordinationResult
        What was found.
    names : dict of str to str
        Identifier of a party to words.

    Returns
    -------
    dict
        ``plan_id``, ``first``, ``second``, ``start_utc``, ``rows``, ``tables`` and ``assumed``.
    """
    rows: list[Row] = [[_named(row.function, names), row.without, row.with_partner] for row in found.rows]
    columns = [("Function", 0), ("Without the partner", 0), ("With the partner", 0)]
    note = (
        "Both at work, whatever their dates allow (see the couplings); kept orbits, two bodies. To talk: straight to a "
        "station, or through an orbiter that sees lander and station at the same time."
    )
    surveys = () if found.survey is None else (found.survey,)
    tables = [
        _table("With and without the partner", columns, rows, note),
        _contact_table(found.links, names),
        _way_table(found.links, names),
        _return_table(found.links, names),
        _together(found.links, names),
        _passes_table(surveys),
    ]
    return {
        "plan_id": found.plan_id,
        "first": found.first,
        "second": found.second,
        "phase": found.phase_name.replace("_", " "),
        "start_utc": _utc(found.start_tdb),
        "tables": [table for table in tables if table["rows"]],
        "assumed": list(found.assumed),
    }


def _named(text: str, names: dict[str, str]) -> str:
    for party, words in names.items():
        text = text.replace(party, words)
    return text


def _orbit_table(found: AtMoonResult) -> Json:
    rows: list[Row] = []
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
                f"comes down after {fall:.1f} d" if fall is not None else history.fault or "–",
            ]
        )
    columns = [
        ("Phase", 0), ("Apses, km", 0), ("Inclination, °", 1), ("Node, °", 1), ("From", 0), ("Period, min", 1),
        ("Left alone for, d", 0), ("Lowest, km", 1), ("Highest, km", 1), ("Largest e", 4), ("End", 0),
    ]  # fmt: skip
    note = (
        f"Counted from {found.arrival_basis}, {_utc(found.arrival_tdb)[:16].replace('T', ' ')} UTC. Left alone: what "
        "the Moon's field (GRGM1200A), Earth and Sun make of the orbit without corrections; altitudes over the sphere "
        "of 1737.4 km, terrain rises up to 10.8 km above it."
    )
    return _table("Orbits", columns, rows, note)


def _contact_table(found: LinkResult, names: dict[str, str]) -> Json:
    rows: list[Row] = [
        [
            names.get(row.orbiter, row.orbiter),
            names.get(row.place, row.place),
            row.model,
            row.service.contacts_per_day,
            row.service.mean_contact_min,
            row.service.minutes_per_day,
            row.service.longest_gap_hour,
            _gap(row.service),
            float(row.contacts.range_max_km.max()) if len(row.contacts.open_) else None,
            row.contacts.gigabyte_per_day,
            row.contacts.budget.name + (" (assumed)" if row.contacts.budget.status == "assumed" else ""),
        ]
        for row in found.contacts
    ]
    columns = [
        ("Orbiter", 0), ("Over", 0), ("Path", 0), ("Contacts a day", 1), ("Mean, min", 1), ("Minutes a day", 0),
        ("Longest gap, h", 1), ("from, UTC", 0), ("Farthest, km", 0), ("GB a day", 2), ("Radio", 0),
    ]  # fmt: skip
    span = f"{(found.stop_tdb - found.start_tdb) / SECONDS_PER_DAY:.1f} d from {_utc(found.start_tdb)[:10]}"
    note = f"Over {span}; edges to 0.01 s. {PATHS}"
    return _table(f"Contacts with places on the Moon, {found.label}", columns, rows, note)


def _way_table(found: LinkResult, names: dict[str, str]) -> Json:
    rows: list[Row] = []
    for service in found.services:
        place = names.get(service.lander, service.lander)
        ways: list[tuple[str, ServiceRow, float | None]] = [("straight to the stations", service.direct, None)]
        ways += [(f"through {names.get(row.way, row.way)}", row, None) for row in service.bent_pipe]
        ways.append(("any of these", service.all_ways, None))
        ways += [
            (f"with {names.get(pipe.way, pipe.way)} out", row, share)
            for pipe, row, share in zip(service.bent_pipe, service.without, service.backup_share, strict=True)
        ]
        rows += [_way(place, words, row, share) for words, row, share in ways]
    if not found.services:
        rows = [_way(names.get(row.way, row.way), "straight to the stations", row, None) for row in found.direct]
    columns = [
        ("Place", 0), ("Way to the Earth", 0), ("Open, %", 1), ("Hours a day", 1), ("Longest gap, h", 1),
        ("from, UTC", 0),
        ("Time of the one out that others cover, %", 0),
    ]  # fmt: skip
    note = (
        "Through an orbiter: place and a ground station in view at the same time. Stations with their elevation masks, "
        "behind the Moon counted out."
    )
    return _table(f"Ways to the Earth, {found.label}", columns, rows, note)


def _gap(row: ServiceRow) -> str:
    """Begin and end of the longest gap."""
    if not np.isfinite(row.gap_start_tdb):
        return "–"
    start, stop = (_utc(t)[5:16].replace("T", " ") for t in (row.gap_start_tdb, row.gap_stop_tdb))
    return f"{start} to {stop}"


def _way(place: str, words: str, row: ServiceRow, share: float | None) -> Row:
    covered = None if share is None else 100.0 * share
    return [place, words, 100.0 * row.share, row.minutes_per_day / 60.0, row.longest_gap_hour, _gap(row), covered]


def _return_table(found: LinkResult, names: dict[str, str]) -> Json:
    rows: list[Row] = [
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
    rows: list[Row] = [
        [names.get(row.orbiter, row.orbiter), row.count_per_day, row.longest_min, 100.0 * row.share]
        for row in found.hidden
    ]
    columns = [("Orbiter", 0), ("Occultations a day", 2), ("Longest, min", 1), ("Share of the time, %", 1)]
    return _table(f"Behind the Moon as seen from the Earth, {found.label}", columns, rows)


def _together(found: LinkResult, names: dict[str, str]) -> Json:
    rows: list[Row] = [
        [
            f"{names.get(row.first, row.first)} and {names.get(row.second, row.second)}",
            names.get(row.place, row.place),
            row.view.together_minutes_per_day,
            row.view.minutes_per_day,
            row.view.encounters_per_day,
            _finite(row.view.longest_gap_hour),
        ]
        for row in found.together
    ]
    columns = [
        ("Orbiters", 0), ("Over", 0), ("Both at once, min a day", 1), ("Within ten minutes, min a day", 1),
        ("Occasions a day", 2), ("Longest gap, h", 1),
    ]  # fmt: skip
    note = "Seen above the place's horizon mask. Within ten minutes: one sees the place, the other did or will."
    return _table(f"Simultaneous observation, {found.label}", columns, rows, note)


def _passes_table(surveys: Sequence[SurveyPassesResult]) -> Json:
    rows: list[Row] = []
    for one in surveys:
        for at, limit in enumerate(one.cross_track_km):
            cover = one.coverage if at == 0 else None
            dark, grazing, low, good, high = (int(count) for count in one.counts[at])
            most = None if cover is None else _finite(cover.days_to_cover(0.9))
            whole = None if cover is None else _finite(cover.days_to_cover())
            name, every = one.phase_name.replace("_", " "), dark + grazing + low + good + high
            limit_words = f"< {limit:g} km"
            rows.append([name, one.place.name, limit_words, every, dark, grazing, low, good + high, most, whole])
    columns = [
        ("Phase", 0), ("Over", 0), ("Nearer than", 0), ("Passes", 0), ("Sun below 0°", 0), ("0–2°", 0), ("2–10°", 0),
        ("above 10°", 0), ("Days to cover 90 %", 1), ("Days to cover all", 1),
    ]  # fmt: skip
    span = surveys[0].passes.span_day if surveys else 0.0
    note = f"Over {span:.1f} d from the begin of each phase; distance of the ground track; cover: landing ellipse, lit."
    return _table("Survey passes", columns, rows, note)


def _sweep_table(found: AtMoonResult) -> Json:
    rows: list[Row] = [
        [one.place.name, row.inclination_deg, *row.passes_per_month, row.nearest_km, *_in_field(field)]
        for one in found.surveys
        for row, field in zip_longest(one.sweep, one.field_sweep)
    ]
    columns = [
        ("Over", 0), ("Inclination, °", 1), ("< 5 km", 1), ("< 10 km", 1), ("< 25 km", 1), ("Nearest, km", 1),
        ("In the field: < 5 km", 0), ("< 10 km", 0), ("< 25 km", 0), ("Nearest, km", 1), ("Inclination moves, °", 0),
        ("Days", 1),
    ]  # fmt: skip
    note = (
        'Passes of a sidereal month. Left: two bodies, plane still, mean over 24 nodes; "polar" was never published as '
        "a number. Right: the same orbit from the node of the phase, left alone in the Moon's field (GRGM1200A, degree "
        "50) with Earth and Sun; fewer days where it comes down. An orbit kept by corrections lies in between."
    )
    return _table("What the inclination decides", columns, rows, note)


def _in_field(row: FieldSweepRow | None) -> Row:
    """Cells of a month in the Moon's field."""
    if row is None:
        return [None] * 6
    moves = f"{row.inclination_min_deg:.2f} to {row.inclination_max_deg:.2f}"
    return [*(float(one) for one in row.passes_count), _finite(row.nearest_km), moves, row.span_day]


def _light_table(found: AtMoonResult) -> Json:
    if found.light is None:
        return _table("Light", [], [])
    some, place = found.light.summary, found.light.place
    rows: list[Row] = [
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
    rows: list[Row] = []
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
        f"When {found.phasing.plane} holds the site; the plane stands still, the Moon turns. Days with the ground "
        f"track within {found.phasing.cross_track_km:g} km (assumed) and light and Earth as wanted: "
        f"{found.phasing.both_day:.1f}."
    )
    return _table("Landing phasing", columns, rows, note)


def _overlap_table(found: AtMoonResult) -> Json:
    rows: list[Row] = []
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


def _descent_table(found: AtMoonResult) -> Json:
    if found.descent is None:
        return _table("Powered descent", [], [])
    way, powered, engine = found.descent, found.descent.powered, found.descent.engine
    step = f"de-orbit from {way.orbit_altitude_km:g} km to {way.deorbit.perilune_altitude_km:g} km"
    rows: list[Row] = [[step, way.deorbit.dv_m_s, way.deorbit.coast_s, "half a revolution of coast"]]
    loss = f"{_downrange(powered.downrange_km)}, loss {powered.gravity_loss_m_s:.0f} m/s"
    if engine is None:
        rows.append(["braking, gravity turn to rest", powered.braking_dv_m_s, powered.braking_s, loss])
    else:
        words = f"{_downrange(engine.downrange_km)}, thrust up to {engine.pitch_max_deg:.0f}° over the level"
        rows.append([f"braking on {way.thrust_n:g} N", engine.braking_dv_m_s, engine.braking_s, words])
    spent = (powered if engine is None else engine).braking_dv_m_s + powered.vertical_dv_m_s
    rows += [
        ["vertical phase", powered.vertical_dv_m_s, None, "at constant weight"],
        ["reserve", way.total_dv_m_s - spent, None, ""],
        ["powered descent in all", way.total_dv_m_s, None, f"{way.propellant_kg:.0f} kg of propellant"],
    ]
    if engine is not None:
        rows.append(["for comparison: gravity turn to rest", powered.braking_dv_m_s, powered.braking_s, loss])
    columns = [("Part", 0), ("Velocity change, m/s", 1), ("Duration, s", 0), ("Remark", 0)]
    return _table("Powered descent", columns, rows, _descent_note(way))


def _downrange(km: float) -> str:
    return f"{km:.0f} km downrange ({km / MOON.radius_km * DEG_PER_RAD:.1f}°)"


def _descent_note(way: DescentResult) -> str:
    """Say what the numbers rest on."""
    powered = way.powered
    needed = (
        f"{powered.thrust_m_s2:.2f} m/s² at ignition, {powered.thrust_to_weight_ratio:.2f} times the weight, is what a "
        "gravity turn needs to come to rest"
    )
    if way.engine is not None:
        return (
            "Braking at full thrust, pitched so that the height falls smoothly to that of the vertical phase; no "
            f"throttling before, no redirection, no slope. For comparison, {needed}."
        )
    words = f"Thrust of {needed}. A lower bound with losses of the right size, not a guidance law."
    return words if not way.engine_fault else f"{words} Not flown on {way.thrust_n:g} N: {way.engine_fault}."
