"""All opportunity tables of a run in one netCDF-4 file, for xarray and MATLAB users.

An export, not the record of the run: it is written in one go after everything else, and needs the extra ``io``.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.errors import StoreError
from sim.products.folder import times
from sim.products.tables import Table

FILE_NAME = "opportunities.nc"

_NEEDS = ("xarray", "h5netcdf", "h5py")
_UNITS: tuple[tuple[str, str], ...] = (
    ("_km2_s2", "km2 s-2"),
    ("_km_s", "km s-1"),
    ("_m_s", "m s-1"),
    ("_km", "km"),
    ("_deg", "degree"),
    ("_day", "day"),
    ("_kg", "kg"),
    ("_s", "s"),
)


def missing() -> list[str]:
    """Return the names of the libraries that netCDF needs and that are not installed."""
    return [name for name in _NEEDS if find_spec(name) is None]


def unit(column: str) -> str:
    """Return the unit in the name of `column`, in UDUNITS spelling; empty when there is none."""
    return next((text for suffix, text in _UNITS if column.endswith(suffix)), "")


def write_netcdf(path: Path, tables: Mapping[str, Table], title: str) -> Path:
    """Write opportunity tables, one netCDF group per mission.

    Parameters
    ----------
    path : Path
        File to write.
    tables : mapping of str to Table
        Group name to columns.
    title : str
        Global attribute.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    StoreError
        When the file cannot be written.
    """
    import xarray  # optional extra `io`

    try:
        xarray.Dataset(attrs={"title": title, "Conventions": "CF-1.11"}).to_netcdf(path, engine="h5netcdf")
        for key, table in tables.items():
            _dataset(table).to_netcdf(path, engine="h5netcdf", group=key, mode="a")
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error}; choose a folder that you may write to") from error
    return path


def _variable(name: str, values: NDArray[Any]) -> tuple[str, NDArray[Any], dict[str, Any]]:
    """Return dimension, data and attributes; text becomes CF times or CF flags, so that the file stays small."""
    if values.dtype.kind not in "US":
        data = values.astype(np.int8) if values.dtype.kind in "bi" else np.asarray(values, dtype=np.float64)
        return "opportunity", data, {"units": unit(name)} if unit(name) else {}
    if name.endswith("_utc"):
        return "opportunity", times(values), {"time_scale": "UTC"}
    words, index = np.unique(values, return_inverse=True)
    flags = {"flag_values": np.arange(len(words), dtype=np.int16), "flag_meanings": " ".join(words)}
    return "opportunity", index.astype(np.int16), flags


def _dataset(table: Table) -> xarray.Dataset:  # type: ignore[name-defined]  # noqa: F821
    import xarray  # optional extra `io`

    found = xarray.Dataset({name: _variable(name, values) for name, values in table.items()})
    for name in found.variables:
        found[name].encoding = {"zlib": True, "complevel": 4}
        if found[name].dtype.kind == "M":
            found[name].encoding |= {"units": "milliseconds since 2000-01-01", "dtype": "int64"}
    return found
