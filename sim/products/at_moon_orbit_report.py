"""Insertion, life and keeping of orbits, relay ellipses: tables of the report, terminal lines."""

from __future__ import annotations

import numpy as np

from sim.analysis.at_moon_life import NEAR_CIRCULAR_KM
from sim.analysis.at_moon_omitted import SURVEY
from sim.analysis.at_moon_orbit_results import InsertionResult, Omission, OrbitLifeResult, OrbitShape, RelayDesignResult
from sim.analysis.at_moon_results import AtMoonResult
from sim.bodies import MOON
from sim.products.report_table import Row, report_table
from sim.products.schema import Json
from sim.timescales import utc_from_tdb

PEAK_KM = 10.8
"""Highest terrain over the sphere of 1737.4 km."""


def orbit_tables(found: AtMoonResult, names: dict[str, str]) -> list[Json]:
    """Return the tables about getting into orbits and staying there.

    Parameters
    ----------
    found : AtMoonResult
        What was found.
    names : dict of str to str
        Identifier of a party to words.

    Returns
    -------
    list of dict
        Those with rows.
    """
    tables = [_burn_table(found.insertion), _reached_table(found.insertion)]
    tables += [_life_table(found.lives), _choice_table(found.lives)]
    tables += [_keeping_table(found.lives), _floor_table(found.lives)]
    for relay in found.relays:
        tables += [_node_table(relay), _ellipse_table(relay), _coverage_table(relay, names)]
    tables.append(_omitted_table(found.omitted))
    return [table for table in tables if table["rows"]]


def orbit_lines(found: AtMoonResult) -> list[str]:
    """Say the findings in lines for the terminal.

    Parameters
    ----------
    found : AtMoonResult
        What was found.

    Returns
    -------
    list of str
        One a finding; empty when the scenario asks for none.
    """
    lines = [] if found.insertion is None else [_insertion_line(found.insertion)]
    lines += [_life_line(life) for life in found.lives]
    for relay in found.relays:
        lines += _relay_lines(relay)
    lines += [
        f"{_name(one.phase_name)}: not computed: {one.what}: {one.why}" for one in found.omitted if one.what != SURVEY
    ]
    return lines


def _name(phase: str) -> str:
    return phase.replace("_", " ")


def life_shape(life: OrbitLifeResult) -> str:
    """Say what size an orbit has: its mean altitude, or the apses of an ellipse.

    Parameters
    ----------
    life : OrbitLifeResult
        What was found about it.

    Returns
    -------
    str
        With the unit.
    """
    if life.near_circular:
        return f"{life.altitude_km:g} km"
    return f"{life.perilune_altitude_km:g} x {life.apolune_altitude_km:g} km"


def _insertion_line(found: InsertionResult) -> str:
    if found.sequence is None:
        return f"insertion: not flown: {found.fault}"
    assert found.after is not None
    flown, reached = found.sequence, found.after
    return (
        f"insertion: {len(flown.burns)} burn{'s' * (len(flown.burns) > 1)}, {flown.impulse_dv_m_s:.1f} m/s and "
        f"{flown.spent_dv_m_s - flown.impulse_dv_m_s:.1f} m/s of losses, to {_apses(reached)} at "
        f"{reached.inclination_deg:.1f} deg, {found.delivered_kg:.0f} kg"
    )


def _life_line(life: OrbitLifeResult) -> str:
    lost = (
        f"lasts {life.span_day:g} d"
        if np.isinf(life.lost_day)
        else f"under {life.limit_altitude_km:g} km after {life.lost_day:.0f} d"
    )
    cost = "keeping not flown" if life.keep_fault else f"keeping {life.keep_year_dv_m_s:.0f} m/s a year"
    if np.isfinite(life.propellant_share):
        cost += f", {100.0 * life.propellant_share:.0f} % of the propellant over the phase"
    frozen = life.frozen
    beside = (
        "no frozen orbit above the ground"
        if frozen is None
        else f"frozen at e = {frozen.eccentricity:.4f}, {life.frozen_lowest_km:.0f} to {life.frozen_highest_km:.0f} km"
    )
    return f"{_name(life.phase_name)}, {life_shape(life)}: left alone {lost}; {cost}; {beside}"


