"""Passes of orbits left alone in the Moon's field, and the dates of the longest gap."""

from __future__ import annotations

import numpy as np
import pytest

from sim.analysis.at_moon_orbits import free_track
from sim.errors import InputError
from sim.events import intervals
from sim.operations import LunarElements, field_sweep, find_passes, flat_mask, lander_at, service_row
from sim.operations.passes import SIDEREAL_MONTH_DAY
from sim.sites import lunar_site
from sim.timescales import tdb_from_utc

START = tdb_from_utc("2024-11-26T07:00:00")
SITE = lander_at(lunar_site("shackleton_rim_ce7"), flat_mask())
ORBIT = LunarElements(100.0, 100.0, 90.0, 89.0)


def test_the_field_moves_the_inclination_and_the_passes():
    low, middle, high = field_sweep(
        LunarElements(60.0, 60.0, 90.0, 89.0), SITE, START, inclinations_deg=(86.0, 88.0, 90.0)
    )
    assert low.passes_count == (0, 0, 0) and low.nearest_km == pytest.approx(49.1, abs=1.5)
    # Two bodies: 0 and 31 below 5 km. Left alone, 88 degrees moves from 87.96 to 89.26 within the month.
    assert middle.passes_count[0] > 15 and middle.inclination_max_deg - middle.inclination_min_deg > 0.5
    assert middle.inclination_max_deg > 88.5
    assert high.passes_count[0] < high.passes_count[1] < high.passes_count[2]
    assert high.span_day == pytest.approx(SIDEREAL_MONTH_DAY, abs=1e-6)


def test_the_fast_flight_counts_what_the_exact_one_does():
    (row,) = field_sweep(ORBIT, SITE, START, inclinations_deg=(90.0,))
    track = free_track("x", ORBIT, START, SIDEREAL_MONTH_DAY + 0.1)
    passes = find_passes(track, SITE, START, START + SIDEREAL_MONTH_DAY * 86_400.0)
    counted = [int(np.count_nonzero(passes.cross_track_km < limit)) for limit in (5.0, 10.0, 25.0)]
    assert list(row.passes_count) == pytest.approx(counted, abs=1)
    assert row.nearest_km == pytest.approx(float(passes.cross_track_km.min()), abs=0.05)
    with pytest.raises(InputError, match="one inclination"):
        field_sweep(ORBIT, SITE, START, inclinations_deg=())


def test_the_longest_gap_has_its_dates():
    row = service_row("x", intervals([10.0, 50.0], [20.0, 90.0], 0.0, 100.0))
    assert (row.gap_start_tdb, row.gap_stop_tdb) == (20.0, 50.0)
    assert row.longest_gap_hour == pytest.approx(30.0 / 3600.0)
    never = service_row("x", intervals([], [], 0.0, 100.0))
    assert (never.gap_start_tdb, never.gap_stop_tdb) == (0.0, 100.0)
    always = service_row("x", intervals([0.0], [100.0], 0.0, 100.0))
    assert np.isnan(always.gap_start_tdb) and always.longest_gap_hour == 0.0
