"""Files from which other tools take the same world: DE440 as SPK and as JPL's binary, GM as a text kernel.

Tools that integrate in TT ask their ephemeris at TDB(TT). They would see another world than the equations of this
package, whose seconds are those of TDB throughout: over five days the difference is metres. Files for such tools are
therefore fitted to the time that the tool will ask with: their integration seconds then are our TDB seconds.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from jplephem.daf import DAF

from sim.constants import J2000_JD, SECONDS_PER_DAY
from sim.dynamics.gravity_field import GravityField
from sim.ephemeris import Ephemeris, open_ephemeris

FloatArray = npt.NDArray[np.float64]
Offset = Callable[[FloatArray], FloatArray]

MARGIN_DAY: Final = 40.0
AU_KM: Final = 149597870.7
RECORD_DAY: Final = 32.0
RECORD_WORDS: Final = 1018
MOON_PA_FRAME: Final = 31008
GRID_JD: Final = 2287184.5
"""Where the records of JPL's file begin; they are 32 days long."""

# First word, coefficients, granules of a record of DE430 and DE440, in the order of the header.
POINTERS: Final = (
    (3, 14, 4), (171, 10, 2), (231, 13, 2), (309, 11, 1), (342, 8, 1), (366, 7, 1), (387, 6, 1), (405, 6, 1),
    (423, 6, 1), (441, 13, 8), (753, 11, 2), (819, 10, 4), (899, 10, 4),
)  # fmt: skip
EMB, MOON, SUN, LIBRATIONS = 2, 9, 10, 12


def no_offset(t_s: FloatArray) -> FloatArray:
    """Offset of tools that integrate in TDB.

    Parameters
    ----------
    t_s : numpy.ndarray
        Seconds past J2000.

    Returns
    -------
    numpy.ndarray
        Zeros.
    """
    return np.zeros_like(t_s)


def tdb_minus_tt_s(t_s: FloatArray) -> FloatArray:
    """TDB - TT as NAIF's kernels, hifitime, GMAT and (to 30 microseconds) Orekit compute it.

    Parameters
    ----------
    t_s : numpy.ndarray
        Seconds past J2000.

    Returns
    -------
    numpy.ndarray
        s.
    """
    mean = 6.239996 + 1.99096871e-7 * t_s
    return np.asarray(1.657e-3 * np.sin(mean + 1.671e-2 * np.sin(mean)))


@dataclass(frozen=True)
class World:
    """What a peer's files are made from.

    Attributes
    ----------
    start_tdb, stop_tdb : float
        Span of the rows, seconds past J2000.
    offset : callable
        Time that the tool asks its ephemeris for, less the time that it integrates in.
    """

    start_tdb: float
    stop_tdb: float
    offset: Offset = no_offset

    def series(
        self, target: str, center: str, piece_day: float, start_jd: float, pieces: int, terms: int
    ) -> FloatArray:
        """Chebyshev coefficients of a body on equal pieces of the tool's time.

        Parameters
        ----------
        target, center : str
            Names of bodies.
        piece_day : float
            Length of a piece.
        start_jd : float
            Julian date at which the first begins.
        pieces, terms : int
            How many; coefficients of each.

        Returns
        -------
        numpy.ndarray (pieces, 3, terms)
            km.
        """
        ephemeris: Ephemeris = open_ephemeris()
        base, into = self._epochs(piece_day, start_jd, pieces, terms)
        return _chebyshev(ephemeris.position_split_km(target, center, base, into), pieces, terms)

    def librations(self, piece_day: float, start_jd: float, pieces: int, terms: int) -> FloatArray:
        """Chebyshev coefficients of the Euler angles of the Moon's principal axes, like :meth:`series`.

        Parameters
        ----------
        piece_day, start_jd, pieces, terms
            See there.

        Returns
        -------
        numpy.ndarray (pieces, 3, terms)
            rad.
        """
        base, into = self._epochs(piece_day, start_jd, pieces, terms)
        return _chebyshev(open_ephemeris().moon_librations(base + into)[0], pieces, terms)

    def _epochs(self, piece_day: float, start_jd: float, pieces: int, terms: int) -> tuple[FloatArray, FloatArray]:
        angle = np.pi * (np.arange(2 * terms) + 0.5) / (2 * terms)
        begin = (start_jd - J2000_JD + piece_day * np.arange(pieces)) * SECONDS_PER_DAY
        base = np.repeat(begin, 2 * terms)
        into = np.tile(0.5 * piece_day * SECONDS_PER_DAY * (1.0 + np.cos(angle)), pieces)
        return base, into - self.offset(base + into)


def _chebyshev(values: FloatArray, pieces: int, terms: int) -> FloatArray:
    """Fit values at twice as many nodes as there are terms."""
    angle = np.pi * (np.arange(2 * terms) + 0.5) / (2 * terms)
    weights = np.cos(np.outer(np.arange(terms), angle)) / terms
    weights[0] /= 2.0
    rows = values.reshape(pieces, 2 * terms, 3)
    return np.stack([(rows * row[:, np.newaxis]).sum(axis=1) for row in weights], axis=2)


