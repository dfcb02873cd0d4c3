"""Crash-safe ledger of results: one SQLite file, one transaction per chunk, a checksum over every chunk.

A chunk is a set of named arrays with a few words of metadata, filed under a case id (the hash of the inputs
of the case) and a name. What `Ledger.put` has returned from stays readable whatever happens to the process or
the machine afterwards: SQLite's write-ahead log is flushed at each commit. A chunk that is there does not yet
make its case complete: that is what `Ledger.finish` writes and `Ledger.done` asks.

The file is the live record of one run on one machine (the log needs shared memory, so it does not work on a
network file system). A ledger that was closed properly is one plain file, which can be copied and opened from
a folder without write permission. Arrays are kept in numpy's own format, plain numbers only.
"""

from __future__ import annotations

import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypedDict

import numpy as np
from numpy.typing import NDArray

from sim.errors import StoreError

APPLICATION_ID: Final = 0x7065726C
"""Marks the file as ours in its header ("perl" in ASCII)."""

FORMAT_VERSION: Final = 1

_LARGEST_CHUNK = 900_000_000
"""Bytes; SQLite itself stops at 10^9 for one value."""

_SCHEMA = """
CREATE TABLE chunk (
    case_id TEXT NOT NULL, name TEXT NOT NULL,
    meta TEXT NOT NULL, payload BLOB NOT NULL, sha256 BLOB NOT NULL,
    PRIMARY KEY (case_id, name)
) WITHOUT ROWID;
CREATE TABLE finished (case_id TEXT PRIMARY KEY) WITHOUT ROWID;
"""


class Chunk(TypedDict):
    """What `Ledger.get` returns."""

    arrays: dict[str, NDArray[Any]]
    meta: dict[str, Any]


def case_id_of(inputs: Mapping[str, Any]) -> str:
    """Id of a case: SHA-256 over its inputs as canonical JSON.

    Parameters
    ----------
    inputs : mapping
        Everything that decides the result, data and code versions included; JSON types only.

    Returns
    -------
    str
        64 hexadecimal digits; the order of keys does not matter, every bit of a number does.

    Raises
    ------
    StoreError
        A value is not a JSON type, or not finite.
    """
    return hashlib.sha256(_canonical_json(inputs, "the inputs of a case").encode()).hexdigest()


def _canonical_json(value: Mapping[str, Any], what: str) -> str:
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as fault:
        raise StoreError(f"{what} cannot be written: {fault}; allowed: finite JSON values") from None


def _pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Encode arrays as an uncompressed .npz, byte for byte the same for the same arrays."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, value in arrays.items():
            array = np.asarray(value)
            if array.dtype.hasobject:
                raise StoreError(
                    f"array {name!r} has dtype {array.dtype}; allowed: numbers, booleans, fixed-width text"
                )
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
    return buffer.getvalue()


