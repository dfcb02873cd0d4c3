"""Design calculations on orbits about the Moon: lifetimes, frozen families, station-keeping, relay orbits.

Usage::

    python -m benchmarks.lunar_orbits --out FOLDER [lifetimes degrees published families keeping relays]

Each writes one JSON file with all numbers and what they were made with; ``tests/truth/data/lunar_orbits.json`` holds
those that tests recompute in part.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sim.bodies import MOON
from sim.operations.frozen_orbits import eccentricity_maps, frozen_orbit, node_states
from sim.operations.low_orbits import equator_axes, evolve_low_orbits
from sim.operations.orbit_keeping import keep_orbit
from sim.operations.orbit_lifetimes import lifetime_grid
from sim.operations.relay_orbits import evolve_relay_orbits, frozen_relay_orbit, relay_state
from sim.timescales import tdb_from_utc

EPOCH_UTC = "2024-11-15T00:00:00"
PUBLISHED_TDB = (2455197.5 - 2451545.0) * 86400.0
"""2010-01-01 TDB, the epoch of Gupta and Sharma (2011)."""
PUBLISHED_RADIUS_KM = 1738.0
DEGREES = (20, 30, 40, 50, 60, 70)


def finite(values: Any) -> Any:
    """Make lists for JSON; what is not finite (no impact in the span) becomes null."""
    return [finite(v) for v in values] if np.ndim(values) else (float(values) if np.isfinite(values) else None)


def published_states(altitude_km: float, nodes_deg: np.ndarray) -> np.ndarray:
    """Circular polar orbits as in the publication: 1738 km, node from the equator's node on the ICRF equator."""
    a = PUBLISHED_RADIUS_KM + altitude_km
    axes = equator_axes([PUBLISHED_TDB])[0]
    rows = []
    for node in np.radians(nodes_deg):
        place = np.array([np.cos(node), np.sin(node), 0.0])
        speed = np.array([0.0, 0.0, np.sqrt(MOON.gm_km3_s2 / a)])
        rows.append(np.concatenate([axes.T @ (a * place), axes.T @ speed]))
    return np.array(rows)


def published() -> dict[str, Any]:
    """Lifetime of a circular polar orbit of 125 km over nodes, degrees and altitudes."""
    nodes = np.arange(0.0, 360.0, 45.0)
    margin = PUBLISHED_RADIUS_KM - MOON.radius_km

    def lives(altitude: float, degree: int) -> Any:
        states = published_states(altitude, nodes)
        return finite(evolve_low_orbits(states, PUBLISHED_TDB, 800.0, degree=degree, margin_km=margin).lifetime_day)

    return {
        "node_deg": finite(nodes), "by_degree": {str(degree): lives(125.0, degree) for degree in DEGREES},
        "by_altitude": {str(h): lives(h, 50) for h in (115.0, 130.0, 135.0)},
    }  # fmt: skip


def lifetimes() -> dict[str, Any]:
    """Grid of lifetimes at 100 km: inclination x node x epoch, degree 50, to the sphere plus 8 km."""
    epochs = [tdb_from_utc(EPOCH_UTC) + 86400.0 * day for day in (0.0, 91.0)]
    inclination, node = np.arange(0.0, 181.0, 6.0), np.arange(0.0, 360.0, 90.0)
    start = time.perf_counter()
    grid = lifetime_grid(100.0, inclination, node, epochs, 365.0, degree=50, margin_km=8.0)
    return {
        "altitude_km": 100.0, "margin_km": 8.0, "degree": 50, "span_day": 365.0, "wall_s": time.perf_counter() - start,
        "inclination_deg": finite(inclination), "node_longitude_deg": finite(node), "epoch_tdb": finite(epochs),
        "lifetime_day": finite(grid.lifetime_day),
    }  # fmt: skip


def families() -> dict[str, Any]:
    """Monthly displacement of circular orbits over inclination, and frozen orbits at its zeros."""
    t0, inclination = float(tdb_from_utc(EPOCH_UTC)), np.arange(16.0, 90.01, 0.5)
    out: dict[str, Any] = {"inclination_deg": finite(inclination), "epoch_utc": EPOCH_UTC, "scans": {}, "frozen": []}
    for altitude in (50.0, 100.0):
        for degree in (20, 50, 70):
            found = eccentricity_maps(MOON.radius_km + altitude, inclination, t0, degree=degree)
            out["scans"][f"{altitude:g} km, degree {degree}"] = {
                "shift_ecc": finite(found.shift_ecc), "frozen_ecc": finite(found.frozen_ecc),
                "drift_ecc": finite(found.drift_ecc),
            }  # fmt: skip
    for target in (27.7, 50.3, 75.8, 84.8, 86.0, 90.0):
        one = frozen_orbit(MOON.radius_km + 100.0, target, t0)
        year = evolve_low_orbits(one.state_icrf, t0, 365.0)
        out["frozen"].append(
            {
                "inclination_deg": target, "ecc_cos": one.ecc_cos, "ecc_sin": one.ecc_sin,
                "residual_ecc": one.residual_ecc, "month": [one.perilune_altitude_km, one.apolune_altitude_km],
                "year": [
                    float(np.nanmin(year.perilune_altitude_km)), float(np.nanmax(year.apolune_altitude_km)),
                ], "lifetime_day": finite(year.lifetime_day)[0],
            }
        )  # fmt: skip
    return out


