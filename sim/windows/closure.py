"""Launch closure: the instants at which the turning Earth carries the site through a transfer's parking plane.

For one continuous family of transfers and one launch leg, the local sidereal angle of the site at lift-off must equal
the node of the parking plane (drifted back over the coast by J2) plus the fixed offset of the leg. Lift-off itself
is injection minus coast minus ascent, and the coast is the arc from insertion to perigee. All is one equation in
the arrival epoch with about one root a day; roots are bracketed on the splines of the family, then each is polished
with full-model solutions until the instant moves by less than `CLOSURE_TOLERANCE_S`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from sim.constants import EARTH_ROTATION_RATE_RAD_S, TWO_PI
from sim.ephemeris import Ephemeris
from sim.transfer import Outcome, Transfers, join_transfers, solve_direct
from sim.units import RAD_PER_DEG, S_PER_DAY
from sim.windows.manifold import (
    GRID_S,
    Family,
    Segment,
    family_targets,
    injection_plane,
    sidereal_angle_rad,
)
from sim.windows.parking import LaunchGeometry, ParkingRates, launch_geometry, parking_rates
from sim.windows.request import WindowRequest

Floats = NDArray[np.float64]

CLOSURE_TOLERANCE_S = 0.01
"""Largest mismatch of the lift-off instant left after polishing."""

SAMPLE_S = 600.0
"""Spacing at which the closure equation is sampled for sign changes (its roots are about a day apart)."""

MAX_POLISH = 8

SEAM_S = 20.0
"""Roots of one leg and turn closer than this in arrival epoch are the same one, seen from two segments."""


@dataclass(frozen=True)
class LegGeometry:
    """Everything of a family's launch that does not depend on the arrival epoch.

    Attributes
    ----------
    launch, rates : LaunchGeometry, ParkingRates
        Of site and parking orbit.
    ascent_arc_rad, ascent_s : float
        Ascent.
    longitude_deg : float
        Of the site.
    tof_s : float
        Flight time.
    delay_s : float
        By which a finite injection passes the transfer's perigee later than the parking orbit would have.
    lead_rad : float
        Arc of the parking orbit from ignition to the direction of that perigee; zero for an impulse.
    """

    launch: LaunchGeometry
    rates: ParkingRates
    ascent_arc_rad: float
    ascent_s: float
    longitude_deg: float
    tof_s: float
    delay_s: float
    lead_rad: float

    @property
    def before_perigee_s(self) -> float:
        """Time from lift-off to the transfer's perigee, less the arc on the parking orbit."""
        return self.ascent_s + self.delay_s


def leg_geometry(request: WindowRequest, family: Family, leg: str) -> LegGeometry:
    """Return launch geometry, drift rates and ascent constants of one family and leg.

    Parameters
    ----------
    request : WindowRequest
        The search.
    family : Family
        Inclination and flight time.
    leg : str
        ``northeast`` or ``southeast``.

    Returns
    -------
    LegGeometry
        Constants of the closure equation.
    """
    rates = parking_rates(request.parking_radius_km, family.inclination_deg)
    return LegGeometry(
        launch_geometry(request.launch_site, family.inclination_deg, leg),
        rates,
        request.ascent_arc_deg * RAD_PER_DEG,
        request.ascent_s,
        request.launch_site.longitude_deg,
        family.tof_day * S_PER_DAY,
        request.aim.delay_s,
        request.lead_on_orbit_s * rates.argument_of_latitude_rad_s,
    )


def wrap_rad(angle_rad: Floats) -> Floats:
    """Return angles folded into [-pi, pi).

    Parameters
    ----------
    angle_rad : ndarray
        Angles.

    Returns
    -------
    ndarray
        rad.
    """
    return np.mod(angle_rad + np.pi, TWO_PI) - np.pi


def coast_rad(geometry: LegGeometry, argument_of_latitude_rad: Floats) -> Floats:
    """Return the arc from insertion to injection, not yet folded into a revolution.

    Parameters
    ----------
    geometry : LegGeometry
        Of the leg.
    argument_of_latitude_rad : ndarray, shape (N,)
        At injection.

    Returns
    -------
    ndarray, shape (N,)
        rad.
    """
    return argument_of_latitude_rad - geometry.launch.argument_of_latitude_rad - geometry.ascent_arc_rad


def node_mismatch_rad(geometry: LegGeometry, raan_rad: Floats, coast_s: Floats, sidereal_rad: Floats) -> Floats:
    """Return node of the parking plane at insertion plus leg offset minus the site's sidereal angle, folded.

    Parameters
    ----------
    geometry : LegGeometry
        Of the leg.
    raan_rad : ndarray, shape (N,)
        Node at injection.
    coast_s : ndarray, shape (N,)
        Coast.
    sidereal_rad : ndarray, shape (N,)
        Local sidereal angle of the site at lift-off.

    Returns
    -------
    ndarray, shape (N,)
        rad; zero when the plane contains the site.
    """
    node = raan_rad - geometry.rates.node_rad_s * coast_s
    return wrap_rad(node + geometry.launch.node_offset_rad - sidereal_rad)


