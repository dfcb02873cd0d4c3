"""Trajectories written as SPK and STK files, read by SPICE, jplephem and astropy, against the propagator itself."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import spiceypy
from jplephem.spk import SPK

from sim.dynamics.full_model import FullForceModel
from sim.ephemeris import open_spk
from sim.errors import InputError, StoreError
from sim.products.spk import write_spk
from sim.products.stk import read_stk_ephemeris, write_stk_ephemeris
from sim.propagation.full import propagate_full
from sim.timescales import tdb_from_utc

T0 = tdb_from_utc("2026-11-05T03:04:05.678")
CRAFT = -999


@cache
def arcs():
    """Sampled states and states between: a low lunar orbit (two minutes apart) and a translunar arc (twenty)."""
    out = {}
    for name, center, state, step, n in (
        ("low lunar orbit", "moon", [900.0, -1200.0, 1100.0, 0.9, 1.2, 0.55], 120.0, 300),
        ("translunar arc", "earth", [-140e3, 30e3, 20e3, -1.2, -0.8, -0.3], 1200.0, 250),
    ):
        t = T0 + step * np.arange(n)
        between = np.sort(T0 + np.random.default_rng(4).uniform(0.0, step * (n - 1), 200))
        model = FullForceModel(center=center)
        at = np.sort(np.concatenate([t, between]))
        states = propagate_full(state, T0, at[1:], model, tolerance=1e-13).path_states[0]
        states = np.concatenate([[state], states])
        out[name] = (
            {"earth": 399, "moon": 301}[center], t, states[np.searchsorted(at, t)], between,
            states[np.searchsorted(at, between)],
        )  # fmt: skip
    return out


@pytest.mark.parametrize("kind", [2, 13])
@pytest.mark.parametrize("name", ["low lunar orbit", "translunar arc"])
def test_spice_reads_within_a_millimetre(name, kind, tmp_path, record_accuracy):
    center, t, states, between, wanted = arcs()[name]
    path = write_spk(tmp_path / "craft.bsp", CRAFT, center, t, states, kind=kind)
    spiceypy.furnsh(str(path))
    try:
        found = np.array([spiceypy.spkgeo(CRAFT, float(at), "J2000", center)[0] for at in between])
        at_nodes = np.array([spiceypy.spkgeo(CRAFT, float(at), "J2000", center)[0] for at in t])
    finally:
        spiceypy.unload(str(path))
    off = 1e6 * np.linalg.norm(found[:, :3] - wanted[:, :3], axis=1).max()
    # Measured 3e-5 and 1e-5 mm in the low orbit, 7e-4 and 9e-5 mm on the translunar arc.
    record_accuracy(f"SPK type {kind}, {name}", "SPICE", "position between the states", off, "mm", 0.01)
    speed = 1e6 * np.linalg.norm(found[:, 3:] - wanted[:, 3:], axis=1).max()
    record_accuracy(f"SPK type {kind}, {name}", "SPICE", "velocity between the states", speed, "mm/s", 1e-4)
    if kind == 13:
        np.testing.assert_allclose(at_nodes, states, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("name", ["low lunar orbit", "translunar arc"])
def test_jplephem_and_this_package_read_type_2(name, tmp_path, record_accuracy):
    center, t, states, between, wanted = arcs()[name]
    path = write_spk(tmp_path / "craft.bsp", CRAFT, center, t, states, kind=2)
    segment = SPK.open(str(path))[center, CRAFT]
    days = between / 86400.0
    found = segment.compute(2451545.0, days).T
    off = 1e6 * np.linalg.norm(found - wanted[:, :3], axis=1).max()
    # Measured 0.29 and 0.30 mm: a day count of 9,800 in a double resolves 0.2 microseconds.
    record_accuracy(f"SPK type 2, {name}", "jplephem", "position between the states", off, "mm", 1.0)
    own = open_spk(path).links[CRAFT].value(between)
    assert 1e6 * np.linalg.norm(own - wanted[:, :3], axis=1).max() < 1.0


@pytest.mark.parametrize("name", ["low lunar orbit", "translunar arc"])
def test_astropy_reads_type_2(name, tmp_path, record_accuracy):
    from astropy.coordinates import get_body_barycentric
    from astropy.time import Time

    center, t, states, between, wanted = arcs()[name]
    # Astropy wants a chain of segments; with the spacecraft about its centre alone the result is relative to it.
    path = write_spk(tmp_path / "craft.bsp", CRAFT, center, t, states, kind=2)
    times = Time(2451545.0, between / 86400.0, format="jd", scale="tdb")
    found = get_body_barycentric([(center, CRAFT)], times, ephemeris=str(path)).xyz.to_value("km").T
    off = 1e6 * np.linalg.norm(found - wanted[:, :3], axis=1).max()
    # Measured 0.3 and 0.2 mm: two doubles of days become one on the way.
    record_accuracy(f"SPK type 2, {name}", "astropy", "position between the states", off, "mm", 1.0)


def test_stk_ephemeris_reads_back(tmp_path, record_accuracy):
    _, t, states, _, _ = arcs()["translunar arc"]
    path = write_stk_ephemeris(tmp_path / "craft.e", "Earth", t, states)
    text = path.read_text(encoding="ascii")
    assert "ScenarioEpoch 5 Nov 2026 03:04:05.000\n" in text
    assert "CoordinateSystem ICRF\n" in text
    t_back, states_back = read_stk_ephemeris(path)
    np.testing.assert_array_equal(states_back, states)
    # Measured 1.2e-7: a time is a double of 8e8 seconds.
    record_accuracy("STK ephemeris", "own reader", "epoch", float(np.abs(t_back - t).max()), "s", 5e-7)


def test_faults_of_both_writers(tmp_path):
    _, t, states, _, _ = arcs()["low lunar orbit"]
    calls = (
        ({"kind": 9}, t, states, "type 9"), ({}, t[:5], states[:5], "T >= 8"), ({}, t[::-1], states, "increase"),
        ({}, t, states * np.nan, "NaN"), ({"kind": 2}, t[::40], states[::40], "known to inf"),
        ({"kind": 2}, t[::15], states[::15], "known to"),
    )  # fmt: skip
    for options, epochs, rows, says in calls:
        with pytest.raises(InputError, match=says):
            write_spk(tmp_path / "x.bsp", CRAFT, 301, epochs, rows, **options)
    with pytest.raises(StoreError, match="cannot write"):
        write_spk(tmp_path / "nowhere" / "x.bsp", CRAFT, 301, t, states)
    with pytest.raises(StoreError, match="cannot write"):
        write_stk_ephemeris(tmp_path / "nowhere" / "x.e", "Moon", t, states)
    with pytest.raises(InputError, match="strictly"):
        write_stk_ephemeris(tmp_path / "x.e", "Moon", t[::-1], states)
    with pytest.raises(InputError, match="T >= 2"):
        write_stk_ephemeris(tmp_path / "x.e", "Moon", t, states[:, :3])
    with pytest.raises(InputError, match="cannot read"):
        read_stk_ephemeris(tmp_path / "none.e")
    (tmp_path / "bad.e").write_text("stk.v.11.0\n", encoding="ascii")
    with pytest.raises(InputError, match="no STK ephemeris"):
        read_stk_ephemeris(tmp_path / "bad.e")
