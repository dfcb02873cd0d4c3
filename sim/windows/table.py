"""The table of launch opportunities: structure of arrays, one entry per opportunity."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int8]


@dataclass(frozen=True)
class OpportunityTable:
    """Opportunities of one mission, sorted by launch time.

    All arrays have shape (N,) unless a shape is given. Angles in degrees; epochs in seconds past J2000 TDB.

    Attributes
    ----------
    mission_id, site_id : str
        Whose opportunities these are, and from where.
    pole, branch, leg : ndarray of int8
        Indices into `sim.windows.request.POLES`, `BRANCHES` and `LEGS`.
    launch_tdb : ndarray
        Lift-off.
    azimuth_deg : ndarray
        Inertial launch azimuth, clockwise from north.
    inclination_deg, raan_deg : ndarray
        Parking orbit to the true equator and equinox of date.
    coast_s : ndarray
        From parking-orbit insertion to injection (to ignition, when it is not an impulse).
    revs : ndarray of int8
        Whole parking revolutions in the coast.
    tli_tdb : ndarray
        Trans-lunar injection: the impulse, or the passage of the transfer's true perigee during a finite burn.
    tli_ignition_tdb : ndarray
        Start of the burn; `tli_tdb` for an impulse.
    tli_burn_s, tli_loss_m_s : ndarray
        Length of the finite burn, and what it costs over the impulse; NaN for an impulse.
    tof_day : ndarray
        From injection to perilune.
    perilune_tdb : ndarray
        First perilune, where lunar orbit insertion happens.
    c3_km2_s2 : ndarray
        Twice the osculating geocentric energy just after injection.
    tli_dv_m_s, loi_dv_m_s : ndarray
        Impulsive, from the circular parking orbit and into the requested lunar orbit.
    vinf_km_s : ndarray
        Hyperbolic excess speed at the Moon (osculating at perilune).
    lunar_inclination_deg : ndarray
        Of the arrival hyperbola to the lunar equator (MOON_ME) at perilune.
    node_longitude_deg : ndarray
        Selenographic longitude (MOON_ME) of the ascending node of the arrival plane at perilune.
    beta_sun_deg, beta_earth_deg : ndarray
        Angle of the Sun / the Earth above the arrival plane at perilune.
    sun_elevation_deg : ndarray
        Sun above the landing site's horizon (centre of disc, sphere) at landing time; NaN without a landing site.
    tli_state : ndarray, shape (N, 6)
        Just after injection, Earth-centred ICRF, km and km/s.
    perilune_state : ndarray, shape (N, 6)
        At perilune before insertion, Moon-centred ICRF, km and km/s.
    status : ndarray of int8
        `sim.transfer.Outcome` of the solution (only converged ones are kept as opportunities).
    """

    mission_id: str
    site_id: str
    pole: Ints
    branch: Ints
    leg: Ints
    launch_tdb: Floats
    azimuth_deg: Floats
    inclination_deg: Floats
    raan_deg: Floats
    coast_s: Floats
    revs: Ints
    tli_tdb: Floats
    tli_ignition_tdb: Floats
    tli_burn_s: Floats
    tli_loss_m_s: Floats
    tof_day: Floats
    perilune_tdb: Floats
    c3_km2_s2: Floats
    tli_dv_m_s: Floats
    loi_dv_m_s: Floats
    vinf_km_s: Floats
    lunar_inclination_deg: Floats
    node_longitude_deg: Floats
    beta_sun_deg: Floats
    beta_earth_deg: Floats
    sun_elevation_deg: Floats
    tli_state: Floats
    perilune_state: Floats
    status: Ints

    def __len__(self) -> int:
        """Return the number of opportunities."""
        return int(self.launch_tdb.shape[0])

    def select(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> OpportunityTable:
        """Return the table restricted to `rows`.

        Parameters
        ----------
        rows : ndarray
            Boolean mask of shape (N,) or indices.

        Returns
        -------
        OpportunityTable
            The chosen opportunities, in the order of `rows`.
        """
        values: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            values[field.name] = value[rows] if isinstance(value, np.ndarray) else value
        return OpportunityTable(**values)


def join_tables(tables: list[OpportunityTable]) -> OpportunityTable:
    """Return one table of all opportunities, sorted by launch time (stable).

    Parameters
    ----------
    tables : list of OpportunityTable
        At least one, all of the same mission and site.

    Returns
    -------
    OpportunityTable
        Joined.
    """
    values: dict[str, Any] = {}
    for field in fields(OpportunityTable):
        parts = [getattr(table, field.name) for table in tables]
        values[field.name] = np.concatenate(parts) if isinstance(parts[0], np.ndarray) else parts[0]
    joined = OpportunityTable(**values)
    return joined.select(np.argsort(joined.launch_tdb, kind="stable"))


def empty_table(mission_id: str, site_id: str) -> OpportunityTable:
    """Return a table without rows.

    Parameters
    ----------
    mission_id, site_id : str
        Whose table.

    Returns
    -------
    OpportunityTable
        Zero rows, right shapes and types.
    """
    values: dict[str, Any] = {"mission_id": mission_id, "site_id": site_id}
    for field in fields(OpportunityTable):
        if field.name in {"tli_state", "perilune_state"}:
            values[field.name] = np.empty((0, 6))
        elif field.type == "Ints":
            values[field.name] = np.empty(0, dtype=np.int8)
        elif field.type == "Floats":
            values[field.name] = np.empty(0)
    return OpportunityTable(**values)
