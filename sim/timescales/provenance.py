"""Rebuild the packaged Earth orientation series from the public files it was cut from.

``python -m sim.timescales.provenance --eop EOP-All.csv --finals finals2000A.all``

* ``EOP-All.csv``: CelesTrak's daily series 1962 to now (IERS C04 values, CSSI format), as packed by
  ``satkit-data``.
* ``finals2000A.all``: IERS Rapid Service, Bulletin A, as packed by ``astropy-iers-data``; only its days after
  the last observed day of the first file are used. It is optional: without it CelesTrak's own predictions are
  taken, which were 0.079 s (37 m) off after half a year when checked against it in November 2026.

The same inputs give the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import DataError
from sim.timescales.node_table import SUPPORTED_START_MJD
from sim.timescales.orientation import (
    DATA_DIRECTORY,
    DESCRIPTION_NAME,
    POLE_UNIT_ARCSEC,
    TABLE_NAME,
    UT1_UNIT_S,
    payload_sha256,
    read_table,
)
from sim.timescales.utc_days import utc_days

Day = tuple[float, float, float, bool]
"""UT1-UTC in seconds, pole x and y in arcseconds, measured or not."""


def read_celestrak(path: Path) -> dict[int, Day]:
    """Days of ``EOP-All.csv`` by modified Julian date; observed where DATA_TYPE is O."""
    with path.open(newline="", encoding="ascii") as file:
        rows = list(csv.DictReader(file))
    return {
        int(row["MJD"]): (float(row["UT1-UTC"]), float(row["X"]), float(row["Y"]), row["DATA_TYPE"] == "O")
        for row in rows
    }


def read_finals(path: Path) -> dict[int, Day]:
    """Days of ``finals2000A.all`` (columns: IERS ``readme.finals2000A``); measured where the flags are I."""
    days: dict[int, Day] = {}
    for line in path.read_text(encoding="ascii").splitlines():
        if line[58:68].strip():
            values = float(line[58:68]), float(line[18:27]), float(line[37:46])
            days[int(float(line[7:15]))] = (*values, line[57] == "I" and line[16] == "I")
    return days


def merge(celestrak: dict[int, Day], finals: dict[int, Day]) -> dict[int, Day]:
    """CelesTrak's observed days, then Bulletin A where given, otherwise CelesTrak's predictions."""
    if not finals:
        return celestrak
    last_observed = max(mjd for mjd, day in celestrak.items() if day[3])
    merged = {mjd: day for mjd, day in celestrak.items() if mjd <= last_observed}
    merged.update({mjd: day for mjd, day in finals.items() if mjd > last_observed})
    return merged


def table_of(days: dict[int, Day]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Build the modified Julian dates and the integer rows (UT1-TAI, x, y) of the packaged table."""
    mjd = np.array(sorted(days), dtype=np.int64)
    if not np.array_equal(mjd, np.arange(mjd[0], mjd[0] + len(mjd))):
        raise DataError("the Earth orientation series has gaps; give complete daily files")
    values = np.array([days[int(day)][:3] for day in mjd])
    values[:, 0] -= utc_days().offset_s[mjd - SUPPORTED_START_MJD]
    return mjd, np.rint(values / [UT1_UNIT_S, POLE_UNIT_ARCSEC, POLE_UNIT_ARCSEC]).astype(np.int32)


def _source(path: Path) -> dict[str, str]:
    return {"file": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def build(eop: Path, finals: Path | None, directory: Path) -> dict[str, Any]:
    """Write the table and its description.

    Parameters
    ----------
    eop : Path
        ``EOP-All.csv``.
    finals : Path or None
        ``finals2000A.all``.
    directory : Path
        Where to write.

    Returns
    -------
    dict
        The description written.
    """
    days = merge(read_celestrak(eop), read_finals(finals) if finals else {})
    mjd, rows = table_of(days)
    buffer = io.BytesIO()
    np.save(buffer, rows, allow_pickle=False)
    description: dict[str, Any] = {
        "columns": ["ut1_minus_tai in 1e-7 s", "pole_x in 1e-6 arcsec", "pole_y in 1e-6 arcsec"],
        "first_mjd": int(mjd[0]),
        "last_measured_mjd": max(day for day in days if days[day][3]),
        "last_mjd": int(mjd[-1]),
        "sources": [_source(path) for path in (eop, finals) if path],
    }
    description["sha256"] = payload_sha256(buffer.getvalue(), description)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / TABLE_NAME).write_bytes(buffer.getvalue())
    (directory / DESCRIPTION_NAME).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    return description


def main(arguments: list[str] | None = None) -> int:
    """Command line: rebuild the series, or say what the packaged one is."""
    parser = argparse.ArgumentParser(description="Rebuild the packaged Earth orientation series.")
    parser.add_argument("--eop", type=Path, help="CelesTrak EOP-All.csv")
    parser.add_argument("--finals", type=Path, help="IERS finals2000A.all, optional")
    parser.add_argument("--out", type=Path, default=DATA_DIRECTORY, help="folder to write")
    options = parser.parse_args(arguments)
    if options.eop is None:
        description, _ = read_table(options.out)
    else:
        description = build(options.eop, options.finals, options.out)
    sys.stdout.write(json.dumps(description, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
