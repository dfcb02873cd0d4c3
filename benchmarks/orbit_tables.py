"""What the design calculations on lunar orbits gave, as one table of lines."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks import lunar_orbits
from benchmarks.accuracy_tables import RESULTS, markdown

LUNAR_ORBITS: Final = RESULTS / "lunar_orbits.jsonl"


def _span(values: list[Any], digits: int = 0) -> str:
    numbers = [float(v) for v in np.ravel(np.array(values, dtype=object)) if v is not None]
    if not numbers:
        return "none"
    low, high = (f"{v:.{digits}f}" for v in (min(numbers), max(numbers)))
    return low if low == high else f"{low} to {high}"


def _outlive(result: dict[str, Any]) -> str:
    """Nodes at which orbits outlive the span, and lifetimes at the others."""
    pairs = list(zip(result["node_deg"], result["lifetime_day"], strict=True))
    lasting = ", ".join(f"{node:g}" for node, day in pairs if day is None) or "none"
    return f"lasts at nodes {lasting}; else {_span([day for _, day in pairs])} d"


def _published(job: str, result: dict[str, Any]) -> list[str]:
    at_zero = dict(zip(result["node_deg"], result["lifetime_day"], strict=True))[0.0]
    said = "more than 900 d" if at_zero is None else f"{at_zero:.1f} d"
    field = "GRGM1200A" if job.startswith("degree") else "LP165P 50x50"
    return [f"lifetime of a 125 km polar orbit of 2010, node 0, {field}, {job}", said]


def _relay(job: str, result: dict[str, Any]) -> list[str]:
    if "lifetime_day" in result and isinstance(result["lifetime_day"], list):
        return [f"relay {job}, 24 nodes, three years untouched", _outlive(result)]
    if "held" in result:
        costs = np.array(result["dv_m_s_of_years_of_13_months"], dtype=float)
        all_held = "all nodes held" if all(result["held"]) else f"{sum(result['held'])} of {len(result['held'])} held"
        years = "; ".join(f"year {k}: {_span(list(row), 1)} m/s" for k, row in enumerate(costs, 1))
        return [f"relay {job}, 24 nodes", f"{all_held}; {years}"]
    ecc, argument = _span(result["ten_years_ecc"], 3), _span(result["ten_years_argument_deg"])
    place = f"{result['inclination_deg']:.1f} deg to the Earth's plane, perilune at {result['argument_deg']:.1f}"
    return [f"ellipse of 6541 km, e = 0.6, {job}", f"{place}; in ten years e {ecc}, argument {argument} deg"]


def _keeping(job: str, result: dict[str, Any]) -> list[str]:
    cost, box = f"{result['year_dv_m_s']:.1f} m/s a year", f"{result['lowest_km']:.0f} to {result['highest_km']:.0f} km"
    return [f"station-keeping at {job}, a pair of burns a month", f"{cost}, {box}"]


def _family(job: str, result: dict[str, Any]) -> list[str]:
    if "zeros_deg" in result:
        zeros = ", ".join(f"{zero:.1f}" for zero in result["zeros_deg"])
        return [f"no monthly drift of e cos w, {job}", f"{zeros} deg"]
    heights = f"{_span(result['month_km'])} km in a month, {_span(result['year_km'])} km in a year"
    return [f"100 km orbit {job}", heights]


MAKERS: Final[dict[str, Callable[[str, dict[str, Any]], list[str]]]] = {
    "published": _published, "relays": _relay, "keeping": _keeping, "families": _family,
}  # fmt: skip


def _transitions(records: dict[tuple[str, str], dict[str, Any]]) -> list[list[str]]:
    """Altitude from which on orbits polar to the equator of J2000 outlive 900 days, by node."""
    found = [(job, r["result"]) for (_, job), r in records.items() if "transition_altitude_km" in r.get("result", {})]
    said = ", ".join(f"{job.rpartition(' ')[2]}: {result['transition_altitude_km']:g}" for job, result in found)
    what = "polar orbits of 2010, equator of J2000, LP165P 50x50: altitude from which they last 900 d, by node"
    return [[what, f"{said} km"]] if found else []


def _lifetimes(records: list[dict[str, Any]]) -> list[list[str]]:
    """Share of nodes and epochs at which a circular orbit of 100 km lasts a year, by inclination."""
    found: dict[float, list[Any]] = {}
    for record in records:
        result = record["result"]
        for inclination, days in zip(result["inclination_deg"], result["lifetime_day"], strict=True):
            found.setdefault(inclination, []).extend(days)
    said = {i: f"{sum(day is None for day in days)} of {len(days)}" for i, days in sorted(found.items())}
    lasting = [f"{i:g} deg {text}" for i, text in said.items() if not text.startswith("0 ")]
    falls = [day for days in found.values() for day in days if day is not None]
    which = f"circular 100 km orbits, 4 nodes, 2 epochs, every 6 deg ({len(found)} inclinations): last a year"
    return [[which, f"{', '.join(lasting)}; the rest fall within {_span(falls)} d"]] if found else []


def orbit_table(path: Path = LUNAR_ORBITS) -> str:
    """Return what the records of :mod:`benchmarks.lunar_orbits` hold.

    Parameters
    ----------
    path : Path
        JSON lines.

    Returns
    -------
    str
        Markdown.
    """
    records = lunar_orbits.done(path)
    rows = []
    for (part, job), record in records.items():
        if "refused" in record:
            rows.append([f"{part}: {job}", f"refused: {record['refused']}"])
        elif part in MAKERS and "transition_altitude_km" not in record["result"]:
            rows.append(MAKERS[part](job, record["result"]))
    rows += _transitions(records)
    rows += _lifetimes([r for (part, _), r in records.items() if part == "lifetimes" and "result" in r])
    return markdown(["orbit about the Moon", "outcome"], rows)


ORBIT_TABLES: Final[dict[str, Callable[[], str]]] = {"lunar-orbits": orbit_table}
