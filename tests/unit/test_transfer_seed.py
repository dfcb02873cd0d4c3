"""Closed-form pieces of the transfer solver against their defining equations."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sim.bodies import EARTH, MOON
from sim.transfer.perigee import osculating_perigee
from sim.transfer.seed import (
    arrival_normal_by_inclination,
    arrival_normal_over_site,
    conic_reciprocal_axis_per_km,
    conic_vinf,
    perilune_state,
)

MU = MOON.gm_km3_s2
RNG = np.random.default_rng(20260101)
COUNT = 500


def random_units(count: int) -> np.ndarray:
    vectors = RNG.normal(size=(count, 3))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def random_vinf() -> np.ndarray:
    return random_units(COUNT) * RNG.uniform(0.6, 1.6, size=(COUNT, 1))


def test_perilune_state_is_a_perilune_with_the_asked_radius_and_energy() -> None:
    vinf = random_vinf()
    normal, _ = arrival_normal_by_inclination(vinf, random_units(COUNT), np.full(COUNT, np.pi / 2), np.ones(COUNT))
    radius = RNG.uniform(1750.0, 8000.0, COUNT)
    state = perilune_state(vinf, normal, radius, MU)
    r, v = state[:, :3], state[:, 3:]
    assert_allclose(np.linalg.norm(r, axis=1), radius, rtol=1e-14)
    assert_allclose((r * v).sum(axis=1) / radius, 0.0, atol=1e-13)
    assert_allclose((v**2).sum(axis=1) - 2.0 * MU / radius, (vinf**2).sum(axis=1), rtol=1e-12)


def test_perilune_state_comes_from_the_asked_asymptote() -> None:
    # independent of the closed form: the velocity far out on the Keplerian hyperbola, followed backward by its
    # eccentricity and angular-momentum vectors, points along vinf
    vinf = random_vinf()
    normal, _ = arrival_normal_by_inclination(vinf, random_units(COUNT), np.full(COUNT, np.pi / 2), np.ones(COUNT))
    state = perilune_state(vinf, normal, np.full(COUNT, 1837.4), MU)
    r, v = state[:, :3], state[:, 3:]
    h = np.cross(r, v)
    ecc_vector = np.cross(v, h) / MU - r / np.linalg.norm(r, axis=1, keepdims=True)
    ecc = np.linalg.norm(ecc_vector, axis=1)
    nu = -np.arccos(-1.0 / ecc) * (1.0 - 1e-9)  # incoming branch, almost at infinity
    p_hat = ecc_vector / ecc[:, None]
    q_hat = np.cross(h / np.linalg.norm(h, axis=1, keepdims=True), p_hat)
    velocity = (MU / np.linalg.norm(h, axis=1))[:, None] * (
        -np.sin(nu)[:, None] * p_hat + (ecc + np.cos(nu))[:, None] * q_hat
    )
    assert_allclose(velocity, vinf, atol=2e-8)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_arrival_plane_has_the_asked_inclination_where_reachable(sign: float) -> None:
    vinf, pole = random_vinf(), random_units(COUNT)
    wanted = RNG.uniform(0.0, np.pi, COUNT)
    normal, reachable = arrival_normal_by_inclination(vinf, pole, wanted, np.full(COUNT, sign))
    assert_allclose((normal * vinf).sum(axis=1), 0.0, atol=1e-13)
    assert_allclose(np.linalg.norm(normal, axis=1), 1.0, rtol=1e-13)
    found = np.arccos(np.clip((normal * pole).sum(axis=1), -1.0, 1.0))
    assert_allclose(np.cos(found[reachable]), np.cos(wanted[reachable]), atol=1e-12)
    latitude = np.arcsin(np.clip((pole * vinf).sum(axis=1) / np.linalg.norm(vinf, axis=1), -1.0, 1.0))
    possible = np.abs(np.pi / 2 - wanted) <= np.pi / 2 - np.abs(latitude)
    assert np.array_equal(reachable, possible)


def test_plane_over_a_site_contains_site_and_asymptote() -> None:
    vinf, site = random_vinf(), random_units(COUNT)
    normal = arrival_normal_over_site(vinf, site, np.ones(COUNT))
    assert_allclose((normal * site).sum(axis=1), 0.0, atol=1e-12)
    assert_allclose((normal * vinf).sum(axis=1), 0.0, atol=1e-12)


@pytest.mark.parametrize("tof_day", [1.0, 2.0, 3.0, 4.0, 4.9, 5.0, 5.5, 6.5, 8.0])
def test_conic_is_at_the_radius_after_the_asked_time(tof_day: float) -> None:
    # oracle: numerical quadrature of dr / v_r, not Kepler's equation; beyond the slowest ellipse the way back counts
    r, rp = np.array([390_000.0]), np.array([6578.0])
    mu = EARTH.gm_km3_s2
    (x,), (outbound,) = conic_reciprocal_axis_per_km(r, rp, np.array([tof_day * 86400.0]), mu)
    h2 = mu * rp[0] * (2.0 - rp[0] * x)
    nodes, weights = np.polynomial.legendre.leggauss(2000)

    def rise_s(top: float) -> float:
        # radius = rp + (top - rp) sin^2(s) removes the inverse square roots at both ends
        s = 0.25 * np.pi * (nodes + 1.0)
        radius = rp[0] + (top - rp[0]) * np.sin(s) ** 2
        v_radial = np.sqrt(mu * (2.0 / radius - x) - h2 / radius**2)
        return float((0.25 * np.pi * weights * 2.0 * np.sin(s) * np.cos(s) * (top - rp[0]) / v_radial).sum())

    apogee = 2.0 / x - rp[0] if x > 0.0 else np.inf
    if outbound:
        time = rise_s(r[0])
    else:
        assert apogee > r[0]
        # up to apogee, and back down the same time that the stretch above r takes
        time = 2.0 * rise_s(apogee * (1.0 - 1e-12)) - rise_s(r[0])
    assert time == pytest.approx(tof_day * 86400.0, rel=1e-4)


def test_conic_guess_flags_a_moon_beyond_the_inclination() -> None:
    moon = np.array([[330_000.0, 0.0, 200_000.0, 0.0, 1.0, 0.0]])
    pole = np.array([[0.0, 0.0, 1.0]])
    args = (np.ones(1), np.array([6578.0]), np.array([4.5 * 86400.0]), EARTH.gm_km3_s2)
    assert not conic_vinf(moon, pole, np.deg2rad(np.array([28.0])), *args)[1][0]
    assert conic_vinf(moon, pole, np.deg2rad(np.array([51.8])), *args)[1][0]


@pytest.mark.parametrize("energy_sign", ["ellipse", "hyperbola"])
def test_osculating_perigee_of_a_state_off_perigee(energy_sign: str) -> None:
    # built from the other side: place the craft at a known perigee and move it along a Taylor-free Kepler orbit
    mu = EARTH.gm_km3_s2
    rp, speed = 6600.0, np.sqrt(mu / 6600.0) * (1.40 if energy_sign == "ellipse" else 1.45)
    state = np.array([[rp, 0.0, 0.0, 0.0, speed * np.cos(0.7), speed * np.sin(0.7)]])
    pole = np.array([[0.0, 0.0, 1.0]])
    steps, h = 20_000, 1.5 * 3600.0 / 20_000
    y = state[0].copy()
    for _ in range(steps):  # plain fourth-order Runge-Kutta as the oracle

        def rate(z: np.ndarray) -> np.ndarray:
            return np.concatenate((z[3:], -mu * z[:3] / np.linalg.norm(z[:3]) ** 3))

        k1 = rate(y)
        k2 = rate(y + 0.5 * h * k1)
        k3 = rate(y + 0.5 * h * k2)
        k4 = rate(y + h * k3)
        y = y + h / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)
    found = osculating_perigee(y[None, :], pole, mu)
    assert found.radius_km[0] == pytest.approx(rp, abs=1e-6)
    assert found.inclination_rad[0] == pytest.approx(0.7, abs=1e-12)
    assert found.since_s[0] == pytest.approx(steps * h, abs=1e-5)
