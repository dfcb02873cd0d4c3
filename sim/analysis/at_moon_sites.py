"""Places on the Moon: light and Earth over the landing site, landing phasing, survey passes."""

from __future__ import annotations

import numpy as np

from sim.analysis.at_moon_results import LightResult, PhaseAtMoon, PhasingResult, SurveyPassesResult
from sim.analysis.parts import Floats
from sim.cases import LandingCase
from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris
from sim.operations import (
    LunarElements,
    cover_ellipse,
    field_sweep,
    find_passes,
    find_plane_passages,
    inclination_sweep,
    landing_windows,
    light_calendar,
    light_summary,
    plane_windows,
    sky_series,
)
from sim.operations.passes import CROSS_TRACK_KM, SUN_CLASSES_DEG
from sim.operations.request import CameraCase, PlaceCase

PHASING_CROSS_TRACK_KM: float = 30.0
"""Distance of the ground track from the site that a descent is taken to steer out; assumed, as reports say."""
SKY_STEP_S: float = 3.0 * 3600.0


def light_at(place: PlaceCase, start_tdb: float, span_day: float, *, ephemeris: Ephemeris | None = None) -> LightResult:
    """Tabulate Sun and Earth over a place.

    Parameters
    ----------
    place : PlaceCase
        The place.
    start_tdb : float
        Begin of the first day, seconds past J2000 TDB.
    span_day : float
        How long, whole days of it.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    LightResult
    """
    days, lander = max(1, int(span_day)), place.lit()
    stop = start_tdb + days * SECONDS_PER_DAY
    light, earth = light_calendar(lander, start_tdb, days, ephemeris=ephemeris)
    return LightResult(
        place=place,
        start_tdb=start_tdb,
        light_hour=light,
        earth_hour=earth,
        sky=sky_series(lander, np.arange(start_tdb, stop, SKY_STEP_S), ephemeris),
        summary=light_summary(lander, start_tdb, stop, ephemeris=ephemeris),
    )


def phasing_at(
    place: PlaceCase,
    landing: LandingCase,
    plane: str,
    normal_icrf: Floats,
    start_tdb: float,
    span_day: float,
    *,
    ephemeris: Ephemeris | None = None,
) -> PhasingResult:
    """Find when the plane of the orbit holds the landing site, and when the light suits.

    Parameters
    ----------
    place : PlaceCase
        The site.
    landing : LandingCase
        Wanted Sun.
    plane : str
        Whose plane, in words.
    normal_icrf : ndarray (3,)
        Its normal, which stands still.
    start_tdb : float
        Arrival, seconds past J2000 TDB.
    span_day : float
        How long.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    PhasingResult
        The Earth must stand above the horizon as well.
    """
    span = start_tdb, start_tdb + span_day * SECONDS_PER_DAY
    lander = place.lit()
    windows = landing_windows(
        lander,
        *span,
        sun_min_deg=landing.sun_elevation_min_deg,
        sun_max_deg=landing.sun_elevation_max_deg,
        earth_min_deg=0.0,
        ephemeris=ephemeris,
    )
    near = plane_windows(normal_icrf, lander, *span, PHASING_CROSS_TRACK_KM, ephemeris=ephemeris)
    return PhasingResult(
        plane=plane,
        passages=find_plane_passages(normal_icrf, lander, *span, ephemeris=ephemeris),
        windows=windows,
        near=near,
        cross_track_km=PHASING_CROSS_TRACK_KM,
        both_day=(windows & near).total_s / SECONDS_PER_DAY,
    )


def survey_of(
    phase: PhaseAtMoon,
    elements: LunarElements,
    place: PlaceCase,
    camera: CameraCase | None,
    *,
    with_sweep: bool,
    ephemeris: Ephemeris | None = None,
) -> SurveyPassesResult:
    """Count the passes of a phase over a place by distance and light, and cover its landing ellipse.

    Parameters
    ----------
    phase : PhaseAtMoon
        The phase.
    elements : LunarElements
        Its orbit at the begin.
    place : PlaceCase
        The place.
    camera : CameraCase or None
        For the coverage.
    with_sweep : bool
        Whether to count a month at other inclinations too.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    SurveyPassesResult
    """
    lander = place.lit()
    step_s = min(120.0, phase.period_s / 12.0)
    passes = find_passes(phase.track, lander, phase.start_tdb, phase.track.stop_tdb, step_s=step_s, ephemeris=ephemeris)
    coverage = None
    if camera is not None and place.ellipse_long_km and place.ellipse_short_km:
        coverage = cover_ellipse(
            passes,
            lander,
            phase.start_tdb,
            ellipse_km=(place.ellipse_long_km, place.ellipse_short_km),
            ellipse_azimuth_deg=place.ellipse_azimuth_deg,
            swath_km=camera.swath_km,
            sun_min_deg=camera.sun_elevation_min_deg,
            sun_max_deg=camera.sun_elevation_max_deg,
            spacing_km=place.ellipse_short_km / 30.0,
        )
    sweep = inclination_sweep(elements, lander, phase.start_tdb, ephemeris=ephemeris) if with_sweep else ()
    return SurveyPassesResult(
        phase_name=phase.phase.name,
        place=place,
        passes=passes,
        counts=passes.counts(),
        cross_track_km=CROSS_TRACK_KM,
        sun_classes_deg=SUN_CLASSES_DEG,
        coverage=coverage,
        sweep=sweep,
        field_sweep=field_sweep(elements, lander, phase.start_tdb, ephemeris=ephemeris) if with_sweep else (),
    )
