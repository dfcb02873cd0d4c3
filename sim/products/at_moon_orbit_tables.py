"""Tables of how a mission gets into its orbit, how long orbits last and what keeping them costs: one CSV each."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sim.analysis.at_moon_orbit_results import InsertionResult, OrbitLifeResult, RelayDesignResult
from sim.analysis.at_moon_results import AtMoonResult
from sim.operations import FloorKeeping, LowOrbitHistory, OrbitKeeping
from sim.products.tables import Table
from sim.timescales import utc_from_tdb

Named = tuple[str, Table, tuple[str, ...]]
"""File name, columns, comment lines."""

SPHERE = "Altitudes over the 1737.4 km sphere"


def orbit_tables(key: str, found: AtMoonResult) -> Iterator[Named]:
    """Give the tables of a mission.

    Parameters
    ----------
    key : str
        Of the mission.
    found : AtMoonResult
        What was found.

    Yields
    ------
    tuple
        File name, columns, comment lines.
    """
    if found.insertion is not None and found.insertion.sequence is not None:
        yield _burns(key, found.insertion)
        yield _path(key, found.insertion)
    for life in found.lives:
        stem = f"{key}_{life.phase_name}"
        yield f"orbit_life_{stem}.csv", _history(life.history), (_forces(life.history), SPHERE)
        if life.frozen_history is not None:
            words = f"Frozen orbit without corrections: {_forces(life.frozen_history)}"
            yield f"orbit_frozen_{stem}.csv", _history(life.frozen_history), (words, SPHERE)
        yield _lifetimes(stem, life)
        yield _monthly(stem, life)
        if life.kept is not None:
            yield _keeping(stem, life.kept)
        if life.floor is not None:
            yield _floor(stem, life.floor)
    for relay in found.relays:
        stem = f"{key}_{relay.phase_name}"
        yield _evolution(stem, relay)
        yield _months(stem, relay)
        yield _nodes(stem, relay)


def _utc(t_tdb: NDArray[np.float64], decimals: int = 0) -> NDArray[np.str_]:
    return np.atleast_1d(np.asarray(utc_from_tdb(t_tdb, decimals=decimals), dtype=np.str_))


def _forces(history: LowOrbitHistory) -> str:
    return f"GRGM1200A to degree {history.degree}, Earth and Sun; elements averaged over whole revolutions"


def _burns(key: str, found: InsertionResult) -> Named:
    assert found.sequence is not None
    burns = found.sequence.burns
    columns = (
        *("apsis_altitude_km", "duration_s", "impulse_dv_m_s", "spent_dv_m_s", "loss_m_s", "formula_loss_m_s"),
        *("mass_kg", "perilune_altitude_km", "apolune_altitude_km", "inclination_deg"),
    )
    table: Table = {
        "kind": np.array([burn.name for burn in burns], dtype=np.str_),
        "ignition_utc": _utc(np.array([burn.ignition_tdb for burn in burns]), 1),
        **{name: np.array([float(getattr(burn, name)) for burn in burns]) for name in columns},
        "period_hour": np.array([burn.period_h for burn in burns]),
    }
    words = f"Burns flown under GRGM1200A to degree {found.degree}, Earth and Sun; orbits osculating at cut-off"
    return f"insertion_{key}.csv", table, (words, SPHERE)


def _path(key: str, found: InsertionResult) -> Named:
    x, y, z = found.position_km.T
    table: Table = {
        "utc": _utc(found.t_tdb, 1),
        "x_km": x,
        "y_km": y,
        "z_km": z,
        "altitude_km": found.altitude_km,
        "burning_n": found.burning.astype(np.int64),
    }
    words = "Relative to the Moon, inertial axes of the last orbit: x to its ascending node, z along its momentum"
    return f"insertion_path_{key}.csv", table, (words, SPHERE)


def _history(history: LowOrbitHistory) -> Table:
    there = np.isfinite(history.ecc_cos[0])
    return {
        "utc": _utc(history.t_tdb[0][there]),
        "ecc_cos": history.ecc_cos[0][there],
        "ecc_sin": history.ecc_sin[0][there],
        "semi_major_axis_km": history.semi_major_axis_km[0][there],
        "perilune_altitude_km": history.perilune_altitude_km[0][there],
        "apolune_altitude_km": history.apolune_altitude_km[0][there],
        "inclination_deg": history.inclination_deg[0][there],
    }


def _lifetimes(stem: str, life: OrbitLifeResult) -> Named:
    grid = life.grid
    parts = np.meshgrid(grid.inclination_deg, grid.node_longitude_deg, grid.epoch_tdb, indexing="ij")
    inclination, node, epoch = (part.ravel() for part in parts)
    lived = grid.lifetime_day.ravel()
    table: Table = {
        "inclination_deg": inclination,
        "node_longitude_deg": node,
        "start_utc": _utc(epoch),
        "lifetime_day": np.where(np.isfinite(lived), lived, np.nan),
    }
    words = (
        f"{_shape(life)} until they fall under {grid.margin_km:g} km; empty: not within "
        f"{grid.span_day:g} days; GRGM1200A to degree {grid.degree}, Earth and Sun"
    )
    return f"lifetimes_{stem}.csv", table, (words,)


def _shape(life: OrbitLifeResult) -> str:
    if life.near_circular:
        return f"Circular orbits of {life.grid.altitude_km:g} km"
    return f"Ellipses of {life.perilune_altitude_km:g} x {life.apolune_altitude_km:g} km"


def _monthly(stem: str, life: OrbitLifeResult) -> Named:
    found = life.monthly
    # The map around an ellipse does not reach as far as the vectors that come back.
    frozen = found.frozen_ecc if life.near_circular else np.full_like(found.frozen_ecc, np.nan)
    table: Table = {
        "inclination_deg": found.inclination_deg,
        "month_day": found.month_day,
        "shift_ecc_cos": found.shift_ecc[:, 0],
        "shift_ecc_sin": found.shift_ecc[:, 1],
        "drift_ecc": found.drift_ecc,
        "fixed_ecc_cos": frozen[:, 0],
        "fixed_ecc_sin": frozen[:, 1],
    }
    orbit = "circular orbit" if life.near_circular else "ellipse"
    words = f"What the month in which the node comes back does to the eccentricity vector of the {orbit}"
    return f"eccentricity_map_{stem}.csv", table, (words, "fixed_*: vector that comes back, by the affine map")


def _keeping(stem: str, kept: OrbitKeeping) -> Named:
    table: Table = {
        "first_utc": _utc(kept.burn_tdb[:, 0]),
        "second_utc": _utc(kept.burn_tdb[:, 1]),
        "first_dv_m_s": kept.burn_dv_m_s[:, 0],
        "second_dv_m_s": kept.burn_dv_m_s[:, 1],
        "lowest_altitude_km": kept.lowest_altitude_km[:-1],
        "highest_altitude_km": kept.highest_altitude_km[:-1],
    }
    words = "Pairs of impulses along the velocity (negative: against it); altitudes of the month before"
    return f"orbit_keeping_{stem}.csv", table, (words, SPHERE)


def _floor(stem: str, floor: FloorKeeping) -> Named:
    table: Table = {
        "utc": _utc(floor.burn_tdb[0]),
        "dv_m_s": floor.burn_dv_m_s[0],
        "lowest_altitude_km": floor.lowest_altitude_km[0],
        "highest_altitude_km": floor.apolune_altitude_km[0],
        "argument_of_perilune_deg": floor.argument_of_perilune_deg[0],
    }
    words = f"Impulses at apolune along the velocity, and altitudes of the {floor.interval_day:.1f} days that follow"
    return f"orbit_floor_{stem}.csv", table, (words, f"{SPHERE}; argument of perilune at the end of these days")


def _evolution(stem: str, relay: RelayDesignResult) -> Named:
    flown, count = relay.flown, len(relay.labels)
    there = np.isfinite(flown.ecc)
    names = np.repeat(np.array(relay.labels, dtype=np.str_)[:, None], flown.ecc.shape[1], axis=1)
    table: Table = {
        "orbit": names[there],
        "utc": _utc(flown.history.t_tdb[:count][there]),
        "ecc": flown.ecc[there],
        "inclination_earth_deg": flown.inclination_deg[there],
        "argument_earth_deg": flown.argument_deg[there],
        "perilune_altitude_km": flown.history.perilune_altitude_km[there],
        "apolune_altitude_km": flown.history.apolune_altitude_km[there],
    }
    words = f"Without corrections: GRGM1200A to degree {relay.degree}, Earth and Sun; one row a revolution"
    axes = "inclination and argument of perilune from the plane of the Earth's motion about the Moon at the start"
    return f"relay_evolution_{stem}.csv", table, (words, axes, SPHERE)


def _months(stem: str, relay: RelayDesignResult) -> Named:
    n, p, m = relay.month_share.shape
    label, place, month = np.meshgrid(np.arange(n), np.arange(p), np.arange(m), indexing="ij")
    table: Table = {
        "orbit": np.array(relay.labels, dtype=np.str_)[label.ravel()],
        "place": np.array(relay.places or ("",), dtype=np.str_)[place.ravel()],
        "utc": _utc(relay.month_tdb)[month.ravel()],
        "open_share": relay.month_share.ravel(),
    }
    words = f"Share of each sidereal month above the mask of the place, counted every {relay.step_s:g} s"
    return f"relay_coverage_{stem}.csv", table, (words,)


def _nodes(stem: str, relay: RelayDesignResult) -> Named:
    lived = np.array([row.lost_day for row in relay.nodes])
    table: Table = {
        "node_longitude_deg": np.array([row.node_deg for row in relay.nodes]),
        "lifetime_day": np.where(np.isfinite(lived), lived, np.nan),
        "lowest_altitude_km": np.array([row.lowest_km for row in relay.nodes]),
    }
    words = "The phase's ellipse from nodes around the Moon, without corrections; empty: it lasts the span"
    return f"relay_nodes_{stem}.csv", table, (words, "Lowest osculating perilune; 0 when it comes down")
