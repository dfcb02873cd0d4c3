"""Tables of a mission file about its time at the Moon: places, partners, stations, radios, descent."""

# No `from __future__ import annotations` here: pydantic reads the annotations of models when they are defined.

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from sim.scenario.quantities import (
    RULES,
    Count,
    Identifier,
    Instant,
    Moment,
    Number,
    Numbers,
    Quantity,
    ShortText,
    Utc,
)

Names = Annotated[tuple[Identifier, ...], Field(strict=False, min_length=1, max_length=40)]
FileName = Annotated[str, Field(min_length=1, max_length=400)]


class HorizonKeys(BaseModel):
    """Horizon of a place on the Moon, and its landing ellipse."""

    model_config = RULES

    horizon: Literal["flat", "synthetic_polar_rim"] | None = Field(
        default=None, description="Horizon without data, shown as assumed; flat when nothing is given"
    )
    horizon_file: FileName | None = Field(
        default=None, description="Horizon mask, CSV of azimuth_deg,elevation_deg; relative to this file"
    )
    terrain_file: FileName | None = Field(
        default=None,
        description="Polar stereographic heights (GeoTIFF .tif, or ESRI ASCII .asc) from which the horizon is computed",
    )
    terrain_source: ShortText | None = Field(default=None, description="What the heights are, for terrain_file")
    eye_height_m: Annotated[Number, Quantity("m", 0.0, 10_000.0)] | None = Field(
        default=None, description="Panel or antenna over the ground; a flat horizon then lies below the level plane"
    )
    elevation_mask_deg: Annotated[Number, Quantity("deg", 0.0, 60.0)] | None = Field(
        default=None, description="Least elevation of a link over the level plane; 0 when left out"
    )
    ellipse_long_km: Annotated[Number, Quantity("km", 0.01, 500.0)] | None = Field(
        default=None, description="Long axis of the landing ellipse"
    )
    ellipse_short_km: Annotated[Number, Quantity("km", 0.01, 500.0)] | None = Field(
        default=None, description="Its short axis"
    )
    ellipse_azimuth_deg: Annotated[Number, Quantity("deg", 0.0, 360.0)] | None = Field(
        default=None, description="Direction of the long axis, from north over east; 0 when left out"
    )


class SiteKeys(BaseModel):
    """A place on the Moon by name or by coordinates."""

    model_config = RULES

    site: Identifier | None = Field(default=None, description="Lunar site known to the simulator; or give coordinates")
    latitude_deg: Annotated[Number, Quantity("deg", -90.0, 90.0)] | None = Field(
        default=None, description="Selenographic (mean Earth), north positive; when there is no site"
    )
    longitude_deg: Annotated[Number, Quantity("deg", -180.0, 360.0)] | None = Field(
        default=None, description="Selenographic (mean Earth), east positive; when there is no site"
    )


class PlaceTable(SiteKeys, HorizonKeys):
    """A place on the Moon that is surveyed or talked to, beside the mission's own landing site."""

    id: Identifier = Field(description="Identifier, unique in the file")
    name: ShortText = Field(description="Name in reports")


ApsisAltitude = Annotated[
    Number, Quantity("km", 5.0, 70_000.0), Field(description="Over the 1737.4 km sphere")
]
LunarInclination = Annotated[Number, Quantity("deg", 0.0, 180.0), Field(description="To the lunar equator")]
ArgumentOfPerilune = Annotated[
    Annotated[Number, Quantity("deg", 0.0, 360.0)] | None,
    Field(description="From the ascending node; leave out for near-circular orbits"),
]
"""Shape of an orbit about the Moon: keys of phases and of partners alike."""


class PartnerTable(BaseModel):
    """An orbiter of another mission that works with this one, for example as a relay."""

    model_config = RULES

    id: Identifier = Field(description="Identifier, unique in the file")
    name: ShortText = Field(description="Name in reports")
    perilune_altitude_km: ApsisAltitude
    apolune_altitude_km: ApsisAltitude
    inclination_deg: LunarInclination
    argument_of_perilune_deg: ArgumentOfPerilune = None
    node_deg: Annotated[Number, Quantity("deg", 0.0, 360.0)] = Field(
        description="Selenographic longitude of the ascending node when the look at it begins"
    )
    work_start_utc: Annotated[Moment, Utc(partial=True)] | None = Field(
        default=None, description="Begin of its working life, as exactly as published"
    )
    work_stop_utc: Annotated[Moment, Utc(partial=True)] | None = Field(
        default=None, description="End of its working life, as exactly as published"
    )


class StationGroupTable(BaseModel):
    """Ground stations that are counted together."""

    model_config = RULES

    name: ShortText = Field(description="Name in reports, for example the country")
    stations: Names = Field(description="Ids out of at_moon.ground_stations")


