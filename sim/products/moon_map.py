"""Maps of the Moon: an equirectangular one, and polar stereographic caps, over the gravity that shapes the orbits.

Behind graticule and tracks stand the free-air anomalies of the packaged field (GRGM1200A, degrees 3 to 45, on the
sphere of the field): basins with their mass concentrations make the Moon's face, and move low orbits.
"""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from sim.dynamics import open_gravity_field
from sim.products import style

Floats = NDArray[np.float64]

DEGREE = 45
_STEP_DEG = 1.0
_POLE_DEG = 85.0
_LIMIT_MGAL = 300.0
_MGAL_PER_KM_S2 = 1e8
_PALE = LinearSegmentedColormap.from_list("anomaly", ["#c9d3df", "#eef1f4", "#fbfbfa", "#f3ece0", "#e3cfae"], N=256)
_LABEL_LETTERS = 24
HALO = withStroke(linewidth=2.6, foreground="white")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on a map.

    Attributes
    ----------
    name : str
        Label.
    latitude_deg, longitude_deg : float
        Selenographic.
    symbol : str
        Matplotlib marker.
    colour : str
        Colour.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    symbol: str = "*"
    colour: str = style.TRACK


@functools.cache
def gravity_anomalies() -> Floats:
    """Compute the free-air gravity anomalies on a grid of one degree.

    Returns
    -------
    anomaly_ratio : ndarray, shape (181, 361)
        Units of 1 mGal, at latitudes -90 to 90 and longitudes -180 to 180.
    """
    field = open_gravity_field("grgm1200a", DEGREE)
    latitude = np.radians(np.arange(-90.0, 90.0 + 0.5 * _STEP_DEG, _STEP_DEG))
    longitude = np.radians(np.arange(-180.0, 180.0 + 0.5 * _STEP_DEG, _STEP_DEG))
    legendre = _legendre(np.sin(latitude), np.cos(latitude), DEGREE)
    order = np.arange(DEGREE + 1)
    cosines, sines = np.cos(np.outer(order, longitude)), np.sin(np.outer(order, longitude))
    total = np.zeros((latitude.size, longitude.size))
    for n in range(3, DEGREE + 1):
        for m in range(n + 1):
            wave = field.cosine[n, m] * cosines[m] + field.sine[n, m] * sines[m]
            total += (n + 1.0) * legendre[n, m][:, None] * wave[None, :]
    return np.asarray(total * field.gm_km3_s2 / field.radius_km**2 * _MGAL_PER_KM_S2)


def _legendre(sine: Floats, cosine: Floats, degree: int) -> Floats:
    """Fully normalised associated Legendre functions (degree + 1, degree + 1, N) by the column recursion."""
    p = np.zeros((degree + 1, degree + 1, sine.size))
    p[0, 0] = 1.0
    for m in range(1, degree + 1):
        p[m, m] = np.sqrt((2.0 * m + 1.0) / (2.0 * m) * (2.0 if m == 1 else 1.0)) * cosine * p[m - 1, m - 1]
    for m in range(degree):
        p[m + 1, m] = np.sqrt(2.0 * m + 3.0) * sine * p[m, m]
        for n in range(m + 2, degree + 1):
            scale = np.sqrt((2.0 * n + 1.0) / ((n - m) * (n + m)))
            a, b = np.sqrt(2.0 * n - 1.0), np.sqrt((n + m - 1.0) * (n - m - 1.0) / (2.0 * n - 3.0))
            p[n, m] = scale * (a * sine * p[n - 1, m] - b * p[n - 2, m])
    return p


def equirectangular(axes: Axes) -> None:
    """Prepare a plate carrée of the whole Moon, near side in the middle.

    Parameters
    ----------
    axes : Axes
        Where.
    """
    axes.imshow(
        gravity_anomalies(), origin="lower", extent=(-180.5, 180.5, -90.5, 90.5), cmap=_PALE, vmin=-_LIMIT_MGAL,
        vmax=_LIMIT_MGAL, interpolation="bilinear", zorder=0, aspect="auto",
    )  # fmt: skip
    axes.set_xlim(-180.0, 180.0)
    axes.set_ylim(-90.0, 90.0)
    axes.set_xticks(range(-180, 181, 30), [_longitude_words(value) for value in range(-180, 181, 30)])
    axes.set_yticks(range(-90, 91, 30), [_latitude_words(value) for value in range(-90, 91, 30)])
    axes.grid(True, color="#b7c0c9", lw=0.5)
    axes.set_axisbelow(True)
    for edge in (-90.0, 90.0):
        axes.axvline(edge, color=style.MUTED, lw=0.9, ls=(0, (5, 3)), zorder=1)
    for spine in axes.spines.values():
        spine.set_visible(True)
    for words, middle in (("near side", 0.0), ("far side", -135.0), ("far side", 135.0)):
        axes.text(
            middle, 86.0, words, ha="center", va="top", fontsize=8.5, color=style.MUTED, path_effects=[HALO], zorder=9
        )


