"""Residuals of an orbit fit in radial, transverse and normal direction over the arc, and their statistics."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sim.estimation import ArcFit
from sim.frames import R_rtn_icrf, rotate
from sim.products import style
from sim.timescales import utc_from_tdb
from sim.units import M_PER_KM, S_PER_HOUR

Floats = NDArray[np.float64]

_HEIGHT_IN = 5.2
_PARTS = ("radial", "transverse", "normal")


def residuals_rtn_m(fit: ArcFit, states: Floats) -> Floats:
    """Position residuals along the orbit.

    Parameters
    ----------
    fit : ArcFit
        Result of a fit.
    states : ndarray, shape (T, 6)
        Observed or computed states at the epochs of the fit, km and km/s.

    Returns
    -------
    ndarray, shape (T, 3)
        Observed less computed, m: radial, transverse, normal.

    Raises
    ------
    InputError
        A state has no orbit plane.
    """
    return np.asarray(rotate(R_rtn_icrf(states), fit.residual_km) * M_PER_KM)


def _unit(fit: ArcFit) -> tuple[str, float]:
    """Choose the unit in which the largest residual is a handy number, and how many of it make a metre."""
    largest = fit.largest_km * M_PER_KM
    if largest < 0.1:
        return "mm", 1e3
    return ("m", 1.0) if largest < 1e4 else ("km", 1e-3)


def draw_fit(fit: ArcFit, states: Floats, path: Path, *, title: str = "Residuals of the orbit fit") -> Path:
    """Draw the residuals of a fit over time.

    Parameters
    ----------
    fit : ArcFit
        Result of a fit.
    states : ndarray, shape (T, 6)
        Observed or computed states at its epochs, km and km/s, for the directions.
    path : Path
        File to write.
    title : str
        Heading.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        The file cannot be written.
    """
    unit, scale = _unit(fit)
    residuals = residuals_rtn_m(fit, states) * scale
    hours = (fit.t_tdb - fit.t0_tdb) / S_PER_HOUR
    with style.styled():
        figure = style.new_figure(_HEIGHT_IN)
        sentence = (
            f"Epoch {utc_from_tdb(fit.t0_tdb, decimals=0)} UTC; {fit.t_tdb.size} epochs; root mean square "
            f"{fit.rms_km * M_PER_KM * scale:.3g} {unit}, largest {fit.largest_km * M_PER_KM * scale:.3g} {unit}; "
            f"light-pressure area "
            f"{fit.srp_area_m2:.4g} m2."
        )
        style.heading(figure, title, sentence)
        axes = figure.add_axes((0.085, 0.13, 0.89, 0.6))
        for index, part in enumerate(_PARTS):
            rms = float(np.sqrt((residuals[:, index] ** 2).mean()))
            words = f"{part}: {rms:.2g} {unit} rms"
            axes.plot(hours, residuals[:, index], "o-", ms=3, lw=0.8, color=style.colour(index), label=words)
        axes.axhline(0.0, color=style.MUTED, lw=0.6)
        axes.set_xlabel("hours since the epoch")
        axes.set_ylabel(f"observed less computed, {unit}")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.13), ncols=3, frameon=False)
        return style.save(figure, path)
