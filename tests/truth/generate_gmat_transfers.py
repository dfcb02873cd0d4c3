"""Fly twenty solved transfers with GMAT's engine and freeze what it finds in ``data/gmat_transfers.json``.

GMAT R2026a as in the Python package ``gmatpy`` 0.2.1: Earth with the second zonal of its JGM-3, Moon and Sun, all on
its DE405. Every transfer is solved twice: on DE405 with GMAT's gravitational parameters and its second zonal ("same"),
where only integrators and the pole of the Earth differ, and as the package ships it, on DE440 ("shipped"). GMAT flies
both from injection to its own perilune. GMAT's pole, the third axis of its Earth-fixed frame, is kept too.

Also writes the excerpts of DE405 that the test solves on: ``data/gmat_transfers_<year>.bsp``.

Usage: ``python tests/truth/generate_gmat_transfers.py`` with ``gmatpy`` installed (Python 3.12 or later).
"""

from __future__ import annotations

import json
import math
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from jplephem.excerpter import write_excerpt
from jplephem.spk import SPK

import sim.dynamics.model
from benchmarks.gmat_driver import (
    J2000_MJD,
    MOON_AXES,
    OBLATE_EARTH,
    REPORT,
    STATE_FIELDS,
    cartesian,
    data_folder,
    gravitational_parameters,
    literal,
    propagator,
    run_script,
    spacecraft,
)
from sim.bodies import EARTH, MOON
from sim.ephemeris import Ephemeris, open_ephemeris, open_spk
from sim.timescales import tdb_from_utc
from sim.transfer import Outcome, Transfers, TransferTargets, solve_direct

DATA = Path(__file__).parent / "data"
GMAT_DATA = data_folder()
DAY = 86400.0
SPANS = {2021: "2021-03-10", 2023: "2023-08-05", 2025: "2025-11-01", 2028: "2028-01-12", 2030: "2030-06-20"}
SPAN_DAY = 36
"""Length of each excerpt; arrivals lie in its last 27 days, one revolution of the Moon."""

# site, its usual inclination in degrees, altitude of the parking orbit, flight time, perilune altitude
CASES = (
    ("wenchang", 21.0, 200.0, 4.7, 200.0),
    ("wenchang", 28.5, 185.0, 4.5, 440.0),
    ("kennedy", 28.6, 185.0, 3.0, 100.0),
    ("kennedy", 33.0, 300.0, 3.5, 100.0),
    ("baikonur", 51.6, 200.0, 4.5, 100.0),
    ("vostochny", 51.73, 274.0, 5.36, 100.0),
    ("vostochny", 51.8, 200.0, 6.5, 100.0),
    ("plesetsk", 62.8, 200.0, 4.0, 60.0),
    ("vostochny", 64.8, 200.0, 5.5, 100.0),
    ("vostochny", 98.0, 250.0, 6.0, 3000.0),
)

SCRIPT = (
    spacecraft("TDBModJulian", "{epoch!r}")
    + MOON_AXES
    + cartesian("EarthMJ2000Eq", STATE_FIELDS)
    + "Create ForceModel FM;\n"
    + literal(OBLATE_EARTH)
    + "FM.SRP = Off;\nFM.RelativisticCorrection = Off;\nFM.ErrorControl = RSSStep;\n"
    + propagator("1e-13", 3600)
    + REPORT
    + """Propagate P(Sat) {{Sat.ElapsedSecs = {away!r}}};
Propagate P(Sat) {{Sat.Luna.Periapsis}};
Report R Sat.ElapsedSecs Sat.Luna.RMAG Sat.LunaMJ2000Eq.INC {columns};
"""
)
FIXED_AXES = """Create CoordinateSystem Fixed;
Fixed.Origin = Earth;
Fixed.Axes = BodyFixed;
"""
POLE_SCRIPT = (
    spacecraft("TDBModJulian", "{epoch!r}") + FIXED_AXES + "Sat.CoordinateSystem = EarthMJ2000Eq;\n" + REPORT
)
COLUMNS = " ".join(f"Sat.LunaMJ2000Eq.{c}" for c in ("X", "Y", "Z", "VX", "VY", "VZ"))


