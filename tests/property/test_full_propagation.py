"""The full propagation: bit identity, constants of the motion, closed forms for each force, derivatives, bad rows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from sim.constants import STANDARD_GRAVITY_M_S2
from sim.core.body_axes import earth_axes, locate
from sim.core.full_dop853 import full_rows
from sim.core.full_forces import PLAIN_SIZE, new_work
from sim.core.full_terms import BURN_SIZE, density
from sim.core.harmonics import add_up, packed_size
from sim.core.lanes_log import Log
from sim.core.status import Status
from sim.dynamics.atmosphere import EXPONENTIAL_LAYERS
from sim.dynamics.burns import FiniteBurn
from sim.dynamics.full_model import FullForceModel
from sim.dynamics.gravity_field import open_gravity_field
from sim.errors import InputError
from sim.propagation.full import propagate_full
from sim.propagation.watching import full_watch
from sim.spacecraft import Engine
from sim.timescales import tdb_from_utc

T0 = tdb_from_utc("2026-11-03T05:00:00")
DAY = 86400.0
LOW_MOON = np.array([900.0, -1200.0, 1100.0, 0.9, 1.2, 0.55])
LOW_EARTH = np.array([5100.0, 3300.0, -2600.0, -3.1, 6.4, 2.5])
FORCES = {
    "earth_field": open_gravity_field("jgm3", 8), "moon_field": open_gravity_field("grgm1200a", 12),
    "relativity": ("earth", "sun"), "light_pressure": True, "atmosphere": EXPONENTIAL_LAYERS, "moon_k2_factor": 0.024,
}  # fmt: skip
ENGINE = Engine(thrust_n=500.0, isp_s=310.0)
COUNT = np.zeros(1, np.int32)
NO_LOG = Log(np.zeros((1, 0)), np.zeros((1, 0, 6)), COUNT, np.zeros((1, 0), np.int16), np.zeros((1, 0)),
             np.zeros((1, 0, 6)), COUNT)  # fmt: skip


def everything(center):
    return FullForceModel(center=center, **FORCES)


@pytest.fixture(scope="module")
def moon_model():
    return everything("moon")


def test_bits_do_not_depend_on_company_order_threads_or_derivatives(moon_model):
    n = 70  # more rows than one chunk
    rng = np.random.default_rng(3)
    states = LOW_MOON * (1.4, 1.4, 1.4, 0.9, 0.9, 0.9) + rng.normal(size=(n, 6)) * (10.0, 10.0, 10.0, 1e-2, 1e-2, 1e-2)
    t0 = T0 + rng.uniform(0.0, 3.0 * DAY, n)
    t1 = t0 + rng.uniform(500.0, 3000.0, n)
    areas = rng.uniform(0.0, 20.0, n)
    options = {"mass_kg": 900.0, "srp_area_m2": areas, "tolerance": 1e-11}
    whole = propagate_full(states, t0, t1[:, None], moon_model, threads=1, **options)
    assert whole.ok.all()
    threaded = propagate_full(states, t0, t1[:, None], moon_model, threads=4, **options)
    np.testing.assert_array_equal(whole.states, threaded.states)
    order = rng.permutation(n)
    mixed = propagate_full(
        states[order], t0[order], t1[order][:, None], moon_model, **{**options, "srp_area_m2": areas[order]}
    )
    np.testing.assert_array_equal(whole.states[order], mixed.states)
    # Alone, and with a fresh model whose tables begin elsewhere because another row needs a far epoch.
    other = everything("moon")
    pair = propagate_full(
        [states[5], LOW_MOON], [t0[5], T0 - 300.0 * DAY], [[t1[5]], [T0 - 300.0 * DAY + 10.0]], other,
        **{**options, "srp_area_m2": [areas[5], 0.0]},
    )  # fmt: skip
    np.testing.assert_array_equal(whole.states[5], pair.states[0])
    derived = propagate_full(states[5], t0[5], t1[5], moon_model, partials=True, **{**options, "srp_area_m2": areas[5]})
    np.testing.assert_array_equal(whole.states[5], derived.states[0])


def test_bad_rows_say_why_and_leave_the_others_alone(moon_model):
    good = propagate_full(LOW_MOON, T0, T0 + 2000.0, moon_model)
    falling = np.array([1800.0, 0.0, 0.0, -0.5, 0.3, 0.0])
    states = np.array([LOW_MOON, LOW_MOON * np.nan, LOW_MOON, falling, np.zeros(6), LOW_MOON])
    t0 = np.array([T0, T0, 1e11, T0, T0, T0])
    t1 = np.array([T0 + 2000.0, T0 + 1.0, 1e11 + 1.0, T0 + 4000.0, T0 + 1.0, T0 + 2000.0])
    mass = [1000.0, 1000.0, 1000.0, 1000.0, 1000.0, 0.0]
    run = propagate_full(states, t0, t1[:, None], moon_model, mass_kg=mass)
    expected = [Status.OK, Status.NONFINITE, Status.OUT_OF_EPHEMERIS, Status.IMPACT, Status.NONFINITE, Status.NONFINITE]
    assert run.status.tolist() == expected
    assert "surface" in run.explain(3)
    np.testing.assert_array_equal(run.states[0], good.states[0])
    assert np.linalg.norm(run.states[3, :3]) == pytest.approx(1737.4, abs=2e-9)
    assert T0 < run.t_tdb[3] < t1[3]
    assert np.isnan(run.path_states[3]).all()
    few = propagate_full(LOW_MOON, T0, T0 + DAY, moon_model, max_steps=5)
    assert few.status[0] == Status.MAX_STEPS


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"states": np.zeros((2, 5))}, "states"), ({"times_tdb": [T0 + 1.0, T0 - 1.0]}, "turns back"),
        ({"tolerance": 1.0}, "tolerance"), ({"threads": 0}, "threads"), ({"mass_kg": [1.0, 2.0]}, "mass_kg"),
        ({"burns": [FiniteBurn(T0, T0 + 9.0, ENGINE), FiniteBurn(T0 + 5.0, T0 + 20.0, ENGINE)]}, "overlap"),
    ],
)  # fmt: skip
def test_calls_that_do_not_fit(change, says, moon_model):
    call = {"states": LOW_MOON, "t0_tdb": T0, "times_tdb": T0 + 1.0, "model": moon_model, **change}
    with pytest.raises(InputError, match=says):
        propagate_full(**call)


def test_there_and_back(moon_model, record_accuracy):
    there = propagate_full(LOW_MOON, T0, T0 + 0.5 * DAY, moon_model, srp_area_m2=10.0, tolerance=1e-14)
    back = propagate_full(there.states, T0 + 0.5 * DAY, T0, moon_model, srp_area_m2=10.0, tolerance=1e-14)
    off = 1e6 * float(np.linalg.norm(back.states[0, :3] - LOW_MOON[:3]))
    # Measured 0.006 mm over six orbits with their shadows.
    record_accuracy("full model, low lunar orbit, 0.5 d and back", "the start", "closure", off, "mm", 0.1)


def turning_moon(rate):
    """Flat model of the Moon alone, whose axes turn uniformly about z."""
    flat = FullForceModel(
        center="moon", point_masses=("moon",), moon_field=open_gravity_field("grgm1200a", 20), figures_move_center=False
    ).flat(T0, T0 + DAY)
    pieces = flat.forces.table.shape[0]
    table = np.zeros((pieces, 3, 2))
    table[:, 2, 0] = rate * flat.forces.piece * (np.arange(pieces) + 0.5)
    table[:, 2, 1] = rate * flat.forces.piece * 0.5
    return flat, flat.forces._replace(moon_table=table)


def fly(forces, flat, state, t1, tolerance):
    begin = np.zeros((1, PLAIN_SIZE))
    begin[0, :6], begin[0, 6] = state, 1.0
    ends, path, t_end = begin.copy(), np.zeros((1, 1, PLAIN_SIZE)), np.zeros(1)
    status, met, steps = np.zeros(1, np.int8), np.zeros(1, np.int8), np.zeros(1, np.int32)
    full_rows(
        forces, flat.start_tdb, flat.stop_tdb, begin, np.array([T0]), np.array([[t1]]), np.zeros((1, 2)),
        np.zeros((1, 0, BURN_SIZE)), np.zeros(1), full_watch((), (), False, flat), tolerance, 100000, 0, 1,
        new_work(forces), ends, path, t_end, status, met, steps, NO_LOG,
    )  # fmt: skip
    assert status[0] == Status.OK
    return ends[0, :6]


def test_energy_in_the_turning_frame_of_the_field(record_accuracy):
    """v^2/2 - w (r x v) - U is constant in a field that turns uniformly, whatever its harmonics."""
    rate = 2.66e-6
    flat, forces = turning_moon(rate)
    field = open_gravity_field("grgm1200a", 20)
    series = np.zeros((3, 2, packed_size(22)))
    rows, columns = np.tril_indices(21)
    series[0, 0, : rows.size], series[0, 1, : rows.size] = field.cosine[rows, columns], field.sine[rows, columns]
    series[0, 0, 0] = 0.0

    def integral(state, t):
        angle = rate * (t - flat.start_tdb)
        c, s = math.cos(angle), math.sin(angle)
        x, y = c * state[0] + s * state[1], c * state[1] - s * state[0]
        sums = np.zeros(3)
        add_up(x, y, state[2], forces.moon_field, series, 20, np.zeros((3, 2, 30)), sums)
        potential = field.gm_km3_s2 * (1.0 / np.linalg.norm(state[:3]) + sums[0] / field.radius_km)
        return 0.5 * state[3:] @ state[3:] - rate * (state[0] * state[4] - state[1] * state[3]) - potential

    end = fly(forces, flat, LOW_MOON, T0 + DAY, 1e-14)
    drift = abs(integral(end, T0 + DAY) / integral(LOW_MOON, T0) - 1.0)
    # Measured 1e-14 over twelve orbits; the figure's part of it is 1e-4.
    record_accuracy("figure of the Moon, 20 x 20", "energy in turning axes", "relative drift in 1 d", drift, "", 1e-12)


def test_perigee_moves_as_schwarzschild_says(record_accuracy):
    model = FullForceModel(point_masses=("earth",), relativity=("earth",))
    mu, a, e = model.body_gm_km3_s2("earth"), 26_600.0, 0.74
    state = np.array([a * (1 - e), 0.0, 0.0, 0.0, math.sqrt(mu / a * (1 + e) / (1 - e)), 0.0])
    period = 2 * math.pi * math.sqrt(a**3 / mu)

    def perigee(forces):
        s = propagate_full(state, T0, T0 + 20.25 * period, forces, tolerance=1e-14).states[0]
        r, v = s[:3], s[3:]
        ecc = np.cross(v, np.cross(r, v)) / mu - r / np.linalg.norm(r)
        return math.atan2(ecc[1], ecc[0])

    # Osculating elements wobble within an orbit: the same phase before and after.
    start = replace(model, relativity=())
    moved = perigee(model) - perigee(start)
    secular = 20.0 * 6 * math.pi * mu / (299792.458**2 * a * (1 - e * e))
    # The quarter of an orbit beyond the twentieth adds its own wobble, about a twentieth of one orbit's 6e-9 rad.
    error = abs(moved / secular - 1.0)
    record_accuracy("relativity, orbit of 12 h", "6 pi GM / (c2 a (1 - e2))", "perigee, relative", error, "", 0.05)


def test_circular_orbit_sinks_as_king_hele_says(record_accuracy):
    model = FullForceModel(point_masses=("earth",), atmosphere=EXPONENTIAL_LAYERS)
    mu, radius = model.body_gm_km3_s2("earth"), 6378.137 + 220.0
    speed = math.sqrt(mu / radius)
    flat = model.flat(T0, T0 + DAY)
    axes = np.zeros((3, 3))
    index, since = locate(T0 - flat.start_tdb, flat.forces.piece, 0, flat.forces.earth_table.shape[0])
    earth_axes(flat.forces.earth_table, flat.forces.piece, index, since, axes)
    # In the equator of date, where the flattening does not matter.
    state = np.concatenate([axes[0] * radius, axes[1] * speed])
    run = propagate_full(state, T0, T0 + 2 * 5335.0, model, mass_kg=1000.0, drag_area_m2=2.0, tolerance=1e-13)
    r, v = run.states[0, :3], run.states[0, 3:]
    a = 1.0 / (2.0 / np.linalg.norm(r) - v @ v / mu)
    rho = density(flat.forces.atmosphere, 220.0)[0]
    wind = (1.0 - 7.292115e-5 * radius / speed) ** 2
    rate = -rho * 1e9 * 2e-6 / 1000.0 * math.sqrt(mu * radius) * wind
    sunk = rate * 2 * 5335.0
    # Fifty metres down the density has grown by 0.15 percent.
    error = abs((a - radius) / sunk - 1.0)
    record_accuracy("drag at 220 km", "da/dt of King-Hele", "fall in 2 orbits, relative", error, "", 0.02)


def test_transition_matrix_against_differences(record_accuracy):
    model = everything("earth")
    state = np.array([-140e3, 30e3, 20e3, -1.2, -0.8, -0.3])
    options = {"mass_kg": 800.0, "tolerance": 1e-14}
    run = propagate_full(state, T0, T0 + 2 * DAY, model, partials=True, srp_area_m2=15.0, **options)
    matrix = run.path_transition_matrix[0, 0]
    assert np.linalg.det(matrix) == pytest.approx(1.0, abs=1e-9)  # the forces there keep volumes
    steps = np.array([1.0, 1.0, 1.0, 1e-5, 1e-5, 1e-5])
    numeric = np.zeros((6, 7))
    for j in range(6):
        e = np.zeros(6)
        e[j] = steps[j]
        pair = propagate_full([state + e, state - e], T0, T0 + 2 * DAY, model, srp_area_m2=15.0, **options).states
        numeric[:, j] = (pair[0] - pair[1]) / (2 * steps[j])
    pair = propagate_full([state, state], T0, T0 + 2 * DAY, model, srp_area_m2=[16.0, 14.0], **options).states
    numeric[:, 6] = (pair[0] - pair[1]) / 2.0
    analytic = np.column_stack([matrix, run.path_states_per_m2[0, 0]])
    scale = np.abs(analytic).max(axis=0)
    error = float((np.abs(analytic - numeric) / scale).max())
    # Measured 1e-8: second differences of the flow over these steps.
    record_accuracy("transition matrix, 2 d with all forces", "central differences", "relative", error, "", 2e-7)


def test_rocket_equation_along_a_fixed_direction(record_accuracy):
    model = FullForceModel(point_masses=("earth",), gm_km3_s2={"earth": 0.0})
    state = np.array([7000.0, 0.0, 0.0, 1.0, 0.0, 0.0])
    burn = FiniteBurn(T0 + 100.0, T0 + 700.0, ENGINE, axes="icrf", direction=(0.0, 0.0, 2.0))
    run = propagate_full(state, T0, T0 + 1000.0, model, mass_kg=1000.0, burns=[burn], tolerance=1e-13)
    flow = 500.0 / (310.0 * STANDARD_GRAVITY_M_S2)
    assert run.mass_kg[0] == pytest.approx(1000.0 - 600.0 * flow, rel=1e-14)
    dv = 1e-3 * 310.0 * STANDARD_GRAVITY_M_S2 * math.log(1000.0 / run.mass_kg[0])
    off = abs(run.states[0, 5] - dv) / dv
    record_accuracy("finite burn without gravity", "Tsiolkovsky", "velocity, relative", off, "", 1e-11)
    np.testing.assert_allclose(run.states[0, 3:5], [1.0, 0.0], atol=1e-14)
    # Backward it regains its mass and place; a throttle of a half burns half.
    back = propagate_full(
        run.states, T0 + 1000.0, T0, model, mass_kg=run.mass_kg, burns=[burn], tolerance=1e-13
    )
    assert back.mass_kg[0] == pytest.approx(1000.0, rel=1e-13)
    np.testing.assert_allclose(back.states[0], state, atol=1e-9)
    half = propagate_full(
        state, T0, T0 + 1000.0, model, mass_kg=1000.0, burns=[replace(burn, throttle_fraction=0.5)], tolerance=1e-13
    )
    assert half.mass_kg[0] == pytest.approx(1000.0 - 300.0 * flow, rel=1e-14)
    dry = propagate_full(state, T0, T0 + 1000.0, model, mass_kg=50.0, burns=[burn])
    assert dry.status[0] == Status.NO_SOLUTION


def test_pitch_rate_turns_the_thrust(record_accuracy):
    model = FullForceModel(point_masses=("earth",), gm_km3_s2={"earth": 0.0})
    state = np.array([7000.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    light = Engine(thrust_n=100.0, isp_s=1e12)  # no mass flow: the velocity is the integral of a turning vector
    burn = FiniteBurn(
        T0, T0 + 90.0, light, axes="icrf", direction=(1.0, 0.0, 0.0), pitch_rate_deg_s=2.0, pitch_axis=(0.0, 0.0, 1.0)
    )
    run = propagate_full(state, T0, T0 + 90.0, model, mass_kg=1000.0, burns=[burn], tolerance=1e-13)
    rate = math.radians(2.0)
    gained = 1e-4 / rate * np.array([math.sin(rate * 90.0), 1.0 - math.cos(rate * 90.0), 0.0])
    off = float(np.abs(run.states[0, 3:] - state[3:] - gained).max())
    record_accuracy("burn with pitch rate", "closed form", "velocity", 1e6 * off, "mm/s", 1e-6)


@pytest.mark.parametrize(("axes", "direction"), [("vnc", (1.0, 0.0, 0.0)), ("rtn", (0.0, 1.0, 0.0))])
def test_burns_along_the_orbit_raise_it_and_keep_its_plane(axes, direction):
    """About the Moon from an Earth-centred frame: the axes follow the motion relative to the Moon."""
    model = FullForceModel(point_masses=("earth", "moon"))
    mu = model.body_gm_km3_s2("moon")
    moon = model.source().state("moon", "earth", T0)[0]
    state = moon + np.array([3000.0, 0.0, 0.0, 0.0, math.sqrt(mu / 3000.0), 0.0])
    burn = FiniteBurn(T0, T0 + 60.0, ENGINE, axes=axes, direction=direction, body="moon")
    run = propagate_full(state, T0, T0 + 60.0, model, mass_kg=1000.0, burns=[burn], partials=True, tolerance=1e-13)
    coast = propagate_full(state, T0, T0 + 60.0, model, mass_kg=1000.0, tolerance=1e-13)
    there = model.source().state("moon", "earth", T0 + 60.0)[0]
    with_burn, without = run.states[0] - there, coast.states[0] - there
    dv = 1e-3 * 310.0 * STANDARD_GRAVITY_M_S2 * math.log(1000.0 / run.mass_kg[0])
    assert np.linalg.norm(with_burn[3:]) - np.linalg.norm(without[3:]) == pytest.approx(dv, rel=1e-3)
    assert abs(with_burn[2]) < 1e-3
    # The direction turns with the orbit: derivatives of the trajectory know it.
    e = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 1e-4])
    pair = propagate_full(
        [state + e, state - e], T0, T0 + 60.0, model, mass_kg=1000.0, burns=[burn], tolerance=1e-13
    ).states
    np.testing.assert_allclose((pair[0] - pair[1]) / 2e-4, run.path_transition_matrix[0, 0, :, 5], rtol=1e-6, atol=1e-6)


def test_steps_end_at_the_edges_of_shadows(record_accuracy):
    """Loose and tight tolerances agree across dozens of shadows: no kink is stepped over."""
    model = FullForceModel(center="moon", point_masses=("moon", "earth", "sun"), light_pressure=True)
    ends = [
        propagate_full(LOW_MOON, T0, T0 + 2 * DAY, model, srp_area_m2=18.0, tolerance=tol).states[0, :3]
        for tol in (1e-11, 1e-14)
    ]
    off = 1e3 * float(np.linalg.norm(ends[0] - ends[1]))
    dark = propagate_full(LOW_MOON, T0, T0 + 2 * DAY, replace(model, light_pressure=False), tolerance=1e-14)
    assert 1e3 * np.linalg.norm(dark.states[0, :3] - ends[1]) > 1.0  # the light matters
    record_accuracy("shadows over 2 d of a low lunar orbit", "tolerance 1e-14", "position at 1e-11", off, "m", 0.5)


def test_light_pressure_without_shadow_is_a_weaker_sun(record_accuracy):
    """It falls with the square of the distance as gravity does: a lighter Sun that still pulls the Earth in full."""
    model = FullForceModel(point_masses=("earth", "sun"), light_pressure=True, shadows=())
    state, span = np.array([2e5, 1e5, -3e4, 0.3, 1.2, 0.2]), 0.1 * DAY
    lit = propagate_full(state, T0, T0 + span, model, mass_kg=500.0, srp_area_m2=30.0, tolerance=1e-14)
    pressure = 1361.0 / 299792458.0 * 149597870.7**2 * 1e-3 * 30.0 / 500.0
    weaker = replace(model, light_pressure=False, gm_km3_s2={"sun": model.body_gm_km3_s2("sun") - pressure})
    other = propagate_full(state, T0, T0 + span, weaker, tolerance=1e-14)
    # The weaker Sun also pulls the Earth less, by the pressure at the Earth: constant enough over a tenth of a day.
    sun = model.source().position_km("sun", "earth", T0 + span / 3.0)[0]
    shift = -0.5 * pressure * sun / np.linalg.norm(sun) ** 3 * span**2
    off = float(np.linalg.norm(lit.states[0, :3] - other.states[0, :3] - shift) / np.linalg.norm(shift))
    # Measured 2e-4: the Earth's tide over that shift.
    record_accuracy("light pressure", "a Sun of less mass", "displacement, relative", off, "", 4e-3)
