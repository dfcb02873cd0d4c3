"""The table ``[limits]`` of a mission file: which of the opportunities found the mission accepts."""

# No `from __future__ import annotations` here: pydantic reads the annotations of models when they are defined.

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, Field

from sim.errors import InputError, ScenarioProblem
from sim.scenario.document import short
from sim.scenario.quantities import RULES, Identifier, Number, Quantity
from sim.sites import ground_station

if TYPE_CHECKING:
    from sim.scenario.facts import Facts
    from sim.windows.limits import Limits

Stations = Annotated[tuple[Identifier, ...], Field(strict=False, min_length=1, max_length=20)]


class LimitsTable(BaseModel):
    """Limits on the opportunities of a mission; a key that is left out sets none."""

    model_config = RULES

    c3_max_km2_s2: Annotated[Number, Quantity("km2_s2", -10.0, 50.0)] | None = Field(
        default=None, description="Highest launch energy; about -2 for the Moon"
    )
    tli_dv_max_m_s: Annotated[Number, Quantity("m_s", 0.0, 10_000.0)] | None = Field(
        default=None, description="Highest trans-lunar injection, impulsive"
    )
    loi_dv_max_m_s: Annotated[Number, Quantity("m_s", 0.0, 5_000.0)] | None = Field(
        default=None, description="Highest lunar orbit insertion, impulsive"
    )
    total_dv_max_m_s: Annotated[Number, Quantity("m_s", 0.0, 15_000.0)] | None = Field(
        default=None, description="Highest sum of the two"
    )
    azimuth_min_deg: Annotated[Number, Quantity("deg", 0.0, 360.0)] | None = Field(
        default=None, description="Least launch azimuth, relative to the rotating Earth"
    )
    azimuth_max_deg: Annotated[Number, Quantity("deg", 0.0, 360.0)] | None = Field(
        default=None, description="Greatest launch azimuth, relative to the rotating Earth"
    )
    coast_min_s: Annotated[Number, Quantity("s", 0.0, 172_800.0)] | None = Field(
        default=None, description="Shortest coast in the parking orbit"
    )
    coast_max_s: Annotated[Number, Quantity("s", 0.0, 172_800.0)] | None = Field(
        default=None, description="Longest coast in the parking orbit; transfer.coast_s_max limits the search itself"
    )
    launch_sun_elevation_min_deg: Annotated[Number, Quantity("deg", -90.0, 90.0)] | None = Field(
        default=None, description="Lowest Sun at the launch site at lift-off; 0 asks for daylight"
    )
    tli_sun_fraction_min: Annotated[Number, Quantity("1", 0.0, 1.0)] | None = Field(
        default=None, description="Least part of the Sun's disc seen at injection; 1 asks for full sunlight"
    )
    loi_sun_fraction_min: Annotated[Number, Quantity("1", 0.0, 1.0)] | None = Field(
        default=None, description="Least part of the Sun's disc seen at perilune; 1 asks for full sunlight"
    )
    tli_stations: Stations | None = Field(
        default=None, description="Ground stations of which one at least must see the injection"
    )
    loi_stations: Stations | None = Field(
        default=None, description="Ground stations of which one at least must see the insertion, past the Moon"
    )
    eclipse_max_s: Annotated[Number, Quantity("s", 0.0, 172_800.0)] | None = Field(
        default=None, description="Longest eclipse without a break between injection and perilune"
    )
    beta_sun_min_deg: Annotated[Number, Quantity("deg", 0.0, 90.0)] | None = Field(
        default=None, description="Least angle of the Sun over the arrival plane, either side"
    )
    beta_sun_max_deg: Annotated[Number, Quantity("deg", 0.0, 90.0)] | None = Field(
        default=None, description="Greatest angle of the Sun over the arrival plane, either side"
    )
    beta_earth_min_deg: Annotated[Number, Quantity("deg", 0.0, 90.0)] | None = Field(
        default=None, description="Least angle of the Earth over the arrival plane, either side"
    )
    beta_earth_max_deg: Annotated[Number, Quantity("deg", 0.0, 90.0)] | None = Field(
        default=None, description="Greatest angle of the Earth over the arrival plane, either side"
    )
    earth_elevation_landing_min_deg: Annotated[Number, Quantity("deg", -90.0, 90.0)] | None = Field(
        default=None, description="Lowest Earth at the landing site at landing"
    )
    cross_track_landing_max_km: Annotated[Number, Quantity("km", 0.0, 3_000.0)] | None = Field(
        default=None, description="Greatest distance from the arrival plane to the landing site at landing"
    )
    delivered_mass_min_kg: Annotated[Number, Quantity("kg", 0.0, 60_000.0)] | None = Field(
        default=None, description="Least mass in lunar orbit"
    )


_PAIRS = (
    ("azimuth_min_deg", "azimuth_max_deg"),
    ("coast_min_s", "coast_max_s"),
    ("beta_sun_min_deg", "beta_sun_max_deg"),
    ("beta_earth_min_deg", "beta_earth_max_deg"),
)
_OF_LANDING = ("earth_elevation_landing_min_deg", "cross_track_landing_max_km")


def limits_of(table: LimitsTable | None) -> "Limits":
    """Return the limits of a mission as plain numbers.

    Parameters
    ----------
    table : LimitsTable or None
        Validated; None sets no limit.

    Returns
    -------
    Limits
        Without those of the landing's light, which stand in ``[landing]``.
    """
    # numpy takes longer to load than `perilune check` may run
    from sim.windows.limits import Limits

    if table is None:
        return Limits()
    given: dict[str, Any] = {name: getattr(table, name) for name in type(table).model_fields}
    plain: dict[str, Any] = {
        name: value.value if isinstance(value, Number) else value for name, value in given.items() if value is not None
    }
    return Limits(**plain)


def limits_faults(facts: "Facts") -> Iterator[ScenarioProblem]:
    """Check what must hold between the limits of a mission and the rest of its file.

    Parameters
    ----------
    facts : Facts
        File.

    Yields
    ------
    ScenarioProblem
        Bounds that are swapped, stations that nobody knows, limits on a landing that does not take place.
    """
    if not facts.has("limits"):
        return
    for low_key, high_key in _PAIRS:
        low, high = facts.get("limits", low_key), facts.get("limits", high_key)
        if low is not None and high is not None and high < low:
            yield facts.problem(("limits", high_key), f"{high:g}", f"at least {low_key} = {low:g}", "swap the two?")
    for key in _OF_LANDING:
        if facts.has("limits", key) and not facts.has("landing"):
            yield facts.problem(("limits", key), "a limit on the landing", "none without [landing]", "add [landing]")
    for key in ("tli_stations", "loi_stations"):
        yield from _stations(facts, key)


def _stations(facts: "Facts", key: str) -> Iterator[ScenarioProblem]:
    given = facts.get("limits", key)
    for index, name in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(name, str):
            continue
        try:
            ground_station(name)
        except InputError as error:
            hint = str(error).partition("; ")[2]
            yield facts.problem(("limits", key, index), short(name), "a known ground station", hint)
