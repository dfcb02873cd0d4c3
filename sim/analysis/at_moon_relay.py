"""Elliptic relay orbits over years: how they change without corrections, whom they see, and which ellipse is frozen.

Coverage is counted at equal steps; between the ends of two revolutions, which are those of the full model, the place on
the ellipse is that of two bodies.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.analysis.at_moon_insertion import shape_of
from sim.analysis.at_moon_orbit_results import (
    FrozenTry,
    RelayCoverageRow,
    RelayDesignResult,
    RelayNodeRow,
    RelayOrbitRow,
)
from sim.analysis.at_moon_orbits import Teller, elements_of
from sim.analysis.at_moon_results import PhaseAtMoon
from sim.analysis.kept import Keeper, part_of
from sim.analysis.parts import Floats
from sim.bodies import MOON
from sim.cases import OrbitPhase
from sim.constants import SECONDS_PER_DAY
from sim.core.elements import COLUMNS, NODE, elements_rows
from sim.core.status import STATUS_TEXT, Status
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.frames import R_me_icrf, rotate
from sim.frames.surface import R_enu_fixed, azel
from sim.operations import (
    RelayEvolution,
    earth_plane_axes,
    evolve_relay_orbits,
    frozen_relay_orbit,
    moon_orbit_model,
)
from sim.operations.relay_orbits import RELAY_DEGREE
from sim.operations.request import PlaceCase, RelayDesignCase
from sim.propagation import propagate_full
from sim.units import DEG_PER_RAD

ELLIPSE_KM: float = 1_000.0
"""Phases whose apsides differ by more are relay ellipses."""
MONTH_DAY: float = 27.321662
"""Sidereal month."""

_STEP_S = 600.0
_TOLERANCE = 1e-10
_SURVEY_STEP_S = 6.0 * 3600.0
_KEPLER_ROUNDS = 12


def is_ellipse(phase: PhaseAtMoon) -> bool:
    """Return whether a phase is one of those looked at here.

    Parameters
    ----------
    phase : PhaseAtMoon
        The phase.

    Returns
    -------
    bool
        Whether its apsides differ by more than `ELLIPSE_KM`.
    """
    return phase.phase.apolune_altitude_km - phase.phase.perilune_altitude_km > ELLIPSE_KM


def why_no_relay(request: RelayDesignCase | None, one: PhaseAtMoon) -> str:
    """Return why a phase is not looked at as a relay ellipse.

    Parameters
    ----------
    request : RelayDesignCase or None
        What is asked.
    one : PhaseAtMoon
        The phase.

    Returns
    -------
    str
        In words; empty when it is.
    """
    if request is None:
        return "the scenario has no table [relay_design]"
    if not is_ellipse(one):
        return f"its apses differ by no more than {ELLIPSE_KM:g} km: low orbits are looked at by [orbit_life]"
    return ""


def relay_designs(
    request: RelayDesignCase | None,
    phases: tuple[PhaseAtMoon, ...],
    places: tuple[PlaceCase, ...],
    *,
    ephemeris: Ephemeris | None = None,
    tell: Teller | None = None,
    keeper: Keeper | None = None,
) -> tuple[RelayDesignResult, ...]:
    """Look at each elliptic phase of a mission.

    Parameters
    ----------
    request : RelayDesignCase or None
        What is asked; None for nothing.
    phases : tuple of PhaseAtMoon
        Phases, placed in time and space.
    places : tuple of PlaceCase
        Whom they serve.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.
    tell : callable, optional
        Progress, called with words, pieces done and pieces in all.
    keeper : Keeper, optional
        Where finished parts are kept.

    Returns
    -------
    tuple of RelayDesignResult
        In file order.
    """
    if request is None:
        return ()
    chosen = [one for one in phases if not why_no_relay(request, one)]
    steps = len(request.perilune_altitude_km) + 2
    found = []
    for number, one in enumerate(chosen):

        def told(step: int, number: int = number) -> None:
            if tell is not None:
                tell("at the Moon: relay orbits over years", steps * number + step, steps * len(chosen))

        found.append(_Design(request, one, ephemeris, keeper).look(places, told))
    return tuple(found)


class _Design:
    """One phase, with what every part of the look at it needs."""

    def __init__(
        self, request: RelayDesignCase, one: PhaseAtMoon, ephemeris: Ephemeris | None, keeper: Keeper | None
    ) -> None:
        self.keeper, self.decided = keeper, (request, one.phase, one.start_tdb, one.node_deg)
        self.request, self.one, self.start_tdb, self.ephemeris = request, one, one.start_tdb, ephemeris
        self.forces = moon_orbit_model(RELAY_DEGREE, ephemeris=ephemeris)
        self.size_km = elements_of(one.phase, one.node_deg).semi_major_axis_km

    def state(self, phase: OrbitPhase, node_deg: float) -> Floats:
        """State of a phase at its begin and perilune, (6,)."""
        elements = elements_of(phase, node_deg)
        return np.asarray(elements.states_function(self.start_tdb, self.ephemeris)(np.array([self.start_tdb]))[0])

    def look(self, places: tuple[PlaceCase, ...], told: Callable[[int], None]) -> RelayDesignResult:
        """Survey the nodes, search frozen ellipses at the best of them, follow all, count whom they see."""
        one, request = self.one, self.request
        told(0)
        nodes = part_of(self.keeper, "relay nodes", self.decided, self._nodes)
        best = max(nodes, key=lambda row: (row.lost_day, row.lowest_km))
        told(1)
        labels, states = ["as the file has it"], [self.state(one.phase, one.node_deg)]
        if abs((best.node_deg - one.node_deg + 180.0) % 360.0 - 180.0) > 1.0:
            labels.append(f"from node {best.node_deg:.0f}° E")
            states.append(self.state(one.phase, best.node_deg))
        tries = []
        for number, altitude in enumerate(request.perilune_altitude_km):
            found = self._try(altitude, states[-1])
            tries.append(found)
            if found.frozen is not None:
                labels.append(f"frozen, {altitude:g} km")
                states.append(found.frozen.state_icrf)
            told(2 + number)
        first = np.stack(states)
        flown = part_of(
            self.keeper,
            "relay orbits",
            (*self.decided, first),
            lambda: evolve_relay_orbits(first, self.start_tdb, request.span_day, model=self.forces),
        )
        trends = flown.trends(request.months_n * MONTH_DAY)
        named = tuple(labels)
        share, coverage = part_of(
            self.keeper,
            "relay coverage",
            (*self.decided, first, named, places),
            lambda: _coverage(flown, named, places, request.span_day, self.ephemeris),
        )
        told(2 + len(request.perilune_altitude_km))
        months = share.shape[2]
        return RelayDesignResult(
            phase_name=one.phase.name,
            start_tdb=self.start_tdb,
            span_day=request.span_day,
            months_n=request.months_n,
            nodes=nodes,
            tries=tuple(tries),
            labels=tuple(labels),
            flown=flown,
            orbits=tuple(self._orbit(row, label, states[row], trends[row], flown) for row, label in enumerate(labels)),
            coverage=coverage,
            month_tdb=self.start_tdb + (np.arange(months, dtype=np.float64) + 0.5) * MONTH_DAY * SECONDS_PER_DAY,
            month_share=share,
            places=tuple(place.id for place in places),
            step_s=_STEP_S,
            degree=RELAY_DEGREE,
        )

    def _nodes(self) -> tuple[RelayNodeRow, ...]:
        """Fly the phase from nodes all around the Moon; perilunes are the osculating ones of every six hours."""
        request = self.request
        nodes = np.arange(request.nodes_n) * (360.0 / request.nodes_n)
        states = np.stack([self.state(self.one.phase, float(node)) for node in nodes])
        times = self.start_tdb + np.arange(_SURVEY_STEP_S, request.node_span_day * SECONDS_PER_DAY, _SURVEY_STEP_S)
        run = propagate_full(states, self.start_tdb, times, self.forces, tolerance=_TOLERANCE, max_steps=5_000_000)
        mu = self.forces.body_gm_km3_s2("moon")
        low, _ = _apses_km(run.path_states, mu)
        hit = np.asarray(run.status == Status.IMPACT)
        odd = np.flatnonzero(~hit & (run.status != Status.OK))
        if odd.size:
            raise InputError(f"a relay orbit {STATUS_TEXT[Status(int(run.status[odd[0]]))]}; shorten node_span_day")
        lost = np.where(hit, (run.t_tdb - self.start_tdb) / SECONDS_PER_DAY, np.inf)
        least = np.where(hit, 0.0, np.nanmin(low, axis=1))
        rows = zip(nodes, lost, least, strict=True)
        return tuple(RelayNodeRow(float(node), float(day), float(km)) for node, day, km in rows)

    def _try(self, perilune_km: float, beside: Floats) -> FrozenTry:
        inputs = (*self.decided, perilune_km, beside)
        return part_of(self.keeper, "frozen relay", inputs, lambda: self._frozen(perilune_km, beside))

    def _frozen(self, perilune_km: float, beside: Floats) -> FrozenTry:
        """Search at the node of another orbit, apolune over the same hemisphere as that of the phase."""
        axes = earth_plane_axes(self.start_tdb, self.ephemeris)
        out, status = np.empty((1, COLUMNS)), np.empty(1, np.int8)
        mu = self.forces.body_gm_km3_s2("moon")
        elements_rows(beside[None], mu, np.ascontiguousarray(axes[None]), out, status)
        northern = float(axes[2] @ beside[:3]) > 0.0  # it begins at its perilune
        ecc = 1.0 - (MOON.radius_km + perilune_km) / self.size_km
        try:
            found = frozen_relay_orbit(
                self.size_km, ecc, self.start_tdb, node_deg=float(out[0, NODE]) * DEG_PER_RAD % 360.0,
                argument_deg=90.0 if northern else 270.0, n_months=self.request.months_n, model=self.forces,
            )  # fmt: skip
        except InputError as error:
            return FrozenTry(perilune_km, ecc, None, str(error).partition(";")[0])
        return FrozenTry(perilune_km, ecc, found)

    def _orbit(self, row: int, label: str, state: Floats, trends: Floats, flown: RelayEvolution) -> RelayOrbitRow:
        history = flown.history
        shape = shape_of(state, self.start_tdb, self.forces, self.ephemeris)
        mu = self.forces.body_gm_km3_s2("moon")
        low, high = (float(value[0]) for value in _apses_km(state[None], mu))
        normal = np.cross(state[:3], state[3:])
        pole = earth_plane_axes(self.start_tdb, self.ephemeris)[2]
        tilt = float(np.arccos(normal @ pole / np.sqrt(normal @ normal))) * DEG_PER_RAD
        size = 0.5 * (low + high) + MOON.radius_km
        altitudes = history.perilune_altitude_km[row], history.apolune_altitude_km[row]
        known = bool(np.isfinite(altitudes[0]).any())
        return RelayOrbitRow(
            label, size, 0.5 * (high - low) / size, shape.inclination_deg, shape.argument_of_perilune_deg,
            shape.node_deg, tilt, float(trends[0]), float(trends[1]),
            float(np.nanmin(altitudes[0])) if known else float("nan"),
            float(np.nanmax(altitudes[1])) if known else float("nan"), float(history.lifetime_day[row]),
        )  # fmt: skip


def _apses_km(states: Floats, mu: float) -> tuple[Floats, Floats]:
    """Altitudes of the osculating perilune and apolune of states (..., 6)."""
    r, v = states[..., :3], states[..., 3:]
    size = 1.0 / (2.0 / np.sqrt(np.sum(r * r, axis=-1)) - np.sum(v * v, axis=-1) / mu)
    momentum = np.cross(r, v)
    ecc = np.sqrt(np.maximum(1.0 - np.sum(momentum * momentum, axis=-1) / (mu * size), 0.0))
    return size * (1.0 - ecc) - MOON.radius_km, size * (1.0 + ecc) - MOON.radius_km


def _coverage(
    flown: RelayEvolution,
    labels: tuple[str, ...],
    places: tuple[PlaceCase, ...],
    span_day: float,
    ephemeris: Ephemeris | None,
) -> tuple[Floats, tuple[RelayCoverageRow, ...]]:
    """Share of each month in which ellipses stand over places, (N, P, M), and the rows of the table."""
    months = max(1, int(span_day / MONTH_DAY))
    share, rows = np.full((len(labels), len(places), months), np.nan), []
    for row, label in enumerate(labels):
        seconds, fixed = _positions_me_km(flown, row, ephemeris)
        month = (seconds / (MONTH_DAY * SECONDS_PER_DAY)).astype(np.int64)
        for at, place in enumerate(places):
            heard = place.heard()
            seen = azel(heard.position_me_km, R_enu_fixed(place.latitude_deg, place.longitude_deg), fixed)
            up = (seen.elevation_deg > heard.mask.at_deg(seen.azimuth_deg)).astype(np.float64)
            for number in range(months):
                if np.count_nonzero(month == number) * _STEP_S > 0.9 * MONTH_DAY * SECONDS_PER_DAY:
                    share[row, at, number] = up[month == number].mean()
            rows.append(_coverage_row(label, place.id, up, share[row, at]))
    return share, tuple(rows)


def _coverage_row(label: str, place: str, up: Floats, share: Floats) -> RelayCoverageRow:
    if not up.size:
        nothing = float("nan")
        return RelayCoverageRow(label, place, nothing, nothing, nothing, nothing)
    edges = np.flatnonzero(np.diff(np.concatenate([[1.0], up, [1.0]])))
    gaps = edges[1::2] - edges[0::2]
    longest = float(gaps.max()) * _STEP_S / 3600.0 if gaps.size else 0.0
    worst = float(np.nanmin(share)) if np.isfinite(share).any() else float("nan")
    return RelayCoverageRow(label, place, float(up.mean()), float(share[0]), worst, longest)


def _positions_me_km(flown: RelayEvolution, row: int, ephemeris: Ephemeris | None) -> tuple[Floats, Floats]:
    """Seconds since the start at equal steps, and places in mean Earth axes, from the last revolution's end on."""
    history = flown.history
    known = np.isfinite(history.states[row, :, 0])
    ends, states = history.end_tdb[row][known], history.states[row][known]
    if ends.size < 2:
        return np.zeros(0), np.zeros((0, 3))
    start = float(history.start_tdb[row])
    t = np.arange(ends[0], ends[-1], _STEP_S)
    last = np.searchsorted(ends, t, side="right") - 1
    place = _two_body_km(states[last], t - ends[last])
    return t - start, rotate(R_me_icrf(t, ephemeris), place)


def _two_body_km(states: Floats, seconds: Floats) -> Floats:
    """Places of ellipses after some time, (N, 3), by Kepler's equation in the change of eccentric anomaly."""
    mu = MOON.gm_km3_s2
    r, v = states[:, :3], states[:, 3:]
    radius = np.sqrt(np.sum(r * r, axis=1))
    size = 1.0 / (2.0 / radius - np.sum(v * v, axis=1) / mu)
    cosine, sine = 1.0 - radius / size, np.sum(r * v, axis=1) / np.sqrt(mu * size)
    mean = np.sqrt(mu / size**3) * seconds
    change = mean.copy()
    for _ in range(_KEPLER_ROUNDS):
        miss = change - cosine * np.sin(change) + sine * (1.0 - np.cos(change)) - mean
        slope = 1.0 - cosine * np.cos(change) + sine * np.sin(change)
        change -= np.clip(miss / slope, -1.0, 1.0)
    f = 1.0 - size / radius * (1.0 - np.cos(change))
    g = seconds - np.sqrt(size**3 / mu) * (change - np.sin(change))
    return np.asarray(f[:, None] * r + g[:, None] * v)
