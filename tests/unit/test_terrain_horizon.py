"""Horizons from terrain: closed forms on spheres, cones and walls, and files read back."""

from __future__ import annotations

import numpy as np
import pytest

from sim.operations import (
    HorizonMask,
    flat_mask,
    grid_from_heights,
    horizon_from_terrain,
    peak_mask,
    read_ascii_terrain,
    read_geotiff_terrain,
    read_mask,
    read_npy_terrain,
    synthetic_polar_mask,
    write_mask,
)

R_M = 1_737_400.0
PIXEL_M = 500.0
HALF = 260


def grid(height, pole="south", pixel_m=PIXEL_M, half=HALF):
    """Terrain about a pole from a function of latitude and longitude in degrees."""
    axis = pixel_m * np.arange(-half, half + 1)
    x, y = np.meshgrid(axis, axis[::-1])
    colatitude = np.degrees(2.0 * np.arctan(np.hypot(x, y) / (2.0 * R_M)))
    sign = -1.0 if pole == "south" else 1.0
    longitude = np.degrees(np.arctan2(x, -sign * y))
    heights = height(sign * (90.0 - colatitude), longitude)
    return grid_from_heights(heights, axis[0], axis[-1], pixel_m, -pixel_m, pole, "analytic test terrain")


def level(latitude, longitude):
    return np.zeros_like(latitude)


@pytest.mark.parametrize("pole", ["south", "north"])
def test_a_smooth_sphere_dips_below_a_tower(pole):
    terrain = grid(level, pole)
    place = (-89.0 if pole == "south" else 89.0), 40.0
    found = horizon_from_terrain(terrain, *place, eye_height_m=2000.0, reach_km=95.0, azimuth_step_deg=5.0)
    # The dip arccos(R/(R+h)) = 2.747 degrees, at 83.3 km: what curvature does.
    assert found.mask.elevation_deg == pytest.approx(-np.degrees(np.arccos(R_M / (R_M + 2000.0))), abs=1e-4)
    assert found.distance_km == pytest.approx(83.3, abs=0.6)
    assert found.ground_m == pytest.approx(0.0, abs=1e-3)
    assert peak_mask(2000.0).elevation_deg[0] == pytest.approx(found.mask.elevation_deg[0], abs=1e-4)


def test_a_peak_far_away_stands_where_the_formula_says():
    # A cone of 5 km, 60 km from the pole at longitude 90 E, seen from the pole: to the north everywhere, so that the
    # azimuth at 90 S, 0 E is the longitude.
    def cone(latitude, longitude):
        d = np.radians(90.0 + latitude) * R_M
        x, y = d * np.sin(np.radians(longitude)), d * np.cos(np.radians(longitude))
        return np.clip(5000.0 - 0.4 * np.hypot(x - 60_000.0, y), 0.0, None)

    found = horizon_from_terrain(
        grid(cone), -90.0, 0.0, eye_height_m=10.0, reach_km=100.0, azimuth_step_deg=1.0, rays=8
    )
    d, h = 60_000.0, 5000.0 - 10.0
    usual = np.degrees(np.arctan((h - d * d / (2.0 * R_M)) / d))
    highest = int(np.argmax(found.mask.elevation_deg))
    assert found.mask.azimuth_deg[highest] == pytest.approx(90.0, abs=0.6)
    # Bilinear heights on 500 m pixels cut some 100 m off the tip of a cone.
    assert found.mask.elevation_deg[highest] == pytest.approx(usual, abs=0.2)
    assert found.distance_km[highest] == pytest.approx(60.0, abs=1.0)
    # Its width: 12.5 km radius at its foot, less what hides behind the curvature.
    wide = np.count_nonzero(found.mask.elevation_deg > 0.0)
    assert 15 <= wide <= 24
    # The other way there is only the dip of a 10 m eye.
    assert found.mask.elevation_deg[270] == pytest.approx(-np.degrees(np.arccos(R_M / (R_M + 10.0))), abs=0.02)


def test_a_ring_wall_is_exact_geometry():
    # A crater wall of 3 km all around at 20 km: the same elevation everywhere, (R+h) and R seen over 20 km.
    def wall(latitude, longitude):
        d = np.radians(90.0 + latitude) * R_M
        return np.where(np.abs(d - 20_000.0) < 1500.0, 3000.0, 0.0)

    found = horizon_from_terrain(grid(wall), -90.0, 0.0, eye_height_m=0.0, reach_km=60.0, azimuth_step_deg=2.0)
    d = found.distance_km * 1000.0
    angle = d / R_M
    exact = np.degrees(np.arctan(((R_M + 3000.0) * np.cos(angle) - R_M) / ((R_M + 3000.0) * np.sin(angle))))
    assert found.mask.elevation_deg == pytest.approx(exact, abs=1e-3)
    assert (np.abs(d - 18_750.0) < 700.0).all()


