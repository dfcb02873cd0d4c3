"""Time scales: order, round trips, independence of the batch."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.timescales import tai_from_tdb, tdb_from_utc, tdb_minus_tt_s, ut1_minus_utc_s, utc_from_tdb

EPOCHS = st.floats(-1.3e9, 3.1e9)


@given(st.lists(EPOCHS, min_size=2, max_size=20), st.integers(0, 6))
def test_utc_texts_keep_the_order_of_time(epochs, decimals):
    t = np.sort(np.array(epochs))
    texts = list(utc_from_tdb(t, decimals))
    assert texts == sorted(texts)


@given(EPOCHS)
def test_text_round_trip(t):
    text = utc_from_tdb(t, 6)
    assert abs(tdb_from_utc(text) - t) <= 1.5e-6


@given(st.datetimes(min_value=datetime(1958, 1, 1), max_value=datetime(2100, 12, 31)))
def test_millisecond_texts_survive_exactly(moment):
    text = moment.isoformat(timespec="milliseconds")
    # On 1961-07-31 and 1968-01-31 the last 50 or 100 ms of the day did not exist.
    if text[11:] > "23:59:59.899" and text[:10] in ("1961-07-31", "1968-01-31"):
        return
    assert utc_from_tdb(tdb_from_utc(text), 3) == text


@given(st.lists(EPOCHS, min_size=1, max_size=8))
@settings(max_examples=30)
def test_values_do_not_depend_on_the_batch(epochs):
    t = np.array(epochs)
    for function in (tai_from_tdb, tdb_minus_tt_s, ut1_minus_utc_s):
        together = function(t)
        assert [function(float(one)) for one in t] == list(together)


@given(EPOCHS, st.floats(1e-5, 1e6))
def test_tai_grows_with_tdb(t, step):
    assert tai_from_tdb(t + step) > tai_from_tdb(t)
