"""How fast GMAT's differential corrector finds the transfers that `sim.transfer.solve_direct` finds, in turn.

GMAT gets the same problem in its kindest form: backward from perilune, where it is almost linear, in the elements of
the incoming asymptote (perilune radius and B-plane angle held, excess energy and direction varied), from the first
guess of this package, with goals at perigee: radius, inclination to the true equator, epoch. Its forces are the same
(Earth with J2, Moon, Sun). Reading the script is not counted: the time of an empty mission is subtracted.

``python -m benchmarks.gmat_targeting`` needs the optional package ``gmatpy`` and is run by hand.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import sim
from benchmarks.atlas import Chunk, solve_chunk
from benchmarks.gmat_driver import (
    J2000_MJD,
    MOON_AXES,
    OBLATE_EARTH,
    REPORT,
    STATE_FIELDS,
    cartesian,
    literal,
    propagator,
    run_script,
    spacecraft,
)
from benchmarks.records import stamp, write_records
from sim.bodies import EARTH, MOON
from sim.ephemeris import open_ephemeris
from sim.timescales import tdb_from_utc
from sim.transfer import Outcome, TransferTargets, solve_direct
from sim.transfer.arrivals import arrival_guesses
from sim.transfer.seed import conic_vinf
from sim.transfer.shooting import build_problem, perilune_states

Floats = NDArray[np.float64]

GOAL_KM, GOAL_DEG, GOAL_S = 1e-3, 1e-5, 0.1
"""What GMAT has to meet; our solver meets 2e-5 km, 1e-7 deg and 7e-5 s."""

NEAR_TASK = "GMAT-near"
ARRIVALS = 2000

HEAD = (
    spacecraft("TDBModJulian", "{epoch!r}")
    + MOON_AXES
    + """Create CoordinateSystem TrueEquator;
TrueEquator.Origin = Earth;
TrueEquator.Axes = TODEq;
"""
    + cartesian("LunaMJ2000Eq", STATE_FIELDS)
    + "Create ForceModel FM;\n"
    + literal(OBLATE_EARTH)
    + "FM.SRP = Off;\n"
    + propagator("1e-11", 86400, first_step=60, lenient=False)
    + """Create DifferentialCorrector DC;
DC.ShowProgress = false;
DC.MaximumIterations = 50;
Create Variable energy right declination;
"""
    + REPORT
    + """energy = Sat.Luna.IncomingC3Energy;
