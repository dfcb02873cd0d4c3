"""Eccentricity-vector maps and frozen orbits: what a month of the Moon's field does to the shape of a low orbit.

The averaged eccentricity vector of a low orbit draws a loop while the Moon turns below the orbit plane, and after the
month in which the node comes back to the same selenographic longitude it is displaced. For small eccentricities this
displacement is an affine function of the vector: a 2 x 2 matrix close to a rotation, and a shift that comes from the
odd zonals. Where the displacement vanishes the orbit is frozen: its loop closes. Where the displacement of the circular
orbit vanishes the frozen orbit is itself nearly circular; around the Moon that happens near 27, 50, 76 and 86 degrees.

The map is measured, not derived: three neighbouring orbits are propagated for the month under all forces. Earth and Sun
make its shift vary by the epoch. Frozen orbits are then corrected by Newton's method until the measured displacement
vanishes.

Approximation, named: the map is affine; the correction does not use that beyond its first Jacobian.

Sources: Folta and Quinn, "Lunar Frozen Orbits", AIAA 2006-6749 (frozen orbits by displacement over a month);
inclinations of quasi-circular frozen orbits: NASA, "Bizarre Lunar Orbits" (2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.bodies import MOON
from sim.constants import SECONDS_PER_DAY, TWO_PI
from sim.dynamics import FullForceModel, open_gravity_field
from sim.errors import InputError
from sim.frames import R_me_icrf
from sim.frames.rotations import unit
from sim.operations.low_orbits import LowOrbitHistory, equator_axes, evolve_low_orbits
from sim.units import RAD_PER_DEG

FloatArray = npt.NDArray[np.float64]

MOON_TURN_DEG_DAY = 13.176358
"""Sidereal rotation of the Moon (Archinal et al. 2018, table 3)."""
_STEP_ECC = 0.004
_TRIPLE = np.array([[0.0, _STEP_ECC, 0.0], [0.0, 0.0, _STEP_ECC]])
_RECORDS_AFTER = 2


def node_month_day(semi_major_axis_km: npt.ArrayLike, inclination_deg: npt.ArrayLike) -> FloatArray:
    """Time in which the ascending node comes back to a selenographic longitude, in days.

    Parameters
    ----------
    semi_major_axis_km, inclination_deg : array_like
        Of near-circular orbits; they broadcast.

    Returns
    -------
    ndarray
        Days: the sidereal month of 27.32 for a polar orbit, shorter for direct ones, whose nodes go back. The
        oblateness of GRGM1200A alone moves the node here.
    """
    field = open_gravity_field("grgm1200a", 2)
    j2 = -float(field.cosine[2, 0]) * np.sqrt(5.0)
    a = np.asarray(semi_major_axis_km, dtype=np.float64)
    motion = np.sqrt(MOON.gm_km3_s2 / a**3) * SECONDS_PER_DAY / RAD_PER_DEG
    cosine = np.cos(np.asarray(inclination_deg, dtype=np.float64) * RAD_PER_DEG)
    node_rate = -1.5 * j2 * (field.radius_km / a) ** 2 * motion * cosine
    return np.asarray(360.0 / (MOON_TURN_DEG_DAY - node_rate))


def node_states(
    semi_major_axis_km: npt.ArrayLike,
    ecc_cos: npt.ArrayLike,
    ecc_sin: npt.ArrayLike,
    inclination_deg: npt.ArrayLike,
    node_longitude_deg: npt.ArrayLike,
    t_tdb: npt.ArrayLike,
) -> FloatArray:
    """States at the ascending node from osculating elements that stay regular for circles.

    Parameters
    ----------
    semi_major_axis_km : array_like
        Osculating; all arguments broadcast to (N,).
    ecc_cos, ecc_sin : array_like
        Eccentricity vector: towards the ascending node, and a quarter turn ahead of it.
    inclination_deg : array_like
        To the equator of date.
    node_longitude_deg : array_like
        Selenographic longitude of the ascending node at `t_tdb`.
    t_tdb : array_like
        TDB s past J2000.

    Returns
    -------
    ndarray (N, 6)
        Relative to the Moon, ICRF axes, km and km/s.

    Raises
    ------
    InputError
        An eccentricity of one or more.
    """
    given = (semi_major_axis_km, ecc_cos, ecc_sin, inclination_deg, node_longitude_deg, t_tdb)
    a, x, y, inc, node, t = (np.atleast_1d(v) for v in np.broadcast_arrays(*(np.asarray(v, float) for v in given)))
    if not (x**2 + y**2 < 1.0).all():
        raise InputError("ecc_cos and ecc_sin give an eccentricity of one or more; allowed: ellipses")
    pole = equator_axes(t)[:, 2]
    prime = R_me_icrf(t)[:, 0]
    prime = unit(prime - np.sum(prime * pole, axis=1)[:, None] * pole)
    node, inc = (node * RAD_PER_DEG)[:, None], (inc * RAD_PER_DEG)[:, None]
    to_node = np.cos(node) * prime + np.sin(node) * np.cross(pole, prime)
    ahead = np.cos(inc) * np.cross(pole, to_node) + np.sin(inc) * pole
    parameter = a * (1.0 - x**2 - y**2)
    radius, speed = parameter / (1.0 + x), np.sqrt(MOON.gm_km3_s2 / parameter)
    velocity = speed[:, None] * (-y[:, None] * to_node + (1.0 + x)[:, None] * ahead)
    return np.concatenate([radius[:, None] * to_node, velocity], axis=1)


def displacement(history: LowOrbitHistory, span_day: npt.ArrayLike) -> FloatArray:
    """Change of the averaged eccentricity vector between the first record and one a given time later.

    Parameters
    ----------
    history : LowOrbitHistory
        Of N orbits.
    span_day : array_like (N,) or ()
        Time between; records are interpolated linearly.

    Returns
    -------
    ndarray (N, 2)
        Change of ``ecc_cos`` and ``ecc_sin``; rows without unit, NaN where the history ended before.
    """
    elapsed = (history.t_tdb - history.t_tdb[:, :1]) / SECONDS_PER_DAY
    wanted = np.broadcast_to(np.asarray(span_day, dtype=np.float64), (len(elapsed),))
    out = np.empty((len(elapsed), 2))
    for column, values in enumerate((history.ecc_cos, history.ecc_sin)):
        later = [np.interp(w, e, v, right=np.nan) for w, e, v in zip(wanted, elapsed, values, strict=True)]
        out[:, column] = np.asarray(later) - values[:, 0]
    return out


@dataclass(frozen=True, eq=False)
class EccentricityMap:
    """What one month does to the eccentricity vectors of M orbits.

    Attributes
    ----------
    semi_major_axis_km, inclination_deg : ndarray (M,)
        Osculating at the start.
    month_day : ndarray (M,)
        Span of the map.
    start_ecc : ndarray (M, 2)
        Averaged vector of the orbit that starts with the vector asked for (circular, if none was); not equal to that,
        because osculating elements are not averages.
    shift_ecc : ndarray (M, 2)
        Its displacement over the month.
    matrix : ndarray (M, 2, 2)
        Derivative of the vector after the month by the vector before.
    forces : str
        Under which they flew, for captions.
    """

    semi_major_axis_km: FloatArray
    inclination_deg: FloatArray
    month_day: FloatArray
    start_ecc: FloatArray
    shift_ecc: FloatArray
    matrix: FloatArray
    forces: str

    @property
    def drift_ecc(self) -> FloatArray:
        """Length of the displacement of the orbit that starts with the vector asked for, (M,)."""
        return np.hypot(self.shift_ecc[:, 0], self.shift_ecc[:, 1])

    @property
    def frozen_ecc(self) -> FloatArray:
        """Averaged vector at the start that comes back after the month, (M, 2); far outside small values: none."""
        return np.asarray(
            self.start_ecc + np.linalg.solve(np.eye(2) - self.matrix, self.shift_ecc[:, :, None])[:, :, 0]
        )


def eccentricity_maps(
    semi_major_axis_km: npt.ArrayLike,
    inclination_deg: npt.ArrayLike,
    t0_tdb: float,
    *,
    ecc: tuple[float, float] = (0.0, 0.0),
    node_longitude_deg: float = 0.0,
    degree: int = 50,
    model: FullForceModel | None = None,
    threads: int | None = None,
) -> EccentricityMap:
    """Measure the maps of M low orbits.

    Parameters
    ----------
    semi_major_axis_km, inclination_deg : array_like (M,) or ()
        Of orbits of about the same size.
    t0_tdb : float
        Start, TDB s past J2000.
    ecc : tuple of float
        Osculating eccentricity vector around which the map is measured: towards the ascending node, and a quarter turn
        ahead of it.
    node_longitude_deg : float
        Of the ascending node there.
    degree : int
        Of the gravity field, where no `model` is given.
    model : FullForceModel, optional
        Forces.
    threads : int, optional
        By default as many as there are processors.

    Returns
    -------
    EccentricityMap
        NaN in rows whose orbits do not last a month.

    Raises
    ------
    InputError, EphemerisRangeError
        As :func:`sim.operations.low_orbits.evolve_low_orbits`.
    """
    a, inc = (np.atleast_1d(v).astype(float) for v in np.broadcast_arrays(semi_major_axis_km, inclination_deg))
    month = node_month_day(a, inc)
    x, y = np.tile(ecc[0] + _TRIPLE[0], len(a)), np.tile(ecc[1] + _TRIPLE[1], len(a))
    start = node_states(np.repeat(a, 3), x, y, np.repeat(inc, 3), node_longitude_deg, t0_tdb)
    history = _month_of(start, t0_tdb, float(month.max()), degree, model, threads)
    first = np.stack([history.ecc_cos[:, 0], history.ecc_sin[:, 0]], axis=1).reshape(-1, 3, 2)
    moved = displacement(history, np.repeat(month, 3)).reshape(-1, 3, 2)
    steps = np.swapaxes(first[:, 1:] - first[:, :1], 1, 2)
    changes = np.swapaxes(moved[:, 1:] - moved[:, :1], 1, 2)
    # changes = (matrix - 1) steps
    matrix = np.eye(2) + np.swapaxes(np.linalg.solve(np.swapaxes(steps, 1, 2), np.swapaxes(changes, 1, 2)), 1, 2)
    return EccentricityMap(a, inc, month, first[:, 0], moved[:, 0], matrix, history.forces)


def _month_of(
    start: FloatArray,
    t0_tdb: float,
    month_day: float,
    degree: int,
    model: FullForceModel | None,
    threads: int | None,
) -> LowOrbitHistory:
    """Histories of a month and the records that its end needs."""
    a = 1.0 / (2.0 / np.sqrt(np.sum(start[:, :3] ** 2, axis=1)) - np.sum(start[:, 3:] ** 2, axis=1) / MOON.gm_km3_s2)
    period_day = TWO_PI * float(np.sqrt(np.max(a) ** 3 / MOON.gm_km3_s2)) / SECONDS_PER_DAY
    span = month_day + 3.0 * _RECORDS_AFTER * period_day
    return evolve_low_orbits(start, t0_tdb, span, degree=degree, model=model, threads=threads)


@dataclass(frozen=True, eq=False)
class FrozenOrbit:
    """An orbit whose averaged eccentricity vector comes back after a month.

    Attributes
    ----------
    state_icrf : ndarray (6,)
        At the ascending node, relative to the Moon, km and km/s.
    t0_tdb : float
        Its epoch.
    semi_major_axis_km : float
        Osculating there.
    inclination_deg : float
        Osculating there.
    month_day : float
        Span over which it comes back.
    ecc_cos, ecc_sin : float
        Averaged eccentricity vector at the start.
    residual_ecc : float
        Displacement over the month that is left.
    iterations : int
        Corrections made.
    perilune_altitude_km, apolune_altitude_km : float
        Lowest and highest altitude of the month.
    """

    state_icrf: FloatArray
    t0_tdb: float
    semi_major_axis_km: float
    inclination_deg: float
    month_day: float
    ecc_cos: float
    ecc_sin: float
    residual_ecc: float
    iterations: int
    perilune_altitude_km: float
    apolune_altitude_km: float

    @property
    def eccentricity(self) -> float:
        """Of the averaged vector."""
        return float(np.hypot(self.ecc_cos, self.ecc_sin))


def frozen_orbit(
    semi_major_axis_km: float,
    inclination_deg: float,
    t0_tdb: float,
    *,
    node_longitude_deg: float = 0.0,
    start_ecc: tuple[float, float] | None = None,
    degree: int = 50,
    model: FullForceModel | None = None,
    tolerance_ecc: float = 1e-6,
    max_iterations: int = 8,
) -> FrozenOrbit:
    """Correct the eccentricity vector of an orbit until it comes back after a month.

    Parameters
    ----------
    semi_major_axis_km, inclination_deg : float
        Osculating at the start.
    t0_tdb : float
        Start, TDB s past J2000.
    node_longitude_deg : float
        Of the ascending node there.
    start_ecc : tuple of float, optional
        First guess of the osculating vector; by default from the map of the circular orbit.
    degree : int
        Of the gravity field, where no `model` is given.
    model : FullForceModel, optional
        Forces.
    tolerance_ecc : float
        Displacement that counts as none; 1e-6 is 2 m of altitude.
    max_iterations : int
        Corrections before it gives up.

    Returns
    -------
    FrozenOrbit

    Raises
    ------
    InputError
        No frozen orbit is found above the ground.
    """
    month = float(node_month_day(semi_major_axis_km, inclination_deg))
    guess, jacobian = np.array(start_ecc or (0.0, 0.0)), np.zeros((2, 2))
    for iteration in range(max_iterations + 1):
        # the first run also measures the Jacobian; later ones keep it (the map is nearly affine)
        steps = np.array([[0.0, 0.0], [_STEP_ECC, 0.0], [0.0, _STEP_ECC]])[: 3 if iteration == 0 else 1]
        vectors = guess + steps
        start = node_states(
            semi_major_axis_km, vectors[:, 0], vectors[:, 1], inclination_deg, node_longitude_deg, t0_tdb
        )
        history = _month_of(start, t0_tdb, month, degree, model, None)
        moved = displacement(history, month)
        if not np.isfinite(moved).all():
            break
        if iteration == 0:
            jacobian = (moved[1:] - moved[:1]).T / _STEP_ECC
        residual = float(np.hypot(*moved[0]))
        if residual < tolerance_ecc:
            return FrozenOrbit(
                start[0], t0_tdb, semi_major_axis_km, inclination_deg, month, float(history.ecc_cos[0, 0]),
                float(history.ecc_sin[0, 0]), residual, iteration, float(np.nanmin(history.perilune_altitude_km[0])),
                float(np.nanmax(history.apolune_altitude_km[0])),
            )  # fmt: skip
        guess = guess - np.linalg.solve(jacobian, moved[0])
        if not np.hypot(*guess) < 1.0 - MOON.radius_km / semi_major_axis_km:
            break
    raise InputError(
        f"no frozen orbit of {semi_major_axis_km:g} km and {inclination_deg:g} degrees above the ground; "
        "try another size or inclination"
    )
