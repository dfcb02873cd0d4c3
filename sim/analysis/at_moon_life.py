"""Low orbits left alone: when they are lost, the frozen orbit beside them, and what keeping them costs.

Two kinds of phases. Near-circular ones, whose apsides differ by at most `NEAR_CIRCULAR_KM`, are compared with circles
of their mean altitude and kept near it by monthly pairs of burns. Low ellipses, whose apsides differ by more but by no
more than `sim.analysis.at_moon_relay.ELLIPSE_KM`, are compared with ellipses of their own shape and apse line, and only
held above the limit: to turn the apse line back as the figure of the Moon turns it would be another, dearer orbit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sim.analysis.at_moon_orbit_results import OrbitLifeResult
from sim.analysis.at_moon_orbits import Teller, degree_for, elements_of
from sim.analysis.at_moon_relay import ELLIPSE_KM, is_ellipse
from sim.analysis.at_moon_results import PhaseAtMoon
from sim.analysis.kept import Keeper, part_of
from sim.analysis.parts import Floats
from sim.bodies import MOON
from sim.cases import MissionCase, OrbitPhase
from sim.constants import SECONDS_PER_DAY
from sim.dynamics import FullForceModel
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.operations import (
    EccentricityMap,
    FloorKeeping,
    FrozenOrbit,
    LifetimeGrid,
    LowOrbitHistory,
    OrbitKeeping,
    eccentricity_maps,
    evolve_low_orbits,
    frozen_orbit,
    keep_above,
    keep_orbit,
    keeping_cost_m_s,
    lifetime_grid,
    moon_orbit_model,
)
from sim.operations.orbit_keeping import DAYS_A_YEAR
from sim.operations.request import OrbitLifeCase
from sim.units import RAD_PER_DEG

NEAR_CIRCULAR_KM: float = 100.0
"""Phases whose apsides differ by more are ellipses."""

_STEPS = 4
_TOO_LOW_KM = 0.0
_HELD_KM = 1.0


def is_near_circular(phase: PhaseAtMoon) -> bool:
    """Return whether a phase is kept near its mean altitude, and not as an ellipse.

    Parameters
    ----------
    phase : PhaseAtMoon
        The phase.

    Returns
    -------
    bool
        Whether its apsides differ by at most `NEAR_CIRCULAR_KM`.
    """
    return phase.phase.apolune_altitude_km - phase.phase.perilune_altitude_km <= NEAR_CIRCULAR_KM


def why_no_life(request: OrbitLifeCase | None, one: PhaseAtMoon) -> str:
    """Return why a phase gets no look at its life and keeping.

    Parameters
    ----------
    request : OrbitLifeCase or None
        What is asked.
    one : PhaseAtMoon
        The phase.

    Returns
    -------
    str
        In words; empty when it gets one.
    """
    if request is None:
        return "the scenario has no table [orbit_life]"
    if is_ellipse(one):
        return f"its apses differ by more than {ELLIPSE_KM:g} km: relay ellipses are looked at by [relay_design]"
    low = one.phase.perilune_altitude_km
    if low <= request.limit_altitude_km:
        limit = request.limit_altitude_km
        return f"its perilune of {low:g} km does not lie above the limit of {limit:g} km: lost at once"
    return ""


def orbit_lives(
    case: MissionCase,
    request: OrbitLifeCase | None,
    phases: tuple[PhaseAtMoon, ...],
    mass_kg: float,
    *,
    ephemeris: Ephemeris | None = None,
    tell: Teller | None = None,
    keeper: Keeper | None = None,
) -> tuple[OrbitLifeResult, ...]:
    """Look at the phases of a mission that are low orbits.

    Parameters
    ----------
    case : MissionCase
        Spacecraft.
    request : OrbitLifeCase or None
        What is asked; None for nothing.
    phases : tuple of PhaseAtMoon
        Phases, placed in time and space; those of which `why_no_life` speaks are left out.
    mass_kg : float
        After insertion and trims; NaN when not known.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    tell : callable, optional
        Progress, called with words, pieces done and pieces in all.
    keeper : Keeper, optional
        Where finished parts are kept.

    Returns
    -------
    tuple of OrbitLifeResult
        In file order; keeping is paid out of one tank, phase after phase.
    """
    if request is None:
        return ()
    chosen = [one for one in phases if not why_no_life(request, one)]
    found: list[OrbitLifeResult] = []
    left_kg = mass_kg
    for number, one in enumerate(chosen):

        def told(step: int, number: int = number) -> None:
            if tell is not None:
                tell("at the Moon: life and keeping of the orbits", _STEPS * number + step, _STEPS * len(chosen))

        result = _life(case, request, one, (mass_kg, left_kg), ephemeris, told, keeper)
        if np.isfinite(result.keep_phase_kg):
            left_kg -= result.keep_phase_kg
        found.append(result)
    return tuple(found)


def _life(
    case: MissionCase,
    request: OrbitLifeCase,
    one: PhaseAtMoon,
    masses_kg: tuple[float, float],
    ephemeris: Ephemeris | None,
    told: Callable[[int], None],
    keeper: Keeper | None,
) -> OrbitLifeResult:
    phase, start = one.phase, one.start_tdb
    altitude = 0.5 * (phase.perilune_altitude_km + phase.apolune_altitude_km)
    model = moon_orbit_model(degree_for(phase.perilune_altitude_km), ephemeris=ephemeris)
    told(0)
    state = elements_of(phase, one.node_deg).states_function(start, ephemeris)(np.array([start]))
    span, decided = request.span_day, (phase, start, one.node_deg)
    history, grid, monthly = part_of(
        keeper,
        "lifetimes",
        (replace(request, keeping_months_n=1), *decided),
        lambda: (
            evolve_low_orbits(state, start, span, margin_km=request.limit_altitude_km, model=model),
            *_grid(request, one, altitude, model),
        ),
    )
    told(1)
    kept, floor, keep_fault = part_of(
        keeper,
        "keeping",
        (request.limit_altitude_km, request.keeping_months_n, *decided),
        lambda: _keeping(request, one, altitude, state, model),
    )
    told(2)
    frozen, frozen_fault = part_of(keeper, "frozen orbit", decided, lambda: _frozen(one, altitude, model))
    told(3)
    left_alone = (
        None
        if frozen is None
        else part_of(
            keeper,
            "frozen orbit left alone",
            (span, *decided, frozen.state_icrf),
            lambda: evolve_low_orbits(frozen.state_icrf, start, span, model=model),
        )
    )
    year, first = _cost_m_s(kept, floor)
    whole = first + year * phase.duration_day / DAYS_A_YEAR
    used = masses_kg[1] * -np.expm1(-whole / case.spacecraft.main_engine.exhaust_velocity_m_s)
    told(4)
    return OrbitLifeResult(
        phase_name=phase.name,
        start_tdb=start,
        duration_day=phase.duration_day,
        altitude_km=altitude,
        perilune_altitude_km=phase.perilune_altitude_km,
        apolune_altitude_km=phase.apolune_altitude_km,
        near_circular=is_near_circular(one),
        inclination_deg=phase.inclination_deg,
        limit_altitude_km=request.limit_altitude_km,
        span_day=request.span_day,
        history=history,
        lost_day=float(history.lifetime_day[0]),
        grid=grid,
        monthly=monthly,
        kept=kept,
        floor=floor,
        keep_fault=keep_fault,
        keep_year_dv_m_s=year,
        keep_phase_dv_m_s=whole,
        keep_phase_kg=float(used),
        propellant_share=float(used / (masses_kg[0] - case.spacecraft.dry_mass_kg)),
        frozen=frozen,
        frozen_fault=frozen_fault,
        frozen_history=left_alone,
        frozen_lowest_km=_least(left_alone),
        frozen_highest_km=float("nan") if left_alone is None else float(np.nanmax(left_alone.apolune_altitude_km)),
        frozen_year_dv_m_s=_drift_dv_m_s(left_alone, MOON.radius_km + altitude),
    )


def _grid(
    request: OrbitLifeCase, one: PhaseAtMoon, altitude_km: float, model: FullForceModel
) -> tuple[LifetimeGrid, EccentricityMap]:
    """Inclinations asked for and that of the phase, over nodes and epochs."""
    inclinations = np.array(sorted({*request.inclination_deg, one.phase.inclination_deg}))
    nodes = np.arange(request.nodes_n) * (360.0 / request.nodes_n)
    epochs = one.start_tdb + np.arange(request.epochs_n) * (DAYS_A_YEAR * SECONDS_PER_DAY / request.epochs_n)
    size, ecc = MOON.radius_km + altitude_km, (0.0, 0.0) if is_near_circular(one) else _own_ecc(one.phase)
    grid = lifetime_grid(
        altitude_km, inclinations, nodes, epochs, request.span_day, ecc=ecc, margin_km=request.limit_altitude_km,
        model=model,
    )  # fmt: skip
    return grid, eccentricity_maps(
        size, inclinations, one.start_tdb, ecc=ecc, node_longitude_deg=one.node_deg, model=model
    )


def _own_ecc(phase: OrbitPhase) -> tuple[float, float]:
    """Eccentricity vector of a phase: towards the ascending node, and a quarter turn ahead of it."""
    low, high = phase.perilune_altitude_km, phase.apolune_altitude_km
    ecc = (high - low) / (2.0 * MOON.radius_km + low + high)
    argument = (phase.argument_of_perilune_deg or 0.0) * RAD_PER_DEG
    return ecc * float(np.cos(argument)), ecc * float(np.sin(argument))


def _keeping(
    request: OrbitLifeCase, one: PhaseAtMoon, altitude_km: float, state: Floats, model: FullForceModel
) -> tuple[OrbitKeeping | None, FloorKeeping | None, str]:
    if is_near_circular(one):
        kept, fault = _kept(request, one, altitude_km, model)
        return kept, None, fault
    floor, fault = _floor(request, one, state, model)
    return None, floor, fault


def _kept(
    request: OrbitLifeCase, one: PhaseAtMoon, altitude_km: float, model: FullForceModel
) -> tuple[OrbitKeeping | None, str]:
    try:
        kept = keep_orbit(
            altitude_km,
            one.phase.inclination_deg,
            one.start_tdb,
            request.keeping_months_n + 1,
            node_longitude_deg=one.node_deg,
            margin_km=request.limit_altitude_km,
            model=model,
        )
    except InputError as error:
        return None, str(error)
    return kept, ""


def _floor(
    request: OrbitLifeCase, one: PhaseAtMoon, state: Floats, model: FullForceModel
) -> tuple[FloorKeeping | None, str]:
    """Hold an ellipse above the limit, a burn at apolune a month where one is due."""
    limit = request.limit_altitude_km
    months = request.keeping_months_n + 1
    found = keep_above(state, one.start_tdb, months, limit, model=model)
    low = float(found.lowest_altitude_km.min())
    if not low >= limit - _HELD_KM:
        return None, f"one burn at apolune a month does not hold it above {limit:g} km: it comes to {low:.1f} km"
    return found, ""


def _cost_m_s(kept: OrbitKeeping | None, floor: FloorKeeping | None) -> tuple[float, float]:
    """Cost of a year, and of what is paid once at the begin; NaN when nothing was flown."""
    if kept is not None:
        return kept.year_dv_m_s, 0.0
    if floor is not None:
        return float(floor.year_dv_m_s[0]), float(abs(floor.burn_dv_m_s[0, 0]))
    return float("nan"), 0.0


def _frozen(one: PhaseAtMoon, altitude_km: float, model: FullForceModel) -> tuple[FrozenOrbit | None, str]:
    size, inclination = MOON.radius_km + altitude_km, one.phase.inclination_deg
    try:
        return frozen_orbit(size, inclination, one.start_tdb, node_longitude_deg=one.node_deg, model=model), ""
    except InputError as error:
        return None, str(error).partition(";")[0]


def _least(history: LowOrbitHistory | None) -> float:
    """Lowest altitude; 0 for an orbit that came down."""
    if history is None:
        return float("nan")
    low = float(np.nanmin(history.perilune_altitude_km))
    return low if np.isinf(history.lifetime_day[0]) else _TOO_LOW_KM


def _drift_dv_m_s(history: LowOrbitHistory | None, size_km: float) -> float:
    """Cost a year of bringing the eccentricity vector, mean of its last month, back to that of its first."""
    if history is None or not np.isinf(history.lifetime_day[0]):
        return float("nan")
    elapsed = (history.t_tdb[0] - history.start_tdb[0]) / SECONDS_PER_DAY
    month = 27.321662
    if elapsed[-1] < 2.0 * month:
        return float("nan")
    ends = [elapsed < month, elapsed > elapsed[-1] - month]
    first, last = (np.array([history.ecc_cos[0][part].mean(), history.ecc_sin[0][part].mean()]) for part in ends)
    cost = float(keeping_cost_m_s(size_km, float(np.hypot(*(last - first)))))
    return cost * DAYS_A_YEAR / float(elapsed[-1] - month)
