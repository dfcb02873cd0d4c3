"""Cut the spans of the GMAT cases out of a DE405 SPK file.

The cases ``data/gmat_<number>_*.json`` were run with DE405, which the simulator does not carry. This script writes,
beside each case, an excerpt of Sun, Earth and Moon that covers its span: ``data/<case>.bsp``, the coefficients
unchanged.

Source of the SPK: ``gmatpy/data/planetary_ephem/spk/gmatpy_de405_all_planets.bsp`` inside the wheel ``gmatpy`` 0.2.1
(GMAT R2026a) of the Python package index.

Usage: ``python tests/truth/generate_gmat_ephemeris.py <path of the SPK>``
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from pathlib import Path

from jplephem.excerpter import write_excerpt
from jplephem.spk import SPK

DATA = Path(__file__).parent / "data"
TARGETS = (3, 10, 301, 399)
MJD_ZERO_JD = 2_400_000.5
MARGIN_DAY = 1


def main(spk_path: str) -> None:
    source = SPK.open(spk_path)
    summaries = [
        (name, values) for name, values in source.daf.summaries() if values[2] in TARGETS and values[5] == 2
    ]
    for case_path in sorted(DATA.glob("gmat_[0-9]*.json")):
        case = json.loads(case_path.read_text(encoding="utf-8"))
        days = [row["tdb_mjd"] for row in case["expected"]]
        first = math.floor(min(days)) - MARGIN_DAY + MJD_ZERO_JD
        last = math.ceil(max(days)) + MARGIN_DAY + MJD_ZERO_JD
        out = case_path.with_suffix(".bsp")
        with out.open("w+b") as file:
            write_excerpt(source, file, first, last, summaries)
        data = out.read_bytes()
        print(f"{out.name}: JD {first} to {last}, {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main(sys.argv[1])
