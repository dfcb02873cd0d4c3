"""The packaged tables of sites: read once, checked, looked up by name."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import math
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from sim.errors import DataError, InputError
from sim.sites.records import Corridor, Fields, GroundStation, LaunchSite, LunarSite, Source

DATA_DIRECTORY = Path(__file__).parent / "data"
STATUSES = frozenset({"planned_2021", "planned_pre2021", "replanned", "flown", "geometry", "derived", "assumed"})
"""Words that say where a number comes from."""

Record = TypeVar("Record", Corridor, GroundStation, LaunchSite, LunarSite, Source)


def read_toml(path: Path) -> dict[str, Fields]:
    """Entries of a table by id.

    Parameters
    ----------
    path : Path
        TOML file.

    Returns
    -------
    dict
        Id to entry.

    Raises
    ------
    DataError
        When the file is missing, is not TOML or holds something else than tables.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the site table {path.name} ({error}); reinstall the package") from error
    wrong = [key for key, entry in entries.items() if not isinstance(entry, dict)]
    if wrong:
        raise DataError(f"site table {path.name}: {wrong[0]} is not a table; reinstall the package")
    return entries


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _check_numbers(fields: Fields, place: str) -> None:
    """Refuse numbers that are not finite, latitudes beyond the poles and unknown statuses."""
    for key, value in fields.items():
        limit = 90.0 if "latitude" in key else 360.0 if key.endswith("_deg") else math.inf
        numbers = [one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, float)]
        if any(not math.isfinite(one) or abs(one) > limit for one in numbers):
            raise DataError(f"{place}: {key} = {value} is out of range; reinstall the package")
        if key.endswith("status") and value not in STATUSES:
            raise DataError(f"{place}: {key} = {value!r} is no known status; reinstall the package")


def _record(kind: Callable[..., Record], fields: Fields, place: str) -> Record:
    values = {key: _frozen(value) for key, value in fields.items()}
    _check_numbers(values, place)
    try:
        return kind(**values)
    except TypeError as error:
        raise DataError(f"{place}: {error}; reinstall the package") from error


def _site_table(kind: Callable[..., Record], path: Path) -> Mapping[str, Record]:
    known = sources()
    table: dict[str, Record] = {}
    for key, entry in read_toml(path).items():
        place = f"site table {path.name}: {key}"
        corridors = [_record(Corridor, one, place) for one in entry.get("corridors", [])]
        fields = {**entry, "id": key} | ({"corridors": corridors} if corridors else {})
        unknown = [one for one in entry.get("sources", []) if one not in known]
        unknown += [one for corridor in corridors for one in corridor.sources if one not in known]
        if unknown or not entry.get("sources"):
            raise DataError(f"{place} has no known source ({unknown}); reinstall the package")
        table[key] = _record(kind, fields, place)
    return MappingProxyType(table)


@functools.cache
def sources() -> Mapping[str, Source]:
    """Give the sources of the tables by id.

    Returns
    -------
    mapping of str to Source
        By id.

    Raises
    ------
    DataError
        When the packaged table is missing or malformed.
    """
    entries = read_toml(DATA_DIRECTORY / "sources.toml")
    return MappingProxyType(
        {key: _record(Source, {**entry, "id": key}, f"sources.toml: {key}") for key, entry in entries.items()}
    )


@functools.cache
def launch_sites() -> Mapping[str, LaunchSite]:
    """All launch sites by id; raises as :func:`sources`."""
    return _site_table(LaunchSite, DATA_DIRECTORY / "launch_sites.toml")


@functools.cache
def ground_stations() -> Mapping[str, GroundStation]:
    """All ground stations by id; raises as :func:`sources`."""
    return _site_table(GroundStation, DATA_DIRECTORY / "ground_stations.toml")


@functools.cache
def lunar_sites() -> Mapping[str, LunarSite]:
    """All places on the Moon by id; raises as :func:`sources`."""
    return _site_table(LunarSite, DATA_DIRECTORY / "lunar_sites.toml")


SiteRecord = TypeVar("SiteRecord", GroundStation, LaunchSite, LunarSite)


def _look_up(table: Mapping[str, SiteRecord], name: str, what: str) -> SiteRecord:
    names = {alias: site for site in table.values() for alias in site.aliases} | dict(table)
    if isinstance(name, str) and name in names:
        return names[name]
    near = difflib.get_close_matches(str(name).lower(), names, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}? " if near else ""
    raise InputError(f"unknown {what} {name!r:.60}; {hint}known: {', '.join(sorted(table))}")


def launch_site(name: str) -> LaunchSite:
    """Launch site of an id or alias, for example ``"vostochny"``.

    Parameters
    ----------
    name : str
        Id or alias.

    Returns
    -------
    LaunchSite
        The site.

    Raises
    ------
    InputError
        For an unknown name; the message lists the nearest ones.
    """
    return _look_up(launch_sites(), name, "launch site")


def ground_station(name: str) -> GroundStation:
    """Ground station of an id or alias, for example ``"bear_lakes"``; raises as :func:`launch_site`."""
    return _look_up(ground_stations(), name, "ground station")


def lunar_site(name: str) -> LunarSite:
    """Place on the Moon of an id or alias (``"shackleton_rim_ce7"``); raises as :func:`launch_site`."""
    return _look_up(lunar_sites(), name, "lunar site")


def with_elevation_mask(station: GroundStation, elevation_mask_deg: float, status: str) -> GroundStation:
    """Copy of a station with another elevation mask and where that comes from.

    Parameters
    ----------
    station : GroundStation
        Station.
    elevation_mask_deg : float
        Least usable elevation.
    status : str
        Where the mask comes from.

    Returns
    -------
    GroundStation
        The copy.

    Raises
    ------
    InputError
        For a mask outside 0 to 90 degrees or an unknown status.
    """
    if not 0.0 <= elevation_mask_deg < 90.0:
        raise InputError(f"elevation mask is {elevation_mask_deg}; allowed: 0 up to 90 degrees")
    if status not in STATUSES:
        raise InputError(f"status is {status!r}; allowed: {', '.join(sorted(STATUSES))}")
    return dataclasses.replace(station, elevation_mask_deg=elevation_mask_deg, elevation_mask_status=status)
