"""What an orbiter does for a place on the Moon: relay contacts and survey passes of a mission's phases."""

from __future__ import annotations

import numpy as np

from sim.analysis.assumptions import mission_assumed
from sim.analysis.contacts import find_contacts
from sim.analysis.lunar_orbit import LunarOrbit
from sim.analysis.milestones import survey_phase
from sim.analysis.results import ContactResult, SurveyResult
from sim.analysis.survey import CROSS_TRACK_KM, SWEEP_INCLINATION_DEG, inclination_sweep, pass_statistics
from sim.cases import LandingCase, MissionCase, OrbitPhase

DEFAULT_MASK_DEG = 5.0


def orbit_of(phase: OrbitPhase) -> LunarOrbit:
    """Return the two-body orbit of a phase; the argument of perilune is left out of near-circular phases."""
    return LunarOrbit(
        phase.perilune_altitude_km,
        phase.apolune_altitude_km,
        phase.inclination_deg,
        argument_of_perilune_deg=phase.argument_of_perilune_deg or 0.0,
    )


def relay_phase(case: MissionCase) -> OrbitPhase | None:
    """Return the phase called relay, else the longest phase, else None."""
    named = [phase for phase in case.phases if "relay" in phase.name]
    return max(named or case.phases, key=lambda phase: phase.duration_day, default=None)


def _phase_assumed(case: MissionCase, phase: OrbitPhase) -> tuple[str, ...]:
    table = f"operations[{case.phases.index(phase) + 1}]"
    shape = ("perilune_altitude_km", "apolune_altitude_km", "inclination_deg", "argument_of_perilune_deg")
    return mission_assumed(case, [f"{table}.{key}" for key in shape])


def contact(
    case: MissionCase,
    phase: OrbitPhase,
    place: LandingCase,
    *,
    elevation_mask_deg: float = DEFAULT_MASK_DEG,
    assumed: tuple[str, ...] = (),
) -> ContactResult:
    """Compute the contacts of a phase with a place on the Moon, by simple geometry.

    Parameters
    ----------
    case : MissionCase
        The orbiter.
    phase : OrbitPhase
        One of its phases.
    place : LandingCase
        The place.
    elevation_mask_deg : float
        Lowest elevation that counts.
    assumed : tuple of str
        Further inputs that nobody published, put behind those of the phase.

    Returns
    -------
    ContactResult
        Averages over a sidereal month.
    """
    found = find_contacts(
        orbit_of(phase), place.latitude_deg, place.longitude_deg, elevation_mask_deg=elevation_mask_deg
    )
    return ContactResult(
        orbiter_id=case.id,
        phase_name=phase.name,
        site_id=place.site_id,
        perilune_altitude_km=phase.perilune_altitude_km,
        apolune_altitude_km=phase.apolune_altitude_km,
        inclination_deg=phase.inclination_deg,
        elevation_mask_deg=elevation_mask_deg,
        contacts_per_day=found.contacts_per_day,
        mean_contact_min=found.mean_contact_min,
        minutes_per_day=found.minutes_per_day,
        longest_gap_hour=found.longest_gap_hour,
        range_max_km=found.range_max_km,
        fraction=found.fraction,
        assumed=_phase_assumed(case, phase) + assumed,
    )


def relay_contact(
    case: MissionCase, place: LandingCase | None, elevation_mask_deg: float, assumed: tuple[str, ...] = ()
) -> ContactResult | None:
    """Compute the contacts of a mission's relay phase; None without a phase in orbit or without a landing."""
    phase = relay_phase(case)
    if phase is None or place is None:
        return None
    return contact(case, phase, place, elevation_mask_deg=elevation_mask_deg, assumed=assumed)


def survey(
    case: MissionCase,
    place: LandingCase | None,
    *,
    cross_track_km: tuple[float, ...] = CROSS_TRACK_KM,
    assumed: tuple[str, ...] = (),
) -> SurveyResult | None:
    """Count the passes of a mission's survey phase over a place, and for other inclinations.

    Parameters
    ----------
    case : MissionCase
        The orbiter.
    place : LandingCase or None
        The place.
    cross_track_km : tuple of float
        Limits of the distance between site and ground track.
    assumed : tuple of str
        Further inputs that nobody published, put behind those of the phase.

    Returns
    -------
    SurveyResult or None
        None without a phase in orbit or without a landing.
    """
    phase = survey_phase(case)
    if phase is None or place is None:
        return None
    orbit, limits = orbit_of(phase), tuple(sorted(set(cross_track_km)))
    own = pass_statistics(orbit, place.latitude_deg, place.longitude_deg, cross_track_km=limits)
    sweep = inclination_sweep(orbit, place.latitude_deg, place.longitude_deg, cross_track_km=limits)
    return SurveyResult(
        orbiter_id=case.id,
        phase_name=phase.name,
        site_id=place.site_id,
        altitude_km=float(np.mean([phase.perilune_altitude_km, phase.apolune_altitude_km])),
        inclination_deg=phase.inclination_deg,
        cross_track_km=limits,
        passes_per_month=own.passes_per_month,
        nearest_km=own.nearest_km,
        sweep_inclination_deg=SWEEP_INCLINATION_DEG,
        sweep_passes=tuple(each.passes_per_month for each in sweep),
        sweep_nearest_km=tuple(each.nearest_km for each in sweep),
        assumed=_phase_assumed(case, phase) + assumed,
    )
