"""Which tables and keys go together: how a mission leaves the Earth, how it ends, how it comes back."""

from __future__ import annotations

from collections.abc import Iterator

from sim.errors import ScenarioProblem
from sim.scenario.dates import interval_day
from sim.scenario.document import short
from sim.scenario.facts import Facts, order_fault, place_faults
from sim.scenario.toml_lines import Path

ASCENT: tuple[Path, ...] = (("launcher", "ascent_s"), ("launcher", "ascent_arc_deg"))
COAST: tuple[Path, ...] = (("transfer", "coast_s_max"), ("transfer", "coast_revs_max"))
ENGINE: tuple[Path, ...] = (("spacecraft", "engine_thrust_n"), ("spacecraft", "engine_isp_s"))

SHORTEST_DIRECT_DAY = 2.0
"""Flights into lunar orbit that are faster cost twice the insertion; only those that strike the Moon are."""


def _missing(facts: Facts, keys: tuple[Path, ...], when: str) -> Iterator[ScenarioProblem]:
    for key in keys:
        if not facts.has(*key):
            yield facts.problem(key, "nothing", f"{key[-1]} {when}", "add it with status and source")


def _superfluous(facts: Facts, keys: tuple[Path, ...], when: str) -> Iterator[ScenarioProblem]:
    for key in keys:
        if facts.has(*key):
            yield facts.problem(key, str(key[-1]), f"no {key[-1]} {when}", "remove it")


def start_faults(facts: Facts) -> Iterator[ScenarioProblem]:
    """Check that a mission leaves the Earth in one way: from a site into orbit, from a site directly, from an orbit.

    Parameters
    ----------
    facts : Facts
        File.

    Yields
    ------
    ScenarioProblem
        One per fault.
    """
    site, orbit = facts.has("launch", "site"), facts.has("departure_orbit")
    parked, direct = facts.has("parking_orbit"), facts.has("direct_ascent")
    unclear = facts.misnamed_table() or not facts.has("launch")
    if site and orbit:
        hint = "remove launch.site, or the table"
        yield facts.problem(("departure_orbit",), "a launch site as well", "a launch site or an orbit", hint)
        return
    if not site and not orbit and not unclear:
        hint = "add site, or a table [departure_orbit]"
        yield facts.problem(("launch", "site"), "nothing", "a launch site, or an orbit to depart from", hint)
    if parked and direct:
        hint = "remove one of the tables"
        yield facts.problem(("direct_ascent",), "a parking orbit as well", "a parking orbit or a direct ascent", hint)
    elif orbit:
        yield from _from_orbit(facts)
    elif site and not unclear:
        yield from _from_site(facts, parked, direct)


def _from_site(facts: Facts, parked: bool, direct: bool) -> Iterator[ScenarioProblem]:
    if not parked and not direct:
        allowed = "a table [parking_orbit], or [direct_ascent]"
        yield facts.problem(("parking_orbit",), "nothing", allowed, "add it; see scenarios/README.md")
    yield from _missing(facts, ASCENT, "for launches from a site")
    if parked:
        yield from _missing(facts, COAST, "for launches into a parking orbit")
    if direct:
        yield from _superfluous(facts, COAST, "for direct ascents")


def _from_orbit(facts: Facts) -> Iterator[ScenarioProblem]:
    when = "for departures from an orbit"
    if not facts.has("parking_orbit") and not facts.misnamed_table():
        yield facts.problem(
            ("parking_orbit",),
            "nothing",
            "a table [parking_orbit]: the orbit itself",
            "add it; see scenarios/README.md",
        )
    yield from _superfluous(facts, (*ASCENT, *COAST, ("launch", "legs"), ("direct_ascent",)), when)
    given = facts.get("parking_orbit", "inclination_deg")
    if isinstance(given, list) and len(given) > 1:
        hint = "write one number"
        yield facts.problem(("parking_orbit", "inclination_deg"), short(given), f"one inclination {when}", hint)


