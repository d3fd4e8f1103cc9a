"""Matrices from their diagonals. The form of tf2onnx takes a batch of one sample for one diagonal of several."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import helper

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions, NoForm


def _matrix_diag(build: Builder) -> str:
    """Row i holds element i of the diagonal k at column i + k. Above the main one, the last rows are empty."""
    offset, padding = 0, np.array(0, helper.tensor_dtype_to_np_dtype(build.datatype))
    if len(build.inputs) > 1:
        offsets = np.ravel(build.require_constant(1, "the number of the diagonal"))
        if len(offsets) != 1 or any(np.any(build.require_constant(place, "its size") != -1) for place in (2, 3)):
            raise NoForm("it sets several diagonals, or a matrix that is larger than they need")
        offset, padding = int(offsets[0]), np.asarray(build.require_constant(4, "the padding"))
    diagonal = build.inputs[0]
    if offset:
        before, after = (0, offset) if offset > 0 else (-offset, 0)
        open_axes = [0] * (len(build.shape(0)) - 1)
        diagonal = build.add("Pad", diagonal, [*open_axes, before, *open_axes, after])
    size = build.add("Gather", build.add("Shape", diagonal), np.array(-1))
    places = build.add("Range", np.array(0, np.int64), size, np.array(1, np.int64))
    rows = build.add("Unsqueeze", build.add("Add", places, np.array(offset)), [1])
    on_diagonal = build.add("Equal", rows, build.add("Unsqueeze", places, [0]))
    return build.add("Where", on_diagonal, build.add("Unsqueeze", diagonal, [-1]), padding)


EXPRESSIONS: Final[Expressions] = dict.fromkeys(("MatrixDiag", "MatrixDiagV2", "MatrixDiagV3"), _matrix_diag)
