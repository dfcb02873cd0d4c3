"""From validated files to plain numbers: the only place where units, UTC and names become numbers."""

from __future__ import annotations

from typing import Any

from sim.cases import Coupling, LandingCase, MissionCase, OrbitPhase, PlanCase, PlanMission, SourcedNumber
from sim.scenario.dates import moment_interval_utc
from sim.scenario.document import Document, dotted
from sim.scenario.mission_file import LandingTable, LauncherTable, MissionFile, OperationTable
from sim.scenario.limits_table import limits_of
from sim.scenario.plan_file import CouplingTable, PlanFile, PlanMissionTable
from sim.scenario.provenance import Sources, all_entries, value_text
from sim.sites import launch_site, lunar_site
from sim.sites import sources as site_sources
from sim.spacecraft import Engine, Spacecraft
from sim.timescales import tdb_from_utc
from sim.windows.request import ArrivalPlane, WindowRequest


def mission_case(file: MissionFile, document: Document, sources: Sources) -> MissionCase:
    """Build the case of a mission.

    Parameters
    ----------
    file : MissionFile
        Validated mission file.
    document : Document
        The same file as read.
    sources : mapping
        Sources known to it.

    Returns
    -------
    MissionCase
        Plain numbers, every one with its source in ``numbers``.
    """
    landing = _landing(file.landing) if file.landing else None
    numbers = _numbers(document.data)
    nominal = file.launch.nominal_utc
    return MissionCase(
        id=file.mission.id,
        name=file.mission.name,
        agency=file.mission.agency,
        kind=file.mission.kind,
        description=file.mission.description,
        window=_window(file, landing),
        spacecraft=_spacecraft(file),
        launcher_name=file.launcher.name,
        upper_stage=_upper_stage(file.launcher),
        upper_stage_burnout_kg=_value(file.launcher.upper_stage_burnout_kg),
        tli_capability_kg=_value(file.launcher.tli_capability_kg),
        limits=limits_of(file.limits),
        trim_dv_m_s=file.spacecraft.trim_dv_m_s.value,
        phases=tuple(_phase(table) for table in file.operations),
        landing=landing,
        lifetime_day=file.spacecraft.lifetime_day.value,
        nominal_launch_tdb=instant_tdb(nominal.value) if nominal else None,
        numbers=numbers,
        sources=_citations(numbers, (), sources),
        path=document.path,
    )


def plan_case(file: PlanFile, document: Document, missions: tuple[MissionCase, ...], sources: Sources) -> PlanCase:
    """Build the case of a plan.

    Parameters
    ----------
    file : PlanFile
        Validated plan file.
    document : Document
        The same file as read.
    missions : tuple of MissionCase
        Its missions, in file order.
    sources : mapping
        Sources known to the plan file.

    Returns
    -------
    PlanCase
        Plain numbers.
    """
    entries = tuple(_plan_mission(table, case) for table, case in zip(file.missions, missions, strict=True))
    own = _citations(_numbers(document.data), tuple(name for table in file.couplings for name in table.source), sources)
    merged = {name: text for case in missions for name, text in case.sources.items()}
    return PlanCase(
        id=file.plan.id,
        name=file.plan.name,
        description=file.plan.description,
        missions=entries,
        couplings=tuple(_coupling(table, index, document) for index, table in enumerate(file.couplings)),
        span_start_tdb=instant_tdb(file.span.start_utc),
        span_stop_tdb=instant_tdb(file.span.stop_utc),
        sources={**merged, **own},
        path=document.path,
    )


def _value(number: object) -> float | None:
    """Return the number of an optional key."""
    return getattr(number, "value", None)


def _spacecraft(file: MissionFile) -> Spacecraft:
    table = file.spacecraft
    engine = Engine(table.engine_thrust_n.value, table.engine_isp_s.value, "main engine")
    return Spacecraft(table.launch_mass_kg.value, table.dry_mass_kg.value, (engine,))


def _upper_stage(table: LauncherTable) -> Engine | None:
    if table.upper_stage_thrust_n is None or table.upper_stage_isp_s is None:
        return None
    return Engine(table.upper_stage_thrust_n.value, table.upper_stage_isp_s.value, f"upper stage of {table.name}")


def _phase(table: OperationTable) -> OrbitPhase:
    return OrbitPhase(
        name=table.name,
        perilune_altitude_km=table.perilune_altitude_km.value,
        apolune_altitude_km=table.apolune_altitude_km.value,
        inclination_deg=table.inclination_deg.value,
        argument_of_perilune_deg=_value(table.argument_of_perilune_deg),
        start_day=table.start_day.value,
        duration_day=table.duration_day.value,
    )


def _landing(table: LandingTable) -> LandingCase:
    if table.site is not None:
        site = lunar_site(table.site)
        place = site.id, table.name or site.name, site.latitude_deg, site.longitude_deg
    else:
        latitude, longitude = _value(table.latitude_deg), _value(table.longitude_deg)
        assert latitude is not None and longitude is not None  # a rule of the file, checked before
        place = "", table.name or f"{latitude:g} deg, {longitude:g} deg", latitude, longitude
    return LandingCase(
        site_id=place[0],
        name=place[1],
        latitude_deg=place[2],
        longitude_deg=place[3],
        delay_day=table.delay_day.value,
        sun_elevation_min_deg=table.sun_elevation_min_deg.value,
        sun_elevation_max_deg=table.sun_elevation_max_deg.value,
    )


