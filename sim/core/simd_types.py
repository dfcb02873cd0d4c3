"""Types of vectors in compiled code: how they look to numba and LLVM, their arithmetic; see :mod:`sim.core.simd`."""

from __future__ import annotations

import operator
from typing import Any, Final

from llvmlite import binding, ir
from numba import types
from numba.core import cgutils, config
from numba.core.datamodel import models
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, register_model

from sim.core.compile import JIT_DISABLED

LANES: Final = 8
"""Doubles in one value."""
BLOCK: Final = 8
"""Doubles in a register."""


class VectorType(types.Type):
    """Numba type of eight or sixteen doubles."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"float64x{lanes}")


class MaskType(types.Type):
    """Numba type of as many truth values."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"bool1x{lanes}")


DOUBLE = ir.DoubleType()
WORD = ir.IntType(64)
INDEX = ir.IntType(32)


def vector_of(lanes: int) -> Any:
    """LLVM's type of so many doubles."""
    return ir.VectorType(DOUBLE, lanes)


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, vector_of(fe_type.lanes))


@register_model(MaskType)
class _MaskModel(models.PrimitiveModel):
    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, ir.VectorType(ir.IntType(1), fe_type.lanes))


def _has_fast_seed() -> bool:
    """Tell whether compiled code may use the processor's own approximation of 1/sqrt(x) on eight doubles."""
    if config.CPU_NAME or config.CPU_FEATURES is not None:
        return False
    return bool(binding.get_host_cpu_features().get("avx512f", False))


FAST_SEED: Final = not JIT_DISABLED and _has_fast_seed()


WIDE: Final = 2 * LANES if FAST_SEED else LANES
"""Doubles in a wide value: two registers, where there are 32 of them."""
vector = VectorType(LANES)
wide = VectorType(WIDE)


def width(kinds: Any) -> int:
    """Width of the vectors among types of operands."""
    return next((kind.lanes for kind in kinds if isinstance(kind, VectorType)), LANES)


def splat_value(builder: Any, value: Any, lanes: int) -> Any:
    """Emit a vector with the same scalar in every lane."""
    nothing = ir.Constant(vector_of(lanes), ir.Undefined)
    single = builder.insert_element(nothing, value, ir.Constant(INDEX, 0))
    return builder.shuffle_vector(single, nothing, ir.Constant(ir.VectorType(INDEX, lanes), [0] * lanes))


def constant(like: Any, value: float) -> Any:
    """Give a constant in every lane, as wide as a value."""
    return ir.Constant(like.type, [value] * like.type.count)


def words_of(like: Any) -> Any:
    """LLVM's type of as many integers as a value has doubles."""
    return ir.VectorType(WORD, like.type.count)


def words(like: Any, value: int) -> Any:
    """Give an integer in every lane, as wide as a value."""
    return ir.Constant(words_of(like), [value] * like.type.count)


def as_vector(context: Any, builder: Any, kind: Any, value: Any, lanes: int) -> Any:
    """Turn an operand into a vector."""
    if isinstance(kind, VectorType):
        return value
    return splat_value(builder, context.cast(builder, value, kind, types.float64), lanes)


def operands(context: Any, builder: Any, sig: Any, args: Any) -> list[Any]:
    """Turn all operands into vectors of one width."""
    lanes = width(sig.args)
    return [as_vector(context, builder, k, v, lanes) for k, v in zip(sig.args, args, strict=True)]


def call(builder: Any, name: str, arguments: list[Any]) -> Any:
    """Call an LLVM intrinsic from vectors to a vector."""
    kind = ir.FunctionType(arguments[0].type, [a.type for a in arguments])
    full = f"llvm.{name}.v{arguments[0].type.count}f64"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, full), arguments)


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
            return signature(args[0], *args) if len(args) == 1 and isinstance(args[0], VectorType) else None

    @lower_builtin(operator.neg, VectorType)
    def negative(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return builder.fsub(constant(args[0], -0.0), args[0])


def _define_operator(function: Any, name: str) -> None:
    @infer_global(function)
    class Binary(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            found = [a for a in args if isinstance(a, VectorType)]
            if len(args) != 2 or not found:
                return None
            fine = all(a == found[0] or isinstance(a, (types.Float, types.Integer)) for a in args)
            return signature(found[0], *args) if fine else None

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        left, right = operands(context, builder, sig, args)
        return getattr(builder, name)(left, right)

    for kinds in ((VectorType, VectorType), (VectorType, types.Number), (types.Number, VectorType)):
        lower_builtin(function, *kinds)(lower)


if not JIT_DISABLED:
    _define_operators()
