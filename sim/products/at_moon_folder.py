"""What a run left about a mission's time at the Moon, read back for figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.errors import InputError
from sim.products.schema import Json
from sim.products.tables import Table, read_table

_COLUMNS: dict[str, tuple[str, ...]] = {
    "ground_track": ("utc", "latitude_deg", "longitude_deg"),
    "history": ("utc", "perilune_altitude_km", "apolune_altitude_km", "eccentricity"),
    "contacts": ("kind", "first", "second", "start_utc", "stop_utc"),
    "days": ("utc", "place", "way", "contact_min"),
    "data_return": ("utc", "group", "view_hour", "volume_gigabyte"),
    "passes": ("utc", "cross_track_km", "sun_elevation_deg"),
    "sweep": ("inclination_deg", "nearest_km"),
    "calendar": ("utc", "light_hour", "earth_hour"),
    "sky": ("utc", "sun_elevation_deg", "earth_elevation_deg", "horizon_under_sun_deg"),
    "passages": ("utc", "sun_elevation_deg", "approach_azimuth_deg"),
    "windows": ("kind", "start_utc", "stop_utc"),
    "table": ("orbit", "true_anomaly_deg", "impact_s", "late_s"),
    "burns": ("kind", "ignition_utc", "duration_s", "impulse_dv_m_s", "loss_m_s"),
    "path": ("utc", "x_km", "y_km", "altitude_km", "burning_n"),
    "life": ("utc", "ecc_cos", "ecc_sin", "semi_major_axis_km"),
    "frozen": ("utc", "ecc_cos", "ecc_sin"),
    "lifetimes": ("inclination_deg", "node_longitude_deg", "start_utc", "lifetime_day"),
    "monthly": ("inclination_deg", "drift_ecc"),
    "keeping": ("first_utc", "first_dv_m_s", "second_dv_m_s", "lowest_altitude_km", "highest_altitude_km"),
    "floor": ("utc", "dv_m_s", "lowest_altitude_km", "highest_altitude_km"),
    "evolution": ("orbit", "utc", "ecc", "argument_earth_deg", "perilune_altitude_km"),
    "months": ("orbit", "place", "utc", "open_share"),
    "coverage": ("utc", "covered_fraction"),
    "nodes": ("node_longitude_deg", "lifetime_day", "lowest_altitude_km"),
}
"""Names of files in the facts, and the columns that figures read of them."""


@dataclass(frozen=True, eq=False)
class AtMoon:
    """A mission's time at the Moon.

    Attributes
    ----------
    key, name : str
        Of the mission.
    facts : dict
        Its entry ``at_moon`` in the summary.
    tables : dict of str to Table
        File name to columns.
    """

    key: str
    name: str
    facts: Json
    tables: dict[str, Table]

    def words(self, party: str) -> str:
        """Return the name of a party of a link.

        Parameters
        ----------
        party : str
            Identifier.

        Returns
        -------
        str
            Words, the identifier itself when it has none.
        """
        return str(self.facts["names"].get(party, party.replace("_", " ")))

    def assumed_of(self, *words: str) -> list[str]:
        """Return the assumed inputs whose keys hold one of some words.

        Parameters
        ----------
        *words : str
            Such as ``:operations``, the table of a key.

        Returns
        -------
        list of str
            Keys, in file order.
        """
        return [key for key in self.facts["assumed"] if any(word in key for word in words)]

    def heading_of(self, part: Json, words: str) -> str:
        """Return the heading of a figure about one phase.

        Parameters
        ----------
        part : dict
            Its entry in the facts, with ``phase``.
        words : str
            What the figure shows.

        Returns
        -------
        str
            Mission, phase and words.
        """
        return f"{self.name}, {str(part['phase']).replace('_', ' ')}: {words}"


def forces_and_start(part: Json) -> str:
    """Say under which forces and from when the orbits of a figure flew.

    Parameters
    ----------
    part : dict
        Entry in the facts, with ``degree`` and ``start_utc``.

    Returns
    -------
    str
        Begin of a footer, without full stop.
    """
    return f"Moon's field GRGM1200A to degree {part['degree']}, Earth and Sun; start {part['start_utc'][:10]}"


def read_at_moon(directory: Path, mission: Json) -> AtMoon | None:
    """Read what a run left about a mission at the Moon.

    Parameters
    ----------
    directory : Path
        The run's folder.
    mission : dict
        Its entry in the summary.

    Returns
    -------
    AtMoon or None
        None when the run did not look at it.

    Raises
    ------
    InputError
        When a file is missing or does not hold what it should.
    """
    facts = mission.get("at_moon")
    if not facts:
        return None
    tables: dict[str, Table] = {}
    for name, columns in _files(facts):
        if "/" in name or "\\" in name:
            raise InputError(f"{directory}: the summary names {name!r:.60}, which is no file of the folder")
        tables[name] = read_table(directory / name, columns)
    return AtMoon(str(mission["key"]), str(mission["name"]), facts, tables)


def _files(facts: Json) -> list[tuple[str, tuple[str, ...]]]:
    parts: list[Any] = [*facts["phases"], *facts["links"], *facts["surveys"], *facts["lives"], *facts["relays"]]
    parts += [facts[name] for name in ("light", "phasing", "overburn", "insertion") if facts[name]]
    return [
        (str(part[key]), columns)
        for part in parts
        for key, columns in _COLUMNS.items()
        if isinstance(part.get(key), str) and str(part[key]).endswith(".csv")
    ]
