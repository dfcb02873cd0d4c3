"""Readers of gravity-field files: ICGEM ``.gfc``, PDS ``.tab``/``.sha`` (SHADR) and GMAT ``.cof``.

All of them give fully normalised coefficients; files that say theirs are not are normalised on reading.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim.core.harmonics import normalisation_factor
from sim.errors import DataError
from sim.units import KM_PER_M

FloatArray = npt.NDArray[np.float64]

MAX_DEGREE = 1200
"""Up to here the factors of the evaluation are tested against exact arithmetic."""
_NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:[EeDd][-+]?\d+)?")


class RawField(NamedTuple):
    """What a file says: name, GM (km3/s2), reference radius (km), coefficients [n, m] and the tide system."""

    name: str
    gm_km3_s2: float
    radius_km: float
    cosine: FloatArray
    sine: FloatArray
    tide_system: str


class _Term(NamedTuple):
    line: int
    n: int
    m: int
    c: float
    s: float


def read_field(path: Path, max_degree: int | None = None) -> RawField:
    """Read a gravity-field file; the format follows from its ending.

    Parameters
    ----------
    path : pathlib.Path
        ``.gfc`` (ICGEM), ``.tab``, ``.sha`` (PDS spherical harmonics ASCII data record) or ``.cof`` (GMAT).
    max_degree : int, optional
        Leave out higher degrees and orders.

    Returns
    -------
    RawField

    Raises
    ------
    DataError
        Missing file, unknown ending, or a line that does not fit the format, with its number.
    """
    readers: dict[str, Callable[[Path, int], RawField]] = {
        ".gfc": _read_gfc, ".tab": _read_shadr, ".sha": _read_shadr, ".cof": _read_cof,
    }  # fmt: skip
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"{path}: unknown ending {path.suffix!r} of a gravity field; allowed: {', '.join(readers)}")
    return reader(path, MAX_DEGREE if max_degree is None else max_degree)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error}); give an existing file") from error
    yield from enumerate(text.splitlines(), start=1)


def _numbers(path: Path, line: int, text: str, least: int) -> list[float]:
    """Numbers of a line, whether or not there is a blank between them (columns of fixed width may abut)."""
    found = [float(number.replace("D", "E").replace("d", "e")) for number in _NUMBER.findall(text)]
    rest = _NUMBER.sub("", text).strip(" ,\t\r\0")
    if rest or len(found) < least or not all(math.isfinite(number) for number in found):
        raise DataError(f"{path}:{line}: expected at least {least} finite numbers, found {text.strip()[:60]!r}")
    return found


def _filled(path: Path, terms: list[_Term], max_degree: int, normalised: bool) -> tuple[FloatArray, FloatArray]:
    """Coefficients as square arrays."""
    used = [term for term in terms if term.n <= max_degree and term.m <= max_degree]
    degree = max((term.n for term in used), default=0)
    if degree < 2:
        raise DataError(f"{path}: no coefficient of degree 2 or more was found; give a complete gravity field")
    cosine, sine = np.zeros((degree + 1, degree + 1)), np.zeros((degree + 1, degree + 1))
    seen = np.zeros((degree + 1, degree + 1), dtype=np.bool_)
    for term in used:
        if not 0 <= term.m <= term.n or seen[term.n, term.m]:
            raise DataError(f"{path}:{term.line}: the term ({term.n}, {term.m}) does not exist or comes twice")
        seen[term.n, term.m] = True
        cosine[term.n, term.m], sine[term.n, term.m] = term.c, term.s
    if not normalised:
        _normalise(cosine, sine)
    cosine[0, 0] = 1.0
    return cosine, sine


def _normalise(cosine: FloatArray, sine: FloatArray) -> None:
    for n in range(2, len(cosine)):
        for m in range(n + 1):
            mantissa, exponent = normalisation_factor(n, m)
            cosine[n, m] = math.ldexp(cosine[n, m] / mantissa, -exponent)
            sine[n, m] = math.ldexp(sine[n, m] / mantissa, -exponent)


def _checked(path: Path, name: str, gm_km3_s2: float, radius_km: float) -> tuple[str, float, float]:
    if not (gm_km3_s2 > 0.0 and radius_km > 0.0):
        raise DataError(f"{path}: GM {gm_km3_s2:g} km3/s2 and radius {radius_km:g} km must be above zero")
    return name, gm_km3_s2, radius_km


def _read_gfc(path: Path, max_degree: int) -> RawField:
    """ICGEM: key-value header up to ``end_of_head``, then ``gfc n m C S ...``; SI units."""
    header: dict[str, str] = {}
    terms: list[_Term] = []
    inside = False
    for line, text in _lines(path):
        words = text.split()
        if not words:
            continue
        if words[0] == "end_of_head":
            inside = True
        elif not inside:
            header[words[0].lower()] = words[1] if len(words) > 1 else ""
        elif words[0] in ("gfc", "gfct"):
            n, m, c, s = _numbers(path, line, text.partition(words[0])[2], 4)[:4]
            terms.append(_Term(line, int(n), int(m), c, s))
        elif words[0] in ("trnd", "dot", "asin", "acos"):
            raise DataError(f"{path}:{line}: time-variable term {words[0]!r}; give a static field")
    missing = [key for key in ("earth_gravity_constant", "radius") if key not in header]
    if missing or not inside:
        raise DataError(f"{path}: no ICGEM file: {', '.join(missing) or 'end_of_head'} is missing")
    gm = _numbers(path, 0, header["earth_gravity_constant"], 1)[0] * KM_PER_M**3
    radius = _numbers(path, 0, header["radius"], 1)[0] * KM_PER_M
    normalised = header.get("norm", "fully_normalized") == "fully_normalized"
    cosine, sine = _filled(path, terms, max_degree, normalised)
    name, gm, radius = _checked(path, header.get("modelname", path.stem), gm, radius)
    return RawField(name, gm, radius, cosine, sine, header.get("tide_system", "unknown"))


def _read_shadr(path: Path, max_degree: int) -> RawField:
    """PDS: header row with radius (km), GM (km3/s2), its error, degree, order, state of normalisation; then n,m,C,S."""
    rows = ((line, text) for line, text in _lines(path) if text.strip())
    first = next(rows, None)
    if first is None:
        raise DataError(f"{path}: the file is empty; give a SHADR file")
    radius, gm, _, _, _, state = _numbers(path, first[0], first[1], 6)[:6]
    if radius > 1e5:  # some producers write metres
        radius, gm = radius * KM_PER_M, gm * KM_PER_M**3
    if state not in (0.0, 1.0):
        raise DataError(f"{path}:{first[0]}: normalisation state {state:g}; allowed: 0 (none) and 1 (full)")
    terms = []
    for line, text in rows:
        n, m, c, s = _numbers(path, line, text, 4)[:4]
        if n > max_degree:
            break
        terms.append(_Term(line, int(n), int(m), c, s))
    cosine, sine = _filled(path, terms, max_degree, normalised=state == 1.0)
    return RawField(*_checked(path, path.stem, gm, radius), cosine, sine, "unknown")


def _read_cof(path: Path, max_degree: int) -> RawField:
    """GMAT: ``POTFIELD degree order ... GM radius ...`` in SI units, then ``RECOEF n m C [S]``."""
    gm, radius = 0.0, 0.0
    terms: list[_Term] = []
    for line, text in _lines(path):
        if text.startswith("POTFIELD"):
            # Degree and order take three columns each and abut from degree 100 on.
            numbers = _numbers(path, line, text[14:], 3)
            gm, radius = numbers[1] * KM_PER_M**3, numbers[2] * KM_PER_M
        elif text.startswith("RECOEF"):
            terms.append(_cof_term(path, line, text))
        elif text.startswith("END"):
            break
    if gm == 0.0:
        raise DataError(f"{path}: no GMAT gravity file: the line POTFIELD is missing")
    cosine, sine = _filled(path, terms, max_degree, normalised=True)
    return RawField(*_checked(path, path.stem, gm, radius), cosine, sine, "unknown")


def _cof_term(path: Path, line: int, text: str) -> _Term:
    """One row ``RECOEF nnnmmm C [S]``: n and m are three columns each and may abut from degree 100 on."""
    try:
        n, m = int(text[8:11]), int(text[11:14])
    except ValueError as error:
        raise DataError(f"{path}:{line}: expected degree and order in columns 9 to 14, found {text[:30]!r}") from error
    values = _numbers(path, line, text[14:], 1)
    return _Term(line, n, m, values[0], values[1] if len(values) > 1 else 0.0)
