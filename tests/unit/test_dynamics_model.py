"""The force model's choices and their flat form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.bodies import EARTH
from sim.core.forces import CENTER
from sim.core.nodes import pole_arguments
from sim.dynamics import ForceModel
from sim.ephemeris import open_ephemeris
from sim.errors import EphemerisRangeError, InputError
from sim.frames import tod_pole_icrf

T0 = 7.9e8
DAY = 86400.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"center": "mars"}, "allowed: earth, moon, emb, ssb"),
        ({"center": "emb", "point_masses": ("sun",), "earth_zonals": 0}, "earth or moon"),
        ({"point_masses": ("earth", "emb")}, "emb and ssb are none"),
        ({"point_masses": ("moon", "sun")}, "must contain the center"),
        ({"point_masses": ("earth", "moon", "moon")}, "no body twice"),
        ({"earth_zonals": 5}, "allowed: 0, 2, 3, 4"),
        ({"center": "moon", "point_masses": ("moon", "sun")}, "earth_zonals needs"),
        ({"gm_km3_s2": {"venus": 1.0}}, "not among the point_masses"),
        ({"gm_km3_s2": {"moon": float("nan")}}, "finite"),
        ({"gm_km3_s2": {"moon": -1.0}}, "finite numbers from 0"),
        ({"earth_pole_icrf": (0.0, 0.0, 2.0)}, "length 1"),
        ({"n_coefficients": 10}, "2 to 9"),
    ],
)
def test_bad_choices_are_refused(options, words):
    with pytest.raises(InputError, match=words):
        ForceModel(**options)


def test_flat_form():
    model = ForceModel(gm_km3_s2={"moon": 4900.0})
    flat = model.flat(T0, T0 + DAY)
    forces = flat.forces
    assert flat.bodies == ("moon", "sun")
    assert forces.gm_center == EARTH.gm_km3_s2
    assert forces.gm[0] == 4900.0
    assert forces.zonal.tolist() == [EARTH.gm_km3_s2, EARTH.harmonics_radius_km, EARTH.j2, 0.0, 0.0]
    assert (forces.zonal_degree, forces.zonal_body) == (2, CENTER)
    assert forces.start <= T0
    assert forces.start + forces.piece * len(forces.table) >= T0 + DAY
    assert all(array.flags.c_contiguous and array.flags.writeable for array in (forces.table, forces.gm, forces.pole))
    # Measured 3e-9 km (Moon) and 6e-8 km (Sun: rounding of its distance).
    assert max(flat.fit_error_km) < 2e-7
    assert [flat.index(body) for body in ("earth", "moon", "sun")] == [CENTER, 0, 1]
    with pytest.raises(InputError, match="no part of the force model"):
        flat.index("mars")


@pytest.mark.parametrize(("degree", "kept"), [(0, 0), (2, 1), (3, 2), (4, 3)])
def test_zonals_up_to_the_degree(degree, kept):
    zonal = ForceModel(earth_zonals=degree).flat(T0, T0 + DAY).forces.zonal
    assert np.count_nonzero(zonal[2:]) == kept


def test_pole_of_the_table_is_the_true_of_date_pole():
    forces = ForceModel().flat(T0, T0 + 20 * DAY).forces
    x = 0.37
    worst = 0.0
    for k in range(len(forces.pole)):
        found = forces.pole[k] @ x ** np.arange(4.0)
        t = forces.start + (k + 0.5 * (1.0 + x)) * forces.piece
        worst = max(worst, float(np.abs(found - tod_pole_icrf(t)).max()))
    assert worst < 1e-11  # measured 8e-13 rad
    assert np.abs(pole_arguments()).max() < 1.0


def test_values_at_an_epoch_do_not_depend_on_the_span():
    short = ForceModel().flat(T0, T0 + DAY).forces
    long = ForceModel().flat(T0 - 300 * DAY, T0 + 200 * DAY).forces
    shift = round((short.start - long.start) / short.piece)
    np.testing.assert_array_equal(short.table, long.table[shift : shift + len(short.table)])
    np.testing.assert_array_equal(short.pole, long.pole[shift : shift + len(short.pole)])


def test_flat_models_are_kept():
    model = ForceModel()
    assert model.flat(T0, T0 + DAY) is model.flat(T0 + 3600.0, T0 + DAY)


def test_span_outside_the_ephemeris():
    model = ForceModel()
    low, high = model.coverage()
    assert model.flat(high - DAY, high).forces.start < high
    assert model.flat(low, low + DAY).forces.start == low
    with pytest.raises(EphemerisRangeError):
        model.flat(high - DAY, high + 100 * DAY)
    with pytest.raises(EphemerisRangeError):
        model.reference(low - 100 * DAY, low)


def test_gm_of_a_body_unknown_to_the_ephemeris():
    source = replace(open_ephemeris(), gm_km3_s2={"earth": 398600.4})
    model = ForceModel(point_masses=("earth", "pluto"), earth_zonals=0, ephemeris=source)
    with pytest.raises(InputError, match="states no GM"):
        model.flat(T0, T0 + DAY)