right = Sat.LunaMJ2000Eq.IncomingRHA;
declination = Sat.LunaMJ2000Eq.IncomingDHA;
"""
)

TARGET = """Target DC {{SolveMode = Solve, ExitMode = SaveAndContinue}};
Vary DC(Sat.IncomingC3Energy = energy, {{Perturbation = 1e-5, MaxStep = 0.1}});
Vary DC(Sat.IncomingRHA = right, {{Perturbation = 1e-4, MaxStep = 5}});
Vary DC(Sat.IncomingDHA = declination, {{Perturbation = 1e-4, MaxStep = 5}});
Propagate BackProp P(Sat) {{Sat.ElapsedSecs = -{away!r}}};
Propagate BackProp P(Sat) {{Sat.Earth.Periapsis}};
Achieve DC(Sat.Earth.RMAG = {radius!r}, {{Tolerance = {goal_km!r}}});
Achieve DC(Sat.TrueEquator.INC = {inclination!r}, {{Tolerance = {goal_deg!r}}});
Achieve DC(Sat.ElapsedSecs = -{tof!r}, {{Tolerance = {goal_s!r}}});
EndTarget;
"""
ENDS = "Report R Sat.Earth.RMAG Sat.TrueEquator.INC Sat.ElapsedSecs;\n"


def draw_targets(count: int, seed: int) -> TransferTargets:
    """Return random transfers from Vostochny that exist.

    Parameters
    ----------
    count : int
        How many are drawn.
    seed : int
        Of the draw.

    Returns
    -------
    TransferTargets
        Arrivals of 2024 to 2028, 3.5 to 6 days, both poles and branches.
    """
    draw = np.random.default_rng(seed)
    ones = np.ones(count)
    return TransferTargets(
        perilune_tdb=draw.uniform(tdb_from_utc("2024-01-01T00:00:00"), tdb_from_utc("2028-12-31T00:00:00"), count),
        tof_s=draw.uniform(3.5, 6.0, count) * 86_400.0,
        perigee_radius_km=(EARTH.radius_equatorial_km + 200.0) * ones,
        inclination_rad=math.radians(51.8) * ones,
        branch_sign=draw.choice(np.array([1.0, -1.0]), count),
        perilune_radius_km=(MOON.radius_km + 100.0) * ones,
        pole_sign=draw.choice(np.array([1.0, -1.0]), count),
        lunar_inclination_rad=0.5 * math.pi * ones,
    )


def first_guesses(targets: TransferTargets) -> Floats:
    """Return perilune states of our closed-form first guess.

    Parameters
    ----------
    targets : TransferTargets
        N rows.

    Returns
    -------
    ndarray, shape (N, 6)
        Moon-centred ICRF, km and km/s.
    """
    problem = build_problem(targets, open_ephemeris())
    vinf, _ = conic_vinf(
        problem.moon_states,
        problem.earth_pole,
        targets.inclination_rad,
        targets.branch_sign,
        targets.perigee_radius_km,
        targets.tof_s,
        problem.mu_earth_km3_s2,
    )
    return perilune_states(problem, vinf)[0]


def neighbour_guesses(targets: TransferTargets) -> Floats:
    """Return perilune states interpolated between solved arrivals around each transfer: what dense grids start from.

    Parameters
    ----------
    targets : TransferTargets
        N rows.

    Returns
    -------
    ndarray, shape (N, 6)
        Moon-centred ICRF, km and km/s; NaN where a neighbour has no solution.
    """
    ephemeris = open_ephemeris()
    states = np.full((len(targets), 6), np.nan)
    for row in range(len(targets)):
        one = targets.select(np.array([row]))

        def along(perilune_tdb: Floats, one: TransferTargets = one) -> TransferTargets:
            return replace(one.select(np.zeros(perilune_tdb.size, dtype=np.intp)), perilune_tdb=perilune_tdb)

        vinf, _ = arrival_guesses(along, one.perilune_tdb, ephemeris)
        states[row] = perilune_states(build_problem(one, ephemeris), vinf)[0][0]
    return states


def target_with_gmat(targets: TransferTargets, guess: Floats, row: int, folder: Path) -> tuple[float, Floats]:
    """Let GMAT's corrector solve one transfer.

    Parameters
    ----------
    targets : TransferTargets
        Transfers.
    guess : ndarray, shape (N, 6)
        Perilune states to start from.
    row : int
        Which.
    folder : Path
        For scripts.

    Returns
    -------
    cpu_s : float
        Processor time beyond that of the same script without targeting.
    missed : ndarray, shape (3,)
        Perigee radius (km), inclination (deg) and time (s), less the goals.
    """
    epoch = J2000_MJD + float(targets.perilune_tdb[row]) / 86_400.0
    head = HEAD.format(epoch=epoch, state=guess[row].tolist())
    tof = float(targets.tof_s[row])
    wanted = (float(targets.perigee_radius_km[row]), math.degrees(targets.inclination_rad[row]), -tof)
    body = TARGET.format(
        away=tof - 43_200.0,
        radius=wanted[0],
        inclination=wanted[1],
        tof=tof,
        goal_km=GOAL_KM,
        goal_deg=GOAL_DEG,
        goal_s=GOAL_S,
    )
    empty_s, _ = run_script(head + ENDS, folder)
    whole_s, found = run_script(head + body + ENDS, folder)
    return whole_s - empty_s, np.asarray(found - np.array(wanted), dtype=np.float64)


def time_ours(targets: TransferTargets, copies: int) -> tuple[float, float]:
    """Return converged transfers per second of one core, and of the wall.

    Parameters
    ----------
    targets : TransferTargets
        Transfers that GMAT solves too.
    copies : int
        How often they are repeated, minutes apart, for a list that lasts.

    Returns
    -------
    per_s_core, per_s : float
        By processor time, and by wall clock with all threads.
    """
    rows = np.tile(np.arange(len(targets)), copies)
    many = targets.select(rows)
    many.perilune_tdb[:] += 60.0 * np.repeat(np.arange(copies), len(targets))
    wall, cpu = time.perf_counter(), time.process_time()
    good = int((solve_direct(many).status == Outcome.OK).sum())
    return good / (time.process_time() - cpu), good / (time.perf_counter() - wall)


def time_atlas(arrivals: int) -> float:
    """Return converged transfers per second of one core where hourly arrivals start from their neighbours.

    Parameters
    ----------
    arrivals : int
        Hourly, over both poles and branches.

    Returns
    -------
    float
        By processor time, the coarse grid that they start from included.
    """
    chunk = Chunk("vostochny", 51.8, 4.5, float(tdb_from_utc("2024-01-01T00:00:00")), 3600.0, arrivals)
    start = time.process_time()
    good = int((solve_chunk(chunk)[0].status == Outcome.OK).sum())
    return good / (time.process_time() - start)


def compare(
    count: int, rounds: int, seed: int, copies: int, say: Callable[[str], Any] = sys.stdout.write
) -> list[dict[str, Any]]:
    """Measure both programs in turn.

    Parameters
    ----------
    count : int
        Transfers.
    rounds : int
        Turns; each gives GMAT every transfer once.
    seed : int
        Of the draw.
    copies : int
        Repetitions of the list for our solver.
    say : callable
        Takes lines of progress.

    Returns
    -------
    list of dict
        Speed records of GMAT and of this package.
    """
    targets = draw_targets(count, seed)
    targets = targets.select(np.flatnonzero(solve_direct(targets).status == Outcome.OK))
    guess, near = first_guesses(targets), neighbour_guesses(targets)
    ours: list[tuple[float, float]] = []
    atlas: list[float] = []
    gmat_rates: list[float] = []
    near_rates: list[float] = []
    missed_km, failed = [], 0
    with tempfile.TemporaryDirectory() as name:
        run_script(HEAD.format(epoch=21545.5, state=guess[0].tolist()) + ENDS, Path(name))
        time_ours(targets, copies)
        time_atlas(48)
        for turn in range(rounds):
            ours.append(time_ours(targets, copies))
            atlas.append(time_atlas(ARRIVALS))
            for rates_of, start in ((gmat_rates, guess), (near_rates, near)):
                spent = []
                for row in range(len(targets)):
                    cpu_s, missed = target_with_gmat(targets, start, row, Path(name))
                    if (np.abs(missed) <= 1.01 * np.array([GOAL_KM, GOAL_DEG, GOAL_S])).all():
                        spent.append(cpu_s)
                        missed_km.append(abs(missed[0]))
                    else:
                        failed += 1
                rates_of.append(1.0 / float(np.median(spent)))
            theirs = f"GMAT {gmat_rates[-1]:.2f} (from neighbours {near_rates[-1]:.2f})"
            rate = f"ours {ours[-1][0]:.0f} (atlas {atlas[-1]:.0f}), {theirs} /s/core"
            say(f"round {turn + 1}: {rate}; GMAT failed {failed}\n")
    residual_km = np.abs(solve_direct(targets).residual_perigee_km)
    common = {"task": "GMAT", "seed": seed, "rounds": rounds, **stamp()}
    rates = [pair[0] for pair in ours]
    return [
        {
            **common,
            "tool": "gmat",
            "version": version("gmatpy"),
            "rows": len(targets),
            "rate_per_s_core": float(np.median(gmat_rates)),
            "rates": gmat_rates,
            "error_p99_m": float(np.percentile(missed_km, 99) * 1e3),
            "not_converged": failed,
            "what": "differential corrector, backward from our first guess; error: missed perigee radius",
        },
        {
            **common,
            "tool": "perilune",
            "version": sim.__version__,
            "rows": len(targets) * copies,
            "rate_per_s_core": float(np.median(rates)),
            "rates": rates,
            "error_p99_m": float(np.percentile(residual_km, 99) * 1e3),
            "rate_per_s_wall": float(np.median([pair[1] for pair in ours])),
            "times_gmat": float(np.median(np.array(rates) / np.array(gmat_rates))),
            "what": "from the same first guess; error: missed perigee radius",
        },
        {
            **common,
            "task": NEAR_TASK,
            "tool": "gmat",
            "version": version("gmatpy"),
            "rows": len(targets),
            "rate_per_s_core": float(np.median(near_rates)),
            "rates": near_rates,
            "error_p99_m": float(np.percentile(missed_km, 99) * 1e3),
            "what": "differential corrector, from a guess interpolated between solved arrivals",
        },
        {
            **common,
            "task": NEAR_TASK,
            "tool": "perilune",
            "version": sim.__version__,
            "rows": 4 * ARRIVALS,
            "rate_per_s_core": float(np.median(atlas)),
            "rates": atlas,
            "error_p99_m": float(np.percentile(residual_km, 99) * 1e3),
            "times_gmat": float(np.median(np.array(atlas) / np.array(near_rates))),
            "what": "hourly arrivals from such guesses, the arrivals solved for them included",
        },
    ]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : list of str, optional
        Command line without the program.

    Returns
    -------
    int
        0.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gmat_targeting", description=__doc__)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=20_240_101)
    parser.add_argument("--copies", type=int, default=1000)
    parser.add_argument("--json", type=Path, metavar="FILE", help="append records here")
    options = parser.parse_args(arguments)
    for record in compare(options.count, options.rounds, options.seed, options.copies):
        if options.json is not None:
            write_records(options.json, [record])
        sys.stdout.write(json.dumps(record) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
