"""Low lunar orbits about the Earth and about the Moon: how far apart, and what of it is the ephemeris' own grain."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sim.dynamics import ForceModel, FullForceModel, open_gravity_field
from sim.ephemeris import open_ephemeris
from sim.propagation import propagate_at

DAY = 86400.0
EPOCH = 8e8
GRANULE = 4.0 * DAY
ORIGIN = -0.5 * DAY
"""Granules of DE440's Moon begin at midnight."""
THREE = ("earth", "moon", "sun")
ALL = (*THREE, "mercury", "venus", "mars", "jupiter", "saturn", "uranus", "neptune", "pluto")
DAYS = np.array([1.0, 2.0, 7.0])


def orbits(n, spacing_day):
    """Circular polar orbits 100 km high, about the Moon and about the Earth."""
    radius = 1837.4
    speed = math.sqrt(4902.8 / radius)
    node = np.radians(30.0 * np.arange(n))
    zero = np.zeros(n)
    moon = np.stack([radius * np.cos(node), radius * np.sin(node), zero, zero, zero, np.full(n, speed)], axis=1)
    t0 = EPOCH + spacing_day * DAY * np.arange(n)
    return moon, moon + open_ephemeris().state("moon", "earth", t0), t0


def largest(a, b):
    return np.linalg.norm((a - b)[:, :, :3], axis=2).max(axis=0)


def test_lanes_over_the_edges_of_granules(record_accuracy):
    """The lanes' pieces reach over the edges, the full model's end there."""
    _, start, t0 = orbits(12, 1.37)
    times = t0[:, np.newaxis] + DAYS * DAY
    lanes = propagate_at(start, t0, times, ForceModel(earth_zonals=0), tolerance=1e-14).path_states
    full = propagate_at(start, t0, times, FullForceModel(point_masses=THREE), tolerance=1e-14).path_states
    # Measured 0.8, 2.7 and 33 mm; at the median 0.13, 0.35 and 2.7 mm.
    for day, off, limit in zip(DAYS, largest(lanes, full), (0.003, 0.01, 0.1), strict=True):
        name = f"12 low lunar orbits about the Earth, {day:g} d"
        record_accuracy(name, "full model, pieces that end at granules", "largest position", 1e3 * off, "m", limit)


def test_the_grain_of_the_ephemeris(record_accuracy):
    """Beside the edge of a granule, another polynomial as good as the granules' own has another velocity."""
    source = open_ephemeris()
    edges = ORIGIN + GRANULE * (math.ceil((EPOCH - ORIGIN) / GRANULE) + np.arange(15))
    nodes = np.cos(math.pi * (np.arange(40) + 0.5) / 40)
    x = np.linspace(-0.2, 0.2, 21)
    off, apart = [], []
    for edge in edges:
        places = source.position_split_km("moon", "earth", np.full(40, edge), 0.5 * GRANULE * nodes)
        series = np.polynomial.chebyshev.chebfit(nodes, places - places[0], 12)
        slope = np.polynomial.chebyshev.chebder(series) / (0.5 * GRANULE)
        velocity = np.polynomial.chebyshev.chebval(x, slope).T
        states = source.state("moon", "earth", edge + 0.5 * GRANULE * x)
        residual = np.polynomial.chebyshev.chebval(x, series).T + places[0] - states[:, :3]
        apart.append(np.linalg.norm(residual, axis=1).max())
        off.append(np.linalg.norm(velocity - states[:, 3:], axis=1).max())
    # Measured 0.11 mm and 1.7e-5 mm/s. A low orbit joined to the one or the other there drifts by up to 20 mm a day
    # along its track: 19 times the height each revolution, three times the velocity each second.
    case, other = "DE440's Moon at the edges of granules", "one polynomial across"
    record_accuracy(case, other, "position", 1e6 * max(apart), "mm", 0.5)
    record_accuracy(case, other, "velocity", 1e6 * max(off), "mm/s", 1e-4)
    assert max(off) > 1e-12


@pytest.mark.parametrize(("figures", "limits"), [(False, (1.5, 1.5, 6.0)), (True, (0.3, 0.3, 1.0))])
def test_about_the_earth_and_about_the_moon(figures, limits, record_accuracy):
    """About the Earth an orbit is led by the ephemeris' Moon, which feels what the model leaves out."""
    moon, earth, t0 = orbits(6, 5.37)
    times = t0[:, np.newaxis] + DAYS * DAY
    fields = {
        "point_masses": ALL, "earth_field": open_gravity_field("jgm3", 4),
        "moon_field": open_gravity_field("grgm1200a", 8), "gm_km3_s2": {"moon": 4902.80011845755},
    } if figures else {"point_masses": THREE}  # fmt: skip
    near = propagate_at(moon, t0, times, FullForceModel(center="moon", **fields), tolerance=1e-13).path_states
    far = propagate_at(earth, t0, times, FullForceModel(**fields), tolerance=1e-13).path_states
    place = open_ephemeris().state("moon", "earth", times.ravel()).reshape(*times.shape, 6)
    name = "all point masses and figures" if figures else "three point masses"
    # Measured 0.43, 0.47 and 1.8 m; with figures 0.08, 0.04 and 0.26 m.
    for day, off, limit in zip(DAYS, largest(far - place, near), limits, strict=True):
        case = f"6 low lunar orbits about the Earth, {name}, {day:g} d"
        record_accuracy(case, "the same about the Moon", "largest position", 1e3 * off, "m", limit)
