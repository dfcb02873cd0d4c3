"""Records of single findings about a mission: calendar, masses, light, contact, survey, trajectory.

They are part of the records of a run (`sim.analysis.results`), which also says what ``assumed`` means.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CalendarResult:
    """Launch days of one mission over its launch period.

    A launch day is a UTC day with at least one opportunity within the mission's limits.

    Attributes
    ----------
    months : tuple of str
        ``YYYY-MM``, every month touched by the launch period.
    days_in_month : tuple of int
        Days of the month that lie in the launch period.
    launch_days : tuple of int
        Launch days in the month.
    days : tuple of str
        ``YYYY-MM-DD`` of every launch day.
    day_count : int
        Days in the launch period.
    opportunity_count : int
        Opportunities within limits.
    longest_gap_day : int
        Longest run of days without an opportunity, the ends of the period included.
    longest_gap_start_utc : str
        First day of that run; empty when there is none.
    """

    months: tuple[str, ...]
    days_in_month: tuple[int, ...]
    launch_days: tuple[int, ...]
    days: tuple[str, ...]
    day_count: int
    opportunity_count: int
    longest_gap_day: int
    longest_gap_start_utc: str

    @property
    def fraction(self) -> float:
        """Share of the days of the period that are launch days."""
        return len(self.days) / self.day_count if self.day_count else 0.0


@dataclass(frozen=True, slots=True)
class InsertionBurn:
    """One burn of lunar orbit insertion, at perilune.

    Attributes
    ----------
    dv_m_s, loss_m_s : float
        Impulse, and what its length costs beyond it.
    duration_s : float
        Length.
    apolune_altitude_km : float
        After the burn, over the 1737.4 km sphere.
    mass_kg : float
        After the burn.
    """

    dv_m_s: float
    loss_m_s: float
    duration_s: float
    apolune_altitude_km: float
    mass_kg: float


@dataclass(frozen=True, slots=True)
class InjectionResult:
    """The injection of the best opportunity as a burn under all forces, from the parking orbit onto the transfer.

    Attributes
    ----------
    ignition_utc, cutoff_utc : str
        Burn.
    duration_s, dv_m_s, loss_m_s : float
        Length, ideal velocity spent, and what of it an impulse would have saved.
    ignition_mass_kg, burnout_mass_kg : float
        Stage, payload and, at ignition, propellant.
    pitch_deg, yaw_deg : float
        Thrust at ignition over the local horizontal and out of the plane.
    turn_rate_deg_s : float
        Turning of the thrust in inertial space.
    perigee_altitude_km : float
        Of the transfer, over the equatorial radius.
    miss_m : float
        Between craft and transfer at cut-off.
    planar_miss_m : float
        The same for the planar burn that the table of opportunities rests on.
    assumed : tuple of str
        Inputs that nobody published.
    """

    ignition_utc: str
    cutoff_utc: str
    duration_s: float
    dv_m_s: float
    loss_m_s: float
    ignition_mass_kg: float
    burnout_mass_kg: float
    pitch_deg: float
    yaw_deg: float
    turn_rate_deg_s: float
    perigee_altitude_km: float
    miss_m: float
    planar_miss_m: float
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MassResult:
    """Masses after lunar orbit insertion, from the rocket equation.

    Attributes
    ----------
    launch_mass_kg, dry_mass_kg : float
        Of the case.
    loi_dv_m_s : float or None
        Impulsive insertion of the best opportunity.
    loi_loss_m_s : float or None
        Estimated finite-burn loss of that insertion.
    trim_dv_m_s : float
        Reserve for mid-course corrections and trims.
    delivered_mass_kg : float or None
        In lunar orbit, best opportunity.
    delivered_mass_low_kg : float or None
        The lowest over all opportunities within limits.
    propellant_kg : float or None
        Used up to then, best opportunity.
    margin_kg : float or None
        Delivered minus dry mass.
    launcher_capability_kg, launcher_margin_kg : float or None
        What the launcher sends to the Moon, and that minus the launch mass; None when not published.
    insertion : tuple of InsertionBurn
        Burns of the best opportunity's insertion.
    tli_loss_m_s, tli_burn_s : float or None
        Loss and length of the best opportunity's injection; None when it is taken as an impulse.
    assumed : tuple of str
        Inputs that nobody published.
    """

    launch_mass_kg: float
    dry_mass_kg: float
    loi_dv_m_s: float | None
    loi_loss_m_s: float | None
    trim_dv_m_s: float
    delivered_mass_kg: float | None
    delivered_mass_low_kg: float | None
    propellant_kg: float | None
    margin_kg: float | None
    launcher_capability_kg: float | None
    launcher_margin_kg: float | None
    insertion: tuple[InsertionBurn, ...] = ()
    tli_loss_m_s: float | None = None
    tli_burn_s: float | None = None
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LightingResult:
    """Sunlight at a landing.

    Attributes
    ----------
    site_id, site_name : str
        Landing site.
    sun_elevation_min_deg, sun_elevation_max_deg : float
        Wanted at touchdown (centre of the disc over the horizon of a sphere).
    sun_elevation_low_deg, sun_elevation_high_deg : float or None
        Lowest and highest over the opportunities.
    sun_elevation_best_deg : float or None
        At the best opportunity.
    fraction_within : float
        Share of all opportunities whose landing meets the limits.
    sub_solar_latitude_deg : float or None
        Selenographic latitude of the sub-solar point at the landing of the best opportunity.
    season : str
        Words: summer or winter at the site.
    assumed : tuple of str
        Inputs that nobody published.
    """

    site_id: str
    site_name: str
    sun_elevation_min_deg: float
    sun_elevation_max_deg: float
    sun_elevation_low_deg: float | None
    sun_elevation_high_deg: float | None
    sun_elevation_best_deg: float | None
    fraction_within: float
    sub_solar_latitude_deg: float | None
    season: str
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactResult:
    """Radio contact between an orbiter and a place on the Moon, by simple geometry.

    Two-body orbit about a spherical Moon that turns uniformly; no perturbations, no terrain, no occultation
    other than the elevation mask.

    Attributes
    ----------
    orbiter_id, phase_name : str
        Mission and phase of operations.
    site_id : str
        Place on the Moon (or the id of the mission that stands there).
    perilune_altitude_km, apolune_altitude_km, inclination_deg : float
        The orbit.
    elevation_mask_deg : float
        Lowest elevation that counts.
    contacts_per_day, mean_contact_min, minutes_per_day : float
        Averages over the sampled span.
    longest_gap_hour : float
        Longest time without contact.
    range_max_km : float
        Longest distance during contact; 0 without contact.
    fraction : float
        Share of time in contact.
    assumed : tuple of str
        Inputs that nobody published.
    """

    orbiter_id: str
    phase_name: str
    site_id: str
    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_deg: float
    elevation_mask_deg: float
    contacts_per_day: float
    mean_contact_min: float
    minutes_per_day: float
    longest_gap_hour: float
    range_max_km: float
    fraction: float
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SurveyResult:
    """Passes of an orbiter over a place on the Moon in one sidereal month, by simple geometry.

    Attributes
    ----------
    orbiter_id, phase_name, site_id : str
        Who passes over what.
    altitude_km : float
        Mean altitude used (circular orbit).
    inclination_deg : float
        Of the case.
    cross_track_km : tuple of float
        Limits of the distance between site and ground track.
    passes_per_month : tuple of float
        Passes nearer than each limit.
    nearest_km : float
        Nearest pass.
    sweep_inclination_deg : tuple of float
        Inclinations of the sensitivity table.
    sweep_passes : tuple of tuple of float
        For each of them the passes nearer than each limit.
    sweep_nearest_km : tuple of float
        For each of them the nearest pass.
    assumed : tuple of str
        Inputs that nobody published.
    """

    orbiter_id: str
    phase_name: str
    site_id: str
    altitude_km: float
    inclination_deg: float
    cross_track_km: tuple[float, ...]
    passes_per_month: tuple[float, ...]
    nearest_km: float
    sweep_inclination_deg: tuple[float, ...]
    sweep_passes: tuple[tuple[float, ...], ...]
    sweep_nearest_km: tuple[float, ...]
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trajectory:
    """Dense transfer of the best opportunity, from injection to perilune.

    Attributes
    ----------
    t_tdb : ndarray, shape (T,)
        Seconds past J2000 TDB.
    state : ndarray, shape (T, 6)
        Spacecraft, Earth-centred ICRF, km and km/s.
    moon_state : ndarray, shape (T, 6)
        Moon, Earth-centred ICRF, km and km/s.
    """

    t_tdb: Floats
    state: Floats
    moon_state: Floats
