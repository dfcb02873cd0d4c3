"""The vectorised propagation calls: one front door for every force model, method, burn and output.

Rows are independent: the bits of a row's result do not depend on the other rows, on their order or number, or on the
number of threads. A row that cannot be propagated says so in its status.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from sim.core.full_forces import MASS
from sim.core.status import Status
from sim.dynamics import FiniteBurn, ForceModel, FullForceModel, Impulse
from sim.errors import InputError
from sim.propagation import batch, full, low_orbits
from sim.propagation.barycenters import about_anchor, about_center
from sim.propagation.batch import Options, empty_results, fly, fly_at
from sim.propagation.full import FullFlight
from sim.propagation.legs import Flight, Rows, fly_legs
from sim.propagation.results import Propagation, Trajectories
from sim.propagation.rows import AnyModel, output_times, per_row, state_rows
from sim.propagation.stops import SURFACES, Stop

FloatArray = npt.NDArray[np.float64]
Burn = Impulse | FiniteBurn

METHODS = {ForceModel: ("auto", *batch.METHODS), FullForceModel: ("auto", "dop853", "gauss_jackson")}
"""Methods by model; the first stands for the second."""
TOLERANCE = 1e-12


def propagate(
    states: npt.ArrayLike,
    t0_tdb: npt.ArrayLike,
    t1_tdb: npt.ArrayLike,
    model: ForceModel | FullForceModel,
    *,
    method: str = "auto",
    tolerance: float = TOLERANCE,
    burns: Sequence[Impulse | FiniteBurn] = (),
    mass_kg: npt.ArrayLike | None = None,
    srp_area_m2: npt.ArrayLike = 0.0,
    drag_area_m2: npt.ArrayLike = 0.0,
    stops: Sequence[Stop] = (),
    events: Sequence[Stop] = (),
    max_events: int = 16,
    impacts: bool = True,
    threads: int | None = None,
    max_steps: int | None = None,
) -> Propagation:
    """Propagate N states, each over its own span, forward or backward.

    Parameters
    ----------
    states : array_like (N, 6) or (6,)
        km and km/s, ICRF axes relative to ``model.center``, which may be a barycentre.
    t0_tdb, t1_tdb : array_like (N,) or ()
        Epochs of the states and epochs wanted, TDB s past J2000.
    model : ForceModel or FullForceModel
        Forces: those of launch windows and transfers, half a million flights a second and core, or all that matter
        in flight, hundreds of times slower.
    method : str
        ``auto``, or one of the model's own: of a `ForceModel` ``rkn1210``, eight rows in lockstep, and ``dop853``, an
        independently written integrator, force evaluation and table, for verification; of a `FullForceModel`
        ``dop853``, and ``gauss_jackson`` with fixed steps for low orbits (:func:`propagate_low_orbits`).
    tolerance : float
        Largest estimated error of one step over the distance to the nearest attracting body, 1e-16 to 1e-3
        (``dop853``: Hairer's norm, relative; ``gauss_jackson`` takes none).
    burns : sequence of Impulse and FiniteBurn
        Of all rows or row by row; those outside of a row's span do not act. Finite burns need a `FullForceModel`, and
        so do masses that matter; with impulses `max_steps` counts from each to the next.
    mass_kg : array_like (N,) or (), optional
        Masses at ``t0_tdb``; by default 1000 under a `FullForceModel`, and not kept otherwise.
    srp_area_m2, drag_area_m2 : array_like (N,) or ()
        Areas with their coefficients, C_R A and C_D A; `FullForceModel` with ``dop853`` only.
    stops : sequence of Stop
        Events that end a row (see :mod:`sim.propagation.stops`); the earliest one counts. Located to 1e-7 s. All of
        them with a `FullForceModel` and ``dop853`` or a `ForceModel` of Earth and Moon and ``rkn1210``; spheres of one
        direction and closest approaches with a `ForceModel` without Earth or Moon.
    events : sequence of Stop
        Events that are recorded on the way, as many kinds; not with a `ForceModel` without Earth or Moon. They change
        no bit of the flight.
    max_events : int
        Events kept of each row, the first ones; how many more there were is said in the log.
    impacts : bool
        Whether rows end when they enter the Earth or the Moon, or at once when they begin inside (under a
        `ForceModel` they may rise from ground up to 15 km below the mean sphere). Not with ``dop853`` under a
        `ForceModel`; only the body that they go about with ``gauss_jackson``.
    threads : int, optional
        By default as many as there are processors.
    max_steps : int, optional
        Steps allowed per row, rejected ones included; by default 100,000, under a `FullForceModel` 200,000
        (``gauss_jackson``: 100 million evaluations).

    Returns
    -------
    Propagation
        With ``mass_kg`` where masses are kept.

    Raises
    ------
    InputError
        Arrays whose shapes do not fit, numbers out of range, a body that the model does not hold, or an option that
        the model or method cannot take: nothing is passed over.

    Notes
    -----
    Dormand, El-Mikkawy and Prince (1987), RKN12(10)17M. What a tolerance is worth under a `ForceModel` with Earth and
    Moon, as the 99th percentile of the error of the last position against long double:

    ========== =================== ================== ==================== =================
    tolerance  5 days past the     6 days, perilune   5 days back from     30 days far out
               Moon                50-200 km          such a perilune
    ========== =================== ================== ==================== =================
    1e-8       1.1 m               0.43 m             0.13 m               8.3 m
    1e-10      1.2 mm              2.8 mm             3.2 mm               71 mm
    1e-12      0.34 mm             2.1 mm             2.8 mm               0.57 mm
    ========== =================== ================== ==================== =================

    The millimetres that are left at 1e-12 past the Moon are no errors of steps: pieces of the lanes' tables reach
    across granules of the ephemeris (:mod:`sim.core.lanes_table`). Measured on 96 such flights: pieces a quarter as
    long leave 0.2 mm at most, but take 2.3 times as many steps at 1e-8.

    Models without both of them take shorter steps for the same tolerance (at 1e-8 the same four gave 1.7 m, 2.5 m,
    0.15 m and 14 m). See also ``tests/truth`` and the README's accuracy table.

    An impulse at an apsis or on a surface that is watched for may take the event before it, after it, on both sides or
    on none: the condition is met there to rounding.
    """
    given = state_rows(states)
    times = per_row(t1_tdb, len(given), "t1_tdb")[:, np.newaxis]
    options = options_of(model, method, tolerance, stops, events, max_events, impacts, threads, max_steps)
    asked = Call(model, method, options, burns, mass_kg, srp_area_m2, drag_area_m2)
    return asked.run(given, per_row(t0_tdb, len(given), "t0_tdb"), times, path=False)


def propagate_at(
    states: npt.ArrayLike,
    t0_tdb: npt.ArrayLike,
    times_tdb: npt.ArrayLike,
    model: ForceModel | FullForceModel,
    *,
    method: str = "auto",
    tolerance: float = TOLERANCE,
    burns: Sequence[Impulse | FiniteBurn] = (),
    mass_kg: npt.ArrayLike | None = None,
    srp_area_m2: npt.ArrayLike = 0.0,
    drag_area_m2: npt.ArrayLike = 0.0,
    stops: Sequence[Stop] = (),
    events: Sequence[Stop] = (),
    max_events: int = 16,
    impacts: bool = True,
    threads: int | None = None,
    max_steps: int | None = None,
) -> Trajectories:
    """Propagate N states and return them at T times each.

    Under a `ForceModel` steps do not depend on the output times: a state inside a step comes from a polynomial through
    its stages (with both Earth and Moon; :mod:`sim.core.lanes_dense`) or from a shorter step of the same method from
    the same beginning; either is as accurate as the trajectory itself. Under a `FullForceModel` steps end at the output
    times.

    Parameters
    ----------
    states, t0_tdb : array_like
        See :func:`propagate`.
    times_tdb : array_like (N, T) or (T,)
        Epochs wanted, TDB s past J2000, T >= 1; in each row they go away from ``t0_tdb``, forward or backward. ``(T,)``
        is used for every row.
    model, method, tolerance, burns, mass_kg, srp_area_m2, drag_area_m2
        See :func:`propagate`.
    stops, events, max_events, impacts, threads, max_steps
        See :func:`propagate`.

    Returns
    -------
    Trajectories
        With ``mass_kg`` and ``path_mass_kg`` where masses are kept.

    Raises
    ------
    InputError
        As :func:`propagate`; times that do not go away from ``t0_tdb``.
    """
    given = state_rows(states)
    t0 = per_row(t0_tdb, len(given), "t0_tdb")
    times = output_times(times_tdb, t0)
    options = options_of(model, method, tolerance, stops, events, max_events, impacts, threads, max_steps)
    result = Call(model, method, options, burns, mass_kg, srp_area_m2, drag_area_m2).run(given, t0, times, path=True)
    assert isinstance(result, Trajectories)
    return result


def options_of(
    model: AnyModel, method: str, tolerance: float, stops: Sequence[Stop], events: Sequence[Stop], max_events: int,
    impacts: bool, threads: int | None, max_steps: int | None,
) -> Options:  # fmt: skip
    """Check options and fill in the number of steps that a model and a method take by default.

    Parameters
    ----------
    model, method, tolerance, stops, events, max_events, impacts, threads, max_steps
        See :func:`propagate`.

    Returns
    -------
    Options

    Raises
    ------
    InputError
        Another model, a method that it does not know, numbers out of range.
    """
    allowed = METHODS.get(type(model))
    if allowed is None:
        raise InputError(f"model is a {type(model).__name__}; allowed: ForceModel, FullForceModel")
    if method not in allowed:
        raise InputError(f"method is {method!r}; allowed with a {type(model).__name__}: {', '.join(allowed)}")
    if max_steps is None:
        fast = isinstance(model, ForceModel)
        max_steps = batch.MAX_STEPS if fast else full.MAX_STEPS
        max_steps = low_orbits.MAX_STEPS if method == "gauss_jackson" else max_steps
    options = Options(tolerance, stops, events, max_events, impacts, threads, max_steps)
    options.check()
    return options


@dataclass(frozen=True, eq=False)
class Call:
    """One call of the front door, with what it was given; see :func:`propagate`."""

    model: AnyModel
    method: str
    options: Options
    burns: Sequence[Burn]
    mass_kg: npt.ArrayLike | None
    srp_area_m2: npt.ArrayLike
    drag_area_m2: npt.ArrayLike

    def run(self, states: FloatArray, t0_tdb: FloatArray, times_tdb: FloatArray, path: bool) -> Propagation:
        """Fly all rows and give their states about the model's centre.

        Parameters
        ----------
        states, t0_tdb, times_tdb : numpy.ndarray (N, 6), (N,), (N, T)
            States about the model's centre, epochs, epochs wanted.
        path : bool
            Whether the states at all epochs are wanted; otherwise those at the last.

        Returns
        -------
        Propagation
        """
        self.check()
        return self.fly(_flight(self, len(states), t0_tdb, times_tdb[:, -1], path), states, t0_tdb, times_tdb, path)

    def fly(
        self, flight: Flight, states: FloatArray, t0_tdb: FloatArray, times_tdb: FloatArray, path: bool
    ) -> Propagation:
        """Fly all rows, with their impulses, by a flight without them.

        Parameters
        ----------
        flight : callable
            Flies rows without impulses.
        states, t0_tdb, times_tdb, path
            See :meth:`run`.

        Returns
        -------
        Propagation
        """
        model, n = self.model, len(states)
        start = about_anchor(model, states, t0_tdb)
        mass = self._mass(n)
        impulses = [burn for burn in self.burns if isinstance(burn, Impulse)]
        if impulses:
            result = fly_legs(flight, impulses, model, start, t0_tdb, times_tdb, mass, path, self.options.room)
        else:
            result = flight(np.arange(n), start, t0_tdb, times_tdb, mass)
        return about_center(model, result, start, states)

    def _mass(self, n: int) -> FloatArray | None:
        if self.mass_kg is None and isinstance(self.model, ForceModel):
            return None
        return per_row(1000.0 if self.mass_kg is None else self.mass_kg, n, "mass_kg")

    @property
    def finite_burns(self) -> list[FiniteBurn]:
        """Burns that take time."""
        return [burn for burn in self.burns if isinstance(burn, FiniteBurn)]

    def check(self) -> None:
        """Refuse what the model or method cannot take.

        Raises
        ------
        InputError
            Everything that it cannot take.
        """
        model, o = self.model, self.options
        fast, low = isinstance(model, ForceModel), self.method == "gauss_jackson"
        areas = {"srp_area_m2": self.srp_area_m2, "drag_area_m2": self.drag_area_m2}
        refused = {name: np.any(np.asarray(area) != 0.0) and (fast or low) for name, area in areas.items()}
        refused["finite burns"] = bool(self.finite_burns) and (fast or low)
        refused["stops"] = bool(o.stops) and low
        refused["events"] = bool(o.events) and low
        refused["a tolerance"] = low and o.tolerance != TOLERANCE
        given = [name for name, wrong in refused.items() if wrong]
        if given:
            hint = "a FullForceModel with 'dop853' takes areas and finite burns, and either model stops and events"
            name = f"method {self.method!r}" if low else f"a {type(model).__name__}"
            raise InputError(f"{name} takes no {' and no '.join(given)}; {hint}")
        for burn in self.burns:
            if not isinstance(burn, Impulse | FiniteBurn):
                raise InputError(f"burns holds a {type(burn).__name__}; allowed: Impulse, FiniteBurn")
            if isinstance(burn, Impulse) and burn.body not in model.point_masses:
                held = ", ".join(model.point_masses)
                raise InputError(f"body {burn.body!r} of an impulse is no part of the force model, which holds {held}")


def full_flight(call: Call, model: FullForceModel, n_rows: int, t0_tdb: FloatArray, t1_tdb: FloatArray) -> FullFlight:
    """Make the batch of a call ready for the core of the full model.

    Parameters
    ----------
    call : Call
        With areas, burns and events.
    model : FullForceModel
        Its model.
    n_rows : int
        N.
    t0_tdb, t1_tdb : numpy.ndarray (N,)
        Spans.

    Returns
    -------
    FullFlight
    """
    o = call.options
    return FullFlight.of(
        model, n_rows, t0_tdb, t1_tdb, call.srp_area_m2, call.drag_area_m2, call.finite_burns, o.impacts, o.stops,
        o.events,
    )  # fmt: skip


def _flight(call: Call, n: int, t0: FloatArray, t1: FloatArray, path: bool) -> Flight:
    """How rows of the batch are flown without impulses."""
    if isinstance(call.model, ForceModel):
        return partial(_fly_fast, call, call.model, path)
    if call.method == "gauss_jackson":
        return partial(_fly_low, call, call.model)
    return partial(_fly_full, call, full_flight(call, call.model, n, t0, t1))


def _fly_fast(
    call: Call, model: ForceModel, path: bool, rows: Rows, start: FloatArray, t0: FloatArray, times: FloatArray,
    mass: FloatArray | None,
) -> Propagation:  # fmt: skip
    method = batch.METHODS[0] if call.method == "auto" else call.method
    if not path:
        ends = fly(start, t0, np.ascontiguousarray(times[:, -1]), model, method, call.options)
        return replace(ends, mass_kg=mass)
    found = fly_at(start, t0, times, model, method, call.options)
    if mass is None:
        return found
    masses = np.where(np.isnan(found.path_states[:, :, 0]), np.nan, mass[:, np.newaxis])
    return replace(found, mass_kg=mass, path_mass_kg=masses)


def _fly_full(
    call: Call, ready: FullFlight, rows: Rows, start: FloatArray, t0: FloatArray, times: FloatArray,
    mass: FloatArray | None,
) -> Propagation:  # fmt: skip
    assert mass is not None
    o = call.options
    found = ready.fly(rows, start, t0, times, mass, False, o.tolerance, o.threads, o.max_steps, o.room)
    states = found.end_rows[:, :6].copy()
    ground = _surface_met(call.model, states, found.t_tdb, found.status)
    stop = np.where((found.stop < 0) & (ground >= 0), ground + len(o.stops), found.stop).astype(np.int8)
    return Trajectories(
        states, found.t_tdb, found.status, stop, found.steps,
        found.path_rows[:, :, :6].copy(), times, log=found.log,
        mass_kg=found.end_rows[:, MASS].copy(), path_mass_kg=found.path_rows[:, :, MASS].copy(),
    )  # fmt: skip


def _fly_low(
    call: Call, model: FullForceModel, rows: Rows, start: FloatArray, t0: FloatArray, times: FloatArray,
    mass: FloatArray | None,
) -> Propagation:  # fmt: skip
    assert mass is not None
    o = call.options
    found = low_orbits.propagate_low_orbits(
        start, t0, times, model, impact_radius_km=None if o.impacts else 0.0, threads=o.threads, max_steps=o.max_steps
    )
    masses = np.where(np.isnan(found.path_states[:, :, 0]), np.nan, mass[:, np.newaxis])
    return Trajectories(
        found.states, found.t_tdb, found.status, _surface_met(model, found.states, found.t_tdb, found.status),
        found.steps, found.path_states, times, log=empty_results(start, t0).log, mass_kg=mass, path_mass_kg=masses,
    )  # fmt: skip


def _surface_met(
    model: AnyModel, states: FloatArray, t_tdb: FloatArray, status: npt.NDArray[np.int8]
) -> npt.NDArray[np.int8]:
    """Tell at which surface rows ended, counted from the Earth's; else -1."""
    stop = np.full(len(states), -1, np.int8)
    held = [surface for surface in SURFACES if surface.body in model.point_masses]
    hit = np.flatnonzero(status == Status.IMPACT)
    if hit.size:
        heights = []
        for surface in held:
            place = model.source().position_km(surface.body, model.anchor, t_tdb[hit])
            off = states[hit, :3] - place
            heights.append(np.abs(np.sqrt((off * off).sum(axis=1)) - surface.sphere.radius_km))
        stop[hit] = np.argmin(np.stack(heights), axis=0)
    return stop
