"""Parts of a tensor that are replaced by another: XlaDynamicUpdateSlice, which is keras.ops.slice_update."""

from __future__ import annotations

from typing import Final

import numpy as np
from onnx import TensorProto

from pilotlight.conversion.tensorflow.ops.builder import Builder, Expressions


def _update_slice(build: Builder) -> str:
    """Where a position lies in the slice, take the update there, else the input. The slice is moved to fit inside."""
    given, update, starts = build.inputs
    rank = len(build.shape(0))
    sizes, lengths = build.add("Shape", given), build.add("Shape", update)
    least = build.add("Max", build.cast(starts, TensorProto.INT64), np.array(0, np.int64))
    first = build.add("Min", least, build.add("Sub", sizes, lengths))
    spread, inside = update, ""
    for axis in range(rank):
        size, length, start = (build.add("Gather", each, np.array(axis)) for each in (sizes, lengths, first))
        count = build.add("Range", np.array(0, np.int64), size, np.array(1, np.int64))
        place = build.add("Sub", count, start)
        here = build.add(
            "And", build.add("GreaterOrEqual", place, np.array(0, np.int64)), build.add("Less", place, length)
        )
        known = build.add("Where", here, place, np.array(0, np.int64))
        spread = build.add("Gather", spread, known, axis=axis)
        flag = build.add("Reshape", here, [-1 if other == axis else 1 for other in range(rank)])
        inside = build.add("And", inside, flag) if inside else flag
    return build.add("Where", inside, spread, given)


EXPRESSIONS: Final[Expressions] = {"XlaDynamicUpdateSlice": _update_slice}
