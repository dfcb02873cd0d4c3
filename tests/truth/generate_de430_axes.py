"""Make ``data/de430_librations.json``: the Moon's orientation in DE430, the axes in which GRGM1200A was estimated.

The native granules of a month around 2026-03-05 for a trajectory, and the angles at 40 epochs of 2016 to 2035.

Usage: ``python tests/truth/generate_de430_axes.py JPLEPH`` with the binary DE430 of the package ``kiam-astro`` 5.0.4
on the Python index (``kiam_astro/JPLEPH``; its first record names DE430/LE430). Its records are four times as long as
they need to be, so that the package's own reader refuses it.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from pathlib import Path

import numpy as np

from sim.ephemeris import ChebyshevSeries
from sim.ephemeris.jpl_binary import LIBRATIONS, JplBinary
from sim.timescales import tdb_from_utc

DATA = Path(__file__).parent / "data"
DAY = 86400.0
WORDS, STRIDE = 1018, 4072
HEAD = struct.Struct("<3d i 2d 36i i 3i")


def open_padded(path: Path) -> JplBinary:
    raw = path.read_bytes()
    start, stop, record, _, _, _, *numbers = HEAD.unpack_from(raw, 252 + 2400)
    if numbers[36] != 430:
        sys.exit(f"{path} is DE{numbers[36]}")
    pointers = np.array([*numbers[:36], *numbers[37:40]], dtype=np.int64).reshape(13, 3)
    words = np.frombuffer(raw, dtype="<f8", count=len(raw) // 8)
    rows = words[: len(words) // STRIDE * STRIDE].reshape(-1, STRIDE)[2:, :WORDS]
    if rows[0, 0] != start or rows[-1, 1] != stop:
        sys.exit(f"{path}: dates of the records do not meet the header")
    return JplBinary(430, start, stop, record, {}, pointers, rows)


def librations(binary: JplBinary, first: float, last: float) -> ChebyshevSeries:
    """Whole records around a span."""
    origin, record = (binary.start_jd - 2451545.0) * DAY, binary.record_day * DAY
    begin = origin + math.floor((first - origin) / record) * record
    return binary.series(LIBRATIONS, begin, origin + math.ceil((last - origin) / record) * record)


def main() -> None:
    binary = open_padded(Path(sys.argv[1]))
    near = tdb_from_utc("2026-03-05T07:00:00")
    series = librations(binary, near - DAY, near + 5.0 * DAY)
    epochs = np.linspace(tdb_from_utc("2016-01-01T00:00:00"), tdb_from_utc("2035-12-01T00:00:00"), 40)
    angles = librations(binary, epochs[0], epochs[-1]).value(epochs)
    document = {
        "source": "DE430 (kiam-astro 5.0.4, JPLEPH), generate_de430_axes.py",
        "start_tdb": series.start_tdb, "granule_s": series.granule_s, "coefficients": series.coefficients.tolist(),
        "epochs_tdb": epochs.tolist(), "angles_rad": np.asarray(angles).tolist(),
    }  # fmt: skip
    (DATA / "de430_librations.json").write_text(json.dumps(document) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
