"""Closed forms at the Moon: impacts and departures belong to the asymptote that was asked for."""

import numpy as np
import pytest

from sim.bodies import MOON
from sim.transfer.lunar_state import Departure, Impact, departure_state, impact_state, nearest_normal

MU = MOON.gm_km3_s2


def hyperbola(states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Excess speed, incoming and outgoing asymptote, by the eccentricity vector."""
    r, v = states[:, :3], states[:, 3:]
    radius = np.linalg.norm(r, axis=1)
    momentum = np.cross(r, v)
    vector = np.cross(v, momentum) / MU - r / radius[:, None]
    ecc = np.linalg.norm(vector, axis=1)[:, None]
    along = vector / ecc
    across = np.cross(momentum, along)
    across /= np.linalg.norm(across, axis=1)[:, None]
    root = np.sqrt(1.0 - 1.0 / ecc**2)
    speed = np.sqrt((v**2).sum(axis=1) - 2.0 * MU / radius)
    return speed, along / ecc + root * across, -along / ecc + root * across


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    vinf, place = rng.normal(size=(2, 200, 3))
    return vinf, MOON.radius_km * place / np.linalg.norm(place, axis=1)[:, None]


def test_impact_keeps_place_and_asymptote(rows) -> None:
    vinf, place = rows
    states, above = impact_state(vinf, place, MU)
    speed, incoming, _ = hyperbola(states)
    np.testing.assert_array_equal(states[:, :3], place)
    np.testing.assert_allclose(speed[:, None] * incoming, vinf, atol=1e-11)
    assert 20 < above.sum() < 180
    # from above means moving down
    np.testing.assert_array_equal(above, (states[:, :3] * states[:, 3:]).sum(axis=1) < 0.0)


def test_impact_straight_down_is_above_and_the_far_side_is_not() -> None:
    vinf = np.array([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    place = MOON.radius_km * np.array([[-1.0, 0.0, 0.0], [np.cos(np.radians(40.0)), np.sin(np.radians(40.0)), 0.0]])
    states, above = impact_state(vinf, place, MU)
    # at 1 km/s gravity bends the limb to 42.4 deg from the antipode of the approach: cos = 1 / ecc
    assert above.tolist() == [True, False]
    np.testing.assert_allclose(states[0, 3:], [np.sqrt(1.0 + 2.0 * MU / MOON.radius_km), 0.0, 0.0], rtol=1e-14)


def test_departure_keeps_perilune_and_asymptote(rows) -> None:
    vinf, wanted = rows
    normal = nearest_normal(vinf, wanted / MOON.radius_km)
    radius = np.full(len(vinf), MOON.radius_km + 230.0)
    states = departure_state(vinf, normal, radius, MU)
    speed, _, outgoing = hyperbola(states)
    np.testing.assert_allclose(speed[:, None] * outgoing, vinf, atol=1e-11)
    np.testing.assert_allclose(np.linalg.norm(states[:, :3], axis=1), radius, rtol=1e-14)
    assert np.abs((states[:, :3] * states[:, 3:]).sum(axis=1)).max() < 1e-9
    momentum = np.cross(states[:, :3], states[:, 3:])
    np.testing.assert_allclose(momentum / np.linalg.norm(momentum, axis=1)[:, None], normal, atol=1e-13)


def test_nearest_plane_is_turned_by_the_elevation_of_the_asymptote(rows) -> None:
    vinf, wanted = rows
    wanted = wanted / MOON.radius_km
    normal = nearest_normal(vinf, wanted)
    along = vinf / np.linalg.norm(vinf, axis=1)[:, None]
    assert np.abs((normal * along).sum(axis=1)).max() < 1e-14
    turned = np.arccos(np.clip((normal * wanted).sum(axis=1), -1.0, 1.0))
    np.testing.assert_allclose(turned, np.abs(np.arcsin((wanted * along).sum(axis=1))), atol=1e-7)


def test_ends_select_their_rows(rows) -> None:
    vinf, place = rows
    some = np.array([5, 3])
    impact, departure = Impact(place), Departure(np.full(200, 2000.0), place / MOON.radius_km)
    for end in (impact, departure):
        whole, part = end.states(vinf, MU), end.select(some).states(vinf[some], MU)
        np.testing.assert_array_equal(whole[0][some], part[0])
        np.testing.assert_array_equal(whole[1][some], part[1])
