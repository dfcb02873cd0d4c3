"""Joint windows of two partners, and what a slip costs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from sim.analysis.calendar import Days, day_text, longest_gap, month_counts, months_of, period_days
from sim.analysis.couplings import coupling_days, coupling_holds
from sim.analysis.milestones import Milestones
from sim.analysis.results import ContactResult, JointWindow, SlipResult
from sim.cases import Coupling, MissionCase

WAIT_DAY: tuple[int, ...] = (30, 60, 90)
"""Waiting times for which the chance of a joint window is given."""


def pair_mask(
    couplings: Iterable[tuple[Coupling, ContactResult | None]],
    first_id: str,
    first: Milestones,
    second: Milestones,
) -> NDArray[np.bool_]:
    """Return on which pairs of launch days all couplings between two missions hold.

    Parameters
    ----------
    couplings : iterable of (Coupling, ContactResult or None)
        All of them between the same two missions, in either direction.
    first_id : str
        Id of the mission on the first axis.
    first, second : Milestones
        Launch days of the two, D1 and D2 of them.

    Returns
    -------
    ndarray of bool, shape (D1, D2)
        True without couplings.
    """
    mask = np.ones((len(first), len(second)), dtype=np.bool_)
    for coupling, contact in couplings:
        if coupling.first == first_id:
            mask &= coupling_holds(coupling, coupling_days(coupling, first, second), contact)
        else:
            mask &= coupling_holds(coupling, coupling_days(coupling, second, first), contact).T
    return mask


def common_period(first: MissionCase, second: MissionCase, within_day: float) -> Days:
    """Return the days of the first launch period that are near enough to some day of the second one.

    Parameters
    ----------
    first, second : MissionCase
        The partners.
    within_day : float
        Largest distance of the launch days.

    Returns
    -------
    ndarray of int64
        Consecutive days since 1970-01-01; empty when the periods lie too far apart.
    """
    one = period_days(first.window.launch_start_tdb, first.window.launch_stop_tdb)
    two = period_days(second.window.launch_start_tdb, second.window.launch_stop_tdb)
    near: Days = one[(one >= two[0] - within_day) & (one <= two[-1] + within_day)]
    return near


def intervals(days: Days) -> tuple[tuple[str, str], ...]:
    """Return runs of consecutive days as first and last day, ``YYYY-MM-DD``."""
    if not len(days):
        return ()
    breaks = np.flatnonzero(np.diff(days) > 1)
    begins, ends = days[np.concatenate([[0], breaks + 1])], days[np.concatenate([breaks, [len(days) - 1]])]
    return tuple((day_text(begin), day_text(end)) for begin, end in zip(begins, ends, strict=True))


def joint_days(mask: NDArray[np.bool_], first: Milestones) -> Days:
    """Return the launch days of the first partner that have a matching day of the second."""
    return first.day[mask.any(axis=1)]


def joint_window(
    plan_id: str,
    coupling: Coupling,
    others: tuple[str, ...],
    mask: NDArray[np.bool_],
    milestones: tuple[Milestones, Milestones],
    common: Days,
    span: Days,
) -> JointWindow:
    """Describe the days on which two partners can both launch.

    Parameters
    ----------
    plan_id : str
        Plan.
    coupling : Coupling
        The ``joint_window`` coupling.
    others : tuple of str
        Kinds of the other couplings that the mask demands.
    mask : ndarray of bool, shape (D1, D2)
        Pairs of launch days on which everything holds.
    milestones : tuple of Milestones
        Launch days of the two.
    common : ndarray of int64
        Days on which a joint launch is thinkable, from `common_period`.
    span : ndarray of int64
        Days of the plan's span.

    Returns
    -------
    JointWindow
        Days, months, intervals and shares.
    """
    first, second = milestones
    days, months = joint_days(mask, first), months_of(span)
    return JointWindow(
        plan_id=plan_id,
        first=coupling.first,
        second=coupling.second,
        within_day=coupling.within_day,
        couplings=others,
        first_days=tuple(day_text(day) for day in days),
        second_days=tuple(day_text(day) for day in second.day[mask.any(axis=0)]),
        pair_count=int(np.count_nonzero(mask)),
        pair_fraction=float(np.mean(mask)) if mask.size else 0.0,
        intervals_utc=intervals(days),
        months=tuple(str(month) for month in months),
        days_per_month=month_counts(days, months),
        fraction=len(days) / len(common) if len(common) else 0.0,
        longest_gap_day=longest_gap(days, common)[0],
        common_start_utc=day_text(common[0]) if len(common) else "",
        common_stop_utc=day_text(common[-1]) if len(common) else "",
    )


def slip(
    plan_id: str, coupling: Coupling, days: Days, common: Days, wait_day: tuple[int, ...] = WAIT_DAY
) -> SlipResult:
    """Compute the chance that a random readiness day finds a joint window soon.

    Every day of the common period is as likely as any other: a plain measure of how dense the windows are, no
    forecast of delays. Days near the end of the period count as without window when none follows in it.

    Parameters
    ----------
    plan_id : str
        Plan.
    coupling : Coupling
        The ``joint_window`` coupling.
    days : ndarray of int64
        Joint days of the first partner, sorted.
    common : ndarray of int64
        Days of the common launch period.
    wait_day : tuple of int
        Waiting times.

    Returns
    -------
    SlipResult
        A chance for each waiting time, and the mean wait.
    """
    place = np.searchsorted(days, common, side="left")
    found = place < len(days)
    wait = days[place[found]] - common[found]
    chance = tuple(float(np.count_nonzero(wait <= limit)) / len(common) if len(common) else 0.0 for limit in wait_day)
    mean = float(wait.mean()) if wait.size else None
    return SlipResult(plan_id, coupling.first, coupling.second, wait_day, chance, mean)
