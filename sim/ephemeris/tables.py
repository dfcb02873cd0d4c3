"""Equal-piece Chebyshev tables for the compiled core, refitted from an ephemeris.

All bodies share one grid of pieces, so the core finds its piece with one subtraction instead of one search
per body. The grid is fixed in time (multiples of the piece length from midnight before J2000), and so is the
number of coefficients: the polynomial at an epoch does not depend on the span asked for, and neither does a
trajectory.
"""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from sim.constants import SECONDS_PER_DAY
from sim.ephemeris.series import ChebyshevSeries, FloatArray
from sim.errors import DataError, InputError

if TYPE_CHECKING:
    from sim.ephemeris.states import Ephemeris, Segment

DEFAULT_MARGIN_DAY = 1.0

GRID_ORIGIN_TDB = -0.5 * SECONDS_PER_DAY
"""2000-01-01T00:00 TDB. Granules of the JPL ephemerides start at midnight, so that one-day pieces never
straddle two of them; across a granule boundary the position has a tiny step that no polynomial follows."""

POSITION_TOLERANCE_KM = 1e-9
ANGLE_TOLERANCE_RAD = 1e-13
# relative floor: no fit is better than the rounding of its samples
_ROUNDING = 4.0 * float(np.finfo(np.float64).eps)
_MAX_COEFFICIENTS = 24
_N_PROBES = 128
_N_CHECKS = 7
_CACHE_ENTRIES = 16

# Epochs (N,) as middle of the piece + offset, kept apart since their rounded sum costs 0.1 mm -> (n_bodies,
# N, 3)
_Sampler = Callable[[FloatArray, FloatArray], FloatArray]
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


def build_table(
    ephemeris: Ephemeris,
    cache: TableCache,
    bodies: tuple[str, ...],
    center: str,
    start_tdb: float,
    stop_tdb: float,
    piece_day: float,
    n_coefficients: int | None,
    margin_day: float,
) -> ChebyshevTable:
    """Table of positions; see :meth:`sim.ephemeris.Ephemeris.chebyshev_table`."""
    if not bodies:
        raise InputError("a Chebyshev table needs at least one body")
    coverage = ephemeris.coverage(*bodies, center)
    piece_s, first, last = _grid(start_tdb, stop_tdb, piece_day, margin_day, coverage)

    def sample(t: FloatArray, offset_s: FloatArray) -> FloatArray:
        return np.stack([ephemeris.position_split(body, center, t, offset_s) for body in bodies])

    n = n_coefficients
    if n is None:
        key = ("n", bodies, center, piece_s)
        n = _needed(cache, sample, coverage, piece_s, POSITION_TOLERANCE_KM, key)
    _check_n(n)

    def build() -> ChebyshevTable:
        coefficients, difference = _fit_and_check(sample, first, last, piece_s, n)
        error_km = np.sqrt((difference * difference).sum(axis=2)).max(axis=1)
        start = GRID_ORIGIN_TDB + first * piece_s
        return ChebyshevTable(bodies, center, start, piece_s, last - first, coefficients, error_km)

    return cache.get((bodies, center, first, last, piece_s, n), ChebyshevTable, build)


def build_libration_table(
    librations: Segment,
    cache: TableCache,
    start_tdb: float,
    stop_tdb: float,
    piece_day: float,
    n_coefficients: int | None,
    margin_day: float,
) -> LibrationTable:
    """Table of libration angles; see :meth:`sim.ephemeris.Ephemeris.chebyshev_libration_table`."""
    coverage = (librations.start_tdb, librations.stop_tdb)
    piece_s, first, last = _grid(start_tdb, stop_tdb, piece_day, margin_day, coverage)

    def sample(t: FloatArray, offset_s: FloatArray) -> FloatArray:
        return librations.position(t, offset_s)[np.newaxis]

    n = n_coefficients
    if n is None:
        n = _needed(cache, sample, coverage, piece_s, ANGLE_TOLERANCE_RAD, ("n", "librations", piece_s))
    _check_n(n)

    def build() -> LibrationTable:
        coefficients, difference = _fit_and_check(sample, first, last, piece_s, n)
        start = GRID_ORIGIN_TDB + first * piece_s
        return LibrationTable(start, piece_s, last - first, coefficients, np.abs(difference[0]).max(axis=0))

    return cache.get(("librations", first, last, piece_s, n), LibrationTable, build)


def _grid(
    start_tdb: float, stop_tdb: float, piece_day: float, margin_day: float, coverage: tuple[float, float]
) -> tuple[float, int, int]:
    """Piece length in seconds and the range of piece numbers, counted from the grid's origin."""
    piece_s = piece_day * SECONDS_PER_DAY
    if not (math.isfinite(piece_s) and 60.0 <= piece_s <= 32.0 * SECONDS_PER_DAY):
        raise InputError(f"piece_day must lie between one minute and 32 days; found {piece_day}")
    if piece_s != round(piece_s):
        raise InputError(f"piece_day must be a whole number of seconds, for an exact grid; found {piece_day}")
    if not (math.isfinite(margin_day) and margin_day >= 0.0):
        raise InputError(f"margin_day must be zero or more; found {margin_day}")
    lowest = math.ceil((coverage[0] - GRID_ORIGIN_TDB) / piece_s)
    highest = math.floor((coverage[1] - GRID_ORIGIN_TDB) / piece_s)
    margin_s = margin_day * SECONDS_PER_DAY
    first = max(math.floor((start_tdb - margin_s - GRID_ORIGIN_TDB) / piece_s), lowest)
    last = min(math.ceil((stop_tdb + margin_s - GRID_ORIGIN_TDB) / piece_s), highest)
    last = max(last, min(first + 1, highest))
    start, stop = GRID_ORIGIN_TDB + first * piece_s, GRID_ORIGIN_TDB + last * piece_s
    if last <= first or start > start_tdb or stop < stop_tdb:
        raise InputError(
            f"no whole pieces of {piece_day} day cover the span so near to the end of the ephemeris; "
            "choose a shorter piece or dates inside"
        )
    return piece_s, first, last


