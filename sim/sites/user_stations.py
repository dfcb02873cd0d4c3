"""Ground stations from a user's own file, in the form of the packaged table.

TOML, one table a station, named by its id. Needed: ``name``, ``latitude_geodetic_deg``, ``longitude_deg``, ``source``
(where the coordinates come from, in words). Optional: ``country``, ``altitude_m``, ``dish_m``, ``elevation_mask_deg``,
``status`` (one of the status words, ``assumed`` when left out).
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

from sim.errors import DataError
from sim.sites.records import GroundStation
from sim.sites.tables import STATUSES

_TEXT = ("name", "country", "source", "status")
_RANGES = {
    "latitude_geodetic_deg": (-90.0, 90.0),
    "longitude_deg": (-180.0, 360.0),
    "altitude_m": (-500.0, 9_000.0),
    "dish_m": (0.0, 600.0),
    "elevation_mask_deg": (0.0, 89.0),
}
_NEEDED = ("name", "latitude_geodetic_deg", "longitude_deg", "source")
_BYTES_MAX = 1_000_000
_STATIONS_MAX = 200


def read_stations(path: str | Path) -> dict[str, GroundStation]:
    """Read a file of ground stations.

    Parameters
    ----------
    path : str or Path
        TOML file; the format is in the text of this module.

    Returns
    -------
    dict of str to GroundStation
        Id to station; heights and masks that the file does not give are assumed.

    Raises
    ------
    DataError
        The file is missing, too large, no TOML, or a station lacks a key or holds something else than it should; the
        message names file, station and key.
    """
    file = Path(path)
    try:
        if file.stat().st_size > _BYTES_MAX:
            raise DataError(f"{file}: larger than {_BYTES_MAX} bytes; a station file is a short table")
        entries = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise DataError(f"{file}: no such file; the path is relative to the scenario file") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{file}: cannot be read as TOML ({' '.join(str(error).split())})") from error
    if not 1 <= len(entries) <= _STATIONS_MAX:
        raise DataError(f"{file}: {len(entries)} stations; allowed: 1 to {_STATIONS_MAX}")
    stations = {key: _station(file, key, entry) for key, entry in entries.items()}
    keys: dict[str, str] = {}
    for key, station in stations.items():
        if station.name in keys:
            raise DataError(
                f"{file}: {key}.name: found {station.name!r:.40}, the name of {keys[station.name]} too; allowed: a "
                "name of its own, by which reports tell stations apart"
            )
        keys[station.name] = key
    return stations


def _station(file: Path, key: str, entry: Any) -> GroundStation:
    if not isinstance(entry, dict):
        raise DataError(f"{file}: {key} is no table; write [{key}] and the keys of the station below it")
    for name, value in entry.items():
        _check(file, key, name, value)
    missing = [name for name in _NEEDED if name not in entry]
    if missing:
        raise DataError(f"{file}: {key}: found no {missing[0]}; a station needs {', '.join(_NEEDED)}")
    status = str(entry.get("status", "assumed"))
    return GroundStation(
        id=key,
        name=str(entry["name"]),
        latitude_geodetic_deg=float(entry["latitude_geodetic_deg"]),
        longitude_deg=float(entry["longitude_deg"]),
        altitude_m=float(entry.get("altitude_m", 0.0)),
        altitude_status=status if "altitude_m" in entry else "assumed",
        status=status,
        sources=(),
        note=str(entry["source"]),
        country=str(entry.get("country", "")),
        dish_m=float(entry.get("dish_m", 0.0)),
        elevation_mask_deg=float(entry.get("elevation_mask_deg", 10.0)),
        elevation_mask_status=status if "elevation_mask_deg" in entry else "assumed",
    )


def _check(file: Path, key: str, name: str, value: Any) -> None:
    place = f"{file}: {key}.{name}"
    if name in _RANGES:
        low, high = _RANGES[name]
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise DataError(f"{place}: found {value!r:.40}; allowed: a number")
        if not low <= value <= high:
            raise DataError(f"{place}: found {value:g}; allowed: {low:g} to {high:g}")
    elif name in _TEXT:
        if not isinstance(value, str) or not value.strip():
            raise DataError(f"{place}: found {value!r:.40}; allowed: text")
        if name == "status" and value not in STATUSES:
            raise DataError(f"{place}: found {value!r:.40}; allowed: {', '.join(sorted(STATUSES))}")
    else:
        raise DataError(f"{place}: found an unknown key; allowed: {', '.join((*_TEXT, *_RANGES))}")
