"""The tables and keys of a *mission* file."""

# No `from __future__ import annotations` here: pydantic reads the annotations of models when they are defined.

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from sim.scenario.at_moon_tables import (
    ApsisAltitude,
    ArgumentOfPerilune,
    AtMoonTable,
    DescentTable,
    HorizonKeys,
    InsertionStepTable,
    LunarInclination,
    OrbitLifeTable,
    OverburnTable,
    PartnerTable,
    PlaceTable,
    RadioTable,
    RelayDesignTable,
    SiteKeys,
    StationGroupTable,
)
from sim.scenario.limits_table import LimitsTable
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
    SourceId,
    Text,
    Utc,
)

Pole = Literal["north", "south"]
Branch = Literal["ascending", "descending"]
Leg = Literal["northeast", "southeast"]
DateKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}_utc$")]


class Source(BaseModel):
    """One source: where a number was read."""

    model_config = RULES

    title: ShortText | Text = Field(description="Title, or what it says in one line")
    url: str = Field(min_length=1, max_length=400, description="Where it can be found")
    date: str = Field(min_length=1, max_length=60, description="When it was published or seen")
    quality: str = Field(
        min_length=1, max_length=80, description="What kind of source; 'unconfirmed' backs assumed numbers only"
    )


class MissionTable(BaseModel):
    """What the mission is."""

    model_config = RULES

    id: Identifier = Field(description="Identifier, unique within a plan: lower case, digits and _")
    name: ShortText = Field(description="Name in reports")
    agency: ShortText = Field(description="Who flies it")
    kind: Literal["orbiter", "lander", "relay", "sample_return", "impactor"] = Field(description="What it does")
    description: Text = Field(description="One paragraph for reports")


class SpacecraftTable(BaseModel):
    """Masses and the engine that inserts into lunar orbit, if there is one."""

    model_config = RULES

    launch_mass_kg: Annotated[Number, Quantity("kg", 20.0, 60_000.0)] = Field(
        description="Mass when the launcher lets go"
    )
    dry_mass_kg: Annotated[Number, Quantity("kg", 10.0, 60_000.0)] = Field(
        description="Mass with the propellant of the main engine used up"
    )
    engine_thrust_n: Annotated[Number, Quantity("n", 20.0, 200_000.0)] | None = Field(
        default=None, description="Thrust of the main engine; only impactors do without"
    )
    engine_isp_s: Annotated[Number, Quantity("isp", 150.0, 500.0)] | None = Field(
        default=None, description="Specific impulse of the main engine; only impactors do without"
    )
    trim_dv_m_s: Annotated[Number, Quantity("m_s", 0.0, 500.0)] = Field(
        description="Velocity change reserved for mid-course corrections and trims"
    )
    lifetime_day: Annotated[Number, Quantity("day", 0.0, 11_000.0)] = Field(description="Working life after arrival")


class LauncherTable(BaseModel):
    """Launch vehicle and its upper stage."""

    model_config = RULES

    name: ShortText = Field(description="Launch vehicle")
    tli_capability_kg: Annotated[Number, Quantity("kg", 20.0, 150_000.0)] | None = Field(
        default=None, description="Mass that it sends to the Moon"
    )
    ascent_s: Annotated[Number, Quantity("s", 100.0, 3_000.0)] | None = Field(
        default=None, description="Lift-off to insertion into the parking orbit, or to burn-out of a direct ascent"
    )
    ascent_arc_deg: Annotated[Number, Quantity("deg", 1.0, 120.0)] | None = Field(
        default=None, description="Geocentric arc from the site to that point"
    )
    upper_stage_thrust_n: Annotated[Number, Quantity("n", 1_000.0, 5e6)] | None = Field(
        default=None, description="Thrust of the stage that burns trans-lunar injection"
    )
    upper_stage_isp_s: Annotated[Number, Quantity("isp", 150.0, 500.0)] | None = Field(
        default=None, description="Specific impulse of that stage"
    )
    upper_stage_burnout_kg: Annotated[Number, Quantity("kg", 100.0, 50_000.0)] | None = Field(
        default=None, description="Its mass at burn-out without payload"
    )
    injection: Literal["finite", "impulsive"] = Field(
        default="finite",
        description="Whether the upper stage's burn is flown as long as it takes (when its three keys are given)",
    )


