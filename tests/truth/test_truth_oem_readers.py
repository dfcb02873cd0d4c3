"""The OEM files are read by an independent reader, the `oem` package of B. Sease, to the last digit written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.ephemeris import open_ephemeris
from sim.products import write_oem
from sim.timescales import tdb_from_utc

oem = pytest.importorskip("oem")


@pytest.mark.parametrize(("system", "allowed_s"), [("TDB", 5e-7), ("UTC", 2e-6)])
def test_oem_package_reads_the_moon(tmp_path: Path, record_accuracy, system: str, allowed_s: float) -> None:
    from astropy.time import Time

    start = tdb_from_utc("2024-11-20T17:27:24.125")
    t = start + np.linspace(0.0, 5 * 86_400.0, 500)
    states = open_ephemeris().state("moon", "earth", t)
    path = write_oem(tmp_path / "moon.oem", "MOON", "MOON", "EARTH", t, states, time_system=system)

    segment = oem.OrbitEphemerisMessage.open(path).segments[0]
    read = list(segment.states)
    assert len(read) == 500 and segment.metadata["TIME_SYSTEM"] == system
    position = np.abs(np.array([state.position for state in read]) - states[:, :3]).max()
    velocity = np.abs(np.array([state.velocity for state in read]) - states[:, 3:]).max()
    # Against the reader's own time objects: astropy's J2000 TDB, two doubles.
    epochs = Time([state.epoch for state in read]).tdb
    seconds = np.array((epochs - Time(2451545.0, 0.0, format="jd", scale="tdb")).to_value("s"))
    # Written with 10 decimals of a kilometre and 15 of a km/s, half a digit each: measured 5.8e-11 and 5.6e-16.
    record_accuracy("OEM file of the Moon", f"oem package, {system}", "position read back", position, "km", 1e-9)
    record_accuracy("OEM file of the Moon", f"oem package, {system}", "velocity read back", velocity, "km/s", 5e-15)
    # TDB: 1.2e-7 s is one bit of a double; UTC: written in microseconds, measured 6.0e-7.
    worst = float(np.abs(seconds - t).max())
    record_accuracy("OEM file of the Moon", f"oem package, {system}", "epoch", worst, "s", allowed_s)
