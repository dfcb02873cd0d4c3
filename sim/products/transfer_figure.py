"""The best transfer of a mission, to scale: inertial, Earth-Moon rotating, departure and arrival close up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray
from scipy.interpolate import CubicHermiteSpline

from sim.bodies import EARTH, MOON
from sim.constants import SECONDS_PER_DAY
from sim.products import style
from sim.products.folder import Folder, Mission, times
from sim.products.tables import Table
from sim.products.trajectory import EMR_LENGTH_KM, block

Floats = NDArray[np.float64]

_GAP_DEG = 12.0
_SECOND = np.timedelta64(1, "s")
_LABEL_GAP_KM = 27_000.0


@dataclass(frozen=True)
class Plane:
    """Two unit vectors onto which a view projects.

    Attributes
    ----------
    right, up : ndarray, shape (3,)
        Axes of the picture in ICRF.
    """

    right: Floats
    up: Floats

    def project(self, vectors: Floats) -> Floats:
        """Return the picture coordinates of vectors, shape (T, 2), in km when these are."""
        rows = np.atleast_2d(vectors)
        return np.stack([(rows * self.right).sum(axis=1), (rows * self.up).sum(axis=1)], axis=1)


def unit(vector: Floats) -> Floats:
    """Return `vector` with length one."""
    return np.asarray(vector / np.sqrt((vector**2).sum()))


def plane_of(position_km: Floats, velocity_km_s: Floats) -> Plane:
    """Return the view straight onto the plane of motion, the position to the right, motion anticlockwise."""
    normal = unit(np.cross(position_km, velocity_km_s))
    right = unit(position_km)
    return Plane(right, np.asarray(np.cross(normal, right)))


def smooth(table: Table, prefix: str, t_tdb: Floats) -> Floats:
    """Return positions between the rows of a table by cubic Hermite interpolation of positions and velocities.

    Parameters
    ----------
    table : Table
        Trajectory.
    prefix : str
        As in `sim.products.trajectory.block`.
    t_tdb : ndarray, shape (K,)
        Epochs inside the table.

    Returns
    -------
    ndarray, shape (K, 3)
        km.
    """
    spline = CubicHermiteSpline(table["t_tdb"], block(table, prefix), block(table, prefix, velocity=True))
    return np.asarray(spline(t_tdb))


def draw(folder: Folder, mission: Mission, path: Path) -> Path:
    """Draw the transfer of one mission.

    Parameters
    ----------
    folder : Folder
        The run.
    mission : Mission
        With a trajectory.
    path : Path
        File to write.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        The mission has no trajectory.
    """
    if mission.path is None:
        raise ValueError(f"mission {mission.key} has no trajectory")
    best = mission.facts["best"]
    figure = style.new_figure(9.4)
    words = "the flight" if mission.facts["end"] == "impact" else "the best transfer"
    title = f"{mission.name}: {words}, {best['tof_day']:.2f} days to the Moon"
    style.heading(figure, title, "All bodies, orbits and tracks to scale. Dots: whole days after injection.")
    top, bottom = 0.89, 0.06
    inertial = figure.add_axes((0.062, 0.45, 0.425, top - 0.45))
    rotating = figure.add_axes((0.565, 0.45, 0.425, top - 0.45))
    departure = figure.add_axes((0.012, bottom, 0.305, 0.275))
    arrival = figure.add_axes((0.333, bottom, 0.305, 0.275))
    facts = figure.add_axes((0.66, bottom, 0.335, 0.275))
    _inertial(inertial, folder, mission.path)
    _rotating(rotating, mission.path)
    if mission.facts["start"] == "direct_ascent":
        _ascent(departure, mission.path, best)
    else:
        _departure(departure, mission.path, mission.facts, best)
    if mission.facts["end"] == "impact":
        _impact(arrival, mission.path, mission.facts, best)
    else:
        _arrival(arrival, mission.path, mission.facts, best)
    _facts(facts, mission.facts, best)
    style.footer(
        figure,
        f"Earth with J2, Moon and Sun as point masses, {folder.summary['data']['ephemeris']['name']}; {_burns(best)}. "
        f"Earth drawn with its "
        f"equatorial radius {EARTH.radius_equatorial_km:.0f} km, Moon {MOON.radius_km:.1f} km.",
    )
    return style.save(figure, path)


def _day_marks(table: Table) -> tuple[Floats, list[str]]:
    t_tdb = table["t_tdb"]
    days = np.arange(1, int((t_tdb[-1] - t_tdb[0]) / SECONDS_PER_DAY) + 1)
    return t_tdb[0] + days * SECONDS_PER_DAY, [f"{day} d" for day in days]


def _thousands(axes: Axes) -> None:
    formatter = FuncFormatter(lambda value, _: f"{value / 1000.0:g}")
    axes.xaxis.set_major_formatter(formatter)
    axes.yaxis.set_major_formatter(formatter)
    axes.set_aspect("equal")
    axes.grid(True)


def _disc(axes: Axes, place: Floats, radius_km: float, colour: str, **look: Any) -> None:
    axes.add_patch(Circle((float(place[0]), float(place[1])), radius_km, fc=colour, ec="none", zorder=7, **look))


def _label(axes: Axes, text: str, place: Floats, offset: tuple[float, float], **look: Any) -> None:
    look = {"fontsize": 9, "color": style.INK, "va": "center", "zorder": 8, **look}
    axes.annotate(text, (float(place[0]), float(place[1])), xytext=offset, textcoords="offset points", **look)


def _frame(axes: Axes, points: Floats, pad_km: float) -> None:
    """Set limits around `points` so that the whole axes are used at equal scale."""
    low, high = points.min(axis=0) - pad_km, points.max(axis=0) + pad_km
    box = axes.get_window_extent()
    wanted = box.width / box.height
    width, height = high - low
    centre = 0.5 * (low + high)
    width, height = max(width, height * wanted), max(height, width / wanted)
    axes.set_xlim(centre[0] - width / 2, centre[0] + width / 2)
    axes.set_ylim(centre[1] - height / 2, centre[1] + height / 2)


def _inertial(axes: Axes, folder: Folder, table: Table) -> None:
    moon, moon_velocity = block(table, "moon_"), block(table, "moon_", velocity=True)
    view = plane_of(moon[-1], moon_velocity[-1])
    track, arc = view.project(block(table, "")), view.project(moon)
    when = times(folder.moon["utc"])
    month = np.abs(when - times(table["utc"][-1:])[0]) < np.timedelta64(14 * 24, "h")
    orbit = view.project(np.stack([folder.moon[f"{axis}_km"][month] for axis in "xyz"], axis=1))
    axes.plot(*orbit.T, color=style.MOON_COLOUR, lw=0.9, ls=(0, (4, 4)))
    axes.plot(*arc.T, color=style.MOON_COLOUR, lw=2.2)
    axes.plot(*track.T, color=style.TRACK, lw=1.6, zorder=5)
    _days_on(axes, table, track)
    _disc(axes, np.zeros(2), EARTH.radius_equatorial_km, style.EARTH_COLOUR)
    _disc(axes, arc[0], MOON.radius_km, style.MOON_COLOUR)
    _disc(axes, arc[-1], MOON.radius_km, style.INK)
    _frame(axes, np.concatenate([track, arc, np.zeros((1, 2))]), 45_000.0)
    _label(axes, "Earth", np.zeros(2), (0, 15), ha="center")
    # a quick flight leaves the Moon near the right edge, where a label to its right would leave the axes
    far_right = arc[0][0] > 0.7 * arc[-1][0]
    _label(axes, "Moon at injection", arc[0], (-8, 6) if far_right else (10, -10), ha="right" if far_right else "left")
    _label(axes, "Moon at arrival", arc[-1], (-4, 24), ha="right")
    _thousands(axes)
    axes.set_xlabel("Towards the Moon at arrival (1000 km)")
    axes.set_ylabel("In the Moon's orbit plane (1000 km)")
    axes.set_title("Inertial, seen from the north of the Moon's orbit")


def _days_on(axes: Axes, table: Table, track: Floats) -> None:
    """Mark whole days on a track, with labels on the left of the motion where there is room."""
    t_tdb, labels = _day_marks(table)
    dots = np.stack([np.interp(t_tdb, table["t_tdb"], track[:, i]) for i in range(2)], axis=1)
    ahead = np.stack([np.interp(t_tdb + 600.0, table["t_tdb"], track[:, i]) for i in range(2)], axis=1)
    axes.plot(*dots.T, "o", ms=4.2, mfc="white", mec=style.TRACK, mew=1.3, zorder=6)
    before = track[0]
    for dot, later, label in zip(dots, ahead, labels, strict=True):
        if np.hypot(*(dot - before)) > _LABEL_GAP_KM and np.hypot(*(later - dot)) > 0.0:
            left = np.array([dot[1] - later[1], later[0] - dot[0]]) / np.hypot(*(later - dot))
            offset = (float(12.0 * left[0]), float(11.0 * left[1]))
            _label(axes, label, dot, offset, ha="center", fontsize=9, color=style.TRACK)
            before = dot


def _rotating(axes: Axes, table: Table) -> None:
    track = np.stack([table["emr_x_km"], table["emr_y_km"]], axis=1)
    earth = np.array([-MOON.gm_km3_s2 / (EARTH.gm_km3_s2 + MOON.gm_km3_s2) * EMR_LENGTH_KM, 0.0])
    moon = earth + np.array([EMR_LENGTH_KM, 0.0])
    axes.axhline(0.0, color=style.FAINT, lw=1.0)
    axes.plot(*track.T, color=style.TRACK, lw=1.6, zorder=5)
    _days_on(axes, table, track)
    _disc(axes, earth, EARTH.radius_equatorial_km, style.EARTH_COLOUR)
    _disc(axes, moon, MOON.radius_km, style.INK)
    _frame(axes, np.concatenate([track, [earth, moon]]), 40_000.0)
    _label(axes, "Earth", earth, (0, -16), ha="center")
    _label(axes, "Moon", moon, (-8, -13), ha="right")
    _thousands(axes)
    axes.set_xlabel("Earth-Moon line (1000 km, scaled to 384 400 km)")
    axes.set_ylabel("Along the Moon's motion (1000 km)")
    axes.set_title("Earth-Moon rotating, origin at the barycentre")


def _square(axes: Axes, half_km: float, centre: tuple[float, float] = (0.0, 0.0)) -> None:
    axes.set_aspect("equal")
    box = axes.get_window_extent()
    wide = half_km * box.width / box.height
    axes.set_xlim(centre[0] - wide, centre[0] + wide)
    axes.set_ylim(centre[1] - half_km, centre[1] + half_km)
    axes.set_xticks([])
    axes.set_yticks([])
    for side in ("top", "right"):
        axes.spines[side].set_visible(True)
    for spine in axes.spines.values():
        spine.set_color(style.FAINT)


def _scale_bar(axes: Axes, length_km: float) -> None:
    x_low, x_high = axes.get_xlim()
    y_low, y_high = axes.get_ylim()
    x, y = x_low + 0.04 * (x_high - x_low), y_low + 0.06 * (y_high - y_low)
    axes.plot([x, x + length_km], [y, y], color=style.INK, lw=2.0, solid_capstyle="butt")
    axes.text(x, y + 0.02 * (y_high - y_low), f"{length_km:,.0f} km".replace(",", " "), fontsize=9, va="bottom")


def _ascent(axes: Axes, table: Table, best: Mapping[str, Any]) -> None:
    """Draw the first hours after burn-out of a direct ascent."""
    position, velocity = block(table, "")[0], block(table, "", velocity=True)[0]
    view = plane_of(position, velocity)
    near = np.linspace(table["t_tdb"][0], min(table["t_tdb"][0] + 3.0 * 3600.0, table["t_tdb"][-1]), 400)
    track = view.project(smooth(table, "", near))
    _disc(axes, np.zeros(2), EARTH.radius_equatorial_km, style.EARTH_COLOUR)
    axes.plot(*track.T, color=style.TRACK, lw=1.8, zorder=5)
    axes.plot(*track[0], "D", ms=5.5, color=style.TRACK, zorder=8)
    _square(axes, 13_500.0, (500.0, 4_000.0))
    text = f"burn-out\n{best['injection_speed_km_s']:.2f} km/s,\nclimbing {best['climb_angle_deg']:.0f}°"
    _label(axes, text, track[0], (9, -6), color=style.TRACK)
    _label(axes, "Earth", np.zeros(2), (0, 0), ha="center")
    _scale_bar(axes, 5_000.0)
    axes.set_title("Departure: direct ascent")


def _impact(axes: Axes, table: Table, facts: Mapping[str, Any], best: Mapping[str, Any]) -> None:
    """Draw the last hours before an impact."""
    position, velocity = block(table, "lunar_")[-1], block(table, "lunar_", velocity=True)[-1]
    view = plane_of(position, velocity)
    t_last = table["t_tdb"][-1]
    near = np.linspace(max(t_last - 6.0 * 3600.0, table["t_tdb"][0]), t_last, 600)
    track = view.project(smooth(table, "lunar_", near))
    _disc(axes, np.zeros(2), MOON.radius_km, style.MOON_COLOUR)
    axes.plot(*track.T, color=style.TRACK, lw=1.8, zorder=5)
    axes.plot(*track[-1], "X", ms=8, color=style.TRACK, zorder=8)
    half = 4_800.0
    _square(axes, half, (0.22 * half, -0.35 * half))
    up, along = position / np.linalg.norm(position), velocity / np.linalg.norm(velocity)
    steep = float(np.degrees(np.arcsin(np.clip(-(up * along).sum(), -1.0, 1.0))))
    text = f"{best['arrival_speed_km_s']:.2f} km/s,\n{steep:.0f}° steep"
    _label(axes, text, track[-1], (9, 8), color=style.TRACK)
    _label(axes, "Moon", np.zeros(2), (0, 0), ha="center", color="white")
    _towards_earth(axes, view, -block(table, "moon_")[-1], half)
    _scale_bar(axes, 2_000.0)
    axes.set_title(f"Impact: {facts['target_name']}")


def _burns(best: Mapping[str, Any]) -> str:
    if best["tli_burn_s"] is None:
        return "impulsive burns"
    length = f"{best['tli_burn_s'] / 60.0:.0f} min"
    return f"injection burns {length} about the perigee (speed given as an impulse), insertion drawn as an impulse"


def _departure(axes: Axes, table: Table, facts: Mapping[str, Any], best: Mapping[str, Any]) -> None:
    position, velocity = block(table, "")[0], block(table, "", velocity=True)[0]
    view = plane_of(position, velocity)
    radius = float(np.sqrt((position**2).sum()))
    near = np.linspace(table["t_tdb"][0], min(table["t_tdb"][0] + 3.0 * 3600.0, table["t_tdb"][-1]), 400)
    track = view.project(smooth(table, "", near))
    # A finite injection starts on the parking orbit, some degrees before the perigee that it leads to.
    parked = radius if best["tli_burn_s"] is None else EARTH.radius_equatorial_km + facts["parking_altitude_km"]
    rate = float(np.sqrt(EARTH.gm_km3_s2 / parked**3))
    lead_s = float((times(np.array([best["tli_utc"]])) - times(np.array([best["tli_ignition_utc"]])))[0] / _SECOND)
    coast_rad = min(best["coast_s"] * rate, 2.0 * np.pi)
    angle = np.linspace(-coast_rad, 0.0, 300) - lead_s * rate
    circle = np.linspace(0.0, 2.0 * np.pi, 361)
    _disc(axes, np.zeros(2), EARTH.radius_equatorial_km, style.EARTH_COLOUR)
    axes.plot(parked * np.cos(circle), parked * np.sin(circle), color=style.MUTED, lw=0.8, ls=(0, (3, 3)))
    arc = parked * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    axes.plot(*arc.T, color="#0072b2", lw=2.6, zorder=6)
    axes.plot(*track.T, color=style.TRACK, lw=1.8, zorder=5)
    axes.plot(radius, 0.0, "D", ms=5.5, color=style.TRACK, zorder=8)
    _square(axes, 13_500.0, (500.0, 4_000.0))
    _label(axes, f"injection\n{best['tli_dv_m_s']:.0f} m/s", np.array([radius, 0.0]), (9, -6), color=style.TRACK)
    _label(axes, "Earth", np.zeros(2), (0, 0), ha="center")
    _scale_bar(axes, 5_000.0)
    if facts["start"] == "orbit":
        axes.set_title(f"Departure: from the orbit of the {facts['site_name']}")
        return
    axes.set_title(f"Departure: {best['coast_s'] / 60.0:.0f} min in the parking orbit")
    axes.plot(*arc[0], "o", ms=5, color="#0072b2", zorder=7)
    outward = arc[0] / parked
    offset = (float(14 * outward[0]), float(14 * outward[1]))
    side = "left" if outward[0] >= 0 else "right"
    _label(
        axes,
        "into orbit",
        arc[0],
        offset,
        ha=side,
        color="#0072b2",
        bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.85},
    )


def _arrival(axes: Axes, table: Table, facts: Mapping[str, Any], best: Mapping[str, Any]) -> None:
    position, velocity = block(table, "lunar_")[-1], block(table, "lunar_", velocity=True)[-1]
    view = plane_of(position, velocity)
    radius = float(np.sqrt((position**2).sum()))
    t_last = table["t_tdb"][-1]
    near = np.linspace(max(t_last - 6.0 * 3600.0, table["t_tdb"][0]), t_last, 600)
    track = view.project(smooth(table, "lunar_", near))
    apolune = max(MOON.radius_km + float(facts["apolune_altitude_km"]), radius)
    _disc(axes, np.zeros(2), MOON.radius_km, style.MOON_COLOUR)
    axes.plot(*_ellipse(radius, apolune).T, color="#0072b2", lw=1.8, zorder=6)
    axes.plot(*track.T, color=style.TRACK, lw=1.8, zorder=5)
    axes.plot(radius, 0.0, "D", ms=5.5, color=style.TRACK, zorder=8)
    # an elongated orbit fills the left of the box, so that the label beside perilune has room on the right
    long = apolune > 1.3 * radius
    half = max(4_800.0, 1.12 * apolune if long else 0.62 * apolune)
    middle = 0.95 * half - apolune if long else 0.5 * (radius - apolune) + 0.22 * half
    _square(axes, half, (middle, -0.35 * half))
    low_km, high_km = radius - MOON.radius_km, apolune - MOON.radius_km
    text = f"insertion {best['loi_dv_m_s']:.0f} m/s\ninto {low_km:.0f} x {high_km:.0f} km"
    _label(axes, text, np.array([radius, 0.0]), (9, 8), color=style.TRACK)
    _label(axes, "Moon", np.zeros(2), (0, 0), ha="center", color="white")
    _towards_earth(axes, view, -block(table, "moon_")[-1], half)
    _scale_bar(axes, 2_000.0)
    axes.set_title(f"Arrival: v∞ {best['vinf_km_s']:.2f} km/s, perilune {radius - MOON.radius_km:.0f} km")


def _ellipse(perilune_km: float, apolune_km: float) -> Floats:
    """Points of the orbit after insertion, perilune on the right, focus at the origin."""
    semi_major = 0.5 * (perilune_km + apolune_km)
    eccentricity = (apolune_km - perilune_km) / (apolune_km + perilune_km)
    angle = np.linspace(0.0, 2.0 * np.pi, 361)
    x = semi_major * (np.cos(angle) - eccentricity)
    return np.stack([x, semi_major * np.sqrt(1.0 - eccentricity**2) * np.sin(angle)], axis=1)


def _towards_earth(axes: Axes, view: Plane, earth: Floats, half_km: float) -> None:
    """Point to the Earth when it is not nearly straight above the picture's plane."""
    direction = unit(earth)
    flat = view.project(direction)[0]
    length = float(np.sqrt((flat**2).sum()))
    out_deg = float(np.degrees(np.arccos(min(1.0, length))))
    text = f"Earth {out_deg:.0f}° out of this plane"
    if length > np.sin(np.radians(_GAP_DEG)):
        start, stop = flat / length * 0.56 * half_km, flat / length * 0.80 * half_km
        look = {"arrowstyle": "-|>", "color": style.EARTH_COLOUR, "lw": 1.6}
        axes.annotate("", tuple(stop), xytext=tuple(start), arrowprops=look)
    axes.text(0.97, 0.05, text, transform=axes.transAxes, ha="right", fontsize=9, color="#0072b2")


