"""Daily launch windows with a free azimuth: from the first to the last instant at which some allowed plane fits.

At one inclination a launch window is an instant. A launcher that may choose its azimuth flies a different plane each
minute; the window then opens and closes where the plane reaches the limit of the sector (or where the family ends).
The opportunities of a search over several inclinations are chained into such windows here, and each instant is priced:
injection, insertion and the launcher's loss of the Earth's rotation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.bodies import EARTH
from sim.constants import EARTH_ROTATION_RATE_RAD_S
from sim.sites import LaunchSite
from sim.units import M_PER_KM, RAD_PER_DEG, S_PER_HOUR
from sim.windows.table import OpportunityTable

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

SAME_WINDOW_S = 3.0 * S_PER_HOUR
"""Opportunities of one family further apart than this belong to different days (planes one degree apart fit 10 to 45
minutes apart; the same plane comes back after 24.8 h)."""


def ascent_penalty_m_s(site: LaunchSite, inclination_deg: Floats, orbit_radius_km: float) -> Floats:
    """Return what a launcher must add because less of the Earth's rotation helps than at the lowest inclination.

    Parameters
    ----------
    site : LaunchSite
        Launch site.
    inclination_deg : ndarray, shape (N,)
        Parking inclinations.
    orbit_radius_km : float
        Radius of the circular parking orbit.

    Returns
    -------
    ndarray, shape (N,)
        m/s over the least inclination; speed relative to the rotating Earth at insertion, ascent losses taken as equal
        (Vallado, 4th ed., sec. 6.4).
    """
    speed = math.sqrt(EARTH.gm_km3_s2 / orbit_radius_km)
    latitude = math.radians(site.latitude_geocentric_deg)
    ground = EARTH_ROTATION_RATE_RAD_S * EARTH.radius_equatorial_km * math.cos(latitude)

    def relative(cosine: Floats) -> Floats:
        # |v - w east|: the eastward part of v at the site's latitude is v cos(inc) / cos(latitude)
        return np.sqrt(speed**2 + ground**2 - 2.0 * speed * ground * cosine / math.cos(latitude))

    at_least = relative(np.array([math.cos(latitude)]))
    return np.asarray((relative(np.cos(inclination_deg * RAD_PER_DEG)) - at_least) * M_PER_KM)


@dataclass(frozen=True)
class DailyWindows:
    """Windows with free azimuth, sorted by opening; arrays have W rows.

    Attributes
    ----------
    open_row, best_row, close_row : ndarray of int, shape (W,)
        Rows of the table at which each window opens, is cheapest and closes.
    open_tdb, best_tdb, close_tdb : ndarray, shape (W,)
        Lift-off there.
    cost_m_s : ndarray, shape (W, 3)
        Injection plus insertion plus ascent penalty at opening, best instant and close.
    planes_count : ndarray of int, shape (W,)
        Opportunities (inclinations and legs) chained.
    """

    open_row: Rows
    best_row: Rows
    close_row: Rows
    open_tdb: Floats
    best_tdb: Floats
    close_tdb: Floats
    cost_m_s: Floats
    planes_count: Rows

    def __len__(self) -> int:
        """Return the number of windows."""
        return int(self.open_row.size)

    @property
    def duration_s(self) -> Floats:
        """Length of each window."""
        return self.close_tdb - self.open_tdb


def daily_windows(table: OpportunityTable, site: LaunchSite, parking_altitude_km: float) -> DailyWindows:
    """Chain opportunities of several inclinations into daily windows.

    Parameters
    ----------
    table : OpportunityTable
        Of one mission, searched at several inclinations; the edges of a window are those of the inclinations searched,
        so give the sector's limits among them.
    site : LaunchSite
        For the ascent penalty.
    parking_altitude_km : float
        Over the equatorial radius.

    Returns
    -------
    DailyWindows
        One row per family (pole, branch, flight time, revolutions) and passage of the site through its planes; both
        launch legs join where the azimuth is due east.
    """
    radius = EARTH.radius_equatorial_km + parking_altitude_km
    cost = table.tli_dv_m_s + table.loi_dv_m_s + ascent_penalty_m_s(site, table.inclination_deg, radius)
    family = np.stack((table.pole, table.branch, table.revs), axis=1).astype(float)
    family = np.column_stack((family, table.tof_day))
    _, number = np.unique(family, axis=0, return_inverse=True)
    order = np.lexsort((table.launch_tdb, number.ravel()))
    fresh = np.ones(order.size, dtype=bool)
    if order.size:
        apart = np.diff(table.launch_tdb[order]) > SAME_WINDOW_S
        fresh[1:] = apart | (np.diff(number.ravel()[order]) != 0)
    label = np.cumsum(fresh) - 1
    groups = [order[label == k] for k in range(int(label[-1]) + 1 if label.size else 0)]
    first = np.array([rows[0] for rows in groups], dtype=np.intp)
    last = np.array([rows[-1] for rows in groups], dtype=np.intp)
    best = np.array([rows[np.argmin(cost[rows])] for rows in groups], dtype=np.intp)
    sort = np.argsort(table.launch_tdb[first], kind="stable") if groups else np.empty(0, dtype=np.intp)
    first, best, last = first[sort], best[sort], last[sort]
    return DailyWindows(
        first,
        best,
        last,
        table.launch_tdb[first],
        table.launch_tdb[best],
        table.launch_tdb[last],
        np.stack((cost[first], cost[best], cost[last]), axis=1),
        np.array([groups[k].size for k in sort], dtype=np.intp),
    )
