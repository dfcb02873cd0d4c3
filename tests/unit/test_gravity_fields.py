"""Gravity-field files: three formats, their faults, and the shipped fields with their provenance."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from sim.bodies import EARTH
from sim.core.harmonics import normalisation_factor
from sim.dynamics import gravity_field, provenance
from sim.dynamics.gravity_field import load_gravity_field, load_shipped, open_gravity_field
from sim.errors import DataError, InputError

GFC = """product_type gravity_field
modelname TEST
earth_gravity_constant 0.3986004415E+15
radius 0.63781363E+07
max_degree 2
norm fully_normalized
tide_system tide_free
end_of_head ===
gfc 2 0 -0.484165371736e-03 0.0 0.0 0.0
gfc 2 1 -1.86D-10 1.19D-09 0 0
gfc 2 2 2.439e-06 -1.4e-06 0 0
"""
COF = """COMMENT   1
POTFIELD100100  1 3.98600441500000E+14 6.37813630000000E+06 1.00000000000000E+00
RECOEF    2  0   -4.84165371736000E-04
RECOEF    2  2    2.43914352398000E-06-1.40016683654000E-06
RECOEF  100100   -4.47516389678000E-25-8.30224945525000E-11
END
"""
SHADR = """ 1738.0, 4902.80012, 0.0, 2, 2, {state}, 0.0, 0.0
    2,    0,  {c20:.16e},  0.0, 1e-10, 0.0
    2,    1,  0.0, 0.0, 0, 0
    2,    2,  {c22:.16e},  {s22:.16e}, 0, 0