def _relay_lines(relay: RelayDesignResult) -> list[str]:
    lasting = [row for row in relay.nodes if np.isinf(row.lost_day)]
    name = relay.phase_name.replace("_", " ")
    lines = [f"{name}: left alone it lasts from {len(lasting)} of {len(relay.nodes)} nodes"]
    for row, label in zip(relay.orbits, relay.labels, strict=True):
        end = "lasts" if np.isinf(row.lost_day) else f"comes down after {row.lost_day:.0f} d"
        seen = [f"{100.0 * one.share:.0f} % over {one.place}" for one in relay.coverage if one.label == label]
        lines.append(f"{name}, {label}: {end}, lowest {max(row.lowest_km, 0.0):.0f} km, {', '.join(seen)}")
    lines += [f"{name}, frozen at {one.perilune_altitude_km:g} km: {one.fault}" for one in relay.tries if one.fault]
    return lines


def _utc(t_tdb: float, decimals: int = 0) -> str:
    return str(utc_from_tdb(t_tdb, decimals=decimals))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _apses(shape: OrbitShape) -> str:
    if not np.isfinite(shape.apolune_altitude_km):
        return f"{shape.perilune_altitude_km:.1f} km, escaping"
    return f"{shape.perilune_altitude_km:.1f} x {shape.apolune_altitude_km:.1f} km"


def _burn_table(found: InsertionResult | None) -> Json:
    if found is None:
        return report_table("Burns to the working orbit", [], [])
    if found.sequence is None or found.before is None:
        return report_table("Burns to the working orbit", [("Not flown", 0)], [[found.fault]])
    rows: list[Row] = []
    before = _apses(found.before)
    for burn in found.sequence.burns:
        closed = np.isfinite(burn.apolune_altitude_km)
        after = (
            f"{burn.perilune_altitude_km:.1f} x {burn.apolune_altitude_km:.1f} km"
            if closed
            else f"{burn.perilune_altitude_km:.1f} km, escaping"
        )
        rows.append(
            [
                burn.name,
                _utc(burn.ignition_tdb).replace("T", " "),
                burn.apsis_altitude_km,
                burn.duration_s,
                burn.impulse_dv_m_s,
                burn.loss_m_s,
                burn.formula_loss_m_s,
                burn.mass_kg,
                before,
                after,
                burn.inclination_deg,
                _finite(burn.period_h),
            ]
        )
        before = after
    spent = found.sequence.spent_dv_m_s
    rows.append(
        [
            "all",
            "",
            None,
            sum(burn.duration_s for burn in found.sequence.burns),
            found.sequence.impulse_dv_m_s,
            spent - found.sequence.impulse_dv_m_s,
            sum(burn.formula_loss_m_s for burn in found.sequence.burns),
            found.delivered_kg,
            "",
            "",
            None,
            None,
        ]
    )
    columns = [
        ("Burn", 0), ("Ignition, UTC", 0), ("Apsis at, km", 0), ("Length, s", 1), ("Impulse, m/s", 1),
        ("Loss, m/s", 2), ("Loss by formula, m/s", 2), ("Mass after, kg", 0), ("Orbit before", 0), ("Orbit after", 0),
        ("Inclination, °", 2), ("Period, h", 2),
    ]  # fmt: skip
    note = (
        f"Flown under GRGM1200A to degree {found.degree}, Earth and Sun, by the main engine at constant thrust; orbits "
        "osculating at cut-off, inclination to the Moon's equator of date. Launch windows count "
        f"{found.planned_dv_m_s:.1f} m/s and {found.planned_loss_m_s:.1f} m/s of loss for the same arrival. "
        f"Flown once more in one piece it ends {found.closure_m:.1g} m from there. Loss by formula: Robbins, an upper "
        "bound for steered burns."
    )
    return report_table("Burns to the working orbit", columns, rows, note)