def _start_rows(facts: Mapping[str, Any], best: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Rows that say how the mission leaves the Earth."""
    orbit = f"{best['inclination_deg']:.2f}°, {facts['parking_altitude_km']:g} km"
    injected = f"{best['tli_utc'][:19].replace('T', ' ')} UTC"
    energy = f"C3 {best['c3_km2_s2']:.2f} km²/s²"
    if facts["start"] == "orbit":
        return [
            ("Departs from", facts["site_name"]),
            ("Its orbit", f"{orbit}, node {best['raan_deg']:.1f}°"),
            ("Injection", injected),
            ("", f"{best['tli_dv_m_s']:.0f} m/s, {energy}"),
        ]
    site = [("Launch site", facts["site_name"]), ("Lift-off", f"{best['launch_utc'][:19].replace('T', ' ')} UTC")]
    if facts["start"] == "direct_ascent":
        return [
            *site,
            ("Ascent", f"{best['inclination_deg']:.2f}°, azimuth {best['azimuth_deg']:.1f}°"),
            ("Burn-out", injected),
            ("", f"{facts['parking_altitude_km']:g} km, {best['injection_speed_km_s']:.2f} km/s, {energy}"),
        ]
    return [
        *site,
        ("Parking orbit", f"{orbit}, azimuth {best['azimuth_deg']:.1f}°"),
        ("Injection", injected),
        ("", f"{best['tli_dv_m_s']:.0f} m/s, {energy}"),
    ]


def _facts(axes: Axes, facts: Mapping[str, Any], best: Mapping[str, Any]) -> None:
    axes.set_axis_off()
    there = f"{best['perilune_utc'][:19].replace('T', ' ')} UTC"
    rows = _start_rows(facts, best)
    if facts["end"] == "impact":
        rows += [
            ("Impact", there),
            ("", f"{best['arrival_speed_km_s']:.2f} km/s, v∞ {best['vinf_km_s']:.2f} km/s"),
            ("Place", facts["target_name"]),
        ]
    else:
        rows += [
            ("Perilune", there),
            ("Insertion", f"{best['loi_dv_m_s']:.0f} m/s, lunar inclination {best['lunar_inclination_deg']:.1f}°"),
            ("Arrival plane", f"Sun {best['beta_sun_deg']:+.0f}°, Earth {best['beta_earth_deg']:+.0f}° above it"),
            ("Lunar orbit", f"{best['delivered_mass_kg']:.0f} kg, margin {best['mass_margin_kg']:.0f} kg"),
        ]
    if best["sun_elevation_deg"] is not None:
        rows.append(("Sun at landing", f"{best['sun_elevation_deg']:.1f}° above the horizon of a sphere"))
    for index, (name, value) in enumerate(rows):
        y = 1.0 - index * 0.104
        axes.text(0.0, y, name, fontsize=9, color=style.MUTED, va="top", transform=axes.transAxes)
        axes.text(0.27, y, value, fontsize=9, va="top", transform=axes.transAxes)
