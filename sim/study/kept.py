"""Finished parts of a run in its ledger: what is looked at once at the Moon is not looked at again."""

from __future__ import annotations

from typing import Any, TypeVar

from sim.ephemeris import Ephemeris
from sim.store import Ledger, case_id_of
from sim.study.provenance import part_code_sha256
from sim.study.records import decode, digest, encode

T = TypeVar("T")

_CHUNK = "part"


class LedgerKeeper:
    """Keeps parts in a ledger, under a hash of everything that decides them.

    Parameters
    ----------
    ledger : Ledger
        Where.
    ephemeris : Ephemeris
        The one used.

    Attributes
    ----------
    resumed_n, computed_n : int
        Parts taken from the ledger, and parts put there.
    """

    def __init__(self, ledger: Ledger, ephemeris: Ephemeris) -> None:
        self.resumed_n = 0
        self.computed_n = 0
        self._ledger = ledger
        self._ephemeris = ephemeris

    def find(self, part: str, inputs: tuple[Any, ...]) -> tuple[Any] | None:
        """Return a part that was kept for the same inputs, ephemeris and code.

        Parameters
        ----------
        part : str
            Its name.
        inputs : tuple
            What decides it.

        Returns
        -------
        tuple of one or None
            The part; None when there is none.

        Raises
        ------
        StoreError
            The part is damaged.
        """
        name = self.part_id(part, inputs)
        chunk = self._ledger.get(name, _CHUNK) if self._ledger.done(name) else None
        if chunk is None:
            return None
        self.resumed_n += 1
        return (decode(chunk["meta"]["tree"], chunk["arrays"]),)

    def keep(self, part: str, inputs: tuple[Any, ...], value: T) -> T:
        """Keep a finished part.

        Parameters
        ----------
        part : str
            Its name.
        inputs : tuple
            What decides it.
        value : record
            The part.

        Returns
        -------
        record
            As it will be read.

        Raises
        ------
        StoreError
            It is no plain record, or the ledger cannot be written.
        """
        name = self.part_id(part, inputs)
        tree, arrays = encode(value)
        self._ledger.put(name, _CHUNK, arrays, {"part": part, "tree": tree})
        self._ledger.finish(name)
        self.computed_n += 1
        again: T = decode(tree, arrays)
        return again

    def part_id(self, part: str, inputs: tuple[Any, ...]) -> str:
        """Return the id under which a part is kept.

        Parameters
        ----------
        part : str
            Its name.
        inputs : tuple
            What decides it.

        Returns
        -------
        str
            64 hexadecimal digits.
        """
        decided = {"inputs": digest(inputs), "ephemeris": self._ephemeris.sha256, "code": part_code_sha256()}
        return case_id_of({"part": part, **decided})
