"""Events at which a row stops before its requested time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.bodies import EARTH, MOON
from sim.core.events import CLOSEST, RADIUS, Stops
from sim.core.status import Status
from sim.dynamics import FlatModel
from sim.errors import InputError


@dataclass(frozen=True)
class RadiusCrossing:
    """Stop where the distance to a body passes a value.

    Parameters
    ----------
    body : str
        One of the model's bodies.
    radius_km : float
        Distance from the body's centre.
    inward : bool
        Direction of the crossing, as seen in the direction of integration. A row that begins on the far side of the
        sphere must first leave it.
    """

    body: str
    radius_km: float
    inward: bool = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.radius_km) and self.radius_km > 0.0):
            raise InputError(f"radius_km is {self.radius_km!r}; allowed: finite numbers above 0")


@dataclass(frozen=True)
class ClosestApproach:
    """Stop where the distance to a body has a minimum (in whichever direction the row is integrated).

    Parameters
    ----------
    body : str
        One of the model's bodies.
    """

    body: str


Stop = RadiusCrossing | ClosestApproach

SURFACES = tuple(RadiusCrossing(body.name, body.radius_km) for body in (EARTH, MOON))
"""Spheres of mean radius that count as the ground of Earth and Moon."""


def flat_stops(stops: Sequence[Stop], impacts: bool, model: FlatModel) -> Stops:
    """Translate events for the compiled core: the given ones first, then the surfaces.

    Parameters
    ----------
    stops : sequence of RadiusCrossing or ClosestApproach
        At most 100.
    impacts : bool
        Whether rows also stop at the surfaces of Earth and Moon, as far as the model holds them.
    model : FlatModel
        Model whose bodies are meant.

    Returns
    -------
    sim.core.events.Stops

    Raises
    ------
    InputError
        A body that the model does not hold, or too many events.
    """
    if len(stops) > 100:
        raise InputError(f"{len(stops)} stops were given; allowed: at most 100")
    surfaces = [s for s in SURFACES if impacts and s.body in (model.center, *model.bodies)]
    everything = [*stops, *surfaces]
    return Stops(
        kind=np.array([RADIUS if isinstance(s, RadiusCrossing) else CLOSEST for s in everything], dtype=np.int64),
        body=np.array([model.index(s.body) for s in everything], dtype=np.int64),
        radius=np.array([s.radius_km if isinstance(s, RadiusCrossing) else 0.0 for s in everything], dtype=np.float64),
        sign=np.array([-1.0 if isinstance(s, RadiusCrossing) and not s.inward else 1.0 for s in everything]),
        status=np.array([Status.EVENT] * len(stops) + [Status.IMPACT] * len(surfaces), dtype=np.int64),
    )
