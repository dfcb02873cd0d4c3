"""Make ``data/gmat_forces.json``: single forces of GMAT's engine, a low polar orbit like LRO's, the tide of the Moon.

The atmosphere is GMAT's ``Exponential`` (the same table of layers as the package's), the burns run a chemical thruster
of constant thrust and specific impulse on a tank that empties, the tide is GMAT's solid tide of degree 2 from a
``.tide`` file with one Love number, relativity all that GMAT has (Schwarzschild, Lense-Thirring, geodesic precession).

Usage: ``python tests/truth/generate_gmat_forces.py`` with ``gmatpy`` (Python 3.12 or later), after
``generate_gmat_set.py``, whose GM, fields and ephemeris (DE405) it shares.
"""

from __future__ import annotations

import importlib.util
import json
import math
import sys
import tempfile
from pathlib import Path

import gmatpy
import numpy as np

from sim.dynamics.gravity_field import open_gravity_field
from sim.timescales import tdb_from_utc

DATA = Path(__file__).parent / "data"
DAY = 86400.0
K2 = 0.024133

_found = importlib.util.spec_from_file_location("gmat_set", Path(__file__).with_name("generate_gmat_set.py"))
gmat_set = importlib.util.module_from_spec(_found)
sys.modules["gmat_set"] = gmat_set
_found.loader.exec_module(gmat_set)

HEAD = """Create Spacecraft Sat;
Sat.DateFormat = UTCGregorian;
Sat.Epoch = '{epoch}';
Create CoordinateSystem LunaMJ2000Eq;
LunaMJ2000Eq.Origin = Luna;
LunaMJ2000Eq.Axes = MJ2000Eq;
Sat.CoordinateSystem = {axes};
Sat.DisplayStateType = Cartesian;
Sat.X = {state[0]!r};
Sat.Y = {state[1]!r};
Sat.Z = {state[2]!r};
Sat.VX = {state[3]!r};
Sat.VY = {state[4]!r};
Sat.VZ = {state[5]!r};
Sat.DryMass = {dry!r};
Sat.Cr = 1.8;
Sat.SRPArea = 10;
Sat.Cd = 2.2;
Sat.DragArea = 10;
{engine}Create ForceModel FM;
FM.CentralBody = {central};
{forces}FM.ErrorControl = RSSStep;
Create Propagator P;
P.FM = FM;
P.Type = PrinceDormand78;
P.InitialStepSize = 10;
P.Accuracy = {accuracy};
P.MinStep = 0;
P.MaxStep = {max_step!r};
P.MaxStepAttempts = 100;
P.StopIfAccuracyIsViolated = false;
Create ReportFile R;
R.Filename = '{report}';
R.Precision = 16;
R.WriteHeaders = Off;
R.ColumnWidth = 26;
R.FixedWidth = true;
BeginMissionSequence;
"""
ENGINE = """Create ChemicalTank Tank;
Tank.AllowNegativeFuelMass = false;
Tank.FuelMass = {fuel!r};
Tank.Volume = 20;
Tank.FuelDensity = 1000;
Tank.PressureModel = PressureRegulated;
Create ChemicalThruster Thruster;
Thruster.CoordinateSystem = {system};
{local}Thruster.ThrustDirection1 = {direction[0]!r};
Thruster.ThrustDirection2 = {direction[1]!r};
Thruster.ThrustDirection3 = {direction[2]!r};
Thruster.DutyCycle = 1;
Thruster.ThrustScaleFactor = 1;
Thruster.DecrementMass = true;
Thruster.Tank = {{Tank}};
Thruster.MixRatio = [ 1 ];
Thruster.GravitationalAccel = 9.80665;
Thruster.C1 = {thrust!r};
Thruster.K1 = {isp!r};
Sat.Tanks = {{Tank}};
Sat.Thrusters = {{Thruster}};
Create FiniteBurn Burn;
Burn.Thrusters = {{Thruster}};
"""
FIELD = """FM.PrimaryBodies = {{{body}}};
FM.GravityField.{body}.Degree = {degree};
FM.GravityField.{body}.Order = {degree};
FM.GravityField.{body}.PotentialFile = '{file}';
"""


