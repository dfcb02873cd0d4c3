"""DOP853's constants against scipy's, and its order."""

from __future__ import annotations

import numpy as np
from scipy.integrate._ivp import dop853_coefficients as scipys

from sim.core import dop853, dop853_tableau
from sim.core.reference import ReferenceForces


def test_constants_are_those_of_scipy():
    n = dop853_tableau.STAGES
    np.testing.assert_array_equal(dop853_tableau.C, scipys.C[:n])
    np.testing.assert_array_equal(dop853_tableau.A, scipys.A[:n, :n])
    np.testing.assert_array_equal(dop853_tableau.B, scipys.B)
    np.testing.assert_array_equal(dop853_tableau.ERROR_3, scipys.E3[:n])
    np.testing.assert_array_equal(dop853_tableau.ERROR_5, scipys.E5[:n])


def test_order_is_eight():
    forces = ReferenceForces(
        np.zeros((1, 0, 3, 1)), -1e6, 2e6, np.array([1.0]), np.zeros(5), -1, np.zeros((2, 3)), 2e6
    )
    ecc = 0.1
    start = np.array([1.0 - ecc, 0.0, 0.0, 0.0, np.sqrt((1 + ecc) / (1 - ecc)), 0.0])
    errors = []
    for n_steps in (16, 32):
        y, k, trial = start.copy(), np.zeros((12, 6)), np.zeros(6)
        h = 2.0 * np.pi / n_steps
        for i in range(n_steps):
            dop853.derivative(y, i * h, forces, k[0])
            dop853.stages(y, i * h, h, forces, k, trial)
            y[:] = trial
        errors.append(np.linalg.norm(y[:3] - start[:3]))
    assert 7.5 < np.log2(errors[0] / errors[1]) < 10.0
