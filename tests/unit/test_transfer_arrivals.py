"""Dense grids of arrivals: converged like from scratch, and the same bits for any part of a grid."""

from __future__ import annotations

import numpy as np
import pytest

from sim.bodies import EARTH, MOON
from sim.ephemeris import open_ephemeris
from sim.errors import EphemerisRangeError
from sim.timescales import tdb_from_utc
from sim.transfer import Outcome, TransferTargets, solve_arrivals, solve_direct

START = float(tdb_from_utc("2024-05-01T00:00:00"))
HOURS = START + 3600.0 * np.arange(60)


def targets_at(perilune_tdb: np.ndarray, inclination_deg: float = 51.8) -> TransferTargets:
    """Two families: both poles, ascending leg."""
    count = 2 * perilune_tdb.size
    ones = np.ones(count)
    return TransferTargets(
        np.tile(perilune_tdb, 2), 4.5 * 86_400.0 * ones, (EARTH.radius_equatorial_km + 200.0) * ones,
        np.deg2rad(inclination_deg) * ones, ones, (MOON.radius_km + 100.0) * ones,
        np.repeat([1.0, -1.0], perilune_tdb.size), 0.5 * np.pi * ones,
    )  # fmt: skip


def test_neighbours_change_nothing_but_the_work() -> None:
    near, cold = solve_arrivals(targets_at, HOURS), solve_direct(targets_at(HOURS))
    assert (near.status == Outcome.OK).all() and (cold.status == Outcome.OK).all()
    assert near.iterations.mean() < 2.2 < 4.0 < cold.iterations.mean()
    # Both stop at 0.02 m of perigee radius and 1e-9 rad of inclination; the node may move by more: measured 0.8 m.
    assert 1e3 * np.abs(near.perigee_state - cold.perigee_state)[:, :3].max() < 5.0


@pytest.mark.parametrize("part", [slice(0, 1), slice(17, 40), slice(None, None, -1), slice(3, 60, 7)], ids=str)
def test_a_part_of_a_grid_gives_the_bits_of_the_whole(part: slice) -> None:
    whole, some = solve_arrivals(targets_at, HOURS), solve_arrivals(targets_at, HOURS[part])
    rows = np.concatenate((np.arange(60)[part], 60 + np.arange(60)[part]))
    for name in ("vinf_km_s", "perigee_state", "perigee_tdb", "status", "iterations"):
        np.testing.assert_array_equal(getattr(some, name), getattr(whole, name)[rows])


def test_where_a_family_ends_the_solver_starts_by_itself() -> None:
    """At 28 degrees the Moon of May 2024 is out of reach for days."""

    def low(perilune_tdb: np.ndarray) -> TransferTargets:
        return targets_at(perilune_tdb, 28.0)

    epochs = START + 6.0 * 3600.0 * np.arange(56)
    near, cold = solve_arrivals(low, epochs), solve_direct(low(epochs))
    assert (near.status == Outcome.OK).any() and (near.status != Outcome.OK).any()
    np.testing.assert_array_equal(near.status == Outcome.OK, cold.status == Outcome.OK)


def test_next_to_the_end_of_the_ephemeris() -> None:
    last = open_ephemeris().stop_tdb - 0.5 * 86_400.0
    near, cold = solve_arrivals(targets_at, np.array([last])), solve_direct(targets_at(np.array([last])))
    np.testing.assert_array_equal(near.perigee_state, cold.perigee_state)
    assert (near.status == Outcome.OK).all()
    with pytest.raises(EphemerisRangeError):
        solve_arrivals(targets_at, np.array([last + 10.0 * 86_400.0]))


def test_no_arrivals_are_no_transfers() -> None:
    assert len(solve_arrivals(targets_at, np.empty(0)).status) == 0
