"""Run GMAT's engine on a set of arcs and freeze its answers in ``data/engine_set.json``.

Twenty translunar arcs with all forces, ten low orbits, five halo and near-rectilinear orbits, three long arcs. GMAT
R2026a as in the Python package ``gmatpy`` 0.2.1 (its engine, its DE405, its JGM-3), the Moon's field written from the
package's own GRGM1200A in GMAT's format. Initial states: transfers solved by this package, circular orbits, and
orbits of the restricted three-body problem placed on the true Moon.

Also writes the excerpts that the tests need: ``data/engine_set.bsp`` (DE405) and ``data/engine_set.bpc`` (its
librations, from GMAT's own binary DE405, type 2 segment for body 31008).

Usage: ``python tests/truth/generate_gmat_set.py`` with ``gmatpy`` and ``spiceypy`` installed (Python 3.12 or later).
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path

import gmatpy
import numpy as np
import spiceypy
from jplephem.excerpter import write_excerpt
from jplephem.spk import SPK

from benchmarks.gmat_driver import (
    MOON_AXES,
    REPORT,
    STATE_FIELDS,
    cartesian,
    data_folder,
    gravitational_parameters,
    propagator,
    run_script,
    spacecraft,
)
from benchmarks.peer_files import cof_text
from sim.dynamics.gravity_field import open_gravity_field
from sim.ephemeris import open_ephemeris
from sim.ephemeris.jpl_binary import LIBRATIONS, open_jpl_binary
from sim.frames import icrf_from_emr
from sim.timescales import tdb_from_utc, utc_from_tdb
from sim.transfer import Outcome, TransferTargets, solve_direct

DATA = Path(__file__).parent / "data"
GMAT_DATA = data_folder()
DAY = 86400.0
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
FIRST_DAY, LAST_DAY = "2024-10-30T00:00:00", "2025-02-04T00:00:00"

SCRIPT = (
    spacecraft("UTCGregorian", "{epoch}")
    + MOON_AXES
    + cartesian("{axes}", STATE_FIELDS)
    + """Sat.DryMass = 1000;
