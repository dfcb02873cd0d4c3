"""Light and the Earth over a place on the Moon, above its horizon mask.

Sun and Earth are geometric positions from the ephemeris, topocentric, in mean Earth axes (`sim.frames`). The Sun is a
disc of its true size without limb darkening; its fraction above the horizon is a circular segment over a horizon taken
as level across the disc (half a degree).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.bodies import SUN
from sim.constants import SECONDS_PER_DAY
from sim.ephemeris import Ephemeris
from sim.errors import InputError
from sim.events import Intervals, find_by_rate
from sim.frames import earth_azel_moon_site, sun_azel_moon_site
from sim.operations.conditions import Lander
from sim.units import DEG_PER_RAD, RAD_PER_DEG

FloatArray = NDArray[np.float64]

_TURN_DEG_S = 1.1 * 360.0 / (27.321_661 * SECONDS_PER_DAY)
"""Sun and Earth move slower than this in the sky of the Moon: its sidereal rotation and a tenth for librations."""
_CAP_DEG = 10.0
_MASK_LIMIT_DEG = 70.0
_STEP_S = 3600.0
_SHORTEST_S = 60.0


@dataclass(frozen=True, eq=False)
class SkySeries:
    """Sun and Earth over a place at given times. All arrays have shape (N,).

    Attributes
    ----------
    t_tdb : ndarray
        Seconds past J2000 TDB.
    sun_azimuth_deg, sun_elevation_deg : ndarray
        Centre of the Sun.
    sun_fraction : ndarray
        Visible share of the disc, 0 to 1.
    earth_azimuth_deg, earth_elevation_deg : ndarray
        Centre of the Earth.
    earth_up : ndarray of bool
        Whether the Earth's centre stands above the mask.
    """

    t_tdb: FloatArray
    sun_azimuth_deg: FloatArray
    sun_elevation_deg: FloatArray
    sun_fraction: FloatArray
    earth_azimuth_deg: FloatArray
    earth_elevation_deg: FloatArray
    earth_up: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LightSummary:
    """Light and Earth at a place over a span.

    Attributes
    ----------
    sun_fraction : float
        Mean visible share of the Sun's disc: the "average illumination" of published maps.
    any_sun_share : float
        Share of the time with any part of the disc.
    half_sun_share : float
        Share of the time with the Sun's centre above the horizon.
    longest_dark_day : float
        Longest time without any part of the disc.
    longest_half_dark_day : float
        Longest time with the Sun's centre below the horizon.
    longest_light_day : float
        Longest time with some part of the disc without a break.
    earth_share : float
        Share of the time with the Earth's centre above the horizon.
    longest_without_earth_day : float
        Longest time without.
    light_and_earth_share : float
        Share of the time with the centres of both above the horizon.
    mask_name, mask_source : str
        The horizon that this rests on.
    assumed : bool
        Whether nobody measured that horizon: the numbers are then not a statement about a real place.
    """

    sun_fraction: float
    any_sun_share: float
    half_sun_share: float
    longest_dark_day: float
    longest_half_dark_day: float
    longest_light_day: float
    earth_share: float
    longest_without_earth_day: float
    light_and_earth_share: float
    mask_name: str
    mask_source: str
    assumed: bool


def disc_fraction_above(height_deg: ArrayLike, radius_deg: ArrayLike) -> FloatArray:
    """Fraction of a disc above a straight horizon (circular segment).

    Parameters
    ----------
    height_deg : array_like
        Height of the disc's centre over the horizon.
    radius_deg : array_like
        Radius of the disc, above zero.

    Returns
    -------
    ndarray
        Fraction, 0 to 1: (arccos(-s) + s sqrt(1 - s^2)) / pi with s = height/radius, cut to -1..1.
    """
    s = np.clip(np.asarray(height_deg, dtype=np.float64) / np.asarray(radius_deg, dtype=np.float64), -1.0, 1.0)
    return np.asarray((np.arccos(-s) + s * np.sqrt(1.0 - s * s)) / np.pi)


def sky_series(lander: Lander, t_tdb: ArrayLike, ephemeris: Ephemeris | None = None) -> SkySeries:
    """Sun and Earth over a place at given times.

    Parameters
    ----------
    lander : Lander
        Place and horizon.
    t_tdb : array_like (N,)
        Seconds past J2000 TDB.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    SkySeries

    Raises
    ------
    EphemerisRangeError, InputError
        As :func:`sim.frames.sun_azel_moon_site`.
    """
    t = np.atleast_1d(np.asarray(t_tdb, dtype=np.float64))
    place = lander.latitude_deg, lander.longitude_deg, t
    sun = sun_azel_moon_site(*place, altitude_km=lander.altitude_km, ephemeris=ephemeris)
    earth = earth_azel_moon_site(*place, altitude_km=lander.altitude_km, ephemeris=ephemeris)
    radius_deg = np.arcsin(SUN.radius_km / sun.range_km) * DEG_PER_RAD
    height_deg = sun.elevation_deg - lander.mask.at_deg(sun.azimuth_deg)
    return SkySeries(
        t,
        sun.azimuth_deg,
        sun.elevation_deg,
        disc_fraction_above(height_deg, radius_deg),
        earth.azimuth_deg,
        earth.elevation_deg,
        np.asarray(earth.elevation_deg >= lander.mask.at_deg(earth.azimuth_deg)),
    )


def sun_times(
    lander: Lander, start_tdb: float, stop_tdb: float, *, limb: int = 0, ephemeris: Ephemeris | None = None
) -> Intervals:
    """Find when the Sun stands above the horizon mask.

    Parameters
    ----------
    lander : Lander
        Place and horizon.
    start_tdb, stop_tdb : float
        Span, seconds past J2000 TDB.
    limb : int
        0: its centre; 1: its upper limb (any light); -1: its lower limb (the whole disc).
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Intervals
        No interval and no gap longer than a minute is missed.

    Raises
    ------
    InputError
        A mask above 70 degrees, or an empty span.
    EphemerisRangeError
        The span is not covered.
    """

    def height_deg(t: FloatArray) -> FloatArray:
        sun = sun_azel_moon_site(
            lander.latitude_deg, lander.longitude_deg, t, altitude_km=lander.altitude_km, ephemeris=ephemeris
        )
        limb_deg = limb * np.arcsin(SUN.radius_km / sun.range_km) * DEG_PER_RAD
        return _capped(sun.elevation_deg + limb_deg - lander.mask.at_deg(sun.azimuth_deg))

    return find_by_rate(
        height_deg, start_tdb, stop_tdb, _rate_bound_deg_s(lander), step_s=_STEP_S, shortest_s=_SHORTEST_S
    )


def earth_times(
    lander: Lander, start_tdb: float, stop_tdb: float, *, above_deg: float = 0.0, ephemeris: Ephemeris | None = None
) -> Intervals:
    """Find when the Earth's centre stands above the horizon mask.

    Parameters
    ----------
    lander : Lander
        Place and horizon.
    start_tdb, stop_tdb : float
        Span, seconds past J2000 TDB.
    above_deg : float
        How far above the mask.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    Intervals

    Raises
    ------
    InputError, EphemerisRangeError
        As :func:`sun_times`.
    """

    def height_deg(t: FloatArray) -> FloatArray:
        earth = earth_azel_moon_site(
            lander.latitude_deg, lander.longitude_deg, t, altitude_km=lander.altitude_km, ephemeris=ephemeris
        )
        return _capped(earth.elevation_deg - above_deg - lander.mask.at_deg(earth.azimuth_deg))

    return find_by_rate(
        height_deg, start_tdb, stop_tdb, _rate_bound_deg_s(lander), step_s=_STEP_S, shortest_s=_SHORTEST_S
    )


def _capped(height_deg: FloatArray) -> FloatArray:
    """Cut the height off well above the mask: near the zenith the azimuth would turn without bound."""
    return np.minimum(height_deg, _CAP_DEG)


def _rate_bound_deg_s(lander: Lander) -> float:
    """Fastest change of the height over the mask, where it is not cut off (there the azimuth turns by w/cos h)."""
    highest = lander.mask.highest_deg
    if highest > _MASK_LIMIT_DEG:
        raise InputError(f"the mask {lander.mask.name!r} reaches {highest:g} degrees; allowed: {_MASK_LIMIT_DEG:g}")
    ceiling = max(highest, 0.0) + _CAP_DEG + 1.0
    return float(_TURN_DEG_S * (1.0 + lander.mask.steepest_deg_deg / np.cos(ceiling * RAD_PER_DEG)))


def light_summary(
    lander: Lander,
    start_tdb: float,
    stop_tdb: float,
    *,
    step_s: float = _STEP_S,
    ephemeris: Ephemeris | None = None,
) -> LightSummary:
    """Summarise light and Earth at a place over a span.

    Parameters
    ----------
    lander : Lander
        Place and horizon.
    start_tdb, stop_tdb : float
        Span, seconds past J2000 TDB.
    step_s : float
        Sampling of the mean disc fraction (everything else comes from exact edges).
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    LightSummary

    Raises
    ------
    InputError, EphemerisRangeError
        As :func:`sun_times`.
    """
    span = start_tdb, stop_tdb
    samples = max(1, int(np.ceil((stop_tdb - start_tdb) / step_s)))
    middles = start_tdb + (np.arange(samples) + 0.5) * (stop_tdb - start_tdb) / samples
    some = sun_times(lander, *span, limb=1, ephemeris=ephemeris)
    half = sun_times(lander, *span, ephemeris=ephemeris)
    earth = earth_times(lander, *span, ephemeris=ephemeris)
    return LightSummary(
        sun_fraction=float(np.mean(sky_series(lander, middles, ephemeris).sun_fraction)),
        any_sun_share=some.fraction,
        half_sun_share=half.fraction,
        longest_dark_day=some.longest_gap_s / SECONDS_PER_DAY,
        longest_half_dark_day=half.longest_gap_s / SECONDS_PER_DAY,
        longest_light_day=some.longest_s / SECONDS_PER_DAY,
        earth_share=earth.fraction,
        longest_without_earth_day=earth.longest_gap_s / SECONDS_PER_DAY,
        light_and_earth_share=(half & earth).fraction,
        mask_name=lander.mask.name,
        mask_source=lander.mask.source,
        assumed=lander.mask.assumed,
    )


def light_calendar(
    lander: Lander, start_tdb: float, days: int, *, ephemeris: Ephemeris | None = None
) -> tuple[FloatArray, FloatArray]:
    """Hours of light and of Earth in each day, for illumination calendars.

    Parameters
    ----------
    lander : Lander
        Place and horizon.
    start_tdb : float
        Begin of the first day, seconds past J2000 TDB.
    days : int
        Days of 86,400 s.
    ephemeris : Ephemeris, optional
        The packaged DE440 when omitted.

    Returns
    -------
    light_hour, earth_hour : ndarray (days,)
        Hours a day with the centre of the Sun, of the Earth, above the horizon.

    Raises
    ------
    InputError, EphemerisRangeError
        As :func:`sun_times`.
    """
    if days < 1:
        raise InputError(f"days is {days}; allowed: one or more")
    span = start_tdb, start_tdb + days * SECONDS_PER_DAY
    light = sun_times(lander, *span, ephemeris=ephemeris).minutes_of_days()
    earth = earth_times(lander, *span, ephemeris=ephemeris).minutes_of_days()
    return light / 60.0, earth / 60.0
