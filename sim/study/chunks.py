"""Window searches in chunks that are kept: what an earlier run finished is not computed again."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from sim.ephemeris import Ephemeris
from sim.errors import StoreError
from sim.store import Ledger, case_id_of
from sim.study.provenance import code_sha256
from sim.windows import OpportunityTable, WindowRequest, find_opportunities, join_tables

ProgressCallback = Callable[[str, int, int], None]
"""Called with what is being done, pieces done and pieces in all."""

LEDGER_NAME = "ledger.sqlite"
_CHUNK = "opportunities"


def chunk_requests(request: WindowRequest) -> tuple[WindowRequest, ...]:
    """Split a search into independent ones, one per parking inclination and flight time.

    Parameters
    ----------
    request : WindowRequest
        The search.

    Returns
    -------
    tuple of WindowRequest
        Together they give exactly the rows of the whole: the search solves these families one by one anyway. A
        split by months would change the last bits near every boundary.
    """
    return tuple(
        replace(request, inclination_deg=(inclination,), tof_day=(tof,))
        for inclination in request.inclination_deg
        for tof in request.tof_day
    )


def chunk_id(request: WindowRequest, ephemeris: Ephemeris) -> str:
    """Return the id under which the result of a search is kept: a hash of everything that decides it.

    Parameters
    ----------
    request : WindowRequest
        The search; the mission id does not count.
    ephemeris : Ephemeris
        The ephemeris used.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    asked = asdict(request)
    del asked["mission_id"]
    return case_id_of({"window": asked, "ephemeris": ephemeris.sha256, "code": code_sha256()})


def _arrays(table: OpportunityTable) -> dict[str, Any]:
    values = {field.name: getattr(table, field.name) for field in fields(table)}
    return {name: value for name, value in values.items() if isinstance(value, np.ndarray)}


class WindowSearch:
    """Searches windows and remembers them, in memory and, when there is a folder, in its ledger.

    Parameters
    ----------
    ephemeris : Ephemeris
        The ephemeris to use.
    ledger : Ledger or None
        Where finished chunks are kept.
    progress : callable or None
        Called after every chunk.
    """

    def __init__(
        self, ephemeris: Ephemeris, ledger: Ledger | None = None, progress: ProgressCallback | None = None
    ) -> None:
        self.ephemeris = ephemeris
        self.computed_n = 0
        self.resumed_n = 0
        self._ledger = ledger
        self._progress = progress
        self._memory: dict[str, OpportunityTable] = {}

    def find(self, request: WindowRequest) -> OpportunityTable:
        """Return all opportunities of a mission, from memory, from the ledger or computed.

        Parameters
        ----------
        request : WindowRequest
            The search.

        Returns
        -------
        OpportunityTable
            Sorted by launch.

        Raises
        ------
        PeriluneError
            As `sim.windows.find_opportunities` and `sim.store.Ledger`.
        """
        chunks = chunk_requests(request)
        tables = []
        for done, chunk in enumerate(chunks):
            pair = f"inclination {chunk.inclination_deg[0]:g} deg, flight {chunk.tof_day[0]:g} d"
            self.tell(f"{request.mission_id}: {pair}", done, len(chunks))
            tables.append(self._chunk(chunk))
        self.tell(f"{request.mission_id}: launch windows", len(chunks), len(chunks))
        return join_tables(tables)

    def tell(self, label: str, done: int, total: int) -> None:
        """Report progress to whoever listens.

        Parameters
        ----------
        label : str
            What is being done.
        done, total : int
            Pieces done and pieces in all.
        """
        if self._progress is not None:
            self._progress(label, done, total)

    def _chunk(self, request: WindowRequest) -> OpportunityTable:
        name = chunk_id(request, self.ephemeris)
        table = self._memory.get(name)
        if table is None:
            table = self._read(name, request)
        if table is None:
            table = find_opportunities(request, ephemeris=self.ephemeris)
            self.computed_n += 1
            self._write(name, table)
        self._memory[name] = table
        return replace(table, mission_id=request.mission_id)

    def _read(self, name: str, request: WindowRequest) -> OpportunityTable | None:
        if self._ledger is None or not self._ledger.done(name):
            return None
        chunk = self._ledger.get(name, _CHUNK)
        if chunk is None:
            return None
        self.resumed_n += 1
        return OpportunityTable(mission_id=request.mission_id, site_id=request.site.id, **chunk["arrays"])

    def _write(self, name: str, table: OpportunityTable) -> None:
        if self._ledger is not None:
            self._ledger.put(name, _CHUNK, _arrays(table), {"rows": len(table)})
            self._ledger.finish(name)


@contextlib.contextmanager
def open_ledger(out: Path | None) -> Iterator[Ledger | None]:
    """Open the ledger of a folder, which is made when missing; none without a folder.

    Parameters
    ----------
    out : Path or None
        The run's folder.

    Yields
    ------
    Ledger or None
        Closed at the end, whatever happens.

    Raises
    ------
    StoreError
        When the folder cannot be made or written.
    """
    if out is None:
        yield None
        return
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make the folder {out}: {error.strerror}; choose a folder that you may write to"
        ) from error
    with Ledger(out / LEDGER_NAME) as ledger:
        yield ledger
