"""What is not computed for the orbits of a mission at the Moon, and why: nothing is left out without a word."""

from __future__ import annotations

from collections.abc import Iterator

from sim.analysis.at_moon_life import why_no_life
from sim.analysis.at_moon_orbit_results import Omission
from sim.analysis.at_moon_relay import is_ellipse, why_no_relay
from sim.analysis.at_moon_results import PhaseAtMoon
from sim.cases import MissionCase
from sim.constants import SECONDS_PER_DAY
from sim.operations.request import AtMoonCase

LIFE = "life, keeping, frozen orbit"
RELAY = "which plane lasts, frozen ellipses"
LINKS = "links and contacts after landing"
SURVEY = "survey passes"
INSERTION = "burns to the working orbit"


def covers(phase: PhaseAtMoon, start_tdb: float, span_day: float) -> bool:
    """Return whether a phase lasts through a span.

    Parameters
    ----------
    phase : PhaseAtMoon
        The phase.
    start_tdb, span_day : float
        Begin and length of the span.

    Returns
    -------
    bool
        From its begin to its end.
    """
    stop = phase.start_tdb + phase.phase.duration_day * SECONDS_PER_DAY
    return phase.start_tdb <= start_tdb and start_tdb + span_day * SECONDS_PER_DAY <= stop


def omissions(
    case: MissionCase, request: AtMoonCase, phases: tuple[PhaseAtMoon, ...], landing_tdb: float
) -> tuple[Omission, ...]:
    """Say what is not computed.

    Parameters
    ----------
    case : MissionCase
        The mission.
    request : AtMoonCase
        What is asked.
    phases : tuple of PhaseAtMoon
        Its orbits.
    landing_tdb : float
        Landing, or arrival without one.

    Returns
    -------
    tuple of Omission
        In file order; empty when every orbit got everything.
    """
    found = [each for one in phases for each in _of(case, request, one, landing_tdb)]
    if not request.insertion:
        found.insert(0, Omission("arrival", INSERTION, "the scenario has no [[insertion]]"))
    return tuple(found)


def _of(case: MissionCase, request: AtMoonCase, one: PhaseAtMoon, landing_tdb: float) -> Iterator[Omission]:
    """One phase; what its shape makes pointless is said only where the scenario asks for it."""
    name = one.phase.name
    looks = [
        (LIFE, why_no_life(request.orbit_life, one), not is_ellipse(one) or request.orbit_life is not None),
        (RELAY, why_no_relay(request.relay_design, one), is_ellipse(one) or request.relay_design is not None),
    ]
    yield from (Omission(name, what, why) for what, why, meant in looks if why and meant)
    if request.lands and not covers(one, landing_tdb, request.contact_day):
        yield Omission(name, LINKS, f"it does not last through the {request.contact_day:g} d from the landing")
    if case.kind != "orbiter":
        yield Omission(name, SURVEY, "counted for missions of the kind orbiter")
    elif not request.places:
        yield Omission(name, SURVEY, "the scenario has no [[places]]")