class RadioTable(BaseModel):
    """A simple link budget in one direction; the links left out are assumed, and reports say so."""

    model_config = RULES

    link: Literal["proximity", "relay", "downlink"] = Field(
        description="Lander to a near orbiter, lander to a distant relay (apolune above 1,000 km), orbiter to the Earth"
    )
    frequency_mhz: Annotated[Number, Quantity("MHz", 10.0, 1e6)] = Field(description="Carrier")
    power_w: Annotated[Number, Quantity("W", 0.001, 10_000.0)] = Field(description="Into the transmitting antenna")
    transmit_gain_dbi: Annotated[Number, Quantity("dBi", -20.0, 80.0)] = Field(description="Of that antenna")
    gain_over_temperature_db: Annotated[Number, Quantity("dB/K", -60.0, 80.0)] = Field(
        description="Receiving antenna gain over system noise temperature"
    )
    losses_db: Annotated[Number, Quantity("dB", 0.0, 40.0)] = Field(description="Pointing, polarisation, circuit")
    needed_ebn0_db: Annotated[Number, Quantity("dB", -2.0, 30.0)] = Field(description="What the code needs")
    margin_db: Annotated[Number, Quantity("dB", 0.0, 30.0)] = Field(description="Margin")
    rate_max_mbit_s: Annotated[Number, Quantity("Mbit/s", 1e-6, 1e5)] = Field(description="What the radio can do")


class AtMoonTable(BaseModel):
    """What `perilune run` looks at once the mission is at the Moon; without this table it stops at arrival."""

    model_config = RULES

    contact_day: Annotated[Number, Quantity("day", 1.0, 400.0)] = Field(
        description="Length of the look at links and passes, from the begin of each phase or from landing"
    )
    evolution_day: Annotated[Number, Quantity("day", 1.0, 400.0)] = Field(
        description="Length of free flight shown as altitude and eccentricity"
    )
    light_day: Annotated[Number, Quantity("day", 1.0, 3_700.0)] = Field(
        description="Length of the illumination calendar, from landing"
    )
    ground_stations: Names = Field(description="Stations of the simulator's table or of stations_file")
    stations_file: FileName | None = Field(
        default=None, description="Further stations, TOML as sim/sites/data/ground_stations.toml; relative to this file"
    )
    daily_data_gigabyte: Annotated[Number, Quantity("GB", 0.0, 1e5)] | None = Field(
        default=None, description="What the instruments deliver in a day, to compare with what the stations bring home"
    )
    camera_swath_km: Annotated[Number, Quantity("km", 0.1, 500.0)] | None = Field(
        default=None, description="Width of the camera's strip on the ground"
    )
    camera_sun_elevation_min_deg: Annotated[Number, Quantity("deg", -90.0, 90.0)] | None = Field(
        default=None, description="Lowest Sun at which pictures count"
    )
    camera_sun_elevation_max_deg: Annotated[Number, Quantity("deg", -90.0, 90.0)] | None = Field(
        default=None, description="Highest Sun at which pictures count"
    )


class DescentTable(BaseModel):
    """De-orbit and powered descent."""

    model_config = RULES

    orbit_altitude_km: Annotated[Number, Quantity("km", 10.0, 1_000.0)] = Field(description="Circular orbit before")
    perilune_altitude_km: Annotated[Number, Quantity("km", 1.0, 200.0)] = Field(
        description="Where the powered descent begins"
    )
    mass_kg: Annotated[Number, Quantity("kg", 10.0, 60_000.0)] = Field(description="At that moment")
    isp_s: Annotated[Number, Quantity("isp", 150.0, 500.0)] = Field(description="Specific impulse of the descent")
    rest_height_m: Annotated[Number, Quantity("m", 1.0, 5_000.0)] = Field(
        description="Height at which the braking comes to rest"
    )
    vertical_s: Annotated[Number, Quantity("s", 0.0, 600.0)] = Field(description="Vertical phase from there, hovering")
    reserve_share: Annotated[Number, Quantity("1", 0.0, 1.0)] = Field(description="Reserve as a share of all the rest")
    thrust_n: Annotated[Number, Quantity("n", 20.0, 200_000.0)] | None = Field(
        default=None,
        description="Thrust of the descent, held while braking; without it, the thrust that a gravity turn needs",
    )


