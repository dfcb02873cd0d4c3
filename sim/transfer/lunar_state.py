"""What else than an arrival at perilune can be prescribed at the Moon: a place that is struck, a departure.

Each is a closed form from an excess velocity to a state at the Moon. As with :func:`sim.transfer.seed.perilune_state`
the excess velocity stays the only unknown of the shooting solvers, and what is prescribed is met exactly at every
iteration.

Source: Battin, "An Introduction to the Mathematics and Methods of Astrodynamics" (1999), sec. 6.8 (velocity at a point
of a hyperbola from its asymptote). Checked against the elements of the hyperbola in
``tests/unit/test_transfer_lunar_state.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sim.frames.rotations import dot, norm, unit
from sim.transfer.seed import perilune_state

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def impact_state(vinf_km_s: Floats, position_km: Floats, mu_km3_s2: float) -> tuple[Floats, Bools]:
    """Return the state at a given place of the hyperbola with a given incoming excess velocity.

    Parameters
    ----------
    vinf_km_s : ndarray, shape (N, 3)
        Incoming excess velocity, km/s.
    position_km : ndarray, shape (N, 3)
        Place that is struck, Moon-centred.
    mu_km3_s2 : float
        GM of the Moon.

    Returns
    -------
    state : ndarray, shape (N, 6)
        Moon-centred state in the frame of `vinf_km_s`, km and km/s.
    reachable : ndarray of bool, shape (N,)
        False where the hyperbola reaches the place from below: it lies behind the limb for this approach.
    """
    speed = norm(vinf_km_s)
    along = vinf_km_s / speed[:, None]
    radius = norm(position_km)
    up = position_km / radius[:, None]
    # Battin's departure hyperbola flown backward: its asymptote is -along
    versed = np.maximum(1.0 - dot(along, up), 1e-12)
    root = np.sqrt(mu_km3_s2 / (radius * versed) + 0.25 * speed**2)
    velocity = (root + 0.5 * speed)[:, None] * along - (root - 0.5 * speed)[:, None] * up
    return np.concatenate((position_km, velocity), axis=1), np.asarray(dot(velocity, up) < 0.0)


def departure_state(vinf_km_s: Floats, normal: Floats, perilune_radius_km: Floats, mu_km3_s2: float) -> Floats:
    """Return the perilune state of the hyperbola with outgoing excess velocity `vinf_km_s` in the plane of `normal`.

    Parameters
    ----------
    vinf_km_s : ndarray, shape (N, 3)
        Outgoing excess velocity, km/s.
    normal : ndarray, shape (N, 3)
        Unit orbit normal, perpendicular to `vinf_km_s`.
    perilune_radius_km : ndarray, shape (N,)
        Perilune radius.
    mu_km3_s2 : float
        GM of the Moon.

    Returns
    -------
    ndarray, shape (N, 6)
        Moon-centred state in the frame of `vinf_km_s`, km and km/s: the arrival with the opposite excess velocity
        and normal, flown backward.
    """
    mirrored = perilune_state(-vinf_km_s, -normal, perilune_radius_km, mu_km3_s2)
    return np.concatenate((mirrored[:, :3], -mirrored[:, 3:]), axis=1)


def nearest_normal(vinf_km_s: Floats, wanted_normal: Floats) -> Floats:
    """Return the unit normal of the plane through an asymptote that is turned least from a wanted plane.

    Parameters
    ----------
    vinf_km_s : ndarray, shape (N, 3)
        Excess velocity.
    wanted_normal : ndarray, shape (N, 3)
        Unit normal of the plane wanted.

    Returns
    -------
    ndarray, shape (N, 3)
        Unit normals; the angle to the wanted one is the elevation of the asymptote over the wanted plane.
    """
    along = unit(vinf_km_s)
    return unit(wanted_normal - dot(wanted_normal, along)[:, None] * along)


class LunarEnd(Protocol):
    """The end of a transfer at the Moon, N rows; `TransferTargets.lunar_end` takes one."""

    def states(self, vinf_km_s: Floats, mu_km3_s2: float) -> tuple[Floats, Bools]:
        """Return Moon-centred ICRF states (N, 6) for excess velocities (N, 3), and which of them are possible."""
        ...

    def select(self, rows: NDArray[np.intp] | Bools) -> LunarEnd:
        """Return the ends of `rows`."""
        ...


@dataclass(frozen=True)
class Impact:
    """A place on the Moon that is struck.

    Attributes
    ----------
    position_km : ndarray, shape (N, 3)
        Moon-centred ICRF at the epoch of impact.
    """

    position_km: Floats

    def states(self, vinf_km_s: Floats, mu_km3_s2: float) -> tuple[Floats, Bools]:
        """Return states at impact, and whether they come from above; see :func:`impact_state`."""
        return impact_state(vinf_km_s, self.position_km, mu_km3_s2)

    def select(self, rows: NDArray[np.intp] | Bools) -> Impact:
        """Return the places of `rows`."""
        return Impact(self.position_km[rows])


@dataclass(frozen=True)
class Departure:
    """A departure at perilune in the plane turned least from that of an orbit.

    Attributes
    ----------
    perilune_radius_km : ndarray, shape (N,)
        Perilune radius of the departure hyperbola.
    orbit_normal : ndarray, shape (N, 3)
        Unit normal of the orbit that is left, ICRF.
    """

    perilune_radius_km: Floats
    orbit_normal: Floats

    def states(self, vinf_km_s: Floats, mu_km3_s2: float) -> tuple[Floats, Bools]:
        """Return perilune states of the departure; every one is possible."""
        normal = nearest_normal(vinf_km_s, self.orbit_normal)
        states = departure_state(vinf_km_s, normal, self.perilune_radius_km, mu_km3_s2)
        return states, np.ones(len(states), dtype=bool)

    def select(self, rows: NDArray[np.intp] | Bools) -> Departure:
        """Return the departures of `rows`."""
        return Departure(self.perilune_radius_km[rows], self.orbit_normal[rows])
