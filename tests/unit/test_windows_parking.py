"""Parking-orbit geometry against spherical vectors and against integration with J2."""

import math

import numpy as np
import pytest

from sim.bodies import EARTH
from sim.dynamics import ForceModel
from sim.errors import UnreachableError
from sim.propagation import propagate
from sim.sites import launch_site
from sim.windows.parking import launch_geometry, parking_rates


@pytest.mark.parametrize("leg", ["northeast", "southeast"])
@pytest.mark.parametrize(("site", "inclination_deg"), [("vostochny", 51.73), ("wenchang", 28.5), ("vostochny", 98.3)])
def test_launch_plane_contains_the_site_and_the_azimuth(site: str, inclination_deg: float, leg: str) -> None:
    place = launch_site(site)
    geometry = launch_geometry(place, inclination_deg, leg)
    latitude, inc = math.radians(place.latitude_geocentric_deg), math.radians(inclination_deg)
    up = np.array([math.cos(latitude), 0.0, math.sin(latitude)])  # site on the meridian of sidereal angle zero
    raan = -geometry.node_offset_rad
    normal = np.array([math.sin(inc) * math.sin(raan), -math.sin(inc) * math.cos(raan), math.cos(inc)])
    assert normal @ up == pytest.approx(0.0, abs=1e-12)
    motion = np.cross(normal, up)
    east, north = np.array([0.0, 1.0, 0.0]), np.array([-math.sin(latitude), 0.0, math.cos(latitude)])
    azimuth = math.atan2(motion @ east, motion @ north) % (2 * math.pi)
    assert azimuth == pytest.approx(geometry.azimuth_rad % (2 * math.pi), abs=1e-9)
    node = np.array([math.cos(raan), math.sin(raan), 0.0])
    u = math.atan2(np.cross(normal, node) @ up, node @ up)
    assert u == pytest.approx(geometry.argument_of_latitude_rad, abs=1e-9)


def test_inclination_below_the_geocentric_latitude_is_unreachable() -> None:
    with pytest.raises(UnreachableError, match=r"51\.6 deg cannot be reached from .*51\.69"):
        launch_geometry(launch_site("vostochny"), 51.6, "northeast")
    # the geodetic latitude (51.88 deg) would wrongly refuse the flown 51.73 deg
    launch_geometry(launch_site("vostochny"), 51.73, "northeast")


@pytest.mark.parametrize("inclination_deg", [28.5, 51.73])
def test_parking_rates_against_integration(inclination_deg: float) -> None:
    radius = EARTH.radius_equatorial_km + 200.0
    inc = math.radians(inclination_deg)
    speed = math.sqrt(EARTH.gm_km3_s2 / radius)
    state = np.array([radius, 0.0, 0.0, 0.0, speed * math.cos(inc), speed * math.sin(inc)])
    model = ForceModel(point_masses=("earth",), earth_zonals=2, earth_pole_icrf=(0.0, 0.0, 1.0))
    rates = parking_rates(radius, inclination_deg)
    span = 4.0 * 2.0 * math.pi / rates.argument_of_latitude_rad_s
    end = propagate(state, 0.0, span, model).states[0]
    normal = np.cross(end[:3], end[3:])
    node = math.atan2(normal[0], -normal[1])
    along = end[0] * math.cos(node) + end[1] * math.sin(node)
    across = (-end[0] * math.sin(node) + end[1] * math.cos(node)) * math.cos(inc) + end[2] * math.sin(inc)
    u = math.atan2(across, along)
    # after whole revolutions short-period terms vanish; what is left comes from a circular osculating start, whose mean
    # radius is some km lower: node 1.2e-4 rad (2 s of launch time), argument of latitude 0.02-0.05 rad over four
    # revolutions (10 s a revolution)
    assert node == pytest.approx(rates.node_rad_s * span, abs=6e-4)
    assert u == pytest.approx(0.0, abs=0.1)
