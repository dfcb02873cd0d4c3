"""Bad masks and bad terrain: one clear sentence, never a guess."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import DataError, InputError, UnreachableError
from sim.operations import (
    HorizonMask,
    grid_from_heights,
    horizon_from_terrain,
    peak_mask,
    read_ascii_terrain,
    read_geotiff_terrain,
    read_mask,
    read_npy_terrain,
)

GOOD = "# name: rim\n# source: a survey\n# status: derived\nazimuth_deg,elevation_deg\n0,1.5\n90,2\n180,0\n270,-1\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("# source: a survey\n", "", "'# source: ...'"),
        ("# status: derived", "# status: guessed", "statuses"),
        ("# name: rim\n", "", "'# name: ...'"),
        ("azimuth_deg,elevation_deg\n", "", "first line of the table"),
        ("azimuth_deg,elevation_deg", "az,el", "first line of the table"),
        ("90,2", "90,two", "allowed: two numbers"),
        ("90,2", "90", "allowed: two numbers"),
        ("90,2", "90,2,3", "allowed: two numbers"),
        ("90,2", "90,nan", "not finite"),
        ("90,2", "90,inf", "not finite"),
        ("90,2", "200,2", "ascend"),
        ("270,-1", "360,-1", "below 360"),
        ("0,1.5\n", "", "ascend from 0"),
        ("90,2", "90,95", "out of range"),
        ("0,1.5\n90,2\n180,0\n270,-1\n", "", "0 rows"),
        ("90,2", "90,2_0", ":6: found"),
        ("90,2", '90,"2', "allowed: two numbers"),
        ("90,2", "90," + "2" * 200_000, ":6: found"),
        ("90,2", "90,1e400", ":6: found 90,inf"),
        ("90,2", "-90,2", ":6: azimuth -90 after 0"),
        ("90,2", "0,2", ":6: azimuth 0 after 0"),
        ("90,2", "90,-95", ":6: elevation -95"),
        ("180,0\n", "", "between azimuths 90 and 270"),
        ("270,-1\n", "", "between azimuths 180 and 360"),
        ("90,2\n180,0\n270,-1", "1.57,2\n3.14,0\n4.71,-1", "radians"),
        ("# status: derived", "# status: derived\n# status: flown", ":4: found '# status:' a second time"),
        (",", ";", "first line of the table"),
        ("1.5", "1,5", "allowed: two numbers"),
        ("-1\n", "-1\n\0\0\n", ":9: found"),
    ],
)
def test_bad_mask_files(tmp_path, old, new, words):
    path = tmp_path / "mask.csv"
    assert old in GOOD
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(DataError, match=words) as caught:
        read_mask(path)
    assert str(path) in str(caught.value)


def test_the_good_mask_file_is_good(tmp_path):
    path = tmp_path / "mask.csv"
    for text in (GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n")):
        path.write_bytes(text.encode())
        assert float(read_mask(path).at_deg(45.0)) == 1.75
    path.write_text("# name: a\n# source: b\n# status: assumed\nazimuth_deg,elevation_deg\n0,3\n")
    assert float(read_mask(path).at_deg(200.0)) == 3.0


def test_missing_binary_and_huge_mask_files(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_mask(tmp_path / "none.csv")
    (tmp_path / "binary.csv").write_bytes(bytes(range(256)) * 8)
    with pytest.raises(DataError, match="cannot be read as text"):
        read_mask(tmp_path / "binary.csv")
    (tmp_path / "huge.csv").write_text("0,0\n" * 1_100_000)
    with pytest.raises(DataError, match="larger than"):
        read_mask(tmp_path / "huge.csv")


def test_bad_masks_in_memory():
    with pytest.raises(InputError, match="one length"):
        HorizonMask("x", np.zeros(2), np.zeros(1), "assumed", "test")
    with pytest.raises(InputError, match="source"):
        HorizonMask("x", np.zeros(1), np.zeros(1), "assumed", " ")
    with pytest.raises(InputError, match="zero or more"):
        peak_mask(-1.0)


def flat(heights, **changes):
    geometry = {"x_first_m": -1e4, "y_first_m": 1e4, "x_step_m": 500.0, "y_step_m": -500.0}
    return grid_from_heights(heights, **(geometry | changes), pole="south", source="test")


LEVEL = np.zeros((41, 41))


@pytest.mark.parametrize(
    ("heights", "changes", "words"),
    [
        (np.zeros((1, 9)), {}, "two each"),
        (np.zeros(9), {}, "two each"),
        (np.full((9, 9), np.nan), {}, "no heights at all"),
        (np.full((9, 9), 1_737_400.0), {}, "radius not subtracted"),
        (np.where(np.eye(9) > 0, -32768.0, 0.0), {}, "no-data value left"),
        (LEVEL, {"x_step_m": 0.0}, "spacing"),
        (LEVEL, {"x_first_m": np.nan}, "spacing"),
    ],
)
def test_bad_terrain(heights, changes, words):
    with pytest.raises(InputError, match=words):
        flat(heights, **changes)


def test_bad_places_and_reaches():
    terrain = flat(LEVEL)
    with pytest.raises(InputError, match="pole"):
        grid_from_heights(LEVEL, 0.0, 0.0, 1.0, 1.0, "east", "test")
    with pytest.raises(DataError, match="has no height at"):
        horizon_from_terrain(terrain, -80.0, 0.0, eye_height_m=1.0)
    with pytest.raises(DataError, match="has no height at"):
        horizon_from_terrain(terrain, 89.9, 0.0, eye_height_m=1.0)
    # The grid ends 10 km away and 150 km are asked for: a small file does not silently make a low horizon.
    with pytest.raises(DataError, match="required"):
        horizon_from_terrain(terrain, -90.0, 0.0, eye_height_m=2000.0)
    accepted = horizon_from_terrain(terrain, -90.0, 0.0, eye_height_m=2000.0, required_km=8.0)
    assert accepted.seen_km.min() < 15.0
    assert "terrain to" in accepted.mask.source
    with pytest.raises(InputError, match="must divide 360"):
        horizon_from_terrain(terrain, -90.0, 0.0, eye_height_m=1.0, azimuth_step_deg=7.0)
    with pytest.raises(InputError, match="must not be negative"):
        horizon_from_terrain(terrain, -90.0, 0.0, eye_height_m=-1.0)
    with pytest.raises(InputError, match="1e9 samples"):
        horizon_from_terrain(terrain, -90.0, 0.0, eye_height_m=1.0, rays=10_000_000)


def test_gaps_in_terrain_are_not_taken_for_plains():
    heights = LEVEL.copy()
    heights[:, 25:27] = np.nan
    with pytest.raises(DataError, match="ends"):
        horizon_from_terrain(flat(heights), -90.0, 0.0, eye_height_m=2000.0, required_km=8.0)


def test_bad_npy(tmp_path):
    geometry = {"x_first_m": 0.0, "y_first_m": 0.0, "x_step_m": 1.0, "y_step_m": 1.0, "pole": "south", "source": "test"}
    with pytest.raises(DataError, match="cannot be read"):
        read_npy_terrain(tmp_path / "none.npy", **geometry)
    (tmp_path / "text.npy").write_text("no array")
    with pytest.raises(DataError, match="cannot be read"):
        read_npy_terrain(tmp_path / "text.npy", **geometry)
    np.save(tmp_path / "words.npy", np.array(["a"]))
    with pytest.raises(DataError, match="no array of numbers"):
        read_npy_terrain(tmp_path / "words.npy", **geometry)
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="cannot be read"):
        read_npy_terrain(tmp_path / "objects.npy", **geometry)
    np.save(tmp_path / "cube.npy", np.zeros((3, 3, 3)))
    with pytest.raises(DataError, match=r"cube\.npy"):
        read_npy_terrain(tmp_path / "cube.npy", **geometry)


ASCII = "ncols 3\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 100\n1 2 3\n4 5 6\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("ncols 3\n", "", "no ncols"),
        ("xllcorner 0\n", "", "xllcorner"),
        ("cellsize 100", "cellsize -1", "no usable grid"),
        ("cellsize 100", "cellsize x", "is no number"),
        ("nrows 2", "nrows 3", "the head says"),
        ("4 5 6", "4 5", "one count"),
        ("4 5 6", "4 five 6", "numbers"),
        ("4 5 6", "4 5 1e9", "unit wrong"),
        ("4 5 6", "4,5 5 6", "numbers"),
        ("ncols 3", "ncols 3.5", "whole numbers"),
        ("ncols 3", "ncols nan", "whole numbers"),
        ("ncols 3", "ncols 3\nncols 3", ":2: found ncols a second time"),
        ("cellsize 100", "cellsize 0.0033", "degrees or kilometres"),
        ("cellsize 100", "cellsize inf", "spacing"),
        ("xllcorner 0", "xllcorner nan", "spacing"),
        ("nrows 2", "nrows 1e12", "no usable grid"),
    ],
)
def test_bad_ascii(tmp_path, old, new, words):
    path = tmp_path / "dem.asc"
    path.write_text(ASCII.replace(old, new))
    with pytest.raises(DataError, match=words):
        read_ascii_terrain(path, pole="south", source="test")
    path.write_text(ASCII)
    good = read_ascii_terrain(path, pole="south", source="test")
    # Row 0 is the top: its middle lies 150 m up, and the first column's at 50 m.
    assert (good.x_first_m, good.y_first_m) == (50.0, 150.0)


def test_bad_geotiffs(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    with pytest.raises(DataError, match="cannot be read"):
        read_geotiff_terrain(tmp_path / "none.tif", source="test")
    (tmp_path / "text.tif").write_text("no picture")
    with pytest.raises(DataError, match="cannot be read as GeoTIFF"):
        read_geotiff_terrain(tmp_path / "text.tif", source="test")
    tifffile.imwrite(tmp_path / "bare.tif", np.zeros((9, 9), dtype=np.float32))
    with pytest.raises(DataError, match="has no position"):
        read_geotiff_terrain(tmp_path / "bare.tif", source="test")
    tags = [(33550, "d", 3, (500.0, 500.0, 0.0), True), (33922, "d", 6, (0.0, 0, 0, 0, 0, 0), True)]
    tifffile.imwrite(tmp_path / "unnamed.tif", np.zeros((9, 9), dtype=np.float32), extratags=tags)
    with pytest.raises(DataError, match="does not name its projection"):
        read_geotiff_terrain(tmp_path / "unnamed.tif", source="test")
    assert read_geotiff_terrain(tmp_path / "unnamed.tif", source="test", pole="north").pole == "north"
    directory = [1, 1, 0, 2, 3075, 0, 1, 7, 2057, 34736, 1, 0]
    extra = [*tags, (34735, "H", len(directory), directory, True), (34736, "d", 1, [6_378_137.0], True)]
    tifffile.imwrite(tmp_path / "earth.tif", np.zeros((9, 9), dtype=np.float32), extratags=extra)
    with pytest.raises(DataError, match="projection 7"):
        read_geotiff_terrain(tmp_path / "earth.tif", source="test")


def test_geotiff_without_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tifffile", None)
    with pytest.raises(InputError, match="pip install"):
        read_geotiff_terrain(tmp_path / "any.tif", source="test")


def test_errors_are_of_the_package():
    assert issubclass(UnreachableError, InputError)
