"""Tables of what the truth tests measured: the whole of it, a line each group, and the cases asked for most."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from benchmarks import verdict

RESULTS = Path(__file__).parent / "results"
ACCURACY = RESULTS / "accuracy.jsonl"


def number(value: float) -> str:
    """Return a measured number with three digits, in plain notation where that reads well.

    Parameters
    ----------
    value : float
        Number.

    Returns
    -------
    str
        Text.
    """
    if value == 0.0:
        return "0"
    if 1e3 <= abs(value) < 1e9:
        return f"{float(f'{value:.3g}'):,.0f}".replace(",", " ")
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e3 else f"{value:.1e}"


def with_unit(value: float, unit: str) -> str:
    """Return a number with its unit; counts and ratios have none.

    Parameters
    ----------
    value : float
        Number.
    unit : str
        Unit, ``1`` or empty for none.

    Returns
    -------
    str
        Text.
    """
    return number(value) if unit in ("", "1") else f"{number(value)} {unit}"


def markdown(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table.

    Parameters
    ----------
    header : list of str
        Column titles.
    rows : list of list of str
        Cells.

    Returns
    -------
    str
        Lines joined.
    """
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


SUITES = {
    "test_truth_launch_hindcast": "Launches that were flown or announced",
    "test_truth_transfers": "Transfers: flown forward by other integrators",
    "test_truth_window_completeness": "Windows: scanned for ones missed or invented",
    "test_truth_window_traps": "Windows: known traps",
    "test_truth_gmat_transfers": "Our transfers flown by GMAT",
    "test_finite_burns": "Injection as a finite burn",
    "test_truth_flights": "Flown missions: perilune, landing, ascent, return",
    "test_truth_gmat": "Propagation against published GMAT runs",
    "test_truth_gmat_engine": "Propagation against GMAT's engine",
    "test_truth_gmat_forces": "Single forces and burns against GMAT",
    "test_truth_points_and_barycenters": "Single planets and barycentres against GMAT and long double",
    "test_truth_orekit_forces": "Forces and arcs against Orekit",
    "test_truth_gravity_axes": "Size of what is uncertain in the Moon's axes",
    "test_truth_flown_and_published": "NASA's flown ephemerides and published orbits",
    "test_truth_oem_readers": "Ephemeris files read by others",
    "test_truth_extended_precision": "Integrators against long double",
    "test_truth_matrices": "State-transition matrices",
    "test_truth_low_orbits": "Low lunar orbits: lifetimes, frozen orbits",
    "test_truth_descent": "Powered descent as flown",
    "test_truth_luna_25_loss": "Luna 25: where and when it struck",
    "test_truth_insertions": "Insertions at the Moon as flown",
    "test_truth_lunar_lifetimes": "Published lifetime of a lunar orbit",
    "test_truth_estimation": "Orbit fits",
    "test_frames_erfa": "Earth axes against ERFA and astropy",
    "test_frames_moon": "Moon axes against SPICE",
    "test_timescales_erfa": "Time scales",
    "test_timescales_earth_orientation": "Earth orientation",
    "test_truth_ephemeris": "Ephemeris against JPL",
    "test_operations_spice": "Sites, contacts, occultations against SPICE",
    "test_truth_light": "Sun and Earth over landing sites as reported from there",
    "test_truth_circumstances": "Light and views of windows",
    "test_truth_light_time": "Light time",
    "test_truth_spk_stk": "SPK and STK files read by others",
}
"""Test files whose records are shown, in this order, with the titles of their groups; the records hold more."""

HEADLINES = (
    "Luna 25 launch instant",
    "Chang'e 5 launch",
    "Chang'e 6 launch (inclination 23.75 deg fitted)",
    "Queqiao-2 launch",
    "Chang'e 5 perilune",
    "Chang'e 6 landing on the Earth",
    "Luna 2 impact, 65 deg assumed",
    "Luna 25, plane of the arrival found",
    "Luna 25, impact after 127 s, two bodies",
    "Vostochny 2024 grid, 46 848 rows",
    "vostochny 51.73 deg, 30 days",
    "20 transfers 2021-2030 (DE440)",
    "20 transfers 2021-2030 (DE405, J2 of GMAT)",
    "gmat_01_ex_lunar_transfer_coast_pm3",
    "gmat_05_artemis2_free_return_pm3",
    "gmat_08_llo_100km_polar_lp165p_50x50",
    "translunar arcs of 4 to 6 d, all forces, GMAT's axes and time",
    "translunar arcs of 4 to 6 d, all forces, IERS axes",
    "low lunar orbits, 3 d, 50 x 50",
    "drag (GMAT)",
    "relativity (GMAT)",
    "all translunar",
    "all low lunar",
    "Artemis I, coast arc 4 of 24 h",
    "Artemis I, coast arc 4 of 24 h, light pressure fitted",
    "200 rows, 5 d past the Moon, tolerance 1e-12",
    "200 rows, 6 d, passing the Moon at 50 to 200 km, tolerance 1e-12",
    "Moon ME axes, 1959-2050",
    "Contacts of an orbiter at 60-80 km",
    "Apollo 11, events on the surface",
    "lifetime of a 125 km orbit, polar to the equator of J2000, node 0, LP165P 50x50",
    "station-keeping, 50 km polar, 50x50, monthly pairs",
)
"""Cases shown in the README itself: what people ask for first, the worse ones among them."""

