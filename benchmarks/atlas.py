"""T2, millions of converged transfers: two launch sites, hourly arrivals of a year, both poles and branches.

Vostochny and Wenchang, nine inclinations, hourly arrivals of 2024, fifteen flight times: 4.7 million transfers. A
coarse grid of arrivals is solved from scratch and starts all others (`sim.transfer.solve_arrivals`), each of which is
converged to the solver's tolerance at true perigee. Runs chunk by chunk in constant memory, keeps every chunk in a
ledger and goes on where it stopped.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sim
from benchmarks.records import stamp
from benchmarks.window_records import forward_error_m, peak_memory_mib
from sim.bodies import EARTH, MOON
from sim.ephemeris import open_ephemeris
from sim.store import Ledger, case_id_of
from sim.timescales import tdb_from_utc
from sim.transfer import Outcome, Transfers, TransferTargets, solve_arrivals

Floats = NDArray[np.float64]

T2_INCLINATION_DEG = {
    "vostochny": (51.8, 64.8, 98.3),
    "wenchang": (24.0, 28.5, 35.0, 43.0, 55.0, 70.0),
}
"""Vostochny's three corridors; Wenchang's sector of azimuths (90 to 175 deg) from 19.5 deg up. The Moon of 2024 goes to
28.7 deg of declination: at 24 and 28.5 deg some transfers do not exist, and many lie next to a fold."""
T2_TOF_DAY = tuple(np.linspace(3.0, 6.5, 15).tolist())
T2_GOAL_PER_S = 10_000.0

FAMILIES = ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0))
"""Pole and branch signs."""


@dataclass(frozen=True)
class Chunk:
    """Transfers of one inclination and flight time, all families, on a grid of arrivals.

    Attributes
    ----------
    site_id : str
        Launch site.
    inclination_deg, tof_day : float
        Parking inclination, flight time.
    first_tdb, step_s : float
        First arrival and spacing.
    count : int
        Arrivals.
    """

    site_id: str
    inclination_deg: float
    tof_day: float
    first_tdb: float
    step_s: float
    count: int

    @property
    def rows(self) -> int:
        """Number of transfers."""
        return self.count * len(FAMILIES)

    @property
    def name(self) -> str:
        """Name inside the ledger."""
        return f"{self.site_id}_{self.inclination_deg:g}_{self.tof_day:g}"

    def targets(self, perilune_tdb: Floats) -> TransferTargets:
        """Return targets of all families at given arrivals, family after family.

        Parameters
        ----------
        perilune_tdb : ndarray, shape (T,)
            Arrivals, TDB seconds.

        Returns
        -------
        TransferTargets
            ``4 T`` rows.
        """
        size = perilune_tdb.size
        ones = np.ones(size * len(FAMILIES))
        signs = np.repeat(np.array(FAMILIES), size, axis=0)
        return TransferTargets(
            perilune_tdb=np.tile(perilune_tdb, len(FAMILIES)),
            tof_s=self.tof_day * 86_400.0 * ones,
            perigee_radius_km=(EARTH.radius_equatorial_km + 200.0) * ones,
            inclination_rad=math.radians(self.inclination_deg) * ones,
            branch_sign=np.ascontiguousarray(signs[:, 1]),
            perilune_radius_km=(MOON.radius_km + 100.0) * ones,
            pole_sign=np.ascontiguousarray(signs[:, 0]),
            lunar_inclination_rad=0.5 * math.pi * ones,
        )


def t2_chunks(seed: int, fraction: float, count: int = 8784) -> list[Chunk]:
    """Return the chunks of T2, or a random part of them.

    Parameters
    ----------
    seed : int
        Decides which chunks a part holds.
    fraction : float
        Part of all chunks.
    count : int
        Hourly arrivals, from the start of 2024.

    Returns
    -------
    list of Chunk
        At least one.
    """
    first = float(tdb_from_utc("2024-01-01T00:00:00"))
    chunks = [
        Chunk(site, inclination, tof, first, 3600.0, count)
        for site, inclinations in T2_INCLINATION_DEG.items()
        for inclination in inclinations
        for tof in T2_TOF_DAY
    ]
    order = np.random.default_rng(seed).permutation(len(chunks))
    return [chunks[k] for k in order[: max(1, round(fraction * len(chunks)))]]


def solve_chunk(chunk: Chunk) -> tuple[Transfers, Floats]:
    """Converge all transfers of a chunk.

    Parameters
    ----------
    chunk : Chunk
        What to solve.

    Returns
    -------
    transfers : Transfers
        ``chunk.rows`` rows.
    perilune_tdb : ndarray
        Their arrivals.
    """
    epochs = chunk.first_tdb + chunk.step_s * np.arange(chunk.count, dtype=np.float64)
    return solve_arrivals(chunk.targets, epochs), chunk.targets(epochs).perilune_tdb


def do_chunk(chunk: Chunk) -> tuple[Chunk, dict[str, NDArray[Any]], dict[str, float]]:
    """Solve a chunk and return what is kept of it.

    Parameters
    ----------
    chunk : Chunk
        What to solve.

    Returns
    -------
    chunk : Chunk
        The same.
    arrays : dict of ndarray
        Status, C3 and excess speed of every row.
    numbers : dict of float
        Converged rows, processor seconds, forward error in m (not part of the processor seconds).
    """
    start = time.process_time()
    found, perilune_tdb = solve_chunk(chunk)
    good = np.flatnonzero(found.status == Outcome.OK)
    speed2, radius = (found.perigee_state[:, 3:] ** 2).sum(axis=1), np.linalg.norm(found.perigee_state[:, :3], axis=1)
    arrays: dict[str, NDArray[Any]] = {
        "status": found.status,
        "c3_km2_s2": (speed2 - 2.0 * EARTH.gm_km3_s2 / radius).astype(np.float32),
        "vinf_km_s": np.linalg.norm(found.vinf_km_s, axis=1).astype(np.float32),
    }
    numbers = {"converged": float(good.size), "cpu_s": time.process_time() - start, "error_m": 0.0}
    if good.size:
        few = good[:: max(1, good.size // 8)]
        states = (found.perigee_state[few], found.perigee_tdb[few], found.perilune_state[few], perilune_tdb[few])
        numbers["error_m"] = forward_error_m(*states)
    return chunk, arrays, numbers


def _warm_up(chunk: Chunk) -> None:
    """Load kernels and tables in a worker before the clock starts."""
    do_chunk(Chunk(chunk.site_id, chunk.inclination_deg, chunk.tof_day, chunk.first_tdb, chunk.step_s, 48))


def solved_in_turn(
    chunks: list[Chunk], workers: int, started: Callable[[], Any]
) -> Iterator[tuple[Chunk, dict[str, NDArray[Any]], dict[str, float]]]:
    """Solve chunks in worker processes, a few ahead, and yield each as it is ready.

    Parameters
    ----------
    chunks : list of Chunk
        What to solve.
    workers : int
        Processes; 1 solves here.
    started : callable
        Called when everything is loaded.

    Yields
    ------
    tuple
        As `do_chunk` returns.
    """
    if workers == 1:
        _warm_up(chunks[0])
        started()
        yield from map(do_chunk, chunks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for ready in [pool.submit(_warm_up, chunks[0]) for _ in range(workers)]:
            ready.result()
        started()
        ahead: set[Future[Any]] = set()
        left = iter(chunks)
        while True:
            ahead |= {pool.submit(do_chunk, chunk) for chunk in islice(left, 2 * workers - len(ahead))}
            if not ahead:
                return
            done, ahead = wait(ahead, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()


def _fill(ledger: Ledger, case: str, left: list[Chunk], workers: int, say: Callable[[str], Any]) -> float:
    """Solve what is missing in a ledger; return wall-clock seconds after start-up."""
    begun: list[float] = []
    spent = 0.0
    solved = solved_in_turn(left, workers, lambda: begun.append(time.perf_counter()))
    for fresh, (chunk, arrays, numbers) in enumerate(solved, start=1):
        ledger.put(case, chunk.name, arrays, numbers)
        spent = time.perf_counter() - begun[0]
        rest = spent / fresh * (len(left) - fresh)
        say(f"T2: {fresh}/{len(left)} chunks, {fresh * chunk.rows / spent:.0f} rows/s, {rest:.0f} s left\n")
    return spent


def _read_back(ledger: Ledger, case: str, chunks: list[Chunk]) -> tuple[list[dict[str, Any]], NDArray[np.intp]]:
    """Return the numbers of every chunk, and how many transfers ended with each outcome."""
    metas: list[dict[str, Any]] = []
    counts = np.zeros(len(Outcome), dtype=np.intp)
    for chunk in chunks:
        kept = ledger.get(case, chunk.name)
        if kept is None:
            raise RuntimeError(f"chunk {chunk.name} is missing from the ledger although it was solved")
        metas.append(kept["meta"])
        counts += np.bincount(kept["arrays"]["status"], minlength=len(Outcome))
    return metas, counts


def run_t2(
    fraction: float,
    seed: int,
    workers: int,
    ledger_path: Path,
    count: int = 8784,
    say: Callable[[str], Any] = sys.stderr.write,
) -> dict[str, Any]:
    """Run T2 or a part of it, from where the ledger stopped.

    Parameters
    ----------
    fraction : float
        Part of all chunks.
    seed : int
        Which part.
    workers : int
        Processes.
    ledger_path : Path
        Ledger; made when it does not exist.
    count : int
        Hourly arrivals.
    say : callable
        Takes lines of progress.

    Returns
    -------
    dict
        Speed record; ``rows`` counts converged transfers of this and earlier parts of the run.
    """
    chunks = t2_chunks(seed, fraction, count)
    case = case_id_of({"task": "T2", "version": sim.__version__, "ephemeris": open_ephemeris().sha256, "count": count})
    with Ledger(ledger_path) as ledger:
        there = set(ledger.names(case))
        left = [chunk for chunk in chunks if chunk.name not in there]
        say(f"T2: {len(chunks)} chunks of {chunks[0].rows} transfers, {len(chunks) - len(left)} in the ledger\n")
        wall = _fill(ledger, case, left, workers, say) if left else 0.0
        metas, counts = _read_back(ledger, case, chunks)
    converged = int(counts[Outcome.OK])
    rates = [meta["converged"] / meta["cpu_s"] for meta in metas]
    record = {
        "task": "T2",
        "tool": "perilune",
        "version": sim.__version__,
        "seed": seed,
        "rows": converged,
        "rate_per_s_core": converged / sum(meta["cpu_s"] for meta in metas),
        "error_p99_m": float(np.percentile([meta["error_m"] for meta in metas], 99)),
        "rounds": 1,
        "rates": [round(float(np.median(rates)), 3)],
        **stamp(),
        "asked": sum(chunk.rows for chunk in chunks),
        "fraction": fraction,
        "not_solved": {Outcome(k).name: int(counts[k]) for k in range(1, len(counts)) if counts[k]},
        "peak_memory_mib": peak_memory_mib(),
        "workers": workers,
        "goal_per_s_wall": T2_GOAL_PER_S,
    }
    if len(left) == len(chunks):
        record |= {"wall_s": wall, "rate_per_s_wall": converged / wall}
    return record
