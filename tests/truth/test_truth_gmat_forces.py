"""Single forces of GMAT's engine: relativity, layered drag, burns with mass flow, the Moon's tide; an orbit like LRO's.

``data/gmat_forces.json`` holds GMAT's scripts and answers, made by ``generate_gmat_forces.py`` with DE405. GMAT counts
elapsed time to 0.3 microseconds: 2 mm of a low Earth orbit, 0.5 mm of a low lunar one.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from sim.core.status import Status
from sim.dynamics.atmosphere import EXPONENTIAL_LAYERS
from sim.dynamics.burns import FiniteBurn
from sim.dynamics.full_model import FullForceModel
from sim.dynamics.gravity_field import open_gravity_field
from sim.ephemeris import open_spk
from sim.propagation.full import propagate_full
from sim.spacecraft import Engine

DATA = Path(__file__).parent / "data"
REFERENCE = "GMAT R2026a engine, DE405"
RADII = {"earth": 6378.1363, "moon": 1738.2, "sun": 695990.0}

# Position at the output times in m, beside what was measured at a tolerance of 1e-13.
LIMITS = {
    # 0.033, 0.082, 0.154: GMAT adds geodesic precession (0.104 m after five days by Orekit's term) and Lense-Thirring
    # (7 mm); 0.06 m of it stay unexplained. The Schwarzschild term alone agrees with Orekit to 0.3 mm.
    "relativity": (0.15, 0.3, 0.6),
    "relativity_off": (5e-3, 5e-3, 0.03),  # 0.5, 0.2, 5.8 mm; GMAT's own steps 4.7
    # 0.04, 1.6, 51 of a displacement of 2,188 km: GMAT's Earth is 0.7 m smaller, which makes 27 m of them.
    "drag": (0.2, 8.0, 200.0),
    "burn_earth_icrf": (5e-3, 5e-3, 0.03),  # 1.0, 1.2, 5.1 mm
    "burn_earth_vnc": (5e-3, 0.01, 0.03),  # 1.0, 2.0, 5.5 mm
    "burn_moon_vnc": (1e-3, 1e-3, 3e-3),  # 0.1, 0.2, 0.2 mm
    "tide_of_the_moon": (1e-3, 2e-3, 5e-3),  # 0.2, 0.3, 1.0 mm
    "tide_of_the_moon_off": (1e-3, 1e-3, 3e-3),  # 0.2, 0.1, 0.6 mm
    "lro_like_50_km_70x70": (1e-3, 3e-3, 0.01, 0.05),  # 0.1, 0.5, 1.3, 5.1 mm: 84 orbits, light and shadow
}


@cache
def document():
    return json.loads((DATA / "gmat_forces.json").read_text(encoding="utf-8"))


@cache
def de405():
    return open_spk(DATA / "engine_set.bsp", pck=DATA / "engine_set.bpc")


def find(name):
    return next(c for c in document()["cases"] if c["id"] == name)


def start(case):
    return (case["tdb_mjd"] - 51544.5) * 86400.0


def model(case):
    bodies = tuple(case["bodies"])
    gm = {body: document()["gm_km3_s2"][body] for body in bodies}
    moon = open_gravity_field("grgm1200a", case["moon_degree"]) if "moon_degree" in case else None
    if moon is not None:
        gm["moon"] = moon.gm_km3_s2
    return FullForceModel(
        center=case["central"], point_masses=bodies, moon_field=moon, figures_move_center=False, gm_km3_s2=gm,
        relativity=(case["central"],) if case.get("relativity") else (), light_pressure=case.get("srp", False),
        shadows=(case["central"],), solar_flux_w_m2=document()["spacecraft"]["flux_w_m2"],
        astronomical_unit_km=149597870.691, radius_km={body: RADII[body] for body in bodies},
        atmosphere=EXPONENTIAL_LAYERS if case.get("drag") else None,
        moon_k2_factor=document()["k2"] if case.get("tide") else 0.0, ephemeris=de405(),
    )  # fmt: skip


def burns(case):
    if "burn" not in case:
        return ()
    burn, elapsed = case["burn"], np.array(case["elapsed_s"])
    return (
        FiniteBurn(
            start(case) + elapsed[1], start(case) + elapsed[2], Engine(burn["thrust_n"], burn["isp_s"]),
            axes=burn["axes"], direction=tuple(burn["direction"]), body=case["central"],
        ),
    )  # fmt: skip


@cache
def fly(name):
    case = find(name)
    run = propagate_full(
        case["states"][0], start(case), start(case) + np.array(case["elapsed_s"][1:]), model(case),
        mass_kg=case["mass_kg"][0] if "mass_kg" in case else 1000.0, srp_area_m2=18.0, drag_area_m2=22.0,
        burns=burns(case), tolerance=1e-13, impacts=False,
    )  # fmt: skip
    assert run.status[0] == Status.OK
    return run


def positions(name):
    return np.array(find(name)["states"])[1:, :3]


@pytest.mark.parametrize("name", LIMITS)
def test_positions_of_gmat(name, record_accuracy):
    case, run = find(name), fly(name)
    off = 1e3 * np.linalg.norm(run.path_states[0, :, :3] - positions(name), axis=1)
    label = f"{name.replace('_', ' ')} (GMAT)"
    for elapsed, value, limit in zip(case["elapsed_s"][1:], off, LIMITS[name], strict=True):
        record_accuracy(label, REFERENCE, f"position after {elapsed / 86400.0:.3g} d", value, "m", limit)
    if "mass_kg" in case:
        used = float(np.abs(run.path_mass_kg[0] - case["mass_kg"][1:]).max())
        # Measured 6e-7 kg: the burn's end is known to 0.1 microseconds at 6 kg/s.
        record_accuracy(label, REFERENCE, "mass", used, "kg", 3e-6)


@pytest.mark.parametrize(("name", "metres", "limit"), [("relativity", 134.0, 0.005), ("tide_of_the_moon", 171.0, 2e-5)])
def test_share_of_the_force(name, metres, limit, record_accuracy):
    """What a force does to the end of the arc, in GMAT and here, relative to its size."""
    off = f"{name}_off"
    ours = fly(name).path_states[0, -1, :3] - fly(off).path_states[0, -1, :3]
    theirs = positions(name)[-1] - positions(off)[-1]
    assert 1e3 * np.linalg.norm(theirs) == pytest.approx(metres, rel=0.01)
    share = float(np.linalg.norm(ours - theirs) / np.linalg.norm(theirs))
    # Measured 1.2e-3 (see above) and 2e-6.
    record_accuracy(f"{name.replace('_', ' ')} (GMAT)", REFERENCE, "displacement, relative", share, "", limit)
