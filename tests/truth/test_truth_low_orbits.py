"""Low orbits in lockstep against GMAT's engine, and against the scalar path over a week.

``data/engine_set.json`` holds GMAT's answers (``generate_gmat_set.py``): three days, GRGM1200A 50 x 50 in the principal
axes of DE405, Earth and Sun. GMAT counts atomic seconds, which differ from TDB by 3e-10 in January: up to 0.1 mm a day
of the Moon's path, grown by every passage of the perilune (``test_truth_gmat_engine.py`` separates it).
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.dynamics import FullForceModel, open_gravity_field
from sim.ephemeris import open_spk
from sim.propagation import propagate_full, propagate_low_orbits

DATA = Path(__file__).parent / "data"
DAY = 86400.0


@cache
def document():
    return json.loads((DATA / "engine_set.json").read_text(encoding="utf-8"))


def low_cases():
    cases = document()["cases"]
    return [c for c in cases if c["id"].startswith("low_lunar") and c["moon_degree"] == 50 and not c["srp"]]


@pytest.mark.parametrize(("steps", "limit_m"), [(300.0, 0.05), (None, 1.0)])
def test_gmat_50x50(steps, limit_m, record_accuracy):
    """Measured: 4.5 mm with 300 steps a revolution, 0.26 m with the usual 200."""
    worst = []
    for case in low_cases():
        t0 = (case["tdb_mjd"] - 51544.5) * DAY
        moon = open_gravity_field("grgm1200a", 50)
        gm = {body: document()["gm_km3_s2"][body] for body in ("earth", "sun")} | {"moon": moon.gm_km3_s2}
        model = FullForceModel(
            center="moon", point_masses=("earth", "moon", "sun"), moon_field=moon, figures_move_center=False,
            gm_km3_s2=gm, ephemeris=open_spk(DATA / "engine_set.bsp", pck=DATA / "engine_set.bpc"),
        )  # fmt: skip
        times = t0 + np.array(case["elapsed_s"][1:])
        out = propagate_low_orbits(
            case["states"][0], t0, times, model, steps_per_revolution=steps, impact_radius_km=0.0
        )
        assert out.ok.all()
        miss = out.path_states[0, :, :3] - np.array(case["states"])[1:, :3]
        worst.append(1e3 * np.sqrt((miss**2).sum(axis=1)).max())
    assert len(worst) == 3
    label = "low lunar orbits of 3 d, 50x50, " + ("usual steps" if steps is None else "300 steps a revolution")
    record_accuracy(label, "GMAT R2026a engine, DE405", "position, largest of 3", max(worst), "m", limit_m)


@pytest.mark.parametrize(("degree", "steps", "limit_m"), [(20, 95.0, 1.0), (20, 200.0, 0.01)])
def test_a_week_at_degree_20(degree, steps, limit_m, record_accuracy):
    """Against DOP853 with the scalar harmonics, both of another making. Measured: 0.63 m and 1 mm."""
    model = FullForceModel(
        center="moon", point_masses=("earth", "moon", "sun"), moon_field=open_gravity_field("grgm1200a", degree)
    )
    speed = np.sqrt(4902.8 / 1837.4)
    states = [
        [1837.4, 0.0, 0.0, 0.0, 0.03 * speed, speed], [0.0, 0.0, 1837.4, 0.8 * speed, 0.6 * speed, 0.0],
        [0.0, 1837.4, 0.0, 0.5 * speed, 0.0, 0.87 * speed],
    ]  # fmt: skip
    t0 = 8.83e8 + DAY * np.array([0.0, 9.0, 18.0])
    times = t0[:, np.newaxis] + 7.0 * DAY
    out = propagate_low_orbits(states, t0, times, model, steps_per_revolution=steps, impact_radius_km=0.0)
    full = propagate_full(states, t0, times, model, tolerance=1e-14, impacts=False)
    worst = 1e3 * np.sqrt(((out.states - full.states)[:, :3] ** 2).sum(axis=1)).max()
    label = f"low lunar orbits of 7 d, degree {degree}, {steps:.0f} steps a revolution"
    record_accuracy(label, "perilune DOP853, scalar harmonics", "position, largest of 3", worst, "m", limit_m)
