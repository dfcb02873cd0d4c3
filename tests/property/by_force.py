"""Events by brute force: every function written down anew with the package's frames, and sampled densely.

Changes of sign between samples are bisected, and extrema between samples are looked at, so that grazing passages
shorter than a sample count as well. A path has ``t``, ``relative(body, t)`` and ``model``.
"""

from __future__ import annotations

import numpy as np

from sim.bodies import EARTH, MOON, SUN
from sim.ephemeris import open_ephemeris
from sim.events import refine_extrema, refine_roots
from sim.frames import R_itrf_icrf, R_me_icrf, R_tod_icrf
from sim.frames.surface import R_enu_fixed
from sim.propagation import (
    AltitudeCrossing,
    ClosestApproach,
    ElevationCrossing,
    FarthestPoint,
    Impact,
    NodeCrossing,
    RadiusCrossing,
    ShadowCrossing,
    SphereOfInfluence,
)
from sim.sites import ground_station, lunar_site

GRID_S = 10.0
STATION = ground_station("bear_lakes")
SITE = lunar_site("shackleton_rim_ce7")
OBLIQUITY = np.radians(84381.406 / 3600.0)
BOTH = [
    ClosestApproach("earth"),
    FarthestPoint("earth"),
    ClosestApproach("moon"),
    FarthestPoint("moon"),
    RadiusCrossing("earth", 3e5, None),
    AltitudeCrossing("moon", 100.0, None),
    Impact("moon"),
    SphereOfInfluence("moon", None),
    NodeCrossing("earth", "earth_equator", None),
    NodeCrossing("moon", "moon_equator", True),
    NodeCrossing("moon", "ecliptic", False),
    NodeCrossing("sun", (0.2, -0.5, 3.0), None),
    ShadowCrossing("earth", "umbra", None),
    ShadowCrossing("earth", "penumbra", True),
    ShadowCrossing("moon", "umbra", None),
    ShadowCrossing("moon", "penumbra", False),
    ElevationCrossing(STATION, 7.0, None),
    ElevationCrossing(SITE, 5.0, True),
]


class Sampled:
    """States at times, relative to any body, by cubic Hermite interpolation between them."""

    def __init__(self, model, times, states):
        if times[-1] < times[0]:
            times, states = times[::-1], states[::-1]
        self.t, self.states, self.model = times, states, model

    def at(self, t):
        k = np.clip(np.searchsorted(self.t, t) - 1, 0, self.t.size - 2)
        h = self.t[k + 1] - self.t[k]
        u = ((t - self.t[k]) / h)[:, None]
        a, b, h = self.states[k], self.states[k + 1], h[:, None]
        h00, h10 = (1.0 + 2.0 * u) * (1.0 - u) ** 2, u * (1.0 - u) ** 2
        h01, h11 = u * u * (3.0 - 2.0 * u), u * u * (u - 1.0)
        position = h00 * a[:, :3] + h * h10 * a[:, 3:] + h01 * b[:, :3] + h * h11 * b[:, 3:]
        velocity = 6.0 * u * (u - 1.0) * (a[:, :3] - b[:, :3]) / h
        velocity += (1.0 - u) * (1.0 - 3.0 * u) * a[:, 3:] + u * (3.0 * u - 2.0) * b[:, 3:]
        return position, velocity

    def relative(self, body, t):
        position, velocity = self.at(t)
        if body == self.model.center:
            return position, velocity
        state = open_ephemeris().state(body, self.model.center, t)
        return position - state[:, :3], velocity - state[:, 3:]


def dot(a, b):
    return (a * b).sum(axis=-1)


def norm(a):
    return np.sqrt(dot(a, a))


def plane_normal(plane, t):
    if plane == "earth_equator":
        return R_tod_icrf(t)[:, 2]
    if plane == "moon_equator":
        return R_me_icrf(t)[:, 2]
    if plane == "ecliptic":
        return np.array([0.0, -np.sin(OBLIQUITY), np.cos(OBLIQUITY)])
    return np.array(plane) / np.linalg.norm(plane)


