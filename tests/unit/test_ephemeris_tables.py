"""Chebyshev tables for the compiled core."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.polynomial.chebyshev import chebval

from sim.ephemeris import open_ephemeris
from sim.ephemeris.tables import TableCache
from sim.errors import EphemerisRangeError, InputError

START_TDB = 820_497_600.0  # 2026-01-01T00:00 TDB
YEAR_S = 365.0 * 86400.0
BODIES = ("moon", "sun")


def test_table_keeps_its_stated_error_by_the_documented_formula():
    ephemeris = open_ephemeris()
    table = ephemeris.chebyshev_table(BODIES, "earth", START_TDB, START_TDB + YEAR_S)
    # Whole ticks of 1/1024 s are exact in floats of this size, so the epoch itself adds no error.
    t = np.round(np.random.default_rng(5).uniform(START_TDB, START_TDB + YEAR_S, 2000) * 1024) / 1024
    k = np.clip(np.floor((t - table.start_tdb) / table.piece_s).astype(int), 0, table.n_pieces - 1)
    x = 2.0 * ((t - table.start_tdb) - k * table.piece_s) / table.piece_s - 1.0
    for b, body in enumerate(BODIES):
        by_formula = np.array([chebval(xi, table.coefficients[ki, b].T) for ki, xi in zip(k, x, strict=True)])
        error_km = np.linalg.norm(by_formula - ephemeris.position_km(body, "earth", t), axis=1).max()
        # Twice: the stated error is a maximum over 9 checks a piece, at other epochs than these.
        assert error_km < 2.0 * table.fit_error_km[b]
        np.testing.assert_allclose(table.series(body).value(t), by_formula, rtol=0.0, atol=1.2e-7)


def test_table_of_the_moon_is_good_to_a_micrometre(record_accuracy):
    ephemeris = open_ephemeris()
    table = ephemeris.chebyshev_table(BODIES, "earth", START_TDB, START_TDB + YEAR_S)
    assert table.coefficients.shape == (table.n_pieces, 2, 3, 10)
    assert table.coefficients.flags["C_CONTIGUOUS"]
    moon_km, sun_km = (float(error) for error in table.fit_error_km)
    record_accuracy("Chebyshev table, 1-day pieces, 10 coefficients", "DE440", "Moon position max", moon_km, "km", 1e-9)
    record_accuracy("Chebyshev table, 1-day pieces, 10 coefficients", "DE440", "Sun position max", sun_km, "km", 3e-7)
    assert moon_km < 1e-9  # measured 2.1e-10
    assert sun_km < 3e-7  # measured 6.1e-8: two units in the last place of 1.5e8 km


def test_table_of_92_years_is_as_good(record_accuracy):
    ephemeris = open_ephemeris()
    table = ephemeris.chebyshev_table(BODIES, "earth", ephemeris.start_tdb, ephemeris.stop_tdb)
    moon_km, sun_km = (float(error) for error in table.fit_error_km)
    case = "Chebyshev table, 1-day pieces, 1958-11 to 2051-02"
    record_accuracy(case, "DE440", "Moon position max", moon_km, "km", 1e-9)
    record_accuracy(case, "DE440", "Sun position max", sun_km, "km", 4e-7)
    assert moon_km < 1e-9  # measured 2.6e-10
    assert sun_km < 4e-7  # measured 8.9e-8


def test_stated_error_shows_a_poor_fit():
    ephemeris = open_ephemeris()
    errors = [
        ephemeris.chebyshev_table(("moon",), "earth", START_TDB, START_TDB + 1e6, 1.0, n).fit_error_km[0]
        for n in (4, 6, 8)
    ]
    # Truncation falls by about the same factor per coefficient; measured 5.8e-1, 2.0e-4, 9.2e-8 km.
    assert errors[0] > 100.0 * errors[1] > 1e4 * errors[2] > 1e-4


@pytest.mark.parametrize("piece_day", [0.25, 0.5, 2.0, 4.0])
def test_other_piece_lengths_choose_their_number_of_coefficients(piece_day):
    table = open_ephemeris().chebyshev_table(BODIES, "earth", START_TDB, START_TDB + 4e6, piece_day)
    assert table.fit_error_km[0] < 2e-9  # measured at most 5.9e-10
    assert table.piece_s == piece_day * 86400.0


def test_all_bodies_fit_to_their_rounding():
    ephemeris = open_ephemeris()
    bodies = tuple(body for body in ephemeris.bodies if body != "earth")
    table = ephemeris.chebyshev_table(bodies, "earth", START_TDB, START_TDB + 1e7)
    for b, body in enumerate(bodies):
        distance_km = np.abs(ephemeris.position_km(body, "earth", START_TDB)).max()
        assert table.fit_error_km[b] < max(1e-9, 10.0 * np.spacing(distance_km))  # measured 2.1 to 4.6 units


def test_a_piece_has_the_same_bits_in_every_table():
    ephemeris = open_ephemeris()
    long = ephemeris.chebyshev_table(BODIES, "earth", START_TDB, START_TDB + YEAR_S)
    short = ephemeris.chebyshev_table(BODIES, "earth", START_TDB + 100.3 * 86400.0, START_TDB + 107.9 * 86400.0)
    first = round((short.start_tdb - long.start_tdb) / long.piece_s)
    np.testing.assert_array_equal(short.coefficients, long.coefficients[first : first + short.n_pieces])


def test_table_covers_the_span_with_its_margin_on_the_fixed_grid():
    t0, t1 = START_TDB + 12345.678, START_TDB + 5e6
    table = open_ephemeris().chebyshev_table(("moon",), "earth", t0, t1, margin_day=2.0)
    assert t0 - 3 * 86400.0 < table.start_tdb <= t0 - 2 * 86400.0
    assert t1 + 2 * 86400.0 <= table.stop_tdb < t1 + 3 * 86400.0
    assert (table.start_tdb + 43200.0) % 86400.0 == 0.0  # midnight TDB


def test_margin_ends_with_the_ephemeris():
    ephemeris = open_ephemeris()
    table = ephemeris.chebyshev_table(("moon",), "earth", ephemeris.start_tdb, ephemeris.start_tdb + 1e5)
    assert table.start_tdb == ephemeris.start_tdb
    table = ephemeris.chebyshev_table(("moon",), "earth", ephemeris.stop_tdb, ephemeris.stop_tdb)
    assert table.stop_tdb == ephemeris.stop_tdb


def test_table_of_one_instant_has_a_piece():
    table = open_ephemeris().chebyshev_table(("moon",), "earth", START_TDB, START_TDB, margin_day=0.0)
    assert table.n_pieces == 1


def test_libration_table_keeps_its_stated_error():
    ephemeris = open_ephemeris()
    table = ephemeris.chebyshev_libration_table(START_TDB, START_TDB + YEAR_S)
    assert table.coefficients.shape[1:] == (1, 3, table.n_coefficients)
    t = np.round(np.random.default_rng(6).uniform(START_TDB, START_TDB + YEAR_S, 2000) * 1024) / 1024
    difference = np.abs(table.series().value(t) - ephemeris.moon_librations(t)[0]).max(axis=0)
    assert (difference <= 2.0 * table.fit_error_rad + 1e-15).all()
    assert table.fit_error_rad.max() < 2e-11  # measured 4.5e-12 rad, 8 micrometres on the Moon


def test_tables_are_cached_and_the_cache_is_bounded():
    ephemeris = open_ephemeris()
    table = ephemeris.chebyshev_table(BODIES, "earth", START_TDB, START_TDB + 1e6)
    assert ephemeris.chebyshev_table(BODIES, "earth", START_TDB, START_TDB + 1e6) is table
    cache = TableCache()
    for key in range(100):
        assert cache.get(key, int, lambda key=key: key) == key
    assert len(cache) < 100
    assert cache.get(99, int, lambda: -1) == 99
    assert cache.get(0, int, lambda: -1) == -1


def test_threads_get_equal_tables():
    ephemeris = open_ephemeris()

    def build(_):
        return ephemeris.chebyshev_table(("moon", "venus"), "earth", START_TDB, START_TDB + 3e6)

    with ThreadPoolExecutor(4) as pool:
        tables = list(pool.map(build, range(8)))
    for table in tables:
        np.testing.assert_array_equal(table.coefficients, tables[0].coefficients)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bodies": ()}, "at least one body"),
        ({"bodies": ("phobos",)}, "unknown body"),
        ({"piece_day": 0.0}, "piece_day must lie between"),
        ({"piece_day": math.nan}, "piece_day must lie between"),
        ({"piece_day": 0.123456789}, "whole number of seconds"),
        ({"n_coefficients": 1}, "n_coefficients must lie between"),
        ({"n_coefficients": 0}, "n_coefficients must lie between"),
        ({"margin_day": -1.0}, "margin_day must be zero or more"),
        ({"margin_day": math.inf}, "margin_day must be zero or more"),
        ({"stop_tdb": START_TDB - 1.0}, "must end after it starts"),
    ],
)
def test_unusable_requests_say_what_is_allowed(change, message):
    request = {"bodies": ("moon",), "center": "earth", "start_tdb": START_TDB, "stop_tdb": START_TDB + 1e6} | change
    with pytest.raises(InputError, match=message):
        open_ephemeris().chebyshev_table(**request)


@pytest.mark.parametrize("span", [(-2e9, 0.0), (0.0, 2e9), (math.nan, 0.0), (0.0, math.inf)])
def test_span_outside_the_ephemeris(span):
    with pytest.raises(EphemerisRangeError):
        open_ephemeris().chebyshev_table(("moon",), "earth", *span)
    with pytest.raises(EphemerisRangeError):
        open_ephemeris().chebyshev_libration_table(*span)


def test_series_of_a_body_that_the_table_lacks():
    table = open_ephemeris().chebyshev_table(("moon",), "earth", START_TDB, START_TDB + 1e6)
    with pytest.raises(InputError, match="the table holds moon"):
        table.series("sun")
