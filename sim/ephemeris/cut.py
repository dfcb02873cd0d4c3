"""The package's own ephemeris: a cut of JPL's DE440, 1958-12 to 2051-02, exact to the last coefficient.

Native granules in float64 in one ``.npz`` of plain arrays with a JSON manifest that names the sources and
the SHA-256 of the data. :mod:`sim.ephemeris.provenance` makes both from public packages, bit for bit.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import numpy as np

from sim.ephemeris.links import Link, Segment
from sim.ephemeris.series import ChebyshevSeries, FloatArray
from sim.ephemeris.states import NAIF_ID, Ephemeris
from sim.errors import DataError

CUT_NAME = "de440_1959_2051"
FORMAT = "perilune ephemeris cut 1"
DATA_DIRECTORY = Path(__file__).parent / "data"

_REMEDY = "reinstall the package, or rebuild the file with python -m sim.ephemeris.provenance"


@lru_cache(maxsize=1)
def open_ephemeris() -> Ephemeris:
    """Ephemeris that comes with the package: DE440, 1959-2051, with lunar librations.

    Opened and verified once per process.

    Returns
    -------
    Ephemeris

    Raises
    ------
    DataError
        Data files missing, truncated or corrupt.
    """
    return load_cut(DATA_DIRECTORY)


def load_cut(directory: Path) -> Ephemeris:
    """Open a cut and verify its SHA-256.

    Parameters
    ----------
    directory : pathlib.Path
        Folder with the ``.npz`` and its ``.json`` manifest.

    Returns
    -------
    Ephemeris

    Raises
    ------
    DataError
        Files missing, truncated, corrupt or of another format.
    """
    manifest_path = directory / f"{CUT_NAME}.json"
    data_path = directory / f"{CUT_NAME}.npz"
    manifest = _read_manifest(manifest_path)
    data = _read(data_path)
    found = hashlib.sha256(data).hexdigest()
    if found != manifest["sha256"]:
        raise DataError(
            f"{data_path}: SHA-256 {found} of {len(data)} bytes differs from {manifest['sha256']} "
            f"of {manifest['n_bytes']} bytes in the manifest: the file is damaged; {_REMEDY}"
        )
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return _assemble(dict(arrays), found, data_path)
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{data_path}: not an ephemeris cut of this version ({error}); {_REMEDY}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: ephemeris data cannot be read ({error.strerror or error}); {_REMEDY}") from error


def _read_manifest(path: Path) -> dict[str, object]:
    try:
        manifest = json.loads(_read(path))
    except ValueError as error:
        raise DataError(f"{path}: the manifest is damaged ({error}); {_REMEDY}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or not {"sha256", "n_bytes"} <= set(manifest):
        raise DataError(f"{path}: the manifest is not of the format {FORMAT!r}; {_REMEDY}")
    return manifest


def _assemble(arrays: dict[str, FloatArray], sha256: str, path: Path) -> Ephemeris:
    start_tdb, stop_tdb = (float(t) for t in arrays["coverage_tdb"])
    constants = dict(zip(arrays["constant_names"].tolist(), arrays["constant_values"].tolist(), strict=True))
    gm = dict(zip(arrays["gm_names"].tolist(), arrays["gm_km3_s2"].tolist(), strict=True))

    def segment(key: str, factor: float = 1.0) -> Segment:
        granule_s = float(arrays[f"{key}_granule_s"])
        return Segment(ChebyshevSeries(start_tdb, granule_s, arrays[key]), start_tdb, stop_tdb, factor)

    links = {
        NAIF_ID[body]: Link(NAIF_ID["emb"] if body == "moon" else NAIF_ID["ssb"], (segment(body),))
        for body in arrays["bodies"].tolist()
    }
    moon = links[NAIF_ID["moon"]].segments[0]
    earth = Segment(moon.series, start_tdb, stop_tdb, factor=-1.0 / constants["EMRAT"])
    links[NAIF_ID["earth"]] = Link(NAIF_ID["emb"], (earth,))
    return Ephemeris(
        name="DE440",
        sha256=sha256,
        start_tdb=start_tdb,
        stop_tdb=stop_tdb,
        gm_km3_s2=MappingProxyType(gm),
        links=MappingProxyType(links),
        librations=segment("librations"),
        librations_name="DE440",
        constants=MappingProxyType(constants),
        path=path,
    )
