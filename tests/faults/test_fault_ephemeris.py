"""Damaged, missing and foreign files; epochs outside the coverage."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest

from sim.ephemeris import epoch_text, open_ephemeris, open_spk
from sim.ephemeris.cut import CUT_NAME, DATA_DIRECTORY, load_cut
from sim.errors import EXIT_DATA, DataError, EphemerisRangeError


@pytest.fixture
def copy(tmp_path):
    for suffix in ("npz", "json"):
        shutil.copy(DATA_DIRECTORY / f"{CUT_NAME}.{suffix}", tmp_path)
    return tmp_path


def test_an_untouched_copy_opens(copy):
    assert load_cut(copy).sha256 == open_ephemeris().sha256


def test_one_flipped_bit_anywhere_is_found(copy):
    path = copy / f"{CUT_NAME}.npz"
    good = bytearray(path.read_bytes())
    rng = np.random.default_rng(11)
    for position in [0, len(good) - 1, *rng.integers(0, len(good), 30)]:
        bad = good.copy()
        bad[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(bad)
        with pytest.raises(DataError, match=r"npz: SHA-256 .* damaged; reinstall the package"):
            load_cut(copy)


@pytest.mark.parametrize("keep", [0, 1, 1000, 4_000_000, -1])
def test_a_truncated_file_is_found(copy, keep):
    path = copy / f"{CUT_NAME}.npz"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DataError, match="damaged; reinstall"):
        load_cut(copy)


@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_a_missing_file_is_named(copy, suffix):
    (copy / f"{CUT_NAME}.{suffix}").unlink()
    with pytest.raises(DataError, match=rf"{CUT_NAME}.{suffix}: .*No such file.*reinstall") as caught:
        load_cut(copy)
    assert caught.value.exit_code == EXIT_DATA


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"format": "perilune ephemeris cut 0"}', "\xff\xfe"])
def test_a_damaged_manifest_is_found(copy, text):
    (copy / f"{CUT_NAME}.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(DataError, match=r"json: the manifest .*reinstall"):
        load_cut(copy)


def _store(folder, data):
    """Files with a matching checksum, so that only their content is wrong."""
    (folder / f"{CUT_NAME}.npz").write_bytes(data)
    manifest = json.loads((DATA_DIRECTORY / f"{CUT_NAME}.json").read_text())
    manifest |= {"sha256": hashlib.sha256(data).hexdigest(), "n_bytes": len(data)}
    (folder / f"{CUT_NAME}.json").write_text(json.dumps(manifest))


def test_content_of_another_kind_is_found(tmp_path):
    _store(tmp_path, b"no archive")
    with pytest.raises(DataError, match="not an ephemeris cut of this version"):
        load_cut(tmp_path)
    np.savez(tmp_path / "other.npz", coverage_tdb=np.zeros(2))
    _store(tmp_path, (tmp_path / "other.npz").read_bytes())
    with pytest.raises(DataError, match="not an ephemeris cut of this version"):
        load_cut(tmp_path)


def test_pickled_content_is_refused(tmp_path):
    np.savez(tmp_path / "other.npz", coverage_tdb=np.array([{}, {}], dtype=object))
    _store(tmp_path, (tmp_path / "other.npz").read_bytes())
    with pytest.raises(DataError, match="not an ephemeris cut of this version"):
        load_cut(tmp_path)


def test_epochs_outside_are_listed_by_row():
    ephemeris = open_ephemeris()
    t = [0.0, np.nan, 1e9, 1e10, -np.inf, ephemeris.stop_tdb, np.nextafter(ephemeris.stop_tdb, np.inf)]
    for call in (
        lambda: ephemeris.position_km("moon", "earth", t),
        lambda: ephemeris.state("sun", "moon", t),
        lambda: ephemeris.position_km("moon", "moon", t),
        lambda: ephemeris.moon_librations(t),
    ):
        with pytest.raises(EphemerisRangeError, match="1958-11-21T00:00:00 TDB to 2051-02-22") as caught:
            call()
        assert caught.value.rows == (1, 3, 4, 6)


def test_both_ends_of_the_coverage_are_inside():
    ephemeris = open_ephemeris()
    ends = [ephemeris.start_tdb, ephemeris.stop_tdb]
    assert np.isfinite(ephemeris.state("pluto", "moon", ends)).all()
    assert np.isfinite(ephemeris.moon_librations(ends)[0]).all()


def test_text_of_any_epoch():
    assert epoch_text(0.0) == "2000-01-01T12:00:00 TDB"
    assert epoch_text(1e300) == "1e+300 s past J2000 TDB"
    assert epoch_text(float("nan")) == "nan s past J2000 TDB"


# --- files given by the user ------------------------------------------------------------------------------------


@pytest.fixture
def spk(tmp_path):
    spice = pytest.importorskip("spiceypy")
    path = tmp_path / "moon.bsp"
    handle = spice.spkopn(str(path), "test", 0)
    series = open_ephemeris().links[301].segments[0].series
    block = np.ascontiguousarray(series.coefficients[:40])
    start, stop = series.start_tdb, series.start_tdb + 40 * series.granule_s
    spice.spkw02(handle, 301, 3, "J2000", start, stop, "moon", series.granule_s, 40, 12, block.ravel(), start)
    spice.spkcls(handle)
    return path


def test_spk_checksum_is_kept_and_checked(spk):
    digest = hashlib.sha256(spk.read_bytes()).hexdigest()
    assert open_spk(spk, sha256=digest.upper()).sha256 == digest
    with pytest.raises(DataError, match=r"moon.bsp: SHA-256 .*expected 00"):
        open_spk(spk, sha256="00" * 32)


def test_truncated_spk_never_answers_wrongly(spk, tmp_path):
    data = spk.read_bytes()
    t = np.linspace(open_spk(spk).start_tdb, open_spk(spk).stop_tdb, 50)
    truth = open_spk(spk).state("moon", "emb", t)
    short = tmp_path / "short.bsp"
    for keep in [*range(0, len(data), 977), len(data) - 1]:
        short.write_bytes(data[:keep])
        try:
            state = open_spk(short).state("moon", "emb", t)
        except DataError as error:
            assert "short.bsp" in str(error)
        else:  # only padding after the last word was lost
            np.testing.assert_array_equal(state, truth)


def test_damaged_spk_raises_only_typed_errors(spk, tmp_path):
    # Without a checksum a flipped coefficient cannot be found; a flipped directory must not crash.
    good = spk.read_bytes()
    rng = np.random.default_rng(12)
    bad = tmp_path / "bad.bsp"
    n_refused = 0
    for position in [*rng.integers(0, 4096, 150), *(len(good) - 1 - rng.integers(0, 64, 50))]:
        data = bytearray(good)
        data[position] ^= 1 << int(rng.integers(8))
        bad.write_bytes(data)
        try:
            ephemeris = open_spk(bad)
            ephemeris.position_km("moon", "emb", [0.5 * (ephemeris.start_tdb + ephemeris.stop_tdb)])
        except (DataError, EphemerisRangeError):
            n_refused += 1
    # Measured 20 of 200: most of these bytes are comment space, padding and coefficients.
    assert n_refused >= 10


def test_values_that_are_not_finite_are_refused(spk, tmp_path):
    data = bytearray(spk.read_bytes())
    series = open_ephemeris().links[301].segments[0].series
    at = data.find(series.coefficients[20].tobytes())
    data[at : at + 8] = np.array([np.nan]).tobytes()
    (tmp_path / "nan.bsp").write_bytes(data)
    ephemeris = open_spk(tmp_path / "nan.bsp")
    middle = ephemeris.start_tdb + 20.5 * series.granule_s
    with pytest.raises(DataError, match=r"nan.bsp: holds values that are not finite"):
        ephemeris.position_km("moon", "emb", middle)
    with pytest.raises(DataError, match="not finite"):
        ephemeris.chebyshev_table(("moon",), "emb", middle, middle, n_coefficients=10)


@pytest.mark.parametrize("content", [b"", b"DAF/SPK ", b"DAF/PCK " + bytes(2000), b"x" * 5000])
def test_foreign_files_are_named(tmp_path, content):
    path = tmp_path / "foreign.bsp"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"foreign\.bsp"):
        open_spk(path)


def test_missing_spk_and_pck(spk, tmp_path):
    with pytest.raises(DataError, match=r"absent.bsp: cannot be read .*give an existing SPK file"):
        open_spk(tmp_path / "absent.bsp")
    with pytest.raises(DataError, match=r"absent.bpc: cannot be read .*give an existing PCK file"):
        open_spk(spk, pck=tmp_path / "absent.bpc")
    with pytest.raises(DataError, match=r"moon.bsp: not a binary PCK file"):
        open_spk(spk, pck=spk)


def test_spk_of_other_types_is_named(tmp_path):
    spice = pytest.importorskip("spiceypy")
    path = tmp_path / "craft.bsp"
    handle = spice.spkopn(str(path), "test", 0)
    t = np.linspace(0.0, 1e5, 10)
    spice.spkw13(handle, -999, 399, "J2000", 0.0, 1e5, "craft", 3, 10, np.ones((10, 6)), t)
    spice.spkcls(handle)
    with pytest.raises(DataError, match=r"no segment of type 2 or 3.*found: type 13"):
        open_spk(path)


def test_a_circle_of_summary_records_ends(spk, tmp_path):
    data = bytearray(spk.read_bytes())
    first = int.from_bytes(data[76:80], "little")  # FWARD of the file record
    data[1024 * (first - 1) : 1024 * (first - 1) + 8] = np.array([float(first)]).tobytes()
    (tmp_path / "circle.bsp").write_bytes(data)
    with pytest.raises(DataError, match=r"circle\.bsp: damaged SPK file \(its summary records run in a circle\)"):
        open_spk(tmp_path / "circle.bsp")