def _reached_table(found: InsertionResult | None) -> Json:
    title = "Orbit reached beside the first phase"
    if found is None or found.after is None or found.wanted is None:
        return report_table(title, [], [])

    def row(label: str, shape: OrbitShape) -> Row:
        return [
            label,
            shape.perilune_altitude_km,
            _finite(shape.apolune_altitude_km),
            shape.inclination_deg,
            _finite(shape.argument_of_perilune_deg),
            shape.node_deg,
        ]

    rows = [row("reached", found.after), row(f"phase {found.wanted_name.replace('_', ' ')}", found.wanted)]
    columns = [
        ("Orbit", 0), ("Perilune, km", 1), ("Apolune, km", 1), ("Inclination, °", 2), ("Argument of perilune, °", 1),
        ("Node, ° E", 1),
    ]  # fmt: skip
    note = (
        "Burns at apses keep the argument of perilune of the arrival; where the phase wants another one, the apse line "
        "must still be turned, and this is not in the burns above."
    )
    return report_table(title, columns, rows, note if np.isfinite(found.wanted.argument_of_perilune_deg) else "")


def _life_table(lives: tuple[OrbitLifeResult, ...]) -> Json:
    rows: list[Row] = []
    for one in lives:
        frozen = one.frozen
        rows.append(
            [
                _name(one.phase_name),
                f"{one.perilune_altitude_km:g} x {one.apolune_altitude_km:g}",
                one.inclination_deg,
                f"after {one.lost_day:.1f} d" if np.isfinite(one.lost_day) else f"not within {one.span_day:g} d",
                _finite(one.keep_year_dv_m_s),
                _finite(one.keep_phase_dv_m_s),
                _finite(one.keep_phase_kg),
                _finite(100.0 * one.propellant_share),
                None if frozen is None else frozen.eccentricity,
                None if frozen is None else float(np.degrees(np.arctan2(frozen.ecc_sin, frozen.ecc_cos)) % 360.0),
                _frozen_band(one),
                _finite(one.keep_year_dv_m_s - one.frozen_year_dv_m_s),
            ]
        )
    columns = [
        ("Phase", 0), ("Apses, km", 0), ("Inclination, °", 1), ("Left alone, under the limit", 0),
        ("Keeping, m/s a year", 1), ("Over the phase, m/s", 0), ("Propellant, kg", 0), ("Share of what is left, %", 0),
        ("Frozen e", 4), ("Frozen argument of perilune, °", 1), ("Frozen orbit, a year alone", 0),
        ("It saves, m/s a year", 1),
    ]  # fmt: skip
    faults = [f"{_name(one.phase_name)}: not kept: {one.keep_fault}." for one in lives if one.keep_fault]
    faults += [f"{_name(one.phase_name)}: {one.frozen_fault}." for one in lives if one.frozen_fault]
    limit = lives[0].limit_altitude_km if lives else 0.0
    note = (
        f"Limit: {limit:g} km over the sphere of 1737.4 km; terrain rises up to {PEAK_KM} km above it. "
        f"{_policies(lives)}Propellant at the main engine's specific impulse, out of what is left after insertion and "
        "trims, nothing being separated; no navigation errors. Frozen: orbit of the same size and inclination whose "
        "averaged eccentricity vector comes back after the month in which the node does. " + " ".join(faults)
    )
    return report_table("Life and keeping of low orbits", columns, rows, note.strip())


def _policies(lives: tuple[OrbitLifeResult, ...]) -> str:
    """Say how the orbits are kept, near-circular ones and ellipses each if there are any."""
    words = ""
    if any(one.near_circular for one in lives):
        words += (
            "Keeping a near-circular orbit: a pair of impulses in each month in which the node comes back, which moves "
            "the eccentricity vector to where its next loop lies around zero; plane and phase free. "
        )
    if not all(one.near_circular for one in lives):
        words += (
            f"Keeping an ellipse, apses more than {NEAR_CIRCULAR_KM:g} km apart: an impulse at apolune in each month "
            "in which the orbit would fall under the limit, just large enough; the first is paid once and counts over "
            "the phase, not by the year; apolune, plane and apse line free. "
        )
    return words


