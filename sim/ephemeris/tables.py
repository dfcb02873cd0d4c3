"""Equal-piece Chebyshev tables for the compiled core, refitted from an ephemeris.

All bodies share one grid of pieces, so the core finds its piece with one subtraction instead of one search
per body. The grid is fixed in time (multiples of the piece length from midnight before J2000), and so is the
number of coefficients: the polynomial at an epoch does not depend on the span asked for, and neither does a
trajectory.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from sim.ephemeris.fitting import PieceGrid, Sampler, coefficients_needed, fit_and_check
from sim.ephemeris.series import ChebyshevSeries, FloatArray
from sim.errors import InputError

DEFAULT_MARGIN_DAY = 1.0

POSITION_TOLERANCE_KM = 1e-9
ANGLE_TOLERANCE_RAD = 1e-13
_CACHE_ENTRIES = 16

_Table = TypeVar("_Table")


@dataclass(frozen=True, eq=False)
class ChebyshevTable:
    """Positions of several bodies relative to one centre, as polynomials on equal pieces of time.

    With ``k = floor((t - start_tdb) / piece_s)`` clamped to the table and ``x = 2 ((t - start_tdb) - k
    piece_s) / piece_s - 1``, the position of body ``b`` is ``sum_j coefficients[k, b, :, j] T_j(x)``.

    Parameters
    ----------
    bodies : tuple of str
    center : str
    start_tdb : float
        Start of the first piece, seconds past J2000 TDB; at or before the start asked for.
    piece_s : float
        Length of a piece in seconds.
    n_pieces : int
    coefficients : ndarray, shape (n_pieces, n_bodies, 3, n_coefficients)
        km, C-contiguous. Shared between callers: do not write into it (it is not flagged read-only because
        numba compiles a second version of a kernel for read-only arrays).
    fit_error_km : ndarray, shape (n_bodies,)
        Largest distance to the ephemeris, measured in every piece at epochs that the fit did not use.
    """

    bodies: tuple[str, ...]
    center: str
    start_tdb: float
    piece_s: float
    n_pieces: int
    coefficients: FloatArray
    fit_error_km: FloatArray

    @property
    def stop_tdb(self) -> float:
        """End of the last piece, seconds past J2000 TDB."""
        return self.start_tdb + self.n_pieces * self.piece_s

    @property
    def n_coefficients(self) -> int:
        """Coefficients per component."""
        return int(self.coefficients.shape[3])

    def series(self, body: str) -> ChebyshevSeries:
        """One body of the table as a series, for evaluation outside the core.

        Parameters
        ----------
        body : str
            One of ``bodies``.

        Returns
        -------
        ChebyshevSeries

        Raises
        ------
        InputError
            The table does not hold the body.
        """
        if body not in self.bodies:
            raise InputError(f"the table holds {', '.join(self.bodies)}; found {body!r}")
        return ChebyshevSeries(self.start_tdb, self.piece_s, self.coefficients[:, self.bodies.index(body)])


@dataclass(frozen=True, eq=False)
class LibrationTable:
    """Lunar libration angles as polynomials on equal pieces of time.

    Same layout as :class:`ChebyshevTable` with one body, so that the same compiled code evaluates it.

    Parameters
    ----------
    start_tdb : float
        Start of the first piece, seconds past J2000 TDB.
    piece_s : float
        Length of a piece in seconds.
    n_pieces : int
    coefficients : ndarray, shape (n_pieces, 1, 3, n_coefficients)
        rad; phi, theta, psi.
    fit_error_rad : ndarray, shape (3,)
        Largest difference per angle at epochs that the fit did not use.
    """

    start_tdb: float
    piece_s: float
    n_pieces: int
    coefficients: FloatArray
    fit_error_rad: FloatArray

    @property
    def stop_tdb(self) -> float:
        """End of the last piece, seconds past J2000 TDB."""
        return self.start_tdb + self.n_pieces * self.piece_s

    @property
    def n_coefficients(self) -> int:
        """Coefficients per angle."""
        return int(self.coefficients.shape[3])

    def series(self) -> ChebyshevSeries:
        """Return the table as a series, for evaluation outside the core."""
        return ChebyshevSeries(self.start_tdb, self.piece_s, self.coefficients[:, 0])


class TableCache:
    """The most recently used tables of one ephemeris; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, object] = OrderedDict()

    def get(self, key: Hashable, kind: type[_Table], build: Callable[[], _Table]) -> _Table:
        """Entry of that key, built on first use.

        Parameters
        ----------
        key : hashable
        kind : type
            Type of the entry.
        build : callable
            Makes the entry. Two threads may build the same one; both get equal tables.

        Returns
        -------
        object of type ``kind``
        """
        with self._lock:
            found = self._entries.get(key)
            if isinstance(found, kind):
                self._entries.move_to_end(key)
                return found
        made = build()
        with self._lock:
            self._entries[key] = made
            while len(self._entries) > _CACHE_ENTRIES:
                self._entries.popitem(last=False)
        return made

    def __len__(self) -> int:
        return len(self._entries)


def position_table(
    cache: TableCache,
    sample: Sampler,
    coverage_tdb: tuple[float, float],
    grid: PieceGrid,
    bodies: tuple[str, ...],
    center: str,
    n_coefficients: int | None,
) -> ChebyshevTable:
    """Table of positions; see :meth:`sim.ephemeris.Ephemeris.chebyshev_table`.

    Parameters
    ----------
    cache : TableCache
    sample : callable
        Positions of the bodies in km.
    coverage_tdb : tuple of float
        Span of the ephemeris, for the choice of ``n_coefficients``.
    grid : PieceGrid
    bodies : tuple of str
    center : str
    n_coefficients : int or None

    Returns
    -------
    ChebyshevTable
    """
    n = n_coefficients
    if n is None:
        probe = partial(coefficients_needed, sample, coverage_tdb, grid.piece_s, POSITION_TOLERANCE_KM)
        n = cache.get((bodies, center, grid.piece_s), int, probe)

    def build() -> ChebyshevTable:
        coefficients, difference = fit_and_check(sample, grid, n)
        error_km = np.sqrt((difference * difference).sum(axis=2)).max(axis=1)
        return ChebyshevTable(bodies, center, grid.start_tdb, grid.piece_s, len(coefficients), coefficients, error_km)

    return cache.get((bodies, center, grid, n), ChebyshevTable, build)


def libration_table(
    cache: TableCache,
    sample: Sampler,
    coverage_tdb: tuple[float, float],
    grid: PieceGrid,
    n_coefficients: int | None,
) -> LibrationTable:
    """Table of libration angles; see :meth:`sim.ephemeris.Ephemeris.chebyshev_libration_table`.

    Parameters
    ----------
    cache : TableCache
    sample : callable
        The three angles in rad, as one body.
    coverage_tdb : tuple of float
        Span of the ephemeris, for the choice of ``n_coefficients``.
    grid : PieceGrid
    n_coefficients : int or None

    Returns
    -------
    LibrationTable
    """
    n = n_coefficients
    if n is None:
        probe = partial(coefficients_needed, sample, coverage_tdb, grid.piece_s, ANGLE_TOLERANCE_RAD)
        n = cache.get(("librations", grid.piece_s), int, probe)

    def build() -> LibrationTable:
        coefficients, difference = fit_and_check(sample, grid, n)
        error_rad = np.abs(difference[0]).max(axis=0)
        return LibrationTable(grid.start_tdb, grid.piece_s, len(coefficients), coefficients, error_rad)

    return cache.get(("librations", grid, n), LibrationTable, build)
