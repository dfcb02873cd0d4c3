"""States, routes between bodies and other files than the package's own."""

from __future__ import annotations

import numpy as np
import pytest

from sim.ephemeris import NAIF_ID, open_ephemeris, open_spk
from sim.errors import DataError, InputError

EPOCHS = np.arange(-1.29e9, 1.6e9, 1.0e7).round()


def test_earth_and_moon_balance_about_their_barycentre():
    ephemeris = open_ephemeris()
    moon = ephemeris.state("moon", "emb", EPOCHS)
    earth = ephemeris.state("earth", "emb", EPOCHS)
    residual = moon + ephemeris.constants["EMRAT"] * earth
    assert np.abs(residual[:, :3]).max() < 2e-10  # measured 5.8e-11 km, one unit in the last place
    assert np.abs(residual[:, 3:]).max() < 1e-15


@pytest.mark.parametrize(
    ("target", "center", "tolerance_km_s"),
    # Four-point difference over 128 s; what remains is the rounding of the positions divided by 128 s.
    [("moon", "earth", 2e-12), ("sun", "earth", 1e-9), ("jupiter", "sun", 4e-9)],  # measured 5e-13, 3e-10, 1e-9
)
def test_velocity_is_the_derivative_of_position(target, center, tolerance_km_s):
    ephemeris, h = open_ephemeris(), 128.0

    def position(k):
        return ephemeris.position_km(target, center, EPOCHS + k * h)

    difference = (8.0 * (position(1) - position(-1)) - (position(2) - position(-2))) / (12.0 * h)
    assert np.abs(difference - ephemeris.state(target, center, EPOCHS)[:, 3:]).max() < tolerance_km_s


def test_libration_rates_are_the_derivative_of_the_angles():
    ephemeris, h = open_ephemeris(), 128.0

    def angles(k):
        return ephemeris.moon_librations(EPOCHS + k * h)[0]

    difference = (8.0 * (angles(1) - angles(-1)) - (angles(2) - angles(-2))) / (12.0 * h)
    assert np.abs(difference - ephemeris.moon_librations(EPOCHS)[1]).max() < 2e-14  # measured 4.6e-15 rad/s


def test_shapes_and_scalar_epoch():
    ephemeris = open_ephemeris()
    assert ephemeris.position_km("moon", "earth", 0.0).shape == (1, 3)
    assert ephemeris.state("moon", "earth", [0.0, 1.0]).shape == (2, 6)
    assert ephemeris.position_km("moon", "earth", []).shape == (0, 3)
    assert [part.shape for part in ephemeris.moon_librations(0)] == [(1, 3), (1, 3)]
    assert not ephemeris.state("mars", "mars", EPOCHS).any()


def test_a_position_is_that_of_the_state():
    ephemeris = open_ephemeris()
    for body in ephemeris.bodies:
        np.testing.assert_array_equal(
            ephemeris.position_km(body, "earth", EPOCHS), ephemeris.state(body, "earth", EPOCHS)[:, :3]
        )


def test_a_body_of_no_common_route_cancels_the_barycentre_exactly():
    # Moon and Earth meet in their barycentre: the route must not run through the Sun, 1.5e8 km away.
    ephemeris = open_ephemeris()
    direct = ephemeris.position_km("moon", "emb", EPOCHS) - ephemeris.position_km("earth", "emb", EPOCHS)
    np.testing.assert_array_equal(direct, ephemeris.position_km("moon", "earth", EPOCHS))


def test_results_do_not_depend_on_the_batch():
    ephemeris = open_ephemeris()
    t = np.random.default_rng(3).uniform(-1.2e9, 1.6e9, 9001)  # more than two internal chunks
    whole = ephemeris.state("moon", "sun", t)
    for rows in ([0], [4095, 4096, 9000], np.arange(9000, -1, -7)):
        np.testing.assert_array_equal(ephemeris.state("moon", "sun", t[rows]), whole[rows])


def test_bad_names_and_epochs_say_what_is_allowed():
    ephemeris = open_ephemeris()
    with pytest.raises(InputError, match="unknown body 'phobos'; allowed: ssb, mercury"):
        ephemeris.position_km("phobos", "earth", 0.0)
    with pytest.raises(InputError, match=r"shape \(1, 1\)"):
        ephemeris.position_km("moon", "earth", [[0.0]])
    with pytest.raises(InputError, match="seconds past J2000 TDB, found str"):
        ephemeris.position_km("moon", "earth", "2026-04-01")


def test_identity_of_the_file():
    ephemeris = open_ephemeris()
    assert open_ephemeris() is ephemeris
    assert ephemeris.name == "DE440"
    assert len(ephemeris.sha256) == 64
    assert ephemeris.start_tdb <= -1_293_883_200.0  # 1959-01-01
    assert ephemeris.stop_tdb >= 1_609_459_200.0  # 2051-01-01


# --- other SPK files, written by NAIF's toolkit from known series --------------------------------------------

START_TDB = 820_497_600.0  # 2026-01-01T00:00 TDB
PAIRS = {"moon": "emb", "earth": "emb", "emb": "ssb", "sun": "ssb"}


