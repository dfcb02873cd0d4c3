"""Ephemerides from SPK files given by path, with an optional binary PCK for the Moon's orientation.

Segments of types 2 and 3 (Chebyshev) are understood, which is what JPL's and IMCCE's planetary ephemerides
consist of.
"""

from __future__ import annotations

import hashlib
import io
import struct
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np

from sim.bodies import BODIES, EARTH_MOON_GM_KM3_S2
from sim.ephemeris.links import Link, Segment
from sim.ephemeris.series import ChebyshevSeries
from sim.ephemeris.states import NAIF_ID, Ephemeris
from sim.errors import DataError

_ICRF = 1  # NAIF code of the J2000 frame, which in JPL's ephemerides is the ICRF
# orientation classes of the lunar principal axes, DE440 then DE421 and older
_MOON_PA_BODIES = (31008, 31006)
_SUMMARY_FORMATS = ((2, 6), (2, 5))  # doubles and integers in a summary of SPK and PCK files
_COMPONENTS = {2: 3, 3: 6}  # by SPK data type
_PLANET_CENTERS = {1: 199, 2: 299, 4: 499, 5: 599, 6: 699, 7: 799, 8: 899, 9: 999}


def open_spk(
    path: str | Path,
    *,
    pck: str | Path | None = None,
    gm_km3_s2: Mapping[str, float] | None = None,
    sha256: str | None = None,
) -> Ephemeris:
    """Open an SPK file as an ephemeris.

    Parameters
    ----------
    path : str or pathlib.Path
        SPK (``.bsp``) with segments of type 2 or 3 in ICRF axes; segments of other types are left out.
    pck : str or pathlib.Path, optional
        Binary PCK (``.bpc``) with the lunar principal axes, for :meth:`Ephemeris.moon_librations`. Its axes
        are those of its own ephemeris: those of DE421 and DE440 differ by 0.2 arcsec.
    gm_km3_s2 : mapping of str to float, optional
        Gravitational parameters by body. SPK files hold none: without it those of DE440 are used.
    sha256 : str, optional
        Expected SHA-256 of the SPK. SPK files carry no checksum: without it a damaged file may give wrong
        positions.

    Returns
    -------
    Ephemeris
        Its span is what the Sun, the Earth and the Moon have in common, as far as the file holds them.

    Raises
    ------
    DataError
        Missing or damaged file, wrong SHA-256, or none of its segments is usable.
    """
    spk_path = Path(path)
    found = _sha256(spk_path, "SPK")
    if sha256 is not None and found != sha256.lower():
        raise DataError(f"{spk_path}: SHA-256 {found}; expected {sha256}: damaged or another file; fetch it again")
    links = _links(spk_path)
    librations = _librations(Path(pck)) if pck is not None else None
    gm = gm_km3_s2 if gm_km3_s2 is not None else _gm_of_de440()
    start_tdb, stop_tdb = _common_span(spk_path, links)
    return Ephemeris(
        name=spk_path.name,
        sha256=found,
        start_tdb=start_tdb,
        stop_tdb=stop_tdb,
        gm_km3_s2=MappingProxyType(dict(gm)),
        links=MappingProxyType(links),
        librations=librations,
        librations_name=f"{Path(pck).name} sha256:{_sha256(Path(pck), 'PCK')}" if pck is not None else "",
        path=spk_path,
    )


def _gm_of_de440() -> dict[str, float]:
    return {name: body.gm_km3_s2 for name, body in BODIES.items()} | {"emb": EARTH_MOON_GM_KM3_S2}


def _sha256(path: Path, kind: str) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{path}: cannot be read ({reason}); give an existing {kind} file") from error


def _open_daf(path: Path, kind: str) -> Any:
    # jplephem is imported here since only files given by the user need it; it costs 0.1 s.
    from jplephem.pck import PCK
    from jplephem.spk import SPK

    try:
        with path.open("rb") as file:
            magic = file.read(7)
            if magic not in (f"DAF/{kind}".encode(), b"NAIF/DA"):  # the second: older files, of no stated kind
                raise DataError(f"{path}: not a binary {kind} file (it begins with {magic!r}); give one")
            _check_summaries(file)
        return (SPK if kind == "SPK" else PCK).open(str(path))
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{path}: cannot be read ({reason}); give an existing {kind} file") from error
    except (ValueError, IndexError, ArithmeticError, struct.error) as error:
        raise DataError(f"{path}: damaged {kind} file ({error}); fetch it again") from error


