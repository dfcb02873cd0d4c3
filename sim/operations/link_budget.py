"""A simple stated link budget: free space, one-way, from power to bits.

C/N0 = P + Gt - losses - L + (G/T) - k with L = 20 log10(4 pi d f / c) and k = -228.6 dB(W/K/Hz); the rate follows from
the needed Eb/N0 and a margin, up to what the radio can do. No band, power or antenna of these missions' radios was
found published: every preset says that it is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.constants import SECONDS_PER_DAY, SPEED_OF_LIGHT_KM_S
from sim.errors import InputError
from sim.events import Intervals
from sim.operations.conditions import Lander, ranges_km
from sim.operations.tracks import StationTrack, Track

FloatArray = NDArray[np.float64]

BOLTZMANN_DB_PER_UNIT: float = 10.0 * float(np.log10(1.380649e-23))
"""Boltzmann's constant (exact, SI) in dB(W/K/Hz)."""

BITS_PER_GIGABYTE: float = 8e9


@dataclass(frozen=True, slots=True)
class LinkBudget:
    """One direction of one radio link.

    Parameters
    ----------
    name : str
        For tables.
    frequency_hz : float
        Carrier.
    power_w : float
        Into the transmitting antenna.
    transmit_gain_db_ratio : float
        Gain of the transmitting antenna over an isotropic one, dBi.
    gain_over_temperature_db_per_k : float
        Receiving antenna gain over system noise temperature, dB/K.
    losses_db_ratio : float
        Pointing, polarisation, circuit, atmosphere; dB.
    needed_ebn0_db_ratio : float
        Bit energy over noise density that the code needs, dB.
    margin_db_ratio : float
        Margin, dB.
    rate_max_bit_per_s : float
        What the radio can do at most.
    status : str
        ``assumed`` unless a source gives all the numbers.
    source : str
        Where they come from, in words.

    Raises
    ------
    InputError
        A frequency, power or rate that is not above zero, or a number that is not finite.
    """

    name: str
    frequency_hz: float
    power_w: float
    transmit_gain_db_ratio: float
    gain_over_temperature_db_per_k: float
    losses_db_ratio: float
    needed_ebn0_db_ratio: float
    margin_db_ratio: float
    rate_max_bit_per_s: float
    status: str
    source: str

    def __post_init__(self) -> None:
        decibels = (
            self.transmit_gain_db_ratio, self.gain_over_temperature_db_per_k, self.losses_db_ratio,
            self.needed_ebn0_db_ratio, self.margin_db_ratio,
        )  # fmt: skip
        positive = (self.frequency_hz, self.power_w, self.rate_max_bit_per_s)
        if not (np.isfinite([*decibels, *positive]).all() and min(positive) > 0.0):
            raise InputError(f"link budget {self.name!r} needs finite numbers, frequency, power and rate above zero")

    def rate_bit_per_s(self, range_km: ArrayLike) -> FloatArray:
        """Compute the data rate at distances.

        Parameters
        ----------
        range_km : array_like (...)
            Distances, above zero.

        Returns
        -------
        ndarray (...)
            bit/s, falling with the square of the distance up to the radio's limit.

        Raises
        ------
        InputError
            A distance that is not above zero.
        """
        distance = np.asarray(range_km, dtype=np.float64)
        if not bool(np.all(distance > 0.0)):
            raise InputError("distances of a link must be above zero")
        path = 20.0 * np.log10(4.0 * np.pi * distance * self.frequency_hz / SPEED_OF_LIGHT_KM_S)
        radiated = 10.0 * np.log10(self.power_w) + self.transmit_gain_db_ratio - self.losses_db_ratio
        carrier = radiated - path + self.gain_over_temperature_db_per_k - BOLTZMANN_DB_PER_UNIT
        rate = 10.0 ** ((carrier - self.needed_ebn0_db_ratio - self.margin_db_ratio) / 10.0)
        return np.asarray(np.minimum(rate, self.rate_max_bit_per_s))


def assumed_proximity_link() -> LinkBudget:
    """Lander to orbiter at 435 MHz with nearly isotropic antennas: all numbers assumed."""
    return LinkBudget(
        "UHF proximity link", 435e6, 8.0, 0.0, -28.0, 3.0, 2.5, 3.0, 2.048e6, "assumed",
        "no radio of these missions is published; size of Mars relay radios (8 W, 2 Mbit/s at most)",
    )  # fmt: skip


def assumed_relay_link() -> LinkBudget:
    """Lander to a distant relay satellite in X band with a 4.2 m dish: all numbers assumed."""
    return LinkBudget(
        "X-band relay link", 8.4e9, 20.0, 22.0, 15.0, 3.0, 2.5, 3.0, 5e6, "assumed",
        "no link budget of Queqiao-2 was found; 20 W into 22 dBi, a 4.2 m dish (43 dBi at 600 K)",
    )  # fmt: skip


def assumed_downlink() -> LinkBudget:
    """Orbiter to a 35-70 m ground station in X band: all numbers assumed."""
    return LinkBudget(
        "X-band downlink", 8.4e9, 20.0, 36.0, 47.0, 3.0, 2.5, 3.0, 50e6, "assumed",
        "no radio of these orbiters was found; 20 W into a 0.9 m dish, station of 35 m class (G/T 47 dB/K)",
    )  # fmt: skip


def volume_bit_count(
    budget: LinkBudget,
    first: Track | StationTrack,
    second: Track | Lander,
    open_: Intervals,
    *,
    step_s: float = 30.0,
) -> FloatArray:
    """Compute the data volume of each interval of a link, in bits, from distances in km.

    Parameters
    ----------
    budget : LinkBudget
        The radio.
    first : Track or StationTrack
        One party.
    second : Track or Lander
        The other one.
    open_ : Intervals
        When the link is open.
    step_s : float
        Longest step of the midpoint rule; an interval has eight steps at least.

    Returns
    -------
    ndarray (N,)
        bit, one number per interval.

    Raises
    ------
    InputError
        A step that is not above zero.
    """
    if not step_s > 0.0:
        raise InputError(f"step_s is {step_s:g}; allowed: above zero")
    counts = np.maximum(np.ceil(open_.durations_s / step_s), 8.0).astype(np.intp)
    row = np.repeat(np.arange(len(open_)), counts)
    within = np.arange(row.size) - np.repeat(np.cumsum(counts) - counts, counts)
    length = (open_.durations_s / counts)[row]
    t = open_.start_tdb[row] + (within + 0.5) * length
    if t.size == 0:
        return np.zeros(0)
    rate = budget.rate_bit_per_s(ranges_km(first, second, t))
    return np.bincount(row, weights=rate * length, minlength=len(open_)).astype(np.float64)


def gigabyte_per_day(volume_bit_count: FloatArray, open_: Intervals) -> float:
    """Mean data volume a day over the span of a link.

    Parameters
    ----------
    volume_bit_count : ndarray (N,)
        bit per interval, see :func:`volume_bit_count`.
    open_ : Intervals
        The intervals.

    Returns
    -------
    float
        GB (1e9 bytes) a day.
    """
    return float(np.sum(volume_bit_count)) / BITS_PER_GIGABYTE / (open_.span_s / SECONDS_PER_DAY)
