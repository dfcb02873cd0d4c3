"""Tables about a burn that lasted too long: the flights, the plane, the field, the unknowns, and what fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sim.analysis.at_moon_overburn import DirectionFit
from sim.analysis.at_moon_results import OverburnResult
from sim.products.at_moon_tables import utc
from sim.products.report_table import Row, report_table
from sim.products.schema import Json


def overburn_tables(found: OverburnResult | None) -> list[Json]:
    """Return the tables about a burn that lasted too long.

    Parameters
    ----------
    found : OverburnResult or None
        What was found.

    Returns
    -------
    list of dict
        As :func:`sim.products.report_table.report_table` makes them; none without such a burn.
    """
    if found is None:
        return []
    return [_flights(found), _planes(found), _field(found), _unknowns(found), _volume(found), _needed(found)]


def verdict(found: OverburnResult) -> str:
    """Say in words what the unknowns explain, and which smallest set brings time and place together.

    Parameters
    ----------
    found : OverburnResult
        What was found.

    Returns
    -------
    str
        A few sentences.
    """
    first, case = found.inverse.directions[0], found.case
    miss = found.study.least_miss_s
    rounding = 2.0 * case.uncertainty_s
    parts = [
        f"Time: the nearest case strikes {abs(miss):.0f} s {'before' if miss < 0.0 else 'after'} the loss of signal; "
        f"the place of the burn ({found.explained_s:.0f} s) and two times published to the minute "
        f"(\u00b1{rounding:.0f} s together) {'close' if abs(miss) <= rounding else 'do not close'} that."
    ]
    if found.inverse.planes:
        off_km = [abs(row.off_crater_km) for row in found.inverse.planes]
        parts.append(
            f"Plane: those of the arrivals with the landing as planned pass {min(off_km):.0f} to {max(off_km):.0f} km "
            "from the crater when the signal was lost, nothing fitted."
        )
    needed = first.needed
    if first.crater_to_site_deg is None or not np.isfinite(needed.site_thrust_ratio).any():
        return " ".join(parts)
    least = int(np.nanargmin(needed.impact_for_site_s))
    early = needed.impact_for_site_s[least] - (case.lost_tdb - case.begin_tdb)
    plan = needed.dv_for_site_m_s[least] / found.study.planned_dv_m_s[least]
    parts.append(
        f"Time and place together, if the planned perilune was to lie over the site: "
        f"{_percent(first.volume.all_share)} of the volume of the unknowns. The smallest set that does it: a "
        f"velocity change of {plan:.2f} times the plan "
        f"in place of {case.actual_s / case.planned_s:.2f}, and a burn {early / 60.0:.1f} min before the published "
        "time. Else the planned perilune was not to lie there."
    )
    return " ".join(parts)


def _percent(share: float) -> str:
    return f"{100.0 * share:.2f} %" if share > 0.0 else "none"


def _direction(one: DirectionFit) -> str:
    return f"{'southbound' if one.southbound else 'northbound'}, {one.inclination_deg:.1f}°"


def _flights(found: OverburnResult) -> Json:
    case, study = found.case, found.study
    rows: list[Row] = []
    for name in dict.fromkeys(study.orbit):
        chosen = np.array([one == name for one in study.orbit])
        hits = chosen & np.isfinite(study.impact_s)
        miss = found.miss_km[hits] if found.miss_km.size else np.full(1, np.nan)
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
        f"Burn of {case.actual_s:g} s in place of {case.planned_s:g} s from {_utc(case.begin_tdb)[11:16]} UTC; signal "
        f"lost at {_utc(case.lost_tdb)[11:16]}. Ranges: over all places of the burn, which nobody published; ground at "
        f"the {_number(1e3 * case.crater_altitude_km)} m of the crater. Planned perilune: where it must have been for "
        "an impact in the crater. Off the crater: if it had been over the landing site instead. Nothing is fitted. "
    )
    return report_table("The burn that lasted too long", columns, rows, note + verdict(found))


def _planes(found: OverburnResult) -> Json:
    rows: list[Row] = [
        [
            _utc(row.launch_tdb)[:19].replace("T", " "),
            row.inclination_deg,
            "southbound" if row.southbound else "northbound",
            row.off_crater_km,
            _utc(row.site_tdb)[:16].replace("T", " ") if np.isfinite(row.site_tdb) else "–",
        ]
        for row in found.inverse.planes
    ]
    columns = [
        ("Launch found, UTC", 0), ("Inclination, °", 1), ("Over the crater", 0), ("Crater off the plane, km", 1),
        ("Site in the plane, UTC", 0),
    ]  # fmt: skip
    note = (
        "Planes of the opportunities within half an hour of the published launch, which hold the landing site on the "
        "planned day; distance of the crater when the signal was lost. The scenario's inclination is not used."
    )
    return report_table("The plane of arrival beside the crater", columns, rows, note)


def _field(found: OverburnResult) -> Json:
    rows: list[Row] = []
    for one in found.inverse.directions:
        field = one.field
        beyond = field.beyond_crater_deg - (np.nan if one.crater_to_site_deg is None else one.crater_to_site_deg)
        rows.append(
            [
                _direction(one),
                _span(field.plan_change_km, 1),
                _span(field.later_s, 0),
                _clock(found.case.begin_tdb, field.impact_s[np.isfinite(field.impact_s)]),
                _span(field.farther_km, 0),
                f"{_span(field.burn_latitude_deg, 0)}, {_span(field.burn_longitude_deg, 0)}",
                _seen(field.burn_seen),
                _span(beyond, 0),
            ]
        )
    columns = [
        ("Over the crater", 0), ("Plan aims lower by, km", 0), ("Later than two bodies, s", 0), ("Impact, UTC", 0),
        ("Farther, km", 0), ("Burn begins over, lat °, lon °", 0), ("Earth in view there", 0),
        ("Planned perilune beyond the site, °", 0),
    ]  # fmt: skip
    degree = found.inverse.directions[0].field.degree
    note = (
        f"The same burns in GRGM1200A to degree {degree} with Earth and Sun, the plan made in that field as well: what "
        "the two-body flight leaves out. Beyond the site: along the flight; a descent begins at the perilune or after."
    )
    return report_table("The burn in the Moon's field", columns, rows, note)


def _seen(seen: Any) -> str:
    return "yes" if bool(np.all(seen)) else ("in part" if bool(np.any(seen)) else "no")


def _unknowns(found: OverburnResult) -> Json:
    first = found.inverse.directions[0].volume
    rows: list[Row] = []
    for at, one in enumerate(found.inverse.rates):
        inside = one.unknown.low <= one.closing_value <= one.unknown.high
        rows.append(
            [
                one.unknown.words + (" (assumed)" if one.unknown.assumed else ""),
                _between(one.unknown.low, one.unknown.high),
                one.unknown.why,
                one.seconds_per_unit,
                one.km_per_unit,
                one.spread_s,
                _closing(one.closing_value, inside),
                _between(float(first.low[at]), float(first.high[at])),
            ]
        )
    columns = [
        ("Unknown", 0), ("Range", 0), ("Because", 0), ("Seconds later per unit", 1), ("km farther per unit", 1),
        ("Alone moves the impact by, s", 0), ("Closes the time alone at", 0), ("Where time and plan agree", 0),
    ]  # fmt: skip
    miss = found.study.least_miss_s
    note = (
        f"About the nearest case, {abs(miss):.0f} s {'before' if miss < 0.0 else 'after'} the loss of signal. Last "
        "column: 5 to 95 % of the flights that agree in time and in the planned apolune."
    )
    return report_table("What the unknowns explain", columns, rows, note)


def _closing(value: float, inside: bool) -> str:
    if not np.isfinite(value):
        return "nothing"
    return _number(value) + ("" if inside else ", outside")


def _between(low: float, high: float) -> str:
    return f"{_number(low)} to {_number(high)}" if np.isfinite([low, high]).all() else "–"


def _number(value: float) -> str:
    return f"{value:.4g}".replace("-", "\u2212")


def _volume(found: OverburnResult) -> Json:
    rows: list[Row] = [
        [
            _direction(one),
            100.0 * one.volume.impact_share,
            100.0 * one.volume.time_share,
            100.0 * one.volume.plan_share,
            100.0 * one.volume.time_plan_share,
            None if one.crater_to_site_deg is None else 100.0 * one.volume.site_share,
            None if one.crater_to_site_deg is None else 100.0 * one.volume.all_share,
            _span(np.array(one.volume.actual_dv_m_s), 1),
            _span(np.array(one.volume.beyond_site_deg), 0),
        ]
        for one in found.inverse.directions
    ]
    columns = [
        ("Over the crater", 0), ("Strikes the Moon, %", 1), ("On time, %", 2), ("Apolune as planned, %", 1),
        ("Both, %", 2), ("Perilune at the site, %", 2), ("All three, %", 2), ("Flown where both, m/s", 0),
        ("Perilune beyond the site where both, °", 0),
    ]  # fmt: skip
    case, descent = found.case, found.inverse.descent_deg
    note = (
        f"{found.inverse.directions[0].volume.flights} flights over the whole volume of the ranges above, two bodies. "
        f"On time: within {case.uncertainty_s:g} s of the loss. Apolune: {case.circular_altitude_km:g} km within 2 km. "
        f"Perilune at the site: over it or up to {descent:.1f}° before, the length of the powered descent."
    )
    return report_table("How much of the volume of the unknowns fits", columns, rows, note)


def _needed(found: OverburnResult) -> Json:
    study, rows = found.study, []
    observed = found.case.lost_tdb - found.case.begin_tdb
    for one in found.inverse.directions:
        needed = one.needed
        for name in dict.fromkeys(study.orbit):
            chosen = np.array([each == name for each in study.orbit])
            row: Row = [
                _direction(one),
                name,
                _span(needed.dv_for_time_m_s[chosen], 1),
                _span(100.0 * (needed.time_thrust_ratio[chosen] - 1.0), 1),
                _span(needed.beyond_for_time_deg[chosen], 0),
                _span(needed.dv_for_site_m_s[chosen], 1),
                _span(100.0 * (needed.site_thrust_ratio[chosen] - 1.0), 1),
                _span((needed.impact_for_site_s[chosen] - observed) / 60.0, 1),
            ]
            rows.append(row)
    columns = [
        ("Over the crater", 0), ("Orbit before", 0), ("For the time, m/s", 0), ("off the plan's thrust, %", 0),
        ("perilune then beyond the site, °", 0), ("For a perilune over the site, m/s", 0),
        ("off the plan's thrust, %", 0), ("impact then later than the loss, min", 0),
    ]  # fmt: skip
    note = (
        "Thrust fitted to one condition at a time, over all places of the burn; two bodies. A dash: no thrust does it."
    )
    return report_table("Which thrust meets one condition", columns, rows, note)


def _utc(t_tdb: float) -> str:
    return str(utc(np.array([t_tdb]))[0])


def _span(values: Any, digits: int) -> str:
    finite = np.asarray(values)[np.isfinite(values)]
    if not finite.size:
        return "–"
    low, high = f"{finite.min():.{digits}f}", f"{finite.max():.{digits}f}"
    return (low if low == high else f"{low} to {high}").replace("-", "\u2212")


def _clock(begin_tdb: float, after_s: Sequence[float] | Any) -> str:
    if not len(after_s):
        return "none"
    return f"{_utc(begin_tdb + float(np.min(after_s)))[11:19]} to {_utc(begin_tdb + float(np.max(after_s)))[11:19]}"
