"""The choice of forces and its flat form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from sim.bodies import EARTH
from sim.constants import SECONDS_PER_DAY
from sim.core.forces import CENTER, Forces, padded_bodies
from sim.core.lanes_table import COVER, PIECES_PER_COVER, LaneTable, lane_table
from sim.core.nodes import COEFFICIENTS, pole_arguments, pole_table, power_table
from sim.core.reference import ReferenceForces
from sim.dynamics.composition import Composition, NumberedBodies
from sim.dynamics.spans import Kept, whole_blocks, whole_pieces
from sim.ephemeris import ChebyshevTable, Ephemeris
from sim.errors import InputError
from sim.frames import tod_pole_icrf

REFERENCE_PIECE_DAY = 0.25
"""Piece length of the table behind the independent integrator: another grid and degree than the fast path's."""
REFERENCE_POLE_STEP_S = 3600.0
"""Nodes of Earth's pole there; straight lines between them leave 5e-11 rad."""
_FLAT_MODELS_KEPT = 16


@dataclass(frozen=True, eq=False)
class FlatModel(NumberedBodies):
    """A force model as the compiled fast path reads it, valid over the span of its table.

    Attributes
    ----------
    center : str
        Body at the origin.
    bodies : tuple of str
        The other attracting bodies, in the order of the table.
    forces : sim.core.forces.Forces
        Flat parameters.
    fit_error_km : tuple of float
        Largest error of the table per body against the ephemeris.
    """

    center: str
    bodies: tuple[str, ...]
    forces: Forces
    fit_error_km: tuple[float, ...]

    @cached_property
    def lanes(self) -> LaneTable:
        """The model as eight lanes in lockstep read it; made on first use."""
        return lane_table(self.forces)


