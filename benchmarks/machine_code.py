"""What x86-64 instructions are by their bytes, and which functions compiled kernels consist of.

Only so much of the encoding is read as tells vector widths and the broad kind of work apart (Intel's Software
Developer's Manual, volume 2, chapter 2: prefixes, VEX and EVEX): enough for a profile, no disassembler.
"""

from __future__ import annotations

import re
import struct
import sys
from typing import Any, Final, NamedTuple

LEGACY: Final = frozenset((0x66, 0xF2, 0xF3, 0x2E, 0x36, 0x3E, 0x26, 0x64, 0x65, 0x67, 0xF0))
REPEAT: Final = frozenset((0xF2, 0xF3))
BRANCH_BYTES: Final = frozenset((*range(0x70, 0x80), 0xE0, 0xE1, 0xE2, 0xE3, 0xE8, 0xE9, 0xEB, 0xC2, 0xC3))
FUSED: Final = frozenset(op for row in (0x90, 0xA0, 0xB0) for op in range(row + 6, row + 16))
"""Fused multiply-add, of the map 0F38; odd ones from 9 on are those of one number."""
ARITHMETIC: Final = {
    1: frozenset((0x51, 0x52, 0x53, 0x58, 0x59, 0x5A, 0x5B, 0x5C, 0x5D, 0x5E, 0x5F, 0xE6, 0x2A, 0x2C, 0x2D, 0xC2)),
    2: frozenset((0x2C, 0x2D, 0x42, 0x43, 0x4C, 0x4D, 0x4E, 0x4F)),
    3: frozenset((0x08, 0x09, 0x0A, 0x0B, 0x26, 0x27, 0x50, 0x51, 0x54, 0x55, 0x56, 0x57)),
}
MOVES: Final = {
    1: frozenset((*range(0x10, 0x14), 0x16, 0x17, 0x28, 0x29, 0x2B, 0x6E, 0x6F, 0x7E, 0x7F, 0xD6, 0xE7)),
    2: frozenset((*range(0x18, 0x1C), 0x58, 0x59, 0x5A, 0x5B, 0x88, 0x89, 0x8A, 0x8B, *range(0x90, 0x94), 0xA2, 0xA3)),
    3: frozenset(()),
}
ONE_NUMBER: Final = {
    1: frozenset((0x2E, 0x2F)),
    2: frozenset((0x2D, 0x43, 0x4D, 0x4F)),
    3: frozenset((0x0A, 0x0B, 0x27, 0x51, 0x55, 0x57)),
}
"""Of one number whatever their prefix."""
KINDS: Final = (
    "512-bit fused multiply-add", "512-bit other arithmetic", "512-bit loads, stores, copies",
    "512-bit shuffles, logic, integers",
    "narrower vectors", "single numbers", "masks", "branches and calls", "integers and addresses",
)  # fmt: skip
"""What :func:`kind_of` tells apart."""


class Vector(NamedTuple):
    """The part of a vector instruction that tells its kind."""

    opcode_map: int
    prefix: int
    width: int
    opcode: int
    evex: bool


def _vector(code: bytes) -> Vector | None:
    """Read a VEX or EVEX instruction; None for others."""
    if code[0] == 0x62:
        return Vector(code[1] & 7, code[2] & 3, 128 << (code[3] >> 5 & 3), code[4], True)
    if code[0] == 0xC5:
        return Vector(1, code[1] & 3, 128 << (code[1] >> 2 & 1), code[2], False)
    if code[0] == 0xC4:
        return Vector(code[1] & 31, code[2] & 3, 128 << (code[2] >> 2 & 1), code[3], False)
    return None


def _kind_of_vector(found: Vector) -> str:
    in_map = found.opcode_map if found.opcode_map in (1, 2, 3) else 0
    if not in_map:
        return KINDS[3] if found.width >= 512 else "narrower vectors"
    if not found.evex and in_map > 1 and found.opcode >= 0xF0:
        return "integers and addresses"
    if in_map == 1 and not found.evex and (0x41 <= found.opcode <= 0x4B or 0x90 <= found.opcode <= 0x99):
        return "masks"
    fused = in_map == 2 and found.opcode in FUSED
    arithmetic = found.opcode in ARITHMETIC[in_map]
    one = found.opcode in ONE_NUMBER[in_map]
    one |= fused and found.opcode & 15 >= 9 and bool(found.opcode & 1)
    one |= in_map == 1 and found.prefix >= 2 and (arithmetic or found.opcode in (0x10, 0x11))
    # Conversions between packed formats carry these prefixes too.
    one &= not (in_map == 1 and found.opcode in (0x5B, 0xE6))
    if one:
        return "single numbers"
    if found.width < 512:
        return "narrower vectors"
    if fused:
        return KINDS[0]
    if arithmetic:
        return KINDS[1]
    return KINDS[2] if found.opcode in MOVES[in_map] else KINDS[3]


