"""Which inputs of a result nobody published: the tag that travels with every number."""

from __future__ import annotations

from collections.abc import Iterable

from sim.analysis.results import AssumedNumber
from sim.cases import Coupling, MissionCase, PlanCase, SourcedNumber

MASS_KEYS: tuple[str, ...] = (
    "spacecraft.launch_mass_kg",
    "spacecraft.dry_mass_kg",
    "spacecraft.engine_thrust_n",
    "spacecraft.engine_isp_s",
    "spacecraft.trim_dv_m_s",
    "launcher.tli_capability_kg",
    "arrival",
)
"""Inputs of delivered masses and margins."""

PLACE_KEYS: tuple[str, ...] = ("landing.site", "landing.latitude_deg", "landing.longitude_deg")

LIFETIME_KEYS: tuple[str, ...] = ("spacecraft.lifetime_day",)


def _begins(key: str, prefix: str) -> bool:
    return key.startswith(prefix) and (len(key) == len(prefix) or key[len(prefix)] in ".[")


def assumed_keys(owner: str, numbers: Iterable[SourcedNumber], prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return the assumed numbers among some inputs.

    Parameters
    ----------
    owner : str
        Mission or plan id, put before each key.
    numbers : iterable of SourcedNumber
        Numbers of the file.
    prefixes : iterable of str
        Keys or tables of the inputs that matter.

    Returns
    -------
    tuple of str
        ``owner:key`` in file order.
    """
    wanted = tuple(prefixes)
    return tuple(
        f"{owner}:{number.key}"
        for number in numbers
        if number.status == "assumed" and any(_begins(number.key, prefix) for prefix in wanted)
    )


def mission_assumed(case: MissionCase, prefixes: Iterable[str]) -> tuple[str, ...]:
    """Return the assumed numbers of a mission among some inputs; see `assumed_keys`."""
    return assumed_keys(case.id, case.numbers, prefixes)


def coupling_assumed(plan: PlanCase, coupling: Coupling) -> tuple[str, ...]:
    """Return the assumed numbers of a coupling; see `assumed_keys`."""
    return assumed_keys(plan.id, coupling.numbers, ("couplings",))


def _listed(owner: str, numbers: Iterable[SourcedNumber]) -> list[AssumedNumber]:
    return [
        AssumedNumber(owner, number.key, number.value, number.note) for number in numbers if number.status == "assumed"
    ]


def all_assumed(missions: Iterable[MissionCase], plans: Iterable[PlanCase]) -> tuple[AssumedNumber, ...]:
    """Return everything that nobody published, once each, in file order.

    Parameters
    ----------
    missions : iterable of MissionCase
        Missions of the run.
    plans : iterable of PlanCase
        Plans of the run, for the numbers of their events and couplings.

    Returns
    -------
    tuple of AssumedNumber
        Missions first.
    """
    found: list[AssumedNumber] = []
    for case in missions:
        found += _listed(case.id, case.numbers)
    for plan in plans:
        for numbers in [each.numbers for each in plan.events] + [each.numbers for each in plan.couplings]:
            found += _listed(plan.id, numbers)
    return tuple(dict.fromkeys(found))