Sat.Cr = 1.8;
Sat.SRPArea = 10;
Create ForceModel FM;
FM.CentralBody = {central};
{forces}FM.Drag = None;
FM.RelativisticCorrection = Off;
FM.ErrorControl = RSSStep;
"""
    + propagator("1e-13", "{max_step}")
    + REPORT
)
POINTS = "FM.PointMasses = {{{bodies}}};\n"
FIELD = """FM.PrimaryBodies = {{{body}}};
FM.GravityField.{body}.Degree = {degree};
FM.GravityField.{body}.Order = {degree};
FM.GravityField.{body}.PotentialFile = '{file}';
"""
PRESSURE = "FM.SRP = On;\nFM.SRP.Flux = 1367;\nFM.SRP.SRPModel = Spherical;\nFM.SRP.Nominal_Sun = 149597870.691;\n"
NO_PRESSURE = "FM.SRP = Off;\n"
PLANETS = ("Mercury", "Venus", "Mars", "Jupiter", "Saturn", "Uranus", "Neptune")


def translunar() -> list[dict]:
    n = 20
    start = tdb_from_utc("2024-11-08T00:00:00")
    spread = np.arange(n)
    targets = TransferTargets(
        perilune_tdb=start + DAY * 4.05 * spread,
        tof_s=DAY * (4.0 + 2.0 * ((7 * spread) % n) / (n - 1)),
        perigee_radius_km=np.full(n, 6578.137),
        inclination_rad=np.deg2rad(np.where(spread % 2 == 0, 51.8, 28.7)),
        branch_sign=np.where(spread % 4 < 2, 1.0, -1.0),
        perilune_radius_km=np.full(n, 1837.4),
        pole_sign=np.where(spread % 3 == 0, 1.0, -1.0),
        lunar_inclination_rad=np.full(n, 0.5 * math.pi),
    )
    found = solve_direct(targets)
    cases = []
    for k in range(n):
        if found.status[k] != Outcome.OK:
            sys.exit(f"transfer {k}: {Outcome(int(found.status[k])).name}; choose another arrival")
        days = float(targets.tof_s[k]) / DAY
        cases.append(
            {
                "id": f"translunar_{k:02d}", "group": "translunar", "central": "earth",
                "t0": float(found.perigee_tdb[k]),
                "state": found.perigee_state[k].tolist(),
                # Half an hour after perigee on, so that the arc also sees the Earth's field; the last before perilune.
                "times": [3600.0, 0.5 * DAY, DAY, 2.0 * DAY, (days - 0.5) * DAY, (days - 0.05) * DAY],
                "earth_degree": 8, "moon_degree": 0, "planets": True, "srp": True, "max_step": 3600,
            }
        )  # fmt: skip
    return cases


def circular(mu: float, radius: float, inclination: float, node: float) -> list[float]:
    i, o = math.radians(inclination), math.radians(node)
    speed = math.sqrt(mu / radius)
    r = np.array([math.cos(o), math.sin(o), 0.0]) * radius
    v = np.array([-math.sin(o) * math.cos(i), math.cos(o) * math.cos(i), math.sin(i)]) * speed
    return [*r.tolist(), *v.tolist()]


def low_orbits() -> list[dict]:
    cases = []
    for k, (altitude, inclination, node) in enumerate(
        [(100, 90, 30), (50, 75, 200), (200, 40, 310), (100, 90, 30), (60, 86, 120), (100, 165, 250), (150, 50, 10),
         (400, 27, 80)]
    ):  # fmt: skip
        t0 = tdb_from_utc("2024-11-02T00:00:00") + 9.7 * DAY * k
        cases.append(
            {
                "id": f"low_lunar_{k}", "group": "low", "central": "moon", "t0": t0,
                "state": circular(4902.8, 1738.0 + altitude, inclination, node),
                "times": [3600.0, 0.25 * DAY, DAY, 3 * DAY],
                "earth_degree": 0, "moon_degree": 0 if k < 3 else 50, "planets": False, "srp": k >= 6, "max_step": 60,
            }
        )  # fmt: skip
    for k, (altitude, inclination) in enumerate([(200, 51.8), (407, 28.7)]):
        cases.append(
            {
                "id": f"low_earth_{k}", "group": "low", "central": "earth",
                "t0": tdb_from_utc("2024-12-05T00:00:00") + 20 * DAY * k,
                "state": circular(398600.44, 6378.0 + altitude, inclination, 70.0 + 100.0 * k),
                "times": [3600.0, 0.25 * DAY, DAY], "earth_degree": 20, "moon_degree": 0, "planets": False,
                "srp": k == 1,
                "max_step": 60,
            }
        )  # fmt: skip
    return cases


# x0, z0, vy0 in the restricted three-body problem: Spreen (2021) L2 south, and two of JPL's catalogue (the third and
# the fourth), from near-rectilinear orbits to a wide halo.
ORBITS = (
    (1.0110350588, -0.1731500000, -0.0780141199), (1.0192741002, -0.1801324242, -0.0971927950),
    (1.0134037728554581, -0.1753622728109184, -0.08368842747277644), (1.0196625817, -0.1804191873, -0.0980598247),
    (1.0925906981, -0.2011567058, -0.2101017213),
)  # fmt: skip


def placed(x: float, z: float, vy: float, t0: float) -> list[float]:
    earth = icrf_from_emr(np.array([x, 0.0, z, 0.0, vy, 0.0]), t0, nondimensional=True)
    return np.asarray(earth).reshape(-1).tolist()


def halos() -> list[dict]:
    cases = []
    for k, (x, z, vy) in enumerate(ORBITS):
        t0 = tdb_from_utc("2024-11-06T00:00:00") + 13.0 * DAY * k
        cases.append(
            {
                "id": f"halo_{k}", "group": "halo", "central": "earth", "t0": t0, "state": placed(x, z, vy, t0),
                "times": [DAY, 4.0 * DAY, 7.0 * DAY, 14.0 * DAY], "earth_degree": 0, "moon_degree": 0, "planets": k > 2,
                "srp": k > 2, "max_step": 3600,
            }
        )  # fmt: skip
    return cases


def long_arcs() -> list[dict]:
    t0 = tdb_from_utc("2024-11-04T00:00:00")
    moon = open_ephemeris().state("moon", "earth", t0)[0]
    # A distant retrograde orbit of 70,000 km (its speed from the linearised equations is good enough for an arc).
    retrograde = placed(0.805, 0.0, 0.52, t0)
    a, e, i = 6142.4, 0.6, math.radians(56.2)
    speed = math.sqrt(4902.8 * (1.0 + e) / (a * (1.0 - e)))
    frozen = [0.0, a * (1.0 - e) * math.cos(i), a * (1.0 - e) * math.sin(i), -speed, 0.0, 0.0]
    high = circular(398600.44, 200_000.0, 40.0, math.degrees(math.atan2(moon[1], moon[0])) + 180.0)
    common = {"group": "long", "t0": t0, "earth_degree": 0, "moon_degree": 0}
    return [
        {**common, "id": "long_distant_retrograde_30d", "central": "earth", "state": retrograde, "planets": True,
         "srp": True,
         "times": [DAY * d for d in (10, 20, 30)], "max_step": 3600},
        {**common, "id": "long_frozen_lunar_60d", "central": "moon", "state": frozen, "planets": False, "srp": True,
         "moon_degree": 8, "times": [DAY * d for d in (20, 40, 60)], "max_step": 600},
        {**common, "id": "long_high_earth_90d", "central": "earth", "state": high, "planets": True, "srp": True,
         "times": [DAY * d for d in (30, 60, 90)], "max_step": 3600},
    ]  # fmt: skip


def gmat_epoch(t_tdb: float) -> str:
    text = str(utc_from_tdb(t_tdb, decimals=3))
    year, month, rest = text[:4], int(text[5:7]), text[8:]
    return f"{rest[:2]} {MONTHS[month - 1]} {year} {rest[3:]}"


def forces(case: dict) -> str:
    central = case["central"]
    degree = case["earth_degree"] if central == "earth" else case["moon_degree"]
    others = ["Earth", "Luna", "Sun"]
    text = ""
    if degree:
        body, file = ("Earth", "JGM3.cof") if central == "earth" else ("Luna", "GRGM1200A_70.cof")
        others.remove(body)
        text += FIELD.format(body=body, degree=degree, file=file)
    bodies = ", ".join(others) + (f", {', '.join(PLANETS)}" if case["planets"] else "")
    return text + POINTS.format(bodies=bodies) + (PRESSURE if case["srp"] else NO_PRESSURE)


def script(case: dict) -> str:
    axes = "EarthMJ2000Eq" if case["central"] == "earth" else "LunaMJ2000Eq"
    central = "Earth" if case["central"] == "earth" else "Luna"
    columns = " ".join(f"Sat.{axes}.{c}" for c in ("X", "Y", "Z", "VX", "VY", "VZ"))
    line = f"Report R Sat.ElapsedSecs Sat.TDBModJulian {columns};\n"
    text = SCRIPT.format(
        epoch=gmat_epoch(case["t0"]), axes=axes, central=central, state=case["state"], forces=forces(case),
        max_step=case["max_step"],
    )  # fmt: skip
    text += line
    elapsed = 0.0
    for t in case["times"]:
        text += f"Propagate P(Sat) {{Sat.ElapsedSecs = {t - elapsed!r}}};\n" + line
        elapsed = t
    return text


def variant(case: dict) -> str:
    """Script of the same case with shorter steps and a tighter tolerance: how far does GMAT agree with itself?"""
    text = script({**case, "max_step": case["max_step"] / 10.0})
    return text.replace("P.Accuracy = 1e-13", "P.Accuracy = 1e-14")


def execute(text: str, name: str, folder: Path) -> np.ndarray:
    files = {
        "GRGM1200A_70.cof": folder / "GRGM1200A_70.cof", "JGM3.cof": GMAT_DATA / "gravity/earth/JGM3.cof",
    }  # fmt: skip
    return np.atleast_2d(run_script(text, folder, name, files)[1])


def run(case: dict, folder: Path) -> dict:
    rows = execute(script(case), case["id"], folder)
    again = execute(variant(case), case["id"] + "_again", folder)
    kept = {key: case[key] for key in ("id", "group", "central", "earth_degree", "moon_degree", "planets", "srp")}
    kept["epoch_utc"] = gmat_epoch(case["t0"])
    # GMAT's modified Julian dates begin at JD 2430000.
    kept["tdb_mjd"] = float(rows[0, 1]) + 29999.5
    kept["elapsed_s"] = rows[:, 0].tolist()
    kept["states"] = rows[:, 2:8].tolist()
    kept["own_spread_m"] = [round(float(x), 9) for x in 1e3 * np.linalg.norm(rows[:, 2:5] - again[:, 2:5], axis=1)]
    return kept


def excerpts(first: float, last: float) -> None:
    """DE405 for the span, and its librations as a binary PCK."""
    source = SPK.open(str(GMAT_DATA / "planetary_ephem/spk/gmatpy_de405_all_planets.bsp"))
    wanted = (1, 2, 3, 4, 5, 6, 7, 8, 10, 301, 399)
    summaries = [(name, v) for name, v in source.daf.summaries() if v[2] in wanted and v[3] in (0, 3) and v[5] == 2]
    jd = [2451545.0 + t / DAY for t in (first, last)]
    with (DATA / "engine_set.bsp").open("w+b") as file:
        write_excerpt(source, file, jd[0], jd[1], summaries)
    whole = open_jpl_binary(GMAT_DATA / "planetary_ephem/de/gmatpy_de405_1941_2201.405")
    origin, record = (whole.start_jd - 2451545.0) * DAY, whole.record_day * DAY
    begin = origin + math.floor((first - origin) / record) * record
    series = whole.series(LIBRATIONS, begin, origin + math.ceil((last - origin) / record) * record)
    kept = np.ascontiguousarray(series.coefficients)
    path = DATA / "engine_set.bpc"
    path.unlink(missing_ok=True)
    handle = spiceypy.pckopn(str(path), "DE405 librations", 0)
    spiceypy.pckw02(
        handle, 31008, "J2000", begin, begin + len(kept) * series.granule_s, "DE405 librations", series.granule_s,
        len(kept), kept.shape[2] - 1, kept.reshape(-1), begin,
    )  # fmt: skip
    spiceypy.pckcls(handle)


def main() -> None:
    excerpts(tdb_from_utc(FIRST_DAY), tdb_from_utc(LAST_DAY))
    cases = [*translunar(), *low_orbits(), *halos(), *long_arcs()]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text = cof_text(open_gravity_field("grgm1200a"))
        (folder / "GRGM1200A_70.cof").write_text(text, encoding="ascii")
        # GMAT opens its default lunar field before it reads which other one is wanted; the package has none.
        gm_km3_s2 = gravitational_parameters(("Earth", "Luna", "Sun", *PLANETS))
        (Path(gmatpy._runtime._directory.name) / "LP165P.cof").write_text(text, encoding="ascii")
        answers = []
        for case in cases:
            answers.append(run(case, folder))
            print(case["id"], answers[-1]["own_spread_m"], flush=True)
    document = {
        "source": "GMAT R2026a engine (gmatpy 0.2.1), generate_gmat_set.py; PrinceDormand78, accuracy 1e-13",
        "ephemeris": "DE405 of GMAT; gravity JGM-3 of GMAT, GRGM1200A of this package",
        "gm_km3_s2": gm_km3_s2,
        "spacecraft": {"mass_kg": 1000.0, "cr": 1.8, "srp_area_m2": 10.0, "flux_w_m2": 1367.0},
        "scripts": {g: script(next(c for c in cases if c["group"] == g)) for g in
                    ("translunar", "low", "halo", "long")},
        "cases": answers,
    }  # fmt: skip
    (DATA / "engine_set.json").write_text(json.dumps(document, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
