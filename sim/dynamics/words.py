"""What a model of forces says of itself: one line for captions, so that no figure names forces that did not act."""

from __future__ import annotations

from sim.dynamics.full_model import FullForceModel
from sim.dynamics.gravity_field import GravityField
from sim.ephemeris import open_ephemeris


def forces_in_words(model: FullForceModel) -> str:
    """Name the forces of a model, those of the centre first.

    Parameters
    ----------
    model : FullForceModel
        Forces.

    Returns
    -------
    str
        Such as ``GRGM1200A 50x50, Earth and Sun``; a body without a figure by its name. An ephemeris or a gravitational
        parameter other than the package's is named as well.
    """
    figures = {"earth": model.earth_field, "moon": model.moon_field}
    order = sorted(model.point_masses, key=lambda body: body != model.center)
    bodies = [_figure(figures[body]) if figures.get(body) else body.capitalize() for body in order]
    parts = [_listed(bodies)]
    if model.moon_k2_factor:
        parts.append(f"the Moon's tide with k2 {model.moon_k2_factor:g}")
    if model.light_pressure:
        parts.append("light pressure")
    if model.atmosphere is not None:
        parts.append("drag")
    if model.relativity:
        parts.append(f"relativity of {_listed([body.capitalize() for body in model.relativity])}")
    if model.ephemeris is not None and model.ephemeris.sha256 != open_ephemeris().sha256:
        parts.append(f"ephemeris {model.ephemeris.name}")
    if model.gm_km3_s2:
        parts.append(f"GM of {_listed([body.capitalize() for body in model.gm_km3_s2])} as given")
    return "; ".join(parts)


def _figure(field: GravityField | None) -> str:
    return "" if field is None else field.name.replace("grgm1200a", "GRGM1200A").replace("jgm3", "JGM-3")


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
