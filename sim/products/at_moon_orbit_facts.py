"""Insertion, life and keeping of orbits, relay ellipses: facts of the summary, from which figures are drawn."""

from __future__ import annotations

import numpy as np

from sim.analysis.at_moon_orbit_results import InsertionResult, OrbitLifeResult, RelayDesignResult
from sim.analysis.at_moon_results import AtMoonResult
from sim.products.at_moon_orbit_report import life_shape
from sim.products.schema import Json
from sim.timescales import utc_from_tdb


def _utc(t_tdb: float, decimals: int = 0) -> str:
    return str(utc_from_tdb(t_tdb, decimals=decimals))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def orbit_facts(key: str, found: AtMoonResult) -> Json:
    """Return what figures need of insertion, lives and relays, for the summary.

    Parameters
    ----------
    key : str
        Of the mission.
    found : AtMoonResult
        What was found.

    Returns
    -------
    dict
        ``insertion`` (None when not asked for), ``lives`` and ``relays``.
    """
    return {
        "insertion": None if found.insertion is None else _insertion_facts(key, found.insertion),
        "lives": [_life_facts(key, one) for one in found.lives],
        "relays": [_relay_facts(key, one) for one in found.relays],
        "omitted": [{"phase": one.phase_name, "what": one.what, "why": one.why} for one in found.omitted],
    }


def _insertion_facts(key: str, found: InsertionResult) -> Json:
    flown = found.sequence
    return {
        "fault": found.fault,
        "impulse_dv_m_s": None if flown is None else flown.impulse_dv_m_s,
        "spent_dv_m_s": None if flown is None else flown.spent_dv_m_s,
        "delivered_kg": _finite(found.delivered_kg),
        "closure_m": _finite(found.closure_m),
        "degree": found.degree,
        "burns": None if flown is None else f"insertion_{key}.csv",
        "path": None if flown is None else f"insertion_path_{key}.csv",
    }


def _life_facts(key: str, one: OrbitLifeResult) -> Json:
    stem, frozen = f"{key}_{one.phase_name}", one.frozen
    return {
        "phase": one.phase_name,
        "start_utc": _utc(one.start_tdb),
        "altitude_km": one.altitude_km,
        "shape": life_shape(one),
        "near_circular": one.near_circular,
        "inclination_deg": one.inclination_deg,
        "limit_altitude_km": one.limit_altitude_km,
        "span_day": one.span_day,
        "lost_day": _finite(one.lost_day),
        "degree": one.history.degree,
        "keep_year_dv_m_s": _finite(one.keep_year_dv_m_s),
        "keep_phase_dv_m_s": _finite(one.keep_phase_dv_m_s),
        "keep_phase_kg": _finite(one.keep_phase_kg),
        "propellant_share": _finite(one.propellant_share),
        "keep_fault": one.keep_fault,
        "frozen_ecc": None if frozen is None else frozen.eccentricity,
        "frozen_lowest_km": _finite(one.frozen_lowest_km),
        "frozen_fault": one.frozen_fault,
        "frozen_year_dv_m_s": _finite(one.frozen_year_dv_m_s),
        "life": f"orbit_life_{stem}.csv",
        "frozen": None if one.frozen_history is None else f"orbit_frozen_{stem}.csv",
        "lifetimes": f"lifetimes_{stem}.csv",
        "monthly": f"eccentricity_map_{stem}.csv",
        "keeping": None if one.kept is None else f"orbit_keeping_{stem}.csv",
        "floor": None if one.floor is None else f"orbit_floor_{stem}.csv",
    }


def _relay_facts(key: str, one: RelayDesignResult) -> Json:
    stem = f"{key}_{one.phase_name}"
    return {
        "phase": one.phase_name,
        "start_utc": _utc(one.start_tdb),
        "span_day": one.span_day,
        "degree": one.degree,
        "labels": list(one.labels),
        "faults": [try_.fault for try_ in one.tries if try_.fault],
        "evolution": f"relay_evolution_{stem}.csv",
        "months": f"relay_coverage_{stem}.csv",
        "nodes": f"relay_nodes_{stem}.csv",
    }