@dataclass(frozen=True)
class Roots:
    """Approximate opportunities of one family and leg, from its splines; all arrays have K rows.

    Attributes
    ----------
    perilune_tdb, coast_rad : ndarray, shape (K,)
        Arrival epoch, arc from insertion to injection.
    vinf_km_s, vinf_rate_km_s2 : ndarray, shape (K, 3)
        Excess velocity and its change along the family.
    jacobian : ndarray, shape (K, 3, 3)
        Of the solver; NaN where it is to find its own.
    slope_rad_s : ndarray, shape (K,)
        Change of the node mismatch with arrival epoch: minus the Earth's turning, plus the node's following the Moon.
    """

    perilune_tdb: Floats
    coast_rad: Floats
    vinf_km_s: Floats
    vinf_rate_km_s2: Floats
    jacobian: Floats
    slope_rad_s: Floats

    def select(self, rows: NDArray[np.intp]) -> Roots:
        """Return some of the roots.

        Parameters
        ----------
        rows : ndarray of int
            Which.

        Returns
        -------
        Roots
            Those.
        """
        return Roots(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))


def join_roots(parts: list[Roots]) -> Roots:
    """Return all roots of several segments; one found on both sides of a seam is kept once.

    Parameters
    ----------
    parts : list of Roots
        At least one.

    Returns
    -------
    Roots
        Sorted by coast turn and arrival.
    """
    joined = Roots(*(np.concatenate([getattr(part, name) for part in parts]) for name in Roots.__dataclass_fields__))
    joined = joined.select(np.argsort(joined.perilune_tdb, kind="stable"))
    near = np.abs(np.diff(joined.perilune_tdb)) < SEAM_S
    near &= np.abs(np.diff(joined.coast_rad)) < 1.0
    return joined.select(np.flatnonzero(np.concatenate(([True], ~near))) if joined.perilune_tdb.size else np.arange(0))


def bracket_roots(geometry: LegGeometry, segment: Segment, coast_s_max: float) -> Roots:
    """Return approximate opportunities on a segment: where the closure equation changes sign.

    Parameters
    ----------
    geometry : LegGeometry
        Of the leg.
    segment : Segment
        Family splines.
    coast_s_max : float
        Longest coast up to ignition.

    Returns
    -------
    Roots
        Ascending along the segment within each turn number.
    """
    variable = segment.sample_values(SAMPLE_S)
    epochs, values = segment.epochs_tdb(variable), segment.spline(variable)
    arc = coast_rad(geometry, values[:, 1])
    origin = float(epochs.min()) - geometry.tof_s - coast_s_max - S_PER_DAY
    sidereal = _slow_sidereal(origin, float(epochs.max()))
    longest = geometry.rates.argument_of_latitude_rad_s * coast_s_max
    parts = []
    farthest = longest + geometry.lead_rad
    for turn in range(int(np.floor(-arc.max() / TWO_PI)), int(np.ceil((farthest - arc.min()) / TWO_PI)) + 1):
        total = arc + TWO_PI * turn
        coast = total / geometry.rates.argument_of_latitude_rad_s
        launch = epochs - geometry.tof_s - coast - geometry.before_perigee_s
        turned = EARTH_ROTATION_RATE_RAD_S * (launch - origin) + geometry.longitude_deg * RAD_PER_DEG
        mismatch = node_mismatch_rad(geometry, values[:, 0], coast, sidereal(launch) + turned)
        change = np.diff(mismatch)
        index = np.flatnonzero((np.sign(mismatch[1:]) != np.sign(mismatch[:-1])) & (np.abs(change) < np.pi))
        share = -mismatch[index] / change[index]
        at = total[index] + share * (total[index + 1] - total[index])
        keep = (at >= geometry.lead_rad) & (at - geometry.lead_rad <= longest)
        index, share, at = index[keep], share[keep], at[keep]
        where = variable[index] + share * (variable[index + 1] - variable[index])
        parts.append((where, at, change[index] / np.diff(epochs)[index]))
    where, at, slope = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _roots_at(segment, where, at, slope)


def _roots_at(segment: Segment, where: Floats, arcs: Floats, slope: Floats) -> Roots:
    """Read guesses off the splines at values of the independent variable."""
    values, rates = segment.spline(where), segment.spline(where, 1)
    per_second = 1.0 if segment.fold_tdb is None else 1.0 / (2.0 * segment.side_sign * where)
    vinf_rate = rates[:, 2:5] * np.broadcast_to(per_second, where.shape)[:, None]
    return Roots(segment.epochs_tdb(where), arcs, values[:, 2:5], vinf_rate, segment.jacobian(values), slope)