def write_spk(world: World, path: Path) -> Path:
    """Write Sun, Earth-Moon barycentre, Earth and Moon as an SPK file (type 2).

    Parameters
    ----------
    world : World
        Span and time.
    path : Path
        File.

    Returns
    -------
    Path
        The same.
    """
    first = math.floor(world.start_tdb / SECONDS_PER_DAY - MARGIN_DAY)
    last = math.ceil(world.stop_tdb / SECONDS_PER_DAY + MARGIN_DAY)
    path.write_bytes(_empty_daf())
    with path.open("r+b") as file:
        daf = DAF(file)
        for name, center, target_id, center_id, piece_day in (
            ("sun", "ssb", 10, 0, 8), ("emb", "ssb", 3, 0, 8), ("moon", "emb", 301, 3, 2), ("earth", "emb", 399, 3, 2),
        ):  # fmt: skip
            pieces = -(-(last - first) // piece_day)
            coefficients = world.series(name, center, piece_day, J2000_JD + first, pieces, 14)
            length = piece_day * SECONDS_PER_DAY
            begin = first * SECONDS_PER_DAY
            head = np.stack([begin + length * (np.arange(pieces) + 0.5), np.full(pieces, 0.5 * length)], axis=1)
            records = np.concatenate([head, coefficients.reshape(pieces, -1)], axis=1)
            words = np.concatenate([records.ravel(), [begin, length, float(records.shape[1]), float(pieces)]])
            span = (begin, begin + pieces * length)
            daf.add_array(name.upper().encode(), (*span, target_id, center_id, 1, 2), words)
        # SPICE reads whole records.
        file.seek(0, 2)
        file.write(b"\0" * (-file.tell() % 1024))
    return path


def write_axes(world: World, path: Path) -> Path:
    """Write the Moon's principal axes as a binary PCK file (type 2, frame 31008).

    Parameters
    ----------
    world : World
        Span and time.
    path : Path
        File.

    Returns
    -------
    Path
        The same.
    """
    piece_day, terms = 4, 14
    first = math.floor(world.start_tdb / SECONDS_PER_DAY - MARGIN_DAY)
    pieces = -(-(math.ceil(world.stop_tdb / SECONDS_PER_DAY + MARGIN_DAY) - first) // piece_day)
    length, begin = piece_day * SECONDS_PER_DAY, first * SECONDS_PER_DAY
    angles = world.librations(piece_day, J2000_JD + first, pieces, terms)
    head = np.stack([begin + length * (np.arange(pieces) + 0.5), np.full(pieces, 0.5 * length)], axis=1)
    records = np.concatenate([head, angles.reshape(pieces, -1)], axis=1)
    words = np.concatenate([records.ravel(), [begin, length, float(records.shape[1]), float(pieces)]])
    path.write_bytes(_empty_daf(b"DAF/PCK ", 5))
    with path.open("r+b") as file:
        DAF(file).add_array(b"PRINCIPAL AXES", (begin, begin + pieces * length, MOON_PA_FRAME, 1, 2), words)
        file.seek(0, 2)
        file.write(b"\0" * (-file.tell() % 1024))
    return path


def gfc_text(field: GravityField) -> str:
    """Write a gravity field as the ICGEM does.

    Parameters
    ----------
    field : GravityField
        Field.

    Returns
    -------
    str
        Text of a ``.gfc`` file.
    """
    head = (
        f"product_type gravity_field\nmodelname {field.name.split()[0]}\n"
        f"earth_gravity_constant {field.gm_km3_s2 * 1e9:.16e}\nradius {field.radius_km * 1e3:.16e}\n"
        f"max_degree {field.degree}\nerrors no\nnorm fully_normalized\ntide_system tide_free\nend_of_head ===\n"
        "gfc 0 0 1.0 0.0\n"
    )
    rows = (f"gfc {n} {m} {c:.17e} {s:.17e}\n" for n, m, c, s in _terms(field))
    return head + "".join(rows)


def cof_text(field: GravityField) -> str:
    """Write a gravity field as GMAT does.

    Parameters
    ----------
    field : GravityField
        Field.

    Returns
    -------
    str
        Text of a ``.cof`` file.
    """
    gm, radius = field.gm_km3_s2 * 1e9, field.radius_km * 1e3
    lines = ["COMMENT   1", f"{field.name} as this package has it"]
    lines.append(f"POTFIELD{field.degree:3d}{field.degree:3d}  1 {gm:.14e} {radius:.14e} 1.00000000000000e+00")
    lines += [f"RECOEF  {n:3d}{m:3d}   {c:21.14e}" + (f"{s:21.14e}" if m else "") for n, m, c, s in _terms(field)]
    return "\n".join([*lines, "END"]) + "\n"


def shadr_text(field: GravityField) -> str:
    """Write a gravity field as NASA's Planetary Data System does.

    Parameters
    ----------
    field : GravityField
        Field.

    Returns
    -------
    str
        Text of a ``.tab`` file.
    """
    head = f"{field.radius_km:.16e}, {field.gm_km3_s2:.16e}, 0.0, {field.degree}, {field.degree}, 1, 0.0, 0.0\n"
    return head + "".join(f"{n:5d},{m:5d},{c:24.16e},{s:24.16e}, 0.0, 0.0\n" for n, m, c, s in _terms(field))


def _terms(field: GravityField) -> Iterator[tuple[int, int, float, float]]:
    for n in range(2, field.degree + 1):
        for m in range(n + 1):
            yield n, m, float(field.cosine[n, m]), float(field.sine[n, m])


def _empty_daf(kind: bytes = b"DAF/SPK ", integers: int = 6) -> bytes:
    """File record, one summary record without summaries, one record of names."""
    head = kind + struct.pack("<2i", 2, integers) + b"benchmarks".ljust(60)
    head += struct.pack("<3i", 2, 2, 3 * 128 + 1) + b"LTL-IEEE"
    head = head.ljust(699, b"\0") + b"FTPSTR:\r:\n:\r\n:\r\x00:\x81:\x10\xce:ENDFTP"
    return head.ljust(1024, b"\0") + struct.pack("<3d", 0.0, 0.0, 0.0).ljust(1024, b"\0") + b" " * 1024


def write_jpl_binary(world: World, path: Path) -> Path:
    """Write Sun, Earth-Moon barycentre, Moon and its librations in the layout of JPL's binary DE440; all else is zero.

    Parameters
    ----------
    world : World
        Span and time.
    path : Path
        File.

    Returns
    -------
    Path
        The same.
    """
    ephemeris = open_ephemeris()
    first = math.floor((J2000_JD + world.start_tdb / SECONDS_PER_DAY - MARGIN_DAY - GRID_JD) / RECORD_DAY)
    last = math.ceil((J2000_JD + world.stop_tdb / SECONDS_PER_DAY + MARGIN_DAY - GRID_JD) / RECORD_DAY)
    start_jd = GRID_JD + RECORD_DAY * first
    records = np.zeros((last - first + 1, RECORD_WORDS))
    records[:, 0] = start_jd + RECORD_DAY * np.arange(len(records))
    records[:, 1] = records[:, 0] + RECORD_DAY
    for item, target, center in ((EMB, "emb", "ssb"), (MOON, "moon", "earth"), (SUN, "sun", "ssb")):
        word, terms, granules = POINTERS[item]
        series = world.series(target, center, RECORD_DAY / granules, start_jd, granules * len(records), terms)
        count = 3 * terms * granules
        records[:, word - 1 : word - 1 + count] = series.reshape(len(records), count)
    word, terms, granules = POINTERS[LIBRATIONS]
    angles = world.librations(RECORD_DAY / granules, start_jd, granules * len(records), terms)
    records[:, word - 1 : word - 1 + 3 * terms * granules] = angles.reshape(len(records), -1)
    gm = ephemeris.gm_km3_s2
    emrat = gm["earth"] / gm["moon"]
    to_au = SECONDS_PER_DAY**2 / AU_KM**3
    constants = {"DENUM": 440.0, "LENUM": 440.0, "AU": AU_KM, "EMRAT": emrat, "CLIGHT": 299792.458}
    constants |= {f"GM{n}": 0.0 for n in (1, 2, 4, 5, 6, 7, 8, 9)}
    constants |= {"GMB": (gm["earth"] + gm["moon"]) * to_au, "GMS": gm["sun"] * to_au}
    head = b"".join(text.ljust(84) for text in (b"JPL Planetary Ephemeris DE440/LE440", b"Start", b"Final"))
    head += b"".join(name.encode().ljust(6) for name in constants).ljust(2400)
    table = [number for row in POINTERS for number in row]
    head += struct.pack(
        "<3di2d36ii3i", start_jd, records[-1, 1], RECORD_DAY, len(constants), AU_KM, emrat,
        *table[:36], 440, *table[36:],
    )  # fmt: skip
    head = head.ljust(8 * RECORD_WORDS, b"\0")
    numbers = np.zeros(RECORD_WORDS)
    numbers[: len(constants)] = list(constants.values())
    path.write_bytes(head + numbers.astype("<f8").tobytes() + records.astype("<f8").tobytes())
    return path


def write_gm_kernel(path: Path) -> Path:
    """Write the gravitational parameters as a SPICE text kernel, with the orientations that its readers ask for.

    Parameters
    ----------
    path : Path
        File.

    Returns
    -------
    Path
        The same.
    """
    gm = open_ephemeris().gm_km3_s2
    lines = ["KPL/PCK", "", "\\begindata", ""]
    for code, name in ((10, "sun"), (399, "earth"), (301, "moon")):
        lines.append(f"BODY{code}_GM = ( {gm[name]!r} )")
        lines += [f"BODY{code}_POLE_RA = ( 0.0 0.0 0.0 )", f"BODY{code}_POLE_DEC = ( 90.0 0.0 0.0 )"]
        lines += [f"BODY{code}_PM = ( 0.0 0.0 0.0 )", f"BODY{code}_RADII = ( 1.0 1.0 1.0 )"]
    lines.append(f"BODY3_GM = ( {gm['earth'] + gm['moon']!r} )")
    path.write_text("\n".join([*lines, "", "\\begintext", ""]), encoding="ascii")
    return path
