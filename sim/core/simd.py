"""Eight or sixteen doubles as one value inside compiled code.

The compiler's own vectoriser cannot be trusted with long kernels; here the vector is a type, and each operation is one
LLVM instruction on ``<8 x double>``. Processors without registers of that width get two or four instructions instead,
with the same bits. Nothing is reordered or contracted: a fused multiply-add happens where :func:`fma` is written, and
nowhere else.

Sixteen are two registers that take every operation one after the other, which hides the time that an operation takes
until its result can be used; ``WIDE`` is the width that pays on the processor.

With compilation disabled the same functions work on numpy arrays of eight elements (there without fusing).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sim.core.compile import JIT_DISABLED
from sim.core.simd_types import (
    BLOCK,
    DOUBLE,
    FAST_SEED,
    INDEX,
    WORD,
    MaskType,
    VectorType,
    as_vector,
    call,
    constant,
    operands,
    splat_value,
    vector,
    vector_of,
    wide,
    width,
    words,
    words_of,
)
from sim.core.simd_types import LANES as LANES

_BIAS: Final = 1023.0 * 2.0**52
_SEED: Final = 0x5FE6EB50C7B537A9
"""Bits of a double minus half of the bits of x: a first 1/sqrt(x), good to 3.4 %."""


def _elementwise(name: str, count: int) -> Any:
    """Make a function of ``count`` vectors (or scalars) out of an LLVM intrinsic."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return call(builder, name, operands(context, builder, sig, args))

    def one(typingctx: Any, a: Any) -> Any:
        return VectorType(width((a,)))(a), codegen

    def two(typingctx: Any, a: Any, b: Any) -> Any:
        return VectorType(width((a, b)))(a, b), codegen

    def three(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
        return VectorType(width((a, b, c)))(a, b, c), codegen

    return intrinsic((one, two, three)[count - 1])


def _comparison(symbol: str) -> Any:
    """Make a comparison; false where an operand is NaN."""

    def compare(typingctx: Any, a: Any, b: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            left, right = operands(context, builder, sig, args)
            return builder.fcmp_ordered(symbol, left, right)

        return MaskType(width((a, b)))(a, b), codegen

    return intrinsic(compare)


def row_pointer(context: Any, builder: Any, kinds: Any, args: Any, lanes: int) -> Any:
    """Address of row ``args[1]`` of the (rows, lanes) array ``args[0]``."""
    array = context.make_array(kinds[0])(context, builder, args[0])
    row = context.cast(builder, args[1], kinds[1], types.intp)
    place = builder.mul(row, ir.Constant(row.type, lanes))
    return builder.bitcast(builder.gep(array.data, [place]), vector_of(lanes).as_pointer())


def _loader(kind: VectorType) -> Any:
    """Make :func:`load` of a width."""

    def one(typingctx: Any, array: Any, row: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return builder.load(row_pointer(context, builder, sig.args, args, kind.lanes), align=8)

        return kind(array, row), codegen

    return intrinsic(one)


def _store(typingctx: Any, array: Any, row: Any, value: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], row_pointer(context, builder, sig.args, args, value.lanes), align=8)
        return context.get_dummy_value()

    return types.none(array, row, value), codegen


def _transposer(kind: VectorType) -> Any:
    """Make :func:`transpose` of a width."""

    def one(typingctx: Any, source: Any, offsets: Any, first: Any, target: Any, row: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            data = context.make_array(sig.args[0])(context, builder, args[0]).data
            places = context.make_array(sig.args[1])(context, builder, args[1]).data
            begin = context.cast(builder, args[2], sig.args[2], types.intp)
            block = vector_of(BLOCK).as_pointer()
            pointer = row_pointer(context, builder, sig.args[3:], args[3:], kind.lanes)
            flat = builder.bitcast(pointer, DOUBLE.as_pointer())
            for group in range(0, kind.lanes, BLOCK):
                values = []
                for lane in range(group, group + BLOCK):
                    offset = builder.load(builder.gep(places, [ir.Constant(WORD, lane)]))
                    start = builder.gep(data, [builder.add(offset, begin)])
                    values.append(builder.load(builder.bitcast(start, block), align=8))
                for span in (1, 2, 4):
                    values = _exchange(builder, values, span)
                for j, value in enumerate(values):
                    place = builder.gep(flat, [ir.Constant(WORD, j * kind.lanes + group)])
                    builder.store(value, builder.bitcast(place, block), align=8)
            return context.get_dummy_value()

        return types.none(source, offsets, first, target, row), codegen

    return intrinsic(one)


def _exchange(builder: Any, values: list[Any], span: int) -> list[Any]:
    """Exchange blocks of ``span`` elements between vectors ``span`` apart: one of three steps of a transpose."""
    index = ir.VectorType(INDEX, BLOCK)
    low = ir.Constant(index, [i if i & span == 0 else BLOCK + i - span for i in range(BLOCK)])
    high = ir.Constant(index, [i + span if i & span == 0 else BLOCK + i for i in range(BLOCK)])
    result = list(values)
    for i in range(BLOCK):
        if i & span == 0:
            result[i] = builder.shuffle_vector(values[i], values[i + span], low)
            result[i + span] = builder.shuffle_vector(values[i], values[i + span], high)
    return result


def _broadcaster(kind: VectorType) -> Any:
    """Make :func:`broadcast` of a width."""

    def one(typingctx: Any, value: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            return as_vector(context, builder, sig.args[0], args[0], kind.lanes)

        return kind(value), codegen

    return intrinsic(one)


def _splatter(kind: VectorType) -> Any:
    """Make :func:`splat_wide`."""

    def one(typingctx: Any, array: Any, index: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            data = context.make_array(sig.args[0])(context, builder, args[0]).data
            place = context.cast(builder, args[1], sig.args[1], types.intp)
            return splat_value(builder, builder.load(builder.gep(data, [place])), kind.lanes)

        return kind(array, index), codegen

    return intrinsic(one)


def _select(typingctx: Any, condition: Any, a: Any, b: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        values = zip(sig.args[1:], args[1:], strict=True)
        left, right = (as_vector(context, builder, k, v, condition.lanes) for k, v in values)
        return builder.select(args[0], left, right)

    return VectorType(condition.lanes)(condition, a, b), codegen


def _bits(typingctx: Any, condition: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.zext(builder.bitcast(args[0], ir.IntType(condition.lanes)), WORD)

    return types.int64(condition), codegen


def _either(typingctx: Any, a: Any, b: Any) -> Any:
    return a(a, b), lambda context, builder, sig, args: builder.or_(*args)


def _both(typingctx: Any, a: Any, b: Any) -> Any:
    return a(a, b), lambda context, builder, sig, args: builder.and_(*args)


def _inverse_root_seed(builder: Any, x: Any) -> Any:
    """First 1/sqrt(x): 14 bits from the processor, or from the exponent trick with one correction of fourth order."""
    if FAST_SEED:
        return _registers_seed(builder, x)
    half = builder.lshr(builder.bitcast(x, words_of(x)), words(x, 1))
    return _refined(builder, x, builder.bitcast(builder.sub(words(x, _SEED), half), x.type))


def _registers_seed(builder: Any, x: Any) -> Any:
    """Emit the processor's approximation, a register at a time."""
    block = vector_of(BLOCK)
    kind = ir.FunctionType(block, [block, block, ir.IntType(8)])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx512.rsqrt14.pd.512")
    rest = [ir.Constant(block, [0.0] * BLOCK), ir.Constant(ir.IntType(8), -1)]
    if x.type.count == BLOCK:
        return builder.call(function, [x, *rest])
    order = ir.VectorType(INDEX, BLOCK)
    low, high = (ir.Constant(order, list(range(k, k + BLOCK))) for k in (0, BLOCK))
    parts = [builder.call(function, [builder.shuffle_vector(x, x, half), *rest]) for half in (low, high)]
    return builder.shuffle_vector(*parts, ir.Constant(ir.VectorType(INDEX, 2 * BLOCK), list(range(2 * BLOCK))))


def _refined(builder: Any, x: Any, y: Any) -> Any:
    """Improve y = 1/sqrt(x) by y (1 + h/2 + 3/8 h^2 + 5/16 h^3), h = 1 - x y^2: four times the digits."""
    h = call(builder, "fma", [builder.fsub(constant(x, -0.0), builder.fmul(x, y)), y, constant(x, 1.0)])
    series = call(builder, "fma", [h, constant(x, 0.3125), constant(x, 0.375)])
    series = call(builder, "fma", [h, series, constant(x, 0.5)])
    return call(builder, "fma", [y, builder.fmul(h, series), y])


def _inverse_root(typingctx: Any, x: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _refined(builder, args[0], _inverse_root_seed(builder, args[0]))

    return x(x), codegen


def _rough_inverse_root(typingctx: Any, x: Any) -> Any:
    """Type and generate :func:`rough_inverse_root`: good to 14 bits or better."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        seed = _inverse_root_seed(builder, args[0])
        return seed if FAST_SEED else _refined(builder, args[0], seed)

    return x(x), codegen


def _pull_terms(context: Any, builder: Any, kind: Any, gm: Any, x: Any) -> tuple[Any, Any, Any, Any]:
    """Emit gm x^(-3/2) = gm y^3 (1 - h)^(-3/2), y about 1/sqrt(x), h = 1 - x y^2; return also y^2, h, h^2."""
    y = _inverse_root_seed(builder, x)
    if not FAST_SEED:
        y = _refined(builder, x, y)
    y2 = builder.fmul(y, y)
    scale = builder.fmul(builder.fmul(as_vector(context, builder, kind, gm, x.type.count), y), y2)
    h = call(builder, "fma", [builder.fsub(constant(x, -0.0), x), y2, constant(x, 1.0)])
    # Short chains: what waits for h is evaluated side by side.
    low = call(builder, "fma", [h, constant(x, 1.875), constant(x, 1.5)])
    high = call(builder, "fma", [h, constant(x, 2.4609375), constant(x, 2.1875)])
    h2 = builder.fmul(h, h)
    series = call(builder, "fma", [h2, high, low])
    return call(builder, "fma", [builder.fmul(h, scale), series, scale]), y2, h, h2


def _pull(typingctx: Any, gm: Any, square: Any) -> Any:
    """Type and generate :func:`pull`."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _pull_terms(context, builder, sig.args[0], *args)[0]

    return square(gm, square), codegen


def _pull_and_slope(typingctx: Any, gm: Any, square: Any) -> Any:
    """Type and generate :func:`pull_and_slope`: 1/x = y^2 / (1 - h)."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        x = args[1]
        value, y2, h, h2 = _pull_terms(context, builder, sig.args[0], *args)
        series = call(builder, "fma", [h, h2, builder.fadd(h, h2)])
        inverse = call(builder, "fma", [y2, series, y2])
        slope = builder.fmul(builder.fmul(constant(x, 3.0), value), inverse)
        return context.make_tuple(builder, sig.return_type, [value, slope])

    return types.UniTuple(square, 2)(gm, square), codegen


def _rough_power(typingctx: Any, x: Any, exponent: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        value, power = operands(context, builder, sig, args)
        logarithm = builder.sitofp(builder.bitcast(value, words_of(value)), value.type)
        distance = builder.fsub(logarithm, constant(value, _BIAS))
        scaled = call(builder, "fma", [distance, power, constant(value, _BIAS)])
        return builder.bitcast(builder.fptosi(scaled, words_of(value)), value.type)

    return x(x, exponent), codegen


load: Any
load_wide: Any
store: Any
transpose: Any
transpose_wide: Any
broadcast: Any
broadcast_wide: Any
splat_wide: Any
"""splat_wide(array, i): element i of a flat array in every lane; i is not checked and not counted from the end."""
fma: Any
root: Any
smaller: Any
larger: Any
magnitude: Any
with_sign_of: Any
floor: Any
less: Any
at_most: Any
select: Any
either: Any
both: Any
bits: Any
inverse_root: Any
rough_inverse_root: Any
pull: Any
pull_and_slope: Any
"""pull_and_slope(gm, x): gm x^(-3/2), with the bits of :func:`pull`, and 3 gm x^(-5/2)."""
rough_power: Any

if JIT_DISABLED:

    def load(array, row):  # type: ignore[no-untyped-def]  # noqa: D103
        return array[row].copy()

    def store(array, row, value):  # type: ignore[no-untyped-def]  # noqa: D103
        array[row] = value

    def transpose(source, offsets, first, target, row):  # type: ignore[no-untyped-def]  # noqa: D103
        flat = source.reshape(-1)
        for lane in range(LANES):
            begin = offsets[lane] + first
            target[row : row + LANES, lane] = flat[begin : begin + LANES]

    def broadcast(value):  # type: ignore[no-untyped-def]  # noqa: D103
        return np.full(LANES, float(value))

    def splat_wide(array, index):  # type: ignore[no-untyped-def]  # noqa: D103
        return np.full(LANES, array[index])

    def fma(a, b, c):  # type: ignore[no-untyped-def]  # noqa: D103
        return a * b + c

    def select(condition, a, b):  # type: ignore[no-untyped-def]  # noqa: D103
        return np.where(condition, a, b)

    def bits(condition):  # type: ignore[no-untyped-def]  # noqa: D103
        return int(np.packbits(condition, bitorder="little")[0])

    def inverse_root(x):  # type: ignore[no-untyped-def]  # noqa: D103
        return 1.0 / np.sqrt(x)

    def rough_inverse_root(x):  # type: ignore[no-untyped-def]  # noqa: D103
        return 1.0 / np.sqrt(x)

    def pull(gm, square):  # type: ignore[no-untyped-def]  # noqa: D103
        return gm / (square * np.sqrt(square))

    def pull_and_slope(gm, square):  # type: ignore[no-untyped-def]  # noqa: D103
        value = pull(gm, square)
        return value, 3.0 * value / square

    def rough_power(x, exponent):  # type: ignore[no-untyped-def]  # noqa: D103
        scaled = (x.view(np.int64) - _BIAS) * exponent + _BIAS
        return scaled.astype(np.int64).view(np.float64)

    load_wide, transpose_wide, broadcast_wide = load, transpose, broadcast
    root, smaller, larger, magnitude, with_sign_of = np.sqrt, np.fmin, np.fmax, np.abs, np.copysign
    floor, less, at_most, either, both = np.floor, np.less, np.less_equal, np.logical_or, np.logical_and
else:
    load, load_wide = _loader(vector), _loader(wide)
    store = intrinsic(_store)
    transpose, transpose_wide = _transposer(vector), _transposer(wide)
    broadcast, broadcast_wide = _broadcaster(vector), _broadcaster(wide)
    splat_wide = _splatter(wide)
    fma = _elementwise("fma", 3)
    root = _elementwise("sqrt", 1)
    smaller = _elementwise("minnum", 2)
    larger = _elementwise("maxnum", 2)
    magnitude = _elementwise("fabs", 1)
    with_sign_of = _elementwise("copysign", 2)
    floor = _elementwise("floor", 1)
    less = _comparison("<")
    at_most = _comparison("<=")
    select = intrinsic(_select)
    either = intrinsic(_either)
    both = intrinsic(_both)
    bits = intrinsic(_bits)
    inverse_root = intrinsic(_inverse_root)
    rough_inverse_root = intrinsic(_rough_inverse_root)
    pull = intrinsic(_pull)
    pull_and_slope = intrinsic(_pull_and_slope)
    rough_power = intrinsic(_rough_power)
