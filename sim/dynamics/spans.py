"""What force models share: spans in whole pieces, flat forms that are kept, bodies by number."""

from __future__ import annotations

import math
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from sim.constants import SECONDS_PER_DAY
from sim.core.full_forces import CENTER
from sim.ephemeris import Ephemeris
from sim.errors import InputError

Flat = TypeVar("Flat")
Span = tuple[float, float]


class Kept(Generic[Flat]):
    """Flat forms of a model by span, the newest few.

    Parameters
    ----------
    most_n : int
        How many are kept.
    """

    def __init__(self, most_n: int) -> None:
        self._most = most_n
        self._found: dict[Span, Flat] = {}
        self._lock = Lock()

    def get(self, span: Span, build: Callable[[float, float], Flat]) -> Flat:
        """Return the flat form of a span, built when it is not there; threads may ask at the same time.

        Parameters
        ----------
        span : tuple of float
            Start and stop, TDB s past J2000.
        build : callable
            Takes both.

        Returns
        -------
        object
            What `build` returned, now or earlier.
        """
        with self._lock:
            found = self._found.get(span)
        if found is not None:
            return found
        made = build(*span)
        with self._lock:
            while len(self._found) >= self._most:
                self._found.pop(next(iter(self._found)))
            self._found[span] = made
        return made


def whole_pieces(start_tdb: float, stop_tdb: float, piece_day: float) -> Span:
    """Shrink a span to whole pieces, counted from noon before J2000's.

    Parameters
    ----------
    start_tdb, stop_tdb : float
        Span, TDB s past J2000.
    piece_day : float
        Length of a piece.

    Returns
    -------
    start_tdb, stop_tdb : float
        TDB s past J2000.
    """
    origin, piece = -0.5 * SECONDS_PER_DAY, piece_day * SECONDS_PER_DAY
    first, last = math.ceil((start_tdb - origin) / piece), math.floor((stop_tdb - origin) / piece)
    return origin + first * piece, origin + last * piece


def whole_blocks(start_tdb: float, stop_tdb: float, coverage_tdb: Span, block_day: float, margin_day: float) -> Span:
    """Widen a span to whole blocks, as far as the ephemeris goes, so that neighbouring spans share a table.

    The margin keeps the ends of the table, where the last piece stands in for the next one, out of reach of a row:
    only the ends of the ephemeris are ends to it, whatever other rows its table was made for.

    Parameters
    ----------
    start_tdb, stop_tdb : float
        Span, TDB s past J2000.
    coverage_tdb : tuple of float
        Where tables can be made.
    block_day : float
        Length of a block.
    margin_day : float
        By how much the table reaches beyond the span at least.

    Returns
    -------
    start_tdb, stop_tdb : float
        TDB s past J2000.
    """
    low, high = coverage_tdb
    block, margin = block_day * SECONDS_PER_DAY, margin_day * SECONDS_PER_DAY
    start = max(math.floor((start_tdb - margin) / block) * block, min(low, start_tdb))
    stop = min(math.ceil((stop_tdb + margin) / block) * block, max(high, stop_tdb))
    return start, max(stop, start)


def body_index(body: str, center: str, bodies: tuple[str, ...]) -> int:
    """Return the number of a body for the compiled core.

    Parameters
    ----------
    body : str
        Name of the centre or of one of `bodies`.
    center : str
        Body at the origin.
    bodies : tuple of str
        The others, in the order of the table.

    Returns
    -------
    int

    Raises
    ------
    InputError
        The model does not hold the body.
    """
    if body == center:
        return CENTER
    if body not in bodies:
        raise InputError(f"body {body!r} is no part of the force model, which holds {', '.join((center, *bodies))}")
    return bodies.index(body)


def stated_gm_km3_s2(ephemeris: Ephemeris, body: str) -> float:
    """Return the gravitational parameter that an ephemeris states.

    Parameters
    ----------
    ephemeris : Ephemeris
        With its constants.
    body : str
        Name.

    Returns
    -------
    float
        km3/s2.

    Raises
    ------
    InputError
        It states none.
    """
    known = ephemeris.gm_km3_s2
    if body not in known:
        raise InputError(f"the ephemeris {ephemeris.name} states no GM of {body!r}; give it in gm_km3_s2")
    return float(known[body])
