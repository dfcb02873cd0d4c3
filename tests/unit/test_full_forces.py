"""Every term of the full force model: derivatives against differences, closed forms, and what the tables lose."""

from __future__ import annotations

import math

import erfa
import numpy as np
import pytest

from sim.core.body_axes import earth_axes, locate, moon_axes
from sim.core.full_forces import acceleration, new_work, no_burn
from sim.core.full_terms import START, STOP, THRUST, add_tide, density, height, sunlight
from sim.core.shadow import common_area, contacts, free_part
from sim.dynamics.atmosphere import EXPONENTIAL_LAYERS, Atmosphere
from sim.dynamics.burns import FiniteBurn
from sim.dynamics.full_model import FullForceModel
from sim.dynamics.gravity_field import open_gravity_field
from sim.errors import InputError
from sim.frames import R_itrf_icrf, R_pa_icrf
from sim.spacecraft import Engine
from sim.timescales import tdb_from_utc

T0 = tdb_from_utc("2026-03-05T07:00:00")
EARTH_FIELD, MOON_FIELD = open_gravity_field("jgm3", 12), open_gravity_field("grgm1200a", 20)
LOW_EARTH = (5100.0, 3300.0, -2600.0, -3.1, 6.4, 2.5)
CISLUNAR = (120e3, -210e3, 60e3, 0.4, 0.9, -0.3)
LOW_MOON = (900.0, -1200.0, 1100.0, 0.8, 1.1, 0.6)
EVERYTHING = {
    "earth_field": EARTH_FIELD, "moon_field": MOON_FIELD, "relativity": ("earth", "moon", "sun"),
    "light_pressure": True, "atmosphere": EXPONENTIAL_LAYERS, "moon_k2_factor": 0.024,
}  # fmt: skip
# Each force alone (with the point masses) and all together, where they are strong.
CASES = {
    "point masses": ({}, CISLUNAR, "earth"),
    "figure of the Earth": ({"earth_field": EARTH_FIELD}, LOW_EARTH, "earth"),
    "figure of the Moon": ({"moon_field": MOON_FIELD}, LOW_MOON, "moon"),
    "relativity": ({"relativity": ("earth", "sun")}, LOW_EARTH, "earth"),
    "light pressure": ({"light_pressure": True}, CISLUNAR, "earth"),
    "drag": ({"atmosphere": EXPONENTIAL_LAYERS}, LOW_EARTH, "earth"),
    "tide of the Moon": ({"moon_k2_factor": 0.024}, LOW_MOON, "moon"),
    "everything near the Earth": (EVERYTHING, LOW_EARTH, "earth"),
    "everything near the Moon": (EVERYTHING, LOW_MOON, "moon"),
}


class Evaluation:
    """Acceleration and its derivatives at one place, for one force model."""

    def __init__(self, choice, center):
        self.flat = FullForceModel(center=center, **choice).flat(T0, T0 + 86400.0)
        self.work = new_work(self.flat.forces)
        number, self.s = locate(T0 - self.flat.start_tdb, self.flat.forces.piece, 0, self.flat.forces.table.shape[0])
        self.work.number[0] = number
        self.burn = no_burn()

    def __call__(self, state, areas=(8.0, 11.0), partials=False, s=None):
        out = np.zeros(3)
        full = np.array([*state, 1200.0])
        when = self.s if s is None else s
        acceleration(full, when, np.array(areas), self.burn, self.flat.forces, partials, self.work, out)
        return out

    def slopes(self, state, areas=(8.0, 11.0)):
        self(state, areas, partials=True)
        return self.work.slopes.copy()


def differences(at, state, areas):
    """Richardson-extrapolated central differences of the acceleration by the state (3, 6) and the area (3,)."""
    state = np.array(state)
    out = np.zeros((3, 7))
    for j in range(6):
        step = 1e-4 * np.linalg.norm(state[:3] if j < 3 else state[3:])
        e = np.zeros(6)
        e[j] = step
        near = at(state + e, areas) - at(state - e, areas)
        far = at(state + 2 * e, areas) - at(state - 2 * e, areas)
        out[:, j] = (8.0 * near - far) / (12.0 * step)
    if areas[0]:
        out[:, 6] = (at(state, (areas[0] + 1.0, areas[1])) - at(state, (areas[0] - 1.0, areas[1]))) / 2.0
    return out