def _longitude_words(value: float) -> str:
    if value in (0, 180, -180):
        return f"{abs(value):g}°"
    return f"{abs(value):g}° {'E' if value > 0 else 'W'}"


def _latitude_words(value: float) -> str:
    return "0°" if value == 0 else f"{abs(value):g}° {'N' if value > 0 else 'S'}"


@dataclass(frozen=True, slots=True)
class Cap:
    """Polar stereographic projection of one pole, unit at `edge_deg`.

    Attributes
    ----------
    south : bool
        Which pole. The near side lies above the south pole and below the north pole, as seen from over the pole.
    edge_deg : float
        Latitude (absolute) of the rim.
    """

    south: bool
    edge_deg: float

    def project(self, latitude_deg: Floats, longitude_deg: Floats) -> tuple[Floats, Floats]:
        """Return x and y of places; beyond the rim their distance from the middle exceeds one.

        Parameters
        ----------
        latitude_deg, longitude_deg : ndarray (N,)
            Selenographic.

        Returns
        -------
        tuple of ndarray (N,)
            Map coordinates.
        """
        turned = -latitude_deg if self.south else latitude_deg
        rho = np.tan(np.radians(45.0 - 0.5 * turned)) / np.tan(np.radians(45.0 - 0.5 * self.edge_deg))
        angle = np.radians(longitude_deg)
        return rho * np.sin(angle), rho * np.cos(angle) * (1.0 if self.south else -1.0)

    def place(self, map_rows: Floats) -> tuple[Floats, Floats]:
        """Return latitude and longitude (deg) of map coordinates (2, ...), the inverse of `project`."""
        x, y = map_rows
        rho = np.hypot(x, y) * np.tan(np.radians(45.0 - 0.5 * self.edge_deg))
        turned = 90.0 - 2.0 * np.degrees(np.arctan(rho))
        longitude = np.degrees(np.arctan2(x, y if self.south else -y))
        return (-turned if self.south else turned), longitude


def polar(axes: Axes, cap: Cap, title: str) -> None:
    """Prepare a polar stereographic cap.

    Parameters
    ----------
    axes : Axes
        Square.
    cap : Cap
        Pole and rim.
    title : str
        Over the map.
    """
    pixels = np.linspace(-1.0, 1.0, 361)
    x, y = np.meshgrid(pixels, pixels)
    latitude, longitude = cap.place(np.stack([x, y]))
    row = np.clip(np.rint(latitude + 90.0).astype(int), 0, 180)
    column = np.clip(np.rint(longitude + 180.0).astype(int), 0, 360)
    values = np.where(np.hypot(x, y) <= 1.0, gravity_anomalies()[row, column], np.nan)
    axes.imshow(
        values, origin="lower", extent=(-1.0, 1.0, -1.0, 1.0), cmap=_PALE, vmin=-_LIMIT_MGAL, vmax=_LIMIT_MGAL,
        interpolation="bilinear", zorder=0,
    )  # fmt: skip
    axes.set_xlim(-1.16, 1.16)
    axes.set_ylim(-1.16, 1.16)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_title(title, loc="left", fontsize=10.5)
    axes.add_patch(rim(color=style.MUTED, lw=0.9, zorder=6))
    _graticule(axes, cap)


def rim(**look: Any) -> Circle:
    """Return the rim of a cap as a patch, to be drawn or to cut lines at it.

    Parameters
    ----------
    **look : object
        Options of the patch.

    Returns
    -------
    Circle
    """
    return Circle((0.0, 0.0), 1.0, fill=False, **look)