def _slow_sidereal(start_tdb: float, stop_tdb: float) -> CubicSpline:
    """Return Greenwich sidereal angle less the mean turning of the Earth since `start_tdb`, as a spline.

    Only brackets use it: nutation and UT1 move so slowly that nodes six hours apart are plenty.
    """
    nodes = np.linspace(start_tdb, stop_tdb, max(int((stop_tdb - start_tdb) / GRID_S), 4) + 1)
    slow = wrap_rad(sidereal_angle_rad(nodes, 0.0) - EARTH_ROTATION_RATE_RAD_S * (nodes - start_tdb))
    return CubicSpline(nodes, np.unwrap(slow))


@dataclass
class Closed:
    """Opportunities closed in the full model; all arrays have K rows.

    Attributes
    ----------
    transfers : Transfers
        The transfer of each.
    perilune_tdb, launch_tdb, coast_s, raan_rad : ndarray
        Arrival, lift-off, time on the parking orbit up to the direction of the transfer's perigee, and node at
        injection (true equator of date).
    revs : ndarray of int
        Whole revolutions in the coast.
    mismatch_s : ndarray
        What is left of the closure, seconds of lift-off.
    """

    transfers: Transfers
    perilune_tdb: Floats
    launch_tdb: Floats
    coast_s: Floats
    raan_rad: Floats
    revs: NDArray[np.int8]
    mismatch_s: Floats


def polish(
    request: WindowRequest,
    family: Family,
    geometry: LegGeometry,
    roots: Roots,
    ephemeris: Ephemeris,
) -> Closed:
    """Close each approximate opportunity of one family and leg with full-model solutions.

    Parameters
    ----------
    request : WindowRequest
        The search.
    family : Family
        Pole, branch, inclination, flight time.
    geometry : LegGeometry
        Of the leg.
    roots : Roots
        Approximate opportunities.
    ephemeris : Ephemeris
        Bodies.

    Returns
    -------
    Closed
        K rows; those that did not close carry `Outcome.CLOSURE`.
    """
    epochs, arcs, guess = roots.perilune_tdb.copy(), roots.coast_rad.copy(), roots.vinf_km_s.copy()
    jacobian = roots.jacobian.copy()
    count = epochs.size
    parts: list[tuple[NDArray[np.intp], Transfers]] = []
    raan, slip = np.full(count, np.nan), np.full(count, np.nan)
    active = np.arange(count)
    for turn in range(MAX_POLISH):
        found = solve_direct(
            family_targets(request, [family], np.zeros(active.size, dtype=np.intp), epochs[active], ephemeris),
            ephemeris=ephemeris,
            guess_vinf_km_s=guess[active],
            guess_jacobian=jacobian[active],
        )
        raan[active], argument = injection_plane(found)
        arcs[active] += wrap_rad(coast_rad(geometry, argument) - arcs[active])  # NaN where nothing was solved
        slip[active] = _slip_s(geometry, epochs[active], arcs[active], raan[active])
        solved = found.status == Outcome.OK
        moving = solved & (np.abs(slip[active]) > CLOSURE_TOLERANCE_S)
        if turn == MAX_POLISH - 1:
            found.status[moving] = Outcome.CLOSURE
            moving[:] = False
        # rows that stand keep the solution they have: nothing depends on how long their neighbours take
        parts.append((active[~moving], found.select(~moving)))
        active = active[moving]
        shift = -slip[active] * EARTH_ROTATION_RATE_RAD_S / roots.slope_rad_s[active]
        epochs[active] += shift
        guess[active] = found.vinf_km_s[moving] + roots.vinf_rate_km_s2[active] * shift[:, None]
        jacobian[active] = found.jacobian[moving]
        if active.size == 0:
            break
    coast = arcs / geometry.rates.argument_of_latitude_rad_s
    return Closed(
        join_transfers(parts, count),
        epochs,
        epochs - geometry.tof_s - coast - geometry.before_perigee_s,
        coast,
        raan,
        np.floor((np.nan_to_num(arcs) - geometry.lead_rad) / TWO_PI + 1e-12).astype(np.int8),
        slip,
    )


def _slip_s(geometry: LegGeometry, epochs: Floats, arcs: Floats, raan: Floats) -> Floats:
    """Return by how many seconds lift-off comes too early for the site to lie in the plane; NaN stays NaN."""
    slip = np.full(epochs.shape, np.nan)
    good = np.isfinite(arcs) & np.isfinite(raan)
    coast = arcs[good] / geometry.rates.argument_of_latitude_rad_s
    launch = epochs[good] - geometry.tof_s - coast - geometry.before_perigee_s
    sidereal = sidereal_angle_rad(launch, geometry.longitude_deg)
    slip[good] = node_mismatch_rad(geometry, raan[good], coast, sidereal) / EARTH_ROTATION_RATE_RAD_S
    return slip
