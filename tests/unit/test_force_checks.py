"""Every force has a check of its partials, one of energy or symmetry, and a line in the accuracy table.

The table below names the tests; here they are looked up. A new field of :class:`FullForceModel` that is in neither
list fails: it wants its three checks first.
"""

from __future__ import annotations

import ast
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest

from sim.dynamics.full_model import FullForceModel

TESTS = Path(__file__).parents[1]
PARTIALS = "unit/test_full_forces.py::test_partials_against_differences"
OREKIT = "truth/test_truth_orekit_forces.py::test_positions_of_orekit"
GMAT = "truth/test_truth_gmat_forces.py::test_positions_of_gmat"
ARCS = "truth/test_truth_gmat_engine.py::"

# Force: its partials, its constant or symmetry, its line against another program.
FORCES = {
    "point_masses": (
        PARTIALS, "truth/test_truth_flown_and_published.py::test_periodic_orbits_close",
        "truth/test_truth_gmat.py::test_positions_of_gmat",
    ),
    "earth_field": (
        PARTIALS, "unit/test_core_harmonics.py::test_zonal_field_is_symmetric_about_its_axis",
        f"{ARCS}test_low_earth_orbits_of_one_day",
    ),
    "moon_field": (
        PARTIALS, "property/test_full_propagation.py::test_energy_in_the_turning_frame_of_the_field",
        f"{ARCS}test_low_lunar_orbits_of_three_days",
    ),
    "figures_move_center": (
        # Does not depend on the spacecraft's state: the matrix of all forces shows that it adds no partials.
        "property/test_full_propagation.py::test_transition_matrix_against_differences",
        "unit/test_full_forces.py::test_figures_move_the_frame_by_newtons_third_law",
        "truth/test_truth_flown_and_published.py::test_artemis_1_coast_arcs_as_flown",
    ),
    "relativity": (PARTIALS, "property/test_full_propagation.py::test_perigee_moves_as_schwarzschild_says", OREKIT),
    "light_pressure": (
        PARTIALS, "property/test_full_propagation.py::test_light_pressure_without_shadow_is_a_weaker_sun", OREKIT,
    ),
    "shadows": (
        "unit/test_full_forces.py::test_gradient_of_the_free_part",
        "unit/test_full_forces.py::test_free_part_of_the_sun_against_counted_points", OREKIT,
    ),
    "atmosphere": (PARTIALS, "property/test_full_propagation.py::test_circular_orbit_sinks_as_king_hele_says", GMAT),
    "moon_k2_factor": (PARTIALS, "unit/test_full_forces.py::test_tide_is_the_gradient_of_its_potential", GMAT),
    "burns": (
        "unit/test_full_forces.py::test_partials_of_thrust_against_differences",
        "property/test_full_propagation.py::test_rocket_equation_along_a_fixed_direction", OREKIT,
    ),
}  # fmt: skip
NO_FORCES = {
    "center", "solar_flux_w_m2", "gm_km3_s2", "radius_km", "astronomical_unit_km", "ephemeris", "earth_axes",
    "piece_day",
}  # fmt: skip


@cache
def functions_of(path):
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return {node.name: ast.unparse(node) for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_the_table_names_all_forces():
    choices = {field.name for field in fields(FullForceModel) if field.init}
    assert choices - NO_FORCES == set(FORCES) - {"burns"}


@pytest.mark.parametrize("force", FORCES)
def test_checks_of_a_force_exist(force):
    for place in FORCES[force]:
        path, name = place.split("::")
        assert name in functions_of(path), f"{force}: no test {place}"
    path, name = FORCES[force][2].split("::")
    assert path.startswith("truth/")
    # A fixture called record_accuracy, itself or through a helper that gets it.
    assert "record_accuracy" in functions_of(path)[name]