def _graticule(axes: Axes, cap: Cap) -> None:
    sign = -1.0 if cap.south else 1.0
    around = np.linspace(-180.0, 180.0, 361)
    step = 20.0 if cap.edge_deg < 35.0 else 10.0 if cap.edge_deg < 75.0 else 5.0
    for latitude in np.arange(np.ceil(cap.edge_deg / step + 0.5) * step, 90.0, step):
        x, y = cap.project(np.full(around.shape, sign * latitude), around)
        axes.plot(x, y, color="#b7c0c9", lw=0.6, zorder=1)
        u, v = cap.project(np.array([sign * latitude]), np.array([165.0]))
        axes.text(
            float(u[0]), float(v[0]), _latitude_words(sign * latitude), fontsize=7.2, color=style.MUTED, ha="center",
            va="center", path_effects=[HALO], zorder=7,
        )  # fmt: skip
    for longitude in range(-180, 180, 30):
        x, y = cap.project(sign * np.array([cap.edge_deg, 89.0]), np.full(2, float(longitude)))
        axes.plot(x, y, color="#b7c0c9", lw=0.6, zorder=1)
        axes.text(
            1.085 * float(x[0]), 1.085 * float(y[0]), _longitude_words(longitude), fontsize=7.8, color=style.INK,
            ha="center", va="center",
        )  # fmt: skip


def broken(longitude_deg: Floats, latitude_deg: Floats, jump_deg: float) -> tuple[Floats, Floats]:
    """Break a line where it jumps, as at the edge of a map.

    Parameters
    ----------
    longitude_deg, latitude_deg : ndarray (N,)
        Points.
    jump_deg : float
        Largest step of longitude that belongs to the line; near the poles, where a map stretches them, 5 degrees.

    Returns
    -------
    tuple of ndarray
        The same with NaN between the pieces.
    """
    step = np.abs(np.diff(longitude_deg))
    polar_step = (np.maximum(np.abs(latitude_deg[1:]), np.abs(latitude_deg[:-1])) > _POLE_DEG) & (step > 5.0)
    cut = np.flatnonzero((step > jump_deg) | polar_step) + 1
    return np.insert(longitude_deg, cut, np.nan), np.insert(latitude_deg, cut, np.nan)


def label_marks(
    axes: Axes,
    marks: Sequence[Mark],
    point_rows: Sequence[tuple[float, float]],
    lift_rows: Sequence[float] = (),
    *,
    outwards: bool = False,
) -> None:
    """Draw places with labels that keep out of each other's way and inside the map.

    Parameters
    ----------
    axes : Axes
        Map whose limits are set.
    marks : sequence of Mark
        Places.
    point_rows : sequence of (float, float)
        Their map coordinates; those outside the limits are left out.
    lift_rows : sequence of float
        How far each label stands above its place, in lines of type; 0.6 when none are given.
    outwards : bool
        Whether labels stand away from the middle of the map, which suits short ones.
    """
    (x_low, x_high), (y_low, y_high) = axes.get_xlim(), axes.get_ylim()
    taken: list[tuple[float, float]] = []
    middle = 0.5 * (x_low + x_high)
    for mark, (x, y), lift in zip(marks, point_rows, lift_rows or [0.6] * len(marks), strict=True):
        if not (x_low <= x <= x_high and y_low <= y <= y_high):
            continue
        axes.plot(
            [x], [y], mark.symbol, ms=9.0 if mark.symbol == "*" else 6.0, color=mark.colour, mec="white", mew=0.8,
            zorder=8, clip_on=False,
        )  # fmt: skip
        right = (x <= middle) != outwards
        height = 0.035 * (y_high - y_low)
        text_y = y + (lift * height if y < y_high - 3.0 * height else -2.0 * height)
        while any(abs(text_y - other) < 1.5 * height and side == right for other, side in taken):
            text_y += 1.6 * height
        taken.append((text_y, right))
        shift = 0.035 * (x_high - x_low)
        axes.annotate(
            textwrap.fill(mark.name, _LABEL_LETTERS), (x, y),
            (x + (shift if right else -shift), text_y), fontsize=8.5, color=mark.colour,
            ha="left" if right else "right", va="center", path_effects=[HALO], zorder=9,
            arrowprops={"arrowstyle": "-", "color": mark.colour, "lw": 0.7, "shrinkA": 0, "shrinkB": 3},
            annotation_clip=False,
        )  # fmt: skip
