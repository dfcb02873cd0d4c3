"""States about a barycentre: those about the model's anchor, shifted by the ephemeris' vector between the two.

The shift is a function of time alone, so that everything that is found on the way (events, impacts, output times) and
all derivatives by a state stay what they are; derivatives by an epoch take its rate with them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from sim.propagation.results import Propagation, Trajectories
from sim.propagation.rows import AnyModel

FloatArray = npt.NDArray[np.float64]
Result = TypeVar("Result", bound=Propagation)

RATE_STEP_S = 200.0
"""Half the interval over which the anchor's velocity is differenced: good to 2e-15 km/s2."""


def anchor_states(model: AnyModel, t_tdb: FloatArray) -> FloatArray:
    """States of the model's anchor relative to its centre.

    Parameters
    ----------
    model : ForceModel or FullForceModel
        With a barycentre as centre, or a body (then zeros).
    t_tdb : numpy.ndarray
        TDB s past J2000, any shape.

    Returns
    -------
    numpy.ndarray (..., 6)
        km and km/s; zeros where the ephemeris has nothing to say.
    """
    flat = t_tdb.ravel()
    out = np.zeros((flat.size, 6))
    if model.center != model.anchor:
        low, high = model.source().coverage(model.center, model.anchor)
        known = (flat >= low) & (flat <= high)  # not so for NaN
        if known.any():
            out[known] = model.source().state(model.anchor, model.center, flat[known])
    return out.reshape(*t_tdb.shape, 6)


def anchor_rates(model: AnyModel, t_tdb: FloatArray) -> FloatArray:
    """Time derivatives of :func:`anchor_states`.

    Parameters
    ----------
    model : ForceModel or FullForceModel
        See there.
    t_tdb : numpy.ndarray (N,)
        TDB s past J2000.

    Returns
    -------
    numpy.ndarray (N, 6)
        km/s and km/s2, the latter by differences.
    """
    low, high = model.coverage()
    before, after = np.maximum(t_tdb - RATE_STEP_S, low), np.minimum(t_tdb + RATE_STEP_S, high)
    first, last = anchor_states(model, before), anchor_states(model, after)
    out = anchor_states(model, t_tdb)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (last[:, 3:] - first[:, 3:]) / (after - before)[:, np.newaxis]
    return np.concatenate((out[:, 3:], np.where(np.isfinite(slope), slope, 0.0)), axis=1)


def about_anchor(model: AnyModel, states: FloatArray, t_tdb: FloatArray) -> FloatArray:
    """Take states about the model's centre to its anchor.

    Parameters
    ----------
    model : ForceModel or FullForceModel
        With its centre.
    states, t_tdb : numpy.ndarray (N, 6), (N,)
        States and their epochs.

    Returns
    -------
    numpy.ndarray (N, 6)
        The same array where the centre is the anchor.
    """
    return states if model.center == model.anchor else states - anchor_states(model, t_tdb)


def about_center(model: AnyModel, result: Result, start_states: FloatArray, given_states: FloatArray) -> Result:
    """Take results about the model's anchor to its centre.

    Parameters
    ----------
    model : ForceModel or FullForceModel
        With its centre.
    result : Propagation
        About the anchor.
    start_states, given_states : numpy.ndarray (N, 6)
        Where the rows began, about the anchor and as the call was given them: a row that is still there holds, bit for
        bit, what it was given.

    Returns
    -------
    Propagation
        Of the same kind.
    """
    if model.center == model.anchor:
        return result
    states = result.states + anchor_states(model, result.t_tdb)
    same = (result.states == start_states) | (np.isnan(result.states) & np.isnan(start_states))
    states = np.where(same.all(axis=1)[:, np.newaxis], given_states, states)
    log = replace(result.log, states=result.log.states + anchor_states(model, result.log.t_tdb))
    moved = replace(result, states=states, log=log)
    if isinstance(moved, Trajectories):
        path = moved.path_states + anchor_states(model, moved.path_t_tdb)
        moved = replace(moved, path_states=path)
    return moved
