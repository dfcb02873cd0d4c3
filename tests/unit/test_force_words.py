"""A model says of itself which forces act, so that captions cannot name others."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.dynamics import EXPONENTIAL_LAYERS, FullForceModel, forces_in_words, open_gravity_field
from sim.ephemeris import open_ephemeris
from sim.operations.frozen_orbits import node_states
from sim.operations.low_orbits import evolve_low_orbits, moon_orbit_model
from sim.products.low_orbit_figures import draw_altitude_bands
from sim.timescales import tdb_from_utc

EPOCH = float(tdb_from_utc("2024-11-15T00:00:00"))


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (moon_orbit_model(50), "GRGM1200A 50x50, Earth and Sun"),
        (moon_orbit_model(50, tide=True), "GRGM1200A 50x50, Earth and Sun; the Moon's tide with k2 0.02405"),
        (FullForceModel(center="moon", point_masses=("earth", "moon")), "Moon and Earth"),
        (FullForceModel(center="earth", point_masses=("earth",)), "Earth"),
        (
            FullForceModel(
                point_masses=("earth", "moon", "sun"), earth_field=open_gravity_field("jgm3", 8), light_pressure=True,
                atmosphere=EXPONENTIAL_LAYERS, relativity=("earth", "sun"),
            ),
            "JGM-3 8x8, Moon and Sun; light pressure; drag; relativity of Earth and Sun",
        ),
        (
            FullForceModel(point_masses=("earth", "moon"), gm_km3_s2={"moon": 4900.0}),
            "Earth and Moon; GM of Moon as given",
        ),
    ],
)  # fmt: skip
def test_forces_are_named(model, words):
    assert forces_in_words(model) == words


def test_another_ephemeris_is_named():
    other = replace(open_ephemeris(), name="DE405", sha256="0")
    model = FullForceModel(point_masses=("earth", "moon"), ephemeris=other)
    assert forces_in_words(model) == "Earth and Moon; ephemeris DE405"
    assert forces_in_words(replace(model, ephemeris=open_ephemeris())) == "Earth and Moon"


def test_a_caption_names_the_field_that_was_given(tmp_path, monkeypatch):
    field = replace(open_gravity_field("grgm1200a", 4), name="LP165P 4x4")
    start = node_states(1752.4, 0.0, 0.0, [90.0], 0.0, EPOCH)
    flown = evolve_low_orbits(start, EPOCH, 1.0, model=replace(moon_orbit_model(4), moon_field=field))
    assert flown.forces == "LP165P 4x4, Earth and Sun"
    said: list[str] = []
    monkeypatch.setattr("sim.products.style.footer", lambda figure, text: said.append(text))
    draw_altitude_bands(flown, ["90 deg"], tmp_path / "a.png")
    assert "LP165P 4x4, Earth and Sun" in said[0] and "GRGM1200A" not in said[0]
    assert np.isfinite(flown.perilune_altitude_km).all()