def kind_of(code: bytes) -> str:
    """Say what kind of work an instruction does.

    Parameters
    ----------
    code : bytes
        At least 15 from where it begins.

    Returns
    -------
    str
        One of :data:`KINDS`. A kind counts memory operands with the arithmetic that they belong to.
    """
    place = 0
    while code[place] in LEGACY:
        place += 1
    prefixes = set(code[:place])
    found = _vector(code[place:])
    if found is not None:
        return _kind_of_vector(found)
    if 0x40 <= code[place] < 0x50:
        place += 1
    first, second, third = code[place], code[place + 1], code[place + 2]
    if first in BRANCH_BYTES or (first == 0xFF and second >> 3 & 7 in (2, 3, 4, 5)):
        return "branches and calls"
    if first != 0x0F:
        return "integers and addresses"
    if 0x80 <= second < 0x90:
        return "branches and calls"
    if second in (0x38, 0x3A):
        return "narrower vectors" if third < 0xF0 else "integers and addresses"
    if not (0x10 <= second <= 0x17 or 0x28 <= second <= 0x2F or 0x50 <= second <= 0x7F or 0xD0 <= second <= 0xFE):
        return "narrower vectors" if second in (0xC2, 0xC6) else "integers and addresses"
    one = second in (0x2E, 0x2F) or (prefixes & REPEAT and (second in ARITHMETIC[1] or second in (0x10, 0x11)))
    return "single numbers" if one else "narrower vectors"


class Function(NamedTuple):
    """A compiled function in memory."""

    address: int
    size: int
    name: str


def plain_name(symbol: str) -> str:
    """Shorten a symbol of a compiled kernel to module and function.

    Parameters
    ----------
    symbol : str
        Mangled as C++ does.

    Returns
    -------
    str
        The symbol itself where it is not of that form.
    """
    parts, rest = [], symbol.removeprefix("_ZN") if symbol.startswith("_ZN") else ""
    while found := re.match(r"\d+", rest):
        stop = found.end() + int(found[0])
        parts.append(rest[found.end() : stop])
        rest = rest[stop:]
    return ".".join(parts[-2:]) if parts else symbol


def symbols(elf: bytes) -> list[tuple[str, int, int, int]]:
    """Read the functions of an ELF object file.

    Parameters
    ----------
    elf : bytes
        64 bits, little endian.

    Returns
    -------
    list of tuple
        Symbol, number of its section, place in it, size.
    """
    table, entry, count = struct.unpack_from("<Q", elf, 40)[0], *struct.unpack_from("<2H", elf, 58)
    sections = [struct.unpack_from("<2I4Q2I2Q", elf, table + entry * k) for k in range(count)]
    found = []
    for section in sections:
        if section[1] != 2:  # not a table of symbols
            continue
        names = sections[section[6]][4]
        for place in range(section[4], section[4] + section[5], 24):
            name, info, _, where, value, size = struct.unpack_from("<IBBHQQ", elf, place)
            if info & 15 == 2 and 0 < where < 0xFF00:
                text = elf[names + name : elf.index(b"\0", names + name)]
                found.append((text.decode(), where, value, size))
    return found


class Listener:
    """Keeps the object files of numba's kernels as they are loaded; make it before they are."""

    def __init__(self) -> None:
        from numba.core.codegen import CPUCodeLibrary

        self.objects: dict[str, bytes] = {}
        keep = CPUCodeLibrary._set_compiled_object

        def kept(library: Any, code: bytes) -> None:
            self.objects[library.name] = code
            keep(library, code)

        CPUCodeLibrary._set_compiled_object = kept

    def functions(self, package: str) -> list[Function]:
        """Return where the functions of a package's kernels are; those that the compiler has inlined are not there.

        Parameters
        ----------
        package : str
            Modules whose names begin so.

        Returns
        -------
        list of Function
            Empty where kernels were compiled in this process and not loaded from the cache.
        """
        from numba.core.registry import CPUDispatcher

        modules = [module for name, module in list(sys.modules.items()) if name.startswith(package)]
        kernels = {id(k): k for module in modules for k in vars(module).values() if isinstance(k, CPUDispatcher)}
        found = []
        for kernel in kernels.values():
            for compiled in kernel.overloads.values():
                found += self._placed(compiled.library, compiled.fndesc.llvm_func_name)
        return sorted(set(found))

    def _placed(self, library: Any, entry: str) -> list[Function]:
        """Find the functions of one object from where its entry is."""
        code = self.objects.get(library.name)
        if code is None:
            return []
        known = symbols(code)
        section, offset = {name: (where, value) for name, where, value, _ in known}[entry]
        base = int(library.get_pointer_to_function(entry)) - offset
        return [
            Function(base + value, size, plain_name(name)) for name, where, value, size in known if where == section
        ]
