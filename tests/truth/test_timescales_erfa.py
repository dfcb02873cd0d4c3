"""Time scales against astropy and SPICE on 10,000 random epochs, and ERFA's own series at the epochs."""

from __future__ import annotations

import warnings
from pathlib import Path

import erfa
import numpy as np
import pytest
import spiceypy
from astropy.time import Time

from sim.timescales import tai_minus_utc_s, tdb_from_utc, tdb_minus_tt_s, utc_from_tdb

N = 10_000


def random_utc(start: str, stop: str, n: int, seed: int) -> np.ndarray:
    """UTC texts with milliseconds between two dates."""
    first, last = (np.datetime64(day, "ms").astype(np.int64) for day in (start, stop))
    stamps = np.random.default_rng(seed).integers(first, last, n).astype("datetime64[ms]")
    return np.datetime_as_string(stamps, unit="ms")


@pytest.fixture
def leap_second_file(tmp_path: Path) -> Path:
    """SPICE leap second file (1972 on) written from ERFA's table, with NAIF's constants of TDB-TT."""
    months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    pairs = [
        f"{int(row['tai_utc'])}, @{row['year']}-{months[row['month'] - 1]}-1"
        for row in erfa.leap_seconds.get()
        if row["year"] >= 1972
    ]
    constants = "DELTET/DELTA_T_A = 32.184\nDELTET/K = 1.657D-3\nDELTET/EB = 1.671D-2\n"
    constants += "DELTET/M = ( 6.239996D0 1.99096871D-7 )\n"
    table = "DELTET/DELTA_AT = ( " + "\n ".join(pairs) + " )\n"
    path = tmp_path / "leapseconds.tls"
    path.write_text(f"KPL/LSK\n\\begindata\n{constants}{table}\\begintext\n")
    return path


def test_val_tdb_from_utc_against_astropy(record_accuracy):
    texts = random_utc("1960-01-02", "2050-12-31", N, seed=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", erfa.ErfaWarning)  # "dubious year" after 2028
        reference = Time(list(texts), format="isot", scale="utc", precision=9).tdb
        reference_s = ((reference.jd1 - 2451545.0) + reference.jd2) * 86400.0
    difference = np.abs(tdb_from_utc(texts) - reference_s)
    # Measured 4.8e-7 s: two units in the last place of seconds after 2034.
    record_accuracy("TDB of UTC, 1960-2050", "astropy Time", "max difference", difference.max(), "s", 1e-6)


def test_val_tdb_from_utc_against_spice(leap_second_file, record_accuracy):
    texts = random_utc("1972-01-02", "2050-12-31", N, seed=2)
    spiceypy.furnsh(str(leap_second_file))
    try:
        reference = np.array([spiceypy.str2et(str(text)) for text in texts])
    finally:
        spiceypy.unload(str(leap_second_file))
    difference = np.abs(tdb_from_utc(texts) - reference)
    # SPICE keeps one sine of TDB-TT; the rest of the series is up to 37 microseconds. UTC/TDB confusion is 69
    # s.
    record_accuracy("TDB of UTC, 1972-2050", "SPICE str2et", "max difference", difference.max(), "s", 1e-4)


def test_val_utc_text_against_astropy(record_accuracy):
    t = np.random.default_rng(3).uniform(
        tdb_from_utc("1960-01-02T00:00:00"), tdb_from_utc("2050-12-31T00:00:00"), N
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", erfa.ErfaWarning)
        reference = Time(2451545.0, t / 86400.0, format="jd", scale="tdb").utc
        mine = Time(list(utc_from_tdb(t, 6)), format="isot", scale="utc")
        difference = np.abs((mine.tai - reference.tai).sec)
    # Half a microsecond of rounding to six decimals plus the resolution of t.
    record_accuracy("UTC text of TDB", "astropy Time", "max difference", difference.max(), "s", 1.5e-6)


def test_val_tdb_minus_tt_series(record_accuracy):
    t = np.random.default_rng(4).uniform(-1.29e9, 1.6e9, N)
    reference = erfa.dtdb(2451545.0, t / 86400.0, 0.0, 0.0, 0.0, 0.0)
    difference = np.abs(tdb_minus_tt_s(t) - reference)
    # Interpolation of one-day nodes: measured 2.9e-13 s.
    record_accuracy("TDB-TT on nodes", "ERFA dtdb", "max difference", difference.max(), "s", 2e-12)


def test_val_tai_minus_utc_every_month():
    months = np.arange(np.datetime64("1960-01"), np.datetime64("2027-01"))
    texts = [f"{month}-15T06:00:00" for month in months]
    year, month = (np.array([int(str(one)[cut]) for one in months]) for cut in (slice(0, 4), slice(5, 7)))
    reference = erfa.dat(year, month, 15, 0.25)
    assert np.abs(tai_minus_utc_s(tdb_from_utc(texts)) - reference).max() < 1e-9
