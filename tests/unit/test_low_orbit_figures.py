"""Figures of low orbits are drawn from records, at the size of all figures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from sim.errors import InputError
from sim.operations.frozen_orbits import eccentricity_maps, node_states
from sim.operations.low_orbits import evolve_low_orbits
from sim.operations.orbit_keeping import keep_orbit
from sim.operations.orbit_lifetimes import lifetime_grid
from sim.operations.relay_orbits import earth_plane_axes, evolve_relay_orbits, relay_state
from sim.products import style
from sim.products.low_orbit_figures import (
    draw_altitude_bands,
    draw_eccentricity_vectors,
    draw_frozen_families,
    draw_keeping_costs,
    draw_lifetimes,
    draw_relay_orbits,
)
from sim.timescales import tdb_from_utc

EPOCH = float(tdb_from_utc("2024-11-15T00:00:00"))


@pytest.fixture(scope="module")
def history():
    start = node_states(1752.4, 0.0, 0.0, [86.0, 90.0], 0.0, EPOCH)
    return evolve_low_orbits(start, EPOCH, 8.0, degree=8, margin_km=8.0)


def is_figure(path):
    with Image.open(path) as picture:
        return picture.width == style.WIDTH_PX and len(picture.convert("RGB").getcolors(70_000)) > 5


def test_histories(history, tmp_path):
    assert is_figure(draw_eccentricity_vectors(history, ["86 deg", "90 deg"], tmp_path / "a.png"))
    assert is_figure(draw_altitude_bands(history, ["86 deg", "90 deg"], tmp_path / "b.png"))
    with pytest.raises(InputError, match="1 labels for 2 orbits"):
        draw_altitude_bands(history, ["86 deg"], tmp_path / "c.png")


def test_maps_grids_and_costs(tmp_path):
    scan = eccentricity_maps(1837.4, np.array([84.0, 86.0]), EPOCH, degree=4)
    assert is_figure(draw_frozen_families({"100 km, degree 4": scan}, tmp_path / "a.png"))
    grid = lifetime_grid(15.0, [86.0, 90.0], [0.0, 90.0], [EPOCH, EPOCH + 5e6], 4.0, degree=8, margin_km=8.0)
    assert is_figure(draw_lifetimes(grid, tmp_path / "b.png"))
    kept = keep_orbit(60.0, 90.0, EPOCH, 2, interval_day=2.0, degree=8)
    assert is_figure(draw_keeping_costs([kept], tmp_path / "c.png"))


def test_relay_orbits(tmp_path):
    axes = earth_plane_axes(EPOCH)
    states = [relay_state(6541.4, 0.6, 52.0, node, 90.0, axes) for node in (0.0, 90.0)]
    flown = evolve_relay_orbits(states, EPOCH, 20.0, degree=4)
    assert is_figure(draw_relay_orbits(flown, ["node 0", "node 90"], tmp_path / "a.png"))
    with pytest.raises(InputError, match="labels for 2 orbits"):
        draw_relay_orbits(flown, [], tmp_path / "b.png")