def _check_summaries(file: BinaryIO) -> None:
    """Look for damage on which jplephem would read gigabytes or run in a circle."""
    # only files named by the user need jplephem: the packaged cut is read without it
    from jplephem.daf import DAF

    file.seek(8)
    counts = file.read(8)
    if not any(struct.unpack(f"{endian}2I", counts) in _SUMMARY_FORMATS for endian in "<>"):
        raise ValueError("its summaries have not the lengths of an SPK or PCK")
    daf = DAF(file)
    n_bytes = file.seek(0, io.SEEK_END)
    if 8 * (daf.free - 1) > n_bytes:
        raise ValueError(f"its data end at byte {8 * (daf.free - 1)}, the file at byte {n_bytes}")
    seen: set[int] = set()
    number = daf.fward
    while number:
        if number in seen:
            raise ValueError("its summary records run in a circle")
        seen.add(number)
        following, _, count = struct.unpack_from(f"{daf.endian}3d", daf.read_record(number))
        if not (following >= 0.0 and 0.0 <= count <= daf.summaries_per_record):
            raise ValueError(f"summary record {number} is not one")
        number = int(following)


def _links(path: Path) -> dict[int, Link]:
    file = _open_daf(path, "SPK")
    segments: dict[int, list[tuple[int, Segment]]] = {}
    left_out = set()
    for raw in reversed(file.segments):  # in SPK files the last segment has priority
        if raw.data_type in _COMPONENTS and raw.frame == _ICRF:
            segments.setdefault(raw.target, []).append(
                (raw.center, _segment(path, raw, raw.start_second, raw.end_second))
            )
        else:
            left_out.add(f"type {raw.data_type} in frame {raw.frame}")
    if not segments:
        found = ", ".join(sorted(left_out)) or "none"
        raise DataError(f"{path}: no segment of type 2 or 3 in ICRF axes (segments found: {found}); give another SPK")
    links = {}
    for target, pairs in segments.items():
        center = pairs[0][0]
        links[target] = Link(center, tuple(segment for own_center, segment in pairs if own_center == center))
    for barycenter, planet in _PLANET_CENTERS.items():
        if barycenter not in links and planet in links and links[planet].center_id != barycenter:
            links[barycenter] = links[planet]  # a file with planet centres only
    return links


def _segment(path: Path, raw: Any, start_tdb: float, stop_tdb: float) -> Segment:
    """Native granules of a Chebyshev segment, mapped from the file (SPK Required Reading, types 2 and 3)."""
    components = _COMPONENTS[raw.data_type]
    try:
        init, granule_s, record_words, n_records = raw.daf.read_array(raw.end_i - 3, raw.end_i)
        records = raw.daf.map_array(raw.start_i, raw.end_i - 4).reshape(int(n_records), int(record_words))
        words = records[:, 2:].reshape(int(n_records), components, -1)
    except (OSError, ValueError, IndexError, TypeError, OverflowError) as error:
        raise DataError(f"{path}: a segment does not fit into the file ({error}); fetch the file again") from error
    stop = min(stop_tdb, init + n_records * granule_s)
    rates = words[:, 3:] if components == 6 else None
    if not (np.isfinite([init, granule_s, start_tdb, stop]).all() and granule_s > 0.0 and start_tdb < stop):
        raise DataError(f"{path}: a segment's directory is damaged; fetch the file again")
    return Segment(ChebyshevSeries(float(init), float(granule_s), words[:, :3], rates), max(start_tdb, init), stop)


def _librations(path: Path) -> Segment:
    file = _open_daf(path, "PCK")
    for body in _MOON_PA_BODIES:
        for raw in reversed(file.segments):
            if raw.body == body and raw.data_type == 2 and raw.frame == _ICRF:
                return _segment(path, raw, raw.initial_second, raw.final_second)
    bodies = ", ".join(str(body) for body in sorted({raw.body for raw in file.segments}))
    raise DataError(f"{path}: no lunar principal axes (31006 or 31008, type 2); the file holds {bodies}")


def _common_span(path: Path, links: Mapping[int, Link]) -> tuple[float, float]:
    wanted = [NAIF_ID[body] for body in ("sun", "emb", "earth", "moon") if NAIF_ID[body] in links]
    spans = [links[node].segments for node in wanted or list(links)]
    start = max(min(segment.start_tdb for segment in segments) for segments in spans)
    stop = min(max(segment.stop_tdb for segment in segments) for segments in spans)
    if start >= stop:
        raise DataError(f"{path}: the segments of Sun, Earth and Moon have no time in common; give another SPK")
    return start, stop
