"""The axes of the Moon's gravity field: GRGM1200A was estimated in those of DE430, and is evaluated in those of DE440.

``data/de430_librations.json`` (``generate_de430_axes.py``) holds the orientation of the Moon in DE430. The label of the
field in the Planetary Data System says: "The planetary ephemeris used is de430 and defines the lunar body-fixed
coordinate system."
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from sim.dynamics.full_model import FullForceModel
from sim.dynamics.gravity_field import open_gravity_field
from sim.ephemeris import ChebyshevSeries, Ephemeris, open_ephemeris
from sim.ephemeris.links import Segment
from sim.frames import R_pa_icrf
from sim.propagation.full import propagate_full
from sim.timescales import tdb_from_utc

DATA = Path(__file__).parent / "data"
ARCSEC = 180.0 * 3600.0 / np.pi
T0 = tdb_from_utc("2026-03-05T07:00:00")


@pytest.fixture(scope="module")
def de430():
    return json.loads((DATA / "de430_librations.json").read_text(encoding="utf-8"))


def rotation(angles):
    """Rz(psi) Rx(theta) Rz(phi), as of the librations' definition."""
    def about(axis, angle):
        c, s, out = np.cos(angle), np.sin(angle), np.eye(3)
        i, j = (axis + 1) % 3, (axis + 2) % 3
        out[i, i], out[j, j], out[i, j], out[j, i] = c, c, s, -s
        return out

    return about(2, angles[2]) @ about(0, angles[1]) @ about(2, angles[0])


def test_principal_axes_of_two_ephemerides(de430, record_accuracy):
    ours = R_pa_icrf(np.array(de430["epochs_tdb"]))
    turns = []
    for R, angles in zip(ours, de430["angles_rad"], strict=True):
        D = R @ rotation(angles).T
        turns.append(0.5 * ARCSEC * np.array([D[1, 2] - D[2, 1], D[2, 0] - D[0, 2], D[0, 1] - D[1, 0]]))
    largest = float(np.linalg.norm(turns, axis=1).max())
    case = "principal axes of the Moon, 40 epochs 2016-2035"
    # Measured 0.163; nearly constant: means -0.007, 0.084, 0.115, deviations 0.008, 0.007, 0.011.
    record_accuracy(case, "DE430 against DE440", "largest angle", largest, "arcsec", 0.3)
    record_accuracy(case, "DE430 against DE440", "on the surface", largest / ARCSEC * 1737.4e3, "m", 2.5)
    np.testing.assert_allclose(np.mean(turns, axis=0), [-0.007, 0.084, 0.115], atol=0.01)


def with_librations(series):
    """Return the package's ephemeris with another orientation of the Moon."""
    known = open_ephemeris()
    values = {f.name: getattr(known, f.name) for f in fields(Ephemeris) if f.init and f.name != "_tables"}
    return Ephemeris(**{**values, "librations": Segment(series, series.start_tdb, series.stop_tdb)})


@pytest.mark.parametrize(("altitude", "inclination", "limit"), [(50.0, 90.0, 1.0), (100.0, 90.0, 0.6)])
def test_low_orbits_in_the_axes_of_de430(altitude, inclination, limit, de430, record_accuracy):
    """What the other axes move a low orbit in three days: the price of evaluating the field in those of DE440."""
    series = ChebyshevSeries(de430["start_tdb"], de430["granule_s"], np.array(de430["coefficients"]))
    radius, tilt = 1737.4 + altitude, np.deg2rad(inclination)
    speed = np.sqrt(4902.8 / radius)
    state = [radius, 0.0, 0.0, 0.0, speed * np.cos(tilt), speed * np.sin(tilt)]
    field = open_gravity_field("grgm1200a", 70)
    ends = [
        propagate_full(
            state, T0, T0 + 3 * 86400.0, FullForceModel(center="moon", moon_field=field, ephemeris=ephemeris),
            tolerance=1e-12, impacts=False,
        ).states[0, :3]
        for ephemeris in (open_ephemeris(), with_librations(series))
    ]  # fmt: skip
    off = 1e3 * float(np.linalg.norm(ends[0] - ends[1]))
    assert off > 0.02
    # Measured 0.28 and 0.19 m.
    case = f"low lunar orbit at {altitude:.0f} km, 70 x 70, 3 d"
    record_accuracy(case, "axes of DE430 instead of DE440", "position", off, "m", limit)
