"""QR factors by Householder's reflections, column by column, with the signs of TensorFlow's kernel."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions, NoForm
from pilotlight.conversion.tensorflow.ops.linear_systems import LARGEST_MATRIX, take_column, take_row, transpose


def _qr(build: Builder) -> tuple[str, str]:
    rows, columns = build.shape(0)[-2:]
    if min(rows, columns) < 1:
        raise NoForm("the size of its matrix is open")
    if max(rows, columns) > LARGEST_MATRIX:
        raise NoForm(f"its matrix has {max(rows, columns)} rows or columns, and a graph factors {LARGEST_MATRIX}")
    rank, kind = len(build.shape(0)), np.float64 if build.datatype == TensorProto.DOUBLE else np.float32
    triangle = build.inputs[0]
    basis = build.constant(np.eye(rows, dtype=kind))
    for index in range(min(rows - 1, columns)):
        mirror, scale = _find_mirror(build, triangle, index, rows)
        row = transpose(build, mirror, rank)
        triangle = build.add(
            "Sub", triangle, build.add("MatMul", build.add("Mul", scale, mirror), build.add("MatMul", row, triangle))
        )
        change = build.add("MatMul", build.add("MatMul", basis, build.add("Mul", scale, mirror)), row)
        basis = build.add("Sub", basis, change)
    triangle = build.add("Where", np.triu(np.ones((rows, columns), bool)), triangle, 0.0)
    if min(rows - 1, columns) == 0:  # nothing was reflected, so the basis has no axes of samples yet
        basis = build.add("Add", basis, build.add("Mul", take_column(build, triangle, 0), 0.0))
    if not build.attribute("full_matrices", 0):
        least = min(rows, columns)
        basis = build.add("Slice", basis, [0], [least], [-1])
        triangle = build.add("Slice", triangle, [0], [least], [-2])
    return basis, triangle


def _find_mirror(build: Builder, matrix: str, index: int, rows: int) -> tuple[str, str]:
    """Return v and 2 / |v|² of the reflection that clears a column below its diagonal; v is zero where it is clear."""
    column = take_column(build, matrix, index)
    kept = build.add("Where", (np.arange(rows) >= index)[:, None], column, 0.0)
    below = build.add("Where", (np.arange(rows) > index)[:, None], column, 0.0)
    rest = build.add("ReduceSum", build.add("Mul", below, below), [-2], keepdims=1)
    pivot = take_row(build, column, index)
    length = build.add("Sqrt", build.add("Add", build.add("Mul", pivot, pivot), rest))
    target = build.add("Where", build.add("GreaterOrEqual", pivot, 0.0), build.add("Neg", length), length)
    at_pivot = (np.arange(rows) == index)[:, None]
    moved = build.add("Where", at_pivot, build.add("Sub", kept, target), kept)
    is_clear = build.add("Equal", rest, 0.0)
    mirror = build.add("Where", is_clear, 0.0, moved)
    size = build.add("ReduceSum", build.add("Mul", mirror, mirror), [-2], keepdims=1)
    return mirror, build.add("Div", 2.0, build.add("Where", is_clear, 1.0, size))


EXPRESSIONS: Final[Expressions] = {"Qr": _qr}
