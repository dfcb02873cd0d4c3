"""KIAM toolbox (``kiam-astro``): its variable-order Adams code, DE440 from a file in JPL's layout in place of its own.

Its compiled part needs ``libgfortran.so.5`` of GCC 10 or later where the loader looks (``LD_LIBRARY_PATH``). Epochs are
Julian dates in one double there, good to 40 microseconds.
"""

from __future__ import annotations

import struct
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from kiam_astro import kiam

from benchmarks.peer_workers.serve import serve

J2000_JD = 2451545.0
DAY_S = 86400.0
LENGTH_KM = 6378.0
RECORD_BYTES, RECORD_DAY, SPAN_AT = 8144, 32.0, 2652
OWN_RECORD_BYTES = 4 * RECORD_BYTES
OWN_SPAN_JD = (2433264.5, 2506352.5)


def put_ephemeris(source: Path, target: Path) -> None:
    """Write a file with span and record length of the tool's own, which it takes for granted, and holes around."""
    data = bytearray(source.read_bytes())
    first_jd = struct.unpack_from("<d", data, SPAN_AT)[0]
    struct.pack_into("<2d", data, SPAN_AT, *OWN_SPAN_JD)
    shift = round((first_jd - OWN_SPAN_JD[0]) / RECORD_DAY)
    with target.open("wb") as file:
        for record in range(len(data) // RECORD_BYTES):
            file.seek(OWN_RECORD_BYTES * (record if record < 2 else record + shift))
            file.write(data[RECORD_BYTES * record : RECORD_BYTES * (record + 1)])
        file.truncate(OWN_RECORD_BYTES * (2 + round((OWN_SPAN_JD[1] - OWN_SPAN_JD[0]) / RECORD_DAY)))


def make(folder: Path, problem: dict[str, Any], rows: dict[str, Any]) -> Any:
    """Build units, sources and first states."""
    # It opens a file of this name in the folder that it takes for its own.
    put_ephemeris(folder / problem["jpl_binary"], folder / "JPLEPH")
    kiam._pcf = str(folder)
    gm = problem["gm_km3_s2"]
    speed = np.sqrt(gm["earth"] / LENGTH_KM)
    unit_s = LENGTH_KM / speed
    units = kiam.units("earth")
    units.update(
        GM=gm["earth"], DistUnit=LENGTH_KM, VelUnit=speed, TimeUnit=unit_s / DAY_S, AccUnit=1e3 * speed / unit_s,
        EarthGM=1.0, MoonGM=gm["moon"] / gm["earth"], SunGM=gm["sun"] / gm["earth"], RSun=1.0, REarth=1.0, RMoon=1.0,
    )  # fmt: skip
    sources = kiam.prepare_sources_dict()
    sources["moon"] = sources["sun"] = True
    scale = np.array([LENGTH_KM] * 3 + [speed] * 3)
    span = np.array([0.0, problem["span_s"] / unit_s])
    epochs_jd = J2000_JD + rows["t0_tdb"] / DAY_S
    starts = rows["states"] / scale
    matrices = bool(problem.get("matrices"))
    if matrices:
        starts = np.concatenate([starts, np.tile(np.eye(6).ravel(), (len(starts), 1))], axis=1)
    # Of a matrix in the tool's units, column by column.
    matrix_scale = scale[:, np.newaxis] / scale

    def prepare(tolerance: float) -> Any:
        def propagate() -> Any:
            ends = np.empty(starts.shape)
            for row, start in enumerate(starts):
                data = {"jd_zero": epochs_jd[row], "order": 0, "area": 0.0, "mass": 1.0}
                what = "rv_stm" if matrices else "rv"
                path = kiam.propagate_nbp(
                    "earth", span, start, sources, data, units, matrices, what, atol=tolerance, rtol=tolerance
                )[1]
                ends[row, :6] = path[:6, -1] * scale
                if matrices:
                    ends[row, 6:] = (path[6:, -1].reshape(6, 6).T * matrix_scale).ravel()
            return ends

        return propagate

    return prepare


if __name__ == "__main__":
    serve(version("kiam-astro"), make)
