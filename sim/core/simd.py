"""Eight doubles as one value inside compiled code.

The compiler's own vectoriser cannot be trusted with long kernels; here the vector is a type, and each operation is one
LLVM instruction on ``<8 x double>``. Processors without registers of that width get two or four instructions instead,
with the same bits. Nothing is reordered or contracted: a fused multiply-add happens where :func:`fma` is written, and
nowhere else.

With compilation disabled the same functions work on numpy arrays of eight elements (there without fusing).
"""

from __future__ import annotations

import operator
from typing import Any, Final

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils, config
from numba.core.datamodel import models
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, register_model

from sim.core.compile import JIT_DISABLED

LANES: Final = 8
"""Doubles in one value."""
_SIGN: Final = -0x8000000000000000
_BIAS: Final = 1023.0 * 2.0**52
_SEED: Final = 0x5FE6EB50C7B537A9
"""Bits of a double minus half of the bits of x: a first 1/sqrt(x), good to 3.4 %."""


class VectorType(types.Type):
    """Numba type of eight doubles."""

    def __init__(self) -> None:
        super().__init__(name="float64x8")


class MaskType(types.Type):
    """Numba type of eight truth values."""

    def __init__(self) -> None:
        super().__init__(name="bool1x8")


vector = VectorType()
mask = MaskType()
_DOUBLE = ir.DoubleType()
_WORD = ir.IntType(64)
_VECTOR = ir.VectorType(_DOUBLE, LANES)
_WORDS = ir.VectorType(_WORD, LANES)
_MASK = ir.VectorType(ir.IntType(1), LANES)


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, _VECTOR)


@register_model(MaskType)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, _MASK)


def _has_fast_seed() -> bool:
    """Tell whether compiled code may use the processor's own approximation of 1/sqrt(x) on eight doubles."""
    if config.CPU_NAME or config.CPU_FEATURES is not None:
        return False
    return bool(binding.get_host_cpu_features().get("avx512f", False))


FAST_SEED: Final = not JIT_DISABLED and _has_fast_seed()


def _splat(builder: Any, value: Any) -> Any:
    """Give every lane the same scalar."""
    zero = ir.Constant(ir.IntType(32), 0)
    single = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, zero)
    order = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(single, ir.Constant(_VECTOR, ir.Undefined), order)


def _constant(value: float) -> Any:
    return ir.Constant(_VECTOR, [value] * LANES)


def _words(value: int) -> Any:
    return ir.Constant(_WORDS, [value] * LANES)


