"""Twenty solved transfers, flown from injection to perilune by GMAT R2026a.

Kennedy, Wenchang, Baikonur, Plesetsk and Vostochny; inclinations 21 to 98 degrees; 3 to 6.5 days; both poles and
branches; 2021 to 2030. ``data/gmat_transfers.json`` holds what was asked, the injection states and GMAT's perilune,
made by ``generate_gmat_transfers.py``.

What differs between the two programs, and what each difference moves at perilune: GMAT's JGM-3 has a second zonal free
of tides, smaller by 8.6e-6 than the zero-tide one here (up to 150 m for 1e-5); its pole moves with the Earth's crust
(0.5 arcsec; up to 35 m); its ephemeris is DE405 and its GM of the Earth larger by 1.5e-8 (up to 340 m, all together).
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import sim.dynamics.model
from sim.bodies import EARTH, MOON
from sim.dynamics import ForceModel
from sim.ephemeris import Ephemeris, open_ephemeris, open_spk
from sim.propagation import ClosestApproach, propagate
from sim.transfer import Outcome, Transfers, TransferTargets, solve_direct

DATA = Path(__file__).parent / "data"
GMAT = json.loads((DATA / "gmat_transfers.json").read_text(encoding="utf-8"))
YEARS = sorted({case["year"] for case in GMAT["cases"]})


def de405(year: int) -> Ephemeris:
    """DE405 with GMAT's GM; the Moon's axes, which only define the asked inclination, stay those of DE440."""
    ours = open_ephemeris()
    found = open_spk(DATA / f"gmat_transfers_{year}.bsp", gm_km3_s2=GMAT["gm_km3_s2"])
    return replace(found, librations=ours.librations, librations_name=ours.librations_name)


def targets_of(cases: list[dict]) -> TransferTargets:
    def column(name: str) -> np.ndarray:
        return np.array([case[name] for case in cases], dtype=float)

    return TransferTargets(
        perilune_tdb=column("perilune_tdb"),
        tof_s=column("tof_day") * 86_400.0,
        perigee_radius_km=EARTH.radius_equatorial_km + column("parking_altitude_km"),
        inclination_rad=np.radians(column("inclination_deg")),
        branch_sign=column("branch_sign"),
        perilune_radius_km=MOON.radius_km + column("perilune_altitude_km"),
        pole_sign=column("pole_sign"),
        lunar_inclination_rad=np.radians(column("lunar_inclination_deg")),
    )


def gmat(cases: list[dict], key: str, name: str) -> np.ndarray:
    return np.array([case[key][name] for case in cases])


def plane_deg(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Angles between the orbital planes of states."""
    a, b = np.cross(one[:, :3], one[:, 3:]), np.cross(other[:, :3], other[:, 3:])
    sine = np.linalg.norm(np.cross(a, b), axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return np.degrees(np.arcsin(sine))


def inclination_deg(states: np.ndarray) -> np.ndarray:
    normal = np.cross(states[:, :3], states[:, 3:])
    return np.degrees(np.arccos(normal[:, 2] / np.linalg.norm(normal, axis=1)))


def differences(found: Transfers, cases: list[dict], key: str) -> np.ndarray:
    """GMAT's perilune against the solved one: radius (m), epoch (s), inclination (deg), plane (deg), injection (m)."""
    assert (found.status == Outcome.OK).all()
    radius = gmat(cases, key, "perilune_radius_km") - np.linalg.norm(found.perilune_state[:, :3], axis=1)
    asked = np.array([case["perilune_tdb"] for case in cases])
    epoch = gmat(cases, key, "tli_tdb") + gmat(cases, key, "elapsed_s") - asked
    inclination = gmat(cases, key, "inclination_mj2000_deg") - inclination_deg(found.perilune_state)
    tilt = plane_deg(gmat(cases, key, "perilune_state"), found.perilune_state)
    injection = np.linalg.norm(found.perigee_state[:, :3] - gmat(cases, key, "tli_state")[:, :3], axis=1)
    return np.abs(np.column_stack((radius * 1e3, epoch, inclination, tilt, injection * 1e3)))


def record(record_accuracy, case: str, off: np.ndarray, limits: tuple[float, float, float, float]) -> None:
    quantities = (("perilune radius", "m"), ("perilune epoch", "s"), ("inclination", "deg"), ("plane", "deg"))
    for (quantity, unit), measured, limit in zip(quantities, off.max(axis=0), limits, strict=False):
        record_accuracy(case, "flown by GMAT R2026a from our injection", quantity, measured, unit, limit)


def test_cases_cover_what_they_claim() -> None:
    cases = GMAT["cases"]
    assert len(cases) == 20 and len({case["site"] for case in cases}) == 5
    assert {(case["pole_sign"], case["branch_sign"]) for case in cases} == {(a, b) for a in (1, -1) for b in (1, -1)}
    assert (min(case["inclination_deg"] for case in cases), max(case["inclination_deg"] for case in cases)) == (21, 98)
    assert (min(case["tof_day"] for case in cases), max(case["tof_day"] for case in cases)) == (3.0, 6.5)
    assert (YEARS[0], YEARS[-1]) == (2021, 2030)


def test_transfers_as_shipped_reach_perilune_in_gmat(record_accuracy) -> None:
    """DE440 here, DE405 there: the whole difference of the models (measured 343 m, 0.23 s)."""
    off = differences(solve_direct(targets_of(GMAT["cases"])), GMAT["cases"], "shipped")
    record(record_accuracy, "20 transfers 2021-2030 (DE440)", off, SHIPPED)
    # the frozen flights left from where the solver starts today; its 0.07 ms of time are 0.8 m along the track
    assert off[:, 4].max() < 3.0


def test_transfers_on_the_ephemeris_of_gmat(record_accuracy, monkeypatch) -> None:
    """DE405, GM and second zonal of GMAT: what is left is its pole and polar motion (measured 35 m, 43 ms)."""
    monkeypatch.setattr(sim.dynamics.model, "EARTH", replace(EARTH, j2=GMAT["j2"]))
    parts = []
    for year in YEARS:
        cases = [case for case in GMAT["cases"] if case["year"] == year]
        parts.append(differences(solve_direct(targets_of(cases), ephemeris=de405(year)), cases, "same"))
    off = np.concatenate(parts)
    record(record_accuracy, "20 transfers 2021-2030 (DE405, J2 of GMAT)", off, SAME)
    assert off[:, 4].max() < 3.0


@pytest.mark.parametrize("key", ["shipped", "same"])
def test_the_difference_of_the_models_explains_the_misses(key, record_accuracy, monkeypatch) -> None:
    """The same injections flown here with GMAT's ephemeris, GM, second zonal and pole (measured 2.7 m, 2.1 ms)."""
    monkeypatch.setattr(sim.dynamics.model, "EARTH", replace(EARTH, j2=GMAT["j2"]))
    radius, epoch, tilt = [], [], []
    for year in YEARS:
        ephemeris = de405(year)
        for case in (case for case in GMAT["cases"] if case["year"] == year):
            there = case[key]
            model = ForceModel(ephemeris=ephemeris, earth_pole_icrf=tuple(there["pole"]))
            stop = there["tli_tdb"] + there["elapsed_s"] + 3600.0
            state, stops = np.array(there["tli_state"]), [ClosestApproach("moon")]
            run = propagate(state, there["tli_tdb"], stop, model, stops=stops, tolerance=1e-13)
            here = run.states - ephemeris.state("moon", "earth", run.t_tdb)
            radius.append(np.linalg.norm(here[0, :3]) - there["perilune_radius_km"])
            epoch.append(run.t_tdb[0] - there["tli_tdb"] - there["elapsed_s"])
            tilt.append(plane_deg(here, np.array([there["perilune_state"]]))[0])
    reference = "GMAT R2026a, its ephemeris and constants here too"
    name = f"20 transfers flown forward ({key})"
    # an injection moved by 1 mm/s moves perilune by kilometres: metres here are 1e-6 m/s there
    record_accuracy(name, reference, "perilune radius", 1e3 * np.abs(radius).max(), "m", 10.0)
    record_accuracy(name, reference, "perilune epoch", np.abs(epoch).max(), "s", 0.01)
    record_accuracy(name, reference, "plane", np.max(tilt), "deg", 5e-4)


SHIPPED = (1000.0, 0.8, 0.03, 0.03)
SAME = (120.0, 0.15, 0.005, 0.005)
