"""Couplings between two missions: whether they hold for given dates, and on which pairs of launch days."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.analysis.milestones import Milestones
from sim.analysis.parts import ContactResult, Floats
from sim.analysis.results import CouplingState
from sim.cases import Coupling
from sim.constants import SECONDS_PER_DAY

NAMES: dict[str, str] = {
    "survey_before_landing": "survey before the landing",
    "relay": "relay",
    "overlapping_lifetimes": "both alive",
    "joint_window": "launches close together",
}
"""Kinds of couplings in words."""


def _overlap_day(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> Floats:
    begin = np.maximum(first[0][:, None], second[0][None, :])
    end = np.minimum(first[1][:, None], second[1][None, :])
    return np.asarray((end - begin) / SECONDS_PER_DAY)


def coupling_days(coupling: Coupling, first: Milestones, second: Milestones) -> Floats:
    """Return the days that decide a coupling, for every pair of launches.

    Parameters
    ----------
    coupling : Coupling
        Which.
    first, second : Milestones
        Candidate launches of the two missions, D1 and D2 of them.

    Returns
    -------
    ndarray, shape (D1, D2)
        ``survey_before_landing``: from the begin of the survey to the landing. ``overlapping_lifetimes``:
        both working after arrival. ``relay``: `first` working while `second` works after its landing.
        ``joint_window``: distance of the launch days. Negative overlaps are gaps.
    """
    if coupling.kind == "survey_before_landing":
        return np.asarray((second.landing_tdb[None, :] - first.survey_tdb[:, None]) / SECONDS_PER_DAY)
    if coupling.kind == "relay":
        return _overlap_day((first.arrival_tdb, first.end_tdb), (second.landing_tdb, second.end_tdb))
    if coupling.kind == "overlapping_lifetimes":
        return _overlap_day((first.arrival_tdb, first.end_tdb), (second.arrival_tdb, second.end_tdb))
    return np.asarray(np.abs(second.day[None, :] - first.day[:, None]), dtype=np.float64)


def coupling_holds(coupling: Coupling, days: Floats, contact: ContactResult | None) -> NDArray[np.bool_]:
    """Return where the deciding days meet what the coupling wants.

    Parameters
    ----------
    coupling : Coupling
        Which.
    days : ndarray
        From `coupling_days`.
    contact : ContactResult or None
        Relays without any contact never hold.

    Returns
    -------
    ndarray of bool
        Same shape.
    """
    if coupling.kind == "survey_before_landing":
        return np.asarray(days >= coupling.lead_day)
    if coupling.kind == "relay":
        seen = contact is None or contact.fraction > 0.0
        return np.asarray((days > 0.0) & seen)
    if coupling.kind == "overlapping_lifetimes":
        # Zero days wanted still means some overlap.
        return np.asarray((days >= coupling.overlap_day) & (days > 0.0))
    return np.asarray(days <= coupling.within_day)


def _amount(low: float, high: float) -> str:
    low, high = round(low), round(high)
    return f"{low} days" if low == high else f"{low} to {high} days"


_FINDINGS: dict[str, tuple[str, str, str]] = {
    "survey_before_landing": (
        "survey begins {} before the landing",
        "survey begins {} after the landing",
        "survey begins between {} days after and {} days before the landing, as the launch days fall",
    ),
    "relay": (
        "relay and lander work together for {}",
        "relay and lander miss each other by {}",
        "relay and lander miss each other by up to {} days or work together for up to {} days, as the days fall",
    ),
    "overlapping_lifetimes": (
        "both work for {}",
        "working lives miss each other by {}",
        "working lives miss each other by up to {} days or overlap by up to {} days, as the days fall",
    ),
    "joint_window": ("launches lie {} apart", "launches lie {} apart", "launches lie up to {1} days apart"),
}
"""In words: days above zero, days below zero (given as positive), a range from below to above."""


def _finding(kind: str, low: float, high: float) -> str:
    """Describe a range of days, whose sign has a meaning, in words."""
    above, below, mixed = _FINDINGS[kind]
    if low >= 0.0:
        return above.format(_amount(low, high))
    if high <= 0.0:
        return below.format(_amount(-high, -low))
    return mixed.format(round(-low), round(high))


def _wanted(coupling: Coupling) -> str:
    if coupling.kind == "survey_before_landing":
        return f"wanted: {coupling.lead_day:g} days before"
    if coupling.kind == "relay":
        return "wanted: any"
    if coupling.kind == "overlapping_lifetimes":
        return f"wanted: {coupling.overlap_day:g} days"
    return f"wanted: at most {coupling.within_day:g} days"


def coupling_state(
    coupling: Coupling, first: Milestones | None, second: Milestones | None, contact: ContactResult | None
) -> CouplingState:
    """Say whether a coupling holds for the dates known.

    Parameters
    ----------
    coupling : Coupling
        Which.
    first, second : Milestones or None
        One entry where the date is known, several where only a period is; None when nothing is known.
    contact : ContactResult or None
        For relays.

    Returns
    -------
    CouplingState
        `holds` is None when a date is unknown or when it depends on the day chosen in the periods; then the
        text says for which share of the pairs it holds.
    """
    if first is None or second is None:
        unknown = coupling.first if first is None else coupling.second
        return CouplingState(None, None, f"no launch date of {unknown} is known")
    if not (len(first) and len(second)):
        unknown = coupling.second if len(first) else coupling.first
        return CouplingState(None, None, f"no launch opportunity of {unknown} was found")
    days = coupling_days(coupling, first, second)
    holds = coupling_holds(coupling, days, contact)
    share = float(np.mean(holds))
    verdict = "holds" if share == 1.0 else "does not hold"
    if 0.0 < share < 1.0:
        percent = f"{100.0 * share:.0f}" if 0.01 <= share <= 0.99 else "less than 1" if share < 0.5 else "more than 99"
        verdict = f"holds for {percent} % of the pairs of launch days"
    finding = _finding(coupling.kind, float(np.min(days)), float(np.max(days)))
    return CouplingState(
        holds=None if 0.0 < share < 1.0 else bool(share),
        value_day=float(np.median(days)),
        text=f"{finding} ({_wanted(coupling)}): {verdict}",
    )
