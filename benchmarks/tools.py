"""The tools: each propagates a task's rows with a tolerance from its ladder, on one core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

import sim
from benchmarks.heyoka_tools import HeyokaBatch
from benchmarks.peers import Peer
from benchmarks.series import positions_km, row_series
from sim.core.forces import Forces
from sim.core.lanes import propagate_lanes
from sim.core.lanes_table import lane_table

FloatArray = npt.NDArray[np.float64]


class Runner(Protocol):
    """A tool with its inputs."""

    def prepare(self, tolerance: float) -> None:
        """Get ready for a tolerance; not timed."""

    def run(self) -> FloatArray:
        """Propagate all rows and return the final states (N, 6); timed."""


Factory = Callable[[Any, FloatArray, FloatArray, float], Runner]


@dataclass(frozen=True)
class Tool:
    """A tool.

    Attributes
    ----------
    package : str
        Distribution whose version is recorded.
    make : callable
        From the task's world, states, epochs and span to a runner.
    tolerances : tuple of float
        Ladder, loosest first; the first rung that meets a task's error is used.
    most_rows : int
        Slow tools do only the first rows.
    """

    package: str
    make: Factory
    tolerances: tuple[float, ...]
    most_rows: int = 1_000_000

    @property
    def version(self) -> str:
        """Installed version."""
        if self.package == "perilune":
            return sim.__version__  # also when it runs from a checkout
        try:
            return metadata.version(self.package)
        except metadata.PackageNotFoundError:
            return "not installed"


class Perilune:
    """Lanes of perilune's core."""

    def __init__(self, forces: Forces, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> None:
        self.table = lane_table(forces)
        self.states, self.t0, self.t1 = states, t0_tdb, t0_tdb + span_s
        self.tolerance = 1e-9

    def prepare(self, tolerance: float) -> None:
        """Set the tolerance."""
        self.tolerance = tolerance

    def run(self) -> FloatArray:
        """Propagate all rows; NaN for rows that failed."""
        n = len(self.states)
        ends, t_end = np.empty((n, 6)), np.empty(n)
        status, event, steps = np.empty(n, np.int8), np.empty(n, np.int8), np.empty(n, np.int32)
        propagate_lanes(
            self.table, self.states, self.t0, self.t1, self.tolerance, 100_000, 0, n, ends, t_end, status, event, steps
        )
        ends[status != 0] = np.nan
        return ends


class OneAtATime:
    """Tools that take a Python right-hand side: positions of Moon and Sun from power series over the whole span."""

    terms = (20, 11, 17)

    def __init__(self, forces: Forces, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> None:
        self.forces, self.states, self.span = forces, states, span_s
        self.series = row_series(forces, t0_tdb, span_s, 1, self.terms)[0]
        self.tolerance = 1e-9

    def prepare(self, tolerance: float) -> None:
        """Set the tolerance."""
        self.tolerance = tolerance

    def acceleration(self, t: float, position: FloatArray, series: FloatArray) -> FloatArray:
        """Acceleration at ``t`` seconds after the start, without Earth's own."""
        x = 2.0 * t / self.span - 1.0
        first = 0
        values = []
        for count in self.terms:
            powers = x ** np.arange(count)
            values.append((powers[:, np.newaxis] * series[first : first + count]).sum(axis=0))
            first += count
        total = values[2]
        for gm, body in zip(self.forces.gm, values[:2], strict=True):
            d = body - position
            total = total + gm * d / np.sqrt((d * d).sum()) ** 3
        return total

    def rate(self, t: float, state: FloatArray, gm: float, series: FloatArray) -> FloatArray:
        """Return the derivative of a state."""
        r = state[:3]
        own = -gm * r / np.sqrt((r * r).sum()) ** 3
        return np.concatenate([state[3:], own + self.acceleration(t, r, series)])


class ScipyDop853(OneAtATime):
    """scipy's DOP853 with a numpy right-hand side."""

    def run(self) -> FloatArray:
        """Propagate row after row."""
        from scipy.integrate import solve_ivp  # heavy

        ends = []
        for state, row in zip(self.states, self.series, strict=True):
            arguments = (self.forces.gm_center, row.reshape(-1, 3))
            done = solve_ivp(
                self.rate, (0.0, self.span), state, method="DOP853", args=arguments, rtol=self.tolerance,
                atol=np.repeat([1e3, 1e-2], 3) * self.tolerance,
            )  # fmt: skip
            ends.append(done.y[:, -1])
        return np.array(ends)


class BoinorCowell(OneAtATime):
    """boinor's Cowell propagator."""

    def run(self) -> FloatArray:
        """Propagate row after row."""
        from boinor.core.propagation import cowell  # heavy

        ends = []
        for state, row in zip(self.states, self.series, strict=True):
            series = row.reshape(-1, 3)

            def rate(t: float, u: Any, k: float, series: FloatArray = series) -> FloatArray:
                return self.rate(t, u, k, series)

            r, v = cowell(self.forces.gm_center, state[:3], state[3:], [self.span], rtol=self.tolerance, f=rate)
            ends.append(np.concatenate([r[-1], v[-1]]))
        return np.array(ends)



def w1_peer(name: str) -> Factory:
    """Make the factory of a peer in an environment of its own.

    Parameters
    ----------
    name : str
        One of :data:`benchmarks.peers.KINDS`.

    Returns
    -------
    callable
    """

    def make(forces: Forces, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> Peer:
        return Peer(name, states, t0_tdb, span_s)

    return make


def ladder(loosest: int, tightest: int) -> tuple[float, ...]:
    """Quarter decades of tolerance."""
    return tuple(float(f"{10.0 ** -(n / 4.0):.2g}") for n in range(4 * loosest, 4 * tightest + 1))


W1_TOOLS: Final = {
    "perilune": Tool("perilune", Perilune, ladder(7, 14)),
    "heyoka": Tool("heyoka", HeyokaBatch, ladder(10, 16)),
    "kiam": Tool("kiam-astro", w1_peer("kiam"), ladder(9, 12)[::2], most_rows=200),
    "gmat": Tool("gmatpy", w1_peer("gmat"), ladder(8, 13)[::2], most_rows=100),
    "nyx": Tool("nyx-space", w1_peer("nyx"), ladder(9, 14)[::2], most_rows=100),
    "orekit": Tool("orekit-jpype", w1_peer("orekit"), ladder(9, 14)[::2], most_rows=100),
    "scipy": Tool("scipy", ScipyDop853, ladder(9, 14)[::4], most_rows=8),
    "boinor": Tool("boinor", BoinorCowell, ladder(9, 14)[::4], most_rows=8),
}

__all__ = ["W1_TOOLS", "Tool", "positions_km"]
