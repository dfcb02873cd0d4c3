"""Fly one high orbit in GMAT under Earth, Moon, Sun and one planet more, and freeze it in ``data/gmat_points.json``.

Each planet, Pluto too, gets a GM that moves the orbit by kilometres in ten days, so that its place and its attraction
show. States are reported about the Earth and about the barycentre of Earth and Moon. GMAT R2026a as in the Python
package ``gmatpy`` 0.2.1, which refuses a barycentre as the central body of a force model (tried: the mission does not
run). Also writes an excerpt of its DE405, ``data/gmat_points.bsp``.

Usage: ``python tests/truth/generate_gmat_points.py`` with ``gmatpy`` installed (Python 3.12 or later).
"""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path

import numpy as np
from jplephem.excerpter import write_excerpt
from jplephem.spk import SPK

from benchmarks.gmat_driver import (
    REPORT,
    cartesian,
    data_folder,
    gravitational_parameters,
    propagator,
    run_script,
    spacecraft,
)

DATA = Path(__file__).parent / "data"
DAY = 86400.0
EPOCH, FIRST_JD, LAST_JD = "06 Nov 2024 00:00:00.000", 2460615.5, 2460635.5
TIMES = (5.0 * DAY, 10.0 * DAY)
RADIUS, INCLINATION, PLACE = 200_000.0, 40.0, 80.0
GM = {
    "Mercury": 1e9, "Venus": 1e9, "Mars": 1e9, "Jupiter": 1e11, "Saturn": 1e12, "Uranus": 1e13, "Neptune": 1e14,
    "Pluto": 1e14,
}  # fmt: skip
EARTH_GM, MASS_RATIO = 398600.4415, 81.30056
"""GMAT's GM of the Earth, and DE405's mass ratio, which GMAT's own GM of the Moon does not have to the last digit: its
barycentre would lie 0.1 m from DE405's."""
BARYCENTER = """Create Barycenter EMB;
EMB.BodyNames = {Earth, Luna};
Create CoordinateSystem EMBEq;
EMBEq.Origin = EMB;
EMBEq.Axes = MJ2000Eq;
"""
COLUMNS = " ".join(f"Sat.{axes}.{c}" for axes in ("EarthMJ2000Eq", "EMBEq") for c in ("X", "Y", "Z", "VX", "VY", "VZ"))
LINE = f"Report R Sat.ElapsedSecs Sat.TDBModJulian {COLUMNS};\n"


def start() -> list[float]:
    speed, i, o = math.sqrt(398600.44 / RADIUS), math.radians(INCLINATION), math.radians(PLACE)
    r = np.array([math.cos(o), math.sin(o), 0.0]) * RADIUS
    v = np.array([-math.sin(o) * math.cos(i), math.cos(o) * math.cos(i), math.sin(i)]) * speed
    return [*r.tolist(), *v.tolist()]


def script(planet: str) -> str:
    text = spacecraft("UTCGregorian", EPOCH) + BARYCENTER + cartesian("EarthMJ2000Eq", start())
    text += f"Luna.Mu = {EARTH_GM / MASS_RATIO!r};\n"
    if planet:
        text += f"{planet}.Mu = {GM[planet]!r};\n"
    bodies = ", ".join(("Earth", "Luna", "Sun", *((planet,) if planet else ())))
    text += f"Create ForceModel FM;\nFM.CentralBody = Earth;\nFM.PointMasses = {{{bodies}}};\nFM.Drag = None;\n"
    text += "FM.SRP = Off;\nFM.RelativisticCorrection = Off;\nFM.ErrorControl = RSSStep;\n"
    text += propagator("1e-13", 3600) + REPORT + LINE
    elapsed = 0.0
    for t in TIMES:
        text += f"Propagate P(Sat) {{Sat.ElapsedSecs = {t - elapsed!r}}};\n" + LINE
        elapsed = t
    return text


def main() -> None:
    source = SPK.open(str(data_folder() / "planetary_ephem/spk/gmatpy_de405_all_planets.bsp"))
    wanted = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 301, 399)
    summaries = [(name, v) for name, v in source.daf.summaries() if v[2] in wanted and v[3] in (0, 3) and v[5] == 2]
    with (DATA / "gmat_points.bsp").open("w+b") as file:
        write_excerpt(source, file, FIRST_JD, LAST_JD, summaries)
    gm = gravitational_parameters(("Earth", "Luna", "Sun")) | {"moon": EARTH_GM / MASS_RATIO}
    assert gm["earth"] == EARTH_GM
    cases = []
    with tempfile.TemporaryDirectory() as name:
        for planet in ("", *GM):
            rows = run_script(script(planet), Path(name), planet or "none")[1]
            cases.append(
                {
                    "planet": planet.lower(),
                    "gm_km3_s2": GM.get(planet, 0.0),
                    "tdb_mjd": float(rows[0, 1]) + 29999.5,
                    "elapsed_s": rows[:, 0].tolist(),
                    "earth_states": rows[:, 2:8].tolist(),
                    "emb_states": rows[:, 8:14].tolist(),
                }
            )
            print(planet, rows[-1, 2:5])
    document = {
        "source": "GMAT R2026a engine (gmatpy 0.2.1), generate_gmat_points.py; PrinceDormand78, accuracy 1e-13, DE405",
        "gm_km3_s2": gm,
        "script": script("Pluto"),
        "cases": cases,
    }
    (DATA / "gmat_points.json").write_text(json.dumps(document, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