def test_azimuths_turn_the_right_way():
    # A wall east of a place at 88.8 S on the prime meridian: along longitude, not to the west.
    def wall(latitude, longitude):
        return np.where((longitude > 20.0) & (longitude < 60.0) & (latitude > -89.5), 4000.0, 0.0)

    for pole, sign in (("south", 1.0), ("north", -1.0)):
        terrain = grid(lambda a, b, s=sign: wall(-np.abs(a), b), pole)
        found = horizon_from_terrain(
            terrain, -88.8 * sign, 0.0, eye_height_m=5.0, reach_km=60.0, azimuth_step_deg=10.0
        )
        east, west = found.mask.at_deg(90.0), found.mask.at_deg(270.0)
        assert float(east) > 3.0
        assert float(west) < 0.5


def test_threads_and_rays():
    rng = np.random.default_rng(5)
    rough = rng.normal(0.0, 300.0, (2 * HALF + 1, 2 * HALF + 1))
    terrain = grid(lambda a, b: rough)
    one, many = (
        horizon_from_terrain(terrain, -89.2, 10.0, eye_height_m=2.0, reach_km=60.0, threads=n) for n in (1, 3)
    )
    assert one.mask.elevation_deg.tobytes() == many.mask.elevation_deg.tobytes()
    fine = horizon_from_terrain(terrain, -89.2, 10.0, eye_height_m=2.0, reach_km=60.0, rays=9)
    coarse = horizon_from_terrain(terrain, -89.2, 10.0, eye_height_m=2.0, reach_km=60.0, rays=3)
    # Nine rays hold the three.
    assert (fine.mask.elevation_deg >= coarse.mask.elevation_deg - 1e-12).all()
    assert one.mask.status == "derived"
    assert not one.mask.assumed


def brute_horizon(terrain, latitude, eye_m, azimuth_deg, reach_m):
    """Highest pixel of the grid within half a degree of an azimuth, from the pole's meridian (longitude 0)."""
    rows, columns = np.indices(terrain.heights_m.shape)
    x = terrain.x_first_m + columns * terrain.x_step_m
    y = terrain.y_first_m + rows * terrain.y_step_m
    c = 2.0 * np.arctan(np.hypot(x, y) / (2.0 * R_M))
    lon = np.arctan2(x, y)
    points = np.stack([np.sin(c) * np.cos(lon), np.sin(c) * np.sin(lon), -np.cos(c)], axis=-1)
    lat = np.radians(latitude)
    up = np.array([np.cos(lat), 0.0, np.sin(lat)])
    east, north = np.array([0.0, 1.0, 0.0]), np.array([-np.sin(lat), 0.0, np.cos(lat)])
    angle = np.arccos(np.clip(points @ up, -1.0, 1.0))
    azimuth = np.degrees(np.arctan2(points @ east, points @ north))
    far = R_M + terrain.heights_m.astype(float)
    eye = R_M + eye_m
    with np.errstate(divide="ignore", invalid="ignore"):
        elevation = np.degrees(np.arctan2(far * np.cos(angle) - eye, far * np.sin(angle)))
    off = np.abs(np.mod(azimuth - azimuth_deg + 180.0, 360.0) - 180.0)
    return elevation[(off < 0.5) & (angle * R_M < reach_m) & (angle * R_M > 2000.0)].max()


def test_rough_terrain_against_all_pixels():
    def hills(latitude, longitude):
        d = np.radians(90.0 + latitude) * R_M
        x, y = d * np.sin(np.radians(longitude)), d * np.cos(np.radians(longitude))
        return 900.0 * np.sin(x / 9000.0) * np.cos(y / 7000.0) + 500.0 * np.cos((x + y) / 15_000.0)

    terrain = grid(hills)
    ground = terrain.height_m(-89.0, 0.0)
    found = horizon_from_terrain(
        terrain, -89.0, 0.0, eye_height_m=30.0, reach_km=70.0, azimuth_step_deg=1.0, rays=12
    )
    far = [azimuth for azimuth in range(0, 360, 5) if found.distance_km[azimuth] > 15.0]
    assert len(far) > 30
    for azimuth in far:
        want = brute_horizon(terrain, -89.0, ground + 30.0, azimuth, 70_000.0)
        # Only where a degree holds several pixels; measured 0.025 degrees.
        assert float(found.mask.at_deg(azimuth)) == pytest.approx(want, abs=0.06)


def test_files_give_the_same_terrain(tmp_path):
    terrain = grid(lambda a, b: 100.0 * np.cos(np.radians(3.0 * b)), half=20)
    geometry = {"x_first_m": -10_000.0, "y_first_m": 10_000.0, "x_step_m": 500.0, "y_step_m": -500.0}
    np.save(tmp_path / "dem.npy", terrain.heights_m)
    npy = read_npy_terrain(tmp_path / "dem.npy", **geometry, pole="south", source="test")
    head = "ncols 41\nnrows 41\nxllcorner -10250\nyllcorner -10250\ncellsize 500\nNODATA_value -9999\n"
    values = terrain.heights_m.copy()
    values[0, 0] = np.nan
    rows = [" ".join("-9999" if np.isnan(v) else f"{v:.6f}" for v in row) for row in values]
    (tmp_path / "dem.asc").write_text(head + "\n".join(rows) + "\n")
    asc = read_ascii_terrain(tmp_path / "dem.asc", pole="south", source="test")
    assert np.isnan(asc.heights_m[0, 0])
    for one in (npy, asc):
        assert one.height_m(-89.9, 77.0) == pytest.approx(terrain.height_m(-89.9, 77.0), abs=1e-3)
        assert one.grid_rows() == pytest.approx(terrain.grid_rows())