def rows() -> list[dict]:
    """Return what is asked of the transfers: every case twice, poles and branches in turn, spans in turn."""
    years = list(SPANS)
    asked = []
    for k in range(20):
        site, inclination, parking, tof, perilune = CASES[k % 10]
        year = years[(k + k // 10) % 5]
        asked.append(
            {
                "id": f"{site}_{inclination:g}_{year}", "site": site, "year": year, "inclination_deg": inclination,
                "parking_altitude_km": parking, "tof_day": tof, "perilune_altitude_km": perilune,
                "pole_sign": 1.0 if (k + k // 10) % 2 == 0 else -1.0, "branch_sign": 1.0 if (k // 2) % 2 == 0 else -1.0,
                "lunar_inclination_deg": (90.0, 137.0, 62.4, 30.0)[k % 4],
            }
        )  # fmt: skip
    return asked


def targets_of(asked: list[dict], perilune_tdb: np.ndarray) -> TransferTargets:
    def column(name: str) -> np.ndarray:
        return np.array([row[name] for row in asked], dtype=float)

    return TransferTargets(
        perilune_tdb=perilune_tdb,
        tof_s=column("tof_day") * DAY,
        perigee_radius_km=EARTH.radius_equatorial_km + column("parking_altitude_km"),
        inclination_rad=np.radians(column("inclination_deg")),
        branch_sign=column("branch_sign"),
        perilune_radius_km=MOON.radius_km + column("perilune_altitude_km"),
        pole_sign=column("pole_sign"),
        lunar_inclination_rad=np.radians(column("lunar_inclination_deg")),
    )


def choose_arrivals(asked: list[dict]) -> np.ndarray:
    """Return the first arrival of each span, a few days apart from case to case, that has a solution."""
    arrivals = np.empty(len(asked))
    for k, row in enumerate(asked):
        first = tdb_from_utc(SPANS[row["year"]] + "T00:00:00") + 8.0 * DAY
        tried = first + DAY * ((np.arange(54) * 0.5 + 6.3 * k) % 27.0)
        found = solve_direct(targets_of([row] * tried.size, tried))
        arrivals[k] = tried[np.flatnonzero(found.status == Outcome.OK)[0]]
    return arrivals


def excerpt(year: int) -> Path:
    """Write Sun, Earth and Moon of DE405 for one span."""
    source = SPK.open(str(GMAT_DATA / "planetary_ephem/spk/gmatpy_de405_all_planets.bsp"))
    summaries = [(name, v) for name, v in source.daf.summaries() if v[2] in (3, 10, 301, 399) and v[5] == 2]
    first = 2451545.0 + tdb_from_utc(SPANS[year] + "T00:00:00") / DAY
    path = DATA / f"gmat_transfers_{year}.bsp"
    with path.open("w+b") as file:
        write_excerpt(source, file, first, first + SPAN_DAY, summaries)
    return path


def de405(year: int, gm_km3_s2: dict[str, float]) -> Ephemeris:
    """Return DE405; the Moon's axes, which only define the asked inclination, stay those of DE440."""
    ours = open_ephemeris()
    found = open_spk(excerpt(year), gm_km3_s2=gm_km3_s2)
    return replace(found, librations=ours.librations, librations_name=ours.librations_name)


def second_zonal() -> float:
    """Return J2 of GMAT's JGM-3, which is free of tides; the package's JGM-3 holds the permanent tide."""
    for line in (GMAT_DATA / "gravity/earth/JGM3.cof").read_text(encoding="ascii").splitlines():
        words = line.split()
        if words[:3] == ["RECOEF", "2", "0"]:
            return -math.sqrt(5.0) * float(words[3])
    raise ValueError("JGM3.cof has no C20")


def pole(epoch: float, folder: Path) -> list[float]:
    """Return the third axis of GMAT's Earth-fixed frame: third components of the three unit vectors."""
    text = POLE_SCRIPT.format(epoch=epoch)
    for axis in range(3):
        values = [1e-9, 1e-9, 1e-9]  # zeros are refused
        values[axis] = 1e4
        text += "".join(f"Sat.{name} = {value!r};\n" for name, value in zip("XYZ", values, strict=True))
        text += "Report R Sat.Fixed.Z;\n"
    found = run_script(text, folder, "pole")[1]
    return (found / np.linalg.norm(found)).tolist()


def fly(found: Transfers, asked: list[dict], folder: Path) -> list[dict]:
    """Return GMAT's perilune for every transfer."""
    answers = []
    for k, row in enumerate(asked):
        epoch = J2000_MJD + float(found.perigee_tdb[k]) / DAY
        text = SCRIPT.format(
            epoch=epoch, state=found.perigee_state[k].tolist(), away=(row["tof_day"] - 0.5) * DAY, columns=COLUMNS
        )
        values = run_script(text, folder, str(k))[1]
        answers.append(
            {
                "tli_tdb": (epoch - J2000_MJD) * DAY, "tli_state": found.perigee_state[k].tolist(),
                "elapsed_s": values[0], "perilune_radius_km": values[1], "inclination_mj2000_deg": values[2],
                "perilune_state": values[3:9].tolist(), "pole": pole(epoch, folder),
            }
        )  # fmt: skip
    return answers


def solve_same(asked: list[dict], arrivals: np.ndarray, gm_km3_s2: dict[str, float]) -> Transfers:
    parts = []
    sim.dynamics.model.EARTH = replace(EARTH, j2=second_zonal())
    for year in SPANS:
        rows_of = [k for k, row in enumerate(asked) if row["year"] == year]
        targets = targets_of([asked[k] for k in rows_of], arrivals[rows_of])
        parts.append((np.array(rows_of), solve_direct(targets, ephemeris=de405(year, gm_km3_s2))))
    sim.dynamics.model.EARTH = EARTH
    found = {}
    for name in Transfers.__dataclass_fields__:
        value = getattr(parts[0][1], name)
        found[name] = np.empty((len(asked), *value.shape[1:]), dtype=value.dtype)
        for index, part in parts:
            found[name][index] = getattr(part, name)
    return Transfers(**found)


def main() -> None:
    asked = rows()
    arrivals = choose_arrivals(asked)
    gm = gravitational_parameters()
    flights = {"shipped": solve_direct(targets_of(asked, arrivals)), "same": solve_same(asked, arrivals, gm)}
    with tempfile.TemporaryDirectory() as name:
        answers = {key: fly(found, asked, Path(name)) for key, found in flights.items()}
    for k, row in enumerate(asked):
        row["perilune_tdb"] = float(arrivals[k])
        for key in flights:
            assert flights[key].status[k] == Outcome.OK
            row[key] = answers[key][k]
            radius = MOON.radius_km + row["perilune_altitude_km"]
            late = row[key]["tli_tdb"] + row[key]["elapsed_s"] - row["perilune_tdb"]
            print(row["id"], key, f"{(row[key]['perilune_radius_km'] - radius) * 1e3:.3f} m {late:.5f} s")
    document = {
        "source": "GMAT R2026a engine (gmatpy 0.2.1), generate_gmat_transfers.py; PrinceDormand78, accuracy 1e-13",
        "forces": "Earth with C20 of JGM-3, Moon, Sun; DE405 of GMAT",
        "gm_km3_s2": gm,
        "j2": second_zonal(),
        "script": SCRIPT,
        "cases": asked,
    }
    (DATA / "gmat_transfers.json").write_text(json.dumps(document, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
