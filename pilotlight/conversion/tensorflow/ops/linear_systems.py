"""Triangular, Cholesky and LU factors, row by row. The graph grows with the size of the matrix, so that is limited."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions, NoForm

LARGEST_MATRIX: Final = 64
"""The most rows of a matrix that a graph factors: one step of about ten nodes each."""


def read_rows(build: Builder, position: int = 0) -> int:
    """Return the number of rows of a square matrix.

    Raises:
        NoForm: It is open, or too large.
    """
    count = next((size for size in build.shape(position)[-2:] if size > 0), -1)
    if count < 0:
        raise NoForm("the size of its matrix is open")
    if count > LARGEST_MATRIX:
        raise NoForm(f"its matrix has {count} rows, and a graph factors at most {LARGEST_MATRIX}")
    return count


def take_column(build: Builder, matrix: str, index: int) -> str:
    """Return a column, as a matrix of one column."""
    return build.add("Slice", matrix, [index], [index + 1], [-1])


def take_row(build: Builder, matrix: str, index: int) -> str:
    """Return a row, as a matrix of one row."""
    return build.add("Slice", matrix, [index], [index + 1], [-2])


def transpose(build: Builder, matrix: str, rank: int) -> str:
    """Exchange the last two of `rank` axes."""
    return build.add("Transpose", matrix, perm=[*range(rank - 2), rank - 1, rank - 2])


def _kind(build: Builder) -> type[np.floating]:
    return np.float64 if build.datatype == TensorProto.DOUBLE else np.float32


def _cholesky(build: Builder) -> str:
    """Column k of the factor is that of what remains, divided by the root of its diagonal element."""
    rows, rank = read_rows(build), len(build.shape(0))
    rest, columns = build.inputs[0], []
    for index in range(rows):
        pivot = build.add("Sqrt", take_row(build, take_column(build, rest, index), index))
        below = (np.arange(rows) >= index).astype(_kind(build))[:, None]
        kept = build.add("Where", below > 0, take_column(build, rest, index), 0.0)
        column = build.add("Div", kept, pivot)
        columns.append(column)
        rest = build.add("Sub", rest, build.add("MatMul", column, transpose(build, column, rank)))
    return build.add("Concat", *columns, axis=-1)


def _solve_triangular(build: Builder) -> str:
    """Forward or backward substitution."""
    matrix, right = build.inputs
    rows, rank = read_rows(build), len(build.shape(0))
    lower = bool(build.attribute("lower", 1))
    if build.attribute("adjoint", 0):
        matrix, lower = transpose(build, matrix, rank), not lower
    found: dict[int, str] = {}
    for index in range(rows) if lower else range(rows - 1, -1, -1):
        row, value = take_row(build, matrix, index), take_row(build, right, index)
        if found:
            order = sorted(found)
            done = build.add("Concat", *(found[each] for each in order), axis=-2) if len(order) > 1 else found[order[0]]
            known = build.add("Slice", row, [order[0]], [order[-1] + 1], [-1])
            value = build.add("Sub", value, build.add("MatMul", known, done))
        found[index] = build.add("Div", value, take_column(build, row, index))
    return build.add("Concat", *(found[index] for index in range(rows)), axis=-2)


class Elimination:
    """Gaussian elimination with partial pivoting of a matrix, beside other columns.

    Args:
        build: Adds the nodes.
        matrix: The square matrix.
        beside: Columns that take part in every step; None for none.
        rows: The number of rows.

    Attributes:
        matrix: The upper triangular matrix, with the factors of each step below its diagonal.
        order: The number of the row that each row was, as a column of the matrix's datatype.
        beside: The other columns.
        swaps: For each step, whether two rows were exchanged: 1 or 0, as a matrix of one element.
    """

    def __init__(self, build: Builder, matrix: str, beside: str | None, rows: int) -> None:
        self._build = build
        self._rows = rows
        self.matrix = matrix
        self.beside = beside
        self.swaps: list[str] = []
        self.order = build.constant(np.arange(rows, dtype=_kind(build))[:, None])
        for index in range(rows - 1):
            self._bring_up_pivot(index)
            self._eliminate(index)

    def _bring_up_pivot(self, index: int) -> None:
        """Exchange row `index` with the row below it that has the largest element in this column."""
        build, places = self._build, np.arange(self._rows)
        sizes = build.add("Abs", take_column(build, self.matrix, index))
        sizes = build.add("Where", (places >= index)[:, None], sizes, -1.0)
        best = build.add("ArgMax", sizes, axis=-2, keepdims=1)
        order = build.add("Where", build.add("Equal", best, places[:, None]), np.array(index), places[:, None])
        order = build.add("Where", (places == index)[:, None], best, order)
        chosen = build.cast(build.add("Equal", order, places[None, :]), build.datatype)
        self.matrix = self._permute(chosen, self.matrix)
        self.order = self._permute(chosen, self.order)
        if self.beside is not None:
            self.beside = self._permute(chosen, self.beside)
        moved = build.add("Not", build.add("Equal", best, np.array(index)))
        self.swaps.append(build.cast(moved, build.datatype))

    def _permute(self, chosen: str, matrix: str) -> str:
        """Exchange rows by a matrix of zeros and ones, which is exact for finite numbers."""
        return self._build.add("MatMul", chosen, matrix)

    def _eliminate(self, index: int) -> None:
        build, places = self._build, np.arange(self._rows)
        pivot = take_row(build, self.matrix, index)
        largest = take_column(build, pivot, index)
        divisor = build.add("Where", build.add("Equal", largest, 0.0), 1.0, largest)  # zero where all below is zero
        factors = build.add("Div", take_column(build, self.matrix, index), divisor)
        below = (places > index)[:, None]
        factors = build.add("Where", below, factors, 0.0)
        if self.beside is not None:
            change = build.add("MatMul", factors, take_row(build, self.beside, index))
            self.beside = build.add("Sub", self.beside, change)
        rest = build.add("Where", (places > index)[None, :], pivot, 0.0)
        left = build.add("Sub", self.matrix, build.add("MatMul", factors, rest))
        self.matrix = build.add("Where", below & (places == index)[None, :], factors, left)


def _solve_upper(build: Builder, matrix: str, right: str, rows: int) -> str:
    found = ""
    for index in range(rows - 1, -1, -1):
        row, value = take_row(build, matrix, index), take_row(build, right, index)
        if found:
            known = build.add("Slice", row, [index + 1], [rows], [-1])
            value = build.add("Sub", value, build.add("MatMul", known, found))
        value = build.add("Div", value, take_column(build, row, index))
        found = build.add("Concat", value, found, axis=-2) if found else value
    return found


def _solve(build: Builder) -> str:
    rows, rank = read_rows(build), len(build.shape(0))
    matrix = transpose(build, build.inputs[0], rank) if build.attribute("adjoint", 0) else build.inputs[0]
    steps = Elimination(build, matrix, build.inputs[1], rows)
    return _solve_upper(build, steps.matrix, str(steps.beside), rows)


def _invert(build: Builder) -> str:
    rows, rank = read_rows(build), len(build.shape(0))
    matrix = transpose(build, build.inputs[0], rank) if build.attribute("adjoint", 0) else build.inputs[0]
    steps = Elimination(build, matrix, build.constant(np.eye(rows, dtype=_kind(build))), rows)
    return _solve_upper(build, steps.matrix, str(steps.beside), rows)


def _log_determinant(build: Builder) -> tuple[str, str]:
    """The sign, and the logarithm of the size: the pivots are the diagonal, and each exchange turns the sign."""
    rows = read_rows(build)
    steps = Elimination(build, build.inputs[0], None, rows)
    on_diagonal = np.eye(rows, dtype=bool)
    pivots = build.add("ReduceSum", build.add("Where", on_diagonal, steps.matrix, 0.0), [-1], keepdims=0)
    size = build.add("ReduceSum", build.add("Log", build.add("Abs", pivots)), [-1], keepdims=0)
    signs = build.add("Sign", pivots)
    turns = [build.add("Sub", 1.0, build.add("Mul", 2.0, build.add("Squeeze", swap, [-1]))) for swap in steps.swaps]
    factors = [build.add("Slice", signs, [index], [index + 1], [-1]) for index in range(rows)]
    sign = factors[0]
    for factor in (*factors[1:], *turns):
        sign = build.add("Mul", sign, factor)
    sign = build.add("Squeeze", sign, [-1])
    return sign, size


def _factor(build: Builder) -> tuple[str, str]:
    """Both factors in one matrix, and the order of the rows."""
    rows = read_rows(build)
    steps = Elimination(build, build.inputs[0], None, rows)
    order = build.add("Squeeze", steps.order, [-1])
    if rows == 1:  # nothing was exchanged, so the order has no axes of samples yet
        order = build.add("Mul", build.add("Squeeze", steps.matrix, [-1]), 0.0)
    return steps.matrix, build.cast(order, build.node.output_dtypes[1])


EXPRESSIONS: Final[Expressions] = {
    "Cholesky": _cholesky,
    "MatrixTriangularSolve": _solve_triangular,
    "MatrixSolve": _solve,
    "MatrixInverse": _invert,
    "LogMatrixDeterminant": _log_determinant,
    "Lu": _factor,
}
