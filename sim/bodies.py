"""Constants of the bodies: gravitational parameters, shapes and low-degree gravity.

Sources
-------
* ``gm_km3_s2``: header of JPL's DE440 (file ``linux_p1550p2650.440``: GM1..GM9, GMS, GMB in au3/day2, AU,
  EMRAT), converted to km3/s2. From Mars outwards they belong to the system of planet and satellites, like the
  positions of the ephemeris.
* Radii and flattening: Earth WGS 84 (NGA.STND.0036) with the mean radius of the IAU report; Moon and planets:
  Archinal et al. (2018), Report of the IAU Working Group on Cartographic Coordinates and Rotational Elements
  2015, Celestial Mechanics and Dynamical Astronomy 130:22; Sun: nominal radius, IAU 2015 Resolution B3.
* Zonal harmonics of the Earth: JGM-3 (Tapley et al. 1996, Journal of Geophysical Research 101(B12):28029),
  from the normalised coefficients of ICGEM's ``JGM3.gfc``: J_n = -sqrt(2n + 1) C_n0, the permanent tide
  included. Of Moon and Sun: DE440 header (J2M, J3M, J4M on AM; J2SUN on ASUN).
* Mean distances: semi-major axes of JPL's approximate elements (Standish, valid 1800-2050); Earth to Moon
  384 399 km. They serve only for the spheres of influence, a convention good to about two digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from sim.constants import ASTRONOMICAL_UNIT_KM
from sim.errors import InputError


@dataclass(frozen=True)
class Body:
    """A celestial body.

    Parameters
    ----------
    name : str
        Lower case, as in the ephemeris.
    naif_id : int
        NAIF code of the body itself (the Earth's centre is 399); outer planets: of the planet.
    gm_km3_s2 : float
        Gravitational parameter, DE440.
    radius_km : float
        Mean radius.
    radius_equatorial_km : float
        Equatorial radius.
    flattening : float
        (equatorial - polar) / equatorial.
    mean_distance_km : float
        Rounded semi-major axis of the orbit about ``parent``; zero for the Sun.
    parent : str
        Body it orbits; empty for the Sun.
    j2, j3, j4 : float
        Unnormalised zonal harmonics on ``harmonics_radius_km``; zero where none is given.
    harmonics_radius_km : float
        Reference radius of the harmonics.
    harmonics_source : str
        Field they belong to.
    """

    name: str
    naif_id: int
    gm_km3_s2: float
    radius_km: float
    radius_equatorial_km: float
    flattening: float
    mean_distance_km: float
    parent: str = "sun"
    j2: float = 0.0
    j3: float = 0.0
    j4: float = 0.0
    harmonics_radius_km: float = 0.0
    harmonics_source: str = ""

    @property
    def radius_polar_km(self) -> float:
        """Polar radius."""
        return self.radius_equatorial_km * (1.0 - self.flattening)

    @property
    def soi_radius_km(self) -> float:
        """Radius of Laplace's sphere of influence, a (m/M)^(2/5); infinite for the Sun."""
        if not self.parent:
            return float("inf")
        return float(self.mean_distance_km * (self.gm_km3_s2 / BODIES[self.parent].gm_km3_s2) ** 0.4)


SUN = Body(
    name="sun",
    naif_id=10,
    gm_km3_s2=132712440041.27942,
    radius_km=695_700.0,
    radius_equatorial_km=695_700.0,
    flattening=0.0,
    mean_distance_km=0.0,
    parent="",
    j2=2.1961391516529825e-07,
    harmonics_radius_km=696_000.0,
    harmonics_source="DE440",
)
MERCURY = Body(
    "mercury",
    199,
    22031.868551400003,
    2439.4,
    2440.53,
    1.0 - 2438.26 / 2440.53,
    0.38709927 * ASTRONOMICAL_UNIT_KM,
)
VENUS = Body("venus", 299, 324858.592, 6051.8, 6051.8, 0.0, 0.72333566 * ASTRONOMICAL_UNIT_KM)
EARTH = Body(
    name="earth",
    naif_id=399,
    gm_km3_s2=398600.43550702266,
    radius_km=6371.0084,
    radius_equatorial_km=6378.137,
    flattening=1.0 / 298.257223563,
    mean_distance_km=1.00000261 * ASTRONOMICAL_UNIT_KM,
    j2=0.0010826360229829945,
    j3=-2.5324353457543954e-06,
    j4=-1.619331205071e-06,
    harmonics_radius_km=6378.1363,
    harmonics_source="JGM-3",
)
MOON = Body(
    name="moon",
    naif_id=301,
    gm_km3_s2=4902.80011845755,
    radius_km=1737.4,
    radius_equatorial_km=1737.4,
    flattening=0.0,
    mean_distance_km=384_399.0,
    parent="earth",
    j2=0.000203214360135,
    j3=8.45964582042064e-06,
    j4=-9.7043900244e-06,
    harmonics_radius_km=1738.0,
    harmonics_source="DE440",
)
MARS = Body(
    "mars",
    499,
    42828.3758157561,
    3389.50,
    3396.19,
    1.0 - 3376.20 / 3396.19,
    1.52371034 * ASTRONOMICAL_UNIT_KM,
)
JUPITER = Body(
    "jupiter",
    599,
    126712764.09999998,
    69_911.0,
    71_492.0,
    1.0 - 66_854.0 / 71_492.0,
    5.20288700 * ASTRONOMICAL_UNIT_KM,
)
SATURN = Body(
    "saturn",
    699,
    37940584.8418,
    58_232.0,
    60_268.0,
    1.0 - 54_364.0 / 60_268.0,
    9.53667594 * ASTRONOMICAL_UNIT_KM,
)
URANUS = Body(
    "uranus",
    799,
    5794556.3999999985,
    25_362.0,
    25_559.0,
    1.0 - 24_973.0 / 25_559.0,
    19.18916464 * ASTRONOMICAL_UNIT_KM,
)
NEPTUNE = Body(
    "neptune",
    899,
    6836527.100580399,
    24_622.0,
    24_764.0,
    1.0 - 24_341.0 / 24_764.0,
    30.06992276 * ASTRONOMICAL_UNIT_KM,
)
PLUTO = Body("pluto", 999, 975.5, 1188.3, 1188.3, 0.0, 39.48211675 * ASTRONOMICAL_UNIT_KM)

EARTH_MOON_GM_KM3_S2: float = 403503.2356254802
"""Earth and Moon together (GMB of the DE440 header)."""

BODIES = MappingProxyType(
    {
        body.name: body
        for body in (SUN, MERCURY, VENUS, EARTH, MOON, MARS, JUPITER, SATURN, URANUS, NEPTUNE, PLUTO)
    }
)
"""All bodies by name."""


def body(name: str) -> Body:
    """Body of that name.

    Parameters
    ----------
    name : str
        For example ``moon``; upper and lower case are the same.

    Returns
    -------
    Body

    Raises
    ------
    InputError
        Unknown name.
    """
    found = BODIES.get(name.lower())
    if found is None:
        raise InputError(f"unknown body {name!r}; allowed: {', '.join(BODIES)}")
    return found
