"""What every force model is composed of: a centre, attracting bodies with their GM, an ephemeris."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Generic

from sim.dynamics.spans import Flat, Kept, body_index, stated_gm_km3_s2, whole_blocks
from sim.ephemeris import Ephemeris, open_ephemeris
from sim.errors import InputError

CENTERS = ("earth", "moon")
"""Bodies about which the equations of motion can be integrated."""
BARYCENTERS = ("emb", "ssb")
"""Points about which states can be given besides: of Earth and Moon, and of the solar system."""


class NumberedBodies:
    """Bodies of a flat model by their numbers in the compiled core.

    Attributes
    ----------
    center : str
        Body at the origin.
    bodies : tuple of str
        The others, in the order of the table.
    """

    center: str
    bodies: tuple[str, ...]

    def index(self, body: str) -> int:
        """Index of a body for the compiled core.

        Parameters
        ----------
        body : str
            Name of the centre or of one of ``bodies``.

        Returns
        -------
        int

        Raises
        ------
        InputError
            The model does not hold the body.
        """
        return body_index(body, self.center, self.bodies)


class Composition(ABC, Generic[Flat]):
    """The part that force models share.

    Attributes
    ----------
    block_pieces_n : int
        Tables are asked for in blocks of this many pieces, so that neighbouring spans share them.
    margin_day : float or None
        By how much tables reach beyond a span at least; None: by a piece.
    center : str
        Origin of the states: ``earth``, ``moon``, or a barycentre, ``emb`` or ``ssb``.
    point_masses : tuple of str
        Attracting bodies.
    gm_km3_s2 : mapping of str to float or None
        Overrides.
    ephemeris : Ephemeris or None
        Where the bodies are.
    """

    block_pieces_n: ClassVar[int]
    margin_day: ClassVar[float | None] = None
    center: str
    point_masses: tuple[str, ...]
    gm_km3_s2: Mapping[str, float] | None
    ephemeris: Ephemeris | None
    piece_day: float
    _flats: Kept[Flat]

    @abstractmethod
    def coverage(self) -> tuple[float, float]:
        """Span over which the model can be made flat: whole pieces of the ephemeris."""

    @abstractmethod
    def _build(self, start_tdb: float, stop_tdb: float) -> Flat:
        """Make the flat form of a span."""

    def flat(self, start_tdb: float, stop_tdb: float) -> Flat:
        """Flat form for a span; the values at an epoch do not depend on the span asked for.

        Parameters
        ----------
        start_tdb, stop_tdb : float
            Span, TDB s past J2000.

        Returns
        -------
        FlatModel or FlatFullModel
            Kept, and shared by later calls for neighbouring spans.

        Raises
        ------
        EphemerisRangeError
            The span leaves the ephemeris.
        DataError
            The ephemeris has no librations although the Moon has a field.
        """
        margin_day = self.piece_day if self.margin_day is None else self.margin_day
        block_day = self.block_pieces_n * self.piece_day
        span = whole_blocks(start_tdb, stop_tdb, self.coverage(), block_day, margin_day)
        return self._flats.get(span, self._build)

    @property
    def anchor(self) -> str:
        """Body in whose falling axes the equations are integrated: the centre; for a barycentre Earth, else the Moon.

        States about a barycentre are those about the anchor, shifted by the ephemeris' own vector between the two.
        """
        if self.center in CENTERS:
            return self.center
        return next(body for body in CENTERS if body in self.point_masses)

    @property
    def bodies(self) -> tuple[str, ...]:
        """Attracting bodies other than the anchor."""
        return tuple(body for body in self.point_masses if body != self.anchor)

    def source(self) -> Ephemeris:
        """Ephemeris in use.

        Returns
        -------
        Ephemeris
        """
        return open_ephemeris() if self.ephemeris is None else self.ephemeris

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
            Neither the model nor the ephemeris states one.
        """
        override = (self.gm_km3_s2 or {}).get(body)
        return stated_gm_km3_s2(self.source(), body) if override is None else float(override)

    def check_bodies(self) -> None:
        """Refuse a centre and attracting bodies that do not go together.

        Raises
        ------
        InputError
            Unknown centre, a centre that is not among the bodies, a body named twice, a barycentre as a body.
        """
        if self.center not in (*CENTERS, *BARYCENTERS):
            raise InputError(f"center is {self.center!r}; allowed: {', '.join((*CENTERS, *BARYCENTERS))}")
        if self.center in CENTERS and self.center not in self.point_masses:
            raise InputError(f"point_masses {self.point_masses!r} must contain the center {self.center!r}")
        if not set(CENTERS) & set(self.point_masses):
            raise InputError(f"point_masses {self.point_masses!r} must contain earth or moon, to be integrated about")
        if len(set(self.point_masses)) != len(self.point_masses):
            raise InputError(f"point_masses {self.point_masses!r} must hold no body twice")
        if set(BARYCENTERS) & set(self.point_masses):
            raise InputError(f"point_masses {self.point_masses!r} must hold bodies; emb and ssb are none")
