"""Radio contact of an orbiter with a place on the Moon, by simple geometry (`sim.analysis.lunar_orbit`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.analysis.lunar_orbit import SIDEREAL_MONTH_DAY, Floats, LunarOrbit, site_direction
from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY, TWO_PI
from sim.units import RAD_PER_DEG

SAMPLES_PER_REVOLUTION = 240
_HALVINGS = 24
_MINUTE_S = 60.0
_HOUR_S = 3600.0


@dataclass(frozen=True)
class Contacts:
    """Intervals of contact over a span, and what follows from them.

    Attributes
    ----------
    start_s, stop_s : ndarray, shape (N,)
        Begin and end of each contact, seconds from the start of the span; cut at its ends.
    span_s : float
        Length of the span.
    range_max_km : float
        Longest distance during contact; 0 without contact.
    """

    start_s: Floats
    stop_s: Floats
    span_s: float
    range_max_km: float

    @property
    def contacts_per_day(self) -> float:
        """Contacts that begin within the span, per day."""
        return float(np.count_nonzero(self.start_s > 0.0)) / (self.span_s / SECONDS_PER_DAY)

    @property
    def fraction(self) -> float:
        """Share of the span in contact."""
        return float(np.sum(self.stop_s - self.start_s)) / self.span_s

    @property
    def minutes_per_day(self) -> float:
        """Minutes of contact a day."""
        return self.fraction * SECONDS_PER_DAY / _MINUTE_S

    @property
    def mean_contact_min(self) -> float:
        """Mean length of the contacts that lie wholly in the span; of all when none does; 0 without any."""
        whole = (self.start_s > 0.0) & (self.stop_s < self.span_s)
        chosen = whole if whole.any() else np.ones_like(whole)
        lengths = (self.stop_s - self.start_s)[chosen]
        return float(lengths.mean()) / _MINUTE_S if lengths.size else 0.0

    @property
    def longest_gap_hour(self) -> float:
        """Longest time without contact, the ends of the span included."""
        edges_from = np.concatenate([[0.0], self.stop_s])
        edges_to = np.concatenate([self.start_s, [self.span_s]])
        return float(np.max(edges_to - edges_from)) / _HOUR_S


Place = tuple[float, float]
"""Selenographic latitude and longitude, degrees."""


def _slant(orbit: LunarOrbit, site: Place, t_s: Floats) -> tuple[Floats, Floats]:
    """Return the sine of the elevation over the site's horizon, and the distance in km, each (N,)."""
    up = site_direction(site[0], site[1], t_s)
    line = orbit.position_km(t_s) - MOON.radius_km * up
    range_km = np.sqrt(np.sum(line * line, axis=1))
    return np.sum(line * up, axis=1) / range_km, range_km


def _crossings(orbit: LunarOrbit, site: Place, sine: float, low: Floats, high: Floats) -> Floats:
    """Bisect for the times between `low` and `high` at which the elevation passes the mask."""
    above_low = _slant(orbit, site, low)[0] >= sine
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        same = (_slant(orbit, site, middle)[0] >= sine) == above_low
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return 0.5 * (low + high)


def _edges(above: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the sample indices before each rise and before each set."""
    change = np.diff(above.astype(np.int8))
    return np.flatnonzero(change > 0), np.flatnonzero(change < 0)


def find_contacts(
    orbit: LunarOrbit,
    latitude_deg: float,
    longitude_deg: float,
    *,
    elevation_mask_deg: float = 5.0,
    span_day: float = SIDEREAL_MONTH_DAY,
) -> Contacts:
    """Find the intervals in which an orbiter stands above a site's horizon.

    Sampled 240 times a revolution, edges by bisection to well below a second; a contact shorter than a sample
    (half a minute in a low orbit) may be missed.

    Parameters
    ----------
    orbit : LunarOrbit
        The orbit.
    latitude_deg, longitude_deg : float
        Selenographic, on the sphere of 1737.4 km.
    elevation_mask_deg : float
        Lowest elevation that counts.
    span_day : float
        From time zero; one turn of the Moon by default, in which every geometry occurs.

    Returns
    -------
    Contacts
        Intervals and averages.
    """
    span_s = span_day * SECONDS_PER_DAY
    step_s = TWO_PI / orbit.mean_motion_rad_s / SAMPLES_PER_REVOLUTION
    t_s = np.linspace(0.0, span_s, int(np.ceil(span_s / step_s)) + 1)
    site, sine = (latitude_deg, longitude_deg), float(np.sin(elevation_mask_deg * RAD_PER_DEG))
    sine_elevation, range_km = _slant(orbit, site, t_s)
    above = sine_elevation >= sine
    rises, sets = _edges(above)
    start = _crossings(orbit, site, sine, t_s[rises], t_s[rises + 1])
    stop = _crossings(orbit, site, sine, t_s[sets], t_s[sets + 1])
    edge_range = _slant(orbit, site, np.concatenate([start, stop]))[1]
    reached = np.concatenate([range_km[above], edge_range, [0.0]])
    if above[0]:
        start = np.concatenate([[0.0], start])
    if above[-1]:
        stop = np.concatenate([stop, [span_s]])
    return Contacts(start, stop, span_s, float(np.max(reached)))
