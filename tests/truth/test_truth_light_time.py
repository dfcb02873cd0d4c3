"""Light time where it is asked for, against SPICE's converged correction; and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import spiceypy

import sim
from sim.ephemeris import open_spk, position_with_light_time_km
from sim.errors import EphemerisRangeError
from sim.timescales import tdb_from_utc

FILE = Path(__file__).parent / "data" / "engine_set.bsp"
NAMES = {"moon": "MOON", "earth": "EARTH", "sun": "SUN", "jupiter": "JUPITER BARYCENTER"}


@pytest.mark.parametrize(("target", "observer"), [("moon", "earth"), ("sun", "moon"), ("jupiter", "earth")])
def test_against_spice(target, observer, record_accuracy):
    t = np.linspace(tdb_from_utc("2024-11-05T00:00:00"), tdb_from_utc("2025-01-30T00:00:00"), 50)
    found, delay = position_with_light_time_km(target, observer, t, open_spk(FILE))
    spiceypy.furnsh(str(FILE))
    try:
        theirs = [spiceypy.spkpos(NAMES[target], float(at), "J2000", "CN", NAMES[observer]) for at in t]
    finally:
        spiceypy.unload(str(FILE))
    off = 1e6 * np.linalg.norm(found - np.array([place for place, _ in theirs]), axis=1).max()
    # Measured 1.8, 0.01 and 0.8 mm: SPICE rounds the epoch of emission to 0.1 microseconds, at 30 km/s.
    case = f"light time, {target} from the {observer}"
    record_accuracy(case, "SPICE, CN", "position", off, "mm", 10.0)
    assert np.abs(delay - [lt for _, lt in theirs]).max() < 1e-8
    geometric = open_spk(FILE).position_km(target, observer, t)
    assert np.linalg.norm(found - geometric, axis=1).min() > 0.5  # the Moon alone moves 1.3 km in 1.3 s


def test_light_from_before_the_ephemeris_is_refused():
    ephemeris = open_spk(FILE)
    start = ephemeris.coverage("jupiter", "earth")[0]
    with pytest.raises(EphemerisRangeError):
        position_with_light_time_km("jupiter", "earth", start + 60.0, ephemeris)


def test_no_other_module_takes_light_time():
    root = Path(sim.__file__).parent
    users = [
        str(path.relative_to(root)) for path in root.rglob("*.py")
        if "light_time import" in (text := path.read_text(encoding="utf-8")) or "position_with_light_time" in text
    ]  # fmt: skip
    assert sorted(users) == ["ephemeris/__init__.py", "ephemeris/light_time.py"]