@pytest.mark.parametrize("name", CASES)
def test_partials_against_differences(name, record_accuracy):
    choice, state, center = CASES[name]
    at, plain = Evaluation(choice, center), Evaluation({}, center)
    # The small forces are compared without the point masses, beside which they would not be seen.
    alone = name not in ("point masses",) and not name.startswith("everything")
    areas = (8e3, 11.0)
    analytic, numeric = at.slopes(state, areas), differences(at, state, areas)
    if alone:
        analytic -= plain.slopes(state, areas)
        numeric -= differences(plain, state, areas)
    worst = 0.0
    # Near the Moon only relativity (1e-17 km/s2) depends on velocity, which differences of the whole cannot show.
    slow = name == "everything near the Moon"
    parts = (slice(0, 3), slice(6, 7)) if slow else (slice(0, 3), slice(3, 6), slice(6, 7))
    for part in parts:
        size = np.abs(analytic[:, part]).max()
        if size > 0.0:
            worst = max(worst, float(np.abs(analytic - numeric)[:, part].max() / size))
    # Measured: point masses 1e-12, figures 7e-10, pressure 4e-8, drag 7e-8, tide 1e-6; relativity 4e-4, as its
    # differences drown in the rounding of the point masses.
    limit = {"relativity": 4e-3, "tide of the Moon": 1e-5}.get(name, 1e-6)
    record_accuracy(f"partials: {name}", "central differences", "relative to the largest", worst, "", limit)


@pytest.mark.parametrize("axes", ["icrf", "vnc", "rtn"])
def test_partials_of_thrust_against_differences(axes, record_accuracy):
    """Thrust alone, turning with the orbit: 0.1 km/s2, so that the point masses do not drown it."""
    at, plain = Evaluation({}, "earth"), Evaluation({}, "earth")
    burn = FiniteBurn(
        T0 - 40.0, T0 + 60.0, Engine(1.2e5, 320.0), axes=axes, direction=(0.7, -0.5, 0.3), pitch_rate_deg_s=0.2
    )
    at.burn = burn.flat(1, at.flat.index("earth"), T0 - at.s)[0]
    analytic = at.slopes(LOW_EARTH, (0.0, 0.0)) - plain.slopes(LOW_EARTH, (0.0, 0.0))
    numeric = differences(at, LOW_EARTH, (0.0, 0.0)) - differences(plain, LOW_EARTH, (0.0, 0.0))
    assert np.linalg.norm(at(LOW_EARTH) - plain(LOW_EARTH)) == pytest.approx(0.1, rel=1e-12)
    if axes == "icrf":
        assert (analytic == 0.0).all()
        return
    parts = (slice(0, 3), slice(3, 6))
    # Radial axes depend on the velocity only through the orbit's plane.
    worst = max(np.abs(analytic - numeric)[:, p].max() / np.abs(analytic[:, p]).max() for p in parts)
    # Measured 5e-11: both are differences, with steps of 1e-5 and 1e-4.
    record_accuracy(f"partials: thrust, {axes}", "central differences", "relative to the largest", worst, "", 1e-9)


def test_derivatives_do_not_change_the_acceleration():
    at = Evaluation(EVERYTHING, "earth")
    np.testing.assert_array_equal(at(LOW_EARTH), at(LOW_EARTH, partials=True))


