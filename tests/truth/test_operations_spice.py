"""Site geometry and links against SPICE: azimuth, elevation, occultation, on tracks written as SPK files.

SPICE gets positions of Sun, Earth, orbiter and ground station from these tables and does all the geometry itself, with
the lunar orientation of its own files (DE421) that come with lunarsky.
"""

from __future__ import annotations

from pathlib import Path

import lunarsky
import numpy as np
import pytest
import spiceypy

from sim.ephemeris import open_ephemeris
from sim.events import everything
from sim.frames import earth_site_state_icrf
from sim.operations import (
    Lander,
    LunarElements,
    find_open,
    flat_mask,
    free_of_moon,
    lander_sky,
    sky_series,
    station_sky,
    station_tracks,
    track_from_elements,
)
from sim.sites import ground_station
from sim.timescales import tdb_from_utc

DAY = 86_400.0
START = tdb_from_utc("2027-06-10T00:00:00")
STOP = START + 10 * DAY
ORBIT = LunarElements(60.0, 80.0, 88.5, 25.0, 100.0)
STATION = ground_station("zapala")
DATA = Path(lunarsky.__file__).parent / "data"
FILES = [
    DATA / "pck" / "moon_pa_de421_1900-2050.bpc",
    DATA / "fk" / "satellites" / "moon_080317.tf",
    DATA / "fk" / "satellites" / "moon_assoc_me.tf",
]


def write_body(handle, body, center, function, step_s):
    t = np.arange(START - 3600.0, STOP + 3600.0, step_s)
    spiceypy.spkw09(handle, body, center, "J2000", t[0], t[-1], f"{body}", 9, t.size, function(t), t)


@pytest.fixture(scope="module")
def spice(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("spk") / "bodies.bsp")
    ephemeris = open_ephemeris()
    handle = spiceypy.spkopn(path, "bodies", 0)
    write_body(handle, -926, 301, ORBIT.states_function(START), 60.0)
    write_body(handle, 399, 301, lambda t: ephemeris.state("earth", "moon", t), 3600.0)
    write_body(handle, 10, 301, lambda t: ephemeris.state("sun", "moon", t), 3600.0)
    write_body(handle, 301, 0, lambda t: ephemeris.state("moon", "ssb", t), 3600.0)
    write_body(handle, 399_777, 399, lambda t: earth_site_state_icrf(STATION.position_itrf_km, t), 300.0)
    spiceypy.spkcls(handle)
    files = [*map(str, FILES), path]
    for file in files:
        spiceypy.furnsh(file)
    spiceypy.pdpool("BODY301_RADII", [1737.4] * 3)
    spiceypy.boddef("STATION777", 399_777)
    spiceypy.boddef("ORBITER926", -926)
    yield spiceypy
    for file in files:
        spiceypy.unload(file)
    spiceypy.dvpool("BODY301_RADII")


def azimuth_elevation(spice, target, place, t):
    """Azimuth and elevation by SPICE's own routine, deg."""
    out = [spice.azlcpo("ELLIPSOID", target, float(one), "NONE", False, True, place, "MOON", "MOON_ME") for one in t]
    return np.degrees(np.array([one[0][1:3] for one in out])).T


@pytest.mark.parametrize(("latitude", "longitude"), [(-88.8, 123.4), (-69.545, 43.544), (43.0576, -51.9161)])
def test_val_sun_and_earth_over_sites(spice, record_accuracy, latitude, longitude):
    t = np.random.default_rng(31).uniform(START, STOP, 300)
    lander = Lander("site", latitude, longitude)
    sky = sky_series(lander, t)
    for target, azimuth, elevation in (
        ("SUN", sky.sun_azimuth_deg, sky.sun_elevation_deg),
        ("EARTH", sky.earth_azimuth_deg, sky.earth_elevation_deg),
    ):
        reference = azimuth_elevation(spice, target, lander.position_me_km, t)
        where = f"{target} over {latitude:g}, {longitude:g}"
        # DE440 against DE421 axes: 0.07 arcsec.
        record_accuracy(where, "SPICE azlcpo", "elevation", np.abs(elevation - reference[1]).max(), "deg", 1e-4)
        turn = np.mod(azimuth - reference[0] + 180.0, 360.0) - 180.0
        arc = np.abs(turn * np.cos(np.radians(elevation))).max()
        record_accuracy(where, "SPICE azlcpo", "azimuth, on the sky", arc, "deg", 1e-4)


def test_val_contacts_of_a_lander_begin_and_end_as_in_spice(spice, record_accuracy):
    lander = Lander("site", -88.8, 123.4, 0.0, flat_mask(5.0))
    track = track_from_elements("orbiter", ORBIT, START, START, STOP)
    open_ = find_open(lander_sky(lander, track), everything(START, STOP))
    assert len(open_) > 120
    edges = np.concatenate([open_.start_tdb[open_.whole], open_.stop_tdb[open_.whole]])
    elevation = azimuth_elevation(spice, "ORBITER926", lander.position_me_km, edges)[1]
    record_accuracy(
        "Contacts of an orbiter at 60-80 km", "SPICE azlcpo", "elevation at the edges", np.abs(elevation - 5.0).max(),
        "deg", 2e-3,
    )  # fmt: skip
    later = azimuth_elevation(spice, "ORBITER926", lander.position_me_km, edges + 1.0)[1]
    rate = np.abs(later - elevation)
    record_accuracy(
        "Contacts of an orbiter at 60-80 km", "SPICE azlcpo", "time of the edges",
        (np.abs(elevation - 5.0) / rate).max(), "s", 0.05,
    )  # fmt: skip


def test_val_occultations_begin_and_end_as_in_spice(spice, record_accuracy):
    (station,) = station_tracks((STATION,), START, STOP)
    track = track_from_elements("orbiter", ORBIT, START, START, STOP)
    up = find_open(station_sky(station, track, light_time=False), everything(START, STOP), sample_s=300.0)
    free = find_open(free_of_moon(station, track, light_time=False), up)
    edges = np.concatenate([free.start_tdb, free.stop_tdb])
    by_moon = ~np.isin(edges, np.concatenate([up.start_tdb, up.stop_tdb]))
    edges = edges[by_moon]
    assert edges.size > 60

    def hidden(t):
        code = spice.occult("ORBITER926", "POINT", " ", "MOON", "ELLIPSOID", "MOON_ME", "NONE", "STATION777", float(t))
        return code != 0

    wrong_s = []
    for edge in edges:
        low, high = edge - 5.0, edge + 5.0
        before = hidden(low)
        assert before != hidden(high)
        for _ in range(20):
            middle = 0.5 * (low + high)
            low, high = (middle, high) if hidden(middle) == before else (low, middle)
        wrong_s.append(abs(0.5 * (low + high) - edge))
    record_accuracy(
        "Occultations of an orbiter at 60-80 km", "SPICE occult", "time of the edges", max(wrong_s), "s", 0.05
    )