def end_faults(facts: Facts) -> Iterator[ScenarioProblem]:
    """Check that a mission has one end at the Moon: an orbit, or a place that is struck.

    Parameters
    ----------
    facts : Facts
        File.

    Yields
    ------
    ScenarioProblem
        One per fault.
    """
    family = facts.get("transfer", "class")
    if family == "impact":
        if not facts.has("impact") and not facts.misnamed_table():
            yield facts.problem(("impact",), "nothing", 'a table [impact] for class = "impact"', "add it")
        unused: tuple[Path, ...] = (("arrival",), ("operations",), ("landing",), ("transfer", "poles"))
        yield from _superfluous(facts, unused, 'for class = "impact"')
    elif family == "direct":
        if not facts.has("arrival") and not facts.misnamed_table():
            yield facts.problem(("arrival",), "nothing", "a table [arrival]", "add it; see scenarios/README.md")
        yield from _superfluous(facts, (("impact",),), 'for class = "direct"')
        yield from _missing(facts, ENGINE, 'for class = "direct"')
        yield from _too_fast(facts)
    if facts.has("impact"):
        yield from place_faults(facts, "impact")
    given = [facts.has(*key) for key in ENGINE]
    if family == "impact" and any(given):
        yield from _missing(facts, ENGINE, "beside the other number of the engine")


def _too_fast(facts: Facts) -> Iterator[ScenarioProblem]:
    given = facts.get("transfer", "flight_time_day")
    listed = isinstance(given, list)
    for index, day in enumerate(given if listed else [] if given is None else [given]):
        if day < SHORTEST_DIRECT_DAY:
            path: Path = ("transfer", "flight_time_day", "value", index)
            allowed = f'{SHORTEST_DIRECT_DAY:g} to 8 d for class = "direct"'
            hint = 'only flights of class = "impact" are faster'
            yield facts.problem(path if listed else path[:-1], f"{day:g}", allowed, hint)


def return_faults(facts: Facts) -> Iterator[ScenarioProblem]:
    """Check ascent from the Moon and return to the Earth.

    Parameters
    ----------
    facts : Facts
        File.

    Yields
    ------
    ScenarioProblem
        One per fault.
    """
    if facts.has("lunar_ascent") and not facts.has("landing"):
        yield facts.problem(
            ("lunar_ascent",), "an ascent without [landing]", "a landing to ascend from", "add [landing]"
        )
    low, high = (facts.get("lunar_ascent", f"{end}_altitude_km") for end in ("perilune", "apolune"))
    if low is not None and high is not None and high < low:
        path = ("lunar_ascent", "apolune_altitude_km")
        yield facts.problem(path, f"{high:g}", f"at least perilune_altitude_km = {low:g}", "swap the two?")
    if not facts.has("earth_return"):
        return
    if not facts.has("arrival"):
        yield facts.problem(("earth_return",), "a return", "a mission with [arrival] in lunar orbit", "remove it")
    fault = order_fault(facts, ("earth_return", "period_start_utc"), ("earth_return", "period_stop_utc"))
    if fault:
        yield fault
    yield from _return_limits(facts)


def _return_limits(facts: Facts) -> Iterator[ScenarioProblem]:
    near, far = (facts.get("earth_return", f"range_{end}_km") for end in ("min", "max"))
    if near is not None and far is not None and far <= near:
        path = ("earth_return", "range_max_km")
        yield facts.problem(path, f"{far:g}", f"more than range_min_km = {near:g}", "swap the two?")
    times = facts.get("earth_return", "flight_time_day")
    if times is not None and (not isinstance(times, list) or len(times) != 2 or times[0] >= times[1]):
        path = ("earth_return", "flight_time_day")
        yield facts.problem(path, short(times), "two numbers, the shorter first", "for example [3.0, 5.0]")
    left, landed = (facts.get("earth_return", f"{name}_utc") for name in ("injection", "landing"))
    if left and landed and interval_day(left, landed) <= 0.0:
        path = ("earth_return", "landing_utc")
        yield facts.problem(path, landed, f"an instant after injection_utc = {left}", "swap the two?")
    yield from _entry_plane(facts)


def _entry_plane(facts: Facts) -> Iterator[ScenarioProblem]:
    latitude = facts.get("earth_return", "latitude_deg")
    given = facts.get("earth_return", "inclination_deg")
    if latitude is None or given is None:
        return
    lowest = abs(latitude)
    for inclination in given if isinstance(given, list) else [given]:
        if not lowest <= inclination <= 180.0 - lowest:
            path = ("earth_return", "inclination_deg")
            allowed = f"{lowest:g} to {180.0 - lowest:g} deg for a landing at latitude {latitude:g} deg"
            yield facts.problem(
                path, f"{inclination:g}", allowed, "the plane of entry must pass over the landing place"
            )