"""


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="ascii")
    return path


def test_icgem(tmp_path):
    found = load_gravity_field(written(tmp_path, "a.gfc", GFC), "earth")
    assert (found.name, found.degree, found.tide_system) == ("TEST", 2, "tide_free")
    assert found.gm_km3_s2 == pytest.approx(398600.4415, rel=1e-15)
    assert found.radius_km == pytest.approx(6378.1363, rel=1e-15)
    assert found.cosine[2, 1] == -1.86e-10
    assert found.sine[2, 2] == -1.4e-06


def test_gmat_with_columns_that_abut(tmp_path):
    found = load_gravity_field(written(tmp_path, "a.cof", COF), "earth")
    assert found.degree == 100
    assert found.sine[2, 2] == -1.40016683654e-06
    assert (found.cosine[100, 100], found.sine[100, 100]) == (-4.47516389678e-25, -8.30224945525e-11)
    assert load_gravity_field(tmp_path / "a.cof", "earth", max_degree=50).degree == 2


@pytest.mark.parametrize("normalised", [True, False])
def test_shadr_normalised_or_not(tmp_path, normalised):
    values = {"c20": -9.08843e-05, "c22": 3.4673e-05, "s22": 9e-10}
    numbers = dict(values)
    if not normalised:
        for key, (n, m) in {"c20": (2, 0), "c22": (2, 2), "s22": (2, 2)}.items():
            mantissa, exponent = normalisation_factor(n, m)
            numbers[key] = math.ldexp(values[key] * mantissa, exponent)
    text = SHADR.format(state=1 if normalised else 0, **numbers)
    found = load_gravity_field(written(tmp_path, "a.tab", text), "moon")
    assert found.cosine[2, 0] == pytest.approx(values["c20"], rel=1e-14)
    assert found.sine[2, 2] == pytest.approx(values["s22"], rel=1e-14)
    assert found.cosine[0, 0] == 1.0


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.xyz", "1", "unknown ending"),
        ("a.gfc", GFC.replace("end_of_head", "end"), "no ICGEM file"),
        ("a.gfc", GFC.replace("-0.484165371736e-03", "nonsense"), "a.gfc:9"),
        ("a.gfc", GFC + "gfc 2 2 1.0 1.0 0 0\n", "comes twice"),
        ("a.gfc", GFC + "gfc 2 3 1.0 1.0 0 0\n", "does not exist"),
        ("a.gfc", GFC + "trnd 2 0 1.0 1.0 0 0\n", "time-variable"),
        ("a.gfc", GFC.split("gfc 2 0")[0], "no coefficient"),
        ("a.gfc", GFC.replace("0.63781363E+07", "0.0"), "above zero"),
        ("a.cof", COF.replace("POTFIELD", "SOMETHING"), "POTFIELD"),
        ("a.cof", COF.replace("RECOEF    2  0", "RECOEF    x  0"), "columns 9 to 14"),
        ("a.tab", "", "empty"),
        ("a.tab", SHADR.format(state=3, c20=0, c22=0, s22=0), "normalisation state"),
    ],
)
def test_damaged_files_say_what_and_where(tmp_path, name, text, says):
    with pytest.raises(DataError, match=says):
        load_gravity_field(written(tmp_path, name, text), "earth")


def test_missing_file_unknown_body_unknown_field(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        load_gravity_field(tmp_path / "no.gfc", "earth")
    with pytest.raises(InputError, match="allowed: earth, moon"):
        load_gravity_field(tmp_path / "no.gfc", "mars")
    with pytest.raises(InputError, match="grgm1200a, jgm3"):
        open_gravity_field("egm2008")


def test_shipped_fields():
    moon, earth = open_gravity_field("grgm1200a"), open_gravity_field("jgm3", 8)
    assert (moon.degree, moon.body, earth.degree, earth.body) == (70, "moon", 8, "earth")
    assert -math.sqrt(5.0) * earth.cosine[2, 0] == pytest.approx(EARTH.j2, rel=1e-13)
    assert moon.cosine[2, 2] == pytest.approx(3.46730964706963e-05, rel=1e-15)
    assert earth.with_c20(-4.8e-4).cosine[2, 0] == -4.8e-4
    assert (open_gravity_field("jgm3", 8, 0).sine == 0.0).all()
    with pytest.raises(InputError, match="degree 2 to 70"):
        open_gravity_field("jgm3", 71)


def test_damaged_package_data(tmp_path):
    for suffix in ("npz", "json"):
        shutil.copy(gravity_field.DATA_DIRECTORY / f"gravity_fields.{suffix}", tmp_path)
    data = bytearray((tmp_path / "gravity_fields.npz").read_bytes())
    data[1000] ^= 1
    (tmp_path / "gravity_fields.npz").write_bytes(bytes(data))
    with pytest.raises(DataError, match="damaged"):
        load_shipped(tmp_path)
    with pytest.raises(DataError, match="cannot be read"):
        load_shipped(tmp_path / "nowhere")


def test_provenance_rebuilds_the_shipped_file_from_its_numbers(tmp_path):
    """The inputs are written from the shipped field, so that the test needs no download."""
    moon, earth = open_gravity_field("grgm1200a"), open_gravity_field("jgm3")
    rows = [(n, m, moon.cosine[n, m], moon.sine[n, m]) for n in range(2, 71) for m in range(n + 1)]
    csv = written(tmp_path, "moon.csv", "".join(f"{n},{m},{c:.17e},{s:.17e}\n" for n, m, c, s in rows))
    head = GFC.split("tide_system")[0].replace("TEST", "JGM3") + "end_of_head\n"
    body = "".join(
        f"gfc {n} {m} {earth.cosine[n, m]!r} {earth.sine[n, m]!r} 0 0\n" for n in range(2, 71) for m in range(n + 1)
    ).replace("np.float64(", "").replace(")", "")
    provenance.main(
        ["--grgm1200a", str(csv), "--jgm3", str(written(tmp_path, "e.gfc", head + body)), "--out", str(tmp_path)]
    )
    made, shipped = load_shipped(tmp_path), load_shipped(gravity_field.DATA_DIRECTORY)
    for name in shipped:
        np.testing.assert_array_equal(made[name].cosine, shipped[name].cosine)
        np.testing.assert_array_equal(made[name].sine, shipped[name].sine)
    assert (tmp_path / "gravity_fields.npz").read_bytes() == Path(
        gravity_field.DATA_DIRECTORY / "gravity_fields.npz"
    ).read_bytes()


def test_provenance_refuses_an_incomplete_table(tmp_path):
    with pytest.raises(DataError, match="not all terms"):
        provenance.read_grgm1200a(written(tmp_path, "m.csv", "2,0,1e-4,0.0\n"))
