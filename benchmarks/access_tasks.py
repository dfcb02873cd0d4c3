"""Command line of the access benchmark: A1, a year of all links of 2 orbiters, 3 landers and 12 ground stations.

The wall clock of the whole question counts, tables of orbits and stations included, with compiled kernels. The error is
that of the edges: the links of some days found again on tables eight times as fine.

``python -m benchmarks.access_tasks [--rounds 3] [--day 365.25] [--json FILE]``.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import sim
from benchmarks.records import stamp, write_records
from sim.operations import (
    AccessNetwork,
    LunarElements,
    Track,
    access_network,
    flat_mask,
    lander_at,
    synthetic_polar_mask,
    track_from_elements,
)
from sim.sites import ground_station, lunar_site
from sim.timescales import tdb_from_utc

START = "2027-03-01T00:00:00"
A1_GOAL_S = 10.0
EDGE_GOAL_S = 1.0
CHECKED_DAY = 5.0
ORBITS = {
    "luna_26": LunarElements(60.0, 80.0, 90.0, 40.0, 120.0, 10.0),
    "queqiao_2": LunarElements(200.0, 16_000.0, 62.4, 10.0, 90.0),
}
STATIONS = (
    *("bear_lakes", "ussuriysk", "yevpatoria", "kalyazin", "jiamusi", "kashgar"),
    *("zapala", "miyun", "kunming", "urumqi", "tianma", "wuqing"),
)


def network(span_day: float, step_s: float = 60.0) -> AccessNetwork:
    """Find every link of the network.

    Parameters
    ----------
    span_day : float
        How long.
    step_s : float
        Step of the tables of the orbiters.

    Returns
    -------
    AccessNetwork
    """
    start = float(tdb_from_utc(START))
    stop = start + 86_400.0 * span_day
    tracks: list[Track] = [
        track_from_elements(name, orbit, start, start, stop, step_s=step_s) for name, orbit in ORBITS.items()
    ]
    landers = [
        lander_at(lunar_site("shackleton_rim_ce7"), flat_mask(5.0)),
        lander_at(lunar_site("luna25_target"), flat_mask(5.0)),
        lander_at(lunar_site("leibnitz_beta"), synthetic_polar_mask()),
    ]
    return access_network(tracks, landers, [ground_station(name) for name in STATIONS], start, stop)


def _edges(found: AccessNetwork) -> list[np.ndarray]:
    tables = (found.relay, found.downlink, found.direct, found.crosslink)
    return [np.concatenate([one.start_tdb, one.stop_tdb]) for table in tables for one in table.values()]


def edge_error_s(span_day: float) -> float:
    """Return the 99th percentile of the error of edges from the tables' steps.

    Parameters
    ----------
    span_day : float
        How long.

    Returns
    -------
    float
        s.

    Raises
    ------
    ValueError
        The fine tables find other links.
    """
    coarse, fine = _edges(network(span_day)), _edges(network(span_day, 7.5))
    if [one.size for one in coarse] != [one.size for one in fine]:
        raise ValueError("finer tables find another number of links")
    return float(np.percentile(np.abs(np.concatenate(coarse) - np.concatenate(fine)), 99))


def run_a1(rounds: int, span_day: float = 365.25) -> dict[str, Any]:
    """Time the question in this process.

    Parameters
    ----------
    rounds : int
        How often.
    span_day : float
        How long a span.

    Returns
    -------
    dict
        Speed record.
    """
    network(1.0)  # kernels from the cache
    walls, cpus, links = [], [], 0
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        links = sum(one.size // 2 for one in _edges(network(span_day)))
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return {
        "task": "A1",
        "tool": "perilune",
        "version": sim.__version__,
        "seed": 0,
        "rows": links,
        "rate_per_s_core": links / float(np.median(cpus)),
        "error_p99_m": None,
        "rounds": rounds,
        "rates": [round(links / cpu, 3) for cpu in cpus],
        **stamp(),
        "wall_s": float(np.median(walls)),
        "walls_s": [round(wall, 3) for wall in walls],
        "cpu_s": float(np.median(cpus)),
        "goal_wall_s": A1_GOAL_S,
        "edge_error_p99_s": edge_error_s(min(CHECKED_DAY, span_day)),
        "goal_edge_error_s": EDGE_GOAL_S,
    }


def main(arguments: list[str] | None = None) -> dict[str, Any]:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        Without the program; those of the process when omitted.

    Returns
    -------
    dict
        The record.
    """
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--day", type=float, default=365.25, help="length of the span")
    parser.add_argument("--json", type=Path, help="file of JSON lines to append the record to")
    options = parser.parse_args(arguments)
    if options.rounds < 1 or not 1.0 <= options.day <= 3_700.0:
        parser.error("--rounds: 1 or more; --day: 1 to 3700")
    record = run_a1(options.rounds, options.day)
    if options.json is not None:
        write_records(options.json, [record])
    print(
        f"A1: {record['rows']} links in {record['wall_s']:.2f} s (goal {A1_GOAL_S:g} s), "
        f"edges to {record['edge_error_p99_s']:.4f} s"
    )
    return record


if __name__ == "__main__":
    main()
