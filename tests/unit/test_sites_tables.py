"""Tables of sites: every entry sourced, names looked up, traps of the sources kept out."""

from __future__ import annotations

import numpy as np
import pytest

from sim.errors import InputError, UnreachableError
from sim.sites import (
    azimuth_inertial_deg,
    azimuth_rotating_deg,
    ground_station,
    ground_stations,
    inclination_deg,
    inclination_from_rotating_azimuth_deg,
    launch_site,
    launch_sites,
    lunar_site,
    lunar_sites,
    sources,
    with_elevation_mask,
)

ALL = [*launch_sites().values(), *ground_stations().values(), *lunar_sites().values()]


@pytest.mark.parametrize("site", ALL, ids=lambda site: site.id)
def test_every_entry_names_its_sources(site):
    assert site.sources
    assert all(one in sources() for one in site.sources)
    if site.sources == ("GK",):
        assert site.status == "assumed"


def test_no_source_is_listed_without_use():
    corridors = [corridor for site in launch_sites().values() for corridor in site.corridors]
    used = {one for record in [*ALL, *corridors] for one in record.sources}
    named = {one for one in sources() if any(one in record.note for record in ALL)}
    assert set(sources()) == used | named


@pytest.mark.parametrize("look_up", [launch_site, ground_station, lunar_site])
@pytest.mark.parametrize("name", ["nowhere", "", 3, None, "VOSTOCHNY "])
def test_unknown_names_are_refused(look_up, name):
    with pytest.raises(InputError, match="known:"):
        look_up(name)


def test_unknown_name_lists_the_nearest():
    with pytest.raises(InputError, match="did you mean vostochny"):
        launch_site("vostochnyi")
    with pytest.raises(InputError, match="shackleton_rim"):
        lunar_site("shackleton_rim")


def test_aliases_find_the_same_site():
    assert launch_site("vostochny_1s") is launch_site("vostochny")
    assert lunar_site("mons_mouton") is lunar_site("leibnitz_beta")


def test_vostochny_cannot_reach_51_6_without_a_dogleg():
    site = launch_site("vostochny")
    assert 51.6 < site.min_inclination_deg < 51.73 < site.latitude_geodetic_deg
    with pytest.raises(UnreachableError, match="dogleg"):
        azimuth_inertial_deg(51.6, site.latitude_geocentric_deg)
    # Values of the fact sheet, computed there on their own: 51.73 -> 88, 64.8 -> 43.4, 98.3 -> 346.5 degrees.
    azimuth = azimuth_inertial_deg([51.73, 64.8, 98.3], site.latitude_geocentric_deg)
    assert np.abs(azimuth - [88.0, 43.4, 346.5]).max() < 0.2


def test_stations_are_not_where_the_spherical_earth_file_puts_them():
    # The SPICE file of the source has 45.3814 N at 3.96 km and 44.2083 N at 3.5 km; dish charts say 45 11',
    # 44 01'.
    assert abs(ground_station("yevpatoria").latitude_geodetic_deg - (45 + 11 / 60)) < 0.02
    assert abs(ground_station("ussuriysk").latitude_geodetic_deg - (44 + 1 / 60)) < 0.02
    for name in ("yevpatoria", "ussuriysk"):
        radius = float(np.linalg.norm(ground_station(name).position_itrf_km))
        assert 6356.7 < radius < 6378.2


def test_masks_are_marked_assumed_and_can_be_replaced():
    station = ground_station("bear_lakes")
    assert (station.elevation_mask_deg, station.elevation_mask_status) == (10.0, "assumed")
    other = with_elevation_mask(station, 5.0, "geometry")
    assert (other.elevation_mask_deg, other.elevation_mask_status) == (5.0, "geometry")
    for mask, status in ((-1.0, "geometry"), (np.nan, "geometry"), (5.0, "guess")):
        with pytest.raises(InputError):
            with_elevation_mask(station, mask, status)


def test_heights_without_a_source_are_marked():
    assert all(site.altitude_status == "assumed" for site in ALL if site.altitude_m == 0.0)
    assert lunar_site("luna25_impact").altitude_m == -360.0


def test_wenchang_corridor_is_in_azimuth():
    site = launch_site("wenchang")
    assert site.azimuth_corridors_deg == ((90.0, 175.0),)
    low, high = inclination_from_rotating_azimuth_deg([90.0, 175.0], site.latitude_geocentric_deg, 7.79)
    assert abs(low - site.min_inclination_deg) < 1e-6
    assert 80.0 < high < 86.0
    assert launch_site("vostochny").inclination_corridors_deg == (51.7, 64.8, 98.3)


def test_rotating_azimuth_of_a_textbook_case():
    # KSC to 51.6 degrees: inertial 44.98, rotating 42.8 for 7.78 km/s (ISS launch azimuth from the Cape,
    # 42-45).
    inertial = azimuth_inertial_deg(51.6, 28.466)
    rotating = azimuth_rotating_deg(51.6, 28.466, 7.78)
    assert abs(inertial - 44.95) < 0.05
    assert abs(rotating - 42.6) < 0.3
    assert azimuth_inertial_deg(51.6, 28.466, ascending=False) == pytest.approx(180.0 - inertial)


def test_due_east_is_reachable_at_the_very_latitude():
    assert azimuth_inertial_deg(51.6972, 51.6972) == pytest.approx(90.0, abs=1e-5)
    assert azimuth_inertial_deg(180.0 - 51.6972, 51.6972) == pytest.approx(270.0, abs=1e-5)


@pytest.mark.parametrize("bad", [np.nan, -1.0, 181.0])
def test_impossible_inclinations_are_refused(bad):
    with pytest.raises(InputError):
        azimuth_inertial_deg(bad, 10.0)
    with pytest.raises(InputError):
        inclination_deg(bad * 1000.0 if bad == bad else bad, 10.0)
    with pytest.raises(InputError):
        inclination_from_rotating_azimuth_deg(90.0, 10.0, 0.1)
