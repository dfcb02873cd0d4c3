"""How long low orbits last without correction, over inclination, node and epoch.

Every orbit starts circular, or with one given eccentricity vector (osculating), and is propagated under the Moon's
field, Earth and Sun until it comes to the ground: the sphere of 1737.4 km plus a stated margin for terrain. Nothing is
averaged or interpolated.

How sharp a lifetime is: the eccentricity vector draws a loop a month, so that an orbit comes down in one loop or in
another, 27.3 days apart, and above a transition altitude, which depends on node and inclination, not at all for years.
Near it a kilometre of altitude or ground, two degrees of node, 0.2 of inclination, or the degree of the field move a
lifetime by one loop or more. The frame must be said, too: an orbit polar to the Moon's equator of J2000 is up to three
degrees off the polar one of the true equator. With it the 411 days of Gupta and Sharma (2011, doi
10.4236/ijaa.2011.13020) for 125 km come out as 410.8; in the equator of date, which is used here, they would be 302.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.bodies import MOON
from sim.core.status import STATUS_TEXT, Status
from sim.dynamics import FullForceModel
from sim.errors import InputError
from sim.operations.frozen_orbits import node_states
from sim.operations.low_orbits import evolve_low_orbits

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LifetimeGrid:
    """Days to impact of I inclinations x J nodes x K epochs.

    Attributes
    ----------
    altitude_km : float
        Semi-major axis of the orbits less 1737.4 km.
    inclination_deg : ndarray (I,)
        At the start.
    node_longitude_deg : ndarray (J,)
        Selenographic longitude of the ascending node at the start.
    epoch_tdb : ndarray (K,)
        Starts, TDB s past J2000.
    lifetime_day : ndarray (I, J, K)
        Infinite where the orbit outlived the span.
    span_day : float
        Longest time looked at.
    degree : int
        Of the gravity field.
    margin_km : float
        Height over the sphere that counts as ground.
    forces : str
        Under which they flew, for captions.
    ecc : tuple of float
        Osculating eccentricity vector at the start: towards the ascending node, and a quarter turn ahead of it.
    """

    altitude_km: float
    inclination_deg: FloatArray
    node_longitude_deg: FloatArray
    epoch_tdb: FloatArray
    lifetime_day: FloatArray
    span_day: float
    degree: int
    margin_km: float
    forces: str
    ecc: tuple[float, float] = (0.0, 0.0)

    @property
    def survivors_share(self) -> FloatArray:
        """Share of the nodes and epochs at which an inclination outlives the span, (I,)."""
        return np.asarray(np.isinf(self.lifetime_day).mean(axis=(1, 2)))

    def rows(self) -> list[tuple[float, float, float, float]]:
        """Table: inclination_deg, node_longitude_deg, epoch_tdb, lifetime_day, one row an orbit."""
        grid = np.meshgrid(self.inclination_deg, self.node_longitude_deg, self.epoch_tdb, indexing="ij")
        columns = [part.ravel().tolist() for part in (*grid, self.lifetime_day)]
        return list(zip(*columns, strict=True))


def lifetime_grid(
    altitude_km: float,
    inclination_deg: npt.ArrayLike,
    node_longitude_deg: npt.ArrayLike,
    epoch_tdb: npt.ArrayLike,
    span_day: float,
    *,
    ecc: tuple[float, float] = (0.0, 0.0),
    degree: int = 50,
    margin_km: float = 0.0,
    model: FullForceModel | None = None,
    threads: int | None = None,
) -> LifetimeGrid:
    """Propagate a grid of orbits of one shape to the ground, or to the end of a span.

    Parameters
    ----------
    altitude_km : float
        Osculating semi-major axis less 1737.4 km.
    inclination_deg : array_like (I,)
        To the equator of date.
    node_longitude_deg : array_like (J,)
        Selenographic longitude of the ascending node at the start.
    epoch_tdb : array_like (K,)
        Starts, TDB s past J2000.
    span_day : float
        When to stop looking.
    ecc : tuple of float
        Osculating eccentricity vector at the start: towards the ascending node, and a quarter turn ahead of it; by
        default circles.
    degree : int
        Of the gravity field, where no `model` is given.
    margin_km : float
        Height over the sphere that counts as ground.
    model : FullForceModel, optional
        Forces.
    threads : int, optional
        By default as many as there are processors.

    Returns
    -------
    LifetimeGrid

    Raises
    ------
    InputError
        A perilune that is not above the margin; a row that ends for another reason than ground or span.
    EphemerisRangeError
        The span is not covered.
    """
    size_km = MOON.radius_km + altitude_km
    perilune_km = size_km * (1.0 - float(np.hypot(*ecc))) - MOON.radius_km
    if not perilune_km > margin_km:
        words = f"altitude_km is {altitude_km:g}" + (f" and the perilune {perilune_km:g} km high" if any(ecc) else "")
        raise InputError(f"{words}; allowed: above margin_km = {margin_km:g}")
    axes = [np.atleast_1d(np.asarray(v, dtype=np.float64)) for v in (inclination_deg, node_longitude_deg, epoch_tdb)]
    inc, node, epoch = (part.ravel() for part in np.meshgrid(*axes, indexing="ij"))
    start = node_states(size_km, ecc[0], ecc[1], inc, node, epoch)
    history = evolve_low_orbits(
        start, epoch, span_day, degree=degree, margin_km=margin_km, model=model, threads=threads
    )
    odd = np.flatnonzero((history.status != Status.OK) & (history.status != Status.IMPACT))
    if odd.size:
        raise InputError(f"orbit {int(odd[0])} of the grid {STATUS_TEXT[Status(int(history.status[odd[0]]))]}")
    lifetime = np.where(history.lifetime_day > span_day, np.inf, history.lifetime_day)
    table = lifetime.reshape(tuple(len(axis) for axis in axes))
    known = (span_day, history.degree, margin_km, history.forces, ecc)
    return LifetimeGrid(altitude_km, axes[0], axes[1], axes[2], table, *known)
