"""Records of what two missions of a plan do for each other at the Moon."""

from __future__ import annotations

from dataclasses import dataclass

from sim.analysis.at_moon_results import DailyReturn, LinkResult, SurveyPassesResult


@dataclass(frozen=True, slots=True)
class CoordinationRow:
    """One function, without and with the partner.

    Attributes
    ----------
    function : str
        What is done.
    without, with_partner : str
        How well, in words with numbers.
    """

    function: str
    without: str
    with_partner: str


@dataclass(frozen=True, eq=False)
class CoordinationResult:
    """What one mission does for another at the Moon.

    Attributes
    ----------
    plan_id, first, second : str
        Plan, the mission that serves, the one that is served.
    phase_name : str
        The phase in which the first serves.
    start_tdb : float
        Landing of the second, from which the look lasts.
    links : LinkResult
        Of the lander, with its own relays and the partner.
    returns : tuple of DailyReturn
        Data of the partner through groups of stations.
    survey : SurveyPassesResult or None
        The partner over the landing site.
    rows : tuple of CoordinationRow
        Functions with and without the partner.
    assumed : tuple of str
        Inputs that nobody published.
    """

    plan_id: str
    first: str
    second: str
    phase_name: str
    start_tdb: float
    links: LinkResult
    returns: tuple[DailyReturn, ...]
    survey: SurveyPassesResult | None
    rows: tuple[CoordinationRow, ...]
    assumed: tuple[str, ...]