def _unpack(payload: bytes) -> dict[str, NDArray[Any]]:
    with np.load(io.BytesIO(payload), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _checksum(case_id: str, name: str, meta: str, payload: bytes) -> bytes:
    """SHA-256 over everything in the row; lengths in front, so that fields cannot run into each other."""
    digest = hashlib.sha256()
    for part in (case_id.encode(), name.encode(), meta.encode(), payload):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def _is_intact(case_id: object, name: object, meta: object, payload: object, sha256: object) -> bool:
    """Compare a row with its checksum; damage may also have changed the type of a field."""
    if not (isinstance(case_id, str) and isinstance(name, str) and isinstance(meta, str)):
        return False
    return isinstance(payload, bytes) and _checksum(case_id, name, meta, payload) == sha256


class Ledger:
    """A file of results that survives a crash.

    Use it from one thread, as a context manager. Several processes may read while one writes.

    Parameters
    ----------
    path : path-like
        The file; made when it does not exist, its folder must exist.
    read_only : bool
        Open an existing file without the right to change it.
    wait_s : float
        How long to wait for another process that holds the file, s.

    Raises
    ------
    StoreError
        The file cannot be opened or made, is no ledger, comes from a newer version or is held by another
        process.
    """

    def __init__(self, path: Path | str, *, read_only: bool = False, wait_s: float = 5.0) -> None:
        self.path = Path(path)
        self.read_only = read_only
        with self._sentences("opened"):
            self._connection = self._connect(wait_s)
            try:
                self._identify()
            except BaseException:
                self._connection.close()
                raise

    def _connect(self, wait_s: float) -> sqlite3.Connection:
        if self.read_only and not self.path.is_file():
            raise StoreError(f"{self.path}: found no file; allowed: a ledger written by an earlier run")
        mode = "ro" if self.read_only else "rwc"
        uri = f"{self.path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None)

    def _identify(self) -> None:
        """Refuse what is not ours before anything is written; make the tables in an empty file."""
        tables = self._number("SELECT count(*) FROM sqlite_master")
        application = self._number("PRAGMA application_id")
        if tables == 0 and application == 0 and not self.read_only:
            self._create()
        elif application != APPLICATION_ID:
            raise StoreError(f"{self.path}: found a database of another program; choose another file")
        version = self._number("PRAGMA user_version")
        if version != FORMAT_VERSION:
            raise StoreError(
                f"{self.path}: found ledger format {version}, this version reads {FORMAT_VERSION}; "
                "choose another file or update perilune"
            )
        if not self.read_only:
            self._start_log()

    def _create(self) -> None:
        self._connection.executescript(
            f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA application_id={APPLICATION_ID};"
            f"PRAGMA user_version={FORMAT_VERSION};COMMIT;"
        )

    def _start_log(self) -> None:
        mode = self._connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        if mode != "wal":
            raise StoreError(f"{self.path}: its file system keeps no write-ahead log; choose a local folder")
        # FULL: each commit reaches the disk before put() returns.
        self._connection.execute("PRAGMA synchronous=FULL")

    def _number(self, statement: str) -> int:
        return int(self._connection.execute(statement).fetchone()[0])

    @contextmanager
    def _sentences(self, what: str) -> Iterator[None]:
        """Turn SQLite's faults into one sentence that says what to do."""
        try:
            yield
        except sqlite3.Error as fault:
            raise StoreError(f"{self.path} cannot be {what}: {fault}; {_advice(fault)}") from fault

    def put(
        self,
        case_id: str,
        name: str,
        arrays: Mapping[str, NDArray[Any]],
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        """Write one chunk in one transaction; one of the same case and name is replaced.

        Parameters
        ----------
        case_id : str
            Id of the case, see `case_id_of`.
        name : str
            Name of the chunk inside its case.
        arrays : mapping of str to ndarray
            Arrays of numbers, booleans or fixed-width text.
        meta : mapping, optional
            Finite JSON values.

        Raises
        ------
        StoreError
            An array or value cannot be kept, the chunk is too large, the disk is full, or the file is held.
        """
        text = _canonical_json(meta or {}, f"metadata of chunk {name!r}")
        payload = _pack(arrays)
        if len(payload) > _LARGEST_CHUNK:
            raise StoreError(
                f"chunk {name!r} has {len(payload)} bytes; allowed: {_LARGEST_CHUNK}; write smaller chunks"
            )
        row = (case_id, name, text, payload, _checksum(case_id, name, text, payload))
        with self._sentences("written"):
            # One statement outside BEGIN is one transaction.
            self._connection.execute("INSERT OR REPLACE INTO chunk VALUES (?, ?, ?, ?, ?)", row)

    def get(self, case_id: str, name: str) -> Chunk | None:
        """Read one chunk back and verify its checksum.

        Parameters
        ----------
        case_id : str
            Id of the case.
        name : str
            Name of the chunk.

        Returns
        -------
        Chunk or None
            ``{"arrays": ..., "meta": ...}``; None when there is no such chunk.

        Raises
        ------
        StoreError
            The chunk is damaged or the file cannot be read.
        """
        with self._sentences("read"):
            row = self._connection.execute(
                "SELECT meta, payload, sha256 FROM chunk WHERE case_id=? AND name=?", (case_id, name)
            ).fetchone()
        if row is None:
            return None
        if not _is_intact(case_id, name, *row):
            raise StoreError(
                f"{self.path}: chunk {name!r} of case {case_id[:12]} is damaged (its checksum differs); "
                "delete the file and run again"
            )
        meta, payload, _ = row
        return Chunk(arrays=_unpack(payload), meta=json.loads(meta))

    def finish(self, case_id: str) -> None:
        """Mark a case as complete: all its chunks are written.

        Parameters
        ----------
        case_id : str
            Id of the case.

        Raises
        ------
        StoreError
            The file cannot be written.
        """
        with self._sentences("written"):
            self._connection.execute("INSERT OR IGNORE INTO finished VALUES (?)", (case_id,))

    def done(self, case_id: str) -> bool:
        """Say whether a case was marked as complete.

        Parameters
        ----------
        case_id : str
            Id of the case.

        Returns
        -------
        bool
            False also for a case whose chunks are there but which never finished.

        Raises
        ------
        StoreError
            The file cannot be read.
        """
        with self._sentences("read"):
            row = self._connection.execute("SELECT 1 FROM finished WHERE case_id=?", (case_id,)).fetchone()
        return row is not None

    def names(self, case_id: str) -> tuple[str, ...]:
        """Names of the chunks of a case, sorted.

        Parameters
        ----------
        case_id : str
            Id of the case.

        Returns
        -------
        tuple of str
            Empty when nothing was written for it.

        Raises
        ------
        StoreError
            The file cannot be read.
        """
        with self._sentences("read"):
            rows = self._connection.execute(
                "SELECT name FROM chunk WHERE case_id=? ORDER BY name", (case_id,)
            ).fetchall()
        return tuple(row[0] for row in rows)

    def cases(self) -> tuple[str, ...]:
        """Ids of all cases with at least one chunk, sorted.

        Returns
        -------
        tuple of str
            Complete or not.

        Raises
        ------
        StoreError
            The file cannot be read.
        """
        with self._sentences("read"):
            rows = self._connection.execute("SELECT DISTINCT case_id FROM chunk ORDER BY case_id").fetchall()
        return tuple(row[0] for row in rows)

    def verify(self) -> tuple[tuple[str, str], ...]:
        """Check every chunk against its checksum.

        Returns
        -------
        tuple of (case id, name)
            The damaged chunks; empty when all is well.

        Raises
        ------
        StoreError
            The file itself cannot be read.
        """
        with self._sentences("read"):
            rows = self._connection.execute("SELECT case_id, name, meta, payload, sha256 FROM chunk")
            damaged = [(str(row[0]), str(row[1])) for row in rows if not _is_intact(*row)]
        return tuple(damaged)

    def close(self) -> None:
        """Close the file; without other users of it, the log is folded in and one plain file remains."""
        if not self.read_only:
            # Fails while another process reads: the log then stays beside the file, and nothing is lost.
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA busy_timeout=0")
                self._connection.execute("PRAGMA journal_mode=DELETE")
        self._connection.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _advice(fault: sqlite3.Error) -> str:
    text = str(fault)
    for sign, advice in (
        ("locked", "another process holds it: wait for it or choose another folder"),
        ("not a database", "it is no ledger: choose another file"),
        ("malformed", "it is damaged: delete it and run again"),
        ("full", "the disk is full: free space and run again, finished chunks are kept"),
        ("readonly", "it may not be written: choose another folder"),
        ("unable to open", "check that the folder exists and may be written"),
    ):
        if sign in text:
            return advice
    return "choose another folder or delete the file"
