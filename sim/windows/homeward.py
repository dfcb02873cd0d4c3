"""What a search for returns to the Earth is asked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """One mission's question "when can we leave lunar orbit and land there?".

    Attributes
    ----------
    mission_id : str
        Identifier written into every result.
    start_tdb, stop_tdb : float
        Injections towards the Earth searched, seconds past J2000 TDB.
    perilune_altitude_km : float
        Altitude of the injection over the 1737.4 km sphere.
    inclination_deg : tuple of float
        Inclinations of the orbit at entry (to the true equator of date) to try.
    flight_min_day, flight_max_day : float
        Injection to landing.
    site_name : str
        Landing place in words.
    latitude_deg, longitude_deg : float
        Geodetic.
    entry_altitude_km, entry_angle_deg : float
        Entry interface over the equatorial radius; flight path there, below the horizon negative.
    entry_to_landing_s : float
        Entry to landing, skip included: a constant of the vehicle.
    range_min_km, range_max_km : float
        Way over the ground from entry to landing that the vehicle can fly.
    """

    mission_id: str
    start_tdb: float
    stop_tdb: float
    perilune_altitude_km: float
    inclination_deg: tuple[float, ...]
    flight_min_day: float
    flight_max_day: float
    site_name: str
    latitude_deg: float
    longitude_deg: float
    entry_altitude_km: float
    entry_angle_deg: float
    entry_to_landing_s: float
    range_min_km: float
    range_max_km: float