class OverburnTable(BaseModel):
    """A de-orbit burn that lasted too long, and the crater that it led to."""

    model_config = RULES

    begin_utc: Annotated[Instant, Utc()] = Field(description="Begin of the burn")
    lost_utc: Annotated[Instant, Utc()] = Field(description="Loss of signal, or impact")
    uncertainty_s: Annotated[Number, Quantity("s", 0.0, 600.0)] = Field(description="Of these two times, either side")
    planned_s: Annotated[Number, Quantity("s", 1.0, 3_000.0)] = Field(description="Duration of the burn as planned")
    actual_s: Annotated[Number, Quantity("s", 1.0, 3_000.0)] = Field(description="Duration as flown")
    perilune_altitude_km: Annotated[Number, Quantity("km", 5.0, 1_000.0)] = Field(description="Orbit before, as flown")
    apolune_altitude_km: Annotated[Number, Quantity("km", 5.0, 1_000.0)] = Field(description="Orbit before, as flown")
    circular_altitude_km: Annotated[Number, Quantity("km", 5.0, 1_000.0)] = Field(
        description="Circular orbit of the plan, the other candidate for the orbit before"
    )
    planned_perilune_km: Annotated[Number, Quantity("km", 1.0, 200.0)] = Field(description="What the burn was to reach")
    inclination_deg: Annotated[Number, Quantity("deg", 0.0, 180.0)] = Field(description="To the lunar equator")
    crater_latitude_deg: Annotated[Number, Quantity("deg", -90.0, 90.0)] = Field(description="Selenographic")
    crater_longitude_deg: Annotated[Number, Quantity("deg", -180.0, 360.0)] = Field(description="Selenographic, east")
    crater_altitude_m: Annotated[Number, Quantity("m", -10_000.0, 11_000.0)] = Field(
        description="Over the 1737.4 km sphere"
    )
    direction: Literal["southbound", "northbound"] = Field(description="Direction of flight at the crater")


class InsertionStepTable(BaseModel):
    """One burn on the way from the arrival to the working orbit, flown as long as the main engine takes."""

    model_config = RULES

    name: ShortText = Field(description="Name in reports, unique in the file")
    at: Literal["perilune", "apolune"] = Field(description="Apsis at which the burn is centred")
    passage: Annotated[Count, Quantity("1", 1, 100)] | None = Field(
        default=None,
        description="Which passage of that apsis after the burn before, the arrival's own being the first; else 1",
    )
    other_altitude_km: Annotated[Number, Quantity("km", 5.0, 70_000.0)] | None = Field(
        default=None, description="Altitude of the opposite apsis after the burn; unchanged when left out"
    )
    inclination_deg: Annotated[Number, Quantity("deg", 0.0, 180.0)] | None = Field(
        default=None, description="To the lunar equator after the burn; unchanged when left out"
    )
    steering: Literal["turning", "fixed", "along_velocity"] | None = Field(
        default=None, description="How the thrust points during the burn; turning at a constant rate when left out"
    )


class OrbitLifeTable(BaseModel):
    """Low orbits left alone, the frozen orbit beside each, and what keeping them costs."""

    model_config = RULES

    span_day: Annotated[Number, Quantity("day", 5.0, 1_500.0)] = Field(
        description="How long orbits are followed without corrections"
    )
    limit_altitude_km: Annotated[Number, Quantity("km", 0.0, 200.0)] = Field(
        description="Height over the 1737.4 km sphere at which an orbit counts as lost; terrain rises to 10.8 km"
    )
    inclination_deg: Annotated[Numbers, Quantity("deg", 0.0, 180.0)] = Field(
        description="Inclinations compared with that of the phase"
    )
    nodes: Annotated[Count, Quantity("1", 1, 72)] = Field(description="Nodes around the equator flown for each")
    epochs: Annotated[Count, Quantity("1", 1, 24)] = Field(description="Starts over a year flown for each")
    keeping_months: Annotated[Count, Quantity("1", 1, 36)] = Field(
        description="Pairs of correction burns flown, one in each month in which the node comes back"
    )


class RelayDesignTable(BaseModel):
    """Elliptic relay orbits over years without corrections, and the frozen ellipse of the same size beside each."""

    model_config = RULES

    span_day: Annotated[Number, Quantity("day", 60.0, 4_000.0)] = Field(
        description="How long they are followed; coverage of [[places]] is counted month by month"
    )
    months: Annotated[Count, Quantity("1", 3, 60)] = Field(
        description="Sidereal months over which the frozen ellipse strays least"
    )
    nodes: Annotated[Count, Quantity("1", 1, 72)] = Field(
        description="Nodes around the equator from which the phase is flown, to see which plane lasts"
    )
    node_span_day: Annotated[Number, Quantity("day", 10.0, 2_000.0)] = Field(
        description="How long it is flown from each node"
    )
    perilune_altitude_km: Annotated[Numbers, Quantity("km", 50.0, 20_000.0)] = Field(
        description="Perilunes of the frozen ellipses of the same period that are searched"
    )
