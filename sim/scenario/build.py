"""From validated files to plain numbers: the only place where units, UTC and names become numbers."""

from __future__ import annotations

from typing import Any

from sim.cases import (
    AscentCase,
    Coupling,
    FlownCase,
    ImpactCase,
    InsertionCase,
    LandingCase,
    MissionCase,
    OrbitPhase,
    PlanCase,
    PlanEvent,
    PlanMission,
    ReturnCase,
    SourcedNumber,
)
from sim.scenario.at_moon_build import at_moon_case
from sim.scenario.dates import moment_interval_utc
from sim.scenario.document import Document, dotted
from sim.scenario.limits_table import limits_of
from sim.scenario.mission_file import (
    ArrivalTable,
    EarthReturnTable,
    FlownTable,
    ImpactTable,
    LandingTable,
    LauncherTable,
    LunarAscentTable,
    MissionFile,
    OperationTable,
)
from sim.scenario.plan_file import CouplingTable, EventTable, PlanFile, PlanMissionTable
from sim.scenario.provenance import Sources, all_entries, value_text
from sim.sites import LaunchSite, launch_site, lunar_site
from sim.sites import sources as site_sources
from sim.spacecraft import Engine, Spacecraft
from sim.timescales import tdb_from_utc
from sim.transfer.finite_injection import InjectionStage
from sim.windows.homeward import ReturnRequest
from sim.windows.request import ArrivalPlane, DepartureOrbit, WindowRequest


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
    impact = _impact(file.impact) if file.impact else None
    numbers = _numbers(document.data)
    nominal = file.launch.nominal_utc
    return MissionCase(
        id=file.mission.id,
        name=file.mission.name,
        agency=file.mission.agency,
        kind=file.mission.kind,
        description=file.mission.description,
        window=_window(file, landing, impact),
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
        impact=impact,
        ascent=_ascent(file.lunar_ascent) if file.lunar_ascent else None,
        earth_return=_return(file.mission.id, file.earth_return) if file.earth_return else None,
        flown=_flown(file.flown) if file.flown else FlownCase(),
        insertion=_insertion(file.arrival) if file.arrival else InsertionCase(),
        at_moon=at_moon_case(file, document),
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
        events=tuple(_event(table, index, document) for index, table in enumerate(file.events)),
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
    engines: tuple[Engine, ...] = ()
    if table.engine_thrust_n is not None and table.engine_isp_s is not None:
        engines = (Engine(table.engine_thrust_n.value, table.engine_isp_s.value, "main engine"),)
    return Spacecraft(table.launch_mass_kg.value, table.dry_mass_kg.value, engines)


def _upper_stage(table: LauncherTable) -> Engine | None:
    if table.upper_stage_thrust_n is None or table.upper_stage_isp_s is None:
        return None
    return Engine(table.upper_stage_thrust_n.value, table.upper_stage_isp_s.value, f"upper stage of {table.name}")


def _injection_stage(file: MissionFile) -> InjectionStage | None:
    """Return the stage whose burn is flown; None for impulses, direct ascents, and stages that nobody published."""
    launcher = file.launcher
    engine, empty = _upper_stage(launcher), launcher.upper_stage_burnout_kg
    if engine is None or empty is None or launcher.injection == "impulsive" or file.direct_ascent is not None:
        return None
    return InjectionStage(engine.thrust_n, engine.isp_s, empty.value + file.spacecraft.launch_mass_kg.value)


def _insertion(table: ArrivalTable) -> InsertionCase:
    between = table.insertion_apolune_altitude_km
    return InsertionCase(
        table.insertion_burns.value if table.insertion_burns is not None else 1,
        tuple(between.value) if between is not None else (),
    )


def _phase(table: OperationTable) -> OrbitPhase:
    return OrbitPhase(
        name=table.name,
        perilune_altitude_km=table.perilune_altitude_km.value,
        apolune_altitude_km=table.apolune_altitude_km.value,
        inclination_deg=table.inclination_deg.value,
        argument_of_perilune_deg=_value(table.argument_of_perilune_deg),
        start_day=table.start_day.value,
        duration_day=table.duration_day.value,
        node_deg=_value(table.node_deg),
        keeping=table.keeping or "",
    )


def _place(table: LandingTable | ImpactTable) -> tuple[str, str, float, float]:
    """Return identifier, name, latitude and longitude of a place on the Moon."""
    if table.site is not None:
        site = lunar_site(table.site)
        return site.id, table.name or site.name, site.latitude_deg, site.longitude_deg
    latitude, longitude = _value(table.latitude_deg), _value(table.longitude_deg)
    assert latitude is not None and longitude is not None  # a rule of the file, checked before
    return "", table.name or f"{latitude:g} deg, {longitude:g} deg", latitude, longitude


def _impact(table: ImpactTable) -> ImpactCase:
    return ImpactCase(*_place(table))


def _landing(table: LandingTable) -> LandingCase:
    return LandingCase(
        *_place(table),
        delay_day=table.delay_day.value,
        sun_elevation_min_deg=table.sun_elevation_min_deg.value,
        sun_elevation_max_deg=table.sun_elevation_max_deg.value,
    )


def _ascent(table: LunarAscentTable) -> AscentCase:
    return AscentCase(
        stay_day=table.stay_day.value,
        perilune_altitude_km=table.perilune_altitude_km.value,
        apolune_altitude_km=table.apolune_altitude_km.value,
        docking_altitude_km=table.docking_altitude_km.value,
        docking_day=table.docking_day.value,
    )


def _return(mission_id: str, table: EarthReturnTable) -> ReturnCase:
    shortest, longest = table.flight_time_day.value
    request = ReturnRequest(
        mission_id=mission_id,
        start_tdb=instant_tdb(table.period_start_utc.value),
        stop_tdb=instant_tdb(table.period_stop_utc.value),
        perilune_altitude_km=table.perilune_altitude_km.value,
        inclination_deg=table.inclination_deg.value,
        flight_min_day=shortest,
        flight_max_day=longest,
        site_name=table.site_name,
        latitude_deg=table.latitude_deg.value,
        longitude_deg=table.longitude_deg.value,
        entry_altitude_km=table.entry_altitude_km.value,
        entry_angle_deg=table.entry_angle_deg.value,
        entry_to_landing_s=table.entry_to_landing_s.value,
        range_min_km=table.range_min_km.value,
        range_max_km=table.range_max_km.value,
    )
    return ReturnCase(
        request,
        table.ellipse_apolune_altitude_km.value,
        instant_tdb(table.injection_utc.value) if table.injection_utc else None,
        instant_tdb(table.landing_utc.value) if table.landing_utc else None,
    )


def _flown(table: FlownTable) -> FlownCase:
    return FlownCase(
        arrival_tdb=instant_tdb(table.arrival_utc.value) if table.arrival_utc else None,
        injection_speed_km_s=_value(table.injection_speed_km_s),
        impact_speed_km_s=_value(table.impact_speed_km_s),
        insertion_dv_m_s=_value(table.insertion_dv_m_s),
    )


def _plane(file: MissionFile, landing: LandingCase | None) -> ArrivalPlane:
    if file.arrival is None:
        return ArrivalPlane()
    inclination = file.arrival.lunar_inclination_deg
    if inclination is not None:
        return ArrivalPlane(lunar_inclination_deg=inclination.value)
    assert landing is not None  # a rule of the file, checked before
    return ArrivalPlane(
        site_latitude_deg=landing.latitude_deg,
        site_longitude_deg=landing.longitude_deg,
        site_delay_day=landing.delay_day,
    )


def _origin(file: MissionFile) -> LaunchSite | DepartureOrbit:
    orbit = file.departure_orbit
    if orbit is not None:
        return DepartureOrbit(orbit.id, orbit.name, orbit.raan_deg.value, instant_tdb(orbit.epoch_utc.value))
    assert file.launch.site is not None  # a rule of the file, checked before
    return launch_site(file.launch.site)


def _start(file: MissionFile) -> dict[str, Any]:
    """Arguments of the request that say how the mission leaves the Earth; keys that do not apply keep their default."""
    launcher, transfer = file.launcher, file.transfer
    given: dict[str, Any] = {
        "ascent_s": _value(launcher.ascent_s),
        "ascent_arc_deg": _value(launcher.ascent_arc_deg),
        "coast_s_max": _value(transfer.coast_s_max),
        "coast_revs_max": _value(transfer.coast_revs_max),
    }
    found = {key: value for key, value in given.items() if value is not None}
    if file.parking_orbit is not None:
        found["inclination_deg"] = file.parking_orbit.inclination_deg.value
        found["parking_altitude_km"] = file.parking_orbit.altitude_km.value
    if file.direct_ascent is not None:
        found["inclination_deg"] = file.direct_ascent.inclination_deg.value
        found["parking_altitude_km"] = file.direct_ascent.burnout_altitude_km.value
        found["climb_angle_max_deg"] = file.direct_ascent.climb_angle_max_deg.value
        found["direct_ascent"] = True
    if file.departure_orbit is not None:
        # nothing is launched: the "launch" of the tables is the injection
        found |= {"ascent_s": 0.0, "ascent_arc_deg": 0.0, "coast_s_max": 0.0}
    return found


def _window(file: MissionFile, landing: LandingCase | None, impact: ImpactCase | None) -> WindowRequest:
    arrival = file.arrival
    return WindowRequest(
        mission_id=file.mission.id,
        site=_origin(file),
        launch_start_tdb=instant_tdb(file.launch.period_start_utc.value),
        launch_stop_tdb=instant_tdb(file.launch.period_stop_utc.value),
        tof_day=tuple(sorted(file.transfer.flight_time_day.value)),
        perilune_altitude_km=arrival.perilune_altitude_km.value if arrival else 0.0,
        apolune_altitude_km=arrival.apolune_altitude_km.value if arrival else 0.0,
        plane=_plane(file, landing),
        poles=file.transfer.poles,
        branches=file.transfer.branches,
        legs=file.launch.legs,
        landing_latitude_deg=landing.latitude_deg if landing else None,
        landing_longitude_deg=landing.longitude_deg if landing else None,
        landing_delay_day=landing.delay_day if landing else 0.0,
        struck_latitude_deg=impact.latitude_deg if impact else None,
        struck_longitude_deg=impact.longitude_deg if impact else None,
        stage=_injection_stage(file),
        **_start(file),
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
        turned_out_span_tdb=span_tdb(launch.value) if launch else None,
        turned_out_text=launch.value if launch else "",
    )


def _event(table: EventTable, index: int, document: Document) -> PlanEvent:
    said, words, was = table.announced_utc, table.turned_out, table.turned_out_utc
    told = was or words
    return PlanEvent(
        id=table.id,
        name=table.name,
        announced_span_tdb=span_tdb(said.value) if said else None,
        announced_text=said.value if said else "",
        announced_status=said.status if said else "",
        announced_sources=said.source if said else (),
        turned_out=words.value if words else "",
        turned_out_span_tdb=span_tdb(was.value) if was else None,
        turned_out_text=was.value if was else "",
        turned_out_status=told.status if told else "",
        turned_out_sources=tuple(dict.fromkeys((words.source if words else ()) + (was.source if was else ()))),
        numbers=_numbers({"events": [{}] * index + [document.data["events"][index]]}),
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


def span_tdb(text: str) -> tuple[float, float]:
    """Return the interval in which a published date lies.

    Parameters
    ----------
    text : str
        See `sim.scenario.dates.moment_interval_utc`.

    Returns
    -------
    tuple of float
        Seconds past J2000 TDB; twice the same for an instant. A year or month stops a second before the next begins.
    """
    start, stop = moment_interval_utc(text)
    first = float(tdb_from_utc(start))
    return (first, first) if start == stop else (first, float(tdb_from_utc(stop)) - 1.0)


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