def _frozen_band(one: OrbitLifeResult) -> str:
    if one.frozen is None:
        return "none above the ground"
    if one.frozen_lowest_km <= 0.0:
        return "comes down"
    return f"{one.frozen_lowest_km:.0f} to {one.frozen_highest_km:.0f} km"


def _choice_table(lives: tuple[OrbitLifeResult, ...]) -> Json:
    rows: list[Row] = []
    for one in lives:
        for at, inclination in enumerate(one.grid.inclination_deg):
            lived = one.grid.lifetime_day[at]
            ended = lived[np.isfinite(lived)]
            fixed = one.monthly.frozen_ecc[at]
            rows.append(
                [
                    one.phase_name.replace("_", " "),
                    float(inclination),
                    int(lived.size),
                    100.0 * float(np.isinf(lived).mean()),
                    float(ended.min()) if ended.size else None,
                    float(np.median(ended)) if ended.size else None,
                    1e3 * float(one.monthly.drift_ecc[at]),
                    float(one.monthly.drift_ecc[at]) * (MOON.radius_km + one.altitude_km),
                    _finite(float(np.hypot(*fixed))) if one.near_circular else None,
                ]
            )
    columns = [
        ("Phase", 0), ("Inclination, °", 1), ("Orbits", 0), ("Last the span, %", 0), ("Shortest life, d", 0),
        ("Median of those lost, d", 0), ("Drift of e a month, 1e-3", 2), ("lowers the perilune by up to, km", 1),
        ("e that comes back", 4),
    ]  # fmt: skip
    span = lives[0].span_day if lives else 0.0
    note = (
        f"{_stand_ins(lives)} over nodes and starts, followed for {span:g} d to the limit. Drift: displacement of "
        "their eccentricity vector in the month of the node; e that comes back: fixed point of the affine map around "
        "the circle, far from small values there is none"
        + ("." if all(one.near_circular for one in lives) else "; ellipses lie too far from it.")
    )
    return report_table("What the inclination does to low orbits", columns, rows, note)


def _stand_ins(lives: tuple[OrbitLifeResult, ...]) -> str:
    circles = [_name(one.phase_name) for one in lives if one.near_circular]
    ellipses = [_name(one.phase_name) for one in lives if not one.near_circular]
    if not ellipses:
        return "Circular orbits of the mean altitude"
    if not circles:
        return "Ellipses of the shape and argument of perilune of the phase"
    return (
        f"Circular orbits of the mean altitude ({', '.join(circles)}), ellipses of the shape and argument of perilune "
        f"of the phase ({', '.join(ellipses)})"
    )


def _keeping_table(lives: tuple[OrbitLifeResult, ...]) -> Json:
    rows: list[Row] = []
    for one in lives:
        if one.kept is None:
            continue
        for when, first, second, low, high in one.kept.rows():
            rows.append([_name(one.phase_name), _utc(when)[:16].replace("T", " "), first, second, low, high])
    columns = [
        ("Phase", 0), ("First burn, UTC", 0), ("First, m/s", 2), ("Second, m/s", 2), ("Lowest before, km", 1),
        ("Highest before, km", 1),
    ]  # fmt: skip
    note = "The second burn half a revolution later; positive along the velocity. Altitudes of the month before."
    return report_table("Corrections flown", columns, rows, note)


def _floor_table(lives: tuple[OrbitLifeResult, ...]) -> Json:
    rows: list[Row] = []
    for one in lives:
        if one.floor is None:
            continue
        parts = one.floor.burn_tdb, one.floor.burn_dv_m_s, one.floor.lowest_altitude_km, one.floor.apolune_altitude_km
        for when, size, low, high in zip(*(part[0].tolist() for part in parts), strict=True):
            rows.append([_name(one.phase_name), _utc(when)[:16].replace("T", " "), size, low, high])
    columns = [
        ("Phase", 0), ("Apolune, UTC", 0), ("Impulse, m/s", 2), ("Lowest after, km", 1), ("Highest after, km", 1),
    ]  # fmt: skip
    note = "Along the velocity; zero where none was due. Altitudes of the month that follows."
    return report_table("Ellipses held above the limit", columns, rows, note)