def test_earth_axes_against_the_frames(record_accuracy):
    flat = FullForceModel(earth_field=EARTH_FIELD).flat(T0, T0 + 20 * 86400.0)
    rng = np.random.default_rng(5)
    out, worst = np.zeros((3, 3)), 0.0
    t = flat.start_tdb + rng.uniform(0.0, flat.stop_tdb - flat.start_tdb, 400)
    for moment, wanted in zip(t, R_itrf_icrf(t), strict=True):
        index, since = locate(moment - flat.start_tdb, flat.forces.piece, 0, flat.forces.earth_table.shape[0])
        earth_axes(flat.forces.earth_table, flat.forces.piece, index, since, out)
        worst = max(worst, float(np.abs(out - wanted).max()))
    # Measured 1.7e-11 rad, 0.1 mm on the ground: the kinks of UT1, interpolated linearly between days that begin 69 s
    # after the pieces.
    record_accuracy("Earth's axes in the core", "sim.frames", "largest angle", worst, "rad", 2e-10)


def test_moon_axes_against_the_frames(record_accuracy):
    flat = FullForceModel(moon_field=MOON_FIELD).flat(T0, T0 + 20 * 86400.0)
    t = flat.start_tdb + np.random.default_rng(6).uniform(0.0, flat.stop_tdb - flat.start_tdb, 400)
    out, worst = np.zeros((3, 3)), 0.0
    for moment, wanted in zip(t, R_pa_icrf(t), strict=True):
        index, since = locate(moment - flat.start_tdb, flat.forces.piece, 0, flat.forces.moon_table.shape[0])
        moon_axes(flat.forces.moon_table, flat.forces.piece, index, since, out)
        worst = max(worst, float(np.abs(out - wanted).max()))
    # Measured 1.4e-12: the rounding of psi, thousands of radians.
    record_accuracy("Moon's axes in the core", "sim.frames", "largest angle", worst, "rad", 2e-11)


def test_places_in_tables():
    assert locate(0.0, 86400.0, 3, 10) == (3, 0.0)
    assert locate(-1.0, 86400.0, 3, 10) == (2, 86399.0)
    assert locate(86400.0 * 7, 86400.0, 3, 10) == (9, 86400.0)  # the end belongs to the last piece
    assert locate(-4 * 86400.0, 86400.0, 3, 10) == (0, -86400.0)


def test_layers_of_the_atmosphere():
    table = EXPONENTIAL_LAYERS.table()
    assert density(table, 200.0) == pytest.approx((2.789e-10, -2.789e-10 / 37.105))
    assert density(table, -1.0)[0] > 1.225
    assert 0.0 < density(table, 1500.0)[0] < 3.019e-15
    for altitude in table[1:, 0]:
        below, above = density(table, altitude - 1e-9)[0], density(table, altitude)[0]
        assert above == pytest.approx(below, rel=0.01)  # the published layers meet within a percent
    with pytest.raises(InputError, match="upwards"):
        Atmosphere("x", (1.0, 0.0), (1.0, 1.0), (1.0, 1.0))
    with pytest.raises(InputError, match="as many"):
        Atmosphere("x", (1.0,), (1.0, 1.0), (1.0,))
    with pytest.raises(InputError, match="above zero"):
        Atmosphere("x", (1.0,), (0.0,), (1.0,))


def disk(c, a, b, n=1500):
    """Part of a disk of radius a that one of radius b, c away, leaves free: by counting points."""
    x = (np.arange(n) + 0.5) / n * 2 * a - a
    px, py = np.meshgrid(x, x)
    inside = px**2 + py**2 < a * a
    return 1.0 - (inside & ((px - c) ** 2 + py**2 < b * b)).sum() / inside.sum()


@pytest.mark.parametrize("ratio", [0.3, 0.99, 3.5])
def test_free_part_of_the_sun_against_counted_points(ratio):
    a = math.asin(695700.0 / 1.5e8)
    b = ratio * a
    slope = np.zeros(3)
    for c in np.linspace(0.0, 1.1 * (a + b), 12):
        q = 400.0 / math.sin(b)
        free = free_part(1.5e8, 0.0, 0.0, q * math.cos(c), q * math.sin(c), 0.0, 695700.0, 400.0, slope)
        # 1,500 points across: 1e-4; the plane instead of the sphere: a^2.
        assert free == pytest.approx(disk(c, a, b), abs=5e-4)


