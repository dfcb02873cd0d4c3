"""What must hold for the time at the Moon: files that can be read, stations that exist, tables that go together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path as FilePath

from sim.errors import DataError, ScenarioProblem
from sim.scenario.document import short, short_text
from sim.scenario.facts import Facts, order_fault, place_faults
from sim.scenario.faults import did_you_mean
from sim.scenario.toml_lines import Path
from sim.sites import ground_stations
from sim.sites.user_stations import read_stations

PARTS = (
    *("places", "partners", "station_groups", "radios", "descent", "overburn"),
    *("insertion", "orbit_life", "relay_design"),
)
CAMERA = ("camera_swath_km", "camera_sun_elevation_min_deg", "camera_sun_elevation_max_deg")
HORIZONS = ("horizon", "horizon_file", "terrain_file")
NEAR_CIRCULAR_KM = 100.0
"""A partner whose apsides differ by more needs an argument of perilune."""
RELAY_APSIDES_KM = 1_000.0
"""Phases whose apsides differ by more are relay ellipses."""
LUNAR_GRAVITY_M_S2 = 1.624
MONTH_DAY = 27.321662
TERRAIN_ENDINGS = (".tif", ".tiff", ".asc")


def at_moon_faults(facts: Facts) -> Iterator[ScenarioProblem]:
    """Check everything about the time at the Moon.

    Parameters
    ----------
    facts : Facts
        File.

    Yields
    ------
    ScenarioProblem
        One per fault.
    """
    for part in PARTS:
        if facts.has(part) and not facts.has("at_moon") and not facts.misnamed_table():
            hint = "add the table; see scenarios/README.md"
            yield facts.problem((part,), f"{part} without [at_moon]", "a table [at_moon] beside it", hint)
    yield from _camera(facts)
    yield from _stations(facts)
    yield from _places(facts)
    yield from _partners(facts)
    yield from _radios(facts)
    yield from _descent(facts)
    yield from _overburn(facts)
    yield from _insertion(facts)
    yield from _orbit_life(facts)
    yield from _relay_design(facts)


def _camera(facts: Facts) -> Iterator[ScenarioProblem]:
    given = [key for key in CAMERA if facts.has("at_moon", key)]
    missing = [key for key in CAMERA if key not in given]
    if given and missing:
        path = ("at_moon", missing[0])
        yield facts.problem(path, "nothing", "all three camera_ keys or none", f"add {', '.join(missing)}")
    low, high = facts.get("at_moon", CAMERA[1]), facts.get("at_moon", CAMERA[2])
    if low is not None and high is not None and high <= low:
        yield facts.problem(("at_moon", CAMERA[2]), f"{high:g}", f"more than {CAMERA[1]} = {low:g}", "swap the two?")


def _stations(facts: Facts) -> Iterator[ScenarioProblem]:
    known = set(ground_stations())
    path: Path = ("at_moon", "stations_file")
    file = facts.get(*path)
    if isinstance(file, str):
        try:
            own = read_stations(beside(facts, file))
        except DataError as error:
            hint = "see the head of sim/sites/user_stations.py for the format"
            yield facts.problem(path, short_text(str(error), 200), "a readable station file", hint)
            return
        twice = sorted(known & set(own))
        if twice:
            allowed = "ids that the simulator does not use"
            yield facts.problem(path, f"station {twice[0]} again", allowed, f"rename it in {file}")
        known |= set(own)
    used = facts.get("at_moon", "ground_stations")
    yield from _known(facts, ("at_moon", "ground_stations"), known, "a known ground station")
    if not isinstance(used, list):
        return
    for index in facts.tables("station_groups"):
        yield from _known(facts, ("station_groups", index, "stations"), set(used), "one of at_moon.ground_stations")


def _known(facts: Facts, path: Path, names: set[str], allowed: str) -> Iterator[ScenarioProblem]:
    given = facts.get(*path)
    for index, name in enumerate(given if isinstance(given, list) else ()):
        if isinstance(name, str) and name not in names:
            hint = did_you_mean(name, sorted(names)) or f"known: {', '.join(sorted(names))}"
            yield facts.problem((*path, index), short(name), allowed, hint)
        elif name in given[:index]:
            yield facts.problem((*path, index), f"{short(name)} a second time", "each station once", "remove it")


def _places(facts: Facts) -> Iterator[ScenarioProblem]:
    yield from _horizon(facts, ("landing",))
    seen: dict[str, str] = {"landing_site": "the mission's own site"}
    for index in facts.tables("operations"):
        if isinstance(name := facts.get("operations", index, "name"), str):
            seen.setdefault(name, f"operations[{index + 1}]")
    for name in facts.get("at_moon", "ground_stations") or ():
        seen.setdefault(str(name), "a ground station")
    for key in ("places", "partners"):
        for index in facts.tables(key):
            name = facts.get(key, index, "id")
            here = f"{key}[{index + 1}]"
            if isinstance(name, str) and seen.setdefault(name, here) != here:
                allowed, hint = "an id used once", f"it is already that of {seen[name]}"
                yield facts.problem((key, index, "id"), short(name), allowed, hint)
    for index in facts.tables("places"):
        yield from place_faults(facts, "places", index)
        yield from _horizon(facts, ("places", index))


def _horizon(facts: Facts, table: Path) -> Iterator[ScenarioProblem]:
    given = [key for key in HORIZONS if facts.has(*table, key)]
    if len(given) > 1:
        yield facts.problem((*table, given[1]), f"{given[0]} as well", f"one of {', '.join(HORIZONS)}", "remove one")
    for key in ("eye_height_m", "terrain_source"):
        if facts.has(*table, "terrain_file") and not facts.has(*table, key):
            yield facts.problem((*table, key), "nothing", f"{key} beside terrain_file", "add it")
    yield from _mask_file(facts, table)
    yield from _terrain_file(facts, table)
    axes = [facts.has(*table, key) for key in ("ellipse_long_km", "ellipse_short_km")]
    long, short_axis = (facts.get(*table, f"ellipse_{axis}_km") for axis in ("long", "short"))
    if any(axes) and not all(axes):
        missing = "ellipse_short_km" if axes[0] else "ellipse_long_km"
        yield facts.problem((*table, missing), "nothing", "both axes of the ellipse or none", "add it")
    elif long is not None and short_axis is not None and short_axis > long:
        path = (*table, "ellipse_short_km")
        yield facts.problem(path, f"{short_axis:g}", f"at most ellipse_long_km = {long:g}", "swap the two?")


def _mask_file(facts: Facts, table: Path) -> Iterator[ScenarioProblem]:
    path = (*table, "horizon_file")
    name = facts.get(*path)
    if not isinstance(name, str):
        return
    # numpy takes longer to load than `perilune check` may run: only for files that name a mask
    from sim.operations.masks import read_mask

    try:
        read_mask(beside(facts, name))
    except DataError as error:
        hint = "see the head of sim/operations/masks.py for the format"
        yield facts.problem(path, short_text(str(error), 200), "a readable horizon mask", hint)


def _terrain_file(facts: Facts, table: Path) -> Iterator[ScenarioProblem]:
    path = (*table, "terrain_file")
    name = facts.get(*path)
    if not isinstance(name, str):
        return
    if not name.lower().endswith(TERRAIN_ENDINGS):
        yield facts.problem(path, short(name), f"a file of heights ({', '.join(TERRAIN_ENDINGS)})", "convert it")
    elif not FilePath(beside(facts, name)).is_file():
        yield facts.problem(
            path, f"no such file {short(name)}", "a file of heights", "the path is relative to this file"
        )


def beside(facts: Facts, name: str) -> str:
    """Return the path of a file that a scenario names.

    Parameters
    ----------
    facts : Facts
        Scenario.
    name : str
        Path in it, relative to the scenario.

    Returns
    -------
    str
        Path from the current folder.
    """
    return str(FilePath(facts.document.path).parent / name)


def _partners(facts: Facts) -> Iterator[ScenarioProblem]:
    for index in facts.tables("partners"):
        table: Path = ("partners", index)
        low, high = facts.get(*table, "perilune_altitude_km"), facts.get(*table, "apolune_altitude_km")
        if low is not None and high is not None and high < low:
            path = (*table, "apolune_altitude_km")
            yield facts.problem(path, f"{high:g}", f"at least perilune_altitude_km = {low:g}", "swap the two?")
        tilted = facts.has(*table, "argument_of_perilune_deg")
        if low is not None and high is not None and high - low > NEAR_CIRCULAR_KM and not tilted:
            allowed = f"an argument of perilune for apsides {low:g} x {high:g} km"
            path = (*table, "argument_of_perilune_deg")
            yield facts.problem(path, "nothing", allowed, "add it, assumed if need be")


def _radios(facts: Facts) -> Iterator[ScenarioProblem]:
    seen: set[str] = set()
    for index in facts.tables("radios"):
        link = facts.get("radios", index, "link")
        if isinstance(link, str) and link in seen:
            yield facts.problem(("radios", index, "link"), short(link), "each link once", "remove one of the two")
        seen |= {link} if isinstance(link, str) else set()


def _descent(facts: Facts) -> Iterator[ScenarioProblem]:
    """Perilune below the orbit and above the height of rest; an engine that carries what is left at the end."""
    table = "descent"
    orbit, start = facts.get(table, "orbit_altitude_km"), facts.get(table, "perilune_altitude_km")
    if orbit is not None and start is not None and start >= orbit:
        path = (table, "perilune_altitude_km")
        yield facts.problem(path, f"{start:g}", f"less than orbit_altitude_km = {orbit:g}", "swap the two?")
    rest = facts.get(table, "rest_height_m")
    if rest is not None and start is not None and rest * 1e-3 >= start:
        allowed = f"less than perilune_altitude_km = {start:g} km"
        yield facts.problem((table, "rest_height_m"), f"{rest:g} m", allowed, "is it in metres?")
    thrust, mass = facts.get(table, "thrust_n"), facts.get(table, "mass_kg")
    half = None if mass is None else 0.5 * LUNAR_GRAVITY_M_S2 * mass
    if thrust is not None and half is not None and thrust <= half:
        allowed = f"more than {half:.0f} N, half the weight of mass_kg = {mass:g} on the Moon"
        yield facts.problem((table, "thrust_n"), f"{thrust:g}", allowed, "is it in newtons, all engines together?")


def _overburn(facts: Facts) -> Iterator[ScenarioProblem]:
    if not facts.has("overburn"):
        return
    table = "overburn"
    if fault := order_fault(facts, (table, "begin_utc"), (table, "lost_utc")):
        yield fault
    planned, actual = facts.get(table, "planned_s"), facts.get(table, "actual_s")
    if planned is not None and actual is not None and actual <= planned:
        yield facts.problem((table, "actual_s"), f"{actual:g}", f"more than planned_s = {planned:g}", "swap the two?")
    low, high = facts.get(table, "perilune_altitude_km"), facts.get(table, "apolune_altitude_km")
    if low is not None and high is not None and high < low:
        path = (table, "apolune_altitude_km")
        yield facts.problem(path, f"{high:g}", f"at least perilune_altitude_km = {low:g}", "swap the two?")
    latitude, tilt = facts.get(table, "crater_latitude_deg"), facts.get(table, "inclination_deg")
    if latitude is not None and tilt is not None and not abs(latitude) <= tilt <= 180.0 - abs(latitude):
        allowed = f"{abs(latitude):g} to {180.0 - abs(latitude):g} deg for a crater at {latitude:g} deg"
        yield facts.problem((table, "inclination_deg"), f"{tilt:g}", allowed, "the orbit must pass over the crater")


def _insertion(facts: Facts) -> Iterator[ScenarioProblem]:
    """Names used once, a capture first, every step a change; an engine and an arrival to begin with."""
    steps = facts.tables("insertion")
    if not steps:
        return
    if not facts.has("arrival") and not facts.misnamed_table():
        yield facts.problem(("insertion",), "insertion without [arrival]", "an arrival to brake at", "add [arrival]")
    if facts.has("spacecraft") and not facts.has("spacecraft", "engine_thrust_n"):
        yield facts.problem(
            ("insertion",), "insertion without an engine", "an engine that burns", "add engine_thrust_n"
        )
    seen: dict[str, int] = {}
    for index in steps:
        table: Path = ("insertion", index)
        name = facts.get(*table, "name")
        if isinstance(name, str) and seen.setdefault(name, index) != index:
            yield facts.problem((*table, "name"), short(name), "a name used once", f"rename this or [{seen[name] + 1}]")
        if not facts.has(*table, "other_altitude_km") and not facts.has(*table, "inclination_deg"):
            allowed, hint = "other_altitude_km, inclination_deg or both", "say what the burn changes"
            yield facts.problem(table, "a burn that changes nothing", allowed, hint)
        if facts.has(*table, "steering") and facts.has(*table, "inclination_deg"):
            hint = "remove steering; plane changes keep the thrust fixed in space"
            yield facts.problem((*table, "steering"), "steering of a plane change", "none", hint)
    first: Path = ("insertion", 0)
    if facts.get(*first, "at") == "apolune":
        yield facts.problem((*first, "at"), "'apolune'", "'perilune' for the first burn", "a flyby has no apolune")
    elif facts.has(*first, "at") and not facts.has(*first, "other_altitude_km"):
        path = (*first, "other_altitude_km")
        yield facts.problem(path, "nothing", "the apolune into which the first burn captures", "add it")


def _apses(facts: Facts) -> Iterator[tuple[int, float, float]]:
    """Position, perilune and apolune of the phases that give both."""
    for index in facts.tables("operations"):
        low, high = (facts.get("operations", index, f"{apsis}_altitude_km") for apsis in ("perilune", "apolune"))
        if low is not None and high is not None:
            yield index, low, high


def _orbit_life(facts: Facts) -> Iterator[ScenarioProblem]:
    if not facts.has("orbit_life"):
        return
    low = [(index, one) for index, one, high in _apses(facts) if high - one <= RELAY_APSIDES_KM]
    limit = facts.get("orbit_life", "limit_altitude_km")
    if not low and not facts.misnamed_table():
        allowed = f"a phase under [[operations]] whose apsides differ by at most {RELAY_APSIDES_KM:g} km"
        yield facts.problem(("orbit_life",), "no low orbit", allowed, "add one, or remove [orbit_life]")
    under = [(index, one) for index, one in low if limit is not None and one <= limit]
    if under:
        index, one = under[0]
        allowed = f"less than operations[{index + 1}].perilune_altitude_km = {one:g}"
        path: Path = ("orbit_life", "limit_altitude_km")
        yield facts.problem(path, f"{limit:g}", allowed, "the orbit would be lost at its begin")


def _relay_design(facts: Facts) -> Iterator[ScenarioProblem]:
    if not facts.has("relay_design") or facts.misnamed_table():
        return
    ellipses = [(low, high) for _, low, high in _apses(facts) if high - low > RELAY_APSIDES_KM]
    if not ellipses:
        allowed = f"a phase under [[operations]] whose apsides differ by more than {RELAY_APSIDES_KM:g} km"
        yield facts.problem(("relay_design",), "no elliptic phase", allowed, "add one, or remove [relay_design]")
        return
    given = facts.get("relay_design", "perilune_altitude_km")
    mean = min(0.5 * (low + high) for low, high in ellipses)
    wrong = [one for one in (given if isinstance(given, list) else [given]) if one is not None and one >= mean]
    if wrong:
        path: Path = ("relay_design", "perilune_altitude_km")
        yield facts.problem(path, f"{wrong[0]:g}", f"less than {mean:g} km, the mean altitude of the phase", "lower it")
    span, months = facts.get("relay_design", "span_day"), facts.get("relay_design", "months")
    if span is not None and months is not None and span < months * MONTH_DAY:
        allowed = f"at least {months * MONTH_DAY:.0f} d, the months of the design"
        yield facts.problem(
            ("relay_design", "span_day"), f"{span:g}", allowed, "follow it as long as it is designed for"
        )