def _omitted_table(omitted: tuple[Omission, ...]) -> Json:
    rows: list[Row] = [[_name(one.phase_name), one.what, one.why] for one in omitted]
    return report_table("Not computed for these orbits", [("Phase", 0), ("What", 0), ("Why", 0)], rows)


def _node_table(relay: RelayDesignResult) -> Json:
    rows: list[Row] = [
        [row.node_deg, "lasts" if np.isinf(row.lost_day) else f"down after {row.lost_day:.1f} d", row.lowest_km]
        for row in relay.nodes
    ]
    columns = [("Node, ° E", 0), ("Left alone", 0), ("Lowest perilune, km", 0)]
    note = f"From {_utc(relay.start_tdb)[:10]}; the node's selenographic longitude then. The plane decides: the Earth's"
    note += " pull raises or lowers the perilune according to how the apse line lies to it. Down: on the sphere of"
    note += " 1,737.4 km; terrain reaches 10.8 km above it."
    return report_table(f"{relay.phase_name.replace('_', ' ').capitalize()}: which plane lasts", columns, rows, note)


def _ellipse_table(relay: RelayDesignResult) -> Json:
    rows: list[Row] = [
        [
            row.label,
            f"{row.semi_major_axis_km * (1.0 - row.ecc) - 1737.4:.0f} x "
            f"{row.semi_major_axis_km * (1.0 + row.ecc) - 1737.4:.0f}",
            row.ecc,
            row.inclination_deg,
            row.inclination_earth_deg,
            row.argument_of_perilune_deg,
            row.node_deg,
            _finite(row.trend_argument_deg_year),
            _finite(row.trend_ecc_per_year),
            _finite(max(row.lowest_km, 0.0)),
            _finite(row.highest_km),
            "lasts" if np.isinf(row.lost_day) else f"down after {row.lost_day:.1f} d",
        ]
        for row in relay.orbits
    ]
    columns = [
        ("Orbit", 0), ("Apses, km", 0), ("e", 4), ("Inclination to the equator, °", 1),
        ("to the Earth's plane, °", 2), ("Argument of perilune, °", 1), ("Node, ° E", 0),
        ("Argument, ° a year", 2), ("e a year", 4), ("Lowest, km", 0), ("Highest, km", 0), ("Left alone", 0),
    ]  # fmt: skip
    faults = [f"Frozen, {one.perilune_altitude_km:g} km: {one.fault}." for one in relay.tries if one.fault]
    note = (
        f"Followed for {relay.span_day:g} d under GRGM1200A to degree {relay.degree}, Earth and Sun. Trends over "
        f"{relay.months_n} sidereal months in the plane of the Earth's motion; frozen: the eccentricity vector strays "
        "least over them, same period as the phase. The averaged problem freezes e\u00b2 = 1 \u2212 5/3 cos\u00b2 i. "
        + " ".join(faults)
    )
    title = f"{relay.phase_name.replace('_', ' ').capitalize()}: ellipses without corrections"
    return report_table(title, columns, rows, note.strip())


def _coverage_table(relay: RelayDesignResult, names: dict[str, str]) -> Json:
    rows: list[Row] = [
        [
            row.label,
            names.get(row.place, row.place),
            _finite(100.0 * row.share),
            _finite(100.0 * row.first_share),
            _finite(100.0 * row.worst_share),
            _finite(row.longest_gap_hour),
        ]
        for row in relay.coverage
    ]
    columns = [
        ("Orbit", 0), ("Over", 0), ("In view, %", 1), ("First month, %", 1), ("Worst month, %", 1),
        ("Longest gap, h", 1),
    ]  # fmt: skip
    note = f"Above the mask of the place, counted every {relay.step_s / 60.0:g} minutes as long as the orbit lasts."
    return report_table(f"{relay.phase_name.replace('_', ' ').capitalize()}: coverage", columns, rows, note)
