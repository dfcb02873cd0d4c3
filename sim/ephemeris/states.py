"""Positions and velocities of bodies from linked Chebyshev series."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.ephemeris.fitting import piece_grid
from sim.ephemeris.links import Link, Segment
from sim.ephemeris.series import FloatArray
from sim.ephemeris.tables import (
    DEFAULT_MARGIN_DAY,
    ChebyshevTable,
    LibrationTable,
    TableCache,
    libration_table,
    position_table,
)
from sim.errors import DataError, EphemerisRangeError, InputError

NAIF_ID: dict[str, int] = {
    "ssb": 0,
    "mercury": 1,
    "venus": 2,
    "emb": 3,
    "mars": 4,
    "jupiter": 5,
    "saturn": 6,
    "uranus": 7,
    "neptune": 8,
    "pluto": 9,
    "sun": 10,
    "moon": 301,
    "earth": 399,
}
"""Names to NAIF integer codes. From Mars outwards a name means the barycentre of planet and satellites."""

_NAME_OF_ID = {naif_id: name for name, naif_id in NAIF_ID.items()}


@dataclass(frozen=True, eq=False)
class Ephemeris:
    """Positions, velocities and lunar orientation over a span of time.

    Axes are those of the ICRF, time is TDB in seconds past J2000, units km and km/s. From Mars outwards a
    planet's name means the barycentre of its system.

    Parameters
    ----------
    name : str
        Short name for reports, for example ``DE440``.
    sha256 : str
        SHA-256 of the data file.
    start_tdb, stop_tdb : float
        Span covered by all bodies, seconds past J2000 TDB.
    gm_km3_s2 : mapping of str to float
        Gravitational parameters by body.
    links : mapping of int to Link
        By NAIF code.
    librations : Segment, optional
        Euler angles of the lunar principal axes.
    librations_name : str
        Where the libration angles come from; empty without them.
    constants : mapping of str to float
        Further constants of the source, by their original names.
    path : pathlib.Path, optional
        File the data came from.
    """

    name: str
    sha256: str
    start_tdb: float
    stop_tdb: float
    gm_km3_s2: Mapping[str, float]
    links: Mapping[int, Link]
    librations: Segment | None = None
    librations_name: str = ""
    constants: Mapping[str, float] = field(default_factory=dict)
    path: Path | None = None
    _tables: TableCache = field(default_factory=TableCache, repr=False)

    @property
    def bodies(self) -> tuple[str, ...]:
        """Names of the bodies that this ephemeris holds."""
        present = set(self.links) | {link.center_id for link in self.links.values()}
        return tuple(name for name, naif_id in NAIF_ID.items() if naif_id in present)

    def position_km(self, target: str, center: str, t_tdb: npt.ArrayLike) -> FloatArray:
        """Geometric position of one body relative to another.

        Parameters
        ----------
        target, center : str
            Names of bodies, see :data:`NAIF_ID`.
        t_tdb : array_like, shape (N,) or ()
            Seconds past J2000 TDB.

        Returns
        -------
        ndarray, shape (N, 3)
            km, ICRF axes; N = 1 for a single epoch.

        Raises
        ------
        EphemerisRangeError
            Epochs outside the coverage; NaN counts as outside.
        DataError
            The ephemeris does not hold a body.
        InputError
            Unknown name, or epochs of more than one dimension.
        """
        return self.position_split_km(target, center, as_epochs(t_tdb))

    def position_split_km(
        self, target: str, center: str, t_tdb: FloatArray, offset_s: FloatArray | None = None
    ) -> FloatArray:
        """Position at epochs given as a sum that is not rounded to one float, for fits better than 0.1 mm.

        Parameters
        ----------
        target, center : str
            Names of bodies.
        t_tdb : ndarray, shape (N,)
            Seconds past J2000 TDB; these must be covered.
        offset_s : ndarray, shape (N,), optional
            Seconds to add; the caller keeps the sum inside the coverage.

        Returns
        -------
        ndarray, shape (N, 3)
            km, ICRF axes.

        Raises
        ------
        EphemerisRangeError, DataError, InputError
            As :meth:`position_km`.
        """
        up, down = self._checked_route(target, center, t_tdb)
        out = np.zeros((t_tdb.size, 3))
        for node in up:
            out += self.links[node].value(t_tdb, offset_s)
        for node in down:
            out -= self.links[node].value(t_tdb, offset_s)
        return self._finite(out)

    def state(self, target: str, center: str, t_tdb: npt.ArrayLike) -> FloatArray:
        """Geometric position and velocity of one body relative to another.

        Parameters
        ----------
        target, center : str
            Names of bodies, see :data:`NAIF_ID`.
        t_tdb : array_like, shape (N,) or ()
            Seconds past J2000 TDB.

        Returns
        -------
        ndarray, shape (N, 6)
            km and km/s (per TDB second), ICRF axes; N = 1 for a single epoch.

        Raises
        ------
        EphemerisRangeError
            Epochs outside the coverage; NaN counts as outside.
        DataError
            The ephemeris does not hold a body.
        InputError
            Unknown name, or epochs of more than one dimension.
        """
        t = as_epochs(t_tdb)
        up, down = self._checked_route(target, center, t)
        out = np.zeros((t.size, 6))
        for node in up:
            out += self.links[node].state(t)
        for node in down:
            out -= self.links[node].state(t)
        return self._finite(out)

    def moon_librations(self, t_tdb: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Euler angles of the lunar principal axes relative to the ICRF.

        Parameters
        ----------
        t_tdb : array_like, shape (N,) or ()
            Seconds past J2000 TDB.

        Returns
        -------
        angles_rad : ndarray, shape (N, 3)
            phi, theta, psi: R_pa_icrf = R3(psi) R1(theta) R3(phi). psi grows with the Moon's rotation and is
            not wrapped.
        rates_rad_s : ndarray, shape (N, 3)
            Their rates per TDB second.

        Raises
        ------
        EphemerisRangeError
            Epochs outside the coverage; NaN counts as outside.
        DataError
            The ephemeris holds no lunar orientation.
        """
        librations = self._require_librations()
        t = as_epochs(t_tdb)
        self._check_rows(t, librations.covers(t), librations.start_tdb, librations.stop_tdb)
        state = self._finite(librations.state(t))
        return state[:, :3].copy(), state[:, 3:].copy()

    def chebyshev_table(
        self,
        bodies: tuple[str, ...],
        center: str,
        start_tdb: float,
        stop_tdb: float,
        piece_day: float = 1.0,
        n_coefficients: int | None = None,
        margin_day: float = DEFAULT_MARGIN_DAY,
    ) -> ChebyshevTable:
        """Refit several bodies to equal pieces on one grid, for the compiled core.

        Parameters
        ----------
        bodies : tuple of str
            Bodies, in the order of the table.
        center : str
            Centre of the positions.
        start_tdb, stop_tdb : float
            Span to cover, seconds past J2000 TDB.
        piece_day : float
            Length of a piece in days.
        n_coefficients : int, optional
            Coefficients per component. By default the fewest that keep a micrometre (or the rounding of the
            largest distance), chosen from probes over the whole ephemeris and so independent of the span
            asked for.
        margin_day : float
            Added at both ends where the ephemeris allows it, for integrators that step past the end.

        Returns
        -------
        ChebyshevTable
            Pieces lie on a grid fixed in time, so the coefficients at an epoch do not depend on the span
            asked for.

        Raises
        ------
        EphemerisRangeError
            The span is not covered.
        DataError, InputError
            Unknown or missing body, empty span, unusable piece length or number of coefficients.
        """
        bodies = tuple(bodies)
        if not bodies:
            raise InputError("a Chebyshev table needs at least one body")
        coverage = self.coverage(*bodies, center)
        self._check_span(start_tdb, stop_tdb, coverage)
        grid = piece_grid(start_tdb, stop_tdb, piece_day, margin_day, coverage)

        def sample(t: FloatArray, offset_s: FloatArray) -> FloatArray:
            return np.stack([self.position_split_km(body, center, t, offset_s) for body in bodies])

        return position_table(self._tables, sample, coverage, grid, bodies, center, n_coefficients)

    def chebyshev_libration_table(
        self,
        start_tdb: float,
        stop_tdb: float,
        piece_day: float = 1.0,
        n_coefficients: int | None = None,
        margin_day: float = DEFAULT_MARGIN_DAY,
    ) -> LibrationTable:
        """Refit the lunar libration angles to equal pieces, for the compiled core.

        Parameters
        ----------
        start_tdb, stop_tdb : float
            Span to cover, seconds past J2000 TDB.
        piece_day : float
            Length of a piece in days.
        n_coefficients : int, optional
            Coefficients per angle; by default the fewest that keep the rounding of the angles.
        margin_day : float
            Added at both ends where the ephemeris allows it.

        Returns
        -------
        LibrationTable

        Raises
        ------
        EphemerisRangeError
            The span is not covered.
        DataError
            The ephemeris holds no lunar orientation.
        InputError
            Empty span, unusable piece length or number of coefficients.
        """
        librations = self._require_librations()
        coverage = (librations.start_tdb, librations.stop_tdb)
        self._check_span(start_tdb, stop_tdb, coverage)
        grid = piece_grid(start_tdb, stop_tdb, piece_day, margin_day, coverage)

        def sample(t: FloatArray, offset_s: FloatArray) -> FloatArray:
            return librations.value(t, offset_s)[np.newaxis]

        return libration_table(self._tables, sample, coverage, grid, n_coefficients)

    def coverage(self, *bodies: str) -> tuple[float, float]:
        """Span that the given bodies have in common.

        Parameters
        ----------
        *bodies : str
            Names of bodies.

        Returns
        -------
        start_tdb, stop_tdb : float
            Seconds past J2000 TDB.

        Raises
        ------
        DataError, InputError
            Missing or unknown body.
        """
        links = [self.links[node] for body in bodies for node in self._chain(self._node(body))[:-1]]
        start = max((min(s.start_tdb for s in link.segments) for link in links), default=self.start_tdb)
        stop = min((max(s.stop_tdb for s in link.segments) for link in links), default=self.stop_tdb)
        return start, stop

    def _checked_route(self, target: str, center: str, t: FloatArray) -> tuple[list[int], list[int]]:
        """Links to add and to subtract, after a check that they cover all epochs."""
        up, down = self._route(target, center)
        if up or down:
            inside = np.ones(t.shape, dtype=np.bool_)
            for node in up + down:
                inside &= self.links[node].covers(t)
        else:
            inside = (t >= self.start_tdb) & (t <= self.stop_tdb)
        self._check_rows(t, inside, *self.coverage(target, center))
        return up, down

    def _route(self, target: str, center: str) -> tuple[list[int], list[int]]:
        """Links from the target up to the nearest common centre, and from there down to the centre."""
        up, down = self._chain(self._node(target)), self._chain(self._node(center))
        if up[-1] != down[-1]:
            raise DataError(f"{self.name} does not connect {target!r} with {center!r}; it holds {self._holdings()}")
        while len(up) > 1 and len(down) > 1 and up[-2] == down[-2]:
            up.pop()
            down.pop()
        return up[:-1], down[:-1]

    def _chain(self, node: int) -> list[int]:
        chain = [node]
        while chain[-1] in self.links:
            chain.append(self.links[chain[-1]].center_id)
            if len(chain) > len(self.links) + 1:
                raise DataError(f"{self.name}: the segments run in a circle at NAIF code {node}; use another file")
        return chain

    def _node(self, body: str) -> int:
        naif_id = NAIF_ID.get(body)
        if naif_id is None:
            raise InputError(f"unknown body {body!r}; allowed: {', '.join(NAIF_ID)}")
        if naif_id in self.links or any(link.center_id == naif_id for link in self.links.values()):
            return naif_id
        raise DataError(f"{self.name} holds no {body!r} (NAIF code {naif_id}); it holds {self._holdings()}")

    def _holdings(self) -> str:
        return ", ".join(
            f"{_NAME_OF_ID.get(target, target)} wrt {_NAME_OF_ID.get(link.center_id, link.center_id)}"
            for target, link in self.links.items()
        )

    def _finite(self, values: FloatArray) -> FloatArray:
        if not np.isfinite(values).all():
            raise DataError(f"{self.path or self.name}: holds values that are not finite; fetch the file again")
        return values

    def _require_librations(self) -> Segment:
        if self.librations is None:
            raise DataError(
                f"{self.name} holds no lunar orientation; open it with pck=<binary PCK of the Moon> "
                "or use the ephemeris that comes with the package"
            )
        return self.librations

    def _check_rows(self, t: FloatArray, inside: npt.NDArray[np.bool_], start_tdb: float, stop_tdb: float) -> None:
        if inside.all():
            return
        rows = tuple(int(row) for row in np.flatnonzero(~inside))
        raise EphemerisRangeError(epoch_text(start_tdb), epoch_text(stop_tdb), rows, epoch_text(float(t[rows[0]])))

    def _check_span(self, start_tdb: float, stop_tdb: float, coverage: tuple[float, float]) -> None:
        t = np.array([start_tdb, stop_tdb], dtype=np.float64)
        self._check_rows(t, (t >= coverage[0]) & (t <= coverage[1]), *coverage)
        if stop_tdb < start_tdb:
            raise InputError(
                f"a table must end after it starts; found {epoch_text(start_tdb)} to {epoch_text(stop_tdb)}"
            )


