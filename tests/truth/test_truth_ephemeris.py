"""The package's cut of DE440 against the full DE440, read by other software (frozen values)."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from sim.ephemeris import open_ephemeris, open_spk
from sim.units import ARCSEC_PER_RAD

FROZEN = json.loads((Path(__file__).parent / "ephemeris_de440.json").read_text())

# Both programs sum the same coefficients by the same recurrence. Measured: at least 75 % of the positions are equal to
# the last bit, the rest differ by one unit in the last place (5.8e-11 km for the geocentric Moon, 3.7e-9 km for Mars).
# Four units of the largest distance allow for a numpy that rounds otherwise.
POSITION_UNITS = 4.0
# Measured 2.5e-16 (Moon) to 1.5e-14 km/s (bodies about the Earth, 30 km/s): the rates per day are divided again.
VELOCITY_TOLERANCE_KM_S = {"moon wrt earth": 2.5e-15}
VELOCITY_TOLERANCE_OTHERS_KM_S = 1e-13


@pytest.mark.parametrize("pair", list(FROZEN["states"]))
def test_states_equal_full_de440(pair, record_accuracy):
    target, center = pair.split(" wrt ")
    frozen = FROZEN["states"][pair]
    truth = np.array(frozen["state_km_km_s"])
    state = open_ephemeris().state(target, center, frozen["t_tdb"])
    position_km = np.linalg.norm(state[:, :3] - truth[:, :3], axis=1)
    velocity_km_s = np.linalg.norm(state[:, 3:] - truth[:, 3:], axis=1)
    tolerance_km = POSITION_UNITS * np.spacing(np.abs(truth[:, :3]).max())
    tolerance_km_s = VELOCITY_TOLERANCE_KM_S.get(pair, VELOCITY_TOLERANCE_OTHERS_KM_S)
    case, reference = f"ephemeris: {pair}", "full DE440, jplephem"
    record_accuracy(case, reference, "position q75", np.quantile(position_km, 0.75), "km", tolerance_km)
    record_accuracy(case, reference, "position max", position_km.max(), "km", tolerance_km)
    record_accuracy(case, reference, "velocity max", velocity_km_s.max(), "km/s", tolerance_km_s)
    assert position_km.max() < tolerance_km
    assert velocity_km_s.max() < tolerance_km_s


def test_librations_equal_a_second_reading_of_de440(record_accuracy):
    frozen = FROZEN["librations"]
    truth = np.array(frozen["angles_rad_rates_rad_s"])
    angles, rates = open_ephemeris().moon_librations(frozen["t_tdb"])
    error_rad = np.abs(angles - truth[:, :3]).max()
    error_rad_s = np.abs(rates - truth[:, 3:]).max()
    # Measured 9.1e-13 rad (psi reaches 1e4 rad: half a unit in the last place) and 4.2e-22 rad/s (one unit).
    case, reference = "ephemeris: lunar librations", "JPL binary of DE440, second reading"
    record_accuracy(case, reference, "angle max", error_rad, "rad", 5e-12)
    record_accuracy(case, reference, "rate max", error_rad_s, "rad/s", 5e-21)
    assert error_rad < 5e-12
    assert error_rad_s < 5e-21


def test_librations_agree_with_the_pck_of_de421(record_accuracy, tmp_path):
    # The principal axes of DE421 and DE440 are two frames: 0.18 arcsec rms, 0.21 arcsec at most (1.8 m).
    spec = importlib.util.find_spec("lunarsky")  # not imported: that takes seconds
    assert spec is not None and spec.origin is not None, "lunarsky belongs to the extra 'test'"
    pck = Path(spec.origin).parent / "data" / "pck" / "moon_pa_de421_1900-2050.bpc"
    ours = open_ephemeris()
    t = np.linspace(-1.29e9, 1.6e9, 500)
    other = open_spk(_small_spk(tmp_path), pck=pck)
    assert pck.name in other.librations_name
    product = _rotation(ours.moon_librations(t)[0]) @ _rotation(other.moon_librations(t)[0]).swapaxes(1, 2)
    sine = 0.5 * np.stack([product[:, i, j] - product[:, j, i] for i, j in ((1, 2), (2, 0), (0, 1))], axis=1)
    difference_arcsec = np.linalg.norm(sine, axis=1).max() * ARCSEC_PER_RAD
    record_accuracy(
        "ephemeris: lunar principal axes", "DE421 PCK (lunarsky)", "angle max", difference_arcsec, "arcsec", 0.25
    )
    assert 0.1 < difference_arcsec < 0.25  # an exact zero would mean that one file was compared with itself


def _rotation(angles_rad):
    """R3(psi) R1(theta) R3(phi), written out (Goldstein, Classical Mechanics, eq. 4.46)."""
    (f, t, p), (sf, st, sp) = np.cos(angles_rad.T), np.sin(angles_rad.T)
    rows = [
        [p * f - t * sf * sp, p * sf + t * f * sp, sp * st],
        [-sp * f - t * sf * p, -sp * sf + t * f * p, p * st],
        [st * sf, -st * f, t],
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def _small_spk(tmp_path):
    spice = pytest.importorskip("spiceypy")
    path = str(tmp_path / "moon.bsp")
    series = open_ephemeris().links[301].segments[0].series
    handle = spice.spkopn(path, "cut", 0)
    start, stop = series.start_tdb, series.start_tdb + 10 * series.granule_s
    spice.spkw02(
        handle, 301, 3, "J2000", start, stop, "cut", series.granule_s, 10, 12, series.coefficients[:10].ravel(), start
    )
    spice.spkcls(handle)
    return path
