"""Nyx (``nyx-space``): DE440 from an SPK file, GM from a text kernel, the field of the Moon from a SHADR file.

Its default Runge-Kutta 8(9) past the Moon; in low orbits its Dormand-Prince 7(8), which is a quarter faster there.

Epochs given in ET stay in ET: nyx then integrates in seconds of TDB.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from nyx_space import Spacecraft
from nyx_space.anise import Almanac
from nyx_space.anise.astro import FrameUid, Orbit
from nyx_space.anise.constants import Frames
from nyx_space.anise.utils import convert_tpc
from nyx_space.mission_design import (
    AccelModels,
    Dynamics,
    GravityFieldConfig,
    IntegratorMethod,
    IntegratorOptions,
    PointMasses,
    Propagator,
)
from nyx_space.time import Epoch, Unit

from benchmarks.peer_workers.serve import serve

EARTH, MOON, SUN = 399, 301, 10
PRINCIPAL_AXES = 31008


def make(folder: Path, problem: dict[str, Any], rows: dict[str, Any]) -> Any:
    """Build almanac, forces and first states."""
    kernel = str(folder / problem["gm_kernel"])
    convert_tpc(kernel, kernel, str(folder / "constants.pca"), True)
    almanac = Almanac(str(folder / problem["spk"])).load(str(folder / "constants.pca"))
    if problem["center"] == "moon":
        almanac = almanac.load(str(folder / problem["axes_pck"]))
        frame = Frames.MOON_J2000.with_mu_km3_s2(problem["center_gm_km3_s2"])
        degree = problem["degree"]
        field = GravityFieldConfig(degree, degree, str(folder / "field.tab"), FrameUid(MOON, PRINCIPAL_AXES))
        dynamics = Dynamics(AccelModels(point_masses=PointMasses([EARTH, SUN]), gravity_field=field))
    else:
        frame = Frames.EME2000.with_mu_km3_s2(problem["gm_km3_s2"]["earth"])
        dynamics = Dynamics(AccelModels(point_masses=PointMasses([MOON, SUN])))
    starts = [
        Spacecraft(Orbit.from_cartesian(*map(float, state), Epoch.init_from_et_seconds(float(t0)), frame))
        for state, t0 in zip(rows["states"], rows["t0_tdb"], strict=True)
    ]
    span = Unit.Second * float(problem["span_s"])

    method = IntegratorMethod.DormandPrince78 if problem["center"] == "moon" else IntegratorMethod.RungeKutta89

    def prepare(tolerance: float) -> Any:
        options = IntegratorOptions(min_step=Unit.Second * 1e-3, max_step=Unit.Day * 1, tolerance=tolerance)
        propagator = Propagator(dynamics, almanac, method, options)

        def propagate() -> Any:
            ends = np.empty((len(starts), 6))
            for row, start in enumerate(starts):
                end = propagator.for_duration(start, span, trajectory=False).state.orbit
                ends[row] = end.x_km, end.y_km, end.z_km, end.vx_km_s, end.vy_km_s, end.vz_km_s
            return ends

        return propagate

    return prepare


if __name__ == "__main__":
    serve(version("nyx-space"), make)