def as_epochs(t_tdb: npt.ArrayLike) -> FloatArray:
    """Epochs as a one-dimensional float array.

    Parameters
    ----------
    t_tdb : array_like, shape (N,) or ()
        Seconds past J2000 TDB.

    Returns
    -------
    ndarray, shape (N,)

    Raises
    ------
    InputError
        Not numbers, or more than one dimension.
    """
    try:
        t = np.atleast_1d(np.asarray(t_tdb, dtype=np.float64))
    except (TypeError, ValueError) as error:
        raise InputError(f"epochs must be seconds past J2000 TDB, found {type(t_tdb).__name__}: {error}") from error
    if t.ndim != 1:
        raise InputError(f"epochs must be one number or one axis of numbers, found shape {t.shape}")
    return t


def epoch_text(t_tdb: float) -> str:
    """ISO text of an epoch with its time scale, for messages; whatever is no date stays a number.

    Parameters
    ----------
    t_tdb : float
        Seconds past J2000 TDB.

    Returns
    -------
    str
    """
    if math.isfinite(t_tdb):
        try:
            moment = datetime(2000, 1, 1, 12) + timedelta(seconds=t_tdb)
        except OverflowError:
            return f"{t_tdb:g} s past J2000 TDB"
        return f"{moment.isoformat(timespec='seconds')} TDB"
    return f"{t_tdb} s past J2000 TDB"