def low(altitude: float, inclination: float, node: float, mu: float, radius: float) -> list[float]:
    return gmat_set.circular(mu, radius + altitude, inclination, node)


def cases() -> list[dict]:
    t0 = tdb_from_utc("2024-11-20T00:00:00")
    earth, moon = 398600.44, 4902.8
    parking = low(200.0, 51.8, 70.0, earth, 6378.0)
    polar = low(50.0, 88.0, 140.0, moon, 1737.4)
    a, e = 26_600.0, 0.74
    speed = math.sqrt(earth / a * (1 + e) / (1 - e))
    far = [a * (1 - e), 0.0, 0.0, 0.0, 0.6 * speed, 0.8 * speed]
    common = {"t0": t0, "central": "earth", "bodies": ["earth"], "max_step": 60.0}
    burn = {"thrust_n": 20_000.0, "isp_s": 326.0, "start_s": 300.0, "duration_s": 700.0}
    brake = {"thrust_n": 490.0, "isp_s": 315.0, "start_s": 200.0, "duration_s": 1200.0}
    three = ["earth", "moon", "sun"]
    return [
        {**common, "id": "relativity", "state": far, "times": [DAY, 2.5 * DAY, 5 * DAY], "relativity": True,
         "max_step": 300.0},
        {**common, "id": "relativity_off", "state": far, "times": [DAY, 2.5 * DAY, 5 * DAY], "max_step": 300.0},
        {**common, "id": "drag", "state": parking, "times": [3600.0, 6 * 3600.0, DAY], "drag": True},
        *({**common, "id": f"burn_earth_{axes}", "state": parking, "times": [300.0, 1000.0, 7200.0],
           "burn": {**burn, "axes": axes, "direction": direction}, "mass_kg": 8000.0}
          for axes, direction in (("icrf", [0.6, 0.0, 0.8]), ("vnc", [0.98, 0.1, -0.05]))),
        {**common, "id": "burn_moon_vnc", "central": "moon", "bodies": three, "state": polar,
         "times": [200.0, 1400.0, 7200.0], "burn": {**brake, "axes": "vnc", "direction": [-1.0, 0.1, 0.0]},
         "mass_kg": 2200.0},
        {**common, "id": "tide_of_the_moon", "central": "moon", "bodies": three, "state": polar,
         "times": [3600.0, DAY, 3 * DAY], "moon_degree": 50, "tide": True},
        {**common, "id": "tide_of_the_moon_off", "central": "moon", "bodies": three, "state": polar,
         "times": [3600.0, DAY, 3 * DAY], "moon_degree": 50},
        {**common, "id": "lro_like_50_km_70x70", "central": "moon", "bodies": three, "state": polar,
         "times": [3600.0, DAY, 3 * DAY, 7 * DAY], "moon_degree": 70, "srp": True, "max_step": 30.0},
    ]  # fmt: skip


def forces(case: dict) -> str:
    names = {"earth": "Earth", "moon": "Luna", "sun": "Sun"}
    others, text = [names[b] for b in case["bodies"]], ""
    if case.get("moon_degree"):
        others.remove("Luna")
        text += FIELD.format(body="Luna", degree=case["moon_degree"], file="GRGM1200A_70.cof")
        if case.get("tide"):
            text += "FM.GravityField.Luna.TideFile = 'moon.tide';\nFM.GravityField.Luna.TideModel = 'Solid';\n"
    text += f"FM.PointMasses = {{{', '.join(others)}}};\n"
    if case.get("drag"):
        # GMAT needs a primary body for drag: a field of degree 0.
        text = FIELD.format(body="Earth", degree=0, file="JGM3.cof") + "FM.Drag.AtmosphereModel = 'Exponential';\n"
    else:
        text += "FM.Drag = None;\n"
    text += gmat_set.PRESSURE if case.get("srp") else gmat_set.NO_PRESSURE
    return text + f"FM.RelativisticCorrection = {'On' if case.get('relativity') else 'Off'};\n"


