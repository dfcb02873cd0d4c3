"""States inside the lanes' steps against flights that end there; surfaces found beside steps that do not change."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.extended_precision import extended_ends
from benchmarks.tasks import departures, forces
from benchmarks.tasks import model as world_model
from sim.bodies import EARTH, MOON
from sim.core.status import Status
from sim.dynamics import ForceModel
from sim.ephemeris import open_ephemeris
from sim.propagation import propagate, propagate_at

DAY = 86400.0
EPOCH = 8.95e8
N = 24
MOON_GM = 4902.8


def directions(random):
    u, w = random.normal(size=(2, N, 3))
    u /= np.linalg.norm(u, axis=1)[:, None]
    w = np.cross(u, w)
    return u, w / np.linalg.norm(w, axis=1)[:, None]


def ensemble(name):
    """Model, states, epoch, span."""
    random = np.random.default_rng(31)
    u, w = directions(random)
    if name == "flyby":
        radius = random.uniform(1790.0, 9000.0, N)[:, None]
        orbit = np.concatenate([radius * u, np.sqrt(2.0 * MOON_GM / radius + 0.7) * w], axis=1)
        states = orbit + open_ephemeris().state("moon", "earth", np.array([EPOCH]))
        model = ForceModel()
        back = propagate(states, EPOCH, EPOCH - 3.0 * DAY, model, impacts=False, tolerance=1e-13)
        return model, back.states, EPOCH - 3.0 * DAY, 6.0 * DAY
    if name == "low lunar":
        orbit = np.concatenate([1837.4 * u, np.sqrt(MOON_GM / 1837.4) * w], axis=1)
        return ForceModel(center="moon"), orbit, EPOCH, -1.0 * DAY
    return ForceModel(), np.concatenate([42164.0 * u, 3.3 * w], axis=1), EPOCH, 5.0 * DAY


# Measured: 0.0048 mm, 0.0001 mm and 0.0049 mm.
LIMITS = {"flyby": (0.05, 1e-9), "low lunar": (0.002, 1e-9), "high about Earth": (0.05, 1e-9)}


@pytest.mark.parametrize("name", list(LIMITS))
def test_as_good_as_a_flight_that_ends_there(name, record_accuracy):
    model, states, t0, span = ensemble(name)
    share = np.sort(np.random.default_rng(5).uniform(0.0, 1.0, 40))
    times = t0 + span * np.append(share, 1.0)
    run = propagate_at(states, t0, times, model, impacts=False, tolerance=1e-12)
    assert (run.status == Status.OK).all()
    whole = propagate(states, t0, t0 + span, model, impacts=False, tolerance=1e-12)
    assert run.states.tobytes() == whole.states.tobytes()
    assert run.path_states[:, -1].tobytes() == whole.states.tobytes()
    off_mm, off_mm_s = 0.0, 0.0
    for j in range(0, 40, 3):
        there = propagate(states, t0, times[j], model, impacts=False, tolerance=1e-12)
        off = np.abs(run.path_states[:, j] - there.states)
        off_mm, off_mm_s = max(off_mm, 1e6 * off[:, :3].max()), max(off_mm_s, 1e6 * off[:, 3:].max())
    limit_mm, limit_km_s = LIMITS[name]
    record_accuracy(f"output times, {name}", "flights that end there", "position", off_mm, "mm", limit_mm)
    assert off_mm_s < 1e6 * limit_km_s


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no long double on this processor")
def test_as_good_as_the_flight_against_long_double(record_accuracy):
    states, t0 = departures(11, 32)
    share = np.random.default_rng(2).uniform(0.3, 0.98, len(t0))
    t1 = t0 + np.round(5.0 * DAY * share)
    world = forces(float(t0.min()), float(t0.max()) + 5.0 * DAY)
    truth = extended_ends(world, states, t0, t1 - t0)
    times = np.stack([t1, t0 + 5.0 * DAY], axis=1)
    inside = propagate_at(states, t0, times, world_model(), impacts=False).path_states[:, 0]
    flown = propagate(states, t0, t1, world_model(), impacts=False).states
    off, off_flown = (1e6 * np.linalg.norm((s - truth)[:, :3], axis=1).max() for s in (inside, flown))
    # Measured over 64 rows: 0.073 mm at the 99th percentile for both, 0.0042 mm at the median.
    case = "output times of flights past the Moon, 1e-12"
    record_accuracy(case, "extrapolation in long double", "position", off, "mm", 1.0)
    assert off < 1.1 * off_flown + 0.005


def test_looking_for_surfaces_changes_no_bit():
    model, states, t0, span = ensemble("flyby")
    for tolerance in (1e-8, 1e-12):
        plain = propagate(states, t0, t0 + span, model, impacts=False, tolerance=tolerance)
        default = propagate(states, t0, t0 + span, model, tolerance=tolerance)
        kept = default.status == Status.OK
        assert kept.sum() > 10
        for name in ("states", "t_tdb", "steps"):
            assert getattr(plain, name)[kept].tobytes() == getattr(default, name)[kept].tobytes()


@pytest.mark.parametrize("name", ["earth", "moon"])
def test_passes_a_metre_above_and_below_ground(name):
    body = EARTH if name == "earth" else MOON
    gm = ForceModel().body_gm_km3_s2(name)
    u, w = directions(np.random.default_rng(8))
    model = ForceModel(earth_zonals=0)
    moon = open_ephemeris().state("moon", "earth", np.array([EPOCH])) if name == "moon" else 0.0
    for height_km, expected in ((1e-3, Status.OK), (-1e-3, Status.IMPACT)):
        radius = body.radius_km + height_km
        perigee = np.concatenate([radius * u, np.sqrt(1.7 * gm / radius) * w], axis=1) + moon
        # Begun outside, so that the pass lies well inside a step.
        start = propagate(perigee, EPOCH, EPOCH - 3000.0, model, impacts=False, tolerance=1e-13)
        run = propagate(start.states, EPOCH - 3000.0, EPOCH + 3000.0, model, tolerance=1e-13)
        # Where another body bends the arc the least distance lies a little off the apse of departure.
        assert (run.status == expected).all()