def test_area_common_to_three_disks_against_counted_points(record_accuracy):
    n, rng, worst = 2000, np.random.default_rng(3), 0.0
    across = (np.arange(n) + 0.5) / n * 2.0 - 1.0
    x, y = np.meshgrid(across, across)
    disk = x**2 + y**2 < 1.0
    for _ in range(60):
        # Also contained disks, and one so large that its edge is straight (the limb of the Moon from a low orbit).
        b, c = rng.choice([250.0, 3.5, 1.2, 0.4]), rng.uniform(0.3, 5.0)
        far, p = np.array([b + rng.uniform(-1.2, 1.2), rng.uniform(0.0, 1.1 * (1.0 + c))]), rng.uniform(0.0, 7.0, 2)
        (bx, cx), (by, cy) = far * np.cos(p), far * np.sin(p)
        counted = (disk & ((x - bx) ** 2 + (y - by) ** 2 < b * b) & ((x - cx) ** 2 + (y - cy) ** 2 < c * c)).sum()
        worst = max(worst, abs(common_area(1.0, b, c, bx, by, cx, cy) - counted * 4.0 / n**2))
    # Measured 5e-5, the grain of the counting.
    record_accuracy("light behind two bodies", "counted points", "common area, part of pi", worst, "", 5e-4)


def test_light_behind_two_bodies_counts_no_part_twice(record_accuracy):
    """A spacecraft sees the Sun at the edge of the Earth and over the limb of the Moon it orbits."""
    sun, earth = np.array([1.49e8, 0.0, 0.0]), np.array([3.8e5, 7000.0, 1000.0])
    bodies, radii = np.array([0.0, -1.0]), np.array([6378.0, 1737.4])
    slope, other = np.zeros(3), np.zeros(3)
    places, worst, twice = np.array([earth, sun]), 0.0, 0
    for z in np.linspace(1733.0, 1741.0, 12):
        craft = np.array([-700.0, 40.0, z])

        def light(at, slope=slope):
            return sunlight(*at, places, 1, bodies, radii, 695700.0, slope, other)

        found = light(craft)
        disks = ((earth, 6378.0), (np.zeros(3), 1737.4))
        alone = [free_part(*(sun - craft), *(p - craft), 695700.0, r, other) for p, r in disks]
        twice += found > alone[0] + alone[1] - 1.0 + 1e-3
        assert max(0.0, sum(alone) - 1.0) - 1e-12 <= found <= min(alone) + 1e-12
        analytic, scratch = slope.copy(), np.zeros(3)
        if not 0.02 < found < 0.98:
            continue
        for i in range(3):
            e = np.zeros(3)
            e[i] = 0.02
            numeric = (light(craft + e, scratch) - light(craft - e, scratch)) / 0.04
            worst = max(worst, abs(numeric - analytic[i]) / np.abs(analytic).max())
    assert twice > 2
    # Measured 3e-4, beside the inner contact.
    record_accuracy("light behind two bodies", "central differences", "gradient, relative", worst, "", 3e-3)


def test_height_over_the_ellipsoid_is_geodetic(record_accuracy):
    radius, flattening, worst = 6378.137, 1.0 / 298.257223563, 0.0
    for above in (100.0, 200.0, 400.0, 1000.0):
        for latitude in np.deg2rad([-90.0, -60.0, -30.0, -8.0, 0.0, 20.0, 45.0, 75.0]):
            place = 1e-3 * erfa.gd2gce(1e3 * radius, flattening, 0.0, latitude, 1e3 * above)
            distance, u = float(np.linalg.norm(place)), float(place[2] / np.linalg.norm(place))
            value, by_distance, by_u = height(distance, u, radius, flattening)
            worst = max(worst, abs(value - above))
            up, down = (height(distance + s, u, radius, flattening)[0] for s in (1e-3, -1e-3))
            assert (up - down) / 2e-3 == pytest.approx(by_distance, rel=1e-9)
            up, down = (height(distance, u + s, radius, flattening)[0] for s in (1e-5, -1e-5))
            assert (up - down) / 2e-5 == pytest.approx(by_u, rel=1e-7, abs=1e-6)
    record_accuracy("height for drag, 100 to 1,000 km", "ERFA gd2gce", "largest", 1e3 * worst, "m", 0.1)


