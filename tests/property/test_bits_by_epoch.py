"""Bits of a row beside rows of other epochs: tables end, and count their time from, where the whole batch needs it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import sim
from sim.dynamics import open_gravity_field
from sim.errors import InputError
from sim.spacecraft import Engine

DAY = 86400.0
BLOCK = 32.0 * DAY
"""Tables are made in blocks of this many days from J2000 on."""
LUNAR_FIELD = open_gravity_field("grgm1200a", 4)
HIGH = [[70000.0, 1000.0, 3000.0, 0.3, 2.2, 0.4], [40000.0, -9000.0, 2000.0, 0.2, 2.9, 0.8]]
LOW = [[1937.4, 0.0, 0.0, 0.0, 1.1, 1.15], [0.0, 2000.0, 0.0, 1.5, 0.0, 0.3]]

MODELS: dict[str, tuple[Any, list[list[float]], dict[str, Any]]] = {
    "lanes": (sim.ForceModel(), HIGH, {}),
    "lanes about the barycentre": (sim.ForceModel(center="emb", point_masses=("earth", "moon")), HIGH, {}),
    "scalar path": (sim.ForceModel(center="moon", point_masses=("moon", "sun"), earth_zonals=0), LOW, {}),
    "verification": (sim.ForceModel(), HIGH, {"method": "dop853"}),
    "all forces": (sim.FullForceModel(center="moon", moon_field=LUNAR_FIELD), LOW, {}),
    "low orbits": (
        sim.FullForceModel(center="moon", moon_field=LUNAR_FIELD), LOW, {"method": "gauss_jackson"},
    ),
}  # fmt: skip


def _same_bits(name: str, t0: np.ndarray, t1: np.ndarray) -> None:
    """The last row needs a longer table: fly the others with it and alone."""
    model, shapes, options = MODELS[name]
    states = np.resize(np.array(shapes), (t0.size, 6))
    together = sim.propagate(states, t0, t1, model, **options)
    assert (together.status == 0).all()
    for row in range(t0.size - 1):
        alone = sim.propagate(states[row], t0[row], t1[row], model, **options)
        assert alone.states[0].tobytes() == together.states[row].tobytes(), (name, row)
        assert alone.steps[0] == together.steps[row]


@pytest.mark.parametrize("name", list(MODELS))
def test_rows_that_end_near_the_end_of_a_block_do_not_feel_that_the_table_ends(name: str) -> None:
    edge = 360 * BLOCK  # in 2031
    begin = edge + np.array([-1.5, -1.3, -1.7, 1.5, 1.3, 1.7, 0.0, 0.0, -40.0]) * DAY
    end = edge + np.array([-0.1, 0.0, -0.6, 0.1, 0.0, 0.6, -1.1, 1.1, -39.8]) * DAY
    _same_bits(name, np.append(begin, edge + 40.0 * DAY), np.append(end, edge + 40.2 * DAY))


@pytest.mark.parametrize("name", list(MODELS))
def test_fractions_of_a_second_near_j2000_do_not_depend_on_where_the_table_starts(name: str) -> None:
    begin = np.array([0.123456789, -1e-3 / 7.0, 1e4 / 3.0, -0.3 * DAY / 7.0, 0.0])
    for span in (0.6 * DAY, -0.6 * DAY):
        t0 = np.append(begin, begin[0] - 400.1 * DAY)
        _same_bits(name, t0, t0 + span)


def test_a_burn_near_j2000_does_not_depend_on_where_the_table_starts() -> None:
    model, engine = sim.FullForceModel(), Engine(thrust_n=400.0, isp_s=310.0)
    t0 = np.array([1e4 / 3.0, -400.1 * DAY])
    burn = [sim.FiniteBurn(t0 + 1e3 / 7.0, t0 + 700.0 / 3.0, engine)]
    together = sim.propagate(HIGH, t0, t0 + 3600.0, model, burns=burn)
    first = [sim.FiniteBurn(t0[0] + 1e3 / 7.0, t0[0] + 700.0 / 3.0, engine)]
    alone = sim.propagate(HIGH[0], t0[0], t0[0] + 3600.0, model, burns=first)
    assert alone.states[0].tobytes() == together.states[0].tobytes()
    assert alone.mass_kg is not None and together.mass_kg is not None
    assert alone.mass_kg[0] == together.mass_kg[0] < 1000.0


@pytest.mark.parametrize("piece_day", [0.0, -1.0, np.nan, np.inf, 40.0, 0.3])
def test_a_table_of_another_grid_is_refused(piece_day: float) -> None:
    with pytest.raises(InputError, match=r"piece_day is .*; allowed: multiples of 0\.25 up to 32"):
        sim.ForceModel(piece_day=piece_day)


@pytest.mark.parametrize("piece_day", [0.0, -1.0, np.nan, np.inf, 40.0])
def test_pieces_of_no_length_are_refused_by_the_full_model(piece_day: float) -> None:
    with pytest.raises(InputError, match=r"piece_day is .*; allowed: "):
        sim.FullForceModel(piece_day=piece_day)