def _plane(file: MissionFile, landing: LandingCase | None) -> ArrivalPlane:
    inclination = file.arrival.lunar_inclination_deg
    if inclination is not None:
        return ArrivalPlane(lunar_inclination_deg=inclination.value)
    assert landing is not None  # a rule of the file, checked before
    return ArrivalPlane(
        site_latitude_deg=landing.latitude_deg,
        site_longitude_deg=landing.longitude_deg,
        site_delay_day=landing.delay_day,
    )


def _window(file: MissionFile, landing: LandingCase | None) -> WindowRequest:
    return WindowRequest(
        mission_id=file.mission.id,
        site=launch_site(file.launch.site),
        launch_start_tdb=instant_tdb(file.launch.period_start_utc.value),
        launch_stop_tdb=instant_tdb(file.launch.period_stop_utc.value),
        inclination_deg=file.parking_orbit.inclination_deg.value,
        parking_altitude_km=file.parking_orbit.altitude_km.value,
        tof_day=tuple(sorted(file.transfer.flight_time_day.value)),
        perilune_altitude_km=file.arrival.perilune_altitude_km.value,
        apolune_altitude_km=file.arrival.apolune_altitude_km.value,
        plane=_plane(file, landing),
        ascent_s=file.launcher.ascent_s.value,
        ascent_arc_deg=file.launcher.ascent_arc_deg.value,
        coast_revs_max=file.transfer.coast_revs_max.value,
        coast_s_max=file.transfer.coast_s_max.value,
        poles=file.transfer.poles,
        branches=file.transfer.branches,
        legs=file.launch.legs,
        landing_latitude_deg=landing.latitude_deg if landing else None,
        landing_longitude_deg=landing.longitude_deg if landing else None,
        landing_delay_day=landing.delay_day if landing else 0.0,
    )


def _plan_mission(table: PlanMissionTable, case: MissionCase) -> PlanMission:
    launch, words = table.turned_out_launch_utc, table.turned_out
    told = launch or words
    return PlanMission(
        announced=case,
        turned_out=words.value if words else "",
        turned_out_launch_tdb=moment_tdb(launch.value) if launch else None,
        turned_out_status=told.status if told else "",
        turned_out_sources=tuple(dict.fromkeys((words.source if words else ()) + (launch.source if launch else ()))),
    )


def _coupling(table: CouplingTable, index: int, document: Document) -> Coupling:
    given = {
        key: number.value
        for key in ("lead_day", "overlap_day", "within_day", "elevation_mask_deg", "cross_track_km")
        if (number := getattr(table, key)) is not None
    }
    cited = f" [{', '.join(table.source)}]" if table.source else ""
    return Coupling(
        kind=table.kind,
        first=table.first,
        second=table.second,
        basis=f"{table.basis}: {table.basis_text}{cited}",
        numbers=_numbers({"couplings": [{}] * index + [document.data["couplings"][index]]}),
        **given,
    )


def moment_tdb(text: str) -> float:
    """Return the middle of the interval in which a published date lies.

    Parameters
    ----------
    text : str
        See `sim.scenario.dates.moment_interval_utc`.

    Returns
    -------
    float
        Seconds past J2000 TDB; of the instant itself when the text is one.
    """
    start, stop = moment_interval_utc(text)
    first = float(tdb_from_utc(start))
    return first if start == stop else 0.5 * (first + float(tdb_from_utc(stop)))


def instant_tdb(text: str) -> float:
    """Return a UTC instant as internal time.

    Parameters
    ----------
    text : str
        Full UTC text.

    Returns
    -------
    float
        Seconds past J2000 TDB.
    """
    return float(tdb_from_utc(text))


def _numbers(data: Any) -> tuple[SourcedNumber, ...]:
    """Every number of a valid file, those of the sites that it names included, in file order."""
    return tuple(
        SourcedNumber(
            key=dotted(path),
            value=value_text(entry["value"]),
            status=entry["status"],
            sources=tuple(entry.get("source", ())),
            note=entry.get("note", ""),
        )
        for path, entry in all_entries(data)
    )


def _citations(numbers: tuple[SourcedNumber, ...], extra: tuple[str, ...], sources: Sources) -> dict[str, str]:
    """Citations of the sources that numbers use, and of `extra` ids, in order of first use."""
    ids = dict.fromkeys([*(name for number in numbers for name in number.sources), *extra])
    return {name: _citation(name, sources) for name in ids}


def _citation(name: str, sources: Sources) -> str:
    """Citation of one source; the tables of sites have their own."""
    source = sources.get(name) or vars(site_sources()[name])
    return f"{source['title']}. {source['url']} ({source['date']}; {source['quality']})"