def shadow_angle(path, event, t):
    """Separation of the disks' centres less that at contact, rad."""
    to_body = -path.relative(event.body, t)[0]
    to_sun = -path.relative("sun", t)[0]
    radius = (EARTH if event.body == "earth" else MOON).radius_km
    separation = np.arctan2(norm(np.cross(to_body, to_sun)), dot(to_body, to_sun))
    body = np.arcsin(np.minimum(radius / norm(to_body), 1.0))
    sun = np.arcsin(SUN.radius_km / norm(to_sun))
    return separation - (body - sun if event.shadow == "umbra" else body + sun)


def elevation_sine(path, event, t):
    if event.body == "earth":
        place, turn = STATION.position_itrf_km, R_itrf_icrf(t)
        zenith = R_enu_fixed(STATION.latitude_geodetic_deg, STATION.longitude_deg)[2]
    else:
        place, turn = SITE.position_me_km, R_me_icrf(t)
        zenith = R_enu_fixed(SITE.latitude_deg, SITE.longitude_deg)[2]
    fixed = (turn * path.relative(event.body, t)[0][:, None, :]).sum(axis=-1) - place
    return dot(fixed, zenith) / norm(fixed) - np.sin(np.radians(event.elevation_deg))


def wanted(event):
    """Falling (1), rising (-1) or any (0) zeros of :func:`function`, seen forward in time."""
    if isinstance(event, ClosestApproach):
        return -1
    if isinstance(event, FarthestPoint | Impact):
        return 1
    if isinstance(event, NodeCrossing | ElevationCrossing):
        up = event.ascending if isinstance(event, NodeCrossing) else event.rising
        return 0 if up is None else (-1 if up else 1)
    down = event.inward if isinstance(event, RadiusCrossing | AltitudeCrossing) else event.entry
    return 0 if down is None else (1 if down else -1)


def function(path, event):
    """The event's function of time."""
    if isinstance(event, ClosestApproach | FarthestPoint):
        return lambda t: dot(*path.relative(event.body, t))
    if isinstance(event, NodeCrossing):
        return lambda t: dot(plane_normal(event.plane, t), path.relative(event.body, t)[0])
    if isinstance(event, ShadowCrossing):
        return lambda t: shadow_angle(path, event, t)
    if isinstance(event, ElevationCrossing):
        return lambda t: elevation_sine(path, event, t)
    radius = event.radius_km if isinstance(event, RadiusCrossing) else event.sphere.radius_km
    return lambda t: norm(path.relative(event.body, t)[0]) - radius


def brute_force(path, event):
    """All times of an event, forward in time."""
    f = function(path, event)
    t = np.arange(path.t[0], path.t[-1], GRID_S)
    t = np.append(t, path.t[-1])
    g = f(t)
    for sign in (1.0, -1.0):
        # Extrema towards zero between samples: a grazing passage.
        h = sign * g
        peak = np.flatnonzero((h[1:-1] <= h[:-2]) & (h[1:-1] <= h[2:]) & (h[1:-1] > 0.0)) + 1
        steep = np.maximum(np.abs(g[peak + 1] - g[peak]), np.abs(g[peak - 1] - g[peak]))
        peak = peak[h[peak] <= 4.0 * steep]
        if peak.size:
            more = refine_extrema(f, t[peak - 1], t[peak + 1], -sign, 1e-4)
            t, order = np.unique(np.concatenate([t, more]), return_index=True)
            g = np.concatenate([g, f(more)])[order]
    change = np.flatnonzero((g[1:] > 0.0) != (g[:-1] > 0.0))
    falls = g[change] > 0.0
    times = refine_roots(f, t[change], t[change + 1], 1e-5)
    way = wanted(event)
    return times if way == 0 else times[falls == (way > 0)]


def turned(event):
    """The same event as seen by a row that flies backward."""
    names = {"inward": RadiusCrossing | AltitudeCrossing, "entry": SphereOfInfluence | ShadowCrossing}
    names |= {"ascending": NodeCrossing, "rising": ElevationCrossing}
    for name, kinds in names.items():
        if isinstance(event, kinds) and getattr(event, name) is not None:
            values = {key: getattr(event, key) for key in event.__dataclass_fields__}
            return type(event)(**(values | {name: not getattr(event, name)}))
    return RadiusCrossing(event.body, event.sphere.radius_km, inward=False) if isinstance(event, Impact) else event