class LaunchTable(BaseModel):
    """From where and when."""

    model_config = RULES

    site: Identifier | None = Field(
        default=None,
        description="Launch site: vostochny, wenchang, baikonur, kennedy, ...; or give [departure_orbit]",
    )
    period_start_utc: Annotated[Instant, Utc()] = Field(
        description="First instant of the launch period that is searched"
    )
    period_stop_utc: Annotated[Instant, Utc()] = Field(description="End of the launch period that is searched")
    nominal_utc: Annotated[Instant, Utc()] | None = Field(
        default=None, description="Launch instant announced or flown, when one was published to the minute"
    )
    legs: Annotated[tuple[Leg, ...], Field(strict=False, min_length=1, max_length=2)] = Field(
        default=("northeast", "southeast"), description="Launch azimuths to search, north or south of due east"
    )


class ParkingOrbitTable(BaseModel):
    """Circular orbit around the Earth from which the injection is made."""

    model_config = RULES

    altitude_km: Annotated[Number, Quantity("km", 130.0, 2_000.0)] = Field(description="Over the equatorial radius")
    inclination_deg: Annotated[Numbers, Quantity("deg", 0.0, 180.0)] = Field(
        description="To the true equator of date; one or several to try"
    )


class DirectAscentTable(BaseModel):
    """Ascent that burns through to the transfer, in place of a parking orbit."""

    model_config = RULES

    burnout_altitude_km: Annotated[Number, Quantity("km", 100.0, 2_000.0)] = Field(
        description="Altitude at burn-out, over the equatorial radius"
    )
    inclination_deg: Annotated[Numbers, Quantity("deg", 0.0, 180.0)] = Field(
        description="Of the plane of ascent, to the true equator of date; one or several to try"
    )
    climb_angle_max_deg: Annotated[Number, Quantity("deg", 1.0, 60.0)] = Field(
        description="Steepest flight path at burn-out, over the local horizon"
    )


class DepartureOrbitTable(BaseModel):
    """Orbit of a space station from which the mission departs; its shape is that of [parking_orbit]."""

    model_config = RULES

    id: Identifier = Field(description="Identifier, for example iss")
    name: ShortText = Field(description="Name in reports")
    raan_deg: Annotated[Number, Quantity("deg", 0.0, 360.0)] = Field(
        description="Right ascension of the ascending node at epoch_utc, true equator and equinox of date"
    )
    epoch_utc: Annotated[Instant, Utc()] = Field(description="When the node was there")


class TransferTable(BaseModel):
    """The way to the Moon."""

    model_config = RULES

    class_: Literal["direct", "impact"] = Field(
        alias="class", description="Trajectory class: into lunar orbit, or onto a place of the Moon ([impact])"
    )
    flight_time_day: Annotated[Numbers, Quantity("day", 1.0, 8.0)] = Field(
        description="Trans-lunar injection to perilune or impact; one or several to try"
    )
    coast_s_max: Annotated[Number, Quantity("s", 60.0, 172_800.0)] | None = Field(
        default=None, description="Longest coast in the parking orbit before injection; for launches into one"
    )
    coast_revs_max: Annotated[Count, Quantity("1", 0, 20)] | None = Field(
        default=None, description="Whole parking revolutions allowed in the coast; 0 means the first pass"
    )
    poles: Annotated[tuple[Pole, ...], Field(strict=False, min_length=1, max_length=2)] = Field(
        default=("north", "south"), description="Lunar poles over which to approach"
    )
    branches: Annotated[tuple[Branch, ...], Field(strict=False, min_length=1, max_length=2)] = Field(
        default=("ascending", "descending"), description="Legs of the parking plane on which to meet the Moon"
    )
    announced_total_day: Annotated[Number, Quantity("day", 2.0, 400.0)] | None = Field(
        default=None, description="Lift-off to lunar orbit as announced, staging included; for the record, not searched"
    )


