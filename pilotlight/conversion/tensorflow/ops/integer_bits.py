"""Bitcast between integers of one size, which a Cast does. ONNX cannot read the bits of other numbers."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import helper

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions, NoForm


def _bitcast(build: Builder) -> str:
    source = helper.tensor_dtype_to_np_dtype(build.datatype)
    target = helper.tensor_dtype_to_np_dtype(build.node.output_dtypes[0])
    integers = np.issubdtype(source, np.integer) and np.issubdtype(target, np.integer)
    if not integers or source.itemsize != target.itemsize:
        raise NoForm(f"the bits of {source.name} as {target.name}; use keras.ops.cast where the values are meant")
    return build.cast(build.inputs[0], build.node.output_dtypes[0])


EXPRESSIONS: Final[Expressions] = {"Bitcast": _bitcast}
