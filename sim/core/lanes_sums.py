"""Sums over the stages of RKN12(10)17M in lanes, as straight code.

A loop over the coefficients of a stage costs more in counting and branching than in arithmetic. Here the compiler gets
one block of instructions for each stage, entered by a jump, with the coefficients as constants in them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sim.core.compile import JIT_DISABLED
from sim.core.rkn1210_tableau import STAGES, A
from sim.core.simd import LANES, row_pointer
from sim.core.simd_types import vector

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)


def _terms(weights: npt.NDArray[np.float64]) -> list[tuple[int, float]]:
    """Non-zero weights with their stages; later stages last, whose results come last."""
    return [(int(j), float(weights[j])) for j in np.flatnonzero(weights)]


def _straight_sum(builder: Any, pointer: Any, terms: list[tuple[int, float]], width: int) -> list[Any]:
    """Emit the sum of weighted vectors of ``width`` rows each, from row ``pointer`` on."""
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f64")
    sums = [ir.Constant(_VECTOR, [0.0] * LANES)] * width
    for stage, weight in terms:
        factor = ir.Constant(_VECTOR, [weight] * LANES)
        for axis in range(width):
            place = builder.gep(pointer, [ir.Constant(ir.IntType(64), width * stage + axis)])
            value = builder.load(place, align=8)
            sums[axis] = builder.call(fma, [factor, value, sums[axis]])
    return sums


def _stage_sum(width: int, left_out: int) -> Any:
    """Type and generate :func:`stage_sum` for vectors of ``width`` rows, without the latest ``left_out`` stages."""

    def codegen(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        pointer = row_pointer(context, builder, sig.args, args, LANES)
        number = context.cast(builder, args[2], sig.args[2], types.intp)
        after = builder.append_basic_block("sum.end")
        blocks = [builder.append_basic_block(f"sum.{i}") for i in range(STAGES)]
        switch = builder.switch(number, blocks[0])
        results = []
        for i, block in enumerate(blocks):
            switch.add_case(ir.Constant(ir.IntType(64), i), block)
            builder.position_at_end(block)
            results.append(_straight_sum(builder, pointer, _terms(A[i, : max(i - left_out, 0)]), width))
            builder.branch(after)
        builder.position_at_end(after)
        values = []
        for axis in range(width):
            joined = builder.phi(_VECTOR)
            for block, result in zip(blocks, results, strict=True):
                joined.add_incoming(result[axis], block)
            values.append(joined)
        return context.make_tuple(builder, sig.return_type, values)

    def stage_sum(typingctx: Any, w: Any, row: Any, stage: Any) -> Any:
        return types.UniTuple(vector, width)(w, row, stage), codegen

    return stage_sum


stage_sum: Any
"""stage_sum(w, row, i): sum of a_ij k_j over j < i - 1, three rows each from ``row`` on, as three vectors.

The latest stage is left out: its result is still in registers.
"""
stage_sum9: Any
"""The same for nine rows a stage, with nothing left out."""

if JIT_DISABLED:

    def _plain_sum(w, row, stage, width, left_out):  # type: ignore[no-untyped-def]
        total = np.zeros((width, LANES))
        for j, weight in _terms(A[stage, : max(stage - left_out, 0)]):
            total += weight * w[row + width * j : row + width * (j + 1)]
        return tuple(total)

    def stage_sum(w, row, stage):  # type: ignore[no-untyped-def]  # noqa: D103
        return _plain_sum(w, row, stage, 3, 1)

    def stage_sum9(w, row, stage):  # type: ignore[no-untyped-def]  # noqa: D103
        return _plain_sum(w, row, stage, 9, 0)
else:
    stage_sum = intrinsic(_stage_sum(3, 1))
    stage_sum9 = intrinsic(_stage_sum(9, 0))