def test_edges_of_the_shadow_and_places_without_one():
    slope = np.zeros(3)
    assert free_part(1.5e8, 0.0, 0.0, -7000.0, 0.0, 0.0, 695700.0, 6378.0, slope) == 1.0  # the body lies behind
    assert free_part(1.5e8, 0.0, 0.0, 7000.0, 0.0, 0.0, 695700.0, 6378.0, slope) == 0.0
    assert free_part(1.5e8, 0.0, 0.0, 6000.0, 0.0, 0.0, 695700.0, 6378.0, slope) == 0.0  # inside the body
    outer, inner = contacts(1.5e8, 0.0, 0.0, 3e4, 2e4, 0.0, 695700.0, 6378.0)
    assert outer > 0.0
    assert inner > outer


def test_gradient_of_the_free_part():
    slope, scratch = np.zeros(3), np.zeros(3)
    s, q = np.array([1.5e8, 0.0, 1e4]), np.array([3e4, 6450.0, 300.0])
    free = free_part(*s, *q, 695700.0, 6378.0, slope)
    assert 0.0 < free < 1.0
    for i in range(3):
        e = np.zeros(3)
        e[i] = 0.5  # moving the spacecraft by e moves both vectors back
        up = free_part(*(s - e), *(q - e), 695700.0, 6378.0, scratch)
        down = free_part(*(s + e), *(q + e), 695700.0, 6378.0, scratch)
        assert (up - down) == pytest.approx(slope[i], abs=1e-5 * np.abs(slope).max())


def test_relativity_leaves_a_frame_at_rest_on_its_centre():
    """The Sun's term counts on the spacecraft less on the centre: at the centre's own place and speed it vanishes."""
    with_sun = Evaluation({"relativity": ("sun",)}, "earth")
    plain = Evaluation({}, "earth")
    state = (30.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    gone = np.abs(with_sun(state) - plain(state)).max()
    far = (4e5, 0.0, 0.0, 0.0, 1.0, 0.0)
    # 30 km over 1 au of 1e-8 of the Sun's pull; rounding of the Earth's own 440 km/s2 at 30 km is 6e-14.
    assert gone < 2e-13
    assert np.abs(with_sun(far) - plain(far)).max() > 1e-15


def test_tide_is_the_gradient_of_its_potential(record_accuracy):
    """U = k2 GM R^5 / (d^3 r^3) P2(cos), IERS Conventions 2010, section 6.2, of degree 2 in closed form."""
    k2, radius, gm = 0.024, 1738.0, 398600.4
    place, other = np.array([900.0, -1300.0, 1100.0]), np.array([3e5, 2e5, -5e4])

    def potential(r):
        cosine = r @ other / np.linalg.norm(r) / np.linalg.norm(other)
        scale = k2 * gm * radius**5 / (np.linalg.norm(other) * np.linalg.norm(r)) ** 3
        return scale * (1.5 * cosine**2 - 0.5)

    out = np.zeros(3)
    add_tide(k2, radius, gm, place, *other, False, out, np.zeros((3, 7)))
    steps = np.eye(3) * 0.5
    numeric = np.array([
        (8.0 * (potential(place + e) - potential(place - e)) - potential(place + 2 * e) + potential(place - 2 * e))
        / 6.0
        for e in steps
    ])  # fmt: skip
    error = float(np.abs(out - numeric).max() / np.abs(out).max())
    # Measured 2e-13; the tide itself is as large as the light pressure, 1e-10 km/s2.
    record_accuracy("tide of the Moon, k2 = 0.024", "gradient of the potential", "relative", error, "", 1e-11)
    assert 1e-11 < np.abs(out).max() < 1e-9


def test_figures_move_the_frame_by_newtons_third_law():
    """Momentum: GM_E a_E + GM_M a_M = 0 for the pull between the figures, seen in the two frames."""
    choice = {"earth_field": EARTH_FIELD, "moon_field": MOON_FIELD}
    changes = {}
    for center in ("earth", "moon"):
        on = Evaluation(choice, center)
        off = Evaluation({**choice, "figures_move_center": False}, center)
        state = (5e4, 1e4, 2e4, 0.0, 0.0, 0.0)
        changes[center] = on(state) - off(state)
        model = FullForceModel(center=center, **choice)
        changes[center] *= model.body_gm_km3_s2(center)
    np.testing.assert_allclose(changes["earth"], -changes["moon"], rtol=1e-6)
    assert 1e-9 < np.abs(changes["earth"]).max() < 1e-8  # 1e-14 km/s2 times the Earth's GM


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"center": "sun"}, "center"),
        ({"point_masses": ("moon", "sun")}, "must contain the center"),
        ({"point_masses": ("earth", "earth")}, "no body twice"),
        ({"point_masses": ("earth",), "moon_field": MOON_FIELD}, "moon_field needs 'moon'"),
        ({"point_masses": ("earth",), "light_pressure": True}, "light_pressure needs 'sun'"),
        ({"point_masses": ("earth", "moon"), "moon_k2_factor": 0.02}, "moon_k2_factor needs 'sun'"),
        ({"relativity": ("vulcan",)}, "relativity needs 'vulcan'"),
        ({"moon_field": EARTH_FIELD}, "one of the earth"),
        ({"shadows": ("mars",)}, "shadows"),
        ({"gm_km3_s2": {"moon": -1.0}}, "gm_km3_s2"),
        ({"radius_km": {"pluto": 1.0}}, "radius_km"),
        ({"solar_flux_w_m2": math.nan}, "solar_flux_w_m2"),
    ],
)
def test_contradicting_choices_are_refused(choice, says):
    with pytest.raises(InputError, match=says):
        FullForceModel(**choice)


