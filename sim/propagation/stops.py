"""Events as data: what to stop a row at, or to record on its way.

All of them are directed as seen in the direction of integration: a shadow that is entered when flying forward is left
when flying backward. They are geometric: no light time, no aberration, no refraction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.bodies import EARTH, MOON, body
from sim.core.events import CLOSEST, RADIUS, Stops
from sim.core.status import Status
from sim.dynamics import FlatModel
from sim.dynamics.composition import NumberedBodies
from sim.errors import InputError
from sim.sites import EarthSite, LunarSite

MOST_EVENTS = 100
PLANES = ("earth_equator", "moon_equator", "ecliptic")
SHADOWS = ("umbra", "penumbra")


@dataclass(frozen=True)
class RadiusCrossing:
    """The distance to a body passes a value.

    Parameters
    ----------
    body : str
        One of the model's bodies.
    radius_km : float
        Distance from the body's centre.
    inward : bool, optional
        Direction of the crossing, as seen in the direction of integration; None for both. A row that begins on the far
        side of the sphere must first leave it.
    """

    body: str
    radius_km: float
    inward: bool | None = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.radius_km) and self.radius_km > 0.0):
            raise InputError(f"radius_km is {self.radius_km!r}; allowed: finite numbers above 0")


@dataclass(frozen=True)
class AltitudeCrossing:
    """The height above the sphere of a body's mean radius passes a value.

    Parameters
    ----------
    body : str
        One of the model's bodies.
    altitude_km : float
        Height above the mean radius (Earth 6371.0084 km, Moon 1737.4 km).
    inward : bool, optional
        True: downward, False: upward, None: both.
    """

    body: str
    altitude_km: float
    inward: bool | None = True

    def __post_init__(self) -> None:
        if not (math.isfinite(self.altitude_km) and self.altitude_km > -body(self.body).radius_km):
            raise InputError(f"altitude_km is {self.altitude_km!r}; allowed: finite, above the body's centre")

    @property
    def sphere(self) -> RadiusCrossing:
        """The same as a distance from the centre."""
        return RadiusCrossing(self.body, body(self.body).radius_km + self.altitude_km, self.inward)


@dataclass(frozen=True)
class Impact:
    """The surface of a body (the sphere of its mean radius) is met from outside.

    Parameters
    ----------
    body : str
        One of the model's bodies.
    """

    body: str

    @property
    def sphere(self) -> RadiusCrossing:
        """The same as a distance from the centre."""
        return RadiusCrossing(self.body, body(self.body).radius_km)


@dataclass(frozen=True)
class SphereOfInfluence:
    """A body's sphere of influence is entered or left.

    Parameters
    ----------
    body : str
        One of the model's bodies, not the Sun; the radius is a (m/M)^(2/5) (:attr:`sim.bodies.Body.soi_radius_km`).
    entry : bool, optional
        True: entered, False: left, None: both.
    """

    body: str
    entry: bool | None = True

    @property
    def sphere(self) -> RadiusCrossing:
        """The same as a distance from the centre."""
        return RadiusCrossing(self.body, body(self.body).soi_radius_km, self.entry)


@dataclass(frozen=True)
class ClosestApproach:
    """The distance to a body has a minimum: periapsis (in whichever direction the row is integrated).

    Parameters
    ----------
    body : str
        One of the model's bodies.
    """

    body: str


@dataclass(frozen=True)
class FarthestPoint:
    """The distance to a body has a maximum: apoapsis (in whichever direction the row is integrated).

    Parameters
    ----------
    body : str
        One of the model's bodies.
    """

    body: str


@dataclass(frozen=True)
class NodeCrossing:
    """A plane through a body is passed.

    Parameters
    ----------
    body : str
        One of the model's bodies.
    plane : str or tuple of float
        ``earth_equator`` (of date), ``moon_equator`` (mean Earth axes), ``ecliptic`` (of J2000), or the plane's normal
        in the ICRF, of any length.
    ascending : bool, optional
        True: towards the side of the normal, False: away from it, None: both.
    """

    body: str
    plane: str | tuple[float, float, float] = "earth_equator"
    ascending: bool | None = None

    def __post_init__(self) -> None:
        if isinstance(self.plane, str):
            if self.plane not in PLANES:
                raise InputError(f"plane is {self.plane!r}; allowed: {', '.join(PLANES)} or a normal")
        elif len(self.plane) != 3 or not math.isfinite(math.hypot(*self.plane)) or not any(self.plane):
            raise InputError(f"plane is {self.plane!r}; allowed: {', '.join(PLANES)} or a normal of three numbers")


@dataclass(frozen=True)
class ShadowCrossing:
    """A conical shadow of a body is entered or left; needs the Sun among the model's bodies.

    Parameters
    ----------
    body : str
        Body that casts it, a sphere of its mean radius; not the Sun.
    shadow : str
        ``umbra`` (the Sun is hidden) or ``penumbra`` (it begins to be).
    entry : bool, optional
        True: entered, False: left, None: both.
    """

    body: str
    shadow: str = "umbra"
    entry: bool | None = None

    def __post_init__(self) -> None:
        if self.shadow not in SHADOWS:
            raise InputError(f"shadow is {self.shadow!r}; allowed: {', '.join(SHADOWS)}")
        if self.body == "sun":
            raise InputError("body is 'sun'; allowed: bodies that cast a shadow")


@dataclass(frozen=True)
class ElevationCrossing:
    """The elevation over the horizon of a site passes a value.

    Parameters
    ----------
    site : EarthSite or LunarSite
        Place on Earth (zenith of the ellipsoid) or Moon (zenith of the sphere); its body must be one of the model's.
    elevation_deg : float
        Elevation.
    rising : bool, optional
        True: upward, False: downward, None: both.
    """

    site: EarthSite | LunarSite
    elevation_deg: float
    rising: bool | None = None

    def __post_init__(self) -> None:
        if not -90.0 < self.elevation_deg < 90.0:
            raise InputError(f"elevation_deg is {self.elevation_deg!r}; allowed: between -90 and 90")

    @property
    def body(self) -> str:
        """Body on which the site is."""
        return "moon" if isinstance(self.site, LunarSite) else "earth"


NamedSphere = AltitudeCrossing | Impact | SphereOfInfluence
"""Distances from a body's centre under other names."""
Sphere = RadiusCrossing | NamedSphere
Stop = Sphere | ClosestApproach | FarthestPoint | NodeCrossing | ShadowCrossing | ElevationCrossing

