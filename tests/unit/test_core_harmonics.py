"""Spherical harmonics against exact arithmetic, an independent Legendre sum, finite differences and symmetries."""

from __future__ import annotations

import math
from decimal import Decimal, getcontext

import numpy as np
import pytest

from sim.core.harmonics import (
    add_up,
    attraction,
    degree_that_matters,
    gradient,
    harmonics,
    normalisation_factor,
    packed_size,
    recurrence_factors,
)

getcontext().prec = 50
TOP = 1200
PLACES = ((900.0, -1200.0, 1300.0), (1.0, 2.0, 1800.0), (-1738.0, 3.0, -5.0), (3000.0, 100.0, -9000.0))


def field(degree, seed=1, zonal=False):
    rng = np.random.default_rng(seed)
    decay = 1e-4 / np.maximum(np.arange(degree + 1), 1)[:, None] ** 2
    c, s = np.tril(rng.normal(size=(2, degree + 1, degree + 1)) * decay)
    c[:2], s[:2], s[:, 0] = 0.0, 0.0, 0.0
    if zonal:
        c[:, 1:], s[:] = 0.0, 0.0
    return harmonics(4902.8, 1738.0, c, s), c, s


def work(degree):
    return np.zeros((3, 2, degree + 6))


def legendre_sum(place, c, s, gm=4902.8, radius=1738.0):
    """Potential from unnormalised associated Legendre functions and factorials: another way, for low degrees."""
    x, y, z = (float(v) for v in place)
    r = math.sqrt(x * x + y * y + z * z)
    u, longitude = z / r, math.atan2(y, x)
    p = {(0, 0): 1.0}
    total = 0.0
    for n in range(1, len(c)):
        for m in range(n + 1):
            if n == m:
                p[n, m] = (2 * n - 1) * math.sqrt(1.0 - u * u) * p[n - 1, m - 1]
            else:
                p[n, m] = ((2 * n - 1) * u * p[n - 1, m] - (n + m - 1) * p.get((n - 2, m), 0.0)) / (n - m)
    for (n, m), value in p.items():
        scale = math.sqrt((1 if m == 0 else 2) * (2 * n + 1) * math.factorial(n - m) / math.factorial(n + m))
        wave = c[n, m] * math.cos(m * longitude) + s[n, m] * math.sin(m * longitude)
        total += (radius / r) ** n * scale * value * wave
    return gm / r * total