def _as_vector(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    """Turn an operand into a vector."""
    if isinstance(kind, VectorType):
        return value
    return _splat(builder, context.cast(builder, value, kind, types.float64))


def _call(builder: Any, name: str, arguments: list[Any]) -> Any:
    """Call an LLVM intrinsic from vectors to a vector."""
    kind = ir.FunctionType(_VECTOR, [a.type for a in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def _define_operators() -> None:
    """Give vectors the operators + - * / and unary minus, also against scalars."""
    instructions = {
        operator.add: "fadd", operator.sub: "fsub", operator.mul: "fmul", operator.truediv: "fdiv",
    }  # fmt: skip
    for function, name in instructions.items():
        _define_operator(function, name)

    @infer_global(operator.neg)
    class Negative(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            return signature(vector, vector) if args == (vector,) else None

    @lower_builtin(operator.neg, VectorType)
    def negative(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.fsub(_constant(-0.0), args[0])


def _define_operator(function: Any, name: str) -> None:
    @infer_global(function)
    class Binary(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if len(args) != 2 or vector not in args:
                return None
            fine = all(a == vector or isinstance(a, (types.Float, types.Integer)) for a in args)
            return signature(vector, *args) if fine else None

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left, right = (_as_vector(context, builder, k, v) for k, v in zip(sig.args, args, strict=True))
        return getattr(builder, name)(left, right)

    for kinds in ((VectorType, VectorType), (VectorType, types.Number), (types.Number, VectorType)):
        lower_builtin(function, *kinds)(lower)


if not JIT_DISABLED:
    _define_operators()


def _elementwise(name: str, count: int) -> Any:
    """Make a function of ``count`` vectors (or scalars) out of an LLVM intrinsic."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        values = [_as_vector(context, builder, k, v) for k, v in zip(sig.args, args, strict=True)]
        return _call(builder, f"llvm.{name}.v{LANES}f64", values)

    def one(typingctx: Any, a: Any) -> Any:
        return vector(a), codegen

    def two(typingctx: Any, a: Any, b: Any) -> Any:
        return vector(a, b), codegen

    def three(typingctx: Any, a: Any, b: Any, c: Any) -> Any:
        return vector(a, b, c), codegen

    return intrinsic((one, two, three)[count - 1])


def _comparison(symbol: str) -> Any:
    """Make a comparison; false where an operand is NaN."""

    def compare(typingctx: Any, a: Any, b: Any) -> Any:
        def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            left, right = (_as_vector(context, builder, k, v) for k, v in zip(sig.args, args, strict=True))
            return builder.fcmp_ordered(symbol, left, right)

        return mask(a, b), codegen

    return intrinsic(compare)


def row_pointer(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """Address of row ``args[1]`` of the (rows, 8) array ``args[0]``."""
    array = context.make_array(sig.args[0])(context, builder, args[0])
    row = context.cast(builder, args[1], sig.args[1], types.intp)
    place = builder.mul(row, ir.Constant(row.type, LANES))
    return builder.bitcast(builder.gep(array.data, [place]), _VECTOR.as_pointer())


def _load(typingctx: Any, array: Any, row: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.load(row_pointer(context, builder, sig, args), align=8)

    return vector(array, row), codegen


def _store(typingctx: Any, array: Any, row: Any, value: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        builder.store(args[2], row_pointer(context, builder, sig, args), align=8)
        return context.get_dummy_value()

    return types.none(array, row, value), codegen


def _transpose(typingctx: Any, source: Any, offsets: Any, first: Any, target: Any, row: Any) -> Any:
    """Type and generate :func:`transpose`."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        data = context.make_array(sig.args[0])(context, builder, args[0]).data
        places = context.make_array(sig.args[1])(context, builder, args[1]).data
        begin = context.cast(builder, args[2], sig.args[2], types.intp)
        values = []
        for lane in range(LANES):
            offset = builder.load(builder.gep(places, [ir.Constant(_WORD, lane)]))
            pointer = builder.gep(data, [builder.add(offset, begin)])
            values.append(builder.load(builder.bitcast(pointer, _VECTOR.as_pointer()), align=8))
        for span in (1, 2, 4):
            values = _exchange(builder, values, span)
        kinds, places = (sig.args[3], sig.args[4]), (args[3], args[4])
        pointer = row_pointer(context, builder, signature(types.none, *kinds), places)
        for lane in range(LANES):
            place = builder.gep(pointer, [ir.Constant(ir.IntType(32), lane)])
            builder.store(values[lane], place, align=8)
        return context.get_dummy_value()

    return types.none(source, offsets, first, target, row), codegen


def _exchange(builder: Any, values: list[Any], span: int) -> list[Any]:
    """Exchange blocks of ``span`` elements between vectors ``span`` apart: one of three steps of a transpose."""
    index = ir.VectorType(ir.IntType(32), LANES)
    low = ir.Constant(index, [i if i & span == 0 else LANES + i - span for i in range(LANES)])
    high = ir.Constant(index, [i + span if i & span == 0 else LANES + i for i in range(LANES)])
    result = list(values)
    for i in range(LANES):
        if i & span == 0:
            result[i] = builder.shuffle_vector(values[i], values[i + span], low)
            result[i + span] = builder.shuffle_vector(values[i], values[i + span], high)
    return result


def _broadcast(typingctx: Any, value: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _as_vector(context, builder, sig.args[0], args[0])

    return vector(value), codegen


def _select(typingctx: Any, condition: Any, a: Any, b: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left = _as_vector(context, builder, sig.args[1], args[1])
        right = _as_vector(context, builder, sig.args[2], args[2])
        return builder.select(args[0], left, right)

    return vector(condition, a, b), codegen


def _bits(typingctx: Any, condition: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.zext(builder.bitcast(args[0], ir.IntType(LANES)), _WORD)

    return types.int64(condition), codegen


def _either(typingctx: Any, a: Any, b: Any) -> Any:
    return mask(a, b), lambda context, builder, sig, args: builder.or_(*args)


def _both(typingctx: Any, a: Any, b: Any) -> Any:
    return mask(a, b), lambda context, builder, sig, args: builder.and_(*args)


def _inverse_root_seed(builder: Any, x: Any) -> Any:
    """First 1/sqrt(x): 14 bits from the processor, or from the exponent trick with one correction of fourth order."""
    if FAST_SEED:
        name = "llvm.x86.avx512.rsqrt14.pd.512"
        kind = ir.FunctionType(_VECTOR, [_VECTOR, _VECTOR, ir.IntType(8)])
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        return builder.call(function, [x, _constant(0.0), ir.Constant(ir.IntType(8), -1)])
    half = builder.lshr(builder.bitcast(x, _WORDS), _words(1))
    return _refined(builder, x, builder.bitcast(builder.sub(_words(_SEED), half), _VECTOR))


def _refined(builder: Any, x: Any, y: Any) -> Any:
    """Improve y = 1/sqrt(x) by y (1 + h/2 + 3/8 h^2 + 5/16 h^3), h = 1 - x y^2: four times the digits."""
    fma = f"llvm.fma.v{LANES}f64"
    h = _call(builder, fma, [builder.fsub(_constant(-0.0), builder.fmul(x, y)), y, _constant(1.0)])
    series = _call(builder, fma, [h, _constant(0.3125), _constant(0.375)])
    series = _call(builder, fma, [h, series, _constant(0.5)])
    return _call(builder, fma, [y, builder.fmul(h, series), y])


def _inverse_root(typingctx: Any, x: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _refined(builder, args[0], _inverse_root_seed(builder, args[0]))

    return vector(x), codegen


def _rough_inverse_root(typingctx: Any, x: Any) -> Any:
    """Type and generate :func:`rough_inverse_root`: good to 14 bits or better."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        seed = _inverse_root_seed(builder, args[0])
        return seed if FAST_SEED else _refined(builder, args[0], seed)

    return vector(x), codegen


def _pull_terms(context: Any, builder: Any, kind: Any, gm: Any, x: Any) -> tuple[Any, Any, Any, Any]:
    """Emit gm x^(-3/2) = gm y^3 (1 - h)^(-3/2), y about 1/sqrt(x), h = 1 - x y^2; return also y^2, h, h^2."""
    fma_name = f"llvm.fma.v{LANES}f64"
    y = _inverse_root_seed(builder, x)
    if not FAST_SEED:
        y = _refined(builder, x, y)
    y2 = builder.fmul(y, y)
    scale = builder.fmul(builder.fmul(_as_vector(context, builder, kind, gm), y), y2)
    h = _call(builder, fma_name, [builder.fsub(_constant(-0.0), x), y2, _constant(1.0)])
    # Short chains: what waits for h is evaluated side by side.
    low = _call(builder, fma_name, [h, _constant(1.875), _constant(1.5)])
    high = _call(builder, fma_name, [h, _constant(2.4609375), _constant(2.1875)])
    h2 = builder.fmul(h, h)
    series = _call(builder, fma_name, [h2, high, low])
    return _call(builder, fma_name, [builder.fmul(h, scale), series, scale]), y2, h, h2


def _pull(typingctx: Any, gm: Any, square: Any) -> Any:
    """Type and generate :func:`pull`."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return _pull_terms(context, builder, sig.args[0], *args)[0]

    return vector(gm, square), codegen


def _pull_and_slope(typingctx: Any, gm: Any, square: Any) -> Any:
    """Type and generate :func:`pull_and_slope`: 1/x = y^2 / (1 - h)."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        fma_name = f"llvm.fma.v{LANES}f64"
        value, y2, h, h2 = _pull_terms(context, builder, sig.args[0], *args)
        series = _call(builder, fma_name, [h, h2, builder.fadd(h, h2)])
        inverse = _call(builder, fma_name, [y2, series, y2])
        slope = builder.fmul(builder.fmul(_constant(3.0), value), inverse)
        return context.make_tuple(builder, sig.return_type, [value, slope])

    return types.UniTuple(vector, 2)(gm, square), codegen


def _rough_power(typingctx: Any, x: Any, exponent: Any) -> Any:
    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        power = _as_vector(context, builder, sig.args[1], args[1])
        logarithm = builder.sitofp(builder.bitcast(args[0], _WORDS), _VECTOR)
        distance = builder.fsub(logarithm, _constant(_BIAS))
        scaled = _call(builder, f"llvm.fma.v{LANES}f64", [distance, power, _constant(_BIAS)])
        return builder.bitcast(builder.fptosi(scaled, _WORDS), _VECTOR)

    return vector(x, exponent), codegen


load: Any
store: Any
transpose: Any
broadcast: Any
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

    root, smaller, larger, magnitude, with_sign_of = np.sqrt, np.fmin, np.fmax, np.abs, np.copysign
    floor, less, at_most, either, both = np.floor, np.less, np.less_equal, np.logical_or, np.logical_and
else:
    load = intrinsic(_load)
    store = intrinsic(_store)
    transpose = intrinsic(_transpose)
    broadcast = intrinsic(_broadcast)
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