def test_own_gm_of_a_field_and_overrides():
    assert FullForceModel(moon_field=MOON_FIELD).body_gm_km3_s2("moon") == MOON_FIELD.gm_km3_s2
    assert FullForceModel(moon_field=MOON_FIELD, gm_km3_s2={"moon": 1.0}).body_gm_km3_s2("moon") == 1.0
    assert FullForceModel().body_gm_km3_s2("moon") == pytest.approx(4902.80011845755)
    with pytest.raises(InputError, match="no part of the force model"):
        FullForceModel(point_masses=("earth",)).flat(T0, T0).index("moon")


ENGINE = Engine(thrust_n=1000.0, isp_s=300.0)


def test_burns_as_numbers_and_their_faults():
    burn = FiniteBurn(T0, T0 + 10.0, ENGINE, direction=(0.0, 3.0, 4.0), throttle_fraction=[0.5, 1.0])
    flat = burn.flat(2, -1, T0 - 5.0)
    assert flat[:, THRUST].tolist() == [500.0, 1000.0]
    assert flat[:, START].tolist() == [5.0, 5.0]
    assert flat[:, STOP].tolist() == [15.0, 15.0]
    for wrong, says in (
        ({"axes": "lvlh"}, "axes"), ({"direction": (0.0, 0.0, 0.0)}, "direction"),
        ({"throttle_fraction": 1.5}, "throttle"),
        ({"stop_tdb": T0 - 1.0}, "before it starts"), ({"pitch_axis": (math.nan, 0.0, 0.0)}, "pitch_axis"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=says):
            FiniteBurn(**{"start_tdb": T0, "stop_tdb": T0 + 1.0, "engine": ENGINE, **wrong})
    with pytest.raises(InputError, match="one value or 3"):
        FiniteBurn(T0, T0 + 1.0, ENGINE, throttle_fraction=[0.5, 1.0]).flat(3, -1, T0)
