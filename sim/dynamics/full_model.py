"""The choice of all forces for cislunar work, and its flat form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from sim.bodies import BODIES, EARTH
from sim.constants import ASTRONOMICAL_UNIT_KM, EARTH_ROTATION_RATE_RAD_S, SECONDS_PER_DAY, SPEED_OF_LIGHT_KM_S
from sim.core.full_forces import ABSENT, CENTER, FullForces
from sim.core.harmonics import Harmonics, no_harmonics
from sim.core.low_table import LowTable, low_table
from sim.dynamics.atmosphere import Atmosphere
from sim.dynamics.composition import CENTERS, Composition, NumberedBodies
from sim.dynamics.gravity_field import GravityField
from sim.dynamics.orientation import Axes, earth_table
from sim.dynamics.spans import Kept, whole_pieces
from sim.ephemeris import ChebyshevTable, Ephemeris
from sim.errors import InputError
from sim.frames import R_itrf_icrf
from sim.units import M_PER_KM

FloatArray = npt.NDArray[np.float64]

ALL_BODIES = ("earth", "moon", "sun", "mercury", "venus", "mars", "jupiter", "saturn", "uranus", "neptune")
_FLAT_MODELS_KEPT = 8


@dataclass(frozen=True, eq=False)
class FlatFullModel(NumberedBodies):
    """A full force model as the compiled core reads it.

    Attributes
    ----------
    center : str
        Body at the origin.
    bodies : tuple of str
        The other bodies, in the order of the table.
    forces : sim.core.full_forces.FullForces
        Flat parameters.
    grid : ChebyshevTable
        Bodies, on the pieces that all tables have.
    model : FullForceModel
        What it was made from.
    """

    center: str
    bodies: tuple[str, ...]
    forces: FullForces
    grid: ChebyshevTable
    model: FullForceModel

    @property
    def start_tdb(self) -> float:
        """Start of the tables, TDB s past J2000."""
        return self.grid.start_tdb

    @property
    def stop_tdb(self) -> float:
        """End of the tables, TDB s past J2000."""
        return self.grid.stop_tdb

    @cached_property
    def earth_axes_rad(self) -> FloatArray:
        """Orientation of the Earth (:func:`sim.core.body_axes.earth_axes`), for events where no force needs it."""
        return self.forces.earth_table if self.model.turns_earth else earth_table(self.grid, self.model.earth_axes)

    @cached_property
    def moon_axes_rad(self) -> FloatArray:
        """Orientation of the Moon (:func:`sim.core.body_axes.moon_axes`), likewise."""
        return self.forces.moon_table if self.model.moon_field is not None else self.model.moon_axes(self.grid)

    @cached_property
    def low_orbits(self) -> LowTable:
        """The model as low orbits in lockstep read it; made on first use."""
        return low_table(self.forces, self.start_tdb)


@dataclass(frozen=True, eq=False)
class FullForceModel(Composition[FlatFullModel]):
    """All forces that matter between Earth and Moon, in ICRF axes that move with ``center``.

    Parameters
    ----------
    center : str
        ``earth``, ``moon``, or a barycentre, ``emb`` or ``ssb``: see :class:`sim.dynamics.ForceModel`.
    point_masses : tuple of str
        Attracting bodies, the centre among them; planets from Mars outwards as barycentres of their systems.
    earth_field, moon_field : GravityField, optional
        Figures, evaluated in the ITRF and in the Moon's principal axes of the ephemeris. A body with a field has the
        field's GM unless ``gm_km3_s2`` says otherwise.
    figures_move_center : bool
        Whether the figures of Earth and Moon also act between these two, which moves the frame: 1 m in five days.
        Other tools leave it out.
    relativity : tuple of str
        Bodies whose first post-Newtonian (Schwarzschild) term acts. The Earth's Lense-Thirring term (7 mm in five days
        of a 12-hour orbit) and the geodesic precession of geocentric axes (0.1 m) are left out.
    light_pressure : bool
        Solar radiation pressure on a sphere; areas come with the call.
    shadows : tuple of str
        Which of ``earth`` and ``moon`` cast shadows (conical umbra and penumbra); what both cover counts once.
    solar_flux_w_m2 : float
        At 1 au (IAU 2015 nominal total solar irradiance).
    atmosphere : Atmosphere, optional
        For drag.
    moon_k2_factor : float
        Love number of the Moon's degree-2 tide raised by Earth and Sun; 0 without tide. GRGM1200A was estimated with
        0.024133 (label of the product); 0.02405 is the mean of the GRAIL solutions (Williams et al. 2014, Journal of
        Geophysical Research: Planets 119:1546). Includes the permanent part. Worth 216 m of a polar orbit of 50 km in
        three days.
    gm_km3_s2 : mapping of str to float, optional
        Overrides of single gravitational parameters.
    radius_km : mapping of str to float, optional
        Overrides of the radii of ``earth``, ``moon`` (shadows) and ``sun``; by default 6378.137, 1737.4, 695700.
    astronomical_unit_km : float
        Distance at which ``solar_flux_w_m2`` holds.
    ephemeris : Ephemeris, optional
        By default the one that comes with the package.
    earth_axes : callable
        Epochs (N,) to rotations (N, 3, 3) into the Earth-fixed axes; another one than :func:`sim.frames.R_itrf_icrf`
        serves for comparisons with other tools.
    piece_day : float
        Length of the pieces of the tables.

    Raises
    ------
    InputError
        Choices that contradict each other.
    """

    block_pieces_n: ClassVar[int] = 32
    center: str = "earth"
    point_masses: tuple[str, ...] = ALL_BODIES
    earth_field: GravityField | None = None
    moon_field: GravityField | None = None
    figures_move_center: bool = True
    relativity: tuple[str, ...] = ()
    light_pressure: bool = False
    shadows: tuple[str, ...] = ("earth", "moon")
    solar_flux_w_m2: float = 1361.0
    atmosphere: Atmosphere | None = None
    moon_k2_factor: float = 0.0
    gm_km3_s2: Mapping[str, float] | None = None
    radius_km: Mapping[str, float] | None = None
    astronomical_unit_km: float = ASTRONOMICAL_UNIT_KM
    ephemeris: Ephemeris | None = None
    earth_axes: Axes = R_itrf_icrf
    piece_day: float = 1.0
    _flats: Kept[FlatFullModel] = field(default_factory=lambda: Kept(_FLAT_MODELS_KEPT), init=False, repr=False)

    def __post_init__(self) -> None:
        self.check_bodies()
        self._check_needs()
        for body, given in (("earth", self.earth_field), ("moon", self.moon_field)):
            if given is not None and given.body != body:
                raise InputError(f"{body}_field is one of the {given.body}")
        for name, values in (("gm_km3_s2", self.gm_km3_s2), ("radius_km", self.radius_km)):
            for body, value in (values or {}).items():
                if body not in self.point_masses or not (math.isfinite(value) and value >= 0.0):
                    raise InputError(f"{name}[{body!r}] is {value!r}; allowed: a body of point_masses, a number from 0")
        if not 1.0 / 1440.0 <= self.piece_day <= 32.0:
            raise InputError(f"piece_day is {self.piece_day!r}; allowed: a minute, 1/1440, to 32 days")
        for name in ("solar_flux_w_m2", "moon_k2_factor", "astronomical_unit_km"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0.0):
                raise InputError(f"{name} is {getattr(self, name)!r}; allowed: finite numbers from 0")

    def _check_needs(self) -> None:
        """Each force needs its bodies among the point masses."""
        needs = {
            "earth_field": ("earth",) if self.earth_field is not None else (),
            "moon_field": ("moon",) if self.moon_field is not None else (),
            "light_pressure": ("sun",) if self.light_pressure else (),
            "atmosphere": ("earth",) if self.atmosphere is not None else (),
            "moon_k2_factor": ("earth", "moon", "sun") if self.moon_k2_factor else (),
            "relativity": self.relativity,
            "shadows": self.shadows if self.light_pressure else (),
        }
        for force, bodies in needs.items():
            for body in bodies:
                if body not in self.point_masses:
                    raise InputError(f"{force} needs {body!r} among the point_masses")
        if not set(self.shadows) <= {"earth", "moon"}:
            raise InputError(f"shadows is {self.shadows!r}; allowed: earth, moon")

    def body_gm_km3_s2(self, body: str) -> float:
        """Gravitational parameter in use.

        Parameters
        ----------
        body : str
            One of ``point_masses``.

        Returns
        -------
        float
            km3/s2.

        Raises
        ------
        InputError
            Nobody states one.
        """
        own = {"earth": self.earth_field, "moon": self.moon_field}.get(body)
        if own is not None and body not in (self.gm_km3_s2 or {}):
            return own.gm_km3_s2
        return super().body_gm_km3_s2(body)

    def coverage(self) -> tuple[float, float]:
        """Span over which the model can be made flat: whole pieces of the ephemeris.

        Returns
        -------
        start_tdb, stop_tdb : float
            TDB s past J2000.
        """
        source = self.source()
        start, stop = source.coverage(self.center, *self.point_masses)
        if self.moon_field is not None and source.librations is not None:
            start, stop = max(start, source.librations.start_tdb), min(stop, source.librations.stop_tdb)
        return whole_pieces(start, stop, self.piece_day)

    def _build(self, start_tdb: float, stop_tdb: float) -> FlatFullModel:
        table = self._table(start_tdb, stop_tdb)
        index = {body: self.bodies.index(body) if body in self.bodies else ABSENT for body in ("earth", "moon", "sun")}
        index[self.anchor] = CENTER
        shadow = [self._radius(b) if self.light_pressure and b in self.shadows else 0.0 for b in CENTERS]
        forces = FullForces(
            table=table.coefficients,
            piece=table.piece_s,
            gm_center=self.body_gm_km3_s2(self.anchor),
            gm=np.array([self.body_gm_km3_s2(body) for body in self.bodies], dtype=np.float64),
            earth=index["earth"],
            moon=index["moon"],
            sun=index["sun"],
            earth_field=self._figure(self.earth_field, "earth"),
            moon_field=self._figure(self.moon_field, "moon"),
            earth_table=earth_table(table, self.earth_axes) if self.turns_earth else np.zeros((1, 5, 1)),
            moon_table=np.zeros((1, 3, 1)) if self.moon_field is None else self.moon_axes(table),
            reaction=self._reaction(),
            relativity=np.array([float(b in self.relativity) for b in (*self.bodies, self.anchor)]),
            pressure=self._pressure(),
            sun_radius=self._radius("sun"),
            shadow_bodies=np.array([float(index[b]) for b in CENTERS]),
            shadow_radii=np.array(shadow),
            atmosphere=np.zeros((0, 3)) if self.atmosphere is None else self.atmosphere.table(),
            ellipsoid=np.array([EARTH.radius_equatorial_km, EARTH.flattening, EARTH_ROTATION_RATE_RAD_S]),
            tide=np.array([self.moon_k2_factor, 1738.0 if self.moon_field is None else self.moon_field.radius_km]),
        )
        return FlatFullModel(self.anchor, self.bodies, forces, table, self)

    def _table(self, start_tdb: float, stop_tdb: float) -> ChebyshevTable:
        """Positions; when the centre is alone, those of the Moon or Earth, which then have no effect."""
        if self.bodies:
            return self.source().chebyshev_table(
                self.bodies, self.anchor, start_tdb, stop_tdb, self.piece_day, None, margin_day=0.0
            )
        piece = self.piece_day * SECONDS_PER_DAY
        n = max(round((stop_tdb - start_tdb) / piece), 1)
        return ChebyshevTable((), self.anchor, start_tdb, piece, n, np.zeros((n, 0, 3, 1)), np.zeros(0))

    def _figure(self, given: GravityField | None, body: str) -> Harmonics:
        return no_harmonics() if given is None else given.flat()._replace(gm=self.body_gm_km3_s2(body))

    def moon_axes(self, grid: ChebyshevTable) -> FloatArray:
        """Orientation of the Moon on the pieces of another table.

        Parameters
        ----------
        grid : ChebyshevTable
            Whose pieces to use; they are as long as the model's.

        Returns
        -------
        numpy.ndarray (P, 3, n)
            See :func:`sim.core.body_axes.moon_axes`.

        Raises
        ------
        EphemerisRangeError, DataError
            The ephemeris has no librations there.
        """
        librations = self.source().chebyshev_libration_table(
            grid.start_tdb, grid.stop_tdb, self.piece_day, None, margin_day=0.0
        )
        return np.ascontiguousarray(librations.coefficients[:, 0])

    @property
    def turns_earth(self) -> bool:
        """Whether a force needs the Earth's axes."""
        return self.earth_field is not None or self.atmosphere is not None

    def _reaction(self) -> float:
        both = {"earth", "moon"} <= set(self.point_masses)
        if not (self.figures_move_center and both and (self.earth_field or self.moon_field)):
            return 0.0
        other = "moon" if self.anchor == "earth" else "earth"
        return self.body_gm_km3_s2(other) / self.body_gm_km3_s2(self.anchor)

    def _pressure(self) -> float:
        """Light pressure times distance squared: N/m2 km2, and 1e-3 for km/s2 out of N/kg."""
        if not self.light_pressure:
            return 0.0
        pascal = self.solar_flux_w_m2 / (SPEED_OF_LIGHT_KM_S * M_PER_KM)
        return pascal * self.astronomical_unit_km**2 / M_PER_KM

    def _radius(self, body: str) -> float:
        given = (self.radius_km or {}).get(body)
        return BODIES[body].radius_equatorial_km if given is None else float(given)