class ArrivalTable(BaseModel):
    """First perilune and the lunar orbit to enter there."""

    model_config = RULES

    perilune_altitude_km: Annotated[Number, Quantity("km", 10.0, 10_000.0)] = Field(
        description="First perilune, over the 1737.4 km sphere"
    )
    apolune_altitude_km: Annotated[Number, Quantity("km", 10.0, 70_000.0)] = Field(
        description="Apolune of the orbit entered there"
    )
    insertion_burns: Annotated[Count, Quantity("1", 1, 5)] | None = Field(
        default=None, description="Burns, all at perilune, that insertion is split into; one when left out"
    )
    insertion_apolune_altitude_km: Annotated[Numbers, Quantity("km", 10.0, 70_000.0)] | None = Field(
        default=None,
        description="Apolunes after each burn but the last, in the order flown; equal burns when left out",
    )
    plane: Literal["inclination", "landing_site"] = Field(
        description="Whether the arrival plane has a given inclination or contains the landing site at landing"
    )
    lunar_inclination_deg: Annotated[Number, Quantity("deg", 0.0, 180.0)] | None = Field(
        default=None, description='To the lunar equator; for plane = "inclination"'
    )


class ImpactTable(SiteKeys):
    """Place on the Moon that is struck."""

    name: ShortText | None = Field(default=None, description="Name in reports; that of the site when left out")


class OperationTable(BaseModel):
    """One phase in lunar orbit."""

    model_config = RULES

    name: Identifier = Field(description="What the phase is for, for example survey")
    perilune_altitude_km: ApsisAltitude
    apolune_altitude_km: ApsisAltitude
    inclination_deg: LunarInclination
    argument_of_perilune_deg: ArgumentOfPerilune = None
    node_deg: Annotated[Number, Quantity("deg", 0.0, 360.0)] | None = Field(
        default=None,
        description="Selenographic longitude of the ascending node at its begin; that of the arrival when left out",
    )
    keeping: Literal["kept", "free"] | None = Field(
        default=None,
        description="Whether corrections hold the orbit for links and passes, or it drifts; kept when left out",
    )
    start_day: Annotated[Number, Quantity("day", 0.0, 11_000.0)] = Field(description="After arrival")
    duration_day: Annotated[Number, Quantity("day", 0.01, 11_000.0)] = Field(description="How long it lasts")


class LandingTable(SiteKeys, HorizonKeys):
    """Where and when to land."""

    name: ShortText | None = Field(default=None, description="Name in reports; that of the site when left out")
    delay_day: Annotated[Number, Quantity("day", 0.01, 3_700.0)] = Field(description="Perilune arrival to touchdown")
    sun_elevation_min_deg: Annotated[Number, Quantity("deg", -90.0, 90.0)] = Field(
        description="Lowest wanted Sun elevation at touchdown"
    )
    sun_elevation_max_deg: Annotated[Number, Quantity("deg", -90.0, 90.0)] = Field(
        description="Highest wanted Sun elevation at touchdown"
    )


class LunarAscentTable(BaseModel):
    """From the landing site back to the orbiter that waits in lunar orbit."""

    model_config = RULES

    stay_day: Annotated[Number, Quantity("day", 0.05, 400.0)] = Field(description="Touchdown to lift-off from the Moon")
    perilune_altitude_km: Annotated[Number, Quantity("km", 5.0, 1_000.0)] = Field(
        description="Of the orbit that the ascent enters, over the 1737.4 km sphere"
    )
    apolune_altitude_km: Annotated[Number, Quantity("km", 5.0, 1_000.0)] = Field(description="Of that orbit")
    docking_altitude_km: Annotated[Number, Quantity("km", 5.0, 1_000.0)] = Field(
        description="Circular orbit of the orbiter"
    )
    docking_day: Annotated[Number, Quantity("day", 0.02, 60.0)] = Field(description="Lift-off to docking")