def engine(case: dict) -> str:
    if "burn" not in case:
        return ""
    burn = case["burn"]
    origin = "Earth" if case["central"] == "earth" else "Luna"
    local = burn["axes"] == "vnc"
    system = "Local" if local else f"{origin}MJ2000Eq"
    return ENGINE.format(
        fuel=0.6 * case["mass_kg"], system=system, direction=burn["direction"], thrust=burn["thrust_n"],
        isp=burn["isp_s"], local=f"Thruster.Origin = {origin};\nThruster.Axes = VNB;\n" if local else "",
    )  # fmt: skip


def script(case: dict, accuracy: float = 1e-13, shorter: float = 1.0) -> str:
    central = {"earth": "Earth", "moon": "Luna"}[case["central"]]
    axes = f"{central}MJ2000Eq"
    mass = case.get("mass_kg", 1000.0)
    text = HEAD.format(
        epoch=gmat_set.gmat_epoch(case["t0"]), axes=axes, central=central, state=case["state"], engine=engine(case),
        dry=0.4 * mass if "burn" in case else mass, forces=forces(case), max_step=case["max_step"] / shorter,
        accuracy=accuracy, report="r.txt",
    )  # fmt: skip
    columns = " ".join(f"Sat.{axes}.{c}" for c in ("X", "Y", "Z", "VX", "VY", "VZ"))
    line = f"Report R Sat.ElapsedSecs Sat.TDBModJulian {columns} Sat.TotalMass;\n"
    text += line
    elapsed, start = 0.0, case["burn"]["start_s"] if "burn" in case else math.inf
    for t in case["times"]:
        if elapsed == start:
            text += "BeginFiniteBurn Burn(Sat);\n"
        text += f"Propagate P(Sat) {{Sat.ElapsedSecs = {t - elapsed!r}}};\n"
        if elapsed == start:
            text += "EndFiniteBurn Burn(Sat);\n"
        text += line
        elapsed = t
    return text


def main() -> None:
    answers, scripts = [], {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        field = gmat_set.cof_text(open_gravity_field("grgm1200a"))
        (folder / "GRGM1200A_70.cof").write_text(field, encoding="ascii")
        tide = folder / "moon.tide"
        tide.write_text(f"% one Love number\n%\nk 2 0 {K2}\nk 2 1 {K2}\nk 2 2 {K2}\n", encoding="ascii")
        gmat_set.gravitational_parameters()
        (Path(gmatpy._runtime._directory.name) / "LP165P.cof").write_text(field, encoding="ascii")
        for case in cases():
            scripts[case["id"]] = script(case)
            rows = gmat_set.execute(scripts[case["id"]].replace("'moon.tide'", f"'{tide}'"), case["id"], folder)
            text = script(case, 1e-14, 10.0).replace("'moon.tide'", f"'{tide}'")
            again = gmat_set.execute(text, case["id"] + "_again", folder)
            kept = {k: v for k, v in case.items() if k not in ("state", "t0", "times", "max_step", "mass_kg")}
            kept["epoch_utc"] = gmat_set.gmat_epoch(case["t0"])
            kept["tdb_mjd"] = float(rows[0, 1]) + 29999.5
            kept["elapsed_s"], kept["states"] = rows[:, 0].tolist(), rows[:, 2:8].tolist()
            if "burn" in case:
                kept["mass_kg"] = rows[:, 8].tolist()
            spread = 1e3 * np.linalg.norm(rows[:, 2:5] - again[:, 2:5], axis=1)
            kept["own_spread_m"] = [round(float(x), 9) for x in spread]
            answers.append(kept)
            print(case["id"], kept["own_spread_m"], flush=True)
        gm = gmat_set.gravitational_parameters()
    document = {
        "source": "GMAT R2026a engine (gmatpy 0.2.1), generate_gmat_forces.py; PrinceDormand78, accuracy 1e-13",
        "ephemeris": "DE405 of GMAT; GRGM1200A of this package", "gm_km3_s2": gm, "k2": K2,
        "spacecraft": {"cr_area_m2": 18.0, "cd_area_m2": 22.0, "flux_w_m2": 1367.0},
        "scripts": scripts, "cases": answers,
    }  # fmt: skip
    (DATA / "gmat_forces.json").write_text(json.dumps(document, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