def write_geotiff(path, heights, *, keys=None, scale=(500.0, 500.0, 0.0), tie=(0, 0, 0, -10_250.0, 10_250.0, 0)):
    tifffile = pytest.importorskip("tifffile")
    keys = {1025: 1, 3075: 15, 3081: -90.0, 3095: 0.0, 2057: 1_737_400.0} if keys is None else keys
    doubles = [float(v) for v in keys.values() if isinstance(v, float)]
    directory, at = [1, 1, 0, len(keys)], 0
    for key, value in sorted(keys.items()):
        if isinstance(value, float):
            directory += [key, 34736, 1, doubles.index(value, 0)]
            at += 1
        else:
            directory += [key, 0, 1, value]
    tags = [(33550, "d", 3, scale, True), (33922, "d", 6, tie, True)]
    tags += [(34735, "H", len(directory), directory, True), (34736, "d", len(doubles), doubles, True)]
    tags += [(42113, "s", 0, "-32768", True)]
    tifffile.imwrite(path, heights, extratags=tags)


def test_geotiff(tmp_path):
    terrain = grid(lambda a, b: 100.0 * np.cos(np.radians(3.0 * b)), half=20)
    units = np.round(terrain.heights_m * 2.0).astype(np.int16)
    units[3, 4] = -32768
    write_geotiff(tmp_path / "dem.tif", units)
    tiff = read_geotiff_terrain(tmp_path / "dem.tif", source="test", height_scale=0.5)
    assert np.isnan(tiff.heights_m[3, 4])
    assert tiff.pole == "south"
    assert tiff.grid_rows() == pytest.approx(terrain.grid_rows())
    assert tiff.height_m(-89.9, 77.0) == pytest.approx(terrain.height_m(-89.9, 77.0), abs=0.3)


def test_masks_read_back(tmp_path):
    for mask in (flat_mask(3.0), synthetic_polar_mask()):
        write_mask(mask, tmp_path / "mask.csv", latitude_deg=-88.8)
        back = read_mask(tmp_path / "mask.csv")
        assert (back.name, back.source, back.status) == (mask.name, mask.source, mask.status)
        assert back.elevation_deg == pytest.approx(mask.elevation_deg, abs=1e-9)
        azimuth = np.linspace(-400.0, 800.0, 777)
        assert back.at_deg(azimuth) == pytest.approx(mask.at_deg(azimuth), abs=1e-9)
        assert back.at_deg(azimuth) == pytest.approx(back.at_deg(azimuth + 360.0))


def test_masks_between_their_azimuths():
    mask = synthetic_polar_mask()
    assert float(mask.at_deg(359.5)) == pytest.approx(0.5 * float(mask.elevation_deg[359] + mask.elevation_deg[0]))
    assert mask.assumed
    assert flat_mask(2.0).grid_deg().tolist() == [2.0]
    assert mask.raised(2.0).elevation_deg.min() == 2.0
    assert mask.raised(2.0).highest_deg == pytest.approx(mask.highest_deg, abs=1e-9)
    assert mask.grid_deg().size == 1440
    assert 0.0 < mask.steepest_deg_deg < 0.2


def test_a_peak_between_quarter_degrees_is_kept_for_links() -> None:
    azimuth = np.sort(np.append(np.arange(0.0, 360.0, 1.0), [77.12, 77.13, 77.14]))
    elevation = np.where(azimuth == 77.13, 8.0, 0.5 + 0.2 * np.sin(np.radians(azimuth)))
    mask = HorizonMask("needle", azimuth, elevation, "assumed", "a needle of rock")
    assert np.max(mask.grid_deg()) == pytest.approx(8.0, abs=1e-9)  # of quarter degrees, it was lost
    assert mask.raised(5.0).highest_deg == pytest.approx(8.0, abs=1e-9)
    assert mask.raised(5.0).elevation_deg.min() == 5.0


def test_a_raised_mask_is_the_higher_of_both_at_every_azimuth() -> None:
    corners, heights = np.array([0.0, 80.3, 160.0, 250.7, 330.0]), np.array([4.0, -1.0, 9.0, 1.0, 7.0])
    mask = HorizonMask("hills", corners, heights, "assumed", "hills")
    azimuth = np.linspace(-10.0, 730.0, 20001)
    for least in (-5.0, 0.0, 1.0, 4.0, 6.3, 9.0, 12.0):
        expected = np.maximum(mask.at_deg(azimuth), least)
        np.testing.assert_allclose(mask.raised(least).at_deg(azimuth), expected, atol=1e-9)
        grid = mask.raised(least).grid_deg()
        on_grid = np.arange(grid.size) * 360.0 / grid.size
        np.testing.assert_allclose(np.interp(azimuth, on_grid, grid, period=360.0), expected, atol=0.006)
