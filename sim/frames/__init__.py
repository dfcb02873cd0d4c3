"""Reference frames: rotations ``R_<to>_<from>`` and transforms of states, vectorised over epochs.

Epochs are float seconds past J2000 TDB; a scalar epoch gives ``(3, 3)``, an array ``(N, 3, 3)``. Frames:
``icrf`` (axes of ICRF/GCRS), ``tod`` (true equator and equinox of date), ``itrf`` (Earth-fixed), ``pa`` and
``me`` (Moon-fixed), ``emr`` (Earth-Moon rotating), ``rtn`` and ``vnc`` (along an orbit), ``enu`` (local
horizon).
"""

from __future__ import annotations

from sim.frames.earth import (
    R_itrf_icrf,
    R_tod_icrf,
    earth_rate_icrf_rad_s,
    earth_rotation_angle_rad,
    earth_site_state_icrf,
    gast_rad,
    icrf_from_itrf,
    itrf_from_icrf,
    tod_pole_icrf,
)
from sim.frames.earth_moon import (
    EarthMoonRotation,
    R_emr_icrf,
    earth_moon_rotation,
    emr_from_icrf,
    icrf_from_emr,
)
from sim.frames.moon import (
    R_me_icrf,
    R_me_pa,
    R_pa_icrf,
    icrf_from_me,
    icrf_from_pa,
    me_from_icrf,
    moon_site_state_icrf,
    pa_from_icrf,
)
from sim.frames.orbital import R_rtn_icrf, R_vnc_icrf
from sim.frames.rotations import (
    compose,
    rotate,
    rotation_x,
    rotation_y,
    rotation_z,
    state_into_rotating,
    state_out_of_rotating,
    transpose,
)
from sim.frames.sky import (
    azel_earth_site,
    azel_moon_site,
    body_azel_moon_site,
    earth_azel_moon_site,
    sub_body_point_moon,
    sub_earth_point,
    sub_solar_point,
    sun_azel_moon_site,
)
from sim.frames.surface import (
    GeodeticPlace,
    Horizontal,
    R_enu_fixed,
    SelenographicPlace,
    azel,
    geocentric_latitude_deg,
    geodetic_from_itrf,
    itrf_from_geodetic_km,
    me_from_selenographic_km,
    selenographic_from_me,
)

__all__ = [
    "EarthMoonRotation",
    "GeodeticPlace",
    "Horizontal",
    "R_emr_icrf",
    "R_enu_fixed",
    "R_itrf_icrf",
    "R_me_icrf",
    "R_me_pa",
    "R_pa_icrf",
    "R_rtn_icrf",
    "R_tod_icrf",
    "R_vnc_icrf",
    "SelenographicPlace",
    "azel",
    "azel_earth_site",
    "azel_moon_site",
    "body_azel_moon_site",
    "compose",
    "earth_azel_moon_site",
    "earth_moon_rotation",
    "earth_rate_icrf_rad_s",
    "earth_rotation_angle_rad",
    "earth_site_state_icrf",
    "emr_from_icrf",
    "gast_rad",
    "geocentric_latitude_deg",
    "geodetic_from_itrf",
    "icrf_from_emr",
    "icrf_from_itrf",
    "icrf_from_me",
    "icrf_from_pa",
    "itrf_from_geodetic_km",
    "itrf_from_icrf",
    "me_from_icrf",
    "me_from_selenographic_km",
    "moon_site_state_icrf",
    "pa_from_icrf",
    "rotate",
    "rotation_x",
    "rotation_y",
    "rotation_z",
    "selenographic_from_me",
    "state_into_rotating",
    "state_out_of_rotating",
    "sub_body_point_moon",
    "sub_earth_point",
    "sub_solar_point",
    "sun_azel_moon_site",
    "tod_pole_icrf",
    "transpose",
]
