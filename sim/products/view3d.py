"""Turnable 3-D views of the transfers for the report, one embedded copy of plotly's JavaScript."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from sim.bodies import EARTH, MOON
from sim.products import style
from sim.products.folder import Folder, Mission
from sim.products.trajectory import block

Floats = NDArray[np.float64]


def views(folder: Folder) -> list[str]:
    """Return one HTML fragment for each mission with a trajectory; the first carries the JavaScript.

    Parameters
    ----------
    folder : Folder
        The run.

    Returns
    -------
    list of str
        Safe to put into a page unescaped: the text in it was written by plotly as JSON.
    """
    flown = [mission for mission in folder.missions if mission.path is not None]
    return [
        _figure(mission).to_html(full_html=False, include_plotlyjs=index == 0, default_height="640px")
        for index, mission in enumerate(flown)
    ]


def _figure(mission: Mission) -> go.Figure:
    table = mission.path or {}
    track, moon = block(table, ""), block(table, "moon_")
    figure = go.Figure()
    figure.add_trace(_line(track, style.TRACK, "spacecraft"))
    figure.add_trace(_line(moon, style.MOON_COLOUR, "Moon"))
    figure.add_trace(_ball(np.zeros(3), EARTH.radius_equatorial_km, style.EARTH_COLOUR, "Earth"))
    figure.add_trace(_ball(moon[-1], MOON.radius_km, style.MOON_COLOUR, "Moon at arrival"))
    axis = {"showbackground": False, "gridcolor": style.FAINT, "zeroline": False}
    figure.update_layout(
        title=f"{mission.name}: transfer, Earth-centred ICRF (km), to scale",
        scene={"aspectmode": "data"} | {f"{name}axis": axis | {"title": f"{name} (km)"} for name in "xyz"},
        margin={"l": 0, "r": 0, "t": 48, "b": 0},
        legend={"orientation": "h"},
    )
    return figure


def _line(points: Floats, colour: str, name: str) -> go.Scatter3d:
    x, y, z = np.round(points, 1).T
    return go.Scatter3d(x=x, y=y, z=z, mode="lines", name=name, line={"color": colour, "width": 4})


def _ball(place: Floats, radius_km: float, colour: str, name: str) -> go.Surface:
    u, v = np.meshgrid(np.linspace(0.0, 2.0 * np.pi, 37), np.linspace(0.0, np.pi, 19))
    shell = np.stack([np.cos(u) * np.sin(v), np.sin(u) * np.sin(v), np.cos(v)]) * radius_km
    x, y, z = shell + place[:, None, None]
    return go.Surface(
        x=x, y=y, z=z, showscale=False, colorscale=[[0, colour], [1, colour]], name=name, hoverinfo="name"
    )