def _granules(body, days=64):
    """Granules of the cut from the record of the start on, with their own start and length."""
    segment = open_ephemeris().links[NAIF_ID[body]].segments[0]
    series = segment.series
    first = int((START_TDB - series.start_tdb) // series.granule_s)
    count = int(np.ceil(days * 86400.0 / series.granule_s)) + 1
    block = segment.factor * series.coefficients[first : first + count]
    return series.start_tdb + first * series.granule_s, series.granule_s, np.ascontiguousarray(block)


def _write_spk(spice, path, bodies):
    handle = spice.spkopn(str(path), "test", 0)
    for body in bodies:
        start, length, block = _granules(body)
        stop = start + length * len(block)
        ids = NAIF_ID[body], NAIF_ID[PAIRS[body]]
        degree = block.shape[2] - 1
        spice.spkw02(handle, *ids, "J2000", start, stop, body, length, len(block), degree, block.ravel(), start)
    spice.spkcls(handle)
    return path


@pytest.fixture
def spice():
    return pytest.importorskip("spiceypy")


def test_spk_gives_the_states_of_its_source(spice, tmp_path):
    own = open_ephemeris()
    other = open_spk(_write_spk(spice, tmp_path / "some.bsp", PAIRS))
    t = np.linspace(START_TDB, START_TDB + 60 * 86400.0, 500)
    for target, center in (("moon", "earth"), ("sun", "earth"), ("earth", "ssb"), ("moon", "sun")):
        # The Earth's coefficients were scaled before, not after the sum: two units in the last place.
        ours, theirs = own.state(target, center, t), other.state(target, center, t)
        assert (np.abs(ours - theirs).max(axis=0) <= 2.0 * np.spacing(np.abs(ours).max(axis=0))).all()
    assert other.bodies == ("ssb", "emb", "sun", "moon", "earth")
    assert other.name == "some.bsp"
    assert dict(other.gm_km3_s2) == dict(own.gm_km3_s2)
    table = other.chebyshev_table(("moon", "sun"), "earth", t[0], t[-1], margin_day=0.0)
    same = own.chebyshev_table(("moon", "sun"), "earth", t[0], t[-1], margin_day=0.0)
    assert table.coefficients.shape == same.coefficients.shape
    assert np.abs(table.coefficients - same.coefficients)[:, 0].max() < 1e-9


def test_spk_agrees_with_naif(spice, tmp_path):
    path = _write_spk(spice, tmp_path / "some.bsp", PAIRS)
    t = np.linspace(START_TDB, START_TDB + 60 * 86400.0, 50)
    spice.furnsh(str(path))
    try:
        truth = np.array([spice.spkgeo(301, one, "J2000", 10)[0] for one in t])
    finally:
        spice.kclear()
    state = open_spk(path).state("moon", "sun", t)
    assert np.abs(state[:, :3] - truth[:, :3]).max() < 1.2e-7  # measured 0: equal to the last bit; four units allowed
    assert np.abs(state[:, 3:] - truth[:, 3:]).max() < 7e-14  # measured 7.1e-15


def test_spk_says_what_it_holds(spice, tmp_path):
    other = open_spk(_write_spk(spice, tmp_path / "pair.bsp", ["moon", "earth"]))
    with pytest.raises(DataError, match=r"pair.bsp holds no 'sun'.*it holds .*moon wrt emb"):
        other.position_km("sun", "earth", START_TDB)
    with pytest.raises(DataError, match=r"no lunar orientation.*pck="):
        other.moon_librations(START_TDB)
    with pytest.raises(DataError, match="no lunar orientation"):
        other.chebyshev_libration_table(START_TDB, START_TDB + 1e6)


def test_spk_gm_can_be_given(spice, tmp_path):
    other = open_spk(_write_spk(spice, tmp_path / "a.bsp", ["moon", "earth"]), gm_km3_s2={"earth": 398600.4415})
    assert dict(other.gm_km3_s2) == {"earth": 398600.4415}


def test_spk_type_3_carries_its_own_velocity(spice, tmp_path):
    start, length, block = _granules("moon")
    six = np.zeros((len(block), 6, block.shape[2]))
    six[:, :3] = block
    six[:, 3:, 0] = [1.0, 2.0, 3.0]  # velocities that are not the derivative: they must come from the file
    handle = spice.spkopn(str(tmp_path / "three.bsp"), "test", 0)
    stop = start + length * len(block)
    spice.spkw03(handle, 301, 3, "J2000", start, stop, "m", length, len(block), block.shape[2] - 1, six.ravel(), start)
    spice.spkcls(handle)
    t = np.linspace(start, stop, 30, endpoint=False)  # at the very end the whole series has a next granule
    state = open_spk(tmp_path / "three.bsp").state("moon", "emb", t)
    np.testing.assert_array_equal(state[:, :3], open_ephemeris().position_km("moon", "emb", t))
    np.testing.assert_array_equal(state[:, 3:], np.tile([1.0, 2.0, 3.0], (30, 1)))


def test_later_segments_of_an_spk_have_priority(spice, tmp_path):
    start, length, block = _granules("moon")
    stop = start + length * len(block)
    handle = spice.spkopn(str(tmp_path / "two.bsp"), "test", 0)
    for factor, first, last in ((1.0, 0, len(block)), (2.0, 4, 8)):
        spice.spkw02(
            handle, 301, 3, "J2000", start + first * length, start + last * length, "m", length, last - first,
            block.shape[2] - 1, (factor * block[first:last]).ravel(), start + first * length,
        )  # fmt: skip
    spice.spkcls(handle)
    t = np.linspace(start, stop, 200)
    factor = np.where((t >= start + 4 * length) & (t <= start + 8 * length), 2.0, 1.0)
    expected = factor[:, np.newaxis] * open_ephemeris().state("moon", "emb", t)
    np.testing.assert_allclose(open_spk(tmp_path / "two.bsp").state("moon", "emb", t), expected, rtol=1e-15)
