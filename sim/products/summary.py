"""``summary.json``: the numbers of a run, as the schema in ``summary.schema.json`` describes them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sim.analysis.acceptance import limits_of
from sim.analysis.masses import delivered_mass_kg
from sim.analysis.results import AssumedNumber, MissionResult, PlanResult, RunResults, VerdictRow
from sim.cases import SourcedNumber
from sim.ephemeris import Ephemeris
from sim.errors import InputError, StoreError
from sim.products import at_moon_summary, daily, returns
from sim.products.opportunities import columns
from sim.products.schema import Json, faults, summary_schema
from sim.timescales import utc_from_tdb
from sim.windows.request import DepartureOrbit

SCHEMA_VERSION = "1.0"
FILE_NAME = "summary.json"


def plain(value: Any) -> Any:
    """Turn records, tuples, arrays and numpy scalars into what JSON knows; NaN and infinity become None.

    Parameters
    ----------
    value : object
        Anything made of dataclasses, mappings, sequences and numbers.

    Returns
    -------
    object
        Dicts, lists, str, int, float, bool or None.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def build(results: RunResults, ephemeris: Ephemeris, files: Iterable[str], notes: Iterable[str] = ()) -> Json:
    """Return the summary of a run.

    Parameters
    ----------
    results : RunResults
        The run.
    ephemeris : Ephemeris
        The ephemeris it used, for name, hash and coverage.
    files : iterable of str
        Names of the files of the run inside its folder.
    notes : iterable of str
        What was left out and why.

    Returns
    -------
    dict
        A document that meets the schema.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": results.kind,
        "created_utc": results.created_utc,
        "versions": dict(results.versions),
        "data": {"files": dict(results.data), "ephemeris": _ephemeris(ephemeris)},
        "wall_times_s": plain(results.wall_times_s),
        "scenario": _scenario(results),
        "missions": [_mission(results, mission) for mission in results.missions],
        "plans": [_plan(plan) for plan in results.plans],
        "couplings": [plain(coupling) for plan in results.plans for coupling in plan.couplings],
        "together": [one for plan in results.plans for one in at_moon_summary.together(results, plan)],
        "joint_windows": [plain(window) for plan in results.plans for window in plan.joint_windows],
        "slips": [plain(slip) for plan in results.plans for slip in plan.slips],
        "contacts": plain(results.contacts),
        "verdict": [_verdict(row) for row in (results.comparison.verdict if results.comparison else ())],
        "timeline": plain(results.timeline),
        "assumed": [_assumed(results, number) for number in results.assumed],
        "sources": dict(sorted(results.sources.items())),
        "failures": list(results.failures),
        "notes": list(notes),
        "files": sorted(files),
    }


def _ephemeris(ephemeris: Ephemeris) -> Json:
    return {
        "name": ephemeris.name,
        "sha256": ephemeris.sha256,
        "start_utc": _utc(ephemeris.start_tdb),
        "stop_utc": _utc(ephemeris.stop_tdb),
    }


def _utc(t_tdb: float) -> str:
    return str(utc_from_tdb(t_tdb))


def _sha256(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _scenario(results: RunResults) -> Json:
    named = [(plan.case.id, plan.case.name) for plan in results.plans]
    named = named or [(mission.case.id, mission.case.name) for mission in results.missions]
    return {
        "id": "-vs-".join(case_id for case_id, _ in named),
        "name": " versus ".join(name for _, name in named),
        "paths": list(results.scenario),
        "sha256": [_sha256(path) for path in results.scenario],
    }


def _range(values: Any, within: Any) -> Json | None:
    chosen = np.asarray(values)[within]
    chosen = chosen[np.isfinite(chosen)]
    if not len(chosen):
        return None
    return {"low": float(chosen.min()), "median": float(np.median(chosen)), "high": float(chosen.max())}


def _row(mission: MissionResult, row: int | None) -> Json | None:
    if row is None:
        return None
    chosen = np.array([row])
    one = dataclasses.replace(
        mission,
        table=mission.table.select(chosen),
        within=mission.within[chosen],
        acceptance=None if mission.acceptance is None else mission.acceptance.select(chosen),
    )
    return {name: plain(values[0]) for name, values in columns(one).items()}


def _mission(results: RunResults, mission: MissionResult) -> Json:
    case, window = mission.case, mission.case.window
    ranges = {
        name: _range(getattr(mission.table, name), mission.within) for name in ("tli_dv_m_s", "loi_dv_m_s", "c3_km2_s2")
    }
    if window.strikes:
        ranges["loi_dv_m_s"] = None
    found = {name: getattr(case, name) for name in ("id", "name", "agency", "kind", "description")}
    return {
        "key": mission.key,
        **found,
        "plan_ids": [plan.case.id for plan in results.plans if mission.key in plan.mission_keys.values()],
        "site_id": window.site.id,
        "site_name": window.site.name,
        "launcher_name": case.launcher_name,
        "start": _start(mission),
        "end": "impact" if window.strikes else "orbit",
        "target_name": case.impact.name if case.impact else "",
        "climb_angle_max_deg": window.climb_angle_max_deg if window.direct_ascent else None,
        "launch_start_utc": _utc(window.launch_start_tdb),
        "launch_stop_utc": _utc(window.launch_stop_tdb),
        "nominal_launch_utc": None if case.nominal_launch_tdb is None else _utc(case.nominal_launch_tdb),
        "parking_altitude_km": window.parking_altitude_km,
        "perilune_altitude_km": window.perilune_altitude_km,
        "apolune_altitude_km": window.apolune_altitude_km,
        "tof_day": list(window.tof_day),
        "inclination_deg": list(window.inclination_deg),
        "lifetime_day": case.lifetime_day,
        "phases": plain(case.phases),
        "opportunities_n": len(mission.table),
        "within_n": int(np.count_nonzero(mission.within)),
        **ranges,
        "delivered_mass_kg": _range(delivered_mass_kg(case, mission.table.loi_dv_m_s), mission.within),
        "best": _row(mission, mission.best),
        "nearest_to_published": _row(mission, mission.nominal),
        "checks": plain(mission.checks),
        "remark": mission.remark,
        "sample_return": returns.facts(mission),
        "calendar": plain(mission.calendar),
        "limits": _limits(mission),
        "daily": daily.facts(mission),
        "injection": plain(mission.injection),
        "mass": plain(mission.mass),
        "lighting": plain(mission.lighting),
        "numbers": plain(case.numbers),
        "at_moon": at_moon_summary.facts(mission),
        "wall_time_s": mission.wall_time_s,
        "resumed": mission.resumed,
        "files": mission_files(mission),
    }


def _limits(mission: MissionResult) -> list[Json]:
    """Return what each limit accepts and how much it refuses."""
    if mission.acceptance is None:
        return []
    limits = limits_of(mission.case)
    return [
        {"name": name, "limit": _limit_text(getattr(limits, name)), "refused_n": every, "refused_alone_n": alone}
        for name, (every, alone) in mission.acceptance.check.counts().items()
    ]


def _limit_text(limit: float | tuple[str, ...]) -> str:
    return " or ".join(limit) if isinstance(limit, tuple) else f"{limit:g}"


def _start(mission: MissionResult) -> str:
    """How a mission leaves the Earth."""
    if isinstance(mission.case.window.site, DepartureOrbit):
        return "orbit"
    return "direct_ascent" if mission.case.window.direct_ascent else "parking_orbit"


def mission_files(mission: MissionResult) -> dict[str, str | None]:
    """Return the names of a mission's files; None for those that it does not have.

    Parameters
    ----------
    mission : MissionResult
        The mission.

    Returns
    -------
    dict
        ``opportunities``, ``trajectory``, ``oem``, ``returns`` and ``return_trajectory``.
    """
    flown = mission.trajectory is not None
    return {
        "opportunities": f"opportunities_{mission.key}.csv",
        "trajectory": f"trajectory_{mission.key}.csv" if flown else None,
        "oem": f"transfer_{mission.key}.oem" if flown else None,
        **returns.file_names(mission),
    }


def _plan(plan: PlanResult) -> Json:
    case = plan.case
    missions = [
        {
            "mission_id": entry.announced.id,
            "key": plan.mission_keys.get(entry.announced.id, ""),
            "name": entry.announced.name,
            "turned_out": entry.turned_out,
            "turned_out_launch_utc": (
                None if entry.turned_out_launch_tdb is None else _utc(entry.turned_out_launch_tdb)
            ),
            "turned_out_launch_text": entry.turned_out_text,
            "turned_out_status": entry.turned_out_status or None,
            "turned_out_sources": list(entry.turned_out_sources),
        }
        for entry in case.missions
    ]
    return {
        "id": case.id,
        "name": case.name,
        "description": case.description,
        "path": case.path,
        "span_start_utc": _utc(case.span_start_tdb),
        "span_stop_utc": _utc(case.span_stop_tdb),
        "missions": missions,
        "events": [
            {
                "id": event.id,
                "name": event.name,
                "announced": event.announced_text,
                "announced_status": event.announced_status or None,
                "announced_sources": list(event.announced_sources),
                "turned_out": event.turned_out,
                "turned_out_launch_text": event.turned_out_text,
                "turned_out_status": event.turned_out_status or None,
                "turned_out_sources": list(event.turned_out_sources),
            }
            for event in case.events
        ],
    }


def _verdict(row: VerdictRow) -> Json:
    found: Json = plain(row)
    found["assumed_keys"] = found.pop("assumed")
    found["assumed"] = bool(row.assumed)
    return found


def _numbers(results: RunResults, owner: str) -> Iterable[SourcedNumber]:
    for plan in results.plans:
        for entry in plan.case.missions:
            if entry.announced.id == owner:
                yield from entry.announced.numbers
        for event in plan.case.events:
            yield from event.numbers
        for coupling in plan.case.couplings:
            yield from coupling.numbers
    for mission in results.missions:
        if mission.case.id == owner:
            yield from mission.case.numbers


def _assumed(results: RunResults, number: AssumedNumber) -> Json:
    sources = next((n.sources for n in _numbers(results, number.mission_id) if n.key == number.key), ())
    return {**plain(number), "sources": list(sources)}


def write(document: Json, directory: Path) -> Path:
    """Write a summary after checking it against the schema.

    Parameters
    ----------
    document : dict
        From `build`.
    directory : Path
        The run's folder.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        When the document departs from the schema (a fault of the program) or the file cannot be written.
    """
    found = faults(document, summary_schema())
    if found:
        raise StoreError(f"the summary departs from its schema in {len(found)} place(s), first {found[0]}")
    path = directory / FILE_NAME
    try:
        path.write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror}; choose a folder that you may write to") from error
    return path


def read(directory: Path) -> Json:
    """Read and check a summary.

    Parameters
    ----------
    directory : Path
        The run's folder.

    Returns
    -------
    dict
        A document that meets the schema.

    Raises
    ------
    InputError
        When the file is missing, is no JSON or departs from the schema.
    """
    path = directory / FILE_NAME
    try:
        document: Json = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}; give a folder that a run wrote") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}; run the scenario again to write it") from error
    found = faults(document, summary_schema())
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise InputError(f"{path} is no summary of version {SCHEMA_VERSION}: {found[0]}{more}; run the scenario again")
    return document
