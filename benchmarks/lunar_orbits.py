"""Design calculations on orbits about the Moon: published lifetimes, relays, station-keeping, families, lifetimes.

Usage::

    python -m benchmarks.lunar_orbits --json benchmarks/results/lunar_orbits.jsonl [PART ...]
    python -m benchmarks.lunar_orbits --json benchmarks/results/lunar_orbits.jsonl --report

The work is cut into jobs of seconds to a minute. Each appends one JSON line when it is done, with all numbers and what
they were made with; a run that was stopped is started again with the same command and goes on with the jobs that are
missing. All parts take about 20 minutes on one core. ``--report`` says in a few lines what the file holds.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import sim
from benchmarks.records import load, stamp, write_records
from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY
from sim.dynamics import FullForceModel, GravityField, load_gravity_field, open_gravity_field
from sim.errors import PeriluneError
from sim.frames import R_me_icrf
from sim.operations.frozen_orbits import eccentricity_maps, frozen_orbit
from sim.operations.low_orbits import equator_axes, evolve_low_orbits
from sim.operations.orbit_keeping import keep_above, keep_orbit
from sim.operations.orbit_lifetimes import lifetime_grid
from sim.operations.relay_orbits import evolve_relay_orbits, frozen_relay_orbit, relay_state
from sim.propagation import propagate_low_orbits
from sim.timescales import tdb_from_utc

FloatArray = npt.NDArray[np.float64]

TASK = "lunar-orbits"
EPOCH_UTC = "2024-11-15T00:00:00"
RELAY_UTC = "2024-04-02T12:00:00"
PUBLISHED_TDB = (2455197.5 - 2451545.0) * SECONDS_PER_DAY
"""2010-01-01 TDB, the epoch of Gupta and Sharma (2011); their radius of the Moon and GM follow."""
PUBLISHED_RADIUS_KM = 1738.0
PUBLISHED_GM = {"moon": 4902.800076, "earth": 398600.436233, "sun": 132712440040.944}
PUBLISHED_FIELD = Path(__file__).parent.parent / "tests" / "truth" / "data" / "lp165p_50_gmat.cof"
PUBLISHED_STEPS = 120.0
DEGREES = (20, 30, 40, 50, 60, 70)
RELAYS = {"flown 200 x 16000 km": (200.0, 16000.0), "planned 2021 300 x 8600 km": (300.0, 8600.0)}
FROZEN_DEG = (27.7, 50.3, 75.8, 84.8, 86.0, 90.0)


@dataclass(frozen=True)
class Job:
    """One piece of work.

    Attributes
    ----------
    part, name : str
        Which; both together are the key in the file.
    make : callable
        Returns the numbers, fit for JSON.
    weight : float
        Seconds on a quiet core, roughly: for the remaining time.
    """

    part: str
    name: str
    make: Callable[[], dict[str, Any]]
    weight: float


def finite(values: Any, digits: int = 4) -> Any:
    """Make lists of rounded numbers for JSON; what is not finite (no impact in the span) becomes null.

    Parameters
    ----------
    values : array_like
        Numbers, in any nesting.
    digits : int
        After the point.

    Returns
    -------
    list, float or None
    """
    if np.ndim(values):
        return [finite(v, digits) for v in values]
    return round(float(values), digits) if np.isfinite(values) else None


def published_axes(frame: str) -> FloatArray:
    """Inertial axes in which the publication's node and inclination may count.

    Parameters
    ----------
    frame : str
        ``equator of J2000``, ``equator of date``, ``prime meridian of date``, ``earth equator`` or ``mean pole``.

    Returns
    -------
    ndarray (3, 3)
        Rotation from ICRF.
    """
    if frame == "earth equator":
        return np.eye(3)
    if frame == "prime meridian of date":
        return np.asarray(R_me_icrf(np.array([PUBLISHED_TDB]))[0])
    if frame == "mean pole":  # of Archinal et al. 2018, table 2, without its periodic terms
        longitude, latitude = np.radians([269.9949, 66.5392])
        pole = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
        x = np.array([-pole[1], pole[0], 0.0]) / np.hypot(pole[0], pole[1])
        return np.stack([x, np.cross(pole, x), pole])
    return np.asarray(equator_axes([0.0 if frame == "equator of J2000" else PUBLISHED_TDB])[0])


def published_lifetimes_day(
    altitude_km: npt.ArrayLike, node_deg: npt.ArrayLike, frame: str, field: GravityField, span_day: float = 900.0
) -> FloatArray:
    """Lifetimes of circular polar orbits as the publication counts them.

    Parameters
    ----------
    altitude_km, node_deg : array_like
        Over 1738 km, and in the frame; they broadcast to (N,).
    frame : str
        See :func:`published_axes`.
    field : GravityField
        Of the Moon.
    span_day : float
        Longest time looked at.

    Returns
    -------
    ndarray (N,)
        Days; infinite for orbits that outlive the span.
    """
    axes = published_axes(frame)
    pairs = np.broadcast(np.asarray(altitude_km, dtype=float), np.asarray(node_deg, dtype=float))
    rows = [relay_state(PUBLISHED_RADIUS_KM + h, 0.0, 90.0, node, 0.0, axes) for h, node in pairs]
    forces = FullForceModel(
        center="moon", point_masses=("moon", "earth", "sun"), moon_field=field, gm_km3_s2=PUBLISHED_GM
    )
    run = propagate_low_orbits(
        np.array(rows), PUBLISHED_TDB, PUBLISHED_TDB + SECONDS_PER_DAY * span_day, forces,
        impact_radius_km=PUBLISHED_RADIUS_KM, steps_per_revolution=PUBLISHED_STEPS, threads=1,
    )  # fmt: skip
    return np.where(run.impact, (run.t_tdb - PUBLISHED_TDB) / SECONDS_PER_DAY, np.inf)


def published_frame(frame: str) -> dict[str, Any]:
    """Lifetimes at 125 km over the node in one frame, LP165P 50 x 50."""
    nodes = np.arange(0.0, 360.0, 15.0)
    field = load_gravity_field(PUBLISHED_FIELD, "moon")
    return {
        "node_deg": finite(nodes), "lifetime_day": finite(published_lifetimes_day(125.0, nodes, frame, field), 2)
    }  # fmt: skip


def published_degree(degree: int) -> dict[str, Any]:
    """Lifetimes at 125 km, node 0 and 2 degrees about it, equator of J2000, GRGM1200A."""
    nodes = np.arange(-8.0, 9.0, 2.0)[1:]
    field = open_gravity_field("grgm1200a", degree)
    lived = published_lifetimes_day(125.0, nodes, "equator of J2000", field)
    return {"node_deg": finite(nodes), "lifetime_day": finite(lived, 2)}


def published_transition(node_deg: float) -> dict[str, Any]:
    """Lifetimes over altitude at one node of the equator of J2000, and from where on orbits outlive 900 days."""
    altitude = np.arange(95.0, 150.1, 2.5)
    field = load_gravity_field(PUBLISHED_FIELD, "moon")
    lived = published_lifetimes_day(altitude, node_deg, "equator of J2000", field)
    falls = np.flatnonzero(np.isfinite(lived))
    above = float(altitude[falls[-1]] + 2.5) if falls.size else float(altitude[0])
    return {"altitude_km": finite(altitude), "lifetime_day": finite(lived, 2), "transition_altitude_km": above}


def relay(name: str, inclination_deg: float) -> dict[str, Any]:
    """Fly a relay orbit three years over the node, argument of perilune 90 degrees."""
    t0 = float(tdb_from_utc(RELAY_UTC))
    axes, nodes = equator_axes([t0])[0], np.arange(0.0, 360.0, 15.0)
    low, high = RELAYS[name]
    a, ecc = MOON.radius_km + 0.5 * (low + high), (high - low) / (2.0 * MOON.radius_km + low + high)
    flown = evolve_relay_orbits(
        [relay_state(a, ecc, inclination_deg, node, 90.0, axes) for node in nodes], t0, 3.0 * 365.25
    )
    history = flown.history
    perilune, argument = history.perilune_altitude_km, history.argument_of_perilune_deg
    return {
        "epoch_utc": RELAY_UTC, "inclination_deg": inclination_deg, "node_deg": finite(nodes),
        "lifetime_day": finite(history.lifetime_day, 2), "lowest_perilune_km": finite(_least(perilune), 1),
        "highest_perilune_km": finite(-_least(-perilune), 1), "least_argument_deg": finite(_least(argument), 2),
        "greatest_argument_deg": finite(-_least(-argument), 2),
    }  # fmt: skip


def kept_relay(name: str, inclination_deg: float) -> dict[str, Any]:
    """Fly a relay orbit three years over the node with burns at apolune that keep it above 100 km."""
    t0 = float(tdb_from_utc(RELAY_UTC))
    axes, nodes = equator_axes([t0])[0], np.arange(0.0, 360.0, 15.0)
    low, high = RELAYS[name]
    a, ecc = MOON.radius_km + 0.5 * (low + high), (high - low) / (2.0 * MOON.radius_km + low + high)
    states = [relay_state(a, ecc, inclination_deg, node, 90.0, axes) for node in nodes]
    kept = keep_above(states, t0, 40, 100.0, threads=1)
    by_year = [kept.burn_dv_m_s[:, first : first + 13].sum(axis=1) for first in (0, 13, 26)]
    return {
        "epoch_utc": RELAY_UTC, "inclination_deg": inclination_deg, "floor_km": 100.0, "node_deg": finite(nodes),
        "held": [bool(held) for held in kept.held], "dv_m_s_of_years_of_13_months": finite(by_year, 2),
        "lowest_km": finite(kept.lowest_altitude_km.min(axis=1), 1),
        "highest_apolune_km": finite(kept.apolune_altitude_km.max(axis=1), 0),
    }  # fmt: skip


def _least(values: FloatArray) -> FloatArray:
    """Least of each row without its NaN; NaN for a row that fell within its first record."""
    least = np.asarray(np.where(np.isnan(values), np.inf, values).min(axis=1))
    return np.where(np.isinf(least), np.nan, least)


def frozen_relay(node_deg: float, n_months: int) -> dict[str, Any]:
    """Correct a frozen ellipse of 6541.4 km and e = 0.6, and fly it and its seed for ten years."""
    t0 = float(tdb_from_utc(RELAY_UTC))
    one = frozen_relay_orbit(6541.4, 0.6, t0, node_deg=node_deg, n_months=n_months)
    long = evolve_relay_orbits(one.state_icrf, t0, 10.0 * 365.25)
    return {
        "epoch_utc": RELAY_UTC, "n_months": n_months, "seed_inclination_deg": finite(one.seed_inclination_deg),
        "inclination_deg": finite(one.inclination_deg), "argument_deg": finite(one.argument_deg),
        "seed_spread_ecc": finite(one.seed_spread_ecc), "spread_ecc": finite(one.spread_ecc),
        "span_ecc": finite([one.lowest_ecc, one.highest_ecc]), "iterations": one.iterations,
        "ten_years_ecc": finite([np.nanmin(long.ecc), np.nanmax(long.ecc)]),
        "ten_years_argument_deg": finite([np.nanmin(long.argument_deg), np.nanmax(long.argument_deg)]),
        "ten_years_lowest_perilune_km": finite(np.nanmin(long.history.perilune_altitude_km), 1),
        "lifetime_day": finite(long.history.lifetime_day)[0],
    }  # fmt: skip


def keeping(altitude_km: float, inclination_deg: float) -> dict[str, Any]:
    """Fly a year of station-keeping, degree 50, a pair of burns a month."""
    kept = keep_orbit(altitude_km, inclination_deg, float(tdb_from_utc(EPOCH_UTC)), 14)
    return {
        "epoch_utc": EPOCH_UTC, "inclination_deg": inclination_deg, "degree": 50, "altitude_km": altitude_km,
        "interval_day": finite(kept.interval_day), "year_dv_m_s": finite(kept.year_dv_m_s),
        "pair_dv_m_s": finite(kept.pair_dv_m_s), "lowest_km": finite(kept.lowest_altitude_km.min()),
        "highest_km": finite(kept.highest_altitude_km.max()), "largest_ecc": finite(kept.largest_ecc.max(), 6),
        "inclination_end_deg": finite(kept.history[-1].inclination_deg[0, -1]),
    }  # fmt: skip


def scan(altitude_km: float, degree: int) -> dict[str, Any]:
    """Monthly displacement of circular orbits over inclination, and where its eccentric part vanishes."""
    inclination = np.arange(20.0, 90.01, 1.0)
    found = eccentricity_maps(
        MOON.radius_km + altitude_km, inclination, float(tdb_from_utc(EPOCH_UTC)), degree=degree, threads=1
    )
    shift = found.shift_ecc[:, 0]
    k = np.flatnonzero(np.abs(np.diff(np.sign(shift))) > 0.0)  # not where an orbit did not last the month: NaN
    zeros = inclination[k] - shift[k] / (shift[k + 1] - shift[k])
    return {
        "epoch_utc": EPOCH_UTC, "altitude_km": altitude_km, "degree": degree, "inclination_deg": finite(inclination),
        "shift_ecc": finite(found.shift_ecc, 7), "frozen_ecc": finite(found.frozen_ecc, 6), "zeros_deg": finite(zeros),
    }  # fmt: skip


def frozen(inclination_deg: float) -> dict[str, Any]:
    """Correct a frozen orbit of 100 km and fly it for a year, degree 50."""
    t0 = float(tdb_from_utc(EPOCH_UTC))
    one = frozen_orbit(MOON.radius_km + 100.0, inclination_deg, t0)
    year = evolve_low_orbits(one.state_icrf, t0, 365.0)
    return {
        "epoch_utc": EPOCH_UTC, "inclination_deg": inclination_deg, "ecc_cos": finite(one.ecc_cos, 6),
        "ecc_sin": finite(one.ecc_sin, 6), "residual_ecc": finite(one.residual_ecc, 9),
        "month_km": finite([one.perilune_altitude_km, one.apolune_altitude_km]),
        "year_km": finite([np.nanmin(year.perilune_altitude_km), np.nanmax(year.apolune_altitude_km)]),
        "lifetime_day": finite(year.lifetime_day)[0],
    }  # fmt: skip


def lifetimes(inclination_deg: tuple[float, ...], later_day: float) -> dict[str, Any]:
    """Lifetimes at 100 km over node, degree 50, to the sphere plus 8 km."""
    epoch, node = float(tdb_from_utc(EPOCH_UTC)) + SECONDS_PER_DAY * later_day, np.arange(0.0, 360.0, 90.0)
    grid = lifetime_grid(100.0, inclination_deg, node, epoch, 365.0, degree=50, margin_km=8.0, threads=1)
    return {
        "altitude_km": 100.0, "margin_km": 8.0, "degree": 50, "span_day": 365.0, "epoch_utc": EPOCH_UTC,
        "later_day": later_day, "inclination_deg": finite(inclination_deg), "node_longitude_deg": finite(node),
        "lifetime_day": finite(grid.lifetime_day[:, :, 0], 2),
    }  # fmt: skip


def jobs() -> list[Job]:
    """List all jobs in the order in which they run.

    Returns
    -------
    list of Job
    """
    frames = ("equator of J2000", "equator of date", "prime meridian of date", "earth equator", "mean pole")
    out = [Job("published", f"frame: {frame}", partial(published_frame, frame), 10.0) for frame in frames]
    out += [Job("published", f"degree {d}", partial(published_degree, d), 0.2 * d) for d in DEGREES[1:]]
    out += [
        Job("published", f"transition at node {n:g}", partial(published_transition, n), 15.0)
        for n in np.arange(0.0, 360.0, 30.0)
    ]
    flown, planned = RELAYS
    out += [
        Job("relays", f"{name}, {i:g} deg", partial(relay, name, i), 10.0)
        for name, i in ((flown, 62.4), (planned, 54.8), (flown, 117.6), (flown, 119.25))
    ]
    out += [
        Job("relays", f"{name} kept above 100 km, {i:g} deg", partial(kept_relay, name, i), 30.0)
        for name, i in ((flown, 62.4), (planned, 54.8), (flown, 119.25))
    ]
    out += [
        Job("relays", f"frozen over {m} months, node {n:g}", partial(frozen_relay, n, m), 0.6 * m)
        for m in (12, 24, 60, 120)
        for n in (0.0, 90.0, 180.0, 270.0)
    ]
    out += [
        Job("keeping", f"{h:g} km, {i:g} deg", partial(keeping, h, i), 30.0)
        for h, i in [*((h, 90.0) for h in (50.0, 60.0, 80.0, 100.0, 150.0, 200.0, 500.0)), (200.0, 43.7)]
    ]
    out += [
        Job("families", f"scan {h:g} km, degree {d}", partial(scan, h, d), 0.7 * d)
        for h, d in ((100.0, 20), (50.0, 50), (100.0, 50), (100.0, 70))
    ]
    out += [Job("families", f"frozen at {i:g} deg", partial(frozen, i), 20.0) for i in FROZEN_DEG]
    out += [
        Job("lifetimes", f"{i:g} and {i + 6:g} deg, day {day:g}", partial(lifetimes, (i, i + 6.0), day), 12.0)
        for day in (0.0, 91.0)
        for i in np.arange(0.0, 180.0, 12.0)
    ]
    return out


def done(path: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """Read the records that a file has of these jobs.

    Parameters
    ----------
    path : Path
        JSON lines, of other tasks too; it need not exist.

    Returns
    -------
    dict
        Record by part and job.
    """
    if not path.exists():
        return {}
    records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return {(r["part"], r["job"]): r for r in records if r.get("task") == TASK}


def run(path: Path, chosen: list[Job]) -> None:
    """Run the jobs that a file has not got, and append each to it.

    Parameters
    ----------
    path : Path
        JSON lines.
    chosen : list of Job
        In order.
    """
    had = done(path)
    left = [job for job in chosen if (job.part, job.name) not in had]
    print(f"{len(chosen)} jobs, {len(chosen) - len(left)} of them done before", flush=True)
    spent, weighed, total = 0.0, 0.0, sum(job.weight for job in left)
    for count, job in enumerate(left, 1):
        start = time.perf_counter()
        try:
            outcome: dict[str, Any] = {"result": job.make()}
        except PeriluneError as refused:  # an outcome like others: no frozen orbit there, say
            outcome = {"refused": str(refused)}
        wall = time.perf_counter() - start
        made_with = {"tool": "perilune", "version": sim.__version__, "wall_s": round(wall, 2), "load": load()}
        write_records(path, [{"task": TASK, "part": job.part, "job": job.name, **outcome, **made_with, **stamp()}])
        spent, weighed = spent + wall, weighed + job.weight
        rest = spent / weighed * (total - weighed) / 60.0
        print(f"{count}/{len(left)} {job.part}: {job.name}: {wall:.0f} s, about {rest:.0f} min left", flush=True)


def report(path: Path) -> list[str]:
    """Say in lines what a file of records holds.

    Parameters
    ----------
    path : Path
        JSON lines.

    Returns
    -------
    list of str
    """
    lines = []
    for (part, job), record in done(path).items():
        result = record.get("result")
        if result is None:
            text = f"refused: {record['refused']}"
        elif part == "keeping":
            text = f"{result['year_dv_m_s']:.1f} m/s a year, {result['lowest_km']:.0f} to {result['highest_km']:.0f} km"
        else:
            text = ", ".join(f"{key} {_short(value)}" for key, value in result.items() if key in _SAID)
        lines.append(f"{part} | {job} | {text}")
    return lines


_SAID = (
    "lifetime_day", "transition_altitude_km", "zeros_deg", "year_km", "span_ecc", "ten_years_ecc",
    "ten_years_argument_deg", "inclination_deg", "argument_deg", "spread_ecc", "dv_m_s_of_years_of_13_months",
)  # fmt: skip


def _short(value: Any) -> str:
    if not isinstance(value, list):
        return "outlives" if value is None else f"{value:g}"
    numbers = [v for v in np.ravel(np.array(value, dtype=object)) if v is not None]
    outlive = np.size(np.array(value, dtype=object)) - len(numbers)
    if len(numbers) <= 6:
        span = ", ".join(f"{v:g}" for v in numbers)
    else:
        span = f"{min(numbers):g} to {max(numbers):g} (median {np.median(numbers):g})"
    return span + (f", {outlive} outlive" if outlive else "")


def main(arguments: list[str] | None = None) -> int:
    """Run the parts named on the command line, or report.

    Parameters
    ----------
    arguments : list of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit code.
    """
    parser = argparse.ArgumentParser(description="Design calculations on orbits about the Moon")
    parser.add_argument("--json", type=Path, required=True, help="file of JSON lines: appended to, and resumed from")
    parser.add_argument("--report", action="store_true", help="say what the file holds, compute nothing")
    everything = jobs()
    parts = list(dict.fromkeys(job.part for job in everything))
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts) + " (default: all)")
    given = parser.parse_args(arguments)
    unknown = [part for part in given.parts if part not in parts]
    if unknown:
        parser.error(f"unknown part {unknown[0]!r}; allowed: {', '.join(parts)}")
    if given.report:
        print("\n".join(report(given.json)))
    else:
        run(given.json, [job for job in everything if not given.parts or job.part in given.parts])
    return 0


if __name__ == "__main__":
    sys.exit(main())