class EarthReturnTable(BaseModel):
    """From lunar orbit to a landing on the Earth by skip entry."""

    model_config = RULES

    period_start_utc: Annotated[Instant, Utc()] = Field(description="First injection towards the Earth searched")
    period_stop_utc: Annotated[Instant, Utc()] = Field(description="Last one")
    injection_utc: Annotated[Instant, Utc()] | None = Field(
        default=None, description="Injection flown or announced; searched besides those of the period"
    )
    landing_utc: Annotated[Instant, Utc()] | None = Field(default=None, description="Landing flown or announced")
    perilune_altitude_km: Annotated[Number, Quantity("km", 10.0, 1_000.0)] = Field(
        description="Perilune at injection, over the 1737.4 km sphere"
    )
    ellipse_apolune_altitude_km: Annotated[Number, Quantity("km", 10.0, 70_000.0)] = Field(
        description="Apolune of the ellipse between the two impulses, where the plane is turned"
    )
    flight_time_day: Annotated[Numbers, Quantity("day", 2.0, 8.0)] = Field(
        description="Injection to landing: shortest and longest"
    )
    site_name: ShortText = Field(description="Landing place on the Earth")
    latitude_deg: Annotated[Number, Quantity("deg", -90.0, 90.0)] = Field(description="Geodetic, north positive")
    longitude_deg: Annotated[Number, Quantity("deg", -180.0, 360.0)] = Field(description="East positive")
    inclination_deg: Annotated[Numbers, Quantity("deg", 0.0, 180.0)] = Field(
        description="Of the orbit at entry, to the true equator of date; one or several to try"
    )
    entry_altitude_km: Annotated[Number, Quantity("km", 80.0, 200.0)] = Field(description="Entry interface")
    entry_angle_deg: Annotated[Number, Quantity("deg", -20.0, -1.0)] = Field(
        description="Flight path at entry, below the horizon negative"
    )
    entry_to_landing_s: Annotated[Number, Quantity("s", 300.0, 5_000.0)] = Field(
        description="Entry interface to landing, skip included"
    )
    range_min_km: Annotated[Number, Quantity("km", 500.0, 15_000.0)] = Field(
        description="Shortest way over the ground from entry to landing"
    )
    range_max_km: Annotated[Number, Quantity("km", 500.0, 15_000.0)] = Field(description="Longest way")


class FlownTable(BaseModel):
    """What was measured in flight; reports set it beside what is computed."""

    model_config = RULES

    arrival_utc: Annotated[Instant, Utc()] | None = Field(
        default=None, description="Middle of the insertion burn, or impact"
    )
    injection_speed_km_s: Annotated[Number, Quantity("km_s", 5.0, 15.0)] | None = Field(
        default=None, description="Inertial speed just after injection"
    )
    impact_speed_km_s: Annotated[Number, Quantity("km_s", 1.0, 10.0)] | None = Field(
        default=None, description="Speed at impact"
    )
    insertion_dv_m_s: Annotated[Number, Quantity("m_s", 50.0, 2_000.0)] | None = Field(
        default=None, description="Velocity change of the first insertion burn"
    )


class MissionFile(BaseModel):
    """A mission: spacecraft, launcher, way to the Moon, operations and landing."""

    model_config = RULES

    mission: MissionTable
    spacecraft: SpacecraftTable
    launcher: LauncherTable
    launch: LaunchTable
    parking_orbit: ParkingOrbitTable | None = None
    direct_ascent: DirectAscentTable | None = None
    departure_orbit: DepartureOrbitTable | None = None
    transfer: TransferTable
    arrival: ArrivalTable | None = None
    impact: ImpactTable | None = None
    operations: Annotated[tuple[OperationTable, ...], Field(strict=False, max_length=20)] = ()
    landing: LandingTable | None = None
    limits: LimitsTable | None = None
    lunar_ascent: LunarAscentTable | None = None
    earth_return: EarthReturnTable | None = None
    flown: FlownTable | None = None
    at_moon: AtMoonTable | None = None
    places: Annotated[tuple[PlaceTable, ...], Field(strict=False, max_length=20)] = ()
    partners: Annotated[tuple[PartnerTable, ...], Field(strict=False, max_length=10)] = ()
    station_groups: Annotated[tuple[StationGroupTable, ...], Field(strict=False, max_length=10)] = ()
    radios: Annotated[tuple[RadioTable, ...], Field(strict=False, max_length=3)] = ()
    descent: DescentTable | None = None
    overburn: OverburnTable | None = None
    insertion: Annotated[tuple[InsertionStepTable, ...], Field(strict=False, max_length=12)] = ()
    orbit_life: OrbitLifeTable | None = None
    relay_design: RelayDesignTable | None = None
    dates: dict[DateKey, Annotated[Moment, Utc(partial=True)]] = Field(
        default_factory=dict,
        description="Milestones announced, re-planned or flown; keys of your choice that end in _utc",
    )
    sources: dict[SourceId, Source] = Field(default_factory=dict, description="Sources that only this file uses")
