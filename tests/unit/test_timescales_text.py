"""UTC texts: strict reading, leap seconds, rubber seconds, rounding that carries."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from sim.errors import DataError, InputError
from sim.timescales import (
    tai_from_tdb,
    tai_minus_utc_s,
    tdb_from_tai,
    tdb_from_tt,
    tdb_from_utc,
    tt_from_tdb,
    tt_julian_date,
    ut1_minus_utc_s,
    utc_day_start_tdb,
    utc_from_tdb,
)


def test_known_epoch_keeps_the_69_seconds_between_utc_and_tdb():
    # 2024-01-01T00:00:00 UTC: 757339200 s of calendar plus 37 + 32.184 s plus TDB-TT (-0.1 ms). A mix-up is
    # 69 s.
    t = tdb_from_utc("2024-01-01T00:00:00")
    assert abs(t - (757339200.0 + 69.184)) < 2e-3
    assert abs(tt_from_tdb(t) - 757339269.184) < 2e-7


@pytest.mark.parametrize(
    "text", ["2026-08-24T02:00:00", "2026-08-24T02:00:00Z", "2026-08-24T02:00:00.000 UTC"]
)
def test_suffixes_mean_the_same_instant(text):
    assert tdb_from_utc(text) == tdb_from_utc("2026-08-24T02:00:00")


@pytest.mark.parametrize(
    "bad",
    [
        "", "now", "2024-01-01", "2024-01-01T00:00", "2024-01-01 00:00:00", "2024-1-01T00:00:00", "24-01-01T00:00:00",
        "2024-02-30T00:00:00", "2023-02-29T00:00:00", "2024-13-01T00:00:00", "2024-00-01T00:00:00",
        "2024-01-01T24:00:00", "2024-01-01T12:60:00", "2024-01-01T12:00:60", "2024-12-31T23:59:60",
        "2016-12-31T23:59:61", "2016-12-30T23:59:60", "2016-12-31T22:59:60", "2024-01-01T00:00:00+03:00",
        "2024-01-01T00:00:00.", "2024-01-01T00:00:00ZZ", "1957-10-04T19:28:34", "2101-01-01T00:00:00",
        "２０２４-01-01T00:00:00", "2024-01-01T00:00:00\n", 20240101, None, b"2024-01-01T00:00:00",
        "1961-07-31T23:59:59.950",
    ],
)  # fmt: skip
def test_bad_texts_are_refused_in_one_sentence(bad):
    with pytest.raises(InputError) as caught:
        tdb_from_utc(bad)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) > 20


def test_naive_datetime_is_refused_and_aware_accepted():
    with pytest.raises(DataError, match="time scale"):
        tdb_from_utc(datetime(2024, 1, 1))
    with pytest.raises(DataError, match="time scale"):
        tdb_from_utc(np.datetime64("2024-01-01"))
    moscow = timezone(timedelta(hours=3))
    assert tdb_from_utc(datetime(2024, 1, 1, 3, tzinfo=moscow)) == tdb_from_utc("2024-01-01T00:00:00")
    assert tdb_from_utc(datetime(2024, 1, 1, tzinfo=UTC)) == tdb_from_utc("2024-01-01T00:00:00")


@pytest.mark.parametrize(
    "text",
    [
        "2016-12-31T23:59:59.999", "2016-12-31T23:59:60.000", "2016-12-31T23:59:60.999", "2017-01-01T00:00:00.000",
        "1972-06-30T23:59:60.500", "1971-12-31T23:59:60.107", "1968-01-31T23:59:59.899", "1963-10-31T23:59:60.099",
        "1961-07-31T23:59:59.949", "1960-01-01T00:00:00.000", "1959-12-31T23:59:59.999", "1959-09-12T06:39:42.000",
        "1958-01-01T00:00:00.000", "2100-12-31T23:59:59.999",
    ],
)  # fmt: skip
def test_special_instants_round_trip(text):
    assert utc_from_tdb(tdb_from_utc(text)) == text


def test_leap_second_lasts_one_second():
    before, inside, after = tdb_from_utc(
        ["2016-12-31T23:59:59", "2016-12-31T23:59:60", "2017-01-01T00:00:00"]
    )
    assert abs((inside - before) - 1.0) < 3e-7
    assert abs((after - inside) - 1.0) < 3e-7
    assert tai_minus_utc_s(inside) == 36.0
    assert tai_minus_utc_s(after + 1e-3) == 37.0


def test_rounding_carries_into_the_next_year_and_never_writes_sixty():
    t = tdb_from_utc("2023-12-31T23:59:59.9996")
    assert utc_from_tdb(t, 3) == "2024-01-01T00:00:00.000"
    assert utc_from_tdb(t, 0) == "2024-01-01T00:00:00"
    assert utc_from_tdb(t, 4) == "2023-12-31T23:59:59.9996"
    assert utc_from_tdb(tdb_from_utc("2016-12-31T23:59:60.9996"), 3) == "2017-01-01T00:00:00.000"
    assert utc_from_tdb(tdb_from_utc("2016-12-31T23:59:59.9996"), 3) == "2016-12-31T23:59:60.000"
    assert utc_from_tdb(tdb_from_utc("2024-05-01T11:59:59.9999999"), 6) == "2024-05-01T12:00:00.000000"


def test_1959_is_continuous_with_1960_and_luna_2_works():
    last, first = tdb_from_utc(["1959-12-31T23:59:59", "1960-01-01T00:00:00"])
    assert abs((first - last) - 1.0) < 1e-6
    launch, impact = tdb_from_utc(["1959-09-12T06:39:42", "1959-09-13T21:02:24"])
    # 38 h 22 min 42 s; the clock of 1959 gained 1.5e-8 on TAI, 2 ms over the flight.
    assert abs((impact - launch) - (38 * 3600 + 22 * 60 + 42)) < 5e-3
    assert abs(ut1_minus_utc_s(launch)) < 0.1


def test_scalar_and_array_shapes():
    assert isinstance(tdb_from_utc("2024-01-01T00:00:00"), float)
    assert tdb_from_utc(["2024-01-01T00:00:00"]).shape == (1,)
    assert tdb_from_utc([]).shape == (0,)
    assert isinstance(utc_from_tdb(0.0), str)
    assert utc_from_tdb(np.zeros((2, 3))).shape == (2, 3)
    assert isinstance(tt_from_tdb(0.0), float)
    assert tt_from_tdb(np.zeros(4)).shape == (4,)


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e12, "text", None, [0.0, np.nan]])
def test_bad_epochs_are_refused(bad):
    with pytest.raises(InputError):
        utc_from_tdb(bad)


@pytest.mark.parametrize("decimals", [-1, 10, 2.5, True, "3"])
def test_bad_decimals_are_refused(decimals):
    with pytest.raises(InputError, match="decimals"):
        utc_from_tdb(0.0, decimals)


def test_scales_are_inverse_and_32_184_s_apart():
    t = np.linspace(-1.2e9, 1.6e9, 1001)
    assert np.abs(tdb_from_tt(tt_from_tdb(t)) - t).max() <= 2.4e-7
    assert np.abs(tdb_from_tai(tai_from_tdb(t)) - t).max() <= 4.8e-7
    assert np.abs(tt_from_tdb(t) - tai_from_tdb(t) - 32.184).max() <= 2.4e-7


def test_day_start_and_julian_date():
    assert utc_day_start_tdb("2024-01-01") == tdb_from_utc("2024-01-01T00:00:00")
    with pytest.raises(InputError):
        utc_day_start_tdb("2024-01-01T00:00:00")
    day, fraction = tt_julian_date(tdb_from_tt(0.25))
    assert day == 2451544.5
    assert abs(fraction - (0.5 + 0.25 / 86400.0)) < 1e-15


def test_import_is_light():
    heavy = ("astropy", "scipy", "numba", "matplotlib")
    code = f"import sys, sim.timescales; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
