"""A named simple atmosphere for drag on parking orbits.

Density in exponential layers, after Vallado, Fundamentals of Astrodynamics and Applications, 4th ed., table 8-4
(there from Wertz 1978: the U.S. Standard Atmosphere 1976 to 25 km, CIRA-72 to 1,000 km with an exospheric temperature
of 1,000 K). All 28 rows are those of the table that GMAT ships.

Limits: no solar or geomagnetic activity, no day and night, no seasons. At 200 km the true density lies within a factor
of about 2 of it, at 400 km of about 5, depending on the Sun. It serves for the loss of height of a parking orbit in
hours, not for lifetimes or re-entry; below 100 km a continuum flow would need other coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.errors import InputError


@dataclass(frozen=True, eq=False)
class Atmosphere:
    """Exponential layers that turn with the Earth.

    Attributes
    ----------
    name : str
        For reports.
    base_km : tuple of float
        Lower edges of the layers over the ellipsoid, increasing.
    density_kg_per_m3 : tuple of float
        Density there.
    scale_height_km : tuple of float
        Of each layer.
    """

    name: str
    base_km: tuple[float, ...]
    density_kg_per_m3: tuple[float, ...]
    scale_height_km: tuple[float, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.base_km), len(self.density_kg_per_m3), len(self.scale_height_km)}
        if len(lengths) != 1 or not self.base_km:
            raise InputError(f"atmosphere {self.name!r} needs as many densities and heights as layers, one or more")
        if not (np.diff(self.base_km) > 0.0).all():
            raise InputError(f"the layers of atmosphere {self.name!r} must go upwards")
        if not (min(self.density_kg_per_m3) > 0.0 and min(self.scale_height_km) > 0.0):
            raise InputError(f"densities and scale heights of atmosphere {self.name!r} must be above zero")

    def table(self) -> npt.NDArray[np.float64]:
        """Layers for the compiled core, (L, 3)."""
        return np.array([self.base_km, self.density_kg_per_m3, self.scale_height_km], dtype=np.float64).T.copy()


_LAYERS = (
    (0.0, 1.225, 7.249), (25.0, 3.899e-2, 6.349), (30.0, 1.774e-2, 6.682), (40.0, 3.972e-3, 7.554),
    (50.0, 1.057e-3, 8.382), (60.0, 3.206e-4, 7.714), (70.0, 8.770e-5, 6.549), (80.0, 1.905e-5, 5.799),
    (90.0, 3.396e-6, 5.382), (100.0, 5.297e-7, 5.877), (110.0, 9.661e-8, 7.263), (120.0, 2.438e-8, 9.473),
    (130.0, 8.484e-9, 12.636), (140.0, 3.845e-9, 16.149), (150.0, 2.070e-9, 22.523), (180.0, 5.464e-10, 29.740),
    (200.0, 2.789e-10, 37.105), (250.0, 7.248e-11, 45.546), (300.0, 2.418e-11, 53.628), (350.0, 9.518e-12, 53.298),
    (400.0, 3.725e-12, 58.515), (450.0, 1.585e-12, 60.828), (500.0, 6.967e-13, 63.822), (600.0, 1.454e-13, 71.835),
    (700.0, 3.614e-14, 88.667), (800.0, 1.170e-14, 124.64), (900.0, 5.245e-15, 181.05), (1000.0, 3.019e-15, 268.00),
)  # fmt: skip

EXPONENTIAL_LAYERS = Atmosphere(
    "exponential layers (Vallado, table 8-4)",
    tuple(layer[0] for layer in _LAYERS),
    tuple(layer[1] for layer in _LAYERS),
    tuple(layer[2] for layer in _LAYERS),
)
"""See the module for its limits."""
