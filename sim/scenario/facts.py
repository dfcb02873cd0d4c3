"""What stands in a file, as far as it is right by itself, and checks that several rules share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sim.errors import InputError, ScenarioProblem
from sim.scenario.dates import interval_day
from sim.scenario.document import Document, dotted, short
from sim.scenario.toml_lines import Path
from sim.sites import lunar_site

LONGEST_PERIOD_DAY = 3_700.0
"""Longest launch period searched; a plan that needs more is better split into missions."""


class Facts:
    """Values of a file that are right by themselves.

    Parameters
    ----------
    document : Document
        File.
    bad : frozenset of tuple
        Key paths at which single values are faulty.
    """

    def __init__(self, document: Document, bad: frozenset[Path]) -> None:
        self.document = document
        self.problem = document.problem
        self._bad = bad

    def get(self, *path: str | int) -> Any:
        """Return the value at `path`, stripped of its source; None when absent or faulty.

        Parameters
        ----------
        *path : str or int
            Key path.

        Returns
        -------
        object
            Number, text, list or table.
        """
        if any(self._touches(bad, path) for bad in self._bad):
            return None
        found: Any = self.document.data
        for part in path:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                return None
        return found["value"] if isinstance(found, dict) and "status" in found and "value" in found else found

    def has(self, *path: str | int) -> bool:
        """Return whether anything, faulty or not, stands at `path`.

        Parameters
        ----------
        *path : str or int
            Key path.

        Returns
        -------
        bool
            True when the key is there.
        """
        found: Any = self.document.data
        for part in path:
            try:
                found = found[part]
            except (KeyError, IndexError, TypeError):
                return False
        return True

    def misnamed_table(self) -> bool:
        """Return whether the file holds a table of unknown name: it may be the one that seems to be missing.

        Returns
        -------
        bool
            True when there is one.
        """
        return any(len(bad) == 1 and isinstance(self.document.data.get(str(bad[0])), dict) for bad in self._bad)

    def tables(self, key: str) -> range:
        """Positions of an array of tables; empty when it is absent or no list.

        Parameters
        ----------
        key : str
            Name of the array.

        Returns
        -------
        range
            Positions.
        """
        found = self.document.data.get(key)
        return range(len(found)) if isinstance(found, list) else range(0)

    @staticmethod
    def _touches(bad: Path, path: Path) -> bool:
        """Whether a faulty place is `path`, above it, or below it; for a whole table, only at or above it."""
        length = min(len(bad), len(path))
        return bad[:length] == path[:length]


def order_fault(facts: Facts, start: Path, stop: Path) -> ScenarioProblem | None:
    """Check that one UTC instant of a file comes after another.

    Parameters
    ----------
    facts : Facts
        File.
    start, stop : tuple
        Key paths of the two instants.

    Returns
    -------
    ScenarioProblem or None
        Fault at `stop`; None when in order or unknown.
    """
    first, last = facts.get(*start), facts.get(*stop)
    if first is None or last is None:
        return None
    days = interval_day(first, last)
    if days <= 0.0:
        allowed = f"an instant after {dotted(start)} = {first}"
        return facts.problem(stop, last, allowed, "stop lies before start; swap them?")
    if days > LONGEST_PERIOD_DAY and start[0] == "launch":
        allowed = f"at most {LONGEST_PERIOD_DAY:.0f} d after {dotted(start)} = {first}"
        return facts.problem(stop, f"{days:.0f} d of search", allowed, "search a shorter period")
    return None


def place_faults(facts: Facts, *table: str | int) -> Iterator[ScenarioProblem]:
    """Check that a table names one place on the Moon: a known site, or coordinates.

    Parameters
    ----------
    facts : Facts
        File.
    *table : str or int
        Key path of the table: ``landing``, ``impact``, or ``places`` and a position.

    Yields
    ------
    ScenarioProblem
        One per fault.
    """
    name = facts.get(*table, "site")
    coordinates = [key for key in ("latitude_deg", "longitude_deg") if facts.has(*table, key)]
    if facts.has(*table, "site") and coordinates:
        hint = "remove the site or the coordinates"
        yield facts.problem((*table, coordinates[0]), "site and coordinates", "one of the two", hint)
    elif not facts.has(*table, "site") and len(coordinates) < 2:
        hint = "add site, or latitude_deg and longitude_deg"
        yield facts.problem(table, "no place", "a site, or latitude and longitude", hint)
    if isinstance(name, str):
        try:
            lunar_site(name)
        except InputError as error:
            yield facts.problem((*table, "site"), short(name), "a known lunar site", after_first_clause(error))


def after_first_clause(error: InputError) -> str:
    """Return the rest of a message whose first clause repeats what was found."""
    return str(error).partition("; ")[2]
