"""From the validated tables about the time at the Moon to plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sim.errors import DataError, InputError, ScenarioError
from sim.operations.insertion import ApsisStep
from sim.operations.link_budget import LinkBudget
from sim.operations.masks import HorizonMask, flat_mask, peak_mask, read_mask, synthetic_polar_mask
from sim.operations.request import (
    AtMoonCase,
    CameraCase,
    DescentCase,
    HorizonCase,
    OrbitLifeCase,
    OverburnCase,
    PartnerCase,
    PlaceCase,
    Radios,
    RelayDesignCase,
    assumed_radios,
    horizon_case,
)
from sim.operations.terrain import ElevationGrid, horizon_from_terrain
from sim.operations.terrain_files import read_ascii_terrain, read_geotiff_terrain
from sim.scenario.at_moon_tables import (
    AtMoonTable,
    DescentTable,
    HorizonKeys,
    InsertionStepTable,
    OrbitLifeTable,
    OverburnTable,
    PartnerTable,
    PlaceTable,
    RadioTable,
    RelayDesignTable,
)
from sim.scenario.dates import moment_interval_utc
from sim.scenario.document import Document, short_text
from sim.scenario.mission_file import LandingTable, MissionFile
from sim.scenario.quantities import Instant, Number
from sim.scenario.toml_lines import Path as KeyPath
from sim.sites import GroundStation, ground_station, ground_stations, lunar_site
from sim.sites.user_stations import read_stations
from sim.timescales import tdb_from_utc
from sim.units import KM_PER_M

NEED_KM = 60.0
"""Terrain wanted around a place; what lies farther hides at most a degree at 1.5 km of height."""


def at_moon_case(file: MissionFile, document: Document) -> AtMoonCase | None:
    """Build what a mission does at the Moon.

    Parameters
    ----------
    file : MissionFile
        Validated mission file.
    document : Document
        The same file as read.

    Returns
    -------
    AtMoonCase or None
        None without a table ``[at_moon]``.

    Raises
    ------
    ScenarioError
        A file of terrain that makes no horizon.
    """
    table = file.at_moon
    if table is None:
        return None
    own = (_place(file.landing, ("landing",), document),) if file.landing else ()
    others = tuple(_place(each, ("places", index), document) for index, each in enumerate(file.places))
    stations = _stations(table, document)
    groups = tuple((each.name, each.stations) for each in file.station_groups)
    return AtMoonCase(
        contact_day=table.contact_day.value,
        evolution_day=table.evolution_day.value,
        light_day=table.light_day.value,
        places=own + others,
        lands=bool(own),
        partners=tuple(_partner(each) for each in file.partners),
        stations=stations,
        groups=groups or (("all stations", tuple(each.id for each in stations)),),
        radios=_radios(file.radios),
        produced_gigabyte_per_day=_number(table.daily_data_gigabyte),
        camera=_camera(table),
        descent=_descent(file.descent) if file.descent else None,
        overburn=_overburn(file.overburn) if file.overburn else None,
        insertion=tuple(_step(each) for each in file.insertion),
        orbit_life=_orbit_life(file.orbit_life) if file.orbit_life else None,
        relay_design=_relay_design(file.relay_design) if file.relay_design else None,
    )


def _number(number: Number | None) -> float | None:
    return None if number is None else number.value


def _instant(instant: Instant) -> float:
    return float(tdb_from_utc(instant.value))


def _stations(table: AtMoonTable, document: Document) -> tuple[GroundStation, ...]:
    own = read_stations(Path(document.path).parent / table.stations_file) if table.stations_file else {}
    known = ground_stations()
    return tuple(
        own[name] if name in own and name not in known else ground_station(name) for name in table.ground_stations
    )


def _camera(table: AtMoonTable) -> CameraCase | None:
    swath, low, high = (
        table.camera_swath_km,
        table.camera_sun_elevation_min_deg,
        table.camera_sun_elevation_max_deg,
    )
    return CameraCase(swath.value, low.value, high.value) if swath and low and high else None


def _place(table: LandingTable | PlaceTable, key: KeyPath, document: Document) -> PlaceCase:
    if table.site is not None:
        site = lunar_site(table.site)
        latitude, longitude, ground_km, name = site.latitude_deg, site.longitude_deg, site.altitude_km, site.name
        known = site.ellipse_km
    else:
        assert table.latitude_deg is not None and table.longitude_deg is not None  # a rule of the file, checked before
        latitude, longitude, ground_km, known = table.latitude_deg.value, table.longitude_deg.value, 0.0, None
        name = f"{latitude:g} deg, {longitude:g} deg"
    own = (_number(table.ellipse_long_km), _number(table.ellipse_short_km))
    axes = own if own[0] is not None else (max(known), min(known)) if known else (None, None)
    return PlaceCase(
        id=table.id if isinstance(table, PlaceTable) else "landing_site",
        name=table.name or name,
        latitude_deg=latitude,
        longitude_deg=longitude,
        altitude_km=ground_km + KM_PER_M * (_number(table.eye_height_m) or 0.0),
        horizon=_horizon(table, latitude, longitude, key, document),
        elevation_mask_deg=_number(table.elevation_mask_deg) or 0.0,
        ellipse_long_km=axes[0],
        ellipse_short_km=axes[1],
        ellipse_azimuth_deg=_number(table.ellipse_azimuth_deg) or 0.0,
    )


def _horizon(table: HorizonKeys, latitude: float, longitude: float, key: KeyPath, document: Document) -> HorizonCase:
    folder = Path(document.path).parent
    eye_m = _number(table.eye_height_m) or 0.0
    if table.horizon_file is not None:
        file = folder / table.horizon_file
        return horizon_case(_told(document, (*key, "horizon_file"), lambda: read_mask(file)))
    if table.terrain_file is not None:
        heights, words = folder / table.terrain_file, table.terrain_source or ""

        def computed() -> HorizonMask:
            grid = _grid(heights, "south" if latitude < 0.0 else "north", words)
            return horizon_from_terrain(grid, latitude, longitude, eye_height_m=eye_m, required_km=NEED_KM).mask

        return horizon_case(_told(document, (*key, "terrain_file"), computed))
    if table.horizon == "synthetic_polar_rim":
        return horizon_case(synthetic_polar_mask())
    return horizon_case(peak_mask(eye_m, f"flat horizon, eye at {eye_m:g} m") if eye_m > 0.0 else flat_mask())


def _grid(heights: Path, pole: str, source: str) -> ElevationGrid:
    if heights.suffix.lower() == ".asc":
        return read_ascii_terrain(heights, pole=pole, source=source)
    return read_geotiff_terrain(heights, source=source, pole=pole)


def _told(document: Document, key: KeyPath, make: Callable[[], HorizonMask]) -> HorizonMask:
    """Say where in the scenario a file is named that cannot be used."""
    try:
        return make()
    except (DataError, InputError) as error:
        hint = "see scenarios/README.md for the formats"
        problem = document.problem(key, short_text(str(error), 200), "a file from which a horizon can be made", hint)
        raise ScenarioError([problem]) from error


def _partner(table: PartnerTable) -> PartnerCase:
    start, stop = table.work_start_utc, table.work_stop_utc
    return PartnerCase(
        id=table.id,
        name=table.name,
        perilune_altitude_km=table.perilune_altitude_km.value,
        apolune_altitude_km=table.apolune_altitude_km.value,
        inclination_deg=table.inclination_deg.value,
        argument_of_perilune_deg=_number(table.argument_of_perilune_deg) or 0.0,
        node_deg=table.node_deg.value,
        work_start_tdb=float(tdb_from_utc(moment_interval_utc(start.value)[0])) if start else None,
        work_stop_tdb=float(tdb_from_utc(moment_interval_utc(stop.value)[1])) if stop else None,
    )


def _radios(tables: tuple[RadioTable, ...]) -> Radios:
    preset = assumed_radios()
    own = {table.link: _radio(table) for table in tables}
    return Radios(
        own.get("proximity", preset.proximity), own.get("relay", preset.relay), own.get("downlink", preset.downlink)
    )


def _radio(table: RadioTable) -> LinkBudget:
    keys = ("frequency_mhz", "power_w", "transmit_gain_dbi", "gain_over_temperature_db", "losses_db")
    numbers = [getattr(table, key) for key in (*keys, "needed_ebn0_db", "margin_db", "rate_max_mbit_s")]
    assumed = any(number.status == "assumed" for number in numbers)
    names = sorted({name for number in numbers for name in number.source})
    return LinkBudget(
        name=f"{table.link} link of the scenario",
        frequency_hz=table.frequency_mhz.value * 1e6,
        power_w=table.power_w.value,
        transmit_gain_db_ratio=table.transmit_gain_dbi.value,
        gain_over_temperature_db_per_k=table.gain_over_temperature_db.value,
        losses_db_ratio=table.losses_db.value,
        needed_ebn0_db_ratio=table.needed_ebn0_db.value,
        margin_db_ratio=table.margin_db.value,
        rate_max_bit_per_s=table.rate_max_mbit_s.value * 1e6,
        status="assumed" if assumed else "derived",
        source=f"scenario file [{', '.join(names)}]" if names else "scenario file",
    )


def _descent(table: DescentTable) -> DescentCase:
    given = {name: getattr(table, name).value for name in type(table).model_fields if name != "thrust_n"}
    return DescentCase(**given, thrust_n=_number(table.thrust_n))


def _overburn(table: OverburnTable) -> OverburnCase:
    return OverburnCase(
        begin_tdb=_instant(table.begin_utc),
        lost_tdb=_instant(table.lost_utc),
        planned_s=table.planned_s.value,
        actual_s=table.actual_s.value,
        perilune_altitude_km=table.perilune_altitude_km.value,
        apolune_altitude_km=table.apolune_altitude_km.value,
        circular_altitude_km=table.circular_altitude_km.value,
        planned_perilune_km=table.planned_perilune_km.value,
        inclination_deg=table.inclination_deg.value,
        southbound=table.direction == "southbound",
        crater_latitude_deg=table.crater_latitude_deg.value,
        crater_longitude_deg=table.crater_longitude_deg.value,
        crater_altitude_km=table.crater_altitude_m.value * KM_PER_M,
        uncertainty_s=table.uncertainty_s.value,
    )


def _step(table: InsertionStepTable) -> ApsisStep:
    return ApsisStep(
        name=table.name,
        at=table.at,
        passage=1 if table.passage is None else table.passage.value,
        other_altitude_km=_number(table.other_altitude_km),
        inclination_deg=_number(table.inclination_deg),
        steering=table.steering or "turning",
    )


def _orbit_life(table: OrbitLifeTable) -> OrbitLifeCase:
    return OrbitLifeCase(
        span_day=table.span_day.value,
        limit_altitude_km=table.limit_altitude_km.value,
        inclination_deg=tuple(sorted(table.inclination_deg.value)),
        nodes_n=table.nodes.value,
        epochs_n=table.epochs.value,
        keeping_months_n=table.keeping_months.value,
    )


def _relay_design(table: RelayDesignTable) -> RelayDesignCase:
    return RelayDesignCase(
        span_day=table.span_day.value,
        months_n=table.months.value,
        nodes_n=table.nodes.value,
        node_span_day=table.node_span_day.value,
        perilune_altitude_km=tuple(sorted(table.perilune_altitude_km.value)),
    )
