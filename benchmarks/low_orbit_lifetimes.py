"""How long low lunar orbits last: rate of orbits of 180 days under the figure of the Moon to degree 50.

``python -m benchmarks.low_orbit_lifetimes --rows N --json FILE`` takes N orbits of the 10,000 (inclination, node,
argument, height of 30 to 120 km and epoch drawn from the seed), propagates them until they hit the mean sphere or 180
days are over, and repeats the first ones with two and a half times as many steps: how far instants of impact and least
radii move is the error. With fewer rows the time of all 10,000 is the measured one times the quotient of the rows; with
``--ledger FILE`` a long run goes on where it was stopped, a thousand orbits at a time.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import sim
from benchmarks.records import load, stamp, write_records
from benchmarks.tasks import FIRST_TDB, MONTH_DAY
from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY
from sim.core.compile import source_hash
from sim.core.status import Status
from sim.dynamics import FullForceModel, open_gravity_field
from sim.propagation import LowOrbits, propagate_low_orbits

FloatArray = npt.NDArray[np.float64]

ALL_ROWS = 10_000
SPAN_DAY = 180.0
DEGREE = 50
STEPS_PER_REVOLUTION = 120.0
"""Good for the revolution of an impact, half a second of its instant, and 10 m of the least radius; see the record."""
FINER = 2.5
CHECKED_ROWS = 64
PIECE_ROWS = 1000


def model() -> FullForceModel:
    """Give Moon, Earth and Sun.

    Returns
    -------
    FullForceModel
    """
    return FullForceModel(
        center="moon", point_masses=("earth", "moon", "sun"), moon_field=open_gravity_field("grgm1200a", DEGREE)
    )


def orbits(seed: int, n_rows: int) -> tuple[FloatArray, FloatArray]:
    """Circular orbits of all inclinations, 30 to 120 km high; the first rows do not depend on how many follow.

    Parameters
    ----------
    seed, n_rows : int
        Seed and rows.

    Returns
    -------
    states_km_km_s : numpy.ndarray (N, 6)
        Moon-centred ICRF.
    t0_tdb : numpy.ndarray (N,)
        TDB s past J2000.
    """
    draws = np.random.default_rng(seed).random((n_rows, 5))
    t0 = FIRST_TDB + MONTH_DAY * SECONDS_PER_DAY * draws[:, 0]
    c_i = 2.0 * draws[:, 1] - 1.0
    s_i = np.sqrt(1.0 - c_i**2)
    node, argument = 2.0 * np.pi * draws[:, 2], 2.0 * np.pi * draws[:, 3]
    radius = MOON.radius_km + 30.0 + 90.0 * draws[:, 4]
    speed = np.sqrt(model().body_gm_km3_s2("moon") / radius)
    along = np.stack([np.cos(node), np.sin(node), np.zeros(n_rows)], axis=1)
    across = np.stack([-np.sin(node) * c_i, np.cos(node) * c_i, s_i], axis=1)
    c, s = np.cos(argument)[:, np.newaxis], np.sin(argument)[:, np.newaxis]
    place = radius[:, np.newaxis] * (c * along + s * across)
    return np.concatenate([place, speed[:, np.newaxis] * (c * across - s * along)], axis=1), t0


def fly(states: FloatArray, t0_tdb: FloatArray, steps_per_revolution: float, threads: int | None = 1) -> LowOrbits:
    """Propagate until impact or the end, with the least radius of every thirty days.

    Parameters
    ----------
    states, t0_tdb : numpy.ndarray (N, 6), (N,)
        Orbits.
    steps_per_revolution : float
        Steps.
    threads : int, optional
        See :func:`sim.propagation.propagate_low_orbits`.

    Returns
    -------
    LowOrbits
    """
    times = t0_tdb[:, np.newaxis] + SECONDS_PER_DAY * np.arange(30.0, SPAN_DAY + 1.0, 30.0)
    return propagate_low_orbits(
        states, t0_tdb, times, model(), steps_per_revolution=steps_per_revolution, threads=threads
    )


@dataclass(frozen=True)
class Flown:
    """What is kept of the orbits that were flown.

    Attributes
    ----------
    status : numpy.ndarray (N,) int8
        Outcomes.
    t_tdb : numpy.ndarray (N,)
        Epochs of the impacts, or of the end.
    lowest_km : numpy.ndarray (N, 6)
        Least radius of every thirty days.
    evaluations : numpy.ndarray (N,)
        Of the forces.
    spent_s : numpy.ndarray
        Processor time of each piece.
    """

    status: npt.NDArray[np.int8]
    t_tdb: FloatArray
    lowest_km: FloatArray
    evaluations: npt.NDArray[np.int32]
    spent_s: FloatArray


NAMES: Final = tuple(field.name for field in fields(Flown))


def fly_piece(states: FloatArray, t0_tdb: FloatArray) -> Flown:
    """Fly some of the orbits on one thread.

    Parameters
    ----------
    states, t0_tdb : numpy.ndarray (N, 6), (N,)
        Orbits.

    Returns
    -------
    Flown
    """
    clock = time.process_time()
    out = fly(states, t0_tdb, STEPS_PER_REVOLUTION)
    spent = np.array([time.process_time() - clock])
    return Flown(out.status, out.t_tdb, out.lowest_km, out.steps, spent)


def fly_all(states: FloatArray, t0_tdb: FloatArray, ledger: Path | None) -> Flown:
    """Fly all orbits in pieces; those that a ledger holds are taken from there.

    Parameters
    ----------
    states, t0_tdb : numpy.ndarray (N, 6), (N,)
        Orbits.
    ledger : Path or None
        Folder of finished pieces, named by what they start from.

    Returns
    -------
    Flown
    """
    pieces = []
    for first in range(0, len(states), PIECE_ROWS):
        rows = slice(first, first + PIECE_ROWS)
        inputs = hashlib.sha256(states[rows].tobytes() + t0_tdb[rows].tobytes())
        inputs.update(f"{source_hash()} {STEPS_PER_REVOLUTION}".encode())
        place = None if ledger is None else ledger / f"{inputs.hexdigest()[:16]}.npz"
        if place is not None and place.is_file():
            with np.load(place) as data:
                pieces.append(Flown(**{name: data[name] for name in NAMES}))
            continue
        pieces.append(fly_piece(states[rows], t0_tdb[rows]))
        if place is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            unfinished = place.with_suffix(".part.npz")
            np.savez(unfinished, **{name: getattr(pieces[-1], name) for name in NAMES})
            unfinished.replace(place)
    return Flown(**{name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in NAMES})


def measure(seed: int, n_rows: int, ledger: Path | None = None) -> dict[str, Any]:
    """Measure speed and error.

    Parameters
    ----------
    seed, n_rows : int
        Seed and rows.
    ledger : Path, optional
        See :func:`fly_all`.

    Returns
    -------
    dict
        Record.
    """
    states, t0 = orbits(seed, n_rows)
    fly(states[:1], t0[:1], STEPS_PER_REVOLUTION)
    out = fly_all(states, t0, ledger)
    spent = float(out.spent_s.sum())
    few = min(n_rows, CHECKED_ROWS)
    fine = fly(states[:few], t0[:few], FINER * STEPS_PER_REVOLUTION)
    fell = out.status == Status.IMPACT
    moved = np.abs(fine.t_tdb - out.t_tdb[:few])[fine.impact & fell[:few]]
    lower = np.abs(fine.lowest_km - out.lowest_km[:few])
    return {
        "task": "lifetimes-180d-50x50",
        "tool": "perilune",
        "version": sim.__version__,
        "seed": seed,
        "rows": n_rows,
        "rate_per_s_core": n_rows / spent,
        "cpu_s_of_10000": ALL_ROWS * spent / n_rows,
        "impacts": int(fell.sum()),
        "flown_day": float(((out.t_tdb - t0) / SECONDS_PER_DAY).sum()),
        "steps_per_revolution": STEPS_PER_REVOLUTION,
        "evaluations": int(out.evaluations.sum(dtype=np.int64)),
        "checked_rows": few,
        "same_outcome": int((fine.status == out.status[:few]).sum()),
        "impact_instant_moves_s_p50_p90_max": [float(q) for q in np.percentile(moved, [50.0, 90.0, 100.0])]
        if moved.size
        else [],
        "least_radius_moves_m_max": float(1e3 * np.nanmax(lower)),
        "load": load(),
        **stamp(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        By default those of the process.

    Returns
    -------
    int
        Exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.low_orbit_lifetimes", description=__doc__)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--ledger", type=Path, help="folder from which a run that was stopped goes on")
    options = parser.parse_args(arguments)
    record = measure(options.seed, options.rows, options.ledger)
    if options.json is not None:
        write_records(options.json, [record])
    sys.stdout.write(f"{record}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