SURFACES = tuple(Impact(body.name) for body in (EARTH, MOON))
"""Spheres of mean radius that count as the ground of Earth and Moon."""


def surfaces(impacts: bool, model: NumberedBodies) -> list[Stop]:
    """Surfaces that end rows.

    Parameters
    ----------
    impacts : bool
        Whether they do.
    model : FlatModel or FlatFullModel
        Model that holds the Earth, the Moon, or both.

    Returns
    -------
    list of Impact
    """
    return [s for s in SURFACES if impacts and s.body in (model.center, *model.bodies)]


def status_of(stop: Stop) -> Status:
    """Status of a row that stops at an event.

    Parameters
    ----------
    stop : Stop
        Event.

    Returns
    -------
    Status
    """
    return Status.IMPACT if isinstance(stop, Impact) else Status.EVENT


def flat_stops(stops: Sequence[Stop], impacts: bool, model: FlatModel) -> Stops:
    """Translate events for the scalar core: the given ones first, then the surfaces.

    Parameters
    ----------
    stops : sequence of Stop
        At most 100; spheres with one direction and closest approaches only.
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
        A body that the model does not hold, or an event that needs Earth and Moon among the point masses.
    """
    everything = [*stops, *surfaces(impacts, model)]
    kind, radius, sign = [], [], []
    for stop in everything:
        one = stop.sphere if isinstance(stop, NamedSphere) else stop
        if isinstance(one, ClosestApproach):
            kind.append(CLOSEST)
            radius.append(0.0)
            sign.append(1.0)
        elif isinstance(one, RadiusCrossing) and one.inward is not None:
            kind.append(RADIUS)
            radius.append(one.radius_km)
            sign.append(1.0 if one.inward else -1.0)
        else:
            raise InputError(f"{stop} needs both Earth and Moon among the point_masses of the model")
    return Stops(
        kind=np.array(kind, dtype=np.int64),
        body=np.array([model.index(s.body) for s in everything], dtype=np.int64),
        radius=np.array(radius, dtype=np.float64),
        sign=np.array(sign, dtype=np.float64),
        status=np.array([status_of(s) for s in everything], dtype=np.int64),
    )