def keeping() -> dict[str, Any]:
    """Fly a year of station-keeping of polar orbits at the altitudes of Luna 26's phases."""
    t0 = float(tdb_from_utc(EPOCH_UTC))
    rows = []
    for altitude in (50.0, 60.0, 80.0, 100.0, 150.0, 200.0, 500.0):
        kept = keep_orbit(altitude, 90.0, t0, 14)
        rows.append(
            {
                "altitude_km": altitude, "year_dv_m_s": kept.year_dv_m_s, "pair_dv_m_s": finite(kept.pair_dv_m_s),
                "lowest_km": float(kept.lowest_altitude_km.min()), "highest_km": float(kept.highest_altitude_km.max()),
                "largest_ecc": float(kept.largest_ecc.max()), "interval_day": kept.interval_day,
                "inclination_end_deg": float(kept.history[-1].inclination_deg[0, -1]),
            }
        )  # fmt: skip
    return {"epoch_utc": EPOCH_UTC, "inclination_deg": 90.0, "degree": 50, "rows": rows}


def degrees() -> dict[str, Any]:
    """Lifetimes of polar orbits of 100 km over the degree of the field, and time and error against degree 70."""
    t0 = float(tdb_from_utc(EPOCH_UTC))
    node = np.arange(0.0, 360.0, 45.0)
    out = {}
    for degree in DEGREES:
        states = node_states(MOON.radius_km + 100.0, 0.0, 0.0, 90.0, node, t0)
        start = time.perf_counter()
        history = evolve_low_orbits(states, t0, 365.0, degree=degree)
        out[str(degree)] = {"lifetime_day": finite(history.lifetime_day), "wall_s": time.perf_counter() - start}
    return {"node_longitude_deg": finite(node), "by_degree": out}


def relays() -> dict[str, Any]:
    """Queqiao-2 as planned and as flown over node, and frozen ellipses, over years."""
    t0 = float(tdb_from_utc("2024-04-02T12:00:00"))
    axes, nodes = equator_axes([t0])[0], np.arange(0.0, 360.0, 45.0)
    out: dict[str, Any] = {"epoch_utc": "2024-04-02T12:00:00", "node_deg": finite(nodes)}
    for name, low, high, inclination in (("flown", 200.0, 16000.0, 62.4), ("planned 2021", 300.0, 8600.0, 54.8)):
        a, ecc = MOON.radius_km + 0.5 * (low + high), (high - low) / (2.0 * MOON.radius_km + low + high)
        states = [relay_state(a, ecc, inclination, node, 90.0, axes) for node in nodes]
        flown = evolve_relay_orbits(states, t0, 365.25)
        history = flown.history
        out[name] = {
            "lifetime_day": finite(history.lifetime_day),
            "perilune_km": [
                finite(np.nanmin(history.perilune_altitude_km, axis=1)),
                finite(np.nanmax(history.perilune_altitude_km, axis=1)),
            ],
            "argument_deg": [
                finite(np.nanmin(history.argument_of_perilune_deg, axis=1)),
                finite(np.nanmax(history.argument_of_perilune_deg, axis=1)),
            ],
            "inclination_deg": [
                finite(np.nanmin(history.inclination_deg, axis=1)), finite(np.nanmax(history.inclination_deg, axis=1)),
            ],
        }  # fmt: skip
    frozen = []
    for node in (0.0, 90.0, 180.0, 270.0):
        one = frozen_relay_orbit(6541.4, 0.6, t0, node_deg=node, n_months=12)
        long = evolve_relay_orbits(one.state_icrf, t0, 10.0 * 365.25)
        frozen.append(
            {
                "node_deg": node, "seed_inclination_deg": one.seed_inclination_deg,
                "inclination_deg": one.inclination_deg, "argument_deg": one.argument_deg,
                "seed_trend_deg_year": one.seed_trend_deg_year, "trend_deg_year": one.trend_deg_year,
                "ten_years_ecc": [float(np.nanmin(long.ecc)), float(np.nanmax(long.ecc))],
                "ten_years_argument_deg": [float(np.nanmin(long.argument_deg)), float(np.nanmax(long.argument_deg))],
                "ten_years_lifetime_day": finite(long.history.lifetime_day)[0],
            }
        )  # fmt: skip
    out["frozen"] = frozen
    return out


TASKS: dict[str, Callable[[], dict[str, Any]]] = {
    "published": published, "degrees": degrees, "families": families, "keeping": keeping, "relays": relays,
    "lifetimes": lifetimes,
}  # fmt: skip


def main() -> None:
    """Run the tasks named on the command line."""
    parser = argparse.ArgumentParser(description="Design calculations on orbits about the Moon")
    parser.add_argument("--out", type=Path, required=True, help="folder for one JSON file a task")
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=", ".join(TASKS) + " (default: all)")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name in given.tasks or TASKS:
        start = time.perf_counter()
        result = TASKS[name]()
        place = given.out / f"{name}.json"
        place.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(f"{place}: {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
