"""ZerosLike and OnesLike. tf2onnx multiplies by zero, which is NaN where the input is NaN or infinite."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import helper, numpy_helper

from pilotlight.conversion.tensorflow_ops.builder import Builder, Expression, Expressions


def _fill(value: int) -> Expression:
    def fill(build: Builder) -> str:
        kind = helper.tensor_dtype_to_np_dtype(build.datatype)
        shape = build.add("Shape", build.inputs[0])
        return build.add("ConstantOfShape", shape, value=numpy_helper.from_array(np.array([value], kind)))

    return fill


EXPRESSIONS: Final[Expressions] = {"ZerosLike": _fill(0), "OnesLike": _fill(1)}
