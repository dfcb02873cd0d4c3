"""What must hold between the keys of a file: order of dates and masses, reachable orbits, names that exist.

The rules read the file as `tomllib` left it and skip whatever is faulty by itself, so that all faults of a file come
out at once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator

from sim.errors import InputError, ScenarioProblem
from sim.scenario.at_moon_rules import at_moon_faults
from sim.scenario.dates import interval_day
from sim.scenario.document import short
from sim.scenario.facts import Facts, after_first_clause, order_fault, place_faults
from sim.scenario.limits_table import limits_faults
from sim.scenario.shape_rules import end_faults, return_faults, start_faults
from sim.scenario.toml_lines import Path
from sim.sites import LaunchSite, launch_site

NEAR_CIRCULAR_KM = 100.0
"""An orbit whose apsides differ by more needs an argument of perilune."""

_SAME_DAY = 1e-6
"""Phases that overlap by less follow each other: sums of days are rounded."""

UPPER_STAGE_KEYS = ("upper_stage_thrust_n", "upper_stage_isp_s", "upper_stage_burnout_kg")

LEG_AZIMUTHS_DEG: dict[str, tuple[float, float]] = {"northeast": (0.0, 90.0), "southeast": (90.0, 180.0)}
"""Launch azimuths of each leg, degrees from north over east."""

Rule = Callable[[Facts], Iterator[ScenarioProblem]]


def mission_faults(facts: Facts) -> list[ScenarioProblem]:
    """Apply every rule of a mission file.

    Parameters
    ----------
    facts : Facts
        File.

    Returns
    -------
    list of ScenarioProblem
        One per broken rule.
    """
    rules: tuple[Rule, ...] = (
        _period,
        _masses,
        _upper_stage,
        start_faults,
        end_faults,
        _parking,
        _flight_times,
        _arrival,
        _insertion,
        _operations,
        _phases_follow,
        _landing,
        return_faults,
        limits_faults,
        at_moon_faults,
    )
    return [problem for rule in rules for problem in rule(facts)]


def _period(facts: Facts) -> Iterator[ScenarioProblem]:
    start, stop = ("launch", "period_start_utc"), ("launch", "period_stop_utc")
    fault = order_fault(facts, start, stop)
    if fault:
        yield fault
        return
    nominal, first, last = facts.get("launch", "nominal_utc"), facts.get(*start), facts.get(*stop)
    if nominal and first and last and (interval_day(first, nominal) < 0.0 or interval_day(nominal, last) < 0.0):
        yield facts.problem(("launch", "nominal_utc"), nominal, f"{first} to {last}", "widen the launch period")


def _masses(facts: Facts) -> Iterator[ScenarioProblem]:
    launch, dry = facts.get("spacecraft", "launch_mass_kg"), facts.get("spacecraft", "dry_mass_kg")
    if launch is not None and dry is not None and dry > launch:
        hint = "the dry mass leaves out the propellant"
        yield facts.problem(("spacecraft", "dry_mass_kg"), f"{dry:g}", f"at most launch_mass_kg = {launch:g}", hint)


def _upper_stage(facts: Facts) -> Iterator[ScenarioProblem]:
    given = [key for key in UPPER_STAGE_KEYS if facts.has("launcher", key)]
    missing = [key for key in UPPER_STAGE_KEYS if key not in given]
    if given and missing:
        path = ("launcher", missing[0])
        yield facts.problem(path, "nothing", "all three upper_stage_ keys or none", f"add {', '.join(missing)}")


def _parking(facts: Facts) -> Iterator[ScenarioProblem]:
    name = facts.get("launch", "site")
    if name is None:
        return
    try:
        site = launch_site(name)
    except InputError as error:
        yield facts.problem(("launch", "site"), short(name), "a known launch site", after_first_clause(error))
        return
    yield from _legs(facts, site)
    for table in ("parking_orbit", "direct_ascent"):
        given = facts.get(table, "inclination_deg")
        listed = isinstance(given, list)
        for index, inclination in enumerate(given if listed else [] if given is None else [given]):
            path = (table, "inclination_deg", "value", index)
            problem = _unreachable(facts, path if listed else path[:-1], site, float(inclination))
            if problem:
                yield problem


def _legs(facts: Facts, site: LaunchSite) -> Iterator[ScenarioProblem]:
    """Refuse a launch direction that lies outside every azimuth corridor of the site, where corridors are known."""
    corridors = site.azimuth_corridors_deg
    legs = facts.get("launch", "legs") if facts.has("launch", "legs") else list(LEG_AZIMUTHS_DEG)
    if not corridors or not isinstance(legs, list):
        return
    open_legs = [
        leg for leg, (low, high) in LEG_AZIMUTHS_DEG.items() if any(one[0] < high and one[1] > low for one in corridors)
    ]
    shut = [leg for leg in legs if leg not in open_legs]
    if shut:
        ranges = ", ".join(f"{low:g}-{high:g} deg" for low, high in corridors)
        names = ", ".join(f'"{leg}"' for leg in open_legs)
        hint = f"launch azimuths open from {site.id} are {ranges}; write legs = [{names}]"
        yield facts.problem(("launch", "legs"), ", ".join(shut), " or ".join(open_legs) or "none", hint)


def _unreachable(facts: Facts, path: Path, site: LaunchSite, inclination_deg: float) -> ScenarioProblem | None:
    """Fault when no direct ascent from the site enters a parking orbit of this inclination."""
    lowest = math.ceil(site.min_inclination_deg * 100.0) / 100.0
    if site.min_inclination_deg <= inclination_deg <= 180.0 - site.min_inclination_deg:
        return None
    allowed = f"{lowest:.2f} to {180.0 - lowest:.2f} deg from {site.id}"
    hint = (
        f"the geocentric latitude of the site, {abs(site.latitude_geocentric_deg):.2f} deg, is the lowest inclination "
        f"reachable without a plane change"
    )
    if lowest <= math.degrees(inclination_deg) <= 180.0 - lowest:
        hint = f"did you mean radians? {inclination_deg:g} rad = {math.degrees(inclination_deg):.4f} deg; {hint}"
    return facts.problem(path, f"{inclination_deg:g}, out of reach", allowed, hint)


def _flight_times(facts: Facts) -> Iterator[ScenarioProblem]:
    for key in (
        ("transfer", "flight_time_day"),
        ("parking_orbit", "inclination_deg"),
        ("direct_ascent", "inclination_deg"),
        ("earth_return", "inclination_deg"),
    ):
        given = facts.get(*key)
        if isinstance(given, list) and len(set(given)) < len(given):
            yield facts.problem(key, short(given), "each value once", "remove the repeated value")


def _arrival(facts: Facts) -> Iterator[ScenarioProblem]:
    yield from _apsides(facts, ("arrival",))
    plane = facts.get("arrival", "plane")
    inclined, landing = facts.has("arrival", "lunar_inclination_deg"), facts.has("landing")
    path = ("arrival", "lunar_inclination_deg")
    if plane == "inclination" and not inclined:
        yield facts.problem(path, "nothing", 'an inclination for plane = "inclination"', "add it")
    if plane == "landing_site" and inclined:
        hint = 'remove it, or set plane = "inclination"'
        yield facts.problem(path, "an inclination", 'none for plane = "landing_site"', hint)
    if plane == "landing_site" and not landing:
        hint = 'add [landing], or set plane = "inclination"'
        yield facts.problem(("arrival", "plane"), "landing_site without [landing]", "a landing to aim at", hint)


def _insertion(facts: Facts) -> Iterator[ScenarioProblem]:
    """Orbits between the burns: one fewer than burns, each lower than the one before, none below the last."""
    key = ("arrival", "insertion_apolune_altitude_km")
    given = facts.get(*key)
    if given is None:
        return
    between = given if isinstance(given, list) else [given]
    burns = facts.get("arrival", "insertion_burns") or 1
    if len(between) != burns - 1:
        hint = f"set insertion_burns = {len(between) + 1}, or give as many orbits as there are burns but the last"
        yield facts.problem(key, f"{len(between)} orbits", f"{burns - 1} for insertion_burns = {burns}", hint)
        return
    last = facts.get("arrival", "apolune_altitude_km")
    orbits = [*between, *([] if last is None else [last])]
    if any(low > high for high, low in itertools.pairwise(orbits)):
        allowed = "falling values, none below apolune_altitude_km"
        yield facts.problem(key, short(orbits), allowed, "every burn lowers the apolune: sort them, highest first")


def _apsides(facts: Facts, table: Path) -> Iterator[ScenarioProblem]:
    low, high = facts.get(*table, "perilune_altitude_km"), facts.get(*table, "apolune_altitude_km")
    if low is not None and high is not None and high < low:
        path = (*table, "apolune_altitude_km")
        yield facts.problem(path, f"{high:g}", f"at least perilune_altitude_km = {low:g}", "swap the two?")


def _phases_follow(facts: Facts) -> Iterator[ScenarioProblem]:
    """Refuse two orbits at one time."""
    known = []
    for index in facts.tables("operations"):
        start, duration = (facts.get("operations", index, key) for key in ("start_day", "duration_day"))
        if start is not None and duration is not None:
            known.append((start, start + duration, index))
    for (_, stop, before), (start, _, index) in itertools.pairwise(sorted(known)):
        if start < stop - _SAME_DAY:
            allowed = f"from {stop:g}, where operations[{before + 1}] ends"
            hint = "an orbiter flies one orbit at a time: start later, or shorten the other phase"
            yield facts.problem(("operations", index, "start_day"), f"{start:g}", allowed, hint)


def _operations(facts: Facts) -> Iterator[ScenarioProblem]:
    seen: dict[str, int] = {}
    for index in facts.tables("operations"):
        table: Path = ("operations", index)
        name = facts.get(*table, "name")
        if isinstance(name, str) and seen.setdefault(name, index) != index:
            yield facts.problem((*table, "name"), short(name), "a name used once", f"rename this or [{seen[name] + 1}]")
        yield from _apsides(facts, table)
        low, high = facts.get(*table, "perilune_altitude_km"), facts.get(*table, "apolune_altitude_km")
        if low is None or high is None or facts.has(*table, "argument_of_perilune_deg"):
            continue
        if high - low > NEAR_CIRCULAR_KM:
            allowed = f"an argument of perilune for apsides {low:g} x {high:g} km"
            yield facts.problem((*table, "argument_of_perilune_deg"), "nothing", allowed, "add it, assumed if need be")


def _landing(facts: Facts) -> Iterator[ScenarioProblem]:
    if not facts.has("landing"):
        kind = facts.get("mission", "kind")
        if kind in {"lander", "sample_return"}:
            yield facts.problem(("mission", "kind"), short(kind), "a mission with [landing]", "add [landing]")
        return
    yield from place_faults(facts, "landing")
    low, high = facts.get("landing", "sun_elevation_min_deg"), facts.get("landing", "sun_elevation_max_deg")
    if low is not None and high is not None and high < low:
        path = ("landing", "sun_elevation_max_deg")
        yield facts.problem(path, f"{high:g}", f"at least sun_elevation_min_deg = {low:g}", "swap the two?")
