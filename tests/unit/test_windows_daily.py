"""Windows with free azimuth, chained from searches at several inclinations."""

from __future__ import annotations

import numpy as np
import pytest

from sim.sites import launch_site
from sim.timescales import tdb_from_utc
from sim.windows import WindowRequest, find_opportunities
from sim.windows.daily import ascent_penalty_m_s, daily_windows


@pytest.fixture(scope="module")
def table():
    start = tdb_from_utc("2025-02-01T00:00:00")
    return find_opportunities(
        WindowRequest(
            "free azimuth",
            launch_site("wenchang"),
            start,
            start + 6.0 * 86_400.0,
            (29.0, 30.0, 31.0, 32.0),
            200.0,
            (4.69,),
            100.0,
            100.0,
            poles=("south",),
            coast_s_max=5_300.0,
        )
    )


def test_each_day_and_branch_has_one_window(table) -> None:
    found = daily_windows(table, launch_site("wenchang"), 200.0)
    assert found.planes_count.sum() == len(table)
    full = found.planes_count == 4
    assert full.sum() >= 8
    # 9 minutes a degree at 29-32 deg from Wenchang (independent study of the closure geometry, 28-31 deg)
    minutes_per_degree = found.duration_s[full] / 60.0 / 3.0
    assert 4.0 < np.median(minutes_per_degree) < 20.0
    assert (found.open_tdb <= found.best_tdb).all() and (found.best_tdb <= found.close_tdb).all()
    assert (found.cost_m_s[:, 1] <= found.cost_m_s[:, [0, 2]].min(axis=1) + 1e-9).all()


def test_ascent_penalty_grows_with_inclination() -> None:
    site = launch_site("wenchang")
    penalty = ascent_penalty_m_s(site, np.array([site.latitude_geocentric_deg, 28.5, 51.6, 90.0]), 6578.0)
    assert penalty[0] == pytest.approx(0.0, abs=1e-9)
    assert (np.diff(penalty) > 0.0).all()
    # due north from Wenchang gives up the ground speed of 438 m/s and adds its square over twice the orbital speed
    assert penalty[3] == pytest.approx(438.0 + 438.0**2 / (2 * 7784.0), abs=3.0)
