"""Batch least squares: initial state and light-pressure area of one arc from positions (and velocities) at epochs.

Gauss-Newton with the transition matrix of the variational equations (Tapley, Schutz and Born, Statistical Orbit
Determination, chapter 4). The normal equations are scaled and solved through a QR decomposition of the weighted design
matrix; there is no a-priori information: what is not solved for is held.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.core.status import STATUS_TEXT, Status
from sim.dynamics.full_model import FullForceModel
from sim.errors import ConvergenceError, InputError
from sim.propagation.full import propagate_full

FloatArray = npt.NDArray[np.float64]

SOLVE_FOR = ("state", "srp_area")


@dataclass(frozen=True, eq=False)
class ArcFit:
    """Result of a fit.

    Attributes
    ----------
    state : numpy.ndarray (6,)
        Fitted state at ``t0_tdb``, km and km/s.
    t0_tdb : float
        Its epoch.
    srp_area_m2 : float
        Fitted (or held) light-pressure area C_R A for the mass given.
    covariance_matrix : numpy.ndarray (P, P)
        Of what was solved for, in the order state, area; from the weights alone (formal).
    residual_km : numpy.ndarray (T, 3)
        Observed less computed positions.
    residual_km_s : numpy.ndarray (T, 3) or None
        Of the velocities, where these were given.
    t_tdb : numpy.ndarray (T,)
        Epochs.
    iterations : int
        Made.
    """

    state: FloatArray
    t0_tdb: float
    srp_area_m2: float
    covariance_matrix: FloatArray
    residual_km: FloatArray
    residual_km_s: FloatArray | None
    t_tdb: FloatArray
    iterations: int

    @property
    def rms_km(self) -> float:
        """Root mean square of the lengths of the position residuals."""
        return float(np.sqrt((self.residual_km**2).sum(axis=1).mean()))

    @property
    def largest_km(self) -> float:
        """Largest position residual."""
        return float(np.sqrt((self.residual_km**2).sum(axis=1)).max())


def fit_arc(
    t_tdb: npt.ArrayLike,
    positions_km: npt.ArrayLike,
    guess_state: npt.ArrayLike,
    t0_tdb: float,
    model: FullForceModel,
    *,
    velocities_km_s: npt.ArrayLike | None = None,
    sigma_km: float = 1e-3,
    sigma_km_s: float = 1e-6,
    mass_kg: float = 1000.0,
    guess_srp_area_m2: float = 0.0,
    solve_for: tuple[str, ...] = SOLVE_FOR,
    tolerance: float = 1e-12,
    max_iterations: int = 12,
) -> ArcFit:
    """Fit an arc.

    Parameters
    ----------
    t_tdb : array_like (T,)
        Epochs of the observations, increasing, all at or after ``t0_tdb``.
    positions_km : array_like (T, 3)
        Observed positions relative to the model's centre, ICRF axes.
    guess_state : array_like (6,)
        State at ``t0_tdb`` to start from (or to hold).
    t0_tdb : float
        TDB s past J2000.
    model : FullForceModel
        Forces; with ``light_pressure`` when the area is solved for.
    velocities_km_s : array_like (T, 3), optional
        Observed velocities.
    sigma_km, sigma_km_s : float
        Standard deviations, for the weights.
    mass_kg : float
        Mass to which the area belongs.
    guess_srp_area_m2 : float
        C_R A to start from (or to hold).
    solve_for : tuple of str
        ``state``, ``srp_area`` or both.
    tolerance : float
        Of the integration.
    max_iterations : int
        Gauss-Newton steps allowed.

    Returns
    -------
    ArcFit

    Raises
    ------
    InputError
        Shapes that do not fit, too few observations, a model without light pressure although the area is wanted, or a
        trajectory that does not reach the observations.
    ConvergenceError
        The corrections did not become small.
    """
    t = np.array(t_tdb, dtype=np.float64)
    observed = _observed(t, positions_km, velocities_km_s)
    _check(solve_for, model, observed, t, t0_tdb)
    columns = ([*range(6)] if "state" in solve_for else []) + ([6] if "srp_area" in solve_for else [])
    weights = np.repeat([1.0 / sigma_km, 1.0 / sigma_km_s], 3)[: observed.shape[1]]
    unknown = np.array([*np.asarray(guess_state, np.float64), guess_srp_area_m2])
    before = np.inf
    for iteration in range(1, max_iterations + 1):
        residual, design = _linearise(unknown, t0_tdb, t, observed, model, mass_kg, tolerance)
        step, covariance, predicted = _solve(residual * weights, design[:, :, columns] * weights[:, np.newaxis])
        now = float(np.sqrt(((residual * weights) ** 2).mean()))
        # Done when the rest of the way is a millionth of a standard deviation, or rounding keeps it from shrinking.
        if now - predicted <= 1e-6 * max(now, 1.0) or abs(before - now) <= 1e-6 * now:
            velocity = residual[:, 3:] if residual.shape[1] == 6 else None
            return ArcFit(
                unknown[:6].copy(), t0_tdb, float(unknown[6]), covariance, residual[:, :3].copy(), velocity, t,
                iteration
            )
        before = now
        unknown[columns] += step
    raise ConvergenceError("batch least squares", max_iterations, before)


def _observed(t: FloatArray, positions_km: npt.ArrayLike, velocities_km_s: npt.ArrayLike | None) -> FloatArray:
    parts = [np.array(positions_km, dtype=np.float64)]
    if velocities_km_s is not None:
        parts.append(np.array(velocities_km_s, dtype=np.float64))
    if t.ndim != 1 or any(part.shape != (t.size, 3) for part in parts):
        shapes = ", ".join(str(part.shape) for part in parts)
        raise InputError(f"observations have the shapes {shapes} at {t.shape} epochs; allowed: (T, 3) at (T,)")
    return np.concatenate(parts, axis=1)


def _check(
    solve_for: tuple[str, ...], model: FullForceModel, observed: FloatArray, t: FloatArray, t0_tdb: float
) -> None:
    if not solve_for or not set(solve_for) <= set(SOLVE_FOR):
        raise InputError(f"solve_for is {solve_for!r}; allowed: {', '.join(SOLVE_FOR)}")
    if "srp_area" in solve_for and not model.light_pressure:
        raise InputError("solve_for has 'srp_area', but the model has no light_pressure")
    unknowns = 6 * ("state" in solve_for) + ("srp_area" in solve_for)
    if observed.size < unknowns:
        raise InputError(f"{observed.size} numbers were observed for {unknowns} unknowns; give more epochs")
    if not (np.diff(t) > 0.0).all() or t[0] < t0_tdb:
        raise InputError("the epochs of the observations must increase and not lie before t0_tdb")


def _linearise(
    unknown: FloatArray,
    t0_tdb: float,
    t: FloatArray,
    observed: FloatArray,
    model: FullForceModel,
    mass_kg: float,
    tolerance: float,
) -> tuple[FloatArray, FloatArray]:
    """Residuals (T, M) and design matrix (T, M, 7)."""
    run = propagate_full(
        unknown[:6], t0_tdb, t, model, mass_kg=mass_kg, srp_area_m2=unknown[6], partials=True, tolerance=tolerance
    )
    if run.status[0] != Status.OK or run.path_transition_matrix is None or run.path_states_per_m2 is None:
        raise InputError(f"the arc does not reach its last observation: it {STATUS_TEXT[Status(int(run.status[0]))]}")
    used = observed.shape[1]
    design = np.concatenate([run.path_transition_matrix[0], run.path_states_per_m2[0][:, :, np.newaxis]], axis=2)
    return observed - run.path_states[0, :, :used], design[:, :used]


def _solve(residual: FloatArray, design: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Step, covariance and root mean square after the step, by QR with columns scaled to length one."""
    rows = design.reshape(-1, design.shape[2])
    scale = np.sqrt((rows * rows).sum(axis=0))
    q, r = np.linalg.qr(rows / scale)
    inverse = np.linalg.inv(r)
    step = inverse @ (q.T @ residual.ravel()) / scale
    rest = residual.ravel() - rows @ step
    return step, (inverse @ inverse.T) / np.outer(scale, scale), float(np.sqrt((rest * rest).mean()))
