"""Tables and forces of the core: the fast path, the reference path and analytic gradients against each other."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.polynomial import chebyshev as npcheb

from sim.core import chebyshev, nodes, reference
from sim.core.forces import CENTER, Forces, acceleration, padded_bodies, zonal_acceleration
from sim.core.rkn1210_step import new_workspace
from sim.dynamics import ForceModel

PIECE = 86400.0
ZONAL = np.array([398600.4, 6378.136, 1.0826e-3, -2.53e-6, -1.62e-6])
POLE = np.array([0.1, -0.2, np.sqrt(1.0 - 0.05)])
T0 = 7.7e8 + 1234.5


def legendre_potential(position: np.ndarray, degree: int) -> float:
    """-mu/r sum J_n (R/r)^n P_n, with P_n from numpy."""
    r = float(np.linalg.norm(position))
    u = float(position @ POLE) / r
    total = 0.0
    for n in range(2, degree + 1):
        total += ZONAL[n] * (ZONAL[1] / r) ** n * np.polynomial.legendre.Legendre.basis(n)(u)
    return -ZONAL[0] / r * total


@pytest.mark.parametrize("degree", [2, 3, 4])
def test_zonals_are_the_gradient_of_their_potential(degree):
    position = np.array([4100.0, -3500.0, 4900.0])
    zonal = ZONAL.copy()
    zonal[degree + 1 :] = 0.0
    found = np.array(zonal_acceleration(*position, *POLE, zonal, degree))
    exact = np.zeros(3)
    h = 1.0
    for axis in range(3):
        shift = np.zeros(3)
        shift[axis] = h
        # Fourth-order central difference; its error is 1e-9 of the value, its rounding 1e-9.
        exact[axis] = (
            8.0 * (legendre_potential(position + shift, degree) - legendre_potential(position - shift, degree))
            - (legendre_potential(position + 2 * shift, degree) - legendre_potential(position - 2 * shift, degree))
        ) / (12.0 * h)
    assert np.abs(found - exact).max() < 1e-7 * np.abs(exact).max()


@pytest.mark.parametrize("center", ["earth", "moon"])
@pytest.mark.parametrize("degree", [0, 2, 3, 4])
def test_fast_and_reference_forces_agree(center, degree):
    model = ForceModel(center=center, earth_zonals=degree, point_masses=("earth", "moon", "sun", "venus", "jupiter"))
    fast = model.flat(T0 - 10 * PIECE, T0 + 10 * PIECE).forces
    slow = model.reference(T0 - 10 * PIECE, T0 + 10 * PIECE)
    work = new_workspace(fast)
    out = np.zeros(3)
    rng = np.random.default_rng(5)
    worst = 0.0
    for _ in range(50):
        position = rng.normal(size=3)
        position *= rng.uniform(7e3, 5e5) / np.linalg.norm(position)
        t = T0 + rng.uniform(-9, 9) * PIECE
        index, offset = nodes.locate(t, fast.start, fast.piece)
        nodes.fill_nodes(fast, index, offset, 1000.0, work.x, work.pieces, work.nodes)
        found = np.array(acceleration(*position, fast, work.nodes, 0))
        reference.acceleration(np.concatenate((position, np.zeros(3))), t, slow, out)
        worst = max(worst, np.linalg.norm(found - out) / np.linalg.norm(out))
    # Measured 5e-14, at 7,000 km from the Earth, where the reference takes the pole from straight lines.
    assert worst < 5e-13


def test_nodes_of_a_step_across_pieces_are_those_of_single_times():
    forces = ForceModel().flat(T0 - 10 * PIECE, T0 + 10 * PIECE).forces
    work = new_workspace(forces)
    single = new_workspace(forces)
    for h in (100.0, 0.9 * PIECE, -3.3 * PIECE):
        index, offset = nodes.locate(T0, forces.start, forces.piece)
        nodes.fill_nodes(forces, index, offset, h, work.x, work.pieces, work.nodes)
        for n, c in enumerate(nodes.NODE_TIMES):
            nodes.fill_nodes(forces, index, offset + c * h, 0.0, single.x, single.pieces, single.nodes)
            np.testing.assert_array_equal(work.nodes[:, n], single.nodes[:, 0])


def test_power_table_is_the_chebyshev_table():
    rng = np.random.default_rng(3)
    scale = 4e5 * 0.05 ** np.arange(9.0)
    table = rng.normal(size=(3, 2, 3, 9)) * scale
    powers = nodes.power_table(table)
    for x in np.linspace(-1.0, 1.0, 21):
        exact = npcheb.chebval(x, np.moveaxis(table, -1, 0)).reshape(3, 6)
        found = (powers * x ** np.arange(9.0)).sum(axis=-1)
        assert np.abs(found - exact).max() < 1e-9  # measured 2.3e-10 km: four units in the last place


def test_power_table_refuses_what_it_cannot_hold():
    with pytest.raises(ValueError, match="at most 9"):
        nodes.power_table(np.zeros((1, 1, 3, 10)))


def test_clenshaw_against_numpy():
    rng = np.random.default_rng(4)
    coefficients = rng.normal(size=14)
    for x in (-1.0, -0.3, 0.0, 0.7, 1.0):
        assert chebyshev.clenshaw(coefficients, x) == pytest.approx(npcheb.chebval(x, coefficients), abs=1e-13)
        slope = npcheb.chebval(x, npcheb.chebder(coefficients))
        assert chebyshev.clenshaw_derivative(coefficients, x) == pytest.approx(slope, abs=1e-11)


def test_table_states_against_the_ephemeris():
    source = ForceModel().source()
    table = source.chebyshev_table(("moon", "sun"), "earth", T0, T0 + 30 * PIECE)
    t = T0 + np.linspace(0.0, 30.0, 301) * PIECE
    out = np.zeros((t.size, 6))
    chebyshev.states(table.coefficients, table.start_tdb, table.piece_s, 0, t, out)
    off = np.abs(out - source.state("moon", "earth", t))
    assert off[:, :3].max() < 2e-9  # measured 1.2e-10 km
    assert off[:, 3:].max() < 5e-13  # measured 3e-14 km/s
    np.testing.assert_array_equal(
        chebyshev.position(table.coefficients, table.start_tdb, table.piece_s, 0, t[7]), out[7, :3]
    )


def test_times_beyond_the_table_are_clamped_to_its_ends():
    assert nodes.piece_argument(1, 5.0 * PIECE, PIECE, 4) == (3, 5.0)
    assert nodes.piece_argument(1, -2.0 * PIECE, PIECE, 4) == (0, -3.0)
    assert chebyshev.argument(10.0 * PIECE, 0.0, PIECE, 4)[0] == 3
    assert chebyshev.argument(-1.0, 0.0, PIECE, 4)[0] == 0


def test_massless_bodies_change_nothing():
    table = np.zeros((1, 3, 9))
    table[0, :, 0] = [3e5, 1e5, 2e4]
    world = {}
    for gm in ([4902.8], [4902.8, 0.0, 0.0, 0.0]):
        many = np.tile(table, (1, len(gm), 1))
        masses, many = padded_bodies(np.array(gm), many)
        forces = Forces(398600.4, masses, many, 0.0, 1e9, ZONAL, 0, CENTER, np.zeros((1, 3, 4)))
        work = new_workspace(forces)
        nodes.fill_nodes(forces, 0, 0.0, 100.0, work.x, work.pieces, work.nodes)
        world[len(gm)] = acceleration(7000.0, 100.0, 20.0, forces, work.nodes, 3)
    assert world[1] == world[4]
