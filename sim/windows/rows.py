"""From solved and closed transfers to rows of the opportunity table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.bodies import MOON
from sim.ephemeris import Ephemeris
from sim.maneuvers import loi_dv_m_s, tli_dv_m_s
from sim.windows.arrival import arrival_geometry
from sim.windows.closure import Closed
from sim.windows.injection import injection_burns
from sim.windows.manifold import Family
from sim.windows.request import BRANCHES, LEGS, POLES, DepartureOrbit, WindowRequest
from sim.windows.table import OpportunityTable

Floats = NDArray[np.float64]


def tabulate(
    request: WindowRequest,
    family: Family,
    leg: str,
    azimuth_deg: float,
    closed: Closed,
    keep: NDArray[np.intp],
    ephemeris: Ephemeris,
) -> OpportunityTable:
    """Turn closed solutions into table columns: the border where radians become degrees and km/s become m/s.

    Parameters
    ----------
    request : WindowRequest
        The search.
    family : Family
        Family of all rows.
    leg : str
        Launch leg.
    azimuth_deg : float
        Inertial launch azimuth; NaN when nothing is launched.
    closed : Closed
        Solutions.
    keep : ndarray of int, shape (K,)
        Rows of `closed` to tabulate.
    ephemeris : Ephemeris
        GMs and lunar orientation.

    Returns
    -------
    OpportunityTable
        K rows. Flights that strike the Moon have no insertion: its velocity change is 0.
    """
    count = keep.size
    found = closed.transfers.select(keep)
    perilune = closed.perilune_tdb[keep]
    mu_earth, mu_moon = ephemeris.gm_km3_s2["earth"], ephemeris.gm_km3_s2["moon"]
    radius = np.sqrt((found.perigee_state[:, :3] ** 2).sum(axis=1))
    speed2 = (found.perigee_state[:, 3:] ** 2).sum(axis=1)
    c3 = speed2 - 2.0 * mu_earth / radius
    vinf = np.sqrt((found.vinf_km_s**2).sum(axis=1))
    perilune_radius = MOON.radius_km + request.perilune_altitude_km
    apolune_radius = MOON.radius_km + request.apolune_altitude_km
    insertion = np.zeros(count)
    if not request.strikes:
        insertion = loi_dv_m_s(vinf, perilune_radius, apolune_radius, mu_moon)
    burn = injection_burns(request, found.perigee_tdb, c3, mu_earth)
    arrival = arrival_geometry(request, perilune, found.perilune_state, ephemeris)
    return OpportunityTable(
        mission_id=request.mission_id,
        site_id=request.site.id,
        pole=np.full(count, POLES.index("north" if family.pole_sign > 0 else "south"), dtype=np.int8),
        branch=np.full(count, BRANCHES.index("ascending" if family.branch_sign > 0 else "descending"), dtype=np.int8),
        leg=np.full(count, LEGS.index(leg), dtype=np.int8),
        launch_tdb=closed.launch_tdb[keep],
        azimuth_deg=np.full(count, azimuth_deg),
        inclination_deg=np.full(count, family.inclination_deg),
        raan_deg=np.mod(np.rad2deg(closed.raan_rad[keep]), 360.0),
        coast_s=_coast_s(request, closed.coast_s[keep], found.perigee_tdb - burn.ignition_tdb),
        revs=closed.revs[keep],
        tli_tdb=found.perigee_tdb,
        tli_ignition_tdb=burn.ignition_tdb,
        tli_burn_s=burn.duration_s,
        tli_loss_m_s=burn.loss_m_s,
        tof_day=np.full(count, family.tof_day),
        perilune_tdb=perilune,
        c3_km2_s2=c3,
        tli_dv_m_s=tli_dv_m_s(radius if request.stage is None else request.parking_radius_km, c3, mu_earth),
        loi_dv_m_s=insertion,
        vinf_km_s=vinf,
        lunar_inclination_deg=arrival.inclination_deg,
        node_longitude_deg=arrival.node_longitude_deg,
        beta_sun_deg=arrival.beta_sun_deg,
        beta_earth_deg=arrival.beta_earth_deg,
        sun_elevation_deg=arrival.sun_elevation_deg,
        tli_state=found.perigee_state,
        perilune_state=found.perilune_state,
        status=found.status,
    )


def _coast_s(request: WindowRequest, on_orbit_s: Floats, lead_s: Floats) -> Floats:
    """Return the coast up to ignition; departures from an orbit have none."""
    if request.stage is None or isinstance(request.site, DepartureOrbit):
        return on_orbit_s
    return on_orbit_s + request.aim.delay_s - lead_s