def _check_n(n_coefficients: int) -> None:
    if not 2 <= n_coefficients <= _MAX_COEFFICIENTS:
        raise InputError(f"n_coefficients must lie between 2 and {_MAX_COEFFICIENTS}; found {n_coefficients}")


def _needed(
    cache: TableCache,
    sample: _Sampler,
    coverage: tuple[float, float],
    piece_s: float,
    tolerance: float,
    key: Hashable,
) -> int:
    """Fewest coefficients that keep the tolerance or the rounding, by probes over the whole ephemeris."""

    def probe() -> int:
        lowest = math.ceil((coverage[0] - GRID_ORIGIN_TDB) / piece_s)
        highest = math.floor((coverage[1] - GRID_ORIGIN_TDB) / piece_s)
        pieces = np.unique(np.linspace(lowest, highest - 1, _N_PROBES).astype(np.int64))
        coefficients = np.abs(_fit(sample, pieces, piece_s, _MAX_COEFFICIENTS))
        largest = coefficients[..., :2].sum(axis=-1).max(axis=(0, 2))  # (n_bodies,)
        allowed = np.maximum(tolerance, _ROUNDING * largest)
        # The degrees left out add up to the error at worst. What is below the rounding of the samples is
        # noise, which more coefficients would only follow.
        noise = 0.5 * _ROUNDING * largest
        coefficients = np.where(coefficients > noise[:, np.newaxis, np.newaxis], coefficients, 0.0)
        tail = np.cumsum(coefficients[..., ::-1], axis=-1)[..., ::-1].max(axis=(0, 2))  # (n_bodies, n)
        return next(
            (n for n in range(4, _MAX_COEFFICIENTS) if bool((tail[:, n] <= allowed).all())), _MAX_COEFFICIENTS
        )

    return cache.get(key, int, probe)


def _fit_and_check(
    sample: _Sampler, first: int, last: int, piece_s: float, n: int
) -> tuple[FloatArray, FloatArray]:
    """Coefficients, and differences to the ephemeris (n_bodies, n, 3) between the nodes and at the ends."""
    pieces = np.arange(first, last, dtype=np.int64)
    coefficients = _fit(sample, pieces, piece_s, n)
    if not np.isfinite(coefficients).all():
        raise DataError("the ephemeris gives values that are not finite; the file is damaged, fetch it again")
    x = np.concatenate(([-1.0], np.cos(np.pi * (np.arange(_N_CHECKS) + 0.77) / _N_CHECKS), [1.0]))
    epochs = _epochs(pieces, x, piece_s)
    start = GRID_ORIGIN_TDB + first * piece_s
    bodies = range(coefficients.shape[1])
    fitted = [ChebyshevSeries(start, piece_s, coefficients[:, body]).value(*epochs) for body in bodies]
    return coefficients, np.stack(fitted) - sample(*epochs)


def _epochs(pieces: npt.NDArray[np.int64], x: FloatArray, piece_s: float) -> tuple[FloatArray, FloatArray]:
    """Middle of the piece and offset for the arguments ``x`` in every piece, flattened piece by piece."""
    middle = GRID_ORIGIN_TDB + (pieces * piece_s + 0.5 * piece_s)
    return np.repeat(middle, x.size), np.tile(0.5 * piece_s * x, pieces.size)


def _fit(sample: _Sampler, pieces: npt.NDArray[np.int64], piece_s: float, n: int) -> FloatArray:
    """Interpolate at the Chebyshev nodes; result (n_pieces, n_bodies, 3, n).

    Discrete orthogonality of the Chebyshev polynomials (Press et al., Numerical Recipes, eq. 5.8.7). Sums run
    in a fixed order, without BLAS, so that a piece gets the same bits in every table.
    """
    angle = np.pi * (np.arange(n) + 0.5) / n
    nodes = np.cos(angle)
    values = sample(*_epochs(pieces, nodes, piece_s))  # (n_bodies, n_pieces * n, 3)
    values = values.reshape(values.shape[0], pieces.size, n, 3)
    first = values[:, :, 0].copy()
    values = values - first[:, :, np.newaxis]  # sums of the small rest round less than sums of distances
    out = np.zeros((pieces.size, values.shape[0], 3, n))
    for j in range(n):
        weights = np.cos(j * angle) * ((1.0 if j == 0 else 2.0) / n)
        for k in range(n):
            out[..., j] += weights[k] * values[:, :, k].swapaxes(0, 1)
    out[..., 0] += first.swapaxes(0, 1)
    return out
