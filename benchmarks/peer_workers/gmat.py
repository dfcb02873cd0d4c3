"""GMAT's engine (``gmatpy``): Prince-Dormand 8(7), DE440 from a file in JPL's layout, GM set in the script.

GMAT integrates in seconds of atomic time: the file is fitted to that, and an epoch is given as the date in TT that has
the same number. The file passes for a DE405, whose layout it has: SPK files are turned by GMAT from the ICRF to its own
MJ2000Eq (23 mas), DE files are not. Reading the script is not counted: a script without the flights is timed and
subtracted.
"""

from __future__ import annotations

import struct
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gmatpy

from benchmarks.gmat_driver import (
    J2000_MJD,
    MOON_AXES,
    REPORT,
    cartesian,
    gravitational_parameters,
    propagator,
    run_script,
    spacecraft,
)
from benchmarks.peer_workers.serve import serve

DAY_S = 86400.0
NUMBER_AT = 2840
"""Where the header has the number of the ephemeris."""
NAMES = {"earth": "Earth", "moon": "Luna", "sun": "Sun"}
COLUMNS = ("X", "Y", "Z", "VX", "VY", "VZ")


def world(problem: dict[str, Any]) -> str:
    """Ephemeris, gravitational parameters and forces."""
    gm, center, degree = problem["gm_km3_s2"], NAMES[problem["center"]], problem.get("degree", 0)
    lines = ["SolarSystem.EphemerisSource = 'DE405';", "SolarSystem.DEFilename = 'world.405';"]
    lines += [f"{name}.Mu = {gm[key]!r};" for key, name in NAMES.items()]
    lines += ["Create ForceModel FM;", f"FM.CentralBody = {center};"]
    points = list(NAMES.values())
    if degree:
        points.remove(center)
        field = f"FM.GravityField.{center}"
        lines += [f"FM.PrimaryBodies = {{{center}}};", f"{field}.Degree = {degree};", f"{field}.Order = {degree};"]
        lines.append(f"{field}.PotentialFile = 'field.cof';")
    lines.append(f"FM.PointMasses = {{{', '.join(points)}}};")
    lines += ["FM.Drag = None;", "FM.SRP = Off;", "FM.RelativisticCorrection = Off;", "FM.ErrorControl = RSSStep;"]
    return "\n".join(lines) + "\n"


def put_default_field(folder: Path) -> None:
    """Give GMAT its default field of the Moon, which it opens before it reads which one is wanted."""
    gravitational_parameters()  # starts the engine and makes its folder
    place = Path(gmatpy._runtime._directory.name) / "LP165P.cof"
    place.write_bytes((folder / "field.cof").read_bytes())


def make(folder: Path, problem: dict[str, Any], rows: dict[str, Any]) -> Any:
    """Write the script."""
    data = bytearray((folder / problem["jpl_binary"]).read_bytes())
    struct.pack_into("<i", data, NUMBER_AT, 405)
    (folder / "world.405").write_bytes(data)
    files = {"world.405": folder / "world.405", "field.cof": folder / "field.cof"}
    if problem.get("degree"):
        put_default_field(folder)
    axes = f"{NAMES[problem['center']]}MJ2000Eq"
    names = [f"Sat{row}" for row in range(len(rows["t0_tdb"]))]
    head = MOON_AXES if problem["center"] == "moon" else ""
    for name, state, t0 in zip(names, rows["states"], rows["t0_tdb"], strict=True):
        head += spacecraft("TTModJulian", repr(J2000_MJD + float(t0) / DAY_S), name)
        head += cartesian(axes, state.tolist(), name)
    head += world(problem)
    reports = [f"Report R {' '.join(f'{name}.{axes}.{column}' for column in COLUMNS)};\n" for name in names]
    with_matrix = bool(problem.get("matrices"))
    also = ", 'STM'" if with_matrix else ""
    flights = [f"Propagate P({name}{also}) {{{name}.ElapsedSecs = {float(problem['span_s'])!r}}};\n" for name in names]
    if with_matrix:
        head += "Create Array Matrix[6,6];\n"
        entries = " ".join(f"Matrix({i},{j})" for i in range(1, 7) for j in range(1, 7))
        reports = [
            f"Matrix = {name}.OrbitSTM;\n{report[:-2]} {entries};\n"
            for name, report in zip(names, reports, strict=True)
        ]

    def prepare(tolerance: float) -> Any:
        first = head + propagator(repr(tolerance), DAY_S, first_step=60) + REPORT
        flown = first + "".join(f"{flight}{report}" for flight, report in zip(flights, reports, strict=True))

        def propagate() -> Any:
            return run_script(flown, folder, "flown", files, shown="Sat0")[1].reshape(len(names), -1)

        def idle() -> Any:
            return run_script(first + "".join(reports), folder, "idle", files, shown="Sat0")[1]

        propagate.idle = idle  # type: ignore[attr-defined]
        return propagate

    return prepare


if __name__ == "__main__":
    serve(version("gmatpy"), make)
