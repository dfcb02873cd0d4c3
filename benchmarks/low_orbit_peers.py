"""Peers of task W2 beside heyoka: GMAT, Orekit and nyx, each fed with the same coefficients, axes and bodies.

All three have the figure of the Moon from a file of GRGM1200A and its principal axes of DE440: GMAT from the librations
in the file in JPL's layout, nyx from a binary PCK, Orekit (which reads no lunar axes) from samples every quarter of an
hour, between which it interpolates itself. KIAM's toolbox has a field of the Moon of its own that cannot be replaced:
it cannot take part.

Integrators are those that did a week in degree 70 soonest: of GMAT's Prince-Dormand 7(8) (2.4 s to 0.06 m; Runge-Kutta
8(9) 2.7 s to 1.3 m, others do not run in its package), of nyx' Dormand-Prince 7(8) (2.5 s to 0.06 m; Runge-Kutta 8(9)
3.2 s to 0.03 m).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from benchmarks.low_orbit_task import model
from benchmarks.peer_files import cof_text, gfc_text, shadr_text
from benchmarks.peers import KINDS, Peer
from benchmarks.tasks import Task
from benchmarks.tools import Factory, Tool, ladder
from sim.ephemeris import open_ephemeris

FloatArray = npt.NDArray[np.float64]

AXES_STEP_S: Final = 900.0
AXES_MARGIN: Final = 8
"""Samples of the axes beyond both ends."""


def axes_samples(first_s: float, last_s: float, tool: str) -> dict[str, Any]:
    """Sample the principal axes in the tool's own time.

    Parameters
    ----------
    first_s, last_s : float
        Span, seconds past J2000.
    tool : str
        Its name.

    Returns
    -------
    dict
        First epoch, step, and rows of Euler angles and their rates, rad and rad/s.
    """
    count = int((last_s - first_s) / AXES_STEP_S) + 1 + 2 * AXES_MARGIN
    first = first_s - AXES_MARGIN * AXES_STEP_S
    t_s = first + AXES_STEP_S * np.arange(count)
    found = open_ephemeris().moon_librations(t_s - KINDS[tool].offset(t_s))
    return {"first_s": first, "step_s": AXES_STEP_S, "rows": np.concatenate(found, axis=1).tolist()}


def low_peer(tool: str, degree: int) -> Factory:
    """Make the factory of a peer about the Moon.

    Parameters
    ----------
    tool : str
        Its name.
    degree : int
        Of the figure.

    Returns
    -------
    callable
    """

    def make(world: Any, states: FloatArray, t0_tdb: FloatArray, span_s: float) -> Peer:
        field = model(degree).moon_field
        assert field is not None
        problem: dict[str, Any] = {"center": "moon", "degree": degree, "center_gm_km3_s2": field.gm_km3_s2}
        if tool == "orekit":
            problem["axes"] = axes_samples(float(t0_tdb.min()), float(t0_tdb.max()) + span_s, tool)
        texts = {"field.cof": cof_text(field), "field.gfc": gfc_text(field), "field.tab": shadr_text(field)}
        return Peer(tool, states, t0_tdb, span_s, problem, {name: text.encode() for name, text in texts.items()})

    return make


def with_peers(tasks: Mapping[str, Task], loosest: int = 8) -> dict[str, Task]:
    """Add the peers to the tasks of low orbits.

    Parameters
    ----------
    tasks : mapping of str to Task
        Their names end with the degree: ``W2-20``.
    loosest : int
        Where the ladders of tolerances begin.

    Returns
    -------
    dict of str to Task
    """
    found = {}
    for name, task in tasks.items():
        degree = int(name.rpartition("-")[2])
        peers = {
            "gmat": Tool("gmatpy", low_peer("gmat", degree), ladder(loosest, 13)[::2], most_rows=4),
            "orekit": Tool("orekit-jpype", low_peer("orekit", degree), ladder(loosest, 14)[::2], most_rows=4),
            "nyx": Tool("nyx-space", low_peer("nyx", degree), ladder(loosest, 14)[::2], most_rows=4),
        }
        found[name] = replace(task, tools={**task.tools, **peers})
    return found
