"""Bad files of ground stations: one sentence that names file, station, key, what was found and what is allowed."""

from __future__ import annotations

import pytest

from sim.errors import DataError
from sim.sites.user_stations import read_stations

GOOD = '[yard]\nname = "Yard"\nlatitude_geodetic_deg = 50.0\nlongitude_deg = 10.0\nsource = "a map"\n'
SECOND = GOOD.replace("[yard]", "[field]").replace('"Yard"', '"Field"')


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "0 stations"),
        (GOOD + GOOD, "cannot be read as TOML"),
        (GOOD + GOOD.replace("[yard]", "[field]"), "the name of yard too"),
        (GOOD.replace("50.0", "91.0"), "yard.latitude_geodetic_deg: found 91; allowed: -90 to 90"),
        (GOOD.replace("50.0", "nan"), "yard.latitude_geodetic_deg: found nan"),
        (GOOD.replace("50.0", '"50"'), "allowed: a number"),
        (GOOD.replace("50.0", "50,0"), "cannot be read as TOML"),
        (GOOD.replace("50.0", "true"), "allowed: a number"),
        (GOOD.replace("10.0", "400.0"), "allowed: -180 to 360"),
        (GOOD + "elevation_mask_deg = 95.0\n", "allowed: 0 to 89"),
        (GOOD + "altitude_m = 50000.0\n", "allowed: -500 to 9000"),
        (GOOD + "heigth_m = 3.0\n", "unknown key"),
        (GOOD + 'status = "sure"\n', "yard.status"),
        (GOOD.replace('source = "a map"\n', ""), "found no source"),
        ('yard = "here"\n', "no table"),
    ],
)
def test_bad_station_files(tmp_path, text, words):
    path = tmp_path / "stations.toml"
    path.write_text(text)
    with pytest.raises(DataError, match=words) as caught:
        read_stations(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("content", [bytes(range(256)), GOOD.encode("utf-16"), b"#" * 1_000_001])
def test_station_files_that_are_no_text(tmp_path, content):
    path = tmp_path / "stations.toml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"cannot be read|larger than"):
        read_stations(path)


def test_good_station_files_of_any_editor(tmp_path):
    path = tmp_path / "stations.toml"
    for text in (GOOD + SECOND, "\ufeff" + GOOD + SECOND, (GOOD + SECOND).replace("\n", "\r\n")):
        path.write_bytes(text.encode())
        assert [one.name for one in read_stations(path).values()] == ["Yard", "Field"]