LEFT_OUT = ("restricted three-body problem, thesis", "spk type 13", "quick lane")
"""Beginnings of cases that are many and alike."""


QUANTILE = re.compile(r"(?P<what>.*), (?P<share>50% quantile|90% quantile|largest) of (?P<n>\d+)")
BETWEEN = "the references from each other"
"""How quantities begin that tell how far two references are apart."""


COLUMNS = ["case", "reference", "our difference", "references from each other", "test fails above"]


class MissingCaseError(LookupError):
    """A case named in :data:`HEADLINES` has no record."""


def shown() -> list[dict[str, Any]]:
    """Return the records of the suites that are shown, in the order of the suites.

    Returns
    -------
    list of dict
    """
    order = list(SUITES)
    records = [
        record
        for record in verdict.read([ACCURACY])
        if record["suite"] in SUITES and not record["case"].lower().startswith(LEFT_OUT)
    ]
    return sorted(records, key=lambda record: order.index(record["suite"]))


def case_rows(records: list[dict[str, Any]]) -> list[list[str]]:
    """Return a line for each case and reference: our differences, those between references, limits.

    Parameters
    ----------
    records : list of dict
        Some of :func:`shown`.

    Returns
    -------
    list of list of str
        Cells under :data:`COLUMNS`.
    """
    cases: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    between: dict[str, list[str]] = {}
    for record in records:
        if record["quantity"].startswith(BETWEEN):
            apart = f"{record['reference']}: {with_unit(record['measured'], record['unit'])}"
            between.setdefault(record["case"], []).append(apart)
        else:
            cases.setdefault((record["suite"], record["case"], record["reference"]), []).append(record)
    rows = []
    for (_, case, reference), members in cases.items():
        cells = [*quantile_cells(members), *worst_cells(members)]
        found, limits = ("; ".join(part) for part in zip(*cells, strict=True))
        rows.append([case, reference, found, "; ".join(between.get(case, [])), limits])
    return rows


def headline_table() -> str:
    """Return the cases of :data:`HEADLINES`.

    Returns
    -------
    str
        Markdown.

    Raises
    ------
    MissingCaseError
        A headline that no record bears.
    """
    records = shown()
    missing = set(HEADLINES) - {record["case"] for record in records}
    if missing:
        raise MissingCaseError(f"no record of {', '.join(sorted(missing))}: run the truth tests and --collect")
    rows = case_rows([record for record in records if record["case"] in HEADLINES])
    return markdown(COLUMNS, rows)


def group_table() -> str:
    """Return a line for each group: how many cases and values, and the one that comes nearest to its limit.

    Returns
    -------
    str
        Markdown.
    """
    rows = []
    for suite, title in SUITES.items():
        members = [r for r in shown() if r["suite"] == suite and not r["quantity"].startswith(BETWEEN)]
        if not members:
            continue
        tight = max(members, key=lambda r: abs(r["measured"]) / r["tolerance"] if r["tolerance"] else 0.0)
        share = f"{tight['case']}: {tight['quantity']} {with_unit(tight['measured'], tight['unit'])}"
        limit = with_unit(tight["tolerance"], tight["unit"])
        cases = len({(r["case"], r["reference"]) for r in members})
        rows.append([title, str(cases), str(len(members)), f"{share} of {limit}"])
    return markdown(["group", "cases", "values", "nearest to its limit"], rows)


def whole_table() -> str:
    """Return every case, under the titles of the groups.

    Returns
    -------
    str
        Markdown.
    """
    records = shown()
    parts = []
    for suite, title in SUITES.items():
        rows = case_rows([record for record in records if record["suite"] == suite])
        if rows:
            parts.append(f"## {title}\n\n{markdown(COLUMNS, rows)}\n")
    return "\n".join(parts)


def quantile_cells(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return text and limits of quantities that come as median, 90 % and largest of many.

    Parameters
    ----------
    records : list of dict
        Of one case and reference.

    Returns
    -------
    list of tuple of str
    """
    families: dict[tuple[str, str, str], dict[str, dict[str, Any]]] = {}
    for record in records:
        match = QUANTILE.fullmatch(record["quantity"])
        if match:
            families.setdefault((match["what"], match["n"], record["unit"]), {})[match["share"]] = record
    cells = []
    for (what, n, unit), family in families.items():
        chosen = [family[share] for share in ("50% quantile", "90% quantile", "largest") if share in family]
        values = " / ".join(number(record["measured"]) for record in chosen)
        limits = " / ".join(number(record["tolerance"]) for record in chosen)
        title = "median / 90 % / largest" if len(chosen) == 3 else "largest"
        cells.append((f"{what}, {title} of {n}: {values} {unit}", f"{limits} {unit}"))
    return cells


def worst_cells(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return text and limit of the largest single quantity of each unit.

    Parameters
    ----------
    records : list of dict
        Of one case and reference.

    Returns
    -------
    list of tuple of str
    """
    worst: dict[str, dict[str, Any]] = {}
    for record in records:
        known = worst.get(record["unit"])
        if QUANTILE.fullmatch(record["quantity"]):
            continue
        if known is None or abs(record["measured"]) > abs(known["measured"]):
            worst[record["unit"]] = record
    return [
        (f"{r['quantity']}: {with_unit(r['measured'], r['unit'])}", with_unit(r["tolerance"], r["unit"]))
        for r in worst.values()
    ]