def test_recurrence_factors_to_degree_1200(record_accuracy):
    vertical, older, sectoral = recurrence_factors(TOP)
    worst = 0.0
    for n in range(1, TOP + 1):
        for m in {0, 1, 2, n // 3, n // 2, n - 2, n - 1} & set(range(n)):
            k = n * (n + 1) // 2 + m
            exact = (Decimal((2 * n + 1) * (2 * n - 1)) / Decimal((n - m) * (n + m))).sqrt()
            worst = max(worst, abs(float(Decimal(float(vertical[k])) / exact - 1)))
            if n - m > 1:
                exact = Decimal((2 * n + 1) * (n + m - 1) * (n - m - 1)) / Decimal((2 * n - 3) * (n - m) * (n + m))
                worst = max(worst, abs(float(Decimal(float(older[k])) / exact.sqrt() - 1)))
        exact = Decimal(3).sqrt() if n == 1 else (Decimal(2 * n + 1) / Decimal(2 * n)).sqrt()
        worst = max(worst, abs(float(Decimal(float(sectoral[n])) / exact - 1)))
    # Measured 1.7e-16: the rounding of a product, a quotient and a root.
    record_accuracy("harmonics, factors", "50 digits", "relative, to degree 1200", worst, "", 1e-15)


def test_normalisation_to_degree_1200(record_accuracy):
    worst = 0.0
    for n in (2, 50, 85, 86, 100, 150, 151, 360, 700, TOP):
        for m in sorted({0, 1, n // 2, n - 1, n}):
            mantissa, exponent = normalisation_factor(n, m)
            exact = (Decimal((1 if m == 0 else 2) * (2 * n + 1)) * math.factorial(n - m) / math.factorial(n + m)).sqrt()
            worst = max(worst, abs(float(Decimal(mantissa) * Decimal(2) ** exponent / exact - 1)))
            assert 0.5 <= mantissa < 1.0
    # Measured 2.4e-15, after up to 2,400 roundings. The naive quotient of factorials is zero from degree 86 on.
    record_accuracy("harmonics, normalisation", "50 digits", "relative, to degree 1200", worst, "", 2e-14)


@pytest.mark.parametrize("latitude", [0.3, 1.2, 1.5699])
def test_basis_at_degree_1200_against_50_digits(latitude, record_accuracy):
    """One sum per term: the coefficient picks V_nm; 50-digit columns of the same recurrence stand beside it."""
    vertical, older, sectoral = recurrence_factors(TOP)
    u, ring = Decimal(math.sin(latitude)), Decimal(math.cos(latitude))
    place = (math.cos(latitude), 0.0, math.sin(latitude))
    shell = harmonics(1.0, 1.0, np.zeros((1, 1)), np.zeros((1, 1)))._replace(
        degree=TOP, vertical=vertical, older=older, sectoral=sectoral
    )
    worst = 0.0
    for m in (0, 1, 40, 400, 900, 1199):
        sector = Decimal(1)
        for k in range(1, m + 1):
            sector *= ring * (Decimal(3) if k == 1 else Decimal(2 * k + 1) / Decimal(2 * k)).sqrt()
        before, now = Decimal(0), sector
        for n in range(m + 1, TOP + 1):
            a = (Decimal((2 * n + 1) * (2 * n - 1)) / Decimal((n - m) * (n + m))).sqrt()
            b = (
                Decimal((2 * n + 1) * (n + m - 1) * (n - m - 1)) / Decimal((2 * n - 3) * (n - m) * (n + m))
            ).sqrt() if n > m + 1 else Decimal(0)
            before, now = now, a * u * now - b * before
        series = np.zeros((3, 2, packed_size(TOP)))
        series[0, 0, TOP * (TOP + 1) // 2 + m] = 1.0
        sums = np.zeros(3)
        add_up(*place, shell, series, TOP, work(TOP), sums)
        worst = max(worst, abs(sums[0] - float(now)))
    # The values reach 49. Beside the pole one rounding of the sine (1e-16) counts P'_1200 = 720,600 times: 4e-9.
    # Measured 1.5e-14, 7.9e-14 and 7.3e-10.
    limit = 5e-9 if latitude > 1.5 else 1e-12
    record_accuracy("harmonics, basis at degree 1200", "50 digits", f"latitude {latitude} rad", worst, "", limit)


@pytest.mark.parametrize("place", PLACES)
def test_attraction_is_the_gradient_of_an_independent_sum(place):
    flat, c, s = field(8)
    out = np.zeros(3)
    attraction(*place, flat, work(8), out)
    step = 0.02
    for i in range(3):
        e = np.zeros(3)
        e[i] = step
        p = np.array(place)
        near = legendre_sum(p + e, c, s) - legendre_sum(p - e, c, s)
        far = legendre_sum(p + 2 * e, c, s) - legendre_sum(p - 2 * e, c, s)
        # Rounding of the potential (1e-4 km2/s2, 2e-20) over the step; measured below 1e-16.
        assert out[i] == pytest.approx((8 * near - far) / (12 * step), abs=2e-15)


@pytest.mark.parametrize("place", PLACES)
def test_gradient_against_differences(place):
    flat, _, _ = field(20)
    t, a, b = np.zeros(6), np.zeros(3), np.zeros(3)
    gradient(*place, flat, work(20), t)
    assert t[0] + t[3] + t[5] == pytest.approx(0.0, abs=1e-12 * np.abs(t).max())
    full = np.array([[t[0], t[1], t[2]], [t[1], t[3], t[4]], [t[2], t[4], t[5]]])
    for i in range(3):
        e = np.zeros(3)
        e[i] = 0.05
        attraction(*(np.array(place) + e), flat, work(20), a)
        attraction(*(np.array(place) - e), flat, work(20), b)
        # Truncation (0.05 / 1738 * 20)^2 / 6.
        np.testing.assert_allclose((a - b) / 0.1, full[i], atol=1e-6 * np.abs(full).max())


def test_pole_is_the_limit_of_its_neighbourhood():
    flat, _, _ = field(30)
    at, near = np.zeros(3), np.zeros(3)
    attraction(0.0, 0.0, 1800.0, flat, work(30), at)
    attraction(1e-7, -1e-7, 1800.0, flat, work(30), near)
    assert np.isfinite(at).all()
    np.testing.assert_allclose(at, near, rtol=1e-8)


def test_zonal_field_is_symmetric_about_its_axis():
    flat, _, _ = field(12, zonal=True)
    a, b = np.zeros(3), np.zeros(3)
    attraction(1000.0, 500.0, 1500.0, flat, work(12), a)
    ring = math.hypot(1000.0, 500.0)
    attraction(ring, 0.0, 1500.0, flat, work(12), b)
    assert math.hypot(a[0], a[1]) == pytest.approx(abs(b[0]), rel=1e-13)
    assert a[0] * 500.0 == pytest.approx(a[1] * 1000.0, rel=1e-12)
    assert a[2] == pytest.approx(b[2], rel=1e-13)


def test_leaving_out_high_degrees_far_away_changes_nothing():
    flat, _, _ = field(70)
    for r in (1700.0, 2000.0, 3000.0, 1e4, 1e5, 4e5):
        used = degree_that_matters(flat.radius, r, 70)
        assert 2 <= used <= 70
        place = np.array([0.6, -0.5, math.sqrt(1.0 - 0.61)]) * r
        out, everything = np.zeros(3), np.zeros(3)
        attraction(*place, flat, work(70), out)
        add_up(*place, flat, flat.first, 71, work(70), everything)
        everything *= flat.gm / flat.radius**2
        assert np.abs(out - everything).max() <= 2e-17 * 4902.8 / r**2
    assert degree_that_matters(1738.0, 1700.0, 70) == 70
    assert degree_that_matters(1738.0, 4e5, 70) < 10
