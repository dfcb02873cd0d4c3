"""Make ``data/heyoka_matrices.json``: final states and transition matrices by heyoka in long double.

24 departures after translunar injection (seed 20261122 of :func:`benchmarks.tasks.departures`), five days long, under
the point masses of Earth, Moon and Sun: the six that pass nearest to the Moon's centre but outside its surface, and
every fortieth of the others. Heyoka derives the variational equations itself and integrates them by Taylor series at a
tolerance of 1e-18, with the positions of Moon and Sun and the gravitational parameters of the project's own DE440
tables: the answer shares the world with the project, but no integrator, no formulation and no derivative.

Usage, from the checkout with the extra ``bench`` installed: ``python tests/truth/generate_heyoka_matrices.py``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

import heyoka

from benchmarks.stm_task import long_double_matrices
from benchmarks.tasks import departures, forces, model
from sim.propagation import ClosestApproach, propagate

SEED, ROWS, SPAN_S = 20261122, 1000, 5.0 * 86400.0
MOON_RADIUS_KM = 1737.4
NEAREST, OTHERS = 6, 18


def main() -> None:
    """Write the file."""
    states, t0 = departures(SEED, ROWS)
    near = propagate(states, t0, t0 + SPAN_S, model(), stops=[ClosestApproach("moon")], impacts=False)
    moon = model().source().position_km("moon", "earth", near.t_tdb)
    radius = np.sqrt(((near.states[:, :3] - moon) ** 2).sum(axis=1))
    outside = np.flatnonzero(radius > MOON_RADIUS_KM)
    nearest = outside[np.argsort(radius[outside])[:NEAREST]]
    others = np.setdiff1d(outside, nearest)[::40][:OTHERS]
    rows = np.concatenate([nearest, others])
    world = forces(float(t0.min()), float(t0.max()) + SPAN_S)
    ends = long_double_matrices(world, states[rows], t0[rows], SPAN_S)
    answer = {
        "made_by": f"generate_heyoka_matrices.py, heyoka {heyoka.__version__}, long double, tolerance 1e-18",
        "span_s": SPAN_S,
        "perilune_km": [round(float(r), 3) for r in radius[rows]],
        "t0_tdb": t0[rows].tolist(),
        "states": states[rows].tolist(),
        "end_states": ends[:, :6].tolist(),
        "matrices": ends[:, 6:].tolist(),
    }
    text = json.dumps(answer, indent=0).replace(",\n", ",")
    (Path(__file__).parent / "data" / "heyoka_matrices.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