@dataclass(frozen=True, eq=False)
class ForceModel(Composition[FlatModel]):
    """Which forces act on a spacecraft, in axes of the ICRF that move with ``center``.

    Point masses attract the spacecraft and the centre (direct and indirect term). Earth's zonal harmonics act about
    its true-of-date pole, on the spacecraft and, when the Moon is the centre, on the Moon; what the Earth's
    oblateness does to the Earth itself through the Moon is left out (about 1 m in five days).

    Parameters
    ----------
    center : str
        ``earth``, ``moon``, or a barycentre: ``emb`` (Earth and Moon) or ``ssb`` (solar system). About a barycentre the
        motion is that about the Earth (the Moon where the Earth is no point mass), shifted by the ephemeris' vector:
        the frame falls with the Earth as the point masses have it, not as the ephemeris does, whose Earth also feels
        relativity, asteroids and figures (7 m in three days); what both feel alike then cancels. Low lunar orbits
        belong about the Moon: about the Earth they are led by the ephemeris' Moon, 0.4 m off in a day and 2 m in seven
        (0.1 and 0.3 m where the model has figures), and they see its grain, steps of DE440's own granules every four
        days: 0.4 mm in a day, 33 mm in seven.
    point_masses : tuple of str
        Attracting bodies of the ephemeris, each by itself, ``mercury`` to ``pluto`` with ``sun`` and ``moon`` (from
        Mars outwards the barycentres of the systems); the centre must be among them, and Earth or Moon.
    earth_zonals : int
        0 (point mass) or the highest degree, 2 to 4 (JGM-3). Needs Earth among the point masses.
    gm_km3_s2 : mapping of str to float, optional
        Overrides of single gravitational parameters; the others are those of the ephemeris.
    ephemeris : Ephemeris, optional
        Where the bodies are; by default the one that comes with the package.
    earth_pole_icrf : tuple of float, optional
        A constant pole of the zonals instead of the true-of-date one (comparisons with other tools).
    piece_day : float
        Length of the pieces of the fast path's tables: a multiple of a quarter of a day, at which the pieces of the
        lanes begin, up to 32.
    n_coefficients : int
        Coefficients per component there; 9 on half-day pieces keep the Moon to rounding; one-day pieces cost
        up to 3 mm over a flyby (measured against long double).

    Raises
    ------
    InputError
        Unknown centre, body or degree.
    """

    block_pieces_n: ClassVar[int] = 64
    margin_day: ClassVar[float | None] = COVER / SECONDS_PER_DAY
    center: str = "earth"
    point_masses: tuple[str, ...] = ("earth", "moon", "sun")
    earth_zonals: int = 2
    gm_km3_s2: Mapping[str, float] | None = None
    ephemeris: Ephemeris | None = None
    earth_pole_icrf: tuple[float, float, float] | None = None
    piece_day: float = 0.5
    n_coefficients: int = 9
    _flats: Kept[FlatModel] = field(default_factory=lambda: Kept(_FLAT_MODELS_KEPT), init=False, repr=False)

    def __post_init__(self) -> None:
        self.check_bodies()
        if self.earth_zonals not in (0, 2, 3, 4):
            raise InputError(f"earth_zonals is {self.earth_zonals!r}; allowed: 0, 2, 3, 4")
        if self.earth_zonals and "earth" not in self.point_masses:
            raise InputError("earth_zonals needs 'earth' among the point_masses; set it to 0 otherwise")
        self._check_numbers()

    def _check_numbers(self) -> None:
        step_day = COVER / PIECES_PER_COVER / SECONDS_PER_DAY
        if not (step_day <= self.piece_day <= 32.0 and self.piece_day % step_day == 0.0):
            raise InputError(f"piece_day is {self.piece_day!r}; allowed: multiples of {step_day} up to 32")
        if not 2 <= self.n_coefficients <= COEFFICIENTS:
            raise InputError(f"n_coefficients is {self.n_coefficients!r}; allowed: 2 to {COEFFICIENTS}")
        for body, gm in (self.gm_km3_s2 or {}).items():
            if body not in self.point_masses:
                raise InputError(f"gm_km3_s2 names {body!r}, which is not among the point_masses")
            if not (math.isfinite(gm) and gm >= 0.0):
                raise InputError(f"gm_km3_s2[{body!r}] is {gm!r}; allowed: finite numbers from 0")
        if self.earth_pole_icrf is not None and not abs(math.hypot(*self.earth_pole_icrf) - 1.0) < 1e-9:
            raise InputError(f"earth_pole_icrf is {self.earth_pole_icrf!r}; allowed: a vector of length 1")

    def coverage(self) -> tuple[float, float]:
        """Span over which the model can be made flat: whole pieces of the ephemeris.

        Returns
        -------
        start_tdb, stop_tdb : float
            TDB s past J2000.
        """
        return whole_pieces(*self.source().coverage(self.center, *self.point_masses), self.piece_day)

    def _build(self, start_tdb: float, stop_tdb: float) -> FlatModel:
        table = self._table(start_tdb, stop_tdb, self.piece_day, self.n_coefficients)
        gm = np.array([self.body_gm_km3_s2(body) for body in self.bodies], dtype=np.float64)
        gm, powers = padded_bodies(gm, power_table(table.coefficients))
        forces = Forces(
            gm_center=self.body_gm_km3_s2(self.anchor),
            gm=gm,
            table=powers,
            start=table.start_tdb,
            piece=table.piece_s,
            zonal=self._zonals(),
            zonal_degree=self.earth_zonals,
            zonal_body=self._earth_index(),
            pole=self._pole_cubics(table),
        )
        return FlatModel(self.anchor, self.bodies, forces, tuple(float(e) for e in table.fit_error_km))

    def reference(self, start_tdb: float, stop_tdb: float) -> ReferenceForces:
        """Form read by the independent integrator, with a table of its own.

        Parameters
        ----------
        start_tdb, stop_tdb : float
            Span, TDB s past J2000.

        Returns
        -------
        sim.core.reference.ReferenceForces
            With shorter pieces than the fast path's table, and as many coefficients as the data need.

        Raises
        ------
        EphemerisRangeError
            The span leaves the ephemeris.
        """
        span = whole_blocks(start_tdb, stop_tdb, self.coverage(), REFERENCE_PIECE_DAY, REFERENCE_PIECE_DAY)
        table = self._table(*span, REFERENCE_PIECE_DAY, None)
        n_pole = math.ceil((table.stop_tdb - table.start_tdb) / REFERENCE_POLE_STEP_S) + 1
        pole_times = table.start_tdb + REFERENCE_POLE_STEP_S * np.arange(max(n_pole, 2))
        return ReferenceForces(
            table=table.coefficients,
            start=table.start_tdb,
            piece=table.piece_s,
            gm=np.array([self.body_gm_km3_s2(body) for body in (self.anchor, *self.bodies)], dtype=np.float64),
            zonals=self._zonals(),
            earth=self._earth_index(),
            pole=self._pole(pole_times),
            pole_step=REFERENCE_POLE_STEP_S,
        )

    def _table(self, start_tdb: float, stop_tdb: float, piece_day: float, n: int | None) -> ChebyshevTable:
        """Positions of the bodies; an empty table of one piece when the centre is alone."""
        if self.bodies:
            return self.source().chebyshev_table(
                self.bodies, self.anchor, start_tdb, stop_tdb, piece_day, n, margin_day=0.0
            )
        low, high = self.coverage()
        nothing = np.zeros((1, 0, 3, 1))
        return ChebyshevTable((), self.anchor, low, high - low, 1, nothing, np.zeros(0))

    def _zonals(self) -> npt.NDArray[np.float64]:
        """GM, reference radius, J2, J3, J4 with the degrees beyond the chosen one set to zero."""
        values = np.array([0.0, EARTH.harmonics_radius_km, EARTH.j2, EARTH.j3, EARTH.j4])
        values[0] = self.body_gm_km3_s2("earth") if self.earth_zonals else 0.0
        values[2 + max(self.earth_zonals - 1, 0) :] = 0.0
        return values

    def _earth_index(self) -> int:
        return CENTER if "earth" not in self.bodies else self.bodies.index("earth")

    def _pole_cubics(self, table: ChebyshevTable) -> npt.NDArray[np.float64]:
        """Pole for the fast path: a cubic per piece (n_pieces, 3, 4)."""
        middle = table.start_tdb + table.piece_s * (np.arange(table.n_pieces) + 0.5)
        times = middle[:, np.newaxis] + 0.5 * table.piece_s * pole_arguments()
        return pole_table(self._pole(times.ravel()).reshape(*times.shape, 3))

    def _pole(self, t_tdb: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
        """Pole at N times (N, 3); any unit vector when there are no zonals."""
        if self.earth_pole_icrf is not None or not self.earth_zonals:
            return np.tile(np.array(self.earth_pole_icrf or (0.0, 0.0, 1.0)), (t_tdb.size, 1))
        return np.ascontiguousarray(tod_pole_icrf(t_tdb))
